#include "core/server/hythed_rights.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ENTRY_MAX = 64 * 1024, CAPS_END = 64 };

/* The user's entry in the system's accounts: 1 found, 0 unknown, -1 with err. */
static int find_user(const char *name, uid_t *uid, gid_t *gid, struct hy_err *err)
{
    char *room = malloc(ENTRY_MAX);
    struct passwd entry, *found = NULL;
    int rc = room ? getpwnam_r(name, &entry, room, ENTRY_MAX, &found) : ENOMEM;

    if (found) {
        *uid = entry.pw_uid;
        *gid = entry.pw_gid;
    }
    free(room);
    if (rc && rc != ENOENT && rc != ESRCH)
        return hy_err_set(err, "run_as: looking for the user \"%s\": %s", name, strerror(rc));
    return found != NULL;
}

int hythed_rights_find(struct hythed_rights *rights, const char *run_as, uid_t me, struct hy_err *err)
{
    int found;

    *rights = (struct hythed_rights){.uid = me, .gid = getegid()};
    (void)snprintf(rights->user, sizeof rights->user, "%s", run_as);
    if (!*run_as)
        return me ? 0 : hy_err_set(err, "run_as is required when started as root; \"root\" only when you mean it");
    found = find_user(run_as, &rights->uid, &rights->gid, err);
    if (found < 0)
        return -1;
    if (!found)
        return hy_err_set(err, "run_as: there is no user \"%s\" on this system", run_as);
    if (me && rights->uid != me)
        return hy_err_set(err, "run_as: only root can become \"%s\"; start as root, or leave it out", run_as);
    if (!rights->uid && strcmp(run_as, "root") != 0)
        return hy_err_set(err, "run_as: \"%s\" is another name for root; write \"root\" if you mean it", run_as);
    rights->change = rights->uid != me;
    return 0;
}

/* capset(2) or capget(2), which have no wrapper in the C library. */
static int call_caps(long number, struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3])
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};

    return (int)syscall(number, &head, caps);
}

/* No capability in any set of this thread, and none to be had from a file that is executed. */
static int drop_caps(struct hy_err *err)
{
    struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3] = {{0}};

    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
        return hy_err_set(err, "can't give up ambient capabilities: %s", strerror(errno));
    if (call_caps(SYS_capset, caps) < 0 || call_caps(SYS_capget, caps) < 0)
        return hy_err_set(err, "can't give up capabilities: %s", strerror(errno));
    for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        if (caps[i].effective || caps[i].permitted || caps[i].inheritable)
            return hy_err_set(err, "capabilities are left after giving them up");
    return 0;
}

/* The bounding set needs CAP_SETPCAP, which a container may lack; no_new_privs then still keeps it from mattering. */
static void drop_bounding_set(void)
{
    for (unsigned long cap = 0; cap < CAPS_END; cap++)
        if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
            (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
}

static int become(const struct hythed_rights *rights, struct hy_err *err)
{
    uid_t r, e, s;

    /* Root's own groups go; those that the administrator gave to the account stay. */
    if (initgroups(rights->user, rights->gid) < 0)
        return hy_err_set(err, "can't take the groups of \"%s\": %s", rights->user, strerror(errno));
    if (setresgid(rights->gid, rights->gid, rights->gid) < 0)
        return hy_err_set(err, "can't take the group of \"%s\": %s", rights->user, strerror(errno));
    if (setresuid(rights->uid, rights->uid, rights->uid) < 0)
        return hy_err_set(err, "can't become \"%s\": %s", rights->user, strerror(errno));
    if (getresuid(&r, &e, &s) < 0 || r != rights->uid || e != rights->uid || s != rights->uid)
        return hy_err_set(err, "became another user than \"%s\"", rights->user);
    return 0;
}

int hythed_rights_drop(const struct hythed_rights *rights, struct hy_err *err)
{
    bool stay_root = rights->uid == 0;

    if (rights->change)
        drop_bounding_set();
    if (rights->change && become(rights, err) < 0)
        return -1;
    if (!stay_root && drop_caps(err) < 0)
        return -1;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return hy_err_set(err, "can't set no_new_privs: %s", strerror(errno));
    /* Memory holds host keys. Without root's start, who may read it may as well read the key files. */
    if (rights->change && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return hy_err_set(err, "can't close the process's memory to others: %s", strerror(errno));
    if (!stay_root && (setuid(0) == 0 || seteuid(0) == 0))
        return hy_err_set(err, "root's rights came back after they were given up");
    return 0;
}

void hythed_limits_set(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    limit = (struct rlimit){0, 0};
    (void)setrlimit(RLIMIT_CORE, &limit);
}
