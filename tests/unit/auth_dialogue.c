/* keyboard-interactive: prompts of the configuration and of plugins, in one round or in several. */
#include "tests/unit/auth_samples.h"
#include "tests/unit/auth_scene.h"
#include "tests/unit/unit.h"

#include <errno.h>

static const struct hy_prompt two[] = {{"Password: ", false}, {"Code: ", true}};

static enum hy_verdict answer(struct scene *s, const char *text)
{
    return scene_answers(s, 1, (const char *const[]){text});
}

static enum hy_verdict answer_two(struct scene *s, const char *first, const char *second)
{
    return scene_answers(s, 2, (const char *const[]){first, second});
}

static void the_prompts_of_the_configuration_come_first(void)
{
    struct hy_prompts shown;
    struct scene s;

    scene_begin(&s);
    s.policy.prompts = (struct hy_prompts){"", "Be welcome", two, 2};
    UNIT_ASSERT_NUMBER(scene_begin_dialogue(&s, "alice"), HY_AUTH_ASK);
    shown = hy_auth_prompts(s.c);
    UNIT_ASSERT_STRING(shown.instruction, "Be welcome");
    UNIT_ASSERT_NUMBER(shown.count, 2);
    UNIT_ASSERT_STRING(shown.prompts[1].text, "Code: ");
    CU_ASSERT(shown.prompts[1].echo && !shown.prompts[0].echo);
    UNIT_ASSERT_NUMBER(s.fakes[0].checks + s.fakes[1].checks, 0);
    scene_end(&s);
}

/* Each answer is told with its place, and needs a plugin of its own. */
static void each_of_several_answers_needs_a_plugin_of_its_own(void)
{
    static const struct {
        const char *accept[2], *answers[2];
        enum hy_verdict verdict;
        const char *heard[2]; /* by the plugins; "?": as of a name that nobody can log in by */
    } table[] = {
        {{"pw", "123"}, {"pw", "123"}, HY_AUTH_ACCEPT, {"0/2:pw ", "1/2:123 "}},
        {{"123", "pw"}, {"pw", "123"}, HY_AUTH_ACCEPT, {"0/2:pw 1/2:123 ", "0/2:pw "}},
        {{"pw", "pw"}, {"pw", "pw"}, HY_AUTH_ACCEPT, {"0/2:pw ", "1/2:pw "}},
        {{"pw", "123"}, {"pw", "pw"}, HY_AUTH_REJECT, {"0/2:pw 1/2:pw? ", "1/2:pw 0/2:pw? "}},
        {{"pw", "123"}, {"pw", "no"}, HY_AUTH_REJECT, {"0/2:pw 1/2:no? ", "1/2:no 0/2:pw? "}},
        {{"pw", "123"}, {"no", "123"}, HY_AUTH_REJECT, {"0/2:no 1/2:123 ", "0/2:no 1/2:123 "}},
        {{"pw", "123"}, {"no", "no"}, HY_AUTH_REJECT, {"0/2:no 1/2:no ", "0/2:no 1/2:no "}},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct scene s;

        scene_begin(&s);
        s.policy.prompts = (struct hy_prompts){"", "", two, 2};
        s.fakes[0].accepts = table[i].accept[0];
        s.fakes[1].accepts = table[i].accept[1];
        UNIT_ASSERT_NUMBER(scene_begin_dialogue(&s, "alice"), HY_AUTH_ASK);
        UNIT_ASSERT_NUMBER(answer_two(&s, table[i].answers[0], table[i].answers[1]), table[i].verdict);
        UNIT_ASSERT_STRING(s.fakes[0].heard, table[i].heard[0]);
        UNIT_ASSERT_STRING(s.fakes[1].heard, table[i].heard[1]);
        CU_ASSERT(s.fakes[0].last.prompt == NULL);
        scene_end(&s);
    }
}

/* Which answer was wrong, or whether there is such a user at all, doesn't show in the number of calls. */
static void wrong_answers_cost_the_same_whatever_is_wrong(void)
{
    static const char *const answers[][2] = {{"pw", "no"}, {"no", "123"}, {"no", "no"}, {"pw", "pw"}, {"123", "pw"}};

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        for (int known = 0; known < 2; known++) {
            struct scene s;

            scene_begin(&s);
            s.policy.prompts = (struct hy_prompts){"", "", two, 2};
            s.fakes[0].accepts = "pw";
            s.fakes[1].accepts = "12345";
            UNIT_ASSERT_NUMBER(scene_begin_dialogue(&s, known ? "alice" : "mallory"), HY_AUTH_ASK);
            UNIT_ASSERT_NUMBER(answer_two(&s, answers[i][0], answers[i][1]), HY_AUTH_REJECT);
            UNIT_ASSERT_NUMBER(s.fakes[0].checks, 2);
            UNIT_ASSERT_NUMBER(s.fakes[1].checks, 2);
            scene_end(&s);
        }
}

static void an_answer_that_cannot_be_checked_denies_all(void)
{
    struct scene s;

    scene_begin(&s);
    s.policy.prompts = (struct hy_prompts){"", "", two, 2};
    s.fakes[0].accepts = "pw";
    s.fakes[1].verdict = -EIO;
    UNIT_ASSERT_NUMBER(scene_begin_dialogue(&s, "alice"), HY_AUTH_ASK);
    UNIT_ASSERT_NUMBER(answer_two(&s, "pw", "x"), HY_AUTH_UNAVAILABLE);
    s.fakes[1].verdict = HYTHE_AUTH_CONTINUE; /* where it can't go on */
    UNIT_ASSERT_NUMBER(scene_begin_dialogue(&s, "alice"), HY_AUTH_ASK);
    UNIT_ASSERT_NUMBER(answer_two(&s, "pw", "x"), HY_AUTH_UNAVAILABLE);
    CU_ASSERT(strstr(s.lines, "it goes on where no further prompts can be") != NULL);
    scene_end(&s);
}

static void prompts_are_answered_once_and_in_their_number(void)
{
    struct scene s;

    scene_begin(&s);
    s.policy.max_attempts = 100;
    s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    UNIT_ASSERT_NUMBER(answer(&s, "unasked"), HY_AUTH_REJECT); /* not even a name */
    UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, HY_METHOD_NONE, NULL, 0), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(answer(&s, "unasked"), HY_AUTH_REJECT);
    for (size_t count = 0; count <= HY_PROMPTS_MAX; count++) {
        if (count == 1)
            continue;
        UNIT_ASSERT_NUMBER(scene_begin_dialogue(&s, "alice"), HY_AUTH_ASK);
        UNIT_ASSERT_NUMBER(
            scene_answers(&s, count, (const char *const[9]){"a", "a", "a", "a", "a", "a", "a", "a", "a"}),
            HY_AUTH_REJECT);
        UNIT_ASSERT_NUMBER(answer(&s, "late"), HY_AUTH_REJECT);
    }
    s.fakes[0].verdict = HYTHE_AUTH_REJECT;
    UNIT_ASSERT_NUMBER(scene_begin_dialogue(&s, "alice"), HY_AUTH_ASK);
    UNIT_ASSERT_NUMBER(answer(&s, "wrong"), HY_AUTH_REJECT);
    s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    UNIT_ASSERT_NUMBER(answer(&s, "again"), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(s.fakes[0].checks, 1);
    scene_end(&s);
}

static void another_request_ends_the_dialogue_and_counts(void)
{
    struct scene s;

    for (int way = 0; way < 4; way++) {
        scene_begin(&s);
        s.policy.max_attempts = 4;
        (void)scene_give(&s, "alice", 5, HY_METHOD_NONE, NULL, 0);
        UNIT_ASSERT_NUMBER(scene_begin_dialogue(&s, "alice"), HY_AUTH_ASK);
        if (way == 0)
            UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, HY_METHOD_NONE, NULL, 0), HY_AUTH_REJECT);
        if (way == 1)
            UNIT_ASSERT_NUMBER(scene_password(&s, "alice", "wrong"), HY_AUTH_REJECT);
        if (way == 2)
            UNIT_ASSERT_NUMBER(scene_key(&s, "alice", SAMPLE_P256, false), HY_AUTH_REJECT);
        if (way == 3)
            UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, 0, NULL, 0), HY_AUTH_REJECT); /* a method that isn't one */
        s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
        UNIT_ASSERT_NUMBER(answer(&s, "right"), HY_AUTH_REJECT);
        UNIT_ASSERT_NUMBER(scene_begin_dialogue(&s, "alice"), HY_AUTH_ASK);
        UNIT_ASSERT_NUMBER(scene_begin_dialogue(&s, "alice"), HY_AUTH_DISCONNECT); /* the fourth */
        CU_ASSERT_PTR_NULL(hy_auth_account(s.c));
        scene_end(&s);
    }
    scene_begin(&s);
    UNIT_ASSERT_NUMBER(scene_begin_dialogue(&s, "alice"), HY_AUTH_ASK);
    UNIT_ASSERT_NUMBER(scene_password(&s, "bob", "x"), HY_AUTH_DISCONNECT);
    scene_end(&s);
}

static void a_plugin_goes_on_with_prompts_of_its_own(void)
{
    static const struct hythe_prompt prompts[] = {
        {sizeof *prompts, "A title", 0, HYTHE_PROMPT_TITLE},    {sizeof *prompts, "Read this", 0, HYTHE_PROMPT_MESSAGE},
        {sizeof *prompts, "and this", 0, HYTHE_PROMPT_MESSAGE}, {sizeof *prompts, "Old: ", 0, HYTHE_PROMPT_QUESTION},
        {offsetof(struct hythe_prompt, kind), "New: ", 1, 99},  {0}};
    struct hy_prompts shown;
    struct scene s;

    scene_begin(&s);
    s.fakes[0].verdict = HYTHE_AUTH_REJECT;
    s.fakes[1].verdict = HYTHE_AUTH_CONTINUE;
    s.fakes[1].prompts = prompts;
    UNIT_ASSERT_NUMBER(scene_begin_dialogue(&s, "alice"), HY_AUTH_ASK);
    UNIT_ASSERT_NUMBER(hy_auth_prompts(s.c).count, 1);
    UNIT_ASSERT_NUMBER(answer(&s, "first"), HY_AUTH_ASK);
    shown = hy_auth_prompts(s.c);
    UNIT_ASSERT_STRING(shown.name, "A title");
    UNIT_ASSERT_STRING(shown.instruction, "Read this\nand this");
    UNIT_ASSERT_NUMBER(shown.count, 2);
    UNIT_ASSERT_STRING(shown.prompts[0].text, "Old: ");
    UNIT_ASSERT_STRING(shown.prompts[1].text, "New: ");
    CU_ASSERT(!shown.prompts[0].echo && shown.prompts[1].echo);
    s.fakes[1].verdict = HYTHE_AUTH_ACCEPT;
    UNIT_ASSERT_NUMBER(answer_two(&s, "old", "new"), HY_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(s.fakes[1].last.round, 1);
    UNIT_ASSERT_NUMBER(s.fakes[1].last.question_count, 0);
    UNIT_ASSERT_NUMBER(s.fakes[1].last.answer_count, 2);
    UNIT_ASSERT_STRING(s.fakes[1].last_secret, "old");
    UNIT_ASSERT_STRING(s.fakes[0].heard, "0/1:first ");
    UNIT_ASSERT_STRING(s.fakes[1].heard, "0/1:first 0/0:old 0/0:new ");
    scene_end(&s);
}

static void a_plugin_may_say_its_first_prompts(void)
{
    static const struct hythe_prompt prompts[] = {{sizeof *prompts, "Read this", 0, HYTHE_PROMPT_MESSAGE},
                                                  {sizeof *prompts, "Verification code: ", 0, HYTHE_PROMPT_QUESTION},
                                                  {0}};
    struct scene s;

    for (int known = 0; known < 2; known++) {
        scene_begin(&s);
        s.fakes[0].instance.auth.ask = scene_ask;
        s.fakes[0].prompts = prompts + !known;
        s.fakes[0].verdict = s.fakes[1].verdict = HYTHE_AUTH_ACCEPT;
        s.policy.prompts.instruction = "Be welcome";
        UNIT_ASSERT_NUMBER(scene_begin_dialogue(&s, known ? "alice" : "mallory"), HY_AUTH_ASK);
        UNIT_ASSERT_STRING(hy_auth_prompts(s.c).prompts[0].text, "Verification code: ");
        UNIT_ASSERT_STRING(hy_auth_prompts(s.c).instruction, known ? "Be welcome\nRead this" : "Be welcome");
        CU_ASSERT(s.fakes[0].last_known == known);
        UNIT_ASSERT_NUMBER(answer(&s, "123456"), known ? HY_AUTH_ACCEPT : HY_AUTH_REJECT);
        UNIT_ASSERT_STRING(s.fakes[0].heard, known ? "0/0:123456 " : "0/0:123456? ");
        UNIT_ASSERT_NUMBER(s.fakes[1].checks, 0); /* its prompts are its alone */
        scene_end(&s);
    }
    scene_begin(&s); /* one behind another that offers the method isn't asked to begin */
    s.fakes[1].instance.auth.ask = scene_ask;
    s.fakes[1].prompts = prompts;
    UNIT_ASSERT_NUMBER(scene_begin_dialogue(&s, "alice"), HY_AUTH_ASK);
    UNIT_ASSERT_STRING(hy_auth_prompts(s.c).prompts[0].text, "Password: ");
    UNIT_ASSERT_NUMBER(s.fakes[1].asks, 0);
    s.plugins[0].methods &= ~(uint32_t)HY_METHOD_INTERACTIVE;
    UNIT_ASSERT_NUMBER(scene_begin_dialogue(&s, "alice"), HY_AUTH_ASK);
    UNIT_ASSERT_STRING(hy_auth_prompts(s.c).prompts[0].text, "Verification code: ");
    s.fakes[1].ask_error = -EIO;
    UNIT_ASSERT_NUMBER(scene_begin_dialogue(&s, "alice"), HY_AUTH_UNAVAILABLE);
    UNIT_ASSERT_NUMBER(answer(&s, "x"), HY_AUTH_REJECT);
    s.fakes[1].ask_error = 0;
    s.policy.prompts_given = true;
    s.fakes[1].asks = 0;
    UNIT_ASSERT_NUMBER(scene_begin_dialogue(&s, "alice"), HY_AUTH_ASK);
    UNIT_ASSERT_STRING(hy_auth_prompts(s.c).prompts[0].text, "Password: ");
    UNIT_ASSERT_NUMBER(s.fakes[1].asks, 0);
    s.policy.prompts_given = false;
    s.fakes[1].prompts = NULL; /* none of its own after all */
    UNIT_ASSERT_NUMBER(scene_begin_dialogue(&s, "alice"), HY_AUTH_ASK);
    UNIT_ASSERT_STRING(hy_auth_prompts(s.c).prompts[0].text, "Password: ");
    scene_end(&s);
}

static void rounds_and_prompts_are_bounded(void)
{
    static const struct hythe_prompt one[] = {{sizeof *one, "More: ", 0, 0}, {0}};
    static char longest[1025];
    struct hythe_prompt many[20] = {{0}}, bad[2] = {{0}};
    struct scene s;
    unsigned rounds = 0;

    scene_begin(&s);
    s.fakes[0].verdict = HYTHE_AUTH_CONTINUE;
    s.fakes[0].prompts = one;
    UNIT_ASSERT_NUMBER(scene_begin_dialogue(&s, "alice"), HY_AUTH_ASK);
    while (rounds < 100 && answer(&s, "x") == HY_AUTH_ASK)
        rounds++;
    UNIT_ASSERT_NUMBER(rounds, 15);
    scene_end(&s);

    memset(longest, 'a', 1024);
    for (size_t i = 0; i < 4; i++) {
        static const int wanted[] = {-EMSGSIZE, -EINVAL, -EINVAL, -EINVAL};
        const struct hythe_prompt prompts[] = {
            {sizeof *one, longest, 0, 0}, {sizeof *one, NULL, 0, 0}, {sizeof *one, "", 0, 0}, {sizeof *one, "x", 0, 3}};

        bad[0] = prompts[i];
        scene_begin(&s);
        s.fakes[0].verdict = HYTHE_AUTH_CONTINUE;
        s.fakes[0].prompts = bad;
        UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, HY_METHOD_INTERACTIVE, "x", 1), HY_AUTH_UNAVAILABLE);
        UNIT_ASSERT_NUMBER(s.fakes[0].prompt_result, wanted[i]);
        CU_ASSERT(strstr(s.lines, "it emitted a prompt that can't be asked") != NULL);
        scene_end(&s);
    }
    for (uint32_t kind = 0; kind < 2; kind++) {
        for (size_t i = 0; i < 19; i++)
            many[i] = (struct hythe_prompt){sizeof *many, "x", 0, kind};
        scene_begin(&s);
        s.fakes[0].verdict = HYTHE_AUTH_CONTINUE;
        s.fakes[0].prompts = many;
        UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, HY_METHOD_INTERACTIVE, "x", 1), HY_AUTH_UNAVAILABLE);
        UNIT_ASSERT_NUMBER(s.fakes[0].prompt_result, -E2BIG);
        many[kind ? 16 : 8] = (struct hythe_prompt){0};
        UNIT_ASSERT_NUMBER(scene_give(&s, "alice", 5, HY_METHOD_INTERACTIVE, "x", 1), HY_AUTH_ASK);
        scene_end(&s);
    }
}

UNIT_SUITE(auth_dialogue, UNIT_TEST(the_prompts_of_the_configuration_come_first),
           UNIT_TEST(each_of_several_answers_needs_a_plugin_of_its_own),
           UNIT_TEST(wrong_answers_cost_the_same_whatever_is_wrong),
           UNIT_TEST(an_answer_that_cannot_be_checked_denies_all),
           UNIT_TEST(prompts_are_answered_once_and_in_their_number),
           UNIT_TEST(another_request_ends_the_dialogue_and_counts), UNIT_TEST(a_plugin_goes_on_with_prompts_of_its_own),
           UNIT_TEST(a_plugin_may_say_its_first_prompts), UNIT_TEST(rounds_and_prompts_are_bounded));
