/* A store of another age: one folder with one file, and two settings. */
#include "tests/abi/later.h"

#include <errno.h>

static const char content[] = "of another age";

struct settings {
    int64_t count;
    const char *root;
};

static const struct later_setting rows[] = {
    {.now = {.name = "root", .type = HYTHE_SET_PATH, .offset = offsetof(struct settings, root), .help = "a path"} JUNK},
    {.now = {.name = "count",
             .type = HYTHE_SET_INT,
             .offset = offsetof(struct settings, count),
             .max = 9,
             .fallback = "4",
             .help = "a number"} JUNK},
};

static const struct hythe_host *host_of(const void *instance)
{
    return instance;
}

static int start(const struct hythe_host *host, const void *given, void **instance)
{
    const struct settings *set = given;

    if (host->abi != HYTHE_ABI || host->size < sizeof *host)
        return -EPROTO;
    host->log(host, 1, "root %s, count %d", set->root, (int)set->count);
    *instance = (void *)host;
    return 0;
}

static int attach(void *instance, const struct hythe_attach *how, void **attached)
{
    if (how->size < sizeof *how || how->session->size < sizeof *how->session)
        return -EPROTO;
    host_of(instance)->log(instance, 1, "%s comes to %s", how->session->user, how->base);
    *attached = at_the_edge(sizeof(struct later_attrs));
    return 0;
}

static void detach(void *instance, void *attached)
{
    (void)instance;
    away_from_the_edge(attached, sizeof(struct later_attrs));
}

static int64_t fill(const char *path, struct hythe_attrs *attrs)
{
    if (attrs->struct_size < sizeof *attrs)
        return -EPROTO;
    if (strcmp(path, ".") != 0 && strcmp(path, "file") != 0)
        return -ENOENT;
    attrs->valid = HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE;
    attrs->type = *path == '.' ? HYTHE_TYPE_DIRECTORY : HYTHE_TYPE_REGULAR;
    attrs->mode = 0644;
    attrs->size = sizeof content - 1;
    return 0;
}

static int64_t do_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    return FITS(call, arg) ? fill(arg->path, arg->attrs) : -EPROTO;
}

static int64_t do_open(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    return FITS(call, arg) ? 0 : -EPROTO;
}

static int64_t do_opendir(const struct hythe_call *call, struct hythe_opendir_arg *arg)
{
    return FITS(call, arg) ? 0 : -EPROTO;
}

static int64_t do_read(const struct hythe_call *call, struct hythe_read_arg *arg)
{
    size_t n = sizeof content - 1;

    if (!FITS(call, arg) || call->file->size < sizeof *call->file)
        return -EPROTO;
    if (arg->offset)
        return 0;
    n = arg->len < n ? arg->len : n;
    memcpy(arg->buf, content, n);
    return (int64_t)n;
}

static int64_t do_readdir(const struct hythe_call *call, struct hythe_readdir_arg *arg)
{
    struct later_attrs *attrs = call->attached;
    int refused;

    if (!FITS(call, arg))
        return -EPROTO;
    if (*call->slot)
        return 0;
    attrs->now.struct_size = sizeof *attrs;
    (void)fill("file", &attrs->now);
#ifdef LATER
    memset(attrs->more, 0xff, sizeof attrs->more);
    attrs->now.valid |= 0x80000000u;
#endif
    refused = arg->emit(arg->ctx, "file", &attrs->now);
    if (refused)
        return refused;
    *call->slot = attrs;
    return 1;
}

static int64_t do_statfs(const struct hythe_call *call, struct hythe_statfs_arg *arg)
{
    if (!FITS(call, arg) || arg->out->struct_size < sizeof *arg->out)
        return -EPROTO;
    arg->out->name_max = 77;
    return 0;
}

static const struct later_ops ops = {.now = {.size = sizeof ops,
                                             .getattr = do_getattr,
                                             .open = do_open,
                                             .opendir = do_opendir,
                                             .readdir = do_readdir,
                                             .read = do_read,
                                             .statfs = do_statfs} JUNK};

#ifndef ABI
#define ABI HYTHE_ABI
#endif
static const struct later_plugin plugin = {.now = {.abi = ABI,
                                                   .size = sizeof plugin,
                                                   .minor = HYTHE_ABI_MINOR,
                                                   .kind = HYTHE_FILESYSTEM,
                                                   .threads = HYTHE_SERIAL,
                                                   .name = NAME,
                                                   .version = "1",
                                                   .summary = "a store of another age",
                                                   .settings = &rows[0].now,
                                                   .setting_count = sizeof rows / sizeof rows[0],
                                                   .setting_size = sizeof rows[0],
                                                   .settings_size = sizeof(struct settings),
                                                   .start = start,
                                                   .attach = attach,
                                                   .detach = detach,
                                                   .ops = &ops.now} JUNK};

HYTHE_EXPORT const struct hythe_plugin *hythe_plugin_entry(void)
{
    return &plugin.now;
}
