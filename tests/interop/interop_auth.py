#!/usr/bin/python3
"""Who may come in: the users of the file, those of a file like passwd(5), and keys in a file for each user, through
OpenSSH's client. The first plugin that knows a name owns the account; each method is asked of all of them."""
from harness import *

PASSWORD = 'a word from the passwd file'
FILES = {}  # where the plugins' files lie, once there are any


def own(path):
    if ROOT:
        entry = pwd.getpwnam(Hythed.owner)
        os.chown(path, entry.pw_uid, entry.pw_gid)
    return path


def replace(path, text, mode=0o600):
    """A new file over the old one."""
    os.rename(own(write(path + '.new', text.encode(), mode)), path)
    return path


def folder(path):
    os.mkdir(path, 0o755)
    return own(path)


def prepare():
    """The files as every test finds them."""
    if not FILES:
        FILES['top'] = folder(os.path.join(scratch(), 'auth'))
        FILES['keys'] = folder(os.path.join(FILES['top'], 'keys'))
        FILES['passwd'] = os.path.join(FILES['top'], 'passwd')
        FILES['hash'] = hashed(PASSWORD)
    replace(FILES['passwd'], '# users\ndora:%s:1000:1000:Dora:/home/dora:/bin/sh\nalice:%s\nlocked:!\n' %
            (FILES['hash'], FILES['hash']))
    for name in os.listdir(FILES['keys']):
        os.unlink(os.path.join(FILES['keys'], name))
    for name, key in (('dora', 'alice'), ('homely', 'other'), ('ghost', 'other'), ('locked', 'other')):
        replace(key_file(name), '# a key of %s\n%s\n' % (name, keys().public(key)), 0o644)


def key_file(user):
    return os.path.join(FILES['keys'], user)


def plugins(**more):
    return dict(auth=[dict(plugin='users'), dict(plugin='passwd-file', file=FILES['passwd']),
                      dict(plugin='authorized-keys', file=os.path.join(FILES['keys'], '%u'), **more)])


class Doors(Suite):
    """The settings need files, which are only made when the script can run."""

    def missing(self):
        why = super().missing()
        if why is None and FLAVOUR == 'hythed' and os.access(os.path.join(BUILDDIR, 'hythed'), os.X_OK):
            prepare()
            self.settings = plugins()
        return why


suite = Doors('interop-auth', programs=['sftp', 'ssh', 'ssh-keygen'])


def by_password(t, user, password):
    env = client_env(SSH_ASKPASS=t.server.keys.askpass, SSH_ASKPASS_REQUIRE='force', INTEROP_PASSWORD=password)
    options = dict(BatchMode='no', NumberOfPasswordPrompts='1', PreferredAuthentications='password',
                   PubkeyAuthentication='no')
    return run(['sftp', '-q', '-P', t.server.port] + t.server.ssh_options(**options) + ['%s@%s' % (user, HOST)],
               'pwd\n', env=env)  # -b would keep it from asking


def by_key(t, user, key):
    return t.server.sftp(['pwd'], user=user, options=dict(key=key))


def home_of(t, user):
    path = t.server.disk('/home/' + user)
    os.makedirs(path, exist_ok=True)
    t.server.own(path)


@suite.test
def test_a_password_of_the_passwd_file(t):
    need_hythed()
    prepare()
    home_of(t, 'dora')
    assert '/home/dora' in by_password(t, 'dora', PASSWORD).ok().text
    by_password(t, 'dora', PASSWORD + 'x').failed()
    by_password(t, 'dora', t.server.PASSWORD).failed()
    by_password(t, 'locked', PASSWORD).failed()
    by_password(t, 'locked', '').failed()
    by_password(t, 'ghost', PASSWORD).failed()


@suite.test
def test_a_key_of_a_file(t):
    need_hythed()
    prepare()
    home_of(t, 'dora')
    assert '/home/dora' in by_key(t, 'dora', 'alice').ok().text  # known by passwd-file
    assert '/home/homely' in by_key(t, 'homely', 'other').ok().text  # known by the configuration
    by_key(t, 'homely', 'alice').ok()  # whose own key still does
    by_key(t, 'locked', 'other').ok()  # no password fits, but a key does
    by_key(t, 'dora', 'other').failed()
    by_key(t, 'alice', 'other').failed()
    by_key(t, 'ghost', 'other').failed()  # a file alone makes no account


@suite.test
def test_the_first_that_knows_a_name_owns_it(t):
    need_hythed()
    prepare()
    by_key(t, 'alice', 'alice').ok()
    by_password(t, 'alice', t.server.PASSWORD).ok()
    by_password(t, 'alice', PASSWORD).ok()  # asked of every plugin that offers the method
    replace(FILES['passwd'], 'alice:%s:::::\n' % FILES['hash'])
    by_password(t, 'alice', PASSWORD).ok()
    replace(FILES['passwd'], '')
    by_password(t, 'alice', PASSWORD).failed()
    by_password(t, 'alice', t.server.PASSWORD).ok()


@suite.test
def test_changes_hold_at_once(t):
    need_hythed()
    prepare()
    home_of(t, 'dora')
    by_password(t, 'eve', PASSWORD).failed()
    replace(FILES['passwd'], 'eve:%s\n' % FILES['hash'])
    by_password(t, 'eve', PASSWORD).ok()
    by_password(t, 'dora', PASSWORD).failed()
    by_key(t, 'dora', 'alice').failed()  # without an account the key opens nothing
    by_key(t, 'eve', 'other').failed()
    replace(key_file('eve'), keys().public('other') + '\n')
    by_key(t, 'eve', 'other').ok()
    os.unlink(key_file('eve'))
    by_key(t, 'eve', 'other').failed()


@suite.test
def test_an_unsafe_file_denies(t):
    need_hythed()
    prepare()
    home_of(t, 'dora')
    os.chmod(FILES['passwd'], 0o644)
    by_password(t, 'dora', PASSWORD).failed()
    by_key(t, 'dora', 'alice').failed()
    by_key(t, 'alice', 'alice').ok()
    assert 'passwd: its mode 0644 lets others' in t.server.log(), t.server.log()
    os.chmod(FILES['passwd'], 0o600)
    os.chmod(key_file('dora'), 0o666)
    by_key(t, 'dora', 'alice').failed()
    by_password(t, 'dora', PASSWORD).ok()
    assert 'of user "dora": it can be written by others' in t.server.log(), t.server.log()
    replace(key_file('homely'), keys().public('other') + '\n')
    os.rename(key_file('homely'), key_file('real'))
    os.symlink('real', key_file('homely'))
    by_key(t, 'homely', 'other').failed()


@suite.test
def test_options_before_a_key_are_refused_by_name(t):
    need_hythed()
    prepare()
    home_of(t, 'dora')
    replace(key_file('dora'), 'restrict,command="/bin/false" %s\n' % keys().public('alice'))
    by_key(t, 'dora', 'alice').failed()
    assert '/keys/dora:1: for user "dora": command: no programs are run here' in t.server.log(), t.server.log()
    replace(key_file('dora'), 'restrict,command="internal-sftp",from="127.0.0.0/8,::1" %s\n' % keys().public('alice'))
    by_key(t, 'dora', 'alice').ok()


@suite.test
def test_strangers_are_told_what_users_are_told(t):
    need_hythed()
    prepare()

    def said(user):
        text = run(['ssh', '-v', '-p', t.server.port] + t.server.ssh_options(LogLevel='DEBUG1', key='other') +
                   ['-s', '%s@%s' % (user, HOST), 'sftp']).failed().text
        lines = re.findall(r'Authentications that can continue: .*|Permission denied.*', text)
        assert lines, text
        return [line.replace(user, 'USER') for line in lines]
    assert said('dora') == said('alice') == said('ghost') == said('nobody-at-all')


def reread(t):
    """What the server says when its file, with the settings as they are now, is read again."""
    path = os.path.join(t.server.folder, 'hythe.cfg')
    write(path, re.sub(r'^LocalPort = \d+;$', 'LocalPort = 0;', t.server.config(), flags=re.M).encode())
    before = len(t.server.log())
    t.server.signal(signal.SIGHUP)
    return wait_for('an answer to SIGHUP', lambda: 'SIGHUP: ' in t.server.log()[before:] and t.server.log()[before:])


@suite.test(LogLevel=1)
def test_a_reload_brings_and_takes_plugins(t):
    need_hythed()
    prepare()
    home_of(t, 'dora')
    by_password(t, 'dora', PASSWORD).failed()
    t.server.settings.update(plugins())
    assert 'holds for new connections' in reread(t)
    by_password(t, 'dora', PASSWORD).ok()
    by_key(t, 'dora', 'alice').ok()
    by_key(t, 'alice', 'alice').ok()
    t.server.settings['auth'][1]['file'] += '-of-nobody'
    said = reread(t)
    assert 'nothing has changed' in said and 'passwd-of-nobody: No such file' in said, said
    by_password(t, 'dora', PASSWORD).ok()
    del t.server.settings['auth'][1:]
    assert 'holds for new connections' in reread(t)
    by_password(t, 'dora', PASSWORD).failed()
    by_key(t, 'alice', 'alice').ok()


def test_accounts_of_keys_alone(t):
    need_hythed()
    prepare()
    by_key(t, 'ghost', 'other').ok()
    by_key(t, 'ghost', 'alice').failed()
    by_key(t, 'nobody-at-all', 'other').failed()
    by_key(t, 'alice', 'alice').ok()


if suite.missing() is None and FILES:
    suite.test(**plugins(accounts=True))(test_accounts_of_keys_alone)
suite.main()
