/* Where a name really leads, for a layer in the midst of a call. */
#ifndef HY_VFS_REAL_H
#define HY_VFS_REAL_H

#include "hythe/plugin.h"

#include <stdbool.h>

/* The canonical name, one of the user's view into out (HY_PATH_MAX bytes), of an absolute path of the view that lies in
 * the call's mount, as the layers inside of this one know it. What the path names may be missing, and links that lead
 * to where nothing is are gone after, as an open that makes a file does. Without `follow` a link that has the name
 * itself stays what it is. Nothing is asked that the call's own locks don't cover. Returns the length, -EXDEV for a
 * path of another mount, -ELOOP, or what a layer answered. */
int64_t hy_chain_real(const struct hythe_call *call, const char *path, bool follow, char *out);

#endif
