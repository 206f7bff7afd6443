/* Lines of the file. */
#include "totp.h"

#include <string.h>
#include <strings.h>

/* RFC 4648, section 6, in either case, with padding or without. The length in bytes; 0 when it isn't base32 or doesn't
 * fit. */
static size_t base32(unsigned char out[TOTP_KEY_MAX], const char *text, size_t len)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567abcdefghijklmnopqrstuvwxyz";
    unsigned bits = 0, value = 0;
    size_t n = 0;

    while (len && text[len - 1] == '=')
        len--;
    for (size_t i = 0; i < len; i++) {
        const char *at = text[i] ? strchr(alphabet, text[i]) : NULL;
        unsigned digit = at ? (unsigned)(at - alphabet) : 32;

        if (!at)
            return 0;
        value = value << 5 | (digit < 32 ? digit : digit - 32);
        bits += 5;
        if (bits < 8)
            continue;
        if (n == TOTP_KEY_MAX)
            return 0;
        bits -= 8;
        out[n++] = (unsigned char)(value >> bits);
    }
    return bits < 5 ? n : 0; /* a digit too many says nothing: something is missing */
}

/* A number of at most three digits; false if it is none in the range. */
static bool number(const char *text, size_t len, unsigned min, unsigned max, unsigned *out)
{
    unsigned n = 0;

    if (!len || len > 3)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        n = n * 10 + (unsigned)(text[i] - '0');
    }
    *out = n;
    return n >= min && n <= max;
}

static bool algorithm(const char *text, size_t len, enum totp_algorithm *out)
{
    static const char *const names[] = {[TOTP_SHA1] = "SHA1", [TOTP_SHA256] = "SHA256", [TOTP_SHA512] = "SHA512"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == len && strncasecmp(names[i], text, len) == 0) {
            *out = (enum totp_algorithm)i;
            return true;
        }
    return false;
}

struct field {
    const char *text;
    size_t len;
};

/* Cuts the line at its colons; the number of fields, or one more than there may be. */
static size_t split(const char *line, size_t len, struct field fields[5])
{
    size_t count = 0;

    for (const char *end = line + len;; line++) {
        const char *colon = memchr(line, ':', (size_t)(end - line));

        if (count == 5)
            return 6;
        fields[count++] = (struct field){line, (size_t)((colon ? colon : end) - line)};
        if (!colon)
            return count;
        line = colon;
    }
}

static const char *read_fields(struct totp_line *out, const struct field *f, size_t count)
{
    struct totp_secret *secret = &out->secret;

    if (count < 2 || count > 5)
        return "not name:secret[:digits[:period[:algorithm]]]";
    if (!f[0].len || f[0].len > 255)
        return "a name has 1 to 255 bytes";
    out->name = f[0].text;
    out->name_len = f[0].len;
    secret->key_len = base32(secret->key, f[1].text, f[1].len);
    if (!secret->key_len)
        return "the secret isn't base32, is cut off or longer than 128 bytes";
    if (secret->key_len < TOTP_KEY_MIN)
        return "the secret is shorter than 16 bytes (26 characters)";
    if (count > 2 && !number(f[2].text, f[2].len, 6, 8, &secret->digits))
        return "the number of digits is 6, 7 or 8";
    if (count > 3 && !number(f[3].text, f[3].len, 10, 300, &secret->period))
        return "the period is 10 to 300 seconds";
    if (count > 4 && !algorithm(f[4].text, f[4].len, &secret->algorithm))
        return "the algorithm is SHA1, SHA256 or SHA512";
    return NULL;
}

int totp_line_read(struct totp_line *out, const char *line, size_t len, const char **why)
{
    struct field fields[5];

    *out = (struct totp_line){.secret = {.digits = 6, .period = 30}};
    while (len && strchr(" \t\r", line[len - 1]))
        len--;
    if (!len || *line == '#')
        return 0;
    *why = read_fields(out, fields, split(line, len, fields));
    return *why ? -1 : 1;
}
