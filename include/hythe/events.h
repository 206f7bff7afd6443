/*
 * The events of an embedded server: what a program is told, asked, and may decide. hythe.h includes this file.
 *
 * A program fills in the handlers of struct hythe_events that it wants and gives the table to hythe_server_handle().
 * An event without a handler costs nothing. Names of events and of their parameters are the specification's (the
 * component's own); lower-case names are Hythe's.
 *
 * Parameters. A handler reads all of them; it may change those marked "set", which begin with what happens if it
 * doesn't. Text that may be set is an array, to be written with its NUL inside of its bounds. Texts are never NULL, and
 * UTF-8, but for users and paths, which are what a client says. Everything is valid until the handler returns. New
 * parameters are only ever appended: check `size` against offsets before using one that is newer than the library that
 * is running (HYTHE_HAS of plugin.h does).
 *
 * Threads. With ProcessIdleEvents (the default) handlers run on the thread of the connection that they are about, those
 * of several connections at once; a handler that takes its time holds up its own connection alone. Without it they run
 * in hythe_DoEvents(), on the thread that calls it, one after the other, and the connection waits for that. Log and
 * Error may come from any thread. What may be called from a handler is said in hythe.h. While hythe_server_free() lets
 * a server go with a handler that hangs, no other is begun: whom SSHUserAuthRequest would be asked about is refused.
 *
 * Before and after. Events with BeforeExec come twice: first with BeforeExec 1, when StatusCode may be set to deny the
 * operation with exactly that status, or Path to another one to divert it there; then, if it was carried out, with
 * BeforeExec 0 and its result in StatusCode, which may be set as well. Without a RootDirectory (and without a mount at
 * the path) there is no operation but the event: it comes with BeforeExec 1, then with 0; whatever StatusCode says in
 * the end is the answer. Those without BeforeExec come once, after the operation; without a RootDirectory they are it.
 * A text to go with a status is set by Config("SFTPErrorMessage[ConnectionId]=...") and holds for that one answer.
 */
#ifndef HYTHE_EVENTS_H
#define HYTHE_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hythe_server;

enum {
    HYTHE_EVENT_PATH = 4096,  /* bytes of a path, with its NUL */
    HYTHE_EVENT_TEXT = 1024,  /* of other texts */
    HYTHE_EVENT_HANDLE = 257, /* of a label of an open file */
    HYTHE_EVENT_STORE = 65537 /* of a certificate store given as text */
};

/* StatusCode: SSH_FX_*, draft-ietf-secsh-filexfer-13, section 9.1. What a client's version doesn't know becomes what it
 * does know (doc/status.md). */
enum hythe_status {
    HYTHE_FX_OK = 0,
    HYTHE_FX_EOF = 1,
    HYTHE_FX_NO_SUCH_FILE = 2,
    HYTHE_FX_PERMISSION_DENIED = 3,
    HYTHE_FX_FAILURE = 4,
    HYTHE_FX_BAD_MESSAGE = 5,
    HYTHE_FX_NO_CONNECTION = 6,
    HYTHE_FX_CONNECTION_LOST = 7,
    HYTHE_FX_OP_UNSUPPORTED = 8,
    HYTHE_FX_INVALID_HANDLE = 9,
    HYTHE_FX_NO_SUCH_PATH = 10,
    HYTHE_FX_FILE_ALREADY_EXISTS = 11,
    HYTHE_FX_WRITE_PROTECT = 12,
    HYTHE_FX_NO_MEDIA = 13,
    HYTHE_FX_NO_SPACE_ON_FILESYSTEM = 14,
    HYTHE_FX_QUOTA_EXCEEDED = 15,
    HYTHE_FX_UNKNOWN_PRINCIPAL = 16,
    HYTHE_FX_LOCK_CONFLICT = 17,
    HYTHE_FX_DIR_NOT_EMPTY = 18,
    HYTHE_FX_NOT_A_DIRECTORY = 19,
    HYTHE_FX_INVALID_FILENAME = 20,
    HYTHE_FX_LINK_LOOP = 21,
    HYTHE_FX_CANNOT_DELETE = 22,
    HYTHE_FX_INVALID_PARAMETER = 23,
    HYTHE_FX_FILE_IS_A_DIRECTORY = 24,
    HYTHE_FX_BYTE_RANGE_LOCK_CONFLICT = 25,
    HYTHE_FX_BYTE_RANGE_LOCK_REFUSED = 26,
    HYTHE_FX_DELETE_PENDING = 27,
    HYTHE_FX_FILE_CORRUPT = 28,
    HYTHE_FX_OWNER_INVALID = 29,
    HYTHE_FX_GROUP_INVALID = 30,
    HYTHE_FX_NO_MATCHING_BYTE_RANGE_LOCK = 31
};

/* Attributes of a file or directory, as several events have them. */
struct hythe_event_attributes {
    size_t size;
    /* Which of them are known: HYTHE_ATTR_* of plugin.h. Set with each that a handler sets, taken away to leave it out;
     * in an event before its operation they are for reading. */
    uint32_t valid;
    uint32_t FileType; /* 1 regular, 2 directory, 3 symlink, 4 special, 5 unknown, 6 socket, 7 and 8 devices, 9 FIFO */
    uint64_t FileSize; /* bytes */
    char FileOwner[HYTHE_EVENT_TEXT]; /* a number where the client speaks version 3, else a name (or a number) */
    char FileGroup[HYTHE_EVENT_TEXT];
    uint32_t FilePermissions; /* POSIX: 07777 */
    int64_t FileATime;        /* milliseconds since 1970-01-01 UTC, as all times here */
    int64_t FileCreateTime;
    int64_t FileMTime;
    uint32_t FileAttribBits;      /* SSH_FILEXFER_ATTR_FLAGS_* */
    uint32_t FileAttribBitsValid; /* which of them count */
    /* "Name=Value;..." of MIMEType, AllocationSize, ATimeNS, CreateTimeNS, MTimeNS (nanoseconds within the second),
     * TextHint, LinkCount, UntranslatedName; of a symlink that is made or read also LinkTarget. Each at most once; in
     * values ; and % are %3B and %25. What a handler leaves there replaces all of it. */
    char OtherAttributes[HYTHE_EVENT_TEXT];
};

/* ---- Connections ---- */

/* Somebody wants to connect whom no limit and no penalty turned away. Accept is 0 where AllowedClients or
 * BlockedClients says no, which may be overridden. Nothing was read from the client; behind a proxy it is the client
 * that the proxy names. */
struct hythe_ConnectionRequest {
    size_t size;
    struct hythe_server *server;
    const char *Address; /* numeric */
    uint32_t Port;
    uint32_t Accept; /* set */
};

/* A connection is there: before its key exchange, so that another host key may be given to it. StatusCode isn't 0 for
 * one that failed before it began (a negative errno), whose ConnectionId is 0 then; this may come from the thread that
 * accepts connections, and holds up all new ones. It doesn't come for those that were refused. */
struct hythe_Connected {
    size_t size;
    struct hythe_server *server;
    uint64_t ConnectionId;
    int32_t StatusCode;
    const char *Description; /* "OK" */
    /* set: the host key of this connection alone instead of the server's, as SSHCertStoreType, SSHCertStore,
     * SSHCertStorePassword and SSHCertSubject are for all; CertStore "" for none. One that can't be read ends the
     * connection (1301). CertStore and CertPassword are wiped afterwards. */
    uint32_t CertStoreType; /* 99, Auto */
    char CertStore[HYTHE_EVENT_STORE];
    char CertPassword[HYTHE_EVENT_TEXT];
    char CertSubject[HYTHE_EVENT_TEXT];
};

/* It is over: one for each Connected with StatusCode 0, after every other event of the connection but lines for the
 * Log. */
struct hythe_Disconnected {
    size_t size;
    struct hythe_server *server;
    uint64_t ConnectionId;
    int32_t StatusCode; /* 0, "OK": in order, by either side. Else a number of the component, or a negative errno */
    const char *Description;
};

/* Something went wrong that has no other event: a login that failed for good (1300), a host key that can't be read
 * (1301), a store that failed (2002). ConnectionId 0: of the server. */
struct hythe_Error {
    size_t size;
    struct hythe_server *server;
    uint64_t ConnectionId;
    int32_t ErrorCode; /* of the component, or a negative errno; see hythe_error_text() */
    const char *Description;
};

/* A line for a log, escaped, without its end. */
struct hythe_Log {
    size_t size;
    struct hythe_server *server;
    uint64_t ConnectionId; /* 0: of the server */
    uint32_t LogLevel;     /* 0 an error, shown at every level; 1 info, 2 verbose, 3 debug */
    const char *Message;
    uint32_t LogType; /* 0 */
};

/* How the SSH side of a connection goes on; for information. */
struct hythe_SSHStatus {
    size_t size;
    struct hythe_server *server;
    uint64_t ConnectionId;
    const char *Message;
};

/* A client tries to log in. Where the configuration has users or authentication plugins, Accept and PartialSuccess
 * begin with what these said; else with 0. What the handler leaves there counts; both together mean PartialSuccess. Who
 * is refused counts against MaxAuthAttempts. What the server rejects by itself fires nothing: a method that isn't on
 * offer, a wrong signature, keys that are revoked or too weak, certificates that aren't sound. Nobody gets in whose
 * account a plugin couldn't look up, or who mustn't use it, whatever Accept says.
 *
 * Who is accepted and known to nobody else gets an account that is made of HomeDir, UserRootDirectory[ConnectionId] and
 * RestrictUserToHomeDir[ConnectionId]; these override what others have. A HomeDir that is no normal absolute path, or
 * none with RestrictUserToHomeDir, refuses the login, and the log says so. KeyboardInteractivePrompts[ConnectionId]
 * holds for dialogues that begin after it was set, UserAuthBanner[ConnectionId] until the first answer is sent. What is
 * accepted after login_grace, or of a connection that was told to end, lets nobody in. */
struct hythe_SSHUserAuthRequest {
    size_t size;
    struct hythe_server *server;
    uint64_t ConnectionId;
    const char *User;    /* bytes of the client's choice, without NUL */
    const char *Service; /* "ssh-connection" */
    /* "none", "password", "publickey", "keyboard-interactive-1" and so on for each answer, then "keyboard-interactive"
     * with an empty AuthParam: Accept must be left at each of them. With FireAuthRequestAfterSig "sigstatus", "1" or
     * "0", after a signature was looked at: for information, nothing that is set there counts. */
    const char *AuthMethod;
    const char *AuthParam;       /* the password, the answer or the key's blob: not to be logged, wiped afterwards */
    size_t auth_param_length;    /* its bytes: a key's blob has NULs */
    uint32_t signature_verified; /* publickey: 0, the client only asks whether the key would do; 1, it signed with it */
    uint32_t Accept;             /* set: the login is complete. A key's probe or an unsigned key gives no access */
    uint32_t PartialSuccess;     /* set: right, and another method of AvailableMethods is needed */
    /* set: "password,publickey", what the client may try next; begins with those of DefaultAuthMethods that can still
     * help. What is set holds until it is set anew or something was right. Of answers the last event's counts. */
    char AvailableMethods[HYTHE_EVENT_TEXT];
    char HomeDir[HYTHE_EVENT_PATH]; /* set, with Accept: the initial directory, a path of the user's view; "" for "/" */
    /* publickey: of the signature as the request names it, such as "rsa-sha2-512"; where that isn't known, the key's
     * type. Of a certificate it ends in -cert-v01@openssh.com, while AuthParam is the plain key. Else "" */
    const char *KeyAlgorithm;
};

/* ---- Files ---- */

/* Path and NewPath are normal absolute paths of the user's view. Path, where it may be set, diverts the operation in
 * BeforeExec: it is resolved anew, with everything that holds for its new name, and events fire for that; after 8
 * times in one request it fails. */

struct hythe_DirCreate {
    size_t size;
    struct hythe_server *server;
    uint64_t ConnectionId;
    const char *User;
    char Path[HYTHE_EVENT_PATH]; /* set */
    struct hythe_event_attributes attributes;
    uint32_t BeforeExec;
    uint32_t StatusCode; /* set */
};

/* A directory is opened for listing. hythe_SetFileList() says what is in it: instead of what is there, or where there
 * is no RootDirectory. */
struct hythe_DirList {
    size_t size;
    struct hythe_server *server;
    uint64_t ConnectionId;
    const char *User;
    char Path[HYTHE_EVENT_PATH]; /* set */
    uint32_t BeforeExec;
    uint32_t StatusCode; /* set */
};

struct hythe_DirRemove {
    size_t size;
    struct hythe_server *server;
    uint64_t ConnectionId;
    const char *User;
    char Path[HYTHE_EVENT_PATH]; /* set */
    uint32_t BeforeExec;
    uint32_t StatusCode; /* set */
};

/* An open file or directory is closed; it is closed whatever StatusCode becomes. */
struct hythe_FileClose {
    size_t size;
    struct hythe_server *server;
    uint64_t ConnectionId;
    const char *User;
    const char *Path;
    const char *Handle;
    uint32_t StatusCode; /* set */
    uint32_t aborted;    /* the connection ended first: the content may be incomplete */
};

/* A file is opened or made. Fires as well for what else gives a file a name: a new symlink (FileType 3), the target of
 * a copy; for a lock (lock_flags), where Path can't be set; and for what needs no open, but does what one could
 * (is_link, sets_size). There is a FileClose for what was opened alone. */
struct hythe_FileOpen {
    size_t size;
    struct hythe_server *server;
    uint64_t ConnectionId;
    const char *User;
    char Path[HYTHE_EVENT_PATH]; /* set */
    /* ACE4_*, of what is granted: 0x81 to read (also where a client asks for attributes alone), 0x102 to write, 4 to
     * append, 0x100 to set attributes of any kind, 0x10000 to delete. */
    uint32_t DesiredAccess;
    /* SSH_FXF_* of version 3: 1 read, 2 write, 4 append, 8 creat, 0x10 trunc, 0x20 excl. Above them those of version 6:
     * 0x40, 0x80, 0x100 block read, write, delete, 0x200 advisory, 0x400 nofollow, 0x800 delete on close. */
    uint32_t Flags;
    struct hythe_event_attributes attributes; /* wanted for a new file */
    char Handle[HYTHE_EVENT_HANDLE]; /* set: what later events call the open file; a number of its own by default */
    uint32_t BeforeExec;
    uint32_t StatusCode;      /* set */
    uint32_t lock_flags;      /* HYTHE_LOCK_*: not an open, but a lock of a range of an open file. Never 0 then */
    uint32_t delete_on_close; /* the file will be removed when it is closed; FileRemove fires, too */
    const char *link_target;  /* of a new symlink: what will be stored, of any length; else "" */
    uint32_t is_link;         /* it gets a hard link, to read and write it by; FileRename fires, too */
    uint32_t sets_size;       /* it is cut or extended by its name; SetAttributes fires, too */
};

/* Data was read; without a RootDirectory, is to be read. FileData may be changed, up to Length bytes. StatusCode
 * HYTHE_FX_EOF: there is no more; it counts where FileDataLength is 0. */
struct hythe_FileRead {
    size_t size;
    struct hythe_server *server;
    uint64_t ConnectionId;
    const char *User;
    const char *Handle;
    uint64_t FileOffset;
    size_t Length;         /* bytes that the client asked for, the room at FileData */
    void *FileData;        /* the bytes are set in place */
    size_t FileDataLength; /* set: how many there are */
    uint32_t StatusCode;   /* set */
    const char *Path;
};

/* Fires as well for what a rename replaces, behind FileRename; another Path is then its NewPath. */
struct hythe_FileRemove {
    size_t size;
    struct hythe_server *server;
    uint64_t ConnectionId;
    const char *User;
    char Path[HYTHE_EVENT_PATH]; /* set */
    uint32_t BeforeExec;
    uint32_t StatusCode; /* set */
};

/* Fires as well for a hard link, which gives the file NewPath and leaves Path (is_link). */
struct hythe_FileRename {
    size_t size;
    struct hythe_server *server;
    uint64_t ConnectionId;
    const char *User;
    char Path[HYTHE_EVENT_PATH];    /* set */
    char NewPath[HYTHE_EVENT_PATH]; /* set */
    uint32_t Flags;                 /* SSH_FXF_RENAME_*: 1 overwrite, 2 atomic, 4 native */
    uint32_t BeforeExec;
    uint32_t StatusCode; /* set */
    uint32_t is_link;
};

/* Data is written: what one request has, whole. hythe_SetFileData() in BeforeExec puts other bytes in their place. */
struct hythe_FileWrite {
    size_t size;
    struct hythe_server *server;
    uint64_t ConnectionId;
    const char *User;
    const char *Handle;
    uint64_t FileOffset;
    uint32_t BeforeExec;
    uint32_t StatusCode; /* set */
    const void *FileData;
    size_t FileDataLength;
    const char *Path;
};

/* Attributes were looked up; without a RootDirectory, are to be given. Comes also for the names of SetFileList(), where
 * HYTHE_FX_NO_SUCH_FILE leaves a name out. */
struct hythe_GetAttributes {
    size_t size;
    struct hythe_server *server;
    uint64_t ConnectionId;
    const char *User;
    const char *Path;
    uint32_t Flags;                           /* SSH_FILEXFER_ATTR_* of version 6 that the client is interested in */
    struct hythe_event_attributes attributes; /* set */
    uint32_t StatusCode;                      /* set */
    uint32_t no_follow;                       /* of a symlink itself */
};

/* A path is made canonical: REALPATH, expand-path. */
struct hythe_ResolvePath {
    size_t size;
    struct hythe_server *server;
    uint64_t ConnectionId;
    const char *User;
    const char *OriginalPath;        /* as the client sent it; its parts together */
    uint32_t ControlFlags;           /* 1 no check, 2 stat if there, 3 stat always; 0 before version 6 */
    char RealPath[HYTHE_EVENT_PATH]; /* set */
    uint32_t StatusCode;             /* set */
};

struct hythe_SetAttributes {
    size_t size;
    struct hythe_server *server;
    uint64_t ConnectionId;
    const char *User;
    char Path[HYTHE_EVENT_PATH]; /* set; not of an open file */
    /* What the client wants to have set; of an ACL and of extended attributes `valid` alone tells. */
    struct hythe_event_attributes attributes;
    uint32_t BeforeExec;
    uint32_t StatusCode; /* set */
    uint32_t no_follow;  /* of a symlink itself */
};

/* Every event: HYTHE_EVENT(name). The order is that of the numbers in the component. */
#define HYTHE_EVENTS \
    HYTHE_EVENT(Connected) \
    HYTHE_EVENT(ConnectionRequest) \
    HYTHE_EVENT(DirCreate) \
    HYTHE_EVENT(DirList) \
    HYTHE_EVENT(DirRemove) \
    HYTHE_EVENT(Disconnected) \
    HYTHE_EVENT(Error) \
    HYTHE_EVENT(FileClose) \
    HYTHE_EVENT(FileOpen) \
    HYTHE_EVENT(FileRead) \
    HYTHE_EVENT(FileRemove) \
    HYTHE_EVENT(FileRename) \
    HYTHE_EVENT(FileWrite) \
    HYTHE_EVENT(GetAttributes) \
    HYTHE_EVENT(Log) \
    HYTHE_EVENT(ResolvePath) \
    HYTHE_EVENT(SetAttributes) \
    HYTHE_EVENT(SSHStatus) \
    HYTHE_EVENT(SSHUserAuthRequest)

/* The handlers of a program; NULL for what it doesn't want to hear of. ctx is what hythe_server_handle() was given. */
struct hythe_events {
    size_t size; /* sizeof(struct hythe_events) */
#define HYTHE_EVENT(name) void (*name)(void *ctx, struct hythe_##name *e);
    HYTHE_EVENTS
#undef HYTHE_EVENT
};

#ifdef __cplusplus
}
#endif
#endif
