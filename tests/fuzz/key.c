/* Public keys: as lines of a configuration and as blobs of a client. */
#include "core/auth/auth.h"
#include "core/auth/key.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void describe(const uint8_t *blob, size_t len)
{
    char text[HY_KEY_TEXT];

    memset(text, 'x', sizeof text);
    hy_key_describe(text, blob, len);
    fuzz_require(memchr(text, '\0', sizeof text) && *text, "a key is described in as many bytes as there are");
    for (const char *p = text; *p; p++)
        fuzz_require(*p >= ' ' && *p < 0x7f, "a description can be logged");
}

static void as_line(const uint8_t *data, size_t len)
{
    char *line = strndup((const char *)data, len);
    const char *why = NULL;
    struct hy_key key;
    bool ok;

    fuzz_require(line != NULL, "there is memory");
    ok = hy_key_parse(&key, line, &why);
    fuzz_require(ok || (why && *why), "a refusal has a reason");
    fuzz_require(ok || (!key.blob && !key.len), "what is no key is empty");
    fuzz_require(hy_public_key_ok(line, &why) == ok, "the check of a configuration and the log-in agree");
    if (ok) {
        fuzz_require(hy_key_blob_ok(key.blob, key.len), "a key that can be given can be used");
        fuzz_require(hy_key_equals(&key, key.blob, key.len), "a key is itself");
        fuzz_require(!hy_key_equals(&key, key.blob, key.len - 1), "a part of a key is another");
        describe(key.blob, key.len);
        hy_key_free(&key);
    }
    free(line);
}

void fuzz_key(unsigned version, const uint8_t *data, size_t len)
{
    (void)version;
    as_line(data, len);
    (void)hy_key_blob_ok(data, len);
    describe(data, len);
}
