#include "core/server/hythed_crash.h"
#include "core/server/hythed_line.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum { STACK = 64 * 1024, PATIENCE = 2 /* seconds for what may find a lock taken */ };

static const struct {
    int number;
    const char *name;
} signals[] = {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGFPE, "SIGFPE"}, {SIGILL, "SIGILL"}, {SIGABRT, "SIGABRT"}};

/* A handler is given nothing: what it works with is here. */
static const struct hythed_log *crash_log;
static struct hy_server *crash_server;
static atomic_int crash_signal;
static char crash_where[256];
static uint64_t crash_conn;
static char crash_what[1024];

static const char *name_of(int number)
{
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (signals[i].number == number)
            return signals[i].name;
    return "?";
}

/* The object whose code ran. A plugin runs from a file in memory, whose link in /proc has its name. */
static void find_object(const ucontext_t *context, char *out, size_t size)
{
    void *at = NULL;
    Dl_info info;
    ssize_t n;

#if defined __x86_64__
    memcpy(&at, &context->uc_mcontext.gregs[REG_RIP], sizeof at);
#elif defined __aarch64__
    memcpy(&at, &context->uc_mcontext.pc, sizeof at);
#else
    (void)context;
#endif
    if (!at || !dladdr(at, &info) || !info.dli_fname)
        return;
    n = readlink(info.dli_fname, out, size - 1);
    if (n < 0) {
        n = (ssize_t)strnlen(info.dli_fname, size - 1);
        memcpy(out, info.dli_fname, (size_t)n);
    }
    out[n] = '\0';
}

static void take_all(const struct sigaction *action)
{
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        (void)sigaction(signals[i].number, action, NULL);
}

static void say(int number)
{
    const char *const parts[] = {
        "hythed dies of ", name_of(number), *crash_where ? " in " : "", crash_where, *crash_what ? ", during " : "",
        crash_what};
    char raw[sizeof crash_where + sizeof crash_what + 64], text[4 * sizeof raw], line[HYTHED_LINE_MAX];
    struct timespec now = {0};
    size_t len = 0;

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (const char *p = parts[i]; *p && len < sizeof raw; p++)
            raw[len++] = *p;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)hy_escape(text, sizeof text, raw, len);
    len = hythed_line(line, hythed_log_form(crash_log), &now, HY_LOG_ERROR, crash_conn, text);
    (void)!write(crash_log->fd, line, len);
}

/* With what is known by now. */
static void end(void)
{
    const struct sigaction none = {.sa_handler = SIG_DFL};
    int number = atomic_load(&crash_signal);
    sigset_t set;

    take_all(&none);
    say(number);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, number);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    (void)raise(number);
    _exit(128 + number);
}

/* What looks at what was going on failed as well, or, in the main thread, has taken too long. */
static void give_up(int number)
{
    (void)number;
    end();
}

/* Two threads may fail at once: the second waits for the end. */
static void crashed(int number, siginfo_t *info, void *context)
{
    const struct sigaction enough = {.sa_handler = give_up, .sa_flags = SA_ONSTACK | SA_NODEFER};

    (void)info;
    for (int none = 0; !atomic_compare_exchange_strong(&crash_signal, &none, number); none = 0)
        (void)pause();
    take_all(&enough);
    (void)sigaction(SIGALRM, &enough, NULL);
    (void)alarm(PATIENCE);
    find_object(context, crash_where, sizeof crash_where);
    if (crash_server)
        hy_server_at_fault(crash_server, &crash_conn, crash_what, sizeof crash_what);
    (void)alarm(0);
    end();
}

void hythed_crash_watch(const struct hythed_log *log, struct hy_server *server)
{
    const struct sigaction mine = {.sa_sigaction = crashed, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    struct sigaction now;

    crash_log = log;
    crash_server = server;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (sigaction(signals[i].number, NULL, &now) == 0 && !(now.sa_flags & SA_SIGINFO) && now.sa_handler == SIG_DFL)
            (void)sigaction(signals[i].number, &mine, NULL);
}

/* Not in the thread's own static memory, which every small stack of a plugin's threads would have to hold as well. */
static _Thread_local void *other_stack;

void hythed_crash_begin(void)
{
    stack_t other = {.ss_size = STACK};

    other_stack = other.ss_sp = malloc(STACK); /* pages that nobody touches cost nothing */
    if (other_stack)
        (void)sigaltstack(&other, NULL);
}

void hythed_crash_end(void)
{
    const stack_t none = {.ss_flags = SS_DISABLE};

    (void)sigaltstack(&none, NULL);
    free(other_stack);
    other_stack = NULL;
}
