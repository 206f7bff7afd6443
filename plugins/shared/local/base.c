/* The base of a session, and the table of operations. */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

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

void lr_init(struct lr_instance *lr, const struct lr_rules *rules, int folder)
{
    /* For tests: the ways that are taken without openat2, renameat2 and /proc. */
    const char *test = secure_getenv("HYTHE_LOCAL_ROOT_WALK");

    lr->rules = rules;
    lr->bare = test && strcmp(test, "1") == 0;
    lr->walk = lr->bare || !has_openat2(folder);
    lr->remote = lr_is_remote(folder) != 0;
    lr->pairs = lr_has_pairs(folder);
}

int lr_base_new(const struct lr_instance *lr, int folder, const char *path, uint32_t flags, void **base)
{
    const struct lr_base root = {.lr = lr, .fd = folder};
    struct lr_base *made = malloc(sizeof(*made));
    int fd;

    if (!made)
        return -ENOMEM;
    fd = lr_open_path(&root, path, O_PATH | O_DIRECTORY);
    if (fd < 0) {
        free(made);
        return fd;
    }
    *made = (struct lr_base){.lr = lr, .fd = fd, .beneath = (flags & HYTHE_ATTACH_BENEATH) != 0};
    *base = made;
    return 0;
}

void lr_detach(void *instance, void *attached)
{
    (void)instance;
    close(((struct lr_base *)attached)->fd);
    free(attached);
}

/* Attribute bits can only be sent back as they are. */
void lr_keeps(void *instance, struct hythe_keeps *out)
{
    const struct lr_instance *lr = instance;

    out->flags = HYTHE_KEEPS_SUBSECONDS | HYTHE_KEEPS_IDENTITY;
    out->attrs =
        HYTHE_ATTR_SIZE | HYTHE_ATTR_ALLOC | HYTHE_ATTR_OWNER | HYTHE_ATTR_MODE | HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME;
    if (lr->rules->xattrs && lr->pairs)
        out->attrs |= HYTHE_ATTR_EXTENDED;
    out->access = HYTHE_OPEN_READ | HYTHE_OPEN_WRITE | HYTHE_OPEN_WRITE_ATTRS | HYTHE_OPEN_APPEND |
                  HYTHE_OPEN_NOFOLLOW | HYTHE_OPEN_DELETE_ON_CLOSE;
    if (!lr->remote)
        out->access |= HYTHE_OPEN_ATOMIC_APPEND;
}

const struct hythe_ops lr_operations = {
    .size = sizeof(lr_operations),
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
