/* Operations on paths that a layer leads elsewhere. The layer's answer says so, nothing was done yet; the operation
 * begins anew with the other names, at the place where every client's path gets its meaning. */
#include "core/vfs/frame.h"
#include "core/vfs/session.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { DIVERSIONS_MAX = 8, TOLD_MAX = 16 /* lines of the log for one session */ };

/* ---- host->divert ---- */

static bool has_two_paths(uint16_t op)
{
    return op == HYTHE_OP_rename || op == HYTHE_OP_link || op == HYTHE_OP_copyfile;
}

static bool is_normal(const char *path)
{
    char out[HY_PATH_MAX];

    return strnlen(path, HY_PATH_MAX) < HY_PATH_MAX && hy_path_normalise(out, "/", path, strlen(path)) == 0 &&
           strcmp(out, path) == 0;
}

/* What is wrong with it for whoever wrote the layer. */
static int64_t mistake(const struct hythe_call *call, int64_t result, const char *what, const char *path)
{
    const struct hy_scene *scene = hy_frame_of(call)->scene;
    struct hy_report *report = scene->report->whole ? scene->report->whole : scene->report;
    const struct hy_instance *instance = call->host->core;

    if (atomic_fetch_add_explicit(&report->blamed, 1, memory_order_relaxed) < TOLD_MAX)
        hy_log(instance->log, HY_LOG_ERROR, scene->session->id, "%s can't divert to \"%.*s\": %s", instance->label,
               HY_PATH_MAX, path ? path : "", what);
    return result;
}

static int64_t check(const struct hythe_call *call, const char *path, const char *to)
{
    const struct hy_instance *instance = call->host->core;

    if ((call->flags & HYTHE_CALL_OWN) || !hy_chain_on_paths(call->op))
        return -ENOTSUP;
    if (!(instance->plugin.flags & HYTHE_DIVERTS))
        return mistake(call, -ENOTSUP, "the plugin isn't flagged HYTHE_DIVERTS", path);
    if (path && !is_normal(path))
        return mistake(call, -EINVAL, "no normal absolute path", path);
    if (to && !has_two_paths(call->op))
        return mistake(call, -EINVAL, "the operation has one path", to);
    if (to && !is_normal(to))
        return mistake(call, -EINVAL, "no normal absolute path", to);
    return path || to ? 0 : mistake(call, -EINVAL, "no path was given", NULL);
}

static const char *keep(const struct hythe_call *call, const char *path)
{
    size_t size = strlen(path) + 1;
    char *copy = call->host->keep(call, size);

    return copy ? memcpy(copy, path, size) : NULL;
}

int64_t hy_chain_divert(const struct hythe_call *call, const char *path, const char *to)
{
    struct hy_diversion *d = &hy_frame_of(call)->scene->report->diversion;
    int64_t r = check(call, path, to);

    if (r < 0)
        return r;
    *d = (struct hy_diversion){path ? keep(call, path) : NULL, to ? keep(call, to) : NULL};
    if ((path && !d->path) || (to && !d->to)) {
        *d = (struct hy_diversion){NULL, NULL};
        return -ENOMEM;
    }
    return HY_DIVERTED;
}

/* ---- Going there ---- */

static void take(const char *path, char *out, struct hy_name *name)
{
    if (!path)
        return;
    name->len = strlen(path);
    memcpy(out, path, name->len + 1);
    name->p = out;
}

/* The names are copied: an attempt may end what the diversion before it kept. */
static int64_t follow(struct hy_vfs *vfs, struct hy_paths paths, hy_attempt *attempt, void *arg)
{
    struct hy_report *report = &vfs->report;
    char path[HY_PATH_MAX], to[HY_PATH_MAX];
    int64_t r = HY_DIVERTED;

    for (int i = 0; i < DIVERSIONS_MAX && r == HY_DIVERTED; i++) {
        if (atomic_load(&report->cancelled))
            return -ECANCELED;
        take(report->diversion.path, path, &paths.path);
        take(report->diversion.to, to, &paths.to);
        hy_log(vfs->log, HY_LOG_VERBOSE, vfs->session.id, "diverted to \"%.*s\"%s%.*s%s", (int)paths.path.len,
               paths.path.p, paths.to.len ? " and \"" : "", (int)paths.to.len, paths.to.p, paths.to.len ? "\"" : "");
        report->diversion = (struct hy_diversion){NULL, NULL};
        report->text[0] = '\0';
        r = attempt(vfs, &paths, arg);
    }
    return r == HY_DIVERTED ? hy_refuse(vfs, -ELOOP, "the server leads this path from one place to the next") : r;
}

int64_t hy_do_at(struct hy_vfs *vfs, struct hy_paths paths, hy_attempt *attempt, void *arg)
{
    int64_t r;

    vfs->report.diversion = (struct hy_diversion){NULL, NULL};
    r = attempt(vfs, &paths, arg);
    return r == HY_DIVERTED ? follow(vfs, paths, attempt, arg) : r;
}
