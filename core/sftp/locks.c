/* BLOCK and UNBLOCK: locks of ranges of an open file, which the vfs keeps. */
#include "core/sftp/reply.h"

#include <errno.h>

/* The bits of a mask as the vfs has them. */
static int64_t kind_of(uint32_t mask, uint32_t *kind)
{
    static const struct {
        uint32_t flag, kind;
    } rows[] = {
        {SSH_FXF_BLOCK_READ, HYTHE_LOCK_READ},
        {SSH_FXF_BLOCK_WRITE, HYTHE_LOCK_WRITE},
        {SSH_FXF_BLOCK_DELETE, HYTHE_LOCK_DELETE},
        {SSH_FXF_BLOCK_ADVISORY, HYTHE_LOCK_ADVISORY},
    };

    *kind = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (mask & rows[i].flag)
            *kind |= rows[i].kind;
        mask &= ~rows[i].flag;
    }
    return mask ? -EINVAL : 0;
}

int64_t hy_request_block(struct hy_engine *e, struct hy_request *rq)
{
    hy_handle h = 0;
    int64_t r = hy_get_handle(rq, &h), k;
    uint64_t offset = hy_get_u64(&rq->in), len = hy_get_u64(&rq->in);
    uint32_t kind;

    k = kind_of(hy_get_u32(&rq->in), &kind);
    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    if (r == 0)
        r = k;
    if (r == 0)
        r = hy_vfs_lock(e->vfs, h, offset, len, kind);
    return hy_journal(e, r, "block \"%s\"", hy_journal_path(e, h));
}

int64_t hy_request_unblock(struct hy_engine *e, struct hy_request *rq)
{
    hy_handle h = 0;
    int64_t r = hy_get_handle(rq, &h);
    uint64_t offset = hy_get_u64(&rq->in), len = hy_get_u64(&rq->in);

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    if (r == 0)
        r = hy_vfs_unlock(e->vfs, h, offset, len);
    return hy_journal(e, r, "unblock \"%s\"", hy_journal_path(e, h));
}
