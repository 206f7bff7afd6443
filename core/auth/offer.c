#include "core/auth/offer.h"

#include "core/auth/keyline.h"
#include "core/auth/revoked.h"

#include <stdio.h>
#include <time.h>

/* Takes the blob apart; false with why. */
static bool read_blob(struct hy_offer *offer, const uint8_t *blob, size_t len)
{
    if (!hy_cert_is(blob, len)) {
        bool ok = hy_key_blob_ok(blob, len);

        if (!ok)
            (void)hy_err_set(&offer->why, "of a type or strength that isn't accepted here, or malformed");
        return ok;
    }
    if (hy_cert_read(&offer->cert, blob, len, &offer->why))
        return false;
    offer->certified = true;
    offer->key = offer->cert.key;
    offer->key_len = offer->cert.key_len;
    return true;
}

static bool is_revoked(struct hy_offer *offer, const struct hy_revoked *revoked)
{
    bool key = revoked && hy_revoked_has_key(revoked, offer->key, offer->key_len);
    bool cert = revoked && offer->certified && hy_revoked_has_certificate(revoked, &offer->cert.facts);

    if (key || cert)
        (void)hy_err_set(&offer->why, "%s is revoked", key ? "the key" : "the certificate, or its authority,");
    return key || cert;
}

bool hy_offer_open(struct hy_offer *offer, const struct hy_auth_policy *policy, const char *address,
                   const uint8_t *blob, size_t len)
{
    *offer = (struct hy_offer){.key = blob, .key_len = len, .now = policy->now ? policy->now() : time(NULL)};
    return read_blob(offer, blob, len) && !is_revoked(offer, policy->revoked) &&
           (!offer->certified || hy_cert_judge(&offer->cert, address, offer->now, &offer->why) == 0);
}

void hy_offer_close(struct hy_offer *offer)
{
    hy_cert_free(&offer->cert);
}

void hy_offer_fill(const struct hy_offer *offer, struct hythe_factor *factor)
{
    factor->key = offer->key;
    factor->key_len = offer->key_len;
    factor->certificate = offer->certified ? &offer->cert.facts : NULL;
    factor->now = offer->now;
    factor->key_line = hy_key_line_ask;
}

void hy_offer_describe(char out[HY_OFFER_TEXT], const struct hy_offer *offer, const uint8_t *blob, size_t len)
{
    const struct hythe_certificate *facts = &offer->cert.facts;
    const char *gap = *offer->why.text ? ": " : "";
    char key[HY_KEY_TEXT], ca[HY_KEY_TEXT];

    if (!offer->certified) {
        hy_key_describe(key, blob, len);
        (void)snprintf(out, HY_OFFER_TEXT, "%s%s%s%s", hy_cert_is(blob, len) ? "a certificate, " : "", key, gap,
                       offer->why.text);
        return;
    }
    hy_key_describe(key, offer->key, offer->key_len);
    hy_key_describe(ca, facts->ca, facts->ca_len);
    (void)snprintf(out, HY_OFFER_TEXT, "%s, certificate \"%.200s\" (serial %llu) of %s%s%s", key, facts->key_id,
                   (unsigned long long)facts->serial, ca, gap, offer->why.text);
}
