#include "core/base/buf.h"
#include "core/server/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_FILE_MAX = 64 * 1024 };

/* The file's text with a NUL behind it, to be wiped and freed. Owner and mode are those of the opened file. */
static char *read_private(const char *file, size_t *len, struct hy_err *err)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    char *text = NULL;
    ssize_t n;

    if (fd < 0) {
        hy_err_set(err, "host key %s: %s%s%s", file, strerror(errno),
                   errno == ENOENT ? "; to make it: ssh-keygen -t ed25519 -N '' -f " : "", errno == ENOENT ? file : "");
        return NULL;
    }
    *len = 0;
    if (fstat(fd, &st))
        hy_err_set(err, "host key %s: %s", file, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        hy_err_set(err, "host key %s: not a regular file", file);
    else if (strlen(file) > 4 && strcmp(file + strlen(file) - 4, ".pub") == 0)
        hy_err_set(err, "host key %s: the private key is wanted, which is in the file without .pub", file);
    else if (st.st_mode & 077)
        hy_err_set(err, "host key %s: open to others (mode %04o); make it 0600", file, (unsigned)st.st_mode & 07777);
    else if (st.st_uid != 0 && st.st_uid != geteuid())
        hy_err_set(err, "host key %s: owned by user id %u, not by root or by the user that starts the server", file,
                   (unsigned)st.st_uid);
    else if (st.st_size > KEY_FILE_MAX)
        hy_err_set(err, "host key %s: %lld bytes are too many for a key", file, (long long)st.st_size);
    else if (!(text = calloc(1, KEY_FILE_MAX + 1)))
        hy_err_set(err, "out of memory");
    while (text && *len < KEY_FILE_MAX && (n = read(fd, text + *len, KEY_FILE_MAX - *len)) != 0) {
        if (n < 0 && errno != EINTR) {
            hy_err_set(err, "host key %s: %s", file, strerror(errno));
            hy_wipe(text, *len);
            free(text);
            text = NULL;
        }
        *len += n > 0 ? (size_t)n : 0;
    }
    (void)close(fd);
    return text;
}

int hy_server_read_key(const struct hy_key_config *key, struct hy_ssh_server *ssh, const char **type,
                       struct hy_err *err)
{
    size_t len;
    char *text = read_private(key->store, &len, err);
    int rc;

    if (!text)
        return -1;
    rc = hy_ssh_server_add_key(ssh, key->store, text, type, err);
    hy_wipe(text, len);
    free(text);
    return rc;
}

int hy_server_read_keys(const struct hy_config *config, struct hy_ssh_server *ssh, const struct hy_log *log,
                        struct hy_err *err)
{
    for (size_t i = 0; i < config->key_count; i++) {
        const char *type;

        if (hy_server_read_key(&config->keys[i], ssh, &type, err))
            return -1;
        hy_log(log, HY_LOG_VERBOSE, 0, "host key %s: %s", config->keys[i].store, type);
    }
    return 0;
}
