#include "core/config/config.h"

#include <ctype.h>
#include <string.h>

enum { WORD_MAX = 64 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Letters to insert, drop, change or swap with a neighbour until a is b, whatever their case. Both are at most WORD_MAX
 * bytes long. */
static unsigned distance(const char *a, size_t alen, const char *b, size_t blen)
{
    unsigned rows[3][WORD_MAX + 1], *before = rows[0], *last = rows[1], *now = rows[2];

    for (size_t j = 0; j <= blen; j++)
        last[j] = (unsigned)j;
    memcpy(before, last, sizeof rows[0]);
    for (size_t i = 1; i <= alen; i++) {
        unsigned *spare = before;

        now[0] = (unsigned)i;
        for (size_t j = 1; j <= blen; j++) {
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1));
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                now[j] = least(now[j], before[j - 2] + 1);
        }
        before = last;
        last = now;
        now = spare;
    }
    return last[blen];
}

const char *hy_nearest(const char *word, const char *const *names)
{
    size_t len = strlen(word);
    unsigned limit = len < 3 ? 1 : (unsigned)(len / 3);
    const char *best = NULL;

    if (len > WORD_MAX)
        return NULL;
    for (; *names; names++) {
        size_t n = strlen(*names);
        unsigned d = n > WORD_MAX ? limit + 1 : distance(word, len, *names, n);

        if (d < limit || (d == limit && !best)) {
            best = *names;
            limit = d;
        }
    }
    return best;
}
