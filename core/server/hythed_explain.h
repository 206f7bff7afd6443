/* hythed --explain USER PATH. */
#ifndef HY_SERVER_HYTHED_EXPLAIN_H
#define HY_SERVER_HYTHED_EXPLAIN_H

/* Writes to standard output how the path resolves for the user by the configuration in `file`, and complaints to
 * standard error. Returns the exit status of the program. */
int hythed_explain(const char *file, const char *user, const char *path);

#endif
