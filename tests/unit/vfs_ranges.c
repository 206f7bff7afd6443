#include "tests/unit/vfs_locks.h"

#include <pthread.h>

/* ---- Byte ranges: section 8.8 ---- */

static void ranges_overlap_in_no_fashion(void)
{
    static const struct {
        uint64_t offset, len;
        int64_t result;
    } rows[] = {
        /* against [4, 7] and, from 20 on, everything */
        {0, 4, 0},
        {0, 5, HY_RANGE_REFUSED},
        {0, 0, HY_RANGE_REFUSED},
        {4, 4, HY_RANGE_REFUSED},
        {5, 1, HY_RANGE_REFUSED},
        {7, 1, HY_RANGE_REFUSED},
        {7, 100, HY_RANGE_REFUSED},
        {8, 12, 0},
        {8, 0, 0},
        {8, 13, HY_RANGE_REFUSED},
        {12, 0, HY_RANGE_REFUSED},
        {20, 1, HY_RANGE_REFUSED},
        {UINT64_MAX, 1, HY_RANGE_REFUSED},
        {UINT64_MAX - 3, UINT64_MAX, HY_RANGE_REFUSED},
        {0, UINT64_MAX, HY_RANGE_REFUSED},
    };
    struct scene s;
    hy_handle h[3];

    begin(&s);
    h[0] = opened(s.a, "/f", RW);
    h[1] = opened(s.a, "/f", R);
    h[2] = opened(s.b, "/f", R);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h[0], 4, 4, LW), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h[0], 20, UINT64_MAX, LR | LA), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int who = 0; who < 3; who++) {
            struct hy_vfs *vfs = who < 2 ? s.a : s.b;

            UNIT_ASSERT_NUMBER(hy_vfs_lock(vfs, h[who], rows[i].offset, rows[i].len, LR | LA), rows[i].result);
            if (rows[i].result == 0)
                UNIT_ASSERT_NUMBER(hy_vfs_unlock(vfs, h[who], rows[i].offset, rows[i].len), 0);
        }
    end(&s);
}

static void a_range_is_given_up_by_its_numbers_alone(void)
{
    struct scene s;
    hy_handle h, other, elsewhere;

    begin(&s);
    h = opened(s.a, "/f", RW);
    other = opened(s.a, "/f", RW);
    elsewhere = opened(s.b, "/f", RW);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 2, 4, LW), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 6, 0, LW), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(s.a, h, 2, 3), HY_RANGE_NOT_HELD);
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(s.a, h, 3, 3), HY_RANGE_NOT_HELD);
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(s.a, h, 2, 8), HY_RANGE_NOT_HELD);
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(s.a, h, 6, 4), HY_RANGE_NOT_HELD); /* 0 is its number, though it is as long */
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(s.a, other, 2, 4), HY_RANGE_NOT_HELD);
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(s.b, elsewhere, 2, 4), HY_RANGE_NOT_HELD);
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(s.a, h, 2, 4), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(s.a, h, 6, 0), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(s.a, h, 2, 4), HY_RANGE_NOT_HELD);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.b, elsewhere, 2, 4, LW), 0);
    end(&s);
}

static void no_length_is_the_end_as_it_is(void)
{
    struct scene s;
    hy_handle h, other;

    begin(&s);
    h = opened(s.a, "/f", RW);
    other = opened(s.b, "/f", RW);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 4, 0, LW), 0);
    UNIT_ASSERT_NUMBER(write_at(s.b, other, 3, 1), 1);
    UNIT_ASSERT_NUMBER(write_at(s.b, other, 9, 1), HY_RANGE_CONFLICT);
    UNIT_ASSERT_NUMBER(write_at(s.b, other, 10, 2), 2);
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(s.a, h, 4, 0), 0);
    /* behind the end it is what comes there */
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 12, 0, LW), 0);
    UNIT_ASSERT_NUMBER(write_at(s.b, other, 11, 1), 1);
    UNIT_ASSERT_NUMBER(write_at(s.b, other, 12, 1), HY_RANGE_CONFLICT);
    UNIT_ASSERT_NUMBER(write_at(s.b, other, 1000000, 1), HY_RANGE_CONFLICT);
    end(&s);
}

static void mandatory_ranges_bind_other_sessions(void)
{
    struct scene s;
    hy_handle h, mine, other, at_end;

    begin(&s);
    h = opened(s.a, "/f", RW);
    mine = opened(s.a, "/f", RW);
    other = opened(s.b, "/f", RW);
    at_end = opened(s.b, "/f", W | HYTHE_OPEN_APPEND);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 2, 2, LW), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 6, 2, LR), 0);
    UNIT_ASSERT_NUMBER(write_at(s.b, other, 0, 2), 2);
    UNIT_ASSERT_NUMBER(write_at(s.b, other, 0, 3), HY_RANGE_CONFLICT);
    UNIT_ASSERT_NUMBER(write_at(s.b, other, 3, 1), HY_RANGE_CONFLICT);
    UNIT_ASSERT_NUMBER(write_at(s.b, other, 2, 0), 0);
    UNIT_ASSERT_NUMBER(write_at(s.b, other, 4, 6), 6);
    UNIT_ASSERT_NUMBER(read_at(s.b, other, 0, 6), 6);
    UNIT_ASSERT_NUMBER(read_at(s.b, other, 0, 7), HY_RANGE_CONFLICT);
    UNIT_ASSERT_NUMBER(read_at(s.b, other, 8, 2), 2);
    /* not the session that has them */
    UNIT_ASSERT_NUMBER(write_at(s.a, h, 0, 10), 10);
    UNIT_ASSERT_NUMBER(write_at(s.a, mine, 0, 10), 10);
    UNIT_ASSERT_NUMBER(read_at(s.a, mine, 0, 10), 10);
    /* appending is writing at the end */
    UNIT_ASSERT_NUMBER(write_at(s.b, at_end, 2, 1), 1);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 11, 0, LW), 0);
    UNIT_ASSERT_NUMBER(write_at(s.b, at_end, 0, 1), HY_RANGE_CONFLICT);
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(s.a, h, 2, 2), 0);
    UNIT_ASSERT_NUMBER(write_at(s.b, other, 0, 4), 4);
    end(&s);
}

static void advisory_ranges_bind_other_locks_alone(void)
{
    struct scene s;
    hy_handle h, other;

    begin(&s);
    h = opened(s.a, "/f", RW);
    other = opened(s.b, "/f", RW);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 0, 0, LR | LW | LD | LA), 0);
    UNIT_ASSERT_NUMBER(read_at(s.b, other, 0, 10), 10);
    UNIT_ASSERT_NUMBER(write_at(s.b, other, 0, 10), 10);
    UNIT_ASSERT_NUMBER(fresize(s.b, other, 4), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.b, other, 3, 1, LR | LA), HY_RANGE_REFUSED);
    UNIT_ASSERT_NUMBER(tried(s.b, "/f", R | BW), HY_LOCK_CONFLICT);
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(s.b, name_of("/f")), 0);
    end(&s);
}

static void ranges_bind_sizes_and_removal(void)
{
    struct scene s;
    hy_handle h, other;

    begin(&s);
    h = opened(s.a, "/f", RW);
    other = opened(s.b, "/f", RW);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 4, 2, LW), 0);
    UNIT_ASSERT_NUMBER(fresize(s.b, other, 5), HY_RANGE_CONFLICT);
    UNIT_ASSERT_NUMBER(resize(s.b, "/f", 0), HY_RANGE_CONFLICT);
    UNIT_ASSERT_NUMBER(tried(s.b, "/f", W | HYTHE_OPEN_TRUNCATE), HY_LOCK_CONFLICT);
    UNIT_ASSERT_STRING(memfs_content(s.fs, "f"), "0123456789");
    UNIT_ASSERT_NUMBER(fresize(s.b, other, 6), 0);
    UNIT_ASSERT_NUMBER(resize(s.b, "/f", 20), 0);
    UNIT_ASSERT_NUMBER(fresize(s.a, h, 5), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(s.a, h, 4, 2), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 100, 0, LW), 0);
    UNIT_ASSERT_NUMBER(fresize(s.b, other, 100), 0);
    UNIT_ASSERT_NUMBER(fresize(s.b, other, 101), HY_RANGE_CONFLICT);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 50, 1, LD), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(s.b, name_of("/f")), HY_RANGE_CONFLICT);
    UNIT_ASSERT_NUMBER(hy_vfs_rename(s.b, name_of("/g"), name_of("/f"), HYTHE_RENAME_REPLACE), HY_RANGE_CONFLICT);
    UNIT_ASSERT_NUMBER(tried(s.b, "/f", R | D), HY_LOCK_CONFLICT);
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(s.a, name_of("/f")), 0);
    end(&s);
}

static void ranges_bind_both_ends_of_a_copy(void)
{
    struct scene s;
    hy_handle f, g, from, to;

    begin(&s);
    f = opened(s.a, "/f", RW);
    g = opened(s.a, "/g", RW);
    from = opened(s.b, "/f", R);
    to = opened(s.b, "/g", W);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(s.b, from, 0, 10, to, 0), 10);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, f, 9, 1, LR), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(s.b, from, 0, 10, to, 0), HY_RANGE_CONFLICT);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(s.b, from, 0, 9, to, 0), 9);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, g, 0, 1, LW), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(s.b, from, 0, 9, to, 0), HY_RANGE_CONFLICT);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(s.b, from, 0, 9, to, 1), 9);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(s.a, f, 0, 10, g, 0), 10);
    end(&s);
}

static int64_t copy_nothing(const struct hythe_call *call, struct hythe_copy_arg *arg)
{
    (void)call;
    return (int64_t)arg->len;
}

static void ranges_bind_a_store_that_copies(void)
{
    struct hythe_ops ops = *memfs_plugin.ops;
    struct hythe_plugin plugin = memfs_plugin;
    struct scene s;
    hy_handle f, from, to;

    ops.copy = copy_nothing;
    plugin.ops = &ops;
    begin_over(&s, &plugin, NULL);
    f = opened(s.a, "/f", RW);
    from = opened(s.b, "/f", R);
    to = opened(s.b, "/g", W);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, f, 9, 1, LR), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(s.b, from, 0, 9, to, 0), 9);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(s.b, from, 9, 1, to, 0), HY_RANGE_CONFLICT);
    f = opened(s.a, "/g", RW);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, f, 0, 1, LW), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(s.b, from, 0, 1, to, 0), HY_RANGE_CONFLICT);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(s.b, from, 0, 1, to, 1), 1);
    end(&s);
}

static void ranges_meet_block_modes(void)
{
    struct scene s;
    hy_handle h, other;

    begin(&s);
    h = opened(s.a, "/f", RW | BW);
    other = opened(s.b, "/f", R);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.b, other, 0, 1, LW), HY_RANGE_REFUSED); /* would bind who locked it first */
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.b, other, 0, 1, 0), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 1, 1, LW), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_close(s.a, h), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.b, other, 1, 1, LW), 0);
    UNIT_ASSERT_NUMBER(tried(s.a, "/f", W | BD), HY_LOCK_CONFLICT);
    UNIT_ASSERT_NUMBER(tried(s.a, "/f", W), 0);
    end(&s);
}

/* ---- A store's own locks ---- */

struct own_locks {
    int64_t lock_result, unlock_result;
    unsigned locks, unlocks;
    uint64_t offset, len;
    uint32_t kind;
};

static struct own_locks *own_of(const struct hythe_call *call)
{
    return call->instance;
}

static int start_own(const struct hythe_host *host, const void *settings, void **instance)
{
    (void)host;
    (void)settings;
    *instance = calloc(1, sizeof(struct own_locks));
    return *instance ? 0 : -ENOMEM;
}

static int64_t own_lock(const struct hythe_call *call, struct hythe_lock_arg *arg)
{
    struct own_locks *own = own_of(call);

    own->locks++;
    own->offset = arg->offset;
    own->len = arg->len;
    own->kind = arg->kind;
    return own->lock_result;
}

static int64_t own_unlock(const struct hythe_call *call, struct hythe_unlock_arg *arg)
{
    struct own_locks *own = own_of(call);

    own->unlocks++;
    own->offset = arg->offset;
    own->len = arg->len;
    return own->unlock_result;
}

static void who_has_locks_too_is_asked(void)
{
    static const struct hythe_ops ops = {.size = sizeof ops, .lock = own_lock, .unlock = own_unlock};
    static const struct hythe_plugin plugin = {.abi = HYTHE_ABI,
                                               .size = sizeof plugin,
                                               .kind = HYTHE_FILTER,
                                               .threads = HYTHE_PARALLEL,
                                               .start = start_own,
                                               .stop = free,
                                               .ops = &ops};
    struct scene s;
    struct own_locks *own;
    hy_handle h, other;

    begin_over(&s, &memfs_plugin, &plugin);
    own = s.w.instances[1].self;
    h = opened(s.a, "/f", RW);
    other = opened(s.b, "/f", RW);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 2, 3, LW | LA), 0);
    UNIT_ASSERT_NUMBER(own->offset, 2);
    UNIT_ASSERT_NUMBER(own->len, 3);
    UNIT_ASSERT_NUMBER(own->kind, LW | LA);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 10, 0, LW), 0);
    UNIT_ASSERT_NUMBER(own->len, 0);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.b, other, 4, 1, LW), HY_RANGE_REFUSED);
    UNIT_ASSERT_NUMBER(own->locks, 2); /* the core's own come first */
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(s.a, h, 2, 3), 0);
    UNIT_ASSERT_NUMBER(own->unlocks, 1);
    own->lock_result = -EAGAIN;
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 0, 4, LW), HY_RANGE_REFUSED);
    own->lock_result = -EACCES;
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 0, 4, LW), -EACCES);
    UNIT_ASSERT_NUMBER(write_at(s.b, other, 0, 4), 4); /* nothing is left of either */
    own->unlock_result = -EIO;
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(s.a, h, 10, 0), -EIO);
    own->unlock_result = 0;
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(s.a, h, 10, 0), 0);
    end(&s);
}

/* ---- Threads ---- */

enum { THREADS = 4, ROUNDS = 2000, HANDLES = 3 };

struct worker {
    struct hy_locks *locks;
    unsigned seed, granted;
};

static unsigned roll(struct worker *me, unsigned below)
{
    me->seed = me->seed * 1664525u + 1013904223u;
    return (me->seed >> 16) % below;
}

static void *work(void *ctx)
{
    static const uint32_t modes[] = {R, W, RW, R | BW, RW | BR | BW, R | BD, RW | D};
    struct worker *me = ctx;
    struct hy_locker who = {.table = me->locks, .max = 8};
    struct hy_hold holds[HANDLES];

    for (size_t i = 0; i < HANDLES; i++)
        hy_hold_begin(&holds[i], &who);
    for (int i = 0; i < ROUNDS; i++) {
        struct hy_hold *hold = &holds[roll(me, HANDLES)];
        const struct hythe_identity id = {1, {roll(me, 40), 0}};
        uint64_t offset = roll(me, 8), len = 1 + roll(me, 4);

        if (!hold->file)
            (void)hy_hold_enter(hold, &id, modes[roll(me, sizeof modes / sizeof *modes)]);
        else if (roll(me, 4) == 0)
            hy_hold_leave(hold);
        else if (roll(me, 2))
            me->granted += hy_hold_lock(hold, offset, len, hy_span_of(offset, len), roll(me, 16)) == 0;
        else if (hy_hold_bound(hold))
            (void)hy_hold_check(hold, LR | LW, hy_span_of(offset, len));
        else
            hy_hold_unlock(hold, offset, len);
        (void)hy_locks_check(&who, &id, NULL, LW | LD, hy_span_of(0, 100));
    }
    for (size_t i = 0; i < HANDLES; i++)
        hy_hold_leave(&holds[i]);
    CU_ASSERT(who.held == 0);
    return NULL;
}

static void threads_share_the_table(void)
{
    struct hy_locks *locks = hy_locks_new();
    struct hy_locker nobody = {.table = locks};
    struct worker workers[THREADS];
    pthread_t threads[THREADS];

    CU_ASSERT_FATAL(locks != NULL);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.locks = locks, .seed = i + 1};
        CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, work, &workers[i]) == 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
        CU_ASSERT(workers[i].granted > 0);
    }
    CU_ASSERT(!hy_locks_any(&nobody));
    hy_locks_free(locks);
}

UNIT_SUITE(ranges, UNIT_TEST(ranges_overlap_in_no_fashion), UNIT_TEST(a_range_is_given_up_by_its_numbers_alone),
           UNIT_TEST(no_length_is_the_end_as_it_is), UNIT_TEST(mandatory_ranges_bind_other_sessions),
           UNIT_TEST(advisory_ranges_bind_other_locks_alone), UNIT_TEST(ranges_bind_sizes_and_removal),
           UNIT_TEST(ranges_bind_both_ends_of_a_copy), UNIT_TEST(ranges_bind_a_store_that_copies),
           UNIT_TEST(ranges_meet_block_modes), UNIT_TEST(who_has_locks_too_is_asked),
           UNIT_TEST(threads_share_the_table));
