#include "core/transport/ssh_internal.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* libssh marks the accessors of its message queue as deprecated in favour of callbacks; those can't keep a message to
 * answer later, which the silent drops below need. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

/* Libssh drops these requests without an answer, and the client would wait for its own time-out. Their only trace is
 * the log, so it is tapped; a test holds each text against the linked library. */
static const char *const silent_drops[] = {"Received an invalid signature from peer", "Unknown key type found!",
                                           "Invalid signature packet from peer", "Failed to get digest"};

/* The log tells each packet's type and length too. The length is what shows a NUL inside a string, which libssh cuts
 * off there, and anything behind the last string, as in a change of the password. */
static const char packet_read[] = "packet: read type ", packet_length[] = "payload=";

/* And what it begins to look into. */
static const char auth_request[] = "Auth request for service ", gssapi_request[] = ", method gssapi-with-mic for user";

enum {
    DISCONNECT = 1,
    KEXINIT = 20,
    NEWKEYS = 21,
    KEX_FIRST = 30,
    KEX_LAST = 49,
    USERAUTH_REQUEST = 50,
    USERAUTH_INFO_RESPONSE = 61,
    USERAUTH_LAST = 79
};

/* libssh lets nothing through before the first NEWKEYS but what it may answer without harm; a strict exchange allows
 * that neither. Whether it is one is only known later. */
static void saw_packet_unkeyed(struct hy_ssh_conn *c, unsigned type)
{
    bool part = (type >= KEX_FIRST && type <= KEX_LAST) || type == KEXINIT || type == NEWKEYS || type == DISCONNECT;

    c->strayed = c->strayed || !part;
    c->keyed = type == NEWKEYS;
}

/* Requests and prompts of one connection: far more than MaxAuthAttempts lets anybody use. */
enum { MESSAGES_MAX = 1000 };

/* Stands for the length of a request that libssh dropped: it keeps its place among the others, which are answered in
 * the order in which they came. */
static const size_t dropped = SIZE_MAX;

static void saw_drop(struct hy_ssh_conn *c)
{
    if (!c->request_count)
        c->request_count = 1;
    c->request_bytes[c->request_count - 1] = dropped;
}

static void saw_packet(struct hy_ssh_conn *c, const char *text)
{
    unsigned type = (uint8_t)strtol(text, NULL, 10); /* it is written as a signed number */
    const char *length = strstr(text, packet_length);

    if (c->in)
        return;
    if (!c->keyed)
        saw_packet_unkeyed(c, type);
    if (type > USERAUTH_LAST) /* RFC 4252, section 6: a disconnection is all that is right */
        hy_ssh_die(c, "message %u before authentication", type);
    if ((type != USERAUTH_REQUEST && type != USERAUTH_INFO_RESPONSE) || !length)
        return;
    if (c->request_count == HY_SSH_REQUESTS)
        hy_ssh_die(c, "too many authentication requests at once");
    else
        c->request_bytes[c->request_count++] = strtoul(length + sizeof packet_length - 1, NULL, 10);
}

static ssh_string no_mechanism(ssh_session session, const char *user, int count, ssh_string *oids, void *ctx)
{
    (void)session, (void)user, (void)count, (void)oids, (void)ctx;
    return NULL;
}

/* Whether anybody offers gssapi-with-mic or not, libssh asks Kerberos about a request for it, and loses memory over it,
 * unless there is a callback. That finds none of the client's mechanisms good, and libssh answers by a failure. With a
 * callback it queues no messages, so that the connection ends here. */
static void saw_gssapi(struct hy_ssh_conn *c)
{
    c->gssapi = (struct ssh_server_callbacks_struct){.gssapi_select_oid_function = no_mechanism};
    ssh_callbacks_init(&c->gssapi);
    (void)ssh_set_server_callbacks(c->session, &c->gssapi);
    hy_ssh_end(c, HY_SSH_UNLIKE, "a request for gssapi-with-mic, which nobody offers");
}

/* `text` begins with the function's name, behind which nothing of a client's can pass for the beginning. */
static void tap(int priority, const char *function, const char *text, void *ctx)
{
    struct hy_ssh_conn *c = ctx;
    size_t prefix = strlen(function) + 2;

    (void)priority;
    if (!c || strlen(text) < prefix)
        return;
    text += prefix;
    hy_ssh_exchange_saw(c, text);
    if (strncmp(text, packet_read, sizeof packet_read - 1) == 0)
        saw_packet(c, text + sizeof packet_read - 1);
    if (strncmp(text, auth_request, sizeof auth_request - 1) == 0 && strstr(text, gssapi_request))
        saw_gssapi(c);
    for (size_t i = 0; i < sizeof silent_drops / sizeof *silent_drops; i++)
        if (!c->in && strcmp(text, silent_drops[i]) == 0)
            saw_drop(c);
}

/* The length of the oldest request that was not taken yet; 0 if there is none. */
static size_t next_length(struct hy_ssh_conn *c)
{
    size_t length = c->request_bytes[0];

    if (!c->request_count)
        return 0;
    c->request_count--;
    memmove(c->request_bytes, c->request_bytes + 1, c->request_count * sizeof *c->request_bytes);
    return length;
}

/* The length of a response with the answers that libssh has of it. */
static size_t answers_length(ssh_session session)
{
    int count = ssh_userauth_kbdint_getnanswers(session);
    size_t length = 1 + 4;

    for (int i = 0; i < count; i++) {
        const char *answer = ssh_userauth_kbdint_getanswer(session, (unsigned)i);

        length += 4 + (answer ? strlen(answer) : 0);
    }
    return length;
}

/* Whether a request of `length` bytes is no more than the strings that libssh made of it. Those with strings that it
 * keeps to itself count as whole: a signature covers the name, and a prompt is still to be answered. */
static bool whole(ssh_session session, ssh_message message, const char *user, size_t length)
{
    static const size_t head = 1 + 4 + 4 + sizeof "ssh-connection" - 1 + 4; /* type, lengths, service */
    const char *secret;

    switch (ssh_message_subtype(message)) {
    case SSH_AUTH_METHOD_NONE:
        return length == head + strlen(user) + strlen("none");
    case SSH_AUTH_METHOD_PASSWORD:
        secret = ssh_message_auth_password(message);
        return secret && length == head + strlen(user) + strlen("password") + 1 + 4 + strlen(secret);
    case SSH_AUTH_METHOD_INTERACTIVE:
        if (!ssh_message_auth_kbdint_is_response(message))
            return true;
        return length == answers_length(session);
    default:
        return true;
    }
}

static void advertise(struct hy_ssh_conn *c)
{
    static const struct {
        unsigned ours;
        int theirs;
    } rows[] = {{HY_SSH_PASSWORD, SSH_AUTH_METHOD_PASSWORD},
                {HY_SSH_PUBLICKEY, SSH_AUTH_METHOD_PUBLICKEY},
                {HY_SSH_INTERACTIVE, SSH_AUTH_METHOD_INTERACTIVE}};
    unsigned methods = c->handler->methods(c->handler->ctx);
    int bits = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (methods & rows[i].ours)
            bits |= rows[i].theirs;
    if (!bits) /* libssh would then name methods of its own choice */
        hy_ssh_end(c, HY_SSH_CROWDED, "no authentication method is left");
    ssh_set_auth_methods(c->session, bits);
}

/* Sends the prompts of the next round. */
static int ask(struct hy_ssh_conn *c, ssh_message message)
{
    struct hy_ssh_prompts prompts = {.count = 0};
    char echo[HY_SSH_PROMPTS_MAX];

    c->handler->prompts(c->handler->ctx, &prompts);
    for (size_t i = 0; i < prompts.count; i++)
        echo[i] = (char)prompts.echo[i];
    return ssh_message_auth_interactive_request(message, prompts.name, prompts.instruction, (unsigned)prompts.count,
                                                prompts.texts, echo);
}

/* Shows the banner, once. */
static void greet(struct hy_ssh_conn *c, bool judged)
{
    const struct hy_ssh_handler *h = c->handler;
    const char *text = c->greeted ? NULL : h->banner ? h->banner(h->ctx, judged) : c->limits->banner;
    ssh_string banner = text && *text ? ssh_string_from_char(text) : NULL;

    c->greeted = c->greeted || text;
    if (banner)
        (void)ssh_send_issue_banner(c->session, banner);
    ssh_string_free(banner);
}

static enum hy_ssh_answer put(struct hy_ssh_conn *c, const struct hy_ssh_factor *factor)
{
    int level = hy_ssh_step_out();
    enum hy_ssh_answer verdict = c->handler->authenticate(c->handler->ctx, factor);

    hy_ssh_step_in(c, level);
    return verdict;
}

/* Judging may have taken its time, and have ended the connection: then there is no answer, and nobody gets in. */
static enum hy_ssh_answer judge(struct hy_ssh_conn *c, const struct hy_ssh_factor *factor)
{
    enum hy_ssh_answer verdict = put(c, factor);

    hy_ssh_look(c);
    if (verdict == HY_SSH_GRANT && hy_ssh_now() >= c->by.at)
        hy_ssh_end(c, HY_SSH_LATE, "not authenticated within %u seconds", c->by.seconds);
    return c->dead ? HY_SSH_CUT : verdict;
}

/* Hands the verdict to the client. True when it is in. */
static bool answer(struct hy_ssh_conn *c, ssh_message message, const struct hy_ssh_factor *factor)
{
    enum hy_ssh_answer verdict = judge(c, factor);
    int rc = SSH_OK;

    if (!c->dead)
        greet(c, true);
    switch (verdict) {
    case HY_SSH_GRANT:
        if (ssh_message_auth_reply_success(message, 0) == SSH_OK)
            return true;
        rc = SSH_ERROR;
        break;
    case HY_SSH_MORE:
        advertise(c);
        rc = c->dead ? SSH_OK : ssh_message_auth_reply_success(message, 1);
        break;
    case HY_SSH_KEY_OK:
        rc = ssh_message_auth_reply_pk_ok_simple(message);
        break;
    case HY_SSH_DENY:
        advertise(c);
        rc = c->dead ? SSH_OK : ssh_message_reply_default(message);
        break;
    case HY_SSH_ASK:
        rc = ask(c, message);
        break;
    case HY_SSH_CUT:
        hy_ssh_die(c, "too many authentication failures");
        break;
    case HY_SSH_FULL:
        hy_ssh_end(c, HY_SSH_CROWDED, "its user has max_per_user connections");
        break;
    }
    if (rc != SSH_OK)
        hy_ssh_end(c, HY_SSH_LOST, "the answer to an authentication request can't be sent: %s",
                   ssh_get_error(c->session));
    return false;
}

/* The blob of a key, malloc'ed; libssh hands it out in base64 only. */
static uint8_t *key_blob(ssh_key key, size_t *len)
{
    char *text = NULL;
    uint8_t *blob;
    size_t n;
    int got;

    if (!key || ssh_pki_export_pubkey_base64(key, &text) != SSH_OK)
        return NULL;
    n = strlen(text);
    blob = malloc(n + 1);
    got = blob && n < 65536 ? EVP_DecodeBlock(blob, (const unsigned char *)text, (int)n) : -1;
    if (got < 0) {
        free(blob);
        blob = NULL;
    } else {
        *len = (size_t)got - (n && text[n - 1] == '=') - (n > 1 && text[n - 2] == '=');
    }
    ssh_string_free_char(text);
    return blob;
}

/* The algorithm that a request with a key names, which is part of what is signed. No call of libssh's tells; the
 * start of its own struct does, and is believed only where everything around it is as expected. */
static const char *algorithm(ssh_session session, ssh_message message)
{
    const struct {
        ssh_session session;
        int type;
        const char *user;
        int method;
        const char *password;
        ssh_key key;
        const char *algorithm;
    } *start = (const void *)message;

    if (start->session != session || start->type != SSH_REQUEST_AUTH || start->method != SSH_AUTH_METHOD_PUBLICKEY ||
        start->user != ssh_message_auth_user(message) || start->password ||
        start->key != ssh_message_auth_pubkey(message) || !start->algorithm)
        return "";
    return start->algorithm;
}

static bool with_key(struct hy_ssh_conn *c, ssh_message message, struct hy_ssh_factor *factor)
{
    uint8_t *blob = key_blob(ssh_message_auth_pubkey(message), &factor->key_len);
    bool in;

    factor->key = blob;
    factor->algorithm = algorithm(c->session, message);
    factor->signature_verified = ssh_message_auth_publickey_state(message) == SSH_PUBLICKEY_STATE_VALID;
    if (!factor->signature_verified && ssh_message_auth_publickey_state(message) != SSH_PUBLICKEY_STATE_NONE)
        factor->key_len = 0; /* neither a probe nor a proof: a failure */
    if (blob && !hy_ssh_key_can(c->limits->lists[HY_SSH_SIGNATURES], blob, factor->key_len))
        factor->key_len = 0; /* libssh looks at the algorithm of a signature, and at that of a probe not at all */
    in = answer(c, message, factor);
    free(blob);
    return in;
}

/* libssh keeps no round and compares no number of answers: the handler does both. Answers it keeps, as long as the
 * session lasts: so they are wiped where they lie. */
static bool with_answers(struct hy_ssh_conn *c, ssh_message message, struct hy_ssh_factor *factor)
{
    const char *answers[HY_SSH_PROMPTS_MAX] = {NULL};
    int count = ssh_userauth_kbdint_getnanswers(c->session);
    bool in;

    if (count > HY_SSH_PROMPTS_MAX) {
        hy_ssh_die(c, "more answers than there can be prompts");
        return false;
    }
    if (count < 0) /* there never was a prompt */
        count = 0;
    for (int i = 0; i < count; i++) {
        const char *answer = ssh_userauth_kbdint_getanswer(c->session, (unsigned)i);

        answers[i] = answer ? answer : "";
    }
    factor->responds = true;
    factor->answers = answers;
    factor->answer_count = (size_t)count;
    in = answer(c, message, factor);
    for (int i = 0; i < count; i++)
        if (answers[i] == ssh_userauth_kbdint_getanswer(c->session, (unsigned)i))
            hy_wipe((char *)(uintptr_t)answers[i], strlen(answers[i]));
    return in;
}

/* One authentication request. Takes the message. */
static bool request(struct hy_ssh_conn *c, ssh_message message)
{
    const char *user = ssh_message_auth_user(message);
    struct hy_ssh_factor factor = {.user = user ? user : ""};
    size_t length = next_length(c); /* 0 with a libssh that words its log otherwise: a test would show it */
    bool fits = !length || whole(c->session, message, factor.user, length), in = false, keep = false;

    if (!fits && ssh_message_subtype(message) != SSH_AUTH_METHOD_PASSWORD) {
        hy_ssh_die(c, "malformed authentication request");
        ssh_message_free(message);
        return false;
    }
    switch (ssh_message_subtype(message)) {
    case SSH_AUTH_METHOD_NONE:
        factor.method = HY_SSH_NONE;
        in = answer(c, message, &factor);
        keep = !in;
        break;
    case SSH_AUTH_METHOD_PASSWORD:
        if (fits) { /* else it is to be changed, or has a NUL in it: both fail, RFC 4252 section 8 */
            factor.method = HY_SSH_PASSWORD;
            factor.secret = ssh_message_auth_password(message);
        }
        in = answer(c, message, &factor);
        break;
    case SSH_AUTH_METHOD_PUBLICKEY:
        factor.method = HY_SSH_PUBLICKEY;
        in = with_key(c, message, &factor);
        keep = !in;
        break;
    case SSH_AUTH_METHOD_INTERACTIVE:
        factor.method = HY_SSH_INTERACTIVE;
        in = ssh_message_auth_kbdint_is_response(message) ? with_answers(c, message, &factor)
                                                          : answer(c, message, &factor);
        break;
    default:
        in = answer(c, message, &factor);
        break;
    }
    if (keep && !c->saved)
        c->saved = message;
    else
        ssh_message_free(message);
    return in;
}

/* Answers for a request that libssh dropped. */
static void answer_dropped(struct hy_ssh_conn *c)
{
    struct hy_ssh_factor factor = {.method = HY_SSH_PUBLICKEY};

    (void)next_length(c);
    factor.user = c->saved ? ssh_message_auth_user(c->saved) : NULL;
    if (!factor.user)
        factor.user = "";
    if (c->saved) {
        (void)answer(c, c->saved, &factor);
        return;
    }
    (void)put(c, &factor); /* it counts, but there is nothing to answer it with */
    hy_ssh_end(c, HY_SSH_UNLIKE, "a public key that can't be checked");
}

static void service(struct hy_ssh_conn *c, ssh_message message)
{
    const char *name = ssh_message_service_service(message);

    if (!name || strcmp(name, "ssh-userauth") != 0) {
        hy_ssh_die(c, "service %s requested before authentication", name ? name : "");
    } else if (ssh_message_service_reply_success(message) != SSH_OK) {
        hy_ssh_broken(c, "");
    } else {
        greet(c, false);
    }
    ssh_message_free(message);
}

/* Handles one message, if there is one. */
static bool next_message(struct hy_ssh_conn *c, bool *in)
{
    ssh_message message = ssh_message_get(c->session);

    while (!c->dead && c->request_count && c->request_bytes[0] == dropped)
        answer_dropped(c);
    if (!message)
        return false;
    if (c->dead) {
        ssh_message_free(message);
    } else if (ssh_message_type(message) == SSH_REQUEST_AUTH) {
        *in = request(c, message);
    } else if (ssh_message_type(message) == SSH_REQUEST_SERVICE) {
        service(c, message);
    } else {
        (void)ssh_message_reply_default(message);
        ssh_message_free(message);
    }
    return true;
}

int hy_ssh_step_out(void)
{
    int level = ssh_get_log_level();

    ssh_set_log_userdata(NULL);
    return level;
}

void hy_ssh_step_in(struct hy_ssh_conn *c, int level)
{
    ssh_set_log_userdata(c);
    (void)ssh_set_log_callback(tap);
    (void)ssh_set_log_level(level);
}

void hy_ssh_auth_prepare(struct hy_ssh_conn *c)
{
    hy_ssh_step_in(c, SSH_LOG_PACKET);
    advertise(c); /* libssh answers some requests by itself, with methods of its own choice otherwise */
}

bool hy_ssh_authenticate(struct hy_ssh_conn *c, struct hy_ssh_deadline by)
{
    unsigned count = 0;
    bool in = false;

    c->by = by;
    while (!c->dead && !in) { /* a message a round: whatever a client sends, every bound is looked at in between */
        bool more = next_message(c, &in);

        if (more && ++count > MESSAGES_MAX)
            hy_ssh_die(c, "too many messages before authentication");
        if (!in && !more && c->request_count)
            hy_ssh_die(c, "malformed authentication request"); /* libssh made nothing of it */
        if (!in && !c->dead)
            hy_ssh_wait_unfinished(c, by, more, "not authenticated");
    }
    hy_ssh_exchange_log();
    if (c->saved)
        ssh_message_free(c->saved);
    c->saved = NULL;
    c->in = in && !c->dead;
    return c->in;
}
