/* A configuration of a test: text in a temporary file, and what the reader says of it. */
#ifndef HY_TESTS_CONFIG_FILE_H
#define HY_TESTS_CONFIG_FILE_H

#include "core/config/config.h"

/* What every working file has, in its first line. */
#define CONFIG_BASE "RootDirectory = \"/srv\"; SSHCertStore = \"/k\"; users = ( { name = \"u\"; } );\n"

struct config_dir {
    char path[64];
};

void config_dir_make(struct config_dir *dir);
void config_dir_remove(struct config_dir *dir); /* with the files in it */
void config_put(const struct config_dir *dir, const char *name, const char *text, size_t len);

/* Reads dir/name. Keys must begin with "ssh-" and hashes with "$". *said is what hy_problems_print() writes, without
 * the folder's name; to be freed. */
struct hy_config *config_get(const struct config_dir *dir, const char *name, bool tree_only, char **said);

/* A file with this text, of which the reader says nothing. */
struct hy_config *config_good(const char *text);

/* What the reader says of a file with this text, or "" when nothing; to be freed. */
char *config_said(const char *text, bool tree_only);

/* The file as hy_config_dump() writes it; to be freed. */
char *config_dumped(const struct hy_config *config);

#endif
