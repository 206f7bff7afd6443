/* Operations on open files. Reading and writing look the handle up and call the chain: no path, no allocation. */
#include "core/vfs/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- Opening and closing ---- */

/* A file with everything that its calls will need, in one piece of memory. */
static struct hy_file *new_file(struct hy_vfs *vfs, const struct hy_spot *spot, uint32_t access)
{
    size_t layers = spot->point ? spot->point->mount->chain->layer_count : 0, len = strlen(spot->path);
    struct hy_file *file = calloc(1, sizeof *file + layers * sizeof file->slots[0] + len + 1);
    char *path;

    if (!file)
        return NULL;
    hy_hold_begin(&file->hold, &vfs->locker);
    path = (char *)&file->slots[layers];
    memcpy(path, spot->path, len + 1);
    file->facts = (struct hythe_file){.size = sizeof file->facts, .access = access, .path = path};
    if (spot->point) {
        file->scene = hy_spot_scene(vfs, spot, 0);
        file->scene.slots = file->slots;
        file->scene.file = &file->facts;
        file->scene.path = hy_path_relative(path, spot->point->root);
        file->pace = spot->point->pace;
    }
    return file;
}

static bool sensible(uint32_t access)
{
    if (!(access & (HYTHE_OPEN_READ | HYTHE_OPEN_WRITE)))
        return false;
    return (access & HYTHE_OPEN_WRITE) || !(access & (HYTHE_OPEN_TRUNCATE | HYTHE_OPEN_APPEND));
}

struct opening {
    uint32_t access;
    const struct hythe_attrs *attrs;
    struct hy_file *file; /* NULL: none was made yet */
};

/* For another attempt, or for good. */
static void give_up(struct opening *o)
{
    free(o->file);
    o->file = NULL;
}

static int64_t open_at(struct hy_vfs *vfs, const struct hy_paths *paths, void *opening)
{
    static const struct hythe_attrs nothing = {.struct_size = sizeof nothing};
    struct opening *o = opening;
    uint32_t access = o->access;
    struct hythe_open_arg arg = {.access = access, .attrs = o->attrs ? o->attrs : &nothing};
    struct hy_spot spot;
    int64_t r;

    give_up(o);
    r = hy_resolve(vfs, paths->path, &spot);
    if (r < 0)
        return r;
    if (spot.fixed)
        return access & HYTHE_OPEN_EXCLUSIVE ? -EEXIST : -EISDIR;
    if (!spot.point)
        return access & HYTHE_OPEN_CREATE ? hy_made(vfs, &spot, -ENOENT) : -ENOENT;
    o->file = new_file(vfs, &spot, access);
    if (!o->file)
        return -ENOMEM;
    arg.path = spot.rel;
    arg.identity = &o->file->facts.identity;
    r = hy_locked_open(vfs, &spot, o->file, &arg);
    return access & HYTHE_OPEN_CREATE ? hy_made(vfs, &spot, r) : r;
}

static int64_t open_somewhere(struct hy_vfs *vfs, struct hy_name path, hy_attempt *attempt, struct opening *o,
                              hy_handle *out)
{
    int64_t r = hy_files_reserve(&vfs->files);

    if (r < 0)
        return r;
    r = hy_do_at(vfs, (struct hy_paths){.path = path}, attempt, o);
    if (r < 0) {
        hy_files_release(&vfs->files);
        give_up(o);
        return r;
    }
    *out = hy_files_add(&vfs->files, o->file);
    return 0;
}

int64_t hy_vfs_open(struct hy_vfs *vfs, struct hy_name path, uint32_t access, const struct hythe_attrs *attrs,
                    hy_handle *out)
{
    struct opening o = {access, attrs, NULL};

    return sensible(access) ? open_somewhere(vfs, path, open_at, &o, out) : -EINVAL;
}

static int64_t opendir_at(struct hy_vfs *vfs, const struct hy_paths *paths, void *opening)
{
    struct opening *o = opening;
    struct hythe_opendir_arg arg;
    struct hy_spot spot;
    int64_t r;

    give_up(o);
    r = hy_resolve(vfs, paths->path, &spot);
    if (r < 0)
        return r;
    if (!spot.point && !spot.fixed)
        return -ENOENT;
    o->file = new_file(vfs, &spot, 0);
    if (!o->file)
        return -ENOMEM;
    o->file->directory = true;
    o->file->pace = hy_pace_of_listing(vfs, spot.path);
    if (spot.point) {
        arg = (struct hythe_opendir_arg){.path = spot.rel};
        r = hy_do_opendir(&o->file->scene, &arg);
    }
    if (spot.above && hy_not_there(r)) {
        o->file->scene.chain = NULL;
        r = 0;
    }
    return r;
}

int64_t hy_vfs_opendir(struct hy_vfs *vfs, struct hy_name path, hy_handle *out)
{
    struct opening o = {0};

    return open_somewhere(vfs, path, opendir_at, &o, out);
}

enum { FAILURES_MAX = 64 }; /* lines of the log for one session */

static const char *reason(const struct hy_vfs *vfs, int64_t result)
{
    const char *why = hy_vfs_error(vfs);

    return *why ? why : result <= HYTHE_STATUS(0) ? hy_status_text(result) : hy_err_reason(result);
}

/* Other requests that fail have lines of their own, at the same level; those of data one for each file. */
static int64_t denied(struct hy_vfs *vfs, struct hy_file *file, const char *what, int64_t result)
{
    if (!file->denied)
        hy_log(vfs->log, HY_LOG_VERBOSE, vfs->session.id, "%s of \"%s\" is denied to user %s by the program: %s", what,
               file->facts.path, vfs->session.user, reason(vfs, result));
    file->denied = true;
    return result;
}

/* What a store can't do in the middle of a file, as when its disk is full, is its operator's business, who hears of it
 * once for each file. */
static int64_t told(struct hy_vfs *vfs, struct hy_file *file, const char *what, int64_t result)
{
    const struct hy_chain *chain = file->scene.chain;

    if (result >= 0 || result == -ECANCELED || result == HYTHE_STATUS(SSH_FX_EOF))
        return result;
    if (vfs->report.decided)
        return denied(vfs, file, what, result);
    if (file->failed || vfs->failures >= FAILURES_MAX)
        return result;
    file->failed = true;
    vfs->failures++;
    hy_log_number(vfs->log, HY_LOG_INFO, vfs->session.id, HY_ERROR_IO, "%s of \"%s\" fails for user %s in %s: %s%s",
                  what, file->facts.path, vfs->session.user, chain->layers[chain->layer_count - 1]->label,
                  reason(vfs, result),
                  vfs->failures == FAILURES_MAX ? "; further failures of this connection are not logged" : "");
    return result;
}

/* The file stays in the table while its store closes it, so that a call which hangs there can be named. */
static int64_t end(struct hy_vfs *vfs, hy_handle h, uint32_t flags)
{
    struct hy_file *file = hy_files_get(&vfs->files, h);
    struct hythe_close_arg arg = {.flags = flags};
    int64_t r = 0;

    if (!file)
        return -EBADF;
    if (file->scene.chain)
        r = hy_plain(hy_do_close(&file->scene, &arg));
    if (!(flags & HYTHE_CLOSE_ABORTED))
        (void)told(vfs, file, "close", r);
    (void)hy_files_remove(&vfs->files, h);
    hy_hold_leave(&file->hold);
    free(file);
    return r;
}

int64_t hy_vfs_close(struct hy_vfs *vfs, hy_handle h)
{
    return end(vfs, h, 0);
}

void hy_vfs_abort(struct hy_vfs *vfs, hy_handle h)
{
    (void)end(vfs, h, HYTHE_CLOSE_ABORTED);
}

uint32_t hy_vfs_access(const struct hy_vfs *vfs, hy_handle h)
{
    const struct hy_file *file = hy_files_get(&vfs->files, h);

    return file ? file->facts.access : 0;
}

const char *hy_vfs_path(const struct hy_vfs *vfs, hy_handle h)
{
    const struct hy_file *file = hy_files_get(&vfs->files, h);

    return file ? file->facts.path : NULL;
}

int64_t hy_vfs_set_text(struct hy_vfs *vfs, hy_handle h)
{
    struct hy_file *file = hy_files_get(&vfs->files, h);

    if (!file)
        return -EBADF;
    vfs->texts = file->text = true;
    return 0;
}

uint64_t *hy_vfs_text_place(struct hy_vfs *vfs, hy_handle h)
{
    struct hy_file *file = vfs->texts ? hy_files_get(&vfs->files, h) : NULL;

    return file && file->text ? &file->text_place : NULL;
}

unsigned hy_vfs_open_count(const struct hy_vfs *vfs)
{
    return vfs->files.open;
}

/* ---- Data ---- */

/* A wrong result is told once for each file: a plugin that is wrong at every read must not fill the log. */
static int64_t wrong(const struct hy_vfs *vfs, struct hy_file *file, enum hythe_op op, const char *what)
{
    if (file->reported)
        return -EIO;
    file->reported = true;
    return hy_blame(vfs, file->scene.chain, op, what);
}

int64_t hy_vfs_read(struct hy_vfs *vfs, hy_handle h, void *buf, size_t len, uint64_t offset)
{
    struct hythe_read_arg arg = {.buf = buf, .len = len, .offset = offset};
    struct hy_file *file = hy_files_get(&vfs->files, h);
    int64_t r;

    if (!file)
        return -EBADF;
    if (file->directory)
        return -EISDIR;
    if (!(file->facts.access & HYTHE_OPEN_READ))
        return -EACCES;
    if (len > INT64_MAX || offset > INT64_MAX - len)
        return -EINVAL;
    r = hy_guard_bytes(vfs, file, HYTHE_LOCK_READ, offset, len);
    if (r < 0)
        return r;
    r = hy_do_read(&file->scene, &arg);
    if (r > 0 && (uint64_t)r > len)
        return wrong(vfs, file, HYTHE_OP_read, "read answered more than it was asked for");
    return r < 0 ? told(vfs, file, "read", r) : r;
}

bool hy_vfs_whole_writes(const struct hy_vfs *vfs, hy_handle h)
{
    const struct hy_file *file = hy_files_get(&vfs->files, h);

    return file && file->scene.chain && file->scene.chain->whole_writes;
}

int64_t hy_vfs_write(struct hy_vfs *vfs, hy_handle h, const void *buf, size_t len, uint64_t offset)
{
    struct hythe_write_arg arg = {.buf = buf, .len = len, .offset = offset};
    struct hy_file *file = hy_files_get(&vfs->files, h);
    int64_t r;

    if (!file)
        return -EBADF;
    if (file->directory)
        return -EISDIR;
    if (!(file->facts.access & HYTHE_OPEN_WRITE))
        return -EACCES;
    if (len > INT64_MAX || offset > INT64_MAX - len)
        return -EFBIG;
    r = hy_guard_bytes(vfs, file, HYTHE_LOCK_WRITE, offset, len);
    if (r < 0)
        return r;
    r = hy_do_write(&file->scene, &arg);
    if (r >= 0 && (uint64_t)r != len)
        return wrong(vfs, file, HYTHE_OP_write, "write answered another length than it was given");
    return r < 0 ? told(vfs, file, "write", r) : r;
}

void hy_vfs_moved(struct hy_vfs *vfs, hy_handle h, uint64_t read, uint64_t written, uint64_t at)
{
    struct hy_file *file = hy_files_get(&vfs->files, h);

    if (!file)
        return;
    if (read)
        atomic_fetch_add_explicit(&file->read, read, memory_order_relaxed);
    if (written)
        atomic_fetch_add_explicit(&file->written, written, memory_order_relaxed);
    atomic_store_explicit(&file->at, at, memory_order_relaxed);
}

struct hy_traffic hy_vfs_traffic(const struct hy_vfs *vfs, hy_handle h)
{
    const struct hy_file *file = hy_files_get(&vfs->files, h);

    return file ? (struct hy_traffic){atomic_load(&file->read), atomic_load(&file->written)} : (struct hy_traffic){0};
}

int64_t hy_vfs_fsync(struct hy_vfs *vfs, hy_handle h)
{
    struct hy_file *file = hy_files_get(&vfs->files, h);
    struct hythe_fsync_arg arg;

    if (!file)
        return -EBADF;
    return file->scene.chain ? told(vfs, file, "fsync", hy_plain(hy_do_fsync(&file->scene, &arg))) : 0;
}

/* ---- Attributes ---- */

static int64_t get(struct hy_vfs *vfs, hy_handle h, uint32_t want, uint32_t call_flags, struct hythe_attrs *out)
{
    struct hythe_fgetattr_arg arg = {.want = want, .attrs = out};
    const struct hy_file *file = hy_files_get(&vfs->files, h);
    struct hy_scene scene;

    if (!file)
        return -EBADF;
    *out = (struct hythe_attrs){.struct_size = sizeof *out};
    if (file->scene.chain) {
        scene = file->scene;
        scene.flags |= call_flags;
        return hy_plain(hy_do_fgetattr(&scene, &arg));
    }
    hy_made_up_attrs(vfs, out);
    return 0;
}

int64_t hy_vfs_fgetattr(struct hy_vfs *vfs, hy_handle h, uint32_t want, struct hythe_attrs *out)
{
    return get(vfs, h, want, 0, out);
}

int64_t hy_vfs_flook(struct hy_vfs *vfs, hy_handle h, uint32_t want, struct hythe_attrs *out)
{
    return get(vfs, h, want, HYTHE_CALL_OWN, out);
}

int64_t hy_vfs_fsetattr(struct hy_vfs *vfs, hy_handle h, const struct hythe_attrs *attrs)
{
    struct hythe_fsetattr_arg arg = {.attrs = attrs};
    struct hy_file *file = hy_files_get(&vfs->files, h);
    int64_t r;

    if (!file)
        return -EBADF;
    if (!file->scene.chain)
        return -EROFS;
    if (attrs->valid & HY_ATTRS_SIZES && !file->directory && !(file->facts.access & HYTHE_OPEN_WRITE))
        return hy_refuse(vfs, -EACCES, "the file isn't open for writing");
    r = hy_guard_size(vfs, file, attrs);
    return r < 0 ? r : hy_plain(hy_set_file(vfs, &file->scene, &arg));
}

int64_t hy_vfs_fstatfs(struct hy_vfs *vfs, hy_handle h, struct hythe_statfs *out)
{
    struct hythe_fstatfs_arg arg = {.out = out};
    struct hy_file *file = hy_files_get(&vfs->files, h);

    if (!file)
        return -EBADF;
    *out = (struct hythe_statfs){.struct_size = sizeof *out};
    if (file->scene.chain)
        return hy_plain(hy_do_fstatfs(&file->scene, &arg));
    hy_made_up_statfs(out);
    return 0;
}
