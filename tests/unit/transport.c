/* The SSH transport with a libssh client at the other end of a socket pair and an echo where SFTP would be. */
#include "core/base/buf.h"
#include "core/transport/ssh.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <libssh/libssh.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ECHO_AHEAD = 512 * 1024, ECHO_ROOM = 256 * 1024 };

/* An echo with bounded room: it refuses input while full, as the engine does. */
struct echo {
    struct hy_buf out;
    uint64_t taken;
    bool hold;     /* takes nothing */
    size_t record; /* not an echo, but an answer of one byte to every so many bytes; less than that stays untaken */
    int *closed;
};

/* The byte of what tests send that is at a position. */
static uint8_t pattern(uint64_t at)
{
    return (uint8_t)(at % 65536 * 7 + (at % 65536 >> 8));
}

/* Takes whole records only. The answer is 1 for one that is as it was sent. */
static size_t records_input(struct echo *e, const uint8_t *data, size_t len)
{
    size_t used = 0;

    for (; len - used >= e->record && hy_buf_len(&e->out) < ECHO_ROOM; used += e->record) {
        uint8_t right = 1;

        for (size_t i = 0; i < e->record; i++)
            right &= data[used + i] == pattern(e->taken + i);
        hy_buf_put_u8(&e->out, right);
        e->taken += e->record;
    }
    return used;
}

static size_t echo_input(void *ctx, const uint8_t *data, size_t len)
{
    struct echo *e = ctx;
    size_t room = ECHO_ROOM - hy_buf_len(&e->out);

    if (e->hold)
        return 0;
    if (e->record)
        return records_input(e, data, len);
    if (len > room)
        len = room;
    hy_buf_put(&e->out, data, len);
    e->taken += len;
    return len;
}

static const uint8_t *echo_output(void *ctx, size_t *len)
{
    struct echo *e = ctx;

    *len = hy_buf_len(&e->out);
    return hy_buf_data(&e->out);
}

static void echo_sent(void *ctx, size_t n)
{
    hy_buf_consume(&((struct echo *)ctx)->out, n);
}

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

static void nothing(void *ctx)
{
    (void)ctx;
}

static void echo_close(void *ctx)
{
    struct echo *e = ctx;

    (*e->closed)++;
    hy_buf_free(&e->out);
    free(e);
}

/* The server's side: what the handler saw and what it answers. */
struct side {
    struct hy_ssh_server *ssh;
    struct hy_ssh_limits limits;
    struct hy_ssh_control control;
    struct hy_ssh_facts facts;
    atomic_bool drain, cut, rekey;
    int fd, peer;
    unsigned allowed, tries;
    char last_user[64], last_secret[64], version[128];
    size_t last_key_len;
    int opened, closed;
    bool hold, joined;
    size_t record;
    struct hy_err why;
    pthread_t thread;
};

static void prompts(void *ctx, struct hy_ssh_prompts *out)
{
    (void)ctx;
    *out = (struct hy_ssh_prompts){"name", "instruction", 2, {"One: ", "Two: "}, {false, true}};
}

static enum hy_ssh_answer authenticate(void *ctx, const struct hy_ssh_factor *f)
{
    struct side *s = ctx;

    s->tries++;
    (void)snprintf(s->last_user, sizeof s->last_user, "%s", f->user);
    (void)snprintf(s->last_secret, sizeof s->last_secret, "%s", f->secret ? f->secret : "");
    s->last_key_len = f->key_len;
    if (strcmp(f->user, "cut") == 0)
        return HY_SSH_CUT;
    if (!(f->method & s->allowed))
        return HY_SSH_DENY;
    if (f->method == HY_SSH_PUBLICKEY)
        return f->signature_verified ? HY_SSH_GRANT : HY_SSH_KEY_OK;
    if (f->method == HY_SSH_INTERACTIVE)
        return !f->responds ? HY_SSH_ASK
               : f->answer_count == 2 && strcmp(f->answers[0], "right") == 0 && !*f->answers[1] ? HY_SSH_GRANT
                                                                                               : HY_SSH_DENY;
    return f->secret && strcmp(f->secret, "right") == 0 ? HY_SSH_GRANT : HY_SSH_DENY;
}

static unsigned methods(void *ctx)
{
    return ((struct side *)ctx)->allowed;
}

static void entered(void *ctx, const char *version)
{
    struct side *s = ctx;

    (void)snprintf(s->version, sizeof s->version, "%s", version);
}

static int open_sftp(void *ctx, struct hy_sink *sink)
{
    struct side *s = ctx;
    struct echo *e = calloc(1, sizeof *e);

    if (!e)
        return -1;
    hy_buf_init(&e->out, ECHO_ROOM);
    e->closed = &s->closed;
    e->hold = s->hold;
    e->record = s->record;
    s->opened++;
    *sink = (struct hy_sink){.ctx = e,
                             .input = echo_input,
                             .output = echo_output,
                             .sent = echo_sent,
                             .busy = never,
                             .work = nothing,
                             .broken = never,
                             .partial = never,
                             .idle = nothing,
                             .eof = nothing,
                             .close = echo_close};
    return 0;
}

static void *run(void *ctx)
{
    struct side *s = ctx;
    const struct hy_ssh_handler handler = {.ctx = s, .authenticate = authenticate, .methods = methods,
                                           .prompts = prompts, .entered = entered, .open_sftp = open_sftp};

    hy_ssh_run(s->ssh, s->fd, 1, &handler, &s->limits, &s->control, &s->why);
    return NULL;
}

static char *new_key(void)
{
    char path[] = "/tmp/unit-transport.XXXXXX", *text = calloc(1, 16384);
    ssh_key key = NULL;
    int fd = mkstemp(path);

    CU_ASSERT_FATAL(fd >= 0 && text != NULL);
    CU_ASSERT_FATAL(ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) == SSH_OK);
    CU_ASSERT_FATAL(ssh_pki_export_privkey_file(key, NULL, NULL, NULL, path) == SSH_OK);
    ssh_key_free(key);
    (void)close(fd);
    fd = open(path, O_RDONLY);
    CU_ASSERT_FATAL(fd >= 0 && read(fd, text, 16383) > 0);
    (void)close(fd);
    (void)unlink(path);
    return text;
}

static const char *const lists[HY_SSH_LISTS] = {"curve25519-sha256", "ssh-ed25519", "aes256-gcm@openssh.com",
                                                "hmac-sha2-256", "none", "ssh-ed25519,rsa-sha2-512"};

/* Starts the server's side and returns a client that has done the key exchange. */
static ssh_session begin(struct side *s, const char *user)
{
    struct hy_err err = {0};
    ssh_session client = ssh_new();
    const char *type;
    char *key = new_key();
    int pair[2], strict = 0;

    s->ssh = hy_ssh_server_new(&err);
    CU_ASSERT_FATAL(s->ssh != NULL);
    CU_ASSERT_FATAL(hy_ssh_server_add_key(s->ssh, "key", key, &type, &err) == 0);
    free(key);
    if (!s->allowed)
        s->allowed = HY_SSH_PASSWORD | HY_SSH_PUBLICKEY | HY_SSH_INTERACTIVE;
    s->limits.login_grace = s->limits.login_grace ?: 30;
    s->limits.max_channels = s->limits.max_channels ?: 2;
    s->limits.receive_window = s->limits.receive_window ?: 4 * 1024 * 1024;
    s->limits.banner = s->limits.banner ?: "";
    memcpy(s->limits.lists, lists, sizeof lists);
    s->limits.version = s->limits.version ?: "Test_1";
    s->limits.read_ms = s->limits.read_ms ?: 50;
    hy_ssh_facts_init(&s->facts);
    s->control = (struct hy_ssh_control){.wake = eventfd(0, EFD_CLOEXEC), .drain = &s->drain, .cut = &s->cut,
                                         .nudge = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .rekey = &s->rekey,
                                         .facts = &s->facts};
    CU_ASSERT_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    s->fd = pair[0];
    s->peer = pair[1];
    CU_ASSERT_FATAL(pthread_create(&s->thread, NULL, run, s) == 0);
    (void)ssh_options_set(client, SSH_OPTIONS_HOST, "localhost");
    (void)ssh_options_set(client, SSH_OPTIONS_USER, user);
    (void)ssh_options_set(client, SSH_OPTIONS_FD, &pair[1]);
    (void)ssh_options_set(client, SSH_OPTIONS_PROCESS_CONFIG, &strict);
    CU_ASSERT_FATAL(ssh_connect(client) == SSH_OK);
    return client;
}

static void finish(struct side *s, ssh_session client)
{
    ssh_disconnect(client);
    ssh_free(client); /* leaves the descriptor that it was given open */
    (void)shutdown(s->peer, SHUT_RDWR);
    if (!s->joined)
        (void)pthread_join(s->thread, NULL);
    (void)close(s->peer);
    (void)close(s->control.wake);
    (void)close(s->control.nudge);
    hy_ssh_facts_destroy(&s->facts);
    hy_ssh_server_unref(s->ssh);
}

static ssh_channel subsystem(ssh_session client)
{
    ssh_channel ch = ssh_channel_new(client);

    CU_ASSERT_FATAL(ch != NULL);
    CU_ASSERT_FATAL(ssh_channel_open_session(ch) == SSH_OK);
    CU_ASSERT_FATAL(ssh_channel_request_sftp(ch) == SSH_OK);
    return ch;
}

static void a_password_lets_in(void)
{
    struct side s = {0};
    ssh_session client = begin(&s, "alice");

    CU_ASSERT(ssh_userauth_none(client, NULL) == SSH_AUTH_DENIED);
    CU_ASSERT(ssh_userauth_list(client, NULL) ==
              (SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_PUBLICKEY | SSH_AUTH_METHOD_INTERACTIVE));
    CU_ASSERT(ssh_userauth_password(client, NULL, "wrong") == SSH_AUTH_DENIED);
    UNIT_ASSERT_STRING(s.last_secret, "wrong");
    CU_ASSERT(ssh_userauth_password(client, NULL, "right") == SSH_AUTH_SUCCESS);
    UNIT_ASSERT_STRING(s.last_user, "alice");
    finish(&s, client);
    CU_ASSERT(strncmp(s.version, "SSH-2.0-libssh", 14) == 0);
}

static void a_key_is_probed_and_then_proved(void)
{
    struct side s = {0};
    ssh_session client = begin(&s, "alice");
    ssh_key key = NULL;

    CU_ASSERT_FATAL(ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) == SSH_OK);
    CU_ASSERT(ssh_userauth_try_publickey(client, NULL, key) == SSH_AUTH_SUCCESS);
    UNIT_ASSERT_NUMBER(s.last_key_len, 4 + 11 + 4 + 32);
    CU_ASSERT(ssh_userauth_publickey(client, NULL, key) == SSH_AUTH_SUCCESS);
    ssh_key_free(key);
    finish(&s, client);
}

static void prompts_are_asked_and_answered(void)
{
    struct side s = {0};
    ssh_session client = begin(&s, "alice");
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
    finish(&s, client);
}

static void a_refused_method_is_not_asked_for_prompts(void)
{
    struct side s = {.allowed = HY_SSH_PASSWORD};
    ssh_session client = begin(&s, "alice");

    CU_ASSERT(ssh_userauth_kbdint(client, NULL, NULL) == SSH_AUTH_DENIED);
    finish(&s, client);
}

static void too_many_failures_end_the_connection(void)
{
    struct side s = {0};
    ssh_session client = begin(&s, "cut");
    long seconds = 1; /* libssh's client goes on waiting after a disconnect */

    (void)ssh_options_set(client, SSH_OPTIONS_TIMEOUT, &seconds);
    CU_ASSERT(ssh_userauth_password(client, NULL, "x") != SSH_AUTH_SUCCESS);
    finish(&s, client);
    UNIT_ASSERT_STRING(s.why.text, "too many authentication failures");
}

static void the_banner_is_shown(void)
{
    struct side s = {.limits.banner = "Authorised use only.\n"};
    ssh_session client = begin(&s, "alice");
    char *banner;

    CU_ASSERT(ssh_userauth_none(client, NULL) == SSH_AUTH_DENIED);
    banner = ssh_get_issue_banner(client);
    UNIT_ASSERT_STRING(banner, "Authorised use only.\n");
    ssh_string_free_char(banner);
    finish(&s, client);
}

/* Sends len bytes while it reads the echo; returns how many came back unchanged. */
static size_t echo_through(ssh_channel ch, size_t len)
{
    static uint8_t out[64 * 1024], in[64 * 1024];
    size_t sent = 0, back = 0;

    for (size_t i = 0; i < sizeof out; i++)
        out[i] = pattern(i);
    while (back < len) {
        bool wait = sent == len || sent - back >= ECHO_AHEAD; /* more, and both ends could wait for each other */
        size_t n = wait ? 0 : len - sent < sizeof out ? len - sent : sizeof out;
        int rc;

        if (n && (rc = ssh_channel_write(ch, out, (uint32_t)n)) < 0)
            return back;
        sent += n;
        while ((rc = ssh_channel_read_timeout(ch, in, sizeof in, 0, wait ? 10000 : 0)) > 0) {
            wait = false;
            for (int i = 0; i < rc; i++)
                if (in[i] != out[(back + (size_t)i) % sizeof out])
                    return back;
            back += (size_t)rc;
            if (back == len)
                return back;
        }
        if (rc < 0 || (rc == 0 && wait))
            return back;
    }
    return back;
}

static void bytes_go_through_both_ways(void)
{
    const size_t len = getenv("HYTHE_VALGRIND") ? 1024 * 1024 : 24 * 1024 * 1024; /* the latter opens windows anew */
    struct side s = {0};
    ssh_session client = begin(&s, "alice");
    ssh_channel ch;

    CU_ASSERT_FATAL(ssh_userauth_password(client, NULL, "right") == SSH_AUTH_SUCCESS);
    ch = subsystem(client);
    UNIT_ASSERT_NUMBER(echo_through(ch, len), len);
    (void)ssh_channel_send_eof(ch);
    ssh_channel_free(ch);
    finish(&s, client);
    UNIT_ASSERT_NUMBER(s.closed, 1);
}

/* The flag alone asks; what is on its way meanwhile arrives whole. */
static void keys_are_exchanged_on_demand(void)
{
    struct side s = {0};
    ssh_session client = begin(&s, "alice");
    struct hy_ssh_agreed agreed;
    ssh_channel ch;

    CU_ASSERT_FATAL(ssh_userauth_password(client, NULL, "right") == SSH_AUTH_SUCCESS);
    ch = subsystem(client);
    for (unsigned i = 1; i <= 5; i++) {
        hy_ssh_ask_rekey(&s.control);
        for (int round = 0; round < 100 && atomic_load(&s.facts.rekeys) < i; round++)
            UNIT_ASSERT_NUMBER(echo_through(ch, 1024 * 1024), 1024 * 1024);
        UNIT_ASSERT_NUMBER(atomic_load(&s.facts.rekeys), i);
    }
    hy_ssh_facts_agreed(&s.facts, &agreed);
    CU_ASSERT(strncmp(agreed.client, "SSH-2.0-libssh", 14) == 0);
    UNIT_ASSERT_STRING(agreed.kex, ssh_get_kex_algo(client));
    UNIT_ASSERT_STRING(agreed.host_key, "ssh-ed25519");
    UNIT_ASSERT_STRING(agreed.cipher_in, ssh_get_cipher_out(client));
    CU_ASSERT(agreed.strict && strcmp(agreed.compression_in, "none") == 0);
    CU_ASSERT(atomic_load(&s.facts.in) > 5 * 1024 * 1024 && atomic_load(&s.facts.out) > 5 * 1024 * 1024);
    ssh_channel_free(ch);
    finish(&s, client);
}

/* Sends `count` records of `record` bytes. Returns how many came in as they were sent; *window gets the widest window
 * that the server gave. */
static size_t upload(size_t record, size_t count, uint32_t *window)
{
    struct side s = {.record = record};
    ssh_session client = begin(&s, "alice");
    uint8_t *out = malloc(65536), in[4096];
    size_t sent = 0, answered = 0, right = 0, len = record * count;
    ssh_channel ch;
    int rc = 0;

    CU_ASSERT_FATAL(out != NULL);
    for (size_t i = 0; i < 65536; i++)
        out[i] = pattern(i);
    CU_ASSERT_FATAL(ssh_userauth_password(client, NULL, "right") == SSH_AUTH_SUCCESS);
    ch = subsystem(client);
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
    finish(&s, client);
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
    ssh_session client = begin(&s, "alice");
    ssh_channel a, b, c;

    CU_ASSERT_FATAL(ssh_userauth_password(client, NULL, "right") == SSH_AUTH_SUCCESS);
    a = subsystem(client);
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
    UNIT_ASSERT_NUMBER(echo_through(a, 100000), 100000);
    UNIT_ASSERT_NUMBER(echo_through(b, 100000), 100000);
    ssh_channel_free(a);
    ssh_channel_free(b);
    ssh_channel_free(c);
    finish(&s, client);
    UNIT_ASSERT_NUMBER(s.opened, 2);
    UNIT_ASSERT_NUMBER(s.closed, 2);
}

static void the_end_drains_and_disconnects(void)
{
    struct side s = {0};
    ssh_session client = begin(&s, "alice");
    const uint64_t one = 1;
    ssh_channel ch;
    char buf[16];

    CU_ASSERT_FATAL(ssh_userauth_password(client, NULL, "right") == SSH_AUTH_SUCCESS);
    ch = subsystem(client);
    UNIT_ASSERT_NUMBER(echo_through(ch, 1000), 1000);
    atomic_store(&s.drain, true);
    CU_ASSERT(write(s.control.wake, &one, sizeof one) == sizeof one);
    CU_ASSERT(ssh_channel_read_timeout(ch, buf, sizeof buf, 0, 10000) <= 0);
    (void)pthread_join(s.thread, NULL);
    UNIT_ASSERT_STRING(s.why.text, "the server is shutting down");
    UNIT_ASSERT_NUMBER(s.closed, 1);
    s.joined = true;
    ssh_channel_free(ch);
    finish(&s, client);
}

static void a_stalled_operation_is_cut(void)
{
    struct side s = {.hold = true, .limits.stall = 1};
    ssh_session client = begin(&s, "alice");
    ssh_channel ch;
    char buf[16] = "";

    CU_ASSERT_FATAL(ssh_userauth_password(client, NULL, "right") == SSH_AUTH_SUCCESS);
    ch = subsystem(client);
    CU_ASSERT(ssh_channel_write(ch, buf, sizeof buf) == sizeof buf); /* part of a message, and nothing behind it */
    CU_ASSERT(ssh_channel_read_timeout(ch, buf, sizeof buf, 0, 10000) <= 0);
    ssh_channel_free(ch);
    finish(&s, client);
    UNIT_ASSERT_STRING(s.why.text, "no progress for 1 seconds");
}

static void an_idle_session_ends_when_it_is_told_to(void)
{
    struct side s = {.limits.idle = 1};
    ssh_session client = begin(&s, "alice");
    ssh_channel ch;
    char buf[16];

    CU_ASSERT_FATAL(ssh_userauth_password(client, NULL, "right") == SSH_AUTH_SUCCESS);
    ch = subsystem(client);
    CU_ASSERT(ssh_channel_read_timeout(ch, buf, sizeof buf, 0, 10000) <= 0);
    ssh_channel_free(ch);
    finish(&s, client);
    UNIT_ASSERT_STRING(s.why.text, "idle for 1 seconds");
}

static void silence_ends_with_the_grace(void)
{
    struct side s = {.limits.login_grace = 1};
    ssh_session client = begin(&s, "alice");

    (void)pthread_join(s.thread, NULL);
    UNIT_ASSERT_STRING(s.why.text, "not authenticated within 1 seconds");
    s.joined = true;
    finish(&s, client);
}

static void keys_that_cant_be_host_keys_are_named(void)
{
    struct hy_err err = {0};
    struct hy_ssh_server *ssh = hy_ssh_server_new(&err);
    char *key = new_key(), *other = new_key();
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
           UNIT_TEST(bytes_go_through_both_ways), UNIT_TEST(keys_are_exchanged_on_demand),
           UNIT_TEST(an_upload_gets_a_wide_window), UNIT_TEST(channels_are_limited_and_only_sftp_opens),
           UNIT_TEST(the_end_drains_and_disconnects), UNIT_TEST(a_stalled_operation_is_cut),
           UNIT_TEST(an_idle_session_ends_when_it_is_told_to), UNIT_TEST(silence_ends_with_the_grace),
           UNIT_TEST(keys_that_cant_be_host_keys_are_named));
UNIT_DECLARE(algorithms);
UNIT_MAIN("unit-transport", &unit_ssh, &unit_algorithms)
