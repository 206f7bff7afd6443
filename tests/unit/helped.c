/* A plugin with a half in the helper process, which answers each message with the setting `word` before it, and does as
 * it is told: "hang", "crash", "fork" (a process of its own that hangs). */
#include <hythe/plugin.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct settings {
    const char *word;
};

static void hang(void)
{
    for (;;)
        (void)pause();
}

static void assist(const struct hythe_assist *how)
{
    const struct settings *set = how->settings;
    char text[64], answer[128];
    ssize_t n;

    while ((n = recv(how->socket, text, sizeof text - 1, 0)) > 0) {
        text[n] = '\0';
        (void)snprintf(answer, sizeof answer, "%s: %s", set->word, text);
        if (strcmp(text, "crash") == 0)
            abort();
        (void)send(how->socket, answer, strlen(answer), MSG_NOSIGNAL);
        if (strcmp(text, "fork") == 0 && fork() != 0)
            hang();
        if (strcmp(text, "hang") == 0 || strcmp(text, "fork") == 0)
            hang();
    }
}

static int start(const struct hythe_host *host, const void *settings, void **instance)
{
    int fd = host->assist(host);

    *instance = (void *)(uintptr_t)settings;
    return fd < 0 ? fd : close(fd);
}

static int check(const struct hythe_auth_call *call, const struct hythe_factor *factor)
{
    (void)call, (void)factor;
    return HYTHE_AUTH_REJECT;
}

static const struct hythe_setting rows[] = {
    {"word", HYTHE_SET_STRING, offsetof(struct settings, word), 0, 0, NULL, "What answers begin with.", NULL}};
static const struct hythe_auth auth = {.size = sizeof auth, .methods = HYTHE_AUTH_PASSWORD, .check = check};
static const struct hythe_plugin plugin = {.abi = HYTHE_ABI,
                                           .size = sizeof plugin,
                                           .kind = HYTHE_AUTH,
                                           .threads = HYTHE_PARALLEL,
                                           .name = "helped",
                                           .version = "1",
                                           .summary = "has another half",
                                           .settings = rows,
                                           .setting_count = 1,
                                           .setting_size = sizeof rows[0],
                                           .settings_size = sizeof(struct settings),
                                           .start = start,
                                           .auth = &auth,
                                           .assist = assist};

HYTHE_EXPORT const struct hythe_plugin *hythe_plugin_entry(void)
{
    return &plugin;
}
