/* check-file-name and check-file-handle: sums of a file, one for all of a range or one for each block of it. What lies
 * behind the end of the file counts for nothing. */
#include "core/sftp/reply.h"
#include "core/sftp/summing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_LEAST = 256, SLICE = 1 << 20 };

struct checking {
    struct hy_summing of;
    const struct hy_algorithm *algorithm;
    uint64_t offset, left; /* of the range, from the block under way on */
    uint32_t block;        /* 0: the whole range is one */
    bool in_block;
    size_t used;
    uint8_t sums[HY_SUMS_MAX];
};

/* The first of the client's list that is known here. */
static const struct hy_algorithm *choose(const uint8_t *list, size_t len)
{
    const struct hy_algorithm *found = NULL;
    size_t at = 0;

    while (!found && at < len) {
        const uint8_t *comma = memchr(list + at, ',', len - at);
        size_t n = comma ? (size_t)(comma - list) - at : len - at;

        found = hy_algorithm_of((const char *)list + at, n);
        at += n + 1;
    }
    return found;
}

static int64_t too_many(struct hy_engine *e)
{
    return hy_vfs_fail(e->vfs, -E2BIG,
                       "the sums would not fit into a reply, which holds %d bytes of them; ask for a "
                       "shorter range or larger blocks",
                       HY_SUMS_MAX);
}

static int64_t reply(struct hy_engine *e, uint32_t id, const struct checking *c)
{
    struct hy_buf *b = hy_reply_begin(e, SSH_FXP_EXTENDED_REPLY, id);

    hy_buf_put_cstring(b, c->algorithm->name);
    hy_buf_put(b, c->sums, c->used);
    return hy_reply_end(e);
}

static bool begin_block(struct checking *c)
{
    uint64_t len = c->block && c->block < c->left ? c->block : c->left;

    if (c->block && !c->left)
        return false;
    hy_sum_range(&c->of.sum, c->offset, len);
    c->in_block = true;
    return true;
}

/* Behind the last block of a file whose size wasn't known there is an empty one, which is none. */
static int64_t end_block(struct hy_engine *e, struct checking *c, size_t len)
{
    const struct hy_sum *sum = &c->of.sum;

    c->in_block = false;
    if (sum->taken || !c->block) {
        if (len > sizeof c->sums - c->used)
            return too_many(e);
        memcpy(c->sums + c->used, sum->value, len);
        c->used += len;
    }
    c->offset += sum->taken;
    c->left = sum->ended || !c->block ? 0 : c->left - sum->taken;
    return 0;
}

static int64_t slice(struct hy_engine *e, uint32_t id, void *state)
{
    struct checking *c = state;
    size_t budget = SLICE;
    int64_t r;

    while (budget) {
        if (!c->in_block && !begin_block(c))
            return reply(e, id, c);
        r = hy_vfs_checksum(e->vfs, &c->of.sum, &budget);
        if (r > 0)
            r = end_block(e, c, (size_t)r);
        if (r < 0)
            return r;
        if (!c->in_block && !c->block)
            return reply(e, id, c);
    }
    return HY_LATER;
}

static void end(struct hy_engine *e, void *state)
{
    struct checking *c = state;

    hy_summing_end(e, &c->of);
    free(c);
}

/* Before anything is read: what can't be told isn't computed. */
static int64_t begin(struct hy_engine *e, struct checking *c)
{
    int64_t r;

    c->left = hy_summing_clip(&c->of, c->offset, c->left ? c->left : UINT64_MAX);
    if (c->block && c->of.known && c->left) {
        uint64_t blocks = (c->left - 1) / c->block + 1;

        if (blocks > sizeof c->sums / c->algorithm->len)
            return too_many(e);
    }
    r = hy_sum_begin(e->vfs, &c->of.sum, c->algorithm, c->of.h);
    c->of.sum.ask = c->of.sum.ask && c->of.known;
    return r;
}

struct fields {
    hy_handle h;
    struct hy_name path;
    const uint8_t *list;
    size_t list_len;
    uint64_t offset, len;
    uint32_t block;
};

static void get_rest(struct hy_request *rq, struct fields *f)
{
    f->list = hy_get_string(&rq->in, &f->list_len);
    f->offset = hy_get_u64(&rq->in);
    f->len = hy_get_u64(&rq->in);
    f->block = hy_get_u32(&rq->in);
}

static int64_t judge(struct hy_engine *e, const struct fields *f, const struct hy_algorithm **algorithm)
{
    if (f->block && f->block < BLOCK_LEAST)
        return hy_vfs_fail(e->vfs, -EINVAL, "a block size of %u bytes is below the least, %d", (unsigned)f->block,
                           BLOCK_LEAST);
    *algorithm = choose(f->list, f->list_len);
    return *algorithm ? 0
                      : hy_vfs_fail(e->vfs, -ENOTSUP,
                                    "none of these sums is known here: there are md5, sha1, "
                                    "sha224, sha256, sha384, sha512 and crc32");
}

static int64_t check(struct hy_engine *e, struct hy_request *rq, const struct fields *f, bool by_name)
{
    static const struct hy_task_of_slices task = {slice, end};
    const struct hy_algorithm *algorithm = NULL;
    int64_t r = rq->in.failed ? HY_BAD_MESSAGE : judge(e, f, &algorithm);
    struct checking *c = r < 0 ? NULL : calloc(1, sizeof *c);

    if (!c)
        return r < 0 ? r : -ENOMEM;
    r = by_name ? hy_summing_by_name(e, f->path, &c->of) : hy_summing_by_handle(e, f->h, &c->of);
    if (r < 0) {
        free(c);
        return r;
    }
    c->algorithm = algorithm;
    c->offset = f->offset;
    c->left = f->len;
    c->block = f->block;
    r = begin(e, c);
    if (r == 0)
        return hy_work_begin(e, rq, &task, c, c->of.h, c->left);
    end(e, c);
    return r;
}

int64_t hy_request_check_file_name(struct hy_engine *e, struct hy_request *rq)
{
    struct fields f = {.path = hy_get_path(rq)};
    int64_t r;

    get_rest(rq, &f);
    r = check(e, rq, &f, true);
    (void)hy_journal(e, r < 0 ? r : 0, "check-file-name \"%.*s\"", HY_SHOWN(f.path));
    return r;
}

int64_t hy_request_check_file_handle(struct hy_engine *e, struct hy_request *rq)
{
    struct fields f = {0};
    int64_t r = hy_get_handle(rq, &f.h);

    get_rest(rq, &f);
    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    return r < 0 ? r : check(e, rq, &f, false);
}
