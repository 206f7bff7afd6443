#!/usr/bin/python3
"""SIGHUP: what a new file brings to new connections, what it leaves to the old ones, and what a bad one doesn't do."""
import os
import re
import signal
import stat

from harness import *
from wire import *

suite = Suite('interop-reload', modules=['paramiko'], LogLevel=1)
UNIT = os.path.join(BUILDDIR, 'tests/unit/.libs')


# Reloading.

def config_path(t):
    return os.path.join(t.server.folder, 'hythe.cfg')


def put_config(t, text=None, **settings):
    """The server's file with these settings changed (None: without it), on the port that it was started with."""
    server = t.server
    for name, value in settings.items():
        server.settings[name] = server.placed(value)
    if not hasattr(t, 'asked'):
        t.asked = re.search(r'^LocalPort = \d+;$', read(config_path(t)).decode(), re.M).group()
    if text is None:
        text = re.sub(r'^LocalPort = \d+;$', t.asked, server.config(), flags=re.M)
    write(config_path(t), text.encode())


def sighup(t):
    """What the log says of one more reading."""
    before = t.server.log()
    t.server.signal(signal.SIGHUP)
    wait_for('an answer to SIGHUP', lambda: 'SIGHUP: ' in t.server.log()[len(before):])
    return t.server.log()[len(before):]


def reload(t, **settings):
    put_config(t, **settings)
    said = sighup(t)
    assert 'was read again and holds for new connections' in said, said


def refuses(t, *patterns):
    """The file as it is now changes nothing, for these reasons, each on a line of its own."""
    said = sighup(t)
    assert 'nothing has changed' in said, said
    for pattern in patterns:
        assert re.search(r'error .*' + pattern, said), '%r is not in\n%s' % (pattern, said)


def line_of(t, setting):
    return read(config_path(t)).decode().split(setting + ' = ')[0].count('\n') + 1


def user(t, name, **more):
    return dict(dict(name=name, keys=[t.server.keys.public('alice')]), **more)


def users(t, *names):
    return [user(t, name) for name in ('alice',) + names]


def may_enter(t, name):
    try:
        with session(t.server, user=name) as sftp:
            return sftp.realpath('.') is not None
    except paramiko.AuthenticationException:
        return False


def alone(**settings):
    return suite.test(**dict(dict(LogLevel=1), **settings))


# What a good file brings.

@alone(idle_timeout=0)
def test_users_come_and_go(t):
    assert not may_enter(t, 'bob')
    reload(t, users=users(t, 'bob'))
    assert may_enter(t, 'bob') and may_enter(t, 'alice') and not may_enter(t, 'homely')
    with session(t.server, user='bob') as sftp:
        reload(t, users=users(t))
        assert not may_enter(t, 'bob')
        assert sftp.realpath('.') == b'/'  # who is in stays


@alone(idle_timeout=0)
def test_an_old_session_keeps_its_view(t):
    t.put('old', b'old')
    write(os.path.join(t.server.placed('@second'), 'new'), b'new')
    t.server.own(t.server.placed('@second'))
    with Connection(t.server) as connection:
        sftp = connection.sftp()
        handle = sftp.open(t.r('old'))
        reload(t, mounts=[dict(path='/new', plugin='local-root', root='@second')])
        assert sftp.read(handle, 0, 10).data == b'old'
        assert sftp.stat('/new/new').code == NO_SUCH_FILE
        assert sftp.stat(t.r('old')).attrs['size'] == 3
        again = connection.sftp()  # a second channel of the same connection
        assert again.stat('/new/new').code == NO_SUCH_FILE
        with session(t.server) as fresh:
            assert fresh.stat('/new/new').attrs['size'] == 3
            assert 'new' in [name.decode() for name, _, _ in fresh.listing('/')]
            assert sftp.close(handle) == OK


@alone(idle_timeout=0)
def test_an_old_session_keeps_its_filters_root_and_own_mounts(t):
    t.put('file', b'file')
    write(os.path.join(t.server.placed('@own'), 'mine'), b'mine')
    t.server.own(t.server.placed('@own'))
    read_only = [dict(plugin='read-only')]
    own = dict(path='/own', plugin='local-root', root='@own')
    with session(t.server) as old:
        reload(t, groups=[dict(name='g', filters=read_only, mounts=[own])],
               users=[user(t, 'alice', groups=['g'], UserRootDirectory=t.remote)])
        with session(t.server) as fresh:
            assert fresh.stat('/file').attrs['size'] == 4 and fresh.stat('/own/mine').attrs['size'] == 4
            assert fresh.stat(t.r('file')).code == NO_SUCH_FILE
            assert fresh.ask(MKDIR, s('/made'), attrs()).code == PERMISSION_DENIED
            assert old.stat('/own/mine').code == NO_SUCH_FILE and old.stat('/file').code == NO_SUCH_FILE
            assert old.ask(MKDIR, s(t.r('made')), attrs()).code == OK
            reload(t, groups=[dict(name='g')], users=[user(t, 'alice', groups=['g'])])
            assert fresh.ask(RMDIR, s('/made')).code == PERMISSION_DENIED  # it keeps what it began with
            assert fresh.stat('/own/mine').attrs['size'] == 4
            with session(t.server) as last:
                assert last.ask(RMDIR, s(t.r('made'))).code == OK
                assert last.stat('/own/mine').code == NO_SUCH_FILE
    put_config(t, users=[user(t, 'alice', groups=['gg'])])
    refuses(t, r'hythe.cfg:\d+: groups: there is no group "gg"; did you mean g\?')


@alone(UserAuthBanner='first', DefaultAuthMethods='publickey')
def test_settings_hold_for_new_connections(t):
    def banner():
        return run(['sftp', '-v'] + t.server.ssh_options(LogLevel='INFO') +
                   ['-P', t.server.port, '-b', '/dev/null', 'alice@%s' % HOST]).ok().text

    assert 'first' in banner()
    reload(t, UserAuthBanner='second')
    assert 'second' in banner() and 'first' not in banner()
    with session(t.server):
        reload(t, MaxConnections=1, UserAuthBanner='')
        result = t.server.sftp(['ls'])
        assert result.code != 0, repr(result)
    wait_for('room again', lambda: t.server.sftp(['ls']).code == 0)


@alone(idle_timeout=0)
def test_the_log_level_changes_at_once(t):
    with session(t.server) as sftp:
        sftp.stat(t.r('before'))
        reload(t, LogLevel=2)
        assert ' verbose ' not in t.server.log()
    with session(t.server):
        wait_for('a line of level 2', lambda: ' verbose [conn 2]' in t.server.log())
    wait_for('both to have ended', lambda: t.server.log().count('end of the connection') == 2)
    before = t.server.log()
    put_config(t, LogLevel=0)
    t.server.signal(signal.SIGHUP)
    wait_for('it to be read', lambda: 'host key' in t.server.log()[len(before):])
    put_config(t, 'rubbish')
    refuses(t, 'hythe.cfg:')  # afterwards the level is certainly another one
    before = t.server.log()
    with session(t.server) as sftp:
        sftp.stat(t.r('after'))
    refuses(t, 'hythe.cfg:')
    assert ' info ' not in t.server.log()[len(before):]


# What a bad file doesn't.

@alone(idle_timeout=0)
def test_a_bad_file_changes_nothing(t):
    good = read(config_path(t)).decode()
    path = re.escape(config_path(t))
    t.put('a', b'as it was')
    with session(t.server) as sftp:
        for spoilt, pattern in ((good + 'LogLevl = 1;\n', r'%s:\d+: LogLevl is not a setting; did you mean LogLevel'),
                                (good + 'MaxConnections = 0;\n', r'%s:\d+: MaxConnections'),
                                (good + 'users = (;\n', r'%s:\d+: '),
                                (good + 'idle_timeout = 5;\n', r'%s:\d+: '),  # a second time
                                ('', r'%s: '),
                                (good + 'mounts = ( { path = "/m"; plugin = "none"; } );\n', r'%s:\d+: none at /m: '),
                                (good + 'mounts = ( { path = "/m"; plugin = "local-root"; root = "/none"; } );\n',
                                 r'%s:\d+: local-root at /m: '),
                                (good + '@include "none.cfg"\n', r'%s:\d+: cannot open .*none.cfg')):
            put_config(t, spoilt)
            refuses(t, pattern % path)
            assert sftp.stat(t.r('a')).attrs['size'] == 9
        os.unlink(config_path(t))
        refuses(t, path + ': cannot open it')
        assert may_enter(t, 'homely') and not may_enter(t, 'bob')
    put_config(t, good)
    assert 'holds for new connections' in sighup(t)


@alone(log_file='@logs/log')
def test_what_needs_a_restart_is_refused_by_name(t):
    put_config(t, ConnectionBacklog=7, read_ahead=False)
    refuses(t, r'hythe.cfg:%d: ConnectionBacklog can.t change' % line_of(t, 'ConnectionBacklog'),
            r'hythe.cfg:%d: read_ahead can.t change' % line_of(t, 'read_ahead'))
    put_config(t, ConnectionBacklog=None, read_ahead=None)
    text = read(config_path(t)).decode()
    put_config(t, re.sub('^log_file = .*$', '', text, flags=re.M))
    refuses(t, 'hythe.cfg: log_file can.t change')
    for change in (('LocalPort = 0', 'LocalPort = 1'), ('"%s"' % HOST, '"127.0.0.2"'),
                   ('run_as = "nobody"', 'run_as = "root"')):
        put_config(t)
        text = read(config_path(t)).decode()
        if change[0] in text:
            put_config(t, text.replace(*change))
            refuses(t, '%s can.t change' % change[1].split(' =')[0].replace('"127.0.0.2"', 'LocalHost'))
    reload(t)


@alone(ProcessIdleEvents=False)
def test_what_is_for_embedding_programs_is_no_hindrance(t):
    reload(t, MaxConnections=77)


@alone(idle_timeout=0)
def test_what_takes_more_rights_is_refused_by_name(t):
    need(ROOT, 'who is not root has no rights to give up')
    own = os.path.join(t.server.folder, 'own-key')
    run(['ssh-keygen', '-q', '-t', 'ecdsa', '-N', '', '-f', own]).ok()
    said = sighup(t)
    assert 'all host keys stay' in said and t.server.keys.path('host') in said, said
    t.server.settings['AltSSHCert'] = [dict(Store=own)]
    put_config(t)
    refuses(t, 'host key .*: to read it takes more rights than are left')
    t.server.settings.pop('AltSSHCert')
    closed = t.server.placed('@closed')
    os.mkdir(os.path.join(closed, 'in'))
    os.chmod(closed, 0o700)
    os.chown(closed, 0, 0)
    put_config(t, mounts=[dict(path='/m', plugin='local-root', root=os.path.join(closed, 'in'))])
    refuses(t, 'local-root at /m: ')
    put_config(t, mounts=[dict(path='/m', plugin='local-root', root=t.server.root)])
    os.chmod(config_path(t), 0o600)
    refuses(t, 'to read %s takes more rights than are left' % re.escape(config_path(t)))
    os.chmod(config_path(t), 0o644)
    assert 'holds for new connections' in sighup(t)
    with session(t.server) as sftp:
        assert stat.S_ISDIR(sftp.stat('/m').attrs['mode'])


def new_key(path, password=''):
    """A key of root's alone, in place of the one that was there; what a client sees of it."""
    run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', password, '-f', path + '.new']).ok()
    os.rename(path + '.new', path)
    return read(path + '.new.pub').split()[1].decode()


def shown_key(t):
    transport = paramiko.Transport(t.server.connect())
    try:
        transport.start_client(timeout=20)
        return transport.get_remote_server_key().get_base64()
    finally:
        transport.close()


@alone(idle_timeout=0)
def test_new_host_keys_of_roots(t):
    need(ROOT, 'who is not root has no rights to give up')
    folder = os.path.join(t.server.folder, 'keys')
    os.mkdir(folder, 0o700)
    path, password, later = (os.path.join(folder, name) for name in ('key', 'password', 'later'))
    first = new_key(path)
    write(password, b'a word\n', 0o600)
    t.server.end()
    t.server.settings.update(AltSSHCert=None, SSHCertStore=path, SSHCertStorePassword='file:' + password,
                             reload_host_keys=True)
    plainly = t.server.config
    t.server.config = lambda: re.sub(r'AltSSHCert = .*?\);\n', '', plainly(), flags=re.S)
    t.server.begin()
    assert shown_key(t) == first and 'for 0 of the plugins and 2 files of host keys' in t.server.log()
    second = new_key(path, 'another')
    write(password, b'another\n', 0o600)
    said = sighup(t)
    assert 'holds for new connections' in said and shown_key(t) == second, said
    new_key(later)
    put_config(t, SSHCertStore=later)
    refuses(t, 'host key .*/later: to read it takes more rights than are left')
    put_config(t, SSHCertStore=path)
    os.unlink(path)
    os.symlink(later, path)
    assert 'all host keys stay' in sighup(t) and shown_key(t) == second
    os.unlink(path)
    write(path, b'no key', 0o600)
    refuses(t, 'host key .*/key: ')
    assert shown_key(t) == second
    os.chmod(folder, 0o777)
    said = run([t.server.program(), '--check', '-f', config_path(t)]).failed().text
    assert re.search(r'cfg:%d: reload_host_keys: .*keys can be written by others' % line_of(t, 'reload_host_keys'), said), \
        said


# Transfers.

class Transfer:
    """OpenSSH's sftp in the middle of a transfer, which stands still when it is told to."""

    def __init__(self, t, command, grows):
        self.grows = grows
        args = ['sftp', '-q', '-l', '400000'] + t.server.ssh_options() + ['-P', t.server.port, '-b', '-']
        self.process = start(args + ['alice@%s' % HOST], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
        self.process.stdin.write(command.encode() + b'\n')
        self.process.stdin.close()
        self.process.stdin = None
        self.step(0)

    def size(self):
        return os.path.getsize(self.grows) if os.path.exists(self.grows) else 0

    def step(self, since):
        """Goes on until more has arrived, then stands still."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGCONT)
        wait_for('progress', lambda: self.size() > since or self.process.poll() is not None)
        os.killpg(self.process.pid, signal.SIGSTOP)
        assert self.process.poll() is None, 'over too soon: %r' % self.process.stdout.read()
        self.seen = self.size()

    def finish(self):
        os.killpg(self.process.pid, signal.SIGCONT)
        out, _ = self.process.communicate(timeout=60)
        janitor().tell('end', self.process.pid)
        assert self.process.returncode == 0, out


@alone(idle_timeout=0)
def test_a_transfer_runs_through_twenty_reloads(t):
    data = noise(96 << 20)
    local = write(t.l('up'), data)
    t.put('down', data)
    up = Transfer(t, 'put %s %s' % (local, t.r('up')), t.d('up'))
    down = Transfer(t, 'get %s %s' % (t.r('down'), t.l('down')), t.l('down'))
    for i in range(20):
        reload(t, MaxConnections=100 + i, max_handles=100 + i, users=users(t, 'user%d' % i),
               mounts=[dict(path='/m%d' % i, plugin='local-root', root=t.server.root)])
        assert may_enter(t, 'user%d' % i)
        up.step(up.seen)
        down.step(down.seen)
    up.finish()
    down.finish()
    same(local, t.d('up'))
    same(t.d('down'), t.l('down'))


@alone(idle_timeout=0)
def test_handles_outlive_reloads(t):
    data = noise(1 << 20)
    t.put('a', data)
    with session(t.server) as sftp:
        handle, up = sftp.open(t.r('a')), sftp.open(t.r('up'), O_WRITE | O_CREAT)
        for i in range(20):
            at = i * 50000
            put_config(t, MaxConnections=100 + i)
            t.server.signal(signal.SIGHUP)  # and doesn't wait for it
            assert sftp.read(handle, at, 32768).data == data[at:at + 32768]
            assert sftp.write(up, at, data[at:at + 50000]) == OK
        assert sftp.close(up) == OK
    assert read(t.d('up')) == data[:1000000]


# Plugins.

def plugin_folder(t, *files):
    """A folder of plugins of the test's own."""
    folder = os.path.join(t.server.folder, 'plugins')
    os.makedirs(folder, 0o755, exist_ok=True)
    for source, name in ((os.path.join(PLUGINS, 'local-root.so'), 'local-root.so'),) + files:
        write(os.path.join(folder, name), read(source), 0o755)
    return folder


def sample(version):
    path = os.path.join(UNIT, 'sample.so' if version == 1 else 'sample-%d.so' % version)
    need(os.path.exists(path), '%s was not built; make check does' % path)
    return path


def version(sftp):
    """The sample's root has its version for a size."""
    return sftp.stat('/sample').attrs['size']


def overwritten(folder):
    with open(os.path.join(folder, 'sample.so'), 'r+b') as f:
        f.truncate(0)
        f.write(read(sample(2)))


def renamed_over(folder):
    write(os.path.join(folder, 'new'), read(sample(2)), 0o755)
    os.rename(os.path.join(folder, 'new'), os.path.join(folder, 'sample.so'))


def both_versions(t, change):
    folder = plugin_folder(t, (sample(1), 'sample.so'))
    reload(t, plugin_directory=folder, mounts=[dict(path='/sample', plugin='sample', root='/')])
    with session(t.server) as old:
        assert version(old) == 1
        change(folder)
        assert version(old) == 1
        with session(t.server) as unaware:
            assert version(unaware) == 1
        reload(t)
        with session(t.server) as new:
            assert (version(old), version(new)) == (1, 2)
            assert 'stops with /' not in t.server.log()
            reload(t, MaxConnections=77)
            assert (version(old), version(new)) == (1, 2)
    wait_for('the end of the old version', lambda: t.server.log().count('stops with /') == 1)
    wait_for('its code to be gone', lambda: pieces(t) == 1)


def pieces(t, name='sample'):
    """Versions of a plugin whose code is in the process."""
    return len(re.findall(r'r-xp.*memfd:%s\.so' % name, read('/proc/%d/maps' % t.server.pid).decode()))


@alone(idle_timeout=0)
def test_a_plugin_overwritten_in_place(t):
    both_versions(t, overwritten)


@alone(idle_timeout=0)
def test_a_plugin_renamed_over(t):
    both_versions(t, renamed_over)


@alone(idle_timeout=0)
def test_a_plugin_that_is_half_written(t):
    folder = plugin_folder(t, (sample(1), 'sample.so'))
    reload(t, plugin_directory=folder, mounts=[dict(path='/sample', plugin='sample', root='/')])
    with session(t.server) as old:
        for part in (0, 100, 5000, len(read(sample(2))) - 1):
            with open(os.path.join(folder, 'sample.so'), 'r+b') as f:
                f.truncate(0)
                f.write(read(sample(2))[:part])
            refuses(t, 'sample at /sample: .*sample.so')
            assert version(old) == 1
            with session(t.server) as new:
                assert version(new) == 1


def held(t, name):
    """A call is in the middle of a filter's code when nothing wants that filter any more and its file is gone."""
    source = os.path.join(BUILDDIR, 'tests/interop/.libs', name + '.so')
    need(os.path.exists(source), '%s was not built; make check does' % source)
    folder = plugin_folder(t, (source, name + '.so'))
    tree, began, go = (t.server.placed('@' + part) for part in ('tree', 'gates/began', 'gates/go'))
    for fifo in (began, go):
        os.mkfifo(fifo)
        os.chmod(fifo, 0o666)
    t.server.own(write(os.path.join(tree, 'wait-read'), b'answered'))
    plain = dict(path='/', plugin='local-root', root=tree)
    reload(t, plugin_directory=folder, mounts=[dict(plain, filters=[dict(plugin=name, began=began, go=go)])])
    with Connection(t.server) as connection:
        sftp = connection.sftp()
        handle = sftp.open('/wait-read')
        number = sftp.send(READ, s(handle), u64(0), u32(100))
        open(began, 'rb').close()
        write(os.path.join(folder, name + '.so'), bytes(1 << 16))
        os.unlink(os.path.join(folder, name + '.so'))
        reload(t, mounts=[plain])
        with session(t.server) as fresh:
            assert fresh.read(fresh.open('/wait-read'), 0, 100).data == b'answered'  # nobody holds it here
        assert pieces(t, name) == 1
        open(go, 'wb').close()
        reply = sftp.reply()
        assert reply.id == number and reply.data == b'answered', reply
    wait_for('its code to be gone', lambda: pieces(t, name) == 0)


@alone(idle_timeout=0)
def test_a_call_outlives_its_plugin(t):
    held(t, 'hanging')  # on the connection's thread


@alone(idle_timeout=0)
def test_a_slow_call_outlives_its_plugin(t):
    held(t, 'waiting')  # on a thread for slow calls


@alone(idle_timeout=0)
def test_an_unchanged_tree_in_memory_stays(t):
    need(os.path.exists(os.path.join(PLUGINS, 'memory.so')), 'memory is not built')
    memory = dict(path='/mem', plugin='memory', size='1M')
    reload(t, mounts=[memory])
    with session(t.server) as sftp:
        handle = sftp.open('/mem/a', O_WRITE | O_CREAT)
        assert sftp.write(handle, 0, b'kept') == OK and sftp.close(handle) == OK
        reload(t, MaxConnections=77, mounts=[dict(size='1M', plugin='memory', path='/mem'),
                                             dict(path='/more', plugin='local-root', root=t.server.root)])
        with session(t.server) as other:
            assert other.stat('/mem/a').attrs['size'] == 4
        reload(t, mounts=[dict(memory, size='2M')])
        with session(t.server) as other:
            assert other.stat('/mem/a').code == NO_SUCH_FILE
        assert sftp.stat('/mem/a').attrs['size'] == 4


# Leaks.

@alone(idle_timeout=0)
def test_fifty_reloads_leave_nothing_behind(t):
    folder = plugin_folder(t, (sample(1), 'sample.so'))
    mount = dict(path='/sample', plugin='sample', root='/')
    reload(t, plugin_directory=folder, mounts=[mount])
    with session(t.server):
        pass
    usage = wait_for('rest', lambda: Suite._twice(t.server))
    for i in range(50):
        write(os.path.join(folder, 'sample.so'), read(sample(2 - i % 2)), 0o755)
        with session(t.server) as sftp:
            reload(t, MaxConnections=100 + i, mounts=[dict(mount, root='/%d' % i), dict(mount, path='/b')])
            assert version(sftp) >= 1
        if i % 10 == 0:
            put_config(t, 'rubbish')
            refuses(t, 'hythe.cfg:')
    reload(t, mounts=[mount])
    t.server.settled(usage)
    wait_for('one version alone', lambda: pieces(t) == 1)
    wait_for('all others to stop', lambda: t.server.log().count('starts with /') -
             t.server.log().count('stops with /') == 1)


suite.main()
