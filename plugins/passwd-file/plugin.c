/* passwd-file: users from a file like passwd(5). */
#include "passwd.h"
#include "plugins/shared/guarded.h"
#include "plugins/shared/settings.h"

#include <crypt.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PASSWORD_MAX = CRYPT_MAX_PASSPHRASE_SIZE - 1, LINES_NAMED = 5 };

/* Filled by the core from the rows below. */
struct settings {
    const char *file;
    int64_t max_size;
};

/* A table that is in use, and what the file looked like when it was read. */
struct edition {
    struct pf_table *table;
    struct stat st;
    bool young; /* it was changed just before it was read: another change might leave no trace */
    unsigned refs;
};

struct instance {
    const struct hythe_host *host;
    const struct settings *set;
    char *fallback;       /* a setting for crypt(3), for a file without hashes */
    sem_t processors;     /* a hash takes a processor and some MiB: no more at once than there are processors */
    pthread_mutex_t lock; /* what is below */
    struct edition *now;  /* NULL: the file can't be used */
};

/* ---- Editions ---- */

/* Which lines were wrong: named one by one, up to a number that keeps the log readable. */
struct complaints {
    const struct instance *in;
    unsigned count;
};

static void complain(void *ctx, unsigned line, const char *why)
{
    struct complaints *c = ctx;

    if (c->count++ < LINES_NAMED)
        c->in->host->log(c->in->host, 0, "%s:%u: %s", c->in->set->file, line, why);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mode == b->st_mode &&
           a->st_uid == b->st_uid && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* The clock of a file system is coarse: what was changed within the last two seconds is read again. */
static bool is_young(const struct stat *st)
{
    struct timespec now;

    return clock_gettime(CLOCK_REALTIME, &now) != 0 || now.tv_sec - st->st_ctim.tv_sec < 2;
}

static void drop(struct edition *e)
{
    if (!e || --e->refs)
        return;
    pf_table_free(e->table);
    free(e);
}

/* Reads the file as it is now. 0 or a negative errno after saying why; *bad is the number of lines that can't be
 * used. */
static int read_edition(const struct instance *in, struct edition **out, unsigned *bad)
{
    const char *file = in->set->file;
    struct complaints c = {in, 0};
    struct edition *e = calloc(1, sizeof *e);
    struct guarded_text text;
    char why[GUARDED_WHY] = "out of memory";
    int rc = e ? guarded_read(file, (size_t)(strrchr(file, '/') - file), 077, (size_t)in->set->max_size, &text, why)
               : -ENOMEM;

    if (rc) {
        in->host->log(in->host, 0, "%s: %s", file, why);
        free(e);
        return rc;
    }
    *e = (struct edition){.st = text.st, .young = is_young(&text.st), .refs = 1};
    e->table = pf_table_new(text.data, text.len, in->fallback, complain, &c);
    if (!e->table) {
        free(e);
        return -ENOMEM;
    }
    if (c.count > LINES_NAMED)
        in->host->log(in->host, 0, "%s: %u more lines can't be used", file, c.count - LINES_NAMED);
    *bad = c.count;
    *out = e;
    return 0;
}

/* With the lock: brings in->now up to date. While the file can't be used its users can't log in. */
static int refresh(struct instance *in)
{
    struct edition *fresh = NULL;
    struct stat st;
    unsigned bad;
    int rc;

    if (in->now && !in->now->young && stat(in->set->file, &st) == 0 && same_file(&st, &in->now->st))
        return 0;
    rc = read_edition(in, &fresh, &bad);
    drop(in->now);
    in->now = fresh;
    return rc;
}

/* The edition of this moment; leave() it. NULL with *error. */
static struct edition *enter(struct instance *in, int *error)
{
    struct edition *e;

    (void)pthread_mutex_lock(&in->lock);
    *error = refresh(in);
    e = in->now;
    if (e)
        e->refs++;
    (void)pthread_mutex_unlock(&in->lock);
    return e;
}

static void leave(struct instance *in, struct edition *e)
{
    (void)pthread_mutex_lock(&in->lock);
    drop(e);
    (void)pthread_mutex_unlock(&in->lock);
}

/* ---- Questions ---- */

static int lookup(const struct hythe_auth_call *call, hythe_account_fn emit, void *ctx)
{
    struct instance *in = call->instance;
    struct hythe_account account = {.size = sizeof account};
    const struct pf_user *user;
    int rc;
    struct edition *e = enter(in, &rc);

    if (!e)
        return rc;
    user = pf_table_find(e->table, call->session->user);
    rc = 0;
    if (user && user->bad) {
        call->host->log(call->host, 0, "%s:%u: user \"%s\" can't log in because of this line", in->set->file,
                        user->line, user->name);
        rc = -EBADMSG;
    } else if (user) {
        account.name = user->name;
        account.home = user->home;
        rc = emit(ctx, &account);
        rc = rc < 0 ? rc : 1;
    }
    leave(in, e);
    return rc;
}

static int hash(struct instance *in, const char *password, const char *with)
{
    int matches;

    while (sem_wait(&in->processors) != 0)
        if (errno != EINTR)
            return -errno;
    matches = pf_hash_matches(password, with);
    (void)sem_post(&in->processors);
    return matches;
}

/* Exactly one hash for whatever user and password, so that time tells nothing. A password that crypt(3) wouldn't take
 * is rejected without, for every name alike. */
static int check(const struct hythe_auth_call *call, const struct hythe_factor *factor)
{
    struct instance *in = call->instance;
    const struct pf_user *user;
    int rc;
    struct edition *e;

    if (factor->secret_len > PASSWORD_MAX)
        return HYTHE_AUTH_REJECT;
    e = enter(in, &rc);
    if (!e)
        return rc;
    user = factor->known ? pf_table_find(e->table, call->session->user) : NULL;
    if (user && (user->bad || !user->hash))
        user = NULL;
    rc = hash(in, factor->secret, user ? user->hash : e->table->decoy);
    if (rc == -EINVAL) { /* parameters that crypt(3) doesn't take, which only it can tell: some work must be done */
        int other = hash(in, factor->secret, in->fallback);

        if (user)
            call->host->log(call->host, 0, "%s:%u: the hash of user \"%s\" can't be computed", in->set->file,
                            user->line, user->name);
        else
            rc = other;
    }
    leave(in, e);
    if (rc < 0)
        return rc;
    return user && rc ? HYTHE_AUTH_ACCEPT : HYTHE_AUTH_REJECT;
}

/* ---- Start and stop ---- */

static void stop(void *instance)
{
    struct instance *in = instance;

    drop(in->now);
    (void)pthread_mutex_destroy(&in->lock);
    (void)sem_destroy(&in->processors);
    free(in->fallback);
    free(in);
}

static int start(const struct hythe_host *host, const void *given, void **out)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct instance *in = calloc(1, sizeof *in);
    unsigned bad = 0;
    int rc;

    if (!in)
        return -ENOMEM;
    in->host = host;
    in->set = given;
    (void)pthread_mutex_init(&in->lock, NULL);
    (void)sem_init(&in->processors, 0, processors > 0 ? (unsigned)processors : 1);
    in->fallback = crypt_gensalt_ra(NULL, 0, NULL, 0);
    rc = in->fallback ? read_edition(in, &in->now, &bad) : -ENOMEM;
    if (!rc && bad)
        rc = -EBADMSG;
    if (rc)
        stop(in);
    else
        *out = in;
    return rc;
}

static const struct hythe_setting settings[] = {
    SETTING(struct settings, file, PATH, 1, PATH_MAX - 1, NULL,
            "The file of users, which nobody but its owner may read or write."),
    SETTING(struct settings, max_size, SIZE, 1024, 64 * 1024 * 1024, "1M",
            "Bytes that the file may have; a larger one can't be used."),
};

static const struct hythe_auth auth = {
    .size = sizeof auth, .methods = HYTHE_AUTH_PASSWORD | HYTHE_AUTH_INTERACTIVE, .lookup = lookup, .check = check};

static const struct hythe_plugin plugin = {
    .abi = HYTHE_ABI,
    .size = sizeof plugin,
    .kind = HYTHE_AUTH,
    .threads = HYTHE_PARALLEL,
    .name = "passwd-file",
    .version = HYTHE_VERSION,
    .summary = "users from a file like passwd(5)",
    SETTINGS(settings, struct settings),
    .start = start,
    .stop = stop,
    .auth = &auth,
};

const struct hythe_plugin *hythe_plugin_entry(void)
{
    return &plugin;
}
