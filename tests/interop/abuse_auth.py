#!/usr/bin/python3
"""Authentication as RFC 4252 has it, by a client that keeps to none of it. Each request is answered, at once and by the
message that the RFC names, or ends the connection; only who has shown all that is asked for is in. RFC 4256 has a
script of its own, abuse_interactive.py."""
import functools

from bare import *
from harness import *
try:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
except ImportError:
    hashes = None

BOTH = dict(DefaultAuthMethods=['publickey', 'password', 'keyboard-interactive'])
suite = Suite('abuse-auth', modules=['cryptography'], login_grace=120, MaxAuthAttempts=20, max_unfinished=300, **BOTH)
NOISE = noise(64)


def begun(t, first=True, **kw):
    """A connection whose service was accepted; first: that was refused a login before."""
    bare = Bare(t.server, **kw)
    bare.service()
    if first:
        bare.ask(bare.request('alice', 'none'), USERAUTH_FAILURE)
    return bare


def no_entry(bare):
    """Whoever isn't in gets no channel: RFC 4252 section 6 wants a message of 80 or more to end the connection."""
    try:
        bare.send(bare.open(), bare.request('nobody-knows', 'none'))
    except ConnectionError:
        return
    got = bare.until_closed()
    assert not [p for p in got if p[0] in (USERAUTH_SUCCESS, CHANNEL_OPEN_CONFIRMATION)], got


def key(t, name='alice'):
    return t.server.keys.path(name)


def flip(signature):
    return signature[:-1] + bytes([signature[-1] ^ 1])


# ---- RFC 4252 section 6 and RFC 4253 section 11.4: messages that have no place before the login ----

@suite.test
def test_messages_of_later_protocols_end_the_connection(t):
    """Section 6: 80 and higher before the end of the authentication MUST lead to a disconnection."""
    bodies = {80: s('tcpip-forward') + b'\1' + s('') + u32(0), 90: Bare.open()[1:], 94: u32(0) + s('x'),
              98: u32(0) + s('shell') + b'\1', 91: u32(0) * 4, 93: u32(0) + u32(1 << 20)}
    for requested in (False, True):
        for kind in (80, 81, 82, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 127, 128, 191, 192, 255):
            with Bare(t.server) as bare:
                if requested:
                    bare.service()
                bare.send(bytes([kind]) + bodies.get(kind, u32(0)))
                got = bare.until_closed()
                assert {p[0] for p in got} <= {UNIMPLEMENTED, DISCONNECT}, (kind, got)


@suite.test
def test_what_only_a_server_sends_grants_nothing(t):
    """SERVICE_ACCEPT, USERAUTH_FAILURE, USERAUTH_SUCCESS, USERAUTH_BANNER, PK_OK and INFO_REQUEST from a client
    (CVE-2018-10933), and an answer that nobody asked for: whether it is passed by or cut off, it isn't in."""
    for requested in (False, True):
        for kind, body in ((SERVICE_ACCEPT, s('ssh-userauth')), (USERAUTH_FAILURE, s('password') + b'\1'),
                           (USERAUTH_SUCCESS, b''), (USERAUTH_BANNER, s('x') + s('')), (INFO_REQUEST, s('x') * 2),
                           (USERAUTH_PK_OK, s('ssh-ed25519') + s('x')),
                           (INFO_RESPONSE, u32(1) + s(t.server.PASSWORD)), (66, s('x')), (65, s('x')), (63, b'')):
            with Bare(t.server) as bare:
                if requested:
                    bare.service()
                bare.send(bytes([kind]) + body)
                no_entry(bare)


@suite.test
def test_unknown_messages_are_unimplemented(t):
    """RFC 4253 section 11.4: an unrecognized message MUST be answered by UNIMPLEMENTED with its number, and is
    otherwise ignored."""
    with begun(t, first=False) as bare:
        for kind in (0, 8, 19, 22, 29, 49, 54, 59, 79):
            number = bare.out.number
            assert bare.ask(bytes([kind]) + s('x'), UNIMPLEMENTED) == bytes([UNIMPLEMENTED]) + u32(number), kind
        bare.ask(bare.password('alice', t.server.PASSWORD), USERAUTH_SUCCESS)


# ---- RFC 4253 section 10: services ----

@suite.test
def test_services_that_are_not_there_end_the_connection(t):
    for name in ('ssh-connection', 'no-such', '', 'ssh-userauth,ssh-connection', 'x' * 30000):
        with Bare(t.server) as bare:
            bare.send(bytes([SERVICE_REQUEST]) + s(name))
            got = bare.until_closed()
            assert not [p for p in got if p[0] == SERVICE_ACCEPT], (name, got)


@suite.test
def test_authentication_without_a_service_request_grants_nothing_to_nobody(t):
    with Bare(t.server) as bare:
        bare.send(bare.password('alice', 'wrong'))
        no_entry(bare)


# ---- RFC 4252 section 5: names of users, services and methods ----

@suite.test
def test_services_within_a_request(t):
    """A service that isn't there: the request MUST NOT be accepted, and isn't told to be right either."""
    for service in ('no-such', 'ssh-userauth', '', 'ssh-connection\0'):
        for make in (lambda b: b.password('alice', t.server.PASSWORD, service=service),
                     lambda b: b.public_key('alice', key(t), service=service),
                     lambda b: b.public_key('alice', key(t), signed=False, service=service)):
            with begun(t) as bare:
                bare.send(make(bare))
                no_entry(bare)


@suite.test
def test_unknown_methods_fail(t):
    """Section 5.1: each is answered by FAILURE with the methods that can go on."""
    with begun(t) as bare:
        for method, rest in (('no-such', b''), ('', b''), ('hostbased', s('ssh-ed25519') + s('x') * 4),
                             ('gssapi-keyex', s('x')), ('PASSWORD', b'\0' + s(t.server.PASSWORD)),
                             ('password,publickey', b'\0' + s(t.server.PASSWORD)), ('x' * 20000, b'')):
            reply = bare.ask(bare.request('alice', method, rest), USERAUTH_FAILURE)
            names, end = string_at(reply, 1)
            assert set(names.split(b',')) == {b'publickey', b'password', b'keyboard-interactive'}, names
            assert reply[end] == 0, 'a partial success'


@suite.test
def test_gssapi_is_never_begun(t):
    """A failure, and the end: libssh would ask Kerberos, and leak what it is told, which a sanitizer shows."""
    mark = len(t.server.log())
    oid = s(b'\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02')
    for rest in (u32(1) + oid, u32(2) + oid * 2, u32(0), u32(1000) + oid, u32(1) + s(b''), b''):
        for service in ('ssh-connection', 'no-such'):
            with begun(t) as bare:
                bare.send(bare.request('alice', 'gssapi-with-mic', rest, service=service))
                got = {p[0] for p in bare.until_closed()}
                assert got <= {USERAUTH_FAILURE, DISCONNECT}, got
    wait_for('a line for each', lambda: t.server.log()[mark:].count('gssapi-with-mic, which nobody offers') >= 12)


@suite.test(factors=['publickey,password'])
def test_another_name_begins_anew(t):
    """Section 5: when the user or the service changes, what was shown before MUST be forgotten, or the connection
    ended."""
    with begun(t) as bare:
        partial = bare.ask(bare.public_key('alice', key(t)), USERAUTH_FAILURE)
        assert partial[-1] == 1, partial
        bare.send(bare.password('homely', t.server.PASSWORD), bare.password('alice', t.server.PASSWORD))
        no_entry(bare)
    with begun(t) as bare:
        assert bare.ask(bare.public_key('alice', key(t)), USERAUTH_FAILURE)[-1] == 1
        bare.send(bare.request('alice', 'none', service='no-such'), bare.password('nobody', t.server.PASSWORD))
        no_entry(bare)
    with begun(t) as bare:
        assert bare.ask(bare.public_key('alice', key(t)), USERAUTH_FAILURE)[-1] == 1
        bare.ask(bare.password('alice', t.server.PASSWORD), USERAUTH_SUCCESS)


@suite.test
def test_switching_methods_is_answered_each_time(t):
    with begun(t) as bare:
        for _ in range(2):
            bare.ask(bare.password('alice', 'wrong'), USERAUTH_FAILURE)
            bare.ask(bare.public_key('alice', key(t), signed=False), USERAUTH_PK_OK)
            bare.ask(bare.public_key('alice', key(t), spoil=flip), USERAUTH_FAILURE)
            bare.ask(bare.request('alice', 'keyboard-interactive', s(''), s('')), INFO_REQUEST)
            bare.ask(bare.request('alice', 'none'), USERAUTH_FAILURE)
        bare.ask(bare.password('alice', t.server.PASSWORD), USERAUTH_SUCCESS)


# ---- RFC 4252 section 7: public keys ----

def of_type(name, rest, signature=NOISE, signed=True):
    """A request with a key that this client doesn't have."""
    return lambda bare: bare.request('alice', 'publickey', bytes([signed]), s(name), s(s(name) + rest),
                                     s(s(name) + s(signature)) if signed else b'')


@functools.lru_cache(None)
def rsa_key(bits):
    return rsa.generate_private_key(65537, bits)


def of_rsa(algorithm, digest, bits=2048, called=None):
    """A request with an RSA key that the server has never seen, which signs as it says."""
    def make(bare):
        numbers = rsa_key(bits).public_key().public_numbers()
        blob = s('ssh-rsa') + mpint(numbers.e.to_bytes(3, 'big')) + mpint(numbers.n.to_bytes(bits // 8, 'big'))
        fields = bare.request('alice', 'publickey', b'\1', s(algorithm), s(blob))
        signature = rsa_key(bits).sign(s(bare.session_id) + fields, padding.PKCS1v15(), digest())
        return fields + s(s(called or algorithm) + s(signature))
    return make


def other_session(t):
    def make(bare):
        own, bare.session_id = bare.session_id, b'x' * 32
        request = bare.public_key('alice', key(t))
        bare.session_id = own
        return request
    return make


def unacceptable(t):
    """Requests that MUST be answered by FAILURE. libssh has no word for most of them, and no event."""
    return [
        ('a flipped bit', lambda b: b.public_key('alice', key(t), spoil=flip)),
        ('of another session', other_session(t)),
        ('of another user', lambda b: b.public_key('alicf', key(t)).replace(b'alicf', b'alice')),
        ('of another service',
         lambda b: b.public_key('alice', key(t), service='ssh-connectiox').replace(b'tiox', b'tion')),
        ('no signature in it', lambda b: b.public_key('alice', key(t), spoil=lambda sig: b'')),
        ('cut short', lambda b: b.public_key('alice', key(t), spoil=lambda sig: sig[:-10])),
        ('of a name alone', lambda b: b.public_key('alice', key(t), spoil=lambda sig: sig[:15])),
        ('zeros', lambda b: b.public_key('alice', key(t), spoil=lambda sig: s('ssh-ed25519') + s(bytes(64)))),
        ('called another type', lambda b: b.public_key('alice', key(t), spoil=lambda sig: s('ssh-rsa') + sig[15:])),
        ('called a newer type',
         lambda b: b.public_key('alice', key(t), spoil=lambda sig: s('rsa-sha2-512') + sig[15:])),
        ('called an unknown type', lambda b: b.public_key('alice', key(t), spoil=lambda sig: s('no-such') + sig[15:])),
        ('of nobody here', lambda b: b.public_key('alice', key(t, 'other'))),
        ('a key of an unknown type', of_type('no-such', s('x'))),
        ('a probe of an unknown type', of_type('no-such', s('x'), signed=False)),
        ('ssh-dss', of_type('ssh-dss', s(b'\1' * 20) * 4, NOISE[:40])),
        ('ssh-ed448', of_type('ssh-ed448', s(NOISE[:57]))),
        ('sk-ssh-ed25519', of_type('sk-ssh-ed25519@openssh.com', s(NOISE[:32]) + s('ssh:'))),
        ('x509v3', of_type('x509v3-ssh-rsa', u32(1) + s(NOISE) + u32(0))),
        ('an RSA key of few bits', of_type('ssh-rsa', s(b'\1\0\1') + s(b'\1' * 64))),
        ('1024 bits of RSA', of_rsa('rsa-sha2-256', hashes.SHA256, 1024)),
        ('RSA with SHA-1', of_rsa('ssh-rsa', hashes.SHA1)),
        ('RSA with SHA-1 that is called otherwise', of_rsa('rsa-sha2-256', hashes.SHA1)),
        ('RSA with SHA-1, within a request for SHA-2', of_rsa('rsa-sha2-256', hashes.SHA1, called='ssh-rsa')),
        ('RSA with SHA-2 of nobody here', of_rsa('rsa-sha2-512', hashes.SHA512)),
    ]


@suite.test
def test_each_unacceptable_key_is_answered_by_a_failure(t):
    for name, make in unacceptable(t):
        with begun(t) as bare:
            try:
                bare.ask(make(bare), USERAUTH_FAILURE)
                bare.ask(bare.public_key('alice', key(t)), USERAUTH_SUCCESS)  # nothing of it stays
            except (AssertionError, *GONE) as error:
                raise AssertionError('%s: %s' % (name, error))


@suite.test
def test_each_unacceptable_key_is_answered_as_the_first_request_too(t):
    """There FAILURE may be a disconnection: libssh gives nothing to answer it with."""
    for name, make in unacceptable(t):
        with begun(t, first=False) as bare:
            bare.send(make(bare))
            try:
                bare.message(USERAUTH_FAILURE)
            except Closed:
                continue
            except AssertionError as error:
                raise AssertionError('%s: %s' % (name, error))
            no_entry(bare)


@suite.test
def test_an_algorithm_name_that_does_not_fit_the_key(t):
    """Section 7 wants a failure; libssh looks at key and signature alone. It helps nobody who isn't let in."""
    for algorithm in ('ssh-rsa', 'rsa-sha2-512', 'no-such', '', 'x' * 10000):
        with begun(t) as bare:
            bare.ask(bare.public_key('alice', key(t, 'other'), algorithm=algorithm), USERAUTH_FAILURE)
            bare.ask(bare.public_key('alice', key(t), algorithm=algorithm, spoil=flip), USERAUTH_FAILURE)
            bare.ask(bare.public_key('alice', key(t), algorithm=algorithm), USERAUTH_FAILURE, USERAUTH_SUCCESS)


@suite.test
def test_malformed_keys_are_answered_or_cut_off(t):
    ed25519 = 'ssh-ed25519'
    for rest in (b'', b'\1', b'\1' + s(ed25519), b'\1' + s(ed25519) + s(b''), b'\1' + s(ed25519) + s(b'') + s(NOISE),
                 b'\1' + s(ed25519) + s(s(ed25519)) + s(NOISE),
                 b'\1' + s(ed25519) + s(s(ed25519) + s(b'short')) + s(NOISE),
                 b'\0' + s(ed25519) + s(s(ed25519) + u32(0xffffffff)), b'\0' + u32(0xffffffff) + b'x',
                 b'\1' + s('ecdsa-sha2-nistp256') +
                 s(s('ecdsa-sha2-nistp256') + s('nistp256') + s(b'\4' + NOISE)) + s(NOISE),
                 b'\1' + s('ssh-ed25519-cert-v01@openssh.com') + s(s('ssh-ed25519-cert-v01@openssh.com') + s(NOISE)) +
                 s(NOISE)):
        with begun(t) as bare:
            bare.send(bare.request('alice', 'publickey', rest))
            try:
                bare.message(USERAUTH_FAILURE)
            except Closed:
                continue
            no_entry(bare)


@suite.test
def test_a_probe_and_no_signature_is_no_login(t):
    """CVE-2024-45337: PK_OK says that a key would do, and is worth nothing."""
    with begun(t) as bare:
        for _ in range(3):
            bare.ask(bare.public_key('alice', key(t), signed=False), USERAUTH_PK_OK)
        bare.ask(bare.public_key('alice', key(t, 'other')), USERAUTH_FAILURE)
        no_entry(bare)


# ---- RFC 4252 section 8: passwords ----

@suite.test
def test_a_new_password_is_no_login(t):
    """A server that changes none answers FAILURE, whether the old one was right or not."""
    with begun(t) as bare:
        for old in (t.server.PASSWORD, 'wrong'):
            bare.ask(bare.request('alice', 'password', b'\1', s(old), s('new')), USERAUTH_FAILURE)
        bare.ask(bare.password('alice', t.server.PASSWORD + '\0'), USERAUTH_FAILURE)
        bare.ask(bare.password('alice', t.server.PASSWORD + '\0more'), USERAUTH_FAILURE)
        no_entry(bare)


# ---- RFC 4252 sections 5.1 and 5.3: requests that don't wait for answers ----

@suite.test
def test_a_login_in_one_write(t):
    """A client may send requests without waiting. After SUCCESS the rest SHOULD be silently ignored."""
    with Bare(t.server) as bare:
        bare.send(bytes([SERVICE_REQUEST]) + s('ssh-userauth'), bare.request('alice', 'none'),
                  bare.password('alice', 'wrong'), bare.public_key('alice', key(t)),
                  bare.password('alice', 'wrong'), bare.request('root', 'none'))
        assert [bare.message()[0] for _ in range(4)] == [SERVICE_ACCEPT, USERAUTH_FAILURE, USERAUTH_FAILURE,
                                                         USERAUTH_SUCCESS]
        bare.works(bare.sftp())


@suite.test
def test_a_login_behind_the_new_keys(t):
    """In the same write as NEWKEYS."""
    with Bare(t.server, keys=False) as bare:
        def step(name):
            if name == 'before':
                bare.hold()
            elif name == 'newkeys':
                bare.send(bytes([SERVICE_REQUEST]) + s('ssh-userauth'), bare.request('alice', 'none'),
                          bare.password('alice', t.server.PASSWORD))
                bare.release()
        bare.hello()
        bare.exchange(step)
        assert [bare.message()[0] for _ in range(3)] == [SERVICE_ACCEPT, USERAUTH_FAILURE, USERAUTH_SUCCESS]
        bare.works(bare.sftp())


@suite.test
def test_a_channel_behind_a_login_that_is_not_answered_yet(t):
    """Section 6 lets a client do that. libssh may not know yet that it is in: it is served or cut off, at once."""
    with begun(t) as bare:
        bare.send(bare.password('alice', t.server.PASSWORD), bare.open())
        with contextlib.suppress(Closed):
            bare.message(USERAUTH_SUCCESS)
            bare.message(CHANNEL_OPEN_CONFIRMATION)
    with begun(t) as bare:  # and never by a login that fails
        bare.send(bare.password('alice', 'wrong'), bare.open())
        got = bare.until_closed()
        assert not [p for p in got if p[0] in (USERAUTH_SUCCESS, CHANNEL_OPEN_CONFIRMATION)], got


@suite.test
def test_requests_after_the_login_are_ignored(t):
    """Section 5.3 would have them ignored; libssh cuts off. None is answered, or makes somebody else of the client."""
    with begun(t) as bare, contextlib.suppress(*GONE):
        bare.ask(bare.password('alice', t.server.PASSWORD), USERAUTH_SUCCESS)
        bare.send(*[bare.request(user, 'none') for user in ('alice', 'homely', 'nobody-knows') * 40],
                  bare.password('alice', 'wrong'), bare.password('homely', t.server.PASSWORD),
                  bare.public_key('alice', key(t)), bare.request('alice', 'keyboard-interactive', s(''), s('')))
        bare.works(bare.sftp())


@suite.test(MaxAuthAttempts=3)
def test_attempts_in_one_write_are_counted_too(t):
    with begun(t, first=False) as bare:
        bare.send(*[bare.password('alice', 'wrong')] * 10, bare.password('alice', t.server.PASSWORD))
        got = bare.until_closed()
        assert sum(p[0] == USERAUTH_FAILURE for p in got) <= 3, got
        assert not [p for p in got if p[0] == USERAUTH_SUCCESS], got


@suite.test
def test_wrong_signatures_in_one_write_are_answered_each_in_its_turn(t):
    """Section 5.1: each request is answered before the next is looked at. libssh drops them without a word."""
    with begun(t) as bare:
        wrong = bare.public_key('alice', key(t), spoil=flip)
        bare.send(wrong, wrong, bare.request('alice', 'keyboard-interactive', s(''), s('')))
        assert [bare.message()[0] for _ in range(3)] == [USERAUTH_FAILURE, USERAUTH_FAILURE, INFO_REQUEST]
        bare.ask(bytes([INFO_RESPONSE]) + u32(1) + s(t.server.PASSWORD), USERAUTH_SUCCESS)
        bare.works(bare.sftp())
    with begun(t) as bare:
        bare.send(bare.password('alice', 'wrong'), wrong, bare.password('alice', t.server.PASSWORD), wrong)
        assert [bare.message()[0] for _ in range(3)] == [USERAUTH_FAILURE, USERAUTH_FAILURE, USERAUTH_SUCCESS]
        bare.works(bare.sftp())


@suite.test(MaxAuthAttempts=3)
def test_wrong_signatures_in_one_write_are_counted_each(t):
    with begun(t) as bare:
        bare.send(*[bare.public_key('alice', key(t), spoil=flip)] * 5, bare.public_key('alice', key(t)))
        got = bare.until_closed()
        assert sum(p[0] == USERAUTH_FAILURE for p in got) == 2, got
        assert not [p for p in got if p[0] == USERAUTH_SUCCESS], got


suite.main()
