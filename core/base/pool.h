/* Threads for work that may wait. They are made when there is work and none of them is free, up to a maximum, and end
 * when they had nothing to do for a while. Tasks begin in the order in which they came. */
#ifndef HY_BASE_POOL_H
#define HY_BASE_POOL_H

#include <stdbool.h>

/* Something to do, in memory of its owner, who may free it as soon as run() was called. */
struct hy_task {
    struct hy_task *next; /* the pool's own */
    void (*run)(struct hy_task *task);
};

struct hy_pool;
/* NULL: out of memory. No thread is started yet. */
struct hy_pool *hy_pool_new(unsigned max_threads);
/* Waits for the threads to end; no task may be waiting or running. */
void hy_pool_free(struct hy_pool *pool);

/* Runs the task on one of the threads, with all signals blocked. From any thread. False when there is no thread and
 * none can be made: then the task isn't taken. */
bool hy_pool_run(struct hy_pool *pool, struct hy_task *task);

unsigned hy_pool_max(const struct hy_pool *pool);

/* Counts what somebody has to wait for before memory that is in use may be freed. */
struct hy_tally;
struct hy_tally *hy_tally_new(void); /* NULL: out of memory */
void hy_tally_enter(struct hy_tally *tally);
void hy_tally_leave(struct hy_tally *tally);
/* Waits until all that entered have left, and frees the tally. NULL is allowed. */
void hy_tally_end(struct hy_tally *tally);

#endif
