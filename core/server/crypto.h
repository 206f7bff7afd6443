/* What OpenSSL is to be, for a whole process: of the programs' mains, not of the library. */
#ifndef HY_SERVER_CRYPTO_H
#define HY_SERVER_CRYPTO_H

#include "core/config/config.h"

/* Does what UseFIPSCompliantAPI and UseInternalSecurityAPI of a configuration file say. Before anything in the process
 * uses OpenSSL, once. 0, or -1 with a problem; what else is wrong with the file is left to its reader. */
int hy_crypto_begin(const char *file, struct hy_problems *problems);

#endif
