/* WRITE. Its data goes to the store as it comes in, so that a large packet needs no memory of ours; but where a layer
 * wants it whole it is left in the input until it is. */
#include "core/sftp/reply.h"
#include "core/sftp/trace.h"

#include <errno.h>
#include <stdio.h>

enum {
    PIECE_MIN = 4096, /* less is left for later, unless it is the rest */
    BLOCK = 4096      /* pieces end at multiples of it in the file */
};

/* A text file is written from where the last READ or WRITE of it ended, whatever the offset. */
static void go_on(struct hy_engine *e, struct hy_upload *u)
{
    const uint64_t *place = hy_vfs_text_place(e->vfs, u->to);

    if (place)
        u->offset = *place;
}

/* What was appended is no place to go on reading at. */
static void went_on(struct hy_engine *e, const struct hy_upload *u, size_t len)
{
    uint64_t *place = hy_vfs_text_place(e->vfs, u->to);

    if (place && !(hy_vfs_access(e->vfs, u->to) & HYTHE_OPEN_APPEND))
        *place = u->offset + len;
}

/* Reads the fields up to the data, of a frame of which `missing` bytes are not there yet. False: cut short. Bytes
 * behind the data are ignored, as in every request: clients that write the end of a file from a larger buffer send
 * them. */
static bool get_write(struct hy_engine *e, struct hy_request *rq, size_t missing, struct hy_upload *u)
{
    int64_t r = hy_get_handle(rq, &u->to);
    size_t there;
    uint32_t len;

    u->offset = hy_get_u64(&rq->in);
    len = hy_get_u32(&rq->in);
    if (rq->in.failed)
        return false;
    u->id = rq->id;
    if (r == 0)
        go_on(e, u);
    there = hy_reader_left(&rq->in) + missing;
    u->left = len < there ? len : there;
    u->behind = there - u->left;
    if (len > there)
        r = HY_BAD_MESSAGE;
    else if (r == 0 && u->offset > (uint64_t)INT64_MAX - len)
        r = -EFBIG;
    u->result = r;
    return true;
}

static int64_t put(struct hy_engine *e, struct hy_upload *u, const uint8_t *data, size_t len)
{
    int64_t r = hy_vfs_write(e->vfs, u->to, data, len, u->offset);

    if (r < 0)
        return r == -EISDIR ? -EBADF : r; /* a handle of OPENDIR */
    went_on(e, u, len);
    hy_vfs_moved(e->vfs, u->to, 0, len, u->offset + len);
    return 0;
}

int64_t hy_request_write(struct hy_engine *e, struct hy_request *rq)
{
    struct hy_upload u = {0};

    if (!get_write(e, rq, 0, &u))
        return HY_BAD_MESSAGE;
    return u.result < 0 ? u.result : put(e, &u, rq->in.p, u.left);
}

/* The reply comes when the last byte is there, perhaps while the output is lent: its room must be there before. */
static bool reserve_status(struct hy_engine *e)
{
    struct hy_buf *b;

    if (!hy_out_room(&e->out, HY_ROOM_STATUS))
        return false;
    b = hy_out_buf(&e->out);
    if (hy_buf_reserve(b, HY_ROOM_STATUS))
        return true;
    b->failed = false;
    return false;
}

size_t hy_upload_begin(struct hy_engine *e, const uint8_t *frame, size_t have, size_t len)
{
    struct hy_request rq = {0};
    struct hy_upload u = {.active = true};

    if (have < 5)
        return 0;
    rq.id = hy_get_be32(frame + 1);
    rq.in = hy_reader_of(frame + 5, have - 5);
    if (!get_write(e, &rq, len - have, &u) || u.left == 0 || hy_reader_left(&rq.in) < PIECE_MIN)
        return 0;
    if (hy_jobs_slow_handle(e, u.to) && hy_permitted(e, HY_REQUEST_write))
        return hy_jobs_begin(e, frame, have, len);
    if (hy_vfs_whole_writes(e->vfs, u.to) || !reserve_status(e))
        return 0;
    hy_vfs_clear_error(e->vfs);
    memset(e->given.unknown, 0, sizeof e->given.unknown); /* they point into an earlier packet */
    if (!hy_permitted(e, HY_REQUEST_write))
        u.result = hy_journal(e, -EACCES, "write refused");
    if (hy_trace_on(e))
        hy_trace(e, "received", frame, have, len);
    e->upload = u;
    e->upload_error[0] = '\0';
    return (size_t)(rq.in.p - frame);
}

/* After a failure the rest is swallowed. */
static size_t feed_data(struct hy_engine *e, const uint8_t *data, size_t len)
{
    struct hy_upload *u = &e->upload;
    size_t n = len < u->left ? len : u->left;

    if (u->result == 0 && n < u->left) {
        if (n < PIECE_MIN)
            return 0;
        n -= (size_t)((u->offset + n) % BLOCK) < n ? (size_t)((u->offset + n) % BLOCK) : 0;
    }
    if (u->result == 0) {
        u->result = put(e, u, data, n);
        if (u->result < 0)
            (void)snprintf(e->upload_error, sizeof e->upload_error, "%s", hy_vfs_error(e->vfs));
    }
    u->offset += n;
    u->left -= n;
    return n;
}

size_t hy_upload_feed(struct hy_engine *e, const uint8_t *data, size_t len)
{
    struct hy_upload *u = &e->upload;
    size_t n = u->left ? feed_data(e, data, len) : 0;
    size_t ignored = len - n < u->behind ? len - n : u->behind;

    if (u->left)
        return n;
    u->behind -= ignored;
    if (u->behind == 0) {
        u->active = false;
        if (u->result < 0) /* what else ran meanwhile may have left its own */
            (void)hy_vfs_fail(e->vfs, 0, "%s", e->upload_error);
        hy_reply_status(e, u->id, u->result);
    }
    return n + ignored;
}
