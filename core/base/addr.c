#include "core/base/addr.h"

#include <arpa/inet.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static struct hy_addr of_v4(const void *bytes)
{
    struct hy_addr addr = {.family = AF_INET};

    memcpy(addr.bytes, bytes, 4);
    return addr;
}

static struct hy_addr of_v6(const uint8_t bytes[static 16])
{
    struct hy_addr addr = {.family = AF_INET6};

    if (memcmp(bytes, mapped, sizeof mapped) == 0)
        return of_v4(bytes + sizeof mapped);
    memcpy(addr.bytes, bytes, sizeof addr.bytes);
    return addr;
}

unsigned hy_addr_bits(const struct hy_addr *addr)
{
    return addr->family == AF_INET ? 32 : 128;
}

/* Whether it was written as IPv6, too. */
static bool parse(struct hy_addr *out, bool *wide, const char *text, size_t len)
{
    char copy[HY_ADDR_TEXT];
    uint8_t bytes[16];

    if (len >= sizeof copy)
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (strlen(copy) != len)
        return false;
    *wide = inet_pton(AF_INET6, copy, bytes) == 1;
    if (*wide)
        *out = of_v6(bytes);
    else if (inet_pton(AF_INET, copy, bytes) == 1)
        *out = of_v4(bytes);
    else
        return false;
    return true;
}

bool hy_addr_parse(struct hy_addr *out, const char *text, size_t len)
{
    const char *scope = len ? memchr(text, '%', len) : NULL;
    struct hy_addr addr;
    bool wide;

    if (!parse(&addr, &wide, text, scope ? (size_t)(scope - text) : len) ||
        (scope && (!wide || scope + 1 == text + len)))
        return false;
    *out = addr;
    return true;
}

struct hy_addr hy_addr_of(const struct sockaddr_storage *from)
{
    if (from->ss_family == AF_INET)
        return of_v4(&((const struct sockaddr_in *)(const void *)from)->sin_addr);
    if (from->ss_family == AF_INET6)
        return of_v6(((const struct sockaddr_in6 *)(const void *)from)->sin6_addr.s6_addr);
    return (struct hy_addr){0};
}

const char *hy_addr_text(const struct hy_addr *addr, char out[static HY_ADDR_TEXT])
{
    if (!addr->family || !inet_ntop(addr->family, addr->bytes, out, HY_ADDR_TEXT))
        (void)snprintf(out, HY_ADDR_TEXT, "?");
    return out;
}

bool hy_addr_same(const struct hy_addr *a, const struct hy_addr *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

struct hy_addr hy_addr_network(const struct hy_addr *addr, unsigned bits)
{
    struct hy_addr network = *addr;

    for (unsigned i = 0; i < sizeof network.bytes; i++) {
        unsigned kept = bits > i * 8 ? bits - i * 8 : 0;

        if (kept < 8)
            network.bytes[i] &= (uint8_t)(0xff00 >> kept);
    }
    return network;
}

/* The length behind the slash. */
static bool parse_bits(unsigned *out, const char *text, size_t len)
{
    unsigned n = 0;

    if (!len || len > 3 || (len > 1 && text[0] == '0'))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        n = n * 10 + (unsigned)(text[i] - '0');
    }
    *out = n;
    return true;
}

static bool parse_network(struct hy_addr_rule *rule, const char *text, size_t len, const char **why)
{
    const char *slash = memchr(text, '/', len);
    size_t head = slash ? (size_t)(slash - text) : len;
    struct hy_addr network;
    unsigned bits, most, cut;
    bool wide;

    if (!parse(&rule->network, &wide, text, head)) {
        *why = "it is neither an IPv4 nor an IPv6 address";
        return false;
    }
    most = wide ? 128 : 32;
    bits = most;
    if (slash && (!parse_bits(&bits, slash + 1, len - head - 1) || bits > most)) {
        *why = "the length of the network is no number that its address has bits for";
        return false;
    }
    cut = wide && rule->network.family == AF_INET ? 96 : 0;
    if (bits < cut) {
        *why = "a network of IPv4 addresses in IPv6 has at least 96 bits";
        return false;
    }
    rule->bits = (uint8_t)(bits - cut);
    network = hy_addr_network(&rule->network, rule->bits);
    if (!hy_addr_same(&network, &rule->network)) {
        *why = "its address has bits behind the length of the network; write them as 0";
        return false;
    }
    return true;
}

static bool parse_pattern(struct hy_addr_rule *rule, const char *text, size_t len, const char **why)
{
    if (len >= sizeof rule->pattern) {
        *why = "it is longer than any address";
        return false;
    }
    memcpy(rule->pattern, text, len);
    if (strspn(rule->pattern, "0123456789abcdefABCDEF.:*?") == len)
        return true;
    *why = "a wildcard stands for parts of addresses, not of names: clients' names aren't looked up";
    return false;
}

bool hy_addr_rule_parse(struct hy_addr_rule *out, const char *text, size_t len, const char **why)
{
    struct hy_addr_rule rule = {.negated = len && text[0] == '!'};
    bool good;

    text += rule.negated;
    len -= rule.negated;
    if (len && (memchr(text, '*', len) || memchr(text, '?', len)))
        good = parse_pattern(&rule, text, len, why);
    else
        good = parse_network(&rule, text, len, why);
    if (good)
        *out = rule;
    return good;
}

bool hy_addr_rule_has(const struct hy_addr_rule *rule, const struct hy_addr *addr)
{
    char text[HY_ADDR_TEXT];
    struct hy_addr network;

    if (!addr->family)
        return false;
    if (rule->pattern[0])
        return fnmatch(rule->pattern, hy_addr_text(addr, text), FNM_CASEFOLD) == 0;
    network = hy_addr_network(addr, rule->bits);
    return hy_addr_same(&network, &rule->network);
}

/* What a further rule makes of the verdict. */
static enum hy_addr_verdict refine(enum hy_addr_verdict verdict, const struct hy_addr_rule *rule,
                                   const struct hy_addr *addr)
{
    if (verdict == HY_ADDR_EXCEPTED || !hy_addr_rule_has(rule, addr))
        return verdict;
    return rule->negated ? HY_ADDR_EXCEPTED : HY_ADDR_LISTED;
}

enum hy_addr_verdict hy_addr_judge(const struct hy_addr_rule *rules, size_t count, const struct hy_addr *addr)
{
    enum hy_addr_verdict verdict = HY_ADDR_ABSENT;

    for (size_t i = 0; i < count; i++)
        verdict = refine(verdict, &rules[i], addr);
    return verdict;
}

enum hy_addr_verdict hy_addr_judge_text(const char *list, const struct hy_addr *addr)
{
    enum hy_addr_verdict verdict = HY_ADDR_ABSENT;
    const char *why;

    for (const char *s = list;; s++) {
        struct hy_addr_rule rule;
        size_t len;

        s += strspn(s, " \t");
        len = strcspn(s, ",");
        while (len && (s[len - 1] == ' ' || s[len - 1] == '\t'))
            len--;
        if (!hy_addr_rule_parse(&rule, s, len, &why))
            return HY_ADDR_MALFORMED;
        verdict = refine(verdict, &rule, addr);
        s += strcspn(s, ",");
        if (!*s)
            return verdict;
    }
}
