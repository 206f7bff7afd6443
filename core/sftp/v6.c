/* Version 6: draft-ietf-secsh-filexfer-13. */
#include "core/sftp/dialect.h"
#include "core/sftp/proto.h"

/* Without the allocation size, which lftp doesn't skip in a listing. */
#define ENTRY_FLAGS \
    (SSH_FILEXFER_ATTR_SIZE | SSH_FILEXFER_ATTR_PERMISSIONS | SSH_FILEXFER_ATTR_ACCESSTIME | \
     SSH_FILEXFER_ATTR_CREATETIME | SSH_FILEXFER_ATTR_MODIFYTIME | SSH_FILEXFER_ATTR_OWNERGROUP | \
     SSH_FILEXFER_ATTR_SUBSECOND_TIMES | SSH_FILEXFER_ATTR_BITS | SSH_FILEXFER_ATTR_TEXT_HINT | \
     SSH_FILEXFER_ATTR_MIME_TYPE | SSH_FILEXFER_ATTR_LINK_COUNT | SSH_FILEXFER_ATTR_UNTRANSLATED_NAME | \
     SSH_FILEXFER_ATTR_CTIME)
#define ENTRY_ATTRS \
    (HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE | HYTHE_ATTR_OWNER | HYTHE_ATTR_ATIME | HYTHE_ATTR_BTIME | \
     HYTHE_ATTR_MTIME | HYTHE_ATTR_CTIME | HYTHE_ATTR_NLINK | HYTHE_ATTR_BITS | HYTHE_ATTR_HINT | HYTHE_ATTR_MIME | \
     HYTHE_ATTR_RAWNAME)

const struct hy_dialect hy_dialect_v6 = {
    .version = 6,
    .requests = HY_REQUESTS(SSH_FXP_OPEN, SSH_FXP_READLINK) | HY_REQUESTS(SSH_FXP_LINK, SSH_FXP_UNBLOCK),
    .tells = HY_TELL_NEWLINE | HY_TELL_VENDOR | HY_TELL_SUPPORTED2 | HY_TELL_ACL | HY_TELL_CHARSET | HY_TELL_VERSIONS,
    .form = {.known =
                 ENTRY_FLAGS | SSH_FILEXFER_ATTR_ALLOCATION_SIZE | SSH_FILEXFER_ATTR_ACL | SSH_FILEXFER_ATTR_EXTENDED,
             .bits = 2 * SSH_FILEXFER_ATTR_FLAGS_TRANSLATION_ERR - 1,
             .types = HYTHE_TYPE_FIFO,
             .bits_mask = true,
             .acl_flags = true},
    .open_flags = SSH_FXF_ACCESS_DISPOSITION | SSH_FXF_APPEND_DATA | SSH_FXF_APPEND_DATA_ATOMIC | SSH_FXF_BLOCK_READ |
                  SSH_FXF_BLOCK_WRITE | SSH_FXF_BLOCK_DELETE | SSH_FXF_BLOCK_ADVISORY | SSH_FXF_TEXT_MODE |
                  SSH_FXF_NOFOLLOW | SSH_FXF_DELETE_ON_CLOSE,
    .entry = {ENTRY_ATTRS, ENTRY_FLAGS},
    .real = HY_REAL_LEXICAL,
    .real_control = true,
    .end_flags = true,
    .whole_reads = true,
    .no_such_path = true,
    .owner_invalid = true,
    .handle_rights = true,
    .get_attrs = hy_get_later_attrs,
    .get_open = hy_get_desired_open,
    .get_want = hy_get_later_want,
    .get_rename = hy_get_rename_flags,
    .put_attrs = hy_put_later_attrs,
    .put_entry = hy_put_later_entry,
};
