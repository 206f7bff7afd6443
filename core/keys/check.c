#include "core/keys/internal.h"

enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 16384 };

static bool is_kind(const EVP_PKEY *key, const char *name)
{
    return EVP_PKEY_is_a(key, name) == 1;
}

/* A key whose halves don't belong together would fail with the first client. */
static bool signs(EVP_PKEY *key)
{
    static const uint8_t words[] = "the server's own";
    const EVP_MD *md = is_kind(key, "ED25519") ? NULL : EVP_sha256();
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t signature[RSA_BITS_MAX / 8];
    size_t len = sizeof signature;
    bool ok = ctx && EVP_DigestSignInit(ctx, NULL, md, NULL, key) == 1 &&
              EVP_DigestSign(ctx, signature, &len, words, sizeof words) == 1 && EVP_MD_CTX_reset(ctx) == 1 &&
              EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) == 1 &&
              EVP_DigestVerify(ctx, signature, len, words, sizeof words) == 1;

    EVP_MD_CTX_free(ctx);
    return ok;
}

int hy_key_check(const struct hy_finding *f, EVP_PKEY *key)
{
    int bits = EVP_PKEY_get_bits(key);

    if (is_kind(key, "RSA")) {
        if (bits < RSA_BITS_MIN)
            return hy_key_refuse(f, "an RSA key of %d bits is too weak; %d are needed", bits, RSA_BITS_MIN);
        if (bits > RSA_BITS_MAX)
            return hy_key_refuse(f, "an RSA key of %d bits is more than the %d that are possible", bits, RSA_BITS_MAX);
    } else if (is_kind(key, "EC")) {
        if (!hy_curve_of(key))
            return hy_key_refuse(f, "its curve is none of nistp256, nistp384 and nistp521");
    } else if (!is_kind(key, "ED25519")) {
        return hy_key_refuse(f, "a %s key can't be a host key; RSA, ECDSA and Ed25519 keys can",
                             EVP_PKEY_get0_type_name(key));
    }
    if (!signs(key))
        return hy_key_refuse(f, "its private and its public part don't belong together");
    return 0;
}
