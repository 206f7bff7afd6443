/* Names of users and groups by number and the other way round, asked of the system once a minute at most. Shared by all
 * sessions of a server; every function may be called from any thread. */
#ifndef HY_SFTP_NAMES_H
#define HY_SFTP_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HY_NAME_TEXT = 64, HY_NAMES_TTL = 60 }; /* bytes with the NUL, seconds */

enum hy_names_of { HY_NAMES_USERS, HY_NAMES_GROUPS };

struct hy_names;
struct hy_names *hy_names_new(void);
void hy_names_free(struct hy_names *names);

/* The name into out; its number, and false, where the system knows none. What has spaces or control bytes or is too
 * long counts as unknown, since clients take listings apart at spaces. */
bool hy_names_get(struct hy_names *names, enum hy_names_of of, uint32_t id, char out[HY_NAME_TEXT]);

/* The number of a name that the system knows, or that is a number itself; false: there is no such user or group. */
bool hy_names_find(struct hy_names *names, enum hy_names_of of, const char *name, uint32_t *id);

/* The number that a text of digits is. */
bool hy_names_number(const char *text, uint32_t *id);

/* Whether a name can stand in a listing: 1 to HY_NAME_TEXT - 1 bytes, no spaces, no control bytes. */
bool hy_names_fit(const char *name);

#endif
