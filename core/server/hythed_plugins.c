#include "core/server/hythed_plugins.h"
#include "core/auth/auth.h"
#include "core/plugin/describe.h"
#include "core/plugin/settings.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *or_none(const char *text)
{
    return text && *text ? text : "-";
}

/* ---- What needs no file ---- */

/* Describes the plugin that is part of the server if it has the name, or for any name (NULL). */
static bool describe_built_in(const char *name, hy_describe_fn *each)
{
    struct hy_err err = {0};
    struct hy_users *users = hy_users_new(NULL, 0, &err);
    struct hy_description d = {0};
    bool wanted = false;

    if (users) {
        d.plugin = hy_users_plugin(users);
        d.name = d.plugin->name;
        wanted = !name || strcmp(name, d.name) == 0;
    }
    if (wanted)
        each(NULL, &d);
    hy_users_free(users);
    return wanted;
}

/* ---- The list ---- */

static void list_one(void *ctx, const struct hy_description *d)
{
    const struct hythe_plugin *p = d->plugin;
    char threads[32];

    (void)ctx;
    if (!p) {
        (void)printf("%-20s  can't be loaded: %s\n", d->name, d->why);
        return;
    }
    (void)snprintf(threads, sizeof threads, "%s%s", hy_describe_threads(p->threads),
                   p->flags & HYTHE_SLOW ? ", slow" : "");
    (void)printf("%-20s  %-10s  %-8s  %-17s  %s\n", d->name, hy_describe_kind(p->kind), or_none(p->version), threads,
                 or_none(p->summary));
}

int hythed_list_plugins(const char *directory)
{
    struct hy_err err = {0};
    int bad;

    (void)printf("In %s:\n", directory);
    bad = hy_describe_all(directory, list_one, NULL, &err);
    if (bad < 0)
        (void)fprintf(stderr, "hythed: %s\n", err.text);
    (void)printf("Built in:\n");
    (void)describe_built_in(NULL, list_one);
    return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- One of them ---- */

/* The words of hythed --list-settings, for those types that it has too. */
static const char *type_word(enum hythe_setting_type type)
{
    static const char *const words[] = {
        [HYTHE_SET_BOOL] = "boolean",  [HYTHE_SET_INT] = "number",           [HYTHE_SET_SIZE] = "size",
        [HYTHE_SET_MODE] = "mode",     [HYTHE_SET_STRING] = "string",        [HYTHE_SET_PATH] = "absolute path",
        [HYTHE_SET_SECRET] = "secret", [HYTHE_SET_LIST] = "list of strings", [HYTHE_SET_TEMPLATE] = "template",
        [HYTHE_SET_CHOICE] = "choice"};

    return (size_t)type < sizeof words / sizeof words[0] && words[type] ? words[type] : "of an unknown type";
}

/* 65536 as 64K where nothing is lost by it. */
static void print_size(int64_t bytes)
{
    static const char units[] = "KMGT";
    const char *unit = units;

    if (bytes < 1024 || bytes % 1024) {
        (void)printf("%lld", (long long)bytes);
        return;
    }
    for (bytes /= 1024; unit[1] && bytes >= 1024 && bytes % 1024 == 0; unit++)
        bytes /= 1024;
    (void)printf("%lld%c", (long long)bytes, *unit);
}

static void print_limit(enum hythe_setting_type type, int64_t limit)
{
    if (type == HYTHE_SET_SIZE)
        print_size(limit);
    else if (type == HYTHE_SET_MODE)
        (void)printf("%04llo", (unsigned long long)limit);
    else
        (void)printf("%lld", (long long)limit);
}

static bool has_range(enum hythe_setting_type type)
{
    return type != HYTHE_SET_BOOL && type != HYTHE_SET_CHOICE;
}

static bool is_number(enum hythe_setting_type type)
{
    return type == HYTHE_SET_INT || type == HYTHE_SET_SIZE || type == HYTHE_SET_MODE;
}

static void print_range(const struct hythe_setting *row)
{
    if (!has_range(row->type) || (!row->min && !row->max))
        return;
    (void)printf("%s", row->type == HYTHE_SET_LIST ? ", each " : ", ");
    print_limit(row->type, row->min);
    (void)printf(" to ");
    print_limit(row->type, row->max);
    if (!is_number(row->type))
        (void)printf(" bytes");
}

static void print_choices(const char *choices)
{
    (void)printf(": ");
    for (; choices && *choices; choices++)
        (void)printf("%s%c", *choices == ' ' ? "," : "", *choices);
}

static void print_setting(const struct hythe_setting *row)
{
    if (!row->name) {
        (void)printf("  (a row without a name)\n");
        return;
    }
    (void)printf("  %s (%s", row->name, type_word(row->type));
    print_range(row);
    if (row->type == HYTHE_SET_CHOICE)
        print_choices(row->choices);
    if (!row->fallback)
        (void)printf("; required");
    else if (*row->fallback)
        (void)printf("; default %s", row->fallback);
    (void)printf(")\n");
    if (row->help)
        (void)printf("      %s\n", row->help);
}

static void explain(void *ctx, const struct hy_description *d)
{
    const struct hythe_plugin *p = d->plugin;

    (void)ctx;
    if (!p) {
        (void)fprintf(stderr, "hythed: %s: %s\n", d->name, d->why);
        return;
    }
    (void)printf("%s %s: %s\n", d->name, or_none(p->version), or_none(p->summary));
    (void)printf("Kind: %s. Calls: %s%s.%s%s\n\n", hy_describe_kind(p->kind), hy_describe_threads(p->threads),
                 p->flags & HYTHE_SLOW ? ", slow" : "",
                 HYTHE_HAS(p, assist) && p->assist ? " A part of it may run with root's rights, in the helper." : "",
                 p->flags & HYTHE_DIVERTS ? " It may lead operations to other paths." : "");
    (void)puts(p->setting_count ? "In its group of the configuration:" : "It has no settings.");
    for (size_t i = 0; i < p->setting_count; i++) {
        struct hythe_setting row = hy_settings_row(p, i);

        print_setting(&row);
    }
}

int hythed_explain_plugin(const char *directory, const char *name)
{
    if (describe_built_in(name, explain))
        return EXIT_SUCCESS;
    return hy_describe(directory, name, explain, NULL) ? EXIT_FAILURE : EXIT_SUCCESS;
}
