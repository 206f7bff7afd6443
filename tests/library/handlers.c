/* Every handler is the same: it prints its parameters and does what the rules say that match them. */
#include "tests/library/program.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The rules for this event, copied, with `times` counted down. */
static json_t *rules_for(const struct box *box, enum happening which, const json_t *params, uint64_t *number)
{
    struct program *program = box->program;
    json_t *found = json_array(), *rule;
    size_t i;

    pthread_mutex_lock(&program->lock);
    *number = ++program->events;
    json_array_foreach(program->rules, i, rule)
    {
        json_t *times = json_object_get(rule, "times");
        const char *event = json_string_value(json_object_get(rule, "event"));

        if (json_integer_value(json_object_get(rule, "server")) != box->number || happening_by_name(event) != which ||
            !params_match(params, json_object_get(rule, "when")) || (times && json_integer_value(times) <= 0))
            continue;
        if (times)
            json_integer_set(times, json_integer_value(times) - 1);
        json_array_append_new(found, json_deep_copy(rule));
    }
    pthread_mutex_unlock(&program->lock);
    return found;
}

/* `calls` first: what they answer may be told to the client by what is `set`. */
static void carry_out(const struct site *site, uint64_t number, const json_t *what)
{
    json_t *results = json_array(), *call;
    size_t i;

    json_array_foreach(json_object_get(what, "calls"), i, call)
    {
        json_array_append_new(results, command_run(site, call));
    }
    if (!params_set(site->which, site->e, json_object_get(what, "set")))
        json_array_append_new(results, json_pack("{s:s}", "wrong", "set"));
    say(site->program, json_pack("{s:I, s:o}", "done", (json_int_t)number, "results", results));
}

/* The next answer to an event, or NULL: there will be none. */
static json_t *answer_to(struct program *program, uint64_t number)
{
    char key[24];
    json_t *answer = NULL;

    (void)snprintf(key, sizeof key, "%llu", (unsigned long long)number);
    pthread_mutex_lock(&program->lock);
    for (;;) {
        json_t *list = json_object_get(program->answers, key);

        if (json_array_size(list)) {
            answer = json_deep_copy(json_array_get(list, 0));
            json_array_remove(list, 0);
        }
        if (answer || program->quit)
            break;
        pthread_cond_wait(&program->told, &program->lock);
    }
    pthread_mutex_unlock(&program->lock);
    return answer;
}

void happened(struct box *box, enum happening which, void *e)
{
    const struct site site = {box->program, box, which, e};
    uint64_t number;
    json_t *params = params_get(which, e), *rules = rules_for(box, which, params, &number), *rule, *answer;
    bool asks = false;
    size_t i;

    json_array_foreach(rules, i, rule)
    {
        asks = asks || json_is_true(json_object_get(rule, "ask"));
    }
    say(box->program,
        json_pack("{s:s, s:i, s:I, s:I, s:b, s:o}", "event", happening_name(which), "server", box->number, "number",
                  (json_int_t)number, "thread", (json_int_t)syscall(SYS_gettid), "asks", asks, "parameters", params));
    json_array_foreach(rules, i, rule)
    {
        carry_out(&site, number, rule);
    }
    while (asks && (answer = answer_to(box->program, number))) {
        carry_out(&site, number, answer);
        asks = json_is_true(json_object_get(answer, "again"));
        json_decref(answer);
    }
    json_decref(rules);
}

#define HYTHE_EVENT(name) \
    static void on_##name(void *ctx, struct hythe_##name *e) \
    { \
        struct box *box = ctx; \
        if (e->server != box->server || e->size < sizeof *e) \
            abort(); \
        happened(box, AT_##name, e); \
    }
HYTHE_EVENTS
#undef HYTHE_EVENT

struct hythe_events handlers(const json_t *names)
{
    struct hythe_events made = {.size = sizeof made};
    json_t *name;
    size_t i;

    json_array_foreach(names, i, name)
    {
        switch (happening_by_name(json_string_value(name))) {
#define HYTHE_EVENT(which) \
    case AT_##which: \
        made.which = on_##which; \
        break;
            HYTHE_EVENTS
#undef HYTHE_EVENT
        case HAPPENINGS:
            abort();
        }
    }
    return made;
}
