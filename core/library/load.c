/* Settings of a file. */
#include "core/library/internal.h"

#include <errno.h>

/* What is wrong with the file is said now; what it lacks, which has no line, the program may still set. */
static bool has_mistakes(const struct hy_problems *problems, bool whole)
{
    for (size_t i = 0; i < problems->count; i++)
        if (whole || problems->items[i].place.line)
            return true;
    return problems->lost;
}

/* Beside mistakes, what is missing is nothing to be told of. */
static void drop_missing(struct hy_problems *problems)
{
    size_t kept = 0;

    for (size_t i = 0; i < problems->count; i++)
        if (problems->items[i].place.line)
            problems->items[kept++] = problems->items[i];
    problems->count = kept ? kept : problems->count;
}

/* With the lock and the turn. */
static int use(struct hythe_server *server, struct hy_store *store, struct hy_config *view,
               struct hy_problems *problems)
{
    int rc = 0;

    if (server->state == HYTHE_BOUND)
        return hythe_fail_locked(server, HY_ERROR_LISTENING, "settings can't change while ports are bound");
    if (server->state == HYTHE_LISTENING)
        rc = hythe_reload(server, store, problems);
    if (!rc)
        hythe_keep(server, store, view);
    return rc;
}

static int load(struct hythe_server *server, const char *file, const char *text, bool whole,
                struct hy_problems *problems)
{
    const struct hy_config_rules rules = hythe_rules(server, true);
    struct hy_store *store = hy_store_load(file, text, &rules, problems);
    bool good = store && !has_mistakes(problems, whole);
    struct hy_config *view = good ? hythe_read(server, store, true, problems) : NULL;
    int rc = 0;

    if (!view && !whole)
        drop_missing(problems);
    if (!view)
        rc = hythe_fail_problems(server, problems);
    (void)pthread_mutex_lock(&server->lock);
    if (!rc && (rc = hythe_take_turn(server)) == 0) {
        rc = use(server, store, view, problems);
        hythe_end_turn(server);
    }
    (void)pthread_mutex_unlock(&server->lock);
    if (rc) {
        hy_config_free(view);
        hy_store_free(store);
    }
    return rc;
}

int hythe_load(struct hythe_server *server, const char *file, const char *text, bool whole,
               struct hy_problems *problems)
{
    struct hy_stay stay;
    int rc;

    if (hy_events_inside(server->events, NULL))
        return hythe_fail(server, -EDEADLK, "settings can't be loaded by a handler");
    hy_events_enter(server->events, &stay);
    rc = load(server, file, text, whole, problems);
    hy_events_leave(&stay);
    return rc;
}

static int load_quietly(struct hythe_server *server, const char *file, const char *text)
{
    struct hy_problems problems = {0};
    int rc = hythe_load(server, file, text, false, &problems);

    hy_problems_free(&problems);
    return rc;
}

int hythe_server_load(struct hythe_server *server, const char *file)
{
    return file ? load_quietly(server, file, NULL) : hythe_fail_null(server, "hythe_server_load");
}

int hythe_server_load_text(struct hythe_server *server, const char *text)
{
    return text ? load_quietly(server, "text", text) : hythe_fail_null(server, "hythe_server_load_text");
}
