/* The configuration file of hythed: read at the start, and again on SIGHUP. */
#ifndef HY_SERVER_HYTHED_RELOAD_H
#define HY_SERVER_HYTHED_RELOAD_H

#include "core/server/hythed_helper.h"
#include "core/server/hythed_log.h"
#include "core/server/server.h"
#include "hythe/hythe.h"

/* partial: as hy_config_rules.partial. NULL with problems. */
struct hy_config *hythed_read_config(const char *file, bool partial, struct hy_problems *problems);

/* What a running hythed follows its file in, beside the server. */
struct hythed_running {
    struct hythe_server *server;
    struct hy_server *core; /* what the server runs; NULL before it is bound */
    struct hythed_log *log;
    struct hythed_helper *helper;
    const char *file;
    bool debug; /* everything is logged, whatever the file says */
};

/* How much is logged from now on. */
void hythed_log_level(struct hythed_running *running, enum hy_log_level level);

/* Lets what the file says now hold for new connections, or says in the log why it can't; `by` whom. 0, or -1 with
 * problems, to be freed in either case. */
int hythed_reload(struct hythed_running *running, const char *by, struct hy_problems *problems);

#endif
