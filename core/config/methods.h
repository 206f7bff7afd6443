/* Methods of authentication by name, and rows of them of which a login may be made. */
#ifndef HY_CONFIG_METHODS_H
#define HY_CONFIG_METHODS_H

#include "core/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As bits; plugins know them by the same numbers. */
enum hy_method {
    HY_METHOD_NONE = 0x1,
    HY_METHOD_PASSWORD = 0x2,
    HY_METHOD_PUBLICKEY = 0x4,
    HY_METHOD_INTERACTIVE = 0x8
};

/* Those that can let somebody in: one bit of them for each name. */
enum { HY_METHOD_COUNT = 3 };
extern const char *const hy_method_names[HY_METHOD_COUNT + 1]; /* NULL-terminated */

/* The bit of a name of len bytes, HY_METHOD_NONE included; 0 for what is no method. */
uint32_t hy_method_of(const char *name, size_t len);
/* The bits of a NULL-terminated list of names. */
uint32_t hy_methods_of(const char *const *names);
/* The name of a bit; "unknown method". */
const char *hy_method_name(uint32_t method);

enum { HY_SEQUENCES_MAX = 64 }; /* of one user */

/* Methods that have to be given one after the other, each once; 0 behind the last. */
struct hy_sequence {
    uint32_t steps[HY_METHOD_COUNT + 1];
};

/* Reads "publickey,password". `offered` are the methods that there may be. -1 with err: an unknown name (with the
 * nearest), one that isn't offered, one twice, none at all. */
int hy_sequence_read(struct hy_sequence *out, const char *text, uint32_t offered, struct hy_err *err);

/* A question of keyboard-interactive, and whether its answer may be seen while it is typed. */
struct hy_prompt {
    const char *text;
    bool echo;
};
enum { HY_PROMPTS_MAX = 8 }; /* at once */

/* What is wrong with the text of a prompt, behind "a prompt that", or NULL. */
const char *hy_prompt_judge(const char *text);
/* Takes "First prompt,echo=false;Second prompt,echo=true" apart; the prompts lead into the text, which is cut up. 0, or
 * -1 with err: none, too many, one that can't be asked, an echo that is neither true nor false. */
int hy_prompts_read(char *text, struct hy_prompt prompts[HY_PROMPTS_MAX], size_t *count, struct hy_err *err);

#endif
