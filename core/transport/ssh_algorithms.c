#include "core/transport/ssh_algorithms.h"

#include <fnmatch.h>
#include <libssh/libssh.h>
#include <openssl/evp.h>
#include <string.h>

enum {
    KEX = 1 << HY_SSH_KEX,
    HOST = 1 << HY_SSH_HOST_KEYS,
    CIPHER = 1 << HY_SSH_CIPHERS,
    MAC = 1 << HY_SSH_MACS,
    COMPRESSION = 1 << HY_SSH_COMPRESSION,
    USER = 1 << HY_SSH_SIGNATURES
};

#define SHA1 "it rests on SHA-1, for which collisions can be made"
#define CBC "its blocks are chained (CBC), which lets an attacker find out parts of what is sent"
#define BITS64 "its blocks have 64 bits, which repeat after some gigabytes"

/* What libssh knows, in the order of the messages. What it is asked for beyond that, it is simply asked. */
static const struct {
    unsigned lists;
    const char *name, *weak;
} known[] = {
    {KEX, "mlkem768x25519-sha256", NULL},
    {KEX, "mlkem768nistp256-sha256", NULL},
    {KEX, "mlkem1024nistp384-sha384", NULL},
    {KEX, "sntrup761x25519-sha512", NULL},
    {KEX, "sntrup761x25519-sha512@openssh.com", NULL},
    {KEX, "curve25519-sha256", NULL},
    {KEX, "curve25519-sha256@libssh.org", NULL},
    {KEX, "ecdh-sha2-nistp256", NULL},
    {KEX, "ecdh-sha2-nistp384", NULL},
    {KEX, "ecdh-sha2-nistp521", NULL},
    {KEX, "diffie-hellman-group14-sha256", NULL},
    {KEX, "diffie-hellman-group16-sha512", NULL},
    {KEX, "diffie-hellman-group18-sha512", NULL},
    {KEX, "diffie-hellman-group-exchange-sha256", NULL},
    {KEX, "diffie-hellman-group-exchange-sha1", SHA1},
    {KEX, "diffie-hellman-group14-sha1", SHA1},
    {KEX, "diffie-hellman-group1-sha1", "its 1024 bits are too few, and " SHA1},
    {HOST | USER, "ssh-ed25519", NULL},
    {HOST | USER, "ecdsa-sha2-nistp521", NULL},
    {HOST | USER, "ecdsa-sha2-nistp384", NULL},
    {HOST | USER, "ecdsa-sha2-nistp256", NULL},
    {USER, "sk-ssh-ed25519@openssh.com", NULL},
    {USER, "sk-ecdsa-sha2-nistp256@openssh.com", NULL},
    {HOST | USER, "rsa-sha2-512", NULL},
    {HOST | USER, "rsa-sha2-256", NULL},
    {HOST | USER, "ssh-rsa", SHA1},
    {CIPHER, "aes256-gcm@openssh.com", NULL},
    {CIPHER, "aes128-gcm@openssh.com", NULL},
    {CIPHER, "chacha20-poly1305@openssh.com", NULL},
    {CIPHER, "aes256-ctr", NULL},
    {CIPHER, "aes192-ctr", NULL},
    {CIPHER, "aes128-ctr", NULL},
    {CIPHER, "aes256-cbc", CBC},
    {CIPHER, "aes192-cbc", CBC},
    {CIPHER, "aes128-cbc", CBC},
    {CIPHER, "3des-cbc", BITS64 ", and " CBC},
    {MAC, "hmac-sha2-256-etm@openssh.com", NULL},
    {MAC, "hmac-sha2-512-etm@openssh.com", NULL},
    {MAC, "hmac-sha2-256", NULL},
    {MAC, "hmac-sha2-512", NULL},
    {MAC, "hmac-sha1-etm@openssh.com", SHA1},
    {MAC, "hmac-sha1", SHA1},
    {COMPRESSION, "none", NULL},
    {COMPRESSION, "zlib@openssh.com", NULL},
    {COMPRESSION, "zlib", "it begins before the login, so that anybody reaches it; zlib@openssh.com begins after"},
};

/* Patterns of names that are in use elsewhere. The first that matches holds. */
static const struct {
    unsigned lists;
    const char *pattern, *why;
} never[] = {
    {KEX, "gss-*", "libssh has no key exchange with Kerberos for servers"},
    {HOST | USER, "x509v3-*", "libssh knows no X.509 certificates"},
    {HOST | USER, "ssh-dss*", "DSA keys of SSH have 1024 bits, which are too few, and libssh is built without them"},
    {HOST, "*-cert-v01@openssh.com", "libssh has no certificates for host keys"},
    {USER, "*-cert-v01@openssh.com", "a certificate is let in by the algorithm of its key: name that"},
    {HOST, "sk-*", "a host key can't lie in a security key"},
    {CIPHER, "none", "what is sent would be readable by anybody"},
    {CIPHER, "arcfour*", "RC4 is broken, and libssh doesn't have it"},
    {CIPHER, "3des-ctr", "libssh has 3DES as 3des-cbc alone"},
    {CIPHER, "blowfish-*", "libssh is built without Blowfish"},
    {CIPHER, "cast128-*", "libssh doesn't have CAST-128"},
    {MAC, "none", "what is sent could be changed by anybody"},
    {MAC, "*-96*", "it is cut to 96 bits, which libssh doesn't do"},
    {MAC, "hmac-md5*", "MD5 is broken, and libssh doesn't use it"},
    {MAC, "hmac-ripemd160*", "libssh doesn't have RIPEMD-160"},
    {MAC, "umac-*", "libssh doesn't have UMAC"},
};

/* libssh takes a list of one name if it has the algorithm; longer lists it would shorten in silence. */
static bool linked_has(enum hy_ssh_list list, const char *name)
{
    static const enum ssh_options_e options[HY_SSH_LISTS] = {[HY_SSH_KEX] = SSH_OPTIONS_KEY_EXCHANGE,
                                                             [HY_SSH_HOST_KEYS] = SSH_OPTIONS_HOSTKEYS,
                                                             [HY_SSH_CIPHERS] = SSH_OPTIONS_CIPHERS_C_S,
                                                             [HY_SSH_MACS] = SSH_OPTIONS_HMAC_C_S,
                                                             [HY_SSH_COMPRESSION] = SSH_OPTIONS_COMPRESSION_C_S,
                                                             [HY_SSH_SIGNATURES] =
                                                                 SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES};
    ssh_session probe = ssh_new();
    bool has = probe && *name && !strchr(name, ',') && ssh_options_set(probe, options[list], name) == SSH_OK;

    ssh_free(probe);
    return has;
}

bool hy_ssh_algorithm_ok(enum hy_ssh_list list, const char *name, const char **why)
{
    const unsigned bit = 1U << list;

    *why = NULL;
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (never[i].lists & bit && fnmatch(never[i].pattern, name, 0) == 0) {
            *why = never[i].why;
            return false;
        }
    if (linked_has(list, name)) {
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (known[i].lists & bit && strcmp(known[i].name, name) == 0)
                *why = known[i].weak;
        return true;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].lists & bit && strcmp(known[i].name, name) == 0)
            *why = EVP_default_properties_is_fips_enabled(NULL) ? "it is not allowed where FIPS is wanted"
                                                                : "the libssh that is linked doesn't have it";
    return false;
}

size_t hy_ssh_algorithms(enum hy_ssh_list list, const char *names[HY_SSH_ALGORITHMS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < sizeof known / sizeof *known && count < HY_SSH_ALGORITHMS_MAX; i++)
        if (known[i].lists & 1U << list && linked_has(list, known[i].name))
            names[count++] = known[i].name;
    return count;
}

/* Whether one of the names of a list begins with these bytes, and goes on with `rest`. */
static bool among(const char *list, const char *name, size_t len, const char *rest)
{
    size_t more = strlen(rest);

    for (;; list++) {
        size_t n = strcspn(list, ",");

        if (n == len + more && memcmp(list, name, len) == 0 && memcmp(list + len, rest, more) == 0)
            return true;
        list += n;
        if (!*list)
            return false;
    }
}

bool hy_ssh_key_can(const char *signatures, const uint8_t *key, size_t len)
{
    static const char cert[] = "-cert-v01@openssh.com", rsa[] = "ssh-rsa";
    const char *name = (const char *)key + 4, *rest = "";
    size_t n;

    if (len < 4)
        return false;
    n = (size_t)key[0] << 24 | (size_t)key[1] << 16 | (size_t)key[2] << 8 | key[3];
    if (n > len - 4)
        return false;
    if (n >= sizeof cert && memcmp(name + n - (sizeof cert - 1), cert, sizeof cert - 1) == 0) {
        n -= sizeof cert - 1;
        if (memcmp(name, "sk-", 3) == 0)
            rest = "@openssh.com";
    }
    if (n == sizeof rsa - 1 && memcmp(name, rsa, n) == 0 &&
        (among(signatures, "rsa-sha2-", 9, "512") || among(signatures, "rsa-sha2-", 9, "256")))
        return true;
    return among(signatures, name, n, rest);
}
