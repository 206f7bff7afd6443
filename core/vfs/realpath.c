#include "core/vfs/session.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

bool hy_is_relative_normal(const char *path, int64_t len)
{
    if (len <= 0 || len >= HY_PATH_MAX || strnlen(path, (size_t)len + 1) != (size_t)len)
        return false;
    if (strcmp(path, ".") == 0)
        return true;
    while (*path) {
        size_t n = strcspn(path, "/");

        if (!n || (n == 1 && path[0] == '.') || (n == 2 && path[0] == '.' && path[1] == '.'))
            return false;
        path += n;
        if (*path && !*++path)
            return false;
    }
    return true;
}

static int64_t copy_out(char *out, const char *path)
{
    size_t n = strlen(path);

    memcpy(out, path, n + 1);
    return (int64_t)n;
}

/* A store's answer in the user's view. Where another mount hides what it names, the name that was asked for stays: the
 * canonical one would lead elsewhere. */
static int64_t to_view(struct hy_vfs *vfs, const struct hy_spot *spot, const char *found, char *out)
{
    if (hy_path_join(out, spot->point->root, found))
        return -ENAMETOOLONG;
    if (&vfs->points[hy_rows_covering(hy_vfs_rows(vfs), out)] != spot->point)
        return copy_out(out, spot->path);
    return (int64_t)strlen(out);
}

static int64_t existing(struct hy_vfs *vfs, const struct hy_spot *spot, uint32_t flags, char *out)
{
    char found[HY_PATH_MAX] = "";
    struct hythe_realpath_arg arg = {.path = spot->rel, .buf = found, .len = sizeof found};
    struct hy_scene scene;
    int64_t r = -ENOENT;

    if (spot->point) {
        scene = hy_spot_scene(vfs, spot, flags);
        r = hy_do_realpath(&scene, &arg);
        if (r >= 0 && !hy_is_relative_normal(found, r))
            return hy_blame(vfs, scene.chain, HYTHE_OP_realpath, "realpath answered no path relative to its base");
    }
    if (r >= 0)
        return to_view(vfs, spot, found, out);
    if (spot->above || (!spot->point && spot->fixed))
        return r == -ENOENT || r == -ENOTDIR ? copy_out(out, spot->path) : r;
    return r;
}

/* The last component may be missing: then its parent is resolved and the name added. */
static int64_t missing_last(struct hy_vfs *vfs, const struct hy_spot *spot, char *out)
{
    size_t parent_len = hy_parent_len(spot->path);
    char dir[HY_PATH_MAX];
    struct hy_spot parent;
    int64_t r = hy_resolve_normal(vfs, spot->path, parent_len, &parent);

    if (r == 0)
        r = existing(vfs, &parent, HYTHE_CALL_OWN, dir);
    if (r < 0)
        return r;
    r = hy_path_join(out, dir, hy_path_relative(spot->path, parent.path));
    return r < 0 ? r : (int64_t)strlen(out);
}

struct finding {
    enum hy_real how;
    char *out;
};

static int64_t realpath_at(struct hy_vfs *vfs, const struct hy_paths *paths, void *arg)
{
    const struct finding *f = arg;
    struct hy_spot spot;
    int64_t r = hy_resolve(vfs, paths->path, &spot);

    if (r < 0)
        return r;
    r = existing(vfs, &spot, paths->flags, f->out);
    if (r == -ENOENT && f->how == HY_REAL_LAST && !spot.fixed)
        return missing_last(vfs, &spot, f->out);
    return r;
}

static int64_t lexical(struct hy_vfs *vfs, struct hy_name path, char *out)
{
    int64_t r = hy_path_normalise(out, vfs->home, path.p, path.len);

    if (r < 0)
        return r;
    if (vfs->restricted && !hy_path_below(out, vfs->home))
        return hy_refuse(vfs, -EACCES, "outside the home directory");
    return (int64_t)strlen(out);
}

int64_t hy_real(struct hy_vfs *vfs, struct hy_name path, enum hy_real how, uint32_t flags, char *out)
{
    struct finding f = {how, out};

    if (how == HY_REAL_LEXICAL)
        return lexical(vfs, path, out);
    return hy_do_at(vfs, (struct hy_paths){.path = path, .flags = flags}, realpath_at, &f);
}

int64_t hy_vfs_realpath(struct hy_vfs *vfs, struct hy_name path, enum hy_real how, char *out)
{
    return hy_real(vfs, path, how, 0, out);
}
