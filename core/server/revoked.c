#include "core/server/revoked.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int judge(const char *file, const struct stat *st, struct hy_err *err)
{
    if (!S_ISREG(st->st_mode))
        return hy_err_set(err, "revoked_keys: %s: not a regular file", file);
    if (st->st_mode & 022)
        return hy_err_set(err, "revoked_keys: %s: others can write to it (mode %04o); make it 0644", file,
                          (unsigned)st->st_mode & 07777);
    if (st->st_uid != 0 && st->st_uid != geteuid())
        return hy_err_set(err,
                          "revoked_keys: %s: owned by user id %u, not by root or by the user that the server runs as",
                          file, (unsigned)st->st_uid);
    if (st->st_size > HY_REVOKED_MAX)
        return hy_err_set(err, "revoked_keys: %s: %lld bytes, more than %d", file, (long long)st->st_size,
                          HY_REVOKED_MAX);
    return 0;
}

/* All of an opened file, with room for one more byte. */
static uint8_t *read_all(int fd, size_t size, size_t *len)
{
    uint8_t *bytes = malloc(size + 1);
    ssize_t n = 1;

    *len = 0;
    while (bytes && n && *len < size) {
        n = read(fd, bytes + *len, size - *len);
        if (n < 0 && errno != EINTR) {
            free(bytes);
            return NULL;
        }
        *len += n > 0 ? (size_t)n : 0;
    }
    return bytes;
}

int hy_server_read_revoked(const char *file, struct hy_revoked **revoked, struct hy_err *err)
{
    int fd = *file ? open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
    struct hy_err why = {0};
    uint8_t *bytes = NULL;
    struct stat st;
    size_t len;
    int rc = -1;

    *revoked = NULL;
    if (!*file)
        return 0;
    if (fd < 0 || fstat(fd, &st))
        (void)hy_err_set(err, "revoked_keys: %s: %s", file, strerror(errno));
    else if (judge(file, &st, err) == 0 && !(bytes = read_all(fd, (size_t)st.st_size, &len)))
        (void)hy_err_set(err, "revoked_keys: %s: %s", file, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    if (bytes) {
        *revoked = hy_revoked_new(bytes, len, &why);
        rc = *revoked ? 0 : hy_err_set(err, "revoked_keys: %s: %.512s", file, why.text);
    }
    return rc;
}
