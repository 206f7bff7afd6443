#include "core/base/watch.h"
#include "core/base/err.h"
#include "core/base/thread.h"

#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

enum { TRIES = 500 }; /* to get the lock for a last look */

struct hy_watchdog {
    const struct hy_log *log;
    pthread_mutex_t lock; /* held while watches are looked at or the list changes */
    pthread_cond_t stop;  /* what is about the thread has changed */
    pthread_t thread;
    bool running; /* it isn't joined yet */
    bool ending, ended;
    bool telling; /* the log is told of a watch, which may take any time */
    struct hy_watch *first;
    atomic_uint now; /* in ticks */
};

struct hy_watchdog *hy_watchdog_new(const struct hy_log *log)
{
    struct hy_watchdog *dog = calloc(1, sizeof *dog);
    pthread_condattr_t attr;

    if (!dog)
        return NULL;
    dog->log = log;
    (void)pthread_mutex_init(&dog->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&dog->stop, &attr);
    (void)pthread_condattr_destroy(&attr);
    atomic_init(&dog->now, 1);
    return dog;
}

void hy_watchdog_free(struct hy_watchdog *dog)
{
    if (!dog)
        return;
    (void)hy_watchdog_stop(dog, NULL);
    if (dog->running)
        (void)pthread_join(dog->thread, NULL);
    (void)pthread_cond_destroy(&dog->stop);
    (void)pthread_mutex_destroy(&dog->lock);
    free(dog);
}

/* ---- Looking ---- */

/* With the lock: whoever is held can't end before it is given back. */
static bool hold(struct hy_watch *w)
{
    int working = HY_WATCH_WORKING;

    return atomic_compare_exchange_strong(&w->state, &working, HY_WATCH_HELD);
}

static void let_go(struct hy_watch *w)
{
    int held = HY_WATCH_HELD;

    (void)atomic_compare_exchange_strong(&w->state, &held, HY_WATCH_WORKING);
}

static bool late(const struct hy_watch *w, unsigned now)
{
    return now >= atomic_load_explicit(&w->deadline, memory_order_relaxed);
}

struct named {
    uint64_t conn;
    unsigned limit;
    char what[512];
};

/* With the lock: what is held is said, for a line that is written without it. */
static void name(const struct hy_watch *w, struct named *out)
{
    out->conn = w->conn;
    out->limit = w->limit;
    out->what[0] = '\0';
    w->describe(w->ctx, out->what, sizeof out->what);
}

/* One that was named stays held, so that it isn't named again. */
static bool cut_off(struct hy_watch *w, unsigned now, struct named *out)
{
    if (!late(w, now) || !hold(w))
        return false;
    if (!late(w, now)) { /* it ended and began again in between */
        let_go(w);
        return false;
    }
    name(w, out);
    w->cut(w->owner);
    return true;
}

static bool next_late(struct hy_watchdog *dog, unsigned now, struct named *out)
{
    bool found = false;

    (void)pthread_mutex_lock(&dog->lock);
    for (struct hy_watch *w = dog->first; w && !found; w = w->next)
        found = cut_off(w, now, out);
    if (dog->telling != found)
        (void)pthread_cond_broadcast(&dog->stop);
    dog->telling = found;
    (void)pthread_mutex_unlock(&dog->lock);
    return found;
}

void hy_watchdog_tick(struct hy_watchdog *dog)
{
    unsigned now = atomic_fetch_add(&dog->now, 1) + 1;
    struct named n;

    while (next_late(dog, now, &n))
        hy_log_number(dog->log, HY_LOG_ERROR, n.conn, HY_ERROR_IO,
                      "a call hasn't returned for %u seconds: %s; the connection is cut off", n.limit, n.what);
}

/* The number index of those that work, as far as the list stays as it is meanwhile. */
static bool nth_working(struct hy_watchdog *dog, size_t index, struct named *out)
{
    bool found = false;

    (void)pthread_mutex_lock(&dog->lock);
    for (struct hy_watch *w = dog->first; w && !found; w = w->next) {
        bool held = hold(w);

        if (!held && atomic_load(&w->state) != HY_WATCH_HELD)
            continue;
        found = index-- == 0;
        if (found)
            name(w, out);
        if (held)
            let_go(w);
    }
    (void)pthread_mutex_unlock(&dog->lock);
    return found;
}

void hy_watchdog_report(struct hy_watchdog *dog)
{
    struct named n;

    for (size_t i = 0; nth_working(dog, i, &n); i++)
        hy_log(dog->log, HY_LOG_ERROR, n.conn, "still in a call: %s", n.what);
}

/* ---- Its thread ---- */

static void *watch(void *ctx)
{
    struct hy_watchdog *dog = ctx;
    struct timespec next;

    (void)clock_gettime(CLOCK_MONOTONIC, &next);
    (void)pthread_mutex_lock(&dog->lock);
    while (!dog->ending) {
        next.tv_sec++;
        while (!dog->ending && pthread_cond_timedwait(&dog->stop, &dog->lock, &next) == 0)
            ;
        (void)pthread_mutex_unlock(&dog->lock);
        hy_watchdog_tick(dog);
        (void)pthread_mutex_lock(&dog->lock);
    }
    dog->ended = true;
    (void)pthread_cond_broadcast(&dog->stop);
    (void)pthread_mutex_unlock(&dog->lock);
    return NULL;
}

int hy_watchdog_start(struct hy_watchdog *dog)
{
    (void)pthread_mutex_lock(&dog->lock);
    dog->ending = false;
    if (dog->ended) {
        (void)pthread_join(dog->thread, NULL);
        dog->running = dog->ended = false;
    }
    if (!dog->running)
        dog->running = hy_thread_start(&dog->thread, watch, dog) == 0;
    (void)pthread_mutex_unlock(&dog->lock);
    return dog->running ? 0 : -1;
}

bool hy_watchdog_stop(struct hy_watchdog *dog, const struct timespec *until)
{
    bool ended;
    int rc = 0;

    (void)pthread_mutex_lock(&dog->lock);
    dog->ending = true;
    (void)pthread_cond_broadcast(&dog->stop);
    while (dog->running && !dog->ended && rc == 0)
        rc = until && dog->telling ? pthread_cond_timedwait(&dog->stop, &dog->lock, until)
                                   : pthread_cond_wait(&dog->stop, &dog->lock);
    ended = !dog->running || dog->ended;
    (void)pthread_mutex_unlock(&dog->lock);
    return ended;
}

/* ---- Being watched ---- */

void hy_watch_add(struct hy_watchdog *dog, struct hy_watch *w, uint64_t conn, void (*cut)(void *owner), void *owner)
{
    *w = (struct hy_watch){.dog = dog, .now = &dog->now, .conn = conn, .cut = cut, .owner = owner};
    atomic_init(&w->thread, pthread_self());
    atomic_init(&w->deadline, UINT_MAX);
    atomic_init(&w->state, HY_WATCH_IDLE);
    (void)pthread_mutex_lock(&dog->lock);
    w->next = dog->first;
    if (w->next)
        w->next->before = w;
    dog->first = w;
    (void)pthread_mutex_unlock(&dog->lock);
}

void hy_watch_remove(struct hy_watch *w)
{
    struct hy_watchdog *dog = w->dog;

    (void)pthread_mutex_lock(&dog->lock);
    *(w->before ? &w->before->next : &dog->first) = w->next;
    if (w->next)
        w->next->before = w->before;
    (void)pthread_mutex_unlock(&dog->lock);
}

void hy_watch_end(struct hy_watch *w)
{
    if (atomic_exchange(&w->state, HY_WATCH_IDLE) != HY_WATCH_HELD)
        return;
    (void)pthread_mutex_lock(&w->dog->lock);
    (void)pthread_mutex_unlock(&w->dog->lock);
}

const struct hy_watch *hy_watchdog_last(struct hy_watchdog *dog, bool *busy)
{
    static const struct timespec moment = {.tv_nsec = 1000000};
    const struct hy_watch *found = NULL;
    int tries = 0;

    while (pthread_mutex_trylock(&dog->lock))
        if (++tries == TRIES || nanosleep(&moment, NULL))
            return NULL;
    for (const struct hy_watch *w = dog->first; w; w = w->next) {
        if (!pthread_equal(atomic_load(&w->thread), pthread_self()))
            continue;
        *busy = atomic_load(&w->state) != HY_WATCH_IDLE;
        found = w;
        if (*busy)
            break;
    }
    return found;
}
