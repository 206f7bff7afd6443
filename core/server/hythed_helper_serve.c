/* The helper's own side. It believes nothing that it receives: a request has one size, names things by their number or
 * their sum alone, and makes it do nothing that the configuration of the start didn't call for. */
#include "core/plugin/plugin.h"
#include "core/plugin/trust.h"
#include "core/plugin/wanted.h"
#include "core/server/hythed_helper.h"
#include "core/server/mounts.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What was taken on. */
struct row {
    const struct hy_instance *instance;
    const void *settings;
    struct hy_assisted who;
};

/* A call under way. */
struct child {
    pid_t pid; /* 0: none */
    int64_t end;
};

struct helper {
    int socket, signals;
    struct hy_config *config; /* NULL once it is settled */
    struct hy_plugins *plugins;
    const struct hythed_helper_files *files;
    struct row rows[HYTHED_HELPER_ROWS];
    size_t row_count;
    struct child *children;
    size_t child_max;
    int64_t seconds; /* that a call may take */
};

static void say_nothing(void *ctx, enum hy_log_level level, uint64_t conn, const char *line)
{
    (void)ctx, (void)level, (void)conn, (void)line;
}

/* ---- Taking on ---- */

/* A plugin's entry in the configuration. */
struct entry {
    const unsigned char *sum; /* that is looked for */
    const struct hy_filter_config *found;
    struct hy_filter_config fs; /* what `found` points to for a filesystem */
    enum hythe_kind kind;
};

static bool is_it(const struct entry *e, const struct hy_filter_config *what)
{
    struct hy_digest sum;

    return what->plugin && hy_wanted(what->plugin, what->options, what->option_count, &sum) == 0 &&
           memcmp(sum.bytes, e->sum, sizeof sum.bytes) == 0;
}

static int look_in_stack(void *ctx, const struct hy_stack *stack)
{
    struct entry *e = ctx;
    const struct hy_mount_config *m = stack->mount;

    for (size_t i = 0; i < stack->filter_count && !e->found; i++) {
        e->kind = HYTHE_FILTER;
        if (is_it(e, &stack->filters[i]))
            e->found = &stack->filters[i];
    }
    if (m && !e->found) {
        e->kind = HYTHE_FILESYSTEM;
        e->fs = (struct hy_filter_config){
            .plugin = m->plugin, .options = m->options, .option_count = m->option_count, .place = m->place};
        if (is_it(e, &e->fs))
            e->found = &e->fs;
    }
    return e->found != NULL;
}

static bool find(const struct hy_config *config, struct entry *e)
{
    for (size_t i = 0; i < config->auth_count && !e->found; i++) {
        e->kind = HYTHE_AUTH;
        if (is_it(e, &config->auth[i]))
            e->found = &config->auth[i];
    }
    if (!e->found)
        (void)hy_stacks_each(config, look_in_stack, e);
    return e->found != NULL;
}

static int add(struct helper *h, const struct hy_assisted *who, struct hy_err *why)
{
    struct entry e = {.sum = who->settings};
    struct row row = {.who = *who};
    struct hy_err err;

    if (h->row_count == HYTHED_HELPER_ROWS || !find(h->config, &e)) {
        (void)hy_err_set(why, "the helper process %s",
                         e.found ? "has no room for more plugins" : "knows no such entry of the configuration");
        return -EPERM;
    }
    row.instance = hy_plugins_prepare(h->plugins, e.found->plugin, e.kind, e.found->options, e.found->option_count,
                                      &row.settings, &err);
    if (!row.instance) {
        (void)hy_err_set(why, "the helper process, which has root's rights, can't use it: %s", err.text);
        return -EPERM;
    }
    if (!row.instance->plugin.assist || memcmp(row.instance->assisted.code, who->code, sizeof who->code) != 0) {
        (void)hy_err_set(why, "its file has just changed: try again");
        return -EAGAIN;
    }
    h->rows[h->row_count] = row;
    return (int)h->row_count++;
}

/* Nothing of the configuration is needed any more but the settings that were filled. */
static int settle(struct helper *h)
{
    hy_config_free(h->config);
    h->config = NULL;
    return (int)(h->row_count + h->files->count);
}

/* ---- Host keys ---- */

/* Where it led to at the start, and only as long as nobody but root could have put something else there. */
static int open_file(const struct helper *h, uint32_t row, struct hy_err *why)
{
    struct hy_complaints to = {.label = "host key", .err = why};
    const char *real = row < h->files->count ? h->files->real[row] : NULL;
    char now[PATH_MAX];
    int fd = real ? hy_trust_open(real, now, &to) : -1;

    if (fd < 0 || strcmp(real, now) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

/* ---- Calls ---- */

static int64_t now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

static struct child *free_place(struct helper *h)
{
    for (size_t i = 0; i < h->child_max; i++)
        if (!h->children[i].pid)
            return &h->children[i];
    return NULL;
}

/* In the child. Modules of PAM wait for children of their own, and are used to signals as they are by default. */
static void carry_out(const struct row *row, int socket, pid_t parent)
{
    const struct hythe_assist how = {.size = sizeof how, .socket = socket, .settings = row->settings};
    sigset_t none;

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent || setpgid(0, 0) < 0)
        _exit(EXIT_FAILURE);
    if ((socket > STDERR_FILENO + 1 && close_range(STDERR_FILENO + 1, (unsigned)socket - 1, 0) < 0) ||
        close_range((unsigned)socket + 1, ~0U, 0) < 0)
        _exit(EXIT_FAILURE);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)signal(SIGXFSZ, SIG_DFL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    row->instance->plugin.assist(&how);
    _exit(EXIT_SUCCESS);
}

static bool is_channel(int fd)
{
    int domain = 0, type = 0;
    socklen_t len = sizeof domain;

    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_UNIX &&
           getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_SEQPACKET;
}

/* Without a place or a process the socket is closed unread, which the plugin's other half sees as no answer. */
static void call(struct helper *h, uint32_t row, int socket)
{
    struct child *child = free_place(h);
    pid_t self = getpid(), pid = child && is_channel(socket) ? fork() : -1;

    if (pid == 0)
        carry_out(&h->rows[row], socket, self);
    if (pid > 0) {
        (void)setpgid(pid, pid);
        *child = (struct child){.pid = pid, .end = now() + h->seconds};
    }
    (void)close(socket);
}

static void reap(struct helper *h)
{
    struct signalfd_siginfo info;
    pid_t pid;

    (void)!read(h->signals, &info, sizeof info); /* that there is one is all that it says */
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        for (size_t i = 0; i < h->child_max; i++)
            if (h->children[i].pid == pid)
                h->children[i].pid = 0;
}

/* Kills what has taken too long, with the processes that it started. Milliseconds until the next is due; -1: none. */
static int watch(const struct helper *h)
{
    int64_t next = -1, left;

    for (size_t i = 0; i < h->child_max; i++) {
        if (!h->children[i].pid)
            continue;
        left = h->children[i].end - now();
        if (left <= 0)
            (void)kill(-h->children[i].pid, SIGKILL);
        left = left > 0 ? left : 1;
        if (next < 0 || left < next)
            next = left;
    }
    return next < 0 ? -1 : (int)(next * 1000);
}

/* ---- Requests ---- */

/* True when it was one that hythed would send now. */
static bool answer(struct helper *h, const struct hythed_helper_request *request, int fd)
{
    struct hythed_helper_answer a = {.result = 0};
    bool sent;

    if (request->what == HYTHED_HELPER_CALL && fd >= 0 && request->row < h->row_count) {
        call(h, request->row, fd);
        return true;
    }
    if (fd >= 0)
        (void)close(fd);
    if (fd >= 0)
        return false;
    if (request->what == HYTHED_HELPER_OPEN && request->row < h->files->count) {
        fd = open_file(h, request->row, &a.why);
        a.result = fd < 0 ? -EACCES : 0;
    } else if (!h->config)
        return false;
    else if (request->what == HYTHED_HELPER_ADD)
        a.result = add(h, &request->who, &a.why);
    else if (request->what == HYTHED_HELPER_SETTLE)
        a.result = settle(h);
    else
        return false;
    sent = hythed_helper_put(h->socket, &a, sizeof a, fd) == 0;
    if (fd >= 0)
        (void)close(fd);
    return sent;
}

static int serve(struct helper *h)
{
    struct pollfd fds[] = {{.fd = h->socket, .events = POLLIN}, {.fd = h->signals, .events = POLLIN}};

    while (h->config || h->row_count || h->files->count) {
        struct hythed_helper_request request;
        int fd, rc;

        if (poll(fds, 2, watch(h)) < 0 && errno != EINTR)
            return EXIT_FAILURE;
        if (fds[1].revents)
            reap(h);
        if (!fds[0].revents)
            continue;
        rc = hythed_helper_get(h->socket, &request, sizeof request, &fd);
        if (rc <= 0)
            return rc ? EXIT_FAILURE : EXIT_SUCCESS;
        if (!answer(h, &request, fd))
            return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

int hythed_helper_serve(int socket, struct hy_config *config, const struct hythed_helper_files *files)
{
    static const struct hy_log silent = {
        .sink = say_nothing, .ctx = NULL, .level = HY_LOG_ERROR}; /* answers have the reasons */
    struct helper h = {.socket = socket,
                       .config = config,
                       .files = files,
                       .plugins = hy_plugins_new(config->plugin_directory, &silent),
                       .child_max = (size_t)config->max_unfinished,
                       .seconds = config->login_grace};
    int status = EXIT_FAILURE;
    sigset_t children;

    (void)sigemptyset(&children);
    (void)sigaddset(&children, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &children, NULL);
    h.signals = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    h.children = calloc(h.child_max, sizeof *h.children);
    if (h.plugins && h.children && h.signals >= 0)
        status = serve(&h);
    for (size_t i = 0; h.children && i < h.child_max; i++)
        if (h.children[i].pid)
            (void)kill(-h.children[i].pid, SIGKILL);
    if (h.signals >= 0)
        (void)close(h.signals);
    free(h.children);
    hy_plugins_free(h.plugins);
    hy_config_free(h.config);
    return status;
}
