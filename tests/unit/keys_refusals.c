/* What can't be a host key, and stores that would keep the server busy. */
#include "core/base/buf.h"
#include "tests/unit/keys_samples.h"

#include <openssl/evp.h>

static void refuses(const char *name, const char *words)
{
    char *text = sample_text(name);
    struct hy_key_source source = sample_source("Auto", text, SAMPLE_PASSWORD);

    CU_ASSERT(sample_refused(&source, words));
    free(text);
}

static void weak_public_and_foreign_keys_are_refused(void)
{
    refuses("weak-pkcs1", "an RSA key of 1024 bits is too weak; 2048 are needed");
    refuses("ed-pub", "it has a public key or certificates only; the private key is wanted");
    refuses("rsa-pub", "the private key is wanted");
    refuses("ec-pubpem", "the private key is wanted");
    refuses("ec-cert", "the private key is wanted");
    refuses("dsa-pem", "a DSA key can't be a host key");
    refuses("k1-pem", "its curve is none of nistp256, nistp384 and nistp521");
}

static void types_are_known_by_number_and_by_name(void)
{
    static const char *const usable[] = {"2",  "PFXBlob", "6",  "cstPEMKeyFile", "14", "ppkfile", "16",
                                         "17", "18",      "99", "Auto"};
    static const char *const refused[] = {"0",  "User", "1",  "4",  "JKSFile", "5",  "8",     "9",
                                          "10", "11",   "12", "13", "21",      "22", "PKCS11"};
    static const char *const unknown[] = {"", "20", "24", "-1", "6x", "cst", "Pem", "99999999999999999999"};

    for (size_t i = 0; i < sizeof usable / sizeof *usable; i++)
        CU_ASSERT(hy_store_type_find(usable[i]) && !hy_store_type_refusal(hy_store_type_find(usable[i])));
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct hy_key_source source = sample_source(refused[i], "x", "");

        CU_ASSERT(sample_refused(&source, hy_store_type_refusal(source.type)));
    }
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        CU_ASSERT(hy_store_type_find(unknown[i]) == NULL);
    UNIT_ASSERT_STRING(hy_store_type_name(hy_store_type_find("13")), "SSHPublicKeyFile");
}

static void a_file_name_is_told_from_a_key(void)
{
    static const char long_name[] =
        "/srv/abcdefghijklmnopqrstuvwxyz/abcdefghijklmnopqrstuvwxyz/abcdefghijklmnopqrstuvwxyz";
    static const struct {
        const char *type, *store;
        bool is_file;
    } rows[] = {
        {"Auto", "/etc/hythe/key", true},
        {"Auto", "key", true},
        {"Auto", "ssh-host-key", true},
        {"Auto", long_name, true},
        {"Auto", long_name + 1, false},
        {"Auto", "ssh-rsa AAAA", false},
        {"Auto", "-----BEGIN PRIVATE", false},
        {"Auto", "{}", false},
        {"Auto", "<RSAKeyValue>", false},
        {"Auto", "a\nb", false},
        {"Auto", "", false},
        {"PEMKeyFile", "-----BEGIN PRIVATE", true},
        {"PEMKeyBlob", "/etc/hythe/key", false},
        {"PPKFile", "{}", true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hy_key_source source = sample_source(rows[i].type, rows[i].store, "");

        UNIT_ASSERT_NUMBER(hy_key_is_file(&source), rows[i].is_file);
    }
}

static void a_java_store_is_named(void)
{
    struct hy_key_source source = sample_source("Auto", "", "");

    source.encoded = "/u3+7QAAAAIAAAAB"; /* fe ed fe ed */
    CU_ASSERT(sample_refused(&source, "Java's key stores aren't read"));
}

/* A copy of text in which `from` is `to`; to be freed. */
static char *changed(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    char *copy = NULL;

    CU_ASSERT_FATAL(at != NULL);
    CU_ASSERT_FATAL(asprintf(&copy, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) > 0);
    return copy;
}

static void refuses_changed(const char *name, const char *from, const char *to, const char *words)
{
    char *text = sample_text(name), *other = changed(text, from, to);
    struct hy_key_source source = sample_source("Auto", other, SAMPLE_PASSWORD);

    CU_ASSERT(sample_refused(&source, words));
    free(other);
    free(text);
}

/* The encrypted OpenSSH key with another number of rounds, which stands behind magic, names and salt. */
static void refuses_rounds(uint32_t rounds, const char *words)
{
    static const char head[] = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
    enum { AT = 15 + (4 + 10) + (4 + 6) + 4 + (4 + 16) };
    char *text = sample_text("ed-enc"), *made = calloc(1, 2048), *end = strstr(text, "\n-----END");
    unsigned char bytes[1024];
    EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
    int len = 0, more = 0;
    struct hy_key_source source;

    EVP_DecodeInit(ctx);
    CU_ASSERT_FATAL(EVP_DecodeUpdate(ctx, bytes, &len, (unsigned char *)text + strlen(head),
                                     (int)(end - text) - (int)strlen(head) + 1) >= 0);
    CU_ASSERT_FATAL(EVP_DecodeFinal(ctx, bytes + len, &more) == 1);
    UNIT_ASSERT_NUMBER(hy_get_be32(bytes + AT), 1);
    hy_put_be32(bytes + AT, rounds);
    strcpy(made, head);
    (void)EVP_EncodeBlock((unsigned char *)made + strlen(head), bytes, len + more);
    strcat(made, "\n-----END OPENSSH PRIVATE KEY-----\n");
    source = sample_source("Auto", made, SAMPLE_PASSWORD);
    CU_ASSERT(sample_refused(&source, words));
    EVP_ENCODE_CTX_free(ctx);
    free(made);
    free(text);
}

static void work_is_bounded(void)
{
    refuses("ec-endless", "takes too long");        /* 2147483647 rounds of PBKDF2 */
    refuses("ec-scrypt-endless", "takes too long"); /* 127 times scrypt */
    refuses_rounds(4000000000, "takes too long");
    refuses_rounds(0, "takes too long");
    refuses_rounds(2, "the password is wrong");
    refuses_changed("ed-ppk3enc", "Argon2-Memory: 64", "Argon2-Memory: 4000000000", "takes too long");
    refuses_changed("ed-ppk3enc", "Argon2-Passes: 2", "Argon2-Passes: 16000000", "takes too long");
    refuses_changed("ed-ppk3enc", "Argon2-Passes: 2", "Argon2-Passes: 99999999999999", "takes too long");
    refuses_changed("ed-ppk3", "Public-Lines: 2", "Public-Lines: 4000000000", "isn't a PuTTY key");
}

static void what_was_changed_is_seen(void)
{
    refuses_changed("ed-ppk3", "Comment: host", "Comment: hast", "its checksum is wrong");
    refuses_changed("ed-ppk3enc", "Comment: host", "Comment: hast", "the password is wrong, or the key is damaged");
    refuses_changed("rsa-ppk2", "Private-MAC: ", "Private-MAC: 00", "its checksum is wrong");
    refuses_changed("ed-jwk", "\"x\": \"T", "\"x\": \"U", "its numbers are no key");
    refuses_changed("ec-jwk", "\"d\": \"", "\"d\": \"AAAA", "its numbers are no key");
    refuses_changed("ec-jwk", "\"d\": \"EV", "\"d\": \"AV", "don't belong together");
    refuses_changed("ec-jwk", "P-256", "P-384", "its numbers are no key");
    refuses_changed("rsa-jwk", "\"p\"", "\"P\"", "its numbers are no key");
    refuses_changed("rsa-jwk", "\"kty\": \"RSA\"", "\"kty\": \"oct\"", "kty is none of RSA, EC and OKP");
    refuses_changed("rsa-jwk", "\"d\"", "\"D\"", "the private key is wanted");
    refuses_changed("rsa-jwk", "{", "{\"n\": \"AQAB\", ", "isn't a JSON Web Key");
}

/* The end of a PFX is its checksum: digest, salt, rounds. */
static void a_pfx_is_checked_before_it_is_opened(void)
{
    char *text = sample_text("ec-p12-64");
    struct hy_key_source source = sample_source("PFXBlob", text, SAMPLE_PASSWORD);
    char *at = text + strlen(text) - 16;

    *at = *at == 'A' ? 'B' : 'A';
    CU_ASSERT(sample_refused(&source, "the password is wrong, or the key is damaged"));
    free(text);
}

static void xml_has_no_entities_and_one_key(void)
{
    refuses_changed("rsa-xml", "<RSAKeyValue>", "<!DOCTYPE x [<!ENTITY a \"b\">]><RSAKeyValue>", "isn't the XML");
    refuses_changed("rsa-xml", "<RSAKeyValue>", "<RSAKeyValue><Modulus>AQAB</Modulus>", "isn't the XML");
    refuses_changed("rsa-xml", "<D>", "<!-- <D> --><X>", "isn't the XML");
    refuses_changed("rsa-xml", "RSAKeyValue>", "DSAKeyValue>", "isn't the XML");
}

UNIT_SUITE(refusals, UNIT_TEST(weak_public_and_foreign_keys_are_refused),
           UNIT_TEST(types_are_known_by_number_and_by_name), UNIT_TEST(a_file_name_is_told_from_a_key),
           UNIT_TEST(a_java_store_is_named), UNIT_TEST(work_is_bounded), UNIT_TEST(what_was_changed_is_seen),
           UNIT_TEST(a_pfx_is_checked_before_it_is_opened), UNIT_TEST(xml_has_no_entities_and_one_key));
