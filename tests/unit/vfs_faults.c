/* A plugin that breaks its contract: the log names it, its session gets an error, and everybody else goes on. */
#include "core/plugin/plugin.h"
#include "tests/unit/vfs.h"

#include <limits.h>

enum { RW = HYTHE_OPEN_READ | HYTHE_OPEN_WRITE };

/* What the plugin answers, and by which operation. */
static struct {
    int64_t answer;
    unsigned closed, attaches; /* handles; calls */
    int attach, start;
    bool forgetful; /* open leaves the slot empty */
} wrong;

#define BAD_OP(name) \
    static int64_t bad_##name(const struct hythe_call *call, struct hythe_##name##_arg *arg) \
    { \
        (void)call, (void)arg; \
        return wrong.answer; \
    }
BAD_OP(setattr)
BAD_OP(fgetattr)
BAD_OP(fsetattr)
BAD_OP(readlink)
BAD_OP(symlink)
BAD_OP(link)
BAD_OP(unlink)
BAD_OP(mkdir)
BAD_OP(rmdir)
BAD_OP(rename)
BAD_OP(readdir)
BAD_OP(write)
BAD_OP(fsync)
BAD_OP(statfs)
BAD_OP(fstatfs)
BAD_OP(realpath)

static int64_t bad_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    (void)call;
    arg->attrs->valid = HYTHE_ATTR_TYPE;
    arg->attrs->type = HYTHE_TYPE_DIRECTORY;
    return strcmp(arg->path, ".") == 0 ? 0 : wrong.answer;
}

static char state;

static int64_t bad_open(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    if (strcmp(arg->path, "bad") == 0)
        return wrong.answer;
    *call->slot = wrong.forgetful ? NULL : &state;
    return 0;
}

static int64_t bad_opendir(const struct hythe_call *call, struct hythe_opendir_arg *arg)
{
    if (strcmp(arg->path, "bad") == 0)
        return wrong.answer;
    *call->slot = &state;
    return 0;
}

static int64_t bad_read(const struct hythe_call *call, struct hythe_read_arg *arg)
{
    (void)arg;
    return *call->slot ? wrong.answer : -EBADF;
}

static int64_t bad_close(const struct hythe_call *call, struct hythe_close_arg *arg)
{
    (void)call;
    (void)arg;
    wrong.closed++;
    return wrong.answer;
}

static int bad_attach(void *instance, const struct hythe_attach *how, void **attached)
{
    (void)instance, (void)how, (void)attached;
    wrong.attaches++;
    return wrong.attach;
}

static int bad_start(const struct hythe_host *host, const void *settings, void **instance)
{
    (void)host, (void)settings, (void)instance;
    return wrong.start;
}

static const struct hythe_ops bad_ops = {.size = sizeof bad_ops,
                                         .getattr = bad_getattr,
                                         .fgetattr = bad_fgetattr,
                                         .setattr = bad_setattr,
                                         .fsetattr = bad_fsetattr,
                                         .readlink = bad_readlink,
                                         .symlink = bad_symlink,
                                         .link = bad_link,
                                         .unlink = bad_unlink,
                                         .mkdir = bad_mkdir,
                                         .rmdir = bad_rmdir,
                                         .rename = bad_rename,
                                         .open = bad_open,
                                         .opendir = bad_opendir,
                                         .readdir = bad_readdir,
                                         .read = bad_read,
                                         .write = bad_write,
                                         .fsync = bad_fsync,
                                         .close = bad_close,
                                         .statfs = bad_statfs,
                                         .fstatfs = bad_fstatfs,
                                         .realpath = bad_realpath};
static const struct hythe_plugin bad_plugin = {.abi = HYTHE_ABI,
                                               .size = sizeof bad_plugin,
                                               .kind = HYTHE_FILESYSTEM,
                                               .threads = HYTHE_PARALLEL,
                                               .name = "bad",
                                               .version = "1",
                                               .summary = "wrong",
                                               .start = bad_start,
                                               .attach = bad_attach,
                                               .ops = &bad_ops};

/* memfs at "/", the bad one at "/bad"; a second session that only minds its own business. */
static struct hy_vfs *begin(struct world *w)
{
    struct hy_view view = {.max_handles = 8};
    struct hy_vfs *other;
    void *root;

    memset(&wrong, 0, sizeof wrong);
    world_begin(w);
    root = world_memfs(w, "/");
    (void)memfs_put(root, "hello", "hello");
    world_mount(w, "/bad", (struct hy_instance *const[]){world_start(w, &bad_plugin, "bad at /bad"), NULL});
    CU_ASSERT_FATAL(world_see(w, NULL, NULL, false) != NULL);
    other = hy_vfs_new(w->tree, &view, &w->session, &w->log, &w->err);
    CU_ASSERT_FATAL(other != NULL);
    return other;
}

static void others_go_on(struct world *w, struct hy_vfs *other)
{
    struct hythe_attrs attrs;

    UNIT_ASSERT_STRING(do_cat(w, "/hello"), "hello");
    UNIT_ASSERT_NUMBER(hy_vfs_getattr(other, name_of("/hello"), HYTHE_ATTR_SIZE, 0, &attrs), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_getattr(other, name_of("/bad"), HYTHE_ATTR_TYPE, 0, &attrs), wrong.attach ? -EIO : 0);
}

static void end(struct world *w, struct hy_vfs *other)
{
    others_go_on(w, other);
    hy_vfs_free(other);
    world_end(w);
}

/* The answer of an operation is -EIO, and the last line of the log says whose fault it was. */
static void is_caught(struct world *w, int64_t result, const char *op)
{
    char line[160];

    UNIT_ASSERT_NUMBER(result, -EIO);
    (void)snprintf(line, sizeof line, "bad at /bad broke the contract of plugins: %s answered %lld, which is no errno",
                   op, (long long)wrong.answer);
    if (!strstr(w->lines, line))
        printf("  no \"%s\" in \"%s\"\n", line, w->lines);
    CU_ASSERT(strstr(w->lines, line) != NULL);
    w->lines[0] = '\0';
}

static void begin_again(struct world *w)
{
    CU_ASSERT_FATAL(world_see(w, NULL, NULL, false) != NULL); /* a session has so many lines and no more */
    w->lines[0] = '\0';
}

static int take(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    (void)ctx, (void)name, (void)attrs;
    return 0;
}

static void catch_paths(struct world *w)
{
    struct hythe_attrs attrs = {.struct_size = sizeof attrs};
    struct hythe_statfs fs;
    char buf[HY_PATH_MAX];
    hy_handle h;

    begin_again(w);
    is_caught(w, do_getattr(w, "/bad/f", &attrs), "getattr");
    is_caught(w, hy_vfs_setattr(w->vfs, name_of("/bad/f"), 0, &attrs), "setattr");
    is_caught(w, hy_vfs_readlink(w->vfs, name_of("/bad/f"), buf, sizeof buf), "readlink");
    is_caught(w, hy_vfs_symlink(w->vfs, name_of("/bad/f"), name_of("x")), "symlink");
    is_caught(w, hy_vfs_link(w->vfs, name_of("/bad/f"), name_of("/bad/g")), "link");
    is_caught(w, hy_vfs_unlink(w->vfs, name_of("/bad/f")), "unlink");
    is_caught(w, do_mkdir(w, "/bad/f"), "mkdir");
    is_caught(w, hy_vfs_rmdir(w->vfs, name_of("/bad/f")), "rmdir");
    is_caught(w, hy_vfs_rename(w->vfs, name_of("/bad/f"), name_of("/bad/g"), 0), "rename");
    is_caught(w, hy_vfs_statfs(w->vfs, name_of("/bad/f"), &fs), "statfs");
    is_caught(w, hy_vfs_realpath(w->vfs, name_of("/bad/f"), HY_REAL_EXISTS, buf), "realpath");
    is_caught(w, do_open(w, "/bad/bad", RW, &h), "open");
    is_caught(w, hy_vfs_opendir(w->vfs, name_of("/bad/bad"), &h), "opendir");
    UNIT_ASSERT_NUMBER(hy_vfs_open_count(w->vfs), 0);
}

static void catch_files(struct world *w)
{
    struct hythe_attrs attrs = {.struct_size = sizeof attrs};
    struct hythe_statfs fs;
    char buf[16];
    hy_handle h, d = 0;

    begin_again(w);
    CU_ASSERT_FATAL(do_open(w, "/bad/f", RW, &h) == 0 && hy_vfs_opendir(w->vfs, name_of("/bad/d"), &d) == 0);
    is_caught(w, hy_vfs_read(w->vfs, h, buf, sizeof buf, 0), "read");
    is_caught(w, hy_vfs_write(w->vfs, h, buf, sizeof buf, 0), "write");
    is_caught(w, hy_vfs_fgetattr(w->vfs, h, 0, &attrs), "fgetattr");
    is_caught(w, hy_vfs_fsetattr(w->vfs, h, &attrs), "fsetattr");
    is_caught(w, hy_vfs_fsync(w->vfs, h), "fsync");
    is_caught(w, hy_vfs_fstatfs(w->vfs, h, &fs), "fstatfs");
    while (hy_vfs_readdir(w->vfs, d, 0, take, NULL) > 0)
        ; /* `.` and `..` go out first */
    CU_ASSERT(strstr(w->lines, "readdir answered") != NULL);
    is_caught(w, hy_vfs_close(w->vfs, h), "close");
    is_caught(w, hy_vfs_close(w->vfs, d), "close");
    UNIT_ASSERT_NUMBER(hy_vfs_open_count(w->vfs), 0);
}

static void catches_answers_out_of_range(void)
{
    static const int64_t answers[] = {INT64_MIN, -4096, -65535, -(INT64_C(1) << 32) - 1};
    struct world w;
    struct hy_vfs *other = begin(&w);

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        wrong.answer = answers[i];
        catch_paths(&w);
        catch_files(&w);
        others_go_on(&w, other);
    }
    end(&w, other);
}

static void lets_errnos_and_statuses_pass(void)
{
    static const int64_t answers[] = {-1, -ENOENT, -4095, HYTHE_STATUS(0), HYTHE_STATUS(17), HYTHE_STATUS(200)};
    struct world w;
    struct hy_vfs *other = begin(&w);

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        wrong.answer = answers[i];
        UNIT_ASSERT_NUMBER(hy_vfs_unlink(w.vfs, name_of("/bad/f")), answers[i]);
    }
    UNIT_ASSERT_STRING(w.lines, "");
    end(&w, other);
}

/* More than was asked for, or than there can be. */
static void catches_impossible_counts(void)
{
    static const int64_t counts[] = {INT64_MAX, 17, 4097};
    char buf[4096];
    struct world w;
    hy_handle h, d;
    struct hy_vfs *other = begin(&w);

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        begin_again(&w);
        wrong.answer = counts[i];
        CU_ASSERT_FATAL(do_open(&w, "/bad/f", RW, &h) == 0 && hy_vfs_opendir(w.vfs, name_of("/bad/d"), &d) == 0);
        UNIT_ASSERT_NUMBER(hy_vfs_read(w.vfs, h, buf, 16, 0), -EIO);
        CU_ASSERT(strstr(w.lines, "bad at /bad broke the contract of plugins: read") != NULL);
        UNIT_ASSERT_NUMBER(hy_vfs_write(w.vfs, h, buf, 16, 0), -EIO);
        UNIT_ASSERT_NUMBER(hy_vfs_readlink(w.vfs, name_of("/bad/l"), buf, 16), -EIO);
        CU_ASSERT(strstr(w.lines, "bad at /bad broke the contract of plugins: readlink") != NULL);
        UNIT_ASSERT_NUMBER(hy_vfs_realpath(w.vfs, name_of("/bad/l"), HY_REAL_EXISTS, buf), -EIO);
        CU_ASSERT(strstr(w.lines, "bad at /bad broke the contract of plugins: realpath") != NULL);
        UNIT_ASSERT_NUMBER(hy_vfs_readdir(w.vfs, d, 0, take, NULL), 2);
        UNIT_ASSERT_NUMBER(hy_vfs_readdir(w.vfs, d, 0, take, NULL), -EIO);
        CU_ASSERT(strstr(w.lines, "bad at /bad broke the contract of plugins: readdir") != NULL);
        /* Where the answer is only yes or no, any yes is one. */
        UNIT_ASSERT_NUMBER(do_mkdir(&w, "/bad/d"), 0);
        UNIT_ASSERT_NUMBER(hy_vfs_fsync(w.vfs, h), 0);
        UNIT_ASSERT_NUMBER(hy_vfs_close(w.vfs, h), 0);
        UNIT_ASSERT_NUMBER(hy_vfs_close(w.vfs, d), 0);
        UNIT_ASSERT_NUMBER(do_open(&w, "/bad/bad", RW, &h), 0);
        UNIT_ASSERT_NUMBER(hy_vfs_close(w.vfs, h), 0);
    }
    end(&w, other);
}

/* It may do without a slot; whoever forgot it has to answer for that. */
static void survives_a_forgotten_handle(void)
{
    char buf[16];
    struct world w;
    hy_handle h;
    struct hy_vfs *other = begin(&w);

    wrong.forgetful = true;
    CU_ASSERT_FATAL(do_open(&w, "/bad/f", RW, &h) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_read(w.vfs, h, buf, sizeof buf, 0), -EBADF);
    UNIT_ASSERT_NUMBER(hy_vfs_close(w.vfs, h), 0);
    UNIT_ASSERT_NUMBER(wrong.closed, 1);
    end(&w, other);
}

static void a_session_fills_no_log(void)
{
    unsigned lines = 0;
    struct world w;
    struct hy_vfs *other = begin(&w);

    wrong.answer = INT64_MIN;
    for (unsigned i = 0; i < 1000; i++)
        UNIT_ASSERT_NUMBER(hy_vfs_unlink(w.vfs, name_of("/bad/f")), -EIO);
    for (const char *p = w.lines; *p; p++)
        lines += *p == '\n';
    UNIT_ASSERT_NUMBER(lines, 16);
    end(&w, other);
}

/* A client may ask as often as it likes: the plugin is called from time to time, the log has a line for each new
 * reason. */
static void asks_for_a_failed_mount_now_and_then(void)
{
    struct hythe_attrs attrs;
    struct world w;

    hy_vfs_free(begin(&w));
    wrong.attach = -EACCES;
    wrong.attaches = 0;
    for (unsigned i = 0; i < 100; i++) {
        if (i == 40)
            world_later(&w); /* the same again */
        if (i == 70) {
            wrong.attach = -EIO;
            world_later(&w);
        }
        UNIT_ASSERT_NUMBER(do_getattr(&w, "/bad/f", &attrs), i < 70 ? -EACCES : -EIO);
    }
    CU_ASSERT(wrong.attaches >= 3 && wrong.attaches < 50);
    UNIT_ASSERT_NUMBER(world_said(&w, "can't be attached"), 2);
    UNIT_ASSERT_NUMBER(world_said(&w, "Permission denied"), 1);
    wrong.attach = 0;
    world_later(&w);
    UNIT_ASSERT_NUMBER(do_mkdir(&w, "/bad/d"), 0);
    world_end(&w);
}

static void names_who_cannot_be_attached(void)
{
    static const struct {
        int answer;
        int64_t result;
        const char *line;
    } cases[] = {
        {-EACCES, -EACCES, "bad at /bad can't be attached for user alice at .: Permission denied"},
        {7, -EIO, "bad at /bad broke the contract of plugins: attach answered 7, which is no errno"},
        {INT_MIN, -EIO, "bad at /bad broke the contract of plugins: attach answered -2147483648, which is no errno"},
    };
    struct hythe_attrs attrs;
    struct world w;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hy_vfs_free(begin(&w));
        wrong.attach = cases[i].answer;
        UNIT_ASSERT_NUMBER(do_getattr(&w, "/bad/f", &attrs), cases[i].result);
        if (!strstr(w.lines, cases[i].line))
            printf("  no \"%s\" in \"%s\"\n", cases[i].line, w.lines);
        CU_ASSERT(strstr(w.lines, cases[i].line) != NULL);
        UNIT_ASSERT_STRING(do_cat(&w, "/hello"), "hello");
        wrong.attach = 0; /* tried again after a while */
        world_later(&w);
        UNIT_ASSERT_NUMBER(do_mkdir(&w, "/bad/d"), 0);
        world_end(&w);
    }
}

static unsigned lines_with(const struct world *w, const char *text)
{
    unsigned n = 0;

    for (const char *at = w->lines; (at = strstr(at, text)); at++)
        n++;
    return n;
}

/* A full disk is not only told to the client. */
static void tells_of_a_store_that_fails(void)
{
    static const char line[] =
        "write of \"/bad/f\" fails for user alice in bad at /bad: No space left on device [2002]\n";
    struct world w;
    struct hy_vfs *other = begin(&w);
    char byte = 0;
    hy_handle h;

    wrong.answer = -ENOSPC;
    for (unsigned round = 1; round <= 2; round++) {
        CU_ASSERT_FATAL(do_open(&w, "/bad/f", RW, &h) == 0);
        for (int i = 0; i < 3; i++)
            UNIT_ASSERT_NUMBER(hy_vfs_write(w.vfs, h, &byte, 1, 0), -ENOSPC);
        UNIT_ASSERT_NUMBER(hy_vfs_read(w.vfs, h, &byte, 1, 0), -ENOSPC);
        UNIT_ASSERT_NUMBER(hy_vfs_close(w.vfs, h), -ENOSPC);
        UNIT_ASSERT_NUMBER(lines_with(&w, line), round);
        UNIT_ASSERT_NUMBER(lines_with(&w, "fails"), round); /* once for each file */
    }
    for (int i = 0; i < 200; i++) {
        w.lines[0] = '\0';
        CU_ASSERT_FATAL(do_open(&w, "/bad/f", RW, &h) == 0);
        (void)hy_vfs_close(w.vfs, h);
    }
    UNIT_ASSERT_STRING(w.lines, ""); /* and no client fills the log with it */
    end(&w, other);
}

static void names_who_cannot_be_started(void)
{
    static const struct {
        int answer;
        const char *text;
    } cases[] = {
        {-ENODEV, "bad at /bad: it can't be started: No such device"},
        {7, "bad at /bad: it can't be started: an answer that is no errno"},
        {INT_MIN, "bad at /bad: it can't be started: an answer that is no errno"},
    };
    const struct hy_log silent = {0};
    struct hy_plugins *plugins = hy_plugins_new("/nowhere", &silent);
    struct hy_err err;

    CU_ASSERT_FATAL(plugins != NULL && hy_plugins_register(plugins, &bad_plugin, &err) == 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wrong.start = cases[i].answer;
        CU_ASSERT_PTR_NULL(hy_plugins_start(plugins, "bad", HYTHE_FILESYSTEM, NULL, 0, "bad at /bad", &err));
        UNIT_ASSERT_STRING(err.text, cases[i].text);
        wrong.start = 0;
        CU_ASSERT_PTR_NOT_NULL(hy_plugins_start(plugins, "bad", HYTHE_FILESYSTEM, NULL, 0, "bad at /bad", &err));
    }
    hy_plugins_free(plugins);
}

UNIT_SUITE(faults, UNIT_TEST(catches_answers_out_of_range), UNIT_TEST(lets_errnos_and_statuses_pass),
           UNIT_TEST(catches_impossible_counts), UNIT_TEST(survives_a_forgotten_handle),
           UNIT_TEST(a_session_fills_no_log), UNIT_TEST(tells_of_a_store_that_fails),
           UNIT_TEST(names_who_cannot_be_attached), UNIT_TEST(asks_for_a_failed_mount_now_and_then),
           UNIT_TEST(names_who_cannot_be_started));
