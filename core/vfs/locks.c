#include "core/vfs/locks.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { SHARDS = 64, FIRST_BUCKETS = 16, LEAST_RANGES = 4 };

/* Ranges of one file never overlap, so that their order is that of their first bytes and of their last ones. */
struct range {
    struct hy_span span; /* begins at the offset that it is called by */
    uint64_t len;        /* that it is called by */
    struct hy_hold *hold;
    uint32_t kind;
};

struct hy_locked {
    struct hythe_identity id;
    struct hy_locked *next; /* in its bucket */
    struct hy_hold *holds;
    unsigned denying, dying; /* holds with block modes, holds that delete */
    atomic_uint binding;
    struct range *ranges;
    size_t count, capacity;
};

struct shard {
    pthread_mutex_t lock;
    struct hy_locked **buckets;
    size_t count, capacity; /* a power of two */
};

struct hy_locks {
    uint64_t seed;
    atomic_size_t some; /* ranges, holds with block modes, holds that delete */
    struct shard shards[SHARDS];
};

static const atomic_uint unbound;

/* ---- The table ---- */

struct hy_locks *hy_locks_new(void)
{
    struct hy_locks *locks = calloc(1, sizeof *locks);

    if (!locks)
        return NULL;
    if (getrandom(&locks->seed, sizeof locks->seed, GRND_NONBLOCK) < 0)
        locks->seed = (uint64_t)(uintptr_t)locks;
    for (size_t i = 0; i < SHARDS; i++)
        (void)pthread_mutex_init(&locks->shards[i].lock, NULL);
    return locks;
}

void hy_locks_free(struct hy_locks *locks)
{
    if (!locks)
        return;
    for (size_t i = 0; i < SHARDS; i++) {
        (void)pthread_mutex_destroy(&locks->shards[i].lock);
        free(locks->shards[i].buckets);
    }
    free(locks);
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static uint64_t hash(const struct hy_locks *locks, const struct hythe_identity *id)
{
    return mix(mix(mix(locks->seed ^ id->store) ^ id->file[0]) ^ id->file[1]);
}

static bool same(const struct hythe_identity *a, const struct hythe_identity *b)
{
    return a->store == b->store && a->file[0] == b->file[0] && a->file[1] == b->file[1];
}

static struct shard *enter(struct hy_locks *locks, const struct hythe_identity *id, uint64_t *h)
{
    struct shard *shard;

    *h = hash(locks, id);
    shard = &locks->shards[*h % SHARDS];
    (void)pthread_mutex_lock(&shard->lock);
    return shard;
}

static void leave(struct shard *shard)
{
    (void)pthread_mutex_unlock(&shard->lock);
}

static struct hy_locked **bucket(const struct shard *shard, uint64_t h)
{
    return &shard->buckets[(h / SHARDS) & (shard->capacity - 1)];
}

static struct hy_locked *find(const struct shard *shard, uint64_t h, const struct hythe_identity *id)
{
    struct hy_locked *file = shard->capacity ? *bucket(shard, h) : NULL;

    while (file && !same(&file->id, id))
        file = file->next;
    return file;
}

/* Without memory the chains grow longer; only the very first has to succeed. */
static void grow(const struct hy_locks *locks, struct shard *shard)
{
    struct shard wider = {.capacity = shard->capacity ? shard->capacity * 2 : FIRST_BUCKETS};

    wider.buckets = calloc(wider.capacity, sizeof *wider.buckets);
    if (!wider.buckets)
        return;
    for (size_t i = 0; i < shard->capacity; i++)
        for (struct hy_locked *file = shard->buckets[i], *next; file; file = next) {
            struct hy_locked **at = bucket(&wider, hash(locks, &file->id));

            next = file->next;
            file->next = *at;
            *at = file;
        }
    free(shard->buckets);
    shard->buckets = wider.buckets;
    shard->capacity = wider.capacity;
}

static struct hy_locked *make(const struct hy_locks *locks, struct shard *shard, uint64_t h,
                              const struct hythe_identity *id)
{
    struct hy_locked *file, **at;

    if (shard->count >= shard->capacity)
        grow(locks, shard);
    file = shard->capacity ? calloc(1, sizeof *file) : NULL;
    if (!file)
        return NULL;
    at = bucket(shard, h);
    file->id = *id;
    file->next = *at;
    *at = file;
    shard->count++;
    return file;
}

static void drop(struct shard *shard, uint64_t h, struct hy_locked *file)
{
    struct hy_locked **at = bucket(shard, h);

    while (*at != file)
        at = &(*at)->next;
    *at = file->next;
    shard->count--;
    free(file->ranges);
    free(file);
}

/* ---- Ranges ---- */

struct hy_span hy_span_of(uint64_t offset, uint64_t len)
{
    if (len == 0)
        return (struct hy_span){1, 0};
    return (struct hy_span){offset, len - 1 > UINT64_MAX - offset ? UINT64_MAX : offset + (len - 1)};
}

/* The first range that doesn't end before the span. */
static size_t first_at(const struct hy_locked *file, struct hy_span span)
{
    size_t low = 0, high = file->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (file->ranges[middle].span.last < span.first)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool binds(uint32_t kind, uint32_t what)
{
    return (kind & what) && !(kind & HYTHE_LOCK_ADVISORY);
}

/* How much of `binding` a range is. */
static unsigned weight(uint32_t kind)
{
    return binds(kind, HYTHE_LOCK_READ | HYTHE_LOCK_WRITE) ? 1 : 0;
}

/* Others' mandatory ranges. A file is deleted as a whole: the span has all of it then. */
static bool held_off(const struct hy_locked *file, const struct hy_locker *who, uint32_t what, struct hy_span span)
{
    for (size_t i = first_at(file, span); i < file->count && file->ranges[i].span.first <= span.last; i++)
        if (file->ranges[i].hold->who != who && binds(file->ranges[i].kind, what))
            return true;
    return false;
}

static const struct range *called(const struct hy_hold *hold, uint64_t offset, uint64_t len)
{
    const struct hy_locked *file = hold->file;
    size_t i = first_at(file, (struct hy_span){offset, offset});
    const struct range *r = i < file->count ? &file->ranges[i] : NULL;

    if (!r || r->span.first != offset || r->len != len || r->hold != hold)
        return NULL;
    return r;
}

static int insert(struct hy_locked *file, size_t at, const struct range *range)
{
    size_t capacity = file->capacity ? file->capacity * 2 : LEAST_RANGES;
    struct range *ranges = file->ranges;

    if (file->count == file->capacity) {
        ranges = reallocarray(file->ranges, capacity, sizeof *ranges);
        if (!ranges)
            return -ENOMEM;
        file->ranges = ranges;
        file->capacity = capacity;
    }
    memmove(ranges + at + 1, ranges + at, (file->count - at) * sizeof *ranges);
    ranges[at] = *range;
    file->count++;
    return 0;
}

/* Takes away the hold's ranges that `which` is one of, or all. */
static void remove_ranges(struct hy_hold *hold, const struct range *which)
{
    struct hy_locked *file = hold->file;
    size_t kept = 0, before = file->count;
    unsigned bound = 0;

    for (size_t i = 0; i < before; i++) {
        const struct range *r = &file->ranges[i];

        if (r->hold == hold && (!which || which == r))
            continue;
        bound += weight(r->kind);
        file->ranges[kept++] = *r;
    }
    file->count = kept;
    atomic_store_explicit(&file->binding, bound, memory_order_release);
    hold->ranges -= (unsigned)(before - kept);
    hold->who->held -= (unsigned)(before - kept);
    atomic_fetch_sub(&hold->who->table->some, before - kept);
}

/* ---- Open files ---- */

void hy_hold_begin(struct hy_hold *hold, struct hy_locker *who)
{
    *hold = (struct hy_hold){.who = who, .binding = &unbound};
}

static uint32_t uses_of(uint32_t access)
{
    return (access & HYTHE_OPEN_READ ? HYTHE_LOCK_READ : 0) |
           (access & (HYTHE_OPEN_WRITE | HYTHE_OPEN_APPEND) ? HYTHE_LOCK_WRITE : 0) |
           (access & (HYTHE_OPEN_DELETE | HYTHE_OPEN_DELETE_ON_CLOSE) ? HYTHE_LOCK_DELETE : 0);
}

/* Block modes without anything to block are none. */
static uint32_t denies_of(uint32_t access)
{
    return (access & (HYTHE_OPEN_LOCK_READ | HYTHE_OPEN_LOCK_WRITE | HYTHE_OPEN_LOCK_DELETE) ? access : 0) /
               HYTHE_OPEN_LOCK_READ &
           (HYTHE_LOCK_READ | HYTHE_LOCK_WRITE | HYTHE_LOCK_DELETE | HYTHE_LOCK_ADVISORY);
}

/* Whether the block modes of one handle hold off the other: advisory ones only those that lock something, too. */
static bool denied(const struct hy_hold *by, const struct hy_hold *other)
{
    if (!(by->denies & other->uses))
        return false;
    return !(by->denies & HYTHE_LOCK_ADVISORY) || other->denies || other->ranges;
}

static size_t counted(const struct hy_hold *hold)
{
    return (hold->denies ? 1u : 0u) + (hold->dying ? 1u : 0u);
}

static bool crosses_holds(const struct hy_locked *file, const struct hy_hold *hold)
{
    if (!file->denying && !hold->denies)
        return false;
    for (const struct hy_hold *h = file->holds; h; h = h->next)
        if (denied(h, hold) || denied(hold, h))
            return true;
    return false;
}

/* Ranges meet an open that locks, as one lock another; or that does to the whole file at once what they deny. */
static bool crosses_ranges(const struct hy_locked *file, const struct hy_hold *hold, uint32_t access)
{
    const struct hy_span all = {0, UINT64_MAX};
    uint32_t at_once = (access & HYTHE_OPEN_TRUNCATE ? HYTHE_LOCK_WRITE : 0) | (hold->dying ? HYTHE_LOCK_DELETE : 0);

    if (at_once && held_off(file, hold->who, at_once, all))
        return true;
    for (size_t i = 0; hold->denies && i < file->count; i++)
        if (file->ranges[i].hold->who != hold->who && (file->ranges[i].kind & hold->uses))
            return true;
    return false;
}

static int64_t judge(struct hy_locks *locks, const struct hy_locked *file, const struct hy_hold *hold, uint32_t access)
{
    if (!atomic_load(&locks->some) && !hold->denies)
        return 0;
    if (crosses_holds(file, hold) || crosses_ranges(file, hold, access))
        return HY_LOCK_CONFLICT;
    return file->dying ? HY_DELETE_PENDING : 0;
}

int64_t hy_hold_enter(struct hy_hold *hold, const struct hythe_identity *identity, uint32_t access)
{
    struct hy_locks *locks = hold->who->table;
    struct hy_hold wish = {.who = hold->who,
                           .uses = uses_of(access),
                           .dying = (access & HYTHE_OPEN_DELETE_ON_CLOSE) != 0,
                           .denies = denies_of(access)};
    uint64_t h;
    struct shard *shard = enter(locks, identity, &h);
    struct hy_locked *file = find(shard, h, identity);
    int64_t r = file ? judge(locks, file, &wish, access) : 0;

    if (r == 0 && !file)
        file = make(locks, shard, h, identity);
    if (r == 0 && !file)
        r = -ENOMEM;
    if (r == 0) {
        *hold = wish;
        hold->file = file;
        hold->binding = &file->binding;
        hold->next = file->holds;
        hold->at = &file->holds;
        if (hold->next)
            hold->next->at = &hold->next;
        file->holds = hold;
        file->denying += hold->denies != 0;
        file->dying += hold->dying;
        atomic_fetch_add(&locks->some, counted(hold));
    }
    leave(shard);
    return r;
}

void hy_hold_leave(struct hy_hold *hold)
{
    struct hy_locked *file = hold->file;
    struct shard *shard;
    uint64_t h;

    if (!file)
        return;
    shard = enter(hold->who->table, &file->id, &h);
    if (hold->ranges)
        remove_ranges(hold, NULL);
    *hold->at = hold->next;
    if (hold->next)
        hold->next->at = hold->at;
    file->denying -= hold->denies != 0;
    file->dying -= hold->dying;
    atomic_fetch_sub(&hold->who->table->some, counted(hold));
    if (!file->holds)
        drop(shard, h, file);
    leave(shard);
    hy_hold_begin(hold, hold->who);
}

bool hy_hold_is(const struct hy_hold *hold, const struct hythe_identity *identity)
{
    return hold->file && same(&hold->file->id, identity);
}

/* ---- Byte ranges ---- */

/* Section 8.8.1: no two ranges overlap, whoever has them. To block modes of other handles one is as another lock. */
static bool crosses(const struct hy_hold *hold, struct hy_span span, uint32_t kind)
{
    const struct hy_locked *file = hold->file;
    size_t i = first_at(file, span);

    if (i < file->count && file->ranges[i].span.first <= span.last)
        return true;
    for (const struct hy_hold *h = file->holds; h; h = h->next) {
        uint32_t against = h->denies ? UINT32_MAX : h->dying && !(kind & HYTHE_LOCK_ADVISORY) ? HYTHE_LOCK_DELETE : 0;

        if (h != hold && ((h->denies & hold->uses) || (kind & h->uses & against)))
            return true;
    }
    return false;
}

int64_t hy_hold_lock(struct hy_hold *hold, uint64_t offset, uint64_t len, struct hy_span span, uint32_t kind)
{
    struct hy_locked *file = hold->file;
    const struct range range = {.span = span, .len = len, .hold = hold, .kind = kind};
    uint64_t h;
    struct shard *shard = enter(hold->who->table, &file->id, &h);
    int64_t r = span.first != offset || crosses(hold, span, kind) ? HY_RANGE_REFUSED : 0;

    if (r == 0)
        r = insert(file, first_at(file, span), &range);
    if (r == 0) {
        hold->ranges++;
        hold->who->held++;
        atomic_fetch_add_explicit(&file->binding, weight(kind), memory_order_release);
        atomic_fetch_add(&hold->who->table->some, 1);
    }
    leave(shard);
    return r;
}

bool hy_hold_find(const struct hy_hold *hold, uint64_t offset, uint64_t len, struct hy_span *span)
{
    const struct range *range;
    uint64_t h;
    struct shard *shard = enter(hold->who->table, &hold->file->id, &h);

    range = called(hold, offset, len);
    if (range)
        *span = range->span;
    leave(shard);
    return range != NULL;
}

void hy_hold_unlock(struct hy_hold *hold, uint64_t offset, uint64_t len)
{
    const struct range *range;
    uint64_t h;
    struct shard *shard = enter(hold->who->table, &hold->file->id, &h);

    range = called(hold, offset, len);
    if (range)
        remove_ranges(hold, range);
    leave(shard);
}

int64_t hy_hold_check(const struct hy_hold *hold, uint32_t what, struct hy_span span)
{
    uint64_t h;
    struct shard *shard = enter(hold->who->table, &hold->file->id, &h);
    bool off = span.first <= span.last && held_off(hold->file, hold->who, what, span);

    leave(shard);
    return off ? HY_RANGE_CONFLICT : 0;
}

/* ---- By name ---- */

bool hy_locks_any(const struct hy_locker *who)
{
    return who->table && atomic_load(&who->table->some) != 0;
}

int64_t hy_locks_check(const struct hy_locker *who, const struct hythe_identity *identity, const struct hy_hold *self,
                       uint32_t what, struct hy_span span)
{
    uint64_t h;
    struct shard *shard = enter(who->table, identity, &h);
    const struct hy_locked *file = find(shard, h, identity);
    int64_t r = 0;

    for (const struct hy_hold *hold = file && file->denying ? file->holds : NULL; hold && r == 0; hold = hold->next)
        if (hold != self && binds(hold->denies, what))
            r = HY_LOCK_CONFLICT;
    if (r == 0 && file && span.first <= span.last && held_off(file, who, what, span))
        r = HY_RANGE_CONFLICT;
    leave(shard);
    return r;
}

bool hy_locks_dying(const struct hy_locker *who, const struct hythe_identity *identity)
{
    uint64_t h;
    struct shard *shard = enter(who->table, identity, &h);
    const struct hy_locked *file = find(shard, h, identity);
    bool gone = file && file->dying;

    leave(shard);
    return gone;
}
