/* Everything that has a name. */
#include "core/base/buf.h"
#include "core/library/property.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "Name" or "Name[7]": a setting, or a property. */
struct name {
    const struct hy_row *row;
    const struct hythe_property *property; /* NULL: it is the row */
    int64_t index;
};

enum { NAME_ROOM = 64 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* "Name" or "Name[7]" with blanks around it; false if it is neither. */
static bool split(const char *text, size_t len, char base[NAME_ROOM], int64_t *index)
{
    size_t base_len, digits;

    while (len && is_blank(*text))
        text++, len--;
    while (len && is_blank(text[len - 1]))
        len--;
    base_len = strcspn(text, "[") < len ? strcspn(text, "[") : len;
    *index = HY_NO_INDEX;
    if (!base_len || base_len >= NAME_ROOM)
        return false;
    memcpy(base, text, base_len);
    base[base_len] = '\0';
    if (base_len == len)
        return true;
    digits = strspn(text + base_len + 1, "0123456789");
    *index = strtoll(text + base_len + 1, NULL, 10);
    return digits && digits <= 18 && base_len + digits + 2 == len && text[len - 1] == ']';
}

static const struct hythe_property *property_of(const struct hythe_property *table, const char *name)
{
    while (table->name && strcmp(table->name, name) != 0)
        table++;
    return table->name ? table : NULL;
}

static int unknown(struct hythe_server *server, const char *name)
{
    const char *near = hy_row_nearest(HY_SECTION_GLOBAL, name);

    if (hy_row_elsewhere(name))
        return hythe_fail(server, -ENOENT, "%s is not a setting of the whole server: it can only be loaded", name);
    return hythe_fail(server, -ENOENT, "%s is not a setting%s%s%s", name, near ? "; did you mean " : "",
                      near ? near : "", near ? "?" : "");
}

static int find(struct hythe_server *server, const char *text, size_t len, struct name *out)
{
    const struct hythe_property *of_connection, *of_server;
    char base[NAME_ROOM];

    *out = (struct name){0};
    if (!split(text, len, base, &out->index))
        return hythe_fail(server, -ENOENT, "\"%.*s\" is no name of a setting", (int)(len > 100 ? 100 : len), text);
    out->row = hy_row_find(HY_SECTION_GLOBAL, base);
    of_connection = property_of(hythe_of_connection, base);
    of_server = property_of(hythe_of_server, base);
    out->property = out->index == HY_NO_INDEX ? of_server : of_connection;
    if (of_server && !out->property)
        return hythe_fail(server, -EINVAL, "%s is that of the server, and no list", base);
    if (out->property || (out->row && hy_row_usable(out->row)))
        return 0;
    if (of_connection)
        return hythe_fail(server, -EINVAL, "%s is that of a connection: %s[ConnectionId]", base, base);
    return out->row ? hythe_fail(server, -EINVAL, "%s %s", base, out->row->help) : unknown(server, base);
}

static uint64_t connection_of(const struct name *name)
{
    return name->index == HY_NO_INDEX ? 0 : (uint64_t)name->index;
}

void hythe_keep(struct hythe_server *server, struct hy_store *store, struct hy_config *view)
{
    hy_config_free(server->view);
    hy_store_free(server->store);
    server->view = view;
    server->store = store;
}

/* ---- Reading ---- */

static int get_property(struct hythe_server *server, const struct name *name, char **text)
{
    size_t len = 0;
    FILE *out = open_memstream(text, &len);
    int rc;

    if (!out)
        return hythe_fail(server, -ENOMEM, "out of memory");
    rc = name->property->get(server, name->property, connection_of(name), out);
    if (fclose(out) && !rc)
        rc = hythe_fail(server, -ENOMEM, "out of memory");
    return rc;
}

static int get_row(struct hythe_server *server, const struct name *name, char **text)
{
    struct hy_err err = {0};

    (void)pthread_mutex_lock(&server->lock);
    *text = hy_store_value(server->view, name->row, name->index, &err);
    (void)pthread_mutex_unlock(&server->lock);
    return *text ? 0 : hythe_fail(server, -EINVAL, "%s", err.text);
}

static int get(struct hythe_server *server, const struct name *name, char *value, size_t size)
{
    char *text = NULL;
    int rc = name->property ? get_property(server, name, &text) : get_row(server, name, &text);

    if (!rc && size)
        (void)snprintf(value, size, "%s", text);
    if (text)
        hy_wipe(text, strlen(text));
    free(text);
    return rc;
}

/* ---- Setting ---- */

/* The store with a value, and what is understood of it, if nothing is wrong with the value alone: what others lack is
 * said when the server starts. 0, or a number with err. */
static int try(struct hythe_server *server, const struct hy_store *store, const struct name *name, const char *value,
               struct hy_store **next, struct hy_config **view, struct hy_err *err)
{
    struct hy_problems problems = {0};
    struct hy_place place = {0};
    int rc = 0;

    *next = hy_store_with(store, name->row, name->index, value, &place, err);
    *view = *next ? hythe_read(server, *next, true, &problems) : NULL;
    if (!*next)
        rc = -EINVAL;
    else if (!*view || problems.lost)
        rc = hy_err_set(err, "out of memory") ? -ENOMEM : 0;
    for (size_t i = 0; !rc && i < problems.count; i++)
        if (problems.items[i].place.line == place.line && !problems.items[i].place.file[0])
            rc = hy_err_set(err, "%s", problems.items[i].text) ? -EINVAL : 0;
    hy_problems_free(&problems);
    if (!rc)
        return 0;
    hy_config_free(*view);
    hy_store_free(*next);
    return rc;
}

/* What can't change while it listens. */
static int fixed(struct hythe_server *server, const struct hy_row *row)
{
    int number = HY_ERROR_LISTENING;

    if (strcmp(row->name, "LocalPort") == 0)
        number = HY_ERROR_LOCAL_PORT_FIXED;
    else if (strcmp(row->name, "LocalHost") == 0)
        number = HY_ERROR_LOCAL_HOST_FIXED;
    return hythe_fail_locked(server, number, "%s can't change while the server listens", row->name);
}

/* With the lock and the turn. */
static int change(struct hythe_server *server, const struct name *name, const char *value)
{
    bool listening = server->state == HYTHE_LISTENING;
    struct hy_config *view;
    struct hy_store *next;
    struct hy_problems problems = {0};
    struct hy_err err = {0};
    int rc;

    if (server->state == HYTHE_BOUND || (listening && name->row->change != HY_CHANGE_RELOAD))
        return fixed(server, name->row);
    rc = try(server, server->store, name, value, &next, &view, &err);
    if (rc)
        return hythe_fail_locked(server, rc, "%s", err.text);
    if (listening)
        rc = hythe_reload(server, next, &problems);
    hy_problems_free(&problems);
    if (!rc) {
        hythe_keep(server, next, view);
        return 0;
    }
    hy_config_free(view);
    hy_store_free(next);
    return rc;
}

static int set_row(struct hythe_server *server, const struct name *name, const char *value)
{
    int rc;

    (void)pthread_mutex_lock(&server->lock);
    rc = hythe_take_turn(server);
    if (!rc) {
        rc = change(server, name, value);
        hythe_end_turn(server);
    }
    (void)pthread_mutex_unlock(&server->lock);
    return rc;
}

static int set(struct hythe_server *server, const struct name *name, const char *value)
{
    const struct hythe_property *property = name->property;

    if (!property || (!property->set && name->row && hy_row_usable(name->row)))
        return set_row(server, name, value);
    if (!property->set)
        return hythe_fail(server, -EINVAL, "%s can only be read", property->name);
    return property->set(server, property, connection_of(name), value);
}

int hythe_judge_value(struct hythe_server *server, const struct hy_row *row, const char *value, char **in_effect)
{
    const struct name name = {.row = row, .index = HY_NO_INDEX};
    struct hy_store *nothing = hy_store_new(), *next;
    struct hy_config *view;
    struct hy_err err = {.text = "out of memory"};
    int rc;

    (void)pthread_mutex_lock(&server->lock);
    rc = nothing ? try(server, nothing, &name, value, &next, &view, &err) : -ENOMEM;
    (void)pthread_mutex_unlock(&server->lock);
    if (rc) {
        hy_store_free(nothing);
        return hythe_fail(server, rc, "%s", err.text);
    }
    *in_effect = hy_store_value(view, row, HY_NO_INDEX, &err);
    hy_config_free(view);
    hy_store_free(next);
    hy_store_free(nothing);
    return *in_effect ? 0 : hythe_fail(server, -ENOMEM, "%s", err.text);
}

/* ---- The functions ---- */

static int set_named(struct hythe_server *server, const char *text, size_t len, const char *value)
{
    struct hy_stay stay;
    struct name name;
    int rc;

    hy_events_enter(server->events, &stay);
    rc = find(server, text, len, &name);
    if (!rc)
        rc = set(server, &name, value);
    hy_events_leave(&stay);
    return rc;
}

static int get_named(struct hythe_server *server, const char *text, size_t len, char *value, size_t size)
{
    struct name name;
    int rc = find(server, text, len, &name);

    return rc ? rc : get(server, &name, value, size);
}

int hythe_server_set(struct hythe_server *server, const char *name, const char *value)
{
    if (!name || !value)
        return hythe_fail_null(server, "hythe_server_set");
    return set_named(server, name, strlen(name), value);
}

int hythe_server_get(struct hythe_server *server, const char *name, char *value, size_t size)
{
    if (!name || (size && !value))
        return hythe_fail_null(server, "hythe_server_get");
    return get_named(server, name, strlen(name), value, size);
}

int hythe_Config(struct hythe_server *server, const char *setting, char *value, size_t size)
{
    size_t len;
    int rc;

    if (!setting || (size && !value))
        return hythe_fail_null(server, "Config");
    len = strcspn(setting, "=");
    rc = setting[len] ? set_named(server, setting, len, setting + len + 1) : 0;

    return rc || (setting[len] && !size) ? rc : get_named(server, setting, len, value, size);
}

/* ---- Numbers ---- */

static bool is_number(const struct name *name)
{
    if (name->property)
        return name->property->shape != HYTHE_TEXT;
    return name->row->type == HY_TYPE_BOOL || name->row->type == HY_TYPE_INT || name->row->type == HY_TYPE_SIZE;
}

static int find_number(struct hythe_server *server, const char *text, struct name *name)
{
    int rc = find(server, text, strlen(text), name);

    return rc || is_number(name) ? rc : hythe_fail(server, -EINVAL, "%s is neither a number nor a truth", text);
}

int hythe_server_set_number(struct hythe_server *server, const char *name, int64_t value)
{
    struct hy_stay stay;
    struct name found;
    char text[24];
    int rc;

    if (!name)
        return hythe_fail_null(server, "hythe_server_set_number");
    hy_events_enter(server->events, &stay);
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    rc = find_number(server, name, &found);
    if (!rc)
        rc = set(server, &found, text);
    hy_events_leave(&stay);
    return rc;
}

int hythe_server_get_number(struct hythe_server *server, const char *name, int64_t *value)
{
    struct name found;
    char text[64];
    bool on;
    int rc;

    if (!name || !value)
        return hythe_fail_null(server, "hythe_server_get_number");
    rc = find_number(server, name, &found);
    if (!rc)
        rc = get(server, &found, text, sizeof text);
    if (rc || hy_parse_size(text, value))
        return rc;
    if (!hy_parse_bool(text, &on))
        return hythe_fail(server, -EINVAL, "%s is no number now", name);
    *value = on;
    return 0;
}
