/* The answers of a server as text for a terminal. */
#ifndef HY_SERVER_HYTHECTL_SHOW_H
#define HY_SERVER_HYTHECTL_SHOW_H

#include <jansson.h>
#include <stdio.h>

/* Of the command that was asked for. What an answer lacks is shown as nothing. */
void hythectl_show(const char *command, const json_t *answer, FILE *out);

/* Bytes as 999, 1.2K, 34M; seconds as 5s, 12m, 3h05, 2d04. */
enum { HYTHECTL_SHORT = 24 };
const char *hythectl_size(json_int_t bytes, char out[static HYTHECTL_SHORT]);
const char *hythectl_span(json_int_t seconds, char out[static HYTHECTL_SHORT]);

/* Rows of cells in columns as wide as they need to be; the last one is open. */
enum { HYTHECTL_COLUMNS = 9 };
struct hythectl_row {
    char *cells[HYTHECTL_COLUMNS]; /* NULL: empty */
    char *below;                   /* lines of their own, each with its newline; NULL: none */
};
void hythectl_table(const struct hythectl_row *rows, size_t count, FILE *out);

#endif
