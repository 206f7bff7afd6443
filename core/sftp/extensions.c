/* The list sftp_extensions. */
#include "core/config/config.h"
#include "core/sftp/sftp.h"

#include <string.h>

static uint64_t bits_of(const char *word)
{
    uint64_t bits = 0;

    if (strcmp(word, "all") != 0)
        return hy_sftp_extension_of(word);
    for (unsigned i = 0; i < HY_REQUEST_COUNT; i++)
        if (hy_sftp_extension_name(i))
            bits |= UINT64_C(1) << i;
    return bits;
}

uint64_t hy_sftp_extensions_off(const char *const *list)
{
    uint64_t off = bits_of("all");

    for (; *list; list++)
        if (**list == '-')
            off |= bits_of(*list + 1);
        else
            off &= ~bits_of(*list);
    return off;
}

bool hy_sftp_extension_ok(const char *word, const char **near)
{
    const char *names[2 * HY_REQUEST_COUNT + 3];
    size_t n = 0;

    word += *word == '-';
    *near = NULL;
    if (bits_of(word))
        return true;
    names[n++] = "all";
    names[n++] = "check-file";
    for (unsigned i = 0; i < HY_REQUEST_COUNT; i++)
        if (hy_sftp_extension_name(i)) {
            names[n++] = hy_sftp_extension_name(i);
            names[n++] = hy_sftp_extension_wire(i);
        }
    names[n] = NULL;
    *near = hy_nearest(word, names);
    return false;
}
