#include "core/server/peers.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

enum { NOWHERE = 0 }; /* peer.at of one that owes nothing; the heap begins at 1 */

struct hy_peers {
    void *all;             /* of tsearch(3), by place */
    struct hy_peer **owes; /* a heap, whose first ends first */
    size_t count, room;
};

static int by_place(const void *a, const void *b)
{
    return memcmp(&((const struct hy_peer *)a)->place, &((const struct hy_peer *)b)->place, sizeof(struct hy_addr));
}

struct hy_peers *hy_peers_new(void)
{
    return calloc(1, sizeof(struct hy_peers));
}

void hy_peers_free(struct hy_peers *peers)
{
    if (!peers)
        return;
    tdestroy(peers->all, free);
    free(peers->owes);
    free(peers);
}

size_t hy_peers_count(const struct hy_peers *peers)
{
    return peers->count;
}

/* ---- The heap ---- */

static void put(struct hy_peers *peers, size_t at, struct hy_peer *peer)
{
    peers->owes[at] = peer;
    peer->at = at;
}

/* Moves the peer towards the first, or away from it, to where it belongs. */
static void sift(struct hy_peers *peers, size_t at, struct hy_peer *peer)
{
    while (at > 1 && peers->owes[at / 2]->until > peer->until) {
        put(peers, at, peers->owes[at / 2]);
        at /= 2;
    }
    for (size_t next; (next = at * 2) <= peers->count; at = next) {
        if (next < peers->count && peers->owes[next + 1]->until < peers->owes[next]->until)
            next++;
        if (peers->owes[next]->until >= peer->until)
            break;
        put(peers, at, peers->owes[next]);
    }
    put(peers, at, peer);
}

static bool make_room(struct hy_peers *peers)
{
    size_t room = peers->room ? peers->room * 2 : 64;
    struct hy_peer **more;

    if (peers->count + 1 < peers->room)
        return true;
    more = reallocarray(peers->owes, room, sizeof *more);
    if (!more)
        return false;
    peers->owes = more;
    peers->room = room;
    return true;
}

/* It owes nothing any more. */
static void release(struct hy_peers *peers, struct hy_peer *peer)
{
    struct hy_peer *last = peers->owes[peers->count--];

    if (last != peer)
        sift(peers, peer->at, last);
    peer->at = NOWHERE;
    peer->until = 0;
    peer->barred = false;
}

/* ---- Places ---- */

void hy_peers_settle(struct hy_peers *peers, struct hy_peer *peer)
{
    if (peer->connections || peer->at != NOWHERE)
        return;
    (void)tdelete(peer, &peers->all, by_place);
    free(peer);
}

static void forget_first(struct hy_peers *peers)
{
    struct hy_peer *first = peers->owes[1];

    release(peers, first);
    hy_peers_settle(peers, first);
}

struct hy_peer *hy_peers_find(struct hy_peers *peers, const struct hy_addr *place, int64_t now)
{
    const struct hy_peer wanted = {.place = *place};
    struct hy_peer *peer, **node;

    while (peers->count && peers->owes[1]->until <= now)
        forget_first(peers);
    node = tfind(&wanted, &peers->all, by_place);
    if (node)
        return *node;
    peer = calloc(1, sizeof *peer);
    if (!peer)
        return NULL;
    *peer = wanted;
    if (!tsearch(peer, &peers->all, by_place)) {
        free(peer);
        return NULL;
    }
    return peer;
}

bool hy_peers_offend(struct hy_peers *peers, const struct hy_peer_rules *rules, struct hy_peer *peer,
                     enum hy_offence offence, unsigned times, int64_t now)
{
    int64_t cost = (int64_t)rules->seconds[offence] * times * 1000, most = now + (int64_t)rules->most * 1000;
    bool barred = peer->barred;

    if (!cost || !rules->most || !rules->kept || !make_room(peers))
        return false;
    peer->until = (peer->until > now ? peer->until : now) + cost;
    if (peer->until > most)
        peer->until = most;
    sift(peers, peer->at != NOWHERE ? peer->at : ++peers->count, peer);
    peer->barred = barred || peer->until - now > (int64_t)rules->threshold * 1000;
    if (peer->barred)
        peer->last = offence;
    while (peers->count > rules->kept)
        if (peers->owes[1] == peer)
            release(peers, peer);
        else
            forget_first(peers);
    return peer->barred && !barred;
}

const char *hy_offence_text(enum hy_offence offence)
{
    static const char *const texts[HY_OFFENCES] = {[HY_OFFENCE_FAILURE] = "failed logins",
                                                   [HY_OFFENCE_NO_LOGIN] = "connections without a login",
                                                   [HY_OFFENCE_LATE] = "logins that took too long",
                                                   [HY_OFFENCE_BREACH] = "breaches of the protocol",
                                                   [HY_OFFENCE_REFUSED] = "too many connections"};

    return texts[offence];
}

bool hy_early_drop(unsigned unfinished, unsigned begin, unsigned full, unsigned percent, uint32_t dice)
{
    uint64_t chance = percent; /* of 100 */

    if (!percent || unfinished < begin)
        return false;
    if (unfinished >= full)
        return true;
    chance += (uint64_t)(100 - percent) * (unfinished - begin) / (full - begin);
    return dice < (chance << 32) / 100;
}
