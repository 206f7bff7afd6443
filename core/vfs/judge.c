/* What a layer may answer. A result outside of the ranges of the ABI would mean something to the core, or nothing to
 * anybody; it is caught where it comes from, so that the log names the layer. */
#include "core/vfs/frame.h"

#include <errno.h>
#include <inttypes.h>

enum { TOLD_MAX = 16 }; /* lines of the log for one session */

static const char *const names[] = {
#define HYTHE_OP(name, klass, on, fields) #name,
    HYTHE_OPS
#undef HYTHE_OP
};

int64_t hy_judge(const struct hy_scene *scene, const struct hythe_link *link, enum hythe_op op, int64_t result)
{
    struct hy_report *report = scene->report->whole ? scene->report->whole : scene->report;

    if (result <= HYTHE_STATUS(0) && result >= -(INT64_C(1) << 32))
        return result;
    if (result == HY_DIVERTED && (scene->report->diversion.path || scene->report->diversion.to))
        return result;
    if (atomic_fetch_add_explicit(&report->blamed, 1, memory_order_relaxed) < TOLD_MAX)
        hy_log(link->instance->log, HY_LOG_ERROR, scene->session->id,
               "%s broke the contract of plugins: %s answered %" PRId64 ", which is no errno and no status",
               link->instance->label, names[op], result);
    return -EIO;
}
