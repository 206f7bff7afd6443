/* core/path: lexical names, and that none of them climbs above its root. */
#include "core/path/path.h"
#include "tests/unit/unit.h"

#include <errno.h>

UNIT_DECLARE(path_template);

static void normalises(const char *cwd, const char *in, const char *want)
{
    char out[HY_PATH_MAX];

    UNIT_ASSERT_NUMBER(hy_path_normalise(out, cwd, in, strlen(in)), 0);
    UNIT_ASSERT_STRING(out, want);
}

static void collapses(void)
{
    static const struct {
        const char *cwd, *in, *want;
    } rows[] = {
        {"/", "", "/"},
        {"/", "/", "/"},
        {"/", "//", "/"},
        {"/", ".", "/"},
        {"/", "/.", "/"},
        {"/", "a", "/a"},
        {"/", "/a/", "/a"},
        {"/", "/a//b///c", "/a/b/c"},
        {"/", "/a/./b/.", "/a/b"},
        {"/", "/a/b/..", "/a"},
        {"/", "/a/b/../", "/a"},
        {"/", "/a/b/../../c", "/c"},
        {"/home/u", "", "/home/u"},
        {"/home/u", ".", "/home/u"},
        {"/home/u", "x/y", "/home/u/x/y"},
        {"/home/u", "..", "/home"},
        {"/home/u", "../v", "/home/v"},
        {"/home/u", "/x", "/x"},
        {"/home/u", "~", "/home/u/~"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        normalises(rows[i].cwd, rows[i].in, rows[i].want);
}

static void stops_at_the_root(void)
{
    normalises("/", "..", "/");
    normalises("/", "/..", "/");
    normalises("/", "/../../etc", "/etc");
    normalises("/", "../../../etc/passwd", "/etc/passwd");
    normalises("/a", "../../b", "/b");
    normalises("/a/b", "../../../../../..", "/");
}

static void keeps_names_that_only_look_like_dots(void)
{
    normalises("/", "/...", "/...");
    normalises("/", "/..a/.b/c..", "/..a/.b/c..");
    normalises("/", "/a b/\xc3\xa9/\xff\n", "/a b/\xc3\xa9/\xff\n");
    normalises("/", "/.. /x", "/.. /x");
    normalises("/", "\\..\\x", "/\\..\\x");
}

static void refuses_a_nul(void)
{
    char out[HY_PATH_MAX];

    UNIT_ASSERT_NUMBER(hy_path_normalise(out, "/", "a\0b", 3), -EINVAL);
    UNIT_ASSERT_NUMBER(hy_path_normalise(out, "/", "a\0", 2), -EINVAL);
    UNIT_ASSERT_NUMBER(hy_path_normalise(out, "/", "\0", 1), -EINVAL);
}

static void reads_only_len_bytes(void)
{
    char out[HY_PATH_MAX];

    UNIT_ASSERT_NUMBER(hy_path_normalise(out, "/", "/abc/../def", 4), 0);
    UNIT_ASSERT_STRING(out, "/abc");
    UNIT_ASSERT_NUMBER(hy_path_normalise(out, "/", "/abc/../def", 6), 0);
    UNIT_ASSERT_STRING(out, "/abc");
}

static void takes_the_longest_path_and_no_longer(void)
{
    char in[HY_PATH_MAX + 16], out[HY_PATH_MAX + 1];

    memset(in, 'a', sizeof in);
    in[0] = '/';
    out[HY_PATH_MAX] = '#';
    UNIT_ASSERT_NUMBER(hy_path_normalise(out, "/", in, HY_PATH_MAX - 1), 0);
    UNIT_ASSERT_NUMBER(strlen(out), HY_PATH_MAX - 1);
    UNIT_ASSERT_NUMBER(hy_path_normalise(out, "/", in, HY_PATH_MAX), -ENAMETOOLONG);
    UNIT_ASSERT_NUMBER(hy_path_normalise(out, "/", in + 1, HY_PATH_MAX - 2), 0);
    UNIT_ASSERT_NUMBER(hy_path_normalise(out, "/", in + 1, HY_PATH_MAX - 1), -ENAMETOOLONG);
    UNIT_ASSERT_NUMBER(hy_path_normalise(out, "/b", in + 1, HY_PATH_MAX - 4), 0);
    UNIT_ASSERT_NUMBER(strlen(out), HY_PATH_MAX - 1);
    UNIT_ASSERT_NUMBER(hy_path_normalise(out, "/b", in + 1, HY_PATH_MAX - 3), -ENAMETOOLONG);
    CU_ASSERT(out[HY_PATH_MAX] == '#');
}

static void a_long_text_may_be_a_short_path(void)
{
    char *in = malloc(100000), out[HY_PATH_MAX];

    CU_ASSERT_FATAL(in != NULL);
    for (size_t i = 0; i < 100000; i++)
        in[i] = "/a/.."[i % 5];
    UNIT_ASSERT_NUMBER(hy_path_normalise(out, "/", in, 100000), 0);
    UNIT_ASSERT_STRING(out, "/");
    free(in);
}

static void below_is_by_whole_components(void)
{
    CU_ASSERT_TRUE(hy_path_below("/", "/"));
    CU_ASSERT_TRUE(hy_path_below("/a", "/"));
    CU_ASSERT_TRUE(hy_path_below("/a", "/a"));
    CU_ASSERT_TRUE(hy_path_below("/a/b", "/a"));
    CU_ASSERT_FALSE(hy_path_below("/", "/a"));
    CU_ASSERT_FALSE(hy_path_below("/ab", "/a"));
    CU_ASSERT_FALSE(hy_path_below("/a", "/a/b"));
    CU_ASSERT_FALSE(hy_path_below("/b", "/a"));
    CU_ASSERT_FALSE(hy_path_below("/A/b", "/a"));
}

static void relative_has_no_leading_slash(void)
{
    UNIT_ASSERT_STRING(hy_path_relative("/", "/"), ".");
    UNIT_ASSERT_STRING(hy_path_relative("/a", "/a"), ".");
    UNIT_ASSERT_STRING(hy_path_relative("/a/b/c", "/"), "a/b/c");
    UNIT_ASSERT_STRING(hy_path_relative("/a/b/c", "/a"), "b/c");
    UNIT_ASSERT_STRING(hy_path_relative("/a/b/c", "/a/b"), "c");
}

static void join_undoes_relative(void)
{
    static const struct {
        const char *path, *dir;
    } rows[] = {{"/", "/"}, {"/a", "/"}, {"/a", "/a"}, {"/a/b/c", "/a"}, {"/a/b/c", "/"}};
    char out[HY_PATH_MAX];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        UNIT_ASSERT_NUMBER(hy_path_join(out, rows[i].dir, hy_path_relative(rows[i].path, rows[i].dir)), 0);
        UNIT_ASSERT_STRING(out, rows[i].path);
    }
    memcpy(out, "/x", 3);
    UNIT_ASSERT_NUMBER(hy_path_join(out, out, "y"), 0);
    UNIT_ASSERT_STRING(out, "/x/y");
}

static void join_refuses_what_is_too_long(void)
{
    char rel[HY_PATH_MAX], out[HY_PATH_MAX];

    memset(rel, 'a', sizeof rel);
    rel[HY_PATH_MAX - 2] = '\0';
    UNIT_ASSERT_NUMBER(hy_path_join(out, "/", rel), 0);
    UNIT_ASSERT_NUMBER(strlen(out), HY_PATH_MAX - 1);
    UNIT_ASSERT_NUMBER(hy_path_join(out, "/b", rel), -ENAMETOOLONG);
    rel[HY_PATH_MAX - 2] = 'a';
    rel[HY_PATH_MAX - 1] = '\0';
    UNIT_ASSERT_NUMBER(hy_path_join(out, "/", rel), -ENAMETOOLONG);
}

static void a_component_is_one_harmless_name(void)
{
    static const char *const good[] = {"a", "...", ".a", "a b", "user@example.org", "\xc3\xa9", "-rf", "~"};
    static const char *const bad[] = {"", ".", "..", "/", "a/b", "a/", "a\n", "\x1b[0m", "\x7f", "\t"};
    char longest[256];

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CU_ASSERT_TRUE(hy_path_is_component(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_FALSE(hy_path_is_component(bad[i], strlen(bad[i])));
    CU_ASSERT_FALSE(hy_path_is_component("a\0b", 3));
    memset(longest, 'a', sizeof longest);
    CU_ASSERT_TRUE(hy_path_is_component(longest, 255));
    CU_ASSERT_FALSE(hy_path_is_component(longest, 256));
}

UNIT_SUITE(path, UNIT_TEST(collapses), UNIT_TEST(stops_at_the_root), UNIT_TEST(keeps_names_that_only_look_like_dots),
           UNIT_TEST(refuses_a_nul), UNIT_TEST(reads_only_len_bytes), UNIT_TEST(takes_the_longest_path_and_no_longer),
           UNIT_TEST(a_long_text_may_be_a_short_path), UNIT_TEST(below_is_by_whole_components),
           UNIT_TEST(relative_has_no_leading_slash), UNIT_TEST(join_undoes_relative),
           UNIT_TEST(join_refuses_what_is_too_long), UNIT_TEST(a_component_is_one_harmless_name));

UNIT_MAIN("unit-path", &unit_path, &unit_path_template)
