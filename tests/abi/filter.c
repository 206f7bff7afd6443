/* A filter of another age: refuses every operation that its header doesn't know, and turns each MKDIR into a RENAME
 * that it asks the store for. */
#include "tests/abi/later.h"

#include <errno.h>

static int64_t do_any(const struct hythe_call *call, void *arg)
{
    if (call->op >= HYTHE_OP_COUNT)
        return call->host->fail(call, -EACCES, "newer than the filter");
    return call->host->next(call, arg);
}

static int64_t do_mkdir(const struct hythe_call *call, struct hythe_mkdir_arg *arg)
{
    struct hythe_rename_arg *ask;
    uint64_t unknown[4] = {sizeof unknown};
    int64_t r;

    if (!FITS(call, arg))
        return -EPROTO;
    if (call->host->ask(call, 4000, unknown) != -EINVAL)
        return -EPROTO;
    ask = at_the_edge(sizeof *ask);
    ask->from = arg->path;
    ask->to = "elsewhere";
    r = hythe_ask_rename(call, ask);
    away_from_the_edge(ask, sizeof *ask);
    return r;
}

static const struct later_ops ops = {
    .now = {.size = sizeof ops, .any = do_any, .any_classes = 0xffffffffu, .mkdir = do_mkdir} JUNK};

static const struct later_plugin plugin = {.now = {.abi = HYTHE_ABI,
                                                   .size = sizeof plugin,
                                                   .minor = HYTHE_ABI_MINOR,
                                                   .kind = HYTHE_FILTER,
                                                   .threads = HYTHE_PARALLEL,
                                                   .name = NAME,
                                                   .version = "1",
                                                   .summary = "a filter of another age",
                                                   .ops = &ops.now} JUNK};

HYTHE_EXPORT const struct hythe_plugin *hythe_plugin_entry(void)
{
    return &plugin.now;
}
