/* What plugins are asked, what they may answer, and what becomes of an account that asks for too much. */
#include "core/auth/key.h"
#include "tests/unit/auth_samples.h"
#include "tests/unit/auth_scene.h"
#include "tests/unit/unit.h"

#include <errno.h>

static const char *const groups[] = {"partners", "staff", NULL};

static void a_plugin_is_told_what_it_needs(void)
{
    struct scene s;

    scene_begin(&s);
    s.policy.groups = groups;
    s.fakes[0].account.groups = groups;
    UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "pass word"), HY_AUTH_REJECT);
    for (size_t i = 0; i < PLUGINS; i++) {
        const struct fake *fake = &s.fakes[i];

        UNIT_ASSERT_NUMBER(fake->last.size, sizeof fake->last);
        UNIT_ASSERT_NUMBER(fake->last.method, HYTHE_AUTH_PASSWORD);
        UNIT_ASSERT_NUMBER(fake->last.known, 1);
        UNIT_ASSERT_NUMBER(fake->last.secret_len, 9);
        UNIT_ASSERT_STRING(fake->last_secret, "pass word");
        UNIT_ASSERT_STRING(fake->last_user, "alice");
        UNIT_ASSERT_STRING(fake->last_home, "/home");
        UNIT_ASSERT_STRING(fake->last_group, "partners");
        CU_ASSERT(fake->last.prompt == NULL);
    }
    (void)scene_give(&s, "alice", 5, HY_METHOD_INTERACTIVE, "an answer", 9);
    UNIT_ASSERT_NUMBER(s.fakes[0].last.answer_count, 1);
    UNIT_ASSERT_NUMBER(s.fakes[0].last.round, 0);
    UNIT_ASSERT_STRING(s.fakes[0].last_secret, "an answer");
    (void)scene_key(&s, "alice", SAMPLE_ED25519, false);
    UNIT_ASSERT_NUMBER(s.fakes[0].last.signature_verified, 0);
    UNIT_ASSERT_NUMBER(s.fakes[0].last.key_len, 51);
    (void)scene_key(&s, "alice", SAMPLE_ED25519, true);
    UNIT_ASSERT_NUMBER(s.fakes[0].last.signature_verified, 1);
    scene_end(&s);
}

static void an_unknown_user_has_neither_home_nor_group(void)
{
    struct scene s;

    scene_begin(&s);
    (void)scene_password(&s, "mallory", "x");
    UNIT_ASSERT_STRING(s.fakes[1].last_user, "mallory");
    UNIT_ASSERT_STRING(s.fakes[1].last_home, "/");
    UNIT_ASSERT_STRING(s.fakes[1].last_group, "");
    scene_end(&s);
}

static void an_account_may_have_a_name_of_its_own(void)
{
    struct scene s;

    scene_begin(&s);
    s.fakes[0].knows = "ALICE";
    s.fakes[0].account.name = "alice";
    s.fakes[1].verdict = HYTHE_AUTH_ACCEPT;
    UNIT_ASSERT_NUMBER(scene_password(&s, "ALICE", "x"), HY_AUTH_ACCEPT);
    UNIT_ASSERT_STRING(s.fakes[1].last_user, "alice");
    UNIT_ASSERT_STRING(hy_auth_account(s.c)->name, "alice");
    scene_end(&s);
}

static void the_policy_fills_what_an_account_leaves_open(void)
{
    static const struct {
        const char *user_root;
        uint32_t restricted;
        const char *wanted_root;
        bool wanted;
    } table[] = {
        {NULL, HYTHE_AUTH_UNSET, "/all", true},
        {"/own", HYTHE_AUTH_NO, "/own", false},
        {"/own", HYTHE_AUTH_YES, "/own", true},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct scene s;

        scene_begin(&s);
        s.policy.user_root = "/all";
        s.policy.restrict_to_home = true;
        s.policy.groups = groups;
        s.fakes[0].account.user_root = table[i].user_root;
        s.fakes[0].account.restrict_to_home = table[i].restricted;
        s.fakes[0].account.groups = groups + 1;
        s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
        UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "x"), HY_AUTH_ACCEPT);
        UNIT_ASSERT_STRING(hy_auth_account(s.c)->user_root, table[i].wanted_root);
        CU_ASSERT(hy_auth_account(s.c)->restrict_to_home == table[i].wanted);
        UNIT_ASSERT_STRING(hy_auth_account(s.c)->groups[0], "staff");
        CU_ASSERT_PTR_NULL(hy_auth_account(s.c)->groups[1]);
        scene_end(&s);
    }
}

static void an_account_that_cannot_be_honoured_is_refused(void)
{
    static const char *const factors[][3] = {{"publickey,password", "publickey,pasword", NULL},
                                             {"none", NULL},
                                             {"publickey,publickey", NULL},
                                             {"publickey,", NULL},
                                             {"password", "keyboard-interactive", NULL}};
    static const char *const strangers[] = {"staff", "nosuch", NULL};
    static char long_name[257];
    const struct {
        struct hythe_account account;
        const char *why;
    } table[] = {
        {{.home = "/h", .factors = factors[0]}, "\"pasword\" is not a method; did you mean password?"},
        {{.home = "/h", .factors = factors[1]}, "\"none\" is not a method"},
        {{.home = "/h", .factors = factors[2]}, "\"publickey,publickey\" has publickey twice"},
        {{.home = "/h", .factors = factors[3]}, "\"publickey,\" has a place without a method"},
        {{.home = "/h", .factors = factors[4]}, "keyboard-interactive is not among DefaultAuthMethods"},
        {{.home = "/h", .flags = 1}, "it wants what this server can't do"},
        {{.home = "/h", .restrict_to_home = 3}, "it wants what this server can't do"},
        {{.home = "/h", .groups = strangers}, "there is no group \"nosuch\""},
        {{.restrict_to_home = HYTHE_AUTH_YES}, "needs a HomeDir"},
        {{.home = "h"}, "a home is"},
        {{.home = "/h/../x"}, "a home is"},
        {{.home = "/h/"}, "a home is"},
        {{.home = ""}, "a home is"},
        {{.user_root = "//"}, "a root is"},
        {{.name = "a/b"}, "a name has"},
        {{.name = ""}, "a name has"},
        {{.name = long_name}, "a name has"},
    };

    memset(long_name, 'a', 256);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct scene s;

        scene_begin(&s);
        s.policy.groups = groups;
        s.policy.methods = HY_METHOD_PASSWORD | HY_METHOD_PUBLICKEY;
        s.fakes[0].account = table[i].account;
        s.fakes[0].account.size = sizeof(struct hythe_account);
        s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
        UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "right"), HY_AUTH_REJECT);
        UNIT_ASSERT_NUMBER(scene_key(&s, "alice", SAMPLE_ED25519, false), HY_AUTH_REJECT);
        CU_ASSERT_PTR_NULL(hy_auth_account(s.c));
        CU_ASSERT(!s.fakes[0].last_known);
        UNIT_ASSERT_NUMBER(s.fakes[0].checks, 2); /* the work of any other login */
        UNIT_ASSERT_NUMBER(s.fakes[0].lookups, 1);
        UNIT_ASSERT_NUMBER(s.fakes[1].lookups, 0); /* it has an owner: nobody behind may take it */
        if (!strstr(s.lines, table[i].why))
            printf("  %zu: %s", i, s.lines);
        CU_ASSERT(strstr(s.lines, table[i].why) != NULL);
        CU_ASSERT(strstr(s.lines, "first: can't use the account of user \"alice\"") != NULL);
        CU_ASSERT(strstr(s.lines, "rejected password for refused user \"alice\"") != NULL);
        scene_end(&s);
    }
}

static void an_account_that_is_cut_off_is_refused(void)
{
    struct scene s;

    scene_begin(&s);
    s.fakes[0].account.size = 8;
    s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "right"), HY_AUTH_REJECT);
    scene_end(&s);
}

static void an_answer_out_of_the_contract_denies(void)
{
    static const int answers[] = {HYTHE_AUTH_CONTINUE, 3, 100, -1, -EIO, -5000, -70000};

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct scene s;

        scene_begin(&s);
        s.fakes[0].verdict = answers[i];
        s.fakes[1].verdict = HYTHE_AUTH_ACCEPT;
        UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "right"), HY_AUTH_UNAVAILABLE);
        UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, HY_METHOD_INTERACTIVE, "right", 5), HY_AUTH_UNAVAILABLE);
        UNIT_ASSERT_NUMBER(s.fakes[1].checks, 0);
        CU_ASSERT_PTR_NULL(hy_auth_account(s.c));
        CU_ASSERT(strstr(s.lines, "0 first: couldn't check user \"alice\": ") != NULL);
        scene_end(&s);
    }
}

static void a_look_up_out_of_the_contract_denies(void)
{
    static const struct {
        int result; /* 0: what the look-up makes of its emits */
        unsigned emits;
    } table[] = {{0, 0}, {0, 2}, {2, 0}, {-EIO, 0}, {-100000, 0}};

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct scene s;

        scene_begin(&s);
        s.fakes[0].lookup_error = table[i].result;
        s.fakes[0].emits = table[i].emits;
        s.fakes[0].verdict = s.fakes[1].verdict = HYTHE_AUTH_ACCEPT;
        s.fakes[1].knows = "alice";
        UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "right"), HY_AUTH_UNAVAILABLE);
        UNIT_ASSERT_NUMBER(s.fakes[1].lookups, 0);
        UNIT_ASSERT_NUMBER(s.fakes[0].checks + s.fakes[1].checks, 0);
        CU_ASSERT(strstr(s.lines, "0 first: couldn't look up user \"alice\": ") != NULL);
        scene_end(&s);
    }
}

static void a_plugin_may_check_only_or_know_only(void)
{
    struct scene s;

    scene_begin(&s);
    s.fakes[0].instance.auth.lookup = NULL;
    s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    s.fakes[1].knows = "alice";
    s.fakes[1].instance.auth.check = NULL;
    s.fakes[1].instance.auth.methods = 0;
    UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "right"), HY_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(s.fakes[1].lookups, 1);
    UNIT_ASSERT_NUMBER(s.fakes[1].checks, 0);
    scene_end(&s);
}

static void what_a_plugin_keeps_is_given_back_once(void)
{
    struct scene s;

    scene_begin(&s);
    s.fakes[1].keeps_state = true;
    (void)scene_password(&s, "alice", "x");
    (void)scene_password(&s, "alice", "y");
    UNIT_ASSERT_NUMBER(s.fakes[1].ends, 0);
    hy_auth_end(s.c);
    UNIT_ASSERT_NUMBER(s.fakes[0].ends, 0);
    UNIT_ASSERT_NUMBER(s.fakes[1].ends, 1);
    s.c = NULL;
    scene_end(&s);
}

/* The session that follows may last for days. */
static void what_a_plugin_keeps_is_given_back_once_the_client_is_in(void)
{
    struct scene s;

    scene_begin(&s);
    s.fakes[0].keeps_state = s.fakes[1].keeps_state = true;
    s.fakes[1].accepts = "x";
    UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "y"), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(s.fakes[0].ends + s.fakes[1].ends, 0);
    UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "x"), HY_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(s.fakes[0].ends, 1);
    UNIT_ASSERT_NUMBER(s.fakes[1].ends, 1);
    hy_auth_end(s.c);
    UNIT_ASSERT_NUMBER(s.fakes[0].ends + s.fakes[1].ends, 2);
    s.c = NULL;
    scene_end(&s);
}

/* A plugin that compares bytes need not know which keys are sound. */
static void a_key_that_is_not_sound_reaches_no_plugin(void)
{
    struct hy_key key;
    const char *why;
    struct scene s;

    scene_begin(&s);
    s.policy.max_attempts = 1000;
    s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    CU_ASSERT_FATAL(hy_key_parse(&key, SAMPLE_ED25519, &why));
    for (size_t len = 0; len < key.len; len++) {
        struct hy_factor factor = {.method = HY_METHOD_PUBLICKEY,
                                   .user = "alice",
                                   .user_len = 5,
                                   .key = key.blob,
                                   .key_len = len,
                                   .signature_verified = true};

        UNIT_ASSERT_NUMBER(hy_auth_factor(s.c, &factor), HY_AUTH_REJECT);
    }
    UNIT_ASSERT_NUMBER(s.fakes[0].checks, 0);
    CU_ASSERT_PTR_NULL(hy_auth_account(s.c));
    hy_key_free(&key);
    scene_end(&s);
}

UNIT_SUITE(auth_plugins, UNIT_TEST(a_plugin_is_told_what_it_needs),
           UNIT_TEST(an_unknown_user_has_neither_home_nor_group), UNIT_TEST(an_account_may_have_a_name_of_its_own),
           UNIT_TEST(the_policy_fills_what_an_account_leaves_open),
           UNIT_TEST(an_account_that_cannot_be_honoured_is_refused), UNIT_TEST(an_account_that_is_cut_off_is_refused),
           UNIT_TEST(an_answer_out_of_the_contract_denies), UNIT_TEST(a_look_up_out_of_the_contract_denies),
           UNIT_TEST(a_plugin_may_check_only_or_know_only), UNIT_TEST(what_a_plugin_keeps_is_given_back_once),
           UNIT_TEST(what_a_plugin_keeps_is_given_back_once_the_client_is_in),
           UNIT_TEST(a_key_that_is_not_sound_reaches_no_plugin));
