#include "core/server/internal.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PAUSE_MS = 100,      /* between tries to accept when descriptors are short */
    KEEPALIVE_IDLE = 60, /* a peer that vanished without a word is noticed after about two minutes */
    KEEPALIVE_EVERY = 15,
    KEEPALIVE_TRIES = 4
};

static void set_port(struct sockaddr *sa, uint16_t port)
{
    if (sa->sa_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)sa)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)(void *)sa)->sin_port = htons(port);
}

static uint16_t port_of(const struct sockaddr_storage *ss)
{
    return ntohs(ss->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)(const void *)ss)->sin6_port
                                           : ((const struct sockaddr_in *)(const void *)ss)->sin_port);
}

static int open_one(const struct addrinfo *ai, int backlog)
{
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, saved;

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        (ai->ai_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on)) ||
        bind(fd, ai->ai_addr, ai->ai_addrlen) || listen(fd, backlog)) {
        saved = errno;
        (void)close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

static int listen_on(struct hy_server *server, struct addrinfo *list, struct hy_err *err)
{
    const struct hy_config *config = server->config;

    for (struct addrinfo *ai = list; ai && server->listener_count < HY_LISTENERS_MAX; ai = ai->ai_next) {
        struct sockaddr_storage ss;
        socklen_t len = sizeof ss;
        int fd;

        set_port(ai->ai_addr, server->port); /* the second address gets the port that the first was given */
        fd = open_one(ai, (int)config->ConnectionBacklog);
        if (fd < 0 && errno == EAFNOSUPPORT && !*config->LocalHost)
            continue; /* "every address" on a machine without IPv6 */
        if (fd < 0)
            return hy_err_set(err, "can't listen on %s port %lld: %s", *config->LocalHost ? config->LocalHost : "*",
                              (long long)config->LocalPort, strerror(errno));
        server->listeners[server->listener_count++] = fd;
        if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0)
            server->port = port_of(&ss);
    }
    if (!server->listener_count)
        return hy_err_set(err, "LocalHost %s: no address to listen on", config->LocalHost);
    return 0;
}

int hy_server_listen(struct hy_server *server, struct hy_err *err)
{
    const struct hy_config *config = server->config;
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *list;
    char port[8];
    int rc;

    server->port = (uint16_t)config->LocalPort;
    (void)snprintf(port, sizeof port, "%u", server->port);
    rc = getaddrinfo(*config->LocalHost ? config->LocalHost : NULL, port, &hints, &list);
    if (rc)
        return hy_err_set(err, "LocalHost %s: %s", config->LocalHost, gai_strerror(rc));
    rc = listen_on(server, list, err);
    freeaddrinfo(list);
    if (rc)
        hy_server_close_listeners(server);
    return rc;
}

void hy_server_close_listeners(struct hy_server *server)
{
    while (server->listener_count)
        (void)close(server->listeners[--server->listener_count]);
}

void hy_server_tune(int fd, bool no_delay)
{
    const struct {
        int level, option, value;
    } rows[] = {{IPPROTO_TCP, TCP_NODELAY, no_delay},
                {SOL_SOCKET, SO_KEEPALIVE, 1},
                {IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE},
                {IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EVERY},
                {IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_TRIES}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) /* a socket without them works too */
        (void)setsockopt(fd, rows[i].level, rows[i].option, &rows[i].value, sizeof rows[i].value);
}

/* The log has one line for each time of want, however often it is tried again. */
static void tell_short(struct hy_server *server, int error)
{
    if (!error && server->short_of)
        hy_log(server->log, HY_LOG_INFO, 0, "connections are accepted again");
    else if (error && !server->short_of)
        hy_log(server->log, HY_LOG_ERROR, 0,
               "can't accept connections, which wait: %s; allow more descriptors or lower MaxConnections, max_handles",
               strerror(error));
    server->short_of = error != 0;
}

static void take(struct hy_server *server, int listener)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;
    char address[INET6_ADDRSTRLEN + 16] = "?";
    int fd = accept4(listener, (struct sockaddr *)&ss, &len, SOCK_CLOEXEC);

    if (fd >= 0) {
        tell_short(server, 0);
        (void)getnameinfo((struct sockaddr *)&ss, len, address, sizeof address, NULL, 0, NI_NUMERICHOST);
        hy_session_start(server, fd, address, port_of(&ss));
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        tell_short(server, errno);
        (void)poll(NULL, 0, PAUSE_MS); /* the connection stays in the backlog; without a pause this would spin */
    }
}

void *hy_server_accept(void *ctx)
{
    struct hy_server *server = ctx;
    struct pollfd fds[HY_LISTENERS_MAX + 1];
    size_t n = server->listener_count;

    for (size_t i = 0; i < n; i++)
        fds[i] = (struct pollfd){.fd = server->listeners[i], .events = POLLIN};
    fds[n] = (struct pollfd){.fd = server->control.wake, .events = POLLIN};
    while (!atomic_load(&server->drain)) {
        if (poll(fds, (nfds_t)(n + 1), -1) < 0)
            continue;
        for (size_t i = 0; i < n && !atomic_load(&server->drain); i++)
            if (fds[i].revents)
                take(server, fds[i].fd);
    }
    hy_server_close_listeners(server);
    return NULL;
}
