/*
 * What plugin.h gives filters to call the layers inside of them with, typed from ops.def. Only to be included by it.
 */
#ifndef HYTHE_CALLS_H
#define HYTHE_CALLS_H

/* Typed calls of the next layer, for filters: hythe_next_read(call, arg). */
#define HYTHE_OP(name, klass, on, fields) \
    static inline int64_t hythe_next_##name(const struct hythe_call *call, struct hythe_##name##_arg *arg) \
    { \
        return call->host->next(call, arg); \
    }
HYTHE_OPS
#undef HYTHE_OP

/* Typed calls of another operation on the inner layers: hythe_ask_getattr(call, arg). */
#define HYTHE_OP(name, klass, on, fields) \
    static inline int64_t hythe_ask_##name(const struct hythe_call *call, struct hythe_##name##_arg *arg) \
    { \
        arg->size = sizeof *arg; \
        return call->host->ask(call, HYTHE_OP_##name, arg); \
    }
HYTHE_OPS
#undef HYTHE_OP

/* For foresee() of a filter: the answer of its own function for the operation, whose host->next and host->ask lead to
 * what the layers inside foresee. So what is said beforehand is decided where the call itself is. Only for functions
 * that do nothing but judge and hand on. */
static inline int64_t hythe_foresee_by(const struct hythe_ops *ops, const struct hythe_call *call, void *arg)
{
    switch (call->op) {
#define HYTHE_OP(name, klass, on, fields) \
    case HYTHE_OP_##name: \
        if (ops->name) \
            return ops->name(call, (struct hythe_##name##_arg *)arg); \
        break;
        HYTHE_OPS
#undef HYTHE_OP
    default:
        break;
    }
    return ops->any ? ops->any(call, arg) : call->host->next(call, arg);
}

#endif
