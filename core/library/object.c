#include "core/library/internal.h"
#include "core/auth/auth.h"
#include "core/event/report.h"
#include "core/server/algorithms.h"
#include "core/sftp/sftp.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *hythe_version(void)
{
    return HYTHE_VERSION;
}

const char *hythe_error_text(int number)
{
    const char *text = number > 0 ? hy_error_text(number) : NULL;

    if (number == 0)
        return "OK";
    return text ? text : hy_err_reason(number);
}

/* ---- Errors ---- */

static int fail(struct hythe_server *server, int number, const char *fmt, va_list ap)
{
    (void)vsnprintf(server->error.text, sizeof server->error.text, fmt, ap);
    return number;
}

int hythe_fail_locked(struct hythe_server *server, int number, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)fail(server, number, fmt, ap);
    va_end(ap);
    return number;
}

int hythe_fail(struct hythe_server *server, int number, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)pthread_mutex_lock(&server->lock);
    (void)fail(server, number, fmt, ap);
    (void)pthread_mutex_unlock(&server->lock);
    va_end(ap);
    return number;
}

int hythe_fail_problems(struct hythe_server *server, int number, const struct hy_problems *problems)
{
    size_t at = 0, size = sizeof server->error.text;
    char text[sizeof server->error.text] = "out of memory";

    for (size_t i = 0; i < problems->count && at < size; i++) {
        const struct hy_problem *p = &problems->items[i];
        int n = p->place.file[0] && p->place.line ? snprintf(text + at, size - at, "%s%s:%u: %s", i ? "; " : "",
                                                             p->place.file, p->place.line, p->text)
                                                  : snprintf(text + at, size - at, "%s%s", i ? "; " : "", p->text);

        at += n > 0 ? (size_t)n : 0;
    }
    return hythe_fail(server, number, "%s", text);
}

void hythe_server_error(struct hythe_server *server, char *text, size_t size)
{
    (void)pthread_mutex_lock(&server->lock);
    if (size)
        (void)snprintf(text, size, "%s", server->error.text);
    (void)pthread_mutex_unlock(&server->lock);
}

/* ---- Life ---- */

struct hy_config_rules hythe_rules(struct hythe_server *server, bool partial)
{
    (void)server;
    return (struct hy_config_rules){.public_key_ok = hy_public_key_ok,
                                    .password_hash_ok = hy_password_hash_ok,
                                    .extension_ok = hy_sftp_extension_ok,
                                    .algorithm_ok = hy_server_algorithm_ok,
                                    .partial = partial};
}

struct hy_config *hythe_read(struct hythe_server *server, const struct hy_store *store, bool partial,
                             struct hy_problems *problems)
{
    const struct hy_config_rules rules = hythe_rules(server, partial);
    struct hy_config *config = hy_store_read(store, &rules, problems);

    if (config)
        config->Listening = true; /* whether it does is said by StartListening() */
    return config;
}

struct hythe_server *hythe_server_new(void)
{
    struct hythe_server *server = calloc(1, sizeof *server);
    struct hy_problems problems = {0};

    if (!server)
        return NULL;
    (void)pthread_mutex_init(&server->lock, NULL);
    server->events = hy_events_new(server);
    server->store = hy_store_new();
    server->view = server->store ? hythe_read(server, server->store, true, &problems) : NULL;
    hy_problems_free(&problems);
    if (server->events && server->view)
        return server;
    hythe_server_free(server);
    return NULL;
}

void hythe_server_free(struct hythe_server *server)
{
    if (!server)
        return;
    if (server->core && hythe_Shutdown(server))
        return; /* a connection that is stuck uses all of it */
    hy_server_free(server->core);
    hy_config_free(server->config);
    hy_config_free(server->view);
    hy_store_free(server->store);
    hy_events_free(server->events);
    (void)pthread_mutex_destroy(&server->lock);
    free(server);
}

/* Lines that nobody wants aren't made. */
static void hear(struct hythe_server *server)
{
    server->log.ctx = server->events;
    server->log.sink = hy_events_has(server->events, HY_EVENT_Log) ? hy_events_log : NULL;
    server->log.error = hy_events_has(server->events, HY_EVENT_Error) ? hy_events_error : NULL;
}

int hythe_server_handle(struct hythe_server *server, const struct hythe_events *events, void *ctx)
{
    int rc = 0;

    if (hy_events_inside(server->events, NULL))
        return hythe_fail(server, -EDEADLK, "handlers can't be changed by a handler");
    (void)pthread_mutex_lock(&server->lock);
    if (server->state == HYTHE_IDLE) {
        hy_events_set(server->events, events, ctx);
        hear(server);
    } else
        rc =
            hythe_fail_locked(server, HY_ERROR_LISTENING, "handlers can't change while the server listens: Shutdown()");
    (void)pthread_mutex_unlock(&server->lock);
    return rc;
}
