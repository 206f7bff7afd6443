#!/usr/bin/python3
"""sshfs: the server as a file system. Random reads and writes, read-write opens, names of every kind."""
import os
import stat
import subprocess

from harness import *

suite = Suite('interop-sshfs', programs=['sshfs', 'fusermount3'], ProtocolVersion=6)


def mounted(*options):
    """A test that works in a mount of its folder; t.mount is where."""
    def wrap(function):
        def work(t):
            need(os.path.exists('/dev/fuse'), 'no /dev/fuse')
            need(ROOT or os.access('/dev/fuse', os.R_OK | os.W_OK), '/dev/fuse is closed to this user')
            t.mount = t.l('mount')
            os.mkdir(t.mount)
            janitor().tell('mount', t.mount)
            args = ['sshfs', '-f', '%s@%s:%s' % (t.server.user, HOST, t.remote), t.mount, '-p', t.server.port,
                    '-o', 'BatchMode=yes,attr_timeout=0,entry_timeout=0,negative_timeout=0,dcache_timeout=0']
            for option in t.server.ssh_options()[4:]:
                args += [option]
            args += ['-o', 'IdentityFile=%s' % t.server.keys.path('alice'), '-F', '/dev/null']
            for option in options:
                args += ['-o', option]
            process = start(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

            def up():
                if process.poll() is not None:
                    text = process.stdout.read().decode()
                    need('perm' not in text.lower() or 'fuse' not in text.lower(), text)
                    raise AssertionError('sshfs ended with %d: %s' % (process.returncode, text))
                return os.path.ismount(t.mount)
            try:
                wait_for('the mount', up)
                function(t)
                run(['fusermount3', '-u', t.mount]).ok()
                process.wait(20)
            finally:
                if process.poll() is None:
                    run(['fusermount3', '-u', '-z', t.mount])
                reap(process)
        work.__name__ = function.__name__
        return suite.test(work)
    return wrap


def m(t, name):
    return os.path.join(t.mount, name)


@mounted()
def test_up_and_down(t):
    for name in t.samples(t.local):
        write(m(t, name), read(t.l(name)))
        same(t.l(name), t.d(name))
    for name in t.samples(t.disk):
        same(t.d(name), m(t, name))


@mounted()
def test_tree_with_every_odd_name(t):
    make_tree(t.l('tree'))
    run(['cp', '-r', t.l('tree'), m(t, 'tree')]).ok()
    same_tree(t.l('tree'), t.d('tree'))
    same_tree(t.l('tree'), m(t, 'tree'))
    run(['rm', '-r', m(t, 'tree')]).ok()
    assert os.listdir(t.disk) == []


@mounted()
def test_random_reads_and_writes(t):
    data = bytearray(noise(2 << 20))
    t.put('a', bytes(data))
    rng = random.Random(5)
    with open(m(t, 'a'), 'r+b', buffering=0) as f:
        for _ in range(200):
            at, size = rng.randrange(len(data)), rng.randrange(1, 50000)
            if rng.random() < 0.5:
                block = rng.randbytes(size)
                f.seek(at)
                assert f.write(block) == len(block)
                if at + size > len(data):
                    data.extend(bytes(at + size - len(data)))
                data[at:at + size] = block
            else:
                f.seek(at)
                assert f.read(size) == bytes(data[at:at + size])
    assert read(t.d('a')) == bytes(data)


@mounted()
def test_beyond_4_gib(t):
    with open(m(t, 'a'), 'wb') as f:
        f.seek(FAR)
        f.write(b'far away')
    assert os.path.getsize(t.d('a')) == FAR + 8 and tail_of(t.d('a'), FAR) == b'far away'
    with open(m(t, 'a'), 'rb') as f:
        f.seek(FAR + 4)
        assert f.read() == b'away'


@mounted()
def test_rename_replaces(t):
    t.put('a', b'new')
    t.put('b', b'old')
    os.rename(m(t, 'a'), m(t, 'b'))
    assert os.listdir(t.disk) == ['b'] and read(t.d('b')) == b'new'
    os.mkdir(m(t, 'd'))
    os.rename(m(t, 'd'), m(t, 'e'))
    os.rename(m(t, 'b'), m(t, 'e/b'))
    assert tree(t.disk) == tree(t.mount)


@mounted()
def test_ten_thousand_entries(t):
    names = t.many()
    assert set(os.listdir(m(t, 'many'))) == names


@mounted()
def test_links(t):
    """sshfs goes through ssh, whose version string is OpenSSH's, and sends the target first."""
    t.put('a', b'x')
    os.symlink('a', m(t, 'link'))
    os.symlink('../../outside', m(t, 'out'))
    assert os.readlink(t.d('link')) == 'a' and os.readlink(t.d('out')) == '../../outside'
    assert os.readlink(m(t, 'link')) == 'a'
    os.link(m(t, 'a'), m(t, 'hard'))
    assert os.stat(t.d('a')).st_nlink == 2


@mounted()
def test_attributes(t):
    write(m(t, 'a'), b'12345678')
    os.chmod(m(t, 'a'), 0o604)
    os.utime(m(t, 'a'), (1000000000, 1100000000))
    st = os.stat(t.d('a'))
    assert stat.S_IMODE(st.st_mode) == 0o604 and int(st.st_mtime) == 1100000000 and int(st.st_atime) == 1000000000
    st = os.stat(m(t, 'a'))
    assert stat.S_IMODE(st.st_mode) == 0o604 and int(st.st_mtime) == 1100000000
    os.truncate(m(t, 'a'), 3)
    assert read(t.d('a')) == b'123'
    os.truncate(m(t, 'a'), 100000)
    assert read(t.d('a')) == b'123' + bytes(99997)


@mounted()
def test_append_and_fsync(t):
    with open(m(t, 'a'), 'ab') as f:
        f.write(b'one')
        f.flush()
        os.fsync(f.fileno())
        assert read(t.d('a')) == b'one'
        f.write(b'two')
    with open(m(t, 'a'), 'ab') as f:
        f.write(b'three')
    assert read(t.d('a')) == b'onetwothree'


@mounted()
def test_exclusive_creation(t):
    t.put('a', b'mine')
    try:
        os.close(os.open(m(t, 'a'), os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        raise RuntimeError('it was created twice')
    except OSError:
        pass
    assert read(t.d('a')) == b'mine'


@mounted()
def test_statvfs(t):
    real, seen = os.statvfs(t.disk), os.statvfs(t.mount)
    assert seen.f_blocks * seen.f_frsize == real.f_blocks * real.f_frsize
    assert seen.f_namemax == real.f_namemax


@mounted()
def test_several_processes_at_once(t):
    jobs = []
    for i in range(4):
        write(t.l('f%d' % i), noise(3 << 20, i))
        jobs.append(start(['cp', t.l('f%d' % i), m(t, 'f%d' % i)]))
    for job in jobs:
        assert job.wait(60) == 0
        reap(job)
    for i in range(4):
        same(t.l('f%d' % i), t.d('f%d' % i))


@mounted('max_conns=3')
def test_several_connections(t):
    for name in t.samples(t.local):
        write(m(t, name), read(t.l(name)))
        same(t.l(name), t.d(name))


suite.main()
