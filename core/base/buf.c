#include "core/base/buf.h"

#include <stdlib.h>
#include <string.h>

enum { HY_BUF_FIRST = 256 };

void hy_buf_init(struct hy_buf *b, size_t max)
{
    *b = (struct hy_buf){.max = max};
}

void hy_buf_free(struct hy_buf *b)
{
    free(b->data);
    b->data = NULL;
    b->off = b->end = b->cap = 0;
}

void hy_buf_reset(struct hy_buf *b)
{
    b->off = b->end = 0;
    b->failed = false;
}

void hy_buf_trim(struct hy_buf *b, size_t keep)
{
    if (b->end != b->off || b->cap <= keep)
        return;
    hy_buf_free(b);
}

static bool grow(struct hy_buf *b, size_t need)
{
    size_t cap = b->cap ? b->cap : HY_BUF_FIRST;
    uint8_t *data;

    if (cap > b->max)
        cap = b->max;
    while (cap < need)
        cap = cap > b->max / 2 ? b->max : cap * 2;
    data = realloc(b->data, cap);
    if (!data)
        return false;
    b->data = data;
    b->cap = cap;
    return true;
}

uint8_t *hy_buf_reserve(struct hy_buf *b, size_t len)
{
    size_t used = hy_buf_len(b);

    if (b->failed || len > b->max || used > b->max - len) {
        b->failed = true;
        return NULL;
    }
    if (len <= b->cap - b->end && b->data)
        return b->data + b->end;
    if (b->off && len <= b->cap - used) {
        memmove(b->data, b->data + b->off, used);
        b->off = 0;
        b->end = used;
        return b->data + b->end;
    }
    if (!grow(b, b->end + len > b->max ? b->max : b->end + len)) {
        b->failed = true;
        return NULL;
    }
    if (len > b->cap - b->end) {
        memmove(b->data, b->data + b->off, used);
        b->off = 0;
        b->end = used;
    }
    return b->data + b->end;
}

void hy_buf_commit(struct hy_buf *b, size_t len)
{
    b->end += len;
}

void hy_buf_consume(struct hy_buf *b, size_t len)
{
    b->off += len;
    if (b->off == b->end)
        b->off = b->end = 0;
}

void hy_buf_truncate(struct hy_buf *b, size_t len)
{
    if (len < hy_buf_len(b))
        b->end = b->off + len;
}

void hy_buf_put(struct hy_buf *b, const void *p, size_t len)
{
    uint8_t *to = hy_buf_reserve(b, len);

    if (to && len) {
        memcpy(to, p, len);
        b->end += len;
    }
}

void hy_buf_put_u8(struct hy_buf *b, uint8_t v)
{
    hy_buf_put(b, &v, 1);
}

void hy_buf_put_u32(struct hy_buf *b, uint32_t v)
{
    uint8_t *to = hy_buf_reserve(b, 4);

    if (to) {
        hy_put_be32(to, v);
        b->end += 4;
    }
}

void hy_buf_put_u64(struct hy_buf *b, uint64_t v)
{
    uint8_t *to = hy_buf_reserve(b, 8);

    if (to) {
        hy_put_be32(to, (uint32_t)(v >> 32));
        hy_put_be32(to + 4, (uint32_t)v);
        b->end += 8;
    }
}

void hy_buf_put_string(struct hy_buf *b, const void *p, size_t len)
{
    if (len > UINT32_MAX) {
        b->failed = true;
        return;
    }
    hy_buf_put_u32(b, (uint32_t)len);
    hy_buf_put(b, p, len);
}

void hy_buf_put_cstring(struct hy_buf *b, const char *s)
{
    hy_buf_put_string(b, s, strlen(s));
}

static const uint8_t *take(struct hy_reader *r, size_t len)
{
    const uint8_t *p = r->p;

    if (r->failed || len > hy_reader_left(r)) {
        r->failed = true;
        return NULL;
    }
    r->p += len;
    return p;
}

uint8_t hy_get_u8(struct hy_reader *r)
{
    const uint8_t *p = take(r, 1);

    return p ? *p : 0;
}

uint32_t hy_get_u32(struct hy_reader *r)
{
    const uint8_t *p = take(r, 4);

    return p ? hy_get_be32(p) : 0;
}

uint64_t hy_get_u64(struct hy_reader *r)
{
    const uint8_t *p = take(r, 8);

    return p ? (uint64_t)hy_get_be32(p) << 32 | hy_get_be32(p + 4) : 0;
}

const uint8_t *hy_get_string(struct hy_reader *r, size_t *len)
{
    const uint8_t *p;

    *len = hy_get_u32(r);
    p = take(r, *len);
    if (!p)
        *len = 0;
    return p;
}

struct hy_reader hy_get_part(struct hy_reader *r)
{
    size_t len;
    const uint8_t *p = hy_get_string(r, &len);

    return p ? hy_reader_of(p, len) : (struct hy_reader){.failed = true};
}

void hy_wipe(void *p, size_t len)
{
    if (len)
        explicit_bzero(p, len);
}
