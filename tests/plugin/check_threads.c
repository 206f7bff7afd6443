/* Calls from several threads, within what the plugin declares: serial plugins under the core's lock, per session with a
 * session for each thread, parallel ones with shared sessions too. */
#include "tests/plugin/suite.h"

#include <sched.h>

enum { ROUNDS = 400, FILES = 6, BYTES = 3000 };

static uint32_t thread_model(const struct trial *t)
{
    uint32_t strictest = HYTHE_PARALLEL;

    for (size_t i = 0; i < t->stage->front->layer_count; i++)
        if (t->stage->front->layers[i]->plugin.threads < strictest)
            strictest = t->stage->front->layers[i]->plugin.threads;
    return strictest;
}

/* ---- Each thread in a directory of its own, with a model of what must be there ---- */

struct crowd {
    struct trial *t;
    struct seat seats[THREADS];
};

static bool seat_crowd(struct crowd *c, struct trial *t, bool shared)
{
    c->t = t;
    memset(c->seats, 0, sizeof c->seats);
    for (unsigned i = 0; i < THREADS; i++) {
        if (shared && i % 2)
            seat_share(&c->seats[i], &c->seats[i - 1]);
        else if (!seat_in_room(&c->seats[i], t, ".", 0))
            return false;
    }
    return true;
}

static void dismiss_crowd(struct crowd *c, bool shared)
{
    for (unsigned i = 0; i < THREADS; i++) {
        hy_report_clear(&c->seats[i].report);
        if (!shared || i % 2 == 0)
            seat_detach(&c->seats[i]);
    }
}

struct model {
    struct trial *t;
    struct seat *s;
    unsigned number;
    uint32_t state;
    bool there[FILES];
    unsigned char byte[FILES];
    size_t size[FILES];
};

static void name_file(const struct model *m, unsigned i, char out[32])
{
    (void)snprintf(out, 32, m->t->stage->store.can & CAN(directories) ? "own%u/f%u" : "own%u-f%u", m->number, i);
}

static void model_write(struct model *m, unsigned i)
{
    struct trial *t = m->t;
    unsigned char data[BYTES];
    char path[32];
    size_t size = 1 + dice(&m->state) % BYTES;

    m->byte[i] = (unsigned char)(m->number * 50 + dice(&m->state) % 50);
    memset(data, m->byte[i], size);
    name_file(m, i, path);
    m->there[i] = IS(put_bytes(m->s, path, data, size), 0);
    m->size[i] = size;
}

static void model_read(struct model *m, unsigned i)
{
    struct trial *t = m->t;
    unsigned char data[BYTES + 1];
    char path[32];
    int64_t r;

    name_file(m, i, path);
    r = get(m->s, path, data, sizeof data);
    if (!m->there[i]) {
        IS(r, -ENOENT);
        return;
    }
    if (!THAT(r == (int64_t)m->size[i], "thread %u reads %s of its own file of %zu bytes", m->number, result_of(r).s,
              m->size[i]))
        return;
    for (size_t k = 0; k < m->size[i]; k++)
        if (!THAT(data[k] == m->byte[i], "thread %u reads %u where it wrote %u", m->number, data[k], m->byte[i]))
            return;
}

static void model_remove(struct model *m, unsigned i)
{
    struct trial *t = m->t;
    char path[32];

    if (!(t->stage->front_ability.can & CAN(unlink)))
        return;
    name_file(m, i, path);
    IS(do_unlink(m->s, path), m->there[i] ? 0 : -ENOENT);
    m->there[i] = false;
}

static void model_rename(struct model *m, unsigned i)
{
    struct trial *t = m->t;
    unsigned k = dice(&m->state) % FILES;
    char from[32], to[32];

    if (!(t->stage->front_ability.can & CAN(rename)) || i == k)
        return;
    name_file(m, i, from);
    name_file(m, k, to);
    IS(do_rename(m->s, from, to, 0), !m->there[i] ? -ENOENT : m->there[k] ? -EEXIST : 0);
    if (!m->there[i] || m->there[k])
        return;
    m->there[i] = false;
    m->there[k] = true;
    m->byte[k] = m->byte[i];
    m->size[k] = m->size[i];
}

static void model_list(struct model *m, unsigned i)
{
    struct trial *t = m->t;
    struct names names;
    char path[32];
    bool whole = !(t->stage->store.can & CAN(directories));

    (void)snprintf(path, sizeof path, "own%u", m->number);
    if (IS(list(m->s, whole ? "." : path, &names), 0)) {
        name_file(m, i, path);
        if (!whole)
            memmove(path, strchr(path, '/') + 1, strlen(strchr(path, '/')));
        THAT(names_have(&names, path) == m->there[i], "thread %u lists its directory wrongly", m->number);
    }
    names_free(&names);
}

static void live_alone(void *ctx, unsigned number)
{
    static void (*const acts[])(struct model *, unsigned) = {model_write,  model_read,   model_read, model_write,
                                                             model_remove, model_rename, model_list, model_read};
    struct crowd *c = ctx;
    struct model m = {.t = c->t, .s = &c->seats[number], .number = number, .state = number + 1};
    struct trial *t = c->t;
    char dir[16];

    (void)snprintf(dir, sizeof dir, "own%u", number);
    if ((t->stage->store.can & CAN(directories)) && !IS(do_mkdir(m.s, dir), 0))
        return;
    for (unsigned i = 0; i < ROUNDS && t->complaints < 8; i++)
        acts[dice(&m.state) % 8](&m, dice(&m.state) % FILES);
}

static void works_apart(struct trial *t)
{
    struct crowd c;

    if (seat_crowd(&c, t, false))
        (void)together(t, live_alone, &c, THREADS);
    dismiss_crowd(&c, false);
}

static void works_in_one_session(struct trial *t)
{
    struct crowd c;

    if (thread_model(t) != HYTHE_PARALLEL) {
        absent(t, "it takes one call at a time in a session, as it declares");
        return;
    }
    if (seat_crowd(&c, t, true))
        (void)together(t, live_alone, &c, THREADS);
    dismiss_crowd(&c, true);
}

/* ---- All in one directory ---- */

static bool is_calm(int64_t r)
{
    return r >= 0 || r == -ENOENT || r == -EEXIST || r == -EBUSY || r == -EAGAIN || r == -ESTALE;
}

static void shared_write(struct trial *t, struct seat *s, const char *path, unsigned number, uint32_t *state)
{
    unsigned char data[BYTES];
    int64_t r;

    memset(data, 'a' + (int)number, sizeof data);
    r = put_bytes(s, path, data, 1 + dice(state) % BYTES);
    THAT(is_calm(r), "writing a shared file is %s", result_of(r).s);
}

static void shared_read(struct trial *t, struct seat *s, const char *path)
{
    unsigned char data[BYTES];
    int64_t r = get(s, path, data, sizeof data);

    THAT(is_calm(r), "reading a shared file is %s", result_of(r).s);
    for (int64_t i = 0; i < r; i++)
        if (!THAT((data[i] >= 'a' && data[i] < 'a' + THREADS) || data[i] == 0,
                  "a shared file holds a byte (%u) that "
                  "nobody wrote",
                  data[i]))
            break;
}

static void shared_names(struct trial *t, struct seat *s, const char *path, const char *other, uint32_t *state)
{
    uint32_t can = t->stage->front_ability.can;
    uint32_t flags = can & CAN(replace) && dice(state) % 2 ? HYTHE_RENAME_REPLACE : 0;
    struct names names;
    int64_t r = 0;

    switch (dice(state) % 3) {
    case 0:
        r = can & CAN(unlink) ? do_unlink(s, path) : 0;
        break;
    case 1:
        r = can & CAN(rename) ? do_rename(s, path, other, flags) : 0;
        break;
    default:
        r = list(s, t->stage->store.can & CAN(directories) ? "shared" : ".", &names);
        for (size_t i = 1; i < names.count; i++)
            THAT(strcmp(names.items[i - 1], names.items[i]) != 0 || (can & CAN(rename)),
                 "%s is listed twice while others work", names.items[i]);
        names_free(&names);
    }
    THAT(is_calm(r), "working in a shared directory is %s", result_of(r).s);
}

static const char *in_shared(const struct trial *t)
{
    return t->stage->store.can & CAN(directories) ? "shared/" : "";
}

static void live_together(void *ctx, unsigned number)
{
    struct crowd *c = ctx;
    struct seat *s = &c->seats[number];
    uint32_t state = number + 100;

    for (unsigned i = 0; i < ROUNDS && c->t->complaints < 8; i++) {
        char path[32], other[32];

        (void)snprintf(path, sizeof path, "%sf%u", in_shared(c->t), dice(&state) % FILES);
        (void)snprintf(other, sizeof other, "%sf%u", in_shared(c->t), dice(&state) % FILES);
        switch (dice(&state) % 3) {
        case 0:
            shared_write(c->t, s, path, number, &state);
            break;
        case 1:
            shared_read(c->t, s, path);
            break;
        default:
            shared_names(c->t, s, path, other, &state);
        }
    }
}

static void works_together(struct trial *t)
{
    struct names names;
    struct crowd c;
    char path[300];

    if (t->stage->store.can & CAN(directories))
        MUST(do_mkdir(t->s, "shared"), 0);
    if (seat_crowd(&c, t, false))
        (void)together(t, live_together, &c, THREADS);
    dismiss_crowd(&c, false);
    /* What is left is whole: everything listed is there, once. */
    MUST(list(t->s, *in_shared(t) ? "shared" : ".", &names), 0);
    THAT(names.count <= FILES, "%zu files are left of %d names", names.count, FILES);
    for (size_t i = 0; i < names.count; i++) {
        (void)snprintf(path, sizeof path, "%s%s", in_shared(t), names.items[i]);
        IS(type_of(t->s, path), HYTHE_TYPE_REGULAR);
    }
    names_free(&names);
}

/* ---- The lock of serial plugins ---- */

struct counter {
    atomic_int inside, most;
};

static int64_t count_call(const struct hythe_call *call, void *arg)
{
    struct counter *counter = call->instance;
    int now = atomic_fetch_add(&counter->inside, 1) + 1, most = atomic_load(&counter->most);
    int64_t r;

    while (now > most && !atomic_compare_exchange_weak(&counter->most, &most, now))
        ;
    (void)sched_yield();
    r = call->host->next(call, arg);
    atomic_fetch_sub(&counter->inside, 1);
    return r;
}

static const struct hythe_ops counting = {.size = sizeof counting, .any = count_call, .any_classes = 0xf};
static const struct hythe_plugin counter_plugin = {.abi = HYTHE_ABI,
                                                   .size = sizeof counter_plugin,
                                                   .kind = HYTHE_FILTER,
                                                   .threads = HYTHE_PARALLEL,
                                                   .name = "counter",
                                                   .version = "",
                                                   .summary = "",
                                                   .ops = &counting};

static void call_in_turn(void *ctx, unsigned number)
{
    struct crowd *c = ctx;

    for (unsigned i = 0; i < ROUNDS; i++)
        (void)type_of(&c->seats[number], "f");
}

/* A layer of our own before the serial one counts how many calls are inside of the chain at once. */
static void is_called_in_turn(struct trial *t)
{
    const struct hy_chain *real = t->stage->front;
    struct stage stage = *t->stage, *own = t->stage;
    struct counter counter = {0};
    const struct hy_instance *layers[HY_LAYERS_MAX];
    struct hy_instance instance;
    struct hy_chain *chain;
    struct crowd c;

    if (thread_model(t) != HYTHE_SERIAL) {
        absent(t, "it isn't serial");
        return;
    }
    if (hy_instance_init(&instance, &counter_plugin, "counter", real->layers[0]->log))
        abort();
    instance.self = &counter;
    layers[0] = &instance;
    memcpy(layers + 1, real->layers, real->layer_count * sizeof *layers);
    chain = hy_chain_new(layers, real->layer_count + 1);
    if (THAT(chain != NULL, "no chain can be built")) {
        stage.front = chain;
        t->stage = &stage;
        if (seat_crowd(&c, t, false))
            (void)together(t, call_in_turn, &c, THREADS);
        dismiss_crowd(&c, false);
        t->stage = own;
        THAT(atomic_load(&counter.most) == 1, "%d calls were in a serial plugin at once", atomic_load(&counter.most));
    }
    free(chain);
    hy_instance_fini(&instance);
}

const struct check checks_threads[] = {
    {"threads.apart", "4 sessions work in directories of their own without disturbing each other", CAN(files), 0,
     works_apart},
    {"threads.session", "a parallel plugin takes several calls of one session", CAN(files), 0, works_in_one_session},
    {"threads.shared", "4 sessions work on the same files: nothing but what they wrote, no odd failure", CAN(files), 0,
     works_together},
    {"threads.serial", "a serial plugin is called by one thread at a time", 0, 0, is_called_in_turn},
    {0},
};

/* ---- Races that one must win ---- */

struct race {
    struct trial *t;
    struct seat seats[THREADS];
    pthread_barrier_t start;
    int64_t (*run)(struct seat *s, unsigned round, unsigned number);
    int64_t lost; /* what the losers get */
    atomic_uint won;
};

enum { RACES = 100 };

static void run_race(void *ctx, unsigned number)
{
    struct race *race = ctx;

    for (unsigned i = 0; i < RACES; i++) {
        int64_t r;

        (void)pthread_barrier_wait(&race->start);
        r = race->run(&race->seats[number], i, number);
        if (r >= 0)
            atomic_fetch_add(&race->won, 1);
        else if (r != race->lost)
            complain(race->t, "a loser of the race gets %s, not %s", result_of(r).s, result_of(race->lost).s);
    }
}

static void hold_races(struct trial *t, int64_t (*run)(struct seat *, unsigned, unsigned), int64_t lost)
{
    struct race race = {.t = t, .run = run, .lost = lost};
    struct crowd c;

    if (pthread_barrier_init(&race.start, NULL, THREADS))
        abort();
    if (seat_crowd(&c, t, false)) {
        for (unsigned i = 0; i < THREADS; i++)
            race.seats[i] = c.seats[i];
        (void)together(t, run_race, &race, THREADS);
        THAT(race.won == RACES, "%u races had %u winners", (unsigned)RACES, atomic_load(&race.won));
    }
    dismiss_crowd(&c, false);
    (void)pthread_barrier_destroy(&race.start);
}

static int64_t race_to_create(struct seat *s, unsigned round, unsigned number)
{
    char path[32];

    (void)number;
    (void)snprintf(path, sizeof path, "f%u", round);
    return try_open(s, path, MAKE | HYTHE_OPEN_EXCLUSIVE);
}

static void one_creates(struct trial *t)
{
    hold_races(t, race_to_create, -EEXIST);
}

static int64_t race_to_mkdir(struct seat *s, unsigned round, unsigned number)
{
    char path[32];

    (void)number;
    (void)snprintf(path, sizeof path, "d%u", round);
    return do_mkdir(s, path);
}

static void one_makes_a_directory(struct trial *t)
{
    hold_races(t, race_to_mkdir, -EEXIST);
}

static int64_t race_to_rename(struct seat *s, unsigned round, unsigned number)
{
    char from[32], to[32];
    int64_t r;

    (void)snprintf(from, sizeof from, "own%u-%u", number, round);
    (void)snprintf(to, sizeof to, "to%u", round);
    r = put(s, from, "x");
    return r < 0 ? r : do_rename(s, from, to, 0);
}

static void one_renames(struct trial *t)
{
    hold_races(t, race_to_rename, -EEXIST);
}

static int64_t race_to_unlink(struct seat *s, unsigned round, unsigned number)
{
    char path[32];

    (void)number;
    (void)snprintf(path, sizeof path, "f%u", round);
    return do_unlink(s, path);
}

static void one_unlinks(struct trial *t)
{
    char path[32];

    for (unsigned i = 0; i < RACES; i++) {
        (void)snprintf(path, sizeof path, "f%u", i);
        MUST(put(t->s, path, "x"), 0);
    }
    hold_races(t, race_to_unlink, -ENOENT);
}

/* Records of several writers, which must not mix. */
static void append_records(void *ctx, unsigned number)
{
    struct crowd *c = ctx;
    struct handle h;
    char record[64];

    memset(record, 'a' + (int)number, sizeof record);
    if (do_open(&c->seats[number], "log", W | HYTHE_OPEN_APPEND | HYTHE_OPEN_ATOMIC_APPEND, &h) < 0) {
        complain(c->t, "the file can't be opened for appending");
        return;
    }
    for (unsigned i = 0; i < RACES; i++)
        if (do_write(&h, record, sizeof record, 0) != sizeof record)
            complain(c->t, "a record can't be appended");
    (void)do_close(&h);
}

static void appends_atomically(struct trial *t)
{
    enum { ALL = THREADS * RACES * 64 };
    char *data = calloc(1, ALL + 1);
    struct crowd c;
    int64_t r;

    MUST(put(t->s, "log", ""), 0);
    if (!data)
        abort();
    r = try_open(t->s, "log", W | HYTHE_OPEN_APPEND | HYTHE_OPEN_ATOMIC_APPEND);
    if (r == -ENOTSUP) {
        absent(t, "writes of several clients could mix, and it says so");
    } else if (IS(r, 0)) {
        if (seat_crowd(&c, t, false))
            (void)together(t, append_records, &c, THREADS);
        dismiss_crowd(&c, false);
        IS(get(t->s, "log", data, ALL + 1), ALL);
        for (size_t i = 0; i < ALL; i++)
            if (!THAT(data[i] == data[i / 64 * 64], "records of two writers mix at byte %zu", i))
                break;
    }
    free(data);
}

const struct check checks_races[] = {
    {"race.create", "of several who create a name with EXCLUSIVE one succeeds", CAN(files), 0, one_creates},
    {"race.mkdir", "of several who make a directory one succeeds", CAN(directories), 0, one_makes_a_directory},
    {"race.rename", "of several who rename to a name without REPLACE one succeeds", CAN(files) | CAN(rename), 0,
     one_renames},
    {"race.unlink", "of several who remove a file one succeeds", CAN(files) | CAN(unlink), 0, one_unlinks},
    {"race.append", "with ATOMIC_APPEND records of several writers don't mix, or it is ENOTSUP",
     CAN(files) | CAN(append), 0, appends_atomically},
    {0},
};
