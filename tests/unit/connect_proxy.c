/* core/server/proxy: headers of the PROXY protocol, byte by byte. */
#include "core/server/proxy.h"
#include "tests/unit/unit.h"

/* Gives the header in the pieces that are asked for. 0 and what it says, or -1: it was refused. No byte of what follows
 * it may be asked for. */
static int feed(const void *header, size_t len, struct hy_proxy_client *out, struct hy_err *err)
{
    size_t have = 0;
    int wanted;

    while ((wanted = hy_proxy_parse(header, have, out, err)) > 0) {
        CU_ASSERT(have + (size_t)wanted <= len);
        if (have + (size_t)wanted > len)
            return -2;
        have += (size_t)wanted;
    }
    if (!wanted)
        UNIT_ASSERT_NUMBER(have, len);
    return wanted;
}

static void says(const void *header, size_t len, const char *addr, unsigned port)
{
    struct hy_proxy_client client;
    struct hy_err err = {0};
    char text[HY_ADDR_TEXT];

    UNIT_ASSERT_NUMBER(feed(header, len, &client, &err), 0);
    UNIT_ASSERT_STRING(hy_addr_text(&client.addr, text), addr);
    UNIT_ASSERT_NUMBER(client.port, port);
}

static void takes_lines(void)
{
    static const struct {
        const char *line, *addr;
        unsigned port;
    } rows[] = {
        {"PROXY TCP4 192.0.2.1 10.0.0.1 56324 22\r\n", "192.0.2.1", 56324},
        {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255", 65535},
        {"PROXY TCP4 1.2.3.4 5.6.7.8 0 0\r\n", "1.2.3.4", 0},
        {"PROXY TCP6 2001:db8::1 ::1 1 2\r\n", "2001:db8::1", 1},
        {"PROXY TCP6 ::ffff:192.0.2.9 ::1 1 2\r\n", "192.0.2.9", 1},
        {"PROXY UNKNOWN\r\n", "?", 0},
        {"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", "?", 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        says(rows[i].line, strlen(rows[i].line), rows[i].addr, rows[i].port);
}

static void refuses_lines(void)
{
    static const char *const rows[] = {
        "SSH-2.0-x\r\n.............",
        "PROXY\r\n..................",
        "PROXX TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
        "proxy TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n",
        "PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 65536 2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 -1 2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8 99999999999 2\r\n",
        "PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n",
        "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
        "PROXY TCP4 1.2.3.4\r5.6.7.8 1 2\r\n",
        "PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n",
        "PROXY UNKNOWNX\r\n",
        "PROXY TCP4 localhost 5.6.7.8 1 2\r\n",
        "PROXY TCP5 1.2.3.4 5.6.7.8 1 2\r\n",
    };
    char longest[200] = "PROXY UNKNOWN ";
    struct hy_proxy_client client;
    struct hy_err err = {0};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (feed(rows[i], strlen(rows[i]), &client, &err) != -1)
            printf("  taken: %s\n", rows[i]);
        UNIT_ASSERT_NUMBER(feed(rows[i], strlen(rows[i]), &client, &err), -1);
    }
    memset(longest + 14, 'x', sizeof longest - 14);
    memcpy(longest + 105, "\r\n", 2);
    UNIT_ASSERT_NUMBER(feed(longest, 107, &client, &err), 0);
    memcpy(longest + 105, "xxx\r\n", 5);
    UNIT_ASSERT_NUMBER(feed(longest, sizeof longest, &client, &err), -1);
}

/* A header of version 2 with `size` bytes of addresses and, behind them, some of a TLV. */
static size_t make(uint8_t out[static 5000], uint8_t command, uint8_t family, size_t size, size_t tlv)
{
    memcpy(out, "\r\n\r\n\0\r\nQUIT\n", 12);
    out[12] = command;
    out[13] = family;
    out[14] = (uint8_t)((size + tlv) >> 8);
    out[15] = (uint8_t)(size + tlv);
    memset(out + 16, 0, size);
    memset(out + 16 + size, 0xee, tlv);
    out[16] = 0x20; /* 32.1.0.0, or 2001:: */
    out[17] = 0x01;
    if (size == 12)
        memcpy(out + 24, "\x12\x34", 2);
    if (size == 36)
        memcpy(out + 48, "\x12\x34", 2);
    return 16 + size + tlv;
}

static void takes_binary_headers(void)
{
    uint8_t data[5000];

    says(data, make(data, 0x21, 0x11, 12, 0), "32.1.0.0", 0x1234);
    says(data, make(data, 0x21, 0x11, 12, 300), "32.1.0.0", 0x1234);
    says(data, make(data, 0x21, 0x21, 36, 0), "2001::", 0x1234);
    says(data, make(data, 0x21, 0x21, 36, 4096 - 16 - 36), "2001::", 0x1234);
    says(data, make(data, 0x20, 0x11, 12, 0), "?", 0);
    says(data, make(data, 0x20, 0x00, 0, 0), "?", 0);
    says(data, make(data, 0x20, 0x31, 216, 5), "?", 0);
    says(data, make(data, 0x21, 0x00, 0, 0), "?", 0);
    says(data, make(data, 0x21, 0x00, 0, 50), "?", 0);
}

static void refuses_binary_headers(void)
{
    static const struct {
        uint8_t command, family;
        size_t size, tlv;
        const char *why;
    } rows[] = {{0x11, 0x11, 12, 0, "version"},     {0x22, 0x11, 12, 0, "version"},   {0x31, 0x11, 12, 0, "version"},
                {0x21, 0x12, 12, 0, "than TCP"},    {0x21, 0x31, 216, 0, "than TCP"}, {0x21, 0x01, 12, 0, "than TCP"},
                {0x21, 0x11, 11, 0, "too few"},     {0x21, 0x21, 35, 0, "too few"},   {0x21, 0x21, 0, 0, "too few"},
                {0x21, 0x11, 12, 4096, "too many"}, {0x20, 0x00, 0, 4081, "too many"}};
    uint8_t data[5000];
    struct hy_proxy_client client;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hy_err err = {0};
        size_t len = make(data, rows[i].command, rows[i].family, rows[i].size, rows[i].tlv);

        UNIT_ASSERT_NUMBER(feed(data, len, &client, &err), -1);
        CU_ASSERT(strstr(err.text, rows[i].why) != NULL);
    }
}

/* Whatever byte is another one, it is found out as soon as it is there, or it is one of an address or of no meaning. */
static void bears_any_byte(void)
{
    uint8_t data[5000];
    size_t len = make(data, 0x21, 0x11, 12, 8);
    struct hy_proxy_client client;
    struct hy_err err;

    for (size_t at = 0; at < len; at++)
        for (int bit = 0; bit < 8; bit++) {
            int rc;

            data[at] ^= (uint8_t)(1 << bit);
            rc = hy_proxy_parse(data, len, &client, &err);
            CU_ASSERT(at < 14 ? rc == -1 || (at == 12 && data[at] == 0x20) : true);
            for (size_t cut = 0; cut < len; cut++)
                CU_ASSERT(hy_proxy_parse(data, cut, &client, &err) != 0 || (at == 15 && cut == 16u + data[15]));
            data[at] ^= (uint8_t)(1 << bit);
        }
}

UNIT_SUITE(proxy, UNIT_TEST(takes_lines), UNIT_TEST(refuses_lines), UNIT_TEST(takes_binary_headers),
           UNIT_TEST(refuses_binary_headers), UNIT_TEST(bears_any_byte));
