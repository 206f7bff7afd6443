/* The layer of events: what each operation fires, and what handlers make of it. */
#include "tests/unit/event_scene.h"

#include "core/vfs/status.h"
#include "core/vfs/copyfile.h"
#include "core/vfs/session.h"

/* ---- Each operation ---- */

static hy_handle opened;

static int64_t run_mkdir(struct scene *s)
{
    return do_mkdir(&s->w, "/new");
}

static int64_t run_opendir(struct scene *s)
{
    hy_handle h;
    int64_t r = hy_vfs_opendir(s->w.vfs, name_of("/d"), &h);

    if (r == 0)
        hy_vfs_abort(s->w.vfs, h);
    return r;
}

static int64_t run_rmdir(struct scene *s)
{
    return hy_vfs_rmdir(s->w.vfs, name_of("/empty"));
}

static int64_t run_unlink(struct scene *s)
{
    return hy_vfs_unlink(s->w.vfs, name_of("/f"));
}

static int64_t run_rename(struct scene *s)
{
    return hy_vfs_rename(s->w.vfs, name_of("/f"), name_of("/g"), HYTHE_RENAME_REPLACE);
}

static int64_t run_open(struct scene *s)
{
    hy_handle h;
    int64_t r = do_open(&s->w, "/f", HYTHE_OPEN_READ, &h);

    if (r == 0)
        hy_vfs_abort(s->w.vfs, h);
    return r;
}

static int64_t run_symlink(struct scene *s)
{
    return hy_vfs_symlink(s->w.vfs, name_of("/s"), name_of("target;1"));
}

static int64_t run_getattr(struct scene *s)
{
    struct hythe_attrs attrs;

    return do_getattr(&s->w, "/f", &attrs);
}

static int64_t run_readlink(struct scene *s)
{
    char buf[64];
    int64_t r = hy_vfs_readlink(s->w.vfs, name_of("/l"), buf, sizeof buf);

    return r > 0 ? 0 : r;
}

static int64_t run_setattr(struct scene *s)
{
    const struct hythe_attrs attrs = {.struct_size = sizeof attrs, .valid = HYTHE_ATTR_MODE, .mode = 0600};

    return hy_vfs_setattr(s->w.vfs, name_of("/f"), 0, &attrs);
}

/* Those on the open file /f. */
static int64_t run_fgetattr(struct scene *s)
{
    struct hythe_attrs attrs;

    return hy_vfs_fgetattr(s->w.vfs, opened, UINT32_MAX, &attrs);
}

static int64_t run_fsetattr(struct scene *s)
{
    const struct hythe_attrs attrs = {.struct_size = sizeof attrs, .valid = HYTHE_ATTR_MODE, .mode = 0600};

    return hy_vfs_fsetattr(s->w.vfs, opened, &attrs);
}

static int64_t run_read(struct scene *s)
{
    char buf[16];
    int64_t r = hy_vfs_read(s->w.vfs, opened, buf, sizeof buf, 0);

    return r == 7 ? 0 : r;
}

static int64_t run_write(struct scene *s)
{
    int64_t r = hy_vfs_write(s->w.vfs, opened, "abc", 3, 0);

    return r == 3 ? 0 : r;
}

static int64_t run_lock(struct scene *s)
{
    return hy_vfs_lock(s->w.vfs, opened, 0, 3, HYTHE_LOCK_WRITE);
}

static int64_t run_close(struct scene *s)
{
    int64_t r = hy_vfs_close(s->w.vfs, opened);

    opened = 0;
    return r;
}

static const struct row {
    enum hy_event event;
    int64_t (*run)(struct scene *s);
    bool on_file;
    bool before; /* it comes before, too */
    const char *trace;
} rows[] = {
    {HY_EVENT_DirCreate, run_mkdir, false, true, "DirCreate> /new;DirCreate< /new 0;"},
    {HY_EVENT_DirList, run_opendir, false, true, "DirList> /d;DirList< /d 0;"},
    {HY_EVENT_DirRemove, run_rmdir, false, true, "DirRemove> /empty;DirRemove< /empty 0;"},
    {HY_EVENT_FileRemove, run_unlink, false, true, "FileRemove> /f;FileRemove< /f 0;"},
    {HY_EVENT_FileRename, run_rename, false, true, "FileRename> /f;FileRename< /f 0;"},
    {HY_EVENT_FileOpen, run_open, false, true, "FileOpen> /f;FileOpen< /f 0;"},
    {HY_EVENT_FileOpen, run_symlink, false, true, "FileOpen> /s;FileOpen< /s 0;"},
    {HY_EVENT_FileOpen, run_lock, true, true, "FileOpen> /f;FileOpen< /f 0;"},
    {HY_EVENT_SetAttributes, run_setattr, false, true, "SetAttributes> /f;SetAttributes< /f 0;"},
    {HY_EVENT_SetAttributes, run_fsetattr, true, true, "SetAttributes> /f;SetAttributes< /f 0;"},
    {HY_EVENT_FileWrite, run_write, true, true, "FileWrite> /f;FileWrite< /f 0;"},
    {HY_EVENT_GetAttributes, run_getattr, false, false, "GetAttributes< /f 0;"},
    {HY_EVENT_GetAttributes, run_fgetattr, true, false, "GetAttributes< /f 0;"},
    {HY_EVENT_GetAttributes, run_readlink, false, false, "GetAttributes< /l 0;"},
    {HY_EVENT_FileRead, run_read, true, false, "FileRead< /f 0;"},
    {HY_EVENT_FileClose, run_close, true, false, "FileClose< /f 0;"},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* A scene of the row's event alone, the file open if it needs one. */
static void prepare(struct scene *s, const struct row *row)
{
    scene_begin(s, UINT64_C(1) << row->event);
    opened = 0;
    if (row->on_file)
        CU_ASSERT(do_open(&s->w, "/f", HYTHE_OPEN_READ | HYTHE_OPEN_WRITE, &opened) == 0);
    s->trace[0] = '\0';
}

static void finish(struct scene *s)
{
    if (opened)
        (void)hy_vfs_close(s->w.vfs, opened);
    scene_end(s);
}

static void watching_changes_nothing(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        struct scene s;

        prepare(&s, &rows[i]);
        UNIT_ASSERT_NUMBER(rows[i].run(&s), 0);
        UNIT_ASSERT_STRING(s.trace, rows[i].trace);
        finish(&s);
    }
}

/* Nothing was done, the client is told exactly this, and the text is for this answer alone. */
static void each_status_denies(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        for (uint32_t code = 1; rows[i].before && code <= 31; code++) {
            struct scene s;

            prepare(&s, &rows[i]);
            s.acts[rows[i].event].before = code;
            CU_ASSERT(hy_wishes_set(&s.wishes, HY_WISH_ERROR_MESSAGE, "not today") == 0);
            UNIT_ASSERT_NUMBER(rows[i].run(&s), HYTHE_STATUS(code));
            UNIT_ASSERT_STRING(hy_vfs_error(s.w.vfs), "not today");
            UNIT_ASSERT_NUMBER(rows[i].run(&s), HYTHE_STATUS(code));
            UNIT_ASSERT_STRING(hy_vfs_error(s.w.vfs), "");
            CU_ASSERT_PTR_NULL(strchr(s.trace, '<'));
            UNIT_ASSERT_STRING(memfs_content(s.fs, "f"), "content");
            CU_ASSERT_PTR_NOT_NULL(memfs_content(s.fs, "empty"));
            CU_ASSERT_PTR_NULL(memfs_content(s.fs, "new"));
            s.acts[rows[i].event].before = 0;
            finish(&s);
        }
    }
}

static void each_status_can_be_the_answer_afterwards(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        for (uint32_t code = 1; code <= 31; code++) {
            struct scene s;
            int64_t wanted = HYTHE_STATUS(code);

            prepare(&s, &rows[i]);
            s.acts[rows[i].event].after = code;
            if (rows[i].event == HY_EVENT_FileRead && code == HYTHE_FX_EOF)
                wanted = 0; /* what was read counts */
            UNIT_ASSERT_NUMBER(rows[i].run(&s), wanted);
            UNIT_ASSERT_NUMBER(s.seen[rows[i].event], 0);
            UNIT_ASSERT_NUMBER(memfs_open(s.fs), opened ? 1 : 0);
            s.acts[rows[i].event].after = LEAVE;
            finish(&s);
        }
    }
}

/* Clients of older versions are told the nearest that they know. */
static void a_client_is_told_what_its_version_knows(void)
{
    static const uint32_t highest[] = {[3] = 8, [4] = 13, [5] = 17, [6] = 31};
    struct scene s;

    scene_begin(&s, BIT(DirCreate));
    for (uint32_t code = 1; code <= 31; code++) {
        s.acts[HY_EVENT_DirCreate].before = code;
        for (uint32_t version = 3; version <= 6; version++) {
            uint32_t told = hy_status_code(do_mkdir(&s.w, "/new"), version);
            bool known = code <= highest[version] && code != 6 && code != 7; /* which are of no version */

            CU_ASSERT(told && told <= highest[version]);
            if (known)
                UNIT_ASSERT_NUMBER(told, code);
        }
    }
    scene_end(&s);
}

static void a_status_that_there_is_not_is_caught(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        struct scene s;

        prepare(&s, &rows[i]);
        if (rows[i].before)
            s.acts[rows[i].event].before = 32;
        else
            s.acts[rows[i].event].after = UINT32_MAX;
        UNIT_ASSERT_NUMBER(rows[i].run(&s), HYTHE_STATUS(4));
        CU_ASSERT(world_said(&s.w, "a StatusCode of") == 1);
        s.acts[rows[i].event] = (struct act){.after = LEAVE};
        finish(&s);
    }
}

/* A client may ask for ever, and the log is finite. */
static void mistakes_do_not_fill_the_log(void)
{
    struct scene s;
    hy_handle h;

    scene_begin(&s, BIT(DirCreate) | BIT(FileOpen));
    s.acts[HY_EVENT_DirCreate].before = 32;
    s.acts[HY_EVENT_FileOpen].after = 0;
    for (int i = 0; i < 12; i++) {
        UNIT_ASSERT_NUMBER(do_mkdir(&s.w, "/new"), HYTHE_STATUS(4));
        UNIT_ASSERT_NUMBER(do_open(&s.w, "/none", HYTHE_OPEN_READ, &h), -ENOENT);
    }
    UNIT_ASSERT_NUMBER(world_said(&s.w, "the handler of "), 16);
    scene_end(&s);
}

/* ---- Failures ---- */

static int64_t fail_mkdir(struct scene *s)
{
    return do_mkdir(&s->w, "/d");
}

static int64_t fail_rmdir(struct scene *s)
{
    return hy_vfs_rmdir(s->w.vfs, name_of("/d"));
}

static int64_t fail_unlink(struct scene *s)
{
    return hy_vfs_unlink(s->w.vfs, name_of("/d"));
}

static int64_t fail_open(struct scene *s)
{
    hy_handle h;

    return do_open(&s->w, "/none", HYTHE_OPEN_READ, &h);
}

static int64_t fail_opendir(struct scene *s)
{
    hy_handle h;

    return hy_vfs_opendir(s->w.vfs, name_of("/f"), &h);
}

static int64_t fail_rename(struct scene *s)
{
    return hy_vfs_rename(s->w.vfs, name_of("/none"), name_of("/x"), 0);
}

static int64_t fail_link(struct scene *s)
{
    return hy_vfs_link(s->w.vfs, name_of("/f"), name_of("/g"));
}

static int64_t fail_getattr(struct scene *s)
{
    struct hythe_attrs attrs;

    return do_getattr(&s->w, "/none", &attrs);
}

static int64_t fail_readlink(struct scene *s)
{
    char buf[8];

    return hy_vfs_readlink(s->w.vfs, name_of("/f"), buf, sizeof buf);
}

static void a_failure_is_told_as_a_status_and_may_be_another(void)
{
    static const struct {
        enum hy_event event;
        int64_t (*run)(struct scene *s);
        int64_t result;
        uint32_t code;
        int64_t declared; /* the result when the handler calls it a success */
    } cases[] = {
        {HY_EVENT_DirCreate, fail_mkdir, -EEXIST, 11, 0},
        {HY_EVENT_DirRemove, fail_rmdir, -ENOTEMPTY, 18, 0},
        {HY_EVENT_FileRemove, fail_unlink, -EISDIR, 24, 0},
        {HY_EVENT_FileOpen, fail_open, -ENOENT, 2, -ENOENT},
        {HY_EVENT_DirList, fail_opendir, -ENOTDIR, 19, -ENOTDIR},
        {HY_EVENT_FileRename, fail_rename, -ENOENT, 2, 0},
        {HY_EVENT_FileRename, fail_link, -ENOSYS, 8, 0},
        {HY_EVENT_GetAttributes, fail_getattr, -ENOENT, 2, 0},
        {HY_EVENT_GetAttributes, fail_readlink, -EINVAL, 23, -EINVAL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene s;

        scene_begin(&s, UINT64_C(1) << cases[i].event);
        UNIT_ASSERT_NUMBER(cases[i].run(&s), cases[i].result);
        UNIT_ASSERT_NUMBER(s.seen[cases[i].event], cases[i].code);
        CU_ASSERT(hy_wishes_set(&s.wishes, HY_WISH_ERROR_MESSAGE, "why") == 0);
        UNIT_ASSERT_NUMBER(cases[i].run(&s), cases[i].result);
        UNIT_ASSERT_STRING(hy_vfs_error(s.w.vfs), "why");
        hy_vfs_clear_error(s.w.vfs);
        s.acts[cases[i].event].after = 13;
        UNIT_ASSERT_NUMBER(cases[i].run(&s), HYTHE_STATUS(13));
        s.acts[cases[i].event].after = 0;
        UNIT_ASSERT_NUMBER(cases[i].run(&s), cases[i].declared);
        if (cases[i].event == HY_EVENT_FileOpen || cases[i].event == HY_EVENT_DirList)
            CU_ASSERT(world_said(&s.w, "calls a failure a success") == 1);
        scene_end(&s);
    }
}

/* ---- What an event costs ---- */

/* The operations whose rows the layer is in, for the handler of one event alone. */
static void an_event_without_a_handler_costs_nothing(void)
{
    static const struct {
        enum hy_event event;
        const char *taken;
    } cases[] = {
        {HY_EVENT_DirCreate, "mkdir "},
        {HY_EVENT_DirList, "opendir readdir close "},
        {HY_EVENT_DirRemove, "rmdir "},
        {HY_EVENT_FileClose, "close "},
        {HY_EVENT_FileOpen, "setattr symlink link open close lock "},
        {HY_EVENT_FileRead, "read "},
        {HY_EVENT_FileRemove, "unlink rename open close "},
        {HY_EVENT_FileRename, "link rename "},
        {HY_EVENT_FileWrite, "write "},
        {HY_EVENT_GetAttributes, "getattr fgetattr readlink "},
        {HY_EVENT_SetAttributes, "setattr fsetattr "},
    };
    static const char *const names[] = {
#define HYTHE_OP(name, klass, on, fields) #name,
        HYTHE_OPS
#undef HYTHE_OP
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct hy_instance *layers[2];
        struct hy_chain *chain, *alone;
        char taken[256] = "";
        struct scene s;

        scene_begin(&s, UINT64_C(1) << cases[i].event);
        layers[0] = &s.w.instances[0];
        layers[1] = &s.w.instances[1];
        chain = hy_chain_new(layers, 2);
        alone = hy_chain_new(layers + 1, 1);
        for (int op = 0; op < HYTHE_OP_COUNT; op++) {
            size_t more = hy_chain_depth(chain, (enum hythe_op)op) - hy_chain_depth(alone, (enum hythe_op)op);

            CU_ASSERT(more <= 1);
            if (more && op != HYTHE_OP_statfs && op != HYTHE_OP_fstatfs)
                (void)snprintf(taken + strlen(taken), sizeof taken - strlen(taken), "%s ", names[op]);
        }
        free(alone);
        UNIT_ASSERT_STRING(taken, cases[i].taken);
        free(chain);
        scene_end(&s);
    }
}

static void without_handlers_there_is_no_layer(void)
{
    const struct hythe_events none = {.size = sizeof none};
    struct hy_events *events = hy_events_new(NULL);

    CU_ASSERT_FATAL(events != NULL);
    hy_events_set(events, &none, NULL);
    CU_ASSERT(hy_events_layer(events) == NULL && hy_events_store(events) == NULL);
    hy_events_free(events);
}

static void an_operation_without_an_event_is_refused_unless_allowed(void)
{
    struct hythe_statfs out;
    struct scene s;

    scene_begin(&s, BIT(FileClose));
    UNIT_ASSERT_NUMBER(hy_vfs_statfs(s.w.vfs, name_of("/"), &out), -ENOTSUP);
    CU_ASSERT_PTR_NOT_NULL(strstr(hy_vfs_error(s.w.vfs), "unmapped_operations"));
    scene_end(&s);
    scene_begin(&s, BIT(FileClose));
    hy_events_allow_unmapped(s.events, true);
    CU_ASSERT(hy_events_layer(s.events)->ops->statfs == NULL);
    scene_end(&s);
}

/* What takes back the half of a copy is no request. */
static void nobody_is_asked_about_what_is_taken_back(void)
{
    enum { MORE_THAN_A_SLICE = 5 << 20 };
    char *much = calloc(1, MORE_THAN_A_SLICE);
    struct hy_copyfile c;
    struct scene s;

    CU_ASSERT_FATAL(much != NULL);
    memset(much, 'x', MORE_THAN_A_SLICE - 1);
    scene_begin(&s, BIT(FileRemove));
    CU_ASSERT(memfs_put(s.fs, "much", much) == 0);
    free(much);
    s.acts[HY_EVENT_FileRemove].before = 3;
    UNIT_ASSERT_NUMBER(hy_copyfile_begin(s.w.vfs, &c, name_of("/much"), name_of("/new"), false), 1);
    UNIT_ASSERT_NUMBER(hy_copyfile_step(s.w.vfs, &c), 1);
    hy_copyfile_end(s.w.vfs, &c);
    CU_ASSERT_PTR_NULL(memfs_content(s.fs, "new"));
    UNIT_ASSERT_STRING(s.trace, "");
    scene_end(&s);
}

#define ABLE(op) \
    static int64_t able_##op(const struct hythe_call *call, struct hythe_##op##_arg *arg) \
    { \
        (void)call; \
        (void)arg; \
        return 0; \
    }
ABLE(copy)
ABLE(copyfile)
ABLE(checksum)

/* Copies go through the operations that have events. */
static void copies_pass_no_event_by(void)
{
    static const enum hy_event data[] = {HY_EVENT_FileRead, HY_EVENT_FileWrite, HY_EVENT_FileOpen, HY_EVENT_FileClose};
    static const struct {
        bool copies, files, sums;
    } wanted[] = {{false, false, false}, {false, false, true}, {true, false, true}, {true, false, true}};
    static const struct hythe_ops ops = {
        .size = sizeof ops, .copy = able_copy, .copyfile = able_copyfile, .checksum = able_checksum};
    static const struct hythe_plugin able = {.abi = HYTHE_ABI,
                                             .size = sizeof able,
                                             .kind = HYTHE_FILESYSTEM,
                                             .threads = HYTHE_PARALLEL,
                                             .name = "able",
                                             .ops = &ops};

    for (size_t i = 0; i < sizeof data / sizeof *data; i++) {
        const struct hy_instance *layers[2];
        struct hy_chain *chain;
        struct scene s;

        scene_begin(&s, UINT64_C(1) << data[i]);
        layers[0] = &s.w.instances[0];
        layers[1] = world_start(&s.w, &able, "able");
        chain = hy_chain_new(layers, 2);
        UNIT_ASSERT_NUMBER(chain->copies, wanted[i].copies);
        UNIT_ASSERT_NUMBER(chain->copies_files, wanted[i].files);
        UNIT_ASSERT_NUMBER(chain->sums, wanted[i].sums);
        free(chain);
        scene_end(&s);
    }
}

UNIT_SUITE(files, UNIT_TEST(watching_changes_nothing), UNIT_TEST(each_status_denies),
           UNIT_TEST(each_status_can_be_the_answer_afterwards), UNIT_TEST(a_client_is_told_what_its_version_knows),
           UNIT_TEST(a_status_that_there_is_not_is_caught), UNIT_TEST(mistakes_do_not_fill_the_log),
           UNIT_TEST(a_failure_is_told_as_a_status_and_may_be_another),
           UNIT_TEST(an_event_without_a_handler_costs_nothing), UNIT_TEST(without_handlers_there_is_no_layer),
           UNIT_TEST(an_operation_without_an_event_is_refused_unless_allowed), UNIT_TEST(copies_pass_no_event_by),
           UNIT_TEST(nobody_is_asked_about_what_is_taken_back));
