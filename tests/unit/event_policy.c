/* What a program that decides by events must not be got around by: names that lead elsewhere, and what an operation
 * does besides what its own event says. */
#include "tests/unit/event_scene.h"

#include "core/vfs/session.h"

/* ---- Names ---- */

static struct {
    const char *ask; /* what the handler asks for; NULL: its event's Path */
    int rc;
    char out[HYTHE_EVENT_PATH];
} asked;

static void resolve(struct scene *s, const char *path)
{
    asked.out[0] = '\0';
    asked.rc = hy_events_resolve(s->events, 7, asked.ask ? asked.ask : path, asked.out, sizeof asked.out);
}

#define ASKS(event) \
    static void asks_##event(void *e, bool before) \
    { \
        if (before) \
            resolve(scene_of(e), ((struct hythe_##event *)e)->Path); \
    }
ASKS(DirList)
ASKS(FileOpen)
ASKS(FileRemove)
ASKS(SetAttributes)

static void asks_GetAttributes(void *e, bool before)
{
    (void)before;
    resolve(scene_of(e), ((struct hythe_GetAttributes *)e)->Path);
}

static void lay_links(struct scene *s)
{
    static const char *const links[][2] = {
        {"abs", "/d/x"},           {"up", "d/../f"},       {"dir", "d"},           {"through", "dir/../dir/./x"},
        {"dangle", "d/new"},       {"dangle2", "/dangle"}, {"far", "none/new"},    {"loop", "loop"},
        {"out", "../../f"},        {"d/back", "../f"},     {"d/gone", "../gone"},  {"d/gone2", ".././dir/../gone"},
        {"d/absgone", "/absgone"}, {"slash", "d/new2//"},  {"hidden", "m/secret"}, {"base", "/"},
        {"loop2", "loop3"},        {"loop3", "loop2"},     {"dirup", "dir/.."},
    };

    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        CU_ASSERT(memfs_symlink(s->fs, links[i][0], links[i][1]) == 0);
}

/* With a second mount /m, before which events stand, too. */
static void begin(struct scene *s, uint64_t events)
{
    struct hy_instance *store;

    asked.ask = NULL;
    scene_begin(s, events);
    lay_links(s);
    (void)memfs_mkdir(s->fs, "m");
    (void)memfs_put(s->fs, "m/secret", "of the outer store");
    store = world_start(&s->w, &memfs_plugin, "memfs2");
    (void)memfs_put(store->self, "f", "of the mount");
    (void)memfs_symlink(store->self, "l", "/f");
    hy_vfs_free(s->w.vfs); /* which sees a tree that doesn't change */
    s->w.vfs = NULL;
    world_mount(&s->w, "/m", (struct hy_instance *const[]){&s->w.instances[0], store, NULL});
    CU_ASSERT_FATAL(world_see(&s->w, NULL, NULL, false) != NULL);
    hy_vfs_set_protocol(s->w.vfs, 6);
}

static void opens_ask_where_links_lead(void)
{
    static const struct {
        const char *path, *ask, *real;
        int rc;
    } cases[] = {
        {"/f", NULL, "/f", 0},
        {"/l", NULL, "/f", 0},
        {"/abs", NULL, "/d/x", 0},
        {"/up", NULL, "/f", 0},
        {"/dir/x", NULL, "/d/x", 0},
        {"/through", NULL, "/d/x", 0},
        {"/out", NULL, "/f", 0},
        {"/dir/back", NULL, "/f", 0},
        {"/none", NULL, "/none", 0},
        {"/dir/none", NULL, "/d/none", 0},
        {"/dangle", NULL, "/d/new", 0},
        {"/dangle2", NULL, "/d/new", 0},
        {"/slash", NULL, "/d/new2", 0},
        {"/dir/gone", NULL, "/gone", 0},
        {"/dir/absgone", NULL, "/absgone", 0},
        {"/dir/gone2", NULL, "/gone", 0},
        {"/far", NULL, "", -ENOENT},
        {"/none/x", NULL, "", -ENOENT},
        {"/f/x", NULL, "", -ENOTDIR},
        {"/loop", NULL, "", -ELOOP},
        {"/loop2", NULL, "", -ELOOP},
        {"/m/f", NULL, "/m/f", 0},
        {"/m/l", NULL, "/m/f", 0},
        {"/m/none", NULL, "/m/none", 0},
        {"/m/f", "/f", "", -EXDEV},
        {"/f", "/m/f", "", -EXDEV},
        {"/f", "/m", "", -EXDEV},
        {"/hidden", NULL, "/hidden", 0}, /* /m/secret would be another file */
        {"/f", "/", "/", 0},
        {"/f", "/base", "/", 0},
        {"/f", "/dirup", "/", 0},
        {"/f", "//d/./../dir/x", "/d/x", 0},
        {"/f", "dir/x", "", -EINVAL},
        {"/f", "", "", -EINVAL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene s;
        hy_handle h;

        begin(&s, BIT(FileOpen));
        s.acts[HY_EVENT_FileOpen] = (struct act){.before = 3, .after = LEAVE, .more = asks_FileOpen};
        asked.ask = cases[i].ask;
        UNIT_ASSERT_NUMBER(do_open(&s.w, cases[i].path, HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, &h), HYTHE_STATUS(3));
        UNIT_ASSERT_NUMBER(asked.rc, cases[i].rc);
        UNIT_ASSERT_STRING(asked.out, cases[i].real);
        UNIT_ASSERT_STRING(hy_vfs_error(s.w.vfs), "");
        scene_end(&s);
    }
}

static void in_a_home_and_a_root_too(void)
{
    static const struct {
        const char *root, *home;
        bool restricted;
        const char *path, *ask, *real;
        int rc;
    } cases[] = {
        {"/d", NULL, false, "/x", NULL, "/x", 0},
        {"/d", NULL, false, "/back", NULL, "/f", 0}, /* which there is "f" of the root, and missing */
        {NULL, "/d", true, "/d/x", NULL, "/d/x", 0},
        {NULL, "/d", true, "/d/x", "/f", "", -EACCES},
        {NULL, "/d", true, "/d/x", "/", "", -EACCES},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene s;
        hy_handle h;

        begin(&s, BIT(FileOpen));
        CU_ASSERT_FATAL(world_see(&s.w, cases[i].root, cases[i].home, cases[i].restricted) != NULL);
        s.acts[HY_EVENT_FileOpen] = (struct act){.before = 3, .after = LEAVE, .more = asks_FileOpen};
        asked.ask = cases[i].ask;
        UNIT_ASSERT_NUMBER(do_open(&s.w, cases[i].path, HYTHE_OPEN_READ, &h), HYTHE_STATUS(3));
        UNIT_ASSERT_NUMBER(asked.rc, cases[i].rc);
        UNIT_ASSERT_STRING(asked.out, cases[i].real);
        scene_end(&s);
    }
}

/* What removes a name, or asks about it, means the link. */
static void links_are_followed_as_the_operation_does(void)
{
    const struct hythe_attrs attrs = {.struct_size = sizeof attrs, .valid = HYTHE_ATTR_MODE, .mode = 0600};
    struct hythe_attrs out;
    struct scene s;
    hy_handle h;

    begin(&s, BIT(FileRemove) | BIT(SetAttributes) | BIT(GetAttributes) | BIT(DirList));
    s.acts[HY_EVENT_DirList] = (struct act){.before = 3, .after = LEAVE, .more = asks_DirList};
    s.acts[HY_EVENT_FileRemove] = (struct act){.before = 3, .after = LEAVE, .more = asks_FileRemove};
    s.acts[HY_EVENT_SetAttributes] = (struct act){.before = 3, .after = LEAVE, .more = asks_SetAttributes};
    s.acts[HY_EVENT_GetAttributes].more = asks_GetAttributes;
#define RESOLVED(run, real) \
    do { \
        (void)(run); \
        UNIT_ASSERT_NUMBER(asked.rc, 0); \
        UNIT_ASSERT_STRING(asked.out, real); \
    } while (0)
    RESOLVED(hy_vfs_opendir(s.w.vfs, name_of("/dir"), &h), "/d");
    RESOLVED(hy_vfs_unlink(s.w.vfs, name_of("/dir/back")), "/d/back");
    RESOLVED(hy_vfs_unlink(s.w.vfs, name_of("/l")), "/l");
    RESOLVED(do_open(&s.w, "/l", HYTHE_OPEN_READ | HYTHE_OPEN_DELETE_ON_CLOSE, &h), "/f");
    RESOLVED(hy_vfs_setattr(s.w.vfs, name_of("/l"), 0, &attrs), "/f");
    RESOLVED(hy_vfs_setattr(s.w.vfs, name_of("/dir/back"), HYTHE_NOFOLLOW, &attrs), "/d/back");
    RESOLVED(hy_vfs_getattr(s.w.vfs, name_of("/dir/back"), UINT32_MAX, 0, &out), "/f");
    RESOLVED(hy_vfs_getattr(s.w.vfs, name_of("/dir/back"), UINT32_MAX, HYTHE_NOFOLLOW, &out), "/d/back");
    CU_ASSERT(do_open(&s.w, "/l", HYTHE_OPEN_READ, &h) == 0);
    RESOLVED(hy_vfs_fgetattr(s.w.vfs, h, UINT32_MAX, &out), "/f");
    scene_end(&s);
}

/* It is there because a mount is below it. */
static void what_leads_to_a_mount_leads_to_itself(void)
{
    struct scene s;
    hy_handle h;

    begin(&s, BIT(DirList));
    hy_vfs_free(s.w.vfs);
    s.w.vfs = NULL;
    world_mount(&s.w, "/far/away/off", (struct hy_instance *const[]){&s.w.instances[0], &s.w.instances[1], NULL});
    CU_ASSERT_FATAL(world_see(&s.w, NULL, NULL, false) != NULL);
    s.acts[HY_EVENT_DirList] = (struct act){.before = 3, .after = LEAVE, .more = asks_DirList};
    RESOLVED(hy_vfs_opendir(s.w.vfs, name_of("/far/away"), &h), "/far/away");
    scene_end(&s);
}

static void only_in_handlers_and_as_much_as_fits(void)
{
    char out[8];
    struct scene s;

    begin(&s, BIT(FileOpen));
    UNIT_ASSERT_NUMBER(hy_events_resolve(s.events, 7, "/f", out, sizeof out), -EINVAL);
    scene_end(&s);
}

/* Without a store names lead to themselves. */
static void among_events_alone(void)
{
    struct scene s;
    hy_handle h;

    asked.ask = NULL;
    scene_begin_store(&s, BIT(FileOpen));
    s.acts[HY_EVENT_FileOpen].more = asks_FileOpen;
    CU_ASSERT(do_open(&s.w, "/a/b", HYTHE_OPEN_READ, &h) == 0);
    UNIT_ASSERT_NUMBER(asked.rc, 0);
    UNIT_ASSERT_STRING(asked.out, "/a/b");
    scene_end(&s);
}

/* ---- Besides ---- */

static struct {
    uint32_t access, flags, is_link, sets_size, no_follow;
    size_t target;
} told;

static void notes_open(void *p, bool before)
{
    const struct hythe_FileOpen *e = p;

    (void)before;
    told.access = e->DesiredAccess;
    told.flags = e->Flags;
    told.is_link = e->is_link;
    told.sets_size = e->sets_size;
    told.target = strlen(e->link_target);
}

static int64_t link_it(struct scene *s)
{
    return hy_vfs_link(s->w.vfs, name_of("/f"), name_of("/g"));
}

static void a_link_is_an_open_of_its_file(void)
{
    struct scene s;

    scene_begin(&s, BIT(FileOpen));
    s.acts[HY_EVENT_FileOpen] = (struct act){.before = 3, .after = LEAVE, .more = notes_open};
    UNIT_ASSERT_NUMBER(link_it(&s), HYTHE_STATUS(3));
    UNIT_ASSERT_STRING(s.trace, "FileOpen> /f;");
    UNIT_ASSERT_NUMBER(told.access, 0x183);
    UNIT_ASSERT_NUMBER(told.flags, 3);
    UNIT_ASSERT_NUMBER(told.is_link, 1);
    scene_end(&s);
    scene_begin(&s, BIT(FileOpen) | BIT(FileRename));
    UNIT_ASSERT_NUMBER(link_it(&s), -ENOSYS); /* which this store hasn't */
    UNIT_ASSERT_STRING(s.trace, "FileRename> /f;FileOpen> /f;FileOpen< /f 8;FileRename< /f 8;");
    scene_end(&s);
}

static int64_t size_it(struct scene *s, uint32_t valid, uint64_t size)
{
    const struct hythe_attrs attrs = {.struct_size = sizeof attrs, .valid = valid, .size = size, .alloc = size};

    return hy_vfs_setattr(s->w.vfs, name_of("/f"), 0, &attrs);
}

static void a_size_by_name_is_an_open_for_writing(void)
{
    static const uint32_t sizes[] = {HYTHE_ATTR_SIZE, HYTHE_ATTR_ALLOC, HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE};
    struct scene s;

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        scene_begin(&s, BIT(FileOpen));
        s.acts[HY_EVENT_FileOpen] = (struct act){.before = 3, .after = LEAVE, .more = notes_open};
        UNIT_ASSERT_NUMBER(size_it(&s, sizes[i], 0), HYTHE_STATUS(3));
        UNIT_ASSERT_STRING(s.trace, "FileOpen> /f;");
        UNIT_ASSERT_STRING(memfs_content(s.fs, "f"), "content");
        UNIT_ASSERT_NUMBER(told.access, 0x102);
        UNIT_ASSERT_NUMBER(told.flags, sizes[i] & HYTHE_ATTR_SIZE ? 0x12 : 2);
        UNIT_ASSERT_NUMBER(told.sets_size, 1);
        UNIT_ASSERT_NUMBER(size_it(&s, HYTHE_ATTR_MODE, 0), 0); /* no data */
        UNIT_ASSERT_STRING(s.trace, "FileOpen> /f;");
        scene_end(&s);
    }
    scene_begin(&s, BIT(FileOpen) | BIT(SetAttributes));
    UNIT_ASSERT_NUMBER(size_it(&s, HYTHE_ATTR_SIZE, 3), 0);
    UNIT_ASSERT_STRING(s.trace, "SetAttributes> /f;FileOpen> /f;FileOpen< /f 0;SetAttributes< /f 0;");
    UNIT_ASSERT_STRING(memfs_content(s.fs, "f"), "con");
    scene_end(&s);
}

/* Another Path in it is where the whole operation goes. */
static void what_comes_besides_diverts_too(void)
{
    struct scene s;

    scene_begin(&s, BIT(FileOpen) | BIT(SetAttributes));
    s.acts[HY_EVENT_FileOpen].path = "/d/x";
    UNIT_ASSERT_NUMBER(size_it(&s, HYTHE_ATTR_SIZE, 0), 0);
    UNIT_ASSERT_STRING(s.trace, "SetAttributes> /f;FileOpen> /f;SetAttributes> /d/x;FileOpen> /d/x;FileOpen< /d/x 0;"
                                "SetAttributes< /d/x 0;");
    UNIT_ASSERT_STRING(memfs_content(s.fs, "f"), "content");
    UNIT_ASSERT_STRING(memfs_content(s.fs, "d/x"), "");
    s.trace[0] = '\0';
    UNIT_ASSERT_NUMBER(link_it(&s), -ENOSYS);
    UNIT_ASSERT_STRING(s.trace, "FileOpen> /f;FileOpen> /d/x;FileOpen< /d/x 8;");
    scene_end(&s);
}

static int64_t rename_it(struct scene *s, const char *from, const char *to, uint32_t flags)
{
    s->trace[0] = '\0';
    return hy_vfs_rename(s->w.vfs, name_of(from), name_of(to), flags);
}

static void what_a_rename_replaces_is_removed(void)
{
    struct scene s;

    scene_begin(&s, BIT(FileRemove));
    s.acts[HY_EVENT_FileRemove].before = 3;
    UNIT_ASSERT_NUMBER(rename_it(&s, "/d/x", "/f", HYTHE_RENAME_REPLACE), HYTHE_STATUS(3));
    UNIT_ASSERT_STRING(s.trace, "FileRemove> /f;");
    UNIT_ASSERT_NUMBER(rename_it(&s, "/d/x", "/f", HYTHE_RENAME_NATIVE), HYTHE_STATUS(3));
    UNIT_ASSERT_NUMBER(rename_it(&s, "/d/x", "/f", 0), -EEXIST);
    UNIT_ASSERT_STRING(s.trace, "");
    UNIT_ASSERT_STRING(memfs_content(s.fs, "f"), "content");
    UNIT_ASSERT_NUMBER(rename_it(&s, "/d/x", "/new", HYTHE_RENAME_REPLACE), 0);
    UNIT_ASSERT_STRING(s.trace, "");
    s.acts[HY_EVENT_FileRemove] = (struct act){.after = LEAVE, .path = "/kept"};
    UNIT_ASSERT_NUMBER(rename_it(&s, "/new", "/f", HYTHE_RENAME_REPLACE), 0); /* it goes elsewhere */
    UNIT_ASSERT_STRING(s.trace, "FileRemove> /f;");
    UNIT_ASSERT_STRING(memfs_content(s.fs, "f"), "content");
    UNIT_ASSERT_STRING(memfs_content(s.fs, "kept"), "x");
    scene_end(&s);
    scene_begin(&s, BIT(FileRemove) | BIT(FileRename));
    UNIT_ASSERT_NUMBER(rename_it(&s, "/d/x", "/f", HYTHE_RENAME_REPLACE), 0);
    UNIT_ASSERT_STRING(s.trace, "FileRename> /d/x;FileRemove> /f;FileRemove< /f 0;FileRename< /d/x 0;");
    UNIT_ASSERT_STRING(memfs_content(s.fs, "f"), "x");
    scene_end(&s);
}

static int64_t only_replaces(const struct hythe_call *call, struct hythe_rename_arg *arg)
{
    return arg->flags & HYTHE_RENAME_REPLACE ? hythe_next_rename(call, arg) : -ENOTSUP;
}

/* Such a store can't be asked to make sure that nothing is there: so the handler is asked, too. */
static void a_store_that_always_replaces_is_asked_about(void)
{
    static const struct hythe_ops ops = {.size = sizeof ops, .rename = only_replaces};
    static const struct hythe_plugin always = {.abi = HYTHE_ABI,
                                               .size = sizeof always,
                                               .kind = HYTHE_FILTER,
                                               .threads = HYTHE_PARALLEL,
                                               .name = "always",
                                               .ops = &ops};
    struct hy_instance *filter;
    struct scene s;

    begin(&s, BIT(FileRemove));
    filter = world_start(&s.w, &always, "always");
    hy_vfs_free(s.w.vfs);
    s.w.vfs = NULL;
    world_mount(&s.w, "/always", (struct hy_instance *const[]){&s.w.instances[0], filter, &s.w.instances[1], NULL});
    CU_ASSERT_FATAL(world_see(&s.w, NULL, NULL, false) != NULL);
    UNIT_ASSERT_NUMBER(rename_it(&s, "/always/f", "/always/new", HYTHE_RENAME_REPLACE), 0);
    UNIT_ASSERT_STRING(s.trace, "FileRemove> /always/new;FileRemove< /always/new 0;");
    scene_end(&s);
}

/* Between the look and the rename somebody else is quicker. */
static void *race;

static int64_t late_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    int64_t r = hythe_next_getattr(call, arg);

    if (r == -ENOENT && race)
        (void)memfs_put(race, arg->path, "quicker");
    return r;
}

static void nothing_is_replaced_unasked(void)
{
    static const struct hythe_ops ops = {.size = sizeof ops, .getattr = late_getattr};
    static const struct hythe_plugin late = {.abi = HYTHE_ABI,
                                             .size = sizeof late,
                                             .kind = HYTHE_FILTER,
                                             .threads = HYTHE_PARALLEL,
                                             .name = "late",
                                             .ops = &ops};
    struct hy_instance *filter, *store;
    struct scene s;

    begin(&s, BIT(FileRemove));
    filter = world_start(&s.w, &late, "late");
    store = world_start(&s.w, &memfs_plugin, "memfs3");
    (void)memfs_put(store->self, "f", "content");
    hy_vfs_free(s.w.vfs);
    s.w.vfs = NULL;
    world_mount(&s.w, "/late", (struct hy_instance *const[]){&s.w.instances[0], filter, store, NULL});
    CU_ASSERT_FATAL(world_see(&s.w, NULL, NULL, false) != NULL);
    race = store->self;
    s.acts[HY_EVENT_FileRemove].before = 3;
    UNIT_ASSERT_NUMBER(rename_it(&s, "/late/f", "/late/new", HYTHE_RENAME_REPLACE), HYTHE_STATUS(3));
    UNIT_ASSERT_STRING(s.trace, "FileRemove> /late/new;");
    UNIT_ASSERT_STRING(memfs_content(race, "new"), "quicker");
    s.acts[HY_EVENT_FileRemove].before = 0;
    UNIT_ASSERT_NUMBER(rename_it(&s, "/late/f", "/late/newer", HYTHE_RENAME_REPLACE), 0);
    UNIT_ASSERT_STRING(memfs_content(race, "newer"), "content");
    race = NULL;
    scene_end(&s);
}

/* There the operation's own event has all of it. */
static void not_among_events_alone(void)
{
    struct scene s;

    scene_begin_store(&s, ALL_EVENTS);
    UNIT_ASSERT_NUMBER(rename_it(&s, "/a", "/b", HYTHE_RENAME_REPLACE), 0);
    UNIT_ASSERT_STRING(s.trace, "FileRename> /a;FileRename< /a 0;");
    s.trace[0] = '\0';
    UNIT_ASSERT_NUMBER(link_it(&s), 0);
    UNIT_ASSERT_STRING(s.trace, "FileRename> /f;FileRename< /f 0;");
    s.trace[0] = '\0';
    UNIT_ASSERT_NUMBER(size_it(&s, HYTHE_ATTR_SIZE, 0), 0);
    UNIT_ASSERT_STRING(s.trace, "SetAttributes> /f;SetAttributes< /f 0;");
    scene_end(&s);
}

/* OtherAttributes has no room for all that a link may lead to. */
static void the_whole_target_of_a_link_is_told(void)
{
    char target[4000];
    struct scene s;

    memset(target, 'a', sizeof target);
    target[sizeof target - 1] = '\0';
    scene_begin(&s, BIT(FileOpen));
    s.acts[HY_EVENT_FileOpen].more = notes_open;
    UNIT_ASSERT_NUMBER(hy_vfs_symlink(s.w.vfs, name_of("/s"), name_of(target)), 0);
    UNIT_ASSERT_NUMBER(told.target, sizeof target - 1);
    scene_end(&s);
}

static uint32_t set;

static void notes_set(void *p, bool before)
{
    if (before)
        set = ((struct hythe_SetAttributes *)p)->attributes.valid;
}

static void what_is_not_shown_is_told(void)
{
    const struct hythe_attrs attrs = {.struct_size = sizeof attrs, .valid = HYTHE_ATTR_ACL | HYTHE_ATTR_EXTENDED};
    struct scene s;

    scene_begin(&s, BIT(SetAttributes));
    s.acts[HY_EVENT_SetAttributes] = (struct act){.before = 3, .after = LEAVE, .more = notes_set};
    UNIT_ASSERT_NUMBER(hy_vfs_setattr(s.w.vfs, name_of("/f"), 0, &attrs), HYTHE_STATUS(3));
    UNIT_ASSERT_NUMBER(set, attrs.valid);
    scene_end(&s);
}

UNIT_SUITE(event_policy, UNIT_TEST(what_is_not_shown_is_told), UNIT_TEST(opens_ask_where_links_lead),
           UNIT_TEST(in_a_home_and_a_root_too), UNIT_TEST(links_are_followed_as_the_operation_does),
           UNIT_TEST(what_leads_to_a_mount_leads_to_itself), UNIT_TEST(only_in_handlers_and_as_much_as_fits),
           UNIT_TEST(among_events_alone), UNIT_TEST(a_link_is_an_open_of_its_file),
           UNIT_TEST(a_size_by_name_is_an_open_for_writing), UNIT_TEST(what_a_rename_replaces_is_removed),
           UNIT_TEST(what_comes_besides_diverts_too), UNIT_TEST(a_store_that_always_replaces_is_asked_about),
           UNIT_TEST(nothing_is_replaced_unasked), UNIT_TEST(not_among_events_alone),
           UNIT_TEST(the_whole_target_of_a_link_is_told));
