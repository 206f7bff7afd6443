#include "core/sftp/reply.h"
#include "core/sftp/trace.h"

#include <errno.h>

/* A store may give less than it was asked for. Where a client was promised all of it, the rest is asked for, until
 * nothing more comes: then the file *ended. A failure behind some bytes is left to the next READ. */
static int64_t read_whole(struct hy_engine *e, hy_handle h, uint8_t *p, size_t len, uint64_t offset, bool *ended)
{
    int64_t n = hy_vfs_read(e->vfs, h, p, len, offset), more = n;

    *ended = false;
    if (!e->dialect->whole_reads || n <= 0)
        return n;
    while (more > 0 && (size_t)n < len) {
        more = hy_vfs_read(e->vfs, h, p + n, len - (size_t)n, offset + (uint64_t)n);
        n += more > 0 ? more : 0;
    }
    *ended = more == 0;
    return n;
}

/* The store reads straight into the reply, behind room for its header. */
static int64_t read_into(struct hy_engine *e, uint32_t id, hy_handle h, uint64_t offset, size_t len)
{
    struct hy_buf *b = hy_out_buf(&e->out);
    uint8_t *p = hy_buf_reserve(b, HY_DATA_HEADER + len + HY_END_FLAG);
    size_t behind = e->dialect->end_flags ? HY_END_FLAG : 0;
    bool ended;
    int64_t n;

    if (!p) {
        b->failed = false;
        return -ENOMEM;
    }
    n = read_whole(e, h, p + HY_DATA_HEADER, len, offset, &ended);
    if (n < 0)
        return n == -EISDIR ? -EBADF : n; /* a handle of OPENDIR */
    if (n == 0 && len > 0)
        return HY_EOF;
    if (behind)
        p[HY_DATA_HEADER + n] = ended;
    hy_put_be32(p, (uint32_t)(n + (int64_t)behind) + HY_DATA_HEADER - 4);
    p[4] = SSH_FXP_DATA;
    hy_put_be32(p + 5, id);
    hy_put_be32(p + 9, (uint32_t)n);
    hy_buf_commit(b, HY_DATA_HEADER + (size_t)n + behind);
    if (hy_trace_on(e))
        hy_trace(e, "sent", p + 4, HY_DATA_HEADER - 4 + (size_t)n + behind, HY_DATA_HEADER - 4 + (size_t)n + behind);
    hy_vfs_moved(e->vfs, h, (uint64_t)n, 0, offset + (uint64_t)n);
    return HY_ANSWERED;
}

static size_t room_for(size_t len)
{
    len += HY_DATA_HEADER + HY_END_FLAG;
    return len > HY_ROOM_STATUS ? len : HY_ROOM_STATUS;
}

size_t hy_read_room(const struct hy_engine *e, struct hy_reader in)
{
    size_t len;

    (void)hy_get_string(&in, &len);
    (void)hy_get_u64(&in);
    len = hy_get_u32(&in);
    return room_for(len > e->max_data ? e->max_data : len);
}

/* A text file is read from where the last READ or WRITE of it ended, whatever the offset. */
static int64_t read_on(struct hy_engine *e, uint32_t id, hy_handle h, size_t len, uint64_t *place)
{
    size_t before = hy_buf_len(hy_out_buf(&e->out)),
           header = HY_DATA_HEADER + (e->dialect->end_flags ? HY_END_FLAG : 0);
    int64_t r = read_into(e, id, h, *place, len);

    if (r == HY_ANSWERED)
        *place += hy_buf_len(hy_out_buf(&e->out)) - before - header;
    return r;
}

/* A longer READ than ours is answered with what fits; one of no bytes with no bytes, so that EOF keeps its meaning. */
int64_t hy_request_read(struct hy_engine *e, struct hy_request *rq)
{
    hy_handle h = 0;
    int64_t r = hy_get_handle(rq, &h);
    uint64_t offset = hy_get_u64(&rq->in);
    size_t len = hy_get_u32(&rq->in);
    uint64_t *place;

    if (len > e->max_data)
        len = e->max_data;
    if (!hy_out_room(&e->out, room_for(len)))
        return HY_NO_ROOM;
    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    if (r < 0)
        return r;
    place = hy_vfs_text_place(e->vfs, h);
    return place ? read_on(e, rq->id, h, len, place) : read_into(e, rq->id, h, offset, len);
}
