/* A link over two descriptors, as sshd gives them to a subsystem: pipes, or one socket twice. */
#ifndef HY_TRANSPORT_STDIO_H
#define HY_TRANSPORT_STDIO_H

#include "core/transport/link.h"

enum hy_stdio_end {
    HY_STDIO_EOF,    /* the peer ended, and got all that there was to send */
    HY_STDIO_BROKEN, /* the sink gave up */
    HY_STDIO_LOST    /* reading or writing failed: errno says why (0: the sink took no more) */
};

/* Drives the sink in the calling thread until one of the above, and closes it. The descriptors may be blocking, are
 * often shared with other processes, and are left as they are and open. A write into a pipe without a reader raises
 * SIGPIPE unless the program ignores it. */
enum hy_stdio_end hy_stdio_run(struct hy_sink *sink, int in, int out);

#endif
