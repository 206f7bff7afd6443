/* text-seek: where reading and writing of a text file goes on, by lines. Lines are found by reading, in slices. */
#include "core/sftp/reply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 65536, SLICE = 1 << 20 };

struct seeking {
    hy_handle h, from; /* whose place it is, and where lines are looked for */
    uint64_t at;       /* of the next byte to look at */
    uint64_t left;     /* ends of lines until the one that is sought */
    bool half;         /* the byte before was the first of a newline of two */
    uint8_t piece[PIECE];
};

/* Returns how many bytes lie before the line that is sought, or `len` where it isn't there yet. */
static size_t find(struct seeking *s, const char *newline, size_t len)
{
    const uint8_t *p = s->piece, *end = p + len;

    if (s->half && len) {
        s->half = false;
        if (*p == (uint8_t)newline[1] && --s->left == 0)
            return 1;
    }
    while (p < end && (p = memchr(p, newline[0], (size_t)(end - p))) != NULL) {
        p++;
        if (newline[1] && p == end)
            s->half = true;
        else if ((!newline[1] || *p == (uint8_t)newline[1]) && --s->left == 0)
            return (size_t)(p - s->piece) + (newline[1] != '\0');
    }
    return len;
}

static int64_t slice(struct hy_engine *e, uint32_t id, void *state)
{
    struct seeking *s = state;
    uint64_t *place = hy_vfs_text_place(e->vfs, s->h);

    (void)id;
    if (!place)
        return -EBADF;
    for (size_t done = 0; s->left && done < SLICE; done += PIECE) {
        int64_t n = hy_vfs_read(e->vfs, s->from, s->piece, PIECE, s->at);

        if (n <= 0)
            return n < 0 ? n : HY_EOF;
        s->at += find(s, hy_newline(e), (size_t)n);
    }
    if (s->left)
        return HY_LATER;
    *place = s->at;
    return 0;
}

static void end(struct hy_engine *e, void *state)
{
    struct seeking *s = state;

    if (s->from != s->h)
        (void)hy_vfs_close(e->vfs, s->from);
    free(s);
}

/* A file that was opened for writing alone is opened for reading aside, if its user may. */
static int64_t find_source(struct hy_engine *e, struct seeking *s)
{
    struct hy_name path;

    s->from = s->h;
    if (!s->left || hy_vfs_access(e->vfs, s->h) & HYTHE_OPEN_READ)
        return 0;
    path.p = hy_vfs_path(e->vfs, s->h);
    path.len = strlen(path.p);
    if (hy_vfs_open(e->vfs, path, HYTHE_OPEN_READ, NULL, &s->from) < 0) {
        s->from = s->h;
        return hy_vfs_fail(e->vfs, -ENOTSUP, "the lines of a file can't be found that can't be read");
    }
    s->from = hy_vfs_hide(e->vfs, s->from);
    if (hy_same_file(e->vfs, s->h, s->from))
        return 0;
    return hy_vfs_fail(e->vfs, -ENOTSUP, "the file isn't open for reading, and its name leads elsewhere by now");
}

/* How much there may be to read. */
static uint64_t size_of(struct hy_engine *e, hy_handle h)
{
    struct hythe_attrs attrs = HY_ATTRS_EMPTY;

    return hy_vfs_flook(e->vfs, h, HYTHE_ATTR_SIZE, &attrs) == 0 && attrs.valid & HYTHE_ATTR_SIZE ? attrs.size : 0;
}

/* Where no lines can be found the drafts let a server say so, and clients go another way. */
int64_t hy_request_text_seek(struct hy_engine *e, struct hy_request *rq)
{
    static const struct hy_task_of_slices task = {slice, end};
    hy_handle h = 0;
    int64_t r = hy_get_handle(rq, &h);
    uint64_t line = hy_get_u64(&rq->in);
    struct seeking *s;

    if (rq->in.failed)
        return HY_BAD_MESSAGE;
    if (r < 0)
        return r;
    if (!hy_vfs_access(e->vfs, h))
        return -EBADF;
    if (!hy_vfs_text_place(e->vfs, h))
        return -EINVAL;
    s = calloc(1, sizeof *s);
    if (!s)
        return -ENOMEM;
    s->h = h;
    s->left = line;
    r = find_source(e, s);
    if (r < 0) {
        end(e, s);
        return r;
    }
    return hy_work_begin(e, rq, &task, s, h, line ? size_of(e, h) : 0);
}
