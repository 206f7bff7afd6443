#include "core/plugin/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct hy_place nowhere = {NULL, 0};

/* What is being filled. */
struct filling {
    const struct hythe_plugin *plugin;
    char *fields;
    char *strings; /* the next free byte behind the fields */
    struct hy_complaints *to;
};

/* A parsed value: a number or a text. */
struct value {
    int64_t number;
    const char *text;
};

/* Reads one type; NULL, or what is wrong with the option. */
typedef const char *parse_fn(const struct hy_option *option, struct value *out);

/* ---- Types ---- */

static const char *parse_bool(const struct hy_option *option, struct value *out)
{
    static const struct {
        const char *word;
        int number;
    } words[] = {{"yes", 1}, {"true", 1}, {"on", 1}, {"1", 1}, {"no", 0}, {"false", 0}, {"off", 0}, {"0", 0}};

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

static const char *parse_int(const struct hy_option *option, struct value *out)
{
    const char *end;

    out->number = option->number;
    if (option->type == HY_VALUE_INT)
        return NULL;
    if (option->type == HY_VALUE_STRING && digits(option->text, 10, &out->number, &end) && !*end)
        return NULL;
    return "must be a whole number";
}

static const char *parse_size(const struct hy_option *option, struct value *out)
{
    static const char units[] = "KMGT", wrong[] = "must be a size in bytes, like 65536 or \"64K\", \"64M\", \"64G\"";
    const char *end, *unit;

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
            return "is too large";
    return NULL;
}

static const char *parse_mode(const struct hy_option *option, struct value *out)
{
    const char *end;

    if (option->type == HY_VALUE_INT)
        return "must be written in quotes, like \"0755\": a bare number isn't read as octal";
    if (option->type == HY_VALUE_STRING && option->text[0] != '-' && digits(option->text, 8, &out->number, &end) &&
        !*end)
        return NULL;
    return "must be octal digits in quotes, like \"0755\"";
}

static const char *parse_string(const struct hy_option *option, struct value *out)
{
    out->text = option->text;
    return option->type == HY_VALUE_STRING ? NULL : "must be a text in quotes";
}

/* Empty only as a default: no path. */
static const char *parse_path(const struct hy_option *option, struct value *out)
{
    out->text = option->text;
    if (option->type == HY_VALUE_STRING && (option->text[0] == '/' || (!option->text[0] && !option->place.line)))
        return NULL;
    return "must be an absolute path in quotes";
}

static const struct {
    parse_fn *parse;
    size_t size; /* of the field */
} types[] = {[HYTHE_SET_BOOL] = {parse_bool, sizeof(int)},        [HYTHE_SET_INT] = {parse_int, sizeof(int64_t)},
             [HYTHE_SET_SIZE] = {parse_size, sizeof(int64_t)},    [HYTHE_SET_MODE] = {parse_mode, sizeof(int64_t)},
             [HYTHE_SET_STRING] = {parse_string, sizeof(char *)}, [HYTHE_SET_PATH] = {parse_path, sizeof(char *)}};

/* ---- Rows ---- */

/* A row may be longer or shorter than ours: copies the smaller of the two. */
static struct hythe_setting row_at(const struct hythe_plugin *plugin, size_t i)
{
    struct hythe_setting row = {0};
    size_t n = plugin->setting_size < sizeof row ? plugin->setting_size : sizeof row;

    memcpy(&row, (const char *)plugin->settings + i * plugin->setting_size, n);
    return row;
}

static bool is_text(const struct hythe_setting *row)
{
    return row->type == HYTHE_SET_STRING || row->type == HYTHE_SET_PATH;
}

static int check_row(const struct hythe_plugin *plugin, const struct hythe_setting *row, struct hy_complaints *to)
{
    if (!row->name || (size_t)row->type >= sizeof types / sizeof types[0])
        return hy_complain(to, nowhere, "its table of settings has a row without a name or of an unknown type");
    if (plugin->settings_size < types[row->type].size || row->offset > plugin->settings_size - types[row->type].size)
        return hy_complain(to, nowhere, "its setting %s lies outside of its settings", row->name);
    return 0;
}

static const struct hy_option *find_option(const struct hy_option *options, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

/* ---- Values ---- */

static int check_range(const struct filling *f, const struct hythe_setting *row, const struct hy_option *option,
                       const struct value *value)
{
    int64_t n = is_text(row) ? (int64_t)strlen(value->text) : value->number;
    const char *what = is_text(row) ? " bytes long" : "";

    if (row->type == HYTHE_SET_BOOL || (!row->min && !row->max) || (n >= row->min && n <= row->max))
        return 0;
    if (row->type == HYTHE_SET_MODE)
        return hy_complain(f->to, option->place, "%s must be from \"%04llo\" to \"%04llo\"", row->name,
                           (unsigned long long)row->min, (unsigned long long)row->max);
    return hy_complain(f->to, option->place, "%s must be from %lld to %lld%s", row->name, (long long)row->min,
                       (long long)row->max, what);
}

static void store(struct filling *f, const struct hythe_setting *row, const struct value *value)
{
    char *field = f->fields + row->offset;
    int flag = (int)value->number;

    if (is_text(row)) {
        size_t n = strlen(value->text) + 1;

        memcpy(f->strings, value->text, n);
        memcpy(field, &f->strings, sizeof f->strings);
        f->strings += n;
    } else if (row->type == HYTHE_SET_BOOL) {
        memcpy(field, &flag, sizeof flag);
    } else {
        memcpy(field, &value->number, sizeof value->number);
    }
}

/* A default goes the same way as a value of the file, but an empty text need not be of a wanted length. */
static int fill_row(struct filling *f, const struct hythe_setting *row, const struct hy_option *given)
{
    const struct hy_option fallback = {.name = row->name, .type = HY_VALUE_STRING, .text = row->fallback};
    const struct hy_option *option = given ? given : &fallback;
    struct value value = {0};
    const char *wrong;

    if (!given && !row->fallback)
        return hy_complain(f->to, nowhere, "%s is required", row->name);
    wrong = types[row->type].parse(option, &value);
    if (wrong)
        return hy_complain(f->to, option->place, "%s %s", row->name, wrong);
    if ((given || !is_text(row) || value.text[0]) && check_range(f, row, option, &value))
        return -1;
    store(f, row, &value);
    return 0;
}

/* ---- All of them ---- */

static void complain_unknown(const struct hythe_plugin *plugin, const struct hy_option *option,
                             struct hy_complaints *to)
{
    const char **names = calloc(plugin->setting_count + 1, sizeof *names);
    const char *nearest = NULL;

    for (size_t i = 0; names && i < plugin->setting_count; i++)
        names[i] = row_at(plugin, i).name;
    if (names)
        nearest = hy_nearest(option->name, names);
    if (nearest)
        (void)hy_complain(to, option->place, "unknown setting \"%s\"; did you mean \"%s\"?", option->name, nearest);
    else
        (void)hy_complain(to, option->place, "unknown setting \"%s\"", option->name);
    free(names);
}

static void check_names(const struct hythe_plugin *plugin, const struct hy_option *options, size_t count,
                        struct hy_complaints *to)
{
    for (size_t i = 0; i < count; i++) {
        bool known = false;

        for (size_t k = 0; k < plugin->setting_count && !known; k++)
            known = strcmp(row_at(plugin, k).name, options[i].name) == 0;
        if (!known)
            complain_unknown(plugin, &options[i], to);
    }
}

/* Room for every text, given or default. */
static size_t string_bytes(const struct hythe_plugin *plugin, const struct hy_option *options, size_t count)
{
    size_t n = 0;

    for (size_t i = 0; i < plugin->setting_count; i++) {
        struct hythe_setting row = row_at(plugin, i);
        const struct hy_option *given = find_option(options, count, row.name);
        const char *text = given && given->type == HY_VALUE_STRING ? given->text : row.fallback;

        if (is_text(&row) && text)
            n += strlen(text) + 1;
    }
    return n;
}

void *hy_settings_make(const struct hythe_plugin *plugin, const struct hy_option *options, size_t count,
                       struct hy_complaints *to)
{
    struct filling f = {.plugin = plugin, .to = to};
    unsigned before = to->count;

    for (size_t i = 0; i < plugin->setting_count; i++) {
        struct hythe_setting row = row_at(plugin, i);

        if (check_row(plugin, &row, to))
            return NULL;
    }
    check_names(plugin, options, count, to);
    f.fields = calloc(1, plugin->settings_size + string_bytes(plugin, options, count) + 1);
    if (!f.fields) {
        (void)hy_complain(to, nowhere, "out of memory");
        return NULL;
    }
    f.strings = f.fields + plugin->settings_size;
    for (size_t i = 0; i < plugin->setting_count; i++) {
        struct hythe_setting row = row_at(plugin, i);

        (void)fill_row(&f, &row, find_option(options, count, row.name));
    }
    if (to->count == before)
        return f.fields;
    free(f.fields);
    return NULL;
}
