/* hythed --hash-password. */
#ifndef HY_SERVER_HYTHED_PASSWORD_H
#define HY_SERVER_HYTHED_PASSWORD_H

/* Asks for a password, twice and unseen on a terminal, else for one line of standard input, and prints its hash.
 * Returns the program's exit status. */
int hythed_hash_password(void);

#endif
