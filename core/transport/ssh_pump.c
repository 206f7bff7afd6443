/* Moves bytes between libssh's channels and their sinks. */
#include "core/transport/ssh_internal.h"

#include <poll.h>
#include <string.h>
#include <sys/mman.h>

enum {
    WRITE_AT_ONCE = 512 * 1024, /* more per libssh call only grows its buffers */
    AT_ONCE = 256 * 1024,       /* of input between two looks at the clock */
    SPILL_KEPT = 64 * 1024,
    BRIDGE = 16 * 1024,      /* completes a message that came in parts, or brings a large WRITE into its data */
    FIRST_GRANT = 64 * 1024, /* bytes received before a channel counts as an upload */
    GRANTS = 8               /* the window is filled up after each such part of it: at the half, a client far away that
                                sends what it may in one go would stand just short of it and wait for a round trip */
};

/* Offers bytes to the sink; `starved` remembers that it stopped for lack of output room. */
static size_t offer_once(struct hy_ssh_channel *ch, const uint8_t *data, size_t len)
{
    int level = hy_ssh_step_out();
    size_t used = ch->sink.input(ch->sink.ctx, data, len), ready;

    hy_ssh_step_in(ch->conn, level);
    if (used)
        ch->conn->active = hy_ssh_now();
    (void)ch->sink.output(ch->sink.ctx, &ready);
    ch->starved = used < len && (ready || ch->sink.busy(ch->sink.ctx) || hy_sink_waiting(&ch->sink));
    return used;
}

/* The same in parts, until the time of this round is up: what is left then is offered in the next. */
static size_t offer(struct hy_ssh_channel *ch, const uint8_t *data, size_t len)
{
    size_t used = 0, took, part;

    do {
        part = len - used > AT_ONCE ? AT_ONCE : len - used;
        took = offer_once(ch, data + used, part);
        if (!took && part < len - used) /* a message that is larger */
            took = offer_once(ch, data + used, len - used);
        used += took;
        ch->late = took && used < len && !ch->starved && hy_ssh_now() >= ch->conn->read_until;
    } while (took && used < len && !ch->starved && !ch->late);
    ch->starved = ch->starved || ch->late;
    return used;
}

/* Puts the start of new bytes behind the rest of a message in the spill, and drops it again unless that completed the
 * message. So a rest does not keep the fast path closed. Returns how many of the new bytes were taken. */
static size_t bridge(struct hy_ssh_channel *ch, const uint8_t *data, size_t len)
{
    size_t old = hy_buf_len(&ch->spill), added = len < BRIDGE ? len : BRIDGE, used;
    uint8_t *room = old <= BRIDGE ? hy_buf_reserve(&ch->spill, added) : NULL;

    if (!room)
        return 0;
    memcpy(room, data, added);
    hy_buf_commit(&ch->spill, added);
    used = offer(ch, hy_buf_data(&ch->spill), old + added);
    hy_buf_consume(&ch->spill, used);
    if (used < old) {
        hy_buf_truncate(&ch->spill, old - used);
        return 0;
    }
    hy_buf_reset(&ch->spill);
    return used - old;
}

size_t hy_ssh_take(struct hy_ssh_channel *ch, const uint8_t *data, size_t len)
{
    size_t used = 0;

    if (hy_buf_len(&ch->spill))
        used = bridge(ch, data, len);
    if (!hy_buf_len(&ch->spill) && used < len)
        used += offer(ch, data + used, len - used);
    return used;
}

/* What other threads finished is progress. The descriptor stays readable until the sink was asked for output. */
static int stirred(socket_t fd, int revents, void *ctx)
{
    struct hy_ssh_conn *c = ((struct hy_ssh_channel *)ctx)->conn;

    (void)fd, (void)revents;
    c->progress = c->active = hy_ssh_now();
    return 0;
}

/* Outside of libssh's own polls, since it changes what they go through. */
static void watch(struct hy_ssh_channel *ch)
{
    int fd = hy_sink_wake(&ch->sink);

    if (ch->watched || fd < 0)
        return;
    if (ssh_event_add_fd(ch->conn->event, fd, POLLIN, stirred, ch) != SSH_OK)
        hy_ssh_end(ch->conn, HY_SSH_SHORT, "out of memory");
    ch->watched = true;
}

void hy_ssh_sink_close(struct hy_ssh_channel *ch)
{
    if (ch->watched)
        (void)ssh_event_remove_fd(ch->conn->event, hy_sink_wake(&ch->sink));
    ch->watched = false;
    if (ch->serving) {
        int level = hy_ssh_step_out();

        ch->sink.close(ch->sink.ctx);
        hy_ssh_step_in(ch->conn, level);
    }
    ch->serving = false;
}

/* Hands replies over as far as the client's window, the socket and a fair share go. libssh polls in here, so that the
 * channel may be closed by the client at every turn. */
static void flush(struct hy_ssh_channel *ch)
{
    struct hy_ssh_conn *c = ch->conn;
    size_t share = WRITE_AT_ONCE;

    while (share && !ch->closed && !c->dead) {
        size_t len, window;
        const uint8_t *data = ch->sink.output(ch->sink.ctx, &len);
        uint64_t before = c->raw.out_bytes;
        int sent;

        if (!len || (ssh_get_status(c->session) & SSH_WRITE_PENDING) || hy_ssh_meter_queued(c))
            return;
        window = ssh_channel_window_size(ch->channel);
        if (len > window)
            len = window;
        if (len > share)
            len = share;
        if (!len)
            return;
        sent = ssh_channel_write(ch->channel, data, (uint32_t)len);
        if (sent < 0 && !ch->closed)
            hy_ssh_broken(c, "");
        ch->held = sent <= 0; /* 0 during a key exchange: the next packet wakes us */
        if (ch->held)
            return;
        hy_ssh_meter_wrote(c, before, (size_t)sent);
        ch->sink.sent(ch->sink.ctx, (size_t)sent);
        c->wrote = ch;
        share -= (size_t)sent;
    }
}

/* Takes what libssh kept out of its buffer, all of it: each read lets the client send more, whatever is still there. */
static bool refill(struct hy_ssh_channel *ch)
{
    uint8_t *room = ch->left ? hy_buf_reserve(&ch->spill, ch->left) : NULL;
    int n;

    if (ch->spill.failed)
        hy_ssh_end(ch->conn, HY_SSH_SHORT, "out of memory");
    if (!room)
        return false;
    ch->reading = true;
    n = ssh_channel_read_nonblocking(ch->channel, room, (uint32_t)ch->left, 0);
    ch->reading = false;
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

/* Whether another channel of the connection has the wide window: one at a time bounds what a connection can hold. */
static bool taken(const struct hy_ssh_channel *ch)
{
    for (const struct hy_ssh_channel *other = ch->conn->channels; other; other = other->next)
        if (other != ch && other->granted)
            return true;
    return false;
}

/* Widens the receive window while an upload runs. libssh has no call for it: a read asks the client for as much as it
 * wants to read. What such a read returns lands in address space that is reserved for the whole window and touched
 * only as far as data arrived. Granted only while every answer is on its way, and those of earlier rounds have left, so
 * that a client which doesn't read gets no more. */
static void grant(struct hy_ssh_channel *ch)
{
    struct hy_ssh_conn *c = ch->conn;
    size_t want = c->limits->receive_window, ready;
    int n;

    if (ch->received < (ch->granted ? ch->granted / GRANTS : FIRST_GRANT) || want <= HY_SSH_WINDOW ||
        ch->left + hy_buf_len(&ch->spill) > SPILL_KEPT || ch->eof || ch->closed || c->draining)
        return;
    (void)ch->sink.output(ch->sink.ctx, &ready);
    if (ready || taken(ch))
        return;
    if (!ch->landing) {
        void *p = mmap(NULL, want, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (p == MAP_FAILED)
            return;
        ch->landing = p;
    }
    ch->granted = want;
    ch->received = 0;
    ch->reading = true;
    n = ssh_channel_read_timeout(ch->channel, ch->landing, (uint32_t)want, 0, 0);
    ch->reading = false;
    if (n > 0) {
        hy_buf_put(&ch->spill, ch->landing, (size_t)n);
        if (ch->spill.failed)
            hy_ssh_end(c, HY_SSH_SHORT, "out of memory");
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

/* Ends our side of a channel that has nothing more to say. It stays until the client closes it too: libssh would go on
 * taking data for it, and count it no more. */
static void finish(struct hy_ssh_channel *ch)
{
    bool broken = ch->sink.broken(ch->sink.ctx);
    size_t ready;

    (void)ch->sink.output(ch->sink.ctx, &ready);
    if (ready || ch->sink.busy(ch->sink.ctx) || hy_sink_waiting(&ch->sink) || (!broken && (!ch->eof || ch->starved)))
        return;
    (void)ssh_channel_request_send_exit_status(ch->channel, broken ? 1 : 0);
    (void)ssh_channel_send_eof(ch->channel);
    (void)ssh_channel_close(ch->channel);
    hy_ssh_sink_close(ch);
    hy_buf_free(&ch->spill);
    ch->left = 0;
    ch->ended = true;
}

/* One channel's turn. True when it has work that needs no input. */
static bool pump(struct hy_ssh_channel *ch)
{
    struct hy_ssh_conn *c = ch->conn;
    bool clear = !(ssh_get_status(c->session) & SSH_WRITE_PENDING); /* it is set after each write until the next poll */
    size_t ready;
    int level;

    if (!ch->serving || ch->closed)
        return false;
    watch(ch);
    flush(ch);
    (void)ch->sink.output(ch->sink.ctx, &ready);
    if (!ready && ch->sink.busy(ch->sink.ctx)) {
        level = hy_ssh_step_out();
        ch->sink.work(ch->sink.ctx);
        hy_ssh_step_in(c, level);
        c->progress = c->active = hy_ssh_now();
        flush(ch);
        (void)ch->sink.output(ch->sink.ctx, &ready);
    }
    if ((ch->starved || hy_buf_len(&ch->spill)) && !c->draining && !ready && !ch->sink.busy(ch->sink.ctx)) {
        retry(ch);
        flush(ch);
    }
    if (clear)
        grant(ch);
    if (ch->eof)
        tell_eof(ch);
    if (!ch->closed && (ch->eof || ch->sink.broken(ch->sink.ctx)))
        finish(ch);
    if (!ch->serving || ch->closed)
        return false;
    (void)ch->sink.output(ch->sink.ctx, &ready);
    return !ready && (ch->late || ch->sink.busy(ch->sink.ctx));
}

/* The one behind the last that wrote is first in the next round, so that none fills the socket for itself. */
static void rotate(struct hy_ssh_conn *c)
{
    struct hy_ssh_channel *last = c->wrote, *end = c->channels;

    c->wrote = NULL;
    if (!last || !last->next)
        return;
    while (end->next)
        end = end->next;
    end->next = c->channels;
    c->channels = last->next;
    last->next = NULL;
}

bool hy_ssh_channels_pump(struct hy_ssh_conn *c)
{
    bool busy = false, closed = false;

    c->read_until = hy_ssh_now() + c->limits->read_ms;
    for (struct hy_ssh_channel *ch = c->channels; ch && !c->dead; ch = ch->next) {
        busy |= pump(ch);
        closed |= ch->closed;
    }
    rotate(c);
    if (closed)
        hy_ssh_channels_reap(c);
    return busy;
}

bool hy_ssh_channels_waiting(const struct hy_ssh_conn *c)
{
    if (c->queued_until || (ssh_get_status(c->session) & SSH_WRITE_PENDING))
        return true;
    for (const struct hy_ssh_channel *ch = c->channels; ch; ch = ch->next) {
        size_t ready = 0;

        if (ch->serving)
            (void)ch->sink.output(ch->sink.ctx, &ready);
        if (!ready && ch->serving && hy_sink_waiting(&ch->sink))
            continue; /* it's not the client who is waited for */
        if (ready || ch->left || hy_buf_len(&ch->spill) || (ch->serving && ch->sink.partial(ch->sink.ctx)))
            return true;
    }
    return false;
}

/* What other threads finished since it was flushed was taken over by whoever asked for output last, and their wake with
 * it: nothing else would end a wait. */
bool hy_ssh_channels_ready(struct hy_ssh_conn *c)
{
    bool any = false;

    if ((ssh_get_status(c->session) & SSH_WRITE_PENDING) || hy_ssh_meter_queued(c))
        return false;
    for (const struct hy_ssh_channel *ch = c->channels; ch; ch = ch->next) {
        size_t ready = 0;

        if (ch->serving && !ch->closed && !ch->held && ssh_channel_window_size(ch->channel))
            (void)ch->sink.output(ch->sink.ctx, &ready);
        any |= ready > 0;
    }
    return any;
}

bool hy_ssh_channels_working(const struct hy_ssh_conn *c)
{
    for (const struct hy_ssh_channel *ch = c->channels; ch; ch = ch->next)
        if (ch->serving && hy_sink_waiting(&ch->sink))
            return true;
    return false;
}

bool hy_ssh_channels_drained(const struct hy_ssh_conn *c)
{
    for (const struct hy_ssh_channel *ch = c->channels; ch; ch = ch->next) {
        size_t ready = 0;

        if (!ch->serving)
            continue;
        (void)ch->sink.output(ch->sink.ctx, &ready);
        if (ready || ch->sink.busy(ch->sink.ctx) || hy_sink_waiting(&ch->sink))
            return false;
    }
    return !(ssh_get_status(c->session) & SSH_WRITE_PENDING);
}
