/* core/server/telling: what connections ask and tell a program, in which order. */
#include "tests/unit/fingerprint.h"
#include "tests/unit/server_diary.h"

#include <libssh/sftp.h>
#include <sys/socket.h>
#include <unistd.h>

static const char whole[] = "request 127.0.0.1 1\nconnected 0 OK\ndisconnected 0 OK\n";

static void a_connection_is_asked_about_and_told_of(void)
{
    struct diary d;
    ssh_session client;

    diary_begin(&d, &diary_all, "");
    client = box_enter(&d.box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    diary_expect(&d, "request 127.0.0.1 1\nconnected 0 OK\n");
    box_leave(client);
    diary_await(&d, "disconnected");
    diary_expect(&d, "disconnected 0 OK\n");
    client = box_enter(&d.box, "secret");
    CU_ASSERT(client != NULL);
    box_ok(&d.box, hythe_Shutdown(d.box.server)); /* it is told before that returns */
    diary_expect(&d, whole);
    box_leave(client);
    diary_end(&d);
}

static void lists_are_a_default(void)
{
    static const struct {
        const char *more;
        int override;
        bool in;
        const char *said;
    } rows[] = {
        {"AllowedClients = \"10.1.1.1\";", -1, false, "request 127.0.0.1 0\n"},
        {"AllowedClients = \"10.1.1.1\";", 1, true, "request 127.0.0.1 0\nconnected 0 OK\n"},
        {"AllowedClients = \"10.1.1.1, 127.0.0.1\";", -1, true, "request 127.0.0.1 1\nconnected 0 OK\n"},
        {"BlockedClients = \"127.0.0.1\";", -1, false, "request 127.0.0.1 0\n"},
        {"BlockedClients = \"127.0.0.1\";", 1, true, "request 127.0.0.1 0\nconnected 0 OK\n"},
        {"", 0, false, "request 127.0.0.1 1\n"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct diary d;
        ssh_session client;

        diary_begin(&d, &diary_all, rows[i].more);
        d.override = rows[i].override;
        client = box_enter(&d.box, "secret");
        CU_ASSERT((client != NULL) == rows[i].in);
        diary_expect(&d, rows[i].said);
        if (client)
            box_leave(client);
        diary_end(&d);
    }
}

static void who_is_refused_is_in_the_log(void)
{
    static const struct hythe_events handlers = {
        .size = sizeof handlers, .ConnectionRequest = diary_request, .Log = diary_log};
    struct diary d;

    diary_begin(&d, &handlers, "AllowedClients = \"10.1.1.1\";");
    CU_ASSERT(box_enter(&d.box, "secret") == NULL);
    diary_await(&d, "log 1 refused a connection from 127.0.0.1: it is not in AllowedClients\n");
    diary_end(&d);
    diary_begin(&d, &handlers, "");
    d.override = 0;
    CU_ASSERT(box_enter(&d.box, "secret") == NULL);
    diary_await(&d, "log 1 refused a connection from 127.0.0.1: the program doesn't accept it\n");
    diary_end(&d);
}

static void limits_are_none_of_its_business(void)
{
    struct diary d;
    ssh_session client;
    char text[64];
    ssize_t n;
    int fd;

    diary_begin(&d, &diary_all, "MaxConnections = 1;");
    d.override = 1;
    client = box_enter(&d.box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    diary_expect(&d, "request 127.0.0.1 1\nconnected 0 OK\n");
    fd = diary_dial(&d);
    n = read(fd, text, sizeof text);
    CU_ASSERT(n > 8 && memcmp(text, "Too many", 8) == 0);
    (void)close(fd);
    diary_expect(&d, "");
    box_leave(client);
    diary_end(&d);
}

/* Who waits for the program's decision holds up nobody, and counts as not logged in. */
static void while_it_decides(void)
{
    struct diary d;
    ssh_session client;
    char text[64];
    int waits, fd, third;

    diary_begin(&d, &diary_all, "max_unfinished_per_address = 2;");
    d.gate = "request";
    waits = diary_dial(&d);
    diary_await_gate(&d);
    client = box_enter(&d.box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    fd = diary_dial(&d);
    CU_ASSERT(read(fd, text, 4) == 4 && memcmp(text, "SSH-", 4) == 0);
    third = diary_dial(&d);
    CU_ASSERT(read(third, text, 8) == 8 && memcmp(text, "Too many", 8) == 0);
    (void)close(third);
    diary_await(&d, "request 127.0.0.1 1\nconnected 0 OK\nrequest 127.0.0.1 1\nconnected 0 OK\n");
    (void)close(fd);
    diary_open_gate(&d);
    (void)close(waits);
    box_leave(client);
    diary_end(&d);
}

/* ---- Host keys ---- */

static void fingerprint(ssh_session client, char out[128])
{
    fingerprint_of_server(client, out);
    box_leave(client);
}

static char *new_key(const char *password, char print[128])
{
    ssh_key key = NULL;
    char *text = NULL;

    CU_ASSERT_FATAL(ssh_pki_generate(SSH_KEYTYPE_ECDSA_P256, 256, &key) == SSH_OK);
    CU_ASSERT_FATAL(ssh_pki_export_privkey_base64(key, password, NULL, NULL, &text) == SSH_OK);
    fingerprint_of_key(key, print);
    ssh_key_free(key);
    return text;
}

static void one_connection_has_another_key(void)
{
    char usual[128], own[128], other[128], again[128], *key;
    struct diary d;

    key = new_key("geheim", own);
    diary_begin(&d, &diary_all, "");
    fingerprint(box_enter(&d.box, "secret"), usual);
    diary_give(&d, key, "geheim", 0);
    fingerprint(box_enter(&d.box, "secret"), other);
    fingerprint(box_enter(&d.box, "secret"), again);
    UNIT_ASSERT_STRING(other, own);
    UNIT_ASSERT_STRING(again, usual);
    CU_ASSERT(strcmp(usual, own) != 0);
    ssh_string_free_char(key);
    diary_end(&d);
}

static void a_key_that_is_none_ends_it(void)
{
    static const struct {
        const char *store;
        uint32_t type;
        const char *why;
    } rows[] = {
        {"/nowhere/key", 0, "host key /nowhere/key: No such file"},
        {"no key", 7, "host key CertStore of Connected: "},
        {"MY", 1, "certificate stores of Windows"},
        {"", 0, "CertStore of Connected: a text without an end"},
        {"x", 77, "CertStoreType of Connected: there is no type 77"},
    };
    struct diary d;

    diary_begin(&d, &diary_all, "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        diary_give(&d, rows[i].store, NULL, rows[i].type);
        CU_ASSERT(box_enter(&d.box, "secret") == NULL);
        diary_await(&d, "disconnected 1301 ");
        CU_ASSERT(diary_has(&d, "error 1301 ") && diary_has(&d, rows[i].why) && diary_has(&d, "[1301]\n"));
        diary_expect(&d, NULL);
    }
    diary_end(&d);
}

/* ---- What is told on the way ---- */

static void the_way_in_is_told(void)
{
    static const struct hythe_events handlers = {.size = sizeof handlers,
                                                 .Connected = diary_connected,
                                                 .Disconnected = diary_disconnected,
                                                 .SSHStatus = diary_status};
    static const char *const parts[] = {"connected 0 OK\n",
                                        "status the client's version is SSH-2.0-libssh",
                                        "status a key exchange begins\n",
                                        "status keys exchanged with SSH-2.0-libssh",
                                        ", host key ssh-ed25519, in ",
                                        "status password for user \"u\": rejected\n",
                                        "status password for user \"u\": accepted\n",
                                        "status u is in, from 127.0.0.1 port ",
                                        "status sftp begins\n",
                                        "status end of the connection: the server is shutting down\n",
                                        "disconnected 0 OK\n",
                                        NULL};
    struct diary d;
    ssh_session client;
    char text[64];

    diary_begin(&d, &handlers, "");
    client = box_connect(&d.box);
    CU_ASSERT_FATAL(client != NULL);
    UNIT_ASSERT_NUMBER(ssh_userauth_password(client, NULL, "other"), SSH_AUTH_DENIED);
    UNIT_ASSERT_NUMBER(ssh_userauth_password(client, NULL, "secret"), SSH_AUTH_SUCCESS);
    box_read(client, text);
    box_ok(&d.box, hythe_Shutdown(d.box.server)); /* a client that leaves with bytes unread resets the connection */
    box_leave(client);
    diary_has_in_order(&d, parts);
    CU_ASSERT(!diary_has(&d, "other") && !diary_has(&d, "secret"));
    diary_end(&d);
}

/* Config("Name[id]=number") */
static void wish(const struct diary *d, const char *name, int number)
{
    char text[128];

    (void)snprintf(text, sizeof text, "%s[%llu]=%d", name, (unsigned long long)d->id, number);
    box_ok(&d->box, hythe_Config(d->box.server, text, NULL, 0));
}

static void new_keys_are_told(void)
{
    static const struct hythe_events handlers = {
        .size = sizeof handlers, .Connected = diary_connected, .SSHStatus = diary_status};
    static const char *const parts[] = {"status u is in", "status a key exchange begins\n",
                                        "status keys exchanged again", NULL};
    struct diary d;
    ssh_session client;
    char text[64];

    diary_begin(&d, &handlers, "");
    client = box_enter(&d.box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    box_read(client, text); /* it is in for certain: before it is, there would be nothing to do */
    box_ok(&d.box, hythe_ExchangeKeys(d.box.server, d.id));
    for (int i = 0; i < 20 && !diary_has(&d, "keys exchanged again"); i++)
        box_read(client, text); /* libssh takes part in it when it reads */
    diary_has_in_order(&d, parts);
    box_leave(client);
    diary_end(&d);
}

/* Entries of "/" in a reply. */
static unsigned listed_at_once(sftp_session sftp)
{
    sftp_dir dir = sftp_opendir(sftp, "/");
    sftp_attributes entry;
    unsigned count;

    CU_ASSERT_FATAL(dir != NULL);
    entry = sftp_readdir(sftp, dir);
    CU_ASSERT_FATAL(entry != NULL);
    count = 1 + dir->count; /* of those, libssh keeps the others */
    sftp_attributes_free(entry);
    (void)sftp_closedir(dir);
    return count;
}

static void a_listing_comes_as_it_is_wished(void)
{
    struct diary d;
    ssh_session client;
    sftp_session sftp;

    diary_begin(&d, &diary_all, "DirListBufferSize = 2;");
    client = box_enter(&d.box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    sftp = sftp_new(client);
    CU_ASSERT_FATAL(sftp != NULL && sftp_init(sftp) == SSH_OK);
    UNIT_ASSERT_NUMBER(listed_at_once(sftp), 2);
    wish(&d, "DirListBufferSize", 1);
    UNIT_ASSERT_NUMBER(listed_at_once(sftp), 1);
    sftp_free(sftp);
    box_leave(client);
    diary_end(&d);
}

/* DefaultTimeout would last longer than this test waits. */
static void a_timeout_is_as_it_is_wished(void)
{
    struct diary d;
    ssh_session client;
    ssh_channel channel;

    diary_begin(&d, &diary_all, "DefaultTimeout = 3600;");
    client = box_enter(&d.box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    channel = ssh_channel_new(client);
    CU_ASSERT_FATAL(channel != NULL && ssh_channel_open_session(channel) == SSH_OK);
    CU_ASSERT_FATAL(ssh_channel_request_subsystem(channel, "sftp") == SSH_OK);
    CU_ASSERT(ssh_channel_write(channel, "\0\0\0", 3) == 3); /* the beginning of a message */
    wish(&d, "SFTPConnectionTimeout", 1);
    diary_await(&d, "disconnected -110 no progress for 1 seconds\n");
    ssh_channel_free(channel);
    box_leave(client);
    diary_end(&d);
}

static void who_is_sent_away_has_left_in_order(void)
{
    struct diary d;
    ssh_session client;

    diary_begin(&d, &diary_all, "");
    client = box_enter(&d.box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    box_ok(&d.box, hythe_Disconnect(d.box.server, d.id));
    diary_await(&d, "disconnected 0 OK\n");
    box_leave(client);
    diary_end(&d);
}

/* ---- Handlers that are clients of SSH themselves ---- */

static void asked_elsewhere(void *ctx, struct hythe_SSHUserAuthRequest *e)
{
    char text[64];
    ssh_session client;
    int verbose = SSH_LOG_NOLOG;

    e->Accept = 0;
    if (strcmp(e->AuthMethod, "password") != 0)
        return;
    client = box_enter(ctx, e->AuthParam);
    if (!client)
        return;
    box_read(client, text);
    e->Accept = strcmp(text, "hello") == 0;
    (void)ssh_options_set(client, SSH_OPTIONS_LOG_VERBOSITY, &verbose); /* which is its thread's */
    box_leave(client);
}

static void a_handler_may_use_the_same_library(void)
{
    static const struct hythe_events handlers = {.size = sizeof handlers, .SSHUserAuthRequest = asked_elsewhere};
    struct box front;
    struct diary d;
    ssh_session client;
    char text[64];

    diary_begin(&d, &diary_all, "");
    box_make(&front);
    box_fill(&front, "");
    box_ok(&front, hythe_server_handle(front.server, &handlers, &d.box));
    box_ok(&front, hythe_StartListening(front.server));
    CU_ASSERT(box_enter(&front, "wrong") == NULL);
    client = box_enter(&front, "secret");
    CU_ASSERT_FATAL(client != NULL);
    box_read(client, text);
    UNIT_ASSERT_STRING(text, "hello");
    box_leave(client);
    box_clear(&front);
    diary_end(&d);
}

static void the_log_is_told(void)
{
    static const struct hythe_events handlers = {.size = sizeof handlers, .Log = diary_log};
    static const char *const parts[] = {"log 2 connection from 127.0.0.1 port ",    "log 1 keys exchanged with ",
                                        "log 1 accepted password for user \"u\"\n", "log 1 u is in, from ",
                                        "log 1 end of the connection from ",        NULL};
    struct diary d;
    ssh_session client;

    diary_begin(&d, &handlers, "LogLevel = 2;");
    client = box_enter(&d.box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    box_leave(client);
    diary_await(&d, "log 1 end of the connection");
    diary_has_in_order(&d, parts);
    diary_end(&d);
}

UNIT_SUITE(server_events, UNIT_TEST(a_connection_is_asked_about_and_told_of), UNIT_TEST(lists_are_a_default),
           UNIT_TEST(who_is_refused_is_in_the_log), UNIT_TEST(limits_are_none_of_its_business),
           UNIT_TEST(while_it_decides), UNIT_TEST(one_connection_has_another_key),
           UNIT_TEST(a_key_that_is_none_ends_it), UNIT_TEST(the_way_in_is_told),
           UNIT_TEST(a_handler_may_use_the_same_library), UNIT_TEST(the_log_is_told), UNIT_TEST(new_keys_are_told),
           UNIT_TEST(a_listing_comes_as_it_is_wished), UNIT_TEST(a_timeout_is_as_it_is_wished),
           UNIT_TEST(who_is_sent_away_has_left_in_order));
UNIT_DECLARE(server_ends);

UNIT_MAIN("unit-server-events", &unit_server_events, &unit_server_ends)
