/* Copies between open files, by the store or by hand; canonical paths through links and mounts. */
#include "tests/unit/vfs.h"

enum { BIG = 5 * 1024 * 1024 + 123 };

static char *pattern(void)
{
    char *big = malloc(BIG + 1);

    for (size_t i = 0; i < BIG; i++)
        big[i] = (char)('a' + (i * 7 + i / 1000) % 26);
    big[BIG] = '\0';
    return big;
}

static int64_t copy_all(struct world *w, hy_handle from, hy_handle to)
{
    uint64_t done = 0;
    int64_t r;

    while ((r = hy_vfs_copy(w->vfs, from, done, 0, to, done)) > 0) {
        CU_ASSERT(r <= 4 * 1024 * 1024);
        done += (uint64_t)r;
    }
    return r < 0 ? r : (int64_t)done;
}

static void copies_by_hand_between_mounts(void)
{
    char *big = pattern();
    void *a, *b;
    struct world w;
    hy_handle from, to;

    world_begin(&w);
    a = world_memfs(&w, "/");
    b = world_memfs(&w, "/b");
    (void)memfs_put(a, "big", big);
    CU_ASSERT_FATAL(world_see(&w, NULL, NULL, false) != NULL);
    CU_ASSERT_FATAL(do_open(&w, "/big", HYTHE_OPEN_READ, &from) == 0);
    CU_ASSERT_FATAL(do_open(&w, "/b/copy", HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, &to) == 0);
    UNIT_ASSERT_NUMBER(copy_all(&w, from, to), BIG);
    CU_ASSERT(strcmp(memfs_content(b, "copy"), big) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(w.vfs, from, 3, 4, to, 1), 4);
    CU_ASSERT(memcmp((const char *)memfs_content(b, "copy") + 1, big + 3, 4) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(w.vfs, from, BIG, 10, to, 0), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(w.vfs, from, UINT64_MAX - 5, 10, to, 0), -EFBIG);
    hy_vfs_cancel(w.vfs);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(w.vfs, from, 0, 10, to, 0), -ECANCELED);
    world_end(&w);
    free(big);
}

static void appends_a_copy(void)
{
    void *a;
    struct world w;
    hy_handle from, to;

    world_begin(&w);
    a = world_memfs(&w, "/");
    (void)memfs_put(a, "from", "abcdef");
    (void)memfs_put(a, "to", "123");
    CU_ASSERT_FATAL(world_see(&w, NULL, NULL, false) != NULL);
    CU_ASSERT_FATAL(do_open(&w, "/from", HYTHE_OPEN_READ, &from) == 0);
    CU_ASSERT_FATAL(do_open(&w, "/to", HYTHE_OPEN_WRITE | HYTHE_OPEN_APPEND, &to) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(w.vfs, from, 1, 0, to, 0), 5);
    UNIT_ASSERT_STRING(memfs_content(a, "to"), "123bcdef");
    world_end(&w);
}

static void refuses_to_copy_onto_its_source(void)
{
    void *a;
    struct world w;
    hy_handle one, two;

    world_begin(&w);
    a = world_memfs(&w, "/");
    (void)memfs_put(a, "f", "0123456789");
    CU_ASSERT_FATAL(world_see(&w, NULL, NULL, false) != NULL);
    CU_ASSERT_FATAL(do_open(&w, "/f", HYTHE_OPEN_READ | HYTHE_OPEN_WRITE, &one) == 0);
    CU_ASSERT_FATAL(do_open(&w, "/f", HYTHE_OPEN_WRITE, &two) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(w.vfs, one, 0, 0, two, 5), -EINVAL);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(w.vfs, one, 0, 3, two, 2), -EINVAL);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(w.vfs, one, 2, 3, one, 0), -EINVAL);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(w.vfs, one, 0, 3, two, 3), 3);
    UNIT_ASSERT_STRING(memfs_content(a, "f"), "0120126789");
    world_end(&w);
}

/* ---- A store that copies itself ---- */

static int64_t copy_result;
static struct hythe_copy_arg copy_arg;
static unsigned copies;

static int64_t own_copy(const struct hythe_call *call, struct hythe_copy_arg *arg)
{
    CU_ASSERT(arg->size == sizeof *arg && *call->slot != NULL);
    copy_arg = *arg;
    copies++;
    return copy_result;
}

static int64_t see_write(const struct hythe_call *call, struct hythe_write_arg *arg)
{
    return hythe_next_write(call, arg);
}

static void lets_the_store_copy_where_it_can(void)
{
    struct hythe_plugin plugin = memfs_plugin, watcher = {.abi = HYTHE_ABI,
                                                          .size = sizeof watcher,
                                                          .kind = HYTHE_FILTER,
                                                          .threads = HYTHE_PARALLEL,
                                                          .name = "watcher"};
    struct hythe_ops ops = *memfs_plugin.ops, seen = {.size = sizeof seen, .write = see_write};
    struct hy_instance *store, *other, *filter;
    struct world w;
    hy_handle from, to, far;

    ops.copy = own_copy;
    plugin.ops = &ops;
    watcher.ops = &seen;
    world_begin(&w);
    store = world_start(&w, &plugin, "store");
    other = world_start(&w, &plugin, "other");
    filter = world_start(&w, &watcher, "watcher");
    world_mount(&w, "/", (struct hy_instance *const[]){store, NULL});
    world_mount(&w, "/other", (struct hy_instance *const[]){filter, other, NULL});
    (void)memfs_put(store->self, "a", "abcdef");
    (void)memfs_put(other->self, "a", "abcdef");
    CU_ASSERT_FATAL(world_see(&w, NULL, NULL, false) != NULL);
    CU_ASSERT_FATAL(do_open(&w, "/a", HYTHE_OPEN_READ, &from) == 0);
    CU_ASSERT_FATAL(do_open(&w, "/b", HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, &to) == 0);
    copies = 0;
    copy_result = 4;
    UNIT_ASSERT_NUMBER(hy_vfs_copy(w.vfs, from, 2, 4, to, 9), 4);
    CU_ASSERT(copies == 1 && copy_arg.offset == 2 && copy_arg.len == 4 && copy_arg.target_offset == 9);
    CU_ASSERT(copy_arg.target_slot != NULL);
    copy_result = 5;
    UNIT_ASSERT_NUMBER(hy_vfs_copy(w.vfs, from, 2, 4, to, 9), -EIO);
    CU_ASSERT(strstr(w.lines, "store broke the contract of plugins: copy") != NULL);
    copy_result = -ENOSPC;
    UNIT_ASSERT_NUMBER(hy_vfs_copy(w.vfs, from, 2, 4, to, 9), -ENOSPC);
    copy_result = -ENOTSUP;
    UNIT_ASSERT_NUMBER(hy_vfs_copy(w.vfs, from, 2, 0, to, 0), 4);
    UNIT_ASSERT_STRING(memfs_content(store->self, "b"), "cdef");
    /* Another mount, and a mount whose writes are watched: by hand. */
    copies = 0;
    CU_ASSERT_FATAL(do_open(&w, "/other/b", HYTHE_OPEN_READ | HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, &far) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(w.vfs, from, 0, 0, far, 0), 6);
    CU_ASSERT(hy_vfs_close(w.vfs, from) == 0);
    CU_ASSERT_FATAL(do_open(&w, "/other/a", HYTHE_OPEN_READ, &from) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(w.vfs, from, 3, 0, far, 0), 3);
    UNIT_ASSERT_NUMBER(copies, 0);
    UNIT_ASSERT_STRING(memfs_content(other->self, "b"), "defdef");
    world_end(&w);
}

/* ---- Canonical paths ---- */

static void resolves_links_into_the_users_view(void)
{
    static const struct {
        const char *path;
        enum hy_real how;
        const char *wanted;
    } cases[] = {
        {"/", HY_REAL_EXISTS, "/"},
        {"l", HY_REAL_EXISTS, "/d/e"},
        {"l", HY_REAL_LEXICAL, "/l"},
        {"l/../x", HY_REAL_LEXICAL, "/x"},
        {"l/f", HY_REAL_EXISTS, "/d/e/f"},
        {"l/new", HY_REAL_EXISTS, "!2"},
        {"l/new", HY_REAL_LAST, "/d/e/new"},
        {"l/new/er", HY_REAL_LAST, "!2"},
        {"top/l/f", HY_REAL_LAST, "/d/e/f"},
        {"dangling", HY_REAL_LAST, "/dangling"},
        {"loop", HY_REAL_LAST, "!40"},
        {"d/e/f/x", HY_REAL_LAST, "!20"},
        {"/m", HY_REAL_EXISTS, "/m"},
        {"/m/l", HY_REAL_EXISTS, "/m/t"},
        {"/m/new", HY_REAL_LAST, "/m/new"},
        {"/up", HY_REAL_EXISTS, "/up"},
        {"/up/m/l", HY_REAL_EXISTS, "/up/m/t"},
        {"/up/new", HY_REAL_LAST, "/up/new"},
        {"/hidden", HY_REAL_EXISTS, "/hidden"}, /* its canonical name would be that of another mount */
    };
    struct world w;
    void *root, *m;

    world_begin(&w);
    root = world_memfs(&w, "/");
    (void)memfs_mkdir(root, "d");
    (void)memfs_mkdir(root, "d/e");
    (void)memfs_put(root, "d/e/f", "");
    (void)memfs_symlink(root, "l", "d/e");
    (void)memfs_symlink(root, "top", "/");
    (void)memfs_symlink(root, "dangling", "none");
    (void)memfs_symlink(root, "loop", "loop");
    (void)memfs_mkdir(root, "m");
    (void)memfs_symlink(root, "hidden", "m");
    for (int i = 0; i < 2; i++) {
        m = world_memfs(&w, i ? "/m" : "/up/m");
        (void)memfs_mkdir(m, "t");
        (void)memfs_symlink(m, "l", "/t");
    }
    CU_ASSERT_FATAL(world_see(&w, NULL, NULL, false) != NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        UNIT_ASSERT_STRING(do_real(&w, cases[i].path, cases[i].how), cases[i].wanted);
    world_end(&w);
}

UNIT_SUITE(copy, UNIT_TEST(copies_by_hand_between_mounts), UNIT_TEST(appends_a_copy),
           UNIT_TEST(refuses_to_copy_onto_its_source), UNIT_TEST(lets_the_store_copy_where_it_can),
           UNIT_TEST(resolves_links_into_the_users_view));
