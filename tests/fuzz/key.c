/* Public keys: as lines with options and as blobs of a client. */
#include "core/auth/auth.h"
#include "core/auth/keyline.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void describe(const uint8_t *blob, size_t len)
{
    char text[HY_KEY_TEXT];

    memset(text, 'x', sizeof text);
    hy_key_describe(text, blob, len);
    fuzz_require(memchr(text, '\0', sizeof text) && *text, "a key is described in as many bytes as there are");
    for (const char *p = text; *p; p++)
        fuzz_require(*p >= ' ' && *p < 0x7f, "a description can be logged");
}

/* Who presents the key of the line, somewhere and at some time. */
static void ask(const struct hy_key_line *line)
{
    const struct hythe_session session = {.size = sizeof session, .user = "alice", .address = "192.0.2.7"};
    const struct hythe_factor factor = {.size = sizeof factor,
                                        .method = HYTHE_AUTH_PUBLICKEY,
                                        .key = line->key.blob,
                                        .key_len = line->key.len,
                                        .now = 1800000000};
    const char *why;
    int verdict = hy_key_line_judge(line, &session, &factor, NULL, &why);

    fuzz_require(verdict == HYTHE_AUTH_ACCEPT || verdict == HYTHE_AUTH_REJECT, "a line accepts or rejects");
    fuzz_require(verdict != HYTHE_AUTH_ACCEPT || (!line->authority && factor.now < line->expires),
                 "neither an authority's line nor one that is over accepts a key");
    fuzz_require(line->authority || (verdict == HYTHE_AUTH_ACCEPT) == !why, "an option that forbids says so");
}

static void as_line(const uint8_t *data, size_t len)
{
    char *text = strndup((const char *)data, len);
    const char *why = NULL;
    struct hy_key_line line;
    bool ok;

    fuzz_require(text != NULL, "there is memory");
    ok = hy_key_line_parse(&line, text, &why);
    fuzz_require(ok || (why && *why), "a refusal has a reason");
    fuzz_require(ok || (!line.key.blob && !line.from && !line.principals), "what is no line is empty");
    fuzz_require(hy_public_key_ok(text, &why) == ok, "the check of a configuration and the log-in agree");
    if (ok) {
        fuzz_require(hy_key_blob_ok(line.key.blob, line.key.len), "a key that can be given can be used");
        fuzz_require(hy_key_equals(&line.key, line.key.blob, line.key.len), "a key is itself");
        fuzz_require(!hy_key_equals(&line.key, line.key.blob, line.key.len - 1), "a part of a key is another");
        describe(line.key.blob, line.key.len);
        ask(&line);
        hy_key_line_free(&line);
    }
    free(text);
}

void fuzz_key(unsigned version, const uint8_t *data, size_t len)
{
    (void)version;
    as_line(data, len);
    (void)hy_key_blob_ok(data, len);
    describe(data, len);
}
