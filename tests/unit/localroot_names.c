/* A plugin with local-root's manners: attaching, names and listings. */
#include "tests/unit/localroot.h"

/* A base is looked up inside the root, links included. */
BOTH(attaches_below_the_root)
{
    char text[64];

    world_detach(w);
    put_folder(w->root, "home");
    put_folder(w->root, "home/u");
    put_file(w->root, "home/u/file", "inside");
    put_file(w->root, "plain", "");
    put_link(w->root, "link", "/home/u");
    put_link(w->root, "out", "../outside");
    put_link(w->root, "home/u/up", "../../../plain");
    UNIT_ASSERT_NUMBER(world_attach(w, "nowhere", 0), -ENOENT);
    UNIT_ASSERT_NUMBER(world_attach(w, "plain", 0), -ENOTDIR);
    UNIT_ASSERT_NUMBER(world_attach(w, "out", 0), -ENOENT);
    CU_ASSERT_PTR_NULL(w->attached);
    UNIT_ASSERT_NUMBER(world_attach(w, "link", 0), 0);
    UNIT_ASSERT_NUMBER(read_text(w, "file", text), 6);
    UNIT_ASSERT_NUMBER(read_text(w, "up", text), -ENOENT); /* the base, not the root, is where ".." stops */
    world_detach(w);
    UNIT_ASSERT_NUMBER(world_attach(w, "home/u", 0), 0);
    UNIT_ASSERT_NUMBER(read_text(w, "file", text), 6);
}

/* A base that is renamed is the same base. */
BOTH(keeps_its_base)
{
    char text[64];

    world_detach(w);
    put_folder(w->root, "a");
    put_file(w->root, "a/file", "inside");
    UNIT_ASSERT_NUMBER(world_attach(w, "a", 0), 0);
    put_rename(w->root, "a", "b");
    UNIT_ASSERT_NUMBER(read_text(w, "file", text), 6);
}

BOTH(makes_and_removes_folders)
{
    UNIT_ASSERT_NUMBER(do_mkdir(w, "d", -1), 0);
    UNIT_ASSERT_NUMBER(file_mode(w->root, "d"), 0755);
    UNIT_ASSERT_NUMBER(do_mkdir(w, "d", -1), -EEXIST);
    UNIT_ASSERT_NUMBER(do_mkdir(w, "d/e", 0770), 0);
    UNIT_ASSERT_NUMBER(file_mode(w->root, "d/e"), 0750);
    UNIT_ASSERT_NUMBER(do_mkdir(w, "x/y", -1), -ENOENT);
    UNIT_ASSERT_NUMBER(do_mkdir(w, ".", -1), -EEXIST);
    UNIT_ASSERT_NUMBER(do_rmdir(w, "d"), -ENOTEMPTY);
    UNIT_ASSERT_NUMBER(do_rmdir(w, "d/e"), 0);
    UNIT_ASSERT_NUMBER(do_rmdir(w, "."), -EBUSY);
    put_file(w->root, "f", "");
    put_link(w->root, "link", "d");
    UNIT_ASSERT_NUMBER(do_rmdir(w, "f"), -ENOTDIR);
    UNIT_ASSERT_NUMBER(do_rmdir(w, "link"), -ENOTDIR);
    CU_ASSERT(exists(w->root, "d"));
    UNIT_ASSERT_NUMBER(do_rmdir(w, "d"), 0);
    CU_ASSERT(!exists(w->root, "d"));
}

BOTH(unlinks_names_only)
{
    put_file(w->root, "f", "text");
    put_folder(w->root, "d");
    put_link(w->root, "link", "f");
    UNIT_ASSERT_NUMBER(do_unlink(w, "d"), -EISDIR);
    UNIT_ASSERT_NUMBER(do_unlink(w, "."), -EISDIR);
    UNIT_ASSERT_NUMBER(do_unlink(w, "link"), 0);
    CU_ASSERT(exists(w->root, "f"));
    UNIT_ASSERT_NUMBER(do_unlink(w, "f"), 0);
    UNIT_ASSERT_NUMBER(do_unlink(w, "f"), -ENOENT);
}

BOTH(links)
{
    struct hythe_attrs attrs;
    char buf[64];

    put_file(w->root, "f", "text");
    put_folder(w->root, "d");
    UNIT_ASSERT_NUMBER(do_symlink(w, "s", "/any ../text"), 0);
    UNIT_ASSERT_NUMBER(do_symlink(w, "s", "x"), -EEXIST);
    UNIT_ASSERT_NUMBER(do_readlink(w, "s", buf, sizeof(buf)), 12);
    CU_ASSERT(memcmp(buf, "/any ../text", 12) == 0);
    UNIT_ASSERT_NUMBER(do_readlink(w, "s", buf, 12), 12);
    UNIT_ASSERT_NUMBER(do_readlink(w, "s", buf, 11), -ENAMETOOLONG);
    UNIT_ASSERT_NUMBER(do_readlink(w, "f", buf, sizeof(buf)), -EINVAL);
    UNIT_ASSERT_NUMBER(do_readlink(w, ".", buf, sizeof(buf)), -EINVAL);
    UNIT_ASSERT_NUMBER(do_readlink(w, "none", buf, sizeof(buf)), -ENOENT);
    UNIT_ASSERT_NUMBER(do_link(w, "f", "d/g"), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "d/g", 0, &attrs), 0);
    UNIT_ASSERT_NUMBER(attrs.nlink, 2);
    UNIT_ASSERT_NUMBER(do_link(w, "f", "d/g"), -EEXIST);
    UNIT_ASSERT_NUMBER(do_link(w, "none", "h"), -ENOENT);
    UNIT_ASSERT_NUMBER(do_link(w, "d", "e"), -EPERM);
    UNIT_ASSERT_NUMBER(do_link(w, ".", "e"), -EPERM);
    UNIT_ASSERT_NUMBER(do_link(w, "s", "t"), 0); /* another name of the link, not of what it points to */
    UNIT_ASSERT_NUMBER(do_readlink(w, "t", buf, sizeof(buf)), 12);
}

BOTH(renames)
{
    put_file(w->root, "a", "A");
    put_file(w->root, "b", "B");
    put_folder(w->root, "d");
    put_folder(w->root, "e");
    put_link(w->root, "link", "a");
    UNIT_ASSERT_NUMBER(do_rename(w, "a", "b", 0), -EEXIST);
    UNIT_ASSERT_NUMBER(do_rename(w, "a", "a", 0), -EEXIST);
    UNIT_ASSERT_NUMBER(do_rename(w, "a", "link", 0), -EEXIST);
    UNIT_ASSERT_NUMBER(do_rename(w, "d", "e", 0), -EEXIST);
    UNIT_ASSERT_STRING(file_text(w->root, "b"), "B");
    UNIT_ASSERT_NUMBER(do_rename(w, "a", "d/c", 0), 0);
    CU_ASSERT(!exists(w->root, "a"));
    UNIT_ASSERT_STRING(file_text(w->root, "d/c"), "A");
    UNIT_ASSERT_NUMBER(do_rename(w, "d/c", "b", HYTHE_RENAME_REPLACE), 0);
    UNIT_ASSERT_STRING(file_text(w->root, "b"), "A");
    UNIT_ASSERT_NUMBER(do_rename(w, "none", "x", 0), -ENOENT);
    UNIT_ASSERT_NUMBER(do_rename(w, ".", "x", 0), -EBUSY);
    UNIT_ASSERT_NUMBER(do_rename(w, "b", ".", HYTHE_RENAME_REPLACE), -EBUSY);
    UNIT_ASSERT_NUMBER(do_rename(w, "d", "d/inner", 0), -EINVAL);
    UNIT_ASSERT_NUMBER(do_rename(w, "b", "e", HYTHE_RENAME_REPLACE), -EISDIR);
    put_file(w->root, "e/full", "");
    UNIT_ASSERT_NUMBER(do_rename(w, "d", "e", HYTHE_RENAME_REPLACE), -ENOTEMPTY);
    UNIT_ASSERT_NUMBER(do_rename(w, "d", "moved", 0), 0);
    CU_ASSERT(exists(w->root, "moved") && !exists(w->root, "d"));
    UNIT_ASSERT_NUMBER(do_rename(w, "link", "e/link", 0), 0); /* the link itself */
    CU_ASSERT(exists(w->root, "e/link") && exists(w->root, "b"));
    /* Without renameat2 nothing but a replacing rename is atomic. */
    UNIT_ASSERT_NUMBER(do_rename(w, "b", "c", HYTHE_RENAME_ATOMIC), w->way == BY_WALK ? -ENOTSUP : 0);
}

BOTH(refuses_names_that_a_core_never_sends)
{
    struct hythe_attrs attrs, own;
    void *file;

    put_folder(w->root, "d");
    UNIT_ASSERT_NUMBER(do_getattr(w, ".", 0, &own), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "..", 0, &attrs), 0); /* the base is its own parent */
    UNIT_ASSERT_NUMBER(attrs.nlink, own.nlink);
    UNIT_ASSERT_NUMBER(do_unlink(w, ""), -EINVAL);
    UNIT_ASSERT_NUMBER(do_mkdir(w, "d/", -1), -EINVAL);
    UNIT_ASSERT_NUMBER(do_rename(w, "d", "..", 0), -EINVAL);
    UNIT_ASSERT_NUMBER(do_rmdir(w, "d/.."), -EINVAL);
    UNIT_ASSERT_NUMBER(do_open(w, "..", HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, -1, &file), -EINVAL);
}

/* Long names and deep trees: an error, never an overflow. */
BOTH(bounds_names)
{
    char name[5000], buf[PATH_MAX];
    struct hythe_attrs attrs;

    memset(name, 'n', 256);
    name[256] = '\0';
    UNIT_ASSERT_NUMBER(do_mkdir(w, name, -1), -ENAMETOOLONG);
    UNIT_ASSERT_NUMBER(do_getattr(w, name, 0, &attrs), -ENAMETOOLONG);
    UNIT_ASSERT_NUMBER(do_realpath(w, name, buf, sizeof(buf)), -ENAMETOOLONG);
    name[255] = '\0';
    UNIT_ASSERT_NUMBER(do_mkdir(w, name, -1), 0);
    UNIT_ASSERT_NUMBER(do_realpath(w, name, buf, sizeof(buf)), 255);
    UNIT_ASSERT_NUMBER(do_realpath(w, name, buf, 256), 255);
    UNIT_ASSERT_NUMBER(do_realpath(w, name, buf, 255), -ENAMETOOLONG);
    for (size_t i = 0; i < sizeof(name) - 1; i++)
        name[i] = i % 2 ? '/' : 'd';
    name[sizeof(name) - 2] = 'd';
    name[sizeof(name) - 1] = '\0';
    UNIT_ASSERT_NUMBER(do_getattr(w, name, 0, &attrs), -ENAMETOOLONG);
    UNIT_ASSERT_NUMBER(do_unlink(w, name), -ENAMETOOLONG);
    UNIT_ASSERT_NUMBER(do_realpath(w, name, buf, sizeof(buf)), -ENAMETOOLONG);
}

BOTH(resolves_canonical_paths)
{
    static const struct {
        const char *path, *real;
        int64_t rc;
    } rows[] = {
        {".", ".", 1},
        {"a", "a", 1},
        {"a/b/f", "a/b/f", 5},
        {"to-b/f", "a/b/f", 5},
        {"to-b", "a/b", 3},
        {"abs/f", "a/b/f", 5},
        {"up", "a", 1},
        {"top", ".", 1},
        {"a/b/back", "a/b/f", 5},
        {"slash", "a/b", 3},
        {"a/none", NULL, -ENOENT},
        {"none/x", NULL, -ENOENT},
        {"a/b/f/x", NULL, -ENOTDIR},
        {"dangling", NULL, -ENOENT},
        {"loop", NULL, -ELOOP},
    };
    char buf[PATH_MAX];

    put_folder(w->root, "a");
    put_folder(w->root, "a/b");
    put_file(w->root, "a/b/f", "");
    put_link(w->root, "to-b", "a/b");
    put_link(w->root, "abs", "/a/b");
    put_link(w->root, "up", "a/b/..");
    put_link(w->root, "top", "a/b/../..");
    put_link(w->root, "a/b/back", "../../to-b/../b/./f");
    put_link(w->root, "slash", "a//b/");
    put_link(w->root, "dangling", "none");
    put_link(w->root, "loop", "loop");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        UNIT_ASSERT_NUMBER(do_realpath(w, rows[i].path, buf, sizeof(buf)), rows[i].rc);
        if (rows[i].real)
            UNIT_ASSERT_STRING(buf, rows[i].real);
    }
}

/* A receiver that takes `room` entries at a time. */
struct listing {
    unsigned room, taken, calls, entries;
    uint32_t valid, type;
    char last[NAME_MAX + 1], refused[NAME_MAX + 1];
    bool repeated; /* the refused entry was the next one offered */
    int error;
    unsigned char seen[10000];
};

static int receive(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    struct listing *l = ctx;
    unsigned long number;

    l->calls++;
    if (l->error)
        return l->error;
    if (l->refused[0]) {
        if (strcmp(l->refused, name) != 0)
            l->repeated = false;
        l->refused[0] = '\0';
    }
    if (l->taken == l->room) {
        snprintf(l->refused, sizeof(l->refused), "%s", name);
        return -ENOBUFS;
    }
    l->taken++;
    l->entries++;
    l->valid = attrs->valid;
    l->type = attrs->type;
    snprintf(l->last, sizeof(l->last), "%s", name);
    number = strtoul(name, NULL, 10);
    if (number < sizeof(l->seen))
        l->seen[number]++;
    return 0;
}

BOTH(lists_ten_thousand_once_each)
{
    struct listing l = {.room = 37, .repeated = true};
    char name[16];
    void *dir;
    int64_t n;
    unsigned wrong = 0;

    put_folder(w->root, "d");
    for (int i = 0; i < 10000; i++) {
        snprintf(name, sizeof(name), "d/%d", i);
        put_file(w->root, name, "");
    }
    UNIT_ASSERT_NUMBER(do_opendir(w, "d", &dir), 0);
    while ((n = do_readdir(w, dir, HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE, receive, &l)) > 0) {
        wrong += n != l.taken;
        l.taken = 0;
    }
    UNIT_ASSERT_NUMBER(n, 0);
    UNIT_ASSERT_NUMBER(wrong, 0);
    UNIT_ASSERT_NUMBER(l.entries, 10000);
    CU_ASSERT(l.repeated);
    for (size_t i = 0; i < sizeof(l.seen); i++)
        wrong += l.seen[i] != 1;
    UNIT_ASSERT_NUMBER(wrong, 0);
    UNIT_ASSERT_NUMBER(l.valid, HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE);
    UNIT_ASSERT_NUMBER(do_readdir(w, dir, 0, receive, &l), 0);
    UNIT_ASSERT_NUMBER(do_close(w, dir), 0);
}

BOTH(tells_no_room_from_the_end)
{
    struct listing l = {.room = 0, .repeated = true};
    void *dir;

    put_link(w->root, "link", "nowhere");
    UNIT_ASSERT_NUMBER(do_opendir(w, ".", &dir), 0);
    UNIT_ASSERT_NUMBER(do_readdir(w, dir, HYTHE_ATTR_TYPE, receive, &l), -ENOBUFS);
    l.error = -EIO;
    UNIT_ASSERT_NUMBER(do_readdir(w, dir, HYTHE_ATTR_TYPE, receive, &l), -EIO);
    l.error = 0;
    l.room = 5;
    UNIT_ASSERT_NUMBER(do_readdir(w, dir, HYTHE_ATTR_TYPE, receive, &l), 1); /* neither `.` nor `..` */
    UNIT_ASSERT_STRING(l.last, "link");
    UNIT_ASSERT_NUMBER(l.type, HYTHE_TYPE_SYMLINK);
    UNIT_ASSERT_NUMBER(do_readdir(w, dir, HYTHE_ATTR_TYPE, receive, &l), 0);
    UNIT_ASSERT_NUMBER(do_close(w, dir), 0);
}

BOTH(opens_only_folders_as_folders)
{
    struct listing l = {.room = 5, .repeated = true};
    char buf[8];
    void *dir;

    put_file(w->root, "f", "");
    put_folder(w->root, "d");
    put_link(w->root, "link", "d");
    put_link(w->root, "flink", "f");
    UNIT_ASSERT_NUMBER(do_opendir(w, "f", &dir), -ENOTDIR);
    UNIT_ASSERT_NUMBER(do_opendir(w, "flink", &dir), -ENOTDIR);
    UNIT_ASSERT_NUMBER(do_opendir(w, "none", &dir), -ENOENT);
    UNIT_ASSERT_NUMBER(do_opendir(w, "link", &dir), 0);
    UNIT_ASSERT_NUMBER(do_read(w, dir, buf, sizeof(buf), 0), -EISDIR);
    UNIT_ASSERT_NUMBER(do_readdir(w, dir, 0, receive, &l), 0);
    UNIT_ASSERT_NUMBER(do_close(w, dir), 0);
    UNIT_ASSERT_NUMBER(do_open(w, "f", HYTHE_OPEN_READ, -1, &dir), 0);
    UNIT_ASSERT_NUMBER(do_readdir(w, dir, 0, receive, &l), -ENOTDIR);
    UNIT_ASSERT_NUMBER(do_close(w, dir), 0);
}

/* A folder removed while it is open lists nothing, and that is all. */
BOTH(lists_a_removed_folder)
{
    struct listing l = {.room = 5, .repeated = true};
    void *dir;

    put_folder(w->root, "d");
    UNIT_ASSERT_NUMBER(do_opendir(w, "d", &dir), 0);
    UNIT_ASSERT_NUMBER(do_rmdir(w, "d"), 0);
    CU_ASSERT(do_readdir(w, dir, 0, receive, &l) <= 0);
    UNIT_ASSERT_NUMBER(l.calls, 0);
    UNIT_ASSERT_NUMBER(do_close(w, dir), 0);
}

UNIT_SUITE(localroot_names, UNIT_BOTH(attaches_below_the_root), UNIT_BOTH(keeps_its_base),
           UNIT_BOTH(makes_and_removes_folders), UNIT_BOTH(unlinks_names_only), UNIT_BOTH(links), UNIT_BOTH(renames),
           UNIT_BOTH(refuses_names_that_a_core_never_sends), UNIT_BOTH(bounds_names),
           UNIT_BOTH(resolves_canonical_paths), UNIT_BOTH(lists_ten_thousand_once_each),
           UNIT_BOTH(tells_no_room_from_the_end), UNIT_BOTH(opens_only_folders_as_folders),
           UNIT_BOTH(lists_a_removed_folder));
