/* core/event: the dispatcher. */
#include "core/event/event.h"
#include "tests/unit/unit.h"

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

UNIT_SUITE(event, UNIT_TEST(a_handler_knows_where_it_is), UNIT_TEST(what_is_queued_after_the_end_is_not_run));
UNIT_DECLARE(event_data);
UNIT_DECLARE(event_divert);
UNIT_DECLARE(event_fields);
UNIT_DECLARE(event_labels);
UNIT_DECLARE(event_policy);
UNIT_DECLARE(event_store);
UNIT_DECLARE(files);
UNIT_DECLARE(report);

UNIT_MAIN("unit-event", &unit_event, &unit_files, &unit_event_store, &unit_event_fields, &unit_event_labels,
          &unit_event_data, &unit_event_divert, &unit_event_policy, &unit_report)
