/* Copying a file to a name: the copy is made aside and gets its name when it is whole. */
#include "memory.h"

#include <errno.h>

enum { SLICE = 8 << 20 };

/* Looks both names up. *from gets a reference. */
static int64_t look(const struct mem_base *base, const struct hythe_copyfile_arg *arg, struct mem_node **from)
{
    struct mem_found source, target;
    int64_t rc = mem_walk(base, arg->from, 0, &source);

    if (rc == 0)
        rc = mem_parent(base, arg->to, -EISDIR, &target);
    if (rc < 0)
        return rc;
    if (source.node->type != HYTHE_TYPE_REGULAR)
        return -EISDIR;
    if (target.node && !(arg->flags & HYTHE_COPY_REPLACE))
        return -EEXIST;
    *from = mem_node_ref(source.node);
    return 0;
}

static int64_t copy_attrs(struct mem_store *store, struct mem_node *from, struct mem_node *copy)
{
    int rc = 0;

    mem_lock_read(from);
    copy->mode = from->mode;
    copy->uid = from->uid;
    copy->gid = from->gid;
    copy->atime = from->atime;
    copy->mtime = from->mtime;
    if (from->extra)
        rc = mem_extra_merge(store, from->extra, &(struct hythe_attrs){.valid = 0}, &copy->extra);
    mem_unlock(from);
    return rc;
}

/* The copy isn't known to anybody yet. In slices: writers wait no longer than for another's write. A hole, which may
 * have any size, is one slice. */
static int64_t fill_copy(const struct hythe_call *call, struct mem_node *from, struct mem_node *copy)
{
    uint64_t done = 0, size = 1;
    int64_t rc = 0;

    while (rc == 0 && done < size) {
        uint64_t n, hole;

        mem_lock_read(from);
        size = from->data.size;
        n = size > done ? size - done : 0;
        hole = mem_data_hole(&from->data, done, n);
        n = hole ? hole : n < SLICE ? n : SLICE;
        if (n)
            rc = mem_data_copy(mem_store_of(call), &from->data, done, &copy->data, done, n);
        mem_unlock(from);
        done += n;
        if (call->host->cancelled(call))
            rc = -ECANCELED;
    }
    return rc == 0 ? copy_attrs(mem_store_of(call), from, copy) : rc;
}

/* Takes over the reference to copy on success. *gone is for the caller to let go of, without the lock. */
static int64_t name_copy(const struct mem_base *base, const struct hythe_copyfile_arg *arg, struct mem_node *from,
                         struct mem_node *copy, struct mem_node **gone)
{
    struct mem_found at;
    int64_t rc = mem_parent(base, arg->to, -EISDIR, &at);

    if (rc == 0 && at.node && !(arg->flags & HYTHE_COPY_REPLACE))
        rc = -EEXIST;
    if (rc == 0 && at.node && at.node->type == HYTHE_TYPE_DIRECTORY)
        rc = -EISDIR;
    if (rc == 0 && at.node == from)
        rc = -EINVAL;
    if (rc < 0)
        return rc;
    if (at.node)
        *gone = mem_exchange(at.folder, mem_find(at.folder, at.name), copy);
    else
        rc = mem_insert(base->store, at.folder, at.name, copy);
    if (rc < 0)
        return rc;
    mem_touch(at.folder, MEM_CTIME | MEM_MTIME);
    return 0;
}

int64_t mem_op_copyfile(const struct hythe_call *call, struct hythe_copyfile_arg *arg)
{
    struct mem_base *base = mem_base_of(call);
    struct mem_store *store = base->store;
    struct mem_node *from = NULL, *copy = NULL, *gone = NULL;
    int64_t rc;

    mem_tree_read(store);
    rc = look(base, arg, &from);
    mem_tree_unlock(store);
    if (rc == 0)
        rc = mem_node_new(store, HYTHE_TYPE_REGULAR, 0, &copy);
    if (rc == 0)
        rc = fill_copy(call, from, copy);
    if (rc == 0) {
        mem_tree_write(store);
        rc = name_copy(base, arg, from, copy, &gone);
        mem_tree_unlock(store);
    }
    if (rc < 0)
        mem_node_unref(store, copy);
    mem_node_unref(store, gone);
    mem_node_unref(store, from);
    if (rc == -EINVAL)
        return call->host->fail(call, rc, "a file can't be copied onto itself");
    return mem_refuse(call, rc);
}
