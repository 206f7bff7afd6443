/* What can be known without the tree, which only the server has that serves it: what the settings are against, and the
 * way in which a file is open. Permissions hold nobody off here. */
#include "memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Nothing in the tree has such a bit that could stay. */
static int64_t set(const struct hythe_call *call, const struct hythe_foresight *how, const struct hythe_attrs *attrs)
{
    const struct mem_settings *settings = how->settings;

    if (!(attrs->valid & HYTHE_ATTR_MODE) || !(attrs->mode & MEM_SET_ID) || settings->allow_setid)
        return 0;
    (void)snprintf(how->why, how->why_size, "allow_setid = false");
    return call->host->fail(call, -EPERM, MEM_NO_SET_ID);
}

static int64_t set_open(const struct hythe_call *call, const struct hythe_foresight *how,
                        const struct hythe_attrs *attrs)
{
    const uint32_t lengths = HYTHE_ATTR_SIZE | HYTHE_ATTR_ALLOC;

    if ((attrs->valid & lengths) && !(call->file->access & HYTHE_OPEN_WRITE))
        return call->host->fail(call, -EACCES, MEM_NOT_FOR_WRITING);
    return set(call, how, attrs);
}

/* Some identity that other names don't have: without one there are no locks. */
static int64_t open_one(const struct hythe_open_arg *arg)
{
    uint64_t sum = 0;

    for (const char *p = arg->path; *p; p++)
        sum = sum * 31 + (unsigned char)*p;
    if (arg->identity)
        *arg->identity = (struct hythe_identity){.store = 1, .file = {sum, 0}};
    return 0;
}

static int64_t give_back(const struct hythe_realpath_arg *arg)
{
    size_t len = strlen(arg->path);

    if (len >= arg->len)
        return -ENAMETOOLONG;
    memcpy(arg->buf, arg->path, len + 1);
    return (int64_t)len;
}

static bool by_name(uint16_t op)
{
    switch (op) {
    case HYTHE_OP_fgetattr:
    case HYTHE_OP_fsetattr:
    case HYTHE_OP_readdir:
    case HYTHE_OP_read:
    case HYTHE_OP_write:
    case HYTHE_OP_fsync:
    case HYTHE_OP_close:
    case HYTHE_OP_fstatfs:
    case HYTHE_OP_copy:
        return false;
    default:
        return true;
    }
}

int64_t mem_foresee(struct hythe_call *call, const struct hythe_foresight *how, void *arg)
{
    if (by_name(call->op) && (how->attach->flags & HYTHE_ATTACH_BENEATH))
        return -ENOSYS; /* a link in the path may lead out */
    switch (call->op) {
    case HYTHE_OP_setattr:
        return set(call, how, ((const struct hythe_setattr_arg *)arg)->attrs);
    case HYTHE_OP_fsetattr:
        return set_open(call, how, ((const struct hythe_fsetattr_arg *)arg)->attrs);
    case HYTHE_OP_open:
        return open_one(arg);
    case HYTHE_OP_write:
        return (int64_t)((const struct hythe_write_arg *)arg)->len;
    case HYTHE_OP_realpath:
        return give_back(arg);
    case HYTHE_OP_link:
        return -ENOSYS; /* of a folder it is refused */
    default:
        return 0;
    }
}
