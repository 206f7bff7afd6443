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

static int insert(struct hy_mounts *to, const char *path, struct hy_chain *chain)
{
    struct hy_mount *items;
    char *copy;
    size_t at;

    if (hy_rows_search(hy_mounts_rows(to), path, strlen(path), &at))
        return -EEXIST;
    copy = strdup(path);
    items = copy ? reallocarray(to->items, to->count + 1, sizeof *items) : NULL;
    if (!items) {
        free(copy);
        return -ENOMEM;
    }
    to->items = items;
    memmove(items + at + 1, items + at, (to->count - at) * sizeof *items);
    items[at] = (struct hy_mount){copy, chain};
    to->count++;
    return 0;
}

int hy_tree_mount(struct hy_tree *tree, const char *path, struct hy_chain *chain)
{
    return insert(&tree->base, path, chain);
}

int hy_tree_mount_own(struct hy_tree *tree, const char *path, struct hy_chain *chain)
{
    return insert(&tree->own, path, chain);
}

struct hy_tree *hy_tree_ref(struct hy_tree *tree)
{
    atomic_fetch_add_explicit(&tree->refs, 1, memory_order_relaxed);
    return tree;
}

static void clear(struct hy_mounts *mounts)
{
    for (size_t i = 0; i < mounts->count; i++) {
        free(mounts->items[i].path);
        free(mounts->items[i].chain);
    }
    free(mounts->items);
}

void hy_tree_unref(struct hy_tree *tree)
{
    if (!tree || atomic_fetch_sub_explicit(&tree->refs, 1, memory_order_acq_rel) > 1)
        return;
    clear(&tree->base);
    clear(&tree->own);
    free(tree);
}
