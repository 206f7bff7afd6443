/* A program that serves a tree of events alone, and one that watches a folder, met by a client. */
#include "tests/unit/library_box.h"

#include <fcntl.h>
#include <libssh/sftp.h>
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

UNIT_SUITE(library_files, UNIT_TEST(a_tree_is_served_from_events));
