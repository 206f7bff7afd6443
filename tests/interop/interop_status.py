#!/usr/bin/python3
"""Every status of the protocol, brought about by a request that a client might send, at each version: the best code that
the version has, with a message and a language tag, and never one beyond it. Those that only a store can come upon (no
medium, a quota, a damaged file) are told by a filter, by errno."""
import functools

from harness import *
from interop_slow import gated, plugins
from wire import (BAD_MESSAGE, EXTENDED, FAILURE, MKDIR, NO_SUCH_FILE, O_CREAT, PERMISSION_DENIED, READLINK, REMOVE, RMDIR,
                  UNSUPPORTED)
from wire6 import *

(WRITE_PROTECT, NO_MEDIA, NO_SPACE, QUOTA, UNKNOWN_PRINCIPAL, LOCK_CONFLICT, NOT_EMPTY, NOT_A_DIRECTORY, BAD_NAME, LOOP,
 CANNOT_DELETE, INVALID, IS_A_DIRECTORY, RANGE_CONFLICT, RANGE_REFUSED, DELETE_PENDING, CORRUPT, OWNER_INVALID,
 GROUP_INVALID, NO_SUCH_LOCK) = range(12, 32)
HIGHEST = {3: 8, 4: 13, 5: 17, 6: 31}
BY_CLIENTS = {6, 7}  # NO_CONNECTION and CONNECTION_LOST: a server never sends them
BLOCK_WRITE, DELETE_ON_CLOSE = 0x80, 0x800

suite = Suite('interop-status', modules=['paramiko'])
ROWS = []


def row(*codes):
    """A cause, and what versions 3 to 6 call it; one code holds for all, two for 3 and for the others."""
    if len(codes) < 4:
        codes = codes[:1] + codes[-1:] * 3
    return lambda cause: ROWS.append((cause, dict(zip((3, 4, 5, 6), codes)))) or cause


@row(OK)
def a_folder_is_made(one, six):
    return one.ask(MKDIR, s('/new%d' % one.version), one.attrs(kind=2))


@row(EOF)
def a_read_behind_the_end(one, six):
    return one.read(one.open('/f'), 1000, 10)


@row(NO_SUCH_FILE)
def a_name_that_is_missing(one, six):
    return one.stat('/none')


@row(PERMISSION_DENIED)
def a_file_of_nobody(one, six):
    return one.ask_open('/closed', F_READ)


@row(FAILURE)
def a_rename_to_another_store(one, six):
    return one.rename('/f', '/mem/f')


@row(BAD_MESSAGE)
def a_request_that_is_cut(one, six):
    return one.ask(REMOVE, u32(100), b'/f')


@row(UNSUPPORTED)
def an_extension_that_nobody_knows(one, six):
    return one.extended('no-such@example.com')


@row(FAILURE, INVALID_HANDLE)
def a_handle_that_was_never_given(one, six):
    return one.ask(CLOSE, s(b'\xff' * 8))


@row(NO_SUCH_FILE, NO_SUCH_PATH)
def a_folder_above_that_is_missing(one, six):
    return one.stat('/none/such')


@row(FAILURE, FILE_ALREADY_EXISTS)
def a_folder_that_is_there(one, six):
    return one.ask(MKDIR, s('/dir'), one.attrs(kind=2))


@row(PERMISSION_DENIED, WRITE_PROTECT)
def a_mount_that_is_read_only(one, six):
    return one.ask(MKDIR, s('/ro/x'), one.attrs(kind=2))


@row(FAILURE, NO_MEDIA)
def a_store_without_medium(one, six):
    return one.stat('/faults/errno-123')


@row(FAILURE, FAILURE, NO_SPACE, NO_SPACE)
def a_store_that_is_full(one, six):
    handle = one.open('/mem/big%d' % one.version, F_WRITE | F_CREAT)
    return one.ask(WRITE, s(handle), u64(0), s('x' * 100000))


@row(FAILURE, FAILURE, QUOTA, QUOTA)
def a_quota_that_is_used_up(one, six):
    return one.stat('/faults/errno-122')


@row(None, FAILURE, UNKNOWN_PRINCIPAL, UNKNOWN_PRINCIPAL)
def an_owner_whom_nobody_knows(one, six):
    return one.setstat('/f', owner=('no such user', 'no such group'))


@row(FAILURE, FAILURE, LOCK_CONFLICT, LOCK_CONFLICT)
def an_open_against_a_block_mode(one, six):
    six.blocker = six.blocker or six.ask(OPEN, s('/blocked'), u32(READ_DATA), u32(OPEN_EXISTING | BLOCK_WRITE),
                                         six.attrs()).handle
    return one.ask_open('/blocked', F_READ | F_WRITE)


@row(FAILURE, FAILURE, FAILURE, NOT_EMPTY)
def a_folder_that_has_something_in_it(one, six):
    return one.ask(RMDIR, s('/dir'))


@row(NO_SUCH_FILE, NO_SUCH_FILE, NO_SUCH_FILE, NOT_A_DIRECTORY)
def a_file_that_is_listed(one, six):
    return one.ask(OPENDIR, s('/f'))


@row(FAILURE, FAILURE, FAILURE, BAD_NAME)
def a_name_that_is_too_long(one, six):
    return one.stat('/' + 'x' * 300)


@row(NO_SUCH_FILE, NO_SUCH_FILE, NO_SUCH_FILE, LOOP)
def a_link_to_itself(one, six):
    return one.stat('/loop')


@row(FAILURE, FAILURE, FAILURE, CANNOT_DELETE)
def a_mount_that_is_removed(one, six):
    return one.ask(RMDIR, s('/mem'))


@row(FAILURE, FAILURE, FAILURE, INVALID)
def a_file_that_is_read_as_a_link(one, six):
    return one.ask(READLINK, s('/f'))


@row(FAILURE, FAILURE, FAILURE, IS_A_DIRECTORY)
def a_folder_that_is_opened(one, six):
    return one.ask_open('/dir', F_READ)


@row(FAILURE, FAILURE, LOCK_CONFLICT, RANGE_CONFLICT)
def a_write_into_a_locked_range(one, six):
    if not six.locked:
        six.locked = six.open('/locked', F_READ | F_WRITE)
        assert six.ask(BLOCK, s(six.locked), u64(0), u64(5), u32(BLOCK_WRITE)).code == OK
    return one.ask(WRITE, s(one.open('/locked', F_WRITE)), u64(2), s('x'))


@row(UNSUPPORTED, UNSUPPORTED, UNSUPPORTED, RANGE_REFUSED)
def a_lock_of_a_locked_range(one, six):
    return one.ask(BLOCK, s(one.open('/locked', F_WRITE)), u64(2), u64(1), u32(BLOCK_WRITE))


@row(FAILURE, FAILURE, FAILURE, DELETE_PENDING)
def an_open_of_what_is_to_be_deleted(one, six):
    six.dying = six.dying or six.ask(OPEN, s('/dying'), u32(READ_DATA), u32(OPEN_EXISTING | DELETE_ON_CLOSE),
                                     six.attrs()).handle
    return one.ask_open('/dying', F_READ)


@row(FAILURE, FAILURE, FAILURE, CORRUPT)
def a_file_that_is_damaged(one, six):
    return one.stat('/faults/errno-117')


@row(PERMISSION_DENIED, PERMISSION_DENIED, PERMISSION_DENIED, OWNER_INVALID)
def an_owner_that_a_file_cannot_be_given(one, six):
    return one.setstat('/f', owner=(0, 0) if one.version == 3 else ('root', 'root'))


@row(PERMISSION_DENIED, PERMISSION_DENIED, PERMISSION_DENIED, GROUP_INVALID)
def a_group_that_a_file_cannot_be_given(one, six):
    now = one.stat('/f').attrs
    return one.setstat('/f', owner=(now['uid'], 0) if one.version == 3 else (now['owner'], b'root'))


@row(UNSUPPORTED, UNSUPPORTED, UNSUPPORTED, NO_SUCH_LOCK)
def a_lock_given_up_that_is_not_held(one, six):
    return one.ask(UNBLOCK, s(one.open('/locked', F_WRITE)), u64(0), u64(5))


@functools.lru_cache()
def mounts():
    return [dict(path='/', plugin='local-root', root='@root'), dict(path='/mem', plugin='memory', size='64K'),
            dict(path='/ro', plugin='local-root', root='@tree', filters=[dict(plugin='read-only')]),
            dict(gated('waiting', '/faults'))]


def fill(server):
    for name in 'f', 'closed', 'blocked', 'locked', 'dying', 'dir/x':
        path = server.disk(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write(path, b'0123456789')
    os.symlink('loop', server.disk('loop'))
    server.own(server.root)
    os.chmod(server.disk('closed'), 0)


@suite.test(ProtocolVersion=6, plugin_directory=plugins(), mounts=mounts())
def test_each_status_at_each_version(t):
    for name in 'waiting', 'memory', 'read-only':
        need(os.path.exists(os.path.join(plugins(), name + '.so')), name + ' was not built')
    fill(t.server)
    wrong, reached = [], {v: set() for v in HIGHEST}
    with speaking(t.server, 6) as six:
        six.blocker = six.locked = six.dying = None
        for version in HIGHEST:
            with speaking(t.server, version) as one:
                for cause, codes in ROWS:
                    if codes[version] is None:
                        continue
                    reply = cause(one, six)
                    reached[version].add(reply.code)
                    if reply.type != STATUS or reply.code != codes[version]:
                        wrong.append('%s: %s in version %d, not %s' % (cause.__name__, reply, version, codes[version]))
                        continue
                    assert reply.message.decode() and reply.code <= HIGHEST[version], (cause.__name__, reply)
                    assert version == 3 or re.match(rb'[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$', reply.language), reply.language
    assert not wrong, '\n'.join(wrong)
    for version, codes in reached.items():
        assert codes == set(range(HIGHEST[version] + 1)) - BY_CLIENTS, (version, codes)


if __name__ == '__main__':
    suite.main()
