/* What no single value of the settings of SSH shows. */
#include "core/base/utf8.h"
#include "core/config/read.h"

#include <string.h>

static const char prefix[] = "SSH-2.0-";

enum { VERSION_MAX = 245 }; /* of a line of 255 bytes, its end and the prefix are taken */

/* RFC 4253 section 4.2. */
static void check_version(struct hy_reading *r)
{
    struct hy_place place = hy_config_place(r->config, "ServerSSHVersionString");
    const char *s = r->config->ServerSSHVersionString, *rest = s + sizeof prefix - 1;

    if (strncmp(s, prefix, sizeof prefix - 1) != 0 || !*rest || *rest == ' ') {
        hy_reading_add(r, place,
                       "ServerSSHVersionString: \"%s\" doesn't begin with \"%s\" and a name; it is the one version of "
                       "SSH that is spoken",
                       s, prefix);
        return;
    }
    if (strlen(rest) > VERSION_MAX)
        hy_reading_add(r, place, "ServerSSHVersionString: %zu bytes are too many (at most %zu)", strlen(s),
                       VERSION_MAX + sizeof prefix - 1);
    for (; *rest; rest++)
        if (*rest < 0x20 || *rest > 0x7e) {
            hy_reading_add(r, place, "ServerSSHVersionString: a byte that is not printable ASCII");
            return;
        }
}

static void check_patterns(struct hy_reading *r)
{
    if (!r->config->SSHVersionPattern[0])
        hy_reading_add(r, hy_config_place(r->config, "SSHVersionPattern"),
                       "SSHVersionPattern is empty: no client could connect");
}

static void check_strict(struct hy_reading *r)
{
    if (!r->config->UseStrictKeyExchange)
        hy_reading_add(r, hy_config_place(r->config, "UseStrictKeyExchange"),
                       "UseStrictKeyExchange: 0 is not possible, since libssh always offers the strict key exchange; 1 "
                       "leaves it to the client");
}

static void check_banner(struct hy_reading *r)
{
    if (!hy_is_utf8(r->config->UserAuthBanner))
        hy_reading_add(r, hy_config_place(r->config, "UserAuthBanner"), "UserAuthBanner: the text is not UTF-8");
}

void hy_check_ssh(struct hy_reading *r)
{
    check_version(r);
    check_patterns(r);
    check_strict(r);
    check_banner(r);
}
