/* Certificates as clients send them, and lists of what is revoked. */
#include "core/auth/cert.h"
#include "core/auth/key.h"
#include "core/auth/offer.h"
#include "core/auth/revoked.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { NOW = 1800000000 };

static int64_t now(void)
{
    return NOW;
}

static void look_at(const struct hy_cert *cert)
{
    size_t count = 0;
    struct hy_err err = {.text = ""};

    fuzz_require(hy_key_blob_ok(cert->key, cert->key_len), "the key of a certificate can be used");
    fuzz_require(hy_key_blob_ok(cert->facts.ca, cert->facts.ca_len), "so can that of its authority");
    fuzz_require(cert->facts.key_id != NULL, "a certificate has a key id, if an empty one");
    while (cert->facts.principals[count])
        count++;
    fuzz_require(count <= HY_CERT_PRINCIPALS_MAX, "principals are bounded");
    if (hy_cert_judge(cert, "192.0.2.7", NOW, &err) == 0)
        fuzz_require(count && cert->facts.valid_after <= NOW && NOW < cert->facts.valid_before,
                     "a certificate that is accepted names somebody, and is in its time");
    else
        fuzz_require(*err.text, "a refusal has a reason");
}

void fuzz_cert(unsigned version, const uint8_t *data, size_t len)
{
    static const struct hy_auth_policy policy = {.now = now};
    struct hy_err err = {.text = ""};
    struct hy_offer offer;
    struct hy_cert cert;
    char text[HY_OFFER_TEXT];
    bool sound;

    (void)version;
    if (hy_cert_read(&cert, data, len, &err) == 0)
        look_at(&cert);
    else
        fuzz_require(*err.text && !cert.store, "what is no certificate is empty, with a reason");
    hy_cert_free(&cert);
    sound = hy_offer_open(&offer, &policy, "192.0.2.7", data, len);
    fuzz_require(sound == !*offer.why.text, "what isn't sound has a reason");
    hy_offer_describe(text, &offer, data, len);
    fuzz_require(memchr(text, '\0', sizeof text) && *text, "an offer is described in as many bytes as there are");
    hy_offer_close(&offer);
}

void fuzz_revoked(unsigned version, const uint8_t *data, size_t len)
{
    static const char *const principals[] = {"alice", NULL};
    const struct hythe_certificate certificate = {
        .size = sizeof certificate, .ca = data, .ca_len = len, .key_id = "x", .serial = 150, .principals = principals};
    struct hy_err err = {.text = ""};
    uint8_t *copy = malloc(len + 1);
    struct hy_revoked *revoked;

    (void)version;
    fuzz_require(copy != NULL, "there is memory");
    memcpy(copy, data, len);
    revoked = hy_revoked_new(copy, len, &err);
    fuzz_require(revoked || *err.text, "a refusal has a reason");
    if (!revoked)
        return;
    (void)hy_revoked_has_key(revoked, data, len);
    (void)hy_revoked_has_certificate(revoked, &certificate);
    hy_revoked_free(revoked);
}
