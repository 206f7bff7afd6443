/* Keys and certificates that nobody may log in with any more: lines of keys and fingerprints, or a key revocation list
 * of OpenSSH (PROTOCOL.krl). Once made it doesn't change; functions from any thread. */
#ifndef HY_AUTH_REVOKED_H
#define HY_AUTH_REVOKED_H

#include "core/base/err.h"
#include "hythe/plugin.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hy_revoked;

enum { HY_REVOKED_MAX = 16 * 1024 * 1024 }; /* bytes of a list */

/* Reads a list, of whichever kind it is; takes the bytes, which are malloc'ed and
 * have room for one more behind them. NULL with err when anything in it can't be
 * honoured, or memory is short. */
struct hy_revoked *hy_revoked_new(uint8_t *bytes, size_t len, struct hy_err *err);
void hy_revoked_free(struct hy_revoked *revoked);

/* Whether a plain key is on the list. Also when that can't be found out. */
bool hy_revoked_has_key(const struct hy_revoked *revoked, const uint8_t *blob, size_t len);
/* Whether a certificate is, by its serial number or key id, or through its authority's key; not through its own. */
bool hy_revoked_has_certificate(const struct hy_revoked *revoked, const struct hythe_certificate *certificate);

#endif
