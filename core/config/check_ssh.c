/* What no single value of the settings of SSH shows. */
#include "core/base/utf8.h"
#include "core/config/read.h"

#include <stddef.h>
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

static void check_api(struct hy_reading *r)
{
    if (r->config->UseFIPSCompliantAPI && r->config->UseInternalSecurityAPI)
        hy_reading_add(r, hy_config_place(r->config, "UseInternalSecurityAPI"),
                       "UseInternalSecurityAPI: the FIPS provider that UseFIPSCompliantAPI asks for needs the "
                       "machine's configuration of OpenSSL");
}

static void check_banner(struct hy_reading *r)
{
    if (!hy_is_utf8(r->config->UserAuthBanner))
        hy_reading_add(r, hy_config_place(r->config, "UserAuthBanner"), "UserAuthBanner: the text is not UTF-8");
}

/* The fields of lists of algorithms. */
static const struct {
    const char *name;
    size_t offset;
} algorithms[] = {
#define ROW(name) \
    { \
#name, offsetof(struct hy_config, name) \
    }
    ROW(SSHKeyExchangeAlgorithms), ROW(SSHPublicKeyAlgorithms),    ROW(SSHEncryptionAlgorithms), ROW(SSHMacAlgorithms),
    ROW(SSHCompressionAlgorithms), ROW(SSHPubKeyAuthSigAlgorithms)
#undef ROW
};

/* "a, b, c" */
static void join(char *out, size_t size, const char *const *names)
{
    size_t used = 0;

    *out = '\0';
    for (size_t i = 0; names[i] && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", names[i]);
}

static void complain(struct hy_reading *r, struct hy_place place, const char *setting, const char *name,
                     const struct hy_no_algorithm *no)
{
    const char *near = hy_nearest(name, no->names);
    char names[800];

    join(names, sizeof names, no->names);
    if (no->why)
        hy_reading_add(r, place, "%s: %s can't be used: %s; there are %s", setting, name, no->why, names);
    else
        hy_reading_add(r, place, "%s: \"%s\" is not an algorithm%s%s%s there are %s", setting, name,
                       near ? "; did you mean " : "", near ? near : "", near ? "?" : ";", names);
}

static bool is_there(const char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

/* What the file says must be possible; of a default, what is. */
static void check_algorithms(struct hy_reading *r, const char *setting, const char *const **field)
{
    struct hy_place place = hy_config_place(r->config, setting);
    const char *const *list = *field;
    const char **kept;
    size_t count = 0, n = 0;

    while (list[count])
        count++;
    kept = hy_reading_alloc(r, count + 1, sizeof *kept);
    for (size_t i = 0; kept && i < count; i++) {
        struct hy_no_algorithm no = {.why = NULL};

        if (is_there(list, i, list[i]))
            hy_reading_add(r, place, "%s: %s is there twice", setting, list[i]);
        else if (r->rules->algorithm_ok && !r->rules->algorithm_ok(setting, list[i], &no)) {
            if (place.line)
                complain(r, place, setting, list[i], &no);
        } else
            kept[n++] = list[i];
    }
    if (!count)
        hy_reading_add(r, place, "%s is empty: no client could connect", setting);
    else if (kept && !n && !place.line)
        hy_reading_add(r, place, "%s: nothing of its default can be used here", setting);
    else if (kept)
        *field = kept;
}

void hy_check_ssh(struct hy_reading *r)
{
    check_version(r);
    check_patterns(r);
    check_strict(r);
    check_banner(r);
    check_api(r);
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        check_algorithms(r, algorithms[i].name, (const char *const **)((char *)r->config + algorithms[i].offset));
}
