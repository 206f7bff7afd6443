#!/usr/bin/env python3
"""doc/writing-plugins.md, followed to the letter. Its blocks, in their order:

    ```c NAME.c       is a file of the author's folder; a later one of the same name takes its place
    ```sh run         is typed by the author, all of them in one shell
    ```output         lines that the block before it must have printed, in this order

The page's port is replaced by a free one; nothing else."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from kit import *  # noqa: E402

PAGE = os.path.join(SRCDIR, 'doc', 'writing-plugins.md')
MARK = '=== block %d ==='


def blocks():
    """(first line, info string, text) of every fenced block."""
    block = None
    for number, line in enumerate(read(PAGE).decode().splitlines(), 1):
        if block is None and line.startswith('```'):
            block = (number, line[3:].strip(), [])
        elif block is not None and line == '```':
            yield block[0], block[1], '\n'.join(block[2]) + '\n'
            block = None
        elif block is not None:
            block[2].append(line)
    assert block is None, 'a block without an end'


def free_port():
    with socket.socket() as s:
        s.bind((HOST, 0))
        return s.getsockname()[1]


def script():
    """All that an author does, for a shell that tells where in the page it is; and what each block shall print."""
    lines, wanted, last = ['set -e'], {}, None
    for number, info, text in blocks():
        kind, _, name = info.partition(' ')
        if kind == 'c':
            assert re.fullmatch(r'[\w-]+\.c', name), 'line %d: a file without a name' % number
            lines += ["cat > %s <<'END OF %s'" % (name, name), text + 'END OF ' + name, 'rm -f %s.so' % name[:-2]]
        elif info == 'sh run':
            lines += ['echo; echo "%s"' % (MARK % number), text]
            last = number
        elif info == 'output':
            assert last is not None and last not in wanted, 'line %d: an output of nothing' % number
            wanted[last] = text.splitlines()
        else:
            raise AssertionError('line %d: what is ```%s?' % (number, info))
    return '\n'.join(lines), wanted


@test
def leads_from_an_empty_file_to_a_served_tree():
    for name in ('bash', 'make', 'pkg-config', 'sftp', 'ssh-keygen'):
        need(shutil.which(name), '%s is not installed' % name)
    compiler('cc')
    text, wanted = script()
    where = folder('empty')
    env = author_env()
    env['PATH'] = '%s:%s:%s' % (os.path.join(installed(), 'sbin'), os.path.join(installed(), 'bin'), env['PATH'])
    path = write(os.path.join(scratch(), 'page.sh'), text.replace('2222', str(free_port())).encode())
    with open(os.path.join(scratch(), 'said'), 'w+b') as out:
        shell = start(['bash', path], cwd=where, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            code = shell.wait(150)
        finally:
            reap(shell)
        out.seek(0)
        said = out.read().decode('utf-8', 'replace')
    logged = said + '\n--- log:\n' + (read(os.path.join(where, 'log')).decode('utf-8', 'replace')
                                       if os.path.exists(os.path.join(where, 'log')) else '')
    assert code == 0, 'exit %d:\n%s' % (code, logged)
    for number, lines in wanted.items():
        part = said.split(MARK % number, 1)[1].split('\n=== block ', 1)[0]
        at = 0
        for line in lines:
            found = part.find(line, at)
            assert found >= 0, 'line %d of the page: %r is not in\n%s' % (number, line, logged)
            at = found + len(line)
    assert 'warning' not in said, said


main('kit-page')
