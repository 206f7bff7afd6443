/* core/event/report: lines of the log and errors on their way to a program's handlers. */
#include "core/base/err.h"
#include "core/event/report.h"
#include "tests/unit/unit.h"

struct seen {
    struct hy_events *events;
    struct hy_log log;
    unsigned logs, errors;
    uint64_t conn;
    unsigned level;
    int number;
    char text[4200];
};

/* Says something itself, as a handler that calls the library may make it do. */
static void saw_log(void *ctx, struct hythe_Log *e)
{
    struct seen *s = ctx;

    s->logs++;
    s->conn = e->ConnectionId;
    s->level = e->LogLevel;
    UNIT_ASSERT_NUMBER(e->LogType, 0);
    UNIT_ASSERT_NUMBER(e->size, sizeof *e);
    (void)snprintf(s->text, sizeof s->text, "%s", e->Message);
    hy_log(&s->log, HY_LOG_ERROR, 9, "from within");
    hy_events_error(s->events, 9, 2002, "from within");
}

static void saw_error(void *ctx, struct hythe_Error *e)
{
    struct seen *s = ctx;

    s->errors++;
    s->conn = e->ConnectionId;
    s->number = e->ErrorCode;
    (void)snprintf(s->text, sizeof s->text, "%s", e->Description);
    hy_events_error(s->events, 9, 2002, "from within");
}

static void begin(struct seen *s, const struct hythe_events *handlers)
{
    *s = (struct seen){.events = hy_events_new(NULL)};
    CU_ASSERT_FATAL(s->events != NULL);
    hy_events_set(s->events, handlers, s);
    s->log.sink = hy_events_log;
    s->log.ctx = s->events;
    s->log.level = HY_LOG_INFO;
    s->log.error = hy_events_error;
}

static void a_line_is_an_event_once(void)
{
    static const struct hythe_events handlers = {.size = sizeof handlers, .Log = saw_log, .Error = saw_error};
    struct seen s;

    begin(&s, &handlers);
    hy_log(&s.log, HY_LOG_INFO, 7, "two\nlines");
    UNIT_ASSERT_NUMBER(s.logs, 1); /* and none for what the handler made the library say */
    UNIT_ASSERT_NUMBER(s.errors, 0);
    UNIT_ASSERT_NUMBER(s.conn, 7);
    UNIT_ASSERT_NUMBER(s.level, 1);
    UNIT_ASSERT_STRING(s.text, "two\\x0alines");
    hy_log(&s.log, HY_LOG_ERROR, 0, "wrong");
    UNIT_ASSERT_NUMBER(s.logs, 2);
    UNIT_ASSERT_NUMBER(s.level, 0);
    hy_log(&s.log, HY_LOG_VERBOSE, 0, "more than LogLevel allows");
    UNIT_ASSERT_NUMBER(s.logs, 2);
    hy_events_free(s.events);
}

static void an_error_is_an_event_once(void)
{
    static const struct hythe_events handlers = {.size = sizeof handlers, .Error = saw_error};
    struct seen s;

    begin(&s, &handlers);
    hy_log_number(&s.log, HY_LOG_DEBUG, 3, HY_ERROR_IO, "write of \"a\nb\"");
    UNIT_ASSERT_NUMBER(s.errors, 1);
    UNIT_ASSERT_NUMBER(s.conn, 3);
    UNIT_ASSERT_NUMBER(s.number, 2002);
    UNIT_ASSERT_STRING(s.text, "write of \"a\\x0ab\" [2002]");
    hy_events_free(s.events);
}

static void nobody_hears_what_nobody_handles(void)
{
    static const struct hythe_events handlers = {.size = sizeof handlers};
    struct seen s;

    begin(&s, &handlers);
    hy_log(&s.log, HY_LOG_INFO, 7, "a line");
    hy_events_error(s.events, 3, HY_ERROR_IO, "an error");
    hy_events_error(NULL, 3, HY_ERROR_IO, "an error");
    UNIT_ASSERT_NUMBER(s.logs + s.errors, 0);
    hy_events_free(s.events);
}

UNIT_SUITE(report, UNIT_TEST(a_line_is_an_event_once), UNIT_TEST(an_error_is_an_event_once),
           UNIT_TEST(nobody_hears_what_nobody_handles));
