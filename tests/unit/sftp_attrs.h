/* ATTRS of versions 4, 5 and 6: written, read, cut. */
#ifndef HY_TESTS_SFTP_ATTRS_H
#define HY_TESTS_SFTP_ATTRS_H

#include "core/sftp/dialect.h"
#include "core/sftp/proto.h"
#include "core/vfs/status.h"
#include "tests/unit/unit.h"

#include <errno.h>

/* Everything that a store can tell, with values that show where they went. */
static inline struct hythe_attrs attrs_full(void)
{
    static const struct hythe_pair pairs[] = {{"a@b", "cd", 2}};
    struct hythe_attrs a = HY_ATTRS_EMPTY;

    a.valid = 0xffff;
    a.type = HYTHE_TYPE_FIFO;
    a.mode = 01750;
    a.size = UINT64_C(0x0102030405060708);
    a.alloc = UINT64_C(0x1112131415161718);
    a.owner = "us";
    a.group = "grp";
    a.atime = (struct hythe_time){-1, 500000000};
    a.btime = (struct hythe_time){2, 1};
    a.mtime = (struct hythe_time){3, 2};
    a.ctime = (struct hythe_time){4, 3};
    a.acl = "\0\0\0\3\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0\6OWNER@";
    a.acl_len = 30;
    a.bits = 0x00000805;
    a.bits_mask = 0xffff0c07;
    a.hint = 2;
    a.mime = "t/p";
    a.nlink = 5;
    a.raw_name = "\xe9";
    a.pairs = pairs;
    a.pair_count = 1;
    return a;
}

static inline void attrs_put(const struct hy_dialect *d, const struct hythe_attrs *a, uint32_t flags, const char *want,
                             size_t len)
{
    struct hy_longname line = {0};
    struct hy_buf b;

    hy_buf_init(&b, 65536);
    CU_ASSERT(d->put_attrs(d, &b, HY_ATTRS_MAX, &line, a, flags));
    UNIT_ASSERT_NUMBER(hy_buf_len(&b), len);
    for (size_t i = 0; i < len && i < hy_buf_len(&b); i++)
        if (hy_buf_data(&b)[i] != (uint8_t)want[i]) {
            printf("  byte %zu is %02x, wanted %02x\n", i, hy_buf_data(&b)[i], (uint8_t)want[i]);
            CU_FAIL("another byte");
            break;
        }
    hy_buf_free(&b);
}

/* Reads all bytes; with `g` to be freed. */
static inline int64_t attrs_get(const struct hy_dialect *d, enum hy_attrs_use use, const void *bytes, size_t len,
                                struct hy_given *g, struct hythe_attrs *a, bool *failed)
{
    struct hy_reader in = hy_reader_of(bytes, len);
    int64_t r;

    *a = HY_ATTRS_EMPTY;
    r = d->get_attrs(d, &in, use, g, a);
    *failed = in.failed;
    if (!in.failed && r == 0)
        UNIT_ASSERT_NUMBER(hy_reader_left(&in), 0);
    return r;
}

/* ... that are refused with this. */
static inline void attrs_refuse(const struct hy_dialect *d, enum hy_attrs_use use, const void *bytes, size_t len,
                                int64_t why)
{
    struct hy_given g = {0};
    struct hythe_attrs a;
    bool failed;

    UNIT_ASSERT_NUMBER(attrs_get(d, use, bytes, len, &g, &a, &failed), why);
    CU_ASSERT(!failed);
    hy_given_free(&g);
}

/* Cut at each byte they are found to be short, and nothing behind them is looked at. */
static inline void attrs_cut(const struct hy_dialect *d, const char *bytes, size_t len)
{
    for (size_t n = 0; n < len; n++) {
        char *copy = malloc(n ? n : 1);
        struct hy_given g = {0};
        struct hythe_attrs a;
        bool failed;

        memcpy(copy, bytes, n);
        (void)attrs_get(d, HY_ATTRS_NEW, copy, n, &g, &a, &failed);
        CU_ASSERT(failed);
        hy_given_free(&g);
        free(copy);
    }
}

#endif
