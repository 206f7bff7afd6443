#include "core/server/internal.h"

#include <string.h>

/* SYMLINK's two paths travel in either order. OpenSSH's client and these others always send the target first; the rest
 * follow the draft (link first) unless the server calls itself OpenSSH, which this one doesn't. */
static const char *const target_first[] = {"OpenSSH", "paramiko", "libssh2", "Go", "rclone", "JSCH", "JSch"};

enum hy_symlink_order hy_client_symlink_order(const char *version)
{
    for (size_t i = 0; i < sizeof target_first / sizeof *target_first; i++)
        if (strncmp(version, target_first[i], strlen(target_first[i])) == 0)
            return HY_SYMLINK_TARGET_FIRST;
    return HY_SYMLINK_LINK_FIRST;
}
