#!/usr/bin/python3
"""The rules that real clients taught: each numbered one of the list in doc/clients.md has a test that is named after
it. Byte by byte, over SSH."""
import os
import re
import stat

from harness import *
from wire import *

suite = Suite('interop-rules', modules=['paramiko'])


@suite.test
def test_rule_01_replies_in_request_order(t):
    data = noise(300000)
    t.put('a', data)
    for i in range(50):
        t.put('f%d' % i, b'x')
    with session(t.server) as sftp:
        handle = sftp.open(t.r('a'))
        folder = sftp.ask(OPENDIR, s(t.remote)).handle
        sent = []
        for i in range(40):
            sent += [sftp.send(READ, s(handle), u64(i * 7000), u32(32768)), sftp.send(STAT, s(t.r('a'))),
                     sftp.send(READDIR, s(folder)), sftp.send(OPEN, s(t.r('nothing')), u32(O_READ), attrs()),
                     sftp.send(REALPATH, s('.')), sftp.send(READ, s(handle), u64(299990), u32(100))]
        got = [sftp.reply() for _ in sent]
    assert [r.id for r in got] == sent
    for i in range(40):
        assert got[6 * i].data == data[i * 7000:i * 7000 + 32768]
        assert got[6 * i + 5].data == data[299990:]


@suite.test
def test_rule_01_end_of_file_never_overtakes_data(t):
    data = noise(100000)
    t.put('a', data)
    with session(t.server) as sftp:
        handle = sftp.open(t.r('a'))
        sent = [sftp.send(READ, s(handle), u64(at), u32(32768)) for at in range(0, 32768 * 8, 32768)]
        got = [sftp.reply() for _ in sent]
    assert [r.id for r in got] == sent
    assert b''.join(r.data or b'' for r in got) == data
    assert [r.code for r in got[4:]] == [EOF] * 4


@suite.test
def test_rule_02_rename_refuses_and_posix_rename_replaces(t):
    t.put('a', b'new')
    t.put('b', b'old')
    with session(t.server) as sftp:
        assert sftp.ask(RENAME, s(t.r('a')), s(t.r('b'))).code == FAILURE
        assert read(t.d('a')) == b'new' and read(t.d('b')) == b'old'
        os.symlink('nowhere', t.d('dangling'))
        assert sftp.ask(RENAME, s(t.r('a')), s(t.r('dangling'))).code == FAILURE
        assert os.readlink(t.d('dangling')) == 'nowhere'
        os.mkdir(t.d('d'))
        t.server.own(t.d('d'))
        assert sftp.ask(RENAME, s(t.r('a')), s(t.r('d'))).code == FAILURE
        assert sftp.extended('posix-rename@openssh.com', s(t.r('a')), s(t.r('b'))).code == OK
        assert read(t.d('b')) == b'new' and not os.path.exists(t.d('a'))
        assert sftp.ask(RENAME, s(t.r('b')), s(t.r('c'))).code == OK
        assert sftp.ask(RENAME, s(t.r('d')), s(t.r('e'))).code == OK
        assert sftp.ask(RENAME, s(t.r('gone')), s(t.r('f'))).code == NO_SUCH_FILE
    assert sorted(os.listdir(t.disk)) == ['c', 'dangling', 'e']


@suite.test
def test_rule_03_a_size_is_never_ignored(t):
    t.put('a', noise(1000))
    with session(t.server) as sftp:
        assert sftp.ask(SETSTAT, s(t.r('a')), attrs(size=10, mode=0o600, times=(5, 6))).code == OK
        st = os.stat(t.d('a'))
        assert (st.st_size, stat.S_IMODE(st.st_mode), int(st.st_mtime)) == (10, 0o600, 6)
        handle = sftp.open(t.r('a'), O_READ | O_WRITE)
        assert sftp.ask(FSETSTAT, s(handle), attrs(size=5000)).code == OK
        assert os.path.getsize(t.d('a')) == 5000
        assert sftp.ask(FSETSTAT, s(handle), attrs(mode=0o640)).code == OK
        assert stat.S_IMODE(os.stat(t.d('a')).st_mode) == 0o640
        st = os.stat(t.d('a'))
        assert sftp.ask(SETSTAT, s(t.r('a')), attrs(owner=(st.st_uid, st.st_gid))).code == OK
        if t.server.owner != 'root':
            assert sftp.ask(SETSTAT, s(t.r('a')), attrs(owner=(0, 0))).code != OK
        readable = sftp.open(t.r('a'), O_READ)
        assert sftp.ask(FSETSTAT, s(readable), attrs(size=1)).code != OK
    assert os.path.getsize(t.d('a')) == 5000


@suite.test
def test_rule_04_slashes_and_dots(t):
    os.makedirs(t.d('one/two'))
    t.put('one/two/a', b'here')
    with session(t.server) as sftp:
        for path in ('%s/one/two/a', '/%s//one///two/a', '%s/./one/./two/./a', '%s/one/../one/two/a',
                     '/../..%s/one/two/a') + (('%s/one/nothing/../two/a',) if FLAVOUR == 'hythed' else ()):
            path %= t.remote
            assert sftp.realpath(path).decode() == t.r('one/two/a'), path
            assert sftp.stat(path).attrs['size'] == 4, path
        for path in ('', '.', '/', '//', '/.', '/..', './', '/../../..'):
            assert sftp.realpath(path) == b'/', path
        for path in ('%s/one/', '%s//one//', '%s/one/.', '%s/one/two/..'):
            path %= t.remote
            assert stat.S_ISDIR(sftp.stat(path).attrs['mode'])
            assert sftp.realpath(path).decode() == t.r('one')
        assert sftp.ask(MKDIR, s(t.r('made/')), attrs()).code == OK
        assert os.path.isdir(t.d('made'))
        assert sftp.ask(RMDIR, s(t.r('made/'))).code == OK
        assert sftp.stat(t.remote.lstrip('/')).attrs is not None  # relative to home, which is /


@suite.test
def test_rule_05_a_listing_has_bounded_memory(t):
    count = 60000
    with session(t.server) as sftp:
        sftp.listing('/')
        names = t.many(count)
        before = t.server.memory()
        handle = sftp.ask(OPENDIR, s(t.r('many'))).handle
        seen, most = set(), 0
        while True:
            reply = sftp.ask(READDIR, s(handle))
            if reply.names is None:
                assert reply.code == EOF
                break
            assert len(reply.packet) <= 262144
            for name, _, _ in reply.names:
                assert name not in seen, name
                seen.add(name)
            if len(seen) % 7 == 0:
                most = max(most, t.server.memory())
        assert {n.decode() for n in seen} - {'.', '..'} == names
        assert most - before < 4 << 20, 'it grew by %d KiB for %d entries' % ((most - before) >> 10, count)


@suite.test(idle_timeout=2)
def test_rule_06_a_running_transfer_is_not_idle(t):
    """Three sessions begin together. The one that does nothing is cut; the one that trickles and the one whose replies
    wait to be read outlive it."""
    data = noise(12 << 20)
    t.put('a', data)
    trickle, waiting, idle = Connection(t.server), Connection(t.server), Connection(t.server)
    with trickle, waiting, idle:
        one, two, three = trickle.sftp(), waiting.sftp(), idle.sftp()
        handle = two.open(t.r('a'))
        spans = range(0, len(data), 200000)
        sent = [two.send(READ, s(handle), u64(at), u32(200000)) for at in spans]
        up = one.open(t.r('up'), O_WRITE | O_CREAT)
        written = 0

        def cut():
            nonlocal written
            assert one.write(up, written, b'x' * 100) == OK
            written += 100
            time.sleep(0.1)  # a slow client
            return not idle.transport.is_active()
        wait_for('the idle session to be cut off', cut, 30)
        assert one.write(up, written, b'end') == OK
        got = {}
        for at in spans:
            reply = two.reply()
            got[reply.id] = reply.data
        whole = b''.join(got[number] for number in sent)
        assert whole == data, 'the waiting session got %d of %d bytes' % (len(whole), len(data))


@suite.test
def test_rule_07_a_vanished_upload_is_shorter_not_other(t):
    data = noise(4 << 20)
    connection = Connection(t.server)
    sftp = connection.sftp()
    handle = sftp.open(t.r('a'), O_WRITE | O_CREAT | O_TRUNC)
    for at in range(0, 1 << 20, 32768):
        sftp.send(WRITE, s(handle), u64(at), s(data[at:at + 32768]))
    connection.reset()
    wait_for('the server to notice', lambda: t.server.threads() <= t.server.quiet[1])
    got = read(t.d('a'))
    assert len(got) < len(data) and data.startswith(got)


@suite.test
def test_rule_08_realpath_of_a_missing_last_component(t):
    with session(t.server) as sftp:
        assert sftp.realpath(t.r('nothing')).decode() == t.r('nothing')
        os.mkdir(t.d('d'))
        assert sftp.realpath(t.r('./d/../nothing')).decode() == t.r('nothing')
        os.symlink('d', t.d('link'))
        assert sftp.realpath(t.r('link/new')).decode() == t.r('d/new')


@suite.test
def test_rule_09_symlink_target_first_from_those_that_do_so(t):
    for i, version in enumerate(('OpenSSH_9.2p1 Debian-2+deb12u3', 'OpenSSH_3.9', 'OpenSSH_for_Windows_9.5',
                                 'paramiko_2.12.0', 'libssh2_1.10.0')):
        with session(t.server, version='SSH-2.0-' + version) as sftp:
            assert sftp.ask(SYMLINK, s('the target'), s(t.r('link%d' % i))).code == OK, version
        assert os.readlink(t.d('link%d' % i)) == 'the target', version


@suite.test
def test_rule_09_symlink_link_first_from_those_that_follow_the_draft(t):
    need_hythed()
    for i, version in enumerate(('AsyncSSH_2.10.1', 'WinSCP_release_6.3.5', 'PuTTY_Release_0.78', 'FileZilla_3.66')):
        with session(t.server, version='SSH-2.0-' + version) as sftp:
            assert sftp.ask(SYMLINK, s(t.r('link%d' % i)), s('the target')).code == OK, version
        assert os.readlink(t.d('link%d' % i)) == 'the target', version


@suite.test
def test_rule_10_nul_in_a_path(t):
    need_hythed()  # OpenSSH's cuts the line
    t.put('a', b'x')
    os.mkdir(t.d('d'))
    before = tree(t.disk)
    cut = (t.remote + '/a').encode() + b'\0b'
    with session(t.server) as sftp:
        handle = sftp.open(t.r('a'), O_READ | O_WRITE)
        for kind, parts in ((OPEN, (s(cut), u32(O_READ), attrs())),
                            (OPEN, (s(t.r('n').encode() + b'\0'), u32(10), attrs())),
                            (LSTAT, (s(cut),)), (STAT, (s(cut),)), (SETSTAT, (s(cut), attrs(size=0))),
                            (OPENDIR, (s(t.r('d').encode() + b'\0'),)), (REMOVE, (s(cut),)), (MKDIR, (s(cut), attrs())),
                            (RMDIR, (s(t.r('d').encode() + b'\0x'),)), (REALPATH, (s(cut),)),
                            (RENAME, (s(cut), s(t.r('c')))), (RENAME, (s(t.r('a')), s(t.r('c').encode() + b'\0'))),
                            (READLINK, (s(cut),)), (SYMLINK, (s(cut), s(t.r('e')))), (SYMLINK, (s(t.r('e')), s(cut))),
                            (EXTENDED, (s('posix-rename@openssh.com'), s(cut), s(t.r('c')))),
                            (EXTENDED, (s('hardlink@openssh.com'), s(t.r('a')), s(t.r('c').encode() + b'\0x'))),
                            (EXTENDED, (s('lsetstat@openssh.com'), s(cut), attrs(mode=0))),
                            (EXTENDED, (s('statvfs@openssh.com'), s(cut))),
                            (EXTENDED, (s('expand-path@openssh.com'), s(b'~/a\0b'))),
                            (EXTENDED, (s('home-directory'), s(b'alice\0b')))):
            reply = sftp.ask(kind, *parts)
            assert reply.type == STATUS and reply.code not in (OK, EOF), (kind, parts, reply)
        assert sftp.read(handle, 0, 10).data == b'x'
    assert tree(t.disk) == before


@suite.test
def test_rule_10_nul_in_a_login(t):
    need_hythed()
    for user, password in (('alice\0', t.server.PASSWORD), ('alice\0x', t.server.PASSWORD),
                           ('alice', t.server.PASSWORD + '\0'), ('alice', t.server.PASSWORD + '\0x'), ('\0alice', t.server.PASSWORD),
                           ('', t.server.PASSWORD)):
        try:
            with Connection(t.server, user=user, password=password):
                pass
        except Exception as error:
            assert not isinstance(error, AssertionError)
        else:
            raise AssertionError('%r %r was let in' % (user, password))
    with Connection(t.server, password=t.server.PASSWORD) as connection:
        assert connection.sftp().realpath('.') == b'/'


# What single clients depend on.

@suite.test
def test_extensions_of_todays_clients(t):
    with session(t.server) as sftp:
        offered = sftp.extensions
    wanted = {'posix-rename@openssh.com': b'1', 'statvfs@openssh.com': b'2', 'fstatvfs@openssh.com': b'2',
              'hardlink@openssh.com': b'1', 'fsync@openssh.com': b'1', 'lsetstat@openssh.com': b'1',
              'limits@openssh.com': b'1', 'expand-path@openssh.com': b'1', 'copy-data': b'1'}
    if FLAVOUR == 'hythed':
        wanted.update({'users-groups-by-id@openssh.com': b'1', 'home-directory': b'1'})
    missing = {k: v for k, v in wanted.items() if offered.get(k) != v}
    assert not missing, missing


@suite.test
def test_limits_that_old_clients_survive(t):
    """Before 9.2, OpenSSH's client breaks at packets above 256 KiB."""
    with session(t.server) as sftp:
        reply = sftp.extended('limits@openssh.com')
        assert reply.type == EXTENDED_REPLY
        packet, most_read, most_write, handles = (reply.u64() for _ in range(4))
        assert 34000 <= packet <= 262144 and 32768 <= most_read < packet and 32768 <= most_write < packet
        data = noise(most_write)
        handle = sftp.open(t.r('a'), O_READ | O_WRITE | O_CREAT)
        assert sftp.write(handle, 0, data) == OK
        assert sftp.read(handle, 0, most_read).data == data[:most_read]
        assert len(sftp.read(handle, 0, 0x7fffffff).data) >= 32768  # more than there may be: a short read


@suite.test
def test_longnames_have_the_shape_of_ls(t):
    t.put('plain', b'12345')
    os.mkdir(t.d('folder'))
    os.symlink('plain', t.d('link'))
    t.put('two words', b'')
    os.utime(t.d('plain'), (1100000000, 1100000000))
    shape = re.compile(r'^[-dlbcps]([-r][-w][-xsS]){2}[-r][-w][-xtT] +\d+ +\S+ +\S+ +\d+ '
                       r'(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 123]\d ( \d{4}|\d\d:\d\d) (.+)$')
    with session(t.server) as sftp:
        entries = sftp.listing(t.remote)
    by_name = {name.decode(): (line.decode(), found) for name, line, found in entries}
    for name, (line, found) in by_name.items():
        match = shape.match(line)
        assert match and match.group(4) == name, line
        if name not in ('.', '..'):
            st = os.lstat(t.d(name))
            assert found['mode'] == st.st_mode and found['size'] == st.st_size
            assert found['owner'] == (st.st_uid, st.st_gid) and found['times'] == (int(st.st_atime), int(st.st_mtime))
    assert by_name['folder'][0][0] == 'd' and by_name['link'][0][0] == 'l'
    fields = by_name['plain'][0].split()
    assert fields[0] == '-rw-r--r--' and fields[4:] == ['5', 'Nov', '9', '2004', 'plain'], fields
    if ROOT:
        assert fields[2] == t.server.owner


@suite.test
def test_resuming_upload_appends_with_offsets(t):
    t.put('a', b'12345')
    with session(t.server) as sftp:
        handle = sftp.open(t.r('a'), O_WRITE | O_APPEND)
        assert sftp.write(handle, 5, b'678') == OK
        assert sftp.write(handle, 0, b'9') == OK
    assert read(t.d('a')) == b'123456789'


@suite.test
def test_scp_truncates_after_it_wrote(t):
    t.put('a', noise(100000))
    with session(t.server) as sftp:
        handle = sftp.open(t.r('a'), O_WRITE | O_CREAT, attrs(mode=0o644))
        assert sftp.write(handle, 0, b'short') == OK
        assert sftp.ask(FSETSTAT, s(handle), attrs(size=5)).code == OK
        assert sftp.close(handle) == OK
    assert read(t.d('a')) == b'short'


@suite.test
def test_flags_of_open(t):
    with session(t.server) as sftp:
        def attempt(name, flags):
            reply = sftp.ask(OPEN, s(t.r(name)), u32(flags), attrs(mode=0o640))
            if reply.handle:
                sftp.close(reply.handle)
            return reply.code
        assert attempt('a', O_READ) == NO_SUCH_FILE
        assert attempt('a', O_WRITE) == NO_SUCH_FILE
        assert attempt('a', O_WRITE | O_CREAT | O_EXCL) is None
        assert attempt('a', O_WRITE | O_CREAT | O_EXCL) == FAILURE
        assert stat.S_IMODE(os.stat(t.d('a')).st_mode) == 0o640
        write(t.d('a'), b'12345')
        assert attempt('a', O_READ | O_WRITE | O_CREAT) is None and read(t.d('a')) == b'12345'
        assert attempt('a', O_WRITE | O_CREAT | O_TRUNC) is None and read(t.d('a')) == b''
        os.symlink('target', t.d('link'))
        assert attempt('link', O_WRITE | O_CREAT | O_EXCL) == FAILURE  # not through a link
        assert not os.path.exists(t.d('target'))
        handle = sftp.open(t.r('a'), O_READ)
        assert sftp.write(handle, 0, b'x') not in (OK, EOF)
        handle = sftp.open(t.r('a'), O_WRITE)
        assert sftp.read(handle, 0, 1).code not in (OK, EOF, None)


@suite.test
def test_handles_do_not_come_back(t):
    t.put('a', b'x')
    with Connection(t.server) as connection:
        one, two = connection.sftp(), connection.sftp()
        handle = one.open(t.r('a'))
        if FLAVOUR == 'hythed':
            assert two.read(handle, 0, 1).type == STATUS  # a handle belongs to its channel
        assert one.close(handle) == OK
        assert one.read(handle, 0, 1).code not in (OK, EOF, None)
        assert one.close(handle) != OK
        again = one.open(t.r('a'))
        if FLAVOUR == 'hythed':
            assert again != handle and one.read(handle, 0, 1).code not in (OK, EOF, None)
        for forged in (b'', b'x', b'\xff' * 4, b'\xff' * 8, b'\0' * 256, again + b'\0', again[:-1]):
            assert one.read(forged, 0, 1).code not in (OK, EOF, None), forged
        assert one.read(again, 0, 1).data == b'x'


@suite.test
def test_unknown_requests_and_extensions(t):
    with session(t.server) as sftp:
        assert sftp.extended('no-such@example.org', b'xyz').code == UNSUPPORTED
        if FLAVOUR == 'hythed':
            assert sftp.ask(21, s('/a'), s('/b'), u32(0)).code == UNSUPPORTED  # LINK, of version 6
            assert sftp.ask(250).code == UNSUPPORTED
            assert sftp.ask(STAT).code == BAD_MESSAGE
            assert sftp.ask(OPEN, u32(1000) + b'/a').code == BAD_MESSAGE
        assert sftp.realpath('.') == b'/'


@suite.test
def test_copy_data(t):
    data = noise(1000003)
    t.put('a', data)
    with session(t.server) as sftp:
        a, b = sftp.open(t.r('a')), sftp.open(t.r('b'), O_READ | O_WRITE | O_CREAT)

        def copy(source, at, size, target, to):
            return sftp.extended('copy-data', s(source), u64(at), u64(size), s(target), u64(to)).code
        assert copy(a, 0, 0, b, 0) == OK and read(t.d('b')) == data
        assert copy(a, 1000, 2000, b, 5) == OK
        assert read(t.d('b')) == data[:5] + data[1000:3000] + data[2005:]
        assert copy(a, 1000, 0, b'none', 0) != OK
        if FLAVOUR == 'hythed':
            assert copy(b, 0, 10, a, 0) != OK  # a is open for reading
            assert copy(b, 0, 10, b, 5) != OK
        assert read(t.d('a')) == data


@suite.test
def test_paths_of_home(t):
    need_hythed()
    with session(t.server) as sftp:
        assert sftp.extended('home-directory', s('')).names[0][0] == b'/'
        assert sftp.extended('expand-path@openssh.com', s('~/x')).names[0][0] == b'/x'
    with session(t.server, user='homely') as sftp:
        assert sftp.realpath('.') == b'/home/homely'
        assert sftp.realpath('x') == b'/home/homely/x'
        assert sftp.realpath('..') == b'/home'
        assert sftp.extended('home-directory', s('')).names[0][0] == b'/home/homely'
        assert sftp.extended('expand-path@openssh.com', s('~')).names[0][0] == b'/home/homely'
        assert sftp.extended('expand-path@openssh.com', s('~/x/../y')).names[0][0] == b'/home/homely/y'
        assert sftp.ask(MKDIR, s('made'), attrs()).code == OK
    assert os.path.isdir(t.server.disk('/home/homely/made'))


@suite.test
def test_new_files_belong_to_the_servers_user(t):
    with session(t.server) as sftp:
        sftp.close(sftp.open(t.r('a'), O_WRITE | O_CREAT))
        assert sftp.ask(MKDIR, s(t.r('d')), attrs()).code == OK
    owner = os.stat(t.disk)
    for name in ('a', 'd'):
        st = os.stat(t.d(name))
        assert st.st_uid == owner.st_uid and st.st_mode & 0o022 == 0, oct(st.st_mode)


@suite.test
def test_names_of_owners(t):
    need_hythed()
    need(ROOT, 'the owner has a name of its own only when run as root')
    import pwd
    nobody = pwd.getpwnam(RUN_AS)
    with session(t.server) as sftp:
        reply = sftp.extended('users-groups-by-id@openssh.com', s(u32(nobody.pw_uid) + u32(4000000001)), s(u32(0)))
        assert reply.type == EXTENDED_REPLY, reply
        assert reply.string() == s(RUN_AS) + s('') and reply.string() == s('root')


@suite.test
def test_offsets_to_the_end_of_64_bits(t):
    with session(t.server) as sftp:
        handle = sftp.open(t.r('a'), O_READ | O_WRITE | O_CREAT)
        assert sftp.write(handle, FAR, b'far') == OK
        assert sftp.read(handle, FAR, 10).data == b'far'
        assert sftp.stat(t.r('a')).attrs['size'] == FAR + 3
        for at in ((1 << 63) - 1, 1 << 63, (1 << 64) - 1):
            assert sftp.write(handle, at, b'xx') not in (OK, EOF), at
            assert sftp.read(handle, at, 10).code not in (OK, None), at
        assert sftp.ask(SETSTAT, s(t.r('a')), attrs(size=(1 << 64) - 1)).code != OK
        assert sftp.read(handle, 0, 0).type in (DATA, STATUS)
    assert os.path.getsize(t.d('a')) == FAR + 3


@suite.test
def test_statvfs(t):
    with session(t.server) as sftp:
        real = os.statvfs(t.disk)
        for reply in (sftp.extended('statvfs@openssh.com', s(t.remote)),
                      sftp.extended('fstatvfs@openssh.com', s(sftp.open(t.r('a'), O_WRITE | O_CREAT)))):
            got = [reply.u64() for _ in range(11)]
            assert got[1:3] == [real.f_frsize, real.f_blocks] and got[10] == real.f_namemax, got
        assert sftp.extended('statvfs@openssh.com', s(t.r('none'))).code == NO_SUCH_FILE


@suite.test
def test_a_deep_path_and_a_long_name(t):
    with session(t.server) as sftp:
        path = t.remote
        while len(path) + 102 < 4000:
            path += '/' + 'd' * 100
            assert sftp.ask(MKDIR, s(path), attrs()).code == OK, len(path)
        assert sftp.realpath(path).decode() == path
        assert len([n for n, _, _ in sftp.listing(os.path.dirname(path)) if n not in (b'.', b'..')]) == 1
        assert sftp.ask(MKDIR, s(t.r('n' * 255)), attrs()).code == OK
        assert sftp.ask(MKDIR, s(t.r('n' * 256)), attrs()).code != OK
        assert sftp.stat('/' + 'x/' * 40000).type == STATUS
        while path != t.remote:
            assert sftp.ask(RMDIR, s(path)).code == OK
            path = os.path.dirname(path)


suite.main()
