/* The types of plugins' settings: from an option of the file to a value of the type. */
#ifndef HY_PLUGIN_VALUES_H
#define HY_PLUGIN_VALUES_H

#include "core/config/config.h"
#include "hythe/plugin.h"

/* What a value is kept as. */
enum hy_setting_form { HY_FORM_FLAG, HY_FORM_NUMBER, HY_FORM_TEXT, HY_FORM_LIST };

/* A value. Its strings are the option's. */
struct hy_setting_value {
    int64_t number;          /* FLAG and NUMBER */
    const char *const *list; /* TEXT (a single one) and LIST: count strings */
    size_t count;
    const struct hy_place *places; /* of a list's strings; NULL: they stand where the option does */
};

/* One type. */
struct hy_setting_kind {
    /* NULL, or what is wrong with the option. That never quotes it: it may be a secret. `choices`: of the row. */
    const char *(*parse)(const struct hy_option *option, const char *choices, struct hy_setting_value *out);
    enum hy_setting_form form;
    size_t size; /* of the field */
};

/* NULL for a type that this core doesn't know. */
const struct hy_setting_kind *hy_setting_kind(enum hythe_setting_type type);

#endif
