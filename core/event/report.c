#include "core/event/report.h"

#include <string.h>

enum { TEXT_MAX = 4096 };

void hy_events_log(void *events, enum hy_log_level level, uint64_t conn, const char *line)
{
    struct hythe_Log e = {.ConnectionId = conn, .LogLevel = (uint32_t)level, .Message = line};

    if (hy_events_has(events, HY_EVENT_Log) && !hy_events_within(events, HY_EVENT_Log))
        (void)hy_events_fire(events, HY_EVENT_Log, conn, &e);
}

void hy_events_error(struct hy_events *events, uint64_t conn, int number, const char *text)
{
    struct hythe_Error e = {.ConnectionId = conn, .ErrorCode = number};
    char escaped[TEXT_MAX];

    if (!hy_events_has(events, HY_EVENT_Error) || hy_events_within(events, HY_EVENT_Error) ||
        hy_events_within(events, HY_EVENT_Log))
        return;
    (void)hy_escape(escaped, sizeof escaped, text, strlen(text));
    e.Description = escaped;
    (void)hy_events_fire(events, HY_EVENT_Error, conn, &e);
}
