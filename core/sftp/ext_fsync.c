/* fsync@openssh.com. */
#include "core/sftp/reply.h"

int64_t hy_request_fsync(struct hy_engine *e, struct hy_request *rq)
{
    hy_handle h;
    int64_t r = hy_get_handle(rq, &h);

    if (r == 0)
        r = hy_vfs_fsync(e->vfs, h);
    return r < 0 ? r : 0;
}
