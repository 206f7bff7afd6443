#include "core/base/thread.h"
#include "tests/unit/unit.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

enum { MANY = 50, LINGERING = 100 };

static void *get_mask(void *ctx)
{
    (void)pthread_sigmask(SIG_SETMASK, NULL, ctx);
    return NULL;
}

static void threads_are_left_alone_but_for_their_own_faults(void)
{
    sigset_t mask, before, after;
    pthread_t thread;

    (void)sigemptyset(&before); /* the system fills in what it knows */
    after = before;
    (void)pthread_sigmask(SIG_SETMASK, NULL, &before);
    CU_ASSERT_FATAL(hy_thread_start(&thread, get_mask, &mask) == 0);
    (void)pthread_join(thread, NULL);
    (void)pthread_sigmask(SIG_SETMASK, NULL, &after);
    CU_ASSERT(memcmp(&before, &after, sizeof before) == 0);
    CU_ASSERT(sigismember(&mask, SIGTERM) && sigismember(&mask, SIGALRM) && sigismember(&mask, SIGPIPE));
    CU_ASSERT(!sigismember(&mask, SIGSEGV) && !sigismember(&mask, SIGBUS) && !sigismember(&mask, SIGABRT));
}

/* As libraries do: something of a thread's own is freed when it ends. */
struct crowd {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct hy_leaving left;
    pthread_key_t key;
    unsigned here;
    atomic_uint freed;
};

static void free_slowly(void *ctx)
{
    for (int i = 0; i < LINGERING; i++)
        (void)sched_yield();
    atomic_fetch_add(&((struct crowd *)ctx)->freed, 1);
}

static void *come_and_go(void *ctx)
{
    struct crowd *crowd = ctx;
    struct hy_leaving before;

    (void)pthread_setspecific(crowd->key, crowd);
    (void)pthread_mutex_lock(&crowd->lock);
    crowd->here--;
    before = hy_thread_leave(&crowd->left);
    (void)pthread_cond_signal(&crowd->changed);
    (void)pthread_mutex_unlock(&crowd->lock);
    hy_thread_rest(before);
    return NULL;
}

static void nothing_runs_of_threads_that_left(void)
{
    struct crowd crowd = {
        .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .left = {.any = false}, .here = MANY};
    pthread_t thread;

    hy_thread_rest(crowd.left);
    CU_ASSERT_FATAL(pthread_key_create(&crowd.key, free_slowly) == 0);
    for (int i = 0; i < MANY; i++)
        CU_ASSERT_FATAL(hy_thread_start(&thread, come_and_go, &crowd) == 0);
    (void)pthread_mutex_lock(&crowd.lock);
    while (crowd.here)
        (void)pthread_cond_wait(&crowd.changed, &crowd.lock);
    (void)pthread_mutex_unlock(&crowd.lock);
    hy_thread_rest(crowd.left);
    UNIT_ASSERT_NUMBER(atomic_load(&crowd.freed), MANY);
    (void)pthread_key_delete(crowd.key);
}

UNIT_SUITE(thread, UNIT_TEST(threads_are_left_alone_but_for_their_own_faults),
           UNIT_TEST(nothing_runs_of_threads_that_left));
