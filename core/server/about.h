/* What the build is: the specification's BuildInfo and LicenseInfo. */
#ifndef HY_SERVER_ABOUT_H
#define HY_SERVER_ABOUT_H

#include <stddef.h>

/* Versions of the server, of its plugin ABI and of the libraries that it runs with, and what compiled it, in one line
 * that is cut off at size. Returns out. */
const char *hy_build_info(char *out, size_t size);

/* The licence, in one line. */
const char *hy_license_info(void);

#endif
