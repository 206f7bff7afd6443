/* A folder of this machine as a filesystem: what the plugins share that serve one. Each compiles it in.
 *
 * Everything is reached from one descriptor, the base of a session. Names are resolved by the kernel (openat2, see
 * resolve.c) or, where it can't, component by component (walk.c); no resolved path is ever compared as a string.
 * Nothing here changes after start() and attach(), so calls run in parallel; only an open file has state. Functions
 * return zero or more, or a negative errno. */
#ifndef PLUGINS_SHARED_LOCAL_H
#define PLUGINS_SHARED_LOCAL_H

#include "plugins/shared/settings.h"

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/* What clients may make of permissions; a part of the settings of each plugin. */
struct lr_rules {
    int64_t umask, file_mode, directory_mode;
    int allow_setid, xattrs;
};

/* Rows of these settings for a struct that has them as its member `rules`. */
#define LR_RULE_ROW(settings, row, kind, most, otherwise, text) \
    SETTING_AT(#row, offsetof(settings, rules.row), kind, 0, most, otherwise, text)
#define LR_RULE_ROWS(settings) \
    LR_RULE_ROW(settings, umask, MODE, 0777, "022", "Permission bits that new files and folders never get."), \
        LR_RULE_ROW(settings, file_mode, MODE, 0777, "0666", \
                    "Permissions of a new file when the client asks for none."), \
        LR_RULE_ROW(settings, directory_mode, MODE, 0777, "0777", \
                    "Permissions of a new folder when the client asks for none."), \
        LR_RULE_ROW(settings, allow_setid, BOOL, 1, "false", \
                    "Whether clients may set the set-user-id and set-group-id bits."), \
        LR_RULE_ROW(settings, xattrs, BOOL, 1, "false", \
                    "Whether clients see and set the extended attributes of files (user.*).")

/* What a plugin's instance has for it. */
struct lr_instance {
    const struct lr_rules *rules;
    bool walk;   /* openat2 isn't to be had */
    bool remote; /* on a network: other machines may append to the same files */
    bool pairs;  /* the file system has extended attributes for users */
    bool bare;   /* for tests: act as if renameat2 and opening through /proc were missing too */
};

/* What attach() makes of a session. */
struct lr_base {
    const struct lr_instance *lr;
    int fd;       /* O_PATH; every look-up starts here */
    bool beneath; /* HYTHE_ATTACH_BENEATH: what leads out is -EXDEV; otherwise the base is "/" for its links */
};

/* A name in a folder: what creating, removing and renaming work on. The name itself is never followed. */
struct lr_at {
    int fd;
    bool owned; /* fd is closed by lr_at_close() */
    char name[NAME_MAX + 1];
};

/* A descriptor's name in /proc: opens, or acts on, the very file that the descriptor stands for. */
struct lr_proc {
    char name[32];
};

/* base.c */

/* Finds out what the kernel has, at a folder of the instance's. */
void lr_init(struct lr_instance *lr, const struct lr_rules *rules, int folder);
/* The base of a session: `path` in the folder, looked up as any path of a client. For attach(). */
int lr_base_new(const struct lr_instance *lr, int folder, const char *path, uint32_t flags, void **base);
/* These are as struct hythe_plugin has them, for an instance that begins with its struct lr_instance. */
void lr_detach(void *instance, void *attached);
void lr_keeps(void *instance, struct hythe_keeps *out);
extern const struct hythe_ops lr_operations;

/* resolve.c */

/* Opens an existing path below the base. flags as open(2): with O_PATH or O_DIRECTORY; otherwise with O_NONBLOCK, and
 * the type is the caller's to check. O_CLOEXEC is added. */
int lr_open_path(const struct lr_base *base, const char *path, int flags);
/* Splits a path in its folder, opened, and its last name. `self` is the result for ".", which has no such name. */
int lr_parent(const struct lr_base *base, const char *path, int self, struct lr_at *at);
void lr_at_close(struct lr_at *at);
/* Opens for use what the O_PATH descriptor `fd` stands for. `path` and `look` (O_NOFOLLOW or 0) are how it was found:
 * without /proc it is looked up again, and is -ESTALE when another file has the name now. */
int lr_reopen(const struct lr_base *base, const char *path, int look, int fd, int flags);
struct lr_proc lr_proc_of(int fd);
/* A failed look-up as the client shall see it: -EXDEV becomes -EACCES with a text. */
int64_t lr_refuse(const struct hythe_call *call, int64_t result);

/* names.c */

/* Both names of a link or a rename, or neither. self: as for lr_parent(). */
int64_t lr_open_both(const struct hythe_call *call, const char *from, const char *to, const int self[2],
                     struct lr_at at[2]);

/* open.c: whether an open of what is there, or of what lies in that folder, is to be refused. */

int64_t lr_check_type(const struct hythe_call *call, mode_t mode);
int64_t lr_check_append(const struct hythe_call *call, uint32_t access, int fd);

/* foresee.c */

/* For foresee(): the base that attach() would give a session in the folder, and what the call would answer there. */
int64_t lr_foresee(struct hythe_call *call, const struct lr_rules *rules, int folder, const struct hythe_attach *attach,
                   void *arg);
/* 0 unless it is certain that the process has no such right to what the descriptor stands for: R_OK and so on; what an
 * owner may; another owner and group. */
int64_t lr_may(int fd, int mode);
int64_t lr_may_own(int fd, uid_t owner);
int64_t lr_may_give(int fd, const struct stat *st, const struct hythe_attrs *attrs);

/* walk.c */

enum {
    LR_NOFOLLOW = 1, /* a symlink at the end is the result itself */
    LR_MISSING = 2   /* nothing at the end is a result too */
};

struct lr_found {
    struct lr_at at;     /* where it is; name "." where the path ends in the base, in ".." or in "/" */
    int fd;              /* O_PATH, or -1 for missing */
    mode_t mode;         /* st_mode */
    size_t len;          /* of real, 0 for the base itself */
    char real[PATH_MAX]; /* relative to the base, without links; no NUL */
};

int lr_walk(const struct lr_base *base, const char *path, int flags, struct lr_found *found);
void lr_found_close(struct lr_found *found);

/* mode.c */

/* What a new file or folder gets: the client's wish or `fallback`, less the umask and the set-id bits. */
mode_t lr_new_mode(const struct lr_base *base, const struct hythe_attrs *attrs, int64_t fallback);
/* Puts back what the process's own umask took from the mode of something just made in `folder`. */
void lr_fix_mode(int folder, int fd, mode_t now, mode_t wanted);
int lr_chmod(int fd, mode_t mode); /* fd may be O_PATH */

/* attrs.c */

unsigned lr_statx_mask(uint32_t want);
/* name: the file's name, NULL where none is known. Extended attributes are left to lr_fill_pairs(). */
void lr_fill_attrs(struct hythe_attrs *attrs, const struct statx *sx, uint32_t want, const char *name);
uint32_t lr_type_of(unsigned mode); /* enum hythe_type of a st_mode */

/* Attribute bits of draft-ietf-secsh-filexfer-13, section 7.9, that are known here. */
enum { LR_HIDDEN = 0x4, LR_ENCRYPTED = 0x20, LR_COMPRESSED = 0x40, LR_APPEND_ONLY = 0x100, LR_IMMUTABLE = 0x200 };

/* change.c */

/* Of something new: what lr_new_mode() deals with, what comes with the first bytes, and the type. */
#define LR_NEW_DONE (HYTHE_ATTR_MODE | HYTHE_ATTR_SIZE | HYTHE_ATTR_TYPE)

/* What lr_setattr() would answer. */
int64_t lr_foresee_setattr(const struct hythe_call *call, const struct hythe_setattr_arg *arg);
/* Sets what else a client wished for a file or folder that the call just made; may be O_PATH for a folder. */
int64_t lr_set_new(const struct hythe_call *call, int fd, const struct hythe_attrs *attrs);

/* pairs.c: extended attributes. The pair "x" is the system's user.x. */

/* Adds them to attrs, if there are any, they can be read, and they aren't too many. fd may be O_PATH. */
void lr_fill_pairs(const struct hythe_call *call, int fd, struct hythe_attrs *attrs);
/* Whether the file system of a folder has any; fd may be O_PATH. */
bool lr_has_pairs(int fd);
/* Whether these can be set at all: 0, -EINVAL, -E2BIG. */
int lr_check_pairs(const struct hythe_attrs *attrs);
int lr_set_pairs(int fd, const struct hythe_attrs *attrs);

/* open.c */

/* Whether fd is on a file system of other machines: 0, 1 or a negative errno. */
int lr_is_remote(int fd);

/* An open file or directory, in the slot of the core's handle. */
struct lr_file {
    int fd;
    uint32_t access;      /* HYTHE_OPEN_*, 0 for a directory */
    struct lr_at *remove; /* with HYTHE_OPEN_DELETE_ON_CLOSE: the name that goes */
    struct lr_list *list; /* a directory's entries read ahead (dir.c); NULL for a file */
};

static inline const struct lr_base *lr_base_of(const struct hythe_call *call)
{
    return (const struct lr_base *)call->attached;
}

static inline struct lr_file *lr_file_of(const struct hythe_call *call)
{
    return (struct lr_file *)*call->slot;
}

/* One backing store for all instances: file is (device, inode). */
static inline struct hythe_identity lr_identity(dev_t dev, ino_t ino)
{
    return (struct hythe_identity){.store = 0x6c6f63616c000000u, .file = {dev, ino}};
}

/* The operations: lr_getattr and so on, of the type that struct hythe_ops wants. */
#define HYTHE_OP(name, klass, on, fields) \
    int64_t lr_##name(const struct hythe_call *call, struct hythe_##name##_arg *arg);
HYTHE_OPS
#undef HYTHE_OP

#endif
