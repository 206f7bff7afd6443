/* plugin.h as an earlier release of the same ABI could have had it: structs without their last fields, operations up to
 * realpath, settings of six types. Never changed: what is built with it is the old binary of the tests. */
#ifndef HYTHE_PLUGIN_H
#define HYTHE_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HYTHE_ABI 1u
#define HYTHE_ABI_MINOR 0u

#define HYTHE_STATUS_BASE 65536
#define HYTHE_STATUS(code) (-(int64_t)(HYTHE_STATUS_BASE + (code)))

enum hythe_kind { HYTHE_FILESYSTEM = 1, HYTHE_FILTER = 2, HYTHE_AUTH = 3 };

enum hythe_threads { HYTHE_SERIAL = 1, HYTHE_PER_SESSION = 2, HYTHE_PARALLEL = 3 };

#define HYTHE_SLOW 0x1u

#define HYTHE_CLASS_READ 0x1u
#define HYTHE_CLASS_WRITE 0x2u
#define HYTHE_CLASS_OPEN 0x4u
#define HYTHE_CLASS_ADMIN 0x8u

struct hythe_time {
    int64_t sec;
    uint32_t nsec;
};

#define HYTHE_ATTR_TYPE 0x0001u
#define HYTHE_ATTR_SIZE 0x0002u
#define HYTHE_ATTR_MODE 0x0004u
#define HYTHE_ATTR_OWNER 0x0008u
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

struct hythe_pair {
    const char *name;
    const void *value;
    size_t value_len;
};

struct hythe_attrs {
    size_t struct_size;
    uint32_t valid;
    uint32_t type;
    uint32_t mode;
    uint32_t uid, gid;
    uint32_t nlink;
    uint64_t size;
    uint64_t alloc;
    struct hythe_time atime, mtime, ctime, btime;
    uint32_t bits, bits_mask;
    uint32_t hint;
    uint32_t pair_count;
    const char *owner, *group;
    const char *mime;
    const char *raw_name;
};
#define HYTHE_OPEN_READ 0x01u
#define HYTHE_OPEN_WRITE 0x02u
#define HYTHE_OPEN_APPEND 0x04u
#define HYTHE_OPEN_CREATE 0x08u
#define HYTHE_OPEN_EXCLUSIVE 0x10u
#define HYTHE_OPEN_TRUNCATE 0x20u
#define HYTHE_OPEN_NOFOLLOW 0x40u
#define HYTHE_OPEN_DELETE_ON_CLOSE 0x80u
#define HYTHE_OPEN_ATOMIC_APPEND 0x100u
#define HYTHE_OPEN_WRITE_ATTRS 0x200u
#define HYTHE_RENAME_REPLACE 0x1u
#define HYTHE_RENAME_ATOMIC 0x2u
#define HYTHE_RENAME_NATIVE 0x4u

#define HYTHE_NOFOLLOW 0x1u

#define HYTHE_CLOSE_ABORTED 0x1u

struct hythe_statfs {
    size_t struct_size;
    uint64_t bsize, frsize, blocks, bfree, bavail, files, ffree, favail, fsid, name_max;
};

struct hythe_identity {
    uint64_t store;
    uint64_t file[2];
};

typedef int (*hythe_emit_fn)(void *ctx, const char *name, const struct hythe_attrs *attrs);

struct hythe_session;
struct hythe_file;
struct hythe_link;
struct hythe_host;
struct hythe_plugin;

struct hythe_call {
    uint32_t size;
    uint16_t op;
    uint16_t op_class;
    const struct hythe_host *host;
    const struct hythe_session *session;
    const struct hythe_file *file;
    void *instance;
    void *attached;
    void **slot;
    const struct hythe_link *next;
};

struct hythe_session {
    uint32_t size;
    uint32_t protocol;
    uint64_t id;
    const char *user;
    const char *home;
    const char *address;
};

struct hythe_file {
    uint32_t size;
    uint32_t access;
    const char *path;
};

struct hythe_attach {
    uint32_t size;
    uint32_t flags;
    const struct hythe_session *session;

    const char *base;
};

#define HYTHE_ATTACH_BENEATH 0x1u

struct hythe_host {
    uint32_t abi, size;

    void (*log)(const struct hythe_host *host, int level, const char *fmt, ...)
#ifdef __GNUC__
        __attribute__((format(printf, 3, 4)))
#endif
        ;

    int64_t (*next)(const struct hythe_call *call, void *arg);

    int64_t (*fail)(const struct hythe_call *call, int64_t result, const char *fmt, ...)
#ifdef __GNUC__
        __attribute__((format(printf, 3, 4)))
#endif
        ;

    int (*cancelled)(const struct hythe_call *call);
    void *core;

    int64_t (*ask)(const struct hythe_call *call, uint32_t op, void *arg);
};

#include <hythe/ops.def>

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

struct hythe_ops {
    size_t size;

    int64_t (*any)(const struct hythe_call *call, void *arg);
    uint32_t any_classes;
    uint32_t any_from;
#define HYTHE_OP(name, klass, on, fields) \
    int64_t (*name)(const struct hythe_call *call, struct hythe_##name##_arg *arg);
    HYTHE_OPS
#undef HYTHE_OP
};

enum hythe_setting_type {
    HYTHE_SET_BOOL,
    HYTHE_SET_INT,
    HYTHE_SET_SIZE,
    HYTHE_SET_MODE,
    HYTHE_SET_STRING,
    HYTHE_SET_PATH
};

struct hythe_setting {
    const char *name;
    enum hythe_setting_type type;
    size_t offset;
    int64_t min, max;
    const char *fallback;
    const char *help;
};

struct hythe_plugin {
    uint32_t abi;
    uint32_t size;
    uint32_t kind;
    uint32_t threads;
    uint32_t flags;
    uint32_t minor;
    const char *name;
    const char *version;
    const char *summary;
    const struct hythe_setting *settings;
    size_t setting_count;
    size_t setting_size;
    size_t settings_size;

    int (*start)(const struct hythe_host *host, const void *settings, void **instance);

    void (*stop)(void *instance);

    int (*attach)(void *instance, const struct hythe_attach *how, void **attached);

    void (*detach)(void *instance, void *attached);

    const struct hythe_ops *ops;
};

#if defined(__GNUC__)
#define HYTHE_EXPORT __attribute__((visibility("default")))
#else
#define HYTHE_EXPORT
#endif
HYTHE_EXPORT const struct hythe_plugin *hythe_plugin_entry(void);

#define HYTHE_OP(name, klass, on, fields) \
    static inline int64_t hythe_next_##name(const struct hythe_call *call, struct hythe_##name##_arg *arg) \
    { \
        return call->host->next(call, arg); \
    }
HYTHE_OPS
#undef HYTHE_OP

#define HYTHE_OP(name, klass, on, fields) \
    static inline int64_t hythe_ask_##name(const struct hythe_call *call, struct hythe_##name##_arg *arg) \
    { \
        arg->size = sizeof *arg; \
        return call->host->ask(call, HYTHE_OP_##name, arg); \
    }
HYTHE_OPS
#undef HYTHE_OP

#ifdef __cplusplus
}
#endif
#endif
