#include "core/vfs/budget.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>

/* That so many bytes are free, and none more. */
static bool leaves(struct hy_budget *budget, size_t bytes)
{
    bool exact = hy_budget_take(budget, bytes, NULL) == 0 && hy_budget_take(budget, 1, NULL) == -ENOBUFS;

    hy_budget_give(budget, bytes);
    return exact;
}

static void counts_what_is_taken(void)
{
    struct hy_budget *budget = hy_budget_new(100);

    UNIT_ASSERT_NUMBER(hy_budget_take(budget, 60, NULL), 0);
    UNIT_ASSERT_NUMBER(hy_budget_take(budget, 41, NULL), -ENOBUFS);
    UNIT_ASSERT_NUMBER(hy_budget_take(budget, 40, NULL), 0);
    UNIT_ASSERT_NUMBER(hy_budget_take(budget, 0, NULL), 0);
    CU_ASSERT(leaves(budget, 0));
    hy_budget_give(budget, 1);
    UNIT_ASSERT_NUMBER(hy_budget_take(budget, 1, NULL), 0);
    hy_budget_give(budget, 200);
    CU_ASSERT(leaves(budget, 100));
    hy_budget_free(budget);
}

static void refuses_what_could_never_be_had(void)
{
    atomic_bool cancelled = false;
    struct hy_budget *budget = hy_budget_new(100);

    UNIT_ASSERT_NUMBER(hy_budget_take(budget, 101, &cancelled), -ENOBUFS);
    UNIT_ASSERT_NUMBER(hy_budget_take(budget, SIZE_MAX, &cancelled), -ENOBUFS);
    hy_budget_free(budget);
}

struct taker {
    struct hy_budget *budget;
    size_t bytes;
    atomic_bool cancelled;
    int rc;
    pthread_t thread;
};

static void *take(void *ctx)
{
    struct taker *t = ctx;

    t->rc = hy_budget_take(t->budget, t->bytes, &t->cancelled);
    return NULL;
}

/* Whoever gives may come before or after whoever waits: both must end well. */
static void waits_until_enough_is_given_back(void)
{
    struct taker t = {.budget = hy_budget_new(100), .bytes = 80};

    UNIT_ASSERT_NUMBER(hy_budget_take(t.budget, 50, NULL), 0);
    CU_ASSERT_FATAL(pthread_create(&t.thread, NULL, take, &t) == 0);
    hy_budget_give(t.budget, 10);
    hy_budget_give(t.budget, 40);
    (void)pthread_join(t.thread, NULL);
    UNIT_ASSERT_NUMBER(t.rc, 0);
    CU_ASSERT(leaves(t.budget, 20));
    hy_budget_free(t.budget);
}

static void stops_waiting_when_the_session_ends(void)
{
    struct hy_budget *budget = hy_budget_new(100);
    struct taker many[4];

    UNIT_ASSERT_NUMBER(hy_budget_take(budget, 100, NULL), 0);
    for (size_t i = 0; i < 4; i++) {
        many[i] = (struct taker){.budget = budget, .bytes = 30};
        CU_ASSERT_FATAL(pthread_create(&many[i].thread, NULL, take, &many[i]) == 0);
    }
    for (size_t i = 1; i < 3; i++)
        atomic_store(&many[i].cancelled, true);
    hy_budget_wake(budget);
    (void)pthread_join(many[1].thread, NULL);
    (void)pthread_join(many[2].thread, NULL);
    UNIT_ASSERT_NUMBER(many[1].rc, -ECANCELED);
    UNIT_ASSERT_NUMBER(many[2].rc, -ECANCELED);
    hy_budget_give(budget, 100);
    (void)pthread_join(many[0].thread, NULL);
    (void)pthread_join(many[3].thread, NULL);
    UNIT_ASSERT_NUMBER(many[0].rc, 0);
    UNIT_ASSERT_NUMBER(many[3].rc, 0);
    CU_ASSERT(leaves(budget, 40));
    hy_budget_free(budget);
}

UNIT_SUITE(budget, UNIT_TEST(counts_what_is_taken), UNIT_TEST(refuses_what_could_never_be_had),
           UNIT_TEST(waits_until_enough_is_given_back), UNIT_TEST(stops_waiting_when_the_session_ends));
