/* What is remembered of the places that clients connect from: how many connections there are, and what was done wrong
 * there lately. Each offence costs seconds, which add up and pass as time does. A place that owes more than a threshold
 * is barred until it owes nothing. Everything here needs the caller's lock; the clock is the caller's, in ms. */
#ifndef HY_SERVER_PEERS_H
#define HY_SERVER_PEERS_H

#include "core/base/addr.h"

enum hy_offence {
    HY_OFFENCE_FAILURE,  /* a failed attempt to log in, on a connection that didn't log in later */
    HY_OFFENCE_NO_LOGIN, /* a connection that ended without any attempt */
    HY_OFFENCE_LATE,     /* one that had to be ended for taking too long */
    HY_OFFENCE_BREACH,   /* one that ended for what can't be of an honest client */
    HY_OFFENCE_REFUSED,  /* one that was refused for there being too many */
    HY_OFFENCES
};

struct hy_peer_rules {
    unsigned seconds[HY_OFFENCES]; /* that each costs; 0: it is none */
    unsigned threshold;            /* seconds: who owes more than that is barred */
    unsigned most;                 /* seconds that anybody can owe; 0: no penalties */
    size_t kept;                   /* places that are remembered for what they owe */
};

/* A place: an address, or the network that counts as one. */
struct hy_peer {
    struct hy_addr place;
    unsigned connections, unfinished; /* the caller's to count; one that has any stays */
    int64_t until;                    /* when it owes nothing any more; 0: it doesn't owe anything */
    bool barred;                      /* up to then */
    enum hy_offence last;             /* what it was barred for */
    size_t at;                        /* among those that owe */
};

struct hy_peers;
struct hy_peers *hy_peers_new(void); /* NULL: out of memory */
void hy_peers_free(struct hy_peers *peers);

/* The place, made known if it wasn't: call hy_peers_settle() for it when it has been counted, or wasn't. NULL: out of
 * memory. */
struct hy_peer *hy_peers_find(struct hy_peers *peers, const struct hy_addr *place, int64_t now);
/* Forgets the place unless it has connections or owes something. */
void hy_peers_settle(struct hy_peers *peers, struct hy_peer *peer);

/* Notes that something was done wrong there `times` times. True when the place is barred from now on, and wasn't
 * before. Whoever ends first is forgotten when too many owe something. The peer stays, to be settled. */
bool hy_peers_offend(struct hy_peers *peers, const struct hy_peer_rules *rules, struct hy_peer *peer,
                     enum hy_offence offence, unsigned times, int64_t now);
/* Places that owe something. */
size_t hy_peers_count(const struct hy_peers *peers);

/* What it was, for people. */
const char *hy_offence_text(enum hy_offence offence);

/* Whether a newcomer is turned away by chance: from `begin` unfinished connections on with a probability of percent,
 * which rises to all of them when `full` are there. dice: any number, each as likely. */
bool hy_early_drop(unsigned unfinished, unsigned begin, unsigned full, unsigned percent, uint32_t dice);

#endif
