/* The memory plugin: the attributes that SFTP 6 has and file systems have not. */
#include "tests/unit/localroot.h"

static const struct hythe_pair pairs[] = {{"a@example.org", "one", 3}, {"b@example.org", "", 0}};
static const unsigned char acl[] = {0, 0, 0, 0, 0, 0, 0, 1, 'x'};

static struct hythe_attrs all_of_them(void)
{
    return (struct hythe_attrs){
        .struct_size = sizeof(struct hythe_attrs),
        .valid = HYTHE_ATTR_OWNER | HYTHE_ATTR_CTIME | HYTHE_ATTR_BTIME | HYTHE_ATTR_BITS | HYTHE_ATTR_HINT |
                 HYTHE_ATTR_MIME | HYTHE_ATTR_RAWNAME | HYTHE_ATTR_ACL | HYTHE_ATTR_EXTENDED,
        .uid = 7,
        .gid = 8,
        .owner = "alice@example.org",
        .group = "staff",
        .ctime = {11, 12},
        .btime = {-13, 14},
        .bits = 0x5,
        .bits_mask = 0x7,
        .hint = 2,
        .mime = "text/plain",
        .raw_name = "\xe9t\xe9",
        .acl = acl,
        .acl_len = sizeof(acl),
        .pairs = pairs,
        .pair_count = 2,
    };
}

static void same(const struct hythe_attrs *a)
{
    const struct hythe_attrs want = all_of_them();

    UNIT_ASSERT_NUMBER(a->valid & want.valid, want.valid);
    UNIT_ASSERT_NUMBER(a->uid, 7);
    UNIT_ASSERT_NUMBER(a->gid, 8);
    UNIT_ASSERT_STRING(a->owner, want.owner);
    UNIT_ASSERT_STRING(a->group, want.group);
    UNIT_ASSERT_NUMBER(a->ctime.sec, 11);
    UNIT_ASSERT_NUMBER(a->ctime.nsec, 12);
    UNIT_ASSERT_NUMBER(a->btime.sec, -13);
    UNIT_ASSERT_NUMBER(a->btime.nsec, 14);
    UNIT_ASSERT_NUMBER(a->bits, 5);
    UNIT_ASSERT_NUMBER(a->bits_mask, 7);
    UNIT_ASSERT_NUMBER(a->hint, 2);
    UNIT_ASSERT_STRING(a->mime, want.mime);
    UNIT_ASSERT_STRING(a->raw_name, want.raw_name);
    UNIT_ASSERT_NUMBER(a->acl_len, sizeof(acl));
    CU_ASSERT(a->acl && memcmp(a->acl, acl, sizeof(acl)) == 0);
    CU_ASSERT_FATAL(a->pair_count == 2 && a->pairs != NULL);
    UNIT_ASSERT_STRING(a->pairs[0].name, "a@example.org");
    UNIT_ASSERT_NUMBER(a->pairs[0].value_len, 3);
    CU_ASSERT(memcmp(a->pairs[0].value, "one", 3) == 0);
    UNIT_ASSERT_STRING(a->pairs[1].name, "b@example.org");
    UNIT_ASSERT_NUMBER(a->pairs[1].value_len, 0);
}

static int look(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    (void)ctx;
    if (strcmp(name, "f") == 0)
        same(attrs);
    return 0;
}

BOTH(gives_back_what_was_set)
{
    struct hythe_attrs a = all_of_them(), now;
    struct hythe_statfs before, after;
    void *dir;

    UNIT_ASSERT_NUMBER(do_statfs(w, ".", &before), 0);
    put_file(w->root, "f", "");
    put_file(w->root, "g", "");
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    UNIT_ASSERT_NUMBER(now.valid & (HYTHE_ATTR_BITS | HYTHE_ATTR_ACL | HYTHE_ATTR_MIME | HYTHE_ATTR_EXTENDED), 0);
    CU_ASSERT_PTR_NULL(now.owner);
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    same(&now);
    UNIT_ASSERT_NUMBER(do_unlink(w, "g"), 0);
    same(&now); /* still there */
    UNIT_ASSERT_NUMBER(do_opendir(w, ".", &dir), 0);
    UNIT_ASSERT_NUMBER(do_readdir(w, dir, 0xffff, look, NULL), 1);
    UNIT_ASSERT_NUMBER(do_close(w, dir), 0);
    UNIT_ASSERT_NUMBER(do_unlink(w, "f"), 0);
    same(&now);
    UNIT_ASSERT_NUMBER(do_statfs(w, ".", &after), 0);
    UNIT_ASSERT_NUMBER(after.bfree, before.bfree);
}

/* Those that aren't named stay; bits and pairs are set one by one. */
BOTH(changes_only_what_is_named)
{
    const struct hythe_pair more[] = {
        {"b@example.org", "two", 3}, {"c@example.org", "x", 1}, {"c@example.org", "y", 1}};
    struct hythe_attrs a = all_of_them(), now;

    put_file(w->root, "f", "");
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), 0);
    a = (struct hythe_attrs){.struct_size = sizeof(a), .valid = HYTHE_ATTR_MIME | HYTHE_ATTR_BITS, .mime = "image/png"};
    a.bits = 0x8;
    a.bits_mask = 0xc;
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    UNIT_ASSERT_STRING(now.mime, "image/png");
    UNIT_ASSERT_NUMBER(now.bits, 0x9);
    UNIT_ASSERT_NUMBER(now.bits_mask, 0xf);
    UNIT_ASSERT_STRING(now.owner, "alice@example.org");
    UNIT_ASSERT_NUMBER(now.acl_len, sizeof(acl));
    a = (struct hythe_attrs){.struct_size = sizeof(a), .valid = HYTHE_ATTR_EXTENDED, .pairs = more, .pair_count = 3};
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    CU_ASSERT_FATAL(now.pair_count == 3);
    UNIT_ASSERT_STRING(now.pairs[0].name, "a@example.org");
    UNIT_ASSERT_STRING(now.pairs[1].name, "b@example.org");
    CU_ASSERT(memcmp(now.pairs[1].value, "two", 3) == 0);
    UNIT_ASSERT_STRING(now.pairs[2].name, "c@example.org");
    CU_ASSERT(*(const char *)now.pairs[2].value == 'y');
    a = (struct hythe_attrs){.struct_size = sizeof(a), .valid = HYTHE_ATTR_OWNER, .uid = 1, .gid = 2};
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), 0); /* an owner without names takes the old names away */
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    UNIT_ASSERT_NUMBER(now.uid, 1);
    CU_ASSERT_PTR_NULL(now.owner);
    UNIT_ASSERT_STRING(now.mime, "image/png");
}

BOTH(takes_wishes_for_new_files)
{
    struct hythe_attrs a = all_of_them(), now;
    struct hythe_mkdir_arg made = {sizeof(made), "d", &a};
    struct hythe_open_arg opened = {sizeof(opened), "f", HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, &a, NULL};
    void *file = NULL;
    struct hythe_call call = world_call(w, &file);

    a.valid |= HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE;
    a.size = 1000;
    a.mode = 0666;
    UNIT_ASSERT_NUMBER(w->plugin->ops->mkdir(&call, &made), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "d", 0, &now), 0);
    same(&now);
    UNIT_ASSERT_NUMBER(w->plugin->ops->open(&call, &opened), 0);
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    same(&now);
    UNIT_ASSERT_NUMBER(now.size, 0);
    UNIT_ASSERT_NUMBER(now.mode, 0644);
}

BOTH(bounds_attributes)
{
    static char big[70000];
    struct hythe_statfs before, after;
    struct hythe_attrs a = {.struct_size = sizeof(a), .valid = HYTHE_ATTR_ACL | HYTHE_ATTR_SIZE}, now;
    struct hythe_pair many[300];

    memset(big, 'x', sizeof(big) - 1);
    put_file(w->root, "f", "12345");
    a.acl = big;
    a.acl_len = sizeof(big);
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), -E2BIG);
    UNIT_ASSERT_STRING(file_text(w->root, "f"), "12345"); /* nothing was done by halves */
    UNIT_ASSERT_NUMBER(do_statfs(w, ".", &before), 0);
    put_file(w->root, "g", "");
    a.valid = HYTHE_ATTR_ACL;
    a.acl_len = 60000;
    UNIT_ASSERT_NUMBER(do_setattr(w, "g", 0, &a), 0);
    UNIT_ASSERT_NUMBER(do_setattr(w, "g", 0, &a), 0);
    UNIT_ASSERT_NUMBER(do_unlink(w, "g"), 0);
    UNIT_ASSERT_NUMBER(do_statfs(w, ".", &after), 0);
    UNIT_ASSERT_NUMBER(after.bfree, before.bfree);
    a.acl_len = SIZE_MAX - 10;
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), -E2BIG);
    a.valid = HYTHE_ATTR_MIME;
    a.mime = big;
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), -E2BIG);
    for (size_t i = 0; i < 300; i++)
        many[i] = (struct hythe_pair){big + i, "", 0};
    a.valid = HYTHE_ATTR_EXTENDED;
    a.pairs = many;
    a.pair_count = 300;
    UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), -E2BIG);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    UNIT_ASSERT_NUMBER(now.valid & HYTHE_ATTR_EXTENDED, 0);
}

/* A count, and what this interface doesn't have yet. */
BOTH(says_what_it_cannot_set)
{
    static const uint32_t bits[] = {HYTHE_ATTR_NLINK, 0x10000};
    struct hythe_attrs a = {.struct_size = sizeof(a)};

    put_file(w->root, "f", "12345");
    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        a.valid = bits[i] | HYTHE_ATTR_SIZE;
        UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), -ENOTSUP);
    }
    UNIT_ASSERT_STRING(file_text(w->root, "f"), "12345");
}

/* With nothing but the settings and how a file is open. */
static int64_t foreseen(const struct world *w, enum hythe_op op, const struct hythe_file *file, uint32_t flags,
                        void *arg, char why[64])
{
    const struct hythe_attach how = {.size = sizeof(how), .flags = flags, .base = "."};
    const struct hythe_foresight sight = {
        .size = sizeof(sight), .settings = w->settings, .attach = &how, .why = why, .why_size = 64};
    struct hythe_call call = world_call(w, NULL);

    call.op = op;
    call.file = file;
    call.instance = call.attached = NULL;
    why[0] = '\0';
    return w->plugin->foresee(&call, &sight, arg);
}

BOTH(foresees_what_needs_no_tree)
{
    const struct hythe_file read_only = {.size = sizeof(read_only), .access = HYTHE_OPEN_READ};
    const struct hythe_file writable = {.size = sizeof(writable), .access = HYTHE_OPEN_WRITE};
    struct hythe_attrs a = {.struct_size = sizeof(a), .valid = HYTHE_ATTR_MODE, .mode = 0644};
    struct hythe_setattr_arg set = {sizeof(set), "f", 0, &a};
    struct hythe_fsetattr_arg set_open = {sizeof(set_open), &a};
    struct hythe_link_arg link = {sizeof(link), "f", "g"};
    char why[64];

    UNIT_ASSERT_NUMBER(foreseen(w, HYTHE_OP_setattr, NULL, 0, &set, why), 0);
    a.mode = 04755;
    UNIT_ASSERT_NUMBER(foreseen(w, HYTHE_OP_setattr, NULL, 0, &set, why), -EPERM);
    UNIT_ASSERT_STRING(why, "allow_setid = false");
    UNIT_ASSERT_NUMBER(foreseen(w, HYTHE_OP_fsetattr, &writable, 0, &set_open, why), -EPERM);
    a.valid = HYTHE_ATTR_SIZE;
    UNIT_ASSERT_NUMBER(foreseen(w, HYTHE_OP_fsetattr, &writable, 0, &set_open, why), 0);
    UNIT_ASSERT_NUMBER(foreseen(w, HYTHE_OP_fsetattr, &read_only, 0, &set_open, why), -EACCES);
    UNIT_ASSERT_NUMBER(foreseen(w, HYTHE_OP_setattr, NULL, HYTHE_ATTACH_BENEATH, &set, why), -ENOSYS);
    UNIT_ASSERT_NUMBER(foreseen(w, HYTHE_OP_link, NULL, 0, &link, why), -ENOSYS);
}

UNIT_SUITE(memory_attrs, UNIT_BOTH(gives_back_what_was_set), UNIT_BOTH(changes_only_what_is_named),
           UNIT_BOTH(takes_wishes_for_new_files), UNIT_BOTH(bounds_attributes), UNIT_BOTH(says_what_it_cannot_set),
           UNIT_BOTH(foresees_what_needs_no_tree));
