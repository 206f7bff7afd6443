/* Which extensions a list leaves on, and who may begin something long. */
#include "core/sftp/longs.h"
#include "core/sftp/sftp.h"
#include "tests/unit/unit.h"

#define BIT(id) (UINT64_C(1) << HY_REQUEST_##id)

static uint64_t off(const char *a, const char *b, const char *c)
{
    const char *const list[] = {a, b, c, NULL};

    return hy_sftp_extensions_off(list);
}

static void lists_turn_extensions_on_and_off(void)
{
    const uint64_t all = off(NULL, NULL, NULL);

    CU_ASSERT(all & BIT(check_file_name) && all & BIT(posix_rename) && !(all & BIT(open)) && !(all & BIT(link)));
    CU_ASSERT(off("all", NULL, NULL) == 0);
    CU_ASSERT(off("all", "-check-file", NULL) == (BIT(check_file_name) | BIT(check_file_handle)));
    CU_ASSERT(off("all", "-check-file", "check-file-handle") == BIT(check_file_name));
    CU_ASSERT(off("posix-rename@openssh.com", "statvfs", NULL) == (all & ~(BIT(posix_rename) | BIT(statvfs))));
    CU_ASSERT(off("all", "-all", "copy-file") == (all & ~BIT(copy_file)));
}

static void unknown_names_have_a_nearest(void)
{
    static const char *const good[] = {"all", "-all", "check-file", "-check-file-name", "limits@openssh.com"};
    const char *near;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CU_ASSERT(hy_sftp_extension_ok(good[i], &near));
    CU_ASSERT(!hy_sftp_extension_ok("chek-file", &near));
    UNIT_ASSERT_STRING(near, "check-file");
    CU_ASSERT(!hy_sftp_extension_ok("-copyfile", &near));
    UNIT_ASSERT_STRING(near, "copy-file");
    CU_ASSERT(!hy_sftp_extension_ok("limits@openssh.org", &near));
    UNIT_ASSERT_STRING(near, "limits@openssh.com");
    CU_ASSERT(!hy_sftp_extension_ok("open", &near));
    CU_ASSERT(!hy_sftp_extension_ok("", &near));
    CU_ASSERT(!hy_sftp_extension_ok("-", &near));
}

static void each_user_has_as_many_as_the_limit_says(void)
{
    struct hy_longs *longs = hy_longs_new();

    CU_ASSERT(hy_longs_enter(longs, "a", 2) && hy_longs_enter(longs, "a", 2));
    CU_ASSERT(!hy_longs_enter(longs, "a", 2));
    CU_ASSERT(hy_longs_enter(longs, "b", 2));
    hy_longs_leave(longs, "a");
    CU_ASSERT(hy_longs_enter(longs, "a", 2));
    CU_ASSERT(!hy_longs_enter(longs, "a", 1)); /* a reload brought less */
    CU_ASSERT(!hy_longs_enter(longs, "c", 0));
    hy_longs_leave(longs, "a");
    hy_longs_leave(longs, "a");
    hy_longs_leave(longs, "b");
    CU_ASSERT(hy_longs_enter(longs, "a", 1));
    hy_longs_leave(longs, "a");
    hy_longs_free(longs);
}

UNIT_SUITE(sums, UNIT_TEST(lists_turn_extensions_on_and_off), UNIT_TEST(unknown_names_have_a_nearest),
           UNIT_TEST(each_user_has_as_many_as_the_limit_says));
