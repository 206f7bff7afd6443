#include "core/server/internal.h"

static bool hides(void *ctx, const char *plugin, const char *setting)
{
    return hy_plugins_hides(ctx, plugin, setting);
}

int hy_server_dump(const struct hy_config *config, FILE *out)
{
    struct hy_plugins *plugins = hy_plugins_new(config->plugin_directory, NULL);
    const struct hy_config_secrets secrets = {hides, plugins};

    if (!plugins)
        return -1;
    hy_config_dump(config, &secrets, out);
    hy_plugins_free(plugins);
    return 0;
}
