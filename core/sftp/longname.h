/* The line that `ls -l` would print for an entry. Clients take it apart, so its shape is exact:
 * type and mode, links, owner, group, size, date, name; one space or more between them, none within the first five. The
 * date is ls's usual one, or that of `ls --time-style=long-iso`. */
#ifndef HY_SFTP_LONGNAME_H
#define HY_SFTP_LONGNAME_H

#include "core/sftp/names.h"
#include "hythe/plugin.h"

enum { HY_LONGNAME_ROOM = 10 + 11 + 2 * HY_NAME_TEXT + 21 + 32 }; /* bytes at most, the name not counted */

/* What one session remembers between lines: most files of a folder have one owner and many share a minute. */
struct hy_longname {
    struct hy_names *names; /* NULL: numbers only */
    bool long_dates;        /* year, month, day and time of any file */
    int64_t now;            /* set by hy_longname_begin() */
    struct {
        bool set;
        uint32_t id;
        char text[HY_NAME_TEXT];
    } memo[2];
    int64_t memo_until; /* owners are asked anew from then on */
    int64_t minute;     /* of the date below, and its form; length 0: none yet */
    bool recent;
    size_t date_len;
    char date[24];
};

/* Before the lines of one reply: takes the time. */
void hy_longname_begin(struct hy_longname *l);

/* The name of a user or group, or its number; good until the next one of its kind. */
const char *hy_longname_owner(struct hy_longname *l, enum hy_names_of of, uint32_t id);

/* Writes a line (at most HY_LONGNAME_ROOM + len bytes, no NUL) and returns its length. */
size_t hy_longname(struct hy_longname *l, char *out, const struct hythe_attrs *attrs, const char *name, size_t len);

#endif
