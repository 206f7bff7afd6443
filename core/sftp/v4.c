/* Version 4: draft-ietf-secsh-filexfer-04. */
#include "core/sftp/dialect.h"
#include "core/sftp/proto.h"

#define ENTRY_FLAGS \
    (SSH_FILEXFER_ATTR_SIZE | SSH_FILEXFER_ATTR_PERMISSIONS | SSH_FILEXFER_ATTR_ACCESSTIME | \
     SSH_FILEXFER_ATTR_CREATETIME | SSH_FILEXFER_ATTR_MODIFYTIME | SSH_FILEXFER_ATTR_OWNERGROUP | \
     SSH_FILEXFER_ATTR_SUBSECOND_TIMES)
#define ENTRY_ATTRS \
    (HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE | HYTHE_ATTR_OWNER | HYTHE_ATTR_ATIME | HYTHE_ATTR_BTIME | \
     HYTHE_ATTR_MTIME)

static int64_t get_open(const struct hy_dialect *d, struct hy_reader *in, struct hy_given *given,
                        struct hy_opening *wish)
{
    uint32_t flags;

    hy_get_pflags(in, wish, &flags);
    wish->text = (flags & SSH_FXF_TEXT) != 0;
    return hy_attrs_get(&d->form, in, HY_ATTRS_NEW, given, &wish->attrs);
}

const struct hy_dialect hy_dialect_v4 = {
    .version = 4,
    .requests = HY_REQUESTS(SSH_FXP_OPEN, SSH_FXP_SYMLINK),
    .tells = HY_TELL_NEWLINE | HY_TELL_VENDOR | HY_TELL_VERSIONS,
    .form = {.known = ENTRY_FLAGS | SSH_FILEXFER_ATTR_ACL | SSH_FILEXFER_ATTR_EXTENDED, .types = HYTHE_TYPE_UNKNOWN},
    .entry = {ENTRY_ATTRS, ENTRY_FLAGS},
    .real = HY_REAL_LAST,
    .no_such_path = true,
    .loose_pairs = true,
    .get_attrs = hy_get_later_attrs,
    .get_open = get_open,
    .get_want = hy_get_later_want,
    .get_rename = hy_get_no_rename,
    .put_attrs = hy_put_later_attrs,
    .put_entry = hy_put_later_entry,
};
