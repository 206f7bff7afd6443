/* The SSH transport: who comes in, and what goes through. */
#include "tests/unit/transport_side.h"

#include <unistd.h>

static void a_password_lets_in(void)
{
    struct side s = {0};
    ssh_session client = side_begin(&s, "alice");

    CU_ASSERT(ssh_userauth_none(client, NULL) == SSH_AUTH_DENIED);
    CU_ASSERT(ssh_userauth_list(client, NULL) ==
              (SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_PUBLICKEY | SSH_AUTH_METHOD_INTERACTIVE));
    CU_ASSERT(ssh_userauth_password(client, NULL, "wrong") == SSH_AUTH_DENIED);
    UNIT_ASSERT_STRING(s.last_secret, "wrong");
    CU_ASSERT(ssh_userauth_password(client, NULL, "right") == SSH_AUTH_SUCCESS);
    UNIT_ASSERT_STRING(s.last_user, "alice");
    side_finish(&s, client);
    CU_ASSERT(strncmp(s.version, "SSH-2.0-libssh", 14) == 0);
}

static void a_key_is_probed_and_then_proved(void)
{
    struct side s = {0};
    ssh_session client = side_begin(&s, "alice");
    ssh_key key = NULL;

    CU_ASSERT_FATAL(ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) == SSH_OK);
    CU_ASSERT(ssh_userauth_try_publickey(client, NULL, key) == SSH_AUTH_SUCCESS);
    UNIT_ASSERT_NUMBER(s.last_key_len, 4 + 11 + 4 + 32);
    CU_ASSERT(ssh_userauth_publickey(client, NULL, key) == SSH_AUTH_SUCCESS);
    ssh_key_free(key);
    side_finish(&s, client);
}

static void prompts_are_asked_and_answered(void)
{
    struct side s = {0};
    ssh_session client = side_begin(&s, "alice");
    char echo[2] = {2, 2};

    CU_ASSERT_FATAL(ssh_userauth_kbdint(client, NULL, NULL) == SSH_AUTH_INFO);
    UNIT_ASSERT_STRING(ssh_userauth_kbdint_getname(client), "name");
    UNIT_ASSERT_STRING(ssh_userauth_kbdint_getinstruction(client), "instruction");
    UNIT_ASSERT_STRING(ssh_userauth_kbdint_getprompt(client, 0, &echo[0]), "One: ");
    UNIT_ASSERT_STRING(ssh_userauth_kbdint_getprompt(client, 1, &echo[1]), "Two: ");
    CU_ASSERT(echo[0] == 0 && echo[1] == 1);
    (void)ssh_userauth_kbdint_setanswer(client, 0, "right");
    (void)ssh_userauth_kbdint_setanswer(client, 1, "");
    CU_ASSERT(ssh_userauth_kbdint(client, NULL, NULL) == SSH_AUTH_SUCCESS);
    side_finish(&s, client);
}

static void a_refused_method_is_not_asked_for_prompts(void)
{
    struct side s = {.allowed = HY_SSH_PASSWORD};
    ssh_session client = side_begin(&s, "alice");

    CU_ASSERT(ssh_userauth_kbdint(client, NULL, NULL) == SSH_AUTH_DENIED);
    side_finish(&s, client);
}

static void too_many_failures_end_the_connection(void)
{
    struct side s = {0};
    ssh_session client = side_begin(&s, "cut");
    long seconds = 1; /* libssh's client goes on waiting after a disconnect */

    (void)ssh_options_set(client, SSH_OPTIONS_TIMEOUT, &seconds);
    CU_ASSERT(ssh_userauth_password(client, NULL, "x") != SSH_AUTH_SUCCESS);
    side_finish(&s, client);
    UNIT_ASSERT_STRING(s.why.text, "too many authentication failures");
}

static void the_banner_is_shown(void)
{
    struct side s = {.limits.banner = "Authorised use only.\n"};
    ssh_session client = side_begin(&s, "alice");
    char *banner;

    CU_ASSERT(ssh_userauth_none(client, NULL) == SSH_AUTH_DENIED);
    banner = ssh_get_issue_banner(client);
    UNIT_ASSERT_STRING(banner, "Authorised use only.\n");
    ssh_string_free_char(banner);
    side_finish(&s, client);
}

static void bytes_go_through_both_ways(void)
{
    const size_t len = getenv("HYTHE_VALGRIND") ? 1024 * 1024 : 24 * 1024 * 1024; /* the latter opens windows anew */
    struct side s = {0};
    ssh_session client = side_begin(&s, "alice");
    ssh_channel ch;

    CU_ASSERT_FATAL(ssh_userauth_password(client, NULL, "right") == SSH_AUTH_SUCCESS);
    ch = side_subsystem(client);
    UNIT_ASSERT_NUMBER(side_echo(ch, len), len);
    (void)ssh_channel_send_eof(ch);
    ssh_channel_free(ch);
    side_finish(&s, client);
    UNIT_ASSERT_NUMBER(s.closed, 1);
}

/* Sends `count` records of `record` bytes. Returns how many came in as they were sent; *window gets the widest window
 * that the server gave. */
static size_t upload(size_t record, size_t count, uint32_t *window)
{
    struct side s = {.record = record};
    ssh_session client = side_begin(&s, "alice");
    uint8_t *out = malloc(65536), in[4096];
    size_t sent = 0, answered = 0, right = 0, len = record * count;
    ssh_channel ch;
    int rc = 0;

    CU_ASSERT_FATAL(out != NULL);
    for (size_t i = 0; i < 65536; i++)
        out[i] = side_pattern(i);
    CU_ASSERT_FATAL(ssh_userauth_password(client, NULL, "right") == SSH_AUTH_SUCCESS);
    ch = side_subsystem(client);
    while (answered < count && rc >= 0) {
        size_t at = sent % 65536, n = len - sent < 65536 - at ? len - sent : 65536 - at;

        if (n && (rc = ssh_channel_write(ch, out + at, (uint32_t)n)) < 0)
            break;
        sent += n;
        rc = ssh_channel_read_timeout(ch, in, sizeof in, 0, sent < len ? 0 : 10000);
        if (sent == len && rc == 0)
            break;
        for (int i = 0; i < rc; i++)
            right += in[i];
        answered += rc > 0 ? (size_t)rc : 0;
        if (ssh_channel_window_size(ch) > *window)
            *window = ssh_channel_window_size(ch);
    }
    ssh_channel_free(ch);
    side_finish(&s, client);
    free(out);
    return right;
}

/* Messages hardly ever end where packets do, and what is left of one must not end the wide window. */
static void an_upload_gets_a_wide_window(void)
{
    uint32_t window = 0;

    UNIT_ASSERT_NUMBER(upload(4093, 4000, &window), 4000);
    CU_ASSERT(window > 2 * 1024 * 1024);
    window = 0;
    UNIT_ASSERT_NUMBER(upload(40009, 400, &window), 400); /* no packet holds a whole one */
    CU_ASSERT(window > 2 * 1024 * 1024);
    UNIT_ASSERT_NUMBER(upload(200003, 80, &window), 80);
    UNIT_ASSERT_NUMBER(upload(3, 100000, &window), 100000);
}

static void channels_are_limited_and_only_sftp_opens(void)
{
    struct side s = {0};
    ssh_session client = side_begin(&s, "alice");
    ssh_channel a, b, c;

    CU_ASSERT_FATAL(ssh_userauth_password(client, NULL, "right") == SSH_AUTH_SUCCESS);
    a = side_subsystem(client);
    b = ssh_channel_new(client);
    CU_ASSERT(ssh_channel_open_session(b) == SSH_OK);
    CU_ASSERT(ssh_channel_request_exec(b, "id") != SSH_OK);
    CU_ASSERT(ssh_channel_request_shell(b) != SSH_OK);
    CU_ASSERT(ssh_channel_request_pty(b) != SSH_OK);
    CU_ASSERT(ssh_channel_request_subsystem(b, "netconf") != SSH_OK);
    CU_ASSERT(ssh_channel_request_sftp(b) == SSH_OK);
    CU_ASSERT(ssh_channel_request_sftp(b) != SSH_OK);
    c = ssh_channel_new(client);
    CU_ASSERT(ssh_channel_open_session(c) != SSH_OK); /* max_channels is 2 */
    UNIT_ASSERT_NUMBER(side_echo(a, 100000), 100000);
    UNIT_ASSERT_NUMBER(side_echo(b, 100000), 100000);
    ssh_channel_free(a);
    ssh_channel_free(b);
    ssh_channel_free(c);
    side_finish(&s, client);
    UNIT_ASSERT_NUMBER(s.opened, 2);
    UNIT_ASSERT_NUMBER(s.closed, 2);
}

static void the_end_drains_and_disconnects(void)
{
    struct side s = {0};
    ssh_session client = side_begin(&s, "alice");
    const uint64_t one = 1;
    ssh_channel ch;
    char buf[16];

    CU_ASSERT_FATAL(ssh_userauth_password(client, NULL, "right") == SSH_AUTH_SUCCESS);
    ch = side_subsystem(client);
    UNIT_ASSERT_NUMBER(side_echo(ch, 1000), 1000);
    atomic_store(&s.drain, true);
    CU_ASSERT(write(s.control.wake, &one, sizeof one) == sizeof one);
    CU_ASSERT(ssh_channel_read_timeout(ch, buf, sizeof buf, 0, 10000) <= 0);
    (void)pthread_join(s.thread, NULL);
    UNIT_ASSERT_STRING(s.why.text, "the server is shutting down");
    UNIT_ASSERT_NUMBER(s.closed, 1);
    s.joined = true;
    ssh_channel_free(ch);
    side_finish(&s, client);
}

static void a_stalled_operation_is_cut(void)
{
    struct side s = {.hold = true, .limits.stall = 1};
    ssh_session client = side_begin(&s, "alice");
    ssh_channel ch;
    char buf[16] = "";

    CU_ASSERT_FATAL(ssh_userauth_password(client, NULL, "right") == SSH_AUTH_SUCCESS);
    ch = side_subsystem(client);
    CU_ASSERT(ssh_channel_write(ch, buf, sizeof buf) == sizeof buf); /* part of a message, and nothing behind it */
    CU_ASSERT(ssh_channel_read_timeout(ch, buf, sizeof buf, 0, 10000) <= 0);
    ssh_channel_free(ch);
    side_finish(&s, client);
    UNIT_ASSERT_STRING(s.why.text, "no progress for 1 seconds");
}

static void an_idle_session_ends_when_it_is_told_to(void)
{
    struct side s = {.limits.idle = 1};
    ssh_session client = side_begin(&s, "alice");
    ssh_channel ch;
    char buf[16];

    CU_ASSERT_FATAL(ssh_userauth_password(client, NULL, "right") == SSH_AUTH_SUCCESS);
    ch = side_subsystem(client);
    CU_ASSERT(ssh_channel_read_timeout(ch, buf, sizeof buf, 0, 10000) <= 0);
    ssh_channel_free(ch);
    side_finish(&s, client);
    UNIT_ASSERT_STRING(s.why.text, "idle for 1 seconds");
}

static void silence_ends_with_the_grace(void)
{
    struct side s = {.limits.login_grace = 1};
    ssh_session client = side_begin(&s, "alice");

    (void)pthread_join(s.thread, NULL);
    UNIT_ASSERT_STRING(s.why.text, "not authenticated within 1 seconds");
    s.joined = true;
    side_finish(&s, client);
}

static void keys_that_cant_be_host_keys_are_named(void)
{
    struct hy_err err = {0};
    struct hy_ssh_server *ssh = hy_ssh_server_new(&err);
    char *key = side_key(), *other = side_key();
    const char *type = "";

    CU_ASSERT_FATAL(ssh != NULL);
    CU_ASSERT(hy_ssh_server_add_key(ssh, "a", key, &type, &err) == 0);
    UNIT_ASSERT_STRING(type, "ssh-ed25519");
    CU_ASSERT(hy_ssh_server_add_key(ssh, "b", other, &type, &err) == -1);
    UNIT_ASSERT_STRING(err.text, "host key b: a already is an Ed25519 key, and one of each type can be served [1301]");
    CU_ASSERT(hy_ssh_server_add_key(ssh, "c", "no key", &type, &err) == -1);
    UNIT_ASSERT_STRING(err.text, "host key c: libssh can't read it [1301]");
    free(key);
    free(other);
    hy_ssh_server_unref(ssh);
}

UNIT_SUITE(ssh, UNIT_TEST(a_password_lets_in), UNIT_TEST(a_key_is_probed_and_then_proved),
           UNIT_TEST(prompts_are_asked_and_answered), UNIT_TEST(a_refused_method_is_not_asked_for_prompts),
           UNIT_TEST(too_many_failures_end_the_connection), UNIT_TEST(the_banner_is_shown),
           UNIT_TEST(bytes_go_through_both_ways), UNIT_TEST(an_upload_gets_a_wide_window),
           UNIT_TEST(channels_are_limited_and_only_sftp_opens),
           UNIT_TEST(the_end_drains_and_disconnects), UNIT_TEST(a_stalled_operation_is_cut),
           UNIT_TEST(an_idle_session_ends_when_it_is_told_to), UNIT_TEST(silence_ends_with_the_grace),
           UNIT_TEST(keys_that_cant_be_host_keys_are_named));
UNIT_DECLARE(running);
UNIT_DECLARE(algorithms);
UNIT_MAIN("unit-transport", &unit_ssh, &unit_running, &unit_algorithms)
