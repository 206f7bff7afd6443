#include "core/base/thread.h"
#include "core/base/watch.h"
#include "tests/unit/unit.h"

#include <sys/wait.h>
#include <unistd.h>

struct seen {
    struct hy_log log;
    struct hy_watchdog *dog;
    struct hy_watch watch;
    char lines[2048];
    unsigned cuts;
    const char *what;
};

static void keep(void *ctx, enum hy_log_level level, uint64_t conn, const char *line)
{
    struct seen *s = ctx;
    size_t used = strlen(s->lines);

    (void)level;
    (void)snprintf(s->lines + used, sizeof s->lines - used, "%d %s\n", (int)conn, line);
}

static void count(void *owner)
{
    ((struct seen *)owner)->cuts++;
}

static void describe(void *ctx, char *out, size_t size)
{
    (void)snprintf(out, size, "%s", ((struct seen *)ctx)->what);
}

static void begin(struct seen *s)
{
    *s = (struct seen){.log = {.sink = keep, .ctx = s, .level = HY_LOG_DEBUG}, .what = "a read"};
    s->dog = hy_watchdog_new(&s->log);
    hy_watch_add(s->dog, &s->watch, 7, count, s);
}

static void end(struct seen *s)
{
    hy_watch_remove(&s->watch);
    hy_watchdog_free(s->dog);
}

static void names_what_takes_too_long_once(void)
{
    struct seen s;

    begin(&s);
    hy_watch_begin(&s.watch, 3, describe, &s);
    hy_watchdog_tick(s.dog);
    hy_watchdog_tick(s.dog);
    UNIT_ASSERT_STRING(s.lines, "");
    for (int i = 0; i < 5; i++)
        hy_watchdog_tick(s.dog);
    UNIT_ASSERT_STRING(s.lines, "7 a call hasn't returned for 3 seconds: a read; the connection is cut off [2002]\n");
    UNIT_ASSERT_NUMBER(s.cuts, 1);
    hy_watch_end(&s.watch);
    hy_watch_begin(&s.watch, 1, describe, &s);
    hy_watchdog_tick(s.dog);
    UNIT_ASSERT_NUMBER(s.cuts, 2);
    hy_watch_end(&s.watch);
    end(&s);
}

static void lets_pass_what_goes_on(void)
{
    struct seen s;

    begin(&s);
    hy_watch_begin(&s.watch, 2, describe, &s);
    for (int i = 0; i < 5; i++) {
        hy_watchdog_tick(s.dog);
        hy_watch_again(&s.watch);
    }
    hy_watch_end(&s.watch);
    for (int i = 0; i < 5; i++)
        hy_watchdog_tick(s.dog);
    hy_watch_begin(&s.watch, 0, describe, &s);
    for (int i = 0; i < 5; i++)
        hy_watchdog_tick(s.dog);
    hy_watch_end(&s.watch);
    UNIT_ASSERT_STRING(s.lines, "");
    UNIT_ASSERT_NUMBER(s.cuts, 0);
    end(&s);
}

static void reports_what_goes_on(void)
{
    struct hy_watch other;
    struct seen s;

    begin(&s);
    hy_watch_add(s.dog, &other, 8, count, &s);
    hy_watchdog_report(s.dog);
    UNIT_ASSERT_STRING(s.lines, "");
    hy_watch_begin(&s.watch, 1, describe, &s);
    hy_watchdog_report(s.dog);
    UNIT_ASSERT_STRING(s.lines, "7 still in a call: a read\n");
    UNIT_ASSERT_NUMBER(s.cuts, 0);
    hy_watchdog_tick(s.dog);
    UNIT_ASSERT_NUMBER(s.cuts, 1); /* the report didn't excuse it */
    s.lines[0] = '\0';
    hy_watchdog_report(s.dog);
    UNIT_ASSERT_STRING(s.lines, "7 still in a call: a read\n");
    hy_watch_end(&s.watch);
    hy_watch_remove(&other);
    end(&s);
}

static void its_thread_ends_and_begins(void)
{
    static const struct timespec now = {.tv_sec = 0};
    struct seen s;

    begin(&s);
    CU_ASSERT(hy_watchdog_stop(s.dog, &now)); /* there was none */
    for (int i = 0; i < 3; i++) {
        UNIT_ASSERT_NUMBER(hy_watchdog_start(s.dog), 0);
        UNIT_ASSERT_NUMBER(hy_watchdog_start(s.dog), 0);
        CU_ASSERT(hy_watchdog_stop(s.dog, &now)); /* in spite of the bound: the log doesn't keep it */
        CU_ASSERT(hy_watchdog_stop(s.dog, NULL));
    }
    UNIT_ASSERT_NUMBER(hy_watchdog_start(s.dog), 0);
    end(&s);
}

/* In a process of its own, for the watchdog stands still afterwards. What comes out is 8 for busy, and the conn. */
static int last_look(struct seen *s)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        bool busy = false;
        const struct hy_watch *w = hy_watchdog_last(s->dog, &busy);

        _exit(w ? (int)w->conn + (busy ? 8 : 0) : 0);
    }
    CU_ASSERT_FATAL(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void *look_from_elsewhere(void *ctx)
{
    struct seen *s = ctx;

    s->cuts = (unsigned)last_look(s);
    return NULL;
}

static void tells_a_thread_that_fails_what_it_did(void)
{
    struct seen s;
    pthread_t other;

    begin(&s);
    UNIT_ASSERT_NUMBER(last_look(&s), 7);
    hy_watch_begin(&s.watch, 3, describe, &s);
    UNIT_ASSERT_NUMBER(last_look(&s), 7 + 8);
    CU_ASSERT_FATAL(hy_thread_start(&other, look_from_elsewhere, &s) == 0);
    (void)pthread_join(other, NULL);
    UNIT_ASSERT_NUMBER(s.cuts, 0);
    hy_watch_end(&s.watch);
    UNIT_ASSERT_NUMBER(last_look(&s), 7);
    end(&s);
}

UNIT_SUITE(watch, UNIT_TEST(tells_a_thread_that_fails_what_it_did), UNIT_TEST(names_what_takes_too_long_once),
           UNIT_TEST(lets_pass_what_goes_on), UNIT_TEST(reports_what_goes_on), UNIT_TEST(its_thread_ends_and_begins));
