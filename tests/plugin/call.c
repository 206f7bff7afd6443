/* The operations as a check calls them. What holds for every call of an operation is looked at here. */
#include "tests/plugin/suite.h"

#include <ctype.h>
#include <limits.h>

/* ---- What every answer must be ---- */

static bool in_range(int64_t r, uint64_t most)
{
    if (r >= 0)
        return (uint64_t)r <= most;
    if (r >= -4095)
        return true;
    return r <= -HYTHE_STATUS_BASE && r > -(HYTHE_STATUS_BASE + 1024);
}

static void judge_text(struct seat *s, const char *op)
{
    for (const char *p = s->report.text; *p; p++)
        if (iscntrl((unsigned char)*p)) {
            complain(s->trial, "%s gave the client a text with control characters", op);
            break;
        }
    s->report.text[0] = '\0';
}

/* `most`: the largest answer that makes sense. */
static int64_t judge(struct seat *s, const char *op, int64_t r, uint64_t most)
{
    if (r == HY_DIVERTED)
        complain(s->trial, "%s was led to \"%s\"; set the plugin up to leave the names of the suite alone", op,
                 s->report.diversion.path ? s->report.diversion.path : s->report.diversion.to);
    else if (!in_range(r, most))
        complain(s->trial, "%s answered %lld, which is no count, errno or status", op, (long long)r);
    judge_text(s, op);
    if (strcmp(op, "getattr") != 0 && strcmp(op, "fgetattr") != 0)
        hy_report_clear(&s->report); /* a request ended; what attributes point to lives until the next one */
    return r;
}

/* ---- On paths ---- */

static struct hy_scene scene_of(struct seat *s)
{
    return (struct hy_scene){.chain = s->chain, .session = s->seen, .report = &s->report, .attached = s->attached};
}

int64_t do_want(struct seat *s, const char *path, uint32_t flags, uint32_t want, struct hythe_attrs *out)
{
    struct hythe_getattr_arg arg = {.path = path, .want = want, .flags = flags, .attrs = out};
    struct hy_scene scene = scene_of(s);

    *out = (struct hythe_attrs){.struct_size = sizeof *out};
    hy_report_clear(&s->report);
    return judge(s, "getattr", hy_do_getattr(&scene, &arg), 0);
}

int64_t do_identity(struct seat *s, const char *path, struct hythe_identity *out)
{
    struct hythe_attrs attrs = {.struct_size = sizeof attrs};
    struct hythe_getattr_arg arg = {.path = path, .flags = HYTHE_NOFOLLOW, .attrs = &attrs, .identity = out};
    struct hy_scene scene = scene_of(s);

    *out = (struct hythe_identity){0};
    hy_report_clear(&s->report);
    return judge(s, "getattr", hy_do_getattr(&scene, &arg), 0);
}

int64_t do_getattr(struct seat *s, const char *path, uint32_t flags, struct hythe_attrs *out)
{
    return do_want(s, path, flags, 0xffff, out);
}

int64_t do_setattr(struct seat *s, const char *path, uint32_t flags, const struct hythe_attrs *attrs)
{
    struct hythe_setattr_arg arg = {.path = path, .flags = flags, .attrs = attrs};
    struct hy_scene scene = scene_of(s);

    return judge(s, "setattr", hy_do_setattr(&scene, &arg), 0);
}

int64_t do_readlink(struct seat *s, const char *path, char *buf, size_t len)
{
    struct hythe_readlink_arg arg = {.path = path, .buf = buf, .len = len};
    struct hy_scene scene = scene_of(s);

    return judge(s, "readlink", hy_do_readlink(&scene, &arg), len);
}

int64_t do_symlink(struct seat *s, const char *path, const char *target)
{
    struct hythe_symlink_arg arg = {.path = path, .target = target};
    struct hy_scene scene = scene_of(s);

    return judge(s, "symlink", hy_do_symlink(&scene, &arg), 0);
}

int64_t do_link(struct seat *s, const char *from, const char *to)
{
    struct hythe_link_arg arg = {.from = from, .to = to};
    struct hy_scene scene = scene_of(s);

    return judge(s, "link", hy_do_link(&scene, &arg), 0);
}

int64_t do_unlink(struct seat *s, const char *path)
{
    struct hythe_unlink_arg arg = {.path = path};
    struct hy_scene scene = scene_of(s);

    return judge(s, "unlink", hy_do_unlink(&scene, &arg), 0);
}

int64_t do_mkdir(struct seat *s, const char *path)
{
    static const struct hythe_attrs nothing = {.struct_size = sizeof nothing};
    struct hythe_mkdir_arg arg = {.path = path, .attrs = &nothing};
    struct hy_scene scene = scene_of(s);

    return judge(s, "mkdir", hy_do_mkdir(&scene, &arg), 0);
}

int64_t do_rmdir(struct seat *s, const char *path)
{
    struct hythe_rmdir_arg arg = {.path = path};
    struct hy_scene scene = scene_of(s);

    return judge(s, "rmdir", hy_do_rmdir(&scene, &arg), 0);
}

int64_t do_rename(struct seat *s, const char *from, const char *to, uint32_t flags)
{
    struct hythe_rename_arg arg = {.from = from, .to = to, .flags = flags};
    struct hy_scene scene = scene_of(s);

    return judge(s, "rename", hy_do_rename(&scene, &arg), 0);
}

int64_t do_statfs(struct seat *s, const char *path, struct hythe_statfs *out)
{
    struct hythe_statfs_arg arg = {.path = path, .out = out};
    struct hy_scene scene = scene_of(s);

    *out = (struct hythe_statfs){.struct_size = sizeof *out};
    return judge(s, "statfs", hy_do_statfs(&scene, &arg), 0);
}

int64_t do_realpath(struct seat *s, const char *path, char *buf, size_t len)
{
    struct hythe_realpath_arg arg = {.path = path, .buf = buf, .len = len};
    struct hy_scene scene = scene_of(s);

    return judge(s, "realpath", hy_do_realpath(&scene, &arg), len ? len - 1 : 0);
}

int64_t do_copyfile(struct seat *s, const char *from, const char *to, uint32_t flags)
{
    struct hythe_copyfile_arg arg = {.from = from, .to = to, .flags = flags};
    struct hy_scene scene = scene_of(s);

    return judge(s, "copyfile", hy_do_copyfile(&scene, &arg), INT64_MAX);
}

/* ---- Opening and closing ---- */

static char guard; /* its address stands beside the slots */

static void prepare(struct seat *s, const char *path, uint32_t access, struct handle *h)
{
    memset(h, 0, sizeof *h);
    h->seat = s;
    (void)snprintf(h->path, sizeof h->path, "/%s", path);
    h->facts = (struct hythe_file){.size = sizeof h->facts, .access = access, .path = h->path};
    h->scene = scene_of(s);
    h->scene.file = &h->facts;
    h->scene.path = h->path + 1;
    h->scene.slots = h->slots + 1;
    h->slots[0] = h->slots[s->chain->layer_count + 1] = &guard;
}

static void judge_slots(struct handle *h, const char *op)
{
    if (h->slots[0] != &guard || h->slots[h->seat->chain->layer_count + 1] != &guard)
        complain(h->seat->trial, "%s wrote beside the slot of its layer", op);
}

/* What only lives during the call is overwritten after it. */
static char *own_copy(const char *path)
{
    char *copy = strdup(path);

    if (!copy)
        abort();
    return copy;
}

static void spoil(char *copy)
{
    memset(copy, '#', strlen(copy));
    free(copy);
}

int64_t do_open_with(struct seat *s, const char *path, uint32_t access, const struct hythe_attrs *attrs,
                     struct handle *h)
{
    struct hythe_attrs wishes = *attrs;
    char *copy = own_copy(path);
    struct hythe_open_arg arg = {.path = copy, .access = access, .attrs = &wishes, .identity = &h->facts.identity};
    int64_t r;

    prepare(s, path, access, h);
    r = judge(s, "open", hy_do_open(&h->scene, &arg), INT64_MAX);
    memset(&wishes, '#', sizeof wishes);
    spoil(copy);
    judge_slots(h, "open");
    h->open = r >= 0;
    return r;
}

int64_t do_open(struct seat *s, const char *path, uint32_t access, struct handle *h)
{
    const struct hythe_attrs nothing = {.struct_size = sizeof nothing};

    return do_open_with(s, path, access, &nothing, h);
}

int64_t do_opendir(struct seat *s, const char *path, struct handle *h)
{
    char *copy = own_copy(path);
    struct hythe_opendir_arg arg = {.path = copy};
    int64_t r;

    prepare(s, path, 0, h);
    r = judge(s, "opendir", hy_do_opendir(&h->scene, &arg), INT64_MAX);
    spoil(copy);
    judge_slots(h, "opendir");
    h->open = r >= 0;
    return r;
}

static int64_t finish(struct handle *h, uint32_t flags)
{
    struct hythe_close_arg arg = {.flags = flags};

    if (!h->open)
        return -EBADF;
    h->open = false;
    judge_slots(h, "an operation on the open file");
    return judge(h->seat, "close", hy_do_close(&h->scene, &arg), INT64_MAX);
}

int64_t do_close(struct handle *h)
{
    return finish(h, 0);
}

int64_t do_abort(struct handle *h)
{
    return finish(h, HYTHE_CLOSE_ABORTED);
}

/* ---- On open files ---- */

int64_t do_read(struct handle *h, void *buf, size_t len, uint64_t offset)
{
    struct hythe_read_arg arg = {.buf = buf, .len = len, .offset = offset};

    return judge(h->seat, "read", hy_do_read(&h->scene, &arg), len);
}

int64_t do_write(struct handle *h, const void *buf, size_t len, uint64_t offset)
{
    struct hythe_write_arg arg = {.buf = buf, .len = len, .offset = offset};
    int64_t r = judge(h->seat, "write", hy_do_write(&h->scene, &arg), len);

    if (r >= 0 && (uint64_t)r < len)
        complain(h->seat->trial, "write of %zu bytes answered %lld: all of it or a negative result is wanted", len,
                 (long long)r);
    return r;
}

int64_t do_readdir(struct handle *h, hythe_emit_fn emit, void *ctx)
{
    struct hythe_readdir_arg arg = {.emit = emit, .ctx = ctx, .want = 0xffff};

    return judge(h->seat, "readdir", hy_do_readdir(&h->scene, &arg), INT64_MAX);
}

int64_t do_fsync(struct handle *h)
{
    struct hythe_fsync_arg arg = {0};

    return judge(h->seat, "fsync", hy_do_fsync(&h->scene, &arg), 0);
}

int64_t do_fgetattr(struct handle *h, struct hythe_attrs *out)
{
    struct hythe_fgetattr_arg arg = {.want = 0xffff, .attrs = out};

    *out = (struct hythe_attrs){.struct_size = sizeof *out};
    hy_report_clear(&h->seat->report);
    return judge(h->seat, "fgetattr", hy_do_fgetattr(&h->scene, &arg), 0);
}

int64_t do_fsetattr(struct handle *h, const struct hythe_attrs *attrs)
{
    struct hythe_fsetattr_arg arg = {.attrs = attrs};

    return judge(h->seat, "fsetattr", hy_do_fsetattr(&h->scene, &arg), 0);
}

int64_t do_fstatfs(struct handle *h, struct hythe_statfs *out)
{
    struct hythe_fstatfs_arg arg = {.out = out};

    *out = (struct hythe_statfs){.struct_size = sizeof *out};
    return judge(h->seat, "fstatfs", hy_do_fstatfs(&h->scene, &arg), 0);
}

int64_t do_copy(struct handle *from, uint64_t offset, uint64_t len, struct handle *to, uint64_t to_offset)
{
    struct hythe_copy_arg arg = {.offset = offset, .len = len, .target_offset = to_offset, .target = &to->facts};

    if (!from->seat->chain->copies)
        return -ENOSYS;
    arg.target_slot = to->scene.slots[to->seat->chain->layer_count - 1];
    return judge(from->seat, "copy", hy_do_copy(&from->scene, &arg), len ? len : INT64_MAX);
}

int64_t do_checksum(struct handle *h, const char *algorithm, uint64_t offset, uint64_t len, void *buf, size_t buf_len)
{
    struct hythe_checksum_arg arg = {
        .algorithm = algorithm, .offset = offset, .len = len, .buf = buf, .buf_len = buf_len};

    return judge(h->seat, "checksum", hy_do_checksum(&h->scene, &arg), buf_len);
}

int64_t do_lock(struct handle *h, uint64_t offset, uint64_t len, uint32_t kind)
{
    struct hythe_lock_arg arg = {.offset = offset, .len = len, .kind = kind};

    return judge(h->seat, "lock", hy_do_lock(&h->scene, &arg), 0);
}

int64_t do_unlock(struct handle *h, uint64_t offset, uint64_t len)
{
    struct hythe_unlock_arg arg = {.offset = offset, .len = len};

    return judge(h->seat, "unlock", hy_do_unlock(&h->scene, &arg), 0);
}
