#include "plugins/shared/helped.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { SECONDS_MAX = 600 }; /* the largest login_grace */

int helped_begin(const struct hythe_host *host)
{
    const struct timeval limit = {.tv_sec = SECONDS_MAX};
    int rc, socket = HYTHE_HAS(host, assist) ? host->assist(host) : -EOPNOTSUPP;

    if (socket < 0 || setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0)
        return socket;
    rc = -errno;
    (void)close(socket);
    return rc;
}

int helped_ready(const struct hythe_host *host)
{
    int socket = helped_begin(host);

    return socket < 0 ? socket : close(socket);
}
