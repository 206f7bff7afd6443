/* A module of PAM for the tests of the plugin pam. What it does depends on the user's name. Its argument is a file to
 * which it appends a line for each call. */
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *item(pam_handle_t *pam, int what)
{
    const void *value = NULL;

    return pam_get_item(pam, what, &value) == PAM_SUCCESS && value ? value : "";
}

static void note(pam_handle_t *pam, const char *file, const char *what, int matches)
{
    FILE *out = fopen(file, "ae");

    if (!out)
        return;
    (void)fprintf(out, "%s of %s: uid %u, matches %d, rhost %s, tty %s\n", what, item(pam, PAM_USER),
                  (unsigned)geteuid(), matches, item(pam, PAM_RHOST), item(pam, PAM_TTY));
    (void)fclose(out);
}

/* "word of USER" */
static int check_password(pam_handle_t *pam, const char *file)
{
    const char *given = NULL;
    char wanted[300];
    int matches;

    (void)snprintf(wanted, sizeof wanted, "word of %s", item(pam, PAM_USER));
    if (pam_get_authtok(pam, PAM_AUTHTOK, &given, NULL) != PAM_SUCCESS || !given)
        return PAM_AUTH_ERR;
    matches = strcmp(given, wanted) == 0;
    note(pam, file, "auth", matches);
    return matches ? PAM_SUCCESS : PAM_AUTH_ERR;
}

/* A text and two questions in one round. */
static int check_codes(pam_handle_t *pam)
{
    const struct pam_message text = {PAM_TEXT_INFO, "Two codes are\non their way"},
                             shown = {PAM_PROMPT_ECHO_ON, "First code:"}, hidden = {PAM_PROMPT_ECHO_OFF, "Second"};
    const struct pam_message *messages[] = {&text, &shown, &hidden};
    struct pam_response *responses = NULL;
    const void *found = NULL;
    const struct pam_conv *conv;
    int ok;

    if (pam_get_item(pam, PAM_CONV, &found) != PAM_SUCCESS || !found)
        return PAM_CONV_ERR;
    conv = found;
    if (conv->conv(3, messages, &responses, conv->appdata_ptr) != PAM_SUCCESS)
        return PAM_CONV_ERR;
    ok = !responses[0].resp && strcmp(responses[1].resp, "4711") == 0 && strcmp(responses[2].resp, "0815") == 0;
    for (int i = 0; i < 3; i++)
        free(responses[i].resp);
    free(responses);
    return ok ? PAM_SUCCESS : PAM_AUTH_ERR;
}

/* A message and a question that are as long as they can be and longer, with a colon where they are cut, and lines that
 * end in one. */
static int check_long(pam_handle_t *pam)
{
    char text[2000], question[2000];
    struct pam_response *response = NULL;
    const void *found = NULL;
    const struct pam_conv *conv;
    int ok;

    memset(text, 'm', sizeof text - 1);
    memcpy(text, "Read this:\nin two lines\n", 24);
    memset(question, 'q', sizeof question - 1);
    text[1022] = question[1022] = ':';
    text[sizeof text - 1] = question[sizeof question - 1] = '\0';
    const struct pam_message one = {PAM_TEXT_INFO, text}, two = {PAM_PROMPT_ECHO_ON, question};
    const struct pam_message *messages[] = {&one, &two};

    if (pam_get_item(pam, PAM_CONV, &found) != PAM_SUCCESS || !found)
        return PAM_CONV_ERR;
    conv = found;
    if (conv->conv(2, messages, &response, conv->appdata_ptr) != PAM_SUCCESS)
        return PAM_CONV_ERR;
    ok = strcmp(response[1].resp, "yes") == 0;
    free(response[1].resp);
    free(response);
    return ok ? PAM_SUCCESS : PAM_AUTH_ERR;
}

/* Until somebody writes to FILE.fifo. */
static void wait_for_somebody(const char *file)
{
    char path[4096], byte;
    FILE *in;

    (void)snprintf(path, sizeof path, "%s.fifo", file);
    in = fopen(path, "re");
    if (in) {
        (void)!fread(&byte, 1, 1, in);
        (void)fclose(in);
    }
}

int pam_sm_authenticate(pam_handle_t *pam, int flags, int argc, const char **argv)
{
    const char *user = NULL, *file = argc ? argv[0] : "";
    int rc;

    (void)flags;
    if (pam_get_user(pam, &user, NULL) != PAM_SUCCESS)
        return PAM_USER_UNKNOWN;
    if (strcmp(user, "dies") == 0)
        abort();
    if (strcmp(user, "unsure") == 0)
        return PAM_AUTHINFO_UNAVAIL;
    rc = check_password(pam, file);
    if (rc == PAM_SUCCESS && strcmp(user, "codes") == 0)
        rc = check_codes(pam);
    if (rc == PAM_SUCCESS && strcmp(user, "long") == 0)
        rc = check_long(pam);
    if (strcmp(user, "waits") == 0)
        wait_for_somebody(file);
    if (strcmp(user, "mapped") == 0)
        (void)pam_set_item(pam, PAM_USER, "plain");
    return rc;
}

int pam_sm_acct_mgmt(pam_handle_t *pam, int flags, int argc, const char **argv)
{
    const char *user = item(pam, PAM_USER);

    (void)flags;
    note(pam, argc ? argv[0] : "", "account", 1);
    if (strcmp(user, "expired") == 0)
        return PAM_ACCT_EXPIRED;
    return strcmp(user, "old") == 0 ? PAM_NEW_AUTHTOK_REQD : PAM_SUCCESS;
}

int pam_sm_setcred(pam_handle_t *pam, int flags, int argc, const char **argv)
{
    (void)flags;
    note(pam, argc ? argv[0] : "", "setcred", 1);
    return PAM_SUCCESS;
}
