#include "core/plugin/settings.h"
#include "core/base/buf.h"
#include "core/plugin/values.h"

#include <errno.h>
#include <inttypes.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct hy_place nowhere = {NULL, 0};

/* The plugin's struct, then its lists, then their strings and the others: one piece of memory, to be wiped. */
struct block {
    size_t size; /* of bytes */
    alignas(max_align_t) char bytes[];
};

/* What is being filled. */
struct filling {
    char *fields;
    const char **pointers; /* the next free one behind the fields */
    char *strings;         /* the next free byte behind those */
    struct hy_complaints *to;
};

/* ---- Rows ---- */

struct hythe_setting hy_settings_row(const struct hythe_plugin *plugin, size_t i)
{
    struct hythe_setting row = {0};
    size_t n = plugin->setting_size < sizeof row ? plugin->setting_size : sizeof row;

    memcpy(&row, (const char *)plugin->settings + i * plugin->setting_size, n);
    return row;
}

static int check_row(const struct hythe_plugin *plugin, const struct hythe_setting *row, struct hy_complaints *to)
{
    const struct hy_setting_kind *kind = hy_setting_kind(row->type);

    if (!row->name || !kind)
        return hy_complain(to, nowhere, "its table of settings has a row without a name or of an unknown type");
    if (plugin->settings_size < kind->size || row->offset > plugin->settings_size - kind->size)
        return hy_complain(to, nowhere, "its setting %s lies outside of its settings", row->name);
    if (row->type == HYTHE_SET_CHOICE && !row->choices)
        return hy_complain(to, nowhere, "its setting %s has no words to choose from", row->name);
    return 0;
}

static const struct hy_option *find_option(const struct hy_option *options, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

bool hy_settings_hide(const struct hythe_plugin *plugin, const char *name)
{
    for (size_t i = 0; i < plugin->setting_count; i++) {
        struct hythe_setting row = hy_settings_row(plugin, i);

        if (row.name && strcmp(row.name, name) == 0)
            return row.type == HYTHE_SET_SECRET || !hy_setting_kind(row.type);
    }
    return true;
}

/* ---- Values ---- */

static int check_length(struct hy_complaints *to, const struct hythe_setting *row, struct hy_place place,
                        const char *text)
{
    size_t n = strlen(text);

    if ((int64_t)n >= row->min && (int64_t)n <= row->max)
        return 0;
    if (row->type == HYTHE_SET_SECRET)
        return hy_complain(to, place, "%s must be from %lld to %lld bytes long", row->name, (long long)row->min,
                           (long long)row->max);
    return hy_complain(to, place, "%s must be from %lld to %lld bytes long, not %zu", row->name, (long long)row->min,
                       (long long)row->max, n);
}

static int check_number(struct hy_complaints *to, const struct hythe_setting *row, struct hy_place place, int64_t n)
{
    if (row->type == HYTHE_SET_BOOL || row->type == HYTHE_SET_CHOICE || (n >= row->min && n <= row->max))
        return 0;
    if (row->type == HYTHE_SET_MODE)
        return hy_complain(to, place, "%s must be from \"%04llo\" to \"%04llo\", not \"%04llo\"", row->name,
                           (unsigned long long)row->min, (unsigned long long)row->max, (unsigned long long)n);
    if (n < row->min && row->max == INT64_MAX)
        return hy_complain(to, place, "%s must be at least %lld, not %lld", row->name, (long long)row->min,
                           (long long)n);
    return hy_complain(to, place, "%s must be from %lld to %lld, not %lld", row->name, (long long)row->min,
                       (long long)row->max, (long long)n);
}

/* An empty default need not be of a wanted length. */
static int check_range(struct hy_complaints *to, const struct hythe_setting *row, const struct hy_option *option,
                       bool given, const struct hy_setting_value *value)
{
    int rc = 0;

    if (!row->min && !row->max)
        return 0;
    if (!value->list)
        return check_number(to, row, option->place, value->number);
    for (size_t i = 0; i < value->count; i++)
        if (given || value->list[i][0])
            rc |= check_length(to, row, value->places ? value->places[i] : option->place, value->list[i]);
    return rc;
}

static const char *keep_text(struct filling *f, const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = memcpy(f->strings, text, n);

    f->strings += n;
    return copy;
}

static const char *const *keep_list(struct filling *f, const struct hy_setting_value *value)
{
    const char **list = f->pointers;

    for (size_t i = 0; i < value->count; i++)
        list[i] = keep_text(f, value->list[i]);
    list[value->count] = NULL;
    f->pointers += value->count + 1;
    return list;
}

static void store(struct filling *f, const struct hythe_setting *row, const struct hy_setting_value *value)
{
    char *field = f->fields + row->offset;
    int flag = (int)value->number;
    const char *const *list;
    const char *text;

    switch (hy_setting_kind(row->type)->form) {
    case HY_FORM_FLAG:
        memcpy(field, &flag, sizeof flag);
        break;
    case HY_FORM_NUMBER:
        memcpy(field, &value->number, sizeof value->number);
        break;
    case HY_FORM_TEXT:
        text = keep_text(f, value->list[0]);
        memcpy(field, &text, sizeof text);
        break;
    case HY_FORM_LIST:
        list = keep_list(f, value);
        memcpy(field, &list, sizeof list);
        break;
    }
}

/* A default goes the same way as a value of the file. */
static struct hy_option chosen(const struct hythe_setting *row, const struct hy_option *given)
{
    if (given)
        return *given;
    return (struct hy_option){.name = row->name, .type = HY_VALUE_STRING, .text = row->fallback};
}

/* What stands there, for the line that says why it can't: "number is "7x" and ". */
static const char *shown(const struct hythe_setting *row, const struct hy_option *option, char *out, size_t size)
{
    *out = '\0';
    if (row->type == HYTHE_SET_SECRET)
        return out;
    switch (option->type) {
    case HY_VALUE_BOOL:
        (void)snprintf(out, size, "is %s and ", option->number ? "true" : "false");
        break;
    case HY_VALUE_INT:
        (void)snprintf(out, size, "is %" PRId64 " and ", option->number);
        break;
    case HY_VALUE_STRING:
        (void)snprintf(out, size, "is \"%.200s\"%s and ", option->text, strlen(option->text) > 200 ? "..." : "");
        break;
    case HY_VALUE_LIST:
        (void)snprintf(out, size, "is a list and ");
        break;
    case HY_VALUE_OTHER:
        break;
    }
    return out;
}

static int fill_row(struct filling *f, const struct hythe_setting *row, const struct hy_option *given)
{
    const struct hy_option option = chosen(row, given);
    struct hy_setting_value value = {0};
    char what[256];
    const char *wrong;

    if (!given && !row->fallback)
        return hy_complain(f->to, nowhere, "%s is required", row->name);
    wrong = hy_setting_kind(row->type)->parse(&option, row->choices, &value);
    if (wrong)
        return hy_complain(f->to, option.place, "%s %s%s%s%s", row->name, shown(row, &option, what, sizeof what), wrong,
                           row->type == HYTHE_SET_CHOICE ? " " : "", row->type == HYTHE_SET_CHOICE ? row->choices : "");
    if (check_range(f->to, row, &option, given != NULL, &value))
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
        names[i] = hy_settings_row(plugin, i).name;
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
            known = strcmp(hy_settings_row(plugin, k).name, options[i].name) == 0;
        if (!known)
            complain_unknown(plugin, &options[i], to);
    }
}

/* Room for every list and text, given or default. */
static void measure(const struct hythe_plugin *plugin, const struct hy_option *options, size_t count, size_t *pointers,
                    size_t *bytes)
{
    *pointers = *bytes = 0;
    for (size_t i = 0; i < plugin->setting_count; i++) {
        struct hythe_setting row = hy_settings_row(plugin, i);
        struct hy_option option = chosen(&row, find_option(options, count, row.name));
        struct hy_setting_value value = {0};

        if ((option.type == HY_VALUE_STRING && !option.text) ||
            hy_setting_kind(row.type)->parse(&option, row.choices, &value))
            continue;
        *pointers += value.count + 1;
        for (size_t k = 0; value.list && k < value.count; k++)
            *bytes += strlen(value.list[k]) + 1;
    }
}

static struct block *new_block(const struct hythe_plugin *plugin, const struct hy_option *options, size_t count,
                               struct filling *f)
{
    const size_t grain = alignof(max_align_t);
    size_t pointers, bytes, fields = (plugin->settings_size + grain - 1) / grain * grain;
    struct block *block;

    measure(plugin, options, count, &pointers, &bytes);
    bytes += fields + pointers * sizeof *f->pointers;
    block = calloc(1, sizeof *block + bytes);
    if (!block)
        return NULL;
    block->size = bytes;
    f->fields = block->bytes;
    f->pointers = (const char **)(void *)(block->bytes + fields);
    f->strings = (char *)(f->pointers + pointers);
    return block;
}

void *hy_settings_make(const struct hythe_plugin *plugin, const struct hy_option *options, size_t count,
                       struct hy_complaints *to)
{
    struct filling f = {.to = to};
    unsigned before = to->count;

    for (size_t i = 0; i < plugin->setting_count; i++) {
        struct hythe_setting row = hy_settings_row(plugin, i);

        if (check_row(plugin, &row, to))
            return NULL;
    }
    check_names(plugin, options, count, to);
    if (!new_block(plugin, options, count, &f)) {
        (void)hy_complain(to, nowhere, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < plugin->setting_count; i++) {
        struct hythe_setting row = hy_settings_row(plugin, i);

        (void)fill_row(&f, &row, find_option(options, count, row.name));
    }
    if (to->count == before)
        return f.fields;
    hy_settings_free(f.fields);
    return NULL;
}

void hy_settings_free(void *settings)
{
    struct block *block;

    if (!settings)
        return;
    block = (struct block *)(void *)((char *)settings - offsetof(struct block, bytes));
    hy_wipe(block->bytes, block->size);
    free(block);
}
