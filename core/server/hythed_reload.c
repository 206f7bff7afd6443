#include "core/server/hythed_reload.h"
#include "core/auth/auth.h"
#include "core/library/program.h"
#include "core/server/algorithms.h"
#include "core/sftp/sftp.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct hy_config *hythed_read_config(const char *file, bool partial, struct hy_problems *problems)
{
    const struct hy_config_rules rules = {.public_key_ok = hy_public_key_ok,
                                          .password_hash_ok = hy_password_hash_ok,
                                          .extension_ok = hy_sftp_extension_ok,
                                          .algorithm_ok = hy_server_algorithm_ok,
                                          .partial = partial};

    return hy_config_read(file, &rules, problems);
}

static void log_problems(const struct hy_log *log, const struct hy_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct hy_problem *p = &problems->items[i];

        if (p->place.line)
            hy_log(log, HY_LOG_ERROR, 0, "%s:%u: %s", p->place.file, p->place.line, p->text);
        else
            hy_log(log, HY_LOG_ERROR, 0, "%s%s%s", p->place.file, p->place.file[0] ? ": " : "", p->text);
    }
    if (problems->lost)
        hy_log(log, HY_LOG_ERROR, 0, "memory was short: not every problem is listed");
}

void hythed_log_level(struct hythed_running *running, enum hy_log_level level)
{
    running->log->log.level = level;
    hy_program_log_level(running->server, level);
}

/* 0, or -1 with problems. */
static int reload(struct hythed_running *running, struct hy_problems *problems)
{
    const struct hy_config *config;

    if (hy_program_load(running->server, running->file, problems))
        return -1;
    config = hy_program_settings(running->server);
    hythed_log_level(running, running->debug ? HY_LOG_DEBUG : (enum hy_log_level)config->LogLevel);
    running->log->json = strcmp(config->log_format, "json") == 0;
    return 0;
}

int hythed_reload(struct hythed_running *running, const char *by, struct hy_problems *problems)
{
    const struct hy_log *log = &running->log->log;

    if (access(running->file, R_OK) < 0 && errno == EACCES)
        hy_problems_add(problems, (struct hy_place){0},
                        "to read %s takes more rights than are left; let the group of run_as read it, or restart",
                        running->file);
    else if (reload(running, problems) == 0) {
        hy_log(log, HY_LOG_INFO, 0, "%s: %s was read again and holds for new connections", by, running->file);
        return 0;
    }
    log_problems(log, problems);
    hy_log(log, HY_LOG_ERROR, 0, "%s: %s was read again and can't be used: nothing has changed", by, running->file);
    return -1;
}
