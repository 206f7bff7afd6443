#include "tests/wire/script.h"

#include "core/sftp/proto.h"
#include "core/vfs/status.h"
#include "tests/wire/fields.h"
#include "tests/wire/world.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MESSAGE_MAX = 4 << 20 };

const char *const script_ways[WAY_COUNT] = {"whole", "byte by byte", "random pieces", "cut short", "mangled"};

struct run {
    const struct script *script;
    size_t line;
    enum script_way way;
    uint64_t seed;
    struct world w;
    struct vars vars;
    struct hy_buf message; /* the frame of the last `>` line */
};

static bool fail(const struct run *r, const char *what, const char *where)
{
    printf("  %s:%zu (%s, version %u): %s: %s\n", r->script->path, r->line + 1, script_ways[r->way],
           (unsigned)r->vars.version, what, where);
    return false;
}

/* ---- Sending ---- */

static uint64_t next_random(struct run *r)
{
    r->seed ^= r->seed << 13;
    r->seed ^= r->seed >> 7;
    r->seed ^= r->seed << 17;
    return r->seed;
}

static bool send_bytes(struct run *r, const uint8_t *p, size_t len)
{
    while (len) {
        size_t n = len;

        if (r->way == WAY_BYTES)
            n = 1;
        if (r->way == WAY_RANDOM)
            n = 1 + (size_t)(next_random(r) % (next_random(r) % 4 ? 16 : 40000));
        n = n < len ? n : len;
        if (!hy_memory_send(&r->w.link, p, n))
            return fail(r, "the engine left too much unread", "");
        p += n;
        len -= n;
    }
    return true;
}

/* The next frame of the replies, without its length; false if there is none. */
static bool next_reply(struct run *r, struct hy_reader *frame)
{
    const struct hy_buf *out = &r->w.link.out;
    size_t len;

    if (hy_buf_len(out) < 4)
        return false;
    len = hy_get_be32(hy_buf_data(out));
    if (hy_buf_len(out) - 4 < len)
        return false;
    *frame = hy_reader_of(hy_buf_data(out) + 4, len);
    return true;
}

static void drop_reply(struct run *r)
{
    hy_buf_consume(&r->w.link.out, 4 + (size_t)hy_get_be32(hy_buf_data(&r->w.link.out)));
}

/* Sends a damaged request and looks at its one reply. `code` < 0: anything will do. */
static bool send_damaged(struct run *r, const struct hy_buf *frame, bool id_kept, int code, size_t at)
{
    struct hy_reader reply;
    char where[64];
    uint32_t type, id, status;

    (void)snprintf(where, sizeof where, "damaged at byte %zu", at);
    if (!hy_memory_send(&r->w.link, hy_buf_data(frame), hy_buf_len(frame)))
        return fail(r, where, "the engine left too much unread");
    if (!next_reply(r, &reply))
        return fail(r, where, "no reply");
    type = hy_get_u8(&reply);
    id = hy_get_u32(&reply);
    status = hy_get_u32(&reply);
    if (id_kept && id != hy_get_be32(hy_buf_data(&r->message) + 5))
        return fail(r, where, "a reply to another request");
    if (code >= 0 && (type != SSH_FXP_STATUS || status != (uint32_t)code))
        return fail(r, where, "not BAD_MESSAGE");
    drop_reply(r);
    if (next_reply(r, &reply))
        return fail(r, where, "a second reply");
    return !r->w.link.sink.broken(r->w.link.sink.ctx) || fail(r, where, "the connection was ended");
}

static bool send_cut(struct run *r)
{
    struct hy_buf part;
    bool ok = true;

    hy_buf_init(&part, MESSAGE_MAX);
    for (size_t len = 9; ok && len < hy_buf_len(&r->message); len++) {
        hy_buf_reset(&part);
        hy_buf_put(&part, hy_buf_data(&r->message), len);
        hy_put_be32(part.data + part.off, (uint32_t)len - 4);
        ok = send_damaged(r, &part, true, SSH_FX_BAD_MESSAGE, len);
    }
    hy_buf_free(&part);
    return ok;
}

static bool send_mangled(struct run *r)
{
    struct hy_buf copy;
    bool ok = true;

    hy_buf_init(&copy, MESSAGE_MAX);
    for (size_t at = 9; ok && at + 4 <= hy_buf_len(&r->message); at++) {
        hy_buf_reset(&copy);
        hy_buf_put(&copy, hy_buf_data(&r->message), hy_buf_len(&r->message));
        memset(copy.data + copy.off + at, 0xff, 4);
        ok = send_damaged(r, &copy, true, -1, at);
    }
    hy_buf_free(&copy);
    return ok;
}

/* `> TYPE fields`: the frame's length is put in front. */
static bool do_send(struct run *r, const char *text)
{
    size_t word = strcspn(text, " ");
    const char *bad;
    uint32_t type;

    if (isdigit((unsigned char)*text))
        type = (uint32_t)strtoul(text, NULL, 0);
    else if (!fields_word(text, word, &type))
        return fail(r, "no such message", text);
    hy_buf_reset(&r->message);
    hy_buf_put_u32(&r->message, 0);
    hy_buf_put_u8(&r->message, (uint8_t)type);
    if (!fields_write(text + word, &r->vars, &r->message, &bad))
        return fail(r, "not understood", bad);
    hy_put_be32(r->message.data + r->message.off, (uint32_t)hy_buf_len(&r->message) - 4);
    if (r->way == WAY_CUT && type != SSH_FXP_INIT && !send_cut(r))
        return false;
    return send_bytes(r, hy_buf_data(&r->message), hy_buf_len(&r->message));
}

/* `>> fields`: bytes as they are. */
static bool do_raw(struct run *r, const char *text)
{
    const char *bad;

    hy_buf_reset(&r->message);
    if (!fields_write(text, &r->vars, &r->message, &bad))
        return fail(r, "not understood", bad);
    return send_bytes(r, hy_buf_data(&r->message), hy_buf_len(&r->message));
}

/* ---- Expecting ---- */

static void show(const struct hy_reader *frame)
{
    char text[256];
    size_t left = hy_reader_left(frame);

    (void)hy_escape(text, sizeof text, (const char *)frame->p, left < 120 ? left : 120);
    printf("  the reply was %zu bytes: %s\n", left, text);
}

static bool do_expect(struct run *r, const char *text)
{
    struct hy_reader frame, whole;
    size_t word = strcspn(text, " ");
    const char *bad = text;
    uint32_t type;

    if (!fields_word(text, word, &type))
        return fail(r, "no such message", text);
    if (!next_reply(r, &frame))
        return fail(r, "no reply", text);
    whole = frame;
    if (type == SSH_FXP_VERSION && hy_reader_left(&frame) >= 5)
        r->vars.version = hy_get_be32(frame.p + 1);
    if (hy_get_u8(&frame) != type || !fields_match(text + word, &r->vars, &frame, &bad)) {
        show(&whole);
        return fail(r, "another reply", bad);
    }
    drop_reply(r);
    return true;
}

static bool expect_nothing(struct run *r)
{
    return hy_buf_len(&r->w.link.out) == 0 || fail(r, "a reply too many", "");
}

static bool do_broken(struct run *r, const char *text)
{
    (void)text;
    return expect_nothing(r) && (r->w.link.sink.broken(r->w.link.sink.ctx) || fail(r, "the connection goes on", ""));
}

/* ---- The folder ---- */

/* Two quoted words, the second may be absent. */
static bool two_words(struct run *r, const char *text, struct hy_buf *a, struct hy_buf *b)
{
    struct hy_buf all;
    struct hy_reader in;
    const uint8_t *p;
    const char *bad;
    size_t len;
    bool ok;

    hy_buf_init(&all, MESSAGE_MAX);
    hy_buf_init(a, MESSAGE_MAX);
    hy_buf_init(b, MESSAGE_MAX);
    ok = fields_write(text, &r->vars, &all, &bad);
    in = hy_reader_of(hy_buf_data(&all), hy_buf_len(&all));
    p = hy_get_string(&in, &len);
    hy_buf_put(a, p, len);
    hy_buf_put_u8(a, 0);
    if (hy_reader_left(&in)) {
        p = hy_get_string(&in, &len);
        hy_buf_put(b, p, len);
    }
    hy_buf_free(&all);
    return (ok && !in.failed) || fail(r, "not understood", text);
}

static bool with_words(struct run *r, const char *text,
                       bool (*run)(struct run *r, const char *a, const uint8_t *b, size_t b_len))
{
    struct hy_buf a, b;
    bool ok = two_words(r, text, &a, &b);

    hy_buf_put_u8(&b, 0);
    ok = ok && run(r, (const char *)hy_buf_data(&a), hy_buf_data(&b), hy_buf_len(&b) - 1);
    hy_buf_free(&a);
    hy_buf_free(&b);
    return ok;
}

static bool put_file(struct run *r, const char *name, const uint8_t *data, size_t len)
{
    return world_put(&r->w, name, data, len) || fail(r, "can't write", name);
}

static bool put_dir(struct run *r, const char *name, const uint8_t *data, size_t len)
{
    char path[512];

    (void)data;
    (void)len;
    world_path(&r->w, name, path);
    return mkdir(path, 0755) == 0 || fail(r, "can't make", name);
}

static bool put_link(struct run *r, const char *name, const uint8_t *target, size_t len)
{
    char path[512];

    (void)len;
    world_path(&r->w, name, path);
    return symlink((const char *)target, path) == 0 || fail(r, "can't make", name);
}

static bool has_content(struct run *r, const char *name, const uint8_t *data, size_t len)
{
    size_t got;
    char *content = world_get(&r->w, name, &got);
    bool same = content && got == len && memcmp(content, data, len) == 0;

    free(content);
    return same || fail(r, content ? "another content" : "no file", name);
}

static bool is_missing(struct run *r, const char *name, const uint8_t *data, size_t len)
{
    struct stat st;
    char path[512];

    (void)data;
    (void)len;
    world_path(&r->w, name, path);
    return lstat(path, &st) != 0 || fail(r, "still there", name);
}

static bool has_target(struct run *r, const char *name, const uint8_t *target, size_t len)
{
    char path[512], got[512];
    ssize_t n;

    world_path(&r->w, name, path);
    n = readlink(path, got, sizeof got);
    return (n >= 0 && (size_t)n == len && memcmp(got, target, len) == 0) || fail(r, "another target", name);
}

static bool has_logged(struct run *r, const char *text, const uint8_t *data, size_t len)
{
    (void)data;
    (void)len;
    return strstr(r->w.said, text) || fail(r, "not in the log", r->w.said);
}

static bool do_writes(struct run *r, const char *text)
{
    char got[32];

    (void)snprintf(got, sizeof got, "%u", r->w.writes);
    return strcmp(got, text) == 0 || fail(r, "another number of writes", got);
}

#define WORDS(name, action) \
    static bool name(struct run *r, const char *text) \
    { \
        return with_words(r, text, action); \
    }
WORDS(do_file, put_file)
WORDS(do_dir, put_dir)
WORDS(do_link, put_link)
WORDS(do_content, has_content)
WORDS(do_missing, is_missing)
WORDS(do_target, has_target)
WORDS(do_logged, has_logged)

/* ---- Settings, and the end ---- */

/* Without any in the file system there is nothing to be seen: the script ends here. */
static bool turn_on_xattrs(struct run *r)
{
    if (!world_has_xattrs(&r->w))
        r->line = r->script->count;
    return world_turn_on(&r->w, "xattrs") || fail(r, "no such setting", "xattrs");
}

static bool do_option(struct run *r, const char *text)
{
    struct hy_sftp_options *o = &r->w.options;
    const char *value = text + strcspn(text, " ");

    value += strspn(value, " ");
    if (strcmp(text, "read-only") == 0)
        o->read_only = true;
    else if (strcmp(text, "log") == 0)
        o->log_requests = true;
    else if (strcmp(text, "masked-bits") == 0)
        o->masked_bits = true;
    else if (strcmp(text, "link-first") == 0)
        o->symlink_order = HY_SYMLINK_LINK_FIRST;
    else if (strncmp(text, "deny ", 5) == 0 && hy_sftp_request_of(value) >= 0)
        o->denied |= UINT64_C(1) << hy_sftp_request_of(value);
    else if (strncmp(text, "off ", 4) == 0 && hy_sftp_extension_of(value))
        o->off |= hy_sftp_extension_of(value);
    else if (strncmp(text, "max-packet ", 11) == 0)
        o->max_packet = (uint32_t)strtoul(value, NULL, 0);
    else if (strncmp(text, "version ", 8) == 0)
        o->version = (uint32_t)strtoul(value, NULL, 0);
    else if (strncmp(text, "max-handles ", 12) == 0)
        o->max_handles = (uint32_t)strtoul(value, NULL, 0);
    else if (strncmp(text, "list-entries ", 13) == 0)
        o->list_entries = (unsigned)strtoul(value, NULL, 0);
    else if (strncmp(text, "memory ", 7) == 0)
        (void)snprintf(r->w.memory_at, sizeof r->w.memory_at, "%s", value);
    else if (strcmp(text, "xattrs") == 0)
        return turn_on_xattrs(r);
    else if (strcmp(text, "no-locks") == 0)
        r->w.no_locks = true;
    else if (strcmp(text, "whole-writes") == 0)
        r->w.faults.plugin.flags |= HYTHE_WHOLE_WRITES;
    else if (strcmp(text, "newline CRLF") == 0)
        o->newline = "\r\n";
    else
        return fail(r, "no such option", text);
    return true;
}

static bool do_eof(struct run *r, const char *text)
{
    (void)text;
    hy_memory_eof(&r->w.link);
    return true;
}

static bool do_silence(struct run *r, const char *text)
{
    (void)text;
    return expect_nothing(r);
}

/* `speaks N`: from now on, after a version-select. */
static bool do_speaks(struct run *r, const char *text)
{
    r->vars.version = (uint32_t)strtoul(text, NULL, 10);
    return true;
}

static bool do_skip(struct run *r, const char *text)
{
    (void)r;
    (void)text;
    return true;
}

static const struct verb {
    const char *name;
    bool (*run)(struct run *r, const char *text);
    bool before; /* allowed before the session begins */
} verbs[] = {
    {">", do_send, false},        {">>", do_raw, false},          {"<", do_expect, false},
    {"broken", do_broken, false}, {"file", do_file, true},        {"dir", do_dir, true},
    {"link", do_link, true},      {"content", do_content, false}, {"missing", do_missing, false},
    {"target", do_target, false}, {"logged", do_logged, false},   {"option", do_option, true},
    {"eof", do_eof, false},       {"silence", do_silence, false}, {"not", do_skip, true},
    {"name", do_skip, true},      {"versions", do_skip, true},    {"speaks", do_speaks, false},
    {"writes", do_writes, false},
};

static bool do_line(struct run *r, const char *line)
{
    size_t word = strcspn(line, " ");

    if (*line == '#' || *line == '\0')
        return true;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strlen(verbs[i].name) != word || memcmp(verbs[i].name, line, word) != 0)
            continue;
        if (!verbs[i].before && !r->w.up) {
            if (!world_connect(&r->w))
                return fail(r, "no session", line);
            r->w.link.piece = r->way == WAY_BYTES ? 1 : SIZE_MAX;
        }
        return verbs[i].run(r, line + word + strspn(line + word, " "));
    }
    return fail(r, "not understood", line);
}

/* ---- Whole scripts ---- */

static bool run_lines(struct run *r, size_t count)
{
    for (r->line = 0; r->line < count; r->line++)
        if (!do_line(r, r->script->lines[r->line]))
            return false;
    return true;
}

static bool one_world(const struct script *s, enum script_way way, uint64_t seed, size_t count, bool mangle)
{
    struct run r = {.script = s, .way = way, .seed = seed | 1};
    uint8_t version[4];
    bool ok;

    hy_put_be32(version, s->version);
    (void)fields_set(&r.vars, "V", version, sizeof version);
    hy_buf_init(&r.message, MESSAGE_MAX);
    ok = world_make(&r.w, NULL) && run_lines(&r, count);
    if (ok && r.w.up && mangle)
        ok = send_mangled(&r);
    else if (ok && r.w.up && count == s->count)
        ok = expect_nothing(&r);
    world_unmake(&r.w);
    hy_buf_free(&r.message);
    return ok;
}

/* Each request is mangled in a world of its own, after everything before it: what it does must not matter. The line
 * after a request is its reply. */
static bool run_mangled(const struct script *s, uint64_t seed)
{
    for (size_t i = 0; i + 1 < s->count; i++)
        if (strncmp(s->lines[i], "> ", 2) == 0 && strncmp(s->lines[i], "> INIT", 6) != 0 &&
            strncmp(s->lines[i + 1], "< ", 2) == 0 && !one_world(s, WAY_MANGLED, seed, i + 2, true))
            return false;
    return true;
}

static bool excluded(const struct script *s, enum script_way way)
{
    static const char *const names[WAY_COUNT] = {"not whole", "not bytes", "not random", "not cut", "not mangled"};

    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->lines[i], names[way]) == 0)
            return true;
    return false;
}

static int run_one(const struct script *s, enum script_way way, uint64_t seed)
{
    return way == WAY_MANGLED ? run_mangled(s, seed) : one_world(s, way, seed, s->count, false);
}

/* The lines that are for `version`: a line that begins with @45 is for 4 and 5 only. */
static int run_version(const struct script *s, enum script_way way, uint64_t seed, char version)
{
    struct script one = *s;
    int r = 0;

    one.version = (uint32_t)(version - '0');
    one.lines = calloc(s->count, sizeof *one.lines);
    for (size_t i = 0; one.lines && i < s->count; i++) {
        char *line = s->lines[i], *end = *line == '@' ? strchr(line, ' ') : NULL, *at = strchr(line, version);

        one.lines[i] = !end ? line : at && at < end ? end + 1 : "";
    }
    if (one.lines)
        r = run_one(&one, way, seed);
    free(one.lines);
    return r;
}

int script_run(const struct script *s, enum script_way way, uint64_t seed)
{
    if (excluded(s, way))
        return -1;
    for (size_t i = 0; i < s->count; i++) {
        int r = 1;

        if (strncmp(s->lines[i], "versions ", 9) != 0)
            continue;
        for (const char *p = s->lines[i] + 9; r == 1 && *p; p++)
            if (*p != ' ')
                r = run_version(s, way, seed, *p);
        return r;
    }
    return run_one(s, way, seed);
}

int script_load(struct script *s, const char *path)
{
    FILE *f = fopen(path, "r");
    size_t size = 0, cap = 0;
    ssize_t n = f ? getdelim(&s->text, &size, '\0', f) : -1;
    char *save = NULL;

    if (f)
        (void)fclose(f);
    if (n < 0)
        return -1;
    s->path = path;
    for (char *p = s->text; p; p = save) {
        save = strchr(p, '\n');
        if (save)
            *save++ = '\0';
        if (s->count == cap) {
            char **lines = reallocarray(s->lines, cap = cap ? cap * 2 : 64, sizeof *lines);

            if (!lines)
                return -1;
            s->lines = lines;
        }
        s->lines[s->count++] = p;
    }
    return 0;
}

void script_free(struct script *s)
{
    free(s->text);
    free(s->lines);
}
