/* Another Path: the operation is done there, and its events fire for that name. */
#include "tests/unit/event_scene.h"

#include "core/vfs/session.h"

static int64_t to_mkdir(struct scene *s)
{
    return do_mkdir(&s->w, "/new");
}

static int64_t to_rmdir(struct scene *s)
{
    return hy_vfs_rmdir(s->w.vfs, name_of("/none"));
}

static int64_t to_unlink(struct scene *s)
{
    return hy_vfs_unlink(s->w.vfs, name_of("/f"));
}

static int64_t to_rename(struct scene *s)
{
    return hy_vfs_rename(s->w.vfs, name_of("/f"), name_of("/g"), 0);
}

static int64_t to_symlink(struct scene *s)
{
    return hy_vfs_symlink(s->w.vfs, name_of("/s"), name_of("x"));
}

static int64_t to_open(struct scene *s)
{
    hy_handle h;
    int64_t r = do_open(&s->w, "/f", HYTHE_OPEN_READ, &h);
    char buf[8];

    if (r < 0)
        return r;
    UNIT_ASSERT_STRING(hy_vfs_path(s->w.vfs, h), "/d/x");
    UNIT_ASSERT_NUMBER(hy_vfs_read(s->w.vfs, h, buf, sizeof buf, 0), 1);
    return hy_vfs_close(s->w.vfs, h);
}

static int64_t to_remove_on_close(struct scene *s)
{
    hy_handle h;
    int64_t r = do_open(&s->w, "/f", HYTHE_OPEN_READ | HYTHE_OPEN_DELETE_ON_CLOSE, &h);

    return r < 0 ? r : hy_vfs_close(s->w.vfs, h);
}

static int64_t to_opendir(struct scene *s)
{
    hy_handle h;
    int64_t r = hy_vfs_opendir(s->w.vfs, name_of("/none"), &h);

    if (r < 0)
        return r;
    UNIT_ASSERT_STRING(hy_vfs_path(s->w.vfs, h), "/d");
    return hy_vfs_close(s->w.vfs, h);
}

static int64_t to_setattr(struct scene *s)
{
    const struct hythe_attrs attrs = {.struct_size = sizeof attrs, .valid = HYTHE_ATTR_SIZE};

    return hy_vfs_setattr(s->w.vfs, name_of("/f"), 0, &attrs);
}

static void an_operation_goes_elsewhere(void)
{
    static const struct {
        enum hy_event event;
        int64_t (*run)(struct scene *s);
        const char *path, *to;
        const char *trace;
        const char *gone, *made; /* names that have gone and have come, in the store */
    } cases[] = {
        {HY_EVENT_DirCreate, to_mkdir, "/d/new", NULL, "DirCreate> /new;DirCreate> /d/new;DirCreate< /d/new 0;", "new",
         "d/new"},
        {HY_EVENT_DirRemove, to_rmdir, "/empty", NULL, "DirRemove> /none;DirRemove> /empty;DirRemove< /empty 0;",
         "empty", "f"},
        {HY_EVENT_FileRemove, to_unlink, "/d/x", NULL, "FileRemove> /f;FileRemove> /d/x;FileRemove< /d/x 0;", "d/x",
         "f"},
        {HY_EVENT_FileRename, to_rename, "/d/x", NULL, "FileRename> /f;FileRename> /d/x;FileRename< /d/x 0;", "d/x",
         "g"},
        {HY_EVENT_FileRename, to_rename, NULL, "/d/y", "FileRename> /f;FileRename> /f;FileRename< /f 0;", "f", "d/y"},
        {HY_EVENT_FileRename, to_rename, "/d/x", "/d/y", "FileRename> /f;FileRename> /d/x;FileRename< /d/x 0;", "d/x",
         "d/y"},
        {HY_EVENT_FileOpen, to_symlink, "/d/s", NULL, "FileOpen> /s;FileOpen> /d/s;FileOpen< /d/s 0;", "s", "d/s"},
        {HY_EVENT_FileOpen, to_open, "/d/x", NULL, "FileOpen> /f;FileOpen> /d/x;FileOpen< /d/x 0;", "none", "d/x"},
        {HY_EVENT_FileRemove, to_remove_on_close, "/d/x", NULL, "FileRemove> /f;FileRemove> /d/x;FileRemove< /d/x 0;",
         "none", "f"},
        {HY_EVENT_DirList, to_opendir, "/d", NULL, "DirList> /none;DirList> /d;DirList< /d 0;", "none", "d"},
        {HY_EVENT_SetAttributes, to_setattr, "/d/x", NULL,
         "SetAttributes> /f;SetAttributes> /d/x;SetAttributes< /d/x 0;", "none", "f"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene s;

        scene_begin(&s, UINT64_C(1) << cases[i].event);
        s.acts[cases[i].event].path = cases[i].path;
        s.acts[cases[i].event].to = cases[i].to;
        UNIT_ASSERT_NUMBER(cases[i].run(&s), 0);
        UNIT_ASSERT_STRING(s.trace, cases[i].trace);
        CU_ASSERT_PTR_NULL(memfs_content(s.fs, cases[i].gone));
        CU_ASSERT_PTR_NOT_NULL(memfs_content(s.fs, cases[i].made));
        if (cases[i].event == HY_EVENT_SetAttributes) {
            UNIT_ASSERT_STRING(memfs_content(s.fs, "f"), "content");
            UNIT_ASSERT_STRING(memfs_content(s.fs, "d/x"), "");
        }
        UNIT_ASSERT_NUMBER(memfs_open(s.fs), 0);
        scene_end(&s);
    }
}

static void swing(void *p, bool before)
{
    struct hythe_DirCreate *e = p;

    if (before)
        (void)snprintf(e->Path, sizeof e->Path, "%s", strcmp(e->Path, "/new") == 0 ? "/newer" : "/new");
}

static void not_for_ever(void)
{
    struct scene s;

    scene_begin(&s, BIT(DirCreate));
    s.acts[HY_EVENT_DirCreate].more = swing;
    UNIT_ASSERT_NUMBER(do_mkdir(&s.w, "/new"), -ELOOP);
    CU_ASSERT_PTR_NULL(strchr(s.trace, '<'));
    scene_end(&s);
}

static void without_end(void *p, bool before)
{
    if (before)
        memset(((struct hythe_FileRename *)p)->NewPath, '/', HYTHE_EVENT_PATH);
}

static void nowhere_else(void)
{
    static const char *const wrong[] = {"", "new", "/a/../b", "//a", "/a/"};
    const struct hythe_attrs attrs = {.struct_size = sizeof attrs, .valid = HYTHE_ATTR_MODE};
    struct scene s;
    hy_handle h;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        scene_begin(&s, BIT(DirCreate));
        s.acts[HY_EVENT_DirCreate].path = wrong[i];
        UNIT_ASSERT_NUMBER(do_mkdir(&s.w, "/new"), HYTHE_STATUS(4));
        CU_ASSERT(world_said(&s.w, "the handler of DirCreate left a Path or NewPath that isn't normal") == 1);
        scene_end(&s);
    }
    scene_begin(&s, ALL_EVENTS);
    s.acts[HY_EVENT_DirCreate] = (struct act){.before = 3, .after = LEAVE, .path = "/newer"};
    UNIT_ASSERT_NUMBER(do_mkdir(&s.w, "/new"), HYTHE_STATUS(3)); /* a refusal goes first */
    s.acts[HY_EVENT_FileRename].more = without_end;
    UNIT_ASSERT_NUMBER(to_rename(&s), HYTHE_STATUS(4));
    CU_ASSERT(world_said(&s.w, "without a NUL") == 1);
    UNIT_ASSERT_NUMBER(do_open(&s.w, "/f", HYTHE_OPEN_WRITE, &h), 0);
    s.acts[HY_EVENT_SetAttributes].path = s.acts[HY_EVENT_FileOpen].path = "/d/x";
    UNIT_ASSERT_NUMBER(hy_vfs_fsetattr(s.w.vfs, h, &attrs), HYTHE_STATUS(4));
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.w.vfs, h, 0, 1, HYTHE_LOCK_WRITE), HYTHE_STATUS(4));
    CU_ASSERT(world_said(&s.w, "for an open file, which can't be diverted") == 2);
    scene_end(&s);
}

/* Without a store the event goes elsewhere, too. */
static void among_events_alone(void)
{
    struct scene s;

    scene_begin_store(&s, BIT(DirCreate));
    s.acts[HY_EVENT_DirCreate].path = "/d/new";
    UNIT_ASSERT_NUMBER(do_mkdir(&s.w, "/new"), 0);
    UNIT_ASSERT_STRING(s.trace, "DirCreate> /new;DirCreate> /d/new;DirCreate< /d/new 0;");
    scene_end(&s);
}

UNIT_SUITE(event_divert, UNIT_TEST(an_operation_goes_elsewhere), UNIT_TEST(not_for_ever), UNIT_TEST(nowhere_else),
           UNIT_TEST(among_events_alone));
