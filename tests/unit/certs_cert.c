/* Certificates: taken apart at any bytes, and each thing that makes one unsound. */
#include "core/auth/cert.h"
#include "core/auth/key.h"
#include "core/auth/signature.h"
#include "tests/unit/certs_made.h"
#include "tests/unit/auth_samples.h"
#include "tests/unit/unit.h"

#define ADDRESS "192.0.2.7"

/* What reading and judging say of the bytes: "" when they are sound. */
static const char *verdict(const uint8_t *blob, size_t len)
{
    static struct hy_err err;
    struct hy_cert cert;

    err.text[0] = '\0';
    if (hy_cert_read(&cert, blob, len, &err) == 0)
        (void)hy_cert_judge(&cert, ADDRESS, MADE_NOW, &err);
    else
        CU_ASSERT(!cert.store && !cert.key && *err.text);
    hy_cert_free(&cert);
    return err.text;
}

static bool says(const struct made *m, const char *what)
{
    struct hy_buf b = made_cert(m);
    const char *said = verdict(hy_buf_data(&b), hy_buf_len(&b));
    bool ok = *what ? strstr(said, what) != NULL : !*said;

    if (!ok)
        printf("  \"%s\" instead of \"%s\"\n", said, what);
    hy_buf_free(&b);
    return ok;
}

static void certificates_of_every_type_and_authority_are_sound(void)
{
    static const struct {
        const char *type, *key, *application;
    } types[] = {
        {"ssh-ed25519-cert-v01@openssh.com", SAMPLE_ED25519, NULL},
        {"ecdsa-sha2-nistp256-cert-v01@openssh.com", SAMPLE_P256, NULL},
        {"ecdsa-sha2-nistp384-cert-v01@openssh.com", SAMPLE_P384, NULL},
        {"ecdsa-sha2-nistp521-cert-v01@openssh.com", SAMPLE_P521, NULL},
        {"ssh-rsa-cert-v01@openssh.com", SAMPLE_RSA2048, NULL},
        {"sk-ssh-ed25519-cert-v01@openssh.com", SAMPLE_ED25519, "ssh:"},
        {"sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", SAMPLE_P256, "ssh:"},
    };
    struct made m = made_plain();

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        for (int ca = 0; ca < MADE_CAS; ca++) {
            m.type = types[i].type;
            m.key = types[i].key;
            m.application = types[i].application;
            m.ca = (enum made_ca)ca;
            CU_ASSERT(says(&m, ""));
        }
    m = made_plain();
    m.ca = MADE_RSA;
    m.algorithm = "rsa-sha2-256";
    CU_ASSERT(says(&m, ""));
}

static void a_certificate_tells_what_is_in_it(void)
{
    struct made m = made_plain();
    struct hy_buf b = made_cert(&m), ca = made_ca_blob(m.ca);
    struct hy_cert cert;
    struct hy_key key;
    const char *why;

    CU_ASSERT_FATAL(hy_key_parse(&key, SAMPLE_ED25519, &why));
    CU_ASSERT_FATAL(hy_cert_is(hy_buf_data(&b), hy_buf_len(&b)));
    CU_ASSERT(!hy_cert_is(key.blob, key.len));
    CU_ASSERT_FATAL(hy_cert_read(&cert, hy_buf_data(&b), hy_buf_len(&b), NULL) == 0);
    CU_ASSERT(hy_key_equals(&key, cert.key, cert.key_len));
    CU_ASSERT(cert.facts.ca_len == hy_buf_len(&ca) && memcmp(cert.facts.ca, hy_buf_data(&ca), hy_buf_len(&ca)) == 0);
    UNIT_ASSERT_NUMBER(cert.facts.serial, 7);
    UNIT_ASSERT_STRING(cert.facts.key_id, "laptop");
    UNIT_ASSERT_STRING(cert.facts.principals[0], "alice");
    UNIT_ASSERT_STRING(cert.facts.principals[1], "operators");
    CU_ASSERT_PTR_NULL(cert.facts.principals[2]);
    UNIT_ASSERT_NUMBER(cert.facts.valid_after, MADE_NOW - 100);
    UNIT_ASSERT_NUMBER(cert.facts.valid_before, MADE_NOW + 100);
    hy_cert_free(&cert);
    hy_key_free(&key);
    hy_buf_free(&ca);
    hy_buf_free(&b);
}

static void what_makes_a_certificate_unsound_is_named(void)
{
    static const char *const nobody[] = {NULL};
    struct made m = made_plain();

    m.role = 2;
    CU_ASSERT(says(&m, "host's"));
    m.role = 0;
    CU_ASSERT(says(&m, "neither a user's nor a host's"));
    m = made_plain();
    m.after = MADE_NOW + 1;
    CU_ASSERT(says(&m, "isn't valid yet"));
    m.after = MADE_NOW;
    CU_ASSERT(says(&m, ""));
    m.before = MADE_NOW;
    CU_ASSERT(says(&m, "has expired"));
    m.before = MADE_NOW + 1;
    CU_ASSERT(says(&m, ""));
    m.after = 0;
    m.before = UINT64_MAX;
    CU_ASSERT(says(&m, ""));
    m.after = UINT64_MAX;
    CU_ASSERT(says(&m, "isn't valid yet"));
    m = made_plain();
    m.principals = nobody;
    CU_ASSERT(says(&m, "names no principals"));
    m = made_plain();
    m.id = "a\0b";
    m.id_len = 3;
    CU_ASSERT(says(&m, "key id"));
    m.id_len = 0;
    CU_ASSERT(says(&m, ""));
    m = made_plain();
    m.ca = MADE_RSA;
    m.algorithm = "ssh-rsa";
    CU_ASSERT(says(&m, "SHA-1"));
    m = made_plain();
    m.algorithm = "ecdsa-sha2-nistp256";
    CU_ASSERT(says(&m, "isn't of a kind that the key makes"));
    m = made_plain();
    m.type = "ssh-rsa-cert-v01@openssh.com"; /* with an Ed25519 key inside */
    CU_ASSERT(says(&m, "malformed"));
    m.type = "ssh-dss-cert-v01@openssh.com";
    CU_ASSERT(says(&m, "unknown type"));
}

static void critical_options_hold_or_deny(void)
{
    static const struct {
        const char *name, *value, *said;
    } table[] = {
        {"source-address", "192.0.2.7", ""},
        {"source-address", "10.0.0.0/8,192.0.2.0/24", ""},
        {"source-address", "::/0", "doesn't have the client's address"},
        {"source-address", "192.0.2.8", "doesn't have the client's address"},
        {"source-address", "192.0.2.0/25,10.0.0.0/8", ""},
        {"source-address", "192.0.2.128/25", "doesn't have the client's address"},
        {"source-address", "192.0.2.*", "can't be held against"},
        {"source-address", "!192.0.2.8,192.0.2.7", "can't be held against"},
        {"source-address", "example.org", "isn't a list"},
        {"source-address", "192.0.2.7,", "isn't a list"},
        {"source-address", "192.0.2.7/33", "isn't a list"},
        {"source-address", "", "isn't a list"},
        {"source-address", NULL, "isn't a list"},
        {"force-command", "internal-sftp", ""},
        {"force-command", "/usr/lib/openssh/sftp-server", ""},
        {"force-command", "internal-sftp -R", "names a command"},
        {"force-command", "/bin/sh", "names a command"},
        {"force-command", "/bin/sh /x/sftp-server", "names a command"},
        {"force-command", "sftp-server", "names a command"},
        {"force-command", "", "names a command"},
        {"verify-required", NULL, "verified its user"},
        {"nobody-knows", NULL, "\"nobody-knows\" is unknown"},
        {"nobody-knows", "x", "\"nobody-knows\" is unknown"},
        {"", NULL, "\"\" is unknown"},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *rows[] = {table[i].name, table[i].value, NULL, NULL};
        const char *behind[] = {"force-command", "internal-sftp", table[i].name, table[i].value, NULL, NULL};
        struct made m = made_plain();

        m.critical = rows;
        CU_ASSERT(says(&m, table[i].said));
        m.critical = behind;
        CU_ASSERT(says(&m, table[i].said));
        m.critical = NULL;
        m.extensions = rows; /* which mean nothing */
        CU_ASSERT(says(&m, ""));
    }
}

static void a_principal_too_many_is_refused(void)
{
    const char *names[HY_CERT_PRINCIPALS_MAX + 2];
    struct made m = made_plain();

    for (size_t i = 0; i < HY_CERT_PRINCIPALS_MAX + 1; i++)
        names[i] = "alice";
    names[HY_CERT_PRINCIPALS_MAX] = NULL;
    m.principals = names;
    CU_ASSERT(says(&m, ""));
    names[HY_CERT_PRINCIPALS_MAX] = "alice";
    names[HY_CERT_PRINCIPALS_MAX + 1] = NULL;
    CU_ASSERT(says(&m, "more than 256"));
}

static void a_certificate_cut_at_any_byte_longer_or_changed_is_unsound(void)
{
    static const char *const critical[] = {"force-command", "internal-sftp", NULL, NULL};
    struct made m = made_plain();
    struct hy_buf b;
    uint8_t *copy;
    size_t len;

    m.critical = critical;
    b = made_cert(&m);
    len = hy_buf_len(&b);
    copy = calloc(1, len + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, hy_buf_data(&b), len);
    UNIT_ASSERT_STRING(verdict(copy, len), "");
    UNIT_ASSERT_STRING(verdict(copy, len + 1), "bytes behind its end");
    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *part = malloc(cut ? cut : 1); /* of its own, so that a tool sees what is read outside */

        memcpy(part, copy, cut);
        CU_ASSERT(*verdict(part, cut) != '\0');
        free(part);
    }
    for (size_t at = 0; at < len; at++) {
        copy[at] ^= 0x01;
        if (!*verdict(copy, len))
            printf("  byte %zu\n", at);
        CU_ASSERT(*verdict(copy, len) != '\0');
        copy[at] ^= 0x81;
        CU_ASSERT(*verdict(copy, len) != '\0');
        copy[at] = 0xff; /* in the upper bytes of lengths, and elsewhere */
        if (hy_buf_data(&b)[at] != 0xff)
            CU_ASSERT(*verdict(copy, len) != '\0');
        copy[at] = hy_buf_data(&b)[at];
    }
    UNIT_ASSERT_STRING(verdict(copy, len), "");
    free(copy);
    hy_buf_free(&b);
}

/* Each byte of the signatures of other kinds; the rest was changed above. */
static void a_changed_signature_of_any_kind_is_wrong(void)
{
    for (int ca = 0; ca < MADE_CAS; ca++) {
        struct made m = made_plain();
        struct hy_buf b;
        struct hy_cert cert;
        size_t len, left;
        uint8_t *copy;

        m.ca = (enum made_ca)ca;
        b = made_cert(&m);
        len = hy_buf_len(&b);
        copy = malloc(len);
        memcpy(copy, hy_buf_data(&b), len);
        CU_ASSERT_FATAL(hy_cert_read(&cert, copy, len, NULL) == 0);
        left = len - cert.signed_len - 4;
        for (size_t at = len - left; at < len; at += ca == MADE_RSA ? 16 : 3) {
            copy[at] ^= 0x40;
            CU_ASSERT(hy_cert_judge(&cert, ADDRESS, MADE_NOW, NULL) == -1);
            copy[at] ^= 0x40;
        }
        CU_ASSERT(hy_cert_judge(&cert, ADDRESS, MADE_NOW, NULL) == 0);
        hy_cert_free(&cert);
        free(copy);
        hy_buf_free(&b);
    }
}

/* With a byte more behind the whole, and, of ECDSA, behind the numbers. */
static void a_signature_with_bytes_behind_it_is_wrong(void)
{
    for (int ca = 0; ca < MADE_CAS; ca++) {
        struct made m = made_plain();
        struct hy_buf b, longer;
        struct hy_cert cert;
        struct hy_reader r;
        const uint8_t *part;
        size_t len;

        m.ca = (enum made_ca)ca;
        b = made_cert(&m);
        CU_ASSERT_FATAL(hy_cert_read(&cert, hy_buf_data(&b), hy_buf_len(&b), NULL) == 0);
        for (int inner = 0; inner < 2; inner++) {
            hy_buf_init(&longer, MADE_MAX);
            r = cert.signature;
            part = hy_get_string(&r, &len);
            hy_buf_put_string(&longer, part, len);
            part = hy_get_string(&r, &len);
            hy_buf_put_u32(&longer, (uint32_t)len + (uint32_t)inner);
            hy_buf_put(&longer, part, len);
            if (inner)
                hy_buf_put_u8(&longer, 0);
            hy_buf_put(&longer, r.p, hy_reader_left(&r));
            if (!inner)
                hy_buf_put_u8(&longer, 0);
            CU_ASSERT(hy_signature_check(cert.facts.ca, cert.facts.ca_len, hy_buf_data(&longer), hy_buf_len(&longer),
                                         cert.blob, cert.signed_len) != NULL);
            hy_buf_free(&longer);
        }
        hy_cert_free(&cert);
        hy_buf_free(&b);
    }
}

static void a_key_inside_that_is_no_point_of_its_curve_is_refused(void)
{
    struct hy_key key;
    const char *why;
    struct hy_reader r;
    size_t len;

    CU_ASSERT_FATAL(hy_key_parse(&key, SAMPLE_P256, &why));
    for (int changed = 0; changed < 2; changed++) {
        key.blob[key.len - 1] ^= (uint8_t)changed;
        r = hy_reader_of(key.blob, key.len);
        (void)hy_get_string(&r, &len);
        why = hy_key_get(&r, "ecdsa-sha2-nistp256", strlen("ecdsa-sha2-nistp256"));
        CU_ASSERT(changed ? why && strstr(why, "isn't a point") : !why && !hy_reader_left(&r));
    }
    hy_key_free(&key);
}

static void an_address_that_is_none_fails_source_address(void)
{
    static const char *const critical[] = {"source-address", "0.0.0.0/0,::/0", NULL, NULL};
    struct made m = made_plain();
    struct hy_buf b;
    struct hy_cert cert;

    m.critical = critical;
    b = made_cert(&m);
    CU_ASSERT_FATAL(hy_cert_read(&cert, hy_buf_data(&b), hy_buf_len(&b), NULL) == 0);
    CU_ASSERT(hy_cert_judge(&cert, ADDRESS, MADE_NOW, NULL) == 0);
    CU_ASSERT(hy_cert_judge(&cert, "::1", MADE_NOW, NULL) == 0);
    CU_ASSERT(hy_cert_judge(&cert, "", MADE_NOW, NULL) == -1);
    CU_ASSERT(hy_cert_judge(&cert, "localhost", MADE_NOW, NULL) == -1);
    hy_cert_free(&cert);
    hy_buf_free(&b);
}

UNIT_SUITE(certs_cert, UNIT_TEST(certificates_of_every_type_and_authority_are_sound),
           UNIT_TEST(a_certificate_tells_what_is_in_it), UNIT_TEST(what_makes_a_certificate_unsound_is_named),
           UNIT_TEST(critical_options_hold_or_deny), UNIT_TEST(a_principal_too_many_is_refused),
           UNIT_TEST(a_certificate_cut_at_any_byte_longer_or_changed_is_unsound),
           UNIT_TEST(a_changed_signature_of_any_kind_is_wrong), UNIT_TEST(a_signature_with_bytes_behind_it_is_wrong),
           UNIT_TEST(a_key_inside_that_is_no_point_of_its_curve_is_refused),
           UNIT_TEST(an_address_that_is_none_fails_source_address));
