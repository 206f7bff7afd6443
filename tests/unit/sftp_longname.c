#include "core/sftp/longname.h"
#include "core/sftp/attrs.h"
#include "tests/unit/unit.h"

#include <time.h>
#include <unistd.h>

static struct hythe_attrs plain(void)
{
    struct hythe_attrs a = HY_ATTRS_EMPTY;

    a.valid =
        HYTHE_ATTR_TYPE | HYTHE_ATTR_MODE | HYTHE_ATTR_SIZE | HYTHE_ATTR_OWNER | HYTHE_ATTR_MTIME | HYTHE_ATTR_NLINK;
    a.type = HYTHE_TYPE_REGULAR;
    a.mode = 0644;
    a.nlink = 1;
    a.size = 348911;
    a.owner = "mjos";
    a.group = "staff";
    return a;
}

static const char *line(struct hy_longname *l, const struct hythe_attrs *a, const char *name)
{
    static char out[HY_LONGNAME_ROOM + 256];
    size_t n = hy_longname(l, out, a, name, strlen(name));

    CU_ASSERT(n <= HY_LONGNAME_ROOM + strlen(name));
    out[n] = '\0';
    return out;
}

/* What `date` would print in this time zone. */
static const char *dated(int64_t sec, const char *form)
{
    static char out[64];
    time_t t = (time_t)sec;
    struct tm tm;

    (void)strftime(out, sizeof out, form, localtime_r(&t, &tm));
    return out;
}

/* The example of draft-02, section 7: columns of 10, 3, 8, 8, 8 and 12. */
static void a_line_has_the_columns_of_the_draft(void)
{
    struct hy_longname l = {0};
    struct hythe_attrs a = plain();
    char want[128];

    hy_longname_begin(&l);
    a.mode = 0755;
    a.mtime.sec = l.now - 30 * 24 * 3600;
    (void)snprintf(want, sizeof want, "-rwxr-xr-x   1 mjos     staff      348911 %s t-filexfer",
                   dated(a.mtime.sec, "%b %e %H:%M"));
    UNIT_ASSERT_STRING(line(&l, &a, "t-filexfer"), want);
}

static void old_and_future_files_show_the_year(void)
{
    struct hy_longname l = {0};
    struct hythe_attrs a = plain();
    static const int64_t half = 365 * 24 * 3600 / 2;
    static const struct {
        int64_t off;
        const char *form;
    } rows[] = {
        {0, "%b %e %H:%M"},           {-half + 1, "%b %e %H:%M"}, {-half, "%b %e  %Y"},
        {-half - 86400, "%b %e  %Y"}, {1, "%b %e  %Y"},           {86400 * 400, "%b %e  %Y"},
    };

    hy_longname_begin(&l);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char want[96];

        a.mtime.sec = l.now + rows[i].off;
        (void)snprintf(want, sizeof want, " 348911 %s x", dated(a.mtime.sec, rows[i].form));
        CU_ASSERT(strstr(line(&l, &a, "x"), want) != NULL);
    }
}

/* UnixStyleDateFormat off: the same columns, but for a date that any file has in full. */
static void long_dates_are_those_of_long_iso(void)
{
    struct hy_longname l = {.long_dates = true};
    struct hythe_attrs a = plain();
    static const int64_t offs[] = {0, 1, -100, -400 * 86400, 86400 * 400};

    hy_longname_begin(&l);
    for (size_t i = 0; i < sizeof offs / sizeof offs[0]; i++) {
        char want[96];

        a.mtime.sec = l.now + offs[i];
        (void)snprintf(want, sizeof want, " mjos     staff      348911 %s x", dated(a.mtime.sec, "%Y-%m-%d %H:%M"));
        CU_ASSERT(strstr(line(&l, &a, "x"), want) != NULL);
    }
    a.mtime.sec = INT64_MAX;
    UNIT_ASSERT_NUMBER(strlen(line(&l, &a, "x")) < HY_LONGNAME_ROOM, 1);
}

/* The memory of the last minute must not show through: two files of one minute, of different minutes, and back. */
static void remembered_dates_are_the_right_ones(void)
{
    struct hy_longname l = {0};
    struct hythe_attrs a = plain();
    static const int64_t offs[] = {-100, -101, -100000, -100, 50, -100, -400 * 86400, 0, 1, 0};

    hy_longname_begin(&l);
    for (size_t i = 0; i < sizeof offs / sizeof offs[0]; i++) {
        char want[96];

        a.mtime.sec = l.now + offs[i];
        (void)snprintf(want, sizeof want, " %s x",
                       dated(a.mtime.sec, offs[i] > 0 || offs[i] < -200 * 86400 ? "%b %e  %Y" : "%b %e %H:%M"));
        CU_ASSERT(strstr(line(&l, &a, "x"), want) != NULL);
    }
}

/* The minute before 1970 isn't the one after. */
static void times_before_1970_have_their_own_minutes(void)
{
    struct hy_longname l = {0};
    struct hythe_attrs a = plain();

    hy_longname_begin(&l);
    for (int64_t sec = 30; sec >= -30; sec -= 60) {
        char want[96];

        a.mtime.sec = sec;
        (void)snprintf(want, sizeof want, " %s x", dated(sec, "%b %e  %Y"));
        CU_ASSERT(strstr(line(&l, &a, "x"), want) != NULL);
    }
}

static void modes_are_spelled_as_ls_does(void)
{
    static const struct {
        uint32_t type, mode;
        const char *text;
    } rows[] = {
        {HYTHE_TYPE_REGULAR, 0, "----------"},        {HYTHE_TYPE_REGULAR, 0777, "-rwxrwxrwx"},
        {HYTHE_TYPE_DIRECTORY, 01777, "drwxrwxrwt"},  {HYTHE_TYPE_DIRECTORY, 01776, "drwxrwxrwT"},
        {HYTHE_TYPE_REGULAR, 04755, "-rwsr-xr-x"},    {HYTHE_TYPE_REGULAR, 04655, "-rwSr-xr-x"},
        {HYTHE_TYPE_REGULAR, 02755, "-rwxr-sr-x"},    {HYTHE_TYPE_REGULAR, 02745, "-rwxr-Sr-x"},
        {HYTHE_TYPE_SYMLINK, 0777, "lrwxrwxrwx"},     {HYTHE_TYPE_SOCKET, 0600, "srw-------"},
        {HYTHE_TYPE_CHAR_DEVICE, 0620, "crw--w----"}, {HYTHE_TYPE_BLOCK_DEVICE, 0660, "brw-rw----"},
        {HYTHE_TYPE_FIFO, 0644, "prw-r--r--"},        {99, 0644, "?rw-r--r--"},
    };
    struct hy_longname l = {0};
    struct hythe_attrs a = plain();

    hy_longname_begin(&l);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char got[11];

        a.type = rows[i].type;
        a.mode = rows[i].mode;
        (void)snprintf(got, sizeof got, "%s", line(&l, &a, "x"));
        UNIT_ASSERT_STRING(got, rows[i].text);
    }
}

/* A client takes the line apart at spaces: nothing before the name may bring one in. */
static void hostile_owners_become_numbers(void)
{
    static const char *const names[] = {
        "two words", "tab\there", "new\nline",
        "",          "bell\a",    "a-name-that-is-far-too-long-to-stand-in-the-column-of-a-listing-of-files"};
    struct hy_longname l = {0};
    struct hythe_attrs a = plain();

    hy_longname_begin(&l);
    a.uid = 4000000000u;
    a.gid = 4000000001u;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        a.owner = a.group = names[i];
        CU_ASSERT(strstr(line(&l, &a, "x"), "   1 4000000000 4000000001   348911 ") != NULL);
    }
}

static void extreme_values_fit(void)
{
    struct hy_longname l = {0};
    struct hythe_attrs a = plain();
    char long_name[HY_NAME_TEXT];

    memset(long_name, 'o', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    hy_longname_begin(&l);
    a.owner = a.group = long_name;
    a.nlink = UINT32_MAX;
    a.size = UINT64_MAX;
    a.mtime.sec = INT64_MAX;
    CU_ASSERT(strstr(line(&l, &a, "x"), " 18446744073709551615 Jan  1  1970 x") != NULL);
    a.mtime.sec = INT64_MIN;
    CU_ASSERT(strstr(line(&l, &a, "x"), " Jan  1  1970 x") != NULL);
    a.mtime.sec = INT64_C(67767976233532799); /* the last second of the largest year */
    (void)line(&l, &a, "x");
}

static void unknown_attributes_leave_the_shape(void)
{
    struct hy_longname l = {0};
    struct hythe_attrs a = HY_ATTRS_EMPTY;

    hy_longname_begin(&l);
    CU_ASSERT(strncmp(line(&l, &a, "x"), "?---------   1 -        -               0 ", 41) == 0);
    a.valid = HYTHE_ATTR_TYPE;
    a.type = HYTHE_TYPE_DIRECTORY;
    CU_ASSERT(strncmp(line(&l, &a, "x"), "drwxr-xr-x", 10) == 0);
}

UNIT_SUITE(longname, UNIT_TEST(a_line_has_the_columns_of_the_draft), UNIT_TEST(old_and_future_files_show_the_year),
           UNIT_TEST(long_dates_are_those_of_long_iso), UNIT_TEST(remembered_dates_are_the_right_ones),
           UNIT_TEST(times_before_1970_have_their_own_minutes), UNIT_TEST(modes_are_spelled_as_ls_does),
           UNIT_TEST(hostile_owners_become_numbers), UNIT_TEST(extreme_values_fit),
           UNIT_TEST(unknown_attributes_leave_the_shape));

static void root_has_its_name(void)
{
    struct hy_names *names = hy_names_new();
    char out[HY_NAME_TEXT];

    CU_ASSERT_FATAL(names != NULL);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT(hy_names_get(names, HY_NAMES_USERS, 0, out));
        UNIT_ASSERT_STRING(out, "root");
        CU_ASSERT(hy_names_get(names, HY_NAMES_GROUPS, 0, out));
        UNIT_ASSERT_STRING(out, "root");
    }
    hy_names_free(names);
}

static void strangers_are_numbers(void)
{
    struct hy_names *names = hy_names_new();
    char out[HY_NAME_TEXT];

    CU_ASSERT_FATAL(names != NULL);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT(!hy_names_get(names, HY_NAMES_USERS, 4000000000u, out));
        UNIT_ASSERT_STRING(out, "4000000000");
    }
    hy_names_free(names);
}

/* Thousands of numbers share a bounded table; each still gets its own answer. */
static void numbers_that_share_a_place_are_kept_apart(void)
{
    struct hy_names *names = hy_names_new();
    char out[HY_NAME_TEXT], want[HY_NAME_TEXT];

    CU_ASSERT_FATAL(names != NULL);
    for (int round = 0; round < 2; round++)
        for (uint32_t id = 4000000000u; id < 4000000600u; id++) {
            (void)hy_names_get(names, HY_NAMES_GROUPS, id, out);
            (void)snprintf(want, sizeof want, "%u", id);
            CU_ASSERT(strcmp(out, want) == 0);
        }
    CU_ASSERT(hy_names_get(names, HY_NAMES_USERS, 0, out));
    hy_names_free(names);
}

static void only_words_fit_a_listing(void)
{
    CU_ASSERT(hy_names_fit("root"));
    CU_ASSERT(hy_names_fit("m\xc3\xbcller"));
    CU_ASSERT(!hy_names_fit(""));
    CU_ASSERT(!hy_names_fit("a b"));
    CU_ASSERT(!hy_names_fit("a\x7f"));
    CU_ASSERT(!hy_names_fit("a\x1b[0m"));
}

UNIT_SUITE(names, UNIT_TEST(root_has_its_name), UNIT_TEST(strangers_are_numbers),
           UNIT_TEST(numbers_that_share_a_place_are_kept_apart), UNIT_TEST(only_words_fit_a_listing));
