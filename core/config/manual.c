#include "core/config/table.h"

#include <inttypes.h>

static const char *const type_names[] = {
    [HY_TYPE_BOOL] = "boolean",  [HY_TYPE_INT] = "number",          [HY_TYPE_SIZE] = "size",
    [HY_TYPE_STRING] = "string", [HY_TYPE_WORD] = "name or number", [HY_TYPE_SECRET] = "string",
    [HY_TYPE_LIST] = "list",     [HY_TYPE_GROUPS] = "groups",
};

static const char *const section_titles[] = {
    [HY_SECTION_GLOBAL] = "the top level",
    [HY_SECTION_LISTEN] = "each group of listen",
    [HY_SECTION_MOUNT] = "each group of mounts",
    [HY_SECTION_FILTER] = "each group of filters",
    [HY_SECTION_AUTH] = "each group of auth",
    [HY_SECTION_GROUP] = "each group of groups",
    [HY_SECTION_USER] = "each group of users",
    [HY_SECTION_CERT] = "each group of AltSSHCert",
    [HY_SECTION_CLIENT] = "each group of client_versions",
};

/* "0 to 65535; default 22; needs a restart", or nothing. */
static void limits(char *out, size_t room, const struct hy_row *row)
{
    const char *after = row->change != HY_CHANGE_RELOAD ? "; needs a restart" : "";
    char min[32], max[32];

    out[0] = '\0';
    if (row->kind != HY_ROW_GLOBAL)
        return;
    if (row->type == HY_TYPE_INT)
        (void)snprintf(out, room, "%" PRId64 " to %" PRId64 "; default %s%s", row->min, row->max, row->fallback, after);
    else if (row->type == HY_TYPE_SIZE)
        (void)snprintf(out, room, "%s to %s; default %s%s", hy_size_text(min, sizeof min, row->min),
                       hy_size_text(max, sizeof max, row->max), row->fallback, after);
    else if (row->fallback[0])
        (void)snprintf(out, room, "default %s%s", row->fallback, after);
    else if (*after)
        (void)snprintf(out, room, "%s", after + 2);
}

static void list_section(FILE *out, enum hy_section section)
{
    char text[512];

    fprintf(out, "In %s:\n", section_titles[section]);
    for (size_t i = 0; i < hy_row_count; i++) {
        const struct hy_row *row = &hy_rows[i];

        if (row->section != section || !hy_row_usable(row))
            continue;
        limits(text, sizeof text, row);
        fprintf(out, "  %s (%s%s%s)\n      %s\n", row->name, type_names[row->type], text[0] ? ", " : "", text,
                row->help);
    }
    for (size_t i = 0; i < hy_row_count; i++)
        if (hy_rows[i].section == section && hy_rows[i].kind == HY_ROW_REFUSED)
            fprintf(out, "  %s (not in a file)\n      It %s.\n", hy_rows[i].name, hy_rows[i].help);
}

void hy_config_list(FILE *out)
{
    for (int section = HY_SECTION_GLOBAL; section < HY_SECTION_COUNT; section++) {
        fputs(section ? "\n" : "", out);
        list_section(out, (enum hy_section)section);
    }
}

/* Text for mdoc: no backslash and no dot at the start of a line means what it does there. */
static void put_text(FILE *out, const char *s)
{
    if (*s == '.' || *s == '\'')
        fputs("\\&", out);
    for (; *s; s++) {
        if (*s == '\\')
            fputs("\\e", out);
        else if (*s == '-')
            fputs("\\-", out);
        else
            fputc(*s, out);
    }
}

static void manual_row(FILE *out, const struct hy_row *row)
{
    char text[512];

    fprintf(out, ".It Cm %s No = Ar %s\n", row->name, type_names[row->type]);
    put_text(out, row->help);
    fputc('\n', out);
    limits(text, sizeof text, row);
    if (text[0]) {
        fputc('(', out);
        put_text(out, text);
        fputs(")\n", out);
    }
}

/* Goes from one list of the manual into a deeper one, or out of as many as end here. `open` is the way to the list. */
static size_t enter_section(FILE *out, enum hy_section *open, size_t depth, enum hy_section section)
{
    size_t at = 0;

    while (at < depth && open[at] != section)
        at++;
    if (at == depth) {
        fputs(".Bl -tag -width Ds\n", out);
        open[depth] = section;
        return depth + 1;
    }
    for (; depth > at + 1; depth--)
        fputs(".El\n", out);
    return depth;
}

static void manual_refused(FILE *out)
{
    fputs(".Pp\nThese names of the component can't stand in a file:\n.Bl -tag -width Ds -compact\n", out);
    for (size_t i = 0; i < hy_row_count; i++)
        if (hy_rows[i].kind == HY_ROW_REFUSED) {
            fprintf(out, ".It Cm %s\n", hy_rows[i].name);
            put_text(out, hy_rows[i].help);
            fputs(".\n", out);
        }
    fputs(".El\n", out);
}

/* The keys of a group follow the setting that they belong to, in a list of their own. */
void hy_config_manual(FILE *out)
{
    enum hy_section open[HY_SECTION_COUNT];
    size_t depth = 0;

    for (size_t i = 0; i < hy_row_count; i++) {
        const struct hy_row *row = &hy_rows[i];

        if (!hy_row_usable(row))
            continue;
        depth = enter_section(out, open, depth, row->section);
        manual_row(out, row);
    }
    for (; depth; depth--)
        fputs(".El\n", out);
    manual_refused(out);
}
