/* User certificates of OpenSSH (PROTOCOL.certkeys): a key, what it may be used for, and the signature of an authority
 * that says so. Here it is found out whether one is sound; whether its authority is trusted is asked of plugins. */
#ifndef HY_AUTH_CERT_H
#define HY_AUTH_CERT_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "hythe/plugin.h"

enum { HY_CERT_PRINCIPALS_MAX = 256 }; /* as many as OpenSSH takes */

/* Borrows from the blob that it was read from. Doesn't move: facts points into it. */
struct hy_cert {
    struct hythe_certificate facts; /* what plugins see */
    const uint8_t *key;             /* the key that it is about, as a blob of its own */
    size_t key_len;
    uint32_t role; /* 1: of a user */
    const uint8_t *blob;
    size_t signed_len; /* the first bytes of the blob, which the signature covers */
    struct hy_reader options, extensions, signature;
    const char *principals[HY_CERT_PRINCIPALS_MAX + 1];
    void *store; /* malloc'ed: key and strings */
};

/* Whether a blob calls itself a certificate of a type that hy_cert_read() knows. */
bool hy_cert_is(const uint8_t *blob, size_t len);
/* Takes a blob apart: every length fits, the key and the authority's are good ones. 0; -1 with err, and the certificate
 * is empty then. Says nothing yet about whether it is true. */
int hy_cert_read(struct hy_cert *cert, const uint8_t *blob, size_t len, struct hy_err *err);
/* Whether it may be used now (seconds since 1970) by a client from a numeric address: the authority signed it, it is a
 * user's, in its time, names somebody, and all of its critical options are known and hold. -1 with err. */
int hy_cert_judge(const struct hy_cert *cert, const char *address, int64_t now, struct hy_err *err);
void hy_cert_free(struct hy_cert *cert);

#endif
