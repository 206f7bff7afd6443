#include "core/server/sftp_server_options.h"

#include "core/sftp/sftp.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>

_Static_assert(HY_REQUEST_COUNT < 64, "denied requests are bits of a uint64_t");

enum { OPTION_CONFIG = 256, OPTION_PLUGINS };

static const struct option long_options[] = {
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"plugin-directory", required_argument, NULL, OPTION_PLUGINS},
    {NULL, 0, NULL, 0},
};

static const struct {
    const char *name;
    int facility;
} facilities[] = {
    {"DAEMON", LOG_DAEMON}, {"USER", LOG_USER},     {"AUTH", LOG_AUTH},     {"AUTHPRIV", LOG_AUTHPRIV},
    {"LOCAL0", LOG_LOCAL0}, {"LOCAL1", LOG_LOCAL1}, {"LOCAL2", LOG_LOCAL2}, {"LOCAL3", LOG_LOCAL3},
    {"LOCAL4", LOG_LOCAL4}, {"LOCAL5", LOG_LOCAL5}, {"LOCAL6", LOG_LOCAL6}, {"LOCAL7", LOG_LOCAL7},
};

static const struct {
    const char *name;
    bool silent;
    enum hy_log_level level;
} levels[] = {
    {"QUIET", true, HY_LOG_ERROR},   {"FATAL", true, HY_LOG_ERROR},      {"ERROR", false, HY_LOG_ERROR},
    {"INFO", false, HY_LOG_VERBOSE}, {"VERBOSE", false, HY_LOG_VERBOSE}, {"DEBUG", false, HY_LOG_DEBUG},
    {"DEBUG1", false, HY_LOG_DEBUG}, {"DEBUG2", false, HY_LOG_DEBUG},    {"DEBUG3", false, HY_LOG_DEBUG},
};

static int take_facility(struct hy_standin_options *o, const char *value, struct hy_err *err)
{
    for (size_t i = 0; i < sizeof facilities / sizeof *facilities; i++)
        if (strcasecmp(facilities[i].name, value) == 0) {
            o->facility = facilities[i].facility;
            return 0;
        }
    return hy_err_set(err, "-f %s: no such facility; there are DAEMON, USER, AUTH, AUTHPRIV, LOCAL0 to LOCAL7", value);
}

static int take_level(struct hy_standin_options *o, const char *value, struct hy_err *err)
{
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (strcasecmp(levels[i].name, value) == 0) {
            o->silent = levels[i].silent;
            o->level = levels[i].level;
            return 0;
        }
    return hy_err_set(err, "-l %s: no such level; there are QUIET, FATAL, ERROR, INFO, VERBOSE, DEBUG and DEBUG1-3",
                      value);
}

static int take_umask(struct hy_standin_options *o, const char *value, struct hy_err *err)
{
    size_t digits = strspn(value, "01234567");
    unsigned long mask = digits && digits < 8 ? strtoul(value, NULL, 8) : 01000;

    if (value[digits] || mask > 0777)
        return hy_err_set(err, "-u %s: a umask is octal, at most 0777", value);
    o->has_umask = true;
    o->umask = (mode_t)mask;
    return 0;
}

/* A comma-separated list of requests as bits. */
static int take_requests(uint64_t *bits, char option, const char *value, struct hy_err *err)
{
    char name[64];

    for (;;) {
        size_t len = strcspn(value, ",");
        int request = -1;

        if (len < sizeof name) {
            memcpy(name, value, len);
            name[len] = '\0';
            request = hy_sftp_request_of(name);
        }
        if (request < 0)
            return hy_err_set(err, "-%c: unknown request \"%.*s\"; -Q requests lists them", option,
                              len < 80 ? (int)len : 80, value);
        *bits |= UINT64_C(1) << request;
        if (!value[len])
            return 0;
        value += len + 1;
    }
}

static int take_query(struct hy_standin_options *o, const char *value, struct hy_err *err)
{
    if (strcasecmp(value, "requests") != 0)
        return hy_err_set(err, "-Q %s: only \"requests\" can be asked for", value);
    o->action = HY_STANDIN_REQUESTS;
    return 0;
}

/* Lists as they are given; put together when all options are known. */
struct lists {
    uint64_t allowed, denied;
    bool has_allowed;
};

static int take(struct hy_standin_options *o, struct lists *lists, int option, const char *value, struct hy_err *err)
{
    switch (option) {
    case 'd':
        o->start = value;
        return 0;
    case 'e':
        o->to_stderr = true;
        return 0;
    case 'f':
        return take_facility(o, value, err);
    case 'h':
        o->action = HY_STANDIN_USAGE;
        return 0;
    case 'l':
        return take_level(o, value, err);
    case 'p':
        lists->has_allowed = true;
        return take_requests(&lists->allowed, 'p', value, err);
    case 'P':
        return take_requests(&lists->denied, 'P', value, err);
    case 'Q':
        return take_query(o, value, err);
    case 'R':
        o->read_only = true;
        return 0;
    case 'u':
        return take_umask(o, value, err);
    case OPTION_CONFIG:
        o->config = value;
        return 0;
    case OPTION_PLUGINS:
        o->plugins = value;
        return 0;
    default:
        return hy_err_set(err, "%s: unknown option, or no value behind it; see -h", value);
    }
}

int hy_standin_parse(struct hy_standin_options *o, int argc, char **argv, struct hy_err *err)
{
    struct lists lists = {0};
    int option;

    *o = (struct hy_standin_options){.facility = LOG_AUTH, .level = HY_LOG_ERROR};
    opterr = 0;
    while ((option = getopt_long(argc, argv, "d:ef:hl:p:P:Q:Ru:", long_options, NULL)) != -1)
        if (take(o, &lists, option, optarg ? optarg : argv[optind - 1], err) != 0)
            return -1;
    if (optind < argc)
        return hy_err_set(err, "%s: not an option; see -h", argv[optind]);
    if (o->config && o->has_umask)
        return hy_err_set(err, "-u has no meaning with --config: the mounts of the file have their own umask");
    o->denied = lists.denied | (lists.has_allowed ? ~lists.allowed : 0);
    return 0;
}

void hy_standin_usage(FILE *out)
{
    (void)fprintf(out, "usage: hythe-sftp-server [-ehR] [-d start_directory] [-f log_facility] [-l log_level]\n"
                       "                         [-P denied_requests] [-p allowed_requests] [-u umask]\n"
                       "                         [--config file] [--plugin-directory directory]\n"
                       "       hythe-sftp-server -Q requests\n");
}

/* The text that %c stands for, or NULL. */
static const char *token(char c, const char *home, const char *user)
{
    return c == 'd' ? home : c == 'u' ? user : c == '%' ? "%" : NULL;
}

int hy_standin_expand(char *out, size_t size, const char *start, const char *home, const char *user, struct hy_err *err)
{
    size_t used = 0;

    for (const char *s = start; *s; s++) {
        char one[2] = {*s, '\0'};
        const char *text = one;
        size_t len;

        if (*s == '%') {
            text = token(*++s, home, user);
            if (!text)
                return hy_err_set(err, "-d %s: behind %% there may be d, u or %%", start);
        } else if (*s == '~' && s == start) {
            if (s[1] && s[1] != '/')
                return hy_err_set(err, "-d %s: another user's home must be written out", start);
            text = home;
        }
        len = strlen(text);
        if (len >= size - used)
            return hy_err_set(err, "-d %s: too long", start);
        memcpy(out + used, text, len);
        used += len;
    }
    out[used] = '\0';
    return used ? 0 : hy_err_set(err, "-d needs a directory");
}
