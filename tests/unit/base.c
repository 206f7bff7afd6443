/* core/base/err, and the program that runs the suites of core/base. */
#include "core/base/err.h"
#include "tests/unit/unit.h"

static void formats_and_returns_failure(void)
{
    struct hy_err err = {""};

    UNIT_ASSERT_NUMBER(hy_err_set(&err, "%s:%d: no", "file", 3), -1);
    UNIT_ASSERT_STRING(err.text, "file:3: no");
}

static void cuts_a_long_text(void)
{
    struct hy_err err;
    char big[sizeof err.text * 2];

    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    UNIT_ASSERT_NUMBER(hy_err_set(&err, "%s", big), -1);
    UNIT_ASSERT_NUMBER(strlen(err.text), sizeof err.text - 1);
}

static void needs_no_place(void)
{
    UNIT_ASSERT_NUMBER(hy_err_set(NULL, "lost %d", 1), -1);
}

UNIT_SUITE(err, UNIT_TEST(formats_and_returns_failure), UNIT_TEST(cuts_a_long_text), UNIT_TEST(needs_no_place));
UNIT_DECLARE(buf);
UNIT_DECLARE(log);
UNIT_DECLARE(pool);
UNIT_DECLARE(watch);

UNIT_MAIN("unit-base", &unit_buf, &unit_err, &unit_log, &unit_pool, &unit_watch)
