/* The operations of the plugin as plain functions. */
#include "tests/unit/localroot.h"

struct hythe_call world_call(const struct world *w, void **slot)
{
    return (struct hythe_call){
        .size = sizeof(struct hythe_call),
        .host = &w->host,
        .session = &w->session,
        .instance = w->instance,
        .attached = w->attached,
        .slot = slot,
    };
}

/* Fills an argument struct and calls the operation. */
#define CALL(name, slot, ...) \
    struct hythe_##name##_arg arg = {sizeof(arg), __VA_ARGS__}; \
    struct hythe_call call = world_call(w, slot); \
    call.op = HYTHE_OP_##name; \
    return w->plugin->ops->name(&call, &arg)

#define EVERYTHING 0xffffu

static struct hythe_attrs with_mode(int mode)
{
    return (struct hythe_attrs){
        .struct_size = sizeof(struct hythe_attrs),
        .valid = mode < 0 ? 0 : HYTHE_ATTR_MODE,
        .mode = mode < 0 ? 0 : (uint32_t)mode,
    };
}

int64_t do_getattr(const struct world *w, const char *path, uint32_t flags, struct hythe_attrs *attrs)
{
    memset(attrs, 0, sizeof(*attrs));
    attrs->struct_size = sizeof(*attrs);
    CALL(getattr, NULL, path, EVERYTHING, flags, attrs, NULL);
}

int64_t do_setattr(const struct world *w, const char *path, uint32_t flags, const struct hythe_attrs *attrs)
{
    CALL(setattr, NULL, path, flags, attrs);
}

int64_t do_fsetattr(const struct world *w, void *file, const struct hythe_attrs *attrs)
{
    CALL(fsetattr, &file, attrs);
}

int64_t do_readlink(const struct world *w, const char *path, char *buf, size_t len)
{
    CALL(readlink, NULL, path, buf, len);
}

int64_t do_symlink(const struct world *w, const char *path, const char *target)
{
    CALL(symlink, NULL, path, target);
}

int64_t do_link(const struct world *w, const char *from, const char *to)
{
    CALL(link, NULL, from, to);
}

int64_t do_unlink(const struct world *w, const char *path)
{
    CALL(unlink, NULL, path);
}

int64_t do_mkdir(const struct world *w, const char *path, int mode)
{
    struct hythe_attrs attrs = with_mode(mode);

    CALL(mkdir, NULL, path, &attrs);
}

int64_t do_rmdir(const struct world *w, const char *path)
{
    CALL(rmdir, NULL, path);
}

int64_t do_rename(const struct world *w, const char *from, const char *to, uint32_t flags)
{
    CALL(rename, NULL, from, to, flags);
}

int64_t do_open(const struct world *w, const char *path, uint32_t access, int mode, void **file)
{
    struct hythe_attrs attrs = with_mode(mode);
    struct hythe_identity identity;

    *file = NULL;
    CALL(open, file, path, access, &attrs, &identity);
}

int64_t do_opendir(const struct world *w, const char *path, void **file)
{
    *file = NULL;
    CALL(opendir, file, path);
}

int64_t do_readdir(const struct world *w, void *file, uint32_t want, hythe_emit_fn emit, void *ctx)
{
    CALL(readdir, &file, emit, ctx, want);
}

int64_t do_read(const struct world *w, void *file, void *buf, size_t len, uint64_t offset)
{
    CALL(read, &file, buf, len, offset);
}

int64_t do_write(const struct world *w, void *file, const void *buf, size_t len, uint64_t offset)
{
    CALL(write, &file, buf, len, offset);
}

int64_t do_close(const struct world *w, void *file)
{
    CALL(close, &file, 0);
}

int64_t do_statfs(const struct world *w, const char *path, struct hythe_statfs *out)
{
    memset(out, 0, sizeof(*out));
    out->struct_size = sizeof(*out);
    CALL(statfs, NULL, path, out);
}

int64_t do_realpath(const struct world *w, const char *path, char *buf, size_t len)
{
    CALL(realpath, NULL, path, buf, len);
}

int64_t do_copy(const struct world *w, void *from, uint64_t offset, uint64_t len, void *to, uint64_t target)
{
    CALL(copy, &from, offset, len, to, target, NULL);
}

int64_t read_text(const struct world *w, const char *path, char text[64])
{
    void *file;
    int64_t rc = do_open(w, path, HYTHE_OPEN_READ, -1, &file);

    if (rc < 0)
        return rc;
    rc = do_read(w, file, text, 63, 0);
    text[rc < 0 ? 0 : rc] = '\0';
    do_close(w, file);
    return rc;
}
