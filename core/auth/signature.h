/* Signatures of SSH (RFC 4253 section 6.6, RFC 8332, OpenSSH's PROTOCOL.u2f), as certificates carry them. */
#ifndef HY_AUTH_SIGNATURE_H
#define HY_AUTH_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

/* Whether `signature` over `data` was made with the key: NULL, or why it doesn't count. The key is one that
 * hy_key_blob_ok() takes; the signature is any bytes. Signatures with SHA-1 don't count. */
const char *hy_signature_check(const uint8_t *key, size_t key_len, const uint8_t *signature, size_t signature_len,
                               const uint8_t *data, size_t len);

#endif
