/* Lines of authorized_keys files, as sshd(8) describes them: options, then a key. One parser and one judge for the
 * users of the configuration and, through struct hythe_factor, for plugins. */
#ifndef HY_AUTH_KEYLINE_H
#define HY_AUTH_KEYLINE_H

#include "core/auth/key.h"
#include "hythe/plugin.h"

struct hy_key_line {
    struct hy_key key;
    bool authority;   /* cert-authority: the key signs certificates and logs nobody in by itself */
    int64_t expires;  /* seconds since 1970; INT64_MAX: never */
    char *from;       /* rules of core/base/addr.h with commas between them; NULL: from anywhere */
    char *principals; /* names with commas between them; NULL: the user's name */
};

/* Reads a line. false with *why when something in it can't be honoured, or memory is short; it is empty then. Otherwise
 * free it. */
bool hy_key_line_parse(struct hy_key_line *line, const char *text, const char **why);
void hy_key_line_free(struct hy_key_line *line);

/* Whether the line lets the user of a session in who presents the factor: HYTHE_AUTH_ACCEPT or REJECT. A rejection has
 * *why when the key is the line's and an option is what forbids it, otherwise NULL. With principals, names of which the
 * certificate must have one, instead of the user's name. */
int hy_key_line_judge(const struct hy_key_line *line, const struct hythe_session *session,
                      const struct hythe_factor *factor, const char *const *principals, const char **why);

/* key_line of struct hythe_factor. */
int hy_key_line_ask(const struct hythe_auth_call *call, const struct hythe_factor *factor,
                    const struct hythe_key_line *line);

/* Whether a command that a key or a certificate insists on is what is done here anyway: SFTP, without options. */
bool hy_key_command_ok(const char *command);

#endif
