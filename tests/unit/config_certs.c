/* Host keys in the file: SSHCert..., AltSSHCert and the lists. */
#include "tests/unit/config_file.h"
#include "tests/unit/unit.h"

#define BASE "RootDirectory = \"/srv\"; users = ( { name = \"u\"; } );\n"

static void reads_both_shapes(void)
{
    static const char *const shapes[] = {
        BASE "SSHCertStore = \"/k\"; AltSSHCert = ( { Store = \"/a\"; StoreType = 6; StorePassword = \"p\"; },\n"
             "{ Store = \"/b\"; StoreType = \"ppkfile\"; Subject = \"CN=x, C=US\"; } );\n",
        BASE "SSHCertStore = \"/k\"; AltSSHCertCount = 2; AltSSHCertStore = ( \"/a\",\n\"/b\" );\n"
             "AltSSHCertStoreType = ( 6, \"PPKFile\" ); AltSSHCertStorePassword = [ \"p\", \"\" ];\n"
             "AltSSHCertSubject = ( \"\", \"CN=x, C=US\" );\n",
    };

    for (size_t i = 0; i < 2; i++) {
        struct hy_config *c = config_good(shapes[i]);

        CU_ASSERT_EQUAL_FATAL(c->key_count, 3);
        UNIT_ASSERT_STRING(c->keys[0].source.setting, "SSHCertStore");
        UNIT_ASSERT_STRING(hy_store_type_name(c->keys[0].source.type), "Auto");
        UNIT_ASSERT_STRING(c->keys[1].source.store, "/a");
        UNIT_ASSERT_STRING(c->keys[1].source.password, "p");
        UNIT_ASSERT_STRING(c->keys[1].source.subject, "");
        UNIT_ASSERT_STRING(hy_store_type_name(c->keys[1].source.type), "PEMKeyFile");
        UNIT_ASSERT_STRING(c->keys[2].source.store, "/b");
        UNIT_ASSERT_STRING(c->keys[2].source.password, "");
        UNIT_ASSERT_STRING(c->keys[2].source.subject, "CN=x, C=US");
        UNIT_ASSERT_STRING(hy_store_type_name(c->keys[2].source.type), "PPKFile");
        UNIT_ASSERT_NUMBER(c->keys[2].place.line, 3);
        hy_config_free(c);
    }
}

static void one_further_key_needs_no_list(void)
{
    struct hy_config *c = config_good(BASE "AltSSHCertStore = \"/a\"; AltSSHCertStoreType = 18;\n");

    CU_ASSERT_EQUAL_FATAL(c->key_count, 1);
    CU_ASSERT_FALSE(hy_config_first_key(c));
    UNIT_ASSERT_STRING(c->keys[0].source.store, "/a");
    UNIT_ASSERT_STRING(c->keys[0].source.setting, "AltSSHCertStore[0]");
    UNIT_ASSERT_STRING(hy_store_type_name(c->keys[0].source.type), "JWKFile");
    hy_config_free(c);
}

static void says_what_does_not_agree(void)
{
    static const struct {
        const char *text, *said;
    } rows[] = {
        {"SSHCertStoreType = 20;", "SSHCertStoreType: \"20\" is not a type of store; there are Auto, PEMKeyFile, "
                                   "PFXFile, PPKFile, JWKFile, XMLFile, and the same with Blob\n"},
        {"SSHCertStoreType = \"PEMFile\";",
         "SSHCertStoreType: \"PEMFile\" is not a type of store; did you mean PFXFile?\n"},
        {"SSHCertStoreType = true;", "SSHCertStoreType: a string is wanted, not true or false\n"},
        {"SSHCertStoreType = \"cstUser\";",
         "SSHCertStoreType: User: certificate stores of Windows are not to be had on this system\n"},
        {"SSHCertStoreType = 23;", "SSHCertStoreType: PKCS11: keys in security devices can't be used: libssh is built "
                                   "without PKCS#11\n"},
        {"AltSSHCert = ( { Store = \"/a\"; StoreType = \"JKSFile\"; } );",
         "StoreType: JKSFile: Java's key stores aren't read; keytool -importkeystore -deststoretype pkcs12 makes a PFX "
         "file of one\n"},
        {"AltSSHCertStore = ( \"/a\", \"/b\" ); AltSSHCertCount = 3;",
         "AltSSHCertCount is 3, and AltSSHCertStore has 2 values\n"},
        {"AltSSHCertStore = ( \"/a\", \"/b\" ); AltSSHCertStoreType = ( 6 );",
         "AltSSHCertStoreType has 1 values for the 2 of AltSSHCertStore\n"},
        {"AltSSHCertStore = \"/a\"; AltSSHCertSubject = ( \"*\", \"*\" );",
         "AltSSHCertSubject has 2 values for the 1 of AltSSHCertStore\n"},
        {"AltSSHCertStorePassword = ( \"p\" );",
         "AltSSHCertStorePassword: there is no AltSSHCertStore that it could belong to\n"},
        {"AltSSHCertCount = 1;", "AltSSHCertCount is 1, and there is no AltSSHCertStore\n"},
        {"AltSSHCertStore = \"/a\"; AltSSHCert = ( { Store = \"/b\"; }, { Store = \"/c\"; } );",
         "AltSSHCertStore and AltSSHCert (line 2): keep one of the two\n"},
        {"AltSSHCert = ( { Store = \"/b\"; } ); AltSSHCertStore = ( \"/a\", \"/c\" );",
         "AltSSHCertStore and AltSSHCert (line 2): keep one of the two\n"},
        {"AltSSHCertStore = ( 1 );", "AltSSHCertStore: a string is wanted, not a number\n"},
        {"AltSSHCertCount = 0;", ""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[512], wanted[512], *said;

        (void)snprintf(text, sizeof text, CONFIG_BASE "%s\n", rows[i].text);
        (void)snprintf(wanted, sizeof wanted, "%s%s", *rows[i].said ? "t:2: " : "", rows[i].said);
        said = config_said(text, false);
        UNIT_ASSERT_STRING(said, wanted);
        free(said);
    }
}

/* What a dump shows loads again; passwords and keys it doesn't show. */
static void a_dump_hides_secrets(void)
{
    struct hy_config *c = config_good(
        BASE "SSHCertStore = \"-----BEGIN hush\"; SSHCertStorePassword = \"hush\"; SSHCertEncoded = \"hush\";\n"
             "AltSSHCert = ( { Store = \"/a\"; StorePassword = \"hush\"; Subject = \"s\"; },\n"
             "{ Store = \"{ hush }\"; }, { Store = \"/b\"; StoreType = 2; StorePassword = \"file:/p\"; } );\n");
    char *text = config_dumped(c);

    CU_ASSERT(strstr(text, "hush") == NULL);
    CU_ASSERT(strstr(text, "# SSHCertStore = \"***\";\n") != NULL);
    CU_ASSERT(strstr(text, "# SSHCertStorePassword = \"***\";\n") != NULL);
    CU_ASSERT(strstr(text, "# StorePassword = \"***\";\n") != NULL);
    hy_config_free(c);
    free(text);
    c = config_good(BASE "SSHCertStore = \"/k\"; SSHCertStorePassword = \"env:P\"; SSHCertStoreType = 14;\n"
                         "AltSSHCertStore = \"/b\"; AltSSHCertStorePassword = \"file:/p\";\n");
    text = config_dumped(c);
    hy_config_free(c);
    c = config_good(text);
    UNIT_ASSERT_STRING(c->keys[0].source.password, "env:P");
    UNIT_ASSERT_STRING(hy_store_type_name(c->keys[0].source.type), "PPKFile");
    UNIT_ASSERT_STRING(c->keys[1].source.password, "file:/p");
    hy_config_free(c);
    free(text);
}

UNIT_SUITE(config_certs, UNIT_TEST(reads_both_shapes), UNIT_TEST(one_further_key_needs_no_list),
           UNIT_TEST(says_what_does_not_agree), UNIT_TEST(a_dump_hides_secrets));
