/* A connection before SSH: what the socket is set to, and what a proxy says first. */
#include "core/base/clock.h"
#include "core/server/proxy.h"
#include "core/server/telling.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

static int failed(struct hy_session *s, int error, struct hy_err *why, const char *text)
{
    s->result = -error;
    return hy_err_set(why, "%s", text);
}

/* Waits until there is something to read. */
static int wait_for_bytes(struct hy_session *s, int64_t end, struct hy_err *why)
{
    struct pollfd fds[] = {{.fd = s->fd, .events = POLLIN},
                           {.fd = s->control.wake, .events = POLLIN},
                           {.fd = s->control.nudge, .events = POLLIN}};
    eventfd_t count;

    for (;;) {
        int64_t left = end - hy_clock_ms();
        const char *dismissal;

        if (fds[2].revents) /* taken before what it is about is looked at */
            (void)eventfd_read(s->control.nudge, &count);
        dismissal = atomic_load(&s->dismissal);
        if (left <= 0)
            return failed(s, ETIMEDOUT, why, "no whole PROXY header in time");
        if (atomic_load(&s->server->drain) || atomic_load(&s->server->cut))
            return failed(s, ECANCELED, why, "the server is shutting down");
        if (dismissal)
            return failed(s, ECANCELED, why, dismissal);
        if (poll(fds, sizeof fds / sizeof *fds, (int)left) < 0 && errno != EINTR)
            return failed(s, errno, why, strerror(errno));
        if (fds[0].revents)
            return 0;
    }
}

/* Receives the header and not a byte of what follows it. */
static int receive_header(struct hy_session *s, struct hy_proxy_client *client, struct hy_err *why)
{
    const struct hy_config *config = s->generation->config;
    int64_t limit = config->DefaultConnectionTimeout ? config->DefaultConnectionTimeout : config->login_grace;
    int64_t end = hy_clock_ms() + limit * 1000;
    uint8_t data[HY_PROXY_MAX];
    size_t len = 0;
    int wanted;

    while ((wanted = hy_proxy_parse(data, len, client, why)) > 0) {
        ssize_t n;

        if (wait_for_bytes(s, end, why))
            return -1;
        n = recv(s->fd, data + len, (size_t)wanted, MSG_DONTWAIT);
        if (n == 0)
            return failed(s, ECONNRESET, why, "it closed before its PROXY header was whole");
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return failed(s, errno, why, strerror(errno));
        len += n > 0 ? (size_t)n : 0;
    }
    if (wanted < 0)
        s->result = -EPROTO;
    return wanted;
}

static enum hy_entry ask_program(struct hy_session *s, struct hy_err *why)
{
    return hy_tell_request(s, why) == 0 ? HY_ENTRY_GIVEN : HY_ENTRY_REFUSED;
}

enum hy_entry hy_session_arrive(struct hy_session *s, struct hy_err *why)
{
    struct hy_proxy_client client;
    char proxy[HY_ADDR_TEXT];
    enum hy_entry entry;

    hy_server_tune(s->fd, s->generation->config);
    if (!s->proxied)
        return ask_program(s, why);
    if (receive_header(s, &client, why))
        return HY_ENTRY_REFUSED;
    (void)hy_addr_text(&s->addr, proxy);
    entry = hy_admission_client(s, &client.addr, client.port, why);
    if (entry == HY_ENTRY_GIVEN && client.addr.family)
        hy_log(s->server->log, HY_LOG_VERBOSE, s->id, "the proxy %s connects for %s port %u", proxy, s->address,
               s->port);
    return entry == HY_ENTRY_GIVEN ? ask_program(s, why) : entry;
}

void hy_session_refuse(const struct hy_server *server, int fd, uint64_t id, const char *address, enum hy_entry entry,
                       const struct hy_err *why)
{
    static const char *const texts[] = {
        [HY_ENTRY_FULL] = "Too many connections\r\n", [HY_ENTRY_BARRED] = "Not allowed at this time\r\n"};
    const char *text = (size_t)entry < sizeof texts / sizeof *texts ? texts[entry] : NULL;

    hy_log(server->log, entry == HY_ENTRY_BARRED ? HY_LOG_VERBOSE : HY_LOG_INFO, id, "refused a connection from %s: %s",
           address, why->text);
    if (text)
        (void)send(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)close(fd);
}
