/* What --explain says of each operation against what a session gets that does it. */
#include "core/server/doings.h"
#include "core/server/explain.h"
#include "core/server/mounts.h"
#include "tests/unit/unit.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOBODY = 65534 };

/* ---- A store on disk and a configuration over it ---- */

struct land {
    char folder[32]; /* holds the store, and nothing else */
    struct hy_config *config;
    struct hy_plugins *plugins;
    struct hy_trees *trees;
    struct hy_locks *locks;
    struct hy_log log;
    struct hy_err err;
};

static const char text[] =
    "plugin_directory = \"" HYTHE_TEST_PLUGINS "\";\n"
    "RootDirectory = \"@/s\";\n"
    "mounts = ( { path = \"/ro\"; plugin = \"local-root\"; root = \"@/s\"; filters = ( { plugin = \"read-only\"; } ); "
    "},\n"
    "  { path = \"/pm\"; plugin = \"local-root\"; root = \"@/s\"; filters = (\n"
    "    { plugin = \"permissions\"; hidden = \"h*\"; rules = ( \"/: list, download\", \"/d: all\", \"/e: list, "
    "upload\",\n"
    "      \"/w: overwrite, download\" ); } ); },\n"
    "  { path = \"/ig\"; plugin = \"local-root\"; root = \"@/s\"; set_attributes = \"ignore\"; },\n"
    "  { path = \"/own/%%\"; plugin = \"chroot-per-user\"; base = \"@/s/%u\"; },\n"
    "  { path = \"/deep/er\"; plugin = \"local-root\"; root = \"@/s\"; } );\n"
    "users = ( { name = \"d\"; filters = ( ); }, { name = \"shut\"; HomeDir = \"/d\"; RestrictUserToHomeDir = true; "
    "},\n"
    "  { name = \"low\"; UserRootDirectory = \"/ro\"; } );\n";

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

/* The folder itself stays: the store has it open. */
static int remove_inner(const char *path, const struct stat *st, int type, struct FTW *at)
{
    return at->level ? remove_one(path, st, type, at) : 0;
}

static void put(const char *folder, const char *name)
{
    char path[128];
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/s/%s", folder, name);
    f = fopen(path, "w");
    CU_ASSERT_FATAL(f != NULL);
    (void)fputs("text", f);
    (void)fclose(f);
}

static void put_folder(const char *folder, const char *name, mode_t mode)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/s%s", folder, name);
    CU_ASSERT_FATAL(mkdir(path, mode) == 0 && chmod(path, mode) == 0);
}

static void put_link(const char *folder, const char *name, const char *to)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/s/%s", folder, name);
    CU_ASSERT_FATAL(symlink(to, path) == 0);
}

/* The store as each operation finds it. */
static void furnish(const struct land *l)
{
    char path[64];

    (void)snprintf(path, sizeof path, "%s/s", l->folder);
    (void)nftw(path, remove_inner, 8, FTW_DEPTH | FTW_PHYS);
    put_folder(l->folder, "/d", 0755);
    put_folder(l->folder, "/e", 0777);
    put_folder(l->folder, "/sticky", 01777);
    put_folder(l->folder, "/closed", 0700);
    put(l->folder, "f");
    put(l->folder, "w");
    put(l->folder, "hid");
    put(l->folder, "d/g");
    put(l->folder, "sticky/s");
    put(l->folder, "closed/c");
    put_link(l->folder, "l", "f");
    put_link(l->folder, "to-g", "d/g");
    put_link(l->folder, "away", "../..");
    put_link(l->folder, "dangling", "nothing");
}

static void begin(struct land *l)
{
    const struct hy_config_rules rules = {.tree_only = true};
    struct hy_problems problems = {0};
    char path[64];
    FILE *f;

    *l = (struct land){.folder = "/tmp/unit-explain.XXXXXX", .err = {.text = ""}};
    CU_ASSERT_FATAL(mkdtemp(l->folder) != NULL && chmod(l->folder, 0755) == 0);
    put_folder(l->folder, "", 0755);
    furnish(l);
    (void)snprintf(path, sizeof path, "%s/c", l->folder);
    f = fopen(path, "w");
    CU_ASSERT_FATAL(f != NULL);
    for (const char *p = text; *p; p++)
        if (*p == '@')
            (void)fputs(l->folder, f);
        else
            (void)fputc(*p, f);
    (void)fclose(f);
    l->config = hy_config_read(path, &rules, &problems);
    hy_problems_print(&problems, stdout);
    hy_problems_free(&problems);
    (void)unlink(path);
    CU_ASSERT_FATAL(l->config != NULL);
    l->plugins = hy_plugins_new(HYTHE_TEST_PLUGINS, &l->log);
    l->locks = hy_locks_new();
    l->trees = hy_trees_new(l->config, l->plugins, &l->err);
    if (!l->trees)
        printf("  %s\n", l->err.text);
    CU_ASSERT_FATAL(l->trees != NULL);
}

static void end(struct land *l)
{
    hy_trees_free(l->trees);
    hy_plugins_free(l->plugins);
    hy_locks_free(l->locks);
    hy_config_free(l->config);
    (void)nftw(l->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- Doing ---- */

static int64_t done(struct land *l, const char *user, const char *path, const struct hy_doing *doing)
{
    const struct hy_user_config *u = hy_config_user(l->config, user);
    const struct hythe_session session = {.user = user, .home = "", .address = "", .client_id = "", .group = ""};
    const struct hy_view view = {.user_root = u->user_root,
                                 .home = u->home,
                                 .restrict_to_home = u->restrict_to_home,
                                 .max_handles = 8,
                                 .max_locks = 8,
                                 .locks = l->locks};
    struct hy_tree *tree = hy_trees_get(l->trees, user, u->groups, &l->err);
    struct hy_vfs *vfs = hy_vfs_bare(tree, &view, &session, &l->log, &l->err);
    char other[64];
    int64_t r;

    CU_ASSERT_FATAL(vfs != NULL);
    (void)snprintf(other, sizeof other, "%s.new", path);
    r = doing->run(vfs, (struct hy_name){path, strlen(path)}, (struct hy_name){other, strlen(other)});
    hy_vfs_free(vfs);
    hy_tree_unref(tree);
    return r;
}

/* ---- Saying ---- */

static char *explained(struct land *l, const char *user, const char *path)
{
    char *out = NULL;
    size_t size;
    FILE *f = open_memstream(&out, &size);
    int rc = hy_server_explain(l->config, user, path, f, &l->err);

    (void)fclose(f);
    if (rc)
        printf("  %s\n", l->err.text);
    CU_ASSERT_FATAL(rc == 0);
    return out;
}

/* The line of an operation in what was written: the n-th behind the heading. */
static void line_of(const char *said, size_t n, char line[256])
{
    const char *at = strstr(said, "\noperations, ");

    for (size_t i = 0; at && i <= n; i++)
        at = strchr(at + 1, '\n');
    (void)snprintf(line, 256, "%.*s", at ? (int)strcspn(at + 1, "\n") : 0, at ? at + 1 : "");
}

static bool agrees(const char *line, int64_t r)
{
    const char *refused = strstr(line, "refused by "), *colon = refused ? strstr(refused, ": ") : NULL;
    const char *name = r < 0 && r > -4096 ? strerrorname_np((int)-r) : NULL;

    if (r >= 0)
        return strstr(line, "allowed by all") || strstr(line, "left out");
    return colon && name && strncmp(colon + 2, name, strlen(name)) == 0 && strcspn(colon + 2, ",;\n ") == strlen(name);
}

/* `as` 0: with the rights that the process has. */
static void compare(struct land *l, const char *user, const char *path, uid_t as)
{
    char *said, line[256];

    furnish(l);
    CU_ASSERT_FATAL(!as || seteuid(as) == 0);
    said = explained(l, user, path);
    CU_ASSERT_FATAL(!as || seteuid(0) == 0);
    for (size_t i = 0; hy_doings[i].run; i++) {
        int64_t r;

        furnish(l);
        CU_ASSERT_FATAL(!as || seteuid(as) == 0);
        r = done(l, user, path, &hy_doings[i]);
        CU_ASSERT_FATAL(!as || seteuid(0) == 0);
        line_of(said, i, line);
        if (!agrees(line, r)) {
            printf("  %s, %s: it was %lld (%s), and this was said:\n%s\n", user, path, (long long)r,
                   r < 0 && r > -4096 ? strerrorname_np((int)-r) : "", line);
            CU_FAIL("another answer than was foreseen");
        }
    }
    free(said);
}

/* ---- Tests ---- */

static const char *const paths[] = {
    "/",          "/f",           "/w",       "/d",          "/e",          "/l",        "/away",   "/dangling",
    "/missing",   "/no/x",        "/f/x",     "/d/g",        "/sticky/s",   "/closed/c", "/ro",     "/ro/f",
    "/ro/d",      "/ro/e",        "/ro/l",    "/ro/missing", "/pm",         "/pm/f",     "/pm/w",   "/pm/d/g",
    "/pm/d",      "/pm/e",        "/pm/e/x",  "/pm/hid",     "/pm/l",       "/pm/to-g",  "/pm/d/x", "/pm/no",
    "/pm/away/x", "/pm/dangling", "/ig",      "/ig/f",       "/ig/missing", "/own",      "/own/g",  "/own/x",
    "/deep",      "/deep/x",      "/deep/er", "/deep/er/f"};
enum { PATHS = sizeof paths / sizeof *paths };

static void says_what_a_session_gets(void)
{
    struct land l;

    begin(&l);
    for (size_t i = 0; i < PATHS; i++)
        compare(&l, "d", paths[i], 0);
    compare(&l, "low", "/", 0);
    compare(&l, "low", "/f", 0);
    compare(&l, "shut", "/d", 0);
    compare(&l, "shut", "/d/g", 0);
    end(&l);
}

/* Without any right of its own to most of what is there. */
static void knows_the_rights_of_the_process(void)
{
    struct land l;

    if (geteuid() != 0)
        UNIT_SKIP("needs root, to become somebody else");
    begin(&l);
    for (size_t i = 0; i < PATHS; i++)
        compare(&l, "d", paths[i], NOBODY);
    end(&l);
}

static void refuses_all_that_is_outside(void)
{
    struct land l;
    char *said;

    begin(&l);
    said = explained(&l, "shut", "/f");
    CU_ASSERT(strstr(said, "every operation is refused: outside the home directory") != NULL);
    CU_ASSERT(strstr(said, "\noperations, ") == NULL);
    free(said);
    for (size_t i = 0; hy_doings[i].run; i++)
        UNIT_ASSERT_NUMBER(done(&l, "shut", "/f", &hy_doings[i]), -EACCES);
    end(&l);
}

/* The store as a list of names, modes, sizes, times and contents. */
static unsigned long sum;

static int add_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)type, (void)at;
    for (; *path; path++)
        sum = sum * 31 + (unsigned char)*path;
    sum = sum * 31 + st->st_mode + (unsigned long)st->st_size;
    sum = sum * 31 + (unsigned long)st->st_mtim.tv_nsec + (unsigned long)st->st_ctim.tv_nsec + st->st_nlink;
    return 0;
}

static unsigned long state_of(const struct land *l)
{
    sum = 0;
    (void)nftw(l->folder, add_one, 8, FTW_PHYS);
    return sum;
}

static void changes_nothing(void)
{
    struct land l;
    unsigned long before;

    begin(&l);
    furnish(&l);
    before = state_of(&l);
    for (size_t i = 0; i < PATHS; i++)
        free(explained(&l, "d", paths[i]));
    CU_ASSERT(state_of(&l) == before);
    end(&l);
}

static void names_the_rule_and_its_place(void)
{
    struct land l;
    char *said;

    begin(&l);
    said = explained(&l, "d", "/pm/f");
    CU_ASSERT(strstr(said,
                     "refused by 1, permissions at /pm: EACCES, the rules of this server don't allow it; rules: what "
                     "holds for /  (/tmp/") != NULL);
    free(said);
    said = explained(&l, "d", "/pm/hid");
    CU_ASSERT(strstr(said, "refused by 1, permissions at /pm: ENOENT; hidden  (/tmp/") != NULL);
    free(said);
    said = explained(&l, "d", "/deep");
    CU_ASSERT(strstr(said, "refused by the server: EBUSY, the server keeps this directory in place\n") != NULL);
    free(said);
    end(&l);
}

UNIT_SUITE(explain, UNIT_TEST(says_what_a_session_gets), UNIT_TEST(knows_the_rights_of_the_process),
           UNIT_TEST(refuses_all_that_is_outside), UNIT_TEST(changes_nothing), UNIT_TEST(names_the_rule_and_its_place));
