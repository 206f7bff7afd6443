/* The log filter: a line for each transfer and each change. */
#ifndef HYTHE_LOG_H
#define HYTHE_LOG_H

#include "hythe/plugin.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

struct lg_settings {
    const char *xferlog, *json; /* "": not wanted */
    int64_t mode;
    int required;
};

/* A file that lines are appended to, by any thread. */
struct lg_file {
    const struct hythe_host *host;
    const char *path; /* "": not wanted */
    mode_t mode;
    pthread_mutex_t lock; /* the members below */
    int fd;               /* -1: not open */
    bool torn;            /* the last line is there in part */
    bool failing;         /* and the server's log says so already */
};

struct lg_instance {
    const struct lg_settings *set;
    struct lg_file xferlog, json;
};

/* What a session has of a mount. */
struct lg_base {
    const struct lg_instance *lg;
    int root_len;
    char path[]; /* the user's root, then what the user calls the base; without a slash at its end */
};

/* ---- file.c ---- */

/* Whether lines can be written; opens the file unless it is only looked for. 0 or a negative errno. */
int lg_file_check(const struct lg_file *file);
void lg_file_init(struct lg_file *file, const struct hythe_host *host, const char *path, mode_t mode);
void lg_file_close(struct lg_file *file);
/* Opens the file, anew when somebody moved it away. 0 or a negative errno, told to the server's log once. */
int lg_file_ready(struct lg_file *file);
/* Appends a whole line with its newline. Likewise. */
int lg_file_append(struct lg_file *file, const char *line, size_t len);

/* ---- text.c ---- */

/* As one field of an xferlog line: blanks and what doesn't print are `_`. To be freed; NULL without memory. */
char *lg_field(const char *text);
/* With U+FFFD for every byte that isn't UTF-8; *sound tells whether there was none. To be freed. */
char *lg_valid(const char *text, bool *sound);

/* ---- line.c ---- */

/* What happened. */
struct lg_event {
    const char *name;    /* "upload", "rename" */
    char direction;      /* of xferlog: i, o, d; m for what it doesn't know */
    bool transfer;       /* of an open file */
    bool complete;       /* nothing failed and the client came to an end */
    bool aborted;        /* the connection broke off */
    char *path;          /* of the server's tree */
    const char *to;      /* the second path, or NULL */
    const char *target;  /* of a symbolic link, or NULL */
    uint32_t attributes; /* HYTHE_ATTR_* that were set */
    uint64_t bytes_read, bytes_written, bytes_copied;
    int64_t milliseconds;
    int64_t result;
};

/* The event as a line of each kind, with its newline; to be freed. NULL without memory. */
char *lg_xferlog_line(const struct hythe_session *session, const struct lg_event *event, size_t *len);
char *lg_json_line(const struct hythe_session *session, const struct lg_event *event, size_t *len);

/* ---- note.c ---- */

int64_t lg_now(void); /* milliseconds of a clock that nobody sets */
/* What the server's operator calls the path of a call, and one of the user's view; to be freed. */
char *lg_path(const struct hythe_call *call, const char *path);
char *lg_path_of_view(const struct hythe_call *call, const char *path);
/* Before an operation: 0, or what it fails with because it couldn't be logged. Sets *start. */
int64_t lg_begin(const struct hythe_call *call, int64_t *start);
/* After it: writes the lines and frees event->path, whose being NULL is a want of memory. Returns what the operation is
 * to return. */
int64_t lg_end(const struct hythe_call *call, struct lg_event *event, int64_t start, int64_t result);

/* ---- Operations: transfer.c, change.c ---- */

#define LG_OP(name) int64_t lg_##name(const struct hythe_call *call, struct hythe_##name##_arg *arg);
LG_OP(open)
LG_OP(read)
LG_OP(write)
LG_OP(copy)
LG_OP(close)
LG_OP(setattr)
LG_OP(fsetattr)
LG_OP(symlink)
LG_OP(link)
LG_OP(unlink)
LG_OP(mkdir)
LG_OP(rmdir)
LG_OP(rename)
LG_OP(copyfile)
#undef LG_OP
int64_t lg_any(const struct hythe_call *call, void *arg);

#endif
