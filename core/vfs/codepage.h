/* Names of a store whose character set isn't UTF-8 (CodePage). Clients, the core, filters and rules see UTF-8; the
 * innermost filter of the mount turns it into the store's bytes and back, and no other code knows of it. A mount
 * without CodePage doesn't have that filter.
 *
 * Two names never meet: one is taken only if turning it there and back gives it again. What the character set can't say
 * is shown nevertheless: a byte that has no character as one of U+EF80 to U+EFFF, which leads back to it. */
#ifndef HY_VFS_CODEPAGE_H
#define HY_VFS_CODEPAGE_H

#include "core/path/path.h"
#include "core/vfs/chain.h"

struct hy_codepage; /* used by any number of threads */

/* 0 with *out; -EINVAL: iconv doesn't know the character set; -ENOTSUP: ASCII isn't a part of it, so that "/" wouldn't
 * be what it is everywhere else; -ENOMEM. */
int hy_codepage_new(const char *charset, struct hy_codepage **out);
void hy_codepage_free(struct hy_codepage *page);

/* Turns a path, a name or the target of a link, part by part; `out` has HY_PATH_MAX bytes. Returns the length, NUL not
 * counted, -ENAMETOOLONG or -ENOMEM; -EILSEQ: it isn't UTF-8, the character set can't say it, or it is no name there.
 */
int64_t hy_codepage_to_store(struct hy_codepage *page, const char *path, size_t len, char *out);
/* The way back always leads to something. *odd (may be NULL): some bytes had no character. */
int64_t hy_codepage_to_wire(struct hy_codepage *page, const char *path, size_t len, char *out, bool *odd);

/* The filter, and its name, which no configuration file can say. Its one setting is CodePage. */
#define HY_CODEPAGE_NAME "code page"
extern const struct hythe_plugin hy_codepage_plugin;
/* What the layers inside of `layer` call the path: `path` itself for any other layer, else `out` (HY_PATH_MAX bytes),
 * or NULL when it can't be said there. */
const char *hy_codepage_inside(const struct hy_instance *layer, const char *path, char *out);

#endif
