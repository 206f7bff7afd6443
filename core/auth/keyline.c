#include "core/auth/keyline.h"

#include "core/auth/auth.h"
#include "core/base/addr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

bool hy_key_command_ok(const char *command)
{
    static const char program[] = "/sftp-server";
    size_t len = strlen(command);

    if (strcmp(command, "internal-sftp") == 0)
        return true;
    return command[0] == '/' && !strpbrk(command, " \t") && len > sizeof program - 1 &&
           strcmp(command + len - (sizeof program - 1), program) == 0;
}

/* ---- Options ---- */

static bool digits(const char *s, size_t len)
{
    return strspn(s, "0123456789") == len;
}

static int number(const char *s, int len)
{
    int n = 0;

    for (int i = 0; i < len; i++)
        n = n * 10 + (s[i] - '0');
    return n;
}

/* YYYYMMDD[HHMM[SS]][Z]; local time without the Z. */
static bool read_time(const char *s, int64_t *out)
{
    size_t len = strlen(s);
    bool utc = len && s[len - 1] == 'Z';
    struct tm tm = {.tm_isdst = -1}, same;
    time_t time;

    len -= utc;
    if (!digits(s, len) || (len != 8 && len != 12 && len != 14))
        return false;
    tm.tm_year = number(s, 4) - 1900;
    tm.tm_mon = number(s + 4, 2) - 1;
    tm.tm_mday = number(s + 6, 2);
    tm.tm_hour = len > 8 ? number(s + 8, 2) : 0;
    tm.tm_min = len > 8 ? number(s + 10, 2) : 0;
    tm.tm_sec = len > 12 ? number(s + 12, 2) : 0;
    same = tm;
    time = utc ? timegm(&same) : mktime(&same);
    if (tm.tm_year < 70 || tm.tm_hour > 23 || same.tm_mon != tm.tm_mon || same.tm_mday != tm.tm_mday ||
        tm.tm_min > 59 || tm.tm_sec > 59)
        return false;
    *out = time;
    return true;
}

static const char *set_time(struct hy_key_line *line, char *value)
{
    if (line->expires != INT64_MAX)
        return "expiry-time is there twice";
    return read_time(value, &line->expires) ? NULL
                                            : "expiry-time isn't a time: YYYYMMDD, with HHMM or HHMMSS behind it, "
                                              "and Z for UTC";
}

static const char *set_from(struct hy_key_line *line, char *value)
{
    const struct hy_addr anywhere = {0};

    if (line->from)
        return "from is there twice";
    if (hy_addr_judge_text(value, &anywhere) == HY_ADDR_MALFORMED)
        return "from is a list of addresses, networks and patterns of addresses; names of hosts aren't looked up";
    line->from = strdup(value);
    return line->from ? NULL : "out of memory";
}

static const char *set_principals(struct hy_key_line *line, char *value)
{
    if (line->principals)
        return "principals is there twice";
    if (!*value)
        return "principals names nobody";
    line->principals = strdup(value);
    return line->principals ? NULL : "out of memory";
}

static const char *set_command(struct hy_key_line *line, char *value)
{
    (void)line;
    return hy_key_command_ok(value) ? NULL
                                    : "command: no programs are run here; \"internal-sftp\" is what can stand there";
}

static const char *set_authority(struct hy_key_line *line, char *value)
{
    (void)value;
    line->authority = true;
    return NULL;
}

/* What it grants or takes away isn't here anyway. */
static const char *nothing(struct hy_key_line *line, char *value)
{
    (void)line, (void)value;
    return NULL;
}

static const struct option {
    const char *name;
    bool valued;
    const char *(*set)(struct hy_key_line *line, char *value); /* NULL: refused */
    const char *why;
} options[] = {
    {"cert-authority", false, set_authority, NULL},
    {"from", true, set_from, NULL},
    {"expiry-time", true, set_time, NULL},
    {"principals", true, set_principals, NULL},
    {"command", true, set_command, NULL},
    {"restrict", false, nothing, NULL},
    {"no-agent-forwarding", false, nothing, NULL},
    {"no-port-forwarding", false, nothing, NULL},
    {"no-pty", false, nothing, NULL},
    {"no-user-rc", false, nothing, NULL},
    {"no-x11-forwarding", false, nothing, NULL},
    {"agent-forwarding", false, nothing, NULL},
    {"port-forwarding", false, nothing, NULL},
    {"pty", false, nothing, NULL},
    {"user-rc", false, nothing, NULL},
    {"x11-forwarding", false, nothing, NULL},
    {"no-touch-required", false, nothing, NULL},
    {"verify-required", false, NULL, "verify-required: whether a security key verified its user can't be seen here"},
    {"environment", true, NULL, "environment: no programs are run here that could have one"},
    {"permitopen", true, NULL, "permitopen: nothing is forwarded here"},
    {"permitlisten", true, NULL, "permitlisten: nothing is forwarded here"},
    {"tunnel", true, NULL, "tunnel: nothing is forwarded here"},
};

static const struct option *find(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (strlen(options[i].name) == len && strncasecmp(options[i].name, name, len) == 0)
            return &options[i];
    return NULL;
}

/* Takes a value in quotes, in which \" is a quote, from *at to out, which is large enough. */
static bool unquote(const char **at, char *out)
{
    const char *s = *at;

    if (*s++ != '"')
        return false;
    for (; *s && *s != '"'; *out++ = *s++)
        if (s[0] == '\\' && s[1] == '"')
            s++;
    *out = '\0';
    if (*s != '"')
        return false;
    *at = s + 1;
    return true;
}

/* Reads one option at *at; NULL, or why not. */
static const char *read_option(struct hy_key_line *line, const char **at, char *value)
{
    size_t len = strcspn(*at, "=,\" \t");
    const struct option *option = find(*at, len);
    bool valued = (*at)[len] == '=';

    if (!option)
        return "an unknown option before the key; known are cert-authority, from, expiry-time, principals, restrict, "
               "command=\"internal-sftp\" and those that begin with no-";
    if (!option->set)
        return option->why;
    *at += len + valued;
    if (valued != option->valued || (valued && !unquote(at, value)))
        return "a malformed option before the key: from, expiry-time, principals and command have a value in quotes, "
               "others have none";
    return option->set(line, value);
}

/* Reads the options and steps over them. */
static const char *read_options(struct hy_key_line *line, const char **at)
{
    char *value = malloc(strlen(*at) + 1);
    const char *why = value ? NULL : "out of memory";

    while (!why) {
        why = read_option(line, at, value);
        if (why || **at != ',')
            break;
        ++*at;
    }
    free(value);
    if (!why && **at != ' ' && **at != '\t')
        return "a malformed list of options: they have commas between them, and no blanks";
    if (!why && line->principals && !line->authority)
        return "principals belongs to cert-authority";
    return why;
}

/* Whether a later word of the line is a type of key: what comes before it then are options. */
static bool has_options(const char *text)
{
    while (*(text += strcspn(text, " \t"))) {
        text += strspn(text, " \t");
        if (hy_key_type_known(text))
            return true;
    }
    return false;
}

static bool parse(struct hy_key_line *line, const char *text,
                  bool (*key)(struct hy_key *key, const char *text, const char **why), const char **why)
{
    *line = (struct hy_key_line){.expires = INT64_MAX};
    *why = NULL;
    text += strspn(text, " \t");
    if (!hy_key_type_known(text) && has_options(text))
        *why = read_options(line, &text);
    if (!*why && key(&line->key, text, why))
        return true;
    hy_key_line_free(line);
    return false;
}

bool hy_key_line_parse(struct hy_key_line *line, const char *text, const char **why)
{
    return parse(line, text, hy_key_parse, why);
}

void hy_key_line_free(struct hy_key_line *line)
{
    hy_key_free(&line->key);
    free(line->from);
    free(line->principals);
    *line = (struct hy_key_line){0};
}

bool hy_public_key_ok(const char *text, const char **why)
{
    struct hy_key_line line;
    bool ok = hy_key_line_parse(&line, text, why);

    hy_key_line_free(&line);
    return ok;
}

/* ---- Judging ---- */

static bool listed(const char *const *names, const char *name, size_t len)
{
    for (; *names; names++)
        if (strlen(*names) == len && memcmp(*names, name, len) == 0)
            return true;
    return false;
}

/* Whether the certificate has one of the names in a text, with commas between them. */
static bool has_one_of(const struct hythe_certificate *certificate, const char *text)
{
    for (size_t len; *text; text += len + (text[len] == ',')) {
        len = strcspn(text, ",");
        if (len && listed(certificate->principals, text, len))
            return true;
    }
    return false;
}

static bool names_user(const struct hy_key_line *line, const struct hythe_session *session,
                       const struct hythe_certificate *certificate, const char *const *principals)
{
    if (line->principals && !has_one_of(certificate, line->principals))
        return false;
    for (; principals && *principals; principals++)
        if (listed(certificate->principals, *principals, strlen(*principals)))
            return true;
    return !principals && (line->principals || listed(certificate->principals, session->user, strlen(session->user)));
}

static bool comes_from(const struct hy_key_line *line, const char *address)
{
    struct hy_addr addr;

    return !line->from ||
           (hy_addr_parse(&addr, address, strlen(address)) && hy_addr_judge_text(line->from, &addr) == HY_ADDR_LISTED);
}

int hy_key_line_judge(const struct hy_key_line *line, const struct hythe_session *session,
                      const struct hythe_factor *factor, const char *const *principals, const char **why)
{
    const struct hythe_certificate *certificate = factor->certificate;

    *why = NULL;
    if (!certificate != !line->authority)
        return HYTHE_AUTH_REJECT;
    if (!(certificate ? hy_key_equals(&line->key, certificate->ca, certificate->ca_len)
                      : hy_key_equals(&line->key, factor->key, factor->key_len)))
        return HYTHE_AUTH_REJECT;
    if (factor->now >= line->expires)
        *why = "the key's expiry-time is over";
    else if (!comes_from(line, session->address))
        *why = "the client's address isn't in the key's from";
    else if (certificate && !names_user(line, session, certificate, principals))
        *why = "the certificate has none of the principals that are wanted";
    return *why ? HYTHE_AUTH_REJECT : HYTHE_AUTH_ACCEPT;
}

/* Fields that the plugin's header has. */
static struct hythe_key_line whole(const struct hythe_key_line *from)
{
    struct hythe_key_line line = {0};

    memcpy(&line, from, from->size < sizeof line ? from->size : sizeof line);
    return line;
}

int hy_key_line_ask(const struct hythe_auth_call *call, const struct hythe_factor *factor,
                    const struct hythe_key_line *given)
{
    const struct hythe_key_line asked = whole(given);
    struct hy_key_line line;
    const char *why = NULL;
    int verdict = -EINVAL;

    if (!asked.text[strspn(asked.text, " \t")] || asked.text[strspn(asked.text, " \t")] == '#')
        return HYTHE_AUTH_REJECT;
    if (parse(&line, asked.text, hy_key_skim, &why)) { /* the client's key is sound, or it isn't that */
        line.authority |= (asked.flags & HYTHE_KEY_LINE_AUTHORITY) != 0;
        verdict = hy_key_line_judge(&line, call->session, factor, asked.principals, &why);
        hy_key_line_free(&line);
    }
    if (asked.why_size)
        (void)snprintf(asked.why, asked.why_size, "%s", why ? why : "");
    return verdict;
}
