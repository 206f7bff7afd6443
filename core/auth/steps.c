/* Which methods may come next: what was given, and the sequences that begin with it. */
#include "core/auth/conversation.h"

#include <string.h>

/* The methods that come next in the sequences which begin with what was given, and which of them would end one. Without
 * sequences any other method will do, and each is the last. */
static uint32_t next_steps(const struct hy_conversation *c, uint32_t *last)
{
    bool own = c->state == STATE_KNOWN;
    const struct hy_sequence *list = own ? c->account.sequences : c->policy->sequences;
    size_t count = own ? c->account.sequence_count : c->policy->sequence_count;
    uint32_t next = 0;

    *last = count ? 0 : UINT32_MAX;
    for (size_t i = 0; i < count; i++) {
        const uint32_t *steps = list[i].steps;

        if (memcmp(steps, c->given.steps, c->given_count * sizeof *steps) != 0)
            continue;
        next |= steps[c->given_count];
        if (steps[c->given_count] && !steps[c->given_count + 1])
            *last |= steps[c->given_count];
    }
    return count ? next : UINT32_MAX;
}

bool hy_steps_end(const struct hy_conversation *c, uint32_t method)
{
    uint32_t last;

    (void)next_steps(c, &last);
    return last & method;
}

static uint32_t given(const struct hy_conversation *c)
{
    uint32_t methods = 0;

    for (size_t i = 0; i < c->given_count; i++)
        methods |= c->given.steps[i];
    return methods;
}

void hy_steps_give(struct hy_conversation *c, uint32_t method)
{
    if (method != HY_METHOD_NONE && !(given(c) & method)) /* so that there is always room */
        c->given.steps[c->given_count++] = method;
}

uint32_t hy_auth_offered(const struct hy_auth_policy *policy)
{
    uint32_t offered = 0;

    for (size_t i = 0; i < policy->plugin_count; i++)
        offered |= policy->plugins[i].instance->auth.methods & policy->plugins[i].methods;
    return offered & policy->methods & ~(uint32_t)HY_METHOD_NONE;
}

uint32_t hy_steps_next(const struct hy_conversation *c)
{
    uint32_t offered = hy_auth_offered(c->policy), last, next, others;

    if (!c->program.decide)
        return offered & next_steps(c, &last);
    /* A program may know users whom no plugin does, and take another way than the sequences. */
    if (!c->policy->plugin_count)
        offered = c->policy->methods & ~(uint32_t)HY_METHOD_NONE;
    others = offered & ~given(c);
    next = others & next_steps(c, &last);
    return next ? next : others ? others : offered;
}

uint32_t hy_auth_methods(const struct hy_conversation *c)
{
    if (c->state == STATE_ACCEPTED || c->state == STATE_CLOSED)
        return 0;
    return c->told ? c->methods : hy_steps_next(c);
}
