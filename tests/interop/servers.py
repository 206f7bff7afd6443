"""The servers that the tests talk to: hythed, and OpenSSH's in its place. Their configuration, keys, tree and process."""
from tools import *


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

def hashed(password):
    """As the users of a configuration have it."""
    return run([os.path.join(BUILDDIR, 'hythed'), '--hash-password'], password + '\n').ok().out.decode().strip()


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
        self.began = 0     # length of the log when this process began
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
        self.began = len(self.log())
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
        found = re.findall(self.listening, self.log()[self.began:])
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
    owner = RUN_AS if ROOT else pwd.getpwuid(os.geteuid()).pw_name
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
        if 'LocalHost' in self.settings and self.settings['LocalHost'] is None:
            del base['LocalHost'], base['LocalPort']  # listen has them all
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
        janitor().tell('folder', self.base)
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
