/* The permissions filter: what a session may do, path by path. */
#ifndef HYTHE_PERMISSIONS_H
#define HYTHE_PERMISSIONS_H

#include "hythe/plugin.h"

#include <limits.h>
#include <stdbool.h>

enum right {
    MAY_LIST = 0x001,
    MAY_DOWNLOAD = 0x002,
    MAY_UPLOAD = 0x004,    /* make new files */
    MAY_OVERWRITE = 0x008, /* change or replace files that are there */
    MAY_DELETE = 0x010,
    MAY_RENAME = 0x020,
    MAY_MKDIR = 0x040,
    MAY_SYMLINK = 0x080,
    MAY_ATTRIBUTES = 0x100,
    MAY_ALL = 0x1ff
};

struct pm_settings {
    const char *const *rules;
    const char *fallback;
    const char *const *hidden;
};

/* Absolute paths are kept without a slash at their end, so that "/" is "". */
struct pm_rule {
    char *path;
    size_t len;
    uint32_t rights;
};

struct pm_instance {
    const struct pm_settings *set;
    struct pm_rule *rules; /* the longest first */
    size_t count;
    uint32_t fallback;   /* the rights of what no rule names */
    uint32_t everywhere; /* the rights that all paths have */
};

/* Where a refusal tells the operator which rule it is by; only when it is asked beforehand. */
struct pm_note {
    char *text;
    size_t size;
};

/* What a session has of a mount. */
struct pm_base {
    const struct pm_instance *pm;
    const struct pm_note *note; /* NULL in a session */
    char origin[];              /* the base's own path, without a slash at its end */
};

/* ---- rules.c ---- */

/* Makes the rules of the settings. 0, or a negative errno after the log said which rule is wrong. */
int pm_rules_make(const struct hythe_host *host, struct pm_instance *pm);
void pm_rules_free(struct pm_instance *pm);

/* What holds for an absolute path. */
struct pm_verdict {
    const struct pm_rule *rule; /* NULL: none names it */
    uint32_t rights;
    bool way;   /* a rule that grants something names it or something below: it must be seen to get there */
    bool above; /* a rule names something below */
};

struct pm_verdict pm_verdict_of(const struct pm_instance *pm, const char *path);

/* Whether a part of a path, relative or not, has a hidden name. */
bool pm_is_hidden(const struct pm_instance *pm, const char *path);

/* ---- place.c ---- */

enum pm_follow {
    PM_LINK,   /* the last part is the name itself, whatever it is */
    PM_TARGET, /* what it leads to, which must be there */
    PM_EITHER  /* what it leads to, or the name where nothing is */
};

/* A path of a call, judged by its name and by where links on the way lead. */
struct pm_place {
    struct pm_verdict named, real;         /* the same when no link could make a difference */
    uint32_t rights;                       /* that both have */
    const char *path;                      /* for the inner layers: without links that could be exchanged on the way */
    bool resolved;                         /* its last part is no link */
    char given[PATH_MAX], found[PATH_MAX]; /* absolute, without a slash at the end; relative, in memory of path */
};

/* 0 and a filled place, when it has all of `need`; -EACCES, -ENOENT for a hidden name, or what resolving it answers.
 * care: the rights that the caller will look for in place->rights besides. */
int64_t pm_judge(const struct hythe_call *call, const char *path, enum pm_follow follow, uint32_t need, uint32_t care,
                 struct pm_place *place);
/* The same for who only wants to see it: `list`, or on the way to what a rule grants. */
int64_t pm_judge_sight(const struct hythe_call *call, const char *path, enum pm_follow follow, struct pm_place *place);
/* The absolute path of one that is relative to the base, PATH_MAX bytes without a slash at the end. */
int64_t pm_absolute(const struct pm_base *base, const char *path, char *out);
bool pm_may_see(const struct pm_verdict *verdict);
int64_t pm_refuse(const struct hythe_call *call);
/* The same for rights that a judged place lacks. */
int64_t pm_refuse_at(const struct hythe_call *call, const struct pm_place *place);

/* ---- Operations: names.c, open.c, dir.c ---- */

#define PM_OP(name) int64_t pm_##name(const struct hythe_call *call, struct hythe_##name##_arg *arg);
PM_OP(getattr)
PM_OP(setattr)
PM_OP(fsetattr)
PM_OP(readlink)
PM_OP(symlink)
PM_OP(link)
PM_OP(unlink)
PM_OP(mkdir)
PM_OP(rmdir)
PM_OP(rename)
PM_OP(open)
PM_OP(opendir)
PM_OP(readdir)
PM_OP(close)
PM_OP(statfs)
PM_OP(realpath)
PM_OP(copyfile)
PM_OP(checksum)
PM_OP(lock)
#undef PM_OP

#endif
