#include "core/base/thread.h"

#include <signal.h>
#include <stddef.h>

int hy_thread_start(pthread_t *thread, void *(*run)(void *ctx), void *ctx)
{
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    sigset_t most, before;
    int rc;

    (void)sigfillset(&most);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        (void)sigdelset(&most, own[i]);
    (void)pthread_sigmask(SIG_SETMASK, &most, &before);
    rc = pthread_create(thread, NULL, run, ctx);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

struct hy_leaving hy_thread_leave(struct hy_leaving *leaving)
{
    struct hy_leaving before = *leaving;

    *leaving = (struct hy_leaving){.last = pthread_self(), .any = true};
    return before;
}

void hy_thread_rest(struct hy_leaving last)
{
    if (last.any)
        (void)pthread_join(last.last, NULL);
}
