/* Settings by name. */
#include "core/base/buf.h"
#include "core/library/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "Name" or "Name[7]". */
struct name {
    const struct hy_row *row;
    int64_t index;
};

enum { NAME_MAX_LEN = 64 };

/* The length of "Name" or "Name[7]" in front of what follows; 0 if it isn't one. */
static size_t split(const char *text, char base[NAME_MAX_LEN], int64_t *index)
{
    size_t len = strcspn(text, "[="), digits;

    *index = HY_NO_INDEX;
    if (!len || len >= NAME_MAX_LEN)
        return 0;
    memcpy(base, text, len);
    base[len] = '\0';
    if (text[len] != '[')
        return len;
    digits = strspn(text + len + 1, "0123456789");
    if (!digits || digits > 18 || text[len + 1 + digits] != ']')
        return 0;
    *index = strtoll(text + len + 1, NULL, 10);
    return len + digits + 2;
}

static int find(struct hythe_server *server, const char *text, size_t len, struct name *out)
{
    char base[NAME_MAX_LEN];
    const char *near;

    if (split(text, base, &out->index) != len)
        return hythe_fail(server, -ENOENT, "\"%.*s\" is no name of a setting", (int)(len > 100 ? 100 : len), text);
    out->row = hy_row_find(HY_SECTION_GLOBAL, base);
    if (out->row && hy_row_usable(out->row))
        return 0;
    if (out->row)
        return hythe_fail(server, -EINVAL, "%s %s", base, out->row->help);
    near = hy_row_nearest(HY_SECTION_GLOBAL, base);
    return hythe_fail(server, -ENOENT, "%s is not a setting%s%s%s", base, near ? "; did you mean " : "",
                      near ? near : "", near ? "?" : "");
}

void hythe_keep(struct hythe_server *server, struct hy_store *store, struct hy_config *view)
{
    hy_config_free(server->view);
    hy_store_free(server->store);
    server->view = view;
    server->store = store;
}

/* ---- Reading ---- */

static int get(struct hythe_server *server, const struct name *name, char *value, size_t size)
{
    struct hy_err err = {0};
    char *text;

    (void)pthread_mutex_lock(&server->lock);
    text = hy_store_value(server->view, name->row, name->index, &err);
    (void)pthread_mutex_unlock(&server->lock);
    if (!text)
        return hythe_fail(server, -EINVAL, "%s", err.text);
    if (size)
        (void)snprintf(value, size, "%s", text);
    hy_wipe(text, strlen(text));
    free(text);
    return 0;
}

/* ---- Setting ---- */

/* What is wrong with the value alone: what others lack is said when the server starts. */
static int judge(struct hythe_server *server, const struct hy_problems *problems, struct hy_place place)
{
    for (size_t i = 0; i < problems->count; i++)
        if (problems->items[i].place.line == place.line && !problems->items[i].place.file[0])
            return hythe_fail_locked(server, -EINVAL, "%s", problems->items[i].text);
    return problems->lost ? hythe_fail_locked(server, -ENOMEM, "out of memory") : 0;
}

/* With the lock. */
static int set_locked(struct hythe_server *server, const struct name *name, const char *value)
{
    struct hy_problems problems = {0};
    struct hy_place place = {0};
    struct hy_err err = {0};
    struct hy_store *next = hy_store_with(server->store, name->row, name->index, value, &place, &err);
    struct hy_config *view = next ? hythe_read(server, next, true, &problems) : NULL;
    int rc = next ? 0 : hythe_fail_locked(server, -EINVAL, "%s", err.text);

    if (next && !view)
        rc = hythe_fail_locked(server, -ENOMEM, "out of memory");
    if (!rc)
        rc = judge(server, &problems, place);
    hy_problems_free(&problems);
    if (rc) {
        hy_config_free(view);
        hy_store_free(next);
        return rc;
    }
    hythe_keep(server, next, view);
    return 0;
}

static int set(struct hythe_server *server, const struct name *name, const char *value)
{
    int rc;

    (void)pthread_mutex_lock(&server->lock);
    if (server->state == HYTHE_IDLE)
        rc = set_locked(server, name, value);
    else
        rc = hythe_fail_locked(server, HY_ERROR_LISTENING, "%s can't change while the server listens", name->row->name);
    (void)pthread_mutex_unlock(&server->lock);
    return rc;
}

/* ---- The functions ---- */

int hythe_server_set(struct hythe_server *server, const char *name, const char *value)
{
    struct hy_stay stay;
    struct name found;
    int rc;

    hy_events_enter(server->events, &stay);
    rc = find(server, name, strlen(name), &found);
    if (!rc)
        rc = set(server, &found, value);
    hy_events_leave(&stay);
    return rc;
}

int hythe_server_get(struct hythe_server *server, const char *name, char *value, size_t size)
{
    struct name found;
    int rc = find(server, name, strlen(name), &found);

    return rc ? rc : get(server, &found, value, size);
}

int hythe_Config(struct hythe_server *server, const char *setting, char *value, size_t size)
{
    const char *equals = strchr(setting, '=');
    char name[NAME_MAX_LEN + 24];
    size_t len = equals ? (size_t)(equals - setting) : strlen(setting);
    int rc = 0;

    if (len >= sizeof name)
        return hythe_fail(server, -ENOENT, "\"%.100s\" is no name of a setting", setting);
    memcpy(name, setting, len);
    name[len] = '\0';
    if (equals)
        rc = hythe_server_set(server, name, equals + 1);
    return rc || (equals && !size) ? rc : hythe_server_get(server, name, value, size);
}
