/* A program that embeds a server: its life. */
#include "tests/unit/library_box.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

static void a_login_is_served(void)
{
    struct box box;
    ssh_session client;
    char text[64];

    box_make(&box);
    box_fill(&box, "");
    UNIT_ASSERT_NUMBER(hythe_server_port(box.server), 0);
    box_ok(&box, hythe_StartListening(box.server));
    box_fails(&box, hythe_StartListening(box.server), 104, "listens already");
    CU_ASSERT_FATAL(hythe_server_port(box.server) != 0);
    CU_ASSERT(box_enter(&box, "wrong") == NULL);
    client = box_enter(&box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    box_read(client, text);
    UNIT_ASSERT_STRING(text, "hello");
    box_ok(&box, hythe_Shutdown(box.server));
    UNIT_ASSERT_NUMBER(hythe_server_port(box.server), 0);
    box_leave(client);
    box_ok(&box, hythe_Shutdown(box.server));
    box_ok(&box, hythe_StartListening(box.server));
    client = box_enter(&box, "secret");
    CU_ASSERT(client != NULL);
    box_leave(client);
    box_clear(&box);
}

static void what_is_missing_is_said_at_the_start(void)
{
    struct box box;

    box_make(&box);
    box_fails(&box, hythe_StartListening(box.server), 1301, "no private host key; set SSHCertStore");
    box_fails(&box, hythe_StartListening(box.server), 1301,
              "there are no users: nobody could log in; load some, or handle SSHUserAuthRequest");
    box_fails(&box, hythe_server_bind(box.server), 1301,
              "no mounts and no RootDirectory: nothing could be served; set one, or handle events of files");
    box_fill(&box, "");
    box_ok(&box, hythe_Config(box.server, "SSHCertStore=/nowhere/key", NULL, 0));
    box_fails(&box, hythe_StartListening(box.server), 1301, "/nowhere/key");
    box_clear(&box);
}

static void a_table_of_handlers_has_a_size(void)
{
    const struct hythe_events forgotten = {0};
    struct box box;

    box_make(&box);
    box_fails(&box, hythe_server_handle(box.server, &forgotten, NULL), -EINVAL, "size is 0");
    box_ok(&box, hythe_server_handle(box.server, NULL, NULL));
    box_clear(&box);
}

/* What hythed does with its process, or what OpenSSL is for the whole of it, isn't done here, and so not ignored. */
static void settings_of_a_process_keep_it_from_starting(void)
{
    static const struct {
        const char *name, *value, *back;
    } rows[] = {{"run_as", "nobody", ""},
                {"log_file", "/nowhere/log", ""},
                {"log_format", "json", "text"},
                {"control_socket", "/nowhere/socket", ""},
                {"reload_host_keys", "true", "false"},
                {"UseInternalSecurityAPI", "true", "false"},
                {"UseFIPSCompliantAPI", "true", "false"}};
    char reason[64];
    struct box box;

    box_make(&box);
    box_fill(&box, "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)snprintf(reason, sizeof reason, "%s is hythed's", rows[i].name);
        box_ok(&box, hythe_server_set(box.server, rows[i].name, rows[i].value));
        box_fails(&box, hythe_StartListening(box.server), -EINVAL, reason);
        box_ok(&box, hythe_server_set(box.server, rows[i].name, rows[i].back));
    }
    box_ok(&box, hythe_StartListening(box.server));
    box_fails(&box, hythe_server_set(box.server, "log_format", "json"), -EINVAL, "log_format is hythed's");
    box_clear(&box);
}

static void rights_may_go_between_ports_and_serving(void)
{
    struct box box;
    ssh_session client;

    box_make(&box);
    box_fill(&box, "");
    box_ok(&box, hythe_server_bind(box.server));
    CU_ASSERT(hythe_server_port(box.server) != 0);
    box_is(&box, "Listening", "false");
    box_fails(&box, hythe_server_bind(box.server), 104, "");
    box_fails(&box, hythe_Config(box.server, "MaxConnections=2", NULL, 0), 104, "MaxConnections can't change");
    box_ok(&box, hythe_StartListening(box.server));
    box_is(&box, "Listening", "true");
    client = box_enter(&box, "secret");
    CU_ASSERT(client != NULL);
    box_leave(client);
    box_ok(&box, hythe_Shutdown(box.server));
    box_ok(&box, hythe_server_bind(box.server)); /* and never started */
    box_clear(&box);
}

static void a_port_in_use_is_an_errno(void)
{
    struct box first, second;

    box_make(&first);
    box_fill(&first, "");
    box_ok(&first, hythe_StartListening(first.server));
    box_make(&second);
    box_fill(&second, "");
    box_ok(&second, hythe_server_set_number(second.server, "LocalPort", hythe_server_port(first.server)));
    box_fails(&second, hythe_StartListening(second.server), -EADDRINUSE, "Address already in use");
    UNIT_ASSERT_NUMBER(hythe_server_port(second.server), 0);
    box_ok(&second, hythe_server_set_number(second.server, "LocalPort", 0));
    box_ok(&second, hythe_StartListening(second.server)); /* two of them in one process */
    CU_ASSERT(hythe_server_port(second.server) != hythe_server_port(first.server));
    box_clear(&first);
    box_clear(&second);
}

static void closing_leaves_connections_alone(void)
{
    struct box box;
    ssh_session client, other;
    char text[64];

    box_make(&box);
    box_fill(&box, "");
    box_ok(&box, hythe_Config(box.server, "Listening=yes", NULL, 0));
    client = box_enter(&box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    box_ok(&box, hythe_StopListening(box.server));
    CU_ASSERT(box_enter(&box, "secret") == NULL);
    box_is(&box, "Listening", "false");
    box_is(&box, "SFTPConnectionCount", "1");
    box_read(client, text);
    UNIT_ASSERT_STRING(text, "hello");
    box_ok(&box, hythe_Config(box.server, "LocalHost=127.0.0.2", NULL, 0)); /* another door */
    box_ok(&box, hythe_Config(box.server, "MaxConnections=2", NULL, 0));
    box_ok(&box, hythe_StartListening(box.server));
    CU_ASSERT(box_enter(&box, "secret") == NULL);
    other = box_connect_at(&box, "127.0.0.2");
    CU_ASSERT_FATAL(other != NULL && ssh_userauth_password(other, NULL, "secret") == SSH_AUTH_SUCCESS);
    CU_ASSERT(box_connect_at(&box, "127.0.0.2") == NULL); /* MaxConnections */
    box_is(&box, "SFTPConnectionCount", "2");
    box_read(other, text);
    box_is(&box, "user[2]", "u");
    box_read(client, text);
    UNIT_ASSERT_STRING(text, "hello");
    box_ok(&box, hythe_Config(box.server, "Listening=False", NULL, 0));
    box_ok(&box, hythe_Config(box.server, "slow_calls=3", NULL, 0));
    box_fails(&box, hythe_StartListening(box.server), -EINVAL, "slow_calls can't change while the server runs");
    box_leave(client);
    box_leave(other);
    box_come_down_to(&box, 0);
    box_ok(&box, hythe_Config(box.server, "LocalHost=127.0.0.1", NULL, 0));
    box_ok(&box, hythe_StartListening(box.server)); /* nothing that ran goes on: all of it anew */
    client = box_enter(&box, "secret");
    CU_ASSERT(client != NULL);
    box_is(&box, "ConnectionUID[3]", "3"); /* numbers go on */
    box_leave(client);
    box_clear(&box);
}

static void connections_have_properties_and_take_orders(void)
{
    struct box box;
    ssh_session client, other;
    uint64_t ids[3] = {0};
    char value[16];

    box_make(&box);
    box_fill(&box, "");
    UNIT_ASSERT_NUMBER(hythe_server_connections(box.server, ids, 3), 0);
    box_fails(&box, hythe_Disconnect(box.server, 1), 126, "there is no connection 1");
    box_ok(&box, hythe_StartListening(box.server));
    client = box_enter(&box, "secret");
    other = box_enter(&box, "secret");
    CU_ASSERT_FATAL(client && other);
    UNIT_ASSERT_NUMBER(hythe_server_connections(box.server, ids, 1), 2);
    CU_ASSERT(ids[0] == 1 && ids[1] == 0);
    box_is(&box, "user[1]", "u");
    box_is(&box, "home[1]", "/");
    box_is(&box, "SFTPConnectionRemoteHost[1]", "127.0.0.1");
    box_is(&box, "SFTPConnectionLocalAddress[1]", "127.0.0.1");
    box_is(&box, "SFTPConnectionConnected[1]", "true");
    box_is(&box, "SFTPConnectionConnected[7]", "false");
    box_is(&box, "SFTPConnectionProtocolVersion[1]", "0");
    box_is(&box, "NegotiatedStrictKex[1]", "true");
    box_fails(&box, hythe_server_get(box.server, "user[7]", value, sizeof value), 126, "no connection 7");
    box_fails(&box, hythe_server_get(box.server, "user", value, sizeof value), -EINVAL, "user[ConnectionId]");
    box_fails(&box, hythe_server_set(box.server, "user[1]", "root"), -EINVAL, "can only be read");
    box_ok(&box, hythe_ExchangeKeys(box.server, 1));
    box_fails(&box, hythe_ExchangeKeys(box.server, 7), 126, "no connection 7");
    box_ok(&box, hythe_Disconnect(box.server, 1));
    box_come_down_to(&box, 1);
    box_ok(&box, hythe_Config(box.server, "SFTPConnectionConnected[2]=No", NULL, 0));
    box_come_down_to(&box, 0);
    box_leave(client);
    box_leave(other);
    box_clear(&box);
}

/* ---- Plugins from memory ---- */

static atomic_int filter_runs, filter_opens;

static int filter_start(const struct hythe_host *host, const void *settings, void **instance)
{
    (void)host, (void)settings;
    filter_runs++;
    *instance = NULL;
    return 0;
}

static void filter_stop(void *instance)
{
    (void)instance;
    filter_runs--;
}

static int64_t filter_open(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    filter_opens++;
    return hythe_next_open(call, arg);
}

static const struct hythe_ops filter_ops = {.size = sizeof filter_ops, .open = filter_open};
static const struct hythe_plugin filter = {.abi = HYTHE_ABI,
                                           .size = sizeof filter,
                                           .kind = HYTHE_FILTER,
                                           .threads = HYTHE_PARALLEL,
                                           .name = "programs",
                                           .version = "1",
                                           .summary = "Counts what is opened.",
                                           .start = filter_start,
                                           .stop = filter_stop,
                                           .ops = &filter_ops};

static void read_once(struct box *box)
{
    ssh_session client = box_enter(box, "secret");
    char text[64];

    CU_ASSERT_FATAL(client != NULL);
    box_read(client, text);
    UNIT_ASSERT_STRING(text, "hello");
    box_leave(client);
}

/* A configuration names it like a file, comes without it, and names it again. */
static void a_registered_plugin_is_known_to_every_reload(void)
{
    static const char with[] = "groups = ( { name = \"g\"; filters = ( { plugin = \"programs\"; } ); } );"
                               "DefaultTimeout = 50;";
    struct hythe_plugin other = filter;
    struct box box;

    filter_opens = 0;
    box_make(&box);
    other.name = "users";
    box_fails(&box, hythe_server_register(box.server, &other), -EINVAL, "can have this name");
    other.name = "a/b";
    box_fails(&box, hythe_server_register(box.server, &other), -EINVAL, "can have this name");
    other = filter;
    other.abi = HYTHE_ABI + 1;
    box_fails(&box, hythe_server_register(box.server, &other), -EINVAL, "");
    box_ok(&box, hythe_server_register(box.server, &filter));
    box_fails(&box, hythe_server_register(box.server, &filter), -EEXIST, "programs");
    box_fill_for(&box, "groups = ( \"g\" );", with);
    box_ok(&box, hythe_StartListening(box.server));
    box_fails(&box, hythe_server_register(box.server, &filter), 104, "hythe_server_register");
    read_once(&box);
    UNIT_ASSERT_NUMBER(filter_opens, 1);
    for (int i = 0; i < 2; i++) {
        box_fill(&box, "");
        read_once(&box);
    }
    UNIT_ASSERT_NUMBER(filter_opens, 1);
    box_fill_for(&box, "groups = ( \"g\" );", with);
    read_once(&box);
    UNIT_ASSERT_NUMBER(filter_opens, 2);
    box_ok(&box, hythe_Shutdown(box.server));
    UNIT_ASSERT_NUMBER(filter_runs, 0); /* nothing of it is left */
    box_clear(&box);
}

/* ---- Events ---- */

struct witness {
    struct box *box;
    atomic_int lines, inside;
};

/* Whatever a program may try in a handler. */
static void on_log(void *ctx, struct hythe_Log *e)
{
    struct witness *w = ctx;

    CU_ASSERT(e->server == w->box->server);
    atomic_fetch_add(&w->lines, 1);
    if (atomic_exchange(&w->inside, 1))
        return;
    UNIT_ASSERT_NUMBER(hythe_StartListening(e->server), -EDEADLK);
    UNIT_ASSERT_NUMBER(hythe_DoEvents(e->server), -EDEADLK);
    UNIT_ASSERT_NUMBER(hythe_Reset(e->server), -EDEADLK);
    UNIT_ASSERT_NUMBER(hythe_server_load_text(e->server, ""), -EDEADLK);
    UNIT_ASSERT_NUMBER(hythe_server_handle(e->server, NULL, NULL), -EDEADLK);
    box_is(w->box, "MaxConnections", "1000");
}

static void handlers_run_at_once(void)
{
    struct witness w = {0};
    struct box box;
    ssh_session client;
    const struct hythe_events events = {.size = sizeof events, .Log = on_log};

    box_make(&box);
    w.box = &box;
    box_fill(&box, "LogLevel = 2;");
    box_ok(&box, hythe_server_handle(box.server, &events, &w));
    box_ok(&box, hythe_StartListening(box.server));
    client = box_enter(&box, "secret");
    CU_ASSERT(client != NULL);
    CU_ASSERT(w.lines > 0);
    UNIT_ASSERT_NUMBER(hythe_DoEvents(box.server), 0);
    box_ok(&box, hythe_Shutdown(box.server));
    box_leave(client);
    box_clear(&box);
}

static void on_log_call_off(void *ctx, struct hythe_Log *e)
{
    struct witness *w = ctx;

    (void)atomic_fetch_add(&w->lines, 1);
    UNIT_ASSERT_NUMBER(hythe_Config(e->server, "MaxConnections=3", NULL, 0), -EDEADLK); /* it is being made */
    if (w->inside)
        UNIT_ASSERT_NUMBER(hythe_Shutdown(e->server), 0);
}

/* By a handler of what the start itself tells. */
static void a_start_can_be_called_off(void)
{
    struct witness w = {.inside = 1};
    struct box box;
    const struct hythe_events events = {.size = sizeof events, .Log = on_log_call_off};

    box_make(&box);
    box_fill(&box, "LogLevel = 3;");
    box_ok(&box, hythe_server_handle(box.server, &events, &w));
    box_fails(&box, hythe_StartListening(box.server), -ECANCELED, "told to end");
    CU_ASSERT(w.lines > 0);
    UNIT_ASSERT_NUMBER(hythe_server_port(box.server), 0);
    w.inside = 0;
    box_ok(&box, hythe_StartListening(box.server));
    CU_ASSERT(hythe_server_port(box.server) != 0);
    box_clear(&box);
}

static void *serve_events(void *ctx)
{
    struct box *box = ctx;

    while (hythe_server_port(box->server) || hythe_server_connections(box->server, NULL, 0))
        (void)hythe_DoEvents(box->server);
    return NULL;
}

static void on_log_end(void *ctx, struct hythe_Log *e)
{
    struct witness *w = ctx;

    atomic_fetch_add(&w->lines, 1);
    if (e->ConnectionId && !atomic_exchange(&w->inside, 1))
        UNIT_ASSERT_NUMBER(hythe_Shutdown(e->server), 0);
}

/* A program that runs handlers on a thread of its own, and lets the first who logs in end it all. */
static void handlers_run_where_events_are_done(void)
{
    struct witness w = {0};
    struct box box;
    ssh_session client;
    pthread_t thread;
    const struct hythe_events events = {.size = sizeof events, .Log = on_log_end};

    box_make(&box);
    w.box = &box;
    box_fill(&box, "ProcessIdleEvents = false;");
    box_ok(&box, hythe_server_handle(box.server, &events, &w));
    box_ok(&box, hythe_StartListening(box.server));
    box_fails(&box, hythe_Config(box.server, "ProcessIdleEvents=true", NULL, 0), 104, "ProcessIdleEvents can't change");
    CU_ASSERT_FATAL(pthread_create(&thread, NULL, serve_events, &box) == 0);
    client = box_enter(&box, "secret");
    (void)pthread_join(thread, NULL);
    box_ok(&box, hythe_Shutdown(box.server)); /* with what is still queued */
    CU_ASSERT(w.lines > 1 && w.inside);
    if (client)
        box_leave(client);
    box_ok(&box, hythe_StartListening(box.server)); /* events of the start run on the spot */
    box_ok(&box, hythe_Reset(box.server) == 104 ? 0 : 1);
    box_clear(&box);
}

UNIT_SUITE(library, UNIT_TEST(a_login_is_served), UNIT_TEST(what_is_missing_is_said_at_the_start),
           UNIT_TEST(a_table_of_handlers_has_a_size), UNIT_TEST(settings_of_a_process_keep_it_from_starting),
           UNIT_TEST(rights_may_go_between_ports_and_serving), UNIT_TEST(closing_leaves_connections_alone),
           UNIT_TEST(a_port_in_use_is_an_errno), UNIT_TEST(connections_have_properties_and_take_orders),
           UNIT_TEST(a_registered_plugin_is_known_to_every_reload), UNIT_TEST(handlers_run_at_once),
           UNIT_TEST(a_start_can_be_called_off), UNIT_TEST(handlers_run_where_events_are_done));
UNIT_DECLARE(library_again);
UNIT_DECLARE(library_files);
UNIT_DECLARE(library_memory);
UNIT_DECLARE(library_settings);
UNIT_DECLARE(library_threads);
UNIT_DECLARE(library_waits);

UNIT_MAIN("unit-library", &unit_library, &unit_library_settings, &unit_library_threads, &unit_library_waits,
          &unit_library_files, &unit_library_again, &unit_library_memory)
