/* Plugins that answer as they are told, under a policy, with a conversation. */
#ifndef HY_TESTS_AUTH_SCENE_H
#define HY_TESTS_AUTH_SCENE_H

#include "core/auth/auth.h"

/* A plugin that answers as it is told. */
struct fake {
    struct hythe_plugin plugin;
    struct hythe_auth auth;
    struct hy_instance instance;
    const char *knows; /* one name, or NULL */
    struct hythe_account account;
    unsigned emits; /* how often it hands its account over */
    int lookup_error, verdict;
    unsigned lookups, checks, ends, asks;
    bool keeps_state;
    const char *accepts; /* the one secret that it accepts, whatever verdict says of it; NULL: that holds */
    const struct hythe_prompt *prompts; /* emitted by check() and ask(), up to one with size 0; NULL: none */
    int ask_error, prompt_result;       /* what ask() answers; what its last prompt was answered */
    char heard[256];                    /* the answers that it was asked about, each with its place: "0/2:a" */
    bool last_known;
    char last_user[300], last_home[32], last_group[32], last_secret[64];
    struct hythe_factor last;
};

enum { ALL_METHODS = HY_METHOD_PASSWORD | HY_METHOD_PUBLICKEY | HY_METHOD_INTERACTIVE, PLUGINS = 2 };

/* A policy over two fakes, a log that keeps its lines, and a conversation. */
struct scene {
    struct fake fakes[PLUGINS];
    struct hy_auth_plugin plugins[PLUGINS];
    struct hy_auth_policy policy;
    struct hy_log log;
    char lines[16384];
    struct hy_conversation *c;
};

/* What a fake with prompts of its own has as instance.auth.ask. */
extern int (*const scene_ask)(const struct hythe_auth_call *call, const struct hythe_factor *factor);

void scene_begin(struct scene *s);
void scene_end(struct scene *s);
enum hy_verdict scene_give(struct scene *s, const char *user, size_t user_len, enum hy_method method,
                           const char *secret, size_t secret_len);
/* A dialogue that begins, and the answers to its prompts. */
enum hy_verdict scene_begin_dialogue(struct scene *s, const char *user);
enum hy_verdict scene_answers(struct scene *s, size_t count, const char *const *answers);
enum hy_verdict scene_password(struct scene *s, const char *user, const char *secret);
/* A line of a key, presented with or without a signature. */
enum hy_verdict scene_key(struct scene *s, const char *user, const char *line, bool verified);

#endif
