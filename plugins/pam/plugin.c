/* pam: passwords and dialogues of PAM. This half has no rights; it carries what is asked and answered. */
#include "pam.h"

#include "plugins/shared/helped.h"
#include "plugins/shared/settings.h"
#include "plugins/shared/utf8.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A service without a file of its own would get what stands in PAM's file `other`. */
static const char *const folders[] = {"/etc/pam.d", "/usr/etc/pam.d", "/usr/lib/pam.d"};

enum { LINES_MAX = 8 };

/* A dialogue that waits for answers. */
struct dialogue {
    int socket;
    uint32_t asked; /* questions */
    unsigned lines; /* of messages for the round that comes */
};

static int begin(const struct hythe_auth_call *call, struct dialogue *d)
{
    const char *user = call->session->user;
    int rc, socket = helped_begin(call->host);

    if (socket < 0)
        return socket;
    *d = (struct dialogue){.socket = socket};
    rc = pam_note_send(socket, PAM_NOTE_USER, 0, *user ? user : "(none)"); /* without, PAM's modules would ask for it */
    if (!rc)
        rc = pam_note_send(socket, PAM_NOTE_ADDRESS, 0, call->session->address);
    if (rc)
        (void)close(socket);
    return rc;
}

/* Whoever can't log in gets the delay of a wrong password whatever the password, so that time doesn't tell whether it
 * was right: a user of the system may well be none of Hythe's. */
static int answer(const struct dialogue *d, const struct hythe_factor *factor, const char *text)
{
    char wrong[] = "\b\b\b\b\b\b\b\b";

    return pam_note_send(d->socket, PAM_NOTE_ANSWER, 0, factor->known ? text : wrong);
}

/* ---- What the client is asked ---- */

/* One line of characters that can be shown, in `room` bytes, its NUL included. */
static void tidy(char *text, size_t room)
{
    char *end = text;

    for (const char *p = text; *p;) {
        uint32_t c = '?';
        size_t n = utf8_read(p, &c);
        bool plain = n && c >= 0x20 && !(c >= 0x7f && c < 0xa0);

        if (plain)
            memmove(end, p, n);
        else
            *end = n ? ' ' : '?';
        end += plain ? n : 1;
        p += n ? n : 1;
    }
    while (end > text && end[-1] == ' ')
        end--;
    if (end == text)
        *end++ = '?';
    else if (end[-1] == ':' && (size_t)(end - text) + 2 <= room)
        *end++ = ' '; /* "Password: " */
    *end = '\0';
}

/* Emits the lines of a message, if somebody can read it. */
static int tell(struct dialogue *d, const struct hythe_factor *factor, char *text)
{
    int rc = 0;

    for (char *line = strtok_r(text, "\r\n", &text); line && factor->prompt && !rc && d->lines < LINES_MAX;
         line = strtok_r(NULL, "\r\n", &text)) {
        const struct hythe_prompt message = {.size = sizeof message, .text = line, .kind = HYTHE_PROMPT_MESSAGE};

        tidy(line, strlen(line) + 1);
        d->lines++;
        rc = factor->prompt(factor->prompt_ctx, &message);
    }
    return rc;
}

/* Emits the questions of a round. */
static int pass_on(struct dialogue *d, const struct hythe_factor *factor, uint32_t count, struct pam_note *note)
{
    int rc = 0;

    for (uint32_t i = 0; i < count && !rc; i++) {
        if (i) /* the first one is there */
            rc = pam_note_expect(d->socket, PAM_NOTE_QUESTION, note);
        if (!rc) {
            struct hythe_prompt prompt = {.size = sizeof prompt, .text = note->text, .echo = note->number};

            tidy(note->text, sizeof note->text);
            rc = factor->prompt(factor->prompt_ctx, &prompt);
        }
    }
    d->asked = count;
    d->lines = 0;
    return rc ? rc : HYTHE_AUTH_CONTINUE;
}

/* ---- What the helper says ---- */

static int judge(const struct hythe_auth_call *call, const struct hythe_factor *factor, const struct pam_note *note)
{
    int level = note->number == PAM_VERDICT_UNSURE ? 0 : 1;

    if (note->text[0] && (factor->known || !level))
        call->host->log(call->host, level, "user \"%s\": %s", call->session->user, note->text);
    if (note->number == PAM_VERDICT_ACCEPT)
        return HYTHE_AUTH_ACCEPT;
    return note->number == PAM_VERDICT_REJECT ? HYTHE_AUTH_REJECT : -EIO;
}

/* A round: a single question whose answer may not be seen is one for the password, if that is there already. 0: it is
 * answered. */
static int take_round(const struct hythe_auth_call *call, struct dialogue *d, const struct hythe_factor *factor,
                      const char **password, struct pam_note *note)
{
    uint32_t count = note->number;
    int rc = count && count <= PAM_QUESTIONS_MAX ? pam_note_expect(d->socket, PAM_NOTE_QUESTION, note) : -EBADMSG;

    if (rc)
        return rc;
    if (*password && count == 1 && !note->number) {
        rc = answer(d, factor, *password);
        *password = NULL;
        return rc;
    }
    if (factor->prompt)
        return pass_on(d, factor, count, note);
    if (factor->known)
        call->host->log(call->host, 1,
                        "user \"%s\": PAM asks for more than a password: keyboard-interactive can answer",
                        call->session->user);
    return -ENOTSUP;
}

/* Listens until there is a verdict, or something that the client must answer. */
static int hear(const struct hythe_auth_call *call, struct dialogue *d, const struct hythe_factor *factor,
                const char *password)
{
    struct pam_note note;
    int rc;

    while ((rc = pam_note_receive(d->socket, &note)) == 0) {
        if (note.kind == PAM_NOTE_VERDICT)
            return judge(call, factor, &note);
        if (note.kind == PAM_NOTE_ROUND)
            rc = take_round(call, d, factor, &password, &note);
        else
            rc = note.kind == PAM_NOTE_MESSAGE ? tell(d, factor, note.text) : -EBADMSG;
        if (rc)
            break;
    }
    if (rc == -ENOTSUP)
        return HYTHE_AUTH_REJECT;
    if (rc < 0)
        call->host->log(call->host, 0, "user \"%s\": the dialogue with PAM broke off: %s", call->session->user,
                        strerrordesc_np(-rc));
    return rc;
}

/* ---- The plugin ---- */

static void end(const struct hythe_auth_call *call)
{
    struct dialogue *d = *call->state;

    if (d) {
        (void)close(d->socket);
        free(d);
    }
    *call->state = NULL;
}

/* A new dialogue. The password that is there already answers the first question. */
static int open_dialogue(const struct hythe_auth_call *call, const struct hythe_factor *factor, const char *password)
{
    struct dialogue *d = malloc(sizeof *d);
    int rc;

    if (!d)
        return -ENOMEM;
    end(call);
    rc = begin(call, d);
    if (rc) {
        free(d);
        return rc;
    }
    *call->state = d;
    rc = hear(call, d, factor, password);
    if (rc != HYTHE_AUTH_CONTINUE)
        end(call);
    return rc;
}

static int next_round(const struct hythe_auth_call *call, const struct hythe_factor *factor)
{
    struct dialogue *d = *call->state;
    int rc = 0;

    if (!d || factor->answer_count != d->asked)
        return HYTHE_AUTH_REJECT;
    for (size_t i = 0; i < factor->answer_count && !rc; i++)
        rc = answer(d, factor, factor->answers[i].text);
    if (!rc)
        rc = hear(call, d, factor, NULL);
    if (rc != HYTHE_AUTH_CONTINUE)
        end(call);
    return rc;
}

static int check(const struct hythe_auth_call *call, const struct hythe_factor *factor)
{
    for (size_t i = 0; i < factor->answer_count; i++)
        if (factor->answers[i].len >= PAM_NOTE_TEXT)
            return HYTHE_AUTH_REJECT;
    if (factor->secret_len >= PAM_NOTE_TEXT)
        return HYTHE_AUTH_REJECT;
    if (factor->method == HYTHE_AUTH_INTERACTIVE && !factor->question_count)
        return next_round(call, factor);
    return open_dialogue(call, factor, factor->secret);
}

/* What PAM's modules ask first. If they have decided without a question, they do so again when check() comes. */
static int ask(const struct hythe_auth_call *call, const struct hythe_factor *factor)
{
    int rc = open_dialogue(call, factor, NULL);

    return rc < 0 ? rc : 0;
}

static int find_service(const struct hythe_host *host, const char *service)
{
    char path[512];

    for (size_t i = 0; i < sizeof folders / sizeof *folders && !strchr(service, '/'); i++)
        if (snprintf(path, sizeof path, "%s/%s", folders[i], service) < (int)sizeof path && access(path, F_OK) == 0)
            return 0;
    host->log(host, 0, "service \"%s\": there is no such file in %s", service, folders[0]);
    return -ENOENT;
}

static int start(const struct hythe_host *host, const void *given, void **out)
{
    const struct pam_settings *set = given;
    int rc = find_service(host, set->service);

    *out = (void *)(uintptr_t)given;
    return rc ? rc : helped_ready(host);
}

static const struct hythe_setting settings[] = {
    SETTING(struct pam_settings, service, STRING, 1, 255, "hythe",
            "The service that PAM is asked for: the name of a file in /etc/pam.d."),
};

static const struct hythe_auth auth = {.size = sizeof auth,
                                       .methods = HYTHE_AUTH_PASSWORD | HYTHE_AUTH_INTERACTIVE,
                                       .check = check,
                                       .end = end,
                                       .ask = ask};

static const struct hythe_plugin plugin = {
    .abi = HYTHE_ABI,
    .size = sizeof plugin,
    .kind = HYTHE_AUTH,
    .threads = HYTHE_PARALLEL,
    .flags = HYTHE_SLOW,
    .name = "pam",
    .version = HYTHE_VERSION,
    .summary = "passwords and dialogues of PAM",
    SETTINGS(settings, struct pam_settings),
    .start = start,
    .auth = &auth,
    .assist = pam_assist,
};

const struct hythe_plugin *hythe_plugin_entry(void)
{
    return &plugin;
}
