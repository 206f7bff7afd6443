#include "core/path/path.h"

#include <errno.h>
#include <string.h>

/* Appends one component to the normal path out of length *len. */
static int append(char *out, size_t *len, const char *name, size_t n)
{
    size_t at = *len == 1 ? 0 : *len;

    if (n >= HY_PATH_MAX - 1 - at)
        return -ENAMETOOLONG;
    out[at] = '/';
    memcpy(out + at + 1, name, n);
    *len = at + 1 + n;
    return 0;
}

static void drop_last(const char *out, size_t *len)
{
    while (*len > 1 && out[*len - 1] != '/')
        (*len)--;
    if (*len > 1)
        (*len)--;
}

int hy_path_normalise(char *out, const char *cwd, const char *in, size_t len)
{
    const char *end = in + len;
    size_t used = 1;

    if (len && memchr(in, '\0', len))
        return -EINVAL;
    out[0] = '/';
    if (!len || in[0] != '/') {
        used = strlen(cwd);
        memcpy(out, cwd, used);
    }
    while (in < end) {
        const char *slash = memchr(in, '/', (size_t)(end - in));
        size_t n = (size_t)((slash ? slash : end) - in);

        if (n == 2 && in[0] == '.' && in[1] == '.') {
            drop_last(out, &used);
        } else if (n && !(n == 1 && in[0] == '.')) {
            int rc = append(out, &used, in, n);

            if (rc)
                return rc;
        }
        in = slash ? slash + 1 : end;
    }
    out[used] = '\0';
    return 0;
}

bool hy_path_below(const char *path, const char *dir)
{
    size_t n = strlen(dir);

    if (n == 1)
        return true;
    return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

const char *hy_path_relative(const char *path, const char *dir)
{
    size_t n = strlen(dir);

    path += n == 1 ? 0 : n;
    if (*path == '/')
        path++;
    return *path ? path : ".";
}

int hy_path_join(char *out, const char *dir, const char *rel)
{
    size_t used = strlen(dir), n = strlen(rel);

    memmove(out, dir, used + 1);
    if (n == 1 && rel[0] == '.')
        return 0;
    if (append(out, &used, rel, n))
        return -ENAMETOOLONG;
    out[used] = '\0';
    return 0;
}

bool hy_path_is_component(const char *s, size_t len)
{
    if (!len || len > 255 || (s[0] == '.' && (len == 1 || (len == 2 && s[1] == '.'))))
        return false;
    for (size_t i = 0; i < len; i++)
        if (s[i] == '/' || (unsigned char)s[i] < 0x20 || s[i] == 0x7f)
            return false;
    return true;
}
