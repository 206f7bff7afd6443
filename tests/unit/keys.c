/* Every format, by its type and found out. */
#include "tests/unit/keys_samples.h"

#include <openssl/evp.h>

static const struct sample {
    const char *file, *key; /* key: whose .pub it has */
    const char *type;
    bool encrypted;
} samples[] = {
    {"ed", "ed", "PEMKeyBlob", false},
    {"ed-enc", "ed", "PEMKeyBlob", true},
    {"ec", "ec", "7", false},
    {"ec-enc", "ec", "cstPEMKeyBlob", true},
    {"rsa", "rsa", "pemkeyblob", false},
    {"rsa-enc", "rsa", "PEMKeyBlob", true},
    {"ed-pkcs8", "ed", "PEMKeyBlob", false},
    {"ed-pkcs8enc", "ed", "PEMKeyBlob", true},
    {"ec-pkcs8enc", "ec", "PEMKeyBlob", true},
    {"ec-scrypt", "ec", "PEMKeyBlob", true},
    {"ec-der64", "ec", "PEMKeyBlob", false},
    {"ec-sec1", "ec", "PEMKeyBlob", false},
    {"ec-sec1enc", "ec", "PEMKeyBlob", true},
    {"rsa-pkcs1", "rsa", "PEMKeyBlob", false},
    {"ec-p12-64", "ec", "PFXBlob", true},
    {"ed-ppk3", "ed", "PPKBlob", false},
    {"ed-ppk3enc", "ed", "15", true},
    {"ec-ppk3enc", "ec", "PPKBlob", true},
    {"ec-ppk2enc", "ec", "PPKBlob", true},
    {"rsa-ppk2", "rsa", "PPKBlob", false},
    {"rsa-xml", "rsa", "XMLBlob", false},
    {"rsa-jwk", "rsa", "JWKBlob", false},
    {"ec-jwk", "ec", "JWKBlob", false},
    {"ed-jwk", "ed", "19", false},
};
enum { SAMPLES = sizeof samples / sizeof *samples };

static void every_format_is_read(void)
{
    for (size_t i = 0; i < SAMPLES; i++) {
        char *text = sample_text(samples[i].file);
        struct hy_key_source source = sample_source(samples[i].type, text, samples[i].encrypted ? SAMPLE_PASSWORD : "");

        CU_ASSERT(sample_is(&source, samples[i].key));
        free(text);
    }
}

static void every_format_is_found_out(void)
{
    for (size_t i = 0; i < SAMPLES; i++) {
        char *text = sample_text(samples[i].file);
        struct hy_key_source source = sample_source("Auto", text, SAMPLE_PASSWORD);

        CU_ASSERT_FALSE(hy_key_is_file(&source));
        UNIT_ASSERT_STRING(hy_key_label(&source), "SSHCertStore");
        CU_ASSERT(sample_is(&source, samples[i].key));
        free(text);
    }
}

static void a_wrong_password_is_refused_and_none_is_asked_for(void)
{
    for (size_t i = 0; i < SAMPLES; i++) {
        char *text = sample_text(samples[i].file);
        struct hy_key_source wrong = sample_source("Auto", text, "Geheim"), none = sample_source("Auto", text, "");

        if (samples[i].encrypted) {
            CU_ASSERT(sample_refused(&wrong, "the password is wrong"));
            CU_ASSERT(sample_refused(&none, "its password is wanted"));
        }
        free(text);
    }
}

/* Bytes that are changed, cut or doubled end in a refusal or, where they don't matter, in the same key. */
static void damaged_keys_end_in_a_refusal(void)
{
    unsigned seed = 1;

    for (size_t i = 0; i < SAMPLES; i++) {
        char *text = sample_text(samples[i].file);
        size_t len = strlen(text);

        for (int n = 0; n < 12; n++) {
            struct hy_key_source source = sample_source("Auto", text, SAMPLE_PASSWORD);
            struct hy_err err = {0};
            char kept, *key;
            size_t at;

            seed = seed * 1103515245 + 12345;
            at = (seed >> 8) % len;
            kept = text[at];
            text[at] = n % 3 ? (char)(' ' + (seed >> 4) % 94) : '\0';
            key = hy_key_read(&source, &err);
            CU_ASSERT(key || err.text[0]);
            hy_key_text_free(key);
            text[at] = kept;
        }
        free(text);
    }
}

/* Files of other systems, and texts that went through base64 as a whole. */
static void ends_of_lines_and_base64_around_it_change_nothing(void)
{
    for (size_t i = 0; i < SAMPLES; i++) {
        char *text = sample_text(samples[i].file), *crlf = calloc(2, strlen(text) + 1), *twice;
        struct hy_key_source source = sample_source("Auto", crlf, SAMPLE_PASSWORD);
        size_t n = 0;

        for (const char *p = text; *p; p++) {
            if (*p == '\n')
                crlf[n++] = '\r';
            crlf[n++] = *p;
        }
        CU_ASSERT(sample_is(&source, samples[i].key));
        twice = calloc(2, strlen(text) + 4);
        (void)EVP_EncodeBlock((unsigned char *)twice, (unsigned char *)text, (int)strlen(text));
        source.store = twice;
        CU_ASSERT(strcmp(samples[i].file + 2, "-der64") == 0 || strcmp(samples[i].file + 2, "-p12-64") == 0 ||
                  sample_is(&source, samples[i].key));
        free(twice);
        free(crlf);
        free(text);
    }
}

/* What was told is what is meant: a store of another type is none. */
static void a_type_is_binding(void)
{
    static const struct {
        const char *file, *type, *words;
    } rows[] = {
        {"ed", "PPKBlob", "PuTTY"},
        {"ed-ppk3", "PEMKeyBlob", "PEM"},
        {"rsa-xml", "JWKBlob", "JSON"},
        {"ed-jwk", "XMLBlob", "XML"},
        {"ec-sec1", "PFXBlob", "PFX"},
        {"ec-p12-64", "PEMKeyBlob", "no key"},
        {"ed", "PEMKeyFile", "File name too long"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = sample_text(rows[i].file);
        struct hy_key_source source = sample_source(rows[i].type, text, "");

        CU_ASSERT(sample_refused(&source, rows[i].words));
        free(text);
    }
}

UNIT_SUITE(keys, UNIT_TEST(every_format_is_read), UNIT_TEST(every_format_is_found_out),
           UNIT_TEST(a_wrong_password_is_refused_and_none_is_asked_for), UNIT_TEST(damaged_keys_end_in_a_refusal),
           UNIT_TEST(ends_of_lines_and_base64_around_it_change_nothing), UNIT_TEST(a_type_is_binding));
UNIT_DECLARE(choice);
UNIT_DECLARE(refusals);

UNIT_MAIN("unit-keys", &unit_keys, &unit_choice, &unit_refusals)
