/* Sums of the data of an open file, computed in slices so that nobody has to wait for a large one. */
#ifndef HY_VFS_SUMS_H
#define HY_VFS_SUMS_H

#include "core/vfs/vfs.h"

#include <openssl/evp.h>

enum { HY_SUM_MAX = 64 }; /* bytes of the longest */

struct hy_algorithm {
    const char *name; /* md5, sha1, sha224, sha256, sha384, sha512, crc32 */
    const char *evp;  /* libcrypto's name for it; NULL: zlib's crc32 */
    size_t len;       /* bytes of the sum */
};

/* The algorithm of that name, or NULL: unknown, or not to be had from this system's libcrypto. */
const struct hy_algorithm *hy_algorithm_of(const char *name, size_t len);

/* One sum under way, and the means for the next. */
struct hy_sum {
    const struct hy_algorithm *algorithm;
    hy_handle h;
    bool ask;              /* the store may know sums of its own; made false by its first refusal */
    bool begun;            /* something of the range was looked at */
    bool ended;            /* the end of the file was met */
    uint64_t offset, left; /* what is still to be read */
    uint64_t taken;        /* bytes in the sum so far */
    uint32_t crc;
    EVP_MD_CTX *ctx;
    void *buffer;
    uint8_t value[HY_SUM_MAX];
};

/* Readies `sum` for ranges of an open file. 0, -ENOMEM, -EBADF, -EISDIR, -EACCES for one that isn't open for reading.
 * hy_sum_end() in any case. */
int64_t hy_sum_begin(struct hy_vfs *vfs, struct hy_sum *sum, const struct hy_algorithm *algorithm, hy_handle h);
/* Begins a new range: at most `len` bytes, as far as the file goes. */
void hy_sum_range(struct hy_sum *sum, uint64_t offset, uint64_t len);
/* Goes on with it for at most *budget bytes, which what was read is taken from. Returns the length of the sum, which is
 * in sum->value then; 0: not done yet; or a failure. */
int64_t hy_vfs_checksum(struct hy_vfs *vfs, struct hy_sum *sum, size_t *budget);
void hy_sum_end(struct hy_sum *sum);

#endif
