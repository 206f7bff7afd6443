#include "core/vfs/codepage.h"
#include "core/vfs/session.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- The mounts of a view ---- */

static struct hy_point point_at(const struct hy_vfs *vfs, const struct hy_mount *mount, const char *path, bool own)
{
    const char *root = vfs->restricted && hy_path_below(vfs->home, path) ? vfs->home : path;

    return (struct hy_point){.path = path, .root = root, .mount = mount, .own = own};
}

/* The mounts of the tree that lie in the user's root, or hold it. */
static void add_base(struct hy_vfs *vfs)
{
    const struct hy_mount *mounts = vfs->tree->base.items;
    struct hy_rows rows = hy_mounts_rows(&vfs->tree->base);
    size_t root_len = strlen(vfs->user_root), first, covering = hy_rows_covering(rows, vfs->user_root);
    size_t end = hy_rows_below(rows, vfs->user_root, root_len, &first);

    if (covering != SIZE_MAX)
        vfs->points[vfs->point_count++] = point_at(vfs, &mounts[covering], "/", false);
    for (size_t i = first; i < end; i++)
        vfs->points[vfs->point_count++] =
            point_at(vfs, &mounts[i], mounts[i].path + (root_len == 1 ? 0 : root_len), false);
}

/* An own mount takes its place in the view, from a mount of the tree if need be. */
static void add_own(struct hy_vfs *vfs, const struct hy_mount *mount)
{
    size_t at;

    if (!hy_rows_search(hy_vfs_rows(vfs), mount->path, strlen(mount->path), &at)) {
        memmove(vfs->points + at + 1, vfs->points + at, (vfs->point_count - at) * sizeof *vfs->points);
        vfs->point_count++;
    }
    vfs->points[at] = point_at(vfs, mount, mount->path, true);
}

int hy_points_build(struct hy_vfs *vfs)
{
    const struct hy_mounts *own = &vfs->tree->own;

    vfs->points = calloc(vfs->tree->base.count + own->count + 1, sizeof *vfs->points);
    if (!vfs->points)
        return -ENOMEM;
    add_base(vfs);
    for (size_t i = 0; i < own->count; i++)
        add_own(vfs, &own->items[i]);
    return 0;
}

/* ---- Attaching ---- */

static void detach_from(const struct hy_chain *chain, void **attached, size_t first)
{
    for (size_t i = first; i < chain->layer_count; i++)
        hy_instance_detach(chain->layers[i], attached[i]);
    free(attached);
}

/* The base as the layer calls it; NULL where it can't have such a name. */
static const char *base_for(const struct hy_chain *chain, size_t layer, const char *base, char *out)
{
    for (size_t i = 0; i < layer && base != out && base; i++)
        base = hy_codepage_inside(chain->layers[i], base, out);
    return base;
}

static int attach_layer(const struct hy_chain *chain, size_t layer, struct hythe_attach how, void **attached)
{
    char base[HY_PATH_MAX];

    how.base = base_for(chain, layer, how.base, base);
    return how.base ? hy_instance_attach(chain->layers[layer], &how, attached) : -ENOENT;
}

static int attach_layers(struct hy_vfs *vfs, const struct hy_point *point, struct hythe_attach *how, void **attached)
{
    const struct hy_chain *chain = point->mount->chain;
    const char *inside = strcmp(how->base, ".") == 0 ? "/" : how->base - 1; /* the base as the mount calls it */
    int said = point->refusal.said;

    how->view = point->root;
    for (size_t i = chain->layer_count; i-- > 0;) {
        int rc;

        how->origin = i < chain->outer ? point->root : inside;
        rc = attach_layer(chain, i, *how, &attached[i]);
        if (rc) {
            detach_from(chain, attached, i + 1);
            if (rc != said)
                hy_log(vfs->log, HY_LOG_INFO, vfs->session.id, "%s can't be attached for user %s at %s: %s",
                       chain->layers[i]->label, vfs->session.user, how->base, hy_err_reason(rc));
            return rc;
        }
    }
    return 0;
}

int hy_point_base(const struct hy_vfs *vfs, const struct hy_point *point, char *full, const char **base)
{
    if (hy_path_join(full, point->own ? "/" : vfs->user_root, hy_path_relative(point->root, "/")))
        return -ENAMETOOLONG;
    *base = hy_path_relative(full, point->mount->path);
    return 0;
}

static int attach(struct hy_vfs *vfs, struct hy_point *point)
{
    const struct hy_chain *chain = point->mount->chain;
    struct hythe_attach how = {.size = sizeof how, .session = &vfs->session};
    struct hy_report aside;
    char full[HY_PATH_MAX];
    void **attached;
    int rc;

    rc = hy_point_base(vfs, point, full, &how.base);
    if (rc)
        return rc;
    how.flags = vfs->restricted ? HYTHE_ATTACH_BENEATH : 0;
    attached = calloc(chain->layer_count, sizeof *attached);
    if (!attached)
        return -ENOMEM;
    hy_point_release(vfs, point, &aside);
    rc = attach_layers(vfs, point, &how, attached);
    hy_point_regain(vfs, point, &aside);
    if (rc)
        return rc;
    point->attached = attached;
    return 0;
}

static int64_t seconds(void)
{
    struct timespec now;

    return clock_gettime(CLOCK_MONOTONIC_COARSE, &now) == 0 ? now.tv_sec : 0;
}

/* Each request of a client leads here as long as a mount can't be attached. It gets the same answer for a second or
 * two, so that it fills neither the log nor the store's time. */
static int attach_again(struct hy_vfs *vfs, struct hy_point *point)
{
    enum { PAUSE = 2 };
    int rc = point->refusal.rc;

    if (rc && seconds() < point->refusal.until)
        return rc;
    rc = attach(vfs, point);
    point->refusal.rc = rc == -ECANCELED ? 0 : rc;
    point->refusal.said = rc;
    point->refusal.until = seconds() + PAUSE;
    return rc;
}

static void await_attach(struct hy_vfs *vfs, const struct hy_point *point)
{
    struct hy_report aside;

    hy_report_set_aside(&vfs->report, &aside);
    while (point->attaching)
        (void)pthread_cond_wait(&vfs->baton->attached, &vfs->baton->lock);
    hy_report_put_back(&vfs->report, &aside);
}

/* While a slow store is attached others may come and want the same. */
static int attach_once(struct hy_vfs *vfs, struct hy_point *point)
{
    int rc = 0;

    if (point->attaching)
        await_attach(vfs, point);
    if (point->attached)
        return 0;
    point->attaching = true;
    rc = attach_again(vfs, point);
    point->attaching = false;
    if (vfs->baton)
        (void)pthread_cond_broadcast(&vfs->baton->attached);
    return rc;
}

void hy_points_detach(struct hy_vfs *vfs)
{
    for (size_t i = vfs->point_count; i-- > 0;) {
        struct hy_point *point = &vfs->points[i];
        struct hy_report aside;

        if (!point->attached)
            continue;
        hy_point_release(vfs, point, &aside);
        detach_from(point->mount->chain, point->attached, 0);
        hy_point_regain(vfs, point, &aside);
        point->attached = NULL;
    }
}

/* ---- Paths ---- */

size_t hy_parent_len(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == path ? 1 : (size_t)(slash - path);
}

bool hy_locate(const struct hy_vfs *vfs, struct hy_spot *spot)
{
    struct hy_rows rows = hy_vfs_rows(vfs);
    size_t first, at;

    if (vfs->restricted && !hy_path_below(spot->path, vfs->home))
        return false;
    spot->above = hy_rows_below(rows, spot->path, strlen(spot->path), &first) > first;
    spot->fixed = spot->above || spot->path[1] == '\0';
    at = hy_rows_covering(rows, spot->path);
    spot->point = at == SIZE_MAX ? NULL : &vfs->points[at];
    spot->rel = ".";
    if (spot->point) {
        spot->rel = hy_path_relative(spot->path, spot->point->root);
        spot->fixed = spot->fixed || strcmp(spot->rel, ".") == 0;
    }
    return true;
}

/* spot->path is filled. */
static int64_t place(struct hy_vfs *vfs, struct hy_spot *spot)
{
    if (!hy_locate(vfs, spot))
        return hy_refuse(vfs, -EACCES, "outside the home directory");
    return !spot->point || spot->point->attached ? 0 : attach_once(vfs, spot->point);
}

int64_t hy_resolve(struct hy_vfs *vfs, struct hy_name name, struct hy_spot *spot)
{
    int rc = hy_path_normalise(spot->path, vfs->home, name.p, name.len);

    return rc ? rc : place(vfs, spot);
}

int64_t hy_resolve_normal(struct hy_vfs *vfs, const char *path, size_t len, struct hy_spot *spot)
{
    if (len >= sizeof spot->path)
        return -ENAMETOOLONG;
    memcpy(spot->path, path, len);
    spot->path[len] = '\0';
    return place(vfs, spot);
}

struct hy_scene hy_spot_scene(struct hy_vfs *vfs, const struct hy_spot *spot, uint32_t flags)
{
    return (struct hy_scene){.chain = spot->point->mount->chain,
                             .session = &vfs->session,
                             .report = &vfs->report,
                             .attached = spot->point->attached,
                             .baton = spot->point->pace.slow ? vfs->baton : NULL,
                             .flags = flags,
                             .vfs = vfs};
}
