#include "tests/unit/transport_side.h"
#include "core/base/buf.h"

#include <fcntl.h>
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
    struct side *side;
};

uint8_t side_pattern(uint64_t at)
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
            right &= data[used + i] == side_pattern(e->taken + i);
        hy_buf_put_u8(&e->out, right);
        e->taken += e->record;
    }
    return used;
}

static size_t echo_input(void *ctx, const uint8_t *data, size_t len)
{
    struct echo *e = ctx;
    size_t room = ECHO_ROOM - hy_buf_len(&e->out);

    if (e->side->input)
        return e->side->input(e->side, data, len);
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
    e->side = s;
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

char *side_key(void)
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

ssh_session side_begin(struct side *s, const char *user)
{
    struct hy_err err = {0};
    ssh_session client = ssh_new();
    const char *type;
    char *key = side_key();
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

void side_finish(struct side *s, ssh_session client)
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

ssh_channel side_subsystem(ssh_session client)
{
    ssh_channel ch = ssh_channel_new(client);

    CU_ASSERT_FATAL(ch != NULL);
    CU_ASSERT_FATAL(ssh_channel_open_session(ch) == SSH_OK);
    CU_ASSERT_FATAL(ssh_channel_request_sftp(ch) == SSH_OK);
    return ch;
}

size_t side_echo(ssh_channel ch, size_t len)
{
    static uint8_t out[64 * 1024], in[64 * 1024];
    size_t sent = 0, back = 0;

    for (size_t i = 0; i < sizeof out; i++)
        out[i] = side_pattern(i);
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
