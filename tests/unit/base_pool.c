#include "core/base/pool.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

enum { MANY = 200, FEW = 3 };

struct job {
    struct hy_task task; /* first, so that a task is its job */
    sem_t *go, *done;
    atomic_uint *running, *most;
};

static void run(struct hy_task *task)
{
    struct job *job = (struct job *)task;
    unsigned now = atomic_fetch_add(job->running, 1) + 1, most = atomic_load(job->most);

    while (now > most && !atomic_compare_exchange_weak(job->most, &most, now))
        ;
    if (job->go)
        (void)sem_wait(job->go);
    (void)atomic_fetch_sub(job->running, 1);
    (void)sem_post(job->done);
}

static void runs_all_on_few_threads(void)
{
    struct hy_pool *pool = hy_pool_new(FEW);
    atomic_uint running = 0, most = 0;
    static struct job jobs[MANY];
    sem_t done;

    (void)sem_init(&done, 0, 0);
    for (int i = 0; i < MANY; i++) {
        jobs[i] = (struct job){.task = {.run = run}, .done = &done, .running = &running, .most = &most};
        CU_ASSERT(hy_pool_run(pool, &jobs[i].task));
    }
    for (int i = 0; i < MANY; i++)
        (void)sem_wait(&done);
    CU_ASSERT(atomic_load(&most) <= FEW);
    UNIT_ASSERT_NUMBER(hy_pool_max(pool), FEW);
    hy_pool_free(pool);
    (void)sem_destroy(&done);
}

/* Tasks that wait for each other get a thread each: the last lets the others go. */
static void makes_a_thread_for_each_that_waits(void)
{
    struct hy_pool *pool = hy_pool_new(FEW);
    atomic_uint running = 0, most = 0;
    struct job jobs[FEW];
    sem_t go, done;

    (void)sem_init(&go, 0, 0);
    (void)sem_init(&done, 0, 0);
    for (int i = 0; i < FEW; i++) {
        jobs[i] = (struct job){
            .task = {.run = run}, .go = i < FEW - 1 ? &go : NULL, .done = &done, .running = &running, .most = &most};
        CU_ASSERT(hy_pool_run(pool, &jobs[i].task));
    }
    (void)sem_wait(&done); /* of the one that waits for nothing */
    for (int i = 0; i < FEW - 1; i++)
        (void)sem_post(&go);
    for (int i = 0; i < FEW - 1; i++)
        (void)sem_wait(&done);
    hy_pool_free(pool);
    (void)sem_destroy(&go);
    (void)sem_destroy(&done);
}

static void *leave(void *ctx)
{
    hy_tally_leave(ctx);
    return NULL;
}

static void waits_for_all_that_entered(void)
{
    struct hy_tally *tally = hy_tally_new();
    pthread_t threads[FEW];

    for (int i = 0; i < FEW; i++) {
        hy_tally_enter(tally);
        CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, leave, tally) == 0);
    }
    hy_tally_end(tally);
    hy_tally_end(NULL);
    for (int i = 0; i < FEW; i++)
        (void)pthread_join(threads[i], NULL);
}

UNIT_SUITE(pool, UNIT_TEST(runs_all_on_few_threads), UNIT_TEST(makes_a_thread_for_each_that_waits),
           UNIT_TEST(waits_for_all_that_entered));
