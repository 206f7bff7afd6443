/* The passwd-file plugin's own declarations: a file of users as a table, which is exchanged when the file changes. */
#ifndef PASSWD_FILE_PASSWD_H
#define PASSWD_FILE_PASSWD_H

#include <hythe/plugin.h>

#include <stdbool.h>
#include <stddef.h>

/* One user. Strings lie in the table's text. */
struct pf_user {
    const char *name;
    const char *hash; /* NULL: no password fits */
    const char *home; /* NULL: none */
    unsigned line;
    bool bad; /* something in the line can't be used: nobody logs in by this name */
};

struct pf_table {
    struct pf_user *users; /* sorted by name */
    size_t count;
    char *text; /* the file, cut into strings */
    size_t text_len;
    const char *decoy; /* what is hashed with when there is no hash to check; in text or static */
};

/* Receives each line that can't be used. */
typedef void (*pf_complain_fn)(void *ctx, unsigned line, const char *why);

/* Makes a table of the text, which it takes: malloc'ed, with a NUL at text[len]. `fallback` is the decoy of a file
 * without hashes and must outlive the table. NULL: out of memory. */
struct pf_table *pf_table_new(char *text, size_t len, const char *fallback, pf_complain_fn complain, void *ctx);
void pf_table_free(struct pf_table *table);
const struct pf_user *pf_table_find(const struct pf_table *table, const char *name);

/* Whether crypt(3) makes such a hash by a method that is strong enough; NULL, or why not. */
const char *pf_hash_judge(const char *hash);
/* The length of the part of an accepted hash that fixes what it costs to compute. */
size_t pf_hash_cost_len(const char *hash);
/* 1 when the password has the hash, 0 when not, a negative errno when that can't be computed. */
int pf_hash_matches(const char *password, const char *hash);

#endif
