/* Symbolic and hard links, and renaming. */
#include "tests/plugin/suite.h"

/* ---- Symbolic links ---- */

static void keeps_targets(struct trial *t)
{
    static const char *const targets[] = {
        "f", "missing", "../x", "/abs/olute", "a//b/./c/../d", "end/", "with spaces", "\xc3\xa9\n", "-", ".", ".."};
    char buf[HY_PATH_MAX], name[16];

    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        (void)snprintf(name, sizeof name, "l%zu", i);
        if (!IS(do_symlink(t->b, name, targets[i]), 0))
            continue;
        memset(buf, '#', sizeof buf);
        if (IS(do_readlink(t->s, name, buf, sizeof buf), (int64_t)strlen(targets[i])))
            THAT(memcmp(buf, targets[i], strlen(targets[i])) == 0, "the target \"%s\" came back as \"%.*s\"",
                 targets[i], (int)strlen(targets[i]), buf);
        IS(type_of(t->s, name), HYTHE_TYPE_SYMLINK);
    }
    REFUSED(do_readlink(t->s, "l3", buf, 2)); /* cut would be another target */
}

static void reads_only_links(struct trial *t)
{
    char buf[64];

    MUST(put(t->b, "f", "x"), 0);
    IS(do_readlink(t->s, "f", buf, sizeof buf), -EINVAL);
    IS(do_readlink(t->s, ".", buf, sizeof buf), -EINVAL);
    IS(do_readlink(t->s, "missing", buf, sizeof buf), -ENOENT);
}

static void makes_links_once(struct trial *t)
{
    MUST(put(t->b, "f", "x"), 0);
    IS(do_symlink(t->s, "f", "t"), -EEXIST);
    IS(do_symlink(t->s, "l", "t"), 0);
    IS(do_symlink(t->s, "l", "u"), -EEXIST);
    IS(do_symlink(t->s, "missing/l", "t"), -ENOENT);
    (void)says(t, t->s, "f", "x");
}

static void follows_links(struct trial *t)
{
    struct hythe_attrs a;

    MUST(do_mkdir(t->b, "d"), 0);
    MUST(put(t->b, "d/f", "text"), 0);
    MUST(do_symlink(t->b, "file", "d/f"), 0);
    MUST(do_symlink(t->b, "dir", "d"), 0);
    MUST(do_symlink(t->b, "d/up", "../file"), 0);
    (void)says(t, t->s, "file", "text");
    (void)says(t, t->s, "dir/f", "text");
    (void)says(t, t->s, "dir/up", "text");
    IS(try_opendir(t->s, "dir"), 0);
    if (IS(do_getattr(t->s, "file", 0, &a), 0))
        THAT(a.type == HYTHE_TYPE_REGULAR && a.size == 4, "getattr doesn't follow a link");
    if (IS(do_getattr(t->s, "dir", HYTHE_NOFOLLOW, &a), 0))
        THAT(a.type == HYTHE_TYPE_SYMLINK, "getattr with NOFOLLOW follows a link");
}

static void ends_loops(struct trial *t)
{
    struct hythe_attrs a;

    MUST(do_symlink(t->b, "a", "b"), 0);
    MUST(do_symlink(t->b, "b", "a"), 0);
    MUST(do_symlink(t->b, "self", "self"), 0);
    IS(do_getattr(t->s, "a", 0, &a), -ELOOP);
    IS(do_getattr(t->s, "self/x", 0, &a), -ELOOP);
    IS(try_open(t->s, "a", R), -ELOOP);
    IS(type_of(t->s, "a"), HYTHE_TYPE_SYMLINK);
}

static void dangles(struct trial *t)
{
    struct hythe_attrs a;

    MUST(do_symlink(t->b, "l", "missing"), 0);
    IS(do_getattr(t->s, "l", 0, &a), -ENOENT);
    IS(do_getattr(t->s, "l", HYTHE_NOFOLLOW, &a), 0);
    IS(try_open(t->s, "l", R), -ENOENT);
}

static void opens_without_following(struct trial *t)
{
    MUST(put(t->b, "f", "x"), 0);
    MUST(do_symlink(t->b, "l", "f"), 0);
    IS(try_open(t->s, "l", R | HYTHE_OPEN_NOFOLLOW), -ELOOP);
    IS(try_open(t->s, "f", R | HYTHE_OPEN_NOFOLLOW), 0);
    IS(try_open(t->s, "l", R), 0);
}

static void exclusive_sees_links(struct trial *t)
{
    MUST(do_symlink(t->b, "l", "missing"), 0);
    IS(try_open(t->s, "l", MAKE | HYTHE_OPEN_EXCLUSIVE), -EEXIST);
    IS(type_of(t->s, "missing"), -ENOENT);
}

static void removes_the_link_itself(struct trial *t)
{
    MUST(do_mkdir(t->b, "d"), 0);
    MUST(put(t->b, "f", "x"), 0);
    MUST(do_symlink(t->b, "file", "f"), 0);
    MUST(do_symlink(t->b, "dir", "d"), 0);
    IS(do_rmdir(t->s, "dir"), -ENOTDIR);
    IS(do_unlink(t->s, "dir"), 0);
    IS(do_unlink(t->s, "file"), 0);
    IS(type_of(t->s, "d"), HYTHE_TYPE_DIRECTORY);
    (void)says(t, t->s, "f", "x");
}

static void renames_the_link_itself(struct trial *t)
{
    MUST(put(t->b, "f", "x"), 0);
    MUST(do_symlink(t->b, "l", "f"), 0);
    IS(do_rename(t->s, "l", "m", 0), 0);
    IS(type_of(t->s, "m"), HYTHE_TYPE_SYMLINK);
    IS(type_of(t->s, "l"), -ENOENT);
    (void)says(t, t->s, "f", "x");
}

static void realpath_follows(struct trial *t)
{
    char buf[HY_PATH_MAX] = "";

    MUST(do_mkdir(t->b, "d"), 0);
    MUST(put(t->b, "d/f", "x"), 0);
    MUST(do_symlink(t->b, "dir", "d"), 0);
    MUST(do_symlink(t->b, "d/self", "."), 0);
    MUST(do_symlink(t->b, "lost", "missing"), 0);
    if (IS(do_realpath(t->s, "dir/f", buf, sizeof buf), 3))
        THAT(strcmp(buf, "d/f") == 0, "realpath of dir/f is \"%s\"", buf);
    if (IS(do_realpath(t->s, "dir/self/self/f", buf, sizeof buf), 3))
        THAT(strcmp(buf, "d/f") == 0, "realpath of dir/self/self/f is \"%s\"", buf);
    IS(do_realpath(t->s, "lost", buf, sizeof buf), -ENOENT);
}

static void setattr_minds_nofollow(struct trial *t)
{
    struct hythe_attrs a = wish(HYTHE_ATTR_MTIME), back;

    MUST(put(t->b, "f", "x"), 0);
    MUST(do_symlink(t->b, "l", "f"), 0);
    a.mtime.sec = 5000;
    MUST(do_setattr(t->s, "l", 0, &a), 0);
    if (IS(do_getattr(t->s, "f", 0, &back), 0))
        THAT(back.mtime.sec == 5000, "setattr of a link doesn't change what it leads to");
    a.mtime.sec = 7000;
    if (do_setattr(t->s, "l", HYTHE_NOFOLLOW, &a) == 0 && IS(do_getattr(t->s, "f", 0, &back), 0))
        THAT(back.mtime.sec == 5000, "setattr with NOFOLLOW changes what the link leads to");
}

const struct check checks_symlinks[] = {
    {"symlink.text", "readlink gives exactly the bytes of the target, and none that don't fit", CAN(symlinks),
     CAN(symlinks), keeps_targets},
    {"symlink.only", "readlink of what is no link is EINVAL, of a missing name ENOENT", CAN(symlinks),
     CAN(files) | CAN(symlinks), reads_only_links},
    {"symlink.exists", "symlink over a name is EEXIST", CAN(symlinks), CAN(files), makes_links_once},
    {"symlink.follow", "links to files and directories are followed, NOFOLLOW shows the link", 0,
     CAN(symlinks) | CAN(files) | CAN(directories), follows_links},
    {"symlink.loop", "a loop of links is ELOOP", 0, CAN(symlinks), ends_loops},
    {"symlink.dangling", "a link to nothing is ENOENT when it is followed", 0, CAN(symlinks), dangles},
    {"symlink.nofollow", "open with NOFOLLOW is ELOOP for a link", 0, CAN(symlinks) | CAN(files),
     opens_without_following},
    {"symlink.exclusive", "EXCLUSIVE is EEXIST for a link to nothing, and makes nothing", CAN(files), CAN(symlinks),
     exclusive_sees_links},
    {"symlink.remove", "unlink and rmdir act on a link itself", CAN(unlink) | CAN(rmdir),
     CAN(symlinks) | CAN(files) | CAN(directories), removes_the_link_itself},
    {"symlink.rename", "rename moves a link itself", CAN(rename), CAN(symlinks) | CAN(files), renames_the_link_itself},
    {"symlink.realpath", "realpath resolves links, ENOENT when one leads to nothing", 0,
     CAN(symlinks) | CAN(files) | CAN(directories), realpath_follows},
    {"symlink.setattr", "setattr follows a link, with NOFOLLOW never", CAN(times), CAN(symlinks) | CAN(files),
     setattr_minds_nofollow},
    {0},
};

/* ---- Hard links ---- */

static void links_are_one_file(struct trial *t)
{
    struct hythe_attrs a;

    MUST(put(t->s, "f", "text"), 0);
    MUST(do_link(t->s, "f", "g"), 0);
    (void)says(t, t->s, "g", "text");
    if (IS(do_getattr(t->s, "g", 0, &a), 0) && (a.valid & HYTHE_ATTR_NLINK))
        THAT(a.nlink == 2, "a file with two names has nlink %u", (unsigned)a.nlink);
    IS(put(t->s, "g", "changed"), 0);
    (void)says(t, t->s, "f", "changed");
    IS(do_unlink(t->s, "f"), 0);
    (void)says(t, t->s, "g", "changed");
}

static void links_are_refused(struct trial *t)
{
    MUST(put(t->s, "f", "x"), 0);
    MUST(put(t->s, "g", "y"), 0);
    IS(do_link(t->s, "f", "g"), -EEXIST);
    IS(do_link(t->s, "missing", "h"), -ENOENT);
    IS(do_link(t->s, "f", "missing/h"), -ENOENT);
    IS(do_link(t->s, "f", "f"), -EEXIST);
    (void)says(t, t->s, "g", "y");
}

static void links_no_directory(struct trial *t)
{
    MUST(do_mkdir(t->s, "d"), 0);
    ANY(do_link(t->s, "d", "e"), -EPERM, -EISDIR);
    IS(type_of(t->s, "e"), -ENOENT);
}

static void links_share_identity(struct trial *t)
{
    struct handle a, b;

    MUST(put(t->s, "f", "x"), 0);
    MUST(do_link(t->s, "f", "g"), 0);
    MUST_OPEN(do_open(t->s, "f", R, &a));
    if (OPENED(do_open(t->s, "g", R, &b))) {
        THAT(memcmp(a.facts.identity.file, b.facts.identity.file, sizeof a.facts.identity.file) == 0,
             "two names of one file tell different identities");
        (void)do_close(&b);
    }
    (void)do_close(&a);
}

const struct check checks_links[] = {
    {"link.same", "two names are one file, which stays until both are gone", CAN(files) | CAN(links) | CAN(unlink), 0,
     links_are_one_file},
    {"link.refused", "link over a name is EEXIST, of a missing one ENOENT", CAN(files) | CAN(links), 0,
     links_are_refused},
    {"link.directory", "a directory gets no second name", CAN(directories) | CAN(links), 0, links_no_directory},
    {"link.identity", "identity is equal across the names of a file", CAN(files) | CAN(links) | CAN(identity), 0,
     links_share_identity},
    {0},
};
