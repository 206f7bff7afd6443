/* What has a name for hythe_Config() and is no row of settings.def, or more than that: properties of the server, and
 * those of connections. */
#ifndef HY_LIBRARY_PROPERTY_H
#define HY_LIBRARY_PROPERTY_H

#include "core/library/internal.h"

#include <stdio.h>

enum hythe_shape { HYTHE_TEXT, HYTHE_NUMBER, HYTHE_BOOL };

struct hythe_property {
    const char *name;
    enum hythe_shape shape;
    /* Writes the value, or returns a number after hythe_fail(). connection: 0 of the server's. */
    int (*get)(struct hythe_server *server, const struct hythe_property *property, uint64_t connection, FILE *out);
    int (*set)(struct hythe_server *server, const struct hythe_property *property, uint64_t connection,
               const char *value); /* NULL: can only be read */
    size_t offset;                 /* for both to use */
};

/* The tables, each ended by a row without a name. */
extern const struct hythe_property hythe_of_server[], hythe_of_connection[];

/* Sets one value and takes it back: 0 with it as it is in effect, to be freed, or the reason why it can't be. */
int hythe_judge_value(struct hythe_server *server, const struct hy_row *row, const char *value, char **in_effect);

#endif
