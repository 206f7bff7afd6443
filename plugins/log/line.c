#include "plugins/log/log.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- xferlog(5) ---- */

/* "Thu Nov 26 02:21:22 2026", of this place. */
static void local_time(char *out, size_t size)
{
    time_t now = time(NULL);
    struct tm tm;
    char text[32] = "";

    if (localtime_r(&now, &tm) && asctime_r(&tm, text))
        text[strcspn(text, "\n")] = '\0';
    (void)snprintf(out, size, "%s", text);
}

static uint64_t bytes_of(const struct lg_event *event)
{
    if (!event->transfer)
        return event->bytes_copied;
    return event->direction == 'i' ? event->bytes_written : event->bytes_read;
}

char *lg_xferlog_line(const struct hythe_session *session, const struct lg_event *event, size_t *len)
{
    char *address = lg_field(session->address), *path = lg_field(event->path), *user = lg_field(session->user);
    char *line = NULL, when[32];
    int n = -1;

    local_time(when, sizeof(when));
    if (address && path && user)
        n = asprintf(&line, "%s %lld %s %llu %s b _ %c r %s sftp%s%s 0 * %c\n", when,
                     (long long)(event->milliseconds + 500) / 1000, address, (unsigned long long)bytes_of(event), path,
                     event->direction, user, event->transfer ? "" : "-", event->transfer ? "" : event->name,
                     event->complete ? 'c' : 'i');
    free(address);
    free(path);
    free(user);
    *len = n < 0 ? 0 : (size_t)n;
    return n < 0 ? NULL : line;
}

/* ---- JSON ---- */

static void put_bytes(json_t *line, const char *key, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = strlen(text);
    char *hex = malloc(2 * len + 1), name[32];

    if (!hex)
        return;
    for (size_t i = 0; i < len; i++) {
        hex[2 * i] = digits[(unsigned char)text[i] >> 4];
        hex[2 * i + 1] = digits[(unsigned char)text[i] & 15];
    }
    hex[2 * len] = '\0';
    (void)snprintf(name, sizeof(name), "%s_bytes", key);
    (void)json_object_set_new(line, name, json_string(hex));
    free(hex);
}

/* Names are bytes, JSON is text: what isn't UTF-8 stands there once more, exactly. */
static void put_text(json_t *line, const char *key, const char *text)
{
    bool sound;
    char *valid = lg_valid(text, &sound);

    (void)json_object_set_new(line, key, json_string(valid ? valid : ""));
    if (!sound)
        put_bytes(line, key, text);
    free(valid);
}

static void put_number(json_t *line, const char *key, uint64_t number)
{
    (void)json_object_set_new(line, key, json_integer((json_int_t)number));
}

static void put_time(json_t *line)
{
    struct timespec now;
    struct tm tm;
    char text[48];

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (!gmtime_r(&now.tv_sec, &tm))
        return;
    (void)snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                   tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(now.tv_nsec / 1000000));
    (void)json_object_set_new(line, "time", json_string(text));
}

static void put_attributes(json_t *line, uint32_t valid)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = {{HYTHE_ATTR_SIZE, "size"},   {HYTHE_ATTR_MODE, "mode"},   {HYTHE_ATTR_OWNER, "owner"},
                 {HYTHE_ATTR_ATIME, "atime"}, {HYTHE_ATTR_MTIME, "mtime"}, {HYTHE_ATTR_CTIME, "ctime"},
                 {HYTHE_ATTR_BTIME, "btime"}, {HYTHE_ATTR_BITS, "bits"},   {HYTHE_ATTR_HINT, "hint"},
                 {HYTHE_ATTR_MIME, "mime"},   {HYTHE_ATTR_ACL, "acl"},     {HYTHE_ATTR_EXTENDED, "extended"}};
    json_t *list = json_array();

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (valid & names[i].bit)
            (void)json_array_append_new(list, json_string(names[i].name));
    (void)json_object_set_new(line, "attributes", list);
}

static void put_result(json_t *line, int64_t result, bool aborted)
{
    const char *name = result > -4096 && result < 0 ? strerrorname_np((int)-result) : NULL;
    char text[32];

    if (result >= 0)
        name = aborted ? "aborted" : "ok";
    else if (result <= -HYTHE_STATUS_BASE)
        (void)snprintf(text, sizeof(text), "status %lld", (long long)-result - HYTHE_STATUS_BASE);
    else if (!name)
        (void)snprintf(text, sizeof(text), "%lld", (long long)result);
    (void)json_object_set_new(line, "result", json_string(name ? name : text));
}

static json_t *build(const struct hythe_session *session, const struct lg_event *event)
{
    json_t *line = json_object();

    put_time(line);
    put_text(line, "event", event->name);
    put_text(line, "path", event->path);
    if (event->to)
        put_text(line, "to", event->to);
    if (event->target)
        put_text(line, "target", event->target);
    if (event->attributes)
        put_attributes(line, event->attributes);
    if (event->transfer) {
        put_number(line, "bytes_read", event->bytes_read);
        put_number(line, "bytes_written", event->bytes_written);
    }
    if (event->bytes_copied)
        put_number(line, "bytes_copied", event->bytes_copied);
    put_number(line, "milliseconds", (uint64_t)event->milliseconds);
    put_result(line, event->result, event->aborted);
    (void)json_object_set_new(line, "complete", json_boolean(event->complete));
    put_text(line, "user", session->user);
    put_text(line, "group", session->group);
    put_text(line, "address", session->address);
    put_number(line, "session", session->id);
    put_text(line, "client", session->client_id);
    put_number(line, "protocol", session->protocol);
    return line;
}

/* DEL is no control character to JSON, but to a terminal. */
static char *finish(const char *text, size_t *len)
{
    char *line, *end;
    size_t extra = 0;

    for (const char *p = text; *p; p++)
        extra += *p == 0x7f ? 5 : 0;
    line = end = malloc(strlen(text) + extra + 2);
    if (!line)
        return NULL;
    for (; *text; text++) {
        if (*text == 0x7f)
            end = stpcpy(end, "\\u007f");
        else
            *end++ = *text;
    }
    *end++ = '\n';
    *end = '\0';
    *len = (size_t)(end - line);
    return line;
}

char *lg_json_line(const struct hythe_session *session, const struct lg_event *event, size_t *len)
{
    json_t *line = build(session, event);
    char *text = line ? json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL, *out = NULL;

    if (text)
        out = finish(text, len);
    free(text);
    json_decref(line);
    return out;
}
