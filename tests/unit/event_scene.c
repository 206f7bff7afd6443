#include "tests/unit/event_scene.h"

#include "core/vfs/session.h"

/* ---- Handlers ---- */

static void note(struct scene *s, const char *what, bool before, const char *path, uint32_t status)
{
    size_t used = strlen(s->trace);

    if (before)
        (void)snprintf(s->trace + used, sizeof s->trace - used, "%s> %s;", what, path);
    else
        (void)snprintf(s->trace + used, sizeof s->trace - used, "%s< %s %u;", what, path, status);
}

static void act(struct scene *s, enum hy_event which, void *e, bool before, uint32_t *status, char *path, char *to)
{
    const struct act *a = &s->acts[which];

    if (!before)
        s->seen[which] = *status;
    if (a->more)
        a->more(e, before);
    if (before) {
        *status = a->before;
        if (a->path)
            (void)snprintf(path, HYTHE_EVENT_PATH, "%s", a->path);
        if (a->to)
            (void)snprintf(to, HYTHE_EVENT_PATH, "%s", a->to);
    } else if (a->after != LEAVE) {
        *status = a->after;
    }
}

static _Thread_local struct scene *running;

struct scene *scene_of(void *e)
{
    (void)e;
    return running;
}

#define HANDLER(name, is_before, path, to) \
    static void on_##name(void *ctx, struct hythe_##name *e) \
    { \
        struct scene *s = running = ctx; \
\
        UNIT_ASSERT_NUMBER(e->size, sizeof *e); \
        UNIT_ASSERT_NUMBER(e->ConnectionId, 7); \
        UNIT_ASSERT_STRING(e->User, "alice"); \
        note(s, #name, is_before, e->Path, e->StatusCode); \
        act(s, HY_EVENT_##name, e, is_before, &e->StatusCode, path, to); \
    }
HANDLER(DirCreate, e->BeforeExec, e->Path, NULL)
HANDLER(DirList, e->BeforeExec, e->Path, NULL)
HANDLER(DirRemove, e->BeforeExec, e->Path, NULL)
HANDLER(FileClose, false, NULL, NULL)
HANDLER(FileOpen, e->BeforeExec, e->Path, NULL)
HANDLER(FileRead, false, NULL, NULL)
HANDLER(FileRemove, e->BeforeExec, e->Path, NULL)
HANDLER(FileRename, e->BeforeExec, e->Path, e->NewPath)
HANDLER(FileWrite, e->BeforeExec, NULL, NULL)
HANDLER(GetAttributes, false, NULL, NULL)
HANDLER(SetAttributes, e->BeforeExec, e->Path, NULL)

/* ---- Scenes ---- */

static void begin(struct scene *s, uint64_t events)
{
    memset(s, 0, sizeof *s);
    world_begin(&s->w);
    hy_wishes_init(&s->wishes);
    s->events = hy_events_new(NULL);
    CU_ASSERT_FATAL(s->events != NULL);
    for (int i = 0; i < HY_EVENT_COUNT; i++)
        s->acts[i].after = LEAVE;
    s->handlers.size = sizeof s->handlers;
#define WITH(name) \
    if (events & BIT(name)) \
        s->handlers.name = on_##name;
    WITH(DirCreate)
    WITH(DirList)
    WITH(DirRemove)
    WITH(FileClose)
    WITH(FileOpen)
    WITH(FileRead)
    WITH(FileRemove)
    WITH(FileRename)
    WITH(FileWrite)
    WITH(GetAttributes)
    WITH(SetAttributes)
    hy_events_set(s->events, &s->handlers, s);
    CU_ASSERT(hy_events_join(s->events, 7, &s->wishes) == 0);
}

void scene_begin(struct scene *s, uint64_t events)
{
    const struct hythe_plugin *plugin;
    struct hy_instance *layer, *store;

    begin(s, events);
    plugin = hy_events_layer(s->events);
    CU_ASSERT_FATAL(plugin != NULL);
    layer = world_start(&s->w, plugin, "events");
    store = world_start(&s->w, &memfs_plugin, "memfs");
    s->fs = store->self;
    (void)memfs_put(s->fs, "f", "content");
    (void)memfs_mkdir(s->fs, "d");
    (void)memfs_put(s->fs, "d/x", "x");
    (void)memfs_mkdir(s->fs, "empty");
    (void)memfs_symlink(s->fs, "l", "f");
    world_mount(&s->w, "/", (struct hy_instance *const[]){layer, store, NULL});
    CU_ASSERT_FATAL(world_see(&s->w, NULL, NULL, false) != NULL);
    hy_vfs_set_protocol(s->w.vfs, 6);
}

void scene_begin_store(struct scene *s, uint64_t events)
{
    struct hy_instance *layer, *store;

    begin(s, events);
    CU_ASSERT_FATAL(hy_events_layer(s->events) != NULL && hy_events_store(s->events) != NULL);
    layer = world_start(&s->w, hy_events_layer(s->events), "events");
    store = world_start(&s->w, hy_events_store(s->events), "the store of events");
    world_mount(&s->w, "/", (struct hy_instance *const[]){layer, store, NULL});
    CU_ASSERT_FATAL(world_see(&s->w, NULL, NULL, false) != NULL);
    hy_vfs_set_protocol(s->w.vfs, 6);
}

void scene_end(struct scene *s)
{
    world_end(&s->w);
    hy_events_part(s->events, 7);
    hy_events_free(s->events);
    hy_wishes_destroy(&s->wishes);
}
