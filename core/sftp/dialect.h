/* What differs between the versions of SFTP: how requests and attributes are written. One table per version; nothing
 * else asks for the version. */
#ifndef HY_SFTP_DIALECT_H
#define HY_SFTP_DIALECT_H

#include "core/base/buf.h"
#include "core/sftp/longname.h"
#include "hythe/plugin.h"

struct hy_dialect {
    uint32_t version;
    uint32_t entry_want; /* HYTHE_ATTR_* that READDIR tells */
    size_t entry_room;   /* bytes of an entry at most, its names not counted, and how often the name is in it */
    unsigned entry_names;

    /* Getters leave `in` failed when the request is cut short. A negative result refuses it otherwise. */
    int64_t (*get_attrs)(struct hy_reader *in, struct hythe_attrs *attrs);
    int64_t (*get_open)(struct hy_reader *in, uint32_t *access, struct hythe_attrs *attrs); /* what follows the name */
    uint32_t (*get_want)(struct hy_reader *in);   /* of STAT, LSTAT, FSTAT: what follows the path or handle */
    uint32_t (*get_rename)(struct hy_reader *in); /* what follows RENAME's paths: HYTHE_RENAME_* */

    void (*put_attrs)(struct hy_buf *out, const struct hythe_attrs *attrs);
    /* One entry of NAME. `line` makes longnames where the version has them; without it the name stands for it. */
    void (*put_entry)(struct hy_buf *out, struct hy_longname *line, const char *name, size_t len,
                      const struct hythe_attrs *attrs);
};

/* The highest version spoken; a client that asks for more gets this one. */
enum { HY_SFTP_VERSION = 3 };

/* The table for a client that asked for `version`. Never NULL: versions below 3 have no deployed client, and one that
 * asks for them learns from the answer that it can't be served. */
const struct hy_dialect *hy_dialect_for(uint32_t version);

extern const struct hy_dialect hy_dialect_v3;

#endif
