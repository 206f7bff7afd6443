#include "core/auth/questions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The fields of the first published ABI, which every prompt has. */
enum { PROMPT_LEAST = offsetof(struct hythe_prompt, echo) + sizeof(uint32_t) };

static int take_question(struct hy_questions *q, const struct hythe_prompt *prompt)
{
    char *text;

    if (q->count == HY_PROMPTS_MAX)
        return -E2BIG;
    text = strdup(prompt->text);
    if (!text)
        return -ENOMEM;
    q->prompts[q->count++] = (struct hy_prompt){text, prompt->echo != 0};
    return 0;
}

/* A line more at the end of the instruction. */
static int take_message(struct hy_questions *q, const char *line)
{
    size_t used = q->instruction ? strlen(q->instruction) : 0, len = strlen(line);
    char *longer;

    if (q->texts++ == HY_TEXTS_MAX)
        return -E2BIG;
    longer = realloc(q->instruction, used + len + 2);
    if (!longer)
        return -ENOMEM;
    if (used)
        longer[used++] = '\n';
    memcpy(longer + used, line, len + 1);
    q->instruction = longer;
    return 0;
}

static int take_title(struct hy_questions *q, const char *text)
{
    if (q->title)
        return -EINVAL;
    q->title = strdup(text);
    return q->title ? 0 : -ENOMEM;
}

static int take(struct hy_questions *q, const struct hythe_prompt *prompt)
{
    if (prompt->size < PROMPT_LEAST || !prompt->text || !*prompt->text)
        return -EINVAL;
    if (strnlen(prompt->text, HY_TEXT_MAX + 1) > HY_TEXT_MAX)
        return -EMSGSIZE;
    switch (HYTHE_HAS(prompt, kind) ? prompt->kind : HYTHE_PROMPT_QUESTION) {
    case HYTHE_PROMPT_QUESTION:
        return take_question(q, prompt);
    case HYTHE_PROMPT_MESSAGE:
        return take_message(q, prompt->text);
    case HYTHE_PROMPT_TITLE:
        return take_title(q, prompt->text);
    default:
        return -EINVAL;
    }
}

int hy_questions_begin(struct hy_questions *q, const char *instruction)
{
    hy_questions_clear(q);
    q->instruction = *instruction ? strdup(instruction) : NULL;
    return *instruction && !q->instruction ? -ENOMEM : 0;
}

int hy_questions_take(void *ctx, const struct hythe_prompt *prompt)
{
    struct hy_questions *q = ctx;
    int rc = q->error ? q->error : take(q, prompt);

    q->error = rc;
    return rc;
}

void hy_questions_clear(struct hy_questions *q)
{
    for (size_t i = 0; i < q->count; i++)
        free((char *)(uintptr_t)q->prompts[i].text);
    free(q->title);
    free(q->instruction);
    *q = (struct hy_questions){.count = 0};
}

struct hy_prompts hy_questions_show(const struct hy_questions *q)
{
    return (struct hy_prompts){.name = q->title ? q->title : "",
                               .instruction = q->instruction ? q->instruction : "",
                               .prompts = q->prompts,
                               .count = q->count};
}
