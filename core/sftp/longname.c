#include "core/sftp/longname.h"

#include "core/sftp/attrs.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { HALF_YEAR = 365 * 24 * 60 * 60 / 2 };

void hy_longname_begin(struct hy_longname *l)
{
    l->now = (int64_t)time(NULL);
    if (l->now < l->memo_until && l->memo_until - l->now <= HY_NAMES_TTL)
        return;
    l->memo[HY_NAMES_USERS].set = l->memo[HY_NAMES_GROUPS].set = false;
    l->memo_until = l->now + HY_NAMES_TTL;
}

/* The number, right-aligned in at least `width`. */
static char *number(char *out, uint64_t n, unsigned width)
{
    char digits[20];
    unsigned count = 0;

    do
        digits[count++] = (char)('0' + n % 10);
    while (n /= 10);
    for (; width > count; width--)
        *out++ = ' ';
    while (count)
        *out++ = digits[--count];
    return out;
}

static char *two(char *out, int n)
{
    *out++ = (char)('0' + n / 10 % 10);
    *out++ = (char)('0' + n % 10);
    return out;
}

static char type_letter(uint32_t mode)
{
    static const char letters[16] = "?pc?d?b?-?l?s???";

    return letters[mode >> 12 & 15];
}

static char *mode_text(char *out, uint32_t mode)
{
    static const struct {
        uint32_t bit;
        char both, alone;
    } special[3] = {{S_ISUID, 's', 'S'}, {S_ISGID, 's', 'S'}, {S_ISVTX, 't', 'T'}};

    *out++ = type_letter(mode);
    for (unsigned i = 0; i < 3; i++) {
        uint32_t rwx = mode >> (6 - 3 * i) & 7;

        *out++ = rwx & 4 ? 'r' : '-';
        *out++ = rwx & 2 ? 'w' : '-';
        if (mode & special[i].bit)
            *out++ = rwx & 1 ? special[i].both : special[i].alone;
        else
            *out++ = rwx & 1 ? 'x' : '-';
    }
    return out;
}

const char *hy_longname_owner(struct hy_longname *l, enum hy_names_of of, uint32_t id)
{
    if (l->memo[of].set && l->memo[of].id == id)
        return l->memo[of].text;
    if (l->names)
        (void)hy_names_get(l->names, of, id, l->memo[of].text);
    else
        *number(l->memo[of].text, id, 0) = '\0';
    l->memo[of].id = id;
    l->memo[of].set = true;
    return l->memo[of].text;
}

/* A store's own name is taken where it can stand in a listing; "-" where nothing is known. */
static char *owner(struct hy_longname *l, char *out, enum hy_names_of of, const struct hythe_attrs *attrs)
{
    const char *text = of == HY_NAMES_USERS ? attrs->owner : attrs->group;
    size_t len;

    if (!(attrs->valid & HYTHE_ATTR_OWNER))
        text = "-";
    else if (!text || !hy_names_fit(text))
        text = hy_longname_owner(l, of, of == HY_NAMES_USERS ? attrs->uid : attrs->gid);
    len = strlen(text);
    memcpy(out, text, len);
    for (; len < 8; len++)
        out[len] = ' ';
    out[len] = ' ';
    return out + len + 1;
}

/* "2026-11-26 08:30". */
static char *long_date(char *p, const struct tm *tm)
{
    p = number(p, (uint64_t)((int64_t)tm->tm_year + 1900), 4);
    *p++ = '-';
    p = two(p, tm->tm_mon + 1);
    *p++ = '-';
    p = two(p, tm->tm_mday);
    *p++ = ' ';
    p = two(p, tm->tm_hour);
    *p++ = ':';
    return two(p, tm->tm_min);
}

/* "Nov 26 08:30", or "Nov 26  2025" of a file that isn't recent. */
static char *unix_date(char *p, const struct tm *tm, bool recent)
{
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

    memcpy(p, months[tm->tm_mon % 12], 3);
    p[3] = ' ';
    p = number(p + 4, (uint64_t)tm->tm_mday, 2);
    *p++ = ' ';
    if (!recent)
        return number(p, (uint64_t)((int64_t)tm->tm_year + 1900), 5);
    p = two(p, tm->tm_hour);
    *p++ = ':';
    return two(p, tm->tm_min);
}

static void make_date(struct hy_longname *l, int64_t sec, bool recent)
{
    time_t t = (time_t)sec;
    struct tm tm;
    char *end;

    if (!localtime_r(&t, &tm) || tm.tm_year < -1900)
        tm = (struct tm){.tm_year = 70, .tm_mday = 1};
    end = l->long_dates ? long_date(l->date, &tm) : unix_date(l->date, &tm, recent);
    l->date_len = (size_t)(end - l->date);
}

/* Made once for neighbours of one minute and one form. */
static char *date(struct hy_longname *l, char *out, const struct hythe_attrs *attrs)
{
    int64_t sec = attrs->valid & HYTHE_ATTR_MTIME ? attrs->mtime.sec : 0;
    int64_t minute = sec / 60 - (sec % 60 < 0);
    bool recent = sec > l->now - HALF_YEAR && sec <= l->now;

    if (!l->date_len || minute != l->minute || recent != l->recent)
        make_date(l, sec, recent);
    l->minute = minute;
    l->recent = recent;
    memcpy(out, l->date, sizeof l->date); /* a fixed size is cheaper; what is too much gets overwritten */
    return out + l->date_len;
}

size_t hy_longname(struct hy_longname *l, char *out, const struct hythe_attrs *attrs, const char *name, size_t len)
{
    char *p = mode_text(out, hy_attrs_mode(attrs));

    *p++ = ' ';
    p = number(p, attrs->valid & HYTHE_ATTR_NLINK ? attrs->nlink : 1, 3);
    *p++ = ' ';
    p = owner(l, p, HY_NAMES_USERS, attrs);
    p = owner(l, p, HY_NAMES_GROUPS, attrs);
    p = number(p, attrs->valid & HYTHE_ATTR_SIZE ? attrs->size : 0, 8);
    *p++ = ' ';
    p = date(l, p, attrs);
    *p++ = ' ';
    memcpy(p, name, len);
    return (size_t)(p - out) + len;
}
