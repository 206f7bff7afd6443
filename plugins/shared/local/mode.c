/* Permission bits: what new things get, and changing them through any descriptor. */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452 /* Linux 6.6, the same number everywhere but on Alpha */
#endif

enum { SET_ID = S_ISUID | S_ISGID };

mode_t lr_new_mode(const struct lr_base *base, const struct hythe_attrs *attrs, int64_t fallback)
{
    const struct lr_rules *rules = base->lr->rules;
    mode_t mode = attrs && (attrs->valid & HYTHE_ATTR_MODE) ? attrs->mode & 07777u : (mode_t)fallback;

    mode &= ~(mode_t)rules->umask;
    return rules->allow_setid ? mode : mode & ~(mode_t)SET_ID;
}

int lr_chmod(int fd, mode_t mode)
{
    struct lr_proc proc = lr_proc_of(fd);

    if (fchmod(fd, mode) == 0)
        return 0;
    if (errno != EBADF)
        return -errno;
    if (chmod(proc.name, mode) == 0)
        return 0;
    if (errno != ENOENT && errno != EACCES)
        return -errno;
    if (syscall(SYS_fchmodat2, fd, "", mode, AT_EMPTY_PATH) == 0)
        return 0;
    return errno == ENOSYS ? -EOPNOTSUPP : -errno;
}

/* hythed clears its umask; a program that embeds the server may have one, which belongs to the whole process and which
 * only the process may change. What it takes away is put back, unless the folder's default ACL shaped the mode: that
 * is the administrator's word. */
void lr_fix_mode(int folder, int fd, mode_t now, mode_t wanted)
{
    struct lr_proc proc = lr_proc_of(folder);

    if ((wanted & ~now & 07777) == 0)
        return;
    if (getxattr(proc.name, "system.posix_acl_default", NULL, 0) >= 0 || (errno != ENODATA && errno != EOPNOTSUPP))
        return;
    (void)lr_chmod(fd, (now | wanted) & 07777); /* at worst the mode stays as the umask left it */
}
