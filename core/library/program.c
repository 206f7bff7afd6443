#include "core/library/program.h"
#include "core/library/internal.h"

#include <stdatomic.h>

void hy_program_own(struct hythe_server *server, const struct hy_program *program)
{
    server->program = program;
}

int hy_program_load(struct hythe_server *server, const char *file, struct hy_problems *problems)
{
    return hythe_load(server, file, NULL, true, problems);
}

const struct hy_config *hy_program_settings(struct hythe_server *server)
{
    return server->view;
}

struct hy_server *hy_program_core(struct hythe_server *server)
{
    return server->core;
}

void hy_program_log_level(struct hythe_server *server, enum hy_log_level level)
{
    atomic_store(&server->log.level, level);
}

struct hy_config *hy_program_leave(struct hythe_server *server)
{
    struct hy_config *settings = server->view;

    server->view = NULL;
    hythe_server_free(server);
    return settings;
}
