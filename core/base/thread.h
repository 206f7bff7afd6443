/* The threads of the library. */
#ifndef HY_BASE_THREAD_H
#define HY_BASE_THREAD_H

#include <pthread.h>

/* Starts run(ctx) with every signal blocked that may come from outside: an interrupted call would end a libssh session,
 * and whose signals they are is the program's to say. Those of the thread's own faults come through, for a program that
 * has something to say about them. thread NULL: nobody joins it. 0 or an errno. */
int hy_thread_start(pthread_t *thread, void *(*run)(void *ctx), void *ctx);

#endif
