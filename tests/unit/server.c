/* The server as a library: several in one process, started and ended over and over, each with a tree of its own. */
#include "core/server/server.h"
#include "tests/unit/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <libssh/libssh.h>
#include <libssh/sftp.h>
#include <sys/stat.h>
#include <unistd.h>

/* A server with its folder: a host key, a tree with one file, a configuration. */
struct box {
    char dir[64];
    struct hy_config *config;
    struct hy_server *server;
    struct hy_log log;
    struct hy_err err;
};

static char *path_in(const struct box *box, const char *name)
{
    char *path = NULL;

    CU_ASSERT_FATAL(asprintf(&path, "%s/%s", box->dir, name) > 0);
    return path;
}

static void put_file(const struct box *box, const char *name, const char *text)
{
    char *path = path_in(box, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    CU_ASSERT_FATAL(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    (void)close(fd);
    free(path);
}

static void put_key(const struct box *box)
{
    char *path = path_in(box, "key");
    ssh_key key = NULL;

    CU_ASSERT_FATAL(ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) == SSH_OK);
    CU_ASSERT_FATAL(ssh_pki_export_privkey_file(key, NULL, NULL, NULL, path) == SSH_OK);
    CU_ASSERT_FATAL(chmod(path, 0600) == 0);
    ssh_key_free(key);
    free(path);
}

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
    put_file(box, "cfg", text);
    free(text);
}

static void make(struct box *box, const char *content, const char *more)
{
    char *tree, *cfg;
    struct hy_problems problems = {0};

    *box = (struct box){.dir = "/tmp/unit-server.XXXXXX"};
    CU_ASSERT_FATAL(mkdtemp(box->dir) != NULL);
    tree = path_in(box, "tree");
    cfg = path_in(box, "cfg");
    CU_ASSERT_FATAL(mkdir(tree, 0700) == 0);
    put_file(box, "tree/file", content);
    put_key(box);
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
        char *path = path_in(box, names[i]);

        (void)remove(path);
        free(path);
    }
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

static unsigned open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    while (dir && readdir(dir))
        n++;
    if (dir)
        (void)closedir(dir);
    return n;
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
    before = open_descriptors();
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
    UNIT_ASSERT_NUMBER(open_descriptors(), before);
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
    b.config->LocalPort = hy_server_port(a.server);
    b.server = hy_server_new(b.config, &b.log, &b.err);
    CU_ASSERT_FATAL(b.server != NULL);
    CU_ASSERT(hy_server_bind(b.server, &b.err) == -1);
    (void)snprintf(want, sizeof want, "can't listen on 127.0.0.1 port %u: Address already in use",
                   hy_server_port(a.server));
    UNIT_ASSERT_STRING(b.err.text, want);
    clear(&b);
    clear(&a);
}

UNIT_SUITE(server, UNIT_TEST(two_in_one_process_serve_their_own_trees), UNIT_TEST(a_wrong_password_stays_outside),
           UNIT_TEST(many_rounds_leave_nothing_behind), UNIT_TEST(an_end_before_the_start_is_an_end),
           UNIT_TEST(a_port_in_use_is_named));
UNIT_MAIN("unit-server", &unit_server)
