#include "core/config/source.h"
#include "core/config/arena.h"
#include "core/config/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Says from which place the text goes on. */
static int mark(struct hy_source *s, struct hy_place place)
{
    if (s->stretch_count == s->stretch_cap) {
        size_t cap = s->stretch_cap ? s->stretch_cap * 2 : 16;
        struct hy_stretch *more = reallocarray(s->stretches, cap, sizeof *more);

        if (!more)
            return -1;
        s->stretches = more;
        s->stretch_cap = cap;
    }
    s->stretches[s->stretch_count++] = (struct hy_stretch){s->line, place};
    return 0;
}

struct hy_place hy_source_place(const struct hy_source *s, unsigned line)
{
    size_t low = 0, high = s->stretch_count;
    struct hy_place place = {"", 0};

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (s->stretches[mid].first <= line)
            low = mid + 1;
        else
            high = mid;
    }
    if (low) {
        place = s->stretches[low - 1].place;
        place.line += line - s->stretches[low - 1].first;
    }
    return place;
}

/* Whether an opened file may be believed. Who can write it can log in as anybody, so not everybody may. */
static bool check_file(struct hy_source *s, const char *name, struct hy_place at, const struct stat *st)
{
    if (!S_ISREG(st->st_mode))
        hy_problems_add(s->problems, at, "%s is not a regular file", name);
    else if (st->st_mode & S_IWOTH)
        hy_problems_add(s->problems, at,
                        "everybody on this machine can write %s and so log in as any user; chmod o-w it", name);
    else if (st->st_size > HY_SOURCE_MAX || s->bytes + (size_t)st->st_size > HY_SOURCE_MAX)
        hy_problems_add(s->problems, at, "%s is too large: a configuration may have %d MiB in all", name,
                        HY_SOURCE_MAX / 1024 / 1024);
    else
        return true;
    return false;
}

/* The whole of an opened file; *len is its length. A file that grows meanwhile is cut, which the parser then sees. */
static char *slurp(int fd, size_t size, size_t *len)
{
    char *text = malloc(size + 1);
    ssize_t n = 1;

    *len = 0;
    while (text && n > 0 && *len < size) {
        n = read(fd, text + *len, size - *len);
        if (n > 0)
            *len += (size_t)n;
        else if (n < 0 && errno == EINTR)
            n = 1;
    }
    if (text && n < 0) {
        int saved = errno;

        hy_wipe(text, *len);
        free(text);
        text = NULL;
        errno = saved;
    }
    if (text)
        text[*len] = '\0';
    return text;
}

static char *load(struct hy_source *s, const char *name, struct hy_place at, size_t *len)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    const char *shown = at.line ? name : "it"; /* whose name stands before the complaint */
    char *text = NULL;

    if (fd < 0 || fstat(fd, &st) < 0) {
        hy_problems_add(s->problems, at, "cannot open %s: %s", shown, strerror(errno));
    } else if (check_file(s, shown, at, &st)) {
        text = slurp(fd, (size_t)st.st_size, len);
        if (!text)
            hy_problems_add(s->problems, at, "cannot read %s: %s", shown, strerror(errno));
    }
    if (fd >= 0)
        close(fd);
    return text;
}

static int append(struct hy_source *s, const char *name, struct hy_place at, unsigned depth);

/* `@include "name"`: the file's text takes its place. */
static int include(struct hy_source *s, const struct hy_token *t, struct hy_place at, unsigned depth)
{
    const char *slash = strrchr(at.file, '/');
    size_t folder = t->value[0] == '/' || !slash ? 0 : (size_t)(slash - at.file) + 1;
    char *name = hy_arena_alloc(s->arena, folder + strlen(t->value) + 1, 1);

    if (!name)
        return -1;
    memcpy(name, at.file, folder);
    memcpy(name + folder, t->value, strlen(t->value) + 1);
    if (depth == HY_SOURCE_DEPTH) {
        hy_problems_add(s->problems, at, "%s: files include each other more than %d deep", name, HY_SOURCE_DEPTH);
        return -1;
    }
    if (append(s, name, at, depth + 1) < 0)
        return -1;
    hy_buf_put(&s->text, "\n", 1);
    s->line++;
    return mark(s, at);
}

/* One piece of the file, mended where libconfig would misread it. */
static int take(struct hy_source *s, const struct hy_token *t, struct hy_place at, unsigned depth)
{
    switch (t->kind) {
    case HY_TOKEN_BAD:
        hy_problems_add(s->problems, at, "%s", t->value);
        hy_buf_put(&s->text, "0", 1); /* keeps the shape of the text, so that the rest is still checked */
        for (size_t i = 0; i < t->len; i++)
            if (t->start[i] == '\n')
                hy_buf_put(&s->text, "\n", 1);
        return t->fatal ? -1 : 0;
    case HY_TOKEN_INCLUDE:
        return include(s, t, at, depth);
    case HY_TOKEN_LONG:
        hy_buf_put(&s->text, t->start, t->len);
        hy_buf_put(&s->text, "L", 1);
        return 0;
    default:
        hy_buf_put(&s->text, t->start, t->len);
        return 0;
    }
}

static unsigned newlines(const char *text, size_t len)
{
    unsigned n = 0;

    for (const char *p = text; (p = memchr(p, '\n', len - (size_t)(p - text))) != NULL; p++)
        n++;
    return n;
}

static int append_text(struct hy_source *s, const char *text, size_t len, const char *name, unsigned depth)
{
    size_t mark_len = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* editors' byte order mark */
    struct hy_scan scan = {text + mark_len, text + mark_len, text + len};
    struct hy_place at = {name, 1};
    struct hy_token t;

    if (mark(s, at) < 0)
        return -1;
    while (hy_scan_next(&scan, &t)) {
        unsigned lines = newlines(t.start, t.len);

        if (take(s, &t, at, depth) < 0)
            return -1;
        at.line += lines;
        s->line += lines;
    }
    return s->text.failed ? -1 : 0;
}

static int append(struct hy_source *s, const char *name, struct hy_place at, unsigned depth)
{
    size_t len;
    char *text;
    int ret;

    if (++s->files > HY_SOURCE_FILES) {
        hy_problems_add(s->problems, at, "more than %d files are included", HY_SOURCE_FILES);
        return -1;
    }
    text = load(s, name, at, &len);
    if (!text)
        return -1;
    s->bytes += len;
    ret = append_text(s, text, len, name, depth);
    hy_wipe(text, len);
    free(text);
    return ret;
}

static int append_given(struct hy_source *s, const char *text, const char *name)
{
    size_t len = strlen(text);

    if (len <= HY_SOURCE_MAX)
        return append_text(s, text, len, name, 0);
    hy_problems_add(s->problems, (struct hy_place){name, 0}, "it is too large: a configuration may have %d MiB in all",
                    HY_SOURCE_MAX / 1024 / 1024);
    return -1;
}

int hy_source_read(struct hy_source *s, const char *file, const char *text, struct hy_arena *arena,
                   struct hy_problems *problems)
{
    size_t before = problems->count;
    const char *name = hy_arena_strndup(arena, file, strlen(file));
    int ret;

    *s = (struct hy_source){.arena = arena, .problems = problems, .line = 1};
    hy_buf_init(&s->text, 2 * (size_t)HY_SOURCE_MAX); /* an L may be added to a number */
    if (name && text)
        ret = append_given(s, text, name);
    else
        ret = name ? append(s, name, (struct hy_place){name, 0}, 0) : -1;
    hy_buf_put(&s->text, "\n", 2); /* libconfig wants a newline after a comment */
    if (ret < 0 || s->text.failed) {
        if (problems->count == before)
            hy_problems_add(problems, (struct hy_place){file, 0}, "out of memory");
        return -1;
    }
    return 0;
}

void hy_source_free(struct hy_source *s)
{
    if (s->text.data)
        hy_wipe(s->text.data, s->text.cap);
    hy_buf_free(&s->text);
    free(s->stretches);
}
