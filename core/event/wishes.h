/* What an embedding program sets for one connection. Every session has one; any thread may set and read it. */
#ifndef HY_EVENT_WISHES_H
#define HY_EVENT_WISHES_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hy_wish {                    /* the texts */
               HY_WISH_USER_ROOT, /* UserRootDirectory */
               HY_WISH_PROMPTS,   /* KeyboardInteractivePrompts: "First prompt,echo=false;Second prompt,echo=true" */
               HY_WISH_BANNER,    /* UserAuthBanner */
               HY_WISH_ERROR_MESSAGE, /* SFTPErrorMessage, SFTPConnectionErrorMessage: of the next failure alone */
               HY_WISH_COUNT
};

struct hy_wishes {
    pthread_mutex_t lock;
    char *texts[HY_WISH_COUNT]; /* NULL: not set */
    int restrict_to_home;       /* RestrictUserToHomeDir: -1 not set, 0, 1 */
    _Atomic int64_t dir_list;   /* DirListBufferSize: 0 not set. Read without the lock, as the next */
    _Atomic int64_t timeout;    /* SFTPConnectionTimeout, seconds: -1 not set */
};

void hy_wishes_init(struct hy_wishes *wishes);
void hy_wishes_destroy(struct hy_wishes *wishes);

/* value NULL: not set any more. 0 or -ENOMEM. */
int hy_wishes_set(struct hy_wishes *wishes, enum hy_wish which, const char *value);
/* A copy to be freed, or NULL: it isn't set, or memory is short. */
char *hy_wishes_get(struct hy_wishes *wishes, enum hy_wish which);
/* The same, and it isn't set any more. */
char *hy_wishes_take(struct hy_wishes *wishes, enum hy_wish which);

#endif
