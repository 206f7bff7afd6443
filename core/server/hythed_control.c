#include "core/server/hythed_control.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    CLIENTS = 8,       /* at once; further ones wait for their turn */
    REQUEST = 4096,    /* bytes of one, at most */
    REQUEST_MS = 3000, /* for a request to be complete */
    ANSWER_MS = 10000, /* between two pieces of an answer that are taken */
    PAUSE = 100        /* ms between tries to accept when descriptors are short */
};

struct client {
    int fd; /* -1: free */
    uid_t who;
    int64_t until;
    size_t have;
    char *answer; /* NULL: the request isn't complete */
    size_t len, sent;
    char request[REQUEST];
};

struct hythed_control {
    const char *path;
    hythed_answer_fn *answer;
    void *ctx;
    const struct hy_log *log;
    int fd;
    dev_t dev; /* of the socket: another may have taken its place */
    ino_t ino;
    struct client clients[CLIENTS];
};

static int64_t now(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- The socket ---- */

static int fill_address(struct sockaddr_un *address, const char *path, struct hy_err *err)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address->sun_path)
        return hy_err_set(err, "control_socket: %s is longer than the %zu bytes that a socket's name may have", path,
                          sizeof address->sun_path - 1);
    memcpy(address->sun_path, path, strlen(path) + 1);
    return 0;
}

/* Whoever can write to the folder could put a socket of their own in place of this one. */
static int check_folder(const char *path, uid_t owner, struct hy_err *err)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX];
    struct stat st;

    (void)snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    if (stat(folder, &st) < 0)
        return hy_err_set(err, "control_socket: the folder %s: %s", folder, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return hy_err_set(err, "control_socket: %s is not a folder", folder);
    if (st.st_uid != 0 && st.st_uid != owner)
        return hy_err_set(err,
                          "control_socket: the folder %s belongs to user id %u, not to root or the user that runs "
                          "the server",
                          folder, (unsigned)st.st_uid);
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return hy_err_set(err, "control_socket: the folder %s can be written by others than its owner (mode %04o)",
                          folder, (unsigned)st.st_mode & 07777);
    if (geteuid() == owner && faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) < 0)
        return hy_err_set(err, "control_socket: the folder %s: %s; it must be the server's to write to", folder,
                          strerror(errno));
    return 0;
}

/* Whether somebody listens there. */
static bool answers(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool there = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN);

    if (fd >= 0)
        (void)close(fd);
    return there;
}

static int check_name(const char *path, const struct sockaddr_un *address, bool *stale, struct hy_err *err)
{
    struct stat st;

    *stale = false;
    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : hy_err_set(err, "control_socket: %s: %s", path, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return hy_err_set(err, "control_socket: %s is there and is not a socket", path);
    if (answers(address))
        return hy_err_set(err, "control_socket: another server answers at %s", path);
    *stale = true;
    return 0;
}

int hythed_control_check(const char *path, uid_t owner, struct hy_err *err)
{
    struct sockaddr_un address;
    struct stat st;

    if (fill_address(&address, path, err) < 0 || check_folder(path, owner, err) < 0)
        return -1;
    if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode)) /* one that answers may be the server that this file is for */
        return hy_err_set(err, "control_socket: %s is there and is not a socket", path);
    return 0;
}

static int open_socket(struct hythed_control *c, struct hy_err *err)
{
    struct sockaddr_un address;
    struct stat st;
    mode_t before;
    bool stale;
    int rc;

    if (fill_address(&address, c->path, err) < 0 || check_folder(c->path, geteuid(), err) < 0 ||
        check_name(c->path, &address, &stale, err) < 0)
        return -1;
    if (stale && unlink(c->path) < 0)
        return hy_err_set(err, "control_socket: %s, which nobody answers at, can't be removed: %s", c->path,
                          strerror(errno));
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    before = umask(0177);
    rc = c->fd < 0 ? -1 : bind(c->fd, (struct sockaddr *)&address, sizeof address);
    (void)umask(before);
    if (rc < 0)
        return hy_err_set(err, "control_socket: %s can't be made: %s", c->path, strerror(errno));
    if (lstat(c->path, &st) < 0 || listen(c->fd, CLIENTS) < 0)
        return hy_err_set(err, "control_socket: %s: %s", c->path, strerror(errno));
    c->dev = st.st_dev;
    c->ino = st.st_ino;
    return 0;
}

struct hythed_control *hythed_control_new(const char *path, hythed_answer_fn *answer, void *ctx,
                                          const struct hy_log *log, struct hy_err *err)
{
    struct hythed_control *c = calloc(1, sizeof *c);

    if (!c) {
        hy_err_set(err, "out of memory");
        return NULL;
    }
    *c = (struct hythed_control){.path = path, .answer = answer, .ctx = ctx, .log = log, .fd = -1};
    for (size_t i = 0; i < CLIENTS; i++)
        c->clients[i].fd = -1;
    if (open_socket(c, err) == 0)
        return c;
    hythed_control_free(c);
    return NULL;
}

/* ---- Clients ---- */

static void drop(struct client *client)
{
    (void)close(client->fd);
    free(client->answer);
    client->answer = NULL;
    client->fd = -1;
}

/* The socket's mode keeps strangers out already, where nobody has changed it. */
static bool is_allowed(const struct hythed_control *c, int fd, uid_t *who)
{
    static const char no[] = "{\"ok\": false, \"error\": \"only root and the user that runs the server may ask\"}\n";
    struct ucred peer;
    socklen_t len = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
        return false;
    *who = peer.uid;
    if (peer.uid == 0 || peer.uid == geteuid())
        return true;
    hy_log(c->log, HY_LOG_INFO, 0, "hythectl: refused user id %u", (unsigned)peer.uid);
    (void)send(fd, no, sizeof no - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    return false;
}

static struct client *free_place(struct hythed_control *c)
{
    for (size_t i = 0; c && i < CLIENTS; i++)
        if (c->clients[i].fd < 0)
            return &c->clients[i];
    return NULL;
}

static void take(struct hythed_control *c)
{
    struct client *client = free_place(c);
    int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    uid_t who = 0;

    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            (void)poll(NULL, 0, PAUSE);
        return;
    }
    if (!is_allowed(c, fd, &who)) {
        (void)close(fd);
        return;
    }
    client->fd = fd;
    client->who = who;
    client->until = now() + REQUEST_MS;
    client->have = client->len = client->sent = 0;
}

static void answer(struct hythed_control *c, struct client *client, size_t len)
{
    client->answer = c->answer(c->ctx, client->who, client->request, len);
    client->len = client->answer ? strlen(client->answer) : 0;
    client->until = now() + ANSWER_MS;
    if (client->answer)
        client->answer[client->len++] = '\n'; /* in place of the NUL: only the length counts from here */
    else
        drop(client);
}

static void hear(struct hythed_control *c, struct client *client)
{
    ssize_t n = recv(client->fd, client->request + client->have, REQUEST - client->have, 0);
    const char *end;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        drop(client);
        return;
    }
    client->have += (size_t)n;
    end = memchr(client->request, '\n', client->have);
    if (end || client->have == REQUEST)
        answer(c, client, end ? (size_t)(end - client->request) : REQUEST);
}

static void speak(struct client *client)
{
    ssize_t n = send(client->fd, client->answer + client->sent, client->len - client->sent, MSG_NOSIGNAL);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    client->sent += n > 0 ? (size_t)n : 0;
    client->until = now() + ANSWER_MS;
    if (n <= 0 || client->sent == client->len)
        drop(client);
}

/* Whose time is up makes room first. */
static void expire(struct hythed_control *c, int64_t at)
{
    for (size_t i = 0; c && i < CLIENTS; i++)
        if (c->clients[i].fd >= 0 && c->clients[i].until <= at)
            drop(&c->clients[i]);
}

static int poll_all(struct hythed_control *c, struct pollfd fds[CLIENTS + 2], int fd)
{
    int64_t left = -1, at = now();

    expire(c, at);
    fds[CLIENTS] = (struct pollfd){.fd = fd, .events = POLLIN};
    for (size_t i = 0; i < CLIENTS; i++) {
        const struct client *client = c ? &c->clients[i] : NULL;

        fds[i] =
            (struct pollfd){.fd = client ? client->fd : -1, .events = client && client->answer ? POLLOUT : POLLIN};
        if (fds[i].fd >= 0 && (left < 0 || client->until - at < left))
            left = client->until - at;
    }
    fds[CLIENTS + 1] = (struct pollfd){.fd = free_place(c) ? c->fd : -1, .events = POLLIN}; /* once the late are gone */
    return poll(fds, CLIENTS + 2, (int)left);
}

void hythed_control_wait(struct hythed_control *c, int fd)
{
    struct pollfd fds[CLIENTS + 2];

    for (;;) {
        int n = poll_all(c, fds, fd);

        for (size_t i = 0; n > 0 && c && i < CLIENTS; i++) {
            if (fds[i].fd < 0 || !fds[i].revents)
                continue;
            if (c->clients[i].answer)
                speak(&c->clients[i]);
            else
                hear(c, &c->clients[i]);
        }
        if (n > 0 && fds[CLIENTS + 1].revents)
            take(c);
        if (n > 0 && fds[CLIENTS].revents)
            return;
    }
}

void hythed_control_free(struct hythed_control *c)
{
    struct stat st;

    if (!c)
        return;
    for (size_t i = 0; i < CLIENTS; i++)
        if (c->clients[i].fd >= 0)
            drop(&c->clients[i]);
    if (c->ino && lstat(c->path, &st) == 0 && st.st_dev == c->dev && st.st_ino == c->ino)
        (void)unlink(c->path);
    if (c->fd >= 0)
        (void)close(c->fd);
    free(c);
}
