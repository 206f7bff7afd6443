/* From a session to the folder of its user: the part of the template that holds names of users is walked one folder at
 * a time below the fixed part, and never through a link. */
#include "chroot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Users by these names can't have a folder: "." and "..", and the plugin's own. */
static bool is_fit(const char *name, size_t len)
{
    if (len > NAME_MAX || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return false;
    return strncmp(name, CP_UNFINISHED, strlen(CP_UNFINISHED)) != 0;
}

static int refuse(const struct cp_instance *cp, const struct hythe_session *session, int result, const char *why)
{
    cp->host->log(cp->host, 0, "base \"%s\" for user \"%s\": %s", cp->set->base, session->user, why);
    return result;
}

/* Opens the folder `name`, or makes it first. */
static int enter(struct cp_instance *cp, int parent, const char *name, bool last)
{
    int fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), rc;

    if (fd >= 0 || errno != ENOENT || !cp->set->create)
        return fd >= 0 ? fd : -errno;
    if (last)
        rc = cp_make(cp, parent, name);
    else
        rc = mkdirat(parent, name, 0711) == 0 || errno == EEXIST ? 0 : -errno;
    if (rc < 0)
        return rc;
    fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd >= 0 ? fd : -errno;
}

/* Cuts the next name off *path; NULL at the end. */
static char *next_name(char **path)
{
    char *name = *path + strspn(*path, "/");
    size_t len = strcspn(name, "/");

    *path = name + len;
    if (**path == '/')
        *(*path)++ = '\0';
    return len ? name : NULL;
}

static int explain(const struct cp_instance *cp, const struct hythe_session *session, int rc)
{
    char text[128];

    switch (rc) {
    case -ENOENT:
        return refuse(cp, session, rc, "there is no such folder; create = true would make it");
    case -ENOTDIR:
    case -ELOOP:
        return refuse(cp, session, -EACCES, "a part of it is a symbolic link, or no folder");
    default:
        return refuse(cp, session, rc, strerror_r(-rc, text, sizeof(text)));
    }
}

static int walk(struct cp_instance *cp, const struct hythe_session *session, char *path)
{
    char *name = next_name(&path);
    int fd = cp->fixed;

    if (!name)
        return refuse(cp, session, -EACCES, "it names no folder of the user's own");
    while (name) {
        char *next = next_name(&path);
        int inner = is_fit(name, strlen(name)) ? enter(cp, fd, name, !next) : -EINVAL;

        if (fd != cp->fixed)
            close(fd);
        if (inner == -EINVAL)
            return refuse(cp, session, -EACCES, "the user's name can't be the name of a folder");
        if (inner < 0)
            return explain(cp, session, inner);
        fd = inner;
        name = next;
    }
    return fd;
}

int cp_place(struct cp_instance *cp, const struct hythe_session *session)
{
    char path[PATH_MAX];
    int64_t rc = cp->host->expand(cp->host, session, cp->rest, path, sizeof(path));

    if (rc == -EINVAL)
        return refuse(cp, session, -EACCES,
                      "the name of the user or group isn't fit for a folder, or there is no group");
    if (rc < 0)
        return explain(cp, session, (int)rc);
    return walk(cp, session, path);
}
