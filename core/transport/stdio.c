#include "core/transport/stdio.h"

#include "core/base/buf.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_AT_ONCE = 64 * 1024,
    WRITE_AT_ONCE = 64 * 1024,  /* into a pipe */
    HELD_MAX = 2 * 1024 * 1024, /* bytes that the sink hasn't taken; more than its largest message */
    QUIET_MS = 1000             /* after that long without a byte memory is given back */
};

struct stdio {
    struct hy_sink *sink;
    int in, out;
    struct hy_buf held; /* bytes that the sink hasn't taken */
    bool eof, told_eof; /* of the input; the sink was told, once it had everything before it */
    bool moved;         /* something happened since the last poll */
    bool out_is_socket;
    int error; /* errno of what ended it */
    bool lost;
};

static bool is_socket(int fd)
{
    int type;
    socklen_t len = sizeof type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0;
}

static void lose(struct stdio *s)
{
    if (errno == EINTR || errno == EAGAIN)
        return;
    s->error = errno;
    s->lost = true;
}

/* poll() promised that there is something, so that even a blocking descriptor answers at once. */
static void receive(struct stdio *s)
{
    size_t room = HELD_MAX - hy_buf_len(&s->held);
    uint8_t *to;
    ssize_t n;

    if (room > READ_AT_ONCE)
        room = READ_AT_ONCE;
    to = hy_buf_reserve(&s->held, room);
    if (!to) {
        errno = ENOMEM;
        lose(s);
        return;
    }
    n = read(s->in, to, room);
    if (n < 0) {
        lose(s);
    } else {
        s->eof = n == 0;
        hy_buf_commit(&s->held, (size_t)n);
    }
    s->moved = true;
}

/* A socket is asked not to wait for this one call. A pipe can only be written to as it is: it may make us wait for the
 * peer to read, who then gets what we already hold; nothing else would have been done meanwhile but taking more. */
static void transmit(struct stdio *s, const uint8_t *data, size_t len)
{
    ssize_t n;

    if (s->out_is_socket)
        n = send(s->out, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    else
        n = write(s->out, data, len < WRITE_AT_ONCE ? len : WRITE_AT_ONCE);
    if (n < 0)
        lose(s);
    else
        s->sink->sent(s->sink->ctx, (size_t)n);
    s->moved = true;
}

/* Hands over what is held, for as long as the sink takes some. */
static void offer(struct stdio *s)
{
    size_t taken = 1;

    while (taken && hy_buf_len(&s->held)) {
        taken = s->sink->input(s->sink->ctx, hy_buf_data(&s->held), hy_buf_len(&s->held));
        hy_buf_consume(&s->held, taken);
    }
}

/* Waits for what there is to wait for, and does it. */
static void turn(struct stdio *s, const uint8_t *data, size_t len, bool reading, bool working)
{
    struct pollfd fds[3] = {{.fd = reading ? s->in : -1, .events = POLLIN},
                            {.fd = len ? s->out : -1, .events = POLLOUT},
                            {.fd = hy_sink_wake(s->sink), .events = POLLIN}};
    int timeout = working ? 0 : s->moved ? QUIET_MS : -1;
    int n = poll(fds, 3, timeout);

    s->moved = working;
    if (n < 0) {
        lose(s);
    } else if (n == 0 && !working) {
        s->sink->idle(s->sink->ctx);
        hy_buf_trim(&s->held, 0);
    }
    if (n <= 0)
        return;
    if ((fds[0].revents | fds[1].revents) & POLLNVAL) {
        errno = EBADF;
        lose(s);
        return;
    }
    s->moved |= fds[2].revents != 0;
    if (fds[1].revents)
        transmit(s, data, len);
    if (fds[0].revents && !s->lost)
        receive(s);
}

/* Whether to read on: not beyond a little while the peer leaves replies lying, which is what holds it back. */
static bool wants_input(const struct stdio *s, size_t unsent)
{
    return !s->eof && hy_buf_len(&s->held) < (unsent ? READ_AT_ONCE : HELD_MAX);
}

static enum hy_stdio_end drive(struct stdio *s)
{
    while (!s->lost) {
        const uint8_t *data;
        size_t len;
        bool broken, working, waiting;

        offer(s);
        working = s->sink->busy(s->sink->ctx);
        if (working)
            s->sink->work(s->sink->ctx);
        broken = s->sink->broken(s->sink->ctx);
        data = s->sink->output(s->sink->ctx, &len);
        waiting = hy_sink_waiting(s->sink);
        if (!len && !working && broken)
            return HY_STDIO_BROKEN;
        if (!len && !working && !waiting && s->eof) {
            if (s->told_eof)
                return HY_STDIO_EOF;
            s->told_eof = true;
            s->sink->eof(s->sink->ctx);
            continue;
        }
        if (!len && !working && !waiting && !wants_input(s, 0))
            return HY_STDIO_LOST;
        turn(s, data, len, !broken && wants_input(s, len), working && !broken);
    }
    errno = s->error;
    return HY_STDIO_LOST;
}

enum hy_stdio_end hy_stdio_run(struct hy_sink *sink, int in, int out)
{
    struct stdio s = {.sink = sink, .in = in, .out = out, .out_is_socket = is_socket(out), .moved = true};
    enum hy_stdio_end end;
    int error;

    hy_buf_init(&s.held, HELD_MAX);
    errno = 0;
    end = drive(&s);
    error = errno;
    hy_buf_free(&s.held);
    sink->close(sink->ctx);
    errno = error;
    return end;
}
