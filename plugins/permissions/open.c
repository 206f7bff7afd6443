/* Open files: what may be done with one is decided when it is opened, so that reading and writing cost nothing. */
#include "plugins/permissions/permissions.h"

#include <errno.h>

/* Kept in the file's slot: the rights at its path, and whether this open made or emptied it. */
enum { FRESH = 0x8000 };

enum {
    WRITING = HYTHE_OPEN_WRITE | HYTHE_OPEN_APPEND | HYTHE_OPEN_ATOMIC_APPEND | HYTHE_OPEN_TRUNCATE,
    LOCKING = HYTHE_OPEN_LOCK_READ | HYTHE_OPEN_LOCK_WRITE | HYTHE_OPEN_LOCK_DELETE | HYTHE_OPEN_LOCK_ADVISORY,
    KNOWN = WRITING | LOCKING | HYTHE_OPEN_READ | HYTHE_OPEN_CREATE | HYTHE_OPEN_EXCLUSIVE | HYTHE_OPEN_NOFOLLOW |
            HYTHE_OPEN_DELETE_ON_CLOSE | HYTHE_OPEN_WRITE_ATTRS | HYTHE_OPEN_DELETE,
    /* Attributes that whoever uploads a file may give it through the handle. */
    OF_UPLOADS = HYTHE_ATTR_MODE | HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME | HYTHE_ATTR_CTIME | HYTHE_ATTR_BTIME
};

/* What each access can't do without. */
static uint32_t rights_needed(uint32_t access)
{
    uint32_t need = access & HYTHE_OPEN_READ ? MAY_DOWNLOAD : 0u;

    if (access & (HYTHE_OPEN_DELETE | HYTHE_OPEN_DELETE_ON_CLOSE))
        need |= MAY_DELETE;
    if ((access & HYTHE_OPEN_WRITE_ATTRS) && !(access & WRITING))
        need |= MAY_ATTRIBUTES;
    if ((access & HYTHE_OPEN_CREATE) && (access & HYTHE_OPEN_EXCLUSIVE))
        need |= MAY_UPLOAD;
    else if ((access & WRITING) && !(access & HYTHE_OPEN_CREATE))
        need |= MAY_OVERWRITE;
    return need;
}

/* Whether of upload and overwrite one is there, where one is wanted. */
static bool may_write_somehow(uint32_t access, uint32_t rights)
{
    return !(access & (WRITING | LOCKING)) || (rights & (MAY_UPLOAD | MAY_OVERWRITE));
}

/* Who may not overwrite opens only what is new, and the store itself must see to that: between a look and an open
 * somebody else could make the file. Who may not upload opens only what is there. */
static uint32_t narrowed(uint32_t access, uint32_t rights)
{
    if ((access & WRITING) && !(rights & MAY_OVERWRITE))
        access = (access | HYTHE_OPEN_EXCLUSIVE) & ~HYTHE_OPEN_TRUNCATE;
    if (!(rights & MAY_UPLOAD))
        access &= ~HYTHE_OPEN_CREATE;
    if (!(rights & MAY_ATTRIBUTES))
        access &= ~HYTHE_OPEN_WRITE_ATTRS;
    return access;
}

/* A refusal of what was narrowed, as the client that asked for more should read it. */
static int64_t explain(const struct hythe_call *call, int64_t result, uint32_t asked, uint32_t granted)
{
    if (result == -EEXIST && !(asked & HYTHE_OPEN_EXCLUSIVE))
        return call->host->fail(call, -EACCES, "the file exists already, and you may not overwrite it");
    if (result == -ENOENT && (asked & WRITING) && (asked & ~granted & HYTHE_OPEN_CREATE))
        return call->host->fail(call, -EACCES, "you may not make new files here");
    return result;
}

static enum pm_follow follow_of(uint32_t access)
{
    if ((access & HYTHE_OPEN_NOFOLLOW) || ((access & HYTHE_OPEN_CREATE) && (access & HYTHE_OPEN_EXCLUSIVE)))
        return PM_LINK;
    return access & HYTHE_OPEN_CREATE ? PM_EITHER : PM_TARGET;
}

static void keep(const struct hythe_call *call, uint32_t rights, uint32_t access)
{
    uint32_t made = HYTHE_OPEN_EXCLUSIVE | HYTHE_OPEN_TRUNCATE;

    if ((access & HYTHE_OPEN_CREATE) && (access & made) && (access & HYTHE_OPEN_WRITE))
        rights |= FRESH;
    *call->slot = (void *)(uintptr_t)rights;
}

static uint32_t kept(const struct hythe_call *call)
{
    return (uint32_t)(uintptr_t)*call->slot;
}

int64_t pm_open(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    uint32_t access = arg->access, granted;
    const char *path = arg->path;
    struct pm_place place;
    int64_t r;

    if (access & ~(uint32_t)KNOWN)
        return pm_refuse(call);
    r = pm_judge(call, path, follow_of(access), rights_needed(access), MAY_ALL, &place);
    if (r >= 0 && !may_write_somehow(access, place.rights))
        r = pm_refuse_at(call, &place);
    if (r < 0)
        return r;
    granted = narrowed(access, place.rights);
    arg->path = place.path;
    arg->access = place.resolved ? granted | HYTHE_OPEN_NOFOLLOW : granted;
    r = hythe_next_open(call, arg);
    arg->path = path;
    arg->access = access;
    if (r < 0)
        return explain(call, r, access, granted);
    keep(call, place.rights, granted);
    return r;
}

/* ---- What isn't decided by the open ---- */

int64_t pm_fsetattr(const struct hythe_call *call, struct hythe_fsetattr_arg *arg)
{
    uint32_t rights = kept(call), valid = arg->attrs->valid, others = valid & ~HYTHE_ATTR_SIZE;
    bool fresh = rights & FRESH;

    if ((valid & HYTHE_ATTR_SIZE) && !fresh && !(rights & MAY_OVERWRITE))
        return pm_refuse(call);
    if (others && !(rights & MAY_ATTRIBUTES) && !(fresh && !(others & ~(uint32_t)OF_UPLOADS)))
        return pm_refuse(call);
    return hythe_next_fsetattr(call, arg);
}

/* A sum tells what is in the file. */
int64_t pm_checksum(const struct hythe_call *call, struct hythe_checksum_arg *arg)
{
    return kept(call) & MAY_DOWNLOAD ? hythe_next_checksum(call, arg) : pm_refuse(call);
}

/* A lock keeps others from the file. */
int64_t pm_lock(const struct hythe_call *call, struct hythe_lock_arg *arg)
{
    return kept(call) & (MAY_UPLOAD | MAY_OVERWRITE) ? hythe_next_lock(call, arg) : pm_refuse(call);
}
