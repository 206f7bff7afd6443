#include "tests/unit/auth_samples.h"
#include "tests/unit/auth_scene.h"
#include "tests/unit/unit.h"

#include <errno.h>

UNIT_DECLARE(auth_password);
UNIT_DECLARE(auth_key);
UNIT_DECLARE(auth_users);
UNIT_DECLARE(auth_plugins);
UNIT_DECLARE(auth_dialogue);
UNIT_DECLARE(auth_event);
UNIT_DECLARE(auth_factors);
UNIT_DECLARE(auth_work);

static void an_accepted_factor_gives_the_account(void)
{
    struct scene s;

    scene_begin(&s);
    CU_ASSERT_PTR_NULL(hy_auth_account(s.c));
    UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "wrong"), HY_AUTH_REJECT);
    CU_ASSERT_PTR_NULL(hy_auth_account(s.c));
    s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "right"), HY_AUTH_ACCEPT);
    CU_ASSERT_PTR_NOT_NULL_FATAL(hy_auth_account(s.c));
    UNIT_ASSERT_STRING(hy_auth_account(s.c)->name, "alice");
    UNIT_ASSERT_STRING(hy_auth_account(s.c)->home, "/home");
    UNIT_ASSERT_NUMBER(s.fakes[0].lookups, 1);
    scene_end(&s);
}

static void after_the_end_nothing_changes(void)
{
    struct scene s;
    unsigned checks;

    scene_begin(&s);
    s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "right"), HY_AUTH_ACCEPT);
    checks = s.fakes[0].checks;
    UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "right"), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(scene_password(&s, "mallory", "right"), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(s.fakes[0].checks, checks);
    UNIT_ASSERT_STRING(hy_auth_account(s.c)->name, "alice");
    scene_end(&s);
}

static void a_probed_key_grants_nothing(void)
{
    struct scene s;

    scene_begin(&s);
    s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    for (int i = 0; i < 20; i++)
        UNIT_ASSERT_NUMBER(scene_key(&s, "alice", SAMPLE_ED25519, false), HY_AUTH_KEY_OK);
    CU_ASSERT_PTR_NULL(hy_auth_account(s.c));
    s.fakes[0].verdict = HYTHE_AUTH_REJECT;
    UNIT_ASSERT_NUMBER(scene_key(&s, "alice", SAMPLE_P256, false), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(scene_key(&s, "alice", SAMPLE_P256, true), HY_AUTH_REJECT);
    CU_ASSERT_PTR_NULL(hy_auth_account(s.c));
    s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    UNIT_ASSERT_NUMBER(scene_key(&s, "alice", SAMPLE_ED25519, true), HY_AUTH_ACCEPT);
    CU_ASSERT_PTR_NOT_NULL(hy_auth_account(s.c));
    scene_end(&s);
}

static void only_failures_count_and_the_last_one_ends_the_connection(void)
{
    struct scene s;

    scene_begin(&s);
    UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, HY_METHOD_NONE, NULL, 0), HY_AUTH_REJECT);
    for (int i = 0; i < 2; i++)
        UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "wrong"), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(scene_key(&s, "alice", SAMPLE_P256, false), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, HY_METHOD_PUBLICKEY, NULL, 0), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, HY_METHOD_INTERACTIVE, "x", 1), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "wrong"), HY_AUTH_DISCONNECT);
    CU_ASSERT(strstr(s.lines, "too many authentication failures for user \"alice\"") != NULL);
    s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "right"), HY_AUTH_DISCONNECT);
    CU_ASSERT_PTR_NULL(hy_auth_account(s.c));
    UNIT_ASSERT_NUMBER(s.fakes[0].checks, 5);
    scene_end(&s);
}

static void wrong_signatures_alone_end_the_connection(void)
{
    struct scene s;

    scene_begin(&s);
    s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    for (int i = 0; i < 5; i++)
        UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, HY_METHOD_PUBLICKEY, NULL, 0), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, HY_METHOD_PUBLICKEY, NULL, 0), HY_AUTH_DISCONNECT);
    UNIT_ASSERT_NUMBER(s.fakes[0].checks, 0);
    CU_ASSERT(strstr(s.lines, "rejected publickey for user \"alice\": a wrong signature") != NULL);
    scene_end(&s);
}

static void none_is_free_once(void)
{
    struct scene s;

    scene_begin(&s);
    s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    for (int i = 0; i < 6; i++)
        UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, HY_METHOD_NONE, NULL, 0), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, HY_METHOD_NONE, NULL, 0), HY_AUTH_DISCONNECT);
    UNIT_ASSERT_NUMBER(s.fakes[0].checks, 0);
    scene_end(&s);
}

static void a_method_that_is_not_on_offer_is_never_asked(void)
{
    struct scene s;

    scene_begin(&s);
    s.fakes[0].verdict = s.fakes[1].verdict = HYTHE_AUTH_ACCEPT;
    s.policy.methods = HY_METHOD_PUBLICKEY | HY_METHOD_NONE;
    UNIT_ASSERT_NUMBER(hy_auth_methods(s.c), HY_METHOD_PUBLICKEY);
    UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "right"), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, HY_METHOD_INTERACTIVE, "right", 5), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, HY_METHOD_NONE, NULL, 0), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(s.fakes[0].checks + s.fakes[1].checks, 0);
    UNIT_ASSERT_NUMBER(scene_key(&s, "alice", SAMPLE_ED25519, true), HY_AUTH_ACCEPT);
    scene_end(&s);
}

static void each_factor_is_asked_only_of_plugins_that_offer_it(void)
{
    struct scene s;

    scene_begin(&s);
    s.fakes[0].instance.auth.methods = HYTHE_AUTH_PUBLICKEY;
    s.fakes[1].instance.auth.methods = HYTHE_AUTH_PASSWORD;
    s.fakes[1].verdict = HYTHE_AUTH_ACCEPT;
    UNIT_ASSERT_NUMBER(hy_auth_methods(s.c), HY_METHOD_PUBLICKEY | HY_METHOD_PASSWORD);
    UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "right"), HY_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(s.fakes[0].checks, 0);
    UNIT_ASSERT_NUMBER(s.fakes[1].checks, 1);
    CU_ASSERT(s.fakes[1].last_known);
    scene_end(&s);
}

static void the_first_plugin_that_knows_the_name_owns_the_account(void)
{
    struct scene s;

    scene_begin(&s);
    s.fakes[1].knows = "alice";
    s.fakes[1].verdict = HYTHE_AUTH_ACCEPT;
    UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "right"), HY_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(s.fakes[0].lookups, 1);
    UNIT_ASSERT_NUMBER(s.fakes[1].lookups, 0);
    scene_end(&s);
}

static void unavailable_denies_and_never_falls_through(void)
{
    struct scene s;

    scene_begin(&s);
    s.fakes[0].verdict = -EIO;
    s.fakes[1].verdict = HYTHE_AUTH_ACCEPT;
    UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "right"), HY_AUTH_UNAVAILABLE);
    UNIT_ASSERT_NUMBER(s.fakes[1].checks, 0);
    s.fakes[0].verdict = HYTHE_AUTH_REJECT;
    s.fakes[1].verdict = -EIO;
    UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "right"), HY_AUTH_UNAVAILABLE);
    s.fakes[1].verdict = HY_AUTH_KEY_OK; /* no answer that a plugin may give */
    UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "right"), HY_AUTH_UNAVAILABLE);
    CU_ASSERT_PTR_NULL(hy_auth_account(s.c));
    scene_end(&s);
}

static void a_lookup_that_fails_denies_until_it_works(void)
{
    struct scene s;

    scene_begin(&s);
    s.fakes[0].lookup_error = -EIO;
    s.fakes[1].knows = "alice";
    s.fakes[0].verdict = s.fakes[1].verdict = HYTHE_AUTH_ACCEPT;
    UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "right"), HY_AUTH_UNAVAILABLE);
    UNIT_ASSERT_NUMBER(s.fakes[1].lookups, 0);
    UNIT_ASSERT_NUMBER(s.fakes[0].checks + s.fakes[1].checks, 0);
    s.fakes[0].lookup_error = 0;
    UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "right"), HY_AUTH_ACCEPT);
    scene_end(&s);
}

static void an_unknown_name_gets_the_same_work_and_answers(void)
{
    struct scene s;

    scene_begin(&s);
    s.fakes[0].verdict = s.fakes[1].verdict = HYTHE_AUTH_REJECT;
    UNIT_ASSERT_NUMBER(scene_password(&s, "mallory", "x"), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(scene_key(&s, "mallory", SAMPLE_ED25519, false), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(s.fakes[0].checks, 2);
    UNIT_ASSERT_NUMBER(s.fakes[1].checks, 2);
    CU_ASSERT(!s.fakes[0].last_known);
    s.fakes[0].verdict = HYTHE_AUTH_ACCEPT; /* a plugin gone wrong can't let in whom nobody knows */
    UNIT_ASSERT_NUMBER(scene_password(&s, "mallory", "x"), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(scene_key(&s, "mallory", SAMPLE_ED25519, true), HY_AUTH_REJECT);
    CU_ASSERT_PTR_NULL(hy_auth_account(s.c));
    scene_end(&s);
}

static void what_is_no_name_is_an_unknown_user_before_any_lookup(void)
{
    static char long_name[257];
    static const struct {
        const char *name;
        size_t len;
    } table[] = {
        {"", 0},        {".", 1},         {"..", 2},          {"a/b", 3},     {"../alice", 8},
        {"alice\0", 6}, {"\0alice", 6},   {"alice\0x", 7},    {"alice\n", 6}, {"al\x1b[2Jice", 9},
        {"\x7f", 1},    {long_name, 256}, {long_name, 0x100}, {"/", 1},
    };

    memset(long_name, 'a', 256);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct scene s;

        scene_begin(&s);
        s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
        UNIT_ASSERT_NUMBER(scene_give(&s, table[i].name, table[i].len, HY_METHOD_PASSWORD, "x", 1), HY_AUTH_REJECT);
        UNIT_ASSERT_NUMBER(s.fakes[0].lookups, 0);
        UNIT_ASSERT_NUMBER(s.fakes[0].checks, 1);
        CU_ASSERT(!s.fakes[0].last_known);
        UNIT_ASSERT_STRING(s.fakes[0].last_user, "");
        scene_end(&s);
    }
}

static void the_longest_name_is_looked_up(void)
{
    struct scene s;
    char name[256];

    memset(name, 'a', 255);
    name[255] = '\0';
    scene_begin(&s);
    s.fakes[0].knows = name;
    s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    UNIT_ASSERT_NUMBER(scene_password(&s, name, "x"), HY_AUTH_ACCEPT);
    UNIT_ASSERT_STRING(hy_auth_account(s.c)->name, name);
    scene_end(&s);
}

static void another_user_name_ends_the_connection(void)
{
    static const struct {
        const char *name;
        size_t len;
    } table[] = {{"bob", 3}, {"alic", 4}, {"alice\0", 6}, {"", 0}, {"alicE", 5}};

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct scene s;

        scene_begin(&s);
        UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, HY_METHOD_NONE, NULL, 0), HY_AUTH_REJECT);
        s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
        UNIT_ASSERT_NUMBER(scene_give(&s, table[i].name, table[i].len, HY_METHOD_PASSWORD, "x", 1), HY_AUTH_DISCONNECT);
        UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "x"), HY_AUTH_DISCONNECT);
        UNIT_ASSERT_NUMBER(s.fakes[0].checks, 0);
        scene_end(&s);
    }
}

static void a_bad_name_can_be_repeated_but_not_changed(void)
{
    struct scene s;

    scene_begin(&s);
    s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    UNIT_ASSERT_NUMBER(scene_give(&s, "a\0b", 3, HY_METHOD_PASSWORD, "x", 1), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(scene_give(&s, "a\0b", 3, HY_METHOD_PASSWORD, "x", 1), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, HY_METHOD_PASSWORD, "x", 1), HY_AUTH_DISCONNECT);
    scene_end(&s);
}

static void a_secret_with_a_nul_is_rejected_unseen(void)
{
    struct scene s;

    scene_begin(&s);
    s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, HY_METHOD_PASSWORD, "right\0", 6), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, HY_METHOD_INTERACTIVE, "\0", 1), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(s.fakes[0].checks, 0);
    UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, HY_METHOD_PUBLICKEY, NULL, 0), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(s.fakes[0].checks, 0);
    scene_end(&s);
}

static void the_log_tells_who_and_how_but_no_secret(void)
{
    static const char *const lines[] = {
        "1 rejected password for user \"alice\"\n",
        "1 rejected keyboard-interactive for user \"alice\"\n",
        "1 rejected publickey for user \"alice\": ssh-ed25519 " SAMPLE_ED25519_FINGERPRINT "\n",
        "0 couldn't check password for user \"alice\"\n",
        "2 would accept publickey for user \"alice\": ssh-ed25519 " SAMPLE_ED25519_FINGERPRINT "\n",
        "1 accepted publickey for user \"alice\": ssh-ed25519 " SAMPLE_ED25519_FINGERPRINT "\n",
    };
    struct scene s;

    scene_begin(&s);
    (void)scene_password(&s, "alice", "hunter2-wrong");
    (void)scene_give(&s, "alice", 5, HY_METHOD_INTERACTIVE, "hunter2-answer", 14);
    (void)scene_key(&s, "alice", SAMPLE_ED25519, false);
    s.fakes[0].verdict = -EIO;
    (void)scene_password(&s, "alice", "hunter2-unavailable");
    s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    (void)scene_key(&s, "alice", SAMPLE_ED25519, false);
    (void)scene_key(&s, "alice", SAMPLE_ED25519, true);
    CU_ASSERT_PTR_NULL(strstr(s.lines, "hunter2"));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (!strstr(s.lines, lines[i]))
            printf("  no \"%s\" in\n%s", lines[i], s.lines);
        CU_ASSERT(strstr(s.lines, lines[i]) != NULL);
    }
    scene_end(&s);
}

static void a_name_cannot_start_a_log_line(void)
{
    struct scene s;

    scene_begin(&s);
    (void)scene_password(&s, "x\n1 accepted password for user root", "x");
    CU_ASSERT_PTR_NULL(strstr(s.lines, "accepted"));
    scene_end(&s);
    scene_begin(&s);
    (void)scene_password(&s, "mallory", "x");
    CU_ASSERT(strstr(s.lines, "rejected password for unknown user \"mallory\"\n") != NULL);
    scene_end(&s);
    hy_auth_end(NULL);
}

static void the_users_of_the_file_log_in_with_real_hashes_and_keys(void)
{
    static const char *const keys[] = {SAMPLE_ED25519, NULL};
    static const struct hy_user_entry entries[] = {{.name = "alice", .password = SAMPLE_SHA512, .keys = keys}};
    struct hy_users *users = hy_users_new(entries, 1, NULL);
    struct scene s;

    CU_ASSERT_PTR_NOT_NULL_FATAL(users);
    for (int way = 0; way < 3; way++) {
        struct hy_instance instance;

        scene_begin(&s);
        hy_auth_end(s.c);
        CU_ASSERT_FATAL(hy_instance_init(&instance, hy_users_plugin(users), "users", &s.log) == 0);
        CU_ASSERT_FATAL(instance.plugin.start(&instance.host, NULL, &instance.self) == 0);
        s.plugins[0].instance = &instance;
        s.policy.plugin_count = 1;
        s.c = hy_auth_begin(&s.policy, 7, "");
        UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "wrong"), HY_AUTH_REJECT);
        UNIT_ASSERT_NUMBER(scene_key(&s, "alice", SAMPLE_P384, true), HY_AUTH_REJECT);
        if (way == 0)
            UNIT_ASSERT_NUMBER(scene_password(&s, "alice", SAMPLE_PASSWORD), HY_AUTH_ACCEPT);
        if (way == 1)
            UNIT_ASSERT_NUMBER(scene_key(&s, "alice", SAMPLE_ED25519, true), HY_AUTH_ACCEPT);
        if (way == 2)
            UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, HY_METHOD_INTERACTIVE, SAMPLE_PASSWORD, 16), HY_AUTH_ACCEPT);
        CU_ASSERT_PTR_NOT_NULL(hy_auth_account(s.c));
        scene_end(&s);
        hy_instance_fini(&instance);
    }
    hy_users_free(users);
}

UNIT_SUITE(auth, UNIT_TEST(an_accepted_factor_gives_the_account), UNIT_TEST(after_the_end_nothing_changes),
           UNIT_TEST(a_probed_key_grants_nothing), UNIT_TEST(only_failures_count_and_the_last_one_ends_the_connection),
           UNIT_TEST(wrong_signatures_alone_end_the_connection), UNIT_TEST(none_is_free_once),
           UNIT_TEST(a_method_that_is_not_on_offer_is_never_asked),
           UNIT_TEST(each_factor_is_asked_only_of_plugins_that_offer_it),
           UNIT_TEST(the_first_plugin_that_knows_the_name_owns_the_account),
           UNIT_TEST(unavailable_denies_and_never_falls_through), UNIT_TEST(a_lookup_that_fails_denies_until_it_works),
           UNIT_TEST(an_unknown_name_gets_the_same_work_and_answers),
           UNIT_TEST(what_is_no_name_is_an_unknown_user_before_any_lookup), UNIT_TEST(the_longest_name_is_looked_up),
           UNIT_TEST(another_user_name_ends_the_connection), UNIT_TEST(a_bad_name_can_be_repeated_but_not_changed),
           UNIT_TEST(a_secret_with_a_nul_is_rejected_unseen), UNIT_TEST(the_log_tells_who_and_how_but_no_secret),
           UNIT_TEST(a_name_cannot_start_a_log_line),
           UNIT_TEST(the_users_of_the_file_log_in_with_real_hashes_and_keys));

UNIT_MAIN("unit-auth", &unit_auth, &unit_auth_password, &unit_auth_key, &unit_auth_users, &unit_auth_plugins,
          &unit_auth_event, &unit_auth_dialogue, &unit_auth_factors, &unit_auth_work)
