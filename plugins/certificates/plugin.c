/* certificates: whoever has a certificate of one of a few authorities, with a name in it that the user may have. */
#include "plugins/shared/guarded.h"
#include "plugins/shared/lines.h"
#include "plugins/shared/settings.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 256 * 1024, LINES_NAMED = 5 };

/* Filled by the core from the rows below. */
struct settings {
    const char *const *ca;
    const char *ca_file;
    const char *principals;
};

/* Nothing in it changes after start(). */
struct instance {
    const struct settings *set;
    char *lines;  /* those of ca, one below the other */
    size_t fixed; /* bytes of principals before the slash that comes before what is filled in */
};

/* ---- Names that the user may be called ---- */

struct names {
    struct guarded_text text; /* where they stand */
    const char **list;        /* NULL-terminated */
    size_t count;
};

static void names_free(struct names *names)
{
    guarded_free(&names->text);
    free(names->list);
}

/* The one word of a line, cut off; "" of an empty line or a comment, NULL when there are several. */
static char *one_word(char *line)
{
    char *word = line + strspn(line, " \t"), *end;

    word[strcspn(word, "\r")] = '\0';
    end = word + (*word == '#' ? 0 : strcspn(word, " \t"));
    if (*word != '#' && end[strspn(end, " \t")])
        return NULL;
    *end = '\0';
    return word;
}

/* Cuts the text up into its lines. */
static int cut(const struct hythe_auth_call *call, const struct hythe_factor *factor, const char *path,
               struct names *names)
{
    char *end = names->text.data + names->text.len;
    unsigned told = 0, number = 1;
    size_t lines = 2;

    for (const char *at = names->text.data; at < end; at++)
        lines += *at == '\n';
    names->list = calloc(lines, sizeof *names->list);
    if (!names->list)
        return -ENOMEM;
    for (char *at = names->text.data, *stop; at < end; at = stop + 1, number++) {
        char *newline = memchr(at, '\n', (size_t)(end - at)), *word = NULL;

        stop = newline ? newline : end;
        *stop = '\0';
        if (strlen(at) == (size_t)(stop - at))
            word = one_word(at);
        if (word && *word)
            names->list[names->count++] = word;
        if (!word && factor->known && told++ < LINES_NAMED)
            call->host->log(call->host, 0, "%s:%u: for user \"%s\": a line has one name, and no options", path, number,
                            call->session->user);
    }
    return 0;
}

/* The names of the user's file. 0; -ENOENT: there are none; another negative errno: nobody knows. */
static int read_names(const struct hythe_auth_call *call, const struct hythe_factor *factor, struct names *names)
{
    const struct instance *in = call->instance;
    char path[PATH_MAX], why[GUARDED_WHY];
    int64_t rc = call->host->expand(call->host, call->session, in->set->principals, path, sizeof path);

    if (rc < 0) /* a user without group, for %g, what is no name at all, or a path that no file can have */
        return -ENOENT;
    rc = guarded_read(path, in->fixed, 0, FILE_MAX, &names->text, why);
    if (!rc)
        return cut(call, factor, path, names);
    if (rc == -ENOENT || rc == -ENOTDIR)
        return -ENOENT;
    if (factor->known)
        call->host->log(call->host, 0, "%s: for user \"%s\": %s", path, call->session->user, why);
    return rc == -EPERM || rc == -ELOOP || rc == -EFBIG ? -ENOENT : (int)rc;
}

/* ---- Questions ---- */

static int search(const struct hythe_auth_call *call, const struct hythe_factor *factor, struct guarded_text *text,
                  const char *name, const char *const *principals)
{
    const struct lines lines = {
        .text = text, .name = name, .flags = HYTHE_KEY_LINE_AUTHORITY, .principals = principals};
    int verdict = lines_search(call, factor, &lines);

    guarded_free(text);
    return verdict;
}

/* First the authorities of the settings, then those of the file. */
static int ask(const struct hythe_auth_call *call, const struct hythe_factor *factor, const char *const *principals)
{
    const struct instance *in = call->instance;
    struct guarded_text text = {.data = strdup(in->lines)};
    char why[GUARDED_WHY];
    int verdict;

    if (!text.data)
        return -ENOMEM;
    text.len = strlen(text.data);
    verdict = search(call, factor, &text, "ca", principals);
    if (verdict != HYTHE_AUTH_REJECT || !*in->set->ca_file)
        return verdict;
    verdict = guarded_read(in->set->ca_file, strlen(in->set->ca_file), 0, FILE_MAX, &text, why);
    if (!verdict)
        return search(call, factor, &text, in->set->ca_file, principals);
    call->host->log(call->host, 0, "ca_file %s: %s", in->set->ca_file, why);
    return verdict;
}

static int check(const struct hythe_auth_call *call, const struct hythe_factor *factor)
{
    const struct instance *in = call->instance;
    struct names names = {.list = NULL};
    int rc = 0;

    if (!factor->certificate)
        return HYTHE_AUTH_REJECT;
    if (*in->set->principals)
        rc = read_names(call, factor, &names);
    if (!rc)
        rc = ask(call, factor, names.list);
    else if (rc == -ENOENT)
        rc = HYTHE_AUTH_REJECT;
    names_free(&names);
    return rc;
}

/* ---- Start and stop ---- */

/* Counts the lines that are keys; -EINVAL after the log was told of one that can't be used. */
static int check_lines(const struct hythe_host *host, char *text, const char *name)
{
    char why[GUARDED_WHY], *rest = text, *line;
    int keys = 0;

    for (unsigned number = 1; (line = strsep(&rest, "\n")) != NULL; number++) {
        line[strcspn(line, "\r")] = '\0';
        line += strspn(line, " \t");
        if (!*line || *line == '#')
            continue;
        if (host->key_line_ok(host, line, why, sizeof why)) {
            host->log(host, 0, "%s:%u: %s", name, number, why);
            return -EINVAL;
        }
        keys++;
    }
    return keys;
}

static int check_file(const struct hythe_host *host, const char *file)
{
    struct guarded_text text;
    char why[GUARDED_WHY];
    int rc = guarded_read(file, strlen(file), 0, FILE_MAX, &text, why);

    if (rc) {
        host->log(host, 0, "ca_file %s: %s", file, why);
        return rc;
    }
    rc = check_lines(host, text.data, file);
    guarded_free(&text);
    return rc;
}

static int join(struct instance *in)
{
    size_t len = 1;
    char *at;

    for (const char *const *line = in->set->ca; *line; line++)
        len += strlen(*line) + 1;
    in->lines = at = calloc(1, len);
    for (const char *const *line = in->set->ca; at && *line; line++)
        at = stpcpy(stpcpy(at, *line), "\n");
    return at ? 0 : -ENOMEM;
}

static int check_all(const struct hythe_host *host, const struct instance *in)
{
    char *copy = strdup(in->lines);
    int keys = copy ? check_lines(host, copy, "ca") : -ENOMEM, more = 0;

    free(copy);
    if (keys >= 0 && *in->set->ca_file)
        more = check_file(host, in->set->ca_file);
    if (keys < 0 || more < 0)
        return keys < 0 ? keys : more;
    if (keys + more == 0)
        host->log(host, 0, "there is no authority: ca has the lines of their keys, or ca_file names a file of them");
    return keys + more ? 0 : -EINVAL;
}

static int start(const struct hythe_host *host, const void *given, void **out)
{
    const struct settings *set = given;
    struct instance *in = calloc(1, sizeof *in);
    int rc;

    if (!in)
        return -ENOMEM;
    *in = (struct instance){.set = set, .fixed = strcspn(set->principals, "%")};
    while (in->fixed && set->principals[in->fixed] != '/')
        in->fixed--;
    rc = join(in);
    if (!rc)
        rc = check_all(host, in);
    *out = in;
    if (rc) {
        free(in->lines);
        free(in);
    }
    return rc;
}

static void stop(void *instance)
{
    struct instance *in = instance;

    free(in->lines);
    free(in);
}

static const struct hythe_setting settings[] = {
    SETTING(struct settings, ca, LIST, 0, 0, "", "Keys of authorities, each a line of an authorized_keys file."),
    SETTING(struct settings, ca_file, PATH, 0, PATH_MAX - 1, "", "A file of such lines."),
    SETTING(
        struct settings, principals, TEMPLATE, 0, PATH_MAX - 1, "",
        "The file of the names that a user may be called in a certificate, one in each line. By default, the user's "
        "own name."),
};

static const struct hythe_auth auth = {
    .size = sizeof auth, .methods = HYTHE_AUTH_PUBLICKEY, .flags = HYTHE_AUTH_CERTIFICATES, .check = check};

static const struct hythe_plugin plugin = {
    .abi = HYTHE_ABI,
    .size = sizeof plugin,
    .kind = HYTHE_AUTH,
    .threads = HYTHE_PARALLEL,
    .name = "certificates",
    .version = HYTHE_VERSION,
    .summary = "certificates that authorities have signed",
    SETTINGS(settings, struct settings),
    .start = start,
    .stop = stop,
    .auth = &auth,
};

const struct hythe_plugin *hythe_plugin_entry(void)
{
    return &plugin;
}
