/* What hythed, which does more than serve, needs of its server beside hythe.h. Nothing of it is exported. */
#ifndef HY_LIBRARY_PROGRAM_H
#define HY_LIBRARY_PROGRAM_H

#include "core/base/log.h"
#include "core/config/config.h"
#include "core/server/server.h"
#include "hythe/hythe.h"

struct hy_program {
    const struct hy_assist *assist;        /* who helps with rights that were given up */
    const struct hy_server_around *around; /* what is done around each connection */
};

/* The server is that of a program which does as its file says: Listening of the file is obeyed. ProcessIdleEvents
 * isn't, since nobody calls DoEvents. Before it is loaded; *program must outlive the server, and is looked at when that
 * is bound. */
void hy_program_own(struct hythe_server *server, const struct hy_program *program);

/* hythe_server_load() with every problem at its place, those of what is missing too, and any of them fails it. */
int hy_program_load(struct hythe_server *server, const char *file, struct hy_problems *problems);

/* The settings in effect, until something is set, loaded or handled: what is needed for longer is copied. */
const struct hy_config *hy_program_settings(struct hythe_server *server);

/* The server that listens: from hythe_server_bind() until hythe_Shutdown(). */
struct hy_server *hy_program_core(struct hythe_server *server);

/* Up to which level lines become events from now on, until a load says otherwise. */
void hy_program_log_level(struct hythe_server *server, enum hy_log_level level);

/* In a process that was forked before the server was bound: frees it, wiped, but for its settings, to be freed by
 * hy_config_free(). */
struct hy_config *hy_program_leave(struct hythe_server *server);

#endif
