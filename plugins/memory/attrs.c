/* Attributes. The store keeps all that a client can set; permissions and owners are shown, and hold nobody off: whoever
 * reaches the mount may use all of it. */
#include "memory.h"

#include <errno.h>

enum { SECOND = 1000000000 };

/* What a setattr is done to. */
struct target {
    const struct hythe_call *call;
    struct mem_node *node;   /* locked */
    bool writable;           /* the size may be set */
    bool cut;                /* the allocation is less than the size */
    struct mem_extra *extra; /* made by check_extra, put in place by set_extra */
    bool extra_made;
};

uint32_t mem_new_mode(const struct mem_store *store, const struct hythe_attrs *attrs, int64_t fallback)
{
    const struct mem_settings *set = store->set;
    uint32_t mode = attrs && (attrs->valid & HYTHE_ATTR_MODE) ? attrs->mode & 07777u : (uint32_t)fallback;

    mode &= ~(uint32_t)set->umask;
    return set->allow_setid ? mode : mode & ~(uint32_t)MEM_SET_ID;
}

static int64_t check_length(struct target *t, uint64_t length)
{
    if (length > INT64_MAX)
        return -EFBIG;
    if (t->node->type == HYTHE_TYPE_DIRECTORY)
        return -EISDIR;
    if (t->node->type == HYTHE_TYPE_SYMLINK)
        return t->call->host->fail(t->call, -EINVAL, "the size of a symbolic link can't be set");
    if (!t->writable)
        return t->call->host->fail(t->call, -EACCES, MEM_NOT_FOR_WRITING);
    return 0;
}

static int64_t check_size(struct target *t, const struct hythe_attrs *attrs)
{
    return check_length(t, attrs->size);
}

static void set_size(struct target *t, const struct hythe_attrs *attrs)
{
    uint64_t keep = attrs->valid & HYTHE_ATTR_ALLOC ? attrs->alloc : 0;

    mem_data_resize(mem_store_of(t->call), &t->node->data, attrs->size, keep);
    t->node->mtime = mem_now();
}

/* Less than the size is a truncation, says draft-13; but a client may also send back what it was told of a file with
 * holes, and wants nothing by it. */
static int64_t check_alloc(struct target *t, const struct hythe_attrs *attrs)
{
    struct mem_data *data = &t->node->data;
    bool sized = (attrs->valid & HYTHE_ATTR_SIZE) != 0;
    int64_t rc = check_length(t, attrs->alloc);

    if (rc < 0)
        return rc;
    if (sized && attrs->alloc < attrs->size)
        return t->call->host->fail(t->call, -EINVAL, "an allocation of less than the size");
    if (attrs->alloc == data->bytes)
        return 0;
    t->cut = !sized && attrs->alloc < data->size;
    return t->cut ? 0 : mem_data_reserve(mem_store_of(t->call), data, attrs->alloc);
}

static void set_alloc(struct target *t, const struct hythe_attrs *attrs)
{
    if (t->cut)
        mem_data_resize(mem_store_of(t->call), &t->node->data, attrs->alloc, 0);
    else
        mem_data_trim(mem_store_of(t->call), &t->node->data, attrs->alloc);
}

static int64_t check_owner(struct target *t, const struct hythe_attrs *attrs)
{
    (void)t;
    return attrs->uid == UINT32_MAX || attrs->gid == UINT32_MAX ? -EINVAL : 0; /* as chown(2), for which it is "none" */
}

static void set_owner(struct target *t, const struct hythe_attrs *attrs)
{
    if (t->node->uid == attrs->uid && t->node->gid == attrs->gid)
        return;
    t->node->uid = attrs->uid;
    t->node->gid = attrs->gid;
    if (t->node->type == HYTHE_TYPE_REGULAR)
        t->node->mode &= ~(uint32_t)MEM_SET_ID;
}

static int64_t check_mode(struct target *t, const struct hythe_attrs *attrs)
{
    if (t->node->type == HYTHE_TYPE_SYMLINK)
        return t->call->host->fail(t->call, -EOPNOTSUPP, "a symbolic link has no permissions of its own");
    if ((attrs->mode & ~t->node->mode & MEM_SET_ID) && !mem_store_of(t->call)->set->allow_setid)
        return t->call->host->fail(t->call, -EPERM, MEM_NO_SET_ID);
    return 0;
}

static void set_mode(struct target *t, const struct hythe_attrs *attrs)
{
    t->node->mode = attrs->mode & 07777u;
}

/* The four times, by the bit that names them. */
struct clock {
    uint32_t bit;
    size_t wish, own; /* offsets in hythe_attrs and in mem_node */
};

static const struct clock clocks[] = {
#define CLOCK(BIT, field) \
    { \
        HYTHE_ATTR_##BIT, offsetof(struct hythe_attrs, field), offsetof(struct mem_node, field) \
    }
    CLOCK(ATIME, atime), CLOCK(MTIME, mtime), CLOCK(CTIME, ctime), CLOCK(BTIME, btime)
#undef CLOCK
};
enum { CLOCKS = sizeof(clocks) / sizeof(clocks[0]) };

static const struct hythe_time *wished(const struct hythe_attrs *attrs, const struct clock *clock)
{
    return (const void *)((const char *)attrs + clock->wish);
}

static int64_t check_times(struct target *t, const struct hythe_attrs *attrs)
{
    (void)t;
    for (size_t i = 0; i < CLOCKS; i++)
        if ((attrs->valid & clocks[i].bit) && wished(attrs, &clocks[i])->nsec >= SECOND)
            return -EINVAL;
    return 0;
}

static void set_times(struct target *t, const struct hythe_attrs *attrs)
{
    for (size_t i = 0; i < CLOCKS; i++)
        if (attrs->valid & clocks[i].bit)
            *(struct hythe_time *)(void *)((char *)t->node + clocks[i].own) = *wished(attrs, &clocks[i]);
}

static int64_t check_extra(struct target *t, const struct hythe_attrs *attrs)
{
    /* Owners alone, as SFTP 3 sends them, leave nothing to keep. */
    if (!(attrs->valid & MEM_EXTRAS) && !t->node->extra && !attrs->owner && !attrs->group)
        return 0;
    t->extra_made = true;
    return mem_extra_merge(mem_store_of(t->call), t->node->extra, attrs, &t->extra);
}

static void set_extra(struct target *t, const struct hythe_attrs *attrs)
{
    (void)attrs;
    if (!t->extra_made)
        return;
    mem_extra_drop(mem_store_of(t->call), t->node->extra);
    t->node->extra = t->extra;
}

/* In the order in which they are done: a new owner takes set-id bits away, and a size touches the mtime. The check of
 * the last one takes memory, so nothing that can fail comes after it; what the one of the
 * allocation takes stays taken. */
static const struct {
    uint32_t bits;
    int64_t (*check)(struct target *t, const struct hythe_attrs *attrs);
    void (*set)(struct target *t, const struct hythe_attrs *attrs);
} changes[] = {
    {HYTHE_ATTR_SIZE, check_size, set_size},    {HYTHE_ATTR_ALLOC, check_alloc, set_alloc},
    {HYTHE_ATTR_OWNER, check_owner, set_owner}, {HYTHE_ATTR_MODE, check_mode, set_mode},
    {MEM_TIMES, check_times, set_times},        {HYTHE_ATTR_OWNER | MEM_EXTRAS, check_extra, set_extra},
};
enum { CHANGES = sizeof(changes) / sizeof(changes[0]) };

static int64_t change_locked(struct target *t, const struct hythe_attrs *attrs)
{
    int64_t rc = 0;

    for (size_t i = 0; i < CHANGES && rc == 0; i++)
        if (attrs->valid & changes[i].bits)
            rc = changes[i].check(t, attrs);
    if (rc < 0)
        return rc;
    t->node->ctime = mem_now();
    for (size_t i = 0; i < CHANGES; i++)
        if (attrs->valid & changes[i].bits)
            changes[i].set(t, attrs);
    return 0;
}

static int64_t change(const struct hythe_call *call, struct mem_node *node, bool writable,
                      const struct hythe_attrs *attrs)
{
    struct target t = {.call = call, .node = node, .writable = writable};
    int64_t rc;

    /* The type comes along in SFTP 4 and later, and is no wish. */
    if (attrs->valid & ~(MEM_SETTABLE | HYTHE_ATTR_TYPE))
        return call->host->fail(call, -EOPNOTSUPP, "the count of links can't be set");
    if ((attrs->valid & ~HYTHE_ATTR_TYPE) == 0)
        return 0;
    mem_lock_write(node);
    rc = change_locked(&t, attrs);
    mem_unlock(node);
    return rc;
}

int64_t mem_set_new(const struct hythe_call *call, struct mem_node *node, const struct hythe_attrs *attrs)
{
    struct hythe_attrs wish;

    if (!attrs)
        return 0;
    wish = *attrs;
    wish.valid &= HYTHE_ATTR_OWNER | HYTHE_ATTR_ALLOC | MEM_TIMES | MEM_EXTRAS;
    return change(call, node, true, &wish);
}

static uint64_t size_of(const struct mem_node *node)
{
    if (node->type == HYTHE_TYPE_REGULAR)
        return node->data.size;
    return node->type == HYTHE_TYPE_SYMLINK ? node->link.len : 0;
}

struct mem_extra *mem_fill(struct mem_node *node, uint32_t want, struct hythe_attrs *attrs)
{
    const uint32_t always = HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE | HYTHE_ATTR_OWNER | MEM_TIMES |
                            HYTHE_ATTR_NLINK | HYTHE_ATTR_ALLOC;
    struct mem_extra *extra = NULL;

    mem_lock_read(node);
    attrs->type = node->type;
    attrs->mode = node->mode;
    attrs->uid = node->uid;
    attrs->gid = node->gid;
    attrs->owner = attrs->group = NULL;
    attrs->nlink = atomic_load(&node->nlink);
    attrs->size = size_of(node);
    attrs->alloc = node->type == HYTHE_TYPE_REGULAR ? node->data.bytes : 0;
    attrs->atime = node->atime;
    attrs->mtime = node->mtime;
    attrs->ctime = node->ctime;
    attrs->btime = node->btime;
    attrs->valid = always & want;
    if (node->extra && (want & (HYTHE_ATTR_OWNER | MEM_EXTRAS))) {
        extra = mem_extra_ref(node->extra);
        mem_extra_fill(extra, attrs);
        attrs->valid |= extra->attrs.valid & want;
    }
    mem_unlock(node);
    return extra;
}

/* What attrs points to is copied: another session may set something else before the client is told. */
static int64_t show(const struct hythe_call *call, struct mem_node *node, uint32_t want, struct hythe_attrs *attrs)
{
    struct mem_extra *extra = mem_fill(node, want, attrs);
    int rc = extra ? mem_extra_keep(call, extra, attrs) : 0;

    mem_extra_unref(extra);
    return rc;
}

int64_t mem_op_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    struct mem_base *base = mem_base_of(call);
    struct mem_found found;
    int64_t rc;

    mem_tree_read(base->store);
    rc = mem_walk(base, arg->path, arg->flags & HYTHE_NOFOLLOW ? MEM_NOFOLLOW : 0, &found);
    if (rc == 0)
        rc = show(call, found.node, arg->want, arg->attrs);
    if (rc == 0 && HYTHE_HAS(arg, identity) && arg->identity)
        *arg->identity = mem_identity(base->store, found.node);
    mem_tree_unlock(base->store);
    return mem_refuse(call, rc);
}

int64_t mem_op_fgetattr(const struct hythe_call *call, struct hythe_fgetattr_arg *arg)
{
    return show(call, mem_file_of(call)->node, arg->want, arg->attrs);
}

int64_t mem_op_setattr(const struct hythe_call *call, struct hythe_setattr_arg *arg)
{
    struct mem_base *base = mem_base_of(call);
    struct mem_node *node = NULL;
    struct mem_found found;
    int64_t rc;

    mem_tree_read(base->store);
    rc = mem_walk(base, arg->path, arg->flags & HYTHE_NOFOLLOW ? MEM_NOFOLLOW : 0, &found);
    if (rc == 0)
        node = mem_node_ref(found.node);
    mem_tree_unlock(base->store);
    if (node)
        rc = change(call, node, true, arg->attrs); /* to cut a large file takes a while */
    mem_node_unref(base->store, node);
    return mem_refuse(call, rc);
}

int64_t mem_op_fsetattr(const struct hythe_call *call, struct hythe_fsetattr_arg *arg)
{
    const struct mem_file *file = mem_file_of(call);

    return change(call, file->node, (file->access & HYTHE_OPEN_WRITE) != 0, arg->attrs);
}

int64_t mem_op_statfs(const struct hythe_call *call, struct hythe_statfs_arg *arg)
{
    struct mem_base *base = mem_base_of(call);
    struct mem_found found;
    int rc;

    mem_tree_read(base->store);
    rc = mem_walk(base, arg->path, 0, &found);
    mem_tree_unlock(base->store);
    if (rc == 0)
        mem_statfs(base->store, arg->out);
    return mem_refuse(call, rc);
}

int64_t mem_op_fstatfs(const struct hythe_call *call, struct hythe_fstatfs_arg *arg)
{
    mem_statfs(mem_store_of(call), arg->out);
    return 0;
}
