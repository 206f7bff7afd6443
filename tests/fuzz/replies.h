/* Holds replies against the requests that they answer: each request gets one reply, in the order of the requests, of a
 * type that it may get, well-formed for the version. */
#ifndef HY_TESTS_FUZZ_REPLIES_H
#define HY_TESTS_FUZZ_REPLIES_H

#include "core/base/buf.h"

struct fuzz_replies {
    struct hy_reader input; /* what the client sends, from the first frame that isn't answered yet */
    unsigned version;       /* 0: no VERSION yet */
    size_t count;
    uint64_t hash;
};

/* Takes one reply off the front, if all of it is there: returns its length, else 0. */
size_t fuzz_replies_take(struct fuzz_replies *r, const uint8_t *data, size_t len);
/* No more will come: unless the session was cut off, none may be missing. */
void fuzz_replies_end(struct fuzz_replies *r, bool cut_off);

#endif
