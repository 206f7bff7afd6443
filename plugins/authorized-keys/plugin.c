/* authorized-keys: public keys from a file for each user. */
#include "plugins/shared/guarded.h"
#include "plugins/shared/lines.h"
#include "plugins/shared/settings.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Filled by the core from the rows below. */
struct settings {
    const char *file;
    int64_t max_size;
    int accounts;
};

/* Nothing in it changes after start(). */
struct instance {
    const struct hythe_host *host;
    const struct settings *set;
    size_t fixed; /* bytes of file before the slash that comes before what is filled in */
};

/* ---- A user's file ---- */

/* Reads the file of the user that a call is about. 0; -ENOENT when there is none; another negative errno with `path`
 * and `why`. */
static int read_file(const struct hythe_auth_call *call, char path[PATH_MAX], struct guarded_text *text,
                     char why[GUARDED_WHY])
{
    const struct instance *in = call->instance;
    int64_t rc = call->host->expand(call->host, call->session, in->set->file, path, PATH_MAX);

    if (rc == -EINVAL) /* a user without group, for %g, or what is no name at all */
        return -ENOENT;
    if (rc < 0) {
        (void)snprintf(why, GUARDED_WHY, "its path is too long");
        path[0] = '\0';
        return (int)rc;
    }
    rc = guarded_read(path, in->fixed, 0, (size_t)in->set->max_size, text, why);
    return rc == -ENOTDIR ? -ENOENT : (int)rc;
}

/* ---- Questions ---- */

static int lookup(const struct hythe_auth_call *call, hythe_account_fn emit, void *ctx)
{
    const struct instance *in = call->instance;
    const struct hythe_account account = {.size = sizeof account};
    char path[PATH_MAX], why[GUARDED_WHY];
    struct guarded_text text;
    int rc;

    if (!in->set->accounts)
        return 0;
    rc = read_file(call, path, &text, why);
    if (rc == -ENOENT)
        return 0;
    if (rc) {
        call->host->log(call->host, 0, "%s: of user \"%s\": %s", path, call->session->user, why);
        return rc;
    }
    guarded_free(&text);
    rc = emit(ctx, &account);
    return rc < 0 ? rc : 1;
}

/* A file that isn't safe offers no keys; one that can't be read leaves open what it would offer. */
static int check(const struct hythe_auth_call *call, const struct hythe_factor *factor)
{
    char path[PATH_MAX], why[GUARDED_WHY];
    struct guarded_text text;
    int rc = read_file(call, path, &text, why);

    if (rc == -ENOENT)
        return HYTHE_AUTH_REJECT;
    if (rc) {
        if (factor->known)
            call->host->log(call->host, 0, "%s: of user \"%s\": %s", path, call->session->user, why);
        return rc == -EPERM || rc == -ELOOP || rc == -EFBIG ? HYTHE_AUTH_REJECT : rc;
    }
    rc = lines_search(call, factor, &(struct lines){.text = &text, .name = path});
    guarded_free(&text);
    return rc;
}

/* ---- Start and stop ---- */

/* Which of the template's values there are. */
static int has(const char *template, char value)
{
    for (const char *s = template; (s = strchr(s, '%')) != NULL && s[1]; s += 2)
        if (s[1] == value)
            return 1;
    return 0;
}

static const char *judge(const struct settings *set)
{
    if (!has(set->file, 'u') && !has(set->file, 'h'))
        return "needs %u or %h, so that each user has keys of one's own";
    if (set->accounts && (has(set->file, 'h') || has(set->file, 'g')))
        return "can't have %h or %g with accounts: they are known only of an account that somebody else owns";
    return NULL;
}

static int start(const struct hythe_host *host, const void *given, void **out)
{
    const struct settings *set = given;
    size_t first = strcspn(set->file, "%");
    struct instance *in = calloc(1, sizeof *in);
    const char *why = judge(set);
    char *folder, *real;

    if (why)
        host->log(host, 0, "file \"%s\" %s", set->file, why);
    if (!in || why) {
        free(in);
        return why ? -EINVAL : -ENOMEM;
    }
    while (first && set->file[first] != '/')
        first--;
    *in = (struct instance){.host = host, .set = set, .fixed = first};
    folder = strndup(set->file, first ? first : 1);
    real = folder ? realpath(folder, NULL) : NULL;
    if (!real) {
        int error = folder ? errno : ENOMEM;

        host->log(host, 0, "file \"%s\": its folder %s: %s", set->file, folder ? folder : "", strerrordesc_np(error));
        free(folder);
        free(in);
        return -error;
    }
    free(real);
    free(folder);
    *out = in;
    return 0;
}

static void stop(void *instance)
{
    free(instance);
}

static const struct hythe_setting settings[] = {
    SETTING(struct settings, file, TEMPLATE, 1, PATH_MAX - 1, NULL,
            "The file of a user's keys: a path with %u, the user's name, in it."),
    SETTING(struct settings, max_size, SIZE, 1024, 16 * 1024 * 1024, "256K",
            "Bytes that a file may have; a larger one offers no keys."),
    SETTING(struct settings, accounts, BOOL, 0, 1, "false",
            "Whether a user whom no plugin before knows, but who has a file, may log in."),
};

static const struct hythe_auth auth = {
    .size = sizeof auth,
    .methods = HYTHE_AUTH_PUBLICKEY,
    .flags = HYTHE_AUTH_CERTIFICATES,
    .lookup = lookup,
    .check = check,
};

static const struct hythe_plugin plugin = {
    .abi = HYTHE_ABI,
    .size = sizeof plugin,
    .kind = HYTHE_AUTH,
    .threads = HYTHE_PARALLEL,
    .name = "authorized-keys",
    .version = HYTHE_VERSION,
    .summary = "public keys from a file for each user",
    SETTINGS(settings, struct settings),
    .start = start,
    .stop = stop,
    .auth = &auth,
};

const struct hythe_plugin *hythe_plugin_entry(void)
{
    return &plugin;
}
