#!/usr/bin/python3
"""What two sessions do to each other from version 4 on: appends at the same moment, files that are deleted on close,
locked ranges under sums, copies and removals; and which version a user with a client gets."""
import threading

from harness import *
from wire import EXTENDED, REMOVE
from wire6 import *

LOCK_CONFLICT, RANGE_CONFLICT, INVALID_PARAMETER = 17, 25, 23
BLOCK_READ, BLOCK_WRITE, BLOCK_DELETE = 0x40, 0x80, 0x100
APPEND, ATOMIC, DELETE_ON_CLOSE = 8, 0x10, 0x800
HUGE = (1 << 63) - 1 - 4096
suite = Suite('interop-pairs', modules=['paramiko'], ProtocolVersion=6,
              mounts=[dict(path='/', plugin='local-root', root='@root'), dict(path='/mem', plugin='memory'),
                      dict(path='/again', plugin='local-root', root='@root')])


def opens(session, path, access, how):
    return session.ask(OPEN, s(path), u32(access), u32(how), session.attrs())


# Appends.

def appends(session, path, mark, failures):
    """Records of one session: of different lengths, several under way at once, with offsets that mean nothing."""
    try:
        if session.version == 4:
            reply = session.ask(OPEN, s(path), u32(F_WRITE | F_APPEND), session.attrs())
        else:
            reply = opens(session, path, WRITE_DATA | APPEND_DATA, OPEN_EXISTING | ATOMIC)
        for at in range(0, 300, 10):
            numbers = [session.send(WRITE, s(reply.handle), u64(i), s(record(mark, i))) for i in range(at, at + 10)]
            assert [(r.id, r.code) for r in (session.reply() for _ in numbers)] == [(n, OK) for n in numbers]
        assert session.close(reply.handle) == OK
    except Exception as error:  # told by the thread that waits for this one
        failures.append(error)


def record(mark, i):
    return b'%s%03d%s\n' % (mark, i, mark * (i * 7 % 400))


@suite.test
def test_appends_of_two_sessions_lose_nothing(t):
    """Each record is there once, whole, and those of a session in their order; by two names of one tree as well."""
    for a, b in ((4, 4), (5, 6), (6, 6), (4, 6)):
        for one_path, other_path in ((t.r('f'), t.r('f')), (t.r('f'), '/again' + t.r('f')), ('/mem/f', '/mem/f')):
            with speaking(t.server, a) as one, speaking(t.server, b) as other:
                one.ask(REMOVE, s(one_path))
                one.close(one.open(one_path, F_WRITE | F_CREAT | F_EXCL))
                failures = []
                threads = [threading.Thread(target=appends, args=args + (failures,)) for args in
                           ((one, one_path, b'a'), (other, other_path, b'b'))]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join(60)
                assert not failures, failures
                handle, content = one.open(one_path), b''
                while True:
                    reply = one.read(handle, len(content), 32768)
                    if reply.data is None:
                        break
                    content += reply.data
                for mark in b'a', b'b':
                    found = [line + b'\n' for line in content.split(b'\n') if line.startswith(mark)]
                    assert found == [record(mark, i) for i in range(300)], (a, b, one_path, mark)
                assert len(content) == sum(len(record(m, i)) for m in (b'a', b'b') for i in range(300))


# Files that are deleted on close.

@suite.test
def test_a_session_that_ends_deletes_what_it_would_on_close(t):
    with speaking(t.server, 6) as other:
        for folder in t.remote, '/mem':
            for how in 'channel', 'goodbye', 'reset':
                name = folder + '/dying'
                other.close(other.open(name, F_WRITE | F_CREAT | F_EXCL))
                connection = Connection(t.server)
                channel = connection.channel()
                channel.invoke_subsystem('sftp')
                one = Session(channel.sendall, channel.recv, 6)
                assert opens(one, name, READ_DATA, OPEN_EXISTING | DELETE_ON_CLOSE).handle
                {'channel': channel.close, 'goodbye': connection.close, 'reset': connection.reset}[how]()
                wait_for('the deletion', lambda: other.stat(name).code == 2)
                connection.close()


# Locked ranges.

@suite.test
def test_locked_ranges_bind_sums_copies_and_removals(t):
    t.put('f', noise(100000))
    t.put('g', b'g')
    for folder in '', '/again':
        with speaking(t.server, 6) as one, speaking(t.server, 6) as two:
            mine, path = one.open(t.r('f'), F_READ | F_WRITE), folder + t.r('f')

            def block(offset, size, mask):
                reply = one.ask(BLOCK, s(mine), u64(offset), u64(size), u32(mask))
                assert reply.code == OK, reply

            def check(offset, size):
                return two.extended('check-file-name', s(path), s('md5'), u64(offset), u64(size), u32(0)).code

            block(50000, 1, BLOCK_READ)
            assert check(0, 50000) is None and check(50001, 0) is None
            assert check(0, 0) == check(50000, 1) == RANGE_CONFLICT
            assert two.extended('md5-hash', s(path), u64(0), u64(0), s('')).code == RANGE_CONFLICT
            assert two.extended('copy-file', s(path), s(t.r('copy')), b'\0').code == RANGE_CONFLICT
            assert not os.path.exists(t.d('copy'))
            block(60000, 1, BLOCK_WRITE)
            assert two.extended('copy-file', s(t.r('g')), s(path), b'\1').code in (LOCK_CONFLICT, RANGE_CONFLICT)
            block(70000, 1, BLOCK_DELETE)
            assert two.ask(REMOVE, s(path)).code == RANGE_CONFLICT
            assert two.rename(folder + t.r('g'), path, 1).code == RANGE_CONFLICT
            assert opens(two, path, READ_DATA, OPEN_EXISTING | DELETE_ON_CLOSE).code == LOCK_CONFLICT
            assert len(read(t.d('f'))) == 100000
            assert one.close(mine) == OK
            assert check(0, 0) is None


@suite.test
def test_copy_data_within_one_handle(t):
    """notes: a handle can't be both ends, whatever the ranges; two handles of a file can, where they don't overlap."""
    t.put('f', b'0123456789')
    for version in (3, 4, 5, 6):
        with speaking(t.server, version) as session:
            a, b = session.open(t.r('f'), F_READ | F_WRITE), session.open(t.r('f'), F_READ | F_WRITE)
            refused = INVALID_PARAMETER if version == 6 else 4
            for offset, size, to in ((0, 2, 5), (0, 2, 1), (0, 0, 20)):
                reply = session.extended('copy-data', s(a), u64(offset), u64(size), s(a), u64(to))
                assert reply.code == refused, (version, reply)
            assert session.extended('copy-data', s(a), u64(0), u64(4), s(b), u64(2)).code == refused
            assert read(t.d('f')) == b'0123456789'
            assert session.extended('copy-data', s(a), u64(0), u64(2), s(b), u64(8)).code == OK
            assert read(t.d('f')) == b'0123456701'
            assert session.ask(WRITE, s(a), u64(8), s(b'89')).code == OK


# What takes long.

@suite.test
def test_a_line_that_never_comes_holds_up_nobody(t):
    """text-seek in a file of almost 8 EiB without an end of line; it ends with its channel."""
    with speaking(t.server, 6) as other:
        other.close(other.open('/mem/huge', F_WRITE | F_CREAT))
        assert other.setstat('/mem/huge', size=HUGE).code == OK
        before = t.server.descriptors()
        for version in (4, 5, 6):
            with speaking(t.server, version) as one:
                fields = [u32(F_READ | 0x40)] if version == 4 else [u32(READ_DATA), u32(OPEN_EXISTING | 0x20)]
                handle = one.ask(OPEN, s('/mem/huge'), *fields, one.attrs()).handle
                one.send(EXTENDED, s('text-seek'), s(handle), u64(1 << 60))
                for _ in range(20):
                    assert other.stat('/mem/huge').attrs['size'] == HUGE
                assert not one.channel.recv_ready()
        wait_for('the end of the work', lambda: t.server.descriptors() <= before)


# Which version.

def users():
    key = [keys().public('alice')]
    return [dict(name='alice', keys=key), dict(name='four', keys=key, ProtocolVersion=4),
            dict(name='six', keys=key, ProtocolVersion=6)]


@suite.test(ProtocolVersion=5, users=users() if shutil.which('ssh-keygen') else [],
            client_versions=[dict(client='WinSCP*', ProtocolVersion=6), dict(client='old-?', ProtocolVersion=3),
                             dict(client='WinSCP_release_1', ProtocolVersion=3)])
def test_the_version_of_a_user_and_of_a_client(t):
    """The first pattern that matches counts, and of the user's and the client's ceiling the lower; VERSION's list and
    version-select go no further."""
    for user, client, most in (('alice', 'x', 5), ('alice', 'WinSCP_release_6.3', 6), ('alice', 'WinSCP_release_1', 6),
                               ('alice', 'old-1', 3), ('alice', 'old-10', 5), ('four', 'x', 4),
                               ('four', 'WinSCP_release_6.3', 4), ('four', 'old-1', 3), ('six', 'x', 6),
                               ('six', 'WinSCP_release_6.3', 6), ('six', 'old-1', 3)):
        for asked in (3, 4, 5, 6, 9):
            with speaking(t.server, asked, user=user, version='SSH-2.0-' + client) as session:
                assert session.version == min(asked, most), (user, client, asked, session.version)
                listed = session.extensions.get('versions', b'3').decode().split(',')
                assert listed == [str(v) for v in range(3, most + 1)], (user, client, listed)
                if asked == 3 and most < 6:
                    assert session.extended('version-select', s(str(most + 1))).code != OK
        if most > 3:
            with speaking(t.server, 3, user=user, version='SSH-2.0-' + client) as session:
                assert session.extended('version-select', s(str(most))).code == OK
                session.version = most
                assert session.stat('/').attrs['type'] == 2


if __name__ == '__main__':
    suite.main()
