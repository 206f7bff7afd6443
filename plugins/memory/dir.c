/* Listing. Everything that was there at opendir and still is comes once, in the order in which it was made. */
#include "memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int64_t mem_op_opendir(const struct hythe_call *call, struct hythe_opendir_arg *arg)
{
    struct mem_base *base = mem_base_of(call);
    struct mem_file *file = calloc(1, sizeof(*file));
    struct mem_cursor *cursor = calloc(1, sizeof(*cursor));
    struct mem_found found;
    int64_t rc = file && cursor ? -pthread_mutex_init(&cursor->mutex, NULL) : -ENOMEM;

    if (rc < 0)
        goto err0;
    mem_tree_read(base->store);
    rc = mem_walk(base, arg->path, 0, &found);
    if (rc == 0 && found.node->type != HYTHE_TYPE_DIRECTORY)
        rc = -ENOTDIR;
    if (rc == 0) {
        file->node = mem_node_ref(found.node);
        file->cursor = cursor;
        mem_cursor_open(file->node, cursor);
    }
    mem_tree_unlock(base->store);
    if (rc < 0)
        goto err1;
    *call->slot = file;
    return 0;
err1:
    pthread_mutex_destroy(&cursor->mutex);
err0:
    free(cursor);
    free(file);
    return mem_refuse(call, rc);
}

/* What is offered, held without any lock. */
struct offer {
    char name[NAME_MAX + 1];
    uint64_t cookie;
    struct hythe_attrs attrs;
    struct mem_extra *extra;
};

/* 1: there is one, 0: the end. */
static int peek(struct mem_store *store, const struct mem_file *file, uint32_t want, struct offer *offer)
{
    const struct mem_entry *entry;

    mem_tree_read(store);
    entry = file->cursor->next;
    if (entry && entry->cookie >= file->cursor->until)
        entry = NULL;
    if (entry) {
        memcpy(offer->name, entry->name.text, entry->name.len);
        offer->name[entry->name.len] = '\0';
        offer->cookie = entry->cookie;
        offer->extra = mem_fill(entry->node, want, &offer->attrs);
    }
    mem_tree_unlock(store);
    return entry != NULL;
}

/* It was taken: goes on to the next, unless it was removed meanwhile, which did that already. */
static void advance(struct mem_store *store, const struct mem_file *file, uint64_t cookie)
{
    struct mem_cursor *cursor = file->cursor;

    mem_tree_read(store);
    if (cursor->next && cursor->next->cookie == cookie)
        cursor->next = cursor->next->next;
    mem_tree_unlock(store);
}

int64_t mem_op_readdir(const struct hythe_call *call, struct hythe_readdir_arg *arg)
{
    struct mem_store *store = mem_store_of(call);
    const struct mem_file *file = mem_file_of(call);
    struct offer offer;
    int64_t taken = 0;
    int rc;

    if (!file->cursor)
        return -ENOTDIR;
    (void)pthread_mutex_lock(&file->cursor->mutex);
    for (;;) {
        offer.attrs = (struct hythe_attrs){.struct_size = sizeof(offer.attrs)};
        rc = peek(store, file, arg->want, &offer);
        if (rc == 0)
            break;
        rc = arg->emit(arg->ctx, offer.name, &offer.attrs);
        mem_extra_unref(offer.extra);
        if (rc < 0)
            break;
        advance(store, file, offer.cookie);
        taken++;
    }
    (void)pthread_mutex_unlock(&file->cursor->mutex);
    if (rc < 0 && rc != -ENOBUFS)
        return rc;
    return taken ? taken : rc; /* no room for even one is an error: 0 would be the end */
}
