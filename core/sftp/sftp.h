/* The SFTP engine: bytes in, bytes out, over one session's virtual tree. It knows nothing of SSH. */
#ifndef HY_SFTP_SFTP_H
#define HY_SFTP_SFTP_H

#include "core/transport/link.h"
#include "core/vfs/vfs.h"

struct hy_names; /* cache of user and group names, names.h */

/* Which way round a client sends SYMLINK's two paths: see doc/clients.md. */
enum hy_symlink_order {
    HY_SYMLINK_TARGET_FIRST, /* OpenSSH's clients, and those that copy them */
    HY_SYMLINK_LINK_FIRST    /* as the draft says */
};

struct hy_sftp_options {
    const struct hy_log *log;
    struct hy_names *names;          /* shared by all sessions; must outlive the engine */
    uint64_t conn;                   /* for log lines */
    enum hy_symlink_order symlink_order;
    bool read_only;                  /* refuses every write (hythe-sftp-server -R) */
    uint32_t max_packet;             /* largest frame accepted and built, bytes; 0: 262144 + 1024 */
    size_t out_limit;                /* bytes of replies held before input stops; 0: 512 KiB */
    const uint64_t *denied;          /* bit set of requests that are refused (hythe-sftp-server -p, -P), or NULL */
    bool log_requests;               /* one verbose line per open, close, rename ... */
};

/* An engine and the sink that drives it. Takes the vfs: sink.close frees both. 0, or -1 with err. */
int hy_sftp_new(struct hy_vfs *vfs, const struct hy_sftp_options *options, struct hy_sink *sink, struct hy_err *err);

#endif
