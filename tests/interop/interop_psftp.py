#!/usr/bin/python3
"""PuTTY's psftp. It has no command for symbolic links."""
import os
import stat

from harness import *

suite = Suite('interop-psftp', programs=['psftp', 'puttygen'], ProtocolVersion=6)


def psftp(t, *commands, seconds=60, login=None):
    script = write(t.l('script'), ('\n'.join(commands) + '\n').encode())
    login = login or ['-i', t.server.keys.ppk('alice')]
    args = ['psftp', '-batch', '-noagent', '-P', t.server.port, '-b', script]
    for key in ('host', 'host2'):
        args += ['-hostkey', t.server.keys.fingerprint(key)]
    return run(args + login + ['%s@%s' % (t.server.user, HOST)], seconds=seconds)


def quoted(name):
    return '"%s"' % name.replace('"', '""')


@suite.test
def test_up_and_down(t):
    t.up_and_down(lambda names: psftp(t, 'cd %s' % t.remote, *['put %s %s' % (t.l(n), n) for n in names] +
                                      ['get %s %s' % (n, t.l('back/' + n)) for n in names]).ok())


@suite.test
def test_tree_both_ways_with_every_odd_name(t):
    make_tree(t.l('tree'))
    psftp(t, 'put -r %s %s' % (t.l('tree'), t.r('tree'))).ok()
    same_tree(t.l('tree'), t.d('tree'))
    psftp(t, 'get -r %s %s' % (t.r('tree'), t.l('back'))).ok()
    same_tree(t.l('tree'), t.l('back'))


@suite.test
def test_names_at_the_prompt(t):
    for name in (n for n in ODD_NAMES if '\n' not in n and '\\' not in n):
        write(t.l('src'), name.encode())
        psftp(t, 'put %s %s' % (t.l('src'), quoted(t.r(name))), 'get %s %s' % (quoted(t.r(name)), t.l('back'))).ok()
        assert read(t.d(name)) == name.encode(), name
        same(t.l('src'), t.l('back'))


def resume(t):
    psftp(t, 'reget %s %s' % (t.r('down'), t.l('down')), 'reput %s %s' % (t.l('up'), t.r('up'))).ok()


@suite.test
def test_resume(t):
    t.resumed(resume)


@suite.test
def test_resume_beyond_4_gib(t):
    t.resumed_far(resume)


@suite.test
def test_rename(t):
    t.put('a', b'new')
    t.put('b', b'old')
    psftp(t, 'mv %s %s' % (t.r('a'), t.r('b'))).failed()  # it has SSH_FXP_RENAME only
    assert read(t.d('a')) == b'new' and read(t.d('b')) == b'old'
    psftp(t, 'mv %s %s' % (t.r('a'), t.r('c'))).ok()
    assert sorted(os.listdir(t.disk)) == ['b', 'c']


@suite.test
def test_ten_thousand_entries(t):
    names = t.many()
    listed = psftp(t, 'ls %s' % t.r('many')).ok().out.decode().splitlines()
    listed = {line.split()[-1] for line in listed if line.startswith('-rw')}
    assert listed == names


@suite.test
def test_folders_and_modes(t):
    t.put('f', b'x')
    psftp(t, 'cd %s' % t.remote, 'mkdir d', 'chmod 640 f', 'chmod u-w f').ok()
    assert os.path.isdir(t.d('d')) and stat.S_IMODE(os.stat(t.d('f')).st_mode) == 0o440
    t.server.own(write(t.d('d/x'), b''))
    psftp(t, 'rmdir %s' % t.r('d')).failed()
    psftp(t, 'rm %s' % t.r('d/x'), 'rmdir %s' % t.r('d'), 'rm %s' % t.r('f')).ok()
    assert os.listdir(t.disk) == []


@suite.test
def test_shorter_over_longer(t):
    t.put('a', noise(100000))
    psftp(t, 'put %s %s' % (write(t.l('a'), b'short'), t.r('a'))).ok()
    assert read(t.d('a')) == b'short'


@suite.test
def test_password(t):
    need_hythed()
    secret = write(t.l('password'), (t.server.PASSWORD + '\n').encode(), 0o600)
    psftp(t, 'mkdir %s' % t.r('d'), login=['-pwfile', secret]).ok()
    assert os.path.isdir(t.d('d'))
    psftp(t, 'mkdir %s' % t.r('e'), login=['-pwfile', write(t.l('wrong'), b'wrong\n', 0o600)]).failed()
    assert not os.path.exists(t.d('e'))


suite.main()
