/* Uploads wait in quarantine until their content is approved: text is, anything else isn't.
 *
 *     cc approve.c -o approve $(pkg-config --cflags --libs hythe)
 *     ./approve hythe.cfg /srv/files /srv/quarantine
 *
 * The configuration is an operator's (hythe.cfg(5)): host key, users, and these two folders of one file system:
 *
 *     mounts = ( { path = "/"; plugin = "local-root"; root = "/srv/files"; },
 *                { path = "/quarantine"; plugin = "local-root"; root = "/srv/quarantine"; } );
 *
 * A file that a client opens to write is diverted to /quarantine, under a name that no client learns. Each block is
 * looked at before it is written, and refused with a reason if it is wrong. When the file is closed all of it is read:
 * if it is right it is moved to where the client wanted it, else it stays, and the client is told.
 */
#include <hythe/hythe.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
    WRITING = 0x2 | 0x4, /* of DesiredAccess: ACE4_WRITE_DATA, ACE4_APPEND_DATA */
    MAKING = 0x8 | 0x10, /* of Flags: creat, trunc */
    WHOLE = 0x10 | 0x20  /* trunc, excl: nothing of what was there before is kept */
};

struct program {
    const char *files, *quarantine; /* folders */
    char ours[64];                  /* "/quarantine/SECRET-", how names there begin */
};

/* The policy: what is wrong with bytes that begin at that offset of a file, or NULL. */
static const char *wrong_with(const unsigned char *data, size_t len, uint64_t offset)
{
    if (offset == 0 && len >= 2 && memcmp(data, "#!", 2) == 0)
        return "scripts are not taken";
    for (size_t i = 0; i < len; i++)
        if (data[i] < ' ' && !strchr("\t\n\r\f", data[i] ? data[i] : 1))
            return "only text is taken";
    return NULL;
}

/* The same of a whole file. */
static const char *wrong_with_file(const char *name)
{
    unsigned char data[65536];
    FILE *file = fopen(name, "rb");
    const char *wrong = file ? NULL : "it can't be read";
    uint64_t at = 0;
    size_t len;

    while (!wrong && (len = fread(data, 1, sizeof data, file)) > 0) {
        wrong = wrong_with(data, len, at);
        at += len;
    }
    if (!wrong && (at == 0 || ferror(file)))
        wrong = "nothing was written";
    if (file)
        fclose(file);
    return wrong;
}

/* Lets the client know why. */
static uint32_t refuse(struct hythe_server *server, uint64_t connection, const char *why)
{
    char setting[256];

    snprintf(setting, sizeof setting, "SFTPErrorMessage[%" PRIu64 "]=%s", connection, why);
    hythe_Config(server, setting, NULL, 0);
    return HYTHE_FX_PERMISSION_DENIED;
}

/* Where the client's path leads, by whatever links there are, and what is wrong with that. */
static const char *find(struct hythe_server *server, uint64_t connection, const char *path,
                        char real[static HYTHE_EVENT_PATH])
{
    if (hythe_server_resolve(server, connection, path, real, HYTHE_EVENT_PATH))
        return "this leads nowhere";
    if (strncmp(real, "/quarantine", 11) == 0 && (real[11] == '/' || real[11] == '\0'))
        return "the quarantine is closed";
    return NULL;
}

static void open_file(void *ctx, struct hythe_FileOpen *e)
{
    const struct program *program = ctx;
    char real[HYTHE_EVENT_PATH];
    const char *wrong;

    if (!e->BeforeExec || e->lock_flags || e->is_link || strncmp(e->Path, program->ours, strlen(program->ours)) == 0)
        return; /* the last: it is what we diverted */
    wrong = find(e->server, e->ConnectionId, e->Path, real);
    if (wrong)
        e->StatusCode = refuse(e->server, e->ConnectionId, wrong);
    else if (e->sets_size)
        e->StatusCode = refuse(e->server, e->ConnectionId, "sizes of files are not changed");
    else if (*e->link_target)
        e->StatusCode = refuse(e->server, e->ConnectionId, "symbolic links are not made");
    else if (!(e->DesiredAccess & WRITING) && !(e->Flags & MAKING))
        return;
    else if (!(e->Flags & WHOLE))
        e->StatusCode = refuse(e->server, e->ConnectionId, "files are uploaded as a whole");
    else if (strchr(real + 1, '/') || strlen(real) > 200)
        e->StatusCode = refuse(e->server, e->ConnectionId, "uploads go to the first folder, with short names");
    else {
        uint64_t number;

        if (getrandom(&number, sizeof number, 0) != sizeof number)
            abort();
        snprintf(e->Path, sizeof e->Path, "%s%016" PRIx64 "-%.200s", program->ours, number, real + 1);
    }
}

/* What is approved stays as it is, by an open file too. */
static void set_attributes(void *ctx, struct hythe_SetAttributes *e)
{
    const struct program *program = ctx;

    if (e->BeforeExec && (e->attributes.valid & HYTHE_ATTR_SIZE) &&
        strncmp(e->Path, program->ours, strlen(program->ours)) != 0)
        e->StatusCode = refuse(e->server, e->ConnectionId, "sizes of files are not changed");
}

static void write_file(void *ctx, struct hythe_FileWrite *e)
{
    const char *wrong = e->BeforeExec ? wrong_with(e->FileData, e->FileDataLength, e->FileOffset) : NULL;

    (void)ctx;
    if (wrong)
        e->StatusCode = refuse(e->server, e->ConnectionId, wrong);
}

/* On the connection's own thread: while a large file is read, that client waits, and nobody else. */
static void close_file(void *ctx, struct hythe_FileClose *e)
{
    const struct program *program = ctx;
    size_t skip = strlen(program->ours) + 17;
    char from[8192], to[8192];
    const char *wrong;

    if (strncmp(e->Path, program->ours, strlen(program->ours)) != 0 || strlen(e->Path) <= skip || e->aborted)
        return;
    snprintf(from, sizeof from, "%s/%s", program->quarantine, e->Path + strlen("/quarantine/"));
    snprintf(to, sizeof to, "%s/%s", program->files, e->Path + skip);
    wrong = wrong_with_file(from);
    if (!wrong && rename(from, to) < 0)
        wrong = "it can't be put in its place";
    if (wrong)
        e->StatusCode = refuse(e->server, e->ConnectionId, wrong);
}

static void list(void *ctx, struct hythe_DirList *e)
{
    const char *wrong;
    char real[HYTHE_EVENT_PATH];

    (void)ctx;
    wrong = e->BeforeExec ? find(e->server, e->ConnectionId, e->Path, real) : NULL;
    if (wrong)
        e->StatusCode = refuse(e->server, e->ConnectionId, wrong);
}

static void log_line(void *ctx, struct hythe_Log *e)
{
    (void)ctx;
    fprintf(stderr, "[%" PRIu64 "] %s\n", e->ConnectionId, e->Message);
}

int main(int argc, char **argv)
{
    static const struct hythe_events events = {.size = sizeof events,
                                               .DirList = list,
                                               .FileClose = close_file,
                                               .FileOpen = open_file,
                                               .FileWrite = write_file,
                                               .SetAttributes = set_attributes,
                                               .Log = log_line};
    struct hythe_server *server = hythe_server_new();
    struct program program;
    char why[512];
    sigset_t end;
    uint64_t secret;
    int rc, number;

    if (argc != 4 || !server || getrandom(&secret, sizeof secret, 0) != sizeof secret)
        return fprintf(stderr, "Usage: approve CONFIG FILES QUARANTINE\n"), EXIT_FAILURE;
    program = (struct program){.files = argv[2], .quarantine = argv[3]};
    snprintf(program.ours, sizeof program.ours, "/quarantine/%016" PRIx64 "-", secret);
    sigemptyset(&end), sigaddset(&end, SIGINT), sigaddset(&end, SIGTERM);
    sigprocmask(SIG_BLOCK, &end, NULL); /* before there are threads, which inherit it */
    signal(SIGPIPE, SIG_IGN);
    if ((rc = hythe_server_load(server, argv[1])) || (rc = hythe_server_handle(server, &events, &program)) ||
        (rc = hythe_StartListening(server))) {
        hythe_server_error(server, why, sizeof why);
        fprintf(stderr, "approve: %s\n", why);
    } else {
        fprintf(stderr, "approve: listening on port %u\n", hythe_server_port(server));
        sigwait(&end, &number);
    }
    hythe_server_free(server); /* shuts it down, too */
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}
