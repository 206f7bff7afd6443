/* A tree that is nowhere: every file and folder is made up by the handlers of events. There is no RootDirectory.
 *
 *     cc generated.c -o generated $(pkg-config --cflags --libs hythe)
 *     PASSWORD=... ./generated SSHCertStore=/etc/ssh/ssh_host_ed25519_key LocalPort=2222
 *     sftp -P 2222 anybody@localhost
 *     sftp> get squares/12 -
 *
 * Handlers run in hythe_DoEvents(), one after the other on the thread of main(): they need no locks, and the program
 * keeps its own loop.
 */
#include <hythe/hythe.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { SQUARES = 100, WRITING = 0x2 | 0x4 }; /* ACE4_WRITE_DATA, ACE4_APPEND_DATA */

struct program {
    const char *password;
    unsigned long reads;
};

/* What there is at a path: its type as in FileType, 0 for nothing; a file's content goes to text. */
static unsigned look_up(const struct program *program, const char *path, char *text, size_t size)
{
    unsigned n = (unsigned)strtoul(path + strcspn(path, "0123456789"), NULL, 10);
    char square[32];

    snprintf(square, sizeof square, "/squares/%u", n);
    *text = '\0';
    if (strcmp(path, "/") == 0 || strcmp(path, "/squares") == 0)
        return 2;
    if (strcmp(path, "/reads") == 0)
        snprintf(text, size, "%lu\n", program->reads);
    else if (strcmp(path, square) == 0 && n >= 1 && n <= SQUARES)
        snprintf(text, size, "%u\n", n * n);
    else
        return 0;
    return 1;
}

static void get_attributes(void *ctx, struct hythe_GetAttributes *e)
{
    char text[64];
    unsigned type = look_up(ctx, e->Path, text, sizeof text);

    e->StatusCode = type ? HYTHE_FX_OK : HYTHE_FX_NO_SUCH_FILE;
    e->attributes.valid = HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE;
    e->attributes.FileType = type;
    e->attributes.FileSize = strlen(text);
    e->attributes.FilePermissions = type == 2 ? 0555 : 0444;
}

static void list_squares(struct hythe_DirList *e)
{
    char list[SQUARES * 5 + 16], *at = list;

    for (unsigned n = 1; n <= SQUARES; n++)
        at += snprintf(at, sizeof list - (size_t)(at - list), "%u\r\n", n);
    hythe_SetFileList(e->server, e->ConnectionId, list);
}

static void list(void *ctx, struct hythe_DirList *e)
{
    char text[64];
    unsigned type = look_up(ctx, e->Path, text, sizeof text);

    if (type != 2)
        e->StatusCode = type ? HYTHE_FX_NOT_A_DIRECTORY : HYTHE_FX_NO_SUCH_FILE;
    else if (!e->BeforeExec && e->Path[1])
        list_squares(e);
    else if (!e->BeforeExec)
        hythe_SetFileList(e->server, e->ConnectionId, "reads\r\nsquares");
}

static void open_file(void *ctx, struct hythe_FileOpen *e)
{
    char text[64];
    unsigned type = look_up(ctx, e->Path, text, sizeof text);

    if (e->DesiredAccess & WRITING)
        e->StatusCode = HYTHE_FX_PERMISSION_DENIED;
    else if (type != 1)
        e->StatusCode = type ? HYTHE_FX_FILE_IS_A_DIRECTORY : HYTHE_FX_NO_SUCH_FILE;
}

static void read_file(void *ctx, struct hythe_FileRead *e)
{
    struct program *program = ctx;
    char text[64];
    size_t len, left;

    look_up(program, e->Path, text, sizeof text);
    program->reads++;
    len = strlen(text);
    left = e->FileOffset < len ? len - (size_t)e->FileOffset : 0;
    e->FileDataLength = left < e->Length ? left : e->Length;
    memcpy(e->FileData, text + len - left, e->FileDataLength);
    e->StatusCode = left ? HYTHE_FX_OK : HYTHE_FX_EOF;
}

static void log_in(void *ctx, struct hythe_SSHUserAuthRequest *e)
{
    const struct program *program = ctx;

    e->Accept = strcmp(e->AuthMethod, "password") == 0 && strcmp(e->AuthParam, program->password) == 0;
}

/* Serves until a signal comes. */
static void serve(struct hythe_server *server, int signals)
{
    struct pollfd fds[] = {{.fd = hythe_server_fd(server), .events = POLLIN}, {.fd = signals, .events = POLLIN}};

    while (!fds[1].revents)
        if (poll(fds, 2, -1) > 0 && fds[0].revents)
            hythe_DoEvents(server);
}

int main(int argc, char **argv)
{
    static const struct hythe_events events = {.size = sizeof events,
                                               .DirList = list,
                                               .FileOpen = open_file,
                                               .FileRead = read_file,
                                               .GetAttributes = get_attributes,
                                               .SSHUserAuthRequest = log_in};
    struct program program = {.password = getenv("PASSWORD")};
    struct hythe_server *server = hythe_server_new();
    char why[512] = "PASSWORD isn't set";
    int rc = server && program.password ? 0 : -1;
    sigset_t end;

    sigemptyset(&end), sigaddset(&end, SIGINT), sigaddset(&end, SIGTERM);
    sigprocmask(SIG_BLOCK, &end, NULL); /* before there are threads, which inherit it */
    signal(SIGPIPE, SIG_IGN);
    for (int i = 1; i < argc && rc == 0; i++)
        rc = hythe_Config(server, argv[i], NULL, 0);
    if (rc == 0)
        rc = hythe_Config(server, "ProcessIdleEvents=false", NULL, 0);
    if (rc || (rc = hythe_server_handle(server, &events, &program)) || (rc = hythe_StartListening(server))) {
        if (program.password)
            hythe_server_error(server, why, sizeof why);
        fprintf(stderr, "generated: %s\n", why);
    } else {
        fprintf(stderr, "generated: listening on port %u\n", hythe_server_port(server));
        serve(server, signalfd(-1, &end, SFD_CLOEXEC));
    }
    hythe_server_free(server); /* shuts it down, too: events of that come on this thread */
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}
