/* What the program calls in handlers of events of files. */
#include "core/event/files.h"
#include "core/library/internal.h"

#include <errno.h>

static int check(struct hythe_server *server, int rc, const char *what, const char *where)
{
    switch (rc) {
    case 0:
        return 0;
    case -EMSGSIZE:
        return hythe_fail(server, rc, "%s: more bytes than there is room for", what);
    case -ENOMEM:
        return hythe_fail(server, rc, "%s: out of memory", what);
    default:
        return hythe_fail(server, rc, "%s: only in a handler of %s of this connection, on its thread", what, where);
    }
}

static int unresolved(struct hythe_server *server, int rc, const char *path)
{
    switch (rc) {
    case 0:
        return 0;
    case -EINVAL:
        return hythe_fail(server, rc,
                          "resolve: only in a handler of a file event of this connection, on its thread, "
                          "and an absolute path");
    case -EXDEV:
        return hythe_fail(server, rc, "resolve \"%s\": it lies in another mount than the path of the event", path);
    default:
        return hythe_fail(server, rc, "resolve \"%s\": %s", path,
                          rc <= HYTHE_STATUS(0) ? "a status of SFTP" : hythe_error_text(rc));
    }
}

int hythe_server_resolve(struct hythe_server *server, uint64_t connection, const char *path, char *out, size_t size)
{
    return unresolved(server, path ? hy_events_resolve(server->events, connection, path, out, size) : -EINVAL,
                      path ? path : "");
}

int hythe_SetFileList(struct hythe_server *server, uint64_t connection, const char *list)
{
    return check(server, hy_events_set_list(server->events, connection, list), "SetFileList",
                 "DirList, with names of at most 255 bytes without a slash,");
}

int hythe_GetFileData(struct hythe_server *server, uint64_t connection, const void **data, size_t *length)
{
    return check(server, hy_events_get_data(server->events, connection, data, length), "SFTPConnectionFileData",
                 "FileRead or FileWrite");
}

int hythe_SetFileData(struct hythe_server *server, uint64_t connection, const void *data, size_t length)
{
    return check(server, hy_events_set_data(server->events, connection, data, length), "SFTPConnectionFileData",
                 "FileRead, or of FileWrite before it is written,");
}
