"""SFTP version 3 and the first packets of SSH, byte by byte: for what no client would send, or would not send in this
order. Over paramiko's channels, or over any pair of send and receive functions."""
import contextlib
import logging
import os
import socket
import struct

import harness
from harness import HOST

logging.disable(logging.CRITICAL)  # what a library has to say about the abuse is no news
try:
    import paramiko
except ImportError:
    paramiko = None

(INIT, VERSION, OPEN, CLOSE, READ, WRITE, LSTAT, FSTAT, SETSTAT, FSETSTAT, OPENDIR, READDIR, REMOVE, MKDIR, RMDIR,
 REALPATH, STAT, RENAME, READLINK, SYMLINK) = range(1, 21)
STATUS, HANDLE, DATA, NAME, ATTRS = range(101, 106)
EXTENDED, EXTENDED_REPLY = 200, 201

OK, EOF, NO_SUCH_FILE, PERMISSION_DENIED, FAILURE, BAD_MESSAGE, NO_CONNECTION, CONNECTION_LOST, UNSUPPORTED = range(9)
O_READ, O_WRITE, O_APPEND, O_CREAT, O_TRUNC, O_EXCL = 1, 2, 4, 8, 16, 32
A_SIZE, A_OWNER, A_MODE, A_TIMES = 1, 2, 4, 8


class Closed(Exception):
    """The other side ended the connection."""


def s(value):
    if isinstance(value, str):
        value = value.encode()
    return struct.pack('>I', len(value)) + value


def u32(value):
    return struct.pack('>I', value)


def u64(value):
    return struct.pack('>Q', value)


def attrs(size=None, mode=None, times=None, owner=None):
    flags, out = 0, b''
    if size is not None:
        flags, out = flags | A_SIZE, out + u64(size)
    if owner is not None:
        flags, out = flags | A_OWNER, out + u32(owner[0]) + u32(owner[1])
    if mode is not None:
        flags, out = flags | A_MODE, out + u32(mode)
    if times is not None:
        flags, out = flags | A_TIMES, out + u32(times[0]) + u32(times[1])
    return u32(flags) + out


class Reply:
    """A reply taken apart."""

    def __init__(self, packet):
        self.type, self.packet = packet[0], packet
        self.id = struct.unpack('>I', packet[1:5])[0]
        self.at = 5
        self.code, self.message, self.handle, self.data, self.names, self.attrs = None, None, None, None, None, None
        if self.type == STATUS:
            self.code, self.message = self.u32(), self.string() if len(packet) > 9 else b''
        elif self.type == HANDLE:
            self.handle = self.string()
        elif self.type == DATA:
            self.data = self.string()
        elif self.type == NAME:
            self.names = [(self.string(), self.string(), self._attrs()) for _ in range(self.u32())]
        elif self.type == ATTRS:
            self.attrs = self._attrs()

    def u32(self):
        self.at += 4
        return struct.unpack('>I', self.packet[self.at - 4:self.at])[0]

    def u64(self):
        self.at += 8
        return struct.unpack('>Q', self.packet[self.at - 8:self.at])[0]

    def string(self):
        size = self.u32()
        self.at += size
        assert self.at <= len(self.packet), 'a string runs over the end of its packet'
        return self.packet[self.at - size:self.at]

    def _attrs(self):
        found, flags = {}, self.u32()
        if flags & A_SIZE:
            found['size'] = self.u64()
        if flags & A_OWNER:
            found['owner'] = (self.u32(), self.u32())
        if flags & A_MODE:
            found['mode'] = self.u32()
        if flags & A_TIMES:
            found['times'] = (self.u32(), self.u32())
        assert not flags & ~15, 'flags %#x' % flags
        return found

    def __repr__(self):
        return 'type %d code %s %s' % (self.type, self.code, self.message or self.handle or self.names or self.attrs)


class Sftp:
    """A session in version 3. Requests go out with send(), replies come with reply(); ask() is both."""

    def __init__(self, send, receive, version=3):
        self._send, self._receive = send, receive
        self.next = 1
        self.buffer = b''
        self.raw(bytes([INIT]) + u32(version))
        packet = self.packet()
        assert packet[0] == VERSION, packet[:40]
        self.version = struct.unpack('>I', packet[1:5])[0]
        reply = Reply(packet)
        self.extensions = {}
        while reply.at < len(packet):
            name = reply.string().decode()
            self.extensions[name] = reply.string()

    def raw(self, body):
        self._send(s(body))

    def packet(self):
        size = struct.unpack('>I', self._exactly(4))[0]
        return self._exactly(size)

    def _exactly(self, size):
        while len(self.buffer) < size:
            more = self._receive(max(32768, size - len(self.buffer)))
            if not more:
                raise Closed('after %d of %d bytes' % (len(self.buffer), size))
            self.buffer += more
        out, self.buffer = self.buffer[:size], self.buffer[size:]
        return out

    def send(self, kind, *parts):
        number, self.next = self.next, self.next + 1
        self.raw(bytes([kind]) + u32(number) + b''.join(parts))
        return number

    def reply(self):
        return Reply(self.packet())

    def ask(self, kind, *parts):
        number = self.send(kind, *parts)
        reply = self.reply()
        assert reply.id == number, 'reply %d to request %d' % (reply.id, number)
        return reply

    def extended(self, name, *parts):
        return self.ask(EXTENDED, s(name), *parts)

    # Short ways.

    def open(self, path, flags=O_READ, attributes=None):
        reply = self.ask(OPEN, s(path), u32(flags), attributes or attrs())
        assert reply.handle is not None, reply
        return reply.handle

    def close(self, handle):
        return self.ask(CLOSE, s(handle)).code

    def read(self, handle, offset, size):
        return self.ask(READ, s(handle), u64(offset), u32(size))

    def write(self, handle, offset, data):
        return self.ask(WRITE, s(handle), u64(offset), s(data)).code

    def stat(self, path, kind=STAT):
        return self.ask(kind, s(path))

    def realpath(self, path):
        reply = self.ask(REALPATH, s(path))
        return reply.names[0][0] if reply.names else reply

    def listing(self, path):
        handle = self.ask(OPENDIR, s(path)).handle
        entries = []
        while True:
            reply = self.ask(READDIR, s(handle))
            if reply.names is None:
                assert reply.code == EOF, reply
                break
            entries += reply.names
        assert self.close(handle) == OK
        return entries


class Connection:
    """paramiko's transport, logged in, without any of its niceties."""

    def __init__(self, server, version=None, key='alice', user=None, password=None, login=True, seconds=30,
                 swallow=None, **security):
        harness.need(paramiko, "Python's paramiko is not installed")
        self.transport = paramiko.Transport(server.connect(seconds))
        try:
            self.transport.banner_timeout = self.transport.auth_timeout = seconds
            if swallow:
                self._divert(swallow)
            if version:
                self.transport.local_version = version
            options = self.transport.get_security_options()
            for name, value in security.items():
                setattr(options, name, value)
            self.transport.start_client(timeout=seconds)
            if login and password is not None:
                self.transport.auth_password(server.user if user is None else user, password)
            elif login:
                with open(server.keys.path(key)) as f:
                    self.transport.auth_publickey(server.user if user is None else user,
                                                  paramiko.Ed25519Key.from_private_key(f))
        except BaseException:
            self.transport.close()
            raise
        self.seconds = seconds

    def _divert(self, swallow):
        """Messages that swallow(kind, message) wants are not for paramiko to see."""
        original = self.transport.packetizer.read_message

        def take():
            while True:
                kind, message = original()
                if not swallow(kind, message):
                    return kind, message
        self.transport.packetizer.read_message = take

    def channel(self):
        channel = self.transport.open_session(timeout=self.seconds)
        channel.settimeout(self.seconds)
        return channel

    def sftp(self, **kw):
        channel = self.channel()
        channel.invoke_subsystem('sftp')
        session = Sftp(channel.sendall, channel.recv, **kw)
        session.channel = channel
        return session

    def send(self, *fields):
        """One SSH message: bytes as they are."""
        message = paramiko.Message()
        for field in fields:
            message.packet.write(field)
        self.transport._send_message(message)

    def close(self):
        self.transport.close()

    def reset(self):
        """Vanishes as a machine does whose plug was pulled: no goodbye, a RST at most."""
        sock = self.transport.sock
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.transport.active = False
        self.transport.packetizer.close()
        with contextlib.suppress(OSError):
            sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


@contextlib.contextmanager
def session(server, **kw):
    """An SFTP session of its own."""
    with Connection(server, **kw) as connection:
        yield connection.sftp()


class Raw:
    """The other end of a TCP connection before any encryption."""

    def __init__(self, server, seconds=30):
        self.sock = server.connect(seconds)
        self.buffer = b''

    def send(self, data):
        self.sock.sendall(data)

    def line(self):
        while b'\n' not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(b'\n', 1)
        return line.rstrip(b'\r')

    def _more(self):
        try:
            more = self.sock.recv(65536)
        except ConnectionError:
            more = b''
        if not more:
            raise Closed()
        self.buffer += more

    def packet(self):
        while len(self.buffer) < 4 or len(self.buffer) < 4 + struct.unpack('>I', self.buffer[:4])[0]:
            self._more()
        size = struct.unpack('>I', self.buffer[:4])[0]
        body, self.buffer = self.buffer[4:4 + size], self.buffer[4 + size:]
        return body[1:len(body) - body[0]]

    def send_packet(self, payload):
        pad = 8 - (5 + len(payload)) % 8
        pad += 8 if pad < 4 else 0
        self.send(struct.pack('>IB', 1 + len(payload) + pad, pad) + payload + os.urandom(pad))

    def hello(self, version=b'SSH-2.0-test_1.0'):
        """Exchanges the version lines; the server's."""
        self.send(version + b'\r\n')
        return self.line()

    def kexinit(self):
        """The server's lists of algorithms, in the order of the packet."""
        payload = self.packet()
        assert payload[0] == 20, payload[:20]
        at, lists = 17, []
        for _ in range(10):
            size = struct.unpack('>I', payload[at:at + 4])[0]
            lists.append(payload[at + 4:at + 4 + size].decode().split(','))
            at += 4 + size
        return lists

    def until_closed(self, seconds=30):
        """Reads to the end; what came."""
        self.sock.settimeout(seconds)
        got = self.buffer
        self.buffer = b''
        while True:
            try:
                more = self.sock.recv(65536)
            except ConnectionError:
                more = b''
            except socket.timeout:
                raise AssertionError('still open after %d s' % seconds)
            if not more:
                return got
            got += more

    def reset(self):
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.sock.close()

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def algorithms(server):
    """What a server offers: dict of kex, hostkey, ciphers and macs (client to server)."""
    with Raw(server) as raw:
        raw.hello()
        lists = raw.kexinit()
    return dict(kex=lists[0], hostkey=lists[1], ciphers=lists[2], macs=lists[4], compression=lists[6])


class Listener:
    """The server's answers to authentication, as bytes."""

    def __init__(self, server):
        self.answers = []
        self.connection = Connection(server, login=False, swallow=self._take)
        self.connection.send(bytes([5]), s('ssh-userauth'))

    def _take(self, kind, message):
        if kind in (3, 6) or kind >= 50:
            self.answers.append(bytes([kind]) + message.get_remainder())
            return True
        return False

    def answer(self, *fields, seconds=30):
        """Sends a request and waits for one more message of the authentication (51 to 61)."""
        def count():
            return [a for a in self.answers if 50 <= a[0] <= 61]
        before = len(count())
        try:
            self.connection.send(*fields)
        except (paramiko.SSHException, EOFError, OSError):
            return []  # it was cut off
        harness.wait_for('an answer', lambda: len(count()) > before or not self.connection.transport.is_active(), seconds)
        return count()[before:]

    def request(self, user, method, *rest, **kw):
        return self.answer(bytes([50]), s(user), s('ssh-connection'), s(method), *rest, **kw)

    def no_entry(self):
        """Asks for a channel, and then for something that is answered: by then the channel would have been."""
        try:
            self.connection.send(bytes([90]), s('session'), u32(0), u32(1 << 20), u32(32768))
            self.request('nobody-knows', 'none')
        except (paramiko.SSHException, EOFError, OSError):
            pass
        assert not [a for a in self.answers if a[0] in (52, 91)], self.answers

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()
