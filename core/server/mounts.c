#include "core/server/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int mount_one(const struct hy_mount_config *m, struct hy_plugins *plugins, struct hy_tree *tree,
                     struct hy_err *err)
{
    const struct hy_instance *layers[1];
    struct hy_chain *chain;
    struct hy_err why = {""};
    char label[256];
    int rc;

    (void)snprintf(label, sizeof label, "%s at %s", m->plugin, m->path);
    layers[0] = hy_plugins_start(plugins, m->plugin, HYTHE_FILESYSTEM, m->options, m->option_count, label, &why);
    if (!layers[0])
        return hy_err_set(err, "%s:%u: %s", m->place.file, m->place.line, why.text);
    chain = hy_chain_new(layers, 1);
    rc = chain ? hy_tree_mount(tree, m->path, chain) : -ENOMEM;
    if (rc) {
        free(chain);
        return hy_err_set(err, "%s:%u: mount %s: %s", m->place.file, m->place.line, m->path, strerrordesc_np(-rc));
    }
    return 0;
}

struct hy_tree *hy_server_mount(const struct hy_config *config, struct hy_plugins *plugins, struct hy_err *err)
{
    struct hy_tree *tree = hy_tree_new();

    if (!tree)
        hy_err_set(err, "out of memory");
    for (size_t i = 0; tree && i < config->mount_count; i++)
        if (mount_one(&config->mounts[i], plugins, tree, err)) {
            hy_tree_unref(tree);
            return NULL;
        }
    return tree;
}
