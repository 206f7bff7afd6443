/* The events of an embedding program, inside of the core: one dispatcher per server, which runs handlers on the spot or
 * queues them for hythe_DoEvents(). */
#ifndef HY_EVENT_EVENT_H
#define HY_EVENT_EVENT_H

#include "hythe/events.h"

#include <stdbool.h>

enum hy_event {
#define HYTHE_EVENT(name) HY_EVENT_##name,
    HYTHE_EVENTS
#undef HYTHE_EVENT
        HY_EVENT_COUNT,
    HY_EVENT_None = HY_EVENT_COUNT /* of ops.def */
};

struct hy_events;
struct hythe_call;

/* server: what events tell handlers. NULL: out of memory. */
struct hy_events *hy_events_new(struct hythe_server *server);
/* Nothing may be going on in it any more. */
void hy_events_free(struct hy_events *events);

/* The handlers, copied up to the smaller size; NULL for none. Before anything fires. */
void hy_events_set(struct hy_events *events, const struct hythe_events *handlers, void *ctx);
/* Whether handlers run in hy_events_do() instead of on the spot (ProcessIdleEvents=false). Before anything fires. */
void hy_events_queue(struct hy_events *events, bool queued);
bool hy_events_queued(const struct hy_events *events);

/* "Connected" and so on. */
const char *hy_event_name(enum hy_event which);

/* Whether there is a handler. events NULL: no. From any thread. */
bool hy_events_has(const struct hy_events *events, enum hy_event which);

/* Runs the handler, with *parameters (struct hythe_<name>, whose size and server are filled in here), and returns when
 * it has: true. False, with the parameters as they were, when there is none, or nobody runs queued ones any more. From
 * any thread. */
bool hy_events_fire(struct hy_events *events, enum hy_event which, uint64_t connection, void *parameters);
/* The same of an event that is about a call of a layer, of its session. */
bool hy_events_fire_call(struct hy_events *events, enum hy_event which, const struct hythe_call *call,
                         void *parameters);

/* Around a call that the program makes: what fires on its thread meanwhile runs on the spot, for nobody else may be
 * there to run it. May be nested; `stay` is on the caller's stack. */
struct hy_firing;
struct hy_stay {
    const struct hy_events *events;
    const struct hy_firing *firing; /* NULL: in a call, not in a handler */
    bool engaged;                   /* others may wait for the call */
    struct hy_stay *outer;
};
void hy_events_enter(struct hy_events *events, struct hy_stay *stay);
void hy_events_leave(const struct hy_stay *stay);
/* The call that the thread is in has something that others wait for, or no more. */
void hy_events_engage(const struct hy_events *events, bool engaged);
/* Whether that is so of any call that it is in, of whatever server. */
bool hy_events_engaged(void);

/* Runs what is queued by now; waits for the first for at most `ms`. How many ran. A second thread's call returns 0. */
int hy_events_do(struct hy_events *events, unsigned ms);
/* Readable while something is queued. */
int hy_events_fd(const struct hy_events *events);
/* From now on no handler is begun: what is queued and what fires later is answered with false, until hy_events_set().
 * For the end of a server whose owner lets it go while something of it is stuck. */
void hy_events_close(struct hy_events *events);

/* What the calling thread's handler is about: true while it is in one. Each out may be NULL. */
struct hy_firing {
    enum hy_event which;
    uint64_t connection;
    void *parameters;
    const struct hythe_call *call; /* NULL: it is about none */
};
bool hy_events_inside(struct hy_events *events, struct hy_firing *out);
/* Whether it is in a handler of that event, at whatever depth. */
bool hy_events_within(const struct hy_events *events, enum hy_event which);

#endif
