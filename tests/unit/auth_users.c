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
    const char *refuses; /* the beginning of hashes that it can't compute */
    char hash[256];
};

static int count_call(void *ctx, const char *password, const char *hash)
{
    struct counter *counter = ctx;

    (void)password;
    (void)snprintf(counter->hash, sizeof counter->hash, "%s", hash);
    counter->calls++;
    if (counter->refuses && strncmp(hash, counter->refuses, strlen(counter->refuses)) == 0)
        return -EINVAL;
    return counter->answer;
}

static const char *const alice_keys[] = {SAMPLE_ED25519 " alice", SAMPLE_P256, NULL};
static const char *const bob_keys[] = {SAMPLE_RSA2048, NULL};
static const char *const bob_groups[] = {"partners", "staff", NULL};
static const struct hy_user_entry entries[] = {
    {.name = "dave", .password = SAMPLE_SHA512},
    {.name = "alice", .password = SAMPLE_SHA512, .keys = alice_keys, .home = "/home/alice", .restrict_to_home = true},
    {.name = "bob", .keys = bob_keys, .home = "/", .user_root = "/home/bob", .groups = bob_groups},
    {.name = "carol", .password = SAMPLE_OTHER_BCRYPT},
};
enum { ENTRIES = sizeof entries / sizeof *entries };

static struct hy_users *users_of(const struct hy_user_entry *list, size_t count)
{
    struct hy_err err = {0};
    struct hy_users *users = hy_users_new(list, count, &err);

    if (!users)
        printf("  %s\n", err.text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(users);
    return users;
}

/* The plugin as the core starts it. */
static struct hy_instance door_of(const struct hy_users *users)
{
    static const struct hy_log silence;
    struct hy_instance door;

    CU_ASSERT_FATAL(hy_instance_init(&door, hy_users_plugin(users), "users", &silence) == 0);
    CU_ASSERT_FATAL(door.plugin.start(&door.host, NULL, &door.self) == 0);
    return door;
}

static void close_door(struct hy_instance *door, struct hy_users *users)
{
    hy_instance_fini(door);
    hy_users_free(users);
}

static int ask(const struct hy_instance *door, const char *user, bool known, struct hythe_factor factor)
{
    const struct hythe_session session = {.size = sizeof session, .user = user, .home = "/", .group = ""};
    void *state = NULL;
    const struct hythe_auth_call call = {sizeof call, &door->host, door->self, &session, &state};

    factor.size = sizeof factor;
    factor.known = known;
    return door->auth.check(&call, &factor);
}

static int check_known(const struct hy_instance *door, const char *user, bool known, const char *secret,
                       uint32_t method)
{
    return ask(door, user, known,
               (struct hythe_factor){.method = method, .secret = secret, .secret_len = strlen(secret)});
}

static int check(const struct hy_instance *door, const char *user, const char *secret, uint32_t method)
{
    return check_known(door, user, true, secret, method);
}

/* What the look-up handed over; its strings are the users'. */
static int keep_account(void *ctx, const struct hythe_account *account)
{
    *(struct hythe_account *)ctx = *account;
    return 0;
}

static int lookup(const struct hy_instance *door, const char *user, struct hythe_account *account)
{
    const struct hythe_session session = {.size = sizeof session, .user = user, .home = "/", .group = ""};
    void *state = NULL;
    const struct hythe_auth_call call = {sizeof call, &door->host, door->self, &session, &state};

    *account = (struct hythe_account){.size = 0};
    return door->auth.lookup(&call, keep_account, account);
}

static void accounts_are_found_by_their_whole_name(void)
{
    static const char *const others[] = {"Alice", "alic", "alicee", "", "nobody"};
    struct hy_users *users = users_of(entries, ENTRIES);
    struct hy_instance door = door_of(users);
    struct hythe_account a;

    UNIT_ASSERT_NUMBER(lookup(&door, "alice", &a), 1);
    UNIT_ASSERT_STRING(a.name, "alice");
    UNIT_ASSERT_STRING(a.home, "/home/alice");
    CU_ASSERT_PTR_NULL(a.user_root);
    CU_ASSERT_PTR_NULL(a.groups);
    UNIT_ASSERT_NUMBER(a.restrict_to_home, HYTHE_AUTH_YES);
    UNIT_ASSERT_NUMBER(lookup(&door, "bob", &a), 1);
    UNIT_ASSERT_STRING(a.user_root, "/home/bob");
    UNIT_ASSERT_STRING(a.groups[0], "partners");
    UNIT_ASSERT_STRING(a.groups[1], "staff");
    CU_ASSERT_PTR_NULL(a.groups[2]);
    UNIT_ASSERT_NUMBER(a.restrict_to_home, HYTHE_AUTH_NO);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        UNIT_ASSERT_NUMBER(lookup(&door, others[i], &a), 0);
        UNIT_ASSERT_NUMBER(a.size, 0);
    }
    close_door(&door, users);
}

static void the_right_password_is_accepted_by_either_method(void)
{
    struct hy_users *users = users_of(entries, ENTRIES);
    struct hy_instance p = door_of(users);

    UNIT_ASSERT_NUMBER(p.auth.methods, HYTHE_AUTH_PASSWORD | HYTHE_AUTH_PUBLICKEY | HYTHE_AUTH_INTERACTIVE);
    UNIT_ASSERT_NUMBER(check(&p, "alice", SAMPLE_PASSWORD, HYTHE_AUTH_PASSWORD), HYTHE_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(check(&p, "alice", SAMPLE_PASSWORD, HYTHE_AUTH_INTERACTIVE), HYTHE_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(check(&p, "carol", SAMPLE_PASSWORD, HYTHE_AUTH_PASSWORD), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check(&p, "carol", SAMPLE_OTHER_PASSWORD, HYTHE_AUTH_PASSWORD), HYTHE_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(check(&p, "alice", "example-Password", HYTHE_AUTH_PASSWORD), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check(&p, "alice", "", HYTHE_AUTH_PASSWORD), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check(&p, "alice", SAMPLE_SHA512, HYTHE_AUTH_PASSWORD), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check(&p, "alice", SAMPLE_PASSWORD, 1), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check(&p, "bob", SAMPLE_PASSWORD, HYTHE_AUTH_PASSWORD), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check(&p, "nobody", SAMPLE_PASSWORD, HYTHE_AUTH_PASSWORD), HYTHE_AUTH_REJECT);
    close_door(&p, users);
}

static void a_name_declared_unknown_is_never_accepted(void)
{
    struct hy_users *users = users_of(entries, ENTRIES);
    struct hy_instance p = door_of(users);

    UNIT_ASSERT_NUMBER(check_known(&p, "dave", false, SAMPLE_PASSWORD, HYTHE_AUTH_PASSWORD), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check_known(&p, "nobody", false, SAMPLE_PASSWORD, HYTHE_AUTH_PASSWORD), HYTHE_AUTH_REJECT);
    close_door(&p, users);
}

static int check_line(const struct hy_instance *p, const char *user, const char *line)
{
    struct hy_key key;
    const char *why;
    int verdict;

    CU_ASSERT_FATAL(hy_key_parse(&key, line, &why));
    verdict =
        ask(p, user, true, (struct hythe_factor){.method = HYTHE_AUTH_PUBLICKEY, .key = key.blob, .key_len = key.len});
    hy_key_free(&key);
    return verdict;
}

static void a_key_opens_only_the_account_it_stands_at(void)
{
    struct hy_users *users = users_of(entries, ENTRIES);
    struct hy_instance p = door_of(users);

    UNIT_ASSERT_NUMBER(check_line(&p, "alice", SAMPLE_ED25519), HYTHE_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(check_line(&p, "alice", SAMPLE_P256), HYTHE_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(check_line(&p, "alice", SAMPLE_RSA2048), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check_line(&p, "bob", SAMPLE_RSA2048), HYTHE_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(check_line(&p, "bob", SAMPLE_ED25519), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check_line(&p, "carol", SAMPLE_ED25519), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check_line(&p, "nobody", SAMPLE_ED25519), HYTHE_AUTH_REJECT);
    close_door(&p, users);
}

static void every_password_costs_one_hash(void)
{
    struct counter counter = {.answer = 0};
    struct hy_hasher hasher = {&counter, count_call};
    struct hy_users *users = hy_users_new_with(entries, ENTRIES, &hasher, NULL);
    struct hy_instance p;
    static const char *const names[] = {"alice", "bob", "carol", "dave", "nobody", ""};

    CU_ASSERT_PTR_NOT_NULL_FATAL(users);
    p = door_of(users);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        counter.calls = 0;
        UNIT_ASSERT_NUMBER(check_known(&p, names[i], i < 4, "a guess", HYTHE_AUTH_PASSWORD), HYTHE_AUTH_REJECT);
        UNIT_ASSERT_NUMBER(counter.calls, 1);
        UNIT_ASSERT_NUMBER(check_known(&p, names[i], i < 4, "a guess", HYTHE_AUTH_INTERACTIVE), HYTHE_AUTH_REJECT);
        UNIT_ASSERT_NUMBER(counter.calls, 2);
        UNIT_ASSERT_NUMBER(check_known(&p, names[i], i < 4, "", HYTHE_AUTH_PUBLICKEY), HYTHE_AUTH_REJECT);
        UNIT_ASSERT_NUMBER(counter.calls, 2);
    }
    close_door(&p, users);
}

static void a_match_with_the_decoy_opens_nothing(void)
{
    struct counter counter = {.answer = 1};
    struct hy_hasher hasher = {&counter, count_call};
    struct hy_users *users = hy_users_new_with(entries, ENTRIES, &hasher, NULL);
    struct hy_instance p;

    CU_ASSERT_PTR_NOT_NULL_FATAL(users);
    p = door_of(users);
    UNIT_ASSERT_NUMBER(check(&p, "alice", "x", HYTHE_AUTH_PASSWORD), HYTHE_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(check(&p, "bob", "x", HYTHE_AUTH_PASSWORD), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check(&p, "nobody", "x", HYTHE_AUTH_PASSWORD), HYTHE_AUTH_REJECT);
    close_door(&p, users);
}

static void the_decoy_costs_what_most_users_cost(void)
{
    struct counter counter = {.answer = 0};
    struct hy_hasher hasher = {&counter, count_call};
    struct hy_users *users = hy_users_new_with(entries, ENTRIES, &hasher, NULL);
    struct hy_instance p;

    CU_ASSERT_PTR_NOT_NULL_FATAL(users);
    p = door_of(users);
    (void)check(&p, "nobody", "x", HYTHE_AUTH_PASSWORD);
    CU_ASSERT(strncmp(counter.hash, "$6$rounds=1000$", 15) == 0);
    close_door(&p, users);

    users = hy_users_new_with(&entries[2], 1, &hasher, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(users);
    p = door_of(users);
    (void)check(&p, "nobody", "x", HYTHE_AUTH_PASSWORD);
    CU_ASSERT(strncmp(counter.hash, "$y$", 3) == 0);
    close_door(&p, users);
}

static void a_hash_that_fails_is_unavailable(void)
{
    struct counter counter = {.answer = -ENOMEM};
    struct hy_hasher hasher = {&counter, count_call};
    struct hy_users *users = hy_users_new_with(entries, ENTRIES, &hasher, NULL);
    struct hy_instance p;

    CU_ASSERT_PTR_NOT_NULL_FATAL(users);
    p = door_of(users);
    UNIT_ASSERT_NUMBER(check(&p, "alice", "x", HYTHE_AUTH_PASSWORD), -ENOMEM);
    UNIT_ASSERT_NUMBER(check(&p, "nobody", "x", HYTHE_AUTH_PASSWORD), -ENOMEM);
    close_door(&p, users);
}

/* Of the right shape, but no hash that can be computed; only the library can tell. */
static void a_hash_that_cannot_be_computed_costs_as_much_and_is_no_decoy(void)
{
    struct counter counter = {.answer = 0, .refuses = "$2b$"};
    struct hy_hasher hasher = {&counter, count_call};
    struct hy_users *users = hy_users_new_with(&entries[3], 1, &hasher, NULL);
    struct hy_instance p;

    CU_ASSERT_PTR_NOT_NULL_FATAL(users);
    p = door_of(users);
    counter.calls = 0;
    UNIT_ASSERT_NUMBER(check(&p, "nobody", "x", HYTHE_AUTH_PASSWORD), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(counter.calls, 1);
    CU_ASSERT(strncmp(counter.hash, "$y$", 3) == 0);
    UNIT_ASSERT_NUMBER(check(&p, "carol", "x", HYTHE_AUTH_PASSWORD), -EINVAL);
    UNIT_ASSERT_NUMBER(counter.calls, 3);
    CU_ASSERT(strncmp(counter.hash, "$y$", 3) == 0);
    close_door(&p, users);
}

static void a_password_beyond_the_limit_is_rejected_unseen_for_everyone(void)
{
    struct counter counter = {.answer = 1};
    struct hy_hasher hasher = {&counter, count_call};
    struct hy_users *users = hy_users_new_with(entries, ENTRIES, &hasher, NULL);
    char secret[HY_PASSWORD_MAX + 2] = "";
    struct hy_instance p;

    CU_ASSERT_PTR_NOT_NULL_FATAL(users);
    p = door_of(users);
    counter.calls = 0;
    memset(secret, 'x', sizeof secret - 1);
    UNIT_ASSERT_NUMBER(check(&p, "alice", secret, HYTHE_AUTH_PASSWORD), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(check(&p, "nobody", secret, HYTHE_AUTH_PASSWORD), HYTHE_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(counter.calls, 0);
    secret[HY_PASSWORD_MAX] = '\0';
    UNIT_ASSERT_NUMBER(check(&p, "alice", secret, HYTHE_AUTH_PASSWORD), HYTHE_AUTH_ACCEPT);
    close_door(&p, users);
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
        struct hy_err err = {0};

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
    struct hy_instance p = door_of(users);
    struct hythe_account a;

    UNIT_ASSERT_NUMBER(lookup(&p, "alice", &a), 0);
    UNIT_ASSERT_NUMBER(check(&p, "alice", "", HYTHE_AUTH_PASSWORD), HYTHE_AUTH_REJECT);
    close_door(&p, users);
}

struct worker {
    const struct hy_instance *p;
    unsigned wrong;
};

static void *work(void *arg)
{
    struct worker *w = arg;
    struct hythe_account a;

    for (int i = 0; i < 20; i++) {
        w->wrong += check(w->p, "alice", SAMPLE_PASSWORD, HYTHE_AUTH_PASSWORD) != HYTHE_AUTH_ACCEPT;
        w->wrong += check(w->p, "dave", "no", HYTHE_AUTH_PASSWORD) != HYTHE_AUTH_REJECT;
        w->wrong += check(w->p, "nobody", SAMPLE_PASSWORD, HYTHE_AUTH_PASSWORD) != HYTHE_AUTH_REJECT;
        w->wrong += check_line(w->p, "bob", SAMPLE_RSA2048) != HYTHE_AUTH_ACCEPT;
        w->wrong += lookup(w->p, "alice", &a) != 1;
    }
    return NULL;
}

static void many_threads_check_at_once(void)
{
    struct hy_users *users = users_of(entries, ENTRIES);
    struct hy_instance p = door_of(users);
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
    close_door(&p, users);
}

UNIT_SUITE(auth_users, UNIT_TEST(accounts_are_found_by_their_whole_name),
           UNIT_TEST(the_right_password_is_accepted_by_either_method),
           UNIT_TEST(a_name_declared_unknown_is_never_accepted), UNIT_TEST(a_key_opens_only_the_account_it_stands_at),
           UNIT_TEST(every_password_costs_one_hash), UNIT_TEST(a_match_with_the_decoy_opens_nothing),
           UNIT_TEST(the_decoy_costs_what_most_users_cost), UNIT_TEST(a_hash_that_fails_is_unavailable),
           UNIT_TEST(a_hash_that_cannot_be_computed_costs_as_much_and_is_no_decoy),
           UNIT_TEST(a_password_beyond_the_limit_is_rejected_unseen_for_everyone),
           UNIT_TEST(a_bad_entry_is_an_error_that_names_it), UNIT_TEST(no_users_at_all_is_a_provider_that_knows_nobody),
           UNIT_TEST(many_threads_check_at_once));
