#include "plugins/permissions/permissions.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int64_t pm_refuse(const struct hythe_call *call)
{
    return call->host->fail(call, -EACCES, "the rules of this server don't allow it");
}

static void note(const struct pm_base *base, const char *what, const char *path)
{
    if (base->note)
        (void)snprintf(base->note->text, base->note->size, "%s%s", what, path);
}

/* By the rule that decides about a path, if it is one. */
static int64_t refuse_by(const struct hythe_call *call, const struct pm_verdict *verdict)
{
    const struct pm_rule *rule = verdict->rule;

    note(call->attached, rule ? "rules: what holds for " : "default", !rule ? "" : rule->len ? rule->path : "/");
    return pm_refuse(call);
}

int64_t pm_refuse_at(const struct hythe_call *call, const struct pm_place *place)
{
    return refuse_by(call, place->named.rights & ~place->real.rights ? &place->real : &place->named);
}

bool pm_may_see(const struct pm_verdict *verdict)
{
    return verdict->way || (verdict->rights & MAY_LIST);
}

/* ---- Paths ---- */

/* dir/name into out; `dir` of len bytes, "." or empty for nothing before the name. */
static int64_t join(char *out, const char *dir, size_t len, const char *name)
{
    int n;

    if (len == 1 && dir[0] == '.')
        len = 0;
    n = snprintf(out, PATH_MAX, "%.*s%s%s", (int)len, dir, len ? "/" : "", name);
    return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : n;
}

int64_t pm_absolute(const struct pm_base *base, const char *path, char *out)
{
    int n = snprintf(out, PATH_MAX, "%s%s%s", base->origin, strcmp(path, ".") == 0 ? "" : "/",
                     strcmp(path, ".") == 0 ? "" : path);

    return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : n;
}

static int64_t real(const struct hythe_call *call, const char *path, char *out)
{
    struct hythe_realpath_arg arg = {.path = path, .buf = out, .len = PATH_MAX};
    int64_t r;

    out[0] = '\0';
    r = hythe_ask_realpath(call, &arg);
    return r < 0 || (r < PATH_MAX && strnlen(out, PATH_MAX) == (size_t)r) ? r : -EIO;
}

/* The folder that a name is in without links, and the name. */
static int64_t real_parent(const struct hythe_call *call, const char *path, char *out)
{
    const char *slash = strrchr(path, '/');
    char parent[PATH_MAX], found[PATH_MAX];
    int64_t r = 1;

    if (!slash || strcmp(path, ".") == 0)
        return join(out, "", 0, path);
    if (slash - path >= PATH_MAX)
        return -ENAMETOOLONG;
    memcpy(parent, path, (size_t)(slash - path));
    parent[slash - path] = '\0';
    r = real(call, parent, found);
    return r < 0 ? r : join(out, found, (size_t)r, slash + 1);
}

static int64_t resolve(const struct hythe_call *call, const char *path, enum pm_follow follow, char *out)
{
    int64_t r = follow == PM_LINK ? -ENOENT : real(call, path, out);

    if (r == -ENOENT && follow != PM_TARGET)
        r = real_parent(call, path, out);
    return r;
}

/* ---- Judging ---- */

static bool suffices(const struct pm_verdict *verdict, uint32_t need, bool sight)
{
    return sight ? pm_may_see(verdict) : !(need & ~verdict->rights);
}

/* care: the rights whose presence makes a difference. It can't depend on links where every path has them. */
static int64_t judge(const struct hythe_call *call, const char *path, enum pm_follow follow, uint32_t need,
                     uint32_t care, bool sight, struct pm_place *place)
{
    const struct pm_base *base = call->attached;
    char found[PATH_MAX];
    int64_t r = pm_absolute(base, path, place->given);

    if (r < 0)
        return r;
    if (pm_is_hidden(base->pm, path)) {
        note(base, "hidden", "");
        return -ENOENT;
    }
    place->named = place->real = pm_verdict_of(base->pm, place->given);
    place->rights = place->named.rights;
    place->path = path;
    place->resolved = false;
    if (!suffices(&place->named, need, sight))
        return refuse_by(call, &place->named);
    if (!(care & ~base->pm->everywhere))
        return 0;
    r = resolve(call, path, follow, place->found);
    if (r >= 0)
        r = pm_absolute(base, place->found, found);
    if (r < 0)
        return r;
    place->real = pm_verdict_of(base->pm, found);
    place->rights &= place->real.rights;
    place->path = place->found;
    place->resolved = follow != PM_LINK;
    return suffices(&place->real, need, sight) ? 0 : refuse_by(call, &place->real);
}

int64_t pm_judge(const struct hythe_call *call, const char *path, enum pm_follow follow, uint32_t need, uint32_t care,
                 struct pm_place *place)
{
    return judge(call, path, follow, need, need | care, false, place);
}

int64_t pm_judge_sight(const struct hythe_call *call, const char *path, enum pm_follow follow, struct pm_place *place)
{
    return judge(call, path, follow, 0, MAY_LIST, true, place);
}
