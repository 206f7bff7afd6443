/* Host keys: SSHCertStore and what belongs to it, AltSSHCert, and the lists AltSSHCertStore and so on. */
#include "core/config/read.h"

#include <string.h>

static struct hy_place place_of(const struct hy_reading *r, const char *name)
{
    return hy_config_place(r->config, name);
}

static struct hy_key_source nothing(void)
{
    return (struct hy_key_source){hy_store_type_find("Auto"), "", "", "", "", "", NULL};
}

/* What SSHCertStore and others have that come in numbers: "AltSSHCert[1]". */
static const char *indexed(struct hy_reading *r, const char *name, size_t index)
{
    char *text = hy_reading_alloc(r, strlen(name) + 24, 1);

    if (text)
        (void)snprintf(text, strlen(name) + 24, "%s[%zu]", name, index);
    return text ? text : name;
}

/* NULL after a complaint. */
static const struct hy_store_type *type_of(struct hy_reading *r, struct hy_place place, const char *name,
                                           const char *word)
{
    const struct hy_store_type *type = hy_store_type_find(word);
    const char *near = type ? NULL : hy_nearest(word, hy_store_type_names());

    if (!type && near)
        hy_reading_add(r, place, "%s: \"%s\" is not a type of store; did you mean %s?", name, word, near);
    else if (!type)
        hy_reading_add(r, place,
                       "%s: \"%s\" is not a type of store; there are Auto, PEMKeyFile, PFXFile, PPKFile, JWKFile, "
                       "XMLFile, and the same with Blob",
                       name, word);
    else if (hy_store_type_refusal(type))
        hy_reading_add(r, place, "%s: %s: %s", name, hy_store_type_name(type), hy_store_type_refusal(type));
    return type && !hy_store_type_refusal(type) ? type : NULL;
}

/* The string of a group's member into *out, which keeps what it has without one. */
static void read_member(struct hy_reading *r, const config_setting_t *group, const char *name, size_t min,
                        const char **out)
{
    const config_setting_t *at = config_setting_get_member(group, name);

    if (at)
        *out = hy_value_string(r, at, min, 0);
}

static void read_cert(struct hy_reading *r, const config_setting_t *group, struct hy_key_config *key)
{
    const config_setting_t *store = hy_needed(r, group, "Store", "a host key");
    const config_setting_t *type = config_setting_get_member(group, "StoreType");
    const char *word = type ? hy_value_word(r, type) : NULL;

    for (unsigned k = 0; k < (unsigned)config_setting_length(group); k++)
        (void)hy_known(r, config_setting_get_elem(group, k), HY_SECTION_CERT);
    key->source = nothing();
    key->place = hy_place_of(r, store ? store : group);
    read_member(r, group, "Store", 1, &key->source.store);
    read_member(r, group, "StorePassword", 0, &key->source.password);
    read_member(r, group, "Subject", 0, &key->source.subject);
    if (type)
        key->source.type = word ? type_of(r, hy_place_of(r, type), "StoreType", word) : NULL;
}

void hy_read_certs(struct hy_reading *r, const config_setting_t *list)
{
    struct hy_key_config *keys = hy_room_for(r, list, sizeof *keys);
    const config_setting_t *group;

    r->config->keys = keys;
    r->config->key_count = 0; /* lists may have been there before; hy_check_keys() complains */
    for (unsigned i = 0; keys && (group = hy_next_group(r, list, &i)) != NULL;) {
        struct hy_key_config *key = &keys[r->config->key_count++];

        read_cert(r, group, key);
        key->source.setting = indexed(r, "AltSSHCert", r->config->key_count - 1);
    }
}

/* An element of a list, or a setting that is no list as its only element. */
static const config_setting_t *element(const config_setting_t *at, size_t index)
{
    return config_setting_is_aggregate(at) ? config_setting_get_elem(at, (unsigned)index) : index ? NULL : at;
}

static size_t elements(const config_setting_t *at)
{
    return config_setting_is_aggregate(at) ? (size_t)config_setting_length(at) : 1;
}

/* A list beside AltSSHCertStore; NULL: there is none, or one of another length. */
static const config_setting_t *beside(struct hy_reading *r, const config_setting_t *stores, const char *name)
{
    const config_setting_t *at = config_setting_get_member(config_setting_parent(stores), name);

    if (!at || elements(at) == elements(stores))
        return at;
    hy_reading_add(r, hy_place_of(r, at), "%s has %zu values for the %zu of AltSSHCertStore", name, elements(at),
                   elements(stores));
    return NULL;
}

/* Says the same as the length of AltSSHCertStore, or nothing. */
void hy_read_cert_count(struct hy_reading *r, const config_setting_t *at)
{
    const config_setting_t *stores = config_setting_get_member(config_setting_parent(at), "AltSSHCertStore");
    long long count = stores ? (long long)elements(stores) : 0;

    if (!config_setting_is_number(at))
        hy_reading_add(r, hy_place_of(r, at), "AltSSHCertCount: a number is wanted");
    else if (config_setting_get_int64(at) != count && stores)
        hy_reading_add(r, hy_place_of(r, at), "AltSSHCertCount is %lld, and AltSSHCertStore has %lld values",
                       config_setting_get_int64(at), count);
    else if (config_setting_get_int64(at) != count)
        hy_reading_add(r, hy_place_of(r, at), "AltSSHCertCount is %lld, and there is no AltSSHCertStore",
                       config_setting_get_int64(at));
}

void hy_read_cert_lists(struct hy_reading *r, const config_setting_t *stores)
{
    const config_setting_t *types = beside(r, stores, "AltSSHCertStoreType");
    const config_setting_t *passwords = beside(r, stores, "AltSSHCertStorePassword");
    const config_setting_t *subjects = beside(r, stores, "AltSSHCertSubject");
    struct hy_key_config *keys = hy_reading_alloc(r, elements(stores), sizeof *keys);

    for (size_t i = 0; keys && i < elements(stores); i++) {
        const char *word = types ? hy_value_word(r, element(types, i)) : NULL;

        keys[i].source = nothing();
        keys[i].place = hy_place_of(r, element(stores, i));
        keys[i].source.setting = indexed(r, "AltSSHCertStore", i);
        keys[i].source.store = hy_value_string(r, element(stores, i), 1, 0);
        if (types)
            keys[i].source.type =
                word ? type_of(r, hy_place_of(r, element(types, i)), "AltSSHCertStoreType", word) : NULL;
        if (passwords)
            keys[i].source.password = hy_value_string(r, element(passwords, i), 0, 0);
        if (subjects)
            keys[i].source.subject = hy_value_string(r, element(subjects, i), 0, 0);
    }
    r->config->keys = keys;
    r->config->key_count = keys ? elements(stores) : 0;
}

/* The lists that say nothing without AltSSHCertStore, or something else than AltSSHCert. */
static void check_lists(struct hy_reading *r)
{
    static const char *const names[] = {"AltSSHCertStoreType", "AltSSHCertStorePassword", "AltSSHCertSubject"};

    if (place_of(r, "AltSSHCertStore").line && place_of(r, "AltSSHCert").line)
        hy_reading_add(r, place_of(r, "AltSSHCertStore"),
                       "AltSSHCertStore and AltSSHCert (line %u): keep one of the two", place_of(r, "AltSSHCert").line);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (place_of(r, names[i]).line && !place_of(r, "AltSSHCertStore").line)
            hy_reading_add(r, place_of(r, names[i]), "%s: there is no AltSSHCertStore that it could belong to",
                           names[i]);
}

static struct hy_key_config first_key(struct hy_reading *r)
{
    const struct hy_config *c = r->config;
    const char *setting = c->SSHCertStore[0] ? "SSHCertStore" : "SSHCertEncoded";
    const struct hy_store_type *type =
        type_of(r, place_of(r, "SSHCertStoreType"), "SSHCertStoreType", c->SSHCertStoreType);

    return (struct hy_key_config){
        {type, c->SSHCertStore, c->SSHCertStorePassword, c->SSHCertSubject, c->SSHCertEncoded, setting, NULL},
        place_of(r, setting)};
}

/* Puts SSHCertStore before the others. */
void hy_check_keys(struct hy_reading *r)
{
    struct hy_config *c = r->config;
    struct hy_key_config *keys = hy_reading_alloc(r, c->key_count + 1, sizeof *keys);
    size_t n = 0;

    check_lists(r);
    if (!keys)
        return;
    if (hy_config_first_key(c))
        keys[n++] = first_key(r);
    else
        (void)type_of(r, place_of(r, "SSHCertStoreType"), "SSHCertStoreType", c->SSHCertStoreType);
    if (c->key_count)
        memcpy(keys + n, c->keys, c->key_count * sizeof *keys);
    c->keys = keys;
    c->key_count += n;
    if (!c->key_count && !r->rules->tree_only)
        hy_reading_add(r, place_of(r, "SSHCertStore"),
                       "%s; set SSHCertStore to the file of one (ssh-keygen -t ed25519 -N '' -f FILE makes it) [%d]",
                       hy_error_text(HY_ERROR_HOST_KEY), HY_ERROR_HOST_KEY);
}

bool hy_config_first_key(const struct hy_config *config)
{
    return config->SSHCertStore[0] || config->SSHCertEncoded[0];
}
