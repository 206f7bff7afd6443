/* OtherAttributes: "Name=Value;..." as several file events have it. In a value % and ; are %25 and %3B, as is what
 * can't be shown. */
#ifndef HY_EVENT_OTHER_H
#define HY_EVENT_OTHER_H

#include "hythe/events.h"

#include <stdbool.h>

enum hy_other_name {
    HY_OTHER_MIME,     /* MIMEType */
    HY_OTHER_ALLOC,    /* AllocationSize */
    HY_OTHER_ATIME_NS, /* ATimeNS: nanoseconds within the second */
    HY_OTHER_BTIME_NS, /* CreateTimeNS */
    HY_OTHER_MTIME_NS, /* MTimeNS */
    HY_OTHER_HINT,     /* TextHint */
    HY_OTHER_NLINK,    /* LinkCount */
    HY_OTHER_RAWNAME,  /* UntranslatedName */
    HY_OTHER_LINK,     /* LinkTarget, of a symlink */
    HY_OTHER_COUNT
};

struct hy_other {
    uint32_t has;                     /* 1u << enum hy_other_name */
    uint64_t number[HY_OTHER_COUNT];  /* of those that are numbers */
    const char *text[HY_OTHER_COUNT]; /* of the others, in `copy` after reading */
    char copy[HYTHE_EVENT_TEXT];
};

static inline bool hy_other_has(const struct hy_other *other, enum hy_other_name name)
{
    return other->has >> name & 1u;
}

/* Puts down what there is; a value that doesn't fit any more is left out as a whole. */
void hy_other_write(const struct hy_other *other, char out[static HYTHE_EVENT_TEXT]);

/* 0, or -1 for what isn't as above: an unknown name, one that is there twice, a number with other characters or beyond
 * what its attribute takes, a % without two hexadecimal digits. An empty value is one. */
int hy_other_read(const char *text, struct hy_other *other);

#endif
