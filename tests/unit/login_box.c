#include "tests/unit/login_box.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 20 }; /* seconds: a guard against hanging */

static const char *const folders[] = {"", "/tree", "/tree/users", "/tree/users/bob"};

static void make_path(const struct login_box *box, const char *name, char out[256])
{
    CU_ASSERT_FATAL(snprintf(out, 256, "%s%s", box->dir, name) < 256);
}

static void put_file(const struct login_box *box, const char *name)
{
    char path[256];
    int fd;

    make_path(box, name, path);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CU_ASSERT_FATAL(fd >= 0 && write(fd, "x", 1) == 1);
    (void)close(fd);
}

static void make_tree(struct login_box *box)
{
    char path[256];
    ssh_key key = NULL;

    (void)snprintf(box->dir, sizeof box->dir, "/tmp/unit-login.XXXXXX");
    CU_ASSERT_FATAL(mkdtemp(box->dir) != NULL);
    for (size_t i = 1; i < sizeof folders / sizeof *folders; i++) {
        make_path(box, folders[i], path);
        CU_ASSERT_FATAL(mkdir(path, 0700) == 0);
    }
    put_file(box, "/tree/secret");
    put_file(box, "/tree/users/bob/file");
    make_path(box, "/tree/users/bob/out", path);
    CU_ASSERT_FATAL(symlink("../../secret", path) == 0);
    make_path(box, "/key", path);
    CU_ASSERT_FATAL(ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) == SSH_OK);
    CU_ASSERT_FATAL(ssh_pki_export_privkey_file(key, NULL, NULL, NULL, path) == SSH_OK && chmod(path, 0600) == 0);
    ssh_key_free(key);
}

static void remove_tree(const struct login_box *box)
{
    static const char *const files[] = {"/tree/secret", "/tree/users/bob/file", "/tree/users/bob/out", "/key"};
    char path[256];

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        make_path(box, files[i], path);
        (void)remove(path);
    }
    for (size_t i = sizeof folders / sizeof *folders; i-- > 0;) {
        make_path(box, folders[i], path);
        (void)remove(path);
    }
}

static void add(char *to, size_t size, const char *a, const char *b, const char *c)
{
    size_t used = strlen(to);

    (void)snprintf(to + used, size - used, "%s%s%s\n", a, b, c);
}

static void on_auth(void *ctx, struct hythe_SSHUserAuthRequest *e)
{
    struct login_box *box = ctx;
    bool key = strcmp(e->AuthMethod, "publickey") == 0;
    char what[256];

    UNIT_ASSERT_STRING(e->Service, "ssh-connection");
    CU_ASSERT(e->server == box->server && e->ConnectionId > 0);
    CU_ASSERT(e->AuthParam[e->auth_param_length] == '\0');
    (void)snprintf(what, sizeof what, " %s:", e->AuthMethod);
    (void)pthread_mutex_lock(&box->lock);
    add(box->heard, sizeof box->heard, e->User, what, !key ? e->AuthParam : e->signature_verified ? "signed" : "probe");
    if (key)
        (void)snprintf(box->algorithm, sizeof box->algorithm, "%s", e->KeyAlgorithm);
    (void)pthread_mutex_unlock(&box->lock);
    box->decide(box, e);
}

static void on_connected(void *ctx, struct hythe_Connected *e)
{
    struct login_box *box = ctx;

    if (box->connected)
        box->connected(box, e);
}

static void on_log(void *ctx, struct hythe_Log *e)
{
    struct login_box *box = ctx;

    (void)pthread_mutex_lock(&box->lock);
    add(box->lines, sizeof box->lines, e->Message, "", "");
    (void)pthread_cond_broadcast(&box->changed);
    (void)pthread_mutex_unlock(&box->lock);
}

void login_box_begin(struct login_box *box, const char *more,
                     void (*decide)(struct login_box *box, struct hythe_SSHUserAuthRequest *e))
{
    const struct hythe_events events = {
        .size = sizeof events, .SSHUserAuthRequest = decide ? on_auth : NULL, .Connected = on_connected, .Log = on_log};
    const char *plugins = getenv("HYTHE_PLUGINS");
    char text[4096], why[1024] = "";

    memset(box, 0, sizeof *box);
    box->decide = decide;
    (void)pthread_mutex_init(&box->lock, NULL);
    (void)pthread_cond_init(&box->changed, NULL);
    make_tree(box);
    (void)snprintf(text, sizeof text,
                   "LocalHost = \"127.0.0.1\"; LocalPort = 0; SSHCertStore = \"%s/key\"; LogLevel = 3;\n"
                   "plugin_directory = \"%s\"; RootDirectory = \"%s/tree\";\n%s\n",
                   box->dir, plugins ? plugins : HYTHE_TEST_PLUGINS, box->dir, more);
    box->server = hythe_server_new();
    CU_ASSERT_FATAL(box->server != NULL);
    if (hythe_server_load_text(box->server, text) || hythe_server_handle(box->server, &events, box) ||
        hythe_StartListening(box->server))
        hythe_server_error(box->server, why, sizeof why);
    UNIT_ASSERT_STRING(why, "");
    CU_ASSERT_FATAL(hythe_server_port(box->server) != 0);
}

void login_box_end(struct login_box *box)
{
    login_box_release(box);
    UNIT_ASSERT_NUMBER(hythe_Shutdown(box->server), 0);
    hythe_server_free(box->server);
    remove_tree(box);
    (void)pthread_cond_destroy(&box->changed);
    (void)pthread_mutex_destroy(&box->lock);
}

void login_box_wish(struct login_box *box, uint64_t connection, const char *name, const char *value)
{
    char text[512];

    (void)snprintf(text, sizeof text, "%s[%llu]=%s", name, (unsigned long long)connection, value);
    UNIT_ASSERT_NUMBER(hythe_Config(box->server, text, NULL, 0), 0);
}

bool login_box_logged(struct login_box *box, const char *text, unsigned seconds)
{
    struct timespec end;
    bool found;

    (void)clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += seconds;
    (void)pthread_mutex_lock(&box->lock);
    while (!(found = strstr(box->lines, text) != NULL) && seconds)
        if (pthread_cond_timedwait(&box->changed, &box->lock, &end))
            break;
    (void)pthread_mutex_unlock(&box->lock);
    return found;
}

void login_box_wait(struct login_box *box)
{
    struct timespec end;

    (void)clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += PATIENCE;
    (void)pthread_mutex_lock(&box->lock);
    while (!box->released && pthread_cond_timedwait(&box->changed, &box->lock, &end) == 0)
        continue;
    (void)pthread_mutex_unlock(&box->lock);
}

void login_box_release(struct login_box *box)
{
    (void)pthread_mutex_lock(&box->lock);
    box->released = true;
    (void)pthread_cond_broadcast(&box->changed);
    (void)pthread_mutex_unlock(&box->lock);
}

/* ---- Clients ---- */

ssh_session login_client(const struct login_box *box, const char *user)
{
    ssh_session client = ssh_new();
    unsigned port = hythe_server_port(box->server);
    long patience = PATIENCE;
    int no = 0;

    CU_ASSERT_FATAL(client != NULL);
    (void)ssh_options_set(client, SSH_OPTIONS_HOST, "127.0.0.1");
    (void)ssh_options_set(client, SSH_OPTIONS_PORT, &port);
    (void)ssh_options_set(client, SSH_OPTIONS_USER, user);
    (void)ssh_options_set(client, SSH_OPTIONS_TIMEOUT, &patience);
    (void)ssh_options_set(client, SSH_OPTIONS_PROCESS_CONFIG, &no);
    CU_ASSERT_FATAL(ssh_connect(client) == SSH_OK);
    return client;
}

void login_leave(ssh_session client)
{
    ssh_disconnect(client);
    ssh_free(client);
}

int login_password(ssh_session client, const char *password)
{
    int rc = SSH_AUTH_ERROR;

    ssh_set_blocking(client, 0);
    while (ssh_is_connected(client) && (rc = ssh_userauth_password(client, NULL, password)) == SSH_AUTH_AGAIN) {
        struct pollfd fd = {.fd = ssh_get_fd(client), .events = POLLIN};

        if (!ssh_is_connected(client) || poll(&fd, 1, PATIENCE * 1000) <= 0)
            break;
    }
    ssh_set_blocking(client, 1);
    return rc == SSH_AUTH_AGAIN ? SSH_AUTH_ERROR : rc;
}

const char *login_home(ssh_session client, char out[256])
{
    sftp_session sftp = sftp_new(client);
    char *path = sftp && sftp_init(sftp) == SSH_OK ? sftp_canonicalize_path(sftp, ".") : NULL;

    (void)snprintf(out, 256, "%s", path ? path : "");
    ssh_string_free_char(path);
    sftp_free(sftp);
    return out;
}

bool login_reads(ssh_session client, const char *path)
{
    sftp_session sftp = sftp_new(client);
    sftp_file file;
    char byte;
    bool reads;

    CU_ASSERT_FATAL(sftp != NULL && sftp_init(sftp) == SSH_OK);
    file = sftp_open(sftp, path, O_RDONLY, 0);
    reads = file && sftp_read(file, &byte, 1) == 1;
    if (file)
        (void)sftp_close(file);
    sftp_free(sftp);
    return reads;
}
