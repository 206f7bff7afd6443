#include "core/server/hythed_password.h"
#include "core/auth/auth.h"
#include "core/base/buf.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

enum { PASSWORD_MAX = 511 }; /* crypt(3): CRYPT_MAX_PASSPHRASE_SIZE with its NUL */

struct secret {
    char text[PASSWORD_MAX + 1];
    size_t len;
};

static int complain(const char *why)
{
    (void)fprintf(stderr, "hythed: %s\n", why);
    return -1;
}

/* One byte of standard input, unbuffered, so that no copy is left behind: 1, 0 at the end, -1. signals: a descriptor
 * that wakes it, or -1. */
static int next_byte(int signals, char *c)
{
    struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    ssize_t n;

    for (;;) {
        if (poll(fds, 2, -1) < 0) { /* a negative descriptor is passed over */
            if (errno == EINTR)
                continue;
            return -1;
        }
        if (fds[1].revents)
            return -1;
        n = read(STDIN_FILENO, c, 1);
        if (n >= 0 || (errno != EINTR && errno != EAGAIN))
            return (int)n;
    }
}

/* A line without its newline. */
static int read_line(int signals, struct secret *s)
{
    char c = '\0';
    int got;

    for (s->len = 0; (got = next_byte(signals, &c)) > 0 && c != '\n'; s->len++) {
        if (!c || s->len == PASSWORD_MAX)
            return complain(c ? "the password is longer than 511 bytes" : "the password contains a zero byte");
        s->text[s->len] = c;
    }
    hy_wipe(&c, 1);
    s->text[s->len] = '\0';
    if (got < 0)
        return complain("no password was read");
    return s->len ? 0 : complain("an empty password is none");
}

/* Two lines, unseen. */
static int ask(int signals, struct secret *s)
{
    struct secret again = {.len = 0};
    int ret;

    (void)fputs("Password: ", stderr);
    ret = read_line(signals, s);
    (void)fputs("\n", stderr);
    if (ret < 0)
        return -1;
    (void)fputs("Again: ", stderr);
    ret = read_line(signals, &again);
    (void)fputs("\n", stderr);
    if (ret == 0 && strcmp(s->text, again.text) != 0)
        ret = complain("the two passwords differ");
    hy_wipe(&again, sizeof again);
    return ret;
}

/* A signal in the middle must not leave the terminal without echo: signals wait, and do their work afterwards. */
static int ask_on_terminal(const struct termios *before, struct secret *s)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    struct termios unseen = *before;
    sigset_t set, old;
    int signals, ret = -1;

    (void)sigemptyset(&set);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        (void)sigaddset(&set, numbers[i]);
    (void)sigprocmask(SIG_BLOCK, &set, &old);
    signals = signalfd(-1, &set, SFD_CLOEXEC);
    unseen.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    if (signals < 0 || tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen) < 0)
        (void)complain("can't switch the echo of the terminal off");
    else
        ret = ask(signals, s);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, before);
    if (signals >= 0)
        close(signals);
    (void)sigprocmask(SIG_SETMASK, &old, NULL);
    return ret;
}

int hythed_hash_password(void)
{
    struct secret s = {.len = 0};
    struct termios before;
    char *hash = NULL;
    int ret;

    ret = tcgetattr(STDIN_FILENO, &before) == 0 ? ask_on_terminal(&before, &s) : read_line(-1, &s);
    if (ret == 0) {
        hash = hy_password_hash(s.text);
        if (!hash)
            (void)complain("the system can't make a hash");
    }
    hy_wipe(&s, sizeof s);
    if (hash)
        (void)puts(hash);
    if (hash && (fflush(stdout) || ferror(stdout)))
        ret = complain("can't write to standard output");
    free(hash);
    return hash && ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
