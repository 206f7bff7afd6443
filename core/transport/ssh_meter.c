/* libssh has no bound of its own on what it keeps for a client that doesn't read, and no call that tells. Its counters
 * do: what it encrypted against what the socket took. */
#include "core/transport/ssh_internal.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

enum {
    HELD_MAX = 4 * 1024 * 1024, /* beyond what a channel is ever handed at once: answers that libssh made by itself */
    PER_PACKET = 64,            /* a packet's header, padding and MAC, about */
    GRANTED_AT_FIRST = 32000,   /* what libssh 0.10 and later tell of a channel that they accept */
    PACKET_OURS = 35000
};

void hy_ssh_meter_begin(struct hy_ssh_conn *c)
{
    ssh_set_counters(c->session, &c->wire, &c->raw);
}

void hy_ssh_meter_check(struct hy_ssh_conn *c)
{
    uint64_t made = c->raw.out_bytes + PER_PACKET * c->raw.out_packets;
    int64_t held;

    if (c->control->facts) {
        atomic_store_explicit(&c->control->facts->in, c->wire.in_bytes, memory_order_relaxed);
        atomic_store_explicit(&c->control->facts->active, c->active, memory_order_relaxed);
        atomic_store_explicit(&c->control->facts->out, c->wire.out_bytes, memory_order_relaxed);
    }
    if (c->wire.out_bytes != c->seen_out) {
        c->seen_out = c->wire.out_bytes;
        if (c->handed)
            c->progress = c->active = hy_ssh_now();
    }
    if (!(ssh_get_status(c->session) & SSH_WRITE_PENDING)) {
        c->base = made - c->wire.out_bytes;
        c->handed = c->handed && c->queued_until;
    }
    held = (int64_t)(made - c->wire.out_bytes - c->base);
    if (held > HELD_MAX)
        hy_ssh_die(c, "it asks without reading the answers");
}

bool hy_ssh_meter_arriving(struct hy_ssh_conn *c)
{
    int waiting = 0;
    uint64_t acked;

    if (ioctl(ssh_get_fd(c->session), SIOCOUTQ, &waiting) || waiting <= 0)
        return false;
    acked = c->wire.out_bytes - (uint64_t)waiting;
    if (acked <= c->seen_acked)
        return false;
    c->seen_acked = acked;
    c->arrived = hy_ssh_now();
    return true;
}

bool hy_ssh_meter_queued(struct hy_ssh_conn *c)
{
    if (c->queued_until && c->raw.out_bytes >= c->queued_until)
        c->queued_until = 0;
    return c->queued_until != 0;
}

void hy_ssh_meter_wrote(struct hy_ssh_conn *c, uint64_t before, size_t sent)
{
    c->handed = true;
    if (c->raw.out_bytes - before < sent)
        c->queued_until = before + sent;
}

/* A client that announces packets of ten bytes makes libssh send empty ones for ever, and no call tells what a client
 * announced. The start of libssh's own struct does; it is believed only where everything around it is as expected. */
uint32_t hy_ssh_peer_packet(ssh_session session, ssh_channel channel)
{
    const struct {
        ssh_session session;
        uint32_t local_channel, local_window;
        int local_eof;
        uint32_t local_maxpacket, remote_channel, remote_window;
        int remote_eof;
        uint32_t remote_maxpacket;
    } *start = (const void *)channel;

    if (start->session != session || start->local_window != GRANTED_AT_FIRST || start->local_maxpacket != PACKET_OURS ||
        start->local_eof || start->remote_eof || start->remote_window != ssh_channel_window_size(channel))
        return 0;
    return start->remote_maxpacket;
}
