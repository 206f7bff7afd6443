#include "core/config/read.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void *hy_reading_alloc(struct hy_reading *r, size_t count, size_t size)
{
    void *p = hy_arena_alloc(r->config->arena, count, size);

    if (!p)
        r->no_memory = true;
    return p;
}

struct hy_place hy_place_of(const struct hy_reading *r, const config_setting_t *at)
{
    if (!r->source) {
        while (!config_setting_get_hook(at) && config_setting_parent(at))
            at = config_setting_parent(at);
        return config_setting_get_hook(at) ? *(const struct hy_place *)config_setting_get_hook(at)
                                           : (struct hy_place){r->file, 0};
    }
    return hy_source_place(r->source, config_setting_source_line(at));
}

/* Whether something in the line was already found wrong; what libconfig makes of it then says nothing new. */
static bool line_is_bad(const struct hy_reading *r, struct hy_place place)
{
    for (size_t i = 0; i < r->scanned; i++)
        if (r->problems->items[i].place.line == place.line && strcmp(r->problems->items[i].place.file, place.file) == 0)
            return true;
    return false;
}

/* Lines of a tree in memory are numbers that nobody has seen: "(line 7)" goes. */
static void drop_lines(char *text)
{
    static const char mark[] = " (line ";
    char *at = text;

    while ((at = strstr(at, mark)) != NULL) {
        size_t digits = strspn(at + sizeof mark - 1, "0123456789");
        const char *rest = at + sizeof mark - 1 + digits;

        if (digits && *rest == ')')
            memmove(at, rest + 1, strlen(rest));
        else
            at++;
    }
}

void hy_reading_add(struct hy_reading *r, struct hy_place place, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    if (place.line && line_is_bad(r, place))
        return;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (!r->source)
        drop_lines(text);
    hy_problems_add(r->problems, place, "%s", text);
}

static const char *name_of(const config_setting_t *at)
{
    for (; at; at = config_setting_parent(at))
        if (config_setting_name(at))
            return config_setting_name(at);
    return "the file";
}

static const char *type_of(const config_setting_t *at)
{
    switch (config_setting_type(at)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return "a number";
    case CONFIG_TYPE_FLOAT:
        return "a number with a point";
    case CONFIG_TYPE_STRING:
        return "a string";
    case CONFIG_TYPE_BOOL:
        return "true or false";
    case CONFIG_TYPE_GROUP:
        return "a group";
    default:
        return "a list";
    }
}

static void wrong_type(struct hy_reading *r, const config_setting_t *at, const char *wanted)
{
    hy_reading_add(r, hy_place_of(r, at), "%s: %s is wanted, not %s", name_of(at), wanted, type_of(at));
}

static bool is_number(const config_setting_t *at)
{
    int type = config_setting_type(at);

    return type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64;
}

bool hy_parse_bool(const char *text, bool *out)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"true", true}, {"yes", true}, {"1", true}, {"false", false}, {"no", false}, {"0", false}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i].word) == 0) {
            *out = words[i].value;
            return true;
        }
    return false;
}

bool hy_parse_size(const char *text, int64_t *out)
{
    static const char suffix[] = "KMG";
    const char *s;
    char *end;
    int64_t n;

    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    n = strtoll(text, &end, 10);
    if (errno)
        return false;
    if (*end) {
        s = strchr(suffix, toupper((unsigned char)*end));
        if (!s || end[1] || __builtin_mul_overflow(n, INT64_C(1) << (10 * (s - suffix + 1)), &n))
            return false;
    }
    *out = n;
    return true;
}

bool hy_value_bool(struct hy_reading *r, const config_setting_t *at, bool *out)
{
    if (config_setting_type(at) == CONFIG_TYPE_BOOL) {
        *out = config_setting_get_bool(at) != 0;
        return true;
    }
    if (is_number(at) && (config_setting_get_int64(at) == 0 || config_setting_get_int64(at) == 1)) {
        *out = config_setting_get_int64(at) == 1;
        return true;
    }
    if (config_setting_type(at) == CONFIG_TYPE_STRING && hy_parse_bool(config_setting_get_string(at), out))
        return true;
    if (is_number(at) || config_setting_type(at) == CONFIG_TYPE_STRING)
        hy_reading_add(r, hy_place_of(r, at), "%s: true or false is wanted", name_of(at));
    else
        wrong_type(r, at, "true or false");
    return false;
}

static void out_of_range(struct hy_reading *r, const config_setting_t *at, const struct hy_row *row, int64_t n)
{
    char value[32], min[32], max[32];

    if (row->type == HY_TYPE_SIZE)
        hy_reading_add(r, hy_place_of(r, at), "%s: %s is out of range (%s to %s)", row->name,
                       hy_size_text(value, sizeof value, n), hy_size_text(min, sizeof min, row->min),
                       hy_size_text(max, sizeof max, row->max));
    else
        hy_reading_add(r, hy_place_of(r, at), "%s: %" PRId64 " is out of range (%" PRId64 " to %" PRId64 ")", row->name,
                       n, row->min, row->max);
}

bool hy_value_int(struct hy_reading *r, const config_setting_t *at, const struct hy_row *row, int64_t *out)
{
    int64_t n;

    if (is_number(at)) {
        n = config_setting_get_int64(at);
    } else if (row->type != HY_TYPE_SIZE || config_setting_type(at) != CONFIG_TYPE_STRING) {
        wrong_type(r, at, row->type == HY_TYPE_SIZE ? "a size such as \"64M\"" : "a number");
        return false;
    } else if (!hy_parse_size(config_setting_get_string(at), &n)) {
        hy_reading_add(r, hy_place_of(r, at), "%s: \"%s\" is not a size; write bytes, or as \"512K\", \"64M\", \"1G\"",
                       row->name, config_setting_get_string(at));
        return false;
    }
    if (n < row->min || n > row->max) {
        out_of_range(r, at, row, n);
        return false;
    }
    *out = n;
    return true;
}

const char *hy_value_text(struct hy_reading *r, const config_setting_t *at)
{
    if (config_setting_type(at) == CONFIG_TYPE_STRING)
        return config_setting_get_string(at);
    wrong_type(r, at, "a string");
    return NULL;
}

static const char *keep(struct hy_reading *r, const char *s, size_t len)
{
    char *copy = hy_reading_alloc(r, len + 1, 1);

    return copy ? memcpy(copy, s, len) : NULL;
}

const char *hy_value_string(struct hy_reading *r, const config_setting_t *at, size_t min, size_t max)
{
    const char *s = hy_value_text(r, at);
    size_t len = s ? strlen(s) : 0;

    if (!s)
        return NULL;
    if (len < min) {
        hy_reading_add(r, hy_place_of(r, at), "%s must not be empty", name_of(at));
        return NULL;
    }
    if (max && len > max) {
        hy_reading_add(r, hy_place_of(r, at), "%s: %zu bytes are too many (at most %zu)", name_of(at), len, max);
        return NULL;
    }
    return keep(r, s, len);
}

const char *hy_value_word(struct hy_reading *r, const config_setting_t *at)
{
    char digits[24];

    if (!is_number(at))
        return hy_value_string(r, at, 0, 0);
    (void)snprintf(digits, sizeof digits, "%lld", config_setting_get_int64(at));
    return keep(r, digits, strlen(digits));
}

/* The parts of "a, b,c" without the blanks around them. */
static const char *const *split_list(struct hy_reading *r, const char *s)
{
    size_t count = 1, n = 0;
    const char **list;

    for (const char *p = s; *p; p++)
        count += *p == ',';
    list = hy_reading_alloc(r, count + 1, sizeof *list);
    while (list && *s) {
        size_t len;

        s += strspn(s, ", \t");
        len = strcspn(s, ",");
        while (len && (s[len - 1] == ' ' || s[len - 1] == '\t'))
            len--;
        if (len && !(list[n++] = keep(r, s, len)))
            return NULL;
        s += strcspn(s, ",");
    }
    return list;
}

static const char *const *read_elements(struct hy_reading *r, const config_setting_t *at, size_t count,
                                        const struct hy_place **places)
{
    const char **list = hy_reading_alloc(r, count + 1, sizeof *list);
    struct hy_place *where = hy_reading_alloc(r, count, sizeof *where);
    bool good = list && where;

    for (size_t i = 0; list && where && i < count; i++) {
        const config_setting_t *item = config_setting_get_elem(at, (unsigned)i);

        list[i] = hy_value_string(r, item, 1, 0);
        where[i] = hy_place_of(r, item);
        good = good && list[i];
    }
    if (places)
        *places = where;
    return good ? list : NULL;
}

const char *const *hy_value_list(struct hy_reading *r, const config_setting_t *at, bool split,
                                 const struct hy_place **places)
{
    int type = config_setting_type(at);
    struct hy_place *where;
    const char **list;

    if (type == CONFIG_TYPE_ARRAY || type == CONFIG_TYPE_LIST)
        return read_elements(r, at, (size_t)config_setting_length(at), places);
    if (type != CONFIG_TYPE_STRING) {
        wrong_type(r, at, "a string or a list of strings");
        return NULL;
    }
    if (split)
        return split_list(r, config_setting_get_string(at));
    list = hy_reading_alloc(r, 2, sizeof *list);
    where = hy_reading_alloc(r, 1, sizeof *where);
    if (!list || !where)
        return NULL;
    *where = hy_place_of(r, at);
    if (places)
        *places = where;
    list[0] = hy_value_string(r, at, 1, 0);
    return list[0] ? list : NULL;
}

void hy_value_default(struct hy_reading *r, const struct hy_row *row)
{
    void *field = (char *)r->config + row->offset;

    switch (row->type) {
    case HY_TYPE_BOOL:
        (void)hy_parse_bool(row->fallback, field);
        break;
    case HY_TYPE_INT:
    case HY_TYPE_SIZE:
        (void)hy_parse_size(row->fallback, field);
        break;
    case HY_TYPE_LIST:
        *(const char *const **)field = split_list(r, row->fallback);
        break;
    default:
        *(const char **)field = row->fallback;
        break;
    }
}

void hy_value_read(struct hy_reading *r, const config_setting_t *at, const struct hy_row *row)
{
    void *field = (char *)r->config + row->offset;
    const char *const *list;
    const char *s;

    switch (row->type) {
    case HY_TYPE_BOOL:
        (void)hy_value_bool(r, at, field);
        break;
    case HY_TYPE_INT:
    case HY_TYPE_SIZE:
        (void)hy_value_int(r, at, row, field);
        break;
    case HY_TYPE_LIST:
        list = hy_value_list(r, at, true, NULL);
        if (list)
            *(const char *const **)field = list;
        break;
    default:
        s = row->type == HY_TYPE_WORD ? hy_value_word(r, at)
                                      : hy_value_string(r, at, (size_t)row->min, (size_t)row->max);
        if (s)
            *(const char **)field = s;
        break;
    }
}
