/* system-accounts: the accounts of this machine, wherever nsswitch.conf(5) takes them from. */
#include "accounts.h"

#include "plugins/shared/settings.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RECORD_MAX = 1 << 20 };

struct instance {
    const struct hythe_host *host;
    const struct sa_settings *set;
};

/* ---- Accounts ---- */

/* 1 with the account, whose strings lie in *room; 0: there is none. */
static int find(const char *name, struct passwd *account, char **room)
{
    struct passwd *found = NULL;
    size_t size = 4096;
    int rc = ERANGE;

    *room = NULL;
    while (rc == ERANGE && size <= RECORD_MAX) {
        free(*room);
        *room = malloc(size);
        rc = *room ? getpwnam_r(name, account, *room, size, &found) : ENOMEM;
        size *= 2;
    }
    if (found)
        return 1;
    return rc == ENOENT || rc == ESRCH ? 0 : -rc;
}

/* HomeDir: a path of the user's view. */
static int home_of(const struct hythe_auth_call *call, const struct passwd *account, char out[PATH_MAX])
{
    const struct instance *in = call->instance;
    struct hythe_session session = *call->session;
    size_t len = strlen(account->pw_dir);
    int64_t rc;

    if (*in->set->home) {
        session.user = account->pw_name;
        rc = call->host->expand(call->host, &session, in->set->home, out, PATH_MAX);
        return rc < 0 ? (int)rc : 0;
    }
    while (len > 1 && account->pw_dir[len - 1] == '/')
        len--;
    if (len >= PATH_MAX)
        return -ENAMETOOLONG;
    memcpy(out, account->pw_dir, len);
    out[len] = '\0';
    return 0;
}

static int hand_over(const struct hythe_auth_call *call, const struct passwd *account, hythe_account_fn emit, void *ctx)
{
    const struct instance *in = call->instance;
    struct hythe_account out = {.size = sizeof out, .name = account->pw_name};
    const char **groups;
    char home[PATH_MAX];
    int rc = sa_those_with(account, in->set->groups, &groups);

    if (rc)
        return rc;
    rc = home_of(call, account, home);
    out.home = *home ? home : NULL;
    out.groups = groups;
    if (!rc)
        rc = emit(ctx, &out);
    free(groups);
    return rc < 0 ? rc : 1;
}

/* Whom the settings deny is none of ours: another plugin may well know a user by that name. */
static int consider(const struct hythe_auth_call *call, const struct passwd *account, bool expired,
                    hythe_account_fn emit, void *ctx)
{
    const struct instance *in = call->instance;
    const char *why;
    int rc = sa_judge(in->set, account, &why);

    if (rc)
        return rc;
    if (!why && expired)
        why = "it has expired (shadow)";
    if (!why)
        return hand_over(call, account, emit, ctx);
    call->host->log(call->host, 1, "the account \"%s\" is left out: %s", account->pw_name, why);
    return 0;
}

static int lookup(const struct hythe_auth_call *call, hythe_account_fn emit, void *ctx)
{
    const struct instance *in = call->instance;
    struct passwd account;
    bool expired = false;
    char *room;
    int rc = find(call->session->user, &account, &room), asked = 0;

    if (in->set->shadow && rc >= 0) /* strangers, too: they must not be known by a shorter time */
        asked = sa_expired(call->host, rc ? account.pw_name : call->session->user, &expired);
    if (asked)
        rc = asked;
    else if (rc == 1)
        rc = consider(call, &account, expired, emit, ctx);
    free(room);
    return rc;
}

/* ---- Start and stop ---- */

/* A misspelt group would let in, or lock out, whom nobody meant. */
static int check_groups(const struct hythe_host *host, const char *setting, const char *const *names)
{
    const char *missing;
    int rc = sa_missing(names, &missing);

    if (rc)
        host->log(host, 0, "%s: looking for groups: %s", setting, strerrordesc_np(-rc));
    else if (missing)
        host->log(host, 0, "%s: this system has no group \"%s\"", setting, missing);
    return missing ? -EINVAL : rc;
}

/* The home and the group of an account are known only afterwards. */
static int check_home(const struct hythe_host *host, const char *home)
{
    for (const char *s = home; (s = strchr(s, '%')) != NULL && s[1]; s += 2)
        if (s[1] == 'h' || s[1] == 'g') {
            host->log(host, 0, "home \"%s\" may have %%u in it, not %%%c", home, s[1]);
            return -EINVAL;
        }
    return 0;
}

static int check_shadow(const struct hythe_host *host)
{
    bool expired;
    int rc = sa_expired(host, "root", &expired);

    if (rc)
        host->log(host, 0, "shadow: can't ask who has expired: %s; with shadow = false nobody is asked",
                  strerrordesc_np(-rc));
    return rc;
}

static int start(const struct hythe_host *host, const void *given, void **out)
{
    const struct sa_settings *set = given;
    struct instance *in;
    int rc = check_home(host, set->home);

    if (!rc)
        rc = check_groups(host, "allow_groups", set->allow_groups);
    if (!rc)
        rc = check_groups(host, "deny_groups", set->deny_groups);
    if (!rc)
        rc = check_groups(host, "groups", set->groups);
    if (!rc && set->shadow)
        rc = check_shadow(host);
    in = rc ? NULL : malloc(sizeof *in);
    if (!in)
        return rc ? rc : -ENOMEM;
    *in = (struct instance){host, set};
    *out = in;
    return 0;
}

static void stop(void *instance)
{
    free(instance);
}

static const struct hythe_setting settings[] = {
    SETTING(struct sa_settings, home, TEMPLATE, 0, PATH_MAX - 1, "",
            "HomeDir of each user: a path of the user's view with %u, the user's name. Empty: the home that the system "
            "knows."),
    SETTING(struct sa_settings, min_uid, INT, 0, UINT32_MAX - 1, "1000",
            "Accounts with a smaller user id, but for root's, are left out."),
    SETTING(struct sa_settings, allow_root, BOOL, 0, 1, "false", "Whether accounts with the user id 0 may log in."),
    SETTING(struct sa_settings, require_shell, BOOL, 0, 1, "true",
            "Whether accounts are left out whose shell isn't in /etc/shells, or is nologin or false."),
    SETTING(struct sa_settings, shadow, BOOL, 0, 1, "true",
            "Whether accounts are left out that have expired by shadow(5), which takes root's rights."),
    SETTING(struct sa_settings, allow_users, LIST, 1, 255, "", "If there are any: the only users that may log in."),
    SETTING(struct sa_settings, deny_users, LIST, 1, 255, "", "Users that may not log in."),
    SETTING(struct sa_settings, allow_groups, LIST, 1, 255, "",
            "If there are any: groups of the system of which a user must be in one."),
    SETTING(struct sa_settings, deny_groups, LIST, 1, 255, "", "Groups of the system whose users may not log in."),
    SETTING(struct sa_settings, groups, LIST, 1, 255, "",
            "Groups of the configuration to which those belong who are in the system's group of that name."),
};

static const struct hythe_auth auth = {.size = sizeof auth, .lookup = lookup};

static const struct hythe_plugin plugin = {
    .abi = HYTHE_ABI,
    .size = sizeof plugin,
    .kind = HYTHE_AUTH,
    .threads = HYTHE_PARALLEL,
    .flags = HYTHE_SLOW,
    .name = "system-accounts",
    .version = HYTHE_VERSION,
    .summary = "the accounts of this machine",
    SETTINGS(settings, struct sa_settings),
    .start = start,
    .stop = stop,
    .auth = &auth,
    .assist = sa_assist,
};

const struct hythe_plugin *hythe_plugin_entry(void)
{
    return &plugin;
}
