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

static void put_row(FILE *out, const struct hy_config *config, const struct hy_row *row)
{
    const void *field = (const char *)config + row->offset;
    char size[32];

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

static void put_option(const struct dump *d, const char *plugin, const struct hy_option *option)
{
    bool hidden = is_hidden(d, plugin, option->name);

    if (hidden || option->type == HY_VALUE_OTHER) {
        fprintf(d->out, "    # %s = %s;\n", option->name, hidden ? "\"***\"" : "...");
        return;
    }
    fprintf(d->out, "    %s = ", option->name);
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

/* RootDirectory is the first mount, but is written as what it is. */
static void put_mounts(const struct dump *d)
{
    const struct hy_config *config = d->config;
    FILE *out = d->out;
    size_t first = config->RootDirectory[0] ? 1 : 0;

    if (config->mount_count <= first)
        return;
    fputs("\nmounts = (\n", out);
    for (size_t i = first; i < config->mount_count; i++) {
        const struct hy_mount_config *mount = &config->mounts[i];

        fputs("  { path = ", out);
        put_string(out, mount->path);
        fputs("; plugin = ", out);
        put_string(out, mount->plugin);
        fputs(";\n", out);
        for (size_t k = 0; k < mount->option_count; k++)
            put_option(d, mount->plugin, &mount->options[k]);
        fprintf(out, "  }%s\n", i + 1 < config->mount_count ? "," : "");
    }
    fputs(");\n", out);
}

static void put_users(FILE *out, const struct hy_config *config)
{
    if (!config->user_count)
        return;
    fputs("\nusers = (\n", out);
    for (size_t i = 0; i < config->user_count; i++) {
        const struct hy_user_config *user = &config->users[i];

        fputs("  { name = ", out);
        put_string(out, user->name);
        fputs(";\n", out);
        if (user->password)
            fputs("    # password = \"***\";\n", out);
        if (user->keys) {
            fputs("    keys = ", out);
            put_list(out, user->keys);
            fputs(";\n", out);
        }
        if (user->home) {
            fputs("    HomeDir = ", out);
            put_string(out, user->home);
            fputs(";\n", out);
        }
        fprintf(out, "  }%s\n", i + 1 < config->user_count ? "," : "");
    }
    fputs(");\n", out);
}

/* SSHCertStore is the first key, but is written as what it is. */
static void put_keys(FILE *out, const struct hy_config *config)
{
    size_t first = config->SSHCertStore[0] ? 1 : 0;

    if (config->key_count <= first)
        return;
    fputs("\nAltSSHCert = (\n", out);
    for (size_t i = first; i < config->key_count; i++) {
        fputs("  { Store = ", out);
        put_string(out, config->keys[i].store);
        fprintf(out, "; }%s\n", i + 1 < config->key_count ? "," : "");
    }
    fputs(");\n", out);
}

void hy_config_dump(const struct hy_config *config, const struct hy_config_secrets *secrets, FILE *out)
{
    const struct dump dump = {config, secrets, out};

    for (size_t i = 0; i < hy_row_count; i++)
        if (hy_rows[i].kind == HY_ROW_GLOBAL)
            put_row(out, config, &hy_rows[i]);
    put_keys(out, config);
    put_mounts(&dump);
    fputs("\nauth = ( { plugin = \"users\"; } );\n", out);
    put_users(out, config);
}
