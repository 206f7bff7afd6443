#include "core/transport/ssh_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    WRITE_AT_ONCE = 512 * 1024, /* more per libssh call only grows its buffers */
    SPILL_STEP = 16 * 1024,
    SPILL_KEPT = 64 * 1024,
    FIRST_GRANT = 64 * 1024,    /* bytes received before a channel counts as an upload */
    CLOSED_KEPT = 256,          /* channels that are closed and not freed yet */
    LIBSSH_WINDOW = 1280000     /* what libssh grants by itself */
};

/* Offers bytes to the sink; `starved` remembers that it stopped for lack of output room. */
static size_t offer(struct hy_ssh_channel *ch, const uint8_t *data, size_t len)
{
    size_t used = ch->sink.input(ch->sink.ctx, data, len), ready;

    if (used)
        ch->conn->active = hy_ssh_now();
    (void)ch->sink.output(ch->sink.ctx, &ready);
    ch->starved = used < len && ready > 0;
    return used;
}

static int on_data(ssh_session session, ssh_channel channel, void *data, uint32_t len, int is_stderr, void *ctx)
{
    struct hy_ssh_channel *ch = ctx;
    size_t used = 0;

    (void)session, (void)channel;
    if (is_stderr)
        return (int)len; /* nothing here reads it */
    ch->received += len > ch->left ? len - ch->left : 0;
    ch->conn->progress = hy_ssh_now();
    if (ch->serving && !ch->conn->draining && !ch->conn->dead && !hy_buf_len(&ch->spill))
        used = offer(ch, data, len);
    ch->left = len - used;
    /* libssh does not hold the client to its window. */
    if (ch->left > ch->conn->limits->receive_window + LIBSSH_WINDOW)
        hy_ssh_die(ch->conn, "more data than the receive window allows");
    return (int)used;
}

static void on_eof(ssh_session session, ssh_channel channel, void *ctx)
{
    (void)session, (void)channel;
    ((struct hy_ssh_channel *)ctx)->eof = true;
}

static void on_close(ssh_session session, ssh_channel channel, void *ctx)
{
    (void)session, (void)channel;
    ((struct hy_ssh_channel *)ctx)->closed = true;
}

/* Whether one more may be opened. Those that the client closed don't count, though a few may still have to be freed:
 * libssh can take in many messages in one call, and a client may close and open in turn. */
static bool room_for_channel(const struct hy_ssh_conn *c)
{
    unsigned open = 0;

    for (const struct hy_ssh_channel *ch = c->channels; ch; ch = ch->next)
        open += !ch->closed;
    return open < c->limits->max_channels && c->channel_count < c->limits->max_channels + CLOSED_KEPT;
}

static void open_channel(struct hy_ssh_conn *c, ssh_message message)
{
    struct hy_ssh_channel *ch = NULL;

    if (ssh_message_subtype(message) != SSH_CHANNEL_SESSION || c->draining || !room_for_channel(c) ||
        !(ch = calloc(1, sizeof *ch))) {
        (void)ssh_message_reply_default(message);
        return;
    }
    ch->channel = ssh_message_channel_request_open_reply_accept(message);
    if (!ch->channel) {
        free(ch);
        return;
    }
    ch->conn = c;
    hy_buf_init(&ch->spill, c->limits->receive_window + LIBSSH_WINDOW);
    ch->callbacks.userdata = ch;
    ch->callbacks.channel_data_function = on_data;
    ch->callbacks.channel_eof_function = on_eof;
    ch->callbacks.channel_close_function = on_close;
    ssh_callbacks_init(&ch->callbacks);
    if (ssh_set_channel_callbacks(ch->channel, &ch->callbacks) != SSH_OK)
        hy_ssh_die(c, "out of memory");
    ch->next = c->channels;
    c->channels = ch;
    c->channel_count++;
}

/* The only request that opens anything is the sftp subsystem; shell, exec, pty, env and the rest are refused. */
static void channel_request(struct hy_ssh_conn *c, ssh_message message)
{
    ssh_channel channel = ssh_message_channel_request_channel(message);
    struct hy_ssh_channel *ch = c->channels;
    const char *name;

    while (ch && ch->channel != channel)
        ch = ch->next;
    name = ssh_message_subtype(message) == SSH_CHANNEL_REQUEST_SUBSYSTEM
               ? ssh_message_channel_request_subsystem(message)
               : NULL;
    if (!ch || ch->serving || ch->closed || !name || strcmp(name, "sftp") != 0 ||
        c->handler->open_sftp(c->handler->ctx, &ch->sink) != 0) {
        (void)ssh_message_reply_default(message);
        return;
    }
    ch->serving = true;
    ch->starved = ch->left > 0; /* a client may send its first request before the answer */
    c->active = hy_ssh_now();
    if (ssh_message_channel_request_reply_success(message) != SSH_OK)
        hy_ssh_die(c, "%s", ssh_get_error(c->session));
}

void hy_ssh_channel_message(struct hy_ssh_conn *c, ssh_message message)
{
    switch (ssh_message_type(message)) {
    case SSH_REQUEST_AUTH: /* a client that asks again after it got in is ignored, as RFC 4252 section 5.3 says */
        break;
    case SSH_REQUEST_CHANNEL_OPEN:
        open_channel(c, message);
        break;
    case SSH_REQUEST_CHANNEL:
        channel_request(c, message);
        break;
    default:
        (void)ssh_message_reply_default(message);
        break;
    }
}

/* libssh frees the message afterwards. */
static int on_message(ssh_session session, ssh_message message, void *ctx)
{
    (void)session;
    hy_ssh_channel_message(ctx, message);
    return 0;
}

void hy_ssh_channels_begin(struct hy_ssh_conn *c)
{
    ssh_message message;

    ssh_set_message_callback(c->session, on_message, c);
    while ((message = ssh_message_get(c->session))) {
        hy_ssh_channel_message(c, message);
        ssh_message_free(message);
    }
}

/* Hands replies over as far as the client's window and the socket go. */
static void flush(struct hy_ssh_channel *ch)
{
    struct hy_ssh_conn *c = ch->conn;

    for (;;) {
        size_t len, window;
        const uint8_t *data = ch->sink.output(ch->sink.ctx, &len);
        int sent;

        if (!len || (ssh_get_status(c->session) & SSH_WRITE_PENDING))
            return;
        window = ssh_channel_window_size(ch->channel);
        if (len > window)
            len = window;
        if (len > WRITE_AT_ONCE)
            len = WRITE_AT_ONCE;
        if (!len)
            return;
        sent = ssh_channel_write(ch->channel, data, (uint32_t)len);
        if (sent < 0)
            hy_ssh_die(c, "%s", ssh_get_error(c->session));
        if (sent <= 0) /* 0 during a key re-exchange: the next packet wakes us */
            return;
        ch->sink.sent(ch->sink.ctx, (size_t)sent);
        c->progress = c->active = hy_ssh_now();
    }
}

/* Takes bytes that libssh kept out of its buffer. */
static bool refill(struct hy_ssh_channel *ch)
{
    uint8_t *room = ch->left ? hy_buf_reserve(&ch->spill, SPILL_STEP) : NULL;
    int n;

    if (!room)
        return false;
    n = ssh_channel_read_nonblocking(ch->channel, room, SPILL_STEP, 0);
    if (n <= 0)
        return false;
    hy_buf_commit(&ch->spill, (size_t)n);
    ch->left = ch->left > (size_t)n ? ch->left - (size_t)n : 0;
    return true;
}

/* Offers again what was left when the sink had no room. */
static void retry(struct hy_ssh_channel *ch)
{
    struct hy_ssh_conn *c = ch->conn;
    bool more = ch->starved;
    size_t used;

    while (!c->dead && (hy_buf_len(&ch->spill) || more)) {
        if (!hy_buf_len(&ch->spill) && !refill(ch))
            break;
        more = true;
        used = offer(ch, hy_buf_data(&ch->spill), hy_buf_len(&ch->spill));
        hy_buf_consume(&ch->spill, used);
        if (ch->starved)
            return; /* no room again */
        if (!used && !refill(ch))
            break; /* part of a message: the rest is still to come */
    }
    if (!hy_buf_len(&ch->spill)) {
        hy_buf_trim(&ch->spill, SPILL_KEPT);
        ch->starved = ch->left > 0 && ch->starved;
    }
}

/* Widens the receive window while an upload runs. libssh has no call for it: a read asks the client for as much as it
 * wants to read. What such a read returns lands in address space that is reserved for the whole window and touched
 * only as far as data arrived. Granted only while every answer is on its way, so that a client which doesn't read gets
 * no more. */
static void grant(struct hy_ssh_channel *ch)
{
    struct hy_ssh_conn *c = ch->conn;
    size_t want = c->limits->receive_window, ready;
    int n;

    if (ch->received < (ch->granted ? ch->granted / 2 : FIRST_GRANT) || want <= LIBSSH_WINDOW || ch->left ||
        hy_buf_len(&ch->spill) || ch->eof || ch->closed || c->draining)
        return;
    (void)ch->sink.output(ch->sink.ctx, &ready);
    if (ready || (ssh_get_status(c->session) & SSH_WRITE_PENDING))
        return;
    if (!ch->landing) {
        void *p = mmap(NULL, want, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (p == MAP_FAILED)
            return;
        ch->landing = p;
    }
    ch->granted = want;
    ch->received = 0;
    n = ssh_channel_read_timeout(ch->channel, ch->landing, (uint32_t)want, 0, 0);
    if (n > 0) {
        hy_buf_put(&ch->spill, ch->landing, (size_t)n);
        ch->left = 0;
        (void)madvise(ch->landing, (size_t)n, MADV_DONTNEED);
        retry(ch);
    }
}

/* Tells the sink, once it was given everything that came before. */
static void tell_eof(struct hy_ssh_channel *ch)
{
    if (ch->told || ch->starved)
        return;
    ch->told = true;
    ch->sink.eof(ch->sink.ctx);
}

/* Ends our side of a channel that has nothing more to say. */
static void finish(struct hy_ssh_channel *ch)
{
    size_t ready;

    if (ch->closed)
        return;
    (void)ch->sink.output(ch->sink.ctx, &ready);
    if (ready || ch->sink.busy(ch->sink.ctx))
        return;
    if (!ch->sink.broken(ch->sink.ctx) && !(ch->eof && !ch->starved))
        return;
    (void)ssh_channel_request_send_exit_status(ch->channel, ch->sink.broken(ch->sink.ctx) ? 1 : 0);
    (void)ssh_channel_send_eof(ch->channel);
    (void)ssh_channel_close(ch->channel);
    ch->closed = true;
}

static void free_channel(struct hy_ssh_channel *ch)
{
    if (ch->serving)
        ch->sink.close(ch->sink.ctx);
    (void)ssh_remove_channel_callbacks(ch->channel, &ch->callbacks);
    ssh_channel_free(ch->channel);
    if (ch->landing)
        (void)munmap(ch->landing, ch->conn->limits->receive_window);
    hy_buf_free(&ch->spill);
    free(ch);
}

static void reap(struct hy_ssh_conn *c)
{
    struct hy_ssh_channel **p = &c->channels;

    while (*p) {
        struct hy_ssh_channel *ch = *p;

        if (!ch->closed) {
            p = &ch->next;
            continue;
        }
        *p = ch->next;
        c->channel_count--;
        free_channel(ch);
    }
}

/* One channel's turn. True when it has work that needs no input. */
static bool pump(struct hy_ssh_channel *ch)
{
    struct hy_ssh_conn *c = ch->conn;
    size_t ready;

    if (!ch->serving)
        return false;
    flush(ch);
    if (ch->sink.busy(ch->sink.ctx)) {
        (void)ch->sink.output(ch->sink.ctx, &ready);
        if (!ready) {
            ch->sink.work(ch->sink.ctx);
            c->progress = c->active = hy_ssh_now();
            flush(ch);
        }
    }
    (void)ch->sink.output(ch->sink.ctx, &ready);
    if ((ch->starved || hy_buf_len(&ch->spill)) && !c->draining && !ready) {
        retry(ch);
        flush(ch);
    }
    grant(ch);
    if (ch->eof)
        tell_eof(ch);
    if (ch->eof || ch->sink.broken(ch->sink.ctx))
        finish(ch);
    (void)ch->sink.output(ch->sink.ctx, &ready);
    return !ch->closed && !ready && ch->sink.busy(ch->sink.ctx);
}

bool hy_ssh_channels_pump(struct hy_ssh_conn *c)
{
    bool busy = false, closed = false;

    for (struct hy_ssh_channel *ch = c->channels; ch && !c->dead; ch = ch->next) {
        busy |= pump(ch);
        closed |= ch->closed;
    }
    if (closed)
        reap(c);
    return busy;
}

bool hy_ssh_channels_waiting(const struct hy_ssh_conn *c)
{
    for (const struct hy_ssh_channel *ch = c->channels; ch; ch = ch->next) {
        size_t ready = 0;

        if (ch->serving)
            (void)ch->sink.output(ch->sink.ctx, &ready);
        if (ready || ch->left || hy_buf_len(&ch->spill) || (ch->serving && ch->sink.partial(ch->sink.ctx)))
            return true;
    }
    return false;
}

bool hy_ssh_channels_drained(const struct hy_ssh_conn *c)
{
    for (const struct hy_ssh_channel *ch = c->channels; ch; ch = ch->next) {
        size_t ready = 0;

        if (!ch->serving)
            continue;
        (void)ch->sink.output(ch->sink.ctx, &ready);
        if (ready || ch->sink.busy(ch->sink.ctx))
            return false;
    }
    return !(ssh_get_status(c->session) & SSH_WRITE_PENDING);
}

void hy_ssh_channels_settle(struct hy_ssh_conn *c)
{
    c->settled = c->active;
    for (struct hy_ssh_channel *ch = c->channels; ch; ch = ch->next) {
        if (ch->serving)
            ch->sink.idle(ch->sink.ctx);
        hy_buf_trim(&ch->spill, 0);
    }
}

void hy_ssh_channels_end(struct hy_ssh_conn *c)
{
    ssh_set_message_callback(c->session, NULL, NULL);
    while (c->channels) {
        struct hy_ssh_channel *ch = c->channels;

        c->channels = ch->next;
        free_channel(ch);
    }
    c->channel_count = 0;
}
