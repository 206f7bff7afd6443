/* Memory that all plugins of a server share: what stands behind host->memory_take() and memory_give(). It counts, it
 * doesn't allocate. Whoever waits is served in the order in which the waiting began, so that a large part isn't
 * overtaken by small ones for ever. */
#ifndef HY_VFS_BUDGET_H
#define HY_VFS_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct hy_budget;
struct hy_budget *hy_budget_new(size_t limit); /* NULL: out of memory */
void hy_budget_free(struct hy_budget *budget);

/* 0, -ENOBUFS for more than all of it, or when it isn't there now and `cancelled` is NULL; otherwise waits, at most
 * until *cancelled is true (-ECANCELED), which hy_budget_wake() makes it look at. */
int hy_budget_take(struct hy_budget *budget, size_t bytes, const atomic_bool *cancelled);
void hy_budget_give(struct hy_budget *budget, size_t bytes);
void hy_budget_wake(struct hy_budget *budget);
/* Bytes taken now, and of how many. */
void hy_budget_state(struct hy_budget *budget, size_t *used, size_t *limit);

#endif
