#include "core/server/proxy.h"

#include <string.h>

static const uint8_t signature[12] = {'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};
static const char word[] = "PROXY ";

enum {
    FIRST = 15, /* bytes that every header has: "PROXY UNKNOWN\r\n", and less than version 2 begins with */
    LINE_MAX_BYTES = 107,
    HEAD = 16, /* of version 2: signature, version and command, family, length of the rest */
    COMMAND_AT = 12,
    FAMILY_AT = 13,
    LENGTH_AT = 14
};

static uint16_t u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

/* Takes the word up to the next blank, or to the end. */
static bool next_word(const char **text, const char *end, const char **start, size_t *len)
{
    const char *blank = *text < end ? memchr(*text, ' ', (size_t)(end - *text)) : NULL;

    *start = *text;
    *len = (size_t)((blank ? blank : end) - *text);
    *text = blank ? blank + 1 : end;
    return *len > 0;
}

static bool parse_port(const char *text, size_t len, uint16_t *out)
{
    unsigned n = 0;

    if (len > 5 || (len > 1 && text[0] == '0'))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        n = n * 10 + (unsigned)(text[i] - '0');
    }
    *out = (uint16_t)n;
    return n <= UINT16_MAX;
}

static bool parse_addr(const char *text, size_t len, bool wide, struct hy_addr *out)
{
    return !memchr(text, '%', len) && (memchr(text, ':', len) != NULL) == wide && hy_addr_parse(out, text, len);
}

/* What stands between "PROXY " and the end of the line. */
static bool parse_line(const char *text, const char *end, struct hy_proxy_client *out)
{
    const char *kind, *from, *to, *port, *to_port;
    size_t kind_len, from_len, to_len, port_len, to_port_len;
    struct hy_addr unused;
    uint16_t unused_port;

    if (!next_word(&text, end, &kind, &kind_len))
        return false;
    if (kind_len == 7 && memcmp(kind, "UNKNOWN", 7) == 0)
        return true;
    if (kind_len != 4 || memcmp(kind, "TCP", 3) != 0 || (kind[3] != '4' && kind[3] != '6'))
        return false;
    return next_word(&text, end, &from, &from_len) && next_word(&text, end, &to, &to_len) &&
           next_word(&text, end, &port, &port_len) && next_word(&text, end, &to_port, &to_port_len) &&
           to_port + to_port_len == end && parse_addr(from, from_len, kind[3] == '6', &out->addr) &&
           parse_addr(to, to_len, kind[3] == '6', &unused) && parse_port(port, port_len, &out->port) &&
           parse_port(to_port, to_port_len, &unused_port);
}

static int parse_1(const uint8_t *data, size_t len, struct hy_proxy_client *out, struct hy_err *err)
{
    const char *text = (const char *)data;

    const uint8_t *end = memchr(data, '\n', len);

    if (!end)
        return len < LINE_MAX_BYTES ? 1 : hy_err_set(err, "a PROXY line of more than %d bytes", LINE_MAX_BYTES);
    if (end != data + len - 1 || data[len - 2] != '\r' || !parse_line(text + sizeof word - 1, text + len - 2, out))
        return hy_err_set(err, "a malformed PROXY line");
    return 0;
}

static struct hy_addr addr_of(int family, const uint8_t *bytes)
{
    struct sockaddr_storage ss = {.ss_family = (sa_family_t)family};

    if (family == AF_INET)
        memcpy(&((struct sockaddr_in *)(void *)&ss)->sin_addr, bytes, 4);
    else
        memcpy(&((struct sockaddr_in6 *)(void *)&ss)->sin6_addr, bytes, 16);
    return hy_addr_of(&ss);
}

static int take_2(const uint8_t *data, size_t rest, struct hy_proxy_client *out, struct hy_err *err)
{
    static const struct {
        uint8_t kind; /* family and transport as one byte */
        int family;
        size_t port_at, size;
    } rows[] = {{0x11, AF_INET, 8, 12}, {0x21, AF_INET6, 32, 36}};

    if (data[COMMAND_AT] == 0x20 || data[FAMILY_AT] == 0x00) /* LOCAL; UNSPEC */
        return 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].kind != data[FAMILY_AT])
            continue;
        if (rest < rows[i].size)
            return hy_err_set(err, "a PROXY header of %zu bytes, which are too few for its addresses", rest);
        out->addr = addr_of(rows[i].family, data + HEAD);
        out->port = u16(data + HEAD + rows[i].port_at);
        return 0;
    }
    return hy_err_set(err, "a PROXY header for something else than TCP: 0x%02x", data[FAMILY_AT]);
}

static int parse_2(const uint8_t *data, size_t len, struct hy_proxy_client *out, struct hy_err *err)
{
    size_t rest;

    if (len < HEAD)
        return (int)(HEAD - len);
    if (data[COMMAND_AT] != 0x20 && data[COMMAND_AT] != 0x21)
        return hy_err_set(err, "a PROXY header of an unknown version or command: 0x%02x", data[COMMAND_AT]);
    rest = u16(data + LENGTH_AT);
    if (rest > HY_PROXY_MAX - HEAD)
        return hy_err_set(err, "a PROXY header of %zu bytes, which are too many", rest);
    if (len < HEAD + rest)
        return (int)(HEAD + rest - len);
    if (len > HEAD + rest)
        return hy_err_set(err, "bytes behind a PROXY header");
    return take_2(data, rest, out, err);
}

/* Whether the bytes can be the beginning of what `start` is. */
static bool begins(const uint8_t *data, size_t len, const void *start, size_t size)
{
    return memcmp(data, start, len < size ? len : size) == 0;
}

int hy_proxy_parse(const uint8_t *data, size_t len, struct hy_proxy_client *out, struct hy_err *err)
{
    bool line = begins(data, len, word, sizeof word - 1);
    int rc;

    *out = (struct hy_proxy_client){.port = 0};
    if (!line && !begins(data, len, signature, sizeof signature))
        return hy_err_set(err, "no PROXY header");
    if (len < FIRST)
        return (int)(FIRST - len);
    rc = line ? parse_1(data, len, out, err) : parse_2(data, len, out, err);
    if (rc)
        *out = (struct hy_proxy_client){.port = 0}; /* half of a line isn't believed */
    return rc;
}
