/* IP addresses and lists of them, as operators write them: addresses, networks, wildcards, exceptions. Nothing here
 * asks a name server. Functions from any thread; nothing allocates. */
#ifndef HY_BASE_ADDR_H
#define HY_BASE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { HY_ADDR_TEXT = INET6_ADDRSTRLEN }; /* bytes of the longest address as text, with its NUL */

/* An IPv4 address that came as IPv6 (::ffff:192.0.2.1) is kept as what it is, so that both are equal. Bytes that the
 * family doesn't use are 0: two addresses are the same if the structs are. */
struct hy_addr {
    uint8_t family; /* AF_INET, AF_INET6; 0: none, which no rule matches */
    uint8_t bytes[16];
};

/* An entry of a list: 192.0.2.1, 192.0.2.0/24, 2001:db8::/32, 192.168.*, each with ! before it for an exception. */
struct hy_addr_rule {
    bool negated;
    uint8_t bits;                   /* of the network */
    struct hy_addr network;         /* unless there is a pattern */
    char pattern[HY_ADDR_TEXT + 1]; /* "": none; * and ? match the text of an address, in its shortest form */
};

/* Bits of an address of the family. */
unsigned hy_addr_bits(const struct hy_addr *addr);

/* Reads len bytes. The scope of a link-local address (fe80::1%eth0) is left out. false: it is no address. */
bool hy_addr_parse(struct hy_addr *out, const char *text, size_t len);
/* Of a socket's address; family 0 when it is neither IPv4 nor IPv6. */
struct hy_addr hy_addr_of(const struct sockaddr_storage *from);
/* The text, in its shortest form; "?" of none. Returns out. */
const char *hy_addr_text(const struct hy_addr *addr, char out[static HY_ADDR_TEXT]);
bool hy_addr_same(const struct hy_addr *a, const struct hy_addr *b);
/* The network of `bits` bits that the address is in: all further bits are 0. */
struct hy_addr hy_addr_network(const struct hy_addr *addr, unsigned bits);

/* Reads len bytes as a rule. false with why, a text that needs no freeing. */
bool hy_addr_rule_parse(struct hy_addr_rule *out, const char *text, size_t len, const char **why);
/* Whether the address is one of those that the rule names; ! isn't looked at. */
bool hy_addr_rule_has(const struct hy_addr_rule *rule, const struct hy_addr *addr);

/* What a list says about an address. An exception holds wherever it stands in the list. A list of exceptions alone
 * names nobody. */
enum hy_addr_verdict { HY_ADDR_ABSENT, HY_ADDR_LISTED, HY_ADDR_EXCEPTED, HY_ADDR_MALFORMED };
/* Never MALFORMED. */
enum hy_addr_verdict hy_addr_judge(const struct hy_addr_rule *rules, size_t count, const struct hy_addr *addr);
/* The same over a text of rules with commas between them and blanks around them, read anew each time. An entry that is
 * no rule, an empty one too, makes the whole MALFORMED. */
enum hy_addr_verdict hy_addr_judge_text(const char *list, const struct hy_addr *addr);

#endif
