/* The header of the PROXY protocol, version 1 (a line) or 2 (binary), with which a proxy says for whom it connects. */
#ifndef HY_SERVER_PROXY_H
#define HY_SERVER_PROXY_H

#include "core/base/addr.h"
#include "core/base/err.h"

enum { HY_PROXY_MAX = 4096 }; /* bytes of a header that are taken, with all that proxies add to version 2 */

struct hy_proxy_client {
    struct hy_addr addr; /* family 0: the connection is the proxy's own (LOCAL, UNKNOWN, UNSPEC) */
    uint16_t port;
};

/* Looks at the len bytes that were received so far. 0: they are a header, and nothing but it, which *out is made of.
 * More: as many further bytes belong to it in any case, and so may be received. -1 with err: it will be none. */
int hy_proxy_parse(const uint8_t *data, size_t len, struct hy_proxy_client *out, struct hy_err *err);

#endif
