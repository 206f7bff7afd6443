#include "tests/unit/gate.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

enum { FILE_SIZE = 1 << 20 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool shut[GATES];
    unsigned inside[GATES], passed[GATES];
    unsigned now, most, cancelled, aborted, written, attached;
    int opened, made;
} g = {.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER};

#define LOCKED(what) \
    do { \
        (void)pthread_mutex_lock(&g.lock); \
        what; \
        (void)pthread_cond_broadcast(&g.moved); \
        (void)pthread_mutex_unlock(&g.lock); \
    } while (0)

void gate_reset(void)
{
    LOCKED(memset(g.shut, 0, sizeof g.shut); memset(g.inside, 0, sizeof g.inside); memset(g.passed, 0, sizeof g.passed);
           g.now = g.most = g.cancelled = g.aborted = g.written = g.attached = 0; g.opened = g.made = 0);
}

void gate_shut(enum gate_of which)
{
    LOCKED(g.shut[which] = true);
}

void gate_lift(enum gate_of which)
{
    LOCKED(g.shut[which] = false);
}

void gate_await_inside(enum gate_of which, unsigned n)
{
    LOCKED(while (g.inside[which] < n)(void) pthread_cond_wait(&g.moved, &g.lock));
}

void gate_await_passed(enum gate_of which, unsigned n)
{
    LOCKED(while (g.passed[which] < n)(void) pthread_cond_wait(&g.moved, &g.lock));
}

static unsigned get(const unsigned *value)
{
    unsigned v;

    LOCKED(v = *value);
    return v;
}

unsigned gate_inside(enum gate_of which)
{
    return get(&g.inside[which]);
}

unsigned gate_passed(enum gate_of which)
{
    return get(&g.passed[which]);
}

unsigned gate_most(void)
{
    return get(&g.most);
}

unsigned gate_cancelled(void)
{
    return get(&g.cancelled);
}

unsigned gate_aborted(void)
{
    return get(&g.aborted);
}

unsigned gate_written(void)
{
    return get(&g.written);
}

unsigned gate_attached(void)
{
    return get(&g.attached);
}

int gate_opened(void)
{
    int v;

    LOCKED(v = g.opened);
    return v;
}

int gate_made(void)
{
    int v;

    LOCKED(v = g.made);
    return v;
}

static void pass(const struct hythe_call *call, enum gate_of which, uint64_t offset)
{
    (void)pthread_mutex_lock(&g.lock);
    g.now++;
    g.most = g.now > g.most ? g.now : g.most;
    g.inside[which]++;
    (void)pthread_cond_broadcast(&g.moved);
    (void)pthread_mutex_unlock(&g.lock);
    (void)sched_yield(); /* others may come in, if they are let */
    (void)pthread_mutex_lock(&g.lock);
    while (g.shut[which] && offset == 0)
        (void)pthread_cond_wait(&g.moved, &g.lock);
    g.cancelled += call && call->host->cancelled(call);
    g.inside[which]--;
    g.passed[which]++;
    g.now--;
    (void)pthread_cond_broadcast(&g.moved);
    (void)pthread_mutex_unlock(&g.lock);
}

static int attach(void *instance, const struct hythe_attach *how, void **attached)
{
    (void)instance, (void)how, (void)attached;
    pass(NULL, GATE_ATTACH, 0);
    LOCKED(g.attached++);
    return 0;
}

static void detach(void *instance, void *attached)
{
    (void)instance, (void)attached;
    LOCKED(g.attached--);
}

static bool missing(const char *path)
{
    return strncmp(path, "missing", 7) == 0;
}

static uint64_t size_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return strcmp(slash ? slash + 1 : path, "huge") == 0 ? INT64_MAX / 2 : FILE_SIZE;
}

/* By the first bytes of the name. */
static void identify(const char *path, struct hythe_identity *id)
{
    if (!id)
        return;
    *id = (struct hythe_identity){1, {0, 0}};
    memcpy(id->file, path, strnlen(path, sizeof id->file));
}

static int64_t gate_getattr(const struct hythe_call *call, struct hythe_getattr_arg *a)
{
    pass(call, GATE_STAT, 0);
    if (missing(a->path))
        return call->host->fail(call, -ENOENT, "there is no %s", a->path);
    a->attrs->valid = HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE;
    a->attrs->type = strcmp(a->path, ".") == 0 ? HYTHE_TYPE_DIRECTORY : HYTHE_TYPE_REGULAR;
    a->attrs->mode = 0755;
    a->attrs->size = size_of(a->path);
    identify(a->path, a->identity);
    return 0;
}

static int64_t gate_unlink(const struct hythe_call *call, struct hythe_unlink_arg *a)
{
    pass(call, GATE_STAT, 0);
    if (missing(a->path) || call->host->cancelled(call))
        return missing(a->path) ? -ENOENT : -ECANCELED;
    LOCKED(g.made--);
    return 0;
}

static int64_t gate_open(const struct hythe_call *call, struct hythe_open_arg *a)
{
    pass(call, GATE_OPEN, 0);
    if (missing(a->path))
        return call->host->fail(call, -ENOENT, "%s can't be opened", a->path);
    identify(a->path, a->identity);
    LOCKED(g.opened++; g.made += (a->access & HYTHE_OPEN_CREATE) != 0);
    return 0;
}

static int64_t gate_read(const struct hythe_call *call, struct hythe_read_arg *a)
{
    uint64_t size = size_of(call->file->path);
    size_t n = a->offset >= size ? 0 : (size_t)(size - a->offset);

    pass(call, GATE_READ, a->offset);
    n = n < a->len ? n : a->len;
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)a->buf)[i] = (uint8_t)((a->offset + i) % 251);
    return (int64_t)n;
}

/* The bytes must be those that read would give. */
static int64_t gate_write(const struct hythe_call *call, struct hythe_write_arg *a)
{
    pass(call, GATE_WRITE, a->offset);
    for (size_t i = 0; i < a->len; i++)
        if (((const uint8_t *)a->buf)[i] != (uint8_t)((a->offset + i) % 251))
            return -EIO;
    LOCKED(g.written += (unsigned)a->len);
    return (int64_t)a->len;
}

static int64_t gate_fsync(const struct hythe_call *call, struct hythe_fsync_arg *a)
{
    (void)call, (void)a;
    return 0;
}

static int64_t gate_close(const struct hythe_call *call, struct hythe_close_arg *a)
{
    pass(call, GATE_CLOSE, 0);
    LOCKED(g.opened--; g.aborted += (a->flags & HYTHE_CLOSE_ABORTED) != 0);
    return 0;
}

static const struct hythe_ops ops = {.size = sizeof ops,
                                     .getattr = gate_getattr,
                                     .unlink = gate_unlink,
                                     .open = gate_open,
                                     .read = gate_read,
                                     .write = gate_write,
                                     .fsync = gate_fsync,
                                     .close = gate_close};

#define GATE(called, model) \
    { \
        .abi = HYTHE_ABI, .size = sizeof(struct hythe_plugin), .kind = HYTHE_FILESYSTEM, .threads = (model), \
        .flags = HYTHE_SLOW, .name = (called), .version = "1", .summary = "waits", .attach = attach, .detach = detach, \
        .ops = &ops \
    }

const struct hythe_plugin gate_parallel = GATE("gate", HYTHE_PARALLEL);
const struct hythe_plugin gate_per_session = GATE("gate-one", HYTHE_PER_SESSION);
