/* Operations on paths. Directories that exist only because a mount lies below them are answered for here. */
#include "core/vfs/session.h"

#include <errno.h>
#include <string.h>

/* ---- What no store provides ---- */

void hy_made_up_attrs(const struct hy_vfs *vfs, struct hythe_attrs *out)
{
    struct hythe_time born = vfs->tree->born;

    *out = (struct hythe_attrs){.struct_size = sizeof *out,
                                .valid = HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE | HYTHE_ATTR_OWNER |
                                         HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME | HYTHE_ATTR_NLINK,
                                .type = HYTHE_TYPE_DIRECTORY,
                                .mode = 0755,
                                .nlink = 2,
                                .atime = born,
                                .mtime = born};
}

void hy_made_up_statfs(struct hythe_statfs *out)
{
    *out = (struct hythe_statfs){
        .struct_size = sizeof *out, .bsize = 4096, .frsize = 4096, .name_max = 255, .read_only = 1, .no_setuid = 1};
}

static bool is_directory(const struct hythe_attrs *attrs)
{
    return !(attrs->valid & HYTHE_ATTR_TYPE) || attrs->type == HYTHE_TYPE_DIRECTORY;
}

/* Whether a store's answer about a directory above a mount means that it doesn't have it. */
static bool lacks(int64_t result)
{
    return result == -ENOENT || result == -ENOTDIR;
}

int64_t hy_made(struct hy_vfs *vfs, const struct hy_spot *spot, int64_t result)
{
    struct hy_spot parent;
    struct hythe_attrs attrs = {.struct_size = sizeof attrs};
    struct hythe_getattr_arg get = {.want = HYTHE_ATTR_TYPE, .attrs = &attrs};
    struct hy_scene scene;

    if (!lacks(result) || hy_resolve_normal(vfs, spot->path, hy_parent_len(spot->path), &parent) < 0)
        return result;
    if (!parent.fixed)
        return result;
    if (parent.point) {
        scene = hy_spot_scene(vfs, &parent, HYTHE_CALL_OWN);
        get.path = parent.rel;
        if (!lacks(hy_do_getattr(&scene, &get)))
            return result;
    }
    return hy_refuse(vfs, -EROFS, "no store is mounted at this directory");
}

/* ---- Attributes ---- */

int64_t hy_spot_getattr(struct hy_vfs *vfs, const struct hy_spot *spot, uint32_t want, uint32_t flags,
                        uint32_t call_flags, struct hythe_attrs *out)
{
    struct hythe_getattr_arg arg = {.path = spot->rel, .want = want, .flags = flags, .attrs = out};
    int64_t r = -ENOENT;

    *out = (struct hythe_attrs){.struct_size = sizeof *out};
    if (spot->point) {
        struct hy_scene scene = hy_spot_scene(vfs, spot, call_flags);

        if (spot->above)
            arg.want |= HYTHE_ATTR_TYPE;
        r = hy_plain(hy_do_getattr(&scene, &arg));
    } else if (!spot->fixed) {
        return r;
    }
    if (!spot->point || (spot->above && (lacks(r) || (r == 0 && !is_directory(out))))) {
        hy_made_up_attrs(vfs, out);
        return 0;
    }
    return r;
}

static int64_t get(struct hy_vfs *vfs, struct hy_name path, uint32_t want, uint32_t flags, uint32_t call_flags,
                   struct hythe_attrs *out)
{
    struct hy_spot spot;
    int64_t r = hy_resolve(vfs, path, &spot);

    return r < 0 ? r : hy_spot_getattr(vfs, &spot, want, flags, call_flags, out);
}

int64_t hy_vfs_getattr(struct hy_vfs *vfs, struct hy_name path, uint32_t want, uint32_t flags, struct hythe_attrs *out)
{
    return get(vfs, path, want, flags, 0, out);
}

int64_t hy_vfs_look(struct hy_vfs *vfs, struct hy_name path, uint32_t want, uint32_t flags, struct hythe_attrs *out)
{
    return get(vfs, path, want, flags, HYTHE_CALL_OWN, out);
}

int64_t hy_vfs_setattr(struct hy_vfs *vfs, struct hy_name path, uint32_t flags, const struct hythe_attrs *attrs)
{
    struct hythe_setattr_arg arg = {.flags = flags, .attrs = attrs};
    struct hy_spot spot;
    struct hy_scene scene;
    int64_t r = hy_resolve(vfs, path, &spot);

    if (r < 0)
        return r;
    if (!spot.point)
        return spot.fixed ? -EROFS : -ENOENT;
    r = hy_guard_size_of(vfs, &spot, flags, attrs);
    if (r < 0)
        return r;
    scene = hy_spot_scene(vfs, &spot, 0);
    arg.path = spot.rel;
    r = hy_plain(hy_set_path(vfs, &scene, &arg));
    return spot.above && lacks(r) ? -EROFS : r;
}

int64_t hy_spot_statfs(struct hy_vfs *vfs, const struct hy_spot *spot, struct hythe_statfs *out)
{
    struct hythe_statfs_arg arg = {.path = spot->rel, .out = out};
    struct hy_scene scene;
    int64_t r = 0;

    *out = (struct hythe_statfs){.struct_size = sizeof *out};
    if (!spot->point && !spot->fixed)
        return -ENOENT;
    if (spot->point) {
        scene = hy_spot_scene(vfs, spot, 0);
        r = hy_plain(hy_do_statfs(&scene, &arg));
    }
    if (!spot->point || (spot->above && lacks(r))) {
        hy_made_up_statfs(out);
        return 0;
    }
    return r;
}

int64_t hy_vfs_statfs(struct hy_vfs *vfs, struct hy_name path, struct hythe_statfs *out)
{
    struct hy_spot spot;
    int64_t r = hy_resolve(vfs, path, &spot);

    return r < 0 ? r : hy_spot_statfs(vfs, &spot, out);
}

/* ---- One path ---- */

static int64_t busy(struct hy_vfs *vfs)
{
    return hy_refuse(vfs, -EBUSY, "the server keeps this directory in place");
}

/* What an operation works on: 0, or the answer that needs no store. `kept` is the answer about a directory that the
 * server keeps in place; -EEXIST is that of an operation which makes something. */
static int64_t find(struct hy_vfs *vfs, struct hy_name path, int64_t kept, struct hy_spot *spot, struct hy_scene *scene)
{
    int64_t r = hy_resolve(vfs, path, spot);

    if (r < 0)
        return r;
    if (spot->fixed)
        return kept == -EBUSY ? busy(vfs) : kept;
    if (!spot->point)
        return kept == -EEXIST ? hy_made(vfs, spot, -ENOENT) : -ENOENT;
    *scene = hy_spot_scene(vfs, spot, 0);
    return 0;
}

/* ---- Links ---- */

int64_t hy_vfs_readlink(struct hy_vfs *vfs, struct hy_name path, char *buf, size_t len)
{
    struct hythe_readlink_arg arg = {.buf = buf, .len = len};
    struct hy_spot spot;
    struct hy_scene scene;
    int64_t r = find(vfs, path, -EINVAL, &spot, &scene);

    if (r < 0)
        return r;
    arg.path = spot.rel;
    r = hy_do_readlink(&scene, &arg);
    if (r > 0 && (uint64_t)r > len)
        return hy_blame(vfs, scene.chain, HYTHE_OP_readlink, "readlink answered more than it was asked for");
    return r;
}

int64_t hy_vfs_symlink(struct hy_vfs *vfs, struct hy_name path, struct hy_name target)
{
    struct hythe_symlink_arg arg;
    char text[HY_PATH_MAX];
    struct hy_spot spot;
    struct hy_scene scene;
    int64_t r;

    if (!target.len)
        return -ENOENT;
    if (target.len >= sizeof text)
        return -ENAMETOOLONG;
    if (memchr(target.p, '\0', target.len))
        return -EINVAL;
    r = find(vfs, path, -EEXIST, &spot, &scene);
    if (r < 0)
        return r;
    memcpy(text, target.p, target.len);
    text[target.len] = '\0';
    arg = (struct hythe_symlink_arg){.path = spot.rel, .target = text};
    return hy_made(vfs, &spot, hy_plain(hy_do_symlink(&scene, &arg)));
}

/* ---- Two paths ---- */

static int64_t resolve_both(struct hy_vfs *vfs, struct hy_name from, struct hy_name to, struct hy_spot *a,
                            struct hy_spot *b)
{
    int64_t r = hy_resolve(vfs, from, a);

    if (r == 0)
        r = hy_resolve(vfs, to, b);
    if (r < 0)
        return r;
    if (!a->point && !a->fixed)
        return -ENOENT;
    return 0;
}

int64_t hy_vfs_link(struct hy_vfs *vfs, struct hy_name from, struct hy_name to)
{
    struct hythe_link_arg arg;
    struct hy_spot a, b;
    struct hy_scene scene;
    int64_t r = resolve_both(vfs, from, to, &a, &b);

    if (r < 0)
        return r;
    if (a.fixed)
        return hy_refuse(vfs, -EPERM, "a directory can't have a second name");
    if (b.fixed)
        return -EEXIST;
    if (a.point != b.point)
        return hy_refuse(vfs, -EXDEV, "the two names lie in different mounts");
    r = hy_guard_name(vfs, &a, HYTHE_NOFOLLOW, 0);
    if (r < 0)
        return r;
    scene = hy_spot_scene(vfs, &a, 0);
    arg = (struct hythe_link_arg){.from = a.rel, .to = b.rel};
    return hy_made(vfs, &b, hy_plain(hy_do_link(&scene, &arg)));
}

int64_t hy_vfs_rename(struct hy_vfs *vfs, struct hy_name from, struct hy_name to, uint32_t flags)
{
    struct hythe_rename_arg arg;
    struct hy_spot a, b;
    struct hy_scene scene;
    int64_t r = resolve_both(vfs, from, to, &a, &b);

    if (r < 0)
        return r;
    if (a.fixed || b.fixed)
        return busy(vfs);
    if (a.point != b.point)
        return hy_refuse(vfs, -EXDEV, "the two names lie in different mounts");
    r = hy_guard_name(vfs, &a, HYTHE_NOFOLLOW, 0);
    if (r == 0 && (flags & (HYTHE_RENAME_REPLACE | HYTHE_RENAME_NATIVE)))
        r = hy_guard_name(vfs, &b, HYTHE_NOFOLLOW, HYTHE_LOCK_DELETE);
    if (r < 0)
        return r;
    scene = hy_spot_scene(vfs, &a, 0);
    arg = (struct hythe_rename_arg){.from = a.rel, .to = b.rel, .flags = flags};
    return hy_made(vfs, &b, hy_plain(hy_do_rename(&scene, &arg)));
}

/* ---- Making and removing ---- */

int64_t hy_vfs_unlink(struct hy_vfs *vfs, struct hy_name path)
{
    struct hythe_unlink_arg arg;
    struct hy_spot spot;
    struct hy_scene scene;
    int64_t r = find(vfs, path, -EBUSY, &spot, &scene);

    if (r == 0)
        r = hy_guard_name(vfs, &spot, HYTHE_NOFOLLOW, HYTHE_LOCK_DELETE);
    if (r < 0)
        return r;
    arg = (struct hythe_unlink_arg){.path = spot.rel};
    return hy_plain(hy_do_unlink(&scene, &arg));
}

int64_t hy_vfs_rmdir(struct hy_vfs *vfs, struct hy_name path)
{
    struct hythe_rmdir_arg arg;
    struct hy_spot spot;
    struct hy_scene scene;
    int64_t r = find(vfs, path, -EBUSY, &spot, &scene);

    if (r < 0)
        return r;
    arg = (struct hythe_rmdir_arg){.path = spot.rel};
    return hy_plain(hy_do_rmdir(&scene, &arg));
}

int64_t hy_vfs_mkdir(struct hy_vfs *vfs, struct hy_name path, const struct hythe_attrs *attrs)
{
    struct hythe_mkdir_arg arg;
    struct hy_spot spot;
    struct hy_scene scene;
    int64_t r = find(vfs, path, -EEXIST, &spot, &scene);

    if (r < 0)
        return r;
    arg = (struct hythe_mkdir_arg){.path = spot.rel, .attrs = attrs};
    return hy_made(vfs, &spot, hy_plain(hy_mkdir_with(vfs, &scene, &arg)));
}
