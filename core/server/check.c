#include "core/server/access.h"
#include "core/server/internal.h"

static void check_keys(const struct hy_config *config, struct hy_problems *problems)
{
    struct hy_err err = {""};
    struct hy_ssh_server *ssh = hy_ssh_server_new(&err);

    if (!ssh)
        hy_problems_add(problems, (struct hy_place){0}, "%s", err.text);
    for (size_t i = 0; ssh && i < config->key_count; i++) {
        const char *type;

        if (hy_server_read_key(&config->keys[i], ssh, &type, &err))
            hy_problems_add(problems, config->keys[i].place, "%s", err.text);
    }
    hy_ssh_server_free(ssh);
}

/* A plugin says in the log why it doesn't start; here that is the problem's text. */
static void keep_line(void *ctx, enum hy_log_level level, uint64_t conn, const char *line)
{
    (void)level, (void)conn;
    (void)hy_err_set(ctx, "%s", line);
}

/* Starting an instance is what tells whether its root is there; no session is ever attached to it. */
static void check_mounts(const struct hy_config *config, struct hy_problems *problems)
{
    struct hy_err said = {""}, err = {""};
    const struct hy_log log = {keep_line, &said, HY_LOG_ERROR};
    struct hy_plugins *plugins = hy_plugins_new(config->plugin_directory, &log);

    for (size_t i = 0; plugins && i < config->mount_count; i++) {
        const struct hy_mount_config *m = &config->mounts[i];

        said.text[0] = '\0';
        if (hy_plugins_check(plugins, m->plugin, HYTHE_FILESYSTEM, m->options, m->option_count, m->place, problems))
            continue;
        if (!hy_plugins_start(plugins, m->plugin, HYTHE_FILESYSTEM, m->options, m->option_count, m->plugin, &err))
            hy_problems_add(problems, m->place, "%s", *said.text ? said.text : err.text);
    }
    hy_plugins_free(plugins);
}

static void check_access(const struct hy_config *config, struct hy_problems *problems)
{
    static const struct hy_log silence;
    struct hy_plugins *plugins = hy_plugins_new(config->plugin_directory, &silence);
    struct hy_access access = {.users = NULL};
    struct hy_err err = {"out of memory"};

    if (!plugins || hy_access_begin(&access, config, plugins, &silence, &err))
        hy_problems_add(problems, (struct hy_place){0}, "%s", err.text);
    hy_plugins_free(plugins);
    hy_access_free(&access);
}

void hy_server_check(const struct hy_config *config, struct hy_problems *problems)
{
    bool sound = problems->count == 0;

    check_keys(config, problems);
    check_mounts(config, problems);
    if (sound) /* else the reader has judged each user of the file already */
        check_access(config, problems);
}
