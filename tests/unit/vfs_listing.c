/* Listings: their order, mounts in them, and going on exactly where the reader had no more room. */
#include "tests/unit/vfs.h"

static void *begin(struct world *w)
{
    void *root;

    world_begin(w);
    root = world_memfs(w, "/");
    (void)memfs_mkdir(root, "pub");
    (void)memfs_put(root, "a", "");
    (void)memfs_put(root, "b", "");
    (void)memfs_put(root, "new", "a file that a mount hides");
    (void)memfs_mkdir(root, "dir");
    (void)world_memfs(w, "/pub");
    (void)world_memfs(w, "/new/deep");
    (void)world_memfs(w, "/new/other");
    (void)world_memfs(w, "/pub/in");
    (void)world_memfs(w, "/zz");
    CU_ASSERT_FATAL(world_see(w, NULL, NULL, false) != NULL);
    return root;
}

static void lists_dots_then_mounts_then_the_store(void)
{
    struct world w;
    char names[256];

    (void)begin(&w);
    UNIT_ASSERT_STRING(do_list(&w, "/", names, sizeof names), ". .. new pub zz a b dir");
    UNIT_ASSERT_STRING(do_list(&w, "/dir", names, sizeof names), ". ..");
    UNIT_ASSERT_STRING(do_list(&w, "/pub", names, sizeof names), ". .. in");
    UNIT_ASSERT_STRING(do_list(&w, "/new", names, sizeof names), ". .. deep other");
    UNIT_ASSERT_STRING(do_list(&w, "/a", names, sizeof names), "!20");
    UNIT_ASSERT_STRING(do_list(&w, "/none", names, sizeof names), "!2");
    world_end(&w);
}

/* ---- Resuming ---- */

struct room {
    unsigned left; /* entries taken before the next refusal */
    char names[512];
};

static int take_some(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    struct room *room = ctx;
    size_t used = strlen(room->names);

    (void)attrs;
    if (!room->left)
        return -ENOBUFS;
    room->left--;
    (void)snprintf(room->names + used, sizeof room->names - used, "%s ", name);
    return 0;
}

static void goes_on_where_the_room_ended(void)
{
    struct room room;
    struct world w;
    hy_handle h;
    int64_t r;

    (void)begin(&w);
    for (unsigned step = 1; step <= 9; step++) {
        room = (struct room){0};
        CU_ASSERT_FATAL(hy_vfs_opendir(w.vfs, name_of("/"), &h) == 0);
        do {
            room.left = step;
            r = hy_vfs_readdir(w.vfs, h, 0, take_some, &room);
            CU_ASSERT(r >= 0 && r <= step);
        } while (r > 0);
        UNIT_ASSERT_STRING(room.names, ". .. new pub zz a b dir ");
        UNIT_ASSERT_NUMBER(hy_vfs_readdir(w.vfs, h, 0, take_some, &room), 0);
        CU_ASSERT(hy_vfs_close(w.vfs, h) == 0);
    }
    world_end(&w);
}

/* 0 would look like the end of the directory. */
static void tells_no_room_from_the_end(void)
{
    struct room room = {0};
    struct world w;
    hy_handle h;

    (void)begin(&w);
    CU_ASSERT_FATAL(hy_vfs_opendir(w.vfs, name_of("/"), &h) == 0);
    for (unsigned i = 0; i < 8; i++) {
        UNIT_ASSERT_NUMBER(hy_vfs_readdir(w.vfs, h, 0, take_some, &room), -ENOBUFS);
        room.left = 1;
        UNIT_ASSERT_NUMBER(hy_vfs_readdir(w.vfs, h, 0, take_some, &room), 1);
    }
    UNIT_ASSERT_NUMBER(hy_vfs_readdir(w.vfs, h, 0, take_some, &room), 0);
    world_end(&w);
}

static int refuse_a(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    (void)ctx;
    (void)attrs;
    return strcmp(name, "a") == 0 ? -ECANCELED : 0;
}

static void hands_on_the_readers_failure(void)
{
    struct world w;
    hy_handle h;
    int64_t r = 1;

    (void)begin(&w);
    CU_ASSERT_FATAL(hy_vfs_opendir(w.vfs, name_of("/"), &h) == 0);
    for (int i = 0; i < 10 && r >= 0; i++)
        r = hy_vfs_readdir(w.vfs, h, 0, refuse_a, NULL);
    UNIT_ASSERT_NUMBER(r, -ECANCELED);
    world_end(&w);
}

/* ---- Attributes ---- */

struct seen {
    const char *name;
    struct hythe_attrs attrs;
};

static int remember(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    struct seen *seen = ctx;

    if (strcmp(name, seen->name) == 0)
        seen->attrs = *attrs;
    return 0;
}

static struct hythe_attrs attrs_in(struct world *w, const char *dir, const char *name)
{
    struct seen seen = {name, {0}};
    hy_handle h;

    CU_ASSERT_FATAL(hy_vfs_opendir(w->vfs, name_of(dir), &h) == 0);
    while (hy_vfs_readdir(w->vfs, h, UINT32_MAX, remember, &seen) > 0)
        ;
    CU_ASSERT(hy_vfs_close(w->vfs, h) == 0);
    return seen.attrs;
}

static void shows_the_attributes_that_getattr_shows(void)
{
    static const struct {
        const char *dir, *name, *path;
    } cases[] = {{"/", ".", "/"},          {"/", "..", "/"},      {"/dir", ".", "/dir"}, {"/dir", "..", "/"},
                 {"/pub", ".", "/pub"},    {"/pub", "..", "/"},   {"/", "pub", "/pub"},  {"/", "new", "/new"},
                 {"/new", "..", "/"},      {"/new", ".", "/new"}, {"/", "a", "/a"},      {"/new", "deep", "/new/deep"},
                 {"/pub/in", "..", "/pub"}};
    struct hythe_attrs mode = {.struct_size = sizeof mode, .valid = HYTHE_ATTR_MODE}, get, in;
    static const char *const own[] = {"/", "/dir", "/pub", "/new/deep", "/pub/in", "/a"};
    struct world w;

    (void)begin(&w);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        mode.mode = 0700 + (uint32_t)i;
        CU_ASSERT(hy_vfs_setattr(w.vfs, name_of(own[i]), 0, &mode) == 0);
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CU_ASSERT_FATAL(do_getattr(&w, cases[i].path, &get) == 0);
        in = attrs_in(&w, cases[i].dir, cases[i].name);
        UNIT_ASSERT_NUMBER(in.mode, get.mode);
        UNIT_ASSERT_NUMBER(in.type, get.type);
        UNIT_ASSERT_NUMBER(in.uid, get.uid);
    }
    world_end(&w);
}

static void shows_nothing_above_a_restricted_home(void)
{
    struct hythe_attrs mode = {.struct_size = sizeof mode, .valid = HYTHE_ATTR_MODE, .mode = 0711};
    struct world w;

    (void)begin(&w);
    CU_ASSERT(hy_vfs_setattr(w.vfs, name_of("/dir"), 0, &mode) == 0);
    CU_ASSERT_FATAL(world_see(&w, NULL, "/dir", true) != NULL);
    UNIT_ASSERT_NUMBER(attrs_in(&w, ".", "..").mode, 0711);
    CU_ASSERT_FATAL(world_see(&w, "/dir", NULL, false) != NULL);
    UNIT_ASSERT_NUMBER(attrs_in(&w, "/", "..").mode, 0711);
    world_end(&w);
}

/* ---- Stores that misbehave ---- */

static const char *const *bad_names;
static int64_t bad_result, bad_after;

static int64_t bad_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    (void)call;
    arg->attrs->valid = HYTHE_ATTR_TYPE;
    arg->attrs->type = HYTHE_TYPE_DIRECTORY;
    return 0;
}

static int64_t bad_opendir(const struct hythe_call *call, struct hythe_opendir_arg *arg)
{
    (void)arg;
    *call->slot = NULL;
    return 0;
}

static int64_t bad_readdir(const struct hythe_call *call, struct hythe_readdir_arg *arg)
{
    struct hythe_attrs attrs = {.struct_size = sizeof attrs, .valid = HYTHE_ATTR_TYPE};

    if (*call->slot)
        return bad_after;
    for (size_t i = 0; bad_names[i]; i++)
        (void)arg->emit(arg->ctx, bad_names[i], &attrs);
    *call->slot = (void *)&bad_names;
    return bad_result;
}

static void begin_bad(struct world *w, const char *const *names, int64_t result, int64_t after)
{
    static const struct hythe_ops ops = {
        .size = sizeof ops, .getattr = bad_getattr, .opendir = bad_opendir, .readdir = bad_readdir};
    static const struct hythe_plugin plugin = {.abi = HYTHE_ABI,
                                               .size = sizeof plugin,
                                               .kind = HYTHE_FILESYSTEM,
                                               .threads = HYTHE_PARALLEL,
                                               .name = "bad",
                                               .ops = &ops};

    bad_names = names;
    bad_result = result;
    bad_after = after;
    world_begin(w);
    world_mount(w, "/", (struct hy_instance *const[]){world_start(w, &plugin, "bad at /"), NULL});
    CU_ASSERT_FATAL(world_see(w, NULL, NULL, false) != NULL);
}

static void drops_names_that_are_none(void)
{
    static const char *const names[] = {".", "..", "", "/etc", "a/b", "../x", "good", NULL};
    struct world w;
    char got[128];

    begin_bad(&w, names, 7, 0);
    UNIT_ASSERT_STRING(do_list(&w, "/", got, sizeof got), ". .. good");
    UNIT_ASSERT_STRING(w.lines, "bad at / broke the contract of plugins: readdir offered a name that isn't one\n");
    UNIT_ASSERT_NUMBER(world_said(&w, "\n"), 1);
    world_end(&w);
}

static void ends_with_a_store_that_counts_without_offering(void)
{
    static const char *const none[] = {NULL};
    struct world w;
    char got[128];

    begin_bad(&w, none, 3, 3);
    UNIT_ASSERT_STRING(do_list(&w, "/", got, sizeof got), "!5");
    CU_ASSERT(strstr(w.lines, "bad at / broke the contract") != NULL);
    world_end(&w);
}

static void hands_out_what_came_before_a_failure(void)
{
    static const char *const names[] = {"one", NULL};
    struct room room = {.left = 100};
    struct world w;
    hy_handle h;
    int64_t r, total = 0;

    begin_bad(&w, names, -EIO, -EIO);
    CU_ASSERT_FATAL(hy_vfs_opendir(w.vfs, name_of("/"), &h) == 0);
    while ((r = hy_vfs_readdir(w.vfs, h, 0, take_some, &room)) > 0)
        total += r;
    UNIT_ASSERT_NUMBER(r, -EIO);
    UNIT_ASSERT_NUMBER(total, 3);
    UNIT_ASSERT_STRING(room.names, ". .. one ");
    world_end(&w);
}

UNIT_SUITE(listing, UNIT_TEST(lists_dots_then_mounts_then_the_store), UNIT_TEST(goes_on_where_the_room_ended),
           UNIT_TEST(tells_no_room_from_the_end), UNIT_TEST(hands_on_the_readers_failure),
           UNIT_TEST(shows_the_attributes_that_getattr_shows), UNIT_TEST(shows_nothing_above_a_restricted_home),
           UNIT_TEST(drops_names_that_are_none), UNIT_TEST(ends_with_a_store_that_counts_without_offering),
           UNIT_TEST(hands_out_what_came_before_a_failure));
