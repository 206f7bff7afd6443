/* The local-root plugin: what it is and where it starts. What it does is in the other files, which run over other
 * filesystem plugins too. */
#include "tests/unit/localroot.h"

static void says_what_it_is(void)
{
    struct world w;

    world_open(&w, BY_KERNEL, NULL);
    UNIT_ASSERT_STRING(w.plugin->name, "local-root");
    UNIT_ASSERT_NUMBER(w.plugin->abi, HYTHE_ABI);
    UNIT_ASSERT_NUMBER(w.plugin->size, sizeof(struct hythe_plugin));
    UNIT_ASSERT_NUMBER(w.plugin->kind, HYTHE_FILESYSTEM);
    UNIT_ASSERT_NUMBER(w.plugin->threads, HYTHE_PARALLEL);
    UNIT_ASSERT_NUMBER(w.plugin->flags & HYTHE_SLOW, 0);
    UNIT_ASSERT_NUMBER(w.plugin->ops->size, sizeof(struct hythe_ops));
    CU_ASSERT_PTR_NULL(w.plugin->ops->any);
    for (size_t i = 0; i < w.plugin->setting_count; i++)
        CU_ASSERT((w.plugin->settings[i].fallback == NULL) == (strcmp(w.plugin->settings[i].name, "root") == 0));
    world_close(&w);
}

static void refuses_a_bad_root(void)
{
    struct world w;
    char path[128];

    world_prepare(&w, BY_KERNEL);
    snprintf(path, sizeof(path), "%s/missing", w.dir);
    UNIT_ASSERT_NUMBER(world_start(&w, path, NULL), -ENOENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(w.log, path));
    CU_ASSERT_PTR_NOT_NULL(strstr(w.log, "No such file"));
    snprintf(path, sizeof(path), "%s/outside/secret", w.dir);
    UNIT_ASSERT_NUMBER(world_start(&w, path, NULL), -ENOTDIR);
    CU_ASSERT_PTR_NOT_NULL(strstr(w.log, "Not a directory"));
    world_close(&w);
}

/* What copy_file_range can't do is read and written: here a file of /proc, into one of another file system. */
static void copies_by_hand(void)
{
    struct world w;
    char path[256], text[64];
    void *from, *to;

    world_prepare(&w, BY_KERNEL);
    UNIT_ASSERT_NUMBER(world_start(&w, "/", NULL), 0);
    UNIT_ASSERT_NUMBER(world_attach(&w, ".", 0), 0);
    if (read_text(&w, "proc/version", text) <= 0) {
        world_close(&w);
        UNIT_SKIP("no /proc");
    }
    snprintf(path, sizeof(path), "%.100s/root/copy", w.dir + 1);
    UNIT_ASSERT_NUMBER(do_open(&w, "proc/version", HYTHE_OPEN_READ, -1, &from), 0);
    UNIT_ASSERT_NUMBER(do_open(&w, path, HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, -1, &to), 0);
    UNIT_ASSERT_NUMBER(do_copy(&w, from, 0, 40, to, 0), 40);
    text[40] = '\0';
    UNIT_ASSERT_STRING(file_text(w.root, "copy"), text);
    UNIT_ASSERT_NUMBER(do_close(&w, from), 0);
    UNIT_ASSERT_NUMBER(do_close(&w, to), 0);
    world_close(&w);
}

UNIT_SUITE(localroot, UNIT_TEST(says_what_it_is), UNIT_TEST(refuses_a_bad_root), UNIT_TEST(copies_by_hand));

UNIT_MAIN("unit-localroot", &unit_localroot, WORLD_SUITES, WORLD_DISK_SUITES)
