/* Values in effect, as text. */
#include "core/base/buf.h"
#include "core/config/arena.h"
#include "core/config/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_list(FILE *out, const char *const *list)
{
    for (size_t i = 0; list[i]; i++)
        fprintf(out, "%s%s", i ? "," : "", list[i]);
}

static void put_row(FILE *out, const struct hy_config *config, const struct hy_row *row)
{
    const void *field = (const char *)config + row->offset;
    char size[32];

    if (hy_config_hides(config, row)) {
        fputs("***", out);
        return;
    }
    switch (row->type) {
    case HY_TYPE_BOOL:
        fputs(*(const bool *)field ? "true" : "false", out);
        break;
    case HY_TYPE_INT:
        fprintf(out, "%" PRId64, *(const int64_t *)field);
        break;
    case HY_TYPE_SIZE:
        fputs(hy_size_text(size, sizeof size, *(const int64_t *)field), out);
        break;
    case HY_TYPE_LIST:
        put_list(out, *(const char *const *const *)field);
        break;
    default:
        fputs(*(const char *const *)field, out);
        break;
    }
}

/* ---- Lists ---- */

static size_t certs(const struct hy_config *config)
{
    return config->key_count - hy_config_first_key(config);
}

static const struct hy_key_source *cert(const struct hy_config *config, size_t i)
{
    return &config->keys[i + hy_config_first_key(config)].source;
}

static const char *cert_store(const struct hy_config *config, size_t i)
{
    const struct hy_key_source *key = cert(config, i);

    return !key->store || !key->store[0] || (key->type && hy_key_is_file(key)) ? key->store : "***";
}

static const char *cert_type(const struct hy_config *config, size_t i)
{
    return cert(config, i)->type ? hy_store_type_name(cert(config, i)->type) : NULL;
}

static const char *cert_password(const struct hy_config *config, size_t i)
{
    const struct hy_key_source *key = cert(config, i);

    return !key->password || !key->password[0] || hy_key_password_elsewhere(key) ? key->password : "***";
}

static const char *cert_subject(const struct hy_config *config, size_t i)
{
    return cert(config, i)->subject;
}

static size_t prompts(const struct hy_config *config)
{
    return (size_t)config->KeyboardInteractivePromptCount;
}

static const char *prompt(const struct hy_config *config, size_t i)
{
    return config->prompts[i].text;
}

static const char *echo(const struct hy_config *config, size_t i)
{
    return config->prompts[i].echo ? "true" : "false";
}

static size_t factors(const struct hy_config *config)
{
    size_t n = 0;

    while (config->factors.sets && config->factors.sets[n])
        n++;
    return n;
}

static const char *factor(const struct hy_config *config, size_t i)
{
    return config->factors.sets[i];
}

static const struct list {
    const char *name;
    size_t (*count)(const struct hy_config *config);
    const char *(*value)(const struct hy_config *config, size_t i); /* NULL: "" */
} lists[] = {
    {"AltSSHCertStore", certs, cert_store},
    {"AltSSHCertStoreType", certs, cert_type},
    {"AltSSHCertStorePassword", certs, cert_password},
    {"AltSSHCertSubject", certs, cert_subject},
    {"AltSSHCertCount", certs, NULL},
    {"KeyboardInteractivePromptPrompt", prompts, prompt},
    {"KeyboardInteractivePromptEcho", prompts, echo},
    {"factors", factors, factor},
};

/* Without an index: the only one, or "" for none. */
static int put_element(FILE *out, const struct hy_config *config, const struct list *list, int64_t index,
                       struct hy_err *err)
{
    size_t count = list->count(config);
    const char *value;

    if (!list->value) {
        fprintf(out, "%zu", count);
        return 0;
    }
    if (index == HY_NO_INDEX && count > 1)
        return hy_err_set(err, "%s has %zu values: %s[0] to %s[%zu]", list->name, count, list->name, list->name,
                          count - 1);
    if (index >= (int64_t)count)
        return hy_err_set(err, "%s[%" PRId64 "]: there are %zu", list->name, index, count);
    value = count ? list->value(config, index < 0 ? 0 : (size_t)index) : "";
    fputs(value ? value : "", out);
    return 0;
}

static int put(FILE *out, const struct hy_config *config, const struct hy_row *row, int64_t index, struct hy_err *err)
{
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (strcmp(lists[i].name, row->name) == 0)
            return put_element(out, config, &lists[i], index, err);
    if (!hy_store_takes(row))
        return hy_err_set(err, "%s is a list of groups: it has no value that is one text", row->name);
    if (index != HY_NO_INDEX)
        return hy_err_set(err, "%s is no list: it has no %s[%" PRId64 "]", row->name, row->name, index);
    put_row(out, config, row);
    return 0;
}

char *hy_store_value(const struct hy_config *config, const struct hy_row *row, int64_t index, struct hy_err *err)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    int rc;

    if (!out) {
        (void)hy_err_set(err, "out of memory");
        return NULL;
    }
    rc = put(out, config, row, index, err);
    if (fclose(out) && !rc)
        rc = hy_err_set(err, "out of memory");
    if (!rc)
        return text;
    if (text)
        hy_wipe(text, len);
    free(text);
    return NULL;
}
