/* Locks as a session meets them: which requests have to ask, and with what. As long as nobody has locked anything, a
 * READ or a WRITE costs one test of a number of the file, and what is done by name one of a number of the server. */
#include "core/vfs/session.h"

#include <errno.h>

static const struct hy_span all = {0, UINT64_MAX};

/* ---- By name ---- */

/* What a name leads to now. False when nobody can tell; the operation itself will say why. */
static bool look(struct hy_vfs *vfs, const struct hy_spot *spot, uint32_t flags, struct hythe_attrs *attrs,
                 struct hythe_identity *id)
{
    struct hythe_getattr_arg arg = {
        .path = spot->rel, .want = HYTHE_ATTR_SIZE, .flags = flags, .attrs = attrs, .identity = id};
    struct hy_scene scene = hy_spot_scene(vfs, spot, HYTHE_CALL_OWN);
    int64_t r;

    *attrs = (struct hythe_attrs){.struct_size = sizeof *attrs};
    *id = (struct hythe_identity){0};
    r = hy_do_getattr(&scene, &arg);
    vfs->report.text[0] = '\0';
    return r >= 0 && id->store;
}

int64_t hy_guard_name(struct hy_vfs *vfs, const struct hy_spot *spot, uint32_t flags, uint32_t what)
{
    struct hythe_identity id;
    struct hythe_attrs attrs;

    if (!hy_locks_any(&vfs->locker) || !look(vfs, spot, flags, &attrs, &id))
        return 0;
    if (hy_locks_dying(&vfs->locker, &id))
        return HY_DELETE_PENDING;
    return hy_locks_check(&vfs->locker, &id, NULL, what, all);
}

/* ---- Sizes ---- */

/* The bytes that come or go; all, when nobody knows how many there are. */
static struct hy_span between(const struct hythe_attrs *now, const struct hythe_attrs *attrs)
{
    uint64_t had = now->size, size = attrs->valid & HYTHE_ATTR_SIZE ? attrs->size : attrs->alloc;

    if (!(now->valid & HYTHE_ATTR_SIZE))
        return all;
    if (had == size || (had < size && !(attrs->valid & HYTHE_ATTR_SIZE)))
        return hy_span_of(0, 0);
    return had < size ? hy_span_of(had, size - had) : hy_span_of(size, had - size);
}

int64_t hy_guard_size_of(struct hy_vfs *vfs, const struct hy_spot *spot, uint32_t flags,
                         const struct hythe_attrs *attrs)
{
    struct hythe_identity id;
    struct hythe_attrs now;

    if (!(attrs->valid & HY_ATTRS_SIZES) || !hy_locks_any(&vfs->locker) || !look(vfs, spot, flags, &now, &id))
        return 0;
    return hy_locks_check(&vfs->locker, &id, NULL, HYTHE_LOCK_WRITE, between(&now, attrs));
}

static void size_of(struct hy_vfs *vfs, const struct hy_file *file, struct hythe_attrs *out)
{
    struct hythe_fgetattr_arg arg = {.want = HYTHE_ATTR_SIZE, .attrs = out};
    struct hy_scene scene = hy_own_scene(file);

    *out = (struct hythe_attrs){.struct_size = sizeof *out};
    if (hy_do_fgetattr(&scene, &arg) < 0)
        out->valid = 0;
    vfs->report.text[0] = '\0';
}

int64_t hy_guard_size(struct hy_vfs *vfs, struct hy_file *file, const struct hythe_attrs *attrs)
{
    struct hythe_attrs now;

    if (!(attrs->valid & HY_ATTRS_SIZES) || !file->hold.file || !hy_locks_any(&vfs->locker))
        return 0;
    size_of(vfs, file, &now);
    return hy_locks_check(&vfs->locker, &file->facts.identity, &file->hold, HYTHE_LOCK_WRITE, between(&now, attrs));
}

/* ---- Bytes ---- */

/* With APPEND bytes go to the end, wherever that is by then. */
int64_t hy_locked_bytes(struct hy_vfs *vfs, const struct hy_file *file, uint32_t what, uint64_t offset, uint64_t len)
{
    struct hy_span span = hy_span_of(offset, len);
    struct hythe_attrs now;

    if (what == HYTHE_LOCK_WRITE && (file->facts.access & HYTHE_OPEN_APPEND) && len) {
        size_of(vfs, file, &now);
        span = (struct hy_span){now.valid & HYTHE_ATTR_SIZE ? now.size : 0, UINT64_MAX};
    }
    return hy_hold_check(&file->hold, what, span);
}

/* ---- Opening ---- */

static bool locks(uint32_t access)
{
    return (access & (HYTHE_OPEN_LOCK_READ | HYTHE_OPEN_LOCK_WRITE | HYTHE_OPEN_LOCK_DELETE)) != 0;
}

static int64_t no_identity(struct hy_vfs *vfs)
{
    return hy_refuse(vfs, -ENOTSUP, "files can't be locked here: their store doesn't tell them apart");
}

/* Before an open that can't be taken back: what is emptied stays empty, what is deleted on close is deleted. */
static int64_t foresee(struct hy_vfs *vfs, const struct hy_spot *spot, struct hy_file *file)
{
    uint32_t access = file->facts.access;
    uint32_t flags = access & HYTHE_OPEN_NOFOLLOW ? HYTHE_NOFOLLOW : 0;
    struct hythe_identity id;
    struct hythe_attrs attrs;

    if (!(access & HYTHE_OPEN_DELETE_ON_CLOSE) &&
        !((access & HYTHE_OPEN_TRUNCATE) && (locks(access) || hy_locks_any(&vfs->locker))))
        return 0;
    if ((access & HYTHE_OPEN_EXCLUSIVE) || !look(vfs, spot, flags, &attrs, &id))
        return 0;
    return hy_hold_enter(&file->hold, &id, access);
}

/* Usually the name leads to what was foreseen, if anything was. */
static int64_t settle(struct hy_vfs *vfs, struct hy_file *file)
{
    const struct hythe_identity *id = &file->facts.identity;

    if (hy_hold_is(&file->hold, id))
        return 0;
    hy_hold_leave(&file->hold);
    if (!id->store)
        return locks(file->facts.access) ? no_identity(vfs) : 0;
    return hy_hold_enter(&file->hold, id, file->facts.access);
}

int64_t hy_locked_open(struct hy_vfs *vfs, const struct hy_spot *spot, struct hy_file *file, struct hythe_open_arg *arg)
{
    struct hythe_close_arg back = {.flags = HYTHE_CLOSE_ABORTED};
    int64_t r;

    if (!vfs->locker.table && locks(arg->access))
        return hy_refuse(vfs, -ENOTSUP, "this server has no locks");
    r = vfs->locker.table ? foresee(vfs, spot, file) : 0;
    if (r == 0)
        r = hy_open_with(vfs, &file->scene, arg);
    if (r >= 0 && vfs->locker.table) {
        r = settle(vfs, file);
        if (r < 0)
            (void)hy_do_close(&file->scene, &back);
    }
    if (r < 0)
        hy_hold_leave(&file->hold);
    return r;
}

/* ---- Locking ---- */

bool hy_vfs_has_locks(const struct hy_vfs *vfs)
{
    return vfs->locker.table != NULL;
}

/* A file that can be locked: 0 with *file. */
static int64_t lockable(struct hy_vfs *vfs, hy_handle h, struct hy_file **file)
{
    *file = hy_files_get(&vfs->files, h);
    if (!*file)
        return -EBADF;
    if (!vfs->locker.table)
        return hy_refuse(vfs, -ENOTSUP, "this server has no locks");
    if ((*file)->directory)
        return hy_refuse(vfs, -ENOTSUP, "a directory can't be locked");
    return (*file)->hold.file ? 0 : no_identity(vfs);
}

/* Section 8.8.1: without a length up to the end that the file has now. Behind the end that would be nothing: there the
 * lock is for all that will ever come. */
static struct hy_span span_for(struct hy_vfs *vfs, const struct hy_file *file, uint64_t offset, uint64_t len)
{
    struct hythe_attrs now;

    if (len)
        return hy_span_of(offset, len);
    size_of(vfs, file, &now);
    if ((now.valid & HYTHE_ATTR_SIZE) && now.size > offset)
        return hy_span_of(offset, now.size - offset);
    return (struct hy_span){offset, UINT64_MAX};
}

/* As the operations of plugins say it: 0 for what has no end. */
static uint64_t len_of(struct hy_span span)
{
    return span.last == UINT64_MAX ? 0 : span.last - span.first + 1;
}

/* A filter may be against it, a store may have locks of its own to keep. */
static int64_t lock_in_store(const struct hy_file *file, struct hy_span span, uint32_t kind)
{
    struct hythe_lock_arg arg = {.offset = span.first, .len = len_of(span), .kind = kind};
    int64_t r = hy_do_lock(&file->scene, &arg);

    return r == -ENOSYS ? 0 : r == -EAGAIN ? HY_RANGE_REFUSED : hy_plain(r);
}

static int64_t unlock_in_store(const struct hy_file *file, struct hy_span span)
{
    struct hythe_unlock_arg arg = {.offset = span.first, .len = len_of(span)};
    int64_t r = hy_do_unlock(&file->scene, &arg);

    return r == -ENOSYS || r == -ENOENT ? 0 : hy_plain(r);
}

int64_t hy_vfs_lock(struct hy_vfs *vfs, hy_handle h, uint64_t offset, uint64_t len, uint32_t kind)
{
    const uint32_t known = HYTHE_LOCK_READ | HYTHE_LOCK_WRITE | HYTHE_LOCK_DELETE | HYTHE_LOCK_ADVISORY;
    struct hy_file *file;
    struct hy_span span;
    int64_t r = lockable(vfs, h, &file);

    if (r < 0)
        return r;
    if (kind & ~known)
        return -EINVAL;
    span = span_for(vfs, file, offset, len);
    if (vfs->locker.held >= vfs->locker.max) /* from here on nobody else uses the session until the range is counted */
        return hy_refuse(vfs, HY_RANGE_REFUSED, "this session has as many ranges locked as it may (max_locks)");
    r = hy_hold_lock(&file->hold, offset, len, span, kind);
    if (r == 0) {
        r = lock_in_store(file, span, kind);
        if (r < 0)
            hy_hold_unlock(&file->hold, offset, len);
    }
    return r;
}

int64_t hy_vfs_unlock(struct hy_vfs *vfs, hy_handle h, uint64_t offset, uint64_t len)
{
    struct hy_file *file;
    struct hy_span span;
    int64_t r = lockable(vfs, h, &file);

    if (r < 0)
        return r;
    if (!hy_hold_find(&file->hold, offset, len, &span))
        return HY_RANGE_NOT_HELD;
    r = unlock_in_store(file, span);
    if (r == 0)
        hy_hold_unlock(&file->hold, offset, len);
    return r;
}
