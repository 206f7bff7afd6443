/* What names and directories answer. */
#include "tests/plugin/suite.h"

/* ---- attach ---- */

static void attaches_where_asked(struct trial *t)
{
    struct seat deep = {0};

    MUST(do_mkdir(t->b, "d"), 0);
    MUST(put(t->b, "d/f", "below"), 0);
    if (seat_in_room(&deep, t, "d", 0)) {
        (void)says(t, &deep, "f", "below");
        IS(type_of(&deep, "."), HYTHE_TYPE_DIRECTORY);
        IS(type_of(&deep, "d"), -ENOENT);
    }
    seat_detach(&deep);
}

static int attach_below(struct trial *t, const char *below)
{
    struct seat seat = {0};
    char base[HY_PATH_MAX];
    int rc;

    (void)snprintf(base, sizeof base, "%s/%s", t->room, below);
    rc = seat_attach(&seat, t, t->stage->front, base, 0);
    seat_detach(&seat);
    return rc;
}

static void refuses_a_base(struct trial *t)
{
    MUST(put(t->b, "f", "x"), 0);
    ANY(attach_below(t, "missing"), -ENOENT, -EACCES);
    ANY(attach_below(t, "f"), -ENOTDIR, -ENOENT, -EACCES);
    ANY(attach_below(t, "f/d"), -ENOTDIR, -ENOENT, -EACCES);
}

static void attaches_many(struct trial *t)
{
    enum { MANY = 64 };
    struct seat *seats = calloc(MANY, sizeof *seats);

    MUST(put(t->b, "f", "text"), 0);
    if (!seats)
        abort();
    for (unsigned i = 0; i < MANY; i++)
        (void)seat_in_room(&seats[i], t, ".", 0);
    /* Every other one goes; the rest must not notice. */
    for (unsigned i = 0; i < MANY; i += 2)
        seat_detach(&seats[i]);
    for (unsigned i = 1; i < MANY; i += 2)
        if (seats[i].chain)
            (void)says(t, &seats[i], "f", "text");
    for (unsigned i = MANY; i-- > 0;)
        seat_detach(&seats[i]);
    free(seats);
}

static void sessions_see_each_other(struct trial *t)
{
    struct seat other = {0};

    if (seat_in_room(&other, t, ".", 0)) {
        IS(put(t->s, "f", "from the first"), 0);
        (void)says(t, &other, "f", "from the first");
        IS(do_unlink(&other, "f"), 0);
        IS(type_of(t->s, "f"), -ENOENT);
    }
    seat_detach(&other);
}

const struct check checks_attach[] = {
    {"attach.base", "the paths of a session start at the base that it is attached to", 0, CAN(directories) | CAN(files),
     attaches_where_asked},
    {"attach.missing", "attaching to a base that is missing or is a file fails", 0, CAN(directories) | CAN(files),
     refuses_a_base},
    {"attach.many", "64 sessions at once keep working while others are detached", 0, CAN(files), attaches_many},
    {"attach.shared", "what one session makes or removes another one sees", CAN(files) | CAN(unlink), CAN(files),
     sessions_see_each_other},
    {0},
};

/* ---- getattr ---- */

static void answers_for_what_is_there(struct trial *t)
{
    struct hythe_attrs a;

    IS(type_of(t->s, "."), HYTHE_TYPE_DIRECTORY);
    MUST(put(t->b, "f", "12345"), 0);
    if (IS(do_getattr(t->s, "f", 0, &a), 0)) {
        THAT(a.valid & HYTHE_ATTR_TYPE, "getattr of a file tells no type");
        THAT(a.type == HYTHE_TYPE_REGULAR, "getattr calls a file type %u", (unsigned)a.type);
        THAT((a.valid & HYTHE_ATTR_SIZE) && a.size == 5, "a file of 5 bytes has the size %llu",
             (unsigned long long)a.size);
        THAT(!(a.valid & HYTHE_ATTR_MODE) || a.mode <= 07777, "the mode has more than permission bits: 0%o",
             (unsigned)a.mode);
        THAT(a.struct_size == sizeof a, "getattr changed struct_size");
    }
    IS(type_of(t->s, "f"), HYTHE_TYPE_REGULAR);
}

static void answers_for_directories(struct trial *t)
{
    MUST(do_mkdir(t->b, "d"), 0);
    MUST(do_mkdir(t->b, "d/e"), 0);
    IS(type_of(t->s, "d"), HYTHE_TYPE_DIRECTORY);
    IS(type_of(t->s, "d/e"), HYTHE_TYPE_DIRECTORY);
    IS(type_of(t->s, "d/f"), -ENOENT);
}

static void misses_what_is_not_there(struct trial *t)
{
    struct hythe_attrs a;

    IS(do_getattr(t->s, "missing", 0, &a), -ENOENT);
    IS(do_getattr(t->s, "missing", HYTHE_NOFOLLOW, &a), -ENOENT);
    IS(do_getattr(t->s, "missing/below", 0, &a), -ENOENT);
    MUST(put(t->b, "f", "x"), 0);
    IS(do_getattr(t->s, "f/below", 0, &a), -ENOTDIR);
    IS(do_getattr(t->s, "F", 0, &a), -ENOENT);
}

static void realpath_of_plain_names(struct trial *t)
{
    char buf[HY_PATH_MAX] = "";

    MUST(do_mkdir(t->b, "d"), 0);
    MUST(put(t->b, "d/f", "x"), 0);
    if (IS(do_realpath(t->s, "d/f", buf, sizeof buf), 3))
        THAT(strcmp(buf, "d/f") == 0, "realpath of d/f is \"%s\"", buf);
    if (IS(do_realpath(t->s, ".", buf, sizeof buf), 1))
        THAT(strcmp(buf, ".") == 0, "realpath of the base is \"%s\"", buf);
    IS(do_realpath(t->s, "d/missing", buf, sizeof buf), -ENOENT);
    IS(do_realpath(t->s, "missing/f", buf, sizeof buf), -ENOENT);
    IS(do_realpath(t->s, "d/f", buf, 3), -ENAMETOOLONG);
    IS(do_realpath(t->s, "d/f", buf, 4), 3);
}

static void statfs_makes_sense(struct trial *t)
{
    struct hythe_statfs a;

    MUST(do_statfs(t->s, ".", &a), 0);
    THAT(a.frsize > 0, "frsize is 0: no count means anything");
    THAT(a.bfree <= a.blocks, "more blocks are free (%llu) than there are (%llu)", (unsigned long long)a.bfree,
         (unsigned long long)a.blocks);
    THAT(a.bavail <= a.bfree, "more blocks are available than free");
    THAT(a.ffree <= a.files || a.files == 0, "more inodes are free than there are");
    THAT(a.name_max == 0 || a.name_max >= 8, "the longest name has %llu bytes", (unsigned long long)a.name_max);
    THAT(a.struct_size == sizeof a, "statfs changed struct_size");
    THAT(a.read_only <= 1 && a.no_setuid <= 1, "read_only or no_setuid is neither 0 nor 1");
}

static void statfs_of_an_open_file(struct trial *t)
{
    struct hythe_statfs a, b;
    struct handle h;

    MUST(put(t->b, "f", "x"), 0);
    MUST(do_statfs(t->s, "f", &a), 0);
    MUST(try_open(t->s, "f", R), 0);
    if (do_open(t->s, "f", R, &h) >= 0) {
        if (IS(do_fstatfs(&h, &b), 0))
            THAT(a.blocks == b.blocks && a.frsize == b.frsize && a.fsid == b.fsid,
                 "statfs and fstatfs tell different stores");
        (void)do_close(&h);
    }
}

const struct check checks_names[] = {
    {"getattr.file", "getattr tells type and size of a file, and only permission bits in mode", 0, CAN(files),
     answers_for_what_is_there},
    {"getattr.directory", "getattr knows the base and the directories below it", 0, CAN(directories),
     answers_for_directories},
    {"getattr.missing", "a missing name is ENOENT, a name below a file ENOTDIR, and case counts", 0, CAN(files),
     misses_what_is_not_there},
    {"realpath.plain", "realpath of a name without links is the name, ENOENT if missing, and keeps to the buffer", 0,
     CAN(files) | CAN(directories), realpath_of_plain_names},
    {"statfs.sane", "statfs tells counts that fit together", CAN(statfs), 0, statfs_makes_sense},
    {"statfs.file", "fstatfs of an open file tells the same store", CAN(statfs), CAN(files), statfs_of_an_open_file},
    {0},
};

/* ---- mkdir, rmdir, unlink ---- */

static void makes_directories(struct trial *t)
{
    MUST(do_mkdir(t->s, "d"), 0);
    IS(do_mkdir(t->s, "d"), -EEXIST);
    IS(do_mkdir(t->s, "d/e"), 0);
    IS(do_mkdir(t->s, "missing/e"), -ENOENT);
    IS(type_of(t->s, "d/e"), HYTHE_TYPE_DIRECTORY);
    IS(do_mkdir(t->s, "."), -EEXIST);
}

static void makes_no_directory_over_a_file(struct trial *t)
{
    MUST(put(t->b, "f", "x"), 0);
    IS(do_mkdir(t->s, "f"), -EEXIST);
    IS(do_mkdir(t->s, "f/d"), -ENOTDIR);
    (void)says(t, t->s, "f", "x");
}

static void removes_directories(struct trial *t)
{
    MUST(do_mkdir(t->s, "d"), 0);
    MUST(do_mkdir(t->s, "d/e"), 0);
    ANY(do_rmdir(t->s, "d"), -ENOTEMPTY, -EEXIST);
    IS(do_rmdir(t->s, "d/e"), 0);
    IS(do_rmdir(t->s, "d/e"), -ENOENT);
    IS(do_rmdir(t->s, "d"), 0);
    IS(type_of(t->s, "d"), -ENOENT);
    REFUSED(do_rmdir(t->s, "."));
    IS(type_of(t->s, "."), HYTHE_TYPE_DIRECTORY);
}

static void keeps_directories_with_files(struct trial *t)
{
    MUST(do_mkdir(t->b, "d"), 0);
    MUST(put(t->b, "d/f", "x"), 0);
    ANY(do_rmdir(t->s, "d"), -ENOTEMPTY, -EEXIST);
    IS(do_rmdir(t->s, "d/f"), -ENOTDIR);
    (void)says(t, t->s, "d/f", "x");
}

static void removes_files(struct trial *t)
{
    MUST(put(t->b, "f", "x"), 0);
    IS(do_unlink(t->s, "f"), 0);
    IS(do_unlink(t->s, "f"), -ENOENT);
    IS(type_of(t->s, "f"), -ENOENT);
    MUST(put(t->b, "g", "x"), 0);
    IS(do_unlink(t->s, "g/x"), -ENOTDIR);
}

static void unlinks_no_directory(struct trial *t)
{
    MUST(do_mkdir(t->b, "d"), 0);
    IS(do_unlink(t->s, "d"), -EISDIR);
    IS(type_of(t->s, "d"), HYTHE_TYPE_DIRECTORY);
    IS(do_unlink(t->s, "missing/f"), -ENOENT);
    REFUSED(do_unlink(t->s, "."));
}

const struct check checks_directories[] = {
    {"mkdir.makes", "mkdir makes a directory; EEXIST when it is there, ENOENT without a parent", CAN(directories), 0,
     makes_directories},
    {"mkdir.file", "mkdir over a file is EEXIST, below a file ENOTDIR", CAN(directories), CAN(files),
     makes_no_directory_over_a_file},
    {"rmdir.removes", "rmdir removes an empty directory, ENOTEMPTY for others, never the base",
     CAN(directories) | CAN(rmdir), 0, removes_directories},
    {"rmdir.file", "rmdir of a directory that holds a file is ENOTEMPTY, of a file ENOTDIR", CAN(rmdir),
     CAN(directories) | CAN(files), keeps_directories_with_files},
    {"unlink.removes", "unlink removes a file; ENOENT when missing, ENOTDIR below a file", CAN(unlink), CAN(files),
     removes_files},
    {"unlink.directory", "unlink of a directory is EISDIR and leaves it", CAN(unlink), CAN(directories),
     unlinks_no_directory},
    {0},
};
