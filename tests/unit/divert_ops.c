/* Operations that a layer leads elsewhere: each of them, how often, how far. */
#include "core/vfs/copyfile.h"
#include "tests/unit/divert_layers.h"

#include <limits.h>

/* ---- Each operation ---- */

static struct hythe_attrs attrs = {.struct_size = sizeof attrs};

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

static int64_t do_opendir_op(struct hy_vfs *v, struct hy_name a, struct hy_name b)
{
    hy_handle h = 0;
    int64_t r = hy_vfs_opendir(v, a, &h);

    (void)b;
    return close_told(v, h, r);
}
static int64_t do_copyfile_op(struct hy_vfs *v, struct hy_name a, struct hy_name b)
{
    struct hy_copyfile c;

    return hy_copyfile_begin(v, &c, a, b, true);
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

    begin_turning(&w);
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

    begin_turning(&w);
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

    begin_turning(&w);
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

    begin_turning(&w);
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

    begin_turning(&w);
    turns = all;
    UNIT_ASSERT_NUMBER(make(&w, "/a"), -EEXIST);
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(w.vfs, name_of("/a")), -EBUSY);
    UNIT_ASSERT_NUMBER(hy_vfs_rmdir(w.vfs, name_of("/b")), -EBUSY);
    UNIT_ASSERT_STRING(trace, "");
    world_end(&w);
}

UNIT_SUITE(diversions, UNIT_TEST(every_operation_goes_where_it_is_led), UNIT_TEST(eight_times_and_no_more),
           UNIT_TEST(the_users_root_and_home_hold), UNIT_TEST(only_to_normal_absolute_paths),
           UNIT_TEST(the_servers_directories_stay));
