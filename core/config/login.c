/* How one logs in: methods, sequences of them, and the prompts of keyboard-interactive. */
#include "core/config/read.h"

#include <string.h>

/* ---- Reading ---- */

void hy_read_factors(struct hy_reading *r, const config_setting_t *at, struct hy_factors_config *factors)
{
    factors->sets = hy_value_list(r, at, false, &factors->places);
}

void hy_read_all_factors(struct hy_reading *r, const config_setting_t *at)
{
    hy_read_factors(r, at, &r->config->factors);
}

/* Complains of what is no method that lets somebody in; 0 then. */
static uint32_t method_of(struct hy_reading *r, struct hy_place place, const char *setting, const char *name)
{
    const char *near = hy_nearest(name, hy_method_names);
    uint32_t method = hy_method_of(name, strlen(name));

    if (method == HY_METHOD_NONE)
        hy_reading_add(r, place, "%s: none would let everybody in; it is answered with the methods that there are",
                       setting);
    else if (!method)
        hy_reading_add(r, place, "%s: \"%s\" is not a method%s%s%s", setting, name,
                       near ? "; did you mean " : "; there are ",
                       near ? near : "password, publickey and keyboard-interactive", near ? "?" : "");
    return method == HY_METHOD_NONE ? 0 : method;
}

uint32_t hy_read_methods(struct hy_reading *r, const config_setting_t *group)
{
    const config_setting_t *at = config_setting_get_member(group, "methods");
    const struct hy_place *places = NULL;
    const char *const *list = at ? hy_value_list(r, at, false, &places) : NULL;
    uint32_t methods = 0;

    for (size_t i = 0; list && list[i]; i++)
        methods |= method_of(r, places[i], "methods", list[i]);
    if (list && !list[0])
        hy_reading_add(r, hy_place_of(r, at), "methods is empty: leave it out, or the whole group");
    return at ? methods : UINT32_MAX;
}

static bool is_list(const config_setting_t *at)
{
    return config_setting_type(at) == CONFIG_TYPE_LIST || config_setting_type(at) == CONFIG_TYPE_ARRAY;
}

/* Room for `count` prompts, kept if there is some already: texts and echoes may come in either order. */
static struct hy_prompt *room_for_prompts(struct hy_reading *r, const config_setting_t *at, size_t count)
{
    if (count > HY_PROMPTS_MAX) {
        hy_reading_add(r, hy_place_of(r, at), "%s: %zu prompts are too many (at most %d)", config_setting_name(at),
                       count, HY_PROMPTS_MAX);
        return NULL;
    }
    if (!r->prompts)
        r->prompts = hy_reading_alloc(r, HY_PROMPTS_MAX, sizeof *r->prompts);
    return r->prompts;
}

void hy_read_prompt_texts(struct hy_reading *r, const config_setting_t *at)
{
    const char *const *list = hy_value_list(r, at, false, &r->prompt_places);
    size_t count = 0;

    while (list && list[count])
        count++;
    r->prompt_texts = count;
    if (list && room_for_prompts(r, at, count))
        for (size_t i = 0; i < count; i++)
            r->prompts[i].text = list[i];
}

void hy_read_prompt_echoes(struct hy_reading *r, const config_setting_t *at)
{
    size_t count = is_list(at) ? (size_t)config_setting_length(at) : 1;

    r->prompt_echoes = count;
    if (room_for_prompts(r, at, count))
        for (size_t i = 0; i < count; i++)
            (void)hy_value_bool(r, is_list(at) ? config_setting_get_elem(at, (unsigned)i) : at, &r->prompts[i].echo);
}

/* ---- Checking ---- */

static void check_methods(struct hy_reading *r)
{
    struct hy_place place = hy_config_place(r->config, "DefaultAuthMethods");
    const char *const *list = r->config->DefaultAuthMethods;

    if (!list[0])
        hy_reading_add(r, place, "DefaultAuthMethods is empty: nobody could log in");
    for (; *list; list++)
        (void)method_of(r, place, "DefaultAuthMethods", *list);
}

/* The users of the file have one password, which counts once. */
static bool wants_two_passwords(const struct hy_config *c, const struct hy_sequence *sequence)
{
    uint32_t wanted = 0;

    for (const uint32_t *step = sequence->steps; *step; step++)
        wanted |= *step;
    return c->auth_count == 1 && c->auth[0].plugin && strcmp(c->auth[0].plugin, "users") == 0 &&
           (wanted & HY_METHOD_PASSWORD) && (wanted & HY_METHOD_INTERACTIVE);
}

/* The sequences of `factors`, those that can be followed; *count of them. */
static const struct hy_sequence *check_factors(struct hy_reading *r, const struct hy_factors_config *factors,
                                               size_t *count)
{
    uint32_t offered = hy_methods_of(r->config->DefaultAuthMethods);
    struct hy_sequence *sequences;
    struct hy_err why;
    size_t n = 0;

    *count = 0;
    while (factors->sets && factors->sets[n])
        n++;
    sequences = n ? hy_reading_alloc(r, n, sizeof *sequences) : NULL;
    for (size_t i = 0; sequences && i < n; i++) {
        if (hy_sequence_read(&sequences[*count], factors->sets[i], offered, &why))
            hy_reading_add(r, factors->places[i], "factors: %s", why.text);
        else if (wants_two_passwords(r->config, &sequences[*count]))
            hy_reading_add(r, factors->places[i],
                           "factors: \"%s\" wants a user's one password twice: keyboard-interactive beside password "
                           "needs another plugin in auth",
                           factors->sets[i]);
        else
            ++*count;
    }
    if (n > HY_SEQUENCES_MAX)
        hy_reading_add(r, factors->places[HY_SEQUENCES_MAX], "factors: %zu entries are too many (at most %d)", n,
                       HY_SEQUENCES_MAX);
    return sequences;
}

static size_t split_prompts(struct hy_reading *r, const char *s, struct hy_prompt *prompts)
{
    struct hy_place place = hy_config_place(r->config, "KeyboardInteractivePrompts");
    char *text = hy_reading_alloc(r, strlen(s) + 1, 1);
    struct hy_err why;
    size_t count = 0;

    if (!text)
        return 0;
    memcpy(text, s, strlen(s) + 1);
    if (hy_prompts_read(text, prompts, &count, &why))
        hy_reading_add(r, place, "KeyboardInteractivePrompts: %s", why.text);
    return count;
}

/* The arrays, whose sizes must agree. */
static size_t check_arrays(struct hy_reading *r)
{
    struct hy_place echo = hy_config_place(r->config, "KeyboardInteractivePromptEcho");

    if (echo.line && r->prompt_echoes != r->prompt_texts)
        hy_reading_add(r, echo, "KeyboardInteractivePromptEcho has %zu values, KeyboardInteractivePromptPrompt %zu",
                       r->prompt_echoes, r->prompt_texts);
    for (size_t i = 0; r->prompts && i < r->prompt_texts && i < HY_PROMPTS_MAX && r->prompts[i].text; i++) {
        const char *why = hy_prompt_judge(r->prompts[i].text);

        if (why)
            hy_reading_add(r, r->prompt_places[i], "KeyboardInteractivePromptPrompt: a prompt that %s can't be asked",
                           why);
    }
    return r->prompt_texts;
}

static void check_prompts(struct hy_reading *r)
{
    static const struct hy_prompt password = {"Password: ", false};
    struct hy_place place = hy_config_place(r->config, "KeyboardInteractivePromptCount");
    struct hy_place arrays = hy_config_place(r->config, "KeyboardInteractivePromptPrompt");
    struct hy_config *c = r->config;
    struct hy_prompt *prompts = hy_reading_alloc(r, HY_PROMPTS_MAX, sizeof *prompts);

    if (!prompts)
        return;
    if (*c->KeyboardInteractivePrompts && arrays.line)
        hy_reading_add(r, arrays,
                       "KeyboardInteractivePromptPrompt says what KeyboardInteractivePrompts (line %u) "
                       "does: keep one of the two",
                       hy_config_place(c, "KeyboardInteractivePrompts").line);
    if (*c->KeyboardInteractivePrompts) {
        c->prompt_count = split_prompts(r, c->KeyboardInteractivePrompts, prompts);
        c->prompts = prompts;
    } else {
        c->prompt_count = check_arrays(r);
        c->prompts = r->prompts;
    }
    if (place.line && (size_t)c->KeyboardInteractivePromptCount != c->prompt_count)
        hy_reading_add(r, place, "KeyboardInteractivePromptCount is %u, but there are %zu prompts",
                       (unsigned)c->KeyboardInteractivePromptCount, c->prompt_count);
    c->KeyboardInteractivePromptCount = (int64_t)c->prompt_count;
    if (c->prompt_count)
        return;
    c->prompts = &password;
    c->prompt_count = 1;
}

void hy_check_login(struct hy_reading *r)
{
    size_t count;

    check_methods(r);
    r->config->sequences = check_factors(r, &r->config->factors, &r->config->sequence_count);
    for (size_t i = 0; i < r->config->user_count; i++)
        (void)check_factors(r, &r->users[i].factors, &count);
    check_prompts(r);
}
