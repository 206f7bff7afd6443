#include "core/server/hythed_helper.h"

#include <errno.h>
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

/* The errno of the socket, 0 when all of it was taken. */
static int put(const struct hythed_helper *helper, const struct hythed_helper_request *request, int fd)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof fd)];
    } control = {.room = {0}};
    struct iovec iov = {(void *)(uintptr_t)request, sizeof *request};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

    if (fd >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
        control.head =
            (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof fd);
    }
    return sendmsg(helper->socket, &message, MSG_NOSIGNAL) == (ssize_t)sizeof *request ? 0 : errno;
}

static int gone(struct hy_err *err)
{
    (void)hy_err_set(err, "the helper process is gone: restart hythed");
    return -EIO;
}

/* With the lock: the answer's result, with its text. */
static int ask(const struct hythed_helper *helper, const struct hythed_helper_request *request, struct hy_err *err)
{
    struct hythed_helper_answer answer;
    ssize_t n = -1;

    if (put(helper, request, -1) == 0)
        n = recv(helper->socket, &answer, sizeof answer, MSG_TRUNC);
    if (n != (ssize_t)sizeof answer)
        return gone(err);
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
    int row;

    for (size_t i = 0; i < helper->row_count; i++)
        if (memcmp(&helper->rows[i], who, sizeof *who) == 0)
            return (int)i;
    if (helper->settled) {
        (void)hy_err_set(err, "it needs rights that were given up at the start, when it wasn't there or was another: "
                              "restart hythed");
        return -EPERM;
    }
    row = ask(helper, &request, err);
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
    rc = put(helper, &request, ends[1]);
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
    int rows;

    (void)pthread_mutex_lock(&helper->lock);
    rows = ask(helper, &request, &err);
    helper->settled = true;
    if (rows == 0 && waitpid(helper->pid, NULL, 0) == helper->pid)
        helper->pid = 0;
    (void)pthread_mutex_unlock(&helper->lock);
    if (rows < 0)
        hy_log(helper->log, HY_LOG_ERROR, 0, "%s", err.text);
    if (rows > 0)
        hy_log(helper->log, HY_LOG_INFO, 0, "a helper process (%ld) keeps root's rights for %d of the plugins",
               (long)helper->pid, rows);
}

/* ---- Its life ---- */

/* In the new process. Nothing of hythed's is open there but the socket and the standard streams. */
static void become_helper(int socket, const struct hy_config *config)
{
    (void)prctl(PR_SET_NAME, "hythed-helper");
    /* hythed's own signals stay blocked: it ends with hythed, which may go on for a while after a SIGTERM to both. The
     * kernel honours this one only as long as hythed has kept root's rights; else the end of the socket says it. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || chdir("/") < 0)
        _exit(EXIT_FAILURE);
    if ((socket > STDERR_FILENO + 1 && close_range(STDERR_FILENO + 1, (unsigned)socket - 1, 0) < 0) ||
        close_range((unsigned)socket + 1, ~0U, 0) < 0)
        _exit(EXIT_FAILURE);
    (void)umask(077);
    _exit(hythed_helper_serve(socket, (struct hy_config *)(uintptr_t)config)); /* a copy, as all memory here */
}

static int bound(int socket, int option, time_t seconds)
{
    const struct timeval time = {.tv_sec = seconds};

    return setsockopt(socket, SOL_SOCKET, option, &time, sizeof time);
}

int hythed_helper_begin(struct hythed_helper *helper, const struct hy_config *config, const struct hy_log *log,
                        struct hy_err *err)
{
    int ends[2];

    *helper = (struct hythed_helper){.socket = -1, .log = log, .assist = {.call = no_root}};
    (void)pthread_mutex_init(&helper->lock, NULL);
    if (geteuid() != 0)
        return 0;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return hy_err_set(err, "can't make a socket to the helper process: %s", strerror(errno));
    helper->pid = fork();
    if (helper->pid == 0)
        become_helper(ends[1], config);
    (void)close(ends[1]);
    helper->socket = ends[0];
    helper->assist = (struct hy_assist){.call = call, .settle = settle, .ctx = helper};
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
    (void)pthread_mutex_destroy(&helper->lock);
}
