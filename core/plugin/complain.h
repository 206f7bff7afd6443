/* Where the problems of a plugin go: one text for who only wants to start, a list for who checks a whole file. */
#ifndef HY_PLUGIN_COMPLAIN_H
#define HY_PLUGIN_COMPLAIN_H

#include "core/base/err.h"
#include "core/config/config.h"

struct hy_complaints {
    const char *label;            /* who is complained about: "local-root at /pub" */
    struct hy_err *err;           /* gets the first complaint, may be NULL */
    struct hy_problems *problems; /* gets all, may be NULL */
    struct hy_place place;        /* for those without a place of their own */
    unsigned count;
};

/* Returns -1. place.line 0: none of its own. */
int hy_complain(struct hy_complaints *to, struct hy_place place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
