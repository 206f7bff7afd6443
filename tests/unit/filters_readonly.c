/* The read-only filter: its verdict about every operation there is. */
#include "tests/unit/filters.h"

/* Passed by without a visit; visited and let through; refused. For each operation one, or this doesn't compile. */
enum { PAST, THROUGH, REFUSED };

enum {
    VERDICT_getattr = PAST,
    VERDICT_fgetattr = PAST,
    VERDICT_setattr = REFUSED,
    VERDICT_fsetattr = REFUSED,
    VERDICT_readlink = PAST,
    VERDICT_symlink = REFUSED,
    VERDICT_link = REFUSED,
    VERDICT_unlink = REFUSED,
    VERDICT_mkdir = REFUSED,
    VERDICT_rmdir = REFUSED,
    VERDICT_rename = REFUSED,
    VERDICT_open = THROUGH, /* to read, as the bench does */
    VERDICT_opendir = PAST,
    VERDICT_readdir = PAST,
    VERDICT_read = PAST,
    VERDICT_write = REFUSED,
    VERDICT_fsync = THROUGH,
    VERDICT_close = THROUGH,
    VERDICT_statfs = THROUGH,
    VERDICT_fstatfs = THROUGH,
    VERDICT_realpath = PAST,
    VERDICT_copy = REFUSED,
    VERDICT_copyfile = REFUSED,
    VERDICT_checksum = PAST,
    VERDICT_lock = REFUSED,
    VERDICT_unlock = THROUGH
};

static const int verdicts[] = {
#define HYTHE_OP(name, klass, on, fields) [HYTHE_OP_##name] = VERDICT_##name,
    HYTHE_OPS
#undef HYTHE_OP
};

static void judges_every_operation(void)
{
    struct bench b;

    bench_begin(&b, "read-only", NULL, NULL);
    for (int i = 0; i < HYTHE_OP_COUNT; i++) {
        enum hythe_op op = (enum hythe_op)i;
        int64_t wanted = verdicts[i] == REFUSED ? -EROFS : bench_answer(op);

        b.report.text[0] = '\0';
        if (bench_run(&b, op, "f") != wanted) {
            printf("  %s\n", bench_names[i]);
            CU_FAIL("another verdict");
        }
        UNIT_ASSERT_NUMBER(bench_seen(op), verdicts[i] == REFUSED ? 0 : 1);
        UNIT_ASSERT_NUMBER(hy_chain_depth(b.chain, op), verdicts[i] == PAST ? 1 : 2);
        UNIT_ASSERT_STRING(b.report.text, verdicts[i] == REFUSED ? "this part of the tree is read-only" : "");
    }
    bench_end(&b);
}

/* Every class that isn't plain reading is refused in what the filter can't know. */
static void refuses_what_is_newer(void)
{
    const struct hythe_ops *ops;
    struct bench b;

    bench_begin(&b, "read-only", NULL, NULL);
    ops = &b.filter->ops;
    UNIT_ASSERT_NUMBER(ops->any_classes, 0xffffffff & ~HYTHE_CLASS_READ);
    UNIT_ASSERT_NUMBER(ops->any_from, 0);
    for (unsigned op_class = 1; op_class < 0x10000; op_class <<= 1) {
        struct hythe_call call = {
            .size = sizeof call, .op = HYTHE_OP_COUNT + 3, .op_class = (uint16_t)op_class, .host = &b.filter->host};
        struct {
            struct hythe_call call;
            const struct hy_scene *scene;
        } frame = {call, &b.scene}; /* as the core has it behind a call */

        UNIT_ASSERT_NUMBER(ops->any(&frame.call, NULL), -EROFS);
    }
    bench_end(&b);
}

/* Each flag of open by itself beside reading, and those that no header has yet. */
static void sees_through_opens(void)
{
    static const struct hythe_attrs none = {.struct_size = sizeof none};
    struct bench b;

    bench_begin(&b, "read-only", NULL, NULL);
    for (unsigned bit = 0; bit < 32; bit++) {
        uint32_t flag = UINT32_C(1) << bit;
        bool harmless = flag == HYTHE_OPEN_READ || flag == HYTHE_OPEN_NOFOLLOW;
        struct hythe_open_arg arg = {.path = "f", .access = HYTHE_OPEN_READ | flag, .attrs = &none};

        UNIT_ASSERT_NUMBER(hy_do_open(&b.scene, &arg), harmless ? 1000 + HYTHE_OP_open : -EROFS);
    }
    UNIT_ASSERT_NUMBER(bench_seen(HYTHE_OP_open), 2);
    UNIT_ASSERT_NUMBER(bench_seen(HYTHE_OP_close), 0);
    bench_end(&b);
}

/* ---- In a tree ---- */

static void serves_reading_and_nothing_else(void)
{
    struct hythe_statfs figures;
    struct hythe_attrs attrs = {.struct_size = sizeof attrs};
    struct house house;
    struct world *w = &house.w;
    hy_handle h;
    char names[64];

    house_begin(&house, "read-only", NULL);
    CU_ASSERT_FATAL(memfs_mkdir(house.store, "d") == 0 && memfs_put(house.store, "d/f", "text") == 0);
    UNIT_ASSERT_STRING(do_cat(w, "/d/f"), "text");
    UNIT_ASSERT_STRING(do_list(w, "/d", names, sizeof names), ". .. f");
    UNIT_ASSERT_NUMBER(do_getattr(w, "/d/f", &attrs), 0);
    UNIT_ASSERT_STRING(do_real(w, "/d/f", HY_REAL_EXISTS), "/d/f");
    UNIT_ASSERT_NUMBER(do_mkdir(w, "/e"), -EROFS);
    UNIT_ASSERT_NUMBER(hy_vfs_unlink(w->vfs, name_of("/d/f")), -EROFS);
    UNIT_ASSERT_NUMBER(hy_vfs_rename(w->vfs, name_of("/d/f"), name_of("/g"), 0), -EROFS);
    UNIT_ASSERT_NUMBER(do_open(w, "/new", HYTHE_OPEN_READ | HYTHE_OPEN_CREATE, &h), -EROFS);
    UNIT_ASSERT_NUMBER(do_open(w, "/d/f", HYTHE_OPEN_READ | HYTHE_OPEN_WRITE | HYTHE_OPEN_TRUNCATE, &h), -EROFS);
    UNIT_ASSERT_NUMBER(do_open(w, "/d/f", HYTHE_OPEN_READ, &h), 0);
    attrs.valid = HYTHE_ATTR_MODE;
    UNIT_ASSERT_NUMBER(hy_vfs_fsetattr(w->vfs, h, &attrs), -EROFS);
    UNIT_ASSERT_NUMBER(hy_vfs_fsync(w->vfs, h), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_fstatfs(w->vfs, h, &figures), 0);
    UNIT_ASSERT_NUMBER(figures.read_only, 1);
    UNIT_ASSERT_NUMBER(hy_vfs_close(w->vfs, h), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_statfs(w->vfs, name_of("/d"), &figures), 0);
    UNIT_ASSERT_NUMBER(figures.read_only, 1);
    UNIT_ASSERT_STRING(memfs_content(house.store, "d/f"), "text");
    house_end(&house);
}

UNIT_SUITE(read_only, UNIT_TEST(judges_every_operation), UNIT_TEST(refuses_what_is_newer),
           UNIT_TEST(sees_through_opens), UNIT_TEST(serves_reading_and_nothing_else));
