#include "core/vfs/keeps.h"
#include "core/vfs/session.h"

#include <string.h>

/* Of a store that doesn't say. */
static const struct hythe_keeps usual = {
    .size = sizeof usual,
    .flags = HYTHE_KEEPS_SUBSECONDS | HYTHE_KEEPS_IDENTITY,
    .attrs =
        HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE | HYTHE_ATTR_OWNER | HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME | HYTHE_ATTR_ALLOC,
    .access = HYTHE_OPEN_READ | HYTHE_OPEN_WRITE | HYTHE_OPEN_WRITE_ATTRS | HYTHE_OPEN_APPEND |
              HYTHE_OPEN_ATOMIC_APPEND | HYTHE_OPEN_NOFOLLOW | HYTHE_OPEN_DELETE_ON_CLOSE,
};

struct hythe_keeps hy_chain_keeps(const struct hy_chain *chain)
{
    const struct hy_instance *store = chain->layers[chain->layer_count - 1];
    struct hythe_keeps keeps = {.size = sizeof keeps};

    if (store->plugin.keeps)
        store->plugin.keeps(store->self, &keeps);
    else
        keeps = usual;
    keeps.attrs &= chain->policy == HY_ATTRS_IGNORE ? HYTHE_ATTR_SIZE : UINT32_MAX;
    keeps.bits &= keeps.attrs & HYTHE_ATTR_BITS ? UINT32_MAX : 0;
    keeps.acl &= keeps.attrs & HYTHE_ATTR_ACL ? UINT32_MAX : 0;
    if (!(keeps.attrs & HYTHE_ATTR_EXTENDED))
        keeps.pairs = NULL;
    return keeps;
}

struct hythe_keeps hy_vfs_keeps(const struct hy_vfs *vfs)
{
    struct hythe_keeps all = {.size = sizeof all};

    for (size_t i = 0; i < vfs->point_count; i++) {
        const struct hythe_keeps one = hy_chain_keeps(vfs->points[i].mount->chain);

        all.flags |= one.flags;
        all.attrs |= one.attrs;
        all.bits |= one.bits;
        all.acl |= one.acl;
        all.access |= one.access;
    }
    return all;
}

static bool among(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

size_t hy_vfs_pair_names(const struct hy_vfs *vfs, const char *names[HY_PAIR_NAMES])
{
    size_t count = 0;

    for (size_t i = 0; i < vfs->point_count; i++) {
        const struct hythe_keeps one = hy_chain_keeps(vfs->points[i].mount->chain);

        for (const char *const *name = one.pairs; name && *name && count < HY_PAIR_NAMES; name++)
            if (strnlen(*name, HY_PAIR_NAME_MAX + 1) <= HY_PAIR_NAME_MAX && !among(*name, names, count))
                names[count++] = *name;
    }
    return count;
}
