/* core/config: mounts, filters, groups, and what users have of their own. */
#include "tests/unit/config_file.h"
#include "tests/unit/unit.h"

static const char base[] = "RootDirectory = \"/srv\"; SSHCertStore = \"/k\";\n";

static const char tree[] =
    "RootDirectory = \"/srv\"; SSHCertStore = \"/k\";\n"
    "mounts = ( { path = \"/p\"; plugin = \"local-root\"; root = \"/p\"; set_attributes = \"ignore-unsupported\";\n"
    "  filters = ( { plugin = \"read-only\"; },\n"
    "              { plugin = \"log\"; file = \"/l\"; n = 3; } ); } );\n"
    "groups = ( { name = \"g\";\n"
    "  mounts = ( { path = \"/ex\"; plugin = \"m\"; size = \"1M\"; set_attributes = \"ignore\"; } );\n"
    "  filters = ( { plugin = \"f\"; } ); }, { name = \"h\"; } );\n"
    "users = ( { name = \"a\"; groups = ( \"h\", \"g\" );\n"
    "  filters = ( { plugin = \"u1\"; }, { plugin = \"u2\"; b = true; } );\n"
    "  mounts = ( { path = \"/\"; plugin = \"m\"; filters = ( { plugin = \"um\"; } ); } ); }, { name = \"b\"; } );\n";

static void check_tree(const struct hy_config *c)
{
    const struct hy_profile_config *p;

    CU_ASSERT_EQUAL_FATAL(c->mount_count, 2);
    UNIT_ASSERT_NUMBER(c->mounts[1].set_attributes, HY_SET_IGNORE_UNSUPPORTED);
    UNIT_ASSERT_NUMBER(c->mounts[1].option_count, 1);
    CU_ASSERT_EQUAL_FATAL(c->mounts[1].filter_count, 2);
    UNIT_ASSERT_STRING(c->mounts[1].filters[0].plugin, "read-only");
    UNIT_ASSERT_NUMBER(c->mounts[1].filters[0].option_count, 0);
    UNIT_ASSERT_NUMBER(c->mounts[1].filters[1].option_count, 2);
    UNIT_ASSERT_STRING(c->mounts[1].filters[1].options[0].text, "/l");
    CU_ASSERT_EQUAL_FATAL(c->group_count, 2);
    CU_ASSERT_PTR_EQUAL(hy_config_group(c, "g"), &c->groups[0]);
    CU_ASSERT_PTR_NULL(hy_config_group(c, "x"));
    p = &c->groups[0].profile;
    CU_ASSERT_EQUAL_FATAL(p->mount_count, 1);
    UNIT_ASSERT_STRING(p->mounts[0].options[0].text, "1M");
    UNIT_ASSERT_NUMBER(p->mounts[0].set_attributes, HY_SET_IGNORE);
    UNIT_ASSERT_STRING(p->filters[0].plugin, "f");
    CU_ASSERT_EQUAL_FATAL(c->user_count, 2);
    UNIT_ASSERT_STRING(c->users[0].groups[1], "g");
    p = &hy_config_user(c, "a")->profile;
    CU_ASSERT_EQUAL_FATAL(p->filter_count, 2);
    UNIT_ASSERT_STRING(p->filters[1].plugin, "u2");
    UNIT_ASSERT_STRING(p->mounts[0].filters[0].plugin, "um");
    CU_ASSERT(c->users[1].groups == NULL && c->users[1].profile.filter_count == 0);
    UNIT_ASSERT_NUMBER(c->mounts[0].set_attributes, HY_SET_APPLY);
}

static void reads_filters_groups_and_own_mounts(void)
{
    struct hy_config *c = config_good(tree);

    check_tree(c);
    UNIT_ASSERT_NUMBER(c->mounts[1].filters[1].place.line, 4);
    UNIT_ASSERT_NUMBER(c->groups[0].place.line, 5);
    UNIT_ASSERT_NUMBER(c->users[0].profile.filters[0].place.line, 9);
    hy_config_free(c);
}

static void dumps_them_as_a_file_that_loads(void)
{
    struct hy_config *c = config_good(tree);
    char *first = config_dumped(c), *second;

    hy_config_free(c);
    c = config_good(first);
    check_tree(c);
    second = config_dumped(c);
    UNIT_ASSERT_STRING(second, first);
    hy_config_free(c);
    free(first);
    free(second);
}

/* A user's own setting counts, else the one for all users, wherever in the file that stands. */
static void a_users_setting_wins(void)
{
    struct hy_config *c =
        config_good("RootDirectory = \"/srv\"; SSHCertStore = \"/k\";\n"
                    "users = ( { name = \"a\"; HomeDir = \"/h\"; }, { name = \"b\"; RestrictUserToHomeDir = false; },\n"
                    "{ name = \"c\"; HomeDir = \"/\"; UserRootDirectory = \"/c\"; } );\n"
                    "RestrictUserToHomeDir = true; UserRootDirectory = \"/all\";\n");
    char *dumped;

    CU_ASSERT(c->users[0].restrict_to_home && !c->users[1].restrict_to_home && c->users[2].restrict_to_home);
    UNIT_ASSERT_STRING(c->users[0].user_root, "/all");
    UNIT_ASSERT_STRING(c->users[2].user_root, "/c");
    UNIT_ASSERT_NUMBER(c->users[0].restrict_place.line, 4);
    UNIT_ASSERT_NUMBER(c->users[1].restrict_place.line, 2);
    UNIT_ASSERT_NUMBER(c->users[2].user_root_place.line, 3);
    dumped = config_dumped(c);
    hy_config_free(c);
    c = config_good(dumped);
    CU_ASSERT(c->users[0].restrict_to_home && !c->users[1].restrict_to_home);
    UNIT_ASSERT_STRING(c->users[1].user_root, "/all");
    hy_config_free(c);
    free(dumped);
}

/* ProtocolVersion of users and clients, kept by the dump. */
static void versions_of_users_and_clients(void)
{
    struct hy_config *c = config_good("RootDirectory = \"/srv\"; SSHCertStore = \"/k\"; ProtocolVersion = 6;\n"
                                      "users = ( { name = \"a\"; ProtocolVersion = 4; }, { name = \"b\"; } );\n"
                                      "client_versions = ( { client = \"WinSCP*\"; ProtocolVersion = 5; },\n"
                                      "  { client = \"lftp/4.?\"; ProtocolVersion = 3; } );\n");
    char *dumped = config_dumped(c);

    for (int again = 0; again < 2; again++) {
        UNIT_ASSERT_NUMBER(c->users[0].version, 4);
        UNIT_ASSERT_NUMBER(c->users[1].version, 0);
        CU_ASSERT_EQUAL_FATAL(c->client_count, 2);
        UNIT_ASSERT_STRING(c->clients[0].client, "WinSCP*");
        UNIT_ASSERT_NUMBER(c->clients[0].version, 5);
        UNIT_ASSERT_STRING(c->clients[1].client, "lftp/4.?");
        UNIT_ASSERT_NUMBER(c->clients[1].version, 3);
        hy_config_free(c);
        c = config_good(dumped);
    }
    hy_config_free(c);
    free(dumped);
}

static void says_what_is_wrong(void)
{
    static const struct {
        const char *text; /* from line 2 on */
        const char *said;
    } cases[] = {
        {"groups = ( { name = \"partners\"; } );\nusers = ( { name = \"a\";\n groups = ( \"partnrs\" ); } );",
         "t:4: groups: there is no group \"partnrs\"; did you mean partners?\n"},
        {"users = ( { name = \"a\"; groups = \"x\"; } );", "t:2: groups: there is no group \"x\"\n"},
        {"groups = ( { name = \"a\"; },\n { name = \"a\"; }, { } ); users = ( { name = \"a\"; } );",
         "t:3: a group has no name\nt:3: group \"a\" is already in line 2\n"},
        {"groups = ( { name = \"a/b\"; } ); users = ( { name = \"a\"; } );",
         "t:2: name: a group's name that contains a slash is not possible\n"},
        {"groups = ( { name = \"\xed\xa0\x80\"; } ); users = ( { name = \"a\"; } );",
         "t:2: name: a group's name that isn't UTF-8 is not possible\n"},
        {"users = ( { name = \"a\";\n mounts = ( { path = \"/\xc3\xbc\"; plugin = \"p\"; },\n"
         " { path = \"/f\xfcr\"; plugin = \"p\"; } ); } );",
         "t:4: path: \"/f\\xfcr\" isn't UTF-8\n"},
        {"groups = ( { name = \"a\"; mount = ( ); } ); users = ( { name = \"a\"; } );",
         "t:2: mount is not a setting of a group; did you mean mounts?\n"},
        {"users = ( { name = \"a\"; RestrictUserToHomeDir = true; } );",
         "t:2: user \"a\" has no HomeDir, which RestrictUserToHomeDir (line 2) needs\n"},
        {"users = ( { name = \"a\"; } );\nRestrictUserToHomeDir = true;",
         "t:2: user \"a\" has no HomeDir, which RestrictUserToHomeDir (line 3) needs\n"},
        {"users = ( { name = \"a\"; UserRootDirectory = \"x\"; } );",
         "t:2: UserRootDirectory: \"x\" is not an absolute path\n"},
        {"UserRootDirectory = \"/a/../b\"; users = ( { name = \"a\"; } );",
         "t:2: UserRootDirectory: \"/a/../b\" has a part that is empty, \".\" or \"..\"\n"},
        {"users = ( { name = \"a\"; filters = ( { plugin = \"x/y\"; }, { } ); } );",
         "t:2: a filter has no plugin\n"
         "t:2: plugin: \"x/y\" can't be the name of a plugin (letters, digits, - and _; without folder and .so)\n"},
        {"users = ( { name = \"a\"; filters = \"read-only\"; } );",
         "t:2: filters: a list of groups is wanted: ( { ... }, { ... } )\n"},
        {"users = ( { name = \"a\"; mounts = ( { path = \"/a\"; plugin = \"x\"; },\n"
         "{ path = \"/a\"; plugin = \"x\"; } ); } );",
         "t:3: path \"/a\" is already in line 2\n"},
        {"users = ( { name = \"a\"; filters = ( { plugin = \"code page\"; } ); } );",
         "t:2: plugin: \"code page\" can't be the name of a plugin (letters, digits, - and _; without folder and "
         ".so)\n"},
        {"users = ( { name = \"a\"; mounts = ( { path = \"/a\"; plugin = \"x\"; CodePage = 1252; } ); } );",
         "t:2: CodePage: a string is wanted, not a number\n"},
        {"users = ( { name = \"a\"; mounts = ( { path = \"/a\"; plugin = \"x\"; set_attributes = \"none\"; } ); } );",
         "t:2: set_attributes: \"none\" is none of apply, ignore-unsupported and ignore\n"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[2048], *said;

        (void)snprintf(text, sizeof text, "%s%s", base, cases[i].text);
        said = config_said(text, false);
        UNIT_ASSERT_STRING(said, cases[i].said);
        free(said);
    }
}

static void check_codepages(const struct hy_config *c)
{
    CU_ASSERT_EQUAL_FATAL(c->mount_count, 4);
    UNIT_ASSERT_STRING(c->mounts[0].codepage, "CP1252");
    UNIT_ASSERT_STRING(c->mounts[1].codepage, "CP1252");
    CU_ASSERT_EQUAL_FATAL(c->mounts[1].filter_count, 2);
    UNIT_ASSERT_STRING(c->mounts[1].filters[0].plugin, "read-only");
    UNIT_ASSERT_STRING(c->mounts[1].filters[1].plugin, "code page");
    UNIT_ASSERT_STRING(c->mounts[1].filters[1].options[0].text, "CP1252");
    UNIT_ASSERT_STRING(c->mounts[2].codepage, "UTF-8");
    CU_ASSERT_PTR_NULL(c->mounts[3].codepage);
    UNIT_ASSERT_NUMBER(c->mounts[3].filter_count, 0);
    UNIT_ASSERT_NUMBER(c->mounts[3].option_count, 0);
    UNIT_ASSERT_STRING(c->users[0].profile.mounts[0].codepage, "CP1252");
}

/* CodePage is the innermost filter of each mount that has one, wherever in the file it stands. */
static void a_codepage_for_all_or_for_one(void)
{
    static const char text[] =
        "RootDirectory = \"/srv\"; SSHCertStore = \"/k\";\n"
        "mounts = ( { path = \"/a\"; plugin = \"m\"; filters = ( { plugin = \"read-only\"; } ); },\n"
        "           { path = \"/b\"; plugin = \"m\"; CodePage = \"UTF-8\"; },\n"
        "           { path = \"/c\"; plugin = \"m\"; CodePage = \"\"; } );\n"
        "users = ( { name = \"a\"; mounts = ( { path = \"/own\"; plugin = \"m\"; } ); } );\n"
        "CodePage = \"CP1252\";\n";
    struct hy_config *c = config_good(text);
    char *dumped;

    check_codepages(c);
    UNIT_ASSERT_NUMBER(c->mounts[1].filters[1].place.line, 6);
    UNIT_ASSERT_NUMBER(c->mounts[2].filters[0].place.line, 3);
    dumped = config_dumped(c);
    hy_config_free(c);
    c = config_good(dumped);
    check_codepages(c);
    hy_config_free(c);
    free(dumped);
}

UNIT_SUITE(config_tree, UNIT_TEST(a_codepage_for_all_or_for_one), UNIT_TEST(reads_filters_groups_and_own_mounts),
           UNIT_TEST(dumps_them_as_a_file_that_loads), UNIT_TEST(a_users_setting_wins),
           UNIT_TEST(versions_of_users_and_clients), UNIT_TEST(says_what_is_wrong));
