#include "tests/wire/fields.h"

#include "core/sftp/proto.h"
#include "core/vfs/status.h"
#include "tests/wire/attrs.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *word;
    uint32_t number;
} words[] = {
#define FXP(name) \
    { \
#name, SSH_FXP_##name \
    }
    FXP(INIT),
    FXP(VERSION),
    FXP(OPEN),
    FXP(CLOSE),
    FXP(READ),
    FXP(WRITE),
    FXP(LSTAT),
    FXP(FSTAT),
    FXP(SETSTAT),
    FXP(FSETSTAT),
    FXP(OPENDIR),
    FXP(READDIR),
    FXP(REMOVE),
    FXP(MKDIR),
    FXP(RMDIR),
    FXP(REALPATH),
    FXP(STAT),
    FXP(RENAME),
    FXP(READLINK),
    FXP(SYMLINK),
    FXP(STATUS),
    FXP(LINK),
    FXP(BLOCK),
    FXP(UNBLOCK),
    FXP(HANDLE),
    FXP(DATA),
    FXP(NAME),
    FXP(ATTRS),
    FXP(EXTENDED),
    FXP(EXTENDED_REPLY),
#undef FXP
#define HY_FX(name, number, since, fallback, text) {"FX_" #name, number},
    HY_FX_ROWS
#undef HY_FX
    /* As the drafts 04, 05 and 13 have them. */
    {"FXF_READ", 1},
    {"FXF_WRITE", 2},
    {"FXF_APPEND", 4},
    {"FXF_CREAT", 8},
    {"FXF_TRUNC", 16},
    {"FXF_EXCL", 32},
    {"FXF_TEXT", 64},
    {"CREATE_NEW", 0},
    {"CREATE_TRUNCATE", 1},
    {"OPEN_EXISTING", 2},
    {"OPEN_OR_CREATE", 3},
    {"TRUNCATE_EXISTING", 4},
    {"APPEND", 8},
    {"APPEND_ATOMIC", 0x10},
    {"TEXT_MODE", 0x20},
    {"BLOCK_READ", 0x40},
    {"BLOCK_WRITE", 0x80},
    {"BLOCK_DELETE", 0x100},
    {"BLOCK_ADVISORY", 0x200},
    {"NOFOLLOW", 0x400},
    {"DELETE_ON_CLOSE", 0x800},
    {"ACE4_READ_DATA", 1},
    {"ACE4_WRITE_DATA", 2},
    {"ACE4_APPEND_DATA", 4},
    {"ACE4_EXECUTE", 0x20},
    {"ACE4_READ_ATTRIBUTES", 0x80},
    {"ACE4_WRITE_ATTRIBUTES", 0x100},
    {"ACE4_DELETE", 0x10000},
    {"A_SIZE", 1},
    {"A_UIDGID", 2},
    {"A_MODE", 4},
    {"A_ATIME", 8},
    {"A_BTIME", 0x10},
    {"A_MTIME", 0x20},
    {"A_ACL", 0x40},
    {"A_OWNER", 0x80},
    {"A_SUBSECOND", 0x100},
    {"A_BITS", 0x200},
    {"A_ALLOC", 0x400},
    {"A_HINT", 0x800},
    {"A_MIME", 0x1000},
    {"A_NLINK", 0x2000},
    {"A_RAW", 0x4000},
    {"A_CTIME", 0x8000},
    {"A_EXTENDED", 0x80000000},
    {"OVERWRITE", 1},
    {"ATOMIC", 2},
    {"NATIVE", 4},
};

bool fields_word(const char *word, size_t len, uint32_t *number)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i].word) == len && memcmp(words[i].word, word, len) == 0) {
            *number = words[i].number;
            return true;
        }
    return false;
}

static const char *skip_spaces(const char *p)
{
    while (*p == ' ' || *p == '\t')
        p++;
    return p;
}

static struct var *find_var(const struct vars *vars, const char *name, size_t len)
{
    for (size_t i = 0; i < vars->count; i++)
        if (strlen(vars->var[i].name) == len && memcmp(vars->var[i].name, name, len) == 0)
            return (struct var *)&vars->var[i];
    return NULL;
}

static size_t name_len(const char *p)
{
    size_t n = 0;

    while (isalnum((unsigned char)p[n]) || p[n] == '_')
        n++;
    return n;
}

/* The bytes between two quotes, \n \0 \\ \" and \xHH understood, repeated for a `*N` behind. NULL: not closed. */
static const char *quoted(const char *p, char quote, struct hy_buf *out)
{
    size_t before = hy_buf_len(out), len;
    unsigned long times = 1;

    for (; *p && *p != quote; p++) {
        uint8_t c = (uint8_t)*p;

        if (*p == '\\' && p[1]) {
            char hex[3] = {0};

            c = (uint8_t) * ++p;
            if (c == 'x' && p[1] && p[2]) {
                memcpy(hex, p + 1, 2);
                c = (uint8_t)strtoul(hex, NULL, 16);
                p += 2;
            } else {
                c = c == 'n' ? '\n' : c == '0' ? '\0' : c;
            }
        }
        hy_buf_put_u8(out, c);
    }
    if (!*p++)
        return NULL;
    if (*p == '*')
        times = strtoul(p + 1, (char **)&p, 10);
    len = hy_buf_len(out) - before;
    for (; times > 1; times--) {
        uint8_t *to = hy_buf_reserve(out, len);

        if (!to)
            return NULL;
        memcpy(to, out->data + out->off + before, len);
        hy_buf_commit(out, len);
    }
    return p;
}

static const char *write_number(const char *p, struct hy_buf *out)
{
    char *end;
    unsigned long long n = strtoull(p, &end, 0);

    if (*end == 'L')
        hy_buf_put_u64(out, n);
    else if (*end == 'H')
        hy_buf_put(out, (const uint8_t[]){(uint8_t)(n >> 8), (uint8_t)n}, 2);
    else if (*end == 'B')
        hy_buf_put_u8(out, (uint8_t)n);
    else
        hy_buf_put_u32(out, (uint32_t)n);
    return *end == 'L' || *end == 'H' || *end == 'B' ? end + 1 : end;
}

/* Words and numbers with bars between them: one uint32. NULL: no such word. */
static const char *write_words(const char *p, struct hy_buf *out)
{
    uint32_t all = 0, number;

    for (bool more = true; more; p += more) {
        size_t len = name_len(p);
        char *end = (char *)p + len;

        if (isdigit((unsigned char)*p))
            number = (uint32_t)strtoul(p, &end, 0);
        else if (!fields_word(p, len, &number))
            return NULL;
        all |= number;
        p = end;
        more = *p == '|';
    }
    hy_buf_put_u32(out, all);
    return p;
}

static const char *write_all(const char *p, const struct vars *vars, struct hy_buf *out);

/* What is in the brackets becomes one string. */
static const char *write_nested(const char *p, const struct vars *vars, struct hy_buf *out)
{
    size_t at = hy_buf_len(out);

    hy_buf_put_u32(out, 0);
    p = skip_spaces(write_all(p, vars, out));
    if (*p == ']')
        p++;
    if (!out->failed)
        hy_put_be32(out->data + out->off + at, (uint32_t)(hy_buf_len(out) - at - 4));
    return p;
}

static const char *write_quoted(const char *p, struct hy_buf *out)
{
    size_t at = hy_buf_len(out);
    const char *end;

    if (*p == '\'')
        return quoted(p + 1, '\'', out);
    hy_buf_put_u32(out, 0);
    end = quoted(p + 1, '"', out);
    if (!out->failed)
        hy_put_be32(out->data + out->off + at, (uint32_t)(hy_buf_len(out) - at - 4));
    return end;
}

/* Stops at what it doesn't know. */
static const char *write_all(const char *p, const struct vars *vars, struct hy_buf *out)
{
    for (p = skip_spaces(p); *p; p = skip_spaces(p)) {
        const char *start = p;
        const struct var *var;
        uint32_t number;

        if (*p == '"' || *p == '\'') {
            p = write_quoted(p, out);
        } else if (*p == '[') {
            p = write_nested(p + 1, vars, out);
        } else if (*p == '$') {
            var = find_var(vars, p + 1, name_len(p + 1));
            if (!var)
                return start;
            hy_buf_put_string(out, var->data, var->len);
            p += 1 + name_len(p + 1);
        } else if (*p == '%') {
            var = find_var(vars, p + 1, name_len(p + 1));
            if (!var)
                return start;
            hy_buf_put(out, var->data, var->len);
            p += 1 + name_len(p + 1);
        } else if (isdigit((unsigned char)*p)) {
            p = write_number(p, out);
        } else if (fields_word(p, name_len(p), &number)) {
            p = write_words(p, out);
        } else {
            return start;
        }
        if (!p)
            return start;
    }
    return p;
}

bool fields_write(const char *text, const struct vars *vars, struct hy_buf *out, const char **bad)
{
    *bad = write_all(text, vars, out);
    return **bad == '\0' && !out->failed;
}

bool fields_set(struct vars *vars, const char *name, const void *data, size_t len)
{
    struct var *var = &vars->var[vars->count];

    if (vars->count == VARS_MAX || strlen(name) >= VAR_NAME || len > VAR_BYTES)
        return false;
    strcpy(var->name, name);
    memcpy(var->data, data, len);
    var->len = len;
    vars->count++;
    return true;
}

static bool match_var(struct vars *vars, const char *name, size_t len, const uint8_t *p, size_t n)
{
    struct var *var = find_var(vars, name, len);

    if (var)
        return var->len == n && memcmp(var->data, p, n) == 0;
    if (vars->count == VARS_MAX || len >= VAR_NAME || n > VAR_BYTES)
        return false;
    var = &vars->var[vars->count++];
    memcpy(var->name, name, len);
    var->name[len] = '\0';
    memcpy(var->data, p, n);
    var->len = n;
    return true;
}

/* A field that matches more than one value; *p is moved behind it. */
static bool match_open(const char **p, struct vars *vars, struct hy_reader *in)
{
    size_t len, n;
    const uint8_t *got;

    if (**p == '?') {
        bool wide = (*p)[1] == 'L', byte = (*p)[1] == 'B';

        *p += wide || byte ? 2 : 1;
        (void)(wide ? hy_get_u64(in) : byte ? hy_get_u8(in) : hy_get_u32(in));
        return !in->failed;
    }
    got = hy_get_string(in, &len);
    if (!got)
        return false;
    n = **p == '$' ? name_len(*p + 1) : 0;
    *p += 1 + n;
    return n == 0 || match_var(vars, *p - n, n, got, len);
}

/* Whether nothing follows, in version 6: yes, said so; no, or nothing is said. */
static bool match_end(const char *want, uint32_t version, struct hy_reader *in)
{
    bool said = version >= 6 && hy_reader_left(in) && hy_get_u8(in) != 0;

    return said == (version >= 6 && strncmp(want, "yes", 3) == 0);
}

/* What looks like a call: attrs(...), names(...), end(...), and !N, any other uint32. False: it is none of them. */
static bool match_call(const char **p, struct vars *vars, struct hy_reader *in, bool *same)
{
    const char *args = strchr(*p, '(');
    size_t name = name_len(*p), len = args ? strcspn(++args, ")") : 0;
    uint32_t number;

    if (**p == '!' && fields_word(*p + 1, name_len(*p + 1), &number)) {
        *same = hy_get_u32(in) != number && !in->failed;
        *p += 1 + name_len(*p + 1);
        return true;
    }
    if (!args || (size_t)(args - *p) != name + 1)
        return false;
    if (strncmp(*p, "attrs", name) == 0)
        *same = attrs_match(args, len, vars->version, in);
    else if (strncmp(*p, "names", name) == 0)
        *same = attrs_match_names(args, len, vars->version, in);
    else if (strncmp(*p, "end", name) == 0)
        *same = match_end(args, vars->version, in);
    else
        return false;
    *p = args + len + 1;
    return true;
}

/* A field that stands for certain bytes: up to the next one of the other kind. */
static bool match_exact(const char **p, size_t len, const struct vars *vars, struct hy_reader *in)
{
    char *one = strndup(*p, len);
    struct hy_buf want;
    const char *bad;
    bool same;

    hy_buf_init(&want, 4 << 20);
    same = one && fields_write(one, vars, &want, &bad) && hy_buf_len(&want) <= hy_reader_left(in) &&
           memcmp(in->p, hy_buf_data(&want), hy_buf_len(&want)) == 0;
    if (same) {
        in->p += hy_buf_len(&want);
        *p += len;
    }
    hy_buf_free(&want);
    free(one);
    return same;
}

/* A string that holds fields of any kind. */
static bool match_nested(const char **p, size_t len, struct vars *vars, struct hy_reader *in)
{
    size_t n;
    const uint8_t *got = hy_get_string(in, &n);
    struct hy_reader inner = hy_reader_of(got, n);
    char *fields = strndup(*p + 1, len - 2);
    const char *bad;
    bool same = got && fields && fields_match(fields, vars, &inner, &bad);

    free(fields);
    *p += same ? len : 0;
    return same;
}

/* The length of one field: quotes and brackets are kept together. */
static size_t field_len(const char *p)
{
    size_t n = 0, depth = 0;
    char quote = '\0';

    for (; p[n]; n++) {
        if (quote) {
            if (p[n] == '\\' && p[n + 1])
                n++;
            else if (p[n] == quote)
                quote = '\0';
        } else if (p[n] == '"' || p[n] == '\'') {
            quote = p[n];
        } else if (p[n] == '[') {
            depth++;
        } else if (p[n] == ']' && depth) {
            depth--;
        } else if (p[n] == ' ' && depth == 0) {
            break;
        }
    }
    return n;
}

bool fields_match(const char *text, struct vars *vars, struct hy_reader *in, const char **bad)
{
    const char *p = skip_spaces(text);
    bool same;

    for (; *p; p = skip_spaces(p)) {
        *bad = p;
        if (strncmp(p, "...", 3) == 0)
            return true;
        if (match_call(&p, vars, in, &same)) {
            if (!same)
                return false;
        } else if (*p == '?' || *p == '$' || (*p == '*' && !p[1]) || (*p == '*' && p[1] == ' ')) {
            if (!match_open(&p, vars, in))
                return false;
        } else if (*p == '[') {
            if (!match_nested(&p, field_len(p), vars, in))
                return false;
        } else if (!match_exact(&p, field_len(p), vars, in)) {
            return false;
        }
    }
    *bad = "the reply has more";
    return hy_reader_left(in) == 0;
}
