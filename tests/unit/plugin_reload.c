/* One generation of plugins after the other: what is taken over, what is loaded anew, and when the old one ends. */
#include "core/plugin/wanted.h"
#include "tests/unit/plugin_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct hy_instance *start_at(struct hy_plugins *plugins, struct hy_err *err, const char *root,
                                          const char *label)
{
    const struct hy_option option = {.name = "root", .type = HY_VALUE_STRING, .text = root};

    err->text[0] = '\0';
    return hy_plugins_start(plugins, "sample", HYTHE_FILESYSTEM, &option, 1, label, err);
}

static const struct hy_instance *start(struct folder *f, struct hy_plugins *plugins)
{
    return start_at(plugins, &f->err, "/srv", "it");
}

static struct hy_plugins *next(const struct folder *f)
{
    struct hy_plugins *plugins = hy_plugins_next(f->plugins, f->dir);

    CU_ASSERT_FATAL(plugins != NULL);
    return plugins;
}

/* The one before is given up, as by the last of its sessions. */
static void replace(struct folder *f, struct hy_plugins *plugins)
{
    hy_plugins_free(f->plugins);
    f->plugins = plugins;
}

/* The version that an instance's code answers with. */
static unsigned version_of(const struct hy_instance *instance)
{
    struct hythe_attrs attrs = {.struct_size = sizeof attrs};
    struct hythe_getattr_arg arg = {.size = sizeof arg, .path = ".", .attrs = &attrs};
    const struct hythe_call call = {.size = sizeof call, .host = &instance->host, .instance = instance->self};

    return instance->ops.getattr(&call, &arg) == 0 ? (unsigned)attrs.size : 0;
}

/* Pieces of copies of the sample that are mapped now. */
static unsigned mapped(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[PATH_MAX + 128];
    unsigned n = 0;

    CU_ASSERT_FATAL(maps != NULL);
    while (fgets(line, sizeof line, maps))
        n += strstr(line, "memfd:sample.so") != NULL;
    (void)fclose(maps);
    return n;
}

/* ---- What stays ---- */

static void what_has_not_changed_is_kept(void)
{
    const struct hy_instance *one, *two;
    struct hy_plugins *second;
    struct folder f;

    folder_begin(&f);
    folder_install(&f, "sample.so", NULL, "sample.so");
    one = start_at(f.plugins, &f.err, "/srv", "it");
    two = start_at(f.plugins, &f.err, "/srv", "it");
    CU_ASSERT_FATAL(one && two && one != two);
    second = next(&f);
    CU_ASSERT(start(&f, second) == one);
    CU_ASSERT(start(&f, second) == two); /* wanted twice, so there are two again */
    CU_ASSERT(start(&f, second) != NULL);
    UNIT_ASSERT_STRING(f.lines, "it: starts with /srv\nit: starts with /srv\nit: starts with /srv\n");
    f.lines[0] = '\0';
    replace(&f, second);
    UNIT_ASSERT_STRING(f.lines, "");
    UNIT_ASSERT_NUMBER(version_of(one), 1);
    replace(&f, next(&f));
    UNIT_ASSERT_STRING(f.lines, "it: stops with /srv\nit: stops with /srv\nit: stops with /srv\n");
    folder_end(&f);
}

static void what_has_changed_is_started_before_the_old_one_ends(void)
{
    const struct hy_instance *moved, *named;
    struct hy_plugins *second;
    struct folder f;

    folder_begin(&f);
    folder_install(&f, "sample.so", NULL, "sample.so");
    CU_ASSERT_FATAL(start(&f, f.plugins) != NULL);
    second = next(&f);
    moved = start_at(second, &f.err, "/else", "it");
    named = start_at(second, &f.err, "/srv", "that");
    CU_ASSERT_FATAL(moved && named);
    UNIT_ASSERT_STRING(f.lines, "it: starts with /srv\nit: starts with /else\nthat: starts with /srv\n");
    f.lines[0] = '\0';
    replace(&f, second);
    UNIT_ASSERT_STRING(f.lines, "it: stops with /srv\n");
    folder_end(&f);
}

static void a_plugin_from_memory_stays_known(void)
{
    static const struct hythe_ops ops = {.size = sizeof ops};
    static const struct hythe_plugin plugin = {.abi = HYTHE_ABI,
                                               .size = sizeof plugin,
                                               .kind = HYTHE_FILESYSTEM,
                                               .threads = HYTHE_PARALLEL,
                                               .name = "inner",
                                               .ops = &ops};
    const struct hy_instance *one;
    struct folder f;

    folder_begin(&f);
    CU_ASSERT_FATAL(hy_plugins_register(f.plugins, &plugin, &f.err) == 0);
    one = hy_plugins_start(f.plugins, "inner", HYTHE_FILESYSTEM, NULL, 0, "it", &f.err);
    for (int i = 0; i < 3; i++) {
        struct hy_plugins *second = next(&f);

        CU_ASSERT(hy_plugins_start(second, "inner", HYTHE_FILESYSTEM, NULL, 0, "it", &f.err) == one);
        replace(&f, second);
    }
    folder_end(&f);
}

/* ---- Another file of the same name ---- */

/* The new version arrives while the old one is in use; both answer, each with its own code. */
static void serves_both_versions(void (*change)(const struct folder *f))
{
    const struct hy_instance *old, *new;
    struct hy_plugins *second;
    struct folder f;

    folder_begin(&f);
    folder_install(&f, "sample.so", NULL, "sample.so");
    old = start(&f, f.plugins);
    CU_ASSERT_FATAL(old != NULL);
    change(&f);
    UNIT_ASSERT_NUMBER(version_of(old), 1);
    second = next(&f);
    new = start(&f, second);
    CU_ASSERT_FATAL(new != NULL &&new != old);
    UNIT_ASSERT_NUMBER(version_of(old), 1);
    UNIT_ASSERT_NUMBER(version_of(new), 2);
    UNIT_ASSERT_STRING(old->plugin.version, "1");
    UNIT_ASSERT_STRING(new->plugin.version, "2");
    replace(&f, second);
    UNIT_ASSERT_NUMBER(version_of(new), 2);
    folder_install(&f, "sample.so", NULL, "sample.so"); /* and back again */
    second = next(&f);
    old = start(&f, second);
    CU_ASSERT_FATAL(old != NULL);
    UNIT_ASSERT_NUMBER(version_of(old), 1);
    UNIT_ASSERT_NUMBER(version_of(new), 2);
    replace(&f, second);
    folder_end(&f);
    UNIT_ASSERT_NUMBER(mapped(), 0);
}

static void overwrite(const struct folder *f)
{
    folder_install(f, "sample-2.so", NULL, "sample.so");
}

/* Size and time don't tell it: the content does. */
static void overwrite_secretly(const struct folder *f)
{
    struct stat before, after;
    struct timespec times[2];

    CU_ASSERT_FATAL(stat(folder_path(f, NULL, "sample.so"), &before) == 0);
    overwrite(f);
    times[0] = before.st_atim;
    times[1] = before.st_mtim;
    CU_ASSERT_FATAL(utimensat(AT_FDCWD, folder_path(f, NULL, "sample.so"), times, 0) == 0);
    CU_ASSERT_FATAL(stat(folder_path(f, NULL, "sample.so"), &after) == 0);
    CU_ASSERT(after.st_ino == before.st_ino && after.st_size == before.st_size);
    CU_ASSERT(after.st_mtim.tv_sec == before.st_mtim.tv_sec && after.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
}

static void rename_over(const struct folder *f)
{
    folder_install(f, "sample-2.so", NULL, "new");
    CU_ASSERT_FATAL(rename(folder_path(f, NULL, "new"), folder_path(f, NULL, "sample.so")) == 0);
}

static void overwriting_the_file_brings_the_new_version(void)
{
    serves_both_versions(overwrite);
}

static void overwriting_it_secretly_does_too(void)
{
    serves_both_versions(overwrite_secretly);
}

static void renaming_over_the_file_brings_the_new_version(void)
{
    serves_both_versions(rename_over);
}

static void the_same_content_is_the_same_code(void)
{
    const struct hy_instance *old;
    struct hy_plugins *second;
    struct folder f;

    folder_begin(&f);
    folder_install(&f, "sample.so", NULL, "sample.so");
    old = start(&f, f.plugins);
    folder_install(&f, "sample.so", NULL, "new");
    CU_ASSERT_FATAL(rename(folder_path(&f, NULL, "new"), folder_path(&f, NULL, "sample.so")) == 0);
    second = next(&f);
    CU_ASSERT(start(&f, second) == old);
    replace(&f, second);
    folder_end(&f);
}

/* As with symbols that are unique in the process: the code stays when nobody uses it any more, and must not be taken
 * for the next one's. The last test, since others count what is mapped. */
static void code_that_stays_does_not_come_back(void)
{
    const struct hy_instance *instance;
    struct folder f;

    folder_begin(&f);
    folder_install(&f, "sample-stays.so", NULL, "sample.so");
    instance = start(&f, f.plugins);
    CU_ASSERT_FATAL(instance != NULL);
    UNIT_ASSERT_NUMBER(version_of(instance), 1);
    for (unsigned i = 1; i <= 4; i++) {
        hy_plugins_free(f.plugins); /* unlike a reload, closes the old one before it opens the new one */
        f.plugins = hy_plugins_new(f.dir, &f.log);
        folder_install(&f, i % 2 ? "sample-2.so" : "sample-stays.so", NULL, "sample.so");
        instance = start(&f, f.plugins);
        CU_ASSERT_FATAL(instance != NULL);
        UNIT_ASSERT_NUMBER(version_of(instance), i % 2 ? 2 : 1);
    }
    folder_end(&f);
}

/* ---- What must not come ---- */

/* The old one serves on, whatever stands where its file was. */
static void serves_on(void (*spoil)(const struct folder *f), const char *why)
{
    const struct hy_instance *old;
    struct hy_plugins *second;
    struct folder f;

    folder_begin(&f);
    folder_install(&f, "sample.so", NULL, "sample.so");
    old = start(&f, f.plugins);
    CU_ASSERT_FATAL(old != NULL);
    spoil(&f);
    second = next(&f);
    CU_ASSERT(start(&f, second) == NULL);
    if (!strstr(f.err.text, why))
        printf("  got \"%s\", wanted \"%s\" in it\n", f.err.text, why);
    CU_ASSERT(strstr(f.err.text, why) != NULL);
    hy_plugins_free(second);
    UNIT_ASSERT_NUMBER(version_of(old), 1);
    UNIT_ASSERT_STRING(f.lines, "it: starts with /srv\n");
    folder_end(&f);
    UNIT_ASSERT_STRING(f.lines, "it: starts with /srv\nit: stops with /srv\n");
}

static void cut_in_half(const struct folder *f)
{
    struct stat st;

    overwrite(f);
    CU_ASSERT_FATAL(stat(folder_path(f, NULL, "sample.so"), &st) == 0);
    CU_ASSERT_FATAL(truncate(folder_path(f, NULL, "sample.so"), st.st_size / 2) == 0);
}

static void cut_at_the_end(const struct folder *f)
{
    struct stat st;

    overwrite(f);
    CU_ASSERT_FATAL(stat(folder_path(f, NULL, "sample.so"), &st) == 0);
    CU_ASSERT_FATAL(truncate(folder_path(f, NULL, "sample.so"), st.st_size - 1) == 0);
}

static void empty(const struct folder *f)
{
    folder_write(folder_path(f, NULL, "sample.so"), "", 0);
}

static void fill_with_zeros(const struct folder *f)
{
    static const char zeros[1 << 16];

    folder_write(folder_path(f, NULL, "sample.so"), zeros, sizeof zeros);
}

static void take_away(const struct folder *f)
{
    CU_ASSERT_FATAL(unlink(folder_path(f, NULL, "sample.so")) == 0);
}

static void open_to_all(const struct folder *f)
{
    CU_ASSERT_FATAL(chmod(folder_path(f, NULL, "sample.so"), 0777) == 0);
}

static void a_file_that_cannot_be_loaded_changes_nothing(void)
{
    serves_on(cut_in_half, "sample.so can't be loaded: its end is missing");
    serves_on(cut_at_the_end, "sample.so can't be loaded: its end is missing");
    serves_on(empty, "sample.so is not a shared object");
    serves_on(fill_with_zeros, "sample.so is not a shared object");
    serves_on(take_away, "there is no ");
    serves_on(open_to_all, "sample.so can be written by others");
}

/* Of a generation that is given up, only what it had started itself ends. */
static void a_failing_start_changes_nothing(void)
{
    const struct hy_instance *old;
    struct hy_plugins *second;
    struct folder f;

    folder_begin(&f);
    folder_install(&f, "sample.so", NULL, "sample.so");
    old = start(&f, f.plugins);
    overwrite(&f);
    second = next(&f);
    CU_ASSERT(start_at(second, &f.err, "/new", "new") != NULL);
    CU_ASSERT(start_at(second, &f.err, "/nowhere", "bad") == NULL);
    UNIT_ASSERT_STRING(f.err.text, "bad: it can't be started: No such file or directory");
    f.lines[0] = '\0';
    hy_plugins_free(second);
    UNIT_ASSERT_STRING(f.lines, "new: stops with /new\n");
    UNIT_ASSERT_NUMBER(version_of(old), 1);
    folder_end(&f);
}

static void many_rounds_leave_nothing_behind(void)
{
    struct folder f;
    unsigned descriptors, pieces;

    folder_begin(&f);
    folder_install(&f, "sample.so", NULL, "sample.so");
    CU_ASSERT_FATAL(start(&f, f.plugins) != NULL);
    descriptors = unit_descriptors();
    pieces = mapped();
    CU_ASSERT(pieces > 0);
    for (int i = 0; i < 50; i++) {
        struct hy_plugins *second;

        f.lines[0] = '\0';
        folder_install(&f, i % 2 ? "sample.so" : "sample-2.so", NULL, "sample.so");
        second = next(&f);
        CU_ASSERT_FATAL(start(&f, second) != NULL);
        replace(&f, second);
        UNIT_ASSERT_STRING(f.lines, "it: starts with /srv\nit: stops with /srv\n");
    }
    UNIT_ASSERT_NUMBER(unit_descriptors(), descriptors);
    UNIT_ASSERT_NUMBER(mapped(), pieces);
    folder_end(&f);
    UNIT_ASSERT_NUMBER(mapped(), 0);
}

/* ---- What counts as the same ---- */

#define TEXT(n, t) \
    { \
        .name = (n), .type = HY_VALUE_STRING, .text = (t) \
    }
#define NUMBER(n, v) \
    { \
        .name = (n), .type = HY_VALUE_INT, .number = (v) \
    }

static void every_difference_counts_but_the_order(void)
{
    static const char *const ab[] = {"a", "b", NULL}, *const a_b[] = {"ab", NULL};
    static const struct {
        const char *label;
        struct hy_option options[2];
        size_t count;
    } rows[] = {
        {"it", {TEXT("a", "x"), NUMBER("b", 1)}, 2},
        {"it2", {TEXT("a", "x"), NUMBER("b", 1)}, 2},
        {"it", {TEXT("a", "y"), NUMBER("b", 1)}, 2},
        {"it", {TEXT("a", "x"), NUMBER("b", 2)}, 2},
        {"it", {TEXT("a", "x"), TEXT("b", "1")}, 2},
        {"it", {TEXT("a", "x"), {.name = "b", .type = HY_VALUE_BOOL, .number = 1}}, 2},
        {"it", {TEXT("a", "x"), NUMBER("c", 1)}, 2},
        {"it", {TEXT("a", "x")}, 1},
        {"it", {TEXT("a", "")}, 1},
        {"it", {{.name = "a", .type = HY_VALUE_LIST, .list = ab}}, 1},
        {"it", {{.name = "a", .type = HY_VALUE_LIST, .list = a_b}}, 1},
        {"it", {{.name = "a", .type = HY_VALUE_LIST, .list = ab + 2}}, 1},
        {"it", {{0}}, 0},
        {"ita", {{0}}, 0},
    };
    const struct hy_option turned[] = {NUMBER("b", 1), TEXT("a", "x")};
    struct hy_digest digests[sizeof rows / sizeof *rows], again;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CU_ASSERT_FATAL(hy_wanted(rows[i].label, rows[i].options, rows[i].count, &digests[i]) == 0);
        for (size_t k = 0; k < i; k++)
            CU_ASSERT(!hy_digest_same(&digests[i], &digests[k]));
    }
    CU_ASSERT_FATAL(hy_wanted("it", turned, 2, &again) == 0);
    CU_ASSERT(hy_digest_same(&again, &digests[0]));
}

UNIT_SUITE(reload, UNIT_TEST(what_has_not_changed_is_kept),
           UNIT_TEST(what_has_changed_is_started_before_the_old_one_ends), UNIT_TEST(a_plugin_from_memory_stays_known),
           UNIT_TEST(overwriting_the_file_brings_the_new_version), UNIT_TEST(overwriting_it_secretly_does_too),
           UNIT_TEST(renaming_over_the_file_brings_the_new_version), UNIT_TEST(the_same_content_is_the_same_code),
           UNIT_TEST(a_file_that_cannot_be_loaded_changes_nothing), UNIT_TEST(a_failing_start_changes_nothing),
           UNIT_TEST(many_rounds_leave_nothing_behind), UNIT_TEST(every_difference_counts_but_the_order),
           UNIT_TEST(code_that_stays_does_not_come_back));
