#!/usr/bin/env python3
"""The contract suite on every plugin of this tree. A new plugin is one more line in CASES.

    HYTHE_BUILDDIR=... tests/plugin/plugins.py [words of a line ...]

Each line: a name, the environment, the arguments of hythe-plugin-check. {dir} is an empty folder of the case's own,
{build} that of the build, a word that begins with @ is a plugin of the build. A plugin that isn't built is passed by."""
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

BUILD = os.path.realpath(os.environ.get('HYTHE_BUILDDIR') or '.')
PLUGINS = os.environ.get('HYTHE_PLUGINS') or os.path.join(BUILD, '.libs')

CASES = [
    ('local-root', {}, '@local-root root={dir}'),
    ('local-root-walk', {'HYTHE_LOCAL_ROOT_WALK': '1'}, '@local-root root={dir}'),
    ('local-root-below', {}, '--base below @local-root root={dir}'),
    ('serial', {}, '{build}/tests/plugin/.libs/serial.so root={dir}'),
    ('local-root-xattrs', {}, "--only 'keep.*' @local-root root={dir} xattrs=true"),
    ('local-root-xattrs-said', {}, "--only 'says.*' @local-root root={dir} xattrs=true"),
    ('memory', {}, '@memory'),
    ('memory-below', {}, '--base a/b --make-base @memory'),
    ('chroot-per-user', {}, '@chroot-per-user base={dir}/%u create=true'),
    ('chroot-per-user-below', {}, '--base a/b --make-base @chroot-per-user base={dir}/%u create=true'),
    ('log', {}, '--over @memory @log json={dir}/json xferlog={dir}/xferlog'),
    ('permissions', {}, "--over @memory @permissions 'rules[]=/: all'"),
    ('permissions-by-links', {},
     "--over @local-root @permissions 'rules[]=/: all' 'rules[]=/nowhere/at-all: none' -- root={dir}"),
    ('read-only-over-memory', {}, '--expect read-only --over @memory @read-only'),
    ('read-only', {}, '--expect read-only --over @local-root @read-only -- root={dir}'),
]


def plugin(word):
    return os.path.join(PLUGINS, word[1:] + '.so') if word.startswith('@') else word


def run(name, env, arguments):
    """Numbers of checks that passed and failed; None when a plugin isn't built. What a store doesn't offer is no test."""
    words = [plugin(w).replace('{build}', BUILD) for w in shlex.split(arguments)]
    if not all(os.path.exists(w) for w in words if w.endswith('.so')):
        return None
    # Below /tmp: the folders of a root must let others through for stores that change their user.
    folder = tempfile.mkdtemp(prefix='hythe-plugins-')
    try:
        os.mkdir(os.path.join(folder, 'below'))
        words = [w.replace('{dir}', folder) for w in words]
        done = subprocess.run([os.path.join(BUILD, 'hythe-plugin-check')] + words, env=dict(os.environ, **env),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding='utf-8', errors='replace')
        left = sorted(n for _, folders, files in os.walk(folder) for n in folders + files)
    finally:
        shutil.rmtree(folder)
    print('== %s: %s' % (name, ' '.join(words)))
    for line in done.stdout.splitlines():
        if not line.startswith('ok '):
            print('   ' + line)
    numbers = re.search(r'^\S+: (\d+) passed, (\d+) failed', done.stdout, re.M)
    if not numbers or done.returncode not in (0, 1):
        print('   ended with status %d' % done.returncode)
        return 0, 1
    passed, failed = (int(n) for n in numbers.groups())
    if [n for n in left if n.startswith('hythe-check-') or ('--make-base' in words and n in ('a', 'b'))]:
        print('   left behind: %s' % ' '.join(left))
        failed += 1
    return passed, failed


def main():
    total = [0, 0]
    wanted = sys.argv[1:]
    for name, env, arguments in CASES:
        if wanted and name not in wanted:
            continue
        numbers = run(name, env, arguments)
        if not numbers:
            print('%s: not in this build' % name)
            continue
        total = [a + b for a, b in zip(total, numbers)]
        sys.stdout.flush()
    print('plugins: %d passed, %d failed' % tuple(total))
    return 1 if total[1] or not total[0] else 0


if __name__ == '__main__':
    sys.exit(main())
