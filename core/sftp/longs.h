/* How many long requests each user has under way, over all of a server's sessions. */
#ifndef HY_SFTP_LONGS_H
#define HY_SFTP_LONGS_H

#include <stdbool.h>

struct hy_longs;
struct hy_longs *hy_longs_new(void);        /* NULL: out of memory */
void hy_longs_free(struct hy_longs *longs); /* when nobody has any; NULL is allowed */

/* One more for the user (copied), from any thread. False: there are `max`, or memory is short. */
bool hy_longs_enter(struct hy_longs *longs, const char *user, unsigned max);
/* Only after enter() for the same user. */
void hy_longs_leave(struct hy_longs *longs, const char *user);

#endif
