/* A relay that holds every byte back for a while, each way: a long line on loopback. `relay PORT MS` prints the port
 * that it listens on and passes each connection on to PORT of 127.0.0.1. It reads as fast as it can into rings that
 * hold more than a window of any server, so what limits a transfer is its two ends. Runs until it is killed. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    MAX_PAIRS = 16,
    RING = 64 << 20,       /* bytes on their way, one way; a power of two */
    MARKS = 1 << 16,       /* reads on their way, one way; a power of two */
    READ_MAX = 256 << 10
};

/* A read: the bytes up to end may leave at due. */
struct mark {
    uint64_t due;
    uint64_t end;
};

/* One way of a connection. Positions count bytes or marks since the start. */
struct way {
    int from, to;
    uint8_t *ring;
    struct mark *marks;
    uint64_t in, out;           /* bytes read, bytes written */
    uint64_t ready;             /* bytes that may be written by now */
    uint64_t mark_in, mark_out; /* marks set, marks that came due */
    uint64_t eof_due;           /* when the end of the stream may leave; 0 while there is none */
    bool ended;
};

struct pair {
    int fd[2]; /* -1 when unused */
    struct way way[2];
};

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static bool way_open(struct way *w, int from, int to)
{
    *w = (struct way){.from = from, .to = to};
    w->ring = mmap(NULL, RING, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (w->ring == MAP_FAILED)
        w->ring = NULL;
    w->marks = malloc(MARKS * sizeof *w->marks);
    return w->ring && w->marks;
}

static void pair_close(struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        if (p->way[i].ring)
            munmap(p->way[i].ring, RING);
        free(p->way[i].marks);
        p->way[i] = (struct way){0};
        if (p->fd[i] >= 0)
            close(p->fd[i]);
        p->fd[i] = -1;
    }
}

static int prepare(int fd)
{
    int one = 1;

    if (fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
        return -1;
    return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void pair_accept(struct pair *p, int listener, uint16_t target)
{
    struct sockaddr_in to = loopback(target);

    p->fd[0] = accept(listener, NULL, NULL);
    p->fd[1] = socket(AF_INET, SOCK_STREAM, 0);
    if (p->fd[0] < 0 || p->fd[1] < 0 || connect(p->fd[1], (struct sockaddr *)&to, sizeof to) != 0 ||
        prepare(p->fd[0]) != 0 || prepare(p->fd[1]) != 0 || !way_open(&p->way[0], p->fd[0], p->fd[1]) ||
        !way_open(&p->way[1], p->fd[1], p->fd[0]))
        pair_close(p);
}

static bool may_read(const struct way *w)
{
    return !w->eof_due && w->in - w->out < RING && w->mark_in - w->mark_out < MARKS;
}

/* False when the connection broke. */
static bool way_read(struct way *w, uint64_t delay)
{
    size_t at = (size_t)(w->in % RING);
    size_t room = (size_t)(RING - (w->in - w->out));
    ssize_t n;

    if (room > RING - at)
        room = RING - at;
    if (room > READ_MAX)
        room = READ_MAX;
    n = read(w->from, w->ring + at, room);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0) {
        w->eof_due = now_ns() + delay;
        return true;
    }
    w->in += (uint64_t)n;
    w->marks[w->mark_in++ % MARKS] = (struct mark){.due = now_ns() + delay, .end = w->in};
    return true;
}

static bool way_write(struct way *w, uint64_t now)
{
    for (; w->mark_out < w->mark_in && w->marks[w->mark_out % MARKS].due <= now; w->mark_out++)
        w->ready = w->marks[w->mark_out % MARKS].end;
    while (w->out < w->ready) {
        size_t at = (size_t)(w->out % RING);
        size_t len = (size_t)(w->ready - w->out);
        ssize_t n = send(w->to, w->ring + at, len < RING - at ? len : RING - at, MSG_NOSIGNAL);

        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        w->out += (uint64_t)n;
    }
    if (w->eof_due && w->eof_due <= now && w->out == w->in && !w->ended) {
        w->ended = true;
        shutdown(w->to, SHUT_WR);
    }
    return true;
}

/* When the next thing of this way comes due; UINT64_MAX for never. */
static uint64_t way_due(const struct way *w)
{
    if (w->mark_out < w->mark_in)
        return w->marks[w->mark_out % MARKS].due;
    return w->eof_due && !w->ended ? w->eof_due : UINT64_MAX;
}

static void pair_serve(struct pair *p, const struct pollfd *pf, uint64_t delay)
{
    bool alive = true;

    for (int i = 0; i < 2 && alive; i++) {
        if (pf[i].revents & (POLLIN | POLLHUP | POLLERR) && may_read(&p->way[i]))
            alive = way_read(&p->way[i], delay);
        alive = alive && way_write(&p->way[i], now_ns());
    }
    if (!alive || (p->way[0].ended && p->way[1].ended))
        pair_close(p);
}

static void pair_poll(const struct pair *p, struct pollfd *pf, uint64_t *due)
{
    for (int i = 0; i < 2; i++) {
        const struct way *in = &p->way[i], *out = &p->way[!i];
        short events = 0;

        if (p->fd[i] >= 0) {
            uint64_t at = way_due(in);

            events = (short)((may_read(in) ? POLLIN : 0) | (out->out < out->ready ? POLLOUT : 0));
            *due = at < *due ? at : *due;
        }
        pf[i] = (struct pollfd){.fd = events ? p->fd[i] : -1, .events = events};
    }
}

static int serve(int listener, uint16_t target, uint64_t delay)
{
    static struct pair pairs[MAX_PAIRS];
    struct pollfd pf[2 * MAX_PAIRS + 1];

    for (int i = 0; i < MAX_PAIRS; i++)
        pairs[i].fd[0] = pairs[i].fd[1] = -1;
    for (;;) {
        uint64_t due = UINT64_MAX, now;
        struct timespec wait;
        int unused = -1;

        for (int i = 0; i < MAX_PAIRS; i++) {
            pair_poll(&pairs[i], pf + 2 * i, &due);
            if (pairs[i].fd[0] < 0)
                unused = i;
        }
        pf[2 * MAX_PAIRS] = (struct pollfd){.fd = unused < 0 ? -1 : listener, .events = POLLIN};
        now = now_ns();
        due = due > now ? due - now : 0;
        wait = (struct timespec){.tv_sec = (time_t)(due / 1000000000), .tv_nsec = (long)(due % 1000000000)};
        if (ppoll(pf, 2 * MAX_PAIRS + 1, &wait, NULL) < 0 && errno != EINTR)
            return 1;
        for (int i = 0; i < MAX_PAIRS; i++)
            if (pairs[i].fd[0] >= 0)
                pair_serve(&pairs[i], pf + 2 * i, delay);
        if (pf[2 * MAX_PAIRS].revents & POLLIN)
            pair_accept(&pairs[unused], listener, target);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in at = loopback(0);
    socklen_t len = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    if (argc != 3 || listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(listener, MAX_PAIRS) != 0 || getsockname(listener, (struct sockaddr *)&at, &len) != 0) {
        fprintf(stderr, "usage: relay PORT MILLISECONDS\n");
        return 1;
    }
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    printf("%u\n", ntohs(at.sin_port));
    fflush(stdout);
    return serve(listener, (uint16_t)strtoul(argv[1], NULL, 10), strtoull(argv[2], NULL, 10) * 1000000);
}
