/* core/config: methods, factors and the prompts of keyboard-interactive. */
#include "tests/unit/config_file.h"
#include "tests/unit/unit.h"

#define NOT_A_METHOD " is not a method; there are password, publickey and keyboard-interactive\n"
#define ALL "DefaultAuthMethods = \"publickey,password,keyboard-interactive\"; "

static const struct {
    const char *text; /* after CONFIG_BASE without users: its first line is line 2 */
    const char *said;
} cases[] = {
    {"DefaultAuthMethods = \"none,password\";",
     "t:2: DefaultAuthMethods: none would let everybody in; it is answered with the methods that there are\n"},
    {ALL "factors = \"publickey,password\";", ""},
    {ALL "factors = ( \"publickey , password\", \"keyboard-interactive\" );", ""},
    {ALL "factors = ( );", ""},
    {"factors = ( \"publickey\",\n\"password, publikey\" );",
     "t:3: factors: \"publikey\" is not a method; did you mean publickey?\n"},
    {"factors = ( \"none\" );", "t:2: factors: \"none\"" NOT_A_METHOD},
    {"factors = ( \"hostbased\" );", "t:2: factors: \"hostbased\"" NOT_A_METHOD},
    {"factors = ( \"publickey,,password\" );", "t:2: factors: \"publickey,,password\" has a place without a method\n"},
    {"factors = ( \"password,password\" );", "t:2: factors: \"password,password\" has password twice\n"},
    {"factors = ( \"publickey,keyboard-interactive\" );",
     "t:2: factors: keyboard-interactive is not among DefaultAuthMethods\n"},
    {"factors = ( 1 );", "t:2: factors: a string is wanted, not a number\n"},
    {ALL "factors = ( \"password,keyboard-interactive\" );",
     "t:2: factors: \"password,keyboard-interactive\" wants a user's one password twice: keyboard-interactive beside "
     "password needs another plugin in auth\n"},
    {ALL "factors = ( \"password,keyboard-interactive\" ); auth = ( { plugin = \"users\"; }, { plugin = \"x\"; } );",
     ""},
    {"auth = ( { plugin = \"users\"; methods = ( \"password\", \"publickey\" ); } );", ""},
    {"auth = ( { plugin = \"users\";\nmethods = ( \"password\",\n\"pasword\" ); } );",
     "t:4: methods: \"pasword\" is not a method; did you mean password?\n"},
    {"auth = ( { plugin = \"users\"; methods = ( ); } );", "t:2: methods is empty: leave it out, or the whole group\n"},
    {"KeyboardInteractivePrompts = \"One\"; KeyboardInteractivePromptCount = 1;", ""},
    {"KeyboardInteractivePrompts = \"One,echo=maybe\";",
     "t:2: KeyboardInteractivePrompts: echo is true or false, not \"maybe\"\n"},
    {"KeyboardInteractivePrompts = \"One;;Two\";",
     "t:2: KeyboardInteractivePrompts: a prompt that is empty can't be asked\n"},
    {"KeyboardInteractivePrompts = \"One;,echo=true\";",
     "t:2: KeyboardInteractivePrompts: a prompt that is empty can't be asked\n"},
    {"KeyboardInteractivePrompts = \"One\\nTwo\";",
     "t:2: KeyboardInteractivePrompts: a prompt that has a control character can't be asked\n"},
    {"KeyboardInteractivePrompts = \"\xff\";",
     "t:2: KeyboardInteractivePrompts: a prompt that isn't UTF-8 can't be asked\n"},
    {"KeyboardInteractivePrompts = \"1;2;3;4;5;6;7;8\";", ""},
    {"KeyboardInteractivePrompts = \"1;2;3;4;5;6;7;8;9\";", "t:2: KeyboardInteractivePrompts: more than 8 prompts\n"},
    {"KeyboardInteractivePrompts = \"One\";\nKeyboardInteractivePromptCount = 2;",
     "t:3: KeyboardInteractivePromptCount is 2, but there are 1 prompts\n"},
    {"KeyboardInteractivePrompts = \"One\";\nKeyboardInteractivePromptPrompt = ( \"One\" );",
     "t:3: KeyboardInteractivePromptPrompt says what KeyboardInteractivePrompts (line 2) does: keep one of the two\n"},
    {"KeyboardInteractivePromptPrompt = ( \"One\", \"Two\" ); KeyboardInteractivePromptEcho = [ true, false ]; "
     "KeyboardInteractivePromptCount = 2;",
     ""},
    {"KeyboardInteractivePromptEcho = true; KeyboardInteractivePromptPrompt = \"One\";", ""},
    {"KeyboardInteractivePromptPrompt = ( \"One\", \"Two\" );\nKeyboardInteractivePromptEcho = ( true );",
     "t:3: KeyboardInteractivePromptEcho has 1 values, KeyboardInteractivePromptPrompt 2\n"},
    {"KeyboardInteractivePromptPrompt = ( \"One\", \"Two\" );\nKeyboardInteractivePromptCount = 1;",
     "t:3: KeyboardInteractivePromptCount is 1, but there are 2 prompts\n"},
    {"KeyboardInteractivePromptCount = 1;", "t:2: KeyboardInteractivePromptCount is 1, but there are 0 prompts\n"},
    {"KeyboardInteractivePromptCount = 9;", "t:2: KeyboardInteractivePromptCount: 9 is out of range (0 to 8)\n"},
    {"KeyboardInteractivePromptEcho = ( true );",
     "t:2: KeyboardInteractivePromptEcho has 1 values, KeyboardInteractivePromptPrompt 0\n"},
    {"KeyboardInteractivePromptPrompt = ( \"One\" ); KeyboardInteractivePromptEcho = ( \"some\" );",
     "t:2: KeyboardInteractivePromptEcho: true or false is wanted\n"},
    {"KeyboardInteractivePromptPrompt = ( \"\" );", "t:2: KeyboardInteractivePromptPrompt must not be empty\n"},
    {"KeyboardInteractivePromptPrompt = ( \"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\" );",
     "t:2: KeyboardInteractivePromptPrompt: 9 prompts are too many (at most 8)\n"},
};

static void checks_how_one_logs_in(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[2048], *said;

        (void)snprintf(text, sizeof text, "%s%s", CONFIG_BASE, cases[i].text);
        said = config_said(text, false);
        if (strcmp(said, cases[i].said) != 0)
            printf("  of: %s\n", cases[i].text);
        UNIT_ASSERT_STRING(said, cases[i].said);
        free(said);
    }
}

/* A user's are checked as those of all; an entry too many is one. */
static void checks_the_factors_of_users(void)
{
    char text[4096] = "RootDirectory = \"/srv\"; SSHCertStore = \"/k\";\nusers = ( { name = \"u\";\nfactors = ( ",
         *said;

    said = config_said("RootDirectory = \"/srv\"; SSHCertStore = \"/k\"; users = ( { name = \"u\";\n"
                       "factors = ( \"publickey\",\n\"publikey\" ); } );",
                       false);
    UNIT_ASSERT_STRING(said, "t:3: factors: \"publikey\" is not a method; did you mean publickey?\n");
    free(said);
    for (int i = 0; i < 65; i++)
        (void)strcat(text, i ? ", \"password\"" : "\"password\"");
    (void)strcat(text, " ); } );");
    said = config_said(text, false);
    UNIT_ASSERT_STRING(said, "t:3: factors: 65 entries are too many (at most 64)\n");
    free(said);
}

static void reads_prompts_in_either_form(void)
{
    static const char *const texts[] = {
        "KeyboardInteractivePrompts = \"First, of two,echo=false;Second prompt,echo=true;\";",
        "KeyboardInteractivePromptPrompt = ( \"First, of two\", \"Second prompt\" );\n"
        "KeyboardInteractivePromptEcho = ( false, true );",
    };

    for (size_t i = 0; i < 2; i++) {
        char text[1024], *first, *second;
        struct hy_config *c;

        (void)snprintf(text, sizeof text, "%s%s%s", CONFIG_BASE, texts[i],
                       ALL "KeyboardInteractiveMessage = \"Be welcome.\\n\"; factors = ( \"publickey,password\" );\n"
                           "auth = ( { plugin = \"users\"; methods = \"password\"; } );");
        c = config_good(text);
        UNIT_ASSERT_NUMBER(c->prompt_count, 2);
        UNIT_ASSERT_STRING(c->prompts[0].text, "First, of two");
        CU_ASSERT(!c->prompts[0].echo && c->prompts[1].echo);
        UNIT_ASSERT_NUMBER(c->KeyboardInteractivePromptCount, 2);
        first = config_dumped(c);
        hy_config_free(c);
        c = config_good(first);
        UNIT_ASSERT_STRING(c->prompts[1].text, "Second prompt");
        CU_ASSERT(!c->prompts[0].echo && c->prompts[1].echo);
        UNIT_ASSERT_STRING(c->KeyboardInteractiveMessage, "Be welcome.\n");
        UNIT_ASSERT_NUMBER(c->sequence_count, 1);
        UNIT_ASSERT_NUMBER(c->sequences[0].steps[0], HY_METHOD_PUBLICKEY);
        UNIT_ASSERT_NUMBER(c->sequences[0].steps[1], HY_METHOD_PASSWORD);
        UNIT_ASSERT_NUMBER(c->sequences[0].steps[2], 0);
        UNIT_ASSERT_NUMBER(c->auth[0].methods, HY_METHOD_PASSWORD);
        second = config_dumped(c);
        UNIT_ASSERT_STRING(second, first);
        hy_config_free(c);
        free(first);
        free(second);
    }
}

static void without_settings_there_is_one_prompt_for_the_password(void)
{
    struct hy_config *c = config_good(CONFIG_BASE);

    UNIT_ASSERT_NUMBER(c->prompt_count, 1);
    UNIT_ASSERT_STRING(c->prompts[0].text, "Password: ");
    CU_ASSERT(!c->prompts[0].echo);
    UNIT_ASSERT_NUMBER(c->KeyboardInteractivePromptCount, 0);
    UNIT_ASSERT_NUMBER(c->sequence_count, 0);
    UNIT_ASSERT_NUMBER(c->auth[0].methods, UINT32_MAX);
    CU_ASSERT(!c->FireAuthRequestAfterSig);
    hy_config_free(c);
}

UNIT_SUITE(config_login, UNIT_TEST(checks_how_one_logs_in), UNIT_TEST(checks_the_factors_of_users),
           UNIT_TEST(reads_prompts_in_either_form), UNIT_TEST(without_settings_there_is_one_prompt_for_the_password));
