/* The halves of plugins that work with root's rights: what they are sent by a server that somebody else has taken over
 * gets no answer and does nothing. */
#include "plugins/chroot-per-user/chroot.h"
#include "plugins/pam/pam.h"
#include "plugins/system-accounts/accounts.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Runs a half over what was sent and then ended; the answer's length, 0 for none. */
static ssize_t run(void (*assist)(const struct hythe_assist *), const void *settings, const void *const *sent,
                   const size_t *lens, size_t count, void *answer, size_t size)
{
    struct hythe_assist how = {.size = sizeof how, .settings = settings};
    ssize_t n;
    int ends[2];

    CU_ASSERT_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    for (size_t i = 0; i < count; i++)
        UNIT_ASSERT_NUMBER(send(ends[0], sent[i], lens[i], MSG_NOSIGNAL), lens[i]);
    CU_ASSERT_FATAL(shutdown(ends[0], SHUT_WR) == 0);
    how.socket = ends[1];
    assist(&how);
    (void)close(ends[1]);
    n = recv(ends[0], answer, size, 0);
    (void)close(ends[0]);
    return n < 0 && errno == ECONNRESET ? 0 : n;
}

/* ---- pam ---- */

static ssize_t run_pam(const struct pam_note *first, size_t first_len, const struct pam_note *second, size_t second_len)
{
    const struct pam_settings set = {.service = "hythe-of-nobody"};
    const void *const sent[] = {first, second};
    const size_t lens[] = {first_len, second_len};
    struct pam_note answer;

    return run(pam_assist, &set, sent, lens, second ? 2 : 1, &answer, sizeof answer);
}

static void pam_wants_a_name_and_an_address(void)
{
    static struct pam_note user = {.kind = PAM_NOTE_USER, .text = "somebody"}, none = {.kind = PAM_NOTE_USER},
                           address = {.kind = PAM_NOTE_ADDRESS, .text = "192.0.2.1"}, endless, unknown;
    static char long_one[2 * sizeof user];

    endless = user;
    memset(endless.text, 'a', sizeof endless.text);
    unknown = user;
    unknown.kind = UINT32_MAX;
    memcpy(long_one, &user, sizeof user);
    UNIT_ASSERT_NUMBER(run_pam(&user, sizeof user, NULL, 0), 0);
    UNIT_ASSERT_NUMBER(run_pam(&none, sizeof none, &address, sizeof address), 0);
    UNIT_ASSERT_NUMBER(run_pam(&address, sizeof address, &user, sizeof user), 0);
    UNIT_ASSERT_NUMBER(run_pam(&user, sizeof user, &user, sizeof user), 0);
    UNIT_ASSERT_NUMBER(run_pam(&endless, sizeof endless, &address, sizeof address), 0);
    UNIT_ASSERT_NUMBER(run_pam(&unknown, sizeof unknown, &address, sizeof address), 0);
    UNIT_ASSERT_NUMBER(run_pam(&user, sizeof user - 1, &address, sizeof address), 0);
    UNIT_ASSERT_NUMBER(run_pam(&user, 1, &address, sizeof address), 0);
    UNIT_ASSERT_NUMBER(run_pam((void *)long_one, sizeof long_one, &address, sizeof address), 0);
    UNIT_ASSERT_NUMBER(run_pam(&user, sizeof user, &address, sizeof address - 1), 0);
}

static void notes_are_cut_and_checked(void)
{
    static char text[3 * PAM_NOTE_TEXT];
    struct pam_note note;
    int ends[2];

    CU_ASSERT_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    memset(text, 'x', sizeof text - 1);
    UNIT_ASSERT_NUMBER(pam_note_send(ends[0], PAM_NOTE_MESSAGE, 7, text), 0);
    UNIT_ASSERT_NUMBER(pam_note_receive(ends[1], &note), 0);
    UNIT_ASSERT_NUMBER(strlen(note.text), PAM_NOTE_TEXT - 1);
    UNIT_ASSERT_NUMBER(note.number, 7);
    UNIT_ASSERT_NUMBER(pam_note_send(ends[0], PAM_NOTE_VERDICT, PAM_VERDICT_ACCEPT, ""), 0);
    UNIT_ASSERT_NUMBER(pam_note_expect(ends[1], PAM_NOTE_QUESTION, &note), -EBADMSG);
    (void)close(ends[0]);
    UNIT_ASSERT_NUMBER(pam_note_receive(ends[1], &note), -ECONNRESET);
    UNIT_ASSERT_NUMBER(pam_note_send(ends[1], PAM_NOTE_USER, 0, ""), -ECONNRESET);
    (void)close(ends[1]);
}

/* ---- system-accounts ---- */

static void accounts_are_asked_for_by_whole_names(void)
{
    struct {
        char user[256];
        char more;
    } question = {.user = "root"};
    const void *const sent[] = {&question};
    const size_t whole = sizeof question.user, lens[] = {whole, whole - 1, whole + 1, 1};
    int32_t answer[2];

    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++)
        UNIT_ASSERT_NUMBER(run(sa_assist, NULL, sent, &lens[i], 1, answer, sizeof answer), i ? 0 : sizeof answer);
    memset(question.user, 'a', sizeof question.user);
    UNIT_ASSERT_NUMBER(run(sa_assist, NULL, sent, &whole, 1, answer, sizeof answer), 0);
}

/* ---- chroot-per-user ---- */

enum { OWNER = 12345, GROUP = 54321, STRANGER = 4242 };

struct home {
    char dir[64];
    int folder;
};

static void open_home(struct home *h)
{
    int fd;

    *h = (struct home){.dir = "/tmp/unit-assists.XXXXXX"};
    CU_ASSERT_FATAL(mkdtemp(h->dir) != NULL);
    h->folder = open(h->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CU_ASSERT_FATAL(h->folder >= 0 && mkdirat(h->folder, "in", 0700) == 0);
    fd = openat(h->folder, "in/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CU_ASSERT_FATAL(fd >= 0 && fchmod(fd, 06755) == 0 && close(fd) == 0);
    CU_ASSERT_FATAL(symlinkat("/etc", h->folder, "link") == 0);
}

static void close_home(struct home *h)
{
    (void)unlinkat(h->folder, "in/file", 0);
    (void)unlinkat(h->folder, "in", AT_REMOVEDIR);
    (void)unlinkat(h->folder, "link", 0);
    (void)close(h->folder);
    CU_ASSERT(rmdir(h->dir) == 0);
}

static uid_t owner_of(const struct home *h, const char *name)
{
    struct stat st = {.st_uid = 0};

    CU_ASSERT(fstatat(h->folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0);
    return st.st_uid;
}

/* The helper's result for a descriptor; 1: no answer. */
static int32_t give(const char *owner, int fd)
{
    const struct cp_settings set = {.owner = owner};
    struct hythe_assist how = {.size = sizeof how, .settings = &set};
    char byte = 0, room[CMSG_SPACE(sizeof fd)] __attribute__((aligned(8))) = {0};
    struct iovec iov = {&byte, 1};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
    int32_t result = 1;
    int ends[2];

    CU_ASSERT_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    if (fd >= 0) {
        message.msg_control = room;
        message.msg_controllen = sizeof room;
        *CMSG_FIRSTHDR(&message) =
            (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof fd);
    }
    CU_ASSERT(sendmsg(ends[0], &message, MSG_NOSIGNAL) == 1);
    how.socket = ends[1];
    cp_assist(&how);
    (void)close(ends[1]);
    (void)!recv(ends[0], &result, sizeof result, 0);
    (void)close(ends[0]);
    return result;
}

static void folders_of_the_server_are_given_whole(void)
{
    struct home h;
    struct stat st;

    if (geteuid() != 0)
        UNIT_SKIP("only root gives things away");
    open_home(&h);
    UNIT_ASSERT_NUMBER(give("12345:54321", h.folder), 0);
    CU_ASSERT_FATAL(fstat(h.folder, &st) == 0);
    UNIT_ASSERT_NUMBER(st.st_uid, OWNER);
    UNIT_ASSERT_NUMBER(st.st_gid, GROUP);
    UNIT_ASSERT_NUMBER(owner_of(&h, "in"), OWNER);
    UNIT_ASSERT_NUMBER(owner_of(&h, "link"), OWNER);
    CU_ASSERT_FATAL(fstatat(h.folder, "in/file", &st, AT_SYMLINK_NOFOLLOW) == 0);
    UNIT_ASSERT_NUMBER(st.st_uid, OWNER);
    UNIT_ASSERT_NUMBER(st.st_mode & 07777, 0755); /* nobody makes a set-id file of somebody else */
    CU_ASSERT(stat("/etc", &st) == 0 && st.st_uid == 0);
    close_home(&h);
}

static void nothing_else_is_given(void)
{
    char elsewhere[80];
    struct home h;
    int file;

    if (geteuid() != 0)
        UNIT_SKIP("only root gives things away");
    open_home(&h);
    file = openat(h.folder, "in/file", O_RDONLY | O_CLOEXEC);
    UNIT_ASSERT_NUMBER(give("12345", -1), 1);
    UNIT_ASSERT_NUMBER(give("12345", file), -ENOTDIR);
    UNIT_ASSERT_NUMBER(give("0:54321", h.folder), -EPERM);
    UNIT_ASSERT_NUMBER(give("12345:0", h.folder), -EPERM);
    CU_ASSERT_FATAL(fchownat(h.folder, "in/file", STRANGER, (gid_t)-1, 0) == 0);
    UNIT_ASSERT_NUMBER(give("12345", h.folder), -EPERM);
    UNIT_ASSERT_NUMBER(owner_of(&h, "in/file"), STRANGER);
    (void)close(file);
    close_home(&h);
    open_home(&h);
    (void)snprintf(elsewhere, sizeof elsewhere, "%s.other", h.dir); /* the other name isn't in what is given */
    CU_ASSERT_FATAL(linkat(h.folder, "in/file", AT_FDCWD, elsewhere, 0) == 0);
    UNIT_ASSERT_NUMBER(give("12345", h.folder), -EPERM);
    UNIT_ASSERT_NUMBER(owner_of(&h, "in/file"), 0);
    UNIT_ASSERT_NUMBER(owner_of(&h, "."), 0);
    (void)unlink(elsewhere);
    close_home(&h);
}

UNIT_SUITE(assists, UNIT_TEST(pam_wants_a_name_and_an_address), UNIT_TEST(notes_are_cut_and_checked),
           UNIT_TEST(accounts_are_asked_for_by_whole_names), UNIT_TEST(folders_of_the_server_are_given_whole),
           UNIT_TEST(nothing_else_is_given));

UNIT_MAIN("unit-assists", &unit_assists)
