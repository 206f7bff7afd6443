#!/usr/bin/python3
"""Locks between sessions: BLOCK, UNBLOCK and the block modes of OPEN in SFTP 6, over real connections. What they mean is
draft-ietf-secsh-filexfer-13, sections 8.1.1.3 and 8.8; doc/locks.md says what was made of it."""
import os
import signal
import struct

from harness import *
from interop_slow import Gate, gated, plugins
from wire import *

suite = Suite('interop-locks', modules=['paramiko'], ProtocolVersion=6)

BLOCK, UNBLOCK, LINK = 22, 23, 21
BLOCK_READ, BLOCK_WRITE, BLOCK_DELETE, ADVISORY, DELETE_ON_CLOSE = 0x40, 0x80, 0x100, 0x200, 0x800
CREATE_TRUNCATE, OPEN_EXISTING, OPEN_OR_CREATE, TRUNCATE_EXISTING = 1, 2, 3, 4
READ_DATA, WRITE_DATA = 1, 2
WRITE_PROTECT, LOCK_CONFLICT, INVALID_PARAMETER, RANGE_CONFLICT, RANGE_REFUSED, DELETE_PENDING, NOT_HELD = \
    12, 17, 23, 25, 26, 27, 31
EVERYTHING = (1 << 64) - 1


class Six:
    """A session in version 6, or 5: the few requests that meet locks."""

    def __init__(self, connection, version=6):
        self.sftp = connection.sftp(version=version)
        assert self.sftp.version == version, self.sftp.version

    def status(self, kind, *parts):
        reply = self.sftp.ask(kind, *parts)
        assert reply.type == STATUS, reply
        return reply.code

    def opens(self, path, flags=OPEN_EXISTING, access=READ_DATA | WRITE_DATA):
        """The handle, or the status."""
        reply = self.sftp.ask(OPEN, s(path), u32(access), u32(flags), u32(0), b'\x01')
        return reply.code if reply.handle is None else reply.handle

    def open(self, path, *args, **kw):
        handle = self.opens(path, *args, **kw)
        assert isinstance(handle, bytes), 'OPEN of %s: status %s' % (path, handle)
        return handle

    def tries(self, path, *args, **kw):
        """The status of an open, and of the close behind it."""
        handle = self.opens(path, *args, **kw)
        return handle if isinstance(handle, int) else self.close(handle)

    def close(self, handle):
        return self.status(CLOSE, s(handle))

    def block(self, handle, offset, size, mask=BLOCK_WRITE):
        return self.status(BLOCK, s(handle), u64(offset), u64(size), u32(mask))

    def unblock(self, handle, offset, size):
        return self.status(UNBLOCK, s(handle), u64(offset), u64(size))

    def write(self, handle, offset, data):
        return self.status(WRITE, s(handle), u64(offset), s(data))

    def read(self, handle, offset, size):
        """The bytes, or the status."""
        reply = self.sftp.ask(READ, s(handle), u64(offset), u32(size))
        return reply.code if reply.data is None else reply.data

    def resize(self, path, size):
        return self.status(SETSTAT, s(path), u32(1), b'\x01', u64(size))

    def remove(self, path):
        return self.status(REMOVE, s(path))

    def rename(self, old, new, flags=0):
        return self.status(RENAME, s(old), s(new), u32(flags))


class Two:
    """Two connections to a server, a session in each."""

    def __init__(self, t, version=6):
        self.server, self.version = t.server, version

    def __enter__(self):
        self.connections = [Connection(self.server), Connection(self.server)]
        return [Six(c, self.version) for c in self.connections]

    def __exit__(self, *_):
        for connection in self.connections:
            connection.close()


def content(t, name):
    return read(t.d(name)).decode()


# Byte ranges.

@suite.test
def test_version_tells_of_all_combinations(t):
    with Connection(t.server) as connection:
        told = connection.sftp(version=6).extensions
        opens, ranges = struct.unpack('>HH', told['supported2'][20:24])
        assert opens == ranges == 0xffff, (opens, ranges)
        flags = struct.unpack('>I', told['supported2'][8:12])[0]
        assert flags & 0xbc0 == 0xbc0, hex(flags)


@suite.test
def test_a_range_holds_off_another_connection(t):
    t.put('f', b'0123456789')
    with Two(t) as (one, two):
        mine, theirs = one.open(t.r('f')), two.open(t.r('f'))
        assert one.block(mine, 2, 4, BLOCK_READ | BLOCK_WRITE) == OK
        assert two.write(theirs, 5, b'x') == RANGE_CONFLICT and two.read(theirs, 0, 10) == RANGE_CONFLICT
        assert two.write(theirs, 6, b'x') == OK and two.read(theirs, 6, 4) == b'x789'
        assert one.write(mine, 2, b'ab') == OK and one.read(mine, 0, 3) == b'01a'
        assert two.block(theirs, 5, 1, BLOCK_READ | ADVISORY) == RANGE_REFUSED
        assert one.block(mine, 5, 1, BLOCK_READ | ADVISORY) == RANGE_REFUSED
        assert two.unblock(theirs, 2, 4) == NOT_HELD and one.unblock(mine, 2, 3) == NOT_HELD
        assert one.unblock(mine, 2, 4) == OK and one.unblock(mine, 2, 4) == NOT_HELD
        assert two.write(theirs, 5, b'x') == OK
    assert content(t, 'f') == '01ab4xx789', content(t, 'f')


@suite.test
def test_two_channels_of_one_connection_are_two_sessions(t):
    t.put('f', b'0123456789')
    with Connection(t.server) as connection:
        one, two = Six(connection), Six(connection)
        mine, theirs = one.open(t.r('f')), two.open(t.r('f'))
        assert one.block(mine, 0, 0) == OK
        assert two.write(theirs, 9, b'x') == RANGE_CONFLICT
        assert two.write(theirs, 10, b'x') == OK  # behind the end as it was
        assert one.unblock(mine, 0, 0) == OK


@suite.test
def test_names_and_renames_of_a_file_meet(t):
    t.put('f', b'0123456789')
    with Two(t) as (one, two):
        assert one.status(LINK, s(t.r('second')), s(t.r('f')), b'\x00') == OK
        mine = one.open(t.r('f'), OPEN_EXISTING | BLOCK_DELETE)
        assert one.block(mine, 0, EVERYTHING) == OK
        assert two.rename(t.r('second'), t.r('third')) == OK
        theirs = two.open(t.r('third'))
        assert two.write(theirs, 0, b'x') == RANGE_CONFLICT
        for name in 'f', 'third':
            assert two.remove(t.r(name)) == LOCK_CONFLICT
            assert two.resize(t.r(name), 3) == RANGE_CONFLICT
        t.put('new', b'new')
        assert two.rename(t.r('new'), t.r('f'), 1) == LOCK_CONFLICT
        assert one.close(mine) == OK
        assert two.write(theirs, 0, b'x') == OK and two.remove(t.r('f')) == OK
    assert content(t, 'third') == 'x123456789'


@suite.test(ProtocolVersion=6, mounts=[dict(path='/a', plugin='local-root', root='@tree'),
                                   dict(path='/b', plugin='local-root', root='@tree'),
                                   dict(path='/safe', plugin='local-root', root='@tree', filters=[dict(plugin='read-only')]),
                                   dict(path='/', plugin='memory')])
def test_two_mounts_of_a_tree_meet(t):
    t.server.own(write(os.path.join(t.server.placed('@tree'), 'f'), b'0123456789'))
    with Two(t) as (one, two):
        mine, theirs = one.open('/a/f'), two.open('/b/f')
        assert one.block(mine, 3, 3) == OK
        assert two.write(theirs, 4, b'x') == RANGE_CONFLICT
        assert two.resize('/b/f', 3) == RANGE_CONFLICT
        assert two.tries('/b/f', TRUNCATE_EXISTING) == LOCK_CONFLICT
        # a read-only place locks nothing, but what is locked is locked there, too
        seen = two.open('/safe/f', access=READ_DATA)
        assert two.block(seen, 8, 1) == WRITE_PROTECT
        assert two.tries('/safe/f', OPEN_EXISTING | BLOCK_WRITE, READ_DATA) == WRITE_PROTECT
        assert one.block(mine, 0, 1, BLOCK_READ) == OK and two.read(seen, 0, 1) == RANGE_CONFLICT
        # another store, of another plugin
        here, there = one.open('/m', OPEN_OR_CREATE), two.open('/m')
        assert one.block(here, 0, 0) == OK and two.write(there, 0, b'x') == RANGE_CONFLICT
        assert two.write(theirs, 6, b'x') == OK


@suite.test
def test_a_copy_meets_locks_at_both_ends(t):
    t.put('f', noise(100000))
    t.put('g', b'')
    with Two(t) as (one, two):
        f, g = one.open(t.r('f')), one.open(t.r('g'))
        source, target = two.open(t.r('f')), two.open(t.r('g'))

        def copy(offset, size):
            return two.status(EXTENDED, s('copy-data'), s(source), u64(offset), u64(size), s(target), u64(0))
        assert one.block(f, 99999, 1, BLOCK_READ) == OK
        assert copy(0, 0) == RANGE_CONFLICT and content(t, 'g') == ''
        assert copy(0, 1000) == OK
        assert one.block(g, 500, 1, BLOCK_WRITE) == OK
        assert copy(0, 1000) == RANGE_CONFLICT and copy(0, 500) == OK


# When they end.

@suite.test
def test_close_and_the_end_of_a_connection_give_them_up(t):
    t.put('f', b'0123456789')
    with Connection(t.server) as connection:
        two = Six(connection)
        theirs = two.open(t.r('f'))
        for how in 'channel', 'goodbye', 'reset':
            other = Connection(t.server)
            one = Six(other)
            mine, again = one.open(t.r('f')), one.open(t.r('f'))
            assert one.block(mine, 0, 5) == OK and one.block(again, 5, 5) == OK
            assert one.close(mine) == OK
            assert two.write(theirs, 0, b'0') == OK and two.write(theirs, 5, b'5') == RANGE_CONFLICT
            {'channel': one.sftp.channel.close, 'goodbye': other.close, 'reset': other.reset}[how]()
            wait_for('the lock to be given up', lambda: two.write(theirs, 5, b'5') == OK)
            other.close()


@suite.test(ProtocolVersion=6, LogLevel=1)
def test_they_survive_a_reload(t):
    t.put('f', b'0123456789')
    with Connection(t.server) as connection:
        one = Six(connection)
        mine = one.open(t.r('f'), OPEN_EXISTING | BLOCK_DELETE)
        assert one.block(mine, 0, 0) == OK
        t.server.signal(signal.SIGHUP)
        wait_for('the reload', lambda: 'was read again' in t.server.log())
        with Connection(t.server) as fresh:
            two = Six(fresh)
            theirs = two.open(t.r('f'))
            assert two.write(theirs, 0, b'x') == RANGE_CONFLICT and two.remove(t.r('f')) == LOCK_CONFLICT
            assert one.unblock(mine, 0, 0) == OK and two.write(theirs, 0, b'x') == OK


# Block modes.

@suite.test
def test_block_modes_of_open(t):
    t.put('f', b'0123456789')
    with Two(t) as (one, two):
        mine = one.open(t.r('f'), OPEN_EXISTING | BLOCK_WRITE | BLOCK_DELETE)
        for flags in OPEN_EXISTING, TRUNCATE_EXISTING, CREATE_TRUNCATE, OPEN_OR_CREATE:
            assert two.tries(t.r('f'), flags) == LOCK_CONFLICT and one.tries(t.r('f'), flags) == LOCK_CONFLICT
        assert two.tries(t.r('f'), OPEN_EXISTING | DELETE_ON_CLOSE, READ_DATA) == LOCK_CONFLICT
        assert two.tries(t.r('f'), access=READ_DATA) == OK
        assert two.tries(t.r('f'), OPEN_EXISTING | BLOCK_READ, READ_DATA) == LOCK_CONFLICT
        assert two.remove(t.r('f')) == LOCK_CONFLICT and two.resize(t.r('f'), 0) == LOCK_CONFLICT
        assert content(t, 'f') == '0123456789'
        assert one.close(mine) == OK
        shared = one.open(t.r('f'), OPEN_EXISTING | BLOCK_WRITE | ADVISORY, READ_DATA)
        assert two.tries(t.r('f')) == OK
        assert two.tries(t.r('f'), OPEN_EXISTING | BLOCK_READ | BLOCK_WRITE | ADVISORY) == LOCK_CONFLICT
        assert two.tries(t.r('f'), OPEN_EXISTING | BLOCK_WRITE | ADVISORY, READ_DATA) == OK
        assert one.close(shared) == OK


@suite.test
def test_what_older_versions_hear(t):
    t.put('f', b'0123456789')
    with Two(t, version=5) as (one, two), Connection(t.server) as third:
        old = third.sftp()
        old_handle = old.open(t.r('f'), O_READ)
        mine = one.open(t.r('f'), OPEN_EXISTING | BLOCK_WRITE | BLOCK_DELETE)
        assert two.tries(t.r('f')) == LOCK_CONFLICT
        reply = old.ask(OPEN, s(t.r('f')), u32(O_READ | O_WRITE), attrs())
        assert reply.code == FAILURE and reply.message == b'Locked by another', reply
        assert old.ask(REMOVE, s(t.r('f'))).code == FAILURE
        assert old.ask(SETSTAT, s(t.r('f')), attrs(size=0)).code == FAILURE
        assert old.ask(FSETSTAT, s(old_handle), attrs(size=0)).code in (FAILURE, PERMISSION_DENIED)
        assert old.read(old_handle, 0, 10).data == b'0123456789'
        assert one.status(BLOCK, s(mine), u64(0), u64(0), u32(BLOCK_WRITE)) == UNSUPPORTED  # 6 alone has it


@suite.test
def test_what_is_to_be_deleted_is_left_alone(t):
    t.put('f', b'0123456789')
    t.put('g', b'g')
    with Two(t) as (one, two):
        mine = one.open(t.r('f'), OPEN_EXISTING | DELETE_ON_CLOSE)
        assert two.tries(t.r('f'), access=READ_DATA) == DELETE_PENDING
        assert two.remove(t.r('f')) == DELETE_PENDING and two.rename(t.r('f'), t.r('h')) == DELETE_PENDING
        assert two.rename(t.r('g'), t.r('f'), 1) == DELETE_PENDING
        assert one.write(mine, 0, b'x') == OK and content(t, 'f') == 'x123456789'
        assert one.close(mine) == OK and not os.path.exists(t.d('f'))
        assert two.rename(t.r('g'), t.r('f'), 1) == OK


# On a mount whose calls are left to other threads.

@suite.test(ProtocolVersion=6, plugin_directory=plugins(),
            mounts=[dict(path='/', plugin='local-root', root='@fast'), gated('waiting', '/slow')])
def test_on_a_slow_mount(t):
    need(os.path.exists(os.path.join(plugins(), 'waiting.so')), 'the filter was not built')
    gate, tree = Gate(t.server), t.server.placed('@tree')
    for name in 'wait-write', 'wait-close':
        t.server.own(write(os.path.join(tree, name), b'0123456789'))
    with Two(t) as (one, two):
        mine, theirs = one.open('/slow/wait-write'), two.open('/slow/wait-write')
        assert one.block(mine, 0, 5) == OK and two.write(theirs, 4, b'x') == RANGE_CONFLICT  # it isn't even begun
        assert one.unblock(mine, 0, 5) == OK
        two.sftp.send(WRITE, s(theirs), u64(4), s(b'x'))
        gate.reached()
        assert one.block(mine, 0, 5) == OK  # what is under way isn't called back, nor waited for
        gate.lift()
        assert two.sftp.reply().code == OK
        mine, theirs = one.open('/slow/wait-close'), two.open('/slow/wait-close')
        assert one.block(mine, 0, 5) == OK
        number = one.sftp.send(CLOSE, s(mine))
        gate.reached()
        assert two.write(theirs, 0, b'x') == RANGE_CONFLICT and two.block(theirs, 0, 1) == RANGE_REFUSED
        gate.lift()
        reply = one.sftp.reply()
        assert reply.id == number and reply.code == OK
        assert two.write(theirs, 0, b'x') == OK and two.block(theirs, 0, 1) == OK
        two.sftp.send(CLOSE, s(theirs))
        gate.reached()
        gate.lift()
        assert two.sftp.reply().code == OK


# Limits, and wrong requests.

@suite.test(ProtocolVersion=6, max_locks=2)
def test_a_session_has_so_many_at_most(t):
    t.put('f', b'0123456789')
    with Two(t) as (one, two):
        mine, theirs = one.open(t.r('f')), two.open(t.r('f'))
        assert one.block(mine, 0, 1) == OK and one.block(mine, 2, 1) == OK
        reply = one.sftp.ask(BLOCK, s(mine), u64(4), u64(1), u32(BLOCK_WRITE))
        assert reply.code == RANGE_REFUSED and b'max_locks' in reply.message, reply
        assert two.block(theirs, 4, 1) == OK
        assert one.unblock(mine, 0, 1) == OK and one.block(mine, 6, 1) == OK


@suite.test(ProtocolVersion=6, max_locks=0)
def test_without_locks_nothing_is_promised(t):
    t.put('f', b'0123456789')
    with Connection(t.server) as connection:
        one = Six(connection)
        told = one.sftp.extensions['supported2']
        assert struct.unpack('>HH', told[20:24]) == (1, 1)
        assert not struct.unpack('>I', told[8:12])[0] & 0x3c0
        mine = one.open(t.r('f'))
        assert one.block(mine, 0, 1) == UNSUPPORTED and one.unblock(mine, 0, 1) == UNSUPPORTED
        assert one.tries(t.r('f'), CREATE_TRUNCATE | BLOCK_WRITE) == UNSUPPORTED
        assert content(t, 'f') == '0123456789'


@suite.test
def test_wrong_requests(t):
    t.put('f', b'0123456789')
    with Connection(t.server) as connection:
        one = Six(connection)
        mine = one.open(t.r('f'))
        folder = one.sftp.ask(OPENDIR, s(t.remote)).handle
        assert one.block(mine, 0, 0, 0x400) == INVALID_PARAMETER
        assert one.block(folder, 0, 0) == UNSUPPORTED and one.unblock(folder, 0, 0) == UNSUPPORTED
        assert one.block(b'nonsense', 0, 0) == 9 and one.unblock(b'', 0, 0) == 9
        assert one.status(BLOCK, s(mine), u64(0), u64(0)) == BAD_MESSAGE
        assert one.status(UNBLOCK, s(mine), u64(0)) == BAD_MESSAGE
        assert one.block(mine, EVERYTHING, EVERYTHING) == OK and one.unblock(mine, EVERYTHING, EVERYTHING) == OK
        assert one.block(mine, 0, 1, 0) == OK and one.close(mine) == OK


if __name__ == '__main__':
    suite.main()
