/* A server is made, serves one login with a listing, and is destroyed, over and over ($HYTHE_ROUNDS, 1,000 in
 * `make check-asan`): nothing of it is left, neither memory nor a descriptor nor a thread. Every second one runs its
 * events in hythe_DoEvents(). */
#include "hythe/hythe.h"

#include <dirent.h>
#include <fcntl.h>
#include <libssh/libssh.h>
#include <libssh/sftp.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WARM = 4, ROUNDS = 20, GROWTH = 64 << 10 };

struct scene {
    char dir[64];
    char text[4096]; /* the configuration */
    struct hythe_server *server;
    atomic_uint connected, logins, lists, disconnected;
    atomic_bool over; /* the client has ended */
    const char *trouble;
};

static void on_connected(void *ctx, struct hythe_Connected *e)
{
    struct scene *scene = ctx;

    scene->connected += e->StatusCode == 0;
}

static void on_login(void *ctx, struct hythe_SSHUserAuthRequest *e)
{
    struct scene *scene = ctx;

    e->Accept = strcmp(e->User, "u") == 0 && strcmp(e->AuthMethod, "password") == 0 && e->auth_param_length == 6 &&
                memcmp(e->AuthParam, "secret", 6) == 0;
    scene->logins += e->Accept;
}

static void on_list(void *ctx, struct hythe_DirList *e)
{
    struct scene *scene = ctx;

    scene->lists += !e->BeforeExec && e->StatusCode == HYTHE_FX_OK;
}

static void on_disconnected(void *ctx, struct hythe_Disconnected *e)
{
    struct scene *scene = ctx;

    (void)e;
    scene->disconnected++;
}

/* What went wrong, or NULL. */
static const char *list(ssh_session ssh)
{
    sftp_session sftp = sftp_new(ssh);
    sftp_dir dir = NULL;
    sftp_attributes entry;
    bool found = false;

    if (sftp && sftp_init(sftp) == 0)
        dir = sftp_opendir(sftp, "/");
    while (dir && (entry = sftp_readdir(sftp, dir)) != NULL) {
        found = found || strcmp(entry->name, "file") == 0;
        sftp_attributes_free(entry);
    }
    if (dir)
        (void)sftp_closedir(dir);
    sftp_free(sftp);
    return !dir ? "no listing" : found ? NULL : "the listing doesn't have the file";
}

static void *client_main(void *arg)
{
    struct scene *scene = arg;
    ssh_session ssh = ssh_new();
    unsigned port = hythe_server_port(scene->server);
    int no = 0;

    if (!ssh || ssh_options_set(ssh, SSH_OPTIONS_HOST, "127.0.0.1") || ssh_options_set(ssh, SSH_OPTIONS_PORT, &port) ||
        ssh_options_set(ssh, SSH_OPTIONS_PROCESS_CONFIG, &no) || ssh_connect(ssh) != SSH_OK)
        scene->trouble = "no connection";
    else if (ssh_userauth_password(ssh, "u", "secret") != SSH_AUTH_SUCCESS)
        scene->trouble = "no login";
    else
        scene->trouble = list(ssh);
    if (ssh)
        ssh_disconnect(ssh);
    ssh_free(ssh);
    scene->over = true;
    return NULL;
}

static const char *serve(struct scene *scene, bool queued)
{
    const struct hythe_events events = {.size = sizeof events,
                                        .Connected = on_connected,
                                        .DirList = on_list,
                                        .Disconnected = on_disconnected,
                                        .SSHUserAuthRequest = on_login};
    char error[512] = "";
    pthread_t client;

    scene->over = false;
    if (hythe_server_load_text(scene->server, scene->text) ||
        hythe_Config(scene->server, queued ? "ProcessIdleEvents=no" : "ProcessIdleEvents=yes", NULL, 0) ||
        hythe_Config(scene->server, "SelectWaitMillis=10", NULL, 0) ||
        hythe_server_handle(scene->server, &events, scene) || hythe_StartListening(scene->server)) {
        hythe_server_error(scene->server, error, sizeof error);
        printf("  %s\n", error);
        return "it didn't start";
    }
    if (pthread_create(&client, NULL, client_main, scene))
        return "no thread";
    while (!scene->over)
        if (hythe_DoEvents(scene->server) < 0)
            scene->trouble = "DoEvents failed";
    (void)pthread_join(client, NULL);
    return scene->trouble;
}

static unsigned entries(const char *folder)
{
    DIR *dir = opendir(folder);
    unsigned count = 0;

    while (dir && readdir(dir))
        count++;
    if (dir)
        (void)closedir(dir);
    return count;
}

/* Of memory in use; 0 where an allocator of a sanitizer doesn't tell. */
static size_t memory(void)
{
    return mallinfo2().uordblks;
}

static const char *one_round(struct scene *scene, unsigned number)
{
    const char *trouble;

    scene->server = hythe_server_new();
    if (!scene->server)
        return "no server";
    trouble = serve(scene, number % 2);
    hythe_server_free(scene->server);
    if (!trouble && (scene->connected != number + 1 || scene->logins != number + 1 || scene->lists != number + 1 ||
                     scene->disconnected != number + 1))
        trouble = "the events don't count";
    return trouble;
}

enum { PATIENCE = 10000 }; /* ms */

/* The system takes a thread that was joined out of its list a moment later. */
static bool become(const char *directory, unsigned count)
{
    for (unsigned i = 0; i < PATIENCE && entries(directory) != count; i++)
        (void)poll(NULL, 0, 1);
    return entries(directory) == count;
}

static const char *rounds(struct scene *scene, unsigned count)
{
    unsigned descriptors = 0, threads = entries("/proc/self/task");
    size_t bytes = 0;

    for (unsigned i = 0; i < count; i++) {
        const char *trouble = one_round(scene, i);

        if (i + 1 == WARM) { /* what is made once has been made */
            descriptors = entries("/proc/self/fd");
            bytes = memory();
        }
        if (!trouble && i >= WARM && !become("/proc/self/fd", descriptors))
            trouble = "descriptors are left";
        if (!trouble && i >= WARM && !become("/proc/self/task", threads))
            trouble = "threads are left";
        if (trouble) {
            printf("  round %u: %s\n", i, trouble);
            return trouble;
        }
    }
    printf("  %u rounds, %zu bytes, %zu at the end\n", count, bytes, memory());
    return memory() > bytes + GROWTH ? "memory is left" : NULL;
}

static bool write_file(const char *dir, const char *name, const char *text)
{
    char path[256];
    int fd;
    bool ok;

    (void)snprintf(path, sizeof path, "%.63s/%.63s", dir, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        (void)close(fd);
    return ok;
}

static bool prepare(struct scene *scene)
{
    const char *plugins = getenv("HYTHE_PLUGINS");
    char path[256];
    ssh_key key = NULL;
    bool ok;

    if (!mkdtemp(scene->dir))
        return false;
    (void)snprintf(path, sizeof path, "%.63s/tree", scene->dir);
    ok = mkdir(path, 0755) == 0 && write_file(path, "file", "content");
    (void)snprintf(path, sizeof path, "%.63s/key", scene->dir);
    ok = ok && ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) == SSH_OK &&
         ssh_pki_export_privkey_file(key, NULL, NULL, NULL, path) == SSH_OK && chmod(path, 0600) == 0;
    ssh_key_free(key);
    (void)snprintf(scene->text, sizeof scene->text,
                   "LocalHost = \"127.0.0.1\"; LocalPort = 0; SSHCertStore = \"%s/key\"; RootDirectory = \"%s/tree\";\n"
                   "plugin_directory = \"%s\";\n",
                   scene->dir, scene->dir, plugins ? plugins : HYTHE_TEST_PLUGINS);
    return ok;
}

static void clear(const struct scene *scene)
{
    static const char *const names[] = {"tree/file", "tree", "key", ""};
    char path[256];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%.63s/%.63s", scene->dir, names[i]);
        (void)remove(path);
    }
}

int main(void)
{
    const char *wanted = getenv("HYTHE_ROUNDS");
    static struct scene scene = {.dir = "/tmp/hythe-rounds.XXXXXX"};
    bool failed;

    (void)signal(SIGPIPE, SIG_IGN);
    failed = !prepare(&scene) || rounds(&scene, wanted ? (unsigned)strtoul(wanted, NULL, 10) : ROUNDS);
    clear(&scene);
    printf("library-rounds: %d passed, %d failed\n", !failed, failed);
    return failed;
}
