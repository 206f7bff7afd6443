/* What the versions share about attributes. */
#ifndef HY_SFTP_ATTRS_H
#define HY_SFTP_ATTRS_H

#include "hythe/plugin.h"

#include <stdint.h>

#define HY_ATTRS_EMPTY ((struct hythe_attrs){.struct_size = sizeof(struct hythe_attrs)})

/* Type and permissions as st_mode has them. A store that knows a file's type but no permissions gets the usual ones,
 * since clients take the type from here. 0 when neither is known. */
uint32_t hy_attrs_mode(const struct hythe_attrs *attrs);

#endif
