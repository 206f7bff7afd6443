#!/usr/bin/python3
"""doc/status.md says what core/vfs/status.def says."""
import os
import re
import sys

TOP = os.environ.get('SRCDIR') or os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..')


def read(name):
    with open(os.path.join(TOP, name), encoding='utf-8') as f:
        return f.read()


def wanted():
    table = read('core/vfs/status.def').replace('\\\n', '\n')
    codes = {name: (number, since, fallback) for name, number, since, fallback in
             re.findall(r'HY_FX\((\w+), (\d+), (\w+), (\w+), "[^"]*"\)', table)}

    def told(name, version):
        while not codes[name][1].isdigit() or int(codes[name][1]) > version:
            name = codes[name][2]
        return name

    for errno, name, text in re.findall(r'HY_ERRNO\((\w+), (\w+), "([^"]*)"\)', table):
        yield '| %s | %s | %s |' % (errno, ' | '.join(told(name, v) for v in (3, 4, 5, 6)), text)
    for name, (number, since, fallback) in codes.items():
        yield '| %s | %s | %s | %s |' % (name, number, since if since.isdigit() else 'made up by clients only',
                                        '' if since == '3' else fallback)


def main():
    page = read('doc/status.md').splitlines()
    rows = list(wanted())
    missing = [row for row in rows if row not in page]
    extra = [line for line in page if line.startswith('|') and line not in rows
             and not line.startswith(('|---', '| errno', '| code'))]
    for row in missing:
        print('doc/status.md lacks: ' + row)
    for line in extra:
        print('doc/status.md has, and status.def has not: ' + line)
    print('lint-status-page: %d passed, %d failed' % (len(rows) - len(missing), len(missing) + len(extra)))
    return 1 if missing or extra or not rows else 0


sys.exit(main())
