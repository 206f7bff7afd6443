/* Notices calls that don't return. Whoever may be held up says when work begins and ends; a watchdog that counts
 * seconds names what takes too long in the log, once, and cuts off whoever it is for. Beginning, going on and ending
 * cost a few stores and one exchange, no lock and no look at a clock. */
#ifndef HY_BASE_WATCH_H
#define HY_BASE_WATCH_H

#include "core/base/log.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Says what is being done, for a line of the log. Runs on the watchdog's thread while the work goes on, or has just
 * gone on to other work of the same begin and end: what it looks at must not go away before the end. */
typedef void hy_watch_describe(void *ctx, char *out, size_t size);

struct hy_watchdog;

/* One who works, on one thread at a time. All of it is the watchdog's own. */
struct hy_watch {
    struct hy_watch *next, *before;
    struct hy_watchdog *dog;
    const atomic_uint *now;
    uint64_t conn;
    void (*cut)(void *owner);
    void *owner;
    unsigned limit;
    hy_watch_describe *describe;
    void *ctx;
    _Atomic(pthread_t) thread; /* that works, or was the last to */
    atomic_uint deadline;
    atomic_int state;
};

enum { HY_WATCH_IDLE, HY_WATCH_WORKING, HY_WATCH_HELD };

struct hy_watchdog *hy_watchdog_new(const struct hy_log *log); /* NULL: out of memory */
/* A thread that ticks once a second, unless there is one. 0 or -1. Without it only the calls below notice anything. */
int hy_watchdog_start(struct hy_watchdog *dog);
/* Ends that thread and waits for it; if the log keeps it, until then (CLOCK_MONOTONIC; NULL: for ever). Whether it has
 * ended. */
bool hy_watchdog_stop(struct hy_watchdog *dog, const struct timespec *until);
/* Nothing may be watched any more. */
void hy_watchdog_free(struct hy_watchdog *dog);
/* A second is over. */
void hy_watchdog_tick(struct hy_watchdog *dog);
/* Logs all that is being worked at now. */
void hy_watchdog_report(struct hy_watchdog *dog);

/* The watch lives until it is removed. cut(owner) is called between a begin and an end, on the watchdog's thread, when
 * that takes too long; it must not block or call the watchdog. conn is for the log. */
void hy_watch_add(struct hy_watchdog *dog, struct hy_watch *w, uint64_t conn, void (*cut)(void *owner), void *owner);
void hy_watch_remove(struct hy_watch *w);

/* It goes on: the time counts from here. */
static inline void hy_watch_again(struct hy_watch *w)
{
    unsigned now = atomic_load_explicit(w->now, memory_order_relaxed);

    atomic_store_explicit(&w->deadline, w->limit ? now + w->limit : UINT_MAX, memory_order_relaxed);
}

/* limit: seconds, about; 0: for ever. */
static inline void hy_watch_begin(struct hy_watch *w, unsigned limit, hy_watch_describe *describe, void *ctx)
{
    w->limit = limit;
    w->describe = describe;
    w->ctx = ctx;
    atomic_store_explicit(&w->thread, pthread_self(), memory_order_relaxed);
    hy_watch_again(w);
    atomic_store_explicit(&w->state, HY_WATCH_WORKING, memory_order_release);
}

/* Waits for the watchdog if it is just looking here. */
void hy_watch_end(struct hy_watch *w);

/* For a handler of this thread's own fault, which ends the process: what the thread works for, and in *busy whether it
 * is between a begin and an end. The watchdog stands still from now on. NULL: for nothing that is watched, or the list
 * can't be had. */
const struct hy_watch *hy_watchdog_last(struct hy_watchdog *dog, bool *busy);

#endif
