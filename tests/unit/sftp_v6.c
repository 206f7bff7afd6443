/* ATTRS and OPEN of version 6, from draft-13, sections 7 and 8.1.1. */
#include "tests/unit/sftp_attrs.h"

static const struct hy_dialect *const v6 = &hy_dialect_v6;

/* All of it but a link count, which can't be set. */
static const char most[] =
    "\x80\0\xdf\xfd\1\1\2\3\4\5\6\7\x8\x11\x12\x13\x14\x15\x16\x17\x18"
    "\0\0\0\1\x37\0\0\0\1\x38\0\0\3\xe8\xff\xff\xff\xff\xff\xff\xff\xff\x1d\xcd\x65\0\0\0\0\0\0\0\0\2\0\0\0\1"
    "\0\0\0\0\0\0\0\3\0\0\0\2\0\0\0\0\0\0\0\4\0\0\0\3"
    "\0\0\0\x1e\0\0\0\3\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0\6OWNER@"
    "\0\0\x8\x5\0\0\x8\x7\2\0\0\0\3t/p\0\0\0\1\xe9\0\0\0\1\0\0\0\3a@b\0\0\0\2\x63\x64";

static void all_fields_are_written_in_order(void)
{
    static const char all[] =
        "\x80\0\xff\xfd\x9\1\2\3\4\5\6\7\x8\x11\x12\x13\x14\x15\x16\x17\x18"
        "\0\0\0\2us\0\0\0\3grp\0\0\3\xe8\xff\xff\xff\xff\xff\xff\xff\xff\x1d\xcd\x65\0\0\0\0\0\0\0\0\2\0\0\0\1"
        "\0\0\0\0\0\0\0\3\0\0\0\2\0\0\0\0\0\0\0\4\0\0\0\3"
        "\0\0\0\x1e\0\0\0\3\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0\6OWNER@"
        "\0\0\x8\x5\0\0\xc\x7\2\0\0\0\3t/p\0\0\0\5\0\0\0\1\xe9\0\0\0\1\0\0\0\3a@b\0\0\0\2\x63\x64";
    struct hythe_attrs a = attrs_full();

    attrs_put(v6, &a, 0x8000fffd, all, sizeof all - 1);
}

static void only_what_is_wanted_and_known_is_written(void)
{
    struct hythe_attrs a = attrs_full();

    attrs_put(v6, &a, 0, "\0\0\0\0\x9", 5);
    attrs_put(v6, &a, 0x2000, "\0\0\x20\0\x9\0\0\0\5", 9);
    attrs_put(v6, &a, 0x20, "\0\0\0\x20\x9\0\0\0\0\0\0\0\3", 13); /* no fractions of a second */
    attrs_put(v6, &a, 0x100, "\0\0\0\0\x9", 5);                   /* no time, no fractions */
    a.valid = HYTHE_ATTR_SIZE;
    attrs_put(v6, &a, 0x8000fffd, "\0\0\0\1\5\1\2\3\4\5\6\7\x8", 13); /* an unknown type */
    a.valid = HYTHE_ATTR_TYPE;
    a.type = 77;
    attrs_put(v6, &a, 0x8000fffd, "\0\0\0\0\5", 5);
}

/* section 7.13 */
static void a_raw_name_stands_beside_its_bit_only(void)
{
    struct hythe_attrs a = attrs_full();

    a.bits_mask = 0x7ff;
    attrs_put(v6, &a, 0x4000, "\0\0\0\0\x9", 5);
    a.bits_mask = 0x800;
    attrs_put(v6, &a, 0x4000, "\0\0\x40\0\x9\0\0\0\1\xe9", 10);
    a.valid &= ~HYTHE_ATTR_BITS;
    attrs_put(v6, &a, 0x4000, "\0\0\0\0\x9", 5);
}

static void what_is_too_long_is_left_out(void)
{
    static char bytes[HY_PAIRS_BYTES + 1], owner[300];
    struct hythe_pair pair = {"n", bytes, sizeof bytes};
    struct hythe_attrs a = HY_ATTRS_EMPTY;
    struct hy_longname line = {0};
    struct hy_buf b;

    a.valid = HYTHE_ATTR_EXTENDED | HYTHE_ATTR_ACL | HYTHE_ATTR_MIME;
    a.pairs = &pair;
    a.pair_count = 1;
    a.acl = bytes;
    a.acl_len = HY_ACL_MAX + 1;
    attrs_put(v6, &a, 0x80001040, "\0\0\0\0\5", 5);
    /* The longest of everything fits. */
    memset(owner, 'o', sizeof owner - 1);
    a = attrs_full();
    a.owner = a.group = a.mime = owner;
    pair.value_len = HY_PAIRS_BYTES - 9;
    a.pairs = &pair;
    a.acl = bytes;
    a.acl_len = HY_ACL_MAX;
    memset(bytes, 'r', HY_RAWNAME_MAX);
    a.raw_name = bytes;
    bytes[HY_RAWNAME_MAX] = '\0';
    hy_buf_init(&b, 1 << 20);
    CU_ASSERT(v6->put_attrs(v6, &b, HY_ATTRS_MAX, &line, &a, 0x8000fffd));
    UNIT_ASSERT_NUMBER(hy_get_be32(hy_buf_data(&b)), 0x8000fffd);
    hy_buf_free(&b);
}

static void an_entry_stays_within_its_room(void)
{
    struct hythe_attrs a = attrs_full();
    struct hy_longname line = {0};
    struct hy_buf b;
    size_t room = 0;

    hy_buf_init(&b, 4096);
    while (!v6->put_entry(v6, &b, room, &line, "name", 4, &a) && room++ < 4096)
        CU_ASSERT(hy_buf_len(&b) == 0);
    CU_ASSERT(hy_buf_len(&b) > 100 && hy_buf_len(&b) <= room);
    UNIT_ASSERT_NUMBER(hy_get_be32(hy_buf_data(&b) + 8), 0xfbbd); /* neither ACL nor pairs */
    hy_buf_free(&b);
}

static void all_fields_are_read(void)
{
    struct hy_given g = {0};
    struct hythe_attrs a;
    bool failed;

    UNIT_ASSERT_NUMBER(attrs_get(v6, HY_ATTRS_NEW, most, sizeof most - 1, &g, &a, &failed), 0);
    CU_ASSERT(!failed);
    CU_ASSERT_EQUAL(a.valid, 0xffff & ~(HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE | HYTHE_ATTR_NLINK));
    UNIT_ASSERT_NUMBER(a.alloc, UINT64_C(0x1112131415161718));
    UNIT_ASSERT_NUMBER(a.uid, 7);
    UNIT_ASSERT_NUMBER(a.gid, 8);
    CU_ASSERT(a.owner == NULL && a.group == NULL); /* numbers */
    UNIT_ASSERT_NUMBER(a.mode, 01750);
    UNIT_ASSERT_NUMBER(a.atime.sec, -1);
    UNIT_ASSERT_NUMBER(a.atime.nsec, 500000000);
    UNIT_ASSERT_NUMBER(a.btime.sec, 2);
    UNIT_ASSERT_NUMBER(a.mtime.nsec, 2);
    UNIT_ASSERT_NUMBER(a.ctime.sec, 4);
    CU_ASSERT(a.acl_len == 30 && memcmp(a.acl, attrs_full().acl, 30) == 0);
    UNIT_ASSERT_NUMBER(a.bits, 0x805);
    UNIT_ASSERT_NUMBER(a.bits_mask, 0x807);
    UNIT_ASSERT_NUMBER(a.hint, 2);
    UNIT_ASSERT_STRING(a.mime, "t/p");
    UNIT_ASSERT_STRING(a.raw_name, "\xe9");
    CU_ASSERT_EQUAL_FATAL(a.pair_count, 1);
    UNIT_ASSERT_STRING(a.pairs[0].name, "a@b");
    CU_ASSERT(a.pairs[0].value_len == 2 && memcmp(a.pairs[0].value, "cd", 2) == 0);
    hy_given_free(&g);
    attrs_cut(v6, most, sizeof most - 1);
}

static void what_may_not_be_set_is_refused(void)
{
    const enum hy_attrs_use set = HY_ATTRS_SET;

    attrs_refuse(v6, set, "\0\0\0\2\1", 5, HYTHE_STATUS(SSH_FX_BAD_MESSAGE));
    attrs_refuse(v6, set, "\0\1\0\0\1", 5, HYTHE_STATUS(SSH_FX_BAD_MESSAGE));
    attrs_refuse(v6, set, "\0\0\x20\0\1\0\0\0\1", 9, -EINVAL);
    attrs_refuse(v6, set, "\0\0\x8\0\1\0", 6, -EINVAL);
    attrs_refuse(v6, HY_ATTRS_NEW, "\0\0\x8\0\1\4", 6, -EINVAL);
    attrs_refuse(v6, set, "\0\0\0\1\1\x80\0\0\0\0\0\0\0", 13, -EINVAL);
    attrs_refuse(v6, set, "\0\0\4\1\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\1", 21, -EINVAL);
    attrs_refuse(v6, set, "\0\0\1\x20\1\0\0\0\0\0\0\0\1\x3b\x9a\xca\0", 17, -EINVAL);
    attrs_refuse(v6, set, "\0\0\x10\0\1\0\0\0\2a\0", 11, -EINVAL);
    /* An ACL with fewer entries than it says, and with bytes behind them. */
    attrs_refuse(v6, set, "\0\0\0\x40\1\0\0\0\x8\0\0\0\3\xff\xff\xff\xff", 17, HYTHE_STATUS(SSH_FX_BAD_MESSAGE));
    attrs_refuse(v6, set, "\0\0\0\x40\1\0\0\0\x9\0\0\0\3\0\0\0\0x", 18, HYTHE_STATUS(SSH_FX_BAD_MESSAGE));
}

static void users_that_do_not_exist_are_named(void)
{
    static const char both[] = "\0\0\0\x80\1\0\0\0\xenosuch@nowhere\0\0\0\1\x39";
    struct hy_given g = {.names = hy_names_new()};
    struct hythe_attrs a;
    bool failed;

    UNIT_ASSERT_NUMBER(attrs_get(v6, HY_ATTRS_SET, both, sizeof both - 1, &g, &a, &failed),
                       HYTHE_STATUS(SSH_FX_UNKNOWN_PRINCIPAL));
    CU_ASSERT(g.unknown[0].len == 14 && memcmp(g.unknown[0].p, "nosuch@nowhere", 14) == 0);
    UNIT_ASSERT_NUMBER(g.unknown[1].len, 0);
    hy_given_free(&g);
    g = (struct hy_given){.names = g.names};
    UNIT_ASSERT_NUMBER(attrs_get(v6, HY_ATTRS_SET, "\0\0\0\x80\1\0\0\0\xeroot@localhost\0\0\0\0", 27, &g, &a, &failed),
                       0);
    UNIT_ASSERT_NUMBER(a.uid, 0);
    UNIT_ASSERT_STRING(a.owner, "root");
    CU_ASSERT(g.same_group && !g.same_user && a.valid == HYTHE_ATTR_OWNER);
    UNIT_ASSERT_NUMBER(attrs_get(v6, HY_ATTRS_SET, "\0\0\0\x80\1\0\0\0\0\0\0\0\0", 13, &g, &a, &failed), 0);
    UNIT_ASSERT_NUMBER(a.valid, 0);
    hy_given_free(&g);
    hy_names_free(g.names);
}

/* Costs no more than the bytes that came; more pairs or bytes than are taken are refused. */
static void counts_are_bounded(void)
{
    static char many[5 + 4 + 8 * (HY_PAIRS_MAX + 1)], large[5 + 4 + HY_GIVEN_MAX + 4];
    struct hy_given g = {0};
    struct hythe_attrs a;
    bool failed;

    (void)attrs_get(v6, HY_ATTRS_SET, "\x80\0\0\0\1\xff\xff\xff\xff", 9, &g, &a, &failed);
    CU_ASSERT(failed);
    many[0] = '\x80';
    hy_put_be32((uint8_t *)many + 5, HY_PAIRS_MAX);
    UNIT_ASSERT_NUMBER(attrs_get(v6, HY_ATTRS_SET, many, sizeof many - 8, &g, &a, &failed), 0);
    UNIT_ASSERT_NUMBER(a.pair_count, HY_PAIRS_MAX);
    hy_put_be32((uint8_t *)many + 5, HY_PAIRS_MAX + 1);
    hy_given_free(&g);
    attrs_refuse(v6, HY_ATTRS_SET, many, sizeof many, -E2BIG);
    memset(large, 'm', sizeof large);
    memcpy(large, "\0\0\x10\0\1", 5);
    hy_put_be32((uint8_t *)large + 5, sizeof large - 9);
    attrs_refuse(v6, HY_ATTRS_SET, large, sizeof large, -E2BIG);
}

/* ---- OPEN ---- */

static int64_t open_of(const struct hy_dialect *d, uint32_t desired, uint32_t flags, struct hy_opening *wish)
{
    uint8_t bytes[13] = {0};
    struct hy_reader in = hy_reader_of(bytes, sizeof bytes);
    struct hy_given g = {0};
    int64_t r;

    hy_put_be32(bytes, desired);
    hy_put_be32(bytes + 4, flags);
    *wish = (struct hy_opening){.attrs = HY_ATTRS_EMPTY};
    r = d->get_open(d, &in, &g, wish);
    CU_ASSERT(!in.failed && hy_reader_left(&in) == 0);
    hy_given_free(&g);
    return r;
}

static void accesses_and_dispositions_have_their_meaning(void)
{
    enum {
        R = HYTHE_OPEN_READ,
        W = HYTHE_OPEN_WRITE,
        A = HYTHE_OPEN_APPEND,
        C = HYTHE_OPEN_CREATE,
        X = HYTHE_OPEN_EXCLUSIVE,
        T = HYTHE_OPEN_TRUNCATE,
        S = HYTHE_OPEN_WRITE_ATTRS,
        AA = HYTHE_OPEN_ATOMIC_APPEND
    };
    static const struct {
        uint32_t desired, flags;
        int64_t result;
        uint32_t access;
    } rows[] = {
        {0x81, 2, 0, R},
        {0x102, 2, 0, W | S},
        {0x183, 2, 0, R | W | S},
        {0x1, 0, 0, R | C | X},
        {0x2, 1, 0, W | C | T},
        {0x2, 3, 0, W | C},
        {0x2, 4, 0, W | T},
        {0x80, 2, 0, R},
        {0x20000, 2, 0, R},
        {0x100, 2, 0, R | S},
        {0x80000, 2, 0, R | S},
        {0x10000, 2, 0, R | HYTHE_OPEN_DELETE},
        {0x4, 2, 0, W | A},
        {0x6, 2, 0, W},
        {0x6, 0xa, 0, W | A},
        {0x2, 0x12, 0, W | A | AA},
        {0x2, 0x1a, 0, W | A | AA},
        {0x1, 0x402, 0, R | HYTHE_OPEN_NOFOLLOW},
        {0x1, 5, -EINVAL, 0},
        {0x1, 7, -EINVAL, 0},
        {0, 2, -EINVAL, 0},
        {0x200001, 2, -EACCES, 0},
        {0x80000001, 2, -EACCES, 0},
        {0x1, 0x8002, -EINVAL, 0},
        {0x80001, 0x8002, -ENOTSUP, 0},
        {0x1, 0x1002, -ENOTSUP, 0},
        {0x1, 0x2002, -ENOTSUP, 0},
        {0x1, 0x4002, -ENOTSUP, 0},
        {0x1, 0x10002, -ENOTSUP, 0},
    };
    struct hy_opening wish;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        UNIT_ASSERT_NUMBER(open_of(v6, rows[i].desired, rows[i].flags, &wish), rows[i].result);
        if (rows[i].result == 0)
            UNIT_ASSERT_NUMBER(wish.access, rows[i].access);
    }
    (void)open_of(v6, 2, 0x1a, &wish);
    CU_ASSERT(wish.append_anyhow);
    (void)open_of(v6, 2, 0x12, &wish);
    CU_ASSERT(!wish.append_anyhow);
}

static void renames_have_their_flags(void)
{
    static const struct {
        uint8_t flags;
        uint32_t want;
        int64_t result;
    } rows[] = {{0, 0, 0},
                {1, HYTHE_RENAME_REPLACE, 0},
                {2, HYTHE_RENAME_REPLACE | HYTHE_RENAME_ATOMIC, 0},
                {4, HYTHE_RENAME_NATIVE, 0},
                {7, HYTHE_RENAME_REPLACE | HYTHE_RENAME_ATOMIC | HYTHE_RENAME_NATIVE, 0},
                {8, 0, -ENOTSUP}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const uint8_t bytes[4] = {0, 0, 0, rows[i].flags};
        struct hy_reader in = hy_reader_of(bytes, 4);
        uint32_t flags;

        UNIT_ASSERT_NUMBER(v6->get_rename(v6, &in, &flags), rows[i].result);
        UNIT_ASSERT_NUMBER(flags, rows[i].want);
    }
}

UNIT_SUITE(v6, UNIT_TEST(all_fields_are_written_in_order), UNIT_TEST(only_what_is_wanted_and_known_is_written),
           UNIT_TEST(a_raw_name_stands_beside_its_bit_only), UNIT_TEST(what_is_too_long_is_left_out),
           UNIT_TEST(an_entry_stays_within_its_room), UNIT_TEST(all_fields_are_read),
           UNIT_TEST(what_may_not_be_set_is_refused), UNIT_TEST(users_that_do_not_exist_are_named),
           UNIT_TEST(counts_are_bounded), UNIT_TEST(accesses_and_dispositions_have_their_meaning),
           UNIT_TEST(renames_have_their_flags));
