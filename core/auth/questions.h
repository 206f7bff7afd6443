/* The prompts of one round of keyboard-interactive, as a plugin says them. */
#ifndef HY_AUTH_QUESTIONS_H
#define HY_AUTH_QUESTIONS_H

#include "core/auth/auth.h"

enum { HY_TEXTS_MAX = 16, HY_TEXT_MAX = 1023 };

/* Starts as {0}, owns its texts. */
struct hy_questions {
    struct hy_prompt prompts[HY_PROMPTS_MAX];
    size_t count;
    char *title, *instruction;
    unsigned texts; /* messages and title */
    int error;      /* the first that was told to the plugin; it makes the whole round unusable */
};

/* Begins with a text above whatever the plugin says; "" for none. 0 or -ENOMEM. */
int hy_questions_begin(struct hy_questions *q, const char *instruction);
/* A hythe_prompt_fn; ctx is the questions. */
int hy_questions_take(void *ctx, const struct hythe_prompt *prompt);
void hy_questions_clear(struct hy_questions *q);
/* Borrowed until the questions change. */
struct hy_prompts hy_questions_show(const struct hy_questions *q);

#endif
