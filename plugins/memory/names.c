/* Operations on names. */
#include "memory.h"

#include <errno.h>
#include <string.h>

int64_t mem_op_readlink(const struct hythe_call *call, struct hythe_readlink_arg *arg)
{
    struct mem_base *base = mem_base_of(call);
    struct mem_found found;
    int64_t rc;

    mem_tree_read(base->store);
    rc = mem_parent(base, arg->path, -EINVAL, &found);
    if (rc == 0 && !found.node)
        rc = -ENOENT;
    if (rc == 0 && found.node->type != HYTHE_TYPE_SYMLINK)
        rc = -EINVAL;
    if (rc == 0 && found.node->link.len > arg->len)
        rc = -ENAMETOOLONG;
    if (rc == 0) {
        memcpy(arg->buf, found.node->link.text, found.node->link.len);
        rc = (int64_t)found.node->link.len;
    }
    mem_tree_unlock(base->store);
    return mem_refuse(call, rc);
}

int64_t mem_op_realpath(const struct hythe_call *call, struct hythe_realpath_arg *arg)
{
    struct mem_base *base = mem_base_of(call);
    struct mem_found found;
    int64_t rc;

    mem_tree_read(base->store);
    rc = mem_walk(base, arg->path, 0, &found);
    if (rc == 0)
        rc = mem_path_of(base, &found, arg->buf, arg->len);
    mem_tree_unlock(base->store);
    return mem_refuse(call, rc);
}

/* Gives a new node its first name; it is gone again if that fails. */
static int64_t name_new(struct mem_store *store, const struct mem_found *at, struct mem_node *node)
{
    int rc = mem_insert(store, at->folder, at->name, node);

    if (rc < 0)
        mem_node_unref(store, node);
    else
        mem_touch(at->folder, MEM_CTIME | MEM_MTIME);
    return rc;
}

static int64_t make_link(struct mem_store *store, const struct mem_found *at, const char *target)
{
    size_t len = strlen(target);
    struct mem_node *node;
    int rc;

    if (len == 0)
        return -ENOENT;
    if (len >= PATH_MAX)
        return -ENAMETOOLONG;
    rc = mem_node_new(store, HYTHE_TYPE_SYMLINK, 0777, &node);
    if (rc < 0)
        return rc;
    node->link.text = mem_alloc(store, len + 1, &rc);
    if (!node->link.text) {
        mem_node_unref(store, node);
        return rc;
    }
    node->link.len = len;
    memcpy(node->link.text, target, len + 1);
    return name_new(store, at, node);
}

int64_t mem_op_symlink(const struct hythe_call *call, struct hythe_symlink_arg *arg)
{
    struct mem_base *base = mem_base_of(call);
    struct mem_found at;
    int64_t rc;

    mem_tree_write(base->store);
    rc = mem_parent(base, arg->path, -EEXIST, &at);
    if (rc == 0)
        rc = at.node ? -EEXIST : make_link(base->store, &at, arg->target);
    mem_tree_unlock(base->store);
    return mem_refuse(call, rc);
}

static int64_t make_folder(const struct hythe_call *call, const struct mem_found *at, const struct hythe_attrs *attrs)
{
    struct mem_store *store = mem_store_of(call);
    struct mem_node *node;
    int64_t rc =
        mem_node_new(store, HYTHE_TYPE_DIRECTORY, mem_new_mode(store, attrs, store->set->directory_mode), &node);

    if (rc < 0)
        return rc;
    rc = mem_set_new(call, node, attrs);
    if (rc == 0)
        return name_new(store, at, node);
    mem_node_unref(store, node);
    return rc;
}

int64_t mem_op_mkdir(const struct hythe_call *call, struct hythe_mkdir_arg *arg)
{
    struct mem_base *base = mem_base_of(call);
    struct mem_found at;
    int64_t rc;

    mem_tree_write(base->store);
    rc = mem_parent(base, arg->path, -EEXIST, &at);
    if (rc == 0)
        rc = at.node ? -EEXIST : make_folder(call, &at, arg->attrs);
    mem_tree_unlock(base->store);
    return mem_refuse(call, rc);
}

/* Takes the name away; what may have lost its last one is for the caller to let go of, without the lock. */
static struct mem_node *drop_name(struct mem_store *store, const struct mem_found *at)
{
    struct mem_node *gone = mem_remove(store, at->folder, mem_find(at->folder, at->name));

    if (gone->type == HYTHE_TYPE_DIRECTORY)
        gone->folder.removed = true;
    mem_touch(gone, MEM_CTIME);
    mem_touch(at->folder, MEM_CTIME | MEM_MTIME);
    return gone;
}

static int64_t may_unlink(const struct mem_node *node)
{
    return node->type == HYTHE_TYPE_DIRECTORY ? -EISDIR : 0;
}

static int64_t may_rmdir(const struct mem_node *node)
{
    if (node->type != HYTHE_TYPE_DIRECTORY)
        return -ENOTDIR;
    return node->folder.first ? -ENOTEMPTY : 0;
}

static int64_t remove_name(const struct hythe_call *call, const char *path, int self,
                           int64_t (*may)(const struct mem_node *node))
{
    struct mem_base *base = mem_base_of(call);
    struct mem_node *gone = NULL;
    struct mem_found at;
    int64_t rc;

    mem_tree_write(base->store);
    rc = mem_parent(base, path, self, &at);
    if (rc == 0)
        rc = at.node ? may(at.node) : -ENOENT;
    if (rc == 0)
        gone = drop_name(base->store, &at);
    mem_tree_unlock(base->store);
    mem_node_unref(base->store, gone);
    return mem_refuse(call, rc);
}

int64_t mem_op_unlink(const struct hythe_call *call, struct hythe_unlink_arg *arg)
{
    return remove_name(call, arg->path, -EISDIR, may_unlink);
}

int64_t mem_op_rmdir(const struct hythe_call *call, struct hythe_rmdir_arg *arg)
{
    return remove_name(call, arg->path, -EBUSY, may_rmdir);
}

static int64_t link_locked(const struct mem_base *base, const struct hythe_link_arg *arg)
{
    struct mem_found from, to;
    int64_t rc = mem_parent(base, arg->from, -EPERM, &from);

    if (rc == 0)
        rc = mem_parent(base, arg->to, -EEXIST, &to);
    if (rc < 0)
        return rc;
    if (!from.node)
        return -ENOENT;
    if (to.node)
        return -EEXIST;
    if (from.node->type == HYTHE_TYPE_DIRECTORY)
        return -EPERM;
    if (atomic_load(&from.node->nlink) >= INT32_MAX)
        return -EMLINK;
    rc = name_new(base->store, &to, mem_node_ref(from.node));
    if (rc == 0)
        mem_touch(from.node, MEM_CTIME);
    return rc;
}

int64_t mem_op_link(const struct hythe_call *call, struct hythe_link_arg *arg)
{
    struct mem_base *base = mem_base_of(call);
    int64_t rc;

    mem_tree_write(base->store);
    rc = link_locked(base, arg);
    mem_tree_unlock(base->store);
    return mem_refuse(call, rc);
}
