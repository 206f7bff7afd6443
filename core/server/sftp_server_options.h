/* The command line of hythe-sftp-server: the options of OpenSSH's sftp-server, and two of its own. */
#ifndef HY_SERVER_SFTP_SERVER_OPTIONS_H
#define HY_SERVER_SFTP_SERVER_OPTIONS_H

#include "core/base/err.h"
#include "core/base/log.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum hy_standin_action { HY_STANDIN_SERVE, HY_STANDIN_USAGE, HY_STANDIN_REQUESTS };

/* Strings are those of argv. */
struct hy_standin_options {
    enum hy_standin_action action;
    bool to_stderr;          /* -e */
    bool read_only;          /* -R */
    const char *start;       /* -d, with its tokens; NULL: none */
    int facility;            /* -f, as syslog(3) has it */
    bool silent;             /* -l QUIET or FATAL: nothing of what the engine says */
    enum hy_log_level level; /* -l */
    bool has_umask;
    mode_t umask;     /* -u */
    uint64_t denied;  /* -P and -p: bits over enum hy_sftp_request */
    const char *config, *plugins;
};

/* 0, or -1 with err, which names the option and what it may be. */
int hy_standin_parse(struct hy_standin_options *options, int argc, char **argv, struct hy_err *err);

void hy_standin_usage(FILE *out);

/* Writes -d's directory to out (size bytes): %d becomes home, %u user, %% one %; a ~ at the start becomes home. */
int hy_standin_expand(char *out, size_t size, const char *start, const char *home, const char *user,
                      struct hy_err *err);

#endif
