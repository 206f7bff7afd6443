/* What says where somebody connects from: headers of the PROXY protocol, addresses, rules and lists of them. */
#include "core/base/addr.h"
#include "core/server/proxy.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

/* The header is received as it is asked for; the input ends before it, or it is one, or none. */
static void header(const uint8_t *data, size_t len)
{
    struct hy_proxy_client client;
    struct hy_err err = {.text = ""};
    size_t have = 0;
    int wanted;

    while ((wanted = hy_proxy_parse(data, have, &client, &err)) > 0 && have + (size_t)wanted <= len) {
        fuzz_require(have + (size_t)wanted <= HY_PROXY_MAX, "a header is bounded");
        have += (size_t)wanted;
    }
    fuzz_require((wanted < 0) == (*err.text != '\0'), "a header, or what is wrong with it");
    fuzz_require(client.addr.family == 0 || wanted == 0, "an address of a whole header only");
}

static void address(const char *text, size_t len)
{
    char shown[HY_ADDR_TEXT];
    struct hy_addr addr, again, network;

    if (!hy_addr_parse(&addr, text, len))
        return;
    (void)hy_addr_text(&addr, shown);
    fuzz_require(hy_addr_parse(&again, shown, strlen(shown)) && hy_addr_same(&addr, &again), "an address stays");
    for (unsigned bits = 0; bits <= hy_addr_bits(&addr); bits++) {
        struct hy_addr_rule rule = {.bits = (uint8_t)bits};

        network = rule.network = hy_addr_network(&addr, bits);
        fuzz_require(hy_addr_rule_has(&rule, &addr), "an address is in its networks");
        again = hy_addr_network(&network, bits);
        fuzz_require(hy_addr_same(&again, &network), "a network stays");
    }
}

static void list(const char *text)
{
    static const char *const some[] = {"127.0.0.1", "2001:db8::1"};
    bool malformed[2];

    for (size_t i = 0; i < 2; i++) {
        struct hy_addr addr;

        fuzz_require(hy_addr_parse(&addr, some[i], strlen(some[i])), "an address");
        malformed[i] = hy_addr_judge_text(text, &addr) == HY_ADDR_MALFORMED;
    }
    fuzz_require(malformed[0] == malformed[1], "a list is one for everybody");
}

void fuzz_peer(unsigned version, const uint8_t *data, size_t len)
{
    char *text = malloc(len + 1);

    (void)version;
    fuzz_require(text != NULL, "there is memory");
    memcpy(text, data, len);
    text[len] = '\0';
    header(data, len);
    address(text, len);
    list(text);
    free(text);
}
