/* Stores of host keys: files of any bytes. Without a password, so that nothing slow is worked out. */
#include "core/keys/internal.h"
#include "tests/fuzz/fuzz.h"

#include <openssl/err.h>
#include <string.h>

/* What a key becomes is a store again, of the same key. */
static void encode(const struct hy_finding *f, EVP_PKEY *key)
{
    char *text = hy_key_encode(f, key);
    struct hy_err err = {0};
    struct hy_finding again = {.label = "again", .err = &err};

    fuzz_require(text != NULL, "a key that was checked can be written");
    fuzz_require(hy_store_any(&again, HY_FORMAT_PEM, (struct hy_span){(const uint8_t *)text, strlen(text)}, false) == 0,
                 "what was written can be read");
    fuzz_require(again.key_count == 1 && EVP_PKEY_eq(again.keys[0].key, key) == 1, "it is the same key");
    hy_finding_clear(&again);
    hy_key_text_free(text);
}

void fuzz_hostkey(unsigned version, const uint8_t *data, size_t len)
{
    struct hy_err err = {0};
    struct hy_finding f = {.label = "key", .err = &err};
    int rc = len <= HY_STORE_MAX ? hy_store_any(&f, HY_FORMAT_ANY, (struct hy_span){data, len}, true)
                                 : hy_key_refuse(&f, "too long");
    int index = rc ? -1 : hy_key_choose(&f, "*", "");

    (void)version;
    if (index >= 0 && hy_key_check(&f, f.keys[index].key) == 0)
        encode(&f, f.keys[index].key);
    else
        fuzz_require(strlen(err.text) > 0 && strlen(err.text) < sizeof err.text, "a refusal has a reason");
    hy_finding_clear(&f);
    ERR_clear_error();
}
