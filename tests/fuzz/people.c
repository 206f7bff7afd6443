/* The users and groups of the fuzzed system: the same on every machine, and no files to be read. */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    unsigned id;
} people[] = {{"root", 0}, {"tester", 1000}, {"nobody", 65534}};

static int find(const char *name, unsigned id)
{
    for (size_t i = 0; i < sizeof people / sizeof people[0]; i++)
        if (name ? strcmp(name, people[i].name) == 0 : id == people[i].id)
            return (int)i;
    return -1;
}

static int user(int at, struct passwd *out, char *buf, size_t len, struct passwd **result)
{
    *result = NULL;
    if (at < 0)
        return 0;
    (void)snprintf(buf, len, "%s", people[at].name);
    *out = (struct passwd){.pw_name = buf, .pw_uid = people[at].id, .pw_gid = people[at].id, .pw_dir = buf};
    *result = out;
    return 0;
}

static int group(int at, struct group *out, char *buf, size_t len, struct group **result)
{
    *result = NULL;
    if (at < 0)
        return 0;
    (void)snprintf(buf, len, "%s", people[at].name);
    *out = (struct group){.gr_name = buf, .gr_gid = people[at].id};
    *result = out;
    return 0;
}

int getpwnam_r(const char *name, struct passwd *out, char *buf, size_t len, struct passwd **result)
{
    return user(find(name, 0), out, buf, len, result);
}

int getpwuid_r(uid_t id, struct passwd *out, char *buf, size_t len, struct passwd **result)
{
    return user(find(NULL, id), out, buf, len, result);
}

int getgrnam_r(const char *name, struct group *out, char *buf, size_t len, struct group **result)
{
    return group(find(name, 0), out, buf, len, result);
}

int getgrgid_r(gid_t id, struct group *out, char *buf, size_t len, struct group **result)
{
    return group(find(NULL, id), out, buf, len, result);
}
