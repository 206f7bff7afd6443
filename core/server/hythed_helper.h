/* The helper: a process that keeps root's rights for what plugins can't do without them (`assist` of struct
 * hythe_plugin), while hythed itself gives them up.
 *
 * It is forked before there is any thread, host key or listening socket, and has its own copy of the
 * configuration. hythed names a plugin's entry of that configuration by its sum; the helper looks it up, loads
 * the plugin if root alone could have written it, and fills its settings from its own copy. Once the first
 * generation stands it takes on no more, and ends if it has taken on none. From then on hythed can do nothing
 * but begin calls of what it has taken on: each is a child of the helper, which is given one end of a socket
 * and is killed when its time is over. Whatever else arrives ends the helper: hythed wouldn't send it. */
#ifndef HY_SERVER_HYTHED_HELPER_H
#define HY_SERVER_HYTHED_HELPER_H

#include "core/config/config.h"
#include "core/base/log.h"
#include "core/vfs/assist.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

enum { HYTHED_HELPER_ROWS = 64, HYTHED_HELPER_FILES = 64 };

/* ---- What they say: each message is one of these, as a whole, over a socket that keeps them apart ---- */

enum hythed_helper_what {
    HYTHED_HELPER_ADD = 1, /* take on `who`; answered: its row */
    HYTHED_HELPER_SETTLE,  /* that was all; answered: the number of rows and files */
    HYTHED_HELPER_CALL,    /* begin a call of `row`; a socket comes along; not answered */
    HYTHED_HELPER_OPEN     /* open the file `row`; answered, with its descriptor */
};

struct hythed_helper_request {
    uint32_t what;
    uint32_t row;
    struct hy_assisted who;
};

struct hythed_helper_answer {
    int32_t result; /* or a negative errno, with why */
    struct hy_err why;
};

/* Sends a message, with a descriptor unless it is -1: 0 or an errno value. */
int hythed_helper_put(int socket, const void *message, size_t len, int fd);
/* Receives one of that length, and the descriptor that came along, else -1: 1; 0 at the end; -1 for anything else. */
int hythed_helper_get(int socket, void *message, size_t len, int *fd);

/* The files of host keys that a reload may open (reload_host_keys). */
struct hythed_helper_files {
    char *names[HYTHED_HELPER_FILES]; /* as the configuration has them */
    char *real[HYTHED_HELPER_FILES];  /* where each led to at the start; NULL: nowhere */
    size_t count;
};

/* ---- hythed's side ---- */

struct hythed_helper {
    pid_t pid;  /* 0: there is none */
    int socket; /* -1 without */
    const struct hy_log *log;
    struct hythed_helper_files files;
    struct hy_assist assist; /* for the server; valid whether there is a helper or not */
    pthread_mutex_t lock;    /* everything below, and questions with their answers */
    struct hy_assisted rows[HYTHED_HELPER_ROWS];
    size_t row_count;
    bool settled;
};

struct hythe_server;

/* Started as root, forks the helper. Without root there is none and plugins that ask for help are told so. The config
 * is the settings of `server` or, without one, the caller's own. The log must outlive it. 0, or -1 with err. */
int hythed_helper_begin(struct hythed_helper *helper, const struct hy_config *config, struct hythe_server *server,
                        const struct hy_log *log, struct hy_err *err);
/* Says in the log when it has ended before its time: after SIGCHLD. */
void hythed_helper_look(struct hythed_helper *helper);
/* Lets it end. */
void hythed_helper_end(struct hythed_helper *helper);

/* ---- The helper's side ---- */

/* Serves requests from `socket` until its other end is closed; returns the exit status: 0, or 1 after something that
 * hythed doesn't send. The config is wiped and freed as soon as nothing more can be taken on. */
int hythed_helper_serve(int socket, struct hy_config *config, const struct hythed_helper_files *files);

#endif
