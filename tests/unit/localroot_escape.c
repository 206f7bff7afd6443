/* A plugin with local-root's manners: attempts to leave the base, each by openat2 and by the walk, with the base as
 * "/" and with HYTHE_ATTACH_BENEATH. */
#include "tests/unit/localroot.h"

/* Where the base is dir/root and the link is base/esc/link. */
static const struct {
    const char *target;      /* "%s": the outside folder's absolute path */
    const char *suffix;      /* of the path that is tried: esc/link + suffix */
    int64_t rooted, beneath; /* 6: reads "inside" */
} escapes[] = {
    {"../in/file", "", 6, 6},
    {"./../in/./file", "", 6, 6},
    {"../in", "/file", 6, 6},
    {"../in/", "/file", 6, 6},
    {"..", "/in/file", 6, 6},
    {"../esc/../in/..", "/in/file", 6, 6},
    {"/in/file", "", 6, -EACCES},
    {"/", "/in/file", 6, -EACCES},
    {"//../in/file", "", 6, -EACCES},
    {"../../in/file", "", 6, -EACCES},
    {"../../../../../../../../in/file", "", 6, -EACCES},
    {"../../root/in/file", "", -ENOENT, -EACCES},
    {"../../outside/secret", "", -ENOENT, -EACCES},
    {"../../outside", "/secret", -ENOENT, -EACCES},
    {"../..", "/outside/secret", -ENOENT, -EACCES},
    {"../in/../../outside/secret", "", -ENOENT, -EACCES},
    {"../in/none/../file", "", -ENOENT, -ENOENT},
    {"../in/file/../file", "", -ENOTDIR, -ENOTDIR},
    {"../in/file/", "", -ENOTDIR, -ENOTDIR},
    {"../in/file/.", "", -ENOTDIR, -ENOTDIR},
    {"%s/secret", "", -ENOENT, -EACCES},
    {"%s", "/secret", -ENOENT, -EACCES},
    {"/proc/self/root", "", -ENOENT, -EACCES},
    {"/etc/passwd", "", -ENOENT, -EACCES},
    {"link", "", -ELOOP, -ELOOP},
    {"link/x", "", -ELOOP, -ELOOP},
    {"../esc/link", "/in", -ELOOP, -ELOOP},
};

static void each_escape(struct world *w, bool beneath)
{
    char outside[128], target[256], path[64], text[64], real[PATH_MAX];
    struct hythe_attrs attrs;

    world_detach(w);
    UNIT_ASSERT_NUMBER(world_attach(w, ".", beneath ? HYTHE_ATTACH_BENEATH : 0), 0);
    snprintf(outside, sizeof(outside), "%s/outside", w->dir);
    for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
        int64_t wanted = beneath ? escapes[i].beneath : escapes[i].rooted;
        int64_t got;

        if (strcmp(escapes[i].target, "%s") == 0)
            snprintf(target, sizeof(target), "%s", outside);
        else if (strcmp(escapes[i].target, "%s/secret") == 0)
            snprintf(target, sizeof(target), "%s/secret", outside);
        else
            snprintf(target, sizeof(target), "%s", escapes[i].target);
        put_away(w->root, "esc/link");
        put_link(w->root, "esc/link", target);
        snprintf(path, sizeof(path), "esc/link%s", escapes[i].suffix);
        got = read_text(w, path, text);
        if (got != wanted)
            printf("  link to %s, path %s\n", target, path);
        UNIT_ASSERT_NUMBER(got, wanted);
        UNIT_ASSERT_NUMBER(do_getattr(w, path, 0, &attrs), wanted < 0 ? wanted : 0);
        got = do_realpath(w, path, real, sizeof(real));
        UNIT_ASSERT_NUMBER(got, wanted < 0 ? wanted : 7);
        if (got > 0)
            UNIT_ASSERT_STRING(real, "in/file");
    }
}

BOTH(stays_inside)
{
    put_folder(w->root, "in");
    put_folder(w->root, "esc");
    put_file(w->root, "in/file", "inside");
    each_escape(w, false);
    each_escape(w, true);
}

BOTH(limits_links)
{
    char name[16], target[16], text[64];

    put_file(w->root, "0", "inside");
    for (int i = 1; i <= 41; i++) {
        snprintf(name, sizeof(name), "%d", i);
        snprintf(target, sizeof(target), "%d", i - 1);
        put_link(w->root, name, target);
    }
    UNIT_ASSERT_NUMBER(read_text(w, "40", text), 6);
    UNIT_ASSERT_NUMBER(read_text(w, "41", text), -ELOOP);
}

/* Long ways up and down are followed; the walk gives up where they cost more than any tree of use would. */
BOTH(limits_work)
{
    char text[PATH_MAX] = "", path[PATH_MAX] = "";
    struct hythe_attrs attrs;
    int64_t r;

    for (size_t len = 0; len + 10 < sizeof(text); len += 5)
        memcpy(text + len, "d/../", 6);
    put_folder(w->root, "d");
    put_link(w->root, "link", text);
    UNIT_ASSERT_NUMBER(do_getattr(w, "link/d", 0, &attrs), 0);
    strcat(path, "d");
    for (int i = 1; i < 60; i++) {
        strcat(path, "/d");
        put_folder(w->root, path);
    }
    strcat(path, "/link");
    put_link(w->root, path, text);
    UNIT_ASSERT_NUMBER(do_getattr(w, path, HYTHE_NOFOLLOW, &attrs), 0);
    memcpy(path + strlen(path) - 4, "d", 2);
    put_folder(w->root, path);
    memcpy(path + strlen(path) - 1, "link", 5);
    r = do_getattr(w, path, 0, &attrs);
    if (strstr(w->log, "without openat2"))
        UNIT_ASSERT_NUMBER(r, -ELOOP);
    else /* the kernel gives a way with "..", to the walk, while anything at all is renamed on the machine */
        CU_ASSERT(r == 0 || r == -ELOOP);
}

/* Everything that changes something, through a folder that is a link out of the base. */
static void nothing_goes_through(struct world *w, int64_t refusal)
{
    struct hythe_attrs a = {.struct_size = sizeof(a), .valid = HYTHE_ATTR_SIZE}, b = a;
    struct hythe_statfs s;
    char buf[64];
    void *file;

    b.valid = HYTHE_ATTR_MODE | HYTHE_ATTR_MTIME;
    UNIT_ASSERT_NUMBER(do_unlink(w, "out/secret"), refusal);
    UNIT_ASSERT_NUMBER(do_rmdir(w, "out/dir"), refusal);
    UNIT_ASSERT_NUMBER(do_mkdir(w, "out/new", -1), refusal);
    UNIT_ASSERT_NUMBER(do_symlink(w, "out/new", "x"), refusal);
    UNIT_ASSERT_NUMBER(do_link(w, "out/secret", "got"), refusal);
    UNIT_ASSERT_NUMBER(do_link(w, "file", "out/new"), refusal);
    UNIT_ASSERT_NUMBER(do_rename(w, "out/secret", "got", 0), refusal);
    UNIT_ASSERT_NUMBER(do_rename(w, "file", "out/new", 0), refusal);
    UNIT_ASSERT_NUMBER(do_rename(w, "file", "out/secret", HYTHE_RENAME_REPLACE), refusal);
    UNIT_ASSERT_NUMBER(do_setattr(w, "out/secret", 0, &a), refusal);
    UNIT_ASSERT_NUMBER(do_setattr(w, "out/secret", HYTHE_NOFOLLOW, &b), refusal);
    UNIT_ASSERT_NUMBER(do_setattr(w, "out", 0, &b), refusal);
    UNIT_ASSERT_NUMBER(do_readlink(w, "out/link", buf, sizeof(buf)), refusal);
    UNIT_ASSERT_NUMBER(do_statfs(w, "out", &s), refusal);
    UNIT_ASSERT_NUMBER(do_opendir(w, "out", &file), refusal);
    UNIT_ASSERT_NUMBER(do_realpath(w, "out/secret", buf, sizeof(buf)), refusal);
    UNIT_ASSERT_NUMBER(do_open(w, "out/secret", HYTHE_OPEN_WRITE | HYTHE_OPEN_TRUNCATE, -1, &file), refusal);
    UNIT_ASSERT_NUMBER(do_open(w, "out/new", HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, -1, &file), refusal);
    UNIT_ASSERT_NUMBER(do_open(w, "new", HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, -1, &file), refusal);
    UNIT_ASSERT_NUMBER(do_open(w, "up", HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, -1, &file), refusal);
    UNIT_ASSERT_NUMBER(do_getattr(w, "out", HYTHE_NOFOLLOW, &a), 0); /* the link itself is ours */
    UNIT_ASSERT_STRING(file_text(w->outside, "secret"), "secret");
    CU_ASSERT(exists(w->outside, "dir") && exists(w->root, "file"));
    CU_ASSERT(!exists(w->outside, "new") && !exists(w->root, "got"));
}

BOTH(changes_nothing_outside)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/outside", w->dir);
    put_link(w->root, "out", path);
    snprintf(path, sizeof(path), "%s/outside/new", w->dir);
    put_link(w->root, "new", path);
    put_link(w->root, "up", "../outside/new");
    put_folder(w->outside, "dir");
    put_link(w->outside, "link", "x");
    put_file(w->root, "file", "inside");
    nothing_goes_through(w, -ENOENT);
    world_detach(w);
    UNIT_ASSERT_NUMBER(world_attach(w, ".", HYTHE_ATTACH_BENEATH), 0);
    nothing_goes_through(w, -EACCES);
    CU_ASSERT(w->said[0] != '\0');
}

UNIT_SUITE(localroot_escape, UNIT_BOTH(stays_inside), UNIT_BOTH(limits_links), UNIT_BOTH(limits_work),
           UNIT_BOTH(changes_nothing_outside));
