/* The half that runs where PAM's modules have the rights that they need: one process for each dialogue, so that a
 * module may wait, sleep after a failure, keep what it likes in memory, or crash. */
#include "pam.h"

#include <errno.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The modules' questions ---- */

static bool is_question(const struct pam_message *message)
{
    return message->msg_style == PAM_PROMPT_ECHO_OFF || message->msg_style == PAM_PROMPT_ECHO_ON;
}

static int ask(int socket, const struct pam_message **messages, int count)
{
    uint32_t questions = 0;
    int rc = 0;

    for (int i = 0; i < count && !rc; i++) {
        if (is_question(messages[i]))
            questions++;
        else if (messages[i]->msg)
            rc = pam_note_send(socket, PAM_NOTE_MESSAGE, 0, messages[i]->msg);
    }
    if (questions > PAM_QUESTIONS_MAX)
        return -E2BIG;
    if (questions && !rc)
        rc = pam_note_send(socket, PAM_NOTE_ROUND, questions, "");
    for (int i = 0; i < count && !rc; i++)
        if (is_question(messages[i]))
            rc = pam_note_send(socket, PAM_NOTE_QUESTION, messages[i]->msg_style == PAM_PROMPT_ECHO_ON,
                               messages[i]->msg ? messages[i]->msg : "");
    return rc;
}

static int take_answers(int socket, const struct pam_message **messages, int count, struct pam_response *responses)
{
    struct pam_note note;
    int rc = 0;

    for (int i = 0; i < count && !rc; i++) {
        if (!is_question(messages[i]))
            continue;
        rc = pam_note_expect(socket, PAM_NOTE_ANSWER, &note);
        if (!rc && !(responses[i].resp = strdup(note.text)))
            rc = -ENOMEM;
    }
    pam_note_wipe(&note);
    return rc;
}

static int converse(int count, const struct pam_message **messages, struct pam_response **responses, void *ctx)
{
    const struct hythe_assist *how = ctx;

    if (count < 1 || count > PAM_MAX_NUM_MSG)
        return PAM_CONV_ERR;
    *responses = calloc((size_t)count, sizeof **responses);
    if (!*responses)
        return PAM_BUF_ERR;
    if (ask(how->socket, messages, count) == 0 && take_answers(how->socket, messages, count, *responses) == 0)
        return PAM_SUCCESS;
    for (int i = 0; i < count; i++) {
        if ((*responses)[i].resp)
            explicit_bzero((*responses)[i].resp, strlen((*responses)[i].resp));
        free((*responses)[i].resp);
    }
    free(*responses);
    *responses = NULL;
    return PAM_CONV_ERR;
}

/* ---- The verdict ---- */

/* Whether the modules have decided, or something has failed. */
static enum pam_verdict verdict_of(int rc)
{
    static const int decided[] = {PAM_AUTH_ERR,          PAM_USER_UNKNOWN,         PAM_MAXTRIES,
                                  PAM_CRED_INSUFFICIENT, PAM_PERM_DENIED,          PAM_ACCT_EXPIRED,
                                  PAM_CRED_EXPIRED,      PAM_NEW_AUTHTOK_REQD,     PAM_AUTHTOK_ERR,
                                  PAM_AUTHTOK_EXPIRED,   PAM_AUTHTOK_DISABLE_AGING};

    if (rc == PAM_SUCCESS)
        return PAM_VERDICT_ACCEPT;
    for (size_t i = 0; i < sizeof decided / sizeof *decided; i++)
        if (rc == decided[i])
            return PAM_VERDICT_REJECT;
    return PAM_VERDICT_UNSURE;
}

/* A module may map one name to another; who it then speaks about isn't who logs in. */
static bool is_same(pam_handle_t *pam, const char *user)
{
    const void *name = NULL;

    return pam_get_item(pam, PAM_USER, &name) == PAM_SUCCESS && name && strcmp(name, user) == 0;
}

/* No credentials and no session are begun: they would be this process's, which serves nobody. */
static int run(pam_handle_t *pam, const char *user, const char *address, char *why, size_t size)
{
    const char *stage = "setting up";
    int rc = pam_set_item(pam, PAM_RHOST, address);

    if (rc == PAM_SUCCESS)
        rc = pam_set_item(pam, PAM_TTY, "ssh");
    if (rc == PAM_SUCCESS) {
        stage = "authentication";
        rc = pam_authenticate(pam, PAM_DISALLOW_NULL_AUTHTOK);
    }
    if (rc == PAM_SUCCESS) {
        stage = "account";
        rc = pam_acct_mgmt(pam, PAM_DISALLOW_NULL_AUTHTOK);
    }
    if (rc == PAM_SUCCESS && !is_same(pam, user)) {
        stage = "a module speaks of another user";
        rc = PAM_PERM_DENIED;
    }
    if (rc != PAM_SUCCESS)
        (void)snprintf(why, size, "%s: %s", stage, pam_strerror(pam, rc));
    return rc;
}

void pam_assist(const struct hythe_assist *how)
{
    const struct pam_settings *set = how->settings;
    const struct pam_conv conv = {converse, (void *)(uintptr_t)how};
    struct pam_note user, address;
    char why[256] = "";
    pam_handle_t *pam = NULL;
    int rc;

    if (pam_note_expect(how->socket, PAM_NOTE_USER, &user) || !user.text[0] ||
        pam_note_expect(how->socket, PAM_NOTE_ADDRESS, &address))
        return;
    rc = pam_start(set->service, user.text, &conv, &pam);
    if (rc == PAM_SUCCESS)
        rc = run(pam, user.text, address.text, why, sizeof why);
    else
        (void)snprintf(why, sizeof why, "PAM can't begin: %s", pam_strerror(pam, rc));
    (void)pam_note_send(how->socket, PAM_NOTE_VERDICT, verdict_of(rc), why);
    if (pam)
        (void)pam_end(pam, rc);
}
