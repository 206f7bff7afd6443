/* local-root: serves a folder of this machine. Settings, start and attach, and the table of operations. */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROW(row, kind, least, most, otherwise, text) \
    {.name = #row, .type = HYTHE_SET_##kind, .offset = offsetof(struct lr_settings, row), .min = (least), \
     .max = (most), .fallback = (otherwise), .help = (text)}

static const struct hythe_setting settings[] = {
    ROW(root, PATH, 1, PATH_MAX - 1, NULL, "The folder of this machine that is served."),
    ROW(umask, MODE, 0, 0777, "022", "Permission bits that new files and folders never get."),
    ROW(file_mode, MODE, 0, 0777, "0666", "Permissions of a new file when the client asks for none."),
    ROW(directory_mode, MODE, 0, 0777, "0777", "Permissions of a new folder when the client asks for none."),
    ROW(allow_setid, BOOL, 0, 1, "false", "Whether clients may set the set-user-id and set-group-id bits."),
};

/* A kernel, or a filter of system calls, without openat2 answers this one with ENOSYS or EPERM. */
static bool has_openat2(int root)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    long fd = syscall(SYS_openat2, root, ".", &how, sizeof(how));

    if (fd < 0)
        return false;
    close((int)fd);
    return true;
}

static int start(const struct hythe_host *host, const void *given, void **instance)
{
    const struct lr_settings *set = given;
    struct lr_instance *lr = calloc(1, sizeof(*lr));
    const char *test;
    char text[128];

    if (!lr)
        return -ENOMEM;
    lr->set = set;
    lr->root = open(set->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (lr->root < 0) {
        int err = errno;

        host->log(host, 0, "root \"%s\": %s", set->root, strerror_r(err, text, sizeof(text)));
        free(lr);
        return -err;
    }
    /* For tests: the ways that are taken without openat2, renameat2 and /proc. */
    test = secure_getenv("HYTHE_LOCAL_ROOT_WALK");
    lr->bare = test && strcmp(test, "1") == 0;
    lr->walk = lr->bare || !has_openat2(lr->root);
    if (lr->walk)
        host->log(host, 2, "root \"%s\": without openat2, names are resolved step by step", set->root);
    *instance = lr;
    return 0;
}

static void stop(void *instance)
{
    struct lr_instance *lr = instance;

    close(lr->root);
    free(lr);
}

static int attach(void *instance, const struct hythe_attach *how, void **attached)
{
    const struct lr_instance *lr = instance;
    const struct lr_base root = {.lr = lr, .fd = lr->root};
    struct lr_base *base = malloc(sizeof(*base));
    int fd;

    if (!base)
        return -ENOMEM;
    fd = lr_open_path(&root, how->base, O_PATH | O_DIRECTORY);
    if (fd < 0) {
        free(base);
        return fd;
    }
    *base = (struct lr_base){.lr = lr, .fd = fd, .beneath = (how->flags & HYTHE_ATTACH_BENEATH) != 0};
    *attached = base;
    return 0;
}

static void detach(void *instance, void *attached)
{
    struct lr_base *base = attached;

    (void)instance;
    close(base->fd);
    free(base);
}

static const struct hythe_ops operations = {
    .size = sizeof(operations),
    .getattr = lr_getattr,
    .fgetattr = lr_fgetattr,
    .setattr = lr_setattr,
    .fsetattr = lr_fsetattr,
    .readlink = lr_readlink,
    .symlink = lr_symlink,
    .link = lr_link,
    .unlink = lr_unlink,
    .mkdir = lr_mkdir,
    .rmdir = lr_rmdir,
    .rename = lr_rename,
    .open = lr_open,
    .opendir = lr_opendir,
    .readdir = lr_readdir,
    .read = lr_read,
    .write = lr_write,
    .fsync = lr_fsync,
    .close = lr_close,
    .statfs = lr_statfs,
    .fstatfs = lr_fstatfs,
    .realpath = lr_realpath,
    .copy = lr_copy,
};

static const struct hythe_plugin plugin = {
    .abi = HYTHE_ABI,
    .size = sizeof(plugin),
    .kind = HYTHE_FILESYSTEM,
    .threads = HYTHE_PARALLEL,
    .name = "local-root",
    .version = HYTHE_VERSION,
    .summary = "a folder of this machine",
    .settings = settings,
    .setting_count = sizeof(settings) / sizeof(settings[0]),
    .setting_size = sizeof(settings[0]),
    .settings_size = sizeof(struct lr_settings),
    .start = start,
    .stop = stop,
    .attach = attach,
    .detach = detach,
    .ops = &operations,
};

const struct hythe_plugin *hythe_plugin_entry(void)
{
    return &plugin;
}
