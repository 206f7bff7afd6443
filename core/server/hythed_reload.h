/* The configuration file of hythed: read at the start, and again on SIGHUP. */
#ifndef HY_SERVER_HYTHED_RELOAD_H
#define HY_SERVER_HYTHED_RELOAD_H

#include "core/server/hythed_helper.h"
#include "core/server/hythed_log.h"
#include "core/server/server.h"

/* partial: as hy_config_rules.partial. NULL with problems. */
struct hy_config *hythed_read_config(const char *file, bool partial, struct hy_problems *problems);

/* What a running hythed follows its file in, beside the server. */
struct hythed_running {
    struct hy_server *server;
    struct hythed_log *log;
    struct hythed_helper *helper;
    const char *file;
    bool debug;                /* everything is logged, whatever the file says */
    unsigned shutdown_timeout; /* seconds, as the file says now */
};

/* Lets what the file says now hold for new connections, or says in the log why it can't; `by` whom. 0, or -1 with
 * problems, to be freed in either case. */
int hythed_reload(struct hythed_running *running, const char *by, struct hy_problems *problems);

#endif
