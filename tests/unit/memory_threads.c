/* The memory plugin under many threads at once, for the thread sanitizer's eyes too. Every result is one that some
 * order of the calls explains. */
#include "tests/unit/localroot.h"

#include <pthread.h>

enum { R = HYTHE_OPEN_READ, W = HYTHE_OPEN_WRITE, C = HYTHE_OPEN_CREATE, A = HYTHE_OPEN_APPEND, THREADS = 4 };

/* Valgrind runs one thread at a time and takes turns slowly. */
static int rounds(void)
{
    return getenv("HYTHE_VALGRIND") ? 20 : 400;
}

struct job {
    struct world *w;
    int number;
    intptr_t wrong;
};

static void run(struct world *w, void *(*work)(void *))
{
    struct job jobs[THREADS];
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        jobs[i] = (struct job){.w = w, .number = i};
        if (pthread_create(&threads[i], NULL, work, &jobs[i]) != 0)
            CU_FAIL_FATAL("no thread");
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        UNIT_ASSERT_NUMBER(jobs[i].wrong, 0);
    }
}

/* Lines of one length and letter: whoever reads finds whole ones only. */
static void *append_lines(void *arg)
{
    struct job *job = arg;
    char line[100], back[100];
    void *file;

    job->wrong += do_open(job->w, "log", R | W | A | C, -1, &file) != 0;
    memset(line, 'a' + job->number, sizeof(line));
    for (int i = 0, n = rounds(); i < n; i++) {
        job->wrong += do_write(job->w, file, line, sizeof(line), 0) != sizeof(line);
        job->wrong += do_read(job->w, file, back, sizeof(back), (uint64_t)i * sizeof(back)) != sizeof(back);
        for (size_t k = 1; k < sizeof(back); k++)
            job->wrong += back[k] != back[0];
    }
    job->wrong += do_close(job->w, file) != 0;
    return NULL;
}

BOTH(appends_whole)
{
    struct hythe_attrs a;

    run(w, append_lines);
    UNIT_ASSERT_NUMBER(do_getattr(w, "log", 0, &a), 0);
    UNIT_ASSERT_NUMBER(a.size, THREADS * 100 * rounds());
}

static int count_entry(void *ctx, const char *name, const struct hythe_attrs *attrs)
{
    unsigned *seen = ctx;

    (void)attrs;
    *seen += strncmp(name, "keep", 4) == 0;
    return 0;
}

static int64_t list(const struct world *w, unsigned *kept)
{
    void *dir;
    int64_t rc = do_opendir(w, ".", &dir);

    *kept = 0;
    if (rc < 0)
        return rc;
    while ((rc = do_readdir(w, dir, 0xffff, count_entry, kept)) > 0)
        ;
    do_close(w, dir);
    return rc;
}

static int64_t with_extras(const struct world *w, const char *name)
{
    struct hythe_attrs a = {.struct_size = sizeof(a),
                            .valid = HYTHE_ATTR_MIME | HYTHE_ATTR_SIZE | HYTHE_ATTR_MTIME,
                            .mime = name,
                            .size = strlen(name)};

    return do_setattr(w, name, 0, &a);
}

static bool fine(int64_t rc)
{
    return rc >= 0 || rc == -ENOENT || rc == -EEXIST || rc == -ELOOP;
}

/* All names are everybody's. */
static void *churn(void *arg)
{
    struct job *job = arg;
    const struct world *w = job->w;
    struct hythe_attrs a;
    char from[16], to[16], buf[PATH_MAX];
    unsigned kept;
    void *file;

    for (int i = 0, n = rounds(); i < n; i++) {
        snprintf(from, sizeof(from), "n%d", (i + job->number) % 5);
        snprintf(to, sizeof(to), "d/n%d", i % 3);
        if (do_open(w, from, R | W | C | (i % 7 ? 0 : HYTHE_OPEN_DELETE_ON_CLOSE), -1, &file) == 0) {
            job->wrong += do_write(w, file, from, 2, (uint64_t)i * 1000) != 2;
            job->wrong += do_close(w, file) != 0;
        }
        job->wrong += !fine(with_extras(w, from));
        job->wrong += !fine(do_getattr(w, from, 0, &a));
        job->wrong += !fine(do_rename(w, from, to, i % 2 ? HYTHE_RENAME_REPLACE : 0));
        job->wrong += !fine(do_link(w, to, from));
        job->wrong += !fine(do_unlink(w, to));
        job->wrong += !fine(do_symlink(w, to, "../n4"));
        job->wrong += !fine(do_realpath(w, to, buf, sizeof(buf)));
        job->wrong += list(w, &kept) != 0 || kept != 3;
    }
    return NULL;
}

/* The host of this test's world keeps what it is asked to in one list: a lock is all that it lacks. */
static pthread_mutex_t keeping = PTHREAD_MUTEX_INITIALIZER;
static void *(*plain_keep)(const struct hythe_call *call, size_t bytes);

static void *locked_keep(const struct hythe_call *call, size_t bytes)
{
    void *p;

    pthread_mutex_lock(&keeping);
    p = plain_keep(call, bytes);
    pthread_mutex_unlock(&keeping);
    return p;
}

BOTH(survives_everybody_at_once)
{
    struct hythe_statfs before, after;
    char name[16];
    void *file;

    plain_keep = w->host.keep;
    w->host.keep = locked_keep;
    UNIT_ASSERT_NUMBER(do_statfs(w, ".", &before), 0);
    put_folder(w->root, "d");
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof(name), "keep%d", i);
        put_file(w->root, name, "x");
    }
    run(w, churn);
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        do_unlink(w, name);
        snprintf(name, sizeof(name), "d/n%d", i);
        do_unlink(w, name);
        snprintf(name, sizeof(name), "keep%d", i);
        do_unlink(w, name);
    }
    UNIT_ASSERT_NUMBER(do_opendir(w, "d", &file), 0);
    UNIT_ASSERT_NUMBER(do_rmdir(w, "d"), 0);
    UNIT_ASSERT_NUMBER(do_close(w, file), 0);
    UNIT_ASSERT_NUMBER(do_statfs(w, ".", &after), 0);
    UNIT_ASSERT_NUMBER(after.ffree, before.ffree); /* nothing was lost or counted twice */
    UNIT_ASSERT_NUMBER(after.bfree, before.bfree);
}

/* Two files copied into each other, both ways at once: the order of the locks. */
static void *copy_across(void *arg)
{
    struct job *job = arg;
    const char *names[] = {"one", "two"};
    void *from, *to;

    job->wrong += do_open(job->w, names[job->number % 2], R | W, -1, &from) != 0;
    job->wrong += do_open(job->w, names[1 - job->number % 2], R | W, -1, &to) != 0;
    for (int i = 0, n = rounds(); i < n; i++)
        job->wrong += do_copy(job->w, from, 0, 5, to, 0) != 5;
    job->wrong += do_close(job->w, from) != 0;
    job->wrong += do_close(job->w, to) != 0;
    return NULL;
}

BOTH(copies_both_ways_at_once)
{
    char one[16];

    put_file(w->root, "one", "11111");
    put_file(w->root, "two", "22222");
    run(w, copy_across);
    snprintf(one, sizeof(one), "%s", file_text(w->root, "one"));
    UNIT_ASSERT_STRING(file_text(w->root, "two"), one);
}

UNIT_SUITE(memory_threads, UNIT_BOTH(appends_whole), UNIT_BOTH(survives_everybody_at_once),
           UNIT_BOTH(copies_both_ways_at_once));
