#include "core/sftp/engine.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hy_journal_file {
    struct hy_journal_file *next;
    hy_handle h;
    uint64_t read, written;
    char path[];
};

enum { LINE_MAX_BYTES = 1536 };

int64_t hy_journal(struct hy_engine *e, int64_t result, const char *fmt, ...)
{
    char line[LINE_MAX_BYTES];
    const char *why = "", *user = e->options.user ? e->options.user : "";
    va_list ap;

    if (!e->journal->on)
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

static size_t row_of(hy_handle h)
{
    return (h ^ h >> 32) % HY_JOURNAL_ROWS;
}

void hy_journal_opened(struct hy_journal *j, hy_handle h, struct hy_name path)
{
    struct hy_journal_file *f, **row = &j->rows[row_of(h)];

    if (!j->on)
        return;
    f = malloc(sizeof *f + path.len + 1);
    if (!f)
        return;
    *f = (struct hy_journal_file){.next = *row, .h = h};
    if (path.len)
        memcpy(f->path, path.p, path.len);
    f->path[path.len] = '\0';
    *row = j->last = f;
}

static struct hy_journal_file *find(const struct hy_journal *j, hy_handle h)
{
    struct hy_journal_file *f = j->rows[row_of(h)];

    while (f && f->h != h)
        f = f->next;
    return f;
}

const char *hy_journal_path(const struct hy_journal *j, hy_handle h)
{
    const struct hy_journal_file *f = find(j, h);

    return f ? f->path : "";
}

void hy_journal_moved(struct hy_journal *j, hy_handle h, uint64_t read, uint64_t written)
{
    struct hy_journal_file *f = j->last;

    if (!j->on)
        return;
    if (!f || f->h != h)
        f = find(j, h);
    if (!f)
        return;
    j->last = f;
    f->read += read;
    f->written += written;
}

void hy_journal_closed(struct hy_engine *e, hy_handle h, int64_t result)
{
    struct hy_journal *j = e->journal;
    struct hy_journal_file *f, **at = &j->rows[row_of(h)];

    while (*at && (*at)->h != h)
        at = &(*at)->next;
    f = *at;
    if (!f)
        return;
    *at = f->next;
    j->last = NULL;
    hy_journal(e, result, "close \"%s\" read %" PRIu64 " written %" PRIu64, f->path, f->read, f->written);
    free(f);
}

void hy_journal_free(struct hy_journal *j)
{
    for (size_t i = 0; i < HY_JOURNAL_ROWS; i++)
        while (j->rows[i]) {
            struct hy_journal_file *f = j->rows[i];

            j->rows[i] = f->next;
            free(f);
        }
    j->last = NULL;
}
