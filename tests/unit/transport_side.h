/* The SSH transport with a libssh client at the other end of a socket pair and an echo where SFTP would be. */
#ifndef HY_TESTS_TRANSPORT_SIDE_H
#define HY_TESTS_TRANSPORT_SIDE_H

#include "core/transport/ssh.h"
#include "tests/unit/unit.h"

#include <libssh/libssh.h>
#include <pthread.h>

/* The server's side: what the handler saw and what it answers. */
struct side {
    struct hy_ssh_server *ssh;
    struct hy_ssh_limits limits;
    struct hy_ssh_control control;
    struct hy_ssh_facts facts;
    atomic_bool drain, cut, rekey;
    int fd, peer;
    unsigned allowed, tries;
    char last_user[64], last_secret[64], version[128];
    size_t last_key_len;
    int opened, closed;
    bool hold, joined;
    size_t record;
    size_t (*input)(struct side *s, const uint8_t *data, size_t len); /* takes what is sent instead of the echo */
    unsigned inputs;                                                  /* for input */
    struct hy_err why;
    pthread_t thread;
};

/* A host key as text, to be freed. */
char *side_key(void);
/* Starts the server's side and returns a client that has done the key exchange. */
ssh_session side_begin(struct side *s, const char *user);
void side_finish(struct side *s, ssh_session client);
/* An sftp channel. */
ssh_channel side_subsystem(ssh_session client);
/* Sends len bytes while it reads the echo; returns how many came back unchanged. */
size_t side_echo(ssh_channel ch, size_t len);
/* The byte of what tests send that is at a position. */
uint8_t side_pattern(uint64_t at);

#endif
