/* shadow(5), which only root reads: the one question whether an account has expired. */
#include "accounts.h"

#include "plugins/shared/helped.h"

#include <errno.h>
#include <shadow.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 255, RECORD_MAX = 1 << 20 };

/* What the other half is sent, and what it answers. */
struct question {
    char user[NAME_MAX_BYTES + 1]; /* with a NUL */
};
struct answer {
    int32_t error; /* an errno value */
    uint32_t expired;
};

/* ---- In the helper ---- */

/* Fields that are -1 aren't set. An account whose password hasn't been changed for too long is as good as expired when
 * the days of grace are over. */
static bool has_expired(const struct spwd *s, long today)
{
    if (s->sp_expire >= 0 && today >= s->sp_expire)
        return true;
    return s->sp_lstchg > 0 && s->sp_max >= 0 && s->sp_inact >= 0 && today - s->sp_lstchg > s->sp_max + s->sp_inact;
}

static struct answer look_up(const char *user)
{
    struct spwd record, *found = NULL;
    struct answer answer = {.error = ERANGE};
    size_t size = 4096;

    while (answer.error == ERANGE && size <= RECORD_MAX) {
        char *room = malloc(size);

        answer.error = room ? getspnam_r(user, &record, room, size, &found) : ENOMEM;
        if (found)
            answer.expired = has_expired(found, (long)(time(NULL) / 86400));
        if (room)
            explicit_bzero(room, size);
        free(room);
        size *= 2;
    }
    if (answer.error == ENOENT || answer.error == ESRCH)
        answer.error = 0; /* accounts of directories need not be there */
    return answer;
}

void sa_assist(const struct hythe_assist *how)
{
    struct question question;
    struct answer answer;

    if (recv(how->socket, &question, sizeof question, MSG_TRUNC) != (ssize_t)sizeof question ||
        !memchr(question.user, '\0', sizeof question.user))
        return;
    answer = look_up(question.user);
    (void)send(how->socket, &answer, sizeof answer, MSG_NOSIGNAL);
}

/* ---- In the server ---- */

static int ask(int socket, const struct question *question, struct answer *answer)
{
    ssize_t n;

    if (send(socket, question, sizeof *question, MSG_NOSIGNAL) < 0)
        return -errno;
    do
        n = recv(socket, answer, sizeof *answer, MSG_TRUNC);
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t)sizeof *answer)
        return answer->error < 0 || answer->error > 4095 ? -EBADMSG : -answer->error;
    return n < 0 ? -errno : -ECONNRESET;
}

int sa_expired(const struct hythe_host *host, const char *user, bool *is)
{
    struct question question = {.user = ""};
    struct answer answer;
    int rc, socket;

    *is = false;
    if (strlen(user) > NAME_MAX_BYTES)
        return 0;
    strncpy(question.user, user, NAME_MAX_BYTES);
    socket = helped_begin(host);
    if (socket < 0)
        return socket;
    rc = ask(socket, &question, &answer);
    (void)close(socket);
    if (!rc)
        *is = answer.expired != 0;
    return rc;
}
