/* Building replies. A reply is begun, filled with hy_buf_put_*() and ended; room was asked for before. */
#ifndef HY_SFTP_REPLY_H
#define HY_SFTP_REPLY_H

#include "core/sftp/engine.h"

struct hy_buf *hy_reply_begin(struct hy_engine *e, uint8_t type, uint32_t id);
/* HY_ANSWERED, or -ENOMEM after taking the reply back. */
int64_t hy_reply_end(struct hy_engine *e);
void hy_reply_drop(struct hy_engine *e);

/* STATUS for any result, in the words of whoever failed or of status.def. */
void hy_reply_status(struct hy_engine *e, uint32_t id, int64_t result);

/* NAME with one entry. attrs NULL: none. */
int64_t hy_reply_entry(struct hy_engine *e, uint32_t id, const char *name, size_t len, const struct hythe_attrs *attrs);
/* ... without attributes. */
int64_t hy_reply_name(struct hy_engine *e, uint32_t id, const char *name, size_t len);
/* NAME with the canonical path of the user's view, as a program that hears of it makes it of what the client asked for;
 * BAD_MESSAGE when the request was cut short. */
int64_t hy_reply_realpath(struct hy_engine *e, struct hy_request *rq, struct hy_name asked, struct hy_name path);
/* Fires ResolvePath for what a client asked for: n is the length of path, or a failure. Returns them as the program
 * leaves them. control: of version 6, else 0. */
int64_t hy_resolved(struct hy_engine *e, struct hy_name asked, uint32_t control, char path[HY_PATH_MAX], int64_t n);
int64_t hy_reply_handle(struct hy_engine *e, uint32_t id, hy_handle h);
/* `flags` are those of struct hy_want. */
int64_t hy_reply_attrs(struct hy_engine *e, uint32_t id, const struct hythe_attrs *attrs, uint32_t flags);

#endif
