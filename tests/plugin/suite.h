/* The contract suite: what include/hythe promises, asked of one plugin through the core's own loader and chain. A check
 * is a row with a name, one sentence that it asserts, and what a store must be able to do for it. Each runs in a fresh
 * empty directory, which is the base of the sessions that it attaches. */
#ifndef HY_TESTS_PLUGIN_SUITE_H
#define HY_TESTS_PLUGIN_SUITE_H

#include "core/path/path.h"
#include "core/vfs/chain.h"
#include "core/vfs/rehearse.h"
#include "hythe/plugin.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- What a store may leave out ---- */

/* X(id, word for --without, what it is) */
#define FEATURES(X) \
    X(directories, "directories", "make directories") \
    X(files, "files", "create and write files") \
    X(rmdir, "rmdir", "remove directories") \
    X(unlink, "unlink", "remove files") \
    X(rename, "rename", "rename") \
    X(replace, "rename-replace", "rename over an existing file") \
    X(symlinks, "symlinks", "keep symbolic links") \
    X(links, "links", "give a file a second name") \
    X(both, "read-write", "open a file for reading and writing at once") \
    X(patch, "random-writes", "write at any offset of an existing file") \
    X(append, "append", "open for appending") \
    X(size, "set-size", "set a size") \
    X(mode, "set-mode", "set permissions") \
    X(times, "set-times", "set times") \
    X(owner, "set-owner", "set an owner") \
    X(unlinked, "unlinked-files", "go on with an open file whose name was removed") \
    X(transient, "delete-on-close", "delete a file when it is closed") \
    X(identity, "identity", "tell a file's identity") \
    X(fsync, "fsync", "put a file on stable storage") \
    X(statfs, "statfs", "tell its size and room") \
    X(copy, "copy", "copy between open files") \
    X(copyfile, "copyfile", "copy a file by name") \
    X(checksum, "checksum", "tell a checksum without reading") \
    X(locks, "locks", "lock ranges of a file")

enum feature {
#define X(id, word, text) FEATURE_##id,
    FEATURES(X)
#undef X
        FEATURE_COUNT
};
#define CAN(id) (UINT32_C(1) << FEATURE_##id)
/* Those that change nothing: what is left of a store behind a read-only filter. */
#define CAN_READING (CAN(identity) | CAN(statfs) | CAN(checksum))
extern const char *const feature_words[FEATURE_COUNT], *const feature_texts[FEATURE_COUNT];

/* What one side of the chain can do. */
struct ability {
    uint32_t can;                   /* CAN() */
    int64_t refusal[FEATURE_COUNT]; /* the answer of what it can't; 0: declared by the user */
};

/* ---- What is tested ---- */

struct stage {
    const struct hy_chain *front;     /* what is tested: the store, or a filter before it */
    const struct hy_chain *rehearsed; /* the same as front of plugins that only foresee; NULL: what is tested can't */
    struct hy_rehearsal *rehearsal;   /* what they answered */
    const struct hy_chain *back;      /* the store alone, for what the checks need to find there */
    const char *base;                 /* where the suite works, a path of the mount */
    const char *user, *home;
    char scratch[64];     /* its own directory there; "" when the store can't make any */
    bool read_only;       /* --expect read-only */
    bool keep, verbose;   /* --keep, -v */
    bool make_base;       /* --make-base */
    unsigned made;        /* components of base that it made, the last ones */
    uint32_t without;     /* --without: features not asked for */
    struct ability store; /* of back */
    struct ability front_ability;
};

/* ---- One check ---- */

struct trial;
struct check {
    const char *name;
    const char *says;  /* one sentence, without a full stop */
    uint32_t needs;    /* of what is tested */
    uint32_t fixtures; /* of the store, to prepare what is looked at */
    void (*run)(struct trial *t);
};

/* The groups, each ended by a row without a name. */
#define GROUPS(X) \
    X(attach) \
    X(names) \
    X(directories) \
    X(open) \
    X(data) \
    X(offsets) \
    X(attrs) \
    X(attrs_life) \
    X(keep) X(says) X(symlinks) X(links) X(rename) X(listing) X(handles) X(copying) X(odd) X(limits) X(threads) \
        X(races) X(escape) X(swap) X(reading) X(foresee)
#define X(group) extern const struct check checks_##group[];
GROUPS(X)
#undef X

/* A session that is attached to a base. */
struct seat {
    struct trial *trial;
    const struct hy_chain *chain;
    struct hythe_session session;
    const struct hythe_session *seen; /* session, or that of the seat which this one shares */
    struct hy_report report;
    void *attached[HY_LAYERS_MAX];
};

struct trial {
    struct stage *stage;
    const struct check *check;
    struct seat *s;      /* of what is tested, at the room */
    struct seat *b;      /* of the store alone, at the room; the same when there is no filter */
    char room[256];      /* the check's own directory, a path of the mount */
    unsigned complaints; /* guarded by lock, as text is */
    bool absent;         /* it turned out that the store doesn't offer this */
    pthread_mutex_t lock;
    char text[4096];
};

/* Runs a check: 'y' it holds, 'n' it doesn't, '-' not offered, ' ' not for this stage; why[] says what is wrong or
 * missing. */
char trial_run(struct stage *stage, const struct check *check, unsigned number, char *why, size_t size);

/* Adds a complaint, from any thread. */
void complain(struct trial *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The check turned out to be about something that this store doesn't offer. */
void absent(struct trial *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "0", "12", "-ENOENT", "SFTP status 8". */
struct result_text {
    char s[48];
};
struct result_text result_of(int64_t r);

bool is_result(struct trial *t, const char *what, int64_t r, int64_t wanted);
bool is_one_of(struct trial *t, const char *what, int64_t r, const int64_t *wanted, size_t count);
bool is_refused(struct trial *t, const char *what, int64_t r);
bool is_granted(struct trial *t, const char *what, int64_t r);

/* Each complains when it doesn't hold, and is true when it does. */
#define IS(call, wanted) is_result(t, #call, (call), (wanted))
#define ANY(call, ...) \
    is_one_of(t, #call, (call), (const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / 8)
#define REFUSED(call) is_refused(t, #call, (call))
#define OPENED(call) is_granted(t, #call, (call))
/* The same, and the check ends. */
#define MUST(call, wanted) \
    do { \
        if (!IS(call, wanted)) \
            return; \
    } while (0)
#define MUST_OPEN(call) \
    do { \
        if (!OPENED(call)) \
            return; \
    } while (0)
#define THAT(condition, ...) ((condition) || (complain(t, __VA_ARGS__), false))

/* Whether a result says "I don't do this". */
bool is_not_offered(int64_t r);

/* ---- Sessions ---- */

/* Attaches; `base` is a path of the mount. flags: HYTHE_ATTACH_*. What attach answered. */
int seat_attach(struct seat *seat, struct trial *t, const struct hy_chain *chain, const char *base, uint32_t flags);
void seat_detach(struct seat *seat);
/* At `below` in the room ("." for the room); a failure is a complaint. */
bool seat_in_room(struct seat *seat, struct trial *t, const char *below, uint32_t flags);
/* A second user of an attached seat, with a report of its own, for another thread. Nothing to detach. */
void seat_share(struct seat *seat, const struct seat *with);

/* ---- Calls ---- */

struct handle {
    struct seat *seat;
    struct hythe_file facts;
    struct hy_scene scene;
    void *slots[HY_LAYERS_MAX + 2]; /* the first and the last aren't the layers' */
    bool open;
    char path[HY_PATH_MAX];
};

int64_t do_identity(struct seat *s, const char *path, struct hythe_identity *out); /* by getattr; NOFOLLOW */
int64_t do_getattr(struct seat *s, const char *path, uint32_t flags, struct hythe_attrs *out); /* wants everything */
int64_t do_want(struct seat *s, const char *path, uint32_t flags, uint32_t want, struct hythe_attrs *out);
int64_t do_setattr(struct seat *s, const char *path, uint32_t flags, const struct hythe_attrs *attrs);
int64_t do_readlink(struct seat *s, const char *path, char *buf, size_t len);
int64_t do_symlink(struct seat *s, const char *path, const char *target);
int64_t do_link(struct seat *s, const char *from, const char *to);
int64_t do_unlink(struct seat *s, const char *path);
int64_t do_mkdir(struct seat *s, const char *path);
int64_t do_rmdir(struct seat *s, const char *path);
int64_t do_rename(struct seat *s, const char *from, const char *to, uint32_t flags);
int64_t do_statfs(struct seat *s, const char *path, struct hythe_statfs *out);
int64_t do_realpath(struct seat *s, const char *path, char *buf, size_t len);
int64_t do_copyfile(struct seat *s, const char *from, const char *to, uint32_t flags);

/* A handle that was opened must be closed, whatever happens. */
int64_t do_open(struct seat *s, const char *path, uint32_t access, struct handle *h);
int64_t do_open_with(struct seat *s, const char *path, uint32_t access, const struct hythe_attrs *attrs,
                     struct handle *h); /* attrs: wished for a new file */
int64_t do_opendir(struct seat *s, const char *path, struct handle *h);
int64_t do_close(struct handle *h);
int64_t do_abort(struct handle *h); /* as when the connection ended */
int64_t do_read(struct handle *h, void *buf, size_t len, uint64_t offset);
int64_t do_write(struct handle *h, const void *buf, size_t len, uint64_t offset);
int64_t do_readdir(struct handle *h, hythe_emit_fn emit, void *ctx);
int64_t do_fsync(struct handle *h);
int64_t do_fgetattr(struct handle *h, struct hythe_attrs *out);
int64_t do_fsetattr(struct handle *h, const struct hythe_attrs *attrs);
int64_t do_fstatfs(struct handle *h, struct hythe_statfs *out);
int64_t do_copy(struct handle *from, uint64_t offset, uint64_t len, struct handle *to, uint64_t to_offset);
int64_t do_checksum(struct handle *h, const char *algorithm, uint64_t offset, uint64_t len, void *buf, size_t buf_len);
int64_t do_lock(struct handle *h, uint64_t offset, uint64_t len, uint32_t kind);
int64_t do_unlock(struct handle *h, uint64_t offset, uint64_t len);

/* ---- What most checks need ---- */

#define R HYTHE_OPEN_READ
#define W HYTHE_OPEN_WRITE
#define MAKE (HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE | HYTHE_OPEN_TRUNCATE)

/* An open, and at once the close if it was granted: the result of the open. */
int64_t try_open(struct seat *s, const char *path, uint32_t access);
int64_t try_opendir(struct seat *s, const char *path);
/* A file with these bytes, made or replaced; 0 or what failed. */
int64_t put(struct seat *s, const char *path, const char *text);
int64_t put_bytes(struct seat *s, const char *path, const void *data, size_t len);
/* Reads until len bytes are there or no more come: the number, or what failed. */
int64_t do_fill(struct handle *h, void *buf, size_t len, uint64_t offset);
/* Up to size bytes of a file from its beginning, however many reads that takes. The number, or what failed. */
int64_t get(struct seat *s, const char *path, void *buf, size_t size);
/* The type, or what failed; a link is itself. */
int64_t type_of(struct seat *s, const char *path);
int64_t size_of(struct seat *s, const char *path); /* links followed */
bool exists(struct seat *s, const char *path);
/* Complains unless the file has exactly this text. */
bool says(struct trial *t, struct seat *s, const char *path, const char *text);
struct hythe_attrs wish(uint32_t valid); /* an empty struct with `valid` set */

struct names {
    char **items;
    uint32_t *types; /* HYTHE_TYPE_*, 0 where the store didn't say */
    size_t count, room;
    bool dots; /* `.` or `..` came too; they are not in items */
};

/* What a directory holds, sorted; 0 or what failed. */
int64_t list(struct seat *s, const char *path, struct names *out);
void names_free(struct names *names);
bool names_have(const struct names *names, const char *name);
int names_emit(void *ctx, const char *name, const struct hythe_attrs *attrs); /* ctx: struct names */
/* Removes what lies in a directory; 0 or what failed. */
int64_t empty(struct seat *s, const char *path);

/* Numbers that look random and are the same each time. */
uint32_t dice(uint32_t *state);

/* Finds out what a side of the chain can do, in an empty directory of the seat. */
void probe(struct trial *t, struct seat *s, uint32_t skip, struct ability *ability);

/* Starts `count` threads that each run with their number, and waits for them. false: a thread couldn't be started. */
enum { THREADS = 4 };
bool together(struct trial *t, void (*run)(void *ctx, unsigned number), void *ctx, unsigned count);

#endif
