#include "core/vfs/real.h"

#include "core/vfs/frame.h"
#include "core/vfs/session.h"

#include <errno.h>
#include <string.h>

enum { LINKS_MAX = 40 };

/* ---- Relative to the base ---- */

static int64_t put(char *out, const char *path, size_t len)
{
    if (len >= HY_PATH_MAX)
        return -ENAMETOOLONG;
    memmove(out, path, len);
    out[len] = '\0';
    return (int64_t)len;
}

/* dir/name; dir may be "." */
static int64_t join(char *out, const char *dir, const char *name, size_t len)
{
    size_t n = strcmp(dir, ".") == 0 ? 0 : strlen(dir);

    if (n + 1 + len >= HY_PATH_MAX)
        return -ENAMETOOLONG;
    memmove(out, dir, n);
    if (n)
        out[n++] = '/';
    memcpy(out + n, name, len);
    out[n + len] = '\0';
    return (int64_t)(n + len);
}

static void to_parent(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash)
        *slash = '\0';
    else
        memcpy(path, ".", 2);
}

/* Without links, if it is there. A store that knows of none has one name for everything. */
static int64_t existing(const struct hythe_call *call, const char *path, char *out)
{
    char found[HY_PATH_MAX] = "";
    struct hythe_realpath_arg arg = {.path = path, .buf = found, .len = sizeof found};
    int64_t r = hythe_ask_realpath(call, &arg);

    if (r == -ENOSYS)
        return put(out, path, strlen(path));
    if (r < 0)
        return r;
    return hy_is_relative_normal(found, r) ? put(out, found, (size_t)r) : -EIO;
}

/* The directory that a name is in without links, and the name. */
static int64_t named(const struct hythe_call *call, const char *path, char *out)
{
    const char *slash = strrchr(path, '/');
    char parent[HY_PATH_MAX];
    int64_t r;

    if (!slash)
        return put(out, path, strlen(path));
    r = put(parent, path, (size_t)(slash - path));
    if (r >= 0)
        r = existing(call, parent, parent);
    return r < 0 ? r : join(out, parent, slash + 1, strlen(slash + 1));
}

/* Where the text of a link, which lies in the directory `path`, leads: all but the last component must be there. What
 * is before `..` has no links any more. */
static int64_t walk(const struct hythe_call *call, const char *text, char *path)
{
    int64_t r = 0;

    if (text[0] == '/')
        memcpy(path, ".", 2);
    for (size_t n; r >= 0 && *text; text += n) {
        size_t slashes = strspn(text, "/");

        text += slashes;
        n = strcspn(text, "/");
        if (!n || (n == 1 && text[0] == '.'))
            continue;
        if (n == 2 && memcmp(text, "..", 2) == 0) {
            to_parent(path);
        } else {
            r = join(path, path, text, n);
            if (r >= 0 && text[n + strspn(text + n, "/")])
                r = existing(call, path, path);
        }
    }
    return r;
}

/* The text of the link `path`; 0: nothing is there, or it isn't a link. */
static int64_t text_of(const struct hythe_call *call, const char *path, char *text)
{
    struct hythe_readlink_arg arg = {.path = path, .buf = text, .len = HY_PATH_MAX - 1};
    int64_t r = hythe_ask_readlink(call, &arg);

    if (r == -ENOENT || r == -EINVAL || r == -ENOSYS || r == -ENOTSUP)
        return 0;
    if (r >= HY_PATH_MAX)
        return -EIO;
    if (r > 0)
        text[r] = '\0';
    return r;
}

static int64_t resolve(const struct hythe_call *call, const char *rel, bool follow, char *out)
{
    char path[HY_PATH_MAX], text[HY_PATH_MAX];
    int64_t r = put(path, rel, strlen(rel));

    for (int links = 0; r >= 0 && links < LINKS_MAX; links++) {
        r = follow ? existing(call, path, out) : -ENOENT;
        if (r != -ENOENT)
            return r;
        r = named(call, path, out);
        if (r < 0 || !follow)
            return r;
        r = text_of(call, out, text);
        if (r <= 0)
            return r < 0 ? r : (int64_t)strlen(out);
        memcpy(path, out, strlen(out) + 1);
        to_parent(path);
        r = walk(call, text, path);
    }
    return r < 0 ? r : -ELOOP;
}

/* ---- In the view ---- */

/* What another mount hides keeps the name that it was asked by: the canonical one leads elsewhere. */
static int64_t to_view(const struct hy_vfs *vfs, const struct hy_spot *spot, const char *found, char *out)
{
    struct hy_spot there;
    int64_t r = hy_path_join(there.path, spot->point->root, found);

    if (r < 0)
        return r;
    if (!hy_locate(vfs, &there) || there.point != spot->point)
        return put(out, spot->path, strlen(spot->path));
    return put(out, there.path, strlen(there.path));
}

int64_t hy_chain_real(const struct hythe_call *call, const char *path, bool follow, char *out)
{
    const struct hy_scene *scene = hy_frame_of(call)->scene;
    char found[HY_PATH_MAX], said[sizeof scene->report->text];
    struct hy_spot spot;
    int64_t r = scene->vfs ? hy_path_normalise(spot.path, "/", path, strlen(path)) : -ENOSYS;

    if (r < 0)
        return r;
    if (!hy_locate(scene->vfs, &spot))
        return -EACCES;
    if (!spot.point || spot.point->mount->chain != scene->chain)
        return -EXDEV;
    memcpy(said, scene->report->text, sizeof said);
    r = resolve(call, spot.rel, follow, found);
    memcpy(scene->report->text, said, sizeof said);
    if (r >= 0)
        return to_view(scene->vfs, &spot, found, out);
    return spot.above && hy_not_there(r) ? put(out, spot.path, strlen(spot.path)) : r;
}
