/* The RSAKeyValue of XML signatures with its private numbers, as .NET writes it. */
#include "core/keys/internal.h"

#include <expat.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

enum { FIELD_MAX = 4096, DEPTH_MAX = 16, FIELDS = 5 };

struct reading {
    XML_Parser parser;
    struct hy_buf text[FIELDS]; /* of Modulus, Exponent, D, P and Q, in base64 */
    int depth;
    int field; /* whose text comes now, or -1 */
    bool keys; /* an RSAKeyValue was there */
    bool bad;
};

static void give_up(struct reading *r)
{
    r->bad = true;
    (void)XML_StopParser(r->parser, XML_FALSE);
}

/* The name behind its prefix. */
static const char *local(const char *name)
{
    const char *colon = strrchr(name, ':');

    return colon ? colon + 1 : name;
}

static void on_start(void *u, const XML_Char *name, const XML_Char **attributes)
{
    static const char *const fields[FIELDS] = {"Modulus", "Exponent", "D", "P", "Q"};
    struct reading *r = u;

    (void)attributes;
    r->field = -1;
    for (int i = 0; i < FIELDS; i++)
        if (strcmp(local(name), fields[i]) == 0)
            r->field = i;
    if (strcmp(local(name), "RSAKeyValue") == 0) {
        if (r->keys)
            give_up(r); /* a second one */
        r->keys = true;
    }
    if (++r->depth > DEPTH_MAX || (r->field >= 0 && hy_buf_len(&r->text[r->field])))
        give_up(r);
}

static void on_end(void *u, const XML_Char *name)
{
    struct reading *r = u;

    (void)name;
    r->depth--;
    r->field = -1;
}

static void on_text(void *u, const XML_Char *s, int len)
{
    struct reading *r = u;

    if (r->field < 0)
        return;
    hy_buf_put(&r->text[r->field], s, (size_t)len);
    if (r->text[r->field].failed)
        give_up(r);
}

/* Without a document type there are no entities but XML's own. */
static void on_doctype(void *u, const XML_Char *name, const XML_Char *sysid, const XML_Char *pubid, int has_internal)
{
    (void)name, (void)sysid, (void)pubid, (void)has_internal;
    give_up(u);
}

/* What the parser frees is wiped. */
static void wiping_free(void *p)
{
    if (p)
        hy_wipe(p, malloc_usable_size(p));
    free(p);
}

static void *wiping_realloc(void *p, size_t size)
{
    void *next = malloc(size);
    size_t old = p ? malloc_usable_size(p) : 0;

    if (!next)
        return NULL;
    if (p)
        memcpy(next, p, old < size ? old : size);
    wiping_free(p);
    return next;
}

static bool parse(struct reading *r, struct hy_span data)
{
    static const XML_Memory_Handling_Suite memory = {malloc, wiping_realloc, wiping_free};
    bool ok;

    r->parser = XML_ParserCreate_MM(NULL, &memory, NULL);
    if (!r->parser)
        return false;
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_start, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
    ok = XML_Parse(r->parser, (const char *)data.p, (int)data.len, 1) == XML_STATUS_OK && !r->bad && r->keys;
    XML_ParserFree(r->parser);
    return ok;
}

static EVP_PKEY *key_of(const struct reading *r)
{
    uint8_t *bytes[FIELDS];
    size_t len[FIELDS] = {0};
    EVP_PKEY *key;

    for (int i = 0; i < FIELDS; i++)
        bytes[i] = hy_unbase64((struct hy_span){hy_buf_data(&r->text[i]), hy_buf_len(&r->text[i])}, &len[i]);
    key = hy_make_rsa(&(struct hy_rsa_parts){
        {bytes[0], len[0]}, {bytes[1], len[1]}, {bytes[2], len[2]}, {bytes[3], len[3]}, {bytes[4], len[4]}});
    for (int i = 0; i < FIELDS; i++)
        hy_bytes_free(bytes[i], len[i]);
    return key;
}

int hy_store_xml(struct hy_finding *f, struct hy_span data)
{
    struct reading r = {.field = -1};
    int rc = 0;

    for (int i = 0; i < FIELDS; i++) {
        hy_buf_init(&r.text[i], FIELD_MAX);
        if (!hy_buf_reserve(&r.text[i], FIELD_MAX))
            rc = hy_err_set(f->err, "out of memory");
    }
    if (!rc && !parse(&r, data))
        rc = hy_key_refuse(f, "it isn't the XML of an RSA key (RSAKeyValue)");
    else if (!rc && !hy_buf_len(&r.text[2]))
        f->public_key = true;
    else if (!rc)
        rc = hy_finding_key(f, key_of(&r), NULL, 0);
    for (int i = 0; i < FIELDS; i++) {
        if (r.text[i].data)
            hy_wipe(r.text[i].data, r.text[i].cap);
        hy_buf_free(&r.text[i]);
    }
    return rc;
}
