/* core/config: values, places, dump, lists, nearest names; and the program that runs the suites of core/config. */
#include "core/config/config.h"
#include "tests/unit/config_file.h"
#include "tests/unit/unit.h"

static void fills_defaults(void)
{
    struct hy_config *c = config_good(CONFIG_BASE);

    UNIT_ASSERT_NUMBER(c->LocalPort, 22);
    UNIT_ASSERT_STRING(c->LocalHost, "");
    UNIT_ASSERT_STRING(c->run_as, "");
    UNIT_ASSERT_NUMBER(c->MaxConnections, 1000);
    UNIT_ASSERT_NUMBER(c->MaxAuthAttempts, 6);
    UNIT_ASSERT_NUMBER(c->DefaultTimeout, 60);
    UNIT_ASSERT_NUMBER(c->idle_timeout, 0);
    UNIT_ASSERT_NUMBER(c->LogLevel, 1);
    UNIT_ASSERT_NUMBER(c->ProtocolVersion, 3);
    UNIT_ASSERT_NUMBER(c->receive_window, 6 * 1024 * 1024);
    UNIT_ASSERT_NUMBER(c->max_channels, 10);
    UNIT_ASSERT_NUMBER(c->max_unfinished, 100);
    UNIT_ASSERT_NUMBER(c->login_grace, 30);
    UNIT_ASSERT_NUMBER(c->shutdown_timeout, 10);
    CU_ASSERT_TRUE(c->TcpNoDelay);
    UNIT_ASSERT_STRING(c->plugin_directory, HYTHE_PLUGIN_DIR);
    UNIT_ASSERT_STRING(c->DefaultAuthMethods[0], "password");
    UNIT_ASSERT_STRING(c->DefaultAuthMethods[1], "publickey");
    CU_ASSERT(c->DefaultAuthMethods[2] == NULL);
    UNIT_ASSERT_NUMBER(hy_config_place(c, "LocalPort").line, 0);
    UNIT_ASSERT_NUMBER(hy_config_place(c, "SSHCertStore").line, 1);
    hy_config_free(c);
}

static void fills_values(void)
{
    struct hy_config *c =
        config_good("LocalPort = 2222; TcpNoDelay = \"No\"; receive_window = \"1M\";\n"
                    "SSHCertStore = \"/k1\";\n"
                    "AltSSHCert = ( { Store = \"/k2\"; },\n{ Store = \"/k3\"; } );\n"
                    "RootDirectory = \"/srv\";\n"
                    "mounts = ( { path = \"/m\"; plugin = \"memory\"; size = \"64M\"; on = true; } );\n"
                    "users = ( { name = \"a\"; password = \"$x\";\n"
                    "keys = ( \"ssh-a 1\", \"ssh-b 2\" );\n"
                    "HomeDir = \"/h\"; }, { name = \"b\"; } );\n");

    UNIT_ASSERT_NUMBER(c->LocalPort, 2222);
    CU_ASSERT_FALSE(c->TcpNoDelay);
    UNIT_ASSERT_NUMBER(c->receive_window, 1024 * 1024);
    CU_ASSERT_EQUAL_FATAL(c->key_count, 3);
    UNIT_ASSERT_STRING(c->keys[0].source.store, "/k1");
    UNIT_ASSERT_STRING(c->keys[2].source.store, "/k3");
    UNIT_ASSERT_NUMBER(c->keys[2].place.line, 4);
    CU_ASSERT_EQUAL_FATAL(c->mount_count, 2);
    UNIT_ASSERT_STRING(c->mounts[0].path, "/");
    UNIT_ASSERT_STRING(c->mounts[0].plugin, "local-root");
    UNIT_ASSERT_STRING(c->mounts[0].options[0].name, "root");
    UNIT_ASSERT_STRING(c->mounts[0].options[0].text, "/srv");
    UNIT_ASSERT_NUMBER(c->mounts[0].place.line, 5);
    UNIT_ASSERT_STRING(c->mounts[1].path, "/m");
    CU_ASSERT_EQUAL_FATAL(c->mounts[1].option_count, 2);
    UNIT_ASSERT_STRING(c->mounts[1].options[0].text, "64M");
    UNIT_ASSERT_NUMBER(c->mounts[1].options[1].type, HY_VALUE_BOOL);
    UNIT_ASSERT_NUMBER(c->mounts[1].options[1].number, 1);
    CU_ASSERT_EQUAL_FATAL(c->user_count, 2);
    UNIT_ASSERT_STRING(c->users[0].password, "$x");
    UNIT_ASSERT_STRING(c->users[0].keys[1], "ssh-b 2");
    CU_ASSERT(c->users[0].keys[2] == NULL);
    UNIT_ASSERT_STRING(c->users[0].home, "/h");
    CU_ASSERT(c->users[1].password == NULL && c->users[1].keys == NULL && c->users[1].home == NULL);
    hy_config_free(c);
}

/* Lists of strings, each with its place; what isn't of strings alone is left for the plugin to refuse. */
static void reads_lists_of_options(void)
{
    struct hy_config *c = config_good("SSHCertStore = \"/k\"; users = ( { name = \"u\"; } );\n"
                                      "mounts = ( { path = \"/\"; plugin = \"p\"; a = ( \"x\",\n"
                                      "\"y\" ); b = [ \"z\" ]; c = ( ); d = ( \"x\", 1 ); e = [ 1, 2 ]; } );");
    const struct hy_option *o = c->mounts[0].options;

    CU_ASSERT_EQUAL_FATAL(c->mounts[0].option_count, 5);
    CU_ASSERT_FATAL(o[0].type == HY_VALUE_LIST && o[1].type == HY_VALUE_LIST && o[2].type == HY_VALUE_LIST);
    UNIT_ASSERT_STRING(o[0].list[0], "x");
    UNIT_ASSERT_STRING(o[0].list[1], "y");
    CU_ASSERT_PTR_NULL(o[0].list[2]);
    UNIT_ASSERT_NUMBER(o[0].places[0].line, 2);
    UNIT_ASSERT_NUMBER(o[0].places[1].line, 3);
    UNIT_ASSERT_STRING(o[1].list[0], "z");
    CU_ASSERT_PTR_NULL(o[1].list[1]);
    CU_ASSERT_PTR_NULL(o[2].list[0]);
    UNIT_ASSERT_NUMBER(o[3].type, HY_VALUE_OTHER);
    UNIT_ASSERT_NUMBER(o[4].type, HY_VALUE_OTHER);
    hy_config_free(c);
}

static bool hides_root_of_x(void *ctx, const char *plugin, const char *setting)
{
    ++*(unsigned *)ctx;
    return strcmp(plugin, "x") == 0 && strcmp(setting, "root") == 0;
}

static void dumps_no_secret_of_a_plugin(void)
{
    unsigned asked = 0;
    const struct hy_config_secrets secrets = {hides_root_of_x, &asked};
    struct hy_config *c =
        config_good("SSHCertStore = \"/k\"; users = ( { name = \"u\"; } );\n"
                    "mounts = ( { path = \"/\"; plugin = \"x\"; root = \"hush\"; },\n"
                    "{ path = \"/y\"; plugin = \"y\"; root = \"shown\"; a_token = ( \"hush\" ); } );");
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    CU_ASSERT_FATAL(out != NULL);
    hy_config_dump(c, &secrets, out);
    fclose(out);
    CU_ASSERT(strstr(text, "hush") == NULL);
    CU_ASSERT(strstr(text, "    # root = \"***\";\n") != NULL);
    CU_ASSERT(strstr(text, "    # a_token = \"***\";\n") != NULL);
    CU_ASSERT(strstr(text, "    root = \"shown\";\n") != NULL);
    UNIT_ASSERT_NUMBER(asked, 2);
    free(text);
    hy_config_free(c);
}

static void dumps_what_loads_again(void)
{
    static const char odd[] = "a\\\"b\\\\c\\n\\x01\\x7f\xc3\xa9 # /* 99999999999999999999";
    char text[2048], *first, *second;
    struct hy_config *c;

    (void)snprintf(text, sizeof text,
                   "RootDirectory = \"/srv\"; SSHCertStore = \"/k\"; AltSSHCert = ( { Store = \"/l\"; } );\n"
                   "UserAuthBanner = \"%s\"; LocalPort = 0; receive_window = \"129K\"; max_handles = 77;\n"
                   "TcpNoDelay = 0; mounts = ( { path = \"/m\"; plugin = \"memory\"; t = \"%s\"; n = -9999999999;\n"
                   "b = false; l = ( 1 ); k = ( \"x\", \"y, z\" ); e = ( ); secret_key = \"hush\"; credentials_file = "
                   "\"/c\"; } );\n"
                   "users = ( { name = \"a\"; password = \"$hush\"; keys = \"ssh-a\"; HomeDir = \"/h\"; },\n"
                   "{ name = \"b\"; } );\n"
                   "auth = ( { plugin = \"users\"; }, { plugin = \"passwd-file\"; file = \"/p\"; max_size = 9; } );",
                   odd, odd);
    c = config_good(text);
    first = config_dumped(c);
    hy_config_free(c);
    CU_ASSERT(strstr(first, "hush") == NULL);
    CU_ASSERT(strstr(first, "# password = \"***\";\n") != NULL);
    c = config_good(first);
    UNIT_ASSERT_STRING(c->UserAuthBanner, "a\"b\\c\n\x01\x7f\xc3\xa9 # /* 99999999999999999999");
    UNIT_ASSERT_STRING(c->mounts[1].options[0].text, c->UserAuthBanner);
    UNIT_ASSERT_NUMBER(c->mounts[1].options[1].number, -9999999999);
    UNIT_ASSERT_NUMBER(c->mounts[1].option_count, 6);
    UNIT_ASSERT_STRING(c->mounts[1].options[3].list[1], "y, z");
    CU_ASSERT(c->mounts[1].options[4].list[0] == NULL);
    UNIT_ASSERT_NUMBER(c->max_handles, 77);
    UNIT_ASSERT_NUMBER(c->receive_window, 129 * 1024);
    UNIT_ASSERT_NUMBER(c->key_count, 2);
    UNIT_ASSERT_NUMBER(c->mount_count, 2);
    UNIT_ASSERT_STRING(c->users[0].keys[0], "ssh-a");
    UNIT_ASSERT_NUMBER(c->auth_count, 2);
    UNIT_ASSERT_STRING(c->auth[0].plugin, "users");
    UNIT_ASSERT_NUMBER(c->auth[0].option_count, 0);
    UNIT_ASSERT_STRING(c->auth[1].plugin, "passwd-file");
    UNIT_ASSERT_STRING(c->auth[1].options[0].text, "/p");
    UNIT_ASSERT_NUMBER(c->auth[1].options[1].number, 9);
    second = config_dumped(c);
    hy_config_free(c);
    for (char *p = first, *q; (p = strstr(p, "    # ")) != NULL;) { /* what was left out can't be left out again */
        q = strchr(p, '\n');
        memmove(p, q + 1, strlen(q + 1) + 1);
    }
    UNIT_ASSERT_STRING(second, first);
    free(first);
    free(second);
}

/* Whether a text has every name of settings.def. */
static void names_all(const char *text, const char *mark)
{
    char word[128];

#define HY_GLOBAL(name, type, change, min, max, fallback, help) HY_KEY(name, GLOBAL, type, help)
#define HY_REFUSED(name, section, why) HY_KEY(name, section, STRING, why)
#define HY_KEY(name, section, type, help) \
    (void)snprintf(word, sizeof word, "%s%s", mark, #name); \
    if (!strstr(text, word)) \
        CU_FAIL("missing: " #name);
#include "core/config/settings.def"
#undef HY_GLOBAL
#undef HY_KEY
#undef HY_REFUSED
}

static void lists_every_setting(void)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    CU_ASSERT_FATAL(out != NULL);
    hy_config_list(out);
    fclose(out);
    names_all(text, "\n  ");
    CU_ASSERT(strstr(text, "  LocalPort (number, 0 to 65535; default 22; needs a restart)\n") != NULL);
    CU_ASSERT(strstr(text, "  ConnectionUID (not in a file)\n") != NULL);
    free(text);
}

static void prints_the_manual(void)
{
    char *text;
    size_t len;
    int depth = 0;
    FILE *out = open_memstream(&text, &len);

    CU_ASSERT_FATAL(out != NULL);
    hy_config_manual(out);
    fclose(out);
    names_all(text, "Cm ");
    for (char *p = text; (p = strstr(p, "\n.")) != NULL; p++)
        depth += strncmp(p, "\n.Bl", 4) == 0 ? 1 : strncmp(p, "\n.El", 4) == 0 ? -1 : 0;
    UNIT_ASSERT_NUMBER(depth, -1); /* the first .Bl has no newline before it */
    free(text);
}

static void finds_the_nearest_name(void)
{
    static const char *const names[] = {"LocalPort", "LocalHost", "users", "auth", NULL};
    static const struct {
        const char *word, *nearest;
    } cases[] = {
        {"LocalPort", "LocalPort"},
        {"localport", "LocalPort"},
        {"LocalPrt", "LocalPort"},
        {"LoaclHost", "LocalHost"},
        {"user", "users"},
        {"Users", "users"},
        {"auht", "auth"},
        {"elephant", NULL},
        {"", NULL},
        {"a", NULL},
        {"Port", NULL},
    };
    char huge[1000];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = hy_nearest(cases[i].word, names);

        if (cases[i].nearest)
            UNIT_ASSERT_STRING(got, cases[i].nearest);
        else
            CU_ASSERT(got == NULL);
    }
    memset(huge, 'x', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    CU_ASSERT(hy_nearest(huge, names) == NULL);
}

static void parses_numbers_and_truths(void)
{
    static const struct {
        const char *text;
        int64_t want; /* -1: refused */
    } sizes[] = {{"0", 0},
                 {"64", 64},
                 {"64K", 65536},
                 {"1g", 1073741824},
                 {"", -1},
                 {"K", -1},
                 {"-1", -1},
                 {"1KB", -1},
                 {" 1", -1},
                 {"1.5M", -1},
                 {"9223372036854775807", INT64_MAX},
                 {"9223372036854775808", -1},
                 {"8589934592G", -1}};
    bool value;

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int64_t n = -1;

        CU_ASSERT(hy_parse_size(sizes[i].text, &n) == (sizes[i].want >= 0));
        UNIT_ASSERT_NUMBER(n, sizes[i].want);
    }
    CU_ASSERT(hy_parse_bool("TRUE", &value) && value);
    CU_ASSERT(hy_parse_bool("no", &value) && !value);
    CU_ASSERT(hy_parse_bool("1", &value) && value);
    CU_ASSERT(!hy_parse_bool("2", &value) && !hy_parse_bool("", &value) && !hy_parse_bool("yess", &value));
}

static void sorts_problems(void)
{
    struct hy_problems problems = {0};
    char *text;
    size_t len;
    FILE *out;

    hy_problems_add(&problems, (struct hy_place){"b", 2}, "x%d\n\x1b\x7f\xc3\xa9", 1);
    hy_problems_add(&problems, (struct hy_place){"b", 10}, "x2");
    hy_problems_add(&problems, (struct hy_place){"a", 11}, "x3");
    hy_problems_add(&problems, (struct hy_place){"b", 0}, "x4");
    hy_problems_add(&problems, (struct hy_place){NULL, 0}, "x5");
    out = open_memstream(&text, &len);
    CU_ASSERT_FATAL(out != NULL);
    hy_problems_print(&problems, out);
    fclose(out);
    UNIT_ASSERT_STRING(text, "x5\na:11: x3\nb: x4\nb:2: x1???\xc3\xa9\nb:10: x2\n");
    free(text);
    hy_problems_free(&problems);
    UNIT_ASSERT_NUMBER(problems.count, 0);
}

/* A row of each type; those that may change do, and nobody minds. */
static void names_what_needs_a_restart(void)
{
    struct hy_config *now = config_good(CONFIG_BASE "LocalPort = 1; read_ahead = true; run_as = \"x\";"),
                     *next = config_good(CONFIG_BASE "LocalPort = 2; run_as = \"y\";\nread_ahead = false; LogLevel = 2;"
                                                     "receive_window = \"1M\"; UserAuthBanner = \"z\";"
                                                     "DefaultAuthMethods = \"password\"; ConnectionBacklog = 128;"),
                     *less = config_good(CONFIG_BASE "read_ahead = true; run_as = \"x\";");
    struct hy_problems problems = {0};

    UNIT_ASSERT_NUMBER(hy_config_may_follow(now, now, true, &problems), 0);
    UNIT_ASSERT_NUMBER(problems.count, 0);
    UNIT_ASSERT_NUMBER(hy_config_may_follow(now, next, true, &problems), -1);
    CU_ASSERT_EQUAL_FATAL(problems.count, 3);
    UNIT_ASSERT_STRING(problems.items[0].text, "run_as can't change while the server runs; put it back, or restart");
    UNIT_ASSERT_NUMBER(problems.items[0].place.line, 2);
    CU_ASSERT(strncmp(problems.items[1].text, "LocalPort ", 10) == 0);
    CU_ASSERT(strncmp(problems.items[2].text, "read_ahead ", 11) == 0);
    UNIT_ASSERT_NUMBER(problems.items[2].place.line, 3);
    hy_problems_free(&problems);
    UNIT_ASSERT_NUMBER(hy_config_may_follow(now, less, true, &problems),
                       -1); /* taken out: its default is another value */
    CU_ASSERT_EQUAL_FATAL(problems.count, 1);
    UNIT_ASSERT_NUMBER(problems.items[0].place.line, 0);
    CU_ASSERT(problems.items[0].place.file[0] != '\0');
    hy_problems_free(&problems);
    hy_config_free(now);
    hy_config_free(next);
    hy_config_free(less);
}

UNIT_SUITE(config, UNIT_TEST(fills_defaults), UNIT_TEST(fills_values), UNIT_TEST(dumps_what_loads_again),
           UNIT_TEST(reads_lists_of_options), UNIT_TEST(dumps_no_secret_of_a_plugin), UNIT_TEST(lists_every_setting),
           UNIT_TEST(prints_the_manual), UNIT_TEST(finds_the_nearest_name), UNIT_TEST(parses_numbers_and_truths),
           UNIT_TEST(sorts_problems), UNIT_TEST(names_what_needs_a_restart));
UNIT_DECLARE(config_login);
UNIT_DECLARE(config_certs);
UNIT_DECLARE(config_problems);
UNIT_DECLARE(config_listen);
UNIT_DECLARE(config_source);
UNIT_DECLARE(config_ssh);
UNIT_DECLARE(config_tree);

UNIT_MAIN("unit-config", &unit_config, &unit_config_certs, &unit_config_problems, &unit_config_listen,
          &unit_config_login, &unit_config_source, &unit_config_ssh, &unit_config_tree)
