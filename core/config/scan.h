/* Splits the text of a configuration file into what must be looked at before libconfig sees it, and the rest. */
#ifndef HY_CONFIG_SCAN_H
#define HY_CONFIG_SCAN_H

#include <stdbool.h>
#include <stddef.h>

enum hy_token_kind {
    HY_TOKEN_TEXT,    /* to be passed on as it is */
    HY_TOKEN_LONG,    /* a number that needs more than 32 bits: to be passed on with an L */
    HY_TOKEN_INCLUDE, /* @include "value" */
    HY_TOKEN_BAD      /* what is wrong is in value */
};

struct hy_token {
    enum hy_token_kind kind;
    const char *start; /* len bytes of the file */
    size_t len;
    bool fatal; /* BAD: nothing can be made of what follows */
    char value[1024];
};

/* The text must end with a NUL at `end`. */
struct hy_scan {
    const char *text, *at, *end;
};

/* The next piece, of at least one byte; false at the end. */
bool hy_scan_next(struct hy_scan *scan, struct hy_token *token);

#endif
