/* What is told of anything that goes on, whoever says it: Log and Error. From any thread, without locks of the caller's
 * that a handler could need. */
#ifndef HY_EVENT_REPORT_H
#define HY_EVENT_REPORT_H

#include "core/base/log.h"
#include "core/event/event.h"

/* A sink for struct hy_log, whose ctx is the struct hy_events: fires Log. What a handler of Log makes the library say
 * is lost, or it would go on for ever. */
void hy_events_log(void *events, enum hy_log_level level, uint64_t conn, const char *line);

/* Its error function, for lines that have a number: fires Error. What goes wrong in handlers of Error and Log is told
 * to none. events may be NULL; the line is escaped. number: the component's, or a negative errno. */
void hy_events_error(void *events, uint64_t conn, int number, const char *line);

#endif
