/* BLOCK and UNBLOCK. Nothing keeps such locks yet: what is well-formed is answered with OP_UNSUPPORTED. */
#include "core/sftp/reply.h"

#include <errno.h>

int64_t hy_request_block(struct hy_engine *e, struct hy_request *rq)
{
    const uint32_t known = SSH_FXF_BLOCK_READ | SSH_FXF_BLOCK_WRITE | SSH_FXF_BLOCK_DELETE | SSH_FXF_BLOCK_ADVISORY;
    hy_handle h = 0;
    int64_t r = hy_get_handle(rq, &h);
    uint64_t offset = hy_get_u64(&rq->in), len = hy_get_u64(&rq->in);
    uint32_t mask = hy_get_u32(&rq->in);

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    if (r < 0)
        return r;
    if (mask & ~known || offset > INT64_MAX || len > INT64_MAX - offset)
        return -EINVAL;
    return hy_vfs_access(e->vfs, h) ? -ENOTSUP : -EBADF;
}

int64_t hy_request_unblock(struct hy_engine *e, struct hy_request *rq)
{
    hy_handle h = 0;
    int64_t r = hy_get_handle(rq, &h);
    uint64_t offset = hy_get_u64(&rq->in), len = hy_get_u64(&rq->in);

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    if (r < 0)
        return r;
    if (offset > INT64_MAX || len > INT64_MAX - offset)
        return -EINVAL;
    return hy_vfs_access(e->vfs, h) ? -ENOTSUP : -EBADF;
}
