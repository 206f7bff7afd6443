/* core/event: the dispatcher. */
#include "core/event/event.h"
#include "tests/unit/unit.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

static void asks(void *ctx, struct hythe_ConnectionRequest *e)
{
    struct hy_events *events = ctx;
    struct hy_firing what = {.which = HY_EVENT_COUNT};

    CU_ASSERT(hy_events_inside(events, &what));
    UNIT_ASSERT_NUMBER(what.which, HY_EVENT_ConnectionRequest);
    UNIT_ASSERT_NUMBER(what.connection, 5);
    CU_ASSERT(what.parameters == (void *)e);
    CU_ASSERT(hy_events_within(events, HY_EVENT_ConnectionRequest) && !hy_events_within(events, HY_EVENT_Log));
    UNIT_ASSERT_NUMBER(e->size, sizeof *e);
    e->Accept = 0;
}

static const struct hythe_events handlers = {.size = sizeof handlers, .ConnectionRequest = asks};

static void a_handler_knows_where_it_is(void)
{
    struct hy_events *events = hy_events_new(NULL);
    struct hythe_ConnectionRequest e = {.Accept = 1};

    CU_ASSERT_FATAL(events != NULL);
    CU_ASSERT(!hy_events_has(events, HY_EVENT_ConnectionRequest) && !hy_events_has(NULL, HY_EVENT_Log));
    hy_events_set(events, &handlers, events);
    CU_ASSERT(hy_events_has(events, HY_EVENT_ConnectionRequest) && !hy_events_has(events, HY_EVENT_Log));
    CU_ASSERT(hy_events_fire(events, HY_EVENT_ConnectionRequest, 5, &e));
    UNIT_ASSERT_NUMBER(e.Accept, 0);
    CU_ASSERT(!hy_events_inside(events, NULL) && !hy_events_within(events, HY_EVENT_ConnectionRequest));
    hy_events_free(events);
}

static void what_is_queued_after_the_end_is_not_run(void)
{
    struct hy_events *events = hy_events_new(NULL);
    struct hythe_ConnectionRequest e = {.Accept = 1};

    CU_ASSERT_FATAL(events != NULL);
    hy_events_set(events, &handlers, events);
    hy_events_queue(events, true);
    hy_events_close(events);
    CU_ASSERT(!hy_events_fire(events, HY_EVENT_ConnectionRequest, 5, &e));
    UNIT_ASSERT_NUMBER(e.Accept, 1);
    hy_events_free(events);
}

/* ---- Tables ---- */

/* As of a program that was built with fewer events, or has forgotten the size. */
static void a_short_table_has_no_more_than_its_size(void)
{
    static const size_t sizes[] = {0, 1, sizeof(size_t), offsetof(struct hythe_events, ConnectionRequest)};
    struct hy_events *events = hy_events_new(NULL);
    struct hythe_events table = handlers;

    CU_ASSERT_FATAL(events != NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        table.size = sizes[i];
        hy_events_set(events, &table, NULL);
        for (int which = 0; which < HY_EVENT_COUNT; which++)
            CU_ASSERT(!hy_events_has(events, (enum hy_event)which));
    }
    table.size = sizeof table + 8;
    hy_events_set(events, &table, NULL);
    CU_ASSERT(hy_events_has(events, HY_EVENT_ConnectionRequest));
    hy_events_free(events);
}

/* ---- A queue that is never empty ---- */

enum { ENOUGH = 100 };

struct crowd {
    struct hy_events *events;
    atomic_bool over;
    atomic_int handled, left;
};

/* Returns when somebody else is in the queue. */
static void waits_for_the_next(void *ctx, struct hythe_ConnectionRequest *e)
{
    struct crowd *crowd = ctx;
    struct pollfd fd = {.fd = hy_events_fd(crowd->events), .events = POLLIN};

    (void)e;
    if (++crowd->handled < ENOUGH && !crowd->over)
        (void)poll(&fd, 1, -1);
}

static void *fires_again_and_again(void *ctx)
{
    struct hythe_ConnectionRequest e = {.Accept = 1};
    struct crowd *crowd = ctx;

    while (!crowd->over)
        CU_ASSERT(hy_events_fire(crowd->events, HY_EVENT_ConnectionRequest, 5, &e));
    crowd->left++;
    return NULL;
}

static void those_who_come_back_wait_for_the_next_call(void)
{
    static const struct hythe_events waits = {.size = sizeof waits, .ConnectionRequest = waits_for_the_next};
    struct crowd crowd = {.events = hy_events_new(NULL)};
    pthread_t threads[2];

    CU_ASSERT_FATAL(crowd.events != NULL);
    hy_events_set(crowd.events, &waits, &crowd);
    hy_events_queue(crowd.events, true);
    for (size_t i = 0; i < 2; i++)
        CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, fires_again_and_again, &crowd) == 0);
    for (int i = 0; i < 10; i++) {
        int ran = hy_events_do(crowd.events, 10000);

        CU_ASSERT(ran >= 1 && ran <= 2);
    }
    crowd.over = true;
    while (crowd.left < 2)
        (void)hy_events_do(crowd.events, 1);
    for (size_t i = 0; i < 2; i++)
        (void)pthread_join(threads[i], NULL);
    hy_events_free(crowd.events);
}

UNIT_SUITE(event, UNIT_TEST(a_handler_knows_where_it_is), UNIT_TEST(what_is_queued_after_the_end_is_not_run),
           UNIT_TEST(a_short_table_has_no_more_than_its_size), UNIT_TEST(those_who_come_back_wait_for_the_next_call));
UNIT_DECLARE(event_data);
UNIT_DECLARE(event_divert);
UNIT_DECLARE(event_fields);
UNIT_DECLARE(event_inner);
UNIT_DECLARE(event_labels);
UNIT_DECLARE(event_policy);
UNIT_DECLARE(event_store);
UNIT_DECLARE(files);
UNIT_DECLARE(report);

UNIT_MAIN("unit-event", &unit_event, &unit_files, &unit_event_store, &unit_event_fields, &unit_event_inner,
          &unit_event_labels, &unit_event_data, &unit_event_divert, &unit_event_policy, &unit_report)
