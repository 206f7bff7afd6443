/* core/server/peers: what is owed for what was done wrong, with a clock of the test's. */
#include "core/server/peers.h"
#include "tests/unit/unit.h"

static const struct hy_peer_rules rules = {
    .seconds = {[HY_OFFENCE_FAILURE] = 2, [HY_OFFENCE_BREACH] = 10}, .threshold = 30, .most = 100, .kept = 1000};

static struct hy_addr place(unsigned n)
{
    return (struct hy_addr){.family = AF_INET, .bytes = {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}};
}

/* Whether the place is barred from now on. */
static bool offend(struct hy_peers *peers, const struct hy_peer_rules *r, unsigned n, enum hy_offence offence,
                   unsigned times, int64_t now)
{
    struct hy_addr at = place(n);
    struct hy_peer *peer = hy_peers_find(peers, &at, now);
    bool barred;

    CU_ASSERT_FATAL(peer != NULL);
    barred = hy_peers_offend(peers, r, peer, offence, times, now);
    hy_peers_settle(peers, peer);
    return barred;
}

/* Until when, or 0. */
static int64_t barred(struct hy_peers *peers, unsigned n, int64_t now)
{
    struct hy_addr at = place(n);
    struct hy_peer *peer = hy_peers_find(peers, &at, now);
    int64_t until;

    CU_ASSERT_FATAL(peer != NULL);
    until = peer->barred ? peer->until : 0;
    hy_peers_settle(peers, peer);
    return until;
}

static void few_failures_cost_nothing(void)
{
    struct hy_peers *peers = hy_peers_new();

    for (int i = 0; i < 15; i++)
        CU_ASSERT(!offend(peers, &rules, 1, HY_OFFENCE_FAILURE, 1, 1000));
    UNIT_ASSERT_NUMBER(barred(peers, 1, 1000), 0);
    CU_ASSERT(offend(peers, &rules, 1, HY_OFFENCE_FAILURE, 1, 1000));
    UNIT_ASSERT_NUMBER(barred(peers, 1, 1000), 33000);
    UNIT_ASSERT_NUMBER(barred(peers, 2, 1000), 0);
    hy_peers_free(peers);
}

/* Barred until nothing is owed, not only until it is below the threshold; then all is as it was. */
static void penalties_grow_and_end(void)
{
    struct hy_peers *peers = hy_peers_new();

    CU_ASSERT(offend(peers, &rules, 1, HY_OFFENCE_BREACH, 4, 0));
    UNIT_ASSERT_NUMBER(barred(peers, 1, 0), 40000);
    CU_ASSERT(!offend(peers, &rules, 1, HY_OFFENCE_BREACH, 1, 10000)); /* it was barred before */
    UNIT_ASSERT_NUMBER(barred(peers, 1, 10000), 50000);
    UNIT_ASSERT_NUMBER(barred(peers, 1, 49999), 50000);
    UNIT_ASSERT_NUMBER(barred(peers, 1, 50000), 0);
    UNIT_ASSERT_NUMBER(hy_peers_count(peers), 0);
    CU_ASSERT(!offend(peers, &rules, 1, HY_OFFENCE_BREACH, 3, 50000));
    UNIT_ASSERT_NUMBER(barred(peers, 1, 50000), 0);
    CU_ASSERT(offend(peers, &rules, 1, HY_OFFENCE_BREACH, 1000000, 50000));
    UNIT_ASSERT_NUMBER(barred(peers, 1, 50000), 150000); /* penalty_max */
    hy_peers_free(peers);
}

static void what_is_slow_is_forgiven(void)
{
    struct hy_peers *peers = hy_peers_new();

    for (int64_t now = 0; now < 1000000; now += 2000)
        CU_ASSERT(!offend(peers, &rules, 1, HY_OFFENCE_FAILURE, 1, now));
    hy_peers_free(peers);
}

static void rules_turn_it_off(void)
{
    struct hy_peer_rules off = rules;
    struct hy_peers *peers = hy_peers_new();

    CU_ASSERT(!offend(peers, &rules, 1, HY_OFFENCE_LATE, 1000, 0)); /* which costs 0 */
    off.most = 0;
    CU_ASSERT(!offend(peers, &off, 1, HY_OFFENCE_BREACH, 1000, 0));
    UNIT_ASSERT_NUMBER(hy_peers_count(peers), 0);
    hy_peers_free(peers);
}

/* Whoever owes for the shortest time is forgotten, whatever the order in which they came. */
static void the_table_is_bounded(void)
{
    static const unsigned order[] = {5, 1, 9, 3, 7, 2, 8, 4, 6, 0};
    struct hy_peer_rules few = rules;
    struct hy_peers *peers = hy_peers_new();

    few.kept = 4;
    few.threshold = 0;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        (void)offend(peers, &few, order[i], HY_OFFENCE_FAILURE, order[i] + 1, 0);
    UNIT_ASSERT_NUMBER(hy_peers_count(peers), 4);
    for (unsigned n = 0; n < 10; n++)
        UNIT_ASSERT_NUMBER(barred(peers, n, 0), n < 6 ? 0 : (n + 1) * 2000);
    hy_peers_free(peers);
}

static void many_places_come_and_go(void)
{
    struct hy_peers *peers = hy_peers_new();
    struct hy_peer_rules some = rules;
    uint32_t seed = 1;
    int64_t now = 0;

    some.kept = 100;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 1664525 + 1013904223;
        now += seed >> 22;
        (void)offend(peers, &some, seed >> 12 & 0x3ff, HY_OFFENCE_FAILURE, 1 + (seed >> 8 & 7), now);
        CU_ASSERT(hy_peers_count(peers) <= 100);
    }
    CU_ASSERT(hy_peers_count(peers) > 10);
    UNIT_ASSERT_NUMBER(barred(peers, 5000, now + 1000000), 0);
    UNIT_ASSERT_NUMBER(hy_peers_count(peers), 0);
    hy_peers_free(peers);
}

/* Connections keep a place known when its debt ends, or is forgotten. */
static void connections_keep_their_place(void)
{
    struct hy_peers *peers = hy_peers_new();
    struct hy_peer_rules one = rules;
    struct hy_addr at = place(1);
    struct hy_peer *peer = hy_peers_find(peers, &at, 0);

    CU_ASSERT_FATAL(peer != NULL);
    peer->connections = 1;
    one.kept = 1;
    CU_ASSERT(hy_peers_offend(peers, &one, peer, HY_OFFENCE_BREACH, 4, 0) && peer->barred);
    (void)offend(peers, &one, 2, HY_OFFENCE_BREACH, 9, 0);
    CU_ASSERT(!peer->barred && peer->until == 0);
    CU_ASSERT(hy_peers_find(peers, &at, 0) == peer);
    CU_ASSERT(hy_peers_offend(peers, &rules, peer, HY_OFFENCE_BREACH, 9, 0));
    CU_ASSERT(hy_peers_find(peers, &at, 1000000) == peer);
    CU_ASSERT(!peer->barred);
    peer->connections = 0;
    hy_peers_settle(peers, peer);
    hy_peers_free(peers);
}

static void chance_turns_newcomers_away(void)
{
    static const struct {
        unsigned unfinished, begin, full, percent;
        double least, most; /* of the newcomers */
    } rows[] = {{9, 10, 100, 30, 0, 0},       {10, 10, 100, 30, .3, .3}, {55, 10, 100, 30, .64, .66},
                {99, 10, 100, 30, .98, .995}, {100, 10, 100, 30, 1, 1},  {5000, 10, 100, 30, 1, 1},
                {100, 10, 100, 0, 0, 0},      {50, 10, 100, 100, 1, 1},  {99, 200, 100, 30, 0, 0},
                {200, 200, 100, 30, 1, 1},    {10, 10, 10, 30, 1, 1}};
    enum { STEPS = 4096 };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned dropped = 0;

        for (uint32_t dice = 0; dice < STEPS; dice++)
            dropped += hy_early_drop(rows[i].unfinished, rows[i].begin, rows[i].full, rows[i].percent,
                                     dice * (uint32_t)((UINT64_C(1) << 32) / STEPS) + 12345);
        CU_ASSERT(dropped >= rows[i].least * STEPS - 2 && dropped <= rows[i].most * STEPS + 2);
    }
}

UNIT_SUITE(peers, UNIT_TEST(few_failures_cost_nothing), UNIT_TEST(penalties_grow_and_end),
           UNIT_TEST(what_is_slow_is_forgiven), UNIT_TEST(rules_turn_it_off), UNIT_TEST(the_table_is_bounded),
           UNIT_TEST(many_places_come_and_go), UNIT_TEST(connections_keep_their_place),
           UNIT_TEST(chance_turns_newcomers_away));
