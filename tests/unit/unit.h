/* A CUnit program in a few lines. Each test file defines one suite:
 *
 *     static void grows_up_to_its_maximum(void) { CU_ASSERT_EQUAL(...); }
 *     UNIT_SUITE(buf, UNIT_TEST(grows_up_to_its_maximum), UNIT_TEST(...));
 *
 * and one file of the program names the suites: UNIT_MAIN("unit-base", &unit_buf, &unit_err), after
 * UNIT_DECLARE(buf) for those that are in other files. The program prints a line per failure and ends with
 * "unit-base: 12 passed, 0 failed"; its exit status says whether all passed. An argument runs only the tests whose
 * name contains it. */
#ifndef HY_TESTS_UNIT_H
#define HY_TESTS_UNIT_H

#include <CUnit/CUnit.h>
#include <CUnit/TestRun.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit_test {
    const char *name;
    void (*run)(void);
};

struct unit_suite {
    const char *name;
    const struct unit_test *tests; /* ends with a NULL name */
};

extern unsigned unit_skipped;

#define UNIT_TEST(function) \
    { \
#function, function \
    }
#define UNIT_DECLARE(suite) extern const struct unit_suite unit_##suite
#define UNIT_SUITE(suite, ...) \
    UNIT_DECLARE(suite); \
    const struct unit_suite unit_##suite = {#suite, (const struct unit_test[]){__VA_ARGS__, {NULL, NULL}}}
#define UNIT_MAIN(program, ...) \
    unsigned unit_skipped; \
    int main(int argc, char **argv) \
    { \
        const struct unit_suite *const suites[] = {__VA_ARGS__, NULL}; \
        return unit_run(program, suites, argc > 1 ? argv[1] : NULL); \
    }

/* Leaves a test that can't run here; it counts as skipped. */
#define UNIT_SKIP(why) \
    do { \
        printf("  skipped: %s: %s\n", __func__, why); \
        unit_skipped++; \
        return; \
    } while (0)

/* Compares strings and shows both when they differ. */
#define UNIT_ASSERT_STRING(actual, expected) \
    do { \
        const char *unit_a = (actual), *unit_e = (expected); \
        if (!unit_a || !unit_e || strcmp(unit_a, unit_e) != 0) \
            printf("  %s:%d: got \"%s\", wanted \"%s\"\n", __FILE__, __LINE__, unit_a ? unit_a : "(null)", \
                   unit_e ? unit_e : "(null)"); \
        CU_ASSERT(unit_a &&unit_e &&strcmp(unit_a, unit_e) == 0); \
    } while (0)

/* Compares numbers (as long long) and shows both when they differ. */
#define UNIT_ASSERT_NUMBER(actual, expected) \
    do { \
        long long unit_a = (long long)(actual), unit_e = (long long)(expected); \
        if (unit_a != unit_e) \
            printf("  %s:%d: got %lld, wanted %lld\n", __FILE__, __LINE__, unit_a, unit_e); \
        CU_ASSERT(unit_a == unit_e); \
    } while (0)

/* How many descriptors this process has open. */
static inline unsigned unit_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    CU_ASSERT_FATAL(dir != NULL);
    while (readdir(dir))
        n++;
    (void)closedir(dir);
    return n;
}

static inline void unit_done(const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord failures)
{
    for (CU_pFailureRecord f = failures; f; f = f->pNext)
        if (f->pTest == test)
            printf("FAILED %s: %s: %s:%u: %s\n", suite->pName, test->pName, f->strFileName, f->uiLineNumber,
                   f->strCondition);
}

static inline void unit_begin(const CU_pTest test, const CU_pSuite suite)
{
    printf("%s: %s\n", suite->pName, test->pName);
}

static inline int unit_add(const struct unit_suite *suite, const char *only)
{
    CU_pSuite added = CU_add_suite(suite->name, NULL, NULL);

    if (!added)
        return -1;
    for (const struct unit_test *t = suite->tests; t->name; t++)
        if ((!only || strstr(t->name, only)) && !CU_add_test(added, t->name, t->run))
            return -1;
    return 0;
}

static inline int unit_run(const char *program, const struct unit_suite *const *suites, const char *only)
{
    unsigned failed, run;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 99;
    for (; *suites; suites++) {
        if (unit_add(*suites, only) != 0) {
            fprintf(stderr, "%s: suite %s: %s\n", program, (*suites)->name, CU_get_error_msg());
            return 99;
        }
    }
    CU_set_test_start_handler(unit_begin);
    CU_set_test_complete_handler(unit_done);
    (void)CU_run_all_tests();
    failed = CU_get_number_of_tests_failed();
    run = CU_get_number_of_tests_run();
    CU_cleanup_registry();
    printf("%s: %u passed, %u failed", program, run - failed - unit_skipped, failed);
    if (unit_skipped)
        printf(", %u skipped", unit_skipped);
    printf("\n");
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
