/* space-available. */
#include "core/sftp/reply.h"

static uint64_t bytes(uint64_t blocks, uint64_t each)
{
    return each && blocks > UINT64_MAX / each ? UINT64_MAX : blocks * each;
}

int64_t hy_request_space_available(struct hy_engine *e, struct hy_request *rq)
{
    struct hythe_statfs s = {.struct_size = sizeof s};
    struct hy_name path = hy_get_path(rq);
    uint64_t each, kept;
    struct hy_buf *b;
    int64_t r;

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    r = hy_exact(e, path, hy_vfs_statfs(e->vfs, path, &s));
    if (r < 0)
        return r;
    each = s.frsize ? s.frsize : s.bsize;
    kept = s.bfree > s.bavail ? s.bfree - s.bavail : 0; /* for others than this user */
    b = hy_reply_begin(e, SSH_FXP_EXTENDED_REPLY, rq->id);
    hy_buf_put_u64(b, bytes(s.blocks, each));
    hy_buf_put_u64(b, bytes(s.bfree, each));
    hy_buf_put_u64(b, bytes(s.blocks > kept ? s.blocks - kept : 0, each));
    hy_buf_put_u64(b, bytes(s.bavail, each));
    hy_buf_put_u32(b, each > UINT32_MAX ? UINT32_MAX : (uint32_t)each);
    return hy_reply_end(e);
}
