/* What hythed answers to hythectl. */
#ifndef HY_SERVER_HYTHED_ANSWER_H
#define HY_SERVER_HYTHED_ANSWER_H

#include "core/server/hythed_control.h"
#include "core/server/hythed_reload.h"

/* A hythed_answer_fn over a struct hythed_running. A request is an object whose "command" names a row of the table in
 * hythed_answer.c. An answer is an object whose "ok" says whether it was done; if not, "error" says why. Texts of
 * clients come escaped as in the log. */
char *hythed_answer(void *running, uid_t who, const char *request, size_t len);

#endif
