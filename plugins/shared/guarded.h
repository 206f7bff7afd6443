/* Text files that decide who may enter, read as a whole and only when nobody else could have put them there.
 *
 * The file and every folder above it must belong to root or to the user that runs the server and must not be writable
 * by others; folders like /tmp, where strangers can't rename, may stand further above. All of it is judged on open
 * descriptors, from / downwards. */
#ifndef PLUGINS_SHARED_GUARDED_H
#define PLUGINS_SHARED_GUARDED_H

#include <stddef.h>
#include <sys/stat.h>

struct guarded_text {
    char *data; /* malloc'ed, with a NUL behind it; guarded_free() wipes it */
    size_t len;
    struct stat st; /* of the descriptor that was read */
};

enum { GUARDED_WHY = 256 };

/* Reads the absolute path. Links are followed in its first `fixed` bytes only, which end before a slash: what an
 * operator wrote, not what was filled in. `forbidden` are permission bits that the file may not have, besides those to
 * write by group and others. 0, or a negative errno with a reason: -EPERM for a wrong owner, mode or type, -EFBIG
 * beyond `max` bytes, -ELOOP for a link, -ENOENT and others of open(2). */
int guarded_read(const char *path, size_t fixed, mode_t forbidden, size_t max, struct guarded_text *text,
                 char why[GUARDED_WHY]);
void guarded_free(struct guarded_text *text);

#endif
