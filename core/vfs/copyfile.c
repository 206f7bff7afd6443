#include "core/vfs/copyfile.h"

#include "core/vfs/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SHORT = 4 << 20 }; /* bytes */
enum { WANT = HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE | HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME };

static struct hy_name name_of(const char *path)
{
    return (struct hy_name){path, strlen(path)};
}

static int64_t same(struct hy_vfs *vfs)
{
    return hy_refuse(vfs, -EINVAL, "source and target are the same file");
}

/* ---- By the store ---- */

/* The store's copy is one call, which nobody can cancel who waits for it. One that is slow is called by another thread;
 * of the others only what is done soon is asked. */
static bool is_short(struct hy_vfs *vfs, const struct hy_spot *a)
{
    struct hythe_attrs attrs;

    if (a->point->pace.slow)
        return true;
    return hy_spot_getattr(vfs, a, HYTHE_ATTR_SIZE, 0, HYTHE_CALL_OWN, &attrs) == 0 && attrs.valid & HYTHE_ATTR_SIZE &&
           attrs.size <= SHORT;
}

/* A store's way is passed by where it would pass somebody by: a filter that watches, or a lock. */
static bool may_leave_it(struct hy_vfs *vfs, const struct hy_spot *a, const struct hy_spot *b)
{
    return a->point && a->point == b->point && !a->fixed && !b->fixed && a->point->mount->chain->copies_files &&
           !hy_locks_any(&vfs->locker) && is_short(vfs, a);
}

/* -ENOTSUP: not by the store. */
static int64_t by_store(struct hy_vfs *vfs, const struct hy_spot *a, const struct hy_spot *b, bool replace)
{
    struct hythe_copyfile_arg arg = {.from = a->rel, .to = b->rel, .flags = replace ? HYTHE_COPY_REPLACE : 0};
    struct hy_scene scene;
    int64_t r;

    if (!may_leave_it(vfs, a, b))
        return -ENOTSUP;
    scene = hy_spot_scene(vfs, a, 0);
    r = hy_plain(hy_do_copyfile(&scene, &arg));
    return r == -ENOSYS || r == -EXDEV ? -ENOTSUP : hy_made(vfs, b, r);
}

/* ---- Through the core ---- */

static int64_t open_own(struct hy_vfs *vfs, char path[HY_PATH_MAX], uint32_t access, const struct hythe_attrs *attrs,
                        hy_handle *h)
{
    int64_t r = hy_vfs_open(vfs, name_of(path), access, attrs, h);

    if (r < 0)
        return r;
    *h = hy_vfs_hide(vfs, *h);
    (void)snprintf(path, HY_PATH_MAX, "%s", hy_vfs_path(vfs, *h)); /* a layer may have led it elsewhere */
    return 0;
}

static int64_t open_source(struct hy_vfs *vfs, struct hy_copyfile *c)
{
    int64_t r = open_own(vfs, c->source, HYTHE_OPEN_READ, NULL, &c->from);

    if (r == 0)
        r = hy_vfs_flook(vfs, c->from, WANT, &c->attrs);
    if (r < 0)
        return r;
    if (c->attrs.valid & HYTHE_ATTR_TYPE && c->attrs.type != HYTHE_TYPE_REGULAR)
        return c->attrs.type == HYTHE_TYPE_DIRECTORY ? -EISDIR : -EACCES;
    c->left = c->attrs.valid & HYTHE_ATTR_SIZE && c->attrs.size ? c->attrs.size : INT64_MAX;
    return 0;
}

/* Two names that lead to one file of a store without identities. */
static bool one_path(struct hy_vfs *vfs, struct hy_name from, struct hy_name to)
{
    char a[HY_PATH_MAX], b[HY_PATH_MAX];
    int64_t x = hy_real(vfs, from, HY_REAL_EXISTS, HYTHE_CALL_OWN, a);
    int64_t y = hy_real(vfs, to, HY_REAL_EXISTS, HYTHE_CALL_OWN, b);

    return x > 0 && x == y && memcmp(a, b, (size_t)x) == 0;
}

/* What is there is emptied only once it is known not to be the source. */
static int64_t open_existing(struct hy_vfs *vfs, struct hy_copyfile *c)
{
    const struct hythe_attrs empty = {.struct_size = sizeof empty, .valid = HYTHE_ATTR_SIZE};
    int64_t r = open_own(vfs, c->target, HYTHE_OPEN_WRITE, NULL, &c->to);

    if (r < 0)
        return r;
    if (hy_same_file(vfs, c->from, c->to) || one_path(vfs, name_of(c->source), name_of(c->target)))
        return same(vfs);
    r = hy_vfs_fsetattr(vfs, c->to, &empty);
    if (r != -ENOTSUP && r != -ENOSYS)
        return r;
    (void)hy_vfs_close(vfs, c->to); /* a store that empties files only as it opens them */
    c->to = 0;
    return open_own(vfs, c->target, HYTHE_OPEN_WRITE | HYTHE_OPEN_TRUNCATE, NULL, &c->to);
}

static int64_t open_target(struct hy_vfs *vfs, struct hy_copyfile *c)
{
    struct hythe_attrs attrs = {.struct_size = sizeof attrs, .valid = c->attrs.valid & HYTHE_ATTR_MODE};
    struct hythe_attrs now;
    int64_t r = -ENOENT;

    attrs.mode = c->attrs.mode & 0777;
    if (c->replace)
        r = hy_vfs_look(vfs, name_of(c->target), HYTHE_ATTR_TYPE, 0, &now);
    if (r == 0)
        r = open_existing(vfs, c);
    if (r != -ENOENT || c->to)
        return r;
    hy_vfs_clear_error(vfs); /* nothing is there, or it is led to where nothing is */
    r = open_own(vfs, c->target, HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE | HYTHE_OPEN_EXCLUSIVE, &attrs, &c->to);
    c->made = r == 0;
    if (c->made)
        c->identity = hy_vfs_identity(vfs, c->to);
    return r == -EEXIST && c->replace ? open_existing(vfs, c) : r;
}

/* -ENOTSUP: not by the store; c has the names. */
static int64_t begin_at(struct hy_vfs *vfs, const struct hy_paths *paths, void *arg)
{
    struct hy_copyfile *c = arg;
    struct hy_spot a, b;
    int64_t r = hy_resolve(vfs, paths->path, &a);

    if (r == 0)
        r = hy_resolve(vfs, paths->to, &b);
    if (r < 0)
        return r;
    if (strcmp(a.path, b.path) == 0)
        return same(vfs);
    memcpy(c->source, a.path, strlen(a.path) + 1);
    memcpy(c->target, b.path, strlen(b.path) + 1);
    return by_store(vfs, &a, &b, c->replace);
}

int64_t hy_copyfile_begin(struct hy_vfs *vfs, struct hy_copyfile *c, struct hy_name from, struct hy_name to,
                          bool replace)
{
    int64_t r;

    *c = (struct hy_copyfile){.attrs = {.struct_size = sizeof c->attrs}, .replace = replace};
    r = hy_do_at(vfs, (struct hy_paths){.path = from, .to = to}, begin_at, c);
    if (r != -ENOTSUP)
        return r;
    r = open_source(vfs, c);
    if (r == 0)
        return 1;
    hy_copyfile_end(vfs, c);
    return r;
}

/* A copy without the permissions or times of its source is one nevertheless. The target's close has the last word. */
static int64_t complete(struct hy_vfs *vfs, struct hy_copyfile *c)
{
    static const uint32_t each[] = {HYTHE_ATTR_MODE, HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME};
    struct hythe_attrs attrs = c->attrs;
    int64_t r;

    attrs.mode &= 0777;
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        attrs.valid = c->attrs.valid & each[i];
        if (attrs.valid)
            (void)hy_vfs_fsetattr(vfs, c->to, &attrs);
    }
    hy_vfs_clear_error(vfs);
    r = hy_vfs_close(vfs, c->to);
    c->to = 0;
    c->made = c->made && r < 0;
    return r;
}

int64_t hy_copyfile_step(struct hy_vfs *vfs, struct hy_copyfile *c)
{
    int64_t r = c->to ? 0 : open_target(vfs, c);

    if (r == 0 && c->left)
        r = hy_vfs_copy(vfs, c->from, c->done, c->left, c->to, c->done);
    if (r < 0)
        return r;
    c->done += (uint64_t)r;
    c->left -= (uint64_t)r;
    return r && c->left ? 1 : complete(vfs, c);
}

/* ---- Giving up ---- */

enum { LOOK = HYTHE_ATTR_SIZE | HYTHE_ATTR_MTIME };

static bool look_by_name(struct hy_vfs *vfs, const char *path, struct hythe_attrs *attrs, struct hythe_identity *id)
{
    struct hythe_getattr_arg arg = {.want = LOOK, .flags = HYTHE_NOFOLLOW, .attrs = attrs, .identity = id};
    struct hy_spot spot;
    struct hy_scene scene;

    if (hy_resolve(vfs, name_of(path), &spot) < 0 || !spot.point)
        return false;
    scene = hy_spot_scene(vfs, &spot, HYTHE_CALL_OWN);
    scene.last_look = true;
    arg.path = spot.rel;
    return hy_do_getattr(&scene, &arg) >= 0;
}

/* After a close that failed the target had all bytes. */
static bool look_at_open(const struct hy_vfs *vfs, const struct hy_copyfile *c, struct hythe_attrs *attrs)
{
    const struct hy_file *file = hy_files_get(&vfs->files, c->to);
    struct hythe_fgetattr_arg arg = {.want = LOOK, .attrs = attrs};
    struct hy_scene scene;

    attrs->valid = HYTHE_ATTR_SIZE;
    attrs->size = c->done;
    if (!file)
        return true;
    scene = hy_own_scene(file);
    scene.last_look = true;
    attrs->valid = 0;
    return hy_do_fgetattr(&scene, &arg) >= 0;
}

static bool alike(const struct hythe_attrs *a, const struct hythe_attrs *b)
{
    uint32_t both = a->valid & b->valid;

    if (!(both & HYTHE_ATTR_SIZE) || a->size != b->size)
        return false;
    return !(both & HYTHE_ATTR_MTIME) || (a->mtime.sec == b->mtime.sec && a->mtime.nsec == b->mtime.nsec);
}

/* Whether the target's name still leads to the file that was made. Asked while that is open, if it is: its identity
 * can't have gone to another file then. */
static bool has_its_name(struct hy_vfs *vfs, const struct hy_copyfile *c)
{
    struct hythe_attrs named = {.struct_size = sizeof named}, open_one = {.struct_size = sizeof open_one};
    struct hythe_identity id = {0};

    if (!look_by_name(vfs, c->target, &named, &id))
        return false;
    if (c->identity.store)
        return hy_same_identity(&id, &c->identity);
    return look_at_open(vfs, c, &open_one) && alike(&named, &open_one);
}

void hy_copyfile_end(struct hy_vfs *vfs, struct hy_copyfile *c)
{
    if (c->made && has_its_name(vfs, c))
        (void)hy_vfs_unmake(vfs, name_of(c->target), false);
    if (c->to)
        hy_vfs_abort(vfs, c->to);
    if (c->from)
        (void)hy_vfs_close(vfs, c->from);
    c->from = c->to = 0;
    c->made = false;
}
