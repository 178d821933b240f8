"""A small process that outlives a killed worker by a moment: it ends the command's whole group.

The kernel's death signal reaches the command itself and not its children. The guard waits on a pipe that only the worker
holds open: a word means that all went well, the end of the pipe means that the worker is gone.
"""

import contextlib
import subprocess
from types import TracebackType

# `read` succeeds for a line and fails at the end of the pipe. A killed process is gone only when the kernel says so, and
# the lock is held until then; at most five seconds, for dead processes that nobody collects still answer.
SCRIPT = """read -r word && exit 0
for turn in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
    kill -s KILL -- "-$0" 2>/dev/null || exit 0
    sleep 0.2
done"""


class Guard:
    """Stands beside one command. In a session of its own, and without the attempt's marks: it is none of its processes."""

    def __init__(self, pgid: int, *, lock: int | None = None) -> None:
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", SCRIPT, str(pgid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            close_fds=True,
            pass_fds=() if lock is None else (lock,),  # held until the group is gone, also after the worker's death
            cwd="/",
            env={},
        )

    def __enter__(self) -> "Guard":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """All went well, or the worker itself failed while it lives: then the group must go as well."""
        pipe = self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            if pipe is not None and error is None:
                pipe.write(b"well\n")
            if pipe is not None:
                pipe.close()
        self._process.wait(10)
