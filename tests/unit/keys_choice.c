/* Which key of a store, and where its password is. */
#include "core/base/buf.h"
#include "tests/unit/keys_samples.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <sys/stat.h>
#include <unistd.h>

static void a_jwk_of_a_set_is_chosen_by_its_kid(void)
{
    char *ed = sample_text("ed-jwk"), *ec = sample_text("ec-jwk"), *both = NULL;
    struct hy_key_source source;

    CU_ASSERT_FATAL(asprintf(&both, "{\"keys\": [%s, %s]}", ed, ec) > 0);
    source = sample_source("Auto", both, "");
    CU_ASSERT(sample_is(&source, "ed"));
    source.subject = "*";
    CU_ASSERT(sample_is(&source, "ed"));
    source.subject = "ec";
    CU_ASSERT(sample_is(&source, "ec"));
    source.subject = "none";
    CU_ASSERT(sample_refused(&source, "none of its keys has the subject \"none\""));
    free(both);
    free(ed);
    free(ec);
}

/* PEM with two keys and the second's certificate. */
static char *two_keys(void)
{
    char *ed = sample_text("ed"), *ec = sample_text("ec-sec1"), *cert = sample_text("ec-cert"), *all = NULL;

    CU_ASSERT_FATAL(asprintf(&all, "%s\n%s%s", ed, ec, cert) > 0);
    free(ed);
    free(ec);
    free(cert);
    return all;
}

static void a_certificate_names_its_key(void)
{
    static const char *const good[] = {
        "www.example.org",
        "CN=www.example.org",
        "CN = www.example.org, O = \"Example, Inc.\", C=US",
        "E=a@example.org, CN=www.example.org, O=\"Example, Inc.\", C=US",
        "C=US, O=\"Example, Inc.\", CN=www.example.org, E=a@example.org",
    };
    char *pem = two_keys();
    struct hy_key_source source = sample_source("PEMKeyBlob", pem, "");

    CU_ASSERT(sample_is(&source, "ed"));
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        source.subject = good[i];
        CU_ASSERT(sample_is(&source, "ec"));
    }
    source.subject = "CN=www.example.net";
    CU_ASSERT(sample_refused(&source, "none of its keys has the subject"));
    free(pem);
}

static void an_encoded_certificate_or_key_names_its_private_key(void)
{
    char *pem = two_keys(), *cert = sample_text("ec-cert"), *public_key = sample_text("ec-pubpem"), *line, *end;
    struct hy_key_source source = sample_source("Auto", pem, "");

    source.encoded = cert;
    CU_ASSERT(sample_is(&source, "ec"));
    source.encoded = public_key;
    CU_ASSERT(sample_is(&source, "ec"));
    line = strchr(public_key, '\n') + 1; /* the base64 alone */
    end = strstr(line, "-----");
    CU_ASSERT_FATAL(end != NULL);
    *end = '\0';
    source.encoded = line;
    CU_ASSERT(sample_is(&source, "ec"));
    source.encoded = "MAAA";
    CU_ASSERT(sample_refused(&source, "neither a certificate nor a public key"));
    free(pem);
    pem = sample_text("ed");
    source.store = pem;
    source.encoded = cert;
    CU_ASSERT(sample_refused(&source, "hasn't the private key of the certificate"));
    free(pem);
    free(cert);
    free(public_key);
}

static void a_key_may_be_encoded_alone(void)
{
    char *text = sample_text("ed-pkcs8");
    struct hy_key_source source = sample_source("Auto", "", "");

    source.encoded = text;
    source.setting = "SSHCertEncoded";
    CU_ASSERT(sample_is(&source, "ed"));
    UNIT_ASSERT_STRING(hy_key_label(&source), "SSHCertEncoded");
    source.encoded = "what";
    CU_ASSERT(sample_refused(&source, "host key SSHCertEncoded: it is in none of the formats"));
    free(text);
}

static EVP_PKEY *key_of(const char *name)
{
    char *text = sample_text(name);
    BIO *bio = BIO_new_mem_buf(text, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

    CU_ASSERT_FATAL(key != NULL);
    BIO_free(bio);
    free(text);
    return key;
}

/* A PFX as keytool makes them: several keys, each with its owner's name for it. */
static char *pfx_of_two(void)
{
    STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    STACK_OF(PKCS7) *safes = NULL;
    EVP_PKEY *keys[] = {key_of("ed-pkcs8"), key_of("rsa-pkcs1")};
    const char *const names[] = {"first", "second"};
    unsigned char *der = NULL;
    char *text;
    PKCS12 *p12;
    int len;

    for (int i = 0; i < 2; i++) {
        PKCS12_SAFEBAG *bag = PKCS12_add_key(&bags, keys[i], 0, 2048, NID_aes_256_cbc, SAMPLE_PASSWORD);

        CU_ASSERT_FATAL(bag != NULL && PKCS12_add_friendlyname_utf8(bag, names[i], -1) == 1);
        EVP_PKEY_free(keys[i]);
    }
    CU_ASSERT_FATAL(PKCS12_add_safe(&safes, bags, -1, 0, NULL) == 1);
    p12 = PKCS12_add_safes(safes, 0);
    CU_ASSERT_FATAL(p12 && PKCS12_set_mac(p12, SAMPLE_PASSWORD, -1, NULL, 0, 2048, EVP_sha256()) == 1);
    len = i2d_PKCS12(p12, &der);
    CU_ASSERT_FATAL(len > 0);
    text = calloc(1, (size_t)len * 2);
    CU_ASSERT_FATAL(text != NULL);
    (void)EVP_EncodeBlock((unsigned char *)text, der, len);
    OPENSSL_free(der);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    sk_PKCS7_pop_free(safes, PKCS7_free);
    PKCS12_free(p12);
    return text;
}

static void a_key_of_a_pfx_is_chosen_by_its_name(void)
{
    char *text = pfx_of_two();
    struct hy_key_source source = sample_source("PFXBlob", text, SAMPLE_PASSWORD);

    CU_ASSERT(sample_is(&source, "ed"));
    source.subject = "second";
    CU_ASSERT(sample_is(&source, "rsa"));
    source.subject = "third";
    CU_ASSERT(sample_refused(&source, "none of its keys"));
    free(text);
}

static char *file_in(const char *dir, const char *name, const char *text, mode_t mode)
{
    char *path = NULL;
    int fd;

    CU_ASSERT_FATAL(asprintf(&path, "%s/%s", dir, name) > 0);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CU_ASSERT_FATAL(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    CU_ASSERT_FATAL(fchmod(fd, mode) == 0);
    (void)close(fd);
    return path;
}

static void a_password_may_be_elsewhere(void)
{
    char dir[] = "/tmp/unit-keys.XXXXXX", *key = sample_text("ed-ppk3enc"), *path, spec[128], more[160];
    struct hy_key_source source = sample_source("Auto", key, "env:HYTHE_TEST_PASSWORD");

    CU_ASSERT_FATAL(mkdtemp(dir) != NULL);
    CU_ASSERT(sample_refused(&source, "the environment has no variable HYTHE_TEST_PASSWORD"));
    CU_ASSERT_FATAL(setenv("HYTHE_TEST_PASSWORD", SAMPLE_PASSWORD, 1) == 0);
    CU_ASSERT(sample_is(&source, "ed"));
    CU_ASSERT_FATAL(unsetenv("HYTHE_TEST_PASSWORD") == 0);
    source.password = "literal:" SAMPLE_PASSWORD;
    CU_ASSERT(sample_is(&source, "ed"));
    path = file_in(dir, "pw", SAMPLE_PASSWORD "\r\nanother line\n", 0600);
    (void)snprintf(spec, sizeof spec, "file:%s", path);
    source.password = spec;
    CU_ASSERT(sample_is(&source, "ed"));
    CU_ASSERT(hy_key_password_elsewhere(&source));
    CU_ASSERT_FATAL(chmod(path, 0640) == 0);
    CU_ASSERT(sample_refused(&source, "open to others (mode 0640)"));
    (void)snprintf(more, sizeof more, "%s-none", spec);
    source.password = more;
    CU_ASSERT(sample_refused(&source, "No such file"));
    (void)unlink(path);
    CU_ASSERT(rmdir(dir) == 0);
    free(path);
    free(key);
}

static void a_file_must_be_private(void)
{
    static const struct {
        const char *name;
        mode_t mode;
        const char *words; /* NULL: it is taken */
    } rows[] = {{"key", 0600, NULL},
                {"key", 0400, NULL},
                {"key", 0604, "open to others (mode 0604); make it 0600"},
                {"key.pub", 0644, "the private key is wanted"}};
    char dir[] = "/tmp/unit-keys.XXXXXX", *text = sample_text("ed");

    CU_ASSERT_FATAL(mkdtemp(dir) != NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *path = file_in(dir, rows[i].name, text, rows[i].mode);
        struct hy_key_source source = sample_source("Auto", path, "");

        CU_ASSERT(hy_key_is_file(&source));
        CU_ASSERT(rows[i].words ? sample_refused(&source, rows[i].words) : sample_is(&source, "ed"));
        (void)unlink(path);
        free(path);
    }
    CU_ASSERT(rmdir(dir) == 0);
    free(text);
}

UNIT_SUITE(choice, UNIT_TEST(a_jwk_of_a_set_is_chosen_by_its_kid), UNIT_TEST(a_certificate_names_its_key),
           UNIT_TEST(an_encoded_certificate_or_key_names_its_private_key), UNIT_TEST(a_key_may_be_encoded_alone),
           UNIT_TEST(a_key_of_a_pfx_is_chosen_by_its_name), UNIT_TEST(a_password_may_be_elsewhere),
           UNIT_TEST(a_file_must_be_private));
