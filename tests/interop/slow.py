"""Clients that take their time, or that take nothing: what their abuse costs a server."""
import struct

from harness import *
from wire import *

MIB = 1 << 20
GONE = (OSError, EOFError, Closed, paramiko.SSHException) if paramiko else OSError

WINDOW, CLOSE_SENT = 93, 97  # messages of a channel: its window grows, it is closed


class Reader:
    """How a client takes its messages, for Connection(swallow=...): at a rate, or not at all. Counts them."""

    def __init__(self, ignored=()):
        self.ignored = ignored
        self.rate = None  # bytes a second
        self.bytes = 0
        self.got = []     # (kind, first field) of each
        self.listening = threading.Event()
        self.listening.set()

    def __call__(self, kind, message):
        body = message.asbytes()
        self.bytes += len(body)
        self.got.append((kind, struct.unpack('>I', body[:4])[0] if len(body) >= 4 else None))
        if self.rate:
            time.sleep(len(body) / self.rate)
        self.listening.wait(60)
        return kind in self.ignored

    def count(self, kind, first=None):
        return sum(k == kind and first in (None, f) for k, f in list(self.got))


class Narrow:
    """A server, reached over sockets that hold little: what isn't read soon waits at the server."""

    def __init__(self, server, size=16384):
        self.server, self.size = server, size

    def __getattr__(self, name):
        return getattr(self.server, name)

    def connect(self, seconds=20):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.size)
        sock.settimeout(seconds)
        sock.connect((HOST, self.server.port))
        return sock


def wide(connection):
    """A session on a channel whose window never ends a transfer."""
    channel = connection.transport.open_session(window_size=(1 << 31) - 1, timeout=30)
    channel.settimeout(30)
    channel.invoke_subsystem('sftp')
    session = Sftp(channel.sendall, channel.recv)
    session.channel = channel
    return session


def queues(server, sock):
    """Bytes that the server's end of a connection holds: those to send, those to read."""
    ends = ':%04X' % server.port, ':%04X' % sock.getsockname()[1]
    for line in read('/proc/net/tcp').decode().splitlines()[1:]:
        fields = line.split()
        if fields[1].endswith(ends[0]) and fields[2].endswith(ends[1]):
            return tuple(int(n, 16) for n in fields[4].split(':'))
    return 0, 0


class Meter:
    """What a server's memory grew by at most, and what it said, since this was made."""
    MOST = 8 * MIB

    def __init__(self, server):
        self.server = server
        self.peak = 0
        self.before = server.memory()
        self.mark = len(server.log())

    def look(self):
        self.peak = max(self.peak, self.server.memory() - self.before)
        return self.peak

    def small(self):
        assert self.look() < self.MOST, 'it grew by %d KiB' % (self.peak >> 10)

    def said(self, *texts):
        log = self.server.log()[self.mark:]
        return any(text in log for text in texts)

    def ended(self, *texts, seconds=30):
        """Waits for one of these reasons in the log."""
        wait_for('the log to tell of %s' % ' or '.join(texts), lambda: self.said(*texts), seconds)


def flood(connection, messages, meter=None):
    """Sends messages until the server ends it, or there are no more; whether it did end it."""
    try:
        for i, message in enumerate(messages):
            connection.send(message)
            if meter and i % 1000 == 0 and meter.look() > 4 * meter.MOST:
                return False
    except GONE:
        return True
    return False
