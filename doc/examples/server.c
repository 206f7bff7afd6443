/* A server in 40 lines: serves a folder to whoever knows the password.
 *
 *     cc server.c -o server $(pkg-config --cflags --libs hythe)
 *     PASSWORD=... ./server RootDirectory=/srv/sftp SSHCertStore=/etc/ssh/ssh_host_ed25519_key LocalPort=2222
 */
#include <hythe/hythe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void log_in(void *password, struct hythe_SSHUserAuthRequest *e)
{
    e->Accept = strcmp(e->AuthMethod, "password") == 0 && strcmp(e->AuthParam, password) == 0;
}

int main(int argc, char **argv)
{
    static const struct hythe_events events = {.size = sizeof events, .SSHUserAuthRequest = log_in};
    struct hythe_server *server = hythe_server_new();
    char *password = getenv("PASSWORD"), why[512];
    int rc = server && password ? 0 : -1, number;
    sigset_t end;

    sigemptyset(&end), sigaddset(&end, SIGINT), sigaddset(&end, SIGTERM);
    sigprocmask(SIG_BLOCK, &end, NULL); /* before there are threads, which inherit it */
    signal(SIGPIPE, SIG_IGN);
    for (int i = 1; i < argc && rc == 0; i++)
        rc = hythe_Config(server, argv[i], NULL, 0);
    if (rc || (rc = hythe_server_handle(server, &events, password)) || (rc = hythe_StartListening(server))) {
        hythe_server_error(server, why, sizeof why);
        fprintf(stderr, "server: %s\n", password ? why : "PASSWORD isn't set");
    } else {
        fprintf(stderr, "server: listening on port %u\n", hythe_server_port(server));
        sigwait(&end, &number);
    }
    hythe_server_free(server); /* shuts it down, too */
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}
