/* The lines of hythed's log. */
#include "core/server/hythed_line.h"
#include "tests/unit/unit.h"

static char *line(struct hythed_form form, time_t seconds, long ns, enum hy_log_level level, uint64_t conn,
                  const char *text)
{
    static char out[HYTHED_LINE_MAX + 1];
    const struct timespec at = {.tv_sec = seconds, .tv_nsec = ns};
    size_t len = hythed_line(out, form, &at, level, conn, text);

    CU_ASSERT_FATAL(len > 0 && len < sizeof out && out[len - 1] == '\n');
    out[len - 1] = '\0';
    return out;
}

static void has_the_days_of_every_year(void)
{
    static const time_t some[] = {0,          86399,      951782399,  951782400,   951868799,  951868800,
                                  1709164799, 1709251199, 1709251200, 1735689599,  1735689600, 4107542399,
                                  4107542400, 4133980799, 4133980800, 253402300799};
    struct hythed_form text = {0};

    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        char wanted[64];
        struct tm tm;

        (void)strftime(wanted, sizeof wanted, "%Y-%m-%dT%H:%M:%S.007Z info x", gmtime_r(&some[i], &tm));
        UNIT_ASSERT_STRING(line(text, some[i], 7999999, HY_LOG_INFO, 0, "x"), wanted);
    }
}

static void is_text_json_or_the_journals(void)
{
    const struct hythed_form text = {0}, json = {.json = true}, journal = {.journal = true}, both = {true, true};

    UNIT_ASSERT_STRING(line(text, 0, 0, HY_LOG_ERROR, 12, "a \"b\" \\\\"),
                       "1970-01-01T00:00:00.000Z error [conn 12] a \"b\" \\\\");
    UNIT_ASSERT_STRING(line(journal, 0, 999999999, HY_LOG_DEBUG, 0, "a"), "<7>1970-01-01T00:00:00.999Z debug a");
    UNIT_ASSERT_STRING(line(json, 0, 0, HY_LOG_VERBOSE, UINT64_MAX, "a \"b\" \\\\"),
                       "{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"verbose\",\"connection\":"
                       "18446744073709551615,\"message\":\"a \\\"b\\\" \\\\\\\\\"}");
    UNIT_ASSERT_STRING(line(both, 0, 0, HY_LOG_ERROR, 0, ""),
                       "<3>{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"error\",\"message\":\"\"}");
}

/* Of the longest that core/base/log.c hands over, nothing is lost. */
static void has_room(void)
{
    char longest[4096], *out;

    memset(longest, '"', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    out = line((struct hythed_form){true, true}, 0, 0, HY_LOG_VERBOSE, UINT64_MAX, longest);
    UNIT_ASSERT_STRING(out + strlen(out) - 4, "\\\"\"}");
    out = strstr(out, "message\":\"");
    CU_ASSERT_FATAL(out != NULL);
    UNIT_ASSERT_NUMBER(strlen(out), strlen("message\":\"") + 2 * strlen(longest) + 2);
}

/* More than that stays one object. */
static void cuts_in_time(void)
{
    char more[2 * HYTHED_LINE_MAX], *out;

    memset(more, '\\', sizeof more - 1);
    more[sizeof more - 1] = '\0';
    out = line((struct hythed_form){.json = true}, 0, 0, HY_LOG_INFO, 1, more);
    UNIT_ASSERT_STRING(out + strlen(out) - 4, "\\\\\"}");
    CU_ASSERT(strspn(strchr(out, '\\'), "\\") % 2 == 0);
    out = line((struct hythed_form){0}, 0, 0, HY_LOG_INFO, 1, more);
    CU_ASSERT(strlen(out) < HYTHED_LINE_MAX);
}

UNIT_SUITE(server_line, UNIT_TEST(has_the_days_of_every_year), UNIT_TEST(is_text_json_or_the_journals),
           UNIT_TEST(has_room), UNIT_TEST(cuts_in_time));
