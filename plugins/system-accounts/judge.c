#include "accounts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool among(const char *const *names, const char *name)
{
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

/* Shells that let nobody in, even where /etc/shells has them. */
static bool is_no_shell(const char *shell)
{
    const char *slash = strrchr(shell, '/'), *name = slash ? slash + 1 : shell;

    return strcmp(name, "nologin") == 0 || strcmp(name, "false") == 0;
}

/* getusershell(3) would be for one thread alone. */
static int is_listed(const char *shell, bool *is)
{
    FILE *file = fopen("/etc/shells", "re");
    char *line = NULL;
    size_t size = 0;

    *is = false;
    if (!file)
        return -errno;
    while (!*is && getline(&line, &size, file) > 0) {
        line[strcspn(line, " \t\r\n#")] = '\0';
        *is = strcmp(line, shell) == 0;
    }
    free(line);
    (void)fclose(file);
    return 0;
}

static int judge_shell(const char *shell, const char **why)
{
    bool listed = false;
    int rc = 0;

    if (!*shell)
        shell = "/bin/sh"; /* passwd(5) */
    if (!is_no_shell(shell))
        rc = is_listed(shell, &listed);
    if (!rc && !listed)
        *why = "its shell is none to log in with (require_shell)";
    return rc;
}

static int judge_groups(const struct sa_settings *set, const struct passwd *account, const char **why)
{
    bool is = false;
    int rc = sa_is_in_any(account, set->deny_groups, &is);

    if (rc || is) {
        *why = "it is in a group of deny_groups";
        return rc;
    }
    if (!*set->allow_groups)
        return 0;
    rc = sa_is_in_any(account, set->allow_groups, &is);
    if (!rc && !is)
        *why = "it is in no group of allow_groups";
    return rc;
}

int sa_judge(const struct sa_settings *set, const struct passwd *account, const char **why)
{
    int rc = 0;

    *why = NULL;
    if (account->pw_uid == 0 && !set->allow_root)
        *why = "it is root's (allow_root)";
    else if (account->pw_uid != 0 && account->pw_uid < (uint64_t)set->min_uid)
        *why = "its user id is below min_uid";
    else if (among(set->deny_users, account->pw_name))
        *why = "it is in deny_users";
    else if (*set->allow_users && !among(set->allow_users, account->pw_name))
        *why = "it isn't in allow_users";
    if (!*why)
        rc = judge_groups(set, account, why);
    if (!rc && !*why && set->require_shell)
        rc = judge_shell(account->pw_shell, why);
    return rc;
}
