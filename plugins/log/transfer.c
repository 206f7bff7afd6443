/* Open files: what went through them is counted, and told when they are closed. */
#include "plugins/log/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* In the file's slot. Several calls on one file may run at once. */
struct transfer {
    int64_t start;
    atomic_uint_least64_t bytes_read, bytes_written;
    atomic_int_least64_t failure; /* the first; 0 while there is none */
    pthread_mutex_t lock;         /* the members below */
    char *copied_to;              /* the file that the store copied to last, or NULL */
    uint64_t copied;
};

static void fail(struct transfer *t, int64_t result)
{
    int_least64_t none = 0;

    (void)atomic_compare_exchange_strong(&t->failure, &none, result);
}

static void free_transfer(struct transfer *t)
{
    (void)pthread_mutex_destroy(&t->lock);
    free(t->copied_to);
    free(t);
}

/* ---- Lines ---- */

static bool is_upload(uint32_t access, uint64_t bytes_read, uint64_t bytes_written)
{
    return (access & HYTHE_OPEN_WRITE) && (bytes_written || !bytes_read);
}

static struct lg_event event_of(uint32_t access, const struct transfer *t, char *path, int64_t result)
{
    uint64_t bytes_read = atomic_load(&t->bytes_read), bytes_written = atomic_load(&t->bytes_written);
    bool upload = is_upload(access, bytes_read, bytes_written);

    return (struct lg_event){.name = upload ? "upload" : "download",
                             .direction = upload ? 'i' : 'o',
                             .transfer = true,
                             .path = path,
                             .bytes_read = bytes_read,
                             .bytes_written = bytes_written,
                             .result = result};
}

/* With the lock held, or from the last call. Without the log the copy goes on: the store has made it. */
static int64_t tell_copy(const struct hythe_call *call, struct transfer *t, int64_t result)
{
    struct lg_event event = {.name = "copy",
                             .direction = 'm',
                             .complete = result >= 0,
                             .path = lg_path_of_view(call, call->file->path),
                             .to = t->copied_to,
                             .bytes_copied = t->copied,
                             .result = result};

    result = lg_end(call, &event, t->start, result);
    free(t->copied_to);
    t->copied_to = NULL;
    t->copied = 0;
    return result;
}

/* ---- Operations ---- */

int64_t lg_open(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    struct transfer *t;
    struct lg_event event;
    int64_t start, r = lg_begin(call, &start);

    if (r < 0)
        return r;
    t = calloc(1, sizeof(*t));
    if (!t)
        return -ENOMEM;
    t->start = start;
    (void)pthread_mutex_init(&t->lock, NULL);
    r = hythe_next_open(call, arg);
    if (r >= 0) {
        *call->slot = t;
        return r;
    }
    event = event_of(arg->access, t, lg_path_of_view(call, call->file->path), r);
    free_transfer(t);
    return lg_end(call, &event, start, r);
}

int64_t lg_read(const struct hythe_call *call, struct hythe_read_arg *arg)
{
    struct transfer *t = *call->slot;
    int64_t r = hythe_next_read(call, arg);

    if (r < 0)
        fail(t, r);
    else
        atomic_fetch_add_explicit(&t->bytes_read, (uint64_t)r, memory_order_relaxed);
    return r;
}

int64_t lg_write(const struct hythe_call *call, struct hythe_write_arg *arg)
{
    struct transfer *t = *call->slot;
    int64_t r = hythe_next_write(call, arg);

    if (r < 0)
        fail(t, r);
    else
        atomic_fetch_add_explicit(&t->bytes_written, (uint64_t)r, memory_order_relaxed);
    return r;
}

/* Comes in slices; a line is written when the target changes or the source is closed. */
int64_t lg_copy(const struct hythe_call *call, struct hythe_copy_arg *arg)
{
    struct transfer *t = *call->slot;
    const char *target = arg->size >= sizeof(*arg) && arg->target ? arg->target->path : "";
    int64_t r = hythe_next_copy(call, arg);
    char *to;

    if (r <= 0)
        return r;
    to = lg_path_of_view(call, target);
    (void)pthread_mutex_lock(&t->lock);
    if (t->copied_to && to && strcmp(t->copied_to, to) != 0)
        r = tell_copy(call, t, r);
    if (!t->copied_to) {
        t->copied_to = to;
        to = NULL;
    }
    t->copied += r > 0 ? (uint64_t)r : 0;
    (void)pthread_mutex_unlock(&t->lock);
    free(to);
    return r;
}

int64_t lg_close(const struct hythe_call *call, struct hythe_close_arg *arg)
{
    struct transfer *t = *call->slot;
    struct lg_event event;
    int64_t r = hythe_next_close(call, arg), result;

    if (!t) /* a directory */
        return r;
    *call->slot = NULL;
    result = atomic_load(&t->failure);
    if (t->copied)
        r = tell_copy(call, t, r);
    event = event_of(call->file->access, t, lg_path_of_view(call, call->file->path), result < 0 ? result : r);
    event.aborted = arg->flags & HYTHE_CLOSE_ABORTED;
    event.complete = event.result >= 0 && !event.aborted;
    r = lg_end(call, &event, t->start, r);
    free_transfer(t);
    return r;
}

int64_t lg_fsetattr(const struct hythe_call *call, struct hythe_fsetattr_arg *arg)
{
    struct lg_event event;
    int64_t start, r = lg_begin(call, &start);

    if (r < 0)
        return r;
    r = hythe_next_fsetattr(call, arg);
    event = (struct lg_event){.name = "setattr",
                              .direction = 'm',
                              .complete = r >= 0,
                              .path = lg_path_of_view(call, call->file->path),
                              .attributes = arg->attrs->valid,
                              .result = r};
    return lg_end(call, &event, start, r);
}
