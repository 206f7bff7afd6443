#include "core/base/thread.h"

#include <signal.h>
#include <stddef.h>

static int start(pthread_t *thread, int detach, void *(*run)(void *), void *ctx)
{
    pthread_attr_t attr;
    int rc = pthread_attr_init(&attr);

    if (rc)
        return rc;
    (void)pthread_attr_setdetachstate(&attr, detach);
    rc = pthread_create(thread, &attr, run, ctx);
    (void)pthread_attr_destroy(&attr);
    return rc;
}

int hy_thread_start(pthread_t *thread, void *(*run)(void *ctx), void *ctx)
{
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    sigset_t most, before;
    pthread_t unnamed;
    int rc;

    (void)sigfillset(&most);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        (void)sigdelset(&most, own[i]);
    (void)pthread_sigmask(SIG_SETMASK, &most, &before);
    rc = start(thread ? thread : &unnamed, thread ? PTHREAD_CREATE_JOINABLE : PTHREAD_CREATE_DETACHED, run, ctx);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}
