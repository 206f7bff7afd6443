#!/usr/bin/python3
"""Logins that must not be, and what they learn from it: nothing."""
import os

from harness import *
from wire import *

suite = Suite('abuse-login', modules=['paramiko'], MaxAuthAttempts=3, max_unfinished=200, login_grace=60)


def attempts(connection, attempt, most=60):
    """How often attempt() is answered by a failure until the connection ends."""
    count = 0
    while count < most and connection.transport.is_active():
        try:
            attempt()
            raise AssertionError('let in')
        except paramiko.BadAuthenticationType:
            count += 1
        except paramiko.AuthenticationException as error:
            count += 1
            if 'timeout' in str(error).lower():
                raise AssertionError('no answer: %s' % error)
        except (paramiko.SSHException, EOFError, OSError):
            break
    return count


@suite.test
def test_wrong_passwords_end_it(t):
    with Connection(t.server, login=False) as connection:
        count = attempts(connection, lambda: connection.transport.auth_password(t.server.user, 'wrong', fallback=False))
        assert 2 <= count <= 3, count
        wait_for('the end', lambda: not connection.transport.is_active())
    need_hythed()
    wait_for('a line for the operator', lambda: 'too many authentication failures [1300]' in t.server.log())
    with Connection(t.server, login=False) as connection:  # the right one in time
        for _ in range(2):
            try:
                connection.transport.auth_password(t.server.user, 'wrong', fallback=False)
            except paramiko.AuthenticationException:
                pass
        assert connection.transport.auth_password(t.server.user, t.server.PASSWORD) == []
        assert connection.sftp().realpath('.') == b'/'


@suite.test
def test_wrong_keys_end_it(t):
    with Connection(t.server, login=False) as connection:
        transport = connection.transport
        count = attempts(connection, lambda: transport.auth_publickey(t.server.user, paramiko.ECDSAKey.generate()))
        assert 1 <= count <= 4, count
        wait_for('the end', lambda: not connection.transport.is_active())


@suite.test
def test_empty_attempts_end_it(t):
    with Connection(t.server, login=False) as connection:
        count = attempts(connection, lambda: connection.transport.auth_none(t.server.user))
        assert count < 60, 'it may ask for ever'


@suite.test
def test_attempts_of_every_kind_share_one_count(t):
    kinds = [lambda c: c.transport.auth_password(t.server.user, 'wrong', fallback=False),
             lambda c: c.transport.auth_publickey(t.server.user, paramiko.ECDSAKey.generate()),
             lambda c: c.transport.auth_password('other-%d' % random.randrange(1000), 'wrong', fallback=False)]
    with Connection(t.server, login=False) as connection:
        turn = iter(kinds * 20)
        assert attempts(connection, lambda: next(turn)(connection)) <= 4


@suite.test
def test_one_name_and_then_another(t):
    """What one name tried or proved is not the next one's."""
    need_hythed()
    with Listener(t.server) as listener:
        listener.request(t.server.user, 'password', b'\0', s('wrong'))
        listener.request('homely', 'password', b'\0', s(t.server.PASSWORD))
        listener.request('nobody-knows', 'password', b'\0', s(t.server.PASSWORD))
        listener.no_entry()


@suite.test
def test_names_that_are_nearly_right(t):
    need_hythed()
    for user in ('nobody-knows', 'root', 'alice\n', 'ALICE', ' alice', 'alice ', 'al\u0131ce', 'a' * 5000, '../alice',
                 'alice/', './alice', '%u', '*', ''):
        try:
            Connection(t.server, user=user).close()
        except (paramiko.SSHException, EOFError, OSError):
            continue
        raise AssertionError('%r was let in' % user)


@suite.test
def test_an_unknown_user_looks_like_a_wrong_password(t):
    blob = None
    with open(t.server.keys.path('other')) as f:
        blob = paramiko.Ed25519Key.from_private_key(f).asbytes()
    seen = []
    for user in (t.server.user, 'nobody-knows', 'root', 'homely', '../../etc'):
        with Listener(t.server) as listener:
            seen.append([listener.request(user, 'none'), listener.request(user, 'password', b'\0', s('wrong')),
                         listener.request(user, 'publickey', b'\0', s('ssh-ed25519'), s(blob))])
    for other in seen[1:]:
        assert other == seen[0], (other, seen[0])
    assert all(a and a[0][0] == 51 for a in seen[0]), seen[0]


@suite.test
def test_an_unknown_user_costs_as_much_as_a_known_one(t):
    """By the processor's time, which no other load on this machine blurs."""
    tick = os.sysconf('SC_CLK_TCK')

    def used():
        fields = read('/proc/%d/stat' % t.server.pid).rsplit(b')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / tick

    def cost(user):
        before = used()
        for _ in range(12):
            with Listener(t.server) as listener:
                assert listener.request(user, 'password', b'\0', s('wrong'))
        return used() - before
    need_hythed()
    cost(t.server.user)
    known, unknown = cost(t.server.user), cost('nobody-knows')
    assert known < 2 * unknown + 0.1 and unknown < 2 * known + 0.1, (known, unknown)


@suite.test
def test_bad_signatures_are_answered(t):
    """libssh says nothing to a bad signature; the client must hear of it all the same."""
    with open(t.server.keys.path('alice')) as f:
        key = paramiko.Ed25519Key.from_private_key(f)
    good = s(s('ssh-ed25519') + s(noise(64)))
    for algorithm, blob, signature in (('ssh-ed25519', key.asbytes(), good), ('ssh-ed25519', key.asbytes(), s('')),
                                       ('ssh-ed25519', key.asbytes(), s(s('ssh-rsa') + s(noise(64)))),
                                       ('ssh-ed25519', key.asbytes(), s(s('ssh-ed25519') + s(b''))),
                                       ('ssh-ed25519', key.asbytes(), u32(0xffffff) + b'x'),
                                       ('ssh-rsa', key.asbytes(), good), ('no-such', key.asbytes(), good),
                                       ('ssh-ed25519', s('no-such') + s('x'), good), ('ssh-ed25519', b'', good),
                                       ('ssh-ed25519', s('ssh-ed25519') + s(b'short'), good),
                                       ('ssh-dss', s('ssh-dss') + s('\1') * 4, good)):
        with Listener(t.server) as listener:
            try:
                answers = listener.request(t.server.user, 'publickey', b'\1', s(algorithm), s(blob), signature)
            except AssertionError as error:
                raise AssertionError('%r %r %r: %s' % (algorithm, blob, signature, error))
            assert not [a for a in answers if a[0] in (52, 60)], (algorithm, answers)
            assert answers or not listener.connection.transport.is_active()
            listener.no_entry()


@suite.test
def test_a_probe_grants_nothing(t):
    with open(t.server.keys.path('alice')) as f:
        blob = paramiko.Ed25519Key.from_private_key(f).asbytes()
    with Listener(t.server) as listener:
        answers = listener.request(t.server.user, 'publickey', b'\0', s('ssh-ed25519'), s(blob))
        assert answers[0][0] == 60, answers  # PK_OK
        listener.no_entry()


@suite.test
def test_answers_to_no_question(t):
    for body in (u32(0), u32(1) + s(t.server.PASSWORD), u32(0xffffffff), u32(1000) + s('x') * 1000):
        with Listener(t.server) as listener:
            listener.request(t.server.user, 'none')
            try:
                listener.connection.send(bytes([61]), body)
            except (paramiko.SSHException, EOFError, OSError):
                pass
            listener.no_entry()


@suite.test
def test_malformed_requests(t):
    for fields in ((b'',), (s('alice'),), (s('alice'), s('ssh-connection')),
                   (s('alice'), s('ssh-connection'), s('password')),
                   (s('alice'), s('ssh-connection'), s('password'), b'\0', u32(0xffffffff)),
                   (s('alice'), s('ssh-connection'), s('publickey'), b'\1', s('ssh-ed25519')),
                   (u32(0x7fffffff), b'alice'), (s('alice'), s('no-such-service'), s('none')),
                   (s('alice'), s('ssh-connection'), s('no-such-method'))):
        with Listener(t.server) as listener:
            listener.connection.send(bytes([50]), *fields)  # libssh may leave it unanswered; the login grace ends that
            listener.no_entry()
    with session(t.server) as sftp:
        assert sftp.realpath('.') == b'/'


@suite.test
def test_changing_the_password_is_refused(t):
    with Listener(t.server) as listener:
        answers = listener.request(t.server.user, 'password', b'\1', s(t.server.PASSWORD), s('new one'))
        assert not [a for a in answers if a[0] == 52], answers


@suite.test
def test_logging_in_twice(t):
    """Requests after the success are to be ignored."""
    with Connection(t.server) as connection:
        try:
            for user in (t.server.user, 'nobody-knows', 'homely'):
                connection.send(bytes([50]), s(user), s('ssh-connection'), s('password'), b'\0', s('x'))
            for _ in range(50):
                connection.send(bytes([50]), s('root'), s('ssh-connection'), s('none'))
            assert connection.sftp().realpath('.') == b'/'
        except (paramiko.SSHException, EOFError, OSError, Closed):
            pass  # cut off: that is right too
    with session(t.server) as sftp:
        assert sftp.realpath('.') == b'/'


@suite.test(DefaultAuthMethods='publickey')
def test_a_method_that_is_not_on_offer(t):
    try:
        Connection(t.server, password=t.server.PASSWORD).close()
    except (paramiko.SSHException, EOFError):
        pass
    else:
        raise AssertionError('a password was taken')
    for method, rest in (('password', (b'\0', s(t.server.PASSWORD))), ('keyboard-interactive', (s(''), s(''))),
                         ('gssapi-with-mic', (u32(1), s(b'\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02'))),
                         ('hostbased', (s('ssh-ed25519'), s('x'), s('h'), s('u'), s('y')))):
        with Listener(t.server) as listener:
            answers = listener.request(t.server.user, method, *rest)
            assert answers and answers[0][0] == 51 and b'publickey' in answers[0] and b'password' not in answers[0], \
                (method, answers)
            listener.no_entry()
    with session(t.server) as sftp:
        assert sftp.realpath('.') == b'/'


suite.main()
