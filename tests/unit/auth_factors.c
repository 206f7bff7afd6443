/* Sequences of factors: what each row of them amounts to. */
#include "tests/unit/auth_samples.h"
#include "tests/unit/auth_scene.h"
#include "tests/unit/unit.h"

/* Gives a factor by a letter: p a password, i an answer, k a key that signed, q a key that is probed, n none. A capital
 * one is wrong. */
static enum hy_verdict give(struct scene *s, char letter)
{
    bool wrong = letter < 'a';
    const char *secret = wrong ? "wrong" : "right";

    switch (letter | 0x20) {
    case 'p':
        return scene_password(s, "alice", secret);
    case 'i':
        return scene_give(s, "alice", 5, HY_METHOD_INTERACTIVE, secret, 5);
    case 'k':
        if (wrong)
            return scene_give(s, "alice", 5, HY_METHOD_PUBLICKEY, NULL, 0);
        return scene_key(s, "alice", SAMPLE_ED25519, true);
    case 'q':
        return scene_key(s, "alice", SAMPLE_ED25519, false);
    default:
        return scene_give(s, "alice", 5, HY_METHOD_NONE, NULL, 0);
    }
}

static unsigned next_number(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16;
}

/* The methods by their first letters, in the order p k i. */
static const char *letters(uint32_t methods)
{
    static char text[4];

    (void)snprintf(text, sizeof text, "%s%s%s", methods & HY_METHOD_PASSWORD ? "p" : "",
                   methods & HY_METHOD_PUBLICKEY ? "k" : "", methods & HY_METHOD_INTERACTIVE ? "i" : "");
    return text;
}

/* Two plugins: the first checks keys, the password and the answer of "right", the second the answers alone. */
static void begin(struct scene *s, const char *const *factors)
{
    scene_begin(s);
    s->policy.max_attempts = 50;
    s->fakes[0].account.factors = factors;
    s->fakes[1].accepts = "right";
    s->fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    s->plugins[0].methods = HY_METHOD_PUBLICKEY;
}

static void sequences_are_followed_step_by_step(void)
{
    static const char *const carol[] = {"publickey,password", "publickey, keyboard-interactive", NULL};
    static const char *const three[] = {"publickey,password,keyboard-interactive", NULL};
    static const char *const either[] = {"password,publickey", "publickey,password", "keyboard-interactive", NULL};
    static const char *const none[] = {NULL};
    static const struct {
        const char *const *factors;
        const char *first;   /* what is offered before anything was given */
        const char *given;   /* letters of give() */
        const char *answers; /* a letter each: A accept, P partial, R reject, K key ok */
        const char *then;    /* what is offered at the end */
    } table[] = {
        {NULL, "pki", "p", "A", ""},      {none, "pki", "Pp", "RA", ""},   {carol, "k", "kp", "PA", ""},
        {carol, "k", "ki", "PA", ""},     {carol, "k", "p", "R", "k"},     {carol, "k", "i", "R", "k"},
        {carol, "k", "qp", "KR", "k"},    {carol, "k", "Kp", "RR", "k"},   {carol, "k", "qkPp", "KPRA", ""},
        {carol, "k", "kIPp", "PRRA", ""}, {carol, "k", "kk", "PR", "pi"},  {carol, "k", "kqp", "PRA", ""},
        {carol, "k", "nknp", "RPRA", ""}, {carol, "k", "pk", "RP", "pi"},  {either, "pki", "pk", "PA", ""},
        {either, "pki", "kp", "PA", ""},  {either, "pki", "i", "A", ""},   {either, "pki", "pi", "PR", "k"},
        {either, "pki", "pp", "PR", "k"}, {three, "k", "kpi", "PPR", "i"}, /* the second use of one plugin's password */
    };
    static const char names[] = {[HY_AUTH_REJECT] = 'R', [HY_AUTH_ACCEPT] = 'A',     [HY_AUTH_PARTIAL] = 'P',
                                 [HY_AUTH_KEY_OK] = 'K', [HY_AUTH_DISCONNECT] = 'D', [HY_AUTH_ASK] = '?'};

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char answers[16] = "";
        struct scene s;

        begin(&s, table[i].factors);
        (void)give(&s, 'n');
        UNIT_ASSERT_STRING(letters(hy_auth_methods(s.c)), table[i].first);
        for (size_t k = 0; table[i].given[k]; k++) {
            CU_ASSERT_PTR_NULL(hy_auth_account(s.c));
            answers[k] = names[give(&s, table[i].given[k])];
        }
        UNIT_ASSERT_STRING(answers, table[i].answers);
        UNIT_ASSERT_STRING(letters(hy_auth_methods(s.c)), table[i].then);
        CU_ASSERT((hy_auth_account(s.c) != NULL) == (strchr(answers, 'A') != NULL));
        scene_end(&s);
    }
}

static void all_users_sequences_hold_for_those_without(void)
{
    static const struct hy_sequence all[] = {{{HY_METHOD_PUBLICKEY, HY_METHOD_PASSWORD}}};
    static const char *const own[] = {"password", NULL};
    struct scene s;

    begin(&s, NULL);
    s.policy.sequences = all;
    s.policy.sequence_count = 1;
    UNIT_ASSERT_STRING(letters(hy_auth_methods(s.c)), "k");
    UNIT_ASSERT_NUMBER(give(&s, 'p'), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(give(&s, 'k'), HY_AUTH_PARTIAL);
    UNIT_ASSERT_NUMBER(give(&s, 'p'), HY_AUTH_ACCEPT);
    scene_end(&s);
    begin(&s, own);
    s.policy.sequences = all;
    s.policy.sequence_count = 1;
    UNIT_ASSERT_NUMBER(give(&s, 'p'), HY_AUTH_ACCEPT);
    scene_end(&s);
    begin(&s, NULL); /* a name that nobody knows */
    s.policy.sequences = all;
    s.policy.sequence_count = 1;
    UNIT_ASSERT_NUMBER(scene_password(&s, "mallory", "right"), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(scene_key(&s, "mallory", SAMPLE_ED25519, true), HY_AUTH_REJECT);
    UNIT_ASSERT_STRING(letters(hy_auth_methods(s.c)), "k");
    UNIT_ASSERT_NUMBER(scene_password(&s, "mallory", "right"), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(s.fakes[1].checks, 0);
    scene_end(&s);
}

/* Whichever comes first: what one plugin took as a password is no second factor. */
static void one_password_is_one_factor(void)
{
    static const char *const both[] = {"password,keyboard-interactive", "keyboard-interactive,password", NULL};
    static const char *const orders[] = {"pi", "ip"};
    static const struct hythe_prompt more[] = {{sizeof *more, "Code: ", 0, 0}, {0}};

    for (size_t i = 0; i < 2; i++) {
        struct scene s;

        begin(&s, both);
        UNIT_ASSERT_NUMBER(give(&s, orders[i][0]), HY_AUTH_PARTIAL);
        UNIT_ASSERT_NUMBER(give(&s, orders[i][1]), HY_AUTH_REJECT);
        CU_ASSERT(strstr(s.lines, "second accepted user \"alice\" by password before") != NULL);
        s.plugins[0].methods = ALL_METHODS; /* another plugin's password is another factor */
        s.fakes[0].accepts = "right";
        UNIT_ASSERT_NUMBER(give(&s, orders[i][1]), HY_AUTH_ACCEPT);
        scene_end(&s);
    }
    for (size_t i = 0; i < 2; i++) { /* as is a second round */
        struct scene s;

        begin(&s, both);
        s.plugins[1].methods = 0;
        s.plugins[0].methods = ALL_METHODS;
        if (i == 0)
            UNIT_ASSERT_NUMBER(give(&s, 'p'), HY_AUTH_PARTIAL);
        s.fakes[0].prompts = more;
        s.fakes[0].verdict = HYTHE_AUTH_CONTINUE;
        UNIT_ASSERT_NUMBER(give(&s, 'i'), HY_AUTH_ASK);
        s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
        UNIT_ASSERT_NUMBER(scene_answers(&s, 1, (const char *const[]){"123"}), i ? HY_AUTH_PARTIAL : HY_AUTH_ACCEPT);
        if (i == 1)
            UNIT_ASSERT_NUMBER(give(&s, 'p'), HY_AUTH_ACCEPT);
        scene_end(&s);
    }
}

/* A plugin whose password was given asks last: who is left says what is asked. */
static void who_has_accepted_a_password_asks_last(void)
{
    static const char *const both[] = {"password,keyboard-interactive", NULL};
    static const struct hythe_prompt code[] = {{sizeof *code, "Code: ", 0, 0}, {0}};
    struct scene s;

    begin(&s, both);
    s.plugins[0].methods = ALL_METHODS;
    s.fakes[1].instance.auth.ask = scene_ask;
    s.fakes[1].prompts = code;
    UNIT_ASSERT_NUMBER(give(&s, 'p'), HY_AUTH_PARTIAL);
    UNIT_ASSERT_NUMBER(scene_begin_dialogue(&s, "alice"), HY_AUTH_ASK);
    UNIT_ASSERT_STRING(hy_auth_prompts(s.c).prompts[0].text, "Code: ");
    UNIT_ASSERT_NUMBER(scene_answers(&s, 1, (const char *const[]){"right"}), HY_AUTH_ACCEPT);
    scene_end(&s);
}

static void a_plugin_is_asked_only_what_its_entry_allows(void)
{
    struct scene s;

    begin(&s, NULL);
    s.plugins[1].methods = HY_METHOD_INTERACTIVE;
    UNIT_ASSERT_STRING(letters(hy_auth_methods(s.c)), "ki");
    UNIT_ASSERT_NUMBER(give(&s, 'p'), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(s.fakes[0].checks + s.fakes[1].checks, 0);
    UNIT_ASSERT_NUMBER(give(&s, 'i'), HY_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(s.fakes[0].checks, 0);
    scene_end(&s);
}

static void note_signature(void *ctx, struct hy_auth_question *question)
{
    UNIT_ASSERT_STRING(question->user, "alice");
    if (strcmp(question->method, "sigstatus") == 0)
        (void)strcat(ctx, question->param);
}

/* FireAuthRequestAfterSig: once for each signature, none for a probe, whatever is decided. */
static void signatures_are_told_when_wanted(void)
{
    for (int wanted = 0; wanted < 2; wanted++) {
        char told[16] = "";
        struct scene s;

        begin(&s, NULL);
        s.policy.tell_signatures = wanted;
        hy_auth_set_program(s.c, &(struct hy_auth_program){.ctx = told, .decide = note_signature});
        (void)give(&s, 'P');
        (void)give(&s, 'q');
        (void)give(&s, 'K');
        s.fakes[0].verdict = HYTHE_AUTH_REJECT;
        (void)give(&s, 'k');
        s.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
        (void)give(&s, 'k');
        UNIT_ASSERT_STRING(told, wanted ? "011" : "");
        CU_ASSERT((strstr(s.lines, "sigstatus 1 for user \"alice\"") != NULL) == wanted);
        CU_ASSERT((strstr(s.lines, "sigstatus 0 for user \"alice\"") != NULL) == wanted);
        scene_end(&s);
    }
}

/* Whether one of the sequences, as letters, begins with what was given and goes on with a letter; ends: with it. */
static bool goes_on(const char (*rows)[4], size_t count, const char *given, char letter, bool ends)
{
    size_t done = strlen(given);

    for (size_t i = 0; i < count; i++)
        if (strncmp(rows[i], given, done) == 0 && rows[i][done] == letter && (!ends || !rows[i][done + 1]))
            return true;
    return false;
}

/* Random sequences and requests: only a whole sequence lets in, whatever else is tried between its steps. */
static void only_a_whole_sequence_lets_in(void)
{
    static const char *const words[] = {"password", "publickey", "keyboard-interactive"};
    static const char methods[] = "pki", requests[] = "pkiPKIqnu";
    unsigned seed = 11, entered = 0;

    for (int walk = 0; walk < 2000; walk++) {
        char rows[3][4] = {"", "", ""}, texts[3][64] = {"", "", ""}, given[4] = "";
        const char *factors[4] = {texts[0], texts[1], texts[2], NULL};
        struct scene s;

        for (size_t i = 0; i < 3; i++)
            for (size_t k = 0, len = 1 + next_number(&seed) % 3; k < 9 && strlen(rows[i]) < len; k++) {
                size_t m = next_number(&seed) % 3;

                if (strchr(rows[i], methods[m]))
                    continue;
                (void)strcat(strcat(texts[i], *rows[i] ? "," : ""), words[m]);
                rows[i][strlen(rows[i])] = methods[m];
            }
        begin(&s, factors);
        s.plugins[0].methods = HY_METHOD_PUBLICKEY | HY_METHOD_PASSWORD;
        s.plugins[1].methods = HY_METHOD_INTERACTIVE;
        s.fakes[0].accepts = "right";
        for (int n = 0; n < 40 && !hy_auth_account(s.c); n++) {
            char request = requests[next_number(&seed) % (sizeof requests - 1)];
            enum hy_verdict verdict =
                request == 'u' ? scene_answers(&s, 1, (const char *const[]){"right"}) : give(&s, request);
            bool right = strchr(methods, request) && goes_on(rows, 3, given, request, false);
            bool last = right && goes_on(rows, 3, given, request, true);

            UNIT_ASSERT_NUMBER(verdict == HY_AUTH_ACCEPT, last);
            UNIT_ASSERT_NUMBER(verdict == HY_AUTH_PARTIAL, right && !last);
            CU_ASSERT((hy_auth_account(s.c) != NULL) == last);
            if (right)
                given[strlen(given)] = request;
        }
        entered += hy_auth_account(s.c) != NULL;
        scene_end(&s);
    }
    CU_ASSERT(entered > 1000);
}

UNIT_SUITE(auth_factors, UNIT_TEST(only_a_whole_sequence_lets_in), UNIT_TEST(signatures_are_told_when_wanted),
           UNIT_TEST(sequences_are_followed_step_by_step), UNIT_TEST(all_users_sequences_hold_for_those_without),
           UNIT_TEST(one_password_is_one_factor), UNIT_TEST(who_has_accepted_a_password_asks_last),
           UNIT_TEST(a_plugin_is_asked_only_what_its_entry_allows));
