/* What make bench measures events with: a program that serves what a configuration file says. Its second argument says
 * for which events it has handlers, which do nothing: "none", "others" for all but FileRead and FileWrite, "all". */
#include "hythe/hythe.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HYTHE_EVENT(name) \
    static void on_##name(void *ctx, struct hythe_##name *e) \
    { \
        (void)ctx, (void)e; \
    }
HYTHE_EVENTS
#undef HYTHE_EVENT

int main(int argc, char **argv)
{
    struct hythe_events events = {.size = sizeof events};
    struct hythe_server *server = hythe_server_new();
    const char *which = argc == 3 ? argv[2] : "";
    char why[512];
    sigset_t end;
    int number;

    if (strcmp(which, "none") != 0) {
#define HYTHE_EVENT(name) events.name = on_##name;
        HYTHE_EVENTS
#undef HYTHE_EVENT
    }
    if (strcmp(which, "others") == 0) {
        events.FileRead = NULL;
        events.FileWrite = NULL;
    }
    events.SSHUserAuthRequest = NULL; /* the configuration's users */
    (void)sigemptyset(&end), (void)sigaddset(&end, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &end, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    if (!server || argc != 3 || hythe_server_load(server, argv[1]) || hythe_server_handle(server, &events, NULL) ||
        hythe_StartListening(server)) {
        why[0] = '\0';
        if (server)
            hythe_server_error(server, why, sizeof why);
        fprintf(stderr, "usage: embedder FILE none|others|all\n%s\n", why);
        return EXIT_FAILURE;
    }
    (void)sigwait(&end, &number);
    hythe_server_free(server);
    return EXIT_SUCCESS;
}
