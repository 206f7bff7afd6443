/* The virtual tree as one session sees it: mounts, the user's root and home, open files. Every path that a client
 * sends is resolved here and nowhere else. Results are those of the plugin ABI: >= 0, a negative errno, or
 * HYTHE_STATUS(n). */
#ifndef HY_VFS_VFS_H
#define HY_VFS_VFS_H

#include "core/base/err.h"
#include "core/base/log.h"
#include "core/path/path.h"
#include "core/vfs/chain.h"
#include "core/vfs/locks.h"
#include "core/vfs/roster.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A mount: a place in the tree and the chain that serves it. */
struct hy_mount {
    char *path; /* normal */
    struct hy_chain *chain;
};

/* The mounts that some users see, shared by their sessions and freed with the last of them. Immutable once built. */
struct hy_tree;
struct hy_tree *hy_tree_new(void);
/* Adds a mount; takes the chain on success. -EEXIST for a path taken already, -ENOMEM. */
int hy_tree_mount(struct hy_tree *tree, const char *path, struct hy_chain *chain);
/* The same of a mount that a user or a group brings along: `path` is one of the user's view, whatever the user's root,
 * and hides a mount of the tree that has the same path there. */
int hy_tree_mount_own(struct hy_tree *tree, const char *path, struct hy_chain *chain);
struct hy_tree *hy_tree_ref(struct hy_tree *tree);
void hy_tree_unref(struct hy_tree *tree); /* the last frees the chains, not their instances */

/* How a user sees the tree; strings are copied. */
struct hy_view {
    const char *user_root;    /* UserRootDirectory: normal path of the tree that becomes the user's "/"; NULL: "/" */
    const char *home;         /* HomeDir: normal path of the user's view, where relative paths start; NULL: "/" */
    bool restrict_to_home;    /* RestrictUserToHomeDir */
    unsigned max_handles;     /* open files and directories at once */
    unsigned max_locks;       /* byte ranges locked at once; 0: no locks at all */
    struct hy_locks *locks;   /* of the server, must outlive the session; NULL: no locks at all */
    struct hy_roster *roster; /* of the connection, which it is listed in as long as it lives; NULL: in none */
};

struct hy_vfs; /* one session's; used by one thread at a time */

/* The vfs keeps a reference to the tree. `session` is what the plugins see of the session: the struct is copied, its
 * strings must outlive the vfs. Fails when the home is missing or is not a directory, or when a user is to be
 * restricted to a home that isn't given. */
struct hy_vfs *hy_vfs_new(struct hy_tree *tree, const struct hy_view *view, const struct hythe_session *session,
                          const struct hy_log *log, struct hy_err *err);
/* Paths of clients: any bytes, absolute or relative to home; `len` bytes, NUL refused with -EINVAL. */
struct hy_name {
    const char *p;
    size_t len;
};

/* Where a path leads, by names alone: no plugin is called, and it doesn't matter what exists. */
struct hy_where {
    char path[HY_PATH_MAX];       /* normal, of the user's view */
    bool outside;                 /* of the home that restricts the user: what follows isn't filled in */
    bool above;                   /* mounts lie below it: a directory, whatever a store says */
    bool fixed;                   /* can't be moved, removed or replaced */
    const struct hy_mount *mount; /* the tree's; NULL: no store is responsible */
    bool own;                     /* the mount is a user's or a group's */
    char base[HY_PATH_MAX];       /* what the plugin is told when it is attached */
    char rel[HY_PATH_MAX];        /* and of this path */
};
/* 0, or -1 with err: NUL in the path, too long, a view that hy_vfs_new() would refuse. */
int hy_vfs_where(struct hy_tree *tree, const struct hy_view *view, const char *user, struct hy_name path,
                 struct hy_where *out, struct hy_err *err);

/* The session without a look at its home: no plugin is called. */
struct hy_vfs *hy_vfs_bare(struct hy_tree *tree, const struct hy_view *view, const struct hythe_session *session,
                           const struct hy_log *log, struct hy_err *err);
/* What hy_vfs_new() finds out of a bare one: -1 when the home is missing or is not a directory. */
int hy_vfs_check_home(struct hy_vfs *vfs, struct hy_err *err);
/* Closes what is still open (as aborted), detaches every mount and frees. */
void hy_vfs_free(struct hy_vfs *vfs);

/* Makes plugins' host->cancelled() true, from any thread. */
void hy_vfs_cancel(struct hy_vfs *vfs);

/* The text that a layer gave for the last failure, "" if none. Cleared by hy_vfs_clear_error(), which also frees what
 * layers kept for the answer: attributes of earlier calls end with it. */
const char *hy_vfs_error(const struct hy_vfs *vfs);
/* Sets it, for a failure that the protocol decides, and returns `result`. */
int64_t hy_vfs_fail(struct hy_vfs *vfs, int64_t result, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void hy_vfs_clear_error(struct hy_vfs *vfs);

/* The SFTP version that client and server agreed on, for plugins. */
void hy_vfs_set_protocol(struct hy_vfs *vfs, uint32_t protocol);

/* Initial directory, a normal path of the user's view. */
const char *hy_vfs_home(const struct hy_vfs *vfs);

/* An open file is an index and a generation: one that was closed, or invented, is -EBADF. */
typedef uint64_t hy_handle;

int64_t hy_vfs_getattr(struct hy_vfs *vfs, struct hy_name path, uint32_t want, uint32_t flags, struct hythe_attrs *out);
/* The same for what the server needs to know itself (HYTHE_CALL_OWN), here and of an open file. */
int64_t hy_vfs_look(struct hy_vfs *vfs, struct hy_name path, uint32_t want, uint32_t flags, struct hythe_attrs *out);
int64_t hy_vfs_flook(struct hy_vfs *vfs, hy_handle h, uint32_t want, struct hythe_attrs *out);
int64_t hy_vfs_setattr(struct hy_vfs *vfs, struct hy_name path, uint32_t flags, const struct hythe_attrs *attrs);
int64_t hy_vfs_readlink(struct hy_vfs *vfs, struct hy_name path, char *buf, size_t len);
/* target is stored as it is sent; path is the link's own name. */
int64_t hy_vfs_symlink(struct hy_vfs *vfs, struct hy_name path, struct hy_name target);
int64_t hy_vfs_link(struct hy_vfs *vfs, struct hy_name from, struct hy_name to);
int64_t hy_vfs_unlink(struct hy_vfs *vfs, struct hy_name path);
int64_t hy_vfs_mkdir(struct hy_vfs *vfs, struct hy_name path, const struct hythe_attrs *attrs);
/* The same, and where the new directory lies, a normal path (HY_PATH_MAX bytes): layers may lead it elsewhere. */
int64_t hy_vfs_mkdir_where(struct hy_vfs *vfs, struct hy_name path, const struct hythe_attrs *attrs, char *where);
int64_t hy_vfs_rmdir(struct hy_vfs *vfs, struct hy_name path);
/* Takes back a file or directory that was made for a request which failed afterwards (HYTHE_CALL_OWN). */
int64_t hy_vfs_unmake(struct hy_vfs *vfs, struct hy_name path, bool directory);
int64_t hy_vfs_rename(struct hy_vfs *vfs, struct hy_name from, struct hy_name to, uint32_t flags);
int64_t hy_vfs_statfs(struct hy_vfs *vfs, struct hy_name path, struct hythe_statfs *out);

/* Canonical path of the user's view into out (HY_PATH_MAX bytes); returns its length.
 *   HY_REAL_LEXICAL  no look-up at all
 *   HY_REAL_LAST     links are resolved, a missing last component is accepted (what SFTP 3 needs)
 *   HY_REAL_EXISTS   everything must exist */
enum hy_real { HY_REAL_LEXICAL, HY_REAL_LAST, HY_REAL_EXISTS };
int64_t hy_vfs_realpath(struct hy_vfs *vfs, struct hy_name path, enum hy_real how, char *out);

/* Open files. */

/* The bit of a handle that none of a client's has. */
#define HY_HANDLE_OWN (UINT64_C(1) << 63)
/* Makes an open file one of the server's own, which no client can name: its new handle. */
hy_handle hy_vfs_hide(struct hy_vfs *vfs, hy_handle h);
/* Of an open file, as its store told it; store 0: none. */
struct hythe_identity hy_vfs_identity(const struct hy_vfs *vfs, hy_handle h);
bool hy_same_identity(const struct hythe_identity *a, const struct hythe_identity *b); /* and both have one */
/* Whether both are known to be one file. */
bool hy_same_file(const struct hy_vfs *vfs, hy_handle a, hy_handle b);

int64_t hy_vfs_open(struct hy_vfs *vfs, struct hy_name path, uint32_t access, const struct hythe_attrs *attrs,
                    hy_handle *out); /* -EMFILE beyond max_handles */
int64_t hy_vfs_opendir(struct hy_vfs *vfs, struct hy_name path, hy_handle *out);
int64_t hy_vfs_close(struct hy_vfs *vfs, hy_handle h);
/* Closes it as given up, whatever its store says. */
void hy_vfs_abort(struct hy_vfs *vfs, hy_handle h);
/* HYTHE_OPEN_* of an open file; 0 for a directory, and for none. */
uint32_t hy_vfs_access(const struct hy_vfs *vfs, hy_handle h);
/* The path that it was opened by, of the user's view; NULL for no open file. Good until it is closed. */
const char *hy_vfs_path(const struct hy_vfs *vfs, hy_handle h);
/* The file is text to whoever opened it: reading and writing go on where the last of them ended. -EBADF. */
int64_t hy_vfs_set_text(struct hy_vfs *vfs, hy_handle h);
/* Where that is in such a file; NULL for all others. The vfs doesn't move it. Good until the file is closed. */
uint64_t *hy_vfs_text_place(struct hy_vfs *vfs, hy_handle h);
int64_t hy_vfs_read(struct hy_vfs *vfs, hy_handle h, void *buf, size_t len, uint64_t offset);
/* Whether somebody before the open file wants each of the client's WRITEs in one call of hy_vfs_write(). */
bool hy_vfs_whole_writes(const struct hy_vfs *vfs, hy_handle h);
int64_t hy_vfs_write(struct hy_vfs *vfs, hy_handle h, const void *buf, size_t len, uint64_t offset);
/* So many bytes of an open file went to or came from its client, the last of them before `at`. */
void hy_vfs_moved(struct hy_vfs *vfs, hy_handle h, uint64_t read, uint64_t written, uint64_t at);
struct hy_traffic {
    uint64_t read, written;
};
struct hy_traffic hy_vfs_traffic(const struct hy_vfs *vfs, hy_handle h);
int64_t hy_vfs_fgetattr(struct hy_vfs *vfs, hy_handle h, uint32_t want, struct hythe_attrs *out);
int64_t hy_vfs_fsetattr(struct hy_vfs *vfs, hy_handle h, const struct hythe_attrs *attrs);
/* Emits mount points first, then the store's own entries. Returns how many were taken, 0 at the end, -ENOBUFS when emit
 * refused the very first. `.` and `..` are emitted with the directory's attributes, before everything else. */
int64_t hy_vfs_readdir(struct hy_vfs *vfs, hy_handle h, uint32_t want, hythe_emit_fn emit, void *ctx);
/* Whether a listing is known to have no more entries. */
bool hy_vfs_listed(const struct hy_vfs *vfs, hy_handle h);
int64_t hy_vfs_fsync(struct hy_vfs *vfs, hy_handle h);
int64_t hy_vfs_fstatfs(struct hy_vfs *vfs, hy_handle h, struct hythe_statfs *out);
/* One slice of a copy, at most a few MiB (len 0: to the end): returns the bytes copied, 0 at the end of the source.
 * -EINVAL when source and target are the same bytes of one file. */
int64_t hy_vfs_copy(struct hy_vfs *vfs, hy_handle from, uint64_t offset, uint64_t len, hy_handle to,
                    uint64_t to_offset);

/* ---- Locks ---- */

/* Whether there are any for this session; else what follows and the block modes of an open are -ENOTSUP. */
bool hy_vfs_has_locks(const struct hy_vfs *vfs);
/* Locks len bytes at offset for the handle; 0: up to the end that the file has now. kind: HYTHE_LOCK_*. -ENOTSUP for a
 * directory and where the store has no identity for the file, HY_RANGE_REFUSED. Never waits for another's lock. */
int64_t hy_vfs_lock(struct hy_vfs *vfs, hy_handle h, uint64_t offset, uint64_t len, uint32_t kind);
/* Gives up what was locked with the same numbers through the same handle; else HY_RANGE_NOT_HELD. */
int64_t hy_vfs_unlock(struct hy_vfs *vfs, hy_handle h, uint64_t offset, uint64_t len);

/* ---- Mounts that have to be waited for ---- */

/* What using a path or a handle may mean. */
struct hy_pace {
    bool slow;   /* a call of a plugin that says it may wait (HYTHE_SLOW) */
    bool serial; /* ... with a layer that takes one call at a time in a session */
};
/* Of all mounts of the view together. Both false: nothing of what follows is needed. */
struct hy_pace hy_vfs_pace(const struct hy_vfs *vfs);
/* Of a client's path; without a look-up, from any state. */
struct hy_pace hy_vfs_pace_of_path(const struct hy_vfs *vfs, struct hy_name path);
struct hy_pace hy_vfs_pace_of_handle(const struct hy_vfs *vfs, hy_handle h);
/* For lines of the log, from any thread while the session's is in a call: the path and who serves it, as far as that is
 * known. */
void hy_vfs_describe_path(const struct hy_vfs *vfs, struct hy_name path, char *out, size_t size);
void hy_vfs_describe_handle(struct hy_vfs *vfs, hy_handle h, char *out, size_t size);

/* From now on several threads may use the vfs: each between enter and leave. Calls into slow mounts let others in
 * between. As long as such a call goes on, its file must not be closed, and no second call may be made in the session
 * that is serial. hy_vfs_free() comes when all have left. -ENOMEM. */
int hy_vfs_share(struct hy_vfs *vfs);
void hy_vfs_enter(struct hy_vfs *vfs);
void hy_vfs_leave(struct hy_vfs *vfs);

unsigned hy_vfs_open_count(const struct hy_vfs *vfs);

#endif
