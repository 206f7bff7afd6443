/* A plugin's settings and what it says of itself, without a file. */
#include "core/plugin/plugin.h"
#include "tests/unit/unit.h"

#include <errno.h>

struct settings {
    int flag;
    int64_t number, size, mode;
    const char *text, *path, *secret, *template;
    const char *const *list;
    int64_t choice;
};

#define ROW(field, type, min, max, fallback) \
    { \
#field, type, offsetof(struct settings, field), min, max, fallback, "help", NULL \
    }

static const struct hythe_setting rows[] = {
    ROW(flag, HYTHE_SET_BOOL, 0, 0, "no"),
    ROW(number, HYTHE_SET_INT, -5, 100, "60"),
    ROW(size, HYTHE_SET_SIZE, 1024, INT64_C(1) << 40, "64K"),
    ROW(mode, HYTHE_SET_MODE, 0, 0777, "0755"),
    ROW(text, HYTHE_SET_STRING, 2, 5, ""),
    ROW(path, HYTHE_SET_PATH, 0, 0, NULL),
    ROW(secret, HYTHE_SET_SECRET, 4, 16, ""),
    ROW(template, HYTHE_SET_TEMPLATE, 0, 0, ""),
    ROW(list, HYTHE_SET_LIST, 2, 5, ""),
    {"choice", HYTHE_SET_CHOICE, offsetof(struct settings, choice), 0, 0, "no", "help", "no ask yes"}};

static struct settings got;
static char got_list[64], got_template[64]; /* the strings are gone with the instance */
static char order[128];
static int start_result;

static int start(const struct hythe_host *host, const void *settings, void **instance)
{
    const struct hy_instance *i = host->core;

    got = *(const struct settings *)settings;
    got_list[0] = '\0';
    for (size_t n = 0; got.list && got.list[n]; n++)
        (void)snprintf(got_list + strlen(got_list), sizeof got_list - strlen(got_list), "%s;", got.list[n]);
    (void)snprintf(got_template, sizeof got_template, "%s", got.template ? got.template : "");
    *instance = (void *)settings;
    (void)snprintf(order + strlen(order), sizeof order - strlen(order), "+%s", i->label);
    return start_result;
}

static void stop(void *instance)
{
    const struct settings *s = instance;

    (void)snprintf(order + strlen(order), sizeof order - strlen(order), "-%s", s->text);
}

static const struct hythe_ops ops = {.size = sizeof ops};
static const struct hythe_plugin sound = {.abi = HYTHE_ABI,
                                          .size = sizeof sound,
                                          .kind = HYTHE_FILESYSTEM,
                                          .threads = HYTHE_PARALLEL,
                                          .name = "test",
                                          .settings = rows,
                                          .setting_count = sizeof rows / sizeof rows[0],
                                          .setting_size = sizeof rows[0],
                                          .settings_size = sizeof(struct settings),
                                          .start = start,
                                          .stop = stop,
                                          .ops = &ops};

struct attempt {
    struct hy_plugins *plugins;
    struct hy_err err;
};

static void begin(struct attempt *t)
{
    memset(t, 0, sizeof *t);
    order[0] = '\0';
    start_result = 0;
    t->plugins = hy_plugins_new("/nowhere", NULL);
    CU_ASSERT_FATAL(t->plugins != NULL);
    CU_ASSERT_FATAL(hy_plugins_register(t->plugins, &sound, &t->err) == 0);
}

#define AT(n) \
    { \
        "hythe.cfg", n \
    }
#define TEXT(name, value) \
    { \
        name, HY_VALUE_STRING, 0, value, AT(9), NULL, NULL \
    }
#define INT(name, value) \
    { \
        name, HY_VALUE_INT, value, NULL, AT(9), NULL, NULL \
    }
#define LIST(name, list) \
    { \
        name, HY_VALUE_LIST, 0, NULL, AT(9), list, NULL \
    }
#define BOOL(name, value) \
    { \
        name, HY_VALUE_BOOL, value, NULL, AT(9), NULL, NULL \
    }
static const struct hy_option path_option = TEXT("path", "/srv");

/* Starts with a path and one option more; NULL: with the path alone. */
static bool starts_with(const struct hy_option *option)
{
    struct hy_option options[2] = {path_option};
    struct attempt t;
    bool ok;

    begin(&t);
    if (option)
        options[1] = *option;
    ok = hy_plugins_start(t.plugins, "test", HYTHE_FILESYSTEM, options, option ? 2 : 1, "test at /", &t.err) != NULL;
    hy_plugins_free(t.plugins);
    return ok;
}

/* ---- Values ---- */

static void fills_defaults(void)
{
    CU_ASSERT_FATAL(starts_with(NULL));
    UNIT_ASSERT_NUMBER(got.flag, 0);
    UNIT_ASSERT_NUMBER(got.number, 60);
    UNIT_ASSERT_NUMBER(got.size, 65536);
    UNIT_ASSERT_NUMBER(got.mode, 0755);
}

static void reads_every_type(void)
{
    static const struct {
        struct hy_option option;
        int64_t wanted;
    } cases[] = {
        {BOOL("flag", 1), 1},
        {BOOL("flag", 0), 0},
        {INT("flag", 1), 1},
        {TEXT("flag", "yes"), 1},
        {TEXT("flag", "True"), 1},
        {TEXT("flag", "on"), 1},
        {TEXT("flag", "off"), 0},
        {INT("number", -5), -5},
        {INT("number", 100), 100},
        {TEXT("number", "7"), 7},
        {TEXT("number", "-3"), -3},
        {INT("size", 4096), 4096},
        {TEXT("size", "4096"), 4096},
        {TEXT("size", "1K"), 1024},
        {TEXT("size", "64M"), 64 << 20},
        {TEXT("size", "2G"), INT64_C(2) << 30},
        {TEXT("size", "1T"), INT64_C(1) << 40},
        {TEXT("mode", "0700"), 0700},
        {TEXT("mode", "7"), 7},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *name = cases[i].option.name;

        CU_ASSERT_FATAL(starts_with(&cases[i].option));
        UNIT_ASSERT_NUMBER(name[0] == 'f'   ? got.flag
                           : name[0] == 'n' ? got.number
                           : name[0] == 's' ? got.size
                                            : got.mode,
                           cases[i].wanted);
    }
}

static const char *const two[] = {"ab", "cde", NULL}, *const none[] = {NULL};

static void refuses_bad_values_by_line(void)
{
    static const struct {
        struct hy_option option;
        const char *text;
    } cases[] = {
        {INT("flag", 2), "flag is 2 and must be true or false"},
        {TEXT("flag", "maybe"), "flag is \"maybe\" and must be true or false"},
        {TEXT("number", "7x"), "number is \"7x\" and must be a whole number"},
        {TEXT("number", ""), "number is \"\" and must be a whole number"},
        {TEXT("number", " 7"), "number is \" 7\" and must be a whole number"},
        {TEXT("number", "99999999999999999999"), "number is \"99999999999999999999\" and must be a whole number"},
        {BOOL("number", 1), "number is true and must be a whole number"},
        {INT("number", 101), "number must be from -5 to 100, not 101"},
        {INT("number", -6), "number must be from -5 to 100, not -6"},
        {INT("size", 1023), "size must be from 1024 to 1099511627776, not 1023"},
        {TEXT("size", "64X"), "size is \"64X\" and must be a size in bytes, like 65536 or \"64K\", \"64M\", \"64G\""},
        {TEXT("size", "64MB"), "size is \"64MB\" and must be a size in bytes, like 65536 or \"64K\", \"64M\", \"64G\""},
        {TEXT("size", "9223372036854775807K"), "size is \"9223372036854775807K\" and must be smaller"},
        {TEXT("size", "-1K"), "size must be from 1024 to 1099511627776, not -1024"},
        {INT("mode", 755),
         "mode is 755 and must be written in quotes, like \"0755\": a bare number isn't read as octal"},
        {TEXT("mode", "0788"), "mode is \"0788\" and must be octal digits in quotes, like \"0755\""},
        {TEXT("mode", "rwx"), "mode is \"rwx\" and must be octal digits in quotes, like \"0755\""},
        {TEXT("mode", "-7"), "mode is \"-7\" and must be octal digits in quotes, like \"0755\""},
        {TEXT("mode", "1000"), "mode must be from \"0000\" to \"0777\", not \"1000\""},
        {INT("text", 5), "text is 5 and must be a text in quotes"},
        {TEXT("text", "a"), "text must be from 2 to 5 bytes long, not 1"},
        {TEXT("text", "abcdef"), "text must be from 2 to 5 bytes long, not 6"},
        {TEXT("secret", "abc"), "secret must be from 4 to 16 bytes long"},
        {INT("secret", 12345), "secret must be a text in quotes"},
        {INT("list", 5), "list is 5 and must be a list of texts in quotes, like ( \"a\", \"b\" )"},
        {{"list", HY_VALUE_OTHER, 0, NULL, AT(9), NULL, NULL},
         "list must be a list of texts in quotes, like ( \"a\", \"b\" )"},
        {TEXT("list", "abcdef"), "list must be from 2 to 5 bytes long, not 6"},
        {LIST("text", two), "text is a list and must be a text in quotes"},
        {TEXT("choice", "maybe"), "choice is \"maybe\" and must be one of these in quotes: no ask yes"},
        {TEXT("choice", "a"), "choice is \"a\" and must be one of these in quotes: no ask yes"},
        {TEXT("choice", "no ask"), "choice is \"no ask\" and must be one of these in quotes: no ask yes"},
        {TEXT("choice", ""), "choice is \"\" and must be one of these in quotes: no ask yes"},
        {INT("choice", 1), "choice is 1 and must be one of these in quotes: no ask yes"},
        {TEXT("texxt", "abc"), "unknown setting \"texxt\"; did you mean \"text\"?"},
        {TEXT("quite-another-thing", "abc"), "unknown setting \"quite-another-thing\""},
        {{"text", HY_VALUE_OTHER, 0, NULL, AT(9), NULL, NULL}, "text must be a text in quotes"},
    };
    char wanted[256];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hy_option options[2] = {path_option, cases[i].option};
        struct attempt t;

        begin(&t);
        CU_ASSERT_PTR_NULL(hy_plugins_start(t.plugins, "test", HYTHE_FILESYSTEM, options, 2, "test at /pub", &t.err));
        (void)snprintf(wanted, sizeof wanted, "test at /pub: %s (hythe.cfg:9)", cases[i].text);
        UNIT_ASSERT_STRING(t.err.text, wanted);
        UNIT_ASSERT_STRING(order, "");
        hy_plugins_free(t.plugins);
    }
}

static void reads_lists(void)
{
    static const struct {
        struct hy_option option;
        const char *wanted;
    } cases[] = {{LIST("list", two), "ab;cde;"},
                 {LIST("list", none), ""},
                 {TEXT("list", "abc"), "abc;"},
                 {TEXT("list", ""), ""}};

    CU_ASSERT(starts_with(NULL));
    UNIT_ASSERT_STRING(got_list, "");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CU_ASSERT(starts_with(&cases[i].option));
        UNIT_ASSERT_STRING(got_list, cases[i].wanted);
    }
}

/* Each string of a list is complained about where it stands. */
static void names_the_place_in_a_list(void)
{
    static const char *const list[] = {"ab", "a", "abc", "abcdef", NULL};
    static const struct hy_place places[] = {AT(20), AT(21), AT(22), AT(23)};
    const struct hy_option options[] = {path_option, {"list", HY_VALUE_LIST, 0, NULL, AT(9), list, places}};
    struct hy_problems problems = {0};
    struct hy_place place = AT(1);
    struct attempt t;

    begin(&t);
    CU_ASSERT(hy_plugins_check(t.plugins, "test", HYTHE_FILESYSTEM, options, 2, place, &problems) == -1);
    CU_ASSERT_FATAL(problems.count == 2);
    UNIT_ASSERT_NUMBER(problems.items[0].place.line, 21);
    UNIT_ASSERT_NUMBER(problems.items[1].place.line, 23);
    hy_problems_free(&problems);
    hy_plugins_free(t.plugins);
}

static void reads_choices(void)
{
    static const char *const words[] = {"no", "ask", "yes"};

    for (int i = 0; i < 3; i++) {
        struct hy_option option = TEXT("choice", words[i]);

        got.choice = -1;
        CU_ASSERT(starts_with(&option));
        UNIT_ASSERT_NUMBER(got.choice, i);
    }
}

static void reads_templates(void)
{
    static const char *const good[] = {"/",           "/srv/%u",      "/srv/%g/%u/x",  "/srv/%h",
                                       "/srv/%h/x",   "/keys/%u.pub", "/srv/100%%/%u", "/%%%u",
                                       "/srv/home-%g"};
    static const struct {
        const char *text, *why;
    } bad[] = {{"srv/%u", "must be an absolute path in quotes"},
               {"%u", "must be an absolute path in quotes"},
               {"", "must be an absolute path in quotes"},
               {"/srv/%x", "may have %u, %g, %h and %% alone: no other letter after a percent sign"},
               {"/srv/%U", "may have %u, %g, %h and %% alone: no other letter after a percent sign"},
               {"/srv/50%", "may have %u, %g, %h and %% alone: no other letter after a percent sign"},
               {"/srv/%/u", "may have %u, %g, %h and %% alone: no other letter after a percent sign"},
               {"/srv/%u%g", "must not have two of %u, %g and %h in one part of the path"},
               {"/srv/x-%u-%u/y", "must not have two of %u, %g and %h in one part of the path"},
               {"/srv/x%h", "must have %h as a whole part of the path, between slashes"},
               {"/srv/%hx/y", "must have %h as a whole part of the path, between slashes"}};
    char wanted[256];

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct hy_option option = TEXT("template", good[i]);

        CU_ASSERT(starts_with(&option));
        UNIT_ASSERT_STRING(got_template, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct hy_option options[] = {path_option, TEXT("template", bad[i].text)};
        struct attempt t;

        begin(&t);
        CU_ASSERT_PTR_NULL(hy_plugins_start(t.plugins, "test", HYTHE_FILESYSTEM, options, 2, "it", &t.err));
        (void)snprintf(wanted, sizeof wanted, "it: template is \"%s\" and %s (hythe.cfg:9)", bad[i].text, bad[i].why);
        UNIT_ASSERT_STRING(t.err.text, wanted);
        hy_plugins_free(t.plugins);
    }
}

/* What may be shown is only what its plugin knows and doesn't call a secret. */
static void hides_secrets(void)
{
    struct attempt t;

    begin(&t);
    CU_ASSERT(hy_plugins_hides(t.plugins, "test", "secret"));
    CU_ASSERT(hy_plugins_hides(t.plugins, "test", "unknown"));
    CU_ASSERT(hy_plugins_hides(t.plugins, "missing", "text"));
    CU_ASSERT(!hy_plugins_hides(t.plugins, "test", "text"));
    CU_ASSERT(!hy_plugins_hides(t.plugins, "test", "list"));
    hy_plugins_free(t.plugins);
}

static void wants_what_is_required(void)
{
    static const struct hy_option relative = TEXT("path", "srv"), empty = TEXT("path", "");
    struct attempt t;

    begin(&t);
    CU_ASSERT_PTR_NULL(hy_plugins_start(t.plugins, "test", HYTHE_FILESYSTEM, NULL, 0, "test at /pub", &t.err));
    UNIT_ASSERT_STRING(t.err.text, "test at /pub: path is required");
    CU_ASSERT_PTR_NULL(hy_plugins_start(t.plugins, "test", HYTHE_FILESYSTEM, &relative, 1, "test at /pub", &t.err));
    UNIT_ASSERT_STRING(t.err.text,
                       "test at /pub: path is \"srv\" and must be an absolute path in quotes (hythe.cfg:9)");
    CU_ASSERT_PTR_NULL(hy_plugins_start(t.plugins, "test", HYTHE_FILESYSTEM, &empty, 1, "test at /pub", &t.err));
    hy_plugins_free(t.plugins);
}

static void collects_every_problem(void)
{
    static const struct hy_option options[] = {{"text", HY_VALUE_INT, 5, NULL, AT(4), NULL, NULL},
                                               {"nmber", HY_VALUE_INT, 5, NULL, AT(5), NULL, NULL},
                                               {"mode", HY_VALUE_INT, 5, NULL, AT(6), NULL, NULL}};
    struct hy_problems problems = {0};
    struct hy_place place = AT(1);
    struct attempt t;

    begin(&t);
    CU_ASSERT(hy_plugins_check(t.plugins, "test", HYTHE_FILESYSTEM, options, 3, place, &problems) == -1);
    UNIT_ASSERT_NUMBER(problems.count, 4);
    hy_problems_free(&problems);
    hy_plugins_free(t.plugins);
}

/* Strings are the instance's own: the configuration may be gone. */
static void keeps_its_own_strings(void)
{
    char path[] = "/srv/long/path", text[] = "abc";
    struct hy_option options[] = {TEXT("path", path), TEXT("text", text)};
    const struct settings *s;
    struct attempt t;

    begin(&t);
    s = hy_plugins_start(t.plugins, "test", HYTHE_FILESYSTEM, options, 2, "one", &t.err)->self;
    memset(path, 'x', sizeof path - 1);
    memset(text, 'x', sizeof text - 1);
    UNIT_ASSERT_STRING(s->path, "/srv/long/path");
    UNIT_ASSERT_STRING(s->text, "abc");
    hy_plugins_free(t.plugins);
}

static void stops_in_reverse_order(void)
{
    static const char *const names[] = {"aa", "bb", "cc"};
    struct attempt t;

    begin(&t);
    for (size_t i = 0; i < 3; i++) {
        struct hy_option options[] = {path_option, TEXT("text", names[i])};

        CU_ASSERT(hy_plugins_start(t.plugins, "test", HYTHE_FILESYSTEM, options, 2, names[i], &t.err) != NULL);
    }
    start_result = -ENOSPC;
    CU_ASSERT_PTR_NULL(hy_plugins_start(t.plugins, "test", HYTHE_FILESYSTEM, &path_option, 1, "dd", &t.err));
    UNIT_ASSERT_STRING(t.err.text, "dd: it can't be started: No space left on device");
    hy_plugins_free(t.plugins);
    UNIT_ASSERT_STRING(order, "+aa+bb+cc+dd-cc-bb-aa");
}

/* ---- What a plugin says of itself ---- */

static void refuses_damaged_descriptions(void)
{
    static const struct hythe_ops tiny = {.size = 4};
    static const struct hythe_setting outside[] = {
        {"far", HYTHE_SET_INT, sizeof(struct settings) - 4, 0, 0, "1", "", NULL}};
    static const struct hythe_setting unknown[] = {{"odd", (enum hythe_setting_type)77, 0, 0, 0, "1", "", NULL}};
    static const struct hythe_setting wordless[] = {{"word", HYTHE_SET_CHOICE, 0, 0, 0, "1", "", NULL}};
    static const struct {
        const char *what, *why;
    } cases[] = {{"abi 0", "built for plugin ABI 0, this server has 1"},
                 {"abi 7", "built for plugin ABI 7, this server has 1"},
                 {"size", "its description has 8 bytes"},
                 {"threads 0", "no thread model"},
                 {"threads 9", "no thread model"},
                 {"no rows", "its table of settings is damaged"},
                 {"short rows", "its table of settings is damaged"},
                 {"no ops", "it offers no operations"},
                 {"tiny ops", "it offers no operations"},
                 {"no name", "calls itself \"\""},
                 {"filter", "it is a filter, which stands in filters; a filesystem is needed here"},
                 {"outside", "its setting far lies outside of its settings"},
                 {"unknown", "of an unknown type"},
                 {"wordless", "its setting word has no words to choose from"}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hythe_plugin p = sound;
        struct hy_plugins *plugins = hy_plugins_new("/nowhere", NULL);
        struct hy_err err = {0};

        p.settings = i == 11 ? outside : i == 12 ? unknown : i == 13 ? wordless : i == 5 ? NULL : p.settings;
        p.setting_count = i >= 11 ? 1 : p.setting_count;
        p.abi = i == 0 ? 0 : i == 1 ? 7 : p.abi;
        p.size = i == 2 ? 8 : p.size;
        p.threads = i == 3 ? 0 : i == 4 ? 9 : p.threads;
        p.setting_size = i == 6 ? 8 : p.setting_size;
        p.ops = i == 7 ? NULL : i == 8 ? &tiny : p.ops;
        p.name = i == 9 ? NULL : p.name;
        p.flags = HYTHE_SLOW;
        p.kind = i == 10 ? HYTHE_FILTER : p.kind;
        if (hy_plugins_register(plugins, &p, &err) == 0)
            CU_ASSERT_PTR_NULL(hy_plugins_start(plugins, "test", HYTHE_FILESYSTEM, NULL, 0, "it", &err));
        if (!strstr(err.text, cases[i].why))
            printf("  %s: got \"%s\"\n", cases[i].what, err.text);
        CU_ASSERT(strstr(err.text, cases[i].why) != NULL);
        hy_plugins_free(plugins);
    }
}

static void knows_each_name_once(void)
{
    struct attempt t;

    begin(&t);
    CU_ASSERT(hy_plugins_register(t.plugins, &sound, &t.err) == -1);
    UNIT_ASSERT_STRING(t.err.text, "test: there is a plugin of this name already");
    hy_plugins_free(t.plugins);
}

/* Rows of a later ABI are longer; what this core doesn't know of them is passed over. */
static void reads_longer_rows(void)
{
    struct longer {
        struct hythe_setting row;
        char later[40];
    } table[2];
    static const struct hy_option options[] = {INT("number", 42)};
    struct hythe_plugin p = sound;
    struct hy_plugins *plugins = hy_plugins_new("/nowhere", NULL);
    struct hy_err err;

    memset(table, 0xee, sizeof table);
    table[0].row = rows[0];
    table[1].row = rows[1];
    p.settings = &table[0].row;
    p.setting_count = 2;
    p.setting_size = sizeof table[0];
    p.stop = NULL;
    CU_ASSERT_FATAL(hy_plugins_register(plugins, &p, &err) == 0);
    CU_ASSERT(hy_plugins_start(plugins, "test", HYTHE_FILESYSTEM, options, 1, "it", &err) != NULL);
    UNIT_ASSERT_NUMBER(got.number, 42);
    hy_plugins_free(plugins);
}

UNIT_SUITE(settings, UNIT_TEST(fills_defaults), UNIT_TEST(reads_every_type), UNIT_TEST(refuses_bad_values_by_line),
           UNIT_TEST(reads_lists), UNIT_TEST(names_the_place_in_a_list), UNIT_TEST(reads_choices),
           UNIT_TEST(reads_templates), UNIT_TEST(hides_secrets), UNIT_TEST(wants_what_is_required),
           UNIT_TEST(collects_every_problem), UNIT_TEST(keeps_its_own_strings), UNIT_TEST(stops_in_reverse_order),
           UNIT_TEST(refuses_damaged_descriptions), UNIT_TEST(knows_each_name_once), UNIT_TEST(reads_longer_rows));
