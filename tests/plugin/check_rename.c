/* Renaming: what moves, what is replaced, what is refused, and that nothing is ever lost. */
#include "tests/plugin/suite.h"

enum { REPLACE = HYTHE_RENAME_REPLACE };

static void moves(struct trial *t)
{
    MUST(put(t->s, "f", "text"), 0);
    IS(do_rename(t->s, "f", "g", 0), 0);
    IS(type_of(t->s, "f"), -ENOENT);
    (void)says(t, t->s, "g", "text");
    IS(do_rename(t->s, "missing", "h", 0), -ENOENT);
    IS(do_rename(t->s, "missing", "g", REPLACE), -ENOENT);
    IS(do_rename(t->s, "g", "missing/g", 0), -ENOENT);
    (void)says(t, t->s, "g", "text");
}

static void moves_directories(struct trial *t)
{
    MUST(do_mkdir(t->s, "d"), 0);
    MUST(do_mkdir(t->s, "d/e"), 0);
    MUST(put(t->s, "d/e/f", "deep"), 0);
    IS(do_rename(t->s, "d", "x", 0), 0);
    (void)says(t, t->s, "x/e/f", "deep");
    IS(type_of(t->s, "d"), -ENOENT);
    IS(do_rename(t->s, "x/e", "e", 0), 0);
    (void)says(t, t->s, "e/f", "deep");
    IS(type_of(t->s, "x/e"), -ENOENT);
}

static void replaces_nothing_unasked(struct trial *t)
{
    MUST(put(t->s, "f", "first"), 0);
    MUST(put(t->s, "g", "second"), 0);
    IS(do_rename(t->s, "f", "g", 0), -EEXIST);
    (void)says(t, t->s, "f", "first");
    (void)says(t, t->s, "g", "second");
}

static void replaces_no_directory_unasked(struct trial *t)
{
    MUST(do_mkdir(t->s, "d"), 0);
    MUST(do_mkdir(t->s, "e"), 0);
    MUST(put(t->s, "f", "x"), 0);
    IS(do_rename(t->s, "d", "e", 0), -EEXIST);
    IS(do_rename(t->s, "f", "e", 0), -EEXIST);
    IS(do_rename(t->s, "d", "f", 0), -EEXIST);
    IS(type_of(t->s, "d"), HYTHE_TYPE_DIRECTORY);
    IS(type_of(t->s, "e"), HYTHE_TYPE_DIRECTORY);
    (void)says(t, t->s, "f", "x");
}

static void replaces_files(struct trial *t)
{
    MUST(put(t->s, "f", "first"), 0);
    MUST(put(t->s, "g", "second"), 0);
    IS(do_rename(t->s, "f", "g", REPLACE), 0);
    IS(type_of(t->s, "f"), -ENOENT);
    (void)says(t, t->s, "g", "first");
    IS(do_rename(t->s, "g", "h", REPLACE), 0); /* nothing to replace is no failure */
    (void)says(t, t->s, "h", "first");
}

static void replaces_with_a_handle_open(struct trial *t)
{
    struct handle h;
    char buf[8] = "";

    MUST(put(t->s, "f", "first"), 0);
    MUST(put(t->s, "g", "second"), 0);
    MUST_OPEN(do_open(t->s, "g", R, &h));
    IS(do_rename(t->s, "f", "g", REPLACE), 0);
    if (IS(do_fill(&h, buf, 6, 0), 6))
        THAT(memcmp(buf, "second", 6) == 0, "a replaced file that is open reads as its successor");
    IS(do_close(&h), 0);
    (void)says(t, t->s, "g", "first");
}

static void keeps_types_apart(struct trial *t)
{
    MUST(do_mkdir(t->s, "d"), 0);
    MUST(do_mkdir(t->s, "full"), 0);
    MUST(put(t->s, "full/f", "x"), 0);
    MUST(put(t->s, "f", "text"), 0);
    ANY(do_rename(t->s, "f", "d", REPLACE), -EISDIR, -EEXIST);
    ANY(do_rename(t->s, "d", "f", REPLACE), -ENOTDIR, -EEXIST);
    ANY(do_rename(t->s, "d", "full", REPLACE), -ENOTEMPTY, -EEXIST);
    ANY(do_rename(t->s, "f", "full", REPLACE), -EISDIR, -EEXIST, -ENOTEMPTY);
    (void)says(t, t->s, "f", "text");
    (void)says(t, t->s, "full/f", "x");
    IS(type_of(t->s, "d"), HYTHE_TYPE_DIRECTORY);
}

static void moves_nothing_into_itself(struct trial *t)
{
    MUST(do_mkdir(t->s, "d"), 0);
    MUST(do_mkdir(t->s, "d/e"), 0);
    IS(do_rename(t->s, "d", "d/x", 0), -EINVAL);
    IS(do_rename(t->s, "d", "d/e/x", REPLACE), -EINVAL);
    REFUSED(do_rename(t->s, "d/e", "d", REPLACE)); /* not empty */
    IS(type_of(t->s, "d/e"), HYTHE_TYPE_DIRECTORY);
    REFUSED(do_rename(t->s, ".", "x", 0));
    REFUSED(do_rename(t->s, "d", ".", REPLACE));
}

static void survives_itself(struct trial *t)
{
    MUST(put(t->s, "f", "text"), 0);
    ANY(do_rename(t->s, "f", "f", 0), 0, -EEXIST);
    (void)says(t, t->s, "f", "text");
}

static void survives_itself_replaced(struct trial *t)
{
    MUST(put(t->s, "f", "text"), 0);
    IS(do_rename(t->s, "f", "f", REPLACE), 0);
    (void)says(t, t->s, "f", "text");
    MUST(do_mkdir(t->s, "d"), 0);
    IS(do_rename(t->s, "d", "d", REPLACE), 0);
    IS(type_of(t->s, "d"), HYTHE_TYPE_DIRECTORY);
}

static void survives_its_other_name(struct trial *t)
{
    MUST(put(t->s, "f", "text"), 0);
    MUST(do_link(t->s, "f", "g"), 0);
    IS(do_rename(t->s, "f", "g", 0), -EEXIST);
    IS(do_rename(t->s, "f", "g", REPLACE), 0); /* rename(2) does nothing; removing f is as good */
    (void)says(t, t->s, "g", "text");
}

static void handle_follows(struct trial *t)
{
    struct handle h;
    char buf[8];

    MUST(put(t->s, "f", "text"), 0);
    MUST_OPEN(do_open(t->s, "f", R, &h));
    IS(do_rename(t->s, "f", "g", 0), 0);
    IS(put(t->s, "f", "other"), 0);
    if (IS(do_fill(&h, buf, sizeof buf, 0), 4))
        THAT(memcmp(buf, "text", 4) == 0, "an open file reads as another that got its old name");
    IS(do_close(&h), 0);
}

static void refuses_what_is_not_atomic(struct trial *t)
{
    int64_t r;

    MUST(put(t->s, "f", "first"), 0);
    MUST(put(t->s, "g", "second"), 0);
    r = do_rename(t->s, "f", "g", REPLACE | HYTHE_RENAME_ATOMIC);
    ANY(r, 0, -ENOTSUP);
    (void)says(t, t->s, "g", r ? "second" : "first");
}

const struct check checks_rename[] = {
    {"rename.file", "rename moves a file; ENOENT when it or the new parent is missing", CAN(files) | CAN(rename), 0,
     moves},
    {"rename.directory", "rename moves a directory with what is in it", CAN(files) | CAN(directories) | CAN(rename), 0,
     moves_directories},
    {"rename.keeps", "without REPLACE an existing target is EEXIST and stays", CAN(files) | CAN(rename), 0,
     replaces_nothing_unasked},
    {"rename.keeps-directory", "without REPLACE a directory is EEXIST as well",
     CAN(files) | CAN(directories) | CAN(rename), 0, replaces_no_directory_unasked},
    {"rename.replace", "with REPLACE the target is the file that was moved", CAN(files) | CAN(rename) | CAN(replace), 0,
     replaces_files},
    {"rename.replace-open", "a replaced file that is open keeps its bytes",
     CAN(files) | CAN(rename) | CAN(replace) | CAN(unlinked), 0, replaces_with_a_handle_open},
    {"rename.types", "a file replaces no directory, a directory no file and none that isn't empty",
     CAN(files) | CAN(directories) | CAN(rename) | CAN(replace), 0, keeps_types_apart},
    {"rename.into-itself", "a directory can't move into itself (EINVAL), nor the base anywhere",
     CAN(directories) | CAN(rename), 0, moves_nothing_into_itself},
    {"rename.itself", "rename to the same name loses nothing", CAN(files) | CAN(rename), 0, survives_itself},
    {"rename.itself-replace", "rename to the same name with REPLACE is 0 and loses nothing",
     CAN(files) | CAN(directories) | CAN(rename) | CAN(replace), 0, survives_itself_replaced},
    {"rename.hard-link", "rename over another name of the same file loses nothing",
     CAN(files) | CAN(rename) | CAN(replace) | CAN(links), 0, survives_its_other_name},
    {"rename.open", "an open file stays open under its new name", CAN(files) | CAN(rename) | CAN(unlinked), 0,
     handle_follows},
    {"rename.atomic", "ATOMIC is done or refused with ENOTSUP", CAN(files) | CAN(rename) | CAN(replace), 0,
     refuses_what_is_not_atomic},
    {0},
};
