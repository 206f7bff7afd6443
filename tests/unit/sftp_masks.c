/* supported and supported2 of a store that does less than those that come along: draft-05, 4.4, and draft-13, 5.4. */
#include "core/sftp/proto.h"
#include "tests/unit/unit.h"
#include "tests/wire/world.h"

static struct hythe_keeps said;

static void say(void *instance, struct hythe_keeps *out)
{
    (void)instance;
    *out = said;
}

/* What the pair of VERSION holds; failed when there is none. */
static struct hy_reader told(struct world *w, uint8_t version, const char *pair)
{
    const uint8_t init[] = {0, 0, 0, 5, SSH_FXP_INIT, 0, 0, 0, version};
    struct hy_reader in, none = {.failed = true};
    const uint8_t *name, *value;
    size_t name_len, len;

    w->store.instance.plugin.keeps = say;
    CU_ASSERT_FATAL(world_connect(w) && hy_memory_send(&w->link, init, sizeof init));
    in = hy_reader_of(hy_buf_data(&w->link.out), hy_buf_len(&w->link.out));
    (void)hy_get_u32(&in);
    UNIT_ASSERT_NUMBER(hy_get_u8(&in), SSH_FXP_VERSION);
    UNIT_ASSERT_NUMBER(hy_get_u32(&in), version);
    while (hy_reader_left(&in)) {
        name = hy_get_string(&in, &name_len);
        value = hy_get_string(&in, &len);
        if (name && value && name_len == strlen(pair) && memcmp(name, pair, name_len) == 0)
            return hy_reader_of(value, len);
    }
    return none;
}

static void is_text(struct hy_reader *in, const char *text)
{
    size_t len = 0;
    const uint8_t *s = hy_get_string(in, &len);

    CU_ASSERT(s && len == strlen(text) && memcmp(s, text, len) == 0);
}

/* Only reading, whole seconds, no identity. */
static void what_is_missing_is_not_told(void)
{
    struct hy_reader in;
    struct world w;

    said = (struct hythe_keeps){
        .size = sizeof said, .attrs = HYTHE_ATTR_MTIME | HYTHE_ATTR_HINT | HYTHE_ATTR_NLINK, .access = HYTHE_OPEN_READ};
    CU_ASSERT_FATAL(world_make(&w, NULL));
    in = told(&w, 6, "supported2");
    UNIT_ASSERT_NUMBER(hy_get_u32(&in), SSH_FILEXFER_ATTR_MODIFYTIME);
    UNIT_ASSERT_NUMBER(hy_get_u32(&in), 0);
    UNIT_ASSERT_NUMBER(hy_get_u32(&in), SSH_FXF_ACCESS_DISPOSITION | SSH_FXF_TEXT_MODE);
    UNIT_ASSERT_NUMBER(hy_get_u32(&in), ACE4_ALL & ~(ACE4_WRITE_DATA | ACE4_APPEND_DATA | ACE4_WRITE_ATTRIBUTES |
                                                     ACE4_WRITE_NAMED_ATTRS | ACE4_WRITE_ACL | ACE4_WRITE_OWNER));
    UNIT_ASSERT_NUMBER(hy_get_u32(&in), 261120);
    UNIT_ASSERT_NUMBER(hy_get_u32(&in), 0x00010001); /* of both vectors the combination of no flags */
    world_unmake(&w);
}

static void names_are_told_beside_those_of_requests(void)
{
    static const char *const names[] = {"a@example.org", "b", NULL};
    struct hy_reader in;
    struct world w;
    size_t len;

    said = (struct hythe_keeps){.size = sizeof said, .attrs = HYTHE_ATTR_EXTENDED, .pairs = names};
    CU_ASSERT_FATAL(world_make(&w, NULL));
    in = told(&w, 6, "supported2");
    UNIT_ASSERT_NUMBER(hy_get_u32(&in), SSH_FILEXFER_ATTR_EXTENDED);
    for (int i = 0; i < 5; i++)
        (void)hy_get_u32(&in);
    UNIT_ASSERT_NUMBER(hy_get_u32(&in), 2);
    is_text(&in, "a@example.org");
    is_text(&in, "b");
    for (uint32_t left = hy_get_u32(&in); left && !in.failed; left--)
        (void)hy_get_string(&in, &len);
    CU_ASSERT(!in.failed && hy_reader_left(&in) == 0);
    world_unmake(&w);
    /* Version 5 has one list without a count. */
    CU_ASSERT_FATAL(world_make(&w, NULL));
    in = told(&w, 5, "supported");
    for (int i = 0; i < 5; i++)
        (void)hy_get_u32(&in);
    while (hy_reader_left(&in) > 4 + 13 + 4 + 1 && hy_get_string(&in, &len))
        ;
    is_text(&in, "a@example.org");
    is_text(&in, "b");
    CU_ASSERT(!in.failed && hy_reader_left(&in) == 0);
    world_unmake(&w);
}

static void acls_are_told_as_they_are_kept(void)
{
    struct hy_reader in;
    struct world w;

    said = (struct hythe_keeps){.size = sizeof said,
                                .attrs = HYTHE_ATTR_ACL | HYTHE_ATTR_BITS,
                                .bits = 0xffffffff,
                                .acl = HYTHE_ACL_ALLOW | HYTHE_ACL_INHERIT_ACCESS};
    CU_ASSERT_FATAL(world_make(&w, NULL));
    in = told(&w, 6, "acl-supported");
    UNIT_ASSERT_NUMBER(hy_get_u32(&in), 0x11);
    CU_ASSERT(!in.failed && hy_reader_left(&in) == 0);
    world_unmake(&w);
    CU_ASSERT_FATAL(world_make(&w, NULL));
    in = told(&w, 5, "supported");
    UNIT_ASSERT_NUMBER(hy_get_u32(&in), SSH_FILEXFER_ATTR_ACL | SSH_FILEXFER_ATTR_BITS);
    UNIT_ASSERT_NUMBER(hy_get_u32(&in), 0x7f7); /* of version 5, but CASE_INSENSITIVE */
    world_unmake(&w);
}

UNIT_SUITE(masks, UNIT_TEST(what_is_missing_is_not_told), UNIT_TEST(names_are_told_beside_those_of_requests),
           UNIT_TEST(acls_are_told_as_they_are_kept));
