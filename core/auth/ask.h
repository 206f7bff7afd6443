/* Calls of authentication plugins: under their lock, and with nothing believed that their contract doesn't allow. */
#ifndef HY_AUTH_ASK_H
#define HY_AUTH_ASK_H

#include "core/auth/auth.h"
#include "core/auth/questions.h"

/* One plugin in one conversation. */
struct hy_asked {
    const struct hy_instance *instance;
    const struct hythe_session *session; /* whose user is asked about */
    void **state;
};

/* Whose account it is. The account is filled when it is OURS. */
enum hy_owner {
    HY_OWNER_UNSURE,  /* the plugin can't tell */
    HY_OWNER_OTHER,   /* not this plugin's */
    HY_OWNER_REFUSED, /* its, but nobody may log in with it; err has the reason */
    HY_OWNER_OURS
};
enum hy_owner hy_ask_owner(const struct hy_asked *asked, const struct hy_auth_policy *policy,
                           struct hy_account *account, struct hy_err *err);

/* REJECT, ACCEPT, UNAVAILABLE, or, when factor->prompt is there, ASK: `said`, which it leads to, has the prompts. */
enum hy_verdict hy_ask_factor(const struct hy_asked *asked, const struct hythe_factor *factor,
                              const struct hy_questions *said);

/* ASK, with the plugin's first prompts in `said`, or with none: those of the configuration. Or UNAVAILABLE. */
enum hy_verdict hy_ask_prompts(const struct hy_asked *asked, const struct hythe_factor *factor,
                               const struct hy_questions *said);

/* The conversation is over. */
void hy_ask_end(const struct hy_asked *asked);

#endif
