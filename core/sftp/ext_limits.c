/* limits@openssh.com: what a client may send and ask for at once. */
#include "core/sftp/reply.h"

int64_t hy_request_limits(struct hy_engine *e, struct hy_request *rq)
{
    struct hy_buf *b = hy_reply_begin(e, SSH_FXP_EXTENDED_REPLY, rq->id);

    hy_buf_put_u64(b, (uint64_t)e->max_data + HY_OVERHEAD);
    hy_buf_put_u64(b, e->max_data);
    hy_buf_put_u64(b, e->max_data);
    hy_buf_put_u64(b, e->options.max_handles);
    return hy_reply_end(e);
}
