/* A server: listeners, host keys, plugins, sessions. Several may live in one process; nothing here is global, nothing
 * exits, nothing prints, no signal is touched. The order is new, bind, (the program gives up its rights), start, stop,
 * free. */
#ifndef HY_SERVER_SERVER_H
#define HY_SERVER_SERVER_H

#include "core/base/addr.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/config/config.h"
#include "core/vfs/assist.h"

struct hy_server;

/* config and log must outlive the server. */
struct hy_server *hy_server_new(const struct hy_config *config, const struct hy_log *log, struct hy_err *err);

/* What a program does around each connection, on the connection's own thread: begin before the first byte of the
 * accepted socket fd is read, end after the last. Before start. */
struct hy_server_around {
    void (*begin)(int fd);
    void (*end)(void);
};
void hy_server_set_around(struct hy_server *server, const struct hy_server_around *around);

/* What the program wants to hear of and decide. Before bind; it must outlive the server. NULL: nothing. */
struct hy_events;
void hy_server_set_events(struct hy_server *server, struct hy_events *events);

/* Plugins of the program's own: `named`, NULL-terminated, are those that the configuration may name, as if they were
 * files; hy_plugins_vet() has been asked about each. Before start; they must outlive the server. */
struct hythe_plugin;
void hy_server_set_plugins(struct hy_server *server, const struct hythe_plugin *const *named);

/* The ids of connections go on behind this one: for a server that is made in the place of another. Before start. */
void hy_server_set_last(struct hy_server *server, uint64_t id);
/* The id that the last connection was given; 0: there was none. */
uint64_t hy_server_last(struct hy_server *server);

/* Who helps with rights that the program has given up. Before start; it must outlive the server. */
void hy_server_set_assist(struct hy_server *server, const struct hy_assist *assist);

/* Everything that may need rights: reads the host keys, binds and listens (nothing is accepted yet). */
int hy_server_bind(struct hy_server *server, struct hy_err *err);

/* Loads the plugins, starts the mounts and the users, begins to accept. */
int hy_server_start(struct hy_server *server, struct hy_err *err);

/* For --check, what bind and start would do without binding or accepting: every problem with host keys, then every one
 * with plugins, mounts and users is added to problems; config may be one that was read in part
 * (hy_config_rules.partial), assist may be NULL. */
void hy_server_check_keys(const struct hy_config *config, struct hy_problems *problems);
void hy_server_check(const struct hy_config *config, const struct hy_assist *assist, struct hy_problems *problems);

/* What is allowed and unwise, each beginning with "warning: ": for --check and for the log. */
void hy_server_warn(const struct hy_config *config, struct hy_problems *warnings);

/* Writes the values in effect as hy_config_dump() does, with every plugin asked which of its settings are secrets. Of a
 * plugin that can't be asked nothing is shown. 0, or -1 without memory. */
int hy_server_dump(const struct hy_config *config, FILE *out);

/* Lets `config` hold for sessions that begin from now on; those that there are keep what they began with. 0: the server
 * has taken the config. -1 with problems: a setting that can't change while the server runs, a key that can't be read
 * any more, a plugin that isn't sound or doesn't start; nothing has changed and the config is still the caller's. After
 * start, by one thread at a time. */
int hy_server_reload(struct hy_server *server, struct hy_config *config, struct hy_problems *problems);

/* Stops listening, while connections go on; it doesn't wait. From any thread. Nobody is accepted any more once
 * hy_server_closed() says so, which waits for that for at most `ms`. */
void hy_server_close(struct hy_server *server);
bool hy_server_closed(struct hy_server *server, unsigned ms);
/* Afterwards: listens again, where config says, which then holds as after hy_server_reload(), but that settings of
 * listening may have changed. 0, or -1 with problems: it doesn't listen and the config is still the caller's. */
int hy_server_reopen(struct hy_server *server, struct hy_config *config, struct hy_problems *problems);

/* Stops accepting at once; lets running requests finish for at most `seconds`, then cuts every connection off and waits
 * for its thread. Idempotent. */
void hy_server_stop(struct hy_server *server, unsigned seconds);

/* The same in steps, for who has to do something else meanwhile. end begins it, now: connections are cut off; ended
 * waits for at most `ms` and says whether nothing is left; what is there HY_SERVER_LAST_WAIT seconds after connections
 * were cut off is stuck, and the log is told. From any thread. */
enum { HY_SERVER_LAST_WAIT = 5 };
void hy_server_end(struct hy_server *server, bool now);
bool hy_server_ended(struct hy_server *server, unsigned ms);
void hy_server_tell_stuck(struct hy_server *server);

/* The port in use, for LocalPort = 0: that of the first listener. 0 before bind, and with Listening = false. */
uint16_t hy_server_port(const struct hy_server *server);
/* Where it listens, from 0 on; false when there are no more. */
bool hy_server_listener(const struct hy_server *server, size_t i, struct hy_addr *addr, uint16_t *port);

/* Connections now. */
unsigned hy_server_connections(const struct hy_server *server);

/* For a handler of a signal that is this thread's own fault and ends the process: *conn, the connection that the thread
 * works for (0: none), and what it does there, "" if that isn't known. */
void hy_server_at_fault(struct hy_server *server, uint64_t *conn, char *what, size_t size);

void hy_server_free(struct hy_server *server);

#endif
