/* A plugin's settings: from the rows that it publishes and the options of the file to the struct that it reads. */
#ifndef HY_PLUGIN_SETTINGS_H
#define HY_PLUGIN_SETTINGS_H

#include "core/plugin/complain.h"
#include "hythe/plugin.h"

/* The plugin's struct with its lists and strings behind it in the same memory, for hy_settings_free(). NULL with
 * complaints: all of them, so that an operator sees every wrong line at once. */
void *hy_settings_make(const struct hythe_plugin *plugin, const struct hy_option *options, size_t count,
                       struct hy_complaints *to);
void hy_settings_free(void *settings); /* wipes them first; NULL is fine */

/* Row i of the plugin, below its setting_count. It may be longer or shorter than ours: the smaller of the two sizes,
 * the rest zeroed. */
struct hythe_setting hy_settings_row(const struct hythe_plugin *plugin, size_t i);

/* Whether the setting's value must not be shown: the plugin calls it a secret, or doesn't know it. */
bool hy_settings_hide(const struct hythe_plugin *plugin, const char *name);

#endif
