/* Attributes of the events of files, both ways. */
#include "core/event/fields.h"
#include "core/event/other.h"
#include "tests/unit/event_scene.h"

#include "core/vfs/session.h"

/* ---- OtherAttributes ---- */

static void other_attributes_are_read_as_they_are_written(void)
{
    struct hy_other other = {.has = (1u << HY_OTHER_COUNT) - 1}, back;
    char text[HYTHE_EVENT_TEXT], again[HYTHE_EVENT_TEXT], longer[2 * HYTHE_EVENT_TEXT];

    other.text[HY_OTHER_MIME] = "text/plain; charset=utf-8";
    other.text[HY_OTHER_RAWNAME] = "50%\n=";
    other.text[HY_OTHER_LINK] = "";
    other.number[HY_OTHER_ALLOC] = INT64_MAX;
    other.number[HY_OTHER_MTIME_NS] = 999999999;
    other.number[HY_OTHER_NLINK] = 3;
    hy_other_write(&other, text);
    UNIT_ASSERT_STRING(text, "MIMEType=text/plain%3B charset=utf-8;AllocationSize=9223372036854775807;ATimeNS=0;"
                             "CreateTimeNS=0;MTimeNS=999999999;TextHint=0;LinkCount=3;UntranslatedName=50%25%0A=;"
                             "LinkTarget=");
    UNIT_ASSERT_NUMBER(hy_other_read(text, &back), 0);
    UNIT_ASSERT_NUMBER(back.has, other.has);
    UNIT_ASSERT_STRING(back.text[HY_OTHER_MIME], other.text[HY_OTHER_MIME]);
    UNIT_ASSERT_STRING(back.text[HY_OTHER_RAWNAME], other.text[HY_OTHER_RAWNAME]);
    hy_other_write(&back, again);
    UNIT_ASSERT_STRING(again, text);
    memset(longer, 'a', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    other.text[HY_OTHER_MIME] = longer; /* what doesn't fit isn't there, rather than cut */
    hy_other_write(&other, text);
    UNIT_ASSERT_NUMBER(strncmp(text, "AllocationSize=", 15), 0);
    UNIT_ASSERT_NUMBER(hy_other_read("", &back), 0);
    UNIT_ASSERT_NUMBER(hy_other_read("LinkCount=1;", &back), 0);
}

static void other_attributes_are_read_strictly(void)
{
    static const char *const wrong[] = {"MIMEType",
                                        "Mimetype=a",
                                        "MIMEType=a;MIMEType=a",
                                        "=a",
                                        ";",
                                        "LinkCount=",
                                        "LinkCount=-1",
                                        "LinkCount=4294967296",
                                        "LinkCount= 1",
                                        "LinkCount=1x",
                                        "AllocationSize=9223372036854775808",
                                        "AllocationSize=99999999999999999999999",
                                        "ATimeNS=1000000000",
                                        "TextHint=256",
                                        "MIMEType=%",
                                        "MIMEType=%2",
                                        "MIMEType=%zz",
                                        "MIMEType=%00"};
    struct hy_other other;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int rc = hy_other_read(wrong[i], &other);

        if (rc == 0)
            printf("  %s\n", wrong[i]);
        UNIT_ASSERT_NUMBER(rc, -1);
    }
}

/* ---- To events ---- */

static void shows_what_is_known(void)
{
    struct hythe_attrs a = {.struct_size = sizeof a,
                            .valid = UINT32_MAX & ~(uint32_t)HYTHE_ATTR_BTIME,
                            .type = HYTHE_TYPE_FIFO,
                            .mode = 04755,
                            .uid = 1,
                            .gid = 2,
                            .group = "staff",
                            .size = 5,
                            .alloc = 4096,
                            .nlink = 2,
                            .atime = {-1, 999000001},
                            .mtime = {1000000000, 500000000},
                            .btime = {7, 0},
                            .bits = 3,
                            .bits_mask = 7,
                            .hint = 1,
                            .mime = "a/b"};
    struct hythe_event_attributes e;

    hy_fields_show(&a, NULL, 6, &e);
    UNIT_ASSERT_NUMBER(e.size, sizeof e);
    UNIT_ASSERT_NUMBER(e.FileType, 9);
    UNIT_ASSERT_NUMBER(e.FileSize, 5);
    UNIT_ASSERT_STRING(e.FileOwner, "1");
    UNIT_ASSERT_STRING(e.FileGroup, "staff");
    UNIT_ASSERT_NUMBER(e.FilePermissions, 04755);
    UNIT_ASSERT_NUMBER(e.FileATime, -1);
    UNIT_ASSERT_NUMBER(e.FileCreateTime, 0);
    UNIT_ASSERT_NUMBER(e.FileMTime, 1000000000500);
    UNIT_ASSERT_NUMBER(e.FileAttribBits, 3);
    UNIT_ASSERT_NUMBER(e.FileAttribBitsValid, 7);
    UNIT_ASSERT_STRING(e.OtherAttributes,
                       "MIMEType=a/b;AllocationSize=4096;ATimeNS=999000001;MTimeNS=500000000;TextHint=1;LinkCount=2");
    a.atime = (struct hythe_time){INT64_MAX, 0}; /* a client may say so */
    hy_fields_show(&a, "to;where", 6, &e);
    UNIT_ASSERT_NUMBER(e.FileATime, INT64_MAX);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.OtherAttributes, "LinkTarget=to%3Bwhere"));
    UNIT_ASSERT_NUMBER(hy_fields_flags(HYTHE_ATTR_SIZE | HYTHE_ATTR_MTIME | HYTHE_ATTR_TYPE), 0x121);
}

/* ---- From events: through a look at /f ---- */

static void (*change)(struct hythe_event_attributes *a);

static void apply(void *e, bool before)
{
    (void)before;
    change(&((struct hythe_GetAttributes *)e)->attributes);
}

/* What a client is told of /f when the handler does this; the result in *r. */
static struct hythe_attrs told(uint32_t protocol, void (*how)(struct hythe_event_attributes *a), int64_t *r,
                               char *owner)
{
    struct hythe_attrs attrs;
    struct scene s;

    scene_begin(&s, BIT(GetAttributes));
    hy_vfs_set_protocol(s.w.vfs, protocol);
    change = how;
    s.acts[HY_EVENT_GetAttributes].more = apply;
    *r = do_getattr(&s.w, "/f", &attrs);
    (void)snprintf(owner, 64, "%s", attrs.owner ? attrs.owner : "");
    if (*r == HYTHE_STATUS(4))
        CU_ASSERT(world_said(&s.w, "the handler of GetAttributes left") == 1);
    scene_end(&s);
    return attrs;
}

static void changes_all(struct hythe_event_attributes *a)
{
    a->FileType = 2;
    a->FileSize = 70;
    (void)snprintf(a->FileOwner, sizeof a->FileOwner, "12");
    a->FilePermissions = 0100777;
    a->FileATime = -1;
    a->FileCreateTime = 1500; /* that wasn't known */
    a->FileAttribBits = 5;
    a->FileAttribBitsValid = 7;
    (void)snprintf(a->OtherAttributes, sizeof a->OtherAttributes, "LinkCount=9;MTimeNS=123;TextHint=2");
}

static void changes_nothing(struct hythe_event_attributes *a)
{
    (void)a;
}

static void names_an_owner(struct hythe_event_attributes *a)
{
    (void)snprintf(a->FileOwner, sizeof a->FileOwner, "bob");
}

static void hides(struct hythe_event_attributes *a)
{
    a->valid &= ~(uint32_t)(HYTHE_ATTR_OWNER | HYTHE_ATTR_NLINK);
}

static void leaves_others_out(struct hythe_event_attributes *a)
{
    CU_ASSERT_PTR_NOT_NULL(strstr(a->OtherAttributes, "LinkCount=1"));
    (void)snprintf(a->OtherAttributes, sizeof a->OtherAttributes, "MIMEType=a/b");
}

static void a_handler_changes_what_is_told(void)
{
    char owner[64];
    int64_t r;
    struct hythe_attrs a = told(3, changes_all, &r, owner);

    UNIT_ASSERT_NUMBER(r, 0);
    UNIT_ASSERT_NUMBER(a.type, HYTHE_TYPE_DIRECTORY);
    UNIT_ASSERT_NUMBER(a.size, 70);
    UNIT_ASSERT_NUMBER(a.uid, 12);
    UNIT_ASSERT_NUMBER(a.gid, 1000);
    UNIT_ASSERT_NUMBER(a.mode, 0777);
    CU_ASSERT(a.atime.sec == -1 && a.atime.nsec == 999000000);
    CU_ASSERT(a.mtime.sec == 1000000000 && a.mtime.nsec == 123);
    CU_ASSERT(a.btime.sec == 1 && a.btime.nsec == 500000000);
    CU_ASSERT(a.bits == 5 && a.bits_mask == 7 && a.nlink == 9 && a.hint == 2);
    UNIT_ASSERT_NUMBER(a.valid, HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE | HYTHE_ATTR_OWNER |
                                    HYTHE_ATTR_ATIME | HYTHE_ATTR_MTIME | HYTHE_ATTR_NLINK | HYTHE_ATTR_BTIME |
                                    HYTHE_ATTR_BITS | HYTHE_ATTR_HINT);
    a = told(6, changes_nothing, &r, owner);
    CU_ASSERT(r == 0 && a.uid == 1000 && a.size == 7 && a.mtime.sec == 1000000000 && a.nlink == 1);
    a = told(6, leaves_others_out, &r, owner);
    CU_ASSERT(r == 0 && !(a.valid & HYTHE_ATTR_NLINK) && a.valid & HYTHE_ATTR_MIME && a.valid & HYTHE_ATTR_SIZE);
    a = told(6, hides, &r, owner);
    CU_ASSERT(r == 0 && !(a.valid & (HYTHE_ATTR_OWNER | HYTHE_ATTR_NLINK)) && a.valid & HYTHE_ATTR_SIZE);
}

static void nanoseconds_count_before_milliseconds_and_these_before_what_was(void)
{
    static const struct {
        int64_t ms; /* added */
        const char *other;
        int64_t sec;
        uint32_t nsec;
    } cases[] = {
        {0, "MTimeNS=123456789", 1000000000, 123456789},
        {0, "MTimeNS=7", 1000000000, 7},
        {0, "LinkCount=2", 1000000000, 123000000},
        {0, "", 1000000000, 123000000},
        {1002, "", 1000000001, 125000000},
        {1002, "MTimeNS=123456789", 1000000001, 125000000},
        {1002, "MTimeNS=9", 1000000001, 9},
        {-1000000000124, "", -1, 999000000},
        {0, "MTimeNS=0;LinkCount=1", 1000000000, 0},
    };
    const struct hythe_attrs found = {
        .struct_size = sizeof found, .valid = HYTHE_ATTR_MTIME, .mtime = {1000000000, 123456789}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hythe_event_attributes was, e;
        struct hythe_attrs attrs = found;

        hy_fields_show(&attrs, NULL, 6, &was);
        e = was;
        e.FileMTime += cases[i].ms;
        (void)snprintf(e.OtherAttributes, sizeof e.OtherAttributes, "%s", cases[i].other);
        UNIT_ASSERT_NUMBER(hy_fields_take(NULL, &was, &e, &attrs), 0);
        UNIT_ASSERT_NUMBER(attrs.mtime.sec, cases[i].sec);
        UNIT_ASSERT_NUMBER(attrs.mtime.nsec, cases[i].nsec);
    }
}

static void names_nobody(struct hythe_event_attributes *a)
{
    a->FileOwner[0] = '\0';
}

/* Nothing at all is a 0. */
static void an_owner_of_no_name_is_0(void)
{
    char owner[64];
    int64_t r;

    for (uint32_t version = 3; version <= 6; version += 3) {
        struct hythe_attrs a = told(version, names_nobody, &r, owner);

        UNIT_ASSERT_NUMBER(r, 0);
        CU_ASSERT(a.valid & HYTHE_ATTR_OWNER && a.uid == 0 && a.gid == 1000 && !a.owner);
    }
}

static void names_a_large_number(struct hythe_event_attributes *a)
{
    (void)snprintf(a->FileOwner, sizeof a->FileOwner, "4294967296");
}

/* A name where there are names. */
static void owners_have_names_from_version_4_on(void)
{
    char owner[64];
    int64_t r;

    for (uint32_t version = 3; version <= 6; version++) {
        (void)told(version, names_an_owner, &r, owner);
        UNIT_ASSERT_NUMBER(r, version == 3 ? HYTHE_STATUS(4) : 0);
        UNIT_ASSERT_STRING(owner, version == 3 ? "" : "bob");
        (void)told(version, names_a_large_number, &r, owner); /* which is no id */
        UNIT_ASSERT_NUMBER(r, version == 3 ? HYTHE_STATUS(4) : 0);
        UNIT_ASSERT_STRING(owner, version == 3 ? "" : "4294967296");
    }
}

/* A store that has names, whose numbers are what a client of version 3 is told. */
static int64_t named_getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    (void)call;
    arg->attrs->valid = HYTHE_ATTR_TYPE | HYTHE_ATTR_OWNER;
    arg->attrs->type = HYTHE_TYPE_REGULAR;
    arg->attrs->uid = 5;
    arg->attrs->gid = 6;
    arg->attrs->owner = "carol";
    arg->attrs->group = "staff";
    return 0;
}

static char shown_owner[2 * HYTHE_EVENT_TEXT];

static void note_owner(struct hythe_event_attributes *a)
{
    (void)snprintf(shown_owner, sizeof shown_owner, "%s:%s", a->FileOwner, a->FileGroup);
}

static void names_of_a_store_are_shown_from_version_4_on(void)
{
    static const struct hythe_ops ops = {.size = sizeof ops, .getattr = named_getattr};
    static const struct hythe_plugin plugin = {.abi = HYTHE_ABI,
                                               .size = sizeof plugin,
                                               .kind = HYTHE_FILESYSTEM,
                                               .threads = HYTHE_PARALLEL,
                                               .name = "named",
                                               .ops = &ops};

    for (uint32_t version = 3; version <= 6; version++) {
        struct hythe_attrs attrs;
        struct scene s;

        scene_begin(&s, BIT(GetAttributes));
        hy_vfs_free(s.w.vfs);
        s.w.vfs = NULL;
        world_mount(&s.w, "/named",
                    (struct hy_instance *const[]){&s.w.instances[0], world_start(&s.w, &plugin, "named"), NULL});
        CU_ASSERT_FATAL(world_see(&s.w, NULL, NULL, false) != NULL);
        hy_vfs_set_protocol(s.w.vfs, version);
        change = note_owner;
        s.acts[HY_EVENT_GetAttributes].more = apply;
        UNIT_ASSERT_NUMBER(do_getattr(&s.w, "/named/f", &attrs), 0);
        UNIT_ASSERT_STRING(shown_owner, version == 3 ? "5:6" : "carol:staff");
        CU_ASSERT(attrs.valid & HYTHE_ATTR_OWNER && attrs.uid == 5 && attrs.gid == 6);
        UNIT_ASSERT_STRING(attrs.valid & HYTHE_ATTR_OWNER ? attrs.owner : "", "carol"); /* what nobody changed */
        scene_end(&s);
    }
}

#define WRONG(name, statement) \
    static void name(struct hythe_event_attributes *a) \
    { \
        statement; \
    }
WRONG(no_nul, memset(a->FileOwner, 'x', sizeof a->FileOwner))
WRONG(no_nul_either, memset(a->OtherAttributes, 'x', sizeof a->OtherAttributes))
WRONG(no_type, a->FileType = 10)
WRONG(too_large, a->FileSize = UINT64_MAX)
WRONG(unreadable, (void)snprintf(a->OtherAttributes, sizeof a->OtherAttributes, "Colour=red"))

static void wrong_attributes_are_caught(void)
{
    static void (*const ways[])(struct hythe_event_attributes * a) = {no_nul, no_nul_either, no_type, too_large,
                                                                      unreadable};
    char owner[64];
    int64_t r;

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        (void)told(6, ways[i], &r, owner);
        UNIT_ASSERT_NUMBER(r, HYTHE_STATUS(4));
    }
}

/* What isn't there may be there nevertheless. */
static void makes_a_file(void *p, bool before)
{
    struct hythe_GetAttributes *e = p;

    (void)before;
    e->attributes.FileType = 1;
    e->attributes.FileSize = 3;
    e->StatusCode = HYTHE_FX_OK;
    UNIT_ASSERT_NUMBER(e->no_follow, 1);
    UNIT_ASSERT_NUMBER(e->Flags, 0x1);
}

static void a_handler_makes_a_file_up(void)
{
    struct hythe_attrs attrs;
    struct scene s;

    scene_begin(&s, BIT(GetAttributes));
    s.acts[HY_EVENT_GetAttributes].more = makes_a_file;
    UNIT_ASSERT_NUMBER(
        hy_vfs_getattr(s.w.vfs, name_of("/none"), HYTHE_ATTR_SIZE | HYTHE_ATTR_TYPE, HYTHE_NOFOLLOW, &attrs), 0);
    UNIT_ASSERT_NUMBER(attrs.valid, HYTHE_ATTR_TYPE | HYTHE_ATTR_SIZE);
    CU_ASSERT(attrs.type == 1 && attrs.size == 3);
    scene_end(&s);
}

static uint32_t no_follow;

static void note_no_follow(void *p, bool before)
{
    (void)before;
    no_follow = ((struct hythe_GetAttributes *)p)->no_follow;
}

static void a_look_says_whether_it_follows(void)
{
    struct hythe_attrs attrs;
    struct scene s;
    hy_handle h;

    scene_begin(&s, BIT(GetAttributes));
    s.acts[HY_EVENT_GetAttributes].more = note_no_follow;
    for (uint32_t flag = 0; flag <= 1; flag++) {
        UNIT_ASSERT_NUMBER(do_open(&s.w, "/f", HYTHE_OPEN_READ | (flag ? HYTHE_OPEN_NOFOLLOW : 0), &h), 0);
        UNIT_ASSERT_NUMBER(hy_vfs_fgetattr(s.w.vfs, h, UINT32_MAX, &attrs), 0);
        UNIT_ASSERT_NUMBER(no_follow, flag);
        UNIT_ASSERT_NUMBER(hy_vfs_getattr(s.w.vfs, name_of("/f"), UINT32_MAX, flag ? HYTHE_NOFOLLOW : 0, &attrs), 0);
        UNIT_ASSERT_NUMBER(no_follow, flag);
    }
    scene_end(&s);
}

static void leads_elsewhere(void *p, bool before)
{
    struct hythe_GetAttributes *e = p;

    (void)before;
    if (strcmp(e->Path, "/l") == 0)
        UNIT_ASSERT_STRING(e->attributes.OtherAttributes, "LinkTarget=f");
    (void)snprintf(e->attributes.OtherAttributes, sizeof e->attributes.OtherAttributes, "LinkTarget=else%%3Bwhere");
    e->StatusCode = 0;
}

static void a_link_leads_where_the_handler_says(void)
{
    char buf[16];
    struct scene s;

    scene_begin(&s, BIT(GetAttributes));
    s.acts[HY_EVENT_GetAttributes].more = leads_elsewhere;
    UNIT_ASSERT_NUMBER(hy_vfs_readlink(s.w.vfs, name_of("/l"), buf, sizeof buf), 10);
    UNIT_ASSERT_NUMBER(memcmp(buf, "else;where", 10), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_readlink(s.w.vfs, name_of("/f"), buf, 4), 4);
    scene_end(&s);
}

/* ---- What handlers are shown of requests ---- */

static struct hythe_FileOpen last_open;
static struct hythe_FileRename last_rename;
static struct hythe_SetAttributes last_set;
static struct hythe_DirCreate last_made;

static void keep_open(void *e, bool before)
{
    if (before)
        last_open = *(struct hythe_FileOpen *)e;
}

static void keep_rename(void *e, bool before)
{
    if (before)
        last_rename = *(struct hythe_FileRename *)e;
}

static void keep_set(void *e, bool before)
{
    if (before)
        last_set = *(struct hythe_SetAttributes *)e;
}

static void keep_made(void *e, bool before)
{
    if (before)
        last_made = *(struct hythe_DirCreate *)e;
}

static void an_open_shows_what_is_wanted(void)
{
    static const struct {
        uint32_t access, desired, flags;
    } cases[] = {
        {HYTHE_OPEN_READ, 0x81, 0x1},
        {HYTHE_OPEN_WRITE | HYTHE_OPEN_CREATE | HYTHE_OPEN_TRUNCATE, 0x102, 0x1a},
        {HYTHE_OPEN_WRITE | HYTHE_OPEN_APPEND, 0x106, 0x6},
        {HYTHE_OPEN_READ | HYTHE_OPEN_LOCK_WRITE | HYTHE_OPEN_LOCK_ADVISORY, 0x81, 0x281},
        {HYTHE_OPEN_READ | HYTHE_OPEN_NOFOLLOW | HYTHE_OPEN_DELETE_ON_CLOSE | HYTHE_OPEN_DELETE, 0x10081, 0xc01},
    };
    const struct hythe_attrs attrs = {
        .struct_size = sizeof attrs, .valid = HYTHE_ATTR_MODE | HYTHE_ATTR_MIME, .mode = 0640, .mime = "a/b"};
    struct scene s;
    hy_handle h;

    scene_begin(&s, BIT(FileOpen));
    s.acts[HY_EVENT_FileOpen].more = keep_open;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        UNIT_ASSERT_NUMBER(hy_vfs_open(s.w.vfs, name_of("/f"), cases[i].access, &attrs, &h), 0);
        UNIT_ASSERT_NUMBER(last_open.DesiredAccess, cases[i].desired);
        UNIT_ASSERT_NUMBER(last_open.Flags, cases[i].flags);
        UNIT_ASSERT_NUMBER(last_open.delete_on_close, (cases[i].access & HYTHE_OPEN_DELETE_ON_CLOSE) != 0);
        UNIT_ASSERT_NUMBER(last_open.attributes.FilePermissions, 0640);
        UNIT_ASSERT_NUMBER(last_open.attributes.FileType, 1);
        UNIT_ASSERT_STRING(last_open.attributes.OtherAttributes, "MIMEType=a/b");
        UNIT_ASSERT_NUMBER(last_open.lock_flags, 0);
        UNIT_ASSERT_NUMBER(hy_vfs_close(s.w.vfs, h), 0);
    }
    UNIT_ASSERT_NUMBER(hy_vfs_symlink(s.w.vfs, name_of("/s"), name_of("there")), 0);
    UNIT_ASSERT_NUMBER(last_open.attributes.FileType, 3);
    UNIT_ASSERT_STRING(last_open.attributes.OtherAttributes, "LinkTarget=there");
    UNIT_ASSERT_STRING(last_open.Handle, "");
    UNIT_ASSERT_NUMBER(do_open(&s.w, "/f", HYTHE_OPEN_READ, &h), 0);
    UNIT_ASSERT_NUMBER(hy_vfs_lock(s.w.vfs, h, 0, 1, HYTHE_LOCK_READ | HYTHE_LOCK_ADVISORY), 0);
    UNIT_ASSERT_NUMBER(last_open.lock_flags, HYTHE_LOCK_READ | HYTHE_LOCK_ADVISORY);
    UNIT_ASSERT_STRING(last_open.Handle, "6");
    scene_end(&s);
}

static void other_events_show_what_is_wanted(void)
{
    const struct hythe_attrs attrs = {
        .struct_size = sizeof attrs, .valid = HYTHE_ATTR_SIZE | HYTHE_ATTR_MODE, .size = 2, .mode = 0700};
    struct scene s;

    scene_begin(&s, ALL_EVENTS);
    s.acts[HY_EVENT_FileRename].more = keep_rename;
    s.acts[HY_EVENT_SetAttributes].more = keep_set;
    s.acts[HY_EVENT_DirCreate].more = keep_made;
    UNIT_ASSERT_NUMBER(
        hy_vfs_rename(s.w.vfs, name_of("/f"), name_of("/d/g"), HYTHE_RENAME_REPLACE | HYTHE_RENAME_ATOMIC), 0);
    UNIT_ASSERT_STRING(last_rename.NewPath, "/d/g");
    CU_ASSERT(last_rename.Flags == 3 && !last_rename.is_link);
    UNIT_ASSERT_NUMBER(hy_vfs_link(s.w.vfs, name_of("/d/g"), name_of("/f")), -ENOSYS);
    CU_ASSERT(last_rename.Flags == 0 && last_rename.is_link);
    UNIT_ASSERT_NUMBER(hy_vfs_setattr(s.w.vfs, name_of("/d/g"), 0, &attrs), 0);
    CU_ASSERT(last_set.attributes.FileSize == 2 && last_set.attributes.FilePermissions == 0700 &&
              last_set.attributes.valid == attrs.valid);
    UNIT_ASSERT_NUMBER(hy_vfs_mkdir(s.w.vfs, name_of("/m"), &attrs), 0);
    CU_ASSERT(last_made.attributes.FileType == 2 && last_made.attributes.FilePermissions == 0700);
    scene_end(&s);
}

UNIT_SUITE(event_fields, UNIT_TEST(other_attributes_are_read_as_they_are_written),
           UNIT_TEST(other_attributes_are_read_strictly), UNIT_TEST(shows_what_is_known),
           UNIT_TEST(a_handler_changes_what_is_told), UNIT_TEST(owners_have_names_from_version_4_on),
           UNIT_TEST(names_of_a_store_are_shown_from_version_4_on), UNIT_TEST(an_owner_of_no_name_is_0),
           UNIT_TEST(nanoseconds_count_before_milliseconds_and_these_before_what_was),
           UNIT_TEST(wrong_attributes_are_caught), UNIT_TEST(a_handler_makes_a_file_up),
           UNIT_TEST(a_look_says_whether_it_follows), UNIT_TEST(a_link_leads_where_the_handler_says),
           UNIT_TEST(an_open_shows_what_is_wanted), UNIT_TEST(other_events_show_what_is_wanted));
