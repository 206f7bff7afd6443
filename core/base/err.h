/* The text of a failure, for whoever can show it. Functions that set up things take one and say who, what, which value
 * and what to do; functions on the way of a request return errno values instead. */
#ifndef HY_BASE_ERR_H
#define HY_BASE_ERR_H

#include <stdint.h>

/* The specification's numbers of errors, HY_ERROR_<name> for each row of errors.def. */
enum hy_error {
    HY_ERROR_NONE = 0,
#define HY_ERROR(name, value, text) HY_ERROR_##name = value,
#include "core/base/errors.def"
#undef HY_ERROR
};

struct hy_err {
    char text[1024];
    enum hy_error number; /* NONE: the failure has no number of the specification */
    int system;           /* the errno that it came from; 0: none */
};

/* Formats the text, without a number, and returns -1, so that one can write `return hy_err_set(err, "...")`. err may be
 * NULL. */
int hy_err_set(struct hy_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same with a number, which the text ends with: "... [1301]". */
int hy_err_number(struct hy_err *err, enum hy_error number, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same with an errno, whose meaning the text ends with: "...: Address already in use". */
int hy_err_system(struct hy_err *err, int system, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The number of the specification that a text ends with, as above; 0: none. */
int hy_error_of(const char *text);

/* What a number of the specification means, or NULL of one that it doesn't have. */
const char *hy_error_text(int number);

/* What a negative errno from outside means, or that it is none. Never NULL. */
const char *hy_err_reason(int64_t result);

#endif
