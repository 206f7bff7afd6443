/* The layer and the store of events among other layers: which ask, hold locks, or answer what they mustn't. */
#include "tests/unit/event_scene.h"

#include "core/vfs/session.h"

#define PLUGIN(plugin_kind, plugin_ops) \
    { \
        .abi = HYTHE_ABI, .size = sizeof(struct hythe_plugin), .kind = (plugin_kind), .threads = HYTHE_PARALLEL, \
        .name = "inner", .ops = &(plugin_ops) \
    }

/* Mounts a plugin at /inner, behind the layer and before the scene's store, or instead of it. */
static void put_inside(struct scene *s, const struct hythe_plugin *plugin, bool before)
{
    struct hy_instance *inner;

    hy_vfs_free(s->w.vfs);
    s->w.vfs = NULL;
    inner = world_start(&s->w, plugin, "inner");
    world_mount(&s->w, "/inner",
                (struct hy_instance *const[]){&s->w.instances[0], inner, before ? &s->w.instances[1] : NULL, NULL});
    CU_ASSERT_FATAL(world_see(&s->w, NULL, NULL, false) != NULL);
    hy_vfs_set_protocol(s->w.vfs, 6);
}

/* ---- What a filter asks of the store of events ---- */

static int64_t write_first(const struct hythe_call *call, struct hythe_fsync_arg *arg)
{
    struct hythe_write_arg write = {.buf = "own", .len = 3, .offset = 7};
    int64_t r = hythe_ask_write(call, &write);

    return r == 3 ? hythe_next_fsync(call, arg) : r < 0 ? r : -EIO;
}

static void note_data(void *p, bool before)
{
    const struct hythe_FileWrite *e = p;

    (void)before;
    CU_ASSERT(e->FileOffset == 7 && e->FileDataLength == 3 && memcmp(e->FileData, "own", 3) == 0);
}

/* What nobody is told of would be lost. */
static void a_filter_writes_by_events(void)
{
    static const struct hythe_ops ops = {.size = sizeof ops, .fsync = write_first};
    static const struct hythe_plugin plugin = PLUGIN(HYTHE_FILTER, ops);
    struct scene s;
    hy_handle h;

    scene_begin_store(&s, BIT(FileOpen) | BIT(FileWrite));
    put_inside(&s, &plugin, true);
    UNIT_ASSERT_NUMBER(do_open(&s.w, "/inner/a", HYTHE_OPEN_WRITE, &h), 0);
    s.trace[0] = '\0';
    s.acts[HY_EVENT_FileWrite].more = note_data;
    UNIT_ASSERT_NUMBER(hy_vfs_fsync(s.w.vfs, h), 0);
    UNIT_ASSERT_STRING(s.trace, "FileWrite> /inner/a;FileWrite< /inner/a 0;");
    s.acts[HY_EVENT_FileWrite].before = 3;
    UNIT_ASSERT_NUMBER(hy_vfs_fsync(s.w.vfs, h), HYTHE_STATUS(3));
    scene_end(&s);
}

/* ---- Locks ---- */

static int held;

static int64_t hold(const struct hythe_call *call, struct hythe_lock_arg *arg)
{
    (void)call;
    (void)arg;
    held++;
    return 0;
}

static int64_t let_go(const struct hythe_call *call, struct hythe_unlock_arg *arg)
{
    (void)call;
    held -= arg->offset == 5 && arg->len == 2;
    return 0;
}

static void a_lock_that_is_refused_afterwards_is_given_back(void)
{
    static const struct hythe_ops ops = {.size = sizeof ops, .lock = hold, .unlock = let_go};
    static const struct hythe_plugin plugin = PLUGIN(HYTHE_FILTER, ops);
    struct scene s;
    hy_handle h;

    held = 0;
    scene_begin(&s, BIT(FileOpen));
    put_inside(&s, &plugin, true);
    UNIT_ASSERT_NUMBER(do_open(&s.w, "/inner/f", HYTHE_OPEN_READ, &h), 0);
    s.acts[HY_EVENT_FileOpen].after = 3;
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.w.vfs, h, 5, 2, HYTHE_LOCK_WRITE), HYTHE_STATUS(3));
    UNIT_ASSERT_NUMBER(held, 0);
    s.acts[HY_EVENT_FileOpen].after = LEAVE;
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.w.vfs, h, 5, 2, HYTHE_LOCK_WRITE), 0);
    UNIT_ASSERT_NUMBER(held, 1);
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(s.w.vfs, h, 5, 2), 0);
    scene_end(&s);
}

/* ---- Other ways ---- */

static int64_t lead_away(const struct hythe_call *call, struct hythe_mkdir_arg *arg)
{
    return strcmp(arg->path, "a") == 0 ? call->host->divert(call, "/inner/b", NULL) : hythe_next_mkdir(call, arg);
}

/* What another layer leads elsewhere is told of once it is done. */
static void a_diversion_of_another_layer_is_no_result(void)
{
    static const struct hythe_ops ops = {.size = sizeof ops, .mkdir = lead_away};
    struct hythe_plugin plugin = PLUGIN(HYTHE_FILTER, ops);
    struct scene s;

    plugin.flags = HYTHE_DIVERTS;
    scene_begin(&s, BIT(DirCreate));
    put_inside(&s, &plugin, true);
    UNIT_ASSERT_NUMBER(do_mkdir(&s.w, "/inner/a"), 0);
    UNIT_ASSERT_STRING(s.trace, "DirCreate> /inner/a;DirCreate> /inner/b;DirCreate< /inner/b 0;");
    scene_end(&s);
}

/* The look at the parent of what couldn't be made is the core's own. */
static void a_look_at_a_parent_is_no_event(void)
{
    struct scene s;

    scene_begin(&s, BIT(DirCreate) | BIT(GetAttributes));
    hy_vfs_free(s.w.vfs);
    s.w.vfs = NULL;
    world_mount(&s.w, "/far/off", (struct hy_instance *const[]){&s.w.instances[0], &s.w.instances[1], NULL});
    CU_ASSERT_FATAL(world_see(&s.w, NULL, NULL, false) != NULL);
    UNIT_ASSERT_NUMBER(do_mkdir(&s.w, "/far/new"), -EROFS);
    UNIT_ASSERT_STRING(s.trace, "DirCreate> /far/new;DirCreate< /far/new 2;");
    scene_end(&s);
}

/* ---- Data ---- */

static int writes;

static int64_t count_writes(const struct hythe_call *call, struct hythe_write_arg *arg)
{
    (void)call;
    CU_ASSERT(arg->offset <= INT64_MAX - arg->len);
    writes++;
    return (int64_t)arg->len;
}

static void write_longer(void *p, bool before)
{
    if (before)
        UNIT_ASSERT_NUMBER(hy_events_set_data(scene_of(p)->events, 7, "longer", 6), 0);
}

static void no_store_is_asked_to_write_beyond_the_largest_offset(void)
{
    static const struct hythe_ops ops = {.size = sizeof ops, .write = count_writes};
    static const struct hythe_plugin plugin = PLUGIN(HYTHE_FILTER, ops);
    struct scene s;
    hy_handle h;

    writes = 0;
    scene_begin(&s, BIT(FileWrite));
    put_inside(&s, &plugin, true);
    s.acts[HY_EVENT_FileWrite].more = write_longer;
    UNIT_ASSERT_NUMBER(do_open(&s.w, "/inner/f", HYTHE_OPEN_WRITE, &h), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_write(s.w.vfs, h, "abc", 3, INT64_MAX - 5), -EFBIG);
    UNIT_ASSERT_NUMBER(writes, 0);
    UNIT_ASSERT_NUMBER(hy_vfs_write(s.w.vfs, h, "abc", 3, INT64_MAX - 6), 3);
    UNIT_ASSERT_NUMBER(writes, 1);
    scene_end(&s);
}

/* ---- Wrong answers ---- */

static int64_t write_some(const struct hythe_call *call, struct hythe_write_arg *arg)
{
    (void)call;
    return (int64_t)arg->len - 1;
}

/* What wasn't written isn't called written because the client's length is what it is told. */
static void a_short_write_is_a_failure(void)
{
    static const struct hythe_ops ops = {.size = sizeof ops, .write = write_some};
    static const struct hythe_plugin plugin = PLUGIN(HYTHE_FILTER, ops);
    struct scene s;
    hy_handle h;

    scene_begin(&s, BIT(FileWrite));
    put_inside(&s, &plugin, true);
    UNIT_ASSERT_NUMBER(do_open(&s.w, "/inner/f", HYTHE_OPEN_WRITE, &h), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_write(s.w.vfs, h, "abc", 3, 0), -EIO);
    UNIT_ASSERT_NUMBER(s.seen[HY_EVENT_FileWrite], HYTHE_FX_FAILURE);
    scene_end(&s);
}

static int64_t too_long(const struct hythe_call *call, struct hythe_readlink_arg *arg)
{
    (void)call;
    return (int64_t)arg->len + 1000;
}

static void a_target_beyond_its_room_is_not_shown(void)
{
    static const struct hythe_ops ops = {.size = sizeof ops, .readlink = too_long};
    static const struct hythe_plugin plugin = PLUGIN(HYTHE_FILESYSTEM, ops);
    char buf[8];
    struct scene s;

    scene_begin(&s, BIT(GetAttributes));
    put_inside(&s, &plugin, false);
    UNIT_ASSERT_NUMBER(hy_vfs_readlink(s.w.vfs, name_of("/inner/l"), buf, sizeof buf), -EIO);
    UNIT_ASSERT_STRING(s.trace, "");
    CU_ASSERT(world_said(&s.w, "readlink answered more than it was asked for") == 1);
    scene_end(&s);
}

UNIT_SUITE(event_inner, UNIT_TEST(a_filter_writes_by_events),
           UNIT_TEST(a_lock_that_is_refused_afterwards_is_given_back), UNIT_TEST(a_short_write_is_a_failure),
           UNIT_TEST(a_target_beyond_its_room_is_not_shown), UNIT_TEST(a_diversion_of_another_layer_is_no_result),
           UNIT_TEST(a_look_at_a_parent_is_no_event), UNIT_TEST(no_store_is_asked_to_write_beyond_the_largest_offset));
