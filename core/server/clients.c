#include "core/server/internal.h"

#include <fnmatch.h>
#include <string.h>

/* SYMLINK's two paths travel in either order. OpenSSH's client and these others always send the target first; the rest
 * follow the draft (link first) unless the server calls itself OpenSSH. */
static const char *const target_first[] = {"OpenSSH", "paramiko", "libssh2", "Go", "rclone", "JSCH", "JSch"};

enum hy_symlink_order hy_client_symlink_order(const char *version, const char *server)
{
    if (strstr(server, "OpenSSH"))
        return HY_SYMLINK_TARGET_FIRST;
    for (size_t i = 0; i < sizeof target_first / sizeof *target_first; i++)
        if (strncmp(version, target_first[i], strlen(target_first[i])) == 0)
            return HY_SYMLINK_TARGET_FIRST;
    return HY_SYMLINK_LINK_FIRST;
}

/* AsyncSSH reads and writes a mask behind the bits of version 5 too. */
bool hy_client_masked_bits(const char *version)
{
    return strncmp(version, "AsyncSSH", 8) == 0;
}

uint32_t hy_client_ceiling(const struct hy_config *config, const char *user, const char *version)
{
    const struct hy_user_config *u = hy_config_user(config, user);
    int64_t ceiling = u && u->version ? u->version : config->ProtocolVersion;

    for (size_t i = 0; i < config->client_count; i++) {
        const struct hy_client_config *c = &config->clients[i];

        if (fnmatch(c->client, version, 0) != 0)
            continue;
        if (!(u && u->version && u->version < c->version))
            ceiling = c->version;
        break;
    }
    return (uint32_t)ceiling;
}
