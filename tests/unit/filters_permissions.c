/* The permissions filter: which right each operation needs, and which rule decides. */
#include "tests/unit/filters.h"

/* ---- Every operation ---- */

enum {
    LIST = 1,
    DOWNLOAD = 2,
    UPLOAD = 4,
    OVERWRITE = 8,
    DELETE = 16,
    RENAME = 32,
    MKDIR = 64,
    SYMLINK = 128,
    ATTRIBUTES = 256,
    ALL = 511,
    BY_OPEN = 0x1000 /* not visited: the open has decided */
};

static const char *const words[] = {"list",   "download", "upload",  "overwrite", "delete",
                                    "rename", "mkdir",    "symlink", "attributes"};

/* The rights without which an operation on a path fails, on a file that was opened with all of them. For each operation
 * one, or this doesn't compile. */
enum {
    NEED_getattr = LIST,
    NEED_fgetattr = BY_OPEN,
    NEED_setattr = ATTRIBUTES,
    NEED_fsetattr = ATTRIBUTES,
    NEED_readlink = LIST,
    NEED_symlink = SYMLINK,
    NEED_link = DOWNLOAD | OVERWRITE | ATTRIBUTES | UPLOAD,
    NEED_unlink = DELETE,
    NEED_mkdir = MKDIR,
    NEED_rmdir = DELETE,
    NEED_rename = RENAME,
    NEED_open = DOWNLOAD, /* to read, as the bench does */
    NEED_opendir = LIST,
    NEED_readdir = 0,
    NEED_read = BY_OPEN,
    NEED_write = BY_OPEN,
    NEED_fsync = BY_OPEN,
    NEED_close = 0,
    NEED_statfs = LIST,
    NEED_fstatfs = BY_OPEN,
    NEED_realpath = 0, /* without the right to list nothing is looked up */
    NEED_copy = BY_OPEN,
    NEED_copyfile = DOWNLOAD | UPLOAD,
    NEED_checksum = DOWNLOAD,
    NEED_lock = 0, /* of two rights one; see below */
    NEED_unlock = BY_OPEN
};

static const unsigned needs[] = {
#define HYTHE_OP(name, klass, on, fields) [HYTHE_OP_##name] = NEED_##name,
    HYTHE_OPS
#undef HYTHE_OP
};

static const bool opens[] = {
#define PATH false
#define FILE false
#define OPENS true
#define HYTHE_OP(name, klass, on, fields) [HYTHE_OP_##name] = on,
    HYTHE_OPS
#undef HYTHE_OP
#undef PATH
#undef FILE
#undef OPENS
};

/* "/p: a,b" */
static const char *rule_of(const char *path, unsigned rights)
{
    static char text[256];

    (void)snprintf(text, sizeof text, "%s:%s", path, rights ? "" : " none");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (rights & (1u << i))
            (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s %s",
                           text[strlen(text) - 1] == ':' ? "" : ",", words[i]);
    return text;
}

static int64_t run_with(unsigned rights, enum hythe_op op, unsigned *seen)
{
    const char *rule = rule_of("/d", rights);
    struct bench b;
    int64_t r;

    bench_begin(&b, "permissions", (const struct hy_option[]){FILTER_LIST("rules", rule), {.name = NULL}}, "/d");
    if (op == HYTHE_OP_fsetattr || op == HYTHE_OP_checksum || op == HYTHE_OP_lock) {
        struct hythe_open_arg open = {.path = "f", .access = HYTHE_OPEN_WRITE};

        open.access = rights & OVERWRITE ? HYTHE_OPEN_WRITE : HYTHE_OPEN_READ;
        CU_ASSERT_FATAL(hy_do_open(&b.scene, &open) >= 0);
    }
    if (op == HYTHE_OP_close)
        b.file.access = HYTHE_OPEN_READ;
    r = bench_run(&b, op, "f");
    *seen = bench_seen(op);
    if (op == HYTHE_OP_opendir && r >= 0) {
        b.file.access = 0;
        (void)bench_run(&b, HYTHE_OP_close, "f");
    }
    bench_end(&b);
    return r;
}

static void asks_each_operation_for_its_rights(void)
{
    unsigned seen;

    for (int i = 0; i < HYTHE_OP_COUNT; i++) {
        enum hythe_op op = (enum hythe_op)i;

        for (unsigned right = 1; right <= ALL; right <<= 1) {
            bool needed = needs[i] & right;
            int64_t r = run_with(ALL & ~right, op, &seen);

            if (op == HYTHE_OP_realpath)
                continue; /* answered without a look */
            if (r != (needed ? -EACCES : bench_answer(op)) || seen != !needed) {
                printf("  %s without right %x: %lld\n", bench_names[i], right, (long long)r);
                CU_FAIL("another right");
            }
        }
    }
    UNIT_ASSERT_NUMBER(run_with(DOWNLOAD, HYTHE_OP_lock, &seen), -EACCES);
    UNIT_ASSERT_NUMBER(run_with(DOWNLOAD | UPLOAD, HYTHE_OP_lock, &seen), bench_answer(HYTHE_OP_lock));
    UNIT_ASSERT_NUMBER(run_with(DOWNLOAD | OVERWRITE, HYTHE_OP_lock, &seen), bench_answer(HYTHE_OP_lock));
    UNIT_ASSERT_NUMBER(run_with(OVERWRITE, HYTHE_OP_checksum, &seen), -EACCES);
}

/* A path with no rights at all: nothing reaches the store, not even the question whether something is there. */
static void lets_nothing_through_without_rights(void)
{
    struct bench b;

    bench_begin(&b, "permissions", RULES("/: none"), NULL);
    for (int i = 0; i < HYTHE_OP_COUNT; i++) {
        bool on_file = needs[i] == BY_OPEN || i == HYTHE_OP_readdir || i == HYTHE_OP_close;

        if (on_file || i == HYTHE_OP_fsetattr || i == HYTHE_OP_checksum || i == HYTHE_OP_lock)
            continue;
        UNIT_ASSERT_NUMBER(bench_run(&b, (enum hythe_op)i, "f"), -EACCES);
        UNIT_ASSERT_NUMBER(bench_seen((enum hythe_op)i), 0);
        CU_ASSERT(!opens[i] || !b.slots[0]);
    }
    UNIT_ASSERT_NUMBER(bench_seen(HYTHE_OP_getattr) + bench_seen(HYTHE_OP_realpath), 0);
    bench_end(&b);
}

/* Reading and writing don't visit the filter; what is newer than it does, whatever its class, and is refused. */
static void costs_reads_and_writes_nothing(void)
{
    struct bench b;

    bench_begin(&b, "permissions", RULES("/: all"), NULL);
    for (int i = 0; i < HYTHE_OP_COUNT; i++)
        UNIT_ASSERT_NUMBER(hy_chain_depth(b.chain, (enum hythe_op)i), needs[i] == BY_OPEN ? 1 : 2);
    UNIT_ASSERT_NUMBER(b.filter->ops.any_classes, UINT32_MAX);
    UNIT_ASSERT_NUMBER(b.filter->ops.any_from, HYTHE_OP_COUNT);
    bench_end(&b);
}

/* ---- Which rule decides ---- */

static void takes_the_longest_path_by_component(void)
{
    static const struct {
        const char *path, *wanted;
    } cases[] = {{"/a/f", "f"}, {"/a/b/f", "!13"}, {"/a/bb/f", "f"}, {"/a/b/c/f", "f"}, {"/x/f", "!13"}};
    struct house h;

    house_begin(&h, "permissions", RULES("/: none", "/a: all", "/a/b: list", "/a/b/c: download"));
    for (size_t i = 0; i < 5; i++) {
        static const char *const dirs[] = {"a", "a/b", "a/bb", "a/b/c", "x"};
        char path[16];

        (void)snprintf(path, sizeof path, "%s/f", dirs[i]);
        CU_ASSERT_FATAL(memfs_mkdir(h.store, dirs[i]) == 0 && memfs_put(h.store, path, "f") == 0);
    }
    for (size_t i = 0; i < 5; i++)
        UNIT_ASSERT_STRING(do_cat(&h.w, cases[i].path), cases[i].wanted);
    house_end(&h);
}

/* Rules name paths as the filter's own place sees them. */
static void adds_the_origin(void)
{
    static const struct {
        const char *origin;
        bool open;
    } cases[] = {{NULL, false}, {"/", false}, {"/m", true}, {"/m/n", true}, {"/mm", false}, {"/other", false}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench b;

        bench_begin(&b, "permissions", RULES("/: none", "/m: all"), cases[i].origin);
        UNIT_ASSERT_NUMBER(bench_run(&b, HYTHE_OP_unlink, "f") >= 0, cases[i].open);
        bench_end(&b);
    }
}

/* Without a default a rule closes the folder that it is in; its way there can be seen, and nothing beside it. */
static void closes_the_folder_of_a_rule(void)
{
    struct hythe_attrs attrs;
    struct house h;
    char names[128];

    house_begin(&h, "permissions", RULES("/x/in: list,upload", "/x/out/deep: list,download"));
    CU_ASSERT_FATAL(memfs_mkdir(h.store, "x") == 0 && memfs_mkdir(h.store, "x/in") == 0 &&
                    memfs_mkdir(h.store, "x/out") == 0 && memfs_mkdir(h.store, "x/out/deep") == 0 &&
                    memfs_mkdir(h.store, "own") == 0 && memfs_put(h.store, "x/beside", "secret") == 0 &&
                    memfs_put(h.store, "x/out/beside", "secret") == 0 && memfs_put(h.store, "own/f", "own") == 0);
    UNIT_ASSERT_STRING(do_list(&h.w, "/", names, sizeof names), ". .. x own");
    UNIT_ASSERT_STRING(do_list(&h.w, "/x", names, sizeof names), ". .. in out");
    UNIT_ASSERT_STRING(do_list(&h.w, "/x/out", names, sizeof names), ". .. deep");
    UNIT_ASSERT_STRING(do_cat(&h.w, "/x/beside"), "!13");
    UNIT_ASSERT_STRING(do_cat(&h.w, "/x/out/beside"), "!13");
    UNIT_ASSERT_STRING(do_cat(&h.w, "/own/f"), "own");
    UNIT_ASSERT_NUMBER(do_getattr(&h.w, "/x/beside", &attrs), -EACCES);
    UNIT_ASSERT_NUMBER(do_getattr(&h.w, "/x/missing", &attrs), -EACCES);
    UNIT_ASSERT_NUMBER(do_getattr(&h.w, "/x", &attrs), 0);
    UNIT_ASSERT_NUMBER(do_mkdir(&h.w, "/x/new"), -EACCES);
    UNIT_ASSERT_NUMBER(do_mkdir(&h.w, "/own/new"), 0);
    UNIT_ASSERT_STRING(do_real(&h.w, "/x/in", HY_REAL_EXISTS), "/x/in");
    house_end(&h);
}

static void gives_the_rest_the_default(void)
{
    const struct hy_option options[] = {
        FILTER_LIST("rules", "/in: upload"), FILTER_TEXT("default", "list, download"), {.name = NULL}};
    const struct hy_option none[] = {
        FILTER_LIST("rules", "/a/in: upload"), FILTER_TEXT("default", "none"), {.name = NULL}};
    struct hythe_attrs attrs;
    struct house h;
    char names[64];

    house_begin(&h, "permissions", options);
    CU_ASSERT_FATAL(memfs_put(h.store, "f", "f") == 0 && memfs_mkdir(h.store, "in") == 0);
    UNIT_ASSERT_STRING(do_cat(&h.w, "/f"), "f");
    UNIT_ASSERT_NUMBER(do_mkdir(&h.w, "/d"), -EACCES);
    UNIT_ASSERT_STRING(do_list(&h.w, "/", names, sizeof names), ". .. f in");
    UNIT_ASSERT_STRING(do_list(&h.w, "/in", names, sizeof names), "!13");
    house_end(&h);
    house_begin(&h, "permissions", none);
    CU_ASSERT_FATAL(memfs_put(h.store, "f", "f") == 0 && memfs_mkdir(h.store, "a") == 0 &&
                    memfs_mkdir(h.store, "a/in") == 0);
    UNIT_ASSERT_STRING(do_cat(&h.w, "/f"), "!13");
    UNIT_ASSERT_STRING(do_list(&h.w, "/", names, sizeof names), ". .. a");
    UNIT_ASSERT_NUMBER(do_getattr(&h.w, "/a/in", &attrs), 0);
    house_end(&h);
}

static void refuses_rules_that_are_none(void)
{
    static const struct {
        const char *rule, *why;
    } cases[] = {{"/a", "a path, a colon and rights"},
                 {": all", "a path, a colon and rights"},
                 {"a: all", "absolute path"},
                 {"/a/../b: all", "part that is empty, \".\" or \"..\""},
                 {"/a//b: all", "part that is empty"},
                 {"//: all", "part that is empty"},
                 {"/a/.: all", "part that is empty"},
                 {"/a:", "the rights are list, download"},
                 {"/a: lst", "the rights are list, download"},
                 {"/a: list,", "the rights are list, download"},
                 {"/a: list download", "a comma is missing"},
                 {"/a: list,none", "none stands alone"},
                 {"/b/: all", "another rule has this path already"}};
    const struct hy_option bad_default[] = {FILTER_TEXT("default", "everything"), {.name = NULL}},
                           bad_hidden[] = {FILTER_LIST("hidden", "a/b"), {.name = NULL}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;
        struct hy_plugins *plugins;

        world_begin(&w);
        plugins = filter_plugins(&w.log);
        CU_ASSERT_PTR_NULL(filter_start(plugins, "permissions", RULES("/b: all", cases[i].rule), &w.err));
        if (!strstr(w.lines, cases[i].why) || !strstr(w.lines, cases[i].rule))
            printf("  \"%s\": %s\n", cases[i].rule, w.lines);
        CU_ASSERT(strstr(w.lines, cases[i].why) && strstr(w.lines, cases[i].rule));
        CU_ASSERT_PTR_NULL(filter_start(plugins, "permissions", bad_default, &w.err));
        CU_ASSERT(strstr(w.lines, "default \"everything\": the rights are") != NULL);
        CU_ASSERT_PTR_NULL(filter_start(plugins, "permissions", bad_hidden, &w.err));
        CU_ASSERT(strstr(w.lines, "hidden \"a/b\": a pattern is for a name") != NULL);
        hy_plugins_free(plugins);
        world_end(&w);
    }
}

UNIT_SUITE(permissions, UNIT_TEST(asks_each_operation_for_its_rights), UNIT_TEST(lets_nothing_through_without_rights),
           UNIT_TEST(costs_reads_and_writes_nothing), UNIT_TEST(takes_the_longest_path_by_component),
           UNIT_TEST(adds_the_origin), UNIT_TEST(closes_the_folder_of_a_rule), UNIT_TEST(gives_the_rest_the_default),
           UNIT_TEST(refuses_rules_that_are_none));
