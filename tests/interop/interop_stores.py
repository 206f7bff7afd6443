#!/usr/bin/python3
"""The stores besides local-root, through a real client: a tree in memory that fills up and is shared, and folders for
each user that are made from a skeleton when their users come first, all at once too."""
import stat
import threading

from harness import *
from wire import *


def folders():
    """The places of the settings, made before the server starts."""
    skeleton = os.path.join(scratch(), 'skeleton')
    os.makedirs(os.path.join(skeleton, 'in'), exist_ok=True)
    os.chmod(skeleton, 0o755)
    os.chmod(os.path.join(skeleton, 'in'), 0o730)
    write(os.path.join(skeleton, 'welcome'), b'hello', 0o640)
    for i in range(30):
        write(os.path.join(skeleton, 'in', str(i)), b'x' * 1000, 0o644)
    os.symlink('in/0', os.path.join(skeleton, 'link'))
    if ROOT:
        entry = pwd.getpwnam(RUN_AS)
        for top, inner, files in os.walk(skeleton):
            for name in ['.'] + inner + files:
                os.lchown(os.path.join(top, name), entry.pw_uid, entry.pw_gid)
    return skeleton


def user(name, **more):
    return dict(name=name, keys=[keys().public('alice')], **more)


class Stores(Suite):
    """The settings need keys, which are only made when the script can run."""

    def missing(self):
        why = super().missing()
        if why is None and FLAVOUR == 'hythed':
            self.settings = dict(
                mounts=[dict(path='/', plugin='local-root', root='@root'),
                        dict(path='/scratch', plugin='memory', size='4M', max_files=50),
                        dict(path='/private', plugin='chroot-per-user', base='@private/%u', create=True,
                             skeleton=folders(), mode='0750'),
                        dict(path='/team', plugin='chroot-per-user', base='@team/%g', create=True)],
                groups=[dict(name='staff')],
                users=[user('alice', groups=['staff']), user('bob', groups=['staff']), user('carol')] +
                      [user('new%d' % i) for i in range(3)])
        return why


suite = Stores('interop-stores', programs=['sftp', 'ssh-keygen'], modules=['paramiko'])


def place(t, *names):
    return os.path.join(t.server.folder, *names)


def mode_of(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


@suite.test
def test_memory_keeps_what_a_client_puts(t):
    write(t.l('in'), noise(1500000), 0o640)
    t.server.sftp(['mkdir /scratch/d', 'put -p %s /scratch/d/f' % t.l('in'), 'ln /scratch/d/f /scratch/d/g',
                   'ln -s d/g /scratch/link', 'rename /scratch/d/f /scratch/d/h', 'rm /scratch/d/g',
                   'get -p /scratch/d/h %s' % t.l('out')]).ok()
    same(t.l('in'), t.l('out'))
    assert mode_of(t.l('out')) == 0o640
    assert int(os.stat(t.l('out')).st_mtime) == int(os.stat(t.l('in')).st_mtime)
    found = t.server.sftp(['ls -1 /scratch/d', 'get /scratch/d/h %s' % t.l('again')], user='bob').ok()
    assert b'/scratch/d/h' in found.out and b'/scratch/d/g' not in found.out, found
    same(t.l('in'), t.l('again'))
    t.server.sftp(['rm /scratch/link', 'rm /scratch/d/h', 'rmdir /scratch/d']).ok()


@suite.test
def test_memory_is_limited(t):
    write(t.l('big'), noise(5 << 20))
    before = t.server.sftp(['df /scratch']).ok().out
    t.server.sftp(['put %s /scratch/big' % t.l('big')]).failed()
    assert b' 100%' in t.server.sftp(['df /scratch']).ok().out.replace(b'99%', b'100%')
    t.server.sftp(['rm /scratch/big']).ok()
    assert t.server.sftp(['df /scratch']).ok().out == before
    t.server.sftp(['mkdir /scratch/%d' % i for i in range(49)]).ok()
    t.server.sftp(['mkdir /scratch/more']).failed()
    t.server.sftp(['rmdir /scratch/%d' % i for i in range(49)]).ok()
    assert t.server.sftp(['df /scratch']).ok().out == before


@suite.test
def test_each_user_has_a_folder(t):
    t.server.sftp(['ls /private', 'get /private/welcome %s' % t.l('welcome'), 'put %s /private/mine' % t.l('welcome')]).ok()
    assert read(t.l('welcome')) == b'hello'
    mine = place(t, 'private', 'alice')
    assert mode_of(mine) == 0o750 and mode_of(os.path.join(mine, 'in')) == 0o730
    assert mode_of(os.path.join(mine, 'welcome')) == 0o640
    assert os.readlink(os.path.join(mine, 'link')) == 'in/0'
    assert sorted(os.listdir(os.path.join(mine, 'in'))) == sorted(str(i) for i in range(30))
    assert read(os.path.join(mine, 'mine')) == b'hello'
    t.server.sftp(['get /private/mine %s' % t.l('stolen')], user='carol').failed()
    t.server.sftp(['get /private/../alice/mine %s' % t.l('stolen')], user='carol').failed()
    with session(t.server, user='carol', version='SSH-2.0-OpenSSH_9.2') as sftp:
        for i, target in enumerate(['../alice/mine', place(t, 'private/alice/mine'), '/../alice/mine']):
            assert sftp.ask(SYMLINK, s(target), s('/private/way%d' % i)).code == OK
            assert sftp.ask(OPEN, s('/private/way%d' % i), u32(O_READ), attrs()).handle is None
    assert not [n for n in os.listdir(place(t, 'private')) if n.startswith('.')]


@suite.test
def test_a_group_shares_a_folder(t):
    write(t.l('f'), b'of the group')
    t.server.sftp(['put %s /team/f' % t.l('f')]).ok()
    t.server.sftp(['get /team/f %s' % t.l('back')], user='bob').ok()
    assert read(t.l('back')) == read(place(t, 'team/staff/f')) == b'of the group'
    assert mode_of(place(t, 'team/staff')) == 0o700
    t.server.sftp(['ls /team'], user='carol').failed()  # has no group
    assert os.listdir(place(t, 'team')) == ['staff']
    t.server.sftp(['ls /'], user='carol').ok()  # and loses nothing else


@suite.test
def test_many_come_at_once(t):
    """Several sessions of each of three new users, let go together: nobody sees a half of a folder."""
    links = [Connection(t.server, user='new%d' % (i % 3)) for i in range(12)]
    starts = threading.Barrier(len(links))
    wrong = []

    def look(link):
        try:
            sftp = link.sftp()
            starts.wait(60)
            names = {n for n, _, _ in sftp.listing('/private')}
            if not {b'in', b'welcome', b'link'} <= names or len(sftp.listing('/private/in')) < 30:
                wrong.append(names)
        except Exception as error:  # told by the main thread
            wrong.append(repr(error))

    try:
        threads = [threading.Thread(target=look, args=[link]) for link in links]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        for link in links:
            link.close()
    assert not wrong, wrong
    assert not [n for n in os.listdir(place(t, 'private')) if n.startswith('.')]


@suite.test
def test_a_planted_link_is_refused(t):
    """Somebody with access to the parent puts a link where a user's folder would be made."""
    os.symlink(t.server.root, place(t, 'private', 'carol-moved'))
    if os.path.isdir(place(t, 'private', 'carol')):
        shutil.rmtree(place(t, 'private', 'carol'))
    os.rename(place(t, 'private', 'carol-moved'), place(t, 'private', 'carol'))
    t.server.sftp(['ls /private'], user='carol').failed()
    assert re.search(r'user "carol": .*symbolic link', t.server.log()), t.server.log()[-500:]
    os.unlink(place(t, 'private', 'carol'))
    t.server.sftp(['ls /private/in/29'], user='carol').ok()


suite.main()
