/* An authentication plugin for tests of what takes its time: the password of a user whose name begins with "wait" tells
 * the test that it is there, through one FIFO, and is refused when the test says so, through another. */
#include "hythe/plugin.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct settings {
    const char *began, *go;
};

static const struct hythe_setting rows[] = {
    {.name = "began", .type = HYTHE_SET_PATH, .offset = offsetof(struct settings, began), .help = "A FIFO."},
    {.name = "go", .type = HYTHE_SET_PATH, .offset = offsetof(struct settings, go), .help = "A FIFO."},
};

static int start(const struct hythe_host *host, const void *settings, void **instance)
{
    (void)host;
    *instance = (void *)settings;
    return 0;
}

static void meet(const char *fifo, int how)
{
    int fd = open(fifo, how | O_CLOEXEC);

    if (fd >= 0)
        (void)close(fd);
}

static int check(const struct hythe_auth_call *call, const struct hythe_factor *factor)
{
    const struct settings *s = call->instance;

    (void)factor;
    if (strncmp(call->session->user, "wait", 4) == 0) {
        meet(s->began, O_WRONLY);
        meet(s->go, O_RDONLY);
    }
    return HYTHE_AUTH_REJECT;
}

static const struct hythe_auth auth = {.size = sizeof auth, .methods = HYTHE_AUTH_PASSWORD, .check = check};

static const struct hythe_plugin plugin = {
    .abi = HYTHE_ABI,
    .size = sizeof plugin,
    .kind = HYTHE_AUTH,
    .threads = HYTHE_PARALLEL,
    .name = "waiting-auth",
    .version = "1",
    .summary = "holds passwords until a test lets them go",
    .settings = rows,
    .setting_count = sizeof rows / sizeof rows[0],
    .setting_size = sizeof rows[0],
    .settings_size = sizeof(struct settings),
    .start = start,
    .auth = &auth,
};

const struct hythe_plugin *hythe_plugin_entry(void)
{
    return &plugin;
}
