/* Mounts: which one serves a path, what stands where no store does, what can't be touched. */
#include "core/vfs/rows.h"
#include "tests/unit/vfs.h"

/* ---- Look-up ---- */

struct row {
    const char *path;
};

static const struct row sorted[] = {{"/"}, {"/a"}, {"/a/b"}, {"/a/b/c"}, {"/a/z"}, {"/a-b"}, {"/a.b/c"}, {"/ab"}};
static const struct hy_rows rows = {sorted, sizeof sorted[0], sizeof sorted / sizeof sorted[0]};

static void finds_the_longest_prefix_by_component(void)
{
    static const struct {
        const char *path, *mount;
    } cases[] = {{"/", "/"},           {"/a", "/a"},           {"/a/b", "/a/b"},   {"/a/bb", "/a"},
                 {"/a/b/x/y", "/a/b"}, {"/a/b/c/d", "/a/b/c"}, {"/a-b/x", "/a-b"}, {"/a-", "/"},
                 {"/a.b", "/"},        {"/a.b/c/d", "/a.b/c"}, {"/abc", "/"},      {"/ab/c", "/ab"},
                 {"/zzz/y", "/"},      {"/a/z/b/c", "/a/z"}};
    const struct row one = {"/only"};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        UNIT_ASSERT_STRING(hy_rows_path(rows, hy_rows_covering(rows, cases[i].path)), cases[i].mount);
    CU_ASSERT(hy_rows_covering((struct hy_rows){&one, sizeof one, 1}, "/other") == SIZE_MAX);
    CU_ASSERT(hy_rows_covering((struct hy_rows){NULL, sizeof one, 0}, "/") == SIZE_MAX);
}

static void keeps_what_lies_below_together(void)
{
    static const struct {
        const char *dir;
        size_t first, end;
    } cases[] = {{"/", 1, 8},    {"/a", 2, 5}, {"/a/b", 3, 4},  {"/a-b", 6, 6},
                 {"/a.b", 6, 7}, {"/b", 8, 8}, {"/a/b/c", 4, 4}};
    size_t first;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        UNIT_ASSERT_NUMBER(hy_rows_below(rows, cases[i].dir, strlen(cases[i].dir), &first), cases[i].end);
        UNIT_ASSERT_NUMBER(first, cases[i].first);
    }
}

static void mounts_in_any_order(void)
{
    static const char *const paths[] = {"/a/b", "/", "/ab", "/a", "/a-b", "/a.b/c", "/a/z", "/a/b/c"};
    struct hy_chain *second;
    struct world w;
    char path[64];

    world_begin(&w);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        (void)memfs_put(world_memfs(&w, paths[i]), "who", paths[i]);
    CU_ASSERT_FATAL(world_see(&w, NULL, NULL, false) != NULL);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/who", paths[i]);
        UNIT_ASSERT_STRING(do_cat(&w, path), paths[i]);
    }
    second = hy_chain_new((const struct hy_instance *[]){&w.instances[0]}, 1);
    UNIT_ASSERT_NUMBER(hy_tree_mount(w.tree, "/a-b", second), -EEXIST);
    free(second);
    world_end(&w);
}

static void lives_as_long_as_its_last_session(void)
{
    struct world w;
    void *store;

    world_begin(&w);
    store = world_memfs(&w, "/");
    CU_ASSERT_FATAL(world_see(&w, NULL, NULL, false) != NULL);
    hy_tree_unref(w.tree);
    w.tree = NULL;
    UNIT_ASSERT_STRING(do_cat(&w, "/none"), "!2");
    hy_vfs_free(w.vfs);
    w.vfs = NULL;
    UNIT_ASSERT_NUMBER(memfs_attached(store), 0);
    world_end(&w);
}

static void attaches_a_mount_when_it_is_first_needed(void)
{
    struct world w;
    void *root, *deep;

    world_begin(&w);
    root = world_memfs(&w, "/");
    deep = world_memfs(&w, "/pub");
    CU_ASSERT_FATAL(world_see(&w, NULL, NULL, false) != NULL);
    UNIT_ASSERT_NUMBER(memfs_attached(root), 1);
    UNIT_ASSERT_NUMBER(memfs_attached(deep), 0);
    UNIT_ASSERT_STRING(do_cat(&w, "/pub/x"), "!2");
    UNIT_ASSERT_STRING(do_cat(&w, "/pub/x"), "!2");
    UNIT_ASSERT_NUMBER(memfs_attached(deep), 1);
    hy_vfs_free(w.vfs);
    w.vfs = NULL;
    UNIT_ASSERT_NUMBER(memfs_attached(root) + memfs_attached(deep), 0);
    world_end(&w);
}

/* ---- Directories without a store ---- */

/* "/" has nothing but a directory "real"; mounts at /pub, /real/m, /made/up/m. */
static void begin_sparse(struct world *w, bool with_root)
{
    void *root;

    world_begin(w);
    if (with_root) {
        root = world_memfs(w, "/");
        (void)memfs_mkdir(root, "real");
        (void)memfs_put(root, "real/own", "own");
        (void)memfs_mkdir(root, "free");
    }
    (void)memfs_put(world_memfs(w, "/pub"), "hello", "hi");
    (void)world_memfs(w, "/real/m");
    (void)memfs_put(world_memfs(w, "/made/up/m"), "deep", "down");
    CU_ASSERT_FATAL(world_see(w, NULL, NULL, false) != NULL);
}

static void makes_up_directories_above_mounts(void)
{
    static const char *const made[] = {"/made", "/made/up", "/made/../made/./up/"};
    struct hythe_statfs st;
    struct hythe_attrs attrs;
    struct world w;

    for (int with_root = 0; with_root < 2; with_root++) {
        begin_sparse(&w, with_root);
        for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
            UNIT_ASSERT_NUMBER(do_getattr(&w, made[i], &attrs), 0);
            CU_ASSERT(attrs.type == HYTHE_TYPE_DIRECTORY && attrs.mode == 0755 && attrs.uid == 0 && attrs.gid == 0);
            CU_ASSERT(attrs.mtime.sec > 1000000000);
        }
        UNIT_ASSERT_NUMBER(do_getattr(&w, "/made/down", &attrs), -ENOENT);
        UNIT_ASSERT_NUMBER(hy_vfs_statfs(w.vfs, name_of("/made"), &st), 0);
        CU_ASSERT(st.read_only == 1);
        UNIT_ASSERT_STRING(do_cat(&w, "/made/up/m/deep"), "down");
        UNIT_ASSERT_STRING(do_real(&w, "/made/up", HY_REAL_EXISTS), "/made/up");
        world_end(&w);
    }
}

static void prefers_the_directory_of_a_store(void)
{
    struct hythe_attrs attrs;
    struct world w;

    begin_sparse(&w, true);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/real", &attrs), 0);
    UNIT_ASSERT_NUMBER(attrs.uid, 1000);
    UNIT_ASSERT_STRING(do_cat(&w, "/real/own"), "own");
    world_end(&w);
    begin_sparse(&w, false);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/real", &attrs), 0);
    UNIT_ASSERT_NUMBER(attrs.uid, 0);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/", &attrs), 0);
    UNIT_ASSERT_NUMBER(attrs.mode, 0755);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/real/own", &attrs), -ENOENT);
    world_end(&w);
}

/* What the store has in the place of a directory above a mount doesn't get in the way. */
static void sees_a_directory_where_the_store_has_a_file(void)
{
    struct hythe_attrs attrs;
    struct world w;
    hy_handle h;
    char names[64];

    world_begin(&w);
    (void)memfs_put(world_memfs(&w, "/"), "made", "a file");
    (void)world_memfs(&w, "/made/m");
    CU_ASSERT_FATAL(world_see(&w, NULL, NULL, false) != NULL);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/made", &attrs), 0);
    UNIT_ASSERT_NUMBER(attrs.type, HYTHE_TYPE_DIRECTORY);
    UNIT_ASSERT_STRING(do_list(&w, "/made", names, sizeof names), ". .. m");
    UNIT_ASSERT_NUMBER(do_open(&w, "/made", HYTHE_OPEN_READ, &h), -EISDIR);
    UNIT_ASSERT_NUMBER(do_open(&w, "/made", HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, &h), -EISDIR);
    UNIT_ASSERT_NUMBER(do_open(&w, "/made", HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE | HYTHE_OPEN_EXCLUSIVE, &h), -EEXIST);
    world_end(&w);
}

/* ---- What can't be done to mounts ---- */

static void keeps_mount_points_in_place(void)
{
    static const char *const fixed[] = {"/", "/pub", "/real", "/real/m", "/made", "/made/up", "/made/up/m"};
    struct hythe_attrs none = {.struct_size = sizeof none};
    struct hythe_attrs mode = {.struct_size = sizeof mode, .valid = HYTHE_ATTR_MODE, .mode = 0700};
    struct world w;

    for (int with_root = 0; with_root < 2; with_root++) {
        begin_sparse(&w, with_root);
        for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
            struct hy_name p = name_of(fixed[i]), other = name_of("/pub/other");

            UNIT_ASSERT_NUMBER(hy_vfs_unlink(w.vfs, p), -EBUSY);
            UNIT_ASSERT_NUMBER(hy_vfs_rmdir(w.vfs, p), -EBUSY);
            UNIT_ASSERT_NUMBER(hy_vfs_rename(w.vfs, p, other, 0), -EBUSY);
            UNIT_ASSERT_NUMBER(hy_vfs_rename(w.vfs, name_of("/pub/hello"), p, HYTHE_RENAME_REPLACE), -EBUSY);
            UNIT_ASSERT_NUMBER(hy_vfs_mkdir(w.vfs, p, &none), -EEXIST);
            UNIT_ASSERT_NUMBER(hy_vfs_symlink(w.vfs, p, other), -EEXIST);
            UNIT_ASSERT_NUMBER(hy_vfs_link(w.vfs, p, other), -EPERM);
            UNIT_ASSERT_NUMBER(hy_vfs_link(w.vfs, name_of("/pub/hello"), p), -EEXIST);
            UNIT_ASSERT_NUMBER(hy_vfs_readlink(w.vfs, p, (char[8]){0}, 8), -EINVAL);
        }
        UNIT_ASSERT_NUMBER(hy_vfs_setattr(w.vfs, name_of("/made"), 0, &mode), -EROFS);
        UNIT_ASSERT_NUMBER(hy_vfs_setattr(w.vfs, name_of("/pub"), 0, &mode), 0);
        world_end(&w);
    }
}

static void makes_nothing_where_no_store_is(void)
{
    struct hythe_attrs attrs;
    struct world w;
    hy_handle h;

    for (int with_root = 0; with_root < 2; with_root++) {
        begin_sparse(&w, with_root);
        UNIT_ASSERT_NUMBER(do_mkdir(&w, "/made/x"), -EROFS);
        UNIT_ASSERT_NUMBER(do_open(&w, "/made/up/x", HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, &h), -EROFS);
        UNIT_ASSERT_NUMBER(do_open(&w, "/made/up/x", HYTHE_OPEN_READ, &h), -ENOENT);
        UNIT_ASSERT_NUMBER(hy_vfs_symlink(w.vfs, name_of("/made/x"), name_of("y")), -EROFS);
        UNIT_ASSERT_NUMBER(do_mkdir(&w, "/nowhere/x"), -ENOENT);
        UNIT_ASSERT_NUMBER(do_mkdir(&w, "/made/nowhere/x"), -ENOENT);
        UNIT_ASSERT_NUMBER(do_mkdir(&w, "/new"), with_root ? 0 : -EROFS);
        UNIT_ASSERT_NUMBER(do_getattr(&w, "/new", &attrs), with_root ? 0 : -ENOENT);
        UNIT_ASSERT_NUMBER(hy_vfs_unlink(w.vfs, name_of("/none")), -ENOENT);
        UNIT_ASSERT_NUMBER(hy_vfs_rmdir(w.vfs, name_of("/made/none")), -ENOENT);
        world_end(&w);
    }
}

static void crosses_no_mount(void)
{
    struct hythe_attrs attrs;
    struct world w;

    begin_sparse(&w, true);
    UNIT_ASSERT_NUMBER(hy_vfs_rename(w.vfs, name_of("/pub/hello"), name_of("/free/hello"), 0), -EXDEV);
    UNIT_ASSERT_STRING(hy_vfs_error(w.vfs), "the two names lie in different mounts");
    hy_vfs_clear_error(w.vfs);
    UNIT_ASSERT_STRING(hy_vfs_error(w.vfs), "");
    UNIT_ASSERT_NUMBER(hy_vfs_link(w.vfs, name_of("/pub/hello"), name_of("/real/m/hello")), -EXDEV);
    UNIT_ASSERT_NUMBER(hy_vfs_rename(w.vfs, name_of("/pub/hello"), name_of("/pub/hallo"), 0), 0);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/pub/hallo", &attrs), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_rename(w.vfs, name_of("/free"), name_of("/real/free"), 0), 0);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/real/free", &attrs), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_rename(w.vfs, name_of("/real/free"), name_of("/made/free"), 0), -EROFS);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "/real/free", &attrs), 0);
    world_end(&w);
}

UNIT_SUITE(tree, UNIT_TEST(finds_the_longest_prefix_by_component), UNIT_TEST(keeps_what_lies_below_together),
           UNIT_TEST(mounts_in_any_order), UNIT_TEST(lives_as_long_as_its_last_session),
           UNIT_TEST(attaches_a_mount_when_it_is_first_needed), UNIT_TEST(makes_up_directories_above_mounts),
           UNIT_TEST(prefers_the_directory_of_a_store), UNIT_TEST(sees_a_directory_where_the_store_has_a_file),
           UNIT_TEST(keeps_mount_points_in_place), UNIT_TEST(makes_nothing_where_no_store_is),
           UNIT_TEST(crosses_no_mount));
