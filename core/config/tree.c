/* Where plugins are named: mounts, filters, auth, and what groups and users bring along. */
#include "core/base/log.h"
#include "core/base/utf8.h"
#include "core/config/read.h"

#include <ctype.h>
#include <string.h>

/* ---- Reading ---- */

bool hy_is_plugin_name(const char *s)
{
    size_t len = strlen(s);

    if (!len || len > 64 || s[0] == '-')
        return false;
    for (; *s; s++)
        if (!isalnum((unsigned char)*s) && *s != '-' && *s != '_')
            return false;
    return true;
}

/* The name of a plugin and the settings that go to it. */
static const char *read_plugin(struct hy_reading *r, const config_setting_t *group, const char *what)
{
    const config_setting_t *at = hy_needed(r, group, "plugin", what);
    const char *plugin = at ? hy_value_string(r, at, 1, 0) : NULL;

    if (!plugin || hy_is_plugin_name(plugin))
        return plugin;
    hy_reading_add(r, hy_place_of(r, at),
                   "plugin: \"%s\" can't be the name of a plugin (letters, digits, - and _; without folder and .so)",
                   plugin);
    return NULL;
}

/* A list of plugins, each with its settings. */
static const struct hy_filter_config *read_plugins(struct hy_reading *r, const config_setting_t *list,
                                                   enum hy_section section, const char *what, size_t *count)
{
    struct hy_filter_config *plugins = hy_room_for(r, list, sizeof *plugins);
    const config_setting_t *group;

    for (unsigned i = 0; plugins && (group = hy_next_group(r, list, &i)) != NULL;) {
        struct hy_filter_config *p = &plugins[(*count)++];
        const config_setting_t *plugin = config_setting_get_member(group, "plugin");

        p->place = hy_place_of(r, plugin ? plugin : group);
        p->plugin = read_plugin(r, group, what);
        p->options = hy_read_options(r, group, section, &p->option_count);
        if (section == HY_SECTION_AUTH)
            p->methods = hy_read_methods(r, group);
    }
    return plugins;
}

/* The list `filters` of a mount, a group or a user. */
static const struct hy_filter_config *read_filters(struct hy_reading *r, const config_setting_t *owner, size_t *count)
{
    const config_setting_t *list = config_setting_get_member(owner, "filters");

    return list ? read_plugins(r, list, HY_SECTION_FILTER, "a filter", count) : NULL;
}

void hy_read_auth(struct hy_reading *r, const config_setting_t *list)
{
    r->config->auth = read_plugins(r, list, HY_SECTION_AUTH, "an entry of auth", &r->config->auth_count);
}

static void read_set_attributes(struct hy_reading *r, const config_setting_t *group, struct hy_mount_config *mount)
{
    static const char *const words[] = {
        [HY_SET_APPLY] = "apply", [HY_SET_IGNORE_UNSUPPORTED] = "ignore-unsupported", [HY_SET_IGNORE] = "ignore", NULL};
    const config_setting_t *at = config_setting_get_member(group, "set_attributes");
    const char *word = at ? hy_value_text(r, at) : NULL;

    if (!word)
        return;
    for (int i = HY_SET_APPLY; i <= HY_SET_IGNORE; i++)
        if (strcmp(word, words[i]) == 0) {
            mount->set_attributes = (enum hy_set_attributes)i;
            return;
        }
    hy_reading_add(r, hy_place_of(r, at), "set_attributes: \"%s\" is none of apply, ignore-unsupported and ignore",
                   word);
}

void hy_add_codepage(struct hy_reading *r, struct hy_mount_config *mount, const char *charset, struct hy_place place)
{
    struct hy_filter_config *filters = hy_reading_alloc(r, mount->filter_count + 1, sizeof *filters);
    struct hy_option *option = hy_reading_alloc(r, 1, sizeof *option);
    char *text = hy_reading_alloc(r, strlen(charset) + 1, 1);

    if (!filters || !option || !text || !*charset)
        return;
    memcpy(text, charset, strlen(charset));
    *option = (struct hy_option){.name = "CodePage", .type = HY_VALUE_STRING, .text = text, .place = place};
    if (mount->filter_count)
        memcpy(filters, mount->filters, mount->filter_count * sizeof *filters);
    filters[mount->filter_count++] =
        (struct hy_filter_config){.plugin = "code page", .options = option, .option_count = 1, .place = place};
    mount->filters = filters;
    mount->codepage = text;
}

/* The mount's own, or that of all, which may stand behind it in the file. */
static void read_codepage(struct hy_reading *r, const config_setting_t *group, struct hy_mount_config *mount)
{
    const config_setting_t *own = config_setting_get_member(group, "CodePage");
    const config_setting_t *at = own ? own : config_setting_get_member(config_root_setting(group->config), "CodePage");
    const char *charset = NULL;

    if (own)
        charset = hy_value_text(r, own);
    else if (at && config_setting_type(at) == CONFIG_TYPE_STRING)
        charset = config_setting_get_string(at);
    if (charset)
        hy_add_codepage(r, mount, charset, hy_place_of(r, at));
}

/* What clients see is UTF-8, mount points as the names in them. */
static void check_utf8(struct hy_reading *r, struct hy_place place, const char *path)
{
    char shown[512];

    if (hy_is_utf8(path))
        return;
    (void)hy_escape(shown, sizeof shown, path, strlen(path));
    hy_reading_add(r, place, "path: \"%s\" isn't UTF-8", shown);
}

static void read_mount(struct hy_reading *r, const config_setting_t *group, struct hy_mount_config *mount)
{
    const config_setting_t *path = hy_needed(r, group, "path", "a mount");

    mount->place = hy_place_of(r, path ? path : group);
    if (path)
        mount->path = hy_value_string(r, path, 1, 0);
    if (mount->path && hy_check_path(r, mount->place, "path", mount->path))
        check_utf8(r, mount->place, mount->path);
    mount->plugin = read_plugin(r, group, "a mount");
    read_set_attributes(r, group, mount);
    mount->filters = read_filters(r, group, &mount->filter_count);
    read_codepage(r, group, mount);
    mount->options = hy_read_options(r, group, HY_SECTION_MOUNT, &mount->option_count);
}

static const struct hy_mount_config *read_mounts(struct hy_reading *r, const config_setting_t *list, size_t *count)
{
    struct hy_mount_config *mounts = hy_room_for(r, list, sizeof *mounts);
    const config_setting_t *group;

    for (unsigned i = 0; mounts && (group = hy_next_group(r, list, &i)) != NULL;)
        read_mount(r, group, &mounts[(*count)++]);
    return mounts;
}

void hy_read_mounts(struct hy_reading *r, const config_setting_t *list)
{
    r->config->mounts = read_mounts(r, list, &r->config->mount_count);
}

void hy_read_profile(struct hy_reading *r, const config_setting_t *group, struct hy_profile_config *profile)
{
    const config_setting_t *mounts = config_setting_get_member(group, "mounts");

    profile->filters = read_filters(r, group, &profile->filter_count);
    if (mounts)
        profile->mounts = read_mounts(r, mounts, &profile->mount_count);
}

void hy_read_groups(struct hy_reading *r, const config_setting_t *list)
{
    struct hy_group_config *groups = hy_room_for(r, list, sizeof *groups);
    const config_setting_t *at;

    r->config->groups = groups;
    for (unsigned i = 0; groups && (at = hy_next_group(r, list, &i)) != NULL;) {
        struct hy_group_config *group = &groups[r->config->group_count++];
        const config_setting_t *name = hy_needed(r, at, "name", "a group");

        for (unsigned k = 0; k < (unsigned)config_setting_length(at); k++)
            (void)hy_known(r, config_setting_get_elem(at, k), HY_SECTION_GROUP);
        group->place = hy_place_of(r, name ? name : at);
        group->name = name ? hy_value_string(r, name, 1, 0) : NULL;
        if (group->name)
            hy_check_name(r, name, "group", group->name);
        hy_read_profile(r, at, &group->profile);
    }
}

/* ---- Checking ---- */

static void check_mount_twins(struct hy_reading *r, const struct hy_mount_config *mounts, size_t count)
{
    struct hy_named *list = hy_reading_alloc(r, count, sizeof *list);
    size_t n = 0;

    for (size_t i = 0; list && i < count; i++)
        if (mounts[i].path)
            list[n++] = (struct hy_named){mounts[i].path, mounts[i].place, i};
    if (list)
        hy_find_twins(r, list, n, "path");
}

/* The names of the groups, NULL-terminated. */
static const char **check_groups(struct hy_reading *r)
{
    const struct hy_config *c = r->config;
    struct hy_named *list = hy_reading_alloc(r, c->group_count, sizeof *list);
    const char **names = hy_reading_alloc(r, c->group_count + 1, sizeof *names);
    size_t n = 0;

    if (!list || !names)
        return NULL;
    for (size_t i = 0; i < c->group_count; i++)
        if (c->groups[i].name) {
            names[n] = c->groups[i].name;
            list[n++] = (struct hy_named){c->groups[i].name, c->groups[i].place, i};
        }
    hy_find_twins(r, list, n, "group");
    return names;
}

/* A group that isn't there would take its filters with it, so that its users could do more than they should. */
static void check_groups_of(struct hy_reading *r, const struct hy_user_config *user, const char *const *names)
{
    for (const char *const *g = user->groups; g && *g; g++) {
        const char *near = hy_config_group(r->config, *g) ? NULL : hy_nearest(*g, names);

        if (near)
            hy_reading_add(r, user->groups_place, "groups: there is no group \"%s\"; did you mean %s?", *g, near);
        else if (!hy_config_group(r->config, *g))
            hy_reading_add(r, user->groups_place, "groups: there is no group \"%s\"", *g);
    }
}

/* What is set for all users goes to those who have nothing of their own. */
static void complete_user(struct hy_reading *r, struct hy_user_config *user)
{
    const struct hy_config *c = r->config;

    if (!user->user_root_place.line && c->UserRootDirectory[0]) {
        user->user_root = c->UserRootDirectory;
        user->user_root_place = hy_config_place(c, "UserRootDirectory");
    }
    if (!user->restrict_place.line) {
        user->restrict_to_home = c->RestrictUserToHomeDir;
        user->restrict_place = hy_config_place(c, "RestrictUserToHomeDir");
    }
    if (user->restrict_to_home && !user->home && !user->home_place.line)
        hy_reading_add(r, user->place, "user \"%s\" has no HomeDir, which RestrictUserToHomeDir (line %u) needs",
                       user->name ? user->name : "", user->restrict_place.line);
}

void hy_check_tree(struct hy_reading *r)
{
    const struct hy_config *c = r->config;
    const char **names = check_groups(r);

    if (c->UserRootDirectory[0])
        (void)hy_check_path(r, hy_config_place(c, "UserRootDirectory"), "UserRootDirectory", c->UserRootDirectory);
    check_mount_twins(r, c->mounts, c->mount_count);
    for (size_t i = 0; i < c->group_count; i++)
        check_mount_twins(r, c->groups[i].profile.mounts, c->groups[i].profile.mount_count);
    for (size_t i = 0; names && i < c->user_count; i++) {
        check_mount_twins(r, c->users[i].profile.mounts, c->users[i].profile.mount_count);
        check_groups_of(r, &c->users[i], names);
        complete_user(r, &r->users[i]);
    }
}
