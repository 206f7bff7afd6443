/* A connection before SSH: what the socket is set to, and what a proxy says first. */
#include "core/server/proxy.h"
#include "core/server/session.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum { TICK = 100 }; /* ms between looks at flags that can't wake anybody */

static int64_t now_ms(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Waits until there is something to read. */
static int wait_for_bytes(struct hy_session *s, int64_t end, struct hy_err *why)
{
    struct pollfd fds[] = {{.fd = s->fd, .events = POLLIN}, {.fd = s->control.wake, .events = POLLIN}};

    for (;;) {
        int64_t left = end - now_ms();

        if (left <= 0)
            return hy_err_set(why, "no whole PROXY header in time");
        if (atomic_load(&s->server->drain) || atomic_load(&s->server->cut))
            return hy_err_set(why, "the server is shutting down");
        if (atomic_load(&s->unwanted))
            return hy_err_set(why, "it gave way to a newer one before its PROXY header was there");
        if (poll(fds, 2, left < TICK ? (int)left : TICK) < 0 && errno != EINTR)
            return hy_err_set(why, "poll: %s", strerror(errno));
        if (fds[0].revents)
            return 0;
    }
}

/* Receives the header and not a byte of what follows it. */
static int receive_header(struct hy_session *s, struct hy_proxy_client *client, struct hy_err *why)
{
    const struct hy_config *config = s->generation->config;
    int64_t limit = config->DefaultConnectionTimeout ? config->DefaultConnectionTimeout : config->login_grace;
    int64_t end = now_ms() + limit * 1000;
    uint8_t data[HY_PROXY_MAX];
    size_t len = 0;
    int wanted;

    while ((wanted = hy_proxy_parse(data, len, client, why)) > 0) {
        ssize_t n;

        if (wait_for_bytes(s, end, why))
            return -1;
        n = recv(s->fd, data + len, (size_t)wanted, MSG_DONTWAIT);
        if (n == 0)
            return hy_err_set(why, "it closed before its PROXY header was whole");
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return hy_err_set(why, "%s", strerror(errno));
        len += n > 0 ? (size_t)n : 0;
    }
    return wanted;
}

int hy_session_arrive(struct hy_session *s, struct hy_err *why)
{
    struct hy_proxy_client client;
    char proxy[HY_ADDR_TEXT];

    hy_server_tune(s->fd, s->generation->config);
    if (!s->proxied)
        return 0;
    if (receive_header(s, &client, why))
        return -1;
    if (!client.addr.family)
        return 0; /* the proxy asks on its own account */
    (void)hy_addr_text(&s->addr, proxy);
    if (hy_admission_client(s, &client.addr, client.port, why))
        return -1;
    hy_log(s->server->log, HY_LOG_VERBOSE, s->id, "the proxy %s connects for %s port %u", proxy, s->address, s->port);
    return 0;
}
