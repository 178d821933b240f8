"""Starting and ending process groups so that nothing is left behind, and nothing is ended that is not ours.

Every part runs in a session of its own and dies with the supervisor. What a part starts in a session of its own (a
rollback step, the practice service) is ours too; a service that such a step leaves behind *on purpose*, in a session
of its own again, is not: it belongs to the people whose service was restarted.
"""

import ctypes
import os
import shutil
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

LINUX = sys.platform.startswith("linux")
PR_SET_PDEATHSIG = 1
# Where setpriv is missing; a Python launcher costs 20 ms, which a start can afford.
LAUNCHER = "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.execvp(sys.argv[1], sys.argv[1:])"


class Process(NamedTuple):
    pid: int
    parent: int
    session: int


def death_prefix() -> list[str]:
    """What stands before a command so that it is killed with its parent. No `preexec_fn`: it is unsafe with threads."""
    if not LINUX:
        return []
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else [sys.executable, "-c", LAUNCHER]


def tell_me_when_my_parent_dies(number: signal.Signals) -> None:
    """Asks the kernel to send this signal; elsewhere the caller looks at os.getppid() from time to time."""
    if LINUX:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number))


def processes() -> list[Process]:
    """Every process of this machine that can be read; empty where there is no /proc."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            # The name in parentheses may hold spaces and parentheses of its own.
            fields = entry.read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()
            if fields[0] not in "ZX":
                found.append(Process(int(entry.parent.name), int(fields[1]), int(fields[3])))
    return found


def our_sessions(parts: Iterable[int], alive: list[Process]) -> set[int]:
    """The sessions of the parts, and those that members of them lead right below."""
    own = set(parts)
    members = {process.pid for process in alive if process.session in own}
    return own | {process.pid for process in alive if process.parent in members and process.session == process.pid}


def kill_everything(parts: Iterable[int]) -> int:
    """SIGKILL to every process of our sessions; how many there were. The tree is read while all of it still lives."""
    parts = list(parts)
    alive = processes()
    sessions = our_sessions(parts, alive)
    # Parts first: a part that still lives might start the next step.
    doomed = sorted((process for process in alive if process.session in sessions), key=lambda one: one.pid not in parts)
    for process in doomed:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process.pid, signal.SIGKILL)
    if not alive:  # no /proc: the groups of the parts are all we know
        for part in parts:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(part, signal.SIGKILL)
    return len(doomed)


def kill_marked(mark: str, *, but_not: str) -> None:
    """SIGKILL to processes whose environment holds `mark` and not `but_not`: the last resort when the tree is gone."""
    for entry in Path("/proc").glob("[0-9]*/environ"):
        pid = int(entry.parent.name)
        with suppress(OSError, ProcessLookupError):
            variables = entry.read_bytes().split(b"\0")
            names = {variable.partition(b"=")[0] for variable in variables}
            if pid != os.getpid() and mark.encode() in variables and but_not.encode() not in names:
                os.kill(pid, signal.SIGKILL)
