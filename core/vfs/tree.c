#include "core/vfs/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct hy_tree *hy_tree_new(void)
{
    struct hy_tree *tree = calloc(1, sizeof *tree);
    struct timespec now;

    if (!tree)
        return NULL;
    if (clock_gettime(CLOCK_REALTIME, &now) == 0)
        tree->born = (struct hythe_time){now.tv_sec, (uint32_t)now.tv_nsec};
    atomic_init(&tree->refs, 1);
    return tree;
}

int hy_tree_mount(struct hy_tree *tree, const char *path, struct hy_chain *chain)
{
    struct hy_mount *mounts;
    char *copy;
    size_t at;

    if (hy_rows_search(hy_tree_rows(tree), path, strlen(path), &at))
        return -EEXIST;
    copy = strdup(path);
    mounts = copy ? reallocarray(tree->mounts, tree->count + 1, sizeof *mounts) : NULL;
    if (!mounts) {
        free(copy);
        return -ENOMEM;
    }
    tree->mounts = mounts;
    memmove(mounts + at + 1, mounts + at, (tree->count - at) * sizeof *mounts);
    mounts[at] = (struct hy_mount){copy, chain};
    tree->count++;
    return 0;
}

struct hy_tree *hy_tree_ref(struct hy_tree *tree)
{
    atomic_fetch_add_explicit(&tree->refs, 1, memory_order_relaxed);
    return tree;
}

void hy_tree_unref(struct hy_tree *tree)
{
    if (!tree || atomic_fetch_sub_explicit(&tree->refs, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < tree->count; i++) {
        free(tree->mounts[i].path);
        free(tree->mounts[i].chain);
    }
    free(tree->mounts);
    if (tree->release)
        tree->release(tree->release_ctx);
    free(tree);
}

void hy_tree_on_release(struct hy_tree *tree, void (*release)(void *ctx), void *ctx)
{
    tree->release = release;
    tree->release_ctx = ctx;
}
