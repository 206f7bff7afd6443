/* The filter in front of a store whose names aren't UTF-8. */
#include "core/vfs/codepage.h"
#include "core/vfs/frame.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Every operation with a path has a function below: look whether a new one needs one. */
_Static_assert(HYTHE_OP_COUNT == 26, "an operation was added: does it name files?");

/* draft-13, section 7.9: this name isn't a translation. */
enum { TRANSLATION_ERR = 0x800 };

static int64_t to_store(const struct hythe_call *call, const char *path, char out[HY_PATH_MAX])
{
    int64_t r = hy_codepage_to_store(call->instance, path, strlen(path), out);

    return r == -EILSEQ ? call->host->fail(call, r, "the server can't store such a name") : r;
}

/* ---- Operations on paths ---- */

#define ONE_PATH(op) \
    static int64_t with_##op(const struct hythe_call *call, struct hythe_##op##_arg *arg) \
    { \
        const char *given = arg->path; \
        char path[HY_PATH_MAX]; \
        int64_t r = to_store(call, given, path); \
\
        if (r < 0) \
            return r; \
        arg->path = path; \
        r = hythe_next_##op(call, arg); \
        arg->path = given; \
        return r; \
    }
ONE_PATH(setattr)
ONE_PATH(unlink)
ONE_PATH(mkdir)
ONE_PATH(rmdir)
ONE_PATH(open)
ONE_PATH(opendir)
ONE_PATH(statfs)

#define TWO_PATHS(op, a, b) \
    static int64_t with_##op(const struct hythe_call *call, struct hythe_##op##_arg *arg) \
    { \
        const char *given_a = arg->a, *given_b = arg->b; \
        char path_a[HY_PATH_MAX], path_b[HY_PATH_MAX]; \
        int64_t r = to_store(call, given_a, path_a); \
\
        if (r >= 0) \
            r = to_store(call, given_b, path_b); \
        if (r < 0) \
            return r; \
        arg->a = path_a; \
        arg->b = path_b; \
        r = hythe_next_##op(call, arg); \
        arg->a = given_a; \
        arg->b = given_b; \
        return r; \
    }
TWO_PATHS(symlink, path, target)
TWO_PATHS(link, from, to)
TWO_PATHS(rename, from, to)
TWO_PATHS(copyfile, from, to)

/* ---- Operations that answer with one ---- */

static int64_t answer(const struct hythe_call *call, const char *text, int64_t len, char *buf, size_t room)
{
    char out[HY_PATH_MAX];
    int64_t n;

    if (len < 0)
        return len;
    if (len > HY_PATH_MAX)
        return -EIO; /* more than it was asked for */
    n = hy_codepage_to_wire(call->instance, text, (size_t)len, out, NULL);
    if (n < 0)
        return n;
    if ((size_t)n > room)
        return -ENAMETOOLONG;
    memcpy(buf, out, (size_t)n);
    if ((size_t)n < room)
        buf[n] = '\0';
    return n;
}

#define TEXT(op) \
    static int64_t with_##op(const struct hythe_call *call, struct hythe_##op##_arg *arg) \
    { \
        struct hythe_##op##_arg inner = *arg; \
        char path[HY_PATH_MAX], text[HY_PATH_MAX]; \
        int64_t r = to_store(call, arg->path, path); \
\
        if (r < 0) \
            return r; \
        inner.path = path; \
        inner.buf = text; \
        inner.len = sizeof text; \
        return answer(call, text, hythe_next_##op(call, &inner), arg->buf, arg->len); \
    }
TEXT(readlink)
TEXT(realpath)

/* The default of a store without links comes back through the whole chain, so that it needs the path as it was. */
static int64_t with_any_realpath(const struct hythe_call *call, struct hythe_realpath_arg *arg)
{
    if (call->next->fn == hy_default_of(HYTHE_OP_realpath))
        return hythe_next_realpath(call, arg);
    return with_realpath(call, arg);
}

/* ---- Attributes ---- */

/* Tells that the name is no translation, and what it really is. */
static void tell_raw(struct hythe_attrs *attrs, const char *name)
{
    if (!(attrs->valid & HYTHE_ATTR_BITS))
        attrs->bits = attrs->bits_mask = 0;
    attrs->bits |= TRANSLATION_ERR;
    attrs->bits_mask |= TRANSLATION_ERR;
    attrs->raw_name = name;
    attrs->valid |= HYTHE_ATTR_BITS | HYTHE_ATTR_RAWNAME;
}

static int64_t tell_raw_of(const struct hythe_call *call, const char *path, struct hythe_attrs *attrs)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t size = strlen(name) + 1;
    char out[HY_PATH_MAX], *kept;
    bool odd;

    if (hy_codepage_to_wire(call->instance, name, size - 1, out, &odd) < 0 || !odd)
        return 0;
    kept = call->host->keep(call, size);
    if (!kept)
        return -ENOMEM;
    memcpy(kept, name, size);
    tell_raw(attrs, kept);
    return 0;
}

static int64_t with_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    const char *given = arg->path;
    char path[HY_PATH_MAX];
    int64_t r = to_store(call, given, path);

    if (r < 0)
        return r;
    arg->path = path;
    r = hythe_next_getattr(call, arg);
    arg->path = given;
    if (r == 0 && arg->want & HYTHE_ATTR_RAWNAME && arg->attrs->struct_size >= sizeof *arg->attrs)
        r = tell_raw_of(call, path, arg->attrs);
    return r;
}

/* ---- Listings ---- */

struct listing {
    struct hy_codepage *page;
    const struct hythe_readdir_arg *outer;
    uint64_t offered;
};

/* A name that is too long for any path is left out, as the server itself would do. */
static int emit(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    struct listing *l = ctx;
    struct hythe_attrs told = {.struct_size = sizeof told};
    char out[HY_PATH_MAX];
    bool odd;
    int64_t r = hy_codepage_to_wire(l->page, name, strlen(name), out, &odd);

    if (r == -ENAMETOOLONG)
        return 0;
    if (r < 0)
        return (int)r;
    l->offered++;
    if (!odd || !(l->outer->want & HYTHE_ATTR_RAWNAME))
        return l->outer->emit(l->outer->ctx, out, attrs);
    memcpy(&told, attrs, attrs->struct_size < sizeof told ? attrs->struct_size : sizeof told);
    told.struct_size = sizeof told;
    tell_raw(&told, name);
    return l->outer->emit(l->outer->ctx, out, &told);
}

static int64_t with_readdir(const struct hythe_call *call, struct hythe_readdir_arg *arg)
{
    struct listing l = {call->instance, arg, 0};
    struct hythe_readdir_arg inner = *arg;
    int64_t r;

    inner.emit = emit;
    inner.ctx = &l;
    do
        r = hythe_next_readdir(call, &inner);
    while (r > 0 && l.offered == 0);
    return r;
}

/* ---- The filter ---- */

struct settings {
    const char *charset;
};

static const struct hythe_setting settings[] = {{.name = "CodePage",
                                                 .type = HYTHE_SET_STRING,
                                                 .offset = offsetof(struct settings, charset),
                                                 .min = 1,
                                                 .max = 64,
                                                 .help = "The character set of names in the store."}};

static int start(const struct hythe_host *host, const void *given, void **instance)
{
    const struct settings *s = given;
    struct hy_codepage *page;
    int rc = hy_codepage_new(s->charset, &page);

    if (rc == -EINVAL)
        host->log(host, 0, "\"%s\" is no character set that this system knows; iconv -l names them", s->charset);
    else if (rc == -ENOTSUP)
        host->log(host, 0, "\"%s\" can't hold the names of files: ASCII is no part of it", s->charset);
    else if (rc)
        host->log(host, 0, "%s: out of memory", s->charset);
    else
        *instance = page;
    return rc;
}

static void stop(void *instance)
{
    hy_codepage_free(instance);
}

static const struct hythe_ops operations = {.size = sizeof operations,
                                            .getattr = with_getattr,
                                            .setattr = with_setattr,
                                            .readlink = with_readlink,
                                            .symlink = with_symlink,
                                            .link = with_link,
                                            .unlink = with_unlink,
                                            .mkdir = with_mkdir,
                                            .rmdir = with_rmdir,
                                            .rename = with_rename,
                                            .open = with_open,
                                            .opendir = with_opendir,
                                            .readdir = with_readdir,
                                            .statfs = with_statfs,
                                            .realpath = with_any_realpath,
                                            .copyfile = with_copyfile};

const struct hythe_plugin hy_codepage_plugin = {.abi = HYTHE_ABI,
                                                .size = sizeof hy_codepage_plugin,
                                                .kind = HYTHE_FILTER,
                                                .threads = HYTHE_PARALLEL,
                                                .minor = HYTHE_ABI_MINOR,
                                                .name = HY_CODEPAGE_NAME,
                                                .version = HYTHE_VERSION,
                                                .summary = "names of files in another character set",
                                                .settings = settings,
                                                .setting_count = 1,
                                                .setting_size = sizeof settings[0],
                                                .settings_size = sizeof(struct settings),
                                                .start = start,
                                                .stop = stop,
                                                .ops = &operations};

const char *hy_codepage_inside(const struct hy_instance *layer, const char *path, char *out)
{
    if (layer->plugin.ops != &operations)
        return path;
    return hy_codepage_to_store(layer->self, path, strlen(path), out) < 0 ? NULL : out;
}
