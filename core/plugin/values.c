#include "core/plugin/values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- Truths and numbers ---- */

static const char *parse_bool(const struct hy_option *option, const char *choices, struct hy_setting_value *out)
{
    static const struct {
        const char *word;
        int number;
    } words[] = {{"yes", 1}, {"true", 1}, {"on", 1}, {"1", 1}, {"no", 0}, {"false", 0}, {"off", 0}, {"0", 0}};

    (void)choices;
    out->number = option->number;
    if (option->type == HY_VALUE_BOOL || (option->type == HY_VALUE_INT && (option->number | 1) == 1))
        return NULL;
    for (size_t i = 0; option->type == HY_VALUE_STRING && i < sizeof words / sizeof words[0]; i++) {
        if (strcasecmp(option->text, words[i].word) == 0) {
            out->number = words[i].number;
            return NULL;
        }
    }
    return "must be true or false";
}

/* Digits of the base with an optional sign, and where they end. */
static bool digits(const char *text, int base, int64_t *number, const char **end)
{
    const char *first = *text == '-' ? text + 1 : text;
    char *stop;

    if (*first < '0' || *first > '9')
        return false;
    errno = 0;
    *number = strtoll(text, &stop, base);
    *end = stop;
    return errno == 0;
}

static const char *parse_int(const struct hy_option *option, const char *choices, struct hy_setting_value *out)
{
    const char *end;

    (void)choices;
    out->number = option->number;
    if (option->type == HY_VALUE_INT)
        return NULL;
    if (option->type == HY_VALUE_STRING && digits(option->text, 10, &out->number, &end) && !*end)
        return NULL;
    return "must be a whole number";
}

static const char *parse_size(const struct hy_option *option, const char *choices, struct hy_setting_value *out)
{
    static const char units[] = "KMGT", wrong[] = "must be a size in bytes, like 65536 or \"64K\", \"64M\", \"64G\"";
    const char *end, *unit;

    (void)choices;
    out->number = option->number;
    if (option->type == HY_VALUE_INT)
        return NULL;
    if (option->type != HY_VALUE_STRING || !digits(option->text, 10, &out->number, &end))
        return wrong;
    if (!*end)
        return NULL;
    unit = strchr(units, *end);
    if (!unit || end[1])
        return wrong;
    for (const char *u = units; u <= unit; u++)
        if (__builtin_mul_overflow(out->number, 1024, &out->number))
            return "must be smaller";
    return NULL;
}

static const char *parse_mode(const struct hy_option *option, const char *choices, struct hy_setting_value *out)
{
    const char *end;

    (void)choices;
    if (option->type == HY_VALUE_INT)
        return "must be written in quotes, like \"0755\": a bare number isn't read as octal";
    if (option->type == HY_VALUE_STRING && option->text[0] != '-' && digits(option->text, 8, &out->number, &end) &&
        !*end)
        return NULL;
    return "must be octal digits in quotes, like \"0755\"";
}

static const char *parse_choice(const struct hy_option *option, const char *choices, struct hy_setting_value *out)
{
    size_t len = option->type == HY_VALUE_STRING ? strlen(option->text) : 0;

    for (const char *word = choices; len && *word; out->number++) {
        size_t n = strcspn(word, " ");

        if (n == len && memcmp(word, option->text, n) == 0)
            return NULL;
        word += n + (word[n] == ' ');
    }
    return "must be one of these in quotes:";
}

/* ---- Texts ---- */

static const char *parse_string(const struct hy_option *option, const char *choices, struct hy_setting_value *out)
{
    (void)choices;
    out->list = &option->text;
    out->count = 1;
    return option->type == HY_VALUE_STRING ? NULL : "must be a text in quotes";
}

/* A default may be empty: no path. */
static bool is_default_of_none(const struct hy_option *option)
{
    return option->type == HY_VALUE_STRING && !option->text[0] && !option->place.line;
}

static const char *parse_path(const struct hy_option *option, const char *choices, struct hy_setting_value *out)
{
    (void)parse_string(option, choices, out);
    if (option->type == HY_VALUE_STRING && (option->text[0] == '/' || is_default_of_none(option)))
        return NULL;
    return "must be an absolute path in quotes";
}

/* One part of a template's path, up to `end`. Two names in one part would let two users have the same path. */
static const char *check_part(const char *part, const char *end)
{
    unsigned names = 0;

    for (const char *p = part; p < end; p++) {
        if (*p != '%')
            continue;
        p++;
        if (p == end || !strchr("ugh%", *p))
            return "may have %u, %g, %h and %% alone: no other letter after a percent sign";
        names += *p != '%';
        if (*p == 'h' && end - part != 2)
            return "must have %h as a whole part of the path, between slashes";
    }
    return names > 1 ? "must not have two of %u, %g and %h in one part of the path" : NULL;
}

static const char *parse_template(const struct hy_option *option, const char *choices, struct hy_setting_value *out)
{
    const char *wrong = parse_path(option, choices, out);

    for (const char *slash = option->text, *end; !wrong && *slash == '/'; slash = end) {
        end = slash + 1 + strcspn(slash + 1, "/");
        wrong = check_part(slash + 1, end);
    }
    return wrong;
}

/* A single text is a list of one, an empty one a list of none. */
static const char *parse_list(const struct hy_option *option, const char *choices, struct hy_setting_value *out)
{
    (void)choices;
    if (option->type == HY_VALUE_STRING) {
        out->list = &option->text;
        out->count = option->text[0] ? 1 : 0;
        return NULL;
    }
    if (option->type != HY_VALUE_LIST)
        return "must be a list of texts in quotes, like ( \"a\", \"b\" )";
    out->list = option->list;
    out->places = option->places;
    while (out->list && out->list[out->count])
        out->count++;
    return NULL;
}

/* ---- The types ---- */

static const struct hy_setting_kind kinds[] = {
    [HYTHE_SET_BOOL] = {parse_bool, HY_FORM_FLAG, sizeof(int)},
    [HYTHE_SET_INT] = {parse_int, HY_FORM_NUMBER, sizeof(int64_t)},
    [HYTHE_SET_SIZE] = {parse_size, HY_FORM_NUMBER, sizeof(int64_t)},
    [HYTHE_SET_MODE] = {parse_mode, HY_FORM_NUMBER, sizeof(int64_t)},
    [HYTHE_SET_STRING] = {parse_string, HY_FORM_TEXT, sizeof(char *)},
    [HYTHE_SET_PATH] = {parse_path, HY_FORM_TEXT, sizeof(char *)},
    [HYTHE_SET_SECRET] = {parse_string, HY_FORM_TEXT, sizeof(char *)},
    [HYTHE_SET_LIST] = {parse_list, HY_FORM_LIST, sizeof(char **)},
    [HYTHE_SET_TEMPLATE] = {parse_template, HY_FORM_TEXT, sizeof(char *)},
    [HYTHE_SET_CHOICE] = {parse_choice, HY_FORM_NUMBER, sizeof(int64_t)},
};

const struct hy_setting_kind *hy_setting_kind(enum hythe_setting_type type)
{
    return (size_t)type < sizeof kinds / sizeof kinds[0] ? &kinds[type] : NULL;
}
