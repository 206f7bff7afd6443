/* What a handler of a file event may call. */
#include "core/event/list.h"
#include "core/event/turn.h"
#include "core/path/path.h"
#include "core/vfs/real.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DATA_MAX = 256 * 1024 };

void hy_file_events_init(struct hy_file_events *files, struct hy_events *events)
{
    *files = (struct hy_file_events){.events = events};
    (void)pthread_mutex_init(&files->lock, NULL);
}

void hy_file_events_fini(struct hy_file_events *files)
{
    while (files->joined) {
        struct hy_joined *j = files->joined;

        files->joined = j->next;
        free(j);
    }
    (void)pthread_mutex_destroy(&files->lock);
}

/* The event of the connection whose handler this thread is in, if it is of that kind; NULL: it isn't. */
static void *inside(struct hy_events *events, enum hy_event which, uint64_t connection)
{
    struct hy_firing firing;

    if (!hy_events_inside(events, &firing) || firing.which != which || firing.connection != connection)
        return NULL;
    return firing.parameters;
}

int hy_events_set_list(struct hy_events *events, uint64_t connection, const char *list)
{
    struct hy_dir_list *d = inside(events, HY_EVENT_DirList, connection);
    char *copy;

    if (!d || !list || !hy_list_fits(list))
        return -EINVAL;
    copy = strdup(list);
    if (!copy)
        return -ENOMEM;
    free(d->list);
    d->list = copy;
    return 0;
}

int hy_events_get_data(struct hy_events *events, uint64_t connection, const void **data, size_t *length)
{
    const struct hythe_FileRead *r = inside(events, HY_EVENT_FileRead, connection);
    const struct hy_file_write *w = inside(events, HY_EVENT_FileWrite, connection);

    if (!r && !w)
        return -EINVAL;
    *data = r ? r->FileData : w->data ? w->data : w->e.FileData;
    *length = r ? r->FileDataLength : w->data ? w->length : w->e.FileDataLength;
    return 0;
}

static int set_read(struct hythe_FileRead *r, const void *data, size_t length)
{
    if (length > r->Length)
        return -EMSGSIZE;
    if (length)
        memmove(r->FileData, data, length);
    r->FileDataLength = length;
    return 0;
}

static int set_write(struct hy_file_write *w, const void *data, size_t length)
{
    void *copy;

    if (!w->e.BeforeExec)
        return -EINVAL;
    if (length > DATA_MAX)
        return -EMSGSIZE;
    copy = malloc(length + 1);
    if (!copy)
        return -ENOMEM;
    if (length)
        memcpy(copy, data, length);
    free(w->data);
    w->data = copy;
    w->length = length;
    return 0;
}

int hy_events_set_data(struct hy_events *events, uint64_t connection, const void *data, size_t length)
{
    struct hythe_FileRead *r = inside(events, HY_EVENT_FileRead, connection);
    struct hy_file_write *w = inside(events, HY_EVENT_FileWrite, connection);

    if ((!r && !w) || (!data && length))
        return -EINVAL;
    return r ? set_read(r, data, length) : set_write(w, data, length);
}

/* ---- Where names lead ---- */

/* Whether what the handler judges goes on from a link that has the name. */
static bool follows(const struct hy_firing *f)
{
    uint16_t op = f->call->op;

    if (f->which == HY_EVENT_GetAttributes)
        return !((const struct hythe_GetAttributes *)f->parameters)->no_follow;
    if (f->which == HY_EVENT_SetAttributes)
        return !((const struct hythe_SetAttributes *)f->parameters)->no_follow;
    return op == HYTHE_OP_open || op == HYTHE_OP_opendir || op == HYTHE_OP_setattr || f->call->file;
}

int hy_events_resolve(struct hy_events *events, uint64_t connection, const char *path, char *out, size_t size)
{
    char real[HY_PATH_MAX];
    struct hy_firing f;
    int64_t r;

    if (!hy_events_inside(events, &f) || !f.call || f.connection != connection || path[0] != '/')
        return -EINVAL;
    r = hy_chain_real(f.call, path, follows(&f), real);
    if (r < 0)
        return (int)r;
    if ((size_t)r >= size)
        return -EMSGSIZE;
    memcpy(out, real, (size_t)r + 1);
    return 0;
}
