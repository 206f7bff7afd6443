#include "core/base/thread.h"
#include "core/event/files.h"
#include "core/server/telling.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct hy_server *hy_server_new(const struct hy_config *config, const struct hy_log *log, struct hy_err *err)
{
    struct hy_server *server = calloc(1, sizeof *server);
    pthread_condattr_t attr;

    if (!server) {
        hy_err_set(err, "out of memory");
        return NULL;
    }
    server->config = config;
    server->log = log;
    server->control = (struct hy_ssh_control){.wake = -1, .drain = &server->drain, .cut = &server->cut};
    (void)pthread_mutex_init(&server->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&server->ended, &attr);
    (void)pthread_condattr_destroy(&attr);
    return server;
}

void hy_server_set_around(struct hy_server *server, const struct hy_server_around *around)
{
    server->around = *around;
}

void hy_server_set_events(struct hy_server *server, struct hy_events *events)
{
    server->events = events;
}

void hy_server_set_plugins(struct hy_server *server, const struct hythe_plugin *const *named)
{
    server->named = named;
}

void hy_server_set_last(struct hy_server *server, uint64_t id)
{
    server->next_id = id;
}

uint64_t hy_server_last(struct hy_server *server)
{
    uint64_t id;

    (void)pthread_mutex_lock(&server->lock);
    id = server->next_id;
    (void)pthread_mutex_unlock(&server->lock);
    return id;
}

void hy_server_set_assist(struct hy_server *server, const struct hy_assist *assist)
{
    server->assist = assist;
}

int hy_server_bind(struct hy_server *server, struct hy_err *err)
{
    struct hy_place place;

    server->ssh = hy_ssh_server_new(err);
    if (!server->ssh || hy_server_read_keys(server->config, NULL, server->ssh, server->log, &place, err)) {
        hy_tell_error(server, err);
        return -1;
    }
    server->control.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->control.wake < 0)
        return hy_err_set(err, "eventfd: %s", strerror(errno));
    return hy_server_listen(server, server->config, err);
}

int hy_server_start_acceptor(struct hy_server *server, struct hy_err *err)
{
    int rc;

    if (hy_watchdog_start(server->dog))
        return hy_err_set(err, "can't start a thread");
    atomic_store(&server->closing, false);
    (void)pthread_mutex_lock(&server->lock);
    server->accepted = false;
    rc = hy_thread_start(&server->acceptor, hy_server_accept, server);
    server->accepting = rc == 0;
    (void)pthread_mutex_unlock(&server->lock);
    return rc ? hy_err_set(err, "can't start a thread: %s", strerror(rc)) : 0;
}

/* The first one: afterwards plugins have all the help that they will get. */
static int start_generation(struct hy_server *server, struct hy_err *err)
{
    struct hy_plugin_means means = {
        .budget = server->budget, .assist = server->assist, .key_line_ok = hy_public_key_ok, .named = server->named};

    if (server->events) {
        hy_events_allow_unmapped(server->events, server->config->unmapped_operations);
        means.outermost = hy_events_layer(server->events);
        means.ground = hy_events_store(server->events);
    }
    server->current = hy_generation_new(server->config, NULL, server->ssh, &means, server->log, err);
    if (!server->current)
        hy_tell_error(server, err);
    if (server->assist && server->assist->settle)
        server->assist->settle(server->assist->ctx);
    server->generation = 1;
    (void)clock_gettime(CLOCK_REALTIME, &server->began);
    return server->current ? 0 : -1;
}

int hy_server_start(struct hy_server *server, struct hy_err *err)
{
    server->names = hy_names_new();
    server->longs = hy_longs_new();
    server->pool = hy_pool_new((unsigned)server->config->slow_calls);
    server->budget = hy_budget_new((size_t)server->config->plugin_memory);
    server->locks = hy_locks_new();
    server->dog = hy_watchdog_new(server->log);
    server->peers = hy_peers_new();
    if (!server->names || !server->longs || !server->pool || !server->budget || !server->locks || !server->dog ||
        !server->peers)
        return hy_err_set(err, "out of memory");
    return start_generation(server, err) ? -1 : hy_server_start_acceptor(server, err);
}

/* With the lock: the thread of an acceptor that has ended is taken out, to be joined. */
static bool take_acceptor(struct hy_server *server, pthread_t *thread)
{
    if (!server->accepting || !server->accepted)
        return false;
    server->accepting = false;
    *thread = server->acceptor;
    return true;
}

static struct timespec in(unsigned ms)
{
    struct timespec end;

    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += (time_t)(ms / 1000);
    end.tv_nsec += (long)(ms % 1000) * 1000000;
    if (end.tv_nsec >= 1000000000) {
        end.tv_nsec -= 1000000000;
        end.tv_sec++;
    }
    return end;
}

/* Waits until the acceptor is gone or, `all`, every connection too, and nothing of their threads runs any more; nor
 * what watched them, which may be in a handler as well. */
static bool gone(struct hy_server *server, bool all, unsigned ms)
{
    struct timespec end = in(ms);
    struct hy_leaving left;
    pthread_t acceptor;
    bool ended, join;

    (void)pthread_mutex_lock(&server->lock);
    while (((all && server->sessions) || (server->accepting && !server->accepted)) &&
           pthread_cond_timedwait(&server->ended, &server->lock, &end) == 0)
        ;
    join = take_acceptor(server, &acceptor);
    ended = !(all && server->sessions) && !server->accepting;
    left = server->left;
    server->left.any = false;
    (void)pthread_mutex_unlock(&server->lock);
    if (join)
        (void)pthread_join(acceptor, NULL);
    hy_thread_rest(left);
    return ended && (!all || !server->dog || hy_watchdog_stop(server->dog, &end));
}

bool hy_server_ended(struct hy_server *server, unsigned ms)
{
    return gone(server, true, ms);
}

bool hy_server_closed(struct hy_server *server, unsigned ms)
{
    return gone(server, false, ms);
}

static void wake(struct hy_server *server)
{
    const uint64_t one = 1;

    if (server->control.wake >= 0 && write(server->control.wake, &one, sizeof one) < 0)
        hy_log(server->log, HY_LOG_ERROR, 0, "eventfd: %s", strerror(errno));
}

void hy_server_end(struct hy_server *server, bool now)
{
    bool accepting;

    atomic_store(&server->drain, true);
    if (now)
        atomic_store(&server->cut, true);
    wake(server);
    (void)pthread_mutex_lock(&server->lock);
    accepting = server->accepting;
    (void)pthread_mutex_unlock(&server->lock);
    if (!accepting) /* else the acceptor does it */
        hy_server_close_listeners(server);
}

void hy_server_tell_stuck(struct hy_server *server)
{
    unsigned count = hy_server_connections(server);

    if (server->dog)
        hy_watchdog_report(server->dog);
    if (count)
        hy_log(server->log, HY_LOG_ERROR, 0, "%u connections are stuck in a call and are left behind", count);
}

void hy_server_stop(struct hy_server *server, unsigned seconds)
{
    hy_server_end(server, !seconds);
    if (hy_server_ended(server, seconds * 1000))
        return;
    hy_server_end(server, true);
    if (!hy_server_ended(server, HY_SERVER_LAST_WAIT * 1000))
        hy_server_tell_stuck(server);
}

uint16_t hy_server_port(const struct hy_server *server)
{
    return server->listener_count ? server->listeners[0].port : 0;
}

bool hy_server_listener(const struct hy_server *server, size_t i, struct hy_addr *addr, uint16_t *port)
{
    if (i >= server->listener_count)
        return false;
    *addr = server->listeners[i].addr;
    *port = server->listeners[i].port;
    return true;
}

unsigned hy_server_connections(const struct hy_server *server)
{
    struct hy_server *s = (struct hy_server *)(uintptr_t)server; /* the lock isn't part of the value */
    unsigned n;

    (void)pthread_mutex_lock(&s->lock);
    n = s->sessions;
    (void)pthread_mutex_unlock(&s->lock);
    return n;
}

void hy_server_at_fault(struct hy_server *server, uint64_t *conn, char *what, size_t size)
{
    bool busy = false;
    const struct hy_watch *w = server->dog ? hy_watchdog_last(server->dog, &busy) : NULL;

    *what = '\0';
    *conn = w ? w->conn : 0;
    if (busy)
        w->describe(w->ctx, what, size);
}

void hy_server_free(struct hy_server *server)
{
    if (!server)
        return;
    hy_server_stop(server, 0);
    if (!hy_server_ended(server, 0))
        return; /* threads that are left still use all of it */
    hy_generation_unref(server->current);
    hy_pool_free(server->pool);
    hy_watchdog_free(server->dog);
    hy_locks_free(server->locks);
    hy_budget_free(server->budget);
    hy_names_free(server->names);
    hy_longs_free(server->longs);
    hy_peers_free(server->peers);
    hy_ssh_server_unref(server->ssh);
    if (server->control.wake >= 0)
        (void)close(server->control.wake);
    free(server->listeners);
    (void)pthread_cond_destroy(&server->ended);
    (void)pthread_mutex_destroy(&server->lock);
    free(server);
}
