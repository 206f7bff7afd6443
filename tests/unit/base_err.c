#include "core/base/err.h"
#include "tests/unit/unit.h"

static void formats_and_returns_failure(void)
{
    struct hy_err err = {0};

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

static void a_failure_has_a_text_and_maybe_a_number(void)
{
    struct hy_err err = {0};

    UNIT_ASSERT_NUMBER(hy_err_set(&err, "%s: no", "it"), -1);
    UNIT_ASSERT_STRING(err.text, "it: no");
    UNIT_ASSERT_NUMBER(err.number, 0);
    UNIT_ASSERT_NUMBER(hy_err_number(&err, HY_ERROR_HOST_KEY, "%s: no", "key"), -1);
    UNIT_ASSERT_STRING(err.text, "key: no [1301]");
    UNIT_ASSERT_NUMBER(err.number, 1301);
    (void)hy_err_set(&err, "another");
    UNIT_ASSERT_NUMBER(err.number, 0);
    UNIT_ASSERT_NUMBER(hy_err_number(NULL, HY_ERROR_HOST_KEY, "nobody listens"), -1);
}

static void a_long_text_keeps_its_number(void)
{
    struct hy_err err = {0};

    (void)hy_err_number(&err, HY_ERROR_HOST_KEY, "%2000d", 1);
    UNIT_ASSERT_NUMBER(strlen(err.text), sizeof err.text - 1);
    UNIT_ASSERT_STRING(err.text + sizeof err.text - 8, " [1301]");
}

static void numbers_have_the_words_of_the_specification(void)
{
    UNIT_ASSERT_STRING(hy_error_text(1301), "there is no private host key");
    CU_ASSERT(hy_error_text(10048) == NULL);
    CU_ASSERT(hy_error_text(0) == NULL);
    CU_ASSERT(hy_error_text(9999) == NULL);
}

UNIT_SUITE(err, UNIT_TEST(formats_and_returns_failure), UNIT_TEST(cuts_a_long_text), UNIT_TEST(needs_no_place),
           UNIT_TEST(a_failure_has_a_text_and_maybe_a_number), UNIT_TEST(a_long_text_keeps_its_number),
           UNIT_TEST(numbers_have_the_words_of_the_specification));
