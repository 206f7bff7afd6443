/* Attributes that a client left open, and those that it may send to a store which can't keep them. */
#include "core/sftp/engine.h"

#include <errno.h>

void hy_settle_new(const struct hy_engine *e, struct hythe_attrs *attrs)
{
    if (e->given.same_user || e->given.same_group)
        attrs->valid &= ~HYTHE_ATTR_OWNER;
    if (e->dialect->loose_pairs)
        attrs->valid &= ~HYTHE_ATTR_EXTENDED;
}

bool hy_wants_owner(const struct hy_engine *e, const struct hythe_attrs *attrs)
{
    return attrs->valid & HYTHE_ATTR_OWNER && (e->given.same_user || e->given.same_group);
}

void hy_settle_owner(const struct hy_engine *e, struct hythe_attrs *attrs, const struct hythe_attrs *now)
{
    if (!hy_wants_owner(e, attrs))
        return;
    if (!(now->valid & HYTHE_ATTR_OWNER))
        attrs->valid &= ~HYTHE_ATTR_OWNER;
    if (e->given.same_user) {
        attrs->uid = now->uid;
        attrs->owner = now->owner;
    }
    if (e->given.same_group) {
        attrs->gid = now->gid;
        attrs->group = now->group;
    }
}

bool hy_settle_refused(const struct hy_engine *e, const struct hythe_attrs *attrs, int64_t r)
{
    return r == -EPERM && e->dialect->owner_invalid && attrs->valid == HYTHE_ATTR_OWNER;
}

int64_t hy_settle_refusal(const struct hythe_attrs *attrs, const struct hythe_attrs *now)
{
    bool same = now->valid & HYTHE_ATTR_OWNER && now->uid == attrs->uid;

    return HYTHE_STATUS(same ? SSH_FX_GROUP_INVALID : SSH_FX_OWNER_INVALID);
}

bool hy_settle_pairs(const struct hy_engine *e, struct hythe_attrs *attrs, int64_t r)
{
    bool unsupported = r == -ENOTSUP || r == -ENOSYS || r == HYTHE_STATUS(SSH_FX_OP_UNSUPPORTED);

    if (!unsupported || !e->dialect->loose_pairs || !(attrs->valid & HYTHE_ATTR_EXTENDED))
        return false;
    attrs->valid &= ~HYTHE_ATTR_EXTENDED;
    (void)hy_vfs_fail(e->vfs, 0, "%s", ""); /* the text alone: the names of owners are still needed */
    return true;
}
