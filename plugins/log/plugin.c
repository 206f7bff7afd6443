#include "plugins/log/log.h"
#include "plugins/shared/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct hythe_setting settings[] = {
    SETTING(struct lg_settings, xferlog, PATH, 0, 0, "", "The file for lines in the format of xferlog(5)."),
    SETTING(struct lg_settings, json, PATH, 0, 0, "", "The file for lines that are an object of JSON each."),
    SETTING(struct lg_settings, mode, MODE, 0, 0777, "0600", "Permissions of a file that is made."),
    SETTING(struct lg_settings, required, BOOL, 0, 1, "no", "Whether an operation fails that can't be logged."),
};

static int check(const struct hythe_host *host, const struct lg_file *file)
{
    char text[128];
    int rc = lg_file_check(file);

    if (rc)
        host->log(host, 0, "%s can't be written: %s", file->path,
                  rc == -EINVAL ? "not a regular file" : strerror_r(-rc, text, sizeof(text)));
    return rc;
}

static void stop(void *instance)
{
    struct lg_instance *lg = instance;

    lg_file_close(&lg->xferlog);
    lg_file_close(&lg->json);
    free(lg);
}

static int start(const struct hythe_host *host, const void *given, void **instance)
{
    const struct lg_settings *set = given;
    struct lg_instance *lg;
    int rc;

    if (!*set->xferlog && !*set->json) {
        host->log(host, 0, "it logs nothing: say where to, with xferlog or json or both");
        return -EINVAL;
    }
    lg = calloc(1, sizeof(*lg));
    if (!lg)
        return -ENOMEM;
    lg->set = set;
    lg_file_init(&lg->xferlog, host, set->xferlog, (mode_t)set->mode);
    lg_file_init(&lg->json, host, set->json, (mode_t)set->mode);
    rc = check(host, &lg->xferlog);
    if (!rc)
        rc = check(host, &lg->json);
    if (rc)
        stop(lg);
    else
        *instance = lg;
    return rc;
}

static int attach(void *instance, const struct hythe_attach *how, void **attached)
{
    const char *root = HYTHE_HAS(how->session, root) && how->session->root ? how->session->root : "";
    const char *view = HYTHE_HAS(how, view) && how->view && how->view[1] ? how->view : "";
    size_t root_len = strlen(root), len = strlen(view);
    struct lg_base *base = malloc(sizeof(*base) + root_len + len + 1);

    if (!base)
        return -ENOMEM;
    base->lg = instance;
    base->root_len = (int)root_len;
    memcpy(base->path, root, root_len);
    memcpy(base->path + root_len, view, len + 1);
    *attached = base;
    return 0;
}

static void detach(void *instance, void *attached)
{
    (void)instance;
    free(attached);
}

static const struct hythe_ops operations = {
    .size = sizeof(operations),
    .any = lg_any,
    .any_classes = ~HYTHE_CLASS_READ,
    .any_from = HYTHE_OP_COUNT,
    .setattr = lg_setattr,
    .fsetattr = lg_fsetattr,
    .symlink = lg_symlink,
    .link = lg_link,
    .unlink = lg_unlink,
    .mkdir = lg_mkdir,
    .rmdir = lg_rmdir,
    .rename = lg_rename,
    .open = lg_open,
    .read = lg_read,
    .write = lg_write,
    .close = lg_close,
    .copy = lg_copy,
    .copyfile = lg_copyfile,
};

/* It refuses nothing. */
static int64_t foresee(struct hythe_call *call, const struct hythe_foresight *how, void *arg)
{
    (void)how;
    return call->host->next(call, arg);
}

static const struct hythe_plugin plugin = {
    .abi = HYTHE_ABI,
    .size = sizeof(plugin),
    .kind = HYTHE_FILTER,
    .threads = HYTHE_PARALLEL,
    .name = "log",
    .version = HYTHE_VERSION,
    .summary = "a line for each transfer and each change",
    SETTINGS(settings, struct lg_settings),
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
