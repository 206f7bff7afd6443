/* chroot-per-user: serves each user a folder of their own, and makes it when they come first. */
#include "chroot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct hythe_setting settings[] = {
    SETTING(struct cp_settings, base, TEMPLATE, 1, PATH_MAX - 1, NULL,
            "The folder of a user: a path of this machine with %u, %g or %h."),
    SETTING(struct cp_settings, create, BOOL, 0, 1, "false",
            "Whether a folder that is missing is made when its user comes."),
    SETTING(struct cp_settings, skeleton, PATH, 0, PATH_MAX - 1, "", "A folder whose content a new folder gets."),
    SETTING(struct cp_settings, mode, MODE, 0, 07777, "0700", "Permissions of a new folder."),
    SETTING(struct cp_settings, owner, STRING, 0, 511, "",
            "Owner of a new folder and its content: user, user:group or :group."),
    LR_RULE_ROWS(struct cp_settings),
};

static int complain(const struct hythe_host *host, const char *setting, const char *value, int err)
{
    char text[128];

    host->log(host, 0, "%s \"%s\": %s", setting, value, strerror_r(err, text, sizeof(text)));
    return -err;
}

static bool names_somebody(const char *text)
{
    while ((text = strchr(text, '%')) && text[1] == '%')
        text += 2;
    return text != NULL;
}

static bool has_dots(const char *path)
{
    while (*path) {
        size_t len = strcspn(path, "/");

        if ((len == 1 && path[0] == '.') || (len == 2 && path[0] == '.' && path[1] == '.'))
            return true;
        path += len + (path[len] == '/');
    }
    return false;
}

/* The template's part before the first %, up to a slash. */
static int open_fixed(struct cp_instance *cp)
{
    const char *base = cp->set->base, *end = base + strcspn(base, "%");
    char path[PATH_MAX];
    size_t len;

    if (!names_somebody(base)) {
        cp->host->log(cp->host, 0, "base \"%s\" must have %%u, %%g or %%h in it: it is the same folder for all users",
                      base);
        return -EINVAL;
    }
    while (end[-1] != '/')
        end--;
    if (has_dots(end)) {
        cp->host->log(cp->host, 0, "base \"%s\" must not have . or .. behind its first %%", base);
        return -EINVAL;
    }
    cp->rest = end;
    len = (size_t)(end - base);
    memcpy(path, base, len);
    path[len] = '\0';
    cp->fixed = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return cp->fixed < 0 ? complain(cp->host, "the folder of base", path, errno) : 0;
}

static int check_skeleton(const struct cp_instance *cp)
{
    int fd;

    if (!*cp->set->skeleton)
        return 0;
    fd = open(cp->set->skeleton, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return complain(cp->host, "skeleton", cp->set->skeleton, errno);
    close(fd);
    return 0;
}

static int start(const struct hythe_host *host, const void *given, void **instance)
{
    struct cp_instance *cp = calloc(1, sizeof(*cp));
    int rc;

    if (!cp)
        return -ENOMEM;
    if (!HYTHE_HAS(host, expand) || !host->expand) {
        host->log(host, 0, "this server can't fill in templates");
        free(cp);
        return -EOPNOTSUPP;
    }
    cp->set = given;
    cp->host = host;
    atomic_flag_clear(&cp->swept);
    rc = cp_find_owner(cp);
    if (rc == 0)
        rc = check_skeleton(cp);
    if (rc == 0)
        rc = open_fixed(cp);
    if (rc < 0) {
        free(cp);
        return rc;
    }
    lr_init(&cp->lr, &cp->set->rules, cp->fixed);
    if (cp->lr.walk)
        host->log(host, 2, "base \"%s\": without openat2, names are resolved step by step", cp->set->base);
    *instance = cp;
    return 0;
}

static void stop(void *instance)
{
    struct cp_instance *cp = instance;

    close(cp->fixed);
    free(cp);
}

static int attach(void *instance, const struct hythe_attach *how, void **attached)
{
    struct cp_instance *cp = instance;
    int rc, folder = cp_place(cp, how->session);

    if (folder < 0)
        return folder;
    rc = lr_base_new(&cp->lr, folder, how->base, how->flags, attached);
    close(folder);
    return rc;
}

/* Of a folder that is still to be made nothing is known. */
static int64_t foresee(struct hythe_call *call, const struct hythe_foresight *how, void *arg)
{
    const struct cp_settings *given = how->settings;
    struct cp_settings set = *given;
    struct cp_instance cp = {.set = &set, .host = call->host};
    int64_t rc;
    int folder;

    set.create = 0;
    rc = open_fixed(&cp);
    if (rc < 0) {
        snprintf(how->why, how->why_size, "base \"%s\" can't be opened", set.base);
        return rc;
    }
    folder = cp_place(&cp, how->attach->session);
    rc = folder < 0 ? folder : lr_foresee(call, &set.rules, folder, how->attach, arg);
    if (folder >= 0)
        close(folder);
    else
        snprintf(how->why, how->why_size, "base \"%s\" gives no folder to this user", set.base);
    close(cp.fixed);
    return folder == -ENOENT && given->create ? -ENOSYS : rc;
}

static const struct hythe_plugin plugin = {
    .abi = HYTHE_ABI,
    .size = sizeof(plugin),
    .kind = HYTHE_FILESYSTEM,
    .threads = HYTHE_PARALLEL,
    .name = "chroot-per-user",
    .version = HYTHE_VERSION,
    .summary = "a folder of this machine for each user",
    SETTINGS(settings, struct cp_settings),
    .start = start,
    .stop = stop,
    .attach = attach,
    .detach = lr_detach,
    .ops = &lr_operations,
    .keeps = lr_keeps,
    .foresee = foresee,
    .assist = cp_assist,
};

const struct hythe_plugin *hythe_plugin_entry(void)
{
    return &plugin;
}
