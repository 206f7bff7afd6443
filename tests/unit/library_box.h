/* A server of the library with its folder: a host key and a tree with one file. */
#ifndef TESTS_UNIT_LIBRARY_BOX_H
#define TESTS_UNIT_LIBRARY_BOX_H

#include "hythe/hythe.h"
#include "tests/unit/unit.h"

#include <libssh/libssh.h>

struct box {
    char dir[64];
    struct hythe_server *server;
};

void box_make(struct box *box);
void box_clear(struct box *box);
/* Loads what serves the tree on a port of the system's choice. The password of the user "u" is "secret".
 * more: further settings. */
void box_fill(struct box *box, const char *more);
/* where: it listens there instead. */
void box_fill_at(struct box *box, const char *where, const char *more);
/* user: settings of the user "u". */
void box_fill_for(struct box *box, const char *user, const char *more);

/* The number that a call returns, with the reason of another one shown. */
void box_ok(const struct box *box, int rc);
void box_fails(const struct box *box, int rc, int number, const char *reason);

/* What a setting or property is. */
void box_is(const struct box *box, const char *name, const char *value);
void box_come_down_to(const struct box *box, size_t connections);

/* A client that has connected as "u", at another address than 127.0.0.1, and one that has logged in, or NULL. */
ssh_session box_connect_at(const struct box *box, const char *address);
ssh_session box_connect(const struct box *box);
ssh_session box_enter(const struct box *box, const char *password);
void box_leave(ssh_session client);
/* What a client reads of "/file". */
void box_read(ssh_session client, char text[64]);

#endif
