#!/usr/bin/env python3
"""hythed as a program, about its rights: whom it becomes, with which groups, and what is left afterwards."""
import os
import pwd
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import ROOT, RUN_AS, Skip, need, read, write  # noqa: E402
from hythed_cli import HYTHED, TESTS, main, need_root, run, test  # noqa: E402

TESTS.clear()


@test
def becomes_nobody_else_without_root(box):
    if not ROOT:
        box.refuses(r'^hythed: run_as: only root can become "root"', run_as='root')
        return
    who = pwd.getpwnam(RUN_AS)
    path = box.config(run_as='root')
    os.chmod(path, 0o644)
    done = subprocess.run([HYTHED, '-f', path], stderr=subprocess.PIPE, user=who.pw_uid, group=who.pw_gid,
                          extra_groups=[])
    if done.returncode != 1 or b'rmission denied' in done.stderr:
        raise Skip('%s can\'t run the build' % RUN_AS)
    assert done.stderr.startswith(b'hythed: run_as: only root can become "root"'), done


@test
def gives_up_its_rights(box):
    need_root()
    box.serve().port()
    who = pwd.getpwnam(RUN_AS)
    assert box.status('Uid') == [str(who.pw_uid)] * 4
    assert box.status('Gid') == [str(who.pw_gid)] * 4
    assert {int(g) for g in box.status('Groups')} == set(os.getgrouplist(RUN_AS, who.pw_gid))
    for name in ('CapInh', 'CapPrm', 'CapEff', 'CapAmb'):
        assert int(box.status(name)[0], 16) == 0, name
    assert box.status('NoNewPrivs') == ['1']
    for task in os.listdir('/proc/%d/task' % box.process.pid):
        text = read('/proc/%d/task/%s/status' % (box.process.pid, task)).decode()
        assert re.search(r'^CapEff:\s*0+$', text, re.M) and re.search(r'^NoNewPrivs:\s*1$', text, re.M), text
    limits = read('/proc/%d/limits' % box.process.pid).decode()
    assert re.search(r'^Max core file size +0 +0 ', limits, re.M), limits
    assert box.end() == 0


@test
def keeps_the_groups_of_its_user(box):
    need_root()
    groups = write(box.path('group'), read('/etc/group') + b'hythe-test:x:4242:%s\n' % RUN_AS.encode())
    before = ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/group && exec "$@"', groups]
    need(shutil.which('unshare') and run(before + ['true']).code == 0, 'there are no namespaces of mounts here')
    box.serve(before=before).port()
    assert '4242' in box.status('Groups'), box.status('Groups')
    assert box.end() == 0


sys.exit(main('hythed_rights'))
