/* The lists of addresses of one configuration, with the names in them resolved. Immutable, so that it needs no lock. */
#ifndef HY_SERVER_GUESTS_H
#define HY_SERVER_GUESTS_H

#include "core/base/addr.h"
#include "core/base/err.h"
#include "core/config/config.h"

struct hy_guest_list {
    struct hy_addr_rule *rules;
    size_t count;
};

struct hy_guests {
    struct hy_guest_list allowed, blocked, trusted, exempt;
};

/* Asks name servers, and may take its time. 0, or -1 with err: a name that can't be resolved. End it in any case. */
int hy_guests_begin(struct hy_guests *guests, const struct hy_config *config, struct hy_err *err);
void hy_guests_end(struct hy_guests *guests);

/* Adds a problem for each name of the lists that can't be resolved. */
void hy_guests_check(const struct hy_config *config, struct hy_problems *problems);

/* NULL: the address may connect; else the setting that keeps it out. */
const char *hy_guests_refuse(const struct hy_guests *guests, const struct hy_addr *addr);
bool hy_guests_have(const struct hy_guest_list *list, const struct hy_addr *addr);

#endif
