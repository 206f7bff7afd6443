/* totp: codes that change with the time, by keyboard-interactive, from secrets in a file. */
#include "plugins/shared/guarded.h"
#include "plugins/shared/settings.h"
#include "totp.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_NAMED = 5 };

/* Filled by the core from the rows below. */
struct settings {
    const char *file;
    int64_t max_size;
    int64_t window;
};

struct instance {
    const struct hythe_host *host;
    const struct settings *set;
    struct totp_used *used;
};

/* ---- The file ---- */

static int read_file(const struct instance *in, struct guarded_text *text)
{
    const char *file = in->set->file;
    char why[GUARDED_WHY];
    int rc = guarded_read(file, (size_t)(strrchr(file, '/') - file), 077, (size_t)in->set->max_size, text, why);

    if (rc)
        in->host->log(in->host, 0, "%s: %s", file, why);
    return rc;
}

/* A search through the file: every line is read, whoever is looked for. */
struct search {
    const char *name; /* NULL: look for lines that can't be used */
    struct totp_secret secret;
    unsigned found; /* lines of that name */
    unsigned bad;   /* of them, or of all, those that can't be used */
};

static bool is_name(const char *line, size_t len, const char *name)
{
    size_t n = name ? strlen(name) : 0;

    return n && len > n && memcmp(line, name, n) == 0 && line[n] == ':';
}

static void search_line(const struct instance *in, const char *text, size_t len, unsigned number, struct search *s)
{
    const char *why = NULL;
    struct totp_line line;
    int rc = totp_line_read(&line, text, len, &why);
    bool own = is_name(text, len, s->name);

    s->found += own;
    if (rc > 0 && own)
        s->secret = line.secret;
    if (rc < 0 && (own || !s->name) && s->bad++ < LINES_NAMED)
        in->host->log(in->host, 0, "%s:%u: %s", in->set->file, number, why);
    explicit_bzero(&line, sizeof line);
}

static void search_text(const struct instance *in, const struct guarded_text *text, struct search *s)
{
    const char *at = text->data, *end = at + text->len;

    for (unsigned number = 1; at < end; number++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;

        search_line(in, at, (size_t)(stop - at), number, s);
        at = stop + 1;
    }
}

/* The secret of the user that a call is about: 1, 0 with one that nobody has, or a negative errno. */
static int find_secret(const struct hythe_auth_call *call, const struct hythe_factor *factor,
                       struct totp_secret *secret)
{
    static const struct totp_secret nobodys = {.key_len = 20, .digits = 6, .period = 30};
    const struct instance *in = call->instance;
    struct search s = {.name = factor->known ? call->session->user : "", .secret = nobodys};
    struct guarded_text text;
    int rc = read_file(in, &text);
    bool has;

    if (rc)
        return rc;
    search_text(in, &text, &s);
    guarded_free(&text);
    if (s.found > 1)
        in->host->log(in->host, 0, "%s: user \"%s\" is there %u times, and can't log in by a code", in->set->file,
                      s.name, s.found);
    has = s.found == 1 && !s.bad;
    *secret = has ? s.secret : nobodys;
    explicit_bzero(&s, sizeof s);
    return has;
}

/* ---- Questions ---- */

static int ask(const struct hythe_auth_call *call, const struct hythe_factor *factor)
{
    static const struct hythe_prompt prompt = {.size = sizeof prompt, .text = "Verification code: "};

    (void)call;
    return factor->prompt(factor->prompt_ctx, &prompt);
}

/* A code is good once, whatever becomes of the login that it is for. */
static int use(const struct hythe_auth_call *call, const struct totp_secret *secret, uint64_t step, int64_t now)
{
    struct instance *in = call->instance;
    int64_t until = (int64_t)(step + (uint64_t)in->set->window + 1) * secret->period;
    int rc = totp_used_take(in->used, call->session->user, step, now, until);

    if (rc == 0)
        in->host->log(in->host, 1, "a code of user \"%s\" was used before", call->session->user);
    return rc < 0 ? rc : rc ? HYTHE_AUTH_ACCEPT : HYTHE_AUTH_REJECT;
}

static int check(const struct hythe_auth_call *call, const struct hythe_factor *factor)
{
    const struct instance *in = call->instance;
    struct totp_secret secret;
    uint64_t step;
    int has = find_secret(call, factor, &secret), rc;

    if (has < 0)
        return has;
    rc = totp_match(&secret, factor->now, (unsigned)in->set->window, factor->secret, factor->secret_len, &step);
    if (rc > 0)
        rc = has ? use(call, &secret, step, factor->now) : HYTHE_AUTH_REJECT;
    explicit_bzero(&secret, sizeof secret);
    return rc;
}

/* ---- Start and stop ---- */

static void stop(void *instance)
{
    struct instance *in = instance;

    totp_used_free(in->used);
    free(in);
}

/* 0 when the file can be used as it is. */
static int look(const struct instance *in)
{
    struct search s = {.name = NULL};
    struct guarded_text text;
    int rc = read_file(in, &text);

    if (rc)
        return rc;
    search_text(in, &text, &s);
    guarded_free(&text);
    if (s.bad > LINES_NAMED)
        in->host->log(in->host, 0, "%s: %u more lines can't be used", in->set->file, s.bad - LINES_NAMED);
    return s.bad ? -EBADMSG : 0;
}

static int start(const struct hythe_host *host, const void *set, void **out)
{
    struct instance *in = calloc(1, sizeof *in);
    int rc = -ENOMEM;

    if (!in)
        return rc;
    *in = (struct instance){.host = host, .set = set, .used = totp_used_new()};
    if (in->used)
        rc = look(in);
    if (rc) {
        stop(in);
        return rc;
    }
    *out = in;
    return 0;
}

static const struct hythe_setting settings[] = {
    SETTING(struct settings, file, PATH, 1, PATH_MAX - 1, NULL, "The file of users and their secrets."),
    SETTING(struct settings, max_size, SIZE, 1024, 64 * 1024 * 1024, "1M",
            "Bytes that the file may have; a larger one can't be used."),
    SETTING(struct settings, window, INT, 0, TOTP_WINDOW_MAX, "1",
            "How many periods before and after the present one have codes that are accepted, for clocks that differ."),
};

static const struct hythe_auth auth = {
    .size = sizeof auth, .methods = HYTHE_AUTH_INTERACTIVE, .check = check, .ask = ask};

static const struct hythe_plugin plugin = {
    .abi = HYTHE_ABI,
    .size = sizeof plugin,
    .kind = HYTHE_AUTH,
    .threads = HYTHE_PARALLEL,
    .name = "totp",
    .version = HYTHE_VERSION,
    .summary = "codes that change with the time, from secrets in a file",
    SETTINGS(settings, struct settings),
    .start = start,
    .stop = stop,
    .auth = &auth,
};

const struct hythe_plugin *hythe_plugin_entry(void)
{
    return &plugin;
}
