"""What every interop script stands on: a server of its own on a free port, a folder of its own, a list of tests, one
line for each of them and a summary. A script is run by `make check` or alone by hand:

    HYTHE_BUILDDIR=... tests/interop/interop_lftp.py [name of a test ...]

INTEROP_SERVER=sshd runs the same tests against OpenSSH's server (as root only): it shows that a test is right about
the clients, whatever hythed does. Exit: 0 all passed, 1 something failed, 77 nothing could be tested."""
import atexit
import contextlib
import hashlib
import os
import random
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import warnings

warnings.filterwarnings('ignore')  # deprecations inside the clients' libraries are no news here

SRCDIR = os.environ.get('HYTHE_SRCDIR') or os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
BUILDDIR = os.environ.get('HYTHE_BUILDDIR') or SRCDIR
PLUGINS = os.environ.get('HYTHE_PLUGINS') or os.path.join(BUILDDIR, '.libs')
FLAVOUR = os.environ.get('INTEROP_SERVER', 'hythed')
HOST = '127.0.0.1'
ROOT = os.geteuid() == 0
RUN_AS = 'nobody'

# Around every boundary that a client or the server cuts at: one packet of 32 KiB, one of limits@, many.
SIZES = (0, 1, 32767, 32768, 32769, 255 * 1024 - 1, 255 * 1024, 255 * 1024 + 1, 5 << 20)
FAR = (4 << 30) + 12345  # an offset that 32 bits don't hold

# Whatever a file system takes in a name. A client that can't say one of them at its prompt moves it in a tree.
ODD_NAMES = ('two words', ' leading', 'trailing ', "it's", 'say "hi"', 'back\\slash', 'new\nline', 'tab\there',
             '-dash', '#hash', 'semi;colon', 'dollar$HOME', 'star*', 'what?', '[brackets]', 'per%20cent', 'a&b|c',
             'caf\u00e9', '\u65e5\u672c\u8a9e', 'smile \U0001f600', '~tilde', 'x' * 200)


class Skip(Exception):
    """The test can't be made here; the text says why."""


def need(condition, why):
    if not condition:
        raise Skip(why)


def need_hythed():
    need(FLAVOUR == 'hythed', 'about hythed alone')


# Waiting, always for something.

def wait_for(what, probe, seconds=20):
    """Asks probe() again and again until it answers something true; fails after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        got = probe()
        if got:
            return got
        if time.monotonic() > end:
            raise AssertionError('waited %d s in vain for %s' % (seconds, what))
        time.sleep(0.02)


# What is left when a script ends, however it ends, is cleaned away by a process that outlives it.

class Janitor:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix='hythe-interop-')
        os.chmod(self.folder, 0o711)
        reader, self.pipe = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.pipe)
            self._run(reader)
        os.close(reader)
        os.set_inheritable(self.pipe, False)
        self.owner = os.getpid()
        atexit.register(self.close)

    def tell(self, verb, value):
        os.write(self.pipe, ('%s %s\n' % (verb, value)).encode())

    def close(self):
        if os.getpid() == self.owner and self.pid:
            os.close(self.pipe)
            os.waitpid(self.pid, 0)
            self.pid = 0

    def _run(self, reader):
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sig, signal.SIG_IGN)
        pids, mounts = set(), set()
        with os.fdopen(reader) as lines:
            for line in lines:
                verb, value = line.rstrip('\n').split(' ', 1)
                if verb == 'start':
                    pids.add(int(value))
                elif verb == 'end':
                    pids.discard(int(value))
                elif verb == 'mount':
                    mounts.add(value)
                elif verb == 'folder':
                    mounts.add(value)
        for pid in pids:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        for mount in mounts:
            if os.path.ismount(mount):
                subprocess.run(['fusermount3', '-u', '-z', mount], stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)
        os._exit(0)


_janitor = None


def scratch():
    """This script's temporary folder."""
    global _janitor
    if _janitor is None:
        _janitor = Janitor()
    return _janitor.folder


def janitor():
    scratch()
    return _janitor


# Running a client.

class Result:
    def __init__(self, args, code, out, err):
        self.args, self.code, self.out, self.err = args, code, out, err

    @property
    def text(self):
        return self.out.decode('utf-8', 'replace') + self.err.decode('utf-8', 'replace')

    def __repr__(self):
        return '%s: exit %s\n%s' % (' '.join(map(str, self.args))[:600], self.code, self.text[-3000:])

    def ok(self):
        assert self.code == 0, repr(self)
        return self

    def failed(self):
        assert self.code != 0, 'succeeded and should not have: %r' % self
        return self


def client_env(**more):
    """No client sees the user's own settings."""
    home = os.path.join(scratch(), 'clienthome')
    os.makedirs(home, exist_ok=True)
    keep = {k: os.environ[k] for k in ('PATH', 'TMPDIR') if k in os.environ}
    return dict(keep, HOME=home, LC_ALL='C.UTF-8', XDG_CONFIG_HOME=home, XDG_CACHE_HOME=home,
                XDG_DATA_HOME=home, **more)


def start(args, **kw):
    kw.setdefault('env', client_env())
    process = subprocess.Popen([str(a) for a in args], start_new_session=True, **kw)
    janitor().tell('start', process.pid)
    return process


def reap(process, seconds=20):
    """Ends a process that start() began, by force if need be, and all of its group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    process.wait(seconds)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            with contextlib.suppress(OSError):
                pipe.close()
    janitor().tell('end', process.pid)


def run(args, stdin=b'', seconds=60, **kw):
    """Runs a client to its end."""
    if isinstance(stdin, str):
        stdin = stdin.encode()
    process = start(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kw)
    try:
        out, err = process.communicate(stdin, seconds)
    except subprocess.TimeoutExpired:
        reap(process)
        raise AssertionError('no end after %d s: %s' % (seconds, ' '.join(map(str, args))[:600]))
    janitor().tell('end', process.pid)
    return Result(args, process.returncode, out, err)


# Contents.

def noise(size, seed=1):
    return random.Random(seed * 1000003 + size).randbytes(size)


def digest(path):
    h = hashlib.sha256()
    with open(path, 'rb') as f:
        for block in iter(lambda: f.read(1 << 20), b''):
            h.update(block)
    return h.hexdigest()


def write(path, data, mode=None):
    with open(path, 'wb') as f:
        f.write(data)
    if mode is not None:
        os.chmod(path, mode)
    return path


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def same(a, b):
    assert os.path.exists(b), '%s is missing' % b
    assert os.path.getsize(a) == os.path.getsize(b), \
        '%s has %d bytes, %s %d' % (a, os.path.getsize(a), b, os.path.getsize(b))
    assert digest(a) == digest(b), '%s and %s differ' % (a, b)


def sparse(path, size, tail):
    """A file of `size` bytes that holds nothing but zeros, and `tail` behind them."""
    with open(path, 'wb') as f:
        f.truncate(size)
        f.seek(size)
        f.write(tail)
    return path


def tail_of(path, size):
    with open(path, 'rb') as f:
        f.seek(size)
        return f.read()


def make_tree(path, odd=True):
    """A folder with folders, an empty one too, files of several sizes and names of every kind."""
    for sub in ('', 'deep/er/still', 'empty', 'many'):
        os.makedirs(os.path.join(path, sub), exist_ok=True)
    for size in SIZES[:-1]:
        write(os.path.join(path, 'size-%d' % size), noise(size))
    for i in range(40):
        write(os.path.join(path, 'many', 'f%02d' % i), noise(i * 100))
    write(os.path.join(path, 'deep/er/still', 'leaf'), noise(70000, 7))
    for name in ODD_NAMES if odd else ():
        write(os.path.join(path, name), name.encode() + b'\n')
    return path


def tree(path):
    """{relative name: sha256, or None for a folder}"""
    found = {}
    for top, folders, files in os.walk(path):
        for name in folders:
            found[os.path.relpath(os.path.join(top, name), path)] = None
        for name in files:
            full = os.path.join(top, name)
            found[os.path.relpath(full, path)] = digest(full)
    return found


def same_tree(a, b, ignore_empty=False):
    first, second = tree(a), tree(b)
    if ignore_empty:
        first.pop('empty', None)
        second.pop('empty', None)
    missing = sorted(set(first) - set(second))
    extra = sorted(set(second) - set(first))
    differ = sorted(n for n in first if n in second and first[n] != second[n])
    assert not (missing or extra or differ), 'missing %r, not expected %r, different %r' % (missing, extra, differ)


# Configuration.

def libconfig(value, depth=0):
    """A Python value in libconfig's notation: dict = group, list = list."""
    pad = '  ' * depth
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, int):
        return '%d' % value
    if isinstance(value, str):
        return '"%s"' % ''.join('\\x%02x' % ord(c) if ord(c) < 32 else '\\' + c if c in '"\\' else c for c in value)
    if isinstance(value, dict):
        return '{ %s }' % ' '.join('%s = %s;' % (k, libconfig(v, depth + 1)) for k, v in value.items())
    return '(\n%s%s )' % (pad, (',\n' + pad).join('  ' + libconfig(v, depth + 1) for v in value))


class Keys:
    """Key pairs of this script: two host keys, two of users, in OpenSSH's form and in PuTTY's."""

    def __init__(self):
        self.folder = os.path.join(scratch(), 'keys')
        os.mkdir(self.folder, 0o700)
        for name, kind in (('host', 'ed25519'), ('host2', 'ecdsa'), ('alice', 'ed25519'), ('other', 'ed25519')):
            run(['ssh-keygen', '-q', '-t', kind, '-N', '', '-C', name, '-f', self.path(name)]).ok()
        self.askpass = write(os.path.join(scratch(), 'askpass'), b'#!/bin/sh\nprintf "%s\\n" "$INTEROP_PASSWORD"\n',
                             0o755)

    def path(self, name):
        return os.path.join(self.folder, name)

    def public(self, name):
        return read(self.path(name) + '.pub').decode().strip()

    def ppk(self, name):
        made = self.path(name) + '.ppk'
        if not os.path.exists(made):
            run(['puttygen', self.path(name), '-O', 'private', '-o', made]).ok()
        return made

    def fingerprint(self, name):
        return run(['ssh-keygen', '-l', '-f', self.path(name) + '.pub']).ok().text.split()[1]


_keys = None


def keys():
    global _keys
    if _keys is None:
        _keys = Keys()
    return _keys


# Servers.

class Server:
    """A server in the foreground over a tree of its own, and what a test may ask about its process."""

    PASSWORD = 'correct horse "battery" st\u00e4ple'

    def __init__(self, name='server', **settings):
        self.name = name
        self.keys = keys()
        self.folder = os.path.join(scratch(), name)
        os.mkdir(self.folder, 0o711)
        self.root = os.path.join(self.folder, 'root')
        os.mkdir(self.root, 0o755)
        self.log_path = os.path.join(self.folder, 'log')
        self.own(self.root)
        self.settings = {k: self.placed(v) for k, v in settings.items()}
        self.process = None
        self.quiet = None  # usage() at rest
        self.port = 0
        self.user = 'alice'

    def placed(self, value):
        """A setting, with @name replaced by a folder `name` of this server, @name/file by a place for a file in it."""
        if isinstance(value, dict):
            return {k: self.placed(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.placed(v) for v in value]
        if isinstance(value, str) and value.startswith('@'):
            path = os.path.join(self.folder, value[1:])
            folder = os.path.dirname(path) if '/' in value else path
            os.makedirs(folder, 0o755, exist_ok=True)
            self.own(folder)
            return path
        return value

    # What differs between the two kinds.

    def command(self):
        raise NotImplementedError

    listening = None  # a pattern with the port as its first group, or None: the port is known

    # Its life.

    def begin(self):
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.folder, start_new_session=True)
        janitor().tell('start', self.process.pid)
        wait_for('the server to listen; its log:\n' + self.log()[-2000:], self._is_up, 30)
        write(os.path.join(scratch(), self.name + '.known_hosts'), self.known_hosts().encode())
        return self

    def _is_up(self):
        if self.process.poll() is not None:
            raise AssertionError('the server ended with %s:\n%s' % (self.process.returncode, self.log()[-4000:]))
        found = re.findall(self.listening, self.log())
        if found and not self.port:
            self.port = int(found[-1])
        return found

    def signal(self, number):
        os.kill(self.process.pid, number)

    def end(self, seconds=30):
        """SIGTERM, and its exit status."""
        if self.process is None:
            return None
        process, self.process = self.process, None
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                reap(process)
                raise AssertionError('the server did not end %d s after SIGTERM:\n%s' % (seconds, self.log()[-2000:]))
        janitor().tell('end', process.pid)
        return process.returncode

    def kill(self):
        if self.process is not None:
            reap(self.process)
            self.process = None

    # Its process.

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def log(self):
        text = ''
        for path in (self.log_path, self.settings.get('log_file')):
            if path and os.path.exists(path):
                text += read(path).decode('utf-8', 'replace')
        return text

    def descriptors(self):
        return len(os.listdir('/proc/%d/fd' % self.pid))

    def threads(self):
        return len(os.listdir('/proc/%d/task' % self.pid))

    def children(self):
        count = 0
        for task in os.listdir('/proc/%d/task' % self.pid):
            with contextlib.suppress(OSError):
                count += len(read('/proc/%d/task/%s/children' % (self.pid, task)).split())
        return count

    def memory(self):
        """Bytes that this process alone accounts for."""
        text = read('/proc/%d/smaps_rollup' % self.pid).decode()
        return 1024 * int(re.search(r'^Pss:\s+(\d+)', text, re.M).group(1))

    def usage(self):
        return self.descriptors(), self.threads(), self.children()

    def settled(self, usage, seconds=30):
        """Waits until the process holds no more than it did."""
        try:
            wait_for('it', lambda: all(a <= b for a, b in zip(self.usage(), usage)), seconds)
        except AssertionError:
            raise AssertionError('descriptors, threads, children: %r, and %r %d s after the last client left' %
                                 (usage, self.usage(), seconds))

    # Its tree.

    def own(self, path):
        """Gives a file or folder (and all in it) to the user that the server works as."""
        if not ROOT:
            return path
        import pwd
        entry = pwd.getpwnam(self.owner)
        os.lchown(path, entry.pw_uid, entry.pw_gid)
        if os.path.isdir(path) and not os.path.islink(path):
            for top, folders, files in os.walk(path):
                for name in folders + files:
                    os.lchown(os.path.join(top, name), entry.pw_uid, entry.pw_gid)
        return path

    def disk(self, path):
        """Where a path of the server lies here."""
        return os.path.join(self.root, path.lstrip('/'))

    def known_hosts(self):
        return ''.join('[%s]:%d %s\n' % (HOST, self.port, ' '.join(self.keys.public(k).split()[:2]))
                       for k in ('host', 'host2'))

    def known_hosts_path(self):
        return os.path.join(scratch(), self.name + '.known_hosts')

    # How OpenSSH's programs get to it.

    def ssh_options(self, key='alice', **more):
        options = dict(StrictHostKeyChecking='yes', UserKnownHostsFile=self.known_hosts_path(),
                       GlobalKnownHostsFile='/dev/null', IdentitiesOnly='yes', IdentityAgent='none', BatchMode='yes',
                       ConnectTimeout='20', LogLevel='ERROR', PreferredAuthentications='publickey', UpdateHostKeys='no')
        options.update(more)
        args = ['-F', '/dev/null', '-i', self.keys.path(key)]
        for name, value in options.items():
            args += ['-o', '%s=%s' % (name, value)]
        return args

    def sftp(self, commands, *extra, seconds=60, options=None, user=None, port=None, stop=True):
        """OpenSSH's sftp with a batch of commands, one a line; a line that begins with - may fail."""
        args = ['sftp', '-q'] + self.ssh_options(**(options or {})) + ['-P', port or self.port, '-b', '-'] + list(extra)
        return run(args + ['%s@%s' % (user or self.user, HOST)], '\n'.join(commands) + '\n', seconds)

    # How a library gets to it.

    def connect(self, seconds=20):
        sock = socket.create_connection((HOST, self.port), seconds)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock


class Hythed(Server):
    owner = RUN_AS
    listening = r'listening on \S+ port (\d+)'

    def program(self, name='hythed'):
        path = os.path.join(BUILDDIR, name)
        need(os.access(path, os.X_OK), '%s was not built' % path)
        return path

    def hash(self, password):
        made = os.path.join(scratch(), 'hash')
        if not os.path.exists(made):
            result = run([self.program(), '--hash-password'], password + '\n').ok()
            write(made, result.out.strip())
        return read(made).decode()

    def config(self):
        base = dict(LocalHost=HOST, LocalPort=0, SSHCertStore=self.keys.path('host'),
                    AltSSHCert=[dict(Store=self.keys.path('host2'))],
                    plugin_directory=PLUGINS)
        if ROOT:
            base['run_as'] = RUN_AS
        if 'mounts' not in self.settings:
            base['RootDirectory'] = self.root
        base['users'] = [
            dict(name='alice', password=self.hash(self.PASSWORD), keys=[self.keys.public('alice')]),
            dict(name='homely', keys=[self.keys.public('alice')], HomeDir='/home/homely')]
        base.update({k: v for k, v in self.settings.items() if v is not None})
        if self.port:
            base['LocalPort'] = self.port
        return ''.join('%s = %s;\n' % (k, libconfig(v)) for k, v in base.items())

    def command(self):
        path = write(os.path.join(self.folder, 'hythe.cfg'), self.config().encode())
        home = os.path.join(self.root, 'home/homely')
        if not os.path.isdir(home):
            os.makedirs(home)
            self.own(os.path.join(self.root, 'home'))
        return [self.program(), '-f', path]


class Sshd(Server):
    """OpenSSH's server over internal-sftp and a chroot, for the tests' own sake."""
    owner = 'root'
    listening = r'Server listening on \S+ port (\d+)'

    def __init__(self, *args, **kw):
        super().__init__(*args, **kw)
        need(ROOT, "OpenSSH's server chroots as root only")
        self.user = 'root'
        shutil.rmtree(self.root)
        self.base = tempfile.mkdtemp(prefix='.hythe-interop-', dir='/')  # each folder above must be root's alone
        atexit.register(shutil.rmtree, self.base, True)
        os.chmod(self.base, 0o755)
        self.root = os.path.join(self.base, 'root')
        os.mkdir(self.root, 0o755)
        with socket.socket() as s:
            s.bind((HOST, 0))
            self.port = s.getsockname()[1]

    def command(self):
        write(os.path.join(self.folder, 'authorized'), (self.keys.public('alice') + '\n').encode(), 0o644)
        config = ['ListenAddress %s' % HOST, 'Port %d' % self.port, 'HostKey %s' % self.keys.path('host'),
                  'HostKey %s' % self.keys.path('host2'), 'AuthorizedKeysFile %s/authorized' % self.folder,
                  'Subsystem sftp internal-sftp', 'ChrootDirectory %s' % self.root, 'PermitRootLogin yes',
                  'StrictModes no', 'UsePAM no', 'PasswordAuthentication no', 'PidFile none', 'AllowTcpForwarding no',
                  'AllowAgentForwarding no', 'LoginGraceTime %d' % self.settings.get('login_grace', 30),
                  'MaxAuthTries %d' % self.settings.get('MaxAuthAttempts', 6), 'X11Forwarding no', 'MaxStartups 500',
                  'LogLevel INFO']
        path = write(os.path.join(self.folder, 'sshd_config'), ('\n'.join(config) + '\n').encode())
        os.makedirs('/run/sshd', exist_ok=True)
        return ['/usr/sbin/sshd', '-D', '-e', '-f', path]

    def end(self, seconds=30):
        super().end(seconds)
        return 0


def make_server(name='server', **settings):
    return (Hythed if FLAVOUR == 'hythed' else Sshd)(name, **settings)


# Tests.

class Test:
    """What a test is given: the server, a folder on it that is empty, and an empty folder here."""

    def __init__(self, server, name):
        self.server = server
        self.name = name
        self.remote = '/t-' + name
        self.disk = server.disk(self.remote)
        self.local = os.path.join(scratch(), 'l-' + name)
        os.mkdir(self.disk)
        server.own(self.disk)
        os.mkdir(self.local)

    def l(self, name):
        return os.path.join(self.local, name)

    def d(self, name):
        return os.path.join(self.disk, name)

    def r(self, name):
        return self.remote + '/' + name

    def put(self, name, data):
        """A file on the server, made behind its back."""
        path = write(self.d(name), data)
        return self.server.own(path)

    def samples(self, where, sizes=SIZES):
        """Files of every size that matters in a folder; their names."""
        names = []
        for size in sizes:
            name = 'size-%d' % size
            path = write(os.path.join(where, name), noise(size))
            if where == self.disk:
                self.server.own(path)
            names.append(name)
        return names

    def many(self, count=10000):
        """A folder of the server with `count` files; their names."""
        names = {'entry-%05d-of-many.txt' % i for i in range(count)}
        os.mkdir(self.d('many'))
        folder = os.open(self.d('many'), os.O_RDONLY)
        for name in names:
            os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=folder))
        os.close(folder)
        self.server.own(self.d('many'))
        return names


class Suite:
    """The tests of one script, in the order of their writing. A test that declares settings gets a server that has
    them to itself."""

    def __init__(self, name, programs=(), modules=(), seconds=240, **settings):
        self.name = name
        self.programs = programs
        self.modules = modules
        self.settings = settings
        self.seconds = seconds
        self.tests = []
        self.counts = dict(passed=0, failed=0, skipped=0)

    def test(self, function=None, **settings):
        def add(f):
            self.tests.append((f, settings))
            return f
        return add(function) if function else add

    def missing(self):
        for program in self.programs:
            if not shutil.which(program):
                return '%s is not installed' % program
        for module in self.modules:
            try:
                __import__(module)
            except ImportError:
                return "Python's %s is not installed" % module
        return None

    def main(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        signal.signal(signal.SIGALRM, lambda *_: self._too_long())
        signal.alarm(self.seconds)
        os.umask(0o022)
        why = self.missing()
        if why is None and FLAVOUR == 'hythed' and not os.access(os.path.join(BUILDDIR, 'hythed'), os.X_OK):
            why = 'hythed was not built in %s' % BUILDDIR
        if why:
            print('%s: skipped, %s' % (self.name, why))
            sys.exit(77)
        wanted = sys.argv[1:]
        shared = None
        try:
            for function, settings in self.tests:
                name = function.__name__
                if wanted and name not in wanted:
                    continue
                if settings:
                    self._run(name, lambda: self._alone(function, settings))
                else:
                    if shared is None:
                        shared = make_server(**self.settings).begin()
                        usage = shared.quiet = self._warm(shared)
                    self._run(name, lambda: function(Test(shared, name)), shared)
            if shared is not None:
                self._run('test_nothing_is_left_over', lambda: shared.settled(usage))
                self._run('test_sigterm_ends_it_with_0', lambda: self._ends(shared))
        finally:
            if shared is not None:
                shared.kill()
        print('%s: %d passed, %d failed, %d skipped' %
              (self.name, self.counts['passed'], self.counts['failed'], self.counts['skipped']))
        if self.counts['failed']:
            sys.exit(1)
        sys.exit(0 if self.counts['passed'] else 77)

    def _too_long(self):
        print('%s: FAILED: no end after %d s' % (self.name, self.seconds), flush=True)
        for ident, frame in sys._current_frames().items():
            print('thread %d' % ident)
            traceback.print_stack(frame, file=sys.stdout)
        sys.stdout.flush()
        janitor().close()
        os._exit(1)

    def _run(self, name, call, server=None):
        mark = len(server.log()) if server else 0
        began = time.monotonic()
        try:
            call()
            if server is not None:
                assert server.alive(), 'the server is gone: %s\n%s' % (server.process.returncode, server.log()[-3000:])
            verdict, detail = 'passed', ''
        except Skip as skip:
            verdict, detail = 'skipped', ': %s' % skip
        except Exception as error:
            verdict = 'failed'
            where = traceback.extract_tb(error.__traceback__)
            line = [f.lineno for f in where if f.filename.endswith(os.path.basename(sys.argv[0]))]
            detail = ': line %s: %s: %s' % (line[-1] if line else '?', type(error).__name__, error)
            if server is not None:
                detail += '\n--- the server said:\n%s---' % server.log()[mark:][-3000:]
        self.counts[verdict] += 1
        print('%-7s %s/%s (%.1f s)%s' % (verdict.upper() if verdict == 'failed' else verdict, self.name, name,
                                         time.monotonic() - began, detail), flush=True)
        if server is not None and not server.alive():
            server.begin()

    def _warm(self, server):
        """One whole session, so that what is made once has been made; then what the process holds at rest."""
        before = server.usage()
        server.sftp(['ls -l /']).ok()
        wait_for('the first session to be gone', lambda: server.usage()[1:] == before[1:], 20)
        return wait_for('rest', lambda: self._twice(server))

    @staticmethod
    def _twice(server):
        first = server.usage()
        time.sleep(0.05)
        return first if server.usage() == first else None

    def _alone(self, function, settings):
        need_hythed()
        server = make_server('s-' + function.__name__, **settings)
        try:
            server.begin()
            test = Test(server, function.__name__)
            try:
                function(test)
            except Skip:
                raise
            except Exception as error:
                raise AssertionError('%s: %s\n--- the server said:\n%s---' %
                                     (type(error).__name__, error, server.log()[-3000:])) from error
            if server.process is not None:
                assert server.alive(), 'the server is gone: %s' % server.process.returncode
                self._ends(server)
        finally:
            server.kill()

    @staticmethod
    def _ends(server):
        code = server.end()
        assert code == 0, 'it ended with %s:\n%s' % (code, server.log()[-3000:])
