/* Sorted arrays of structs whose first member is a pointer to a normal path: the mounts of a tree, and the part of them
 * that one session sees. Sorted so that everything below a directory follows it at once. */
#ifndef HY_VFS_ROWS_H
#define HY_VFS_ROWS_H

#include <stdbool.h>
#include <stddef.h>

struct hy_rows {
    const void *first;
    size_t stride, count;
};

const char *hy_rows_path(struct hy_rows rows, size_t i);

/* Whether a row has the path (len bytes); *at is its index, or where it would be inserted. No allocation. */
bool hy_rows_search(struct hy_rows rows, const char *path, size_t len, size_t *at);

/* The row whose path is the longest one that `path` is or lies below; SIZE_MAX for none. */
size_t hy_rows_covering(struct hy_rows rows, const char *path);

/* The rows strictly below `dir` (len bytes): [*first, return value). */
size_t hy_rows_below(struct hy_rows rows, const char *dir, size_t len, size_t *first);

#endif
