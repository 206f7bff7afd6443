#include "core/base/pool.h"
#include "core/base/thread.h"

#include <stdlib.h>
#include <time.h>

enum { IDLE_SECONDS = 10 }; /* after which a thread without work ends */

struct hy_pool {
    pthread_mutex_t lock;
    pthread_cond_t work, gone;
    struct hy_task *first, **last;
    unsigned max, threads, idle;
    unsigned waiting; /* tasks */
    bool ending;
    struct hy_leaving left;
};

static void init_clocked(pthread_cond_t *cond)
{
    pthread_condattr_t attr;

    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(cond, &attr);
    (void)pthread_condattr_destroy(&attr);
}

struct hy_pool *hy_pool_new(unsigned max_threads)
{
    struct hy_pool *pool = calloc(1, sizeof *pool);

    if (!pool)
        return NULL;
    (void)pthread_mutex_init(&pool->lock, NULL);
    init_clocked(&pool->work);
    init_clocked(&pool->gone);
    pool->last = &pool->first;
    pool->max = max_threads ? max_threads : 1;
    return pool;
}

void hy_pool_free(struct hy_pool *pool)
{
    if (!pool)
        return;
    (void)pthread_mutex_lock(&pool->lock);
    pool->ending = true;
    (void)pthread_cond_broadcast(&pool->work);
    while (pool->threads)
        (void)pthread_cond_wait(&pool->gone, &pool->lock);
    (void)pthread_mutex_unlock(&pool->lock);
    hy_thread_rest(pool->left);
    (void)pthread_cond_destroy(&pool->work);
    (void)pthread_cond_destroy(&pool->gone);
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool);
}

unsigned hy_pool_max(const struct hy_pool *pool)
{
    return pool->max;
}

/* With the lock. NULL: time to end. */
static struct hy_task *take(struct hy_pool *pool)
{
    struct hy_task *task;
    struct timespec end;
    int rc = 0;

    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += IDLE_SECONDS;
    pool->idle++;
    while (!pool->first && !pool->ending && rc == 0)
        rc = pthread_cond_timedwait(&pool->work, &pool->lock, &end);
    pool->idle--;
    task = pool->first;
    if (!task)
        return NULL;
    pool->first = task->next;
    if (!pool->first)
        pool->last = &pool->first;
    pool->waiting--;
    return task;
}

static void *work(void *ctx)
{
    struct hy_pool *pool = ctx;
    struct hy_leaving before;
    struct hy_task *task;

    (void)pthread_mutex_lock(&pool->lock);
    while ((task = take(pool))) {
        (void)pthread_mutex_unlock(&pool->lock);
        task->run(task);
        (void)pthread_mutex_lock(&pool->lock);
    }
    pool->threads--;
    before = hy_thread_leave(&pool->left);
    (void)pthread_cond_broadcast(&pool->gone);
    (void)pthread_mutex_unlock(&pool->lock);
    hy_thread_rest(before);
    return NULL;
}

/* With the lock. */
static void add_thread(struct hy_pool *pool)
{
    pthread_t thread;

    if (hy_thread_start(&thread, work, pool) == 0)
        pool->threads++;
}

bool hy_pool_run(struct hy_pool *pool, struct hy_task *task)
{
    bool taken;

    (void)pthread_mutex_lock(&pool->lock);
    if (pool->idle <= pool->waiting && pool->threads < pool->max)
        add_thread(pool);
    taken = pool->threads > 0;
    if (taken) {
        task->next = NULL;
        *pool->last = task;
        pool->last = &task->next;
        pool->waiting++;
        (void)pthread_cond_signal(&pool->work);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return taken;
}

/* ---- Tallies ---- */

struct hy_tally {
    pthread_mutex_t lock;
    pthread_cond_t empty;
    unsigned count;
};

struct hy_tally *hy_tally_new(void)
{
    struct hy_tally *tally = calloc(1, sizeof *tally);

    if (!tally)
        return NULL;
    (void)pthread_mutex_init(&tally->lock, NULL);
    (void)pthread_cond_init(&tally->empty, NULL);
    return tally;
}

void hy_tally_enter(struct hy_tally *tally)
{
    (void)pthread_mutex_lock(&tally->lock);
    tally->count++;
    (void)pthread_mutex_unlock(&tally->lock);
}

/* Nothing of the tally is touched after the unlock, since whoever waits frees it. */
void hy_tally_leave(struct hy_tally *tally)
{
    (void)pthread_mutex_lock(&tally->lock);
    if (--tally->count == 0)
        (void)pthread_cond_broadcast(&tally->empty);
    (void)pthread_mutex_unlock(&tally->lock);
}

void hy_tally_end(struct hy_tally *tally)
{
    if (!tally)
        return;
    (void)pthread_mutex_lock(&tally->lock);
    while (tally->count)
        (void)pthread_cond_wait(&tally->empty, &tally->lock);
    (void)pthread_mutex_unlock(&tally->lock);
    (void)pthread_cond_destroy(&tally->empty);
    (void)pthread_mutex_destroy(&tally->lock);
    free(tally);
}
