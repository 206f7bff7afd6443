#!/usr/bin/python3
"""Passwords and dialogues of PAM, in the helper process: a module of the tests' own, which a mount namespace shows to
this hythed alone. What becomes of everybody when the helper, or a module in it, is no more."""
from bare import *
from overlay import *
from wire import *

MODULE = os.path.join(BUILDDIR, 'tests/interop/.libs/pam-sample.so')
NAMES = ('plain', 'codes', 'long', 'waits', 'dies', 'unsure', 'mapped', 'expired', 'old')


def word(user):
    return 'word of ' + user


class Pam(Overlaid):
    plugins = ('pam',)

    def etc(self):
        """A folder to be seen as /etc/pam.d."""
        folder = os.path.join(scratch(), 'pam.d')
        if not os.path.isdir(folder):
            os.mkdir(folder, 0o755)
            lines = ''.join('%s required %s %s\n' % (kind, MODULE, calls_path()) for kind in ('auth', 'account'))
            write(os.path.join(folder, 'hythe'), lines.encode(), 0o644)
            write(os.path.join(folder, 'other'), b'auth required pam_deny.so\naccount required pam_deny.so\n', 0o644)
        return {'pam.d': folder}


def calls_path():
    return os.path.join(scratch(), 'pam-calls')


def calls():
    """The module's lines since the last time."""
    text = read(calls_path()).decode() if os.path.exists(calls_path()) else ''
    write(calls_path(), b'')
    return text


def settings(**more):
    users = [dict(name=n, keys=[keys().public('alice')]) for n in NAMES + ('alice',)] if ROOT else []
    return dict(dict(auth=[dict(plugin='users'), dict(plugin='pam')], LogLevel=3, users=users,
                     DefaultAuthMethods=['publickey', 'password', 'keyboard-interactive']), **more)


suite = Pam('interop-pam', programs=['sftp', 'ssh-keygen', 'unshare', 'setpriv'], modules=['paramiko'], **settings())


@suite.test
def test_passwords(t):
    calls()
    for method in ('password', 'keyboard-interactive'):
        by_password(t, 'plain', word('plain'), method).ok()
        by_password(t, 'plain', 'word', method).failed()
        by_password(t, 'plain', '', method).failed()
    assert calls().count('auth of plain: uid 0, matches 1, rhost 127.0.0.1, tty ssh') == 2
    by_key(t, 'plain').ok()
    assert 'setcred' not in calls()


def dialogue(t, user, answers):
    """What the client is asked, round by round: (title and messages, [(question, echo)]); the last is whether it is in."""
    asked = []
    rounds = iter(answers)

    def handler(title, instructions, prompts):
        asked.append(('|'.join(x for x in (title, instructions) if x), prompts))
        return next(rounds) if prompts else []
    transport = paramiko.Transport(t.server.connect())
    try:
        transport.start_client(timeout=20)
        try:
            left = transport.auth_interactive(user, handler)
            return asked + [not left]
        except paramiko.AuthenticationException:
            return asked + [False]
    finally:
        transport.close()


PASSWORD_ROUND = [('Password: ', False)]
CODES_ROUND = [('First code: ', True), ('Second', False)]


@suite.test
def test_further_questions(t):
    """After the configuration's prompt, as another plugin that offers the method stands first."""
    said = dialogue(t, 'codes', [[word('codes')], ['4711', '0815']])
    assert [prompts for _, prompts in said[:-1]] == [PASSWORD_ROUND, CODES_ROUND] and said[-1], said
    assert 'Two codes are' in said[1][0] and 'on their way' in said[1][0], said
    for answers in ([['word'], ['4711', '0815']], [[word('codes')], ['4711', '0816']], [[word('codes')], ['', '']]):
        assert not dialogue(t, 'codes', answers)[-1], answers
    by_password(t, 'codes', word('codes')).failed()
    assert 'PAM asks for more than a password: keyboard-interactive can answer' in t.server.log()
    assert dialogue(t, 'plain', [[word('plain')]])[-1]


@suite.test
def test_long_texts_are_cut(t):
    said = dialogue(t, 'long', [[word('long')], ['yes']])
    assert said[-1] and len(said) == 3, said
    assert said[1][1] == [('q' * 1022 + ':', True)], said
    assert said[1][0].replace('\r', '') == 'Read this:\nin two lines\n' + 'm' * 998 + ':', said


@suite.test
def test_a_dialogue_that_is_left_ends_with_the_login(t):
    """And not with the session: its process would have the place of somebody else's."""
    pid = helper_of(t.server)
    modules = lambda: read('/proc/%d/task/%d/children' % (pid, pid)).split()
    with Bare(t.server) as bare:
        bare.service()
        bare.ask(bare.request('codes', 'keyboard-interactive', s(''), s('')), INFO_REQUEST)
        bare.ask(bytes([INFO_RESPONSE]) + u32(1) + s(word('codes')), INFO_REQUEST)
        assert modules()
        bare.ask(bare.public_key('codes', t.server.keys.path('alice')), USERAUTH_SUCCESS)
        wait_for('the module to end', lambda: not modules())
        bare.works(bare.sftp())


@suite.test(**settings(auth=[dict(plugin='pam'), dict(plugin='users')]))
def test_questions_of_its_own(t):
    said = dialogue(t, 'codes', [[word('codes')], ['4711', '0815']])
    assert [prompts for _, prompts in said[:-1]] == [PASSWORD_ROUND, CODES_ROUND] and said[-1], said
    assert dialogue(t, 'plain', [[word('plain')]])[-1] and not dialogue(t, 'plain', [['word']])[-1]
    stranger = dialogue(t, 'stranger', [[word('stranger')]])
    assert stranger == dialogue(t, 'plain', [['word']]), stranger
    calls()
    with contextlib.suppress(StopIteration):  # a client that goes away in the middle
        dialogue(t, 'codes', [[word('codes')]])
    assert 'matches 1' in calls()
    pid = helper_of(t.server)
    wait_for('the module to end', lambda: not read('/proc/%d/task/%d/children' % (pid, pid)).split())
    by_password(t, 'plain', word('plain')).ok()


@suite.test
def test_strangers_take_the_same_way(t):
    calls()
    by_password(t, 'stranger', word('stranger')).failed()
    said = calls()
    assert 'auth of stranger: uid 0, matches 0' in said, said  # the module doesn't get the word that it would take
    assert 'account' not in said, said
    by_password(t, 'a/b', word('a/b')).failed()
    assert 'auth of (none)' in calls()


@suite.test
def test_who_may_not_enter_though_the_password_is_right(t):
    for user, why in (('expired', 'account: User account has expired'), ('mapped', 'speaks of another user'),
                      ('old', 'account: Authentication token is no longer valid; new one required'),
                      ('unsure', 'authentication: Authentication service cannot retrieve authentication info')):
        before = len(t.server.log())
        by_password(t, user, word(user)).failed()
        said = t.server.log()[before:]
        assert 'pam: user "%s": %s' % (user, why) in said or (user == 'mapped' and why in said), said
        by_key(t, user).ok()  # PAM isn't asked about keys


@suite.test
def test_a_module_that_crashes_takes_nobody_along(t):
    by_password(t, 'dies', word('dies')).failed()
    assert 'the dialogue with PAM broke off' in t.server.log()
    by_password(t, 'plain', word('plain')).ok()


@suite.test
def test_a_module_that_waits_holds_up_nobody(t):
    slow, out = waiting(t)
    by_password(t, 'plain', word('plain')).ok()
    assert slow.poll() is None
    os.write(out, b'x')
    os.close(out)
    assert slow.wait(20) == 0
    janitor().tell('end', slow.pid)


@suite.test
def test_what_the_helper_has(t):
    by_password(t, 'plain', word('plain')).ok()
    pid = helper_of(t.server)
    status = read('/proc/%d/status' % pid).decode()
    assert re.search(r'^Name:\s+hythed-helper$', status, re.M) and re.search(r'^Uid:\s+0\s', status, re.M), status
    assert re.search(r'^Threads:\s+1$', status, re.M), status
    links = {n: os.readlink('/proc/%d/fd/%s' % (pid, n)) for n in os.listdir('/proc/%d/fd' % pid)}
    rest = [link for n, link in links.items() if int(n) > 2]
    assert sum(link.startswith('socket:') for link in rest) == 1, links
    assert all(re.match(r'socket:|anon_inode:\[signalfd\]|/memfd:pam', link) for link in rest), links
    with open('/proc/net/tcp') as table:
        listening = {line.split()[9] for line in table if line.split()[3] == '0A'}
    assert not [link for link in rest if link[8:-1] in listening], links


def memory_of(pid):
    text = b''
    need(os.access('/proc/%d/mem' % pid, os.R_OK), 'the memory of processes is not to be seen here')
    with open('/proc/%d/maps' % pid) as maps, open('/proc/%d/mem' % pid, 'rb') as memory:
        for line in maps:
            if ' rw' in line and '[v' not in line:
                begin, end = (int(x, 16) for x in line.split()[0].split('-'))
                if end - begin > 1 << 28:
                    continue  # the shadow of a sanitizer
                memory.seek(begin)
                with contextlib.suppress(OSError):
                    text += memory.read(end - begin)
    return text


@suite.test(**settings(UserAuthBanner='a text of the configuration', mounts=[
    dict(path='/', plugin='local-root', root='@tree')]))
def test_what_it_forgets(t):
    """Nothing is left of the file but what its plugins are set to; no key was ever there."""
    by_password(t, 'plain', word('plain')).ok()
    import base64
    key = base64.b64decode(''.join(read(t.server.keys.path('host')).decode().split('\n')[1:-2]))[-80:-48]
    mine = memory_of(helper_of(t.server))
    assert b'a text of the configuration' in memory_of(t.server.pid)
    assert key not in mine and b'a text of the configuration' not in mine
    assert word('plain').encode() not in mine
    assert read('/proc/%d/environ' % helper_of(t.server)).strip(b'\0') == b''


@suite.test
def test_no_secret_is_logged(t):
    said = t.server.log()
    assert ' verbose ' in said
    assert 'word of' not in said, [line for line in said.splitlines() if 'word of' in line]


def waiting(t):
    """A login in whose module nothing goes on, and the descriptor that it waits for."""
    fifo = calls_path() + '.fifo'
    if not os.path.exists(fifo):
        os.mkfifo(fifo)
    env = client_env(SSH_ASKPASS=t.server.keys.askpass, SSH_ASKPASS_REQUIRE='force', INTEROP_PASSWORD=word('waits'))
    login = start(['sftp', '-q', '-P', t.server.port] + t.server.ssh_options(
        BatchMode='no', PreferredAuthentications='password', PubkeyAuthentication='no') + ['waits@' + HOST],
        env=env, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return login, os.open(fifo, os.O_WRONLY)  # returns when the module has opened the other end


def is_running(pid):
    with contextlib.suppress(OSError):
        return not re.search(r'^State:\s+[ZX]', read('/proc/%d/status' % pid).decode(), re.M)
    return False


@suite.test(**settings())
def test_it_ends_when_hythed_is_killed(t):
    login, out = waiting(t)
    pid = helper_of(t.server)
    module = int(read('/proc/%d/task/%d/children' % (pid, pid)).split()[0])
    os.kill(t.server.pid, signal.SIGKILL)
    for process in (pid, module):
        wait_for('process %d to end' % process, lambda: not is_running(process))
    os.close(out)
    reap(login)
    t.server.kill()


@suite.test(**settings())
def test_it_outlives_a_signal_to_everybody(t):
    """As a service manager sends it; hythed still finishes what runs."""
    with session(t.server, user='plain') as sftp:
        pid = helper_of(t.server)
        os.kill(pid, signal.SIGTERM)
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGHUP)
        by_password(t, 'plain', word('plain')).ok()
        assert sftp.realpath('.') == b'/'
    server, process = t.server, t.server.process
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(20) == 0, server.log()
    wait_for('the helper to end', lambda: not is_running(pid))
    assert 'the helper process has ended' not in server.log()
    server.kill()


@suite.test(**settings(run_as='root'))
def test_with_roots_rights_too(t):
    """Modules have a process of their own even if hythed keeps root's rights."""
    by_password(t, 'plain', word('plain')).ok()
    by_password(t, 'dies', word('dies')).failed()
    by_password(t, 'plain', word('plain')).ok()


@suite.test(**settings())
def test_without_the_helper(t):
    with session(t.server, user='plain') as sftp:
        os.kill(helper_of(t.server), signal.SIGKILL)
        wait_for('a line about it', lambda: 'the helper process has ended (signal 9)' in t.server.log())
        by_password(t, 'plain', word('plain')).failed()
        assert 'pam: the helper process is gone: restart hythed' in t.server.log()
        assert sftp.realpath('.') == b'/'
        by_key(t).ok()
    said = reread(t)
    assert 'holds for new connections' in said, said
    by_password(t, 'plain', word('plain')).failed()


@suite.test(**settings())
def test_a_reload(t):
    assert 'holds for new connections' in reread(t, UserAuthBanner='hello')
    by_password(t, 'plain', word('plain')).ok()
    said = reread(t, auth=[dict(plugin='users'), dict(plugin='pam', service='other')])
    assert 'pam: it needs rights that were given up at the start' in said and 'nothing has changed' in said, said
    by_password(t, 'plain', word('plain')).ok()
    assert 'holds for new connections' in reread(t, auth=[dict(plugin='users')])
    by_password(t, 'plain', word('plain')).failed()
    assert 'holds for new connections' in reread(t, auth=[dict(plugin='pam'), dict(plugin='users')])
    by_password(t, 'plain', word('plain')).ok()


@suite.test(**settings(auth=[dict(plugin='users')]))
def test_no_helper_for_nobody(t):
    by_key(t).ok()
    assert t.server.children() == 0
    said = reread(t, auth=[dict(plugin='users'), dict(plugin='pam')])
    assert 'pam: it needs rights that were given up at the start' in said and 'nothing has changed' in said, said


@suite.test
def test_what_check_says(t):
    text = re.sub(r'LocalPort = \d+', 'LocalPort = 0', t.server.config())
    assert ': ok' in check(t, text).ok().text
    wrong = check(t, text.replace('plugin = "pam";', 'plugin = "pam"; service = "hythed";')).failed().text
    assert 'pam: service "hythed": there is no such file in /etc/pam.d' in wrong, wrong
    key = os.path.join(t.local, 'key')
    run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key]).ok()
    entry = pwd.getpwnam(RUN_AS)
    os.chown(key, entry.pw_uid, entry.pw_gid)
    alone = re.sub(r'AltSSHCert = .*?\);', '', text.replace(t.server.keys.path('host'), key), flags=re.S)
    assert "pam: it needs root's rights" in check(t, alone, RUN_AS).failed().text


@suite.test
def test_the_help_says_what_has_roots_rights(t):
    def told(plugin):
        path = write(os.path.join(t.local, 'cfg'), t.server.config().encode())
        return run([t.server.program(), '-f', path, '--plugin', plugin, '--help']).ok().text
    assert 'may run with root\'s rights' in told('pam') and 'root\'s rights' not in told('local-root')


@suite.test
def test_only_root_writes_what_the_helper_runs(t):
    """The server's user may own plugins, but not those that run with root's rights."""
    folder = os.path.join(t.local, 'plugins')
    os.mkdir(folder, 0o755)
    os.chmod(t.local, 0o755)
    entry = pwd.getpwnam(RUN_AS)
    for name in ('pam.so', 'local-root.so'):
        shutil.copy(os.path.join(PLUGINS, name), folder)
        os.chown(os.path.join(folder, name), entry.pw_uid, entry.pw_gid)
    text = re.sub(r'LocalPort = \d+', 'LocalPort = 0', t.server.config()).replace(
        'plugin_directory = "%s"' % PLUGINS, 'plugin_directory = "%s"' % folder)
    said = check(t, text).failed()
    assert re.search(r"root's rights, can't use it: .*pam.so belongs to user id %d" % entry.pw_uid, said.text), said.text


suite.main()
