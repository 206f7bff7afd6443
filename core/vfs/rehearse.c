#include "core/vfs/rehearse.h"
#include "core/vfs/frame.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Sessions ---- */

/* What a layer was told at attach(), copied: it is asked for later. */
struct told {
    struct hythe_attach how;
    char text[];
};

static const char *put(char **at, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*at, text, size);

    *at += size;
    return copy;
}

static int attach(void *instance, const struct hythe_attach *how, void **attached)
{
    struct told *told = malloc(sizeof *told + strlen(how->base) + strlen(how->origin) + strlen(how->view) + 3);
    char *at;

    (void)instance;
    if (!told)
        return -ENOMEM;
    at = told->text;
    told->how = *how;
    told->how.base = put(&at, how->base);
    told->how.origin = put(&at, how->origin);
    told->how.view = put(&at, how->view);
    *attached = told;
    return 0;
}

static void detach(void *instance, void *attached)
{
    (void)instance;
    free(attached);
}

/* ---- Calls ---- */

/* Some identity that other names don't have: without one the core would refuse locks. */
static void identify(struct hythe_identity *identity, const char *path)
{
    uint64_t sum = 0;

    for (; *path; path++)
        sum = sum * 31 + (unsigned char)*path;
    if (identity)
        *identity = (struct hythe_identity){.store = 1, .file = {sum, 0}};
}

static int64_t give_back(struct hythe_realpath_arg *arg)
{
    size_t n = strlen(arg->path);

    if (n >= arg->len)
        return -ENAMETOOLONG;
    memcpy(arg->buf, arg->path, n + 1);
    return (int64_t)n;
}

/* Of a store that can't tell: nothing is known, and all is well. */
static int64_t agree(const struct hythe_call *call, void *arg)
{
    switch (call->op) {
    case HYTHE_OP_open:
        identify(((struct hythe_open_arg *)arg)->identity, ((struct hythe_open_arg *)arg)->path);
        return 0;
    case HYTHE_OP_realpath:
        return give_back(arg);
    case HYTHE_OP_write:
        return (int64_t)((struct hythe_write_arg *)arg)->len;
    case HYTHE_OP_checksum:
        return -ENOTSUP; /* the core reads and computes */
    default:
        return 0;
    }
}

static int64_t foresee(const struct hy_at_rest *rest, struct hythe_call *call, struct hythe_foresight *how, void *arg)
{
    const struct hythe_plugin *plugin = &rest->instance->plugin;

    bool filter = plugin->kind == HYTHE_FILTER;
    int64_t r = plugin->foresee ? plugin->foresee(call, how, arg) : -ENOSYS;

    if (plugin->foresee && (filter || r != -ENOSYS))
        return r;
    rest->rehearsal->guessed = true;
    return filter ? call->host->next(call, arg) : agree(call, arg);
}

/* A failure is the innermost layer's that answers it so; one that turns it into another makes it its own. */
static int64_t rehearse(const struct hythe_call *call, void *arg)
{
    const struct hy_at_rest *rest = call->instance;
    struct hy_rehearsal *to = rest->rehearsal;
    struct hy_frame frame = *hy_frame_of(call);
    struct hythe_foresight how = {
        .size = sizeof how, .settings = rest->settings, .attach = &((const struct told *)call->attached)->how};
    char why[sizeof to->why] = "";
    unsigned before = to->refusals;
    int64_t r;

    how.why = why;
    how.why_size = sizeof why;
    frame.call.instance = frame.call.attached = NULL;
    to->calls++;
    r = foresee(rest, &frame.call, &how, arg);
    if (r < 0 && r != HY_DIVERTED && (to->refusals == before || to->result != r)) {
        to->refusals++;
        to->refuser = rest->instance;
        to->result = r;
        memcpy(to->why, why, sizeof why);
        to->why[sizeof to->why - 1] = '\0';
    }
    return r;
}

#define HYTHE_OP(name, klass, on, fields) \
    static int64_t rehearse_##name(const struct hythe_call *call, struct hythe_##name##_arg *arg) \
    { \
        return rehearse(call, arg); \
    }
HYTHE_OPS
#undef HYTHE_OP

/* ---- Instances ---- */

void hy_instance_rehearse(struct hy_instance *instance, const void *settings, struct hy_rehearsal *to,
                          struct hy_at_rest *rest)
{
    struct hythe_ops *ops = &instance->ops;

    *rest = (struct hy_at_rest){instance, settings, to};
    instance->self = rest;
    instance->plugin.attach = attach;
    instance->plugin.detach = detach;
    instance->plugin.keeps = NULL; /* asks an instance that runs */
    if (ops->any)
        ops->any = rehearse;
#define HYTHE_OP(name, klass, on, fields) \
    if (ops->name) \
        ops->name = rehearse_##name;
    HYTHE_OPS
#undef HYTHE_OP
}

bool hy_instance_foresees(const struct hy_instance *instance)
{
    return instance->plugin.foresee;
}
