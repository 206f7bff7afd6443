/* The text of a failure, for whoever can show it. Functions that set up things take one and say who, what, which value
 * and what to do; functions on the way of a request return errno values instead. */
#ifndef HY_BASE_ERR_H
#define HY_BASE_ERR_H

#include <stdint.h>

struct hy_err {
    char text[1024];
};

/* Formats the text and returns -1, so that one can write `return hy_err_set(err, "...")`. err may be NULL. */
int hy_err_set(struct hy_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What a negative errno from outside means, or that it is none. Never NULL. */
const char *hy_err_reason(int64_t result);

#endif
