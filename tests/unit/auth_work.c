/* A name that nobody knows costs as many hashes as a wrong password of one that somebody does, whatever a login is made
 * of: several plugins, sequences of factors, several prompts. */
#include "core/auth/users.h"
#include "tests/unit/auth_samples.h"
#include "tests/unit/auth_scene.h"
#include "tests/unit/unit.h"

/* Each plugin has a hasher that counts, and takes one password. */
struct counted {
    struct hy_users *users;
    struct hy_instance instance;
    const char *password;
    unsigned hashes;
};

static int count_hash(void *ctx, const char *password, const char *hash)
{
    struct counted *c = ctx;

    (void)hash;
    c->hashes++;
    return strcmp(password, c->password) == 0;
}

enum { DOORS = 3 };

struct house {
    struct scene scene;
    struct counted doors[DOORS];
    struct hy_auth_plugin plugins[DOORS];
};

/* All of them know alice's password, of their own, but only the first one is asked for accounts. */
static void open_house(struct house *h, const struct hy_sequence *sequences, size_t count,
                       const struct hy_prompt *prompts, size_t prompt_count)
{
    static const char *const words[DOORS] = {"first", "second", "third"};
    static const char *const keys[] = {SAMPLE_ED25519, NULL};
    static const struct hy_user_entry entry = {.name = "alice", .password = SAMPLE_SHA512, .keys = keys};

    scene_begin(&h->scene);
    hy_auth_end(h->scene.c);
    for (size_t i = 0; i < DOORS; i++) {
        struct counted *door = &h->doors[i];
        const struct hy_hasher hasher = {door, count_hash};

        door->hashes = 0;
        door->password = words[i];
        door->users = hy_users_new_with(&entry, 1, &hasher, NULL);
        CU_ASSERT_FATAL(door->users != NULL);
        CU_ASSERT_FATAL(hy_instance_init(&door->instance, hy_users_plugin(door->users), words[i], &h->scene.log) == 0);
        CU_ASSERT_FATAL(door->instance.plugin.start(&door->instance.host, NULL, &door->instance.self) == 0);
        door->hashes = 0; /* the decoy's */
        h->plugins[i] = (struct hy_auth_plugin){&door->instance, ALL_METHODS};
    }
    h->scene.policy.plugins = h->plugins;
    h->scene.policy.plugin_count = DOORS;
    h->scene.policy.sequences = sequences;
    h->scene.policy.sequence_count = count;
    h->scene.policy.prompts = (struct hy_prompts){"", "", prompts, prompt_count};
    h->scene.c = hy_auth_begin(&h->scene.policy, 7, "");
}

static void close_house(struct house *h)
{
    hy_auth_end(h->scene.c);
    for (size_t i = 0; i < DOORS; i++) {
        hy_instance_fini(&h->doors[i].instance);
        hy_users_free(h->doors[i].users);
    }
    h->scene.c = NULL;
    scene_end(&h->scene);
}

static unsigned hashes(const struct house *h)
{
    unsigned count = 0;

    for (size_t i = 0; i < DOORS; i++)
        count += h->doors[i].hashes;
    return count;
}

static const struct hy_prompt prompts[] = {{"One: ", false}, {"Two: ", false}, {"Three: ", false}};

static void watch(void *ctx, struct hy_auth_question *question)
{
    (void)question;
    ++*(unsigned *)ctx;
}

/* How many hashes an attempt costs that is wrong; `answers` have as many as there are prompts. A program that watches
 * changes nothing about it. */
static unsigned cost(const char *user, const struct hy_sequence *sequences, size_t count, size_t prompt_count,
                     const char *const *answers, unsigned *asked)
{
    struct house h;
    unsigned n;

    open_house(&h, sequences, count, prompts, prompt_count);
    if (asked)
        hy_auth_set_program(h.scene.c, &(struct hy_auth_program){.ctx = asked, .decide = watch});
    UNIT_ASSERT_NUMBER(scene_give(&h.scene, user, strlen(user), HY_METHOD_NONE, NULL, 0), HY_AUTH_REJECT);
    (void)scene_password(&h.scene, user, "wrong");
    (void)scene_key(&h.scene, user, SAMPLE_P256, false);
    (void)scene_key(&h.scene, user, SAMPLE_P256, true);
    if (scene_begin_dialogue(&h.scene, user) == HY_AUTH_ASK)
        UNIT_ASSERT_NUMBER(scene_answers(&h.scene, prompt_count, answers), HY_AUTH_REJECT);
    CU_ASSERT_PTR_NULL(hy_auth_account(h.scene.c));
    n = hashes(&h);
    close_house(&h);
    return n;
}

static void strangers_cost_as_many_hashes(void)
{
    static const struct hy_sequence some[] = {{{HY_METHOD_PUBLICKEY, HY_METHOD_PASSWORD}},
                                              {{HY_METHOD_PASSWORD, HY_METHOD_INTERACTIVE}},
                                              {{HY_METHOD_INTERACTIVE}}};
    static const struct {
        const struct hy_sequence *sequences;
        size_t count, prompts;
        unsigned hashes; /* three plugins for each secret */
    } table[] = {{NULL, 0, 1, 6}, {NULL, 0, 2, 9},     {NULL, 0, 3, 12},     {some, 1, 1, 0},
                 {some, 2, 2, 3}, {some + 1, 1, 3, 3}, {some + 1, 2, 3, 12}, {some, 3, 1, 6}};
    static const char *const answers[][3] = {
        {"no", "no", "no"},       {"first", "no", "no"},    {"no", "second", "no"},   {"no", "no", "third"},
        {"first", "first", "no"}, {"third", "no", "first"}, {"no", "second", "first"}};
    static const char *const users[] = {"alice", "mallory", "../alice", "", "alice "};
    unsigned most = 0;

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (size_t k = 0; k < sizeof answers / sizeof *answers; k++) {
            bool right = table[i].prompts == 1 && strcmp(answers[k][0], "no") != 0;

            if (right ||
                (table[i].prompts == 2 && strcmp(answers[k][1], "no") != 0 && strcmp(answers[k][0], "no") != 0))
                continue; /* that would let in */
            for (size_t s = 0; s < sizeof users / sizeof *users; s++) {
                unsigned asked = 0;

                UNIT_ASSERT_NUMBER(
                    cost(users[s], table[i].sequences, table[i].count, table[i].prompts, answers[k], NULL),
                    table[i].hashes);
                UNIT_ASSERT_NUMBER(
                    cost(users[s], table[i].sequences, table[i].count, table[i].prompts, answers[k], &asked),
                    table[i].hashes);
                most = s ? most : asked;
                UNIT_ASSERT_NUMBER(asked, most);
            }
        }
}

UNIT_SUITE(auth_work, UNIT_TEST(strangers_cost_as_many_hashes));
