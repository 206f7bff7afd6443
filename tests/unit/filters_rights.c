/* The permissions filter in a tree: uploads that must not overwrite, moves between rules, links, hidden names. */
#include "tests/unit/filters.h"

enum {
    R = HYTHE_OPEN_READ,
    W = HYTHE_OPEN_WRITE,
    C = HYTHE_OPEN_CREATE,
    T = HYTHE_OPEN_TRUNCATE,
    X = HYTHE_OPEN_EXCLUSIVE,
    A = HYTHE_OPEN_APPEND
};

static int64_t do_rename(struct house *h, const char *from, const char *to, uint32_t flags)
{
    return hy_vfs_rename(h->w.vfs, name_of(from), name_of(to), flags);
}

static int64_t do_symlink(struct house *h, const char *path, const char *target)
{
    return hy_vfs_symlink(h->w.vfs, name_of(path), name_of(target));
}

/* Opens, writes "new" when it can, closes. */
static int64_t put_new(struct house *h, const char *path, uint32_t access)
{
    hy_handle file;
    int64_t r = do_open(&h->w, path, access, &file);

    if (r < 0)
        return r;
    if (access & W)
        UNIT_ASSERT_NUMBER(hy_vfs_write(h->w.vfs, file, "new", 3, 0), 3);
    UNIT_ASSERT_NUMBER(hy_vfs_close(h->w.vfs, file), 0);
    return r;
}

/* ---- Uploads ---- */

static void opens_by_rights(void)
{
    static const struct {
        const char *rights;
        uint32_t access;
        int64_t there, missing; /* of a file that is there, and of one that isn't */
        const char *content;    /* of the first afterwards */
    } cases[] = {{"upload", W | C | T, -EACCES, 0, "old"},
                 {"upload", W | C, -EACCES, 0, "old"},
                 {"upload", W | C | X, -EEXIST, 0, "old"},
                 {"upload", W | C | A, -EACCES, 0, "old"},
                 {"upload", W, -EACCES, -EACCES, "old"},
                 {"upload", W | T, -EACCES, -EACCES, "old"},
                 {"upload", R | W | C, -EACCES, -EACCES, "old"},
                 {"upload,download", R | W | C, -EACCES, 0, "old"},
                 {"upload,download", R | C, 0, 0, "old"},
                 {"download", R | C, 0, -ENOENT, "old"},
                 {"download", R, 0, -ENOENT, "old"},
                 {"download", R | W, -EACCES, -EACCES, "old"},
                 {"overwrite", W | C | T, 0, -EACCES, "new"},
                 {"overwrite", W | T, 0, -ENOENT, "new"},
                 {"overwrite", W, 0, -ENOENT, "new"},
                 {"overwrite", W | C | X, -EACCES, -EACCES, "old"},
                 {"overwrite,upload", W | C | T, 0, 0, "new"},
                 {"overwrite,upload", W | C | X, -EEXIST, 0, "old"},
                 {"list", W | C | T, -EACCES, -EACCES, "old"},
                 {"list", R, -EACCES, -EACCES, "old"},
                 {"download", R | HYTHE_OPEN_DELETE_ON_CLOSE, -EACCES, -EACCES, "old"},
                 {"download,delete", R | HYTHE_OPEN_DELETE_ON_CLOSE, 0, -ENOENT, "old"},
                 {"download", R | HYTHE_OPEN_DELETE, -EACCES, -EACCES, "old"},
                 {"download,delete", R | HYTHE_OPEN_DELETE, 0, -ENOENT, "old"},
                 {"download", R | HYTHE_OPEN_LOCK_WRITE, -EACCES, -ENOENT, "old"},
                 {"download,overwrite", R | HYTHE_OPEN_LOCK_WRITE, 0, -ENOENT, "old"},
                 {"download", R | HYTHE_OPEN_WRITE_ATTRS, -EACCES, -EACCES, "old"},
                 {"download,attributes", R | HYTHE_OPEN_WRITE_ATTRS, 0, -ENOENT, "old"},
                 {"upload", W | C | HYTHE_OPEN_WRITE_ATTRS, -EACCES, 0, "old"},
                 {"all", R | 0x40000000, -EACCES, -EACCES, "old"}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct house h;
        char rule[64];
        int64_t there, missing;

        (void)snprintf(rule, sizeof rule, "/: %s", cases[i].rights);
        house_begin(&h, "permissions", RULES(rule));
        CU_ASSERT_FATAL(memfs_put(h.store, "f", "old") == 0);
        there = put_new(&h, "/f", cases[i].access);
        missing = put_new(&h, "/g", cases[i].access);
        if (there != cases[i].there || missing != cases[i].missing)
            printf("  %s, access %x: %lld, %lld\n", cases[i].rights, cases[i].access, (long long)there,
                   (long long)missing);
        CU_ASSERT(there == cases[i].there && missing == cases[i].missing);
        UNIT_ASSERT_STRING(memfs_content(h.store, "f"), cases[i].content);
        house_end(&h);
    }
}

/* Whoever uploads a file may date it through the handle; what was there before needs the right. */
static void dates_what_it_made(void)
{
    static const struct {
        const char *rule;
        uint32_t access, set;
        int64_t wanted;
    } cases[] = {{"/: upload", W | C, HYTHE_ATTR_MTIME | HYTHE_ATTR_MODE, 0},
                 {"/: upload", W | C, HYTHE_ATTR_SIZE, 0},
                 {"/: upload", W | C, HYTHE_ATTR_OWNER, -EACCES},
                 {"/: upload,overwrite", W | C, HYTHE_ATTR_MTIME, -EACCES},
                 {"/: upload,overwrite", W | C | T, HYTHE_ATTR_MTIME, 0},
                 {"/: upload,overwrite", W | C, HYTHE_ATTR_SIZE, 0},
                 {"/: upload,overwrite,attributes", W | C, HYTHE_ATTR_OWNER, 0},
                 {"/: upload,download", R | C, HYTHE_ATTR_MTIME, -EACCES},
                 {"/: upload,download", R | C, HYTHE_ATTR_SIZE, -EACCES}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hythe_attrs attrs = {.struct_size = sizeof attrs, .valid = cases[i].set, .mode = 0600};
        struct house h;
        hy_handle file;

        house_begin(&h, "permissions", RULES(cases[i].rule));
        CU_ASSERT_FATAL(do_open(&h.w, "/f", cases[i].access, &file) == 0);
        UNIT_ASSERT_NUMBER(hy_vfs_fsetattr(h.w.vfs, file, &attrs), cases[i].wanted);
        UNIT_ASSERT_NUMBER(hy_vfs_close(h.w.vfs, file), 0);
        house_end(&h);
    }
}

static void sets_attributes_by_rights(void)
{
    struct hythe_attrs mode = {.struct_size = sizeof mode, .valid = HYTHE_ATTR_MODE, .mode = 0600},
                       size = {.struct_size = sizeof size, .valid = HYTHE_ATTR_SIZE},
                       none = {.struct_size = sizeof none};
    struct house h;

    house_begin(&h, "permissions", RULES("/: none", "/a: attributes", "/o: overwrite"));
    CU_ASSERT_FATAL(memfs_put(h.store, "a", "old") == 0 && memfs_put(h.store, "o", "old") == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_setattr(h.w.vfs, name_of("/a"), 0, &mode), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_setattr(h.w.vfs, name_of("/a"), 0, &size), -EACCES);
    UNIT_ASSERT_NUMBER(hy_vfs_setattr(h.w.vfs, name_of("/o"), 0, &mode), -EACCES);
    UNIT_ASSERT_NUMBER(hy_vfs_setattr(h.w.vfs, name_of("/x"), 0, &none), -EACCES);
    UNIT_ASSERT_STRING(memfs_content(h.store, "a"), "old");
    UNIT_ASSERT_NUMBER(hy_vfs_setattr(h.w.vfs, name_of("/o"), 0, &size), 0);
    UNIT_ASSERT_STRING(memfs_content(h.store, "o"), "");
    house_end(&h);
}

/* ---- Moves ---- */

static void renames_by_rights(void)
{
    enum { REPLACE = HYTHE_RENAME_REPLACE };
    static const struct {
        const char *rule_a, *rule_b, *from, *to;
        uint32_t flags;
        int64_t wanted;
    } cases[] = {
        {"/a: rename", "/b: none", "/a/f", "/a/new", 0, 0},
        {"/a: list,upload,delete", "/b: none", "/a/f", "/a/new", 0, -EACCES},
        {"/a: rename", "/b: none", "/a/f", "/a/g", 0, -EEXIST},
        {"/a: rename", "/b: none", "/a/f", "/a/g", REPLACE, -EACCES},
        {"/a: rename,overwrite", "/b: none", "/a/f", "/a/g", REPLACE, 0},
        {"/a: rename,download,delete", "/b: upload", "/a/f", "/b/new", 0, 0},
        {"/a: rename,delete", "/b: upload", "/a/f", "/b/new", 0, -EACCES},
        {"/a: rename,download", "/b: upload", "/a/f", "/b/new", 0, -EACCES},
        {"/a: download,delete", "/b: upload", "/a/f", "/b/new", 0, -EACCES},
        {"/a: rename,download,delete", "/b: rename,overwrite", "/a/f", "/b/new", 0, -EACCES},
        {"/a: rename,download,delete", "/b: upload", "/a/f", "/b/f", REPLACE, -EACCES},
        {"/a: rename,download,delete", "/b: upload,overwrite", "/a/f", "/b/f", REPLACE, 0},
        {"/a: rename,download,delete", "/b: upload", "/a/d", "/b/d", 0, -EACCES},
        {"/a: rename,download,delete", "/b: upload,mkdir", "/a/d", "/b/d", 0, 0},
        {"/a: rename,download,delete", "/b: upload,mkdir", "/a/l", "/b/l", 0, -EACCES},
        {"/a: rename,download,delete", "/b: symlink", "/a/l", "/b/l", 0, 0},
        {"/a: all", "/b: all", "/a/missing", "/b/l", 0, -ENOENT},
        {"/: all", "/a/d: none", "/a", "/c", 0, -EACCES}, /* a rule lies in it */
        {"/: all", "/c/d: all", "/a", "/c", 0, -EACCES},  /* it would come under a rule */
        {"/: all", "/a/d: none", "/a/d", "/c", 0, -EACCES},
        {"/: all", "/b: none", "/a/f", "/b/new", 0, -EACCES},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct house h;
        int64_t r;

        house_begin(&h, "permissions", RULES(cases[i].rule_a, cases[i].rule_b));
        CU_ASSERT_FATAL(memfs_mkdir(h.store, "a") == 0 && memfs_mkdir(h.store, "b") == 0 &&
                        memfs_put(h.store, "a/f", "f") == 0 && memfs_put(h.store, "a/g", "g") == 0 &&
                        memfs_mkdir(h.store, "a/d") == 0 && memfs_symlink(h.store, "a/l", "f") == 0 &&
                        memfs_put(h.store, "b/f", "b") == 0);
        r = do_rename(&h, cases[i].from, cases[i].to, cases[i].flags);
        if (r != cases[i].wanted)
            printf("  %s; %s; %s to %s: %lld\n", cases[i].rule_a, cases[i].rule_b, cases[i].from, cases[i].to,
                   (long long)r);
        CU_ASSERT(r == cases[i].wanted);
        if (r == -EACCES)
            CU_ASSERT(strcmp(memfs_content(h.store, "a/f"), "f") == 0 &&
                      strcmp(memfs_content(h.store, "b/f"), "b") == 0);
        house_end(&h);
    }
}

/* ---- Links ---- */

/* A link is judged by where it leads too, however it is used. */
static void follows_links_with_both_eyes(void)
{
    struct hythe_attrs attrs = {.struct_size = sizeof attrs}, mode = attrs;
    struct house h;
    char names[64];

    mode.valid = HYTHE_ATTR_MODE;
    house_begin(&h, "permissions", RULES("/: list", "/home: all", "/secret: none", "/in: upload"));
    CU_ASSERT_FATAL(memfs_mkdir(h.store, "home") == 0 && memfs_mkdir(h.store, "secret") == 0 &&
                    memfs_mkdir(h.store, "in") == 0 && memfs_put(h.store, "secret/f", "secret") == 0 &&
                    memfs_put(h.store, "home/f", "own") == 0);
    UNIT_ASSERT_NUMBER(do_symlink(&h, "/home/file", "../secret/f"), 0);
    UNIT_ASSERT_NUMBER(do_symlink(&h, "/home/dir", "../secret"), 0);
    UNIT_ASSERT_NUMBER(do_symlink(&h, "/home/new", "../secret/new"), 0);
    UNIT_ASSERT_NUMBER(do_symlink(&h, "/home/own", "f"), 0);
    UNIT_ASSERT_NUMBER(do_symlink(&h, "/home/drop", "../in"), 0);
    UNIT_ASSERT_STRING(do_cat(&h.w, "/home/own"), "own");
    UNIT_ASSERT_STRING(do_cat(&h.w, "/home/file"), "!13");
    UNIT_ASSERT_STRING(do_cat(&h.w, "/home/dir/f"), "!13");
    UNIT_ASSERT_STRING(do_list(&h.w, "/home/dir", names, sizeof names), "!13");
    UNIT_ASSERT_NUMBER(do_getattr(&h.w, "/home/file", &attrs), -EACCES);
    UNIT_ASSERT_NUMBER(hy_vfs_getattr(h.w.vfs, name_of("/home/file"), HYTHE_ATTR_TYPE, HYTHE_NOFOLLOW, &attrs), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_setattr(h.w.vfs, name_of("/home/file"), 0, &mode), -EACCES);
    UNIT_ASSERT_NUMBER(put_new(&h, "/home/file", W), -EACCES);
    UNIT_ASSERT_NUMBER(put_new(&h, "/home/dir/g", W | C), -EACCES);
    UNIT_ASSERT_NUMBER(put_new(&h, "/home/new", W | C), -ELOOP);
    CU_ASSERT_PTR_NULL(memfs_content(h.store, "secret/new"));
    UNIT_ASSERT_NUMBER(do_mkdir(&h.w, "/home/dir/d"), -EACCES);
    UNIT_ASSERT_NUMBER(do_rename(&h, "/home/dir/f", "/home/stolen", 0), -EACCES);
    UNIT_ASSERT_NUMBER(do_rename(&h, "/home/f", "/home/dir/f", HYTHE_RENAME_REPLACE), -EACCES);
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(h.w.vfs, name_of("/home/dir/f")), -EACCES);
    UNIT_ASSERT_STRING(do_real(&h.w, "/home/file", HY_REAL_EXISTS), "!13");
    UNIT_ASSERT_NUMBER(put_new(&h, "/home/drop/up", W | C), 0);
    UNIT_ASSERT_STRING(memfs_content(h.store, "in/up"), "new");
    UNIT_ASSERT_NUMBER(put_new(&h, "/home/drop/up", W | C | T), -EACCES);
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(h.w.vfs, name_of("/home/file")), 0); /* the link itself is one's own */
    UNIT_ASSERT_STRING(memfs_content(h.store, "secret/f"), "secret");
    house_end(&h);
}

/* ---- Hidden names ---- */

/* As if they weren't there, in every operation that takes a path. */
static void denies_hidden_names(void)
{
    static const char *const paths[] = {"/.git", "/d/.git", "/.git/f", "/d/x.bak", "/x.bak/d/f"};
    const struct hy_option options[] = {FILTER_LIST("hidden", ".g*", "*.bak"), {.name = NULL}};
    struct hythe_attrs attrs = {.struct_size = sizeof attrs};
    struct hythe_statfs figures;
    struct house h;
    char names[64], buf[16];
    hy_handle file;

    house_begin(&h, "permissions", options);
    CU_ASSERT_FATAL(memfs_mkdir(h.store, ".git") == 0 && memfs_put(h.store, ".git/f", "f") == 0 &&
                    memfs_mkdir(h.store, "d") == 0 && memfs_put(h.store, "d/x.bak", "f") == 0 &&
                    memfs_put(h.store, "d/.gone", "f") == 0 && memfs_put(h.store, "g", "f") == 0);
    UNIT_ASSERT_STRING(do_list(&h.w, "/", names, sizeof names), ". .. d g");
    UNIT_ASSERT_STRING(do_list(&h.w, "/d", names, sizeof names), ". ..");
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct hy_name p = name_of(paths[i]), g = name_of("/g");
        struct hy_vfs *v = h.w.vfs;

        UNIT_ASSERT_NUMBER(do_getattr(&h.w, paths[i], &attrs), -ENOENT);
        UNIT_ASSERT_NUMBER(hy_vfs_setattr(v, p, 0, &attrs), -ENOENT);
        UNIT_ASSERT_NUMBER(hy_vfs_readlink(v, p, buf, sizeof buf), -ENOENT);
        UNIT_ASSERT_NUMBER(hy_vfs_symlink(v, p, g), -ENOENT);
        UNIT_ASSERT_NUMBER(hy_vfs_link(v, p, name_of("/new")), -ENOENT);
        UNIT_ASSERT_NUMBER(hy_vfs_link(v, g, p), -ENOENT);
        UNIT_ASSERT_NUMBER(hy_vfs_unlink(v, p), -ENOENT);
        UNIT_ASSERT_NUMBER(hy_vfs_mkdir(v, p, &attrs), -ENOENT);
        UNIT_ASSERT_NUMBER(hy_vfs_rmdir(v, p), -ENOENT);
        UNIT_ASSERT_NUMBER(hy_vfs_rename(v, p, name_of("/new"), 0), -ENOENT);
        UNIT_ASSERT_NUMBER(hy_vfs_rename(v, g, p, HYTHE_RENAME_REPLACE), -ENOENT);
        UNIT_ASSERT_NUMBER(do_open(&h.w, paths[i], R, &file), -ENOENT);
        UNIT_ASSERT_NUMBER(do_open(&h.w, paths[i], W | C, &file), -ENOENT);
        UNIT_ASSERT_NUMBER(hy_vfs_opendir(v, p, &file), -ENOENT);
        UNIT_ASSERT_NUMBER(hy_vfs_statfs(v, p, &figures), -ENOENT);
        UNIT_ASSERT_STRING(do_real(&h.w, paths[i], HY_REAL_EXISTS), "!2");
        UNIT_ASSERT_NUMBER(do_symlink(&h, "/new", paths[i]), -EACCES);
    }
    UNIT_ASSERT_STRING(memfs_content(h.store, "d/x.bak"), "f");
    UNIT_ASSERT_STRING(memfs_content(h.store, ".git/f"), "f");
    UNIT_ASSERT_STRING(do_cat(&h.w, "/g"), "f");
    house_end(&h);
}

static int64_t with_both(const struct hy_option *options, enum hythe_op op, const char *path)
{
    struct bench b;
    int64_t r;

    bench_begin(&b, "permissions", options, NULL);
    r = bench_run(&b, op, path);
    bench_end(&b);
    return r;
}

/* copyfile, which no client reaches yet. */
static void denies_hidden_names_to_copies(void)
{
    const struct hy_option options[] = {FILTER_LIST("hidden", "s"), {.name = NULL}};

    UNIT_ASSERT_NUMBER(with_both(options, HYTHE_OP_copyfile, "s"), -ENOENT);
    UNIT_ASSERT_NUMBER(with_both(options, HYTHE_OP_copyfile, "t"), bench_answer(HYTHE_OP_copyfile));
}

/* A reader with little room meets folders of which most is hidden. */
static int take_one(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    char *out = ctx;

    (void)attrs;
    if (out[0])
        return -ENOBUFS;
    (void)snprintf(out, 16, "%s", name);
    return 0;
}

static void lists_in_pieces_around_what_is_hidden(void)
{
    const struct hy_option options[] = {FILTER_LIST("hidden", "h*"), {.name = NULL}};
    static const char *const wanted[] = {".", "..", "a", "b"};
    struct house h;
    hy_handle dir;
    char name[16];

    house_begin(&h, "permissions", options);
    for (int i = 0; i < 40; i++) {
        (void)snprintf(name, sizeof name, "h%d", i);
        CU_ASSERT_FATAL(memfs_put(h.store, i == 7 ? "a" : i == 30 ? "b" : name, "") == 0);
    }
    UNIT_ASSERT_NUMBER(hy_vfs_opendir(h.w.vfs, name_of("/"), &dir), 0);
    for (size_t i = 0; i < 4; i++) {
        name[0] = '\0';
        UNIT_ASSERT_NUMBER(hy_vfs_readdir(h.w.vfs, dir, 0, take_one, name), 1);
        UNIT_ASSERT_STRING(name, wanted[i]);
    }
    name[0] = '\0';
    UNIT_ASSERT_NUMBER(hy_vfs_readdir(h.w.vfs, dir, 0, take_one, name), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_close(h.w.vfs, dir), 0);
    house_end(&h);
}

/* A store may hand out as little as it likes: an answer of nothing but hidden names isn't the end. */
static int64_t one_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    (void)call;
    arg->attrs->valid = HYTHE_ATTR_TYPE;
    arg->attrs->type = HYTHE_TYPE_DIRECTORY;
    return 0;
}

static int64_t one_opendir(const struct hythe_call *call, struct hythe_opendir_arg *arg)
{
    (void)arg;
    *call->slot = calloc(1, sizeof(int));
    return 0;
}

static int64_t one_readdir(const struct hythe_call *call, struct hythe_readdir_arg *arg)
{
    static const char *const names[] = {"h1", "a", "h2", "h3", "b", "h4"};
    const struct hythe_attrs attrs = {.struct_size = sizeof attrs, .valid = HYTHE_ATTR_TYPE, .type = 1};
    int *next = *call->slot, rc;

    if (*next == sizeof names / sizeof names[0])
        return 0;
    rc = arg->emit(arg->ctx, names[*next], &attrs);
    *next += rc == 0;
    return rc ? rc : 1;
}

static int64_t one_close(const struct hythe_call *call, struct hythe_close_arg *arg)
{
    (void)arg;
    free(*call->slot);
    return 0;
}

static void lists_a_store_that_hands_out_one_by_one(void)
{
    static const struct hythe_ops ops = {
        .size = sizeof ops, .getattr = one_getattr, .opendir = one_opendir, .readdir = one_readdir, .close = one_close};
    static const struct hythe_plugin plugin = {.abi = HYTHE_ABI,
                                               .size = sizeof plugin,
                                               .kind = HYTHE_FILESYSTEM,
                                               .threads = HYTHE_PARALLEL,
                                               .name = "one",
                                               .ops = &ops};
    const struct hy_option options[] = {FILTER_LIST("hidden", "h*"), {.name = NULL}};
    struct hy_plugins *plugins;
    struct world w;
    char names[64];

    world_begin(&w);
    plugins = filter_plugins(&w.log);
    world_mount(
        &w, "/",
        (struct hy_instance *const[]){(struct hy_instance *)filter_start(plugins, "permissions", options, &w.err),
                                      world_start(&w, &plugin, "one"), NULL});
    CU_ASSERT_FATAL(world_see(&w, NULL, NULL, false) != NULL);
    UNIT_ASSERT_STRING(do_list(&w, "/", names, sizeof names), ". .. a b");
    world_end(&w);
    hy_plugins_free(plugins);
}

UNIT_SUITE(rights, UNIT_TEST(opens_by_rights), UNIT_TEST(dates_what_it_made), UNIT_TEST(sets_attributes_by_rights),
           UNIT_TEST(renames_by_rights), UNIT_TEST(follows_links_with_both_eyes), UNIT_TEST(denies_hidden_names),
           UNIT_TEST(denies_hidden_names_to_copies), UNIT_TEST(lists_in_pieces_around_what_is_hidden),
           UNIT_TEST(lists_a_store_that_hands_out_one_by_one));
