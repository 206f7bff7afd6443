/* Lines of keys: their options, and whom they let in. */
#include "core/auth/keyline.h"
#include "core/auth/auth.h"
#include "core/auth/cert.h"
#include "tests/unit/certs_made.h"
#include "tests/unit/auth_samples.h"
#include "tests/unit/unit.h"

#include <errno.h>

/* 2027-01-15 08:00:00 UTC */
#define AT_NOW "20270115080000Z"
#define BEFORE_NOW "20270115075959Z"
#define AFTER_NOW "20270115080001Z"

static void options_are_read_or_refused_by_name(void)
{
    static const struct {
        const char *options, *why; /* NULL: taken */
    } table[] = {
        {"restrict", NULL},
        {"cert-authority", NULL},
        {"CERT-Authority,No-PTY", NULL},
        {"no-agent-forwarding,no-port-forwarding,no-pty,no-user-rc,no-X11-forwarding", NULL},
        {"restrict,pty,port-forwarding,agent-forwarding,X11-forwarding,user-rc,no-touch-required", NULL},
        {"command=\"internal-sftp\"", NULL},
        {"command=\"/usr/lib/openssh/sftp-server\"", NULL},
        {"cert-authority,principals=\"alice,bob\"", NULL},
        {"from=\"192.0.2.1\"", NULL},
        {"from=\"192.0.2.*,!192.0.2.9, 2001:db8::/32\",restrict", NULL},
        {"expiry-time=\"20300101\"", NULL},
        {"expiry-time=\"203001010102\"", NULL},
        {"expiry-time=\"20300101010203Z\"", NULL},
        {"expiry-time=\"20280229Z\"", NULL},

        {"command=\"internal-sftp -R\"", "no programs are run"},
        {"command=\"ls\"", "no programs are run"},
        {"command=\"say \\\"internal-sftp\\\"\"", "no programs are run"},
        {"command=\"\"", "no programs are run"},
        {"from=\"example.org\"", "aren't looked up"},
        {"from=\"*.example.org\"", "aren't looked up"},
        {"from=\"192.0.2.1,\"", "aren't looked up"},
        {"from=\"\"", "aren't looked up"},
        {"from=\"192.0.2.1\",from=\"192.0.2.2\"", "twice"},
        {"principals=\"a\",principals=\"b\",cert-authority", "twice"},
        {"principals=\"a\"", "belongs to cert-authority"},
        {"cert-authority,principals=\"\"", "names nobody"},
        {"expiry-time=\"20270230\"", "isn't a time"},
        {"expiry-time=\"20270229Z\"", "isn't a time"},
        {"expiry-time=\"20271301\"", "isn't a time"},
        {"expiry-time=\"2027010124\"", "isn't a time"},
        {"expiry-time=\"202701012460\"", "isn't a time"},
        {"expiry-time=\"20270101235960\"", "isn't a time"},
        {"expiry-time=\"00000101\"", "isn't a time"},
        {"expiry-time=\"2027-1-1\"", "isn't a time"},
        {"expiry-time=\"Z\"", "isn't a time"},
        {"expiry-time=\"\"", "isn't a time"},
        {"expiry-time=\"20270101\",expiry-time=\"20280101\"", "twice"},
        {"environment=\"A=b\"", "environment: no programs"},
        {"permitopen=\"a:1\"", "permitopen: nothing is forwarded"},
        {"permitlisten=\"1\"", "permitlisten: nothing is forwarded"},
        {"tunnel=\"1\"", "tunnel: nothing is forwarded"},
        {"verify-required", "verify-required: whether"},
        {"nonsense", "unknown option"},
        {"restrict,nonsense=\"1\"", "unknown option"},
        {"restrict,", "unknown option"},
        {",restrict", "unknown option"},
        {"restrict=\"1\"", "malformed option"},
        {"from", "malformed option"},
        {"from=192.0.2.1", "malformed option"},
        {"from=\"192.0.2.1", "malformed option"},
        {"from=\"192.0.2.1\"x", "malformed list"},
        {"restrict, no-pty", "unknown option"},
        {"restrict no-pty", "unknown key type"},
        {"restrict\"x\"", "malformed list"},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char text[1024];
        const char *why = NULL;
        bool ok;

        (void)snprintf(text, sizeof text, " %s \t" SAMPLE_ED25519 " a comment", table[i].options);
        ok = hy_public_key_ok(text, &why);
        if (ok != !table[i].why || (!ok && !strstr(why, table[i].why)))
            printf("  %s: %s\n", table[i].options, why ? why : "taken");
        CU_ASSERT(ok == !table[i].why && (ok || strstr(why, table[i].why)));
    }
}

/* A user, an address and what is presented: a plain key, or a certificate. */
struct client {
    struct hythe_session session;
    struct hythe_factor factor;
    struct hy_key key;
    struct hy_buf blob;
    struct hy_cert cert;
};

static void client_begin(struct client *c, const struct made *m)
{
    const char *why;

    memset(c, 0, sizeof *c);
    c->session = (struct hythe_session){.size = sizeof c->session, .user = "alice", .address = "192.0.2.7"};
    CU_ASSERT_FATAL(hy_key_parse(&c->key, SAMPLE_ED25519, &why));
    c->factor = (struct hythe_factor){.size = sizeof c->factor,
                                      .method = HYTHE_AUTH_PUBLICKEY,
                                      .known = 1,
                                      .key = c->key.blob,
                                      .key_len = c->key.len,
                                      .now = MADE_NOW,
                                      .key_line = hy_key_line_ask};
    if (!m)
        return;
    c->blob = made_cert(m);
    CU_ASSERT_FATAL(hy_cert_read(&c->cert, hy_buf_data(&c->blob), hy_buf_len(&c->blob), NULL) == 0);
    c->factor.certificate = &c->cert.facts;
}

static void client_end(struct client *c)
{
    hy_key_free(&c->key);
    hy_cert_free(&c->cert);
    hy_buf_free(&c->blob);
}

static int ask(const struct client *c, const char *line, uint32_t flags, const char *const *principals, char why[256])
{
    const struct hythe_auth_call call = {.size = sizeof call, .session = &c->session};
    const struct hythe_key_line asked = {
        .size = sizeof asked, .text = line, .flags = flags, .principals = principals, .why = why, .why_size = 256};

    why[0] = '?';
    return c->factor.key_line(&call, &c->factor, &asked);
}

static bool answers(const struct client *c, const char *line, int expected, const char *reason)
{
    char why[256];
    int verdict = ask(c, line, 0, NULL, why);
    bool ok = verdict == expected && (*reason ? strstr(why, reason) != NULL : verdict == 0 || !*why);

    if (!ok)
        printf("  %s: %d %s\n", line, verdict, why);
    return ok;
}

static void a_plain_key_is_let_in_as_its_options_say(void)
{
    static const struct {
        const char *line;
        int verdict;
        const char *why;
    } table[] = {
        {SAMPLE_ED25519, HYTHE_AUTH_ACCEPT, ""},
        {"\t" SAMPLE_ED25519 " comment", HYTHE_AUTH_ACCEPT, ""},
        {"restrict,command=\"internal-sftp\" " SAMPLE_ED25519, HYTHE_AUTH_ACCEPT, ""},
        {SAMPLE_P256, HYTHE_AUTH_REJECT, ""},
        {"", HYTHE_AUTH_REJECT, ""},
        {" \t ", HYTHE_AUTH_REJECT, ""},
        {"#" SAMPLE_ED25519, HYTHE_AUTH_REJECT, ""},
        {" # " SAMPLE_ED25519, HYTHE_AUTH_REJECT, ""},
        {"nonsense " SAMPLE_ED25519, -EINVAL, "unknown option"},
        {"ssh-ed25519 AAAA", -EINVAL, "cut off"},
        {"cert-authority " SAMPLE_ED25519, HYTHE_AUTH_REJECT, ""},
        {"from=\"192.0.2.7\" " SAMPLE_ED25519, HYTHE_AUTH_ACCEPT, ""},
        {"from=\"10.0.0.0/8,192.0.2.*\" " SAMPLE_ED25519, HYTHE_AUTH_ACCEPT, ""},
        {"from=\"192.0.2.?\" " SAMPLE_ED25519, HYTHE_AUTH_ACCEPT, ""},
        {"from=\"!192.0.2.7,*\" " SAMPLE_ED25519, HYTHE_AUTH_REJECT, "from"},
        {"from=\"*,!192.0.2.0/24\" " SAMPLE_ED25519, HYTHE_AUTH_REJECT, "from"},
        {"from=\"!192.0.2.8\" " SAMPLE_ED25519, HYTHE_AUTH_REJECT, "from"},
        {"from=\"::/0\" " SAMPLE_ED25519, HYTHE_AUTH_REJECT, "from"},
        {"from=\"192.0.2.70\" " SAMPLE_P256, HYTHE_AUTH_REJECT, ""}, /* another key's option is nobody's business */
        {"expiry-time=\"" AFTER_NOW "\" " SAMPLE_ED25519, HYTHE_AUTH_ACCEPT, ""},
        {"expiry-time=\"" AT_NOW "\" " SAMPLE_ED25519, HYTHE_AUTH_REJECT, "expiry-time"},
        {"expiry-time=\"" BEFORE_NOW "\" " SAMPLE_ED25519, HYTHE_AUTH_REJECT, "expiry-time"},
        {"expiry-time=\"20270117\" " SAMPLE_ED25519, HYTHE_AUTH_ACCEPT, ""}, /* in whatever zone */
        {"expiry-time=\"202701130759\" " SAMPLE_ED25519, HYTHE_AUTH_REJECT, "expiry-time"},
        {"from=\"192.0.2.7\",expiry-time=\"20200101\" " SAMPLE_ED25519, HYTHE_AUTH_REJECT, "expiry-time"},
    };
    struct client c;

    client_begin(&c, NULL);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        CU_ASSERT(answers(&c, table[i].line, table[i].verdict, table[i].why));
    c.session.address = "";
    CU_ASSERT(answers(&c, "from=\"*\" " SAMPLE_ED25519, HYTHE_AUTH_REJECT, "from"));
    c.session.address = "2001:db8::1";
    CU_ASSERT(answers(&c, "from=\"2001:db8::/64\" " SAMPLE_ED25519, HYTHE_AUTH_ACCEPT, ""));
    client_end(&c);
}

static void a_certificate_is_let_in_by_its_authority_for_its_principals(void)
{
    static const struct {
        const char *user, *options;
        enum made_ca ca;
        int verdict;
        const char *why;
    } table[] = {
        {"alice", "cert-authority", MADE_ED25519, HYTHE_AUTH_ACCEPT, ""},
        {"operators", "cert-authority", MADE_ED25519, HYTHE_AUTH_ACCEPT, ""},
        {"bob", "cert-authority", MADE_ED25519, HYTHE_AUTH_REJECT, "principals"},
        {"alic", "cert-authority", MADE_ED25519, HYTHE_AUTH_REJECT, "principals"},
        {"", "cert-authority", MADE_ED25519, HYTHE_AUTH_REJECT, "principals"},
        {"alice", "cert-authority", MADE_P256, HYTHE_AUTH_REJECT, ""},
        {"alice", "", MADE_ED25519, HYTHE_AUTH_REJECT, ""}, /* the authority's own key doesn't sign by itself */
        {"bob", "cert-authority,principals=\"operators\"", MADE_ED25519, HYTHE_AUTH_ACCEPT, ""},
        {"bob", "cert-authority,principals=\"x,operators,y\"", MADE_ED25519, HYTHE_AUTH_ACCEPT, ""},
        {"alice", "cert-authority,principals=\"x,operator,alic\"", MADE_ED25519, HYTHE_AUTH_REJECT, "principals"},
        {"alice", "cert-authority,principals=\",\"", MADE_ED25519, HYTHE_AUTH_REJECT, "principals"},
        {"alice", "from=\"10.0.0.0/8\",cert-authority", MADE_ED25519, HYTHE_AUTH_REJECT, "from"},
        {"alice", "cert-authority,expiry-time=\"" AT_NOW "\"", MADE_ED25519, HYTHE_AUTH_REJECT, "expiry-time"},
    };
    static const char *const operators[] = {"nobody", "operators", NULL}, *const others[] = {"nobody", NULL},
                             *const none[] = {NULL};
    struct made m = made_plain();
    char line[MADE_MAX], why[256];
    struct client c;

    client_begin(&c, &m);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        c.session.user = table[i].user;
        CU_ASSERT(answers(&c, made_ca_line(table[i].ca, table[i].options, line), table[i].verdict, table[i].why));
    }
    CU_ASSERT(answers(&c, SAMPLE_ED25519, HYTHE_AUTH_REJECT, "")); /* the plain key inside of the certificate */
    c.session.user = "bob";
    (void)made_ca_line(MADE_ED25519, "", line);
    UNIT_ASSERT_NUMBER(ask(&c, line, HYTHE_KEY_LINE_AUTHORITY, operators, why), HYTHE_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(ask(&c, line, HYTHE_KEY_LINE_AUTHORITY, others, why), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(ask(&c, line, HYTHE_KEY_LINE_AUTHORITY, none, why), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(ask(&c, line, HYTHE_KEY_LINE_AUTHORITY, NULL, why), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(ask(&c, line, 0, operators, why), HYTHE_AUTH_REJECT);
    c.session.user = "alice";
    UNIT_ASSERT_NUMBER(ask(&c, line, HYTHE_KEY_LINE_AUTHORITY, NULL, why), HYTHE_AUTH_ACCEPT);
    client_end(&c);
}

static void a_shorter_question_is_completed(void)
{
    const struct hythe_key_line asked = {.size = offsetof(struct hythe_key_line, flags),
                                         .text = SAMPLE_ED25519,
                                         .flags = HYTHE_KEY_LINE_AUTHORITY,
                                         .why_size = 1000};
    struct client c;
    struct hythe_auth_call call = {.size = sizeof call};

    client_begin(&c, NULL);
    call.session = &c.session;
    UNIT_ASSERT_NUMBER(c.factor.key_line(&call, &c.factor, &asked), HYTHE_AUTH_ACCEPT);
    client_end(&c);
}

UNIT_SUITE(certs_keyline, UNIT_TEST(options_are_read_or_refused_by_name),
           UNIT_TEST(a_plain_key_is_let_in_as_its_options_say),
           UNIT_TEST(a_certificate_is_let_in_by_its_authority_for_its_principals),
           UNIT_TEST(a_shorter_question_is_completed));
