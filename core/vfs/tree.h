/* The mounts of a tree, for the sessions that see them. */
#ifndef HY_VFS_TREE_H
#define HY_VFS_TREE_H

#include "core/vfs/rows.h"
#include "core/vfs/vfs.h"

/* Sorted as rows.h says. */
struct hy_mounts {
    struct hy_mount *items;
    size_t count;
};

struct hy_tree {
    struct hy_mounts base;  /* at paths of the tree */
    struct hy_mounts own;   /* at paths of the user's view */
    struct hythe_time born; /* the time of directories that no store provides */
    atomic_size_t refs;
};

static inline struct hy_rows hy_mounts_rows(const struct hy_mounts *mounts)
{
    return (struct hy_rows){mounts->items, sizeof *mounts->items, mounts->count};
}

#endif
