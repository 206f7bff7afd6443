#!/usr/bin/env python3
"""hythed as a program, about the tree: what --check says of filters, groups and own mounts, and what --explain tells."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hythed_cli import HYTHED, TESTS, keys, main, run, test  # noqa: E402

TESTS.clear()


@test
def checks_every_filter_and_own_mount(box):
    """Whatever names a plugin is looked at: of the tree, of a group, of a user."""
    local = dict(path='/x', plugin='local-root', root=box.root)
    wrongs = (('filters', [dict(plugin='read-only', bogus=1)], 'unknown setting "bogus"'),
              ('filters', [dict(plugin='local-root', root='/')], 'it is a filesystem, which stands in mounts; a filter is'),
              ('filters', [dict(plugin='no-such')], 'there is no '),
              ('mounts', [dict(local, filters=[dict(plugin='read-only', bogus=1)])], 'unknown setting "bogus"'),
              ('mounts', [dict(local, root='/no/such/folder')], '/no/such/folder'),
              ('mounts', [dict(path='/x', plugin='read-only')], 'it is a filter, which stands in filters; a filesystem is'))
    alice = dict(name='alice', keys=[keys().public('alice')])
    assert box.check(groups=[dict(name='g', mounts=[local], filters=[dict(plugin='read-only')])],
                     users=[dict(alice, groups=['g'], mounts=[local])]).code == 0
    for key, value, why in wrongs:
        cases = [('groups', dict(groups=[{'name': 'g', key: value}])), ('users', dict(users=[{**alice, key: value}]))]
        if key == 'filters':
            cases.append(('mounts', dict(mounts=[dict(local, filters=value)])))
        for name, settings in cases:
            said = box.check(**settings)
            place = '%s:%d: ' % (box.path('hythe.cfg'), box.lines[name])
            assert said.code == 1 and said.err.decode().startswith(place), repr(said)
            assert why in said.text and said.text.count('\n') == 1, repr(said)
            assert run([HYTHED, '-f', box.config(**settings)]).failed().text.count(why) >= 1
    many = [dict(plugin='read-only')] * 9
    said = box.check(groups=[dict(name='g', filters=many)], users=[dict(alice, groups=['g'], filters=many)])
    assert said.code == 1 and ' 18 filters of the user and the groups' in said.text, repr(said)


def explained(box, user, path, **settings):
    file = box.config(**settings)
    out = run([HYTHED, '--explain', '-f', file, user, path]).ok().out.decode()
    return [line.replace(file, 'F') for line in out.splitlines()]


def answers(said):
    """(layers, answer) of each operation that --explain tells."""
    head = next(i for i, line in enumerate(said) if line.startswith('operations, '))
    rows = (re.match(r'  (\S.*?) +(?:read|write|open|admin) +(-|[\d ]*\d|core|\d[\d ]* core) +(\S.*)$', line)
            for line in said[head + 1:])
    return {row.group(1): row.groups()[1:] for row in rows}


@test
def explains_a_path(box):
    """None of the roots exists: nothing is started to tell this."""
    def local(path, root, **more):
        return dict(path=path, plugin='local-root', root=root, **more)

    read_only = [dict(plugin='read-only')]
    settings = dict(
        RootDirectory='/no/root',
        mounts=[local('/pub', '/no/pub', filters=read_only, set_attributes='ignore')],
        groups=[dict(name='g', filters=read_only, mounts=[local('/ex', '/no/ex')])],
        users=[dict(name='alice', keys=[keys().public('alice')], HomeDir='/home/al', RestrictUserToHomeDir=True),
               dict(name='bob', keys=[keys().public('alice')], UserRootDirectory='/home/bob', groups=['g'])])
    box.config(**settings)
    users, groups, mounts, root = ('F:%d' % box.lines[n] for n in ('users', 'groups', 'mounts', 'RootDirectory'))

    said = explained(box, 'bob', '/ex/a', **settings)
    top = ['user bob  (%s)' % users, '  UserRootDirectory = /home/bob  (%s)' % users, '  HomeDir = /  (default)',
           '  RestrictUserToHomeDir = false  (default)', '  group g  (%s)' % groups]
    assert said[:14] == top + [
        'path /ex/a', '  mount /ex of group g  (%s)' % groups,
        '  its plugin local-root opens the root of its store and is asked for a there', '  set_attributes = apply',
        'layers, the outermost first', '   1  read-only of group g  (%s)' % groups,
        '   2  local-root at /ex of group g  (%s)' % groups, '       root = /no/ex  (%s)' % groups,
        'operations, the layers that each of them passes, and the answer (with /ex/a.new where there are two names)'], said
    ops = answers(said)
    frozen = 'refused by 1, read-only of group g: EROFS, this part of the tree is read-only  (%s)' % groups
    missing = 'refused by 2, local-root at /ex of group g: ENOENT; root "/no/ex" can\'t be opened  (%s)' % groups
    assert ops['read'] == ('2', missing) and ops['open to read'] == ('1 2', missing), ops
    assert ops['rename'] == ops['write'] == ('1 2', frozen) and ops['checksum'] == ('core', missing), ops

    said = explained(box, 'bob', 'docs/../x', **settings)
    assert '  mount /  (%s)' % root in said and 'path /x' in said, said
    assert '  its plugin local-root opens home/bob of its store and is asked for x there' in said, said
    assert explained(box, 'alice', '/etc', **settings)[4:] == [
        'path /etc', '  every operation is refused: outside the home directory  (%s)' % users]
    said = explained(box, 'stranger', '/pub', **settings)
    assert '  set_attributes = ignore' in said and said[1].startswith('  not one of the file'), said
    ops = answers(said)
    assert ops['rmdir'] == ('-', 'refused by the server: EBUSY, the server keeps this directory in place'), ops
    assert run([HYTHED, '--explain', 'bob', '-f', box.config()]).code == 2
    assert run([HYTHED, '--explain', 'bob', '/', '-f', box.config(
        mounts=[dict(path='/m', plugin='missing')])]).failed().err.startswith(b'hythed: ')


sys.exit(main('hythed_tree'))
