/* What waits for handlers and what handlers wait for: nothing does so for ever. */
#include "tests/unit/library_box.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

struct scene {
    struct box box;
    struct scene *other;
    atomic_bool there, named, over;
    atomic_int result, came, left;
};

static void begin(struct scene *s, const struct hythe_events *events, const char *more)
{
    *s = (struct scene){.over = false};
    box_make(&s->box);
    box_fill(&s->box, more);
    box_ok(&s->box, hythe_server_handle(s->box.server, events, s));
    box_ok(&s->box, hythe_StartListening(s->box.server));
}

static void wait_for(const atomic_bool *what)
{
    while (!*what)
        (void)poll(NULL, 0, 1);
}

static void *knock(void *ctx)
{
    struct scene *s = ctx;
    ssh_session client = box_connect(&s->box);

    if (client)
        box_leave(client);
    return NULL;
}

/* ---- The end of a server ---- */

static void waits(void *ctx, struct hythe_Connected *e)
{
    struct scene *s = ctx;

    (void)e;
    s->there = true;
    wait_for(&s->over);
}

static void waits_for_a_name(void *ctx, struct hythe_Connected *e)
{
    struct scene *s = ctx;

    (void)e;
    s->there = true;
    wait_for(&s->named);
}

/* On the thread that watches the others, after theirs are gone. */
static void stays_and_changes(void *ctx, struct hythe_Log *e)
{
    struct scene *s = ctx;

    if (!strstr(e->Message, "hasn't returned"))
        return;
    s->named = true;
    while (hythe_server_connections(e->server, NULL, 0))
        (void)poll(NULL, 0, 1);
    for (int i = 0; i < 100; i++) {
        UNIT_ASSERT_NUMBER(hythe_Config(e->server, "MaxConnections=50", NULL, 0), 0);
        (void)poll(NULL, 0, 1);
    }
    wait_for(&s->over);
}

static void end_while_one_stays(const struct hythe_events *events, atomic_bool *stays, struct scene *s)
{
    pthread_t client;

    begin(s, events, "shutdown_timeout = 0; slow_timeout = 1;");
    CU_ASSERT_FATAL(pthread_create(&client, NULL, knock, s) == 0);
    wait_for(stays);
    box_fails(&s->box, hythe_Shutdown(s->box.server), -ETIMEDOUT, "stuck");
    UNIT_ASSERT_NUMBER(hythe_server_port(s->box.server), 0);
    s->over = true; /* the handler returns */
    (void)pthread_join(client, NULL);
    box_ok(&s->box, hythe_Shutdown(s->box.server));
    box_clear(&s->box);
}

static void *end_while_a_connection_stays(void *ctx)
{
    static const struct hythe_events events = {.size = sizeof events, .Connected = waits};
    struct scene s = {.over = false};

    (void)ctx;
    end_while_one_stays(&events, &s.there, &s);
    return NULL;
}

/* ---- Events that are queued ---- */

static void counts(void *ctx, struct hythe_Connected *e)
{
    (void)e;
    ((struct scene *)ctx)->came++;
}

static void counts_too(void *ctx, struct hythe_Disconnected *e)
{
    (void)e;
    ((struct scene *)ctx)->left++;
}

static void *do_events_once(void *ctx)
{
    struct scene *s = ctx;

    while (!s->there)
        (void)hythe_DoEvents(s->box.server);
    return NULL;
}

static void knock_three_times(struct scene *s, pthread_t clients[3])
{
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT_FATAL(pthread_create(&clients[i], NULL, knock, s) == 0);
    while (hythe_server_connections(s->box.server, NULL, 0) < 3)
        (void)poll(NULL, 0, 1);
}

static void join_three(const pthread_t threads[3])
{
    for (size_t i = 0; i < 3; i++)
        (void)pthread_join(threads[i], NULL);
}

static void call_all(const struct scene *s)
{
    uint64_t ids[3];

    box_ok(&s->box, hythe_Config(s->box.server, "MaxConnections=60", NULL, 0));
    UNIT_ASSERT_NUMBER(hythe_server_connections(s->box.server, ids, 3), 3);
    box_ok(&s->box, hythe_Disconnect(s->box.server, ids[2]));
    box_ok(&s->box, hythe_ExchangeKeys(s->box.server, ids[0]));
    box_ok(&s->box, hythe_StopListening(s->box.server));
}

/* One thread's DoEvents() is in a handler that stays, the other connections wait in the queue. */
static void *end_while_the_queue_stays(void *ctx)
{
    static const struct hythe_events events = {.size = sizeof events, .Connected = waits};
    pthread_t clients[3], doer;
    struct scene s = {.over = false};

    (void)ctx;
    begin(&s, &events, "shutdown_timeout = 0; ProcessIdleEvents = false;");
    knock_three_times(&s, clients);
    CU_ASSERT_FATAL(pthread_create(&doer, NULL, do_events_once, &s) == 0);
    wait_for(&s.there);
    call_all(&s);
    box_fails(&s.box, hythe_Shutdown(s.box.server), -ETIMEDOUT, "stuck");
    s.over = true;
    (void)pthread_join(doer, NULL);
    box_ok(&s.box, hythe_Shutdown(s.box.server));
    join_three(clients);
    box_clear(&s.box);
    return NULL;
}

/* They take as long as each other. */
static void an_end_does_not_wait_for_ever(void)
{
    static const struct hythe_events events = {
        .size = sizeof events, .Connected = waits_for_a_name, .Log = stays_and_changes};
    pthread_t beside[2];
    struct scene s = {.over = false};

    CU_ASSERT_FATAL(pthread_create(&beside[0], NULL, end_while_a_connection_stays, NULL) == 0);
    CU_ASSERT_FATAL(pthread_create(&beside[1], NULL, end_while_the_queue_stays, NULL) == 0);
    end_while_one_stays(&events, &s.named, &s);
    for (size_t i = 0; i < 2; i++)
        (void)pthread_join(beside[i], NULL);
}

/* Nobody has called DoEvents() when the server is freed, with the queue full. */
static void a_queue_that_nobody_runs_ends_with_the_server(void)
{
    static const struct hythe_events events = {.size = sizeof events, .Connected = counts, .Disconnected = counts_too};
    pthread_t clients[3];
    struct scene s = {.over = false};

    begin(&s, &events, "ProcessIdleEvents = false;");
    knock_three_times(&s, clients);
    call_all(&s);
    UNIT_ASSERT_NUMBER(s.came, 0);
    hythe_server_free(s.box.server);
    s.box.server = NULL;
    UNIT_ASSERT_NUMBER(s.came, 3);
    UNIT_ASSERT_NUMBER(s.left, 3);
    join_three(clients);
    box_clear(&s.box);
}

/* ---- Two servers ---- */

/* Of a line that a change of settings writes: both are being changed when each changes the other. */
static void changes_the_other(void *ctx, struct hythe_Log *e)
{
    struct scene *s = ctx;

    if (!strstr(e->Message, "host key") || !s->other || s->there)
        return;
    s->there = true;
    wait_for(&s->other->there);
    s->result = hythe_Config(s->other->box.server, "MaxConnections=50", NULL, 0);
}

static void *change(void *ctx)
{
    struct scene *s = ctx;

    box_ok(&s->box, hythe_Config(s->box.server, "MaxConnections=60", NULL, 0));
    return NULL;
}

static void servers_may_change_each_other(void)
{
    static const struct hythe_events events = {.size = sizeof events, .Log = changes_the_other};
    struct scene one, two;
    pthread_t beside;

    begin(&one, &events, "LogLevel = 2;");
    begin(&two, &events, "LogLevel = 2;");
    one.other = &two;
    two.other = &one;
    CU_ASSERT_FATAL(pthread_create(&beside, NULL, change, &one) == 0);
    (void)change(&two);
    (void)pthread_join(beside, NULL);
    CU_ASSERT(one.there && two.there);
    CU_ASSERT(one.result == -EDEADLK || two.result == -EDEADLK);
    CU_ASSERT(one.result == 0 || one.result == -EDEADLK);
    CU_ASSERT(two.result == 0 || two.result == -EDEADLK);
    box_clear(&one.box);
    box_clear(&two.box);
}

/* ---- A server that nobody serves with yet ---- */

static void *wish(void *ctx)
{
    struct scene *s = ctx;

    while (!s->over)
        UNIT_ASSERT_NUMBER(hythe_Config(s->box.server, "DirListBufferSize[7]=9", NULL, 0), 126);
    return NULL;
}

static void handlers_are_set_beside_calls_of_any_thread(void)
{
    static const struct hythe_events events = {.size = sizeof events, .Connected = waits};
    struct scene s = {.over = false};
    pthread_t beside;

    box_make(&s.box);
    CU_ASSERT_FATAL(pthread_create(&beside, NULL, wish, &s) == 0);
    for (int i = 0; i < 100; i++)
        box_ok(&s.box, hythe_server_handle(s.box.server, i % 2 ? &events : NULL, &s));
    s.over = true;
    (void)pthread_join(beside, NULL);
    box_clear(&s.box);
}

UNIT_SUITE(library_waits, UNIT_TEST(an_end_does_not_wait_for_ever),
           UNIT_TEST(a_queue_that_nobody_runs_ends_with_the_server), UNIT_TEST(servers_may_change_each_other),
           UNIT_TEST(handlers_are_set_beside_calls_of_any_thread));
