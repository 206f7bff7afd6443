/* A shared object that holds a plugin. */
#ifndef HY_PLUGIN_OBJECT_H
#define HY_PLUGIN_OBJECT_H

#include "core/plugin/complain.h"
#include "core/plugin/frozen.h"
#include "hythe/plugin.h"

struct hy_object {
    char *name;
    char *file;              /* where it was found; NULL for a plugin from memory */
    struct hy_frozen frozen; /* what is loaded, and what tells one content of the file from another */
    const struct hythe_plugin *plugin;
    void *handle; /* of dlopen(); NULL before, and for a plugin from memory */
};

/* Finds directory/name.so, checks who could have written it and takes a copy; nothing of it runs. 0, or -1 with a
 * complaint. */
int hy_object_find(struct hy_object *object, const char *directory, const char *name, struct hy_complaints *to);
/* Loads what was found and asks it for its plugin. 0, or -1 with a complaint. */
int hy_object_load(struct hy_object *object, struct hy_complaints *to);
/* Both. */
int hy_object_open(struct hy_object *object, const char *directory, const char *name, struct hy_complaints *to);
void hy_object_close(struct hy_object *object);

/* Whether this core can use what the plugin says of itself, of which nothing has been called yet. */
int hy_object_verify(const struct hythe_plugin *plugin, const char *name, struct hy_complaints *to);
/* Whether it is what the configuration wants it for. */
int hy_object_suits(const struct hythe_plugin *plugin, enum hythe_kind kind, struct hy_complaints *to);

#endif
