/* Reading, writing and copying. Only the locks of the files concerned are taken. */
#include "memory.h"

#include <errno.h>

enum { COPY_MAX = 8 << 20 }; /* in one call, so that it stays short; the core asks again */

int64_t mem_op_read(const struct hythe_call *call, struct hythe_read_arg *arg)
{
    const struct mem_file *file = mem_file_of(call);
    size_t n;

    if (file->cursor)
        return -EISDIR;
    if (!(file->access & HYTHE_OPEN_READ))
        return -EBADF;
    if (arg->offset > INT64_MAX)
        return -EINVAL;
    mem_lock_read(file->node);
    n = mem_data_read(&file->node->data, arg->buf, arg->len, arg->offset);
    mem_unlock(file->node);
    return (int64_t)n;
}

/* Where a write begins; the node is locked. */
static int64_t begin(const struct mem_file *file, uint64_t offset, uint64_t len)
{
    if (file->access & HYTHE_OPEN_APPEND)
        offset = file->node->data.size;
    return offset > INT64_MAX || len > INT64_MAX - offset ? -EFBIG : (int64_t)offset;
}

int64_t mem_op_write(const struct hythe_call *call, struct hythe_write_arg *arg)
{
    const struct mem_file *file = mem_file_of(call);
    int64_t rc;

    if (!(file->access & HYTHE_OPEN_WRITE))
        return -EBADF;
    if (arg->len == 0)
        return 0;
    mem_lock_write(file->node);
    rc = begin(file, arg->offset, arg->len);
    if (rc >= 0)
        rc = mem_data_write(mem_store_of(call), &file->node->data, arg->buf, arg->len, (uint64_t)rc);
    if (rc == 0)
        file->node->mtime = file->node->ctime = mem_now();
    mem_unlock(file->node);
    return rc < 0 ? rc : (int64_t)arg->len;
}

int64_t mem_op_fsync(const struct hythe_call *call, struct hythe_fsync_arg *arg)
{
    (void)call;
    (void)arg;
    return 0; /* it is as stable as it will ever be */
}

static void lock_both(struct mem_node *from, struct mem_node *to)
{
    if (from == to) {
        mem_lock_write(to);
    } else if (from->number < to->number) {
        mem_lock_read(from);
        mem_lock_write(to);
    } else {
        mem_lock_write(to);
        mem_lock_read(from);
    }
}

static void unlock_both(struct mem_node *from, struct mem_node *to)
{
    mem_unlock(from);
    if (from != to)
        mem_unlock(to);
}

static int64_t copy_locked(const struct hythe_call *call, const struct hythe_copy_arg *arg, struct mem_node *from,
                           const struct mem_file *to)
{
    uint64_t whole = arg->len ? arg->len : UINT64_MAX, a = arg->offset, b, len;
    int64_t rc = begin(to, arg->target_offset, 0);

    if (rc < 0)
        return rc;
    b = (uint64_t)rc;
    if (from == to->node && (a < b ? b - a < whole : a - b < whole))
        return call->host->fail(call, -EINVAL, "a file can't be copied onto a part of itself");
    len = a < from->data.size ? from->data.size - a : 0;
    len = len < whole ? len : whole;
    len = len < COPY_MAX ? len : COPY_MAX;
    if (len > INT64_MAX - b)
        return -EFBIG;
    rc = mem_data_copy(mem_store_of(call), &from->data, a, &to->node->data, b, len);
    if (len)
        to->node->mtime = to->node->ctime = mem_now();
    return rc < 0 ? rc : (int64_t)len;
}

int64_t mem_op_copy(const struct hythe_call *call, struct hythe_copy_arg *arg)
{
    const struct mem_file *from = mem_file_of(call), *to = arg->target_slot;
    int64_t rc;

    if (from->cursor || to->cursor)
        return -EISDIR;
    if (!(from->access & HYTHE_OPEN_READ) || !(to->access & HYTHE_OPEN_WRITE))
        return -EBADF;
    if (arg->offset > INT64_MAX)
        return -EINVAL;
    lock_both(from->node, to->node);
    rc = copy_locked(call, arg, from->node, to);
    unlock_both(from->node, to->node);
    return rc;
}
