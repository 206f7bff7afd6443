#include "core/base/clock.h"
#include "core/server/telling.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PAUSE_MS = 100, /* between tries to accept when descriptors are short */
    OVER_MS = 1000  /* without a failure: the want is over */
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

static int open_one(const struct addrinfo *ai, const struct hy_config *config)
{
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, saved;

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        (!config->BindExclusively && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on)) ||
        (ai->ai_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on)) ||
        bind(fd, ai->ai_addr, ai->ai_addrlen) || listen(fd, (int)config->ConnectionBacklog)) {
        saved = errno;
        (void)close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

/* Takes fd. */
static int add(struct hy_server *server, int fd, bool proxy, struct hy_err *err)
{
    struct sockaddr_storage ss = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof ss;
    struct hy_listener *more = reallocarray(server->listeners, server->listener_count + 1, sizeof *more);

    if (!more || getsockname(fd, (struct sockaddr *)&ss, &len)) {
        (void)close(fd);
        if (more)
            server->listeners = more;
        return hy_err_system(err, errno, "can't listen");
    }
    server->listeners = more;
    more[server->listener_count++] =
        (struct hy_listener){.fd = fd, .proxy = proxy, .addr = hy_addr_of(&ss), .port = port_of(&ss)};
    return 0;
}

static int listen_on(struct hy_server *server, const struct hy_config *config, const struct hy_listen_config *where,
                     const struct addrinfo *list, struct hy_err *err)
{
    uint16_t port = (uint16_t)where->port;
    size_t before = server->listener_count;

    for (const struct addrinfo *ai = list; ai; ai = ai->ai_next) {
        int fd;

        set_port(ai->ai_addr, port); /* the second address gets the port that the first was given */
        fd = open_one(ai, config);
        if (fd < 0 && errno == EAFNOSUPPORT && !*where->host)
            continue; /* "every address" on a machine without IPv6 */
        if (fd < 0)
            return hy_err_system(err, errno, "can't listen on %s port %lld", *where->host ? where->host : "*",
                                 (long long)where->port);
        if (add(server, fd, where->proxy, err))
            return -1;
        port = server->listeners[server->listener_count - 1].port;
    }
    if (server->listener_count == before)
        return hy_err_set(err, "LocalHost \"%s\": no address to listen on", where->host);
    return 0;
}

int hy_server_resolve(const struct hy_config *config, const struct hy_listen_config *where, struct addrinfo **list,
                      struct hy_err *err)
{
    static const int families[] = {AF_INET, AF_INET6, AF_UNSPEC};
    struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct hy_addr addr;
    int rc;

    if (!hy_addr_parse(&addr, where->host, strlen(where->host)))
        hints.ai_family = families[config->UseIPv6];
    rc = getaddrinfo(*where->host ? where->host : NULL, "0", &hints, list);
    return rc ? hy_err_set(err, "LocalHost \"%s\": %s", where->host,
                           rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc))
              : 0;
}

int hy_server_listen(struct hy_server *server, const struct hy_config *config, struct hy_err *err)
{
    int rc = 0;

    server->listener_count = 0;
    for (size_t i = 0; !rc && config->Listening && i < config->listener_count; i++) {
        struct addrinfo *list = NULL;

        rc = hy_server_resolve(config, &config->listeners[i], &list, err);
        if (!rc)
            rc = listen_on(server, config, &config->listeners[i], list, err);
        if (list)
            freeaddrinfo(list);
    }
    if (rc)
        hy_server_close_listeners(server);
    return rc;
}

void hy_server_close_listeners(struct hy_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->listener_count; i++) {
        if (server->listeners[i].fd >= 0)
            (void)close(server->listeners[i].fd);
        server->listeners[i].fd = -1;
    }
    (void)pthread_mutex_unlock(&server->lock);
}

/* That wakes the acceptor as well, which closes them. */
void hy_server_close(struct hy_server *server)
{
    atomic_store(&server->closing, true);
    (void)pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->listener_count; i++)
        if (server->listeners[i].fd >= 0)
            (void)shutdown(server->listeners[i].fd, SHUT_RDWR);
    (void)pthread_mutex_unlock(&server->lock);
}

/* Whole seconds, at least one of them; 0 stays. */
static int seconds_of(int64_t ms)
{
    return (int)((ms + 999) / 1000);
}

void hy_server_tune(int fd, const struct hy_config *config)
{
    const struct {
        int level, option, value;
        bool always;
    } rows[] = {{IPPROTO_TCP, TCP_NODELAY, config->TcpNoDelay, true},
                {SOL_SOCKET, SO_KEEPALIVE, 1, true},
                {IPPROTO_TCP, TCP_KEEPIDLE, seconds_of(config->KeepAliveTime), false},
                {IPPROTO_TCP, TCP_KEEPINTVL, seconds_of(config->KeepAliveInterval), false},
                {IPPROTO_TCP, TCP_KEEPCNT, (int)config->KeepAliveRetryCount, false},
                {SOL_SOCKET, SO_RCVBUF, (int)config->InBufferSize, false},
                {SOL_SOCKET, SO_SNDBUF, (int)config->OutBufferSize, false}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) /* a socket without them works too */
        if (rows[i].always || rows[i].value)
            (void)setsockopt(fd, rows[i].level, rows[i].option, &rows[i].value, sizeof rows[i].value);
}

/* The log has one line for each time of want, however often it is tried again. */
static void fell_short(struct hy_server *server, int error)
{
    if (!server->short_since)
        hy_log_number(
            server->log, HY_LOG_ERROR, 0, -error,
            "can't accept connections, which wait: %s; allow more descriptors or lower MaxConnections, max_handles",
            strerror(error));
    server->short_since = hy_clock_ms();
    (void)poll(NULL, 0, PAUSE_MS); /* the connection stays in the backlog; without a pause this would spin */
}

static void look_for_the_end_of_want(struct hy_server *server)
{
    if (!server->short_since || hy_clock_ms() - server->short_since < OVER_MS)
        return;
    server->short_since = 0;
    hy_log(server->log, HY_LOG_INFO, 0, "connections are accepted again");
}

/* accept(2): whether the error is that of a connection, which is lost, and not of the listener. */
static bool cost_one(int error)
{
    static const int rows[] = {ECONNABORTED, EPROTO, EPERM,        ENETDOWN,   ENOPROTOOPT,
                               EHOSTDOWN,    ENONET, EHOSTUNREACH, ENETUNREACH};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i] == error)
            return true;
    return false;
}

static void take(struct hy_server *server, const struct hy_listener *listener)
{
    struct sockaddr_storage ss = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof ss;
    int fd = accept4(listener->fd, (struct sockaddr *)&ss, &len, SOCK_CLOEXEC);

    if (fd >= 0)
        hy_session_start(server, fd, &(struct hy_arrival){hy_addr_of(&ss), port_of(&ss), listener->proxy});
    else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        fell_short(server, errno);
    else if (cost_one(errno))
        hy_tell_failed(server, errno, strerror(errno));
}

static bool is_over(const struct hy_server *server)
{
    return atomic_load(&server->drain) || atomic_load(&server->closing);
}

static void accept_all(struct hy_server *server, struct pollfd *fds, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fds[i] = (struct pollfd){.fd = server->listeners[i].fd, .events = POLLIN};
    fds[n] = (struct pollfd){.fd = server->control.wake, .events = POLLIN};
    while (!is_over(server)) {
        look_for_the_end_of_want(server);
        if (poll(fds, (nfds_t)(n + 1), server->short_since ? OVER_MS : -1) < 0)
            continue;
        for (size_t i = 0; i < n && !is_over(server); i++)
            if (fds[i].revents)
                take(server, &server->listeners[i]);
    }
}

void *hy_server_accept(void *ctx)
{
    struct hy_server *server = ctx;
    struct pollfd *fds = calloc(server->listener_count + 1, sizeof *fds);

    if (fds)
        accept_all(server, fds, server->listener_count);
    else
        hy_log(server->log, HY_LOG_ERROR, 0, "out of memory: nothing is accepted");
    free(fds);
    hy_server_close_listeners(server);
    (void)pthread_mutex_lock(&server->lock);
    server->accepted = true;
    (void)pthread_cond_broadcast(&server->ended);
    (void)pthread_mutex_unlock(&server->lock);
    return NULL;
}
