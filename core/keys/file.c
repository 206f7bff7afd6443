#include "core/keys/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_private(const char *what, const char *file, const struct stat *st, size_t max, struct hy_err *err)
{
    static const enum hy_error number = HY_ERROR_HOST_KEY;

    if (!S_ISREG(st->st_mode))
        hy_err_number(err, number, "%s %s: not a regular file", what, file);
    else if (strlen(file) > 4 && strcmp(file + strlen(file) - 4, ".pub") == 0)
        hy_err_number(err, number, "%s %s: the private key is wanted, which is in the file without .pub", what, file);
    else if (st->st_mode & 077)
        hy_err_number(err, number, "%s %s: open to others (mode %04o); make it 0600", what, file,
                      (unsigned)st->st_mode & 07777);
    else if (st->st_uid != 0 && st->st_uid != geteuid())
        hy_err_number(err, number, "%s %s: owned by user id %u, not by root or by the user that starts the server",
                      what, file, (unsigned)st->st_uid);
    else if (st->st_size > (off_t)max)
        hy_err_number(err, number, "%s %s: %lld bytes are too many", what, file, (long long)st->st_size);
    else
        return true;
    return false;
}

/* Up to max bytes; a file that grows meanwhile is cut, and then isn't a whole key. */
static uint8_t *slurp(int fd, size_t max, size_t *len)
{
    uint8_t *bytes = calloc(1, max + 1);
    ssize_t n = 1;

    *len = 0;
    while (bytes && n && *len < max) {
        n = read(fd, bytes + *len, max - *len);
        if (n < 0 && errno != EINTR) {
            int saved = errno;

            hy_bytes_free(bytes, max);
            errno = saved;
            return NULL;
        }
        *len += n > 0 ? (size_t)n : 0;
    }
    return bytes;
}

static int open_file(const char *file, const struct hy_key_opener *opener)
{
    int fd;

    if (!opener)
        return open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    fd = opener->open(opener->ctx, file);
    if (fd < 0)
        errno = -fd;
    return fd;
}

/* Owner and mode are those of the opened file. */
uint8_t *hy_private_read(const char *what, const char *file, const struct hy_key_opener *opener, size_t max,
                         size_t *len, struct hy_err *err)
{
    int fd = open_file(file, opener);
    uint8_t *bytes = NULL;
    struct stat st;
    int failed = fd < 0 || fstat(fd, &st) ? errno : 0;

    if (failed)
        hy_err_number(err, HY_ERROR_HOST_KEY, "%s %s: %s", what, file, strerror(failed));
    else if (is_private(what, file, &st, max, err) && !(bytes = slurp(fd, max, len)))
        hy_err_number(err, HY_ERROR_HOST_KEY, "%s %s: %s", what, file, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    errno = failed;
    return bytes;
}

const char *hy_key_password_file(const struct hy_key_source *source)
{
    return strncmp(source->password, "file:", 5) == 0 ? source->password + 5 : NULL;
}

bool hy_key_password_elsewhere(const struct hy_key_source *source)
{
    return hy_key_password_file(source) || strncmp(source->password, "env:", 4) == 0;
}

/* The first line of a file, without its end. */
static int from_file(const struct hy_key_source *source, char *out, size_t room, struct hy_err *err)
{
    const char *file = hy_key_password_file(source);
    size_t size, len;
    uint8_t *bytes = hy_private_read("password file", file, source->opener, HY_PASSWORD_FILE_MAX, &size, err);

    if (!bytes)
        return -1;
    len = strcspn((const char *)bytes, "\r\n");
    if (len < room)
        memcpy(out, bytes, len);
    hy_bytes_free(bytes, size);
    if (len >= room)
        return hy_err_number(err, HY_ERROR_HOST_KEY, "password file %s: a password may have %zu bytes", file, room - 1);
    return (int)len;
}

int hy_key_password_read(const struct hy_key_source *source, char *out, size_t room, struct hy_err *err)
{
    const char *text = source->password;

    if (hy_key_password_file(source))
        return from_file(source, out, room, err);
    if (strncmp(text, "env:", 4) == 0) {
        const char *value = secure_getenv(text + 4);

        if (!value)
            return hy_err_number(err, HY_ERROR_HOST_KEY,
                                 "host key %s: the environment has no variable %s, which is to have its password",
                                 hy_key_label(source), text + 4);
        text = value;
    } else if (strncmp(text, "literal:", 8) == 0) {
        text += 8;
    }
    if (strlen(text) >= room)
        return hy_err_number(err, HY_ERROR_HOST_KEY, "host key %s: a password may have %zu bytes", hy_key_label(source),
                             room - 1);
    memcpy(out, text, strlen(text));
    return (int)strlen(text);
}
