/* A plugin with local-root's manners: getattr, setattr, statfs. */
#include "tests/unit/localroot.h"

static struct hythe_attrs wish(uint32_t valid)
{
    return (struct hythe_attrs){.struct_size = sizeof(struct hythe_attrs), .valid = valid};
}

BOTH(tells_attributes)
{
    struct hythe_attrs a;
    const struct timespec times[2] = {{1000000001, 123456789}, {-5, 1}};
    const uint32_t all = HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE | HYTHE_ATTR_OWNER | HYTHE_ATTR_ATIME |
                         HYTHE_ATTR_MTIME | HYTHE_ATTR_CTIME | HYTHE_ATTR_NLINK | HYTHE_ATTR_ALLOC;

    put_folder(w->root, "d");
    put_file(w->root, "d/f", "12345");
    put_mode(w->root, "d/f", 01604);
    put_times(w->root, "d/f", times);
    UNIT_ASSERT_NUMBER(do_getattr(w, "d/f", 0, &a), 0);
    UNIT_ASSERT_NUMBER(a.valid & all, all);
    UNIT_ASSERT_NUMBER(a.type, HYTHE_TYPE_REGULAR);
    UNIT_ASSERT_NUMBER(a.size, 5);
    UNIT_ASSERT_NUMBER(a.mode, 01604);
    UNIT_ASSERT_NUMBER(a.uid, geteuid());
    UNIT_ASSERT_NUMBER(a.nlink, 1);
    UNIT_ASSERT_NUMBER(a.atime.sec, 1000000001);
    UNIT_ASSERT_NUMBER(a.atime.nsec, 123456789);
    UNIT_ASSERT_NUMBER(a.mtime.sec, -5);
    UNIT_ASSERT_NUMBER(a.mtime.nsec, 1);
    UNIT_ASSERT_NUMBER(do_getattr(w, ".", 0, &a), 0);
    UNIT_ASSERT_NUMBER(a.type, HYTHE_TYPE_DIRECTORY);
    UNIT_ASSERT_NUMBER(do_getattr(w, "none", 0, &a), -ENOENT);
    UNIT_ASSERT_NUMBER(do_getattr(w, "d/f/x", 0, &a), -ENOTDIR);
}

BOTH(tells_only_what_is_wanted)
{
    struct hythe_attrs a = wish(0);
    struct hythe_getattr_arg arg = {.size = sizeof(arg), .path = ".", .want = HYTHE_ATTR_SIZE, .attrs = &a};
    struct hythe_call call = world_call(w, NULL);

    UNIT_ASSERT_NUMBER(w->plugin->ops->getattr(&call, &arg), 0);
    UNIT_ASSERT_NUMBER(a.valid, HYTHE_ATTR_SIZE);
}

BOTH(sets_size)
{
    struct hythe_attrs a = wish(HYTHE_ATTR_SIZE), now;

    put_file(w->root, "f", "12345");
    put_link(w->root, "link", "f");
    a.size = 2;
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), 0);
    UNIT_ASSERT_STRING(file_text(w->root, "f"), "12");
    a.size = 5ull << 30;
    UNIT_ASSERT_NUMBER(do_setattr(w, "link", 0, &a), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    UNIT_ASSERT_NUMBER(now.size, 5ll << 30);
    UNIT_ASSERT_NUMBER(do_setattr(w, "link", HYTHE_NOFOLLOW, &a), -EINVAL);
    UNIT_ASSERT_NUMBER(do_setattr(w, ".", 0, &a), -EISDIR);
    UNIT_ASSERT_NUMBER(do_setattr(w, "none", 0, &a), -ENOENT);
    a.size = (uint64_t)INT64_MAX + 1;
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), -EFBIG);
}

BOTH(sets_mode)
{
    struct hythe_attrs a = wish(HYTHE_ATTR_MODE | HYTHE_ATTR_TYPE);

    put_file(w->root, "f", "");
    put_folder(w->root, "d");
    put_link(w->root, "link", "f");
    a.mode = 01640;
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), 0);
    UNIT_ASSERT_NUMBER(file_mode(w->root, "f"), 01640);
    a.mode = 0777; /* what a client sets is not subject to the umask */
    UNIT_ASSERT_NUMBER(do_setattr(w, "link", 0, &a), 0);
    UNIT_ASSERT_NUMBER(file_mode(w->root, "f"), 0777);
    UNIT_ASSERT_NUMBER(do_setattr(w, "d", 0, &a), 0);
    UNIT_ASSERT_NUMBER(file_mode(w->root, "d"), 0777);
    w->said[0] = '\0';
    UNIT_ASSERT_NUMBER(do_setattr(w, "link", HYTHE_NOFOLLOW, &a), -ENOTSUP);
    CU_ASSERT(w->said[0] != '\0');
    a.mode = 0; /* a file that can't be opened for anything */
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), 0);
    a.mode = 0600;
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), 0);
    UNIT_ASSERT_NUMBER(file_mode(w->root, "f"), 0600);
}

BOTH(refuses_set_id_bits)
{
    struct hythe_attrs a = wish(HYTHE_ATTR_MODE | HYTHE_ATTR_SIZE);
    void *file;

    put_file(w->root, "f", "12345");
    put_folder(w->root, "shared");
    put_mode(w->root, "shared", 02755);
    a.mode = 04755;
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), -EPERM);
    a.mode = 02755;
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), -EPERM);
    UNIT_ASSERT_NUMBER(do_open(w, "f", HYTHE_OPEN_WRITE, -1, &file), 0);
    UNIT_ASSERT_NUMBER(do_fsetattr(w, file, &a), -EPERM);
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
    UNIT_ASSERT_STRING(file_text(w->root, "f"), "12345"); /* refused before the size was set */
    UNIT_ASSERT_NUMBER(file_mode(w->root, "f"), 0644);
    a = wish(HYTHE_ATTR_MODE);
    a.mode = 02775; /* it has the bit already */
    UNIT_ASSERT_NUMBER(do_setattr(w, "shared", 0, &a), 0);
    UNIT_ASSERT_NUMBER(file_mode(w->root, "shared"), 02775);
    UNIT_ASSERT_NUMBER(do_mkdir(w, "new", 06777), 0);
    UNIT_ASSERT_NUMBER(file_mode(w->root, "new"), 0755);
    UNIT_ASSERT_NUMBER(do_open(w, "g", HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, 06777, &file), 0);
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
    UNIT_ASSERT_NUMBER(file_mode(w->root, "g"), 0755);
}

static void grants_set_id_bits(void)
{
    const struct setting_value values[] = {{"allow_setid", "true"}, {NULL, NULL}};
    struct hythe_attrs a = wish(HYTHE_ATTR_MODE);
    struct world w;
    void *file;

    world_open(&w, BY_KERNEL, values);
    put_file(w.root, "f", "");
    a.mode = 06755;
    UNIT_ASSERT_NUMBER(do_setattr(&w, "f", 0, &a), 0);
    UNIT_ASSERT_NUMBER(file_mode(w.root, "f"), 06755);
    UNIT_ASSERT_NUMBER(do_open(&w, "g", HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, 06711, &file), 0);
    UNIT_ASSERT_NUMBER(do_close(&w, file), 0);
    UNIT_ASSERT_NUMBER(file_mode(w.root, "g"), 06711);
    UNIT_ASSERT_NUMBER(do_mkdir(&w, "d", 02775), 0);
    UNIT_ASSERT_NUMBER(file_mode(w.root, "d"), 02755);
    world_close(&w);
}

BOTH(sets_times)
{
    struct hythe_attrs a = wish(HYTHE_ATTR_MTIME), now;

    put_file(w->root, "f", "");
    put_link(w->root, "link", "f");
    a.mtime = (struct hythe_time){1234567890, 987654321};
    a.atime = (struct hythe_time){77, 7};
    UNIT_ASSERT_NUMBER(do_setattr(w, "link", 0, &a), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    UNIT_ASSERT_NUMBER(now.mtime.sec, 1234567890);
    UNIT_ASSERT_NUMBER(now.mtime.nsec, 987654321);
    CU_ASSERT(now.atime.sec != 77); /* wasn't valid */
    a.valid = HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME;
    a.mtime.sec = -1000;
    UNIT_ASSERT_NUMBER(do_setattr(w, "link", HYTHE_NOFOLLOW, &a), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "link", HYTHE_NOFOLLOW, &now), 0);
    UNIT_ASSERT_NUMBER(now.atime.sec, 77);
    UNIT_ASSERT_NUMBER(now.mtime.sec, -1000);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    UNIT_ASSERT_NUMBER(now.mtime.sec, 1234567890);
    a.mtime.nsec = 1000000000;
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), -EINVAL);
    a.mtime.nsec = UTIME_OMIT & 0x3fffffff;
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), -EINVAL);
}

BOTH(keeps_the_other_time)
{
    struct hythe_attrs a = wish(HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME), now;
    void *file;

    put_file(w->root, "f", "");
    a.atime = (struct hythe_time){100, 1};
    a.mtime = (struct hythe_time){200, 2};
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), 0);
    a.valid = HYTHE_ATTR_ATIME;
    a.atime = (struct hythe_time){101, 11};
    a.mtime = (struct hythe_time){201, 1000000000}; /* not meant, so not judged */
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    UNIT_ASSERT_NUMBER(now.atime.sec, 101);
    UNIT_ASSERT_NUMBER(now.atime.nsec, 11);
    UNIT_ASSERT_NUMBER(now.mtime.sec, 200);
    UNIT_ASSERT_NUMBER(now.mtime.nsec, 2);
    a.valid = HYTHE_ATTR_MTIME;
    a.mtime = (struct hythe_time){202, 22};
    UNIT_ASSERT_NUMBER(do_open(w, "f", HYTHE_OPEN_READ | HYTHE_OPEN_WRITE_ATTRS, -1, &file), 0);
    UNIT_ASSERT_NUMBER(do_fsetattr(w, file, &a), 0);
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    UNIT_ASSERT_NUMBER(now.atime.sec, 101);
    UNIT_ASSERT_NUMBER(now.mtime.sec, 202);
    UNIT_ASSERT_NUMBER(now.mtime.nsec, 22);
}

static int64_t make_with(const struct world *w, const char *path, uint32_t access, const struct hythe_attrs *attrs)
{
    struct hythe_open_arg arg = {sizeof(arg), path, access, attrs, NULL};
    void *file = NULL;
    struct hythe_call call = world_call(w, &file);
    int64_t rc = w->plugin->ops->open(&call, &arg);

    return rc < 0 ? rc : do_close(w, file);
}

/* What a client wishes for something new; an existing file has its own. */
BOTH(gives_new_things_what_was_wished)
{
    const uint32_t access = HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE;
    struct hythe_attrs a = wish(HYTHE_ATTR_MTIME | HYTHE_ATTR_MODE | HYTHE_ATTR_SIZE | HYTHE_ATTR_TYPE), now;
    struct hythe_mkdir_arg made = {sizeof(made), "d", &a};
    struct hythe_call call = world_call(w, NULL);

    a.mtime = (struct hythe_time){1000, 5};
    a.mode = 0640;
    a.size = 1000;
    UNIT_ASSERT_NUMBER(make_with(w, "f", access, &a), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    UNIT_ASSERT_NUMBER(now.mtime.sec, 1000);
    UNIT_ASSERT_NUMBER(now.mtime.nsec, 5);
    UNIT_ASSERT_NUMBER(now.mode, 0640);
    UNIT_ASSERT_NUMBER(now.size, 0);
    UNIT_ASSERT_NUMBER(w->plugin->ops->mkdir(&call, &made), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "d", 0, &now), 0);
    UNIT_ASSERT_NUMBER(now.mtime.sec, 1000);
    a.mtime.nsec = 1000000000; /* it can't be as it shall be: nothing is left behind */
    made.path = "e";
    UNIT_ASSERT_NUMBER(make_with(w, "g", access, &a), -EINVAL);
    UNIT_ASSERT_NUMBER(w->plugin->ops->mkdir(&call, &made), -EINVAL);
    CU_ASSERT(!exists(w->root, "g") && !exists(w->root, "e"));
    UNIT_ASSERT_NUMBER(make_with(w, "f", access, &a), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    UNIT_ASSERT_NUMBER(now.mtime.sec, 1000);
}

/* Draft-13, section 7.4. */
BOTH(sets_the_allocation)
{
    struct hythe_attrs a = wish(HYTHE_ATTR_ALLOC), now;
    int64_t rc;

    put_file(w->root, "f", "12345");
    a.alloc = 100000;
    rc = do_setattr(w, "f", 0, &a);
    if (rc == -ENOTSUP)
        return; /* of this file system */
    UNIT_ASSERT_NUMBER(rc, 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    CU_ASSERT(now.alloc >= 100000);
    UNIT_ASSERT_NUMBER(now.size, 5);
    a.valid |= HYTHE_ATTR_SIZE;
    a.size = 100001;
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), -EINVAL);
    a.size = 3;
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    CU_ASSERT(now.alloc >= 100000);
    UNIT_ASSERT_STRING(file_text(w->root, "f"), "123");
    a.size = 5; /* what was cut off has gone */
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), 0);
    UNIT_ASSERT_STRING(file_text(w->root, "f"), "123");
    a.valid = HYTHE_ATTR_ALLOC;
    a.alloc = 2;
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), 0);
    UNIT_ASSERT_STRING(file_text(w->root, "f"), "12");
    a.alloc = (uint64_t)INT64_MAX + 1;
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), -EFBIG);
    a.alloc = 1;
    UNIT_ASSERT_NUMBER(do_setattr(w, ".", 0, &a), -EISDIR);
    a = wish(HYTHE_ATTR_SIZE);
    a.size = 1 << 20; /* a hole; its allocation sent back cuts nothing */
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    CU_ASSERT(now.alloc < now.size);
    now.struct_size = sizeof(now);
    now.valid = HYTHE_ATTR_ALLOC;
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &now), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    UNIT_ASSERT_NUMBER(now.size, 1 << 20);
}

/* Clients send back the owner that they were told, and that needs no privilege. */
BOTH(sets_owner)
{
    struct hythe_attrs a = wish(HYTHE_ATTR_OWNER), now;

    put_file(w->root, "f", "");
    put_link(w->root, "link", "f");
    put_mode(w->root, "f", 04755);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    a.uid = now.uid;
    a.gid = now.gid;
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), 0);
    UNIT_ASSERT_NUMBER(do_setattr(w, "link", HYTHE_NOFOLLOW, &a), 0);
    UNIT_ASSERT_NUMBER(file_mode(w->root, "f"), 04755); /* nothing was changed, so nothing was cleared */
    a.uid = 12345;
    a.gid = 54321;
    if (w->may_chown) {
        UNIT_ASSERT_NUMBER(do_setattr(w, "link", 0, &a), 0);
        UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
        UNIT_ASSERT_NUMBER(now.uid, 12345);
        UNIT_ASSERT_NUMBER(now.gid, 54321);
        UNIT_ASSERT_NUMBER(now.mode, 0755);
        UNIT_ASSERT_NUMBER(do_getattr(w, "link", HYTHE_NOFOLLOW, &now), 0);
        UNIT_ASSERT_NUMBER(now.uid, 0);
    } else {
        UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), -EPERM);
    }
    a.uid = UINT32_MAX;
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), -EINVAL);
}

/* All at once: the mode outlives the change of size and the times outlive both. */
BOTH(sets_everything_in_order)
{
    struct hythe_attrs a = wish(HYTHE_ATTR_SIZE | HYTHE_ATTR_OWNER | HYTHE_ATTR_MODE | HYTHE_ATTR_ATIME |
                                HYTHE_ATTR_MTIME),
                       now;

    put_file(w->root, "f", "12345");
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    a.size = 3;
    a.uid = now.uid;
    a.gid = now.gid;
    a.mode = 0400;
    a.atime.sec = 1;
    a.mtime.sec = 2;
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    UNIT_ASSERT_NUMBER(now.size, 3);
    UNIT_ASSERT_NUMBER(now.mode, 0400);
    UNIT_ASSERT_NUMBER(now.atime.sec, 1);
    UNIT_ASSERT_NUMBER(now.mtime.sec, 2);
}

BOTH(works_on_open_files)
{
    struct hythe_attrs a = wish(HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE | HYTHE_ATTR_MTIME), now = wish(0);
    struct hythe_fgetattr_arg arg = {sizeof(arg), HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE | HYTHE_ATTR_MTIME, &now};
    void *file;
    struct hythe_call call = world_call(w, &file);

    put_file(w->root, "f", "12345");
    UNIT_ASSERT_NUMBER(do_open(w, "f", HYTHE_OPEN_WRITE, -1, &file), 0);
    do_unlink(w, "f"); /* the open file is meant, whatever became of its name */
    put_file(w->root, "f", "other");
    a.size = 3;
    a.mode = 0600;
    a.mtime.sec = 42;
    UNIT_ASSERT_NUMBER(do_fsetattr(w, file, &a), 0);
    UNIT_ASSERT_NUMBER(w->plugin->ops->fgetattr(&call, &arg), 0);
    UNIT_ASSERT_NUMBER(now.size, 3);
    UNIT_ASSERT_NUMBER(now.mode, 0600);
    UNIT_ASSERT_NUMBER(now.mtime.sec, 42);
    UNIT_ASSERT_STRING(file_text(w->root, "f"), "other");
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
    UNIT_ASSERT_NUMBER(do_open(w, "f", HYTHE_OPEN_READ, -1, &file), 0);
    UNIT_ASSERT_NUMBER(do_fsetattr(w, file, &a), -EACCES);
    a.valid = HYTHE_ATTR_MODE;
    UNIT_ASSERT_NUMBER(do_fsetattr(w, file, &a), 0);
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
    put_folder(w->root, "d");
    UNIT_ASSERT_NUMBER(do_opendir(w, "d", &file), 0);
    UNIT_ASSERT_NUMBER(do_fsetattr(w, file, &a), 0);
    UNIT_ASSERT_NUMBER(file_mode(w->root, "d"), 0600);
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
}

UNIT_SUITE(localroot_attrs, UNIT_BOTH(tells_attributes), UNIT_BOTH(tells_only_what_is_wanted), UNIT_BOTH(sets_size),
           UNIT_BOTH(sets_mode), UNIT_BOTH(refuses_set_id_bits), UNIT_TEST(grants_set_id_bits), UNIT_BOTH(sets_times),
           UNIT_BOTH(keeps_the_other_time), UNIT_BOTH(gives_new_things_what_was_wished), UNIT_BOTH(sets_the_allocation),
           UNIT_BOTH(sets_owner), UNIT_BOTH(sets_everything_in_order), UNIT_BOTH(works_on_open_files));
