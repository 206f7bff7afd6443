#include "core/config/table.h"

#include <string.h>

static bool same_list(const char *const *a, const char *const *b)
{
    while (*a && *b && strcmp(*a, *b) == 0) {
        a++;
        b++;
    }
    return !*a && !*b;
}

static bool same(const struct hy_config *a, const struct hy_config *b, const struct hy_row *row)
{
    const void *x = (const char *)a + row->offset, *y = (const char *)b + row->offset;

    switch (row->type) {
    case HY_TYPE_BOOL:
        return *(const bool *)x == *(const bool *)y;
    case HY_TYPE_INT:
    case HY_TYPE_SIZE:
        return *(const int64_t *)x == *(const int64_t *)y;
    case HY_TYPE_STRING:
    case HY_TYPE_WORD:
    case HY_TYPE_SECRET:
        return strcmp(*(const char *const *)x, *(const char *const *)y) == 0;
    case HY_TYPE_LIST:
        return same_list(*(const char *const *const *)x, *(const char *const *const *)y);
    default:
        return true; /* groups are no fields */
    }
}

static bool same_listeners(const struct hy_config *a, const struct hy_config *b)
{
    if (a->listener_count != b->listener_count)
        return false;
    for (size_t i = 0; i < a->listener_count; i++) {
        const struct hy_listen_config *x = &a->listeners[i], *y = &b->listeners[i];

        if (strcmp(x->host, y->host) != 0 || x->port != y->port || x->proxy != y->proxy)
            return false;
    }
    return true;
}

/* The specification has numbers for two of them. */
static int refuse(struct hy_problems *problems, struct hy_place place, const char *name)
{
    static const struct {
        const char *name;
        enum hy_error number;
    } rows[] = {{"LocalPort", HY_ERROR_LOCAL_PORT_FIXED}, {"LocalHost", HY_ERROR_LOCAL_HOST_FIXED}};
    struct hy_err err;

    (void)hy_err_set(&err, "%s can't change while the server runs; put it back, or restart", name);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0)
            (void)hy_err_number(&err, rows[i].number, "%s can't change while the server runs; put it back, or restart",
                                name);
    hy_problems_add(problems, place, "%s", err.text);
    return -1;
}

static bool is_fixed(const struct hy_row *row, bool listening)
{
    return row->kind == HY_ROW_GLOBAL &&
           (row->change == HY_CHANGE_RESTART || (listening && row->change == HY_CHANGE_LISTEN));
}

int hy_config_may_follow(const struct hy_config *now, const struct hy_config *next, bool listening,
                         struct hy_problems *problems)
{
    int rc = 0;

    for (size_t i = 0; i < hy_row_count; i++)
        if (is_fixed(&hy_rows[i], listening) && !same(now, next, &hy_rows[i]))
            rc = refuse(problems, next->places[i], hy_rows[i].name);
    if (!rc && listening && !same_listeners(now, next))
        rc = refuse(problems, hy_config_place(next, "listen"), "listen");
    return rc;
}
