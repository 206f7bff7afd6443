"""A client of SSH that decides about each of its packets: what comes in which order and in which write, also within a
key exchange. curve25519-sha256, aes128-ctr, hmac-sha2-256 and nothing else. It believes any host key."""
import hashlib
import hmac
import os
import socket
import struct

from tools import need
from wire import Closed, s, u32
try:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import x25519
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
except ImportError:
    x25519 = None

(DISCONNECT, IGNORE, UNIMPLEMENTED, DEBUG, SERVICE_REQUEST, SERVICE_ACCEPT, EXT_INFO) = range(1, 8)
KEXINIT, NEWKEYS, KEX_INIT, KEX_REPLY = 20, 21, 30, 31
USERAUTH_REQUEST, USERAUTH_FAILURE, USERAUTH_SUCCESS, USERAUTH_BANNER = range(50, 54)
USERAUTH_PK_OK, INFO_REQUEST, INFO_RESPONSE = 60, 60, 61
GLOBAL_REQUEST, REQUEST_SUCCESS, REQUEST_FAILURE = range(80, 83)
CHANNEL_OPEN, CHANNEL_OPEN_CONFIRMATION, CHANNEL_OPEN_FAILURE, CHANNEL_WINDOW_ADJUST, CHANNEL_DATA = range(90, 95)
CHANNEL_EOF, CHANNEL_CLOSE, CHANNEL_REQUEST, CHANNEL_SUCCESS, CHANNEL_FAILURE = range(96, 101)

PASSED_BY = (IGNORE, DEBUG, EXT_INFO, USERAUTH_BANNER)
GONE = (ConnectionError, Closed)


def mpint(data):
    data = data.lstrip(b'\0')
    return s(b'\0' + data if data and data[0] & 0x80 else data)


def string_at(data, at):
    end = at + 4 + struct.unpack('>I', data[at:at + 4])[0]
    return data[at + 4:end], end


class Half:
    """One direction: its keys and its number of packets."""

    def __init__(self):
        self.number, self.crypt, self.mac = 0, None, None

    def key(self, crypt, mac, strict):
        self.crypt, self.mac = crypt, mac
        if strict:
            self.number = 0

    def tag(self, packet):
        self.number += 1
        return hmac.new(self.mac, struct.pack('>I', (self.number - 1) & 0xffffffff) + packet, hashlib.sha256).digest() \
            if self.mac else b''


class Bare:
    """Connected, and the keys exchanged unless keys is False. step(name) is called within an exchange of ours: after
    our KEXINIT, after our share, before our NEWKEYS and after it."""

    def __init__(self, server, keys=True, strict=True, version=b'SSH-2.0-bare_1.0', seconds=30, step=None):
        need(x25519, "Python's cryptography is not installed")
        self.sock = server.connect(seconds)
        self.seconds = seconds
        self.buffer, self.plain = b'', b''
        self.out, self.inward = Half(), Half()
        self.held, self.session_id, self.strict = None, None, strict
        self.version, self.theirs = version, None
        self.want_strict = strict
        try:
            if keys:
                self.hello()
                self.exchange(step)
        except BaseException:
            self.close()
            raise

    # Bytes.

    def write(self, data):
        if self.held is None:
            self.sock.sendall(data)
        else:
            self.held.append(data)

    def hold(self):
        """From now on everything waits for release(), and goes out in one write."""
        self.held = []

    def release(self):
        data, self.held = b''.join(self.held), None
        self.sock.sendall(data)

    def _more(self):
        try:
            more = self.sock.recv(65536)
        except socket.timeout:
            raise AssertionError('no answer in %d s' % self.seconds)
        if not more:
            raise Closed()
        self.buffer += more

    def _take(self, size):
        while len(self.buffer) < size:
            self._more()
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    # Packets.

    def hello(self):
        self.write(self.version + b'\r\n')
        while self.theirs is None or not self.theirs.startswith(b'SSH-'):
            while b'\n' not in self.buffer:
                self._more()
            self.theirs, self.buffer = self.buffer.split(b'\n', 1)
        self.theirs = self.theirs.rstrip(b'\r')

    def pack(self, payload):
        block = 16 if self.out.crypt else 8
        pad = block - (5 + len(payload)) % block
        pad += block if pad < 4 else 0
        packet = struct.pack('>IB', 1 + len(payload) + pad, pad) + payload + bytes(pad)
        tag = self.out.tag(packet)
        return (self.out.crypt.update(packet) if self.out.crypt else packet) + tag

    def send(self, *payloads):
        """Messages, each of bytes, in one write."""
        self.write(b''.join([self.pack(p) for p in payloads]))

    def packet(self):
        """The payload of the next one."""
        crypt = self.inward.crypt
        head = self._take(16 if crypt else 4)
        head = crypt.update(head) if crypt else head
        size = struct.unpack('>I', head[:4])[0]
        assert size < 300000, 'a packet of %d bytes' % size
        rest = self._take(4 + size - len(head))
        packet = head + (crypt.update(rest) if crypt else rest)
        tag = self.inward.tag(packet)
        assert self._take(len(tag)) == tag, 'a wrong MAC'
        return packet[5:4 + size - packet[4]]

    def message(self, *kinds):
        """The next message but for those that may come at any time; of one of these kinds, if some are given."""
        payload = self.packet()
        while payload[0] in PASSED_BY and payload[0] not in kinds:
            payload = self.packet()
        if payload[0] == DISCONNECT and DISCONNECT not in kinds:
            raise Closed('disconnected: %r' % payload[5:])
        assert not kinds or payload[0] in kinds, 'message %d %r for one of %r' % (payload[0], payload[1:60], kinds)
        return payload

    def until_closed(self):
        """All that comes until the server has closed the connection: (kind, payload)."""
        got = []
        try:
            while True:
                got.append(self.packet())
        except GONE:
            return got

    # Keys.

    def kexinit(self, first_follows=False, exchange='curve25519-sha256'):
        names = exchange + (',kex-strict-c-v00@openssh.com' if self.want_strict and self.session_id is None else '')
        lists = [names, 'ssh-ed25519,rsa-sha2-512,rsa-sha2-256,ecdsa-sha2-nistp256'] + ['aes128-ctr'] * 2 + \
            ['hmac-sha2-256'] * 2 + ['none'] * 2 + [''] * 2
        return bytes([KEXINIT]) + os.urandom(16) + b''.join(map(s, lists)) + bytes([first_follows]) + u32(0)

    def exchange(self, step=None, ours=None, theirs=None, kinds=()):
        """The whole of it, begun by either side: `theirs` is the server's KEXINIT if it was taken already. What comes
        of the given kinds before the keys are there is handed to the caller in a list."""
        step, aside = step or (lambda name: None), []

        def await_(kind):
            while True:
                payload = self.message(kind, *kinds)
                if payload[0] == kind:
                    return payload
                aside.append(payload)
        ours = ours or self.kexinit()
        self.send(ours)
        step('kexinit')
        theirs = theirs or await_(KEXINIT)
        if self.session_id is None:
            self.strict = self.want_strict and b'kex-strict-s-v00@openssh.com' in string_at(theirs, 17)[0].split(b',')
        private = x25519.X25519PrivateKey.generate()
        public = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.send(bytes([KEX_INIT]) + s(public))
        step('share')
        reply = await_(KEX_REPLY)
        host_key, at = string_at(reply, 1)
        share, _ = string_at(reply, at)
        secret = mpint(private.exchange(x25519.X25519PublicKey.from_public_bytes(share)))
        seen = hashlib.sha256(s(self.version) + s(self.theirs) + s(ours) + s(theirs) + s(host_key) + s(public) +
                              s(share) + secret).digest()
        self.session_id = self.session_id or seen

        def derive(letter, size):
            return hashlib.sha256(secret + seen + letter + self.session_id).digest()[:size]

        def keys(iv, key, mac):
            cipher = Cipher(algorithms.AES(derive(key, 16)), modes.CTR(derive(iv, 16)))
            return cipher.encryptor(), derive(mac, 32), self.strict
        step('before')
        self.send(bytes([NEWKEYS]))
        self.out.key(*keys(b'A', b'C', b'E'))
        step('newkeys')
        await_(NEWKEYS)
        self.inward.key(*keys(b'B', b'D', b'F'))
        return aside

    # Authentication, RFC 4252.

    def service(self, name='ssh-userauth'):
        self.send(bytes([SERVICE_REQUEST]) + s(name))
        assert self.message(SERVICE_ACCEPT) == bytes([SERVICE_ACCEPT]) + s(name)

    @staticmethod
    def request(user, method, *rest, service='ssh-connection'):
        return bytes([USERAUTH_REQUEST]) + s(user) + s(service) + s(method) + b''.join(rest)

    def password(self, user, password, **kw):
        return self.request(user, 'password', b'\0', s(password), **kw)

    def public_key(self, user, path, signed=True, algorithm=None, spoil=None, service='ssh-connection'):
        """A request with the Ed25519 key of a file; spoil(signature) may change the signature's blob."""
        with open(path, 'rb') as f:
            key = serialization.load_ssh_private_key(f.read(), None)
        blob = s('ssh-ed25519') + s(key.public_key().public_bytes(serialization.Encoding.Raw,
                                                                  serialization.PublicFormat.Raw))
        fields = self.request(user, 'publickey', bytes([signed]), s(algorithm or 'ssh-ed25519'), s(blob),
                              service=service)
        if not signed:
            return fields
        signature = s('ssh-ed25519') + s(key.sign(s(self.session_id) + fields))
        return fields + s(spoil(signature) if spoil else signature)

    def ask(self, payload, *kinds):
        self.send(payload)
        return self.message(*kinds)

    def login(self, server):
        self.service()
        self.ask(self.public_key(server.user, server.keys.path('alice')), USERAUTH_SUCCESS)
        return self

    # Channels, RFC 4254. Numbers of both sides are small and the same.

    @staticmethod
    def open(number=0, kind='session', window=1 << 21, packet=32768, rest=b''):
        return bytes([CHANNEL_OPEN]) + s(kind) + u32(number) + u32(window) + u32(packet) + rest

    @staticmethod
    def channel_request(channel, kind, want_reply=True, *rest):
        return bytes([CHANNEL_REQUEST]) + u32(channel) + s(kind) + bytes([want_reply]) + b''.join(rest)

    @staticmethod
    def data(channel, data):
        return bytes([CHANNEL_DATA]) + u32(channel) + s(data)

    def channel(self, number=0):
        """The server's number of a new one."""
        reply = self.ask(self.open(number), CHANNEL_OPEN_CONFIRMATION)
        return struct.unpack('>I', reply[5:9])[0]

    def sftp(self, number=0):
        """A channel with an SFTP session in it, whose VERSION has come; the server's number."""
        channel = self.channel(number)
        self.ask(self.channel_request(channel, 'subsystem', True, s('sftp')), CHANNEL_SUCCESS)
        self.send(self.data(channel, s(bytes([1]) + u32(3))))
        assert self.output()[4] == 2
        return channel

    def output(self, size=5):
        """At least so many bytes of the next data of any channel."""
        got = b''
        while len(got) < size:
            payload = self.message(CHANNEL_DATA, CHANNEL_WINDOW_ADJUST)
            got += string_at(payload, 5)[0] if payload[0] == CHANNEL_DATA else b''
        return got

    def works(self, channel):
        """A request of SFTP is answered."""
        self.send(self.data(channel, s(bytes([16]) + u32(77) + s('.'))))  # REALPATH
        got = self.output(9)
        assert got[4:9] == bytes([104]) + u32(77), got

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.sock.close()

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
