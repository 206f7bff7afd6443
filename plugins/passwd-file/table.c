/* From the text of the file to a table of users. */
#include "passwd.h"

#include <stdlib.h>
#include <string.h>

enum { FIELDS = 7, NAME_FIELD = 0, HASH_FIELD = 1, HOME_FIELD = 5 };

struct parsing {
    struct pf_table *table;
    pf_complain_fn complain;
    void *ctx;
};

static void complain(const struct parsing *p, unsigned line, const char *why)
{
    p->complain(p->ctx, line, why);
}

/* ---- Fields ---- */

static bool is_name(const char *s)
{
    if (!*s || strlen(s) > 255 || strcmp(s, ".") == 0 || strcmp(s, "..") == 0)
        return false;
    for (; *s; s++)
        if (*s == '/' || (unsigned char)*s < 0x20 || *s == 0x7f)
            return false;
    return true;
}

/* Absolute, with no empty, `.` or `..` part and no slash at the end. */
static bool is_normal(const char *path)
{
    if (*path != '/')
        return false;
    while (*path && path[1]) {
        size_t len = strcspn(++path, "/");

        if (!len || (len == 1 && path[0] == '.') || (len == 2 && path[0] == '.' && path[1] == '.'))
            return false;
        path += len;
        if (*path && !path[1])
            return false;
    }
    return true;
}

/* Cuts a line at its colons; returns how many fields there are, one more than FIELDS for too many. */
static size_t cut(char *line, char *fields[FIELDS])
{
    size_t n = 0;

    for (char *rest = line; rest; n++) {
        char *field = strsep(&rest, ":");

        if (n == FIELDS)
            return FIELDS + 1;
        fields[n] = field;
    }
    return n;
}

static const char *judge(char *const fields[FIELDS], size_t count, bool whole, struct pf_user *user)
{
    const char *hash = fields[HASH_FIELD];

    if (!whole)
        return "a NUL byte";
    if (count != 2 && count != FIELDS)
        return "a line is name:hash or name:hash:uid:gid:gecos:home:shell";
    if (*hash && *hash != '!' && *hash != '*') {
        const char *why = pf_hash_judge(hash);

        if (why)
            return why;
        user->hash = hash;
    }
    if (count == FIELDS && *fields[HOME_FIELD]) {
        if (!is_normal(fields[HOME_FIELD]))
            return "the home is not a normal absolute path";
        user->home = fields[HOME_FIELD];
    }
    return NULL;
}

/* ---- Lines ---- */

static void add_line(const struct parsing *p, char *line, size_t len, unsigned number)
{
    struct pf_user user = {.line = number};
    char *fields[FIELDS] = {NULL};
    bool whole = strlen(line) == len;
    const char *why;
    size_t count;

    if (!len || line[0] == '#')
        return;
    count = cut(line, fields);
    if (count < 2 || !is_name(fields[NAME_FIELD])) {
        complain(p, number, "there is no user's name in it");
        return;
    }
    user.name = fields[NAME_FIELD];
    why = judge(fields, count, whole, &user);
    if (why)
        complain(p, number, why);
    user.bad = why != NULL;
    p->table->users[p->table->count++] = user;
}

static size_t count_lines(const char *text, size_t len)
{
    size_t n = 1;

    for (size_t i = 0; i < len; i++)
        n += text[i] == '\n';
    return n;
}

static void add_lines(const struct parsing *p)
{
    char *at = p->table->text, *end = at + p->table->text_len;

    for (unsigned number = 1; at < end; number++) {
        char *newline = memchr(at, '\n', (size_t)(end - at));
        char *stop = newline ? newline : end;
        size_t len = (size_t)(stop - at);

        *stop = '\0';
        if (len && at[len - 1] == '\r')
            at[--len] = '\0';
        add_line(p, at, len, number);
        at = stop + 1;
    }
}

static int by_name(const void *a, const void *b)
{
    const struct pf_user *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* A name that is there twice is nobody's: which line was meant can't be known. */
static void drop_twins(const struct parsing *p)
{
    struct pf_user *users = p->table->users;
    size_t kept = 0;

    for (size_t i = 0; i < p->table->count; i++) {
        if (kept && strcmp(users[kept - 1].name, users[i].name) == 0) {
            complain(p, users[i].line, "the user is in another line already");
            users[kept - 1].bad = true;
        } else {
            users[kept++] = users[i];
        }
    }
    p->table->count = kept;
}

/* ---- The decoy ---- */

/* By the part of the hash that fixes the cost. */
static int by_cost(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    size_t xn = pf_hash_cost_len(x), yn = pf_hash_cost_len(y);
    int order = memcmp(x, y, xn < yn ? xn : yn);

    return order ? order : (xn > yn) - (xn < yn);
}

/* A hash of the cost that most users have, so that an unknown name takes the time of a wrong password. */
static int choose_decoy(struct pf_table *table, const char *fallback)
{
    const char **hashes = calloc(table->count + 1, sizeof *hashes);
    size_t count = 0, most = 0;

    if (!hashes)
        return -1;
    table->decoy = fallback;
    for (size_t i = 0; i < table->count; i++)
        if (table->users[i].hash)
            hashes[count++] = table->users[i].hash;
    qsort(hashes, count, sizeof *hashes, by_cost);
    for (size_t i = 0, run = 0; i < count; i++) {
        run = i && by_cost(&hashes[i - 1], &hashes[i]) == 0 ? run + 1 : 1;
        if (run > most) {
            most = run;
            table->decoy = hashes[i];
        }
    }
    free(hashes);
    return 0;
}

/* ---- The table ---- */

struct pf_table *pf_table_new(char *text, size_t len, const char *fallback, pf_complain_fn told, void *ctx)
{
    struct pf_table *table = calloc(1, sizeof *table);
    const struct parsing p = {table, told, ctx};

    if (!table) {
        explicit_bzero(text, len);
        free(text);
        return NULL;
    }
    table->text = text;
    table->text_len = len;
    table->users = calloc(count_lines(text, len), sizeof *table->users);
    if (table->users) {
        add_lines(&p);
        qsort(table->users, table->count, sizeof *table->users, by_name);
        drop_twins(&p);
        if (choose_decoy(table, fallback) == 0)
            return table;
    }
    pf_table_free(table);
    return NULL;
}

void pf_table_free(struct pf_table *table)
{
    if (!table)
        return;
    explicit_bzero(table->text, table->text_len);
    free(table->text);
    free(table->users);
    free(table);
}

const struct pf_user *pf_table_find(const struct pf_table *table, const char *name)
{
    const struct pf_user key = {.name = name};
    size_t low = 0, high = table->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(key.name, table->users[middle].name);

        if (!order)
            return &table->users[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
