#!/usr/bin/python3
"""OpenSSH's sftp: the client that most people have."""
import os
import stat

from harness import *

suite = Suite('interop-openssh-sftp', programs=['sftp'])


def quoted(name):
    """A name as sftp's prompt takes it: in quotes, and safe from its globbing."""
    out = ''
    for c in name:
        out += '\\' + c if c in '"\\' else c
    return '"%s"' % out


@suite.test
def test_up_and_down(t):
    t.up_and_down(lambda names: t.server.sftp(['lcd %s' % t.local, 'cd %s' % t.remote] +
                                              ['put %s' % n for n in names] +
                                              ['get %s back/%s' % (n, n) for n in names]).ok())


@suite.test
def test_tree_both_ways_with_every_odd_name(t):
    make_tree(t.l('tree'))
    t.server.sftp(['put -r %s %s' % (t.l('tree'), t.r('tree'))]).ok()
    same_tree(t.l('tree'), t.d('tree'))
    t.server.sftp(['get -r %s %s' % (t.r('tree'), t.l('back'))]).ok()
    same_tree(t.l('tree'), t.l('back'))


@suite.test
def test_names_at_the_prompt(t):
    names = ['two words', "it's", 'say "hi"', 'caf\u00e9', '\u65e5\u672c\u8a9e', '#hash', 'semi;colon', '~tilde']
    for i, name in enumerate(names):
        write(t.l('src%d' % i), name.encode())
        t.server.sftp(['put %s %s' % (t.l('src%d' % i), quoted(t.r(name))),
                       'get %s %s' % (quoted(t.r(name)), t.l('back%d' % i))]).ok()
        assert read(t.d(name)) == name.encode()
        same(t.l('src%d' % i), t.l('back%d' % i))
    assert sorted(os.listdir(t.disk)) == sorted(names)


@suite.test
def test_preserved_times_and_modes(t):
    write(t.l('a'), b'x' * 100, 0o640)
    os.utime(t.l('a'), (1000000000, 1100000000))
    t.server.sftp(['put -p %s %s' % (t.l('a'), t.r('a')), 'get -p %s %s' % (t.r('a'), t.l('b'))]).ok()
    for path in (t.d('a'), t.l('b')):
        st = os.stat(path)
        assert stat.S_IMODE(st.st_mode) == 0o640, oct(st.st_mode)
        assert int(st.st_mtime) == 1100000000 and int(st.st_atime) >= 1000000000


@suite.test
def test_mode_of_a_new_file_follows_the_clients(t):
    write(t.l('run'), b'#!/bin/sh\n', 0o755)
    t.server.sftp(['put %s %s' % (t.l('run'), t.r('run'))]).ok()
    assert stat.S_IMODE(os.stat(t.d('run')).st_mode) == 0o755


def resume(t):
    t.server.sftp(['reget %s %s' % (t.r('down'), t.l('down')), 'reput %s %s' % (t.l('up'), t.r('up')),
                   'ls -l %s' % t.remote]).ok()


@suite.test
def test_resume(t):
    t.resumed(resume)


@suite.test
def test_resume_beyond_4_gib(t):
    t.resumed_far(resume)


@suite.test
def test_rename_replaces_and_the_old_one_does_not(t):
    t.put('a', b'new')
    t.put('b', b'old')
    t.server.sftp(['rename -l %s %s' % (t.r('a'), t.r('b'))]).failed()  # SSH_FXP_RENAME
    assert read(t.d('a')) == b'new' and read(t.d('b')) == b'old'
    t.server.sftp(['rename %s %s' % (t.r('a'), t.r('b'))]).ok()  # posix-rename@openssh.com
    assert read(t.d('b')) == b'new' and not os.path.exists(t.d('a'))
    t.server.sftp(['rename -l %s %s' % (t.r('b'), t.r('c'))]).ok()
    assert os.listdir(t.disk) == ['c']


@suite.test
def test_ten_thousand_entries(t):
    names = t.many()
    listed = t.server.sftp(['ls -1 %s' % t.r('many')]).ok().out.decode().splitlines()
    listed = {os.path.basename(n.strip()) for n in listed if not n.startswith('sftp>')}
    assert listed == names
    listed = t.server.sftp(['ls -ln %s' % t.r('many')]).ok().out.decode().splitlines()
    assert len([n for n in listed if n.startswith('-rw-r--r--')]) == len(names)


@suite.test
def test_symlink(t):
    t.put('target', b'here')
    t.server.sftp(['cd %s' % t.remote, 'ln -s target link', 'ln -s no/such/file dangling', 'get link %s' % t.l('got'),
                   'ls -l']).ok()
    assert os.readlink(t.d('link')) == 'target'
    assert os.readlink(t.d('dangling')) == 'no/such/file'
    assert read(t.l('got')) == b'here'
    t.server.sftp(['get %s %s' % (t.r('dangling'), t.l('none'))]).failed()
    t.server.sftp(['rm %s' % t.r('link')]).ok()
    assert read(t.d('target')) == b'here' and not os.path.lexists(t.d('link'))


@suite.test
def test_hard_link(t):
    t.put('one', b'shared')
    t.server.sftp(['ln %s %s' % (t.r('one'), t.r('two'))]).ok()
    assert os.stat(t.d('one')).st_ino == os.stat(t.d('two')).st_ino
    t.put('three', b'other')
    t.server.sftp(['ln %s %s' % (t.r('one'), t.r('three'))]).failed()
    assert read(t.d('three')) == b'other'


@suite.test
def test_folders(t):
    t.server.sftp(['cd %s' % t.remote, 'mkdir d', 'mkdir d/e', 'pwd']).ok()
    assert os.path.isdir(t.d('d/e'))
    t.server.sftp(['mkdir %s' % t.r('d')]).failed()
    t.server.sftp(['rmdir %s' % t.r('d')]).failed()
    assert os.path.isdir(t.d('d/e'))
    t.put('f', b'')
    t.server.sftp(['rmdir %s' % t.r('f')]).failed()
    t.server.sftp(['rmdir %s' % t.r('d/e'), 'rmdir %s' % t.r('d'), 'rm %s' % t.r('f')]).ok()
    assert os.listdir(t.disk) == []


@suite.test
def test_chmod(t):
    t.put('a', b'x')
    t.server.sftp(['chmod 600 %s' % t.r('a')]).ok()
    assert stat.S_IMODE(os.stat(t.d('a')).st_mode) == 0o600
    result = t.server.sftp(['chmod 4711 %s' % t.r('a')])  # a set-user-id bit may be refused, but not half of it
    assert stat.S_IMODE(os.stat(t.d('a')).st_mode) == (0o600 if result.code else 0o4711), result


@suite.test
def test_lsetstat_leaves_the_target_alone(t):
    t.put('a', b'x')
    os.chmod(t.d('a'), 0o644)
    os.symlink('a', t.d('link'))
    t.server.own(t.d('link'))
    t.server.sftp(['-chmod -h 600 %s' % t.r('link')])  # Linux has no modes of links
    assert stat.S_IMODE(os.stat(t.d('a')).st_mode) == 0o644


@suite.test
def test_df(t):
    out = t.server.sftp(['df %s' % t.remote, 'df -hi %s' % t.remote]).ok().out.decode()
    numbers = [int(w) for w in out.splitlines()[2].split()[:3]]
    real = os.statvfs(t.disk)
    assert numbers[0] == real.f_blocks * real.f_frsize // 1024, out


@suite.test
def test_fsync(t):
    write(t.l('a'), noise(100000))
    t.server.sftp(['put -f %s %s' % (t.l('a'), t.r('a'))]).ok()
    same(t.l('a'), t.d('a'))


@suite.test
def test_copy_on_the_server(t):
    data = noise(3000001)
    t.put('a', data)
    t.put('b', noise(5000000))  # longer than what is copied over it
    result = t.server.sftp(['cp %s %s' % (t.r('a'), t.r('new')), 'cp %s %s' % (t.r('a'), t.r('b'))])
    need('invalid command' not in result.text.lower(), 'this sftp has no cp')
    result.ok()
    same(t.d('a'), t.d('new'))
    same(t.d('a'), t.d('b'))


@suite.test
def test_append(t):
    t.put('a', b'12345')
    write(t.l('a'), b'1234567890')
    t.server.sftp(['put -a %s %s' % (t.l('a'), t.r('a'))]).ok()
    assert read(t.d('a')) == b'1234567890'


@suite.test
def test_shorter_over_longer(t):
    t.put('a', noise(100000))
    write(t.l('a'), b'short')
    t.server.sftp(['put %s %s' % (t.l('a'), t.r('a'))]).ok()
    assert read(t.d('a')) == b'short'


@suite.test
def test_refusals_name_their_cause(t):
    assert 'not found' in t.server.sftp(['get %s' % t.r('nothing')]).failed().text.lower()
    os.mkdir(t.d('closed'), 0o700)
    if ROOT and FLAVOUR == 'hythed':
        os.chown(t.d('closed'), 0, 0)
        assert 'permission denied' in t.server.sftp(['ls %s' % t.r('closed')]).failed().text.lower()


@suite.test
def test_globs(t):
    for name in ('a1', 'a2', 'b1'):
        t.put(name, name.encode())
    t.server.sftp(['get %s/a* %s/' % (t.remote, t.local)]).ok()
    assert sorted(os.listdir(t.local)) == ['a1', 'a2']
    t.server.sftp(['rm %s/a*' % t.remote]).ok()
    assert os.listdir(t.disk) == ['b1']


@suite.test
def test_it_begins_at_home(t):
    need_hythed()
    write(t.l('a'), b'home')
    t.server.sftp(['put %s a' % t.l('a')], user='homely').ok()
    assert read(t.server.disk('/home/homely/a')) == b'home'
    out = t.server.sftp(['pwd'], user='homely').ok().out.decode()
    assert '/home/homely' in out, out


@suite.test
def test_owners_and_dates_in_a_listing(t):
    t.put('a', b'12345')
    os.utime(t.d('a'), (1100000000, 1100000000))
    line = t.server.sftp(['ls -l %s' % t.r('a')]).ok().out.decode().splitlines()[1].split()
    assert line[0].startswith('-rw-r--r--') and line[4] == '5', line
    assert line[2] == t.server.owner and line[5:8] == ['Nov', '9', '2004'], line


@suite.test
def test_many_commands_in_one_session(t):
    write(t.l('a'), b'x')
    commands = []
    for i in range(300):
        commands += ['put %s %s' % (t.l('a'), t.r('f%d' % i)), 'rename %s %s' % (t.r('f%d' % i), t.r('g%d' % i)),
                     'rm %s' % t.r('g%d' % i)]
    t.server.sftp(commands).ok()
    assert os.listdir(t.disk) == []


@suite.test
def test_buffer_and_request_sizes(t):
    names = t.samples(t.local, (5 << 20,))
    for i, (buffer, requests) in enumerate(((1, 1), (512, 3), (32768, 64), (261120, 200))):
        if buffer == 1:
            names_here = [os.path.basename(write(t.l('small'), noise(300)))]
        else:
            names_here = names
        for name in names_here:
            t.server.sftp(['put %s %s' % (t.l(name), t.r('f%d' % i)), 'get %s %s' % (t.r('f%d' % i), t.l('b%d' % i))],
                          '-B', str(buffer), '-R', str(requests)).ok()
            same(t.l(name), t.d('f%d' % i))
            same(t.l(name), t.l('b%d' % i))


@suite.test
def test_the_session_goes_on_after_a_refusal(t):
    t.server.sftp(['-get %s' % t.r('nothing'), 'mkdir %s' % t.r('later')]).ok()
    assert os.path.isdir(t.d('later'))


@suite.test
def test_rekeying_in_mid_transfer(t):
    names = t.samples(t.local, (8 << 20,))
    t.server.sftp(['put %s %s' % (t.l(names[0]), t.r('a')), 'get %s %s' % (t.r('a'), t.l('b'))],
                  options=dict(RekeyLimit='1M')).ok()
    same(t.l(names[0]), t.d('a'))
    same(t.l(names[0]), t.l('b'))


@suite.test
def test_compression(t):
    write(t.l('a'), b'all work and no play ' * 200000 + noise(100000))
    t.server.sftp(['put %s %s' % (t.l('a'), t.r('a')), 'get %s %s' % (t.r('a'), t.l('b'))], '-C').ok()
    same(t.l('a'), t.d('a'))
    same(t.l('a'), t.l('b'))


suite.main()
