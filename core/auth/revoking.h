/* What a list of revoked keys is made of; for the files that read one. */
#ifndef HY_AUTH_REVOKING_H
#define HY_AUTH_REVOKING_H

#include "core/auth/revoked.h"
#include "core/base/buf.h"

/* Digests of one length, one behind the other; sorted once all are there. */
struct hy_digests {
    size_t width, count, room;
    uint8_t *bytes;
};

/* Serial numbers from least to most, both included; with bits only those whose bit is set, `least` being the last bit
 * of the last byte. */
struct hy_serials {
    uint64_t least, most;
    const uint8_t *bits; /* of the list's bytes; NULL: all */
    size_t bits_len;
};

/* What is revoked of one authority, or of all. Parts of the list's bytes. */
struct hy_issued {
    struct hy_reader authority; /* empty: all */
    struct hy_serials *serials;
    size_t serial_count, serial_room;
    struct hy_reader *ids;
    size_t id_count, id_room;
};

struct hy_revoked {
    uint8_t *bytes;
    struct hy_digests sha1, sha256; /* of blobs of keys */
    struct hy_issued *issued;
    size_t issued_count, issued_room;
};

/* Room for one more element of `size` bytes behind count of them: the array, maybe moved; NULL: out of memory. */
void *hy_revoking_grow(void *array, size_t count, size_t *room, size_t size);
/* NULL, or why not. */
const char *hy_revoking_add_digest(struct hy_digests *to, const uint8_t *digest);
const char *hy_revoking_add_key(struct hy_revoked *to, const uint8_t *blob, size_t len);

/* krl.c. Whether the bytes are a key revocation list, and what is in it. */
bool hy_krl_is(const uint8_t *bytes, size_t len);
int hy_krl_read(struct hy_revoked *to, const uint8_t *bytes, size_t len, struct hy_err *err);

#endif
