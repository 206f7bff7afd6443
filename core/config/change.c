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
        return strcmp(*(const char *const *)x, *(const char *const *)y) == 0;
    case HY_TYPE_LIST:
        return same_list(*(const char *const *const *)x, *(const char *const *const *)y);
    default:
        return true; /* groups are no fields */
    }
}

int hy_config_may_follow(const struct hy_config *now, const struct hy_config *next, struct hy_problems *problems)
{
    int rc = 0;

    for (size_t i = 0; i < hy_row_count; i++) {
        const struct hy_row *row = &hy_rows[i];

        if (row->kind != HY_ROW_GLOBAL || row->change != HY_CHANGE_RESTART || same(now, next, row))
            continue;
        hy_problems_add(problems, next->places[i], "%s can't change while the server runs; put it back, or restart",
                        row->name);
        rc = -1;
    }
    return rc;
}
