/* statvfs@openssh.com and fstatvfs@openssh.com, version 2. */
#include "core/sftp/reply.h"

enum { FLAG_READ_ONLY = 1, FLAG_NO_SETUID = 2 };

static int64_t reply(struct hy_engine *e, uint32_t id, int64_t result, const struct hythe_statfs *s)
{
    const uint64_t flags =
        (s->read_only || e->options.read_only ? FLAG_READ_ONLY : 0) | (s->no_setuid ? FLAG_NO_SETUID : 0);
    const uint64_t fields[] = {s->bsize, s->frsize, s->blocks, s->bfree, s->bavail,  s->files,
                               s->ffree, s->favail, s->fsid,   flags,    s->name_max};
    struct hy_buf *b;

    if (result < 0)
        return result;
    b = hy_reply_begin(e, SSH_FXP_EXTENDED_REPLY, id);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        hy_buf_put_u64(b, fields[i]);
    return hy_reply_end(e);
}

int64_t hy_request_statvfs(struct hy_engine *e, struct hy_request *rq)
{
    struct hythe_statfs s = {.struct_size = sizeof s};
    struct hy_name path = hy_get_path(rq);

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    return reply(e, rq->id, hy_exact(e, path, hy_vfs_statfs(e->vfs, path, &s)), &s);
}

int64_t hy_request_fstatvfs(struct hy_engine *e, struct hy_request *rq)
{
    struct hythe_statfs s = {.struct_size = sizeof s};
    hy_handle h;
    int64_t r = hy_get_handle(rq, &h);

    return r < 0 ? r : reply(e, rq->id, hy_vfs_fstatfs(e->vfs, h, &s), &s);
}
