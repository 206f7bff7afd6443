/* The totp plugin's own declarations: secrets in a file, codes of RFC 6238, codes that were used. */
#ifndef TOTP_TOTP_H
#define TOTP_TOTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TOTP_KEY_MIN = 16, TOTP_KEY_MAX = 128, TOTP_WINDOW_MAX = 10 };

enum totp_algorithm { TOTP_SHA1, TOTP_SHA256, TOTP_SHA512 };

struct totp_secret {
    unsigned char key[TOTP_KEY_MAX];
    size_t key_len;
    enum totp_algorithm algorithm;
    unsigned digits; /* 6 to 8 */
    unsigned period; /* seconds */
};

/* Reads "name:secret[:digits[:period[:algorithm]]]". The name lies in the line. 1; 0 for an empty line and a comment,
 * -1 with a reason. The secret is to be wiped. */
struct totp_line {
    const char *name;
    size_t name_len;
    struct totp_secret secret;
};
int totp_line_read(struct totp_line *out, const char *line, size_t len, const char **why);

/* Compares a code of len bytes with those of `window` steps before and after now, in the time of all of them. 1 with
 * the step whose code it is, 0, or -EIO when the cryptographic library fails. Blanks in the code don't count. */
int totp_match(const struct totp_secret *secret, int64_t now, unsigned window, const char *code, size_t len,
               uint64_t *step);

/* Who has used which step last: nobody uses it or an older one again. From any thread. */
struct totp_used;
struct totp_used *totp_used_new(void); /* NULL: out of memory */
void totp_used_free(struct totp_used *used);
/* Takes a step that could be used until `until`, seconds since 1970. 1; 0 when it or a later one was used before;
 * -ENOMEM. What can't be used any more at `now` is forgotten. */
int totp_used_take(struct totp_used *used, const char *name, uint64_t step, int64_t now, int64_t until);

#endif
