#include "core/plugin/shared.h"
#include "core/plugin/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct hy_place nowhere = {NULL, 0};

static void take(atomic_size_t *refs)
{
    atomic_fetch_add_explicit(refs, 1, memory_order_relaxed);
}

/* Whether that was the last one. */
static bool give(atomic_size_t *refs)
{
    return atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel) == 1;
}

/* ---- Objects ---- */

struct hy_loaded *hy_loaded_new(const struct hy_object *object)
{
    struct hy_loaded *loaded = calloc(1, sizeof *loaded);
    struct hy_object unused = *object;

    if (!loaded) {
        hy_object_close(&unused);
        return NULL;
    }
    loaded->object = *object;
    atomic_init(&loaded->refs, 1);
    return loaded;
}

struct hy_loaded *hy_loaded_ref(struct hy_loaded *loaded)
{
    take(&loaded->refs);
    return loaded;
}

void hy_loaded_unref(struct hy_loaded *loaded)
{
    if (!loaded || !give(&loaded->refs))
        return;
    hy_object_close(&loaded->object);
    free(loaded);
}

/* ---- Instances ---- */

int hy_started_begin(struct hy_started *s, struct hy_complaints *to)
{
    struct hy_instance *instance = &s->instance;
    int rc = 0;

    atomic_store(&instance->starting, true);
    if (instance->plugin.start)
        rc = instance->plugin.start(&instance->host, s->settings, &instance->self);
    if (rc) /* by its own words, for who hasn't the log at hand */
        return hy_complain(to, nowhere, "it can't be started: %s",
                           atomic_exchange(&instance->starting, false) ? hy_err_reason(rc) : instance->trouble);
    atomic_store(&instance->starting, false);
    s->running = true;
    return 0;
}

void hy_started_rehearse(struct hy_started *s, struct hy_rehearsal *to)
{
    hy_instance_rehearse(&s->instance, s->settings, to, &s->rest);
}

static void clear(struct hy_started *s)
{
    hy_instance_fini(&s->instance);
    hy_settings_free(s->settings);
    hy_loaded_unref(s->code);
    free(s);
}

struct hy_started *hy_started_new(struct hy_loaded *code, const struct hy_option *options, size_t count,
                                  const struct hy_digest *wanted, const char *label, const struct hy_log *log,
                                  struct hy_complaints *to)
{
    struct hy_started *s = calloc(1, sizeof *s);

    if (!s || hy_instance_init(&s->instance, code->object.plugin, label, log)) {
        (void)hy_complain(to, nowhere, "out of memory");
        free(s);
        return NULL;
    }
    s->code = hy_loaded_ref(code);
    s->wanted = *wanted;
    atomic_init(&s->refs, 1);
    s->settings = hy_settings_make(code->object.plugin, options, count, to);
    if (s->settings)
        return s;
    clear(s);
    return NULL;
}

struct hy_started *hy_started_ref(struct hy_started *started)
{
    take(&started->refs);
    return started;
}

void hy_started_unref(struct hy_started *started)
{
    if (!started || !give(&started->refs))
        return;
    if (started->running && started->instance.plugin.stop)
        started->instance.plugin.stop(started->instance.self);
    clear(started);
}
