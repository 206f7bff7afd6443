#!/usr/bin/env python3
"""hythe-plugin-check notices each fault of broken.c by the check that the table there names, and nothing in the plugin
without a fault."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

SOURCE = os.environ.get('HYTHE_SRCDIR') or os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..')
BUILD = os.path.realpath(os.environ.get('HYTHE_BUILDDIR') or '.')
BROKEN = os.path.join(BUILD, 'tests/plugin/.libs/broken.so')


def table():
    with open(os.path.join(SOURCE, 'tests/plugin/broken.c'), encoding='utf-8') as f:
        return re.findall(r'^    X\(\w+, "([^"]+)", "([^"]*)"\)', f.read(), re.M)


def check(arguments):
    folder = tempfile.mkdtemp(prefix='hythe-faults-')
    try:
        done = subprocess.run([os.path.join(BUILD, 'hythe-plugin-check'), *arguments, 'root=' + folder],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding='utf-8', errors='replace',
                              timeout=300)
    finally:
        shutil.rmtree(folder)
    return done.returncode, done.stdout


def notices(fault, name):
    """None, or what is wrong."""
    if not name:
        status, out = check([BROKEN, 'fault=' + fault])
        return None if status == 0 else 'without a fault it ends with %d' % status, out
    status, out = check(['--only', name, BROKEN, 'fault=' + fault])
    if status != (-signal.SIGABRT if fault == 'crash' else 1) or not re.search(r'^BROKEN +%s:' % re.escape(name), out, re.M):
        return '%s does not notice it (status %d)' % (name, status), out
    return None, out


def main():
    passed = failed = 0
    wanted = sys.argv[1:]
    for fault, name in table():
        if wanted and fault not in wanted:
            continue
        wrong, out = notices(fault, name)
        print('%s: %s' % ('FAILED' if wrong else 'ok', fault + (': ' + wrong if wrong else '')))
        if wrong:
            print(out)
        passed += not wrong
        failed += bool(wrong)
        sys.stdout.flush()
    print('faults: %d passed, %d failed' % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
