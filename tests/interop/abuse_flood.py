#!/usr/bin/python3
"""Floods of messages that libssh answers or keeps by itself: they cost a server some megabytes at most and end."""
import asyncio

from slow import *

suite = Suite('abuse-flood', modules=['paramiko'], seconds=200)

SERVICE = bytes([5]) + s('ssh-userauth')
BANNER = 53


@suite.test(UserAuthBanner='x' * 1000, login_grace=5, DefaultTimeout=60)
def test_service_requests_before_the_login(t):
    """Made ahead, so that they come faster than the server takes them."""
    reader, meter = Reader(), Meter(t.server)
    connection = Connection(t.server, login=False, swallow=reader)
    reader.listening.clear()
    sock, kept = connection.transport.sock, []
    connection.transport.packetizer.write_all = kept.append
    flood(connection, (SERVICE for _ in range(60000)))
    sock.settimeout(30)

    def pour():
        with contextlib.suppress(OSError):
            sock.sendall(b''.join(kept))
    thread = threading.Thread(target=pour, daemon=True)
    thread.start()
    wait_for('the end', lambda: meter.look() > meter.MOST or
             meter.said('too many messages', 'not authenticated within'), 30)
    connection.reset()
    reader.listening.set()
    thread.join(30)
    meter.small()


@suite.test(login_grace=2)
def test_a_few_service_requests_at_a_time_are_no_way_around_the_login_grace(t):
    meter = Meter(t.server)
    with Connection(t.server, login=False) as connection, contextlib.suppress(*GONE):
        end = time.monotonic() + 30
        while connection.transport.is_active() and time.monotonic() < end:
            connection.send(SERVICE)
            time.sleep(0.01)
    meter.ended('not authenticated within 2 seconds')


@suite.test(UserAuthBanner='welcome')
def test_the_banner_is_sent_once(t):
    reader = Reader()
    with Connection(t.server, login=False, swallow=reader) as connection:
        for count in range(1, 6):
            connection.send(SERVICE)
            wait_for('the answer', lambda: reader.count(6) == count)
        connection.send(bytes([50]), s('alice'), s('ssh-connection'), s('none'))
        wait_for('the refusal', lambda: reader.count(51))
        assert reader.count(BANNER) == 1, reader.got


@suite.test(DefaultTimeout=60)
def test_global_requests_without_reading(t):
    request = bytes([80]) + s('keepalive@openssh.com') + b'\1'
    reader = Reader()
    with session(t.server) as other:
        connection = Connection(Narrow(t.server), swallow=reader)
        meter = Meter(t.server)
        reader.listening.clear()
        flood(connection, (request for _ in range(400000)), meter)
        meter.small()
        meter.ended('without reading')
        assert other.realpath('.') == b'/'
        connection.reset()
        reader.listening.set()


async def leave_a_key_exchange(t, asyncssh, meter):
    """Downloads until the server wants new keys, which it does after some megabytes, and says no more. Bytes taken."""
    size, count, taken = 261120, 400, bytearray()
    arrived = 0

    class Session(asyncssh.SSHClientSession):
        def data_received(self, data, kind):
            taken.extend(data)

    def drop(data, *_):
        nonlocal arrived
        arrived += len(data)

    async def until(what, probe, seconds):
        end = time.monotonic() + seconds
        while not probe():
            assert time.monotonic() < end, 'waited %d s in vain for %s' % (seconds, what)
            await asyncio.sleep(0.02)

    connection = await asyncssh.connect(
        HOST, t.server.port, username='alice', client_keys=[t.server.keys.path('alice')], known_hosts=None, config=None,
        rekey_bytes=1 << 50)
    try:
        channel, _ = await connection.create_session(Session, subsystem='sftp', encoding=None, window=(1 << 31) - 1)
        channel.write(s(bytes([INIT]) + u32(3)))
        await until('the version', lambda: taken, 20)
        taken.clear()
        channel.write(s(bytes([OPEN]) + u32(1) + s(t.r('a')) + u32(O_READ) + attrs()))
        await until('the handle', lambda: len(taken) >= 13 and len(taken) >= 4 + int.from_bytes(taken[:4], 'big'), 20)
        handle = Reply(bytes(taken[4:])).handle
        connection.data_received = drop  # nothing is looked at any more, and so nothing is answered
        request = s(bytes([READ]) + u32(2) + s(handle) + u64(0) + u32(size))
        channel.write(request * count)
        await until('some megabytes', lambda: arrived > 30 * MIB, 60)
        for _ in range(100):
            channel.write(request)  # each wakes the server
            await asyncio.sleep(0.02)
        await until('the end of it all', lambda: meter.look() > meter.MOST or meter.said('no progress') or
                    arrived >= size * count, 30)
    finally:
        connection.abort()
    return arrived < size * count


@suite.test(DefaultTimeout=2, KeyRenegotiationThreshold=32 * MIB)
def test_a_key_exchange_that_is_never_answered(t):
    try:
        import asyncssh
    except ImportError:
        raise Skip("Python's asyncssh is not installed")
    t.put('a', noise(MIB))
    with session(t.server) as other:
        meter = Meter(t.server)
        stopped = asyncio.run(leave_a_key_exchange(t, asyncssh, meter))
        meter.small()
        need(stopped, 'the server wanted no new keys')
        meter.ended('no progress')
        assert other.realpath('.') == b'/'


@suite.test(login_grace=60, shutdown_timeout=3)
def test_sigterm_in_a_flood_before_the_login(t):
    stop, flowing = threading.Event(), threading.Event()

    def messages():
        for count in range(20000):
            if count == 100:
                flowing.set()
            if stop.is_set():
                return
            yield SERVICE

    def pour():
        while not stop.is_set():
            with contextlib.suppress(*GONE):
                with Connection(t.server, login=False) as connection:
                    flood(connection, messages())
    thread = threading.Thread(target=pour, daemon=True)
    thread.start()
    try:
        assert flowing.wait(30)
        t.server.signal(signal.SIGTERM)
        process = t.server.process
        wait_for('the server to end', lambda: process.poll() is not None, 30)
    finally:
        stop.set()
    thread.join(30)
    code = t.server.end()
    assert code == 0, 'it ended with %s' % code


suite.main()
