/* What plugins that wait for a test have in common: two FIFOs, through which they say that they are there and are told
 * to go on. */
#ifndef HY_TESTS_WAITING_H
#define HY_TESTS_WAITING_H

#include "hythe/plugin.h"

#include <fcntl.h>
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

static void wait_at(const struct settings *s)
{
    meet(s->began, O_WRONLY);
    meet(s->go, O_RDONLY);
}

#endif
