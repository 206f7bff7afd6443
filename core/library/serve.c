/* Starting and ending. What makes or changes the core has the turn; what waits for it to end is counted, and runs the
 * events that its connections fire before they go. */
#include "core/library/internal.h"
#include "core/library/program.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>

enum { TURN_MS = 5 }; /* between looks at queued events and at whether the connections are gone */

/* ---- Turns ---- */

/* Who has a turn and waits for another may be waited for by whoever has that: handlers of two servers, each of which
 * changes the other. */
int hythe_take_turn(struct hythe_server *server)
{
    if (server->turn && pthread_equal(server->whose, pthread_self()))
        return hythe_fail_locked(server, -EDEADLK,
                                 "a call is under way on this thread, which makes or changes the server");
    if (server->turn && hy_events_engaged())
        return hythe_fail_locked(server, -EDEADLK,
                                 "another thread makes or changes the server, while this one does so with another");
    while (server->turn)
        (void)pthread_cond_wait(&server->calm, &server->lock);
    server->turn = true;
    server->whose = pthread_self();
    hy_events_engage(server->events, true);
    return 0;
}

void hythe_end_turn(struct hythe_server *server)
{
    hy_events_engage(server->events, false);
    server->turn = false;
    (void)pthread_cond_broadcast(&server->calm);
}

/* ---- Waiting for the end ---- */

typedef bool is_over(struct hy_server *core, unsigned ms);

/* Without the lock: waits until it is over, at most so long. */
static bool wait_until(struct hythe_server *server, is_over *over, unsigned seconds)
{
    unsigned left = seconds * 1000;

    if (!hy_events_queued(server->events))
        return over(server->core, left);
    for (;;) {
        (void)hy_events_do(server->events, 0);
        if (over(server->core, TURN_MS))
            return true;
        if (left < TURN_MS)
            return false;
        left -= TURN_MS;
    }
}

static int wait_for_end(struct hythe_server *server)
{
    unsigned seconds;

    (void)pthread_mutex_lock(&server->lock);
    seconds = (unsigned)server->view->shutdown_timeout;
    (void)pthread_mutex_unlock(&server->lock);
    if (wait_until(server, hy_server_ended, seconds))
        return 0;
    hy_server_end(server->core, true);
    if (wait_until(server, hy_server_ended, HY_SERVER_LAST_WAIT))
        return 0;
    hy_server_tell_stuck(server->core);
    return hythe_fail(server, -ETIMEDOUT, "connections are stuck in a handler or a plugin and are left behind");
}

static int wait_for_close(struct hythe_server *server)
{
    if (wait_until(server, hy_server_closed, HY_SERVER_LAST_WAIT))
        return 0;
    return hythe_fail(server, -ETIMEDOUT, "a handler of ConnectionRequest doesn't return");
}

/* With the lock, which is given back meanwhile: the core stays as long as somebody waits for it. */
static int wait_with(struct hythe_server *server, int (*wait)(struct hythe_server *server))
{
    int rc;

    server->waiting++;
    (void)pthread_mutex_unlock(&server->lock);
    rc = wait(server);
    (void)pthread_mutex_lock(&server->lock);
    server->waiting--;
    (void)pthread_cond_broadcast(&server->calm);
    return rc;
}

bool hythe_is_idle(struct hythe_server *server)
{
    if ((server->state == HYTHE_CLOSED || server->state == HYTHE_ENDING) && hy_server_ended(server->core, 0))
        server->state = HYTHE_IDLE;
    return server->state == HYTHE_IDLE;
}

/* With the lock: what was told to end or to close has done so. */
static int finish(struct hythe_server *server)
{
    int rc = 0;

    while (!rc && server->state == HYTHE_ENDING) {
        rc = wait_with(server, wait_for_end);
        if (!rc && server->state == HYTHE_ENDING)
            server->state = HYTHE_IDLE;
    }
    if (!rc && server->state == HYTHE_CLOSED && !hythe_is_idle(server))
        rc = wait_with(server, wait_for_close);
    return rc;
}

/* With the lock: the turn, to do away with a core that is over. Who waits for its end may be in a handler that wants
 * the turn, too. */
static int take_turn_alone(struct hythe_server *server)
{
    while (server->state == HYTHE_IDLE && server->waiting)
        (void)pthread_cond_wait(&server->calm, &server->lock);
    return hythe_take_turn(server);
}

/* ---- Making ---- */

static int make(struct hythe_server *server, struct hy_config *config, struct hy_server **core)
{
    struct hy_err err = {0};

    *core = hy_server_new(config, &server->log, &err);
    if (*core) {
        hy_server_set_events(*core, server->events);
        hy_server_set_plugins(*core, server->plugins);
        if (server->program) {
            hy_server_set_assist(*core, server->program->assist);
            hy_server_set_around(*core, server->program->around);
        }
        if (hy_server_bind(*core, &err) == 0)
            return 0;
        hy_server_free(*core);
    }
    return hythe_fail_err(server, &err);
}

/* With the lock, which is given back for a while, and with the turn: nothing runs, and nothing is left of what did. */
static void drop(struct hythe_server *server)
{
    struct hy_server *core;
    struct hy_config *config;

    while (server->waiting)
        (void)pthread_cond_wait(&server->calm, &server->lock);
    core = server->core;
    config = server->config;
    if (core)
        server->last = hy_server_last(core);
    server->core = NULL;
    server->config = NULL;
    (void)pthread_mutex_unlock(&server->lock);
    hy_server_free(core);
    hy_config_free(config);
    (void)pthread_mutex_lock(&server->lock);
}

void hythe_tidy(struct hythe_server *server)
{
    if (server->core && !server->waiting)
        drop(server);
}

/* With the lock and the turn. */
static int bind_new(struct hythe_server *server)
{
    struct hy_problems problems = {0};
    struct hy_config *config = hythe_read(server, server->store, false, &problems);
    struct hy_server *core = NULL;
    int rc;

    drop(server);
    server->state = HYTHE_STARTING;
    (void)pthread_mutex_unlock(&server->lock);
    if (config) {
        atomic_store(&server->log.level, (enum hy_log_level)config->LogLevel);
        hy_events_queue(server->events, !config->ProcessIdleEvents && !server->program);
    }
    rc = config ? make(server, config, &core) : hythe_fail_problems(server, &problems);
    hy_problems_free(&problems);
    (void)pthread_mutex_lock(&server->lock);
    server->state = rc ? HYTHE_IDLE : HYTHE_BOUND;
    if (rc) {
        hy_config_free(config);
        return rc;
    }
    hy_server_set_last(core, server->last);
    server->core = core;
    server->config = config;
    return 0;
}

/* With the lock and the turn. */
static int start_bound(struct hythe_server *server)
{
    struct hy_err err = {0};
    int rc = 0;

    server->state = HYTHE_STARTING;
    (void)pthread_mutex_unlock(&server->lock);
    if (hy_server_start(server->core, &err))
        rc = hythe_fail_err(server, &err);
    (void)pthread_mutex_lock(&server->lock);
    if (rc)
        drop(server);
    server->state = rc ? HYTHE_IDLE : HYTHE_LISTENING;
    return rc;
}

typedef int succeed(struct hy_server *core, struct hy_config *config, struct hy_problems *problems);

/* The core has taken the config, which may be NULL, or it is freed and the problems are noted. */
static int go_on_with(struct hythe_server *server, struct hy_config *config, succeed *next,
                      struct hy_problems *problems)
{
    enum hy_log_level level = config ? (enum hy_log_level)config->LogLevel : HY_LOG_ERROR;
    int rc;

    if (config && next(server->core, config, problems) == 0) {
        atomic_store(&server->log.level, level); /* the config is the core's now */
        return 0;
    }
    rc = hythe_fail_problems(server, problems);
    hy_config_free(config);
    return rc;
}

/* With the lock and the turn: connections go on. */
static int reopen(struct hythe_server *server)
{
    struct hy_problems problems = {0};
    struct hy_config *config = hythe_read(server, server->store, false, &problems);
    int rc = 0;

    server->state = HYTHE_STARTING;
    (void)pthread_mutex_unlock(&server->lock);
    rc = go_on_with(server, config, hy_server_reopen, &problems);
    hy_problems_free(&problems);
    (void)pthread_mutex_lock(&server->lock);
    server->state = rc ? HYTHE_CLOSED : HYTHE_LISTENING;
    return rc;
}

/* With the lock and the turn. */
static int advance(struct hythe_server *server, bool serve)
{
    int rc = 0;

    server->orders = HYTHE_GO_ON;
    if (server->state == HYTHE_LISTENING || (!serve && server->state != HYTHE_IDLE))
        return hythe_fail_locked(server, HY_ERROR_LISTENING, "%s", hy_error_text(HY_ERROR_LISTENING));
    if (server->state == HYTHE_CLOSED)
        return reopen(server);
    if (server->state == HYTHE_IDLE)
        rc = bind_new(server);
    if (!rc && serve)
        rc = start_bound(server);
    return rc;
}

static void tell_to_end(struct hythe_server *server)
{
    hy_server_end(server->core, false);
    server->state = HYTHE_ENDING;
}

static void close_ports(struct hythe_server *server)
{
    if (server->state == HYTHE_LISTENING) {
        hy_server_close(server->core);
        server->state = HYTHE_CLOSED;
    } else if (server->state == HYTHE_BOUND) {
        tell_to_end(server);
    } else if (server->state == HYTHE_STARTING && server->orders == HYTHE_GO_ON) {
        server->orders = HYTHE_CLOSE;
    }
}

/* With the lock: the turn, and a state from which it can start. */
static int begin(struct hythe_server *server)
{
    int rc;

    for (;;) {
        rc = finish(server);
        if (!rc)
            rc = take_turn_alone(server);
        if (rc ||
            (server->state != HYTHE_ENDING && (server->state != HYTHE_CLOSED || hy_server_closed(server->core, 0))))
            return rc;
        hythe_end_turn(server);
    }
}

static int start(struct hythe_server *server, bool serve)
{
    int rc;

    (void)pthread_mutex_lock(&server->lock);
    rc = begin(server);
    if (!rc) {
        rc = advance(server, serve);
        if (!rc && server->orders != HYTHE_GO_ON) {
            (server->orders == HYTHE_CLOSE ? close_ports : tell_to_end)(server);
            rc = hythe_fail_locked(server, -ECANCELED, "the server was told to %s before it had started",
                                   server->orders == HYTHE_CLOSE ? "stop listening" : "end");
        }
        hythe_end_turn(server);
    }
    (void)pthread_mutex_unlock(&server->lock);
    return rc;
}

static int start_outside(struct hythe_server *server, bool serve, const char *what)
{
    struct hy_stay stay;
    int rc;

    if (hy_events_inside(server->events, NULL))
        return hythe_fail(server, -EDEADLK, "%s can't be called by a handler", what);
    hy_events_enter(server->events, &stay);
    rc = start(server, serve);
    hy_events_leave(&stay);
    return rc;
}

int hythe_server_bind(struct hythe_server *server)
{
    return start_outside(server, false, "hythe_server_bind");
}

int hythe_StartListening(struct hythe_server *server)
{
    return start_outside(server, true, "StartListening");
}

/* With the lock, which is given back for a while, and with the turn. */
int hythe_reload(struct hythe_server *server, const struct hy_store *store, struct hy_problems *problems)
{
    struct hy_config *config = hythe_read(server, store, false, problems);
    int rc;

    (void)pthread_mutex_unlock(&server->lock);
    rc = go_on_with(server, config, hy_server_reload, problems);
    (void)pthread_mutex_lock(&server->lock);
    return rc;
}

/* ---- Ending ---- */

int hythe_StopListening(struct hythe_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    close_ports(server);
    (void)pthread_mutex_unlock(&server->lock);
    return 0;
}

/* With the lock, outside of handlers: waits, and lets nothing be left. */
static int end(struct hythe_server *server)
{
    int rc = finish(server);

    if (rc || server->state != HYTHE_IDLE || !server->core || take_turn_alone(server))
        return rc;
    if (server->state == HYTHE_IDLE)
        drop(server);
    hythe_end_turn(server);
    return 0;
}

static bool starts_elsewhere(const struct hythe_server *server)
{
    return server->state == HYTHE_STARTING && !pthread_equal(server->whose, pthread_self());
}

int hythe_Shutdown(struct hythe_server *server)
{
    bool inside = hy_events_inside(server->events, NULL);
    struct hy_stay stay;
    int rc = 0;

    hy_events_enter(server->events, &stay);
    (void)pthread_mutex_lock(&server->lock);
    if (server->state == HYTHE_STARTING)
        server->orders = HYTHE_END;
    while (!inside && starts_elsewhere(server))
        (void)pthread_cond_wait(&server->calm, &server->lock);
    if (server->state == HYTHE_LISTENING || server->state == HYTHE_CLOSED || server->state == HYTHE_BOUND)
        tell_to_end(server);
    if (!inside)
        rc = end(server);
    (void)pthread_mutex_unlock(&server->lock);
    hy_events_leave(&stay);
    return rc;
}

unsigned hythe_server_port(struct hythe_server *server)
{
    unsigned port;

    (void)pthread_mutex_lock(&server->lock);
    port = server->state == HYTHE_LISTENING || server->state == HYTHE_BOUND ? hy_server_port(server->core) : 0;
    (void)pthread_mutex_unlock(&server->lock);
    return port;
}

/* ---- Events ---- */

/* Handlers run by themselves: it only takes its time. */
static void wait_a_moment(struct hythe_server *server, unsigned ms)
{
    struct hy_server *core = !hythe_is_idle(server) && server->state >= HYTHE_LISTENING ? server->core : NULL;

    server->waiting += core != NULL;
    (void)pthread_mutex_unlock(&server->lock);
    if (core)
        (void)hy_server_ended(core, ms);
    else
        (void)poll(NULL, 0, (int)ms);
    (void)pthread_mutex_lock(&server->lock);
    server->waiting -= core != NULL;
    (void)pthread_cond_broadcast(&server->calm);
}

int hythe_DoEvents(struct hythe_server *server)
{
    unsigned ms;
    bool queued;

    if (hy_events_inside(server->events, NULL))
        return hythe_fail(server, -EDEADLK, "DoEvents can't be called by a handler");
    (void)pthread_mutex_lock(&server->lock);
    ms = (unsigned)server->view->SelectWaitMillis;
    queued = server->config && hy_events_queued(server->events);
    if (!queued)
        wait_a_moment(server, ms);
    (void)pthread_mutex_unlock(&server->lock);
    return queued ? hy_events_do(server->events, ms) : 0;
}

int hythe_server_fd(struct hythe_server *server)
{
    return hy_events_fd(server->events);
}
