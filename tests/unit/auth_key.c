#include "core/auth/auth.h"
#include "core/auth/key.h"
#include "core/base/buf.h"
#include "tests/unit/auth_samples.h"
#include "tests/unit/unit.h"

#include <openssl/evp.h>

static const char *const good[] = {SAMPLE_ED25519, SAMPLE_P256, SAMPLE_P384, SAMPLE_P521, SAMPLE_RSA2048};
enum { GOOD = sizeof good / sizeof *good, LINE = 8192 };

/* "type base64" of a blob. */
static void line_of(char out[LINE], const char *type, const uint8_t *blob, size_t len)
{
    size_t used = strlen(type);

    CU_ASSERT_FATAL(len < LINE / 2 && used < LINE / 8);
    memcpy(out, type, used);
    out[used] = ' ';
    (void)EVP_EncodeBlock((unsigned char *)out + used + 1, blob, (int)len);
}

static bool blob_ok(const char *type, const struct hy_buf *b, const char **why)
{
    char line[LINE];

    CU_ASSERT_FATAL(!b->failed);
    line_of(line, type, hy_buf_data(b), hy_buf_len(b));
    return hy_public_key_ok(line, why);
}

static bool reason_has(const char *line, const char *reason)
{
    const char *why = "accepted";
    bool ok = !hy_public_key_ok(line, &why) && strstr(why, reason);

    if (!ok)
        printf("  \"%s\": %s\n", line, why);
    return ok;
}

static void keys_of_every_type_are_read(void)
{
    char line[LINE];
    const char *why;

    for (size_t i = 0; i < GOOD; i++) {
        CU_ASSERT(hy_public_key_ok(good[i], &why));
        (void)snprintf(line, sizeof line, " \t%s\tcarol at home", good[i]);
        CU_ASSERT(hy_public_key_ok(line, &why));
    }
}

static void put_point(struct hy_buf *b, const char *sample)
{
    struct hy_key key;
    const char *why;
    struct hy_reader r;
    const uint8_t *part;
    size_t len;

    CU_ASSERT_FATAL(hy_key_parse(&key, sample, &why));
    r = hy_reader_of(key.blob, key.len);
    (void)hy_get_string(&r, &len);
    while (hy_reader_left(&r)) {
        part = hy_get_string(&r, &len);
        CU_ASSERT_FATAL(part != NULL);
        hy_buf_put_string(b, part, len);
    }
    hy_key_free(&key);
}

static void keys_of_tokens_are_read_with_their_application(void)
{
    static const struct {
        const char *type, *sample;
    } table[] = {{"sk-ssh-ed25519@openssh.com", SAMPLE_ED25519}, {"sk-ecdsa-sha2-nistp256@openssh.com", SAMPLE_P256}};
    struct hy_buf b;
    const char *why;

    hy_buf_init(&b, LINE);
    for (size_t i = 0; i < 2; i++) {
        hy_buf_reset(&b);
        hy_buf_put_cstring(&b, table[i].type);
        put_point(&b, table[i].sample);
        CU_ASSERT(!blob_ok(table[i].type, &b, &why));
        UNIT_ASSERT_STRING(why, "the key is cut off");
        hy_buf_put_cstring(&b, "ssh:");
        CU_ASSERT(blob_ok(table[i].type, &b, &why));
        hy_buf_put_u8(&b, 0);
        CU_ASSERT(!blob_ok(table[i].type, &b, &why));
    }
    hy_buf_reset(&b);
    hy_buf_put_cstring(&b, table[0].type);
    put_point(&b, table[0].sample);
    hy_buf_put_cstring(&b, "");
    CU_ASSERT(!blob_ok(table[0].type, &b, &why));
    UNIT_ASSERT_STRING(why, "a security key needs an application name");
    hy_buf_free(&b);
}

static void a_key_cut_at_any_byte_or_longer_by_one_is_refused(void)
{
    char line[LINE], type[64];
    struct hy_key key;
    const char *why;
    uint8_t *longer;

    for (size_t i = 0; i < GOOD; i++) {
        CU_ASSERT_FATAL(hy_key_parse(&key, good[i], &why));
        (void)snprintf(type, sizeof type, "%.*s", (int)strcspn(good[i], " "), good[i]);
        for (size_t cut = 1; cut < key.len; cut++) {
            line_of(line, type, key.blob, cut);
            why = NULL;
            CU_ASSERT(!hy_public_key_ok(line, &why) && why);
        }
        longer = calloc(1, key.len + 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(longer);
        memcpy(longer, key.blob, key.len);
        line_of(line, type, longer, key.len + 1);
        CU_ASSERT(reason_has(line, "bytes behind"));
        free(longer);
        hy_key_free(&key);
    }
}

static void lengths_inside_a_key_are_not_believed(void)
{
    char line[LINE], type[64];
    struct hy_key key;
    const char *why;

    for (size_t i = 0; i < GOOD; i++) {
        CU_ASSERT_FATAL(hy_key_parse(&key, good[i], &why));
        (void)snprintf(type, sizeof type, "%.*s", (int)strcspn(good[i], " "), good[i]);
        for (size_t at = 0; at + 4 < key.len && at < 48; at++) {
            uint8_t kept = key.blob[at];

            key.blob[at] = 0xff;
            line_of(line, type, key.blob, key.len);
            (void)hy_public_key_ok(line, &why); /* whatever it says: nothing is read outside */
            key.blob[at] = kept;
        }
        key.blob[0] = 0xff;
        line_of(line, type, key.blob, key.len);
        CU_ASSERT(reason_has(line, "cut off"));
        hy_key_free(&key);
    }
}

static void the_type_before_and_inside_must_agree(void)
{
    struct hy_key key;
    const char *why;
    char line[LINE];

    CU_ASSERT_FATAL(hy_key_parse(&key, SAMPLE_P256, &why));
    line_of(line, "ecdsa-sha2-nistp384", key.blob, key.len);
    CU_ASSERT(reason_has(line, "type inside"));
    line_of(line, "ssh-ed25519", key.blob, key.len);
    CU_ASSERT(reason_has(line, "type inside"));
    hy_key_free(&key);
}

static void an_ecdsa_key_must_be_a_point_of_its_curve(void)
{
    struct hy_key key;
    const char *why;
    char line[LINE];
    struct hy_buf b;

    CU_ASSERT_FATAL(hy_key_parse(&key, SAMPLE_P256, &why));
    key.blob[key.len - 1] ^= 1;
    line_of(line, "ecdsa-sha2-nistp256", key.blob, key.len);
    CU_ASSERT(reason_has(line, "point"));
    hy_key_free(&key);

    hy_buf_init(&b, LINE);
    hy_buf_put_cstring(&b, "ecdsa-sha2-nistp384");
    put_point(&b, SAMPLE_P256);
    CU_ASSERT(!blob_ok("ecdsa-sha2-nistp384", &b, &why));
    UNIT_ASSERT_STRING(why, "the curve inside the key isn't that of its type");
    hy_buf_free(&b);
}

static bool rsa_ok(size_t n_bytes, uint8_t top, uint8_t low, uint8_t e, const char **why)
{
    uint8_t n[3000];
    struct hy_buf b;
    bool ok;

    memset(n, 0x55, sizeof n);
    n[0] = 0;
    n[1] = top;
    n[n_bytes] = low;
    hy_buf_init(&b, LINE);
    hy_buf_put_cstring(&b, "ssh-rsa");
    hy_buf_put_string(&b, &e, 1);
    hy_buf_put_string(&b, top & 0x80 ? n : n + 1, top & 0x80 ? n_bytes + 1 : n_bytes);
    ok = blob_ok("ssh-rsa", &b, why);
    hy_buf_free(&b);
    return ok;
}

static void rsa_keys_are_bounded_and_in_their_shortest_form(void)
{
    const char *why;

    CU_ASSERT(rsa_ok(256, 0x80, 1, 3, &why));
    CU_ASSERT(!rsa_ok(256, 0x40, 1, 3, &why));
    CU_ASSERT(strstr(why, "2048") != NULL);
    CU_ASSERT(rsa_ok(257, 0x01, 1, 3, &why));
    CU_ASSERT(!rsa_ok(2049, 0x01, 1, 3, &why));
    CU_ASSERT(strstr(why, "16384") != NULL);
    CU_ASSERT(!rsa_ok(256, 0x80, 2, 3, &why));
    CU_ASSERT(!rsa_ok(256, 0x80, 1, 2, &why));
    CU_ASSERT(!rsa_ok(256, 0x80, 1, 1, &why));
    CU_ASSERT(!rsa_ok(256, 0x80, 1, 0x83, &why));
    CU_ASSERT(!rsa_ok(300, 0x00, 1, 3, &why));
    UNIT_ASSERT_STRING(why, "the numbers of the RSA key are malformed");
    CU_ASSERT(reason_has(SAMPLE_RSA1024, "2048"));
}

static void other_lines_are_refused_with_their_reason(void)
{
    CU_ASSERT(reason_has(SAMPLE_DSA, "DSA"));
    CU_ASSERT(reason_has("", "empty"));
    CU_ASSERT(reason_has("  \t ", "empty"));
    CU_ASSERT(reason_has("ssh-ed25519", "no key behind"));
    CU_ASSERT(reason_has("ssh-ed25519-cert-v01@openssh.com AAAA", "list its authority's key"));
    CU_ASSERT(reason_has("ssh-ed448 AAAA", "unknown key type"));
    CU_ASSERT(reason_has("AAAAC3NzaC1lZDI1NTE5AAAAIOgy29WVO", "unknown key type"));
    CU_ASSERT(reason_has(SAMPLE_ED25519 "\n" SAMPLE_P256, "one line"));
    CU_ASSERT(reason_has("ssh-ed25519 AAA", "base64"));
    CU_ASSERT(reason_has("ssh-ed25519 AAAA=", "base64"));
    CU_ASSERT(reason_has("ssh-ed25519 A===", "base64"));
    CU_ASSERT(reason_has("ssh-ed25519 ====", "base64"));
    CU_ASSERT(reason_has("ssh-ed25519 AA=A", "base64"));
    CU_ASSERT(reason_has("ssh-ed25519 AA*A", "base64"));
    CU_ASSERT(reason_has("ssh-ed25519 AA==AAAA", "base64"));
}

static void a_key_line_of_any_length_is_bounded(void)
{
    char *line = malloc(40000);

    CU_ASSERT_PTR_NOT_NULL_FATAL(line);
    (void)snprintf(line, 40000, "ssh-rsa %039000d", 0);
    CU_ASSERT(reason_has(line, "too long"));
    free(line);
}

static void only_the_whole_blob_is_the_same_key(void)
{
    struct hy_key key;
    const char *why;
    uint8_t *copy;

    CU_ASSERT_FATAL(hy_key_parse(&key, SAMPLE_P521, &why));
    copy = malloc(key.len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, key.blob, key.len);
    CU_ASSERT(hy_key_equals(&key, copy, key.len));
    CU_ASSERT(!hy_key_equals(&key, copy, key.len - 1));
    CU_ASSERT(!hy_key_equals(&key, NULL, 0));
    for (size_t i = 0; i < key.len; i++) {
        copy[i] ^= 0x10;
        CU_ASSERT(!hy_key_equals(&key, copy, key.len));
        copy[i] ^= 0x10;
    }
    free(copy);
    hy_key_free(&key);
    CU_ASSERT(!hy_key_equals(&key, NULL, 0));
}

static void a_key_is_described_as_ssh_keygen_does(void)
{
    struct hy_key key;
    const char *why;
    char text[HY_KEY_TEXT];

    CU_ASSERT_FATAL(hy_key_parse(&key, SAMPLE_ED25519, &why));
    hy_key_describe(text, key.blob, key.len);
    UNIT_ASSERT_STRING(text, "ssh-ed25519 " SAMPLE_ED25519_FINGERPRINT);
    hy_key_describe(text, key.blob + 1, key.len - 1);
    CU_ASSERT(strncmp(text, "unknown type SHA256:", 20) == 0);
    hy_key_free(&key);
}

UNIT_SUITE(auth_key, UNIT_TEST(keys_of_every_type_are_read), UNIT_TEST(keys_of_tokens_are_read_with_their_application),
           UNIT_TEST(a_key_cut_at_any_byte_or_longer_by_one_is_refused),
           UNIT_TEST(lengths_inside_a_key_are_not_believed), UNIT_TEST(the_type_before_and_inside_must_agree),
           UNIT_TEST(an_ecdsa_key_must_be_a_point_of_its_curve),
           UNIT_TEST(rsa_keys_are_bounded_and_in_their_shortest_form),
           UNIT_TEST(other_lines_are_refused_with_their_reason), UNIT_TEST(a_key_line_of_any_length_is_bounded),
           UNIT_TEST(only_the_whole_blob_is_the_same_key), UNIT_TEST(a_key_is_described_as_ssh_keygen_does));
