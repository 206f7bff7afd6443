#include "core/server/about.h"

#include <hythe/plugin.h>
#include <libssh/libssh.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <zlib.h>

const char *hy_build_info(char *out, size_t size)
{
    (void)snprintf(out, size, "Hythe %s, plugin ABI %u.%u, libssh %s, %s, zlib %s, compiled by %s", HYTHE_VERSION,
                   HYTHE_ABI, HYTHE_ABI_MINOR, ssh_version(0), OpenSSL_version(OPENSSL_VERSION), zlibVersion(),
#ifdef __clang__
                   __VERSION__
#else
                   "gcc " __VERSION__
#endif
    );
    return out;
}

const char *hy_license_info(void)
{
    return "BSD-2-Clause; no key, no limits";
}
