/* ATTRS and OPEN of version 4, from draft-04, sections 5 and 6.3. */
#include "tests/unit/sftp_attrs.h"

static const struct hy_dialect *const v4 = &hy_dialect_v4;

/* Types end with 5; a FIFO is special. */
static void all_fields_are_written_in_order(void)
{
    static const char all[] =
        "\x80\0\x1\xfd\4\1\2\3\4\5\6\7\x8\0\0\0\2us\0\0\0\3grp\0\0\3\xe8"
        "\xff\xff\xff\xff\xff\xff\xff\xff\x1d\xcd\x65\0\0\0\0\0\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0\3\0\0\0\2"
        "\0\0\0\x1a\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0\6OWNER@"
        "\0\0\0\1\0\0\0\3a@b\0\0\0\2\x63\x64";
    struct hythe_attrs a = attrs_full();

    attrs_put(v4, &a, 0xffffffff, all, sizeof all - 1);
}

static void all_fields_are_read(void)
{
    static const char bytes[] =
        "\x80\0\x1\xfd\1\1\2\3\4\5\6\7\x8\0\0\0\1\x37\0\0\0\1\x38\0\0\3\xe8"
        "\xff\xff\xff\xff\xff\xff\xff\xff\x1d\xcd\x65\0\0\0\0\0\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0\3\0\0\0\2"
        "\0\0\0\x1a\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0\6OWNER@\0\0\0\1\0\0\0\3a@b\0\0\0\2\x63\x64";
    struct hy_given g = {0};
    struct hythe_attrs a;
    bool failed;

    UNIT_ASSERT_NUMBER(attrs_get(v4, HY_ATTRS_SET, bytes, sizeof bytes - 1, &g, &a, &failed), 0);
    CU_ASSERT_EQUAL(a.valid, HYTHE_ATTR_SIZE | HYTHE_ATTR_OWNER | HYTHE_ATTR_MODE | HYTHE_ATTR_ATIME |
                                 HYTHE_ATTR_BTIME | HYTHE_ATTR_MTIME | HYTHE_ATTR_ACL | HYTHE_ATTR_EXTENDED);
    CU_ASSERT(a.acl_len == 30 && memcmp(a.acl, attrs_full().acl, 30) == 0);
    hy_given_free(&g);
    attrs_cut(v4, bytes, sizeof bytes - 1);
    attrs_refuse(v4, HY_ATTRS_SET, "\0\0\2\0\1\0\0\0\0", 9, HYTHE_STATUS(SSH_FX_BAD_MESSAGE));
}

static void open_is_that_of_version_3_with_text(void)
{
    static const uint8_t bytes[9] = {0, 0, 0, 0x5a};
    struct hy_reader in = hy_reader_of(bytes, sizeof bytes);
    struct hy_opening wish = {.attrs = HY_ATTRS_EMPTY};
    struct hy_given g = {0};

    UNIT_ASSERT_NUMBER(v4->get_open(v4, &in, &g, &wish), 0);
    UNIT_ASSERT_NUMBER(wish.access, HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE | HYTHE_OPEN_TRUNCATE);
    CU_ASSERT(wish.text);
    hy_given_free(&g);
}

UNIT_SUITE(v4, UNIT_TEST(all_fields_are_written_in_order), UNIT_TEST(all_fields_are_read),
           UNIT_TEST(open_is_that_of_version_3_with_text));
