/* Who may come in, and the lists of those who did. */
#include "core/base/clock.h"
#include "core/server/session.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* With the lock, as all up to hy_admission_ask(). */
static void leave_unfinished(struct hy_server *server, struct hy_session *s)
{
    *(s->older ? &s->older->newer : &server->oldest) = s->newer;
    *(s->newer ? &s->newer->older : &server->newest) = s->older;
    s->unfinished = false;
    server->unfinished--;
    if (s->peer)
        s->peer->unfinished--;
}

static void join_unfinished(struct hy_server *server, struct hy_session *s)
{
    s->older = server->newest;
    *(s->older ? &s->older->newer : &server->oldest) = s;
    server->newest = s;
    s->unfinished = true;
    server->unfinished++;
    if (s->peer)
        s->peer->unfinished++;
}

static void join(struct hy_server *server, struct hy_session *s)
{
    s->before = server->last;
    *(s->before ? &s->before->after : &server->first) = s;
    server->last = s;
    server->sessions++;
}

static struct hy_peer_rules rules_of(const struct hy_config *c)
{
    return (struct hy_peer_rules){.seconds = {[HY_OFFENCE_FAILURE] = (unsigned)c->penalty_failure,
                                              [HY_OFFENCE_NO_LOGIN] = (unsigned)c->penalty_no_login,
                                              [HY_OFFENCE_LATE] = (unsigned)c->penalty_late,
                                              [HY_OFFENCE_BREACH] = (unsigned)c->penalty_breach,
                                              [HY_OFFENCE_REFUSED] = (unsigned)c->penalty_refused},
                                  .threshold = (unsigned)c->penalty_threshold,
                                  .most = (unsigned)c->penalty_max,
                                  .kept = (size_t)c->max_penalties};
}

/* Somebody who isn't let in for a while: taken down with the lock, told without it. */
struct bar {
    struct hy_addr place;
    int64_t left; /* ms; 0: nobody */
    enum hy_offence offence;
};

static void note_bar(struct bar *bar, const struct hy_peer *peer, int64_t now)
{
    *bar = (struct bar){peer->place, peer->until - now, peer->last};
}

/* "192.0.2.7 may not connect until 2026-11-26T08:30:00Z: failed logins" */
static int describe_bar(const struct bar *bar, const struct hy_config *config, struct hy_err *out)
{
    unsigned bits = (unsigned)(bar->place.family == AF_INET ? config->ipv4_prefix : config->ipv6_prefix);
    char place[HY_ADDR_TEXT], network[16] = "", until[32] = "?";
    time_t when = time(NULL) + (bar->left + 999) / 1000;
    struct tm tm;

    if (bits < hy_addr_bits(&bar->place))
        (void)snprintf(network, sizeof network, "/%u", bits);
    if (gmtime_r(&when, &tm))
        (void)strftime(until, sizeof until, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return hy_err_set(out, "%s%s may not connect until %s: %s", hy_addr_text(&bar->place, place), network, until,
                      hy_offence_text(bar->offence));
}

static void tell_bar(const struct hy_session *s, const struct bar *bar, const struct hy_config *config)
{
    struct hy_err text;

    if (!bar->left)
        return;
    (void)describe_bar(bar, config, &text);
    hy_log(s->server->log, HY_LOG_INFO, s->id, "%s", text.text);
}

static uint32_t roll(void)
{
    uint32_t dice = 0;

    (void)!getrandom(&dice, sizeof dice, GRND_NONBLOCK); /* 0, which refuses, where there is no chance yet */
    return dice;
}

/* The setting by which there are too many of the client's kind, or NULL. */
static const char *too_many(const struct hy_server *server, const struct hy_session *s, const struct hy_peer *peer)
{
    const struct hy_config *config = server->current->config;

    if (config->max_per_address && peer->connections >= (unsigned)config->max_per_address)
        return "max_per_address";
    if (config->max_unfinished_per_address && peer->unfinished >= (unsigned)config->max_unfinished_per_address)
        return "max_unfinished_per_address";
    if (!s->exempt && peer->unfinished &&
        hy_early_drop(server->unfinished, (unsigned)config->early_drop_begin, (unsigned)config->max_unfinished,
                      (unsigned)config->early_drop, roll()))
        return "early_drop";
    return NULL;
}

/* Counts the client where it comes from. */
static enum hy_entry enter_peer(struct hy_session *s, struct bar *bar, struct hy_err *why)
{
    struct hy_server *server = s->server;
    const struct hy_config *config = server->current->config;
    const struct hy_peer_rules rules = rules_of(config);
    struct hy_addr place =
        hy_addr_network(&s->addr, (unsigned)(s->addr.family == AF_INET ? config->ipv4_prefix : config->ipv6_prefix));
    int64_t now = hy_clock_ms();
    struct hy_peer *peer = hy_peers_find(server->peers, &place, now);
    enum hy_entry entry = HY_ENTRY_GIVEN;
    const char *setting;
    struct bar old;

    if (!peer) {
        (void)hy_err_set(why, "out of memory");
        return HY_ENTRY_FULL;
    }
    s->exempt = hy_guests_have(&server->current->guests.exempt, &s->addr);
    setting = too_many(server, s, peer);
    if (!s->exempt && peer->barred && rules.most) { /* a reload may end all penalties */
        entry = HY_ENTRY_BARRED;
        note_bar(&old, peer, now);
        (void)describe_bar(&old, config, why);
    } else if (setting) {
        entry = HY_ENTRY_FULL;
        (void)hy_err_set(why, "%s", setting);
        if (!s->exempt && hy_peers_offend(server->peers, &rules, peer, HY_OFFENCE_REFUSED, 1, now))
            note_bar(bar, peer, now);
    } else {
        s->peer = peer;
        peer->connections++;
    }
    hy_peers_settle(server->peers, peer);
    return entry;
}

/* Why the lists keep the client out, unless the program is asked about that. */
static const char *keep_out(struct hy_session *s)
{
    const char *text = hy_guests_refuse(&s->server->current->guests, &s->addr);

    if (!hy_events_has(s->server->events, HY_EVENT_ConnectionRequest))
        return text;
    s->listed = text;
    return NULL;
}

/* With the lock. What connects may be a proxy that can't say yet for whom. */
static enum hy_entry check_client(struct hy_session *s, bool proxy, struct bar *bar, struct hy_err *why)
{
    const struct hy_guests *guests = &s->server->current->guests;
    const char *text = !proxy                                       ? keep_out(s)
                       : hy_guests_have(&guests->trusted, &s->addr) ? NULL
                                                                    : "it is not in proxy_trusted";

    if (text) {
        (void)hy_err_set(why, "%s", text);
        return HY_ENTRY_REFUSED;
    }
    return proxy ? HY_ENTRY_GIVEN : enter_peer(s, bar, why);
}

/* A crowd that never logs in must not shut the door: the one of it that came first gives way. Whoever has a key is in
 * long before its turn comes. Who has some waiting already makes room itself, so that a crowd from one address pushes
 * out nobody else. */
static void make_room(struct hy_server *server, const struct hy_peer *peer)
{
    struct hy_session *first = server->oldest;

    if (server->unfinished < (unsigned)server->current->config->max_unfinished)
        return;
    while (peer && peer->unfinished && first->peer != peer)
        first = first->newer;
    atomic_store(&first->unwanted, true);
    leave_unfinished(server, first);
}

static void begin_unfinished(struct hy_server *server, struct hy_session *s)
{
    make_room(server, s->peer);
    join_unfinished(server, s);
}

enum hy_entry hy_admission_ask(struct hy_session *s, struct hy_err *why)
{
    struct hy_server *server = s->server;
    struct bar bar = {.left = 0};
    struct hy_generation *generation;
    enum hy_entry entry = HY_ENTRY_FULL;

    (void)clock_gettime(CLOCK_REALTIME, &s->came);
    (void)pthread_mutex_lock(&server->lock);
    generation = hy_generation_ref(server->current);
    if (server->refusing) {
        entry = HY_ENTRY_REFUSED;
        (void)hy_err_set(why, "none is taken now");
    } else if (server->sessions >= (unsigned)generation->config->MaxConnections) {
        (void)hy_err_set(why, "MaxConnections are there");
    } else {
        entry = check_client(s, s->proxied, &bar, why);
    }
    if (entry == HY_ENTRY_GIVEN) {
        s->generation = generation;
        s->id = ++server->next_id;
        join(server, s);
        if (!s->proxied)
            begin_unfinished(server, s);
    }
    (void)pthread_mutex_unlock(&server->lock);
    tell_bar(s, &bar, generation->config);
    if (entry != HY_ENTRY_GIVEN)
        hy_generation_unref(generation);
    return entry;
}

enum hy_entry hy_admission_client(struct hy_session *s, const struct hy_addr *addr, uint16_t port, struct hy_err *why)
{
    struct hy_server *server = s->server;
    struct bar bar = {.left = 0};
    enum hy_entry entry = HY_ENTRY_GIVEN;
    const char *text;

    (void)pthread_mutex_lock(&server->lock);
    if (addr->family) {
        s->addr = *addr;
        s->port = port;
        (void)hy_addr_text(addr, s->address);
        entry = check_client(s, false, &bar, why);
    } else if ((text = keep_out(s))) { /* or it would be a way round them */
        (void)hy_err_set(why, "%s", text);
        entry = HY_ENTRY_REFUSED;
    }
    if (entry == HY_ENTRY_GIVEN)
        begin_unfinished(server, s);
    (void)pthread_mutex_unlock(&server->lock);
    tell_bar(s, &bar, s->generation->config);
    return entry;
}

bool hy_admission_user(struct hy_session *s, const char *user)
{
    struct hy_server *server = s->server;
    unsigned count = 0, most = (unsigned)s->generation->config->max_per_user;

    (void)pthread_mutex_lock(&server->lock);
    for (const struct hy_session *other = most ? server->first : NULL; other; other = other->after)
        count += other->user && strcmp(other->user, user) == 0;
    if (!most || count < most) {
        s->user = user;
        if (s->unfinished) /* before the client knows and may come again */
            leave_unfinished(server, s);
    }
    (void)pthread_mutex_unlock(&server->lock);
    return s->user != NULL;
}

void hy_admission_entered(struct hy_session *s)
{
    struct hy_server *server = s->server;

    (void)pthread_mutex_lock(&server->lock);
    s->entered = true;
    (void)pthread_mutex_unlock(&server->lock);
}

/* What the client did wrong, if it did. */
static bool was_wrong(const struct hy_session *s, enum hy_offence *offence)
{
    static const enum hy_offence rows[HY_SSH_ENDS] = {
        [HY_SSH_ENDED] = HY_OFFENCES, /* none */
        [HY_SSH_LEFT] = HY_OFFENCE_NO_LOGIN, [HY_SSH_LOST] = HY_OFFENCE_NO_LOGIN, [HY_SSH_UNLIKE] = HY_OFFENCE_NO_LOGIN,
        [HY_SSH_LATE] = HY_OFFENCE_LATE,     [HY_SSH_BREACH] = HY_OFFENCE_BREACH, [HY_SSH_CROWDED] = HY_OFFENCES,
        [HY_SSH_STUCK] = HY_OFFENCES,        [HY_SSH_SHORT] = HY_OFFENCES};

    *offence = s->failures ? HY_OFFENCE_FAILURE : rows[s->end];
    return s->peer && !s->exempt && !s->entered && *offence != HY_OFFENCES;
}

static void leave_peer(struct hy_session *s, struct bar *bar)
{
    const struct hy_peer_rules rules = rules_of(s->generation->config);
    struct hy_peers *peers = s->server->peers;
    int64_t now = hy_clock_ms();
    enum hy_offence offence;

    s->peer->connections--;
    if (was_wrong(s, &offence) && hy_peers_offend(peers, &rules, s->peer, offence, s->failures ? s->failures : 1, now))
        note_bar(bar, s->peer, now);
    hy_peers_settle(peers, s->peer);
    s->peer = NULL;
}

void hy_admission_gone(struct hy_session *s)
{
    struct hy_server *server = s->server;
    struct bar bar = {.left = 0};

    (void)pthread_mutex_lock(&server->lock);
    if (s->unfinished)
        leave_unfinished(server, s);
    if (s->peer)
        leave_peer(s, &bar);
    *(s->before ? &s->before->after : &server->first) = s->after;
    *(s->after ? &s->after->before : &server->last) = s->before;
    (void)pthread_mutex_unlock(&server->lock);
    tell_bar(s, &bar, s->generation->config);
}
