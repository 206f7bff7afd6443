/* A shared object that holds a plugin. */
#ifndef HY_PLUGIN_OBJECT_H
#define HY_PLUGIN_OBJECT_H

#include "core/plugin/complain.h"
#include "hythe/plugin.h"

struct hy_object {
    char *name;
    const struct hythe_plugin *plugin;
    void *handle; /* of dlopen(); NULL for a plugin from memory */
};

/* Opens directory/name.so and asks it for its plugin. 0, or -1 with a complaint. */
int hy_object_open(struct hy_object *object, const char *directory, const char *name, struct hy_complaints *to);
void hy_object_close(struct hy_object *object);

/* Whether this core can use what the plugin says of itself, of which nothing has been called yet. */
int hy_object_verify(const struct hythe_plugin *plugin, const char *name, struct hy_complaints *to);
/* Whether it is what the configuration wants it for. */
int hy_object_suits(const struct hythe_plugin *plugin, enum hythe_kind kind, struct hy_complaints *to);

#endif
