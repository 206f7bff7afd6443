/* The algorithms of SSH by their names: which the linked libssh has, which are weak, which can't be had and why. */
#ifndef HY_TRANSPORT_SSH_ALGORITHMS_H
#define HY_TRANSPORT_SSH_ALGORITHMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lists, each in order of preference. */
enum hy_ssh_list {
    HY_SSH_KEX,
    HY_SSH_HOST_KEYS,
    HY_SSH_CIPHERS, /* both ways, as the two below */
    HY_SSH_MACS,
    HY_SSH_COMPRESSION,
    HY_SSH_SIGNATURES, /* that users may log in with */
    HY_SSH_LISTS
};

/* Whether a name can stand in a list, with the libssh that is linked and in OpenSSL's present state (FIPS). If so, *why
 * is what is wrong with it, or NULL; if not, it is the reason, or NULL: nobody knows the name. Borrowed for ever. */
bool hy_ssh_algorithm_ok(enum hy_ssh_list list, const char *name, const char **why);

/* The names that can stand in a list, as many as there is room for; returns how many. */
enum { HY_SSH_ALGORITHMS_MAX = 32 };
size_t hy_ssh_algorithms(enum hy_ssh_list list, const char *names[HY_SSH_ALGORITHMS_MAX]);

/* Whether a user's key, as RFC 4253 section 6.6 writes it, or the key of a certificate can make a signature of a list
 * ("a,b,c"). */
bool hy_ssh_key_can(const char *signatures, const uint8_t *key, size_t len);

#endif
