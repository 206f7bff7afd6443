/* A plugin that serves a folder of this machine, while somebody else changes the tree: whatever is swapped at
 * whatever moment, nothing outside is read or changed. Each race runs a bounded number of rounds; a loss of the race is
 * a wrong result, a win proves nothing, so these tests can't fail by chance. */
#include "tests/unit/localroot.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

/* Valgrind runs one thread at a time and takes turns slowly. */
static int rounds(void)
{
    return getenv("HYTHE_VALGRIND") ? 20 : 1500;
}

struct race {
    struct world *w;
    atomic_bool over;
    unsigned swaps;
};

static void *swap_names(void *arg)
{
    struct race *race = arg;

    while (!atomic_load(&race->over)) {
        renameat2(race->w->root, "name", race->w->root, "other", RENAME_EXCHANGE);
        race->swaps++;
    }
    return NULL;
}

/* The deep folder leaves the tree and comes back. */
static void *move_out(void *arg)
{
    struct race *race = arg;

    while (!atomic_load(&race->over)) {
        renameat(race->w->root, "a/b/c", race->w->outside, "c");
        renameat(race->w->outside, "c", race->w->root, "a/b/c");
        race->swaps++;
    }
    return NULL;
}

static void run_race(struct world *w, void *(*racer)(void *), void (*attempt)(struct world *w))
{
    struct race race = {.w = w};
    pthread_t thread;

    if (pthread_create(&thread, NULL, racer, &race) != 0) {
        CU_FAIL("no thread");
        return;
    }
    for (int i = 0, n = rounds(); i < n; i++)
        attempt(w);
    atomic_store(&race.over, true);
    pthread_join(thread, NULL);
    CU_ASSERT(race.swaps > 0);
}

static void leaks_nothing(struct world *w, const char *path)
{
    char text[64], real[PATH_MAX];
    int64_t rc = read_text(w, path, text);

    CU_ASSERT(rc < 0 || strcmp(text, "inside") == 0);
    rc = do_realpath(w, path, real, sizeof(real));
    CU_ASSERT(rc < 0 || strncmp(real, "name", 4) == 0 || strncmp(real, "inner", 5) == 0);
}

static void link_out(struct world *w, const char *name, const char *what)
{
    char target[128];

    snprintf(target, sizeof(target), "%s/outside%s", w->dir, what);
    put_link(w->root, name, target);
}

/* A file and a link to the secret change places. */
static void try_file(struct world *w)
{
    struct hythe_attrs a = {.struct_size = sizeof(a), .valid = HYTHE_ATTR_MODE, .mode = 0600};
    void *file;

    leaks_nothing(w, "name");
    do_setattr(w, "name", 0, &a);
    do_setattr(w, "name", HYTHE_NOFOLLOW, &a);
    a.valid = HYTHE_ATTR_SIZE;
    a.size = 6;
    do_setattr(w, "name", 0, &a);
    if (do_open(w, "name", HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, -1, &file) == 0) {
        do_write(w, file, "inside", 6, 0);
        do_close(w, file);
    }
}

BOTH(survives_a_swapped_file)
{
    put_file(w->root, "name", "inside");
    link_out(w, "other", "/secret");
    run_race(w, swap_names, try_file);
    UNIT_ASSERT_STRING(file_text(w->outside, "secret"), "secret");
    UNIT_ASSERT_NUMBER(file_mode(w->outside, "secret"), 0644);
}

/* A folder and a link to the folder outside change places. */
static void try_folder(struct world *w)
{
    void *file;

    leaks_nothing(w, "name/secret");
    do_mkdir(w, "name/d", -1);
    do_rename(w, "name/d", "name/e", 0);
    do_rmdir(w, "name/e");
    do_rmdir(w, "name/d");
    do_symlink(w, "name/s", "x");
    do_unlink(w, "name/s");
    do_link(w, "name/secret", "name/l");
    do_unlink(w, "name/l");
    do_rename(w, "name/victim", "taken", HYTHE_RENAME_REPLACE);
    if (do_open(w, "name/new", HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, -1, &file) == 0)
        do_close(w, file);
    do_unlink(w, "name/victim");
}

BOTH(survives_a_swapped_folder)
{
    mkdirat(w->root, "name", 0755);
    put_file(w->root, "name/secret", "inside");
    put_file(w->outside, "victim", "victim");
    link_out(w, "other", "");
    run_race(w, swap_names, try_folder);
    UNIT_ASSERT_STRING(file_text(w->outside, "victim"), "victim");
    CU_ASSERT(!exists(w->outside, "d") && !exists(w->outside, "e") && !exists(w->outside, "s"));
    CU_ASSERT(!exists(w->outside, "l") && !exists(w->outside, "new") && !exists(w->root, "taken"));
}

/* A folder from which links go up is moved out of the tree while they are followed. */
static void try_up(struct world *w)
{
    leaks_nothing(w, "a/b/c/up/secret");
    leaks_nothing(w, "a/b/c/far/outside/secret");
    leaks_nothing(w, "a/b/c/down/secret");
}

BOTH(survives_a_moved_folder)
{
    mkdirat(w->root, "a", 0755);
    mkdirat(w->root, "a/b", 0755);
    mkdirat(w->root, "a/b/c", 0755);
    mkdirat(w->root, "inner", 0755);
    put_file(w->root, "inner/secret", "inside");
    put_link(w->root, "a/b/c/up", "..");
    put_link(w->root, "a/b/c/far", "../../..");
    put_link(w->root, "a/b/c/down", "../../../inner");
    run_race(w, move_out, try_up);
}

/* Many names of one file, opened and removed by several at once: every result is one of the expected. */
static void *churn(void *arg)
{
    struct race *race = arg;
    intptr_t wrong = 0;

    for (int i = 0, n = rounds(); i < n; i++) {
        void *file;
        int64_t rc = do_open(race->w, "name", HYTHE_OPEN_READ | HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE, -1, &file);

        if (rc == 0)
            rc = do_close(race->w, file);
        wrong += rc != 0;
        rc = do_unlink(race->w, "name");
        wrong += rc != 0 && rc != -ENOENT;
    }
    return (void *)wrong;
}

BOTH(serves_in_parallel)
{
    struct race race = {.w = w};
    pthread_t threads[3];

    for (size_t i = 0; i < 3; i++)
        if (pthread_create(&threads[i], NULL, churn, &race) != 0)
            CU_FAIL_FATAL("no thread");
    for (size_t i = 0; i < 3; i++) {
        void *wrong;

        pthread_join(threads[i], &wrong);
        UNIT_ASSERT_NUMBER((intptr_t)wrong, 0);
    }
}

UNIT_SUITE(localroot_race, UNIT_BOTH(survives_a_swapped_file), UNIT_BOTH(survives_a_swapped_folder),
           UNIT_BOTH(survives_a_moved_folder), UNIT_BOTH(serves_in_parallel));
