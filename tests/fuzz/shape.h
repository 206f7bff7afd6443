/* What requests and replies of each version look like, as texts with a letter for each field:
 *   b u q  1, 4 and 8 bytes       s  a string                 p  a path
 *   h      a handle               a  attributes               f  flags: few bits of a uint32
 *   t      a time, with nanoseconds where the attributes have them */
#ifndef HY_TESTS_FUZZ_SHAPE_H
#define HY_TESTS_FUZZ_SHAPE_H

#include <stddef.h>
#include <stdint.h>

struct fuzz_shape {
    uint8_t type;
    uint8_t first, last; /* versions */
    const char *fields;  /* behind the id */
};
extern const struct fuzz_shape fuzz_requests[];
extern const size_t fuzz_request_count;

struct fuzz_extension {
    const char *name;
    const char *fields; /* behind the name */
};
extern const struct fuzz_extension fuzz_extensions[];
extern const size_t fuzz_extension_count;

/* The fields of ATTRS, in their order; extended pairs come last in all versions. */
struct fuzz_attr {
    uint32_t bit;
    uint8_t first, last;
    const char *fields;
};
extern const struct fuzz_attr fuzz_attrs[];
extern const size_t fuzz_attr_count;

#endif
