/* Operations on paths. An argument that is changed for the inner layers is put back for the outer ones. */
#include "plugins/permissions/permissions.h"

#include <errno.h>
#include <string.h>

/* Rights that a store's file has under each of its names: who gives it another one must have them already. */
enum { OF_THE_FILE = MAY_DOWNLOAD | MAY_OVERWRITE | MAY_ATTRIBUTES };

/* Hands a judged call on; `from` is what judging answered. */
#define HAND_ON(name, from) \
    do { \
        const char *path = arg->path; \
        int64_t r = (from); \
\
        if (r < 0) \
            return r; \
        arg->path = place.path; \
        r = hythe_next_##name(call, arg); \
        arg->path = path; \
        return r; \
    } while (0)

/* ---- Looking ---- */

int64_t pm_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    struct pm_place place;

    HAND_ON(getattr, pm_judge_sight(call, path, arg->flags & HYTHE_NOFOLLOW ? PM_LINK : PM_TARGET, &place));
}

int64_t pm_statfs(const struct hythe_call *call, struct hythe_statfs_arg *arg)
{
    struct pm_place place;

    HAND_ON(statfs, pm_judge_sight(call, path, PM_TARGET, &place));
}

static int64_t answer(struct hythe_realpath_arg *arg, const char *path)
{
    size_t len = strlen(path);

    if (len >= arg->len)
        return -ENAMETOOLONG;
    memcpy(arg->buf, path, len + 1);
    return (int64_t)len;
}

/* Where something may be done but nothing seen, a path stays as it is: nobody learns whether there is anything. */
int64_t pm_realpath(const struct hythe_call *call, struct hythe_realpath_arg *arg)
{
    struct pm_place place;
    int64_t r = pm_judge_sight(call, arg->path, PM_TARGET, &place);

    if (r == -EACCES && place.rights)
        return answer(arg, arg->path);
    if (r < 0)
        return r;
    return place.resolved ? answer(arg, place.path) : hythe_next_realpath(call, arg);
}

/* ---- Changing ---- */

/* One path, one right. */
#define NEEDS(name, right) \
    int64_t pm_##name(const struct hythe_call *call, struct hythe_##name##_arg *arg) \
    { \
        struct pm_place place; \
\
        HAND_ON(name, pm_judge(call, path, PM_LINK, right, 0, &place)); \
    }
NEEDS(readlink, MAY_LIST)
NEEDS(unlink, MAY_DELETE)
NEEDS(rmdir, MAY_DELETE)
NEEDS(mkdir, MAY_MKDIR)

static uint32_t rights_to_set(const struct hythe_attrs *attrs)
{
    uint32_t need = attrs->valid & HYTHE_ATTR_SIZE ? MAY_OVERWRITE : 0u;

    return attrs->valid & ~HYTHE_ATTR_SIZE || !need ? need | MAY_ATTRIBUTES : need;
}

int64_t pm_setattr(const struct hythe_call *call, struct hythe_setattr_arg *arg)
{
    enum pm_follow follow = arg->flags & HYTHE_NOFOLLOW ? PM_LINK : PM_TARGET;
    struct pm_place place;

    HAND_ON(setattr, pm_judge(call, path, follow, rights_to_set(arg->attrs), 0, &place));
}

/* A link that names something hidden would be a way around its name. */
int64_t pm_symlink(const struct hythe_call *call, struct hythe_symlink_arg *arg)
{
    const struct pm_base *base = call->attached;
    struct pm_place place;

    if (pm_is_hidden(base->pm, arg->target))
        return pm_refuse(call);
    HAND_ON(symlink, pm_judge(call, path, PM_LINK, MAY_SYMLINK, 0, &place));
}

/* ---- Two paths ---- */

/* The name itself and, where it is a link, what it leads to: a store may take either. The place is the name's. */
static int64_t judge_both(const struct hythe_call *call, const char *path, uint32_t need, uint32_t care,
                          struct pm_place *place)
{
    int64_t r = pm_judge(call, path, PM_EITHER, need, care, place);
    uint32_t rights = place->rights;

    if (r >= 0)
        r = pm_judge(call, path, PM_LINK, need, care, place);
    place->rights &= rights;
    return r;
}

/* An answer that a file is in the way, to somebody who wanted it replaced but may not. */
static int64_t in_the_way(const struct hythe_call *call, int64_t result, bool wanted)
{
    if (result != -EEXIST || !wanted)
        return result;
    return call->host->fail(call, -EACCES, "there is something of this name, which you may not overwrite");
}

int64_t pm_link(const struct hythe_call *call, struct hythe_link_arg *arg)
{
    const char *from = arg->from, *to = arg->to;
    struct pm_place a, b;
    int64_t r = judge_both(call, from, OF_THE_FILE, 0, &a);

    if (r >= 0)
        r = pm_judge(call, to, PM_LINK, MAY_UPLOAD, 0, &b);
    if (r < 0)
        return r;
    arg->from = a.path;
    arg->to = b.path;
    r = hythe_next_link(call, arg);
    arg->from = from;
    arg->to = to;
    return r;
}

int64_t pm_copyfile(const struct hythe_call *call, struct hythe_copyfile_arg *arg)
{
    const char *from = arg->from, *to = arg->to;
    uint32_t flags = arg->flags;
    struct pm_place a, b;
    int64_t r = judge_both(call, from, MAY_DOWNLOAD, 0, &a);

    if (r >= 0)
        r = judge_both(call, to, MAY_UPLOAD, MAY_OVERWRITE, &b);
    if (r < 0)
        return r;
    arg->from = a.path;
    arg->to = b.path;
    if (!(b.rights & MAY_OVERWRITE))
        arg->flags &= ~HYTHE_COPY_REPLACE;
    r = in_the_way(call, hythe_next_copyfile(call, arg), flags & HYTHE_COPY_REPLACE);
    arg->from = from;
    arg->to = to;
    arg->flags = flags;
    return r;
}

static uint32_t rights_to_make(uint32_t type)
{
    return type == HYTHE_TYPE_DIRECTORY ? MAY_MKDIR | MAY_UPLOAD
           : type == HYTHE_TYPE_SYMLINK ? MAY_SYMLINK
                                        : MAY_UPLOAD;
}

/* Between two rules a rename is as a download, an upload and a removal: else it would take a file to where more is
 * allowed with it. */
static int64_t judge_move(const struct hythe_call *call, const struct pm_place *from, const struct pm_place *to)
{
    struct hythe_attrs attrs = {.struct_size = sizeof(attrs)};
    struct hythe_getattr_arg get = {
        .path = from->path, .want = HYTHE_ATTR_TYPE, .flags = HYTHE_NOFOLLOW, .attrs = &attrs};
    int64_t r;

    if (from->named.rule == to->named.rule && from->real.rule == to->real.rule)
        return 0;
    if ((MAY_DOWNLOAD | MAY_DELETE) & ~from->rights)
        return pm_refuse_at(call, from);
    r = hythe_ask_getattr(call, &get);
    if (r < 0)
        return r;
    return rights_to_make(attrs.valid & HYTHE_ATTR_TYPE ? attrs.type : HYTHE_TYPE_DIRECTORY) & ~to->rights
               ? pm_refuse_at(call, to)
               : 0;
}

static bool holds_rules(const struct pm_place *place)
{
    return place->named.above || place->real.above;
}

int64_t pm_rename(const struct hythe_call *call, struct hythe_rename_arg *arg)
{
    const char *from = arg->from, *to = arg->to;
    uint32_t flags = arg->flags;
    struct pm_place a, b;
    int64_t r = pm_judge(call, from, PM_LINK, MAY_RENAME, MAY_ALL, &a);

    if (r >= 0)
        r = pm_judge(call, to, PM_LINK, 0, MAY_ALL, &b);
    if (r >= 0 && (holds_rules(&a) || holds_rules(&b)))
        r = call->host->fail(call, -EACCES,
                             "a folder that the rules name, or that is on the way to one, stays in place");
    if (r >= 0)
        r = judge_move(call, &a, &b);
    if (r < 0)
        return r;
    arg->from = a.path;
    arg->to = b.path;
    if (!(b.rights & MAY_OVERWRITE))
        arg->flags &= ~(HYTHE_RENAME_REPLACE | HYTHE_RENAME_NATIVE);
    r = in_the_way(call, hythe_next_rename(call, arg), flags & (HYTHE_RENAME_REPLACE | HYTHE_RENAME_NATIVE));
    arg->from = from;
    arg->to = to;
    arg->flags = flags;
    return r;
}
