#!/usr/bin/python3
"""Text: names of a store in another character set (CodePage), the lines of listings (UnixStyleDateFormat,
DirListBufferSize), through real clients."""
import asyncio
import functools
import re
import time

from harness import *
from wire import *
try:
    import asyncssh
except ImportError:
    asyncssh = None

suite = Suite('interop-text', programs=['sftp'], CodePage='ISO-8859-1')

CAFE, EURO, UMLAUTS = 'caf\u00e9', '\u20ac', '\u00e4\u00f6\u00fc.txt'


def latin1(path):
    """A path of this machine whose last part is in the character set of the store."""
    folder, name = os.path.split(path)
    return os.path.join(folder.encode(), name.encode('latin-1'))


def content(path):
    with open(path, 'rb') as f:
        return f.read()


def with_asyncssh(function):
    @functools.wraps(function)
    def work(t):
        need(asyncssh, 'asyncssh is not installed')

        async def body():
            async with asyncssh.connect(HOST, t.server.port, known_hosts=t.server.known_hosts_path(), config=None,
                                        agent_path=None, username='alice', password=None,
                                        client_keys=[t.server.keys.path('alice')]) as connection:
                async with connection.start_sftp_client() as sftp:
                    await function(t, sftp)
        asyncio.run(asyncio.wait_for(body(), 60))
    return suite.test(work)


@suite.test
def test_sftp_up_and_down(t):
    write(t.l('src'), b'hello')
    t.server.sftp(['mkdir %s' % t.r(CAFE), 'put %s %s' % (t.l('src'), t.r(CAFE + '/' + UMLAUTS)),
                   'get %s %s' % (t.r(CAFE + '/' + UMLAUTS), t.l('back'))]).ok()
    same(t.l('src'), t.l('back'))
    assert os.listdir(t.disk.encode()) == [b'caf\xe9']
    assert os.listdir(latin1(t.d(CAFE))) == [b'\xe4\xf6\xfc.txt']


@suite.test
def test_sftp_lists_and_moves(t):
    for name in (b'\xe9t\xe9', b'plain', b'\xa4'):
        t.server.own(write(os.path.join(t.disk.encode(), name), b'x'))
    out = t.server.sftp(['ls -1 %s' % t.remote]).ok().out.decode()
    assert '\u00e9t\u00e9' in out and '\u00a4' in out, out
    out = t.server.sftp(['ls -l %s' % t.remote]).ok().out.decode()  # the longname is the server's own line
    assert ' \u00e9t\u00e9\n' in out.replace(t.remote + '/', ''), out
    t.server.sftp(['rename %s %s' % (t.r('\u00e9t\u00e9'), t.r('\u00ef')), 'symlink %s %s' % ('\u00ef', t.r('l\u00efnk')),
                   'rm %s' % t.r('\u00a4')]).ok()
    assert sorted(os.listdir(t.disk.encode())) == [b'l\xefnk', b'plain', b'\xef']
    assert os.readlink(os.path.join(t.disk.encode(), b'l\xefnk')) == b'\xef'


@suite.test
def test_sftp_is_refused_what_has_no_name(t):
    write(t.l('src'), b'hello')
    for command in ('put %s %s' % (t.l('src'), t.r(EURO)), 'mkdir %s' % t.r(EURO)):
        result = t.server.sftp([command])
        result.failed()
    assert os.listdir(t.disk) == []


@with_asyncssh
async def test_asyncssh_both_ways(t, sftp):
    await sftp.mkdir(t.r(CAFE))
    write(t.l('src'), b'text')
    await sftp.put(t.l('src'), t.r(CAFE + '/' + UMLAUTS))
    assert content(os.path.join(t.disk.encode(), b'caf\xe9/\xe4\xf6\xfc.txt')) == b'text'
    await sftp.symlink(UMLAUTS, t.r(CAFE + '/l\u00efnk'))
    assert await sftp.readlink(t.r(CAFE + '/l\u00efnk')) == UMLAUTS
    assert await sftp.realpath(t.r(CAFE + '/l\u00efnk')) == t.r(CAFE + '/' + UMLAUTS)
    assert sorted(await sftp.listdir(t.r(CAFE))) == ['.', '..', 'l\u00efnk', UMLAUTS]
    await sftp.rename(t.r(CAFE), t.r('\u00e5'))
    await sftp.get(t.r('\u00e5/' + UMLAUTS), t.l('back'))
    same(t.l('src'), t.l('back'))
    await sftp.rmtree(t.r('\u00e5'))
    assert os.listdir(t.disk) == []


@suite.test(mounts=[dict(path='/', plugin='local-root', root='@root'),
                    dict(path='/old', plugin='local-root', root='@old', CodePage='CP1252'),
                    dict(path='/strict', plugin='local-root', root='@strict', CodePage='UTF-8')])
def test_each_mount_has_its_own(t):
    old, strict = (os.path.join(t.server.folder, name).encode() for name in ('old', 'strict'))
    t.server.own(write(os.path.join(old, b'\x80\x81'), b'x'))       # a euro sign and a byte without a character
    t.server.own(write(os.path.join(strict, b'caf\xe9'), b'x'))     # no UTF-8
    t.server.own(write(os.path.join(t.disk.encode(), b'caf\xe9'), b'x'))
    out = t.server.sftp(['ls -1 /old', 'ls -1 /strict', 'get /old/\u20ac\uef81 %s' % t.l('a'),
                         'get /strict/caf\uefe9 %s' % t.l('b'), 'rm /strict/caf\uefe9']).ok()
    assert read(t.l('a')) == read(t.l('b')) == b'x'
    assert os.listdir(strict) == []


@suite.test(CodePage='ISO-8859-1', mounts=[dict(path='/', plugin='memory'),
                                           dict(path='/as-it-is', plugin='local-root', root='@as-it-is', CodePage='')])
def test_a_mount_may_have_none(t):
    t.server.sftp(['mkdir /as-it-is/%s' % CAFE, 'mkdir /%s' % CAFE, 'ls /%s' % CAFE]).ok()
    assert os.listdir(os.path.join(t.server.folder, 'as-it-is').encode()) == [CAFE.encode()]
    t.server.sftp(['mkdir /%s' % EURO]).failed()


# Listings.

SHAPE = r'[-dl][-rwxsStT]{9} +\d+ +\S+ +\S+ +(\d+) +'
USUAL = SHAPE + r'([A-Z][a-z]{2}) +(\d{1,2}) +(?:(\d{2}):(\d{2})|(\d{4})) (.+)'
LONG = SHAPE + r'(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}) (.+)'
NOW = int(time.time()) // 60 * 60 - 3600
OLD = NOW - 3 * 365 * 86400


def dated_files(t):
    for name, when in (('new', NOW), ('old', OLD)):
        os.utime(t.put(name, b'12345'), (when, when))


def lines(t):
    connection = Connection(t.server)
    try:
        return {name.decode(): line.decode() for name, line, _ in connection.sftp().listing(t.remote)}
    finally:
        connection.close()


def as_lftp_sees(t):
    """Name, size and date of each file, as lftp takes them from the server's lines and tells them in its own form."""
    ssh = ' '.join(['ssh', '-a', '-x'] + t.server.ssh_options())
    script = ['set cmd:fail-exit yes', 'set net:max-retries 1', 'set sftp:connect-program "%s"' % ssh,
              'set sftp:protocol-version 3', 'open sftp://alice:none@%s:%d' % (HOST, t.server.port),
              'cls -1 --time-style=%%s --date --size --block-size=1 %s/' % t.remote]
    out = run(['lftp', '--norc', '-f', write(t.l('script'), ('\n'.join(script) + '\n').encode())]).ok().out.decode()
    return {os.path.basename(row.split()[-1]): [int(n) for n in row.split()[:-1]] for row in out.splitlines()}


def check_lftp(t):
    if not shutil.which('lftp'):
        return
    seen = as_lftp_sees(t)
    assert seen == {'new': [5, NOW], 'old': [5, OLD]}, seen


@suite.test
def test_dates_as_ls_has_them(t):
    dated_files(t)
    for name, when in (('new', NOW), ('old', OLD)):
        found, local = re.fullmatch(USUAL, lines(t)[name]), time.localtime(when)
        assert found and found[1] == '5' and found[7] == name, lines(t)
        assert (found[2], int(found[3])) == (time.strftime('%b', local), local.tm_mday), found
        assert found[4] == (time.strftime('%H', local) if name == 'new' else None), found
        assert found[6] == (str(local.tm_year) if name == 'old' else None), found
    check_lftp(t)


@suite.test(UnixStyleDateFormat=False)
def test_dates_in_full(t):
    dated_files(t)
    for name, when in (('new', NOW), ('old', OLD)):
        found = re.fullmatch(LONG, lines(t)[name])
        assert found and found[1] == '5' and found[7] == name, lines(t)
        assert '-'.join(found.groups()[1:4]) + ' ' + ':'.join(found.groups()[4:6]) == \
            time.strftime('%Y-%m-%d %H:%M', time.localtime(when)), found
    check_lftp(t)


@suite.test(DirListBufferSize=7)
def test_entries_in_one_reply(t):
    names = {'f%02d' % i for i in range(40)}
    for name in names:
        t.put(name, b'')
    connection = Connection(t.server)
    try:
        sftp = connection.sftp()
        handle, sizes, seen = sftp.ask(OPENDIR, s(t.remote)).handle, [], set()
        while True:
            reply = sftp.ask(READDIR, s(handle))
            if reply.names is None:
                break
            sizes.append(len(reply.names))
            seen |= {name.decode() for name, _, _ in reply.names}
        assert seen == names | {'.', '..'} and sizes == [7] * 6, (sizes, seen)
    finally:
        connection.close()
    assert set(t.server.sftp(['ls -1 %s' % t.remote]).ok().out.decode().split()[-40:]) == {t.r(n) for n in names}


if __name__ == '__main__':
    suite.main()
