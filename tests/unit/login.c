/* Logins that an embedding program decides about, with a real client. */
#include "tests/unit/login_box.h"
#include "tests/unit/unit.h"

#include <time.h>

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static void clear_heard(struct login_box *box)
{
    (void)pthread_mutex_lock(&box->lock);
    *box->heard = '\0';
    (void)pthread_mutex_unlock(&box->lock);
}

static void heard(struct login_box *box, const char *wanted)
{
    (void)pthread_mutex_lock(&box->lock);
    UNIT_ASSERT_STRING(box->heard, wanted);
    (void)pthread_mutex_unlock(&box->lock);
}

/* ---- Without users ---- */

static void accept_bob(struct login_box *box, struct hythe_SSHUserAuthRequest *e)
{
    (void)box;
    e->Accept = is(e->User, "bob") && is(e->AuthMethod, "password") && is(e->AuthParam, "let me in");
    if (e->Accept)
        (void)snprintf(e->HomeDir, sizeof e->HomeDir, "/users/bob");
}

static void the_program_alone_decides(void)
{
    struct login_box box;
    ssh_session client;
    char home[256];

    login_box_begin(&box, "", accept_bob);
    client = login_client(&box, "bob");
    UNIT_ASSERT_NUMBER(ssh_userauth_none(client, NULL), SSH_AUTH_DENIED);
    UNIT_ASSERT_NUMBER(ssh_userauth_list(client, NULL), SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_PUBLICKEY);
    UNIT_ASSERT_NUMBER(login_password(client, "wrong"), SSH_AUTH_DENIED);
    UNIT_ASSERT_NUMBER(login_password(client, "let me in"), SSH_AUTH_SUCCESS);
    heard(&box, "bob none:\nbob password:wrong\nbob password:let me in\n");
    UNIT_ASSERT_STRING(login_home(client, home), "/users/bob");
    CU_ASSERT(login_reads(client, "/secret")); /* it isn't restricted */
    login_leave(client);
    CU_ASSERT(login_box_logged(&box, "accepted password, as the program says, for user \"bob\"", 20));
    CU_ASSERT(!login_box_logged(&box, "let me in", 0) && !login_box_logged(&box, "wrong", 0));
    clear_heard(&box);
    client = login_client(&box, "eve");
    UNIT_ASSERT_NUMBER(login_password(client, "1"), SSH_AUTH_DENIED);
    heard(&box, "eve password:1\n");
    login_leave(client);
    login_box_end(&box);
}

static void accept_none(struct login_box *box, struct hythe_SSHUserAuthRequest *e)
{
    (void)box;
    e->Accept = is(e->AuthMethod, "none") && is(e->User, "guest");
}

static void none_may_be_accepted(void)
{
    struct login_box box;
    ssh_session client;
    char home[256];

    login_box_begin(&box, "", accept_none);
    client = login_client(&box, "guest");
    UNIT_ASSERT_NUMBER(ssh_userauth_none(client, NULL), SSH_AUTH_SUCCESS);
    UNIT_ASSERT_STRING(login_home(client, home), "/");
    login_leave(client);
    login_box_end(&box);
}

/* ---- Keys ---- */

static void accept_keys(struct login_box *box, struct hythe_SSHUserAuthRequest *e)
{
    (void)box;
    e->Accept = is(e->AuthMethod, "publickey");
}

static void accept_probes(struct login_box *box, struct hythe_SSHUserAuthRequest *e)
{
    (void)box;
    e->Accept = is(e->AuthMethod, "publickey") && !e->signature_verified;
}

static ssh_key make_key(enum ssh_keytypes_e type, int bits)
{
    ssh_key key = NULL;

    CU_ASSERT_FATAL(ssh_pki_generate(type, bits, &key) == SSH_OK);
    return key;
}

static void access_follows_a_signature(void)
{
    ssh_key key = make_key(SSH_KEYTYPE_RSA, 2048), other = make_key(SSH_KEYTYPE_ECDSA, 384);
    struct login_box box;
    ssh_session client;

    login_box_begin(&box, "FireAuthRequestAfterSig = true;", accept_keys);
    client = login_client(&box, "bob");
    UNIT_ASSERT_NUMBER(ssh_userauth_none(client, NULL), SSH_AUTH_DENIED);
    UNIT_ASSERT_NUMBER(ssh_userauth_try_publickey(client, NULL, key), SSH_AUTH_SUCCESS); /* PK_OK */
    heard(&box, "bob none:\nbob publickey:probe\n");
    UNIT_ASSERT_STRING(box.algorithm, "rsa-sha2-512");
    UNIT_ASSERT_NUMBER(ssh_userauth_publickey(client, NULL, key), SSH_AUTH_SUCCESS);
    heard(&box, "bob none:\nbob publickey:probe\nbob publickey:signed\nbob sigstatus:1\n");
    UNIT_ASSERT_STRING(box.algorithm, "rsa-sha2-512");
    login_leave(client);
    login_box_end(&box);

    login_box_begin(&box, "", accept_probes);
    client = login_client(&box, "bob");
    UNIT_ASSERT_NUMBER(ssh_userauth_try_publickey(client, NULL, other), SSH_AUTH_SUCCESS);
    UNIT_ASSERT_NUMBER(ssh_userauth_publickey(client, NULL, other), SSH_AUTH_DENIED);
    UNIT_ASSERT_STRING(box.algorithm, "ecdsa-sha2-nistp384");
    heard(&box, "bob publickey:probe\nbob publickey:signed\n");
    login_leave(client);
    client = login_client(&box, "bob");
    UNIT_ASSERT_NUMBER(ssh_userauth_try_publickey(client, NULL, other), SSH_AUTH_SUCCESS);
    CU_ASSERT(sftp_new(client) == NULL); /* PK_OK is no access */
    login_leave(client);
    login_box_end(&box);
    ssh_key_free(key);
    ssh_key_free(other);
}

/* ---- More than one factor ---- */

static void key_then_password(struct login_box *box, struct hythe_SSHUserAuthRequest *e)
{
    (void)box;
    if (is(e->AuthMethod, "none"))
        (void)snprintf(e->AvailableMethods, sizeof e->AvailableMethods, "publickey");
    if (is(e->AuthMethod, "publickey")) {
        e->PartialSuccess = 1;
        (void)snprintf(e->AvailableMethods, sizeof e->AvailableMethods, "keyboard-interactive, password,lasers");
    }
    e->Accept = is(e->AuthMethod, "password");
}

static void partial_success_asks_for_more(void)
{
    ssh_key key = make_key(SSH_KEYTYPE_ED25519, 0);
    struct login_box box;
    ssh_session client;

    login_box_begin(&box, "", key_then_password);
    client = login_client(&box, "bob");
    UNIT_ASSERT_NUMBER(ssh_userauth_none(client, NULL), SSH_AUTH_DENIED);
    UNIT_ASSERT_NUMBER(ssh_userauth_list(client, NULL), SSH_AUTH_METHOD_PUBLICKEY);
    UNIT_ASSERT_NUMBER(login_password(client, "x"), SSH_AUTH_DENIED);
    heard(&box, "bob none:\n"); /* it isn't on offer yet */
    UNIT_ASSERT_NUMBER(ssh_userauth_try_publickey(client, NULL, key), SSH_AUTH_SUCCESS);
    UNIT_ASSERT_NUMBER(ssh_userauth_publickey(client, NULL, key), SSH_AUTH_PARTIAL);
    UNIT_ASSERT_NUMBER(ssh_userauth_list(client, NULL), SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_INTERACTIVE);
    CU_ASSERT(login_box_logged(&box, "AvailableMethods: \"lasers\" is not a method", 0));
    UNIT_ASSERT_NUMBER(login_password(client, "x"), SSH_AUTH_SUCCESS);
    login_leave(client);
    login_box_end(&box);
    ssh_key_free(key);
}

/* ---- keyboard-interactive, and what is shown ---- */

static void ask_twice(struct login_box *box, struct hythe_SSHUserAuthRequest *e)
{
    if (is(e->AuthMethod, "none")) {
        login_box_wish(box, e->ConnectionId, "KeyboardInteractivePrompts",
                       is(e->User, "bob") ? "Colour,echo=true;Code,echo=false" : "");
        login_box_wish(box, e->ConnectionId, "UserAuthBanner", is(e->User, "bob") ? "Only for bob" : "");
    }
    if (is(e->AuthMethod, "keyboard-interactive-1"))
        e->Accept = is(e->AuthParam, "green");
    else
        e->Accept = !is(e->AuthMethod, "none");
}

static int answer(ssh_session client, const char *first)
{
    char echo = 0;

    UNIT_ASSERT_NUMBER(ssh_userauth_kbdint(client, NULL, NULL), SSH_AUTH_INFO);
    UNIT_ASSERT_NUMBER(ssh_userauth_kbdint_getnprompts(client), 2);
    UNIT_ASSERT_STRING(ssh_userauth_kbdint_getinstruction(client), "Say it");
    UNIT_ASSERT_STRING(ssh_userauth_kbdint_getprompt(client, 0, &echo), "Colour");
    CU_ASSERT(echo);
    UNIT_ASSERT_STRING(ssh_userauth_kbdint_getprompt(client, 1, &echo), "Code");
    CU_ASSERT(!echo);
    (void)ssh_userauth_kbdint_setanswer(client, 0, first);
    (void)ssh_userauth_kbdint_setanswer(client, 1, "12345");
    return ssh_userauth_kbdint(client, NULL, NULL);
}

static void shows(ssh_session client, const char *banner)
{
    char *got = ssh_get_issue_banner(client);

    UNIT_ASSERT_STRING(got ? got : "", banner);
    ssh_string_free_char(got);
}

static void prompts_and_banner_are_the_connections_own(void)
{
    struct login_box box;
    ssh_session client;

    login_box_begin(&box,
                    "DefaultAuthMethods = \"keyboard-interactive\"; KeyboardInteractiveMessage = \"Say it\";"
                    "KeyboardInteractivePrompts = \"Usual\"; UserAuthBanner = \"For all\";",
                    ask_twice);
    client = login_client(&box, "bob");
    UNIT_ASSERT_NUMBER(ssh_userauth_none(client, NULL), SSH_AUTH_DENIED);
    shows(client, "Only for bob");
    UNIT_ASSERT_NUMBER(answer(client, "red"), SSH_AUTH_DENIED);
    clear_heard(&box);
    UNIT_ASSERT_NUMBER(answer(client, "green"), SSH_AUTH_SUCCESS);
    heard(&box, "bob keyboard-interactive-1:green\nbob keyboard-interactive-2:12345\nbob keyboard-interactive:\n");
    CU_ASSERT(!login_box_logged(&box, "12345", 0) && !login_box_logged(&box, "green", 0));
    login_leave(client);
    client = login_client(&box, "eve");
    UNIT_ASSERT_NUMBER(ssh_userauth_none(client, NULL), SSH_AUTH_DENIED);
    shows(client, "For all");
    UNIT_ASSERT_NUMBER(ssh_userauth_kbdint(client, NULL, NULL), SSH_AUTH_INFO);
    UNIT_ASSERT_NUMBER(ssh_userauth_kbdint_getnprompts(client), 1);
    UNIT_ASSERT_STRING(ssh_userauth_kbdint_getprompt(client, 0, NULL), "Usual");
    login_leave(client);
    login_box_end(&box);
}

/* ---- Home and roots ---- */

static void in_a_root(struct login_box *box, struct hythe_SSHUserAuthRequest *e)
{
    e->Accept = is(e->AuthMethod, "password");
    login_box_wish(box, e->ConnectionId, "UserRootDirectory", "/users/bob");
    (void)snprintf(e->HomeDir, sizeof e->HomeDir, "/");
}

static void at_home(struct login_box *box, struct hythe_SSHUserAuthRequest *e)
{
    e->Accept = is(e->AuthMethod, "password");
    login_box_wish(box, e->ConnectionId, "RestrictUserToHomeDir", "true");
    if (!is(e->User, "homeless"))
        (void)snprintf(e->HomeDir, sizeof e->HomeDir, is(e->User, "lost") ? "/users/../secret" : "/users/bob");
}

static ssh_session enter(struct login_box *box, const char *user)
{
    ssh_session client = login_client(box, user);

    if (login_password(client, "secret") == SSH_AUTH_SUCCESS)
        return client;
    login_leave(client);
    return NULL;
}

/* Their client, whose session begins at `home`. */
static ssh_session enter_at(struct login_box *box, const char *home)
{
    ssh_session client = enter(box, "bob");
    char got[256];

    CU_ASSERT_FATAL(client != NULL);
    UNIT_ASSERT_STRING(login_home(client, got), home);
    return client;
}

static void nobody_leaves_their_root(void)
{
    struct login_box box;
    ssh_session client;

    login_box_begin(&box, "", in_a_root);
    client = enter_at(&box, "/");
    CU_ASSERT(login_reads(client, "/file"));
    CU_ASSERT(!login_reads(client, "/secret") && !login_reads(client, "/../../secret"));
    CU_ASSERT(!login_reads(client, "/out") && !login_reads(client, "/users/bob/file"));
    login_leave(client);
    login_box_end(&box);
}

static void nobody_leaves_their_home(void)
{
    struct login_box box;
    ssh_session client;

    login_box_begin(&box, "", at_home);
    client = enter_at(&box, "/users/bob");
    CU_ASSERT(login_reads(client, "/users/bob/file") && login_reads(client, "file"));
    CU_ASSERT(!login_reads(client, "/secret") && !login_reads(client, "../../secret"));
    CU_ASSERT(!login_reads(client, "/users/bob/out"));
    login_leave(client);
    CU_ASSERT(enter(&box, "homeless") == NULL);
    CU_ASSERT(login_box_logged(&box, "can't use the account that the program gives user \"homeless\"", 0));
    CU_ASSERT(enter(&box, "lost") == NULL);
    CU_ASSERT(login_box_logged(&box, "a home is a normal absolute path: not \"/users/../secret\"", 0));
    login_box_end(&box);
}

/* ---- Users of the configuration ---- */

#define USERS "users = ( { name = \"u\"; password = \"$5$x$u/w5rkS/ZkEW8w7w0VcSy915tS82tDWKB5Ee9giohyD\"; } ); "

static void watch_or_refuse(struct login_box *box, struct hythe_SSHUserAuthRequest *e)
{
    (void)box;
    if (is(e->AuthMethod, "password"))
        UNIT_ASSERT_NUMBER(e->Accept, is(e->User, "u") && is(e->AuthParam, "secret"));
    if (box->released)
        e->Accept = 0;
}

static void wish_on_arrival(struct login_box *box, const struct hythe_Connected *e)
{
    login_box_wish(box, e->ConnectionId, "UserRootDirectory", "/users/bob");
    login_box_wish(box, e->ConnectionId, "UserAuthBanner", "On arrival");
}

static void what_users_say_is_the_default(void)
{
    struct login_box box;
    ssh_session client;
    char home[256];

    login_box_begin(&box, USERS, watch_or_refuse);
    client = enter(&box, "u");
    CU_ASSERT_FATAL(client != NULL);
    login_leave(client);
    CU_ASSERT(enter(&box, "eve") == NULL);
    login_box_release(&box);
    CU_ASSERT(enter(&box, "u") == NULL);
    login_box_end(&box);

    login_box_begin(&box, USERS, NULL); /* wishes hold without a handler, too */
    box.connected = wish_on_arrival;
    client = enter(&box, "u");
    CU_ASSERT_FATAL(client != NULL);
    shows(client, "On arrival");
    UNIT_ASSERT_STRING(login_home(client, home), "/");
    CU_ASSERT(login_reads(client, "/file"));
    login_leave(client);
    login_box_end(&box);
}

/* ---- Handlers that take their time ---- */

static void wait_for_some(struct login_box *box, struct hythe_SSHUserAuthRequest *e)
{
    e->Accept = is(e->AuthMethod, "password");
    if (e->Accept && is(e->User, "slow"))
        login_box_wait(box);
}

static void *enter_slowly(void *ctx)
{
    return enter(ctx, "slow");
}

static bool has_asked(struct login_box *box, const char *text)
{
    bool asked = false;

    for (int i = 0; !asked && i < 2000; i++) {
        (void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        (void)pthread_mutex_lock(&box->lock);
        asked = strstr(box->heard, text) != NULL;
        (void)pthread_mutex_unlock(&box->lock);
    }
    return asked;
}

static void a_slow_handler_holds_up_its_own_connection(void)
{
    struct login_box box;
    pthread_t thread;
    ssh_session client;
    void *slow = NULL;

    login_box_begin(&box, "", wait_for_some);
    CU_ASSERT_FATAL(pthread_create(&thread, NULL, enter_slowly, &box) == 0);
    CU_ASSERT(has_asked(&box, "slow password"));
    client = enter(&box, "bob");
    CU_ASSERT_FATAL(client != NULL);
    CU_ASSERT(login_reads(client, "/secret"));
    login_leave(client);
    login_box_release(&box);
    (void)pthread_join(thread, &slow);
    CU_ASSERT(slow != NULL);
    if (slow)
        login_leave(slow);
    login_box_end(&box);
}

static void wait_too_long(struct login_box *box, struct hythe_SSHUserAuthRequest *e)
{
    (void)box;
    e->Accept = is(e->AuthMethod, "password");
    (void)nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 10000000}, NULL);
}

static void what_is_accepted_too_late_lets_nobody_in(void)
{
    struct login_box box;

    login_box_begin(&box, "login_grace = 1;", wait_too_long);
    CU_ASSERT(enter(&box, "slow") == NULL);
    CU_ASSERT(login_box_logged(&box, "not authenticated within 1 seconds", 20));
    CU_ASSERT(!login_box_logged(&box, "slow is in", 0));
    login_box_end(&box);
}

static void a_handler_that_hangs_is_named(void)
{
    struct login_box box;
    pthread_t thread;
    void *slow = NULL;

    login_box_begin(&box, "slow_timeout = 1;", wait_for_some);
    CU_ASSERT_FATAL(pthread_create(&thread, NULL, enter_slowly, &box) == 0);
    CU_ASSERT(login_box_logged(&box, "a login from 127.0.0.1 in the program's SSHUserAuthRequest", 20));
    (void)pthread_join(thread, &slow); /* its socket is shut before the handler returns */
    CU_ASSERT(slow == NULL);
    login_box_release(&box);
    CU_ASSERT(login_box_logged(&box, "a call didn't return", 20));
    CU_ASSERT(!login_box_logged(&box, "slow is in", 0));
    login_box_end(&box);
}

static void disconnect_and_accept(struct login_box *box, struct hythe_SSHUserAuthRequest *e)
{
    e->Accept = 1;
    UNIT_ASSERT_NUMBER(hythe_Disconnect(box->server, e->ConnectionId), 0);
}

static void a_handler_that_disconnects_lets_nobody_in(void)
{
    struct login_box box;

    login_box_begin(&box, "", disconnect_and_accept);
    CU_ASSERT(enter(&box, "bob") == NULL);
    CU_ASSERT(login_box_logged(&box, "end of the connection", 20));
    CU_ASSERT(!login_box_logged(&box, "bob is in", 0));
    login_box_end(&box);
}

UNIT_SUITE(login, UNIT_TEST(the_program_alone_decides), UNIT_TEST(none_may_be_accepted),
           UNIT_TEST(access_follows_a_signature), UNIT_TEST(partial_success_asks_for_more),
           UNIT_TEST(prompts_and_banner_are_the_connections_own), UNIT_TEST(nobody_leaves_their_root),
           UNIT_TEST(nobody_leaves_their_home), UNIT_TEST(what_users_say_is_the_default),
           UNIT_TEST(a_slow_handler_holds_up_its_own_connection), UNIT_TEST(what_is_accepted_too_late_lets_nobody_in),
           UNIT_TEST(a_handler_that_hangs_is_named), UNIT_TEST(a_handler_that_disconnects_lets_nobody_in));

UNIT_MAIN("unit-login", &unit_login)
