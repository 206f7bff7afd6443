#!/usr/bin/python3
"""A bit that changes on its way, under every cipher and MAC that can be switched on: the connection ends, and no byte that was
not verified reaches the file."""
import os
import socket

from harness import *
from wire import *

CIPHERS = ['aes256-gcm@openssh.com', 'aes128-gcm@openssh.com', 'chacha20-poly1305@openssh.com', 'aes256-ctr',
           'aes192-ctr', 'aes128-ctr', 'aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc']
MACS = ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-512',
        'hmac-sha1-etm@openssh.com', 'hmac-sha1']
suite = Suite('abuse-bitflip', programs=['sftp', 'ssh'], modules=['paramiko'], login_grace=3,
              SSHEncryptionAlgorithms=CIPHERS, SSHMacAlgorithms=MACS)
DATA = noise(12 << 20, 11)
START = 200000  # bytes on their way up before the flip: the key exchange, the login and some of the file


class Flipper:
    """A relay that changes one bit of what goes up, `after` bytes behind the beginning; what it saw of the end."""

    def __init__(self, server, after, bit):
        self.after, self.bit = after, bit
        self.flipped = self.cut = False
        self.listener = socket.socket()
        self.listener.bind((HOST, 0))
        self.listener.listen()
        self.port = self.listener.getsockname()[1]
        self.server = server
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        client, _ = self.listener.accept()
        upstream = self.server.connect()
        down = threading.Thread(target=self._down, args=(upstream, client), daemon=True)
        down.start()
        count = 0
        try:
            while True:
                data = client.recv(32768)
                if not data:
                    break
                if count <= self.after < count + len(data):
                    data = bytearray(data)
                    data[self.after - count] ^= 1 << self.bit
                    self.flipped = True
                count += len(data)
                upstream.sendall(data)
        except OSError:
            pass
        # A client that finished would close here; nothing is passed on, so that only the server can end it.
        down.join(30)
        for sock in (client, upstream):
            sock.close()

    def _down(self, upstream, client):
        try:
            while True:
                data = upstream.recv(65536)
                if not data:
                    break
                client.sendall(data)
        except OSError:
            pass
        self.cut = True
        try:
            client.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self):
        self.listener.close()
        self.thread.join(60)


def flip(t, name, options, after, bit):
    local, port_file = t.l('data'), t.server.known_hosts_path() + '.any'
    if not os.path.exists(local):
        write(local, DATA)
    relay = Flipper(t.server, after, bit)
    write(port_file, ''.join('[%s]:%d %s\n' % (HOST, relay.port, ' '.join(t.server.keys.public(k).split()[:2]))
                             for k in ('host', 'host2')).encode())
    try:
        result = t.server.sftp(['put %s %s' % (local, t.r(name))], port=relay.port,
                               options=dict(options, UserKnownHostsFile=port_file))
    finally:
        relay.close()
    assert relay.flipped, (options, result)
    assert result.code != 0, '%r: the upload came through' % options
    assert relay.cut, '%r: the server went on' % options
    wait_for('the session to be gone', lambda: t.server.threads() <= t.server.quiet[1])
    got = read(t.d(name)) if os.path.exists(t.d(name)) else b''
    # What wasn't written yet may be a hole; everything else is what was sent.
    wrong = [at for at in range(0, len(got), 4096)
             if got[at:at + 4096] != DATA[at:at + len(got[at:at + 4096])] and got[at:at + 4096].strip(b'\0')]
    for at in wrong:
        block, sent = got[at:at + 4096], DATA[at:at + 4096]
        bad = [i for i in range(len(block)) if block[i] != sent[i] and block[i]]
        assert not bad, '%r: byte %d of the file was never sent' % (options, at + bad[0])
    assert len(got) < len(DATA), '%r: the whole file is there' % options
    if os.path.exists(t.d(name)):
        os.unlink(t.d(name))
    return len(got)


def rounds(t):
    """Each cipher with a MAC of either kind, and each MAC with some ciphers."""
    offered = algorithms(t.server)
    assert offered['ciphers'] == CIPHERS and offered['macs'] == MACS, offered
    turn = 0
    known = {kind: set(run(['ssh', '-Q', kind]).ok().out.decode().split()) for kind in ('cipher', 'mac')}
    for cipher in offered['ciphers']:
        if cipher not in known['cipher']:
            continue
        if 'gcm' in cipher or 'poly1305' in cipher:
            yield dict(Ciphers=cipher)
            continue
        for mac in MACS[turn:turn + 2]:
            assert mac in known['mac'], mac
            yield dict(Ciphers=cipher, MACs=mac)
        turn = (turn + 2) % len(MACS)


@suite.test
def test_a_flipped_bit_under_every_cipher_and_mac(t):
    rng = random.Random(7)
    count = reached = 0
    for i, options in enumerate(rounds(t)):
        for turn in range(2):
            reached += flip(t, 'f%d-%d' % (i, turn), options, START + rng.randrange(1 << 20), rng.randrange(8)) > 0
            count += 1
    assert count >= 30 and reached >= count // 2, (count, reached)  # the flips hit uploads that had begun


@suite.test
def test_flips_all_over_one_packet(t):
    """Lengths, padding, payload and tag: bytes side by side in the stream, under the ciphers that clients pick."""
    for cipher in ('aes128-gcm@openssh.com', 'aes256-ctr', 'chacha20-poly1305@openssh.com'):
        if cipher not in algorithms(t.server)['ciphers']:
            continue
        for i in range(12):
            flip(t, 'f%d' % i, dict(Ciphers=cipher), START + i * 3003, i % 8)


@suite.test
def test_flips_in_the_key_exchange(t):
    for after in (100, 300, 900):
        relay = Flipper(t.server, after, after % 8)
        try:
            result = t.server.sftp(['mkdir %s' % t.r('d%d' % after)], port=relay.port,
                                   options=dict(StrictHostKeyChecking='no', UserKnownHostsFile='/dev/null'))
        finally:
            relay.close()
        if relay.flipped:
            assert result.code != 0 and not os.path.exists(t.d('d%d' % after)), (after, result)
    with session(t.server) as sftp:
        assert sftp.realpath('.') == b'/'


suite.main()
