/* What generations of a configuration share: loaded objects and started instances. Each is counted; whoever gives back
 * the last reference closes or stops it, on whatever thread that is. */
#ifndef HY_PLUGIN_SHARED_H
#define HY_PLUGIN_SHARED_H

#include "core/plugin/object.h"
#include "core/vfs/chain.h"
#include "core/vfs/rehearse.h"

#include <stdatomic.h>

struct hy_loaded {
    struct hy_object object;
    atomic_size_t refs;
};

/* Takes the object, which it closes when memory is short (NULL). */
struct hy_loaded *hy_loaded_new(const struct hy_object *object);
struct hy_loaded *hy_loaded_ref(struct hy_loaded *loaded);
void hy_loaded_unref(struct hy_loaded *loaded);

/* A started plugin. The address of its instance is what the plugin got as its host. */
struct hy_started {
    struct hy_instance instance;
    struct hy_loaded *code;
    void *settings;
    struct hy_at_rest rest;  /* instead of a start */
    struct hy_digest wanted; /* what it was started for */
    bool running;            /* start() succeeded: stop() is owed */
    atomic_size_t refs;
};

/* Makes an instance with its settings, not started yet. NULL with a complaint. */
struct hy_started *hy_started_new(struct hy_loaded *code, const struct hy_option *options, size_t count,
                                  const struct hy_digest *wanted, const char *label, const struct hy_log *log,
                                  struct hy_complaints *to);
/* 0, or -1 with a complaint. */
int hy_started_begin(struct hy_started *started, struct hy_complaints *to);
/* Instead of it: see core/vfs/rehearse.h. */
void hy_started_rehearse(struct hy_started *started, struct hy_rehearsal *to);
struct hy_started *hy_started_ref(struct hy_started *started);
void hy_started_unref(struct hy_started *started);

#endif
