#include "core/server/hythectl_show.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

static json_int_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

const char *hythectl_size(json_int_t bytes, char out[static HYTHECTL_SHORT])
{
    static const char units[] = "KMGTPE";
    double n = (double)bytes;
    size_t unit = 0;

    if (bytes < 1000) {
        (void)snprintf(out, HYTHECTL_SHORT, "%" JSON_INTEGER_FORMAT, bytes);
        return out;
    }
    for (n /= 1024; n >= 999.5; n /= 1024)
        unit++;
    (void)snprintf(out, HYTHECTL_SHORT, n < 9.95 ? "%.1f%c" : "%.0f%c", n, units[unit]);
    return out;
}

const char *hythectl_span(json_int_t seconds, char out[static HYTHECTL_SHORT])
{
    const struct {
        json_int_t from, unit, part;
        const char *form;
    } rows[] = {{86400, 86400, 3600, "%" JSON_INTEGER_FORMAT "d%02" JSON_INTEGER_FORMAT},
                {3600, 3600, 60, "%" JSON_INTEGER_FORMAT "h%02" JSON_INTEGER_FORMAT},
                {60, 60, 60, "%" JSON_INTEGER_FORMAT "m"},
                {0, 1, 1, "%" JSON_INTEGER_FORMAT "s"}};
    size_t i = 0;

    while (seconds < rows[i].from && rows[i].from)
        i++;
    if (i < 2)
        (void)snprintf(out, HYTHECTL_SHORT, rows[i].form, seconds / rows[i].unit,
                       seconds % rows[i].unit / rows[i].part);
    else
        (void)snprintf(out, HYTHECTL_SHORT, rows[i].form, seconds / rows[i].unit);
    return out;
}

/* ---- Tables ---- */

/* Characters: continuations of UTF-8 don't count. */
static size_t width_of(const char *text)
{
    size_t n = 0;

    for (; text && *text; text++)
        n += (*text & 0xc0) != 0x80;
    return n;
}

static size_t width_of_column(const struct hythectl_row *rows, size_t count, size_t column)
{
    size_t widest = 0;

    for (size_t i = 0; i < count; i++) {
        size_t n = width_of(rows[i].cells[column]);

        widest = n > widest ? n : widest;
    }
    return widest;
}

void hythectl_table(const struct hythectl_row *rows, size_t count, FILE *out)
{
    size_t widths[HYTHECTL_COLUMNS], last = 0;

    for (size_t k = 0; k < HYTHECTL_COLUMNS; k++) {
        widths[k] = width_of_column(rows, count, k);
        last = widths[k] ? k : last;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k <= last; k++) {
            const char *cell = rows[i].cells[k] ? rows[i].cells[k] : "";

            (void)fprintf(out, "%s%*s", cell, k < last ? (int)(widths[k] - width_of(cell) + 2) : 0, "");
        }
        (void)fprintf(out, "\n%s", rows[i].below ? rows[i].below : "");
    }
}

/* ---- Answers ---- */

static void show_status(const json_t *a, FILE *out)
{
    char span[HYTHECTL_SHORT], used[HYTHECTL_SHORT], limit[HYTHECTL_SHORT];
    const json_t *memory = json_object_get(a, "memory"), *row;
    size_t i;

    (void)fprintf(out, "hythed %s, process %" JSON_INTEGER_FORMAT ", up %s, since %s\n", text_of(a, "version"),
                  number_of(a, "pid"), hythectl_span(number_of(a, "uptime"), span), text_of(a, "since"));
    for (i = 0; (row = json_array_get(json_object_get(a, "listening"), i)); i++)
        (void)fprintf(out, "%s%s port %" JSON_INTEGER_FORMAT, i ? ", " : "listening on  ", text_of(row, "address"),
                      number_of(row, "port"));
    (void)fprintf(out,
                  "%sconnections   %" JSON_INTEGER_FORMAT ", of which %" JSON_INTEGER_FORMAT
                  " not logged in; %" JSON_INTEGER_FORMAT " so far%s\n",
                  json_array_size(json_object_get(a, "listening")) ? "\n" : "", number_of(a, "connections"),
                  number_of(a, "unfinished"), number_of(a, "taken"),
                  json_is_true(json_object_get(a, "draining")) ? "; new ones are refused" : "");
    for (i = 0; (row = json_array_get(json_object_get(a, "plugins"), i)); i++)
        (void)fprintf(out, "%s%s %s", i ? ", " : "plugins       ", text_of(row, "name"), text_of(row, "version"));
    (void)fprintf(out, "%smemory        %s of %s for plugins\n",
                  json_array_size(json_object_get(a, "plugins")) ? "\n" : "",
                  hythectl_size(number_of(memory, "used"), used), hythectl_size(number_of(memory, "limit"), limit));
    (void)fprintf(out, "configuration %" JSON_INTEGER_FORMAT " since the start, log level %" JSON_INTEGER_FORMAT "\n",
                  number_of(a, "generation"), number_of(a, "log_level"));
}

static char *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static char *format(const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        text = NULL;
    va_end(ap);
    return text;
}

static void put_algorithms(const json_t *g, FILE *out)
{
    const char *const pairs[][2] = {
        {"cipher_in", "cipher_out"}, {"mac_in", "mac_out"}, {"compression_in", "compression_out"}};

    if (!*text_of(g, "kex"))
        return;
    (void)fprintf(out, "    %s, %s", text_of(g, "kex"), text_of(g, "host_key"));
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const char *in = text_of(g, pairs[i][0]), *to = text_of(g, pairs[i][1]);

        (void)fprintf(out, strcmp(in, to) == 0 ? ", %s" : ", %s in, %s out", in, to);
    }
    (void)fprintf(out, "%s\n", json_is_true(json_object_get(g, "strict")) ? ", strict" : "");
}

static void put_files(const json_t *channel, FILE *out)
{
    char read[HYTHECTL_SHORT], written[HYTHECTL_SHORT], at[HYTHECTL_SHORT];
    json_int_t open = number_of(channel, "open");
    const json_t *f;
    size_t i;

    for (i = 0; (f = json_array_get(json_object_get(channel, "files"), i)); i++)
        (void)fprintf(out, "    %s: %s, %s read, %s written, at %s\n", text_of(f, "path"), text_of(f, "open_for"),
                      hythectl_size(number_of(f, "read"), read), hythectl_size(number_of(f, "written"), written),
                      hythectl_size(number_of(f, "offset"), at));
    if (open > (json_int_t)i)
        (void)fprintf(out, "    and %" JSON_INTEGER_FORMAT " more\n", open - (json_int_t)i);
}

/* What stands below a connection's row; the versions of SFTP go to `versions`. */
static char *details(const json_t *c, char *versions, size_t size)
{
    char *text = NULL;
    size_t len = 0, i, used = 0;
    FILE *out = open_memstream(&text, &len);
    const json_t *channel;

    *versions = '\0';
    if (!out)
        return NULL;
    put_algorithms(json_object_get(c, "algorithms"), out);
    for (i = 0; (channel = json_array_get(json_object_get(c, "channels"), i)); i++) {
        if (used < size)
            used += (size_t)snprintf(versions + used, size - used, "%s%" JSON_INTEGER_FORMAT, i ? "," : "",
                                     number_of(channel, "protocol"));
        put_files(channel, out);
    }
    return fclose(out) == 0 ? text : NULL;
}

static void fill_row(struct hythectl_row *row, const json_t *c)
{
    const json_t *idle = json_object_get(c, "idle");
    char in[HYTHECTL_SHORT], out[HYTHECTL_SHORT], span[HYTHECTL_SHORT], versions[64];

    row->below = details(c, versions, sizeof versions);
    row->cells[0] = format("%" JSON_INTEGER_FORMAT, number_of(c, "id"));
    row->cells[1] = format("%s", *text_of(c, "user") ? text_of(c, "user") : "-");
    row->cells[2] =
        format(strchr(text_of(c, "address"), ':') ? "[%s]:%" JSON_INTEGER_FORMAT : "%s:%" JSON_INTEGER_FORMAT,
               text_of(c, "address"), number_of(c, "port"));
    row->cells[3] = format("%s", text_of(c, "since"));
    row->cells[4] = format("%s", json_is_integer(idle) ? hythectl_span(json_integer_value(idle), span) : "-");
    row->cells[5] = format("%s", *versions ? versions : "-");
    row->cells[6] = format("%s", hythectl_size(number_of(c, "in"), in));
    row->cells[7] = format("%s", hythectl_size(number_of(c, "out"), out));
    row->cells[8] = format("%s", text_of(c, "client"));
}

static void show_sessions(const json_t *a, FILE *out)
{
    static const char *const heads[HYTHECTL_COLUMNS] = {"ID",   "USER", "FROM", "SINCE", "IDLE",
                                                        "SFTP", "IN",   "OUT",  "CLIENT"};
    const json_t *list = json_object_get(a, "sessions"), *c;
    size_t count = json_array_size(list) + 1, i;
    struct hythectl_row *rows = calloc(count, sizeof *rows);

    if (!rows)
        return;
    for (size_t k = 0; k < HYTHECTL_COLUMNS; k++)
        rows[0].cells[k] = format("%s", heads[k]);
    for (i = 0; (c = json_array_get(list, i)); i++)
        fill_row(&rows[i + 1], c);
    hythectl_table(rows, count, out);
    for (i = 0; i < count; i++) {
        for (size_t k = 0; k < HYTHECTL_COLUMNS; k++)
            free(rows[i].cells[k]);
        free(rows[i].below);
    }
    free(rows);
}

static void show_count(const json_t *a, FILE *out)
{
    (void)fprintf(out, "connections: %" JSON_INTEGER_FORMAT "\n", number_of(a, "connections"));
}

static void show_reload(const json_t *a, FILE *out)
{
    (void)fprintf(out, "%s was read again and holds for new connections\n", text_of(a, "file"));
}

static void show_drain(const json_t *a, FILE *out)
{
    bool on = json_is_true(json_object_get(a, "draining"));

    (void)fprintf(out, "new connections are %s; there are %" JSON_INTEGER_FORMAT "\n", on ? "refused" : "taken",
                  number_of(a, "connections"));
}

static void show_log(const json_t *a, FILE *out)
{
    (void)fprintf(out, "log level %" JSON_INTEGER_FORMAT "\n", number_of(a, "level"));
}

void hythectl_show(const char *command, const json_t *answer, FILE *out)
{
    static const struct {
        const char *name;
        void (*show)(const json_t *answer, FILE *out);
    } rows[] = {{"status", show_status}, {"sessions", show_sessions}, {"kick", show_count}, {"rekey", show_count},
                {"reload", show_reload}, {"drain", show_drain},       {"log", show_log}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, command) == 0)
            rows[i].show(answer, out);
}
