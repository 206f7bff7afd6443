#include "core/config/table.h"

#include <inttypes.h>
#include <string.h>

/* A string as libconfig reads it. */
static void put_string(FILE *out, const char *s)
{
    fputc('"', out);
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c == '\n')
            fputs("\\n", out);
        else if (c < 0x20 || c == 0x7f)
            fprintf(out, "\\x%02x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static void put_list(FILE *out, const char *const *list)
{
    fputs("( ", out);
    for (size_t i = 0; list[i]; i++) {
        fputs(i ? ", " : "", out);
        put_string(out, list[i]);
    }
    fputs(" )", out);
}

bool hy_config_hides(const struct hy_config *config, const struct hy_row *row)
{
    const struct hy_key_source *key = hy_config_first_key(config) ? &config->keys[0].source : NULL;

    if (row->offset == offsetof(struct hy_config, SSHCertStore))
        return key && config->SSHCertStore[0] && key->type && !hy_key_is_file(key);
    if (row->offset == offsetof(struct hy_config, SSHCertStorePassword) && key && hy_key_password_elsewhere(key))
        return false;
    return row->type == HY_TYPE_SECRET && **(const char *const *)((const char *)config + row->offset);
}

static void put_row(FILE *out, const struct hy_config *config, const struct hy_row *row)
{
    const void *field = (const char *)config + row->offset;
    char size[32];

    if (hy_config_hides(config, row)) {
        fprintf(out, "# %s = \"***\";\n", row->name);
        return;
    }
    fprintf(out, "%s = ", row->name);
    switch (row->type) {
    case HY_TYPE_BOOL:
        fputs(*(const bool *)field ? "true" : "false", out);
        break;
    case HY_TYPE_INT:
        fprintf(out, "%" PRId64, *(const int64_t *)field);
        break;
    case HY_TYPE_SIZE:
        put_string(out, hy_size_text(size, sizeof size, *(const int64_t *)field));
        break;
    case HY_TYPE_LIST:
        put_list(out, *(const char *const *const *)field);
        break;
    default:
        put_string(out, *(const char *const *)field);
        break;
    }
    fputs(";\n", out);
}

/* Whether a plugin's setting sounds as if nobody should read it over somebody's shoulder. A file's name may be read. */
static bool sounds_secret(const char *name)
{
    static const char *const words[] = {"password", "passphrase", "secret", "token", "credential", NULL};

    if (strstr(name, "file"))
        return false;
    for (size_t i = 0; words[i]; i++)
        if (strcasestr(name, words[i]))
            return true;
    return false;
}

/* What is written, and who knows what must not be. */
struct dump {
    const struct hy_config *config;
    const struct hy_config_secrets *secrets;
    FILE *out;
};

static bool is_hidden(const struct dump *d, const char *plugin, const char *setting)
{
    return sounds_secret(setting) || (d->secrets && d->secrets->hides(d->secrets->ctx, plugin, setting));
}

static void put_option(const struct dump *d, int indent, const char *plugin, const struct hy_option *option)
{
    bool hidden = is_hidden(d, plugin, option->name);

    fprintf(d->out, "%*s", indent, "");
    if (hidden || option->type == HY_VALUE_OTHER) {
        fprintf(d->out, "# %s = %s;\n", option->name, hidden ? "\"***\"" : "...");
        return;
    }
    fprintf(d->out, "%s = ", option->name);
    if (option->type == HY_VALUE_STRING)
        put_string(d->out, option->text);
    else if (option->type == HY_VALUE_LIST)
        put_list(d->out, option->list);
    else if (option->type == HY_VALUE_BOOL)
        fputs(option->number ? "true" : "false", d->out);
    else
        fprintf(d->out, "%" PRId64, option->number);
    fputs(";\n", d->out);
}

/* The line of one string. */
static void put_key(FILE *out, int indent, const char *name, const char *value)
{
    fprintf(out, "%*s%s = ", indent, "", name);
    put_string(out, value);
    fputs(";\n", out);
}

/* `methods` of auth, where it isn't everything. */
static void put_methods(FILE *out, int indent, uint32_t methods)
{
    const char *names[HY_METHOD_COUNT + 1];
    size_t count = 0;

    if (!methods || methods == UINT32_MAX)
        return;
    for (const char *const *name = hy_method_names; *name; name++)
        if (methods & hy_method_of(*name, strlen(*name)))
            names[count++] = *name;
    names[count] = NULL;
    fprintf(out, "%*smethods = ", indent, "");
    put_list(out, names);
    fputs(";\n", out);
}

static void put_plugins(const struct dump *d, int indent, const char *name, const struct hy_filter_config *plugins,
                        size_t count)
{
    FILE *out = d->out;

    if (!count)
        return;
    fprintf(out, "%*s%s = (\n", indent, "", name);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%*s{ plugin = ", indent + 2, "");
        put_string(out, plugins[i].plugin);
        fputs(";\n", out);
        put_methods(out, indent + 4, plugins[i].methods);
        for (size_t k = 0; k < plugins[i].option_count; k++)
            put_option(d, indent + 4, plugins[i].plugin, &plugins[i].options[k]);
        fprintf(out, "%*s}%s\n", indent + 2, "", i + 1 < count ? "," : "");
    }
    fprintf(out, "%*s);\n", indent, "");
}

static void put_mounts(const struct dump *d, int indent, const struct hy_mount_config *mounts, size_t count)
{
    static const char *const words[] = {
        [HY_SET_APPLY] = "apply", [HY_SET_IGNORE_UNSUPPORTED] = "ignore-unsupported", [HY_SET_IGNORE] = "ignore"};
    FILE *out = d->out;

    if (!count)
        return;
    fprintf(out, "%*smounts = (\n", indent, "");
    for (size_t i = 0; i < count; i++) {
        const struct hy_mount_config *mount = &mounts[i];

        fprintf(out, "%*s{ path = ", indent + 2, "");
        put_string(out, mount->path);
        fputs("; plugin = ", out);
        put_string(out, mount->plugin);
        fputs(";\n", out);
        for (size_t k = 0; k < mount->option_count; k++)
            put_option(d, indent + 4, mount->plugin, &mount->options[k]);
        put_key(out, indent + 4, "set_attributes", words[mount->set_attributes]);
        if (mount->codepage || *d->config->CodePage)
            put_key(out, indent + 4, "CodePage", mount->codepage ? mount->codepage : "");
        put_plugins(d, indent + 4, "filters", mount->filters, mount->filter_count - (mount->codepage != NULL));
        fprintf(out, "%*s}%s\n", indent + 2, "", i + 1 < count ? "," : "");
    }
    fprintf(out, "%*s);\n", indent, "");
}

static void put_profile(const struct dump *d, const struct hy_profile_config *profile)
{
    put_plugins(d, 4, "filters", profile->filters, profile->filter_count);
    put_mounts(d, 4, profile->mounts, profile->mount_count);
}

static void put_groups(const struct dump *d)
{
    const struct hy_config *config = d->config;
    FILE *out = d->out;

    if (!config->group_count)
        return;
    fputs("\ngroups = (\n", out);
    for (size_t i = 0; i < config->group_count; i++) {
        fputs("  { name = ", out);
        put_string(out, config->groups[i].name);
        fputs(";\n", out);
        put_profile(d, &config->groups[i].profile);
        fprintf(out, "  }%s\n", i + 1 < config->group_count ? "," : "");
    }
    fputs(");\n", out);
}

static void put_names(FILE *out, int indent, const char *name, const char *const *list)
{
    if (!list)
        return;
    fprintf(out, "%*s%s = ", indent, "", name);
    put_list(out, list);
    fputs(";\n", out);
}

static void put_user(const struct dump *d, const struct hy_user_config *user)
{
    FILE *out = d->out;

    fputs("  { name = ", out);
    put_string(out, user->name);
    fputs(";\n", out);
    if (user->password)
        fputs("    # password = \"***\";\n", out);
    put_names(out, 4, "keys", user->keys);
    put_names(out, 4, "factors", user->factors.sets);
    if (user->home)
        put_key(out, 4, "HomeDir", user->home);
    if (user->user_root)
        put_key(out, 4, "UserRootDirectory", user->user_root);
    if (user->restrict_to_home || d->config->RestrictUserToHomeDir)
        fprintf(out, "    RestrictUserToHomeDir = %s;\n", user->restrict_to_home ? "true" : "false");
    if (user->version)
        fprintf(out, "    ProtocolVersion = %" PRId64 ";\n", user->version);
    put_names(out, 4, "groups", user->groups);
    put_profile(d, &user->profile);
}

static void put_users(const struct dump *d)
{
    const struct hy_config *config = d->config;

    if (!config->user_count)
        return;
    fputs("\nusers = (\n", d->out);
    for (size_t i = 0; i < config->user_count; i++) {
        put_user(d, &config->users[i]);
        fprintf(d->out, "  }%s\n", i + 1 < config->user_count ? "," : "");
    }
    fputs(");\n", d->out);
}

static void put_cert(FILE *out, const struct hy_key_source *key)
{
    fputs("  { ", out);
    if (hy_key_is_file(key))
        put_key(out, 0, "Store", key->store);
    else
        fputs("# Store = \"***\";\n", out);
    put_key(out, 4, "StoreType", hy_store_type_name(key->type));
    if (key->password[0] && !hy_key_password_elsewhere(key))
        fputs("    # StorePassword = \"***\";\n", out);
    else if (key->password[0])
        put_key(out, 4, "StorePassword", key->password);
    if (key->subject[0])
        put_key(out, 4, "Subject", key->subject);
}

/* SSHCertStore is the first key, but is written as what it is. */
static void put_keys(FILE *out, const struct hy_config *config)
{
    size_t first = hy_config_first_key(config) ? 1 : 0;

    if (config->key_count <= first)
        return;
    fputs("\nAltSSHCert = (\n", out);
    for (size_t i = first; i < config->key_count; i++) {
        put_cert(out, &config->keys[i].source);
        fprintf(out, "  }%s\n", i + 1 < config->key_count ? "," : "");
    }
    fputs(");\n", out);
}

static void put_listeners(FILE *out, const struct hy_config *config)
{
    size_t first = config->local_listener ? 1 : 0;

    if (config->listener_count <= first)
        return;
    fputs("\nlisten = (\n", out);
    for (size_t i = first; i < config->listener_count; i++) {
        const struct hy_listen_config *l = &config->listeners[i];

        fputs("  { LocalHost = ", out);
        put_string(out, l->host);
        fprintf(out, "; LocalPort = %" PRId64 "; proxy_protocol = %s; }%s\n", l->port, l->proxy ? "true" : "false",
                i + 1 < config->listener_count ? "," : "");
    }
    fputs(");\n", out);
}

/* LocalHost and LocalPort would make a listener where the file has none of theirs. */
static bool is_written(const struct hy_config *config, const struct hy_row *row)
{
    if (row->kind != HY_ROW_GLOBAL)
        return false;
    return config->local_listener || (strcmp(row->name, "LocalHost") != 0 && strcmp(row->name, "LocalPort") != 0);
}

static void put_clients(FILE *out, const struct hy_config *config)
{
    if (!config->client_count)
        return;
    fputs("\nclient_versions = (\n", out);
    for (size_t i = 0; i < config->client_count; i++) {
        fputs("  { client = ", out);
        put_string(out, config->clients[i].client);
        fprintf(out, "; ProtocolVersion = %" PRId64 "; }%s\n", config->clients[i].version,
                i + 1 < config->client_count ? "," : "");
    }
    fputs(");\n", out);
}

/* Prompts that stand in arrays. */
static void put_prompts(FILE *out, const struct hy_config *config)
{
    size_t count = (size_t)config->KeyboardInteractivePromptCount;
    const char *texts[HY_PROMPTS_MAX + 1];

    if (*config->KeyboardInteractivePrompts || !count)
        return;
    for (size_t i = 0; i < count; i++)
        texts[i] = config->prompts[i].text;
    texts[count] = NULL;
    put_names(out, 0, "KeyboardInteractivePromptPrompt", texts);
    fputs("KeyboardInteractivePromptEcho = ( ", out);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s%s", i ? ", " : "", config->prompts[i].echo ? "true" : "false");
    fputs(" );\n", out);
}

void hy_config_dump(const struct hy_config *config, const struct hy_config_secrets *secrets, FILE *out)
{
    const struct dump dump = {config, secrets, out};
    size_t first = config->RootDirectory[0] ? 1 : 0; /* that mount is written as what it is */

    for (size_t i = 0; i < hy_row_count; i++)
        if (is_written(config, &hy_rows[i]))
            put_row(out, config, &hy_rows[i]);
    put_listeners(out, config);
    put_prompts(out, config);
    put_names(out, 0, "factors", config->factors.sets);
    put_keys(out, config);
    put_clients(out, config);
    fputs("\n", out);
    if (config->mount_count > first)
        put_mounts(&dump, 0, config->mounts + first, config->mount_count - first);
    fputs("\n", out);
    put_plugins(&dump, 0, "auth", config->auth, config->auth_count);
    put_groups(&dump);
    put_users(&dump);
}
