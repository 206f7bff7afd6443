/* From what a plugin says of an account to what the server works with. */
#ifndef HY_AUTH_ACCOUNT_H
#define HY_AUTH_ACCOUNT_H

#include "core/auth/auth.h"

/* Copies the account of `user` and fills in what it leaves open. 0; -ENOMEM; -EINVAL with the reason when something in
 * it can't be honoured, so that nobody may log in with it. Clear it in any case. */
int hy_account_fill(struct hy_account *account, const struct hythe_account *from, const char *user,
                    const struct hy_auth_policy *policy, struct hy_err *err);
void hy_account_clear(struct hy_account *account);

#endif
