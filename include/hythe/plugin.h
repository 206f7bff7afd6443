/*
 * The plugin ABI of Hythe: everything that a filesystem, a filter or an authentication plugin sees of the server.
 * It is usable alone, from C11 and C++17. A plugin is a shared object with one exported function,
 * hythe_plugin_entry(), that returns a constant struct hythe_plugin.
 *
 * Growing without breaking. Every struct that crosses the boundary starts with its own size, as the side that made it
 * was compiled; fields are only ever appended. The core copies the smaller of the two sizes and zeroes the rest, so an
 * absent function is NULL and means "not offered".
 *
 * Results. An operation returns int64_t: zero or more on success (its meaning is given with the operation), a negative
 * errno value, or HYTHE_STATUS(n) for an exact SFTP status. How errno values reach a client is listed in
 * doc/status.md; an errno without a row becomes SSH_FX_FAILURE.
 *
 * Threads. Calls come from the thread of the connection that they serve; those of a HYTHE_SLOW plugin, and of the
 * layers that stand with one before or behind the same mount, from threads of the core's that differ from call to call,
 * but for what a login needs. `threads` of struct hythe_plugin says how many of them may run at once. Whatever it says,
 * writes, changes of attributes and the close of one open file come one at a time and in the client's order; reads of
 * one file overlap only under HYTHE_PARALLEL. Of the host's functions log, expand, memory_take without a call and
 * memory_give may be called from any thread, the others and emit only during a call and from its thread. A plugin
 * starts threads of its own in start(), not in a constructor. Memory that a call is given belongs to the core and is
 * valid until the call returns.
 *
 * Filters. Arguments for the next layer are changed in place and put back afterwards: a copy would lose fields that the
 * core has and the filter doesn't know. A layer that answers an open itself, without the next one, takes every
 * operation on that file.
 */
#ifndef HYTHE_PLUGIN_H
#define HYTHE_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Version of this interface. A plugin with a larger number is refused; a smaller one is loaded as long as it is 1. */
#define HYTHE_ABI 1u

/* What this header has within that version: counts up when flags or values of enums are added, which sizes don't show.
 * The core sends no bit on which safety depends to a plugin of a smaller number; other bits that a layer doesn't know
 * it ignores. */
#define HYTHE_ABI_MINOR 0u

/* Whether the side that made *s knows the field: HYTHE_HAS(call->host, memory_take). For every struct with `size`. */
#define HYTHE_HAS(s, field) ((uintptr_t)(&(s)->field + 1) - (uintptr_t)(s) <= (uintptr_t)(s)->size)

/* An exact SFTP status as a result: HYTHE_STATUS(16) is SSH_FX_UNKNOWN_PRINCIPAL. Degraded for older protocol versions
 * by the core. The range below -4096 is reserved for it; errno values never reach there. Below -2^32 results belong to
 * the core. A filter hands on unchanged whatever it doesn't understand. */
#define HYTHE_STATUS_BASE 65536
#define HYTHE_STATUS(code) (-(int64_t)(HYTHE_STATUS_BASE + (code)))
/* Whether a result of the next layer is none yet: an inner one has led the operation elsewhere (host->divert), nothing
 * was done under this name, and the core begins anew. A filter hands it on, and notes nothing. */
#define HYTHE_IS_DIVERTED(result) ((result) < -(INT64_C(1) << 32))

enum hythe_kind {
    HYTHE_FILESYSTEM = 1, /* fills operations, calls no next */
    HYTHE_FILTER = 2,     /* stands before a filesystem; whatever it doesn't take passes by without cost */
    HYTHE_AUTH = 3        /* knows accounts and checks factors */
};

enum hythe_threads {
    HYTHE_SERIAL = 1,      /* one call at a time in an instance */
    HYTHE_PER_SESSION = 2, /* one call at a time in a session; sessions run in parallel */
    HYTHE_PARALLEL = 3     /* any number of calls at once */
};

/* Flags of struct hythe_plugin. */
#define HYTHE_SLOW 0x1u /* calls may wait for a network; the core runs them off the connection's thread */
/* A client's WRITE comes as one call, whole, however its bytes arrive; else a large one comes in pieces as they do. It
 * costs the memory of one request. Of a filter or a filesystem that takes `write`. */
#define HYTHE_WHOLE_WRITES 0x2u
#define HYTHE_DIVERTS 0x4u /* calls host->divert. What it stands before may be as slow as the slowest mount */

/* Classes of operations, as bits: what an operation can do to a tree. A filter takes operations by class, so that one
 * which is newer than the filter is still seen by it. */
#define HYTHE_CLASS_READ 0x1u  /* looks at names, attributes or data */
#define HYTHE_CLASS_WRITE 0x2u /* changes names, attributes or data */
#define HYTHE_CLASS_OPEN 0x4u  /* opens a file: reading or writing is told by its arguments */
#define HYTHE_CLASS_ADMIN 0x8u /* closes, synchronises; changes nothing by itself */

/* Flags of struct hythe_call. */
/* Not what the client asked for, but what the core does for itself before or after it: a look at whom a lock belongs
 * to, at a parent, a home, at `.` and `..` of a listing or the size of what is copied; what an operation that no layer
 * has is answered with instead; what takes back something half made; and what an inner layer is asked by host->ask.
 * Who watches or counts requests lets such calls pass. Who judges them judges these, too. A close has it if its open
 * had. */
#define HYTHE_CALL_OWN 0x1u

/* Seconds and nanoseconds since 1970-01-01 UTC. */
struct hythe_time {
    int64_t sec;
    uint32_t nsec;
};

/* Which fields of struct hythe_attrs hold a value (`valid`), or are wanted (`want`). */
#define HYTHE_ATTR_TYPE 0x0001u
#define HYTHE_ATTR_SIZE 0x0002u
#define HYTHE_ATTR_MODE 0x0004u  /* permission bits with set-id and sticky: mode & 07777 */
#define HYTHE_ATTR_OWNER 0x0008u /* uid and gid, or owner and group */
#define HYTHE_ATTR_ATIME 0x0010u
#define HYTHE_ATTR_MTIME 0x0020u
#define HYTHE_ATTR_CTIME 0x0040u
#define HYTHE_ATTR_BTIME 0x0080u
#define HYTHE_ATTR_NLINK 0x0100u
#define HYTHE_ATTR_ALLOC 0x0200u
#define HYTHE_ATTR_BITS 0x0400u
#define HYTHE_ATTR_HINT 0x0800u
#define HYTHE_ATTR_MIME 0x1000u
#define HYTHE_ATTR_RAWNAME 0x2000u
#define HYTHE_ATTR_ACL 0x4000u
#define HYTHE_ATTR_EXTENDED 0x8000u

/* File types; the numbers are those of draft-ietf-secsh-filexfer-13, section 7.2. */
enum hythe_type {
    HYTHE_TYPE_NONE = 0,
    HYTHE_TYPE_REGULAR = 1,
    HYTHE_TYPE_DIRECTORY = 2,
    HYTHE_TYPE_SYMLINK = 3,
    HYTHE_TYPE_SPECIAL = 4,
    HYTHE_TYPE_UNKNOWN = 5,
    HYTHE_TYPE_SOCKET = 6,
    HYTHE_TYPE_CHAR_DEVICE = 7,
    HYTHE_TYPE_BLOCK_DEVICE = 8,
    HYTHE_TYPE_FIFO = 9
};

/* A name and a value of an extended attribute; bytes of the caller's. */
struct hythe_pair {
    const char *name;
    const void *value;
    size_t value_len;
};

/* The attributes of a file, a superset of what SFTP 3 to 6 can carry. What the pointers of a struct that a layer fills
 * lead to lives until the session is detached, or comes from host->keep; what is given to a layer or to emit is valid
 * until that call returns. */
struct hythe_attrs {
    size_t struct_size;
    uint32_t valid; /* HYTHE_ATTR_* */
    uint32_t type;  /* enum hythe_type */
    uint32_t mode;  /* permission bits only, no type */
    uint32_t uid, gid;
    uint32_t nlink;
    uint64_t size;  /* bytes */
    uint64_t alloc; /* bytes on the device */
    struct hythe_time atime, mtime, ctime, btime;
    uint32_t bits, bits_mask; /* SSH_FILEXFER_ATTR_FLAGS_*, and which of them are known */
    uint32_t hint;            /* text hint, draft-13 section 7.11 */
    uint32_t pair_count;
    /* Names; NULL: the core asks the system for uid and gid. What a client sets always has numbers, of users and groups
     * that the system knows, and names where it gave names. */
    const char *owner, *group;
    const char *mime;
    const char *raw_name; /* untranslated name */
    const void *acl;      /* as on the wire of SFTP 6 */
    size_t acl_len;
    const struct hythe_pair *pairs;
};

/* open: what the handle will be used for. */
#define HYTHE_OPEN_READ 0x01u
#define HYTHE_OPEN_WRITE 0x02u
#define HYTHE_OPEN_APPEND 0x04u    /* every write goes to the end, whatever its offset */
#define HYTHE_OPEN_CREATE 0x08u    /* create it when missing */
#define HYTHE_OPEN_EXCLUSIVE 0x10u /* with CREATE: EEXIST when something has the name, a symlink too */
#define HYTHE_OPEN_TRUNCATE 0x20u  /* an existing file becomes empty */
#define HYTHE_OPEN_NOFOLLOW 0x40u  /* ELOOP when the last component is a symlink */
#define HYTHE_OPEN_DELETE_ON_CLOSE 0x80u
#define HYTHE_OPEN_ATOMIC_APPEND 0x100u /* with APPEND: writes of several clients don't mix; ENOTSUP where they could */
#define HYTHE_OPEN_WRITE_ATTRS 0x200u   /* attributes will be changed through the handle, even if data won't */
#define HYTHE_OPEN_DELETE 0x400u        /* the client wants to be able to delete it; nothing is deleted by the handle */
/* Locks that begin with the open, as those of the operation lock on the whole file. The core keeps them. */
#define HYTHE_OPEN_LOCK_READ 0x1000u
#define HYTHE_OPEN_LOCK_WRITE 0x2000u
#define HYTHE_OPEN_LOCK_DELETE 0x4000u
#define HYTHE_OPEN_LOCK_ADVISORY 0x8000u

/* rename */
#define HYTHE_RENAME_REPLACE 0x1u /* an existing target is replaced, atomically where the store can */
#define HYTHE_RENAME_ATOMIC 0x2u  /* refuse (ENOTSUP) rather than leave a moment without the target */
#define HYTHE_RENAME_NATIVE 0x4u  /* the store may do more than asked if it is what its own users expect */

/* copyfile */
#define HYTHE_COPY_REPLACE 0x1u

/* lock: what others may not do in the range */
#define HYTHE_LOCK_READ 0x1u
#define HYTHE_LOCK_WRITE 0x2u
#define HYTHE_LOCK_DELETE 0x4u
#define HYTHE_LOCK_ADVISORY 0x8u /* only others' locks are held off, not their reads and writes */

/* getattr, setattr */
#define HYTHE_NOFOLLOW 0x1u /* act on a symlink itself */

/* close */
/* The connection ended before the client closed: the content may be incomplete. A client that vanishes while a close is
 * running shows through host->cancelled alone; so does a server that can't wait any longer. */
#define HYTHE_CLOSE_ABORTED 0x1u

/* statfs: all counts in units of frsize, but for the inodes. */
struct hythe_statfs {
    size_t struct_size;
    uint64_t bsize, frsize, blocks, bfree, bavail, files, ffree, favail, fsid, name_max;
    uint32_t read_only, no_setuid; /* booleans */
};

/* What names a file for as long as the store exists, whatever its path: locks and shared state follow it. */
struct hythe_identity {
    uint64_t store;   /* one number per backing store; two mounts of one tree report the same. 0: no identity */
    uint64_t file[2]; /* for instance device and inode */
};

/* Receives one directory entry. 0: taken. -ENOBUFS: no room, stop now and offer the same entry again at the next
 * readdir. Any other negative value: stop and return it. `name` is one component, no `.` and `..` needed. */
typedef int (*hythe_emit_fn)(void *ctx, const char *name, const struct hythe_attrs *attrs);

struct hythe_session;
struct hythe_file;
struct hythe_link;
struct hythe_host;
struct hythe_auth;
struct hythe_plugin;

/* The head of every call, the same for all operations. Made by the core for each layer; never kept. */
struct hythe_call {
    uint32_t size;
    uint16_t op;       /* enum hythe_op; may be newer than this header: check against HYTHE_OP_COUNT */
    uint16_t op_class; /* HYTHE_CLASS_* */
    const struct hythe_host *host;
    const struct hythe_session *session;
    const struct hythe_file *file; /* the open file, NULL for operations on paths */
    void *instance;                /* what start() returned */
    void *attached;                /* what attach() returned for this session and mount */
    void **slot;                   /* this layer's own pointer in the open file; NULL for operations on paths */
    const struct hythe_link *next; /* for host->next only */
    uint32_t flags;                /* HYTHE_CALL_* */
};

/* Facts of a session; valid as long as the session is attached. Strings are never NULL. */
struct hythe_session {
    uint32_t size;
    uint32_t protocol;     /* SFTP version, 3 to 6; 0 before INIT */
    uint64_t id;           /* connection id, unique in the process */
    const char *user;      /* login name: bytes of the client's choice until authenticated, checked afterwards */
    const char *home;      /* the user's initial directory, a path of the user's own view */
    const char *address;   /* of the client, numeric; "" for the stdio transport */
    const char *client_id; /* version string of the client's software */
    const char *group;     /* the first of the user's groups, "" without one */
    /* UserRootDirectory, "" for none and during a login: root + a path of the user's view is the tree's path. */
    const char *root;
};

/* Facts of an open file. */
struct hythe_file {
    uint32_t size;
    uint32_t access;  /* HYTHE_OPEN_* as opened; 0 for a directory */
    const char *path; /* the user's view, for logs and rules; the store was told its own path at open */
    struct hythe_identity identity;
};

/* How a session comes to a mount. */
struct hythe_attach {
    uint32_t size;
    uint32_t flags; /* HYTHE_ATTACH_* */
    const struct hythe_session *session;
    /* The deepest directory that this session may reach, relative to the mount's root ("." for the root itself). The
     * paths of later calls are relative to it: never absolute, never with `.`, `..` or empty components; "." alone
     * names the base itself. */
    const char *base;
    /* What the base is called by the configuration that names this layer, a normal absolute path. A filter of a user or
     * of a group gets the path of the user's view; for a layer of a mount "/" is the mount's root, so that this is "/"
     * but for a user whose root or restricting home lies inside of the mount. Rules about paths compare origin + "/" +
     * the path of a call. Valid until attach() returns, as base is. */
    const char *origin;
    /* What the user calls the base, a normal absolute path: for what is told about paths, as in a log. */
    const char *view;
};
/* An absolute symlink target is refused, as is whatever leads out of the base; without it such links resolve from the
 * base as if it were the root of the world. */
#define HYTHE_ATTACH_BENEATH 0x1u

/* What the core offers. `call` is always the one that the plugin was given. */
struct hythe_host {
    uint32_t abi, size;
    /* A line in the server's log. level: 0 error, 1 info, 2 verbose, 3 debug. Escaping is done by the core. */
    void (*log)(const struct hythe_host *host, int level, const char *fmt, ...)
#ifdef __GNUC__
        __attribute__((format(printf, 3, 4)))
#endif
        ;
    /* The next layer's result for the same operation; `arg` is the operation's argument struct, changed or not. */
    int64_t (*next)(const struct hythe_call *call, void *arg);
    /* Gives the client a text for the failure that this call is about to return, and returns `result`, so that one
     * can write `return host->fail(call, -EACCES, "...")`. No secrets: the client reads it. */
    int64_t (*fail)(const struct hythe_call *call, int64_t result, const char *fmt, ...)
#ifdef __GNUC__
        __attribute__((format(printf, 3, 4)))
#endif
        ;
    /* Non-zero when the session is ending and a long call should give up with -ECANCELED. Never for what removes the
     * rest of a cancelled copy: an unlink, and the look before it whether the name still leads to that file. */
    int (*cancelled)(const struct hythe_call *call);
    void *core; /* the core's own */
    /* Another operation than the one that is running, on the layers inside of this one alone, even where the core's
     * default answers it with a further one. `arg` is op's argument struct, its size is filled in. Operations on paths
     * from anywhere; those on the open file only while the call has one, and not open, opendir or close. -EINVAL for
     * others. The typed hythe_ask_getattr() and so on are below. */
    int64_t (*ask)(const struct hythe_call *call, uint32_t op, void *arg);
    /* Fills in a template (a setting of type HYTHE_SET_TEMPLATE) for a session: %u the user, %g the group, %h the home
     * without its first slash, %% a percent sign. Writes at most len bytes with the NUL to out. Returns the length,
     * -ENAMETOOLONG, or -EINVAL for a user or group that isn't one path component or a %g without group. */
    int64_t (*expand)(const struct hythe_host *host, const struct hythe_session *session, const char *text, char *out,
                      size_t len);
    /* Memory for data on its way, counted against plugin_memory, which all plugins of a server share: take before
     * allocating, give back after freeing. With a call whose plugin is HYTHE_SLOW take waits for others to give back;
     * returns 0, -ECANCELED when the session ends while it waits, -ENOBUFS without waiting for other calls, without a
     * call (NULL), or for more than all of it. */
    int (*memory_take)(const struct hythe_host *host, const struct hythe_call *call, size_t bytes);
    void (*memory_give)(const struct hythe_host *host, size_t bytes);
    /* The plugin as its entry point answered, or as it was registered from memory: a plugin that a program registers
     * finds its surroundings around it. */
    const struct hythe_plugin *plugin;
    /* Memory that lives until the answer to this call's request was made, for what attributes point to. NULL when
     * memory is short. Nobody frees it. */
    void *(*keep)(const struct hythe_call *call, size_t bytes);
    /* Calls assist() of struct hythe_plugin, with this instance's settings, in the server's helper process: a socket
     * that leads to it, or a negative errno after the log said why (-EPERM: there are no such rights to be had). The
     * caller closes it, which ends the call. From any thread, and as often at once as there are logins
     * (max_unfinished). The first time must be in start(), even if only to close the socket again: once all plugins of
     * the first configuration have started, the helper takes on nobody new. */
    int (*assist)(const struct hythe_host *host);
    /* Whether a line of an authorized_keys file can be used at all, for settings that have some: 0; -EINVAL with a
     * reason in `why`, as much of it as fits why_size bytes; -ENOSYS from a program that lets nobody in. Whom it lets
     * in is a question of key_line of struct hythe_factor. From any thread. */
    int (*key_line_ok)(const struct hythe_host *host, const char *text, char *why, size_t why_size);
    /* Leads an operation on paths, or one that opens, elsewhere: a layer that answers `return host->divert(call, path,
     * to)` has done nothing, and the core does the whole operation again with these names, as if the client had sent
     * them: mounts, the user's root and home, all filters, locks. Other arguments stay as they were.
     *   path  normal and absolute, of the user's view (how->view of attach() is what the user calls the layer's base).
     *         Of rename, link and copyfile the first one, of symlink the link. NULL: stays as it is.
     *   to    of rename, link and copyfile the second one. NULL: stays as it is.
     * What is opened has the new path (struct hythe_file). Returns what the layer must answer, or -EINVAL for a path
     * that isn't normal and absolute, and for none; -ENOTSUP without HYTHE_DIVERTS, for operations on open files and
     * calls with HYTHE_CALL_OWN; -ENOMEM. After 8 diversions of one operation the client gets -ELOOP. A layer must not
     * divert once it has called next for that operation: it would be done twice. */
    int64_t (*divert)(const struct hythe_call *call, const char *path, const char *to);
};

#include <hythe/ops.def>

/* One argument struct per operation, generated from ops.def: struct hythe_read_arg and so on. */
#define HYTHE_FIELD(type, name) type name;
#define HYTHE_OP(name, klass, on, fields) \
    struct hythe_##name##_arg { \
        size_t size; \
        fields \
    };
HYTHE_OPS
#undef HYTHE_OP
#undef HYTHE_FIELD

enum hythe_op {
#define HYTHE_OP(name, klass, on, fields) HYTHE_OP_##name,
    HYTHE_OPS
#undef HYTHE_OP
        HYTHE_OP_COUNT
};

/* A layer's functions; NULL for what it doesn't take. `any` comes first because operations are appended. */
struct hythe_ops {
    size_t size;
    /* Filters only: takes every operation whose class is in any_classes and that has no function below, also those
     * that a later core adds. `arg` points at the operation's struct. */
    int64_t (*any)(const struct hythe_call *call, void *arg);
    uint32_t any_classes;
    /* Operations with smaller numbers are not for `any`: HYTHE_OP_COUNT leaves it those that are newer than the header
     * that the filter was built with, so that reads and writes needn't pass through it. */
    uint32_t any_from;
#define HYTHE_OP(name, klass, on, fields) \
    int64_t (*name)(const struct hythe_call *call, struct hythe_##name##_arg *arg);
    HYTHE_OPS
#undef HYTHE_OP
};

/* Types of settings, and the C type of the field that the core fills. */
enum hythe_setting_type {
    HYTHE_SET_BOOL,   /* int: 0 or 1 */
    HYTHE_SET_INT,    /* int64_t, min to max */
    HYTHE_SET_SIZE,   /* int64_t bytes; the file may say 64K, 64M, 64G */
    HYTHE_SET_MODE,   /* int64_t; the file says "0755", octal */
    HYTHE_SET_STRING, /* const char * */
    HYTHE_SET_PATH,   /* const char *, an absolute path of this machine */
    HYTHE_SET_SECRET, /* const char *; never logged, never shown by --dump-config, wiped after stop() */
    /* const char *const *, NULL-terminated strings; the file says ( "a", "b" ), or "a" for one, "" for none */
    HYTHE_SET_LIST,
    /* const char *, an absolute path of this machine with %u, %g, %h, %%; see host->expand. A part of the path, between
     * its slashes, has at most one of them, and %h is a whole part. */
    HYTHE_SET_TEMPLATE,
    HYTHE_SET_CHOICE /* int64_t, the index of one of the words in `choices` */
};

/* One row of a plugin's settings. The core parses, checks ranges and fills the plugin's struct before start(). */
struct hythe_setting {
    const char *name;
    enum hythe_setting_type type;
    size_t offset;        /* of the field in the settings struct */
    int64_t min, max;     /* for INT, SIZE and MODE; for strings, their length in bytes; both 0: any */
    const char *fallback; /* default, as the file would say it; NULL: the setting is required */
    const char *help;     /* one sentence */
    const char *choices;  /* for CHOICE: the words, separated by one space */
};

/* ---- Authentication plugins ---- */

#include <hythe/auth.h>

/* ---- What a store keeps ---- */

/* struct hythe_keeps, flags */
#define HYTHE_KEEPS_SUBSECONDS 0x1u /* times with fractions of a second */
#define HYTHE_KEEPS_IDENTITY 0x2u   /* open tells a file's identity, so that the core can keep locks */

/* Entries of ACLs that a store keeps by their types, and whether it can say what is inherited: the bits of
 * SSH_ACL_CAP_*, draft-ietf-secsh-filexfer-13, section 5.4. */
#define HYTHE_ACL_ALLOW 0x1u
#define HYTHE_ACL_DENY 0x2u
#define HYTHE_ACL_AUDIT 0x4u
#define HYTHE_ACL_ALARM 0x8u
#define HYTHE_ACL_INHERIT_ACCESS 0x10u
#define HYTHE_ACL_INHERIT_AUDIT_ALARM 0x20u

/* What a store takes from clients and has afterwards. Clients are told it when they begin, as `supported`, `supported2`
 * and `acl-supported`, and leave out of their requests what isn't there. */
struct hythe_keeps {
    size_t size;
    uint32_t flags; /* HYTHE_KEEPS_* */
    /* HYTHE_ATTR_* that setattr, or an open that makes a file, sets and that getattr tells afterwards. Of some that a
     * store takes with one value only (the owner that there is) it says so too. */
    uint32_t attrs;
    uint32_t bits; /* with HYTHE_ATTR_BITS: SSH_FILEXFER_ATTR_FLAGS_* that can be set and taken away */
    uint32_t acl;  /* with HYTHE_ATTR_ACL: HYTHE_ACL_* */
    /* HYTHE_OPEN_* that open honours: READ, WRITE, WRITE_ATTRS, APPEND, ATOMIC_APPEND, NOFOLLOW, DELETE_ON_CLOSE; other
     * bits don't count. */
    uint32_t access;
    /* With HYTHE_ATTR_EXTENDED: the names of extended attributes that are taken, NULL-terminated and valid until
     * stop(); NULL: any. Clients are told 64 names at most, of 255 bytes at most. */
    const char *const *pairs;
};

/* ---- Asking beforehand ---- */

/* What foresee() has instead of an instance and a session: what start() and attach() would be given. Valid for the
 * call, as the strings that it leads to are. */
struct hythe_foresight {
    uint32_t size;
    uint32_t flags;                    /* 0 */
    const void *settings;              /* the plugin's own, filled */
    const struct hythe_attach *attach; /* whose session, at which base */
    /* why_size bytes for a line to the operator: which setting makes the answer what it is. "" at first; UTF-8 with a
     * NUL. Clients don't see it; what they would be told comes from host->fail. */
    char *why;
    size_t why_size;
};

/* ---- Rights that the server has given up ---- */

/* What assist() is given. Valid for the call. */
struct hythe_assist {
    uint32_t size;
    /* The other end of the socket that host->assist() returned: AF_UNIX, SOCK_SEQPACKET, so that each send is received
     * as a whole or cut off (MSG_TRUNC). What is said is between the plugin's two halves. Closed by the core. */
    int socket;
    const void *settings; /* the plugin's own, filled as for start() */
};

struct hythe_plugin {
    uint32_t abi;     /* HYTHE_ABI */
    uint32_t size;    /* sizeof(struct hythe_plugin) */
    uint32_t kind;    /* enum hythe_kind */
    uint32_t threads; /* enum hythe_threads */
    uint32_t flags;   /* HYTHE_SLOW and others above */
    uint32_t minor;   /* HYTHE_ABI_MINOR */
    const char *name; /* as in `plugin = "name"` and the file name.so */
    const char *version;
    const char *summary; /* one line */
    const struct hythe_setting *settings;
    size_t setting_count;
    size_t setting_size;  /* sizeof(struct hythe_setting) */
    size_t settings_size; /* size of the struct that the rows' offsets point into */

    /* Begins an instance: once for each mount that names the plugin. `settings` is filled and stays valid until stop().
     * Returns 0 and sets *instance, or a negative errno after host->log said why: the server then doesn't start, or
     * goes on with the configuration that it has. A reload with other settings or another build of the plugin starts a
     * new instance while the old one still serves its sessions; without a change the instance is kept. */
    int (*start)(const struct hythe_host *host, const void *settings, void **instance);
    /* Ends it; no session is attached any more. From any thread; afterwards the object may be unloaded, so no thread of
     * the plugin may be left. */
    void (*stop)(void *instance);
    /* A session's first use of the mount. Returns 0 and sets *attached, or a negative errno, which the operation that
     * needed the mount gets as its result. */
    int (*attach)(void *instance, const struct hythe_attach *how, void **attached);
    /* The session is over; all its files were closed. */
    void (*detach)(void *instance, void *attached);

    const struct hythe_ops *ops;   /* of a filesystem or a filter, else NULL */
    const struct hythe_auth *auth; /* of an authentication plugin, else NULL */

    /* Of a filesystem: says what it keeps, as it was set up; `out` is zeroed. Called for each session that begins, from
     * its thread and whatever `threads` says beside other calls; must not wait. NULL: what any file system of Unix has:
     * sizes, permissions, owners, times of access and modification, allocations, and all of `access`. */
    void (*keeps)(void *instance, struct hythe_keeps *out);

    /* What the operation call->op would answer, of those that `ops` takes, without doing anything of it: nothing is
     * made, changed, written or sent, and the plugin is neither started nor attached. `hythed --explain` asks so, on
     * one thread, with the rights of the server. NULL: nobody can tell beforehand. See hythe_foresee_by().
     *   call      call->instance and call->attached are NULL and the plugin's to set, for functions of its own. next
     *             and ask lead to what the inner layers foresee; a layer that can't tell agrees to everything. A file
     *             whose open was foreseen has its slot, and ends with a close that is foreseen, too.
     *   arg       as for the operation. What only looks fills it as the operation would, as far as it can: `valid` 0
     *             and counts of 0 say nothing; realpath without knowledge of links gives the path back.
     *   result    A negative one is the refusal, with the errno that the operation would answer. Zero or more, as of
     *             the operation: nothing of what can be known beforehand is against it. Whatever the settings, the
     *             rules or the rights of the process will refuse (-EACCES, -EPERM, -EROFS) is to be foreseen. -ENOSYS
     *             of a filesystem: this can't be told. */
    int64_t (*foresee)(struct hythe_call *call, const struct hythe_foresight *how, void *arg);

    /* The half of the plugin that works with the rights which the server was started with, for what it can't do any
     * more once it is run_as. Each host->assist() is one call of it, in a process of its own, where no instance was
     * started and nothing is shared with other calls; it ends with the return, with the server, and after login_grace
     * seconds at the latest. Whoever has taken over the server's process can send whatever it likes: this function
     * checks all that it receives, and does nothing but what the settings call for. Nothing here writes to the log:
     * send a text. NULL: none is needed. */
    void (*assist)(const struct hythe_assist *how);
};

/* The one exported symbol of a plugin. */
#if defined(__GNUC__)
#define HYTHE_EXPORT __attribute__((visibility("default")))
#else
#define HYTHE_EXPORT
#endif
HYTHE_EXPORT const struct hythe_plugin *hythe_plugin_entry(void);

#include <hythe/calls.h>

#ifdef __cplusplus
}
#endif
#endif
