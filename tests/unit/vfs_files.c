/* Open files: handles, data, what a plugin may not answer, copies. */
#include "core/vfs/session.h"
#include "tests/unit/vfs.h"

enum { RW = HYTHE_OPEN_READ | HYTHE_OPEN_WRITE, NEW = RW | HYTHE_OPEN_CREATE };

static void *begin(struct world *w)
{
    void *root;

    world_begin(w);
    root = world_memfs(w, "/");
    (void)memfs_put(root, "hello", "hello, world");
    (void)memfs_mkdir(root, "dir");
    CU_ASSERT_FATAL(world_see(w, NULL, NULL, false) != NULL);
    return root;
}

/* ---- Handles ---- */

static void refuses_handles_that_it_never_gave(void)
{
    struct hythe_attrs attrs = {.struct_size = sizeof attrs};
    struct hythe_statfs st;
    struct world w;
    hy_handle h, bad[6];
    char buf[8];

    (void)begin(&w);
    CU_ASSERT_FATAL(do_open(&w, "/hello", RW, &h) == 0);
    CU_ASSERT(h != 0);
    bad[0] = 0;
    bad[1] = UINT64_MAX;
    bad[2] = h + 1;
    bad[3] = h + (UINT64_C(1) << 32);
    bad[4] = h & UINT32_MAX;
    bad[5] = h | 0x80000000u;
    for (size_t i = 0; i < 6; i++) {
        UNIT_ASSERT_NUMBER(hy_vfs_read(w.vfs, bad[i], buf, sizeof buf, 0), -EBADF);
        UNIT_ASSERT_NUMBER(hy_vfs_write(w.vfs, bad[i], buf, sizeof buf, 0), -EBADF);
        UNIT_ASSERT_NUMBER(hy_vfs_readdir(w.vfs, bad[i], 0, NULL, NULL), -EBADF);
        UNIT_ASSERT_NUMBER(hy_vfs_fgetattr(w.vfs, bad[i], 0, &attrs), -EBADF);
        UNIT_ASSERT_NUMBER(hy_vfs_fsetattr(w.vfs, bad[i], &attrs), -EBADF);
        UNIT_ASSERT_NUMBER(hy_vfs_fstatfs(w.vfs, bad[i], &st), -EBADF);
        UNIT_ASSERT_NUMBER(hy_vfs_fsync(w.vfs, bad[i]), -EBADF);
        UNIT_ASSERT_NUMBER(hy_vfs_copy(w.vfs, bad[i], 0, 0, h, 0), -EBADF);
        UNIT_ASSERT_NUMBER(hy_vfs_copy(w.vfs, h, 0, 0, bad[i], 0), -EBADF);
        UNIT_ASSERT_NUMBER(hy_vfs_close(w.vfs, bad[i]), -EBADF);
    }
    UNIT_ASSERT_NUMBER(hy_vfs_open_count(w.vfs), 1);
    UNIT_ASSERT_NUMBER(hy_vfs_close(w.vfs, h), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_close(w.vfs, h), -EBADF);
    world_end(&w);
}

static void never_gives_a_handle_twice(void)
{
    struct world w;
    hy_handle h, last = 0, first;

    (void)begin(&w);
    CU_ASSERT_FATAL(do_open(&w, "/hello", RW, &first) == 0);
    CU_ASSERT(hy_vfs_close(w.vfs, first) == 0);
    for (int i = 0; i < 1000; i++) {
        CU_ASSERT_FATAL(do_open(&w, "/hello", RW, &h) == 0);
        CU_ASSERT(h != first && h != last);
        UNIT_ASSERT_NUMBER(hy_vfs_close(w.vfs, first), -EBADF);
        CU_ASSERT(hy_vfs_close(w.vfs, h) == 0);
        last = h;
    }
    world_end(&w);
}

static void passes_zero_when_generations_wrap(void)
{
    struct hy_files files;
    struct hy_file *file = calloc(1, sizeof *file);
    hy_handle h;

    hy_files_init(&files, 4);
    files.generation = INT32_MAX - 1;
    CU_ASSERT_FATAL(hy_files_reserve(&files) == 0);
    h = hy_files_add(&files, file);
    CU_ASSERT(h >> 32 == INT32_MAX && hy_files_remove(&files, h) == file);
    CU_ASSERT_FATAL(hy_files_reserve(&files) == 0);
    h = hy_files_add(&files, file);
    CU_ASSERT(h >> 32 == 1 && hy_files_remove(&files, h) == file);
    CU_ASSERT(hy_files_remove(&files, h) == NULL);
    hy_files_fini(&files);
    free(file);
}

static void bounds_the_number_of_open_files(void)
{
    struct world w;
    hy_handle h[9];
    void *root = begin(&w);

    for (int i = 0; i < 8; i++)
        UNIT_ASSERT_NUMBER(i % 2 ? hy_vfs_opendir(w.vfs, name_of("/dir"), &h[i]) : do_open(&w, "/hello", RW, &h[i]), 0);
    UNIT_ASSERT_NUMBER(do_open(&w, "/hello", RW, &h[8]), -EMFILE);
    UNIT_ASSERT_NUMBER(do_open(&w, "/not made", NEW, &h[8]), -EMFILE);
    UNIT_ASSERT_NUMBER(hy_vfs_opendir(w.vfs, name_of("/dir"), &h[8]), -EMFILE);
    CU_ASSERT_PTR_NULL(memfs_content(root, "not made"));
    UNIT_ASSERT_NUMBER(memfs_open(root), 8);
    CU_ASSERT(hy_vfs_close(w.vfs, h[3]) == 0);
    UNIT_ASSERT_NUMBER(do_open(&w, "/hello", RW, &h[8]), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_open_count(w.vfs), 8);
    hy_vfs_free(w.vfs);
    w.vfs = NULL;
    UNIT_ASSERT_NUMBER(memfs_open(root), 0);
    world_end(&w);
}

/* Opens that are going on keep their places, though others come and go meanwhile. */
static void keeps_the_places_that_were_promised(void)
{
    struct hy_file *file = calloc(1, sizeof *file);
    struct hy_files files;
    hy_handle h[20];

    hy_files_init(&files, 40);
    for (int i = 0; i < 20; i++)
        CU_ASSERT_FATAL(hy_files_reserve(&files) == 0);
    for (int i = 0; i < 10; i++)
        h[i] = hy_files_add(&files, file);
    for (int i = 0; i < 10; i++)
        CU_ASSERT(hy_files_remove(&files, h[i]) == file);
    for (int i = 0; i < 30; i++)
        CU_ASSERT_FATAL(hy_files_reserve(&files) == 0);
    UNIT_ASSERT_NUMBER(hy_files_reserve(&files), -EMFILE);
    for (int i = 0; i < 20; i++) {
        h[i] = hy_files_add(&files, file);
        for (int k = 0; k < i; k++)
            CU_ASSERT(h[k] != h[i] && hy_files_get(&files, h[k]) == file);
    }
    for (int i = 0; i < 20; i++)
        hy_files_release(&files);
    UNIT_ASSERT_NUMBER(files.open, 20);
    UNIT_ASSERT_NUMBER(files.promised, 0);
    hy_files_fini(&files);
    free(file);
}

static void grows_its_table_in_steps(void)
{
    struct hy_files files;
    struct hy_file *file = calloc(1, sizeof *file);
    hy_handle h[100];

    hy_files_init(&files, 100);
    for (int i = 0; i < 100; i++) {
        CU_ASSERT_FATAL(hy_files_reserve(&files) == 0);
        h[i] = hy_files_add(&files, file);
    }
    UNIT_ASSERT_NUMBER(hy_files_reserve(&files), -EMFILE);
    UNIT_ASSERT_NUMBER(files.capacity, 100);
    for (int i = 0; i < 100; i++)
        CU_ASSERT(hy_files_get(&files, h[i]) == file);
    for (int i = 0; i < 100; i++)
        CU_ASSERT(hy_files_remove(&files, h[i]) == file && hy_files_get(&files, h[i]) == NULL);
    UNIT_ASSERT_NUMBER(files.open, 0);
    hy_files_fini(&files);
    free(file);
    hy_files_init(&files, 0);
    UNIT_ASSERT_NUMBER(hy_files_reserve(&files), -EMFILE);
    hy_files_fini(&files);
}

/* ---- Data ---- */

static void reads_and_writes_at_offsets(void)
{
    struct hythe_attrs attrs;
    struct world w;
    hy_handle h;
    char buf[32];
    void *root = begin(&w);

    CU_ASSERT_FATAL(do_open(&w, "hello", RW, &h) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_read(w.vfs, h, buf, 5, 7), 5);
    CU_ASSERT(memcmp(buf, "world", 5) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_read(w.vfs, h, buf, sizeof buf, 12), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_write(w.vfs, h, "WORLD!", 6, 7), 6);
    UNIT_ASSERT_STRING(memfs_content(root, "hello"), "hello, WORLD!");
    UNIT_ASSERT_NUMBER(hy_vfs_fgetattr(w.vfs, h, UINT32_MAX, &attrs), 0);
    UNIT_ASSERT_NUMBER(attrs.size, 13);
    attrs = (struct hythe_attrs){.struct_size = sizeof attrs, .valid = HYTHE_ATTR_SIZE, .size = 2};
    UNIT_ASSERT_NUMBER(hy_vfs_fsetattr(w.vfs, h, &attrs), 0);
    UNIT_ASSERT_STRING(memfs_content(root, "hello"), "he");
    UNIT_ASSERT_NUMBER(hy_vfs_fsync(w.vfs, h), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_read(w.vfs, h, buf, 4, UINT64_MAX - 1), -EINVAL);
    UNIT_ASSERT_NUMBER(hy_vfs_write(w.vfs, h, buf, 4, (uint64_t)INT64_MAX - 1), -EFBIG);
    world_end(&w);
}

static void allows_what_a_file_was_opened_for(void)
{
    const struct hythe_attrs size = {.struct_size = sizeof size, .valid = HYTHE_ATTR_SIZE, .size = 12};
    const struct hythe_attrs alloc = {.struct_size = sizeof alloc, .valid = HYTHE_ATTR_ALLOC};
    struct world w;
    hy_handle r, wr, dir;
    char c;

    (void)begin(&w);
    CU_ASSERT_FATAL(do_open(&w, "/hello", HYTHE_OPEN_READ, &r) == 0);
    CU_ASSERT_FATAL(do_open(&w, "/hello", HYTHE_OPEN_WRITE, &wr) == 0);
    CU_ASSERT_FATAL(hy_vfs_opendir(w.vfs, name_of("/dir"), &dir) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_write(w.vfs, r, "x", 1, 0), -EACCES);
    UNIT_ASSERT_NUMBER(hy_vfs_read(w.vfs, wr, &c, 1, 0), -EACCES);
    UNIT_ASSERT_NUMBER(hy_vfs_read(w.vfs, dir, &c, 1, 0), -EISDIR);
    UNIT_ASSERT_NUMBER(hy_vfs_write(w.vfs, dir, "x", 1, 0), -EISDIR);
    UNIT_ASSERT_NUMBER(hy_vfs_readdir(w.vfs, r, 0, NULL, NULL), -EBADF);
    UNIT_ASSERT_NUMBER(hy_vfs_fsetattr(w.vfs, r, &size), -EACCES);
    UNIT_ASSERT_NUMBER(hy_vfs_fsetattr(w.vfs, r, &alloc), -EACCES);
    UNIT_ASSERT_NUMBER(hy_vfs_fsetattr(w.vfs, wr, &size), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(w.vfs, wr, 0, 1, wr, 1), -EACCES);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(w.vfs, r, 0, 1, r, 1), -EACCES);
    UNIT_ASSERT_NUMBER(hy_vfs_copy(w.vfs, dir, 0, 1, wr, 1), -EISDIR);
    UNIT_ASSERT_NUMBER(do_open(&w, "/hello", 0, &r), -EINVAL);
    UNIT_ASSERT_NUMBER(do_open(&w, "/hello", HYTHE_OPEN_READ | HYTHE_OPEN_TRUNCATE, &r), -EINVAL);
    UNIT_ASSERT_NUMBER(do_open(&w, "/hello", HYTHE_OPEN_READ | HYTHE_OPEN_APPEND, &r), -EINVAL);
    UNIT_ASSERT_NUMBER(do_open(&w, "/hello", NEW | HYTHE_OPEN_EXCLUSIVE, &r), -EEXIST);
    world_end(&w);
}

static void refuses_nul_and_endless_paths(void)
{
    struct hythe_attrs attrs;
    struct world w;
    char longest[2 * HY_PATH_MAX];

    (void)begin(&w);
    memset(longest, 'x', sizeof longest);
    UNIT_ASSERT_NUMBER(hy_vfs_getattr(w.vfs, (struct hy_name){"/hel\0lo", 7}, 0, 0, &attrs), -EINVAL);
    UNIT_ASSERT_NUMBER(hy_vfs_getattr(w.vfs, (struct hy_name){longest, sizeof longest}, 0, 0, &attrs), -ENAMETOOLONG);
    UNIT_ASSERT_NUMBER(hy_vfs_symlink(w.vfs, name_of("/l"), (struct hy_name){"a\0b", 3}), -EINVAL);
    UNIT_ASSERT_NUMBER(hy_vfs_symlink(w.vfs, name_of("/l"), (struct hy_name){longest, sizeof longest}), -ENAMETOOLONG);
    UNIT_ASSERT_NUMBER(hy_vfs_symlink(w.vfs, name_of("/l"), (struct hy_name){"", 0}), -ENOENT);
    world_end(&w);
}

/* ---- Results that no plugin may give ---- */

static int64_t wrong_result;
static const char *wrong_text;
static uint32_t closed_with;

static int64_t wrong_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    (void)call;
    arg->attrs->valid = HYTHE_ATTR_TYPE;
    arg->attrs->type = HYTHE_TYPE_DIRECTORY;
    return 17;
}

static int64_t wrong_open(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    (void)arg;
    UNIT_ASSERT_STRING(call->file->path, "/f");
    UNIT_ASSERT_NUMBER(call->file->access, RW);
    return 3;
}

static int64_t wrong_read(const struct hythe_call *call, struct hythe_read_arg *arg)
{
    (void)call;
    (void)arg;
    return wrong_result;
}

static int64_t wrong_write(const struct hythe_call *call, struct hythe_write_arg *arg)
{
    (void)call;
    (void)arg;
    return wrong_result;
}

static int64_t wrong_readlink(const struct hythe_call *call, struct hythe_readlink_arg *arg)
{
    (void)call;
    (void)arg;
    return wrong_result;
}

static int64_t wrong_realpath(const struct hythe_call *call, struct hythe_realpath_arg *arg)
{
    (void)call;
    (void)snprintf(arg->buf, arg->len, "%s", wrong_text);
    return wrong_result ? wrong_result : (int64_t)strlen(wrong_text);
}

static int64_t wrong_close(const struct hythe_call *call, struct hythe_close_arg *arg)
{
    (void)call;
    closed_with = arg->flags;
    return -ENOSPC;
}

static void begin_wrong(struct world *w)
{
    static const struct hythe_ops ops = {.size = sizeof ops,
                                         .getattr = wrong_getattr,
                                         .open = wrong_open,
                                         .read = wrong_read,
                                         .write = wrong_write,
                                         .readlink = wrong_readlink,
                                         .realpath = wrong_realpath,
                                         .close = wrong_close};
    static const struct hythe_plugin plugin = {.abi = HYTHE_ABI,
                                               .size = sizeof plugin,
                                               .kind = HYTHE_FILESYSTEM,
                                               .threads = HYTHE_PARALLEL,
                                               .name = "wrong",
                                               .ops = &ops};

    world_begin(w);
    world_mount(w, "/", (struct hy_instance *const[]){world_start(w, &plugin, "wrong at /"), NULL});
    CU_ASSERT_FATAL(world_see(w, NULL, NULL, false) != NULL);
}

static void answers_eio_for_impossible_lengths(void)
{
    struct world w;
    hy_handle h;
    char buf[16];

    begin_wrong(&w);
    CU_ASSERT_FATAL(do_open(&w, "/f", RW, &h) == 0);
    wrong_result = 17;
    UNIT_ASSERT_NUMBER(hy_vfs_read(w.vfs, h, buf, 16, 0), -EIO);
    UNIT_ASSERT_STRING(w.lines, "wrong at / broke the contract of plugins: read answered more than it was asked for\n");
    UNIT_ASSERT_NUMBER(hy_vfs_write(w.vfs, h, buf, 16, 0), -EIO);
    wrong_result = 15;
    UNIT_ASSERT_NUMBER(hy_vfs_write(w.vfs, h, buf, 16, 0), -EIO);
    UNIT_ASSERT_NUMBER(world_said(&w, "\n"), 1);
    UNIT_ASSERT_NUMBER(hy_vfs_read(w.vfs, h, buf, 16, 0), 15);
    wrong_result = 0;
    UNIT_ASSERT_NUMBER(hy_vfs_write(w.vfs, h, buf, 16, 0), -EIO);
    UNIT_ASSERT_NUMBER(hy_vfs_write(w.vfs, h, buf, 0, 0), 0);
    wrong_result = HYTHE_STATUS(17);
    UNIT_ASSERT_NUMBER(hy_vfs_read(w.vfs, h, buf, 16, 0), HYTHE_STATUS(17));
    wrong_result = INT64_MAX;
    UNIT_ASSERT_NUMBER(hy_vfs_readlink(w.vfs, name_of("/f"), buf, 16), -EIO);
    UNIT_ASSERT_NUMBER(hy_vfs_close(w.vfs, h), -ENOSPC);
    UNIT_ASSERT_NUMBER(closed_with, 0);
    world_end(&w);
}

static void drops_results_that_mean_nothing(void)
{
    struct hythe_attrs attrs;
    struct world w;

    begin_wrong(&w);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/f", &attrs), 0);
    world_end(&w);
}

static void answers_eio_for_paths_that_escape(void)
{
    static const char *const bad[] = {"",    "/",   "/etc", "..", "../x",  "a/..", "a/../b", "a/../..",
                                      "./a", "a/.", "a//b", "a/", "a/./b", "..",   "//"};
    static const char *const good[] = {"a", "a/b", "..a", "a/...", ".a/b.", "a b/\xff"};
    struct world w;
    char wanted[64];

    begin_wrong(&w);
    wrong_result = 0;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        wrong_text = bad[i];
        w.lines[0] = '\0';
        UNIT_ASSERT_STRING(do_real(&w, "/f", HY_REAL_EXISTS), "!5");
        CU_ASSERT(strstr(w.lines, "wrong at / broke the contract of plugins: realpath") != NULL);
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        wrong_text = good[i];
        (void)snprintf(wanted, sizeof wanted, "/%s", good[i]);
        UNIT_ASSERT_STRING(do_real(&w, "/f", HY_REAL_EXISTS), wanted);
    }
    wrong_text = "abc";
    for (wrong_result = 1; wrong_result < 5; wrong_result++)
        UNIT_ASSERT_STRING(do_real(&w, "/f", HY_REAL_LAST), wrong_result == 3 ? "/abc" : "!5");
    wrong_result = HY_PATH_MAX;
    UNIT_ASSERT_STRING(do_real(&w, "/f", HY_REAL_LAST), "!5");
    world_end(&w);
}

static void tells_plugins_that_a_session_broke_off(void)
{
    struct world w;
    hy_handle h;

    begin_wrong(&w);
    CU_ASSERT_FATAL(do_open(&w, "/f", RW, &h) == 0);
    closed_with = 0;
    hy_vfs_free(w.vfs);
    w.vfs = NULL;
    UNIT_ASSERT_NUMBER(closed_with, HYTHE_CLOSE_ABORTED);
    world_end(&w);
}

/* The least that a store can be: everything else is answered by the core. */
static void serves_a_minimal_store(void)
{
    struct hythe_plugin plugin = memfs_plugin;
    struct hythe_ops ops = {.size = sizeof ops,
                            .getattr = memfs_plugin.ops->getattr,
                            .open = memfs_plugin.ops->open,
                            .read = memfs_plugin.ops->read,
                            .opendir = memfs_plugin.ops->opendir,
                            .readdir = memfs_plugin.ops->readdir,
                            .close = memfs_plugin.ops->close};
    struct hythe_attrs attrs;
    struct hy_instance *instance;
    struct world w;
    hy_handle h;
    char names[64];

    plugin.ops = &ops;
    world_begin(&w);
    instance = world_start(&w, &plugin, "least");
    (void)memfs_mkdir(instance->self, "d");
    (void)memfs_put(instance->self, "d/f", "text");
    world_mount(&w, "/", (struct hy_instance *const[]){instance, NULL});
    CU_ASSERT_FATAL(world_see(&w, NULL, NULL, false) != NULL);
    UNIT_ASSERT_STRING(do_list(&w, "/d", names, sizeof names), ". .. f");
    UNIT_ASSERT_STRING(do_cat(&w, "/d/f"), "text");
    UNIT_ASSERT_STRING(do_real(&w, "/d/../d/f", HY_REAL_EXISTS), "/d/f");
    UNIT_ASSERT_STRING(do_real(&w, "/d/new", HY_REAL_LAST), "/d/new");
    UNIT_ASSERT_STRING(do_real(&w, "/d/new", HY_REAL_EXISTS), "!2");
    UNIT_ASSERT_STRING(do_real(&w, "/none/new", HY_REAL_LAST), "!2");
    CU_ASSERT_FATAL(do_open(&w, "/d/f", HYTHE_OPEN_READ, &h) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_fgetattr(w.vfs, h, UINT32_MAX, &attrs), 0);
    UNIT_ASSERT_NUMBER(attrs.size, 4);
    UNIT_ASSERT_NUMBER(hy_vfs_fsync(w.vfs, h), -ENOSYS);
    UNIT_ASSERT_NUMBER(do_mkdir(&w, "/d/x"), -ENOSYS);
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(w.vfs, name_of("/d/f")), -ENOSYS);
    UNIT_ASSERT_NUMBER(hy_vfs_close(w.vfs, h), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_opendir(w.vfs, name_of("/d"), &h), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_fgetattr(w.vfs, h, UINT32_MAX, &attrs), 0);
    UNIT_ASSERT_NUMBER(attrs.type, HYTHE_TYPE_DIRECTORY);
    world_end(&w);
}

UNIT_SUITE(files, UNIT_TEST(refuses_handles_that_it_never_gave), UNIT_TEST(never_gives_a_handle_twice),
           UNIT_TEST(passes_zero_when_generations_wrap), UNIT_TEST(bounds_the_number_of_open_files),
           UNIT_TEST(keeps_the_places_that_were_promised), UNIT_TEST(grows_its_table_in_steps),
           UNIT_TEST(reads_and_writes_at_offsets), UNIT_TEST(allows_what_a_file_was_opened_for),
           UNIT_TEST(refuses_nul_and_endless_paths), UNIT_TEST(answers_eio_for_impossible_lengths),
           UNIT_TEST(drops_results_that_mean_nothing), UNIT_TEST(answers_eio_for_paths_that_escape),
           UNIT_TEST(tells_plugins_that_a_session_broke_off), UNIT_TEST(serves_a_minimal_store));
