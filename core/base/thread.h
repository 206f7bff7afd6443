/* The threads of the library. */
#ifndef HY_BASE_THREAD_H
#define HY_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Starts run(ctx) with every signal blocked that may come from outside: an interrupted call would end a libssh session,
 * and whose signals they are is the program's to say. Those of the thread's own faults come through, for a program that
 * has something to say about them. Somebody has to join it, for example by way of struct hy_leaving. 0 or an errno. */
int hy_thread_start(pthread_t *thread, void *(*run)(void *ctx), void *ctx);

/* Threads that come and go. Each that leaves joins the one that left before it, so that at most one is ever left to be
 * joined, and after that nothing of them runs: not even what libraries (OpenSSL, libssh) do at a thread's end, beside
 * which their cleanup at the end of a process frees the same memory. A lock of the owner's guards it. */
struct hy_leaving {
    pthread_t last;
    bool any;
};
/* With the lock: the calling thread leaves. Its last act, without the lock, is hy_thread_rest() on what is returned. */
struct hy_leaving hy_thread_leave(struct hy_leaving *leaving);
/* Waits for the last thread that left to have ended, if there is one. */
void hy_thread_rest(struct hy_leaving last);

#endif
