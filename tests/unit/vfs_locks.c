#include "tests/unit/vfs.h"

#include <pthread.h>

/* Locks, from draft-ietf-secsh-filexfer-13: sections 8.1.1.3 (block modes of OPEN), 8.8.1 and 8.8.2 (byte ranges) and
 * 9.1 (statuses). Two sessions, and one store that is mounted twice. */

enum {
    R = HYTHE_OPEN_READ,
    W = HYTHE_OPEN_WRITE,
    RW = R | W,
    D = HYTHE_OPEN_DELETE_ON_CLOSE,
    BR = HYTHE_OPEN_LOCK_READ,
    BW = HYTHE_OPEN_LOCK_WRITE,
    BD = HYTHE_OPEN_LOCK_DELETE,
    ADV = HYTHE_OPEN_LOCK_ADVISORY,
    LR = HYTHE_LOCK_READ,
    LW = HYTHE_LOCK_WRITE,
    LD = HYTHE_LOCK_DELETE,
    LA = HYTHE_LOCK_ADVISORY
};

struct scene {
    struct world w;
    struct hy_locks *locks;
    struct hy_vfs *a, *b;
    void *fs;
};

static struct hy_vfs *session(struct scene *s, unsigned max)
{
    const struct hy_view view = {.max_handles = 16, .max_locks = max, .locks = s->locks};
    struct hy_vfs *vfs = hy_vfs_new(s->w.tree, &view, &s->w.session, &s->w.log, &s->w.err);

    CU_ASSERT_FATAL(vfs != NULL);
    return vfs;
}

static void begin_over(struct scene *s, const struct hythe_plugin *store, const struct hythe_plugin *filter)
{
    struct hy_instance *instance, *outer;

    world_begin(&s->w);
    instance = world_start(&s->w, store, "memfs");
    outer = filter ? world_start(&s->w, filter, "filter") : NULL;
    s->fs = instance->self;
    world_mount(&s->w, "/", (struct hy_instance *const[]){outer ? outer : instance, outer ? instance : NULL, NULL});
    world_mount(&s->w, "/again", (struct hy_instance *const[]){instance, NULL});
    CU_ASSERT_FATAL(memfs_put(s->fs, "f", "0123456789") == 0);
    CU_ASSERT_FATAL(memfs_put(s->fs, "g", "abc") == 0);
    s->locks = hy_locks_new();
    CU_ASSERT_FATAL(s->locks != NULL);
    s->a = session(s, 8);
    s->b = session(s, 8);
}

static void begin(struct scene *s)
{
    begin_over(s, &memfs_plugin, NULL);
}

/* Nothing may be left in the table once nobody has anything open. */
static void end(struct scene *s)
{
    struct hy_locker nobody = {.table = s->locks};

    hy_vfs_free(s->a);
    hy_vfs_free(s->b);
    CU_ASSERT(!hy_locks_any(&nobody));
    hy_locks_free(s->locks);
    world_end(&s->w);
}

static int64_t open_as(struct hy_vfs *vfs, const char *path, uint32_t access, hy_handle *h)
{
    return hy_vfs_open(vfs, name_of(path), access, NULL, h);
}

static hy_handle opened(struct hy_vfs *vfs, const char *path, uint32_t access)
{
    hy_handle h = 0;

    UNIT_ASSERT_NUMBER(open_as(vfs, path, access, &h), 0);
    return h;
}

static int64_t tried(struct hy_vfs *vfs, const char *path, uint32_t access)
{
    hy_handle h;
    int64_t r = open_as(vfs, path, access, &h);

    return r < 0 ? r : hy_vfs_close(vfs, h);
}

static int64_t read_at(struct hy_vfs *vfs, hy_handle h, uint64_t offset, size_t len)
{
    char buf[64];

    return hy_vfs_read(vfs, h, buf, len, offset);
}

static int64_t write_at(struct hy_vfs *vfs, hy_handle h, uint64_t offset, size_t len)
{
    return hy_vfs_write(vfs, h, "................", len, offset);
}

static int64_t resize(struct hy_vfs *vfs, const char *path, uint64_t size)
{
    const struct hythe_attrs attrs = {.struct_size = sizeof attrs, .valid = HYTHE_ATTR_SIZE, .size = size};

    return hy_vfs_setattr(vfs, name_of(path), 0, &attrs);
}

static int64_t fresize(struct hy_vfs *vfs, hy_handle h, uint64_t size)
{
    const struct hythe_attrs attrs = {.struct_size = sizeof attrs, .valid = HYTHE_ATTR_SIZE, .size = size};

    return hy_vfs_fsetattr(vfs, h, &attrs);
}

/* ---- Block modes of OPEN: section 8.1.1.3 ---- */

static void block_modes_hold_off_other_handles(void)
{
    static const struct {
        uint32_t first, second;
        int64_t result;
    } rows[] = {
        {R, R, 0},
        {RW, RW, 0},
        {R | BR, W, 0},
        {R | BR, R, HY_LOCK_CONFLICT},
        {R | BR, RW, HY_LOCK_CONFLICT},
        {R | BW, R, 0},
        {R | BW, W, HY_LOCK_CONFLICT},
        {R | BW, W | HYTHE_OPEN_APPEND, HY_LOCK_CONFLICT},
        {R | BW, R | BW, 0},
        {RW | BW, R | BW, HY_LOCK_CONFLICT},
        {R | BD, R, 0},
        {R | BD, R | D, HY_LOCK_CONFLICT},
        {R | BR | BW | BD, R | D, HY_LOCK_CONFLICT},
        /* what is open already counts as much */
        {R, R | BR, HY_LOCK_CONFLICT},
        {W, R | BR, 0},
        {W, R | BW, HY_LOCK_CONFLICT},
        {R, R | BW, 0},
        {R | D, R | BD, HY_LOCK_CONFLICT},
        /* advisory ones are seen by those alone that lock, too */
        {R | BR | ADV, R, 0},
        {R | BW | ADV, W, 0},
        {R, R | BR | ADV, 0},
        {R | BR | ADV, R | BW, HY_LOCK_CONFLICT},
        {R | BR | ADV, R | BW | ADV, HY_LOCK_CONFLICT},
        {R | BW | ADV, R | BW | ADV, 0},
        {RW | BR | BW | ADV, R | BW | ADV, HY_LOCK_CONFLICT},
        {R | BR, R | ADV, HY_LOCK_CONFLICT},
        {R | ADV, R | BR, HY_LOCK_CONFLICT},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int other = 0; other < 2; other++) {
            struct scene s;

            begin(&s);
            (void)opened(s.a, "/f", rows[i].first);
            UNIT_ASSERT_NUMBER(tried(other ? s.b : s.a, "/f", rows[i].second), rows[i].result);
            UNIT_ASSERT_NUMBER(tried(other ? s.b : s.a, "/g", rows[i].second), 0);
            end(&s);
        }
}

static void a_refused_open_does_nothing(void)
{
    struct scene s;
    hy_handle h;

    begin(&s);
    h = opened(s.a, "/f", R | BW | BD);
    UNIT_ASSERT_NUMBER(tried(s.b, "/f", W | HYTHE_OPEN_TRUNCATE), HY_LOCK_CONFLICT);
    UNIT_ASSERT_NUMBER(tried(s.b, "/f", W | HYTHE_OPEN_CREATE | HYTHE_OPEN_TRUNCATE), HY_LOCK_CONFLICT);
    UNIT_ASSERT_NUMBER(tried(s.b, "/f", R | D), HY_LOCK_CONFLICT);
    UNIT_ASSERT_STRING(memfs_content(s.fs, "f"), "0123456789");
    UNIT_ASSERT_NUMBER(memfs_open(s.fs), 1);
    UNIT_ASSERT_NUMBER(hy_vfs_close(s.a, h), 0);
    h = opened(s.a, "/f", W);
    UNIT_ASSERT_NUMBER(tried(s.b, "/f", W | BW | HYTHE_OPEN_TRUNCATE), HY_LOCK_CONFLICT);
    UNIT_ASSERT_STRING(memfs_content(s.fs, "f"), "0123456789");
    UNIT_ASSERT_NUMBER(hy_vfs_close(s.a, h), 0);
    UNIT_ASSERT_NUMBER(tried(s.b, "/f", W | BW | HYTHE_OPEN_TRUNCATE), 0);
    UNIT_ASSERT_STRING(memfs_content(s.fs, "f"), "");
    end(&s);
}

static void block_modes_bind_what_is_done_by_name(void)
{
    struct scene s;
    hy_handle h;

    begin(&s);
    h = opened(s.a, "/f", R | BW | BD);
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(s.b, name_of("/f")), HY_LOCK_CONFLICT);
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(s.a, name_of("/f")), HY_LOCK_CONFLICT); /* in any way until it is closed */
    UNIT_ASSERT_NUMBER(hy_vfs_rename(s.b, name_of("/g"), name_of("/f"), HYTHE_RENAME_REPLACE), HY_LOCK_CONFLICT);
    UNIT_ASSERT_NUMBER(hy_vfs_rename(s.b, name_of("/g"), name_of("/f"), HYTHE_RENAME_NATIVE), HY_LOCK_CONFLICT);
    UNIT_ASSERT_NUMBER(hy_vfs_rename(s.b, name_of("/g"), name_of("/f"), 0), -EEXIST);
    UNIT_ASSERT_NUMBER(resize(s.b, "/f", 3), HY_LOCK_CONFLICT);
    UNIT_ASSERT_NUMBER(resize(s.b, "/g", 3), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_rename(s.b, name_of("/f"), name_of("/moved"), 0), 0); /* that deletes nothing */
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(s.b, name_of("/moved")), HY_LOCK_CONFLICT);
    UNIT_ASSERT_NUMBER(tried(s.b, "/moved", W), HY_LOCK_CONFLICT);
    UNIT_ASSERT_STRING(memfs_content(s.fs, "moved"), "0123456789");
    UNIT_ASSERT_NUMBER(hy_vfs_close(s.a, h), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(s.b, name_of("/moved")), 0);
    end(&s);
}

static void advisory_block_modes_bind_nothing_else(void)
{
    struct scene s;

    begin(&s);
    (void)opened(s.a, "/f", R | BR | BW | BD | ADV);
    UNIT_ASSERT_NUMBER(resize(s.b, "/f", 3), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(s.b, name_of("/f")), 0);
    end(&s);
}

static void a_file_that_is_to_be_deleted_is_left_alone(void)
{
    struct scene s;
    hy_handle h;

    begin(&s);
    h = opened(s.a, "/f", RW | D);
    UNIT_ASSERT_NUMBER(read_at(s.a, h, 0, 4), 4);
    UNIT_ASSERT_NUMBER(tried(s.b, "/f", R), HY_DELETE_PENDING);
    UNIT_ASSERT_NUMBER(tried(s.b, "/f", W | HYTHE_OPEN_TRUNCATE), HY_DELETE_PENDING);
    UNIT_ASSERT_STRING(memfs_content(s.fs, "f"), "0123456789");
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(s.b, name_of("/f")), HY_DELETE_PENDING);
    UNIT_ASSERT_NUMBER(hy_vfs_rename(s.b, name_of("/f"), name_of("/e"), 0), HY_DELETE_PENDING);
    UNIT_ASSERT_NUMBER(hy_vfs_rename(s.b, name_of("/g"), name_of("/f"), HYTHE_RENAME_REPLACE), HY_DELETE_PENDING);
    UNIT_ASSERT_NUMBER(hy_vfs_link(s.b, name_of("/f"), name_of("/e")), HY_DELETE_PENDING);
    UNIT_ASSERT_NUMBER(hy_vfs_close(s.a, h), 0);
    UNIT_ASSERT_NUMBER(tried(s.b, "/g", R), 0);
    end(&s);
}

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

/* ---- Identity ---- */

static void names_and_mounts_of_a_file_meet(void)
{
    static const char *const names[] = {"/f", "/again/f"};
    struct scene s;
    hy_handle h, other;

    begin(&s);
    h = opened(s.a, "/f", RW | BD);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 0, 4, LW), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        other = opened(s.b, names[i], RW);
        UNIT_ASSERT_NUMBER(write_at(s.b, other, 0, 1), HY_RANGE_CONFLICT);
        UNIT_ASSERT_NUMBER(hy_vfs_lock(s.b, other, 3, 1, LR | LA), HY_RANGE_REFUSED);
        UNIT_ASSERT_NUMBER(hy_vfs_close(s.b, other), 0);
        UNIT_ASSERT_NUMBER(hy_vfs_unlink(s.b, name_of(names[i])), HY_LOCK_CONFLICT);
        UNIT_ASSERT_NUMBER(resize(s.b, names[i], 0), HY_RANGE_CONFLICT);
    }
    UNIT_ASSERT_NUMBER(hy_vfs_rename(s.b, name_of("/f"), name_of("/third"), 0), 0);
    UNIT_ASSERT_NUMBER(memfs_put(s.fs, "f", "new"), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(s.b, name_of("/f")), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(s.b, name_of("/again/third")), HY_LOCK_CONFLICT);
    end(&s);
}

static int64_t open_without_identity(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    int64_t r = hythe_next_open(call, arg);

    *arg->identity = (struct hythe_identity){0};
    return r;
}

static int64_t getattr_without_identity(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    int64_t r = hythe_next_getattr(call, arg);

    if (arg->identity)
        *arg->identity = (struct hythe_identity){0};
    return r;
}

static void without_identity_nothing_is_locked(void)
{
    static const struct hythe_ops ops = {
        .size = sizeof ops, .open = open_without_identity, .getattr = getattr_without_identity};
    static const struct hythe_plugin plugin = {
        .abi = HYTHE_ABI, .size = sizeof plugin, .kind = HYTHE_FILTER, .threads = HYTHE_PARALLEL, .ops = &ops};
    struct scene s;
    hy_handle h;

    begin_over(&s, &memfs_plugin, &plugin);
    UNIT_ASSERT_NUMBER(tried(s.a, "/f", RW | BW), -ENOTSUP);
    UNIT_ASSERT_NUMBER(memfs_open(s.fs), 0);
    h = opened(s.a, "/f", RW);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 0, 1, LW), -ENOTSUP);
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(s.a, h, 0, 1), -ENOTSUP);
    UNIT_ASSERT_NUMBER(write_at(s.a, h, 0, 1), 1);
    end(&s);
}

static void without_a_table_nothing_is_locked(void)
{
    struct scene s;
    hy_handle h;

    begin(&s);
    CU_ASSERT(hy_vfs_has_locks(s.a));
    hy_vfs_free(s.b);
    s.b = session(&s, 0);
    CU_ASSERT(!hy_vfs_has_locks(s.b));
    UNIT_ASSERT_NUMBER(tried(s.b, "/f", R | BW), -ENOTSUP);
    h = opened(s.b, "/f", RW);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.b, h, 0, 1, LW), -ENOTSUP);
    UNIT_ASSERT_NUMBER(write_at(s.b, h, 0, 1), 1);
    UNIT_ASSERT_NUMBER(resize(s.b, "/f", 4), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(s.b, name_of("/f")), 0);
    end(&s);
}

/* ---- Handles, limits, ends ---- */

static void wrong_requests_are_told_apart(void)
{
    struct scene s;
    hy_handle h, dir;

    begin(&s);
    h = opened(s.a, "/f", R);
    UNIT_ASSERT_NUMBER(hy_vfs_opendir(s.a, name_of("/"), &dir), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, dir, 0, 0, LW), -ENOTSUP);
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(s.a, dir, 0, 0), -ENOTSUP);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h + 77, 0, 0, LW), -EBADF);
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(s.a, h + 77, 0, 0), -EBADF);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 0, 0, 16), -EINVAL);
    end(&s);
}

static void a_session_has_so_many_ranges_at_most(void)
{
    struct scene s;
    hy_handle f, g;

    begin(&s);
    f = opened(s.a, "/f", RW);
    g = opened(s.a, "/g", RW);
    for (uint64_t i = 0; i < 8; i++)
        UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, i % 2 ? f : g, 100 - 2 * i, 1, LW), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, f, 200, 1, LW), HY_RANGE_REFUSED);
    CU_ASSERT(strstr(hy_vfs_error(s.a), "max_locks") != NULL);
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(s.a, g, 100, 1), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, f, 200, 1, LW), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_close(s.a, f), 0);
    for (uint64_t i = 0; i < 5; i++)
        UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, g, i, 1, LW), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, g, 5, 1, LW), HY_RANGE_REFUSED);
    end(&s);
}

static void close_and_disconnect_give_up_all(void)
{
    struct scene s;
    hy_handle h, mine, other;

    begin(&s);
    h = opened(s.a, "/f", RW);
    mine = opened(s.a, "/f", RW);
    other = opened(s.b, "/f", RW);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 0, 1, LW), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, mine, 1, 1, LW), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 2, 1, LW), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_close(s.a, h), 0);
    UNIT_ASSERT_NUMBER(write_at(s.b, other, 0, 1), 1);
    UNIT_ASSERT_NUMBER(write_at(s.b, other, 1, 1), HY_RANGE_CONFLICT);
    UNIT_ASSERT_NUMBER(write_at(s.b, other, 2, 1), 1);
    hy_vfs_free(s.a);
    s.a = session(&s, 8);
    UNIT_ASSERT_NUMBER(write_at(s.b, other, 0, 3), 3);
    (void)opened(s.a, "/g", R | BR | BW | BD);
    UNIT_ASSERT_NUMBER(tried(s.b, "/g", R), HY_LOCK_CONFLICT);
    hy_vfs_free(s.a);
    s.a = session(&s, 8);
    UNIT_ASSERT_NUMBER(tried(s.b, "/g", R), 0);
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

UNIT_SUITE(locks, UNIT_TEST(block_modes_hold_off_other_handles), UNIT_TEST(a_refused_open_does_nothing),
           UNIT_TEST(block_modes_bind_what_is_done_by_name), UNIT_TEST(advisory_block_modes_bind_nothing_else),
           UNIT_TEST(a_file_that_is_to_be_deleted_is_left_alone), UNIT_TEST(ranges_overlap_in_no_fashion),
           UNIT_TEST(a_range_is_given_up_by_its_numbers_alone), UNIT_TEST(no_length_is_the_end_as_it_is),
           UNIT_TEST(mandatory_ranges_bind_other_sessions), UNIT_TEST(advisory_ranges_bind_other_locks_alone),
           UNIT_TEST(ranges_bind_sizes_and_removal), UNIT_TEST(ranges_bind_both_ends_of_a_copy),
           UNIT_TEST(ranges_meet_block_modes), UNIT_TEST(names_and_mounts_of_a_file_meet),
           UNIT_TEST(without_identity_nothing_is_locked), UNIT_TEST(without_a_table_nothing_is_locked),
           UNIT_TEST(wrong_requests_are_told_apart), UNIT_TEST(a_session_has_so_many_ranges_at_most),
           UNIT_TEST(close_and_disconnect_give_up_all), UNIT_TEST(who_has_locks_too_is_asked),
           UNIT_TEST(threads_share_the_table));
