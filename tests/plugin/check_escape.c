/* Ways out of the base. The room holds a directory `base`, where a session is attached, and things beside it that this
 * session must neither see nor change. */
#include "tests/plugin/suite.h"

#include <unistd.h>

#define SECRET "the secret"

/* The links of the table; the operations go to the link and to names behind it. */
static const struct {
    const char *name, *target;
} links[] = {
    {"abs", "/secret"},
    {"abs-dir", "/"},
    {"abs-up", "/../secret"},
    {"up", "../secret"},
    {"up-dir", ".."},
    {"up-up", "../../secret"},
    {"side", "../outside"},
    {"side-file", "../outside/secret"},
    {"chain", "chain-2"},
    {"chain-2", "d/chain-3"},
    {"d/chain-3", "../../outside"},
    {"d/deep", "../../secret"},
    {"d/deeper", "e/../../../outside/secret"},
    {"long", "d/../d/../../outside"},
    {"dots", "./.././outside"},
    {"slashes", "..//outside///secret"},
    {"back", "../base/../outside/secret"},
    {"new", "../outside/new"},
    {"new-abs", "/outside/new"},
};
enum { LINKS = sizeof links / sizeof *links };

/* Behind a link to a file or to a directory. */
static const char *const tails[] = {"", "/secret", "/outside/secret", "/new"};

static bool prepare(struct trial *t)
{
    char path[64];
    bool good = IS(do_mkdir(t->b, "base"), 0) && IS(do_mkdir(t->b, "base/d"), 0) && IS(do_mkdir(t->b, "base/d/e"), 0) &&
                IS(do_mkdir(t->b, "outside"), 0) && IS(put(t->b, "secret", SECRET), 0) &&
                IS(put(t->b, "outside/secret", SECRET), 0) && IS(put(t->b, "base/f", "inside"), 0);

    for (size_t i = 0; i < LINKS && good; i++) {
        (void)snprintf(path, sizeof path, "base/%s", links[i].name);
        good = IS(do_symlink(t->b, path, links[i].target), 0);
    }
    return good;
}

static void nothing_changed(struct trial *t, const char *after)
{
    struct names names;
    struct hythe_attrs a;

    if (!says(t, t->b, "secret", SECRET) || !says(t, t->b, "outside/secret", SECRET))
        complain(t, "... after %s", after);
    if (list(t->b, "outside", &names) == 0)
        THAT(names.count == 1, "something new lies outside of the base after %s", after);
    names_free(&names);
    if (list(t->b, ".", &names) == 0)
        THAT(names.count == 3, "something new lies above the base after %s", after);
    names_free(&names);
    if (do_getattr(t->b, "secret", 0, &a) == 0)
        THAT(a.mtime.sec != 77 && a.mode != 0711, "attributes of a file outside of the base were set through %s",
             after);
}

static void does_not_read(struct trial *t, struct seat *s, const char *path)
{
    char buf[64] = "", real[HY_PATH_MAX] = "";
    struct names names;
    int64_t r = get(s, path, buf, sizeof buf - 1);

    THAT(r < 0 || strcmp(buf, SECRET) != 0, "%s reads a file outside of the base", path);
    if (list(s, path, &names) == 0)
        THAT(!names_have(&names, "outside") && !names_have(&names, "secret"),
             "%s lists a directory outside of the base", path);
    names_free(&names);
    r = do_realpath(s, path, real, sizeof real);
    THAT(r < 0 || (real[0] != '/' && strncmp(real, "..", 2) != 0), "realpath of %s is \"%s\"", path, real);
}

/* Everything that changes; the answers don't matter, only what they do. The links themselves stay. */
static void changes_nothing(struct trial *t, struct seat *s, const char *path, bool behind)
{
    struct hythe_attrs size = wish(HYTHE_ATTR_SIZE), time = wish(HYTHE_ATTR_MTIME), mode = wish(HYTHE_ATTR_MODE);
    uint32_t can = t->stage->front_ability.can;
    char below[HY_PATH_MAX];

    time.mtime.sec = time.atime.sec = 77;
    mode.mode = 0711;
    (void)snprintf(below, sizeof below, "%s/made", path);
    if (behind) {
        if (can & CAN(unlink))
            (void)do_unlink(s, path);
        if (can & CAN(rename))
            (void)do_rename(s, path, "taken", 0);
    }
    if (can & CAN(size))
        (void)do_setattr(s, path, 0, &size);
    if (can & CAN(times))
        (void)do_setattr(s, path, 0, &time);
    if (can & CAN(mode))
        (void)do_setattr(s, path, 0, &mode);
    (void)try_open(s, path, W | HYTHE_OPEN_CREATE | HYTHE_OPEN_TRUNCATE);
    (void)try_open(s, below, MAKE | HYTHE_OPEN_EXCLUSIVE);
    (void)do_mkdir(s, below);
    (void)do_symlink(s, below, "x");
    if (can & CAN(links)) {
        (void)do_link(s, path, "stolen");
        (void)do_link(s, "f", below);
    }
    if (can & CAN(copyfile))
        (void)do_copyfile(s, "f", below, 0);
    if (can & CAN(rename))
        (void)do_rename(s, "f", below, HYTHE_RENAME_REPLACE);
    if (!exists(s, "f"))
        (void)put(s, "f", "inside");
}

static void try_the_table(struct trial *t, uint32_t flags)
{
    struct seat s = {0};
    char path[128];

    if (!prepare(t) || !seat_in_room(&s, t, "base", flags))
        return;
    for (size_t i = 0; i < LINKS; i++)
        for (size_t k = 0; k < sizeof tails / sizeof *tails; k++) {
            (void)snprintf(path, sizeof path, "%s%s", links[i].name, tails[k]);
            does_not_read(t, &s, path);
        }
    if (t->stage->front_ability.can & CAN(files))
        for (size_t i = 0; i < LINKS && t->complaints < 4; i++)
            for (size_t k = 0; k < sizeof tails / sizeof *tails; k++) {
                (void)snprintf(path, sizeof path, "%s%s", links[i].name, tails[k]);
                changes_nothing(t, &s, path, k > 0);
                nothing_changed(t, path);
            }
    seat_detach(&s);
}

static void stays_in_its_root(struct trial *t)
{
    try_the_table(t, 0);
}

static void stays_beneath(struct trial *t)
{
    try_the_table(t, HYTHE_ATTACH_BENEATH);
}

static void absolute_means_the_base(struct trial *t)
{
    struct seat s = {0};

    MUST(do_mkdir(t->b, "base"), 0);
    MUST(put(t->b, "base/f", "inside"), 0);
    MUST(put(t->b, "f", "outside"), 0);
    MUST(do_symlink(t->b, "base/l", "/f"), 0);
    MUST(do_symlink(t->b, "base/m", "../../f"), 0);
    if (seat_in_room(&s, t, "base", 0)) {
        (void)says(t, &s, "l", "inside");
        (void)says(t, &s, "m", "inside");
    }
    seat_detach(&s);
}

static void beneath_refuses(struct trial *t)
{
    struct hythe_attrs a;
    struct seat s = {0};

    MUST(do_mkdir(t->b, "base"), 0);
    MUST(do_mkdir(t->b, "base/d"), 0);
    MUST(put(t->b, "base/f", "inside"), 0);
    MUST(put(t->b, "f", "outside"), 0);
    MUST(do_symlink(t->b, "base/abs", "/f"), 0);
    MUST(do_symlink(t->b, "base/up", "../f"), 0);
    MUST(do_symlink(t->b, "base/round", "../base/f"), 0);
    MUST(do_symlink(t->b, "base/d/in", "../f"), 0);
    if (seat_in_room(&s, t, "base", HYTHE_ATTACH_BENEATH)) {
        REFUSED(try_open(&s, "abs", R));
        REFUSED(try_open(&s, "up", R));
        REFUSED(try_open(&s, "round", R));
        REFUSED(do_getattr(&s, "abs", 0, &a));
        REFUSED(do_getattr(&s, "up", 0, &a));
        IS(type_of(&s, "abs"), HYTHE_TYPE_SYMLINK); /* the link itself is inside */
        (void)says(t, &s, "d/in", "inside");
    }
    seat_detach(&s);
}

/* A file of this machine that only the suite knows of: stores of local files must not lead there either. */
static void does_not_reach_the_machine(struct trial *t)
{
    char path[] = "/tmp/hythe-check-XXXXXX", up[300], buf[64] = "";
    struct seat top = {0};
    int fd = mkstemp(path);

    if (fd < 0 || write(fd, SECRET, sizeof SECRET - 1) != sizeof SECRET - 1)
        abort();
    (void)close(fd);
    (void)snprintf(up, sizeof up, "../../../../../../../../../../../..%s", path);
    IS(do_symlink(t->b, "abs", path), 0);
    IS(do_symlink(t->b, "up", up), 0);
    if (seat_attach(&top, t, t->stage->front, ".", 0) == 0 && !exists(&top, path + 1)) {
        THAT(get(t->s, "abs", buf, sizeof buf) != sizeof SECRET - 1, "an absolute link reads a file of the machine");
        THAT(get(t->s, "up", buf, sizeof buf) != sizeof SECRET - 1, "a link with .. reads a file of the machine");
        (void)snprintf(up, sizeof up, "%.*s/abs", 200, t->room);
        THAT(get(&top, up, buf, sizeof buf) != sizeof SECRET - 1,
             "an absolute link reads a file of the machine from the mount's root");
    }
    seat_detach(&top);
    (void)unlink(path);
}

#define LINKED (CAN(files) | CAN(directories) | CAN(symlinks))

const struct check checks_escape[] = {
    {"escape.root", "no link leads out of the base, whatever is done through it", 0, LINKED, stays_in_its_root},
    {"escape.beneath", "the same for a session with HYTHE_ATTACH_BENEATH", 0, LINKED, stays_beneath},
    {"escape.absolute", "an absolute link resolves from the base, and .. ends there", 0, LINKED,
     absolute_means_the_base},
    {"escape.refused", "with HYTHE_ATTACH_BENEATH absolute links and links that lead out are refused", 0, LINKED,
     beneath_refuses},
    {"escape.machine", "links lead to no file of the machine outside of the store", 0, CAN(symlinks),
     does_not_reach_the_machine},
    {0},
};

/* ---- Swapped while it is walked ---- */

enum { SWAPS = 300 };

struct swap {
    struct trial *t;
    struct seat inner, outer;
    atomic_uint turns, walks;
    void (*turn)(struct swap *swap);
};

/* d is a directory of the base, then a link to the one outside, and so on. */
static void swap_for_a_link(struct swap *swap)
{
    (void)do_rename(&swap->outer, "base/d", "base/kept", 0);
    (void)do_symlink(&swap->outer, "base/d", "../outside");
    (void)do_unlink(&swap->outer, "base/d");
    (void)do_rename(&swap->outer, "base/kept", "base/d", 0);
}

/* d/e moves out of the base and back, while links in it go up. */
static void move_out(struct swap *swap)
{
    (void)do_rename(&swap->outer, "base/d/e", "outside/e", 0);
    (void)do_rename(&swap->outer, "outside/e", "base/d/e", 0);
}

static void walk_through(struct swap *swap, unsigned round)
{
    static const char *const paths[] = {"d/secret", "d/e/up", "d/e/up-dir/secret", "d/e/up-dir/outside/secret"};
    struct trial *t = swap->t;
    struct seat *s = &swap->inner;
    char buf[64] = "";
    const char *path = paths[round % 4];

    (void)get(s, path, buf, sizeof buf - 1);
    THAT(strcmp(buf, SECRET) != 0, "%s reads a file outside of the base while it is swapped", path);
    if (!(t->stage->front_ability.can & CAN(files)))
        return;
    (void)try_open(s, "d/secret", W | HYTHE_OPEN_TRUNCATE);
    (void)try_open(s, "d/new", MAKE);
    (void)do_unlink(s, "d/new");
    (void)do_unlink(s, "d/secret");
}

/* Neither ends before the other has done its part. */
static bool goes_on(struct swap *swap)
{
    return atomic_load(&swap->turns) < SWAPS || atomic_load(&swap->walks) < SWAPS;
}

static void swap_run(void *ctx, unsigned number)
{
    struct swap *swap = ctx;

    while (goes_on(swap))
        if (number == 0) {
            swap->turn(swap);
            atomic_fetch_add(&swap->turns, 1);
        } else {
            walk_through(swap, atomic_fetch_add(&swap->walks, 1));
        }
}

static void try_swapping(struct trial *t, void (*turn)(struct swap *), uint32_t flags)
{
    struct swap swap = {.t = t, .turn = turn};
    int rc;

    MUST(do_mkdir(t->b, "base"), 0);
    MUST(do_mkdir(t->b, "base/d"), 0);
    MUST(do_mkdir(t->b, "base/d/e"), 0);
    MUST(do_mkdir(t->b, "outside"), 0);
    MUST(put(t->b, "outside/secret", SECRET), 0);
    MUST(put(t->b, "secret", SECRET), 0);
    MUST(do_symlink(t->b, "base/d/e/up", "../../secret"), 0);
    MUST(do_symlink(t->b, "base/d/e/up-dir", "../.."), 0);
    rc = seat_attach(&swap.outer, t, t->stage->back, t->room, 0);
    if (IS(rc, 0) && seat_in_room(&swap.inner, t, "base", flags))
        (void)together(t, swap_run, &swap, 2);
    seat_detach(&swap.inner);
    seat_detach(&swap.outer);
    (void)says(t, t->b, "outside/secret", SECRET);
    (void)says(t, t->b, "secret", SECRET);
    IS(type_of(t->b, "outside/new"), -ENOENT);
}

static void survives_swapping(struct trial *t)
{
    try_swapping(t, swap_for_a_link, 0);
}

static void survives_swapping_beneath(struct trial *t)
{
    try_swapping(t, swap_for_a_link, HYTHE_ATTACH_BENEATH);
}

static void survives_moving(struct trial *t)
{
    try_swapping(t, move_out, 0);
}

static void survives_moving_beneath(struct trial *t)
{
    try_swapping(t, move_out, HYTHE_ATTACH_BENEATH);
}

#define SWAPPED (CAN(files) | CAN(directories) | CAN(symlinks) | CAN(rename) | CAN(unlink))

const struct check checks_swap[] = {
    {"escape.swap", "a directory that becomes a link during the call leads nowhere", 0, SWAPPED, survives_swapping},
    {"escape.swap-beneath", "the same with HYTHE_ATTACH_BENEATH", 0, SWAPPED, survives_swapping_beneath},
    {"escape.moved", "a directory that moves out of the base during the call takes nobody along", 0, SWAPPED,
     survives_moving},
    {"escape.moved-beneath", "the same with HYTHE_ATTACH_BENEATH", 0, SWAPPED, survives_moving_beneath},
    {0},
};
