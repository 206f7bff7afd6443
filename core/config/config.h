/* The operator's file: read by libconfig, checked against settings.def, kept as plain structs. Reading collects every
 * error of the file instead of stopping at the first. */
#ifndef HY_CONFIG_CONFIG_H
#define HY_CONFIG_CONFIG_H

#include "core/base/err.h"
#include "core/config/methods.h"
#include "core/keys/keys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct hy_arena; /* arena.h */

/* Where a value was written; file is owned by the config. */
struct hy_place {
    const char *file;
    unsigned line;
};

/* A value of a key that the core itself has no row for: a plugin's setting, checked by core/plugin when the plugin's
 * own rows are known. */
enum hy_value_type {
    HY_VALUE_BOOL,
    HY_VALUE_INT,
    HY_VALUE_STRING,
    HY_VALUE_OTHER, /* a group, a float, a list that isn't of strings alone */
    HY_VALUE_LIST   /* of strings, maybe none */
};
struct hy_option {
    const char *name;
    enum hy_value_type type;
    int64_t number;   /* BOOL and INT */
    const char *text; /* STRING */
    struct hy_place place;
    const char *const *list;       /* LIST: NULL-terminated */
    const struct hy_place *places; /* LIST: of each string */
};

/* { plugin = "read-only"; ... } of filters, or { plugin = "users"; } of auth. */
struct hy_filter_config {
    const char *plugin; /* a name, checked to be one: letters, digits, `-` and `_` */
    const struct hy_option *options;
    size_t option_count;
    struct hy_place place;
    uint32_t methods; /* of auth, `methods`: what it is asked about, HY_METHOD_*; UINT32_MAX: all that it offers */
};

/* set_attributes, in the order of its words. */
enum hy_set_attributes { HY_SET_APPLY, HY_SET_IGNORE_UNSUPPORTED, HY_SET_IGNORE };

/* { path = "/pub"; plugin = "local-root"; ... } or RootDirectory, which is the same for "/". */
struct hy_mount_config {
    const char *path;   /* normal */
    const char *plugin; /* a name, as a filter's */
    const struct hy_option *options;
    size_t option_count;
    const struct hy_filter_config *filters; /* outermost first; with codepage the last is the core's, which has it */
    size_t filter_count;
    const char *codepage; /* CodePage of the mount or of all; NULL: none */
    enum hy_set_attributes set_attributes;
    struct hy_place place;
};

/* What a user or a group brings along. */
struct hy_profile_config {
    const struct hy_filter_config *filters; /* before everything that these users do, outermost first */
    size_t filter_count;
    const struct hy_mount_config *mounts; /* at paths of the user's view */
    size_t mount_count;
};

struct hy_group_config {
    const char *name; /* one path component */
    struct hy_profile_config profile;
    struct hy_place place;
};

/* LocalHost and LocalPort, or { LocalHost = "::"; LocalPort = 2222; } of listen. */
struct hy_listen_config {
    const char *host; /* an address, a name or "" */
    int64_t port;
    bool proxy; /* proxy_protocol */
    struct hy_place place;
};

/* A host key: SSHCertStore, one of AltSSHCert, or one of AltSSHCertStore. */
struct hy_key_config {
    struct hy_key_source source;
    struct hy_place place;
};

/* `factors` of a user or of all: "publickey,password" and so on, each checked. */
struct hy_factors_config {
    const char *const *sets; /* NULL-terminated; NULL: not given */
    const struct hy_place *places;
};

struct hy_user_config {
    const char *name;
    const char *password;      /* crypt(5), or NULL */
    const char *const *keys;   /* NULL-terminated; may be NULL */
    const char *home;          /* HomeDir, normal, or NULL */
    const char *user_root;     /* UserRootDirectory, the user's or that of all, normal; NULL: neither is given */
    bool restrict_to_home;     /* RestrictUserToHomeDir, likewise; home isn't NULL then */
    int64_t version;           /* ProtocolVersion; 0: not given */
    const char *const *groups; /* names that are among the config's groups, NULL-terminated; NULL: none */
    struct hy_factors_config factors;
    struct hy_profile_config profile;
    struct hy_place place;
    struct hy_place home_place, user_root_place, restrict_place, groups_place; /* line 0: not in the file */
};

/* { client = "WinSCP*"; ProtocolVersion = 5; } of client_versions. */
struct hy_client_config {
    const char *client; /* a pattern of fnmatch(3) */
    int64_t version;    /* 3 to 6 */
};

struct hy_config {
    /* One field per HY_GLOBAL row of settings.def, named as the row: BOOL bool, INT and SIZE int64_t, STRING, WORD
     * and SECRET const char * (never NULL), LIST const char *const * (NULL-terminated, never NULL). RootDirectory is
     * also among mounts, LocalHost and LocalPort among listeners, SSHCertStore and AltSSHCert are keys. */
#define HY_BOOL bool
#define HY_INT int64_t
#define HY_SIZE int64_t
#define HY_STRING const char *
#define HY_WORD const char *
#define HY_SECRET const char *
#define HY_LIST const char *const *
#define HY_GLOBAL(name, type, change, min, max, fallback, help) HY_##type name;
#define HY_KEY(name, section, type, help)
#define HY_REFUSED(name, section, why)
#include "core/config/settings.def"
#undef HY_GLOBAL
#undef HY_KEY
#undef HY_REFUSED
#undef HY_BOOL
#undef HY_INT
#undef HY_SIZE
#undef HY_STRING
#undef HY_WORD
#undef HY_SECRET
#undef HY_LIST
    const struct hy_listen_config *listeners; /* LocalHost and LocalPort first, if local_listener */
    size_t listener_count;
    bool local_listener;
    const struct hy_mount_config *mounts;
    size_t mount_count;
    const struct hy_key_config *keys; /* SSHCertStore first */
    size_t key_count;
    const struct hy_group_config *groups;
    size_t group_count;
    const struct hy_filter_config *auth; /* who knows the users, in order; never none */
    size_t auth_count;
    const struct hy_user_config *users;
    size_t user_count;
    struct hy_factors_config factors;    /* of users without any of their own */
    const struct hy_sequence *sequences; /* the same, read */
    size_t sequence_count;
    const struct hy_prompt *prompts; /* of keyboard-interactive; never none */
    size_t prompt_count;
    const struct hy_client_config *clients; /* client_versions, in their order */
    size_t client_count;
    const struct hy_place *places; /* of the rows of settings.def; see hy_config_place() */
    struct hy_arena *arena;        /* owns every string and array above */
};

/* How what is said of a place begins: "file:7: ", or "" where no file says it. Returns out. */
enum { HY_PLACE_TEXT = 4096 };
const char *hy_place_said(struct hy_place place, char out[HY_PLACE_TEXT]);

/* One complaint about the file. */
struct hy_problem {
    struct hy_place place; /* line 0: the file as a whole */
    const char *text;
    int number; /* of the specification, or a negative errno; 0: none */
};

/* Starts as {0}. */
struct hy_problems {
    struct hy_problem *items;
    size_t count;
    bool lost;              /* memory was short: at least one complaint is missing */
    struct hy_arena *arena; /* owns the texts and the names of files */
};

/* What is to be said of a name that can't stand in a list of algorithms. */
struct hy_no_algorithm {
    const char *why;       /* one sentence; NULL: nobody knows the name */
    const char *names[40]; /* those that can, NULL-terminated */
};

/* What the reader can't judge itself, and who is asking. */
struct hy_config_rules {
    /* Whether this build can check the key or the hash, and a reason if not; see core/auth. NULL: anything goes. */
    bool (*public_key_ok)(const char *line, const char **why);
    /* Whether a word may stand in sftp_extensions, and the most similar one, or NULL; see core/sftp. NULL: likewise. */
    bool (*extension_ok)(const char *word, const char **near);
    /* Whether a name can stand in a setting that lists algorithms. Those of a default that can't are left out. NULL:
     * likewise. */
    bool (*algorithm_ok)(const char *setting, const char *name, struct hy_no_algorithm *no);
    bool (*password_hash_ok)(const char *hash, const char **why);
    bool partial;    /* return what was understood of a file with problems: to look for more of them, not to serve */
    bool asked_who;  /* the program says who may log in: users may be missing */
    bool asked_what; /* the program says what there is where nothing is mounted: mounts may be missing */
    bool tree_only;  /* the program neither listens nor logs in: host keys and users may be missing */
};

/* Reads and checks a file and what it includes (a name in @include is relative to the folder of the file that says
 * it). Returns the config, or NULL with at least one problem: problems are never fatal one by one, so that an operator
 * sees all of them. Free both. */
struct hy_config *hy_config_read(const char *file, const struct hy_config_rules *rules, struct hy_problems *problems);
void hy_config_free(struct hy_config *config);

/* Whether a server that runs with `now`, and listens or not, could go on with `next`: adds a problem, at its place in the
 * file of `next`, for each setting that differs and needs a restart. 0 or -1. */
int hy_config_may_follow(const struct hy_config *now, const struct hy_config *next, bool listening,
                         struct hy_problems *problems);

/* Where the setting `name` of the file's top level was written; line 0 when it has its default. */
struct hy_place hy_config_place(const struct hy_config *config, const char *name);

/* Whether a text can be the name of a plugin in a configuration: letters, digits, - and _. */
bool hy_is_plugin_name(const char *s);

/* Whether a text can be the name of a host. */
bool hy_is_host_name(const char *text);

/* Whether the first of keys is SSHCertStore's (or SSHCertEncoded's), not a further one. */
bool hy_config_first_key(const struct hy_config *config);

/* ServerEOL as bytes; NULL only of a file with problems. */
const char *hy_config_eol(const struct hy_config *config);

/* The group or the user of a name, or NULL. */
const struct hy_group_config *hy_config_group(const struct hy_config *config, const char *name);
const struct hy_user_config *hy_config_user(const struct hy_config *config, const char *name);

/* Adds a complaint; the name of the file is copied. */
void hy_problems_add(struct hy_problems *problems, struct hy_place place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same of a failure that was told already. */
void hy_problems_add_err(struct hy_problems *problems, struct hy_place place, const struct hy_err *err);
/* Whether there is one about this place: what a wrong value leads to needn't be said, too. */
bool hy_problems_at(const struct hy_problems *problems, struct hy_place place);
/* Sorts them by file and line and writes each as `file:line: text`. */
void hy_problems_print(struct hy_problems *problems, FILE *out);
void hy_problems_free(struct hy_problems *problems);

/* Says whether a plugin's setting must not be shown. */
struct hy_config_secrets {
    bool (*hides)(void *ctx, const char *plugin, const char *setting);
    void *ctx;
};

/* All values in effect, as a file that loads again; passwords, hashes and what `secrets` hides as "***" and commented
 * out. A setting of a plugin whose name sounds like a secret is hidden in any case; without `secrets` (NULL) that is
 * all that is known of it. */
void hy_config_dump(const struct hy_config *config, const struct hy_config_secrets *secrets, FILE *out);
/* The rows of settings.def: name, type, range, default, help; those of later builds marked so. */
void hy_config_list(FILE *out);
/* The same as an mdoc or man section for hythe.cfg(5). */
void hy_config_manual(FILE *out);

/* Numbers and truths as text: "64M" (K, M, G: powers of 1024) and "yes", "no", "true", "false", "1", "0" in any case.
 * false when it isn't one or doesn't fit. */
bool hy_parse_size(const char *text, int64_t *out);
bool hy_parse_bool(const char *text, bool *out);

/* The name of `names` (NULL-terminated) that is nearest to `word`, or NULL when none is near. */
const char *hy_nearest(const char *word, const char *const *names);

#endif
