#define OPENSSL_SUPPRESS_DEPRECATED /* a generator of the test's own */

#include "core/server/padding.h"

#include "tests/unit/unit.h"

#include <openssl/rand.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WANT = 16 };

/* Every byte is unlike the 255 before it, so that one that is handed out twice shows. */
static struct {
    unsigned calls;
    uint8_t next;
    int answer;
} source;

static int generate(unsigned char *buf, int num)
{
    source.calls++;
    for (int i = 0; source.answer > 0 && i < num; i++)
        buf[i] = source.next++;
    return source.answer;
}

static int is_ready(void)
{
    return 1;
}

static const RAND_METHOD counted = {.bytes = generate, .pseudorand = generate, .status = is_ready};

static void begin(void)
{
    CU_ASSERT_EQUAL_FATAL(RAND_set_rand_method(&counted), 1);
    source.calls = 0;
    source.answer = 1;
    hy_padding_begin();
}

static void end(void)
{
    hy_padding_end();
    (void)RAND_set_rand_method(NULL);
}

static void small_wants_share_a_call(void)
{
    unsigned char given[HY_PADDING_MOST];
    bool seen[256] = {false};

    begin();
    for (unsigned i = 0; i < 256 / WANT; i++) {
        CU_ASSERT_EQUAL(RAND_bytes(given, WANT), 1);
        for (unsigned k = 0; k < WANT; k++) {
            CU_ASSERT_FALSE(seen[given[k]]);
            seen[given[k]] = true;
        }
    }
    CU_ASSERT_EQUAL(source.calls, 1);
    for (unsigned i = 0; i < 100; i++)
        CU_ASSERT_EQUAL(RAND_bytes(given, HY_PADDING_MOST), 1);
    CU_ASSERT(source.calls > 1 && source.calls < 10);
    end();
}

static void large_wants_go_to_the_generator(void)
{
    unsigned char given[2 * WANT];

    begin();
    CU_ASSERT_EQUAL(RAND_bytes(given, 1), 1);
    for (unsigned i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(RAND_bytes(given, HY_PADDING_MOST + 1), 1);
    CU_ASSERT_EQUAL(source.calls, 6);
    CU_ASSERT_EQUAL(RAND_bytes(given, 0), 1);
    CU_ASSERT_EQUAL(RAND_bytes(given, -1), 0);
    end();
}

static void *want_from_outside(void *ctx)
{
    unsigned char given[WANT];

    (void)ctx;
    CU_ASSERT_EQUAL(RAND_bytes(given, WANT), 1);
    CU_ASSERT_EQUAL(RAND_bytes(given, WANT), 1);
    return NULL;
}

static void belongs_to_one_thread(void)
{
    unsigned char given[WANT];
    pthread_t thread;

    begin();
    CU_ASSERT_EQUAL(RAND_bytes(given, WANT), 1);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, want_from_outside, NULL), 0);
    (void)pthread_join(thread, NULL);
    CU_ASSERT_EQUAL(source.calls, 3);
    end();
    begin();
    CU_ASSERT_EQUAL(RAND_bytes(given, WANT), 1);
    CU_ASSERT_EQUAL(source.calls, 1); /* nothing was left over */
    end();
}

static void a_child_starts_with_nothing(void)
{
    unsigned char given[WANT];
    int status = 0;
    pid_t pid;

    begin();
    CU_ASSERT_EQUAL(RAND_bytes(given, WANT), 1);
    pid = fork();
    if (pid == 0)
        _exit(RAND_bytes(given, WANT) == 1 && source.calls == 2 ? 0 : 1);
    CU_ASSERT_FATAL(pid > 0);
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    end();
}

static void a_generator_that_fails_is_believed(void)
{
    unsigned char given[WANT];

    begin();
    source.answer = 0;
    CU_ASSERT_EQUAL(RAND_bytes(given, WANT), 0);
    CU_ASSERT_EQUAL(RAND_bytes(given, WANT), 0);
    CU_ASSERT_EQUAL(source.calls, 2);
    source.answer = 1;
    CU_ASSERT_EQUAL(RAND_bytes(given, WANT), 1);
    end();
}

UNIT_SUITE(padding, UNIT_TEST(small_wants_share_a_call), UNIT_TEST(large_wants_go_to_the_generator),
           UNIT_TEST(belongs_to_one_thread), UNIT_TEST(a_child_starts_with_nothing),
           UNIT_TEST(a_generator_that_fails_is_believed));
UNIT_MAIN("unit-padding", &unit_padding)
