/* Extended attributes: those of the system's namespace for users, by the names that they have in it. */
#include "local.h"

#include <errno.h>
#include <string.h>
#include <sys/xattr.h>

enum { PAIRS_MAX = 64, BYTES_MAX = 64 << 10 };

static const char space[] = "user.";
enum { SPACE = sizeof(space) - 1, NAME_BYTES = XATTR_NAME_MAX - SPACE };

/* A value into memory of the call's: 1, 0 when it has gone, or a negative errno. */
static int read_value(const struct hythe_call *call, const char *file, const char *name, size_t room,
                      struct hythe_pair *pair)
{
    ssize_t len = getxattr(file, name, NULL, 0);
    void *value;

    if (len < 0)
        return errno == ENODATA ? 0 : -errno;
    if ((size_t)len > room)
        return -E2BIG;
    value = call->host->keep(call, len ? (size_t)len : 1);
    if (!value)
        return -ENOMEM;
    len = len ? getxattr(file, name, value, (size_t)len) : 0;
    if (len < 0)
        return errno == ENODATA ? 0 : -errno;
    *pair = (struct hythe_pair){name + SPACE, value, (size_t)len};
    return 1;
}

/* The count of pairs read, or a negative errno. */
static int read_all(const struct hythe_call *call, const char *file, const char *names, size_t len,
                    struct hythe_pair *pairs)
{
    size_t room = BYTES_MAX - len;
    int count = 0;

    for (const char *name = names; name < names + len; name += strlen(name) + 1) {
        int rc;

        if (strncmp(name, space, SPACE) != 0)
            continue;
        if (count == PAIRS_MAX)
            return -E2BIG;
        rc = read_value(call, file, name, room, &pairs[count]);
        if (rc < 0)
            return rc;
        if (rc)
            room -= pairs[count++].value_len;
    }
    return count;
}

void lr_fill_pairs(const struct hythe_call *call, int fd, struct hythe_attrs *attrs)
{
    struct lr_proc file = lr_proc_of(fd);
    ssize_t len = listxattr(file.name, NULL, 0);
    struct hythe_pair *pairs;
    char *names;
    int count;

    if (len <= 0 || len > BYTES_MAX || !HYTHE_HAS(call->host, keep))
        return;
    pairs = call->host->keep(call, PAIRS_MAX * sizeof(*pairs));
    names = call->host->keep(call, (size_t)len);
    if (!pairs || !names)
        return;
    len = listxattr(file.name, names, (size_t)len);
    count = len < 0 ? 0 : read_all(call, file.name, names, (size_t)len, pairs);
    if (count <= 0)
        return;
    attrs->pairs = pairs;
    attrs->pair_count = (uint32_t)count;
    attrs->valid |= HYTHE_ATTR_EXTENDED;
}

/* A name that isn't there is another answer than one that can't be. */
bool lr_has_pairs(int fd)
{
    struct lr_proc file = lr_proc_of(fd);

    return getxattr(file.name, "user.hythe", NULL, 0) >= 0 || (errno != EOPNOTSUPP && errno != ENOENT);
}

int lr_check_pairs(const struct hythe_attrs *attrs)
{
    size_t room = BYTES_MAX;

    if (attrs->pair_count > PAIRS_MAX)
        return -E2BIG;
    for (uint32_t i = 0; i < attrs->pair_count; i++) {
        size_t len = strlen(attrs->pairs[i].name);

        if (len == 0)
            return -EINVAL;
        if (len > NAME_BYTES || len > room || attrs->pairs[i].value_len > room - len)
            return -E2BIG;
        room -= len + attrs->pairs[i].value_len;
    }
    return 0;
}

int lr_set_pairs(int fd, const struct hythe_attrs *attrs)
{
    struct lr_proc file = lr_proc_of(fd);
    char name[XATTR_NAME_MAX + 1];

    memcpy(name, space, SPACE);
    for (uint32_t i = 0; i < attrs->pair_count; i++) {
        const struct hythe_pair *pair = &attrs->pairs[i];

        memcpy(name + SPACE, pair->name, strlen(pair->name) + 1);
        if (setxattr(file.name, name, pair->value, pair->value_len, 0) != 0)
            return errno == ENOENT ? -EOPNOTSUPP : -errno; /* without /proc */
    }
    return 0;
}
