/* What the sessions of a server have open, and what they lock in it: byte ranges, and the block modes that an open
 * begins with. Files are known by their identity alone, so that all names and all mounts of one meet. A server has one
 * table for as long as it lives, whatever is reloaded; nothing here waits, and no plugin is called. */
#ifndef HY_VFS_LOCKS_H
#define HY_VFS_LOCKS_H

#include "core/vfs/status.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* Statuses that only locks lead to. */
#define HY_LOCK_CONFLICT HYTHE_STATUS(SSH_FX_LOCK_CONFLICT)
#define HY_RANGE_CONFLICT HYTHE_STATUS(SSH_FX_BYTE_RANGE_LOCK_CONFLICT)
#define HY_RANGE_REFUSED HYTHE_STATUS(SSH_FX_BYTE_RANGE_LOCK_REFUSED)
#define HY_DELETE_PENDING HYTHE_STATUS(SSH_FX_DELETE_PENDING)
#define HY_RANGE_NOT_HELD HYTHE_STATUS(SSH_FX_NO_MATCHING_BYTE_RANGE_LOCK)

struct hy_locks;
struct hy_locks *hy_locks_new(void); /* NULL: out of memory */
/* After the last session. NULL is allowed. */
void hy_locks_free(struct hy_locks *locks);

/* A session's side of it. Used by one thread at a time. */
struct hy_locker {
    struct hy_locks *table; /* NULL: there are no locks here */
    unsigned held, max;     /* byte ranges */
};

struct hy_locked; /* a file that somebody has open */

/* An open file's side of it, for as long as it is open; all zero before. Doesn't move. */
struct hy_hold {
    struct hy_locker *who;
    struct hy_locked *file;     /* NULL: not in the table */
    const atomic_uint *binding; /* of the file: how many ranges bind reads and writes. Never NULL once it is begun */
    struct hy_hold *next, **at; /* of those of the same file */
    uint32_t uses;              /* HYTHE_LOCK_READ, WRITE, DELETE: what it is open for */
    bool dying;                 /* its close deletes the file */
    uint32_t denies;            /* HYTHE_LOCK_*: what no other handle may be open for */
    unsigned ranges;
};

/* Bytes from first to last; to UINT64_MAX there is no end. */
struct hy_span {
    uint64_t first, last;
};
/* len 0: nothing, which is told by last < first. */
struct hy_span hy_span_of(uint64_t offset, uint64_t len);

/* Before anything else is asked of a hold: it has no identity yet, or will never have one. */
void hy_hold_begin(struct hy_hold *hold, struct hy_locker *who);

/* Counts the hold among the handles of a file. `access`: HYTHE_OPEN_*. 0; HY_LOCK_CONFLICT, HY_DELETE_PENDING, -ENOMEM:
 * it isn't among them. */
int64_t hy_hold_enter(struct hy_hold *hold, const struct hythe_identity *identity, uint32_t access);
/* Gives back all that it has. A hold that isn't in the table is left as it is. */
void hy_hold_leave(struct hy_hold *hold);
bool hy_hold_is(const struct hy_hold *hold, const struct hythe_identity *identity);

/* Takes a range and remembers (offset, len) as what it is called by. 0, HY_RANGE_REFUSED, -ENOMEM. */
int64_t hy_hold_lock(struct hy_hold *hold, uint64_t offset, uint64_t len, struct hy_span span, uint32_t kind);
/* The span of a range that is called so; false when the hold has none. */
bool hy_hold_find(const struct hy_hold *hold, uint64_t offset, uint64_t len, struct hy_span *span);
void hy_hold_unlock(struct hy_hold *hold, uint64_t offset, uint64_t len);

/* The one test that reads and writes pay for: whether the file has ranges that may bind them. */
static inline bool hy_hold_bound(const struct hy_hold *hold)
{
    return atomic_load_explicit(hold->binding, memory_order_acquire) != 0;
}
/* Whether reading or writing (HYTHE_LOCK_READ, WRITE) is free of others' mandatory ranges: 0 or HY_RANGE_CONFLICT. */
int64_t hy_hold_check(const struct hy_hold *hold, uint32_t what, struct hy_span span);

/* Whether anything in the table could hold off what is done by name. */
bool hy_locks_any(const struct hy_locker *who);
/* Whether it is free of mandatory locks: ranges of others, block modes of any handle but `self` (NULL: by name). 0,
 * HY_LOCK_CONFLICT, HY_RANGE_CONFLICT. */
int64_t hy_locks_check(const struct hy_locker *who, const struct hythe_identity *identity, const struct hy_hold *self,
                       uint32_t what, struct hy_span span);
/* Whether a handle has the file open that deletes it on its close. */
bool hy_locks_dying(const struct hy_locker *who, const struct hythe_identity *identity);

#endif
