#include "core/vfs/codepage.h"

#include <errno.h>
#include <iconv.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* iconv keeps a state, so each thread needs its own; those that nobody uses wait in a list. */
struct pair {
    struct pair *next;
    iconv_t to_store, to_wire;
};

struct hy_codepage {
    pthread_mutex_t lock;
    struct pair *idle;
    char charset[];
};

/* A place that bytes are added to. */
struct sink {
    char *p;
    size_t left;
};

/* ---- Bytes that have no character ---- */

/* U+EF80 to U+EFFF in UTF-8: EE BE 80 to EE BF BF. */
static bool is_odd(const char *s, size_t len)
{
    const unsigned char *u = (const unsigned char *)s;

    return len >= 3 && u[0] == 0xee && (u[1] == 0xbe || u[1] == 0xbf) && (u[2] & 0xc0) == 0x80;
}

static char odd_byte(const char *s)
{
    return (char)((s[1] == '\xbe' ? 0x80 : 0xc0) | (s[2] & 0x3f));
}

static bool put_odd(struct sink *to, char byte)
{
    unsigned char b = (unsigned char)byte;

    if (to->left < 3)
        return false;
    to->p[0] = '\xee';
    to->p[1] = b < 0xc0 ? '\xbe' : '\xbf';
    to->p[2] = (char)(0x80 | (b & 0x3f));
    to->p += 3;
    to->left -= 3;
    return true;
}

/* ---- One part of a path ---- */

static bool is_ascii(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] >= 0x80)
            return false;
    return true;
}

/* iconv on all of it, and what it had kept back. Moves *s and *len on; 0 or a negative errno. */
static int run(iconv_t cd, const char **s, size_t *len, struct sink *to)
{
    char *in = (char *)*s; /* iconv takes it so, and doesn't write to it */
    size_t n = iconv(cd, &in, len, &to->p, &to->left);
    int error = n == (size_t)-1 ? errno : 0;

    *s = in;
    if (error != E2BIG && iconv(cd, NULL, NULL, &to->p, &to->left) == (size_t)-1)
        error = errno;
    if (error == 0 && n > 0)
        error = EILSEQ; /* it took something similar */
    return error == E2BIG ? -ENAMETOOLONG : error ? -EILSEQ : 0;
}

/* Without a look back. */
static int64_t encode(struct pair *pair, const char *s, size_t len, char *out, size_t room)
{
    struct sink to = {out, room};

    while (len) {
        size_t n = 0, left;
        const char *at = s;
        int rc;

        while (n < len && !is_odd(s + n, len - n))
            n++;
        left = n;
        rc = run(pair->to_store, &at, &left, &to);
        if (rc)
            return rc;
        s += n;
        len -= n;
        if (!len)
            break;
        if (!to.left)
            return -ENAMETOOLONG;
        *to.p++ = odd_byte(s);
        to.left--;
        s += 3;
        len -= 3;
    }
    return to.p - out;
}

/* Without a look back. *odd: some bytes had no character. */
static int64_t decode(struct pair *pair, const char *s, size_t len, char *out, size_t room, bool *odd)
{
    struct sink to = {out, room};

    *odd = false;
    while (len) {
        int rc = run(pair->to_wire, &s, &len, &to);

        if (rc == -ENAMETOOLONG || (rc && !len))
            return rc;
        if (rc == 0)
            continue;
        if ((unsigned char)*s < 0x80)
            return -EILSEQ;
        if (!put_odd(&to, *s))
            return -ENAMETOOLONG;
        *odd = true;
        s++;
        len--;
    }
    return to.p - out;
}

/* Every byte that isn't ASCII for itself: what is left when the usual way doesn't lead back. */
static int64_t spell(const char *s, size_t len, char *out, size_t room)
{
    struct sink to = {out, room};

    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)s[i] >= 0x80) {
            if (!put_odd(&to, s[i]))
                return -ENAMETOOLONG;
            continue;
        }
        if (!to.left)
            return -ENAMETOOLONG;
        *to.p++ = s[i];
        to.left--;
    }
    return to.p - out;
}

static bool is_name(const char *s, size_t len)
{
    if (!len || memchr(s, '/', len) || memchr(s, '\0', len))
        return false;
    return s[0] != '.' || (len != 1 && (len != 2 || s[1] != '.'));
}

static bool same(const char *a, int64_t a_len, const char *b, size_t b_len)
{
    return a_len >= 0 && (size_t)a_len == b_len && memcmp(a, b, b_len) == 0;
}

/* Room for a part as it was, looked at from the other side. */
struct back {
    char text[HY_PATH_MAX];
};

static int64_t part_to_wire(struct pair *pair, const char *s, size_t len, char *out, size_t room, bool *odd)
{
    struct back back;
    int64_t n = decode(pair, s, len, out, room, odd);

    if (n == -ENAMETOOLONG)
        return n;
    if (n >= 0 && is_name(out, (size_t)n) &&
        same(back.text, encode(pair, out, (size_t)n, back.text, sizeof back.text), s, len))
        return n;
    *odd = true;
    return spell(s, len, out, room);
}

static int64_t part_to_store(struct pair *pair, const char *s, size_t len, char *out, size_t room)
{
    struct back back;
    bool odd;
    int64_t n = encode(pair, s, len, out, room);

    if (n < 0)
        return n;
    if (!is_name(out, (size_t)n) ||
        !same(back.text, part_to_wire(pair, out, (size_t)n, back.text, sizeof back.text, &odd), s, len))
        return -EILSEQ;
    return n;
}

/* ---- Paths ---- */

static void free_pair(struct pair *pair)
{
    if (pair->to_store != (iconv_t)-1)
        (void)iconv_close(pair->to_store);
    if (pair->to_wire != (iconv_t)-1)
        (void)iconv_close(pair->to_wire);
    free(pair);
}

static int new_pair(const char *charset, struct pair **out)
{
    struct pair *pair = calloc(1, sizeof *pair);
    int error;

    if (!pair)
        return -ENOMEM;
    errno = 0;
    pair->to_store = iconv_open(charset, "UTF-8");
    pair->to_wire = iconv_open("UTF-8", charset);
    error = errno;
    *out = pair;
    if (pair->to_store != (iconv_t)-1 && pair->to_wire != (iconv_t)-1)
        return 0;
    free_pair(pair);
    return error == EINVAL ? -EINVAL : -ENOMEM;
}

static struct pair *take(struct hy_codepage *page)
{
    struct pair *pair;

    (void)pthread_mutex_lock(&page->lock);
    pair = page->idle;
    if (pair)
        page->idle = pair->next;
    (void)pthread_mutex_unlock(&page->lock);
    return pair || new_pair(page->charset, &pair) == 0 ? pair : NULL;
}

static void give(struct hy_codepage *page, struct pair *pair)
{
    (void)pthread_mutex_lock(&page->lock);
    pair->next = page->idle;
    page->idle = pair;
    (void)pthread_mutex_unlock(&page->lock);
}

static int64_t copy(const char *path, size_t len, char *out)
{
    if (len >= HY_PATH_MAX)
        return -ENAMETOOLONG;
    memcpy(out, path, len);
    out[len] = '\0';
    return (int64_t)len;
}

/* Part by part; `.`, `..` and empty ones, which only targets of links have, are ASCII like most others. `odd`: to the
 * wire. */
static int64_t convert(struct pair *pair, const char *path, size_t len, char *out, bool *odd)
{
    size_t used = 0;
    bool part_odd;

    for (size_t at = 0; at < len;) {
        const char *slash = memchr(path + at, '/', len - at);
        size_t n = slash ? (size_t)(slash - path) - at : len - at, room = HY_PATH_MAX - 1 - used;
        int64_t r = (int64_t)n;

        if (n > room)
            return -ENAMETOOLONG;
        if (is_ascii(path + at, n))
            memcpy(out + used, path + at, n);
        else if (odd)
            r = part_to_wire(pair, path + at, n, out + used, room, &part_odd);
        else
            r = part_to_store(pair, path + at, n, out + used, room);
        if (r < 0)
            return r;
        if (odd && !is_ascii(path + at, n))
            *odd |= part_odd;
        used += (size_t)r;
        at += n;
        if (!slash)
            break;
        if (used >= HY_PATH_MAX - 1)
            return -ENAMETOOLONG;
        out[used++] = '/';
        at++;
    }
    out[used] = '\0';
    return (int64_t)used;
}

static int64_t translate(struct hy_codepage *page, const char *path, size_t len, char *out, bool *odd)
{
    struct pair *pair;
    int64_t r;

    if (odd)
        *odd = false;
    if (is_ascii(path, len))
        return copy(path, len, out);
    pair = take(page);
    if (!pair)
        return -ENOMEM;
    r = convert(pair, path, len, out, odd);
    give(page, pair);
    return r;
}

int64_t hy_codepage_to_store(struct hy_codepage *page, const char *path, size_t len, char *out)
{
    return translate(page, path, len, out, NULL);
}

int64_t hy_codepage_to_wire(struct hy_codepage *page, const char *path, size_t len, char *out, bool *odd)
{
    bool unseen;

    return translate(page, path, len, out, odd ? odd : &unseen);
}

/* ---- Beginning and end ---- */

/* Whether every character of ASCII is itself, alone: that rules out what has states, too. */
static bool has_ascii(struct pair *pair)
{
    for (int c = 1; c < 0x80; c++) {
        char byte = (char)c, there[8], back[8];
        bool odd;

        if (!same(there, encode(pair, &byte, 1, there, sizeof there), &byte, 1) ||
            !same(back, decode(pair, &byte, 1, back, sizeof back, &odd), &byte, 1))
            return false;
    }
    return true;
}

/* iconv takes suffixes that change what it does, and an empty name for the locale's. */
static bool is_plain(const char *charset)
{
    return *charset && !strchr(charset, '/') && !strchr(charset, ',');
}

int hy_codepage_new(const char *charset, struct hy_codepage **out)
{
    size_t len = strlen(charset);
    struct hy_codepage *page;
    struct pair *pair;
    int rc = is_plain(charset) ? new_pair(charset, &pair) : -EINVAL;

    if (rc)
        return rc;
    rc = has_ascii(pair) ? 0 : -ENOTSUP;
    page = rc ? NULL : calloc(1, sizeof *page + len + 1);
    if (!page || pthread_mutex_init(&page->lock, NULL)) {
        free(page);
        free_pair(pair);
        return rc ? rc : -ENOMEM;
    }
    memcpy(page->charset, charset, len + 1);
    page->idle = pair;
    *out = page;
    return 0;
}

void hy_codepage_free(struct hy_codepage *page)
{
    if (!page)
        return;
    while (page->idle) {
        struct pair *pair = page->idle;

        page->idle = pair->next;
        free_pair(pair);
    }
    (void)pthread_mutex_destroy(&page->lock);
    free(page);
}
