#!/usr/bin/python3
"""OpenSSH's scp, in its SFTP mode (its default since 9.0) and in its old one, which must be refused at once."""
import os
import stat

from harness import *

suite = Suite('interop-openssh-scp', programs=['scp'])


def scp(t, *args, seconds=60):
    usage = run(['scp', '-x']).text  # prints its options
    need('-s' in usage or 's' in usage.split(']')[0], 'this scp has no SFTP mode')
    return run(['scp', '-q'] + t.server.ssh_options() + ['-P', t.server.port] + list(args), seconds=seconds)


def at(t, name):
    return '%s@%s:%s' % (t.server.user, HOST, t.r(name))


@suite.test
def test_up_and_down(t):
    for name in t.samples(t.local):
        scp(t, '-s', t.l(name), at(t, name)).ok()
        same(t.l(name), t.d(name))
        scp(t, '-s', at(t, name), t.l('back')).ok()
        same(t.l(name), t.l('back'))


@suite.test
def test_shorter_over_longer(t):
    """It opens without truncating, writes, and only then sets the size."""
    for size in (0, 1, 40000):
        t.put('a', noise(300000))
        write(t.l('a'), noise(size, 9))
        scp(t, '-s', t.l('a'), at(t, 'a')).ok()
        same(t.l('a'), t.d('a'))


@suite.test
def test_tree_both_ways_with_every_odd_name(t):
    make_tree(t.l('tree'))
    scp(t, '-s', '-r', t.l('tree'), at(t, '')).ok()
    same_tree(t.l('tree'), t.d('tree'))
    scp(t, '-s', '-r', at(t, 'tree'), t.l('back')).ok()
    same_tree(t.l('tree'), t.l('back'))


@suite.test
def test_tree_to_a_name_that_is_not_there(t):
    make_tree(t.l('tree'), odd=False)
    scp(t, '-s', '-r', t.l('tree'), at(t, 'fresh')).ok()
    same_tree(t.l('tree'), t.d('fresh'))


@suite.test
def test_preserved_times_and_modes(t):
    write(t.l('a'), b'x' * 100, 0o640)
    os.utime(t.l('a'), (1000000000, 1100000000))
    scp(t, '-s', '-p', t.l('a'), at(t, 'a')).ok()
    scp(t, '-s', '-p', at(t, 'a'), t.l('b')).ok()
    for path in (t.d('a'), t.l('b')):
        st = os.stat(path)
        assert stat.S_IMODE(st.st_mode) == 0o640 and int(st.st_mtime) == 1100000000, st


@suite.test
def test_globs_and_several_files(t):
    for name in ('a1', 'a2', 'b1'):
        t.put(name, name.encode())
    scp(t, '-s', at(t, 'a*'), t.local).ok()
    assert sorted(os.listdir(t.local)) == ['a1', 'a2']


@suite.test
def test_between_two_folders_of_the_server(t):
    t.put('a', noise(200000))
    scp(t, '-s', '-3', at(t, 'a'), at(t, 'b')).ok()
    same(t.d('a'), t.d('b'))


@suite.test
def test_missing_file(t):
    assert 'No such file' in scp(t, '-s', at(t, 'nothing'), t.l('a')).failed().text


@suite.test
def test_tilde(t):
    """`~` is the server's to expand."""
    need_hythed()
    write(t.l('a'), noise(100))
    home = t.server.disk('/home/homely')
    scp(t, '-s', t.l('a'), 'homely@%s:~/a' % HOST).ok()
    same(t.l('a'), os.path.join(home, 'a'))
    scp(t, '-s', t.l('a'), 'homely@%s:' % HOST).ok()
    scp(t, '-s', 'homely@%s:~homely/a' % HOST, t.l('b')).ok()
    same(t.l('a'), t.l('b'))


@suite.test
def test_the_old_protocol_is_refused_at_once(t):
    need_hythed()
    write(t.l('a'), b'x')
    t.put('b', b'y')
    scp(t, '-O', t.l('a'), at(t, 'a'), seconds=20).failed()
    scp(t, '-O', at(t, 'b'), t.l('b'), seconds=20).failed()
    assert not os.path.exists(t.d('a'))
    assert not os.path.exists(t.l('b')) or read(t.l('b')) == b''


suite.main()
