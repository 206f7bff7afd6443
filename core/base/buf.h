/* A bounded byte buffer for building messages, and a reader for untrusted bytes. Both remember their first failure, so
 * that a sequence of puts or gets is checked once, at its end. Numbers are big-endian, as SSH has them. */
#ifndef HY_BASE_BUF_H
#define HY_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes [off, end) are the content. It grows on demand up to max and never beyond. */
struct hy_buf {
    uint8_t *data;
    size_t off, end, cap, max;
    bool failed; /* a put didn't fit or memory was short; puts do nothing until hy_buf_reset() */
};

void hy_buf_init(struct hy_buf *b, size_t max);
void hy_buf_free(struct hy_buf *b);  /* wipes nothing; see hy_wipe() for secrets */
void hy_buf_reset(struct hy_buf *b); /* empty, not failed, keeps its memory */
void hy_buf_trim(struct hy_buf *b, size_t keep); /* gives memory above `keep` bytes back when empty */

static inline size_t hy_buf_len(const struct hy_buf *b)
{
    return b->end - b->off;
}

static inline const uint8_t *hy_buf_data(const struct hy_buf *b)
{
    return b->data + b->off;
}

/* Room for `len` more bytes at the end: the address, or NULL (and failed). hy_buf_commit() makes them content. */
uint8_t *hy_buf_reserve(struct hy_buf *b, size_t len);
void hy_buf_commit(struct hy_buf *b, size_t len);
void hy_buf_consume(struct hy_buf *b, size_t len); /* drops from the front; len <= hy_buf_len() */
void hy_buf_truncate(struct hy_buf *b, size_t len); /* keeps the first len bytes of the content */

void hy_buf_put(struct hy_buf *b, const void *p, size_t len);
void hy_buf_put_u8(struct hy_buf *b, uint8_t v);
void hy_buf_put_u32(struct hy_buf *b, uint32_t v);
void hy_buf_put_u64(struct hy_buf *b, uint64_t v);
void hy_buf_put_string(struct hy_buf *b, const void *p, size_t len); /* uint32 length, then the bytes */
void hy_buf_put_cstring(struct hy_buf *b, const char *s);

static inline void hy_put_be32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static inline uint32_t hy_get_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Reads from borrowed bytes. After a get that ran past the end, `failed` is set and all gets answer 0 or NULL. */
struct hy_reader {
    const uint8_t *p, *end;
    bool failed;
};

static inline struct hy_reader hy_reader_of(const void *p, size_t len)
{
    return (struct hy_reader){(const uint8_t *)p, (const uint8_t *)p + len, false};
}

static inline size_t hy_reader_left(const struct hy_reader *r)
{
    return (size_t)(r->end - r->p);
}

uint8_t hy_get_u8(struct hy_reader *r);
uint32_t hy_get_u32(struct hy_reader *r);
uint64_t hy_get_u64(struct hy_reader *r);
/* A length-prefixed string: borrowed, not NUL-terminated. NULL only when failed; *len is then 0. */
const uint8_t *hy_get_string(struct hy_reader *r, size_t *len);

/* The same as a reader of its own, which has failed when r has. */
struct hy_reader hy_get_part(struct hy_reader *r);

/* Overwrites memory so that the compiler can't drop it. */
void hy_wipe(void *p, size_t len);

#endif
