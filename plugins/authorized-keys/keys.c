/* Lines of keys. Which types and strengths are good enough is the core's to judge: it shows no other keys to a plugin.
 * So a line is compared as text with what a sound key would look like. */
#include "keys.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Every blob begins with the length of its type's name, whose upper bytes are zero. */
static const char blob_start[] = "AAAA";

int ak_key_of(struct ak_key *key, const void *blob, size_t len)
{
    const unsigned char *p = blob;
    size_t type_len;

    *key = (struct ak_key){0};
    if (len < 4 || len > 65536)
        return -EINVAL;
    type_len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    if (type_len > len - 4)
        return -EINVAL;
    key->type = strndup((const char *)p + 4, type_len);
    key->base64 = malloc((len + 2) / 3 * 4 + 1);
    if (!key->type || !key->base64)
        return -ENOMEM;
    (void)EVP_EncodeBlock((unsigned char *)key->base64, p, (int)len);
    return 0;
}

void ak_key_free(struct ak_key *key)
{
    free(key->type);
    free(key->base64);
    *key = (struct ak_key){0};
}

/* The next word of a line, cut off; NULL at the end. */
static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t");
    size_t len = strcspn(word, " \t");

    if (!len)
        return NULL;
    *rest = word + len;
    if (**rest)
        *(*rest)++ = '\0';
    return word;
}

/* Whether a word is a key in base64, or means to be one. */
static bool is_blob(const char *word)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

    return word && strncmp(word, blob_start, sizeof blob_start - 1) == 0 && strspn(word, digits) == strlen(word);
}

/* NULL, or what is wrong with the line; sets *found. */
static const char *read_line(char *line, const struct ak_key *key, bool *found)
{
    char *type = next_word(&line), *blob = next_word(&line), *word;

    if (!type || type[0] == '#')
        return NULL;
    if (blob && is_blob(blob) && !strpbrk(type, "=\",")) {
        *found |= strcmp(type, key->type) == 0 && strcmp(blob, key->base64) == 0;
        return NULL;
    }
    while ((word = next_word(&line)) != NULL)
        if (is_blob(word))
            return "options before a key are not available in this build; the key is not accepted";
    return "not a key: a line is type, base64 and comment";
}

bool ak_search(char *text, size_t len, const struct ak_key *key, ak_complain_fn complain, void *ctx)
{
    char *at = text, *end = text + len;
    bool found = false;

    for (unsigned number = 1; at < end; number++) {
        char *newline = memchr(at, '\n', (size_t)(end - at));
        char *stop = newline ? newline : end;
        size_t size = (size_t)(stop - at);
        bool whole = !memchr(at, '\0', size);
        const char *why;

        *stop = '\0';
        if (whole && size && at[size - 1] == '\r')
            at[size - 1] = '\0';
        why = whole ? read_line(at, key, &found) : "a NUL byte";
        if (why && complain)
            complain(ctx, number, why);
        at = stop + 1;
    }
    return found;
}
