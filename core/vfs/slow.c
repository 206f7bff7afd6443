/* Mounts whose plugins wait for a network. Here it is told which paths and handles may meet one, so that they are left
 * to other threads than the session's, and kept apart what those threads share. */
#include "core/vfs/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Which ---- */

static bool serial(const struct hy_instance *layer)
{
    return layer->plugin.threads != HYTHE_PARALLEL;
}

static struct hy_pace pace_of_chain(const struct hy_chain *chain)
{
    struct hy_pace pace = {false, false};

    for (size_t i = 0; i < chain->layer_count; i++) {
        pace.slow |= (chain->layers[i]->plugin.flags & HYTHE_SLOW) != 0;
        pace.serial |= serial(chain->layers[i]);
    }
    return pace;
}

/* Whether the chains have a layer in common that takes one call at a time. */
static bool tied(const struct hy_chain *a, const struct hy_chain *b)
{
    for (size_t i = 0; i < a->layer_count; i++)
        for (size_t k = 0; k < b->layer_count; k++)
            if (a->layers[i] == b->layers[k] && serial(a->layers[i]))
                return true;
    return false;
}

static bool tied_to_a_slow_one(const struct hy_vfs *vfs, const struct hy_point *point)
{
    for (size_t i = 0; i < vfs->point_count; i++)
        if (vfs->points[i].pace.slow && tied(vfs->points[i].mount->chain, point->mount->chain))
            return true;
    return false;
}

/* A mount whose filter may have to wait until another mount's slow call is over is as slow. */
void hy_points_pace(struct hy_vfs *vfs)
{
    bool more = true;

    for (size_t i = 0; i < vfs->point_count; i++)
        vfs->points[i].pace = pace_of_chain(vfs->points[i].mount->chain);
    while (more) {
        more = false;
        for (size_t i = 0; i < vfs->point_count; i++) {
            struct hy_point *point = &vfs->points[i];

            if (point->pace.slow || !tied_to_a_slow_one(vfs, point))
                continue;
            point->pace.slow = more = true;
        }
    }
}

/* A mount that isn't slow is called with the lock held, in whatever thread: that it is serial doesn't matter then. */
static void add(struct hy_pace *to, const struct hy_point *point)
{
    to->slow |= point->pace.slow;
    to->serial |= point->pace.slow && point->pace.serial;
}

static void add_covering(const struct hy_vfs *vfs, struct hy_pace *to, const char *path)
{
    size_t at = hy_rows_covering(hy_vfs_rows(vfs), path);

    if (at != SIZE_MAX)
        add(to, &vfs->points[at]);
}

struct hy_pace hy_vfs_pace(const struct hy_vfs *vfs)
{
    struct hy_pace pace = {false, false};

    for (size_t i = 0; i < vfs->point_count; i++)
        add(&pace, &vfs->points[i]);
    return pace;
}

struct hy_pace hy_vfs_pace_of_path(const struct hy_vfs *vfs, struct hy_name path)
{
    struct hy_pace pace = {false, false};
    char normal[HY_PATH_MAX];
    size_t at;

    if (!path.p || hy_path_normalise(normal, vfs->home, path.p, path.len))
        return pace;
    at = hy_rows_covering(hy_vfs_rows(vfs), normal);
    if (at != SIZE_MAX && vfs->points[at].mount->chain->diverts) /* to wherever it likes */
        return hy_vfs_pace(vfs);
    if (at != SIZE_MAX)
        add(&pace, &vfs->points[at]);
    return pace;
}

struct hy_pace hy_pace_of_listing(const struct hy_vfs *vfs, const char *path)
{
    struct hy_pace pace = {false, false};
    char parent[HY_PATH_MAX];
    size_t len = hy_parent_len(path), first, end = hy_rows_below(hy_vfs_rows(vfs), path, strlen(path), &first);

    memcpy(parent, path, len);
    parent[len] = '\0';
    add_covering(vfs, &pace, path);
    add_covering(vfs, &pace, parent);
    for (size_t i = first; i < end; i++)
        add(&pace, &vfs->points[i]);
    return pace;
}

struct hy_pace hy_vfs_pace_of_handle(const struct hy_vfs *vfs, hy_handle h)
{
    const struct hy_file *file = hy_files_get(&vfs->files, h);

    return file ? file->pace : (struct hy_pace){false, false};
}

/* ---- Naming ---- */

static void describe(const char *path, const struct hy_chain *chain, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "\"%s\"", path);

    for (size_t i = 0; chain && i < chain->layer_count && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s %s", i ? "," : " in", chain->layers[i]->label);
}

void hy_vfs_describe_path(const struct hy_vfs *vfs, struct hy_name path, char *out, size_t size)
{
    char normal[HY_PATH_MAX];
    size_t at;

    out[0] = '\0';
    if (!path.p || hy_path_normalise(normal, vfs->home, path.p, path.len))
        return;
    at = hy_rows_covering(hy_vfs_rows(vfs), normal);
    describe(normal, at == SIZE_MAX ? NULL : vfs->points[at].mount->chain, out, size);
}

void hy_vfs_describe_handle(struct hy_vfs *vfs, hy_handle h, char *out, size_t size)
{
    const struct hy_file *file;

    out[0] = '\0';
    (void)pthread_mutex_lock(&vfs->files.lock);
    file = hy_files_get(&vfs->files, h);
    if (file)
        describe(file->facts.path, file->scene.chain, out, size);
    (void)pthread_mutex_unlock(&vfs->files.lock);
}

/* ---- Sharing ---- */

int hy_vfs_share(struct hy_vfs *vfs)
{
    struct hy_baton *baton = malloc(sizeof *baton);

    if (!baton)
        return -ENOMEM;
    (void)pthread_mutex_init(&baton->lock, NULL);
    (void)pthread_cond_init(&baton->attached, NULL);
    vfs->baton = baton;
    return 0;
}

void hy_vfs_unshare(struct hy_vfs *vfs)
{
    if (!vfs->baton)
        return;
    (void)pthread_cond_destroy(&vfs->baton->attached);
    (void)pthread_mutex_destroy(&vfs->baton->lock);
    free(vfs->baton);
    vfs->baton = NULL;
}

void hy_vfs_enter(struct hy_vfs *vfs)
{
    if (vfs->baton)
        (void)pthread_mutex_lock(&vfs->baton->lock);
}

void hy_vfs_leave(struct hy_vfs *vfs)
{
    if (vfs->baton)
        (void)pthread_mutex_unlock(&vfs->baton->lock);
}
