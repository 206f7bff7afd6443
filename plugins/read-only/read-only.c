/* The read-only filter: nothing that it stands before changes. What only reads doesn't pass through it at all; what it
 * doesn't know is refused. */
#include "hythe/plugin.h"

#include <errno.h>

static int64_t refuse(const struct hythe_call *call)
{
    return call->host->fail(call, -EROFS, "this part of the tree is read-only");
}

/* Every operation that isn't plain reading and has no function below, newer ones too. */
static int64_t refuse_any(const struct hythe_call *call, void *arg)
{
    (void)arg;
    return refuse(call);
}

/* Whatever else an open may ask for changes something, keeps others from something, or is newer than this filter. */
static int64_t open_to_read(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    if (arg->access & ~(HYTHE_OPEN_READ | HYTHE_OPEN_NOFOLLOW))
        return refuse(call);
    return hythe_next_open(call, arg);
}

static int64_t tell_statfs(const struct hythe_call *call, struct hythe_statfs_arg *arg)
{
    int64_t r = hythe_next_statfs(call, arg);

    if (r >= 0)
        arg->out->read_only = 1;
    return r;
}

static int64_t tell_fstatfs(const struct hythe_call *call, struct hythe_fstatfs_arg *arg)
{
    int64_t r = hythe_next_fstatfs(call, arg);

    if (r >= 0)
        arg->out->read_only = 1;
    return r;
}

static const struct hythe_ops operations = {
    .size = sizeof(operations),
    .any = refuse_any,
    .any_classes = ~HYTHE_CLASS_READ,
    .open = open_to_read,
    .statfs = tell_statfs,
    .fstatfs = tell_fstatfs,
    /* Of their class, these are known to change nothing. */
    .fsync = hythe_next_fsync,
    .close = hythe_next_close,
    .unlock = hythe_next_unlock,
};

/* Nothing but the functions above decides, and they have no state. */
static int64_t foresee(struct hythe_call *call, const struct hythe_foresight *how, void *arg)
{
    (void)how;
    return hythe_foresee_by(&operations, call, arg);
}

static const struct hythe_plugin plugin = {
    .abi = HYTHE_ABI,
    .size = sizeof(plugin),
    .kind = HYTHE_FILTER,
    .threads = HYTHE_PARALLEL,
    .name = "read-only",
    .version = HYTHE_VERSION,
    .summary = "refuses everything that changes something",
    .ops = &operations,
    .foresee = foresee,
};

const struct hythe_plugin *hythe_plugin_entry(void)
{
    return &plugin;
}
