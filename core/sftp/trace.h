/* What log level 3 shows of an SFTP session: the bytes of each request and of its answer, in hexadecimal, without what
 * files contain unless MaskSensitive is off. Nothing of SSH's own is here, where passwords would be. */
#ifndef HY_SFTP_TRACE_H
#define HY_SFTP_TRACE_H

#include "core/sftp/engine.h"

static inline bool hy_trace_on(const struct hy_engine *e)
{
    const struct hy_log *log = e->options.log;

    return log && e->options.log_requests && atomic_load_explicit(&log->level, memory_order_relaxed) >= HY_LOG_DEBUG;
}

/* A frame of `len` bytes (type, then the rest), of which `there` are there. way: "received" or "sent". */
void hy_trace(const struct hy_engine *e, const char *way, const uint8_t *frame, size_t there, size_t len);

#endif
