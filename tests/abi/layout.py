#!/usr/bin/env python3
"""The frozen layout of what crosses the boundary: layout.txt against what a compiler makes of plugin.h and ops.def,
with which plugins are built, and of hythe.h and events.h, with which programs are.

What the table has may not change: offsets, sizes and types of fields, numbers of operations, values of constants. What
has been appended to the header has to be appended to the table, in the same commit, by

    tests/abi/layout.py --update

which refuses to change or to drop what stands there; HYTHE_ABI_MINOR alone counts up. A struct that doesn't tell its
own size can't grow at all."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'kit'))
from kit import *  # noqa: E402
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lint'))
from rules import declarations as code_of  # noqa: E402

INCLUDE = os.path.join(SRCDIR, 'include')
TABLE = os.path.join(SRCDIR, 'tests', 'abi', 'layout.txt')
# Their size is told by another struct: setting_size of struct hythe_plugin.
SIZED_ELSEWHERE = {'hythe_setting'}
# Others contain it: it stays as it is.
CONTAINED = {'hythe_event_attributes'}
NO_VALUE = {'HYTHE_HYTHE_H', 'HYTHE_EVENTS_H', 'HYTHE_EVENTS', 'HYTHE_PLUGIN_H', 'HYTHE_AUTH_H', 'HYTHE_CALLS_H',
            'HYTHE_OPS', 'HYTHE_OP_EVENTS', 'HYTHE_EXPORT'}


def preprocess(command, *flags):
    source = write(os.path.join(scratch(), 'header.c'), b'#include <hythe/hythe.h>\n')
    return run(command + ['-std=c11', '-E', '-P', '-I' + INCLUDE] + list(flags) + [source]).ok().out.decode()


def bodies(text, keyword):
    """Name and body of every struct or enum of the header."""
    for found in re.finditer(r'\b%s (hythe_\w+)\s*\{' % keyword, text):
        depth, at = 1, found.end()
        while depth:
            depth += {'{': 1, '}': -1}.get(text[at], 0)
            at += 1
        yield found.group(1), text[found.end():at - 1]


def declarations(body):
    """(name, type) of each member, the name taken out of the type."""
    body = re.sub(r'__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)', '', body)
    for line in filter(None, (' '.join(part.split()) for part in body.split(';'))):
        function = re.match(r'(.*?\(\s*\*\s*)(\w+)(\s*\).*)$', line)
        if function:
            yield function.group(2), re.sub(r'\s*([(),*])\s*', r'\1', function.group(1) + function.group(3))
            continue
        first, *more = line.split(',')
        base = re.match(r'(.*?)(\**\s*\w+(?:\[\w+\])?)$', first.strip())
        for item in [base.group(2)] + more:
            name = re.match(r'\**\s*(\w+)', item.strip())
            stars, array = item.count('*'), re.search(r'\[\w+\]', item)
            yield name.group(1), (base.group(1).strip() + ' ' + '*' * stars + (array.group(0) if array else '')).strip()


def constants(command):
    for line in preprocess(command, '-dM').splitlines():
        found = re.match(r'#define (HYTHE_\w+) \S', line)
        if found and found.group(1) not in NO_VALUE:
            yield found.group(1)


def rows():
    """The table, as lists of columns, made by a program that the compiler of the build makes."""
    command = compiler('$CC', 'cc', 'gcc')
    text = preprocess(command)
    out = ['#include <hythe/hythe.h>\n#include <stdio.h>\n']
    main = []
    for name, body in bodies(text, 'struct'):
        members = list(declarations(body))
        sized = any(m in ('size', 'struct_size') for m, _ in members[:2]) or name in SIZED_ELSEWHERE
        grows = sized and name not in CONTAINED
        main.append('printf("struct %s %%zu %s\\n", sizeof(struct %s));' % (name, 'grows' if grows else 'fixed', name))
        for member, kind in members:
            main.append('printf("field %s.%s %%zu %%zu %s\\n", offsetof(struct %s, %s), sizeof ((struct %s *)0)->%s);' %
                        (name, member, kind, name, member, name, member))
    for kind, name, arguments in re.findall(r'typedef ([^;(]*)\(\*(hythe_\w+)\)(\([^;]*\));', text):
        main.append('puts("function %s %s");' % (name, ' '.join((kind + arguments).split())))
    header = code_of('include/hythe/hythe.h')
    for kind, name, arguments in re.findall(r'^(\w[\w ]*[ *])(hythe_\w+)(\([^;{]*\));', header, re.M):
        main.append('puts("call %s %s");' % (name, ' '.join((kind + arguments).split())))
    for name in constants(command):
        main.append('printf("constant %s %%lld\\n", (long long)%s);' % (name, name))
    for _, body in bodies(text, 'enum'):
        for item in body.split(','):
            name = item.split('=')[0].strip()
            if name and name != 'HYTHE_OP_COUNT' and not name.startswith('HYTHE_OP_'):
                main.append('printf("constant %s %%lld\\n", (long long)%s);' % (name, name))
    out.append('#define HYTHE_OP(name, klass, on, fields) '
               'printf("operation " #name " %d %u " #on "\\n", (int)HYTHE_OP_##name, (unsigned)(klass));\n')
    out.append('int main(void) { %s HYTHE_OPS return sizeof(void *) == 8 ? 0 : 77; }\n' % '\n'.join(main))
    source = write(os.path.join(scratch(), 'layout.c'), ''.join(out).encode())
    program = os.path.join(scratch(), 'layout')
    run(command + ['-std=c11', '-I' + INCLUDE, source, '-o', program]).ok()
    made = run([program])
    need(made.code != 77, 'the table is for pointers of 64 bits')
    made.ok()
    order = dict(struct=0, field=0, function=1, call=2, operation=3, constant=4)
    table = [line.split(' ', 2) for line in made.out.decode().splitlines()]
    return sorted(table, key=lambda row: (order[row[0]], row[1] if row[0] == 'constant' else ''))


def recorded():
    return [line.split(' ', 2) for line in read(TABLE).decode().splitlines() if line and line[0] != '#']


def broken(old, new):
    """What the header changed or lost of what the table has."""
    now = {(kind, name): rest for kind, name, rest in new}
    for kind, name, rest in old:
        after = now.get((kind, name))
        if after == rest:
            continue
        if kind == 'struct' and after and rest.endswith('grows') and after.endswith('grows') and \
                int(after.split()[0]) > int(rest.split()[0]):
            continue
        if name == 'HYTHE_ABI_MINOR' and after and int(after) > int(rest):
            continue
        yield '%s %s: the table has "%s", the header %s' % (kind, name, rest, 'lost it' if after is None else
                                                            'has "%s"' % after)


def misplaced(old, new):
    """New fields before the end that their struct had, where an old plugin has something else or padding."""
    ends = {name: int(rest.split()[0]) for kind, name, rest in old if kind == 'struct'}
    known = {(kind, name) for kind, name, _ in old}
    for kind, name, rest in new:
        struct = name.split('.')[0]
        if kind == 'field' and (kind, name) not in known and struct in ends and int(rest.split()[0]) < ends[struct]:
            yield 'field %s: in the middle of struct %s, or in its padding' % (name, struct)


def update():
    new = rows()
    old = recorded() if os.path.exists(TABLE) else []
    wrong = list(broken(old, new)) + list(misplaced(old, new))
    if wrong:
        print('\n'.join(wrong), file=sys.stderr)
        sys.exit('layout.txt stays as it is: what is built already would break')
    head = ('# What crosses the boundary to plugins and programs, made and compared by layout.py. Only added to.\n'
            '#   struct NAME size, and whether it may grow\n#   field STRUCT.NAME offset size type\n'
            '#   function TYPE, call NAME what it returns and takes\n#   operation NAME number class on\n'
            '#   constant NAME value\n')
    write(TABLE, (head + ''.join(' '.join(row) + '\n' for row in new)).encode())


@test
def nothing_of_the_table_has_changed():
    wrong = list(broken(recorded(), rows()))
    assert not wrong, 'what is built already would break:\n' + '\n'.join(wrong)


@test
def the_table_has_everything():
    known = {(kind, name): rest for kind, name, rest in recorded()}
    new = [' '.join(row) for row in rows() if known.get((row[0], row[1])) != row[2]]
    assert not new, 'run tests/abi/layout.py --update, and commit layout.txt with the header:\n' + '\n'.join(new)


@test
def what_is_appended_stands_behind_what_was_there():
    wrong = list(misplaced(recorded(), rows()))
    assert not wrong, '\n'.join(wrong)


@test
def numbers_of_operations_have_no_gap():
    numbers = [int(rest.split()[0]) for kind, _, rest in rows() if kind == 'operation']
    assert numbers == list(range(len(numbers))), numbers


if sys.argv[1:] == ['--update']:
    update()
else:
    main('abi-layout')
