#include "core/config/read.h"

#include <stdlib.h>
#include <string.h>

static struct hy_place place_of(const struct hy_reading *r, const char *name)
{
    return hy_config_place(r->config, name);
}

/* Sees a path as the clients of the tree do: there is no empty, `.` or `..` part in it. */
bool hy_check_path(struct hy_reading *r, struct hy_place place, const char *what, const char *path)
{
    if (path[0] != '/') {
        hy_reading_add(r, place, "%s: \"%s\" is not an absolute path", what, path);
        return false;
    }
    if (strlen(path) >= 4096) {
        hy_reading_add(r, place, "%s: a path of %zu bytes is too long", what, strlen(path));
        return false;
    }
    for (const char *p = path; *p && path[1]; p += 1 + strcspn(p + 1, "/")) {
        size_t len = strcspn(p + 1, "/");

        if (!len || (len == 1 && p[1] == '.') || (len == 2 && p[1] == '.' && p[2] == '.')) {
            hy_reading_add(r, place, "%s: \"%s\" has a part that is empty, \".\" or \"..\"", what, path);
            return false;
        }
    }
    return true;
}

static int by_name(const void *a, const void *b)
{
    const struct hy_named *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order ? order : x->order < y->order ? -1 : 1;
}

void hy_find_twins(struct hy_reading *r, struct hy_named *list, size_t count, const char *what)
{
    if (count)
        qsort(list, count, sizeof *list, by_name);
    for (size_t i = 1; i < count; i++) {
        const struct hy_place *first = &list[i - 1].place;

        if (strcmp(list[i - 1].name, list[i].name) != 0)
            continue;
        if (strcmp(first->file, list[i].place.file) == 0)
            hy_reading_add(r, list[i].place, "%s \"%s\" is already in line %u", what, list[i].name, first->line);
        else
            hy_reading_add(r, list[i].place, "%s \"%s\" is already in %s:%u", what, list[i].name, first->file,
                           first->line);
    }
}

/* Without `auth` the users of the file are those who may log in. */
static void check_auth(struct hy_reading *r)
{
    static const struct hy_filter_config only_users = {.plugin = "users", .methods = UINT32_MAX};
    struct hy_config *c = r->config;
    bool users = false, others = false;

    if (!place_of(r, "auth").line) {
        c->auth = &only_users;
        c->auth_count = 1;
    } else if (!c->auth_count && !r->rules->asked_who) {
        hy_reading_add(r, place_of(r, "auth"), "auth is empty: nobody could log in");
    }
    for (size_t i = 0; i < c->auth_count; i++) {
        bool of_file = c->auth[i].plugin && strcmp(c->auth[i].plugin, "users") == 0;

        if (of_file && users)
            hy_reading_add(r, c->auth[i].place, "auth: \"users\" is there twice");
        users = users || of_file;
        others = others || (c->auth[i].plugin && !of_file);
    }
    if (c->user_count && others && !users)
        hy_reading_add(r, place_of(r, "users"),
                       "these users could not log in: auth has no { plugin = \"users\"; } (line %u)",
                       place_of(r, "auth").line);
    if (!c->user_count && !others && !r->rules->tree_only && !r->rules->asked_who)
        hy_reading_add(r, place_of(r, "users"), "there are no users: nobody could log in%s",
                       r->source ? "" : "; load some, or handle SSHUserAuthRequest");
}

static void check_users(struct hy_reading *r)
{
    const struct hy_config *c = r->config;
    struct hy_named *list = hy_reading_alloc(r, c->user_count, sizeof *list);
    size_t n = 0;

    for (size_t i = 0; list && i < c->user_count; i++)
        if (c->users[i].name)
            list[n++] = (struct hy_named){c->users[i].name, c->users[i].place, i};
    if (list)
        hy_find_twins(r, list, n, "user");
}

/* RootDirectory as the mount that it stands for, before all others. */
static void add_root(struct hy_reading *r)
{
    struct hy_config *c = r->config;
    struct hy_mount_config *mounts = hy_reading_alloc(r, c->mount_count + 1, sizeof *mounts);
    struct hy_option *option = hy_reading_alloc(r, 1, sizeof *option);

    if (!mounts || !option)
        return;
    *option = (struct hy_option){
        .name = "root", .type = HY_VALUE_STRING, .text = c->RootDirectory, .place = place_of(r, "RootDirectory")};
    mounts[0] = (struct hy_mount_config){
        .path = "/", .plugin = "local-root", .options = option, .option_count = 1, .place = option->place};
    hy_add_codepage(r, &mounts[0], c->CodePage, place_of(r, "CodePage"));
    if (c->mount_count)
        memcpy(mounts + 1, c->mounts, c->mount_count * sizeof *mounts);
    c->mounts = mounts;
    c->mount_count++;
}

static bool has_own_mounts(const struct hy_config *c)
{
    size_t n = 0;

    for (size_t i = 0; i < c->group_count; i++)
        n += c->groups[i].profile.mount_count;
    for (size_t i = 0; i < c->user_count; i++)
        n += c->users[i].profile.mount_count;
    return n > 0;
}

static void check_mounts(struct hy_reading *r)
{
    const struct hy_config *c = r->config;

    hy_check_tree(r);
    if (!c->RootDirectory[0]) {
        if (!c->mount_count && !has_own_mounts(c) && !r->rules->asked_what)
            hy_reading_add(r, place_of(r, "mounts"),
                           "there are no mounts and no RootDirectory: nothing could be served%s",
                           r->source ? "" : "; set one, or handle events of files");
        return;
    }
    for (size_t i = 0; i < c->mount_count; i++)
        if (c->mounts[i].path && strcmp(c->mounts[i].path, "/") == 0)
            hy_reading_add(r, c->mounts[i].place,
                           "path \"/\" is what RootDirectory serves (line %u): keep one of the two",
                           place_of(r, "RootDirectory").line);
    add_root(r);
}

static void check_extensions(struct hy_reading *r)
{
    const char *near;

    if (!r->rules->extension_ok)
        return;
    for (const char *const *word = r->config->sftp_extensions; *word; word++)
        if (!r->rules->extension_ok(*word, &near))
            hy_reading_add(r, place_of(r, "sftp_extensions"), "sftp_extensions: \"%s\" is not an extension%s%s%s",
                           *word, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

const char *hy_config_eol(const struct hy_config *config)
{
    static const char *const rows[][2] = {{"LF", "\n"}, {"CRLF", "\r\n"}, {"CR", "\r"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(config->ServerEOL, rows[i][0]) == 0)
            return rows[i][1];
    return NULL;
}

/* Whoever starts hythed may stand anywhere, and a service stands in "/". */
static void check_file(struct hy_reading *r, const char *name, const char *path)
{
    if (path[0] && path[0] != '/')
        hy_reading_add(r, place_of(r, name), "%s: \"%s\" is not an absolute path", name, path);
}

static void check_format(struct hy_reading *r)
{
    const char *format = r->config->log_format;

    if (strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
        hy_reading_add(r, place_of(r, "log_format"), "log_format: \"%s\" is neither text nor json", format);
}

static void check_eol(struct hy_reading *r)
{
    if (!hy_config_eol(r->config))
        hy_reading_add(r, place_of(r, "ServerEOL"), "ServerEOL: \"%s\" is none of LF, CRLF and CR",
                       r->config->ServerEOL);
}

void hy_check_config(struct hy_reading *r)
{
    check_eol(r);
    check_mounts(r);
    hy_check_keys(r);
    check_auth(r);
    check_users(r);
    hy_check_login(r);
    check_extensions(r);
    hy_check_listeners(r);
    check_format(r);
    check_file(r, "log_file", r->config->log_file);
    check_file(r, "control_socket", r->config->control_socket);
    hy_check_ssh(r);
    check_file(r, "revoked_keys", r->config->revoked_keys);
}
