/* Running one check: its directory, its sessions, what it complains about. */
#include "tests/plugin/suite.h"

#include <stdarg.h>

static void add_text(struct trial *t, const char *fmt, va_list ap)
{
    size_t used = strlen(t->text);

    if (used + 2 >= sizeof t->text)
        return;
    if (used)
        t->text[used++] = '\n';
    (void)vsnprintf(t->text + used, sizeof t->text - used, fmt, ap);
}

void complain(struct trial *t, const char *fmt, ...)
{
    enum { SHOWN = 8 };
    va_list ap;

    (void)pthread_mutex_lock(&t->lock);
    va_start(ap, fmt);
    if (t->complaints++ < SHOWN)
        add_text(t, fmt, ap);
    va_end(ap);
    (void)pthread_mutex_unlock(&t->lock);
}

void absent(struct trial *t, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    if (!t->complaints && !t->absent)
        add_text(t, fmt, ap);
    va_end(ap);
    t->absent = true;
}

struct result_text result_of(int64_t r)
{
    struct result_text out;
    const char *name = r < 0 && r > -4096 ? strerrorname_np((int)-r) : NULL;

    if (name)
        (void)snprintf(out.s, sizeof out.s, "-%s", name);
    else if (r <= -HYTHE_STATUS_BASE && r > -(HYTHE_STATUS_BASE + 1024))
        (void)snprintf(out.s, sizeof out.s, "SFTP status %d", (int)(-r - HYTHE_STATUS_BASE));
    else
        (void)snprintf(out.s, sizeof out.s, "%lld", (long long)r);
    return out;
}

bool is_not_offered(int64_t r)
{
    return r == -ENOSYS || r == -ENOTSUP || r == -EPERM || r == -EROFS || r == HYTHE_STATUS(8) || r == HYTHE_STATUS(12);
}

bool is_result(struct trial *t, const char *what, int64_t r, int64_t wanted)
{
    if (r != wanted)
        complain(t, "%s is %s, not %s", what, result_of(r).s, result_of(wanted).s);
    return r == wanted;
}

bool is_one_of(struct trial *t, const char *what, int64_t r, const int64_t *wanted, size_t count)
{
    char all[256] = "";

    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(all);

        if (r == wanted[i])
            return true;
        (void)snprintf(all + used, sizeof all - used, "%s%s", used ? " or " : "", result_of(wanted[i]).s);
    }
    complain(t, "%s is %s, not %s", what, result_of(r).s, all);
    return false;
}

bool is_refused(struct trial *t, const char *what, int64_t r)
{
    if (r >= 0)
        complain(t, "%s is %s and should have been refused", what, result_of(r).s);
    return r < 0;
}

bool is_granted(struct trial *t, const char *what, int64_t r)
{
    if (r < 0)
        complain(t, "%s is %s", what, result_of(r).s);
    return r >= 0;
}

/* ---- Sessions ---- */

int seat_attach(struct seat *seat, struct trial *t, const struct hy_chain *chain, const char *base, uint32_t flags)
{
    static atomic_uint_least64_t ids;
    char copy[HY_PATH_MAX], origin[HY_PATH_MAX];
    struct hythe_attach how = {.size = sizeof how, .flags = flags, .base = copy, .origin = origin, .view = origin};
    int rc = 0;

    memset(seat, 0, sizeof *seat);
    seat->trial = t;
    seat->session = (struct hythe_session){.size = sizeof seat->session,
                                           .protocol = 3,
                                           .id = atomic_fetch_add(&ids, 1) + 1,
                                           .user = t->stage->user,
                                           .home = t->stage->home,
                                           .address = "127.0.0.1",
                                           .client_id = "SSH-2.0-hythe-plugin-check",
                                           .group = ""};
    seat->seen = how.session = &seat->session;
    (void)snprintf(copy, sizeof copy, "%s", base);
    (void)snprintf(origin, sizeof origin, "/%s", strcmp(base, ".") == 0 ? "" : base);
    for (size_t i = chain->layer_count; i-- > 0;) {
        rc = hy_instance_attach(chain->layers[i], &how, &seat->attached[i]);
        if (!rc)
            continue;
        for (size_t k = i + 1; k < chain->layer_count; k++)
            hy_instance_detach(chain->layers[k], seat->attached[k]);
        break;
    }
    /* None of this is the plugin's any more. */
    memset(copy, '#', sizeof copy - 1);
    memset(origin, '#', sizeof origin - 1);
    memset(&how, '#', sizeof how);
    seat->chain = rc ? NULL : chain;
    return rc;
}

void seat_detach(struct seat *seat)
{
    hy_report_clear(&seat->report);
    if (!seat->chain)
        return;
    for (size_t i = 0; i < seat->chain->layer_count; i++)
        hy_instance_detach(seat->chain->layers[i], seat->attached[i]);
    seat->chain = NULL;
}

void seat_share(struct seat *seat, const struct seat *with)
{
    memset(seat, 0, sizeof *seat);
    seat->trial = with->trial;
    seat->chain = with->chain;
    seat->seen = with->seen;
    memcpy(seat->attached, with->attached, sizeof seat->attached);
}

bool seat_in_room(struct seat *seat, struct trial *t, const char *below, uint32_t flags)
{
    char base[HY_PATH_MAX];
    int rc;

    if (strcmp(below, ".") == 0)
        (void)snprintf(base, sizeof base, "%s", t->room);
    else
        (void)snprintf(base, sizeof base, "%s/%s", t->room, below);
    rc = seat_attach(seat, t, t->stage->front, base, flags);
    return THAT(rc == 0, "a session can't be attached to %s: %s", base, result_of(rc).s);
}

/* ---- A check ---- */

/* What is missing of `needs`, as a sentence; "" when nothing is. */
static void missing(const struct ability *ability, uint32_t needs, char *why, size_t size)
{
    why[0] = '\0';
    for (unsigned i = 0; i < FEATURE_COUNT; i++) {
        if (!(needs & ~ability->can & (UINT32_C(1) << i)))
            continue;
        if (ability->refusal[i])
            (void)snprintf(why, size, "it doesn't %s (%s)", feature_texts[i], result_of(ability->refusal[i]).s);
        else
            (void)snprintf(why, size, "it isn't asked to %s", feature_texts[i]);
        return;
    }
}

/* Makes the directory of the check and attaches; false with a complaint. */
static bool enter(struct trial *t, unsigned number, struct seat *top, struct seat seats[2])
{
    const struct stage *stage = t->stage;
    bool whole = strcmp(stage->base, ".") == 0;
    char name[96];
    int rc = seat_attach(top, t, stage->back, stage->base, 0);

    if (rc) {
        complain(t, "a session can't be attached to %s: %s", stage->base, result_of(rc).s);
        return false;
    }
    (void)snprintf(t->room, sizeof t->room, "%s", stage->base);
    if (stage->scratch[0]) {
        (void)snprintf(name, sizeof name, "%s/%u", stage->scratch, number);
        (void)snprintf(t->room, sizeof t->room, "%s%s%s", whole ? "" : stage->base, whole ? "" : "/", name);
        if (!IS(do_mkdir(top, name), 0))
            return false;
    }
    if (!seat_in_room(&seats[0], t, ".", 0))
        return false;
    t->s = t->b = &seats[0];
    if (stage->front == stage->back)
        return true;
    rc = seat_attach(&seats[1], t, stage->back, t->room, 0);
    t->b = &seats[1];
    return THAT(rc == 0, "a session can't be attached to %s: %s", t->room, result_of(rc).s);
}

/* Removes what the check made. */
static void leave(struct trial *t, unsigned number, struct seat *top, struct seat seats[2])
{
    char name[96];
    int64_t r;

    seat_detach(&seats[0]);
    seat_detach(&seats[1]);
    if (top->chain && !t->stage->keep) {
        if (t->stage->scratch[0])
            (void)snprintf(name, sizeof name, "%s/%u", t->stage->scratch, number);
        else
            (void)snprintf(name, sizeof name, ".");
        r = t->stage->store.can & CAN(files) || t->stage->scratch[0] ? empty(top, name) : 0;
        if (r == 0 && t->stage->scratch[0])
            r = do_rmdir(top, name);
        if (r < 0 && !is_not_offered(r))
            complain(t, "what the check made can't be removed: %s", result_of(r).s);
    }
    seat_detach(top);
}

char trial_run(struct stage *stage, const struct check *check, unsigned number, char *why, size_t size)
{
    struct trial t = {.stage = stage, .check = check};
    struct seat top = {0}, seats[2] = {0};
    bool broken;

    if (!stage->read_only && strncmp(check->name, "read-only.", 10) == 0)
        return ' ';
    missing(&stage->store, check->fixtures, why, size);
    if (!why[0])
        missing(&stage->front_ability, check->needs, why, size);
    if (why[0])
        return '-';
    if (pthread_mutex_init(&t.lock, NULL))
        abort();
    if (enter(&t, number, &top, seats))
        check->run(&t);
    leave(&t, number, &top, seats);
    (void)pthread_mutex_destroy(&t.lock);
    broken = t.complaints > 0;
    (void)snprintf(why, size, "%s", t.text);
    return broken ? 'n' : t.absent ? '-' : 'y';
}
