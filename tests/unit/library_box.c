#include "tests/unit/library_box.h"
#include "tests/unit/folder.h"

#include <libssh/sftp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void box_make(struct box *box)
{
    char *tree;

    *box = (struct box){.dir = "/tmp/unit-library.XXXXXX"};
    CU_ASSERT_FATAL(mkdtemp(box->dir) != NULL);
    tree = folder_path(box->dir, "tree");
    CU_ASSERT_FATAL(mkdir(tree, 0700) == 0);
    folder_put(box->dir, "tree/file", "hello");
    folder_put_key(box->dir);
    box->server = hythe_server_new();
    CU_ASSERT_FATAL(box->server != NULL);
    free(tree);
}

void box_clear(struct box *box)
{
    static const char *const names[] = {"tree/file", "tree", "key", "cfg", ""};

    hythe_server_free(box->server);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = folder_path(box->dir, names[i]);

        (void)remove(path);
        free(path);
    }
}

void box_ok(const struct box *box, int rc)
{
    char text[1024];

    if (rc) {
        hythe_server_error(box->server, text, sizeof text);
        printf("  %d: %s\n", rc, text);
    }
    CU_ASSERT(rc == 0);
}

void box_fails(const struct box *box, int rc, int number, const char *reason)
{
    char text[1024];

    hythe_server_error(box->server, text, sizeof text);
    UNIT_ASSERT_NUMBER(rc, number);
    if (!strstr(text, reason))
        printf("  got \"%s\", wanted \"%s\" in it\n", text, reason);
    CU_ASSERT(strstr(text, reason) != NULL);
}

void box_is(const struct box *box, const char *name, const char *value)
{
    char text[8192] = "";

    box_ok(box, hythe_server_get(box->server, name, text, sizeof text));
    if (strcmp(text, value) != 0)
        printf("  %s:\n", name);
    UNIT_ASSERT_STRING(text, value);
}

void box_come_down_to(const struct box *box, size_t connections)
{
    for (int i = 0; i < 10000 && hythe_server_connections(box->server, NULL, 0) > connections; i++)
        (void)poll(NULL, 0, 1);
    UNIT_ASSERT_NUMBER(hythe_server_connections(box->server, NULL, 0), connections);
}

ssh_session box_connect(const struct box *box)
{
    return box_connect_at(box, "127.0.0.1");
}

ssh_session box_connect_at(const struct box *box, const char *address)
{
    ssh_session client = ssh_new();
    unsigned port = hythe_server_port(box->server);
    int no = 0;

    (void)ssh_options_set(client, SSH_OPTIONS_HOST, address);
    (void)ssh_options_set(client, SSH_OPTIONS_PORT, &port);
    (void)ssh_options_set(client, SSH_OPTIONS_USER, "u");
    (void)ssh_options_set(client, SSH_OPTIONS_PROCESS_CONFIG, &no);
    if (ssh_connect(client) == SSH_OK)
        return client;
    box_leave(client);
    return NULL;
}

ssh_session box_enter(const struct box *box, const char *password)
{
    ssh_session client = box_connect(box);

    if (!client || ssh_userauth_password(client, NULL, password) == SSH_AUTH_SUCCESS)
        return client;
    box_leave(client);
    return NULL;
}

void box_leave(ssh_session client)
{
    ssh_disconnect(client);
    ssh_free(client);
}

void box_read(ssh_session client, char text[64])
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

static void fill(struct box *box, const char *where, const char *user, const char *more)
{
    const char *plugins = getenv("HYTHE_PLUGINS");
    char *text = NULL;

    CU_ASSERT_FATAL(asprintf(&text,
                             "%s SSHCertStore = \"%s/key\";\n"
                             "plugin_directory = \"%s\"; RootDirectory = \"%s/tree\";\n"
                             "users = ( { name = \"u\"; %s\n"
                             "password = \"$5$x$u/w5rkS/ZkEW8w7w0VcSy915tS82tDWKB5Ee9giohyD\"; } );\n%s\n",
                             where, box->dir, plugins ? plugins : HYTHE_TEST_PLUGINS, box->dir, user, more) > 0);
    box_ok(box, hythe_server_load_text(box->server, text));
    free(text);
}

static const char anywhere[] = "LocalHost = \"127.0.0.1\"; LocalPort = 0;";

void box_fill(struct box *box, const char *more)
{
    fill(box, anywhere, "", more);
}

void box_fill_at(struct box *box, const char *where, const char *more)
{
    fill(box, where, "", more);
}

void box_fill_for(struct box *box, const char *user, const char *more)
{
    fill(box, anywhere, user, more);
}
