#!/usr/bin/python3
"""SSHUserAuthRequest: logins that a program decides by its event, from the specification: every method, several
factors, prompts, homes and roots; and access follows a verified signature, never a probe."""
import base64

from embedding import *
from wire import *

suite = Embedding('library-login', programs=['sftp'], modules=['paramiko'])
AUTH = ['SSHUserAuthRequest']
FAILED, SUCCESS, BANNER, KEY_OK = 51, 52, 53, 60


def serve(t, events=AUTH, **settings):
    return t.server.serve(events, **dict(dict(users=None), **settings))


def methods_of(found):
    return [e.AuthMethod for e in found]


def secret(e):
    return bytes.fromhex(e.AuthParam)


def refused(call, *args):
    """What the server offers instead, or []: it was just wrong."""
    try:
        got = call(*args)
    except paramiko.BadAuthenticationType as error:
        return sorted(error.allowed_types)
    except (paramiko.AuthenticationException, EOFError):
        return []
    raise AssertionError('accepted: %r' % (got,))


def key_of(srv, name='alice'):
    with open(srv.keys.path(name)) as f:
        return paramiko.Ed25519Key.from_private_key(f)


def blob_of(srv, name='alice'):
    return base64.b64decode(srv.keys.public(name).split()[1])


def enters(c, path=b'/'):
    assert c.sftp().realpath('.') == path


# One method.

@suite.test
def test_a_password(t):
    srv = serve(t)
    srv.on('SSHUserAuthRequest', dict(AuthMethod='password', AuthParam='right \u00fc'.encode().hex()), set=dict(Accept=1))
    with Connection(srv, login=False) as c:
        assert refused(c.transport.auth_none, 'bob') == ['password', 'publickey']
        assert refused(c.transport.auth_password, 'bob', 'wrong') == []
        assert c.transport.auth_password('bob', 'right \u00fc') == []
        enters(c)
        none, wrong, right = srv.events(*AUTH)
        assert methods_of((none, wrong, right)) == ['none', 'password', 'password']
        assert {e.User for e in (none, wrong, right)} == {'bob'} and none.Service == 'ssh-connection'
        assert secret(wrong) == b'wrong' and secret(right) == 'right \u00fc'.encode() and secret(none) == b''
        assert not any(e.Accept or e.PartialSuccess or e.KeyAlgorithm or e.signature_verified for e in (none, wrong, right))
        assert set(none.AvailableMethods.split(',')) == {'password', 'publickey'}, none.AvailableMethods
        assert srv['user[%d]' % none.ConnectionId] == 'bob'
    with Connection(srv, login=False) as c:
        assert refused(c.transport.auth_password, 'bob', '') == []


@suite.test
def test_nobody_gets_in_by_doing_nothing(t):
    """A handler that only watches: no method is enough. And without one a server without users doesn't start."""
    srv = serve(t)
    with Listener(srv) as raw:
        assert raw.request('bob', 'none')[0][0] == FAILED
        assert raw.request('bob', 'password', b'\0', s('x'))[0][0] == FAILED
        assert raw.request('bob', 'publickey', b'\0', s('ssh-ed25519'), s(blob_of(srv)))[0][0] == FAILED
        raw.no_entry()
    srv = t.server.new(users=None)
    srv.load()
    assert srv.do('start').rc != 0 and 'users' in srv.error(), srv.error()


@suite.test
def test_none_may_be_accepted(t):
    srv = serve(t)
    srv.on('SSHUserAuthRequest', dict(AuthMethod='none', User='guest'), set=dict(Accept=1))
    with Connection(srv, login=False) as c:
        c.transport.auth_none('guest')
        enters(c)
    with Connection(srv, login=False) as c:
        assert refused(c.transport.auth_none, 'other')


@suite.test
def test_a_probe_is_no_access(t):
    srv = serve(t)
    srv.on('SSHUserAuthRequest', dict(AuthMethod='publickey'), set=dict(Accept=1))
    blob = blob_of(srv)
    with Listener(srv) as raw:
        answer = raw.request('bob', 'publickey', b'\0', s('ssh-ed25519'), s(blob))[0]
        assert answer[0] == KEY_OK, answer
        e = srv.one(*AUTH)
        assert secret(e) == blob and e.auth_param_length == len(blob) and e.signature_verified == 0
        assert e.KeyAlgorithm == 'ssh-ed25519'
        raw.no_entry()
        # a signature that isn't one: rejected, and not even asked about
        for bad in (b'', s('ssh-ed25519') + s(b'\0' * 64), s('ssh-ed25519') + s(b''), s('ssh-rsa') + s(b'x' * 64), b'\xff' * 9):
            answers = raw.request('bob', 'publickey', b'\1', s('ssh-ed25519'), s(blob), s(bad))
            assert not answers or answers[0][0] == FAILED, (bad, answers)
            if not answers:
                break
        assert not srv.events(*AUTH, signature_verified=1), srv.events(*AUTH)
    with Connection(srv, login=False) as c:
        c.transport.auth_publickey('bob', key_of(srv))
        enters(c)
        assert srv.one(*AUTH, signature_verified=1).AuthMethod == 'publickey'


@suite.test
def test_a_key_that_is_refused_although_it_signs(t):
    srv = serve(t)
    srv.on('SSHUserAuthRequest', dict(AuthMethod='publickey', signature_verified=0), set=dict(Accept=1))
    with Connection(srv, login=False) as c:
        assert refused(c.transport.auth_publickey, 'bob', key_of(srv)) == []
        assert srv.one(*AUTH, signature_verified=1)
    srv.no_rules()
    other = blob_of(srv, 'other').hex()
    srv.on('SSHUserAuthRequest', dict(AuthMethod='publickey', AuthParam=other), set=dict(Accept=1))
    with Connection(srv, login=False) as c:
        assert refused(c.transport.auth_publickey, 'bob', key_of(srv)) == []
        c.transport.auth_publickey('bob', key_of(srv, 'other'))
        enters(c)


@suite.test
def test_algorithms_of_keys(t):
    """OpenSSH, which asks before it signs."""
    run(['ssh-keygen', '-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', t.l('rsa')]).ok()
    run(['ssh-keygen', '-q', '-t', 'ecdsa', '-N', '', '-f', t.l('ecdsa')]).ok()
    srv = serve(t)
    srv.on('SSHUserAuthRequest', dict(AuthMethod='publickey'), set=dict(Accept=1))
    for path, algorithm, options in ((t.l('rsa'), 'rsa-sha2-512', {}),
                                     (t.l('rsa'), 'rsa-sha2-256', dict(PubkeyAcceptedAlgorithms='rsa-sha2-256')),
                                     (t.l('ecdsa'), 'ecdsa-sha2-nistp256', {}),
                                     (srv.keys.path('alice'), 'ssh-ed25519', {})):
        srv.forget()
        args = srv.ssh_options(**options)
        args[args.index('-i') + 1] = path
        run(['sftp', '-q', '-b', '-', '-P', srv.port] + args + ['bob@' + HOST], 'pwd\n').ok()
        found = srv.events(*AUTH)
        assert methods_of(found)[0] == 'none' and methods_of(found)[-1] == 'publickey', methods_of(found)
        assert found[-1].signature_verified == 1 and found[-2].signature_verified == 0
        assert [e.KeyAlgorithm for e in found[-2:]] == [algorithm] * 2, (algorithm, [e.KeyAlgorithm for e in found])


@suite.test
def test_an_event_after_the_signature(t):
    srv = serve(t, FireAuthRequestAfterSig=True)
    srv.on('SSHUserAuthRequest', dict(AuthMethod='publickey'), set=dict(Accept=1))
    with Connection(srv, login=False) as c:
        c.transport.auth_publickey('bob', key_of(srv))
        enters(c)
    status = srv.one(*AUTH, AuthMethod='sigstatus')
    assert secret(status) == b'1', status
    srv.forget()
    srv.on('SSHUserAuthRequest', dict(AuthMethod='sigstatus'), set=dict(Accept=1))
    blob = blob_of(srv)
    with Listener(srv) as raw:
        answers = raw.request('bob', 'publickey', b'\1', s('ssh-ed25519'), s(blob), s(s('ssh-ed25519') + s(b'\1' * 64)))
        assert not answers or answers[0][0] == FAILED, answers
        assert secret(srv.wait('SSHUserAuthRequest', AuthMethod='sigstatus')) == b'0'
        raw.no_entry()


# Prompts.

PROMPTS = dict(DefaultAuthMethods='keyboard-interactive', KeyboardInteractiveMessage='Please',
               KeyboardInteractivePromptPrompt=['Word: ', 'Number: '], KeyboardInteractivePromptEcho=[False, True])


def interactive(c, answers, asked, user='bob'):
    def handler(title, instructions, prompts):
        asked.append((instructions, [(p.strip(), bool(e)) for p, e in prompts]))
        return answers if prompts else []
    return c.transport.auth_interactive(user, handler)


@suite.test
def test_prompts(t):
    srv = serve(t, **PROMPTS)
    srv.on('SSHUserAuthRequest', dict(AuthMethod='keyboard-interactive*'), set=dict(Accept=1))
    asked = []
    with Connection(srv, login=False) as c:
        interactive(c, ['abra', 'cadabra'], asked)
        enters(c)
    assert asked[0] == ('Please', [('Word:', False), ('Number:', True)]), asked
    found = [e for e in srv.events(*AUTH) if e.AuthMethod != 'none']
    assert methods_of(found) == ['keyboard-interactive-1', 'keyboard-interactive-2', 'keyboard-interactive'], found
    assert [secret(e) for e in found] == [b'abra', b'cadabra', b''], found
    # every one must be accepted
    for not_accepted in methods_of(found):
        srv.no_rules()
        for method in methods_of(found):
            if method != not_accepted:
                srv.on('SSHUserAuthRequest', dict(AuthMethod=method), set=dict(Accept=1))
        with Connection(srv, login=False) as c:
            assert refused(interactive, c, ['abra', 'cadabra'], []) == [], not_accepted
    srv.on('SSHUserAuthRequest', dict(AuthMethod='*'), set=dict(Accept=1))
    with Connection(srv, login=False) as c:  # a number of answers that wasn't asked for
        try:
            interactive(c, ['abra'], [])
            raise AssertionError('one answer of two was enough')
        except (paramiko.SSHException, EOFError):
            pass


@suite.test
def test_prompts_of_a_connection(t):
    srv = serve(t, **PROMPTS)
    srv.on('SSHUserAuthRequest', dict(AuthMethod='none', User='bob'), calls=[
        dict(do='config', setting='KeyboardInteractivePrompts[]=First,echo=false;Second,echo=true;Third,echo=false')])
    srv.on('SSHUserAuthRequest', dict(AuthMethod='keyboard-interactive*'), set=dict(Accept=1))
    for user, names in (('bob', ['First', 'Second', 'Third']), ('eve', ['Word:', 'Number:'])):
        asked = []
        with Connection(srv, login=False) as c:
            refused(c.transport.auth_none, user)
            interactive(c, ['x'] * len(names), asked, user)
            enters(c)
        assert [p for p, _ in asked[0][1]] == names, asked
        if user == 'bob':
            assert [e for _, e in asked[0][1]] == [False, True, False], asked


@suite.test
def test_a_banner_of_a_connection(t):
    srv = serve(t, AUTH + ['Connected'], UserAuthBanner='for all')
    srv.on('SSHUserAuthRequest', set=dict(Accept=1))
    srv.on('Connected', calls=[dict(do='config', setting='UserAuthBanner[]=for you')], times=1)
    for banner in (b'for you', b'for all'):
        with Connection(srv, login=False) as c:
            c.transport.auth_password('bob', 'x')
            assert c.transport.get_banner() == banner, c.transport.get_banner()
    srv.on('SSHUserAuthRequest', dict(AuthMethod='none'), set=dict(Accept=0),
           calls=[dict(do='config', setting='UserAuthBanner[]=after none')])
    with Connection(srv, login=False) as c:
        refused(c.transport.auth_none, 'bob')
        assert c.transport.get_banner() == b'after none', c.transport.get_banner()


# Several.

@suite.test
def test_partial_success(t):
    """A password, then a key; the other way round isn't offered."""
    srv = serve(t)
    srv.on('SSHUserAuthRequest', dict(AuthMethod='none'), set=dict(AvailableMethods='password'))
    srv.on('SSHUserAuthRequest', dict(AuthMethod='password', AuthParam=b'one'.hex()),
           set=dict(PartialSuccess=1, AvailableMethods='publickey'))
    with Connection(srv, login=False) as c:
        assert refused(c.transport.auth_none, 'bob') == ['password']
        assert c.transport.auth_password('bob', 'one') == ['publickey']
        assert refused(c.transport.auth_publickey, 'bob', key_of(srv)) == []
        srv.on('SSHUserAuthRequest', dict(AuthMethod='publickey'), set=dict(Accept=1))
        assert c.transport.auth_publickey('bob', key_of(srv)) == []
        enters(c)
    # a probe that is told "partly" isn't the factor yet
    srv.no_rules()
    srv.on('SSHUserAuthRequest', dict(AuthMethod='publickey'), set=dict(PartialSuccess=1, AvailableMethods='password'))
    with Listener(srv) as raw:
        answer = raw.request('bob', 'publickey', b'\0', s('ssh-ed25519'), s(blob_of(srv)))[0]
        assert answer[0] == KEY_OK, answer
        raw.no_entry()
    with Connection(srv, login=False) as c:
        assert c.transport.auth_publickey('bob', key_of(srv)) == ['password']
        assert refused(c.transport.auth_password, 'bob', 'x') == []
        srv.on('SSHUserAuthRequest', dict(AuthMethod='password'), set=dict(Accept=1, PartialSuccess=0))
        assert c.transport.auth_password('bob', 'x') == []
        enters(c)


@suite.test
def test_beside_users_of_the_configuration(t):
    """What these say is the default; what the handler leaves counts."""
    srv = serve(t, users=[dict(name='alice', password=hashed('word'), keys=[t.server.keys.public('alice')])])
    with Connection(srv, login=False) as c:
        assert refused(c.transport.auth_password, 'alice', 'wrong') == []
        c.transport.auth_password('alice', 'word')
        enters(c)
    wrong, right = srv.events(*AUTH, AuthMethod='password')
    assert (wrong.Accept, right.Accept) == (0, 1), (dict(wrong), dict(right))
    srv.on('SSHUserAuthRequest', dict(User='alice'), set=dict(Accept=0))
    srv.on('SSHUserAuthRequest', dict(User='stranger', AuthMethod='password'), set=dict(Accept=1))
    with Connection(srv, login=False) as c:
        assert refused(c.transport.auth_password, 'alice', 'word') == []
        assert refused(c.transport.auth_publickey, 'alice', key_of(srv)) == []
    with Connection(srv, login=False) as c:
        c.transport.auth_password('stranger', 'anything')
        enters(c)
    srv.no_rules()
    srv.on('SSHUserAuthRequest', dict(AuthMethod='password'), set=dict(Accept=0, PartialSuccess=1, AvailableMethods='publickey'))
    with Connection(srv, login=False) as c:
        assert c.transport.auth_password('alice', 'word') == ['publickey']
        c.transport.auth_publickey('alice', key_of(srv))
        enters(c)


# Homes and roots.

@suite.test
def test_home_and_roots(t):
    for name in ('home/bob/inside', 'home/eve', 'etc'):
        os.makedirs(t.d(name))
    t.put('etc/secret', b'secret')
    os.symlink('../../etc', t.d('home/bob/out'))
    os.symlink('/etc', t.d('home/bob/absolute'))
    home = t.r('home/bob')
    srv = serve(t)
    srv.on('SSHUserAuthRequest', dict(User='at-home'), set=dict(Accept=1, HomeDir=home))
    srv.on('SSHUserAuthRequest', dict(User='kept'), set=dict(Accept=1, HomeDir=home),
           calls=[dict(do='config', setting='RestrictUserToHomeDir[]=true')])
    srv.on('SSHUserAuthRequest', dict(User='rooted'), set=dict(Accept=1),
           calls=[dict(do='config', setting='UserRootDirectory[]=' + home)])
    srv.on('SSHUserAuthRequest', dict(User='both'), set=dict(Accept=1, HomeDir='/inside'), calls=[
        dict(do='config', setting='UserRootDirectory[]=' + home), dict(do='config', setting='RestrictUserToHomeDir[]=1')])
    ways_out = (t.r('etc/secret'), home + '/out/secret', home + '/absolute/secret', home + '/../../etc/secret',
                '../../etc/secret', '/etc/secret', '/out/secret', '/absolute/secret', 'out/secret', '..')
    for user, where, out in (('at-home', home.encode(), False), ('kept', home.encode(), True), ('rooted', b'/', True),
                             ('both', b'/inside', True)):
        with Connection(srv, user=user, password='x') as c:
            sftp = c.sftp()
            assert sftp.realpath('.') == where, (user, sftp.realpath('.'))
            assert srv['home[%d]' % srv.events(*AUTH)[-1].ConnectionId] == where.decode()
            if not out:
                assert sftp.stat(t.r('etc/secret')).attrs['size'] == 6
                continue
            for path in ways_out:
                reply = sftp.ask(OPEN, s(path), u32(O_READ), attrs())
                assert reply.handle is None, (user, path)
                assert sftp.ask(OPEN, s(path), u32(O_WRITE | O_CREAT), attrs()).handle is None, (user, path)
            assert sftp.ask(RENAME, s('x'), s(t.r('home/eve/x'))).code != OK
            reply = sftp.ask(MKDIR, s('made-' + user), attrs())
            assert reply.code == OK, (user, reply)
    assert not os.listdir(t.d('home/eve')) and os.listdir(t.d('etc')) == ['secret']
    assert all(os.path.isdir(t.d('home/bob/' + n)) for n in ('made-kept', 'made-rooted', 'inside/made-both'))


@suite.test
def test_homes_that_can_not_be(t):
    srv = serve(t, AUTH + ['Log'])
    for home in ('relative', '/a/../b', '/a//b', '/missing', '/a/', 'z' * 5000, '/' + 'z' * 5000):
        srv.on('SSHUserAuthRequest', set=dict(Accept=1, HomeDir=home))
        with Connection(srv, login=False) as c:
            try:
                c.transport.auth_password('bob', 'x')
                enters(c, b'the home')
            except (AssertionError, paramiko.SSHException, EOFError, Closed, OSError):
                pass
            else:
                raise AssertionError('a session at %s' % home[:40])
        srv.no_rules()
    srv.on('SSHUserAuthRequest', set=dict(Accept=1), calls=[dict(do='config', setting='RestrictUserToHomeDir[]=true')])
    with Connection(srv, login=False) as c:  # restricted to what isn't there
        assert refused(c.transport.auth_password, 'bob', 'x') == []
    assert any('RestrictUserToHomeDir' in e.Message for e in srv.events('Log')), srv.events('Log')


@suite.test
def test_a_diversion_stays_where_the_user_may_be(t):
    for name in ('home/bob', 'etc'):
        os.makedirs(t.d(name))
    t.put('etc/secret', b'secret')
    home = t.r('home/bob')
    srv = serve(t, AUTH + ['FileOpen'])
    srv.on('SSHUserAuthRequest', dict(User='kept'), set=dict(Accept=1, HomeDir=home),
           calls=[dict(do='config', setting='RestrictUserToHomeDir[]=true')])
    srv.on('SSHUserAuthRequest', dict(User='rooted'), set=dict(Accept=1),
           calls=[dict(do='config', setting='UserRootDirectory[]=' + home)])
    for user, view in (('kept', home), ('rooted', '')):
        with Connection(srv, user=user, password='x') as c:
            sftp = c.sftp()
            srv.on('FileOpen', dict(Path=view + '/here', BeforeExec=1), set=dict(Path=view + '/there'))
            srv.on('FileOpen', dict(Path=view + '/out', BeforeExec=1), set=dict(Path=t.r('etc/secret')))
            assert sftp.close(sftp.open('here', O_WRITE | O_CREAT)) == OK
            assert sftp.ask(OPEN, s('out'), u32(O_READ), attrs()).handle is None, user
            assert sftp.ask(OPEN, s('out'), u32(O_WRITE | O_TRUNC | O_CREAT), attrs()).handle is None, user
        assert os.listdir(t.d('home/bob')) == ['there'] and read(t.d('etc/secret')) == b'secret'
        os.unlink(t.d('home/bob/there'))


@suite.test
def test_what_a_handler_may_not_say(t):
    """Nonsense in what it sets lets nobody in by chance, and hurts no other connection."""
    srv = serve(t, AUTH + ['Log'])
    key = ('ssh-ed25519', blob_of(srv))
    for what in (dict(AvailableMethods='telepathy'), dict(AvailableMethods=''), dict(AvailableMethods=',,,'),
                 dict(AvailableMethods='x' * 2000), dict(AvailableMethods='password\nnone'), dict(HomeDir='x' * 5000),
                 dict(PartialSuccess=1, AvailableMethods='none'), dict(PartialSuccess=1, AvailableMethods=''),
                 dict(PartialSuccess=7), dict(HomeDir='/')):
        srv.on('SSHUserAuthRequest', set=what)
        with Listener(srv) as raw:
            for request in (('none',), ('password', b'\0', s('x')), ('publickey', b'\0', s(key[0]), s(key[1])), ('none',)):
                answers = raw.request('bob', *request)
                assert not [a for a in answers if a[0] == SUCCESS], (what, request, answers)
            raw.no_entry()
        srv.no_rules()
    srv.on('SSHUserAuthRequest', set=dict(Accept=1, PartialSuccess=1, AvailableMethods='publickey'), times=1)
    with Listener(srv) as raw:
        first = raw.request('bob', 'password', b'\0', s('x'))
        assert first and first[0][0] in (FAILED, SUCCESS), first
    srv.on('SSHUserAuthRequest', set=dict(Accept=1))
    with Connection(srv, user='bob', password='x') as c:
        enters(c)


# Limits.

@suite.test
def test_attempts_are_limited(t):
    srv = serve(t, AUTH + ['Error', 'Disconnected'], MaxAuthAttempts=3)
    with Listener(srv) as raw:
        answers = [raw.request('bob', 'password', b'\0', s('x%d' % i)) for i in range(5)]
        assert [bool(a) for a in answers][:2] == [True, True] and not answers[4], answers
    assert len(srv.events(*AUTH, AuthMethod='password')) == 3, srv.events(*AUTH)
    error = srv.wait('Error')
    assert error.ErrorCode == 1300 and error.ConnectionId == srv.events(*AUTH)[0].ConnectionId, dict(error)
    srv.wait('Disconnected')


@suite.test
def test_names_and_passwords_of_any_bytes(t):
    srv = serve(t, AUTH + ['Disconnected'], MaxAuthAttempts=20)
    with Listener(srv) as raw:
        for password in (b'', b'\0', b'a\0b', b'\xff\xfe', b'x' * 1000, 'd\u00fc'.encode()):
            answers = raw.request('bob', 'password', b'\0', s(password))
            assert answers and answers[0][0] == FAILED, password
            found = srv.events(*AUTH, AuthMethod='password')
            assert b'\0' in password or secret(found[-1]) == password, (password, dict(found[-1]))
        raw.request('bob', 'hostbased', s('x'))
        raw.request('bob', 'telepathy', s('x'))
    assert not [e for e in srv.events(*AUTH) if e.AuthMethod in ('hostbased', 'telepathy')]
    for user in (b'', b'a\0b', b'\xff\xfe', b'u' * 5000, b'../..', b'%u', b'new\nline'):
        srv.on('SSHUserAuthRequest', set=dict(Accept=1), times=1)
        before = len(srv.events('Disconnected'))
        with Listener(srv) as raw:
            raw.request(user, 'password', b'\0', s('x'))
        srv.wait('Disconnected', before + 1)  # whatever it said, the server lives
        for e in srv.events(*AUTH):
            assert '\0' not in (e.User if isinstance(e.User, str) else ''), dict(e)


@suite.test
def test_no_secret_is_logged(t):
    srv = serve(t, EVENTS, LogLevel=3, FireAuthRequestAfterSig=True)
    srv.on('SSHUserAuthRequest', dict(AuthParam=b'abracadabra'.hex()), set=dict(Accept=1))
    with Connection(srv, login=False) as c:
        assert refused(c.transport.auth_password, 'bob', 'hocuspocus') == []
        c.transport.auth_password('bob', 'abracadabra')
        enters(c)
    srv.wait('Disconnected')
    for e in srv.events():
        text = repr({k: v for k, v in e.items() if (e.name, k) != ('SSHUserAuthRequest', 'AuthParam')})
        for word in ('abracadabra', 'hocuspocus'):
            assert word not in text and word.encode().hex() not in text, e


@suite.test
def test_a_handler_that_thinks_for_long(t):
    """Others log in meanwhile; login_grace ends the wait of the client, and a late answer lets nobody in."""
    srv = serve(t, AUTH + ['Disconnected'], login_grace=1)
    srv.on('SSHUserAuthRequest', dict(User='slow', AuthMethod='password'), ask=True)
    srv.on('SSHUserAuthRequest', dict(User='quick', AuthMethod='password'), set=dict(Accept=1))
    slow = Connection(srv, login=False)
    event = threading.Event()
    began = time.monotonic()
    slow.transport.auth_password('slow', 'x', event)
    asked = srv.wait('SSHUserAuthRequest', User='slow', AuthMethod='password')
    with Connection(srv, user='quick', password='x') as c:
        enters(c)
    wait_for('login_grace to be over', lambda: time.monotonic() > began + 1.5)
    srv.program.answer(asked, dict(set=dict(Accept=1)))
    srv.wait('Disconnected', ConnectionId=asked.ConnectionId)
    assert not slow.transport.is_authenticated()
    slow.close()


@suite.test
def test_queued(t):
    srv = serve(t, AUTH + FILE_EVENTS, queued=True)
    srv.on('SSHUserAuthRequest', dict(AuthMethod='password'), ask=lambda e: dict(set=dict(
        Accept=int(secret(e) == b'right'), HomeDir=t.remote)))
    for _ in range(3):
        with Connection(srv, login=False) as c:
            assert refused(c.transport.auth_password, 'bob', 'wrong') == []
            c.transport.auth_password('bob', 'right')
            enters(c, t.remote.encode())
    assert len({e.thread for e in srv.events()}) == 1


if __name__ == '__main__':
    suite.main()
