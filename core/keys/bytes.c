#include "core/keys/internal.h"

#include <stdlib.h>

void hy_bytes_free(uint8_t *bytes, size_t len)
{
    if (bytes)
        hy_wipe(bytes, len);
    free(bytes);
}

/* The letter that OpenSSL knows, 0 for what is passed over, -1 for what doesn't belong. */
static int letter(uint8_t c)
{
    if (c == '-')
        return '+';
    if (c == '_')
        return '/';
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '=')
        return 0;
    return c > ' ' && c < 0x7f ? c : -1;
}

/* EVP_DecodeBlock() wants whole groups of four and counts what pads them. */
uint8_t *hy_unbase64(struct hy_span text, size_t *len)
{
    uint8_t *plain = text.len && text.len <= 2 * HY_STORE_MAX ? malloc(text.len + 4) : NULL;
    uint8_t *out = plain ? calloc(1, text.len + 5) : NULL;
    size_t n = 0, padding;
    bool ended = false;
    int got = -1;

    for (size_t i = 0; out && i < text.len; i++) {
        int c = letter(text.p[i]);

        ended = ended || text.p[i] == '=';
        if (c < 0 || (c && ended))
            goto out;
        if (c)
            plain[n++] = (uint8_t)c;
    }
    if (!out || !n || n % 4 == 1)
        goto out;
    padding = (4 - n % 4) % 4;
    for (size_t i = 0; i < padding; i++)
        plain[n++] = '=';
    got = EVP_DecodeBlock(out, plain, (int)n);
    *len = got > 0 ? (size_t)got - padding : 0;
out:
    hy_bytes_free(plain, text.len);
    if (got <= 0) {
        hy_bytes_free(out, text.len);
        return NULL;
    }
    return out;
}
