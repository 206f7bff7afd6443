/*
 * libhythe: an SFTP server inside of a program. Link with `pkg-config --libs hythe`.
 *
 *     struct hythe_server *server = hythe_server_new();
 *     hythe_Config(server, "SSHCertStore=/etc/hythe/ssh_host_ed25519_key", NULL, 0);
 *     hythe_Config(server, "RootDirectory=/srv/sftp", NULL, 0);
 *     hythe_server_handle(server, &events, NULL);
 *     if (hythe_StartListening(server)) ...
 *
 * The library has no globals, touches no signal, never exits and writes nothing but what handlers write. SIGPIPE is the
 * program's to ignore. Several servers may live in one process. Names with capitals are the specification's (the
 * component's own: properties, methods, events and settings); lower-case names are Hythe's.
 *
 * Results. int functions return 0, or the number of an error of the component (hythe_error_text() has them all, such as
 * 104 when the server listens already), or a negative errno; hythe_server_error() has who, what, which value and what
 * to do. A call that fails has changed nothing. NULL for a name, a value or a file is -EINVAL.
 *
 * Threads. "Any thread" means at any time, from handlers of events too; "owner" means one thread at a time, and not
 * from a handler (-EDEADLK, which changes nothing).
 */
#ifndef HYTHE_HYTHE_H
#define HYTHE_HYTHE_H

#include <hythe/events.h>
#include <hythe/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "1.0.0" of the library that is running. */
const char *hythe_version(void);

/* What an error number of the component means, or what an errno says. Never NULL. Any thread. */
const char *hythe_error_text(int number);

/* A server that doesn't listen, with the specification's defaults (doc/specification.md lists the departures; Listening
 * is false). NULL: out of memory. */
struct hythe_server *hythe_server_new(void);

/* Shuts it down, if it still listens, and frees it. NULL is allowed. Owner, when no other call is going on. A handler
 * that never returns keeps its memory. */
void hythe_server_free(struct hythe_server *server);

/* The reason of the last call that failed, on whichever thread, in words, cut to size bytes; "" if none did. Any
 * thread. */
void hythe_server_error(struct hythe_server *server, char *text, size_t size);

/* ---- Settings and properties ---- */

/* Config(): "Name" reads a setting, "Name=value" sets it, "Name[ConnectionId]" and "Name[ConnectionId]=value" those of
 * a connection, "Name[i]" those that are lists. Booleans are true, false, yes, no, 1, 0 in any case. All settings of
 * hythe.cfg(5) that are no lists of groups are settings here, and the component's properties too; those of a whole
 * process, such as run_as, keep the server from starting. The value, the new one after setting, is written to value
 * (size bytes, cut; may be NULL with 0) in the form that sets it again; secrets are "***". While the server listens,
 * settings that may be reloaded hold for connections that come from then on; others fail (104, 106, 107). An unknown
 * name is -ENOENT, a value that can't be -EINVAL, a connection that isn't there 126. Any thread; -EDEADLK only in a
 * handler of what a call of the same thread, which changes the server or another one that somebody changes, makes it
 * tell (Log, Error).
 *
 * Lists: AltSSHCertStore[i] and its like, which AltSSHCertCount makes longer and shorter, the prompts with
 * KeyboardInteractivePromptCount, and factors[i]; one behind the last is added. A setting that is empty by default, and
 * one of a connection, is taken back by an empty value. */
int hythe_Config(struct hythe_server *server, const char *setting, char *value, size_t size);

/* The same with name and value apart. */
int hythe_server_set(struct hythe_server *server, const char *name, const char *value);
int hythe_server_get(struct hythe_server *server, const char *name, char *value, size_t size);
/* The same of numbers, booleans (0, 1) and sizes in bytes. -EINVAL for a setting that is none of these. */
int hythe_server_set_number(struct hythe_server *server, const char *name, int64_t value);
int hythe_server_get_number(struct hythe_server *server, const char *name, int64_t *value);

/* Takes all settings of a configuration file (hythe.cfg(5)), or of a text like one, in place of those that were set
 * before; what neither says has its default. What is wrong fails it, what is missing may be set before the start;
 * written out as empty, as by auth = ( ), it is wrong unless a handler that makes up for it was given before. While
 * the server listens this is a reload, which may change nothing that needs a restart (106, 107, -EINVAL). Owner. */
int hythe_server_load(struct hythe_server *server, const char *file);
int hythe_server_load_text(struct hythe_server *server, const char *text);

/* Every setting and every handler as hythe_server_new() has them; what was registered stays. 104 while the server
 * listens or has connections. Owner. */
int hythe_Reset(struct hythe_server *server);

/* ---- What the server is made of ---- */

/* The handlers of the program; NULL for none. They are copied, ctx is handed to each. -EINVAL for a table without its
 * size, 104 while the server listens or has connections. Owner. */
int hythe_server_handle(struct hythe_server *server, const struct hythe_events *events, void *ctx);

/* Makes a plugin known that is no shared object: a filesystem, a filter, or one that authenticates, which `mounts`,
 * `filters` and `auth` of the configuration then name, even if there is a file of that name. It must outlive the
 * server. 104 while it listens or has connections, -EEXIST for a name that is taken. Owner. */
int hythe_server_register(struct hythe_server *server, const struct hythe_plugin *plugin);

/* ---- Serving ---- */

/* Reads the host keys and opens the ports, for a program that gives up rights before it serves: StartListening() does
 * the rest. No setting changes between the two (104). Owner. */
int hythe_server_bind(struct hythe_server *server);

/* Starts to serve: Listening becomes true. It takes a host key (SSHCertStore), something to serve (RootDirectory,
 * mounts, or handlers of events of files) and somebody who may log in (users, plugins that authenticate, or a handler
 * of SSHUserAuthRequest). What is missing or wrong among the settings is said now; 1301 without a host key that can
 * be used. If it fails, ports that hythe_server_bind() has opened are closed. After StopListening() it listens again,
 * and what was set meanwhile holds for who comes then, but for what needs a server without connections. Waits for what
 * was told to end, as Shutdown() does. -ECANCELED: a handler, or another thread, has told it to stop or to end
 * meanwhile. Owner. */
int hythe_StartListening(struct hythe_server *server);
/* Closes the ports; connections that there are go on. It doesn't wait. Any thread. */
int hythe_StopListening(struct hythe_server *server);
/* StopListening(), then lets running requests finish for at most shutdown_timeout and ends every connection; waits for
 * that, delivering events that are queued on the calling thread. Called from a handler it doesn't wait: the connections
 * end as soon as they can, and a later call that isn't in a handler waits for that. -ETIMEDOUT: a handler or a plugin
 * doesn't return; its connection is left behind. Any thread. */
int hythe_Shutdown(struct hythe_server *server);

/* Where it listens: the port of the first listener, which for LocalPort=0 is the one that the system chose. 0: it
 * doesn't. After hythe_server_bind() too. Any thread. */
unsigned hythe_server_port(struct hythe_server *server);

/* ---- Events ---- */

/* With ProcessIdleEvents=false: runs the handlers of all events that wait by then; if none does, waits for one for at
 * most SelectWaitMillis. With ProcessIdleEvents it only waits that long, or until the server has ended. Returns how
 * many ran, or a negative errno. Owner. */
int hythe_DoEvents(struct hythe_server *server);
/* A descriptor that is readable while events wait for hythe_DoEvents(): for poll(2). Valid as long as the server. */
int hythe_server_fd(struct hythe_server *server);

/* ---- Connections ---- */

/* The ids of the connections that there are (SFTPConnectionCount of them) in the order in which they came, at most
 * room. Returns how many there are. Any thread. What is known of one is read by name: "SFTPConnectionRemoteHost[id]",
 * SFTPConnectionRemotePort, SFTPConnectionLocalAddress, SFTPConnectionProtocolVersion, SFTPConnectionConnected,
 * SFTPConnectionTimeout, ClientSSHVersionString, NegotiatedStrictKex, ConnectionUID, and Hythe's own user, home,
 * kex, host_key, cipher_in, cipher_out, mac_in, mac_out, compression_in, compression_out. What isn't known yet is "" or
 * 0, such as the user before the login. Ids are never used twice by a server. */
size_t hythe_server_connections(struct hythe_server *server, uint64_t *ids, size_t room);

/* Ends a connection; a request that is being worked at may still be answered. 126: there is none. Any thread; it
 * doesn't wait. */
int hythe_Disconnect(struct hythe_server *server, uint64_t connection);
/* Lets it exchange keys anew. 126. Any thread; it doesn't wait. */
int hythe_ExchangeKeys(struct hythe_server *server, uint64_t connection);

/* ---- In handlers of events of files ---- */

/* In a handler of DirList of that connection: the names in the directory, separated by CR LF (or LF). "." and ".."
 * are added by the server. What they are is asked for by GetAttributes. The last call counts. -EINVAL anywhere else,
 * and for a name that has a slash or is longer than 255 bytes. */
int hythe_SetFileList(struct hythe_server *server, uint64_t connection, const char *list);

/* SFTPConnectionFileData, in a handler of FileRead or FileWrite of that connection; -EINVAL anywhere else. What is set
 * is copied: in FileRead at most Length bytes (-EMSGSIZE), in FileWrite, before it, any number up to 256 KiB. */
int hythe_GetFileData(struct hythe_server *server, uint64_t connection, const void **data, size_t *length);
int hythe_SetFileData(struct hythe_server *server, uint64_t connection, const void *data, size_t length);

/* In a handler of an event of files of that connection (ResolvePath has the answer already): where a path of the user's
 * view leads, without links, into out (size bytes). Links are followed as the operation that the event is about follows
 * them: by an open, a listing, setstat and stat to the end, by what removes, renames, links or makes a name up to the
 * folder that it is in. The last component may be missing; a link that leads to nothing leads to the name that an open
 * would make. Whoever judges names judges this one: Path is only what the client calls it.
 *
 * It asks the store, and costs nothing unless it is called. With ProcessIdleEvents=false that is on the thread of
 * hythe_DoEvents(). What it says may change before the operation is carried out (doc/events.md, "Names").
 *
 * 0, -EINVAL anywhere else and for a path that isn't absolute, -EMSGSIZE for more than fits, -EXDEV for a path of
 * another mount than the event's; -ENOENT if a folder on the way is missing, -ELOOP, -EACCES and whatever else the
 * store answers: then there is nothing that could be opened, and a policy refuses. */
int hythe_server_resolve(struct hythe_server *server, uint64_t connection, const char *path, char *out, size_t size);

#ifdef __cplusplus
}
#endif
#endif
