/* ResolvePath: a program's word on a path that a client wants to have in full. */
#include "core/sftp/reply.h"

#include "core/event/event.h"
#include "core/event/wishes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* With the text that the program left for this failure; `own`: it made it one, and what was said before is none. */
static int64_t failure(struct hy_engine *e, int64_t r, bool own)
{
    char *text = e->options.wishes ? hy_wishes_take(e->options.wishes, HY_WISH_ERROR_MESSAGE) : NULL;

    if (text || own)
        r = hy_vfs_fail(e->vfs, r, "%s", text ? text : "");
    free(text);
    return r;
}

static int64_t wrong(struct hy_engine *e, const char *what, const char *value)
{
    hy_log(e->options.log, HY_LOG_ERROR, e->options.conn, "user %s: the handler of ResolvePath left %s%s",
           e->options.user ? e->options.user : "", what, value);
    return hy_vfs_fail(e->vfs, HYTHE_STATUS(SSH_FX_FAILURE), "the server's program made a mistake");
}

/* As normal as the core's own: what a client builds on it would be another path else. */
static bool is_normal(const char *path)
{
    char out[HY_PATH_MAX];

    return hy_path_normalise(out, "/", path, strlen(path)) == 0 && strcmp(out, path) == 0;
}

static int64_t judge(struct hy_engine *e, const struct hythe_ResolvePath *p, char path[HY_PATH_MAX], int64_t n)
{
    char number[16];

    if (p->StatusCode >= SSH_FX_COUNT) {
        (void)snprintf(number, sizeof number, "%u", p->StatusCode);
        return wrong(e, "a StatusCode that there isn't: ", number);
    }
    if (p->StatusCode != SSH_FX_OK)
        return p->StatusCode == hy_status_best(n) ? failure(e, n, false)
                                                  : failure(e, HYTHE_STATUS(p->StatusCode), true);
    if (!memchr(p->RealPath, '\0', sizeof p->RealPath))
        return wrong(e, "a RealPath without a NUL inside of its bounds", "");
    if (!is_normal(p->RealPath))
        return wrong(e, "a RealPath that isn't normal and absolute: ", p->RealPath);
    memcpy(path, p->RealPath, strlen(p->RealPath) + 1);
    return (int64_t)strlen(path);
}

_Static_assert((size_t)HYTHE_EVENT_PATH == HY_PATH_MAX, "a path of one is a path of the other");

/* Others may use the session while the handler runs, and leave texts of their own. */
static int64_t fire(struct hy_engine *e, struct hy_name asked, uint32_t control, char path[HY_PATH_MAX], int64_t n)
{
    size_t len = asked.len < HYTHE_EVENT_PATH ? asked.len : HYTHE_EVENT_PATH - 1;
    char original[HYTHE_EVENT_PATH], text[HY_TEXT_MAX];
    struct hythe_ResolvePath p = {.ConnectionId = e->options.conn,
                                  .User = e->options.user ? e->options.user : "",
                                  .OriginalPath = original,
                                  .ControlFlags = control,
                                  .StatusCode = hy_status_best(n)};
    bool fired;

    memcpy(original, asked.p, len);
    original[len] = '\0';
    if (n >= 0)
        memcpy(p.RealPath, path, strlen(path) + 1);
    (void)snprintf(text, sizeof text, "%s", hy_vfs_error(e->vfs));
    hy_vfs_leave(e->vfs);
    fired = hy_events_fire(e->options.events, HY_EVENT_ResolvePath, e->options.conn, &p);
    hy_vfs_enter(e->vfs);
    (void)hy_vfs_fail(e->vfs, 0, "%s", n < 0 ? text : "");
    if (!fired)
        return n < 0 ? n : hy_vfs_fail(e->vfs, -ECANCELED, "the server is ending");
    return judge(e, &p, path, n);
}

int64_t hy_resolved(struct hy_engine *e, struct hy_name asked, uint32_t control, char path[HY_PATH_MAX], int64_t n)
{
    return hy_events_has(e->options.events, HY_EVENT_ResolvePath) ? fire(e, asked, control, path, n) : n;
}
