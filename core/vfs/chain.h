/* Layers and chains: how one call mechanism serves filesystems, filters and events. At build time the stack of layers
 * of a mount is flattened into one row of links per operation, which holds only the layers that take part in it; the
 * last link of a row is the filesystem, or the operation's default. */
#ifndef HY_VFS_CHAIN_H
#define HY_VFS_CHAIN_H

#include "hythe/plugin.h"

#include <stdbool.h>
#include <stddef.h>

struct hy_vfs;

/* One started plugin: what a mount or a filter entry of the configuration became. Made by core/plugin. */
struct hy_instance {
    struct hythe_plugin plugin; /* the core's copy, absent fields zeroed */
    struct hythe_ops ops;       /* likewise */
    struct hythe_host host;     /* what the plugin sees of the core */
    void *self;                 /* what start() returned */
    const char *label;          /* "local-root at /pub", for messages */
};

enum { HY_LAYERS_MAX = 16 }; /* filters and filesystem of one mount */

/* A link of a row. fn has the type of the row's operation, or of `any`. */
struct hythe_link {
    void (*fn)(void);
    const struct hy_instance *instance;
    uint16_t layer; /* index in hy_chain.layers: selects the attached pointer and the file's slot */
    bool any;
};

struct hy_chain {
    size_t layer_count;
    const struct hy_instance *layers[HY_LAYERS_MAX]; /* outermost first, the filesystem last */
    const struct hythe_link *row[HYTHE_OP_COUNT];
    struct hythe_link links[]; /* the rows, one after the other, each closed by a link whose fn is the default */
};

/* Builds the chain of `count` layers (the filesystem last). NULL when memory is short or there are too many. */
struct hy_chain *hy_chain_new(const struct hy_instance *const *layers, size_t count);

/* What a call needs to know besides its arguments. */
struct hy_scene {
    const struct hy_chain *chain;
    const struct hythe_session *session;
    void *const *attached; /* one per layer */
    void **slots;          /* one per layer; NULL for operations on paths */
    const struct hythe_file *file;
};

/* Typed entries, generated: hy_do_read(&scene, &arg) runs the operation through the chain. Fills arg->size. */
#define HYTHE_OP(name, klass, on, fields) \
    int64_t hy_do_##name(const struct hy_scene *scene, struct hythe_##name##_arg *arg);
HYTHE_OPS
#undef HYTHE_OP

/* host->next for every layer. */
int64_t hy_chain_next(const struct hythe_call *call, void *arg);

/* Whether the filesystem or a filter fills the operation; a default answers otherwise. */
bool hy_chain_offers(const struct hy_chain *chain, enum hythe_op op);

/* How many layers an operation visits, the default not counted. */
size_t hy_chain_depth(const struct hy_chain *chain, enum hythe_op op);

#endif
