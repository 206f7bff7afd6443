/* A filter that makes a store misbehave, by the name of the file:
 *     fault-short-read     reads give half of what was asked, then the rest
 *     fault-read-eio       reads fail
 *     fault-read-huge      reads claim more than was asked for
 *     fault-write-eio      writes fail, with a text for the client
 *     fault-write-late     writes fail from offset 65536 on
 *     fault-write-short    writes claim less than was given
 *     fault-write-nobody   writes fail for a user that doesn't exist
 *     fault-close-eio      closing fails
 *     fault-named          its owner has a name, which is all that can be set, and whoever sets it must give it back
 *     fault-status-N       looking at it gives the exact status N
 *     fault-errno-N        looking at it gives errno N */
#include "tests/wire/world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool named(const struct hythe_call *call, const char *fault)
{
    return strstr(call->file->path, fault) != NULL;
}

static int64_t on_read(const struct hythe_call *call, struct hythe_read_arg *arg)
{
    if (named(call, "fault-read-eio"))
        return -EIO;
    if (named(call, "fault-read-huge"))
        return (int64_t)arg->len + 1;
    if (named(call, "fault-short-read") && arg->len > 1)
        arg->len /= 2;
    return hythe_next_read(call, arg);
}

static int64_t on_write(const struct hythe_call *call, struct hythe_write_arg *arg)
{
    struct world *w = call->instance;

    w->writes++;
    if (named(call, "fault-write-eio") || (named(call, "fault-write-late") && arg->offset + arg->len > 65536))
        return call->host->fail(call, -EIO, "the disk is on fire");
    if (named(call, "fault-write-nobody"))
        return HYTHE_STATUS(16); /* UNKNOWN_PRINCIPAL */
    if (named(call, "fault-write-short"))
        return (int64_t)arg->len - 1;
    return hythe_next_write(call, arg);
}

static int64_t on_close(const struct hythe_call *call, struct hythe_close_arg *arg)
{
    int64_t r = hythe_next_close(call, arg);

    return named(call, "fault-close-eio") ? -EIO : r;
}

/* Memory that was given back before its time comes to the next who asks for as much. */
static char *keep_name(const struct hythe_call *call, const char *text)
{
    char *name = call->host->keep(call, 4096);

    return name ? strcpy(name, text) : NULL;
}

static int64_t name_owner(const struct hythe_call *call, struct hythe_attrs *attrs)
{
    char *name = keep_name(call, "somebody");

    if (!name)
        return -ENOMEM;
    attrs->valid = HYTHE_ATTR_OWNER;
    attrs->owner = attrs->group = name;
    attrs->uid = attrs->gid = 1;
    return 0;
}

static int64_t on_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    const char *status = strstr(arg->path, "fault-status-"), *error = strstr(arg->path, "fault-errno-");

    if (status)
        return HYTHE_STATUS(atoi(status + strlen("fault-status-")));
    if (error)
        return -atoi(error + strlen("fault-errno-"));
    return strstr(arg->path, "fault-named") ? name_owner(call, arg->attrs) : hythe_next_getattr(call, arg);
}

static int64_t on_setattr(const struct hythe_call *call, struct hythe_setattr_arg *arg)
{
    if (!strstr(arg->path, "fault-named"))
        return hythe_next_setattr(call, arg);
    if (arg->attrs->valid & ~HYTHE_ATTR_OWNER)
        return -ENOTSUP;
    (void)keep_name(call, "else");
    return arg->attrs->owner && strcmp(arg->attrs->owner, "somebody") == 0 ? 0 : -EIO;
}

static const struct hythe_ops ops = {
    .size = sizeof ops,
    .read = on_read,
    .write = on_write,
    .close = on_close,
    .getattr = on_getattr,
    .setattr = on_setattr,
};

const struct hythe_plugin world_faults = {
    .abi = HYTHE_ABI,
    .size = sizeof world_faults,
    .kind = HYTHE_FILTER,
    .threads = HYTHE_PARALLEL,
    .name = "faults",
    .version = "1",
    .summary = "Fails by name.",
    .ops = &ops,
};
