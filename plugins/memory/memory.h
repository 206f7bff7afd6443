/* The memory plugin's own declarations: a tree of files that lives in the server's memory.
 *
 * Locks. `tree` of the store guards the names: entries, folders, cursors. Looking a path up holds it shared, changing
 * names holds it alone. `lock` of a node guards its data and attributes. An open file leads to its node without any
 * name, so reading and writing take the node's lock only: files don't wait for each other. Order: the mutex of a
 * listing, tree, nodes (two of them by number). No lock is held while foreign code runs.
 *
 * A node lives as long as its count says: names, open files, bases of sessions and calls that hold it without a lock.
 *
 * Functions return zero or more, or a negative errno. */
#ifndef MEMORY_MEMORY_H
#define MEMORY_MEMORY_H

#include <hythe/plugin.h>

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Filled by the core from the rows of plugin.c. */
struct mem_settings {
    int64_t size, max_files;
    int64_t umask, file_mode, directory_mode;
    int allow_setid;
};

/* What start() makes. */
struct mem_store {
    const struct mem_settings *set;
    uint64_t id; /* of the identities, never 0 */
    uint32_t uid, gid;
    pthread_rwlock_t tree;
    atomic_uint_fast64_t used, nodes, next_number;
    struct mem_node *root;
};

/* store.c: what the store may hold, and has. */

enum { MEM_PIECE = 16 }; /* what an allocator adds to each piece */

/* Counts bytes: 0 or -ENOSPC. */
int mem_take(struct mem_store *store, size_t bytes);
void mem_give(struct mem_store *store, size_t bytes);
void *mem_alloc(struct mem_store *store, size_t bytes,
                int *err); /* zeroed, counted with MEM_PIECE; NULL: *err says why */
void mem_free(struct mem_store *store, void *p, size_t bytes);
void mem_statfs(struct mem_store *store, struct hythe_statfs *out);

/* sparse.c: the content of a file, in chunks; what was never written takes no room, unless it was
 * reserved. Bytes behind the size are zero. */

enum { MEM_CHUNK = 4096 };

struct mem_data {
    uint64_t size;
    uint64_t bytes;  /* that were taken from the store */
    void *top;       /* a chunk, or an index of `height` levels */
    unsigned height; /* 0: top is chunk 0 */
};

size_t mem_data_read(const struct mem_data *data, void *buf, size_t len, uint64_t offset);
/* What was written before the store was full stays. offset + len is at most INT64_MAX. */
int mem_data_write(struct mem_store *store, struct mem_data *data, const void *buf, size_t len, uint64_t offset);
/* Room up to `keep` bytes that is there already stays. */
void mem_data_resize(struct mem_store *store, struct mem_data *data, uint64_t size, uint64_t keep);
/* Takes room for that many bytes from the beginning on; the size stays. */
int mem_data_reserve(struct mem_store *store, struct mem_data *data, uint64_t bytes);
/* Gives back the room behind that many bytes, and behind the size. */
void mem_data_trim(struct mem_store *store, struct mem_data *data, uint64_t bytes);
/* How many of len bytes from offset on are a hole. */
uint64_t mem_data_hole(const struct mem_data *data, uint64_t offset, uint64_t len);
/* Copies a range within the size of `from`, holes as holes; the ranges don't overlap. */
int mem_data_copy(struct mem_store *store, const struct mem_data *from, uint64_t offset, struct mem_data *to,
                  uint64_t target, uint64_t len);

/* extra.c: attributes that few files have, in one piece that is never changed, only replaced. So it can be shown to a
 * client while somebody else sets others. */

struct mem_extra {
    atomic_uint refs;
    size_t bytes;
    struct hythe_attrs attrs; /* valid: of MEM_EXTRAS; OWNER: the names */
};

#define MEM_EXTRAS \
    (HYTHE_ATTR_BITS | HYTHE_ATTR_HINT | HYTHE_ATTR_MIME | HYTHE_ATTR_RAWNAME | HYTHE_ATTR_ACL | HYTHE_ATTR_EXTENDED)

#define MEM_TIMES (HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME | HYTHE_ATTR_CTIME | HYTHE_ATTR_BTIME)
/* All that can be set. */
#define MEM_SETTABLE (HYTHE_ATTR_SIZE | HYTHE_ATTR_ALLOC | HYTHE_ATTR_OWNER | HYTHE_ATTR_MODE | MEM_TIMES | MEM_EXTRAS)

/* What `old` (may be NULL) becomes when `attrs` are set: counted, or NULL for nothing. -E2BIG, -ENOSPC, -ENOMEM. */
int mem_extra_merge(struct mem_store *store, const struct mem_extra *old, const struct hythe_attrs *attrs,
                    struct mem_extra **out);
struct mem_extra *mem_extra_ref(struct mem_extra *extra); /* NULL stays NULL */
void mem_extra_unref(struct mem_extra *extra);
/* Fills in all of it but the valid bits; attrs then points into it. */
void mem_extra_fill(const struct mem_extra *extra, struct hythe_attrs *attrs);
/* Copies it, without the valid bits, into memory of host->keep: 0 or -ENOMEM. */
int mem_extra_keep(const struct hythe_call *call, const struct mem_extra *extra, struct hythe_attrs *attrs);
/* The node doesn't have it any more: its bytes are given back, even if somebody still looks at it. */
void mem_extra_drop(struct mem_store *store, struct mem_extra *extra);

/* node.c */

struct mem_folder {
    struct mem_node *parent;        /* NULL: the root, or removed */
    struct mem_entry *self;         /* its own name there */
    bool removed;                   /* nothing can be made in it any more */
    struct mem_entry *first, *last; /* oldest first */
    void *index;                    /* the entries by name, for tfind(3) */
    uint64_t next_cookie;
    struct mem_cursor *cursors; /* also under the node's lock */
};

struct mem_node {
    atomic_uint refs, nlink;
    uint32_t type;   /* REGULAR, DIRECTORY or SYMLINK */
    uint64_t number; /* unique in the store */
    pthread_rwlock_t lock;
    uint32_t mode, uid, gid;
    struct hythe_time atime, mtime, ctime, btime;
    struct mem_extra *extra;
    union {
        struct mem_data data;
        struct mem_folder folder; /* under the tree's lock */
        struct {
            char *text; /* never changes */
            size_t len;
        } link;
    };
};

/* A new node with one reference and no name. */
int mem_node_new(struct mem_store *store, uint32_t type, uint32_t mode, struct mem_node **out);
struct mem_node *mem_node_ref(struct mem_node *node);
void mem_node_unref(struct mem_store *store, struct mem_node *node); /* NULL is fine */
void mem_lock_read(struct mem_node *node);
void mem_lock_write(struct mem_node *node);
void mem_unlock(struct mem_node *node);
/* A lock that lets a waiting writer go first. */
int mem_rwlock_init(pthread_rwlock_t *lock);
struct hythe_time mem_now(void);
/* Marks a change: the ctime, and the mtime of a folder or of content. */
enum { MEM_CTIME = 1, MEM_MTIME = 2 };
void mem_touch(struct mem_node *node, int times);

/* folder.c: names. The tree is held alone for whatever changes them. */

struct mem_name {
    const char *text; /* no NUL needed */
    size_t len;
};

struct mem_entry {
    struct mem_name name; /* first: the index compares it */
    struct mem_entry *prev, *next;
    struct mem_node *node;
    uint64_t cookie; /* grows along the list */
    char bytes[];
};

/* Where a listing is. Taking an entry away moves the cursors that stand on it. */
struct mem_cursor {
    pthread_mutex_t mutex;  /* one readdir at a time */
    struct mem_entry *next; /* to be offered; under the tree's lock and the mutex, or the tree held alone */
    uint64_t until;         /* entries from this cookie on came after the listing began */
    struct mem_cursor *newer, *older;
};

struct mem_entry *mem_find(const struct mem_node *folder, struct mem_name name);
/* Gives the node a name, and takes over the caller's reference. */
int mem_insert(struct mem_store *store, struct mem_node *folder, struct mem_name name, struct mem_node *node);
/* Takes the name away and hands its reference to the caller. */
struct mem_node *mem_remove(struct mem_store *store, struct mem_node *folder, struct mem_entry *entry);
/* Puts another node (and reference) under a name; hands out the old one. */
struct mem_node *mem_exchange(struct mem_node *folder, struct mem_entry *entry, struct mem_node *node);
/* Changes the name but not the place in listings. */
int mem_rename_entry(struct mem_store *store, struct mem_node *folder, struct mem_entry *entry, struct mem_name name);
void mem_cursor_open(struct mem_node *folder, struct mem_cursor *cursor);
void mem_cursor_close(struct mem_node *folder, struct mem_cursor *cursor);

/* walk.c: paths. The tree is held. */

/* What attach() makes. */
struct mem_base {
    struct mem_store *store;
    struct mem_node *node;
    bool beneath; /* HYTHE_ATTACH_BENEATH */
};

enum {
    MEM_NOFOLLOW = 1, /* a symlink at the end is the result itself */
    MEM_MISSING = 2   /* nothing at the end is a result too */
};

struct mem_found {
    struct mem_node *folder; /* where the name is */
    struct mem_node *node;   /* NULL: missing */
    struct mem_name name;    /* "" where the path ends in the base, in ".." or in "/"; points into bytes */
    char bytes[NAME_MAX + 1];
};

/* -EXDEV: beneath, and it leads out. */
int mem_walk(const struct mem_base *base, const char *path, int flags, struct mem_found *found);
/* The folder and the last name of a path, which is looked up but not followed: node NULL means nothing has it. `self`
 * is the result for ".", which has no such name. */
int mem_parent(const struct mem_base *base, const char *path, int self, struct mem_found *found);
/* The canonical path below the base into buf, with NUL; its length. */
int64_t mem_path_of(const struct mem_base *base, const struct mem_found *found, char *buf, size_t len);
/* A failed look-up as the client shall see it: -EXDEV becomes -EACCES with a text. */
int64_t mem_refuse(const struct hythe_call *call, int64_t result);

/* foresee.c: the plugin's foresee(). */
int64_t mem_foresee(struct hythe_call *call, const struct hythe_foresight *how, void *arg);

/* attrs.c */

enum { MEM_SET_ID = 06000 }; /* the bits of allow_setid */
#define MEM_NO_SET_ID "set-user-id and set-group-id bits aren't allowed here"
#define MEM_NOT_FOR_WRITING "the file isn't open for writing"

uint32_t mem_new_mode(const struct mem_store *store, const struct hythe_attrs *attrs, int64_t fallback);
/* What the client wished for something new besides its mode: owner, times and the rest. */
int64_t mem_set_new(const struct hythe_call *call, struct mem_node *node, const struct hythe_attrs *attrs);
/* Fills what is wanted. The result, if any, holds what attrs points to and is the caller's to unref. */
struct mem_extra *mem_fill(struct mem_node *node, uint32_t want, struct hythe_attrs *attrs);

/* An open file or folder, in the slot of the core's handle. */
struct mem_file {
    struct mem_node *node;
    uint32_t access;           /* HYTHE_OPEN_*, 0 for a folder */
    struct mem_node *folder;   /* with HYTHE_OPEN_DELETE_ON_CLOSE: where the name is that goes */
    struct mem_found *found;   /* and the name itself */
    struct mem_cursor *cursor; /* NULL for a file */
};

static inline struct mem_base *mem_base_of(const struct hythe_call *call)
{
    return (struct mem_base *)call->attached;
}

static inline struct mem_store *mem_store_of(const struct hythe_call *call)
{
    return (struct mem_store *)call->instance;
}

static inline struct hythe_identity mem_identity(const struct mem_store *store, const struct mem_node *node)
{
    return (struct hythe_identity){.store = store->id, .file = {node->number, 0}};
}

static inline struct mem_file *mem_file_of(const struct hythe_call *call)
{
    return (struct mem_file *)*call->slot;
}

static inline void mem_tree_read(struct mem_store *store)
{
    (void)pthread_rwlock_rdlock(&store->tree);
}

static inline void mem_tree_write(struct mem_store *store)
{
    (void)pthread_rwlock_wrlock(&store->tree);
}

static inline void mem_tree_unlock(struct mem_store *store)
{
    (void)pthread_rwlock_unlock(&store->tree);
}

/* The operations: mem_op_getattr and so on, of the type that struct hythe_ops wants. */
#define HYTHE_OP(name, klass, on, fields) \
    int64_t mem_op_##name(const struct hythe_call *call, struct hythe_##name##_arg *arg);
HYTHE_OPS
#undef HYTHE_OP

#endif
