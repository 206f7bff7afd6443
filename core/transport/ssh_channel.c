#include "core/transport/ssh_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    CLOSED_KEPT = 256,  /* channels that are closed and not freed yet */
    PACKET_LEAST = 1024 /* what a client must take at once; RFC 4253 wants 32768 */
};

static int on_data(ssh_session session, ssh_channel channel, void *data, uint32_t len, int is_stderr, void *ctx)
{
    struct hy_ssh_channel *ch = ctx;
    size_t used = 0;

    (void)session, (void)channel;
    if (is_stderr)
        return (int)len; /* nothing here reads it */
    if (ch->ended)
        return (int)len;
    ch->received += len > ch->left ? len - ch->left : 0;
    ch->conn->progress = hy_ssh_now();
    if (ch->serving && !ch->reading && !ch->conn->draining && !ch->conn->dead)
        used = hy_ssh_take(ch, data, len);
    ch->left = len - used;
    /* libssh does not hold the client to its window, and widens it by itself whenever something was read. */
    if (ch->left > ch->granted + 2 * HY_SSH_WINDOW)
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
    uint32_t packet;

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
    packet = hy_ssh_peer_packet(c->session, ch->channel);
    if (packet && packet < PACKET_LEAST)
        hy_ssh_die(c, "packets of %u bytes are too small", packet);
    ch->conn = c;
    hy_buf_init(&ch->spill, c->limits->receive_window + 3 * HY_SSH_WINDOW);
    ch->callbacks.userdata = ch;
    ch->callbacks.channel_data_function = on_data;
    ch->callbacks.channel_eof_function = on_eof;
    ch->callbacks.channel_close_function = on_close;
    ssh_callbacks_init(&ch->callbacks);
    if (ssh_set_channel_callbacks(ch->channel, &ch->callbacks) != SSH_OK)
        hy_ssh_end(c, HY_SSH_SHORT, "out of memory");
    ch->next = c->channels;
    c->channels = ch;
    c->channel_count++;
}

static int open_sftp(struct hy_ssh_conn *c, struct hy_sink *sink)
{
    int level = hy_ssh_step_out(), rc = c->handler->open_sftp(c->handler->ctx, sink);

    hy_ssh_step_in(c, level);
    return rc;
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
    if (!ch || ch->serving || ch->ended || ch->closed || !name || strcmp(name, "sftp") != 0 ||
        open_sftp(c, &ch->sink) != 0) {
        (void)ssh_message_reply_default(message);
        return;
    }
    ch->serving = true;
    ch->starved = ch->left > 0; /* a client may send its first request before the answer */
    c->active = hy_ssh_now();
    if (ssh_message_channel_request_reply_success(message) != SSH_OK)
        hy_ssh_broken(c, "");
}

static void channel_message(struct hy_ssh_conn *c, ssh_message message)
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
    channel_message(ctx, message);
    return 0;
}

void hy_ssh_channels_begin(struct hy_ssh_conn *c)
{
    ssh_message message;

    ssh_set_message_callback(c->session, on_message, c);
    while ((message = ssh_message_get(c->session))) {
        channel_message(c, message);
        ssh_message_free(message);
    }
}

static void free_channel(struct hy_ssh_channel *ch)
{
    hy_ssh_sink_close(ch);
    (void)ssh_remove_channel_callbacks(ch->channel, &ch->callbacks);
    if (!ch->conn->dead) { /* freeing alone doesn't answer the client's CLOSE while the socket is full */
        (void)ssh_channel_send_eof(ch->channel);
        (void)ssh_channel_close(ch->channel);
    }
    ssh_channel_free(ch->channel);
    if (ch->landing)
        (void)munmap(ch->landing, ch->conn->limits->receive_window);
    hy_buf_free(&ch->spill);
    free(ch);
}

void hy_ssh_channels_reap(struct hy_ssh_conn *c)
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
