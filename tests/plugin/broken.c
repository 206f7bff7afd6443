/* A plugin that is wrong on purpose: local-root, with one fault that the setting `fault` names. faults.py reads the
 * table to see that each fault turns its check red. */
#include "plugins/shared/local/local.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifndef BROKEN_NAME
#define BROKEN_NAME "broken"
#define BROKEN_THREADS HYTHE_PARALLEL
#endif

/* The build gives local-root's own entry point another name. */
static const struct hythe_plugin *sound(void)
{
    return hythe_plugin_entry();
}
#undef hythe_plugin_entry
HYTHE_EXPORT const struct hythe_plugin *hythe_plugin_entry(void);

/* X(id, word, the check that must notice) */
#define FAULTS(X) \
    X(none, "none", "") \
    X(attach_missing, "attach-missing", "attach.missing") \
    X(beneath, "beneath-ignored", "escape.refused") \
    X(follow, "follows-out", "escape.root") \
    X(swap, "looks-then-opens", "escape.swap") \
    X(result, "result-impossible", "getattr.file") \
    X(missing, "missing-is-eio", "getattr.missing") \
    X(pointer, "pointer-dies", "attrs.pointers") \
    X(realpath, "realpath-absolute", "realpath.plain") \
    X(statfs, "statfs-silly", "statfs.sane") \
    X(mkdir, "mkdir-twice", "mkdir.makes") \
    X(diverts, "diverts", "rename.file") \
    X(unlink, "unlink-directory", "unlink.directory") \
    X(exclusive, "exclusive-ignored", "open.exclusive") \
    X(truncate, "truncate-ignored", "open.truncate") \
    X(append, "append-ignored", "open.append") \
    X(nofollow, "nofollow-ignored", "symlink.nofollow") \
    X(slot, "slot-of-others", "open.read") \
    X(identity, "identity-new", "open.identity") \
    X(named, "identity-by-name", "getattr.identity") \
    X(leak, "leak", "handle.leak") \
    X(crash, "crash", "open.truncate") \
    X(more, "read-more", "read.offset") \
    X(eof, "eof-error", "read.end") \
    X(shorter, "write-short", "open.write") \
    X(lost, "lost-byte", "write.large") \
    X(hole, "hole-dirty", "write.hole") \
    X(offset, "offset-32", "offset.beyond-4g") \
    X(mode, "mode-dropped", "setattr.mode") \
    X(unknown, "unknown-taken", "setattr.unknown") \
    X(keeps, "attributes-forgotten", "keep.setattr") \
    X(halves, "attributes-by-halves", "keep.whole") \
    X(fresh, "attributes-of-new-dropped", "keep.open") \
    X(listed, "listing-tells-else", "keep.listing") \
    X(boasts, "says-more", "says.attributes") \
    X(modest, "says-less", "says.attributes") \
    X(coarse, "says-seconds", "says.common") \
    X(bitless, "says-bits", "says.bits") \
    X(aclless, "says-acl", "says.acl") \
    X(nameless, "says-names", "says.names") \
    X(wide, "says-open", "says.open") \
    X(target, "target-with-nul", "symlink.text") \
    X(replace, "rename-replaces", "rename.keeps") \
    X(fickle, "rename-fickle", "offers.consistent") \
    X(itself, "rename-loses-itself", "rename.itself") \
    X(twice, "listed-twice", "readdir.all") \
    X(skips, "refused-is-lost", "readdir.again") \
    X(count, "count-wrong", "readdir.again") \
    X(failure, "emit-failure-lost", "readdir.failure") \
    X(odd, "newline-changed", "names.odd") \
    X(cut, "name-cut", "limits.name") \
    X(copy, "copy-short", "copy.whole") \
    X(mixes, "threads-mix", "threads.apart") \
    X(race, "create-race", "race.create")

enum fault {
#define X(id, word, check) FAULT_##id,
    FAULTS(X)
#undef X
};

struct settings {
    _Alignas(16) char sound[256]; /* local-root's own */
    int64_t fault;
};

static int64_t fault; /* one instance, set by start */

/* Two threads of the suite wait here for each other, the first time only; the first thread of all never does. */
static bool meet(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static pthread_cond_t both = PTHREAD_COND_INITIALIZER;
    static int waiting;
    struct timespec until;
    bool met;

    if (gettid() == getpid())
        return false;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 30;
    (void)pthread_mutex_lock(&lock);
    met = waiting < 2;
    if (met && ++waiting == 2)
        (void)pthread_cond_broadcast(&both);
    while (met && waiting < 2)
        if (pthread_cond_timedwait(&both, &lock, &until))
            break;
    (void)pthread_mutex_unlock(&lock);
    return met;
}

/* ---- Names and attributes ---- */

static int64_t b_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    static char owner[64];
    int64_t r = sound()->ops->getattr(call, arg);

    if (fault == FAULT_result && r == 0)
        return INT64_MIN;
    if (fault == FAULT_missing && r == -ENOENT)
        return -EIO;
    if (fault == FAULT_pointer && r == 0) {
        (void)snprintf(owner, sizeof owner, "owner of %.40s", arg->path);
        arg->attrs->owner = owner;
    }
    if (fault == FAULT_named && r == 0 && arg->identity)
        arg->identity->file[0]++;
    return r;
}

static int64_t b_setattr(const struct hythe_call *call, struct hythe_setattr_arg *arg)
{
    struct hythe_attrs attrs = *arg->attrs;
    const struct hythe_attrs *given = arg->attrs;
    int64_t r;

    if (fault == FAULT_mode)
        attrs.valid &= ~HYTHE_ATTR_MODE;
    if (fault == FAULT_keeps)
        attrs.valid &= ~HYTHE_ATTR_ALLOC & ~HYTHE_ATTR_BTIME;
    if (fault == FAULT_halves && attrs.valid & HYTHE_ATTR_SIZE) {
        attrs.valid = HYTHE_ATTR_SIZE;
        (void)sound()->ops->setattr(call, &(struct hythe_setattr_arg){.path = arg->path, .attrs = &attrs});
        attrs.valid = given->valid;
    }
    if (fault == FAULT_unknown)
        attrs.valid &= ~(HYTHE_ATTR_MIME | HYTHE_ATTR_EXTENDED | HYTHE_ATTR_BITS);
    arg->attrs = &attrs;
    r = sound()->ops->setattr(call, arg);
    arg->attrs = given;
    return r;
}

static int64_t b_readlink(const struct hythe_call *call, struct hythe_readlink_arg *arg)
{
    int64_t r = sound()->ops->readlink(call, arg);

    return fault == FAULT_target && r >= 0 && (size_t)r < arg->len ? r + 1 : r;
}

static int64_t b_unlink(const struct hythe_call *call, struct hythe_unlink_arg *arg)
{
    struct hythe_rmdir_arg dir = {.size = sizeof dir, .path = arg->path};
    int64_t r = sound()->ops->unlink(call, arg);

    return fault == FAULT_unlink && r == -EISDIR ? sound()->ops->rmdir(call, &dir) : r;
}

static int64_t b_mkdir(const struct hythe_call *call, struct hythe_mkdir_arg *arg)
{
    int64_t r = sound()->ops->mkdir(call, arg);

    return fault == FAULT_mkdir && r == -EEXIST ? 0 : r;
}

static int64_t b_rename(const struct hythe_call *call, struct hythe_rename_arg *arg)
{
    struct hythe_unlink_arg old = {.size = sizeof old, .path = arg->to};
    static unsigned calls;

    if (fault == FAULT_diverts)
        return call->host->divert(call, "/elsewhere", NULL);
    if (fault == FAULT_fickle && calls++ % 2 == 0)
        return -ENOTSUP;
    if (fault == FAULT_replace)
        arg->flags |= HYTHE_RENAME_REPLACE;
    if (fault == FAULT_itself && strcmp(arg->from, arg->to) == 0)
        return sound()->ops->unlink(call, &old);
    return sound()->ops->rename(call, arg);
}

static int64_t b_statfs(const struct hythe_call *call, struct hythe_statfs_arg *arg)
{
    int64_t r = sound()->ops->statfs(call, arg);

    if (fault == FAULT_statfs)
        arg->out->bfree = arg->out->blocks + 1;
    return r;
}

static int64_t b_realpath(const struct hythe_call *call, struct hythe_realpath_arg *arg)
{
    int64_t r = sound()->ops->realpath(call, arg);

    if (fault != FAULT_realpath || r < 0 || (size_t)r + 1 >= arg->len)
        return r;
    memmove(arg->buf + 1, arg->buf, (size_t)r + 1);
    arg->buf[0] = '/';
    return r + 1;
}

/* ---- Open files ---- */

/* As open(2) would, wherever the links lead. */
static int64_t open_anywhere(const struct hythe_call *call, const struct hythe_open_arg *arg)
{
    int fd = openat(lr_base_of(call)->fd, arg->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct lr_file *file = fd < 0 ? NULL : calloc(1, sizeof *file);

    if (!file)
        return -ENOENT;
    file->fd = fd;
    file->access = arg->access;
    *call->slot = file;
    return 0;
}

/* The folder was none of the links when it was looked at, and may be one now. */
static int64_t open_what_was_a_folder(const struct hythe_call *call, const struct hythe_open_arg *arg)
{
    int64_t r = -ENOENT;

    for (unsigned i = 0; i < 200000 && r < 0; i++)
        r = open_anywhere(call, arg);
    return r;
}

static uint32_t ignored(void)
{
    switch (fault) {
    case FAULT_exclusive:
        return HYTHE_OPEN_EXCLUSIVE;
    case FAULT_truncate:
        return HYTHE_OPEN_TRUNCATE;
    case FAULT_append:
        return HYTHE_OPEN_APPEND;
    case FAULT_nofollow:
        return HYTHE_OPEN_NOFOLLOW;
    default:
        return 0;
    }
}

/* Looks first and makes it afterwards: two may have looked. */
static bool looked_too_early(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    struct hythe_attrs attrs = {.struct_size = sizeof attrs};
    struct hythe_getattr_arg get = {.size = sizeof get, .path = arg->path, .flags = HYTHE_NOFOLLOW, .attrs = &attrs};

    return (arg->access & HYTHE_OPEN_EXCLUSIVE) && sound()->ops->getattr(call, &get) == -ENOENT && meet();
}

static int64_t b_open(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    static const struct hythe_attrs nothing = {.struct_size = sizeof nothing};
    static uint64_t opens;
    char name[256];
    int64_t r;

    arg->access &= ~ignored();
    if (fault == FAULT_race && looked_too_early(call, arg))
        arg->access &= ~HYTHE_OPEN_EXCLUSIVE;
    if (fault == FAULT_cut && strlen(arg->path) > 255) {
        memcpy(name, arg->path, 255);
        name[255] = '\0';
        arg->path = name;
    }
    if (fault == FAULT_fresh)
        arg->attrs = &nothing;
    r = sound()->ops->open(call, arg);
    if (fault == FAULT_follow && r < 0 && !(arg->access & HYTHE_OPEN_WRITE))
        r = open_anywhere(call, arg);
    if (fault == FAULT_swap && r == -ENOENT && strcmp(arg->path, "d/secret") == 0)
        r = open_what_was_a_folder(call, arg);
    if (fault == FAULT_slot && r == 0)
        call->slot[1] = *call->slot;
    if (fault == FAULT_identity && r == 0)
        arg->identity->file[1] = ++opens;
    if (fault == FAULT_crash && (arg->access & HYTHE_OPEN_TRUNCATE) && !(arg->access & HYTHE_OPEN_CREATE))
        abort();
    if (fault == FAULT_leak && dup(0) < 0)
        return -EMFILE;
    return r;
}

static int64_t b_read(const struct hythe_call *call, struct hythe_read_arg *arg)
{
    int64_t r;

    if (fault == FAULT_offset)
        arg->offset = (uint32_t)arg->offset;
    r = sound()->ops->read(call, arg);
    if (fault == FAULT_more && r > 0)
        return (int64_t)arg->len + 1;
    return fault == FAULT_eof && r == 0 && arg->len ? -EIO : r;
}

/* One buffer for all threads, which another has always just filled; the first thread of all has its own. */
static int64_t write_mixed(const struct hythe_call *call, struct hythe_write_arg *arg)
{
    static char shared[65536];

    if (gettid() == getpid() || arg->len > sizeof shared)
        return sound()->ops->write(call, arg);
    memset(shared, '#', sizeof shared);
    arg->buf = shared;
    return sound()->ops->write(call, arg);
}

static void dirty_the_hole(const struct hythe_call *call, const struct hythe_write_arg *arg)
{
    struct stat st;

    if (fstat(lr_file_of(call)->fd, &st) == 0)
        for (off_t at = st.st_size; at < (off_t)arg->offset && at < st.st_size + 100; at++)
            if (pwrite(lr_file_of(call)->fd, "#", 1, at) < 0)
                break;
}

static int64_t b_write(const struct hythe_call *call, struct hythe_write_arg *arg)
{
    int64_t r;

    if (fault == FAULT_offset)
        arg->offset = (uint32_t)arg->offset;
    if (fault == FAULT_mixes)
        return write_mixed(call, arg);
    if (fault == FAULT_hole)
        dirty_the_hole(call, arg);
    if (fault == FAULT_lost && arg->len > 32000) {
        arg->len--;
        r = sound()->ops->write(call, arg);
        return r < 0 ? r : r + 1;
    }
    r = sound()->ops->write(call, arg);
    return fault == FAULT_shorter && r > 1 ? r - 1 : r;
}

static int64_t b_copy(const struct hythe_call *call, struct hythe_copy_arg *arg)
{
    int64_t r;

    if (fault != FAULT_copy || arg->len < 2)
        return sound()->ops->copy(call, arg);
    arg->len--;
    r = sound()->ops->copy(call, arg);
    return r < 0 ? r : r + 1;
}

/* ---- Listing ---- */

struct relay {
    hythe_emit_fn emit;
    void *ctx;
    int refusal;
};

static int relay_entry(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    struct relay *relay = ctx;
    struct hythe_attrs told = *attrs;
    char other[256];

    if (relay->refusal)
        return relay->refusal;
    (void)snprintf(other, sizeof other, "%s", name);
    if (fault == FAULT_odd)
        for (char *p = other; (p = strchr(p, '\n'));)
            *p = '?';
    if (fault == FAULT_listed)
        told.mtime = told.btime;
    relay->refusal = relay->emit(relay->ctx, other, &told);
    if (fault == FAULT_twice && !relay->refusal)
        relay->refusal = relay->emit(relay->ctx, other, attrs);
    /* The one that was refused counts as taken; the next one ends the call. */
    return fault == FAULT_skips ? 0 : relay->refusal;
}

static int64_t b_readdir(const struct hythe_call *call, struct hythe_readdir_arg *arg)
{
    struct relay relay = {arg->emit, arg->ctx, 0};
    int64_t r;

    arg->emit = relay_entry;
    arg->ctx = &relay;
    r = sound()->ops->readdir(call, arg);
    if (fault == FAULT_failure && r < 0)
        return 0;
    return fault == FAULT_count && r > 0 ? r + 5 : r;
}

/* ---- The plugin ---- */

static int b_start(const struct hythe_host *host, const void *given, void **instance)
{
    const struct settings *settings = given;

    fault = settings->fault;
    if (sound()->settings_size > sizeof settings->sound)
        return -ENOMEM;
    return sound()->start(host, settings->sound, instance);
}

static int b_attach(void *instance, const struct hythe_attach *how, void **attached)
{
    struct hythe_attach changed = *how;
    int rc;

    if (fault == FAULT_beneath)
        changed.flags = 0;
    rc = sound()->attach(instance, &changed, attached);
    if (rc && fault == FAULT_attach_missing) {
        changed.base = ".";
        rc = sound()->attach(instance, &changed, attached);
    }
    return rc;
}

static void b_keeps(void *instance, struct hythe_keeps *out)
{
    static const char *const names[] = {"hythe.check", NULL};

    sound()->keeps(instance, out);
    if (fault == FAULT_boasts)
        out->attrs |= HYTHE_ATTR_BTIME;
    if (fault == FAULT_modest)
        out->attrs &= ~HYTHE_ATTR_MODE;
    if (fault == FAULT_coarse)
        out->flags &= ~HYTHE_KEEPS_SUBSECONDS;
    if (fault == FAULT_bitless) {
        out->attrs |= HYTHE_ATTR_BITS;
        out->bits = 0x10;
    }
    if (fault == FAULT_aclless) {
        out->attrs |= HYTHE_ATTR_ACL;
        out->acl = HYTHE_ACL_ALLOW;
    }
    if (fault == FAULT_nameless) {
        out->attrs |= HYTHE_ATTR_EXTENDED;
        out->pairs = names;
    }
    if (fault == FAULT_wide)
        out->access &= ~HYTHE_OPEN_DELETE_ON_CLOSE;
}

enum { ROWS = 16 };

/* As local-root's, and one more row. */
static size_t copy_rows(struct hythe_setting rows[ROWS])
{
    const struct hythe_plugin *p = sound();
    size_t n = p->setting_count < ROWS - 1 ? p->setting_count : ROWS - 1;

    memcpy(rows, p->settings, n * sizeof *rows);
    rows[n] = (struct hythe_setting){.name = "fault",
                                     .type = HYTHE_SET_CHOICE,
                                     .offset = offsetof(struct settings, fault),
                                     .fallback = "none",
                                     .help = "What is wrong."};
#define X(id, word, check) " " word
    rows[n].choices = &(FAULTS(X))[1];
#undef X
    return n + 1;
}

HYTHE_EXPORT const struct hythe_plugin *hythe_plugin_entry(void)
{
    static struct hythe_setting rows[ROWS];
    static struct hythe_plugin plugin;
    static struct hythe_ops ops;

    ops = *sound()->ops;
    ops.getattr = b_getattr;
    ops.setattr = b_setattr;
    ops.readlink = b_readlink;
    ops.unlink = b_unlink;
    ops.mkdir = b_mkdir;
    ops.rename = b_rename;
    ops.statfs = b_statfs;
    ops.realpath = b_realpath;
    ops.open = b_open;
    ops.read = b_read;
    ops.write = b_write;
    ops.copy = b_copy;
    ops.readdir = b_readdir;
    plugin = *sound();
    plugin.name = BROKEN_NAME;
    plugin.summary = "a folder of this machine, wrong on purpose";
    plugin.threads = BROKEN_THREADS;
    plugin.flags |= HYTHE_DIVERTS;
    plugin.setting_count = copy_rows(rows);
    plugin.settings = rows;
    plugin.settings_size = sizeof(struct settings);
    plugin.start = b_start;
    plugin.attach = b_attach;
    plugin.ops = &ops;
    plugin.keeps = b_keeps;
    return &plugin;
}
