/* A program that serves a tree of events alone, and one that watches a folder, met by a client. */
#include "tests/unit/library_box.h"

#include <fcntl.h>
#include <libssh/sftp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <errno.h>

/* ---- A tree of events ---- */

static void attributes(void *ctx, struct hythe_GetAttributes *e)
{
    bool root = strcmp(e->Path, "/") == 0;

    (void)ctx;
    if (!root && strcmp(e->Path, "/hello") != 0) {
        e->StatusCode = HYTHE_FX_NO_SUCH_FILE;
        return;
    }
    e->attributes.valid |= HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE;
    e->attributes.FileType = root ? 2 : 1;
    e->attributes.FileSize = root ? 0 : 5;
    e->attributes.FilePermissions = root ? 0755 : 0644;
}

static void list(void *ctx, struct hythe_DirList *e)
{
    (void)ctx;
    if (e->BeforeExec)
        UNIT_ASSERT_NUMBER(hythe_SetFileList(e->server, e->ConnectionId, "hello\r\nghost"), 0);
    UNIT_ASSERT_NUMBER(hythe_SetFileList(e->server, e->ConnectionId + 1, "hello"), -EINVAL);
}

static void open_one(void *ctx, struct hythe_FileOpen *e)
{
    (void)ctx;
    if (e->BeforeExec && strcmp(e->Path, "/hello") != 0)
        e->StatusCode = HYTHE_FX_WRITE_PROTECT;
}

static void read_one(void *ctx, struct hythe_FileRead *e)
{
    (void)ctx;
    if (e->FileOffset == 0)
        UNIT_ASSERT_NUMBER(hythe_SetFileData(e->server, e->ConnectionId, "hello", 5), 0);
    else
        e->StatusCode = HYTHE_FX_EOF;
}

static const struct hythe_events tree = {
    .size = sizeof tree, .GetAttributes = attributes, .DirList = list, .FileOpen = open_one, .FileRead = read_one};

static sftp_session sftp_of(ssh_session client)
{
    sftp_session sftp = sftp_new(client);

    CU_ASSERT_FATAL(sftp != NULL && sftp_init(sftp) == SSH_OK);
    return sftp;
}

static void names_of(sftp_session sftp, char *out, size_t size)
{
    sftp_dir dir = sftp_opendir(sftp, "/");
    sftp_attributes a;

    out[0] = '\0';
    CU_ASSERT_FATAL(dir != NULL);
    while ((a = sftp_readdir(sftp, dir))) {
        (void)snprintf(out + strlen(out), size - strlen(out), "%s ", a->name);
        sftp_attributes_free(a);
    }
    (void)sftp_closedir(dir);
}

static void visit(ssh_session client)
{
    sftp_session sftp = sftp_of(client);
    sftp_attributes a = sftp_stat(sftp, "/hello");
    sftp_statvfs_t space;
    char names[64];

    CU_ASSERT_FATAL(a != NULL);
    UNIT_ASSERT_NUMBER(a->size, 5);
    sftp_attributes_free(a);
    CU_ASSERT(sftp_stat(sftp, "/ghost") == NULL && sftp_get_error(sftp) == SSH_FX_NO_SUCH_FILE);
    names_of(sftp, names, sizeof names);
    UNIT_ASSERT_STRING(names, ". .. real hello ");
    CU_ASSERT(sftp_open(sftp, "/other", O_RDONLY, 0) == NULL && sftp_get_error(sftp) == SSH_FX_PERMISSION_DENIED);
    space = sftp_statvfs(sftp, "/");
    sftp_statvfs_free(space);
    CU_ASSERT(space == NULL && sftp_get_error(sftp) == SSH_FX_OP_UNSUPPORTED);
    CU_ASSERT(sftp_mkdir(sftp, "/new", 0755) != 0 && sftp_get_error(sftp) == SSH_FX_OP_UNSUPPORTED);
    CU_ASSERT(sftp_mkdir(sftp, "/real/new", 0755) == 0);
    sftp_free(sftp);
}

static void a_tree_is_served_from_events(void)
{
    struct box box;
    ssh_session client;

    box_make(&box);
    box_fill(&box, "mounts = ( { path = \"/real\"; plugin = \"memory\"; } );");
    box_ok(&box, hythe_Config(box.server, "RootDirectory=", NULL, 0));
    box_ok(&box, hythe_server_handle(box.server, &tree, NULL));
    UNIT_ASSERT_NUMBER(hythe_SetFileList(box.server, 1, "a"), -EINVAL);
    box_ok(&box, hythe_StartListening(box.server));
    client = box_enter(&box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    visit(client);
    box_leave(client);
    box_ok(&box, hythe_Shutdown(box.server));
    box_clear(&box);
}

/* ---- A folder whose uploads are watched ---- */

struct watched {
    atomic_uint writes, bytes, closed, aborted, denied;
    atomic_bool over;
    struct hythe_server *server;
};

static void note_write(void *ctx, struct hythe_FileWrite *e)
{
    struct watched *w = ctx;
    const void *data;
    size_t len;

    UNIT_ASSERT_NUMBER(hythe_GetFileData(e->server, e->ConnectionId, &data, &len), 0);
    CU_ASSERT(data == e->FileData && len == e->FileDataLength);
    if (!e->BeforeExec)
        return;
    atomic_fetch_add(&w->writes, 1);
    atomic_fetch_add(&w->bytes, (unsigned)len);
    if (memchr(data, '!', len)) {
        atomic_fetch_add(&w->denied, 1);
        e->StatusCode = HYTHE_FX_PERMISSION_DENIED;
    }
}

static void note_close(void *ctx, struct hythe_FileClose *e)
{
    struct watched *w = ctx;

    atomic_fetch_add(&w->closed, 1);
    atomic_fetch_add(&w->aborted, e->aborted);
}

static void quarantine(void *ctx, struct hythe_FileOpen *e)
{
    (void)ctx;
    if (e->BeforeExec && strcmp(e->Path, "/upload") == 0)
        (void)snprintf(e->Path, sizeof e->Path, "/file");
}

static void *run_events(void *ctx)
{
    struct watched *w = ctx;

    while (!atomic_load(&w->over))
        (void)hythe_DoEvents(w->server);
    return NULL;
}

enum { PIECE = 30000 };

/* Returns a file that is left open. */
static sftp_file upload(sftp_session sftp)
{
    static char piece[PIECE];
    sftp_file file = sftp_open(sftp, "/upload", O_WRONLY | O_CREAT | O_TRUNC, 0600);

    CU_ASSERT_FATAL(file != NULL);
    memset(piece, 'a', sizeof piece);
    UNIT_ASSERT_NUMBER(sftp_write(file, piece, sizeof piece), PIECE);
    UNIT_ASSERT_NUMBER(sftp_write(file, piece, sizeof piece), PIECE);
    piece[PIECE - 1] = '!';
    UNIT_ASSERT_NUMBER(sftp_write(file, piece, sizeof piece), -1);
    UNIT_ASSERT_NUMBER(sftp_get_error(sftp), SSH_FX_PERMISSION_DENIED);
    UNIT_ASSERT_NUMBER(sftp_close(file), 0);
    CU_ASSERT(sftp_stat(sftp, "/upload") == NULL);
    file = sftp_open(sftp, "/file", O_RDONLY, 0);
    CU_ASSERT_FATAL(file != NULL);
    return file;
}

/* Each WRITE is one event, with all of its bytes. */
static void uploads_are_judged_by_what_they_hold(bool queued)
{
    static const struct hythe_events events = {
        .size = sizeof events, .FileWrite = note_write, .FileClose = note_close, .FileOpen = quarantine};
    struct watched w = {0};
    ssh_session client;
    sftp_session sftp;
    sftp_file file;
    pthread_t thread;
    struct box box;

    box_make(&box);
    box_fill(&box, queued ? "ProcessIdleEvents = false;" : "");
    w.server = box.server;
    box_ok(&box, hythe_server_handle(box.server, &events, &w));
    box_ok(&box, hythe_StartListening(box.server));
    if (queued)
        CU_ASSERT_FATAL(pthread_create(&thread, NULL, run_events, &w) == 0);
    client = box_enter(&box, "secret");
    CU_ASSERT_FATAL(client != NULL);
    sftp = sftp_of(client);
    file = upload(sftp);
    box_ok(&box, hythe_Shutdown(box.server));
    atomic_store(&w.over, true);
    if (queued)
        (void)pthread_join(thread, NULL);
    (void)sftp_close(file);
    sftp_free(sftp);
    box_leave(client);
    UNIT_ASSERT_NUMBER(w.writes, 3);
    UNIT_ASSERT_NUMBER(w.bytes, 3 * PIECE);
    UNIT_ASSERT_NUMBER(w.denied, 1);
    UNIT_ASSERT_NUMBER(w.closed, 2);
    UNIT_ASSERT_NUMBER(w.aborted, 1);
    box_clear(&box);
}

static void uploads_are_judged_on_their_threads(void)
{
    uploads_are_judged_by_what_they_hold(false);
}

static void uploads_are_judged_on_the_programs_thread(void)
{
    uploads_are_judged_by_what_they_hold(true);
}

UNIT_SUITE(library_files, UNIT_TEST(uploads_are_judged_on_their_threads),
           UNIT_TEST(uploads_are_judged_on_the_programs_thread), UNIT_TEST(a_tree_is_served_from_events));
