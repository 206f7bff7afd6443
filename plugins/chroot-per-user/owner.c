/* The owner setting. Looked up once, at the start: a session never asks the system's directories. */
#include "chroot.h"
#include "plugins/shared/helped.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NAME_BYTES = 256, RECORD_BYTES = 64 << 10 };

static bool is_number(const char *text, uint32_t *number)
{
    char *end;
    unsigned long long value;

    if (!*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 10)
        return false;
    value = strtoull(text, &end, 10);
    *number = (uint32_t)value;
    return value < UINT32_MAX; /* the largest means "none" to chown(2) */
}

/* A user by name brings the group along. */
static int find_user(const char *name, char *buf, uid_t *uid, gid_t *gid)
{
    struct passwd record, *found = NULL;

    if (is_number(name, uid))
        return 0;
    if (getpwnam_r(name, &record, buf, RECORD_BYTES, &found) != 0 || !found)
        return -ENOENT;
    *uid = record.pw_uid;
    *gid = record.pw_gid;
    return 0;
}

static int find_group(const char *name, char *buf, gid_t *gid)
{
    struct group record, *found = NULL;

    if (is_number(name, gid))
        return 0;
    if (getgrnam_r(name, &record, buf, RECORD_BYTES, &found) != 0 || !found)
        return -ENOENT;
    *gid = record.gr_gid;
    return 0;
}

static bool is_own_group(gid_t gid)
{
    int count = getgroups(0, NULL);
    gid_t *groups = count > 0 ? calloc((size_t)count, sizeof(*groups)) : NULL;
    bool found = gid == getegid();

    count = groups ? getgroups(count, groups) : 0;
    for (int i = 0; i < count && !found; i++)
        found = groups[i] == gid;
    free(groups);
    return found;
}

/* Whether the process may do that to what it made. A server has given up its rights by the time it starts plugins. */
static bool may_give(uid_t uid, gid_t gid)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];

    if ((uid == (uid_t)-1 || uid == geteuid()) && (gid == (gid_t)-1 || is_own_group(gid)))
        return true;
    return syscall(SYS_capget, &head, caps) == 0 && (caps[0].effective & 1u << CAP_CHOWN);
}

int cp_read_owner(const char *text, uid_t *uid, gid_t *gid)
{
    const char *colon = strchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : strlen(text);
    char user[NAME_BYTES], *buf;
    int rc = 0;

    *uid = (uid_t)-1;
    *gid = (gid_t)-1;
    if (len >= sizeof(user) || (colon && !colon[1]))
        return -EINVAL;
    memcpy(user, text, len);
    user[len] = '\0';
    buf = malloc(RECORD_BYTES);
    if (!buf)
        return -ENOMEM;
    if (len)
        rc = find_user(user, buf, uid, gid);
    if (rc == 0 && colon)
        rc = find_group(colon + 1, buf, gid);
    free(buf);
    return rc;
}

int cp_find_owner(struct cp_instance *cp)
{
    const struct hythe_host *host = cp->host;
    const char *text = cp->set->owner;
    int rc;

    if (!*text) {
        cp->uid = (uid_t)-1;
        cp->gid = (gid_t)-1;
        return 0;
    }
    rc = cp_read_owner(text, &cp->uid, &cp->gid);
    if (rc == -EINVAL)
        host->log(host, 0, "owner \"%s\" must be a user, user:group or :group", text);
    else if (rc < 0)
        host->log(host, 0, "owner \"%s\": the system knows no such user or group", text);
    if (rc < 0 || may_give(cp->uid, cp->gid))
        return rc;
    cp->helped = cp->uid != 0 && cp->gid != 0 && helped_ready(host) == 0;
    if (cp->helped)
        return 0;
    host->log(host, 0,
              "owner \"%s\": the server hasn't the right to give folders away (CAP_CHOWN), and without root's at the "
              "start, or to root, nobody gives them for it; leave it out to make them its own",
              text);
    return -EPERM;
}
