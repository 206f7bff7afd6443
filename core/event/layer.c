/* The layer outside of every chain. It takes the operations whose events have handlers, and those that have none. */
#include "core/event/turn.h"

#include <errno.h>

/* ---- ops.def ---- */

enum {
#define HYTHE_OP_EVENT(op, how, first, second) ROW_##op,
    HYTHE_OP_EVENTS
#undef HYTHE_OP_EVENT
        ROW_COUNT
};
#define HYTHE_OP(name, klass, on, fields) _Static_assert((int)ROW_##name == (int)HYTHE_OP_##name, #name);
HYTHE_OPS
#undef HYTHE_OP
_Static_assert((int)ROW_COUNT == (int)HYTHE_OP_COUNT, "a row of HYTHE_OP_EVENTS for each operation");

static bool has(const struct hy_file_events *files, enum hy_event which)
{
    return which != HY_EVENT_None && hy_events_has(files->events, which);
}

/* Whether there is a handler of any event of files. */
static bool has_any(const struct hy_file_events *files)
{
#define HYTHE_OP_EVENT(op, how, first, second) \
    if (has(files, HY_EVENT_##first) || has(files, HY_EVENT_##second)) \
        return true;
    HYTHE_OP_EVENTS
#undef HYTHE_OP_EVENT
    return false;
}

/* ---- Operations ---- */

#define ON_FIRES(op) \
    static int64_t on_##op(const struct hythe_call *call, struct hythe_##op##_arg *arg) \
    { \
        return hy_own(call) ? call->host->next(call, arg) : hy_fire_##op(call, arg, call->host->next); \
    }
#define ON_UNMAPPED(op) \
    static int64_t refuse_##op(const struct hythe_call *call, struct hythe_##op##_arg *arg) \
    { \
        return hy_own(call) ? call->host->next(call, arg) : refuse(call); \
    }
#define ON_BELONGS(op)
#define ON_INSTEAD(op)
#define ON_CORE(op)

static int64_t refuse(const struct hythe_call *call)
{
    return call->host->fail(call, -ENOTSUP, "the server's program has no event for this (unmapped_operations)");
}

#define HYTHE_OP_EVENT(op, how, first, second) ON_##how(op)
HYTHE_OP_EVENTS
#undef HYTHE_OP_EVENT

static int64_t list(const struct hythe_call *call, struct hythe_readdir_arg *arg)
{
    return hy_fire_readdir(call, arg, call->host->next);
}

/* ---- Building ---- */

#define TAKE_FIRES(op, first, second) \
    if (has(files, HY_EVENT_##first) || has(files, HY_EVENT_##second)) \
        ops->op = on_##op;
#define TAKE_UNMAPPED(op, first, second) \
    if (!files->unmapped) \
        ops->op = refuse_##op;
#define TAKE_BELONGS(op, first, second)
#define TAKE_INSTEAD(op, first, second)
#define TAKE_CORE(op, first, second)

void hy_layer_ops(const struct hy_file_events *files, struct hythe_ops *ops)
{
    *ops = (struct hythe_ops){.size = sizeof *ops};
#define HYTHE_OP_EVENT(op, how, first, second) TAKE_##how(op, first, second)
    HYTHE_OP_EVENTS
#undef HYTHE_OP_EVENT
    /* Labels and lists of open files are memory. */
    if (has(files, HY_EVENT_FileOpen) || has(files, HY_EVENT_DirList))
        ops->close = on_close;
    if (has(files, HY_EVENT_DirList))
        ops->readdir = list;
}

/* Both lie in what is their instance. */
static int start(const struct hythe_host *host, const void *settings, void **instance)
{
    const struct hythe_plugin *plugin = host->plugin;
    size_t at =
        plugin->kind == HYTHE_FILTER ? offsetof(struct hy_file_events, layer) : offsetof(struct hy_file_events, store);

    (void)settings;
    *instance = (void *)(uintptr_t)((const char *)plugin - at);
    return 0;
}

/* Whether a handler may set a path. */
static bool may_divert(const struct hy_file_events *files)
{
    static const enum hy_event which[] = {HY_EVENT_DirCreate,    HY_EVENT_DirList,    HY_EVENT_DirRemove,
                                          HY_EVENT_FileOpen,     HY_EVENT_FileRemove, HY_EVENT_FileRename,
                                          HY_EVENT_SetAttributes};

    for (size_t i = 0; i < sizeof which / sizeof *which; i++)
        if (has(files, which[i]))
            return true;
    return false;
}

/* What waits for another thread to run handlers holds up nobody else. */
static uint32_t flags_of(const struct hy_file_events *files)
{
    return (hy_events_queued(files->events) ? HYTHE_SLOW : 0) |
           (has(files, HY_EVENT_FileWrite) ? HYTHE_WHOLE_WRITES : 0) | (may_divert(files) ? HYTHE_DIVERTS : 0);
}

static struct hythe_plugin plugin_of(const struct hy_file_events *files, enum hythe_kind kind)
{
    return (struct hythe_plugin){.abi = HYTHE_ABI,
                                 .size = sizeof(struct hythe_plugin),
                                 .kind = kind,
                                 .threads = HYTHE_PER_SESSION,
                                 .flags = flags_of(files),
                                 .minor = HYTHE_ABI_MINOR,
                                 .version = "1",
                                 .start = start,
                                 .attach = hy_site_attach,
                                 .detach = hy_site_detach};
}

const struct hythe_plugin *hy_events_layer(struct hy_events *events)
{
    struct hy_file_events *files = hy_events_files(events);

    if (!has_any(files))
        return NULL;
    hy_layer_ops(files, &files->layer_ops);
    files->layer = plugin_of(files, HYTHE_FILTER);
    files->layer.name = "events";
    files->layer.summary = "tells the program of what clients do";
    files->layer.ops = &files->layer_ops;
    return &files->layer;
}

const struct hythe_plugin *hy_events_store(struct hy_events *events)
{
    struct hy_file_events *files = hy_events_files(events);

    if (!has_any(files))
        return NULL;
    hy_store_ops(&files->store_ops);
    files->store = plugin_of(files, HYTHE_FILESYSTEM);
    files->store.name = "event-store";
    files->store.summary = "files that the program makes up";
    files->store.keeps = hy_store_keeps;
    files->store.ops = &files->store_ops;
    return &files->store;
}

void hy_events_allow_unmapped(struct hy_events *events, bool allowed)
{
    hy_events_files(events)->unmapped = allowed;
}
