/* local-root: serves a folder of this machine. The file work is in plugins/shared/local. */
#include "plugins/shared/local/local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Filled by the core from the rows below. */
struct settings {
    const char *root;
    struct lr_rules rules;
};

static const struct hythe_setting settings[] = {
    SETTING(struct settings, root, PATH, 1, PATH_MAX - 1, NULL, "The folder of this machine that is served."),
    LR_RULE_ROWS(struct settings),
};

struct instance {
    struct lr_instance lr; /* first, as lr_keeps() has it */
    int root;              /* O_PATH */
};

static int start(const struct hythe_host *host, const void *given, void **instance)
{
    const struct settings *set = given;
    struct instance *made = calloc(1, sizeof(*made));
    char text[128];

    if (!made)
        return -ENOMEM;
    made->root = open(set->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (made->root < 0) {
        int err = errno;

        host->log(host, 0, "root \"%s\": %s", set->root, strerror_r(err, text, sizeof(text)));
        free(made);
        return -err;
    }
    lr_init(&made->lr, &set->rules, made->root);
    if (made->lr.walk)
        host->log(host, 2, "root \"%s\": without openat2, names are resolved step by step", set->root);
    *instance = made;
    return 0;
}

static void stop(void *instance)
{
    struct instance *made = instance;

    close(made->root);
    free(made);
}

static int attach(void *instance, const struct hythe_attach *how, void **attached)
{
    const struct instance *made = instance;

    return lr_base_new(&made->lr, made->root, how->base, how->flags, attached);
}

static int64_t foresee(struct hythe_call *call, const struct hythe_foresight *how, void *arg)
{
    const struct settings *set = how->settings;
    int root = open(set->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int64_t rc;

    if (root < 0) {
        rc = -errno;
        snprintf(how->why, how->why_size, "root \"%s\" can't be opened", set->root);
        return rc;
    }
    rc = lr_foresee(call, &set->rules, root, how->attach, arg);
    close(root);
    return rc;
}

static const struct hythe_plugin plugin = {
    .abi = HYTHE_ABI,
    .size = sizeof(plugin),
    .kind = HYTHE_FILESYSTEM,
    .threads = HYTHE_PARALLEL,
    .name = "local-root",
    .version = HYTHE_VERSION,
    .summary = "a folder of this machine",
    SETTINGS(settings, struct settings),
    .start = start,
    .stop = stop,
    .attach = attach,
    .detach = lr_detach,
    .ops = &lr_operations,
    .keeps = lr_keeps,
    .foresee = foresee,
};

const struct hythe_plugin *hythe_plugin_entry(void)
{
    return &plugin;
}
