/* The settings that a program has set one by one, or loaded: names and values, kept as what a file would be parsed to,
 * so that hy_config_read()'s checks and messages are those of a file. A store never changes: setting something makes
 * another one. */
#ifndef HY_CONFIG_STORE_H
#define HY_CONFIG_STORE_H

#include "core/config/config.h"
#include "core/config/table.h"

struct hy_store;

enum { HY_NO_INDEX = -1 };

/* Nothing is set. NULL: no memory. */
struct hy_store *hy_store_new(void);
/* What a file has or, if text isn't NULL, a text which is then called so. NULL with problems. */
struct hy_store *hy_store_load(const char *file, const char *text, const struct hy_config_rules *rules,
                               struct hy_problems *problems);
/* The same as `store` with the setting of a row (index HY_NO_INDEX) or one value of a list (from 0 on). *place is what
 * problems with it alone have. NULL with err. */
struct hy_store *hy_store_with(const struct hy_store *store, const struct hy_row *row, int64_t index, const char *value,
                               struct hy_place *place, struct hy_err *err);
void hy_store_free(struct hy_store *store); /* NULL is fine */

/* Checks it and makes a config of it, as hy_config_read() does of a file. What was set has no file as its place. */
struct hy_config *hy_store_read(const struct hy_store *store, const struct hy_config_rules *rules,
                                struct hy_problems *problems);

/* Whether rows of the table can be set one by one: what isn't a list of groups. */
bool hy_store_takes(const struct hy_row *row);

/* The value in effect of such a row, in the form in which it can be set, secrets as "***"; or of one value of a list.
 * To be wiped and freed. NULL with err. */
char *hy_store_value(const struct hy_config *config, const struct hy_row *row, int64_t index, struct hy_err *err);

#endif
