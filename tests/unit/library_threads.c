/* Calls from threads, and from handlers, while clients come and go; in both ways in which handlers are run. */
#include "tests/unit/library_box.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct life {
    struct box box;
    atomic_bool over;
    atomic_int logged, changed;
    _Atomic uint64_t id;
    pthread_t doer;
};

static void *do_events(void *ctx)
{
    struct life *l = ctx;

    while (!l->over)
        (void)hythe_DoEvents(l->box.server);
    return NULL;
}

static void begin(struct life *l, bool queued, const struct hythe_events *events, const char *more)
{
    char *text = NULL;

    *l = (struct life){.over = false};
    box_make(&l->box);
    CU_ASSERT_FATAL(asprintf(&text, "ProcessIdleEvents = %s; %s", queued ? "false" : "true", more) > 0);
    box_fill(&l->box, text);
    box_ok(&l->box, hythe_server_handle(l->box.server, events, l));
    box_ok(&l->box, hythe_StartListening(l->box.server));
    CU_ASSERT_FATAL(pthread_create(&l->doer, NULL, do_events, l) == 0);
    free(text);
}

static void end(struct life *l)
{
    l->over = true;
    (void)pthread_join(l->doer, NULL);
    box_clear(&l->box);
}

/* ---- Handlers that call ---- */

/* Everything that may be called, from every event of a login. */
static void call(struct life *l, struct hythe_server *server, uint64_t id)
{
    char value[64], name[64];
    uint64_t ids[4];

    UNIT_ASSERT_NUMBER(hythe_Config(server, l->changed % 2 ? "MaxConnections=50" : "MaxConnections=60", NULL, 0), 0);
    atomic_fetch_add(&l->changed, 1);
    UNIT_ASSERT_NUMBER(hythe_Config(server, "MaxConnections", value, sizeof value), 0);
    UNIT_ASSERT_NUMBER(hythe_Config(server, "LocalPort=3", NULL, 0), 106);
    CU_ASSERT(hythe_server_connections(server, ids, 4) >= 1);
    (void)snprintf(name, sizeof name, "SFTPConnectionRemoteHost[%u]", (unsigned)id);
    UNIT_ASSERT_NUMBER(hythe_Config(server, name, value, sizeof value), 0);
    UNIT_ASSERT_STRING(value, "127.0.0.1");
    (void)snprintf(name, sizeof name, "UserAuthBanner[%u]=welcome", (unsigned)id);
    UNIT_ASSERT_NUMBER(hythe_Config(server, name, NULL, 0), 0);
    UNIT_ASSERT_NUMBER(hythe_ExchangeKeys(server, id), 0);
    UNIT_ASSERT_NUMBER(hythe_StartListening(server), -EDEADLK);
    UNIT_ASSERT_NUMBER(hythe_server_bind(server), -EDEADLK);
    UNIT_ASSERT_NUMBER(hythe_DoEvents(server), -EDEADLK);
    CU_ASSERT(hythe_server_port(server) != 0);
}

static void on_connected(void *ctx, struct hythe_Connected *e)
{
    ((struct life *)ctx)->id = e->ConnectionId;
    call(ctx, e->server, e->ConnectionId);
}

static void on_status(void *ctx, struct hythe_SSHStatus *e)
{
    call(ctx, e->server, e->ConnectionId);
}

static void call_in_handlers(bool queued)
{
    const struct hythe_events events = {.size = sizeof events, .Connected = on_connected, .SSHStatus = on_status};
    struct life l;
    ssh_session client;
    char text[64];

    begin(&l, queued, &events, "");
    client = box_enter(&l.box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    box_read(client, text);
    UNIT_ASSERT_STRING(text, "hello");
    CU_ASSERT(l.changed > 1);
    box_leave(client);
    box_come_down_to(&l.box, 0);
    end(&l);
}

static void handlers_may_call(void)
{
    call_in_handlers(false);
    call_in_handlers(true);
}

/* ---- Ends in handlers ---- */

static void on_connected_end(void *ctx, struct hythe_Connected *e)
{
    (void)ctx;
    UNIT_ASSERT_NUMBER(hythe_Shutdown(e->server), 0);
    UNIT_ASSERT_NUMBER(hythe_server_port(e->server), 0);
}

static void on_connected_disconnect(void *ctx, struct hythe_Connected *e)
{
    (void)ctx;
    UNIT_ASSERT_NUMBER(hythe_StopListening(e->server), 0);
    UNIT_ASSERT_NUMBER(hythe_Disconnect(e->server, e->ConnectionId), 0);
    UNIT_ASSERT_NUMBER(hythe_server_port(e->server), 0);
}

static void end_in_a_handler(bool queued, void (*connected)(void *ctx, struct hythe_Connected *e))
{
    const struct hythe_events events = {.size = sizeof events, .Connected = connected};
    struct life l;

    begin(&l, queued, &events, "");
    CU_ASSERT(box_enter(&l.box, "secret") == NULL);
    box_come_down_to(&l.box, 0);
    box_ok(&l.box, hythe_StartListening(l.box.server));
    CU_ASSERT(hythe_server_port(l.box.server) != 0);
    end(&l);
}

static void handlers_may_end_it_all(void)
{
    end_in_a_handler(false, on_connected_end);
    end_in_a_handler(true, on_connected_end);
    end_in_a_handler(false, on_connected_disconnect);
    end_in_a_handler(true, on_connected_disconnect);
}

static void on_request_close(void *ctx, struct hythe_ConnectionRequest *e)
{
    (void)ctx;
    UNIT_ASSERT_NUMBER(hythe_StopListening(e->server), 0);
}

/* The thread that accepts waits for this handler while it is told to end. */
static void close_while_somebody_is_asked_about(bool queued)
{
    const struct hythe_events events = {.size = sizeof events, .ConnectionRequest = on_request_close};
    struct life l;
    ssh_session client;
    char text[64];

    begin(&l, queued, &events, "");
    client = box_enter(&l.box, "secret");
    for (int i = 0; i < 3; i++) {
        box_ok(&l.box, hythe_StartListening(l.box.server));
        CU_ASSERT(hythe_server_port(l.box.server) != 0);
        box_leave(box_enter(&l.box, "secret"));
    }
    CU_ASSERT_FATAL(client != NULL);
    box_read(client, text);
    UNIT_ASSERT_STRING(text, "hello");
    box_leave(client);
    end(&l);
}

static void a_request_may_be_the_last(void)
{
    close_while_somebody_is_asked_about(false);
    close_while_somebody_is_asked_about(true);
}

/* ---- Threads that call ---- */

static void *change_settings(void *ctx)
{
    struct life *l = ctx;

    for (int i = 0; !l->over && i < 1000; i++)
        UNIT_ASSERT_NUMBER(hythe_server_set_number(l->box.server, "idle_timeout", i), 0);
    return NULL;
}

static void *look_around(void *ctx)
{
    struct life *l = ctx;
    char value[1024], name[64];
    uint64_t ids[8];

    while (!l->over) {
        size_t count = hythe_server_connections(l->box.server, ids, 8);

        for (size_t i = 0; i < count && i < 8; i++) {
            int rc;

            (void)snprintf(name, sizeof name, "cipher_in[%u]", (unsigned)ids[i]);
            rc = hythe_server_get(l->box.server, name, value, sizeof value);
            CU_ASSERT(rc == 0 || rc == 126);
        }
        UNIT_ASSERT_NUMBER(hythe_server_get(l->box.server, "RootDirectory", value, sizeof value), 0);
        hythe_server_error(l->box.server, value, sizeof value);
    }
    return NULL;
}

static void on_log(void *ctx, struct hythe_Log *e)
{
    (void)e;
    atomic_fetch_add(&((struct life *)ctx)->logged, 1);
}

static void call_from_threads(bool queued)
{
    const struct hythe_events events = {.size = sizeof events, .Log = on_log};
    pthread_t threads[3];
    struct life l;
    char text[64];

    begin(&l, queued, &events, "LogLevel = 3;");
    CU_ASSERT_FATAL(pthread_create(&threads[0], NULL, change_settings, &l) == 0);
    CU_ASSERT_FATAL(pthread_create(&threads[1], NULL, change_settings, &l) == 0);
    CU_ASSERT_FATAL(pthread_create(&threads[2], NULL, look_around, &l) == 0);
    for (int i = 0; i < 4; i++) {
        ssh_session client = box_enter(&l.box, "secret");

        CU_ASSERT_FATAL(client != NULL);
        box_read(client, text);
        UNIT_ASSERT_STRING(text, "hello");
        box_leave(client);
    }
    l.over = true;
    for (size_t i = 0; i < 3; i++)
        (void)pthread_join(threads[i], NULL);
    CU_ASSERT(l.logged > 10);
    end(&l);
}

static void threads_may_call(void)
{
    call_from_threads(false);
    call_from_threads(true);
}

UNIT_SUITE(library_threads, UNIT_TEST(handlers_may_call), UNIT_TEST(handlers_may_end_it_all),
           UNIT_TEST(a_request_may_be_the_last), UNIT_TEST(threads_may_call));
