#include "core/sftp/out.h"

void hy_out_init(struct hy_out *out, size_t limit, size_t largest)
{
    size_t each = limit / 2 > largest ? limit / 2 : largest;

    *out = (struct hy_out){.limit = limit};
    hy_buf_init(&out->half[0], each);
    hy_buf_init(&out->half[1], each);
}

void hy_out_free(struct hy_out *out)
{
    hy_buf_free(&out->half[0]);
    hy_buf_free(&out->half[1]);
}

size_t hy_out_held(const struct hy_out *out)
{
    return hy_buf_len(&out->half[0]) + hy_buf_len(&out->half[1]);
}

/* A half that was shown or partly sent takes only what fits behind its bytes as it stands; a fresh one may grow. */
static bool fits(const struct hy_buf *b, size_t need, bool fixed)
{
    return need <= (fixed || b->off ? b->cap : b->max) - b->end;
}

bool hy_out_room(struct hy_out *out, size_t need)
{
    const struct hy_buf *now = &out->half[out->fill], *other = &out->half[!out->fill];
    bool front = hy_buf_len(other) == 0;

    if (front && hy_buf_len(now) == 0)
        return need <= now->max;
    if (need > now->max || need > out->limit || hy_out_held(out) > out->limit - need)
        return false;
    if (fits(now, need, front && out->lent))
        return true;
    if (!front)
        return false;
    out->fill = !out->fill;
    return true;
}

const uint8_t *hy_out_front(struct hy_out *out, size_t *len)
{
    const struct hy_buf *older = &out->half[!out->fill], *b = hy_buf_len(older) ? older : &out->half[out->fill];

    *len = hy_buf_len(b);
    if (*len == 0)
        return NULL;
    out->lent = true;
    return hy_buf_data(b);
}

void hy_out_sent(struct hy_out *out, size_t n)
{
    struct hy_buf *older = &out->half[!out->fill];

    hy_buf_consume(hy_buf_len(older) ? older : &out->half[out->fill], n);
    out->lent = false;
}

void hy_out_trim(struct hy_out *out)
{
    hy_buf_trim(&out->half[0], 0);
    hy_buf_trim(&out->half[1], 0);
}
