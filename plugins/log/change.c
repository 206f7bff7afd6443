/* Operations that change something by name. */
#include "plugins/log/log.h"

#include <stdio.h>
#include <stdlib.h>

static struct lg_event event_of(const struct hythe_call *call, const char *name, char direction, const char *path,
                                int64_t result)
{
    return (struct lg_event){
        .name = name, .direction = direction, .complete = result >= 0, .path = lg_path(call, path), .result = result};
}

/* One path and nothing else to tell. */
#define CHANGE(op, letter) \
    int64_t lg_##op(const struct hythe_call *call, struct hythe_##op##_arg *arg) \
    { \
        struct lg_event event; \
        int64_t start, r = lg_begin(call, &start); \
\
        if (r < 0) \
            return r; \
        r = hythe_next_##op(call, arg); \
        event = event_of(call, #op, letter, arg->path, r); \
        return lg_end(call, &event, start, r); \
    }
CHANGE(unlink, 'd')
CHANGE(rmdir, 'd')
CHANGE(mkdir, 'm')

int64_t lg_setattr(const struct hythe_call *call, struct hythe_setattr_arg *arg)
{
    struct lg_event event;
    int64_t start, r = lg_begin(call, &start);

    if (r < 0)
        return r;
    r = hythe_next_setattr(call, arg);
    event = event_of(call, "setattr", 'm', arg->path, r);
    event.attributes = arg->attrs->valid;
    return lg_end(call, &event, start, r);
}

int64_t lg_symlink(const struct hythe_call *call, struct hythe_symlink_arg *arg)
{
    struct lg_event event;
    int64_t start, r = lg_begin(call, &start);

    if (r < 0)
        return r;
    r = hythe_next_symlink(call, arg);
    event = event_of(call, "symlink", 'm', arg->path, r);
    event.target = arg->target;
    return lg_end(call, &event, start, r);
}

/* Two paths. */
#define CHANGE_BOTH(op) \
    int64_t lg_##op(const struct hythe_call *call, struct hythe_##op##_arg *arg) \
    { \
        struct lg_event event; \
        int64_t start, r = lg_begin(call, &start); \
        char *to; \
\
        if (r < 0) \
            return r; \
        to = lg_path(call, arg->to); \
        r = hythe_next_##op(call, arg); \
        event = event_of(call, #op, 'm', arg->from, r); \
        event.to = to; \
        r = lg_end(call, &event, start, r); \
        free(to); \
        return r; \
    }
CHANGE_BOTH(rename)
CHANGE_BOTH(link)
CHANGE_BOTH(copyfile)

/* What is newer than this filter and does more than read: that much can be told. */
int64_t lg_any(const struct hythe_call *call, void *arg)
{
    struct lg_event event;
    char name[32];
    int64_t start, r = lg_begin(call, &start);

    if (r < 0)
        return r;
    r = call->host->next(call, arg);
    (void)snprintf(name, sizeof(name), "operation-%u", call->op);
    event = event_of(call, name, 'm', ".", r);
    return lg_end(call, &event, start, r);
}
