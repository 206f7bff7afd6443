#include "core/auth/users.h"

#include "core/auth/keyline.h"
#include "core/base/buf.h"
#include "core/path/path.h"

#include <errno.h>
#include <semaphore.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct user {
    char *name;
    char *password; /* NULL: none */
    struct hy_key_line *keys;
    size_t key_count;
    char *home, *user_root;
    char **groups;  /* NULL-terminated; NULL: none */
    char **factors; /* NULL-terminated; NULL: those of all users */
    bool restrict_to_home;
};

/* Immutable after hy_users_new(), but for the semaphore. */
struct hy_users {
    struct hythe_plugin plugin; /* where its start() finds the rest */
    struct user *users;         /* sorted by name */
    size_t count;
    struct hy_hasher hasher;
    char *decoy;      /* hash that is worked on when there is none to check */
    sem_t processors; /* a hash takes a processor and some MiB: no more at once than there are processors */
    bool has_processors;
};

static void names_free(char **names)
{
    for (size_t i = 0; names && names[i]; i++)
        free(names[i]);
    free(names);
}

static void user_clear(struct user *user)
{
    for (size_t i = 0; i < user->key_count; i++)
        hy_key_line_free(&user->keys[i]);
    if (user->password)
        hy_wipe(user->password, strlen(user->password));
    names_free(user->groups);
    names_free(user->factors);
    free(user->keys);
    free(user->name);
    free(user->password);
    free(user->home);
    free(user->user_root);
}

void hy_users_free(struct hy_users *users)
{
    if (!users)
        return;
    for (size_t i = 0; i < users->count; i++)
        user_clear(&users->users[i]);
    if (users->has_processors)
        (void)sem_destroy(&users->processors);
    if (users->decoy)
        hy_wipe(users->decoy, strlen(users->decoy)); /* some user's */
    free(users->users);
    free(users->decoy);
    free(users);
}

/* Copies an optional string; false when memory is short. */
static bool copy(char **to, const char *from)
{
    *to = from ? strdup(from) : NULL;
    return !from || *to;
}

static int fill_keys(struct user *user, const char *const *lines, struct hy_err *err)
{
    size_t count = 0;
    const char *why;

    while (lines && lines[count])
        count++;
    if (!count)
        return 0;
    user->keys = calloc(count, sizeof *user->keys);
    if (!user->keys)
        return hy_err_set(err, "out of memory");
    for (; user->key_count < count; user->key_count++)
        if (!hy_key_line_parse(&user->keys[user->key_count], lines[user->key_count], &why))
            return hy_err_set(err, "user \"%s\": key %zu: %s", user->name, user->key_count + 1, why);
    return 0;
}

/* Copies an optional list of names; false when memory is short. */
static bool copy_names(char ***to, const char *const *names)
{
    size_t count = 0;

    while (names && names[count])
        count++;
    if (!names)
        return true;
    *to = calloc(count + 1, sizeof **to);
    for (size_t i = 0; *to && i < count; i++)
        if (!copy(&(*to)[i], names[i]))
            return false;
    return *to != NULL;
}

static int fill_user(struct user *user, const struct hy_user_entry *entry, struct hy_err *err)
{
    const char *why;

    if (!entry->name || !hy_path_is_component(entry->name, strlen(entry->name)))
        return hy_err_set(err, "user \"%s\": a name has 1 to 255 bytes, no slash, no control bytes, and isn't . or ..",
                          entry->name ? entry->name : "");
    if (entry->password && !hy_password_hash_ok(entry->password, &why))
        return hy_err_set(err, "user \"%s\": password: %s", entry->name, why);
    if (!copy(&user->name, entry->name) || !copy(&user->password, entry->password) || !copy(&user->home, entry->home) ||
        !copy(&user->user_root, entry->user_root) || !copy_names(&user->groups, entry->groups) ||
        !copy_names(&user->factors, entry->factors))
        return hy_err_set(err, "out of memory");
    user->restrict_to_home = entry->restrict_to_home;
    return fill_keys(user, entry->keys, err);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct user *)a)->name, ((const struct user *)b)->name);
}

/* By the part of the hash that fixes the cost. */
static int by_cost(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    size_t xn = hy_password_cost_len(x), yn = hy_password_cost_len(y);
    int order = memcmp(x, y, xn < yn ? xn : yn);

    return order ? order : (xn > yn) - (xn < yn);
}

/* A hash with the method and cost that most users have, so that a wrong name takes the time of a wrong password. */
static char *make_decoy(const struct hy_users *users)
{
    const char **hashes = calloc(users->count + 1, sizeof *hashes), *best = NULL;
    size_t count = 0, most = 0;
    char *decoy;

    if (!hashes)
        return NULL;
    for (size_t i = 0; i < users->count; i++)
        if (users->users[i].password)
            hashes[count++] = users->users[i].password;
    qsort(hashes, count, sizeof *hashes, by_cost);
    for (size_t i = 0, run = 0; i < count; i++) {
        run = i && by_cost(&hashes[i - 1], &hashes[i]) == 0 ? run + 1 : 1;
        if (run > most) {
            most = run;
            best = hashes[i];
        }
    }
    /* That it has the shape of a hash doesn't mean that its parameters can be used: only crypt(3) tells. */
    if (best && users->hasher.matches(users->hasher.ctx, "", best) == -EINVAL)
        best = NULL;
    decoy = best ? strdup(best) : hy_password_hash("");
    free(hashes);
    return decoy;
}

static int fill(struct hy_users *users, const struct hy_user_entry *entries, size_t count, struct hy_err *err)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    users->has_processors = sem_init(&users->processors, 0, processors > 0 ? (unsigned)processors : 1) == 0;
    users->users = calloc(count + 1, sizeof *users->users);
    if (!users->has_processors || !users->users)
        return hy_err_set(err, "out of memory");
    for (size_t i = 0; i < count; i++) {
        users->count = i + 1;
        if (fill_user(&users->users[i], &entries[i], err) != 0)
            return -1;
    }
    qsort(users->users, count, sizeof *users->users, by_name);
    for (size_t i = 1; i < count; i++)
        if (by_name(&users->users[i - 1], &users->users[i]) == 0)
            return hy_err_set(err, "user \"%s\" is there twice", users->users[i].name);
    users->decoy = make_decoy(users);
    return users->decoy ? 0 : hy_err_set(err, "a hash for unknown users can't be computed: out of memory?");
}

static const struct user *find(const struct hy_users *users, const char *name)
{
    const struct user key = {.name = (char *)(uintptr_t)name};

    return bsearch(&key, users->users, users->count, sizeof *users->users, by_name);
}

static int lookup(const struct hythe_auth_call *call, hythe_account_fn emit, void *ctx)
{
    const struct user *user = find(call->instance, call->session->user);
    struct hythe_account account = {.size = sizeof account};
    int rc;

    if (!user)
        return 0;
    account.name = user->name;
    account.home = user->home;
    account.user_root = user->user_root;
    account.restrict_to_home = user->restrict_to_home ? HYTHE_AUTH_YES : HYTHE_AUTH_NO;
    account.groups = (const char *const *)user->groups;
    account.factors = (const char *const *)user->factors;
    rc = emit(ctx, &account);
    return rc < 0 ? rc : 1;
}

static int run_hasher(struct hy_users *users, const char *password, const char *hash)
{
    int matches;

    while (sem_wait(&users->processors) != 0)
        if (errno != EINTR)
            return -errno;
    matches = users->hasher.matches(users->hasher.ctx, password, hash);
    (void)sem_post(&users->processors);
    return matches;
}

/* Exactly one hash for whatever user and password, so that time tells nothing. A password that crypt(3) wouldn't take
 * is rejected without, for every name alike, as is any where there are no users to tell apart. */
static int check_password(struct hy_users *users, const struct user *user, const struct hythe_factor *factor)
{
    bool has = user && user->password;
    int matches;

    if (factor->secret_len > HY_PASSWORD_MAX || !users->count)
        return HYTHE_AUTH_REJECT;
    matches = run_hasher(users, factor->secret, has ? user->password : users->decoy);
    if (matches == -EINVAL && has)
        (void)run_hasher(users, factor->secret, users->decoy); /* the time of any other user's */
    if (matches < 0)
        return matches;
    return has && matches ? HYTHE_AUTH_ACCEPT : HYTHE_AUTH_REJECT;
}

static int check_key(const struct user *user, const struct hythe_auth_call *call, const struct hythe_factor *factor)
{
    int verdict = HYTHE_AUTH_REJECT;
    const char *why;

    for (size_t i = 0; user && i < user->key_count && verdict == HYTHE_AUTH_REJECT; i++) {
        verdict = hy_key_line_judge(&user->keys[i], call->session, factor, NULL, &why);
        if (why)
            call->host->log(call->host, 1, "user \"%s\": key %zu: %s", user->name, i + 1, why);
    }
    return verdict;
}

static int check(const struct hythe_auth_call *call, const struct hythe_factor *factor)
{
    struct hy_users *users = call->instance;
    const struct user *user = factor->known ? find(users, call->session->user) : NULL;

    switch (factor->method) {
    case HYTHE_AUTH_PASSWORD:
    case HYTHE_AUTH_INTERACTIVE:
        return check_password(users, user, factor);
    case HYTHE_AUTH_PUBLICKEY:
        return check_key(user, call, factor);
    default:
        return HYTHE_AUTH_REJECT;
    }
}

static int start(const struct hythe_host *host, const void *settings, void **instance)
{
    (void)settings;
    *instance = (char *)(uintptr_t)host->plugin - offsetof(struct hy_users, plugin);
    return 0;
}

static const struct hythe_auth auth = {.size = sizeof auth,
                                       .methods = HYTHE_AUTH_PASSWORD | HYTHE_AUTH_PUBLICKEY | HYTHE_AUTH_INTERACTIVE,
                                       .flags = HYTHE_AUTH_CERTIFICATES,
                                       .lookup = lookup,
                                       .check = check};

static const struct hythe_plugin plugin = {.abi = HYTHE_ABI,
                                           .size = sizeof plugin,
                                           .kind = HYTHE_AUTH,
                                           .threads = HYTHE_PARALLEL,
                                           .name = "users",
                                           .version = HYTHE_VERSION,
                                           .summary = "the users of the configuration file",
                                           .start = start,
                                           .auth = &auth};

const struct hythe_plugin *hy_users_plugin(const struct hy_users *users)
{
    return &users->plugin;
}

struct hy_users *hy_users_new_with(const struct hy_user_entry *entries, size_t count, const struct hy_hasher *hasher,
                                   struct hy_err *err)
{
    struct hy_users *users = calloc(1, sizeof *users);

    if (!users) {
        (void)hy_err_set(err, "out of memory");
        return NULL;
    }
    users->hasher = *hasher;
    users->plugin = plugin;
    if (fill(users, entries, count, err) == 0)
        return users;
    hy_users_free(users);
    return NULL;
}

struct hy_users *hy_users_new(const struct hy_user_entry *entries, size_t count, struct hy_err *err)
{
    return hy_users_new_with(entries, count, &hy_crypt_hasher, err);
}
