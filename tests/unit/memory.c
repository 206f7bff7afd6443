/* The memory plugin: its limits, attributes, sparse files, listings, and the life of nodes. */
#include "tests/unit/localroot.h"

UNIT_DECLARE(memory_attrs);
UNIT_DECLARE(memory_threads);

enum { R = HYTHE_OPEN_READ, W = HYTHE_OPEN_WRITE, C = HYTHE_OPEN_CREATE };

static uint64_t room(const struct world *w)
{
    struct hythe_statfs s;

    UNIT_ASSERT_NUMBER(do_statfs(w, ".", &s), 0);
    return s.bfree;
}

static uint64_t free_files(const struct world *w)
{
    struct hythe_statfs s;

    UNIT_ASSERT_NUMBER(do_statfs(w, ".", &s), 0);
    return s.ffree;
}

static void says_what_it_is(void)
{
    struct world w;

    world_open(&w, BY_KERNEL, NULL);
    UNIT_ASSERT_STRING(w.plugin->name, "memory");
    UNIT_ASSERT_NUMBER(w.plugin->kind, HYTHE_FILESYSTEM);
    UNIT_ASSERT_NUMBER(w.plugin->threads, HYTHE_PARALLEL);
    CU_ASSERT_PTR_NULL(w.plugin->ops->checksum);
    for (size_t i = 0; i < w.plugin->setting_count; i++)
        CU_ASSERT_PTR_NOT_NULL(w.plugin->settings[i].fallback);
    world_close(&w);
}

static const struct setting_value small[] = {{"size", "256K"}, {"max_files", "100"}, {NULL, NULL}};

/* What was written before the store was full stays; all of it comes back when the file goes. */
static void is_full_when_it_is_full(void)
{
    struct hythe_attrs attrs;
    char block[4096];
    struct world w;
    uint64_t before, alloc, written = 0;
    int64_t rc;
    void *file;

    world_open(&w, BY_KERNEL, small);
    before = room(&w);
    memset(block, 'x', sizeof(block));
    UNIT_ASSERT_NUMBER(do_open(&w, "f", W | C, -1, &file), 0);
    while ((rc = do_write(&w, file, block, sizeof(block), written)) == sizeof(block))
        written += sizeof(block);
    UNIT_ASSERT_NUMBER(rc, -ENOSPC);
    CU_ASSERT(written >= 200 << 10 && written <= 256 << 10);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "f", 0, &attrs), 0);
    UNIT_ASSERT_NUMBER(attrs.size, written);
    UNIT_ASSERT_NUMBER(do_write(&w, file, block, sizeof(block), 0), sizeof(block)); /* takes no more room */
    UNIT_ASSERT_NUMBER(do_getattr(&w, "f", 0, &attrs), 0);
    alloc = attrs.alloc;
    for (uint64_t far = 1 << 20; far < (uint64_t)1 << 60; far <<= 1) /* what a failed write began is taken back */
        UNIT_ASSERT_NUMBER(do_write(&w, file, block, sizeof(block), far), -ENOSPC);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "f", 0, &attrs), 0);
    UNIT_ASSERT_NUMBER(attrs.size, written);
    UNIT_ASSERT_NUMBER(attrs.alloc, alloc);
    UNIT_ASSERT_NUMBER(do_unlink(&w, "f"), 0);
    CU_ASSERT(room(&w) < before); /* it is still open */
    UNIT_ASSERT_NUMBER(do_close(&w, file), 0);
    UNIT_ASSERT_NUMBER(room(&w), before);
    world_close(&w);
}

/* Room that an empty file was given comes back with it. */
static void takes_room_back(void)
{
    struct hythe_attrs a = {.struct_size = sizeof(a), .valid = HYTHE_ATTR_ALLOC, .alloc = 8192};
    struct world w;
    uint64_t before;
    void *file;

    world_open(&w, BY_KERNEL, small);
    before = room(&w);
    UNIT_ASSERT_NUMBER(do_open(&w, "f", W | C, -1, &file), 0);
    UNIT_ASSERT_NUMBER(do_close(&w, file), 0);
    UNIT_ASSERT_NUMBER(do_setattr(&w, "f", 0, &a), 0);
    CU_ASSERT(room(&w) < before);
    UNIT_ASSERT_NUMBER(do_unlink(&w, "f"), 0);
    UNIT_ASSERT_NUMBER(room(&w), before);
    world_close(&w);
}

/* Names, targets and attributes take room too. */
static void counts_what_has_no_content(void)
{
    char name[256], target[4000];
    struct world w;
    unsigned links = 0;
    uint64_t before;

    world_open(&w, BY_KERNEL, small);
    before = room(&w);
    memset(name, 'n', 252);
    memset(target, 't', sizeof(target));
    target[sizeof(target) - 1] = '\0';
    for (;;) {
        snprintf(name + 252, 4, "%03u", links % 1000);
        if (do_symlink(&w, name, target) < 0)
            break;
        links++;
    }
    CU_ASSERT(links > 40 && links < 64);
    UNIT_ASSERT_NUMBER(do_symlink(&w, name, target), -ENOSPC);
    while (links-- > 0) {
        snprintf(name + 252, 4, "%03u", links % 1000);
        UNIT_ASSERT_NUMBER(do_unlink(&w, name), 0);
    }
    UNIT_ASSERT_NUMBER(room(&w), before);
    world_close(&w);
}

static void limits_the_number_of_files(void)
{
    struct world w;
    char name[16];
    uint64_t before;
    void *file;

    world_open(&w, BY_KERNEL, small);
    before = free_files(&w);
    UNIT_ASSERT_NUMBER(before, 99); /* the root is one */
    for (uint64_t i = 0; i < before; i++) {
        snprintf(name, sizeof(name), "%d", (int)i);
        UNIT_ASSERT_NUMBER(do_symlink(&w, name, "x"), 0);
    }
    UNIT_ASSERT_NUMBER(do_mkdir(&w, "d", -1), -ENOSPC);
    UNIT_ASSERT_NUMBER(do_symlink(&w, "s", "x"), -ENOSPC);
    UNIT_ASSERT_NUMBER(do_open(&w, "f", W | C, -1, &file), -ENOSPC);
    UNIT_ASSERT_NUMBER(do_link(&w, "0", "other"), 0); /* no new file */
    UNIT_ASSERT_NUMBER(do_unlink(&w, "0"), 0);
    UNIT_ASSERT_NUMBER(do_mkdir(&w, "d", -1), -ENOSPC);
    UNIT_ASSERT_NUMBER(do_unlink(&w, "other"), 0);
    UNIT_ASSERT_NUMBER(do_mkdir(&w, "d", -1), 0);
    world_close(&w);
}

/* Nothing is allocated where nothing was written, however large the file is. */
BOTH(keeps_holes_as_holes)
{
    const uint64_t far = INT64_MAX - 10;
    struct hythe_attrs a = {.struct_size = sizeof(a), .valid = HYTHE_ATTR_SIZE}, now;
    uint64_t before = room(w);
    char buf[16];
    void *file, *to;

    UNIT_ASSERT_NUMBER(do_open(w, "f", R | W | C, -1, &file), 0);
    a.size = INT64_MAX;
    UNIT_ASSERT_NUMBER(do_fsetattr(w, file, &a), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    UNIT_ASSERT_NUMBER(now.alloc, 0);
    UNIT_ASSERT_NUMBER(do_write(w, file, "start", 5, 0), 5);
    UNIT_ASSERT_NUMBER(do_write(w, file, "end", 3, far), 3);
    CU_ASSERT(before - room(w) < 10);
    UNIT_ASSERT_NUMBER(do_read(w, file, buf, 3, far), 3);
    CU_ASSERT(memcmp(buf, "end", 3) == 0);
    UNIT_ASSERT_NUMBER(do_read(w, file, buf, 8, 1ull << 40), 8);
    CU_ASSERT(memcmp(buf, "\0\0\0\0\0\0\0\0", 8) == 0);
    UNIT_ASSERT_NUMBER(do_read(w, file, buf, 16, INT64_MAX - 4), 4);
    UNIT_ASSERT_NUMBER(do_open(w, "to", R | W | C, -1, &to), 0);
    UNIT_ASSERT_NUMBER(do_write(w, to, "123456789", 9, 0), 9);
    UNIT_ASSERT_NUMBER(do_copy(w, file, far - 5, 8, to, 0), 8); /* a hole clears what is there */
    UNIT_ASSERT_NUMBER(do_read(w, to, buf, sizeof(buf), 0), 9);
    CU_ASSERT(memcmp(buf, "\0\0\0\0\0end9", 9) == 0);
    UNIT_ASSERT_NUMBER(do_copy(w, file, 1ull << 40, 2, to, 5), 2);
    UNIT_ASSERT_NUMBER(do_read(w, to, buf, sizeof(buf), 0), 9);
    CU_ASSERT(memcmp(buf, "\0\0\0\0\0\0\0d9", 9) == 0);
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
    UNIT_ASSERT_NUMBER(do_close(w, to), 0);
    UNIT_ASSERT_NUMBER(do_unlink(w, "f"), 0);
    UNIT_ASSERT_NUMBER(do_unlink(w, "to"), 0);
    UNIT_ASSERT_NUMBER(room(w), before);
}

/* What a cut took away is zeros when the file grows again. */
BOTH(forgets_what_was_cut_off)
{
    struct hythe_attrs a = {.struct_size = sizeof(a), .valid = HYTHE_ATTR_SIZE};
    static const uint64_t sizes[] = {1, 4095, 4096, 4097, 262144, 262145, 300000};
    char buf[64], zero[64] = "";
    void *file;

    UNIT_ASSERT_NUMBER(do_open(w, "f", R | W | C, -1, &file), 0);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (uint64_t at = 0; at < 600000; at += 64)
            UNIT_ASSERT_NUMBER(do_write(w, file, memset(buf, 'x', sizeof(buf)), sizeof(buf), at), 64);
        a.size = sizes[i];
        UNIT_ASSERT_NUMBER(do_fsetattr(w, file, &a), 0);
        a.size = 600000;
        UNIT_ASSERT_NUMBER(do_fsetattr(w, file, &a), 0);
        for (uint64_t at = sizes[i]; at + 64 <= 600000; at += 64) {
            UNIT_ASSERT_NUMBER(do_read(w, file, buf, sizeof(buf), at), 64);
            if (memcmp(buf, zero, sizeof(buf)) != 0) {
                CU_FAIL("old bytes came back");
                break;
            }
        }
        UNIT_ASSERT_NUMBER(do_read(w, file, buf, 1, sizes[i] - 1), 1);
        CU_ASSERT(buf[0] == 'x');
    }
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
}

static int64_t copyfile(const struct world *w, const char *from, const char *to, uint32_t flags)
{
    struct hythe_copyfile_arg arg = {sizeof(arg), from, to, flags};
    struct hythe_call call = world_call(w, NULL);

    return w->plugin->ops->copyfile(&call, &arg);
}

BOTH(copies_files_whole)
{
    struct hythe_attrs a;
    void *file;

    put_file(w->root, "f", "content");
    put_mode(w->root, "f", 0640);
    put_file(w->root, "old", "old");
    put_folder(w->root, "d");
    put_link(w->root, "link", "f");
    UNIT_ASSERT_NUMBER(copyfile(w, "f", "d/g", 0), 0);
    UNIT_ASSERT_STRING(file_text(w->root, "d/g"), "content");
    UNIT_ASSERT_NUMBER(file_mode(w->root, "d/g"), 0640);
    UNIT_ASSERT_NUMBER(copyfile(w, "f", "old", 0), -EEXIST);
    UNIT_ASSERT_STRING(file_text(w->root, "old"), "old");
    UNIT_ASSERT_NUMBER(do_open(w, "old", R, -1, &file), 0);
    UNIT_ASSERT_NUMBER(copyfile(w, "link", "old", HYTHE_COPY_REPLACE), 0);
    UNIT_ASSERT_STRING(file_text(w->root, "old"), "content");
    UNIT_ASSERT_NUMBER(do_fsetattr(w, file, &(struct hythe_attrs){.valid = 0}), 0);
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &a), 0);
    UNIT_ASSERT_NUMBER(a.nlink, 1);
    UNIT_ASSERT_NUMBER(copyfile(w, "f", "f", HYTHE_COPY_REPLACE), -EINVAL);
    UNIT_ASSERT_NUMBER(copyfile(w, "f", "d", HYTHE_COPY_REPLACE), -EISDIR);
    UNIT_ASSERT_NUMBER(copyfile(w, "d", "e", 0), -EISDIR);
    UNIT_ASSERT_NUMBER(copyfile(w, "none", "e", 0), -ENOENT);
    UNIT_ASSERT_NUMBER(copyfile(w, "f", "none/e", 0), -ENOENT);
}

struct listing {
    unsigned room;
    char names[64][16];
    unsigned count;
};

static int receive(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    struct listing *l = ctx;

    (void)attrs;
    if (l->room == 0)
        return -ENOBUFS;
    l->room--;
    snprintf(l->names[l->count++ % 64], 16, "%s", name);
    return 0;
}

static unsigned times_listed(const struct listing *l, const char *name)
{
    unsigned n = 0;

    for (unsigned i = 0; i < l->count; i++)
        n += strcmp(l->names[i], name) == 0;
    return n;
}

/* Half of a listing, then the folder changes under it: what stays comes once, what is new doesn't, and a name that is
 * made again isn't told twice. */
BOTH(lists_a_folder_that_changes)
{
    struct listing l = {.room = 5};
    char name[16];
    void *dir;

    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof(name), "%d", i);
        put_file(w->root, name, "");
    }
    UNIT_ASSERT_NUMBER(do_opendir(w, ".", &dir), 0);
    UNIT_ASSERT_NUMBER(do_readdir(w, dir, 0, receive, &l), 5);
    UNIT_ASSERT_NUMBER(do_unlink(w, "5"), 0); /* the listing stands here */
    UNIT_ASSERT_NUMBER(do_unlink(w, "0"), 0);
    put_file(w->root, "0", ""); /* told already */
    put_file(w->root, "new", "");
    UNIT_ASSERT_NUMBER(do_rename(w, "6", "six", 0), 0);
    UNIT_ASSERT_NUMBER(do_rename(w, "7", "8", HYTHE_RENAME_REPLACE), 0);
    UNIT_ASSERT_NUMBER(do_rename(w, "1", "2", HYTHE_RENAME_REPLACE), 0);
    l.room = 50;
    UNIT_ASSERT_NUMBER(do_readdir(w, dir, 0, receive, &l), 3);
    UNIT_ASSERT_NUMBER(do_readdir(w, dir, 0, receive, &l), 0);
    UNIT_ASSERT_NUMBER(times_listed(&l, "0"), 1);
    UNIT_ASSERT_NUMBER(times_listed(&l, "5"), 0);
    UNIT_ASSERT_NUMBER(times_listed(&l, "six") + times_listed(&l, "6"), 1);
    UNIT_ASSERT_NUMBER(times_listed(&l, "7"), 0);
    UNIT_ASSERT_NUMBER(times_listed(&l, "8"), 1);
    UNIT_ASSERT_NUMBER(times_listed(&l, "9"), 1);
    UNIT_ASSERT_NUMBER(times_listed(&l, "2"), 1);
    UNIT_ASSERT_NUMBER(times_listed(&l, "new"), 0);
    UNIT_ASSERT_NUMBER(do_close(w, dir), 0);
}

/* A session's base that somebody else removes is an empty folder, and nothing can be made in it. */
BOTH(outlives_its_base)
{
    struct listing l = {.room = 5};
    struct hythe_attrs a;
    struct world other = *w;
    void *file;

    put_folder(w->root, "home");
    world_detach(w);
    UNIT_ASSERT_NUMBER(world_attach(w, "home", 0), 0);
    UNIT_ASSERT_NUMBER(do_mkdir(w, "d", -1), 0);
    UNIT_ASSERT_NUMBER(do_rmdir(w, "d"), 0);
    world_detach(w);
    UNIT_ASSERT_NUMBER(world_attach(w, ".", 0), 0);
    UNIT_ASSERT_NUMBER(do_opendir(w, "home", &file), 0);
    UNIT_ASSERT_NUMBER(world_attach(&other, "home", 0), 0);
    UNIT_ASSERT_NUMBER(do_rmdir(w, "home"), 0);
    UNIT_ASSERT_NUMBER(do_readdir(w, file, 0, receive, &l), 0);
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
    UNIT_ASSERT_NUMBER(do_mkdir(&other, "d", -1), -ENOENT);
    UNIT_ASSERT_NUMBER(do_getattr(&other, ".", 0, &a), 0);
    world_detach(&other);
    put_folder(w->root, "gone");
    put_file(w->root, "f", "");
    world_detach(w);
    UNIT_ASSERT_NUMBER(world_attach(w, "gone", 0), 0);
    put_rename(w->root, "gone", "moved");
    UNIT_ASSERT_NUMBER(do_symlink(w, "still", "x"), 0);
    UNIT_ASSERT_NUMBER(do_unlink(w, "still"), 0);
    put_folder(w->root, "empty");
    put_rename(w->root, "empty", "moved"); /* replaces, and so removes it */
    UNIT_ASSERT_NUMBER(do_getattr(w, ".", 0, &a), 0);
    UNIT_ASSERT_NUMBER(do_mkdir(w, "d", -1), -ENOENT);
    UNIT_ASSERT_NUMBER(do_symlink(w, "d", "x"), -ENOENT);
    UNIT_ASSERT_NUMBER(do_open(w, "d", W | C, -1, &file), -ENOENT);
    UNIT_ASSERT_NUMBER(do_getattr(w, "..", 0, &a), 0);
}

/* A tree far deeper than any path can name goes without recursion. */
static void ends_with_a_deep_tree(void)
{
    static const struct setting_value values[] = {{"size", "64M"}, {NULL, NULL}};
    char path[PATH_MAX], top[16];
    struct world w;

    world_open(&w, BY_KERNEL, values);
    UNIT_ASSERT_NUMBER(do_mkdir(&w, "t0", -1), 0);
    for (int i = 1; i <= 10; i++) {
        snprintf(top, sizeof(top), "t%d", i);
        snprintf(path, sizeof(path), "t%d", i);
        UNIT_ASSERT_NUMBER(do_mkdir(&w, path, -1), 0);
        for (int k = 0; k < 2000; k++) {
            strcat(path, "/d");
            if (do_mkdir(&w, path, -1) != 0)
                break;
        }
        strcpy(strrchr(path, '/'), "/x");
        snprintf(top, sizeof(top), "t%d", i - 1);
        UNIT_ASSERT_NUMBER(do_rename(&w, top, path, 0), 0);
    }
    world_close(&w);
}

/* Two instances are two stores. */
static void is_a_store_of_its_own(void)
{
    struct world w[2];
    struct hythe_statfs s[2];

    for (size_t i = 0; i < 2; i++) {
        world_open(&w[i], BY_KERNEL, NULL);
        UNIT_ASSERT_NUMBER(do_statfs(&w[i], ".", &s[i]), 0);
        world_detach(&w[i]);
        UNIT_ASSERT_NUMBER(world_attach(&w[i], ".", 0), 0);
        world_close(&w[i]);
    }
    CU_ASSERT(s[0].fsid != s[1].fsid);
}

UNIT_SUITE(memory, UNIT_TEST(says_what_it_is), UNIT_TEST(is_full_when_it_is_full), UNIT_TEST(takes_room_back),
           UNIT_TEST(counts_what_has_no_content), UNIT_TEST(limits_the_number_of_files),
           UNIT_BOTH(keeps_holes_as_holes), UNIT_BOTH(forgets_what_was_cut_off), UNIT_BOTH(copies_files_whole),
           UNIT_BOTH(lists_a_folder_that_changes), UNIT_BOTH(outlives_its_base), UNIT_TEST(ends_with_a_deep_tree),
           UNIT_TEST(is_a_store_of_its_own));

UNIT_MAIN("unit-memory", &unit_memory, &unit_memory_attrs, &unit_memory_threads, WORLD_SUITES)
