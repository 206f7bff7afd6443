/* Everything that a configuration becomes: what a session that began under it works with until its end. Built whole or
 * not at all. Counted, and immutable but for the count, so that sessions use it without a lock; whoever gives back the
 * last reference stops and frees it all. */
#ifndef HY_SERVER_GENERATION_H
#define HY_SERVER_GENERATION_H

#include "core/plugin/plugin.h"
#include "core/server/access.h"
#include "core/server/guests.h"
#include "core/server/mounts.h"
#include "core/transport/ssh.h"
#include "core/vfs/vfs.h"

#include <stdatomic.h>

struct hy_generation {
    const struct hy_config *config;
    struct hy_config *owned; /* the same, when it ends with the generation; else NULL */
    struct hy_ssh_server *ssh;
    const struct hy_log *log;
    struct hy_ssh_limits limits;
    char *lists[HY_SSH_LISTS]; /* what limits.lists points to */
    struct hy_plugins *plugins;
    struct hy_trees *trees;
    struct hy_access access;
    struct hy_guests guests;
    atomic_size_t refs;
};

/* Loads the plugins, starts the mounts and who knows the users; what hasn't changed since `before` (NULL: the first) is
 * taken over from it, the means too, which only the first is given. NULL with err, and nothing is left of it. Takes a
 * reference to ssh. config, log and what the means lead to must outlive it, `before` only this call. */
struct hy_generation *hy_generation_new(const struct hy_config *config, const struct hy_generation *before,
                                        struct hy_ssh_server *ssh, const struct hy_plugin_means *means,
                                        const struct hy_log *log, struct hy_err *err);
/* From any thread that knows another reference to be there. */
struct hy_generation *hy_generation_ref(struct hy_generation *generation);
/* From any thread; NULL is allowed. */
void hy_generation_unref(struct hy_generation *generation);

#endif
