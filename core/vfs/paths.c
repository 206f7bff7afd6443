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

/* Whether a store's own answer means that something isn't there. */
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
    if (!spot->point || (spot->above && (hy_not_there(r) || (r == 0 && !is_directory(out))))) {
        hy_made_up_attrs(vfs, out);
        return 0;
    }
    return r;
}

struct getting {
    uint32_t want, flags;
    struct hythe_attrs *out;
};

static int64_t getattr_at(struct hy_vfs *vfs, const struct hy_paths *paths, void *arg)
{
    const struct getting *g = arg;
    struct hy_spot spot;
    int64_t r = hy_resolve(vfs, paths->path, &spot);

    return r < 0 ? r : hy_spot_getattr(vfs, &spot, g->want, g->flags, paths->flags, g->out);
}

int64_t hy_vfs_getattr(struct hy_vfs *vfs, struct hy_name path, uint32_t want, uint32_t flags, struct hythe_attrs *out)
{
    struct getting g = {want, flags, out};

    return hy_do_at(vfs, (struct hy_paths){.path = path}, getattr_at, &g);
}

int64_t hy_vfs_look(struct hy_vfs *vfs, struct hy_name path, uint32_t want, uint32_t flags, struct hythe_attrs *out)
{
    struct getting g = {want, flags, out};

    return hy_do_at(vfs, (struct hy_paths){.path = path, .flags = HYTHE_CALL_OWN}, getattr_at, &g);
}

static int64_t setattr_at(struct hy_vfs *vfs, const struct hy_paths *paths, void *wanted)
{
    struct hythe_setattr_arg arg = *(struct hythe_setattr_arg *)wanted;
    struct hy_spot spot;
    struct hy_scene scene;
    int64_t r = hy_resolve(vfs, paths->path, &spot);

    if (r < 0)
        return r;
    if (!spot.point)
        return spot.fixed ? -EROFS : -ENOENT;
    r = hy_guard_size_of(vfs, &spot, arg.flags, arg.attrs);
    if (r < 0)
        return r;
    scene = hy_spot_scene(vfs, &spot, paths->flags);
    arg.path = spot.rel;
    r = hy_plain(hy_set_path(vfs, &scene, &arg));
    return spot.above && lacks(r) ? -EROFS : r;
}

int64_t hy_vfs_setattr(struct hy_vfs *vfs, struct hy_name path, uint32_t flags, const struct hythe_attrs *attrs)
{
    struct hythe_setattr_arg arg = {.flags = flags, .attrs = attrs};

    return hy_do_at(vfs, (struct hy_paths){.path = path}, setattr_at, &arg);
}

static int64_t statfs_at(struct hy_vfs *vfs, const struct hy_paths *paths, void *out)
{
    struct hythe_statfs_arg arg = {.out = out};
    struct hy_spot spot;
    struct hy_scene scene;
    int64_t r = hy_resolve(vfs, paths->path, &spot);

    if (r < 0)
        return r;
    *arg.out = (struct hythe_statfs){.struct_size = sizeof *arg.out};
    if (!spot.point && !spot.fixed)
        return -ENOENT;
    if (spot.point) {
        scene = hy_spot_scene(vfs, &spot, paths->flags);
        arg.path = spot.rel;
        r = hy_plain(hy_do_statfs(&scene, &arg));
    }
    if (!spot.point || (spot.above && lacks(r))) {
        hy_made_up_statfs(out);
        return 0;
    }
    return r;
}

int64_t hy_vfs_statfs(struct hy_vfs *vfs, struct hy_name path, struct hythe_statfs *out)
{
    return hy_do_at(vfs, (struct hy_paths){.path = path}, statfs_at, out);
}

/* ---- One path ---- */

static int64_t busy(struct hy_vfs *vfs)
{
    return hy_refuse(vfs, -EBUSY, "the server keeps this directory in place");
}

/* What an operation works on: 0, or the answer that needs no store. `kept` is the answer about a directory that the
 * server keeps in place; -EEXIST is that of an operation which makes something. */
static int64_t find(struct hy_vfs *vfs, const struct hy_paths *paths, int64_t kept, struct hy_spot *spot,
                    struct hy_scene *scene)
{
    int64_t r = hy_resolve(vfs, paths->path, spot);

    if (r < 0)
        return r;
    if (spot->fixed)
        return kept == -EBUSY ? busy(vfs) : kept;
    if (!spot->point)
        return kept == -EEXIST ? hy_made(vfs, spot, -ENOENT) : -ENOENT;
    *scene = hy_spot_scene(vfs, spot, paths->flags);
    return 0;
}

/* ---- Links ---- */

static int64_t readlink_at(struct hy_vfs *vfs, const struct hy_paths *paths, void *wanted)
{
    struct hythe_readlink_arg arg = *(struct hythe_readlink_arg *)wanted;
    struct hy_spot spot;
    struct hy_scene scene;
    int64_t r = find(vfs, paths, -EINVAL, &spot, &scene);

    if (r < 0)
        return r;
    arg.path = spot.rel;
    r = hy_do_readlink(&scene, &arg);
    if (r > 0 && (uint64_t)r > arg.len)
        return hy_blame(vfs, scene.chain, HYTHE_OP_readlink, "readlink answered more than it was asked for");
    return r;
}

int64_t hy_vfs_readlink(struct hy_vfs *vfs, struct hy_name path, char *buf, size_t len)
{
    struct hythe_readlink_arg arg = {.buf = buf, .len = len};

    return hy_do_at(vfs, (struct hy_paths){.path = path}, readlink_at, &arg);
}

static int64_t symlink_at(struct hy_vfs *vfs, const struct hy_paths *paths, void *text)
{
    struct hythe_symlink_arg arg = {.target = text};
    struct hy_spot spot;
    struct hy_scene scene;
    int64_t r = find(vfs, paths, -EEXIST, &spot, &scene);

    if (r < 0)
        return r;
    arg.path = spot.rel;
    return hy_made(vfs, &spot, hy_plain(hy_do_symlink(&scene, &arg)));
}

int64_t hy_vfs_symlink(struct hy_vfs *vfs, struct hy_name path, struct hy_name target)
{
    char text[HY_PATH_MAX];

    if (!target.len)
        return -ENOENT;
    if (target.len >= sizeof text)
        return -ENAMETOOLONG;
    if (memchr(target.p, '\0', target.len))
        return -EINVAL;
    memcpy(text, target.p, target.len);
    text[target.len] = '\0';
    return hy_do_at(vfs, (struct hy_paths){.path = path}, symlink_at, text);
}

/* ---- Two paths ---- */

static int64_t resolve_both(struct hy_vfs *vfs, const struct hy_paths *paths, struct hy_spot *a, struct hy_spot *b)
{
    int64_t r = hy_resolve(vfs, paths->path, a);

    if (r == 0)
        r = hy_resolve(vfs, paths->to, b);
    if (r < 0)
        return r;
    if (!a->point && !a->fixed)
        return -ENOENT;
    return 0;
}

static int64_t link_at(struct hy_vfs *vfs, const struct hy_paths *paths, void *none)
{
    struct hythe_link_arg arg;
    struct hy_spot a, b;
    struct hy_scene scene;
    int64_t r = resolve_both(vfs, paths, &a, &b);

    (void)none;
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
    scene = hy_spot_scene(vfs, &a, paths->flags);
    arg = (struct hythe_link_arg){.from = a.rel, .to = b.rel};
    return hy_made(vfs, &b, hy_plain(hy_do_link(&scene, &arg)));
}

int64_t hy_vfs_link(struct hy_vfs *vfs, struct hy_name from, struct hy_name to)
{
    return hy_do_at(vfs, (struct hy_paths){.path = from, .to = to}, link_at, NULL);
}

static int64_t rename_at(struct hy_vfs *vfs, const struct hy_paths *paths, void *flags)
{
    struct hythe_rename_arg arg = {.flags = *(uint32_t *)flags};
    struct hy_spot a, b;
    struct hy_scene scene;
    int64_t r = resolve_both(vfs, paths, &a, &b);

    if (r < 0)
        return r;
    if (a.fixed || b.fixed)
        return busy(vfs);
    if (a.point != b.point)
        return hy_refuse(vfs, -EXDEV, "the two names lie in different mounts");
    r = hy_guard_name(vfs, &a, HYTHE_NOFOLLOW, 0);
    if (r == 0 && (arg.flags & (HYTHE_RENAME_REPLACE | HYTHE_RENAME_NATIVE)))
        r = hy_guard_name(vfs, &b, HYTHE_NOFOLLOW, HYTHE_LOCK_DELETE);
    if (r < 0)
        return r;
    scene = hy_spot_scene(vfs, &a, paths->flags);
    arg.from = a.rel;
    arg.to = b.rel;
    return hy_made(vfs, &b, hy_plain(hy_do_rename(&scene, &arg)));
}

int64_t hy_vfs_rename(struct hy_vfs *vfs, struct hy_name from, struct hy_name to, uint32_t flags)
{
    return hy_do_at(vfs, (struct hy_paths){.path = from, .to = to}, rename_at, &flags);
}

/* ---- Making and removing ---- */

static int64_t unlink_at(struct hy_vfs *vfs, const struct hy_paths *paths, void *none)
{
    struct hythe_unlink_arg arg;
    struct hy_spot spot;
    struct hy_scene scene;
    int64_t r = find(vfs, paths, -EBUSY, &spot, &scene);

    (void)none;
    if (r == 0)
        r = hy_guard_name(vfs, &spot, HYTHE_NOFOLLOW, HYTHE_LOCK_DELETE);
    if (r < 0)
        return r;
    arg = (struct hythe_unlink_arg){.path = spot.rel};
    return hy_plain(hy_do_unlink(&scene, &arg));
}

int64_t hy_vfs_unlink(struct hy_vfs *vfs, struct hy_name path)
{
    return hy_do_at(vfs, (struct hy_paths){.path = path}, unlink_at, NULL);
}

static int64_t rmdir_at(struct hy_vfs *vfs, const struct hy_paths *paths, void *none)
{
    struct hythe_rmdir_arg arg;
    struct hy_spot spot;
    struct hy_scene scene;
    int64_t r = find(vfs, paths, -EBUSY, &spot, &scene);

    (void)none;
    if (r < 0)
        return r;
    arg = (struct hythe_rmdir_arg){.path = spot.rel};
    return hy_plain(hy_do_rmdir(&scene, &arg));
}

int64_t hy_vfs_rmdir(struct hy_vfs *vfs, struct hy_name path)
{
    return hy_do_at(vfs, (struct hy_paths){.path = path}, rmdir_at, NULL);
}

int64_t hy_vfs_unmake(struct hy_vfs *vfs, struct hy_name path, bool directory)
{
    const struct hy_paths paths = {.path = path, .flags = HYTHE_CALL_OWN};

    return hy_do_at(vfs, paths, directory ? rmdir_at : unlink_at, NULL);
}

struct making {
    const struct hythe_attrs *attrs;
    char *where; /* NULL: nobody asks */
};

static int64_t mkdir_at(struct hy_vfs *vfs, const struct hy_paths *paths, void *arg)
{
    const struct making *m = arg;
    struct hythe_mkdir_arg dir = {.attrs = m->attrs};
    struct hy_spot spot;
    struct hy_scene scene;
    int64_t r = find(vfs, paths, -EEXIST, &spot, &scene);

    if (r < 0)
        return r;
    if (m->where)
        memcpy(m->where, spot.path, strlen(spot.path) + 1);
    dir.path = spot.rel;
    return hy_made(vfs, &spot, hy_plain(hy_mkdir_with(vfs, &scene, &dir)));
}

int64_t hy_vfs_mkdir_where(struct hy_vfs *vfs, struct hy_name path, const struct hythe_attrs *attrs, char *where)
{
    struct making m = {attrs, where};

    return hy_do_at(vfs, (struct hy_paths){.path = path}, mkdir_at, &m);
}

int64_t hy_vfs_mkdir(struct hy_vfs *vfs, struct hy_name path, const struct hythe_attrs *attrs)
{
    return hy_vfs_mkdir_where(vfs, path, attrs, NULL);
}
