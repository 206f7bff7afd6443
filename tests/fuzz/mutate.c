/* Changes streams of requests as such, so that most of what comes out is understood and gets far. */
#include "core/base/buf.h"
#include "core/sftp/proto.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/shape.h"

#include <stdlib.h>
#include <string.h>

enum { FRAMES_MAX = 256, FRAME_BYTES = 1 << 16 };

struct dice {
    uint64_t state;
};

static uint32_t roll(struct dice *d, uint32_t sides)
{
    d->state ^= d->state << 13;
    d->state ^= d->state >> 7;
    d->state ^= d->state << 17;
    return (uint32_t)(d->state >> 16) % sides;
}

#define PICK(dice, list) ((list)[roll(dice, sizeof(list) / sizeof *(list))])

/* ---- Values ---- */

static const char *const some_paths[] = {"f",    "d",    "d/f",    "l",   "loop", "up",   "/",       "",      ".",
                                         "..",   "new",  "d/n",    "/f",  "g",    "l/x",  "~",       "~root", "d/.",
                                         "x//y", "\xff", "d/../f", "/d/", "né",   "up/x", "f/under", "*"};
static const char *const some_strings[] = {
    "",  "root", "tester@localhost", "nobody",     "1000",    "md5,sha1,crc32", "sha256", "3", "4",
    "6", "x",    "user.a",           "text/plain", "content", "\r\n",           "OWNER@"};
static const uint64_t some_numbers[] = {0,
                                        1,
                                        2,
                                        3,
                                        5,
                                        10,
                                        255,
                                        256,
                                        4095,
                                        4096,
                                        32768,
                                        65536,
                                        INT32_MAX,
                                        (uint64_t)INT32_MAX + 1,
                                        UINT32_MAX,
                                        (uint64_t)UINT32_MAX + 1,
                                        INT64_MAX,
                                        (uint64_t)INT64_MAX + 1,
                                        UINT64_MAX - 1,
                                        UINT64_MAX};

static uint64_t number(struct dice *d)
{
    return roll(d, 3) ? PICK(d, some_numbers) : roll(d, 1 << 20) & roll(d, 1 << 20);
}

static uint32_t flags(struct dice *d)
{
    uint32_t f = 0;

    for (unsigned n = roll(d, 5); n; n--)
        f |= UINT32_C(1) << roll(d, roll(d, 8) ? 12 : 32);
    return f;
}

/* Handles count up from 1 and take free slots. Of the most that were opened few are still open. */
static void put_handle(struct hy_buf *out, struct dice *d)
{
    hy_buf_put_u32(out, 8);
    hy_buf_put_u32(out, 3 + roll(d, roll(d, 4) ? 3 : 12)); /* the world itself had the first two */
    hy_buf_put_u32(out, roll(d, roll(d, 4) ? 2 : 5));
}

static void put_string(struct hy_buf *out, struct dice *d)
{
    uint32_t len = roll(d, roll(d, 8) ? 40 : 2000);

    if (roll(d, 3)) {
        hy_buf_put_cstring(out, PICK(d, some_strings));
        return;
    }
    hy_buf_put_u32(out, len);
    while (len--)
        hy_buf_put_u8(out, (uint8_t)roll(d, 256));
}

static void put_fields(struct hy_buf *out, struct dice *d, unsigned version, const char *fields, bool nanoseconds);

static void put_attrs(struct hy_buf *out, struct dice *d, unsigned version)
{
    uint32_t bits = 0, wanted = roll(d, 3) ? roll(d, 1 << 16) & roll(d, 1 << 16) : 0;

    for (size_t i = 0; i < fuzz_attr_count; i++)
        if (version >= fuzz_attrs[i].first && version <= fuzz_attrs[i].last)
            bits |= fuzz_attrs[i].bit & wanted;
    bits |= version > 3 ? wanted & SSH_FILEXFER_ATTR_SUBSECOND_TIMES : 0;
    bits |= roll(d, 6) ? 0 : SSH_FILEXFER_ATTR_EXTENDED;
    hy_buf_put_u32(out, bits);
    if (version > 3)
        hy_buf_put_u8(out, (uint8_t)(1 + roll(d, 9)));
    for (size_t i = 0; i < fuzz_attr_count; i++)
        if (version >= fuzz_attrs[i].first && version <= fuzz_attrs[i].last && bits & fuzz_attrs[i].bit)
            put_fields(out, d, version, fuzz_attrs[i].fields, bits & SSH_FILEXFER_ATTR_SUBSECOND_TIMES);
    if (bits & SSH_FILEXFER_ATTR_EXTENDED) {
        uint32_t pairs = roll(d, 4);

        hy_buf_put_u32(out, pairs);
        while (pairs--)
            put_fields(out, d, version, "ss", false);
    }
}

static void put_fields(struct hy_buf *out, struct dice *d, unsigned version, const char *fields, bool nanoseconds)
{
    for (; *fields; fields++)
        switch (*fields) {
        case 'b':
            hy_buf_put_u8(out, (uint8_t)roll(d, 5));
            break;
        case 'u':
            hy_buf_put_u32(out, (uint32_t)number(d));
            break;
        case 'f':
            hy_buf_put_u32(out, flags(d));
            break;
        case 's':
            put_string(out, d);
            break;
        case 'p':
            hy_buf_put_cstring(out, PICK(d, some_paths));
            break;
        case 'h':
            put_handle(out, d);
            break;
        case 'a':
            put_attrs(out, d, version);
            break;
        default:
            hy_buf_put_u64(out, number(d));
            if (*fields == 't' && nanoseconds)
                hy_buf_put_u32(out, roll(d, 1000000001));
        }
}

/* ---- Frames ---- */

static void put_request(struct hy_buf *out, struct dice *d, unsigned version)
{
    const struct fuzz_shape *shape = &fuzz_requests[roll(d, (uint32_t)fuzz_request_count)];
    size_t at = hy_buf_len(out);

    while (version < shape->first || version > shape->last)
        shape = &fuzz_requests[roll(d, (uint32_t)fuzz_request_count)];
    hy_buf_put_u32(out, 0);
    if (roll(d, 4)) {
        hy_buf_put_u8(out, shape->type);
        hy_buf_put_u32(out, roll(d, 1000));
        put_fields(out, d, version, shape->fields, false);
    } else {
        const struct fuzz_extension *x = &fuzz_extensions[roll(d, (uint32_t)fuzz_extension_count)];

        hy_buf_put_u8(out, SSH_FXP_EXTENDED);
        hy_buf_put_u32(out, roll(d, 1000));
        hy_buf_put_cstring(out, x->name);
        put_fields(out, d, version, x->fields, false);
    }
    if (!out->failed)
        hy_put_be32(out->data + out->off + at, (uint32_t)(hy_buf_len(out) - at - 4));
}

struct frame {
    const uint8_t *p;
    size_t len; /* with its length */
};

static size_t take_apart(const uint8_t *data, size_t len, struct frame out[FRAMES_MAX])
{
    struct hy_reader in = hy_reader_of(data, len);
    size_t count = 0;

    while (count < FRAMES_MAX && hy_reader_left(&in)) {
        const uint8_t *p = in.p;
        size_t n, left = hy_reader_left(&in);

        if (!hy_get_string(&in, &n)) /* what is no whole frame stays as it is */
            in = hy_reader_of(in.end, 0);
        out[count++] = (struct frame){p, in.p == in.end ? left : (size_t)(in.p - p)};
    }
    return count;
}

/* One frame with other bytes inside; its length is made to fit. */
static void put_changed(struct hy_buf *out, const struct frame *f, fuzz_mutate_fn *plain)
{
    uint8_t bytes[2048];
    size_t n = f->len;

    if (n < 5 || n > sizeof bytes / 2) {
        hy_buf_put(out, f->p, f->len);
        return;
    }
    memcpy(bytes, f->p, n);
    n = 4 + plain(bytes + 4, n - 4, sizeof bytes - 4);
    hy_put_be32(bytes, (uint32_t)(n - 4));
    hy_buf_put(out, bytes, n);
}

enum change { ADD, DROP, TWICE, CHANGE, OTHER_TYPE, SWAP, CHANGES };

static void put_frame(struct hy_buf *out, struct dice *d, unsigned version, const struct frame *f, enum change change,
                      fuzz_mutate_fn *plain)
{
    size_t at = hy_buf_len(out);

    if (change == CHANGE) {
        put_changed(out, f, plain);
        return;
    }
    if (change == ADD)
        put_request(out, d, version);
    if (change == DROP)
        return;
    hy_buf_put(out, f->p, f->len);
    if (change == TWICE)
        hy_buf_put(out, f->p, f->len);
    if (change == OTHER_TYPE && f->len > 4 && !out->failed)
        out->data[out->off + at + 4] = fuzz_requests[roll(d, (uint32_t)fuzz_request_count)].type;
}

static void change_frames(struct hy_buf *out, struct dice *d, unsigned version, struct frame *frames, size_t count,
                          fuzz_mutate_fn *plain)
{
    size_t at = roll(d, (uint32_t)count + 1);
    enum change change = roll(d, 2) ? ADD : (enum change)roll(d, CHANGES);

    if (change == SWAP && count > 1) {
        size_t other = roll(d, (uint32_t)count);
        struct frame f = frames[other];

        frames[other] = frames[at % count];
        frames[at % count] = f;
    }
    for (size_t i = 0; i < count; i++)
        put_frame(out, d, version, &frames[i], i == at ? change : SWAP, plain);
    for (unsigned n = at == count ? 1 + roll(d, 3) : 0; n; n--)
        put_request(out, d, version);
}

size_t fuzz_mutate_frames(unsigned version, uint8_t *data, size_t len, size_t max, unsigned seed, size_t skip,
                          fuzz_mutate_fn *plain)
{
    struct dice d = {(uint64_t)seed * UINT64_C(0x9e3779b97f4a7c15) + 1};
    struct frame frames[FRAMES_MAX];
    struct hy_buf out;
    size_t n;

    if (len <= skip || roll(&d, 8) == 0)
        return plain(data, len, max);
    hy_buf_init(&out, FRAME_BYTES + max);
    hy_buf_put(&out, data, skip);
    n = take_apart(data + skip, len - skip, frames);
    change_frames(&out, &d, version ? version : 3 + roll(&d, 4), frames, n, plain);
    n = hy_buf_len(&out) < max ? hy_buf_len(&out) : max;
    memcpy(data, hy_buf_data(&out), n);
    hy_buf_free(&out);
    return n;
}
