/* What an operation does besides what its own event says: which somebody else decides, by the event of that. */
#include "core/event/turn.h"
#include "core/vfs/frame.h"

#include <errno.h>

/* ---- Where ---- */

static bool has_store(const struct hythe_call *call)
{
    const struct hy_chain *chain = hy_frame_of(call)->scene->chain;

    return chain->layers[chain->layer_count - 1]->host.plugin != &hy_site_of(call)->files->store;
}

hy_perform *hy_beside(const struct hythe_call *call, hy_perform *next, enum hy_event which, hy_perform *beside)
{
    return hy_heard(call, which) && has_store(call) ? beside : next;
}

/* ---- FileOpen ---- */

/* By its other name a file can be read and written. */
int64_t hy_link_open(const struct hythe_call *call, void *arg)
{
    const struct hythe_link_arg *link = arg;
    const uint32_t access = HYTHE_OPEN_READ | HYTHE_OPEN_WRITE;
    struct hythe_FileOpen e = {.DesiredAccess = hy_open_desired(access), .Flags = hy_open_flags(access), .is_link = 1};

    e.attributes.size = sizeof e.attributes;
    return hy_open_event(call, link->from, &e, 0, arg, call->host->next);
}

int64_t hy_resize(const struct hythe_call *call, void *arg)
{
    const struct hythe_setattr_arg *set = arg;
    uint32_t access = HYTHE_OPEN_WRITE | (set->flags & HYTHE_NOFOLLOW ? HYTHE_OPEN_NOFOLLOW : 0);
    struct hythe_FileOpen e = {.sets_size = 1};

    if (set->attrs->valid & HYTHE_ATTR_SIZE && !set->attrs->size)
        access |= HYTHE_OPEN_TRUNCATE;
    e.DesiredAccess = hy_open_desired(access);
    e.Flags = hy_open_flags(access);
    e.attributes.size = sizeof e.attributes;
    return hy_open_event(call, set->path, &e, 0, arg, call->host->next);
}

/* ---- FileRemove ---- */

/* What can't be looked at may be there. */
static bool is_there(const struct hythe_call *call, const char *path)
{
    struct hythe_attrs attrs = {.struct_size = sizeof attrs};
    struct hythe_getattr_arg arg = {.path = path, .want = HYTHE_ATTR_TYPE, .flags = HYTHE_NOFOLLOW, .attrs = &attrs};
    int64_t r = hythe_ask_getattr(call, &arg);

    return !hy_is_missing(r);
}

static int64_t remove_by(const struct hythe_call *call, struct hythe_rename_arg *arg)
{
    struct hythe_FileRemove e = {HY_HEAD(call)};
    const struct hy_turn turn = {HY_TURN_BOTH(FileRemove, e), .to = e.Path, .rel_to = arg->to};
    int64_t r = hy_turn_begin(&turn);

    if (r < 0 || hy_turn_answered(&turn, &r))
        return r;
    return hy_turn_after(&turn, call->host->next(call, arg), 0);
}

/* What wasn't there when it was looked for isn't replaced without having been asked about. */
int64_t hy_replace(const struct hythe_call *call, void *arg)
{
    const uint32_t replaces = HYTHE_RENAME_REPLACE | HYTHE_RENAME_NATIVE;
    struct hythe_rename_arg *rename = arg;
    uint32_t flags = rename->flags;
    int64_t r = -EEXIST;

    if (!is_there(call, rename->to)) {
        rename->flags &= ~replaces;
        r = call->host->next(call, arg);
        rename->flags = flags;
    }
    return r == -EEXIST || r == -ENOTSUP ? remove_by(call, arg) : r; /* some can't make sure that nothing is there */
}
