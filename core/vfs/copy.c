#include "core/vfs/session.h"

#include <errno.h>
#include <stdlib.h>

enum { BUFFER = 256 * 1024, SLICE = 4 * 1024 * 1024 };

bool hy_same_identity(const struct hythe_identity *a, const struct hythe_identity *b)
{
    return a->store && a->store == b->store && a->file[0] == b->file[0] && a->file[1] == b->file[1];
}

struct hythe_identity hy_vfs_identity(const struct hy_vfs *vfs, hy_handle h)
{
    const struct hy_file *file = hy_files_get(&vfs->files, h);

    return file ? file->facts.identity : (struct hythe_identity){0};
}

static bool same_file(const struct hy_file *a, const struct hy_file *b)
{
    return a == b || hy_same_identity(&a->facts.identity, &b->facts.identity);
}

bool hy_same_file(const struct hy_vfs *vfs, hy_handle a, hy_handle b)
{
    const struct hy_file *x = hy_files_get(&vfs->files, a), *y = hy_files_get(&vfs->files, b);

    return x && y && same_file(x, y);
}

/* A copy onto its own source would read what it wrote, in the worst case without an end. */
static bool overlaps(const struct hy_file *from, uint64_t offset, uint64_t len, const struct hy_file *to,
                     uint64_t to_offset)
{
    uint64_t apart = offset > to_offset ? offset - to_offset : to_offset - offset;

    if (!same_file(from, to))
        return false;
    return !len || apart < len || (to->facts.access & HYTHE_OPEN_APPEND);
}

/* By the store itself; -ENOSYS or the like when it can't for these two. */
static int64_t by_store(const struct hy_vfs *vfs, struct hy_file *from, uint64_t offset, uint64_t len,
                        struct hy_file *to, uint64_t to_offset)
{
    const struct hy_chain *chain = from->scene.chain;
    struct hythe_copy_arg arg = {.offset = offset, .len = len, .target_offset = to_offset, .target = &to->facts};
    int64_t r;

    if (!chain->copies || to->scene.attached != from->scene.attached || (to->facts.access & HYTHE_OPEN_APPEND))
        return -ENOSYS;
    arg.target_slot = to->slots[chain->layer_count - 1];
    r = hy_do_copy(&from->scene, &arg);
    if (r > 0 && (uint64_t)r > len)
        return hy_blame(vfs, chain, HYTHE_OP_copy, "copy answered more than it was asked for");
    return r;
}

/* Stops early, with what was copied so far, when a read or a write fails: the next slice meets the failure. */
static int64_t by_hand(struct hy_vfs *vfs, hy_handle from, uint64_t offset, uint64_t len, hy_handle to,
                       uint64_t to_offset)
{
    void *own = NULL, *buffer;
    uint64_t done = 0;
    int64_t r = 0;

    if (vfs->baton) /* somebody else may copy meanwhile */
        buffer = own = malloc(BUFFER);
    else
        buffer = vfs->copy_buffer = vfs->copy_buffer ? vfs->copy_buffer : malloc(BUFFER);
    if (!buffer)
        return -ENOMEM;
    while (done < len) {
        size_t n = len - done < BUFFER ? (size_t)(len - done) : BUFFER;

        r = -ECANCELED;
        if (!atomic_load(&vfs->report.cancelled))
            r = hy_vfs_read(vfs, from, buffer, n, offset + done);
        if (r > 0)
            r = hy_vfs_write(vfs, to, buffer, (size_t)r, to_offset + done);
        if (r <= 0)
            break;
        done += (uint64_t)r;
    }
    free(own);
    return r < 0 && (!done || r == -ECANCELED) ? r : (int64_t)done;
}

int64_t hy_vfs_copy(struct hy_vfs *vfs, hy_handle from, uint64_t offset, uint64_t len, hy_handle to, uint64_t to_offset)
{
    struct hy_file *a = hy_files_get(&vfs->files, from), *b = hy_files_get(&vfs->files, to);
    int64_t r;

    if (!a || !b)
        return -EBADF;
    if (a->directory || b->directory)
        return -EISDIR;
    if (!(a->facts.access & HYTHE_OPEN_READ) || !(b->facts.access & HYTHE_OPEN_WRITE))
        return -EACCES;
    if (overlaps(a, offset, len, b, to_offset))
        return hy_refuse(vfs, -EINVAL, "source and target of the copy overlap");
    if (!len || len > SLICE)
        len = SLICE;
    if (offset > INT64_MAX - len || to_offset > INT64_MAX - len)
        return -EFBIG;
    r = hy_guard_bytes(vfs, a, HYTHE_LOCK_READ, offset, len);
    if (r == 0)
        r = hy_guard_bytes(vfs, b, HYTHE_LOCK_WRITE, to_offset, len);
    if (r == 0)
        r = atomic_load(&vfs->report.cancelled) ? -ECANCELED : by_store(vfs, a, offset, len, b, to_offset);
    if (r == -ENOSYS || r == -ENOTSUP || r == -EXDEV)
        return by_hand(vfs, from, offset, len, to, to_offset);
    return r;
}
