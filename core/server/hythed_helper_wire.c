#include "core/server/hythed_helper.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int))];
};

int hythed_helper_put(int socket, const void *message, size_t len, int fd)
{
    union control control = {
        .head = {.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    struct iovec iov = {(void *)(uintptr_t)message, len};
    struct msghdr whole = {.msg_iov = &iov, .msg_iovlen = 1};

    if (fd >= 0) {
        whole.msg_control = &control;
        whole.msg_controllen = sizeof control;
        memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
    }
    return sendmsg(socket, &whole, MSG_NOSIGNAL) == (ssize_t)len ? 0 : errno;
}

int hythed_helper_get(int socket, void *message, size_t len, int *fd)
{
    union control control;
    struct iovec iov = {message, len};
    struct msghdr whole = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    const struct cmsghdr *c;
    ssize_t n;
    bool one;

    *fd = -1;
    do
        n = recvmsg(socket, &whole, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    c = n >= 0 ? CMSG_FIRSTHDR(&whole) : NULL;
    one = c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof *fd);
    if (one)
        memcpy(fd, CMSG_DATA(c), sizeof *fd);
    if (n == (ssize_t)len && !(whole.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) && (one || !c))
        return 1;
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
    return n == 0 ? 0 : -1;
}
