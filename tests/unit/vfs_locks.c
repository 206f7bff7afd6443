#include "tests/unit/vfs_locks.h"

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

/* An allocation of less than a file has cuts it. */
static void an_allocation_is_a_size(void)
{
    struct hythe_attrs attrs = {.struct_size = sizeof attrs, .valid = HYTHE_ATTR_ALLOC, .alloc = 3};
    struct scene s;
    hy_handle h, other;

    begin(&s);
    h = opened(s.a, "/f", RW);
    other = opened(s.b, "/f", RW);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.a, h, 5, 1, LW), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_setattr(s.b, name_of("/f"), 0, &attrs), HY_RANGE_CONFLICT);
    UNIT_ASSERT_NUMBER(hy_vfs_fsetattr(s.b, other, &attrs), HY_RANGE_CONFLICT);
    attrs.alloc = 100;
    CU_ASSERT(hy_vfs_setattr(s.b, name_of("/f"), 0, &attrs) != HY_RANGE_CONFLICT);
    CU_ASSERT(hy_vfs_fsetattr(s.b, other, &attrs) != HY_RANGE_CONFLICT);
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

/* The access alone, whoever has it: it and BLOCK_DELETE exclude each other, and it does nothing else. */
static void access_to_delete_is_an_access(void)
{
    const uint32_t access = R | HYTHE_OPEN_DELETE;
    struct scene s;
    hy_handle h;

    begin(&s);
    h = opened(s.a, "/f", access);
    UNIT_ASSERT_NUMBER(tried(s.b, "/f", R | BD), HY_LOCK_CONFLICT);
    UNIT_ASSERT_NUMBER(tried(s.a, "/f", R | BD), HY_LOCK_CONFLICT);
    UNIT_ASSERT_NUMBER(tried(s.b, "/f", RW | BD | HYTHE_OPEN_TRUNCATE), HY_LOCK_CONFLICT);
    UNIT_ASSERT_STRING(memfs_content(s.fs, "f"), "0123456789");
    UNIT_ASSERT_NUMBER(tried(s.b, "/f", RW | BR), HY_LOCK_CONFLICT); /* it reads, too */
    UNIT_ASSERT_NUMBER(tried(s.b, "/f", R | BD | ADV), 0);
    UNIT_ASSERT_NUMBER(tried(s.b, "/f", access), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_close(s.a, h), 0);
    h = opened(s.a, "/f", R | BD);
    UNIT_ASSERT_NUMBER(tried(s.b, "/f", access), HY_LOCK_CONFLICT);
    UNIT_ASSERT_NUMBER(tried(s.b, "/f", RW | HYTHE_OPEN_DELETE | HYTHE_OPEN_TRUNCATE), HY_LOCK_CONFLICT);
    UNIT_ASSERT_STRING(memfs_content(s.fs, "f"), "0123456789");
    UNIT_ASSERT_NUMBER(hy_vfs_close(s.a, h), 0);
    h = opened(s.a, "/f", access);
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(s.b, name_of("/f")), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_close(s.a, h), 0);
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

UNIT_SUITE(locks, UNIT_TEST(block_modes_hold_off_other_handles), UNIT_TEST(a_refused_open_does_nothing),
           UNIT_TEST(block_modes_bind_what_is_done_by_name), UNIT_TEST(an_allocation_is_a_size),
           UNIT_TEST(advisory_block_modes_bind_nothing_else), UNIT_TEST(access_to_delete_is_an_access),
           UNIT_TEST(a_file_that_is_to_be_deleted_is_left_alone), UNIT_TEST(names_and_mounts_of_a_file_meet),
           UNIT_TEST(without_identity_nothing_is_locked), UNIT_TEST(without_a_table_nothing_is_locked),
           UNIT_TEST(wrong_requests_are_told_apart), UNIT_TEST(a_session_has_so_many_ranges_at_most),
           UNIT_TEST(close_and_disconnect_give_up_all));
