/* An embedding program that decides about logins: every verdict of the plugins with everything that it may answer. */
#include "core/auth/key.h"
#include "core/auth/revoked.h"
#include "tests/unit/auth_samples.h"
#include "tests/unit/auth_scene.h"
#include "tests/unit/unit.h"

#include <errno.h>

enum answer { LEAVES, ACCEPTS, REFUSES, WANTS_MORE, SAYS_BOTH, ANSWERS };

/* A program that answers as it is told, and keeps what it was asked. */
struct program {
    struct scene scene;
    enum answer answer;
    const char *only;    /* the method that it answers so; NULL: all */
    uint32_t methods;    /* that it names; 0: it names none */
    const char *home;    /* that it gives; NULL: none */
    const char *prompts; /* that it wishes for */
    struct hy_auth_wishes wishes;
    int no_wishes;
    unsigned asked;
    char heard[1024]; /* "password:secret=0/0 " */
    struct hy_auth_question last;
    char last_algorithm[64], last_user[64], last_param[1024];
};

static void decide(void *ctx, struct hy_auth_question *question)
{
    struct program *p = ctx;
    size_t used = strlen(p->heard);

    p->asked++;
    p->last = *question;
    (void)snprintf(p->heard + used, sizeof p->heard - used, "%s:%s=%d/%d ", question->method,
                   strcmp(question->method, "publickey") == 0 ? "key" : question->param, question->accept,
                   question->partial);
    (void)snprintf(p->last_algorithm, sizeof p->last_algorithm, "%s", question->algorithm);
    (void)snprintf(p->last_user, sizeof p->last_user, "%s", question->user);
    CU_ASSERT_FATAL(question->param_len < sizeof p->last_param);
    UNIT_ASSERT_NUMBER(question->param[question->param_len], 0);
    memcpy(p->last_param, question->param, question->param_len + 1);
    if (p->methods)
        question->methods = p->methods;
    if (p->home)
        (void)snprintf(question->home, sizeof question->home, "%s", p->home);
    if (p->answer == LEAVES || (p->only && strcmp(p->only, question->method) != 0))
        return;
    question->accept = p->answer == ACCEPTS || p->answer == SAYS_BOTH;
    question->partial = p->answer == WANTS_MORE || p->answer == SAYS_BOTH;
}

static int wishes(void *ctx, struct hy_auth_wishes *out)
{
    *out = ((struct program *)ctx)->wishes;
    return ((struct program *)ctx)->no_wishes;
}

static char *prompts(void *ctx)
{
    const char *text = ((struct program *)ctx)->prompts;

    return text ? strdup(text) : NULL;
}

/* Begins the conversation anew, under a policy that may have been changed. */
static void restart(struct program *p)
{
    hy_auth_end(p->scene.c);
    p->scene.c = hy_auth_begin(&p->scene.policy, 7, "192.0.2.7");
    CU_ASSERT_PTR_NOT_NULL_FATAL(p->scene.c);
    hy_auth_set_program(p->scene.c,
                        &(struct hy_auth_program){.ctx = p, .decide = decide, .wishes = wishes, .prompts = prompts});
    *p->heard = '\0';
    p->asked = 0;
}

static void begin(struct program *p)
{
    memset(p, 0, sizeof *p);
    scene_begin(&p->scene);
    p->scene.policy.max_attempts = 50;
    p->wishes.restrict_to_home = -1;
    restart(p);
}

/* A factor by a letter: none, password, interactive, a probed key, a key that signed. */
static enum hy_verdict give(struct program *p, const char *user, char letter)
{
    switch (letter) {
    case 'n':
        return scene_give(&p->scene, user, strlen(user), HY_METHOD_NONE, NULL, 0);
    case 'p':
        return scene_password(&p->scene, user, "secret");
    case 'i':
        return scene_give(&p->scene, user, strlen(user), HY_METHOD_INTERACTIVE, "secret", 6);
    default:
        return scene_key(&p->scene, user, SAMPLE_ED25519, letter == 'k');
    }
}

/* ---- Every verdict with every answer ---- */

enum who { KNOWN, UNKNOWN, NOBODYS, REFUSED, UNSURE, WHOS };

struct plight {
    enum who who;
    char letter;
    int plugin;    /* what the plugin says */
    bool sequence; /* the method is the first of two */
};

/* What such a login has to come to. */
static enum hy_verdict wanted(const struct plight *t, enum answer answer)
{
    bool right = t->who == KNOWN && t->plugin == HYTHE_AUTH_ACCEPT && t->letter != 'n';
    bool none = t->letter != 'n' && (t->who == UNSURE || (t->who != NOBODYS && t->plugin < 0));
    bool accept = right && !t->sequence, partial = right && t->sequence;

    if (answer != LEAVES) {
        accept = answer == ACCEPTS || answer == SAYS_BOTH;
        partial = answer == WANTS_MORE || answer == SAYS_BOTH;
    }
    if ((accept || partial) && (t->who == REFUSED || t->who == UNSURE))
        return t->who == UNSURE ? HY_AUTH_UNAVAILABLE : HY_AUTH_REJECT;
    if (!accept && !partial)
        return none ? HY_AUTH_UNAVAILABLE : HY_AUTH_REJECT;
    if (t->letter == 'q')
        return HY_AUTH_KEY_OK;
    return partial ? HY_AUTH_PARTIAL : HY_AUTH_ACCEPT;
}

static void prepare(struct program *p, const struct plight *t)
{
    static const char *const rows[] = {"password,publickey", "publickey,password", "keyboard-interactive,password",
                                       NULL};

    begin(p);
    p->scene.fakes[0].knows = t->who == KNOWN || t->who == REFUSED ? "alice" : NULL;
    p->scene.fakes[0].account.flags = t->who == REFUSED;
    p->scene.fakes[0].account.factors = t->sequence ? rows : NULL;
    p->scene.fakes[0].lookup_error = t->who == UNSURE ? -EIO : 0;
    p->scene.fakes[0].verdict = t->plugin;
    p->scene.fakes[1].lookup_error = 0;
    p->scene.policy.plugin_count = t->who == NOBODYS ? 0 : 1;
    restart(p);
}

static void judge(const struct plight *t, enum answer answer)
{
    struct program p;
    enum hy_verdict got;

    prepare(&p, t);
    p.answer = answer;
    got = give(&p, "alice", t->letter);
    if (got != wanted(t, answer))
        printf("  who %d, %c, plugin %d, sequence %d, answer %d: got %d, wanted %d\n", t->who, t->letter, t->plugin,
               t->sequence, answer, got, wanted(t, answer));
    CU_ASSERT(got == wanted(t, answer));
    CU_ASSERT((hy_auth_account(p.scene.c) != NULL) == (got == HY_AUTH_ACCEPT));
    CU_ASSERT(t->letter == 'i' || t->who == UNSURE || p.asked == 1);
    scene_end(&p.scene);
}

static void each_verdict_with_each_answer(void)
{
    static const int plugins[] = {HYTHE_AUTH_REJECT, HYTHE_AUTH_ACCEPT, -EIO};
    struct plight t;

    for (int who = 0; who < WHOS; who++)
        for (const char *letter = "npiqk"; *letter; letter++)
            for (size_t i = 0; i < sizeof plugins / sizeof *plugins; i++)
                for (int sequence = 0; sequence < 2; sequence++)
                    for (int answer = 0; answer < ANSWERS; answer++) {
                        t = (struct plight){(enum who)who, *letter, plugins[i], sequence};
                        judge(&t, (enum answer)answer);
                    }
}

/* ---- What it isn't asked ---- */

static void what_the_core_rejects_is_not_asked(void)
{
    const char *const two[] = {"one", "two"};
    struct program p;

    begin(&p);
    p.answer = ACCEPTS;
    UNIT_ASSERT_NUMBER(scene_give(&p.scene, "alice", 5, HY_METHOD_PUBLICKEY, NULL, 0), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(scene_key(&p.scene, "alice", SAMPLE_ED25519, false), HY_AUTH_KEY_OK);
    UNIT_ASSERT_NUMBER(p.asked, 1);
    UNIT_ASSERT_NUMBER(scene_give(&p.scene, "alice", 5, HY_METHOD_PASSWORD, "right\0", 6), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(scene_answers(&p.scene, 1, two), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(scene_begin_dialogue(&p.scene, "alice"), HY_AUTH_ASK);
    UNIT_ASSERT_NUMBER(scene_answers(&p.scene, 2, two), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(scene_begin_dialogue(&p.scene, "alice"), HY_AUTH_ASK);
    UNIT_ASSERT_NUMBER(scene_give(&p.scene, "alice", 5, HY_METHOD_INTERACTIVE, "\0", 1), HY_AUTH_REJECT);
    p.scene.policy.methods = HY_METHOD_PUBLICKEY;
    UNIT_ASSERT_NUMBER(give(&p, "alice", 'p'), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(p.asked, 1);
    UNIT_ASSERT_NUMBER(give(&p, "mallory", 'k'), HY_AUTH_DISCONNECT);
    UNIT_ASSERT_NUMBER(p.asked, 1);
    scene_end(&p.scene);
}

static void no_answer_lets_a_revoked_key_in(void)
{
    static const char line[] = SAMPLE_ED25519 "\n";
    uint8_t *bytes = calloc(1, sizeof line);
    struct hy_err err;
    struct program p;

    CU_ASSERT_FATAL(bytes != NULL);
    memcpy(bytes, line, sizeof line - 1);
    begin(&p);
    p.answer = ACCEPTS;
    p.scene.policy.revoked = hy_revoked_new(bytes, sizeof line - 1, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p.scene.policy.revoked);
    UNIT_ASSERT_NUMBER(give(&p, "alice", 'q'), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(give(&p, "alice", 'k'), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(p.asked, 0);
    UNIT_ASSERT_NUMBER(scene_key(&p.scene, "alice", SAMPLE_P256, true), HY_AUTH_ACCEPT);
    hy_revoked_free((struct hy_revoked *)(uintptr_t)p.scene.policy.revoked);
    scene_end(&p.scene);
}

/* Refusals count as any other; `none` is free once. */
static void refusals_count(void)
{
    struct program p;

    begin(&p);
    p.scene.policy.max_attempts = 4;
    p.scene.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    p.answer = REFUSES;
    UNIT_ASSERT_NUMBER(give(&p, "alice", 'n'), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(give(&p, "alice", 'n'), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(give(&p, "alice", 'q'), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(give(&p, "alice", 'k'), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(give(&p, "alice", 'p'), HY_AUTH_DISCONNECT);
    UNIT_ASSERT_STRING(p.heard, "none:=0/0 none:=0/0 publickey:key=1/0 publickey:key=1/0 password:secret=1/0 ");
    CU_ASSERT_PTR_NULL(hy_auth_account(p.scene.c));
    scene_end(&p.scene);
}

/* ---- What it is told ---- */

static void it_is_told_whose_key_by_which_algorithm(void)
{
    static const struct {
        const char *line, *named, *told;
    } table[] = {{SAMPLE_RSA2048, "rsa-sha2-512", "rsa-sha2-512"},
                 {SAMPLE_RSA2048, "rsa-sha2-256", "rsa-sha2-256"},
                 {SAMPLE_RSA2048, "ssh-rsa", "ssh-rsa"},
                 {SAMPLE_RSA2048, "", "ssh-rsa"},
                 {SAMPLE_RSA2048, "ssh-ed25519", "ssh-rsa"},
                 {SAMPLE_RSA2048, "rsa-sha2-512-cert-v01@openssh.com", "ssh-rsa"},
                 {SAMPLE_ED25519, "rsa-sha2-512", "ssh-ed25519"},
                 {SAMPLE_P384, NULL, "ecdsa-sha2-nistp384"}};

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct program p;
        struct hy_key key;
        const char *why;

        begin(&p);
        p.answer = ACCEPTS;
        CU_ASSERT_FATAL(hy_key_parse(&key, table[i].line, &why));
        UNIT_ASSERT_NUMBER(hy_auth_factor(p.scene.c, &(struct hy_factor){.method = HY_METHOD_PUBLICKEY,
                                                                         .user = "a/b",
                                                                         .user_len = 3,
                                                                         .key = key.blob,
                                                                         .key_len = key.len,
                                                                         .algorithm = table[i].named}),
                           HY_AUTH_KEY_OK);
        UNIT_ASSERT_STRING(p.last_algorithm, table[i].told);
        UNIT_ASSERT_STRING(p.last_user, "a/b");
        CU_ASSERT(p.last.param_len == key.len && memcmp(p.last_param, key.blob, key.len) == 0);
        CU_ASSERT(!p.last.signature_verified);
        hy_key_free(&key);
        scene_end(&p.scene);
    }
}

static void signatures_are_told_and_decide_nothing(void)
{
    struct program p;

    begin(&p);
    p.scene.policy.tell_signatures = true;
    p.answer = ACCEPTS;
    p.only = "sigstatus";
    UNIT_ASSERT_NUMBER(give(&p, "alice", 'q'), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(give(&p, "alice", 'k'), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(scene_give(&p.scene, "alice", 5, HY_METHOD_PUBLICKEY, NULL, 0), HY_AUTH_REJECT);
    UNIT_ASSERT_STRING(p.heard, "publickey:key=0/0 publickey:key=0/0 sigstatus:1=0/0 sigstatus:0=0/0 ");
    p.scene.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    p.answer = REFUSES;
    UNIT_ASSERT_NUMBER(give(&p, "alice", 'k'), HY_AUTH_ACCEPT);
    scene_end(&p.scene);
}

/* ---- Methods ---- */

static void methods_are_told_and_set(void)
{
    struct program p;

    begin(&p);
    p.methods = HY_METHOD_PUBLICKEY;
    UNIT_ASSERT_NUMBER(give(&p, "alice", 'n'), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(p.last.methods, ALL_METHODS);
    UNIT_ASSERT_NUMBER(hy_auth_methods(p.scene.c), HY_METHOD_PUBLICKEY);
    UNIT_ASSERT_NUMBER(give(&p, "alice", 'p'), HY_AUTH_REJECT);
    UNIT_ASSERT_NUMBER(p.asked, 1);
    p.methods = HY_METHOD_PASSWORD;
    p.answer = WANTS_MORE;
    UNIT_ASSERT_NUMBER(give(&p, "alice", 'q'), HY_AUTH_KEY_OK); /* and may sign, whatever comes next */
    UNIT_ASSERT_NUMBER(give(&p, "alice", 'k'), HY_AUTH_PARTIAL);
    UNIT_ASSERT_NUMBER(hy_auth_methods(p.scene.c), HY_METHOD_PASSWORD);
    p.methods = 0;
    UNIT_ASSERT_NUMBER(give(&p, "alice", 'p'), HY_AUTH_PARTIAL);
    UNIT_ASSERT_NUMBER(hy_auth_methods(p.scene.c), HY_METHOD_INTERACTIVE); /* what is left */
    p.answer = ACCEPTS;
    UNIT_ASSERT_NUMBER(give(&p, "alice", 'i'), HY_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(hy_auth_methods(p.scene.c), 0);
    scene_end(&p.scene);
}

/* Who asks for one method again and again gets it; the account's own rows go on where they were. */
static void partial_success_has_no_end_of_its_own(void)
{
    static const char *const rows[] = {"publickey,password", NULL};
    struct program p;

    begin(&p);
    p.scene.fakes[0].account.factors = rows;
    p.scene.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    p.answer = WANTS_MORE;
    p.methods = HY_METHOD_PUBLICKEY;
    for (int i = 0; i < 20; i++)
        UNIT_ASSERT_NUMBER(give(&p, "alice", 'k'), HY_AUTH_PARTIAL);
    p.methods = 0;
    UNIT_ASSERT_NUMBER(give(&p, "alice", 'k'), HY_AUTH_PARTIAL);
    p.answer = LEAVES;
    UNIT_ASSERT_NUMBER(hy_auth_methods(p.scene.c), HY_METHOD_PASSWORD);
    UNIT_ASSERT_NUMBER(give(&p, "alice", 'p'), HY_AUTH_ACCEPT);
    UNIT_ASSERT_NUMBER(p.last.accept, 1);
    scene_end(&p.scene);
}

/* ---- keyboard-interactive ---- */

static void each_answer_has_to_be_accepted(void)
{
    static const struct hy_prompt two[] = {{"One: ", false}, {"Two: ", false}};
    static const char *const only[] = {"keyboard-interactive-1", "keyboard-interactive-2", "keyboard-interactive"};
    const char *const answers[] = {"one", "two"};
    struct program p;

    for (size_t i = 0; i < sizeof only / sizeof *only; i++) {
        begin(&p);
        p.scene.policy.prompts = (struct hy_prompts){"", "", two, 2};
        p.scene.fakes[0].accepts = "one";
        p.scene.fakes[1].accepts = "two";
        p.answer = REFUSES;
        p.only = only[i];
        UNIT_ASSERT_NUMBER(scene_begin_dialogue(&p.scene, "alice"), HY_AUTH_ASK);
        UNIT_ASSERT_NUMBER(p.asked, 0);
        UNIT_ASSERT_NUMBER(scene_answers(&p.scene, 2, answers), HY_AUTH_REJECT);
        UNIT_ASSERT_NUMBER(p.asked, 3);
        p.answer = LEAVES;
        *p.heard = '\0';
        UNIT_ASSERT_NUMBER(scene_begin_dialogue(&p.scene, "alice"), HY_AUTH_ASK);
        UNIT_ASSERT_NUMBER(scene_answers(&p.scene, 2, answers), HY_AUTH_ACCEPT);
        UNIT_ASSERT_STRING(p.heard, "keyboard-interactive-1:one=1/0 keyboard-interactive-2:two=1/0 "
                                    "keyboard-interactive:=1/0 ");
        scene_end(&p.scene);
    }
    begin(&p); /* what the plugins say of each answer */
    p.scene.policy.prompts = (struct hy_prompts){"", "", two, 2};
    p.scene.fakes[1].accepts = "two";
    p.answer = ACCEPTS;
    UNIT_ASSERT_NUMBER(scene_begin_dialogue(&p.scene, "alice"), HY_AUTH_ASK);
    UNIT_ASSERT_NUMBER(scene_answers(&p.scene, 2, answers), HY_AUTH_ACCEPT);
    UNIT_ASSERT_STRING(p.heard,
                       "keyboard-interactive-1:one=0/0 keyboard-interactive-2:two=1/0 keyboard-interactive:=0/0 ");
    scene_end(&p.scene);
}

/* A plugin's dialogue of several rounds: its answers are counted on, and may be refused in each. */
static void rounds_of_a_plugin_are_counted_on(void)
{
    static const struct hythe_prompt more[] = {{.size = sizeof *more, .text = "Code: "}, {.size = 0}};
    const char *const answers[] = {"one"};

    for (int refuses = 0; refuses < 2; refuses++) {
        struct program p;

        begin(&p);
        p.scene.fakes[0].prompts = more;
        p.scene.fakes[0].verdict = HYTHE_AUTH_CONTINUE;
        UNIT_ASSERT_NUMBER(scene_begin_dialogue(&p.scene, "alice"), HY_AUTH_ASK);
        UNIT_ASSERT_NUMBER(scene_answers(&p.scene, 1, answers), HY_AUTH_ASK);
        p.scene.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
        if (refuses) {
            p.scene.fakes[0].verdict = HYTHE_AUTH_CONTINUE;
            p.answer = REFUSES;
            UNIT_ASSERT_NUMBER(scene_answers(&p.scene, 1, answers), HY_AUTH_REJECT);
            UNIT_ASSERT_NUMBER(scene_answers(&p.scene, 1, answers), HY_AUTH_REJECT);
            UNIT_ASSERT_STRING(p.heard, "keyboard-interactive-1:one=1/0 keyboard-interactive-2:one=1/0 ");
        } else {
            UNIT_ASSERT_NUMBER(scene_answers(&p.scene, 1, answers), HY_AUTH_ACCEPT);
            UNIT_ASSERT_STRING(p.heard, "keyboard-interactive-1:one=1/0 keyboard-interactive-2:one=1/0 "
                                        "keyboard-interactive:=1/0 ");
        }
        scene_end(&p.scene);
    }
}

static void it_has_prompts_of_its_own(void)
{
    const char *const answers[] = {"one", "two"};
    struct hy_prompts shown;
    struct program p;

    begin(&p);
    p.scene.policy.prompts.instruction = "Read this";
    p.scene.fakes[0].instance.auth.ask = scene_ask;
    p.prompts = "First,echo=false;Second,echo=true";
    p.answer = ACCEPTS;
    UNIT_ASSERT_NUMBER(scene_begin_dialogue(&p.scene, "bob"), HY_AUTH_ASK);
    UNIT_ASSERT_NUMBER(p.scene.fakes[0].asks, 0);
    shown = hy_auth_prompts(p.scene.c);
    UNIT_ASSERT_NUMBER(shown.count, 2);
    UNIT_ASSERT_STRING(shown.instruction, "Read this");
    UNIT_ASSERT_STRING(shown.prompts[0].text, "First");
    UNIT_ASSERT_STRING(shown.prompts[1].text, "Second");
    CU_ASSERT(!shown.prompts[0].echo && shown.prompts[1].echo);
    p.prompts = NULL;
    UNIT_ASSERT_NUMBER(scene_answers(&p.scene, 2, answers), HY_AUTH_ACCEPT);
    scene_end(&p.scene);

    begin(&p);
    p.prompts = "First,echo=perhaps";
    UNIT_ASSERT_NUMBER(scene_begin_dialogue(&p.scene, "bob"), HY_AUTH_UNAVAILABLE);
    CU_ASSERT(strstr(p.scene.lines, "KeyboardInteractivePrompts of this connection: echo is true or false") != NULL);
    p.prompts = NULL;
    UNIT_ASSERT_NUMBER(scene_begin_dialogue(&p.scene, "bob"), HY_AUTH_ASK);
    UNIT_ASSERT_NUMBER(hy_auth_prompts(p.scene.c).count, 1);
    scene_end(&p.scene);
}

/* ---- The account ---- */

static void accounts_are_checked_as_those_of_plugins_are(void)
{
    static const struct {
        const char *user, *home, *root;
        int restricted;
        const char *got_home, *got_root;
        int got_restricted; /* -1: refused */
    } table[] = {
        {"bob", NULL, "", -1, NULL, NULL, 0},
        {"bob", "/pub/bob", "", -1, "/pub/bob", NULL, 0},
        {"bob", "/", "/users/bob", 1, "/", "/users/bob", 1},
        {"bob", "", "", 1, NULL, NULL, -1},
        {"bob", "pub", "", -1, NULL, NULL, -1},
        {"bob", "/pub/../etc", "", -1, NULL, NULL, -1},
        {"bob", "/pub/", "", -1, NULL, NULL, -1},
        {"bob", NULL, "users", -1, NULL, NULL, -1},
        {"bob", NULL, "/a/./b", -1, NULL, NULL, -1},
        {"a/b", "/pub", "", -1, NULL, NULL, -1},
        {"..", "/pub", "", -1, NULL, NULL, -1},
        {"alice", NULL, "", -1, "/home", "/r", 0},
        {"alice", "/pub", "", 1, "/pub", "/r", 1},
        {"alice", "", "", 1, NULL, NULL, -1},
        {"alice", "", "", -1, NULL, "/r", 0},
        {"alice", NULL, "/other", 0, "/home", "/other", 0},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        static const char *const groups[] = {"staff", NULL};
        const struct hy_account *account;
        struct program p;

        begin(&p);
        p.scene.policy.groups = groups;
        p.scene.fakes[0].account.user_root = "/r";
        p.scene.fakes[0].account.groups = groups;
        p.answer = ACCEPTS;
        p.home = table[i].home;
        (void)snprintf(p.wishes.user_root, sizeof p.wishes.user_root, "%s", table[i].root);
        p.wishes.restrict_to_home = table[i].restricted;
        UNIT_ASSERT_NUMBER(give(&p, table[i].user, 'p'), table[i].got_restricted < 0 ? HY_AUTH_REJECT : HY_AUTH_ACCEPT);
        account = hy_auth_account(p.scene.c);
        CU_ASSERT_FATAL((account == NULL) == (table[i].got_restricted < 0));
        if (account) {
            UNIT_ASSERT_STRING(account->name, table[i].user);
            UNIT_ASSERT_STRING(account->home ? account->home : "-", table[i].got_home ? table[i].got_home : "-");
            UNIT_ASSERT_STRING(account->user_root ? account->user_root : "-",
                               table[i].got_root ? table[i].got_root : "-");
            UNIT_ASSERT_NUMBER(account->restrict_to_home, table[i].got_restricted);
            UNIT_ASSERT_NUMBER(account->groups != NULL, table[i].user[0] == 'a');
        } else {
            CU_ASSERT(strstr(p.scene.lines, "can't use the account that the program gives user \"") != NULL);
        }
        scene_end(&p.scene);
    }
}

/* What the policy holds all accounts to without one of their own holds for the program's, too. */
static void the_policy_holds_for_its_accounts(void)
{
    struct program p;

    begin(&p);
    p.answer = ACCEPTS;
    p.scene.policy.user_root = "/all";
    p.scene.policy.restrict_to_home = true;
    UNIT_ASSERT_NUMBER(give(&p, "bob", 'p'), HY_AUTH_REJECT);
    p.home = "/bob";
    UNIT_ASSERT_NUMBER(give(&p, "bob", 'p'), HY_AUTH_ACCEPT);
    UNIT_ASSERT_STRING(hy_auth_account(p.scene.c)->user_root, "/all");
    CU_ASSERT(hy_auth_account(p.scene.c)->restrict_to_home);
    scene_end(&p.scene);

    begin(&p); /* a wish that can't be had lets nobody in, without a handler neither */
    p.scene.fakes[0].verdict = HYTHE_AUTH_ACCEPT;
    hy_auth_set_program(p.scene.c, &(struct hy_auth_program){.ctx = &p, .wishes = wishes});
    p.no_wishes = -1;
    UNIT_ASSERT_NUMBER(give(&p, "alice", 'p'), HY_AUTH_REJECT);
    p.no_wishes = 0;
    p.wishes.restrict_to_home = 1;
    UNIT_ASSERT_NUMBER(give(&p, "alice", 'p'), HY_AUTH_ACCEPT);
    CU_ASSERT(hy_auth_account(p.scene.c)->restrict_to_home);
    UNIT_ASSERT_NUMBER(p.asked, 0);
    scene_end(&p.scene);
}

static void the_log_tells_who_decided_and_no_secret(void)
{
    struct program p;

    begin(&p);
    UNIT_ASSERT_NUMBER(give(&p, "bob", 'p'), HY_AUTH_REJECT);
    CU_ASSERT(strstr(p.scene.lines, "rejected password for unknown user \"bob\"\n") != NULL);
    p.answer = ACCEPTS;
    UNIT_ASSERT_NUMBER(give(&p, "bob", 'i'), HY_AUTH_ACCEPT);
    CU_ASSERT(strstr(p.scene.lines, "accepted keyboard-interactive, as the program says, for user \"bob\"\n") != NULL);
    CU_ASSERT(strstr(p.scene.lines, "secret") == NULL);
    UNIT_ASSERT_STRING(hy_auth_asking(p.scene.c), "second"); /* plugins are told of the end last */
    scene_end(&p.scene);
}

UNIT_SUITE(auth_event, UNIT_TEST(each_verdict_with_each_answer), UNIT_TEST(what_the_core_rejects_is_not_asked),
           UNIT_TEST(no_answer_lets_a_revoked_key_in), UNIT_TEST(refusals_count),
           UNIT_TEST(it_is_told_whose_key_by_which_algorithm), UNIT_TEST(signatures_are_told_and_decide_nothing),
           UNIT_TEST(methods_are_told_and_set), UNIT_TEST(partial_success_has_no_end_of_its_own),
           UNIT_TEST(each_answer_has_to_be_accepted), UNIT_TEST(rounds_of_a_plugin_are_counted_on),
           UNIT_TEST(it_has_prompts_of_its_own), UNIT_TEST(accounts_are_checked_as_those_of_plugins_are),
           UNIT_TEST(the_policy_holds_for_its_accounts), UNIT_TEST(the_log_tells_who_decided_and_no_secret));
