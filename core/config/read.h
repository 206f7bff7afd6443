/* Between the files of this folder: a configuration while it is read. */
#ifndef HY_CONFIG_READ_H
#define HY_CONFIG_READ_H

#include "core/config/arena.h"
#include "core/config/config.h"
#include "core/config/source.h"
#include "core/config/table.h"

#include <libconfig.h>

struct hy_reading {
    struct hy_config *config;
    struct hy_place *places; /* config->places */
    const struct hy_config_rules *rules;
    struct hy_problems *problems;
    size_t scanned;                 /* the first problems, which were found before libconfig saw the text */
    const struct hy_source *source; /* NULL: a tree from memory */
    const char *file;
    struct hy_prompt *prompts; /* KeyboardInteractivePromptPrompt and -Echo as they come, and how many of each */
    size_t prompt_texts, prompt_echoes;
    const struct hy_place *prompt_places; /* of the texts, in the same order */
    struct hy_user_config *users;         /* config->users, whose settings for all users are filled in at the end */
    bool parsed;                          /* libconfig could make sense of it */
    bool no_memory;
};

/* value.c: one setting, whatever it is of. `at` names it in complaints. */
struct hy_place hy_place_of(const struct hy_reading *r, const config_setting_t *at);
void hy_reading_add(struct hy_reading *r, struct hy_place place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool hy_value_bool(struct hy_reading *r, const config_setting_t *at, bool *out);
bool hy_value_int(struct hy_reading *r, const config_setting_t *at, const struct hy_row *row, int64_t *out);
/* NULL when it is no string; the bytes stay libconfig's. */
const char *hy_value_text(struct hy_reading *r, const config_setting_t *at);
/* The same, kept by the config; longer than max bytes is refused, 0: any length. */
const char *hy_value_string(struct hy_reading *r, const config_setting_t *at, size_t min, size_t max);
/* A string, or a number as text; NULL after a complaint. Kept by the config. */
const char *hy_value_word(struct hy_reading *r, const config_setting_t *at);
/* A NULL-terminated array of strings; split: a single string is cut at its commas. *places, if wanted, is an array of
 * where each was written. */
const char *const *hy_value_list(struct hy_reading *r, const config_setting_t *at, bool split,
                                 const struct hy_place **places);
/* A GLOBAL row's default or value into its field. */
void hy_value_default(struct hy_reading *r, const struct hy_row *row);
void hy_value_read(struct hy_reading *r, const config_setting_t *at, const struct hy_row *row);
/* Memory of the config; NULL after setting no_memory. */
void *hy_reading_alloc(struct hy_reading *r, size_t count, size_t size);

/* read.c: what hy_config_read() reads: a file; a text, which is called `file`; or a tree, each setting of which, or a
 * parent, has its struct hy_place as its hook. keep is called with the tree that a file or a text was. */
struct hy_input {
    const char *file, *text;
    const config_setting_t *root;
    void (*keep)(void *ctx, const struct hy_reading *r, const config_setting_t *root);
    void *ctx;
};
struct hy_config *hy_config_read_from(const struct hy_input *input, const struct hy_config_rules *rules,
                                      struct hy_problems *problems);

/* read.c: wipes the texts of a tree that is about to go: some are secrets. */
void hy_tree_wipe(const config_setting_t *at);

/* read.c: the row of a setting, or NULL after a complaint: unknown, or of a later build. */
const struct hy_row *hy_known(struct hy_reading *r, const config_setting_t *at, enum hy_section section);

/* syntax.c: complains of what libconfig couldn't parse. It stopped at that line of the text, twin: since a name was
 * there before. False: nothing was found. */
bool hy_syntax_explain(struct hy_reading *r, unsigned line, bool twin);

/* login.c: methods, factors, prompts. */
void hy_read_factors(struct hy_reading *r, const config_setting_t *at, struct hy_factors_config *factors);
void hy_read_all_factors(struct hy_reading *r, const config_setting_t *at);
void hy_read_prompt_texts(struct hy_reading *r, const config_setting_t *at);
void hy_read_prompt_echoes(struct hy_reading *r, const config_setting_t *at);
/* `methods` of a group of auth as bits; UINT32_MAX without it. */
uint32_t hy_read_methods(struct hy_reading *r, const config_setting_t *group);
void hy_check_login(struct hy_reading *r);

/* section.c: the lists of groups. */
void hy_read_users(struct hy_reading *r, const config_setting_t *at);
void hy_read_clients(struct hy_reading *r, const config_setting_t *at);
/* The groups of a list, complaining of what else is there. NULL at the end. */
const config_setting_t *hy_next_group(struct hy_reading *r, const config_setting_t *list, unsigned *i);
/* Room for the groups of a list; NULL after a complaint. */
void *hy_room_for(struct hy_reading *r, const config_setting_t *list, size_t size);
/* What a group must have; NULL after a complaint. */
const config_setting_t *hy_needed(struct hy_reading *r, const config_setting_t *group, const char *name,
                                  const char *what);
/* What of a group no row of the section names: settings of its plugin, *count of them. */
const struct hy_option *hy_read_options(struct hy_reading *r, const config_setting_t *group, enum hy_section section,
                                        size_t *count);
/* Whether the name of a user or a group (`what`) is one path component; complains if not. */
void hy_check_name(struct hy_reading *r, const config_setting_t *at, const char *what, const char *name);

/* listen.c: listeners, LocalHost and LocalPort too, and lists of addresses. */
void hy_read_listeners(struct hy_reading *r, const config_setting_t *at);
void hy_check_listeners(struct hy_reading *r);

/* certs.c: host keys. */
void hy_read_certs(struct hy_reading *r, const config_setting_t *at);
void hy_read_cert_lists(struct hy_reading *r, const config_setting_t *at);
void hy_read_cert_count(struct hy_reading *r, const config_setting_t *at);
void hy_check_keys(struct hy_reading *r);

/* tree.c: what the tree is made of. */
void hy_read_mounts(struct hy_reading *r, const config_setting_t *at);
void hy_read_auth(struct hy_reading *r, const config_setting_t *at);
void hy_read_groups(struct hy_reading *r, const config_setting_t *at);
/* The filters and mounts of a user or a group. */
void hy_read_profile(struct hy_reading *r, const config_setting_t *group, struct hy_profile_config *profile);
/* The character set of a mount's names, as its innermost filter; "": none. The text is copied. */
void hy_add_codepage(struct hy_reading *r, struct hy_mount_config *mount, const char *charset, struct hy_place place);
/* Twins among mounts and groups, groups that there are not, what holds for all users. */
void hy_check_tree(struct hy_reading *r);

/* check.c: complains of every name that was there before. `list` is sorted. */
struct hy_named {
    const char *name;
    struct hy_place place;
    size_t order; /* in the file */
};
void hy_find_twins(struct hy_reading *r, struct hy_named *list, size_t count, const char *what);

/* check.c: what no single value shows. */
void hy_check_config(struct hy_reading *r);
/* check_ssh.c: likewise, of SSH. */
void hy_check_ssh(struct hy_reading *r);
/* Whether a path is absolute and normal; complains if not. */
bool hy_check_path(struct hy_reading *r, struct hy_place place, const char *what, const char *path);

#endif
