#include "core/server/hythed_helper.h"
#include "core/library/program.h"
#include "core/base/buf.h"
#include "core/plugin/trust.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_ANSWER = 30, SECONDS_SEND = 5, MILLISECONDS_END = 2000 };

/* ---- Questions ---- */

static int gone(struct hy_err *err)
{
    (void)hy_err_set(err, "the helper process is gone: restart hythed");
    return -EIO;
}

/* With the lock: the answer's result, with its text, and the descriptor that came along. */
static int ask(const struct hythed_helper *helper, const struct hythed_helper_request *request, int *fd,
               struct hy_err *err)
{
    struct hythed_helper_answer answer;

    *fd = -1;
    if (hythed_helper_put(helper->socket, request, sizeof *request, -1) != 0)
        return gone(err);
    if (hythed_helper_get(helper->socket, &answer, sizeof answer, fd) != 1) {
        (void)shutdown(helper->socket, SHUT_RDWR); /* which ends it: a late answer would pass for the next one's */
        return gone(err);
    }
    answer.why.text[sizeof answer.why.text - 1] = '\0';
    if (answer.result < 0)
        *err = answer.why;
    return answer.result;
}

/* ---- For the server ---- */

/* With the lock: the row of who asks, which the helper takes on if it still does. */
static int row_of(struct hythed_helper *helper, const struct hy_assisted *who, struct hy_err *err)
{
    struct hythed_helper_request request = {.what = HYTHED_HELPER_ADD, .who = *who};
    int row, none;

    for (size_t i = 0; i < helper->row_count; i++)
        if (memcmp(&helper->rows[i], who, sizeof *who) == 0)
            return (int)i;
    if (helper->settled) {
        (void)hy_err_set(err, "it needs rights that were given up at the start, when it wasn't there or was another: "
                              "restart hythed");
        return -EPERM;
    }
    row = ask(helper, &request, &none, err);
    if (row >= 0 && row != (int)helper->row_count)
        return gone(err);
    if (row >= 0)
        helper->rows[helper->row_count++] = *who;
    return row;
}

static int call(void *ctx, const struct hy_assisted *who, struct hy_err *err)
{
    struct hythed_helper *helper = ctx;
    struct hythed_helper_request request = {.what = HYTHED_HELPER_CALL};
    int ends[2], row, rc;

    (void)pthread_mutex_lock(&helper->lock);
    row = row_of(helper, who, err);
    if (row >= 0 && !helper->pid)
        row = gone(err);
    (void)pthread_mutex_unlock(&helper->lock);
    if (row < 0)
        return row;
    request.row = (uint32_t)row;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
        rc = errno;
        (void)hy_err_set(err, "can't make a socket to the helper process: %s", strerrordesc_np(rc));
        return -rc;
    }
    rc = hythed_helper_put(helper->socket, &request, sizeof request, ends[1]);
    (void)close(ends[1]);
    if (!rc)
        return ends[0];
    (void)close(ends[0]);
    if (rc != EAGAIN)
        return gone(err);
    (void)hy_err_set(err, "the helper process is busy");
    return -EAGAIN;
}

static int no_root(void *ctx, const struct hy_assisted *who, struct hy_err *err)
{
    (void)ctx, (void)who;
    (void)hy_err_set(err, "it needs root's rights: start hythed as root, with the user to become as run_as");
    return -EPERM;
}

static void settle(void *ctx)
{
    const struct hythed_helper_request request = {.what = HYTHED_HELPER_SETTLE};
    struct hythed_helper *helper = ctx;
    struct hy_err err;
    int kept, none;

    (void)pthread_mutex_lock(&helper->lock);
    kept = ask(helper, &request, &none, &err);
    helper->settled = true;
    if (kept == 0 && waitpid(helper->pid, NULL, 0) == helper->pid)
        helper->pid = 0;
    (void)pthread_mutex_unlock(&helper->lock);
    if (kept < 0)
        hy_log(helper->log, HY_LOG_ERROR, 0, "%s", err.text);
    if (kept > 0)
        hy_log(helper->log, HY_LOG_INFO, 0,
               "a helper process (%ld) keeps root's rights for %zu of the plugins and %zu files of host keys",
               (long)helper->pid, helper->row_count, helper->files.count);
}

static int open_key(void *ctx, const char *file)
{
    struct hythed_helper_request request = {.what = HYTHED_HELPER_OPEN};
    struct hythed_helper *helper = ctx;
    const struct hythed_helper_files *files = &helper->files;
    struct hy_err err;
    int fd = -1, rc;

    while (request.row < files->count && strcmp(files->names[request.row], file) != 0)
        request.row++;
    if (request.row == files->count)
        return -EACCES;
    (void)pthread_mutex_lock(&helper->lock);
    rc = helper->pid ? ask(helper, &request, &fd, &err) : gone(&err);
    (void)pthread_mutex_unlock(&helper->lock);
    if (rc == 0 && fd >= 0)
        return fd;
    hy_log(helper->log, HY_LOG_ERROR, 0, "host key %s: %s", file, err.text);
    return -EACCES;
}

/* ---- Its life ---- */

static int add_file(struct hythed_helper_files *files, const char *name, struct hy_err *err)
{
    struct hy_complaints to = {.label = "reload_host_keys", .err = err};
    char real[PATH_MAX];
    int fd;

    if (access(name, F_OK) != 0)
        return 0; /* reading the keys says so */
    if (files->count == HYTHED_HELPER_FILES)
        return hy_err_set(err, "reload_host_keys: more than %d files", HYTHED_HELPER_FILES);
    fd = hy_trust_open(name, real, &to);
    if (fd < 0)
        return -1;
    (void)close(fd);
    files->names[files->count] = strdup(name);
    files->real[files->count] = strdup(real);
    return files->names[files->count++] && files->real[files->count - 1] ? 0 : hy_err_set(err, "out of memory");
}

static int find_files(struct hythed_helper_files *files, const struct hy_config *config, struct hy_err *err)
{
    for (size_t i = 0; config->reload_host_keys && i < config->key_count; i++) {
        const struct hy_key_source *source = &config->keys[i].source;
        const char *password;

        if (!source->type || !source->store || !source->password)
            continue; /* of a file with problems */
        password = hy_key_password_file(source);
        if ((hy_key_is_file(source) && add_file(files, source->store, err)) ||
            (password && add_file(files, password, err)))
            return -1;
    }
    return 0;
}

/* Passwords of keys may be in it; modules of PAM need nothing of it. */
static void forget_environment(void)
{
    for (char **variable = environ; variable && *variable; variable++)
        hy_wipe(*variable, strlen(*variable));
    if (clearenv() != 0 || setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1) < 0)
        _exit(EXIT_FAILURE);
}

/* In the new process. Nothing of hythed's is open there but the socket and the standard streams. */
static void become_helper(int socket, const struct hy_config *config, struct hythe_server *server,
                          const struct hythed_helper_files *files)
{
    struct hy_config *mine;

    (void)prctl(PR_SET_NAME, "hythed-helper");
    /* hythed's own signals stay blocked: it ends with hythed, which may go on for a while after a SIGTERM to both. The
     * kernel honours this one only as long as hythed has kept root's rights; else the end of the socket says it. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || chdir("/") < 0)
        _exit(EXIT_FAILURE);
    if ((socket > STDERR_FILENO + 1 && close_range(STDERR_FILENO + 1, (unsigned)socket - 1, 0) < 0) ||
        close_range((unsigned)socket + 1, ~0U, 0) < 0)
        _exit(EXIT_FAILURE);
    (void)umask(077);
    forget_environment();
    /* A copy, as all memory here, and the only one that is left. */
    mine = server ? hy_program_leave(server) : (struct hy_config *)(uintptr_t)config;
    _exit(hythed_helper_serve(socket, mine, files));
}

static int bound(int socket, int option, time_t seconds)
{
    const struct timeval time = {.tv_sec = seconds};

    return setsockopt(socket, SOL_SOCKET, option, &time, sizeof time);
}

int hythed_helper_begin(struct hythed_helper *helper, const struct hy_config *config, struct hythe_server *server,
                        const struct hy_log *log, struct hy_err *err)
{
    int ends[2];

    *helper = (struct hythed_helper){.socket = -1, .log = log, .assist = {.call = no_root}};
    (void)pthread_mutex_init(&helper->lock, NULL);
    if (geteuid() != 0)
        return 0; /* who reads the keys at the start then does so later */
    if (find_files(&helper->files, config, err) < 0)
        return -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return hy_err_set(err, "can't make a socket to the helper process: %s", strerror(errno));
    helper->pid = fork();
    if (helper->pid == 0)
        become_helper(ends[1], config, server, &helper->files);
    (void)close(ends[1]);
    helper->socket = ends[0];
    helper->assist = (struct hy_assist){.call = call, .settle = settle, .open_key = open_key, .ctx = helper};
    if (helper->pid < 0)
        return hy_err_set(err, "can't start the helper process: %s", strerror(errno));
    if (bound(ends[0], SO_RCVTIMEO, SECONDS_ANSWER) < 0 || bound(ends[0], SO_SNDTIMEO, SECONDS_SEND) < 0)
        return hy_err_set(err, "can't bound the time of the helper process: %s", strerror(errno));
    return 0;
}

void hythed_helper_look(struct hythed_helper *helper)
{
    int status;

    (void)pthread_mutex_lock(&helper->lock);
    if (helper->pid && waitpid(helper->pid, &status, WNOHANG) == helper->pid) {
        helper->pid = 0;
        hy_log(helper->log, HY_LOG_ERROR, 0,
               "the helper process has ended (%s %d): what needs it is denied until hythed is restarted",
               WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
    (void)pthread_mutex_unlock(&helper->lock);
}

/* A moment: it has nothing left to do, but might be stopped. */
static void wait_for(pid_t pid)
{
    struct pollfd ended = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};

    if (ended.fd < 0)
        return;
    if (poll(&ended, 1, MILLISECONDS_END) > 0)
        (void)waitpid(pid, NULL, 0);
    (void)close(ended.fd);
}

void hythed_helper_end(struct hythed_helper *helper)
{
    if (helper->socket >= 0)
        (void)close(helper->socket);
    helper->socket = -1;
    if (helper->pid > 0)
        wait_for(helper->pid);
    helper->pid = 0;
    for (size_t i = 0; i < helper->files.count; i++) {
        free(helper->files.names[i]);
        free(helper->files.real[i]);
    }
    (void)pthread_mutex_destroy(&helper->lock);
}
