/* ATTRS of version 3, from draft-02, section 5. */
#include "core/sftp/attrs.h"
#include "core/sftp/dialect.h"
#include "core/sftp/proto.h"
#include "core/vfs/status.h"
#include "tests/unit/unit.h"

static const struct hy_dialect *v3(void)
{
    return hy_dialect_for(3);
}

static void put(const struct hythe_attrs *a, const char *want, size_t len)
{
    struct hy_buf b;

    hy_buf_init(&b, 1024);
    CU_ASSERT(v3()->put_attrs(v3(), &b, 1024, NULL, a, 0));
    CU_ASSERT_EQUAL(hy_buf_len(&b), len);
    CU_ASSERT(hy_buf_len(&b) == len && memcmp(hy_buf_data(&b), want, len) == 0);
    hy_buf_free(&b);
}

static void all_fields_are_written_in_order(void)
{
    struct hythe_attrs a = HY_ATTRS_EMPTY;

    a.valid = 0xffffffffu;
    a.type = HYTHE_TYPE_DIRECTORY;
    a.mode = 01750;
    a.size = UINT64_C(0x0102030405060708);
    a.uid = 0x11121314;
    a.gid = 0x21222324;
    a.atime.sec = 0x31323334;
    a.mtime.sec = 0x41424344;
    put(&a,
        "\0\0\0\x0f\1\2\3\4\5\6\7\x8\x11\x12\x13\x14\x21\x22\x23\x24\0\0\x43\xe8"
        "\x31\x32\x33\x34\x41\x42\x43\x44",
        32);
}

static void unknown_fields_are_left_out(void)
{
    struct hythe_attrs a = HY_ATTRS_EMPTY;

    put(&a, "\0\0\0\0", 4);
    a.valid = HYTHE_ATTR_SIZE;
    a.size = 5;
    put(&a, "\0\0\0\1\0\0\0\0\0\0\0\5", 12);
    /* A store that keeps one time only. */
    a.valid = HYTHE_ATTR_MTIME;
    a.mtime.sec = 9;
    put(&a, "\0\0\0\x8\0\0\0\x9\0\0\0\x9", 12);
    /* One that knows the type but no permissions. */
    a.valid = HYTHE_ATTR_TYPE;
    a.type = HYTHE_TYPE_REGULAR;
    put(&a, "\0\0\0\4\0\0\x81\xa4", 8);
}

static void times_are_clamped_to_32_bits(void)
{
    struct hythe_attrs a = HY_ATTRS_EMPTY;

    a.valid = HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME;
    a.atime.sec = -1;
    a.mtime.sec = INT64_C(0x100000000);
    put(&a, "\0\0\0\x8\0\0\0\0\xff\xff\xff\xff", 12);
}

static int64_t get(const char *bytes, size_t len, struct hythe_attrs *a, bool *failed)
{
    struct hy_reader in = hy_reader_of(bytes, len);
    struct hy_given given = {0};
    int64_t r;

    *a = HY_ATTRS_EMPTY;
    r = v3()->get_attrs(v3(), &in, HY_ATTRS_SET, &given, a);
    *failed = in.failed;
    return r;
}

static void fields_are_read_and_the_type_is_dropped(void)
{
    static const char bytes[] = "\0\0\0\x0f\0\0\0\1\0\0\0\0\0\0\0\7\0\0\0\x8\0\0\x8f\xff\0\0\0\1\xff\xff\xff\xff";
    struct hythe_attrs a;
    bool failed;

    UNIT_ASSERT_NUMBER(get(bytes, 32, &a, &failed), 0);
    CU_ASSERT(!failed);
    UNIT_ASSERT_NUMBER(a.size, INT64_C(1) << 32);
    UNIT_ASSERT_NUMBER(a.uid, 7);
    UNIT_ASSERT_NUMBER(a.gid, 8);
    UNIT_ASSERT_NUMBER(a.mode, 07777);
    UNIT_ASSERT_NUMBER(a.atime.sec, 1);
    UNIT_ASSERT_NUMBER(a.mtime.sec, UINT32_MAX);
    CU_ASSERT_EQUAL(a.valid,
                    HYTHE_ATTR_SIZE | HYTHE_ATTR_OWNER | HYTHE_ATTR_MODE | HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME);
    for (size_t len = 0; len < 32; len++) {
        (void)get(bytes, len, &a, &failed);
        CU_ASSERT(failed);
    }
}

static void unknown_flags_are_a_protocol_error(void)
{
    struct hythe_attrs a;
    bool failed;

    UNIT_ASSERT_NUMBER(get("\0\0\0\x10\0\0\0\0", 8, &a, &failed), HYTHE_STATUS(SSH_FX_BAD_MESSAGE));
}

static void sizes_that_no_file_can_have_are_refused(void)
{
    struct hythe_attrs a;
    bool failed;

    CU_ASSERT(get("\0\0\0\1\x7f\xff\xff\xff\xff\xff\xff\xff", 12, &a, &failed) == 0);
    CU_ASSERT(get("\0\0\0\1\x80\0\0\0\0\0\0\0", 12, &a, &failed) < 0);
}

/* A count of pairs costs no more time than the bytes that came with it. */
static void pairs_are_bounded_by_the_bytes(void)
{
    struct hythe_attrs a;
    bool failed;

    (void)get("\x80\0\0\0\xff\xff\xff\xff", 8, &a, &failed);
    CU_ASSERT(failed);
    UNIT_ASSERT_NUMBER(get("\x80\0\0\0\0\0\0\1\0\0\0\1n\0\0\0\2vv", 19, &a, &failed), 0);
    CU_ASSERT(!failed);
}

/* The room that READDIR counts with holds for the longest values. */
static void an_entry_fits_its_room(void)
{
    struct hythe_attrs a = HY_ATTRS_EMPTY;
    struct hy_longname l = {0};
    char owner[HY_NAME_TEXT], name[256];
    struct hy_buf b;

    memset(owner, 'o', sizeof owner - 1);
    owner[sizeof owner - 1] = '\0';
    memset(name, 'n', sizeof name);
    a.valid = 0xffffffffu;
    a.owner = a.group = owner;
    a.size = UINT64_MAX;
    a.nlink = UINT32_MAX;
    a.mtime.sec = INT64_C(67767976233532799);
    hy_longname_begin(&l);
    hy_buf_init(&b, 4096);
    for (size_t room = 0; room < 4096 && !v3()->put_entry(v3(), &b, room, &l, name, sizeof name, &a); room++)
        CU_ASSERT(hy_buf_len(&b) == 0);
    CU_ASSERT(hy_buf_len(&b) > 2 * sizeof name);
    hy_buf_free(&b);
}

static void other_versions_are_answered_with_the_nearest(void)
{
    UNIT_ASSERT_NUMBER(hy_dialect_for(UINT32_MAX)->version, HY_SFTP_VERSION);
    for (uint32_t v = 0; v < 7; v++)
        UNIT_ASSERT_NUMBER(hy_dialect_for(v)->version, v < 3 ? 3 : v);
}

UNIT_SUITE(v3, UNIT_TEST(all_fields_are_written_in_order), UNIT_TEST(unknown_fields_are_left_out),
           UNIT_TEST(times_are_clamped_to_32_bits), UNIT_TEST(fields_are_read_and_the_type_is_dropped),
           UNIT_TEST(unknown_flags_are_a_protocol_error), UNIT_TEST(sizes_that_no_file_can_have_are_refused),
           UNIT_TEST(pairs_are_bounded_by_the_bytes), UNIT_TEST(an_entry_fits_its_room),
           UNIT_TEST(other_versions_are_answered_with_the_nearest));
