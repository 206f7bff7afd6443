/* From the settings that list algorithms to what the transport is given. */
#ifndef HY_SERVER_ALGORITHMS_H
#define HY_SERVER_ALGORITHMS_H

#include "core/config/config.h"
#include "core/transport/ssh_algorithms.h"

/* A rule for hy_config_read(). */
bool hy_server_algorithm_ok(const char *setting, const char *name, struct hy_no_algorithm *no);

/* Each list as "a,b,c", to be freed one by one, whatever is returned. 0, or -1 without memory. */
int hy_server_join_lists(const struct hy_config *config, char *lists[HY_SSH_LISTS]);

#endif
