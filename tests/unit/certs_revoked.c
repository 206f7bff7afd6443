/* Lists of revoked keys: lines, and key revocation lists section by section. What can't be understood is an error. */
#include "core/auth/revoked.h"
#include "core/auth/cert.h"
#include "core/auth/key.h"
#include "tests/unit/auth_samples.h"
#include "tests/unit/certs_made.h"
#include "tests/unit/unit.h"

static struct hy_revoked *list_of(const void *bytes, size_t len, struct hy_err *err)
{
    uint8_t *copy = malloc(len + 1);

    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, bytes, len);
    return hy_revoked_new(copy, len, err);
}

static bool has_line(const struct hy_revoked *revoked, const char *line)
{
    struct hy_key key;
    const char *why;
    bool has;

    CU_ASSERT_FATAL(hy_key_parse(&key, line, &why));
    has = hy_revoked_has_key(revoked, key.blob, key.len);
    hy_key_free(&key);
    return has;
}

static void lines_are_keys_and_fingerprints(void)
{
    static const char text[] = "# lost\r\n\n  " SAMPLE_P256 " of bob\r\n" SAMPLE_ED25519_FINGERPRINT " alice\n"
                               "\t" SAMPLE_RSA1024 "\n" SAMPLE_DSA " both too weak for anything else";
    struct hy_err err = {0};
    struct hy_revoked *revoked = list_of(text, sizeof text - 1, &err);

    UNIT_ASSERT_STRING(err.text, "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(revoked);
    CU_ASSERT(has_line(revoked, SAMPLE_P256));
    CU_ASSERT(has_line(revoked, SAMPLE_ED25519));
    CU_ASSERT(!has_line(revoked, SAMPLE_P384));
    CU_ASSERT(!has_line(revoked, SAMPLE_RSA2048));
    hy_revoked_free(revoked);
    revoked = list_of("", 0, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(revoked);
    CU_ASSERT(!has_line(revoked, SAMPLE_P256));
    hy_revoked_free(revoked);
}

static void a_line_that_is_neither_is_an_error_that_names_it(void)
{
    static const struct {
        const char *line, *why;
    } table[] = {
        {"hello", "not a key"},
        {"ssh-ed25519", "not a key"},
        {"ssh-ed25519 AAAA", "not a key"},
        {"ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIOgy29WVO/MIGgZek+bC/7gSWz/D8ia9vWTA2qFC99bC", "not a key"},
        {"restrict " SAMPLE_ED25519, "not a key"},
        {"SHA256:", "43 digits"},
        {"SHA256:abc", "43 digits"},
        {SAMPLE_ED25519_FINGERPRINT "=", "43 digits"},
        {"SHA256:/j3pGptLzHwniJQUYbti8GfQaZ+tVunAvVVY5SHQW=c", "malformed base64"},
        {"MD5:aa:bb", "not a key"},
        {"ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29t", "a certificate"},
        {"SSHKRL", "not a key"},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct hy_err err = {0};
        char text[2048];

        (void)snprintf(text, sizeof text, SAMPLE_P256 "\n\n%s\n", table[i].line);
        CU_ASSERT_PTR_NULL(list_of(text, strlen(text), &err));
        if (!strstr(err.text, "line 3: ") || !strstr(err.text, table[i].why))
            printf("  %s: %s\n", table[i].line, err.text);
        CU_ASSERT(strstr(err.text, "line 3: ") && strstr(err.text, table[i].why));
    }
    CU_ASSERT_PTR_NULL(list_of("# a\0b\n", 6, NULL));
}

/* ---- Key revocation lists ---- */

static struct hy_buf head(void)
{
    struct hy_buf b;

    hy_buf_init(&b, MADE_MAX);
    hy_buf_put(&b, "SSHKRL\n", 8);
    hy_buf_put_u32(&b, 1);
    hy_buf_put_u64(&b, 5);
    hy_buf_put_u64(&b, MADE_NOW);
    hy_buf_put_u64(&b, 0);
    hy_buf_put_cstring(&b, "");
    hy_buf_put_cstring(&b, "a comment");
    return b;
}

/* A section of a kind; takes its content. */
static void put_section(struct hy_buf *b, uint8_t kind, struct hy_buf *content)
{
    hy_buf_put_u8(b, kind);
    hy_buf_put_string(b, hy_buf_len(content) ? hy_buf_data(content) : (const uint8_t *)"", hy_buf_len(content));
    hy_buf_free(content);
}

static struct hy_buf empty(void)
{
    struct hy_buf b;

    hy_buf_init(&b, MADE_MAX);
    return b;
}

/* The beginning of a section about certificates of an authority, or of all. */
static struct hy_buf issued_by(bool all)
{
    struct hy_buf b = empty(), ca = made_ca_blob(MADE_ED25519);

    hy_buf_put_string(&b, hy_buf_data(&ca), all ? 0 : hy_buf_len(&ca));
    hy_buf_put_cstring(&b, "");
    hy_buf_free(&ca);
    return b;
}

/* A whole list with one section about certificates, which has one part. */
static struct hy_buf krl_of(uint8_t kind, struct hy_buf *part, bool all)
{
    struct hy_buf b = head(), section = issued_by(all);

    put_section(&section, kind, part);
    put_section(&b, 1, &section);
    return b;
}

static bool revokes(struct hy_buf *list, uint64_t serial, enum made_ca ca)
{
    struct made m = made_plain();
    struct hy_err err = {0};
    struct hy_revoked *revoked = list_of(hy_buf_data(list), hy_buf_len(list), &err);
    struct hy_cert cert;
    struct hy_buf b;
    bool has;

    UNIT_ASSERT_STRING(err.text, "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(revoked);
    m.serial = serial;
    m.ca = ca;
    b = made_cert(&m);
    CU_ASSERT_FATAL(hy_cert_read(&cert, hy_buf_data(&b), hy_buf_len(&b), NULL) == 0);
    has = hy_revoked_has_certificate(revoked, &cert.facts);
    CU_ASSERT(!hy_revoked_has_key(revoked, cert.key, cert.key_len));
    hy_cert_free(&cert);
    hy_buf_free(&b);
    hy_revoked_free(revoked);
    return has;
}

static void serial_numbers_are_revoked_for_their_authority(void)
{
    struct hy_buf part = empty(), list;

    hy_buf_put_u64(&part, 7);
    hy_buf_put_u64(&part, UINT64_MAX);
    list = krl_of(0x20, &part, false);
    CU_ASSERT(revokes(&list, 7, MADE_ED25519));
    CU_ASSERT(revokes(&list, UINT64_MAX, MADE_ED25519));
    CU_ASSERT(!revokes(&list, 8, MADE_ED25519));
    CU_ASSERT(!revokes(&list, 0, MADE_ED25519));
    CU_ASSERT(!revokes(&list, 7, MADE_P256));
    hy_buf_free(&list);

    part = empty();
    hy_buf_put_u64(&part, 7);
    list = krl_of(0x20, &part, true);
    CU_ASSERT(revokes(&list, 7, MADE_P256));
    hy_buf_free(&list);

    part = empty();
    hy_buf_put_u64(&part, 100);
    hy_buf_put_u64(&part, 200);
    list = krl_of(0x21, &part, false);
    CU_ASSERT(!revokes(&list, 99, MADE_ED25519));
    CU_ASSERT(revokes(&list, 100, MADE_ED25519));
    CU_ASSERT(revokes(&list, 150, MADE_ED25519));
    CU_ASSERT(revokes(&list, 200, MADE_ED25519));
    CU_ASSERT(!revokes(&list, 201, MADE_ED25519));
    hy_buf_free(&list);
}

static void bits_of_a_bitmap_are_serial_numbers(void)
{
    static const uint8_t bits[] = {0x00, 0x81, 0x00, 0x05}; /* bits 0, 2, 16, 23 */
    static const uint64_t offsets[] = {0, 1, 1000, UINT64_MAX - 31, UINT64_MAX - 23};

    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        struct hy_buf part = empty(), list;

        hy_buf_put_u64(&part, offsets[i]);
        hy_buf_put_string(&part, bits, sizeof bits);
        list = krl_of(0x22, &part, false);
        CU_ASSERT(revokes(&list, offsets[i], MADE_ED25519) == (offsets[i] != 0));
        CU_ASSERT(!revokes(&list, offsets[i] + 1, MADE_ED25519));
        CU_ASSERT(revokes(&list, offsets[i] + 2, MADE_ED25519));
        CU_ASSERT(revokes(&list, offsets[i] + 16, MADE_ED25519));
        CU_ASSERT(!revokes(&list, offsets[i] + 22, MADE_ED25519));
        CU_ASSERT(revokes(&list, offsets[i] + 23, MADE_ED25519));
        CU_ASSERT(!revokes(&list, offsets[i] - 1, MADE_ED25519));
        CU_ASSERT(!revokes(&list, offsets[i] + 100, MADE_ED25519));
        hy_buf_free(&list);
    }
}

static void key_ids_and_authorities_are_revoked(void)
{
    struct hy_buf part = empty(), list, ca = made_ca_blob(MADE_P256);

    hy_buf_put_cstring(&part, "desktop");
    hy_buf_put_cstring(&part, "laptop");
    list = krl_of(0x23, &part, false);
    CU_ASSERT(revokes(&list, 0, MADE_ED25519));
    CU_ASSERT(!revokes(&list, 0, MADE_P384));
    hy_buf_free(&list);
    part = empty();
    hy_buf_put_cstring(&part, "lapto");
    hy_buf_put_cstring(&part, "laptops");
    list = krl_of(0x23, &part, false);
    CU_ASSERT(!revokes(&list, 7, MADE_ED25519));
    hy_buf_free(&list);

    list = head();
    part = empty();
    hy_buf_put_string(&part, hy_buf_data(&ca), hy_buf_len(&ca));
    put_section(&list, 2, &part);
    CU_ASSERT(revokes(&list, 1, MADE_P256));
    CU_ASSERT(!revokes(&list, 1, MADE_ED25519));
    hy_buf_free(&list);
    hy_buf_free(&ca);
}

static void keys_are_revoked_by_blob_and_by_either_fingerprint(void)
{
    for (int i = 0; i < 3; i++) {
        static const uint8_t kinds[] = {2, 3, 5};
        struct hy_buf list = head(), part = empty();
        struct hy_revoked *revoked;
        uint8_t digest[EVP_MAX_MD_SIZE];
        unsigned digest_len;
        struct hy_key key;
        const char *why;

        CU_ASSERT_FATAL(hy_key_parse(&key, SAMPLE_ED25519, &why));
        (void)EVP_Digest(key.blob, key.len, digest, &digest_len, i == 1 ? EVP_sha1() : EVP_sha256(), NULL);
        hy_buf_put_string(&part, i ? digest : key.blob, i ? digest_len : key.len);
        put_section(&list, kinds[i], &part);
        revoked = list_of(hy_buf_data(&list), hy_buf_len(&list), NULL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(revoked);
        CU_ASSERT(has_line(revoked, SAMPLE_ED25519));
        CU_ASSERT(!has_line(revoked, SAMPLE_P256));
        hy_revoked_free(revoked);
        hy_buf_free(&list);
        hy_key_free(&key);
    }
}

/* Puts a section with the bytes of a string behind a good head; what is said of it. */
static bool refuses(uint8_t kind, uint8_t inner, const char *bytes, size_t len, const char *why)
{
    struct hy_buf list, part = empty();
    struct hy_err err = {0};
    struct hy_revoked *revoked;

    hy_buf_put(&part, bytes, len);
    if (inner) {
        list = krl_of(inner, &part, false);
    } else {
        list = head();
        put_section(&list, kind, &part);
    }
    revoked = list_of(hy_buf_data(&list), hy_buf_len(&list), &err);
    if (*why ? !strstr(err.text, why) : *err.text)
        printf("  %u %u: %s\n", kind, inner, err.text);
    hy_revoked_free(revoked);
    hy_buf_free(&list);
    return *why ? !revoked && strstr(err.text, why) : revoked != NULL;
}

static void what_cannot_be_understood_is_an_error(void)
{
    static const char extension[] = "\0\0\0\1x\1\0\0\0\0", harmless[] = "\0\0\0\1x\0\0\0\0\1y";

    CU_ASSERT(refuses(4, 0, "", 0, "signatures of lists"));
    CU_ASSERT(refuses(6, 0, "", 0, "unknown here"));
    CU_ASSERT(refuses(255, 0, extension, sizeof extension - 1, "critical"));
    CU_ASSERT(refuses(255, 0, harmless, sizeof harmless - 1, ""));
    CU_ASSERT(refuses(1, 0x39, extension, sizeof extension - 1, "critical"));
    CU_ASSERT(refuses(1, 0x39, harmless, sizeof harmless - 1, ""));
    CU_ASSERT(refuses(1, 0x24, "", 0, "in a way that is unknown"));
    CU_ASSERT(refuses(1, 0x20, "\0\0\0\0\0\0\0", 7, "malformed"));
    CU_ASSERT(refuses(1, 0x20, "\0\0\0\0\0\0\0\0", 8, "that is none"));
    CU_ASSERT(refuses(1, 0x21, "\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\1", 16, "that is none"));
    CU_ASSERT(refuses(1, 0x21, "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2x", 17, "malformed"));
    CU_ASSERT(refuses(1, 0x22, "\0\0\0\0\0\0\0\1\0\0\0\1\x80", 13, "negative"));
    CU_ASSERT(refuses(1, 0x22, "\0\0\0\0\0\0\0\1\0\0\0\2\1", 13, "malformed"));
    CU_ASSERT(refuses(1, 0x23, "\0\0\0\5lapto\0", 10, "malformed"));
    CU_ASSERT(refuses(2, 0, "\0\0\1\0x", 5, "malformed"));
    CU_ASSERT(refuses(3, 0, "\0\0\0\1x", 5, "malformed"));
    CU_ASSERT(refuses(5, 0, "\0\0\0\1x", 5, "malformed"));
}

static void a_list_cut_at_any_byte_is_an_error_or_ends_with_a_section(void)
{
    struct hy_buf part = empty(), list;
    size_t begins = 0;

    hy_buf_put_u64(&part, 7);
    list = krl_of(0x20, &part, false);
    for (size_t cut = 8; cut < hy_buf_len(&list); cut++) {
        struct hy_revoked *revoked = list_of(hy_buf_data(&list), cut, NULL);

        begins += revoked != NULL; /* behind the head, without a section */
        hy_revoked_free(revoked);
    }
    UNIT_ASSERT_NUMBER(begins, 1);
    for (size_t at = 8; at < hy_buf_len(&list); at++) {
        uint8_t *bytes = list.data + list.off, kept = bytes[at];

        for (int value = 0; value < 256; value += 15) {
            bytes[at] = (uint8_t)value;
            hy_revoked_free(list_of(bytes, hy_buf_len(&list), NULL)); /* whatever it says */
        }
        bytes[at] = kept;
    }
    list.data[list.off + 11] = 2;
    CU_ASSERT_PTR_NULL(list_of(hy_buf_data(&list), hy_buf_len(&list), NULL));
    hy_buf_free(&list);
}

UNIT_SUITE(certs_revoked, UNIT_TEST(lines_are_keys_and_fingerprints),
           UNIT_TEST(a_line_that_is_neither_is_an_error_that_names_it),
           UNIT_TEST(serial_numbers_are_revoked_for_their_authority), UNIT_TEST(bits_of_a_bitmap_are_serial_numbers),
           UNIT_TEST(key_ids_and_authorities_are_revoked),
           UNIT_TEST(keys_are_revoked_by_blob_and_by_either_fingerprint),
           UNIT_TEST(what_cannot_be_understood_is_an_error),
           UNIT_TEST(a_list_cut_at_any_byte_is_an_error_or_ends_with_a_section));
