/* Plugins that serve a folder of this machine: the attributes of SFTP 6 that a file system has. */
#include "tests/unit/localroot.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>

/* Attribute bits, draft-ietf-secsh-filexfer-13, section 7.9. */
enum { HIDDEN = 0x4, SPARSE = 0x80, IMMUTABLE = 0x200 };

static struct hythe_attrs wish(uint32_t valid)
{
    return (struct hythe_attrs){.struct_size = sizeof(struct hythe_attrs), .valid = valid};
}

static int note(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    if (strcmp(name, ".dot") == 0)
        *(struct hythe_attrs *)ctx = *attrs;
    return 0;
}

BOTH(tells_the_time_of_birth)
{
    struct hythe_attrs a;
    struct statx sx;

    put_file(w->root, "f", "");
    CU_ASSERT_FATAL(statx(w->root, "f", 0, STATX_BTIME, &sx) == 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &a), 0);
    UNIT_ASSERT_NUMBER((a.valid & HYTHE_ATTR_BTIME) != 0, (sx.stx_mask & STATX_BTIME) != 0);
    if (a.valid & HYTHE_ATTR_BTIME) {
        UNIT_ASSERT_NUMBER(a.btime.sec, sx.stx_btime.tv_sec);
        UNIT_ASSERT_NUMBER(a.btime.nsec, sx.stx_btime.tv_nsec);
    }
}

BOTH(hides_names_with_a_dot)
{
    struct hythe_attrs a, listed = wish(0);
    struct hythe_fgetattr_arg arg = {sizeof(arg), HYTHE_ATTR_BITS, &a};
    void *file;
    struct hythe_call call = world_call(w, &file);

    put_file(w->root, ".dot", "");
    put_folder(w->root, ".d");
    put_file(w->root, ".d/f", "");
    UNIT_ASSERT_NUMBER(do_getattr(w, ".dot", 0, &a), 0);
    UNIT_ASSERT_NUMBER(a.bits & a.bits_mask & HIDDEN, HIDDEN);
    UNIT_ASSERT_NUMBER(a.bits_mask & SPARSE, 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, ".d/f", 0, &a), 0);
    UNIT_ASSERT_NUMBER(a.bits & HIDDEN, 0);
    UNIT_ASSERT_NUMBER(a.bits_mask & HIDDEN, HIDDEN);
    UNIT_ASSERT_NUMBER(do_getattr(w, ".", 0, &a), 0);
    UNIT_ASSERT_NUMBER(a.bits & HIDDEN, 0);
    UNIT_ASSERT_NUMBER(do_opendir(w, ".", &file), 0);
    CU_ASSERT(do_readdir(w, file, HYTHE_ATTR_BITS, note, &listed) > 0);
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
    UNIT_ASSERT_NUMBER(listed.valid, HYTHE_ATTR_BITS);
    UNIT_ASSERT_NUMBER(listed.bits & listed.bits_mask & HIDDEN, HIDDEN);
    UNIT_ASSERT_NUMBER(do_open(w, ".dot", HYTHE_OPEN_READ, -1, &file), 0);
    a = wish(0);
    UNIT_ASSERT_NUMBER(w->plugin->ops->fgetattr(&call, &arg), 0); /* an open file may have lost its name */
    UNIT_ASSERT_NUMBER(a.bits_mask & HIDDEN, 0);
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
}

/* Sent back as they were told they are no wish; all others are refused before anything is done. */
BOTH(changes_no_bits)
{
    struct hythe_attrs a, b;

    put_file(w->root, ".dot", "12345");
    UNIT_ASSERT_NUMBER(do_getattr(w, ".dot", 0, &a), 0);
    a.struct_size = sizeof(a);
    a.valid = HYTHE_ATTR_BITS | HYTHE_ATTR_MODE;
    UNIT_ASSERT_NUMBER(do_setattr(w, ".dot", 0, &a), 0);
    b = a;
    b.bits_mask = UINT32_MAX; /* as SFTP 5 says it, which has no mask */
    UNIT_ASSERT_NUMBER(do_setattr(w, ".dot", 0, &b), 0);
    b.valid = HYTHE_ATTR_BITS | HYTHE_ATTR_SIZE;
    b.size = 0;
    b.bits ^= HIDDEN;
    UNIT_ASSERT_NUMBER(do_setattr(w, ".dot", 0, &b), -ENOTSUP);
    b.bits = a.bits | IMMUTABLE;
    UNIT_ASSERT_NUMBER(do_setattr(w, ".dot", 0, &b), -ENOTSUP);
    b.bits = a.bits | SPARSE;
    UNIT_ASSERT_NUMBER(do_setattr(w, ".dot", 0, &b), -ENOTSUP);
    UNIT_ASSERT_STRING(file_text(w->root, ".dot"), "12345");
}

static void tells_of_flags(void)
{
    struct hythe_attrs a = wish(0);
    struct world w;
    int fd, none = 0, flag = FS_IMMUTABLE_FL;

    world_open(&w, BY_KERNEL, NULL);
    put_file(w.root, "f", "");
    fd = openat(w.root, "f", O_RDONLY | O_CLOEXEC);
    if (ioctl(fd, FS_IOC_SETFLAGS, &flag) != 0) {
        close(fd);
        world_close(&w);
        UNIT_SKIP("flags of files can't be set here");
    }
    UNIT_ASSERT_NUMBER(do_getattr(&w, "f", 0, &a), 0);
    UNIT_ASSERT_NUMBER(ioctl(fd, FS_IOC_SETFLAGS, &none), 0);
    close(fd);
    UNIT_ASSERT_NUMBER(a.bits & a.bits_mask, IMMUTABLE);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "f", 0, &a), 0);
    UNIT_ASSERT_NUMBER(a.bits & a.bits_mask, 0);
    UNIT_ASSERT_NUMBER(a.bits_mask & IMMUTABLE, IMMUTABLE);
    world_close(&w);
}

/* What only a file system of its own can change, and what no file system has. */
BOTH(says_what_it_cannot_set)
{
    static const uint32_t bits[] = {HYTHE_ATTR_CTIME, HYTHE_ATTR_BTIME, HYTHE_ATTR_NLINK,  HYTHE_ATTR_HINT,
                                    HYTHE_ATTR_MIME,  HYTHE_ATTR_ACL,   HYTHE_ATTR_RAWNAME};
    struct hythe_attrs a = wish(0), now;

    put_file(w->root, "f", "12345");
    a.mime = a.raw_name = "x";
    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        a.valid = bits[i] | HYTHE_ATTR_SIZE;
        UNIT_ASSERT_NUMBER(do_setattr(w, "f", 0, &a), -ENOTSUP);
    }
    UNIT_ASSERT_STRING(file_text(w->root, "f"), "12345");
    UNIT_ASSERT_NUMBER(do_getattr(w, "f", 0, &now), 0);
    UNIT_ASSERT_NUMBER(now.valid & (HYTHE_ATTR_HINT | HYTHE_ATTR_MIME | HYTHE_ATTR_ACL | HYTHE_ATTR_RAWNAME), 0);
}

/* ---- Extended attributes ---- */

static const struct hythe_pair two[] = {{"a@example.org", "one", 3}, {"b", "", 0}};

static bool has_xattrs(const struct world *w)
{
    int fd = openat(w->root, "probe", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && fsetxattr(fd, "user.probe", "x", 1, 0) == 0;

    if (fd >= 0)
        close(fd);
    return ok;
}

BOTH(shows_no_extended_attributes_unasked)
{
    struct hythe_attrs a = wish(HYTHE_ATTR_EXTENDED);

    (void)has_xattrs(w);
    a.pairs = two;
    a.pair_count = 2;
    UNIT_ASSERT_NUMBER(do_setattr(w, "probe", 0, &a), -ENOTSUP);
    UNIT_ASSERT_NUMBER(do_getattr(w, "probe", 0, &a), 0);
    UNIT_ASSERT_NUMBER(a.valid & HYTHE_ATTR_EXTENDED, 0);
}

static void same_pairs(const struct hythe_attrs *a)
{
    UNIT_ASSERT_NUMBER(a->valid & HYTHE_ATTR_EXTENDED, HYTHE_ATTR_EXTENDED);
    CU_ASSERT_FATAL(a->pair_count == 2);
    for (uint32_t i = 0; i < 2; i++) {
        const struct hythe_pair *want = strcmp(a->pairs[i].name, "b") == 0 ? &two[1] : &two[0];

        UNIT_ASSERT_STRING(a->pairs[i].name, want->name);
        UNIT_ASSERT_NUMBER(a->pairs[i].value_len, want->value_len);
        CU_ASSERT(memcmp(a->pairs[i].value, want->value, want->value_len) == 0);
    }
}

static void test_pairs(struct world *w)
{
    static char long_name[300], big[70000];
    struct hythe_attrs a = wish(HYTHE_ATTR_EXTENDED), now = wish(0);
    struct hythe_fgetattr_arg arg = {sizeof(arg), HYTHE_ATTR_EXTENDED, &now};
    struct hythe_pair bad = {"", "x", 1};
    void *file;
    struct hythe_call call = world_call(w, &file);

    put_folder(w->root, "d");
    put_file(w->root, "d/f", "12345");
    a.pairs = two;
    a.pair_count = 2;
    UNIT_ASSERT_NUMBER(do_setattr(w, "d/f", 0, &a), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "d/f", 0, &now), 0);
    same_pairs(&now);
    UNIT_ASSERT_NUMBER(do_open(w, "d/f", HYTHE_OPEN_WRITE, -1, &file), 0);
    UNIT_ASSERT_NUMBER(do_fsetattr(w, file, &a), 0);
    UNIT_ASSERT_NUMBER(w->plugin->ops->fgetattr(&call, &arg), 0);
    same_pairs(&now);
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
    UNIT_ASSERT_NUMBER(do_setattr(w, "d", 0, &a), 0);
    UNIT_ASSERT_NUMBER(do_getattr(w, "d", 0, &now), 0);
    same_pairs(&now);
    put_file(w->root, "bare", "");
    UNIT_ASSERT_NUMBER(do_getattr(w, "bare", 0, &now), 0);
    UNIT_ASSERT_NUMBER(now.valid & HYTHE_ATTR_EXTENDED, 0);
    a = wish(HYTHE_ATTR_EXTENDED | HYTHE_ATTR_SIZE);
    a.pairs = &bad;
    a.pair_count = 1;
    UNIT_ASSERT_NUMBER(do_setattr(w, "d/f", 0, &a), -EINVAL);
    memset(long_name, 'x', sizeof(long_name) - 1);
    bad.name = long_name;
    UNIT_ASSERT_NUMBER(do_setattr(w, "d/f", 0, &a), -E2BIG);
    bad = (struct hythe_pair){"big", big, sizeof(big)};
    UNIT_ASSERT_NUMBER(do_setattr(w, "d/f", 0, &a), -E2BIG);
    UNIT_ASSERT_STRING(file_text(w->root, "d/f"), "12345");
}

static void keeps_pairs(enum way way)
{
    const struct setting_value values[] = {{"xattrs", "true"}, {NULL, NULL}};
    struct world w;

    world_open(&w, way, values);
    if (!has_xattrs(&w)) {
        world_close(&w);
        UNIT_SKIP("the file system has no extended attributes");
    }
    test_pairs(&w);
    world_close(&w);
}

static void keeps_pairs_kernel(void)
{
    keeps_pairs(BY_KERNEL);
}

static void keeps_pairs_walk(void)
{
    keeps_pairs(BY_WALK);
}

/* A file with more than a client is told has none rather than some. */
static void tells_of_few_pairs(void)
{
    const struct setting_value values[] = {{"xattrs", "true"}, {NULL, NULL}};
    struct hythe_attrs a;
    struct world w;
    char name[16];
    int fd;

    world_open(&w, BY_KERNEL, values);
    put_file(w.root, "f", "");
    fd = openat(w.root, "f", O_WRONLY | O_CLOEXEC);
    for (unsigned i = 0; i < 65; i++) {
        snprintf(name, sizeof(name), "user.%u", i);
        if (fsetxattr(fd, name, "x", 1, 0) != 0) {
            close(fd);
            world_close(&w);
            UNIT_SKIP("the file system hasn't room for 65 extended attributes");
        }
    }
    UNIT_ASSERT_NUMBER(do_getattr(&w, "f", 0, &a), 0);
    UNIT_ASSERT_NUMBER(a.valid & HYTHE_ATTR_EXTENDED, 0);
    UNIT_ASSERT_NUMBER(fremovexattr(fd, "user.0"), 0);
    UNIT_ASSERT_NUMBER(do_getattr(&w, "f", 0, &a), 0);
    UNIT_ASSERT_NUMBER(a.valid & HYTHE_ATTR_EXTENDED, HYTHE_ATTR_EXTENDED);
    UNIT_ASSERT_NUMBER(a.pair_count, 64);
    close(fd);
    world_close(&w);
}

UNIT_SUITE(localroot_extra, UNIT_BOTH(tells_the_time_of_birth), UNIT_BOTH(hides_names_with_a_dot),
           UNIT_BOTH(changes_no_bits), UNIT_TEST(tells_of_flags), UNIT_BOTH(says_what_it_cannot_set),
           UNIT_BOTH(shows_no_extended_attributes_unasked), UNIT_BOTH(keeps_pairs), UNIT_TEST(tells_of_few_pairs));
