/* UTF-8 as RFC 3629 has it: nothing overlong, no surrogates, nothing beyond U+10FFFF. */
#ifndef HY_BASE_UTF8_H
#define HY_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The length of the character at p, of which at most `left` (1 or more) bytes are there; 0: there is none. */
size_t hy_utf8_char(const unsigned char *p, size_t left);
/* Whether all of a string is. */
bool hy_is_utf8(const char *s);

#endif
