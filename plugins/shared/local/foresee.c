/* What operations would answer, told from what is there and from the rights of the process, with nothing done: looking
 * is the operation itself, making and removing is judged by the folder. Races and quotas can't be foreseen. */
#include "local.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- Rights ---- */

/* As access(2) with the rights that opening takes; what can't be found out is no refusal. */
int64_t lr_may(int fd, int mode)
{
    struct lr_proc proc = lr_proc_of(fd);

    if (faccessat(AT_FDCWD, proc.name, mode, AT_EACCESS) == 0)
        return 0;
    return errno == EACCES || errno == EROFS || errno == EPERM ? -errno : 0;
}

static int64_t may_write_at_all(int fd)
{
    struct statvfs fs;

    return fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_RDONLY) ? -EROFS : 0;
}

static bool has_cap(unsigned cap)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3] = {{0}};

    if (syscall(SYS_capget, &head, caps) < 0)
        return geteuid() == 0;
    return caps[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap);
}

int64_t lr_may_own(int fd, uid_t owner)
{
    int64_t rc = may_write_at_all(fd);

    return rc < 0 || owner == geteuid() || has_cap(CAP_FOWNER) ? rc : -EPERM;
}

static bool in_group(gid_t gid)
{
    gid_t *groups;
    bool found = gid == getegid();
    int n = getgroups(0, NULL);

    groups = n > 0 ? calloc((size_t)n, sizeof(*groups)) : NULL;
    n = groups ? getgroups(n, groups) : 0;
    for (int i = 0; i < n && !found; i++)
        found = groups[i] == gid;
    free(groups);
    return found;
}

int64_t lr_may_give(int fd, const struct stat *st, const struct hythe_attrs *attrs)
{
    int64_t rc = may_write_at_all(fd);

    if (rc < 0 || (attrs->uid == st->st_uid && attrs->gid == st->st_gid) || has_cap(CAP_CHOWN))
        return rc;
    return attrs->uid == st->st_uid && st->st_uid == geteuid() && in_group(attrs->gid) ? 0 : -EPERM;
}

/* The name in its folder can go, or become another. */
static int64_t may_take(const struct lr_at *at, const struct stat *st)
{
    struct stat folder;
    int64_t rc = lr_may(at->fd, W_OK | X_OK);

    if (rc < 0 || fstat(at->fd, &folder) != 0 || !(folder.st_mode & S_ISVTX))
        return rc;
    return st->st_uid == geteuid() || folder.st_uid == geteuid() || has_cap(CAP_FOWNER) ? 0 : -EPERM;
}

/* ---- Names ---- */

static int64_t look(const struct lr_at *at, struct stat *st)
{
    return fstatat(at->fd, at->name, st, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : -errno;
}

/* A new name in its folder. */
static int64_t may_add(const struct lr_at *at)
{
    struct stat st;
    int64_t rc = look(at, &st);

    if (rc == 0)
        return -EEXIST;
    return rc == -ENOENT ? lr_may(at->fd, W_OK | X_OK) : rc;
}

static int64_t add_name(const struct hythe_call *call, const char *path)
{
    struct lr_at at;
    int64_t rc = lr_parent(lr_base_of(call), path, -EEXIST, &at);

    if (rc < 0)
        return lr_refuse(call, rc);
    rc = may_add(&at);
    lr_at_close(&at);
    return rc;
}

static int64_t is_empty(const struct lr_at *at)
{
    int fd = openat(at->fd, at->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry = NULL;
    int64_t rc = 0;

    if (!dir) {
        if (fd >= 0)
            close(fd);
        return 0; /* can't be told */
    }
    while (rc == 0 && (entry = readdir(dir)) != NULL)
        rc = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ? 0 : -ENOTEMPTY;
    closedir(dir);
    return rc;
}

static int64_t remove_name(const struct hythe_call *call, const char *path, int self, bool folder)
{
    struct lr_at at;
    struct stat st;
    int64_t rc = lr_parent(lr_base_of(call), path, self, &at);

    if (rc < 0)
        return lr_refuse(call, rc);
    rc = may_write_at_all(at.fd);
    if (rc == 0)
        rc = look(&at, &st);
    if (rc == 0)
        rc = may_take(&at, &st);
    if (rc == 0 && S_ISDIR(st.st_mode) != folder)
        rc = folder ? -ENOTDIR : -EISDIR;
    if (rc == 0 && folder)
        rc = is_empty(&at);
    lr_at_close(&at);
    return rc;
}

/* ---- Two names ---- */

/* fs.protected_hardlinks, proc_sys_fs(5): links to files of others only where they could be changed, too. */
static int64_t may_link(const struct lr_at *at, const struct stat *st)
{
    const mode_t group = S_ISGID | S_IXGRP;
    char on = '0';
    int fd;

    if (st->st_uid == geteuid() || has_cap(CAP_FOWNER))
        return 0;
    fd = open("/proc/sys/fs/protected_hardlinks", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, &on, 1) != 1)
        on = '0';
    if (fd >= 0)
        close(fd);
    if (on == '0' || (S_ISREG(st->st_mode) && !(st->st_mode & S_ISUID) && (st->st_mode & group) != group &&
                      faccessat(at->fd, at->name, R_OK | W_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW) == 0))
        return 0;
    return -EPERM;
}

static int64_t link_names(const struct lr_at at[2])
{
    struct stat st, there;
    int64_t rc = look(&at[0], &st);

    if (rc == 0 && look(&at[1], &there) == 0)
        rc = -EEXIST;
    if (rc == 0)
        rc = may_write_at_all(at[1].fd);
    if (rc == 0)
        rc = may_link(&at[0], &st);
    if (rc == 0)
        rc = may_add(&at[1]);
    return rc == 0 && S_ISDIR(st.st_mode) ? -EPERM : rc;
}

static int64_t rename_names(const struct lr_at at[2], bool replace)
{
    struct stat st, old;
    int64_t rc = may_write_at_all(at[0].fd), there;

    if (rc == 0)
        rc = look(&at[0], &st);
    if (rc < 0)
        return rc;
    there = look(&at[1], &old);
    if (there == 0 && !replace)
        return -EEXIST;
    rc = may_take(&at[0], &st);
    if (rc == 0)
        rc = there == 0 ? may_take(&at[1], &old) : lr_may(at[1].fd, W_OK | X_OK);
    if (rc == 0 && there == 0 && S_ISDIR(st.st_mode) != S_ISDIR(old.st_mode))
        rc = S_ISDIR(old.st_mode) ? -EISDIR : -ENOTDIR;
    return rc;
}

static int64_t two_names(const struct hythe_call *call, void *arg)
{
    const struct hythe_link_arg *link = arg;
    const struct hythe_rename_arg *rename = arg;
    bool linking = call->op == HYTHE_OP_link;
    struct lr_at at[2];
    int64_t rc = lr_open_both(call, linking ? link->from : rename->from, linking ? link->to : rename->to,
                              linking ? (const int[]){-EPERM, -EEXIST} : (const int[]){-EBUSY, -EBUSY}, at);

    if (rc < 0)
        return rc;
    rc = linking ? link_names(at) : rename_names(at, rename->flags & HYTHE_RENAME_REPLACE);
    lr_at_close(&at[0]);
    lr_at_close(&at[1]);
    return rc;
}

/* ---- Opening ---- */

static int64_t open_there(const struct hythe_call *call, const struct hythe_open_arg *arg, int fd)
{
    int mode = (arg->access & HYTHE_OPEN_READ ? R_OK : 0) | (arg->access & HYTHE_OPEN_WRITE ? W_OK : 0);
    uint32_t fresh = HYTHE_OPEN_CREATE | HYTHE_OPEN_EXCLUSIVE;
    struct stat st;
    int64_t rc;

    if ((arg->access & fresh) == fresh)
        return -EEXIST;
    rc = fstat(fd, &st) == 0 ? lr_check_type(call, st.st_mode) : -errno;
    if (rc == 0)
        rc = lr_check_append(call, arg->access, fd);
    if (rc == 0 && arg->identity)
        *arg->identity = lr_identity(st.st_dev, st.st_ino);
    return rc == 0 ? lr_may(fd, mode) : rc;
}

/* Nobody else has the number of a file that isn't there: the device's own, and none. */
static int64_t open_new(const struct hythe_call *call, const struct hythe_open_arg *arg)
{
    struct lr_found found;
    int64_t rc = lr_walk(lr_base_of(call), arg->path, LR_MISSING, &found);

    if (rc < 0)
        return lr_refuse(call, rc);
    rc = found.fd < 0 ? lr_check_append(call, arg->access, found.at.fd) : -ESTALE;
    if (rc == 0)
        rc = lr_may(found.at.fd, W_OK | X_OK);
    if (rc == 0 && arg->identity)
        *arg->identity = lr_identity(0, 0);
    lr_found_close(&found);
    return rc;
}

/* The path stays in the slot, for what is asked about the open file. */
static int64_t open_file(const struct hythe_call *call, const struct hythe_open_arg *arg)
{
    uint32_t fresh = HYTHE_OPEN_CREATE | HYTHE_OPEN_EXCLUSIVE;
    int look_at = (arg->access & HYTHE_OPEN_NOFOLLOW) || (arg->access & fresh) == fresh ? O_NOFOLLOW : 0;
    int fd = lr_open_path(lr_base_of(call), arg->path, O_PATH | look_at);
    int64_t rc;

    if (fd >= 0) {
        rc = open_there(call, arg, fd);
        close(fd);
    } else {
        rc = fd == -ENOENT && (arg->access & HYTHE_OPEN_CREATE) ? open_new(call, arg) : lr_refuse(call, fd);
    }
    if (rc == 0)
        *call->slot = strdup(arg->path);
    return rc == 0 && !*call->slot ? -ENOMEM : rc;
}

static int64_t open_folder(const struct hythe_call *call, const struct hythe_opendir_arg *arg)
{
    int fd = lr_open_path(lr_base_of(call), arg->path, O_PATH | O_DIRECTORY);
    int64_t rc;

    if (fd < 0)
        return lr_refuse(call, fd);
    rc = lr_may(fd, R_OK);
    close(fd);
    return rc;
}

static int64_t set_of_file(const struct hythe_call *call, const struct hythe_fsetattr_arg *arg)
{
    struct hythe_setattr_arg set = {.size = sizeof(set), .path = *call->slot, .attrs = arg->attrs};
    int64_t rc = lr_foresee_setattr(call, &set);

    return rc == -ENOENT ? 0 : rc; /* one that this open would make */
}

static int64_t close_file(const struct hythe_call *call)
{
    free(*call->slot);
    *call->slot = NULL;
    return 0;
}

/* ---- All of them ---- */

static int64_t answer(const struct hythe_call *call, void *arg)
{
    switch (call->op) {
    case HYTHE_OP_getattr:
        return lr_getattr(call, arg);
    case HYTHE_OP_readlink:
        return lr_readlink(call, arg);
    case HYTHE_OP_realpath:
        return lr_realpath(call, arg);
    case HYTHE_OP_statfs:
        return lr_statfs(call, arg);
    case HYTHE_OP_setattr:
        return lr_foresee_setattr(call, arg);
    case HYTHE_OP_fsetattr:
        return set_of_file(call, arg);
    case HYTHE_OP_mkdir:
        return add_name(call, ((const struct hythe_mkdir_arg *)arg)->path);
    case HYTHE_OP_symlink:
        return add_name(call, ((const struct hythe_symlink_arg *)arg)->path);
    case HYTHE_OP_unlink:
        return remove_name(call, ((const struct hythe_unlink_arg *)arg)->path, -EISDIR, false);
    case HYTHE_OP_rmdir:
        return remove_name(call, ((const struct hythe_rmdir_arg *)arg)->path, -EBUSY, true);
    case HYTHE_OP_link:
    case HYTHE_OP_rename:
        return two_names(call, arg);
    case HYTHE_OP_open:
        return open_file(call, arg);
    case HYTHE_OP_opendir:
        return open_folder(call, arg);
    case HYTHE_OP_write:
        return (int64_t)((const struct hythe_write_arg *)arg)->len;
    case HYTHE_OP_close:
        return close_file(call);
    default:
        return 0; /* the open has decided */
    }
}

int64_t lr_foresee(struct hythe_call *call, const struct lr_rules *rules, int folder, const struct hythe_attach *attach,
                   void *arg)
{
    struct lr_instance lr;
    void *base;
    int64_t rc;

    lr_init(&lr, rules, folder);
    rc = lr_base_new(&lr, folder, attach->base, attach->flags, &base);
    if (rc < 0)
        return rc;
    call->attached = base;
    rc = answer(call, arg);
    lr_detach(NULL, base);
    return rc;
}
