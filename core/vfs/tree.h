/* The mounts of a configuration, for the sessions that see them. */
#ifndef HY_VFS_TREE_H
#define HY_VFS_TREE_H

#include "core/vfs/rows.h"
#include "core/vfs/vfs.h"

struct hy_tree {
    struct hy_mount *mounts; /* sorted as rows.h says */
    size_t count;
    struct hythe_time born; /* the time of directories that no store provides */
    atomic_size_t refs;
    void (*release)(void *ctx);
    void *release_ctx;
};

static inline struct hy_rows hy_tree_rows(const struct hy_tree *tree)
{
    return (struct hy_rows){tree->mounts, sizeof *tree->mounts, tree->count};
}

#endif
