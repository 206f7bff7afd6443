/* Attributes on their way to a store that may not be able to keep them. Clients set modes, owners and times after each
 * upload, and take an error there for a failed transfer; what such a mount does about it is its operator's choice. A
 * size is data: it is never left out. */
#include "core/vfs/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* In the order in which they are set alone: a new owner takes set-id bits away, a new size sets times. */
static const struct {
    uint32_t bit;
    const char *name;
} parts[] = {
    {HYTHE_ATTR_SIZE, "size"},        {HYTHE_ATTR_OWNER, "owner"},
    {HYTHE_ATTR_MODE, "permissions"}, {HYTHE_ATTR_ACL, "acl"},
    {HYTHE_ATTR_BITS, "flags"},       {HYTHE_ATTR_EXTENDED, "extended"},
    {HYTHE_ATTR_MIME, "type"},        {HYTHE_ATTR_HINT, "hint"},
    {HYTHE_ATTR_ALLOC, "allocation"}, {HYTHE_ATTR_RAWNAME, "raw name"},
    {HYTHE_ATTR_NLINK, "links"},      {HYTHE_ATTR_TYPE, "kind"},
    {HYTHE_ATTR_BTIME, "birth"},      {HYTHE_ATTR_CTIME, "change"},
    {HYTHE_ATTR_ATIME, "access"},     {HYTHE_ATTR_MTIME, "modification"},
};

enum { PARTS = sizeof parts / sizeof *parts };

/* One attempt with these attributes; `arg` is the operation's. */
typedef int64_t attempt(const struct hy_scene *scene, void *arg, const struct hythe_attrs *attrs);

static int64_t try_setattr(const struct hy_scene *scene, void *arg, const struct hythe_attrs *attrs)
{
    struct hythe_setattr_arg *a = arg;

    a->attrs = attrs;
    return hy_do_setattr(scene, a);
}

static int64_t try_fsetattr(const struct hy_scene *scene, void *arg, const struct hythe_attrs *attrs)
{
    struct hythe_fsetattr_arg *a = arg;

    a->attrs = attrs;
    return hy_do_fsetattr(scene, a);
}

static int64_t try_open(const struct hy_scene *scene, void *arg, const struct hythe_attrs *attrs)
{
    struct hythe_open_arg *a = arg;

    a->attrs = attrs;
    return hy_do_open(scene, a);
}

static int64_t try_mkdir(const struct hy_scene *scene, void *arg, const struct hythe_attrs *attrs)
{
    struct hythe_mkdir_arg *a = arg;

    a->attrs = attrs;
    return hy_do_mkdir(scene, a);
}

static bool unsupported(int64_t result)
{
    return result == -ENOTSUP || result == -ENOSYS || result == HYTHE_STATUS(SSH_FX_OP_UNSUPPORTED);
}

static void tell(const struct hy_vfs *vfs, const struct hy_scene *scene, const char *path, uint32_t left)
{
    const struct hy_chain *chain = scene->chain;
    char names[256] = "";
    size_t used = 0;

    if (!left || vfs->log->level < HY_LOG_VERBOSE)
        return;
    for (size_t i = 0; i < PARTS; i++)
        if (left & parts[i].bit && used < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", parts[i].name);
    hy_log(vfs->log, HY_LOG_VERBOSE, vfs->session.id, "%s: attributes of %s ignored: %s",
           chain->layers[chain->layer_count - 1]->label, path, names);
}

static struct hythe_attrs only(const struct hythe_attrs *attrs, uint32_t which)
{
    struct hythe_attrs some = *attrs;

    some.valid &= which;
    return some;
}

/* ---- Of something that is there ---- */

/* Each attribute alone, after all together were more than the store can keep. */
static int64_t one_by_one(struct hy_vfs *vfs, const struct hy_scene *scene, attempt *try, void *arg,
                          const struct hythe_attrs *attrs, uint32_t *left)
{
    for (size_t i = 0; i < PARTS; i++) {
        struct hythe_attrs one = only(attrs, parts[i].bit);
        int64_t r;

        if (!one.valid)
            continue;
        vfs->report.text[0] = '\0';
        r = try(scene, arg, &one);
        if (r < 0 && (parts[i].bit == HYTHE_ATTR_SIZE || !unsupported(r)))
            return r;
        if (r < 0)
            *left |= parts[i].bit;
    }
    vfs->report.text[0] = '\0';
    return 0;
}

static int64_t set(struct hy_vfs *vfs, const struct hy_scene *scene, attempt *try, void *arg, const char *path,
                   const struct hythe_attrs *attrs)
{
    struct hythe_attrs some = *attrs;
    uint32_t left = 0;
    int64_t r;

    if (scene->chain->policy == HY_ATTRS_IGNORE) {
        some = only(attrs, HYTHE_ATTR_SIZE);
        left = attrs->valid & ~some.valid;
    }
    r = some.valid || !left ? try(scene, arg, &some) : 0;
    if (unsupported(r) && scene->chain->policy == HY_ATTRS_LENIENT)
        r = one_by_one(vfs, scene, try, arg, attrs, &left);
    if (r >= 0)
        tell(vfs, scene, path, left);
    return r;
}

int64_t hy_set_path(struct hy_vfs *vfs, const struct hy_scene *scene, struct hythe_setattr_arg *arg)
{
    struct hythe_attrs found = {.struct_size = sizeof found};
    struct hythe_getattr_arg get = {.path = arg->path, .flags = arg->flags, .want = HYTHE_ATTR_TYPE, .attrs = &found};
    struct hy_scene own = *scene;
    int64_t r = 0;

    own.flags |= HYTHE_CALL_OWN;

    /* Nothing may be left to be set, but what isn't there has no attributes to ignore. */
    if (scene->chain->policy == HY_ATTRS_IGNORE && !(arg->attrs->valid & HYTHE_ATTR_SIZE))
        r = hy_do_getattr(&own, &get);
    return r < 0 ? r : set(vfs, scene, try_setattr, arg, arg->path, arg->attrs);
}

int64_t hy_set_file(struct hy_vfs *vfs, const struct hy_scene *scene, struct hythe_fsetattr_arg *arg)
{
    return set(vfs, scene, try_fsetattr, arg, scene->path, arg->attrs);
}

/* ---- Of something that is made ---- */

/* With fewer attributes at each attempt, the permissions last: they are what keeps others out. */
static int64_t make(struct hy_vfs *vfs, const struct hy_scene *scene, attempt *try, void *arg, const char *path,
                    const struct hythe_attrs *attrs)
{
    static const uint32_t steps[] = {UINT32_MAX, HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE, HYTHE_ATTR_SIZE};
    enum { STEPS = sizeof steps / sizeof *steps };
    size_t i = scene->chain->policy == HY_ATTRS_IGNORE ? STEPS - 1 : 0;
    struct hythe_attrs some = only(attrs, steps[i]);
    int64_t r = try(scene, arg, &some);

    while (unsupported(r) && scene->chain->policy == HY_ATTRS_LENIENT && ++i < STEPS) {
        struct hythe_attrs fewer = only(attrs, steps[i]);

        if (fewer.valid == some.valid)
            continue;
        some = fewer;
        vfs->report.text[0] = '\0';
        r = try(scene, arg, &some);
    }
    if (r >= 0)
        tell(vfs, scene, path, attrs->valid & ~some.valid);
    return r;
}

int64_t hy_open_with(struct hy_vfs *vfs, const struct hy_scene *scene, struct hythe_open_arg *arg)
{
    return make(vfs, scene, try_open, arg, arg->path, arg->attrs);
}

int64_t hy_mkdir_with(struct hy_vfs *vfs, const struct hy_scene *scene, struct hythe_mkdir_arg *arg)
{
    return make(vfs, scene, try_mkdir, arg, arg->path, arg->attrs);
}
