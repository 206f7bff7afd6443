/* Attributes of files as events have them, and back. */
#ifndef HY_EVENT_FIELDS_H
#define HY_EVENT_FIELDS_H

#include "hythe/events.h"
#include "hythe/plugin.h"

/* What is known of *attrs, and the target of a symlink (NULL: none), as an event shows it for a client's version. */
void hy_fields_show(const struct hythe_attrs *attrs, const char *link, uint32_t protocol,
                    struct hythe_event_attributes *out);

/* Whether they are what a handler may leave: NULL, or what is wrong with which of them, for a line of the log. */
const char *hy_fields_wrong(const struct hythe_event_attributes *e, uint32_t protocol);

/* Puts what a handler made of `was` into *attrs, which were shown as that, once hy_fields_wrong() has nothing to say of
 * e. What it didn't change stays as exact as it is. 0 or -ENOMEM. */
int hy_fields_take(const struct hythe_call *call, const struct hythe_event_attributes *was,
                   const struct hythe_event_attributes *e, struct hythe_attrs *attrs);

/* What a handler says the target of a symlink is, into buf without a NUL; its length, or -EINVAL: it says none. */
int64_t hy_fields_link(const struct hythe_event_attributes *e, char *buf, size_t len);

/* SSH_FILEXFER_ATTR_* of version 6 for HYTHE_ATTR_*. */
uint32_t hy_fields_flags(uint32_t want);

#endif
