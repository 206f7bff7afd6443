/* The system-accounts plugin's own declarations. Functions return 0, or a negative errno when they can't tell. */
#ifndef SYSTEM_ACCOUNTS_ACCOUNTS_H
#define SYSTEM_ACCOUNTS_ACCOUNTS_H

#include <hythe/plugin.h>

#include <pwd.h>
#include <stdbool.h>

/* Filled by the core from the rows of plugin.c. */
struct sa_settings {
    const char *home;
    int64_t min_uid;
    int allow_root, require_shell, shadow;
    const char *const *allow_users, *const *deny_users;
    const char *const *allow_groups, *const *deny_groups;
    const char *const *groups;
};

/* ---- judge.c ---- */

/* Why the account may not log in, or NULL in *why. */
int sa_judge(const struct sa_settings *set, const struct passwd *account, const char **why);

/* ---- groups.c ---- */

/* Whether the account is in one of the groups, which the system has to know. */
int sa_is_in_any(const struct passwd *account, const char *const *names, bool *is);
/* Those of the groups that the account is in, NULL-terminated: an array to be freed, whose names are the given ones. */
int sa_those_with(const struct passwd *account, const char *const *names, const char ***out);
/* The first of the names that is no group of the system, or NULL in *missing. */
int sa_missing(const char *const *names, const char **missing);

/* ---- shadow.c ---- */

/* Whether the account of that name has expired, asked of the other half; always false for a name without one. */
int sa_expired(const struct hythe_host *host, const char *user, bool *is);
/* The other half, in the helper process. */
void sa_assist(const struct hythe_assist *how);

#endif
