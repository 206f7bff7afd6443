#include "core/auth/account.h"

#include "core/path/path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { GROUPS_MAX = 1024 };

/* The fields of the first published ABI, which every account has. */
enum { ACCOUNT_LEAST = offsetof(struct hythe_account, factors) + sizeof(const char *const *) };

void hy_account_clear(struct hy_account *account)
{
    for (size_t i = 0; account->groups && account->groups[i]; i++)
        free(account->groups[i]);
    free(account->groups);
    free(account->name);
    free(account->home);
    free(account->user_root);
    free(account->sequences);
    *account = (struct hy_account){0};
}

static bool is_normal(const char *path)
{
    char normal[HY_PATH_MAX];

    return path[0] == '/' && hy_path_normalise(normal, "/", path, strlen(path)) == 0 && strcmp(path, normal) == 0;
}

static bool among(const char *const *list, const char *name)
{
    for (; list && *list; list++)
        if (strcmp(*list, name) == 0)
            return true;
    return false;
}

/* Copies an optional string. */
static int copy(char **to, const char *from)
{
    *to = from ? strdup(from) : NULL;
    return from && !*to ? -ENOMEM : 0;
}

static int refuse(struct hy_err *err, const char *what, const char *value)
{
    (void)hy_err_set(err, "%s \"%s\"", what, value);
    return -EINVAL;
}

/* What this build can't honour, or couldn't if it were given. */
static int judge(const struct hythe_account *from, const char *name, const struct hy_auth_policy *policy,
                 struct hy_err *err)
{
    if (from->flags || from->restrict_to_home > HYTHE_AUTH_YES)
        return refuse(err, "it wants what this server can't do for", name);
    if (!hy_path_is_component(name, strlen(name)))
        return refuse(err, "a name has 1 to 255 bytes, no slash, no control bytes, and isn't . or ..: not", name);
    if (from->home && !is_normal(from->home))
        return refuse(err, "a home is a normal absolute path: not", from->home);
    if (from->user_root && !is_normal(from->user_root))
        return refuse(err, "a root is a normal absolute path: not", from->user_root);
    for (const char *const *group = from->groups; group && *group; group++)
        if (!among(policy->groups, *group))
            return refuse(err, "there is no group", *group);
    return 0;
}

static int copy_groups(struct hy_account *account, const char *const *groups)
{
    size_t count = 0;

    while (groups && groups[count] && count <= GROUPS_MAX)
        count++;
    if (!count)
        return 0;
    account->groups = count <= GROUPS_MAX ? calloc(count + 1, sizeof *account->groups) : NULL;
    for (size_t i = 0; account->groups && i < count; i++)
        if (copy(&account->groups[i], groups[i]))
            return -ENOMEM;
    return account->groups ? 0 : -ENOMEM;
}

/* The account's own sequences, or the policy's. */
static int copy_sequences(struct hy_account *account, const char *const *factors, const struct hy_auth_policy *policy,
                          struct hy_err *err)
{
    size_t count = 0;

    if (!factors)
        count = policy->sequence_count;
    while (factors && factors[count] && count <= HY_SEQUENCES_MAX)
        count++;
    if (!count)
        return 0;
    if (factors && count > HY_SEQUENCES_MAX)
        return refuse(err, "there are too many sets of factors, which begin with", factors[0]);
    account->sequences = calloc(count, sizeof *account->sequences);
    if (!account->sequences)
        return -ENOMEM;
    account->sequence_count = count;
    for (size_t i = 0; i < count; i++)
        if (!factors)
            account->sequences[i] = policy->sequences[i];
        else if (hy_sequence_read(&account->sequences[i], factors[i], policy->methods, err))
            return -EINVAL;
    return 0;
}

int hy_account_fill(struct hy_account *account, const struct hythe_account *from, const char *user,
                    const struct hy_auth_policy *policy, struct hy_err *err)
{
    const char *name;
    int rc;

    if (from->size < ACCOUNT_LEAST)
        return refuse(err, "its description is cut off, for", user);
    name = from->name ? from->name : user;
    rc = judge(from, name, policy, err);
    if (rc)
        return rc;
    account->restrict_to_home = from->restrict_to_home == HYTHE_AUTH_UNSET ? policy->restrict_to_home
                                                                           : from->restrict_to_home == HYTHE_AUTH_YES;
    if (account->restrict_to_home && !from->home)
        return refuse(err, "RestrictUserToHomeDir needs a HomeDir, which is missing for", name);
    if (copy(&account->name, name) || copy(&account->home, from->home) ||
        copy(&account->user_root, from->user_root ? from->user_root : policy->user_root) ||
        copy_groups(account, from->groups)) {
        (void)hy_err_set(err, "out of memory");
        return -ENOMEM;
    }
    return copy_sequences(account, from->factors, policy, err);
}
