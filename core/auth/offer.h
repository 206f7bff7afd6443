/* What a client offers by publickey: a plain key or a certificate, looked at as far as that goes without knowing whose
 * it is to be. */
#ifndef HY_AUTH_OFFER_H
#define HY_AUTH_OFFER_H

#include "core/auth/auth.h"
#include "core/auth/cert.h"
#include "core/auth/key.h"

struct hy_offer {
    const uint8_t *key; /* the plain key */
    size_t key_len;
    bool certified;
    struct hy_cert cert; /* if so */
    int64_t now;
    struct hy_err why; /* why it isn't sound */
};

/* Fills the offer from a blob of the client's, which must outlive it. false: nobody needs to be asked about it. Close
 * it in any case; it doesn't move meanwhile. */
bool hy_offer_open(struct hy_offer *offer, const struct hy_auth_policy *policy, const char *address,
                   const uint8_t *blob, size_t len);
void hy_offer_close(struct hy_offer *offer);

/* Sets the fields of a factor that have to do with the offer. */
void hy_offer_fill(const struct hy_offer *offer, struct hythe_factor *factor);

/* For logs: the key by its fingerprint, of a certificate who made it for whom as well, and what is wrong with it. */
enum { HY_OFFER_TEXT = 2048 };
void hy_offer_describe(char out[HY_OFFER_TEXT], const struct hy_offer *offer, const uint8_t *blob, size_t len);

#endif
