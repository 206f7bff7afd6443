#!/usr/bin/python3
"""The end of a server: asked for, in the middle of work, or by kill -9; and a log that is turned over meanwhile."""
import os
import signal
import socket

from harness import *
from wire import *

suite = Suite('abuse-stop', modules=['paramiko'])


def alone(**settings):
    """A test that has a server to itself, which it may end."""
    return suite.test(**dict(dict(shutdown_timeout=3), **settings))


def refuses(t):
    try:
        with socket.create_connection((HOST, t.server.port), 5) as sock:
            sock.settimeout(5)
            return sock.recv(1) == b''
    except OSError:
        return True


def ended(t, seconds=20):
    process = t.server.process
    wait_for('the server to end', lambda: process.poll() is not None, seconds)
    code = t.server.end()
    assert code == 0, 'it ended with %s' % code


@alone()
def test_sigterm_without_clients(t):
    t.server.signal(signal.SIGTERM)
    ended(t)


@alone()
def test_sigterm_with_idle_sessions(t):
    connections = [Connection(t.server) for _ in range(5)]
    for connection in connections:
        connection.sftp()
    raw = [Raw(t.server) for _ in range(5)]
    t.server.signal(signal.SIGTERM)
    wait_for('it to accept nothing more', lambda: refuses(t), 5)
    ended(t)
    for connection in connections:
        connection.close()
    for one in raw:
        one.close()


@alone()
def test_sigterm_in_mid_upload(t):
    """Whatever was acknowledged is in the file, and nothing is that was not sent."""
    data = noise(32 << 20)
    with Connection(t.server) as connection:
        sftp = connection.sftp()
        handle = sftp.open(t.r('a'), O_WRITE | O_CREAT)
        sent, acknowledged, asked = {}, 0, False
        try:
            for at in range(0, len(data), 32768):
                sent[sftp.send(WRITE, s(handle), u64(at), s(data[at:at + 32768]))] = at + 32768
                if len(sent) > 30:
                    reply = sftp.reply()
                    assert reply.code == OK
                    acknowledged = max(acknowledged, sent.pop(reply.id))
                if at == 8 << 20:
                    t.server.signal(signal.SIGTERM)
                    asked = True
        except (OSError, EOFError, Closed, paramiko.SSHException):
            pass
        assert asked
        try:
            while sent:
                reply = sftp.reply()
                assert reply.code == OK
                acknowledged = max(acknowledged, sent.pop(reply.id))
        except (OSError, EOFError, Closed, paramiko.SSHException):
            pass
        wait_for('it to accept nothing more', lambda: refuses(t), 5)
        ended(t)
    got = read(t.d('a'))
    assert len(got) >= acknowledged and data.startswith(got), (len(got), acknowledged)


@alone()
def test_sigterm_lets_a_running_request_finish(t):
    t.put('a', noise(200 << 20))
    with Connection(t.server) as connection:
        sftp = connection.sftp()
        a, b = sftp.open(t.r('a')), sftp.open(t.r('b'), O_WRITE | O_CREAT)
        number = sftp.send(EXTENDED, s('copy-data'), s(a), u64(0), u64(0), s(b), u64(0))
        wait_for('the copy to begin', lambda: os.path.getsize(t.d('b')) > 0)
        t.server.signal(signal.SIGTERM)
        try:
            reply = sftp.reply()
            assert reply.id == number
            if reply.code == OK:
                same(t.d('a'), t.d('b'))
        except (Closed, OSError, EOFError):
            pass  # a disk that is slower than shutdown_timeout
    ended(t)


@alone(shutdown_timeout=2)
def test_sigterm_with_clients_that_do_not_go(t):
    """One that never reads, one in the middle of a request, one in the middle of its handshake."""
    t.put('a', noise(4 << 20))
    deaf, half = Connection(t.server), Connection(t.server)
    sftp = deaf.sftp()
    handle = sftp.open(t.r('a'))
    for at in range(300):
        sftp.send(READ, s(handle), u64(0), u32(261120))
    half.sftp()._send(u32(40000) + bytes([WRITE]) + u32(9))
    raw = Raw(t.server)
    raw.hello()
    t.server.signal(signal.SIGTERM)
    t.server.signal(signal.SIGTERM)
    ended(t, 30)
    for one in (deaf, half, raw):
        one.close()


@alone()
def test_sigint_ends_it_too(t):
    t.server.signal(signal.SIGINT)
    ended(t)


@alone()
def test_kill_9_leaves_only_what_was_sent(t):
    data = noise(32 << 20)
    connections = [Connection(t.server) for _ in range(3)]
    synced = 1 << 20
    with connections[0], connections[1], connections[2]:
        handles = []
        for i, connection in enumerate(connections):
            sftp = connection.sftp()
            handle = sftp.open(t.r('f%d' % i), O_WRITE | O_CREAT)
            for at in range(0, synced, 32768):
                assert sftp.write(handle, at, data[at:at + 32768]) == OK
            assert sftp.extended('fsync@openssh.com', s(handle)).code == OK
            handles.append((sftp, handle))
        try:
            for at in range(synced, len(data), 32768):
                for sftp, handle in handles:
                    sftp.send(WRITE, s(handle), u64(at), s(data[at:at + 32768]))
                if at > 8 << 20:
                    t.server.signal(signal.SIGKILL)
        except (OSError, EOFError):
            pass
    t.server.process.wait(20)
    for i in range(3):
        got = read(t.d('f%d' % i))
        assert len(got) >= synced and data.startswith(got), len(got)
    t.server.begin()  # the same port, at once
    with session(t.server) as sftp:
        assert sftp.realpath('.') == b'/'


@alone(log_file='@logs/log')
def test_sighup_turns_the_log_over_under_load(t):
    data = noise(8 << 20)
    t.put('a', data)
    log = t.server.settings['log_file']
    with Connection(t.server) as connection:
        sftp = connection.sftp()
        handle, up = sftp.open(t.r('a')), sftp.open(t.r('up'), O_WRITE | O_CREAT)
        for i in range(200):
            at = (i * 40000) % (len(data) - 40000)
            if i % 20 == 0:
                os.rename(log, log + '.%d' % i)
            t.server.signal(signal.SIGHUP)
            assert sftp.read(handle, at, 32768).data == data[at:at + 32768]
            assert sftp.write(up, at, data[at:at + 40000]) == OK
            if i % 20 == 0:
                wait_for('a new log', lambda: os.path.exists(log))
    with session(t.server) as sftp:
        assert sftp.realpath('.') == b'/'
    wait_for('the session in the new log', lambda: ' is in' in t.server.log())
    t.server.signal(signal.SIGTERM)
    ended(t)


suite.main()
