#include "core/event/event.h"
#include "core/event/turn.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* What all parameters begin with. */
struct head {
    size_t size;
    struct hythe_server *server;
};

/* One event that is being told, on the stack of whoever fires it. */
struct firing {
    struct hy_firing what;
    enum { WAITING, TOLD, DROPPED } state;
    struct firing *next; /* in the queue */
};

struct hy_events {
    struct hythe_server *server;
    struct hythe_events handlers;
    void *ctx;
    bool queued;
    int fd; /* readable while something is queued */
    pthread_mutex_t lock;
    pthread_cond_t told; /* somebody's state has changed */
    struct firing *first, **last;
    unsigned waiting;   /* in the queue */
    atomic_bool closed; /* no handler is begun any more */
    bool running;
    struct hy_file_events files;
};

/* Where a thread is: in a handler, or in a call of the program's, perhaps inside of those of another server. */
static _Thread_local struct hy_stay *hy_events_here;

struct hy_events *hy_events_new(struct hythe_server *server)
{
    struct hy_events *events = calloc(1, sizeof *events);

    if (!events)
        return NULL;
    events->server = server;
    events->last = &events->first;
    events->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (events->fd < 0) {
        free(events);
        return NULL;
    }
    (void)pthread_mutex_init(&events->lock, NULL);
    (void)pthread_cond_init(&events->told, NULL);
    hy_file_events_init(&events->files, events);
    return events;
}

void hy_events_free(struct hy_events *events)
{
    if (!events)
        return;
    hy_file_events_fini(&events->files);
    (void)close(events->fd);
    (void)pthread_cond_destroy(&events->told);
    (void)pthread_mutex_destroy(&events->lock);
    free(events);
}

void hy_events_set(struct hy_events *events, const struct hythe_events *handlers, void *ctx)
{
    events->handlers = (struct hythe_events){0};
    if (handlers)
        memcpy(&events->handlers, handlers, handlers->size < sizeof *handlers ? handlers->size : sizeof *handlers);
    events->handlers.size = sizeof events->handlers;
    events->ctx = ctx;
    events->closed = false;
}

void hy_events_queue(struct hy_events *events, bool queued)
{
    events->queued = queued;
}

bool hy_events_queued(const struct hy_events *events)
{
    return events->queued;
}

struct hy_file_events *hy_events_files(struct hy_events *events)
{
    return &events->files;
}

bool hy_events_has(const struct hy_events *events, enum hy_event which)
{
    if (!events)
        return false;
    switch (which) {
#define HYTHE_EVENT(name) \
    case HY_EVENT_##name: \
        return events->handlers.name;
        HYTHE_EVENTS
#undef HYTHE_EVENT
    case HY_EVENT_COUNT:
        break;
    }
    return false;
}

const char *hy_event_name(enum hy_event which)
{
    static const char *const names[] = {
#define HYTHE_EVENT(name) [HY_EVENT_##name] = #name,
        HYTHE_EVENTS
#undef HYTHE_EVENT
    };
    return names[which];
}

static size_t size_of(enum hy_event which)
{
    static const size_t sizes[] = {
#define HYTHE_EVENT(name) [HY_EVENT_##name] = sizeof(struct hythe_##name),
        HYTHE_EVENTS
#undef HYTHE_EVENT
    };
    return sizes[which];
}

static void tell(const struct hy_events *events, const struct hy_firing *what)
{
    struct hy_stay stay = {.events = events, .firing = what, .outer = hy_events_here};

    hy_events_here = &stay;
    switch (what->which) {
#define HYTHE_EVENT(name) \
    case HY_EVENT_##name: \
        events->handlers.name(events->ctx, what->parameters); \
        break;
        HYTHE_EVENTS
#undef HYTHE_EVENT
    case HY_EVENT_COUNT:
        break;
    }
    hy_events_here = stay.outer;
}

/* Whether the thread is the program's, as far as this server is concerned. */
static bool is_the_programs(const struct hy_events *events)
{
    const struct hy_stay *p = hy_events_here;

    while (p && p->events != events)
        p = p->outer;
    return p;
}

/* With the lock. */
static void mark(struct hy_events *events)
{
    (void)eventfd_write(events->fd, 1);
}

static bool wait_in_queue(struct hy_events *events, const struct hy_firing *what)
{
    struct firing mine = {.what = *what, .state = WAITING};

    (void)pthread_mutex_lock(&events->lock);
    if (events->closed)
        mine.state = DROPPED;
    else {
        *events->last = &mine;
        events->last = &mine.next;
        events->waiting++;
        mark(events);
    }
    while (mine.state == WAITING)
        (void)pthread_cond_wait(&events->told, &events->lock);
    (void)pthread_mutex_unlock(&events->lock);
    return mine.state == TOLD;
}

static bool fire(struct hy_events *events, const struct hy_firing *what)
{
    if (!hy_events_has(events, what->which) || events->closed)
        return false;
    *(struct head *)what->parameters = (struct head){size_of(what->which), events->server};
    if (events->queued && !is_the_programs(events))
        return wait_in_queue(events, what);
    tell(events, what);
    return true;
}

bool hy_events_fire(struct hy_events *events, enum hy_event which, uint64_t connection, void *parameters)
{
    return fire(events, &(struct hy_firing){which, connection, parameters, NULL});
}

bool hy_events_fire_call(struct hy_events *events, enum hy_event which, const struct hythe_call *call, void *parameters)
{
    return fire(events, &(struct hy_firing){which, call->session->id, parameters, call});
}

/* With the lock. */
static struct firing *take(struct hy_events *events)
{
    struct firing *f = events->first;
    eventfd_t count;

    if (f) {
        events->waiting--;
        events->first = f->next;
        if (!events->first)
            events->last = &events->first;
    }
    if (!events->first)
        (void)eventfd_read(events->fd, &count);
    return f;
}

/* What waits now: those who went on may be back before the last of it has run, and so for ever. */
static int run_queue(struct hy_events *events)
{
    struct firing *f;
    int count = 0;
    unsigned left;

    (void)pthread_mutex_lock(&events->lock);
    for (left = events->waiting; left && (f = take(events)); left--) {
        (void)pthread_mutex_unlock(&events->lock);
        tell(events, &f->what);
        count++;
        (void)pthread_mutex_lock(&events->lock);
        f->state = TOLD;
        (void)pthread_cond_broadcast(&events->told);
    }
    (void)pthread_mutex_unlock(&events->lock);
    return count;
}

/* Whether this thread is the one that runs the queue now. */
static bool begin_running(struct hy_events *events)
{
    bool mine;

    (void)pthread_mutex_lock(&events->lock);
    mine = !events->running;
    events->running = true;
    (void)pthread_mutex_unlock(&events->lock);
    return mine;
}

static void end_running(struct hy_events *events)
{
    (void)pthread_mutex_lock(&events->lock);
    events->running = false;
    (void)pthread_mutex_unlock(&events->lock);
}

int hy_events_do(struct hy_events *events, unsigned ms)
{
    struct pollfd fd = {.fd = events->fd, .events = POLLIN};
    int count;

    if (!begin_running(events))
        return 0;
    (void)poll(&fd, 1, (int)ms);
    count = run_queue(events);
    end_running(events);
    return count;
}

int hy_events_fd(const struct hy_events *events)
{
    return events->fd;
}

void hy_events_close(struct hy_events *events)
{
    struct firing *f;

    (void)pthread_mutex_lock(&events->lock);
    events->closed = true;
    while ((f = take(events)))
        f->state = DROPPED;
    (void)pthread_cond_broadcast(&events->told);
    (void)pthread_mutex_unlock(&events->lock);
}

/* ---- Where a thread is ---- */

void hy_events_enter(struct hy_events *events, struct hy_stay *stay)
{
    *stay = (struct hy_stay){.events = events, .outer = hy_events_here};
    hy_events_here = stay;
}

void hy_events_leave(const struct hy_stay *stay)
{
    hy_events_here = stay->outer;
}

void hy_events_engage(const struct hy_events *events, bool engaged)
{
    struct hy_stay *p = hy_events_here;

    while (p && (p->events != events || p->firing))
        p = p->outer;
    if (p)
        p->engaged = engaged;
}

bool hy_events_engaged(void)
{
    const struct hy_stay *p = hy_events_here;

    while (p && !p->engaged)
        p = p->outer;
    return p;
}

bool hy_events_inside(struct hy_events *events, struct hy_firing *out)
{
    const struct hy_stay *p = hy_events_here;

    while (p && (p->events != events || !p->firing))
        p = p->outer;
    if (p && out)
        *out = *p->firing;
    return p;
}

bool hy_events_within(const struct hy_events *events, enum hy_event which)
{
    const struct hy_stay *p = hy_events_here;

    while (p && !(p->events == events && p->firing && p->firing->which == which))
        p = p->outer;
    return p;
}
