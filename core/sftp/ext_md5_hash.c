/* md5-hash and md5-hash-handle of draft 05. With the sum of the first bytes a client asks whether it is worth while to
 * go on: when they are others than it has, the answer is an empty sum. */
#include "core/sftp/reply.h"
#include "core/sftp/summing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { QUICK = 2048, MD5 = 16, SLICE = 1 << 20 };

struct hashing {
    struct hy_summing of;
    uint64_t offset, left;
    bool quick; /* the first bytes are still to be compared */
    bool same_size;
    uint8_t wanted[MD5];
};

static int64_t reply(struct hy_engine *e, uint32_t id, const void *sum, size_t len)
{
    struct hy_buf *b = hy_reply_begin(e, SSH_FXP_EXTENDED_REPLY, id);

    hy_buf_put_cstring(b, "md5-hash");
    hy_buf_put_string(b, sum, len);
    return hy_reply_end(e);
}

/* Only the whole range may be asked of the store: the bytes of the quick check are read. */
static int64_t slice(struct hy_engine *e, uint32_t id, void *state)
{
    struct hashing *s = state;
    struct hy_sum *sum = &s->of.sum;
    size_t budget = SLICE;
    int64_t r = hy_vfs_checksum(e->vfs, sum, &budget);

    if (r == 0)
        return HY_LATER;
    if (r < 0)
        return r;
    if (!s->quick)
        return reply(e, id, sum->value, (size_t)r);
    if (!s->same_size || memcmp(sum->value, s->wanted, MD5) != 0)
        return reply(e, id, "", 0);
    s->quick = false;
    hy_sum_range(sum, s->offset, s->left);
    return HY_LATER;
}

static void end(struct hy_engine *e, void *state)
{
    struct hashing *s = state;

    hy_summing_end(e, &s->of);
    free(s);
}

struct fields {
    hy_handle h;
    struct hy_name path;
    uint64_t offset, len;
    const uint8_t *quick;
    size_t quick_len;
};

static void get_rest(struct hy_request *rq, struct fields *f)
{
    f->offset = hy_get_u64(&rq->in);
    f->len = hy_get_u64(&rq->in);
    f->quick = hy_get_string(&rq->in, &f->quick_len);
}

static int64_t begin(struct hy_engine *e, struct hashing *s, const struct fields *f)
{
    const struct hy_algorithm *md5 = hy_algorithm_of("md5", 3);
    int64_t r;

    if (!md5)
        return hy_vfs_fail(e->vfs, -ENOTSUP, "this system's libcrypto has no md5");
    s->offset = f->offset;
    s->left = hy_summing_clip(&s->of, f->offset, f->offset || f->len ? f->len : UINT64_MAX);
    s->quick = f->quick_len > 0;
    s->same_size = f->quick_len == MD5;
    if (s->same_size)
        memcpy(s->wanted, f->quick, MD5);
    r = hy_sum_begin(e->vfs, &s->of.sum, md5, s->of.h);
    s->of.sum.ask = s->of.sum.ask && s->of.known;
    hy_sum_range(&s->of.sum, s->offset, s->quick && s->left > QUICK ? QUICK : s->left);
    return r;
}

static int64_t hash(struct hy_engine *e, struct hy_request *rq, const struct fields *f, bool by_name)
{
    static const struct hy_task_of_slices task = {slice, end};
    struct hashing *s = calloc(1, sizeof *s);
    int64_t r;

    if (!s)
        return -ENOMEM;
    r = by_name ? hy_summing_by_name(e, f->path, &s->of) : hy_summing_by_handle(e, f->h, &s->of);
    if (r < 0) {
        free(s);
        return r;
    }
    r = begin(e, s, f);
    if (r == 0)
        return hy_work_begin(e, rq, &task, s, s->of.h, s->left);
    end(e, s);
    return r;
}

int64_t hy_request_md5_hash(struct hy_engine *e, struct hy_request *rq)
{
    struct fields f = {.path = hy_get_path(rq)};
    int64_t r;

    get_rest(rq, &f);
    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    r = hash(e, rq, &f, true);
    (void)hy_journal(e, r < 0 ? r : 0, "md5-hash \"%.*s\"", HY_SHOWN(f.path));
    return r;
}

int64_t hy_request_md5_hash_handle(struct hy_engine *e, struct hy_request *rq)
{
    struct fields f = {0};
    int64_t r = hy_get_handle(rq, &f.h);

    get_rest(rq, &f);
    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    return r < 0 ? r : hash(e, rq, &f, false);
}
