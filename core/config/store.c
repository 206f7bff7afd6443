#include "core/config/store.h"
#include "core/base/buf.h"
#include "core/config/read.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct hy_store {
    config_t tree;
    struct hy_arena *arena; /* the places of its settings, their hooks */
    const char *file;       /* that it was loaded from; "": none. The place of what it doesn't say */
    unsigned next;          /* number of the next value that is set, in the place of a line */
};

enum { LIST_MAX = 1000 };

/* Lists whose values are set one by one. Those of a family have the same length, which `count` sets and tells. */
static const struct family {
    const char *count; /* NULL: only the first value, and one more than there are, can be set */
    const char *names[4], *fill[4];
    long long most;
} families[] = {
    {"AltSSHCertCount",
     {"AltSSHCertStore", "AltSSHCertStoreType", "AltSSHCertStorePassword", "AltSSHCertSubject"},
     {"", "Auto", "", ""},
     LIST_MAX},
    {"KeyboardInteractivePromptCount",
     {"KeyboardInteractivePromptPrompt", "KeyboardInteractivePromptEcho"},
     {"Password: ", "false"}, /* an empty prompt can't be asked */
     HY_PROMPTS_MAX},
    {NULL, {"factors"}, {""}, LIST_MAX},
};

static const struct family *family_of(const struct hy_row *row)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        for (size_t k = 0; k < 4 && families[i].names[k]; k++)
            if (strcmp(families[i].names[k], row->name) == 0)
                return &families[i];
    return NULL;
}

static const struct family *counted_by(const struct hy_row *row)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (families[i].count && strcmp(families[i].count, row->name) == 0)
            return &families[i];
    return NULL;
}

bool hy_store_takes(const struct hy_row *row)
{
    return row->section == HY_SECTION_GLOBAL &&
           (row->kind == HY_ROW_GLOBAL || (row->kind == HY_ROW_KEY && (family_of(row) || counted_by(row))));
}

/* ---- Trees ---- */

static struct hy_store *new_store(const char *file, unsigned next)
{
    struct hy_store *store = calloc(1, sizeof *store);

    if (!store)
        return NULL;
    config_init(&store->tree);
    store->next = next;
    store->arena = hy_arena_new();
    store->file = store->arena ? hy_arena_strndup(store->arena, file, strlen(file)) : NULL;
    if (store->file)
        return store;
    hy_store_free(store);
    return NULL;
}

struct hy_store *hy_store_new(void)
{
    return new_store("", 1);
}

void hy_store_free(struct hy_store *store)
{
    if (!store)
        return;
    hy_tree_wipe(config_root_setting(&store->tree));
    config_destroy(&store->tree);
    hy_arena_free(store->arena);
    free(store);
}

static int mark(const struct hy_store *store, config_setting_t *at, struct hy_place place)
{
    struct hy_place *copy = hy_arena_alloc(store->arena, 1, sizeof *copy);

    if (!copy)
        return -1;
    copy->line = place.line;
    copy->file = hy_arena_strndup(store->arena, place.file, strlen(place.file));
    config_setting_set_hook(at, copy);
    return copy->file ? 0 : -1;
}

static int copy_value(const config_setting_t *from, config_setting_t *to)
{
    switch (config_setting_type(from)) {
    case CONFIG_TYPE_INT:
        return config_setting_set_int(to, config_setting_get_int(from));
    case CONFIG_TYPE_INT64:
        return config_setting_set_int64(to, config_setting_get_int64(from));
    case CONFIG_TYPE_FLOAT:
        return config_setting_set_float(to, config_setting_get_float(from));
    case CONFIG_TYPE_BOOL:
        return config_setting_set_bool(to, config_setting_get_bool(from));
    case CONFIG_TYPE_STRING:
        return config_setting_set_string(to, config_setting_get_string(from));
    default:
        return CONFIG_TRUE;
    }
}

/* The settings of one below the other. r: who reads `from`; NULL: it is a store's. */
static int copy_tree(const struct hy_store *store, const struct hy_reading *r, const config_setting_t *from,
                     config_setting_t *to)
{
    for (int i = 0; i < config_setting_length(from); i++) {
        const config_setting_t *one = config_setting_get_elem(from, (unsigned)i);
        config_setting_t *copy = config_setting_add(to, config_setting_name(one), config_setting_type(one));
        const struct hy_place *place =
            r ? &(struct hy_place){hy_place_of(r, one).file, hy_place_of(r, one).line} : config_setting_get_hook(one);

        if (!copy || copy_value(one, copy) != CONFIG_TRUE || (place && mark(store, copy, *place)))
            return -1;
        if (config_setting_is_aggregate(one) && copy_tree(store, r, one, copy))
            return -1;
    }
    return 0;
}

struct taking {
    const char *file;
    struct hy_store *store; /* NULL: no memory */
};

static void take(void *ctx, const struct hy_reading *r, const config_setting_t *root)
{
    struct taking *t = ctx;

    t->store = new_store(t->file, 1);
    if (t->store && copy_tree(t->store, r, root, config_root_setting(&t->store->tree))) {
        hy_store_free(t->store);
        t->store = NULL;
    }
}

struct hy_store *hy_store_load(const char *file, const char *text, const struct hy_config_rules *rules,
                               struct hy_problems *problems)
{
    struct taking taking = {.file = text ? "" : file};
    const struct hy_input input = {.file = file, .text = text, .keep = take, .ctx = &taking};
    struct hy_config *config = hy_config_read_from(&input, rules, problems);

    if (config && taking.store) {
        hy_config_free(config);
        return taking.store;
    }
    if (config)
        hy_problems_add(problems, (struct hy_place){file, 0}, "out of memory");
    hy_config_free(config);
    hy_store_free(taking.store);
    return NULL;
}

struct hy_config *hy_store_read(const struct hy_store *store, const struct hy_config_rules *rules,
                                struct hy_problems *problems)
{
    const struct hy_input input = {.file = store->file, .root = config_root_setting(&store->tree)};

    return hy_config_read_from(&input, rules, problems);
}

/* ---- Setting ---- */

static bool is_digits(const char *text)
{
    text += *text == '-';
    return *text && text[strspn(text, "0123456789")] == '\0';
}

/* A text as what a file would have: numbers are numbers, and all the rest is for the reader to understand. */
static int put_value(config_setting_t *to, const char *value)
{
    if (config_setting_type(to) == CONFIG_TYPE_INT64)
        return config_setting_set_int64(to, strtoll(value, NULL, 10));
    return config_setting_set_string(to, value);
}

static config_setting_t *add(const struct hy_store *store, config_setting_t *to, const char *name, int type)
{
    config_setting_t *at = config_setting_add(to, name, type);

    return at && mark(store, at, (struct hy_place){"", store->next}) == 0 ? at : NULL;
}

static int set_plain(struct hy_store *store, const struct hy_row *row, const char *value)
{
    config_setting_t *root = config_root_setting(&store->tree), *at = config_setting_get_member(root, row->name);
    int type = row->type == HY_TYPE_INT && is_digits(value) ? CONFIG_TYPE_INT64 : CONFIG_TYPE_STRING;

    if (at) {
        hy_tree_wipe(at);
        (void)config_setting_remove(root, row->name);
    }
    if (!*value && !*row->fallback)
        return 0; /* as if nobody had spoken of it */
    at = add(store, root, row->name, type);
    return at && put_value(at, value) == CONFIG_TRUE ? 0 : -1;
}

/* The values of a list, each of which may be a number or a truth in a file. */
static const config_setting_t *element(const config_setting_t *at, size_t i)
{
    if (config_setting_is_aggregate(at))
        return config_setting_get_elem(at, (unsigned)i);
    return i ? NULL : at;
}

static char *text_of(const config_setting_t *at)
{
    char *text = NULL;

    switch (config_setting_type(at)) {
    case CONFIG_TYPE_STRING:
        return strdup(config_setting_get_string(at));
    case CONFIG_TYPE_BOOL:
        return strdup(config_setting_get_bool(at) ? "true" : "false");
    default:
        return asprintf(&text, "%lld", config_setting_get_int64(at)) < 0 ? NULL : text;
    }
}

static void free_value(char *value)
{
    if (value)
        hy_wipe(value, strlen(value));
    free(value);
}

static void free_values(char **values, size_t count)
{
    for (size_t i = 0; values && i < count; i++)
        free_value(values[i]);
    free(values);
}

/* `count` values of a list, new ones being `fill`. */
static char **values_of(const struct hy_store *store, const char *name, const char *fill, size_t count)
{
    const config_setting_t *at = config_setting_get_member(config_root_setting(&store->tree), name);
    char **values = calloc(count + 1, sizeof *values);

    for (size_t i = 0; values && i < count; i++) {
        const config_setting_t *one = at ? element(at, i) : NULL;

        values[i] = one ? text_of(one) : strdup(fill);
        if (!values[i]) {
            free_values(values, count);
            return NULL;
        }
    }
    return values;
}

/* What was set now, `changed`, has a number of its own. */
static int put_values(struct hy_store *store, const char *name, char **values, size_t count, int64_t changed)
{
    config_setting_t *root = config_root_setting(&store->tree), *at = config_setting_get_member(root, name), *one;

    if (at) {
        hy_tree_wipe(at);
        (void)config_setting_remove(root, name);
    }
    if (!count)
        return 0;
    at = config_setting_add(root, name, CONFIG_TYPE_LIST);
    if (!at || mark(store, at, (struct hy_place){"", store->next + 1}))
        return -1;
    for (size_t i = 0; i < count; i++) {
        one = config_setting_add(at, NULL, CONFIG_TYPE_STRING);
        if (!one || config_setting_set_string(one, values[i]) != CONFIG_TRUE ||
            mark(store, one, (struct hy_place){"", store->next + ((int64_t)i != changed)}))
            return -1;
    }
    return 0;
}

/* Makes the lists of a family that long and, of the one called `name` (NULL: none), sets one value. */
static int set_family(struct hy_store *store, const struct family *family, size_t count, const char *name,
                      int64_t index, const char *value)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < 4 && family->names[i]; i++) {
        bool mine = name && strcmp(family->names[i], name) == 0;
        char **values = values_of(store, family->names[i], family->fill[i], count);
        char *copy = values && mine ? strdup(value) : NULL;

        if (copy) {
            free_value(values[index]);
            values[index] = copy;
        }
        rc = !values || (mine && !copy) ||
             put_values(store, family->names[i], values, count, mine ? index : HY_NO_INDEX);
        free_values(values, count);
    }
    return rc ? -1 : 0;
}

static size_t length_of(const struct hy_store *store, const struct family *family)
{
    const config_setting_t *at = config_setting_get_member(config_root_setting(&store->tree), family->names[0]);

    if (!at)
        return 0;
    return config_setting_is_aggregate(at) ? (size_t)config_setting_length(at) : 1;
}

static int set_count(struct hy_store *store, const struct family *family, const char *value, struct hy_err *err)
{
    long long count = is_digits(value) ? strtoll(value, NULL, 10) : -1;

    if (count < 0 || count > family->most)
        return hy_err_set(err, "%s: \"%s\" is not a number from 0 to %lld", family->count, value, family->most);
    if (config_setting_get_member(config_root_setting(&store->tree), family->count))
        (void)config_setting_remove(config_root_setting(&store->tree), family->count);
    return set_family(store, family, (size_t)count, NULL, HY_NO_INDEX, NULL) ? hy_err_set(err, "out of memory") : 0;
}

/* Name=value stands for a list of that alone; Name= for an empty one. */
static int set_value(struct hy_store *store, const struct family *family, const struct hy_row *row, int64_t index,
                     const char *value, struct hy_err *err)
{
    size_t count = length_of(store, family);
    config_setting_t *root = config_root_setting(&store->tree);

    if (index >= family->most)
        return hy_err_set(err, "%s[%" PRId64 "]: there are at most %lld", row->name, index, family->most);
    if (index > (int64_t)count)
        return hy_err_set(err, "%s[%" PRId64 "]: there are %zu, so the next is %s[%zu]", row->name, index, count,
                          row->name, count);
    if (index == (int64_t)count)
        count++;
    if (index == HY_NO_INDEX)
        count = *value ? 1 : 0;
    if (family->count && config_setting_get_member(root, family->count))
        (void)config_setting_remove(root, family->count); /* the lists say it */
    return set_family(store, family, count, count ? row->name : NULL, index < 0 ? 0 : index, value)
               ? hy_err_set(err, "out of memory")
               : 0;
}

static int set(struct hy_store *store, const struct hy_row *row, int64_t index, const char *value, struct hy_err *err)
{
    const struct family *lists = family_of(row), *counted = counted_by(row);

    if (!hy_store_takes(row))
        return hy_err_set(err, "%s is a list of groups: it can only be loaded", row->name);
    if (lists)
        return set_value(store, lists, row, index, value, err);
    if (index != HY_NO_INDEX)
        return hy_err_set(err, "%s is no list: it has no %s[%" PRId64 "]", row->name, row->name, index);
    if (counted)
        return set_count(store, counted, value, err);
    return set_plain(store, row, value) ? hy_err_set(err, "out of memory") : 0;
}

struct hy_store *hy_store_with(const struct hy_store *store, const struct hy_row *row, int64_t index, const char *value,
                               struct hy_place *place, struct hy_err *err)
{
    struct hy_store *copy = new_store(store->file, store->next);

    if (!copy || copy_tree(copy, NULL, config_root_setting(&store->tree), config_root_setting(&copy->tree))) {
        (void)hy_err_set(err, "out of memory");
    } else if (set(copy, row, index, value, err) == 0) {
        *place = (struct hy_place){"", store->next};
        copy->next += 2;
        return copy;
    }
    hy_store_free(copy);
    return NULL;
}
