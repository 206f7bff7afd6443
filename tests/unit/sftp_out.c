#include "core/sftp/out.h"
#include "tests/unit/unit.h"

enum { LIMIT = 2000, LARGEST = 1000 };

static void add(struct hy_out *out, size_t len, uint8_t with)
{
    uint8_t *p = hy_buf_reserve(hy_out_buf(out), len);

    CU_ASSERT_FATAL(p != NULL);
    memset(p, with, len);
    hy_buf_commit(hy_out_buf(out), len);
}

static void bytes_leave_in_the_order_they_came(void)
{
    struct hy_out out;
    uint8_t next_in = 0, next_out = 0;
    size_t len;

    hy_out_init(&out, LIMIT, LARGEST);
    for (unsigned i = 0; i < 5000; i++) {
        while (hy_out_room(&out, 300))
            add(&out, 100 + i % 200, next_in++);
        const uint8_t *p = hy_out_front(&out, &len);

        CU_ASSERT_FATAL(p != NULL && len > 0);
        /* One byte value a reply: take within one reply, so that each step is 0 or 1. */
        CU_ASSERT(*p == next_out || *p == (uint8_t)(next_out + 1));
        next_out = *p;
        hy_out_sent(&out, len < 90 ? len : 90);
    }
    hy_out_free(&out);
}

static void never_more_is_held_than_the_limit(void)
{
    struct hy_out out;
    size_t len;

    hy_out_init(&out, LIMIT, LARGEST);
    for (unsigned i = 0; i < 1000; i++) {
        while (hy_out_room(&out, 1 + i % LARGEST))
            add(&out, 1 + i % LARGEST, 1);
        CU_ASSERT(hy_out_held(&out) <= LIMIT);
        (void)hy_out_front(&out, &len);
        hy_out_sent(&out, len / 2 + 1);
    }
    hy_out_free(&out);
}

static void the_largest_reply_fits_when_nothing_waits(void)
{
    struct hy_out out;
    size_t len;

    hy_out_init(&out, 10, LARGEST);
    CU_ASSERT(hy_out_room(&out, LARGEST));
    CU_ASSERT(!hy_out_room(&out, LARGEST + 1));
    add(&out, LARGEST, 7);
    CU_ASSERT(!hy_out_room(&out, 1));
    (void)hy_out_front(&out, &len);
    hy_out_sent(&out, LARGEST);
    CU_ASSERT(hy_out_room(&out, LARGEST));
    hy_out_free(&out);
}

/* A transport may take replies from within its own sending: what it was shown must not move. */
static void shown_bytes_stay_where_they_are(void)
{
    struct hy_out out;
    const uint8_t *shown;
    size_t len;

    hy_out_init(&out, LIMIT, LARGEST);
    CU_ASSERT(hy_out_room(&out, 50));
    add(&out, 50, 'a');
    shown = hy_out_front(&out, &len);
    while (hy_out_room(&out, 40))
        add(&out, 40, 'b');
    CU_ASSERT(hy_out_held(&out) > 900);
    for (size_t i = 0; i < 50; i++)
        CU_ASSERT(shown[i] == 'a');
    CU_ASSERT(hy_out_front(&out, &len) == shown);
    hy_out_free(&out);
}

static void trim_gives_memory_back_only_when_empty(void)
{
    struct hy_out out;
    size_t len;

    hy_out_init(&out, LIMIT, LARGEST);
    CU_ASSERT(hy_out_room(&out, 500));
    add(&out, 500, 1);
    hy_out_trim(&out);
    CU_ASSERT_EQUAL(hy_out_held(&out), 500);
    (void)hy_out_front(&out, &len);
    hy_out_sent(&out, 500);
    CU_ASSERT(hy_out_buf(&out)->cap > 0);
    hy_out_trim(&out);
    CU_ASSERT_EQUAL(out.half[0].cap + out.half[1].cap, 0);
    CU_ASSERT(hy_out_room(&out, LARGEST));
    add(&out, LARGEST, 1);
    hy_out_free(&out);
}

UNIT_SUITE(out, UNIT_TEST(bytes_leave_in_the_order_they_came), UNIT_TEST(never_more_is_held_than_the_limit),
           UNIT_TEST(the_largest_reply_fits_when_nothing_waits), UNIT_TEST(shown_bytes_stay_where_they_are),
           UNIT_TEST(trim_gives_memory_back_only_when_empty));
