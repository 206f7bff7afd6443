#include "core/sftp/attrs.h"

static const struct {
    uint32_t bits, usual;
} types[] = {
    [HYTHE_TYPE_NONE] = {0, 0},
    [HYTHE_TYPE_REGULAR] = {0100000, 0644},
    [HYTHE_TYPE_DIRECTORY] = {0040000, 0755},
    [HYTHE_TYPE_SYMLINK] = {0120000, 0777},
    [HYTHE_TYPE_SPECIAL] = {0, 0600},
    [HYTHE_TYPE_UNKNOWN] = {0, 0600},
    [HYTHE_TYPE_SOCKET] = {0140000, 0600},
    [HYTHE_TYPE_CHAR_DEVICE] = {0020000, 0600},
    [HYTHE_TYPE_BLOCK_DEVICE] = {0060000, 0600},
    [HYTHE_TYPE_FIFO] = {0010000, 0600},
};

uint32_t hy_attrs_mode(const struct hythe_attrs *attrs)
{
    uint32_t type = attrs->valid & HYTHE_ATTR_TYPE ? attrs->type : HYTHE_TYPE_NONE;

    if (type >= sizeof types / sizeof types[0])
        type = HYTHE_TYPE_UNKNOWN;
    return types[type].bits | (attrs->valid & HYTHE_ATTR_MODE ? attrs->mode & 07777 : types[type].usual);
}
