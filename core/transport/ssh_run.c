#include "core/base/clock.h"
#include "core/transport/ssh_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In ms: how often a connection looks at flags that can't wake it, how long nothing moves before memory goes back. */
enum { TICK = 100, QUIET = 1000 };

int64_t hy_ssh_now(void)
{
    return hy_clock_ms();
}

/* Of two times to wait, of which -1 is for ever. */
static int64_t sooner(int64_t a, int64_t b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

static void put_reason(struct hy_ssh_conn *c, enum hy_ssh_end end, const char *fmt, va_list ap)
{
    if (c->dead)
        return;
    c->dead = true;
    c->end = end;
    (void)vsnprintf(c->why->text, sizeof c->why->text, fmt, ap);
}

void hy_ssh_end(struct hy_ssh_conn *c, enum hy_ssh_end end, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    put_reason(c, end, fmt, ap);
    va_end(ap);
}

void hy_ssh_die(struct hy_ssh_conn *c, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    put_reason(c, HY_SSH_BREACH, fmt, ap);
    va_end(ap);
}

/* libssh tells in words alone whether a client left or did something wrong; a test holds them against it. */
static enum hy_ssh_end end_of(const char *text)
{
    static const struct {
        const char *begin;
        enum hy_ssh_end end;
    } rows[] = {{"Received SSH_MSG_DISCONNECT", HY_SSH_LEFT},
                {"Socket error: disconnected", HY_SSH_LEFT},
                {"Socket error", HY_SSH_LOST},
                {"kex error : no match", HY_SSH_UNLIKE}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strncmp(text, rows[i].begin, strlen(rows[i].begin)) == 0)
            return rows[i].end;
    return *text ? HY_SSH_BREACH : HY_SSH_LEFT;
}

void hy_ssh_broken(struct hy_ssh_conn *c, const char *what)
{
    const char *text = ssh_get_error(c->session);

    hy_ssh_end(c, end_of(text), "%s%s", what, *text ? text : "connection lost");
}

static void check(struct hy_ssh_conn *c)
{
    if (ssh_get_status(c->session) & (SSH_CLOSED | SSH_CLOSED_ERROR)) {
        const char *text = ssh_get_error(c->session);

        hy_ssh_end(c, end_of(text), "%s", *text ? text : "closed by the client");
    }
}

/* The event descriptor stays readable once set: seen once, it leaves the poll set. */
static int woken(socket_t fd, int revents, void *ctx)
{
    (void)fd, (void)revents;
    ((struct hy_ssh_conn *)ctx)->woken = true;
    return 0;
}

/* It may also be seen in a poll that libssh makes by itself, in the middle of another call. */
static void unwatch(struct hy_ssh_conn *c)
{
    if (c->watching)
        (void)ssh_event_remove_fd(c->event, c->control->wake);
    c->watching = false;
}

/* Somebody has set a flag of this connection. Cleared, so that it is seen once. */
static int nudged(socket_t fd, int revents, void *ctx)
{
    uint64_t count;
    ssize_t n = read(fd, &count, sizeof count);

    (void)revents, (void)ctx, (void)n;
    return 0;
}

/* What makes the connection look at its flags goes into the event. */
static int listen_to_owner(struct hy_ssh_conn *c)
{
    if (ssh_event_add_fd(c->event, c->control->wake, POLLIN, woken, c) != SSH_OK)
        return -1;
    c->watching = true;
    if (c->control->nudge >= 0 && ssh_event_add_fd(c->event, c->control->nudge, POLLIN, nudged, c) != SSH_OK)
        return -1;
    c->nudging = c->control->nudge >= 0;
    return 0;
}

void hy_ssh_look(struct hy_ssh_conn *c)
{
    if (atomic_load_explicit(c->control->cut, memory_order_relaxed))
        hy_ssh_end(c, HY_SSH_ENDED, "the server is shutting down");
    if (c->control->stuck && atomic_load_explicit(c->control->stuck, memory_order_relaxed))
        hy_ssh_end(c, HY_SSH_STUCK, "a call didn't return");
    if (c->control->dismissal && atomic_load_explicit(c->control->dismissal, memory_order_relaxed))
        hy_ssh_end(c, HY_SSH_ENDED, "%s", atomic_load(c->control->dismissal));
}

void hy_ssh_wait(struct hy_ssh_conn *c, int64_t timeout)
{
    int ms = timeout < 0 || timeout > 3600000 ? 3600000 : (int)timeout;

    check(c); /* libssh may have closed the socket in a call before: then nothing would ever wake us */
    if (c->dead)
        return;
    if (c->woken)
        unwatch(c);
    if (!c->watching && ms > TICK)
        ms = TICK; /* the event descriptor has gone: look at the flags instead */
    if (ssh_event_dopoll(c->event, ms) == SSH_ERROR) {
        hy_ssh_broken(c, "");
        return;
    }
    check(c);
    hy_ssh_meter_check(c);
    hy_ssh_look(c);
}

void hy_ssh_wait_unfinished(struct hy_ssh_conn *c, struct hy_ssh_deadline by, bool more, const char *what)
{
    const atomic_bool *unwanted = c->control->unwanted;
    int64_t left = by.at - hy_ssh_now();

    if (left <= 0)
        hy_ssh_end(c, HY_SSH_LATE, "%s within %u seconds", what, by.seconds);
    else if (atomic_load(c->control->drain))
        hy_ssh_end(c, HY_SSH_ENDED, "the server is shutting down");
    else if (unwanted && atomic_load(unwanted))
        hy_ssh_end(c, HY_SSH_CROWDED, "it gave way to a newer one before it was logged in");
    else if (!more) /* what libssh has parsed goes first, or it would pile up: each poll may bring a hundred messages */
        hy_ssh_wait(c, unwanted ? sooner(left, TICK) : left);
}

/* Banner and key exchange, in steps that never block. */
static bool exchange(struct hy_ssh_conn *c, struct hy_ssh_deadline by)
{
    bool joined = false;

    while (!c->dead) {
        int rc = ssh_handle_key_exchange(c->session);

        hy_ssh_exchange_status(c);
        if (rc == SSH_OK) {
            hy_ssh_exchange_tell(c);
            hy_ssh_exchange_judge(c);
            return !c->dead;
        }
        if (rc == SSH_ERROR) {
            hy_ssh_broken(c, "key exchange: ");
            return false;
        }
        if (!joined) { /* libssh makes the session's poll context in its first round only */
            if (ssh_event_add_session(c->event, c->session) != SSH_OK || listen_to_owner(c)) {
                hy_ssh_end(c, HY_SSH_SHORT, "out of memory");
                return false;
            }
            joined = true;
        }
        hy_ssh_wait_unfinished(c, by, false, "no key exchange");
    }
    return false;
}

/* Ends the connection when `since` is `seconds` ago and nothing is on its way to the client any more. */
static int64_t bound(struct hy_ssh_conn *c, int64_t left, int64_t now, int64_t *since, unsigned seconds,
                     const char *what)
{
    int64_t span = (int64_t)seconds * 1000;

    if (!seconds)
        return left;
    if (now - *since >= span)
        (void)hy_ssh_meter_arriving(c);
    if (c->arrived > *since)
        *since = c->arrived;
    if (now - *since < span)
        return sooner(left, *since + span - now);
    hy_ssh_end(c, HY_SSH_LATE, "%s for %u seconds", what, seconds);
    return left;
}

/* DefaultTimeout, or what the owner wants for this connection. */
static unsigned stall_of(const struct hy_ssh_conn *c)
{
    int64_t own = c->control->stall ? atomic_load_explicit(c->control->stall, memory_order_relaxed) : -1;

    return own < 0 ? c->limits->stall : own > UINT_MAX ? UINT_MAX : (unsigned)own;
}

/* How long the loop may sleep, and whether a bound is reached. -1: until something happens. */
static int64_t bounds(struct hy_ssh_conn *c)
{
    int64_t now = hy_ssh_now(), left = -1;

    if (c->rekey && !c->exchanging) /* the next round does it */
        return 0;
    if (c->limits->rekey_seconds && !c->exchanging) {
        left = c->keyed_at + (int64_t)c->limits->rekey_seconds * 1000 - now;
        left = left < 0 ? 0 : left; /* it may be due since it was looked at */
    }
    left = sooner(left, hy_ssh_alive(c, now));
    if (c->active != c->settled) { /* a transfer's memory isn't given back between two of its requests */
        if (now - c->active < QUIET)
            left = sooner(left, c->active + QUIET - now);
        else
            hy_ssh_channels_settle(c);
    }
    if (hy_ssh_channels_waiting(c) || c->exchanging) {
        left = bound(c, left, now, &c->progress, stall_of(c), "no progress");
    } else if (c->limits->idle && !hy_ssh_channels_working(c)) {
        left = bound(c, left, now, &c->active, c->limits->idle, "idle");
    }
    return left;
}

static void serve(struct hy_ssh_conn *c)
{
    while (!c->dead) {
        bool busy = hy_ssh_channels_pump(c);
        int64_t left;

        if (c->dead)
            break;
        if (!c->draining && atomic_load_explicit(c->control->drain, memory_order_relaxed))
            c->draining = true;
        if (c->draining && hy_ssh_channels_drained(c)) {
            hy_ssh_end(c, HY_SSH_ENDED, "the server is shutting down");
            break;
        }
        hy_ssh_exchange_tell(c);
        hy_ssh_exchange_begin(c);
        left = busy ? 0 : bounds(c);
        if (!c->dead)
            hy_ssh_wait(c, left && hy_ssh_channels_ready(c) ? 0 : left);
    }
}

/* Sends what libssh still holds, for a moment: the goodbye should not lose the last answer. */
static void flush(struct hy_ssh_conn *c)
{
    int64_t end = hy_ssh_now() + TICK;

    while ((ssh_get_status(c->session) & SSH_WRITE_PENDING) && !(ssh_get_status(c->session) & SSH_CLOSED_ERROR)) {
        int64_t left = end - hy_ssh_now();

        if (left <= 0 || ssh_event_dopoll(c->event, (int)left) == SSH_ERROR)
            break;
    }
}

static void end(struct hy_ssh_conn *c)
{
    hy_ssh_channels_end(c);
    flush(c);
    unwatch(c);
    if (c->nudging)
        (void)ssh_event_remove_fd(c->event, c->control->nudge);
    ssh_disconnect(c->session);
    (void)ssh_event_remove_session(c->event, c->session);
}

static struct hy_ssh_deadline within(unsigned seconds)
{
    return (struct hy_ssh_deadline){hy_ssh_now() + (int64_t)seconds * 1000, seconds};
}

enum hy_ssh_end hy_ssh_run(struct hy_ssh_server *server, int fd, uint64_t conn, const struct hy_ssh_handler *handler,
                           const struct hy_ssh_limits *limits, const struct hy_ssh_control *control, struct hy_err *why)
{
    struct hy_ssh_conn c = {
        .server = server, .id = conn, .handler = handler, .limits = limits, .control = control, .why = why};
    struct hy_ssh_deadline entry = within(limits->login_grace), keys = entry;
    int flags = fcntl(fd, F_GETFL), level;

    if (limits->handshake && limits->handshake < limits->login_grace)
        keys = within(limits->handshake);
    (void)ssh_set_log_level(SSH_LOG_NOLOG);
    c.session = ssh_new();
    c.event = ssh_event_new();
    if (!c.session || !c.event || flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
        hy_ssh_end(&c, HY_SSH_SHORT, "out of memory or descriptors");
        (void)close(fd);
    } else if (hy_ssh_accept(server, c.session, fd, limits, why)) {
        c.dead = true;
        c.end = HY_SSH_SHORT;
        if (ssh_get_fd(c.session) != fd) /* else the session owns it already */
            (void)close(fd);
    } else {
        hy_ssh_meter_begin(&c);
        hy_ssh_auth_prepare(&c);
        hy_ssh_watch_version(&c);
        if (exchange(&c, keys) && hy_ssh_authenticate(&c, entry)) {
            const char *version = ssh_get_clientbanner(c.session);

            c.progress = c.active = c.alive_at = hy_ssh_now();
            if (control->facts)
                atomic_store_explicit(&control->facts->active, c.active, memory_order_relaxed);
            level = hy_ssh_step_out();
            handler->entered(handler->ctx, version ? version : "");
            hy_ssh_step_in(&c, level);
            hy_ssh_channels_begin(&c);
            serve(&c);
        }
        end(&c);
    }
    if (c.event)
        ssh_event_free(c.event);
    if (c.session)
        ssh_free(c.session);
    ssh_set_log_userdata(NULL);
    return c.end;
}
