/* Listings: without what is hidden, and without what no rule lets anybody do anything with. */
#include "plugins/permissions/permissions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An open directory, in the slot; NULL where every name but the hidden ones is listed. */
struct dir {
    char given[PATH_MAX], real[PATH_MAX]; /* absolute, without a slash at the end */
};

/* One call of readdir. */
struct listing {
    const struct pm_instance *pm;
    const struct dir *dir;
    hythe_emit_fn emit;
    void *ctx;
    size_t taken, left_out;
    int refusal;
};

static struct dir *new_dir(const struct pm_base *base, const struct pm_place *place)
{
    struct dir *dir = malloc(sizeof(*dir));

    if (!dir)
        return NULL;
    if (pm_absolute(base, place->path, dir->real) < 0) {
        free(dir);
        return NULL;
    }
    memcpy(dir->given, place->given, strlen(place->given) + 1);
    return dir;
}

/* Whether each entry must be judged by itself. */
static bool is_mixed(const struct pm_place *place)
{
    return place->named.above || place->real.above || !(place->rights & MAY_LIST);
}

int64_t pm_opendir(const struct hythe_call *call, struct hythe_opendir_arg *arg)
{
    const char *path = arg->path;
    struct pm_place place;
    struct dir *dir = NULL;
    int64_t r = pm_judge_sight(call, path, PM_TARGET, &place);

    if (r < 0)
        return r;
    /* The folder of a rule itself may be seen, but that is no way on. */
    if (!(place.rights & MAY_LIST) && !place.named.above && !place.real.above)
        return pm_refuse_at(call, &place);
    if (is_mixed(&place) && !(dir = new_dir(call->attached, &place)))
        return -ENOMEM;
    arg->path = place.path;
    r = hythe_next_opendir(call, arg);
    arg->path = path;
    if (r < 0)
        free(dir);
    else
        *call->slot = dir;
    return r;
}

static bool leads_on(const struct pm_instance *pm, const char *dir, const char *name)
{
    char path[PATH_MAX];
    struct pm_verdict verdict;
    int n = snprintf(path, sizeof(path), "%s/%s", dir, name);

    if (n < 0 || (size_t)n >= sizeof(path))
        return false;
    verdict = pm_verdict_of(pm, path);
    return verdict.rights || verdict.way;
}

static bool is_shown(const struct listing *l, const char *name)
{
    if (pm_is_hidden(l->pm, name))
        return false;
    return !l->dir || (leads_on(l->pm, l->dir->given, name) && leads_on(l->pm, l->dir->real, name));
}

static int show(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    struct listing *l = ctx;
    int rc;

    if (l->refusal)
        return l->refusal;
    if (!is_shown(l, name)) {
        l->left_out++;
        return 0;
    }
    rc = l->emit(l->ctx, name, attrs);
    if (rc < 0)
        l->refusal = rc;
    else
        l->taken++;
    return rc;
}

/* Goes on while all that came was left out: nothing taken would mean the end. */
int64_t pm_readdir(const struct hythe_call *call, struct hythe_readdir_arg *arg)
{
    const struct pm_base *base = call->attached;
    struct listing l = {.pm = base->pm, .dir = *call->slot, .emit = arg->emit, .ctx = arg->ctx};
    hythe_emit_fn emit = arg->emit;
    void *ctx = arg->ctx;
    int64_t r;

    if (!l.dir && !l.pm->set->hidden[0])
        return hythe_next_readdir(call, arg);
    arg->emit = show;
    arg->ctx = &l;
    do {
        l.left_out = 0;
        r = call->host->cancelled(call) ? -ECANCELED : hythe_next_readdir(call, arg);
    } while (r >= 0 && !l.taken && !l.refusal && l.left_out);
    arg->emit = emit;
    arg->ctx = ctx;
    return r < 0 ? r : (int64_t)l.taken;
}

int64_t pm_close(const struct hythe_call *call, struct hythe_close_arg *arg)
{
    if (!call->file->access)
        free(*call->slot);
    *call->slot = NULL;
    return hythe_next_close(call, arg);
}
