/* Operations that are only talked about. An instance that isn't started takes its place in chains like any other, and
 * each call of it asks what its plugin foresees (foresee() in hythe/plugin.h). So a session over a tree of such
 * instances goes through all of the core's own decisions, and nothing happens. */
#ifndef HY_VFS_REHEARSE_H
#define HY_VFS_REHEARSE_H

#include "core/vfs/chain.h"

/* What layers answered, and whose answer the last refusal was. Counted on; the owner clears it all. */
struct hy_rehearsal {
    unsigned calls, refusals;          /* how many there were */
    bool guessed;                      /* a layer was passed that couldn't tell */
    const struct hy_instance *refuser; /* NULL: no layer refused */
    int64_t result;                    /* what it answered */
    char why[256];                     /* and what it told the operator, "" for nothing */
};

/* What stands for an instance's state. */
struct hy_at_rest {
    const struct hy_instance *instance;
    const void *settings;
    struct hy_rehearsal *rehearsal;
};

/* After hy_instance_init(), instead of start(). `settings`, `rest` and `to` must outlive the instance. */
void hy_instance_rehearse(struct hy_instance *instance, const void *settings, struct hy_rehearsal *to,
                          struct hy_at_rest *rest);

/* Whether its plugin can tell beforehand what it would refuse. One that can't agrees to everything. */
bool hy_instance_foresees(const struct hy_instance *instance);

#endif
