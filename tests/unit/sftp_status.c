/* Written from the drafts: which version has which code. */
#include "core/vfs/status.h"
#include "core/sftp/sftp.h"
#include "tests/unit/unit.h"

#include <errno.h>

/* The highest code of each version: filexfer-02, -04, -05 and -13. */
static const struct {
    uint32_t version, highest;
} versions[] = {{3, 8}, {4, 13}, {5, 17}, {6, 31}};

static const int errors[] = {
#define HY_ERRNO(error, name, text) error,
    HY_ERRNO_ROWS
#undef HY_ERRNO
};

static void no_code_exceeds_its_version(void)
{
    for (size_t v = 0; v < sizeof versions / sizeof versions[0]; v++) {
        for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
            uint32_t code = hy_status_code(-errors[i], versions[v].version);

            CU_ASSERT(code <= versions[v].highest);
            CU_ASSERT(code >= 2);
        }
        for (int n = 0; n <= 40; n++)
            CU_ASSERT(hy_status_code(HYTHE_STATUS(n), versions[v].version) <= versions[v].highest);
    }
}

/* draft-02, section 7: servers must not send NO_CONNECTION and CONNECTION_LOST. */
static void what_only_clients_make_up_is_never_sent(void)
{
    for (uint32_t version = 3; version <= 6; version++) {
        UNIT_ASSERT_NUMBER(hy_status_code(HYTHE_STATUS(6), version), 4);
        UNIT_ASSERT_NUMBER(hy_status_code(HYTHE_STATUS(7), version), 4);
    }
}

static void errors_reach_each_version_as_designed(void)
{
    static const struct {
        int error;
        uint32_t code[4]; /* versions 3 to 6 */
    } rows[] = {
        {ENOENT, {2, 2, 2, 2}},   {EEXIST, {4, 11, 11, 11}}, {EROFS, {3, 12, 12, 12}},   {ENOSPC, {4, 4, 14, 14}},
        {EDQUOT, {4, 4, 15, 15}}, {ENOTDIR, {2, 2, 2, 19}},  {ENOTEMPTY, {4, 4, 4, 18}}, {ELOOP, {2, 2, 2, 21}},
        {EACCES, {3, 3, 3, 3}},   {EPERM, {3, 3, 3, 3}},     {EBADF, {4, 9, 9, 9}},      {ENOSYS, {8, 8, 8, 8}},
        {ENOTSUP, {8, 8, 8, 8}},  {EISDIR, {4, 4, 4, 24}},   {EINVAL, {4, 4, 4, 23}},    {ENAMETOOLONG, {4, 4, 4, 20}},
        {EIO, {4, 4, 4, 4}},      {EXDEV, {4, 4, 4, 4}},     {4000, {4, 4, 4, 4}},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (uint32_t v = 0; v < 4; v++)
            UNIT_ASSERT_NUMBER(hy_status_code(-rows[i].error, v + 3), rows[i].code[v]);
}

static void exact_codes_pass_where_they_exist(void)
{
    for (int n = 0; n <= 31; n++)
        if (n != 6 && n != 7)
            UNIT_ASSERT_NUMBER(hy_status_code(HYTHE_STATUS(n), 6), n);
    UNIT_ASSERT_NUMBER(hy_status_code(HYTHE_STATUS(32), 6), 4);
    UNIT_ASSERT_NUMBER(hy_status_code(INT64_MIN, 6), 4);
    /* A range lock of version 6 is a lock of version 5 and a failure before. */
    UNIT_ASSERT_NUMBER(hy_status_code(HYTHE_STATUS(25), 5), 17);
    UNIT_ASSERT_NUMBER(hy_status_code(HYTHE_STATUS(25), 4), 4);
}

/* Each code reaches every version that has it, and none before. */
static void each_code_has_its_versions(void)
{
    static const uint8_t since[] = {3, 3, 3, 3, 3, 3, 0, 0, 3, 4, 4, 4, 4, 4, 5, 5,
                                    5, 5, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6};

    for (uint32_t n = 0; n < sizeof since; n++)
        for (uint32_t version = 3; since[n] && version <= 6; version++)
            CU_ASSERT((hy_status_code(HYTHE_STATUS(n), version) == n) == (version >= since[n]));
}

static void success_is_ok_whatever_its_number(void)
{
    UNIT_ASSERT_NUMBER(hy_status_code(0, 3), 0);
    UNIT_ASSERT_NUMBER(hy_status_code(INT64_MAX, 3), 0);
}

static void every_result_has_a_text(void)
{
    UNIT_ASSERT_STRING(hy_status_text(-ENOTEMPTY), "Directory not empty");
    UNIT_ASSERT_STRING(hy_status_text(HYTHE_STATUS(15)), "Quota exceeded");
    UNIT_ASSERT_STRING(hy_status_text(-4000), "Failure");
    UNIT_ASSERT_STRING(hy_status_text(HYTHE_STATUS(99)), "Failure");
    UNIT_ASSERT_STRING(hy_status_text(0), "Success");
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        CU_ASSERT(hy_status_text(-errors[i])[0] != '\0');
}

UNIT_SUITE(status, UNIT_TEST(no_code_exceeds_its_version), UNIT_TEST(what_only_clients_make_up_is_never_sent),
           UNIT_TEST(errors_reach_each_version_as_designed), UNIT_TEST(exact_codes_pass_where_they_exist),
           UNIT_TEST(each_code_has_its_versions), UNIT_TEST(success_is_ok_whatever_its_number),
           UNIT_TEST(every_result_has_a_text));

/* As `sftp-server -Q requests` of OpenSSH 9.2 and later prints them. */
static void requests_have_the_names_of_openssh(void)
{
    static const char *const names[] = {
        "open",
        "close",
        "read",
        "write",
        "lstat",
        "fstat",
        "setstat",
        "fsetstat",
        "opendir",
        "readdir",
        "remove",
        "mkdir",
        "rmdir",
        "realpath",
        "stat",
        "rename",
        "readlink",
        "symlink",
        "posix-rename",
        "statvfs",
        "fstatvfs",
        "hardlink",
        "fsync",
        "lsetstat",
        "limits",
        "expand-path",
        "copy-data",
        "home-directory",
        "users-groups-by-id",
        /* ... and those that it doesn't have. */
        "link",
        "block",
        "unblock",
        "version-select",
        "vendor-id",
        "filename-translation-control",
        "check-file-name",
        "check-file-handle",
        "md5-hash",
        "md5-hash-handle",
        "copy-file",
        "space-available",
        "text-seek",
    };
    size_t count = sizeof names / sizeof names[0];

    UNIT_ASSERT_NUMBER(HY_REQUEST_COUNT, count);
    for (unsigned i = 0; i < count; i++) {
        UNIT_ASSERT_STRING(hy_sftp_request_name(i), names[i]);
        UNIT_ASSERT_NUMBER(hy_sftp_request_of(names[i]), i);
    }
    CU_ASSERT(hy_sftp_request_name(HY_REQUEST_COUNT) == NULL);
    UNIT_ASSERT_NUMBER(hy_sftp_request_of("no-such"), -1);
    UNIT_ASSERT_NUMBER(hy_sftp_request_of(""), -1);
}

UNIT_SUITE(requests, UNIT_TEST(requests_have_the_names_of_openssh));
