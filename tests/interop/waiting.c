/* A filter for tests of what takes its time. A call on a file whose name begins with "wait-" and the operation's name
 * tells the test that it is there, through one FIFO, and goes on when the test says so, through another. Built twice:
 * as "waiting", which says that it is slow, and as "hanging", which doesn't. */
#include "tests/interop/waiting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void wait_for_test(const struct hythe_call *call, const char *path, const char *op)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

    if (strncmp(name, "wait-", 5) != 0 || strncmp(name + 5, op, strlen(op)) != 0)
        return;
    wait_at(call->instance);
}

#define WAITING(op, path) \
    static int64_t wait_##op(const struct hythe_call *call, struct hythe_##op##_arg *arg) \
    { \
        wait_for_test(call, path, #op); \
        return hythe_next_##op(call, arg); \
    }
WAITING(close, call->file->path)
WAITING(read, call->file->path)
WAITING(write, call->file->path)

static volatile int *volatile nothing;
static volatile int zero;

/* No compiler may see that it doesn't end, nor turn it into a loop. */
__attribute__((noinline)) static int sink(volatile char *above)
{
    volatile char room[4096];

    room[0] = (char)(*above + 1);
    return zero ? 0 : sink(room) + room[0];
}

/* The names of faults are faults. */
static void fail(const char *path)
{
    volatile char first = 0;

    if (strcmp(path, "fault-null") == 0)
        *nothing = 1;
    if (strcmp(path, "fault-abort") == 0)
        abort();
    if (strcmp(path, "fault-zero") == 0)
        zero = (int)strlen(path) / zero;
    if (strcmp(path, "fault-stack") == 0)
        zero = sink(&first);
}

/* The name errno-N gives that error. */
static int64_t wait_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    fail(arg->path);
    if (strncmp(arg->path, "errno-", 6) == 0)
        return -atoi(arg->path + 6);
    wait_for_test(call, arg->path, "getattr");
    return hythe_next_getattr(call, arg);
}

static const struct hythe_ops ops = {
    .size = sizeof ops, .close = wait_close, .read = wait_read, .write = wait_write, .getattr = wait_getattr};

const struct hythe_plugin *hythe_plugin_entry(void)
{
    static const struct hythe_plugin plugin = {.abi = HYTHE_ABI,
                                               .size = sizeof plugin,
                                               .kind = HYTHE_FILTER,
                                               .threads = HYTHE_PARALLEL,
                                               .flags = WAITING_FLAGS,
                                               .name = WAITING_NAME,
                                               .version = "1",
                                               .summary = "waits for a test",
                                               .settings = rows,
                                               .setting_count = sizeof rows / sizeof *rows,
                                               .setting_size = sizeof *rows,
                                               .settings_size = sizeof(struct settings),
                                               .start = start,
                                               .ops = &ops};
    return &plugin;
}
