#!/usr/bin/python3
"""Clients that never get as far as a login, or try to get past it. Whatever they send, they are gone by the end of the
login grace, and the others notice nothing."""
import os
import socket
from contextlib import suppress

from harness import *
from wire import *

suite = Suite('abuse-handshake', modules=['paramiko'], login_grace=3, max_unfinished=400)
GRACE = 30  # seconds to wait for what happens after three


def logs_in(t):
    try:
        with session(t.server) as sftp:
            return sftp.realpath('.') == b'/'
    except (paramiko.SSHException, EOFError, OSError, Closed):
        return False


def login_works(t):
    """More than once if need be: on a machine that is busy, three seconds are short for an honest client too."""
    wait_for('a login', lambda: logs_in(t))


def gone(t):
    t.server.settled(t.server.quiet)


@suite.test
def test_garbage_instead_of_a_banner(t):
    for garbage in (b'\0' * 1000, b'GET / HTTP/1.1\r\nHost: x\r\n\r\n', b'\x16\x03\x01\x02\x00\x01\x00' + b'x' * 500,
                    b'SSH-1.5-old\r\n', b'SSH-9.9-new\r\n', b'SSH-2.0\r\n', b'\r\n' * 5000, b'x' * 1000000,
                    b'SSH-2.0-' + b'a' * 100000, b'SSH-2.0-\0\0\0\r\n' + b'\0' * 100, noise(100000)):
        with Raw(t.server) as raw:
            try:
                raw.send(garbage)
            except ConnectionError:
                continue
            raw.until_closed(GRACE)
    login_works(t)
    gone(t)


@suite.test
def test_a_banner_that_never_comes_or_never_ends(t):
    quiet, slow = Raw(t.server), Raw(t.server)
    with quiet, slow:
        login_works(t)

        def trickle():
            try:
                slow.send(b'S')
                slow.sock.settimeout(0.05)
                return slow.sock.recv(4096) == b''
            except socket.timeout:
                return False
            except ConnectionError:
                return True
        wait_for('the trickling client to be cut off', trickle, GRACE)
        quiet.until_closed(GRACE)
    gone(t)


@suite.test
def test_stalls_at_every_step(t):
    """After the banner, after KEXINIT, in the middle of a packet, after the key exchange, after the service request,
    after a failed attempt: the login grace ends each."""
    with Raw(t.server) as banner, Raw(t.server) as half, Raw(t.server) as kexinit:
        for raw in (banner, half, kexinit):
            raw.hello()
        half.send(struct.pack('>IB', 1000, 10) + b'\x14')
        kexinit.send_packet(kexinit.packet())  # its own lists back: a choice of everything
        after = [Connection(t.server, login=False) for _ in range(3)]
        after[1].send(bytes([5]), s('ssh-userauth'))
        try:
            after[2].transport.auth_password(t.server.user, 'wrong')
        except paramiko.AuthenticationException:
            pass
        login_works(t)
        for raw in (banner, half, kexinit):
            raw.until_closed(GRACE)
        for connection in after:
            wait_for('a stalled client to be cut off', lambda: not connection.transport.is_active(), GRACE)
            connection.close()
    gone(t)


@suite.test
def test_lengths_that_lie(t):
    for head in (struct.pack('>IB', 0, 0), struct.pack('>IB', 0xffffffff, 4), struct.pack('>IB', 0x7fffffff, 255),
                 struct.pack('>IB', 12, 200), struct.pack('>IB', 35001, 4), struct.pack('>IB', 1, 0)):
        with Raw(t.server) as raw:
            raw.hello()
            try:
                raw.send(head + b'\x14' + noise(70000))
            except ConnectionError:
                continue
            raw.until_closed(GRACE)
    login_works(t)
    gone(t)


@suite.test
def test_kexinit_with_lists_that_lie(t):
    cookie = bytes([20]) + b'c' * 16
    for body in (b'', u32(0xffffffff), u32(100000) + b'a,b', s('') * 10 + b'\0' + u32(0),
                 s('a' * 30000) * 10 + b'\0' + u32(0),
                 s(',' * 20000) * 10 + b'\0' + u32(0), s('\0') * 10 + b'\0' + u32(0), s('none') * 10 + b'\1' + u32(0)):
        with Raw(t.server) as raw:
            raw.hello()
            raw.packet()
            try:
                raw.send_packet(cookie + body)
            except ConnectionError:
                continue
            raw.until_closed(GRACE)
    login_works(t)
    gone(t)


@suite.test
def test_messages_out_of_their_order(t):
    """NEWKEYS, a key exchange's second message, a service request, a channel: all before any KEXINIT."""
    for payload in (bytes([21]), bytes([30]) + s(b'x' * 32), bytes([5]) + s('ssh-userauth'), bytes([52]),
                    bytes([50]) + s('alice') + s('ssh-connection') + s('none'),
                    bytes([90]) + s('session') + u32(0) + u32(1 << 20) + u32(32768), bytes([94]) + u32(0) + s('x'),
                    bytes([0]), bytes([255]), bytes([1]) + u32(11) + s('bye') + s('')):
        with Raw(t.server) as raw:
            raw.hello()
            raw.packet()
            raw.send_packet(payload)
            answer = raw.until_closed(GRACE)
            assert bytes([91]) not in answer[5:6] and bytes([52]) not in answer[5:6]
    login_works(t)
    gone(t)


@suite.test
def test_claims_to_be_logged_in(t):
    """A client that sends the server's own USERAUTH_SUCCESS gets nothing for it."""
    for attempt in range(2):
        with Connection(t.server, login=False) as connection:
            if attempt:
                connection.send(bytes([5]), s('ssh-userauth'))
            connection.send(bytes([52]))
            no_channel(connection)
    login_works(t)
    gone(t)


def no_channel(connection):
    connection.transport.auth_handler = None
    try:
        channel = connection.transport.open_session(timeout=GRACE)
    except (paramiko.SSHException, EOFError, OSError):
        return
    try:
        channel.settimeout(GRACE)
        channel.invoke_subsystem('sftp')
        Sftp(channel.sendall, channel.recv)
    except (paramiko.SSHException, EOFError, OSError, Closed):
        raise AssertionError('a channel was opened before the login')
    raise AssertionError('an SFTP session was had without a login')


@suite.test
def test_channels_before_the_login(t):
    with Connection(t.server, login=False) as connection:
        no_channel(connection)
    with Connection(t.server, login=False) as connection:
        connection.send(bytes([5]), s('ssh-userauth'))
        connection.send(bytes([50]), s(t.server.user), s('ssh-connection'), s('none'))
        for message in ((bytes([90]), s('session'), u32(0), u32(1 << 20), u32(32768)),
                        (bytes([98]), u32(0), s('subsystem'), b'\1', s('sftp')),
                        (bytes([94]), u32(0), s(s(b'\1\0\0\0\3'))),
                        (bytes([80]), s('tcpip-forward'), b'\1', s(''), u32(0)), (bytes([91]), u32(0) * 4)):
            with suppress(paramiko.SSHException, EOFError, OSError):    # the first may have ended it already
                connection.send(*message)
        no_channel(connection)
    login_works(t)
    gone(t)


@suite.test
def test_services_that_are_not_there(t):
    for service in ('ssh-connection', 'no-such', '', 'ssh-userauth\0'):
        with Connection(t.server, login=False) as connection:
            connection.send(bytes([5]), s(service))
            no_channel(connection)
    gone(t)


@suite.test
def test_floods_before_the_login(t):
    """IGNORE, DEBUG, UNIMPLEMENTED without end, before the key exchange and after it."""
    before = t.server.memory()
    with Raw(t.server) as raw, Connection(t.server, login=False) as connection:
        raw.hello()
        sent = 0

        def flood():
            nonlocal sent
            try:
                for _ in range(50):
                    raw.send_packet(bytes([2]) + s(b'x' * 1000))
                    connection.send(bytes([2]), s(b'y' * 1000))
                    connection.send(bytes([4]), b'\0', s(b'z' * 1000), s(''))
                    connection.send(bytes([3]), u32(7))
                    sent += 1
            except (OSError, EOFError, paramiko.SSHException):
                return True
            assert t.server.memory() - before < 8 << 20
            return not connection.transport.is_active()
        login_works(t)
        wait_for('the floods to be cut off', flood, GRACE)
        login_works(t)
    gone(t)


@suite.test
def test_200_half_open_connections(t):
    crowd = [Raw(t.server) for _ in range(200)]
    try:
        for raw in crowd[::2]:
            raw.hello()
        login_works(t)
        for raw in crowd[:100]:
            raw.reset()
        for raw in crowd[100:]:
            raw.until_closed(GRACE)
    finally:
        for raw in crowd:
            raw.close()
    gone(t)


@suite.test(max_unfinished=None)
def test_200_half_open_connections_with_the_default_limit(t):
    """A crowd that waits must not shut the door for those who have a key."""
    crowd = [Raw(t.server) for _ in range(200)]
    try:
        wait_for('a login among 200 half-open connections', lambda: logs_in(t), 20)
    finally:
        for raw in crowd:
            raw.close()


@suite.test(max_unfinished=5, login_grace=20)
def test_max_unfinished(t):
    with session(t.server) as sftp:
        crowd = [Raw(t.server) for _ in range(30)]
        try:
            def cut():
                closed = 0
                for raw in crowd:
                    raw.sock.settimeout(0.01)
                    try:
                        while raw.sock.recv(65536):
                            pass
                        closed += 1
                    except socket.timeout:
                        pass
                    except OSError:
                        closed += 1
                return closed >= 25
            wait_for('all but five of them to be closed', cut, 15)
            assert sftp.realpath('.') == b'/'  # those who are in stay
            assert t.server.threads() < 30
        finally:
            for raw in crowd:
                raw.close()
        wait_for('the door to open again', lambda: logs_in(t))


@suite.test(MaxConnections=4)
def test_max_connections(t):
    inside = [Connection(t.server) for _ in range(4)]
    sessions = [c.sftp() for c in inside]
    for _ in range(5):
        with Raw(t.server) as raw:
            raw.until_closed(GRACE)
    for sftp in sessions:
        assert sftp.realpath('.') == b'/'
    inside[0].close()
    wait_for('the place to be free', lambda: logs_in(t))
    for connection in inside:
        connection.close()


suite.main()
