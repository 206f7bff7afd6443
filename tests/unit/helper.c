/* The helper process: what it takes on, what it begins, and that nothing but what hythed sends gets anything of it. */
#include "core/plugin/plugin.h"
#include "core/server/hythed_helper.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WAIT = 20000 }; /* milliseconds; only for what hangs */

struct scene {
    char file[64];
    struct hy_config *config;
    int socket; /* to the helper */
    pid_t pid;
    struct hy_assisted who; /* that the plugin of the configuration asks as */
    struct hythed_helper_files files;
};

/* ---- The configuration, and who asks ---- */

static int note(void *ctx, const struct hy_assisted *who, struct hy_err *err)
{
    (void)hy_err_set(err, "noted");
    *(struct hy_assisted *)ctx = *who;
    return -EPERM;
}

static void silent(void *ctx, enum hy_log_level level, uint64_t conn, const char *line)
{
    (void)ctx, (void)level, (void)conn, (void)line;
}

static const struct hy_log quiet = {.sink = silent, .ctx = NULL, .level = HY_LOG_ERROR};

static void find_who(struct scene *s)
{
    const struct hy_assist notes = {.call = note, .ctx = &s->who};
    struct hy_plugins *plugins = hy_plugins_new(s->config->plugin_directory, &quiet);
    const struct hy_filter_config *entry = &s->config->auth[0];
    struct hy_err err = {.text = ""};

    CU_ASSERT_FATAL(plugins != NULL);
    hy_plugins_set_means(plugins, &(struct hy_plugin_means){.assist = &notes});
    CU_ASSERT_PTR_NULL(
        hy_plugins_start(plugins, entry->plugin, HYTHE_AUTH, entry->options, entry->option_count, entry->plugin, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "it can't be started: Operation not permitted"));
    hy_plugins_free(plugins);
}

static void configure(struct scene *s, const char *more)
{
    const struct hy_config_rules rules = {.tree_only = true};
    struct hy_problems problems = {0};
    FILE *file;
    int fd;

    *s = (struct scene){.file = "/tmp/unit-helper.XXXXXX", .socket = -1};
    fd = mkstemp(s->file);
    file = fd < 0 ? NULL : fdopen(fd, "w");
    CU_ASSERT_FATAL(file != NULL);
    (void)fprintf(file,
                  "plugin_directory = \"%s\";\nauth = ( { plugin = \"helped\"; word = \"well\"; } );\nRootDirectory = "
                  "\"/\";\n%s\n",
                  HYTHE_TEST_HELPED, more);
    CU_ASSERT_FATAL(fclose(file) == 0);
    s->config = hy_config_read(s->file, &rules, &problems);
    hy_problems_print(&problems, stdout);
    hy_problems_free(&problems);
    CU_ASSERT_FATAL(s->config != NULL);
    find_who(s);
}

static void unconfigure(struct scene *s)
{
    hy_config_free(s->config);
    (void)unlink(s->file);
}

/* ---- A helper, as hythed sees it ---- */

static void serve_scene(struct scene *s)
{
    int ends[2];

    CU_ASSERT_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    s->pid = fork();
    CU_ASSERT_FATAL(s->pid >= 0);
    if (s->pid == 0) {
        (void)close(ends[0]);
        _exit(hythed_helper_serve(ends[1], s->config, &s->files));
    }
    (void)close(ends[1]);
    s->socket = ends[0];
}

static void begin(struct scene *s, const char *more)
{
    configure(s, more);
    serve_scene(s);
}

/* Its exit status, or what can't be one. */
static int status_of(pid_t pid)
{
    const struct timespec limit = {.tv_sec = WAIT / 1000};
    pid_t ended = 0;
    int status = -1;
    sigset_t child;

    (void)sigemptyset(&child);
    (void)sigaddset(&child, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &child, NULL);
    while ((ended = waitpid(pid, &status, WNOHANG)) == 0 && sigtimedwait(&child, NULL, &limit) == SIGCHLD)
        ;
    if (ended == 0)
        (void)kill(pid, SIGKILL);
    return (ended == pid || waitpid(pid, &status, 0) == pid) && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int end(struct scene *s)
{
    (void)close(s->socket);
    unconfigure(s);
    return status_of(s->pid);
}

/* Sends bytes with descriptors; how many, or -1. */
static ssize_t send_with(int socket, const void *data, size_t len, const int *fds, size_t count)
{
    char room[CMSG_SPACE(2 * sizeof(int))] __attribute__((aligned(8))) = {0};
    struct iovec iov = {(void *)(uintptr_t)data, len};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

    if (count) {
        message.msg_control = room;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        *CMSG_FIRSTHDR(&message) = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), fds, count * sizeof(int));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

static void put(int socket, const void *data, size_t len, const int *fds, size_t count)
{
    UNIT_ASSERT_NUMBER(send_with(socket, data, len, fds, count), len);
}

/* What comes within the time: its length, 0 at the end, -1 when nothing comes. */
static ssize_t get(int socket, void *data, size_t len)
{
    struct pollfd ready = {.fd = socket, .events = POLLIN};
    ssize_t n = poll(&ready, 1, WAIT) == 1 ? recv(socket, data, len, 0) : -1;

    return n < 0 && errno == ECONNRESET ? 0 : n;
}

static int ask(const struct scene *s, uint32_t what, struct hythed_helper_answer *answer)
{
    const struct hythed_helper_request request = {.what = what, .who = s->who};

    put(s->socket, &request, sizeof request, NULL, 0);
    if (get(s->socket, answer, sizeof *answer) == (ssize_t)sizeof *answer)
        return answer->result;
    return -4096;
}

/* Begins a call of row 0: a socket to it. */
static int call(const struct scene *s)
{
    const struct hythed_helper_request request = {.what = HYTHED_HELPER_CALL};
    int ends[2];

    CU_ASSERT_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    put(s->socket, &request, sizeof request, &ends[1], 1);
    (void)close(ends[1]);
    return ends[0];
}

/* Says a word and compares the answer; NULL: none comes, and the call is over. */
static void converse(int fd, const char *word, const char *wanted)
{
    char text[128] = "";
    ssize_t n;

    (void)send(fd, word, strlen(word), MSG_NOSIGNAL);
    n = get(fd, text, sizeof text - 1);
    UNIT_ASSERT_NUMBER(n, wanted ? strlen(wanted) : 0);
    UNIT_ASSERT_STRING(text, wanted ? wanted : "");
}

static void take_on(struct scene *s, const char *more)
{
    struct hythed_helper_answer answer;

    begin(s, more);
    UNIT_ASSERT_NUMBER(ask(s, HYTHED_HELPER_ADD, &answer), 0);
    UNIT_ASSERT_NUMBER(ask(s, HYTHED_HELPER_SETTLE, &answer), 1);
}

/* ---- What it is for ---- */

static void calls_have_the_settings_of_the_file(void)
{
    struct scene s;
    int a, b;

    take_on(&s, "");
    a = call(&s);
    b = call(&s);
    converse(b, "second", "well: second");
    converse(a, "first", "well: first");
    converse(a, "again", "well: again");
    (void)close(a);
    converse(b, "still", "well: still");
    (void)close(b);
    UNIT_ASSERT_NUMBER(end(&s), 0);
}

static void begins_calls_before_it_is_settled(void)
{
    struct hythed_helper_answer answer;
    struct scene s;
    int fd;

    begin(&s, "");
    UNIT_ASSERT_NUMBER(ask(&s, HYTHED_HELPER_ADD, &answer), 0);
    fd = call(&s);
    converse(fd, "early", "well: early");
    (void)close(fd);
    UNIT_ASSERT_NUMBER(end(&s), 0);
}

static void ends_when_nobody_needs_it(void)
{
    struct hythed_helper_answer answer;
    struct scene s;

    begin(&s, "");
    UNIT_ASSERT_NUMBER(ask(&s, HYTHED_HELPER_SETTLE, &answer), 0);
    UNIT_ASSERT_NUMBER(status_of(s.pid), 0);
    (void)close(s.socket);
    unconfigure(&s);
}

static void a_call_may_crash_alone(void)
{
    struct scene s;
    int fd;

    take_on(&s, "");
    fd = call(&s);
    converse(fd, "crash", NULL);
    (void)close(fd);
    fd = call(&s);
    converse(fd, "on", "well: on");
    (void)close(fd);
    UNIT_ASSERT_NUMBER(end(&s), 0);
}

/* ---- Bounds ---- */

static void as_many_calls_at_once_as_there_are_logins(void)
{
    struct scene s;
    int fds[3];

    take_on(&s, "max_unfinished = 2;");
    for (size_t i = 0; i < 2; i++) {
        fds[i] = call(&s);
        converse(fds[i], "hang", "well: hang");
    }
    fds[2] = call(&s);
    converse(fds[2], "no room", NULL);
    for (size_t i = 0; i < 3; i++)
        (void)close(fds[i]);
    UNIT_ASSERT_NUMBER(end(&s), 0);
}

static void a_call_that_hangs_is_killed_with_what_it_started(void)
{
    struct scene s;
    int fds[2];

    take_on(&s, "max_unfinished = 2; login_grace = 1;");
    fds[0] = call(&s);
    converse(fds[0], "hang", "well: hang");
    fds[1] = call(&s);
    converse(fds[1], "fork", "well: fork");
    converse(fds[0], "hello?", NULL);
    converse(fds[1], "hello?", NULL); /* its socket is closed in both processes */
    (void)close(fds[0]);
    (void)close(fds[1]);
    UNIT_ASSERT_NUMBER(end(&s), 0);
}

static void calls_end_with_hythed(void)
{
    struct scene s;
    int fd;

    take_on(&s, "");
    fd = call(&s);
    converse(fd, "fork", "well: fork");
    UNIT_ASSERT_NUMBER(end(&s), 0);
    converse(fd, "hello?", NULL);
    (void)close(fd);
}

/* ---- What isn't hythed's ---- */

static void takes_on_what_the_file_names_alone(void)
{
    struct hythed_helper_answer answer;
    struct scene s;

    begin(&s, "");
    s.who.settings[31] ^= 1;
    UNIT_ASSERT_NUMBER(ask(&s, HYTHED_HELPER_ADD, &answer), -EPERM);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.why.text, "knows no such entry of the configuration"));
    s.who.settings[31] ^= 1;
    s.who.code[0] ^= 1;
    UNIT_ASSERT_NUMBER(ask(&s, HYTHED_HELPER_ADD, &answer), -EAGAIN);
    CU_ASSERT_PTR_NOT_NULL(strstr(answer.why.text, "its file has just changed"));
    s.who.code[0] ^= 1;
    UNIT_ASSERT_NUMBER(ask(&s, HYTHED_HELPER_ADD, &answer), 0);
    UNIT_ASSERT_NUMBER(end(&s), 0);
}

static const struct {
    const char *name;
    bool settled;
    uint32_t what, row;
    size_t len;
    size_t fds;
} wrong[] = {
    {"truncated", true, HYTHED_HELPER_CALL, 0, sizeof(struct hythed_helper_request) - 1, 1},
    {"a byte", false, HYTHED_HELPER_ADD, 0, 1, 0},
    {"oversized", true, HYTHED_HELPER_CALL, 0, sizeof(struct hythed_helper_request) + 1, 1},
    {"far oversized", false, HYTHED_HELPER_SETTLE, 0, 60000, 0},
    {"no request", false, 0, 0, sizeof(struct hythed_helper_request), 0},
    {"an unknown request", true, 5, 0, sizeof(struct hythed_helper_request), 0},
    {"a huge request", true, UINT32_MAX, 0, sizeof(struct hythed_helper_request), 1},
    {"settled again", true, HYTHED_HELPER_SETTLE, 0, sizeof(struct hythed_helper_request), 0},
    {"one more after all", true, HYTHED_HELPER_ADD, 0, sizeof(struct hythed_helper_request), 0},
    {"a call of none", false, HYTHED_HELPER_CALL, 0, sizeof(struct hythed_helper_request), 1},
    {"a call of the next", true, HYTHED_HELPER_CALL, 1, sizeof(struct hythed_helper_request), 1},
    {"a call of the last", true, HYTHED_HELPER_CALL, UINT32_MAX, sizeof(struct hythed_helper_request), 1},
    {"a call without a socket", true, HYTHED_HELPER_CALL, 0, sizeof(struct hythed_helper_request), 0},
    {"a call with two", true, HYTHED_HELPER_CALL, 0, sizeof(struct hythed_helper_request), 2},
    {"a file of none", true, HYTHED_HELPER_OPEN, 0, sizeof(struct hythed_helper_request), 0},
    {"a file of none before", false, HYTHED_HELPER_OPEN, 0, sizeof(struct hythed_helper_request), 0},
    {"a file with a socket", true, HYTHED_HELPER_OPEN, 0, sizeof(struct hythed_helper_request), 1},
    {"a socket with a name", false, HYTHED_HELPER_ADD, 0, sizeof(struct hythed_helper_request), 1},
};

static void anything_else_ends_it(void)
{
    static union {
        struct hythed_helper_request request;
        char bytes[60000];
    } sent;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct scene s;
        int ends[2], status;
        char byte;

        if (wrong[i].settled)
            take_on(&s, "");
        else
            begin(&s, "");
        memset(&sent, 0, sizeof sent);
        sent.request = (struct hythed_helper_request){.what = wrong[i].what, .row = wrong[i].row, .who = s.who};
        CU_ASSERT_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
        put(s.socket, &sent, wrong[i].len, ends, wrong[i].fds);
        status = status_of(s.pid);
        if (status != 1)
            printf("  %s: exit status %d\n", wrong[i].name, status);
        UNIT_ASSERT_NUMBER(status, 1);
        UNIT_ASSERT_NUMBER(get(s.socket, &byte, 1), 0);
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)close(s.socket);
        unconfigure(&s);
    }
}

static unsigned next_number(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16;
}

/* Rows of messages that are right in part, from a fixed row of numbers: it ends in order, one way or the other. */
static void bears_anything(void)
{
    unsigned seed = 7, bad = 0;
    struct scene s;

    take_on(&s, "");
    UNIT_ASSERT_NUMBER(end(&s), 0);
    for (unsigned round = 0; round < 300; round++) {
        char bytes[sizeof(struct hythed_helper_request) + 8];
        int status, ends[2];

        begin(&s, "");
        CU_ASSERT_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
        for (unsigned n = next_number(&seed) % 6 + 1; n > 0; n--) {
            struct hythed_helper_request request = {
                .what = next_number(&seed) % 6, .row = next_number(&seed) % 3, .who = s.who};
            size_t len = next_number(&seed) % 8 ? sizeof request : next_number(&seed) % sizeof bytes;

            memset(bytes, 0, sizeof bytes);
            memcpy(bytes, &request, sizeof request);
            if (next_number(&seed) % 4 == 0)
                bytes[next_number(&seed) % sizeof bytes] ^= (char)next_number(&seed);
            send_with(s.socket, bytes, len, ends, next_number(&seed) % 3 == 0);
        }
        (void)close(ends[0]);
        (void)close(ends[1]);
        status = end(&s);
        bad += status != 0 && status != 1;
    }
    UNIT_ASSERT_NUMBER(bad, 0);
}

/* A descriptor that isn't such a socket is closed, whatever could be written to it. */
static void only_a_channel_is_spoken_over(void)
{
    const struct hythed_helper_request request = {.what = HYTHED_HELPER_CALL};
    struct scene s;
    int stream[2], channel, tube[2];
    char byte;

    take_on(&s, "");
    CU_ASSERT_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream) == 0 && pipe(tube) == 0);
    put(s.socket, &request, sizeof request, &stream[1], 1);
    put(s.socket, &request, sizeof request, &tube[1], 1);
    (void)close(stream[1]);
    (void)close(tube[1]);
    (void)send(stream[0], "word", 4, MSG_NOSIGNAL);
    UNIT_ASSERT_NUMBER(get(stream[0], &byte, 1), 0);
    UNIT_ASSERT_NUMBER(read(tube[0], &byte, 1), 0);
    channel = call(&s);
    converse(channel, "well", "well: well");
    (void)close(channel);
    (void)close(stream[0]);
    (void)close(tube[0]);
    UNIT_ASSERT_NUMBER(end(&s), 0);
}

/* ---- Host keys ---- */

/* What can be read of file 0, or NULL. */
static const char *content(const struct scene *s, char text[32])
{
    const struct hythed_helper_request request = {.what = HYTHED_HELPER_OPEN};
    struct hythed_helper_answer answer;
    int fd;

    put(s->socket, &request, sizeof request, NULL, 0);
    memset(text, 0, 32);
    UNIT_ASSERT_NUMBER(hythed_helper_get(s->socket, &answer, sizeof answer, &fd), 1);
    CU_ASSERT((answer.result == 0) == (fd >= 0));
    if (fd < 0)
        return NULL;
    CU_ASSERT(read(fd, text, 31) >= 0);
    (void)close(fd);
    return text;
}

static void put_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    CU_ASSERT_FATAL(file && fputs(text, file) >= 0 && fclose(file) == 0 && chmod(path, 0600) == 0);
}

/* The file is looked for where its path led to at the start, and nowhere else. */
static void opens_the_files_of_the_start(void)
{
    char folder[] = "/tmp/unit-helper-keys.XXXXXX", text[32], key[64], other[64];
    struct hythed_helper_answer answer;
    struct scene s;

    CU_ASSERT_FATAL(mkdtemp(folder) != NULL);
    (void)snprintf(key, sizeof key, "%s/key", folder);
    (void)snprintf(other, sizeof other, "%s/other", folder);
    put_text(key, "old");
    put_text(other, "secret");
    configure(&s, "");
    s.files = (struct hythed_helper_files){.names = {key}, .real = {key}, .count = 1};
    serve_scene(&s);
    UNIT_ASSERT_STRING(content(&s, text), "old");
    UNIT_ASSERT_NUMBER(ask(&s, HYTHED_HELPER_SETTLE, &answer), 1);
    CU_ASSERT_FATAL(unlink(key) == 0);
    CU_ASSERT_PTR_NULL(content(&s, text));
    put_text(key, "new");
    UNIT_ASSERT_STRING(content(&s, text), "new");
    CU_ASSERT_FATAL(unlink(key) == 0 && symlink(other, key) == 0);
    CU_ASSERT_PTR_NULL(content(&s, text));
    CU_ASSERT_FATAL(unlink(key) == 0);
    put_text(key, "open");
    CU_ASSERT_FATAL(chmod(folder, 0777) == 0);
    CU_ASSERT_PTR_NULL(content(&s, text));
    (void)unlink(key);
    (void)unlink(other);
    CU_ASSERT(rmdir(folder) == 0);
    UNIT_ASSERT_NUMBER(end(&s), 0);
}

/* ---- hythed's side ---- */

static void keep_line(void *ctx, enum hy_log_level level, uint64_t conn, const char *line)
{
    (void)level, (void)conn;
    (void)hy_err_set(ctx, "%s", line);
}

static int helped(struct hythed_helper *helper, const struct hy_assisted *who, struct hy_err *err)
{
    return helper->assist.call(helper->assist.ctx, who, err);
}

static void hythed_knows_what_it_has(void)
{
    struct hy_err said = {.text = ""}, err = {.text = ""};
    const struct hy_log log = {.sink = keep_line, .ctx = &said, .level = HY_LOG_DEBUG};
    struct hythed_helper helper;
    struct hy_assisted other;
    struct scene s;
    siginfo_t info;
    int fd;

    configure(&s, "");
    if (geteuid() != 0) {
        CU_ASSERT_FATAL(hythed_helper_begin(&helper, s.config, NULL, &log, &err) == 0);
        UNIT_ASSERT_NUMBER(helped(&helper, &s.who, &err), -EPERM);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "needs root's rights"));
        hythed_helper_end(&helper);
        unconfigure(&s);
        UNIT_SKIP("only root has a helper");
    }
    CU_ASSERT_FATAL(hythed_helper_begin(&helper, s.config, NULL, &log, &err) == 0);
    fd = helped(&helper, &s.who, &err);
    CU_ASSERT_FATAL(fd >= 0);
    converse(fd, "in start()", "well: in start()");
    (void)close(fd);
    helper.assist.settle(helper.assist.ctx);
    CU_ASSERT_PTR_NOT_NULL(strstr(said.text, "keeps root's rights for 1 of the plugins"));
    other = s.who;
    other.settings[0] ^= 1;
    UNIT_ASSERT_NUMBER(helped(&helper, &other, &err), -EPERM);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "rights that were given up at the start"));
    fd = helped(&helper, &s.who, &err);
    converse(fd, "later", "well: later");
    (void)close(fd);
    CU_ASSERT_FATAL(kill(helper.pid, SIGKILL) == 0);
    CU_ASSERT_FATAL(waitid(P_PID, (id_t)helper.pid, &info, WEXITED | WNOWAIT) == 0);
    UNIT_ASSERT_NUMBER(helped(&helper, &s.who, &err), -EIO);
    UNIT_ASSERT_STRING(err.text, "the helper process is gone: restart hythed");
    hythed_helper_look(&helper);
    CU_ASSERT_PTR_NOT_NULL(strstr(said.text, "has ended (signal 9)"));
    UNIT_ASSERT_NUMBER(helped(&helper, &s.who, &err), -EIO);
    hythed_helper_end(&helper);
    unconfigure(&s);
}

static void leaves_no_descriptor(void)
{
    unsigned before = unit_descriptors();

    hythed_knows_what_it_has();
    calls_have_the_settings_of_the_file();
    UNIT_ASSERT_NUMBER(unit_descriptors(), before);
}

UNIT_SUITE(helper, UNIT_TEST(calls_have_the_settings_of_the_file), UNIT_TEST(begins_calls_before_it_is_settled),
           UNIT_TEST(ends_when_nobody_needs_it), UNIT_TEST(a_call_may_crash_alone),
           UNIT_TEST(as_many_calls_at_once_as_there_are_logins),
           UNIT_TEST(a_call_that_hangs_is_killed_with_what_it_started), UNIT_TEST(calls_end_with_hythed),
           UNIT_TEST(takes_on_what_the_file_names_alone), UNIT_TEST(anything_else_ends_it), UNIT_TEST(bears_anything),
           UNIT_TEST(only_a_channel_is_spoken_over), UNIT_TEST(opens_the_files_of_the_start),
           UNIT_TEST(hythed_knows_what_it_has), UNIT_TEST(leaves_no_descriptor));
UNIT_DECLARE(helper_late);

UNIT_MAIN("unit-helper", &unit_helper_late, &unit_helper)
