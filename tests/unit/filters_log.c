/* The log filter: what its lines say, and what becomes of them when files move or disks are full. */
#include "tests/unit/filters.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- A folder for the lines ---- */

struct desk {
    char dir[128], json[160], xferlog[160];
};

static void desk_begin(struct desk *d)
{
    const char *tmp = getenv("TMPDIR");

    (void)snprintf(d->dir, sizeof d->dir, "%s/hythe-log-XXXXXX", tmp && *tmp && strlen(tmp) < 80 ? tmp : "/tmp");
    CU_ASSERT_FATAL(mkdtemp(d->dir) != NULL);
    (void)snprintf(d->json, sizeof d->json, "%s/json", d->dir);
    (void)snprintf(d->xferlog, sizeof d->xferlog, "%s/xferlog", d->dir);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void desk_end(const struct desk *d)
{
    (void)nftw(d->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#define BOTH(d) \
    ((const struct hy_option[]){FILTER_TEXT("json", (d)->json), FILTER_TEXT("xferlog", (d)->xferlog), {.name = NULL}})

/* The whole file; "" when it is missing. To be freed. */
static char *text_of(const char *path)
{
    char *text = calloc(1, 1 << 20);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, (1 << 20) - 1);

    if (fd >= 0)
        (void)close(fd);
    text[n < 0 ? 0 : n] = '\0';
    return text;
}

static size_t lines_of(const char *path)
{
    char *text = text_of(path);
    size_t n = 0;

    for (const char *p = text; *p; p++)
        n += *p == '\n';
    free(text);
    return n;
}

/* The lines of JSON without what differs from run to run and what all have: from "event" to "complete". */
static const char *events(const char *path)
{
    static char out[1 << 16];
    char *text = text_of(path), *at = text;

    out[0] = '\0';
    for (char *line; (line = strsep(&at, "\n")) != NULL && *line;) {
        char *begin = strstr(line, ",\"event\":"), *ms = strstr(line, ",\"milliseconds\":"), *end;

        CU_ASSERT_FATAL(strncmp(line, "{\"time\":\"20", 11) == 0 && begin && ms);
        end =
            strstr(ms, ",\"user\":\"alice\",\"group\":\"\",\"address\":\"127.0.0.1\",\"session\":7,\"client\":\"test\","
                       "\"protocol\":");
        CU_ASSERT_FATAL(end != NULL);
        *ms = *end = '\0';
        (void)snprintf(out + strlen(out), sizeof out - strlen(out), "%s %s\n", begin + 9,
                       ms + 1 + strcspn(ms + 1, ",") + 1);
    }
    free(text);
    return out;
}

/* A line of xferlog without its time: from the address on. */
static const char *xfer(const char *path, size_t number)
{
    static char out[4096];
    char *text = text_of(path), *at = text, *line = NULL;

    for (size_t i = 0; i <= number; i++)
        line = strsep(&at, "\n");
    line = line && strlen(line) > 24 ? strstr(line + 25, " ") : NULL; /* "Thu Nov 26 02:21:22 2026 0 " */
    (void)snprintf(out, sizeof out, "%s", line ? line + 1 : "");
    free(text);
    return out;
}

/* ---- Every operation ---- */

enum { PAST, COUNTED, LINE }; /* not visited; visited without a line of its own; one line */

enum {
    FATE_getattr = PAST,
    FATE_fgetattr = PAST,
    FATE_setattr = LINE,
    FATE_fsetattr = LINE,
    FATE_readlink = PAST,
    FATE_symlink = LINE,
    FATE_link = LINE,
    FATE_unlink = LINE,
    FATE_mkdir = LINE,
    FATE_rmdir = LINE,
    FATE_rename = LINE,
    FATE_open = COUNTED,
    FATE_opendir = PAST,
    FATE_readdir = PAST,
    FATE_read = COUNTED,
    FATE_write = COUNTED,
    FATE_fsync = PAST,
    FATE_close = LINE,
    FATE_statfs = PAST,
    FATE_fstatfs = PAST,
    FATE_realpath = PAST,
    FATE_copy = COUNTED,
    FATE_copyfile = LINE,
    FATE_checksum = PAST,
    FATE_lock = PAST,
    FATE_unlock = PAST
};

static const int fates[] = {
#define HYTHE_OP(name, klass, on, fields) [HYTHE_OP_##name] = FATE_##name,
    HYTHE_OPS
#undef HYTHE_OP
};

static void tells_every_change(void)
{
    struct desk d;

    desk_begin(&d);
    for (int i = 0; i < HYTHE_OP_COUNT; i++) {
        enum hythe_op op = (enum hythe_op)i;
        size_t before;
        struct bench b;

        bench_begin(&b, "log", BOTH(&d), NULL);
        if (op != HYTHE_OP_open)
            UNIT_ASSERT_NUMBER(bench_run(&b, HYTHE_OP_open, "f"), bench_answer(HYTHE_OP_open));
        before = lines_of(d.json);
        UNIT_ASSERT_NUMBER(bench_run(&b, op, "f"), bench_answer(op));
        if (lines_of(d.json) - before != (fates[i] == LINE) ||
            hy_chain_depth(b.chain, op) != (fates[i] == PAST ? 1 : 2)) {
            printf("  %s\n", bench_names[i]);
            CU_FAIL("another fate");
        }
        if (op != HYTHE_OP_close)
            (void)bench_run(&b, HYTHE_OP_close, "f");
        UNIT_ASSERT_NUMBER(lines_of(d.json), lines_of(d.xferlog));
        UNIT_ASSERT_NUMBER(b.filter->ops.any_classes, 0xffffffff & ~HYTHE_CLASS_READ);
        UNIT_ASSERT_NUMBER(b.filter->ops.any_from, HYTHE_OP_COUNT);
        bench_end(&b);
    }
    desk_end(&d);
}

/* ---- What lines say ---- */

static void put(struct house *h, const char *path, const char *text)
{
    hy_handle file;

    CU_ASSERT_FATAL(do_open(&h->w, path, HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, &file) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_write(h->w.vfs, file, text, strlen(text), 0), (int64_t)strlen(text));
    UNIT_ASSERT_NUMBER(hy_vfs_close(h->w.vfs, file), 0);
}

static void tells_transfers(void)
{
    struct desk d;
    struct house h;
    hy_handle file;

    desk_begin(&d);
    house_begin(&h, "log", BOTH(&d));
    put(&h, "/up", "twelve bytes");
    UNIT_ASSERT_STRING(do_cat(&h.w, "/up"), "twelve bytes");
    UNIT_ASSERT_STRING(do_cat(&h.w, "/missing"), "!2");
    CU_ASSERT_FATAL(do_open(&h.w, "/up", HYTHE_OPEN_READ | HYTHE_OPEN_WRITE, &file) == 0);
    hy_vfs_free(h.w.vfs); /* the connection ends */
    h.w.vfs = NULL;
    UNIT_ASSERT_STRING(events(d.json),
                       "\"upload\",\"path\":\"/up\",\"bytes_read\":0,\"bytes_written\":12 \"result\":\"ok\","
                       "\"complete\":true\n"
                       "\"download\",\"path\":\"/up\",\"bytes_read\":12,\"bytes_written\":0 \"result\":\"ok\","
                       "\"complete\":true\n"
                       "\"download\",\"path\":\"/missing\",\"bytes_read\":0,\"bytes_written\":0 "
                       "\"result\":\"ENOENT\",\"complete\":false\n"
                       "\"upload\",\"path\":\"/up\",\"bytes_read\":0,\"bytes_written\":0 \"result\":\"aborted\","
                       "\"complete\":false\n");
    UNIT_ASSERT_STRING(xfer(d.xferlog, 0), "127.0.0.1 12 /up b _ i r alice sftp 0 * c");
    UNIT_ASSERT_STRING(xfer(d.xferlog, 1), "127.0.0.1 12 /up b _ o r alice sftp 0 * c");
    UNIT_ASSERT_STRING(xfer(d.xferlog, 2), "127.0.0.1 0 /missing b _ o r alice sftp 0 * i");
    UNIT_ASSERT_STRING(xfer(d.xferlog, 3), "127.0.0.1 0 /up b _ i r alice sftp 0 * i");
    house_end(&h);
    desk_end(&d);
}

static void tells_changes(void)
{
    struct hythe_attrs attrs = {
        .struct_size = sizeof attrs, .valid = HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE | HYTHE_ATTR_MTIME, .mode = 0600};
    struct desk d;
    struct house h;

    desk_begin(&d);
    house_begin(&h, "log", BOTH(&d));
    CU_ASSERT_FATAL(memfs_put(h.store, "f", "f") == 0);
    UNIT_ASSERT_NUMBER(do_mkdir(&h.w, "/d"), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_rename(h.w.vfs, name_of("/f"), name_of("/d/g"), 0), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_setattr(h.w.vfs, name_of("/d/g"), 0, &attrs), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_symlink(h.w.vfs, name_of("/l"), name_of("../d")), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(h.w.vfs, name_of("/missing")), -ENOENT);
    UNIT_ASSERT_NUMBER(hy_vfs_rmdir(h.w.vfs, name_of("/d")), -ENOTEMPTY);
    UNIT_ASSERT_STRING(events(d.json),
                       "\"mkdir\",\"path\":\"/d\" \"result\":\"ok\",\"complete\":true\n"
                       "\"rename\",\"path\":\"/f\",\"to\":\"/d/g\" \"result\":\"ok\",\"complete\":true\n"
                       "\"setattr\",\"path\":\"/d/g\",\"attributes\":[\"size\",\"mode\",\"mtime\"] \"result\":\"ok\","
                       "\"complete\":true\n"
                       "\"symlink\",\"path\":\"/l\",\"target\":\"../d\" \"result\":\"ok\",\"complete\":true\n"
                       "\"unlink\",\"path\":\"/missing\" \"result\":\"ENOENT\",\"complete\":false\n"
                       "\"rmdir\",\"path\":\"/d\" \"result\":\"ENOTEMPTY\",\"complete\":false\n");
    UNIT_ASSERT_STRING(xfer(d.xferlog, 1), "127.0.0.1 0 /f b _ m r alice sftp-rename 0 * c");
    UNIT_ASSERT_STRING(xfer(d.xferlog, 4), "127.0.0.1 0 /missing b _ d r alice sftp-unlink 0 * i");
    house_end(&h);
    desk_end(&d);
}

/* Two users mustn't leave the same line for different files: paths are those of the tree. */
static void tells_paths_of_the_tree(void)
{
    struct desk d;
    struct house h;

    desk_begin(&d);
    house_begin(&h, "log", BOTH(&d));
    UNIT_ASSERT_NUMBER(do_mkdir(&h.w, "/home"), 0);
    UNIT_ASSERT_NUMBER(do_mkdir(&h.w, "/home/alice"), 0);
    CU_ASSERT_FATAL(truncate(d.json, 0) == 0);
    CU_ASSERT_FATAL(world_see(&h.w, "/home/alice", "/", false) != NULL);
    put(&h, "/up", "bytes");
    UNIT_ASSERT_STRING(do_cat(&h.w, "/missing"), "!2");
    UNIT_ASSERT_NUMBER(hy_vfs_rename(h.w.vfs, name_of("/up"), name_of("/old"), 0), 0);
    CU_ASSERT_FATAL(world_see(&h.w, "/home", "/alice", true) != NULL);
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(h.w.vfs, name_of("old")), 0);
    UNIT_ASSERT_STRING(events(d.json),
                       "\"upload\",\"path\":\"/home/alice/up\",\"bytes_read\":0,\"bytes_written\":5 "
                       "\"result\":\"ok\",\"complete\":true\n"
                       "\"download\",\"path\":\"/home/alice/missing\",\"bytes_read\":0,\"bytes_written\":0 "
                       "\"result\":\"ENOENT\",\"complete\":false\n"
                       "\"rename\",\"path\":\"/home/alice/up\",\"to\":\"/home/alice/old\" "
                       "\"result\":\"ok\",\"complete\":true\n"
                       "\"unlink\",\"path\":\"/home/alice/old\" \"result\":\"ok\",\"complete\":true\n");
    UNIT_ASSERT_STRING(xfer(d.xferlog, 2), "127.0.0.1 5 /home/alice/up b _ i r alice sftp 0 * c");
    house_end(&h);
    desk_end(&d);
}

/* Copies inside the store come in slices: one line for each file that was copied to. */
static void tells_copies_of_the_store(void)
{
    static const char *const targets[] = {"/t", "/t", "/u"};
    struct desk d;
    struct bench b;

    desk_begin(&d);
    bench_begin(&b, "log", BOTH(&d), NULL);
    UNIT_ASSERT_NUMBER(bench_run(&b, HYTHE_OP_open, "f"), bench_answer(HYTHE_OP_open));
    for (size_t i = 0; i < 3; i++) {
        const struct hythe_file target = {.size = sizeof target, .path = targets[i]};
        struct hythe_copy_arg arg = {.len = 9, .target = &target};

        UNIT_ASSERT_NUMBER(hy_do_copy(&b.scene, &arg), bench_answer(HYTHE_OP_copy));
    }
    UNIT_ASSERT_NUMBER(bench_run(&b, HYTHE_OP_close, "f"), bench_answer(HYTHE_OP_close));
    UNIT_ASSERT_STRING(events(d.json),
                       "\"copy\",\"path\":\"/f\",\"to\":\"/t\",\"bytes_copied\":2042 \"result\":\"ok\","
                       "\"complete\":true\n"
                       "\"copy\",\"path\":\"/f\",\"to\":\"/u\",\"bytes_copied\":1021 \"result\":\"ok\","
                       "\"complete\":true\n"
                       "\"download\",\"path\":\"/f\",\"bytes_read\":0,\"bytes_written\":0 \"result\":\"ok\","
                       "\"complete\":true\n");
    bench_end(&b);
    desk_end(&d);
}

/* Whatever a name has in it, a line stays a line, and JSON can tell it exactly. */
static void escapes_names(void)
{
    static const struct {
        const char *path, *json, *xferlog;
    } cases[] = {
        {"/a b", "\"/a b\"", "/a_b"},
        {"/a\nb\r\t\x01", "\"/a\\nb\\r\\t\\u0001\"", "/a_b___"},
        {"/q\"\\", "\"/q\\\"\\\\\"", "/q\"\\"},
        {"/\x7f", "\"/\\u007f\"", "/_"},
        {"/\xc3\xa9\xf0\x9f\x98\x80", "\"/\\u00E9\\uD83D\\uDE00\"", "/\xc3\xa9\xf0\x9f\x98\x80"},
        {"/\xc2\x9b"
         "31m",
         "\"/\\u009B31m\"", "/_31m"},
        {"/\xe2\x80\xae"
         "x",
         "\"/\\u202Ex\"", "/_x"},
        {"/\xff"
         "a\xc0\xaf\xed\xa0\x80",
         "\"/\\uFFFDa\\uFFFD\\uFFFD\\uFFFD\\uFFFD\\uFFFD\","
         "\"path_bytes\":\"2fff61c0afeda080\"",
         "/_a_____"},
        {"/cut\xe2\x82", "\"/cut\\uFFFD\\uFFFD\",\"path_bytes\":\"2f637574e282\"", "/cut__"},
    };
    char wanted[512];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct desk d;
        struct house h;

        desk_begin(&d);
        house_begin(&h, "log", BOTH(&d));
        UNIT_ASSERT_NUMBER(do_mkdir(&h.w, cases[i].path), 0);
        (void)snprintf(wanted, sizeof wanted, "\"mkdir\",\"path\":%s \"result\":\"ok\",\"complete\":true\n",
                       cases[i].json);
        UNIT_ASSERT_STRING(events(d.json), wanted);
        (void)snprintf(wanted, sizeof wanted, "127.0.0.1 0 %s b _ m r alice sftp-mkdir 0 * c", cases[i].xferlog);
        UNIT_ASSERT_STRING(xfer(d.xferlog, 0), wanted);
        house_end(&h);
        desk_end(&d);
    }
}

/* ---- Files ---- */

static void makes_its_files_when_there_is_a_line(void)
{
    struct stat st;
    struct desk d;
    struct house h;

    desk_begin(&d);
    house_begin(&h, "log", BOTH(&d));
    CU_ASSERT(stat(d.json, &st) != 0 && stat(d.xferlog, &st) != 0);
    UNIT_ASSERT_NUMBER(do_mkdir(&h.w, "/a"), 0);
    CU_ASSERT(stat(d.json, &st) == 0 && (st.st_mode & 0777) == 0600);
    CU_ASSERT(stat(d.xferlog, &st) == 0 && (st.st_mode & 0777) == 0600);
    house_end(&h);
    desk_end(&d);
}

static void follows_rotation(void)
{
    struct desk d;
    struct house h;
    char old[192];

    desk_begin(&d);
    (void)snprintf(old, sizeof old, "%s.1", d.json);
    house_begin(&h, "log", BOTH(&d));
    UNIT_ASSERT_NUMBER(do_mkdir(&h.w, "/a"), 0);
    CU_ASSERT_FATAL(rename(d.json, old) == 0);
    UNIT_ASSERT_NUMBER(do_mkdir(&h.w, "/b"), 0);
    UNIT_ASSERT_NUMBER(lines_of(old), 1);
    UNIT_ASSERT_NUMBER(lines_of(d.json), 1);
    CU_ASSERT_FATAL(unlink(d.json) == 0);
    UNIT_ASSERT_NUMBER(do_mkdir(&h.w, "/c"), 0);
    UNIT_ASSERT_NUMBER(lines_of(d.json), 1);
    UNIT_ASSERT_NUMBER(lines_of(d.xferlog), 3);
    house_end(&h);
    desk_end(&d);
}

/* A folder stands where the file should be. */
static void block(const struct desk *d)
{
    (void)unlink(d->json);
    CU_ASSERT_FATAL(mkdir(d->json, 0700) == 0);
}

static void goes_on_without_its_file(void)
{
    struct desk d;
    struct house h;

    desk_begin(&d);
    house_begin(&h, "log", BOTH(&d));
    block(&d);
    UNIT_ASSERT_NUMBER(do_mkdir(&h.w, "/a"), 0);
    UNIT_ASSERT_NUMBER(do_mkdir(&h.w, "/b"), 0);
    UNIT_ASSERT_NUMBER(lines_of(d.xferlog), 2);
    CU_ASSERT(strstr(h.w.lines, "lines are lost until that is put right") != NULL);
    CU_ASSERT(strstr(strstr(h.w.lines, "lines are lost") + 1, "lines are lost") == NULL);
    CU_ASSERT_FATAL(rmdir(d.json) == 0);
    UNIT_ASSERT_NUMBER(do_mkdir(&h.w, "/c"), 0);
    UNIT_ASSERT_NUMBER(lines_of(d.json), 1);
    CU_ASSERT(strstr(h.w.lines, "can be written again") != NULL);
    house_end(&h);
    desk_end(&d);
}

static void refuses_what_it_must_log_and_cannot(void)
{
    struct desk d;
    struct house h;
    hy_handle file, other;

    desk_begin(&d);
    house_begin(
        &h, "log",
        (const struct hy_option[]){FILTER_TEXT("json", d.json), FILTER_TEXT("required", "yes"), {.name = NULL}});
    CU_ASSERT_FATAL(memfs_put(h.store, "f", "f") == 0);
    CU_ASSERT_FATAL(do_open(&h.w, "/f", HYTHE_OPEN_READ, &file) == 0);
    block(&d);
    UNIT_ASSERT_NUMBER(do_mkdir(&h.w, "/a"), -EIO);
    UNIT_ASSERT_STRING(hy_vfs_error(h.w.vfs), "the server can't write its log");
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(h.w.vfs, name_of("/f")), -EIO);
    UNIT_ASSERT_NUMBER(do_open(&h.w, "/f", HYTHE_OPEN_READ, &other), -EIO);
    UNIT_ASSERT_STRING(memfs_content(h.store, "f"), "f");
    UNIT_ASSERT_NUMBER(hy_vfs_close(h.w.vfs, file), -EIO);
    house_end(&h);
    desk_end(&d);
}

/* The next line doesn't begin behind the half of another. */
static void begins_anew_after_a_full_disk(void)
{
    struct rlimit before, tight;
    struct desk d;
    struct house h;
    char *text;

    desk_begin(&d);
    CU_ASSERT_FATAL(getrlimit(RLIMIT_FSIZE, &before) == 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    tight = (struct rlimit){.rlim_cur = 100, .rlim_max = before.rlim_max};
    house_begin(&h, "log", (const struct hy_option[]){FILTER_TEXT("json", d.json), {.name = NULL}});
    CU_ASSERT_FATAL(setrlimit(RLIMIT_FSIZE, &tight) == 0);
    UNIT_ASSERT_NUMBER(do_mkdir(&h.w, "/a"), 0);
    UNIT_ASSERT_NUMBER(do_mkdir(&h.w, "/b"), 0);
    CU_ASSERT_FATAL(setrlimit(RLIMIT_FSIZE, &before) == 0);
    UNIT_ASSERT_NUMBER(do_mkdir(&h.w, "/c"), 0);
    text = text_of(d.json);
    UNIT_ASSERT_NUMBER(strcspn(text, "\n"), 100);
    CU_ASSERT(strncmp(text + 100, "\n{\"time\"", 8) == 0 && strstr(text, "\"/c\"") && !strstr(text, "\"/b\""));
    free(text);
    house_end(&h);
    desk_end(&d);
}

static void refuses_settings_that_log_nothing(void)
{
    struct hy_plugins *plugins;
    struct desk d;
    struct world w;
    char far[192];

    desk_begin(&d);
    world_begin(&w);
    plugins = filter_plugins(&w.log);
    CU_ASSERT_PTR_NULL(filter_start(plugins, "log", NULL, &w.err));
    CU_ASSERT(strstr(w.lines, "it logs nothing: say where to") != NULL);
    (void)snprintf(far, sizeof far, "%s/missing/json", d.dir);
    CU_ASSERT_PTR_NULL(
        filter_start(plugins, "log", (const struct hy_option[]){FILTER_TEXT("json", far), {.name = NULL}}, &w.err));
    CU_ASSERT(strstr(w.lines, "missing/json can't be written: No such file") != NULL);
    CU_ASSERT_FATAL(mkfifo(d.json, 0600) == 0);
    CU_ASSERT_PTR_NULL(
        filter_start(plugins, "log", (const struct hy_option[]){FILTER_TEXT("json", d.json), {.name = NULL}}, &w.err));
    CU_ASSERT(strstr(w.lines, "json can't be written: not a regular file") != NULL);
    hy_plugins_free(plugins);
    world_end(&w);
    desk_end(&d);
}

/* ---- Threads ---- */

enum { THREADS = 4, EACH = 100 };

static void *unlink_often(void *ctx)
{
    struct bench *b = ctx;
    struct hy_scene scene = b->scene;

    scene.file = NULL;
    scene.slots = NULL;
    for (int i = 0; i < EACH; i++) {
        struct hythe_unlink_arg arg = {.path = "f"};

        (void)hy_do_unlink(&scene, &arg);
    }
    return NULL;
}

static void writes_whole_lines_from_many_threads(void)
{
    pthread_t threads[THREADS];
    struct desk d;
    struct bench b;
    char *text, *at;
    size_t count = 0;

    desk_begin(&d);
    bench_begin(&b, "log", BOTH(&d), NULL);
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, unlink_often, &b) == 0);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    at = text = text_of(d.json);
    for (char *line; (line = strsep(&at, "\n")) != NULL && *line; count++)
        CU_ASSERT(strncmp(line, "{\"time\"", 7) == 0 && line[strlen(line) - 1] == '}');
    UNIT_ASSERT_NUMBER(count, THREADS * EACH);
    UNIT_ASSERT_NUMBER(lines_of(d.xferlog), THREADS * EACH);
    free(text);
    bench_end(&b);
    desk_end(&d);
}

/* ---- What is led elsewhere ---- */

static int64_t lead_mkdir(const struct hythe_call *call, struct hythe_mkdir_arg *arg)
{
    return strcmp(arg->path, "a") == 0 ? call->host->divert(call, "/d/b", NULL) : hythe_next_mkdir(call, arg);
}

static int64_t lead_open(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    return strcmp(arg->path, "f") == 0 ? call->host->divert(call, "/d/g", NULL) : hythe_next_open(call, arg);
}

static void tells_what_was_done_where_it_was_done(void)
{
    static const struct hythe_ops ops = {.size = sizeof ops, .mkdir = lead_mkdir, .open = lead_open};
    static const struct hythe_plugin leading = {.abi = HYTHE_ABI,
                                                .size = sizeof leading,
                                                .kind = HYTHE_FILTER,
                                                .threads = HYTHE_PARALLEL,
                                                .flags = HYTHE_DIVERTS,
                                                .name = "leading",
                                                .ops = &ops};
    struct house h;
    struct desk d;
    hy_handle f;

    desk_begin(&d);
    house_begin(&h, "log", BOTH(&d));
    hy_vfs_free(h.w.vfs);
    h.w.vfs = NULL;
    world_mount(&h.w, "/d",
                (struct hy_instance *const[]){(struct hy_instance *)(uintptr_t)h.filter,
                                              world_start(&h.w, &leading, "leading"),
                                              world_start(&h.w, &memfs_plugin, "memfs"), NULL});
    CU_ASSERT_FATAL(world_see(&h.w, NULL, NULL, false) != NULL);
    UNIT_ASSERT_NUMBER(do_mkdir(&h.w, "/d/a"), 0);
    CU_ASSERT_FATAL(do_open(&h.w, "/d/f", HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, &f) == 0);
    UNIT_ASSERT_NUMBER(hy_vfs_close(h.w.vfs, f), 0);
    UNIT_ASSERT_NUMBER(lines_of(d.json), 2);
    CU_ASSERT(strstr(events(d.json), "\"path\":\"/d/b\"") != NULL);
    CU_ASSERT(strstr(events(d.json), "\"path\":\"/d/g\"") != NULL);
    house_end(&h);
    desk_end(&d);
}

UNIT_SUITE(log, UNIT_TEST(tells_every_change), UNIT_TEST(tells_transfers), UNIT_TEST(tells_changes),
           UNIT_TEST(tells_paths_of_the_tree), UNIT_TEST(tells_copies_of_the_store), UNIT_TEST(escapes_names),
           UNIT_TEST(makes_its_files_when_there_is_a_line), UNIT_TEST(follows_rotation),
           UNIT_TEST(goes_on_without_its_file), UNIT_TEST(refuses_what_it_must_log_and_cannot),
           UNIT_TEST(begins_anew_after_a_full_disk), UNIT_TEST(refuses_settings_that_log_nothing),
           UNIT_TEST(writes_whole_lines_from_many_threads), UNIT_TEST(tells_what_was_done_where_it_was_done));
