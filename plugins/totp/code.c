/* Codes of RFC 6238. */
#include "totp.h"

#include <errno.h>
#include <openssl/hmac.h>

/* The code of one step, RFC 4226 section 5.3. */
static int code_of(const struct totp_secret *secret, uint64_t step, uint32_t *code)
{
    static const uint32_t powers[] = {[6] = 1000000, [7] = 10000000, [8] = 100000000};
    const EVP_MD *const digests[] = {
        [TOTP_SHA1] = EVP_sha1(), [TOTP_SHA256] = EVP_sha256(), [TOTP_SHA512] = EVP_sha512()};
    unsigned char counter[8], mac[EVP_MAX_MD_SIZE];
    unsigned len = 0, at;

    for (int i = 0; i < 8; i++)
        counter[i] = (unsigned char)(step >> (56 - 8 * i));
    if (!HMAC(digests[secret->algorithm], secret->key, (int)secret->key_len, counter, sizeof counter, mac, &len) ||
        len < 20)
        return -EIO;
    at = mac[len - 1] & 0xf;
    *code =
        ((uint32_t)(mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 | (uint32_t)mac[at + 2] << 8 | mac[at + 3]) %
        powers[secret->digits];
    return 0;
}

/* What was typed as a number, or one that no code is. */
static uint32_t number_of(const char *text, size_t len, unsigned digits)
{
    uint32_t n = 0;
    unsigned count = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == ' ')
            continue;
        if (text[i] < '0' || text[i] > '9' || count++ == digits)
            return UINT32_MAX;
        n = n * 10 + (uint32_t)(text[i] - '0');
    }
    return count == digits ? n : UINT32_MAX;
}

int totp_match(const struct totp_secret *secret, int64_t now, unsigned window, const char *code, size_t len,
               uint64_t *step)
{
    uint32_t given = number_of(code, len, secret->digits), wanted;
    uint64_t middle = now > 0 ? (uint64_t)now / secret->period : 0, found = 0;
    uint64_t first = middle > window ? middle - window : 0;

    for (uint64_t s = first; s <= middle + window; s++) {
        uint64_t same;

        if (code_of(secret, s, &wanted))
            return -EIO;
        same = ((uint64_t)(given ^ wanted) - 1) >> 63; /* 1 for the same number, without a branch */
        found ^= (found ^ (s + 1)) & -same;
    }
    *step = found - 1;
    return found != 0;
}
