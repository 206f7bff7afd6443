/* Listing a directory: `.` and `..`, the mounts in it, then what its store has. The place reached is kept in the open
 * file, so that a reader with little room goes on exactly there. */
#include "core/vfs/session.h"

#include <errno.h>
#include <string.h>

/* One call of hy_vfs_readdir. */
struct listing {
    struct hy_vfs *vfs;
    struct hy_file *file;
    uint32_t want;
    hythe_emit_fn emit;
    void *ctx;
    int64_t taken;              /* by the reader */
    int64_t refusal;            /* what emit answered when it didn't take an entry */
    uint64_t offered;           /* by the store */
    size_t dir_len;             /* of dir, without a trailing slash; 0 in "/" */
    bool hides;                 /* the directory holds mounts, whose names in the store don't count */
    char path[HY_PATH_MAX + 1]; /* dir, a slash and a name */
};

/* Offers an entry to the reader; false when it wasn't taken. */
static bool offer(struct listing *l, const char *name, const struct hythe_attrs *attrs)
{
    int rc = l->emit(l->ctx, name, attrs);

    if (rc < 0) {
        l->refusal = rc;
        return false;
    }
    l->taken++;
    return true;
}

/* Makes l->path dir/name; false when that is too long to be a path. */
static bool set_name(struct listing *l, const char *name, size_t len)
{
    if (len >= HY_PATH_MAX - 1 - l->dir_len)
        return false;
    l->path[l->dir_len] = '/';
    memcpy(l->path + l->dir_len + 1, name, len);
    l->path[l->dir_len + 1 + len] = '\0';
    return true;
}

/* ---- `.` and `..` ---- */

/* Of a path of the view; a directory with nothing known about it when it can't be asked. */
static void attrs_of(struct listing *l, const char *path, size_t len, struct hythe_attrs *attrs)
{
    struct hy_spot spot;

    if (hy_resolve_normal(l->vfs, path, len, &spot) < 0 ||
        hy_spot_getattr(l->vfs, &spot, l->want | HYTHE_ATTR_TYPE, 0, HYTHE_CALL_OWN, attrs) < 0 ||
        attrs->type != HYTHE_TYPE_DIRECTORY)
        hy_made_up_attrs(l->vfs, attrs);
}

static bool offer_dots(struct listing *l)
{
    const char *path = l->file->facts.path;
    const struct hy_vfs *vfs = l->vfs;
    struct hythe_attrs attrs;

    if (l->file->listing.next == 0) {
        attrs_of(l, path, strlen(path), &attrs);
        if (!offer(l, ".", &attrs))
            return false;
        l->file->listing.next++;
    }
    if (l->file->listing.next == 1) {
        bool top = vfs->restricted && strcmp(path, vfs->home) == 0;

        attrs_of(l, path, top ? strlen(path) : hy_parent_len(path), &attrs);
        if (!offer(l, "..", &attrs))
            return false;
        l->file->listing.next++;
    }
    return true;
}

/* ---- Mounts ---- */

/* The part of a mount's path that is a name in the directory. */
static size_t name_in(const struct listing *l, const char *path, const char **name)
{
    *name = path + l->dir_len + 1;
    return strcspn(*name, "/");
}

static bool same_name(const struct listing *l, const char *a, const char *b)
{
    const char *an, *bn;
    size_t n = name_in(l, a, &an);

    return n == name_in(l, b, &bn) && memcmp(an, bn, n) == 0;
}

/* Mounts of one name follow each other, since they are sorted; the first speaks for all. */
static bool offer_mounts(struct listing *l, size_t first, size_t end)
{
    struct hy_rows rows = hy_vfs_rows(l->vfs);
    size_t *next = &l->file->listing.next;

    for (; *next - 2 < end - first; (*next)++) {
        size_t i = first + *next - 2;
        const char *path = hy_rows_path(rows, i), *name;
        struct hythe_attrs attrs;
        size_t n = name_in(l, path, &name);

        if (i > first && same_name(l, hy_rows_path(rows, i - 1), path))
            continue;
        if (!set_name(l, name, n))
            continue;
        attrs_of(l, l->path, l->dir_len + 1 + n, &attrs);
        if (!offer(l, l->path + l->dir_len + 1, &attrs))
            return false;
    }
    return true;
}

/* ---- The store's own ---- */

/* Whether a mount has the name, or lies below it. */
static bool is_mount(struct listing *l, const char *name, size_t len)
{
    struct hy_rows rows = hy_vfs_rows(l->vfs);
    size_t at;

    if (!set_name(l, name, len))
        return false;
    if (hy_rows_search(rows, l->path, l->dir_len + 1 + len, &at))
        return true;
    return at < rows.count && hy_path_below(hy_rows_path(rows, at), l->path);
}

static int take(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    struct listing *l = ctx;
    size_t len = strlen(name);

    if (l->refusal)
        return (int)l->refusal;
    l->offered++;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return 0;
    if (!len || strchr(name, '/')) {
        if (!l->file->reported)
            (void)hy_blame(l->vfs, l->file->scene.chain, HYTHE_OP_readdir, "readdir offered a name that isn't one");
        l->file->reported = true;
        return 0;
    }
    if (l->hides && is_mount(l, name, len))
        return 0;
    return offer(l, name, attrs) ? 0 : (int)l->refusal;
}

/* Asks the store until the reader can't take more: it learns of the end along with the last entries. */
static int64_t offer_store(struct listing *l)
{
    struct hythe_readdir_arg arg = {.emit = take, .ctx = l, .want = l->want};
    int64_t r;

    while (!l->file->listing.ended && !l->refusal) {
        l->offered = 0;
        r = hy_do_readdir(&l->file->scene, &arg);
        if (r < 0 && !l->refusal)
            return r;
        if (l->refusal || l->offered)
            continue;
        l->file->listing.ended = true;
        if (r > 0)
            return hy_blame(l->vfs, l->file->scene.chain, HYTHE_OP_readdir, "readdir counted entries it didn't offer");
    }
    return 0;
}

/* ---- All of it ---- */

static int64_t list(struct listing *l)
{
    size_t first, end = hy_rows_below(hy_vfs_rows(l->vfs), l->path, strlen(l->path), &first);

    l->hides = end > first;
    if (!offer_dots(l) || !offer_mounts(l, first, end))
        return 0;
    if (l->file->scene.chain)
        return offer_store(l);
    l->file->listing.ended = true;
    return 0;
}

bool hy_vfs_listed(const struct hy_vfs *vfs, hy_handle h)
{
    const struct hy_file *file = hy_files_get(&vfs->files, h);

    return file && file->directory && file->listing.ended && !file->listing.error;
}

int64_t hy_vfs_readdir(struct hy_vfs *vfs, hy_handle h, uint32_t want, hythe_emit_fn emit, void *ctx)
{
    struct hy_file *file = hy_files_get(&vfs->files, h);
    struct listing l;
    size_t len;
    int64_t r;

    if (!file || !file->directory)
        return -EBADF;
    r = file->listing.error;
    file->listing.error = 0;
    if (r)
        return r;
    len = strlen(file->facts.path);
    l = (struct listing){.vfs = vfs, .file = file, .want = want, .emit = emit, .ctx = ctx};
    l.dir_len = len == 1 ? 0 : len;
    memcpy(l.path, file->facts.path, len + 1);
    r = list(&l);
    if (l.refusal && l.refusal != -ENOBUFS)
        return l.refusal;
    if (!l.taken)
        return r < 0 ? r : l.refusal;
    /* What was taken goes out first; the failure is the answer to the next call. */
    file->listing.error = r < 0 ? r : 0;
    return l.taken;
}
