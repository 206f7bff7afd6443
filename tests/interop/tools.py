"""Waiting, running clients, files and trees to compare; and what clears all of it away when a script ends."""
import atexit
import contextlib
import hashlib
import os
import pwd
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
        pids, mounts, folders = set(), set(), {self.folder}
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
                    folders.add(value)
        for pid in pids:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        for mount in mounts:
            if os.path.ismount(mount):
                subprocess.run(['fusermount3', '-u', '-z', mount], stderr=subprocess.DEVNULL)
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
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
