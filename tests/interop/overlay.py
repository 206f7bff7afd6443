"""A hythed that sees other files in /etc than everybody else, by a mount namespace of its own."""
from harness import *

MOUNTS = 'while [ "$1" != -- ]; do mount --bind "$1" "/etc/$2" || exit 1; shift 2; done; shift; exec "$@"'


def overlaid(files, command):
    """A command that finds files[name] (a file, or a folder for a folder) at /etc/name."""
    pairs = [word for name, path in files.items() for word in (path, name)]
    return ['unshare', '-m', 'sh', '-c', MOUNTS, 'sh'] + pairs + ['--'] + command


class Overlaid(Suite):
    """Its servers see etc(), once the script can run at all; the settings are made then, too."""

    plugins = ()

    def etc(self):
        raise NotImplementedError

    def missing(self):
        why = super().missing()
        if why:
            return why
        if not ROOT:
            return 'only root has rights for the helper to keep'
        for name in self.plugins:
            if not os.path.exists(os.path.join(PLUGINS, name + '.so')):
                return 'the plugin %s was not built' % name
        files = self.etc()
        if run(overlaid(files, ['true'])).code:
            return 'mount namespaces are not to be had here'
        plainly = Hythed.command
        Hythed.etc = files
        Hythed.command = lambda server: overlaid(files, plainly(server))
        return None


def by_password(t, user, password, method='password'):
    """A login with OpenSSH's sftp, which asks once."""
    env = client_env(SSH_ASKPASS=t.server.keys.askpass, SSH_ASKPASS_REQUIRE='force', INTEROP_PASSWORD=password)
    options = dict(BatchMode='no', NumberOfPasswordPrompts='1', PreferredAuthentications=method,
                   PubkeyAuthentication='no')
    return run(['sftp', '-q', '-P', t.server.port] + t.server.ssh_options(**options) + ['%s@%s' % (user, HOST)],
               'pwd\n', env=env)


def by_key(t, user='alice'):
    return t.server.sftp(['pwd'], user=user)


def reread(t, **changed):
    """What the server says when its file, with these settings changed, is read again."""
    path = os.path.join(t.server.folder, 'hythe.cfg')
    t.server.settings.update(changed)
    write(path, re.sub(r'^LocalPort = \d+;$', 'LocalPort = 0;', t.server.config(), flags=re.M).encode())
    before = len(t.server.log())
    t.server.signal(signal.SIGHUP)
    return wait_for('an answer to SIGHUP', lambda: 'SIGHUP: ' in t.server.log()[before:] and t.server.log()[before:])


def helper_of(server):
    """The pid of the helper."""
    children = read('/proc/%d/task/%d/children' % (server.pid, server.pid)).split()
    assert len(children) == 1, children
    return int(children[0])


def check(t, text, user=None):
    """What --check says of a configuration, as that user."""
    path = write(os.path.join(t.local, 'cfg'), text.encode(), 0o644)
    os.chmod(t.local, 0o755)
    as_user = ['setpriv', '--reuid', user, '--clear-groups'] if user else []
    return run(overlaid(t.server.etc, as_user + [t.server.program(), '--check', '-f', path]))
