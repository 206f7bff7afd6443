#include "core/library/internal.h"
#include "core/auth/auth.h"
#include "core/event/report.h"
#include "core/plugin/plugin.h"
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

int hythe_fail_null(struct hythe_server *server, const char *call)
{
    return hythe_fail(server, -EINVAL, "%s: an argument is NULL", call);
}

static const char *place_said(struct hy_place place, char out[HY_PLACE_TEXT])
{
    if (place.line || !place.file || !place.file[0])
        return place.line ? hy_place_said(place, out) : "";
    (void)snprintf(out, HY_PLACE_TEXT, "%s: ", place.file); /* of all of it */
    return out;
}

int hythe_fail_problems(struct hythe_server *server, const struct hy_problems *problems)
{
    int found = 0;
    size_t at = 0, size = sizeof server->error.text;
    char text[sizeof server->error.text] = "out of memory", where[HY_PLACE_TEXT];

    for (size_t i = 0; i < problems->count && at < size; i++) {
        const struct hy_problem *p = &problems->items[i];
        int n = snprintf(text + at, size - at, "%s%s%s", i ? "; " : "", place_said(p->place, where), p->text);

        at += n > 0 ? (size_t)n : 0;
        found = found ? found : p->number;
    }
    return hythe_fail(server, found ? found : problems->count ? -EINVAL : -ENOMEM, "%s", text);
}

int hythe_fail_err(struct hythe_server *server, const struct hy_err *err)
{
    int number = err->number ? (int)err->number : -err->system;

    return hythe_fail(server, number ? number : -EINVAL, "%s", err->text);
}

void hythe_server_error(struct hythe_server *server, char *text, size_t size)
{
    (void)pthread_mutex_lock(&server->lock);
    if (size)
        (void)snprintf(text, size, "%s", server->error.text);
    (void)pthread_mutex_unlock(&server->lock);
}

/* ---- Life ---- */

static bool has_any(const struct hy_events *events, const enum hy_event *which, size_t count)
{
    bool any = false;

    for (size_t i = 0; i < count; i++)
        any |= hy_events_has(events, which[i]);
    return any;
}

static bool serves_files(const struct hy_events *events)
{
    static const enum hy_event of_files[] = {HY_EVENT_DirCreate,     HY_EVENT_DirList,     HY_EVENT_DirRemove,
                                             HY_EVENT_FileClose,     HY_EVENT_FileOpen,    HY_EVENT_FileRead,
                                             HY_EVENT_FileRemove,    HY_EVENT_FileRename,  HY_EVENT_FileWrite,
                                             HY_EVENT_GetAttributes, HY_EVENT_ResolvePath, HY_EVENT_SetAttributes};

    return has_any(events, of_files, sizeof of_files / sizeof *of_files);
}

struct hy_config_rules hythe_rules(struct hythe_server *server, bool partial)
{
    return (struct hy_config_rules){.public_key_ok = hy_public_key_ok,
                                    .password_hash_ok = hy_password_hash_ok,
                                    .extension_ok = hy_sftp_extension_ok,
                                    .algorithm_ok = hy_server_algorithm_ok,
                                    .asked_who = hy_events_has(server->events, HY_EVENT_SSHUserAuthRequest),
                                    .asked_what = serves_files(server->events),
                                    .partial = partial};
}

struct hy_config *hythe_read(struct hythe_server *server, const struct hy_store *store, bool partial,
                             struct hy_problems *problems)
{
    const struct hy_config_rules rules = hythe_rules(server, partial);
    struct hy_config *config = hy_store_read(store, &rules, problems);

    if (!config || server->program)
        return config;
    config->Listening = true; /* whether it does is said by StartListening() */
    if (partial || hythe_check_process(config, problems))
        return config;
    hy_config_free(config);
    return NULL;
}

struct hythe_server *hythe_server_new(void)
{
    struct hythe_server *server = calloc(1, sizeof *server);
    struct hy_problems problems = {0};

    if (!server)
        return NULL;
    (void)pthread_mutex_init(&server->lock, NULL);
    (void)pthread_cond_init(&server->calm, NULL);
    server->events = hy_events_new(server);
    server->store = hy_store_new();
    server->view = server->events && server->store ? hythe_read(server, server->store, true, &problems) : NULL;
    hy_problems_free(&problems);
    if (server->view)
        return server;
    hythe_server_free(server);
    return NULL;
}

/* What waits for a handler that nobody runs any more goes on without it. */
static bool can_be_freed(struct hythe_server *server)
{
    if (!server->core || hythe_Shutdown(server) == 0)
        return true;
    hy_events_close(server->events);
    return hy_server_ended(server->core, HY_SERVER_LAST_WAIT * 1000);
}

void hythe_server_free(struct hythe_server *server)
{
    if (server && hy_events_inside(server->events, NULL)) {
        (void)hythe_fail(server, -EDEADLK, "a server can't be freed by a handler of it");
        return;
    }
    if (!server || !can_be_freed(server))
        return; /* a connection that is stuck uses all of it */
    hy_server_free(server->core);
    hy_config_free(server->config);
    hy_config_free(server->view);
    hy_store_free(server->store);
    hy_events_free(server->events);
    free(server->plugins);
    (void)pthread_cond_destroy(&server->calm);
    (void)pthread_mutex_destroy(&server->lock);
    free(server);
}

/* ---- What it is made of ---- */

/* Runs change with the turn, if nothing else runs. */
static int while_idle(struct hythe_server *server, const char *what,
                      int (*change)(struct hythe_server *server, const void *to, void *ctx), const void *to, void *ctx)
{
    int rc;

    if (hy_events_inside(server->events, NULL))
        return hythe_fail(server, -EDEADLK, "%s can't be called by a handler", what);
    (void)pthread_mutex_lock(&server->lock);
    rc = hythe_take_turn(server);
    if (!rc) {
        if (hythe_is_idle(server)) {
            hythe_tidy(server);
            rc = change(server, to, ctx);
        } else {
            rc = hythe_fail_locked(server, HY_ERROR_LISTENING,
                                   "%s: the server listens, or has connections: Shutdown() first", what);
        }
        hythe_end_turn(server);
    }
    (void)pthread_mutex_unlock(&server->lock);
    return rc;
}

/* What is understood of the settings depends on what the program handles. */
static int read_again(struct hythe_server *server, struct hy_store *store)
{
    struct hy_problems problems = {0};
    struct hy_config *view = store ? hythe_read(server, store, true, &problems) : NULL;

    hy_problems_free(&problems);
    if (!view)
        return hythe_fail_locked(server, -ENOMEM, "out of memory");
    hy_config_free(server->view);
    server->view = view;
    return 0;
}

static int handle(struct hythe_server *server, const void *to, void *ctx)
{
    hy_events_set(server->events, to, ctx);
    server->log.sink = hy_events_has(server->events, HY_EVENT_Log) ? hy_events_log : NULL;
    server->log.error = hy_events_has(server->events, HY_EVENT_Error) ? hy_events_error : NULL;
    server->log.ctx = server->events;
    return read_again(server, server->store);
}

int hythe_server_handle(struct hythe_server *server, const struct hythe_events *events, void *ctx)
{
    if (events && events->size <= sizeof events->size)
        return hythe_fail(server, -EINVAL,
                          "hythe_server_handle: the table's size is %zu; it has sizeof(struct hythe_events)",
                          events->size);
    return while_idle(server, "hythe_server_handle", handle, events, ctx);
}

static int reset(struct hythe_server *server, const void *to, void *ctx)
{
    struct hy_store *store = hy_store_new();
    int rc = read_again(server, store);

    if (rc) {
        hy_store_free(store);
        return rc;
    }
    hy_store_free(server->store);
    server->store = store;
    return handle(server, to, ctx);
}

int hythe_Reset(struct hythe_server *server)
{
    return while_idle(server, "Reset", reset, NULL, NULL);
}

static int add_plugin(struct hythe_server *server, const void *to, void *ctx)
{
    const struct hythe_plugin *plugin = to;
    const struct hythe_plugin **plugins;

    (void)ctx;
    for (size_t i = 0; i < server->plugin_count; i++)
        if (strcmp(server->plugins[i]->name, plugin->name) == 0)
            return hythe_fail_locked(server, -EEXIST, "plugin \"%s\" is registered already", plugin->name);
    plugins = reallocarray(server->plugins, server->plugin_count + 2, sizeof *plugins);
    if (!plugins)
        return hythe_fail_locked(server, -ENOMEM, "out of memory");
    plugins[server->plugin_count++] = plugin;
    plugins[server->plugin_count] = NULL;
    server->plugins = plugins;
    return 0;
}

int hythe_server_register(struct hythe_server *server, const struct hythe_plugin *plugin)
{
    struct hy_err err = {0};

    if (!plugin)
        return hythe_fail_null(server, "hythe_server_register");
    if (hy_plugins_vet(plugin, &err))
        return hythe_fail(server, -EINVAL, "%s", err.text);
    return while_idle(server, "hythe_server_register", add_plugin, plugin, NULL);
}
