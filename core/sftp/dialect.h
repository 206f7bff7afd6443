/* What differs between the versions of SFTP: how requests and attributes are written. One table per version; nothing
 * else asks for the version. */
#ifndef HY_SFTP_DIALECT_H
#define HY_SFTP_DIALECT_H

#include "core/base/buf.h"
#include "core/sftp/attrs.h"
#include "core/sftp/longname.h"
#include "core/sftp/sftp.h"
#include "core/vfs/vfs.h"
#include "hythe/plugin.h"

/* What a request for attributes wants: as plugins are asked, and as it goes out. */
struct hy_want {
    uint32_t attrs; /* HYTHE_ATTR_* */
    uint32_t flags; /* SSH_FILEXFER_ATTR_* of the version; no meaning in version 3 */
};

/* What OPEN wants. */
struct hy_opening {
    uint32_t access;    /* HYTHE_OPEN_* */
    bool text;          /* the file is text: offsets are ignored and ends of lines are the server's */
    bool append_anyhow; /* atomic appends if the store can, others if not */
    struct hythe_attrs attrs;
};

/* Pairs of VERSION besides the extensions, a bit each. */
enum {
    HY_TELL_NEWLINE = 1 << 0,
    HY_TELL_VENDOR = 1 << 1,
    HY_TELL_SUPPORTED = 1 << 2,
    HY_TELL_SUPPORTED2 = 1 << 3,
    HY_TELL_ACL = 1 << 4,
    HY_TELL_CHARSET = 1 << 5,
    HY_TELL_VERSIONS = 1 << 6
};

struct hy_dialect {
    uint32_t version;
    uint32_t requests;         /* bit set over the types of requests that it has, EXTENDED apart */
    uint32_t tells;            /* HY_TELL_* */
    struct hy_attrs_form form; /* of ATTRS from 4 on */
    uint32_t open_flags;       /* SSH_FXF_* of OPEN from 5 on */
    struct hy_want entry; /* of READDIR: an ACL and extended pairs are told to those who ask, they may be long to get */
    enum hy_real real;    /* how REALPATH looks at the path ... */
    bool real_control;    /* ... unless the client says it, who may also add paths */
    bool end_flags;       /* DATA and NAME may say that nothing follows */
    bool whole_reads;     /* VERSION promises that READ is answered in full */
    bool no_such_path;    /* a missing parent is told from a missing file */
    bool owner_invalid;   /* who can't be given a file is told from what isn't permitted */
    bool handle_rights;   /* attributes are changed through handles that were opened for it */
    bool loose_pairs;     /* extended pairs that a store can't keep are ignored */

    /* Getters leave `in` failed when the request is cut short. A negative result refuses it otherwise. `d` is the table
     * itself, for all. */
    int64_t (*get_attrs)(const struct hy_dialect *d, struct hy_reader *in, enum hy_attrs_use use,
                         struct hy_given *given, struct hythe_attrs *attrs);
    /* OPEN: what follows the name. */
    int64_t (*get_open)(const struct hy_dialect *d, struct hy_reader *in, struct hy_given *given,
                        struct hy_opening *wish);
    /* STAT, LSTAT, FSTAT: what follows the path or handle. */
    struct hy_want (*get_want)(const struct hy_dialect *d, struct hy_reader *in);
    /* RENAME: what follows the paths, as HYTHE_RENAME_*. */
    int64_t (*get_rename)(const struct hy_dialect *d, struct hy_reader *in, uint32_t *flags);

    /* Both are false, with nothing written, where it takes more than `room` bytes or memory is short. `line` makes
     * owners' names, and the longnames where the version has them; without it (NULL) the name stands for the longname,
     * and attrs have no owner. */
    bool (*put_attrs)(const struct hy_dialect *d, struct hy_buf *out, size_t room, struct hy_longname *line,
                      const struct hythe_attrs *attrs, uint32_t flags);
    bool (*put_entry)(const struct hy_dialect *d, struct hy_buf *out, size_t room, struct hy_longname *line,
                      const char *name, size_t len, const struct hythe_attrs *attrs); /* of NAME */
};

/* The table for a client that asked for `version`. Never NULL: versions below 3 have no deployed client, and one that
 * asks for them learns from the answer that it can't be served. */
const struct hy_dialect *hy_dialect_for(uint32_t version);

extern const struct hy_dialect hy_dialect_v3, hy_dialect_v4, hy_dialect_v5, hy_dialect_v6;

/* ---- What versions share ---- */

/* v3.c: the flags of OPEN in 3 and 4; `wish` gets its access. */
void hy_get_pflags(struct hy_reader *in, struct hy_opening *wish, uint32_t *flags);
/* v3.c: no flags at all. */
int64_t hy_get_no_rename(const struct hy_dialect *d, struct hy_reader *in, uint32_t *flags);
/* later.c: from 4 on. */
int64_t hy_get_later_attrs(const struct hy_dialect *d, struct hy_reader *in, enum hy_attrs_use use,
                           struct hy_given *given, struct hythe_attrs *attrs);
struct hy_want hy_get_later_want(const struct hy_dialect *d, struct hy_reader *in);
bool hy_put_later_attrs(const struct hy_dialect *d, struct hy_buf *out, size_t room, struct hy_longname *line,
                        const struct hythe_attrs *attrs, uint32_t flags);
bool hy_put_later_entry(const struct hy_dialect *d, struct hy_buf *out, size_t room, struct hy_longname *line,
                        const char *name, size_t len, const struct hythe_attrs *attrs);
/* open5.c: from 5 on. */
int64_t hy_get_desired_open(const struct hy_dialect *d, struct hy_reader *in, struct hy_given *given,
                            struct hy_opening *wish);
int64_t hy_get_rename_flags(const struct hy_dialect *d, struct hy_reader *in, uint32_t *flags);
/* The flags and the desired access that lead to no more than this access, HYTHE_OPEN_*; what needs none is there. */
uint32_t hy_flags_for(const struct hy_dialect *d, uint32_t access);
uint32_t hy_desired_for(uint32_t access);

#define HY_REQUESTS(first, last) ((UINT32_C(2) << (last)) - (UINT32_C(1) << (first)))

#endif
