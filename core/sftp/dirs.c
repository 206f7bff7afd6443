/* READDIR: one bounded NAME at a time, straight from the store's entries. */
#include "core/sftp/reply.h"

#include <errno.h>
#include <string.h>

struct listing {
    struct hy_engine *e;
    struct hy_buf *out;
    size_t left; /* bytes that entries may still take */
    uint32_t count;
    int64_t most; /* entries; 0: as many as fit */
};

/* A name that is longer than any path is left out: it could never be asked for. */
static int emit(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    struct listing *l = ctx;
    const struct hy_dialect *d = l->e->dialect;
    size_t len = strlen(name), before = hy_buf_len(l->out);

    if (len >= HY_PATH_MAX)
        return 0;
    if (l->count && l->count == l->most)
        return -ENOBUFS;
    if (!d->put_entry(d, l->out, l->left, &l->e->line, name, len, attrs))
        return l->out->failed ? -ENOMEM : -ENOBUFS;
    l->left -= hy_buf_len(l->out) - before;
    l->count++;
    return 0;
}

/* An empty NAME would send clients round for ever: entries that were left out are followed by more, or by EOF. */
static int64_t fill(struct listing *l, hy_handle h)
{
    int64_t r;

    do
        r = hy_vfs_readdir(l->e->vfs, h, l->e->dialect->entry.attrs, emit, l);
    while (r > 0 && l->count == 0);
    return l->count > 0 && r != -ENOMEM ? 0 : r;
}

static int64_t most_entries(const struct hy_sftp_options *options)
{
    int64_t wish = options->list_wish ? atomic_load_explicit(options->list_wish, memory_order_relaxed) : 0;

    return wish ? wish : options->list_entries;
}

int64_t hy_request_readdir(struct hy_engine *e, struct hy_request *rq)
{
    struct listing l = {.e = e, .left = HY_LIST_MAX, .most = most_entries(&e->options)};
    size_t count_at;
    hy_handle h;
    int64_t r = hy_get_handle(rq, &h);

    if (r < 0)
        return r;
    hy_longname_begin(&e->line);
    l.out = hy_reply_begin(e, SSH_FXP_NAME, rq->id);
    count_at = hy_buf_len(l.out);
    hy_buf_put_u32(l.out, 0);
    r = fill(&l, h);
    if (r < 0 || l.count == 0) {
        hy_reply_drop(e);
        return r < 0 ? r : HY_EOF;
    }
    hy_put_be32(l.out->data + l.out->off + count_at, l.count);
    if (e->dialect->end_flags)
        hy_buf_put_u8(l.out, hy_vfs_listed(e->vfs, h));
    return hy_reply_end(e);
}
