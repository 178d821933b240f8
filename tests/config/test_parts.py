"""Parts that end, and what may be killed with them."""

import io
import os
import signal
import subprocess
import sys
import time

import pytest

from config import processes
from config.log_lines import LineBuffer, LogLines
from config.parts import NOT_AGAIN, Part, ended
from tests.config.installation import wait_for

pytestmark = pytest.mark.one_database


@pytest.fixture
def log():
    return LogLines(io.StringIO())


def said(log):
    return log._out.getvalue().splitlines()


def run(part, log, until):
    part.start()

    def turn():
        part.read(log.write)
        part.look_after(log)
        return until()

    wait_for(turn)


def test_a_part_is_ready_when_it_says_so(log):
    part = Part("web", [sys.executable, "-c", "print('hello'); print('pages answer')"], ready_when="pages answer")
    run(part, log, lambda: part.ready and part.again_at)
    assert said(log)[:2] == ["web      │ hello", "web      │ pages answer"]
    assert said(log)[2] == "web ended with status 0; it is started again in 2 s."


def test_the_pause_grows_and_a_part_that_cannot_run_is_not_started_again(log):
    part = Part("general", [sys.executable, "-c", "raise SystemExit(1)"])
    run(part, log, lambda: part.again_at)
    first = part.again_at - time.monotonic()
    part.again_at = 0.0
    run(part, log, lambda: part.again_at and part.crashes == 2)
    assert part.again_at - time.monotonic() > first
    useless = Part("practice", [sys.executable, "-c", f"raise SystemExit({NOT_AGAIN})"])
    run(useless, log, lambda: useless.given_up)
    assert said(log)[-1] == "practice cannot run here; the rest goes on without it."


def test_how_a_part_ended_is_said_in_words():
    assert (ended(3), ended(-9), ended(-99)) == (
        "ended with status 3",
        "was ended by SIGKILL",
        "was ended by signal 99",
    )


def test_lines_are_whole_and_an_endless_one_is_cut():
    buffer = LineBuffer()
    assert buffer.feed(b"one\ntw") == ["one"]
    assert buffer.feed(b"o\n\xff\n") == ["two", "�"]
    assert len(buffer.feed(b"x" * 5000)[0]) == 5000
    assert buffer.feed(b"end") == []
    assert buffer.rest() == ["end"]


STEP = """
import subprocess, sys
# A rollback step: a session of its own, with a child, and a service that it leaves behind on purpose.
subprocess.Popen(["sleep", "300"], start_new_session=True)
subprocess.Popen(["sleep", "301"])
print("up", flush=True)
sys.stdin.read()
"""
PART = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {STEP!r}], start_new_session=True, stdin=subprocess.PIPE).wait()
"""


@pytest.mark.skipif(not processes.LINUX, reason="reads /proc")
def test_everything_of_ours_is_killed_and_a_service_left_on_purpose_is_not():
    part = subprocess.Popen([sys.executable, "-c", PART], start_new_session=True, stdout=subprocess.PIPE)
    assert part.stdout.readline() == b"up\n"
    ours = processes.our_sessions([part.pid], processes.processes())
    step = (ours - {part.pid}).pop()
    left = [one for one in processes.processes() if one.parent == step and one.session != step]
    assert len(left) == 1
    processes.kill_everything([part.pid])
    part.wait()
    wait_for(lambda: not any(one.session in ours for one in processes.processes()))
    assert any(one.pid == left[0].pid for one in processes.processes())
    os.kill(left[0].pid, signal.SIGKILL)
    part.stdout.close()


@pytest.mark.skipif(not processes.LINUX, reason="asks the kernel")
@pytest.mark.parametrize("setpriv", ["/usr/bin/setpriv", None])
def test_a_part_dies_with_its_parent_with_and_without_setpriv(monkeypatch, setpriv):
    if setpriv and not os.path.exists(setpriv):
        pytest.skip("no setpriv on this machine")
    monkeypatch.setattr(processes.shutil, "which", lambda name: setpriv)
    child = [*processes.death_prefix(), sys.executable, "-c", "import time; print('up', flush=True); time.sleep(300)"]
    parent = subprocess.Popen(
        [sys.executable, "-c", f"import subprocess; subprocess.Popen({child!r}, start_new_session=True).wait()"],
        stdout=subprocess.PIPE,
    )
    assert parent.stdout.readline() == b"up\n"
    pid = next(one.pid for one in processes.processes() if one.parent == parent.pid)
    parent.kill()
    parent.wait()
    wait_for(lambda: not any(one.pid == pid for one in processes.processes()))
    parent.stdout.close()


ORPHANS = """
import os, signal, subprocess, time
from config import processes

def orphan(seconds):
    subprocess.Popen(["/bin/sh", "-c", f"setsid sleep {seconds} & sleep 0.2"]).wait()

processes.adopt_orphans()
orphan(301)
before = processes.children_of(os.getpid())
orphan(302)
after = processes.children_of(os.getpid()) - before
print(len(before), len(after), processes.kill_orphans(spared=before))
for pid in after:
    os.waitpid(pid, 0)
print(processes.children_of(os.getpid()) == before)
for pid in before:
    os.kill(pid, signal.SIGKILL)
"""


@pytest.mark.skipif(not processes.LINUX, reason="asks the kernel")
def test_orphans_of_before_are_spared_when_the_supervisor_was_killed():
    done = subprocess.run([sys.executable, "-c", ORPHANS], capture_output=True, text=True, timeout=30)
    assert done.stdout.split() == ["1", "1", "1", "True"], done.stderr
