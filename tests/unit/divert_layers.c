#include "tests/unit/divert_layers.h"

#include <limits.h>
#include <stdarg.h>

/* ---- Layers ---- */

char trace[1024];
char text[HY_PATH_MAX];

static void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *fmt, ...)
{
    size_t used = strlen(trace);
    va_list ap;

    va_start(ap, fmt);
    if (used && used + 1 < sizeof trace)
        trace[used++] = ';';
    (void)vsnprintf(trace + used, sizeof trace - used, fmt, ap);
    va_end(ap);
}

const struct turn *turns;
unsigned turns_left;
int64_t turned;
struct hy_vfs *to_cancel;

int turn_attach(void *instance, const struct hythe_attach *how, void **attached)
{
    (void)instance;
    *attached = strdup(how->view);
    return *attached ? 0 : -ENOMEM;
}

void turn_detach(void *instance, void *attached)
{
    (void)instance;
    free(attached);
}

static const struct turn *turn_of(const struct hythe_call *call, const char *path)
{
    const char *view = call->attached;
    char whole[256];

    (void)snprintf(whole, sizeof whole, "%s%s%s", view, strcmp(view, "/") == 0 || strcmp(path, ".") == 0 ? "" : "/",
                   strcmp(path, ".") == 0 ? "" : path);
    for (const struct turn *t = turns; t && t->from; t++)
        if (strcmp(t->from, whole) == 0)
            return t;
    return NULL;
}

static int64_t turn(const struct hythe_call *call, void *arg, const char *path)
{
    const struct turn *t = call->flags & HYTHE_CALL_OWN ? NULL : turn_of(call, path);

    if (!t || !turns_left)
        return call->host->next(call, arg);
    turns_left--;
    if (to_cancel)
        hy_vfs_cancel(to_cancel);
    turned = call->host->divert(call, t->path, t->to);
    return turned;
}

#define TURN(name, field) \
    static int64_t turn_##name(const struct hythe_call *call, struct hythe_##name##_arg *arg) \
    { \
        return turn(call, arg, arg->field); \
    }
TURN(getattr, path)
TURN(setattr, path)
TURN(readlink, path)
TURN(symlink, path)
TURN(link, from)
TURN(unlink, path)
TURN(mkdir, path)
TURN(rmdir, path)
TURN(rename, from)
TURN(open, path)
TURN(opendir, path)
TURN(statfs, path)
TURN(realpath, path)
TURN(copyfile, from)

/* Not one that may: what is on open files. */
static int64_t turn_fsync(const struct hythe_call *call, struct hythe_fsync_arg *arg)
{
    (void)arg;
    turned = call->host->divert(call, "/x", NULL);
    return turned;
}

static const struct hythe_ops turn_ops = {.size = sizeof turn_ops,
                                          .getattr = turn_getattr,
                                          .setattr = turn_setattr,
                                          .readlink = turn_readlink,
                                          .symlink = turn_symlink,
                                          .link = turn_link,
                                          .unlink = turn_unlink,
                                          .mkdir = turn_mkdir,
                                          .rmdir = turn_rmdir,
                                          .rename = turn_rename,
                                          .open = turn_open,
                                          .opendir = turn_opendir,
                                          .fsync = turn_fsync,
                                          .statfs = turn_statfs,
                                          .realpath = turn_realpath,
                                          .copyfile = turn_copyfile};

const struct hythe_plugin turning = LAYER("turning", HYTHE_DIVERTS, &turn_ops),
                          undeclared = LAYER("undeclared", 0, &turn_ops);

/* A store that says yes to everything and writes down where. */
#define SCRIBE(name, what, ...) \
    static int64_t scribe_##name(const struct hythe_call *call, struct hythe_##name##_arg *arg) \
    { \
        const struct hy_instance *instance = call->host->core; \
\
        (void)arg; \
        note("%s " #name what, instance->label, ##__VA_ARGS__); \
        return 0; \
    }
SCRIBE(setattr, " %s", arg->path)
SCRIBE(readlink, " %s", arg->path)
SCRIBE(symlink, " %s -> %s", arg->path, arg->target)
SCRIBE(link, " %s %s", arg->from, arg->to)
SCRIBE(unlink, " %s", arg->path)
SCRIBE(mkdir, " %s", arg->path)
SCRIBE(rmdir, " %s", arg->path)
SCRIBE(rename, " %s %s", arg->from, arg->to)
SCRIBE(open, " %s", arg->path)
SCRIBE(opendir, " %s", arg->path)
SCRIBE(statfs, " %s", arg->path)
SCRIBE(copyfile, " %s %s", arg->from, arg->to)
SCRIBE(fsync, "%s", "")
SCRIBE(close, "%s", arg->flags &HYTHE_CLOSE_ABORTED ? " aborted" : "")

static int64_t scribe_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    const struct hy_instance *instance = call->host->core;

    note("%s getattr%s %s", instance->label, call->flags & HYTHE_CALL_OWN ? "*" : "", arg->path);
    arg->attrs->valid = HYTHE_ATTR_SIZE;
    return 0;
}

static int64_t scribe_realpath(const struct hythe_call *call, struct hythe_realpath_arg *arg)
{
    const struct hy_instance *instance = call->host->core;

    note("%s realpath %s", instance->label, arg->path);
    return snprintf(arg->buf, arg->len, "%s", arg->path);
}

static const struct hythe_ops scribe_ops = {.size = sizeof scribe_ops,
                                            .getattr = scribe_getattr,
                                            .setattr = scribe_setattr,
                                            .readlink = scribe_readlink,
                                            .symlink = scribe_symlink,
                                            .link = scribe_link,
                                            .unlink = scribe_unlink,
                                            .mkdir = scribe_mkdir,
                                            .rmdir = scribe_rmdir,
                                            .rename = scribe_rename,
                                            .open = scribe_open,
                                            .opendir = scribe_opendir,
                                            .fsync = scribe_fsync,
                                            .close = scribe_close,
                                            .statfs = scribe_statfs,
                                            .realpath = scribe_realpath,
                                            .copyfile = scribe_copyfile};
const struct hythe_plugin scribe = {.abi = HYTHE_ABI,
                                    .size = sizeof scribe,
                                    .kind = HYTHE_FILESYSTEM,
                                    .threads = HYTHE_PARALLEL,
                                    .name = "scribe",
                                    .ops = &scribe_ops};

/* Refuses whatever has "secret" in its name. */
static int64_t judge_any(const struct hythe_call *call, void *arg)
{
    const char *path = call->op == HYTHE_OP_mkdir ? ((struct hythe_mkdir_arg *)arg)->path : "";

    note("judge %s", path);
    return strstr(path, "secret") ? call->host->fail(call, -EACCES, "judged") : call->host->next(call, arg);
}
static const struct hythe_ops judge_ops = {.size = sizeof judge_ops, .any = judge_any, .any_classes = UINT32_MAX};
const struct hythe_plugin judge = LAYER("judge", 0, &judge_ops);

/* ---- A tree ---- */

void see(struct world *w, const char *root, const char *home, bool restricted)
{
    const struct hy_view view = {.user_root = root,
                                 .home = home,
                                 .restrict_to_home = restricted,
                                 .max_handles = 8,
                                 .max_locks = 8,
                                 .locks = w->locks};

    hy_vfs_free(w->vfs);
    w->vfs = hy_vfs_bare(w->tree, &view, &w->session, &w->log, &w->err);
    CU_ASSERT_FATAL(w->vfs != NULL);
    trace[0] = '\0';
}

void forget_turns(void)
{
    turns = NULL;
    turns_left = UINT_MAX;
    to_cancel = NULL;
    turned = 0;
}

void begin_with(struct world *w, const struct hythe_plugin *layer)
{
    struct hy_instance *first;

    world_begin(w);
    first = world_start(w, layer, "first");
    world_mount(w, "/", (struct hy_instance *const[]){first, world_start(w, &scribe, "root"), NULL});
    world_mount(
        w, "/m",
        (struct hy_instance *const[]){first, world_start(w, &judge, "judge"), world_start(w, &scribe, "m"), NULL});
    forget_turns();
    see(w, NULL, NULL, false);
}

void begin_turning(struct world *w)
{
    begin_with(w, &turning);
}

/* ---- Operations ---- */

int64_t do_mkdir_op(struct hy_vfs *v, struct hy_name a, struct hy_name b)
{
    const struct hythe_attrs none = {.struct_size = sizeof none};

    (void)b;
    return hy_vfs_mkdir_where(v, a, &none, text);
}
/* With the path that the layers are told of what is open. */
int64_t close_told(struct hy_vfs *v, hy_handle h, int64_t r)
{
    if (r < 0)
        return r;
    (void)snprintf(text, sizeof text, "%s", hy_vfs_path(v, h));
    return hy_vfs_close(v, h);
}
int64_t do_open_op(struct hy_vfs *v, struct hy_name a, struct hy_name b)
{
    hy_handle h = 0;
    int64_t r = hy_vfs_open(v, a, HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, NULL, &h);

    (void)b;
    return close_told(v, h, r);
}
int64_t make(struct world *w, const char *path)
{
    trace[0] = text[0] = '\0';
    return do_mkdir_op(w->vfs, name_of(path), name_of(path));
}
