/* copy-data. It runs in slices between which the transport looks after the connection; later requests wait, so that
 * replies keep their order. Ranges of one file that overlap are refused by the vfs, which knows what is one file. */
#include "core/sftp/reply.h"

#include <errno.h>

/* "To the end" is the end as it is now: a copy that lands in its own source would never get there. */
static int64_t find_end(struct hy_engine *e, struct hy_copying *c)
{
    struct hythe_attrs attrs = HY_ATTRS_EMPTY;
    int64_t r = hy_vfs_fgetattr(e->vfs, c->from, HYTHE_ATTR_SIZE, &attrs);

    c->left = INT64_MAX;
    if (r < 0)
        return r;
    if (attrs.valid & HYTHE_ATTR_SIZE && attrs.size > 0)
        c->left = attrs.size > c->offset ? attrs.size - c->offset : 1; /* asks once, for the handles to be judged */
    return 0;
}

static int64_t get_copy(struct hy_request *rq, struct hy_copying *c)
{
    int64_t from = hy_get_handle(rq, &c->from), to;

    c->offset = hy_get_u64(&rq->in);
    c->left = hy_get_u64(&rq->in);
    to = hy_get_handle(rq, &c->to);
    c->to_offset = hy_get_u64(&rq->in);
    c->id = rq->id;
    c->to_eof = c->left == 0;
    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    return from < 0 ? from : to;
}

static bool too_far(uint64_t offset, uint64_t len)
{
    return offset > INT64_MAX || len > (uint64_t)INT64_MAX - offset;
}

int64_t hy_request_copy_data(struct hy_engine *e, struct hy_request *rq)
{
    struct hy_copying c = {.active = true};
    int64_t r = get_copy(rq, &c);

    if (r < 0)
        return r;
    if (too_far(c.offset, c.left) || too_far(c.to_offset, c.left))
        return -EINVAL;
    if (c.to_eof) {
        r = find_end(e, &c);
        if (r < 0)
            return r;
    }
    e->copying = c;
    return HY_LATER;
}

/* A source that ends before the asked length is EOF, as OpenSSH's server answers. */
void hy_copy_work(struct hy_engine *e)
{
    struct hy_copying *c = &e->copying;
    int64_t n = hy_vfs_copy(e->vfs, c->from, c->offset, c->left, c->to, c->to_offset);

    if (n > 0 && (uint64_t)n > c->left)
        n = -EIO;
    if (n > 0) {
        hy_journal_moved(e->journal, c->from, (uint64_t)n, 0);
        hy_journal_moved(e->journal, c->to, 0, (uint64_t)n);
        c->offset += (uint64_t)n;
        c->to_offset += (uint64_t)n;
        c->left -= (uint64_t)n;
        if (c->left)
            return;
        n = 0;
    } else if (n == 0 && !c->to_eof) {
        n = HY_EOF;
    }
    c->active = false;
    hy_reply_status(e, c->id, n);
}
