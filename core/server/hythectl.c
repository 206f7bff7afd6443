/* hythectl: asks a running hythed, over its socket, what it does, and tells it what to do. */
#include "core/config/config.h"
#include "core/server/hythectl_show.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define DEFAULT_CONFIG HYTHE_SYSCONFDIR "/hythe/hythe.cfg"

enum { DONE, REFUSED, NO_SERVER, PATIENCE = 120 /* seconds for an answer: a reload may start plugins */ };

static const char usage_text[] =
    "Usage: hythectl [--json] [--socket PATH | -f FILE] COMMAND\n"
    "  status                         the server: since when, where, how many connections\n"
    "  sessions                       each connection: who, how, what is open\n"
    "  kick ID | user NAME | all      end connections\n"
    "  rekey ID | user NAME | all     exchange keys anew\n"
    "  reload                         read the configuration again, as on SIGHUP\n"
    "  drain [off]                    refuse new connections, let the old ones finish; off: take them again\n"
    "  log level [0-3]                what the log has from now on; without a number, what it has\n"
    "Options:\n"
    "  -f, --config FILE   the server's configuration, which names its control_socket\n"
    "                      (" DEFAULT_CONFIG ")\n"
    "      --socket PATH   the socket itself\n"
    "      --json          print the answer as it is\n"
    "      --version       print the version\n"
    "  -h, --help          print this\n";

struct options {
    const char *file, *socket;
    bool json;
};

static int complain(const char *what, const char *why)
{
    (void)fprintf(stderr, "hythectl: %s%s%s\n", what, *why ? ": " : "", why);
    return NO_SERVER;
}

/* ---- The request ---- */

/* "7", "user NAME" or "all". */
static json_t *for_whom(const char *command, int count, char **words)
{
    unsigned long long id;
    char *end;

    if (count == 2 && strcmp(words[0], "user") == 0)
        return json_pack("{s:s, s:s}", "command", command, "user", words[1]);
    if (count != 1)
        return NULL;
    if (strcmp(words[0], "all") == 0)
        return json_pack("{s:s, s:b}", "command", command, "all", 1);
    errno = 0;
    id = strtoull(words[0], &end, 10);
    if (errno || *end || words[0][0] < '0' || words[0][0] > '9' || !id || id > INT64_MAX)
        return NULL;
    return json_pack("{s:s, s:I}", "command", command, "id", (json_int_t)id);
}

static json_t *alone(const char *command, int count, char **words)
{
    (void)words;
    return count ? NULL : json_pack("{s:s}", "command", command);
}

static json_t *for_drain(const char *command, int count, char **words)
{
    bool off = count == 1 && strcmp(words[0], "off") == 0;

    if (count > 1 || (count == 1 && !off && strcmp(words[0], "on") != 0))
        return NULL;
    return json_pack("{s:s, s:b}", "command", command, "on", !off);
}

static json_t *for_log(const char *command, int count, char **words)
{
    if (count < 1 || count > 2 || strcmp(words[0], "level") != 0)
        return NULL;
    if (count == 1)
        return json_pack("{s:s}", "command", command);
    if (strlen(words[1]) != 1 || words[1][0] < '0' || words[1][0] > '3')
        return NULL;
    return json_pack("{s:s, s:i}", "command", command, "level", words[1][0] - '0');
}

static json_t *request_of(int count, char **words)
{
    static const struct {
        const char *name;
        json_t *(*make)(const char *command, int count, char **words);
    } rows[] = {{"status", alone}, {"sessions", alone},  {"kick", for_whom}, {"rekey", for_whom},
                {"reload", alone}, {"drain", for_drain}, {"log", for_log}};

    for (size_t i = 0; count > 0 && i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, words[0]) == 0)
            return rows[i].make(words[0], count - 1, words + 1);
    return NULL;
}

/* ---- The server ---- */

/* What the file says, whatever else is wrong with it. */
static char *find_socket(const char *file)
{
    static const struct hy_config_rules rules = {.partial = true};
    struct hy_problems problems = {0};
    struct hy_config *config = hy_config_read(file, &rules, &problems);
    char *path = config && *config->control_socket ? strdup(config->control_socket) : NULL;

    if (!config)
        hy_problems_print(&problems, stderr);
    else if (!path)
        (void)complain(file, "control_socket is not set: this server can't be asked");
    hy_config_free(config);
    hy_problems_free(&problems);
    return path;
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = PATIENCE};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || strlen(path) >= sizeof address.sun_path) {
        (void)complain(path, fd < 0 ? strerror(errno) : "too long for a socket's name");
    } else {
        memcpy(address.sun_path, path, strlen(path) + 1);
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
            return fd;
        (void)complain(path, errno == ECONNREFUSED ? "no server answers there"
                             : errno == ENOENT     ? "No such file; does a server run that has it as control_socket?"
                                                   : strerror(errno));
    }
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

static size_t receive(void *buffer, size_t len, void *ctx)
{
    ssize_t n;

    do
        n = recv(*(int *)ctx, buffer, len, 0);
    while (n < 0 && errno == EINTR);
    return n < 0 ? (size_t)-1 : (size_t)n;
}

static json_t *ask(int fd, const json_t *request)
{
    char *line = json_dumps(request, JSON_COMPACT);
    size_t len = line ? strlen(line) : 0;
    json_t *answer = NULL;
    json_error_t why;

    if (line)
        line[len++] = '\n';
    if (!line || send(fd, line, len, MSG_NOSIGNAL) != (ssize_t)len)
        (void)complain("the server can't be asked", line ? strerror(errno) : "out of memory");
    else if (!(answer = json_load_callback(receive, &fd, 0, &why)))
        (void)complain("the server gave no answer", why.text);
    free(line);
    return answer;
}

/* ---- The answer ---- */

static int tell_refusal(const json_t *answer)
{
    const char *why = json_string_value(json_object_get(answer, "error"));
    const json_t *p;
    size_t i;

    for (i = 0; (p = json_array_get(json_object_get(answer, "problems"), i)); i++) {
        const char *file = json_string_value(json_object_get(p, "file")),
                   *text = json_string_value(json_object_get(p, "text"));
        json_int_t line = json_integer_value(json_object_get(p, "line"));

        if (file && line)
            (void)fprintf(stderr, "%s:%" JSON_INTEGER_FORMAT ": %s\n", file, line, text ? text : "");
        else
            (void)fprintf(stderr, "%s%s%s\n", file ? file : "", file ? ": " : "", text ? text : "");
    }
    (void)complain(why ? why : "the server refused it", "");
    return REFUSED;
}

static int tell(const char *command, const json_t *answer, bool as_json)
{
    bool ok = json_is_true(json_object_get(answer, "ok"));

    if (as_json) {
        (void)json_dumpf(answer, stdout, JSON_INDENT(2));
        (void)putchar('\n');
    } else if (ok) {
        hythectl_show(command, answer, stdout);
    } else {
        return tell_refusal(answer);
    }
    if (fflush(stdout) || ferror(stdout))
        return complain("can't write to standard output", "");
    return ok ? DONE : REFUSED;
}

static int act(const struct options *options, const json_t *request)
{
    char *found = options->socket ? NULL : find_socket(options->file);
    const char *path = options->socket ? options->socket : found;
    int fd = path ? connect_to(path) : -1, status = NO_SERVER;
    json_t *answer = fd >= 0 ? ask(fd, request) : NULL;

    if (answer)
        status = tell(json_string_value(json_object_get(request, "command")), answer, options->json);
    json_decref(answer);
    if (fd >= 0)
        (void)close(fd);
    free(found);
    return status;
}

/* -1: go on. */
static int parse(int argc, char **argv, struct options *options)
{
    static const struct option names[] = {
        {"config", required_argument, NULL, 'f'}, {"socket", required_argument, NULL, 's'},
        {"json", no_argument, NULL, 'j'},         {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},      {NULL, 0, NULL, 0}};
    int c;

    while ((c = getopt_long(argc, argv, "+f:h", names, NULL)) != -1)
        switch (c) {
        case 'f':
            options->file = optarg;
            break;
        case 's':
            options->socket = optarg;
            break;
        case 'j':
            options->json = true;
            break;
        case 'h':
            return fputs(usage_text, stdout) < 0 || fflush(stdout) ? NO_SERVER : DONE;
        case 'v':
            return printf("hythectl %s\n", HYTHE_VERSION) < 0 || fflush(stdout) ? NO_SERVER : DONE;
        default:
            (void)fputs(usage_text, stderr);
            return NO_SERVER;
        }
    return -1;
}

int main(int argc, char **argv)
{
    struct options options = {.file = DEFAULT_CONFIG};
    int status = parse(argc, argv, &options);
    json_t *request = status < 0 ? request_of(argc - optind, argv + optind) : NULL;

    if (status >= 0)
        return status;
    if (!request) {
        (void)complain(optind < argc ? argv[optind] : "a command is wanted",
                       optind < argc ? "there is no such command, or not with what follows it" : "");
        (void)fputs(usage_text, stderr);
        return NO_SERVER;
    }
    status = act(&options, request);
    json_decref(request);
    return status;
}
