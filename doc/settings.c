/* Writes the settings part of hythe.cfg(5) from the settings table. */
#include "core/config/config.h"

int main(void)
{
    hy_config_manual(stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}
