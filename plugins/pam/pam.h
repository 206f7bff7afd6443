/* The pam plugin's own declarations. Its two halves are in different processes: plugin.c in the server, which has no
 * rights, and helper.c in the helper process, where the modules of PAM run. Between them go notes, each as a whole. */
#ifndef PAM_PAM_H
#define PAM_PAM_H

#include <hythe/plugin.h>

#include <stddef.h>
#include <stdint.h>

/* Filled by the core from the rows of plugin.c. */
struct pam_settings {
    const char *service;
};

enum { PAM_NOTE_TEXT = 1024, PAM_QUESTIONS_MAX = 8 };

enum pam_note_kind {
    /* From the server, in this order; ANSWERs only to questions. */
    PAM_NOTE_USER = 1, /* text: the name */
    PAM_NOTE_ADDRESS,  /* text: of the client */
    PAM_NOTE_ANSWER,   /* text, which may be empty */
    /* From the helper. */
    PAM_NOTE_MESSAGE,  /* text */
    PAM_NOTE_ROUND,    /* number: of the questions that follow; then it waits for as many answers */
    PAM_NOTE_QUESTION, /* text; number: boolean, whether the answer may be seen */
    PAM_NOTE_VERDICT   /* number: enum pam_verdict; text: the reason, for the log, maybe empty. The last one */
};

enum pam_verdict { PAM_VERDICT_REJECT, PAM_VERDICT_ACCEPT, PAM_VERDICT_UNSURE };

struct pam_note {
    uint32_t kind, number;
    char text[PAM_NOTE_TEXT]; /* with a NUL */
};

/* Sends a note; a text that is too long is cut. 0 or a negative errno. */
int pam_note_send(int socket, enum pam_note_kind kind, uint32_t number, const char *text);
/* Receives one. 0; -ECONNRESET at the end; -EBADMSG for what is none; other errno values of recv(2). */
int pam_note_receive(int socket, struct pam_note *note);
/* Receives one of a kind: as above, -EBADMSG for another. */
int pam_note_expect(int socket, enum pam_note_kind kind, struct pam_note *note);
/* Notes hold passwords. */
void pam_note_wipe(struct pam_note *note);

/* The helper's half. */
void pam_assist(const struct hythe_assist *how);

#endif
