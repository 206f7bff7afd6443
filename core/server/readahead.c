#include "core/server/readahead.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
    AHEAD = 256 * 1024, /* a quarter of it costs an upload a twentieth more */
    FULL = 32 * 1024    /* what most clients take in one packet */
};

/* at < end: bytes that the kernel has given us and the caller has not asked for yet. While there are any, the socket
 * itself is left alone: the end of the stream or an error shows after them, in the order of the stream. */
struct ahead {
    int fd;
    bool on;
    unsigned char *data; /* AHEAD bytes from the first read that filled the caller's room on, until a rest */
    size_t at, end;
    bool flowing; /* the last send took everything, and no poll has said since that there is room */
    bool held;    /* a send was put off until the next */
};

static __thread struct ahead here;

/* Mapped, so that what is given back is the system's again, whatever else the thread has allocated meanwhile. */
static unsigned char *take_memory(void)
{
    void *p = mmap(NULL, AHEAD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return p == MAP_FAILED ? NULL : p; /* without memory it goes on as before */
}

static void give_memory_back(void)
{
    if (here.data)
        (void)munmap(here.data, AHEAD);
    here.data = NULL;
}

void hy_readahead_end(void)
{
    give_memory_back();
    here = (struct ahead){0};
}

void hy_readahead_begin(int fd)
{
    hy_readahead_end();
    here.fd = fd;
    here.on = true;
}

static bool mine(int fd)
{
    return here.on && fd == here.fd;
}

static bool stocked(void)
{
    return here.at < here.end;
}

static ssize_t hand_out(void *buf, size_t len)
{
    size_t n = here.end - here.at;

    if (n > len)
        n = len;
    memcpy(buf, here.data + here.at, n);
    here.at += n;
    return (ssize_t)n;
}

/* What the caller has room for goes straight to it, what comes beyond into the stock. */
static ssize_t fetch(int fd, void *buf, size_t len)
{
    struct iovec to[2] = {{.iov_base = buf, .iov_len = len}, {.iov_base = here.data, .iov_len = AHEAD}};
    struct msghdr msg = {.msg_iov = to, .msg_iovlen = 2};
    ssize_t n = here.data ? recvmsg(fd, &msg, 0) : recvfrom(fd, buf, len, 0, NULL, NULL);

    if (n < 0 || (size_t)n < len)
        return n;
    here.at = 0;
    here.end = (size_t)n - len;
    if (!here.data)
        here.data = take_memory();
    return (ssize_t)len;
}

ssize_t recv(int fd, void *buf, size_t len, int flags)
{
    if (!mine(fd) || flags || !len)
        return recvfrom(fd, buf, len, flags, NULL, NULL);
    return stocked() ? hand_out(buf, len) : fetch(fd, buf, len);
}

/* libssh doesn't expect that a socket it believes to have room refuses: then nothing was sent. It sends the first
 * packet of a large reply alone and collects those behind it until a poll says that there is room: put off once, the
 * first goes with them. */
ssize_t send(int fd, const void *buf, size_t len, int flags)
{
    ssize_t n;

    if (!mine(fd))
        return sendto(fd, buf, len, flags, NULL, 0);
    here.held = !here.held && len >= FULL && len < 2 * FULL;
    if (here.held) {
        here.flowing = true;
        return 0;
    }
    n = sendto(fd, buf, len, flags, NULL, 0);
    here.flowing = n >= 0 && (size_t)n == len;
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : n;
}

/* Nothing came for as long as the caller cared to wait: the memory goes back. */
static void rest(void)
{
    if (!stocked())
        give_memory_back();
}

/* Input in stock is as readable as input in the kernel. Then only that is reported, without asking the kernel: the
 * stock is finite and nothing refills it before it is empty, so the other descriptors wait for a few rounds at most. */
static int answer(struct pollfd *fds, nfds_t count, short what)
{
    int found = 0;

    for (nfds_t i = 0; i < count; i++)
        found += mine(fds[i].fd) && fds[i].events & what;
    for (nfds_t i = 0; found && i < count; i++)
        fds[i].revents = mine(fds[i].fd) ? (short)(fds[i].events & what) : 0;
    return found;
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    struct timespec t = {.tv_sec = timeout / 1000, .tv_nsec = timeout % 1000 * 1000000L};
    short known = (short)((stocked() ? POLLIN : 0) | (here.flowing ? POLLOUT : 0));
    int ready = known ? answer(fds, count, known) : 0;

    here.flowing = false;
    if (ready)
        return ready;
    ready = ppoll(fds, count, timeout < 0 ? NULL : &t, NULL);
    if (!ready && timeout > 0)
        rest();
    return ready;
}

/* The C library's, by the name that is left: the sanitizer of threads watches that too, and has to know what is closed
 * before the number comes again. */
extern int __close(int fd);

int close(int fd)
{
    if (mine(fd))
        hy_readahead_end();
    return __close(fd);
}
