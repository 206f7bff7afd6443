#include "tests/fuzz/shape.h"

#include "core/sftp/proto.h"

const struct fuzz_shape fuzz_requests[] = {
    {SSH_FXP_OPEN, 3, 4, "pfa"},    {SSH_FXP_OPEN, 5, 6, "pffa"},    {SSH_FXP_CLOSE, 3, 6, "h"},
    {SSH_FXP_READ, 3, 6, "hqu"},    {SSH_FXP_WRITE, 3, 6, "hqs"},    {SSH_FXP_LSTAT, 3, 3, "p"},
    {SSH_FXP_LSTAT, 4, 6, "pf"},    {SSH_FXP_STAT, 3, 3, "p"},       {SSH_FXP_STAT, 4, 6, "pf"},
    {SSH_FXP_FSTAT, 3, 3, "h"},     {SSH_FXP_FSTAT, 4, 6, "hf"},     {SSH_FXP_SETSTAT, 3, 6, "pa"},
    {SSH_FXP_FSETSTAT, 3, 6, "ha"}, {SSH_FXP_OPENDIR, 3, 6, "p"},    {SSH_FXP_READDIR, 3, 6, "h"},
    {SSH_FXP_REMOVE, 3, 6, "p"},    {SSH_FXP_MKDIR, 3, 6, "pa"},     {SSH_FXP_RMDIR, 3, 6, "p"},
    {SSH_FXP_REALPATH, 3, 6, "p"},  {SSH_FXP_REALPATH, 6, 6, "pbp"}, {SSH_FXP_RENAME, 3, 4, "pp"},
    {SSH_FXP_RENAME, 5, 6, "ppf"},  {SSH_FXP_READLINK, 3, 6, "p"},   {SSH_FXP_SYMLINK, 3, 5, "pp"},
    {SSH_FXP_LINK, 6, 6, "ppb"},    {SSH_FXP_BLOCK, 6, 6, "hqqf"},   {SSH_FXP_UNBLOCK, 6, 6, "hqq"},
};
const size_t fuzz_request_count = sizeof fuzz_requests / sizeof fuzz_requests[0];

const struct fuzz_extension fuzz_extensions[] = {
    {"posix-rename@openssh.com", "pp"},
    {"statvfs@openssh.com", "p"},
    {"fstatvfs@openssh.com", "h"},
    {"hardlink@openssh.com", "pp"},
    {"fsync@openssh.com", "h"},
    {"lsetstat@openssh.com", "pa"},
    {"limits@openssh.com", ""},
    {"expand-path@openssh.com", "p"},
    {"copy-data", "hqqhq"},
    {"home-directory", "s"},
    {"users-groups-by-id@openssh.com", "ss"},
    {"version-select", "s"},
    {"filename-translation-control", "b"},
    {"check-file-name", "psqqu"},
    {"check-file-handle", "hsqqu"},
    {"copy-file", "ppb"},
    {"space-available", "p"},
    {"md5-hash", "pqqs"},
    {"md5-hash-handle", "hqqs"},
    {"text-seek", "hq"},
    {"vendor-id", "sssq"},
};
const size_t fuzz_extension_count = sizeof fuzz_extensions / sizeof fuzz_extensions[0];

const struct fuzz_attr fuzz_attrs[] = {
    {SSH_FILEXFER_ATTR_SIZE, 3, 6, "q"},
    {SSH_FILEXFER_ATTR_ALLOCATION_SIZE, 6, 6, "q"},
    {SSH_FILEXFER_ATTR_UIDGID, 3, 3, "uu"},
    {SSH_FILEXFER_ATTR_OWNERGROUP, 4, 6, "ss"},
    {SSH_FILEXFER_ATTR_PERMISSIONS, 3, 6, "u"},
    {SSH_FILEXFER_ATTR_ACMODTIME, 3, 3, "uu"},
    {SSH_FILEXFER_ATTR_ACCESSTIME, 4, 6, "t"},
    {SSH_FILEXFER_ATTR_CREATETIME, 4, 6, "t"},
    {SSH_FILEXFER_ATTR_MODIFYTIME, 4, 6, "t"},
    {SSH_FILEXFER_ATTR_CTIME, 6, 6, "t"},
    {SSH_FILEXFER_ATTR_ACL, 4, 6, "s"},
    {SSH_FILEXFER_ATTR_BITS, 5, 5, "u"},
    {SSH_FILEXFER_ATTR_BITS, 6, 6, "uu"},
    {SSH_FILEXFER_ATTR_TEXT_HINT, 6, 6, "b"},
    {SSH_FILEXFER_ATTR_MIME_TYPE, 6, 6, "s"},
    {SSH_FILEXFER_ATTR_LINK_COUNT, 6, 6, "u"},
    {SSH_FILEXFER_ATTR_UNTRANSLATED_NAME, 6, 6, "s"},
};
const size_t fuzz_attr_count = sizeof fuzz_attrs / sizeof fuzz_attrs[0];
