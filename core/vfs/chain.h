/* Layers and chains: how one call mechanism serves filesystems, filters and events. At build time the stack of layers
 * of a mount is flattened into one row of links per operation, which holds only the layers that take part in it; the
 * last link of a row is the filesystem, or the operation's default. */
#ifndef HY_VFS_CHAIN_H
#define HY_VFS_CHAIN_H

#include "core/base/log.h"
#include "core/vfs/assist.h"
#include "core/vfs/budget.h"
#include "hythe/plugin.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* One started plugin: what a mount or a filter entry of the configuration became. Made by core/plugin. */
struct hy_instance {
    struct hythe_plugin plugin; /* the core's copy, absent fields zeroed */
    struct hythe_ops ops;       /* likewise */
    struct hythe_auth auth;     /* likewise */
    struct hythe_host host;     /* what the plugin sees of the core */
    void *self;                 /* what start() returned */
    char *label;                /* "local-root at /pub", for messages */
    const struct hy_log *log;
    pthread_mutex_t *lock; /* held around every call of a HYTHE_SERIAL plugin; NULL for others */
    /* While start() runs: whether it has logged no error yet, and the first one. */
    atomic_bool starting;
    char trouble[512];
    /* Set after hy_instance_init(): */
    struct hy_budget *budget;                                /* what memory_take() counts against; NULL: no limit */
    const struct hy_assist *assist;                          /* whom host->assist() asks; NULL: nobody */
    struct hy_assisted assisted;                             /* and as whom */
    bool (*key_line_ok)(const char *text, const char **why); /* whom host->key_line_ok() asks; NULL: nobody */
};

/* Copies what the plugin offers and fills the host table; start() is left to the caller. The instance must not move,
 * the log must outlive it. 0 or -ENOMEM. */
int hy_instance_init(struct hy_instance *instance, const struct hythe_plugin *plugin, const char *label,
                     const struct hy_log *log);
void hy_instance_fini(struct hy_instance *instance);

/* attach() and detach() of one layer under its lock; a plugin without them is content. */
int hy_instance_attach(const struct hy_instance *instance, const struct hythe_attach *how, void **attached);
void hy_instance_detach(const struct hy_instance *instance, void *attached);

enum { HY_LAYERS_MAX = 16 }; /* filters and filesystem of one mount */

/* A link of a row. fn has the type of the row's operation, or of `any`. */
struct hythe_link {
    void (*fn)(void);
    const struct hy_instance *instance;
    uint16_t layer; /* index in hy_chain.layers: selects the attached pointer and the file's slot */
    bool any;
};

/* What becomes of attributes that a client sets and a store can't keep; see policy.c. */
enum hy_attrs_policy {
    HY_ATTRS_APPLY,   /* the store's error is the answer */
    HY_ATTRS_LENIENT, /* what the store can keep is set, the rest is left */
    HY_ATTRS_IGNORE   /* none is set; a size is */
};

struct hy_chain {
    size_t layer_count;
    size_t outer; /* the first so many layers are a user's or a group's: their rules name paths of the user's view */
    enum hy_attrs_policy policy;
    const struct hy_instance *layers[HY_LAYERS_MAX]; /* outermost first, the filesystem last */
    size_t lock_count;
    pthread_mutex_t *locks[HY_LAYERS_MAX]; /* of the serial layers, in the one order that all chains take them */
    /* Whether the operation may be used: the filesystem has it, and every filter that watches what stands for it else
     * sees it too. */
    bool copies, copies_files, sums;
    bool whole_writes; /* a layer that takes `write` wants what a request has in one call */
    bool diverts;      /* a layer may lead operations on paths elsewhere */
    const struct hythe_link *row[HYTHE_OP_COUNT];
    struct hythe_link links[]; /* the rows, one after the other, each closed by a link whose fn is the default */
};

/* Builds the chain of `count` layers (the filesystem last), which must outlive it; outer and policy are 0 and the
 * caller's to set. NULL when memory is short, there are too many or none. free() ends it. */
struct hy_chain *hy_chain_new(const struct hy_instance *const *layers, size_t count);

/* What can take data away from a file: an allocation of less than it has cuts it. */
#define HY_ATTRS_SIZES (HYTHE_ATTR_SIZE | HYTHE_ATTR_ALLOC)

struct hy_kept;
struct hy_vfs;

/* What a layer answers that has led the operation elsewhere: below all that plugins may say themselves. */
#define HY_DIVERTED (-(INT64_C(1) << 32) - 1)

/* Where to, in memory that host->keep gave; NULL: as it was. */
struct hy_diversion {
    const char *path, *to;
};

/* What the layers of one session tell it, and it them. */
struct hy_report {
    char text[256];                   /* host->fail(): the last failure, for the client */
    bool decided;                     /* hy_chain_decided() */
    struct hy_kept *kept;             /* host->keep(): freed by hy_report_clear() */
    struct hy_diversion diversion;    /* host->divert(): of the operation under way; NULL for both: none */
    atomic_bool cancelled;            /* host->cancelled() */
    struct hy_budget *_Atomic budget; /* the last that a call of the session waited for; NULL: none */
    atomic_uint blamed;               /* results that were no results */
    struct hy_report *whole;          /* this one is of one call alone, and that one of its session; else NULL */
};

/* What a session with slow mounts is guarded by, once several threads work for it: whoever runs the core's code for it
 * holds the lock, which is released around calls of chains that may wait. */
struct hy_baton {
    pthread_mutex_t lock;
    pthread_cond_t attached; /* an attach() ended */
};

/* Between two requests: forgets the text, frees what was kept. */
void hy_report_clear(struct hy_report *report);
/* Around a time in which others use the session: what its report has is of one request, and comes back to it. */
void hy_report_set_aside(struct hy_report *report, struct hy_report *aside);
void hy_report_put_back(struct hy_report *report, const struct hy_report *aside);

/* What a call needs to know besides its arguments. */
struct hy_scene {
    const struct hy_chain *chain;
    const struct hythe_session *session;
    struct hy_report *report;
    void *const *attached; /* one per layer */
    void **slots;          /* one per layer; NULL for operations on paths */
    const struct hythe_file *file;
    const char *path;         /* of the open file, relative to the base: for the defaults of operations on files */
    unsigned first;           /* the layers outside of this one are passed by: what a layer asks, or a default for it */
    struct hy_baton *baton;   /* released around the call; NULL: nothing to release */
    bool last_look;           /* host->cancelled() is false: whether something is to be removed must be known */
    uint32_t flags;           /* HYTHE_CALL_* of its calls */
    const struct hy_vfs *vfs; /* whose view it is; NULL: there is none */
};

/* Typed entries, generated: hy_do_read(&scene, &arg) runs the operation through the chain. Fills arg->size. An open
 * that an inner layer granted and an outer one failed is closed again. */
#define HYTHE_OP(name, klass, on, fields) \
    int64_t hy_do_##name(const struct hy_scene *scene, struct hythe_##name##_arg *arg);
HYTHE_OPS
#undef HYTHE_OP

/* host->next for every layer. */
int64_t hy_chain_next(const struct hythe_call *call, void *arg);

/* host->ask for every layer. */
int64_t hy_chain_ask(const struct hythe_call *call, uint32_t op, void *arg);

/* host->divert for every layer. */
int64_t hy_chain_divert(const struct hythe_call *call, const char *path, const char *to);

/* The failure that the layer is about to return is somebody's decision: nobody is told that a store failed. */
void hy_chain_decided(const struct hythe_call *call);

/* Whether it is one on one or two paths, or one that opens. */
bool hy_chain_on_paths(enum hythe_op op);

/* Whether a default answers the operation with another one, or with success, when no layer offers it. */
bool hy_chain_stands_in(enum hythe_op op);

/* How many layers an operation visits, the default not counted. */
size_t hy_chain_depth(const struct hy_chain *chain, enum hythe_op op);

#endif
