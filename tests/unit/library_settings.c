/* Settings by name. */
#include "core/config/table.h"
#include "tests/unit/library_box.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/socket.h>

static bool is_plain(const struct hy_row *row)
{
    return row->kind == HY_ROW_GLOBAL && strcmp(row->name, "Listening") != 0;
}

/* What was read of a setting sets it to the same again. */
static void every_setting_goes_round(void)
{
    char value[8192], again[8192];
    struct box box;

    box_make(&box);
    for (size_t i = 0; i < hy_row_count; i++) {
        const char *name = hy_rows[i].name;

        if (!is_plain(&hy_rows[i]))
            continue;
        box_ok(&box, hythe_server_get(box.server, name, value, sizeof value));
        box_ok(&box, hythe_server_set(box.server, name, value));
        box_ok(&box, hythe_server_get(box.server, name, again, sizeof again));
        UNIT_ASSERT_STRING(again, value);
    }
    box_clear(&box);
}

/* Both ends of each range, and what lies behind them. */
static void every_number_has_its_range(void)
{
    struct box box;

    box_make(&box);
    for (size_t i = 0; i < hy_row_count; i++) {
        const struct hy_row *row = &hy_rows[i];
        int64_t value = -1;

        if (!is_plain(row) || (row->type != HY_TYPE_INT && row->type != HY_TYPE_SIZE) ||
            strcmp(row->name, "KeyboardInteractivePromptCount") == 0) /* it makes room for that many */
            continue;
        box_fails(&box, hythe_server_set_number(box.server, row->name, row->max + 1), -EINVAL, "out of range");
        box_fails(&box, hythe_server_set_number(box.server, row->name, row->min - 1), -EINVAL, row->name);
        box_fails(&box, hythe_server_set(box.server, row->name, "much"), -EINVAL, row->name);
        if (strcmp(row->name, "UseStrictKeyExchange") != 0) /* 0 isn't possible */
            box_ok(&box, hythe_server_set_number(box.server, row->name, row->min));
        box_ok(&box, hythe_server_set_number(box.server, row->name, row->max));
        box_ok(&box, hythe_server_get_number(box.server, row->name, &value));
        if (value != row->max)
            printf("  %s: %" PRId64 "\n", row->name, value);
        UNIT_ASSERT_NUMBER(value, row->max);
    }
    box_clear(&box);
}

static void every_truth_has_six_words(void)
{
    static const char *const words[] = {"True", "yes", "1", "FALSE", "No", "0"};
    struct box box;
    int64_t number;

    box_make(&box);
    for (size_t i = 0; i < hy_row_count; i++)
        for (size_t k = 0; k < 6 && is_plain(&hy_rows[i]) && hy_rows[i].type == HY_TYPE_BOOL; k++) {
            box_ok(&box, hythe_server_set(box.server, hy_rows[i].name, words[k]));
            box_is(&box, hy_rows[i].name, k < 3 ? "true" : "false");
            box_ok(&box, hythe_server_get_number(box.server, hy_rows[i].name, &number));
            UNIT_ASSERT_NUMBER(number, k < 3);
            box_fails(&box, hythe_server_set(box.server, hy_rows[i].name, "2"), -EINVAL, "true or false");
        }
    box_clear(&box);
}

/* What is wrong with a value is said at once, as of a file, and changes nothing. */
static void a_wrong_value_is_named(void)
{
    static const struct {
        const char *setting, *why;
    } rows[] = {{"DefaultAuthMethods=pasword", "did you mean password?"},
                {"SSHEncryptionAlgorithms=aes512-ctr", "aes512-ctr"},
                {"AllowedClients=300.1.1.1", "300.1.1.1"},
                {"ServerEOL=NL", "none of LF, CRLF and CR"},
                {"SSHCertStoreType=JKSFile", "JKSFile"},
                {"UserRootDirectory=home", "not an absolute path"},
                {"log_format=xml", "neither text nor json"},
                {"LocalHost=a b", "neither an IPv4 or IPv6 address nor a host's name"},
                {"KeyboardInteractivePrompts=A,echo=maybe", "echo is true or false"},
                {"UseStrictKeyExchange=0", "UseStrictKeyExchange"},
                {"sftp_extensions=all,copyfile", "copy-file"},
                {"receive_window=64Q", "is not a size"},
                {"factors=password,pasword", "pasword"},
                {"UseIOCP=true", "is a way of input and output of another system"},
                {"mounts=x", "can only be loaded"},
                {"SFTPConnectionCount=3", "can only be read"},
                {"BuildInfo=x", "can only be read"},
                {"LogLevel[1]=3", "is no list"},
                {"Listening[1]=true", "no list"}};
    struct box box;
    char before[4096], after[4096];

    box_make(&box);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[64] = "";

        (void)strncpy(name, rows[i].setting, strcspn(rows[i].setting, "=["));
        before[0] = after[0] = '\0';
        (void)hythe_server_get(box.server, name, before, sizeof before);
        box_fails(&box, hythe_Config(box.server, rows[i].setting, NULL, 0), -EINVAL, rows[i].why);
        (void)hythe_server_get(box.server, name, after, sizeof after);
        UNIT_ASSERT_STRING(after, before);
    }
    box_clear(&box);
}

static void null_is_no_text(void)
{
    struct box box;
    int64_t number;
    char text[8];

    box_make(&box);
    box_fails(&box, hythe_Config(box.server, NULL, text, sizeof text), -EINVAL, "Config: an argument is NULL");
    box_fails(&box, hythe_Config(box.server, "LocalPort", NULL, 8), -EINVAL, "NULL");
    box_fails(&box, hythe_server_set(box.server, NULL, "1"), -EINVAL, "hythe_server_set: an argument is NULL");
    box_fails(&box, hythe_server_set(box.server, "LocalPort", NULL), -EINVAL, "NULL");
    box_fails(&box, hythe_server_get(box.server, NULL, text, sizeof text), -EINVAL, "hythe_server_get");
    box_fails(&box, hythe_server_get(box.server, "LocalPort", NULL, 8), -EINVAL, "NULL");
    box_ok(&box, hythe_server_get(box.server, "LocalPort", NULL, 0));
    box_fails(&box, hythe_server_set_number(box.server, NULL, 1), -EINVAL, "hythe_server_set_number");
    box_fails(&box, hythe_server_get_number(box.server, NULL, &number), -EINVAL, "hythe_server_get_number");
    box_fails(&box, hythe_server_get_number(box.server, "LocalPort", NULL), -EINVAL, "NULL");
    box_fails(&box, hythe_server_load(box.server, NULL), -EINVAL, "hythe_server_load: an argument is NULL");
    box_fails(&box, hythe_server_load_text(box.server, NULL), -EINVAL, "hythe_server_load_text");
    box_fails(&box, hythe_server_register(box.server, NULL), -EINVAL, "hythe_server_register");
    box_clear(&box);
}

static void names_are_looked_up(void)
{
    char value[4] = "???";
    struct box box;

    box_make(&box);
    box_fails(&box, hythe_Config(box.server, "LocalPart", NULL, 0), -ENOENT, "did you mean LocalPort?");
    box_fails(&box, hythe_Config(box.server, "", NULL, 0), -ENOENT, "no name of a setting");
    box_fails(&box, hythe_Config(box.server, "=5", NULL, 0), -ENOENT, "no name of a setting");
    box_fails(&box, hythe_Config(box.server, "LogLevel[", NULL, 0), -ENOENT, "no name of a setting");
    box_fails(&box, hythe_Config(box.server, "LogLevel[-1]", NULL, 0), -ENOENT, "no name of a setting");
    box_fails(&box, hythe_Config(box.server, "user[99999999999999999999]", NULL, 0), -ENOENT, "no name of a setting");
    box_fails(&box, hythe_Config(box.server, "UserAuthBanner[5]=x", NULL, 0), 126, "no connection 5");
    box_fails(&box, hythe_server_set_number(box.server, "RootDirectory", 1), -EINVAL, "neither a number nor a truth");
    box_fails(&box, hythe_server_set(box.server, "HomeDir", "/"), -ENOENT, "not a setting of the whole server");
    box_ok(&box, hythe_Config(box.server, "ServerSSHVersionString", value, sizeof value)); /* cut */
    UNIT_ASSERT_STRING(value, "SSH");
    box_ok(&box, hythe_Config(box.server, " KeyRenegotiationThreshold =524288000", value, sizeof value));
    box_is(&box, "KeyRenegotiationThreshold", "500M");
    box_is(&box, "UseIOCP", "false");
    box_ok(&box, hythe_Config(box.server, "UseWindowsMessages=False", NULL, 0));
    box_clear(&box);
}

static void lists_are_set_one_by_one(void)
{
    struct box box;
    char value[64];

    box_make(&box);
    box_ok(&box, hythe_Config(box.server, "AltSSHCertCount =2", NULL, 0));
    box_ok(&box, hythe_Config(box.server, "AltSSHCertStoreType[0]=7", NULL, 0));
    box_ok(&box, hythe_Config(box.server, "AltSSHCertStore[0]=-----BEGIN PRIVATE KEY-----", NULL, 0));
    box_ok(&box, hythe_Config(box.server, "AltSSHCertSubject[0]=*", NULL, 0));
    box_ok(&box, hythe_Config(box.server, "AltSSHCertStore[1]=/etc/keys/second", NULL, 0));
    box_ok(&box, hythe_Config(box.server, "AltSSHCertStorePassword[1]=literal:x", NULL, 0));
    box_is(&box, "AltSSHCertCount", "2");
    box_is(&box, "AltSSHCertStore[0]", "***");
    box_is(&box, "AltSSHCertStoreType[0]", "PEMKeyBlob");
    box_is(&box, "AltSSHCertSubject[0]", "*");
    box_is(&box, "AltSSHCertStore[1]", "/etc/keys/second");
    box_is(&box, "AltSSHCertStoreType[1]", "Auto");
    box_is(&box, "AltSSHCertStorePassword[1]", "***");
    box_fails(&box, hythe_Config(box.server, "AltSSHCertStoreType[1]=4", NULL, 0), -EINVAL, "JKS");
    box_fails(&box, hythe_Config(box.server, "AltSSHCertStore[3]=x", NULL, 0), -EINVAL,
              "the next is AltSSHCertStore[2]");
    box_fails(&box, hythe_Config(box.server, "AltSSHCertStore[2]", value, sizeof value), -EINVAL, "there are 2");
    box_fails(&box, hythe_Config(box.server, "AltSSHCertCount=many", NULL, 0), -EINVAL, "not a number");
    box_ok(&box, hythe_Config(box.server, "AltSSHCertCount=0", NULL, 0));
    box_is(&box, "AltSSHCertCount", "0");

    box_ok(&box, hythe_Config(box.server, "KeyboardInteractivePromptCount=2", NULL, 0));
    box_ok(&box, hythe_Config(box.server, "KeyboardInteractivePromptPrompt[0]=Name, please:", NULL, 0));
    box_ok(&box, hythe_Config(box.server, "KeyboardInteractivePromptPrompt[1]=Code:", NULL, 0));
    box_ok(&box, hythe_Config(box.server, "KeyboardInteractivePromptEcho[0]=Yes", NULL, 0));
    box_is(&box, "KeyboardInteractivePromptCount", "2");
    box_is(&box, "KeyboardInteractivePromptPrompt[0]", "Name, please:");
    box_is(&box, "KeyboardInteractivePromptEcho[0]", "true");
    box_is(&box, "KeyboardInteractivePromptEcho[1]", "false");
    box_fails(&box, hythe_Config(box.server, "KeyboardInteractivePromptEcho[1]=x", NULL, 0), -EINVAL, "true or false");
    box_fails(&box, hythe_Config(box.server, "KeyboardInteractivePromptPrompt[1]=a\033b", NULL, 0), -EINVAL,
              "control character");

    box_ok(&box, hythe_Config(box.server, "factors=password", NULL, 0));
    box_ok(&box, hythe_Config(box.server, "factors[1]=publickey,password", NULL, 0));
    box_is(&box, "factors[1]", "publickey,password");
    box_fails(&box, hythe_Config(box.server, "factors", value, sizeof value), -EINVAL, "factors[0] to factors[1]");
    box_ok(&box, hythe_Config(box.server, "factors=", NULL, 0));
    box_is(&box, "factors", "");
    box_clear(&box);
}

static void secrets_are_not_shown(void)
{
    struct box box;

    box_make(&box);
    box_ok(&box, hythe_Config(box.server, "SSHCertStorePassword=literal:hush", NULL, 0));
    box_is(&box, "SSHCertStorePassword", "***");
    box_ok(&box, hythe_Config(box.server, "SSHCertStore=-----BEGIN OPENSSH PRIVATE KEY-----", NULL, 0));
    box_is(&box, "SSHCertStore", "***");
    box_ok(&box, hythe_Config(box.server, "SSHCertStorePassword=env:KEY", NULL, 0));
    box_ok(&box, hythe_Config(box.server, "SSHCertStore=/etc/key", NULL, 0));
    box_is(&box, "SSHCertStore", "/etc/key");
    box_is(&box, "SSHCertStorePassword", "env:KEY");
    box_clear(&box);
}

/* ---- Files ---- */

static void a_text_takes_the_place_of_all_that_was_set(void)
{
    struct box box;

    box_make(&box);
    box_ok(&box, hythe_Config(box.server, "LocalPort=2222", NULL, 0));
    box_ok(&box, hythe_server_load_text(box.server, "MaxConnections = 5; AltSSHCertStore = \"/k\";"));
    box_is(&box, "LocalPort", "22");
    box_is(&box, "MaxConnections", "5");
    box_ok(&box, hythe_Config(box.server, "AltSSHCertStore[1]=/l", NULL, 0));
    box_is(&box, "AltSSHCertStore[0]", "/k");
    box_is(&box, "AltSSHCertCount", "2");
    box_fails(&box, hythe_server_load_text(box.server, "MaxConnections = 6;\nLocalPort = 70000;"), -EINVAL,
              "text:2: LocalPort: 70000 is out of range");
    box_fails(&box, hythe_server_load_text(box.server, "MaxConnections = ;"), -EINVAL, "text:1: ");
    box_fails(&box, hythe_server_load_text(box.server, "ConnectionUID = 1;"), -EINVAL, "can only be read");
    box_fails(&box, hythe_server_load(box.server, "/nowhere/hythe.cfg"), -EINVAL, "No such file");
    box_is(&box, "MaxConnections", "5");
    box_ok(&box, hythe_Reset(box.server));
    box_is(&box, "MaxConnections", "1000");
    box_is(&box, "AltSSHCertCount", "0");
    box_clear(&box);
}

/* Plugins' settings and users come through a store as they were loaded. */
static void what_is_loaded_is_whole(void)
{
    struct box box;

    box_make(&box);
    box_fill(&box, "groups = ( { name = \"g\"; filters = ( { plugin = \"read-only\"; } ); } );");
    box_ok(&box, hythe_Config(box.server, "RestrictUserToHomeDir=false", NULL, 0));
    box_ok(&box, hythe_StartListening(box.server));
    box_clear(&box);
}

/* ---- While it serves ---- */

static void what_may_be_reloaded_holds_for_those_who_come(void)
{
    struct box box;
    ssh_session first, second;
    char text[64];

    box_make(&box);
    box_fill(&box, "");
    box_ok(&box, hythe_StartListening(box.server));
    first = box_enter(&box, "secret");
    CU_ASSERT_FATAL(first != NULL);
    box_fails(&box, hythe_Config(box.server, "LocalPort=22", NULL, 0), 106, "LocalPort can't change");
    box_fails(&box, hythe_Config(box.server, "LocalHost=::1", NULL, 0), 107, "LocalHost can't change");
    box_fails(&box, hythe_Config(box.server, "UseIPv6=1", NULL, 0), 104, "UseIPv6 can't change");
    box_fails(&box, hythe_Config(box.server, "plugin_memory=8M", NULL, 0), 104, "plugin_memory can't change");
    box_fails(&box, hythe_Config(box.server, "MaxConnections=0", NULL, 0), -EINVAL, "out of range");
    box_fails(&box, hythe_Config(box.server, "RootDirectory=", NULL, 0), -EINVAL, "nothing could be served");
    box_fails(&box, hythe_Config(box.server, "RootDirectory=/nowhere", NULL, 0), -EINVAL,
              "local-root at /: it can't be started: root \"/nowhere\": No such file or directory");
    box_ok(&box, hythe_Config(box.server, "RootDirectory", text, sizeof text));
    CU_ASSERT(strcmp(text, "/nowhere") != 0 && *text);
    box_ok(&box, hythe_Config(box.server, "MaxConnections=2", NULL, 0)); /* 108 doesn't happen */
    second = box_enter(&box, "secret");
    CU_ASSERT_FATAL(second != NULL);
    CU_ASSERT(box_connect(&box) == NULL);
    box_fails(&box, hythe_server_load_text(box.server, "MaxConnections = 7;"), 1301, "");
    box_is(&box, "MaxConnections", "2");
    box_fill(&box, "MaxConnections = 7;"); /* LocalPort is 0 there, as it was */
    box_is(&box, "MaxConnections", "7");
    box_read(first, text);
    UNIT_ASSERT_STRING(text, "hello");
    box_leave(first);
    box_leave(second);
    box_clear(&box);
}

/* The descriptor of this process that is bound to the server's port: a connection's, or the one that listens. */
static int socket_of(const struct box *box, bool connected)
{
    for (int fd = 0; fd < 1024; fd++) {
        struct sockaddr_in here = {0}, there;
        socklen_t len = sizeof here, other = sizeof there;

        if (getsockname(fd, (struct sockaddr *)&here, &len) == 0 && here.sin_family == AF_INET &&
            ntohs(here.sin_port) == hythe_server_port(box->server) &&
            (getpeername(fd, (struct sockaddr *)&there, &other) == 0) == connected)
            return fd;
    }
    return -1;
}

static int option_of(int fd, int name)
{
    int value = -1;
    socklen_t len = sizeof value;

    CU_ASSERT(getsockopt(fd, IPPROTO_TCP, name, &value, &len) == 0);
    return value;
}

static void sockets_are_as_they_are_wished(void)
{
    for (int on = 0; on < 2; on++) {
        struct tcp_info info = {0};
        socklen_t len = sizeof info;
        struct box box;
        ssh_session client;

        box_make(&box);
        box_fill(&box, on ? "ConnectionBacklog = 7;" : "ConnectionBacklog = 3; TcpNoDelay = false;");
        box_ok(&box, hythe_StartListening(box.server));
        client = box_enter(&box, "secret");
        CU_ASSERT_FATAL(client != NULL);
        UNIT_ASSERT_NUMBER(option_of(socket_of(&box, true), TCP_NODELAY), on);
        CU_ASSERT(getsockopt(socket_of(&box, false), IPPROTO_TCP, TCP_INFO, &info, &len) == 0);
        UNIT_ASSERT_NUMBER(info.tcpi_sacked, on ? 7 : 3); /* of a socket that listens: its queue's room */
        box_leave(client);
        box_clear(&box);
    }
}

static void a_connection_has_settings_of_its_own(void)
{
    struct box box;
    ssh_session client;
    int64_t number = 0;

    box_make(&box);
    box_fill(&box, "UserAuthBanner = \"hello\"; DefaultTimeout = 30;");
    box_ok(&box, hythe_StartListening(box.server));
    client = box_enter(&box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    box_is(&box, "UserAuthBanner[1]", "hello");
    box_is(&box, "SFTPConnectionTimeout[1]", "30");
    box_is(&box, "RestrictUserToHomeDir[1]", "false");
    box_is(&box, "SFTPErrorMessage[1]", "");
    box_ok(&box, hythe_Config(box.server, "UserAuthBanner[1]=hi", NULL, 0));
    box_ok(&box, hythe_Config(box.server, "SFTPConnectionTimeout[1]=0", NULL, 0));
    box_ok(&box, hythe_Config(box.server, "RestrictUserToHomeDir[1]=True", NULL, 0));
    box_ok(&box, hythe_Config(box.server, "DirListBufferSize[1]=7", NULL, 0));
    box_ok(&box, hythe_Config(box.server, "UserRootDirectory[1]=/home/u", NULL, 0));
    box_ok(&box, hythe_Config(box.server, "KeyboardInteractivePrompts[1]=A,echo=true;B", NULL, 0));
    box_ok(&box, hythe_Config(box.server, "SFTPConnectionErrorMessage[1]=no such luck", NULL, 0));
    box_is(&box, "UserAuthBanner[1]", "hi");
    box_is(&box, "UserAuthBanner", "hello");
    box_is(&box, "SFTPConnectionTimeout[1]", "0");
    box_is(&box, "RestrictUserToHomeDir[1]", "true");
    box_is(&box, "DirListBufferSize[1]", "7");
    box_ok(&box, hythe_server_get_number(box.server, "DirListBufferSize[1]", &number));
    UNIT_ASSERT_NUMBER(number, 7);
    box_is(&box, "UserRootDirectory[1]", "/home/u");
    box_is(&box, "KeyboardInteractivePrompts[1]", "A,echo=true;B");
    box_is(&box, "SFTPErrorMessage[1]", "no such luck");
    box_fails(&box, hythe_Config(box.server, "UserRootDirectory[1]=home", NULL, 0), -EINVAL, "not an absolute path");
    box_fails(&box, hythe_Config(box.server, "DirListBufferSize[1]=-1", NULL, 0), -EINVAL, "out of range");
    box_fails(&box, hythe_Config(box.server, "SFTPConnectionTimeout[1]=x", NULL, 0), -EINVAL, "a number is wanted");
    box_fails(&box, hythe_Config(box.server, "KeyboardInteractivePrompts[1]=A,echo=x", NULL, 0), -EINVAL, "echo is");
    box_ok(&box, hythe_Config(box.server, "UserAuthBanner[1]=", NULL, 0)); /* as the settings have it */
    box_is(&box, "UserAuthBanner[1]", "hello");
    box_leave(client);
    box_clear(&box);
}

UNIT_SUITE(library_settings, UNIT_TEST(every_setting_goes_round), UNIT_TEST(every_number_has_its_range),
           UNIT_TEST(every_truth_has_six_words), UNIT_TEST(a_wrong_value_is_named), UNIT_TEST(null_is_no_text),
           UNIT_TEST(names_are_looked_up), UNIT_TEST(lists_are_set_one_by_one), UNIT_TEST(secrets_are_not_shown),
           UNIT_TEST(a_text_takes_the_place_of_all_that_was_set), UNIT_TEST(what_is_loaded_is_whole),
           UNIT_TEST(what_may_be_reloaded_holds_for_those_who_come), UNIT_TEST(sockets_are_as_they_are_wished),
           UNIT_TEST(a_connection_has_settings_of_its_own));
