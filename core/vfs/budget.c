#include "core/vfs/budget.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

/* One that waits, on its own stack. */
struct waiter {
    struct waiter *next;
};

struct hy_budget {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t limit, used;
    struct waiter *first;
};

struct hy_budget *hy_budget_new(size_t limit)
{
    struct hy_budget *budget = calloc(1, sizeof *budget);

    if (!budget)
        return NULL;
    (void)pthread_mutex_init(&budget->lock, NULL);
    (void)pthread_cond_init(&budget->changed, NULL);
    budget->limit = limit;
    return budget;
}

void hy_budget_free(struct hy_budget *budget)
{
    if (!budget)
        return;
    (void)pthread_cond_destroy(&budget->changed);
    (void)pthread_mutex_destroy(&budget->lock);
    free(budget);
}

static bool fits(const struct hy_budget *budget, size_t bytes)
{
    return bytes <= budget->limit - budget->used;
}

/* With the lock. */
static int wait_for(struct hy_budget *budget, size_t bytes, const atomic_bool *cancelled)
{
    struct waiter self = {NULL}, **at = &budget->first;
    int rc = 0;

    while (*at)
        at = &(*at)->next;
    *at = &self;
    while (!atomic_load(cancelled) && (budget->first != &self || !fits(budget, bytes)))
        (void)pthread_cond_wait(&budget->changed, &budget->lock);
    if (budget->first != &self || !fits(budget, bytes))
        rc = -ECANCELED;
    for (at = &budget->first; *at != &self; at = &(*at)->next)
        ;
    *at = self.next;
    (void)pthread_cond_broadcast(&budget->changed); /* the next may fit too */
    return rc;
}

int hy_budget_take(struct hy_budget *budget, size_t bytes, const atomic_bool *cancelled)
{
    int rc = 0;

    if (bytes > budget->limit)
        return -ENOBUFS;
    (void)pthread_mutex_lock(&budget->lock);
    if (budget->first || !fits(budget, bytes))
        rc = cancelled ? wait_for(budget, bytes, cancelled) : -ENOBUFS;
    if (rc == 0)
        budget->used += bytes;
    (void)pthread_mutex_unlock(&budget->lock);
    return rc;
}

void hy_budget_give(struct hy_budget *budget, size_t bytes)
{
    (void)pthread_mutex_lock(&budget->lock);
    budget->used -= bytes < budget->used ? bytes : budget->used;
    if (budget->first)
        (void)pthread_cond_broadcast(&budget->changed);
    (void)pthread_mutex_unlock(&budget->lock);
}

void hy_budget_wake(struct hy_budget *budget)
{
    (void)pthread_mutex_lock(&budget->lock);
    (void)pthread_cond_broadcast(&budget->changed);
    (void)pthread_mutex_unlock(&budget->lock);
}

void hy_budget_state(struct hy_budget *budget, size_t *used, size_t *limit)
{
    (void)pthread_mutex_lock(&budget->lock);
    *used = budget->used;
    *limit = budget->limit;
    (void)pthread_mutex_unlock(&budget->lock);
}
