/* The prompts of keyboard-interactive, as one text. */
#include "core/base/utf8.h"
#include "core/config/config.h"

#include <string.h>

const char *hy_prompt_judge(const char *text)
{
    if (!*text)
        return "is empty";
    if (strlen(text) > 255)
        return "is longer than 255 bytes";
    if (!hy_is_utf8(text))
        return "isn't UTF-8";
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return "has a control character";
    return NULL;
}

/* "Prompt,echo=true", cut behind the prompt. */
static int read_prompt(char *text, struct hy_prompt *prompt, struct hy_err *err)
{
    static const char mark[] = ",echo=";
    char *echo = NULL;
    const char *why;

    *prompt = (struct hy_prompt){text, false};
    for (char *at = text; (at = strstr(at, mark)) != NULL; at++)
        echo = at;
    if (echo) {
        *echo = '\0';
        if (!hy_parse_bool(echo + sizeof mark - 1, &prompt->echo))
            return hy_err_set(err, "echo is true or false, not \"%s\"", echo + sizeof mark - 1);
    }
    why = hy_prompt_judge(text);
    return why ? hy_err_set(err, "a prompt that %s can't be asked", why) : 0;
}

int hy_prompts_read(char *text, struct hy_prompt prompts[HY_PROMPTS_MAX], size_t *count, struct hy_err *err)
{
    bool more = true;

    for (*count = 0; more;) {
        size_t len = strcspn(text, ";");

        more = text[len];
        text[len] = '\0';
        if (!len && !more) /* a semicolon may end the last one */
            break;
        if (*count == HY_PROMPTS_MAX)
            return hy_err_set(err, "more than %d prompts", HY_PROMPTS_MAX);
        if (read_prompt(text, &prompts[(*count)++], err))
            return -1;
        text += len + 1;
    }
    return *count ? 0 : hy_err_set(err, "no prompt");
}
