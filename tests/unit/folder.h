/* Files in the folder that a test made for itself. */
#ifndef TESTS_UNIT_FOLDER_H
#define TESTS_UNIT_FOLDER_H

#include "tests/unit/unit.h"

#include <fcntl.h>
#include <libssh/libssh.h>
#include <sys/stat.h>
#include <unistd.h>

/* To be freed. */
static inline char *folder_path(const char *dir, const char *name)
{
    char *path = NULL;

    CU_ASSERT_FATAL(asprintf(&path, "%s/%s", dir, name) > 0);
    return path;
}

static inline void folder_put(const char *dir, const char *name, const char *text)
{
    char *path = folder_path(dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    CU_ASSERT_FATAL(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    (void)close(fd);
    free(path);
}

/* A new host key, as "key". */
static inline void folder_put_key(const char *dir)
{
    char *path = folder_path(dir, "key");
    ssh_key key = NULL;

    CU_ASSERT_FATAL(ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) == SSH_OK);
    CU_ASSERT_FATAL(ssh_pki_export_privkey_file(key, NULL, NULL, NULL, path) == SSH_OK);
    CU_ASSERT_FATAL(chmod(path, 0600) == 0);
    ssh_key_free(key);
    free(path);
}

#endif
