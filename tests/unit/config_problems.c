/* core/config: what the reader says of files that are wrong, and that it says nothing of files that are right. */
#include "tests/unit/config_file.h"
#include "tests/unit/unit.h"

#include <limits.h>
#include <unistd.h>

struct a_case {
    const char *text; /* after CONFIG_BASE: its first line is line 2 */
    const char *said;
};

static void run(const struct a_case *cases, size_t count, const char *base, bool tree_only)
{
    for (size_t i = 0; i < count; i++) {
        char text[8192], *said;

        (void)snprintf(text, sizeof text, "%s%s", base, cases[i].text);
        said = config_said(text, tree_only);
        if (strcmp(said, cases[i].said) != 0)
            printf("  of: %s\n", cases[i].text);
        UNIT_ASSERT_STRING(said, cases[i].said);
        free(said);
    }
}

#define RUN(cases) run(cases, sizeof cases / sizeof *cases, CONFIG_BASE, false)

static void takes_what_is_right(void)
{
    static const struct a_case cases[] = {
        {"", ""},
        {"LocalPort = 0;", ""},
        {"LocalPort = 65535;", ""},
        {"LocalPort = 0x16;", ""},
        {"LocalHost = \"::1\"; TcpNoDelay = false;", ""},
        {"LocalHost = \"\";", ""},
        {"TcpNoDelay = 0;", ""},
        {"TcpNoDelay = \"Yes\";", ""},
        {"receive_window = 1048576;", ""},
        {"receive_window = \"64m\";", ""},
        {"DefaultAuthMethods = \" password , keyboard-interactive \";", ""},
        {"DefaultAuthMethods = ( \"publickey\" );", ""},
        {"DefaultAuthMethods = [ \"publickey\", \"password\" ];", ""},
        {"ProtocolVersion = 3;", ""},
        {"ProtocolVersion = 6;", ""},
        {"auth = ( { plugin = \"users\"; } );", ""},
        {"auth = (\n { plugin = \"users\"; },\n { plugin = \"pam\"; service = \"x\"; } );", ""},
        {"mounts = ( { path = \"/a/b\"; plugin = \"x_1-y\"; f = 1.5; l = ( 1, \"a\" ); big = 99999999999; } );", ""},
        {"AltSSHCert = ( );", ""},
        {"run_as = \"root\"; log_file = \"/var/log/x\"; login_grace = 600; max_unfinished = 1;", ""},
    };
    static const struct a_case users[] = {
        {"users = ( { name = \"a b@c\"; RestrictUserToHomeDir = false; HomeDir = \"/\"; } );", ""},
        {"users = ( { name = \"\xc3\xa9\"; keys = \"ssh-ed25519 x, y\"; password = \"$\"; HomeDir = \"/..b\"; } );",
         ""},
    };

    RUN(cases);
    run(users, 2, "RootDirectory = \"/srv\"; SSHCertStore = \"/k\";\n", false);
}

static void names_unknown_settings(void)
{
    static const struct a_case cases[] = {
        {"LocalPrt = 22;", "t:2: LocalPrt is not a setting; did you mean LocalPort?\n"},
        {"localport = 22;", "t:2: localport is not a setting; did you mean LocalPort?\n"},
        {"HomeDir = \"/\";", "t:2: HomeDir can't stand here: it is a setting of a user\n"},
        {"\nelephant = 1;", "t:3: elephant is not a setting\n"},
        {"AltSSHCert = ( { Store = \"a\"; Stroe = \"b\"; } );",
         "t:2: Stroe is not a setting of a host key; did you mean Store?\n"},
    };
    static const struct a_case users[] = {
        {"users = ( { name = \"a\";\n pasword = \"$\"; } );",
         "t:3: pasword is not a setting of a user; did you mean password?\n"},
        {"users = ( { name = \"a\"; LocalPort = 1; } );",
         "t:2: LocalPort can't stand here: it is a setting of the whole server, outside of all groups\n"},
    };

    RUN(cases);
    run(users, 2, "RootDirectory = \"/srv\"; SSHCertStore = \"/k\";\n", false);
}

static void refuses_what_it_would_ignore(void)
{
    static const struct a_case cases[] = {
        {"ProtocolVersion = 7;", "t:2: ProtocolVersion: 7 is out of range (3 to 6)\n"},
        {"ProtocolVersion = 2;", "t:2: ProtocolVersion: 2 is out of range (3 to 6)\n"},
        {"client_versions = ( { client = \"a\"; ProtocolVersion = 9; } );",
         "t:2: ProtocolVersion: 9 is out of range (3 to 6)\n"},
        {"client_versions = ( { ProtocolVersion = 3; } );", "t:2: a client has no client\n"},
        {"client_versions = ( { client = \"a\"; } );", "t:2: a client has no ProtocolVersion\n"},
    };

    RUN(cases);
}

static void checks_types_and_ranges(void)
{
    static const struct a_case cases[] = {
        {"log_format = \"xml\";", "t:2: log_format: \"xml\" is neither text nor json\n"},
        {"log_file = \"hythed.log\";", "t:2: log_file: \"hythed.log\" is not an absolute path\n"},
        {"LocalPort = \"22\";", "t:2: LocalPort: a number is wanted, not a string\n"},
        {"LocalPort = 22.5;", "t:2: LocalPort: a number is wanted, not a number with a point\n"},
        {"LocalPort = true;", "t:2: LocalPort: a number is wanted, not true or false\n"},
        {"LocalPort = ( 1 );", "t:2: LocalPort: a number is wanted, not a list\n"},
        {"LocalPort = { a = 1; };", "t:2: LocalPort: a number is wanted, not a group\n"},
        {"LocalPort = 65536;", "t:2: LocalPort: 65536 is out of range (0 to 65535)\n"},
        {"LocalPort = -1;", "t:2: LocalPort: -1 is out of range (0 to 65535)\n"},
        {"LocalPort = 4294967318;", "t:2: LocalPort: 4294967318 is out of range (0 to 65535)\n"},
        {"LocalPort = 0x100000016;", "t:2: LocalPort: 4294967318 is out of range (0 to 65535)\n"},
        {"login_grace = 601;", "t:2: login_grace: 601 is out of range (1 to 600)\n"},
        {"receive_window = 1;", "t:2: receive_window: 1 is out of range (128K to 64M)\n"},
        {"receive_window = \"1G\";", "t:2: receive_window: 1G is out of range (128K to 64M)\n"},
        {"receive_window = \"8X\";",
         "t:2: receive_window: \"8X\" is not a size; write bytes, or as \"512K\", \"64M\", \"1G\"\n"},
        {"receive_window = \"9999999999G\";",
         "t:2: receive_window: \"9999999999G\" is not a size; write bytes, or as \"512K\", \"64M\", \"1G\"\n"},
        {"receive_window = false;", "t:2: receive_window: a size such as \"64M\" is wanted, not true or false\n"},
        {"TcpNoDelay = 2;", "t:2: TcpNoDelay: true or false is wanted\n"},
        {"TcpNoDelay = \"maybe\";", "t:2: TcpNoDelay: true or false is wanted\n"},
        {"TcpNoDelay = ( );", "t:2: TcpNoDelay: true or false is wanted, not a list\n"},
        {"UserAuthBanner = 1;", "t:2: UserAuthBanner: a string is wanted, not a number\n"},
        {"plugin_directory = \"\";", "t:2: plugin_directory must not be empty\n"},
        {"ServerEOL = \"\\n\";", "t:2: ServerEOL: \"?\" is none of LF, CRLF and CR\n"},
        {"ServerEOL = \"CRLF\"; DirListBufferSize = 100; UnixStyleDateFormat = false;", ""},
        {"SFTPErrorMessage = \"no\";",
         "t:2: SFTPErrorMessage is the text for the answer to one event, which an embedding "
         "program sets; in a file it would be that of every error\n"},
        {"UseIOCP = true;", "t:2: UseIOCP is a way of input and output of another system\n"},
        {"BuildInfo = \"x\";", "t:2: BuildInfo can only be read: hythed --version has it\n"},
        {"DefaultAuthMethods = 1;", "t:2: DefaultAuthMethods: a string or a list of strings is wanted, not a number\n"},
        {"DefaultAuthMethods = ( 1 );", "t:2: DefaultAuthMethods: a string is wanted, not a number\n"},
        {"DefaultAuthMethods = \"pasword\";",
         "t:2: DefaultAuthMethods: \"pasword\" is not a method; did you mean password?\n"},
        {"DefaultAuthMethods = \"hostbased\";",
         "t:2: DefaultAuthMethods: \"hostbased\" is not a method; there are password, publickey and "
         "keyboard-interactive\n"},
        {"DefaultAuthMethods = \" \";", "t:2: DefaultAuthMethods is empty: nobody could log in\n"},
        {"mounts = { };", "t:2: mounts: a list of groups is wanted: ( { ... }, { ... } )\n"},
        {"mounts = ( 1 );", "t:2: mounts: a group { ... } is wanted\n"},
        {"auth = ( );", "t:2: auth is empty: nobody could log in\n"},
        {"auth = ( { } );", "t:2: an entry of auth has no plugin\n"},
        {"auth = ( { plugin = \"a/b\"; } );",
         "t:2: plugin: \"a/b\" can't be the name of a plugin (letters, digits, - and _; without folder and .so)\n"},
        {"auth = ( { plugin = \"users\"; },\n { plugin = \"users\"; } );", "t:3: auth: \"users\" is there twice\n"},
        {"auth = (\n { plugin = \"passwd-file\"; } );",
         "t:1: these users could not log in: auth has no { plugin = \"users\"; } (line 2)\n"},
        {"AltSSHCert = ( { } );", "t:2: a host key has no Store\n"},
    };

    RUN(cases);
}

static void checks_mounts(void)
{
    static const struct a_case with_root[] = {
        {"mounts = ( { path = \"/\"; plugin = \"x\"; } );",
         "t:2: path \"/\" is what RootDirectory serves (line 1): keep one of the two\n"},
    };
    static const struct a_case cases[] = {
        {"", "t: there are no mounts and no RootDirectory: nothing could be served\n"},
        {"mounts = ( );", "t:2: there are no mounts and no RootDirectory: nothing could be served\n"},
        {"mounts = ( { } );", "t:2: a mount has no path\nt:2: a mount has no plugin\n"},
        {"mounts = ( { path = \"a\"; plugin = \"x\"; } );", "t:2: path: \"a\" is not an absolute path\n"},
        {"mounts = ( { path = \"/a/\"; plugin = \"x\"; } );",
         "t:2: path: \"/a/\" has a part that is empty, \".\" or \"..\"\n"},
        {"mounts = ( { path = \"//\"; plugin = \"x\"; } );",
         "t:2: path: \"//\" has a part that is empty, \".\" or \"..\"\n"},
        {"mounts = ( { path = \"/a/../b\"; plugin = \"x\"; } );",
         "t:2: path: \"/a/../b\" has a part that is empty, \".\" or \"..\"\n"},
        {"mounts = ( { path = \"/.\"; plugin = \"x\"; } );",
         "t:2: path: \"/.\" has a part that is empty, \".\" or \"..\"\n"},
        {"mounts = ( { path = \"/a\"; plugin = \"x\"; },\n { path = \"/b\"; plugin = \"x\"; },\n"
         " { path = \"/a\"; plugin = \"y\"; } );",
         "t:4: path \"/a\" is already in line 2\n"},
        {"mounts = ( { path = \"/a\"; plugin = \"../x\"; } );",
         "t:2: plugin: \"../x\" can't be the name of a plugin (letters, digits, - and _; without folder and .so)\n"},
    };

    RUN(with_root);
    run(cases, sizeof cases / sizeof *cases, "SSHCertStore = \"/k\"; users = ( { name = \"u\"; } );\n", false);
}

static void checks_users(void)
{
    static const struct a_case cases[] = {
        {"", "t: there are no users: nobody could log in\n"},
        {"users = ( );", "t:2: there are no users: nobody could log in\n"},
        {"users = ( { } );", "t:2: a user has no name\n"},
        {"users = ( { name = \"\"; } );", "t:2: name must not be empty\n"},
        {"users = ( { name = \"a/b\"; } );", "t:2: name: a user's name that contains a slash is not possible\n"},
        {"users = ( { name = \"..\"; } );", "t:2: name: a user's name that stands for a folder is not possible\n"},
        {"users = ( { name = \"\\xc3\\xbc\"; }, { name = \"\\xfc\"; } );",
         "t:2: name: a user's name that isn't UTF-8 is not possible\n"},
        {"users = ( { name = \"a\\x07\"; } );",
         "t:2: name: a user's name that contains a control character is not possible\n"},
        {"users = ( { name = \"b\"; },\n { name = \"a\"; },\n { name = \"b\"; }, { name = \"b\"; } );",
         "t:4: user \"b\" is already in line 2\nt:4: user \"b\" is already in line 4\n"},
        {"users = ( { name = \"a\"; password = \"secret\"; } );", "t:2: password: it is no dollar\n"},
        {"users = ( { name = \"a\"; keys = (\n\"ssh-rsa A\",\n\"rsa B\" ); } );",
         "t:4: keys: not a public key: no ssh-\n"},
        {"users = ( { name = \"a\"; keys = \"x\"; } );", "t:2: keys: not a public key: no ssh-\n"},
        {"users = ( { name = \"a\"; keys = ( 1 ); } );", "t:2: keys: a string is wanted, not a number\n"},
        {"users = ( { name = \"a\"; HomeDir = \"x\"; } );", "t:2: HomeDir: \"x\" is not an absolute path\n"},
    };

    run(cases, sizeof cases / sizeof *cases, "RootDirectory = \"/srv\"; SSHCertStore = \"/k\";\n", false);
}

static void wants_a_host_key(void)
{
    static const struct a_case cases[] = {
        {"", "t: there is no private host key; set SSHCertStore to the file of one (ssh-keygen -t ed25519 -N '' -f "
             "FILE makes it) [1301]\n"},
        {"AltSSHCert = ( { Store = \"/k\"; } );", ""},
    };

    run(cases, 2, "RootDirectory = \"/srv\"; users = ( { name = \"u\"; } );\n", false);
}

static void wants_only_a_tree_of_programs_without_logins(void)
{
    static const struct a_case cases[] = {
        {"RootDirectory = \"/\";", ""},
        {"", "t: there are no mounts and no RootDirectory: nothing could be served\n"},
    };

    run(cases, 2, "", true);
}

static void tells_everything_at_once_in_order(void)
{
    static const struct a_case cases[] = {
        {"LocalPort = 70000;\nbogus = 1;\n\nLogLevel = 4;\nTcpNoDelay = \"x\";\nmounts = ( { path = \"p\"; } );\n",
         "t:2: LocalPort: 70000 is out of range (0 to 65535)\n"
         "t:3: bogus is not a setting\n"
         "t:5: LogLevel: 4 is out of range (0 to 3)\n"
         "t:6: TcpNoDelay: true or false is wanted\n"
         "t:7: a mount has no plugin\n"
         "t:7: path: \"p\" is not an absolute path\n"},
    };

    RUN(cases);
}

static void knows_the_whole_example(void)
{
    const char *top = getenv("srcdir");
    char path[PATH_MAX], *text = NULL;
    struct config_dir dir;
    size_t len = 0;
    char *said;
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/tests/unit/data/example.cfg", top ? top : ".");
    f = fopen(path, "r");
    CU_ASSERT_FATAL(f != NULL);
    CU_ASSERT(getdelim(&text, &len, 0, f) > 0);
    fclose(f);
    config_dir_make(&dir);
    config_put(&dir, "t", text, strlen(text));
    hy_config_free(config_get(&dir, "t", false, &said));
    UNIT_ASSERT_STRING(said, "");
    free(said);
    free(text);
    config_dir_remove(&dir);
}

UNIT_SUITE(config_problems, UNIT_TEST(takes_what_is_right), UNIT_TEST(names_unknown_settings),
           UNIT_TEST(refuses_what_it_would_ignore), UNIT_TEST(checks_types_and_ranges), UNIT_TEST(checks_mounts),
           UNIT_TEST(checks_users), UNIT_TEST(wants_a_host_key),
           UNIT_TEST(wants_only_a_tree_of_programs_without_logins), UNIT_TEST(tells_everything_at_once_in_order),
           UNIT_TEST(knows_the_whole_example));
