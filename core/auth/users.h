/* The users of the configuration file, with a hasher of one's choice. */
#ifndef HY_AUTH_USERS_H
#define HY_AUTH_USERS_H

#include "core/auth/auth.h"
#include "core/auth/password.h"

/* hy_users_new() is this with hy_crypt_hasher. The hasher is copied. */
struct hy_users *hy_users_new_with(const struct hy_user_entry *entries, size_t count, const struct hy_hasher *hasher,
                                   struct hy_err *err);

#endif
