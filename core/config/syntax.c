/* What is wrong with a text of which libconfig only says that its syntax is: a second reading by the same grammar,
 * which knows what it waits for. Nothing of the text but names and single words is quoted: values may be secrets. */
#include "core/config/scan.h"
#include "core/config/read.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64, WORD_SHOWN = 64 };

enum want {
    WANT_NAME,   /* in a group, and at the top */
    WANT_EQUALS, /* behind a name */
    WANT_VALUE,
    WANT_COMMA /* in a list, behind a value */
};

struct named {
    const char *name;
    size_t len;
    unsigned line;
};

/* An open bracket; the whole text counts as a group. */
struct open {
    char bracket;
    unsigned line;
    size_t first; /* of its names */
};

struct syntax {
    struct hy_reading *r;
    unsigned line;
    enum want want;
    bool joins; /* a string goes on with the next one */
    struct open open[DEPTH_MAX];
    size_t depth; /* of the innermost */
    struct named *names;
    size_t count, room;
    unsigned twin_line; /* where libconfig found a name that was there before; 0: something else */
};

#define SAY(s, at, ...) (hy_reading_add((s)->r, hy_source_place((s)->r->source, at), __VA_ARGS__), true)

static struct open *innermost(struct syntax *s)
{
    return &s->open[s->depth];
}

static const struct named *latest(const struct syntax *s)
{
    static const struct named none = {"", 0, 0};

    return s->count ? &s->names[s->count - 1] : &none;
}

/* True: it was told what is wrong. So answer all that follow. */
static bool unwanted(struct syntax *s, const char *what)
{
    const struct named *n = latest(s);

    if (s->want == WANT_EQUALS)
        return SAY(s, s->line, "a = is missing behind %.*s", (int)n->len, n->name);
    if (s->want == WANT_COMMA)
        return SAY(s, s->line, "a comma is missing before %s, or a %s that ends the list of line %u", what,
                   innermost(s)->bracket == '(' ? ")" : "]", hy_source_place(s->r->source, innermost(s)->line).line);
    return SAY(s, s->line, "a setting's name and = are missing before %s", what);
}

static void had_value(struct syntax *s)
{
    s->want = innermost(s)->bracket == '{' ? WANT_NAME : WANT_COMMA;
}

static bool is_twin(struct syntax *s, const struct named *first)
{
    struct hy_place there = hy_source_place(s->r->source, first->line), here = hy_source_place(s->r->source, s->line);
    bool same = strcmp(there.file, here.file) == 0;

    return SAY(s, s->line, "%.*s is there twice: first in %s%s%u", (int)first->len, first->name,
               same ? "line " : there.file, same ? "" : ":", there.line);
}

static bool take_name(struct syntax *s, const char *word, size_t len)
{
    for (size_t i = innermost(s)->first; s->line == s->twin_line && i < s->count; i++)
        if (s->names[i].len == len && memcmp(s->names[i].name, word, len) == 0)
            return is_twin(s, &s->names[i]);
    if (s->count == s->room) {
        struct named *more = reallocarray(s->names, s->room + 64, sizeof *more);

        if (!more)
            return true;
        s->names = more;
        s->room += 64;
    }
    s->names[s->count++] = (struct named){word, len, s->line};
    s->want = WANT_EQUALS;
    return false;
}

static bool take_word(struct syntax *s, const char *word, size_t len)
{
    int shown = (int)(len < WORD_SHOWN ? len : WORD_SHOWN);

    if (s->want == WANT_NAME)
        return take_name(s, word, len);
    if (s->want != WANT_VALUE)
        return unwanted(s, "this word");
    if ((len != 4 || strncasecmp(word, "true", 4) != 0) && (len != 5 || strncasecmp(word, "false", 5) != 0))
        return SAY(s, s->line, "%.*s is no value: a text stands in double quotes, a boolean is true or false", shown,
                   word);
    had_value(s);
    return false;
}

static bool take_value(struct syntax *s, const char *what)
{
    if (s->want != WANT_VALUE)
        return unwanted(s, what);
    had_value(s);
    return false;
}

static bool open_bracket(struct syntax *s, char c)
{
    if (s->want != WANT_VALUE)
        return unwanted(s, c == '{' ? "this {" : c == '(' ? "this (" : "this [");
    if (++s->depth == DEPTH_MAX)
        return true;
    *innermost(s) = (struct open){c, s->line, s->count};
    s->want = c == '{' ? WANT_NAME : WANT_VALUE;
    return false;
}

static bool unfinished(struct syntax *s)
{
    const struct named *n = latest(s);

    if (s->want == WANT_EQUALS || (s->want == WANT_VALUE && innermost(s)->bracket == '{'))
        return SAY(s, n->line, "%.*s has no value", (int)n->len, n->name);
    return false;
}

static bool close_bracket(struct syntax *s, char c)
{
    char wanted = innermost(s)->bracket == '{' ? '}' : innermost(s)->bracket == '(' ? ')' : ']';

    if (unfinished(s))
        return true;
    if (!s->depth)
        return SAY(s, s->line, "this %c closes nothing", c);
    if (c != wanted)
        return SAY(s, s->line, "a %c is missing before this %c: a %c was opened in line %u", wanted, c,
                   innermost(s)->bracket, hy_source_place(s->r->source, innermost(s)->line).line);
    s->count = innermost(s)->first;
    s->depth--;
    had_value(s);
    return false;
}

static bool separate(struct syntax *s, char c)
{
    bool list = innermost(s)->bracket != '{';

    if (unfinished(s))
        return true;
    if (list && c == ';')
        return SAY(s, s->line, "a %s is missing before this ;: the list of line %u is not closed",
                   innermost(s)->bracket == '(' ? ")" : "]", hy_source_place(s->r->source, innermost(s)->line).line);
    s->want = list ? WANT_VALUE : WANT_NAME;
    return false;
}

static bool take_sign(struct syntax *s, char c)
{
    if (isspace((unsigned char)c) || c == '-' || c == '+' || c == '.')
        return false;
    if (strchr("({[", c))
        return open_bracket(s, c);
    if (strchr(")}]", c))
        return close_bracket(s, c);
    if (c == ';' || c == ',')
        return separate(s, c);
    if (c == '\'')
        return SAY(s, s->line, "a text stands in double quotes, not in these");
    if (c != '=' && c != ':')
        return SAY(s, s->line, "the byte 0x%02x stands outside of quotes, where it means nothing", (unsigned char)c);
    if (s->want != WANT_EQUALS)
        return unwanted(s, c == '=' ? "this =" : "this :");
    s->want = WANT_VALUE;
    return false;
}

static bool take_plain(struct syntax *s, const struct hy_token *t)
{
    const char *p = t->start, *end = t->start + t->len;

    while (p < end) {
        const char *word = p;

        while (p < end && (isalpha((unsigned char)*p) || *p == '*' || *p == '_' ||
                           (p > word && (isdigit((unsigned char)*p) || *p == '-'))))
            p++;
        if (p > word ? take_word(s, word, (size_t)(p - word)) : take_sign(s, *p))
            return true;
        if (p == word)
            s->line += *p++ == '\n';
    }
    return false;
}

static bool is_blank(const struct hy_token *t)
{
    return t->start[0] == '#' || t->start[0] == '/' || strspn(t->start, " \t\r\n\f") >= t->len;
}

static bool take_token(struct syntax *s, const struct hy_token *t)
{
    bool joins = s->joins;

    if (is_blank(t)) {
        for (size_t i = 0; i < t->len; i++)
            s->line += t->start[i] == '\n';
        return false;
    }
    s->joins = t->start[0] == '"';
    if (s->joins) {
        bool wrong = !joins && take_value(s, "this text");

        for (size_t i = 0; i < t->len; i++)
            s->line += t->start[i] == '\n';
        return wrong;
    }
    return isdigit((unsigned char)t->start[0]) ? take_value(s, "this number") : take_plain(s, t);
}

bool hy_syntax_explain(struct hy_reading *r, unsigned line, bool twin)
{
    const char *text = (const char *)hy_buf_data(&r->source->text);
    struct hy_scan scan = {text, text, text + strlen(text)};
    struct syntax s = {.r = r, .line = 1, .open = {{'{', 1, 0}}, .twin_line = twin ? line : 0};
    size_t before = r->problems->count;
    struct hy_token t;
    bool ended = false;

    while (!ended && hy_scan_next(&scan, &t))
        ended = take_token(&s, &t);
    if (!ended && !unfinished(&s) && s.depth)
        (void)SAY(&s, innermost(&s)->line, "this %c is never closed", innermost(&s)->bracket);
    free(s.names);
    return r->problems->count > before;
}
