#include "accounts.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD_MAX = 1 << 20, MEMBERSHIPS_MAX = 65536 };

/* *known: whether there is a group of that name. */
static int find(const char *name, gid_t *gid, bool *known)
{
    struct group record, *found = NULL;
    size_t size = 4096;
    char *room = NULL;
    int rc = ERANGE;

    while (rc == ERANGE && size <= RECORD_MAX) {
        free(room);
        room = malloc(size);
        rc = room ? getgrnam_r(name, &record, room, size, &found) : ENOMEM;
        size *= 2;
    }
    *known = found != NULL;
    if (found)
        *gid = record.gr_gid;
    free(room);
    return rc == ENOENT || rc == ESRCH ? 0 : -rc;
}

/* All groups of the account, to be freed in any case; *gids is NULL at first. */
static int list(const struct passwd *account, gid_t **gids, int *count)
{
    int room = 64;

    do {
        gid_t *more = reallocarray(*gids, (size_t)room, sizeof **gids);

        if (!more)
            return -ENOMEM;
        *gids = more;
        *count = room;
        room *= 2;
        if (getgrouplist(account->pw_name, account->pw_gid, *gids, count) >= 0)
            return 0;
    } while (room <= MEMBERSHIPS_MAX);
    return -E2BIG;
}

/* A group that the system has lost can't be said not to have the account. */
static int is_in(const char *name, const gid_t *gids, int count, bool *is)
{
    bool known = false;
    gid_t gid = 0;
    int rc = find(name, &gid, &known);

    *is = false;
    for (int i = 0; !rc && known && i < count && !*is; i++)
        *is = gids[i] == gid;
    return !rc && !known ? -ENOENT : rc;
}

int sa_those_with(const struct passwd *account, const char *const *names, const char ***out)
{
    size_t wanted = 0, found = 0;
    const char **those;
    gid_t *gids = NULL;
    int count, rc = 0;

    while (names[wanted])
        wanted++;
    those = calloc(wanted + 1, sizeof *those);
    if (!those)
        return -ENOMEM;
    if (wanted)
        rc = list(account, &gids, &count);
    for (size_t i = 0; i < wanted && !rc; i++) {
        bool is = false;

        rc = is_in(names[i], gids, count, &is);
        if (is)
            those[found++] = names[i];
    }
    free(gids);
    *out = those;
    if (rc)
        free(those);
    return rc;
}

int sa_is_in_any(const struct passwd *account, const char *const *names, bool *is)
{
    const char **those;
    int rc = sa_those_with(account, names, &those);

    if (rc)
        return rc;
    *is = those[0] != NULL;
    free(those);
    return 0;
}

int sa_missing(const char *const *names, const char **missing)
{
    int rc = 0;

    for (*missing = NULL; *names && !*missing && !rc; names++) {
        bool known = false;
        gid_t gid;

        rc = find(*names, &gid, &known);
        if (!rc && !known)
            *missing = *names;
    }
    return rc;
}
