/* core/config: the settings of the SSH side. */
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

static void the_banner_is_text(void)
{
    says("UserAuthBanner = \"100%s caf\xc3\xa9\\nline\\n\";", "");
    says("UserAuthBanner = \"caf\xe9\";",
         "t:2: UserAuthBanner: the text is not UTF-8\n");
}

UNIT_SUITE(config_ssh, UNIT_TEST(defaults_are_the_specifications), UNIT_TEST(versions_are_what_ssh_allows),
           UNIT_TEST(numbers_have_their_ranges), UNIT_TEST(the_banner_is_text));
