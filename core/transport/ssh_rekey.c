/* Key exchanges: what was agreed, and when the next is due. libssh has no call for either. Its log tells, and an option
 * that says "rekey after a second" makes it begin at once, since it is set for no longer than one packet. */
#include "core/transport/ssh_internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void hy_ssh_facts_init(struct hy_ssh_facts *facts)
{
    *facts = (struct hy_ssh_facts){0};
    (void)pthread_mutex_init(&facts->lock, NULL);
}

void hy_ssh_facts_destroy(struct hy_ssh_facts *facts)
{
    (void)pthread_mutex_destroy(&facts->lock);
}

void hy_ssh_facts_agreed(struct hy_ssh_facts *facts, struct hy_ssh_agreed *out)
{
    (void)pthread_mutex_lock(&facts->lock);
    *out = facts->agreed;
    (void)pthread_mutex_unlock(&facts->lock);
}

void hy_ssh_nudge(const struct hy_ssh_control *control)
{
    static const uint64_t one = 1;

    if (control->nudge >= 0 && write(control->nudge, &one, sizeof one) < 0)
        return; /* the counter is full: it is readable anyway */
}

void hy_ssh_ask_rekey(const struct hy_ssh_control *control)
{
    if (control->rekey)
        atomic_store(control->rekey, true);
    hy_ssh_nudge(control);
}

void hy_ssh_dismiss(const struct hy_ssh_control *control, const char *why)
{
    if (control->dismissal)
        atomic_store(control->dismissal, why);
    hy_ssh_nudge(control);
}

/* The texts are those of 0.10 in later versions, too, but at another level. The one that runs counts, which needn't be
 * the one that this was compiled with. */
void hy_ssh_exchange_log(void)
{
    (void)ssh_set_log_level(ssh_version(SSH_VERSION_INT(0, 11, 0)) ? SSH_LOG_PACKET : SSH_LOG_PROTOCOL);
}

/* "a,b,c": the names in the order in which SSH sends the lists. */
static void saw_names(struct hy_ssh_conn *c, const char *text)
{
    struct hy_ssh_agreed *a = &c->agreed;
    const struct {
        char *at;
        size_t room;
    } fields[] = {{a->kex, sizeof a->kex},
                  {a->host_key, sizeof a->host_key},
                  {a->cipher_in, sizeof a->cipher_in},
                  {a->cipher_out, sizeof a->cipher_out},
                  {a->mac_in, sizeof a->mac_in},
                  {a->mac_out, sizeof a->mac_out},
                  {a->compression_in, sizeof a->compression_in},
                  {a->compression_out, sizeof a->compression_out}};

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        size_t len = strcspn(text, ","), kept = len < fields[i].room ? len : fields[i].room - 1;

        memcpy(fields[i].at, text, kept);
        fields[i].at[kept] = '\0';
        text += len + (text[len] == ',');
    }
}

static void begun(struct hy_ssh_conn *c)
{
    c->began = c->began || !c->exchanging;
    c->exchanging = true;
    c->progress = hy_ssh_now();
}

void hy_ssh_exchange_saw(struct hy_ssh_conn *c, const char *text)
{
    static const char names[] = "Negotiated ", sent[] = "SSH_MSG_KEXINIT sent", done[] = "Received SSH_MSG_NEWKEYS",
                      strict[] = "Client supports strict kex, enabling.";

    if (strncmp(text, names, sizeof names - 1) == 0) {
        saw_names(c, text + sizeof names - 1);
        begun(c);
    } else if (strcmp(text, sent) == 0) {
        begun(c);
    } else if (strcmp(text, strict) == 0) {
        c->agreed.strict = true;
    } else if (strcmp(text, done) == 0) {
        c->exchanging = false;
        c->exchanged = true;
        c->exchanges++;
    }
}

static uint64_t moved(const struct hy_ssh_conn *c)
{
    return c->raw.in_bytes + c->raw.out_bytes;
}

static void tell_status(struct hy_ssh_conn *c, const char *text)
{
    int level = hy_ssh_step_out();

    c->handler->status(c->handler->ctx, text);
    hy_ssh_step_in(c, level);
}

void hy_ssh_exchange_status(struct hy_ssh_conn *c)
{
    const char *client;
    char text[512];

    if (!c->began || !c->handler->status)
        return;
    client = ssh_get_clientbanner(c->session);
    if (!client)
        return;
    if (!c->named) {
        (void)snprintf(text, sizeof text, "the client's version is %s", client);
        tell_status(c, text);
    }
    c->named = true;
    c->began = false;
    tell_status(c, "a key exchange begins");
}

void hy_ssh_exchange_tell(struct hy_ssh_conn *c)
{
    struct hy_ssh_facts *facts = c->control->facts;
    const char *client;

    hy_ssh_exchange_status(c);
    if (!c->exchanged)
        return;
    client = ssh_get_clientbanner(c->session);
    c->exchanged = false;
    c->keyed_bytes = moved(c);
    c->keyed_at = hy_ssh_now();
    (void)snprintf(c->agreed.client, sizeof c->agreed.client, "%s", client ? client : "");
    if (facts) {
        (void)pthread_mutex_lock(&facts->lock);
        facts->agreed = c->agreed;
        (void)pthread_mutex_unlock(&facts->lock);
        atomic_store_explicit(&facts->rekeys, c->exchanges - 1, memory_order_relaxed);
    }
    if (c->handler->exchanged) {
        int level = hy_ssh_step_out();

        c->handler->exchanged(c->handler->ctx);
        hy_ssh_step_in(c, level);
    }
}

static bool due(struct hy_ssh_conn *c)
{
    const struct hy_ssh_limits *limits = c->limits;

    if (c->control->rekey && atomic_load_explicit(c->control->rekey, memory_order_relaxed)) {
        atomic_store(c->control->rekey, false);
        c->rekey = true;
    }
    if (limits->rekey_bytes && moved(c) - c->keyed_bytes >= limits->rekey_bytes)
        c->rekey = true;
    if (limits->rekey_seconds && hy_ssh_now() - c->keyed_at >= (int64_t)limits->rekey_seconds * 1000)
        c->rekey = true;
    return c->rekey;
}

/* libssh begins none before a packet was sent under the keys that there are. Then the one that is sent here goes out,
 * and the next round does it. */
void hy_ssh_exchange_begin(struct hy_ssh_conn *c)
{
    static const uint32_t now = 1, never = 0;

    if (c->exchanging || !due(c))
        return;
    (void)ssh_set_log_level(SSH_LOG_PACKET);
    (void)ssh_options_set(c->session, SSH_OPTIONS_REKEY_TIME, &now);
    (void)ssh_send_ignore(c->session, "");
    (void)ssh_options_set(c->session, SSH_OPTIONS_REKEY_TIME, &never);
    hy_ssh_exchange_log();
    c->rekey = !c->exchanging && !c->exchanged;
}
