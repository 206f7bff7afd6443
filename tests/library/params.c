#include "tests/library/params.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

enum kind { U32, U64, I32, I64, SIZE, TEXT, ARRAY, DATA, ATTRIBUTES };

struct param {
    const char *name;
    enum kind kind;
    size_t at;
    size_t room;      /* ARRAY: its bytes */
    size_t length_at; /* DATA: where its length is */
};

#define AT(type, name) offsetof(struct type, name)
#define P(type, name, kind) \
    { \
#name, kind, AT(type, name), sizeof(((struct type *)NULL)->name), 0 \
    }
#define D(type, name, length) \
    { \
#name, DATA, AT(type, name), 0, AT(type, length) \
    }
#define END \
    { \
        NULL, U32, 0, 0, 0 \
    }

#define A hythe_event_attributes
static const struct param of_attributes[] = {P(A, valid, U32),
                                             P(A, FileType, U32),
                                             P(A, FileSize, U64),
                                             P(A, FileOwner, ARRAY),
                                             P(A, FileGroup, ARRAY),
                                             P(A, FilePermissions, U32),
                                             P(A, FileATime, I64),
                                             P(A, FileCreateTime, I64),
                                             P(A, FileMTime, I64),
                                             P(A, FileAttribBits, U32),
                                             P(A, FileAttribBitsValid, U32),
                                             P(A, OtherAttributes, ARRAY),
                                             END};
#undef A

#define E hythe_Connected
static const struct param of_Connected[] = {
    P(E, ConnectionId, U64), P(E, StatusCode, I32),     P(E, Description, TEXT),  P(E, CertStoreType, U32),
    P(E, CertStore, ARRAY),  P(E, CertPassword, ARRAY), P(E, CertSubject, ARRAY), END};
#undef E
#define E hythe_ConnectionRequest
static const struct param of_ConnectionRequest[] = {P(E, Address, TEXT), P(E, Port, U32), P(E, Accept, U32), END};
#undef E
#define E hythe_DirCreate
static const struct param of_DirCreate[] = {P(E, ConnectionId, U64),
                                            P(E, User, TEXT),
                                            P(E, Path, ARRAY),
                                            P(E, attributes, ATTRIBUTES),
                                            P(E, BeforeExec, U32),
                                            P(E, StatusCode, U32),
                                            END};
#undef E
#define E hythe_DirList
static const struct param of_DirList[] = {P(E, ConnectionId, U64), P(E, User, TEXT),      P(E, Path, ARRAY),
                                          P(E, BeforeExec, U32),   P(E, StatusCode, U32), END};
#undef E
#define E hythe_DirRemove
static const struct param of_DirRemove[] = {P(E, ConnectionId, U64), P(E, User, TEXT),      P(E, Path, ARRAY),
                                            P(E, BeforeExec, U32),   P(E, StatusCode, U32), END};
#undef E
#define E hythe_Disconnected
static const struct param of_Disconnected[] = {P(E, ConnectionId, U64), P(E, StatusCode, I32), P(E, Description, TEXT),
                                               END};
#undef E
#define E hythe_Error
static const struct param of_Error[] = {P(E, ConnectionId, U64), P(E, ErrorCode, I32), P(E, Description, TEXT), END};
#undef E
#define E hythe_FileClose
static const struct param of_FileClose[] = {P(E, ConnectionId, U64),
                                            P(E, User, TEXT),
                                            P(E, Path, TEXT),
                                            P(E, Handle, TEXT),
                                            P(E, StatusCode, U32),
                                            P(E, aborted, U32),
                                            END};
#undef E
#define E hythe_FileOpen
static const struct param of_FileOpen[] = {
    P(E, ConnectionId, U64),  P(E, User, TEXT),           P(E, Path, ARRAY),
    P(E, DesiredAccess, U32), P(E, Flags, U32),           P(E, attributes, ATTRIBUTES),
    P(E, Handle, ARRAY),      P(E, BeforeExec, U32),      P(E, StatusCode, U32),
    P(E, lock_flags, U32),    P(E, delete_on_close, U32), P(E, link_target, TEXT),
    P(E, is_link, U32),       P(E, sets_size, U32),       END};
#undef E
#define E hythe_FileRead
static const struct param of_FileRead[] = {P(E, ConnectionId, U64),    P(E, User, TEXT),
                                           P(E, Handle, TEXT),         P(E, FileOffset, U64),
                                           P(E, Length, SIZE),         D(E, FileData, FileDataLength),
                                           P(E, FileDataLength, SIZE), P(E, StatusCode, U32),
                                           P(E, Path, TEXT),           END};
#undef E
#define E hythe_FileRemove
static const struct param of_FileRemove[] = {P(E, ConnectionId, U64), P(E, User, TEXT),      P(E, Path, ARRAY),
                                             P(E, BeforeExec, U32),   P(E, StatusCode, U32), END};
#undef E
#define E hythe_FileRename
static const struct param of_FileRename[] = {P(E, ConnectionId, U64), P(E, User, TEXT),   P(E, Path, ARRAY),
                                             P(E, NewPath, ARRAY),    P(E, Flags, U32),   P(E, BeforeExec, U32),
                                             P(E, StatusCode, U32),   P(E, is_link, U32), END};
#undef E
#define E hythe_FileWrite
static const struct param of_FileWrite[] = {P(E, ConnectionId, U64),
                                            P(E, User, TEXT),
                                            P(E, Handle, TEXT),
                                            P(E, FileOffset, U64),
                                            P(E, BeforeExec, U32),
                                            P(E, StatusCode, U32),
                                            D(E, FileData, FileDataLength),
                                            P(E, FileDataLength, SIZE),
                                            P(E, Path, TEXT),
                                            END};
#undef E
#define E hythe_GetAttributes
static const struct param of_GetAttributes[] = {
    P(E, ConnectionId, U64),      P(E, User, TEXT),      P(E, Path, TEXT),     P(E, Flags, U32),
    P(E, attributes, ATTRIBUTES), P(E, StatusCode, U32), P(E, no_follow, U32), END};
#undef E
#define E hythe_Log
static const struct param of_Log[] = {P(E, ConnectionId, U64), P(E, LogLevel, U32), P(E, Message, TEXT),
                                      P(E, LogType, U32), END};
#undef E
#define E hythe_ResolvePath
static const struct param of_ResolvePath[] = {P(E, ConnectionId, U64),
                                              P(E, User, TEXT),
                                              P(E, OriginalPath, TEXT),
                                              P(E, ControlFlags, U32),
                                              P(E, RealPath, ARRAY),
                                              P(E, StatusCode, U32),
                                              END};
#undef E
#define E hythe_SetAttributes
static const struct param of_SetAttributes[] = {
    P(E, ConnectionId, U64), P(E, User, TEXT),      P(E, Path, ARRAY),    P(E, attributes, ATTRIBUTES),
    P(E, BeforeExec, U32),   P(E, StatusCode, U32), P(E, no_follow, U32), END};
#undef E
#define E hythe_SSHStatus
static const struct param of_SSHStatus[] = {P(E, ConnectionId, U64), P(E, Message, TEXT), END};
#undef E
#define E hythe_SSHUserAuthRequest
static const struct param of_SSHUserAuthRequest[] = {P(E, ConnectionId, U64),
                                                     P(E, User, TEXT),
                                                     P(E, Service, TEXT),
                                                     P(E, AuthMethod, TEXT),
                                                     D(E, AuthParam, auth_param_length),
                                                     P(E, auth_param_length, SIZE),
                                                     P(E, signature_verified, U32),
                                                     P(E, Accept, U32),
                                                     P(E, PartialSuccess, U32),
                                                     P(E, AvailableMethods, ARRAY),
                                                     P(E, HomeDir, ARRAY),
                                                     P(E, KeyAlgorithm, TEXT),
                                                     END};
#undef E

static const struct {
    const char *name;
    const struct param *params;
} events[] = {
#define HYTHE_EVENT(name) {#name, of_##name},
    HYTHE_EVENTS
#undef HYTHE_EVENT
};

const char *happening_name(enum happening which)
{
    return events[which].name;
}

enum happening happening_by_name(const char *name)
{
    enum happening which = 0;

    while (which < HAPPENINGS && (!name || strcmp(name, events[which].name) != 0))
        which++;
    return which;
}

json_t *bytes_to_json(const void *data, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *from = data;
    char *text = malloc(2 * length + 1);
    json_t *made;

    if (!text)
        abort();
    for (size_t i = 0; i < length; i++) {
        text[2 * i] = digits[from[i] >> 4];
        text[2 * i + 1] = digits[from[i] & 15];
    }
    made = json_stringn(text, 2 * length);
    free(text);
    return made;
}

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

void *bytes_from_json(const json_t *value, size_t *length)
{
    const char *text = json_string_value(value);
    unsigned char *made;

    if (!text || json_string_length(value) % 2 || !(made = malloc(json_string_length(value) / 2 + 1)))
        return NULL;
    *length = json_string_length(value) / 2;
    for (size_t i = 0; i < *length; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

        if (high < 0 || low < 0) {
            free(made);
            return NULL;
        }
        made[i] = (unsigned char)(high << 4 | low);
    }
    return made;
}

static json_t *text_to_json(const char *text, size_t room)
{
    size_t length = text ? strnlen(text, room) : 0;
    json_t *made = text ? json_stringn(text, length) : json_null();

    return made ? made : json_pack("{s:o}", "hex", bytes_to_json(text, length));
}

#define AS(type, from) (*(type const *)(const void *)(from))

static json_t *get_all(const struct param *p, const char *e);

static json_t *get_one(const struct param *p, const char *e)
{
    const char *from = e + p->at;

    switch (p->kind) {
    case U32:
        return json_integer(AS(uint32_t, from));
    case U64:
        return json_integer((json_int_t)AS(uint64_t, from));
    case I32:
        return json_integer(AS(int32_t, from));
    case I64:
        return json_integer(AS(int64_t, from));
    case SIZE:
        return json_integer((json_int_t)AS(size_t, from));
    case TEXT:
        return text_to_json(AS(char *, from), SIZE_MAX);
    case ARRAY:
        return text_to_json(from, p->room);
    case DATA:
        return bytes_to_json(AS(void *, from), AS(size_t, e + p->length_at));
    case ATTRIBUTES:
        return get_all(of_attributes, from);
    }
    abort();
}

static json_t *get_all(const struct param *p, const char *e)
{
    json_t *all = json_object();

    for (; p->name; p++)
        json_object_set_new(all, p->name, get_one(p, e));
    return all;
}

json_t *params_get(enum happening which, const void *e)
{
    return get_all(events[which].params, e);
}

static bool set_all(const struct param *params, char *e, const json_t *values);

static bool set_number(const struct param *p, char *to, const json_t *value)
{
    json_int_t number = json_integer_value(value);

    if (!json_is_integer(value))
        return false;
    if (p->kind == U32)
        *(uint32_t *)(void *)to = (uint32_t)number;
    else if (p->kind == I32)
        *(int32_t *)(void *)to = (int32_t)number;
    else if (p->kind == SIZE)
        *(size_t *)(void *)to = (size_t)number;
    else
        *(uint64_t *)(void *)to = (uint64_t)number; /* I64: of the same size */
    return true;
}

static bool set_array(const struct param *p, char *to, const json_t *value)
{
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);

    if (!text)
        return false;
    memcpy(to, text, length < p->room ? length : p->room);
    if (length < p->room)
        to[length] = '\0';
    return true;
}

/* In place, where an event has room for that. */
static bool set_data(const struct param *p, char *e, const json_t *value)
{
    size_t length;
    void *data = bytes_from_json(value, &length), *to = AS(void *, e + p->at);

    if (!data)
        return false;
    if (length)
        memcpy(to, data, length);
    *(size_t *)(void *)(e + p->length_at) = length;
    free(data);
    return true;
}

static bool set_one(const struct param *p, char *e, const json_t *value)
{
    switch (p->kind) {
    case ARRAY:
        return set_array(p, e + p->at, value);
    case DATA:
        return set_data(p, e, value);
    case ATTRIBUTES:
        return set_all(of_attributes, e + p->at, value);
    case TEXT:
        return false;
    default:
        return set_number(p, e + p->at, value);
    }
}

static bool set_all(const struct param *params, char *e, const json_t *values)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)values, name, value)
    {
        const struct param *p = params;

        while (p->name && strcmp(p->name, name) != 0)
            p++;
        if (!p->name || !set_one(p, e, value))
            return false;
    }
    return true;
}

bool params_set(enum happening which, void *e, const json_t *values)
{
    return set_all(events[which].params, e, values);
}

uint64_t params_connection(enum happening which, const void *e)
{
    const struct param *p = events[which].params;

    return strcmp(p->name, "ConnectionId") == 0 ? AS(uint64_t, (const char *)e + p->at) : 0;
}

bool params_match(const json_t *params, const json_t *when)
{
    const char *name;
    json_t *wanted;

    json_object_foreach((json_t *)(uintptr_t)when, name, wanted)
    {
        const json_t *value = json_object_get(params, name);

        if (json_is_string(wanted) && json_is_string(value)) {
            if (fnmatch(json_string_value(wanted), json_string_value(value), 0) != 0)
                return false;
        } else if (!json_equal(wanted, value)) {
            return false;
        }
    }
    return true;
}
