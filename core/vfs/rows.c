#include "core/vfs/rows.h"

#include <stdint.h>
#include <string.h>

const char *hy_rows_path(struct hy_rows rows, size_t i)
{
    const char *path;

    memcpy(&path, (const char *)rows.first + i * rows.stride, sizeof path);
    return path;
}

/* A slash sorts before every other byte, the end before the slash. */
static int rank(const char *s, size_t len, size_t i)
{
    if (i == len)
        return -2;
    return s[i] == '/' ? -1 : (unsigned char)s[i];
}

static int order(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t i = 0;

    while (i < a_len && i < b_len && a[i] == b[i])
        i++;
    return rank(a, a_len, i) - rank(b, b_len, i);
}

bool hy_rows_search(struct hy_rows rows, const char *path, size_t len, size_t *at)
{
    size_t low = 0, high = rows.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *have = hy_rows_path(rows, middle);
        int d = order(have, strlen(have), path, len);

        if (d == 0) {
            *at = middle;
            return true;
        }
        if (d < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *at = low;
    return false;
}

size_t hy_rows_covering(struct hy_rows rows, const char *path)
{
    size_t len = strlen(path), at;

    while (len > 1) {
        if (hy_rows_search(rows, path, len, &at))
            return at;
        while (path[--len] != '/')
            ;
    }
    return hy_rows_search(rows, "/", 1, &at) ? at : SIZE_MAX;
}

static bool below(const char *path, const char *dir, size_t len)
{
    if (len == 1)
        return path[1] != '\0';
    return strncmp(path, dir, len) == 0 && path[len] == '/';
}

size_t hy_rows_below(struct hy_rows rows, const char *dir, size_t len, size_t *first)
{
    size_t end;

    *first = hy_rows_search(rows, dir, len, &end) ? end + 1 : end;
    for (end = *first; end < rows.count && below(hy_rows_path(rows, end), dir, len); end++)
        ;
    return end;
}
