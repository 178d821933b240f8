"""A small process that outlives a killed worker by a moment: it ends the command's whole group.

The kernel's death signal reaches the command itself and not its children. The guard waits on a pipe that only the worker
holds open: a group's number means that its command runs now, a word that all went well, the end of the pipe that the
worker is gone. One guard serves the commands of a worker one after the other: to start it costs as much as a command.
"""

import contextlib
import os
import subprocess
from types import TracebackType

# `read` succeeds for a line and fails at the end of the pipe. A killed process is gone only when the kernel says so, and
# the lock is held until then; at most five seconds, for dead processes that nobody collects still answer.
SCRIPT = """group=
while read -r word; do
    case $word in well) group= ;; bye) exit 0 ;; *) group=$word ;; esac
done
[ "$group" ] || exit 0
for turn in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
    kill -s KILL -- "-$group" 2>/dev/null || exit 0
    sleep 0.2
done"""
# Those that stand beside no command now: a thread takes one, or starts one.
_idle: "list[subprocess.Popen[bytes]]" = []


class Guard:
    """Stands beside one command. In a session of its own, and without the attempt's marks: it is none of its processes."""

    def __init__(self, pgid: int, *, lock: int | None = None) -> None:
        # What holds a lock ends with its command, and with it the lock is free.
        self._is_lent = lock is None
        while self._is_lent and _idle:
            self._process = _idle.pop()
            if self._says(pgid):
                return
            self._process.wait(10)  # somebody ended it; the next one
        self._process = started(lock)
        self._says(pgid)

    def _says(self, word: object) -> bool:
        pipe = self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            if pipe is not None and not pipe.closed:
                pipe.write(f"{word}\n".encode())
                return True
        return False

    def __enter__(self) -> "Guard":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """All went well, or the worker itself failed while it lives: then the group must go as well."""
        if error is None and self._is_lent and self._says("well"):
            _idle.append(self._process)
            return
        if error is None:
            self._says("bye")
        end(self._process)


def started(lock: int | None) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        ["/bin/sh", "-c", SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        start_new_session=True,
        close_fds=True,
        pass_fds=() if lock is None else (lock,),  # held until the group is gone, also after the worker's death
        cwd="/",
        env={},
    )


def end(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        process.stdin.close()
    process.wait(10)


def _forget() -> None:
    """A forked child has its parent's pipes, and must not keep them open: the parent's guards would never see its death."""
    for process in _idle:
        if process.stdin is not None:
            process.stdin.close()
    _idle.clear()


os.register_at_fork(after_in_child=_forget)
