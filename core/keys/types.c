#include "core/keys/internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HY_NO_JAVA \
    "Java's key stores aren't read; keytool -importkeystore -deststoretype pkcs12 makes a PFX file of one"
#define HY_NO_PUBLIC "a store of that type has no private key, which a host key needs"

static const struct hy_store_type types[] = {
#define HY_STORE(number, name, form, format, refusal) {number, #name, HY_FORM_##form, HY_FORMAT_##format, refusal},
#include "core/keys/types.def"
#undef HY_STORE
};

const struct hy_store_type *hy_store_type_find(const char *word)
{
    const char *name = strncmp(word, "cst", 3) == 0 ? word + 3 : word;
    char *end;
    long number = strtol(word, &end, 10);

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if ((end > word && !*end && number == types[i].number) || strcasecmp(name, types[i].name) == 0)
            return &types[i];
    return NULL;
}

const char *hy_store_type_name(const struct hy_store_type *type)
{
    return type->name;
}

const char *hy_store_type_refusal(const struct hy_store_type *type)
{
    return type->refusal;
}

const char *const *hy_store_type_names(void)
{
    static const char *const names[] = {
#define HY_STORE(number, name, form, format, refusal) #name,
#include "core/keys/types.def"
#undef HY_STORE
        NULL};

    return names;
}

/* Base64 that is longer than a name would be, and no absolute path: no key in base64 begins with a slash. */
static bool looks_encoded(const char *store)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n";

    return store[0] != '/' && strlen(store) >= 64 && !store[strspn(store, alphabet)];
}

/* A name of a file is one line and doesn't look like a key. */
bool hy_key_is_file(const struct hy_key_source *source)
{
    static const char *const beginnings[] = {
        "-----BEGIN ", "PuTTY-User-Key-File-", "{", "<", "---- BEGIN ", "ssh-rsa ", "ssh-ed25519 ", "ecdsa-sha2-nistp"};
    const char *store = source->store;

    if (!store[0])
        return false;
    if (source->type->form != HY_FORM_EITHER)
        return source->type->form == HY_FORM_FILE;
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (strncmp(store, beginnings[i], strlen(beginnings[i])) == 0)
            return false;
    return !strchr(store, '\n') && !looks_encoded(store);
}

const char *hy_key_label(const struct hy_key_source *source)
{
    return hy_key_is_file(source) ? source->store : source->setting;
}

bool hy_key_source_same(const struct hy_key_source *a, const struct hy_key_source *b)
{
    return a->type == b->type && strcmp(a->store, b->store) == 0 && strcmp(a->password, b->password) == 0 &&
           strcmp(a->subject, b->subject) == 0 && strcmp(a->encoded, b->encoded) == 0;
}
