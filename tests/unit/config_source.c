/* core/config/source and scan: files, includes, and the text that libconfig would misread. */
#include "tests/unit/config_file.h"
#include "tests/unit/unit.h"

#include <sys/stat.h>
#include <unistd.h>

static void put(const struct config_dir *dir, const char *name, const char *text)
{
    config_put(dir, name, text, strlen(text));
}

/* Reads dir/t and compares what is said of it; the config is freed. */
static void says(const struct config_dir *dir, const char *want)
{
    char *said;

    hy_config_free(config_get(dir, "t", false, &said));
    UNIT_ASSERT_STRING(said, want);
    free(said);
}

/* libconfig says "syntax error" of all these, and sometimes names the line after. */
static void says_what_is_wrong_with_the_syntax(void)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"TcpNoDelay = yes;", "t:2: yes is no value: a text stands in double quotes, a boolean is true or false\n"},
        {"LogLevel = ;", "t:2: LogLevel has no value\n"},
        {"LogLevel", "t:2: LogLevel has no value\n"},
        {"LogLevel =\n", "t:2: LogLevel has no value\n"},
        {"= 1;", "t:2: a setting's name and = are missing before this =\n"},
        {"LogLevel = 1 2;", "t:2: a setting's name and = are missing before this number\n"},
        {"mounts = (\n{ path = \"/\"; }\n{ path = \"/a\"; } );",
         "t:4: a comma is missing before this {, or a ) that ends the list of line 2\n"},
        {"mounts = (\n{ path = \"/\"; };\nLogLevel = 1;",
         "t:3: a ) is missing before this ;: the list of line 2 is not closed\n"},
        {"mounts = ( {\n path = \"/\";\n );", "t:4: a } is missing before this ): a { was opened in line 2\n"},
        {"mounts = (\n{ path = \"/\"; }\n", "t:2: this ( is never closed\n"},
        {"LogLevel = 1; }", "t:2: this } closes nothing\n"},
        {"log_file = '/var/log/x';", "t:2: a text stands in double quotes, not in these\n"},
        {"log_file = \xe2\x80\x9cx\";\n\"", "t:2: the byte 0xe2 stands outside of quotes, where it means nothing\n"},
        {"groups = ( { name = \"a\"; name = \"b\"; } );", "t:2: name is there twice: first in line 2\n"},
        {"/* a\n{ */ # (\nlog_file = \"{ (\n\" \"x\"; LogLevel 1;", "t:5: a = is missing behind LogLevel\n"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024], *said;

        (void)snprintf(text, sizeof text, CONFIG_BASE "%s", cases[i].text);
        said = config_said(text, false);
        UNIT_ASSERT_STRING(said, cases[i].said);
        free(said);
    }
}

static void skips_a_byte_order_mark(void)
{
    char *said = config_said("\xef\xbb\xbf" CONFIG_BASE, false);

    UNIT_ASSERT_STRING(said, "");
    free(said);
}

static void finds_lexical_errors(void)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"LocalPort = 99999999999999999999999;", "t:2: the number 99999999999999999999999 is too large\n"},
        {"LocalPort = 9223372036854775808;", "t:2: the number 9223372036854775808 is too large\n"},
        {"LocalPort = 0xffffffffffffffff;", "t:2: the number 0xffffffffffffffff is too large\n"},
        {"LocalPort = 22abc;", "t:2: 22abc is not a number\n"},
        {"LocalPort = 2_2;\nfoo = 1;", "t:2: 2_2 is not a number\nt:3: foo is not a setting\n"},
        {"LocalPort = 1e;", "t:2: 1e is not a number\n"},
        {"LocalPort = 0x;", "t:2: 0x is not a number\n"},
        {"log_file = \"a\\x00b\";", "t:2: a string must not contain \\x00\n"},
        {"log_file = \"a\n\\x00\n\";\nfoo = 1;", "t:2: a string must not contain \\x00\nt:5: foo is not a setting\n"},
        {"log_file = \"a\n", "t:2: this string is never closed\n"},
        {"/* x\n", "t:2: this comment is never closed\n"},
        {"LocalPort = 1\nLogLevel 1;", "t:3: a = is missing behind LogLevel\n"},
        {"LocalPort = 1; LocalPort = 2;", "t:2: LocalPort is there twice: first in line 2\n"},
        {"mounts = ( { path = \"/a\"; plugin = \"x\"; o = 1; o = 2; } );", "t:2: o is there twice: first in line 2\n"},
        {"@include x\n", "t:2: @include needs the name of a file in quotes\n"},
        {"@include \"\"\n", "t:2: @include needs the name of a file in quotes\n"},
        {"@include \"x\n\"", "t:2: @include needs the name of a file in quotes\n"},
        {"# 99999999999999999999 \" /* @include\n// 0x\n/* 1z \" # */ UserAuthBanner = \"# 9z /* \\\" @include\";", ""},
        {"UserAuthBanner = \"a\\\\\"; # \"", ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024], *said;

        (void)snprintf(text, sizeof text, CONFIG_BASE "%s", cases[i].text);
        said = config_said(text, false);
        if (strcmp(said, cases[i].said) != 0)
            printf("  of: %s\n", cases[i].text);
        UNIT_ASSERT_STRING(said, cases[i].said);
        free(said);
    }
}

static void refuses_a_zero_byte(void)
{
    static const char text[] = CONFIG_BASE "LogLevel = 1;\0 bogus = 1;";
    struct config_dir dir;

    config_dir_make(&dir);
    config_put(&dir, "t", text, sizeof text - 1);
    says(&dir, "t:2: a zero byte: this is not a text file\n");
    config_dir_remove(&dir);
}

static void keeps_large_numbers(void)
{
    static const int64_t want[] = {2147483648, -2147483649, 4294967295, INT64_MAX, 5, 0x7fffffff};
    struct config_dir dir;
    struct hy_config *config;
    char *said;

    config_dir_make(&dir);
    put(&dir, "t",
        "SSHCertStore = \"/k\"; users = ( { name = \"u\"; } );\n"
        "mounts = ( { path = \"/m-1\"; plugin = \"x\"; a = 2147483648; b = -2147483649; c = 0xffffffff;\n"
        "d = 9223372036854775807; e = 5L; f = 0x7fffffff; g-4294967296 = 1; h = 4294967296.0;\n"
        "i = .99999999999; } );\n");
    config = config_get(&dir, "t", false, &said);
    UNIT_ASSERT_STRING(said, "");
    CU_ASSERT_FATAL(config != NULL);
    CU_ASSERT_EQUAL_FATAL(config->mounts[0].option_count, 9);
    for (size_t i = 0; i < 6; i++) {
        UNIT_ASSERT_NUMBER(config->mounts[0].options[i].type, HY_VALUE_INT);
        UNIT_ASSERT_NUMBER(config->mounts[0].options[i].number, want[i]);
    }
    UNIT_ASSERT_STRING(config->mounts[0].options[6].name, "g-4294967296");
    UNIT_ASSERT_NUMBER(config->mounts[0].options[7].type, HY_VALUE_OTHER);
    UNIT_ASSERT_NUMBER(config->mounts[0].options[8].type, HY_VALUE_OTHER);
    hy_config_free(config);
    free(said);
    config_dir_remove(&dir);
}

static void includes_files(void)
{
    struct config_dir dir;
    char text[256];

    config_dir_make(&dir);
    put(&dir, "t", CONFIG_BASE "@include \"one\"\nbad1 = 1;\n  @include \"two\" bad2 = 2;\nbad3 = 3;\n");
    put(&dir, "one", "\n\nbad4 = 4;\n@include \"two\"\nbad5 = 5;"); /* no newline at its end */
    put(&dir, "two", "# nothing");
    says(&dir, "one:3: bad4 is not a setting\none:5: bad5 is not a setting\nt:3: bad1 is not a setting\n"
               "t:4: bad2 is not a setting\nt:5: bad3 is not a setting\n");
    (void)snprintf(text, sizeof text, CONFIG_BASE "@include \"%s/two\"\nLocalPort = 70000;\n", dir.path);
    put(&dir, "t", text);
    says(&dir, "t:3: LocalPort: 70000 is out of range (0 to 65535)\n");
    put(&dir, "t", "@include \"one\"\n");
    put(&dir, "one", CONFIG_BASE "users = ( );");
    says(&dir, "one:2: users is there twice: first in line 1\n");
    put(&dir, "t", CONFIG_BASE "mounts = (\n@include \"one\"\n,\n@include \"two\"\n);\n");
    put(&dir, "one", "\n{ path = \"/x\"; plugin = \"p\"; }");
    put(&dir, "two", "{ path = \"/x\"; plugin = \"p\"; }");
    says(&dir, "two:1: path \"/x\" is already in one:2\n");
    config_dir_remove(&dir);
}

static void stops_at_endless_includes(void)
{
    struct config_dir dir;

    config_dir_make(&dir);
    put(&dir, "t", CONFIG_BASE "@include \"t\"\n");
    says(&dir, "t:2: t: files include each other more than 10 deep\n");
    put(&dir, "t", CONFIG_BASE "\n@include \"missing\"\n");
    says(&dir, "t:3: cannot open missing: No such file or directory\n");
    config_dir_remove(&dir);
}

static void counts_the_files(void)
{
    struct config_dir dir;
    size_t count = 1001;
    char *text = malloc(count * 20);

    CU_ASSERT_FATAL(text != NULL);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        strcpy(text + i * 17, "@include \"empty\"\n");
    config_dir_make(&dir);
    put(&dir, "empty", "");
    put(&dir, "t", text);
    says(&dir, "t:1000: more than 1000 files are included\n");
    config_dir_remove(&dir);
    free(text);
}

static void distrusts_files(void)
{
    struct config_dir dir;
    char path[128];

    config_dir_make(&dir);
    says(&dir, "t: cannot open it: No such file or directory\n");
    put(&dir, "t", CONFIG_BASE);
    (void)snprintf(path, sizeof path, "%s/t", dir.path);
    CU_ASSERT(chmod(path, 0666) == 0);
    says(&dir, "t: everybody on this machine can write it and so log in as any user; chmod o-w it\n");
    CU_ASSERT(chmod(path, 0644) == 0);
    says(&dir, "");
    CU_ASSERT(truncate(path, 16 * 1024 * 1024 + 1) == 0);
    says(&dir, "t: it is too large: a configuration may have 16 MiB in all\n");
    CU_ASSERT(unlink(path) == 0);
    CU_ASSERT(mkfifo(path, 0600) == 0);
    says(&dir, "t: it is not a regular file\n");
    CU_ASSERT(unlink(path) == 0);
    CU_ASSERT(mkdir(path, 0700) == 0);
    says(&dir, "t: it is not a regular file\n");
    CU_ASSERT(rmdir(path) == 0);
    config_dir_remove(&dir);
}

static void survives_deep_nesting(void)
{
    size_t depth = 200000, base = strlen(CONFIG_BASE);
    char *text = malloc(base + depth + 16);
    char *said;

    CU_ASSERT_FATAL(text != NULL);
    strcpy(text, CONFIG_BASE "x = ");
    memset(text + base + 4, '(', depth);
    strcpy(text + base + 4 + depth, "\n");
    said = config_said(text, false);
    CU_ASSERT(strncmp(said, "t:2: ", 5) == 0);
    free(said);
    free(text);
}

UNIT_SUITE(config_source, UNIT_TEST(finds_lexical_errors), UNIT_TEST(says_what_is_wrong_with_the_syntax),
           UNIT_TEST(skips_a_byte_order_mark), UNIT_TEST(refuses_a_zero_byte), UNIT_TEST(keeps_large_numbers),
           UNIT_TEST(includes_files), UNIT_TEST(stops_at_endless_includes), UNIT_TEST(counts_the_files),
           UNIT_TEST(distrusts_files), UNIT_TEST(survives_deep_nesting));
