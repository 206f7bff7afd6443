/* The server as a library: several in one process, started and ended over and over, each with a tree of its own. */
#include "core/server/control.h"
#include "core/server/server.h"
#include "tests/unit/fingerprint.h"
#include "tests/unit/folder.h"

#include <libssh/sftp.h>
#include <pthread.h>

/* A server with its folder: a host key, a tree with one file, a configuration. */
struct box {
    char dir[64];
    struct hy_config *config;
    struct hy_server *server;
    struct hy_log log;
    struct hy_err err;
};

/* The password of the user "u" is "secret". */
static void put_config(const struct box *box, const char *more)
{
    const char *plugins = getenv("HYTHE_PLUGINS");
    char *text = NULL;

    CU_ASSERT_FATAL(asprintf(&text,
                             "LocalHost = \"127.0.0.1\"; LocalPort = 0; SSHCertStore = \"%s/key\";\n"
                             "plugin_directory = \"%s\"; RootDirectory = \"%s/tree\";\n"
                             "users = ( { name = \"u\"; password = \"$5$x$u/w5rkS/ZkEW8w7w0VcSy915tS82tDWKB5Ee9giohyD\""
                             "; } );\n%s\n",
                             box->dir, plugins ? plugins : HYTHE_TEST_PLUGINS, box->dir, more) > 0);
    folder_put(box->dir, "cfg", text);
    free(text);
}

static void make(struct box *box, const char *content, const char *more)
{
    char *tree, *cfg;
    struct hy_problems problems = {0};

    *box = (struct box){.dir = "/tmp/unit-server.XXXXXX"};
    CU_ASSERT_FATAL(mkdtemp(box->dir) != NULL);
    tree = folder_path(box->dir, "tree");
    cfg = folder_path(box->dir, "cfg");
    CU_ASSERT_FATAL(mkdir(tree, 0700) == 0);
    folder_put(box->dir, "tree/file", content);
    folder_put_key(box->dir);
    put_config(box, more);
    box->config = hy_config_read(cfg, NULL, &problems);
    hy_problems_print(&problems, stdout);
    hy_problems_free(&problems);
    CU_ASSERT_FATAL(box->config != NULL);
    free(tree);
    free(cfg);
}

static void start(struct box *box)
{
    box->server = hy_server_new(box->config, &box->log, &box->err);
    CU_ASSERT_FATAL(box->server != NULL);
    if (hy_server_bind(box->server, &box->err) || hy_server_start(box->server, &box->err))
        printf("  %s\n", box->err.text);
    CU_ASSERT_FATAL(hy_server_port(box->server) != 0);
}

static void clear(struct box *box)
{
    static const char *const names[] = {"tree/file", "tree/up", "tree", "key", "cfg", ""};

    hy_server_free(box->server);
    hy_config_free(box->config);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = folder_path(box->dir, names[i]);

        (void)remove(path);
        free(path);
    }
}

/* Reads the box's file again with these settings too, as SIGHUP does; what is said against it, or "". */
static char *reload(const struct box *box, const char *more)
{
    struct hy_problems problems = {0};
    char *cfg = folder_path(box->dir, "cfg"), *said = NULL;
    struct hy_config *config;
    size_t len;
    FILE *out = open_memstream(&said, &len);

    CU_ASSERT_FATAL(out != NULL);
    put_config(box, more);
    config = hy_config_read(cfg, NULL, &problems);
    if (config && hy_server_reload(box->server, config, &problems)) {
        CU_ASSERT(problems.count > 0);
        hy_config_free(config);
    }
    hy_problems_print(&problems, out);
    hy_problems_free(&problems);
    (void)fclose(out);
    free(cfg);
    return said;
}

static void reloads(const struct box *box, const char *more)
{
    char *said = reload(box, more);

    UNIT_ASSERT_STRING(said, "");
    free(said);
}

static void refuses(const struct box *box, const char *more, const char *why)
{
    char *said = reload(box, more);

    if (!strstr(said, why))
        printf("  got \"%s\", wanted \"%s\" in it\n", said, why);
    CU_ASSERT(strstr(said, why) != NULL);
    free(said);
}

static ssh_session enter(const struct box *box, const char *password)
{
    ssh_session client = ssh_new();
    unsigned port = hy_server_port(box->server);
    int no = 0;

    (void)ssh_options_set(client, SSH_OPTIONS_HOST, "127.0.0.1");
    (void)ssh_options_set(client, SSH_OPTIONS_PORT, &port);
    (void)ssh_options_set(client, SSH_OPTIONS_USER, "u");
    (void)ssh_options_set(client, SSH_OPTIONS_PROCESS_CONFIG, &no);
    if (ssh_connect(client) != SSH_OK || ssh_userauth_password(client, NULL, password) != SSH_AUTH_SUCCESS) {
        ssh_disconnect(client);
        ssh_free(client);
        return NULL;
    }
    return client;
}

static void leave(ssh_session client)
{
    ssh_disconnect(client);
    ssh_free(client);
}

/* What a client reads of "/file". */
static void read_file(ssh_session client, char text[64])
{
    sftp_session sftp = sftp_new(client);
    sftp_file file;
    ssize_t n = -1;

    CU_ASSERT_FATAL(sftp != NULL && sftp_init(sftp) == SSH_OK);
    file = sftp_open(sftp, "/file", O_RDONLY, 0);
    if (file) {
        n = sftp_read(file, text, 63);
        (void)sftp_close(file);
    }
    text[n < 0 ? 0 : n] = '\0';
    sftp_free(sftp);
}

static bool sees(ssh_session client, const char *path)
{
    sftp_session sftp = sftp_new(client);
    sftp_attributes attrs;
    bool seen;

    CU_ASSERT_FATAL(sftp != NULL && sftp_init(sftp) == SSH_OK);
    attrs = sftp_stat(sftp, path);
    seen = attrs != NULL;
    sftp_attributes_free(attrs);
    sftp_free(sftp);
    return seen;
}

static void two_in_one_process_serve_their_own_trees(void)
{
    struct box a, b;
    ssh_session one, other;
    char text[64];

    make(&a, "the first", "");
    make(&b, "the second", "MaxConnections = 7;");
    start(&a);
    start(&b);
    CU_ASSERT(hy_server_port(a.server) != hy_server_port(b.server));
    one = enter(&a, "secret");
    other = enter(&b, "secret");
    CU_ASSERT_FATAL(one && other);
    read_file(one, text);
    UNIT_ASSERT_STRING(text, "the first");
    read_file(other, text);
    UNIT_ASSERT_STRING(text, "the second");
    UNIT_ASSERT_NUMBER(hy_server_connections(a.server), 1);
    hy_server_stop(b.server, 10); /* the other one goes on */
    leave(other);
    read_file(one, text);
    UNIT_ASSERT_STRING(text, "the first");
    leave(one);
    clear(&a);
    clear(&b);
}

static void a_wrong_password_stays_outside(void)
{
    struct box box;

    make(&box, "x", "");
    start(&box);
    CU_ASSERT(enter(&box, "wrong") == NULL);
    clear(&box);
}

static void many_rounds_leave_nothing_behind(void)
{
    struct box box;
    unsigned before;
    char text[64];

    make(&box, "again", "");
    start(&box); /* what the libraries open once and keep */
    leave(enter(&box, "secret"));
    hy_server_free(box.server);
    before = unit_descriptors();
    for (int i = 0; i < 10; i++) {
        ssh_session client;

        start(&box);
        client = enter(&box, "secret");
        CU_ASSERT_FATAL(client != NULL);
        read_file(client, text);
        UNIT_ASSERT_STRING(text, "again");
        hy_server_stop(box.server, i % 2 ? 10 : 0);
        UNIT_ASSERT_NUMBER(hy_server_connections(box.server), 0);
        leave(client);
        hy_server_free(box.server);
    }
    box.server = NULL;
    UNIT_ASSERT_NUMBER(unit_descriptors(), before);
    clear(&box);
}

static void an_end_before_the_start_is_an_end(void)
{
    struct box box;

    make(&box, "x", "");
    box.server = hy_server_new(box.config, &box.log, &box.err);
    CU_ASSERT_FATAL(box.server != NULL);
    hy_server_stop(box.server, 10);
    hy_server_free(box.server);
    box.server = hy_server_new(box.config, &box.log, &box.err);
    CU_ASSERT_FATAL(box.server != NULL && hy_server_bind(box.server, &box.err) == 0);
    hy_server_free(box.server);
    box.server = NULL;
    clear(&box);
}

static void a_port_in_use_is_named(void)
{
    struct box a, b;
    char want[128];

    make(&a, "x", "");
    start(&a);
    make(&b, "x", "");
    ((struct hy_listen_config *)(uintptr_t)b.config->listeners)->port = hy_server_port(a.server);
    b.server = hy_server_new(b.config, &b.log, &b.err);
    CU_ASSERT_FATAL(b.server != NULL);
    CU_ASSERT(hy_server_bind(b.server, &b.err) == -1);
    (void)snprintf(want, sizeof want, "can't listen on 127.0.0.1 port %u: Address already in use",
                   hy_server_port(a.server));
    UNIT_ASSERT_STRING(b.err.text, want);
    clear(&b);
    clear(&a);
}

/* ---- Reload ---- */

static void a_reload_holds_for_new_sessions(void)
{
    struct box box;
    ssh_session before, after;
    char text[64], more[256];

    make(&box, "the old tree", "");
    start(&box);
    before = enter(&box, "secret");
    CU_ASSERT_FATAL(before != NULL);
    folder_put(box.dir, "tree/up", "the new tree");
    (void)snprintf(more, sizeof more, "mounts = ( { path = \"/new\"; plugin = \"local-root\"; root = \"%s/tree\"; } );",
                   box.dir);
    reloads(&box, more);
    after = enter(&box, "secret");
    CU_ASSERT_FATAL(after != NULL);
    CU_ASSERT(sees(after, "/new/up") && sees(after, "/file"));
    CU_ASSERT(!sees(before, "/new/up") && sees(before, "/file"));
    leave(before);
    reloads(&box, "");
    CU_ASSERT(sees(after, "/new/up")); /* its generation is two behind by now */
    read_file(after, text);
    UNIT_ASSERT_STRING(text, "the old tree");
    leave(after);
    clear(&box);
}

static void a_reload_can_close_the_door(void)
{
    struct box box;
    ssh_session client;

    make(&box, "x", "");
    start(&box);
    reloads(&box, "DefaultAuthMethods = \"publickey\";");
    CU_ASSERT(enter(&box, "secret") == NULL);
    reloads(&box, "");
    client = enter(&box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    leave(client);
    reloads(&box, "MaxConnections = 1;");
    client = enter(&box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    CU_ASSERT(enter(&box, "secret") == NULL);
    leave(client);
    clear(&box);
}

static void what_cannot_hold_changes_nothing(void)
{
    static const struct {
        const char *more, *why;
    } cases[] = {
        {"ConnectionBacklog = 5;", "cfg:4: ConnectionBacklog can't change while the server runs"},
        {"read_ahead = false;\nLogLevel = 2;", "cfg:4: read_ahead can't change while the server runs"},
        {"\n\nmounts = ( { path = \"/m\"; plugin = \"none\"; } );", "cfg:6: none at /m: not available"},
        {"mounts = ( { path = \"/m\"; plugin = \"local-root\"; root = \"/nowhere\"; } );", "can't be started"},
        {"mounts = ( { path = \"/m\"; plugin = \"local-root\"; root = \"/\"; rot = 1; } );", "unknown setting"},
        {"AltSSHCert = ( { Store = \"/nowhere\"; } );", "/nowhere: No such file"},
        {"LogLevel = 9;", "cfg:4: LogLevel"},
    };
    struct box box;
    ssh_session before, after;
    char text[64];

    make(&box, "as it was", "");
    start(&box);
    before = enter(&box, "secret");
    CU_ASSERT_FATAL(before != NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuses(&box, cases[i].more, cases[i].why);
    read_file(before, text);
    UNIT_ASSERT_STRING(text, "as it was");
    after = enter(&box, "secret");
    CU_ASSERT_FATAL(after != NULL);
    read_file(after, text);
    UNIT_ASSERT_STRING(text, "as it was");
    CU_ASSERT(!sees(after, "/m"));
    leave(before);
    leave(after);
    clear(&box);
}

/* Who the server says it is. */
static void fingerprint(const struct box *box, char out[128])
{
    ssh_session client = enter(box, "secret");

    fingerprint_of_server(client, out);
    leave(client);
}

static void a_new_key_in_the_same_file_is_served(void)
{
    char first[128], second[128], third[128];
    struct box box;

    make(&box, "x", "");
    start(&box);
    fingerprint(&box, first);
    reloads(&box, "");
    fingerprint(&box, second);
    UNIT_ASSERT_STRING(second, first);
    folder_put_key(box.dir);
    fingerprint(&box, second);
    UNIT_ASSERT_STRING(second, first);
    reloads(&box, "");
    fingerprint(&box, third);
    CU_ASSERT(strcmp(third, first) != 0);
    folder_put(box.dir, "key", "no key");
    refuses(&box, "", "key: it is in none of the formats");
    fingerprint(&box, second);
    UNIT_ASSERT_STRING(second, third);
    clear(&box);
}

/* Sessions come, work and go in one thread while the configuration changes in another. */
static void *come_and_go(void *ctx)
{
    const struct box *box = ctx;
    char text[64];

    for (int i = 0; i < 15; i++) {
        ssh_session client = enter(box, "secret");

        CU_ASSERT_FATAL(client != NULL);
        read_file(client, text);
        UNIT_ASSERT_STRING(text, "all the time");
        leave(client);
    }
    return NULL;
}

/* What is open after that many reloads, when all sessions are gone. */
static unsigned descriptors_after(int rounds)
{
    struct box box;
    pthread_t thread;
    unsigned left;

    make(&box, "all the time", "");
    start(&box);
    CU_ASSERT_FATAL(pthread_create(&thread, NULL, come_and_go, &box) == 0);
    for (int i = 0; i < rounds; i++) {
        char more[64];

        (void)snprintf(more, sizeof more, "MaxConnections = %d; max_handles = %d;", 100 + i, 10 + i);
        if (i % 10)
            reloads(&box, more);
        else
            refuses(&box, "LogLevel = 9;", "LogLevel");
    }
    CU_ASSERT(pthread_join(thread, NULL) == 0);
    hy_server_stop(box.server, 10);
    UNIT_ASSERT_NUMBER(hy_server_connections(box.server), 0);
    left = unit_descriptors();
    clear(&box);
    return left;
}

static void reloads_while_sessions_come_and_go(void)
{
    unsigned once = descriptors_after(2);

    UNIT_ASSERT_NUMBER(descriptors_after(100), once);
}

/* ---- From outside ---- */

static bool come_down_to(const struct box *box, unsigned count)
{
    for (int i = 0; i < 10000 && hy_server_connections(box->server) != count; i++)
        (void)usleep(1000);
    return hy_server_connections(box->server) == count;
}

static void connections_are_listed_and_take_orders(void)
{
    static const char why[] = "told to go";
    struct hy_connections list;
    struct hy_status status;
    ssh_session one, other;
    sftp_session sftp;
    sftp_file file;
    struct box box;

    make(&box, "0123456789", "");
    start(&box);
    one = enter(&box, "secret");
    other = enter(&box, "secret");
    CU_ASSERT_FATAL(one && other);
    sftp = sftp_new(one);
    CU_ASSERT_FATAL(sftp != NULL && sftp_init(sftp) == SSH_OK);
    file = sftp_open(sftp, "/file", O_RDONLY, 0);
    CU_ASSERT_FATAL(file != NULL && sftp_read(file, (char[4]){0}, 4) == 4);

    CU_ASSERT_FATAL(hy_server_status(box.server, &status) == 0);
    UNIT_ASSERT_NUMBER(status.connections, 2);
    UNIT_ASSERT_NUMBER(status.unfinished, 0);
    UNIT_ASSERT_NUMBER(status.taken, 2);
    UNIT_ASSERT_NUMBER(status.generation, 1);
    UNIT_ASSERT_NUMBER(status.memory, 0);
    CU_ASSERT(!status.refusing);
    CU_ASSERT_FATAL(status.listening_count == 1 && status.plugin_count == 2);
    UNIT_ASSERT_STRING(status.listening->address, "127.0.0.1");
    UNIT_ASSERT_NUMBER(status.listening->port, hy_server_port(box.server));
    CU_ASSERT(!strcmp(status.plugins[0].name, "local-root") || !strcmp(status.plugins[1].name, "local-root"));
    hy_status_free(&status);

    CU_ASSERT_FATAL(hy_server_list(box.server, &list) == 0 && list.first && list.first->next);
    CU_ASSERT(!list.first->next->next);
    UNIT_ASSERT_NUMBER(list.first->id, 1);
    UNIT_ASSERT_STRING(list.first->user, "u");
    UNIT_ASSERT_STRING(list.first->address, "127.0.0.1");
    CU_ASSERT(list.first->in > 0 && list.first->out > 0 && list.first->idle >= 0 && *list.first->agreed.kex);
    CU_ASSERT_FATAL(list.first->channels && !list.first->channels->next && list.first->channels->file_count == 1);
    UNIT_ASSERT_NUMBER(list.first->channels->protocol, 3);
    UNIT_ASSERT_STRING(list.first->channels->files->path, "/file");
    UNIT_ASSERT_NUMBER(list.first->channels->files->read, 4);
    CU_ASSERT(!list.first->next->channels);
    hy_connections_free(&list);

    UNIT_ASSERT_NUMBER(hy_server_rekey(box.server, &(struct hy_whom){.user = "u"}), 2);
    UNIT_ASSERT_NUMBER(hy_server_rekey(box.server, &(struct hy_whom){.id = 7}), 0);
    hy_server_refuse(box.server, true);
    CU_ASSERT(enter(&box, "secret") == NULL);
    hy_server_refuse(box.server, false);
    UNIT_ASSERT_NUMBER(hy_server_dismiss(box.server, &(struct hy_whom){.id = 2}, why), 1);
    CU_ASSERT(come_down_to(&box, 1));
    CU_ASSERT(sftp_read(file, (char[4]){0}, 4) == 4);
    UNIT_ASSERT_NUMBER(hy_server_dismiss(box.server, &(struct hy_whom){.user = "nobody"}, why), 0);
    (void)sftp_close(file);
    sftp_free(sftp);
    leave(one);
    leave(other);
    clear(&box);
}

UNIT_SUITE(server, UNIT_TEST(connections_are_listed_and_take_orders),
           UNIT_TEST(two_in_one_process_serve_their_own_trees), UNIT_TEST(a_wrong_password_stays_outside),
           UNIT_TEST(many_rounds_leave_nothing_behind), UNIT_TEST(an_end_before_the_start_is_an_end),
           UNIT_TEST(a_port_in_use_is_named), UNIT_TEST(a_reload_holds_for_new_sessions),
           UNIT_TEST(a_reload_can_close_the_door), UNIT_TEST(what_cannot_hold_changes_nothing),
           UNIT_TEST(a_new_key_in_the_same_file_is_served), UNIT_TEST(reloads_while_sessions_come_and_go));
UNIT_DECLARE(server_clients);
UNIT_DECLARE(server_line);
UNIT_DECLARE(server_show);
UNIT_DECLARE(trees);
UNIT_DECLARE(explain);

UNIT_MAIN("unit-server", &unit_server, &unit_trees, &unit_explain, &unit_server_clients, &unit_server_line,
          &unit_server_show)
