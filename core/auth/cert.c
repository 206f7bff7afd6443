#include "core/auth/cert.h"

#include "core/auth/key.h"
#include "core/auth/keyline.h"
#include "core/auth/signature.h"
#include "core/base/addr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ROLE_USER = 1, ROLE_HOST = 2 };

static const struct cert_type {
    const char *name, *key;
} cert_types[] = {
    {"ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519"},
    {"ecdsa-sha2-nistp256-cert-v01@openssh.com", "ecdsa-sha2-nistp256"},
    {"ecdsa-sha2-nistp384-cert-v01@openssh.com", "ecdsa-sha2-nistp384"},
    {"ecdsa-sha2-nistp521-cert-v01@openssh.com", "ecdsa-sha2-nistp521"},
    {"ssh-rsa-cert-v01@openssh.com", "ssh-rsa"},
    {"sk-ssh-ed25519-cert-v01@openssh.com", "sk-ssh-ed25519@openssh.com"},
    {"sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"},
};

static const struct cert_type *type_of(struct hy_reader *r)
{
    size_t len;
    const uint8_t *name = hy_get_string(r, &len);

    for (size_t i = 0; name && i < sizeof cert_types / sizeof *cert_types; i++)
        if (len == strlen(cert_types[i].name) && memcmp(name, cert_types[i].name, len) == 0)
            return &cert_types[i];
    return NULL;
}

bool hy_cert_is(const uint8_t *blob, size_t len)
{
    struct hy_reader r = hy_reader_of(blob, len);

    return type_of(&r) != NULL;
}

/* ---- Reading ---- */

/* A string of r with a NUL behind it, at *at, which goes on behind it. NULL: cut off, or a NUL inside. */
static const char *get_text(struct hy_reader *r, char **at)
{
    size_t len;
    const uint8_t *p = hy_get_string(r, &len);
    char *text = *at;

    if (!p || memchr(p, '\0', len))
        return NULL;
    memcpy(text, p, len);
    text[len] = '\0';
    *at += len + 1;
    return text;
}

static const char *read_principals(struct hy_cert *cert, struct hy_reader *r, char **at)
{
    struct hy_reader part = hy_get_part(r);
    size_t count = 0;

    while (!part.failed && hy_reader_left(&part)) {
        if (count == HY_CERT_PRINCIPALS_MAX)
            return "more than 256 principals";
        cert->principals[count] = get_text(&part, at);
        if (!cert->principals[count++])
            return "a malformed list of principals";
    }
    cert->facts.principals = cert->principals;
    return NULL;
}

/* Reads the key between nonce and serial, and makes a blob of its own of it at *at. */
static const char *read_key(struct hy_cert *cert, struct hy_reader *r, const char *type, char **at)
{
    const uint8_t *start = r->p;
    const char *why = hy_key_get(r, type, strlen(type));
    size_t len = (size_t)(r->p - start), type_len = strlen(type);
    uint8_t *blob = (uint8_t *)*at;

    if (why)
        return why;
    hy_put_be32(blob, (uint32_t)type_len);
    memcpy(blob + 4, type, type_len);
    memcpy(blob + 4 + type_len, start, len);
    cert->key = blob;
    cert->key_len = 4 + type_len + len;
    *at += cert->key_len;
    return NULL;
}

static const char *read_all(struct hy_cert *cert, const uint8_t *blob, size_t len, char *at)
{
    struct hy_reader r = hy_reader_of(blob, len), authority;
    const struct cert_type *type = type_of(&r);
    const char *why;

    if (!type)
        return "of an unknown type";
    (void)hy_get_part(&r); /* nonce */
    why = read_key(cert, &r, type->key, &at);
    if (why)
        return why;
    cert->facts.serial = hy_get_u64(&r);
    cert->role = hy_get_u32(&r);
    cert->facts.key_id = get_text(&r, &at);
    if (!cert->facts.key_id)
        return "a malformed key id";
    why = read_principals(cert, &r, &at);
    if (why)
        return why;
    cert->facts.valid_after = hy_get_u64(&r);
    cert->facts.valid_before = hy_get_u64(&r);
    cert->options = hy_get_part(&r);
    cert->extensions = hy_get_part(&r);
    (void)hy_get_part(&r); /* reserved */
    authority = hy_get_part(&r);
    cert->blob = blob;
    cert->signed_len = (size_t)(r.p - blob);
    cert->signature = hy_get_part(&r);
    if (r.failed || hy_reader_left(&r))
        return r.failed ? "cut off" : "bytes behind its end";
    cert->facts.ca = authority.p;
    cert->facts.ca_len = hy_reader_left(&authority);
    return hy_key_blob_ok(cert->facts.ca, cert->facts.ca_len) ? NULL
                                                              : "its authority's key is of a type or strength "
                                                                "that isn't accepted here";
}

int hy_cert_read(struct hy_cert *cert, const uint8_t *blob, size_t len, struct hy_err *err)
{
    const char *why = "out of memory";

    *cert = (struct hy_cert){.facts = {.size = sizeof cert->facts}};
    /* Every string is taken out of the blob once: its length there makes room for its NUL. */
    cert->store = malloc(len + 1);
    if (cert->store)
        why = read_all(cert, blob, len, cert->store);
    if (!why)
        return 0;
    hy_cert_free(cert);
    return hy_err_set(err, "%s", why);
}

void hy_cert_free(struct hy_cert *cert)
{
    free(cert->store);
    *cert = (struct hy_cert){0};
}

/* ---- Judging ---- */

/* Lists of addresses and networks: neither wildcards nor exceptions, as OpenSSH reads it. */
static const char *source_address(const char *list, const char *address)
{
    struct hy_addr from;

    if (!hy_addr_parse(&from, address, strlen(address)) || strpbrk(list, "!*?"))
        return "can't be held against the client's address";
    switch (hy_addr_judge_text(list, &from)) {
    case HY_ADDR_LISTED:
        return NULL;
    case HY_ADDR_MALFORMED:
        return "isn't a list of addresses and networks";
    default:
        return "doesn't have the client's address";
    }
}

static const char *force_command(const char *command, const char *address)
{
    (void)address;
    return hy_key_command_ok(command) ? NULL : "names a command that isn't SFTP";
}

static const char *verify_required(const char *value, const char *address)
{
    (void)value, (void)address;
    return "asks for what can't be seen here: whether a security key verified its user";
}

static const struct {
    const char *name;
    const char *(*check)(const char *value, const char *address);
} critical[] = {
    {"source-address", source_address},
    {"force-command", force_command},
    {"verify-required", verify_required},
};

/* The one string inside of an option's data, or "" of one without; malloc'ed, NULL when malformed. */
static char *value_of(struct hy_reader data)
{
    struct hy_reader inner = hy_reader_left(&data) ? hy_get_part(&data) : data;

    if (inner.failed || data.failed || hy_reader_left(&data) ||
        (hy_reader_left(&inner) && memchr(inner.p, '\0', hy_reader_left(&inner))))
        return NULL;
    return strndup((const char *)inner.p, hy_reader_left(&inner));
}

static int judge_option(struct hy_reader name, struct hy_reader data, const char *address, struct hy_err *err)
{
    const char *why = "is unknown here";
    char *value = value_of(data);

    for (size_t i = 0; value && i < sizeof critical / sizeof *critical; i++)
        if (hy_reader_left(&name) == strlen(critical[i].name) &&
            memcmp(name.p, critical[i].name, hy_reader_left(&name)) == 0)
            why = critical[i].check(value, address);
    free(value);
    if (!value)
        why = "is malformed";
    if (!why)
        return 0;
    return hy_err_set(err, "its critical option \"%.*s\" %s", (int)hy_reader_left(&name), (const char *)name.p, why);
}

static int judge_options(const struct hy_cert *cert, const char *address, struct hy_err *err)
{
    struct hy_reader r = cert->options;

    while (!r.failed && hy_reader_left(&r)) {
        struct hy_reader name = hy_get_part(&r), data = hy_get_part(&r);

        if (!r.failed && judge_option(name, data, address, err))
            return -1;
    }
    for (struct hy_reader e = cert->extensions; !r.failed && hy_reader_left(&e); r.failed = e.failed) {
        (void)hy_get_part(&e);
        (void)hy_get_part(&e);
    }
    return r.failed ? hy_err_set(err, "malformed options") : 0;
}

int hy_cert_judge(const struct hy_cert *cert, const char *address, int64_t now, struct hy_err *err)
{
    uint64_t time = now > 0 ? (uint64_t)now : 0;
    const char *why;

    if (cert->role != ROLE_USER)
        return hy_err_set(err, cert->role == ROLE_HOST ? "it is a host's" : "it is neither a user's nor a host's");
    if (time < cert->facts.valid_after)
        return hy_err_set(err, "it isn't valid yet");
    if (time >= cert->facts.valid_before)
        return hy_err_set(err, "it has expired");
    if (!cert->principals[0])
        return hy_err_set(err, "it names no principals, and one for everybody isn't accepted");
    if (judge_options(cert, address, err))
        return -1;
    /* Last, since it takes by far the longest. */
    why = hy_signature_check(cert->facts.ca, cert->facts.ca_len, cert->signature.p, hy_reader_left(&cert->signature),
                             cert->blob, cert->signed_len);
    return why ? hy_err_set(err, "%s", why) : 0;
}
