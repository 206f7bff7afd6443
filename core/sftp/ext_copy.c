/* copy-data, in slices. One handle isn't both ends; ranges of one file that overlap are refused by the vfs, which knows
 * what is one file. */
#include "core/sftp/reply.h"

#include <errno.h>
#include <stdlib.h>

struct copying {
    bool to_eof;
    hy_handle from, to;
    uint64_t offset, to_offset, left;
};

/* "To the end" is the end as it is now: a copy that lands in its own source would never get there. */
static int64_t find_end(struct hy_engine *e, struct copying *c)
{
    struct hythe_attrs attrs = HY_ATTRS_EMPTY;
    int64_t r = hy_vfs_flook(e->vfs, c->from, HYTHE_ATTR_SIZE, &attrs);

    c->left = INT64_MAX;
    if (r < 0)
        return r;
    if (attrs.valid & HYTHE_ATTR_SIZE && attrs.size > 0)
        c->left = attrs.size > c->offset ? attrs.size - c->offset : 1; /* asks once, for the handles to be judged */
    return 0;
}

static int64_t get_copy(struct hy_request *rq, struct copying *c)
{
    int64_t from = hy_get_handle(rq, &c->from), to;

    c->offset = hy_get_u64(&rq->in);
    c->left = hy_get_u64(&rq->in);
    to = hy_get_handle(rq, &c->to);
    c->to_offset = hy_get_u64(&rq->in);
    c->to_eof = c->left == 0;
    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    return from < 0 ? from : to;
}

static bool too_far(uint64_t offset, uint64_t len)
{
    return offset > INT64_MAX || len > (uint64_t)INT64_MAX - offset;
}

/* A source that ends before the asked length is EOF, as OpenSSH's server answers. */
static int64_t slice(struct hy_engine *e, uint32_t id, void *state)
{
    struct copying *c = state;
    int64_t n = hy_vfs_copy(e->vfs, c->from, c->offset, c->left, c->to, c->to_offset);

    (void)id;
    if (n > 0 && (uint64_t)n > c->left)
        n = -EIO;
    if (n <= 0)
        return n == 0 && !c->to_eof ? HY_EOF : n;
    c->offset += (uint64_t)n;
    c->to_offset += (uint64_t)n;
    hy_vfs_moved(e->vfs, c->from, (uint64_t)n, 0, c->offset);
    hy_vfs_moved(e->vfs, c->to, 0, (uint64_t)n, c->to_offset);
    c->left -= (uint64_t)n;
    return c->left ? HY_LATER : 0;
}

static void end(struct hy_engine *e, void *state)
{
    (void)e;
    free(state);
}

int64_t hy_request_copy_data(struct hy_engine *e, struct hy_request *rq)
{
    static const struct hy_task_of_slices task = {slice, end};
    struct copying c = {0}, *state;
    int64_t r = get_copy(rq, &c);

    if (r < 0)
        return r;
    if (c.from == c.to && hy_vfs_access(e->vfs, c.from))
        return hy_vfs_fail(e->vfs, -EINVAL, "source and target are the same handle");
    if (too_far(c.offset, c.left) || too_far(c.to_offset, c.left))
        return -EINVAL;
    if (c.to_eof) {
        r = find_end(e, &c);
        if (r < 0)
            return r;
    }
    state = malloc(sizeof *state);
    if (!state)
        return -ENOMEM;
    *state = c;
    return hy_work_begin(e, rq, &task, state, c.from, c.left);
}
