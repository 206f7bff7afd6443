#!/usr/bin/python3
"""The transport of RFC 4253 by a client that decides what comes when: version lines, messages within key exchanges,
floods, and a crowd that shakes hands for ever. What isn't allowed ends the connection; what is harms nobody."""
from bare import *
from harness import *
from slow import Meter

suite = Suite('abuse-order', modules=['cryptography', 'paramiko'], login_grace=60, max_unfinished=300)
HARMLESS = {'IGNORE': bytes([IGNORE]) + s('x'), 'DEBUG': bytes([DEBUG]) + b'\1' + s('x') + s(''),
            'UNIMPLEMENTED': bytes([UNIMPLEMENTED]) + u32(0)}
STEPS = ('kexinit', 'share', 'before')  # of an exchange: after our KEXINIT, after our share, before our NEWKEYS


def at(bare, where, *payloads):
    """A step of Bare.exchange() that sends them there."""
    return lambda name: bare.send(*payloads) if name == where else None


def exchanged(t, where, payload, strict):
    """Whether somebody who sends this within the first exchange can go on to log in and work."""
    with Bare(t.server, keys=False, strict=strict) as bare:
        try:
            bare.hello()
            if where == 'first':
                bare.send(payload)
            bare.exchange(at(bare, where, payload), kinds=(UNIMPLEMENTED,))
            assert bare.strict == strict
            bare.send(bytes([SERVICE_REQUEST]) + s('ssh-userauth'))
            while bare.message(SERVICE_ACCEPT, UNIMPLEMENTED)[0] == UNIMPLEMENTED:
                pass
            bare.ask(bare.password('alice', t.server.PASSWORD), USERAUTH_SUCCESS)
            bare.works(bare.sftp())
        except GONE:
            return False
        return True


# ---- Section 4.2: version lines ----

@suite.test
def test_version_lines(t):
    """At most 255 bytes; a client sends no line before it. Whatever comes is served or cut off, at once. libssh takes
    no more than 127."""
    for version in [b'SSH-2.0-' + b'a' * n for n in (1, 100, 200, 245, 246, 247, 300, 5000, 300000)] + \
            [b'SSH-2.0-', b'SSH-2.0', b'SSH-1.5-x', b'ssh-2.0-x', b'SSH-2.0-\xff', b'SSH-2.0-x y z', b'',
             b'hello\r\nSSH-2.0-x', b'x\r\n' * 100000 + b'SSH-2.0-x', b'\0' * 100000, b'\n' * 100000]:
        try:
            with Bare(t.server, version=version) as bare:
                bare.login(t.server)
        except GONE:
            continue
        assert version.startswith(b'SSH-2.0-') and len(version) <= 253, version[:40]
    with Bare(t.server, version=b'SSH-2.0-' + b'a' * 100) as bare:
        bare.login(t.server)


# ---- Sections 6 and 11: packets ----

@suite.test
def test_packets_of_every_size(t):
    """Section 6.1: at least 32768 bytes of payload are taken."""
    with Bare(t.server).login(t.server) as bare:
        channel = bare.sftp()
        for size in (0, 1, 7, 8, 255, 4096, 32763, 32768 - 5):
            bare.send(bytes([IGNORE]) + s(b'x' * size))
        bare.works(channel)


@suite.test
def test_packets_without_a_message(t):
    """Not even a type: nothing that anybody recognizes, section 11.4."""
    with Bare(t.server) as bare:
        number = bare.out.number
        assert bare.ask(b'', UNIMPLEMENTED) == bytes([UNIMPLEMENTED]) + u32(number)
        bare.login(t.server)
        bare.ask(b'', UNIMPLEMENTED)
        bare.works(bare.sftp())


@suite.test
def test_a_disconnection_is_the_end(t):
    for login in (False, True):
        with Bare(t.server) as bare:
            if login:
                bare.login(t.server)
            bare.send(bytes([DISCONNECT]) + u32(11) + s('bye\x1b[31m') + s(''), bare.open())
            got = bare.until_closed()
            assert not [p for p in got if p[0] == CHANNEL_OPEN_CONFIRMATION], got


# ---- Section 7: the first key exchange ----

@suite.test
def test_harmless_messages_within_an_exchange(t):
    """Section 7.1 allows them at any time; the strict exchange (CVE-2023-48795) doesn't, nor anything unknown."""
    for where in ('first',) + STEPS:
        for name, payload in HARMLESS.items():
            assert exchanged(t, where, payload, strict=False), (where, name)
            assert not exchanged(t, where, payload, strict=True), (where, name)
        for payload in (b'', bytes([0]), bytes([19]) + s('x'), bytes([25])):
            assert not exchanged(t, where, payload, strict=True), (where, payload)


@suite.test
def test_messages_that_have_no_place_in_an_exchange(t):
    for where in STEPS:
        for payload in (bytes([SERVICE_REQUEST]) + s('ssh-userauth'), Bare.request('alice', 'none'), Bare.open(),
                        bytes([GLOBAL_REQUEST]) + s('x') + b'\1', bytes([NEWKEYS]) * (where != 'before'),
                        bytes([KEX_REPLY]) + s('x') * 3, bytes([KEXINIT]) + b'x' * 16 + s('') * 10 + b'\0' + u32(0)):
            for strict in (False, True):
                assert not payload or not exchanged(t, where, payload, strict), (where, payload, strict)


@suite.test
def test_a_guess_that_is_wrong_is_passed_by(t):
    """Section 7: first_kex_packet_follows; a wrong guess MUST be silently ignored."""
    with Bare(t.server, keys=False, strict=False) as bare:
        bare.hello()
        ours = bare.kexinit(first_follows=True, exchange='no-such@example.org,curve25519-sha256')
        bare.exchange(at(bare, 'kexinit', bytes([KEX_INIT]) + s(b'of another exchange')), ours=ours)
        bare.login(t.server)


@suite.test
def test_shares_that_are_none(t):
    """RFC 8731 section 3: a share of a wrong length, and one that yields nothing, MUST abort."""
    for share in (b'', b'x' * 31, b'x' * 33, b'x' * 30000, bytes(32), b'\1' + bytes(31),
                  b'\xec' + b'\xff' * 30 + b'\x7f',
                  bytes.fromhex('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800')):
        with Bare(t.server, keys=False) as bare:
            bare.hello()
            bare.send(bare.kexinit())
            bare.message(KEXINIT)
            bare.send(bytes([KEX_INIT]) + s(share))
            got = bare.until_closed()
            assert not [p for p in got if p[0] == KEX_REPLY], share


# ---- Section 9: further exchanges ----

@suite.test
def test_floods_within_an_exchange_of_a_session(t):
    """IGNORE and DEBUG are allowed there; a session in mid-work loses nothing by them."""
    flood = list(HARMLESS.values()) * 300
    meter = Meter(t.server)
    with Bare(t.server).login(t.server) as bare:
        channel = bare.sftp()
        for where in STEPS + ('newkeys',):
            bare.send(*flood)
            bare.exchange(at(bare, where, *flood))
            bare.send(*flood)
            bare.works(channel)
        for _ in range(50):
            bare.exchange(at(bare, 'kexinit', *HARMLESS.values()))
        bare.works(channel)
    meter.small()


@suite.test
def test_what_ends_an_exchange_of_a_session(t):
    """Section 7.1: after its KEXINIT a side sends no message of 50 or more, no SERVICE_REQUEST, no second KEXINIT."""
    request = Bare.data(0, s(bytes([16]) + u32(77) + s('.')))
    for where in STEPS[:2]:
        for payload in (request, Bare.open(5), Bare.channel_request(0, 'shell'), Bare.request('alice', 'none'),
                        bytes([GLOBAL_REQUEST]) + s('x') + b'\1', bytes([SERVICE_REQUEST]) + s('ssh-userauth'),
                        bytes([KEXINIT]) + b'x' * 16 + s('') * 10 + b'\0' + u32(0)):
            with Bare(t.server).login(t.server) as bare:
                bare.sftp()
                with contextlib.suppress(*GONE):
                    bare.exchange(at(bare, where, payload))
                    got = bare.until_closed()
                    assert not [p for p in got if p[0] == CHANNEL_DATA], (where, payload)


@suite.test
def test_pieces_of_an_exchange_without_one(t):
    for payload in (bytes([NEWKEYS]), bytes([KEX_INIT]) + s(b'x' * 32), bytes([KEX_REPLY]) + s('x') * 3):
        for login in (False, True):
            with Bare(t.server) as bare:
                if login:
                    bare.login(t.server)
                    bare.sftp()
                bare.send(payload)
                assert not [p for p in bare.until_closed() if p[0] in (NEWKEYS, KEX_REPLY)], payload
    with Bare(t.server) as bare:  # of an exchange that wasn't agreed on
        bare.ask(bytes([34]) + u32(1024) + u32(2048) + u32(8192), UNIMPLEMENTED)
        bare.login(t.server)


@suite.test
def test_new_keys_before_the_login(t):
    """Section 9 allows it; libssh doesn't. It is served or cut off, at once, and grants nothing."""
    with Bare(t.server) as bare, contextlib.suppress(*GONE):
        bare.exchange()
        bare.send(bare.open())
        assert not [p for p in bare.until_closed() if p[0] == CHANNEL_OPEN_CONFIRMATION]


# ---- Floods ----

def poured(t, bare, payloads, rounds):
    """Sends them over and over without reading; while another client works, and memory stays where it was."""
    meter = Meter(t.server)
    with Bare(t.server).login(t.server) as other:
        channel = other.sftp()
        with contextlib.suppress(ConnectionError, socket.timeout):
            bare.sock.settimeout(20)
            for _ in range(rounds):
                bare.send(*payloads)
                other.works(channel)
                meter.look()
        other.works(channel)
    meter.small()


@suite.test
def test_floods_that_want_no_answer(t):
    big = [bytes([IGNORE]) + s(b'x' * 30000), bytes([DEBUG]) + b'\0' + s(b'x' * 30000) + s('')] * 10
    for payloads in (list(HARMLESS.values()) * 100, big):
        with Bare(t.server) as bare:
            poured(t, bare, payloads, 30)
        with Bare(t.server).login(t.server) as bare:
            channel = bare.sftp()
            poured(t, bare, payloads, 30)
            bare.works(channel)


@suite.test
def test_floods_that_are_answered_and_not_read(t):
    """UNIMPLEMENTED for each message that nobody knows; FAILURE for each MIC of GSSAPI, by libssh itself."""
    for kind in (8, 66):
        with Bare(t.server) as bare:
            bare.service()
            poured(t, bare, [bytes([kind]) + s('x')] * 300, 30)
    for payload in (bytes([8]), Bare.channel_request(0, 'no-such'), bytes([GLOBAL_REQUEST]) + s('x@y') + b'\1',
                    Bare.open(1, 'no-such'), b''):
        with Bare(t.server).login(t.server) as bare:
            bare.sftp()
            poured(t, bare, [payload] * 300, 30)


# ---- A crowd ----

@suite.test
def test_200_slow_handshakes_while_another_client_works(t):
    """Each stops at another place, and some go on byte by byte."""
    data = noise(1 << 20)
    t.put('a', data)
    crowd = []
    try:
        for i in range(200):
            bare = Bare(t.server, keys=False)
            crowd.append(bare)
            if i % 4:
                bare.hello()
            if i % 4 == 2:
                bare.send(bare.kexinit())
            elif i % 4 == 3:
                bare.exchange()
        for i in range(10):
            for bare in crowd[::4] + crowd[1::4]:
                with contextlib.suppress(ConnectionError):
                    bare.write(b'SSH-2.0-xx'[i:i + 1] if bare.theirs is None else b'\0')
            t.server.sftp(['get %s %s' % (t.r('a'), t.l('got')), 'put %s %s' % (t.l('got'), t.r('b'))]).ok()
            same(t.l('got'), t.d('b'))
        with Bare(t.server).login(t.server) as other:
            other.works(other.sftp())
    finally:
        for bare in crowd:
            bare.close()
    t.server.settled(t.server.quiet)


suite.main()
