#include "core/server/access.h"
#include "core/server/algorithms.h"
#include "core/server/internal.h"
#include "core/server/revoked.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>

/* Whether the keys go with the algorithms. */
static void check_lists(const struct hy_config *config, struct hy_ssh_server *ssh, struct hy_problems *problems)
{
    struct hy_ssh_limits limits = {.version = "check"};
    char *lists[HY_SSH_LISTS] = {NULL};
    struct hy_err err = {0};

    if (hy_server_join_lists(config, lists) == 0) {
        memcpy(limits.lists, lists, sizeof limits.lists);
        if (hy_ssh_server_check(ssh, &limits, &err))
            hy_problems_add(problems, hy_config_place(config, "SSHPublicKeyAlgorithms"), "SSHPublicKeyAlgorithms: %s",
                            err.text);
    }
    for (size_t i = 0; i < HY_SSH_LISTS; i++)
        free(lists[i]);
}

void hy_server_check_keys(const struct hy_config *config, struct hy_problems *problems)
{
    struct hy_err err = {0};
    struct hy_ssh_server *ssh = hy_ssh_server_new(&err);

    if (!ssh)
        hy_problems_add(problems, (struct hy_place){0}, "%s", err.text);
    for (size_t i = 0; ssh && i < config->key_count; i++) {
        const char *type;
        const struct hy_key_source *source = &config->keys[i].source;

        if (!source->type || !source->store || !source->password || !source->subject)
            continue; /* the reader has said why */
        if (hy_server_read_key(&config->keys[i], NULL, ssh, &type, &err))
            hy_problems_add(problems, config->keys[i].place, "%s", err.text);
    }
    if (ssh && config->key_count && !problems->count)
        check_lists(config, ssh, problems);
    hy_ssh_server_unref(ssh);
}

/* A plugin says in the log why it doesn't start; here that is the problem's text. */
static void keep_line(void *ctx, enum hy_log_level level, uint64_t conn, const char *line)
{
    (void)level, (void)conn;
    (void)hy_err_set(ctx, "%s", line);
}

struct checking {
    struct hy_plugins *plugins;
    struct hy_err said; /* the plugin's own words */
    struct hy_problems *problems;
};

/* Starting an instance is what tells whether its root is there; no session is ever attached to it. NULL after a
 * complaint. */
static const struct hy_instance *check_layer(struct checking *c, enum hythe_kind kind,
                                             const struct hy_filter_config *what, const char *label)
{
    const struct hy_instance *instance;
    struct hy_err err = {0};

    if (!what->plugin)
        return NULL; /* the reader has said so */
    c->said.text[0] = '\0';
    if (hy_plugins_check(c->plugins, what->plugin, kind, what->options, what->option_count, what->place, c->problems))
        return NULL;
    instance = hy_plugins_start(c->plugins, what->plugin, kind, what->options, what->option_count, label, &err);
    if (!instance)
        hy_problems_add(c->problems, what->place, "%s", *c->said.text ? c->said.text : err.text);
    return instance;
}

static int check_stack(void *ctx, const struct hy_stack *stack)
{
    const struct hy_mount_config *m = stack->mount;

    for (size_t i = 0; i < stack->filter_count; i++)
        (void)check_layer(ctx, HYTHE_FILTER, &stack->filters[i], stack->filters[i].plugin);
    if (m) {
        const struct hy_filter_config plugin = {
            .plugin = m->plugin, .options = m->options, .option_count = m->option_count, .place = m->place};

        (void)check_layer(ctx, HYTHE_FILESYSTEM, &plugin, m->plugin);
    }
    return 0;
}

static void check_tree(const struct hy_config *config, const struct hy_plugin_means *means,
                       struct hy_problems *problems)
{
    struct checking checking = {.problems = problems};
    const struct hy_log log = {.sink = keep_line, .ctx = &checking.said, .level = HY_LOG_ERROR};
    struct hy_err err;

    checking.plugins = hy_plugins_new(config->plugin_directory, &log);
    if (checking.plugins) {
        hy_plugins_set_means(checking.plugins, means);
        (void)hy_stacks_each(config, check_stack, &checking);
    }
    hy_plugins_free(checking.plugins);
    for (size_t i = 0; i < config->user_count; i++)
        if (config->users[i].name && hy_layers_fit(config, &config->users[i], means, &err))
            hy_problems_add(problems, config->users[i].place, "%s", err.text);
}

/* `sound`: else the reader may have refused a user of the file, and they can't be made known. */
static void check_access(const struct hy_config *config, const struct hy_plugin_means *means, bool sound,
                         struct hy_problems *problems)
{
    struct checking checking = {.problems = problems};
    const struct hy_log log = {.sink = keep_line, .ctx = &checking.said, .level = HY_LOG_ERROR};
    struct hy_access access = {.users = NULL};
    struct hy_err err = {.text = "out of memory"};
    struct hy_place place;
    bool whole = sound;
    uint32_t offered = 0;

    checking.plugins = hy_plugins_new(config->plugin_directory, &log);
    if (checking.plugins)
        hy_plugins_set_means(checking.plugins, means);
    if (!checking.plugins || (sound && hy_access_register(&access, config, checking.plugins, &err)))
        hy_problems_add(problems, (struct hy_place){0}, "%s", err.text);
    for (size_t i = 0; checking.plugins && i < config->auth_count; i++) {
        const struct hy_filter_config *entry = &config->auth[i];
        const struct hy_instance *instance = NULL;

        if (access.users || (entry->plugin && strcmp(entry->plugin, "users") != 0))
            instance = check_layer(&checking, HYTHE_AUTH, entry, entry->plugin);
        whole = whole && instance;
        if (instance)
            offered |= instance->auth.methods & entry->methods;
    }
    if (whole && hy_access_judge(config, offered, &place, &err))
        hy_problems_add(problems, place, "%s", err.text);
    hy_plugins_free(checking.plugins);
    hy_access_free(&access);
}

static void check_names(const struct hy_config *config, struct hy_problems *problems)
{
    for (size_t i = 0; i < config->listener_count; i++) {
        const struct hy_listen_config *listener = &config->listeners[i];
        struct addrinfo *list;
        struct hy_err err;

        if (!hy_is_host_name(listener->host))
            continue;
        if (hy_server_resolve(config, listener, &list, &err))
            hy_problems_add(problems, listener->place, "%s", err.text);
        else
            freeaddrinfo(list);
    }
    hy_guests_check(config, problems);
}

static void check_revoked(const struct hy_config *config, struct hy_problems *problems)
{
    struct hy_revoked *revoked = NULL;
    struct hy_err err = {0};

    if (hy_server_read_revoked(config->revoked_keys, &revoked, &err))
        hy_problems_add(problems, hy_config_place(config, "revoked_keys"), "%s", err.text);
    hy_revoked_free(revoked);
}

void hy_server_check(const struct hy_config *config, const struct hy_assist *assist, struct hy_problems *problems)
{
    const struct hy_plugin_means means = {.assist = assist, .key_line_ok = hy_public_key_ok};
    bool sound = problems->count == 0;

    check_names(config, problems);
    check_tree(config, &means, problems);
    check_access(config, &means, sound, problems);
    check_revoked(config, problems);
}
