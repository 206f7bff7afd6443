/* Data and listings of the events of files, and handlers on another thread. */
#include "tests/unit/event_scene.h"

#include "core/vfs/session.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- Reading ---- */

static void shout(void *p, bool before)
{
    struct hythe_FileRead *e = p;
    char *data = e->FileData;

    (void)before;
    UNIT_ASSERT_STRING(e->Path, "/f");
    for (size_t i = 0; i < e->FileDataLength; i++)
        data[i] = (char)(data[i] - 'a' + 'A');
}

static void add_trailer(void *p, bool before)
{
    struct hythe_FileRead *e = p;

    (void)before;
    if (e->StatusCode != HYTHE_FX_EOF || e->FileOffset > 7)
        return;
    UNIT_ASSERT_NUMBER(e->FileDataLength, 0);
    UNIT_ASSERT_NUMBER(hy_events_set_data(scene_of(e)->events, 7, "end", 3), 0);
}

static void cut_off(void *p, bool before)
{
    (void)before;
    ((struct hythe_FileRead *)p)->FileDataLength = 4;
}

static void claim_more(void *p, bool before)
{
    struct hythe_FileRead *e = p;

    (void)before;
    e->FileDataLength = e->Length + 1;
}

static char elsewhere[] = "elsewhere";

static void point_elsewhere(void *p, bool before)
{
    struct hythe_FileRead *e = p;

    (void)before;
    e->FileData = elsewhere;
    e->FileDataLength = 9;
}

static void what_is_read_may_be_changed(void)
{
    char buf[16];
    struct scene s;
    hy_handle h;

    scene_begin(&s, BIT(FileRead));
    UNIT_ASSERT_NUMBER(do_open(&s.w, "/f", HYTHE_OPEN_READ, &h), 0);
    s.acts[HY_EVENT_FileRead].more = shout;
    UNIT_ASSERT_NUMBER(hy_vfs_read(s.w.vfs, h, buf, 16, 3), 4);
    UNIT_ASSERT_NUMBER(memcmp(buf, "TENT", 4), 0);
    s.acts[HY_EVENT_FileRead].more = add_trailer;
    UNIT_ASSERT_NUMBER(hy_vfs_read(s.w.vfs, h, buf, 16, 7), 3);
    UNIT_ASSERT_NUMBER(memcmp(buf, "end", 3), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_read(s.w.vfs, h, buf, 16, 10), 0);
    UNIT_ASSERT_NUMBER(s.seen[HY_EVENT_FileRead], HYTHE_FX_EOF);
    s.acts[HY_EVENT_FileRead].more = cut_off;
    UNIT_ASSERT_NUMBER(hy_vfs_read(s.w.vfs, h, buf, 16, 0), 4);
    s.acts[HY_EVENT_FileRead].more = claim_more;
    UNIT_ASSERT_NUMBER(hy_vfs_read(s.w.vfs, h, buf, 16, 0), HYTHE_STATUS(4));
    CU_ASSERT(world_said(&s.w, "FileRead left a FileDataLength beyond Length") == 1);
    s.acts[HY_EVENT_FileRead].more = point_elsewhere;
    UNIT_ASSERT_NUMBER(hy_vfs_read(s.w.vfs, h, buf, 16, 0), HYTHE_STATUS(4));
    CU_ASSERT(world_said(&s.w, "FileRead left another FileData") == 1);
    scene_end(&s);
}

/* ---- Writing ---- */

static const char *instead;
static size_t instead_len;

static void replace(void *p, bool before)
{
    struct hythe_FileWrite *e = p;
    struct hy_events *events = scene_of(e)->events;
    const void *data;
    size_t len;

    if (!before) {
        UNIT_ASSERT_NUMBER(e->FileDataLength, instead_len);
        UNIT_ASSERT_NUMBER(memcmp(e->FileData, instead, instead_len), 0);
        UNIT_ASSERT_NUMBER(hy_events_set_data(events, 7, "x", 1), -EINVAL);
        return;
    }
    UNIT_ASSERT_NUMBER(hy_events_get_data(events, 7, &data, &len), 0);
    UNIT_ASSERT_NUMBER(len, 3);
    UNIT_ASSERT_NUMBER(memcmp(data, "abc", 3), 0);
    UNIT_ASSERT_NUMBER(hy_events_get_data(events, 8, &data, &len), -EINVAL);
    UNIT_ASSERT_NUMBER(hy_events_set_data(events, 7, instead, 256 * 1024 + 1), -EMSGSIZE);
    UNIT_ASSERT_NUMBER(hy_events_set_data(events, 7, "first", 5), 0);
    UNIT_ASSERT_NUMBER(hy_events_set_data(events, 7, instead, instead_len), 0);
    UNIT_ASSERT_NUMBER(hy_events_get_data(events, 7, &data, &len), 0);
    UNIT_ASSERT_NUMBER(len, instead_len);
    UNIT_ASSERT_NUMBER(hy_events_set_list(events, 7, "a"), -EINVAL);
}

/* The client is told its own length, whatever went on. */
static void what_is_written_may_be_replaced(void)
{
    const size_t most = 256 * 1024;
    char *large = malloc(most + 1);
    struct scene s;
    hy_handle h;

    CU_ASSERT_FATAL(large != NULL);
    memset(large, 'L', most + 1);
    scene_begin(&s, BIT(FileWrite));
    s.acts[HY_EVENT_FileWrite].more = replace;
    UNIT_ASSERT_NUMBER(do_open(&s.w, "/new", HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, &h), 0);
    instead = "";
    instead_len = 0;
    UNIT_ASSERT_NUMBER(hy_vfs_write(s.w.vfs, h, "abc", 3, 0), 3);
    UNIT_ASSERT_STRING(memfs_content(s.fs, "new"), "");
    instead = "longer";
    instead_len = 6;
    UNIT_ASSERT_NUMBER(hy_vfs_write(s.w.vfs, h, "abc", 3, 0), 3);
    UNIT_ASSERT_STRING(memfs_content(s.fs, "new"), "longer");
    instead = large;
    instead_len = most;
    UNIT_ASSERT_NUMBER(hy_vfs_write(s.w.vfs, h, "abc", 3, 1), 3);
    UNIT_ASSERT_NUMBER(strlen(memfs_content(s.fs, "new")), most + 1);
    UNIT_ASSERT_NUMBER(hy_vfs_write(s.w.vfs, h, "abc", 3, INT64_MAX - 3), -EFBIG);
    s.acts[HY_EVENT_FileWrite].before = 12;
    UNIT_ASSERT_NUMBER(hy_vfs_write(s.w.vfs, h, "abc", 3, 0), HYTHE_STATUS(12));
    CU_ASSERT(hy_events_set_data(s.events, 7, "x", 1) == -EINVAL);
    scene_end(&s);
    free(large);
}

static void write_elsewhere(void *p, bool before)
{
    struct hythe_FileWrite *e = p;

    if (before)
        e->FileData = elsewhere;
}

static void write_less(void *p, bool before)
{
    struct hythe_FileWrite *e = p;

    if (before)
        e->FileDataLength = 1;
}

/* Whoever believes to have replaced the data mustn't let the client's through. */
static void data_is_replaced_by_the_call_alone(void)
{
    static void (*const ways[])(void *, bool) = {write_elsewhere, write_less};
    struct scene s;
    hy_handle h;

    scene_begin(&s, BIT(FileWrite));
    UNIT_ASSERT_NUMBER(do_open(&s.w, "/f", HYTHE_OPEN_WRITE, &h), 0);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        s.acts[HY_EVENT_FileWrite].more = ways[i];
        UNIT_ASSERT_NUMBER(hy_vfs_write(s.w.vfs, h, "abc", 3, 0), HYTHE_STATUS(4));
        UNIT_ASSERT_STRING(memfs_content(s.fs, "f"), "content");
    }
    CU_ASSERT(world_said(&s.w, "FileWrite left another FileData") == 2);
    scene_end(&s);
}

static void denies_reading(void *p, bool before)
{
    (void)before;
    ((struct hythe_FileRead *)p)->StatusCode = HYTHE_FX_PERMISSION_DENIED;
}

/* The log, and the event Error, tell of stores that fail, not of what a program decides. */
static void a_denial_is_no_failure_of_a_store(void)
{
    struct scene s;
    hy_handle h;
    char buf[4];

    scene_begin(&s, BIT(FileRead) | BIT(FileWrite) | BIT(FileClose));
    UNIT_ASSERT_NUMBER(do_open(&s.w, "/f", HYTHE_OPEN_READ | HYTHE_OPEN_WRITE, &h), 0);
    s.acts[HY_EVENT_FileRead].more = denies_reading;
    UNIT_ASSERT_NUMBER(hy_vfs_read(s.w.vfs, h, buf, sizeof buf, 0), HYTHE_STATUS(3));
    s.acts[HY_EVENT_FileWrite].before = 14;
    UNIT_ASSERT_NUMBER(hy_vfs_write(s.w.vfs, h, "abc", 3, 0), HYTHE_STATUS(14));
    s.acts[HY_EVENT_FileWrite] = (struct act){.after = 15};
    UNIT_ASSERT_NUMBER(hy_vfs_write(s.w.vfs, h, "abc", 3, 0), HYTHE_STATUS(15));
    UNIT_ASSERT_NUMBER(world_said(&s.w, " fails for user "), 0);
    UNIT_ASSERT_NUMBER(world_said(&s.w, "read of \"/f\" is denied to user alice by the program: "), 1);
    UNIT_ASSERT_NUMBER(world_said(&s.w, " is denied to user "), 1); /* for a file */
    hy_vfs_clear_error(s.w.vfs);
    s.acts[HY_EVENT_FileWrite].after = LEAVE;
    UNIT_ASSERT_NUMBER(hy_vfs_write(s.w.vfs, h, "abc", 3, INT64_MAX - 3), -EFBIG);
    UNIT_ASSERT_NUMBER(world_said(&s.w, "write of \"/f\" fails for user alice"), 1);
    hy_vfs_clear_error(s.w.vfs);
    s.acts[HY_EVENT_FileClose].after = 4;
    CU_ASSERT(do_open(&s.w, "/d/x", HYTHE_OPEN_READ, &h) == 0 && hy_vfs_close(s.w.vfs, h) == HYTHE_STATUS(4));
    UNIT_ASSERT_NUMBER(world_said(&s.w, " fails for user "), 1);
    scene_end(&s);
}

/* ---- Listing ---- */

static void list(void *p, bool before)
{
    if (!before)
        UNIT_ASSERT_NUMBER(hy_events_set_list(scene_of(p)->events, 7, "f\nghost\nl\nempty"), 0);
}

static void look_at_names(void *p, bool before)
{
    struct hythe_GetAttributes *e = p;

    (void)before;
    if (strcmp(e->Path, "/empty") == 0)
        e->StatusCode = HYTHE_FX_NO_SUCH_FILE;
    if (strcmp(e->Path, "/l") == 0)
        UNIT_ASSERT_NUMBER(e->attributes.FileType, 3);
    if (strcmp(e->Path, "/l") == 0)
        e->StatusCode = HYTHE_FX_PERMISSION_DENIED;
    if (strcmp(e->Path, "/f") == 0)
        UNIT_ASSERT_NUMBER(e->attributes.FileSize, 7);
}

static void a_list_replaces_what_is_there(void)
{
    char names[64];
    struct scene s;

    scene_begin(&s, BIT(DirList) | BIT(FileClose) | BIT(GetAttributes));
    UNIT_ASSERT_STRING(do_list(&s.w, "/", names, sizeof names), ". .. f d empty l");
    UNIT_ASSERT_STRING(s.trace, "DirList> /;DirList< / 0;FileClose< / 0;");
    s.acts[HY_EVENT_DirList].more = list;
    s.acts[HY_EVENT_GetAttributes].more = look_at_names;
    s.trace[0] = '\0';
    UNIT_ASSERT_STRING(do_list(&s.w, "/", names, sizeof names), ". .. f l");
    UNIT_ASSERT_STRING(s.trace, "DirList> /;DirList< / 0;GetAttributes< /f 0;GetAttributes< /ghost 2;GetAttributes< /l "
                                "0;GetAttributes< /empty 0;FileClose< / 0;");
    scene_end(&s);
    scene_begin(&s, BIT(DirList));
    s.acts[HY_EVENT_DirList].more = list;
    UNIT_ASSERT_STRING(do_list(&s.w, "/", names, sizeof names), ". .. f l empty");
    CU_ASSERT(hy_events_set_list(s.events, 7, "a") == -EINVAL);
    scene_end(&s);
}

static char longest[300];

static void list_many(void *p, bool before)
{
    struct hy_events *events = scene_of(p)->events;

    if (!before)
        return;
    UNIT_ASSERT_NUMBER(hy_events_set_list(events, 7, longest), -EINVAL);
    UNIT_ASSERT_NUMBER(hy_events_set_list(events, 7, longest + 43), -EINVAL); /* 256 */
    UNIT_ASSERT_NUMBER(hy_events_set_list(events, 7, NULL), -EINVAL);
    UNIT_ASSERT_NUMBER(hy_events_set_list(events, 7, longest + 44), 0); /* 255 */
}

struct some {
    int room, count;
};

static int take_some(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    struct some *some = ctx;

    (void)name;
    (void)attrs;
    if (!some->room--)
        return -ENOBUFS;
    some->count++;
    return 0;
}

static void a_listing_goes_on_where_it_was(void)
{
    struct some some = {1, 0};
    char names[512];
    struct scene s;
    hy_handle h;
    int64_t r;

    memset(longest, 'n', sizeof longest - 1);
    scene_begin(&s, BIT(DirList));
    s.acts[HY_EVENT_DirList].more = list;
    UNIT_ASSERT_NUMBER(hy_vfs_opendir(s.w.vfs, name_of("/"), &h), 0);
    while ((r = hy_vfs_readdir(s.w.vfs, h, UINT32_MAX, take_some, &some)) > 0) {
        UNIT_ASSERT_NUMBER(r, 1);
        some.room = 1;
    }
    UNIT_ASSERT_NUMBER(r, 0);
    UNIT_ASSERT_NUMBER(some.count, 5);
    UNIT_ASSERT_NUMBER(hy_vfs_close(s.w.vfs, h), 0);
    s.acts[HY_EVENT_DirList].more = list_many;
    UNIT_ASSERT_STRING(do_list(&s.w, "/", names, sizeof names), ". ..");
    scene_end(&s);
}

/* ---- Another thread ---- */

static atomic_bool over;

static void *run_events(void *ctx)
{
    while (!atomic_load(&over))
        (void)hy_events_do(ctx, 20);
    return NULL;
}

static void handlers_may_run_elsewhere(void)
{
    struct hythe_attrs attrs;
    pthread_t thread;
    char names[64];
    struct scene s;

    scene_begin(&s, ALL_EVENTS);
    CU_ASSERT(!(hy_events_layer(s.events)->flags & HYTHE_SLOW));
    hy_events_queue(s.events, true);
    CU_ASSERT(hy_events_layer(s.events)->flags & HYTHE_SLOW);
    atomic_store(&over, false);
    CU_ASSERT_FATAL(pthread_create(&thread, NULL, run_events, s.events) == 0);
    s.acts[HY_EVENT_DirList].more = list;
    s.acts[HY_EVENT_FileRead].more = shout;
    UNIT_ASSERT_STRING(do_list(&s.w, "/", names, sizeof names), ". .. f l empty");
    UNIT_ASSERT_STRING(do_cat(&s.w, "/f"), "CONTENT");
    atomic_store(&over, true);
    (void)pthread_join(thread, NULL);
    /* Nobody runs them any more: what they would have judged isn't done. */
    hy_events_close(s.events);
    UNIT_ASSERT_NUMBER(do_mkdir(&s.w, "/new"), -ECANCELED);
    UNIT_ASSERT_NUMBER(do_getattr(&s.w, "/f", &attrs), -ECANCELED);
    UNIT_ASSERT_NUMBER(do_getattr(&s.w, "/none", &attrs), -ENOENT); /* which it is in any case */
    UNIT_ASSERT_STRING(do_cat(&s.w, "/f"), "!125");
    CU_ASSERT_PTR_NULL(memfs_content(s.fs, "new"));
    scene_end(&s);
}

UNIT_SUITE(event_data, UNIT_TEST(what_is_read_may_be_changed), UNIT_TEST(what_is_written_may_be_replaced),
           UNIT_TEST(data_is_replaced_by_the_call_alone), UNIT_TEST(a_denial_is_no_failure_of_a_store),
           UNIT_TEST(a_list_replaces_what_is_there), UNIT_TEST(a_listing_goes_on_where_it_was),
           UNIT_TEST(handlers_may_run_elsewhere));
