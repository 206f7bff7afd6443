/* Settings of a plugin in a few words, for C. It needs nothing but the plugin ABI: copy it for a plugin of your own.
 *
 *     struct mine {
 *         int64_t size;
 *     };
 *     static const struct hythe_setting rows[] = {
 *         SETTING(struct mine, size, SIZE, 0, INT64_MAX, "64M", "Bytes that there may be."),
 *     };
 *     static const struct hythe_plugin plugin = {..., SETTINGS(rows, struct mine), .start = start, ...};
 *
 * The arguments are the members of struct hythe_setting. */
#ifndef PLUGINS_SHARED_SETTINGS_H
#define PLUGINS_SHARED_SETTINGS_H

#include <hythe/plugin.h>

/* A row for the member `row` of `type`. */
#define SETTING(type, row, kind, least, most, otherwise, text) \
    SETTING_AT(#row, offsetof(type, row), kind, least, most, otherwise, text)
/* The same where the setting's name isn't that of a member. */
#define SETTING_AT(label, place, kind, least, most, otherwise, text) \
    { \
        .name = (label), .type = HYTHE_SET_##kind, .offset = (place), .min = (least), .max = (most), \
        .fallback = (otherwise), .help = (text) \
    }

/* The rows, as members of struct hythe_plugin. */
#define SETTINGS(rows, type) \
    .settings = (rows), .setting_count = sizeof(rows) / sizeof((rows)[0]), .setting_size = sizeof((rows)[0]), \
    .settings_size = sizeof(type)

#endif
