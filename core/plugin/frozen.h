/* The content of a plugin's file, copied to where nobody can change it any more: what was checked is what is loaded,
 * and the file itself may be overwritten while its code runs. */
#ifndef HY_PLUGIN_FROZEN_H
#define HY_PLUGIN_FROZEN_H

#include "core/plugin/complain.h"

#include <stdbool.h>
#include <string.h>

/* SHA-256 of the content. */
struct hy_digest {
    unsigned char bytes[32];
};

static inline bool hy_digest_same(const struct hy_digest *a, const struct hy_digest *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

struct hy_frozen {
    int fd; /* a sealed file in memory; -1 for none */
    struct hy_digest digest;
};

/* Copies the file behind fd, whose path and name are for messages and debuggers. -1 with a complaint: not a shared
 * object, not a whole one, or changed while it was copied. */
int hy_freeze(int fd, const char *path, const char *name, struct hy_frozen *out, struct hy_complaints *to);
void hy_frozen_free(struct hy_frozen *frozen);

/* A path that leads to the copy, no other object's as long as the descriptor is open: for dlopen(), which takes two
 * files of one path for one, and for debuggers, which look there for symbols. */
enum { HY_FROZEN_PATH = 64 };
int hy_frozen_path(const struct hy_frozen *frozen, char path[HY_FROZEN_PATH]);

#endif
