#include "core/sftp/engine.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { LINE_MAX_BYTES = 1536 };

bool hy_journal_on(const struct hy_engine *e)
{
    return e->options.log_requests && e->options.log && e->options.log->level >= HY_LOG_VERBOSE;
}

int64_t hy_journal(struct hy_engine *e, int64_t result, const char *fmt, ...)
{
    char line[LINE_MAX_BYTES];
    const char *why = "", *user = e->options.user ? e->options.user : "";
    va_list ap;

    if (!hy_journal_on(e))
        return result;
    e->told = true;
    va_start(ap, fmt);
    if (vsnprintf(line, sizeof line, fmt, ap) < 0)
        line[0] = '\0';
    va_end(ap);
    if (result < 0)
        why = *hy_vfs_error(e->vfs) ? hy_vfs_error(e->vfs) : hy_status_text(result);
    hy_log(e->options.log, HY_LOG_VERBOSE, e->options.conn, "%s%s%s%s%s", user, *user ? ": " : "", line,
           *why ? ": " : "", why);
    return result;
}

const char *hy_journal_path(const struct hy_engine *e, hy_handle h)
{
    const char *path = hy_vfs_path(e->vfs, h);

    return path ? path : "";
}

void hy_journal_closing(const struct hy_engine *e, hy_handle h, struct hy_journal_end *end)
{
    const char *path = hy_journal_on(e) ? hy_vfs_path(e->vfs, h) : NULL;

    end->known = path != NULL;
    if (!path)
        return;
    end->traffic = hy_vfs_traffic(e->vfs, h);
    (void)snprintf(end->path, sizeof end->path, "%s", path);
}

void hy_journal_closed(struct hy_engine *e, const struct hy_journal_end *end, int64_t result)
{
    if (end->known)
        (void)hy_journal(e, result, "close \"%s\" read %" PRIu64 " written %" PRIu64, end->path, end->traffic.read,
                         end->traffic.written);
}
