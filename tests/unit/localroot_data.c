/* A plugin with local-root's manners: reading, writing, copying. */
#include "tests/unit/localroot.h"

enum { R = HYTHE_OPEN_READ, W = HYTHE_OPEN_WRITE, C = HYTHE_OPEN_CREATE, A = HYTHE_OPEN_APPEND };

BOTH(reads_and_writes)
{
    char buf[64] = "";
    void *file;

    UNIT_ASSERT_NUMBER(do_open(w, "f", R | W | C, -1, &file), 0);
    UNIT_ASSERT_NUMBER(do_read(w, file, buf, sizeof(buf), 0), 0);
    UNIT_ASSERT_NUMBER(do_write(w, file, "world", 5, 6), 5);
    UNIT_ASSERT_NUMBER(do_write(w, file, "hello ", 6, 0), 6);
    UNIT_ASSERT_NUMBER(do_write(w, file, "", 0, 100), 0);
    UNIT_ASSERT_NUMBER(do_read(w, file, buf, sizeof(buf), 0), 11);
    CU_ASSERT(memcmp(buf, "hello world", 11) == 0);
    UNIT_ASSERT_NUMBER(do_read(w, file, buf, 3, 6), 3);
    CU_ASSERT(memcmp(buf, "wor", 3) == 0);
    UNIT_ASSERT_NUMBER(do_read(w, file, buf, sizeof(buf), 11), 0);
    UNIT_ASSERT_NUMBER(do_read(w, file, buf, sizeof(buf), 1 << 20), 0);
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
    UNIT_ASSERT_NUMBER(do_open(w, "f", R, -1, &file), 0);
    UNIT_ASSERT_NUMBER(do_write(w, file, "x", 1, 0), -EBADF);
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
    UNIT_ASSERT_NUMBER(do_open(w, "f", W, -1, &file), 0);
    UNIT_ASSERT_NUMBER(do_read(w, file, buf, 1, 0), -EBADF);
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
}

BOTH(reaches_far_offsets)
{
    const uint64_t far = (5ull << 30) + 7, end = INT64_MAX;
    struct hythe_attrs attrs;
    char buf[8];
    void *file;

    UNIT_ASSERT_NUMBER(do_open(w, "f", R | W | C, -1, &file), 0);
    UNIT_ASSERT_NUMBER(do_write(w, file, "far", 3, far), 3);
    UNIT_ASSERT_NUMBER(do_read(w, file, buf, sizeof(buf), far), 3);
    CU_ASSERT(memcmp(buf, "far", 3) == 0);
    UNIT_ASSERT_NUMBER(do_read(w, file, buf, 4, 1ull << 32), 4);
    CU_ASSERT(memcmp(buf, "\0\0\0\0", 4) == 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &attrs), 0);
    UNIT_ASSERT_NUMBER(attrs.size, far + 3);
    UNIT_ASSERT_NUMBER(do_read(w, file, buf, sizeof(buf), end), 0);
    UNIT_ASSERT_NUMBER(do_read(w, file, buf, sizeof(buf), end + 1), -EINVAL);
    UNIT_ASSERT_NUMBER(do_read(w, file, buf, sizeof(buf), UINT64_MAX), -EINVAL);
    UNIT_ASSERT_NUMBER(do_write(w, file, "x", 1, end), -EFBIG);
    UNIT_ASSERT_NUMBER(do_write(w, file, "x", 1, UINT64_MAX), -EFBIG);
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
}

BOTH(appends_wherever_the_offset_is)
{
    struct hythe_fsync_arg sync = {sizeof(sync)};
    void *file;
    struct hythe_call call = world_call(w, &file);

    put_file(w->root, "f", "one");
    UNIT_ASSERT_NUMBER(do_open(w, "f", W | A, -1, &file), 0);
    UNIT_ASSERT_NUMBER(do_write(w, file, "two", 3, 0), 3);
    UNIT_ASSERT_NUMBER(do_write(w, file, "three", 5, UINT64_MAX), 5);
    UNIT_ASSERT_NUMBER(w->plugin->ops->fsync(&call, &sync), 0);
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
    UNIT_ASSERT_STRING(file_text(w->root, "f"), "onetwothree");
}

/* A file that is removed or replaced while it is open stays the open one. */
BOTH(stays_with_its_file)
{
    char buf[8] = "";
    void *file;

    put_file(w->root, "f", "first");
    UNIT_ASSERT_NUMBER(do_open(w, "f", R, -1, &file), 0);
    put_file(w->root, "g", "other");
    UNIT_ASSERT_NUMBER(do_rename(w, "g", "f", HYTHE_RENAME_REPLACE), 0);
    UNIT_ASSERT_NUMBER(do_read(w, file, buf, sizeof(buf), 0), 5);
    UNIT_ASSERT_STRING(buf, "first");
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
}

BOTH(copies)
{
    void *from, *to, *append;

    put_file(w->root, "from", "0123456789");
    put_file(w->root, "append", "log:");
    UNIT_ASSERT_NUMBER(do_open(w, "from", R | W, -1, &from), 0);
    UNIT_ASSERT_NUMBER(do_open(w, "to", W | C, -1, &to), 0);
    UNIT_ASSERT_NUMBER(do_open(w, "append", W | A, -1, &append), 0);
    UNIT_ASSERT_NUMBER(do_copy(w, from, 2, 3, to, 0), 3);
    UNIT_ASSERT_STRING(file_text(w->root, "to"), "234");
    UNIT_ASSERT_NUMBER(do_copy(w, from, 4, 0, to, 3), 6);
    UNIT_ASSERT_STRING(file_text(w->root, "to"), "234456789");
    UNIT_ASSERT_NUMBER(do_copy(w, from, 8, 100, to, 0), 2);
    UNIT_ASSERT_NUMBER(do_copy(w, from, 10, 0, to, 0), 0);
    UNIT_ASSERT_NUMBER(do_copy(w, from, 11, 5, to, 0), 0);
    UNIT_ASSERT_NUMBER(do_copy(w, from, 0, 2, append, 0), 2);
    UNIT_ASSERT_STRING(file_text(w->root, "append"), "log:01");
    UNIT_ASSERT_NUMBER(do_copy(w, from, 0, 4, from, 2), -EINVAL);
    UNIT_ASSERT_NUMBER(do_copy(w, from, 2, 4, from, 0), -EINVAL);
    UNIT_ASSERT_NUMBER(do_copy(w, from, 0, 0, from, 10), -EINVAL);
    UNIT_ASSERT_NUMBER(do_copy(w, from, 0, 3, from, 5), 3);
    UNIT_ASSERT_STRING(file_text(w->root, "from"), "0123401289");
    UNIT_ASSERT_NUMBER(do_copy(w, from, UINT64_MAX, 1, to, 0), -EINVAL);
    UNIT_ASSERT_NUMBER(do_copy(w, from, 0, 1, to, INT64_MAX), -EFBIG);
    UNIT_ASSERT_NUMBER(do_close(w, from), 0);
    UNIT_ASSERT_NUMBER(do_close(w, to), 0);
    UNIT_ASSERT_NUMBER(do_close(w, append), 0);
}

UNIT_SUITE(localroot_data, UNIT_BOTH(reads_and_writes), UNIT_BOTH(reaches_far_offsets),
           UNIT_BOTH(appends_wherever_the_offset_is), UNIT_BOTH(stays_with_its_file), UNIT_BOTH(copies));
