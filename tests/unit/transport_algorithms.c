/* Which algorithms there are, and what is said of them. */
#include "core/transport/ssh_algorithms.h"
#include "tests/unit/unit.h"

#include <openssl/evp.h>

static const struct {
    enum hy_ssh_list list;
    const char *good, *weak, *never; /* "a,b,c" */
} lists[] = {
    {HY_SSH_KEX, "curve25519-sha256,ecdh-sha2-nistp521,diffie-hellman-group18-sha512",
     "diffie-hellman-group1-sha1,diffie-hellman-group14-sha1,diffie-hellman-group-exchange-sha1",
     "gss-group14-sha256-toWM5Slw5Ew8Mqkay+al2g==,gss-gex-sha1-toWM5Slw5Ew8Mqkay+al2g=="},
    {HY_SSH_HOST_KEYS, "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512", "ssh-rsa",
     "ssh-dss,x509v3-sign-rsa,ssh-ed25519-cert-v01@openssh.com,sk-ssh-ed25519@openssh.com"},
    {HY_SSH_CIPHERS, "aes256-gcm@openssh.com,chacha20-poly1305@openssh.com,aes192-ctr", "aes256-cbc,3des-cbc",
     "3des-ctr,blowfish-cbc,arcfour,arcfour128,arcfour256,cast128-cbc,none"},
    {HY_SSH_MACS, "hmac-sha2-512-etm@openssh.com,hmac-sha2-256", "hmac-sha1,hmac-sha1-etm@openssh.com",
     "hmac-md5,hmac-md5-96,hmac-sha1-96,hmac-sha2-256-96,hmac-ripemd160,hmac-ripemd160-96,umac-64@openssh.com,"
     "umac-128-etm@openssh.com,none"},
    {HY_SSH_COMPRESSION, "none,zlib@openssh.com", "zlib", ""},
    {HY_SSH_SIGNATURES, "ssh-ed25519,sk-ssh-ed25519@openssh.com,rsa-sha2-256,ecdsa-sha2-nistp384", "ssh-rsa",
     "ssh-dss,x509v3-sign-rsa,x509v3-sign-dss,ssh-rsa-cert-v01@openssh.com"},
};

enum kind { GOOD, WEAK, NEVER };

static void each(enum hy_ssh_list list, const char *names, enum kind kind)
{
    char copy[512], *rest, *name;

    (void)snprintf(copy, sizeof copy, "%s", names);
    for (name = strtok_r(copy, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
        const char *why = "";

        if (hy_ssh_algorithm_ok(list, name, &why) != (kind != NEVER) || (why != NULL) != (kind != GOOD)) {
            printf("  %s: %s\n", name, why ? why : "nothing said");
            CU_FAIL("an algorithm");
        }
    }
}

static void each_name_of_the_specification_is_known(void)
{
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        each(lists[i].list, lists[i].good, GOOD);
        each(lists[i].list, lists[i].weak, WEAK);
        each(lists[i].list, lists[i].never, NEVER);
    }
}

static void nobody_knows_other_names(void)
{
    static const char *const names[] = {"", "elephant", "aes256-ctr,aes128-ctr", "AES256-CTR", "aes256-ctr "};
    const char *why;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (int list = 0; list < HY_SSH_LISTS; list++) {
            CU_ASSERT(!hy_ssh_algorithm_ok((enum hy_ssh_list)list, names[i], &why));
            CU_ASSERT(why == NULL);
        }
}

static void what_can_be_had_is_listed(void)
{
    for (int list = 0; list < HY_SSH_LISTS; list++) {
        const char *names[HY_SSH_ALGORITHMS_MAX], *why;
        size_t count = hy_ssh_algorithms((enum hy_ssh_list)list, names);

        CU_ASSERT(count >= 3 && count <= HY_SSH_ALGORITHMS_MAX);
        for (size_t i = 0; i < count; i++)
            CU_ASSERT(hy_ssh_algorithm_ok((enum hy_ssh_list)list, names[i], &why));
    }
}

/* A key that begins with a name. */
static bool can(const char *signatures, const char *name)
{
    uint8_t key[128] = {0};
    size_t len = strlen(name);

    key[3] = (uint8_t)len;
    memcpy(key + 4, name, len);
    return hy_ssh_key_can(signatures, key, len + 8);
}

static void keys_go_with_their_signatures(void)
{
    CU_ASSERT(can("rsa-sha2-256,ssh-ed25519", "ssh-ed25519"));
    CU_ASSERT(can("rsa-sha2-256,ssh-ed25519", "ssh-rsa"));
    CU_ASSERT(can("rsa-sha2-512", "ssh-rsa"));
    CU_ASSERT(can("ssh-rsa", "ssh-rsa"));
    CU_ASSERT(!can("ssh-ed25519", "ssh-rsa"));
    CU_ASSERT(!can("sk-ssh-ed25519@openssh.com", "ssh-ed25519"));
    CU_ASSERT(!can("ssh-ed25519", "ssh-ed2551"));
    CU_ASSERT(!can("ssh-ed2551", "ssh-ed25519"));
    CU_ASSERT(can("ssh-ed25519", "ssh-ed25519-cert-v01@openssh.com"));
    CU_ASSERT(can("rsa-sha2-512", "ssh-rsa-cert-v01@openssh.com"));
    CU_ASSERT(!can("ssh-ed25519", "ssh-rsa-cert-v01@openssh.com"));
    CU_ASSERT(can("sk-ssh-ed25519@openssh.com", "sk-ssh-ed25519-cert-v01@openssh.com"));
    CU_ASSERT(!can("ssh-ed25519", ""));
    CU_ASSERT(!can("ssh-ed25519", "-cert-v01@openssh.com"));
}

static void malformed_keys_can_nothing(void)
{
    static const uint8_t key[] = {0, 0, 0, 11, 's', 's', 'h', '-', 'e', 'd', '2', '5', '5', '1', '9'};
    static const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, 's', 's', 'h'};

    CU_ASSERT(hy_ssh_key_can("ssh-ed25519", key, sizeof key));
    for (size_t len = 0; len < sizeof key; len++)
        CU_ASSERT(!hy_ssh_key_can("ssh-ed25519", key, len));
    CU_ASSERT(!hy_ssh_key_can("ssh-ed25519", huge, sizeof huge));
}

/* Of a list it only takes what OpenSSL wants to be, not the provider. */
static void fips_has_fewer(void)
{
    const char *why;

    CU_ASSERT_FATAL(EVP_default_properties_enable_fips(NULL, 1) == 1);
    CU_ASSERT(hy_ssh_algorithm_ok(HY_SSH_CIPHERS, "aes256-ctr", &why));
    CU_ASSERT(!hy_ssh_algorithm_ok(HY_SSH_CIPHERS, "chacha20-poly1305@openssh.com", &why));
    UNIT_ASSERT_STRING(why, "it is not allowed where FIPS is wanted");
    CU_ASSERT(!hy_ssh_algorithm_ok(HY_SSH_KEX, "curve25519-sha256", &why));
    CU_ASSERT(!hy_ssh_algorithm_ok(HY_SSH_HOST_KEYS, "ssh-ed25519", &why));
    CU_ASSERT(EVP_default_properties_enable_fips(NULL, 0) == 1);
    CU_ASSERT(hy_ssh_algorithm_ok(HY_SSH_KEX, "curve25519-sha256", &why));
}

UNIT_SUITE(algorithms, UNIT_TEST(each_name_of_the_specification_is_known), UNIT_TEST(nobody_knows_other_names),
           UNIT_TEST(what_can_be_had_is_listed), UNIT_TEST(keys_go_with_their_signatures),
           UNIT_TEST(malformed_keys_can_nothing), UNIT_TEST(fips_has_fewer));
