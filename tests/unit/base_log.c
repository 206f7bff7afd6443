/* core/base/log: what reaches the sink, and that nothing in it can start a line of its own. */
#include "core/base/log.h"
#include "tests/unit/unit.h"

struct seen {
    unsigned count;
    enum hy_log_level level;
    uint64_t conn;
    int number;
    char line[8192];
};

static void see(void *ctx, enum hy_log_level level, uint64_t conn, const char *line)
{
    struct seen *seen = ctx;

    seen->count++;
    seen->level = level;
    seen->conn = conn;
    (void)snprintf(seen->line, sizeof seen->line, "%s", line);
}

static void escapes(const char *in, size_t len, const char *want)
{
    char out[256];
    size_t n = hy_escape(out, sizeof out, in, len);

    UNIT_ASSERT_STRING(out, want);
    UNIT_ASSERT_NUMBER(n, strlen(out));
}

#define ESCAPES(in, want) escapes(in, sizeof(in) - 1, want)

static void keeps_printable_text(void)
{
    ESCAPES("", "");
    ESCAPES("plain text, \"quotes\" and ~", "plain text, \"quotes\" and ~");
    ESCAPES("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7");
}

static void escapes_controls_and_backslashes(void)
{
    ESCAPES("a\nb\r\tc", "a\\x0ab\\x0d\\x09c");
    ESCAPES("\x1b[31m", "\\x1b[31m");
    ESCAPES("nul\0end", "nul\\x00end");
    ESCAPES("\x7f", "\\x7f");
    ESCAPES("\\x0a", "\\\\x0a");
}

static void escapes_what_is_not_utf8(void)
{
    ESCAPES("\x80", "\\x80");
    ESCAPES("\xff\xfe", "\\xff\\xfe");
    ESCAPES("\xc3", "\\xc3");
    ESCAPES("\xc3(", "\\xc3(");
    ESCAPES("\xe2\x82", "\\xe2\\x82");
    escapes("\xe2\x82\xac", 2, "\\xe2\\x82");            /* whole, but not within the length */
    ESCAPES("\xc0\xaf", "\\xc0\\xaf");                   /* overlong "/" */
    ESCAPES("\xe0\x80\xaf", "\\xe0\\x80\\xaf");          /* the same in three bytes */
    ESCAPES("\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf"); /* and in four */
    ESCAPES("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* a surrogate */
    ESCAPES("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* beyond U+10FFFF */
    ESCAPES("\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80");
}

static void escapes_c1_controls(void)
{
    ESCAPES("\xc2\x9b[m", "\\xc2\\x9b[m");
    ESCAPES("\xc2\x85", "\\xc2\\x85");
    ESCAPES("\xc2\xa0", "\xc2\xa0");
}

static void escapes_what_ends_a_line_or_turns_it_round(void)
{
    ESCAPES("\xe2\x80\xa8", "\\xe2\\x80\\xa8"); /* U+2028 */
    ESCAPES("\xe2\x80\xae", "\\xe2\\x80\\xae"); /* U+202E */
    ESCAPES("\xe2\x81\xa6", "\\xe2\\x81\\xa6"); /* U+2066 */
    ESCAPES("\xe2\x81\xa9", "\\xe2\\x81\\xa9");
    ESCAPES("\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5", "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5");
}

static void cuts_where_the_room_ends(void)
{
    for (size_t size = 1; size < 24; size++) {
        char out[32];
        size_t n;

        memset(out, '#', sizeof out);
        n = hy_escape(out, size, "\n\n\n\xe2\x82\xac\xe2\x82\xac", 9);
        CU_ASSERT(n < size);
        UNIT_ASSERT_NUMBER(strlen(out), n);
        CU_ASSERT(out[size] == '#');
    }
}

static void one_message_is_one_escaped_line(void)
{
    struct seen seen = {0};
    const struct hy_log log = {.sink = see, .ctx = &seen, .level = HY_LOG_INFO};

    hy_log(&log, HY_LOG_INFO, 42, "user %s from %d", "a\nroot logged in", 7);
    UNIT_ASSERT_NUMBER(seen.count, 1);
    UNIT_ASSERT_NUMBER(seen.level, HY_LOG_INFO);
    UNIT_ASSERT_NUMBER(seen.conn, 42);
    UNIT_ASSERT_STRING(seen.line, "user a\\x0aroot logged in from 7");
}

static void drops_what_is_above_its_level(void)
{
    struct seen seen = {0};
    struct hy_log log = {.sink = see, .ctx = &seen, .level = HY_LOG_ERROR};

    hy_log(&log, HY_LOG_INFO, 0, "no");
    hy_log(&log, HY_LOG_DEBUG, 0, "no");
    UNIT_ASSERT_NUMBER(seen.count, 0);
    hy_log(&log, HY_LOG_ERROR, 0, "yes");
    UNIT_ASSERT_NUMBER(seen.count, 1);
    log.level = HY_LOG_DEBUG;
    hy_log(&log, HY_LOG_DEBUG, 0, "yes");
    UNIT_ASSERT_NUMBER(seen.count, 2);
}

static void is_silent_without_a_sink(void)
{
    const struct hy_log log = {.level = HY_LOG_DEBUG};

    hy_log(NULL, HY_LOG_ERROR, 0, "nobody hears");
    hy_log(&log, HY_LOG_ERROR, 0, "nobody hears");
}

static void see_number(void *ctx, uint64_t conn, int number, const char *line)
{
    struct seen *seen = ctx;

    see(ctx, HY_LOG_DEBUG, conn, line);
    seen->number = number;
}

static void a_failure_with_a_number_is_told_at_every_level(void)
{
    struct seen seen = {0};
    struct hy_log log = {.ctx = &seen, .level = HY_LOG_ERROR, .error = see_number};
    char big[10000];

    hy_log_number(NULL, HY_LOG_INFO, 7, 2002, "nobody hears");
    hy_log_number(&log, HY_LOG_INFO, 7, 2002, "write of %s", "a\nb");
    UNIT_ASSERT_NUMBER(seen.count, 1);
    UNIT_ASSERT_NUMBER(seen.conn, 7);
    UNIT_ASSERT_NUMBER(seen.number, 2002);
    UNIT_ASSERT_STRING(seen.line, "write of a\\x0ab [2002]");
    hy_log_number(&log, HY_LOG_INFO, 7, -24, "an errno");
    UNIT_ASSERT_STRING(seen.line, "an errno");
    hy_log_number(&log, HY_LOG_INFO, 7, 1301, "no key [1301]");
    UNIT_ASSERT_STRING(seen.line, "no key [1301]");
    memset(big, 'a', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    hy_log_number(&log, HY_LOG_INFO, 7, 2002, "%s", big);
    CU_ASSERT(strcmp(seen.line + strlen(seen.line) - 8, "a [2002]") == 0);
    log.error = NULL;
    log.sink = see;
    hy_log_number(&log, HY_LOG_INFO, 7, 2002, "above its level");
    UNIT_ASSERT_NUMBER(seen.count, 4);
    hy_log_number(&log, HY_LOG_ERROR, 7, 2002, "a line");
    UNIT_ASSERT_NUMBER(seen.count, 5);
    UNIT_ASSERT_STRING(seen.line, "a line [2002]");
}

static void a_very_long_message_is_cut(void)
{
    struct seen seen = {0};
    const struct hy_log log = {.sink = see, .ctx = &seen, .level = HY_LOG_INFO};
    char big[10000];

    memset(big, '\n', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    hy_log(&log, HY_LOG_INFO, 0, "%s", big);
    UNIT_ASSERT_NUMBER(seen.count, 1);
    CU_ASSERT(strlen(seen.line) > 1000 && strlen(seen.line) < 4096);
    CU_ASSERT(strchr(seen.line, '\n') == NULL);
}

UNIT_SUITE(log, UNIT_TEST(keeps_printable_text), UNIT_TEST(escapes_controls_and_backslashes),
           UNIT_TEST(escapes_what_is_not_utf8), UNIT_TEST(escapes_c1_controls),
           UNIT_TEST(escapes_what_ends_a_line_or_turns_it_round), UNIT_TEST(cuts_where_the_room_ends),
           UNIT_TEST(one_message_is_one_escaped_line), UNIT_TEST(drops_what_is_above_its_level),
           UNIT_TEST(is_silent_without_a_sink), UNIT_TEST(a_failure_with_a_number_is_told_at_every_level),
           UNIT_TEST(a_very_long_message_is_cut));
