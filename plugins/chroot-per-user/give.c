/* Giving a new folder to its owner where the server has no right to do so: the half of the plugin in the helper process
 * does it, to a folder that the server sends it. It gives away nothing but what belongs to the server's own user, to
 * nobody but the owner of its settings, and never to root. */
#include "chroot.h"
#include "plugins/shared/helped.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DEPTH_MAX = 33 }; /* of the skeleton, and one more */

/* ---- In the server ---- */

static int send_folder(int socket, int folder)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(folder))];
    } control = {.head = {.cmsg_len = CMSG_LEN(sizeof(folder)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    char byte = 0;
    struct iovec iov = {&byte, 1};
    const struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};

    memcpy(CMSG_DATA(&control.head), &folder, sizeof(folder));
    return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

int cp_give(const struct cp_instance *cp, int folder)
{
    int32_t result = -EIO;
    int rc, socket = helped_begin(cp->host);

    if (socket < 0)
        return socket;
    rc = send_folder(socket, folder);
    if (rc == 0 && recv(socket, &result, sizeof(result), MSG_TRUNC) != (ssize_t)sizeof(result))
        rc = -EIO;
    close(socket);
    return rc < 0 ? rc : result > 0 || result < -4095 ? -EIO : result;
}

/* ---- In the helper ---- */

struct giving {
    uid_t from, uid;
    gid_t gid;
};

static int give(const struct giving *g, int folder, const char *name, unsigned depth);

static int give_content(const struct giving *g, int folder, unsigned depth)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    if (!dir) {
        rc = -errno;
        if (fd >= 0)
            close(fd);
        return rc;
    }
    while (rc == 0 && (errno = 0, entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            rc = give(g, folder, entry->d_name, depth);
    if (rc == 0)
        rc = -errno;
    closedir(dir);
    return rc;
}

/* What the descriptor leads to, its content first. A file with further names may be another's by one of them. */
static int give_opened(const struct giving *g, int fd, unsigned depth)
{
    struct stat st;
    int rc = 0;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (st.st_uid != g->from || (!S_ISDIR(st.st_mode) && st.st_nlink != 1) || depth > DEPTH_MAX)
        return -EPERM;
    if (S_ISDIR(st.st_mode))
        rc = give_content(g, fd, depth + 1);
    if (rc == 0 && fchownat(fd, "", g->uid, g->gid, AT_EMPTY_PATH) < 0)
        rc = -errno;
    return rc;
}

static int give(const struct giving *g, int folder, const char *name, unsigned depth)
{
    int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), rc;

    if (fd < 0)
        return -errno;
    rc = give_opened(g, fd, depth);
    close(fd);
    return rc;
}

/* The folder that comes along with a byte, or a negative errno. */
static int receive_folder(int socket)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    char byte;
    struct iovec iov = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    const struct cmsghdr *c;
    int fd;

    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1 || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
        return -EBADMSG;
    c = CMSG_FIRSTHDR(&message);
    if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(fd)))
        return -EBADMSG;
    memcpy(&fd, CMSG_DATA(c), sizeof(fd));
    return fd;
}

void cp_assist(const struct hythe_assist *how)
{
    const struct cp_settings *set = how->settings;
    struct ucred peer; /* who made the socket: the server, with the rights that it had then */
    socklen_t len = sizeof(peer);
    struct giving g;
    struct stat st;
    int32_t result;
    int folder = receive_folder(how->socket);

    if (folder < 0 || getsockopt(how->socket, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
        return;
    g.from = peer.uid;
    result = cp_read_owner(set->owner, &g.uid, &g.gid);
    if (result == 0 && (g.uid == 0 || g.gid == 0))
        result = -EPERM;
    if (result == 0)
        result = fstat(folder, &st) == 0 && S_ISDIR(st.st_mode) ? give_opened(&g, folder, 0) : -ENOTDIR;
    (void)send(how->socket, &result, sizeof(result), MSG_NOSIGNAL);
    close(folder);
}
