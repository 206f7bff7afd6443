/* What the versions share about attributes. */
#ifndef HY_SFTP_ATTRS_H
#define HY_SFTP_ATTRS_H

#include "core/base/buf.h"
#include "core/sftp/longname.h"
#include "hythe/plugin.h"

#include <stdint.h>

#define HY_ATTRS_EMPTY ((struct hythe_attrs){.struct_size = sizeof(struct hythe_attrs)})

enum {
    HY_PAIRS_MAX = 64,     /* extended pairs in one request */
    HY_GIVEN_MAX = 131072, /* bytes of strings in one request's ATTRS */
    /* Bytes of what is told: longer ones are left out, names of users, groups and MIME types cut. */
    HY_ACL_MAX = 8192,
    HY_PAIRS_BYTES = 8192,
    HY_RAWNAME_MAX = 4096,
    HY_OWNER_MAX = 255,
    HY_ATTRS_MAX = HY_ACL_MAX + HY_PAIRS_BYTES + HY_RAWNAME_MAX + 3 * HY_OWNER_MAX + 256
};

/* Type and permissions as st_mode has them. A store that knows a file's type but no permissions gets the usual ones,
 * since clients take the type from here. 0 when neither is known. */
uint32_t hy_attrs_mode(const struct hythe_attrs *attrs);

/* ---- ATTRS from version 4 on ---- */

/* What one version's ATTRS has. */
struct hy_attrs_form {
    uint32_t known; /* SSH_FILEXFER_ATTR_* */
    uint32_t bits;  /* SSH_FILEXFER_ATTR_FLAGS_* */
    uint32_t types; /* the highest type; higher ones are told as SPECIAL */
    bool bits_mask; /* the bits come with a mask of those that count */
    bool acl_flags; /* an ACL begins with flags */
};

/* What a request's ATTRS lead to, until the next one is read. Zeroes at first, but for the names. */
struct hy_given {
    struct hy_names *names; /* NULL: only numbers are known */
    struct hy_buf text;
    struct hythe_pair pairs[HY_PAIRS_MAX];
    bool same_user, same_group; /* OWNERGROUP left it empty: it shall stay as it is */
    struct hy_principal {
        const char *p;
        size_t len;
    } unknown[2]; /* users and groups of the request that don't exist, for STATUS; len 0: none */
};
void hy_given_free(struct hy_given *g);

/* What the attributes are for: some belong to a new file or folder only. */
enum hy_attrs_use { HY_ATTRS_SET, HY_ATTRS_NEW };

/* Reads ATTRS; `in` is failed when it is cut short. A negative result refuses it for another reason. */
int64_t hy_attrs_get(const struct hy_attrs_form *form, struct hy_reader *in, enum hy_attrs_use use, struct hy_given *g,
                     struct hythe_attrs *attrs);

/* HYTHE_ATTR_* for SSH_FILEXFER_ATTR_*; the type is always among them. */
uint32_t hy_attrs_wanted(const struct hy_attrs_form *form, uint32_t flags);

/* SSH_FILEXFER_ATTR_* for HYTHE_ATTR_*, as far as the form has them. */
uint32_t hy_attrs_flags(const struct hy_attrs_form *form, uint32_t attrs);

/* Writes an entry of NAME (`name` not NULL) or ATTRS alone, with what is known of `flags`. False, and nothing is
 * written, where it takes more than `room` bytes or memory is short (out->failed then). */
bool hy_attrs_put(const struct hy_attrs_form *form, struct hy_buf *out, size_t room, struct hy_longname *line,
                  const char *name, size_t name_len, const struct hythe_attrs *attrs, uint32_t flags);

#endif
