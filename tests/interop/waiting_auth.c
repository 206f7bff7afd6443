/* An authentication plugin for tests of what takes its time: the password of a user whose name begins with "wait" tells
 * the test that it is there, through one FIFO, and is refused when the test says so, through another. */
#include "tests/interop/waiting.h"

#include <string.h>

static int check(const struct hythe_auth_call *call, const struct hythe_factor *factor)
{
    (void)factor;
    if (strncmp(call->session->user, "wait", 4) == 0)
        wait_at(call->instance);
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
