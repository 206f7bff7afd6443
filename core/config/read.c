#include "core/config/read.h"
#include "core/base/buf.h"

#include <string.h>

/* The top-level keys that are no plain values. */
static const struct {
    const char *name;
    void (*read)(struct hy_reading *r, const config_setting_t *at);
} groups[] = {
    {"listen", hy_read_listeners},
    {"AltSSHCert", hy_read_certs},
    {"AltSSHCertStore", hy_read_cert_lists},
    {"AltSSHCertCount", hy_read_cert_count},
    {"mounts", hy_read_mounts},
    {"auth", hy_read_auth},
    {"groups", hy_read_groups},
    {"users", hy_read_users},
    {"client_versions", hy_read_clients},
    {"factors", hy_read_all_factors},
    {"KeyboardInteractivePromptPrompt", hy_read_prompt_texts},
    {"KeyboardInteractivePromptEcho", hy_read_prompt_echoes},
};

static const char *const section_names[] = {
    [HY_SECTION_GLOBAL] = "setting",
    [HY_SECTION_LISTEN] = "setting of listen",
    [HY_SECTION_MOUNT] = "setting of a mount",
    [HY_SECTION_FILTER] = "setting of a filter",
    [HY_SECTION_AUTH] = "setting of auth",
    [HY_SECTION_GROUP] = "setting of a group",
    [HY_SECTION_USER] = "setting of a user",
    [HY_SECTION_CERT] = "setting of a host key",
    [HY_SECTION_CLIENT] = "setting of client_versions",
};

const struct hy_row *hy_known(struct hy_reading *r, const config_setting_t *at, enum hy_section section)
{
    const char *name = config_setting_name(at);
    const struct hy_row *row = hy_row_find(section, name);
    const struct hy_row *other = row ? NULL : hy_row_elsewhere(name);
    const char *near = row ? NULL : hy_row_nearest(section, name);

    if (!row && other)
        hy_reading_add(r, hy_place_of(r, at), "%s can't stand here: it is a %s", name,
                       other->section == HY_SECTION_GLOBAL ? "setting of the whole server, outside of all groups"
                                                           : section_names[other->section]);
    else if (!row && near)
        hy_reading_add(r, hy_place_of(r, at), "%s is not a %s; did you mean %s?", name, section_names[section], near);
    else if (!row)
        hy_reading_add(r, hy_place_of(r, at), "%s is not a %s", name, section_names[section]);
    else if (row->kind == HY_ROW_REFUSED)
        hy_reading_add(r, hy_place_of(r, at), "%s %s", name, row->help);
    return row && hy_row_usable(row) ? row : NULL;
}

static void read_setting(struct hy_reading *r, const config_setting_t *at)
{
    const struct hy_row *row = hy_known(r, at, HY_SECTION_GLOBAL);

    if (!row)
        return;
    r->places[row - hy_rows] = hy_place_of(r, at);
    if (row->kind == HY_ROW_GLOBAL)
        hy_value_read(r, at, row);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (strcmp(groups[i].name, row->name) == 0)
            groups[i].read(r, at);
}

static void read_settings(struct hy_reading *r, const config_setting_t *root)
{
    for (size_t i = 0; i < hy_row_count; i++) {
        r->places[i].file = r->file;
        if (hy_rows[i].kind == HY_ROW_GLOBAL)
            hy_value_default(r, &hy_rows[i]);
    }
    for (int i = 0; i < config_setting_length(root); i++)
        read_setting(r, config_setting_get_elem(root, (unsigned)i));
    if (!r->no_memory)
        hy_check_config(r);
}

void hy_tree_wipe(const config_setting_t *at)
{
    const char *text = config_setting_type(at) == CONFIG_TYPE_STRING ? config_setting_get_string(at) : NULL;

    if (text)
        hy_wipe((char *)(uintptr_t)text, strlen(text));
    if (config_setting_is_aggregate(at))
        for (int i = 0; i < config_setting_length(at); i++)
            hy_tree_wipe(config_setting_get_elem(at, (unsigned)i));
}

/* libconfig stops at its first error, so that nothing else is known of the file. */
static void parse(struct hy_reading *r, const struct hy_input *input)
{
    config_t parsed;

    config_init(&parsed);
    r->parsed = config_read_string(&parsed, (const char *)hy_buf_data(&r->source->text)) == CONFIG_TRUE;
    if (r->parsed) {
        read_settings(r, config_root_setting(&parsed));
        if (input->keep)
            input->keep(input->ctx, r, config_root_setting(&parsed));
    } else if (!config_error_text(&parsed)) {
        r->no_memory = true;
    } else if (!hy_syntax_explain(r, (unsigned)config_error_line(&parsed),
                                  strstr(config_error_text(&parsed), "duplicate"))) {
        hy_reading_add(r, hy_source_place(r->source, (unsigned)config_error_line(&parsed)), "%s",
                       config_error_text(&parsed));
    }
    hy_tree_wipe(config_root_setting(&parsed));
    config_destroy(&parsed);
}

static void read_source(struct hy_reading *r, const struct hy_input *input)
{
    struct hy_source source;

    r->source = &source;
    if (hy_source_read(&source, input->file, input->text, r->config->arena, r->problems) == 0) {
        r->scanned = r->problems->count;
        parse(r, input);
    }
    hy_source_free(&source);
}

static struct hy_config *new_config(void)
{
    struct hy_arena *arena = hy_arena_new();
    struct hy_config *config = arena ? hy_arena_alloc(arena, 1, sizeof *config) : NULL;

    if (!config) {
        hy_arena_free(arena);
        return NULL;
    }
    config->arena = arena;
    return config;
}

struct hy_config *hy_config_read_from(const struct hy_input *input, const struct hy_config_rules *rules,
                                      struct hy_problems *problems)
{
    static const struct hy_config_rules lenient;
    size_t before = problems->count;
    struct hy_config *config = new_config();
    struct hy_reading r = {.config = config, .rules = rules ? rules : &lenient, .problems = problems};

    r.places = config ? hy_reading_alloc(&r, hy_row_count, sizeof *r.places) : NULL;
    r.file = r.places ? hy_arena_strndup(config->arena, input->file, strlen(input->file)) : NULL;
    if (!r.file) {
        hy_problems_add(problems, (struct hy_place){input->file, 0}, "out of memory");
        hy_config_free(config);
        return NULL;
    }
    config->places = r.places;
    if (input->root) {
        r.parsed = true;
        read_settings(&r, input->root);
    } else {
        read_source(&r, input);
    }
    if (r.no_memory)
        hy_problems_add(problems, (struct hy_place){input->file, 0}, "out of memory");
    if ((problems->count > before || problems->lost) && !(r.rules->partial && r.parsed && !r.no_memory)) {
        hy_config_free(config);
        return NULL;
    }
    return config;
}

struct hy_config *hy_config_read(const char *file, const struct hy_config_rules *rules, struct hy_problems *problems)
{
    return hy_config_read_from(&(struct hy_input){.file = file}, rules, problems);
}

void hy_config_free(struct hy_config *config)
{
    if (config)
        hy_arena_free(config->arena); /* the struct itself lies in it */
}

struct hy_place hy_config_place(const struct hy_config *config, const char *name)
{
    const struct hy_row *row = hy_row_find(HY_SECTION_GLOBAL, name);

    return row ? config->places[row - hy_rows] : (struct hy_place){config->places[0].file, 0};
}

const struct hy_group_config *hy_config_group(const struct hy_config *config, const char *name)
{
    for (size_t i = 0; i < config->group_count; i++)
        if (config->groups[i].name && strcmp(config->groups[i].name, name) == 0)
            return &config->groups[i];
    return NULL;
}

const struct hy_user_config *hy_config_user(const struct hy_config *config, const char *name)
{
    for (size_t i = 0; i < config->user_count; i++)
        if (config->users[i].name && strcmp(config->users[i].name, name) == 0)
            return &config->users[i];
    return NULL;
}
