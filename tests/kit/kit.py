"""What the tests of the kit for plugin authors share: compiling a plugin as an author would, an installed Hythe, a
server over what was built, and a list of tests with one line for each and a summary."""
import fcntl
import os
import shlex
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'interop'))
from tools import *  # noqa: E402,F403
from servers import Hythed  # noqa: E402,F401

HYTHED = os.path.join(BUILDDIR, 'hythed')
TESTS = []
_installed = None


def test(function):
    TESTS.append(function)
    return function


def folder(name):
    """A new folder of this script's that the loader trusts."""
    path = os.path.join(scratch(), name)
    os.makedirs(path)
    os.chmod(path, 0o755)
    return path


def compiler(*names):
    """The first of these programs, or the words of $CC or $CXX."""
    for name in names:
        if name.startswith('$') and os.environ.get(name[1:]):
            return shlex.split(os.environ[name[1:]])
        if shutil.which(name):
            return [name]
    raise Skip('%s is not installed' % names[-1])


def installed():
    """`make install` into a folder of this script's, once; the prefix."""
    global _installed
    if _installed is None:
        _installed = folder('prefix')
        makefile = os.path.join(BUILDDIR, 'Makefile')
        need(os.path.exists(makefile), 'no Makefile in %s' % BUILDDIR)
        variables = ['prefix=' + _installed, 'exec_prefix=' + _installed]
        for name, value in (('bindir', 'bin'), ('sbindir', 'sbin'), ('libdir', 'lib'), ('libexecdir', 'libexec'),
                            ('includedir', 'include'), ('datarootdir', 'share'), ('datadir', 'share'),
                            ('mandir', 'share/man'), ('docdir', 'share/doc/hythe'), ('sysconfdir', 'etc'),
                            ('systemdsystemunitdir', 'lib/systemd/system')):
            variables.append('%s=%s/%s' % (name, _installed, value))
        with open(makefile) as lock:  # hythe-plugin.pc is made for the prefix of one script at a time
            fcntl.flock(lock, fcntl.LOCK_EX)
            run(['make', '-s', '-C', BUILDDIR, 'install'] + variables, seconds=300, env=make_env()).ok()
    return _installed


def make_env(**more):
    """Without what a `make` around this script would tell another one."""
    return client_env(**{k: os.environ[k] for k in ('CC', 'CXX', 'CFLAGS') if k in os.environ}, **more)


def author_env():
    """The environment of somebody who has nothing of Hythe but what was installed."""
    return make_env(PKG_CONFIG_PATH=os.path.join(installed(), 'lib', 'pkgconfig'))


class Installed(Hythed):
    """A server of what was installed, over plugins of its own."""

    def program(self, name='hythed'):
        return os.path.join(installed(), 'sbin', name)


def serve(name, plugins, mounts, **settings):
    """Such a server, listening, with the folder of its plugins; as a context."""
    server = Installed(name, plugin_directory=plugins, mounts=mounts, **settings)
    return contextlib.closing(_Ending(server.begin()))


class _Ending:
    def __init__(self, server):
        self.server = server
        self.local = os.path.join(server.folder, 'local')
        os.mkdir(self.local)

    def sftp(self, *commands):
        """What OpenSSH's sftp makes of the commands; files of its own are in the folder `local`."""
        return self.server.sftp(['lcd ' + self.local] + list(commands))

    def names(self):
        """What a client finds in the server's first folder."""
        lines = self.sftp('ls -1').ok().out.decode().splitlines()
        return [line.strip() for line in lines if not line.startswith('sftp>')]

    def close(self):
        server = self.server
        try:
            alive = server.alive()
            code = server.end()
            assert alive and code == 0, 'ended with %s:\n%s' % (code, server.log())
        finally:
            server.kill()


def hythed(*args, **kw):
    return run([HYTHED] + list(args), **kw)


def main(name, seconds=240):
    counts = dict(passed=0, failed=0, skipped=0)
    if not os.access(HYTHED, os.X_OK):
        print('%s: skipped, hythed was not built in %s' % (name, BUILDDIR))
        sys.exit(77)
    signal.alarm(seconds)
    os.umask(0o022)
    for function in TESTS:
        if sys.argv[1:] and function.__name__ not in sys.argv[1:]:
            continue
        try:
            function()
            result, why = 'passed', ''
        except Skip as skip:
            result, why = 'skipped', ': %s' % skip
        except Exception:
            result, why = 'failed', '\n' + traceback.format_exc()
        counts[result] += 1
        print('%s %s%s' % (dict(passed='ok', skipped='skipped', failed='FAILED')[result], function.__name__, why),
              flush=True)
    print('%s: %d passed, %d failed, %d skipped' % (name, counts['passed'], counts['failed'], counts['skipped']))
    sys.exit(1 if counts['failed'] else 0 if counts['passed'] else 77)
