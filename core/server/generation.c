#include "core/server/generation.h"
#include "core/server/algorithms.h"
#include "core/server/internal.h"

#include <stdlib.h>
#include <string.h>

static int build(struct hy_generation *g, const struct hy_generation *before, const struct hy_plugin_means *means,
                 struct hy_err *err)
{
    const char *directory = g->config->plugin_directory;

    g->plugins = before ? hy_plugins_next(before->plugins, directory) : hy_plugins_new(directory, g->log);
    if (!g->plugins)
        return hy_err_set(err, "out of memory");
    if (hy_guests_begin(&g->guests, g->config, err))
        return -1;
    if (!before)
        hy_plugins_set_means(g->plugins, means);
    g->trees = hy_trees_new(g->config, g->plugins, err);
    if (!g->trees)
        return -1;
    return hy_access_begin(&g->access, g->config, g->plugins, g->log, err);
}

static void tell_warnings(const struct hy_generation *g)
{
    struct hy_problems warnings = {0};
    char where[HY_PLACE_TEXT];

    hy_server_warn(g->config, &warnings);
    for (size_t i = 0; i < warnings.count; i++)
        hy_log(g->log, HY_LOG_INFO, 0, "%s%s", hy_place_said(warnings.items[i].place, where), warnings.items[i].text);
    hy_problems_free(&warnings);
}

struct hy_generation *hy_generation_new(const struct hy_config *config, const struct hy_generation *before,
                                        struct hy_ssh_server *ssh, const struct hy_plugin_means *means,
                                        const struct hy_log *log, struct hy_err *err)
{
    struct hy_generation *g = calloc(1, sizeof *g);

    if (!g) {
        (void)hy_err_set(err, "out of memory");
        return NULL;
    }
    g->config = config;
    g->ssh = hy_ssh_server_ref(ssh);
    g->log = log;
    g->limits = (struct hy_ssh_limits){.login_grace = (unsigned)config->login_grace,
                                       .handshake = (unsigned)config->DefaultConnectionTimeout,
                                       .stall = (unsigned)config->DefaultTimeout,
                                       .idle = (unsigned)config->idle_timeout,
                                       .max_channels = (unsigned)config->max_channels,
                                       .receive_window = (size_t)config->receive_window,
                                       .rekey_bytes = (uint64_t)config->KeyRenegotiationThreshold,
                                       .rekey_seconds = (unsigned)config->rekey_interval,
                                       .alive_seconds = (unsigned)config->SSHKeepAliveInterval,
                                       .alive_max = (unsigned)config->SSHKeepAliveCountMax,
                                       .read_ms = (unsigned)config->MaxReadTime,
                                       .strict = (unsigned)config->UseStrictKeyExchange,
                                       .version = config->ServerSSHVersionString + strlen(HY_SSH_PREFIX),
                                       .patterns = config->SSHVersionPattern,
                                       .banner = config->UserAuthBanner};
    atomic_init(&g->refs, 1);
    if (hy_server_join_lists(config, g->lists)) {
        (void)hy_err_set(err, "out of memory");
    } else {
        memcpy(g->limits.lists, g->lists, sizeof g->limits.lists);
        tell_warnings(g);
        if (hy_ssh_server_check(ssh, &g->limits, err) == 0 && build(g, before, means, err) == 0)
            return g;
    }
    hy_generation_unref(g);
    return NULL;
}

struct hy_generation *hy_generation_ref(struct hy_generation *generation)
{
    atomic_fetch_add_explicit(&generation->refs, 1, memory_order_relaxed);
    return generation;
}

void hy_generation_unref(struct hy_generation *generation)
{
    if (!generation || atomic_fetch_sub_explicit(&generation->refs, 1, memory_order_acq_rel) > 1)
        return;
    hy_trees_free(generation->trees);
    hy_plugins_free(generation->plugins);
    hy_access_free(&generation->access);
    hy_guests_end(&generation->guests);
    hy_ssh_server_unref(generation->ssh);
    for (size_t i = 0; i < HY_SSH_LISTS; i++)
        free(generation->lists[i]);
    hy_config_free(generation->owned);
    free(generation);
}
