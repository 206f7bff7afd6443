/* An embedded server over a small tree, whose SSHUserAuthRequest is a function of the test, and clients of libssh. */
#ifndef HY_TESTS_LOGIN_BOX_H
#define HY_TESTS_LOGIN_BOX_H

#include "hythe/hythe.h"

#include <libssh/libssh.h>
#include <libssh/sftp.h>
#include <pthread.h>
#include <stdbool.h>

struct login_box {
    char dir[64]; /* "tree/users/bob/file" and "tree/users/bob/out", a link to "tree/secret" */
    struct hythe_server *server;
    void (*decide)(struct login_box *box, struct hythe_SSHUserAuthRequest *e);
    void (*connected)(struct login_box *box, const struct hythe_Connected *e); /* NULL: nothing */
    pthread_mutex_t lock;                                                      /* the rest */
    pthread_cond_t changed;
    char heard[4096]; /* "bob none:", a line for each event */
    char algorithm[64];
    char lines[65536]; /* of the log, at level 3 */
    bool released;     /* login_box_wait() returns */
};

/* Listens with the settings `more` besides its own. Users of the file: "u" with the password "secret". */
void login_box_begin(struct login_box *box, const char *more,
                     void (*decide)(struct login_box *box, struct hythe_SSHUserAuthRequest *e));
void login_box_end(struct login_box *box);

/* Config("name[connection]=value") */
void login_box_wish(struct login_box *box, uint64_t connection, const char *name, const char *value);
/* Whether something was logged; with `seconds`, after so long at most. */
bool login_box_logged(struct login_box *box, const char *text, unsigned seconds);
/* For a handler: holds its connection up until login_box_release(). */
void login_box_wait(struct login_box *box);
void login_box_release(struct login_box *box);

/* Connected, and nothing asked yet; leave it in any case. */
ssh_session login_client(const struct login_box *box, const char *user);
void login_leave(ssh_session client);
/* ssh_userauth_password(), which would wait on when the server has gone. */
int login_password(ssh_session client, const char *password);
/* "/home" or whatever realpath(".") is; "" for none. */
const char *login_home(ssh_session client, char out[256]);
/* Whether a file can be opened for reading. */
bool login_reads(ssh_session client, const char *path);

#endif
