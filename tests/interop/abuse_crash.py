#!/usr/bin/python3
"""A plugin that fails takes hythed with it. The last line of the log says which, for whom and at what."""
import json
import re
import signal

from harness import *
from interop_slow import gated, plugins
from wire import *

suite = Suite('abuse-crash', modules=['paramiko'])
FAULTS = {'null': signal.SIGSEGV, 'abort': signal.SIGABRT, 'zero': signal.SIGFPE, 'stack': signal.SIGSEGV}
FORMATS = {'text': r'T[\d:.]+Z error \[conn 1\] (.*)\n$', 'json': r'"level":"error","connection":1,"message":"(.*)"\}\n$'}


def fails(server, fault, path, form):
    """Makes the plugin fail; hythed's last line, without what stands before the message."""
    if b'__asan_init' in read(server.program()) or b'__tsan_init' in read(server.program()):
        raise Skip('a sanitizer has these signals')
    try:
        with session(server) as sftp:
            sftp.stat('%s/fault-%s' % (path, fault))
        raise AssertionError('it went on')
    except (OSError, EOFError, Closed, paramiko.SSHException):
        pass
    process, server.process = server.process, None
    assert process.wait(30) == -FAULTS[fault], (fault, process.returncode)
    janitor().tell('end', process.pid)
    line = server.log().splitlines(True)[-1]
    assert re.search(FORMATS[form], line), line
    return json.loads(line)['message'] if form == 'json' else re.search(FORMATS[form], line).group(1)


def test(plugin, form='text'):
    return suite.test(plugin_directory=plugins(), log_format=form, mounts=[
        dict(path='/', plugin='local-root', root='@fast'), gated(plugin, '/bad')])


def says(t, plugin, fault, form='text'):
    need(os.path.exists(os.path.join(plugins(), plugin + '.so')), 'the filter was not built')
    said = fails(t.server, fault, '/bad', form)
    where = '[^ ]*libc[^ ]*' if fault == 'abort' else '[^ ]*%s.so[^,]*' % plugin
    wanted = r'hythed dies of %s in %s, during stat of "/bad/fault-%s" in .*%s.*, user alice' % (
        FAULTS[fault].name, where, fault, plugin)
    assert re.fullmatch(wanted, said), said


@test('hanging')
def test_a_bad_address(t):
    says(t, 'hanging', 'null')


@test('hanging', 'json')
def test_an_abort_in_json(t):
    says(t, 'hanging', 'abort', 'json')


@test('hanging')
def test_a_stack_without_end(t):
    says(t, 'hanging', 'stack')


@test('waiting')
def test_a_slow_plugin_on_a_thread_of_the_pool(t):
    says(t, 'waiting', 'zero')


suite.main()
