#!/usr/bin/python3
"""Clients that are in and behave badly: stall, vanish, flood, hoard. The others notice nothing, and when they are gone,
everything that they held is free again."""
import os
import socket

from harness import *
from wire import *

suite = Suite('abuse-session', modules=['paramiko'], max_unfinished=500)
MIB = 1 << 20


def works(sftp):
    assert sftp.realpath('.') == b'/'


def gone(t):
    t.server.settled(t.server.quiet)


def upload(connection, path, data, sftp=None):
    """Writes without waiting for any answer."""
    sftp = sftp or connection.sftp()
    handle = sftp.open(path, O_READ | O_WRITE | O_CREAT | O_TRUNC)
    for at in range(0, len(data), 32768):
        sftp.send(WRITE, s(handle), u64(at), s(data[at:at + 32768]))
    return sftp, handle


@suite.test(DefaultTimeout=2)
def test_a_request_that_never_ends(t):
    """Half a packet is an unfinished operation; a session that asks nothing is not."""
    with Connection(t.server) as quiet, Connection(t.server) as stalled, Connection(t.server) as reading:
        idle, half, never = quiet.sftp(), stalled.sftp(), reading.sftp()
        t.put('a', noise(8 * MIB))
        handle = never.open(t.r('a'))
        for at in range(0, 8 * MIB, 32768):
            never.send(READ, s(handle), u64(at), u32(32768))
        half._send(u32(40000) + bytes([WRITE]) + u32(9) + s(b'x'))
        wait_for('the half request to be cut off', lambda: not stalled.transport.is_active(), 30)
        wait_for('the one that never reads to be cut off', lambda: not reading.transport.is_active(), 30)
        works(idle)


@suite.test
def test_vanishing_in_mid_upload(t):
    data = noise(2 * MIB)
    for i in range(20):
        connection = Connection(t.server)
        upload(connection, t.r('f%d' % i), data[:MIB])
        connection.reset()
    with session(t.server) as sftp:
        works(sftp)
    gone(t)
    for i in range(20):
        assert data.startswith(read(t.d('f%d' % i)))


@suite.test
def test_vanishing_in_mid_download(t):
    t.put('a', noise(8 * MIB))
    for _ in range(20):
        connection = Connection(t.server)
        sftp = connection.sftp()
        handle = sftp.open(t.r('a'))
        for at in range(0, 8 * MIB, 32768):
            sftp.send(READ, s(handle), u64(at), u32(32768))
        sftp.reply()
        connection.reset()
    gone(t)


def flood(t, fill, most):
    """A client sends all that the server takes and reads nothing, while another works; the memory it costs."""
    with Connection(t.server) as connection, session(t.server) as other:
        sftp = connection.sftp()
        channel = sftp.channel
        request = fill(sftp)
        works(other)
        before, peak = t.server.memory(), 0
        # Past paramiko's reader too, or it would acknowledge: its thread stops at the next packet.
        stop = threading.Event()
        connection.transport.packetizer.read_message = lambda: stop.wait(60) and None
        channel.settimeout(0.3)
        sent, silent = 0, 0
        block = request * (30000 // len(request) + 1)
        while silent < 3 and sent < 64 * MIB:
            try:
                sent += channel.send(block[:channel.out_window_size or len(block)])
                silent = 0
            except socket.timeout:
                silent += 1
            except (OSError, EOFError):
                break
            if sent % 8 == 0 or silent:
                works(other)
                peak = max(peak, t.server.memory() - before)
        peak = max(peak, t.server.memory() - before)
        works(other)
        stop.set()
        connection.reset()
    gone(t)
    assert peak < most, 'it grew by %d KiB for a client that had sent %d KiB' % (peak >> 10, sent >> 10)


@suite.test
def test_a_flood_of_reads_without_reading(t):
    t.put('a', noise(MIB))

    def fill(sftp):
        return s(bytes([READ]) + u32(7) + s(sftp.open(t.r('a'))) + u64(0) + u32(261120))
    flood(t, fill, 8 * MIB)


@suite.test
def test_a_flood_of_listings_without_reading(t):
    t.many(3000)

    def fill(sftp):
        return s(bytes([OPENDIR]) + u32(7) + s(t.r('many'))) + s(bytes([STAT]) + u32(8) + s(t.r('many')))
    flood(t, fill, 8 * MIB)


@suite.test
def test_a_flood_of_nonsense(t):
    """Whole frames of a type that isn't there, each to be refused."""
    def fill(sftp):
        return s(bytes([199]) + u32(7) + b'x' * 30)
    flood(t, fill, 8 * MIB)


@suite.test
def test_more_than_the_window_allows(t):
    """Data beyond the window that was granted: kept within bounds or cut off, never hoarded."""
    t.put('a', noise(MIB))
    with Connection(t.server) as connection, session(t.server) as other:
        sftp = connection.sftp()
        handle = sftp.open(t.r('a'))
        block = s(bytes([READ]) + u32(7) + s(handle) + u64(0) + u32(261120)) * 700
        before, peak = t.server.memory(), 0
        stop = threading.Event()
        connection.transport.packetizer.read_message = lambda: stop.wait(60) and None
        connection.transport.sock.settimeout(1)
        sent, end = 0, time.monotonic() + 10
        try:
            while sent < 48 * MIB and time.monotonic() < end and connection.transport.is_active():
                connection.send(bytes([94]), u32(sftp.channel.remote_chanid), s(block))
                sent += len(block)
                peak = max(peak, t.server.memory() - before)
        except (OSError, EOFError, paramiko.SSHException):
            pass
        works(other)
        peak = max(peak, t.server.memory() - before)
        stop.set()
        connection.reset()
    gone(t)
    assert peak < 16 * MIB, 'it grew by %d KiB for %d KiB of data' % (peak >> 10, sent >> 10)


@suite.test
def test_100_abrupt_ends_and_400_connections(t):
    with session(t.server) as sftp:
        sftp.listing('/')
    gone(t)
    before = t.server.memory()
    data = noise(200000)
    for i in range(100):
        connection = Connection(t.server)
        upload(connection, t.r('f%d' % (i % 7)), data)
        connection.reset()
    crowd = []
    for i in range(400):
        raw = Raw(t.server)
        if i % 2:
            raw.hello()
        crowd.append(raw)
        if len(crowd) > 50:
            crowd.pop(0).reset()
    for raw in crowd:
        raw.close()
    gone(t)
    with session(t.server) as sftp:
        works(sftp)
    gone(t)
    grown = t.server.memory() - before
    assert grown < 5 * MIB, 'it grew by %d KiB' % (grown >> 10)


@suite.test
def test_handles_are_freed_with_their_session(t):
    need_hythed()
    for i in range(50):
        t.put('f%d' % i, b'x')
    for end in ('close', 'reset'):
        connection = Connection(t.server)
        sftp = connection.sftp()
        for i in range(50):
            sftp.open(t.r('f%d' % i))
            sftp.ask(OPENDIR, s(t.remote))
        assert t.server.descriptors() >= t.server.quiet[0] + 50
        getattr(connection, end)()
        gone(t)


@suite.test
def test_channels_come_and_go(t):
    need_hythed()
    with Connection(t.server) as connection:
        connection.sftp()
        before = t.server.usage()
        for _ in range(100):
            sftp = connection.sftp()
            sftp.open(t.r('a'), O_WRITE | O_CREAT)
            sftp.channel.close()
        for _ in range(50):
            connection.channel().close()
        wait_for('the channels to be freed', lambda: all(a <= b + 3 for a, b in zip(t.server.usage(), before)))
        works(connection.sftp())
    gone(t)


@suite.test(max_channels=3)
def test_max_channels(t):
    with Connection(t.server) as connection:
        sessions = [connection.sftp() for _ in range(3)]
        for _ in range(5):
            try:
                connection.channel()
            except paramiko.ChannelException:
                continue
            raise AssertionError('a fourth channel')
        for sftp in sessions:
            works(sftp)
        sessions[0].channel.close()

        def again():
            try:
                return connection.sftp()
            except paramiko.ChannelException:
                return None
        works(wait_for('the place to be free', again))
    with session(t.server) as sftp:
        works(sftp)


@suite.test(max_handles=5)
def test_max_handles(t):
    t.put('a', b'x')
    with Connection(t.server) as connection:
        sftp, other = connection.sftp(), connection.sftp()
        handles = [sftp.open(t.r('a')) for _ in range(3)] + [sftp.ask(OPENDIR, s(t.remote)).handle for _ in range(2)]
        assert all(handles)
        for kind, parts in ((OPEN, (s(t.r('a')), u32(O_READ), attrs())), (OPENDIR, (s(t.remote),)),
                            (OPEN, (s(t.r('new')), u32(O_WRITE | O_CREAT), attrs()))):
            assert sftp.ask(kind, *parts).code == FAILURE
        assert sftp.extended('limits@openssh.com').packet[-8:] == u64(5)
        assert other.open(t.r('a'))
        assert sftp.close(handles[4]) == OK and sftp.close(handles[0]) == OK
        assert sftp.open(t.r('a')) and sftp.open(t.r('a'))
        assert sftp.read(handles[1], 0, 1).data == b'x'


@suite.test
def test_broken_frames_end_their_channel_alone(t):
    need_hythed()
    with Connection(t.server) as connection:
        other = connection.sftp()
        for broken in (u32(0), u32(0xffffffff) + b'x', u32(0x7fffffff), u32(1 << 20) + bytes([WRITE]) + u32(1),
                       s(bytes([INIT]) + u32(3)), s(bytes([READ])), s(b'\0'), b'\xff' * 1000):
            sftp = connection.sftp()
            try:
                sftp._send(broken)
                sftp.channel.settimeout(10)
                answer = sftp.channel.recv(65536)
            except (OSError, EOFError):
                answer = b''
            assert not answer or answer[4] == STATUS, answer
            works(other)
            sftp.channel.close()
    gone(t)


@suite.test
def test_data_without_a_subsystem_and_after_the_end(t):
    need_hythed()
    with Connection(t.server) as connection:
        other = connection.sftp()
        bare = connection.channel()
        bare.sendall(s(bytes([INIT]) + u32(3)) * 100)
        works(other)
        ended = connection.sftp()
        ended.channel.shutdown_write()
        connection.send(bytes([94]), u32(ended.channel.remote_chanid), s(b'x' * 1000))
        works(other)
        connection.send(bytes([94]), u32(7777), s(b'x'))  # a channel that never was
        connection.send(bytes([96]), u32(7777))
        connection.send(bytes([97]), u32(7777))
        connection.send(bytes([93]), u32(other.channel.remote_chanid), u32(0xffffffff))  # a window of 4 GiB more
        try:
            works(other)
        except (OSError, EOFError, Closed, paramiko.SSHException):
            pass  # cut off: that is right too
    with session(t.server) as sftp:
        works(sftp)
    gone(t)


@suite.test
def test_tiny_windows_and_packets(t):
    """A client that grants a few bytes at a time is served, a few bytes at a time."""
    data = noise(3000)
    t.put('a', data)
    with Connection(t.server) as connection:
        channel = connection.transport.open_channel('session', window_size=32768, max_packet_size=32768, timeout=20)
        channel.settimeout(20)
        channel.invoke_subsystem('sftp')
        sftp = Sftp(channel.sendall, lambda n: channel.recv(7))
        handle = sftp.open(t.r('a'))
        for _ in range(40):
            assert sftp.read(handle, 0, 3000).data == data


@suite.test
def test_the_end_of_input_answers_what_was_asked(t):
    need_hythed()  # OpenSSH's drops what it still had to say
    data = noise(500000)
    t.put('a', data)
    with Connection(t.server) as connection:
        sftp = connection.sftp()
        handle = sftp.open(t.r('a'))
        sent = [sftp.send(READ, s(handle), u64(at), u32(32768)) for at in range(0, 500000, 32768)]
        sftp.channel.shutdown_write()
        got = [sftp.reply() for _ in sent]
        assert b''.join(r.data for r in got) == data
        wait_for('the end of the channel', lambda: sftp.channel.recv(1) == b'')


@suite.test
def test_a_want_of_descriptors_is_one_line_of_the_log(t):
    """Who comes then waits, and is served afterwards."""
    need_hythed()
    server = make_server('scarce')
    plain = server.command()
    server.command = lambda: ['sh', '-c', 'ulimit -n 48 && exec "$@"', 'sh'] + plain
    line = "error can't accept connections, which wait: Too many open files"
    with contextlib.ExitStack() as stack:
        stack.callback(server.kill)
        server.begin()
        crowd = [server.connect() for _ in range(48)]
        wait_for('the line', lambda: line in server.log())
        for sock in crowd[:-1]:
            sock.close()
        with crowd[-1]:
            wait_for('the banner', lambda: crowd[-1].recv(8) == b'SSH-2.0-')
        with session(server) as sftp:
            works(sftp)
        wait_for('its end in the log', lambda: 'connections are accepted again' in server.log())
        assert server.log().count(line) == server.log().count('connections are accepted again') == 1, server.log()


suite.main()
