/* Opening and closing files. */
#include "memory.h"

#include <errno.h>
#include <stdlib.h>

static int64_t check_type(const struct mem_node *node)
{
    if (node->type == HYTHE_TYPE_REGULAR)
        return 0;
    return node->type == HYTHE_TYPE_DIRECTORY ? -EISDIR : -ELOOP;
}

static void empty(struct mem_store *store, struct mem_node *node)
{
    mem_lock_write(node);
    mem_data_resize(store, &node->data, 0, 0);
    node->mtime = node->ctime = mem_now();
    mem_unlock(node);
}

static int64_t make_file(const struct hythe_call *call, const struct hythe_open_arg *arg, struct mem_found *at)
{
    struct mem_store *store = mem_store_of(call);
    struct mem_node *node;
    int64_t rc = mem_node_new(store, HYTHE_TYPE_REGULAR, mem_new_mode(store, arg->attrs, store->set->file_mode), &node);

    if (rc < 0)
        return rc;
    rc = mem_set_new(call, node, arg->attrs);
    if (rc == 0)
        rc = mem_insert(store, at->folder, at->name, node);
    if (rc < 0) {
        mem_node_unref(store, node);
        return rc;
    }
    mem_touch(at->folder, MEM_CTIME | MEM_MTIME);
    at->node = node;
    return 0;
}

/* Finds the file, or the place where it is to be made: node NULL. */
static int64_t look(const struct mem_base *base, const struct hythe_open_arg *arg, struct mem_found *at)
{
    bool create = (arg->access & HYTHE_OPEN_CREATE) != 0, exclusive = create && (arg->access & HYTHE_OPEN_EXCLUSIVE);
    int flags = arg->access & HYTHE_OPEN_NOFOLLOW ? MEM_NOFOLLOW : 0;
    int64_t rc = 0;

    if (create)
        rc = mem_parent(base, arg->path, exclusive ? -EEXIST : -EISDIR, at);
    if (exclusive)
        return rc == 0 && at->node ? -EEXIST : rc;
    if (rc == 0)
        rc = mem_walk(base, arg->path, create ? flags | MEM_MISSING : flags, at);
    return rc == 0 && at->node ? check_type(at->node) : rc;
}

static int64_t open_locked(const struct hythe_call *call, const struct hythe_open_arg *arg, struct mem_file *file)
{
    struct mem_found *at = file->found;
    int64_t rc = look(mem_base_of(call), arg, at);

    if (rc < 0)
        return rc;
    if (!at->node)
        rc = make_file(call, arg, at);
    if (rc < 0)
        return rc;
    file->node = mem_node_ref(at->node);
    if (arg->access & HYTHE_OPEN_DELETE_ON_CLOSE)
        file->folder = mem_node_ref(at->folder);
    return 0;
}

static int64_t open_file(const struct hythe_call *call, const struct hythe_open_arg *arg, struct mem_file *file)
{
    struct mem_store *store = mem_store_of(call);
    int64_t rc;

    if (arg->access & HYTHE_OPEN_CREATE)
        mem_tree_write(store);
    else
        mem_tree_read(store);
    rc = open_locked(call, arg, file);
    mem_tree_unlock(store);
    if (rc == 0 && (arg->access & HYTHE_OPEN_TRUNCATE))
        empty(store, file->node); /* of a large file that takes a while */
    return mem_refuse(call, rc);
}

int64_t mem_op_open(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    struct mem_found found;
    struct mem_file *file;
    int64_t rc;

    if ((arg->access & (HYTHE_OPEN_TRUNCATE | HYTHE_OPEN_WRITE)) == HYTHE_OPEN_TRUNCATE)
        return call->host->fail(call, -EINVAL, "a file can only be emptied when it is opened for writing");
    file = calloc(1, sizeof(*file));
    if (!file)
        return -ENOMEM;
    file->access = arg->access;
    file->found = &found;
    if (arg->access & HYTHE_OPEN_DELETE_ON_CLOSE)
        file->found = malloc(sizeof(*file->found));
    rc = file->found ? open_file(call, arg, file) : -ENOMEM;
    if (rc < 0) {
        if (file->found != &found)
            free(file->found);
        free(file);
        return rc;
    }
    if (file->found == &found)
        file->found = NULL;
    if (arg->identity)
        *arg->identity = mem_identity(mem_store_of(call), file->node);
    *call->slot = file;
    return 0;
}

/* Only the file that was opened is removed, not another that has its name by now. */
static void remove_now(struct mem_store *store, const struct mem_file *file)
{
    struct mem_node *gone = NULL;
    struct mem_entry *entry;

    mem_tree_write(store);
    entry = mem_find(file->folder, file->found->name);
    if (entry && entry->node == file->node) {
        gone = mem_remove(store, file->folder, entry);
        mem_touch(gone, MEM_CTIME);
        mem_touch(file->folder, MEM_CTIME | MEM_MTIME);
    }
    mem_tree_unlock(store);
    mem_node_unref(store, gone);
}

static void close_listing(struct mem_store *store, struct mem_file *file)
{
    mem_tree_read(store);
    mem_cursor_close(file->node, file->cursor);
    mem_tree_unlock(store);
    pthread_mutex_destroy(&file->cursor->mutex);
    free(file->cursor);
}

int64_t mem_op_close(const struct hythe_call *call, struct hythe_close_arg *arg)
{
    struct mem_store *store = mem_store_of(call);
    struct mem_file *file = mem_file_of(call);

    (void)arg;
    if (file->cursor)
        close_listing(store, file);
    if (file->folder)
        remove_now(store, file);
    mem_node_unref(store, file->folder);
    mem_node_unref(store, file->node);
    free(file->found);
    free(file);
    *call->slot = NULL;
    return 0;
}
