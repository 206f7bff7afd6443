/* Requests that are carried out in slices. */
#include "core/sftp/longs.h"
#include "core/sftp/reply.h"

#include <errno.h>

static const char *user_of(const struct hy_engine *e)
{
    return e->options.user ? e->options.user : "";
}

int64_t hy_work_begin(struct hy_engine *e, const struct hy_request *rq, const struct hy_task_of_slices *task,
                      void *state, hy_handle on, uint64_t size)
{
    bool counted = size > HY_LONG && e->options.longs;

    if (counted && !hy_longs_enter(e->options.longs, user_of(e), e->options.max_long)) {
        task->end(e, state);
        return hy_vfs_fail(e->vfs, HYTHE_STATUS(SSH_FX_FAILURE),
                           "%u requests as long as this one are under way for this user already; try again later",
                           e->options.max_long);
    }
    e->work = (struct hy_work){.task = task,
                               .state = state,
                               .id = rq->id,
                               .request = (enum hy_sftp_request)rq->row,
                               .on = on,
                               .counted = counted};
    return HY_LATER;
}

bool hy_work_ready(struct hy_engine *e)
{
    return e->work.task && hy_out_room(&e->out, hy_request_room(e->work.request));
}

void hy_work_slice(struct hy_engine *e)
{
    const struct hy_work *w = &e->work;
    int64_t r = w->task->slice(e, w->id, w->state);

    if (r == HY_LATER)
        return;
    if (r <= 0)
        hy_reply_status(e, w->id, r);
    hy_work_drop(e);
}

void hy_work_drop(struct hy_engine *e)
{
    struct hy_work w = e->work;

    if (!w.task)
        return;
    e->work = (struct hy_work){0};
    w.task->end(e, w.state);
    if (w.counted)
        hy_longs_leave(e->options.longs, user_of(e));
}
