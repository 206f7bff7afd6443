#!/usr/bin/env python3
"""How shared objects are loaded: whole or not at all, and each for itself."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import *  # noqa: E402

# Two plugins that have a variable, a function and a constructor of the same names.
SOURCE = '''
#include <hythe/plugin.h>
int value = VALUE;
int answer(void);
int answer(void) { return value; }
int missing(void);
static int prepared;
__attribute__((constructor)) static void prepare(void) { prepared = answer(); }
static int start(const struct hythe_host *host, const void *given, void **instance)
{
    (void)given, (void)instance;
    host->log(host, 0, "prepared %d, has %d, answers %d", prepared, value, answer());
    return prepared == VALUE && value == VALUE && answer() == VALUE USE ? 0 : -22;
}
static int64_t getattr(const struct hythe_call *call, struct hythe_getattr_arg *arg)
{
    (void)call;
    arg->attrs->valid = HYTHE_ATTR_TYPE;
    arg->attrs->type = HYTHE_TYPE_DIRECTORY;
    return 0;
}
static const struct hythe_ops ops = {.size = sizeof ops, .getattr = getattr};
static const struct hythe_plugin plugin = {.abi = HYTHE_ABI, .size = sizeof plugin, .kind = HYTHE_FILESYSTEM,
    .threads = HYTHE_PARALLEL, .name = NAME, .version = "1", .summary = "a plugin", .start = start, .ops = &ops};
HYTHE_EXPORT const struct hythe_plugin *hythe_plugin_entry(void) { return &plugin; }
'''


def build(where, name, value, use='', *flags):
    source = write(os.path.join(scratch(), name + '.c'), SOURCE.encode())
    made = os.path.join(where, name + '.so')
    run(compiler('$CC', 'cc', 'gcc') + ['-shared', '-fPIC', '-I' + os.path.join(SRCDIR, 'include'), '-DVALUE=%d' % value,
                                        '-DNAME="%s"' % name, '-DUSE=' + use, source, '-o', made] + list(flags)).ok()
    os.chmod(made, 0o755)


def check(where, *names):
    """hythed --check of a file that mounts each of them: each is loaded and started."""
    keys = Hythed('keys-of-' + os.path.basename(where)).keys
    text = ('run_as = "%s";\nLocalHost = "%s";\nLocalPort = 0;\nSSHCertStore = "%s";\nplugin_directory = "%s";\n'
            'users = ( { name = "alice"; keys = ( "%s" ); } );\n' %
            (pwd.getpwuid(os.geteuid()).pw_name, HOST, keys.path('host'), where, keys.public('alice')))
    mounts = ', '.join('{ path = "/%s"; plugin = "%s"; }' % (name, name) for name in names)
    return hythed('--check', '-f', write(os.path.join(where, 'hythe.cfg'), (text + 'mounts = ( %s );\n' % mounts).encode()))


@test
def none_sees_the_names_of_another():
    where = folder('two')
    build(where, 'one', 1)
    build(where, 'two', 2)
    check(where, 'one', 'two').ok()


@test
def refuses_what_lacks_a_function():
    """All is bound when it is loaded: not when a client comes to the place that needs it."""
    where = folder('lacking')
    build(where, 'lacking', 1, '&& missing()')
    said = check(where, 'lacking')
    assert said.code == 1 and re.search(r'/lacking\.so can.t be loaded: undefined symbol: missing', said.text), repr(said)
    said = hythed('--plugins', '-f', os.path.join(where, 'hythe.cfg'))
    assert said.code == 1 and 'undefined symbol: missing' in said.text, repr(said)


@test
def refuses_what_lacks_a_library():
    where = folder('library')
    run(compiler('$CC', 'cc', 'gcc') + ['-shared', '-x', 'c', '/dev/null', '-o', os.path.join(where, 'libgone.so')]).ok()
    build(where, 'needy', 1, '', '-Wl,--no-as-needed', '-L' + where, '-lgone')
    os.unlink(os.path.join(where, 'libgone.so'))
    said = hythed('--plugin', 'needy', '--help', '-f', write(os.path.join(where, 'a.cfg'),
                                                             ('plugin_directory = "%s";\n' % where).encode()))
    assert said.code == 1 and 'libgone.so' in said.text and said.text.startswith('hythed: needy: '), repr(said)


main('kit-load')
