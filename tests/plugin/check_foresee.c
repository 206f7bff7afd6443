/* What a plugin says beforehand against what it then does. */
#include "tests/plugin/suite.h"

/* ---- What is tried, in a directory with f, d, d/g and e ---- */

static int64_t set(struct seat *s, const char *path, uint32_t valid)
{
    struct hythe_attrs a = wish(valid);

    a.mode = 0600;
    a.atime.sec = a.mtime.sec = 1000000;
    return do_setattr(s, path, 0, &a);
}

static int64_t use(struct seat *s, const char *path, uint32_t access, int64_t (*how)(struct handle *h))
{
    struct handle h;
    int64_t r = do_open(s, path, access, &h), end;

    if (r < 0)
        return r;
    r = how(&h);
    end = do_close(&h);
    return r < 0 ? r : end;
}

static int64_t write_some(struct handle *h)
{
    return do_write(h, "more", 4, 0);
}

static int64_t set_mode(struct handle *h)
{
    struct hythe_attrs a = wish(HYTHE_ATTR_MODE);

    a.mode = 0600;
    return do_fsetattr(h, &a);
}

static int64_t lock_it(struct handle *h)
{
    return do_lock(h, 0, 1, HYTHE_LOCK_WRITE);
}

static int64_t look(struct seat *s, const char *path)
{
    struct hythe_attrs a;

    return do_getattr(s, path, 0, &a);
}

static int64_t real(struct seat *s, const char *path)
{
    char buf[HY_PATH_MAX];

    return do_realpath(s, path, buf, sizeof buf);
}

static int64_t target(struct seat *s, const char *path)
{
    char buf[HY_PATH_MAX];

    return do_readlink(s, path, buf, sizeof buf);
}

#define EXCLUSIVE (HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE | HYTHE_OPEN_EXCLUSIVE)

/* X(a call on the seat `s`) */
#define CASES(X) \
    X(look(s, "f")) \
    X(look(s, "missing")) \
    X(real(s, "d/g")) \
    X(real(s, "missing")) \
    X(target(s, "f")) \
    X(target(s, "missing")) \
    X(try_opendir(s, "d")) \
    X(try_opendir(s, "f")) \
    X(try_opendir(s, "missing")) \
    X(try_open(s, "f", R)) \
    X(try_open(s, "f", W)) \
    X(try_open(s, "f", W | HYTHE_OPEN_APPEND)) \
    X(try_open(s, "f", MAKE)) \
    X(try_open(s, "f", EXCLUSIVE)) \
    X(try_open(s, "d", R)) \
    X(try_open(s, "d", MAKE)) \
    X(try_open(s, "missing", R)) \
    X(try_open(s, "missing", W)) \
    X(try_open(s, "new", MAKE)) \
    X(try_open(s, "new", EXCLUSIVE)) \
    X(try_open(s, "missing/new", MAKE)) \
    X(use(s, "f", W, write_some)) \
    X(use(s, "new", MAKE, write_some)) \
    X(use(s, "f", R, set_mode)) \
    X(use(s, "new", MAKE, set_mode)) \
    X(use(s, "f", R, lock_it)) \
    X(set(s, "f", HYTHE_ATTR_MODE)) \
    X(set(s, "f", HYTHE_ATTR_SIZE)) \
    X(set(s, "f", HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME)) \
    X(set(s, "d", HYTHE_ATTR_MODE)) \
    X(set(s, "d", HYTHE_ATTR_SIZE)) \
    X(set(s, "missing", HYTHE_ATTR_MODE)) \
    X(do_symlink(s, "new", "f")) \
    X(do_symlink(s, "f", "d")) \
    X(do_link(s, "f", "new")) \
    X(do_link(s, "f", "d/g")) \
    X(do_link(s, "d", "new")) \
    X(do_link(s, "missing", "new")) \
    X(do_unlink(s, "f")) \
    X(do_unlink(s, "d")) \
    X(do_unlink(s, "missing")) \
    X(do_mkdir(s, "new")) \
    X(do_mkdir(s, "d")) \
    X(do_mkdir(s, "f")) \
    X(do_mkdir(s, "missing/new")) \
    X(do_rmdir(s, "e")) \
    X(do_rmdir(s, "d")) \
    X(do_rmdir(s, "f")) \
    X(do_rmdir(s, "missing")) \
    X(do_rename(s, "f", "new", 0)) \
    X(do_rename(s, "d", "new", 0)) \
    X(do_rename(s, "f", "d/g", 0)) \
    X(do_rename(s, "f", "d/g", HYTHE_RENAME_REPLACE)) \
    X(do_rename(s, "missing", "new", 0)) \
    X(do_copyfile(s, "f", "new", 0)) \
    X(do_copyfile(s, "missing", "new", 0))

static const char *const texts[] = {
#define X(call) #call,
    CASES(X)
#undef X
};
enum { COUNT = sizeof texts / sizeof *texts };

static int64_t attempt(struct seat *s, unsigned n)
{
#define X(call) \
    if (n-- == 0) \
        return call;
    CASES(X)
#undef X
    return 0;
}

static bool furnish(struct trial *t)
{
    (void)empty(t->b, ".");
    return IS(put(t->b, "f", "text"), 0) && IS(do_mkdir(t->b, "d"), 0) && IS(put(t->b, "d/g", "more"), 0) &&
           IS(do_mkdir(t->b, "e"), 0);
}

/* ---- Comparing ---- */

static bool is_forbidden(int64_t r)
{
    return r == -EROFS || r == -EACCES || r == -EPERM;
}

/* A session with the plugins that aren't started; false with the reason. */
static bool beforehand(struct trial *t, struct seat *seat)
{
    if (!t->stage->rehearsed) {
        absent(t, "it doesn't tell beforehand what it would refuse");
        return false;
    }
    return IS(seat_attach(seat, t, t->stage->rehearsed, t->room, 0), 0);
}

/* Refusals are foreseen with their errno, and what settings, rules and rights forbid is foreseen. */
static void agrees(struct trial *t)
{
    struct hy_rehearsal *rehearsal = t->stage->rehearsal;
    struct seat seat;

    if (!beforehand(t, &seat))
        return;
    for (unsigned i = 0; i < COUNT && furnish(t); i++) {
        int64_t said, r;

        *rehearsal = (struct hy_rehearsal){0};
        said = attempt(&seat, i);
        r = attempt(t->s, i);
        if (rehearsal->guessed)
            continue;
        THAT(said >= 0 || said == r, "%s is %s, and %s was foreseen", texts[i], result_of(r).s, result_of(said).s);
        THAT(said == r || !is_forbidden(r), "%s is %s, which wasn't foreseen", texts[i], result_of(r).s);
    }
    seat_detach(&seat);
}

static void does_nothing(struct trial *t)
{
    struct names names;
    struct seat seat;

    if (!furnish(t) || !beforehand(t, &seat))
        return;
    for (unsigned i = 0; i < COUNT; i++)
        (void)attempt(&seat, i);
    seat_detach(&seat);
    (void)says(t, t->b, "f", "text");
    (void)says(t, t->b, "d/g", "more");
    THAT(type_of(t->b, "e") == HYTHE_TYPE_DIRECTORY, "a directory went while it was only talked about");
    if (IS(list(t->b, ".", &names), 0))
        THAT(names.count == 3, "there are %zu names where 3 were before it was talked about", names.count);
    names_free(&names);
}

const struct check checks_foresee[] = {
    {"foresee.agrees", "a refusal that is foreseen comes so, and what isn't allowed is foreseen", 0,
     CAN(files) | CAN(directories) | CAN(rmdir) | CAN(unlink), agrees},
    {"foresee.does-nothing", "what is only talked about leaves everything as it was", 0,
     CAN(files) | CAN(directories) | CAN(rmdir) | CAN(unlink), does_nothing},
    {0},
};
