/* Sums and copies of whole files: by the store where it may, else through the core. */
#include "core/vfs/copyfile.h"
#include "core/vfs/sums.h"
#include "tests/unit/vfs.h"

/* ---- Sums ---- */

static const uint8_t crc_of_abc[4] = {0x35, 0x24, 0x41, 0xc2}, own_sum[4] = {1, 2, 3, 4};

static int64_t checksum_result;
static unsigned asked;
static struct hythe_checksum_arg asked_for;

static int64_t own_checksum(const struct hythe_call *call, struct hythe_checksum_arg *arg)
{
    CU_ASSERT(*call->slot != NULL && arg->buf_len >= HY_SUM_MAX);
    asked++;
    asked_for = *arg;
    if (checksum_result > 0)
        memcpy(arg->buf, own_sum, sizeof own_sum);
    return checksum_result;
}

static int64_t pass_read(const struct hythe_call *call, struct hythe_read_arg *arg)
{
    return hythe_next_read(call, arg);
}

static int64_t pass_open(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    return hythe_next_open(call, arg);
}

static int64_t own_copyfile(const struct hythe_call *call, struct hythe_copyfile_arg *arg)
{
    (void)call;
    asked++;
    UNIT_ASSERT_STRING(arg->from, "f");
    UNIT_ASSERT_STRING(arg->to, "g");
    return checksum_result;
}

/* The store's files have no identity. */
static bool nameless;

static int64_t own_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    int64_t r = memfs_plugin.ops->getattr(call, arg);

    if (nameless && arg->identity)
        *arg->identity = (struct hythe_identity){0};
    return r;
}

static int64_t own_open(const struct hythe_call *call, struct hythe_open_arg *arg)
{
    int64_t r = memfs_plugin.ops->open(call, arg);

    if (nameless)
        *arg->identity = (struct hythe_identity){0};
    return r;
}

/* A store at "/" that has the operations itself, and the same behind a filter at "/seen". */
static void begin(struct world *w, const struct hythe_ops *seen)
{
    static struct hythe_plugin plugin, watcher;
    static struct hythe_ops ops;
    struct hy_instance *store, *other, *filter;

    plugin = memfs_plugin;
    ops = *memfs_plugin.ops;
    ops.checksum = own_checksum;
    ops.copyfile = own_copyfile;
    ops.getattr = own_getattr;
    ops.open = own_open;
    plugin.ops = &ops;
    watcher = (struct hythe_plugin){.abi = HYTHE_ABI,
                                    .size = sizeof watcher,
                                    .kind = HYTHE_FILTER,
                                    .threads = HYTHE_PARALLEL,
                                    .name = "watcher",
                                    .ops = seen};
    world_begin(w);
    store = world_start(w, &plugin, "store");
    other = world_start(w, &plugin, "other");
    filter = world_start(w, &watcher, "watcher");
    world_mount(w, "/", (struct hy_instance *const[]){store, NULL});
    world_mount(w, "/seen", (struct hy_instance *const[]){filter, other, NULL});
    (void)memfs_put(store->self, "f", "abc");
    (void)memfs_put(other->self, "f", "abc");
    CU_ASSERT_FATAL(world_see(w, NULL, NULL, false) != NULL);
    asked = 0;
}

/* The sum of a range; its bytes in *out. */
static int64_t sum(struct world *w, hy_handle h, const char *name, uint64_t offset, uint64_t len, struct hy_sum *s)
{
    size_t budget = 1 << 20;
    int64_t r = hy_sum_begin(w->vfs, s, hy_algorithm_of(name, strlen(name)), h);

    hy_sum_range(s, offset, len);
    if (r == 0)
        r = hy_vfs_checksum(w->vfs, s, &budget);
    hy_sum_end(s);
    return r;
}

static void knows_its_algorithms(void)
{
    static const char *const names[] = {"md5", "sha1", "sha224", "sha256", "sha384", "sha512", "crc32"};
    static const size_t lengths[] = {16, 20, 28, 32, 48, 64, 4};

    for (size_t i = 0; i < 7; i++) {
        const struct hy_algorithm *a = hy_algorithm_of(names[i], strlen(names[i]));

        CU_ASSERT_FATAL(a != NULL);
        UNIT_ASSERT_STRING(a->name, names[i]);
        UNIT_ASSERT_NUMBER(a->len, lengths[i]);
    }
    CU_ASSERT_PTR_NULL(hy_algorithm_of("MD5", 3));
    CU_ASSERT_PTR_NULL(hy_algorithm_of("md5", 2));
    CU_ASSERT_PTR_NULL(hy_algorithm_of("", 0));
}

static void asks_the_store_before_it_reads(void)
{
    static const struct hythe_ops seen = {.size = sizeof seen, .read = pass_read};
    struct world w;
    struct hy_sum s;
    hy_handle h, watched;

    begin(&w, &seen);
    CU_ASSERT_FATAL(do_open(&w, "/f", HYTHE_OPEN_READ, &h) == 0);
    CU_ASSERT_FATAL(do_open(&w, "/seen/f", HYTHE_OPEN_READ, &watched) == 0);
    checksum_result = 4;
    UNIT_ASSERT_NUMBER(sum(&w, h, "crc32", 1, 2, &s), 4);
    CU_ASSERT(memcmp(s.value, own_sum, 4) == 0 && s.taken == 2);
    CU_ASSERT(asked == 1 && asked_for.offset == 1 && asked_for.len == 2);
    checksum_result = -ENOTSUP;
    UNIT_ASSERT_NUMBER(sum(&w, h, "crc32", 0, 100, &s), 4);
    CU_ASSERT(asked == 2 && memcmp(s.value, crc_of_abc, 4) == 0 && s.taken == 3);
    checksum_result = -EACCES;
    UNIT_ASSERT_NUMBER(sum(&w, h, "crc32", 0, 100, &s), -EACCES);
    checksum_result = 5;
    UNIT_ASSERT_NUMBER(sum(&w, h, "crc32", 0, 100, &s), -EIO);
    CU_ASSERT(strstr(w.lines, "checksum answered a sum of another length") != NULL);
    /* A filter that watches reads sees them. */
    checksum_result = 4;
    asked = 0;
    UNIT_ASSERT_NUMBER(sum(&w, watched, "crc32", 0, 100, &s), 4);
    CU_ASSERT(asked == 0 && memcmp(s.value, crc_of_abc, 4) == 0);
    world_end(&w);
}

static void goes_on_where_its_slice_ended(void)
{
    static const struct hythe_ops seen = {.size = sizeof seen};
    struct world w;
    struct hy_sum s;
    hy_handle h;
    size_t budget = 2;

    begin(&w, &seen);
    checksum_result = -ENOTSUP;
    CU_ASSERT_FATAL(do_open(&w, "/f", HYTHE_OPEN_READ, &h) == 0);
    CU_ASSERT_FATAL(hy_sum_begin(w.vfs, &s, hy_algorithm_of("crc32", 5), h) == 0);
    hy_sum_range(&s, 0, UINT64_MAX);
    UNIT_ASSERT_NUMBER(hy_vfs_checksum(w.vfs, &s, &budget), 0);
    UNIT_ASSERT_NUMBER(budget, 0);
    budget = 2;
    UNIT_ASSERT_NUMBER(hy_vfs_checksum(w.vfs, &s, &budget), 4);
    UNIT_ASSERT_NUMBER(budget, 1);
    CU_ASSERT(memcmp(s.value, crc_of_abc, 4) == 0 && s.ended);
    hy_sum_range(&s, 0, UINT64_MAX);
    hy_vfs_cancel(w.vfs);
    budget = 2;
    UNIT_ASSERT_NUMBER(hy_vfs_checksum(w.vfs, &s, &budget), -ECANCELED);
    hy_sum_end(&s);
    world_end(&w);
}

static void sums_only_what_may_be_read(void)
{
    static const struct hythe_ops seen = {.size = sizeof seen};
    struct world w;
    struct hy_sum s;
    hy_handle h;

    begin(&w, &seen);
    CU_ASSERT_FATAL(do_open(&w, "/f", HYTHE_OPEN_WRITE, &h) == 0);
    UNIT_ASSERT_NUMBER(sum(&w, h, "md5", 0, 0, &s), -EACCES);
    CU_ASSERT_FATAL(hy_vfs_opendir(w.vfs, name_of("/"), &h) == 0);
    UNIT_ASSERT_NUMBER(sum(&w, h, "md5", 0, 0, &s), -EISDIR);
    UNIT_ASSERT_NUMBER(sum(&w, 1, "md5", 0, 0, &s), -EBADF);
    world_end(&w);
}

/* ---- Copies ---- */

static int64_t copy(struct world *w, const char *from, const char *to, bool replace)
{
    static struct hy_copyfile c;
    int64_t r = hy_copyfile_begin(w->vfs, &c, name_of(from), name_of(to), replace);
    bool begun = r > 0;

    while (r > 0)
        r = hy_copyfile_step(w->vfs, &c);
    if (begun)
        hy_copyfile_end(w->vfs, &c);
    return r;
}

static void leaves_a_copy_to_the_store_where_nobody_is_passed_by(void)
{
    static const struct hythe_ops seen = {.size = sizeof seen, .open = pass_open};
    struct world w;

    begin(&w, &seen);
    checksum_result = 0;
    UNIT_ASSERT_NUMBER(copy(&w, "/f", "/g", false), 0);
    UNIT_ASSERT_NUMBER(asked, 1);
    UNIT_ASSERT_STRING(do_cat(&w, "/g"), "!2"); /* so it says */
    checksum_result = -EACCES;
    UNIT_ASSERT_NUMBER(copy(&w, "/f", "/g", false), -EACCES);
    UNIT_ASSERT_STRING(do_cat(&w, "/g"), "!2");
    checksum_result = -ENOTSUP;
    UNIT_ASSERT_NUMBER(copy(&w, "/f", "/g", false), 0);
    UNIT_ASSERT_NUMBER(asked, 3);
    UNIT_ASSERT_STRING(do_cat(&w, "/g"), "abc");
    UNIT_ASSERT_NUMBER(copy(&w, "/seen/f", "/seen/g", false), 0);
    UNIT_ASSERT_NUMBER(copy(&w, "/seen/f", "/h", false), 0);
    UNIT_ASSERT_NUMBER(asked, 3);
    UNIT_ASSERT_STRING(do_cat(&w, "/seen/g"), "abc");
    UNIT_ASSERT_STRING(do_cat(&w, "/h"), "abc");
    UNIT_ASSERT_NUMBER(hy_vfs_open_count(w.vfs), 0);
    world_end(&w);
}

static void removes_what_it_made_and_nothing_else(void)
{
    static const struct hythe_ops seen = {.size = sizeof seen, .open = pass_open};
    static struct hy_copyfile c;
    struct world w;

    begin(&w, &seen);
    CU_ASSERT_FATAL(hy_copyfile_begin(w.vfs, &c, name_of("/seen/f"), name_of("/x"), false) == 1);
    UNIT_ASSERT_STRING(do_cat(&w, "/x"), "!2"); /* the target isn't touched before the first slice */
    hy_vfs_cancel(w.vfs);
    UNIT_ASSERT_NUMBER(hy_copyfile_step(w.vfs, &c), -ECANCELED);
    UNIT_ASSERT_STRING(do_cat(&w, "/x"), "");
    hy_copyfile_end(w.vfs, &c);
    UNIT_ASSERT_STRING(do_cat(&w, "/x"), "!2");
    CU_ASSERT_FATAL(hy_copyfile_begin(w.vfs, &c, name_of("/seen/f"), name_of("/f"), true) == 1);
    UNIT_ASSERT_NUMBER(hy_copyfile_step(w.vfs, &c), -ECANCELED);
    hy_copyfile_end(w.vfs, &c);
    UNIT_ASSERT_STRING(do_cat(&w, "/f"), "");
    UNIT_ASSERT_NUMBER(hy_vfs_open_count(w.vfs), 0);
    world_end(&w);
}

/* A copy that was given up, whose name leads to another file by then. */
static void leaves_what_took_its_name(void)
{
    static const struct hythe_ops seen = {.size = sizeof seen, .open = pass_open};
    static struct hy_copyfile c;
    struct world w;

    for (int i = 0; i < 2; i++) {
        nameless = i;
        begin(&w, &seen);
        CU_ASSERT_FATAL(hy_copyfile_begin(w.vfs, &c, name_of("/seen/f"), name_of("/x"), false) == 1);
        hy_vfs_cancel(w.vfs);
        UNIT_ASSERT_NUMBER(hy_copyfile_step(w.vfs, &c), -ECANCELED);
        UNIT_ASSERT_NUMBER(hy_vfs_rename(w.vfs, name_of("/x"), name_of("/y"), 0), 0);
        UNIT_ASSERT_NUMBER(hy_vfs_rename(w.vfs, name_of("/f"), name_of("/x"), 0), 0);
        hy_copyfile_end(w.vfs, &c);
        UNIT_ASSERT_STRING(do_cat(&w, "/x"), "abc");
        UNIT_ASSERT_STRING(do_cat(&w, "/y"), "");
        CU_ASSERT_FATAL(hy_copyfile_begin(w.vfs, &c, name_of("/seen/f"), name_of("/z"), false) == 1);
        UNIT_ASSERT_NUMBER(hy_copyfile_step(w.vfs, &c), -ECANCELED);
        hy_copyfile_end(w.vfs, &c);
        UNIT_ASSERT_STRING(do_cat(&w, "/z"), "!2");
        UNIT_ASSERT_NUMBER(hy_vfs_open_count(w.vfs), 0);
        world_end(&w);
    }
    nameless = false;
}

/* ---- Handles of the server's own ---- */

static void hides_its_own_handles(void)
{
    static const struct hythe_ops seen = {.size = sizeof seen};
    struct world w;
    hy_handle h, own;
    char buf[4];

    begin(&w, &seen);
    CU_ASSERT_FATAL(do_open(&w, "/f", HYTHE_OPEN_READ, &h) == 0);
    own = hy_vfs_hide(w.vfs, h);
    CU_ASSERT(own & HY_HANDLE_OWN && !(h & HY_HANDLE_OWN));
    UNIT_ASSERT_NUMBER(hy_vfs_read(w.vfs, h, buf, 4, 0), -EBADF);
    UNIT_ASSERT_NUMBER(hy_vfs_close(w.vfs, h), -EBADF);
    UNIT_ASSERT_NUMBER(hy_vfs_read(w.vfs, own, buf, 4, 0), 3);
    UNIT_ASSERT_NUMBER(hy_vfs_close(w.vfs, own), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_close(w.vfs, own), -EBADF);
    world_end(&w);
}

UNIT_SUITE(sums, UNIT_TEST(knows_its_algorithms), UNIT_TEST(asks_the_store_before_it_reads),
           UNIT_TEST(goes_on_where_its_slice_ended), UNIT_TEST(sums_only_what_may_be_read),
           UNIT_TEST(leaves_a_copy_to_the_store_where_nobody_is_passed_by),
           UNIT_TEST(removes_what_it_made_and_nothing_else), UNIT_TEST(leaves_what_took_its_name),
           UNIT_TEST(hides_its_own_handles));
