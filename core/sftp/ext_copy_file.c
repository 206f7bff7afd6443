/* copy-file. */
#include "core/sftp/reply.h"
#include "core/vfs/copyfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int64_t tell(struct hy_engine *e, struct hy_name from, struct hy_name to, int64_t r)
{
    return hy_journal(e, hy_exact_pair(e, from, to, r), "copy-file \"%.*s\" to \"%.*s\"", HY_SHOWN(from), HY_SHOWN(to));
}

static struct hy_name name_of(const char *path)
{
    return (struct hy_name){path, strlen(path)};
}

static int64_t slice(struct hy_engine *e, uint32_t id, void *state)
{
    struct hy_copyfile *c = state;
    int64_t r = hy_copyfile_step(e->vfs, c);

    (void)id;
    return r > 0 ? HY_LATER : tell(e, name_of(c->source), name_of(c->target), r);
}

static void end(struct hy_engine *e, void *state)
{
    hy_copyfile_end(e->vfs, state);
    free(state);
}

static int64_t copy(struct hy_engine *e, struct hy_request *rq, struct hy_name from, struct hy_name to, bool replace)
{
    static const struct hy_task_of_slices task = {slice, end};
    struct hy_copyfile *c = malloc(sizeof *c);
    int64_t r;

    if (!c)
        return -ENOMEM;
    r = hy_copyfile_begin(e->vfs, c, from, to, replace);
    if (r > 0)
        return hy_work_begin(e, rq, &task, c, c->from, c->left);
    free(c);
    return r;
}

int64_t hy_request_copy_file(struct hy_engine *e, struct hy_request *rq)
{
    struct hy_name from = hy_get_path(rq), to = hy_get_path(rq);
    bool replace = hy_get_u8(&rq->in) != 0;
    int64_t r;

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    r = copy(e, rq, from, to, replace);
    return r == HY_LATER ? r : tell(e, from, to, r);
}
