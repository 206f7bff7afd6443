/* skeleton-filter: a filter to begin with. Nothing can get a name that ends in the setting `suffix`: no upload, no
 * folder, no link, no rename or copy. All else passes by at no cost. */
#include <hythe/plugin.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct settings {
    const char *suffix;
};

static const struct hythe_setting settings[] = {
    {.name = "suffix",
     .type = HYTHE_SET_STRING,
     .offset = offsetof(struct settings, suffix),
     .min = 1,
     .max = 64,
     .fallback = ".exe",
     .help = "The end of the names that nothing may get."},
};

/* A filter without state of its own: the settings are the instance. */
static int start(const struct hythe_host *host, const void *given, void **instance)
{
    (void)host;
    *instance = (void *)given;
    return 0;
}

static bool is_refused(const struct hythe_call *call, const char *path)
{
    const struct settings *set = call->instance;
    size_t n = strlen(path), end = strlen(set->suffix);

    return n >= end && strcmp(path + n - end, set->suffix) == 0;
}

static int64_t refuse(const struct hythe_call *call)
{
    const struct settings *set = call->instance;

    return call->host->fail(call, -EACCES, "names that end in %s are not allowed here", set->suffix);
}

/* ---- What makes a name ---- */

/* Opening for reading stays allowed, creating by way of it does not. */
static int64_t do_open(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    if ((arg->access & (HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE)) && is_refused(call, arg->path))
        return refuse(call);
    return hythe_next_open(call, arg);
}

static int64_t do_mkdir(const struct hythe_call *call, struct hythe_mkdir_arg *arg)
{
    return is_refused(call, arg->path) ? refuse(call) : hythe_next_mkdir(call, arg);
}

static int64_t do_symlink(const struct hythe_call *call, struct hythe_symlink_arg *arg)
{
    return is_refused(call, arg->path) ? refuse(call) : hythe_next_symlink(call, arg);
}

static int64_t do_link(const struct hythe_call *call, struct hythe_link_arg *arg)
{
    return is_refused(call, arg->to) ? refuse(call) : hythe_next_link(call, arg);
}

static int64_t do_rename(const struct hythe_call *call, struct hythe_rename_arg *arg)
{
    return is_refused(call, arg->to) ? refuse(call) : hythe_next_rename(call, arg);
}

static int64_t do_copyfile(const struct hythe_call *call, struct hythe_copyfile_arg *arg)
{
    return is_refused(call, arg->to) ? refuse(call) : hythe_next_copyfile(call, arg);
}

/* ---- What a later server might add ---- */

/* Gets the operations that change a tree and are newer than this header. One of them might make a name, and a filter
 * that protects something refuses what it doesn't know. */
static int64_t do_any(const struct hythe_call *call, void *arg)
{
    (void)arg;
    return call->host->fail(call, -EACCES, "not allowed here");
}

static const struct hythe_ops ops = {
    .size = sizeof ops,
    .any = do_any,
    .any_classes = HYTHE_CLASS_WRITE | HYTHE_CLASS_OPEN,
    .any_from = HYTHE_OP_COUNT,
    .open = do_open,
    .mkdir = do_mkdir,
    .symlink = do_symlink,
    .link = do_link,
    .rename = do_rename,
    .copyfile = do_copyfile,
};

/* ---- Beforehand ---- */

/* For `hythed --explain`: what would be refused, without doing it. The functions above only judge and hand on, so they
 * are asked themselves; nothing was started, so the settings come by another way. */
static int64_t foresee(struct hythe_call *call, const struct hythe_foresight *how, void *arg)
{
    call->instance = (void *)how->settings;
    return hythe_foresee_by(&ops, call, arg);
}

static const struct hythe_plugin plugin = {
    .abi = HYTHE_ABI,
    .size = sizeof plugin,
    .minor = HYTHE_ABI_MINOR,
    .kind = HYTHE_FILTER,
    .threads = HYTHE_PARALLEL,
    .name = "skeleton-filter",
    .version = "1",
    .summary = "refuses names with a certain end, to begin with",
    .settings = settings,
    .setting_count = sizeof settings / sizeof settings[0],
    .setting_size = sizeof settings[0],
    .settings_size = sizeof(struct settings),
    .start = start,
    .ops = &ops,
    .foresee = foresee,
};

const struct hythe_plugin *hythe_plugin_entry(void)
{
    return &plugin;
}
