/* Version 5: draft-ietf-secsh-filexfer-05. */
#include "core/sftp/dialect.h"
#include "core/sftp/proto.h"

#define ENTRY_FLAGS \
    (SSH_FILEXFER_ATTR_SIZE | SSH_FILEXFER_ATTR_PERMISSIONS | SSH_FILEXFER_ATTR_ACCESSTIME | \
     SSH_FILEXFER_ATTR_CREATETIME | SSH_FILEXFER_ATTR_MODIFYTIME | SSH_FILEXFER_ATTR_OWNERGROUP | \
     SSH_FILEXFER_ATTR_SUBSECOND_TIMES | SSH_FILEXFER_ATTR_BITS)
#define ENTRY_ATTRS \
    (HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE | HYTHE_ATTR_OWNER | HYTHE_ATTR_ATIME | HYTHE_ATTR_BTIME | \
     HYTHE_ATTR_MTIME | HYTHE_ATTR_BITS)

const struct hy_dialect hy_dialect_v5 = {
    .version = 5,
    .requests = HY_REQUESTS(SSH_FXP_OPEN, SSH_FXP_SYMLINK),
    .tells = HY_TELL_NEWLINE | HY_TELL_VENDOR | HY_TELL_SUPPORTED | HY_TELL_VERSIONS,
    .form = {.known = ENTRY_FLAGS | SSH_FILEXFER_ATTR_ACL | SSH_FILEXFER_ATTR_EXTENDED,
             .bits = 2 * SSH_FILEXFER_ATTR_FLAGS_SYNC - 1,
             .types = HYTHE_TYPE_FIFO},
    .open_flags = SSH_FXF_ACCESS_DISPOSITION | SSH_FXF_APPEND_DATA | SSH_FXF_APPEND_DATA_ATOMIC | SSH_FXF_TEXT_MODE |
                  SSH_FXF_BLOCK_READ | SSH_FXF_BLOCK_WRITE | SSH_FXF_BLOCK_DELETE,
    .entry = {ENTRY_ATTRS, ENTRY_FLAGS},
    .real = HY_REAL_EXISTS,
    .whole_reads = true,
    .no_such_path = true,
    .handle_rights = true,
    .loose_pairs = true,
    .get_attrs = hy_get_later_attrs,
    .get_open = hy_get_desired_open,
    .get_want = hy_get_later_want,
    .get_rename = hy_get_rename_flags,
    .put_attrs = hy_put_later_attrs,
    .put_entry = hy_put_later_entry,
};
