/* Without a RootDirectory: a tree that is events alone. */
#include "tests/unit/event_scene.h"

#include "core/vfs/copyfile.h"
#include "core/vfs/session.h"

#include <inttypes.h>

/* ---- A program that has /, /a (10 bytes, "0123456789") and /dir with /dir/b ---- */

static bool there(const char *path, uint32_t *type, uint64_t *size)
{
    *type = strcmp(path, "/a") == 0 || strcmp(path, "/dir/b") == 0 ? 1 : 2;
    *size = *type == 1 ? 10 : 0;
    return *type == 1 || strcmp(path, "/") == 0 || strcmp(path, "/dir") == 0;
}

static void tell_attributes(void *p, bool before)
{
    struct hythe_GetAttributes *e = p;
    uint32_t type;
    uint64_t size;

    (void)before;
    if (!there(e->Path, &type, &size)) {
        e->StatusCode = HYTHE_FX_NO_SUCH_FILE;
        return;
    }
    e->attributes.valid = HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE;
    e->attributes.FileType = type;
    e->attributes.FileSize = size;
    e->attributes.FilePermissions = 0640;
}

static void list_names(void *p, bool before)
{
    const struct hythe_DirList *e = p;
    struct scene *s = scene_of(p);

    if (!before)
        return;
    UNIT_ASSERT_NUMBER(hy_events_set_list(s->events, 7, "x/y"), -EINVAL);
    UNIT_ASSERT_NUMBER(hy_events_set_list(s->events, 8, "b"), -EINVAL);
    UNIT_ASSERT_NUMBER(hy_events_set_list(s->events, 7, "ghost"), 0);
    UNIT_ASSERT_NUMBER(
        hy_events_set_list(s->events, 7,
                           strcmp(e->Path, "/dir") == 0 ? "b\nnone\n" : "a\r\n\r\n.\r\n..\r\ndir\r\nnone"),
        0);
}

static void give_data(void *p, bool before)
{
    struct hythe_FileRead *e = p;
    struct scene *s = scene_of(p);
    char room[64];
    size_t n = e->FileOffset < 10 ? 10 - (size_t)e->FileOffset : 0;
    const void *data;

    (void)before;
    memset(room, 'x', sizeof room);
    n = n < e->Length ? n : e->Length;
    if (e->Length < sizeof room)
        UNIT_ASSERT_NUMBER(hy_events_set_data(s->events, 7, room, e->Length + 1), -EMSGSIZE);
    UNIT_ASSERT_NUMBER(hy_events_set_data(s->events, 7, &"0123456789"[10 - n], n), 0);
    UNIT_ASSERT_NUMBER(hy_events_get_data(s->events, 7, &data, &n), 0);
    CU_ASSERT(data == e->FileData && n == e->FileDataLength);
    e->StatusCode = n ? HYTHE_FX_OK : HYTHE_FX_EOF;
}

static void begin(struct scene *s)
{
    scene_begin_store(s, ALL_EVENTS);
    s->acts[HY_EVENT_GetAttributes].more = tell_attributes;
    s->acts[HY_EVENT_DirList].more = list_names;
    s->acts[HY_EVENT_FileRead].more = give_data;
}

static void a_tree_is_made_of_events(void)
{
    struct hythe_attrs attrs;
    char names[256], buf[64];
    struct scene s;

    begin(&s);
    UNIT_ASSERT_STRING(do_list(&s.w, "/", names, sizeof names), ". .. a dir");
    s.trace[0] = '\0';
    UNIT_ASSERT_STRING(do_list(&s.w, "/dir", names, sizeof names), ". .. b");
    UNIT_ASSERT_STRING(s.trace, "DirList> /dir;DirList< /dir 0;GetAttributes< /dir 0;GetAttributes< /dir/b "
                                "0;GetAttributes< /dir/none 0;FileClose< /dir 0;");
    UNIT_ASSERT_NUMBER(do_getattr(&s.w, "/a", &attrs), 0);
    CU_ASSERT(attrs.valid == (HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE) && attrs.type == 1 &&
              attrs.size == 10 && attrs.mode == 0640);
    UNIT_ASSERT_NUMBER(do_getattr(&s.w, "/none", &attrs), HYTHE_STATUS(2));
    UNIT_ASSERT_STRING(do_cat(&s.w, "/a"), "0123456789");
    UNIT_ASSERT_STRING(do_real(&s.w, "/dir/../a", HY_REAL_LAST), "/a");
    UNIT_ASSERT_NUMBER(hy_vfs_readlink(s.w.vfs, name_of("/a"), buf, sizeof buf), -EINVAL);
    UNIT_ASSERT_NUMBER(do_getattr(&s.w, "/", &attrs), 0);
    UNIT_ASSERT_NUMBER(attrs.type, 2);
    UNIT_ASSERT_NUMBER(world_said(&s.w, "broke the contract"), 0); /* an empty line is no name */
    scene_end(&s);
}

/* Each is told before and after, once, and what the handler says is the answer. */
static void an_operation_is_its_event(void)
{
    const struct hythe_attrs mode = {.struct_size = sizeof mode, .valid = HYTHE_ATTR_MODE, .mode = 0600};
    struct hythe_attrs attrs;
    char buf[4];
    struct scene s;
    hy_handle h;

    begin(&s);
    UNIT_ASSERT_NUMBER(do_mkdir(&s.w, "/m"), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_rmdir(s.w.vfs, name_of("/m")), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(s.w.vfs, name_of("/a")), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_rename(s.w.vfs, name_of("/a"), name_of("/b"), 0), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_link(s.w.vfs, name_of("/a"), name_of("/b")), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_symlink(s.w.vfs, name_of("/s"), name_of("a")), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_setattr(s.w.vfs, name_of("/a"), 0, &mode), 0);
    UNIT_ASSERT_STRING(s.trace,
                       "DirCreate> /m;DirCreate< /m 0;DirRemove> /m;DirRemove< /m 0;FileRemove> /a;FileRemove< "
                       "/a 0;FileRename> /a;FileRename< /a 0;FileRename> /a;FileRename< /a 0;FileOpen> "
                       "/s;FileOpen< /s 0;SetAttributes> /a;SetAttributes< /a 0;");
    s.trace[0] = '\0';
    UNIT_ASSERT_NUMBER(do_open(&s.w, "/a", HYTHE_OPEN_READ | HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, &h), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_write(s.w.vfs, h, "xyz", 3, 5), 3);
    UNIT_ASSERT_NUMBER(hy_vfs_read(s.w.vfs, h, buf, 4, 8), 2);
    UNIT_ASSERT_NUMBER(hy_vfs_read(s.w.vfs, h, buf, 4, 10), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_fgetattr(s.w.vfs, h, UINT32_MAX, &attrs), 0);
    UNIT_ASSERT_NUMBER(attrs.size, 10);
    UNIT_ASSERT_NUMBER(hy_vfs_fsetattr(s.w.vfs, h, &mode), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_fsync(s.w.vfs, h), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.w.vfs, h, 0, 1, HYTHE_LOCK_READ), -ENOTSUP);
    UNIT_ASSERT_NUMBER(hy_vfs_close(s.w.vfs, h), 0);
    UNIT_ASSERT_STRING(s.trace, "FileOpen> /a;FileOpen< /a 0;FileWrite> /a;FileWrite< /a 0;FileRead< /a 1;FileRead< /a "
                                "1;GetAttributes< /a 0;SetAttributes> /a;SetAttributes< /a 0;FileClose< /a 0;");
    s.trace[0] = '\0';
    UNIT_ASSERT_NUMBER(do_open(&s.w, "/a", HYTHE_OPEN_READ | HYTHE_OPEN_DELETE_ON_CLOSE, &h), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_close(s.w.vfs, h), 0);
    UNIT_ASSERT_STRING(
        s.trace, "GetAttributes< /a 0;FileRemove> /a;FileOpen> /a;FileOpen< /a 0;FileRemove< /a 0;FileClose< /a 0;");
    s.acts[HY_EVENT_DirCreate].after = 14;
    UNIT_ASSERT_NUMBER(do_mkdir(&s.w, "/m"), HYTHE_STATUS(14));
    s.acts[HY_EVENT_FileOpen].before = 3;
    UNIT_ASSERT_NUMBER(do_open(&s.w, "/a", HYTHE_OPEN_READ, &h), HYTHE_STATUS(3));
    s.acts[HY_EVENT_FileOpen] = (struct act){.after = 2};
    UNIT_ASSERT_NUMBER(do_open(&s.w, "/a", HYTHE_OPEN_READ, &h), HYTHE_STATUS(2));
    scene_end(&s);
}

/* With a handler for one event only the others' operations aren't there, but "/" is. */
static void what_has_no_event_is_not_supported(void)
{
    const struct hythe_attrs mode = {.struct_size = sizeof mode, .valid = HYTHE_ATTR_MODE};
    struct hythe_attrs attrs;
    struct hythe_statfs fs;
    char names[16], buf[4];
    struct scene s;
    hy_handle h;

    scene_begin_store(&s, BIT(FileClose));
    UNIT_ASSERT_NUMBER(do_getattr(&s.w, "/", &attrs), 0);
    UNIT_ASSERT_NUMBER(attrs.type, HYTHE_TYPE_DIRECTORY);
    UNIT_ASSERT_STRING(do_list(&s.w, "/", names, sizeof names), ". ..");
    UNIT_ASSERT_NUMBER(do_getattr(&s.w, "/a", &attrs), HYTHE_STATUS(8));
    UNIT_ASSERT_NUMBER(hy_vfs_opendir(s.w.vfs, name_of("/a"), &h), HYTHE_STATUS(8));
    UNIT_ASSERT_NUMBER(do_open(&s.w, "/a", HYTHE_OPEN_READ, &h), HYTHE_STATUS(8));
    UNIT_ASSERT_NUMBER(do_mkdir(&s.w, "/a"), HYTHE_STATUS(8));
    UNIT_ASSERT_NUMBER(hy_vfs_rmdir(s.w.vfs, name_of("/a")), HYTHE_STATUS(8));
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(s.w.vfs, name_of("/a")), HYTHE_STATUS(8));
    UNIT_ASSERT_NUMBER(hy_vfs_rename(s.w.vfs, name_of("/a"), name_of("/b"), 0), HYTHE_STATUS(8));
    UNIT_ASSERT_NUMBER(hy_vfs_link(s.w.vfs, name_of("/a"), name_of("/b")), HYTHE_STATUS(8));
    UNIT_ASSERT_NUMBER(hy_vfs_symlink(s.w.vfs, name_of("/a"), name_of("b")), HYTHE_STATUS(8));
    UNIT_ASSERT_NUMBER(hy_vfs_readlink(s.w.vfs, name_of("/a"), buf, sizeof buf), HYTHE_STATUS(8));
    UNIT_ASSERT_NUMBER(hy_vfs_setattr(s.w.vfs, name_of("/a"), 0, &mode), HYTHE_STATUS(8));
    UNIT_ASSERT_NUMBER(hy_vfs_statfs(s.w.vfs, name_of("/"), &fs), -ENOTSUP);
    scene_end(&s);
    scene_begin_store(&s, BIT(FileOpen));
    UNIT_ASSERT_NUMBER(do_open(&s.w, "/a", HYTHE_OPEN_READ | HYTHE_OPEN_WRITE | HYTHE_OPEN_DELETE_ON_CLOSE, &h),
                       HYTHE_STATUS(8));
    UNIT_ASSERT_NUMBER(do_open(&s.w, "/a", HYTHE_OPEN_READ | HYTHE_OPEN_WRITE, &h), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_read(s.w.vfs, h, buf, 4, 0), HYTHE_STATUS(8));
    UNIT_ASSERT_NUMBER(hy_vfs_write(s.w.vfs, h, "a", 1, 0), HYTHE_STATUS(8));
    UNIT_ASSERT_NUMBER(hy_vfs_fgetattr(s.w.vfs, h, UINT32_MAX, &attrs), HYTHE_STATUS(8));
    UNIT_ASSERT_NUMBER(hy_vfs_close(s.w.vfs, h), 0);
    scene_end(&s);
}

/* A mount lies in it, and nothing of it concerns the store. */
static void mounts_stand_beside_it(void)
{
    struct hy_instance *store;
    struct hythe_attrs attrs;
    char names[64];
    struct scene s;

    begin(&s);
    hy_vfs_free(s.w.vfs);
    s.w.vfs = NULL;
    store = world_start(&s.w, &memfs_plugin, "memfs");
    (void)memfs_put(store->self, "inside", "real");
    world_mount(&s.w, "/far/off", (struct hy_instance *const[]){&s.w.instances[0], store, NULL});
    world_mount(&s.w, "/real", (struct hy_instance *const[]){&s.w.instances[0], store, NULL});
    CU_ASSERT_FATAL(world_see(&s.w, NULL, NULL, false) != NULL);
    hy_vfs_set_protocol(s.w.vfs, 6);
    UNIT_ASSERT_NUMBER(do_getattr(&s.w, "/far", &attrs), 0); /* which leads to a mount, whatever the handler knows */
    UNIT_ASSERT_STRING(do_list(&s.w, "/far", names, sizeof names), ". .. off");
    s.acts[HY_EVENT_DirList].before = 2;
    UNIT_ASSERT_STRING(do_list(&s.w, "/far", names, sizeof names), ". .. off");
    s.acts[HY_EVENT_DirList].before = 0;
    s.acts[HY_EVENT_FileRead].more = NULL;
    s.acts[HY_EVENT_GetAttributes].more = NULL;
    s.acts[HY_EVENT_DirList].more = NULL;
    UNIT_ASSERT_STRING(do_list(&s.w, "/", names, sizeof names), ". .. far real");
    s.trace[0] = '\0';
    UNIT_ASSERT_STRING(do_cat(&s.w, "/real/inside"), "real");
    UNIT_ASSERT_STRING(s.trace, "FileOpen> /real/inside;FileOpen< /real/inside 0;FileRead< /real/inside 0;FileClose< "
                                "/real/inside 0;");
    scene_end(&s);
}

/* The home of a user is asked for, a copy goes through the events of reading and writing. */
static void the_core_asks_by_events(void)
{
    struct hy_copyfile c;
    struct scene s;

    begin(&s);
    CU_ASSERT(world_see(&s.w, NULL, "/dir", false) != NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(s.trace, "GetAttributes< /dir 0;"));
    CU_ASSERT(world_see(&s.w, NULL, "/nobody", false) == NULL);
    CU_ASSERT_FATAL(world_see(&s.w, NULL, NULL, false) != NULL);
    s.trace[0] = '\0';
    UNIT_ASSERT_NUMBER(hy_copyfile_begin(s.w.vfs, &c, name_of("/a"), name_of("/new"), true), 1);
    while (hy_copyfile_step(s.w.vfs, &c) == 1)
        ;
    UNIT_ASSERT_NUMBER(c.done, 10);
    hy_copyfile_end(s.w.vfs, &c);
    CU_ASSERT_PTR_NOT_NULL(strstr(s.trace, "FileOpen> /a;FileOpen< /a 0;"));
    CU_ASSERT_PTR_NOT_NULL(strstr(s.trace, "FileRead< /a 1;"));
    CU_ASSERT_PTR_NOT_NULL(strstr(s.trace, "FileOpen> /new;FileOpen< /new 0;"));
    CU_ASSERT_PTR_NOT_NULL(strstr(s.trace, "FileWrite> /new;FileWrite< /new 0;"));
    CU_ASSERT_PTR_NOT_NULL(strstr(s.trace, "FileClose< /new 0;"));
    CU_ASSERT_PTR_NOT_NULL(strstr(s.trace, "FileClose< /a 0;"));
    scene_end(&s);
}

UNIT_SUITE(event_store, UNIT_TEST(a_tree_is_made_of_events), UNIT_TEST(an_operation_is_its_event),
           UNIT_TEST(what_has_no_event_is_not_supported), UNIT_TEST(mounts_stand_beside_it),
           UNIT_TEST(the_core_asks_by_events));
