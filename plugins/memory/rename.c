/* Renaming: one step for everybody else, whatever is replaced. */
#include "memory.h"

#include <errno.h>

static bool lies_in(const struct mem_node *folder, const struct mem_node *above)
{
    while (folder && folder != above)
        folder = folder->folder.parent;
    return folder != NULL;
}

/* Whether `from` may take the place of `to`, as rename(2) says. */
static int64_t may_replace(const struct mem_node *from, const struct mem_node *to)
{
    bool folder = to->type == HYTHE_TYPE_DIRECTORY;

    if (folder && from->type != HYTHE_TYPE_DIRECTORY)
        return -EISDIR;
    if (!folder && from->type == HYTHE_TYPE_DIRECTORY)
        return -ENOTDIR;
    return folder && to->folder.first ? -ENOTEMPTY : 0;
}

static struct mem_node *replace(struct mem_store *store, const struct mem_found *from, const struct mem_found *to)
{
    struct mem_node *old = mem_exchange(to->folder, mem_find(to->folder, to->name), mem_node_ref(from->node));

    if (old->type == HYTHE_TYPE_DIRECTORY)
        old->folder.removed = true;
    mem_touch(old, MEM_CTIME);
    mem_node_unref(store, mem_remove(store, from->folder, mem_find(from->folder, from->name)));
    return old;
}

static int64_t move(struct mem_store *store, const struct mem_found *from, const struct mem_found *to)
{
    struct mem_entry *entry = mem_find(from->folder, from->name);
    int rc;

    if (from->folder == to->folder)
        return mem_rename_entry(store, from->folder, entry, to->name);
    rc = mem_insert(store, to->folder, to->name, mem_node_ref(from->node));
    if (rc < 0)
        mem_node_unref(store, from->node);
    else
        mem_node_unref(store, mem_remove(store, from->folder, entry));
    return rc;
}

/* *gone is for the caller to let go of, without the lock. */
static int64_t rename_locked(const struct mem_base *base, const struct hythe_rename_arg *arg, struct mem_node **gone)
{
    struct mem_found from, to;
    int64_t rc = mem_parent(base, arg->from, -EBUSY, &from);

    if (rc == 0)
        rc = mem_parent(base, arg->to, -EBUSY, &to);
    if (rc < 0)
        return rc;
    if (!from.node)
        return -ENOENT;
    if (to.node && !(arg->flags & HYTHE_RENAME_REPLACE))
        return -EEXIST;
    if (from.node->type == HYTHE_TYPE_DIRECTORY && lies_in(to.folder, from.node))
        return -EINVAL;
    if (to.node == from.node)
        return 0; /* two names of one file: rename(2) leaves both */
    rc = to.node ? may_replace(from.node, to.node) : 0;
    if (rc < 0)
        return rc;
    if (to.node)
        *gone = replace(base->store, &from, &to);
    else
        rc = move(base->store, &from, &to);
    if (rc < 0)
        return rc;
    mem_touch(from.node, MEM_CTIME);
    mem_touch(from.folder, MEM_CTIME | MEM_MTIME);
    mem_touch(to.folder, MEM_CTIME | MEM_MTIME);
    return 0;
}

int64_t mem_op_rename(const struct hythe_call *call, struct hythe_rename_arg *arg)
{
    struct mem_base *base = mem_base_of(call);
    struct mem_node *gone = NULL;
    int64_t rc;

    mem_tree_write(base->store);
    rc = rename_locked(base, arg, &gone);
    mem_tree_unlock(base->store);
    mem_node_unref(base->store, gone);
    return mem_refuse(call, rc);
}
