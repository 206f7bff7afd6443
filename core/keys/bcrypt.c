/* bcrypt_pbkdf, with which OpenSSH makes a key out of a password, and which OpenSSL lacks: Blowfish with an expensive
 * key schedule, over PBKDF2's idea of rounds. The tables that Blowfish begins with are the fraction of pi, which is
 * worked out here instead of being written down. */
#include "core/keys/internal.h"

#include <openssl/bn.h>
#include <openssl/sha.h>
#include <string.h>

enum {
    ROUNDS = 16,
    SUBKEYS = ROUNDS + 2,
    WORDS = SUBKEYS + 4 * 256,
    PI_BITS = 32 * WORDS,
    GUARD_BITS = 64, /* for what each division cuts off */
    HASH = 32
};

struct blowfish {
    uint32_t p[SUBKEYS], s[4][256];
};

/* sum += factor * 2^bits * arctan(1/x), by its series. */
static bool add_arctan(BIGNUM *sum, int factor, unsigned x)
{
    BIGNUM *power = BN_new(), *term = BN_new();
    bool ok = power && term && BN_set_word(power, (BN_ULONG)(factor < 0 ? -factor : factor)) == 1 &&
              BN_lshift(power, power, PI_BITS + GUARD_BITS) == 1 && BN_div_word(power, x) != (BN_ULONG)-1;
    bool minus = factor < 0;

    for (unsigned n = 1; ok && !BN_is_zero(power); n += 2, minus = !minus) {
        ok = BN_copy(term, power) && BN_div_word(term, n) != (BN_ULONG)-1 &&
             (minus ? BN_sub(sum, sum, term) : BN_add(sum, sum, term)) == 1 &&
             BN_div_word(power, x * x) != (BN_ULONG)-1;
    }
    BN_free(power);
    BN_free(term);
    return ok;
}

/* pi = 16 arctan(1/5) - 4 arctan(1/239); its fraction fills the subkeys and then the boxes. */
static bool begin(struct blowfish *b)
{
    uint8_t bytes[4 * WORDS];
    BIGNUM *pi = BN_new();
    bool ok = pi && add_arctan(pi, 16, 5) && add_arctan(pi, -4, 239) && BN_rshift(pi, pi, GUARD_BITS) == 1 &&
              BN_mask_bits(pi, PI_BITS) == 1 && BN_bn2binpad(pi, bytes, sizeof bytes) == (int)sizeof bytes;

    for (size_t i = 0; ok && i < WORDS; i++) {
        uint32_t word = hy_get_be32(bytes + 4 * i);

        if (i < SUBKEYS)
            b->p[i] = word;
        else
            b->s[(i - SUBKEYS) / 256][(i - SUBKEYS) % 256] = word;
    }
    BN_free(pi);
    return ok;
}

static void encipher(const struct blowfish *b, uint32_t *left, uint32_t *right)
{
    uint32_t l = *left, r = *right;

    for (int i = 0; i < ROUNDS; i += 2) {
        l ^= b->p[i];
        r ^= ((b->s[0][l >> 24] + b->s[1][l >> 16 & 255]) ^ b->s[2][l >> 8 & 255]) + b->s[3][l & 255];
        r ^= b->p[i + 1];
        l ^= ((b->s[0][r >> 24] + b->s[1][r >> 16 & 255]) ^ b->s[2][r >> 8 & 255]) + b->s[3][r & 255];
    }
    *left = r ^ b->p[ROUNDS + 1];
    *right = l ^ b->p[ROUNDS];
}

/* The next word of 64 bytes that are gone through again and again, or of zeroes. */
static uint32_t next_word(const uint8_t bytes[SHA512_DIGEST_LENGTH], size_t *at)
{
    uint32_t word = bytes ? hy_get_be32(bytes + *at) : 0;

    *at = (*at + 4) % SHA512_DIGEST_LENGTH;
    return word;
}

static void expand(struct blowfish *b, const uint8_t *salt, const uint8_t *key)
{
    uint32_t l = 0, r = 0;
    size_t at = 0;

    for (size_t i = 0; i < SUBKEYS; i++)
        b->p[i] ^= next_word(key, &at);
    at = 0;
    for (size_t i = 0; i < WORDS; i += 2) {
        uint32_t *to = i < SUBKEYS ? &b->p[i] : &b->s[(i - SUBKEYS) / 256][(i - SUBKEYS) % 256];

        l ^= next_word(salt, &at);
        r ^= next_word(salt, &at);
        encipher(b, &l, &r);
        to[0] = l;
        to[1] = r;
    }
}

static void hash(const struct blowfish *first, const uint8_t *password, const uint8_t *salt, uint8_t out[HASH])
{
    static const uint8_t text[HASH + 1] = "OxychromaticBlowfishSwatDynamite";
    struct blowfish b = *first;
    uint32_t words[HASH / 4];

    expand(&b, salt, password);
    for (int i = 0; i < 64; i++) {
        expand(&b, NULL, salt);
        expand(&b, NULL, password);
    }
    for (size_t i = 0; i < HASH / 4; i++)
        words[i] = hy_get_be32(text + 4 * i);
    for (int i = 0; i < 64; i++)
        for (size_t k = 0; k < HASH / 4; k += 2)
            encipher(&b, &words[k], &words[k + 1]);
    for (size_t i = 0; i < HASH; i++)
        out[i] = (uint8_t)(words[i / 4] >> 8 * (i % 4)); /* little-endian, unlike all else */
    hy_wipe(&b, sizeof b);
    hy_wipe(words, sizeof words);
}

static bool sha512(uint8_t out[SHA512_DIGEST_LENGTH], struct hy_span a, struct hy_span b)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha512(), NULL) == 1 && EVP_DigestUpdate(ctx, a.p, a.len) == 1 &&
              EVP_DigestUpdate(ctx, b.p, b.len) == 1 && EVP_DigestFinal_ex(ctx, out, NULL) == 1;

    EVP_MD_CTX_free(ctx);
    return ok;
}

/* One block of output: PBKDF2's sum over the rounds. */
static bool block(const struct blowfish *first, const uint8_t *password, struct hy_span salt, uint32_t count,
                  uint32_t rounds, uint8_t out[HASH])
{
    const struct hy_span none = {NULL, 0};
    uint8_t salted[SHA512_DIGEST_LENGTH], last[HASH], number[4];
    bool ok;

    hy_put_be32(number, count);
    ok = sha512(salted, salt, (struct hy_span){number, sizeof number});
    memset(out, 0, HASH);
    for (uint32_t i = 0; ok && i < rounds; i++) {
        hash(first, password, salted, last);
        for (size_t k = 0; k < HASH; k++)
            out[k] ^= last[k];
        ok = sha512(salted, (struct hy_span){last, HASH}, none);
    }
    hy_wipe(last, sizeof last);
    hy_wipe(salted, sizeof salted);
    return ok;
}

/* The blocks are dealt out byte by byte, so that each byte of the key takes the work of all of them. */
bool hy_bcrypt_pbkdf(struct hy_span password, struct hy_span salt, uint32_t rounds, uint8_t *key, size_t len)
{
    size_t blocks = (len + HASH - 1) / HASH;
    uint8_t hashed[SHA512_DIGEST_LENGTH], out[HASH];
    struct blowfish first;
    bool ok = begin(&first) && sha512(hashed, password, (struct hy_span){NULL, 0});

    for (size_t n = 0; ok && n < blocks; n++) {
        ok = block(&first, hashed, salt, (uint32_t)n + 1, rounds, out);
        for (size_t i = 0; ok && i * blocks + n < len; i++)
            key[i * blocks + n] = out[i];
    }
    hy_wipe(hashed, sizeof hashed);
    hy_wipe(out, sizeof out);
    return ok;
}
