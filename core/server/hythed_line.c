#include "core/server/hythed_line.h"

enum { DAY = 86400, END = 4 /* bytes that any line ends with, at most: "}\n */ };

struct line {
    char *out;
    size_t len;
};

static void put(struct line *line, const char *text)
{
    while (*text && line->len < HYTHED_LINE_MAX - END)
        line->out[line->len++] = *text++;
}

static void put_number(struct line *line, uint64_t n, unsigned digits)
{
    char text[24];
    size_t at = sizeof text - 1;

    text[at] = '\0';
    do {
        text[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n || sizeof text - 1 - at < digits);
    put(line, text + at);
}

/* UTC, as RFC 3339 has it. The C library's ways take locks. A year begins in March here, so that the leap day is its
 * last; eras have 400 of them. */
static void put_time(struct line *line, const struct timespec *now)
{
    uint64_t seconds = now->tv_sec > 0 ? (uint64_t)now->tv_sec : 0, of_day = seconds % DAY;
    uint64_t days = seconds / DAY + 719468, era = days / 146097, of_era = days % 146097;
    uint64_t of_eras = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * of_eras + of_eras / 4 - of_eras / 100), month = (5 * of_year + 2) / 153;
    const struct {
        const char *before;
        uint64_t n;
        unsigned digits;
    } parts[] = {{"", era * 400 + of_eras + (month >= 10), 4},
                 {"-", month < 10 ? month + 3 : month - 9, 2},
                 {"-", of_year - (153 * month + 2) / 5 + 1, 2},
                 {"T", of_day / 3600, 2},
                 {":", of_day / 60 % 60, 2},
                 {":", of_day % 60, 2},
                 {".", (uint64_t)now->tv_nsec / 1000000, 3}};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        put(line, parts[i].before);
        put_number(line, parts[i].n, parts[i].digits);
    }
    put(line, "Z");
}

/* Escaped text has no control bytes and is UTF-8: JSON minds two characters of it. */
static void put_string(struct line *line, const char *text)
{
    for (; *text && line->len < HYTHED_LINE_MAX - END - 1; text++) {
        if (*text == '"' || *text == '\\')
            line->out[line->len++] = '\\';
        line->out[line->len++] = *text;
    }
}

static const struct {
    const char *name, *journal; /* sd-daemon(3) */
} levels[] = {[HY_LOG_ERROR] = {"error", "<3>"},
              [HY_LOG_INFO] = {"info", "<6>"},
              [HY_LOG_VERBOSE] = {"verbose", "<6>"},
              [HY_LOG_DEBUG] = {"debug", "<7>"}};

static void put_text_line(struct line *line, const char *level, uint64_t conn, const char *text)
{
    put(line, " ");
    put(line, level);
    if (conn) {
        put(line, " [conn ");
        put_number(line, conn, 1);
        put(line, "]");
    }
    put(line, " ");
    put(line, text);
}

static void put_json_line(struct line *line, const char *level, uint64_t conn, const char *text)
{
    put(line, "\",\"level\":\"");
    put(line, level);
    if (conn) {
        put(line, "\",\"connection\":");
        put_number(line, conn, 1);
        put(line, ",\"message\":\"");
    } else {
        put(line, "\",\"message\":\"");
    }
    put_string(line, text);
    line->out[line->len++] = '"';
    line->out[line->len++] = '}';
}

size_t hythed_line(char out[HYTHED_LINE_MAX], struct hythed_form form, const struct timespec *now,
                   enum hy_log_level level, uint64_t conn, const char *text)
{
    struct line line = {.out = out};

    put(&line, form.journal ? levels[level].journal : "");
    put(&line, form.json ? "{\"time\":\"" : "");
    put_time(&line, now);
    (form.json ? put_json_line : put_text_line)(&line, levels[level].name, conn, text);
    out[line.len++] = '\n';
    return line.len;
}
