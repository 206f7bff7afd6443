#!/usr/bin/python3
"""Logins of several factors, and keyboard-interactive with prompts of the configuration: OpenSSH, PuTTY, asyncssh and
paramiko."""
import asyncio
import base64
import hashlib
import hmac
import struct
import time

from harness import *
from overlay import reread
from wire import Connection, paramiko

try:
    import asyncssh
except ImportError:
    asyncssh = None

ALL = 'publickey,password,keyboard-interactive'
SECOND = 'another word of the passwd file'
CODE = '271828'


class Factored(Suite):
    """Users need keys and hashes, which are only made when the script can run."""

    def missing(self):
        why = super().missing()
        if why is None and FLAVOUR == 'hythed':
            self.settings.update(people())
        return why


def people():
    word, key = hashed(Server.PASSWORD), [keys().public('alice')]

    def user(name, *factors):
        return dict(name=name, password=word, keys=key, factors=list(factors))
    passwd = os.path.join(scratch(), 'passwd')
    if not os.path.exists(passwd):
        write(passwd, ('twice:%s\nprompted:%s\n' % (hashed(SECOND), hashed(CODE))).encode(), 0o600)
        if ROOT:
            owner = pwd.getpwnam(Hythed.owner)
            os.chown(passwd, owner.pw_uid, owner.pw_gid)
    return dict(users=[dict(name='alice', password=word, keys=key), dict(name='homely', keys=key),
                       user('carol', 'publickey,password', 'publickey,keyboard-interactive'),
                       user('order', 'password,publickey'), user('twice', 'password,keyboard-interactive'),
                       dict(name='prompted', password=word)],
                auth=[dict(plugin='users'), dict(plugin='passwd-file', file=passwd)])


suite = Factored('interop-factors', programs=['sftp', 'ssh-keygen'], DefaultAuthMethods=ALL, MaxAuthAttempts=6)


# Clients. Each logs in and says whether it is in.

ASKPASS = b"""#!/bin/sh
case "$1" in
*ode*) printf '%s\\n' "$INTEROP_CODE" ;;
*) printf '%s\\n' "$INTEROP_PASSWORD" ;;
esac
"""


def openssh(t, user, methods, password=Server.PASSWORD, code='', key='alice'):
    askpass = write(t.l('askpass'), ASKPASS, 0o755)
    env = client_env(SSH_ASKPASS=askpass, SSH_ASKPASS_REQUIRE='force', INTEROP_PASSWORD=password, INTEROP_CODE=code)
    options = dict(BatchMode='no', NumberOfPasswordPrompts='1', PreferredAuthentications=methods, key=key)
    return run(['sftp', '-q', '-P', t.server.port] + t.server.ssh_options(**options) + ['%s@%s' % (user, HOST)],
               'pwd\n', env=env)


def putty(t, user, *login):
    need(shutil.which('psftp') and shutil.which('puttygen'), 'psftp is not installed')
    args = ['psftp', '-batch', '-noagent', '-P', t.server.port, '-b', write(t.l('script'), b'pwd\n')]
    for key in ('host', 'host2'):
        args += ['-hostkey', t.server.keys.fingerprint(key)]
    return run(args + list(login) + ['%s@%s' % (user, HOST)])


def through_asyncssh(t, user, answers=None, asked=None, **login):
    """Whether it gets in; what it is asked goes to `asked`."""
    need(asyncssh, "Python's asyncssh is not installed")

    class Client(asyncssh.SSHClient):
        tries = 0

        def kbdint_auth_requested(self):
            self.tries += 1
            return '' if answers is not None and self.tries == 1 else None

        def kbdint_challenge_received(self, name, instructions, lang, prompts):
            if asked is not None:
                asked.append((name, instructions, list(prompts)))
            return answers

    async def body():
        try:
            async with asyncssh.connect(HOST, t.server.port, known_hosts=t.server.known_hosts_path(), config=None,
                                        agent_path=None, username=user, client_factory=Client,
                                        **dict(dict(client_keys=None, password=None), **login)) as connection:
                async with connection.start_sftp_client() as sftp:
                    return await sftp.realpath('.') == '/'
        except asyncssh.PermissionDenied:
            return False
    return asyncio.run(asyncio.wait_for(body(), 60))


def alice_key(t):
    with open(t.server.keys.path('alice')) as f:
        return paramiko.Ed25519Key.from_private_key(f)


def refused(call, *args):
    """What the server offers instead; [] if it was just wrong."""
    try:
        got = call(*args)
    except paramiko.BadAuthenticationType as error:
        return sorted(error.allowed_types)
    except paramiko.AuthenticationException:
        return []
    raise AssertionError('accepted: %r' % (got,))


# Sequences.

@suite.test
def test_a_key_and_then_a_password_or_a_prompt(t):
    need_hythed()
    openssh(t, 'carol', 'publickey,password').ok()
    openssh(t, 'carol', 'publickey,keyboard-interactive').ok()
    openssh(t, 'carol', 'publickey').failed()
    openssh(t, 'carol', 'password').failed()
    openssh(t, 'carol', 'keyboard-interactive').failed()
    openssh(t, 'carol', 'password,keyboard-interactive').failed()
    openssh(t, 'carol', 'publickey,password', key='other').failed()
    openssh(t, 'carol', 'publickey,password', password='wrong').failed()
    openssh(t, 'carol', 'publickey,keyboard-interactive', password='wrong').failed()
    openssh(t, 'alice', 'publickey').ok()
    openssh(t, 'alice', 'keyboard-interactive').ok()


@suite.test
def test_what_may_come_next_is_told(t):
    need_hythed()
    word = t.server.PASSWORD
    for user, first in (('alice', ['keyboard-interactive', 'password', 'publickey']), ('carol', ['publickey']),
                        ('order', ['password']), ('nobody', ['keyboard-interactive', 'password', 'publickey'])):
        with Connection(t.server, login=False) as c:
            assert refused(c.transport.auth_none, user) == first, user
    with Connection(t.server, login=False) as c:
        assert refused(c.transport.auth_password, 'carol', word) == ['publickey']
        assert sorted(c.transport.auth_publickey('carol', alice_key(t))) == ['keyboard-interactive', 'password']
        assert refused(c.transport.auth_publickey, 'carol', alice_key(t)) == ['keyboard-interactive', 'password']
        assert refused(c.transport.auth_password, 'carol', 'wrong') == []
        assert c.transport.auth_interactive('carol', lambda title, text, prompts: [word]) == []
        assert c.sftp().realpath('.') == b'/'
    with Connection(t.server, login=False) as c:
        assert refused(c.transport.auth_publickey, 'order', alice_key(t)) == ['password']
        assert c.transport.auth_password('order', word) == ['publickey']
        assert c.transport.auth_publickey('order', alice_key(t)) == []
        assert c.sftp().realpath('.') == b'/'


@suite.test
def test_partial_success_with_asyncssh(t):
    need_hythed()
    key, word = t.server.keys.path('alice'), t.server.PASSWORD
    assert through_asyncssh(t, 'carol', client_keys=[key], password=word)
    assert through_asyncssh(t, 'carol', client_keys=[key], answers=[word])
    assert through_asyncssh(t, 'order', client_keys=[key], password=word)
    assert not through_asyncssh(t, 'carol', client_keys=[key])
    assert not through_asyncssh(t, 'carol', password=word, answers=[word])
    assert not through_asyncssh(t, 'carol', client_keys=[key], password='wrong', answers=['wrong'])
    assert not through_asyncssh(t, 'carol', client_keys=[t.server.keys.path('other')], password=word)


@suite.test
def test_partial_success_with_putty(t):
    need_hythed()
    key, word = t.server.keys.ppk('alice'), t.server.PASSWORD
    putty(t, 'carol', '-i', key, '-pw', word).ok()
    putty(t, 'carol', '-i', key, '-pw', 'wrong').failed()
    putty(t, 'carol', '-i', t.server.keys.ppk('other'), '-pw', word).failed()
    putty(t, 'carol', '-pw', word).failed()
    putty(t, 'order', '-i', key, '-pw', word).ok()


@suite.test
def test_one_password_is_one_factor(t):
    need_hythed()
    word = t.server.PASSWORD
    for first, second, third in ((word, word, SECOND), (SECOND, SECOND, word)):
        with Connection(t.server, login=False) as c:
            assert c.transport.auth_password('twice', first) == ['keyboard-interactive']
            assert refused(c.transport.auth_interactive, 'twice', lambda *_: [second]) == []
            assert c.transport.auth_interactive('twice', lambda *_: [third]) == []
            assert c.sftp().realpath('.') == b'/'


@suite.test(DefaultAuthMethods=ALL, factors=['publickey,password'], MaxAuthAttempts=3)
def test_factors_of_all_users(t):
    openssh(t, 'alice', 'publickey,password').ok()
    openssh(t, 'alice', 'publickey').failed()
    openssh(t, 'alice', 'password').failed()
    for user in ('alice', 'homely', 'nobody'):
        with Connection(t.server, login=False) as c:
            assert refused(c.transport.auth_none, user) == ['publickey'], user
    with Connection(t.server, login=False) as c:  # what is accepted is no failure
        assert c.transport.auth_publickey('alice', alice_key(t)) == ['password']
        for _ in range(2):
            assert refused(c.transport.auth_password, 'alice', 'wrong') == []
        assert c.transport.auth_password('alice', t.server.PASSWORD) == []


@suite.test(DefaultAuthMethods=ALL, auth=[dict(plugin='users', methods=['publickey'])])
def test_methods_of_an_entry(t):
    openssh(t, 'alice', 'publickey').ok()
    openssh(t, 'alice', 'password').failed()
    openssh(t, 'alice', 'keyboard-interactive').failed()
    with Connection(t.server, login=False) as c:
        assert refused(c.transport.auth_none, 'alice') == ['publickey']


# Prompts.

def prompted(**settings):
    """A test on a server with these prompts, and the users of all, who log in by them alone."""
    def add(function):
        if suite.missing() is None and FLAVOUR == 'hythed':
            methods = dict(DefaultAuthMethods='keyboard-interactive', users=[
                {k: v for k, v in user.items() if k != 'factors'} for user in people()['users']])
            suite.test(**dict(people(), **dict(methods, **settings)))(function)
        return function
    return add


def need_both(t):
    """Password and code in any client that asks for what it is told to."""
    word = t.server.PASSWORD
    openssh(t, 'prompted', 'keyboard-interactive', code=CODE).ok()
    openssh(t, 'prompted', 'keyboard-interactive', code=word).failed()
    openssh(t, 'prompted', 'keyboard-interactive', password=CODE, code=CODE).failed()
    asked = []
    assert through_asyncssh(t, 'prompted', [word, CODE], asked)
    assert asked == [('', 'Two things, please.', [('Password: ', False), ('Code: ', True)])], asked
    for answers in ([word, word], [CODE, CODE], [word, ''], ['', CODE], ['', '']):
        assert not through_asyncssh(t, 'prompted', answers), answers
    with Connection(t.server, login=False) as c:
        assert refused(c.transport.auth_interactive, 'prompted', lambda *_: [word]) == []
        assert refused(c.transport.auth_interactive, 'prompted', lambda *_: [word, CODE, CODE]) == []
        assert refused(c.transport.auth_interactive, 'prompted', lambda *_: []) == []
        assert c.transport.auth_interactive('prompted', lambda *_: [CODE, word]) == []  # each accepted by another


@prompted(KeyboardInteractivePrompts='Password: ,echo=false;Code: ,echo=true',
          KeyboardInteractiveMessage='Two things, please.')
def test_prompts_in_one_line(t):
    need_both(t)


@prompted(KeyboardInteractivePromptCount=2, KeyboardInteractivePromptPrompt=['Password: ', 'Code: '],
          KeyboardInteractivePromptEcho=[False, True], KeyboardInteractiveMessage='Two things, please.')
def test_prompts_in_arrays(t):
    need_both(t)


@prompted(KeyboardInteractivePrompts='What is it? ,echo=true')
def test_one_prompt(t):
    asked = []
    assert through_asyncssh(t, 'alice', [t.server.PASSWORD], asked)
    assert asked == [('', '', [('What is it? ', True)])], asked


@prompted(KeyboardInteractivePrompts='Your word: ')
def test_one_prompt_of_putty(t):
    putty(t, 'alice', '-pw', t.server.PASSWORD).ok()
    assert 'accepted keyboard-interactive for user "alice"' in t.server.log(), t.server.log()
    putty(t, 'alice', '-pw', 'wrong').failed()


# Codes that change with the time.

SEED = bytes(range(20))
WINDOW = 10


def codes():
    """A function that gives the code of so many steps of half a minute from now, RFC 6238."""
    now = int(time.time()) // 30

    def code(step):
        mac = hmac.new(SEED, struct.pack('>Q', now + step), hashlib.sha1).digest()
        at = mac[-1] & 15
        return '%06d' % ((struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000)
    return code


def with_codes(*users_methods, first=False, **settings):
    """A server whose users have codes, too, asked for before or behind the passwords."""
    def add(function):
        if suite.missing() is None and FLAVOUR == 'hythed':
            secret = base64.b32encode(SEED).decode()
            path = os.path.join(scratch(), 'totp')
            write(path, ''.join('%s:%s\n' % (name, secret) for name in ('alice', 'carol', 'twice')).encode(), 0o600)
            if ROOT:
                owner = pwd.getpwnam(Hythed.owner)
                os.chown(path, owner.pw_uid, owner.pw_gid)
            auth = [dict(plugin='users', **(dict(methods=list(users_methods)) if users_methods else {})),
                    dict(plugin='totp', file=path, window=WINDOW)]
            auth = auth[::-1] if first else auth
            suite.test(**dict(people(), DefaultAuthMethods=ALL, auth=auth, **settings))(function)
        return function
    return add


@with_codes('publickey', 'password')
def test_a_key_and_a_code(t):
    code = codes()
    key, asked = t.server.keys.path('alice'), []
    assert through_asyncssh(t, 'carol', [code(-4)], asked, client_keys=[key])
    assert asked == [('', '', [('Verification code: ', False)])], asked
    assert not through_asyncssh(t, 'carol', [code(-4)], client_keys=[key])  # it is good once
    assert not through_asyncssh(t, 'carol', [code(-5)], client_keys=[key])  # and so is none before it
    assert not through_asyncssh(t, 'carol', [code(WINDOW + 3)], client_keys=[key])
    assert not through_asyncssh(t, 'carol', [t.server.PASSWORD], client_keys=[key])
    assert not through_asyncssh(t, 'carol', [code(0)])
    openssh(t, 'carol', 'publickey,keyboard-interactive', code=code(2)).ok()
    openssh(t, 'carol', 'publickey,keyboard-interactive', code=code(2)).failed()
    assert 'holds for new connections' in reread(t, UserAuthBanner='hello')
    assert not through_asyncssh(t, 'carol', [code(2)], client_keys=[key])  # a reload of something else forgets none
    with Connection(t.server, login=False) as c:
        assert sorted(c.transport.auth_publickey('carol', alice_key(t))) == ['keyboard-interactive', 'password']
        assert refused(c.transport.auth_interactive, 'carol', lambda *_: ['000000x']) == []
        assert c.transport.auth_interactive('carol', lambda *_: [code(4)]) == []
        assert c.sftp().realpath('.') == b'/'


@with_codes()
def test_a_password_and_then_a_code(t):
    """Whoever accepted the password isn't the one who asks next."""
    code = codes()
    asked = []
    assert through_asyncssh(t, 'twice', [code(0)], asked, password=t.server.PASSWORD)
    assert asked == [('', '', [('Verification code: ', False)])], asked
    assert not through_asyncssh(t, 'twice', [t.server.PASSWORD], password=t.server.PASSWORD)
    assert not through_asyncssh(t, 'twice', [code(2)], password='wrong')
    openssh(t, 'twice', 'password,keyboard-interactive', code=code(3)).ok()


BOTH = dict(KeyboardInteractivePrompts='Password: ,echo=false;Code: ,echo=true', factors=['keyboard-interactive'])


@with_codes(**BOTH)
def test_a_password_and_a_code_at_once(t):
    at_once(t)


@with_codes(first=True, **BOTH)
def test_a_password_and_a_code_at_once_in_the_other_order(t):
    at_once(t)


def at_once(t):
    code = codes()
    assert through_asyncssh(t, 'alice', [t.server.PASSWORD, code(0)])
    assert not through_asyncssh(t, 'alice', [t.server.PASSWORD, code(0)])
    assert not through_asyncssh(t, 'alice', [t.server.PASSWORD, t.server.PASSWORD])
    assert not through_asyncssh(t, 'alice', ['wrong', code(2)])  # which is used up by it
    assert not through_asyncssh(t, 'alice', [t.server.PASSWORD, code(2)])
    openssh(t, 'alice', 'keyboard-interactive', code=code(3)).ok()
    assert t.server.PASSWORD not in t.server.log() and code(3) not in t.server.log()


@suite.test(FireAuthRequestAfterSig=True, LogLevel=1)
def test_signatures_are_told(t):
    t.server.sftp(['pwd']).ok()
    wait_for('the log', lambda: 'sigstatus 1 for user "alice"' in t.server.log())
    assert 'sigstatus 0' not in t.server.log()
    key = alice_key(t)
    right = key.sign_ssh_data
    key.sign_ssh_data = lambda data, *more: right(data + b'x', *more)
    with Connection(t.server, login=False) as c:
        refused(c.transport.auth_none, 'alice')
        assert refused(c.transport.auth_publickey, 'alice', key) == []
    wait_for('the log', lambda: 'sigstatus 0 for user "alice"' in t.server.log())
    with Connection(t.server, login=False) as c:  # whose name is not known then
        assert refused(c.transport.auth_publickey, 'alice', key) == []
    wait_for('the log', lambda: 'sigstatus 0 for user ""' in t.server.log())


suite.main()
