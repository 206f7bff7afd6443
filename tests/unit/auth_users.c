#include "core/auth/key.h"
#include "core/auth/users.h"
#include "tests/unit/auth_samples.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

/* A hasher that hashes nothing: it counts, remembers what it was asked, and answers as it is told. */
struct counter {
    atomic_int calls;
    int answer;
    char hash[256];
};

static int count_call(void *ctx, const char *password, const char *hash)
{
    struct counter *counter = ctx;

    (void)password;
    (void)snprintf(counter->hash, sizeof counter->hash, "%s", hash);
    counter->calls++;
    return counter->answer;
}

static const char *const alice_keys[] = {SAMPLE_ED25519 " alice", SAMPLE_P256, NULL};
static const char *const bob_keys[] = {SAMPLE_RSA2048, NULL};
static const struct hy_user_entry entries[] = {
    {.name = "dave", .password = SAMPLE_SHA512},
    {.name = "alice", .password = SAMPLE_SHA512, .keys = alice_keys, .home = "/home/alice", .restrict_to_home = true},
    {.name = "bob", .keys = bob_keys, .home = "/", .user_root = "/home/bob"},
    {.name = "carol", .password = SAMPLE_OTHER_BCRYPT},
};
enum { ENTRIES = sizeof entries / sizeof *entries };

static struct hy_users *users_of(const struct hy_user_entry *list, size_t count)
{
    struct hy_err err = {""};
    struct hy_users *users = hy_users_new(list, count, &err);

    if (!users)
        printf("  %s\n", err.text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(users);
    return users;
}

static struct hy_factor password_of(const char *user, const char *secret)
{
    return (struct hy_factor){.method = HY_METHOD_PASSWORD,
                              .user = user,
                              .user_len = strlen(user),
                              .secret = secret,
                              .secret_len = strlen(secret)};
}

static enum hy_verdict check(const struct hy_auth_provider *p, const char *user, const char *secret,
                             enum hy_method method)
{
    struct hy_factor factor = password_of(user, secret);

    factor.method = method;
    return p->check(p->ctx, user, true, &factor);
}

static void accounts_are_found_by_their_whole_name(void)
{
    struct hy_users *users = users_of(entries, ENTRIES);
    struct hy_auth_provider p = hy_users_provider(users);
    struct hy_account a = {0};

    UNIT_ASSERT_NUMBER(p.lookup(p.ctx, "alice", &a), 1);
    UNIT_ASSERT_STRING(a.name, "alice");
    UNIT_ASSERT_STRING(a.home, "/home/alice");
    CU_ASSERT_PTR_NULL(a.user_root);
    CU_ASSERT(a.restrict_to_home);
    free(a.name);
    free(a.home);
    a = (struct hy_account){0};
    UNIT_ASSERT_NUMBER(p.lookup(p.ctx, "bob", &a), 1);
    UNIT_ASSERT_STRING(a.user_root, "/home/bob");
    CU_ASSERT(!a.restrict_to_home);
    free(a.name);
    free(a.home);
    free(a.user_root);
    a = (struct hy_account){0};
    UNIT_ASSERT_NUMBER(p.lookup(p.ctx, "Alice", &a), 0);
    UNIT_ASSERT_NUMBER(p.lookup(p.ctx, "alic", &a), 0);
    UNIT_ASSERT_NUMBER(p.lookup(p.ctx, "alicee", &a), 0);
    UNIT_ASSERT_NUMBER(p.lookup(p.ctx, "", &a), 0);
    CU_ASSERT_PTR_NULL(a.name);
    hy_users_free(users);
}

static void the_right_password_is_accepted_by_either_method(void)
{
    struct hy_users *users = users_of(entries, ENTRIES);
    struct hy_auth_provider p = hy_users_provider(users);

    UNIT_ASSERT_NUMBER(p.methods, HY_METHOD_PASSWORD | HY_METHOD_PUBLICKEY | HY_METHOD_INTERACTIVE);
    UNIT_ASSERT_NUMBER(check(&p, "alice", SAMPLE_PASSWORD, HY_METHOD_PASSWORD), HY_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(check(&p, "alice", SAMPLE_PASSWORD, HY_METHOD_INTERACTIVE), HY_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(check(&p, "carol", SAMPLE_PASSWORD, HY_METHOD_PASSWORD), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check(&p, "carol", SAMPLE_OTHER_PASSWORD, HY_METHOD_PASSWORD), HY_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(check(&p, "alice", "example-Password", HY_METHOD_PASSWORD), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check(&p, "alice", "", HY_METHOD_PASSWORD), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check(&p, "alice", SAMPLE_SHA512, HY_METHOD_PASSWORD), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check(&p, "alice", SAMPLE_PASSWORD, HY_METHOD_NONE), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check(&p, "bob", SAMPLE_PASSWORD, HY_METHOD_PASSWORD), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check(&p, "nobody", SAMPLE_PASSWORD, HY_METHOD_PASSWORD), HY_AUTH_REJECT);
    hy_users_free(users);
}

static void a_name_declared_unknown_is_never_accepted(void)
{
    struct hy_users *users = users_of(entries, ENTRIES);
    struct hy_auth_provider p = hy_users_provider(users);
    struct hy_factor factor = password_of("dave", SAMPLE_PASSWORD);

    UNIT_ASSERT_NUMBER(p.check(p.ctx, "dave", false, &factor), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(p.check(p.ctx, "nobody", false, &factor), HY_AUTH_REJECT);
    hy_users_free(users);
}

static enum hy_verdict check_line(const struct hy_auth_provider *p, const char *user, const char *line)
{
    struct hy_factor factor = password_of(user, "");
    enum hy_verdict verdict;
    struct hy_key key;
    const char *why;

    CU_ASSERT_FATAL(hy_key_parse(&key, line, &why));
    factor.method = HY_METHOD_PUBLICKEY;
    factor.key = key.blob;
    factor.key_len = key.len;
    verdict = p->check(p->ctx, user, true, &factor);
    hy_key_free(&key);
    return verdict;
}

static void a_key_opens_only_the_account_it_stands_at(void)
{
    struct hy_users *users = users_of(entries, ENTRIES);
    struct hy_auth_provider p = hy_users_provider(users);

    UNIT_ASSERT_NUMBER(check_line(&p, "alice", SAMPLE_ED25519), HY_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(check_line(&p, "alice", SAMPLE_P256), HY_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(check_line(&p, "alice", SAMPLE_RSA2048), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check_line(&p, "bob", SAMPLE_RSA2048), HY_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(check_line(&p, "bob", SAMPLE_ED25519), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check_line(&p, "carol", SAMPLE_ED25519), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check_line(&p, "nobody", SAMPLE_ED25519), HY_AUTH_REJECT);
    hy_users_free(users);
}

static void every_password_costs_one_hash(void)
{
    struct counter counter = {.answer = 0};
    struct hy_hasher hasher = {&counter, count_call};
    struct hy_users *users = hy_users_new_with(entries, ENTRIES, &hasher, NULL);
    struct hy_auth_provider p;
    static const char *const names[] = {"alice", "bob", "carol", "dave", "nobody", ""};

    CU_ASSERT_PTR_NOT_NULL_FATAL(users);
    p = hy_users_provider(users);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct hy_factor factor = password_of(names[i], "a guess");

        counter.calls = 0;
        UNIT_ASSERT_NUMBER(p.check(p.ctx, names[i], i < 4, &factor), HY_AUTH_REJECT);
        UNIT_ASSERT_NUMBER(counter.calls, 1);
        factor.method = HY_METHOD_INTERACTIVE;
        UNIT_ASSERT_NUMBER(p.check(p.ctx, names[i], i < 4, &factor), HY_AUTH_REJECT);
        UNIT_ASSERT_NUMBER(counter.calls, 2);
        factor.method = HY_METHOD_PUBLICKEY;
        UNIT_ASSERT_NUMBER(p.check(p.ctx, names[i], i < 4, &factor), HY_AUTH_REJECT);
        UNIT_ASSERT_NUMBER(counter.calls, 2);
    }
    hy_users_free(users);
}

static void a_match_with_the_decoy_opens_nothing(void)
{
    struct counter counter = {.answer = 1};
    struct hy_hasher hasher = {&counter, count_call};
    struct hy_users *users = hy_users_new_with(entries, ENTRIES, &hasher, NULL);
    struct hy_auth_provider p;

    CU_ASSERT_PTR_NOT_NULL_FATAL(users);
    p = hy_users_provider(users);
    UNIT_ASSERT_NUMBER(check(&p, "alice", "x", HY_METHOD_PASSWORD), HY_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(check(&p, "bob", "x", HY_METHOD_PASSWORD), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check(&p, "nobody", "x", HY_METHOD_PASSWORD), HY_AUTH_REJECT);
    hy_users_free(users);
}

static void the_decoy_costs_what_most_users_cost(void)
{
    struct counter counter = {.answer = 0};
    struct hy_hasher hasher = {&counter, count_call};
    struct hy_users *users = hy_users_new_with(entries, ENTRIES, &hasher, NULL);
    struct hy_auth_provider p;

    CU_ASSERT_PTR_NOT_NULL_FATAL(users);
    p = hy_users_provider(users);
    (void)check(&p, "nobody", "x", HY_METHOD_PASSWORD);
    CU_ASSERT(strncmp(counter.hash, "$6$rounds=1000$", 15) == 0);
    hy_users_free(users);

    users = hy_users_new_with(&entries[2], 1, &hasher, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(users);
    p = hy_users_provider(users);
    (void)check(&p, "nobody", "x", HY_METHOD_PASSWORD);
    CU_ASSERT(strncmp(counter.hash, "$y$", 3) == 0);
    hy_users_free(users);
}

static void a_hash_that_fails_is_unavailable(void)
{
    struct counter counter = {.answer = -ENOMEM};
    struct hy_hasher hasher = {&counter, count_call};
    struct hy_users *users = hy_users_new_with(entries, ENTRIES, &hasher, NULL);
    struct hy_auth_provider p;

    CU_ASSERT_PTR_NOT_NULL_FATAL(users);
    p = hy_users_provider(users);
    UNIT_ASSERT_NUMBER(check(&p, "alice", "x", HY_METHOD_PASSWORD), HY_AUTH_UNAVAILABLE);
    UNIT_ASSERT_NUMBER(check(&p, "nobody", "x", HY_METHOD_PASSWORD), HY_AUTH_UNAVAILABLE);
    hy_users_free(users);
}

static void a_password_beyond_the_limit_is_rejected_unseen_for_everyone(void)
{
    struct counter counter = {.answer = 1};
    struct hy_hasher hasher = {&counter, count_call};
    struct hy_users *users = hy_users_new_with(entries, ENTRIES, &hasher, NULL);
    char secret[HY_PASSWORD_MAX + 2] = "";
    struct hy_auth_provider p;

    CU_ASSERT_PTR_NOT_NULL_FATAL(users);
    p = hy_users_provider(users);
    memset(secret, 'x', sizeof secret - 1);
    UNIT_ASSERT_NUMBER(check(&p, "alice", secret, HY_METHOD_PASSWORD), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check(&p, "nobody", secret, HY_METHOD_PASSWORD), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(counter.calls, 0);
    secret[HY_PASSWORD_MAX] = '\0';
    UNIT_ASSERT_NUMBER(check(&p, "alice", secret, HY_METHOD_PASSWORD), HY_AUTH_ACCEPT);
    hy_users_free(users);
}

static void a_bad_entry_is_an_error_that_names_it(void)
{
    static const char *const bad_keys[] = {SAMPLE_ED25519, "ssh-ed25519 AAAA", NULL};
    static const struct {
        struct hy_user_entry list[2];
        size_t count;
        const char *parts[3];
    } table[] = {
        {{{.name = "al", .password = "$6$"}}, 1, {"\"al\"", "password", "sha512crypt"}},
        {{{.name = "al", .keys = bad_keys}}, 1, {"\"al\"", "key 2", "cut off"}},
        {{{.name = "al"}, {.name = "al"}}, 2, {"\"al\"", "twice", ""}},
        {{{.name = "a/l"}}, 1, {"\"a/l\"", "slash", ""}},
        {{{.name = ".."}}, 1, {"\"..\"", "name", ""}},
        {{{.name = "a\nb"}}, 1, {"control", "name", ""}},
        {{{.name = ""}}, 1, {"1 to 255", "", ""}},
        {{{.name = NULL}}, 1, {"1 to 255", "", ""}},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct hy_err err = {""};

        CU_ASSERT_PTR_NULL(hy_users_new(table[i].list, table[i].count, &err));
        for (size_t part = 0; part < 3; part++) {
            if (!strstr(err.text, table[i].parts[part]))
                printf("  %zu: %s\n", i, err.text);
            CU_ASSERT(strstr(err.text, table[i].parts[part]) != NULL);
        }
    }
    hy_users_free(NULL);
}

static void no_users_at_all_is_a_provider_that_knows_nobody(void)
{
    struct hy_users *users = users_of(NULL, 0);
    struct hy_auth_provider p = hy_users_provider(users);
    struct hy_account a = {0};

    UNIT_ASSERT_NUMBER(p.lookup(p.ctx, "alice", &a), 0);
    UNIT_ASSERT_NUMBER(check(&p, "alice", "", HY_METHOD_PASSWORD), HY_AUTH_REJECT);
    hy_users_free(users);
}

struct worker {
    const struct hy_auth_provider *p;
    unsigned wrong;
};

static void *work(void *arg)
{
    struct worker *w = arg;
    struct hy_account a = {0};

    for (int i = 0; i < 20; i++) {
        w->wrong += check(w->p, "alice", SAMPLE_PASSWORD, HY_METHOD_PASSWORD) != HY_AUTH_ACCEPT;
        w->wrong += check(w->p, "dave", "no", HY_METHOD_PASSWORD) != HY_AUTH_REJECT;
        w->wrong += check(w->p, "nobody", SAMPLE_PASSWORD, HY_METHOD_PASSWORD) != HY_AUTH_REJECT;
        w->wrong += check_line(w->p, "bob", SAMPLE_RSA2048) != HY_AUTH_ACCEPT;
        w->wrong += w->p->lookup(w->p->ctx, "alice", &a) != 1;
        free(a.name);
        free(a.home);
    }
    return NULL;
}

static void many_threads_check_at_once(void)
{
    struct hy_users *users = users_of(entries, ENTRIES);
    struct hy_auth_provider p = hy_users_provider(users);
    struct worker workers[8];
    pthread_t threads[8];

    for (size_t i = 0; i < 8; i++) {
        workers[i] = (struct worker){&p, 0};
        CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, work, &workers[i]) == 0);
    }
    for (size_t i = 0; i < 8; i++) {
        (void)pthread_join(threads[i], NULL);
        UNIT_ASSERT_NUMBER(workers[i].wrong, 0);
    }
    hy_users_free(users);
}

UNIT_SUITE(auth_users, UNIT_TEST(accounts_are_found_by_their_whole_name),
           UNIT_TEST(the_right_password_is_accepted_by_either_method),
           UNIT_TEST(a_name_declared_unknown_is_never_accepted), UNIT_TEST(a_key_opens_only_the_account_it_stands_at),
           UNIT_TEST(every_password_costs_one_hash), UNIT_TEST(a_match_with_the_decoy_opens_nothing),
           UNIT_TEST(the_decoy_costs_what_most_users_cost), UNIT_TEST(a_hash_that_fails_is_unavailable),
           UNIT_TEST(a_password_beyond_the_limit_is_rejected_unseen_for_everyone),
           UNIT_TEST(a_bad_entry_is_an_error_that_names_it),
           UNIT_TEST(no_users_at_all_is_a_provider_that_knows_nobody), UNIT_TEST(many_threads_check_at_once));
