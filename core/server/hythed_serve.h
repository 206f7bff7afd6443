/* hythed's serving: a server of hythe.h, and what a program alone decides about its process: rights, signals, log. */
#ifndef HY_SERVER_HYTHED_SERVE_H
#define HY_SERVER_HYTHED_SERVE_H

#include <stdbool.h>

/* Serves as the file says until SIGTERM or SIGINT. debug: everything is logged, to standard error. The exit status. */
int hythed_serve(const char *file, bool debug);

#endif
