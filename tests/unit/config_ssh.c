/* core/config: the settings of the SSH side. */
#include "core/server/algorithms.h"
#include "core/server/server.h"
#include "tests/unit/config_file.h"
#include "tests/unit/unit.h"

#define X10 "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10

static void says(const char *text, const char *want)
{
    char all[4096], *said;

    (void)snprintf(all, sizeof all, CONFIG_BASE "%s", text);
    said = config_said(all, false);
    UNIT_ASSERT_STRING(said, want);
    free(said);
}

static void defaults_are_the_specifications(void)
{
    struct hy_config *c = config_good(CONFIG_BASE);

    UNIT_ASSERT_STRING(c->ServerSSHVersionString, "SSH-2.0-Hythe_" HYTHE_VERSION);
    UNIT_ASSERT_STRING(c->SSHVersionPattern[0], "*SSH-1.99-*");
    UNIT_ASSERT_STRING(c->SSHVersionPattern[2], "*SSH-2.99-*");
    CU_ASSERT(c->SSHVersionPattern[3] == NULL);
    UNIT_ASSERT_NUMBER(c->UseStrictKeyExchange, 1);
    UNIT_ASSERT_NUMBER(c->KeyRenegotiationThreshold, 1 << 30);
    UNIT_ASSERT_NUMBER(c->rekey_interval, 0);
    UNIT_ASSERT_NUMBER(c->SSHKeepAliveInterval, 0);
    UNIT_ASSERT_NUMBER(c->SSHKeepAliveCountMax, 5);
    UNIT_ASSERT_NUMBER(c->MaxReadTime, 50);
    hy_config_free(c);
}

static void versions_are_what_ssh_allows(void)
{
    says("ServerSSHVersionString = \"SSH-2.0-x y\";", "");
    says("ServerSSHVersionString = \"SSH-2.0-" X100 X100 X10 X10 X10 X10 "xxxxx\";", "");
    says("ServerSSHVersionString = \"SSH-2.0-" X100 X100 X10 X10 X10 X10 "xxxxxx\";",
         "t:2: ServerSSHVersionString: 254 bytes are too many (at most 253)\n");
    says("ServerSSHVersionString = \"SSH-1.99-x\";",
         "t:2: ServerSSHVersionString: \"SSH-1.99-x\" doesn't begin with \"SSH-2.0-\" and a name; it is the one "
         "version of SSH that is spoken\n");
    says("ServerSSHVersionString = \"SSH-2.0- x\";",
         "t:2: ServerSSHVersionString: \"SSH-2.0- x\" doesn't begin with \"SSH-2.0-\" and a name; it is the one "
         "version of SSH that is spoken\n");
    says("ServerSSHVersionString = \"SSH-2.0-a\\nb\";",
         "t:2: ServerSSHVersionString: a byte that is not printable ASCII\n");
    says("SSHVersionPattern = \"SSH-2.0-a*, SSH-2.0-b?\";", "");
    says("SSHVersionPattern = \"\";", "t:2: SSHVersionPattern is empty: no client could connect\n");
}

static void numbers_have_their_ranges(void)
{
    says("UseStrictKeyExchange = 3; SSHKeepAliveInterval = 30; SSHKeepAliveCountMax = 1; MaxReadTime = 1;", "");
    says("UseStrictKeyExchange = 0;",
         "t:2: UseStrictKeyExchange: 0 is not possible, since libssh always offers the strict key exchange; 1 leaves "
         "it to the client\n");
    says("UseStrictKeyExchange = 4;", "t:2: UseStrictKeyExchange: 4 is out of range (0 to 3)\n");
    says("KeyRenegotiationThreshold = 524288000;", "");
    says("KeyRenegotiationThreshold = 1000;", "t:2: KeyRenegotiationThreshold: 1000 is out of range (64K to 1024G)\n");
    says("SSHKeepAliveCountMax = 0;", "t:2: SSHKeepAliveCountMax: 0 is out of range (1 to 1000)\n");
    says("MaxReadTime = 0;", "t:2: MaxReadTime: 0 is out of range (1 to 60000)\n");
}

static void one_api_at_a_time(void)
{
    says("UseFIPSCompliantAPI = true;", "");
    says("UseInternalSecurityAPI = true;", "");
    says("UseFIPSCompliantAPI = true;\nUseInternalSecurityAPI = true;",
         "t:3: UseInternalSecurityAPI: the FIPS provider that UseFIPSCompliantAPI asks for needs the machine's "
         "configuration of OpenSSL\n");
}

static void the_banner_is_text(void)
{
    says("UserAuthBanner = \"100%s caf\xc3\xa9\\nline\\n\";", "");
    says("UserAuthBanner = \"caf\xe9\";",
         "t:2: UserAuthBanner: the text is not UTF-8\n");
}

/* What libssh doesn't have is left out. */
static void defaults_are_what_can_be_had(void)
{
    struct hy_config *c = config_good(CONFIG_BASE);
    struct hy_no_algorithm no;

    for (const char *const *name = c->SSHKeyExchangeAlgorithms; *name; name++)
        CU_ASSERT(hy_server_algorithm_ok("SSHKeyExchangeAlgorithms", *name, &no));
    UNIT_ASSERT_STRING(c->SSHEncryptionAlgorithms[0], "aes256-gcm@openssh.com");
    UNIT_ASSERT_STRING(c->SSHCompressionAlgorithms[0], "none");
    UNIT_ASSERT_STRING(c->SSHCompressionAlgorithms[1], "zlib@openssh.com");
    CU_ASSERT(c->SSHCompressionAlgorithms[2] == NULL);
    hy_config_free(c);
}

static void algorithms_are_known_by_their_names(void)
{
#define THREE "; there are none, zlib@openssh.com, zlib\n"
    says("SSHCompressionAlgorithms = \"zlib, none\"; SSHMacAlgorithms = ( \"hmac-sha1\" );", "");
    says("SSHCompressionAlgorithms = \"\";",
         "t:2: SSHCompressionAlgorithms is empty: no client could connect\n");
    says("SSHCompressionAlgorithms = \"none,zlib,none\";", "t:2: SSHCompressionAlgorithms: none is there twice\n");
    says("SSHCompressionAlgorithms = [ \"none\",\n\"zlip\" ];",
         "t:2: SSHCompressionAlgorithms: \"zlip\" is not an algorithm; did you mean zlib? there are none, "
         "zlib@openssh.com, zlib\n");
    says("SSHCompressionAlgorithms = \"elephant\";",
         "t:2: SSHCompressionAlgorithms: \"elephant\" is not an algorithm" THREE);
    says("SSHEncryptionAlgorithms = \"3des-ctr\";",
         "t:2: SSHEncryptionAlgorithms: 3des-ctr can't be used: libssh has 3DES as 3des-cbc alone; there are "
         "aes256-gcm@openssh.com, aes128-gcm@openssh.com, chacha20-poly1305@openssh.com, aes256-ctr, aes192-ctr, "
         "aes128-ctr, aes256-cbc, aes192-cbc, aes128-cbc, 3des-cbc\n");
}

static void weak_algorithms_are_warned_of(void)
{
    struct hy_config *c = config_good(CONFIG_BASE "SSHMacAlgorithms = \"hmac-sha2-256,hmac-sha1\";\n");
    struct hy_problems warnings = {0};

    hy_server_warn(c, &warnings);
    CU_ASSERT_EQUAL_FATAL(warnings.count, 1);
    UNIT_ASSERT_NUMBER(warnings.items[0].place.line, 2);
    UNIT_ASSERT_STRING(warnings.items[0].text, "warning: SSHMacAlgorithms: hmac-sha1 is weak: it rests on SHA-1, for "
                                               "which collisions can be made");
    hy_problems_free(&warnings);
    hy_config_free(c);
    c = config_good(CONFIG_BASE);
    hy_server_warn(c, &warnings);
    UNIT_ASSERT_NUMBER(warnings.count, 0); /* nothing of a default is weak */
    hy_config_free(c);
}

UNIT_SUITE(config_ssh, UNIT_TEST(defaults_are_the_specifications), UNIT_TEST(versions_are_what_ssh_allows),
           UNIT_TEST(numbers_have_their_ranges), UNIT_TEST(the_banner_is_text), UNIT_TEST(one_api_at_a_time),
           UNIT_TEST(defaults_are_what_can_be_had), UNIT_TEST(algorithms_are_known_by_their_names),
           UNIT_TEST(weak_algorithms_are_warned_of));
