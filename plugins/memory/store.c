/* The store's limits: every piece of memory that a client can make it hold is counted before it is allocated. */
#include "memory.h"

#include <errno.h>
#include <stdlib.h>

int mem_take(struct mem_store *store, size_t bytes)
{
    const uint64_t limit = (uint64_t)store->set->size;
    uint_fast64_t used = atomic_load(&store->used);

    do {
        if (used > limit || bytes > limit - used)
            return -ENOSPC;
    } while (!atomic_compare_exchange_weak(&store->used, &used, used + bytes));
    return 0;
}

void mem_give(struct mem_store *store, size_t bytes)
{
    atomic_fetch_sub(&store->used, bytes);
}

void *mem_alloc(struct mem_store *store, size_t bytes, int *err)
{
    void *p;

    *err = mem_take(store, bytes + MEM_PIECE);
    if (*err < 0)
        return NULL;
    p = calloc(1, bytes);
    if (!p) {
        mem_give(store, bytes + MEM_PIECE);
        *err = -ENOMEM;
    }
    return p;
}

void mem_free(struct mem_store *store, void *p, size_t bytes)
{
    if (!p)
        return;
    free(p);
    mem_give(store, bytes + MEM_PIECE);
}

void mem_statfs(struct mem_store *store, struct hythe_statfs *out)
{
    uint64_t size = (uint64_t)store->set->size, used = atomic_load(&store->used);
    uint64_t files = (uint64_t)store->set->max_files, nodes = atomic_load(&store->nodes);

    out->bsize = out->frsize = MEM_CHUNK;
    out->blocks = size / MEM_CHUNK;
    out->bfree = out->bavail = used < size ? (size - used) / MEM_CHUNK : 0;
    out->files = files;
    out->ffree = out->favail = nodes < files ? files - nodes : 0;
    out->fsid = store->id;
    out->name_max = NAME_MAX;
    out->read_only = 0;
    out->no_setuid = !store->set->allow_setid;
}
