/* Folders: a list of entries in the order in which they were made, which listings follow, and an index by name, kept by
 * the tsearch(3) of the C library: its depth is bounded whatever names clients choose. */
#include "memory.h"

#include <errno.h>
#include <search.h>
#include <string.h>

enum { INDEX_BYTES = 48 }; /* of an entry in the index, as the C library takes them */

static int compare(const void *a, const void *b)
{
    const struct mem_name *x = a, *y = b;
    int order = memcmp(x->text, y->text, x->len < y->len ? x->len : y->len);

    if (order != 0)
        return order;
    return x->len < y->len ? -1 : x->len > y->len;
}

struct mem_entry *mem_find(const struct mem_node *folder, struct mem_name name)
{
    void *const *found = tfind(&name, &folder->folder.index, compare);

    return found ? *found : NULL;
}

static size_t entry_bytes(struct mem_name name)
{
    return sizeof(struct mem_entry) + INDEX_BYTES + name.len;
}

static struct mem_entry *new_entry(struct mem_store *store, struct mem_name name, int *err)
{
    struct mem_entry *entry = mem_alloc(store, entry_bytes(name), err);

    if (!entry)
        return NULL;
    memcpy(entry->bytes, name.text, name.len);
    entry->name = (struct mem_name){entry->bytes, name.len};
    return entry;
}

static void free_entry(struct mem_store *store, struct mem_entry *entry)
{
    mem_free(store, entry, entry_bytes(entry->name));
}

/* The links of a folder's own and of its parent's count that a name makes. */
static void arrive(struct mem_node *parent, struct mem_entry *entry, struct mem_node *node)
{
    entry->node = node;
    atomic_fetch_add(&node->nlink, 1);
    if (node->type != HYTHE_TYPE_DIRECTORY)
        return;
    node->folder.parent = parent;
    node->folder.self = entry;
    atomic_fetch_add(&parent->nlink, 1);
}

/* When a folder moves, its new name comes before the old one goes. */
static void leave(struct mem_node *parent, const struct mem_entry *entry, struct mem_node *node)
{
    atomic_fetch_sub(&node->nlink, 1);
    if (node->type != HYTHE_TYPE_DIRECTORY)
        return;
    if (node->folder.self == entry) {
        node->folder.parent = NULL;
        node->folder.self = NULL;
    }
    atomic_fetch_sub(&parent->nlink, 1);
}

int mem_insert(struct mem_store *store, struct mem_node *folder, struct mem_name name, struct mem_node *node)
{
    struct mem_folder *f = &folder->folder;
    struct mem_entry *entry;
    int err;

    if (f->removed)
        return -ENOENT;
    entry = new_entry(store, name, &err);
    if (!entry)
        return err;
    if (!tsearch(entry, &f->index, compare)) {
        free_entry(store, entry);
        return -ENOMEM;
    }
    entry->cookie = f->next_cookie++;
    entry->prev = f->last;
    *(f->last ? &f->last->next : &f->first) = entry;
    f->last = entry;
    arrive(folder, entry, node);
    return 0;
}

/* Puts `instead` in the place of an entry: in the list, and for whoever stands there. */
static void replace_in_list(struct mem_folder *f, struct mem_entry *entry, struct mem_entry *instead)
{
    *(entry->prev ? &entry->prev->next : &f->first) = instead;
    *(entry->next ? &entry->next->prev : &f->last) = instead;
    instead->prev = entry->prev;
    instead->next = entry->next;
    instead->cookie = entry->cookie;
    for (struct mem_cursor *c = f->cursors; c; c = c->older)
        if (c->next == entry)
            c->next = instead;
}

static void take_from_list(struct mem_folder *f, struct mem_entry *entry)
{
    *(entry->prev ? &entry->prev->next : &f->first) = entry->next;
    *(entry->next ? &entry->next->prev : &f->last) = entry->prev;
    for (struct mem_cursor *c = f->cursors; c; c = c->older)
        if (c->next == entry)
            c->next = entry->next;
}

struct mem_node *mem_remove(struct mem_store *store, struct mem_node *folder, struct mem_entry *entry)
{
    struct mem_node *node = entry->node;

    leave(folder, entry, node);
    tdelete(entry, &folder->folder.index, compare);
    take_from_list(&folder->folder, entry);
    free_entry(store, entry);
    return node;
}

struct mem_node *mem_exchange(struct mem_node *folder, struct mem_entry *entry, struct mem_node *node)
{
    struct mem_node *old = entry->node;

    leave(folder, entry, old);
    arrive(folder, entry, node);
    return old;
}

int mem_rename_entry(struct mem_store *store, struct mem_node *folder, struct mem_entry *entry, struct mem_name name)
{
    struct mem_folder *f = &folder->folder;
    int err;
    struct mem_entry *renamed = new_entry(store, name, &err);

    if (!renamed)
        return err;
    if (!tsearch(renamed, &f->index, compare)) {
        free_entry(store, renamed);
        return -ENOMEM;
    }
    tdelete(entry, &f->index, compare);
    replace_in_list(f, entry, renamed);
    renamed->node = entry->node;
    if (renamed->node->type == HYTHE_TYPE_DIRECTORY)
        renamed->node->folder.self = renamed;
    free_entry(store, entry);
    return 0;
}

void mem_cursor_open(struct mem_node *folder, struct mem_cursor *cursor)
{
    struct mem_folder *f = &folder->folder;

    mem_lock_write(folder);
    cursor->next = f->first;
    cursor->until = f->next_cookie;
    cursor->newer = NULL;
    cursor->older = f->cursors;
    if (cursor->older)
        cursor->older->newer = cursor;
    f->cursors = cursor;
    mem_unlock(folder);
}

void mem_cursor_close(struct mem_node *folder, struct mem_cursor *cursor)
{
    mem_lock_write(folder);
    *(cursor->newer ? &cursor->newer->older : &folder->folder.cursors) = cursor->older;
    if (cursor->older)
        cursor->older->newer = cursor->newer;
    mem_unlock(folder);
}
