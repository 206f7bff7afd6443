#!/usr/bin/python3
"""The filters permissions and log before real clients: the group of the example configuration, which uploads here and
downloads there beside a tree of its own; an incoming folder; hidden names; the lines that all of it leaves."""
import json

from harness import *


def local(path, name, **more):
    return dict(path=path, plugin='local-root', root='@' + name, **more)


def user(name, **more):
    return dict(name=name, keys=[keys().public('alice')], **more)


def settings():
    log = dict(plugin='log', json='@lines/json', xferlog='@lines/xferlog')
    return dict(
        mounts=[local('/', 'root', filters=[dict(plugin='permissions', hidden=['.*', '*.tmp'])])],
        groups=[dict(name='partners', mounts=[local('/exchange', 'exchange')],
                     filters=[log, dict(plugin='permissions',
                                        rules=['/exchange/in: list,upload', '/exchange/out: list,download'])])],
        users=[user('alice'), user('bob', UserRootDirectory='/home/bob', HomeDir='/', groups=['partners']),
               user('dropper', HomeDir='/incoming',
                    filters=[log, dict(plugin='permissions', rules=['/incoming: upload'], default='none')])])


class Filters(Suite):
    """The settings need keys, which are only made when the script can run."""

    def missing(self):
        why = super().missing()
        if why is None and FLAVOUR == 'hythed':
            if not os.path.exists(os.path.join(os.environ.get('HYTHE_PLUGINS', ''), 'log.so')):
                return 'the plugin log is not in this build'
            self.settings = settings()
        return why

    def _warm(self, server):
        """The files of a log stay open after its first line: one of each instance."""
        furnish(server)
        for name in ('bob', 'dropper'):
            server.sftp(['mkdir /no/such'], user=name).failed()
        return super()._warm(server)


suite = Filters('interop-filters', programs=['sftp', 'ssh-keygen'], seconds=280)


def place(t, name, *rest):
    return os.path.join(t.server.folder, name, *rest)


def furnish(server):
    files = (('root/home/bob/docs/letter', b'letter'), ('root/home/bob/docs/half.tmp', b'half'),
             ('root/.cache/key', b'key'), ('root/incoming/taken', b'taken'), ('exchange/in/old', b'old'),
             ('exchange/out/offer', b'offer'), ('exchange/beside', b'beside'))
    for name, data in files:
        path = os.path.join(server.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write(path, data)
    for name in ('root', 'exchange'):
        server.own(os.path.join(server.folder, name))


def fill(t):
    need_hythed()
    furnish(t.server)
    write(t.l('up'), b'from bob')


def lines(t):
    if not os.path.exists(place(t, 'lines/json')):
        return []
    return [json.loads(line) for line in read(place(t, 'lines/json')).decode().splitlines()]


@suite.test
def test_the_group_of_the_example(t):
    fill(t)
    assert listed(t, 'bob', '/') == ['docs', 'exchange'] and got(t, 'bob', '/docs/letter') == 'letter'
    assert listed(t, 'bob', '/exchange') == ['in', 'out']
    assert got(t, 'bob', '/exchange/out/offer') == 'offer'
    assert got(t, 'bob', '/exchange/in/old') is None and got(t, 'bob', '/exchange/beside') is None
    t.server.sftp(['put %s /exchange/in/new' % t.l('up'), 'put %s /docs/own' % t.l('up')], user='bob').ok()
    assert read(place(t, 'exchange/in/new')) == b'from bob' and read(place(t, 'root/home/bob/docs/own')) == b'from bob'
    for command in ('put %s /exchange/in/old', 'put %s /exchange/in/new', 'put %s /exchange/out/new',
                    'put %s /exchange/new'):
        t.server.sftp([command % t.l('up')], user='bob').failed()
    for command in ('rm /exchange/in/old', 'rename /exchange/in/old /exchange/in/older', 'mkdir /exchange/in/d',
                    'rename /exchange/out/offer /exchange/in/offer', 'ln -s /exchange/out /exchange/in/link',
                    'ln /exchange/out/offer /exchange/in/link', 'chmod 600 /exchange/in/old', 'rmdir /exchange/in'):
        t.server.sftp([command], user='bob').failed()
    assert read(place(t, 'exchange/in/old')) == b'old' and read(place(t, 'exchange/in/new')) == b'from bob'
    assert sorted(os.listdir(place(t, 'exchange/in'))) == ['new', 'old']
    assert sorted(os.listdir(place(t, 'exchange/out'))) == ['offer']


@suite.test
def test_an_incoming_folder(t):
    """Whoever may only upload learns nothing of what is there, and leaves dates with what was uploaded."""
    fill(t)
    os.utime(t.l('up'), (1000000000, 1000000000))
    t.server.sftp(['put -p %s new' % t.l('up')], user='dropper').ok()
    assert read(place(t, 'root/incoming/new')) == b'from bob'
    assert os.stat(place(t, 'root/incoming/new')).st_mtime == 1000000000
    for command in ('ls', 'ls /', 'get new', 'get taken', 'ls taken', 'rm new', 'put %s taken' % t.l('up'),
                    'put %s new' % t.l('up'), 'reput %s new' % t.l('up'), 'put %s /other' % t.l('up'), 'mkdir d',
                    'rename new newer', 'chmod 600 new'):
        result = t.server.sftp([command], user='dropper')
        said = [line for line in result.out.decode().splitlines() if not line.startswith('sftp>')]
        assert not [line for line in said if line.endswith('taken') or line.endswith('new')], repr(result)
        if not command.startswith('ls'):  # of which sftp says that it worked
            result.failed()
    assert read(place(t, 'root/incoming/taken')) == b'taken'


@suite.test
def test_hidden_names(t):
    fill(t)
    assert '.cache' not in listed(t, 'alice', '/') and listed(t, 'alice', '/home/bob/docs') in (
        ['letter'], ['letter', 'own'])
    for command in ('get /.cache/key %s' % t.l('got'), 'ls /.cache', 'rm /home/bob/docs/half.tmp',
                    'put %s /home/bob/docs/other.tmp' % t.l('up'), 'rename /home/bob/docs/letter /home/bob/docs/.letter',
                    'ln -s .cache/key /key'):
        t.server.sftp([command]).failed()
    assert read(place(t, 'root/home/bob/docs/half.tmp')) == b'half' and not os.path.lexists(place(t, 'root/key'))


@suite.test
def test_lines_of_the_log(t):
    fill(t)
    before = len(lines(t))
    write(t.l('some'), noise(300000))
    t.server.sftp(['put %s "/docs/two words"' % t.l('some'), 'get "/docs/two words" %s' % t.l('got'),
                   'rename "/docs/two words" /docs/w', 'rm /docs/w', 'mkdir /docs/d', 'rmdir /docs/d'], user='bob').ok()
    t.server.sftp(['rm /exchange/in/old'], user='bob').failed()
    wait_for('seven lines', lambda: len(lines(t)) >= before + 7)
    told = [(n['event'], n['path'], n.get('to'), n.get('bytes_read'), n.get('bytes_written'), n['result'])
            for n in lines(t)[before:]]
    own = '/home/bob'  # UserRootDirectory: the lines name paths of the tree
    assert told == [('upload', own + '/docs/two words', None, 0, 300000, 'ok'),
                    ('download', own + '/docs/two words', None, 300000, 0, 'ok'),
                    ('rename', own + '/docs/two words', own + '/docs/w', None, None, 'ok'),
                    ('unlink', own + '/docs/w', None, None, None, 'ok'),
                    ('mkdir', own + '/docs/d', None, None, None, 'ok'),
                    ('rmdir', own + '/docs/d', None, None, None, 'ok'),
                    ('unlink', own + '/exchange/in/old', None, None, None, 'EACCES')], told
    assert all(n['user'] == 'bob' and n['group'] == 'partners' and n['address'] == '127.0.0.1'
               for n in lines(t)[before:])
    xferlog = read(place(t, 'lines/xferlog')).decode().splitlines()[before:]
    assert [line.split()[7:9] + line.split()[11:12] for line in xferlog[:2]] == \
        [['300000', own + '/docs/two_words', 'i'], ['300000', own + '/docs/two_words', 'o']], xferlog
    assert all(len(line.split()) == 18 for line in xferlog), xferlog


suite.main()
