/* Locks, from draft-ietf-secsh-filexfer-13: sections 8.1.1.3 (block modes of OPEN), 8.8.1 and 8.8.2 (byte ranges) and
 * 9.1 (statuses). Two sessions, and one store that is mounted twice. */
#ifndef HY_TESTS_VFS_LOCKS_H
#define HY_TESTS_VFS_LOCKS_H

#include "tests/unit/vfs.h"

enum {
    R = HYTHE_OPEN_READ,
    W = HYTHE_OPEN_WRITE,
    RW = R | W,
    D = HYTHE_OPEN_DELETE_ON_CLOSE,
    BR = HYTHE_OPEN_LOCK_READ,
    BW = HYTHE_OPEN_LOCK_WRITE,
    BD = HYTHE_OPEN_LOCK_DELETE,
    ADV = HYTHE_OPEN_LOCK_ADVISORY,
    LR = HYTHE_LOCK_READ,
    LW = HYTHE_LOCK_WRITE,
    LD = HYTHE_LOCK_DELETE,
    LA = HYTHE_LOCK_ADVISORY
};

struct scene {
    struct world w;
    struct hy_locks *locks;
    struct hy_vfs *a, *b;
    void *fs;
};

static inline struct hy_vfs *session(struct scene *s, unsigned max)
{
    const struct hy_view view = {.max_handles = 16, .max_locks = max, .locks = s->locks};
    struct hy_vfs *vfs = hy_vfs_new(s->w.tree, &view, &s->w.session, &s->w.log, &s->w.err);

    CU_ASSERT_FATAL(vfs != NULL);
    return vfs;
}

static inline void begin_over(struct scene *s, const struct hythe_plugin *store, const struct hythe_plugin *filter)
{
    struct hy_instance *instance, *outer;

    world_begin(&s->w);
    instance = world_start(&s->w, store, "memfs");
    outer = filter ? world_start(&s->w, filter, "filter") : NULL;
    s->fs = instance->self;
    world_mount(&s->w, "/", (struct hy_instance *const[]){outer ? outer : instance, outer ? instance : NULL, NULL});
    world_mount(&s->w, "/again", (struct hy_instance *const[]){instance, NULL});
    CU_ASSERT_FATAL(memfs_put(s->fs, "f", "0123456789") == 0);
    CU_ASSERT_FATAL(memfs_put(s->fs, "g", "abc") == 0);
    s->locks = hy_locks_new();
    CU_ASSERT_FATAL(s->locks != NULL);
    s->a = session(s, 8);
    s->b = session(s, 8);
}

static inline void begin(struct scene *s)
{
    begin_over(s, &memfs_plugin, NULL);
}

/* Nothing may be left in the table once nobody has anything open. */
static inline void end(struct scene *s)
{
    struct hy_locker nobody = {.table = s->locks};

    hy_vfs_free(s->a);
    hy_vfs_free(s->b);
    CU_ASSERT(!hy_locks_any(&nobody));
    hy_locks_free(s->locks);
    world_end(&s->w);
}

static inline int64_t open_as(struct hy_vfs *vfs, const char *path, uint32_t access, hy_handle *h)
{
    return hy_vfs_open(vfs, name_of(path), access, NULL, h);
}

static inline hy_handle opened(struct hy_vfs *vfs, const char *path, uint32_t access)
{
    hy_handle h = 0;

    UNIT_ASSERT_NUMBER(open_as(vfs, path, access, &h), 0);
    return h;
}

static inline int64_t tried(struct hy_vfs *vfs, const char *path, uint32_t access)
{
    hy_handle h;
    int64_t r = open_as(vfs, path, access, &h);

    return r < 0 ? r : hy_vfs_close(vfs, h);
}

static inline int64_t read_at(struct hy_vfs *vfs, hy_handle h, uint64_t offset, size_t len)
{
    char buf[64];

    return hy_vfs_read(vfs, h, buf, len, offset);
}

static inline int64_t write_at(struct hy_vfs *vfs, hy_handle h, uint64_t offset, size_t len)
{
    return hy_vfs_write(vfs, h, "................", len, offset);
}

static inline int64_t resize(struct hy_vfs *vfs, const char *path, uint64_t size)
{
    const struct hythe_attrs attrs = {.struct_size = sizeof attrs, .valid = HYTHE_ATTR_SIZE, .size = size};

    return hy_vfs_setattr(vfs, name_of(path), 0, &attrs);
}

static inline int64_t fresize(struct hy_vfs *vfs, hy_handle h, uint64_t size)
{
    const struct hythe_attrs attrs = {.struct_size = sizeof attrs, .valid = HYTHE_ATTR_SIZE, .size = size};

    return hy_vfs_fsetattr(vfs, h, &attrs);
}

#endif
