/* core/path: templates, and that no value of a session makes more of one than it says. */
#include "core/path/template.h"

#include "core/path/path.h"
#include "tests/unit/unit.h"

#include <errno.h>

static const struct hy_template_values usual = {.user = "alice", .group = "staff", .home = "/home/alice"};

static void expands(const char *text, const struct hy_template_values *values, const char *want)
{
    char out[HY_PATH_MAX];

    UNIT_ASSERT_NUMBER(hy_template_expand(text, values, out, sizeof out), (int64_t)strlen(want));
    UNIT_ASSERT_STRING(out, want);
}

static void refuses(const char *text, const struct hy_template_values *values, int64_t result)
{
    char out[HY_PATH_MAX] = "untouched";

    UNIT_ASSERT_NUMBER(hy_template_expand(text, values, out, sizeof out), result);
    UNIT_ASSERT_STRING(out, "");
}

static void fills_in_the_letters(void)
{
    expands("", &usual, "");
    expands("/srv", &usual, "/srv");
    expands("/srv/%u", &usual, "/srv/alice");
    expands("/srv/%g/%u", &usual, "/srv/staff/alice");
    expands("/srv/%h/x", &usual, "/srv/home/alice/x");
    expands("%u%u.%g", &usual, "alicealice.staff");
    expands("/100%%/%%u/%u%%", &usual, "/100%/%u/alice%");
}

static void refuses_unknown_letters(void)
{
    refuses("/srv/%x", &usual, -EINVAL);
    refuses("/srv/%U", &usual, -EINVAL);
    refuses("/srv/%", &usual, -EINVAL);
    refuses("%", &usual, -EINVAL);
    refuses("%%%", &usual, -EINVAL);
}

static const char *const hostile[] = {"",     ".",    "..", "/",    "a/b",    "../x",
                                      "/etc", "a\nb", "\n", "\x01", "\x1b[m", "\x7f"};

static void a_user_or_group_is_one_component(void)
{
    char longest[257];

    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        struct hy_template_values user = usual, group = usual;

        user.user = group.group = hostile[i];
        refuses("/srv/%u", &user, -EINVAL);
        refuses("/srv/x%ux", &user, -EINVAL); /* not fit in company either */
        refuses("/srv/%g", &group, -EINVAL);
        expands("/srv/%g", &user, "/srv/staff"); /* what isn't asked for isn't judged */
        expands("/srv/%u", &group, "/srv/alice");
    }
    refuses("/srv/%u", &(struct hy_template_values){.group = "x", .home = "/"}, -EINVAL);
    refuses("/srv/%g", &(struct hy_template_values){.user = "x", .home = "/"}, -EINVAL);
    memset(longest, 'a', sizeof longest);
    longest[256] = '\0';
    refuses("%u", &(struct hy_template_values){.user = longest}, -EINVAL);
    longest[255] = '\0';
    expands("%u", &(struct hy_template_values){.user = longest}, longest);
}

/* Percent signs of a value are no letters. */
static void values_are_put_in_as_they_are(void)
{
    struct hy_template_values values = {.user = "%g%%", .group = "%u", .home = "/%u"};

    expands("/%u/%g/%h", &values, "/%g%%/%u/%u");
}

static void a_home_is_a_normal_path(void)
{
    static const struct {
        const char *home, *want;
    } rows[] = {
        {"/", "/srv/"},
        {"", "/srv/"},
        {"/home/u", "/srv/home/u"},
        {"home/u", "/srv/home/u"},
        {"//home///u/", "/srv/home/u"},
        {"/../../etc", "/srv/etc"},
        {"/home/../..", "/srv/"},
        {"/home/./u", "/srv/home/u"},
    };
    char name[300] = "/";

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expands("/srv/%h", &(struct hy_template_values){.home = rows[i].home}, rows[i].want);
    expands("/srv/%h", &(struct hy_template_values){.user = "u"}, "/srv/");
    refuses("/srv/%h", &(struct hy_template_values){.home = "/home/a\nb"}, -EINVAL);
    memset(name + 1, 'a', 256);
    refuses("/srv/%h", &(struct hy_template_values){.home = name}, -EINVAL);
}

static void is_bounded(void)
{
    char out[16], home[HY_PATH_MAX + 8] = "/";

    memset(out, '#', sizeof out);
    UNIT_ASSERT_NUMBER(hy_template_expand("/%u", &usual, out, 7), 6);
    UNIT_ASSERT_STRING(out, "/alice");
    CU_ASSERT_EQUAL(out[7], '#');
    UNIT_ASSERT_NUMBER(hy_template_expand("/%u", &usual, out, 6), -ENAMETOOLONG);
    UNIT_ASSERT_STRING(out, "");
    UNIT_ASSERT_NUMBER(hy_template_expand("/alice", &usual, out, 6), -ENAMETOOLONG);
    UNIT_ASSERT_NUMBER(hy_template_expand("a%%", &usual, out, 2), -ENAMETOOLONG);
    UNIT_ASSERT_NUMBER(hy_template_expand("", &usual, out, 1), 0);
    out[0] = '#';
    UNIT_ASSERT_NUMBER(hy_template_expand("", &usual, out, 0), -ENAMETOOLONG);
    CU_ASSERT_EQUAL(out[0], '#');
    for (size_t i = 1; i + 1 < sizeof home; i++)
        home[i] = i % 2 ? 'a' : '/';
    refuses("%h", &(struct hy_template_values){.home = home}, -ENAMETOOLONG);
}

UNIT_SUITE(path_template, UNIT_TEST(fills_in_the_letters), UNIT_TEST(refuses_unknown_letters),
           UNIT_TEST(a_user_or_group_is_one_component), UNIT_TEST(values_are_put_in_as_they_are),
           UNIT_TEST(a_home_is_a_normal_path), UNIT_TEST(is_bounded));
