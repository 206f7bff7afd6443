/* core/base/buf: the bounded buffer and the reader of untrusted bytes. */
#include "core/base/buf.h"
#include "tests/unit/unit.h"

static void builds_big_endian_messages(void)
{
    static const uint8_t want[] = {7,    0x01, 0x02, 0x03, 0x04, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
                                   0x18, 0,    0,    0,    2,    'h',  'i',  0,    0,    0,    0};
    struct hy_buf b;

    hy_buf_init(&b, 1024);
    hy_buf_put_u8(&b, 7);
    hy_buf_put_u32(&b, 0x01020304);
    hy_buf_put_u64(&b, 0x1112131415161718);
    hy_buf_put_cstring(&b, "hi");
    hy_buf_put_string(&b, NULL, 0);
    CU_ASSERT_FALSE(b.failed);
    CU_ASSERT_EQUAL_FATAL(hy_buf_len(&b), sizeof want);
    CU_ASSERT(memcmp(hy_buf_data(&b), want, sizeof want) == 0);
    hy_buf_free(&b);
}

static void never_grows_beyond_its_maximum(void)
{
    static const size_t maxima[] = {0, 1, 10, 255, 256, 257, 300, 4096, 5000};

    for (size_t i = 0; i < sizeof maxima / sizeof *maxima; i++) {
        struct hy_buf b;

        hy_buf_init(&b, maxima[i]);
        while (hy_buf_len(&b) < maxima[i])
            hy_buf_put_u8(&b, (uint8_t)hy_buf_len(&b));
        CU_ASSERT_FALSE(b.failed);
        CU_ASSERT(b.cap <= maxima[i]);
        hy_buf_put_u8(&b, 1);
        CU_ASSERT_TRUE(b.failed);
        UNIT_ASSERT_NUMBER(hy_buf_len(&b), maxima[i]);
        for (size_t k = 0; k < maxima[i]; k++)
            if (hy_buf_data(&b)[k] != (uint8_t)k)
                CU_FAIL("content changed while growing");
        hy_buf_free(&b);
    }
}

static void remembers_its_first_failure(void)
{
    struct hy_buf b;

    hy_buf_init(&b, 8);
    hy_buf_put_u32(&b, 1);
    hy_buf_put_u64(&b, 2);
    CU_ASSERT_TRUE(b.failed);
    hy_buf_put_u8(&b, 3);
    CU_ASSERT(hy_buf_reserve(&b, 1) == NULL);
    UNIT_ASSERT_NUMBER(hy_buf_len(&b), 4);
    hy_buf_reset(&b);
    CU_ASSERT_FALSE(b.failed);
    UNIT_ASSERT_NUMBER(hy_buf_len(&b), 0);
    hy_buf_put_u64(&b, 2);
    CU_ASSERT_FALSE(b.failed);
    hy_buf_free(&b);
}

static void refuses_sizes_that_overflow(void)
{
    struct hy_buf b;

    hy_buf_init(&b, 4096);
    hy_buf_put_u32(&b, 1);
    CU_ASSERT(hy_buf_reserve(&b, SIZE_MAX) == NULL);
    hy_buf_reset(&b);
    hy_buf_put_u32(&b, 1);
    CU_ASSERT(hy_buf_reserve(&b, SIZE_MAX - 3) == NULL);
    hy_buf_reset(&b);
    hy_buf_put_string(&b, "", (size_t)UINT32_MAX + 1);
    CU_ASSERT_TRUE(b.failed);
    UNIT_ASSERT_NUMBER(hy_buf_len(&b), 0);
    hy_buf_free(&b);
}

static void consumed_room_is_used_again(void)
{
    struct hy_buf b;

    hy_buf_init(&b, 1000);
    for (uint32_t i = 0; i < 1000; i++) {
        hy_buf_put_u32(&b, i);
        hy_buf_put_u32(&b, ~i);
        if (i) {
            UNIT_ASSERT_NUMBER(hy_get_be32(hy_buf_data(&b)), i - 1);
            UNIT_ASSERT_NUMBER(hy_get_be32(hy_buf_data(&b) + 4), (uint32_t) ~(i - 1));
            hy_buf_consume(&b, 8);
        }
    }
    CU_ASSERT_FALSE(b.failed);
    UNIT_ASSERT_NUMBER(hy_buf_len(&b), 8);
    CU_ASSERT(b.cap <= 1000);
    hy_buf_free(&b);
}

static void moves_its_content_to_make_room(void)
{
    static const char text[] = "0123456789";
    struct hy_buf b;
    uint8_t *to;

    hy_buf_init(&b, 300);
    hy_buf_put(&b, text, 10);
    to = hy_buf_reserve(&b, 290);
    CU_ASSERT_FATAL(to != NULL);
    memset(to, 'x', 290);
    hy_buf_commit(&b, 290);
    hy_buf_consume(&b, 8);
    CU_ASSERT(hy_buf_reserve(&b, 9) == NULL);
    b.failed = false;
    to = hy_buf_reserve(&b, 8);
    CU_ASSERT_FATAL(to != NULL);
    memset(to, 'y', 8);
    hy_buf_commit(&b, 8);
    UNIT_ASSERT_NUMBER(hy_buf_len(&b), 300);
    CU_ASSERT(memcmp(hy_buf_data(&b), "89xx", 4) == 0);
    CU_ASSERT(memcmp(hy_buf_data(&b) + 291, "xyyyyyyyy", 9) == 0);
    hy_buf_free(&b);
}

static void grows_and_moves_at_once(void)
{
    struct hy_buf b;
    uint8_t *to;

    hy_buf_init(&b, 1000);
    CU_ASSERT_FATAL(hy_buf_reserve(&b, 512) != NULL);
    memset(b.data, 'x', 512);
    hy_buf_commit(&b, 512);
    hy_buf_consume(&b, 12);
    to = hy_buf_reserve(&b, 500);
    CU_ASSERT_FATAL(to != NULL);
    memset(to, 'y', 500);
    hy_buf_commit(&b, 500);
    CU_ASSERT(b.cap <= 1000);
    UNIT_ASSERT_NUMBER(hy_buf_len(&b), 1000);
    CU_ASSERT(hy_buf_data(&b)[499] == 'x' && hy_buf_data(&b)[500] == 'y');
    hy_buf_consume(&b, 1000);
    UNIT_ASSERT_NUMBER(b.off, 0);
    hy_buf_free(&b);
}

static void truncates_from_the_end(void)
{
    struct hy_buf b;

    hy_buf_init(&b, 64);
    hy_buf_put(&b, "abcdef", 6);
    hy_buf_consume(&b, 1);
    hy_buf_truncate(&b, 9);
    UNIT_ASSERT_NUMBER(hy_buf_len(&b), 5);
    hy_buf_truncate(&b, 2);
    UNIT_ASSERT_NUMBER(hy_buf_len(&b), 2);
    CU_ASSERT(memcmp(hy_buf_data(&b), "bc", 2) == 0);
    hy_buf_truncate(&b, 0);
    UNIT_ASSERT_NUMBER(hy_buf_len(&b), 0);
    hy_buf_free(&b);
}

static void gives_memory_back_only_when_empty(void)
{
    struct hy_buf b;

    hy_buf_init(&b, 65536);
    CU_ASSERT_FATAL(hy_buf_reserve(&b, 20000) != NULL);
    hy_buf_commit(&b, 20000);
    hy_buf_trim(&b, 1024);
    CU_ASSERT(b.cap >= 20000);
    hy_buf_consume(&b, 20000);
    hy_buf_trim(&b, 65536);
    CU_ASSERT(b.cap >= 20000);
    hy_buf_trim(&b, 1024);
    UNIT_ASSERT_NUMBER(b.cap, 0);
    hy_buf_put_u8(&b, 1);
    UNIT_ASSERT_NUMBER(hy_buf_len(&b), 1);
    hy_buf_free(&b);
}

static void reads_what_was_built(void)
{
    struct hy_buf b;
    struct hy_reader r;
    const uint8_t *s;
    size_t len;

    hy_buf_init(&b, 1024);
    hy_buf_put_u8(&b, 200);
    hy_buf_put_u32(&b, UINT32_MAX);
    hy_buf_put_u64(&b, UINT64_MAX - 1);
    hy_buf_put_string(&b, "a\0b", 3);
    hy_buf_put_cstring(&b, "");
    r = hy_reader_of(hy_buf_data(&b), hy_buf_len(&b));
    UNIT_ASSERT_NUMBER(hy_get_u8(&r), 200);
    UNIT_ASSERT_NUMBER(hy_get_u32(&r), UINT32_MAX);
    CU_ASSERT(hy_get_u64(&r) == UINT64_MAX - 1);
    s = hy_get_string(&r, &len);
    UNIT_ASSERT_NUMBER(len, 3);
    CU_ASSERT(s && memcmp(s, "a\0b", 3) == 0);
    s = hy_get_string(&r, &len);
    CU_ASSERT(s != NULL);
    UNIT_ASSERT_NUMBER(len, 0);
    UNIT_ASSERT_NUMBER(hy_reader_left(&r), 0);
    CU_ASSERT_FALSE(r.failed);
    hy_buf_free(&b);
}

static void a_short_read_fails_and_stays_failed(void)
{
    static const uint8_t bytes[7] = {1, 2, 3, 4, 5, 6, 7};
    struct hy_reader r = hy_reader_of(bytes, sizeof bytes);

    UNIT_ASSERT_NUMBER(hy_get_u64(&r), 0);
    CU_ASSERT_TRUE(r.failed);
    UNIT_ASSERT_NUMBER(hy_get_u8(&r), 0);
    UNIT_ASSERT_NUMBER(hy_get_u32(&r), 0);
    r = hy_reader_of(bytes, 3);
    UNIT_ASSERT_NUMBER(hy_get_u32(&r), 0);
    CU_ASSERT_TRUE(r.failed);
    r = hy_reader_of(bytes, 0);
    UNIT_ASSERT_NUMBER(hy_get_u8(&r), 0);
    CU_ASSERT_TRUE(r.failed);
}

static void a_string_longer_than_the_message_fails(void)
{
    static const uint8_t one_short[] = {0, 0, 0, 3, 'a', 'b'};
    static const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, 'a'};
    static const uint8_t no_length[] = {0, 0, 0};
    const struct {
        const uint8_t *p;
        size_t len;
    } cases[] = {{one_short, sizeof one_short}, {huge, sizeof huge}, {no_length, sizeof no_length}};

    for (size_t i = 0; i < 3; i++) {
        struct hy_reader r = hy_reader_of(cases[i].p, cases[i].len);
        size_t len = 99;

        CU_ASSERT(hy_get_string(&r, &len) == NULL);
        UNIT_ASSERT_NUMBER(len, 0);
        CU_ASSERT_TRUE(r.failed);
    }
}

static void wipes_every_byte(void)
{
    char secret[] = "secret";

    hy_wipe(secret, 3);
    CU_ASSERT(memcmp(secret, "\0\0\0ret", 6) == 0);
    hy_wipe(NULL, 0);
}

UNIT_SUITE(buf, UNIT_TEST(builds_big_endian_messages), UNIT_TEST(never_grows_beyond_its_maximum),
           UNIT_TEST(remembers_its_first_failure), UNIT_TEST(refuses_sizes_that_overflow),
           UNIT_TEST(consumed_room_is_used_again), UNIT_TEST(moves_its_content_to_make_room),
           UNIT_TEST(grows_and_moves_at_once), UNIT_TEST(truncates_from_the_end),
           UNIT_TEST(gives_memory_back_only_when_empty), UNIT_TEST(reads_what_was_built),
           UNIT_TEST(a_short_read_fails_and_stays_failed), UNIT_TEST(a_string_longer_than_the_message_fails),
           UNIT_TEST(wipes_every_byte));
