#!/usr/bin/python3
"""paramiko: confirms an upload by the size right after CLOSE, truncates with FSETSTAT, sends a link's target first."""
import io
import os
import stat

from harness import *
try:
    import paramiko
except ImportError:
    paramiko = None

suite = Suite('interop-paramiko', modules=['paramiko'])


class connected:
    def __init__(self, t, **login):
        self.client = paramiko.SSHClient()
        self.client.load_host_keys(t.server.known_hosts_path())
        login = login or dict(key_filename=t.server.keys.path('alice'))
        self.login = dict(dict(hostname=HOST, port=t.server.port, username=t.server.user, timeout=20, allow_agent=False,
                               look_for_keys=False, banner_timeout=20, auth_timeout=20), **login)

    def __enter__(self):
        try:
            self.client.connect(**self.login)
            sftp = self.client.open_sftp()
        except BaseException:
            self.client.close()
            raise
        sftp.get_channel().settimeout(30)
        return sftp

    def __exit__(self, *_):
        self.client.close()


def raises(kind, call, *args):
    try:
        call(*args)
    except kind as error:
        return error
    raise AssertionError('%r should have been refused' % (args,))


@suite.test
def test_up_and_down(t):
    with connected(t) as sftp:
        for name in t.samples(t.local):
            assert sftp.put(t.l(name), t.r(name)).st_size == os.path.getsize(t.l(name))
            same(t.l(name), t.d(name))
            sftp.get(t.r(name), t.l('back'))
            same(t.l(name), t.l('back'))


@suite.test
def test_every_odd_name(t):
    with connected(t) as sftp:
        for name in ODD_NAMES:
            sftp.putfo(io.BytesIO(name.encode()), t.r(name))
        assert sorted(sftp.listdir(t.remote)) == sorted(ODD_NAMES) == sorted(os.listdir(t.disk))
        for name in ODD_NAMES:
            back = io.BytesIO()
            sftp.getfo(t.r(name), back)
            assert back.getvalue() == read(t.d(name)) == name.encode()


@suite.test
def test_names_that_are_not_utf8(t):
    raw = os.path.join(t.disk.encode(), b'latin-\xe9')
    t.server.own(write(raw, b'x'))
    with connected(t) as sftp:
        with sftp.open(t.remote.encode() + b'/latin-\xe9') as f:
            assert f.read() == b'x'
        sftp.rename(t.remote.encode() + b'/latin-\xe9', t.remote.encode() + b'/\xff\xfe')
    assert os.listdir(t.disk.encode()) == [b'\xff\xfe']


@suite.test
def test_beyond_4_gib(t):
    with connected(t) as sftp:
        with sftp.open(t.r('a'), 'w') as f:
            f.seek(FAR)
            f.write(b'far away')
        assert sftp.stat(t.r('a')).st_size == FAR + 8
        with sftp.open(t.r('a'), 'r') as f:
            f.seek(FAR + 4)
            assert f.read() == b'away'
    assert tail_of(t.d('a'), FAR) == b'far away'


@suite.test
def test_modes_of_opening(t):
    with connected(t) as sftp:
        with sftp.open(t.r('a'), 'wx') as f:
            f.write(b'12345')
        raises(IOError, sftp.open, t.r('a'), 'wx')
        with sftp.open(t.r('a'), 'a') as f:
            f.write(b'678')
        assert read(t.d('a')) == b'12345678'
        with sftp.open(t.r('a'), 'r+') as f:
            f.seek(2)
            f.write(b'XX')
            f.seek(0)
            assert f.read() == b'12XX5678'
            f.truncate(3)
        assert read(t.d('a')) == b'12X'
        with sftp.open(t.r('a'), 'w') as f:
            pass
        assert read(t.d('a')) == b''
        raises(IOError, sftp.open, t.r('missing'), 'r')
        raises(IOError, sftp.open, t.r('missing'), 'r+')


@suite.test
def test_appending_ignores_the_offset(t):
    t.put('a', b'12345')
    with connected(t) as sftp:
        with sftp.open(t.r('a'), 'a') as one, sftp.open(t.r('a'), 'a') as two:
            one.write(b'one')
            one.flush()
            two.write(b'two')
    assert read(t.d('a')) == b'12345onetwo'


@suite.test
def test_attributes(t):
    t.put('a', b'12345')
    with connected(t) as sftp:
        sftp.chmod(t.r('a'), 0o606)
        sftp.utime(t.r('a'), (1000000000, 1100000000))
        st = sftp.stat(t.r('a'))
        assert stat.S_IMODE(st.st_mode) == 0o606 and stat.S_ISREG(st.st_mode)
        assert (st.st_atime, st.st_mtime) == (1000000000, 1100000000)
        sftp.truncate(t.r('a'), 2)
        with sftp.open(t.r('a'), 'r+') as f:
            f.chmod(0o644)
            f.utime((1, 2))
            assert f.stat().st_size == 2 and f.stat().st_mtime == 2
    real = os.stat(t.d('a'))
    assert read(t.d('a')) == b'12' and stat.S_IMODE(real.st_mode) == 0o644 and int(real.st_mtime) == 2


@suite.test
def test_rename(t):
    t.put('a', b'new')
    t.put('b', b'old')
    with connected(t) as sftp:
        raises(IOError, sftp.rename, t.r('a'), t.r('b'))
        assert read(t.d('b')) == b'old'
        sftp.posix_rename(t.r('a'), t.r('b'))
        assert read(t.d('b')) == b'new' and os.listdir(t.disk) == ['b']
        raises(IOError, sftp.rename, t.r('nothing'), t.r('c'))
        sftp.mkdir(t.r('d'))
        raises(IOError, sftp.rename, t.r('b'), t.r('d'))
        raises(IOError, sftp.posix_rename, t.r('d'), t.r('d/e'))


@suite.test
def test_links(t):
    t.put('target', b'here')
    with connected(t) as sftp:
        sftp.symlink('target', t.r('link'))
        assert os.readlink(t.d('link')) == 'target' and sftp.readlink(t.r('link')) == 'target'
        assert stat.S_ISLNK(sftp.lstat(t.r('link')).st_mode) and stat.S_ISREG(sftp.stat(t.r('link')).st_mode)
        raises(IOError, sftp.readlink, t.r('target'))
        raises(IOError, sftp.symlink, 'x', t.r('target'))
        sftp.remove(t.r('link'))
        assert read(t.d('target')) == b'here'
        assert sftp.normalize(t.remote + '/../' + t.remote[1:] + '//target/') == t.r('target')


@suite.test
def test_folders(t):
    with connected(t) as sftp:
        sftp.mkdir(t.r('d'), 0o750)
        assert stat.S_IMODE(os.stat(t.d('d')).st_mode) == 0o750
        raises(IOError, sftp.mkdir, t.r('d'))
        raises(IOError, sftp.remove, t.r('d'))
        raises(IOError, sftp.mkdir, t.r('no/such'))
        raises(IOError, sftp.open, t.r('d'), 'w')
        sftp.rmdir(t.r('d'))
        raises(IOError, sftp.rmdir, t.r('d'))
        raises(IOError, sftp.listdir, t.r('d'))


@suite.test
def test_ten_thousand_entries(t):
    names = t.many()
    with connected(t) as sftp:
        entries = sftp.listdir_attr(t.r('many'))
        assert {e.filename for e in entries} == names
        assert all(e.st_size == 0 and stat.S_ISREG(e.st_mode) for e in entries)
        assert {e.filename for e in sftp.listdir_iter(t.r('many'), read_aheads=20)} == names


@suite.test
def test_vectors_and_prefetch(t):
    data = noise(3 << 20)
    t.put('a', data)
    with connected(t) as sftp, sftp.open(t.r('a')) as f:
        wanted = [(0, 10), (2999990, 100000), (5, 40000), (1 << 20, 1)]
        assert list(f.readv(wanted)) == [data[o:o + n] for o, n in wanted]
        f.prefetch(len(data))
        f.seek(0)
        assert f.read() == data


@suite.test
def test_pipelined_writes(t):
    data = noise(3 << 20)
    with connected(t) as sftp, sftp.open(t.r('a'), 'w') as f:
        f.set_pipelined(True)
        f.write(data)
    assert read(t.d('a')) == data


@suite.test
def test_missing_file_and_permission_have_their_codes(t):
    with connected(t) as sftp:
        raises(FileNotFoundError, sftp.stat, t.r('missing'))
        raises(FileNotFoundError, sftp.remove, t.r('missing'))
        if ROOT and FLAVOUR == 'hythed':
            write(t.d('closed'), b'x', 0o600)
            raises(PermissionError, sftp.open, t.r('closed'), 'r')


@suite.test
def test_several_sessions_on_one_connection(t):
    data = noise(300000)
    t.put('a', data)
    with connected(t) as one:
        others = [paramiko.SFTPClient.from_transport(one.get_channel().get_transport()) for _ in range(3)]
        files = [s.open(t.r('a')) for s in others]
        assert all(f.read() == data for f in files)
        others[0].close()
        assert one.stat(t.r('a')).st_size == len(data)


@suite.test
def test_passwords(t):
    need_hythed()
    with connected(t, password=t.server.PASSWORD) as sftp:
        sftp.mkdir(t.r('d'))
    for wrong in ('', 'x', t.server.PASSWORD + ' ', t.server.PASSWORD[:-1], t.server.PASSWORD.upper()):
        try:
            with connected(t, password=wrong) as sftp:
                raise RuntimeError('%r was taken for the password' % wrong)
        except (paramiko.AuthenticationException, paramiko.SSHException):
            pass
    try:
        with connected(t, key_filename=t.server.keys.path('other')) as sftp:
            raise RuntimeError('a foreign key was accepted')
    except (paramiko.AuthenticationException, paramiko.SSHException):
        pass


suite.main()
