/* What a place of the configuration wants started, in a form that can be kept and compared after the configuration is
 * gone. */
#ifndef HY_PLUGIN_WANTED_H
#define HY_PLUGIN_WANTED_H

#include "core/config/config.h"
#include "core/plugin/frozen.h"

/* Of the label and all options, in whatever order they stand. They may hold secrets: none can be read from it. 0, or -1
 * when memory is short. */
int hy_wanted(const char *label, const struct hy_option *options, size_t count, struct hy_digest *out);

#endif
