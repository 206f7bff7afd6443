#include "core/base/utf8.h"
#include "core/config/read.h"

#include <string.h>

const config_setting_t *hy_next_group(struct hy_reading *r, const config_setting_t *list, unsigned *i)
{
    const config_setting_t *item;

    while ((item = config_setting_get_elem(list, *i)) != NULL) {
        ++*i;
        if (config_setting_type(item) == CONFIG_TYPE_GROUP)
            return item;
        hy_reading_add(r, hy_place_of(r, item), "%s: a group { ... } is wanted", config_setting_name(list));
    }
    return NULL;
}

void *hy_room_for(struct hy_reading *r, const config_setting_t *list, size_t size)
{
    if (config_setting_type(list) == CONFIG_TYPE_LIST ||
        (config_setting_type(list) == CONFIG_TYPE_ARRAY && !config_setting_length(list)))
        return hy_reading_alloc(r, (size_t)config_setting_length(list), size);
    hy_reading_add(r, hy_place_of(r, list), "%s: a list of groups is wanted: ( { ... }, { ... } )",
                   config_setting_name(list));
    return NULL;
}

const config_setting_t *hy_needed(struct hy_reading *r, const config_setting_t *group, const char *name,
                                  const char *what)
{
    const config_setting_t *member = config_setting_get_member(group, name);

    if (!member)
        hy_reading_add(r, hy_place_of(r, group), "%s has no %s", what, name);
    return member;
}

/* Whether it is a list of strings, maybe of none. */
static bool are_strings(const config_setting_t *at)
{
    int type = config_setting_type(at);

    if (type != CONFIG_TYPE_LIST && type != CONFIG_TYPE_ARRAY)
        return false;
    for (unsigned i = 0; i < (unsigned)config_setting_length(at); i++)
        if (config_setting_type(config_setting_get_elem(at, i)) != CONFIG_TYPE_STRING)
            return false;
    return true;
}

static void read_option(struct hy_reading *r, const config_setting_t *at, struct hy_option *option)
{
    const char *name = config_setting_name(at);

    option->place = hy_place_of(r, at);
    option->name = hy_arena_strndup(r->config->arena, name, strlen(name));
    switch (config_setting_type(at)) {
    case CONFIG_TYPE_BOOL:
        option->type = HY_VALUE_BOOL;
        option->number = config_setting_get_bool(at);
        break;
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        option->type = HY_VALUE_INT;
        option->number = config_setting_get_int64(at);
        break;
    case CONFIG_TYPE_STRING:
        option->type = HY_VALUE_STRING;
        option->text = hy_value_string(r, at, 0, 0);
        break;
    default:
        option->type = are_strings(at) ? HY_VALUE_LIST : HY_VALUE_OTHER;
        if (option->type == HY_VALUE_LIST)
            option->list = hy_value_list(r, at, false, &option->places);
        break;
    }
    if (!option->name)
        r->no_memory = true;
}

const struct hy_option *hy_read_options(struct hy_reading *r, const config_setting_t *group, enum hy_section section,
                                        size_t *option_count)
{
    int count = config_setting_length(group);
    struct hy_option *options = hy_reading_alloc(r, (size_t)count, sizeof *options);

    for (int i = 0; options && i < count; i++) {
        const config_setting_t *at = config_setting_get_elem(group, (unsigned)i);

        if (hy_row_find(section, config_setting_name(at)))
            (void)hy_known(r, at, section);
        else
            read_option(r, at, &options[(*option_count)++]);
    }
    return options;
}

void hy_check_name(struct hy_reading *r, const config_setting_t *at, const char *what, const char *name)
{
    const char *why = NULL;
    size_t len = strlen(name);

    if (len > 255)
        why = "is longer than 255 bytes";
    else if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        why = "stands for a folder";
    else if (strchr(name, '/'))
        why = "contains a slash";
    for (size_t i = 0; i < len && !why; i++)
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
            why = "contains a control character";
    if (!why && !hy_is_utf8(name))
        why = "isn't UTF-8";
    if (why)
        hy_reading_add(r, hy_place_of(r, at), "name: a %s's name that %s is not possible", what, why);
}

static void read_keys(struct hy_reading *r, const config_setting_t *at, struct hy_user_config *user)
{
    const struct hy_place *places = NULL;
    const char *why;

    user->keys = hy_value_list(r, at, false, &places);
    for (size_t i = 0; user->keys && r->rules->public_key_ok && user->keys[i]; i++) {
        why = NULL;
        if (!r->rules->public_key_ok(user->keys[i], &why))
            hy_reading_add(r, places[i], "keys: not a public key: %s", why ? why : "malformed");
    }
}

static void read_password(struct hy_reading *r, const config_setting_t *at, struct hy_user_config *user)
{
    const char *why = NULL;

    user->password = hy_value_string(r, at, 1, 0);
    if (user->password && r->rules->password_hash_ok && !r->rules->password_hash_ok(user->password, &why))
        hy_reading_add(r, hy_place_of(r, at), "password: it is %s", why ? why : "not a hash of crypt(5)");
}

/* A path of the tree or of the user's view; *place is where it stands. */
static const char *read_path(struct hy_reading *r, const config_setting_t *group, const char *name,
                             struct hy_place *place)
{
    const config_setting_t *at = config_setting_get_member(group, name);
    const char *path = at ? hy_value_string(r, at, 1, 0) : NULL;

    if (path && !hy_check_path(r, hy_place_of(r, at), name, path))
        path = NULL;
    if (at)
        *place = hy_place_of(r, at);
    return path;
}

/* ProtocolVersion of a group, in the range of all; 0 without one. */
static int64_t read_version(struct hy_reading *r, const config_setting_t *at)
{
    int64_t version = 0;

    if (at)
        (void)hy_value_int(r, at, hy_row_find(HY_SECTION_GLOBAL, "ProtocolVersion"), &version);
    return version;
}

static void read_user(struct hy_reading *r, const config_setting_t *group, struct hy_user_config *user)
{
    const config_setting_t *name = hy_needed(r, group, "name", "a user");
    const config_setting_t *at;

    for (unsigned i = 0; i < (unsigned)config_setting_length(group); i++)
        (void)hy_known(r, config_setting_get_elem(group, i), HY_SECTION_USER);
    user->place = hy_place_of(r, name ? name : group);
    user->name = name ? hy_value_string(r, name, 1, 0) : NULL;
    if (user->name)
        hy_check_name(r, name, "user", user->name);
    if ((at = config_setting_get_member(group, "password")) != NULL)
        read_password(r, at, user);
    if ((at = config_setting_get_member(group, "keys")) != NULL)
        read_keys(r, at, user);
    user->home = read_path(r, group, "HomeDir", &user->home_place);
    user->user_root = read_path(r, group, "UserRootDirectory", &user->user_root_place);
    at = config_setting_get_member(group, "RestrictUserToHomeDir");
    if (at && hy_value_bool(r, at, &user->restrict_to_home))
        user->restrict_place = hy_place_of(r, at);
    user->version = read_version(r, config_setting_get_member(group, "ProtocolVersion"));
    if ((at = config_setting_get_member(group, "groups")) != NULL) {
        user->groups_place = hy_place_of(r, at);
        user->groups = hy_value_list(r, at, false, NULL);
    }
    if ((at = config_setting_get_member(group, "factors")) != NULL)
        hy_read_factors(r, at, &user->factors);
    hy_read_profile(r, group, &user->profile);
}

void hy_read_users(struct hy_reading *r, const config_setting_t *list)
{
    struct hy_user_config *users = hy_room_for(r, list, sizeof *users);
    const config_setting_t *group;

    r->config->users = r->users = users;
    for (unsigned i = 0; users && (group = hy_next_group(r, list, &i)) != NULL;)
        read_user(r, group, &users[r->config->user_count++]);
}

void hy_read_clients(struct hy_reading *r, const config_setting_t *list)
{
    struct hy_client_config *clients = hy_room_for(r, list, sizeof *clients);
    const config_setting_t *group, *client;

    r->config->clients = clients;
    for (unsigned i = 0; clients && (group = hy_next_group(r, list, &i)) != NULL;) {
        struct hy_client_config *c = &clients[r->config->client_count++];

        for (unsigned k = 0; k < (unsigned)config_setting_length(group); k++)
            (void)hy_known(r, config_setting_get_elem(group, k), HY_SECTION_CLIENT);
        client = hy_needed(r, group, "client", "a client");
        c->client = client ? hy_value_string(r, client, 1, 0) : NULL;
        c->version = read_version(r, hy_needed(r, group, "ProtocolVersion", "a client"));
    }
}
