/* ATTRS of every version, taken apart as the drafts print them and compared by name: for `attrs(...)` and `names(...)`
 * in scripts. Shares nothing with the server's own encoding. */
#ifndef HY_TESTS_WIRE_ATTRS_H
#define HY_TESTS_WIRE_ATTRS_H

#include "core/base/buf.h"

/* Takes ATTRS of `version` from `in` and compares them with what stands between the parentheses, separated by commas:
 *     key=N   key>=N   key=word    its value, a number or a text
 *     key   -key                   it is there, it isn't
 * Keys: type size alloc owner group mode atime atime_ns btime btime_ns mtime mtime_ns ctime ctime_ns acl (its number of
 * entries) bits valid hint mime nlink raw pairs (their number), and uid, gid in version 3. False too for what no server
 * may send: flags that the version doesn't have, a type or mode that it doesn't have, nanoseconds of a second or more,
 * an ACL that isn't as long as it says. */
bool attrs_match(const char *want, size_t len, uint32_t version, struct hy_reader *in);

/* Takes a count and as many entries of NAME: the names, in any order, are those between the parentheses. */
bool attrs_match_names(const char *want, size_t len, uint32_t version, struct hy_reader *in);

#endif
