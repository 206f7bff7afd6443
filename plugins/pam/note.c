#include "pam.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int pam_note_send(int socket, enum pam_note_kind kind, uint32_t number, const char *text)
{
    struct pam_note note = {.kind = kind, .number = number};
    ssize_t n;

    strncpy(note.text, text, sizeof note.text - 1);
    n = send(socket, &note, sizeof note, MSG_NOSIGNAL);
    pam_note_wipe(&note);
    if (n == (ssize_t)sizeof note)
        return 0;
    return n < 0 && errno != EPIPE ? -errno : -ECONNRESET;
}

int pam_note_receive(int socket, struct pam_note *note)
{
    ssize_t n;

    do
        n = recv(socket, note, sizeof *note, MSG_TRUNC);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    if (n == 0)
        return -ECONNRESET;
    return n == (ssize_t)sizeof *note && memchr(note->text, '\0', sizeof note->text) ? 0 : -EBADMSG;
}

int pam_note_expect(int socket, enum pam_note_kind kind, struct pam_note *note)
{
    int rc = pam_note_receive(socket, note);

    return !rc && note->kind != kind ? -EBADMSG : rc;
}

void pam_note_wipe(struct pam_note *note)
{
    explicit_bzero(note, sizeof *note);
}
