/* ATTRS and OPEN of version 5, from draft-05, sections 5 and 6.3.1. */
#include "tests/unit/sftp_attrs.h"

static const struct hy_dialect *const v5 = &hy_dialect_v5;

/* Bits without a mask, an ACL without flags, nothing that came with version 6. */
static void all_fields_are_written_in_order(void)
{
    static const char all[] =
        "\x80\0\x3\xfd\x9\1\2\3\4\5\6\7\x8\0\0\0\2us\0\0\0\3grp\0\0\3\xe8"
        "\xff\xff\xff\xff\xff\xff\xff\xff\x1d\xcd\x65\0\0\0\0\0\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0\3\0\0\0\2"
        "\0\0\0\x1a\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0\6OWNER@"
        "\0\0\0\5\0\0\0\1\0\0\0\3a@b\0\0\0\2\x63\x64";
    struct hythe_attrs a = attrs_full();

    attrs_put(v5, &a, 0xffffffff, all, sizeof all - 1);
}

static void all_fields_are_read(void)
{
    static const char bytes[] =
        "\x80\0\x3\xfd\1\1\2\3\4\5\6\7\x8\0\0\0\1\x37\0\0\0\1\x38\0\0\3\xe8"
        "\xff\xff\xff\xff\xff\xff\xff\xff\x1d\xcd\x65\0\0\0\0\0\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0\3\0\0\0\2"
        "\0\0\0\x1a\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0\6OWNER@"
        "\0\0\0\5\0\0\0\1\0\0\0\3a@b\0\0\0\2\x63\x64";
    struct hy_given g = {0};
    struct hythe_attrs a;
    bool failed;

    UNIT_ASSERT_NUMBER(attrs_get(v5, HY_ATTRS_SET, bytes, sizeof bytes - 1, &g, &a, &failed), 0);
    CU_ASSERT_EQUAL(a.valid, HYTHE_ATTR_SIZE | HYTHE_ATTR_OWNER | HYTHE_ATTR_MODE | HYTHE_ATTR_ATIME |
                                 HYTHE_ATTR_BTIME | HYTHE_ATTR_MTIME | HYTHE_ATTR_ACL | HYTHE_ATTR_BITS |
                                 HYTHE_ATTR_EXTENDED);
    UNIT_ASSERT_NUMBER(a.size, UINT64_C(0x0102030405060708));
    UNIT_ASSERT_NUMBER(a.bits, 5);
    UNIT_ASSERT_NUMBER(a.bits_mask, 0x7ff);
    CU_ASSERT(a.acl_len == 30 && memcmp(a.acl, attrs_full().acl, 30) == 0); /* as version 6 has it */
    UNIT_ASSERT_NUMBER(a.pair_count, 1);
    hy_given_free(&g);
    attrs_cut(v5, bytes, sizeof bytes - 1);
    attrs_refuse(v5, HY_ATTRS_SET, "\0\0\4\0\1\0\0\0\0\0\0\0\0", 13, HYTHE_STATUS(SSH_FX_BAD_MESSAGE));
}

static void flags_of_version_6_are_unsupported(void)
{
    static const uint8_t nofollow[13] = {0, 0, 0, 1, 0, 0, 4, 2}, plain[13] = {0, 0, 0, 1, 0, 0, 0, 2};
    struct hy_reader in = hy_reader_of(nofollow, sizeof nofollow);
    struct hy_opening wish = {.attrs = HY_ATTRS_EMPTY};
    struct hy_given g = {0};

    UNIT_ASSERT_NUMBER(v5->get_open(v5, &in, &g, &wish), -ENOTSUP);
    in = hy_reader_of(plain, sizeof plain);
    UNIT_ASSERT_NUMBER(v5->get_open(v5, &in, &g, &wish), 0);
    UNIT_ASSERT_NUMBER(wish.access, HYTHE_OPEN_READ);
    hy_given_free(&g);
}

UNIT_SUITE(v5, UNIT_TEST(all_fields_are_written_in_order), UNIT_TEST(all_fields_are_read),
           UNIT_TEST(flags_of_version_6_are_unsupported));
