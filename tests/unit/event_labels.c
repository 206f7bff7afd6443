/* What events call open files, and what their ends are. */
#include "tests/unit/event_scene.h"

#include "core/vfs/session.h"

/* ---- Labels ---- */

static char labels[8][HYTHE_EVENT_HANDLE];
static unsigned label_count;

static void give_label(void *p, bool before)
{
    struct hythe_FileOpen *e = p;

    if (before && strcmp(e->Path, "/d/x") == 0) {
        memset(e->Handle, 'h', sizeof e->Handle - 1);
        e->Handle[sizeof e->Handle - 1] = '\0';
    }
}

static bool early;

static void endless_label(void *p, bool before)
{
    struct hythe_FileOpen *e = p;

    if (before == early)
        memset(e->Handle, 'h', sizeof e->Handle);
}

static void a_label_ends(void)
{
    struct scene s;
    hy_handle h;

    scene_begin(&s, BIT(FileOpen));
    s.acts[HY_EVENT_FileOpen].more = endless_label;
    for (early = false;; early = true) {
        UNIT_ASSERT_NUMBER(do_open(&s.w, "/f", HYTHE_OPEN_READ, &h), HYTHE_STATUS(4));
        UNIT_ASSERT_NUMBER(memfs_open(s.fs), 0);
        if (early)
            break;
    }
    CU_ASSERT(world_said(&s.w, "FileOpen left a Handle without a NUL") == 2);
    scene_end(&s);
}

static void note_label(const char *label)
{
    (void)snprintf(labels[label_count++ % 8], HYTHE_EVENT_HANDLE, "%s", label);
}

static void label_of_read(void *e, bool before)
{
    (void)before;
    note_label(((struct hythe_FileRead *)e)->Handle);
}

static void label_of_close(void *e, bool before)
{
    (void)before;
    note_label(((struct hythe_FileClose *)e)->Handle);
}

static void open_files_have_labels(void)
{
    struct scene s;

    scene_begin(&s, BIT(FileOpen) | BIT(FileRead) | BIT(FileClose));
    s.acts[HY_EVENT_FileOpen].more = give_label;
    s.acts[HY_EVENT_FileRead].more = label_of_read;
    s.acts[HY_EVENT_FileClose].more = label_of_close;
    label_count = 0;
    UNIT_ASSERT_STRING(do_cat(&s.w, "/f"), "content");
    UNIT_ASSERT_STRING(do_cat(&s.w, "/d/x"), "x");
    UNIT_ASSERT_STRING(do_cat(&s.w, "/f"), "content");
    UNIT_ASSERT_NUMBER(label_count, 6);
    CU_ASSERT(strcmp(labels[0], "1") == 0 && strcmp(labels[1], "1") == 0);
    CU_ASSERT(strlen(labels[2]) == 256 && labels[2][0] == 'h' && strcmp(labels[2], labels[3]) == 0);
    CU_ASSERT(strcmp(labels[4], "3") == 0 && strcmp(labels[5], "3") == 0);
    scene_end(&s);
    /* Without FileOpen they are numbers, too. */
    scene_begin(&s, BIT(FileRead) | BIT(FileClose));
    s.acts[HY_EVENT_FileRead].more = label_of_read;
    s.acts[HY_EVENT_FileClose].more = label_of_close;
    label_count = 0;
    UNIT_ASSERT_STRING(do_cat(&s.w, "/f"), "content");
    UNIT_ASSERT_STRING(do_cat(&s.w, "/d/x"), "x");
    CU_ASSERT(strcmp(labels[0], "1") == 0 && strcmp(labels[1], "1") == 0 && strcmp(labels[3], "2") == 0);
    scene_end(&s);
}

/* ---- Ends ---- */

static uint32_t aborted[8];

static void note_abort(void *e, bool before)
{
    (void)before;
    aborted[label_count++ % 8] = ((struct hythe_FileClose *)e)->aborted;
}

static void what_the_end_of_a_connection_closes_is_aborted(void)
{
    struct scene s;
    hy_handle h, d;

    scene_begin(&s, BIT(FileClose));
    s.acts[HY_EVENT_FileClose].more = note_abort;
    label_count = 0;
    CU_ASSERT(do_open(&s.w, "/f", HYTHE_OPEN_READ, &h) == 0 && hy_vfs_close(s.w.vfs, h) == 0);
    CU_ASSERT(do_open(&s.w, "/f", HYTHE_OPEN_READ, &h) == 0 && hy_vfs_opendir(s.w.vfs, name_of("/d"), &d) == 0);
    CU_ASSERT(world_see(&s.w, NULL, NULL, false) != NULL);
    UNIT_ASSERT_NUMBER(label_count, 3);
    CU_ASSERT(!aborted[0] && aborted[1] && aborted[2]);
    scene_end(&s);
}

static void what_is_deleted_on_close_is_a_removal(void)
{
    struct scene s;
    hy_handle h;

    scene_begin(&s, BIT(FileRemove) | BIT(FileOpen) | BIT(FileClose));
    UNIT_ASSERT_NUMBER(do_open(&s.w, "/f", HYTHE_OPEN_READ | HYTHE_OPEN_DELETE_ON_CLOSE, &h), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_close(s.w.vfs, h), 0);
    UNIT_ASSERT_STRING(s.trace, "FileRemove> /f;FileOpen> /f;FileOpen< /f 0;FileRemove< /f 0;FileClose< /f 0;");
    s.acts[HY_EVENT_FileRemove].before = 22;
    UNIT_ASSERT_NUMBER(do_open(&s.w, "/f", HYTHE_OPEN_READ | HYTHE_OPEN_DELETE_ON_CLOSE, &h), HYTHE_STATUS(22));
    UNIT_ASSERT_NUMBER(do_open(&s.w, "/f", HYTHE_OPEN_READ, &h), 0);
    scene_end(&s);
}

UNIT_SUITE(event_labels, UNIT_TEST(a_label_ends), UNIT_TEST(open_files_have_labels),
           UNIT_TEST(what_the_end_of_a_connection_closes_is_aborted), UNIT_TEST(what_is_deleted_on_close_is_a_removal));
