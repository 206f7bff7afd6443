/* Characters of UTF-8. */
#ifndef PLUGINS_SHARED_UTF8_H
#define PLUGINS_SHARED_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The character at p, which ends with a NUL, and its length; 0 when it isn't UTF-8. */
size_t utf8_read(const char *p, uint32_t *character);

#endif
