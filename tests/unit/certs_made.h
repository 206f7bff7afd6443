/* Certificates made for tests: authorities of every type, and a certificate in all its fields. */
#ifndef HY_TESTS_CERTS_MADE_H
#define HY_TESTS_CERTS_MADE_H

#include "core/base/buf.h"

#include <openssl/evp.h>

enum { MADE_NOW = 1800000000, MADE_MAX = 32768 };

enum made_ca { MADE_ED25519, MADE_P256, MADE_P384, MADE_P521, MADE_RSA, MADE_SK_ED25519, MADE_SK_P256, MADE_CAS };

/* What is to be in a certificate; made_plain() has a good one. Options are rows of a name and a value with a NULL at
 * the end; a value of NULL is left out. */
struct made {
    const char *type, *key;  /* of the certificate; a line of the key in it */
    const char *application; /* behind the key; NULL: none */
    uint64_t serial, after, before;
    uint32_t role;
    const char *id;
    size_t id_len;
    const char *const *principals; /* NULL-terminated */
    const char *const *critical, *const *extensions;
    enum made_ca ca;
    const char *algorithm; /* of the signature; NULL: the authority's own */
};

struct made made_plain(void);
/* The blob. hy_buf_free() it. */
struct hy_buf made_cert(const struct made *m);
/* The authority's key as a blob, and as the line that it is in a file. */
struct hy_buf made_ca_blob(enum made_ca ca);
const char *made_ca_line(enum made_ca ca, const char *options, char out[MADE_MAX]);

#endif
