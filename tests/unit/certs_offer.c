/* What plugins are asked about a key that comes with a certificate, and what isn't even shown to them. */
#include "core/auth/key.h"
#include "core/auth/revoked.h"
#include "tests/unit/auth_samples.h"
#include "tests/unit/auth_scene.h"
#include "tests/unit/certs_made.h"
#include "tests/unit/unit.h"

static int64_t made_now(void)
{
    return MADE_NOW;
}

static void begin(struct scene *s)
{
    scene_begin(s);
    s->policy.now = made_now;
    for (size_t i = 0; i < PLUGINS; i++)
        s->fakes[i].instance.auth.flags |= HYTHE_AUTH_CERTIFICATES;
}

static enum hy_verdict present(struct scene *s, const struct made *m, bool verified)
{
    struct hy_buf b = made_cert(m);
    enum hy_verdict verdict = hy_auth_factor(s->c, &(struct hy_factor){.method = HY_METHOD_PUBLICKEY,
                                                                       .user = "alice",
                                                                       .user_len = 5,
                                                                       .key = hy_buf_data(&b),
                                                                       .key_len = hy_buf_len(&b),
                                                                       .signature_verified = verified});

    hy_buf_free(&b);
    return verdict;
}

static void a_plugin_sees_the_plain_key_and_the_certificate_beside_it(void)
{
    struct made m = made_plain();
    struct hy_key key;
    const char *why;
    struct scene s;

    begin(&s);
    CU_ASSERT_FATAL(hy_key_parse(&key, SAMPLE_ED25519, &why));
    UNIT_ASSERT_NUMBER(present(&s, &m, false), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(s.fakes[0].checks, 1);
    UNIT_ASSERT_NUMBER(s.fakes[1].checks, 1);
    UNIT_ASSERT_NUMBER(s.fakes[0].last.now, MADE_NOW);
    UNIT_ASSERT_NUMBER(s.fakes[0].last.key_len, key.len);
    CU_ASSERT(s.fakes[0].last.certificate && s.fakes[0].last.key_line);
    s.fakes[1].verdict = HYTHE_AUTH_ACCEPT;
    UNIT_ASSERT_NUMBER(present(&s, &m, false), HY_AUTH_KEY_OK);
    UNIT_ASSERT_NUMBER(scene_key(&s, "alice", SAMPLE_ED25519, false), HY_AUTH_KEY_OK);
    CU_ASSERT(!s.fakes[1].last.certificate && s.fakes[1].last.key_line);
    UNIT_ASSERT_NUMBER(present(&s, &m, true), HY_AUTH_ACCEPT);
    CU_ASSERT(strstr(s.lines, "accepted publickey for user \"alice\": ssh-ed25519 " SAMPLE_ED25519_FINGERPRINT
                              ", certificate \"laptop\" (serial 7) of ssh-ed25519 SHA256:") != NULL);
    hy_key_free(&key);
    scene_end(&s);
}

static void a_plugin_that_does_not_look_at_certificates_is_not_asked(void)
{
    struct made m = made_plain();
    struct scene s;

    begin(&s);
    s.fakes[0].instance.auth.flags = 0; /* as with an older header */
    s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    UNIT_ASSERT_NUMBER(present(&s, &m, true), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(s.fakes[0].checks, 0);
    UNIT_ASSERT_NUMBER(s.fakes[1].checks, 1);
    UNIT_ASSERT_NUMBER(scene_key(&s, "alice", SAMPLE_ED25519, true), HY_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(s.fakes[0].checks, 1);
    scene_end(&s);
}

static void what_is_not_sound_reaches_no_plugin(void)
{
    static const char *const critical[] = {"nobody-knows", NULL, NULL, NULL};
    struct made m = made_plain();
    struct scene s;

    begin(&s);
    s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    m.before = MADE_NOW;
    UNIT_ASSERT_NUMBER(present(&s, &m, true), HY_AUTH_REJECT);
    CU_ASSERT(strstr(s.lines, "rejected publickey") && strstr(s.lines, "it has expired"));
    m = made_plain();
    m.critical = critical;
    UNIT_ASSERT_NUMBER(present(&s, &m, true), HY_AUTH_REJECT);
    CU_ASSERT(strstr(s.lines, "\"nobody-knows\" is unknown here") != NULL);
    m = made_plain();
    m.id = "a\0b";
    m.id_len = 3;
    UNIT_ASSERT_NUMBER(present(&s, &m, true), HY_AUTH_REJECT);
    CU_ASSERT(strstr(s.lines, "a malformed key id") != NULL);
    UNIT_ASSERT_NUMBER(s.fakes[0].checks + s.fakes[1].checks, 0);
    m = made_plain();
    m.id = "a\nb";
    m.id_len = 3;
    UNIT_ASSERT_NUMBER(present(&s, &m, true), HY_AUTH_ACCEPT);
    CU_ASSERT(strstr(s.lines, "certificate \"a\\x0ab\"") != NULL);
    scene_end(&s);
}

/* A list of one line. */
static struct hy_revoked *revoking(const char *line)
{
    struct hy_err err = {0};
    struct hy_revoked *revoked = hy_revoked_new((uint8_t *)strdup(line), strlen(line), &err);

    UNIT_ASSERT_STRING(err.text, "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(revoked);
    return revoked;
}

static void what_is_revoked_reaches_no_plugin(void)
{
    char authority[MADE_MAX];
    const char *const lines[] = {SAMPLE_ED25519, made_ca_line(MADE_ED25519, "", authority)};
    struct made m = made_plain();

    for (size_t i = 0; i < 2; i++) {
        struct hy_revoked *revoked = revoking(lines[i]);
        struct scene s;

        begin(&s);
        s.policy.revoked = revoked;
        s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
        UNIT_ASSERT_NUMBER(present(&s, &m, true), HY_AUTH_REJECT);
        CU_ASSERT(strstr(s.lines, "revoked") != NULL);
        m.ca = MADE_P256;
        UNIT_ASSERT_NUMBER(present(&s, &m, false), i ? HY_AUTH_KEY_OK : HY_AUTH_REJECT);
        m.ca = MADE_ED25519;
        UNIT_ASSERT_NUMBER(s.fakes[0].checks, i);
        UNIT_ASSERT_NUMBER(scene_key(&s, "alice", SAMPLE_ED25519, true), i ? HY_AUTH_ACCEPT : HY_AUTH_REJECT);
        hy_revoked_free(revoked);
        scene_end(&s);
    }
}

struct program {
    unsigned asked;
    char algorithm[64];
    uint8_t param[256];
    size_t len;
};

static void accept_all(void *ctx, struct hy_auth_question *question)
{
    struct program *p = ctx;

    p->asked++;
    (void)snprintf(p->algorithm, sizeof p->algorithm, "%s", question->algorithm);
    p->len = question->param_len;
    CU_ASSERT_FATAL(p->len <= sizeof p->param);
    memcpy(p->param, question->param, p->len);
    question->accept = true;
}

/* It gets the plain key, and knows the certificate by the algorithm. One that isn't sound it isn't asked about. */
static void a_program_decides_about_sound_certificates(void)
{
    struct program p = {0};
    struct made m = made_plain();
    struct hy_key key;
    const char *why;
    struct scene s;

    begin(&s);
    for (size_t i = 0; i < PLUGINS; i++)
        s.fakes[i].instance.auth.flags = 0;
    hy_auth_set_program(s.c, &(struct hy_auth_program){.ctx = &p, .decide = accept_all});
    CU_ASSERT_FATAL(hy_key_parse(&key, SAMPLE_ED25519, &why));
    UNIT_ASSERT_NUMBER(present(&s, &m, false), HY_AUTH_KEY_OK);
    UNIT_ASSERT_STRING(p.algorithm, "ssh-ed25519-cert-v01@openssh.com");
    CU_ASSERT(p.len == key.len && memcmp(p.param, key.blob, key.len) == 0);
    m.before = MADE_NOW - 1;
    UNIT_ASSERT_NUMBER(present(&s, &m, false), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(present(&s, &m, true), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(p.asked, 1);
    UNIT_ASSERT_NUMBER(s.fakes[0].checks + s.fakes[1].checks, 0);
    m = made_plain();
    UNIT_ASSERT_NUMBER(present(&s, &m, true), HY_AUTH_ACCEPT);
    UNIT_ASSERT_STRING(hy_auth_account(s.c)->home, "/home");
    hy_key_free(&key);
    scene_end(&s);
}

UNIT_SUITE(certs_offer, UNIT_TEST(a_plugin_sees_the_plain_key_and_the_certificate_beside_it),
           UNIT_TEST(a_plugin_that_does_not_look_at_certificates_is_not_asked),
           UNIT_TEST(what_is_not_sound_reaches_no_plugin), UNIT_TEST(what_is_revoked_reaches_no_plugin),
           UNIT_TEST(a_program_decides_about_sound_certificates));
