"""What every interop script stands on: a server of its own on a free port, a folder of its own, a list of tests, one
line for each of them and a summary. A script is run by `make check` or alone by hand:

    HYTHE_BUILDDIR=... tests/interop/interop_lftp.py [name of a test ...]

INTEROP_SERVER=sshd runs the same tests against OpenSSH's server (as root only): it shows that a test is right about
the clients, whatever hythed does. Exit: 0 all passed, 1 something failed, 77 nothing could be tested."""
from servers import *


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

    def up_and_down(self, transfer):
        """Files of every size are the same there and back: transfer(names) puts them, and gets them into back/."""
        names = self.samples(self.local)
        os.mkdir(self.l('back'))
        transfer(names)
        for name in names:
            same(self.l(name), self.d(name))
            same(self.l(name), self.l('back/' + name))

    def resumed(self, transfer):
        """A part of `down` is here and one of `up` is there: transfer(test) brings the rest."""
        data = noise(3 << 20)
        self.put('down', data)
        write(self.l('down'), data[:1000001])
        write(self.l('up'), data)
        self.put('up', data[:1000001])
        transfer(self)
        same(self.d('down'), self.l('down'))
        same(self.l('up'), self.d('up'))

    def resumed_far(self, transfer):
        """The same, from where 32 bits end."""
        tail = noise(300000, 3)
        for path in (self.l('up'), self.d('down')):
            sparse(path, FAR, tail)
        for path in (self.l('down'), self.d('up')):
            sparse(path, FAR, b'')
        self.server.own(self.disk)
        transfer(self)
        for path in (self.l('down'), self.d('up')):
            assert os.path.getsize(path) == FAR + len(tail) and tail_of(path, FAR) == tail, path

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


def listed(t, user, path, *extra):
    """The names that `ls -a` of sftp prints, without the folder before them."""
    result = t.server.sftp(['ls -1a %s' % path], *extra, user=user).ok()
    names = [line.rsplit('/', 1)[-1] for line in result.out.decode().splitlines() if not line.startswith('sftp>')]
    return sorted(n for n in names if n not in ('.', '..', ''))


def got(t, user, path):
    """The content of a file as sftp gets it, or None."""
    to = t.l('got')
    if os.path.exists(to):
        os.unlink(to)
    result = t.server.sftp(['get %s %s' % (path, to)], user=user)
    return read(to).decode() if result.code == 0 else None


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

    make = staticmethod(make_server)

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
                        shared = self.make(**self.settings).begin()
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
        server = self.make('s-' + function.__name__, **settings)
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
