#include "tests/unit/memfs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { LINKS_MAX = 8 };

struct node {
    char *name, *data; /* data: content or link target, NUL-terminated */
    struct node *parent, *next, *children;
    struct hythe_attrs attrs;
    unsigned refs; /* the tree and open files */
};

struct memfs {
    struct node *root;
    atomic_uint attached; /* sessions end on threads of their own */
    unsigned open;
};

struct base {
    struct node *dir;
    bool beneath;
};

/* ---- Nodes ---- */

static struct node *new_node(struct node *parent, const char *name, size_t len, uint32_t type)
{
    struct node *n = calloc(1, sizeof *n);
    struct hythe_time then = {1000000000, 0};

    n->name = strndup(name, len);
    n->data = strdup("");
    n->refs = 1;
    n->parent = parent;
    n->attrs = (struct hythe_attrs){.struct_size = sizeof n->attrs,
                                    .valid = HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE | HYTHE_ATTR_OWNER |
                                             HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME | HYTHE_ATTR_NLINK,
                                    .type = type,
                                    .mode = type == HYTHE_TYPE_DIRECTORY ? 0755 : 0644,
                                    .uid = 1000,
                                    .gid = 1000,
                                    .nlink = 1,
                                    .atime = then,
                                    .mtime = then};
    if (parent) {
        struct node **at = &parent->children;

        while (*at)
            at = &(*at)->next;
        *at = n;
    }
    return n;
}

static void drop(struct node *n)
{
    if (--n->refs)
        return;
    free(n->name);
    free(n->data);
    free(n);
}

static void unhang(struct node *n)
{
    struct node **at = &n->parent->children;

    while (*at != n)
        at = &(*at)->next;
    *at = n->next;
    n->next = NULL;
}

static void drop_all(struct node *n)
{
    while (n->children) {
        struct node *c = n->children;

        unhang(c);
        drop_all(c);
    }
    drop(n);
}

static struct node *child(const struct node *dir, const char *name, size_t len)
{
    for (struct node *n = dir->children; n; n = n->next)
        if (strlen(n->name) == len && memcmp(n->name, name, len) == 0)
            return n;
    return NULL;
}

/* ---- Paths ---- */

/* Walks to a path's parent and last component, or all the way (last NULL); links are followed on the way. */
static int walk(const struct base *base, struct node *from, const char *path, bool follow, int links, struct node **out)
{
    struct node *at = from;

    while (*path) {
        size_t n = strcspn(path, "/");
        struct node *next = child(at, path, n);
        bool last = !path[n + strspn(path + n, "/")];

        if (at->attrs.type != HYTHE_TYPE_DIRECTORY)
            return -ENOTDIR;
        if (n == 2 && memcmp(path, "..", 2) == 0) {
            if (at == base->dir && base->beneath)
                return -EXDEV;
            next = at == base->dir ? at : at->parent;
        } else if (!n || (n == 1 && *path == '.')) {
            next = at;
        }
        if (!next)
            return -ENOENT;
        if (next->attrs.type == HYTHE_TYPE_SYMLINK && (follow || !last)) {
            bool absolute = next->data[0] == '/';
            int rc = links >= LINKS_MAX ? -ELOOP : absolute && base->beneath ? -EXDEV : 0;

            if (rc == 0)
                rc = walk(base, absolute ? base->dir : at, next->data, true, links + 1, &next);
            if (rc)
                return rc;
        }
        at = next;
        path += n + strspn(path + n, "/");
    }
    *out = at;
    return 0;
}

static int find(const struct hythe_call *call, const char *path, bool follow, struct node **out)
{
    const struct base *base = call->attached;

    return walk(base, base->dir, path, follow, 0, out);
}

/* The directory that is to hold path, and the name in it. */
static int find_parent(const struct base *base, const char *path, struct node **dir, const char **name)
{
    const char *slash = strrchr(path, '/');
    char *parent = slash ? strndup(path, (size_t)(slash - path)) : strdup("");
    int rc = walk(base, base->dir, parent, true, 0, dir);

    free(parent);
    *name = slash ? slash + 1 : path;
    return rc ? rc : (*dir)->attrs.type == HYTHE_TYPE_DIRECTORY ? 0 : -ENOTDIR;
}

static int make(const struct base *base, const char *path, uint32_t type, const char *data, struct node **out)
{
    struct node *dir, *n;
    const char *name;
    int rc = find_parent(base, path, &dir, &name);

    if (rc)
        return rc;
    if (child(dir, name, strlen(name)))
        return -EEXIST;
    n = new_node(dir, name, strlen(name), type);
    free(n->data);
    n->data = strdup(data);
    n->attrs.size = strlen(data);
    *out = n;
    return 0;
}

static struct hythe_identity identity_of(const struct memfs *fs, const struct node *n)
{
    return (struct hythe_identity){(uintptr_t)fs, {(uintptr_t)n, 0}};
}

/* ---- Operations on paths ---- */

static int64_t op_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    struct node *n;
    int rc = find(call, arg->path, !(arg->flags & HYTHE_NOFOLLOW), &n);

    if (rc == 0)
        *arg->attrs = n->attrs;
    if (rc == 0 && arg->identity)
        *arg->identity = identity_of(call->instance, n);
    return rc;
}

static void resize(struct node *n, uint64_t size)
{
    n->data = realloc(n->data, size + 1);
    if (size > n->attrs.size)
        memset(n->data + n->attrs.size, 0, size - n->attrs.size);
    n->data[size] = '\0';
    n->attrs.size = size;
}

static int64_t set(struct node *n, const struct hythe_attrs *attrs)
{
    if (attrs->valid & HYTHE_ATTR_SIZE)
        resize(n, attrs->size);
    if (attrs->valid & HYTHE_ATTR_MODE)
        n->attrs.mode = attrs->mode & 07777;
    if (attrs->valid & HYTHE_ATTR_OWNER) {
        n->attrs.uid = attrs->uid;
        n->attrs.gid = attrs->gid;
    }
    if (attrs->valid & HYTHE_ATTR_ATIME)
        n->attrs.atime = attrs->atime;
    if (attrs->valid & HYTHE_ATTR_MTIME)
        n->attrs.mtime = attrs->mtime;
    return 0;
}

static int64_t op_setattr(const struct hythe_call *call, struct hythe_setattr_arg *arg)
{
    struct node *n;
    int rc = find(call, arg->path, !(arg->flags & HYTHE_NOFOLLOW), &n);

    return rc ? rc : set(n, arg->attrs);
}

static int64_t op_readlink(const struct hythe_call *call, struct hythe_readlink_arg *arg)
{
    struct node *n;
    size_t len;
    int rc = find(call, arg->path, false, &n);

    if (rc || n->attrs.type != HYTHE_TYPE_SYMLINK)
        return rc ? rc : -EINVAL;
    len = strlen(n->data) < arg->len ? strlen(n->data) : arg->len;
    memcpy(arg->buf, n->data, len);
    return (int64_t)len;
}

static int64_t op_symlink(const struct hythe_call *call, struct hythe_symlink_arg *arg)
{
    struct node *n;

    return make(call->attached, arg->path, HYTHE_TYPE_SYMLINK, arg->target, &n);
}

static int64_t op_mkdir(const struct hythe_call *call, struct hythe_mkdir_arg *arg)
{
    struct node *n;
    int rc = make(call->attached, arg->path, HYTHE_TYPE_DIRECTORY, "", &n);

    return rc || !arg->attrs ? rc : set(n, arg->attrs);
}

static int64_t remove_node(const struct hythe_call *call, const char *path, bool directory)
{
    struct node *n;
    int rc = find(call, path, false, &n);

    if (rc)
        return rc;
    if ((n->attrs.type == HYTHE_TYPE_DIRECTORY) != directory)
        return directory ? -ENOTDIR : -EISDIR;
    if (n->children)
        return -ENOTEMPTY;
    unhang(n);
    drop(n);
    return 0;
}

static int64_t op_unlink(const struct hythe_call *call, struct hythe_unlink_arg *arg)
{
    return remove_node(call, arg->path, false);
}

static int64_t op_rmdir(const struct hythe_call *call, struct hythe_rmdir_arg *arg)
{
    return remove_node(call, arg->path, true);
}

static int64_t op_rename(const struct hythe_call *call, struct hythe_rename_arg *arg)
{
    struct node *n, *dir, *old, **at;
    const char *name;
    int rc = find(call, arg->from, false, &n);

    rc = rc ? rc : find_parent(call->attached, arg->to, &dir, &name);
    if (rc)
        return rc;
    for (const struct node *up = dir; up; up = up->parent)
        if (up == n)
            return -EINVAL;
    old = child(dir, name, strlen(name));
    if (old == n)
        return 0;
    if (old && !(arg->flags & HYTHE_RENAME_REPLACE))
        return -EEXIST;
    if (old) {
        unhang(old);
        drop(old);
    }
    unhang(n);
    free(n->name);
    n->name = strdup(name);
    n->parent = dir;
    for (at = &dir->children; *at; at = &(*at)->next)
        ;
    *at = n;
    return 0;
}

static int64_t op_statfs(const struct hythe_call *call, struct hythe_statfs_arg *arg)
{
    struct node *n;
    int rc = find(call, arg->path, true, &n);

    arg->out->bsize = arg->out->frsize = 4096;
    arg->out->blocks = 1000;
    arg->out->bfree = arg->out->bavail = 500;
    arg->out->name_max = 255;
    return rc;
}

static int64_t op_realpath(const struct hythe_call *call, struct hythe_realpath_arg *arg)
{
    const struct base *base = call->attached;
    size_t at = arg->len - 1;
    struct node *n;
    int rc = find(call, arg->path, true, &n);

    if (rc)
        return rc;
    if (n == base->dir) {
        memcpy(arg->buf, ".", 2);
        return 1;
    }
    arg->buf[at] = '\0';
    for (; n != base->dir; n = n->parent) {
        size_t len = strlen(n->name);

        if (len + 1 > at)
            return -ENAMETOOLONG;
        memcpy(arg->buf + (at -= len), n->name, len);
        if (n->parent != base->dir)
            arg->buf[--at] = '/';
    }
    memmove(arg->buf, arg->buf + at, arg->len - at);
    return (int64_t)strlen(arg->buf);
}

/* ---- Open files: the slot is the node; of a directory a cursor ---- */

struct cursor {
    struct node *dir;
    size_t next;
};

static int64_t op_open(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    struct memfs *fs = call->instance;
    struct node *n;
    int rc = find(call, arg->path, !(arg->access & (HYTHE_OPEN_NOFOLLOW | HYTHE_OPEN_EXCLUSIVE)), &n);

    if (rc == 0 && (arg->access & HYTHE_OPEN_EXCLUSIVE))
        return -EEXIST;
    if (rc == -ENOENT && (arg->access & HYTHE_OPEN_CREATE)) {
        rc = make(call->attached, arg->path, HYTHE_TYPE_REGULAR, "", &n);
        if (rc == 0)
            (void)set(n, arg->attrs);
    }
    if (rc)
        return rc;
    if (n->attrs.type != HYTHE_TYPE_REGULAR)
        return n->attrs.type == HYTHE_TYPE_DIRECTORY ? -EISDIR : -ELOOP;
    if (arg->access & HYTHE_OPEN_TRUNCATE)
        resize(n, 0);
    n->refs++;
    fs->open++;
    *call->slot = n;
    *arg->identity = identity_of(fs, n);
    return 0;
}

static int64_t op_opendir(const struct hythe_call *call, struct hythe_opendir_arg *arg)
{
    struct memfs *fs = call->instance;
    struct cursor *c;
    struct node *n;
    int rc = find(call, arg->path, true, &n);

    if (rc || n->attrs.type != HYTHE_TYPE_DIRECTORY)
        return rc ? rc : -ENOTDIR;
    c = calloc(1, sizeof *c);
    c->dir = n;
    n->refs++;
    fs->open++;
    *call->slot = c;
    return 0;
}

static int64_t op_readdir(const struct hythe_call *call, struct hythe_readdir_arg *arg)
{
    struct cursor *c = *call->slot;
    struct node *n = c->dir->children;
    int64_t taken = 0;

    for (size_t i = 0; n && i < c->next; i++)
        n = n->next;
    for (; n; n = n->next, c->next++, taken++) {
        int rc = arg->emit(arg->ctx, n->name, &n->attrs);

        if (rc < 0)
            return rc == -ENOBUFS ? taken : rc;
    }
    return taken;
}

static int64_t op_read(const struct hythe_call *call, struct hythe_read_arg *arg)
{
    const struct node *n = *call->slot;
    size_t left = arg->offset < n->attrs.size ? n->attrs.size - arg->offset : 0;
    size_t len = arg->len < left ? arg->len : left;

    if (len)
        memcpy(arg->buf, n->data + arg->offset, len);
    return (int64_t)len;
}

static int64_t op_write(const struct hythe_call *call, struct hythe_write_arg *arg)
{
    struct node *n = *call->slot;
    uint64_t at = call->file->access & HYTHE_OPEN_APPEND ? n->attrs.size : arg->offset;

    if (at > (1 << 26))
        return -EFBIG;
    if (at + arg->len > n->attrs.size)
        resize(n, at + arg->len);
    memcpy(n->data + at, arg->buf, arg->len);
    return (int64_t)arg->len;
}

static int64_t op_fsync(const struct hythe_call *call, struct hythe_fsync_arg *arg)
{
    (void)call;
    (void)arg;
    return 0;
}

/* Directories have access 0; their slot is a cursor. */
static struct node *node_of(const struct hythe_call *call)
{
    return call->file->access ? *call->slot : ((struct cursor *)*call->slot)->dir;
}

static int64_t op_fgetattr(const struct hythe_call *call, struct hythe_fgetattr_arg *arg)
{
    *arg->attrs = node_of(call)->attrs;
    return 0;
}

static int64_t op_fsetattr(const struct hythe_call *call, struct hythe_fsetattr_arg *arg)
{
    return set(node_of(call), arg->attrs);
}

static int64_t op_close(const struct hythe_call *call, struct hythe_close_arg *arg)
{
    struct memfs *fs = call->instance;

    (void)arg;
    drop(node_of(call));
    if (!call->file->access)
        free(*call->slot);
    fs->open--;
    return 0;
}

/* ---- The plugin ---- */

static int start(const struct hythe_host *host, const void *settings, void **instance)
{
    struct memfs *fs = calloc(1, sizeof *fs);

    (void)host;
    (void)settings;
    fs->root = new_node(NULL, "", 0, HYTHE_TYPE_DIRECTORY);
    *instance = fs;
    return 0;
}

static void stop(void *instance)
{
    struct memfs *fs = instance;

    drop_all(fs->root);
    free(fs);
}

static int attach(void *instance, const struct hythe_attach *how, void **attached)
{
    struct memfs *fs = instance;
    struct base whole = {fs->root, false}, *base;
    struct node *dir;
    int rc = walk(&whole, fs->root, how->base, true, 0, &dir);

    if (rc || dir->attrs.type != HYTHE_TYPE_DIRECTORY)
        return rc ? rc : -ENOTDIR;
    base = malloc(sizeof *base);
    *base = (struct base){dir, how->flags & HYTHE_ATTACH_BENEATH};
    fs->attached++;
    *attached = base;
    return 0;
}

static void detach(void *instance, void *attached)
{
    struct memfs *fs = instance;

    fs->attached--;
    free(attached);
}

static const struct hythe_ops ops = {.size = sizeof ops,
                                     .getattr = op_getattr,
                                     .fgetattr = op_fgetattr,
                                     .setattr = op_setattr,
                                     .fsetattr = op_fsetattr,
                                     .readlink = op_readlink,
                                     .symlink = op_symlink,
                                     .unlink = op_unlink,
                                     .mkdir = op_mkdir,
                                     .rmdir = op_rmdir,
                                     .rename = op_rename,
                                     .open = op_open,
                                     .opendir = op_opendir,
                                     .readdir = op_readdir,
                                     .read = op_read,
                                     .write = op_write,
                                     .fsync = op_fsync,
                                     .close = op_close,
                                     .statfs = op_statfs,
                                     .realpath = op_realpath};

const struct hythe_plugin memfs_plugin = {.abi = HYTHE_ABI,
                                          .size = sizeof memfs_plugin,
                                          .kind = HYTHE_FILESYSTEM,
                                          .threads = HYTHE_PER_SESSION,
                                          .name = "memfs",
                                          .version = "1",
                                          .summary = "files in memory, for tests",
                                          .start = start,
                                          .stop = stop,
                                          .attach = attach,
                                          .detach = detach,
                                          .ops = &ops};

/* ---- For tests ---- */

static int prepare(void *self, const char *path, uint32_t type, const char *data)
{
    struct memfs *fs = self;
    struct base whole = {fs->root, false};
    struct node *n;

    return make(&whole, path, type, data, &n);
}

int memfs_mkdir(void *self, const char *path)
{
    return prepare(self, path, HYTHE_TYPE_DIRECTORY, "");
}

int memfs_put(void *self, const char *path, const char *content)
{
    return prepare(self, path, HYTHE_TYPE_REGULAR, content);
}

int memfs_symlink(void *self, const char *path, const char *target)
{
    return prepare(self, path, HYTHE_TYPE_SYMLINK, target);
}

const char *memfs_content(void *self, const char *path)
{
    struct memfs *fs = self;
    struct base whole = {fs->root, false};
    struct node *n;

    return walk(&whole, fs->root, path, true, 0, &n) ? NULL : n->data;
}

unsigned memfs_attached(void *self)
{
    return ((struct memfs *)self)->attached;
}

unsigned memfs_open(void *self)
{
    return ((struct memfs *)self)->open;
}
