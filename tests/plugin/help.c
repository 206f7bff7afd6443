/* What most checks need: whole files, whole listings, trees that are removed again. */
#include "tests/plugin/suite.h"

int64_t try_open(struct seat *s, const char *path, uint32_t access)
{
    struct handle h;
    int64_t r = do_open(s, path, access, &h);

    if (h.open)
        (void)do_close(&h);
    return r > 0 ? 0 : r;
}

int64_t try_opendir(struct seat *s, const char *path)
{
    struct handle h;
    int64_t r = do_opendir(s, path, &h);

    if (h.open)
        (void)do_close(&h);
    return r > 0 ? 0 : r;
}

int64_t put_bytes(struct seat *s, const char *path, const void *data, size_t len)
{
    struct handle h;
    int64_t r = do_open(s, path, MAKE, &h), closed;

    if (r < 0)
        return r;
    if (len)
        r = do_write(&h, data, len, 0);
    closed = do_close(&h);
    return r < 0 ? r : closed;
}

int64_t put(struct seat *s, const char *path, const char *text)
{
    return put_bytes(s, path, text, strlen(text));
}

int64_t do_fill(struct handle *h, void *buf, size_t len, uint64_t offset)
{
    size_t have = 0;
    int64_t r;

    do {
        r = do_read(h, (char *)buf + have, len - have, offset + have);
        if (r > 0 && (uint64_t)r > len - have)
            return -EIO; /* a complaint already */
        have += r > 0 ? (size_t)r : 0;
    } while (r > 0 && have < len);
    return r < 0 ? r : (int64_t)have;
}

int64_t get(struct seat *s, const char *path, void *buf, size_t size)
{
    struct handle h;
    int64_t r = do_open(s, path, R, &h);

    if (r < 0)
        return r;
    r = do_fill(&h, buf, size, 0);
    (void)do_close(&h);
    return r;
}

int64_t type_of(struct seat *s, const char *path)
{
    struct hythe_attrs attrs;
    int64_t r = do_getattr(s, path, HYTHE_NOFOLLOW, &attrs);

    return r < 0 ? r : attrs.valid & HYTHE_ATTR_TYPE ? attrs.type : HYTHE_TYPE_NONE;
}

int64_t size_of(struct seat *s, const char *path)
{
    struct hythe_attrs attrs;
    int64_t r = do_getattr(s, path, 0, &attrs);

    return r < 0 ? r : attrs.valid & HYTHE_ATTR_SIZE ? (int64_t)attrs.size : -EINVAL;
}

bool exists(struct seat *s, const char *path)
{
    return type_of(s, path) >= 0;
}

bool says(struct trial *t, struct seat *s, const char *path, const char *text)
{
    char have[512] = "";
    int64_t r = get(s, path, have, sizeof have - 1);

    if (r < 0)
        complain(t, "%s can't be read: %s", path, result_of(r).s);
    else if ((size_t)r != strlen(text) || memcmp(have, text, (size_t)r) != 0)
        complain(t, "%s holds %lld bytes, \"%.*s\", instead of \"%s\"", path, (long long)r, (int)(r < 60 ? r : 60),
                 have, text);
    else
        return true;
    return false;
}

struct hythe_attrs wish(uint32_t valid)
{
    return (struct hythe_attrs){.struct_size = sizeof(struct hythe_attrs), .valid = valid};
}

/* ---- Listings ---- */

int names_emit(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    struct names *names = ctx;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        names->dots = true;
        return 0;
    }
    if (names->count == names->room) {
        names->room = names->room ? 2 * names->room : 64;
        names->items = reallocarray(names->items, names->room, sizeof *names->items);
        names->types = reallocarray(names->types, names->room, sizeof *names->types);
    }
    if (!names->items || !names->types)
        abort();
    names->types[names->count] = attrs && (attrs->valid & HYTHE_ATTR_TYPE) ? attrs->type : HYTHE_TYPE_NONE;
    names->items[names->count++] = strdup(name);
    return 0;
}

void names_free(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
    free(names->types);
    *names = (struct names){0};
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool names_have(const struct names *names, const char *name)
{
    return names->count && bsearch(&name, names->items, names->count, sizeof *names->items, by_name);
}

int64_t list(struct seat *s, const char *path, struct names *out)
{
    struct handle h;
    int64_t r;

    *out = (struct names){0};
    r = do_opendir(s, path, &h);
    if (r < 0)
        return r;
    while ((r = do_readdir(&h, names_emit, out)) > 0)
        ;
    (void)do_close(&h);
    if (out->count)
        qsort(out->items, out->count, sizeof *out->items, by_name);
    return r;
}

int64_t empty(struct seat *s, const char *path)
{
    char below[HY_PATH_MAX];
    struct names names;
    int64_t r = list(s, path, &names);

    for (size_t i = 0; i < names.count && r == 0; i++) {
        bool whole = strcmp(path, ".") != 0;

        if (snprintf(below, sizeof below, "%s%s%s", whole ? path : "", whole ? "/" : "", names.items[i]) >=
            (int)sizeof below) {
            r = -ENAMETOOLONG;
            break;
        }
        if (type_of(s, below) == HYTHE_TYPE_DIRECTORY) {
            r = empty(s, below);
            if (r == 0)
                r = do_rmdir(s, below);
        } else {
            r = do_unlink(s, below);
        }
    }
    names_free(&names);
    return r;
}

uint32_t dice(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* ---- Threads ---- */

struct worker {
    void (*run)(void *ctx, unsigned number);
    void *ctx;
    unsigned number;
    pthread_t thread;
};

static void *work(void *ctx)
{
    struct worker *w = ctx;

    w->run(w->ctx, w->number);
    return NULL;
}

bool together(struct trial *t, void (*run)(void *ctx, unsigned number), void *ctx, unsigned count)
{
    struct worker workers[2 * THREADS];
    unsigned started = 0;

    for (; started < count; started++) {
        workers[started] = (struct worker){.run = run, .ctx = ctx, .number = started};
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started]))
            break;
    }
    for (unsigned i = 0; i < started; i++)
        (void)pthread_join(workers[i].thread, NULL);
    return THAT(started == count, "a thread can't be started");
}
