#include "core/vfs/session.h"

#include <errno.h>
#include <string.h>

static int fill(const struct hy_vfs *vfs, const struct hy_spot *spot, struct hy_where *out)
{
    char full[HY_PATH_MAX];
    const char *base;

    out->above = spot->above;
    out->fixed = spot->fixed;
    if (!spot->point)
        return 0;
    if (hy_point_base(vfs, spot->point, full, &base))
        return -ENAMETOOLONG;
    out->mount = spot->point->mount;
    out->own = spot->point->own;
    memcpy(out->base, base, strlen(base) + 1);
    memcpy(out->rel, spot->rel, strlen(spot->rel) + 1);
    return 0;
}

int hy_vfs_where(struct hy_tree *tree, const struct hy_view *view, const char *user, struct hy_name path,
                 struct hy_where *out, struct hy_err *err)
{
    static const struct hy_log silence;
    const struct hythe_session session = {
        .size = sizeof session, .user = user, .home = "", .address = "", .client_id = "", .group = ""};
    struct hy_vfs *vfs = hy_vfs_bare(tree, view, &session, &silence, err);
    struct hy_spot spot;
    int rc;

    if (!vfs)
        return -1;
    memset(out, 0, sizeof *out);
    rc = hy_path_normalise(spot.path, vfs->home, path.p, path.len);
    if (rc == 0) {
        memcpy(out->path, spot.path, strlen(spot.path) + 1);
        out->outside = !hy_locate(vfs, &spot);
        rc = out->outside ? 0 : fill(vfs, &spot, out);
    }
    hy_vfs_free(vfs);
    return rc ? hy_err_set(err, "the path: %s", strerrordesc_np(-rc)) : 0;
}
