#include "core/vfs/frame.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const uint16_t classes[] = {
#define HYTHE_OP(name, klass, on, fields) (klass),
    HYTHE_OPS
#undef HYTHE_OP
};

typedef int64_t any_fn(const struct hythe_call *call, void *arg);

/* ---- Calling ---- */

static inline struct hy_frame frame(const struct hy_scene *scene, const struct hythe_link *link, enum hythe_op op,
                                    size_t *granted)
{
    const struct hy_instance *instance = link->instance;

    return (struct hy_frame){.call = {.size = sizeof(struct hythe_call),
                                      .op = (uint16_t)op,
                                      .op_class = classes[op],
                                      .host = &instance->host,
                                      .session = scene->session,
                                      .file = scene->file,
                                      .instance = instance->self,
                                      .attached = scene->attached[link->layer],
                                      .slot = scene->slots ? &scene->slots[link->layer] : NULL,
                                      .next = link + 1,
                                      .flags = scene->flags},
                             .scene = scene,
                             .granted = granted};
}

/* An inner layer returns before the outer ones do, so the last to note its success is the outermost. */
static inline void granted_OPENS(size_t *granted, const struct hythe_link *link, int64_t result)
{
    if (granted && result >= 0)
        *granted = link->layer;
}

#define granted_PATH(granted, link, result) ((void)(granted))
#define granted_FILE(granted, link, result) ((void)(granted))

/* One layer: a single indirect call through the function's own type. */
#define HYTHE_OP(name, klass, on, fields) \
    typedef int64_t name##_fn(const struct hythe_call *call, struct hythe_##name##_arg *arg); \
    static inline int64_t call_##name(const struct hy_scene *scene, const struct hythe_link *link, size_t *granted, \
                                      struct hythe_##name##_arg *arg) \
    { \
        struct hy_frame f = frame(scene, link, HYTHE_OP_##name, granted); \
        int64_t r = link->any ? ((any_fn *)link->fn)(&f.call, arg) : ((name##_fn *)link->fn)(&f.call, arg); \
\
        if (__builtin_expect(r < -4095, 0)) \
            r = hy_judge(scene, link, HYTHE_OP_##name, r); \
        granted_##on(granted, link, r); \
        return r; \
    }
HYTHE_OPS
#undef HYTHE_OP

int64_t hy_chain_next(const struct hythe_call *call, void *arg)
{
    const struct hy_frame *f = hy_frame_of(call);

    switch (call->op) {
#define HYTHE_OP(name, klass, on, fields) \
    case HYTHE_OP_##name: \
        return call_##name(f->scene, call->next, f->granted, arg);
        HYTHE_OPS
#undef HYTHE_OP
    default:
        return -ENOSYS;
    }
}

enum on { ON_PATH, ON_FILE, ON_OPENS };

static const enum on needs[] = {
#define HYTHE_OP(name, klass, on, fields) ON_##on,
    HYTHE_OPS
#undef HYTHE_OP
};

void hy_chain_decided(const struct hythe_call *call)
{
    hy_frame_of(call)->scene->report->decided = true;
}

bool hy_chain_on_paths(enum hythe_op op)
{
    return needs[op] != ON_FILE;
}

/* The first layer that a call meets: the outermost, or for what a layer asks the next one inside of it. */
static inline const struct hythe_link *first_link(const struct hy_scene *scene, enum hythe_op op)
{
    const struct hythe_link *link = scene->chain->row[op];

    if (scene->first) {
        hy_fn closing = hy_default_of(op);

        while (link->layer < scene->first && link->fn != closing)
            link++;
    }
    return link;
}

/* Who asks may have been built with a shorter argument struct than who answers: what it lacks is zero. */
#define HYTHE_OP(name, klass, on, fields) \
    static int64_t ask_##name(const struct hy_scene *scene, const struct hythe_link *link, \
                              struct hythe_##name##_arg *arg) \
    { \
        struct hythe_##name##_arg whole = {0}; \
\
        if (arg->size >= sizeof whole) \
            return call_##name(scene, link, NULL, arg); \
        memcpy(&whole, arg, arg->size); \
        whole.size = sizeof whole; \
        return call_##name(scene, link, NULL, &whole); \
    }
HYTHE_OPS
#undef HYTHE_OP

int64_t hy_chain_ask(const struct hythe_call *call, uint32_t op, void *arg)
{
    struct hy_scene scene = *hy_frame_of(call)->scene;

    if (op >= HYTHE_OP_COUNT || op == HYTHE_OP_close || needs[op] == ON_OPENS || (needs[op] == ON_FILE && !scene.file))
        return -EINVAL;
    if (needs[op] == ON_PATH) { /* no layer may mistake it for one on the open file */
        scene.slots = NULL;
        scene.file = NULL;
    }
    scene.first = call->next[-1].layer + 1u;
    scene.flags |= HYTHE_CALL_OWN;
    switch (op) {
#define HYTHE_OP(name, klass, on, fields) \
    case HYTHE_OP_##name: \
        return ask_##name(&scene, first_link(&scene, HYTHE_OP_##name), arg);
        HYTHE_OPS
#undef HYTHE_OP
    default:
        return -EINVAL;
    }
}

static void lock_all(const struct hy_chain *chain)
{
    for (size_t i = 0; i < chain->lock_count; i++)
        (void)pthread_mutex_lock(chain->locks[i]);
}

static void unlock_all(const struct hy_chain *chain)
{
    for (size_t i = chain->lock_count; i-- > 0;)
        (void)pthread_mutex_unlock(chain->locks[i]);
}

/* Ends what the layers from `outermost` inwards opened, when a layer outside of them failed the open. */
static void take_back(const struct hy_scene *scene, size_t outermost)
{
    const struct hythe_link *link = scene->chain->row[HYTHE_OP_close];
    struct hythe_close_arg arg = {.size = sizeof arg, .flags = HYTHE_CLOSE_ABORTED};

    while (link->layer < outermost)
        link++;
    (void)call_close(scene, link, NULL, &arg);
}

/* A call that may wait. Others use the session meanwhile, so that it has a report of its own. */
static struct hy_scene apart(const struct hy_scene *scene, struct hy_report *report)
{
    struct hy_scene own = *scene;

    hy_report_set_aside(scene->report, report);
    report->whole = scene->report;
    own.report = report;
    own.baton = NULL;
    (void)pthread_mutex_unlock(&scene->baton->lock);
    return own;
}

static void rejoin(const struct hy_scene *scene, const struct hy_report *report)
{
    (void)pthread_mutex_lock(&scene->baton->lock);
    hy_report_put_back(scene->report, report);
}

#define ended_PATH(scene, granted, result) ((void)(granted))
#define ended_FILE(scene, granted, result) ((void)(granted))
#define ended_OPENS(scene, granted, result) \
    do { \
        if ((result) < 0 && (granted) != SIZE_MAX) \
            take_back(scene, granted); \
    } while (0)

#define HYTHE_OP(name, klass, on, fields) \
    int64_t hy_run_##name(const struct hy_scene *scene, struct hythe_##name##_arg *arg) \
    { \
        size_t granted = SIZE_MAX; \
        int64_t r; \
\
        arg->size = sizeof *arg; \
        r = call_##name(scene, first_link(scene, HYTHE_OP_##name), &granted, arg); \
        ended_##on(scene, granted, r); \
        return r; \
    } \
    static int64_t do_##name(const struct hy_scene *scene, struct hythe_##name##_arg *arg) \
    { \
        int64_t r; \
\
        lock_all(scene->chain); \
        r = hy_run_##name(scene, arg); \
        unlock_all(scene->chain); \
        return r; \
    } \
    int64_t hy_do_##name(const struct hy_scene *scene, struct hythe_##name##_arg *arg) \
    { \
        struct hy_report report; \
        struct hy_scene own; \
        int64_t r; \
\
        if (!scene->baton) \
            return do_##name(scene, arg); \
        own = apart(scene, &report); \
        r = do_##name(&own, arg); \
        rejoin(scene, &report); \
        return r; \
    }
HYTHE_OPS
#undef HYTHE_OP

/* ---- Building ---- */

static hy_fn own_function(const struct hythe_ops *ops, enum hythe_op op)
{
    switch (op) {
#define HYTHE_OP(name, klass, on, fields) \
    case HYTHE_OP_##name: \
        return (hy_fn)ops->name;
        HYTHE_OPS
#undef HYTHE_OP
    case HYTHE_OP_COUNT:
        break;
    }
    return NULL;
}

/* How a layer takes an operation; false when it passes by. */
static bool takes(const struct hy_instance *instance, bool filter, enum hythe_op op, struct hythe_link *link)
{
    *link = (struct hythe_link){.fn = own_function(&instance->ops, op), .instance = instance};
    if (link->fn)
        return true;
    if (!filter || !instance->ops.any || op < instance->ops.any_from || !(instance->ops.any_classes & classes[op]))
        return false;
    link->fn = (hy_fn)instance->ops.any;
    link->any = true;
    return true;
}

static struct hythe_link *fill_row(struct hy_chain *chain, enum hythe_op op, struct hythe_link *at)
{
    size_t last = chain->layer_count - 1;

    chain->row[op] = at;
    for (size_t i = 0; i <= last; i++) {
        if (!takes(chain->layers[i], i < last, op, at))
            continue;
        at->layer = (uint16_t)i;
        at++;
    }
    *at = (struct hythe_link){.fn = hy_default_of(op), .instance = chain->layers[last], .layer = (uint16_t)last};
    return at + 1;
}

/* Every chain takes its locks in the order of their addresses, so that two chains which share filters in different
 * orders can't wait for each other. */
static void add_lock(struct hy_chain *chain, pthread_mutex_t *lock)
{
    size_t at = chain->lock_count;

    for (size_t i = 0; i < chain->lock_count; i++)
        if (chain->locks[i] == lock)
            return;
    for (; at > 0 && (uintptr_t)chain->locks[at - 1] > (uintptr_t)lock; at--)
        chain->locks[at] = chain->locks[at - 1];
    chain->locks[at] = lock;
    chain->lock_count++;
}

/* A filter that watches reads, say, but knows nothing of `copy`, must see the reads instead. */
static bool passes(const struct hy_instance *layer, enum hythe_op op, const enum hythe_op *instead, size_t count)
{
    struct hythe_link link;

    if (takes(layer, true, op, &link))
        return false;
    for (size_t i = 0; i < count; i++)
        if (takes(layer, true, instead[i], &link))
            return true;
    return false;
}

/* Whether a store's own way of doing what the core can do with other operations may be used. */
static bool may_use(const struct hy_chain *chain, enum hythe_op op, const enum hythe_op *instead, size_t count)
{
    size_t last = chain->layer_count - 1;

    for (size_t i = 0; i < last; i++)
        if (passes(chain->layers[i], op, instead, count))
            return false;
    return own_function(&chain->layers[last]->ops, op) != NULL;
}

static void find_short_ways(struct hy_chain *chain)
{
    static const enum hythe_op data[] = {HYTHE_OP_read, HYTHE_OP_write, HYTHE_OP_open, HYTHE_OP_close};

    chain->copies = may_use(chain, HYTHE_OP_copy, data, 2);
    chain->copies_files = may_use(chain, HYTHE_OP_copyfile, data, 4);
    chain->sums = may_use(chain, HYTHE_OP_checksum, data, 1);
}

static bool wants_whole_writes(const struct hy_chain *chain)
{
    hy_fn closing = hy_default_of(HYTHE_OP_write);

    for (const struct hythe_link *link = chain->row[HYTHE_OP_write]; link->fn != closing; link++)
        if (link->instance->plugin.flags & HYTHE_WHOLE_WRITES)
            return true;
    return false;
}

struct hy_chain *hy_chain_new(const struct hy_instance *const *layers, size_t count)
{
    struct hy_chain *chain;
    struct hythe_link *at;

    if (!count || count > HY_LAYERS_MAX)
        return NULL;
    chain = calloc(1, sizeof *chain + (size_t)HYTHE_OP_COUNT * (count + 1) * sizeof *at);
    if (!chain)
        return NULL;
    chain->layer_count = count;
    for (size_t i = 0; i < count; i++) {
        chain->layers[i] = layers[i];
        chain->diverts |= (layers[i]->plugin.flags & HYTHE_DIVERTS) != 0;
        if (layers[i]->lock)
            add_lock(chain, layers[i]->lock);
    }
    at = chain->links;
    for (int op = 0; op < HYTHE_OP_COUNT; op++)
        at = fill_row(chain, (enum hythe_op)op, at);
    find_short_ways(chain);
    chain->whole_writes = wants_whole_writes(chain);
    return chain;
}

size_t hy_chain_depth(const struct hy_chain *chain, enum hythe_op op)
{
    const struct hythe_link *link = chain->row[op];
    hy_fn closing = hy_default_of(op);

    while (link->fn != closing)
        link++;
    return (size_t)(link - chain->row[op]);
}
