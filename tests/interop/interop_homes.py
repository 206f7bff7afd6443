#!/usr/bin/python3
"""Folders of users that are given to somebody else, which the server itself has no right to do."""
from overlay import *
from wire import *

OWNER = 'daemon'


class Homes(Overlaid):
    plugins = ('chroot-per-user',)

    def etc(self):
        return {}


def settings(**more):
    return dict(mounts=[dict(dict(path='/', plugin='chroot-per-user', base='@homes/%u', create=True, mode='02770',
                                  owner=OWNER + ':nogroup', skeleton='@skeleton/'), **more)],
                users=[dict(name=n, keys=[keys().public('alice')]) for n in ('alice', 'bob', 'carl')], LogLevel=1)


suite = Homes('interop-homes', programs=['sftp', 'ssh-keygen', 'unshare'], modules=['paramiko'])


@suite.test(**(settings() if ROOT else {}))
def test_a_new_folder_is_given_away(t):
    write(os.path.join(t.server.folder, 'skeleton/welcome'), b'hello', 0o664)
    entry = pwd.getpwnam(OWNER)
    with session(t.server, user='alice') as sftp:
        assert sftp.stat('/welcome').attrs['size'] == 5
        assert sftp.ask(MKDIR, s('/made'), attrs()).code == OK  # through the group
    homes = os.path.join(t.server.folder, 'homes')
    for name in ('alice', 'alice/welcome'):
        assert os.stat(os.path.join(homes, name)).st_uid == entry.pw_uid, name
    assert os.listdir(homes) == ['alice']
    os.kill(helper_of(t.server), signal.SIGKILL)
    wait_for('a line about it', lambda: 'the helper process has ended (signal 9)' in t.server.log())
    by_key(t, 'bob').failed()
    assert os.listdir(homes) == ['alice'] and 'the helper process is gone' in t.server.log(), t.server.log()
    with session(t.server, user='alice') as sftp:  # whose folder is there
        assert sftp.stat('/welcome').attrs['size'] == 5


@suite.test(**(settings() if ROOT else {}))
def test_one_that_was_given_before_a_crash_is_taken(t):
    homes = os.path.join(t.server.folder, 'homes')
    by_key(t, 'alice').ok()
    sum_of = 0xcbf29ce484222325
    for byte in b'bob':
        sum_of = (sum_of ^ byte) * 0x100000001b3 % (1 << 64)
    os.rename(os.path.join(homes, 'alice'), os.path.join(homes, '.hythe-new.%016x' % sum_of))
    by_key(t, 'bob').ok()
    assert os.listdir(homes) == ['bob'], os.listdir(homes)


@suite.test
def test_who_may_not_give(t):
    base = os.path.join(t.local, 'homes')
    os.mkdir(base, 0o755)
    os.chown(base, *pwd.getpwnam(RUN_AS)[2:4])
    t.server.settings['mounts'] = settings(base=base + '/%u', skeleton=base)['mounts']
    text = re.sub(r'LocalPort = \d+', 'LocalPort = 0', t.server.config())
    assert ': ok' in check(t, text).ok().text
    said = check(t, text.replace('"daemon:nogroup"', '"root"')).failed().text
    assert 'owner "root": the server hasn\'t the right to give folders away' in said, said
    key = os.path.join(t.local, 'key')
    run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key]).ok()
    os.chown(key, *pwd.getpwnam(RUN_AS)[2:4])
    alone = re.sub(r'AltSSHCert = .*?\);', '', text.replace(t.server.keys.path('host'), key), flags=re.S)
    said = check(t, alone, RUN_AS).failed().text
    assert 'owner "daemon:nogroup": the server hasn\'t the right to give folders away' in said, said


suite.main()
