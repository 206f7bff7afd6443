#include "core/sftp/summing.h"

static int64_t look(struct hy_engine *e, struct hy_summing *s)
{
    struct hythe_attrs attrs = HY_ATTRS_EMPTY;
    int64_t r = hy_vfs_flook(e->vfs, s->h, HYTHE_ATTR_SIZE, &attrs);

    s->known = r == 0 && attrs.valid & HYTHE_ATTR_SIZE && attrs.size <= INT64_MAX;
    s->size = s->known ? attrs.size : 0;
    return r;
}

int64_t hy_summing_by_handle(struct hy_engine *e, hy_handle h, struct hy_summing *s)
{
    *s = (struct hy_summing){.h = h};
    return look(e, s);
}

int64_t hy_summing_by_name(struct hy_engine *e, struct hy_name path, struct hy_summing *s)
{
    int64_t r;

    *s = (struct hy_summing){.own = true};
    r = hy_vfs_open(e->vfs, path, HYTHE_OPEN_READ, NULL, &s->h);
    if (r < 0)
        return hy_exact(e, path, r);
    s->h = hy_vfs_hide(e->vfs, s->h);
    r = look(e, s);
    if (r < 0)
        hy_summing_end(e, s);
    return r;
}

uint64_t hy_summing_clip(const struct hy_summing *s, uint64_t offset, uint64_t len)
{
    uint64_t there = offset < s->size ? s->size - offset : 0;

    return s->known && len > there ? there : len;
}

void hy_summing_end(struct hy_engine *e, struct hy_summing *s)
{
    hy_sum_end(&s->sum);
    if (s->own)
        (void)hy_vfs_close(e->vfs, s->h);
}
