/* Starting, stopping, running events. */
#include "core/library/internal.h"

#include <errno.h>
#include <stdatomic.h>

enum { TURN_MS = 5 }; /* between looks at queued events and at whether the connections are gone */

/* ---- Starting ---- */

/* The server that the settings make, or NULL with its reason noted. */
static struct hy_server *build(struct hythe_server *server, const struct hy_config *config)
{
    struct hy_err err = {0};
    struct hy_server *core = hy_server_new(config, &server->log, &err);

    if (core)
        hy_server_set_events(core, server->events);
    if (core && hy_server_bind(core, &err) == 0 && hy_server_start(core, &err) == 0)
        return core;
    hy_server_free(core);
    (void)hythe_fail(server, -EINVAL, "%s", err.text);
    return NULL;
}

/* Takes the turn to start: 0 with the settings, which nobody may change meanwhile. */
static int begin(struct hythe_server *server, struct hy_config **config)
{
    struct hy_problems problems = {0};
    int rc = 0;

    (void)pthread_mutex_lock(&server->lock);
    if (server->state != HYTHE_IDLE)
        rc = hythe_fail_locked(server, HY_ERROR_LISTENING, "%s", hy_error_text(HY_ERROR_LISTENING));
    else
        *config = hythe_read(server, server->store, false, &problems);
    if (!rc && *config)
        server->state = HYTHE_STARTING;
    (void)pthread_mutex_unlock(&server->lock);
    if (!rc && !*config)
        rc = hythe_fail_problems(server, -EINVAL, &problems);
    hy_problems_free(&problems);
    return rc;
}

static int start(struct hythe_server *server)
{
    struct hy_config *config = NULL, *old;
    struct hy_server *core, *before;
    int rc = begin(server, &config);

    if (rc)
        return rc;
    atomic_store(&server->log.level, (enum hy_log_level)config->LogLevel);
    hy_events_queue(server->events, !config->ProcessIdleEvents);
    core = build(server, config);
    (void)pthread_mutex_lock(&server->lock);
    before = server->core;
    old = server->config;
    if (core) {
        server->core = core;
        server->config = config;
    }
    server->state = core ? HYTHE_LISTENING : HYTHE_IDLE;
    (void)pthread_mutex_unlock(&server->lock);
    if (!core) {
        hy_config_free(config);
        return -EINVAL;
    }
    hy_server_free(before);
    hy_config_free(old);
    return 0;
}

int hythe_StartListening(struct hythe_server *server)
{
    struct hy_stay stay;
    int rc;

    if (hy_events_inside(server->events, NULL))
        return hythe_fail(server, -EDEADLK, "StartListening can't be called by a handler");
    hy_events_enter(server->events, &stay);
    rc = start(server);
    hy_events_leave(&stay);
    return rc;
}

/* ---- Ending ---- */

/* Waits until nothing is left, at most so long, and runs what the connections want to tell before they go. */
static bool wait_for_end(struct hythe_server *server, unsigned seconds)
{
    bool queued = !server->config->ProcessIdleEvents;

    if (!queued)
        return hy_server_ended(server->core, seconds * 1000);
    for (unsigned left = seconds * 1000;; left -= TURN_MS) {
        (void)hy_events_do(server->events, 0);
        if (hy_server_ended(server->core, TURN_MS))
            return true;
        if (left < TURN_MS)
            return false;
    }
}

static int end(struct hythe_server *server)
{
    if (wait_for_end(server, (unsigned)server->config->shutdown_timeout))
        return 0;
    hy_server_end(server->core, true);
    if (wait_for_end(server, HY_SERVER_LAST_WAIT))
        return 0;
    hy_server_tell_stuck(server->core);
    return hythe_fail(server, -ETIMEDOUT, "connections are stuck in a handler or a plugin and are left behind");
}

int hythe_Shutdown(struct hythe_server *server)
{
    struct hy_stay stay;
    int rc = 0;

    (void)pthread_mutex_lock(&server->lock);
    if (server->state == HYTHE_LISTENING)
        server->state = HYTHE_ENDING;
    if (server->state == HYTHE_ENDING)
        hy_server_end(server->core, false);
    else
        rc = 1;
    (void)pthread_mutex_unlock(&server->lock);
    if (rc || hy_events_inside(server->events, NULL))
        return 0;
    hy_events_enter(server->events, &stay);
    rc = end(server);
    hy_events_leave(&stay);
    (void)pthread_mutex_lock(&server->lock);
    if (!rc)
        server->state = HYTHE_IDLE;
    (void)pthread_mutex_unlock(&server->lock);
    return rc;
}

unsigned hythe_server_port(struct hythe_server *server)
{
    unsigned port;

    (void)pthread_mutex_lock(&server->lock);
    port = server->state == HYTHE_LISTENING ? hy_server_port(server->core) : 0;
    (void)pthread_mutex_unlock(&server->lock);
    return port;
}

/* ---- Events ---- */

int hythe_DoEvents(struct hythe_server *server)
{
    unsigned ms;

    if (hy_events_inside(server->events, NULL))
        return hythe_fail(server, -EDEADLK, "DoEvents can't be called by a handler");
    (void)pthread_mutex_lock(&server->lock);
    ms = (unsigned)server->view->SelectWaitMillis;
    (void)pthread_mutex_unlock(&server->lock);
    return hy_events_do(server->events, ms);
}

int hythe_server_fd(struct hythe_server *server)
{
    return hy_events_fd(server->events);
}
