/* SSH's keep-alive: asks a silent client whether it is there. */
#include "core/transport/ssh_internal.h"

/* libssh has one global request under way at a time: what was not answered isn't asked again, and is counted again
 * nevertheless, since TCP loses nothing. Its first call after an answer only takes that answer. */
static void ask(struct hy_ssh_conn *c)
{
    uint64_t before = c->raw.out_packets;

    (void)ssh_send_keepalive(c->session);
    if (c->raw.out_packets == before)
        (void)ssh_send_keepalive(c->session);
}

/* Whatever comes from the client is a sign of life, and so is that it goes on taking what was sent: an answer may have
 * to wait behind megabytes. */
int64_t hy_ssh_alive(struct hy_ssh_conn *c, int64_t now)
{
    int64_t span = (int64_t)c->limits->alive_seconds * 1000, due;

    if (!span)
        return -1;
    if (c->raw.in_packets != c->heard) {
        c->heard = c->raw.in_packets;
        c->alive_at = now;
        c->unanswered = 0;
    }
    due = c->alive_at + span - now;
    if (due > 0)
        return due;
    if (hy_ssh_meter_arriving(c)) {
        c->unanswered = 0;
    } else if (c->unanswered >= c->limits->alive_max) {
        hy_ssh_end(c, HY_SSH_LATE, "no answer to %u keep-alives", c->unanswered);
        return 0;
    } else {
        c->unanswered++;
        ask(c);
    }
    c->alive_at = now;
    return span;
}
