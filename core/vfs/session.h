/* What a session's tree is made of inside core/vfs. */
#ifndef HY_VFS_SESSION_H
#define HY_VFS_SESSION_H

#include "core/vfs/rows.h"
#include "core/vfs/status.h"
#include "core/vfs/tree.h"
#include "core/vfs/vfs.h"

#include <errno.h>

/* ---- Mounts as the user sees them ---- */

/* A mount in the user's view. The first member makes it a row of rows.h. */
struct hy_point {
    const char *path; /* of the user's view, in memory of the tree */
    const char *root; /* the path that the mount's base has in the user's view: path, or a restricting home below it */
    const struct hy_mount *mount;
    bool own;        /* the mount's path is one of the view, not of the tree */
    void **attached; /* one per layer; NULL before the first use */
    bool attaching;  /* a call of attach() is going on */
    struct {
        int rc;        /* what attach answered the last time; 0: it wasn't called, or it succeeded */
        int said;      /* the last that the log has a line about */
        int64_t until; /* monotonic seconds; until then it isn't asked again */
    } refusal;
    struct hy_pace pace;
};

/* Where a client's path leads. */
struct hy_spot {
    struct hy_point *point; /* attached; NULL: no store is responsible */
    const char *rel;        /* relative to the base, in path[] below or static */
    bool above;             /* mounts lie below: a directory, whatever the store says */
    bool fixed;             /* "/", a mount point, a base or above one: can't be moved, removed or replaced */
    char path[HY_PATH_MAX]; /* of the user's view */
};

/* ---- Open files ---- */

struct hy_file {
    struct hythe_file facts;
    struct hy_scene scene; /* ready for every call; chain NULL: a directory that no store provides */
    struct hy_hold hold;   /* its locks */
    bool directory;
    bool text;
    uint64_t text_place;
    bool reported; /* the log has a line about wrong results already */
    bool failed;   /* the log has a line about a failure of its store already */
    bool denied;   /* and one about what a program denied */
    struct hy_pace pace;
    atomic_uint_least64_t read, written, at; /* as struct hy_seen_file */
    struct {
        size_t next; /* 0 `.`, 1 `..`, then the mounts from 2 on, at the end the store's own */
        int64_t error;
        bool ended;
    } listing;
    void *slots[]; /* one per layer, then the bytes of the path */
};

/* Added to the generation of a file that the server opened for itself: see hy_vfs_hide(). */
#define HY_GENERATION_OWN ((uint32_t)(HY_HANDLE_OWN >> 32))

struct hy_file_slot {
    struct hy_file *file; /* NULL: free */
    uint32_t generation;
    uint32_t next_free;
};

struct hy_files {
    struct hy_file_slot *slots;
    uint32_t capacity, open, max;
    uint32_t first_free;  /* capacity: none */
    uint32_t generation;  /* of the latest handle, below HY_GENERATION_OWN */
    uint32_t promised;    /* places reserved for opens that are going on */
    pthread_mutex_t lock; /* held while the table changes, and by other threads that look into it */
};

void hy_files_init(struct hy_files *files, unsigned max);
void hy_files_fini(struct hy_files *files);
/* Reserves a place for one more file; 0, -EMFILE, -ENOMEM. It is used by hy_files_add() or given back. */
int hy_files_reserve(struct hy_files *files);
void hy_files_release(struct hy_files *files);
/* Only after hy_files_reserve(). */
hy_handle hy_files_add(struct hy_files *files, struct hy_file *file);
/* NULL when the handle is closed or was never given out. */
struct hy_file *hy_files_get(const struct hy_files *files, hy_handle h);
struct hy_file *hy_files_remove(struct hy_files *files, hy_handle h);

/* ---- The session ---- */

struct hy_vfs {
    struct hy_vfs *next; /* in the roster */
    struct hy_roster *roster;
    atomic_uint protocol; /* as the session's, for other threads */
    struct hy_tree *tree;
    struct hythe_session session;
    const struct hy_log *log;
    char *user_root, *home;
    bool restricted; /* to home, which isn't "/" */
    struct hy_point *points;
    size_t point_count;
    struct hy_report report;
    struct hy_files files;
    struct hy_locker locker;
    unsigned failures;      /* lines of the log about failures of stores */
    bool texts;             /* a file was opened as text */
    void *copy_buffer;      /* NULL before the first copy */
    struct hy_baton *baton; /* NULL: one thread at a time works for the session */
};

static inline struct hy_rows hy_vfs_rows(const struct hy_vfs *vfs)
{
    return (struct hy_rows){vfs->points, sizeof *vfs->points, vfs->point_count};
}

/* Makes the table of mounts that lie in the user's view. 0 or -ENOMEM. */
int hy_points_build(struct hy_vfs *vfs);
void hy_points_detach(struct hy_vfs *vfs);
/* Around a call that may have to be waited for: lets others use the session. */
static inline void hy_point_release(struct hy_vfs *vfs, const struct hy_point *point, struct hy_report *aside)
{
    if (!vfs->baton || !point->pace.slow)
        return;
    hy_report_set_aside(&vfs->report, aside);
    (void)pthread_mutex_unlock(&vfs->baton->lock);
}
static inline void hy_point_regain(struct hy_vfs *vfs, const struct hy_point *point, const struct hy_report *aside)
{
    if (!vfs->baton || !point->pace.slow)
        return;
    (void)pthread_mutex_lock(&vfs->baton->lock);
    hy_report_put_back(&vfs->report, aside);
}
/* slow.c: ends hy_vfs_share(). */
void hy_vfs_unshare(struct hy_vfs *vfs);
/* Finds out which of them may have to be waited for. */
void hy_points_pace(struct hy_vfs *vfs);
/* Of listing the directory at a normal path: it asks for the attributes of its parent and of the mounts in it. */
struct hy_pace hy_pace_of_listing(const struct hy_vfs *vfs, const char *path);

/* What the plugin of a point is told: *base, below its mount, lies in full (HY_PATH_MAX bytes), as the path of the base
 * in the tree, or in the view for an own mount. 0 or -ENAMETOOLONG. */
int hy_point_base(const struct hy_vfs *vfs, const struct hy_point *point, char *full, const char **base);

/* Fills in a spot whose path is set, by names alone. False outside of a restricting home. */
bool hy_locate(const struct hy_vfs *vfs, struct hy_spot *spot);
/* The one place where a client's path gets a meaning. 0, -EINVAL, -ENAMETOOLONG, -EACCES outside a restricting home, or
 * what attach() answered. */
int64_t hy_resolve(struct hy_vfs *vfs, struct hy_name name, struct hy_spot *spot);
/* The same of a normal path of the user's view. */
int64_t hy_resolve_normal(struct hy_vfs *vfs, const char *path, size_t len, struct hy_spot *spot);
/* An operation of a client on one or two paths, or one that opens: what is done once it is known where. */
struct hy_paths {
    struct hy_name path, to; /* `to` empty for operations on one */
    uint32_t flags;          /* HYTHE_CALL_* of its calls */
};
typedef int64_t hy_attempt(struct hy_vfs *vfs, const struct hy_paths *paths, void *arg);
/* Does it where layers lead it. Every operation on paths goes this way. */
int64_t hy_do_at(struct hy_vfs *vfs, struct hy_paths paths, hy_attempt *attempt, void *arg);

/* For operations on the path of a spot with a point; flags: HYTHE_CALL_*. */
struct hy_scene hy_spot_scene(struct hy_vfs *vfs, const struct hy_spot *spot, uint32_t flags);
/* For those on an open file. */
static inline struct hy_scene hy_own_scene(const struct hy_file *file)
{
    struct hy_scene scene = file->scene;

    scene.flags |= HYTHE_CALL_OWN;
    return scene;
}
/* Length of the path's parent; that of "/" is "/". */
size_t hy_parent_len(const char *path);

/* call_flags: HYTHE_CALL_*. */
int64_t hy_spot_getattr(struct hy_vfs *vfs, const struct hy_spot *spot, uint32_t want, uint32_t flags,
                        uint32_t call_flags, struct hythe_attrs *out);
/* Whether a layer's answer is a path relative to the base, as normal as the core's own. */
bool hy_is_relative_normal(const char *path, int64_t len);
/* hy_vfs_realpath(), with the flags of its calls. */
int64_t hy_real(struct hy_vfs *vfs, struct hy_name path, enum hy_real how, uint32_t flags, char *out);
/* Attributes and figures of a directory that only exists because mounts lie below it. */
void hy_made_up_attrs(const struct hy_vfs *vfs, struct hythe_attrs *out);
void hy_made_up_statfs(struct hythe_statfs *out);
/* Turns a store's -ENOENT for something to be made into -EROFS when the parent is such a directory. */
int64_t hy_made(struct hy_vfs *vfs, const struct hy_spot *spot, int64_t result);

/* Gives the client a text for a failure that the core itself decides; returns result. */
int64_t hy_refuse(struct hy_vfs *vfs, int64_t result, const char *text);

/* The ways on which attributes that a client sets reach a chain: they do what its policy says. The results are those of
 * the operations. */
int64_t hy_set_path(struct hy_vfs *vfs, const struct hy_scene *scene, struct hythe_setattr_arg *arg);
int64_t hy_set_file(struct hy_vfs *vfs, const struct hy_scene *scene, struct hythe_fsetattr_arg *arg);
int64_t hy_open_with(struct hy_vfs *vfs, const struct hy_scene *scene, struct hythe_open_arg *arg);
int64_t hy_mkdir_with(struct hy_vfs *vfs, const struct hy_scene *scene, struct hythe_mkdir_arg *arg);

/* locking.c: what locks hold off. Each is 0, or the status to answer with before anything is done. */

/* Opens it among the others who have it open. */
int64_t hy_locked_open(struct hy_vfs *vfs, const struct hy_spot *spot, struct hy_file *file,
                       struct hythe_open_arg *arg);
/* Reading or writing `len` bytes that are locked, maybe. */
int64_t hy_locked_bytes(struct hy_vfs *vfs, const struct hy_file *file, uint32_t what, uint64_t offset, uint64_t len);
static inline int64_t hy_guard_bytes(struct hy_vfs *vfs, const struct hy_file *file, uint32_t what, uint64_t offset,
                                     uint64_t len)
{
    return hy_hold_bound(&file->hold) ? hy_locked_bytes(vfs, file, what, offset, len) : 0;
}
/* A new size, by the open file or by name. */
int64_t hy_guard_size(struct hy_vfs *vfs, struct hy_file *file, const struct hythe_attrs *attrs);
int64_t hy_guard_size_of(struct hy_vfs *vfs, const struct hy_spot *spot, uint32_t flags,
                         const struct hythe_attrs *attrs);
/* What is done to the file of a name as a whole: HYTHE_LOCK_*, 0 for what only the end of the file stands against. */
int64_t hy_guard_name(struct hy_vfs *vfs, const struct hy_spot *spot, uint32_t flags, uint32_t what);

/* Operations that answer with 0 alone: what a plugin returns above it is dropped. */
static inline int64_t hy_plain(int64_t result)
{
    return result > 0 ? 0 : result;
}

/* Whether a store's answer about a directory above a mount means that it doesn't have it: an errno, or an exact status
 * that says as much. */
static inline bool hy_not_there(int64_t result)
{
    return result == -ENOENT || result == -ENOTDIR || result == HYTHE_STATUS(SSH_FX_NO_SUCH_FILE) ||
           result == HYTHE_STATUS(SSH_FX_OP_UNSUPPORTED) || result == HYTHE_STATUS(SSH_FX_NO_SUCH_PATH) ||
           result == HYTHE_STATUS(SSH_FX_NOT_A_DIRECTORY);
}

/* A plugin broke its contract: says so in the log and returns -EIO. */
int64_t hy_blame(const struct hy_vfs *vfs, const struct hy_chain *chain, enum hythe_op op, const char *what);

#endif
