/* What a read-only store or filter refuses, and what every store must be able to show. */
#include "tests/plugin/suite.h"

/* ---- Looking around, at what is there already ---- */

struct walk {
    struct trial *t;
    unsigned left; /* entries still to be looked at */
    void (*look)(struct trial *t, const char *path, int64_t type);
};

/* Goes through the tree below the base; the first 2000 entries will do. */
static void walk(struct walk *w, const char *path)
{
    bool whole = strcmp(path, ".") == 0;
    struct trial *t = w->t;
    char below[HY_PATH_MAX];
    struct names names;

    if (list(t->s, path, &names) == 0)
        for (size_t i = 0; i < names.count && w->left; i++) {
            int64_t type;

            w->left--;
            if (i)
                THAT(strcmp(names.items[i - 1], names.items[i]) != 0, "%s is listed twice", names.items[i]);
            if (snprintf(below, sizeof below, "%s%s%s", whole ? "" : path, whole ? "" : "/", names.items[i]) >=
                (int)sizeof below)
                continue;
            type = type_of(t->s, below);
            THAT(type >= 0, "%s is listed, and getattr of it is %s", below, result_of(type).s);
            w->look(t, below, type);
            if (type == HYTHE_TYPE_DIRECTORY)
                walk(w, below);
        }
    names_free(&names);
}

/* The check's own directory is empty: look from the place where the suite works. */
static void look_around(struct trial *t, void (*look)(struct trial *, const char *, int64_t))
{
    struct seat top = {0}, *own = t->s;
    struct walk w = {t, 2000, look};

    if (!IS(seat_attach(&top, t, t->stage->front, t->stage->base, 0), 0))
        return;
    t->s = &top;
    IS(type_of(&top, "."), HYTHE_TYPE_DIRECTORY);
    look(t, ".", HYTHE_TYPE_DIRECTORY);
    walk(&w, ".");
    t->s = own;
    seat_detach(&top);
}

/* A file small enough to be read whole, and opened; its size. */
static bool open_small(struct trial *t, const char *path, int64_t type, struct handle *h, size_t *size)
{
    struct hythe_attrs a;

    if (type != HYTHE_TYPE_REGULAR || do_getattr(t->s, path, 0, &a) < 0 || !(a.valid & HYTHE_ATTR_SIZE) ||
        a.size > 1 << 20)
        return false;
    *size = (size_t)a.size;
    return do_open(t->s, path, R, h) >= 0;
}

static void has_its_size(struct trial *t, const char *path, int64_t type)
{
    struct handle h;
    char buf[4096];
    int64_t r, total = 0;
    size_t size;

    if (!open_small(t, path, type, &h, &size))
        return;
    while ((r = do_read(&h, buf, sizeof buf, (uint64_t)total)) > 0 && r <= (int64_t)sizeof buf)
        total += r;
    THAT(r == 0 && total == (int64_t)size, "%s has %zu bytes by getattr and %lld by read (%s)", path, size,
         (long long)total, result_of(r).s);
    (void)do_close(&h);
}

static void shows_what_is_there(struct trial *t)
{
    look_around(t, has_its_size);
}

/* The same bytes wherever one begins. */
static void reads_the_same(struct trial *t, const char *path, int64_t type)
{
    struct handle h;
    char *all, part[100];
    uint32_t state = 3;
    size_t size;

    if (!open_small(t, path, type, &h, &size))
        return;
    all = calloc(1, size + 1);
    if (!all)
        abort();
    if (do_fill(&h, all, size, 0) == (int64_t)size)
        for (unsigned i = 0; i < 20 && size; i++) {
            size_t at = dice(&state) % size, n = size - at < sizeof part ? size - at : sizeof part;

            IS(do_fill(&h, part, n, at), (int64_t)n);
            if (!THAT(memcmp(part, all + at, n) == 0, "%s reads differently from offset %zu on", path, at))
                break;
        }
    IS(do_read(&h, part, sizeof part, size), 0);
    IS(do_read(&h, part, sizeof part, size + 1000), 0);
    IS(do_read(&h, part, 0, 0), 0);
    free(all);
    (void)do_close(&h);
}

static void reads_anywhere(struct trial *t)
{
    look_around(t, reads_the_same);
}

static void answers_as_its_kind(struct trial *t, const char *path, int64_t type)
{
    char below[HY_PATH_MAX + 32], buf[HY_PATH_MAX];
    struct hythe_attrs a;

    (void)snprintf(below, sizeof below, "%s/hythe-check-missing", path);
    if (type == HYTHE_TYPE_DIRECTORY) {
        IS(do_getattr(t->s, strcmp(path, ".") ? below : below + 2, 0, &a), -ENOENT);
        IS(try_open(t->s, strcmp(path, ".") ? below : below + 2, R), -ENOENT);
        ANY(try_open(t->s, path, R), -EISDIR, -EACCES);
    } else if (type == HYTHE_TYPE_REGULAR) {
        ANY(do_getattr(t->s, below, 0, &a), -ENOTDIR, -ENOENT);
        ANY(try_opendir(t->s, path), -ENOTDIR, -EACCES);
        ANY(do_readlink(t->s, path, buf, sizeof buf), -EINVAL, -ENOSYS, -ENOTSUP);
    }
}

static void knows_kinds(struct trial *t)
{
    look_around(t, answers_as_its_kind);
}

/* ---- What is offered ---- */

/* "I don't do this" is no answer of a day: what was found out at the beginning is found out again. */
static void offers_the_same(struct trial *t)
{
    const struct ability *first = &t->stage->front_ability;
    struct ability now;
    uint32_t skip = t->stage->without | ~t->stage->store.can;

    if (t->stage->read_only)
        skip |= ~CAN_READING;
    probe(t, t->s, skip, &now);
    for (unsigned i = 0; i < FEATURE_COUNT; i++) {
        int64_t r = first->refusal[i] ? first->refusal[i] : now.refusal[i];

        THAT(!((now.can ^ first->can) & (UINT32_C(1) << i)), "it does %s in one directory and not in another (%s)",
             feature_texts[i], result_of(r).s);
    }
}

/* ---- Read-only ---- */

static bool furnish(struct trial *t)
{
    if (!IS(put(t->b, "f", "text"), 0) || !IS(do_mkdir(t->b, "d"), 0) || !IS(put(t->b, "d/g", "more"), 0))
        return false;
    (void)do_symlink(t->b, "l", "f");
    return true;
}

static void is_as_before(struct trial *t)
{
    struct names names;

    (void)says(t, t->b, "f", "text");
    (void)says(t, t->b, "d/g", "more");
    if (list(t->b, ".", &names) == 0)
        THAT(names.count == 2 + (size_t)exists(t->b, "l"), "something was made or removed in a read-only tree");
    names_free(&names);
}

/* A refusal that a client understands: read-only, or not allowed; never "no such operation". */
static void is_denied(struct trial *t, const char *what, int64_t r)
{
    THAT(r == -EROFS || r == -EACCES || r == -EPERM || (r <= -HYTHE_STATUS_BASE && r != HYTHE_STATUS(8)),
         "%s is %s, not -EROFS", what, result_of(r).s);
}
#define DENIED(call) is_denied(t, #call, (call))

static void refuses_names(struct trial *t)
{
    if (!furnish(t))
        return;
    DENIED(do_mkdir(t->s, "new"));
    DENIED(do_rmdir(t->s, "d"));
    DENIED(do_unlink(t->s, "f"));
    DENIED(do_rename(t->s, "f", "new", 0));
    DENIED(do_rename(t->s, "f", "d/g", HYTHE_RENAME_REPLACE));
    DENIED(do_symlink(t->s, "new", "f"));
    DENIED(do_link(t->s, "f", "new"));
    DENIED(do_copyfile(t->s, "f", "new", 0));
    DENIED(do_copyfile(t->s, "f", "d/g", HYTHE_COPY_REPLACE));
    is_as_before(t);
}

static void refuses_opens(struct trial *t)
{
    static const uint32_t ways[] = {W,
                                    R | W,
                                    MAKE,
                                    R | HYTHE_OPEN_TRUNCATE,
                                    W | HYTHE_OPEN_APPEND,
                                    R | HYTHE_OPEN_APPEND,
                                    R | HYTHE_OPEN_DELETE_ON_CLOSE,
                                    R | HYTHE_OPEN_WRITE_ATTRS,
                                    R | HYTHE_OPEN_DELETE,
                                    R | HYTHE_OPEN_LOCK_WRITE,
                                    W | HYTHE_OPEN_APPEND | HYTHE_OPEN_ATOMIC_APPEND};
    char what[64];
    int64_t r;

    if (!furnish(t))
        return;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        (void)snprintf(what, sizeof what, "an open with access 0x%x", (unsigned)ways[i]);
        is_denied(t, what, try_open(t->s, "f", ways[i]));
        is_as_before(t);
    }
    /* Where nothing has to be made CREATE may mean nothing. */
    ANY(try_open(t->s, "f", R | HYTHE_OPEN_CREATE), 0, -EROFS, -EACCES, -EPERM);
    r = try_open(t->s, "new", R | HYTHE_OPEN_CREATE);
    THAT(r < 0, "an open that creates a file is %s", result_of(r).s);
    is_denied(t, "an open that creates a file", try_open(t->s, "new", MAKE));
    is_as_before(t);
    IS(try_open(t->s, "f", R), 0);
}

static void refuses_attributes(struct trial *t)
{
    static const uint32_t bits[] = {HYTHE_ATTR_SIZE, HYTHE_ATTR_MODE, HYTHE_ATTR_OWNER, HYTHE_ATTR_MTIME,
                                    HYTHE_ATTR_EXTENDED};
    struct handle h;

    if (!furnish(t))
        return;
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        struct hythe_attrs a = wish(bits[i]);

        DENIED(do_setattr(t->s, "f", 0, &a));
        DENIED(do_setattr(t->s, "l", HYTHE_NOFOLLOW, &a));
        if (OPENED(do_open(t->s, "f", R, &h))) {
            DENIED(do_fsetattr(&h, &a));
            (void)do_close(&h);
        }
    }
    is_as_before(t);
}

static void tells_so(struct trial *t)
{
    struct hythe_statfs fs;

    MUST(do_statfs(t->s, ".", &fs), 0);
    THAT(fs.read_only == 1, "statfs doesn't say that it is read-only");
}

static void refuses_through_handles(struct trial *t)
{
    struct handle h;
    int64_t r;

    if (!furnish(t))
        return;
    MUST_OPEN(do_open(t->s, "f", R, &h));
    REFUSED(do_write(&h, "x", 1, 0));
    r = do_copy(&h, 0, 1, &h, 2);
    THAT(r < 0, "a copy into a read-only file is %s", result_of(r).s);
    r = do_lock(&h, 0, 0, HYTHE_LOCK_WRITE);
    THAT(r < 0, "a lock of a read-only file is %s", result_of(r).s);
    IS(do_close(&h), 0);
    is_as_before(t);
}

#define FURNISHED (CAN(files) | CAN(directories))

const struct check checks_reading[] = {
    {"browse.tree", "what lies below the base already is listed, known and read to its size", 0, 0,
     shows_what_is_there},
    {"browse.read", "files that are there read the same from any offset, and nothing behind their ends", 0, 0,
     reads_anywhere},
    {"browse.kinds", "what is there answers as its kind: ENOENT in directories, nothing below files, EISDIR", 0, 0,
     knows_kinds},
    {"offers.consistent", "what isn't offered is refused everywhere, what is offered nowhere", CAN(files), 0,
     offers_the_same},
    {"read-only.names", "nothing is made, removed, renamed, linked or copied", 0, FURNISHED, refuses_names},
    {"read-only.open", "no open for writing, nor one that creates, empties, deletes or locks in disguise", 0, FURNISHED,
     refuses_opens},
    {"read-only.attributes", "no attribute is set, by name or by handle", 0, FURNISHED, refuses_attributes},
    {"read-only.statfs", "statfs says that nothing can be written", CAN(statfs), 0, tells_so},
    {"read-only.handle", "a handle writes, copies and locks nothing", 0, FURNISHED, refuses_through_handles},
    {0},
};
