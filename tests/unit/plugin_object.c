/* Shared objects: which are loaded, and what is said about those that are not. */
#include "tests/unit/plugin_folder.h"

#include <sys/stat.h>
#include <unistd.h>

static const struct hy_instance *start(struct folder *f, const char *name)
{
    f->err.text[0] = '\0';
    return hy_plugins_start(f->plugins, name, HYTHE_FILESYSTEM, &folder_root, 1, "it", &f->err);
}

/* Not started, for a reason that has `why` in it, and without a byte of it having run. */
static void refused(struct folder *f, const char *name, const char *why)
{
    CU_ASSERT(start(f, name) == NULL);
    if (!strstr(f->err.text, why))
        printf("  got \"%s\", wanted \"%s\" in it\n", f->err.text, why);
    CU_ASSERT(strstr(f->err.text, why) != NULL);
    CU_ASSERT(strncmp(f->err.text, "it: ", 4) == 0);
    CU_ASSERT_PTR_NULL(getenv("HYTHE_SAMPLE_LOADED"));
}

/* ---- Loading ---- */

static void loads_starts_and_stops(void)
{
    const struct hy_instance *one, *two;
    struct folder f;

    folder_begin(&f);
    folder_install(&f, "sample.so", NULL, "sample.so");
    one = start(&f, "sample");
    two = hy_plugins_start(f.plugins, "sample", HYTHE_FILESYSTEM, &folder_root, 1, "other", &f.err);
    CU_ASSERT_FATAL(one && two && one != two && one->self != two->self);
    UNIT_ASSERT_STRING(one->plugin.version, "1");
    CU_ASSERT(one->ops.getattr != NULL && one->ops.read == NULL);
    UNIT_ASSERT_STRING(getenv("HYTHE_SAMPLE_LOADED"), "sample");
    UNIT_ASSERT_STRING(f.lines, "it: starts with /srv\nother: starts with /srv\n");
    hy_plugins_free(f.plugins);
    f.plugins = NULL;
    UNIT_ASSERT_STRING(f.lines, "it: starts with /srv\nother: starts with /srv\n"
                                "other: stops with /srv\nit: stops with /srv\n");
    folder_end(&f);
}

static void checks_without_starting(void)
{
    static const struct hy_option wrong[] = {{"rot", HY_VALUE_STRING, 0, "/srv", {"hythe.cfg", 5}, NULL, NULL},
                                             {"root", HY_VALUE_INT, 7, NULL, {"hythe.cfg", 6}, NULL, NULL}};
    struct hy_problems problems = {0};
    struct hy_place place = {"hythe.cfg", 2};
    struct folder f;

    folder_begin(&f);
    folder_install(&f, "sample.so", NULL, "sample.so");
    CU_ASSERT(hy_plugins_check(f.plugins, "sample", HYTHE_FILESYSTEM, &folder_root, 1, place, &problems) == 0);
    UNIT_ASSERT_NUMBER(problems.count, 0);
    UNIT_ASSERT_STRING(f.lines, "");
    CU_ASSERT(hy_plugins_check(f.plugins, "sample", HYTHE_FILESYSTEM, wrong, 2, place, &problems) == -1);
    CU_ASSERT(hy_plugins_check(f.plugins, "none", HYTHE_FILESYSTEM, wrong, 2, place, &problems) == -1);
    CU_ASSERT_FATAL(problems.count == 3);
    UNIT_ASSERT_STRING(problems.items[0].text, "sample: unknown setting \"rot\"; did you mean \"root\"?");
    UNIT_ASSERT_NUMBER(problems.items[0].place.line, 5);
    UNIT_ASSERT_STRING(problems.items[1].text, "sample: root is 7 and must be an absolute path in quotes");
    UNIT_ASSERT_NUMBER(problems.items[1].place.line, 6);
    UNIT_ASSERT_NUMBER(problems.items[2].place.line, 2);
    hy_problems_free(&problems);
    folder_end(&f);
}

static void refuses_the_wrong_kind(void)
{
    struct folder f;

    folder_begin(&f);
    folder_install(&f, "sample.so", NULL, "sample.so");
    CU_ASSERT_PTR_NULL(hy_plugins_start(f.plugins, "sample", HYTHE_FILTER, &folder_root, 1, "it", &f.err));
    UNIT_ASSERT_STRING(f.err.text, "it: it is a filesystem, which stands in mounts; a filter is needed here");
    folder_end(&f);
}

/* ---- What a file may be ---- */

static void refuses_what_is_no_plugin(void)
{
    char why[2 * PATH_MAX];
    struct folder f;

    folder_begin(&f);
    (void)snprintf(why, sizeof why, "there is no %s/none.so", f.dir);
    refused(&f, "none", why);
    refused(&f, "../lib/sample", "can't be the name of a plugin");
    refused(&f, "", "can't be the name of a plugin");
    refused(&f, ".", "can't be the name of a plugin");
    folder_write(folder_path(&f, NULL, "text.so"), "just text\n", 10);
    refused(&f, "text", "text.so is not a shared object");
    refused(&f, "texts", "did you mean text?");
    folder_write(folder_path(&f, NULL, "empty.so"), "", 0);
    refused(&f, "empty", "empty.so is not a shared object");
    folder_write(folder_path(&f, NULL, "cut.so"), "\177ELF\2\1\1", 7);
    refused(&f, "cut", "cut.so can't be loaded: ");
    CU_ASSERT_FATAL(mkdir(folder_path(&f, NULL, "folder.so"), 0755) == 0);
    refused(&f, "folder", "folder.so is not a regular file");
    CU_ASSERT_FATAL(mkfifo(folder_path(&f, NULL, "fifo.so"), 0600) == 0);
    refused(&f, "fifo", "fifo.so is not a regular file");
    CU_ASSERT_FATAL(symlink("nowhere", folder_path(&f, NULL, "link.so")) == 0);
    refused(&f, "link", "there is no");
    folder_end(&f);
}

static void refuses_what_an_object_says_of_itself(void)
{
    static const struct {
        const char *object, *as, *name, *why;
    } cases[] = {
        {"sample.so", "other.so", "other", "the plugin in it calls itself \"sample\""},
        {"sample-newer.so", "sample-newer.so", "sample-newer", "built for plugin ABI 7, this server has 1"},
        {"sample-mute.so", "sample-mute.so", "sample-mute", "is not a Hythe plugin: it has no hythe_plugin_entry"},
    };
    struct folder f;

    folder_begin(&f);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        folder_install(&f, cases[i].object, NULL, cases[i].as);
        CU_ASSERT(start(&f, cases[i].name) == NULL);
        CU_ASSERT(strstr(f.err.text, cases[i].why) != NULL);
        UNIT_ASSERT_STRING(f.lines, "");
    }
    folder_end(&f);
}

/* ---- Who may have written it ---- */

static void refuses_files_that_others_can_write(void)
{
    static const mode_t modes[] = {0775, 0757, 0722, 0777};
    struct folder f;

    folder_begin(&f);
    folder_install(&f, "sample.so", NULL, "sample.so");
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        CU_ASSERT_FATAL(chmod(folder_path(&f, NULL, "sample.so"), modes[i]) == 0);
        refused(&f, "sample", "sample.so can be written by others than its owner (mode 07");
    }
    CU_ASSERT_FATAL(chmod(folder_path(&f, NULL, "sample.so"), 0644) == 0);
    CU_ASSERT(start(&f, "sample") != NULL);
    folder_end(&f);
}

static void refuses_folders_that_others_can_write(void)
{
    static const mode_t modes[] = {0775, 0757, 0777, 01777};
    struct folder f;

    folder_begin(&f);
    folder_install(&f, "sample.so", NULL, "sample.so");
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        CU_ASSERT_FATAL(chmod(f.dir, modes[i]) == 0);
        refused(&f, "sample", "/lib can be written by others than its owner");
        CU_ASSERT_FATAL(chmod(f.dir, 0755) == 0);
    }
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_FATAL(chmod(f.top, modes[i]) == 0);
        refused(&f, "sample", "can be written by others than its owner");
        CU_ASSERT_FATAL(chmod(f.top, 0700) == 0);
    }
    if (geteuid() == 0) {
        CU_ASSERT_FATAL(chmod(f.top, 01777) == 0);
        CU_ASSERT(start(&f, "sample") != NULL);
    }
    folder_end(&f);
}

static void refuses_files_and_folders_of_strangers(void)
{
    struct folder f;

    if (geteuid() != 0)
        UNIT_SKIP("needs root to give files away");
    folder_begin(&f);
    folder_install(&f, "sample.so", NULL, "sample.so");
    CU_ASSERT_FATAL(chown(folder_path(&f, NULL, "sample.so"), 54321, 0) == 0);
    refused(&f, "sample", "sample.so belongs to user id 54321");
    CU_ASSERT_FATAL(chown(folder_path(&f, NULL, "sample.so"), 0, 0) == 0);
    CU_ASSERT_FATAL(chown(f.dir, 54321, 0) == 0);
    refused(&f, "sample", "/lib belongs to user id 54321");
    CU_ASSERT_FATAL(chown(f.dir, 0, 0) == 0 && chown(f.top, 54321, 0) == 0);
    refused(&f, "sample", "belongs to user id 54321");
    CU_ASSERT_FATAL(chown(f.top, 0, 0) == 0);
    CU_ASSERT(start(&f, "sample") != NULL);
    folder_end(&f);
}

/* A link is as good as what it names and the folders on the way there. */
static void judges_a_link_by_its_target(void)
{
    char open_dir[PATH_MAX + 16];
    struct folder f;

    folder_begin(&f);
    (void)snprintf(open_dir, sizeof open_dir, "%s/open", f.top);
    CU_ASSERT_FATAL(mkdir(open_dir, 0777) == 0 && chmod(open_dir, 0777) == 0);
    folder_install(&f, "sample.so", open_dir, "sample-1.so");
    CU_ASSERT_FATAL(symlink("../open/sample-1.so", folder_path(&f, NULL, "sample.so")) == 0);
    refused(&f, "sample", "/open can be written by others than its owner");
    CU_ASSERT_FATAL(chmod(open_dir, 0755) == 0);
    CU_ASSERT(start(&f, "sample") != NULL);
    folder_end(&f);
}

/* ---- Authentication plugins ---- */

static int knows_nobody(const struct hythe_auth_call *call, hythe_account_fn emit, void *ctx)
{
    (void)call, (void)emit, (void)ctx;
    return 0;
}

static int rejects(const struct hythe_auth_call *call, const struct hythe_factor *factor)
{
    (void)call, (void)factor;
    return HYTHE_AUTH_REJECT;
}

static void an_authentication_plugin_must_offer_something_that_can_be_used(void)
{
    static const struct hythe_auth whole = {
        .size = sizeof whole, .methods = HYTHE_AUTH_PASSWORD, .lookup = knows_nobody, .check = rejects};
    const struct {
        struct hythe_auth auth;
        const char *why; /* NULL: it is well */
    } table[] = {
        {whole, NULL},
        {{.size = sizeof whole, .lookup = knows_nobody}, NULL},
        {{.size = sizeof whole, .methods = HYTHE_AUTH_PUBLICKEY, .check = rejects}, NULL},
        {{.size = sizeof whole}, "neither accounts nor"},
        {{.size = 8, .lookup = knows_nobody}, "neither accounts nor"},
        {{.size = sizeof whole, .lookup = knows_nobody, .flags = 2}, "flags 0x2"},
        {{.size = sizeof whole, .lookup = knows_nobody, .methods = HYTHE_AUTH_PASSWORD}, "without a check"},
        {{.size = sizeof whole, .lookup = knows_nobody, .check = rejects}, "without methods"},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct hythe_plugin plugin = {.abi = HYTHE_ABI,
                                            .size = sizeof plugin,
                                            .kind = HYTHE_AUTH,
                                            .threads = HYTHE_PARALLEL,
                                            .name = "doorman",
                                            .auth = &table[i].auth};
        const struct hy_instance *instance;
        struct folder f;

        folder_begin(&f);
        UNIT_ASSERT_NUMBER(hy_plugins_register(f.plugins, &plugin, &f.err), table[i].why ? -1 : 0);
        if (table[i].why) {
            CU_ASSERT(strstr(f.err.text, table[i].why) != NULL);
        } else {
            instance = hy_plugins_start(f.plugins, "doorman", HYTHE_AUTH, NULL, 0, "doorman", &f.err);
            CU_ASSERT_FATAL(instance != NULL);
            CU_ASSERT(memcmp(&instance->auth, &table[i].auth, sizeof instance->auth) == 0);
            CU_ASSERT_PTR_EQUAL(instance->host.plugin, &plugin);
        }
        folder_end(&f);
    }
}

UNIT_SUITE(object, UNIT_TEST(an_authentication_plugin_must_offer_something_that_can_be_used),
           UNIT_TEST(loads_starts_and_stops), UNIT_TEST(checks_without_starting), UNIT_TEST(refuses_the_wrong_kind),
           UNIT_TEST(refuses_what_is_no_plugin), UNIT_TEST(refuses_what_an_object_says_of_itself),
           UNIT_TEST(refuses_files_that_others_can_write), UNIT_TEST(refuses_folders_that_others_can_write),
           UNIT_TEST(refuses_files_and_folders_of_strangers), UNIT_TEST(judges_a_link_by_its_target));
