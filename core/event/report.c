#include "core/event/report.h"

void hy_events_log(void *events, enum hy_log_level level, uint64_t conn, const char *line)
{
    struct hythe_Log e = {.ConnectionId = conn, .LogLevel = (uint32_t)level, .Message = line};

    if (hy_events_has(events, HY_EVENT_Log) && !hy_events_within(events, HY_EVENT_Log))
        (void)hy_events_fire(events, HY_EVENT_Log, conn, &e);
}

void hy_events_error(void *events, uint64_t conn, int number, const char *line)
{
    struct hythe_Error e = {.ConnectionId = conn, .ErrorCode = number, .Description = line};

    if (hy_events_has(events, HY_EVENT_Error) && !hy_events_within(events, HY_EVENT_Error) &&
        !hy_events_within(events, HY_EVENT_Log))
        (void)hy_events_fire(events, HY_EVENT_Error, conn, &e);
}
