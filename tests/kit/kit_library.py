#!/usr/bin/env python3
"""What authors of programs are given: hythe.h as C and as C++, hythe.pc, and the examples, built outside of the tree
with what make install installs, each driven by OpenSSH's sftp."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import *  # noqa: E402
from servers import Server, libconfig  # noqa: E402
try:
    import paramiko
except ImportError:
    paramiko = None

STRICT = ['-O2', '-g', '-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Werror']
# In what C and C++ have in common.
PROGRAM = b'''#include <hythe/hythe.h>
#include <hythe/hythe.h>
static void closed(void *ctx, struct hythe_FileClose *e)
{
    (void)ctx;
    if (HYTHE_HAS(e, aborted) && e->aborted)
        e->StatusCode = HYTHE_FX_FAILURE;
}
int main(void)
{
    struct hythe_events events = {sizeof(struct hythe_events)};
    struct hythe_server *server = hythe_server_new();

    events.FileClose = closed;
    if (!server || hythe_server_handle(server, &events, 0))
        return 1;
    hythe_server_free(server);
    return 0;
}
'''
_built = None


def flags():
    need(shutil.which('pkg-config'), 'pkg-config is not installed')
    return run(['pkg-config', '--cflags', '--libs', 'hythe'], env=author_env()).ok().out.decode().split()


def library_path():
    return os.path.join(installed(), 'lib')


def example(name):
    """The program made of an example as it was installed."""
    global _built
    if _built is None:
        _built = os.path.join(folder('author'), 'mine')
        shutil.copytree(os.path.join(installed(), 'share', 'doc', 'hythe', 'examples'), _built)
    path = os.path.join(_built, name)
    if not os.path.exists(path):
        run(compiler('$CC', 'cc') + STRICT + [path + '.c', '-o', path] + flags()).ok()
    return path


class Example(Server):
    """An example that runs, and OpenSSH's sftp with its password."""
    owner = 'root' if ROOT else pwd.getpwuid(os.geteuid()).pw_name
    listening = r'listening on port (\d+)'

    def __init__(self, program, *arguments):
        super().__init__('%s-%d' % (program, len(os.listdir(scratch()))))
        self.program = program
        self.arguments = list(arguments)
        self.local = os.path.join(self.folder, 'local')
        os.mkdir(self.local)

    def command(self):
        return ['env', 'LD_LIBRARY_PATH=' + library_path(), 'PASSWORD=' + self.PASSWORD, example(self.program)] + [
            argument.replace('@', self.folder + '/') for argument in self.arguments]

    def common(self):
        return ['LocalHost=' + HOST, 'LocalPort=0', 'SSHCertStore=' + self.keys.path('host')]

    def enter(self, password, *commands):
        options = self.ssh_options(BatchMode='no', PreferredAuthentications='password', NumberOfPasswordPrompts='1')
        env = client_env(SSH_ASKPASS=self.keys.askpass, SSH_ASKPASS_REQUIRE='force', INTEROP_PASSWORD=password)
        args = ['sftp', '-q'] + options + ['-P', self.port, '-b', '-', 'somebody@' + HOST]
        return run(args, '\n'.join(('lcd ' + self.local,) + commands) + '\n', env=env)

    def there(self, name, data):
        return write(os.path.join(self.local, name), data)

    def got(self, name):
        return read(os.path.join(self.local, name))


@contextlib.contextmanager
def running(server):
    need(shutil.which('sftp'), 'sftp is not installed')
    try:
        server.begin()
        yield server
        assert server.alive(), server.log()
        code = server.end()
        assert code == 0, 'ended with %s:\n%s' % (code, server.log())
    finally:
        server.kill()


def headers(command, standards, language):
    text = write(os.path.join(scratch(), 'program.' + language), PROGRAM)
    for standard in standards:
        run(compiler(command) + STRICT + ['-fsyntax-only', '-Wno-missing-field-initializers', '-std=' + standard,
                                          '-I' + os.path.join(SRCDIR, 'include'), text]).ok()


@test
def the_header_is_c():
    headers('gcc', ('c11', 'gnu17'), 'c')


@test
def the_header_is_c_for_clang():
    headers('clang', ('c11', 'gnu17'), 'c')


@test
def the_header_is_cxx():
    headers('g++', ('c++17', 'c++20'), 'cc')


@test
def the_header_is_cxx_for_clang():
    headers('clang++', ('c++17', 'c++20'), 'cc')


@test
def is_found_by_pkg_config():
    prefix, names = installed(), flags()
    assert sorted(names) == sorted(['-I%s/include' % prefix, '-L%s/lib' % prefix, '-lhythe']), names

    def ask(*what):
        return run(['pkg-config'] + list(what) + ['hythe'], env=author_env()).ok().out.decode().split()
    assert ask('--modversion') == [hythed('--version').ok().out.decode().split()[1].rstrip(',')]
    assert ask('--variable=plugindir') == [prefix + '/lib/hythe']
    static = ask('--static', '--libs')
    assert '-lssh' in static and '-lcrypto' in static, static
    made = os.path.join(scratch(), 'program')
    run(compiler('$CC', 'cc') + [write(made + '.c', PROGRAM), '-o', made] + names).ok()
    run([made], env=make_env(LD_LIBRARY_PATH=library_path())).ok()


@test
def the_makefile_builds_them_all():
    where = os.path.join(folder('made'), 'mine')
    shutil.copytree(os.path.join(installed(), 'share', 'doc', 'hythe', 'examples'), where)
    said = run(['make', '-C', where, 'CFLAGS=' + ' '.join(STRICT)], env=author_env(), seconds=120).ok()
    assert SRCDIR not in said.text and BUILDDIR not in said.text, repr(said)
    for name in ('server', 'generated', 'approve'):
        assert os.access(os.path.join(where, name), os.X_OK), name


@test
def the_short_server_serves_a_folder():
    with open(example('server') + '.c') as f:
        assert len(f.readlines()) <= 40
    server = Example('server', 'RootDirectory=@root')
    server.arguments += server.common() + ['plugin_directory=' + os.path.join(installed(), 'lib', 'hythe')]
    with running(server) as s:
        data = noise(300000)
        s.there('a', data)
        s.enter(s.PASSWORD, 'put a', 'mkdir d', 'rename a d/b', 'get d/b c', 'ls -l d').ok()
        assert s.got('c') == data and read(s.disk('/d/b')) == data
        s.enter('wrong', 'ls').failed()


@test
def the_short_server_says_what_is_wrong():
    path = {'LD_LIBRARY_PATH': library_path()}
    for arguments, env, text in ((['LocalPort=70000'], {'PASSWORD': 'x'}, 'LocalPort'),
                                 (['LokalPort=7'], {'PASSWORD': 'x'}, 'LokalPort'),
                                 ([], {}, "PASSWORD isn't set")):
        said = run([example('server')] + arguments, env=client_env(**path, **env))
        assert said.code == 1 and said.text.startswith('server: ') and text in said.text, repr(said)


@test
def a_tree_is_made_up_by_handlers():
    server = Example('generated')
    server.arguments = server.common()
    with running(server) as s:
        said = s.enter(s.PASSWORD, 'ls -1', 'get squares/12 a', 'get squares/100 b', 'get reads', 'ls -l squares/7').ok()
        assert s.got('a') == b'144\n' and s.got('b') == b'10000\n' and int(s.got('reads')) >= 2, said
        names = [line.strip() for line in said.out.decode().splitlines() if 'sftp>' not in line]
        assert names[:2] == ['reads', 'squares'], names
        assert re.search(r'^-r--r--r-- .* 3 .*squares/7\s*$', said.text, re.M), said.text
        many = s.enter(s.PASSWORD, 'ls -1 squares').ok().out.decode().split('\n')
        assert len([line for line in many if line.startswith('squares/')]) == 100, many
        for command in ('get squares/101', 'get squares', 'put a squares/5', 'put a', 'ls squares/5/6', 'ls none',
                        'mkdir d', 'rm reads', 'rename reads b'):
            s.enter(s.PASSWORD, command).failed()
        s.enter(s.PASSWORD, 'get reads').ok()


def approving():
    server = Example('approve', '@hythe.cfg', '@root', '@quarantine')
    os.mkdir(os.path.join(server.folder, 'quarantine'))
    settings = dict(LocalHost=HOST, LocalPort=0, SSHCertStore=server.keys.path('host'), LogLevel=2,
                    plugin_directory=os.path.join(installed(), 'lib', 'hythe'),
                    mounts=[dict(path='/', plugin='local-root', root=server.root),
                            dict(path='/quarantine', plugin='local-root', root=server.folder + '/quarantine')],
                    users=[dict(name='alice', keys=[server.keys.public('alice')])])
    write(os.path.join(server.folder, 'hythe.cfg'),
          ''.join('%s = %s;\n' % (k, libconfig(v)) for k, v in settings.items()).encode(), 0o600)
    return server


def waiting(server):
    """The sizes of what is in quarantine."""
    where = os.path.join(server.folder, 'quarantine')
    return sorted(os.path.getsize(os.path.join(where, name)) for name in os.listdir(where))


@test
def uploads_are_approved_by_content():
    with running(approving()) as s:
        text = b'All is well.\n' * 9000
        s.there('good', text)
        s.there('script', b'#!/bin/sh\n')
        s.there('late', text + b'\0')
        lcd = 'lcd ' + s.local
        s.sftp([lcd, 'put good', 'get good back']).ok()
        assert s.got('back') == text and read(s.disk('/good')) == text and waiting(s) == []
        for name, why in (('script', 'scripts are not taken'), ('late', 'only text is taken')):
            said = s.sftp([lcd, 'put ' + name]).failed()
            assert why in s.log() or why in said.text, (said, s.log())
            assert not os.path.exists(s.disk('/' + name)), name
        assert read(s.disk('/good')) == text
        s.sftp([lcd, 'put good', 'put good other', 'rename good older', 'ln other another']).ok()
        os.symlink('older', s.disk('/seems'))  # what it leads to is replaced, not the link
        s.there('new', b'new\n')
        s.sftp([lcd, 'put new seems']).ok()
        assert os.readlink(s.disk('/seems')) == 'older' and read(s.disk('/older')) == b'new\n'
        os.unlink(s.disk('/seems'))
        s.sftp([lcd, 'put script good']).failed()
        s.sftp(['ln -s other link']).failed()
        assert len(waiting(s)) == 3, waiting(s)  # what was refused
        assert sorted(os.listdir(s.root)) == ['another', 'older', 'other'], os.listdir(s.root)


@test
def what_is_approved_stays_as_it_is():
    need(paramiko, "Python's paramiko is not installed")
    with running(approving()) as s, contextlib.closing(paramiko.Transport(s.connect())) as transport:
        transport.connect(username='alice', pkey=paramiko.Ed25519Key(filename=s.keys.path('alice')))
        sftp = transport.open_sftp_client()

        def put(mode, data, at=0):
            with sftp.open('/good', mode) as f:
                f.seek(at)
                f.write(data)
        put('w', b'text\n')
        for change in (lambda: sftp.truncate('/good', 100), lambda: put('a', b'\0'), lambda: put('a', b'more\n'),
                       lambda: put('r+', b'x', 2),
                       lambda: put('w', b'\0')):
            try:
                change()
            except OSError:
                assert read(s.disk('/good')) == b'text\n', read(s.disk('/good'))
                continue
            raise AssertionError('%s: %r' % (change, read(s.disk('/good'))))
        put('w', b'another\n')
        assert read(s.disk('/good')) == b'another\n'


@test
def the_quarantine_is_closed():
    with running(approving()) as s:
        lcd = 'lcd ' + s.local
        s.there('good', b'text\n')
        for command in ('ls quarantine', 'put good quarantine/good', 'put good quarantine/x/y', 'rmdir quarantine',
                        'rename quarantine q', 'rename quarantine/a b'):
            s.sftp([lcd, command]).failed()
        s.sftp([lcd, 'put good']).ok()
        assert os.listdir(s.root) == ['good'] and waiting(s) == []


main('kit-library')
