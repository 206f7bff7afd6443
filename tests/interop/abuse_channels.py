#!/usr/bin/python3
"""Channels of one connection, and what one of them may do to the others and to the server: closed with answers on their
way, kept half open, read slowly, filled without being used, opened with numbers that make no sense."""
from slow import *

suite = Suite('abuse-channels', modules=['paramiko'], seconds=200)


def works(sftp):
    assert sftp.realpath('.') == b'/'


def ask_for(sftp, path, size):
    """Asks for `size` bytes without reading any."""
    handle = sftp.open(path)
    for at in range(0, size, 32768):
        sftp.send(READ, s(handle), u64(at), u32(32768))


@contextlib.contextmanager
def together(connection):
    """All that is sent meanwhile arrives at once."""
    packetizer, kept = connection.transport.packetizer, []
    out, packetizer.write_all = packetizer.write_all, kept.append
    try:
        yield
    finally:
        packetizer.write_all = out
    out(b''.join(kept))


@suite.test
def test_a_channel_closed_with_output_waiting_harms_no_other(t):
    t.put('a', noise(4 * MIB))
    with Connection(t.server) as connection:
        other = connection.sftp()
        for more in (0, MIB, 1):
            one = connection.sftp()
            ask_for(one, t.r('a'), 4 * MIB)
            channel = one.channel
            wait_for('the window to be used up',
                     lambda: len(channel.in_buffer) + channel.in_window_sofar >= channel.in_window_size)
            with together(connection):
                if more:
                    connection.send(bytes([WINDOW]), u32(channel.remote_chanid), u32(more))
                channel.close()
            works(other)
        works(connection.sftp())


@suite.test
def test_a_request_and_the_close_of_its_channel_in_one_packet(t):
    with Connection(t.server) as connection:
        other = connection.sftp()
        for _ in range(5):
            one = connection.sftp()
            with together(connection):
                for _ in range(20):
                    one.send(STAT, s('/'))
                connection.send(bytes([CLOSE_SENT]), u32(one.channel.remote_chanid))
            works(other)


@suite.test
def test_a_close_is_answered_though_the_socket_is_full(t):
    t.put('a', noise(MIB))
    reader = Reader()
    with Connection(Narrow(t.server), swallow=reader) as connection:
        other, one = connection.sftp(), wide(connection)
        sock, number = connection.transport.sock, one.channel.chanid
        handle = one.open(t.r('a'))
        reader.listening.clear()
        for _ in range(64):
            one.send(READ, s(handle), u64(0), u32(261120))
        seen = []

        def full():
            seen.append(queues(t.server, sock))
            return len(seen) > 10 and seen[-1][0] > 0 and len(set(seen[-10:])) == 1
        wait_for('the socket to be full', full)
        connection.send(bytes([CLOSE_SENT]), u32(one.channel.remote_chanid))
        wait_for('the CLOSE to be read', lambda: queues(t.server, sock)[1] == 0)
        reader.listening.set()
        works(other)
        wait_for('a CLOSE in answer', lambda: reader.count(CLOSE_SENT, number))
        assert reader.count(CLOSE_SENT, number) == 1


def copy_and_stat(t, sftp):
    """In one packet: a copy that takes several rounds, and a request behind it."""
    size = 16 * MIB
    t.put('from', noise(size))
    a, b = sftp.open(t.r('from')), sftp.open(t.r('to'), O_WRITE | O_CREAT | O_TRUNC)
    sftp.channel.sendall(s(bytes([EXTENDED]) + u32(1001) + s('copy-data') + s(a) + u64(0) + u64(0) + s(b) + u64(0)) +
                         s(bytes([STAT]) + u32(1002) + s('/')) + s(bytes([LSTAT]) + u32(1003) + s('/')))


def copied(t, sftp):
    for number, kind in ((1001, STATUS), (1002, ATTRS), (1003, ATTRS)):
        reply = sftp.reply()
        assert (reply.id, reply.type) == (number, kind), (number, reply.id, reply)
    same(t.d('from'), t.d('to'))


@suite.test
def test_requests_behind_a_copy_are_answered(t):
    with session(t.server) as sftp:
        copy_and_stat(t, sftp)
        copied(t, sftp)
        works(sftp)


@suite.test
def test_requests_behind_a_copy_are_answered_at_the_end_of_input(t):
    with session(t.server) as sftp:
        copy_and_stat(t, sftp)
        sftp.channel.shutdown_write()
        copied(t, sftp)
        assert sftp.channel.recv(1) == b''


@suite.test(DefaultTimeout=2, idle_timeout=2)
def test_a_slow_client_is_neither_stalled_nor_idle(t):
    """Whether answers wait in the server or the system's buffers hold them all: slow for three times the timeouts."""
    slow, rate = 640 * 1024, 110 * 1024
    data = noise(5 * MIB)
    t.put('a', data)
    readers = [Reader(), Reader()]
    with Connection(Narrow(t.server), swallow=readers[0]) as first, \
            Connection(Narrow(t.server), swallow=readers[1]) as second:
        both = wide(first), wide(second)
        for sftp, reader, size in zip(both, readers, (len(data), slow)):
            handle = sftp.open(t.r('a'))
            reader.rate = rate
            for at in range(0, size, 32768):
                sftp.send(READ, s(handle), u64(at), u32(32768))
        got = [b''.join(sftp.reply().data for _ in range(0, slow, 32768)) for sftp in both]
        readers[0].rate = None
        got[0] += b''.join(both[0].reply().data for _ in range(slow, len(data), 32768))
        assert got[0] == data and got[1] == data[:slow]


@suite.test
def test_an_older_channel_is_answered_during_a_download(t):
    t.put('a', noise(MIB))
    reader, going = Reader(), threading.Event()
    with Connection(Narrow(t.server, 65536), swallow=reader) as connection:
        old = connection.sftp()
        new = wide(connection)
        handle = new.open(t.r('a'))

        def ask():
            new.send(READ, s(handle), u64(0), u32(261120))

        def download():
            with contextlib.suppress(*GONE):
                while True:
                    new.reply()
                    going.set()
                    ask()
        reader.rate = 6 * MIB
        for _ in range(64):
            ask()
        thread = threading.Thread(target=download, daemon=True)
        thread.start()
        assert going.wait(30)
        for _ in range(3):
            before = reader.bytes
            works(old)
            taken = reader.bytes - before
            assert taken < 48 * MIB, 'only after %d MiB of the download' % (taken >> 20)
        assert thread.is_alive()
    thread.join(30)


@suite.test(DefaultTimeout=60)
def test_packets_of_ten_bytes_are_refused(t):
    def cpu():
        fields = read('/proc/%d/stat' % t.server.pid).decode().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')
    with session(t.server) as sftp:
        works(sftp)
        reader, meter, used = Reader(), Meter(t.server), cpu()
        with Connection(t.server, swallow=reader) as connection, contextlib.suppress(*GONE):
            connection.send(bytes([90]), s('session'), u32(0), u32(MIB), u32(10))
            if wait_for('an answer', lambda: reader.count(91) or not connection.transport.is_active()):
                connection.send(bytes([98]), u32(0), s('subsystem'), b'\1', s('sftp'))  # the first of the server's
                connection.send(bytes([94]), u32(0), s(s(bytes([INIT]) + u32(3))))
            meter.ended('packets of 10 bytes')
            wait_for('the end', lambda: not connection.transport.is_active(), 30)
        for _ in range(10):
            works(sftp)
        meter.small()
        used = cpu() - used
        assert used < 5, 'it used %.1f s of CPU' % used


@suite.test(max_channels=3)
def test_a_channel_counts_until_both_have_closed_it(t):
    reader = Reader(ignored=[CLOSE_SENT])  # paramiko would answer it
    with Connection(t.server, swallow=reader) as connection:
        other = connection.sftp()
        halves = [connection.sftp() for _ in range(2)]
        for count, half in enumerate(halves, 1):
            half.channel.shutdown_write()
            wait_for('the server to close it', lambda: reader.count(CLOSE_SENT) == count)
        for _ in range(3):
            try:
                connection.channel()
            except paramiko.ChannelException:
                continue
            raise AssertionError('a fourth channel')
        connection.send(bytes([CLOSE_SENT]), u32(halves[0].channel.remote_chanid))
        works(connection.sftp())
        works(other)


@suite.test
def test_what_comes_for_an_ended_channel_is_not_kept(t):
    reader = Reader(ignored=[CLOSE_SENT])
    with Connection(t.server, swallow=reader) as connection:
        other, half = connection.sftp(), connection.sftp()
        half.channel.shutdown_write()
        wait_for('the server to close it', lambda: reader.count(CLOSE_SENT))
        meter = Meter(t.server)
        data = bytes([94]) + u32(half.channel.remote_chanid) + s(bytes(32000))
        if not flood(connection, [data] * 1000):
            works(other)
        meter.small()
    with session(t.server) as sftp:
        works(sftp)


@suite.test
def test_data_beyond_the_window_of_an_unused_channel_ends_it(t):
    meter = Meter(t.server)
    with Connection(t.server) as connection, session(t.server) as other:
        unused = connection.channel()
        data = bytes([94]) + u32(unused.remote_chanid) + s(bytes(32000))
        flood(connection, [data] * 100)
        wait_for('the end', lambda: not connection.transport.is_active())
        works(other)
    meter.ended('more data than the receive window allows')
    meter.small()


suite.main()
