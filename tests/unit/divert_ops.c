/* Layers that lead operations elsewhere: each operation, how often, how far, and who still has a say. */
#include "core/vfs/copyfile.h"
#include "tests/unit/vfs.h"

#include <limits.h>
#include <stdarg.h>

/* ---- Layers ---- */

static char trace[1024];

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

/* Where names of the view lead; NULL ends them. */
struct turn {
    const char *from, *path, *to;
};
static const struct turn *turns;
static unsigned turns_left; /* how often they are followed */
static int64_t turned;      /* what host->divert answered last */
static struct hy_vfs *to_cancel;

static int turn_attach(void *instance, const struct hythe_attach *how, void **attached)
{
    (void)instance;
    *attached = strdup(how->view);
    return *attached ? 0 : -ENOMEM;
}

static void turn_detach(void *instance, void *attached)
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

#define LAYER(its_name, its_flags, its_ops) \
    { \
        .abi = HYTHE_ABI, .size = sizeof(struct hythe_plugin), .kind = HYTHE_FILTER, .threads = HYTHE_PARALLEL, \
        .flags = (its_flags), .name = (its_name), .attach = turn_attach, .detach = turn_detach, .ops = (its_ops) \
    }
static const struct hythe_plugin turning = LAYER("turning", HYTHE_DIVERTS, &turn_ops),
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
static const struct hythe_plugin scribe = {.abi = HYTHE_ABI,
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
static const struct hythe_plugin judge = LAYER("judge", 0, &judge_ops);

/* ---- A tree ---- */

/* (Re)makes the session, without a look at its home. */
static void see(struct world *w, const char *root, const char *home, bool restricted)
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

/* "/" and "/m", each a scribe behind the layer. */
static void begin_with(struct world *w, const struct hythe_plugin *layer)
{
    struct hy_instance *first;

    world_begin(w);
    first = world_start(w, layer, "first");
    world_mount(w, "/", (struct hy_instance *const[]){first, world_start(w, &scribe, "root"), NULL});
    world_mount(
        w, "/m",
        (struct hy_instance *const[]){first, world_start(w, &judge, "judge"), world_start(w, &scribe, "m"), NULL});
    turns = NULL;
    turns_left = UINT_MAX;
    to_cancel = NULL;
    turned = 0;
    see(w, NULL, NULL, false);
}

static void begin(struct world *w)
{
    begin_with(w, &turning);
}

/* ---- Each operation ---- */

static struct hythe_attrs attrs = {.struct_size = sizeof attrs};
static char text[HY_PATH_MAX];

static int64_t do_getattr_op(struct hy_vfs *v, struct hy_name a, struct hy_name b)
{
    (void)b;
    return hy_vfs_getattr(v, a, HYTHE_ATTR_TYPE, 0, &attrs);
}
static int64_t do_setattr_op(struct hy_vfs *v, struct hy_name a, struct hy_name b)
{
    const struct hythe_attrs mode = {.struct_size = sizeof mode, .valid = HYTHE_ATTR_MODE};

    (void)b;
    return hy_vfs_setattr(v, a, 0, &mode);
}
static int64_t do_readlink_op(struct hy_vfs *v, struct hy_name a, struct hy_name b)
{
    (void)b;
    return hy_vfs_readlink(v, a, text, sizeof text);
}
static int64_t do_unlink_op(struct hy_vfs *v, struct hy_name a, struct hy_name b)
{
    (void)b;
    return hy_vfs_unlink(v, a);
}
static int64_t do_rmdir_op(struct hy_vfs *v, struct hy_name a, struct hy_name b)
{
    (void)b;
    return hy_vfs_rmdir(v, a);
}
static int64_t do_mkdir_op(struct hy_vfs *v, struct hy_name a, struct hy_name b)
{
    const struct hythe_attrs none = {.struct_size = sizeof none};

    (void)b;
    return hy_vfs_mkdir_where(v, a, &none, text);
}
static int64_t do_rename_op(struct hy_vfs *v, struct hy_name a, struct hy_name b)
{
    return hy_vfs_rename(v, a, b, 0);
}
static int64_t do_statfs_op(struct hy_vfs *v, struct hy_name a, struct hy_name b)
{
    struct hythe_statfs out;

    (void)b;
    return hy_vfs_statfs(v, a, &out);
}
static int64_t do_realpath_op(struct hy_vfs *v, struct hy_name a, struct hy_name b)
{
    (void)b;
    return hy_vfs_realpath(v, a, HY_REAL_EXISTS, text) > 0 ? 0 : -1;
}

/* With the path that the layers are told of what is open. */
static int64_t closed(struct hy_vfs *v, hy_handle h, int64_t r)
{
    if (r < 0)
        return r;
    (void)snprintf(text, sizeof text, "%s", hy_vfs_path(v, h));
    return hy_vfs_close(v, h);
}
static int64_t do_open_op(struct hy_vfs *v, struct hy_name a, struct hy_name b)
{
    hy_handle h = 0;
    int64_t r = hy_vfs_open(v, a, HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, NULL, &h);

    (void)b;
    return closed(v, h, r);
}
static int64_t do_opendir_op(struct hy_vfs *v, struct hy_name a, struct hy_name b)
{
    hy_handle h = 0;
    int64_t r = hy_vfs_opendir(v, a, &h);

    (void)b;
    return closed(v, h, r);
}
static int64_t do_copyfile_op(struct hy_vfs *v, struct hy_name a, struct hy_name b)
{
    struct hy_copyfile c;

    return hy_copyfile_begin(v, &c, a, b, true);
}

static int64_t make(struct world *w, const char *path)
{
    trace[0] = text[0] = '\0';
    return do_mkdir_op(w->vfs, name_of(path), name_of(path));
}

static const struct row {
    int64_t (*run)(struct hy_vfs *v, struct hy_name a, struct hy_name b);
    const char *seen, *both; /* /a led to /m/x/y; with two names, only the second one led to /z */
    const char *told;        /* NULL: no path is told */
} rows[] = {
    {do_getattr_op, "m getattr x/y", NULL, NULL},
    {do_setattr_op, "m setattr x/y", NULL, NULL},
    {do_readlink_op, "m readlink x/y", NULL, NULL},
    {hy_vfs_symlink, "m symlink x/y -> /b", NULL, NULL},
    {hy_vfs_link, "m link x/y q", "root link a z", NULL},
    {do_unlink_op, "m unlink x/y", NULL, NULL},
    {do_mkdir_op, "m mkdir x/y", NULL, "/m/x/y"},
    {do_rmdir_op, "m rmdir x/y", NULL, NULL},
    {do_rename_op, "m rename x/y q", "root rename a z", NULL},
    {do_open_op, "m open x/y;m close", NULL, "/m/x/y"},
    {do_opendir_op, "m opendir x/y;m close", NULL, "/m/x/y"},
    {do_statfs_op, "m statfs x/y", NULL, NULL},
    {do_realpath_op, "m realpath x/y", NULL, "/m/x/y"},
    {do_copyfile_op, "root getattr* a;m getattr* x/y;m copyfile x/y q",
     "root getattr* a;root getattr* a;root copyfile a z", NULL},
};

static const char *seen_of(struct world *w, const struct row *row, const struct turn *where)
{
    static char without[sizeof trace];
    size_t used = 0;

    turns = where;
    trace[0] = text[0] = '\0';
    UNIT_ASSERT_NUMBER(row->run(w->vfs, name_of("/a"), name_of("/b")), 0);
    without[0] = '\0';
    for (char *part = strtok(trace, ";"); part; part = strtok(NULL, ";")) /* the judge has a test of its own */
        if (strncmp(part, "judge", 5) != 0)
            used += (size_t)snprintf(without + used, sizeof without - used, "%s%s", used ? ";" : "", part);
    return without;
}

static void every_operation_goes_where_it_is_led(void)
{
    static const struct turn one[] = {{"/a", "/m/x/y", NULL}, {NULL, NULL, NULL}},
                             two[] = {{"/a", "/m/x/y", "/m/q"}, {NULL, NULL, NULL}},
                             second[] = {{"/a", NULL, "/z"}, {NULL, NULL, NULL}};
    struct world w;

    begin(&w);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];

        UNIT_ASSERT_STRING(seen_of(&w, row, row->both ? two : one), row->seen);
        if (row->told)
            UNIT_ASSERT_STRING(text, row->told);
        turns_left = 1;
        if (row->both)
            UNIT_ASSERT_STRING(seen_of(&w, row, second), row->both);
        turns_left = UINT_MAX;
    }
    world_end(&w);
}

/* ---- How often, how far ---- */

static void eight_times_and_no_more(void)
{
    static const struct turn eight[] = {{"/0", "/1", NULL}, {"/1", "/2", NULL},   {"/2", "/3", NULL},
                                        {"/3", "/4", NULL}, {"/4", "/5", NULL},   {"/5", "/6", NULL},
                                        {"/6", "/7", NULL}, {"/7", "/m/8", NULL}, {"/-", "/0", NULL},
                                        {"/o", "/o", NULL}, {NULL, NULL, NULL}};
    struct world w;

    begin(&w);
    turns = eight;
    UNIT_ASSERT_NUMBER(make(&w, "/0"), 0);
    UNIT_ASSERT_STRING(trace, "judge 8;m mkdir 8");
    UNIT_ASSERT_NUMBER(make(&w, "/-"), -ELOOP);
    UNIT_ASSERT_STRING(trace, "");
    UNIT_ASSERT_STRING(hy_vfs_error(w.vfs), "the server leads this path from one place to the next");
    UNIT_ASSERT_NUMBER(make(&w, "/o"), -ELOOP);
    UNIT_ASSERT_NUMBER(make(&w, "/7"), 0); /* and it is over */
    world_end(&w);
}

static void the_users_root_and_home_hold(void)
{
    static const struct turn all[] = {{"/a", "/b", NULL},           {"/up", "/../x", NULL},
                                      {"/home/a", "/home/b", NULL}, {"/home/out", "/b", NULL},
                                      {"/home/m", "/m/b", NULL},    {NULL, NULL, NULL}};
    struct world w;

    begin(&w);
    turns = all;
    see(&w, "/m/u", NULL, false);
    UNIT_ASSERT_NUMBER(make(&w, "/a"), 0);
    UNIT_ASSERT_STRING(trace, "judge b;m mkdir b"); /* below its base, /m/u */
    UNIT_ASSERT_STRING(text, "/b");
    UNIT_ASSERT_NUMBER(make(&w, "/up"), -EINVAL);
    see(&w, NULL, "/home", true);
    UNIT_ASSERT_NUMBER(make(&w, "/home/a"), 0);
    UNIT_ASSERT_STRING(trace, "root mkdir b");
    UNIT_ASSERT_NUMBER(make(&w, "/home/out"), -EACCES);
    UNIT_ASSERT_STRING(hy_vfs_error(w.vfs), "outside the home directory");
    UNIT_ASSERT_NUMBER(make(&w, "/home/m"), -EACCES);
    UNIT_ASSERT_STRING(trace, "");
    world_end(&w);
}

static void only_to_normal_absolute_paths(void)
{
    static const char *const odd[] = {"", "b", "./b", "/b/", "//b", "/b/../c", "/b/.", "/.."};
    static char longest[HY_PATH_MAX + 8];
    struct turn one[2] = {{"/a", NULL, NULL}, {NULL, NULL, NULL}};
    struct world w;

    begin(&w);
    turns = one;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        one[0].path = odd[i];
        UNIT_ASSERT_NUMBER(make(&w, "/a"), -EINVAL);
        UNIT_ASSERT_STRING(trace, "");
    }
    UNIT_ASSERT_NUMBER(world_said(&w, "first can't divert to \"/b/\": no normal absolute path"), 1);
    memset(longest, 'x', sizeof longest - 1);
    longest[0] = '/';
    one[0].path = longest;
    UNIT_ASSERT_NUMBER(make(&w, "/a"), -EINVAL);
    one[0] = (struct turn){"/a", NULL, NULL};
    UNIT_ASSERT_NUMBER(make(&w, "/a"), -EINVAL);
    one[0] = (struct turn){"/a", "/b", "/c"}; /* a mkdir has one path */
    UNIT_ASSERT_NUMBER(make(&w, "/a"), -EINVAL);
    UNIT_ASSERT_NUMBER(turned, -EINVAL);
    world_end(&w);
}

static void the_servers_directories_stay(void)
{
    static const struct turn all[] = {{"/a", "/m", NULL}, {"/b", "/", NULL}, {NULL, NULL, NULL}};
    struct world w;

    begin(&w);
    turns = all;
    UNIT_ASSERT_NUMBER(make(&w, "/a"), -EEXIST);
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(w.vfs, name_of("/a")), -EBUSY);
    UNIT_ASSERT_NUMBER(hy_vfs_rmdir(w.vfs, name_of("/b")), -EBUSY);
    UNIT_ASSERT_STRING(trace, "");
    world_end(&w);
}

/* ---- Who may, and when ---- */

static void other_layers_judge_the_new_name(void)
{
    static const struct turn all[] = {{"/a", "/m/secret", NULL}, {"/secret", "/m/open", NULL}, {NULL, NULL, NULL}};
    struct world w;

    begin(&w);
    turns = all;
    UNIT_ASSERT_NUMBER(make(&w, "/a"), -EACCES);
    UNIT_ASSERT_STRING(hy_vfs_error(w.vfs), "judged");
    UNIT_ASSERT_STRING(trace, "judge secret");
    UNIT_ASSERT_NUMBER(make(&w, "/secret"), 0);
    UNIT_ASSERT_STRING(trace, "judge open;m mkdir open");
    world_end(&w);
}

static void an_inner_layer_may_lead_away_too(void)
{
    static const struct turn all[] = {{"/in/a", "/in/b", NULL}, {"/in/o", "/in/p", NULL}, {NULL, NULL, NULL}};
    struct world w;

    begin(&w);
    world_mount(&w, "/in",
                (struct hy_instance *const[]){world_start(&w, &judge, "judge"), world_start(&w, &turning, "inner"),
                                              world_start(&w, &scribe, "in"), NULL});
    see(&w, NULL, NULL, false);
    turns = all;
    UNIT_ASSERT_NUMBER(make(&w, "/in/a"), 0);
    UNIT_ASSERT_STRING(trace, "judge a;judge b;in mkdir b");
    trace[0] = '\0';
    UNIT_ASSERT_NUMBER(do_open_op(w.vfs, name_of("/in/o"), name_of("")), 0);
    UNIT_ASSERT_STRING(trace, "judge ;judge ;in open p;judge ;in close");
    world_end(&w);
}

/* What the core asks for itself isn't led away, nor what is open, nor by whom hasn't said that it would. */
static void only_what_a_client_asks_by_name(void)
{
    static const struct turn all[] = {{"/a", "/b", NULL}, {NULL, NULL, NULL}};
    struct hythe_attrs found;
    struct world w;
    hy_handle h;

    begin(&w);
    turns = all;
    UNIT_ASSERT_NUMBER(hy_vfs_look(w.vfs, name_of("/a"), HYTHE_ATTR_TYPE, 0, &found), 0);
    UNIT_ASSERT_STRING(trace, "root getattr* a");
    CU_ASSERT_FATAL(do_open(&w, "/f", HYTHE_OPEN_WRITE, &h) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_fsync(w.vfs, h), -ENOTSUP);
    world_end(&w);
    begin_with(&w, &undeclared);
    turns = all;
    UNIT_ASSERT_NUMBER(make(&w, "/a"), -ENOTSUP);
    UNIT_ASSERT_NUMBER(world_said(&w, "the plugin isn't flagged HYTHE_DIVERTS"), 1);
    world_end(&w);
}

static int64_t own_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    (void)arg;
    CU_ASSERT(call->flags & HYTHE_CALL_OWN);
    return call->host->divert(call, "/b", NULL);
}

static void not_from_the_cores_own_calls(void)
{
    static const struct hythe_ops its_ops = {.size = sizeof its_ops, .getattr = own_getattr};
    static const struct hythe_plugin plugin = LAYER("own", HYTHE_DIVERTS, &its_ops);
    struct hythe_attrs found;
    struct world w;

    begin_with(&w, &plugin);
    UNIT_ASSERT_NUMBER(hy_vfs_look(w.vfs, name_of("/a"), HYTHE_ATTR_TYPE, 0, &found), -ENOTSUP);
    world_end(&w);
}

/* The number alone leads nowhere. */
static int64_t forge(const struct hythe_call *call, struct hythe_mkdir_arg *arg)
{
    (void)call;
    (void)arg;
    return HY_DIVERTED;
}

static void an_invented_diversion_is_no_answer(void)
{
    static const struct hythe_ops its_ops = {.size = sizeof its_ops, .mkdir = forge};
    static const struct hythe_plugin plugin = LAYER("forger", HYTHE_DIVERTS, &its_ops);
    struct world w;

    begin_with(&w, &plugin);
    UNIT_ASSERT_NUMBER(make(&w, "/a"), -EIO);
    UNIT_ASSERT_NUMBER(world_said(&w, "first broke the contract of plugins: mkdir answered"), 1);
    world_end(&w);
}

/* The mistake that the header names: what was opened is closed, and the operation is done there all the same. */
static int64_t late(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    int64_t r = hythe_next_open(call, arg);

    return r < 0 || strcmp(arg->path, "a") != 0 ? r : call->host->divert(call, "/b", NULL);
}

static void a_diversion_after_the_open_closes_it(void)
{
    static const struct hythe_ops its_ops = {.size = sizeof its_ops, .open = late};
    static const struct hythe_plugin plugin = LAYER("late", HYTHE_DIVERTS, &its_ops);
    struct world w;

    begin_with(&w, &plugin);
    UNIT_ASSERT_NUMBER(do_open_op(w.vfs, name_of("/a"), name_of("")), 0);
    UNIT_ASSERT_STRING(trace, "root open a;root close aborted;root open b;root close");
    UNIT_ASSERT_NUMBER(hy_vfs_open_count(w.vfs), 0);
    world_end(&w);
}

static void a_cancelled_session_goes_nowhere(void)
{
    static const struct turn all[] = {{"/a", "/b", NULL}, {NULL, NULL, NULL}};
    struct world w;

    begin(&w);
    turns = all;
    to_cancel = w.vfs;
    UNIT_ASSERT_NUMBER(make(&w, "/a"), -ECANCELED);
    UNIT_ASSERT_STRING(trace, "");
    UNIT_ASSERT_NUMBER(do_open_op(w.vfs, name_of("/a"), name_of("")), -ECANCELED);
    UNIT_ASSERT_NUMBER(hy_vfs_open_count(w.vfs), 0);
    world_end(&w);
}

/* ---- A store with contents ---- */

static void *begin_real(struct world *w)
{
    struct hy_instance *store;

    world_begin(w);
    store = world_start(w, &memfs_plugin, "memfs");
    world_mount(w, "/", (struct hy_instance *const[]){world_start(w, &turning, "first"), store, NULL});
    turns = NULL;
    turns_left = UINT_MAX;
    to_cancel = NULL;
    CU_ASSERT(memfs_put(store->self, "from", "content") == 0 && memfs_put(store->self, "there", "old") == 0);
    see(w, NULL, NULL, false);
    return store->self;
}

static void locks_are_those_of_the_new_name(void)
{
    static const struct turn all[] = {{"/gone", "/there", NULL}, {NULL, NULL, NULL}};
    struct hy_vfs *other;
    struct world w;
    hy_handle h, mine;

    (void)begin_real(&w);
    turns = all;
    other = w.vfs;
    w.vfs = NULL;
    CU_ASSERT_FATAL(hy_vfs_open(other, name_of("/there"), HYTHE_OPEN_WRITE | HYTHE_OPEN_READ, NULL, &h) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(other, h, 0, 0, HYTHE_LOCK_READ | HYTHE_LOCK_WRITE | HYTHE_LOCK_DELETE), 0);
    see(&w, NULL, NULL, false);
    CU_ASSERT(hy_vfs_unlink(w.vfs, name_of("/gone")) < 0);
    CU_ASSERT_FATAL(do_open(&w, "/gone", HYTHE_OPEN_READ | HYTHE_OPEN_WRITE, &mine) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_write(w.vfs, mine, "x", 1, 0), HY_RANGE_CONFLICT);
    UNIT_ASSERT_NUMBER(hy_vfs_unlock(other, h, 0, 0), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_write(w.vfs, mine, "x", 1, 0), 1);
    hy_vfs_free(other);
    world_end(&w);
}

static int64_t copy(struct world *w, const char *from, const char *to, bool replace)
{
    struct hy_copyfile c;
    int64_t r = hy_copyfile_begin(w->vfs, &c, name_of(from), name_of(to), replace);

    while (r > 0)
        r = hy_copyfile_step(w->vfs, &c);
    hy_copyfile_end(w->vfs, &c);
    UNIT_ASSERT_NUMBER(hy_vfs_open_count(w->vfs), 0);
    return r;
}

/* Both ends of a copy through the core are opens, each of which may be led elsewhere. */
static void copies_land_where_they_are_led(void)
{
    static const struct turn all[] = {{"/new", "/kept", NULL},    {"/alias", "/from", NULL}, {"/there", "/kept2", NULL},
                                      {"/none", "/there2", NULL}, {"/self", "/from", NULL},  {NULL, NULL, NULL}};
    struct world w;
    void *fs = begin_real(&w);

    turns = all;
    UNIT_ASSERT_NUMBER(copy(&w, "/alias", "/new", false), 0);
    UNIT_ASSERT_STRING(memfs_content(fs, "kept"), "content");
    CU_ASSERT(memfs_content(fs, "new") == NULL);
    UNIT_ASSERT_NUMBER(copy(&w, "/from", "/new", false), -EEXIST);
    UNIT_ASSERT_NUMBER(copy(&w, "/from", "/new", true), 0);
    UNIT_ASSERT_NUMBER(copy(&w, "/from", "/there", true), 0); /* the name is taken, where it leads nothing is */
    UNIT_ASSERT_STRING(memfs_content(fs, "there"), "old");
    UNIT_ASSERT_STRING(memfs_content(fs, "kept2"), "content");
    UNIT_ASSERT_NUMBER(copy(&w, "/from", "/self", true), -EINVAL); /* onto itself */
    UNIT_ASSERT_STRING(memfs_content(fs, "from"), "content");
    world_end(&w);
}

UNIT_SUITE(diversions, UNIT_TEST(every_operation_goes_where_it_is_led), UNIT_TEST(eight_times_and_no_more),
           UNIT_TEST(the_users_root_and_home_hold), UNIT_TEST(only_to_normal_absolute_paths),
           UNIT_TEST(the_servers_directories_stay), UNIT_TEST(other_layers_judge_the_new_name),
           UNIT_TEST(an_inner_layer_may_lead_away_too), UNIT_TEST(only_what_a_client_asks_by_name),
           UNIT_TEST(not_from_the_cores_own_calls), UNIT_TEST(an_invented_diversion_is_no_answer),
           UNIT_TEST(a_diversion_after_the_open_closes_it), UNIT_TEST(a_cancelled_session_goes_nowhere),
           UNIT_TEST(locks_are_those_of_the_new_name), UNIT_TEST(copies_land_where_they_are_led));
