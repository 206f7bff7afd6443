#include "plugins/permissions/permissions.h"
#include "plugins/shared/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct hythe_setting settings[] = {
    SETTING(struct pm_settings, rules, LIST, 0, 0, "",
            "What may be done, as \"PATH: right,right\" for each path; the longest path that fits decides."),
    SETTING_AT("default", offsetof(struct pm_settings, fallback), STRING, 0, 0, "",
               "The rights of what no rule names. Without it, a rule closes the folder that it is in, and the rest is "
               "open."),
    SETTING(struct pm_settings, hidden, LIST, 0, 0, "",
            "Patterns of names, as the shell has them, that are not listed and can't be used."),
};

static int start(const struct hythe_host *host, const void *given, void **instance)
{
    struct pm_instance *pm = calloc(1, sizeof(*pm));
    int rc;

    if (!pm)
        return -ENOMEM;
    pm->set = given;
    rc = pm_rules_make(host, pm);
    if (rc == 0) {
        *instance = pm;
        return 0;
    }
    pm_rules_free(pm);
    free(pm);
    return rc;
}

static void stop(void *instance)
{
    pm_rules_free(instance);
    free(instance);
}

static struct pm_base *new_base(const struct pm_instance *pm, const struct hythe_attach *how,
                                const struct pm_note *note)
{
    const char *origin = how->origin && strcmp(how->origin, "/") != 0 ? how->origin : "";
    size_t len = strlen(origin);
    struct pm_base *base = malloc(sizeof(*base) + len + 1);

    if (!base)
        return NULL;
    base->pm = pm;
    base->note = note;
    memcpy(base->origin, origin, len + 1);
    return base;
}

static int attach(void *instance, const struct hythe_attach *how, void **attached)
{
    *attached = new_base(instance, how, NULL);
    return *attached ? 0 : -ENOMEM;
}

static void detach(void *instance, void *attached)
{
    (void)instance;
    free(attached);
}

/* What is newer than this filter: nobody knows which right it would need. */
static int64_t refuse_newer(const struct hythe_call *call, void *arg)
{
    (void)arg;
    return pm_refuse(call);
}

/* read, write, copy, fgetattr, fstatfs, fsync and unlock aren't here: the open has decided. */
static const struct hythe_ops operations = {
    .size = sizeof(operations),
    .any = refuse_newer,
    .any_classes = UINT32_MAX,
    .any_from = HYTHE_OP_COUNT,
    .getattr = pm_getattr,
    .setattr = pm_setattr,
    .fsetattr = pm_fsetattr,
    .readlink = pm_readlink,
    .symlink = pm_symlink,
    .link = pm_link,
    .unlink = pm_unlink,
    .mkdir = pm_mkdir,
    .rmdir = pm_rmdir,
    .rename = pm_rename,
    .open = pm_open,
    .opendir = pm_opendir,
    .readdir = pm_readdir,
    .close = pm_close,
    .statfs = pm_statfs,
    .realpath = pm_realpath,
    .copyfile = pm_copyfile,
    .checksum = pm_checksum,
    .lock = pm_lock,
};

/* The operations themselves, with rules that are read for this one call. They don't change anything. */
static int64_t foresee(struct hythe_call *call, const struct hythe_foresight *how, void *arg)
{
    const struct pm_note note = {how->why, how->why_size};
    struct pm_instance pm = {.set = how->settings};
    struct pm_base *base;
    int64_t r = pm_rules_make(call->host, &pm);

    base = r == 0 ? new_base(&pm, how->attach, &note) : NULL;
    if (base) {
        call->attached = base;
        r = hythe_foresee_by(&operations, call, arg);
    } else if (r == 0) {
        r = -ENOMEM;
    }
    free(base);
    pm_rules_free(&pm);
    return r;
}

static const struct hythe_plugin plugin = {
    .abi = HYTHE_ABI,
    .size = sizeof(plugin),
    .kind = HYTHE_FILTER,
    .threads = HYTHE_PARALLEL,
    .name = "permissions",
    .version = HYTHE_VERSION,
    .summary = "rights for each path, and hidden names",
    SETTINGS(settings, struct pm_settings),
    .start = start,
    .stop = stop,
    .attach = attach,
    .detach = detach,
    .ops = &operations,
    .foresee = foresee,
};

const struct hythe_plugin *hythe_plugin_entry(void)
{
    return &plugin;
}
